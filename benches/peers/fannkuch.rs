use std::hint::black_box;

fn fannkuch(n: usize) -> (i64, i64) {
    let mut perm1: Vec<usize> = (0..n).collect();
    let mut perm: Vec<usize> = (0..n).collect();
    let mut count: Vec<usize> = (0..n).collect();
    let mut max_flips = 0;
    let mut checksum = 0;
    let mut permutation = 0;
    let mut r = n;
    loop {
        while r != 1 {
            count[r - 1] = r;
            r -= 1;
        }
        for i in 0..n {
            perm[i] = perm1[i];
        }
        let mut flips = 0;
        let mut first = perm[0];
        while first != 0 {
            let mut low = 0;
            let mut high = first;
            while low < high {
                perm.swap(low, high);
                low += 1;
                high -= 1;
            }
            flips += 1;
            first = perm[0];
        }
        if flips > max_flips {
            max_flips = flips;
        }
        if permutation % 2 == 0 {
            checksum += flips;
        } else {
            checksum -= flips;
        }
        loop {
            if r == n {
                return (checksum, max_flips);
            }
            let moved = perm1[0];
            for i in 0..r {
                perm1[i] = perm1[i + 1];
            }
            perm1[r] = moved;
            count[r] -= 1;
            if count[r] > 0 {
                break;
            }
            r += 1;
        }
        permutation += 1;
    }
}

fn main() {
    let size: usize = black_box(9);
    let (mut checksum, mut flips) = (0, 0);
    for _ in 0..black_box(9) {
        (checksum, flips) = fannkuch(black_box(size));
    }
    println!("checksum: {checksum}");
    println!("most flips of {size}: {flips}");
}
