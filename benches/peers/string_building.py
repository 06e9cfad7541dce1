size = 40000

letters = "abcdefghijklmnopqrstuvwxyz"
total = 0
last = ""
for line in range(size):
    text = f"{line}:"
    for i in range(60):
        text = text + letters[(line + i * 7) % 26]
    if "dkry" in text:
        text = text + "!"
    total += len(text)
    last = text
print("characters:", total)
print("last line:", last)
print("ends with:", last[len(last) - 5:])
