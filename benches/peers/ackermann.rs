use std::hint::black_box;

fn ack(m: i64, n: i64) -> i64 {
    if m == 0 {
        return n + 1;
    }
    if n == 0 {
        return ack(m - 1, 1);
    }
    ack(m - 1, ack(m, n - 1))
}

fn main() {
    let size: i64 = black_box(9);
    let rounds: i64 = black_box(5);
    let mut total = 0;
    for round in 0..rounds {
        total += ack(3, size - round % 2);
    }
    println!("ack(2, 9) = {}", ack(2, 9));
    println!("sum of ack(3, n): {total}");
}
