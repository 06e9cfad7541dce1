const size = 10000;

let pairs = 0;
let i = 0;
while (i < size) {
  let j = 0;
  while (j < size) {
    if ((i + j) % 3 === 0) {
      pairs += 1;
    }
    j += 1;
  }
  i += 1;
}
console.log("pairs:", pairs);

let triangle = 0;
for (let row = 0; row < size; row++) {
  for (let column = 0; column < row; column++) {
    triangle += 1;
  }
}
console.log("triangle:", triangle);
