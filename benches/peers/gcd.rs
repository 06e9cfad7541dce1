use std::hint::black_box;

fn gcd(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        let rest = a % b;
        a = b;
        b = rest;
    }
    a
}

fn main() {
    let size: i64 = black_box(2400);
    let mut total = 0;
    let mut coprime = 0;
    for a in 1..=size {
        for b in 1..=size {
            let divisor = gcd(a, b);
            total += divisor;
            if divisor == 1 {
                coprime += 1;
            }
        }
    }
    println!("sum of gcds: {total}");
    println!("coprime pairs: {coprime}");
}
