size = 300000
rounds = 400


def fib(n, modulus):
    a = 0
    b = 1
    for i in range(n):
        next_value = (a + b) % modulus
        a = b
        b = next_value
    return a


total = 0
for round_number in range(rounds):
    total += fib(size + round_number, 1000000007)
print("sum of fibs:", total)
print("fib(60) =", fib(60, 10000000000000))
