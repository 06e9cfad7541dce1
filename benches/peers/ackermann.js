const size = 9;
const rounds = 5;

function ack(m, n) {
  if (m === 0) {
    return n + 1;
  }
  if (n === 0) {
    return ack(m - 1, 1);
  }
  return ack(m - 1, ack(m, n - 1));
}

let total = 0;
for (let round = 0; round < rounds; round++) {
  total += ack(3, size - (round % 2));
}
console.log("ack(2, 9) =", ack(2, 9));
console.log("sum of ack(3, n):", total);
