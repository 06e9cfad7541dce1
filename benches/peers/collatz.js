const size = 1000000;

let best = 0;
let bestLength = 0;
for (let start = 1; start < size; start++) {
  let n = start;
  let length = 1;
  while (n !== 1) {
    if (n % 2 === 0) {
      n = n / 2;
    } else {
      n = 3 * n + 1;
    }
    length += 1;
  }
  if (length > bestLength) {
    best = start;
    bestLength = length;
  }
}
console.log("longest start:", best);
console.log("length:", bestLength);
