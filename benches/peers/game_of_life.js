const size = 64;
const generations = 2700;

let seed = 7;

function randomGrid(n) {
  const grid = [];
  for (let y = 0; y < n; y++) {
    const row = [];
    for (let x = 0; x < n; x++) {
      seed = (seed * 16807) % 2147483647;
      if (seed % 10 < 3) {
        row.push(1);
      } else {
        row.push(0);
      }
    }
    grid.push(row);
  }
  return grid;
}

function evolve(grid, n) {
  const result = [];
  for (let y = 0; y < n; y++) {
    const above = grid[(y + n - 1) % n];
    const here = grid[y];
    const below = grid[(y + 1) % n];
    const row = [];
    for (let x = 0; x < n; x++) {
      const west = (x + n - 1) % n;
      const east = (x + 1) % n;
      const neighbours = above[west] + above[x] + above[east] + here[west] + here[east]
        + below[west] + below[x] + below[east];
      if (neighbours === 3 || (neighbours === 2 && here[x] === 1)) {
        row.push(1);
      } else {
        row.push(0);
      }
    }
    result.push(row);
  }
  return result;
}

function population(grid) {
  let total = 0;
  for (const row of grid) {
    for (const cell of row) {
      total += cell;
    }
  }
  return total;
}

function draw(grid) {
  for (const row of grid) {
    let line = "";
    for (const cell of row) {
      if (cell === 1) {
        line += "#";
      } else {
        line += ".";
      }
    }
    console.log(line);
  }
}

let grid = randomGrid(size);
console.log("population at the start:", population(grid));
for (let generation = 0; generation < generations; generation++) {
  grid = evolve(grid, size);
}
draw(grid);
console.log("population at the end:", population(grid));
