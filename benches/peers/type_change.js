const size = 30000000;

let amount = 0;
let value = 0;
let texts = 0;
let whole = 0;
const mixed = [1, 2.5, "three", 4, 0.25, "six", 7];
for (let i = 0; i < size; i++) {
  if (i === size / 2) {
    amount = amount + 0.5;
  }
  amount = amount + (i % 5);
  value = mixed[i % 7];
  if (typeof value === "string") {
    texts += value.length;
  } else if (value === 1 || value === 4 || value === 7) {
    whole = whole + value;
  } else {
    amount = amount + value;
  }
}
console.log("amount:", Math.trunc(amount * 100));
console.log("letters:", texts);
console.log("whole:", whole);
