size = 400000
rounds = 4


def heap_sort(values):
    n = len(values)
    start = n // 2
    end = n
    while end > 1:
        if start > 0:
            start -= 1
        else:
            end -= 1
            last = values[end]
            values[end] = values[0]
            values[0] = last
        root = start
        moving = values[root]
        child = 2 * root + 1
        while child < end:
            if child + 1 < end and values[child] < values[child + 1]:
                child += 1
            if moving >= values[child]:
                break
            values[root] = values[child]
            root = child
            child = 2 * root + 1
        values[root] = moving
    return values


seed = 99
original = []
for i in range(size):
    seed = seed * 16807 % 2147483647
    original.append(seed)
ordered = []
for round in range(rounds):
    ordered = heap_sort(original[:])
mistakes = 0
for i in range(1, size):
    if ordered[i - 1] > ordered[i]:
        mistakes += 1
print("mistakes:", mistakes)
print("first of the original:", original[0])
print("first and last in order:", ordered[0], ordered[size - 1])
