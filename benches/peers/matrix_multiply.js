const size = 400;

function matrix(n, seed) {
  const rows = [];
  for (let i = 0; i < n; i++) {
    const row = [];
    for (let j = 0; j < n; j++) {
      row.push((seed * (i - j) * (i + j)) / n);
    }
    rows.push(row);
  }
  return rows;
}

function multiply(a, b) {
  const n = a.length;
  const product = [];
  for (let i = 0; i < n; i++) {
    const row = [];
    for (let j = 0; j < n; j++) {
      let total = 0.0;
      for (let k = 0; k < n; k++) {
        total += a[i][k] * b[k][j];
      }
      row.push(total);
    }
    product.push(row);
  }
  return product;
}

const a = matrix(size, 1.0);
const b = matrix(size, 2.0);
const c = multiply(a, b);
const middle = Math.trunc(size / 2);
console.log("corner:", Math.trunc(c[0][0]));
console.log("middle:", Math.trunc(c[middle][middle] * 1000));
