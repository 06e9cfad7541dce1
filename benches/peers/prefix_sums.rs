use std::hint::black_box;

fn main() {
    let size: usize = black_box(1000000);
    let rounds: usize = black_box(20);
    let mut seed = 3i64;
    let mut values = Vec::new();
    for _ in 0..size {
        seed = seed * 16807 % 2147483647;
        values.push(seed % 2001 - 1000);
    }
    let mut best = 0;
    let mut answers = 0;
    for round in 0..rounds {
        let mut sums = vec![0i64];
        for i in 0..size {
            sums.push(sums[i] + values[i]);
        }
        let mut lowest = 0;
        for i in 1..=size {
            if sums[i] < lowest {
                lowest = sums[i];
            }
            if sums[i] - lowest > best {
                best = sums[i] - lowest;
            }
        }
        let mut low = 0;
        let mut high = size;
        while low < high {
            answers += sums[high] - sums[low];
            low += 3;
            high -= 5;
        }
        values[round] = round as i64;
    }
    println!("best range: {best}");
    println!("answers: {answers}");
}
