const size = 100000000;

let s = 0;
for (let i = 0; i < size; i++) {
  s = (s + i * 3) % 1000003;
}
console.log("sum:", s);
