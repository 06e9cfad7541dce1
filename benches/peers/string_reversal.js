const size = 500000;

function reverseText(text) {
  let result = "";
  let i = text.length - 1;
  while (i >= 0) {
    result = result + text[i];
    i -= 1;
  }
  return result;
}

let palindromes = 0;
let sevens = 0;
let longest = "";
for (let number = 0; number < size; number++) {
  const text = String(number);
  if (reverseText(text) === text) {
    palindromes += 1;
    longest = text;
  }
  for (const digit of text) {
    if (digit === "7") {
      sevens += 1;
    }
  }
}
console.log("palindromes:", palindromes);
console.log("last palindrome:", longest);
console.log("sevens written:", sevens);
console.log("reversed:", reverseText("never odd or even"));
