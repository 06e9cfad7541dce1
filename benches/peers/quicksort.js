const size = 1500000;

let seed = 2024;
const data = [];
for (let i = 0; i < size; i++) {
  seed = (seed * 16807) % 2147483647;
  data.push(seed % 1000000);
}

function quicksort(low, high) {
  if (low >= high) {
    return;
  }
  const pivot = data[Math.trunc((low + high) / 2)];
  let left = low;
  let right = high;
  while (left <= right) {
    while (data[left] < pivot) {
      left += 1;
    }
    while (data[right] > pivot) {
      right -= 1;
    }
    if (left <= right) {
      const kept = data[left];
      data[left] = data[right];
      data[right] = kept;
      left += 1;
      right -= 1;
    }
  }
  quicksort(low, right);
  quicksort(left, high);
}

quicksort(0, size - 1);
let ordered = true;
for (let i = 1; i < size; i++) {
  if (data[i - 1] > data[i]) {
    ordered = false;
  }
}
console.log("ordered:", ordered);
console.log("smallest:", data[0]);
console.log("median:", data[Math.trunc(size / 2)]);
console.log("largest:", data[size - 1]);
