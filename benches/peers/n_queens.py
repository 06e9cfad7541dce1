size = 12

columns = [False] * (2 * size)
rising = [False] * (2 * size)
falling = [False] * (2 * size)


def place(row):
    if row == size:
        return 1
    solutions = 0
    for column in range(size):
        up = row + column
        down = row - column + size
        if not columns[column] and not rising[up] and not falling[down]:
            columns[column] = True
            rising[up] = True
            falling[down] = True
            solutions += place(row + 1)
            columns[column] = False
            rising[up] = False
            falling[down] = False
    return solutions


print("queens:", size)
print("solutions:", place(0))
