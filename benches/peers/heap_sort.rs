use std::hint::black_box;

fn heap_sort(mut values: Vec<i64>) -> Vec<i64> {
    let n = values.len();
    let mut start = n / 2;
    let mut end = n;
    while end > 1 {
        if start > 0 {
            start -= 1;
        } else {
            end -= 1;
            values.swap(end, 0);
        }
        let mut root = start;
        let moving = values[root];
        let mut child = 2 * root + 1;
        while child < end {
            if child + 1 < end && values[child] < values[child + 1] {
                child += 1;
            }
            if moving >= values[child] {
                break;
            }
            values[root] = values[child];
            root = child;
            child = 2 * root + 1;
        }
        values[root] = moving;
    }
    values
}

fn main() {
    let size: usize = black_box(400000);
    let rounds: usize = black_box(4);
    let mut seed = 99i64;
    let mut original = Vec::new();
    for _ in 0..size {
        seed = seed * 16807 % 2147483647;
        original.push(seed);
    }
    let mut ordered = Vec::new();
    for _ in 0..rounds {
        ordered = heap_sort(black_box(&original).clone());
    }
    let mut mistakes = 0;
    for i in 1..size {
        if ordered[i - 1] > ordered[i] {
            mistakes += 1;
        }
    }
    println!("mistakes: {mistakes}");
    println!("first of the original: {}", original[0]);
    println!("first and last in order: {} {}", ordered[0], ordered[size - 1]);
}
