size = 9
rounds = 9


def fannkuch(n):
    perm1 = list(range(n))
    perm = list(range(n))
    count = list(range(n))
    max_flips = 0
    checksum = 0
    permutation = 0
    r = n
    while True:
        while r != 1:
            count[r - 1] = r
            r -= 1
        for i in range(n):
            perm[i] = perm1[i]
        flips = 0
        first = perm[0]
        while first != 0:
            low = 0
            high = first
            while low < high:
                kept = perm[low]
                perm[low] = perm[high]
                perm[high] = kept
                low += 1
                high -= 1
            flips += 1
            first = perm[0]
        if flips > max_flips:
            max_flips = flips
        if permutation % 2 == 0:
            checksum += flips
        else:
            checksum -= flips
        while True:
            if r == n:
                return checksum, max_flips
            moved = perm1[0]
            for i in range(r):
                perm1[i] = perm1[i + 1]
            perm1[r] = moved
            count[r] -= 1
            if count[r] > 0:
                break
            r += 1
        permutation += 1


for round_number in range(rounds):
    checksum, flips = fannkuch(size)
print("checksum:", checksum)
print("most flips of " + str(size) + ":", flips)
