const size = 3000000;
const width = 200;

function step(position, direction) {
  const next = position + direction;
  if (next < 0) {
    throw new Error("left wall");
  }
  if (next > width) {
    throw new Error("right wall");
  }
  return next;
}

let seed = 31;
const middle = width / 2;
let position = middle;
let left = 0;
let right = 0;
let visits = 0;
for (let i = 0; i < size; i++) {
  seed = (seed * 16807) % 2147483647;
  try {
    if (seed % 2 === 0) {
      position = step(position, 1 + (seed % 7));
    } else {
      position = step(position, -1 - (seed % 7));
    }
  } catch (bump) {
    if (bump.message === "left wall") {
      left += 1;
    } else {
      right += 1;
    }
    position = middle;
  }
  if (position === middle) {
    visits += 1;
  }
}
console.log("left bumps:", left);
console.log("right bumps:", right);
console.log("visits to the middle:", visits);
console.log("final position:", position);
