use std::hint::black_box;

fn tak(x: i64, y: i64, z: i64) -> i64 {
    if y >= x {
        return z;
    }
    tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
}

fn main() {
    let size: i64 = black_box(26);
    println!("tak: {}", tak(size, size * 2 / 3, size / 3));
}
