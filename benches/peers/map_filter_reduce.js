const size = 2000;
const rounds = 3000;

function mapArray(items, f) {
  const result = [];
  for (const item of items) {
    result.push(f(item));
  }
  return result;
}

function filterArray(items, keep) {
  const result = [];
  for (const item of items) {
    if (keep(item)) {
      result.push(item);
    }
  }
  return result;
}

function reduceArray(items, start, f) {
  let result = start;
  for (const item of items) {
    result = f(result, item);
  }
  return result;
}

const numbers = [];
for (let i = 0; i < size; i++) {
  numbers.push(i);
}

let total = 0;
for (let round = 0; round < rounds; round++) {
  const shifted = mapArray(numbers, (x) => x * 3 + round);
  const even = filterArray(shifted, (x) => x % 2 === 0);
  const sumOfEven = reduceArray(even, 0, (a, b) => a + b);
  total = (total + sumOfEven) % 1000000007;
}
console.log("numbers:", numbers.length);
console.log("total:", total);
