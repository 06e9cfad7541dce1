use std::hint::black_box;

fn matrix(n: i64, seed: f64) -> Vec<Vec<f64>> {
    (0..n)
        .map(|i| (0..n).map(|j| seed * (i - j) as f64 * (i + j) as f64 / n as f64).collect())
        .collect()
}

fn multiply(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = a.len();
    let mut product = Vec::new();
    for i in 0..n {
        let mut row = Vec::new();
        for j in 0..n {
            let mut total = 0.0;
            for k in 0..n {
                total += a[i][k] * b[k][j];
            }
            row.push(total);
        }
        product.push(row);
    }
    product
}

fn main() {
    let size: i64 = black_box(400);
    let a = matrix(size, 1.0);
    let b = matrix(size, 2.0);
    let c = multiply(&a, &b);
    let middle = (size / 2) as usize;
    println!("corner: {}", c[0][0] as i64);
    println!("middle: {}", (c[middle][middle] * 1000.0) as i64);
}
