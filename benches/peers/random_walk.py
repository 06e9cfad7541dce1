size = 3000000
width = 200


def step(position, direction):
    next_position = position + direction
    if next_position < 0:
        raise ValueError("left wall")
    if next_position > width:
        raise ValueError("right wall")
    return next_position


def main():
    seed = 31
    middle = width // 2
    position = middle
    left = 0
    right = 0
    visits = 0
    for i in range(size):
        seed = seed * 16807 % 2147483647
        try:
            if seed % 2 == 0:
                position = step(position, 1 + seed % 7)
            else:
                position = step(position, -1 - seed % 7)
        except ValueError as bump:
            if str(bump) == "left wall":
                left += 1
            else:
                right += 1
            position = middle
        if position == middle:
            visits += 1
    print("left bumps:", left)
    print("right bumps:", right)
    print("visits to the middle:", visits)
    print("final position:", position)


main()
