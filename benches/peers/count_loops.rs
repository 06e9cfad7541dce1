use std::hint::black_box;

fn main() {
    let size: i64 = black_box(10000);
    let mut pairs = 0i64;
    let mut i = 0;
    while i < size {
        let mut j = 0;
        while j < size {
            if (i + j) % 3 == 0 {
                pairs += 1;
            }
            j += 1;
        }
        i += 1;
    }
    println!("pairs: {pairs}");

    let mut triangle = 0i64;
    for row in 0..size {
        for _column in 0..row {
            triangle += black_box(1);
        }
    }
    println!("triangle: {triangle}");
}
