use std::hint::black_box;

fn random_word(seed: &mut i64, length: usize) -> Vec<char> {
    let alphabet = ['a', 'c', 'g', 't'];
    (0..length)
        .map(|_| {
            *seed = *seed * 16807 % 2147483647;
            alphabet[(*seed % 4) as usize]
        })
        .collect()
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut current = vec![i + 1];
        for j in 0..b.len() {
            let mut best = previous[j];
            if a[i] != b[j] {
                best = best.min(previous[j + 1].min(current[j])) + 1;
            }
            current.push(best);
        }
        previous = current;
    }
    previous[b.len()]
}

fn main() {
    let size: usize = black_box(500);
    let rounds: usize = black_box(100);
    let letters = |word: &str| word.chars().collect::<Vec<char>>();
    println!("kitten to sitting: {}", distance(&letters("kitten"), &letters("sitting")));
    let mut seed = 42;
    let mut total = 0;
    for round in 0..rounds {
        let a = random_word(&mut seed, size);
        let b = random_word(&mut seed, size - round);
        total += distance(&a, &b);
    }
    println!("total distance: {total}");
}
