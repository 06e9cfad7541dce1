import sys

sys.setrecursionlimit(20000)
size = 9
rounds = 5


def ack(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ack(m - 1, 1)
    return ack(m - 1, ack(m, n - 1))


total = 0
for round_number in range(rounds):
    total += ack(3, size - round_number % 2)
print("ack(2, 9) =", ack(2, 9))
print("sum of ack(3, n):", total)
