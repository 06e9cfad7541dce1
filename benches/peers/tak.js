const size = 26;

function tak(x, y, z) {
  if (y >= x) {
    return z;
  }
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

console.log("tak:", tak(size, Math.floor((size * 2) / 3), Math.floor(size / 3)));
