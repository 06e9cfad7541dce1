# The same as caught_errors.ruff.
rounds = 1000000


def checked(n):
    if n % 7 == 3:
        raise ValueError(f"unlucky {n % 10}")
    return n


def doubled(n):
    return 2 * checked(n)


def quotient(a, b):
    if b == 0:
        raise ValueError("no quotient")
    return (a - a % b) // b


def attempt(n):
    for k in range(3):
        try:
            return doubled(n + k)
        except ValueError:
            n += 1
    return 0


items = list(range(50))
total = 0
letters = 0
for i in range(rounds):
    try:
        total += quotient(1000, i % 10)
    except ValueError:
        total += 1
    try:
        if i % 60 >= len(items):
            raise ValueError("beyond the end")
        total += items[i % 60]
    except ValueError:
        total -= 1
    if i % 4 == 0:
        try:
            total += doubled(i)
        except ValueError as error:
            letters += len(str(error))
    total += attempt(i)
print(total, letters)
