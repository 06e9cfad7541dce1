const size = 500;
const rounds = 100;

let seed = 42;

function randomWord(length) {
  const letters = [];
  for (let i = 0; i < length; i++) {
    seed = (seed * 16807) % 2147483647;
    letters.push("acgt"[seed % 4]);
  }
  return letters;
}

function distance(a, b) {
  let previous = [];
  for (let j = 0; j <= b.length; j++) {
    previous.push(j);
  }
  for (let i = 0; i < a.length; i++) {
    const current = [i + 1];
    for (let j = 0; j < b.length; j++) {
      let best = previous[j];
      if (a[i] !== b[j]) {
        best = Math.min(best, Math.min(previous[j + 1], current[j])) + 1;
      }
      current.push(best);
    }
    previous = current;
  }
  return previous[b.length];
}

console.log("kitten to sitting:", distance("kitten".split(""), "sitting".split("")));
let total = 0;
for (let round = 0; round < rounds; round++) {
  total += distance(randomWord(size), randomWord(size - round));
}
console.log("total distance:", total);
