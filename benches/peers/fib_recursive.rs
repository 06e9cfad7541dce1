use std::hint::black_box;

fn fib(n: i64) -> i64 {
    if n < 2 {
        return n;
    }
    fib(n - 1) + fib(n - 2)
}

fn main() {
    let size: i64 = black_box(36);
    println!("fib({size}) = {}", fib(size));
}
