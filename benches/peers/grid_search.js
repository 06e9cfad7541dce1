const size = 400;
const rounds = 20;

let seed = 8;

function makeMaze(n) {
  const maze = [];
  for (let y = 0; y < n; y++) {
    const row = [];
    for (let x = 0; x < n; x++) {
      seed = (seed * 16807) % 2147483647;
      row.push(x + y > 3 && seed % 100 < 30);
    }
    maze.push(row);
  }
  maze[0][0] = false;
  maze[n - 1][n - 1] = false;
  return maze;
}

function shortestPath(maze, n) {
  const distance = [];
  for (let y = 0; y < n; y++) {
    const row = [];
    for (let x = 0; x < n; x++) {
      row.push(-1);
    }
    distance.push(row);
  }
  const dx = [1, 0, -1, 0];
  const dy = [0, 1, 0, -1];
  distance[0][0] = 0;
  const queueX = [0];
  const queueY = [0];
  let head = 0;
  let reached = 1;
  while (head < queueX.length) {
    const x = queueX[head];
    const y = queueY[head];
    head += 1;
    for (let direction = 0; direction < 4; direction++) {
      const nx = x + dx[direction];
      const ny = y + dy[direction];
      if (nx >= 0 && nx < n && ny >= 0 && ny < n) {
        if (!maze[ny][nx] && distance[ny][nx] < 0) {
          distance[ny][nx] = distance[y][x] + 1;
          queueX.push(nx);
          queueY.push(ny);
          reached += 1;
        }
      }
    }
  }
  return [distance[n - 1][n - 1], reached];
}

for (let round = 0; round < rounds; round++) {
  const maze = makeMaze(size);
  const [steps, reached] = shortestPath(maze, size);
  console.log("maze", round, "steps", steps, "cells reached", reached);
}
