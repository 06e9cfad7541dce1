size = 7000000

seed = 11
by_number = {}
by_name = {}
names = ["red", "green", "blue", "amber", "violet", "grey", "black"]
for name in names:
    by_name[name] = 0
for i in range(size):
    seed = seed * 16807 % 2147483647
    number = seed % 1000
    if number in by_number:
        by_number[number] += 1
    else:
        by_number[number] = 1
    by_name[names[seed % 7]] += 1

most = 0
total = 0
for number in range(1000):
    count = by_number.get(number, 0)
    total += count
    if count > most:
        most = count
print("different numbers:", len(by_number))
print("most frequent count:", most)
print("total:", total)
for name in names:
    print(name, by_name[name])
