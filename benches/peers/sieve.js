const size = 5000000;
const rounds = 4;

let count = 0;
let last = 0;
for (let round = 0; round < rounds; round++) {
  const composite = [];
  for (let i = 0; i <= size; i++) {
    composite.push(false);
  }

  let i = 2;
  while (i * i <= size) {
    if (!composite[i]) {
      let multiple = i * i;
      while (multiple <= size) {
        composite[multiple] = true;
        multiple += i;
      }
    }
    i += 1;
  }

  count = 0;
  last = 0;
  for (let n = 2; n <= size; n++) {
    if (!composite[n]) {
      count += 1;
      last = n;
    }
  }
}
console.log("primes:", count);
console.log("largest:", last);
