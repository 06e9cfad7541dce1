size = 500
rounds = 100

seed = 42


def random_word(length):
    global seed
    letters = []
    for i in range(length):
        seed = seed * 16807 % 2147483647
        letters.append("acgt"[seed % 4])
    return letters


def distance(a, b):
    previous = list(range(len(b) + 1))
    for i in range(len(a)):
        current = [i + 1]
        for j in range(len(b)):
            best = previous[j]
            if a[i] != b[j]:
                best = min(best, min(previous[j + 1], current[j])) + 1
            current.append(best)
        previous = current
    return previous[len(b)]


print("kitten to sitting:", distance(list("kitten"), list("sitting")))
total = 0
for round_number in range(rounds):
    total += distance(random_word(size), random_word(size - round_number))
print("total distance:", total)
