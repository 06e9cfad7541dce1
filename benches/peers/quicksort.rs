use std::hint::black_box;

fn quicksort(data: &mut [i64], low: i64, high: i64) {
    if low >= high {
        return;
    }
    let pivot = data[((low + high) / 2) as usize];
    let mut left = low;
    let mut right = high;
    while left <= right {
        while data[left as usize] < pivot {
            left += 1;
        }
        while data[right as usize] > pivot {
            right -= 1;
        }
        if left <= right {
            data.swap(left as usize, right as usize);
            left += 1;
            right -= 1;
        }
    }
    quicksort(data, low, right);
    quicksort(data, left, high);
}

fn main() {
    let size: usize = black_box(1500000);
    let mut seed = 2024i64;
    let mut data = Vec::new();
    for _ in 0..size {
        seed = seed * 16807 % 2147483647;
        data.push(seed % 1000000);
    }
    quicksort(&mut data, 0, size as i64 - 1);
    println!("ordered: {}", data.is_sorted());
    println!("smallest: {}", data[0]);
    println!("median: {}", data[size / 2]);
    println!("largest: {}", data[size - 1]);
}
