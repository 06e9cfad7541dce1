use std::hint::black_box;

fn fib(n: i64, modulus: i64) -> i64 {
    let mut a = 0;
    let mut b = 1;
    for _ in 0..n {
        let next = (a + b) % modulus;
        a = b;
        b = next;
    }
    a
}

fn main() {
    let size: i64 = black_box(300000);
    let rounds: i64 = black_box(400);
    let mut total = 0;
    for round in 0..rounds {
        total += fib(size + round, black_box(1000000007));
    }
    println!("sum of fibs: {total}");
    println!("fib(60) = {}", fib(60, 10000000000000));
}
