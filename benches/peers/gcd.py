size = 2400


def gcd(a, b):
    while b != 0:
        rest = a % b
        a = b
        b = rest
    return a


total = 0
coprime = 0
for a in range(1, size + 1):
    for b in range(1, size + 1):
        divisor = gcd(a, b)
        total += divisor
        if divisor == 1:
            coprime += 1
print("sum of gcds:", total)
print("coprime pairs:", coprime)
