size = 400


def matrix(n, seed):
    rows = []
    for i in range(n):
        row = []
        for j in range(n):
            row.append(seed * (i - j) * (i + j) / n)
        rows.append(row)
    return rows


def multiply(a, b):
    n = len(a)
    product = []
    for i in range(n):
        row = []
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += a[i][k] * b[k][j]
            row.append(total)
        product.append(row)
    return product


a = matrix(size, 1.0)
b = matrix(size, 2.0)
c = multiply(a, b)
middle = size // 2
print("corner:", int(c[0][0]))
print("middle:", int(c[middle][middle] * 1000))
