height = 64
max_steps = 20000

width = height * 2
marks = " .:-=+*#%@"
for row in range(height):
    line = ""
    for column in range(width):
        cx = 3.0 * column / width - 2.2
        cy = 2.4 * row / height - 1.2
        x = 0.0
        y = 0.0
        step = 0
        while step < max_steps and x * x + y * y <= 4.0:
            next_x = x * x - y * y + cx
            y = 2.0 * x * y + cy
            x = next_x
            step += 1
        if step == max_steps:
            line += "@"
        else:
            line += marks[step % 9]
    print(line)
