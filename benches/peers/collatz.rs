use std::hint::black_box;

fn main() {
    let size: i64 = black_box(1000000);
    let mut best = 0;
    let mut best_length = 0;
    for start in 1..size {
        let mut n = start;
        let mut length = 1;
        while n != 1 {
            if n % 2 == 0 {
                n /= 2;
            } else {
                n = 3 * n + 1;
            }
            length += 1;
        }
        if length > best_length {
            best = start;
            best_length = length;
        }
    }
    println!("longest start: {best}");
    println!("length: {best_length}");
}
