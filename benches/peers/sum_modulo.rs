use std::hint::black_box;

fn main() {
    let size: i64 = black_box(100000000);
    let mut s = 0i64;
    for i in 0..size {
        s = (s + i * 3) % 1000003;
    }
    println!("sum: {s}");
}
