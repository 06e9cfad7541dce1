size = 500000
rounds = 50

values = []
for i in range(size):
    values.append((i % 1000) * 0.5 + 1.0 / (i + 1))


def mean(numbers):
    total = 0.0
    for number in numbers:
        total += number
    return total / len(numbers)


def variance(numbers, average):
    total = 0.0
    for i in range(len(numbers)):
        distance = numbers[i] - average
        total += distance * distance
    return total / len(numbers)


average = 0.0
spread = 0.0
for round_number in range(rounds):
    average = mean(values)
    spread = variance(values, average)
    for i in range(1, size):
        values[i] = values[i] * 0.75 + values[i - 1] * 0.25
print("mean:", int(average * 1000000))
print("variance:", int(spread * 1000000))
