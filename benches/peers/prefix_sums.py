size = 1000000
rounds = 20

seed = 3
values = []
for i in range(size):
    seed = seed * 16807 % 2147483647
    values.append(seed % 2001 - 1000)

best = 0
answers = 0
for round_number in range(rounds):
    sums = [0]
    for i in range(size):
        sums.append(sums[i] + values[i])
    lowest = 0
    for i in range(1, size + 1):
        if sums[i] < lowest:
            lowest = sums[i]
        if sums[i] - lowest > best:
            best = sums[i] - lowest
    low = 0
    high = size
    while low < high:
        answers += sums[high] - sums[low]
        low += 3
        high -= 5
    values[round_number] = round_number
print("best range:", best)
print("answers:", answers)
