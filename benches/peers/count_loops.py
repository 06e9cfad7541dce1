size = 10000

pairs = 0
i = 0
while i < size:
    j = 0
    while j < size:
        if (i + j) % 3 == 0:
            pairs += 1
        j += 1
    i += 1
print("pairs:", pairs)

triangle = 0
for row in range(size):
    for column in range(row):
        triangle += 1
print("triangle:", triangle)
