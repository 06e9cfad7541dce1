const size = 500000;
const rounds = 50;

const values = [];
for (let i = 0; i < size; i++) {
  values.push((i % 1000) * 0.5 + 1.0 / (i + 1));
}

function mean(numbers) {
  let total = 0.0;
  for (const number of numbers) {
    total += number;
  }
  return total / numbers.length;
}

function variance(numbers, average) {
  let total = 0.0;
  for (let i = 0; i < numbers.length; i++) {
    const distance = numbers[i] - average;
    total += distance * distance;
  }
  return total / numbers.length;
}

let average = 0.0;
let spread = 0.0;
for (let round = 0; round < rounds; round++) {
  average = mean(values);
  spread = variance(values, average);
  for (let i = 1; i < size; i++) {
    values[i] = values[i] * 0.75 + values[i - 1] * 0.25;
  }
}
console.log("mean:", Math.trunc(average * 1000000));
console.log("variance:", Math.trunc(spread * 1000000));
