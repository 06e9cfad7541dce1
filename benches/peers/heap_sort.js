const size = 400000;
const rounds = 4;

function heapSort(values) {
  const n = values.length;
  let start = Math.trunc(n / 2);
  let end = n;
  while (end > 1) {
    if (start > 0) {
      start -= 1;
    } else {
      end -= 1;
      const last = values[end];
      values[end] = values[0];
      values[0] = last;
    }
    let root = start;
    const moving = values[root];
    let child = 2 * root + 1;
    while (child < end) {
      if (child + 1 < end && values[child] < values[child + 1]) {
        child += 1;
      }
      if (moving >= values[child]) {
        break;
      }
      values[root] = values[child];
      root = child;
      child = 2 * root + 1;
    }
    values[root] = moving;
  }
  return values;
}

let seed = 99;
const original = [];
for (let i = 0; i < size; i++) {
  seed = (seed * 16807) % 2147483647;
  original.push(seed);
}
let ordered = [];
for (let round = 0; round < rounds; round++) {
  ordered = heapSort(original.slice());
}
let mistakes = 0;
for (let i = 1; i < size; i++) {
  if (ordered[i - 1] > ordered[i]) {
    mistakes += 1;
  }
}
console.log("mistakes:", mistakes);
console.log("first of the original:", original[0]);
console.log("first and last in order:", ordered[0], ordered[size - 1]);
