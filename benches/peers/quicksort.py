size = 1500000

seed = 2024
data = []
for i in range(size):
    seed = seed * 16807 % 2147483647
    data.append(seed % 1000000)


def quicksort(low, high):
    if low >= high:
        return
    pivot = data[(low + high) // 2]
    left = low
    right = high
    while left <= right:
        while data[left] < pivot:
            left += 1
        while data[right] > pivot:
            right -= 1
        if left <= right:
            kept = data[left]
            data[left] = data[right]
            data[right] = kept
            left += 1
            right -= 1
    quicksort(low, right)
    quicksort(left, high)


quicksort(0, size - 1)
ordered = True
for i in range(1, size):
    if data[i - 1] > data[i]:
        ordered = False
print("ordered:", "true" if ordered else "false")
print("smallest:", data[0])
print("median:", data[size // 2])
print("largest:", data[size - 1])
