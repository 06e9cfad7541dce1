const size = 7000000;

function makeCounter() {
  let count = 0;
  const increase = (step) => {
    count = count + step;
    return count;
  };
  const read = () => count;
  return [increase, read];
}

function makeAdder(amount) {
  return (x) => x + amount;
}

function compose(f, g) {
  return (x) => f(g(x));
}

const [increase, read] = makeCounter();
const addTwo = makeAdder(2);
const addFive = makeAdder(5);
const addSeven = compose(addTwo, addFive);
let total = 0;
for (let i = 0; i < size; i++) {
  increase(i % 3);
  total = (total + addSeven(i)) % 1000003;
}
console.log("counter:", read());
console.log("total:", total);
