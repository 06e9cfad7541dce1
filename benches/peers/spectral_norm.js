const size = 960;

function entry(i, j) {
  return 1.0 / (((i + j) * (i + j + 1)) / 2 + i + 1);
}

function times(vector) {
  const result = [];
  for (let i = 0; i < vector.length; i++) {
    let total = 0.0;
    for (let j = 0; j < vector.length; j++) {
      total += entry(i, j) * vector[j];
    }
    result.push(total);
  }
  return result;
}

function timesTransposed(vector) {
  const result = [];
  for (let i = 0; i < vector.length; i++) {
    let total = 0.0;
    for (let j = 0; j < vector.length; j++) {
      total += entry(j, i) * vector[j];
    }
    result.push(total);
  }
  return result;
}

let u = [];
for (let i = 0; i < size; i++) {
  u.push(1.0);
}
let v = u;
for (let round = 0; round < 10; round++) {
  v = timesTransposed(times(u));
  u = timesTransposed(times(v));
}

let uv = 0.0;
let vv = 0.0;
for (let i = 0; i < size; i++) {
  uv += u[i] * v[i];
  vv += v[i] * v[i];
}
console.log("norm:", Math.trunc(Math.sqrt(uv / vv) * 1000000000));
