const size = 300000;
const rounds = 400;

function fib(n, modulus) {
  let a = 0;
  let b = 1;
  for (let i = 0; i < n; i++) {
    const next = (a + b) % modulus;
    a = b;
    b = next;
  }
  return a;
}

let total = 0;
for (let round = 0; round < rounds; round++) {
  total += fib(size + round, 1000000007);
}
console.log("sum of fibs:", total);
console.log("fib(60) =", fib(60, 10000000000000));
