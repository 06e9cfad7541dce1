size = 5000000
rounds = 4

count = 0
last = 0
for round in range(rounds):
    composite = []
    for i in range(size + 1):
        composite.append(False)

    i = 2
    while i * i <= size:
        if not composite[i]:
            multiple = i * i
            while multiple <= size:
                composite[multiple] = True
                multiple += i
        i += 1

    count = 0
    last = 0
    for n in range(2, size + 1):
        if not composite[n]:
            count += 1
            last = n
print("primes:", count)
print("largest:", last)
