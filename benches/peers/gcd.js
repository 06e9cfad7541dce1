const size = 2400;

function gcd(a, b) {
  while (b !== 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

let total = 0;
let coprime = 0;
for (let a = 1; a <= size; a++) {
  for (let b = 1; b <= size; b++) {
    const divisor = gcd(a, b);
    total += divisor;
    if (divisor === 1) {
      coprime += 1;
    }
  }
}
console.log("sum of gcds:", total);
console.log("coprime pairs:", coprime);
