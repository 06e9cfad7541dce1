const rounds = 300;

const vocabulary = "the quick brown fox jumps over a lazy dog while seven wizards box my five quiet jugs".split(" ");

let seed = 5;

function makeText(count) {
  const words = [];
  for (let i = 0; i < count; i++) {
    seed = (seed * 16807) % 2147483647;
    const position = Math.trunc(((seed % 17) * (seed % 16)) / 16);
    words.push(vocabulary[position]);
  }
  return words.join(" ");
}

function addWords(counts, text) {
  for (const word of text.split(" ")) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

let counts = new Map();
for (let round = 0; round < rounds; round++) {
  counts = addWords(counts, makeText(5000));
}
let total = 0;
for (const word of [...counts.keys()].sort()) {
  console.log(word, counts.get(word));
  total += counts.get(word);
}
console.log("words:", total);
