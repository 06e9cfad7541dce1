const size = 24000000;

let seed = 12345;
let low = 0;
let high = 0;
let odd = 0;
let streak = 0;
let longest = 0;
for (let i = 0; i < size; i++) {
  seed = (seed * 16807) % 2147483647;
  if (seed < 536870912) {
    low += 1;
    streak += 1;
  } else if (seed > 1610612736) {
    high += 1;
    if (seed % 2 === 1) {
      odd += 1;
    }
    streak = 0;
  } else if (seed % 3 === 0) {
    streak += 2;
  } else {
    streak = 0;
  }
  if (streak > longest) {
    longest = streak;
  }
}
console.log("low:", low, "high:", high, "odd:", odd);
console.log("longest streak:", longest);
