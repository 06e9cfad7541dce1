const size = 1000000;
const rounds = 20;

let seed = 3;
const values = [];
for (let i = 0; i < size; i++) {
  seed = (seed * 16807) % 2147483647;
  values.push((seed % 2001) - 1000);
}

let best = 0;
let answers = 0;
for (let round = 0; round < rounds; round++) {
  const sums = [0];
  for (let i = 0; i < size; i++) {
    sums.push(sums[i] + values[i]);
  }
  let lowest = 0;
  for (let i = 1; i <= size; i++) {
    if (sums[i] < lowest) {
      lowest = sums[i];
    }
    if (sums[i] - lowest > best) {
      best = sums[i] - lowest;
    }
  }
  let low = 0;
  let high = size;
  while (low < high) {
    answers += sums[high] - sums[low];
    low += 3;
    high -= 5;
  }
  values[round] = round;
}
console.log("best range:", best);
console.log("answers:", answers);
