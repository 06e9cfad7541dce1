const size = 7000000;

let seed = 11;
const byNumber = new Map();
const byName = new Map();
const names = ["red", "green", "blue", "amber", "violet", "grey", "black"];
for (const name of names) {
  byName.set(name, 0);
}
for (let i = 0; i < size; i++) {
  seed = (seed * 16807) % 2147483647;
  const number = seed % 1000;
  if (byNumber.has(number)) {
    byNumber.set(number, byNumber.get(number) + 1);
  } else {
    byNumber.set(number, 1);
  }
  const name = names[seed % 7];
  byName.set(name, byName.get(name) + 1);
}

let most = 0;
let total = 0;
for (let number = 0; number < 1000; number++) {
  const count = byNumber.get(number) ?? 0;
  total += count;
  if (count > most) {
    most = count;
  }
}
console.log("different numbers:", byNumber.size);
console.log("most frequent count:", most);
console.log("total:", total);
for (const name of names) {
  console.log(name, byName.get(name));
}
