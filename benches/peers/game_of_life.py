size = 64
generations = 2700

seed = 7


def random_grid(n):
    global seed
    grid = []
    for y in range(n):
        row = []
        for x in range(n):
            seed = seed * 16807 % 2147483647
            if seed % 10 < 3:
                row.append(1)
            else:
                row.append(0)
        grid.append(row)
    return grid


def evolve(grid, n):
    result = []
    for y in range(n):
        above = grid[(y + n - 1) % n]
        here = grid[y]
        below = grid[(y + 1) % n]
        row = []
        for x in range(n):
            west = (x + n - 1) % n
            east = (x + 1) % n
            neighbours = (above[west] + above[x] + above[east] + here[west] + here[east]
                          + below[west] + below[x] + below[east])
            if neighbours == 3 or (neighbours == 2 and here[x] == 1):
                row.append(1)
            else:
                row.append(0)
        result.append(row)
    return result


def population(grid):
    total = 0
    for row in grid:
        for cell in row:
            total += cell
    return total


def draw(grid):
    for row in grid:
        line = ""
        for cell in row:
            if cell == 1:
                line += "#"
            else:
                line += "."
        print(line)


grid = random_grid(size)
print("population at the start:", population(grid))
for generation in range(generations):
    grid = evolve(grid, size)
draw(grid)
print("population at the end:", population(grid))
