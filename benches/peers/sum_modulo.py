size = 100000000

s = 0
for i in range(size):
    s = (s + i * 3) % 1000003
print("sum:", s)
