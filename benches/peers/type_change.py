size = 30000000

amount = 0
value = 0
texts = 0
whole = 0
mixed = [1, 2.5, "three", 4, 0.25, "six", 7]
for i in range(size):
    if i == size / 2:
        amount = amount + 0.5
    amount = amount + i % 5
    value = mixed[i % 7]
    if isinstance(value, str):
        texts += len(value)
    elif value == 1 or value == 4 or value == 7:
        whole = whole + value
    else:
        amount = amount + value
print("amount:", int(amount * 100))
print("letters:", texts)
print("whole:", whole)
