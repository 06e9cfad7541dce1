rounds = 300

vocabulary = "the quick brown fox jumps over a lazy dog while seven wizards box my five quiet jugs".split(" ")

seed = 5


def make_text(count):
    global seed
    words = []
    for i in range(count):
        seed = seed * 16807 % 2147483647
        position = seed % 17 * (seed % 16) // 16
        words.append(vocabulary[position])
    return " ".join(words)


def add_words(counts, text):
    for word in text.split(" "):
        counts[word] = counts.get(word, 0) + 1
    return counts


counts = {}
for round_number in range(rounds):
    counts = add_words(counts, make_text(5000))
total = 0
for word in sorted(counts):
    print(word, counts[word])
    total += counts[word]
print("words:", total)
