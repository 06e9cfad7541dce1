from math import sqrt

size = 960


def entry(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def times(vector):
    result = []
    for i in range(len(vector)):
        total = 0.0
        for j in range(len(vector)):
            total += entry(i, j) * vector[j]
        result.append(total)
    return result


def times_transposed(vector):
    result = []
    for i in range(len(vector)):
        total = 0.0
        for j in range(len(vector)):
            total += entry(j, i) * vector[j]
        result.append(total)
    return result


u = [1.0] * size
v = u
for round_number in range(10):
    v = times_transposed(times(u))
    u = times_transposed(times(v))

uv = 0.0
vv = 0.0
for i in range(size):
    uv += u[i] * v[i]
    vv += v[i] * v[i]
print("norm:", int(sqrt(uv / vv) * 1000000000))
