size = 500000


def reverse_text(text):
    result = ""
    i = len(text) - 1
    while i >= 0:
        result = result + text[i]
        i -= 1
    return result


palindromes = 0
sevens = 0
longest = ""
for number in range(size):
    text = str(number)
    if reverse_text(text) == text:
        palindromes += 1
        longest = text
    for digit in text:
        if digit == "7":
            sevens += 1
print("palindromes:", palindromes)
print("last palindrome:", longest)
print("sevens written:", sevens)
print("reversed:", reverse_text("never odd or even"))
