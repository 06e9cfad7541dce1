size = 2000
rounds = 3000


def map_array(items, f):
    result = []
    for item in items:
        result.append(f(item))
    return result


def filter_array(items, keep):
    result = []
    for item in items:
        if keep(item):
            result.append(item)
    return result


def reduce_array(items, start, f):
    result = start
    for item in items:
        result = f(result, item)
    return result


numbers = []
for i in range(size):
    numbers.append(i)

total = 0
for round_number in range(rounds):
    shifted = map_array(numbers, lambda x: x * 3 + round_number)
    even = filter_array(shifted, lambda x: x % 2 == 0)
    sum_of_even = reduce_array(even, 0, lambda a, b: a + b)
    total = (total + sum_of_even) % 1000000007
print("numbers:", len(numbers))
print("total:", total)
