size = 24000000

seed = 12345
low = 0
high = 0
odd = 0
streak = 0
longest = 0
for i in range(size):
    seed = seed * 16807 % 2147483647
    if seed < 536870912:
        low += 1
        streak += 1
    elif seed > 1610612736:
        high += 1
        if seed % 2 == 1:
            odd += 1
        streak = 0
    elif seed % 3 == 0:
        streak += 2
    else:
        streak = 0
    if streak > longest:
        longest = streak
print("low:", low, "high:", high, "odd:", odd)
print("longest streak:", longest)
