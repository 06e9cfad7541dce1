const size = 40000;

const letters = "abcdefghijklmnopqrstuvwxyz";
let total = 0;
let last = "";
for (let line = 0; line < size; line++) {
  let text = `${line}:`;
  for (let i = 0; i < 60; i++) {
    text = text + letters[(line + i * 7) % 26];
  }
  if (text.includes("dkry")) {
    text = text + "!";
  }
  total += text.length;
  last = text;
}
console.log("characters:", total);
console.log("last line:", last);
console.log("ends with:", last.substring(last.length - 5));
