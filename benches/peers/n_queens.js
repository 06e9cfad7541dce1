const size = 12;

const columns = [];
const rising = [];
const falling = [];
for (let i = 0; i < 2 * size; i++) {
  columns.push(false);
  rising.push(false);
  falling.push(false);
}

function place(row) {
  if (row === size) {
    return 1;
  }
  let solutions = 0;
  for (let column = 0; column < size; column++) {
    const up = row + column;
    const down = row - column + size;
    if (!columns[column] && !rising[up] && !falling[down]) {
      columns[column] = true;
      rising[up] = true;
      falling[down] = true;
      solutions += place(row + 1);
      columns[column] = false;
      rising[up] = false;
      falling[down] = false;
    }
  }
  return solutions;
}

console.log("queens:", size);
console.log("solutions:", place(0));
