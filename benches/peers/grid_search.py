size = 400
rounds = 20

seed = 8


def make_maze(n):
    global seed
    maze = []
    for y in range(n):
        row = []
        for x in range(n):
            seed = seed * 16807 % 2147483647
            row.append(x + y > 3 and seed % 100 < 30)
        maze.append(row)
    maze[0][0] = False
    maze[n - 1][n - 1] = False
    return maze


def shortest_path(maze, n):
    distance = []
    for y in range(n):
        row = []
        for x in range(n):
            row.append(-1)
        distance.append(row)
    dx = [1, 0, -1, 0]
    dy = [0, 1, 0, -1]
    distance[0][0] = 0
    queue_x = [0]
    queue_y = [0]
    head = 0
    reached = 1
    while head < len(queue_x):
        x = queue_x[head]
        y = queue_y[head]
        head += 1
        for direction in range(4):
            nx = x + dx[direction]
            ny = y + dy[direction]
            if 0 <= nx < n and 0 <= ny < n:
                if not maze[ny][nx] and distance[ny][nx] < 0:
                    distance[ny][nx] = distance[y][x] + 1
                    queue_x.append(nx)
                    queue_y.append(ny)
                    reached += 1
    return distance[n - 1][n - 1], reached


for round_number in range(rounds):
    maze = make_maze(size)
    steps, reached = shortest_path(maze, size)
    print("maze", round_number, "steps", steps, "cells reached", reached)
