use std::hint::black_box;

fn entry(i: usize, j: usize) -> f64 {
    1.0 / ((i + j) * (i + j + 1) / 2 + i + 1) as f64
}

fn times(vector: &[f64]) -> Vec<f64> {
    (0..vector.len())
        .map(|i| {
            let mut total = 0.0;
            for j in 0..vector.len() {
                total += entry(i, j) * vector[j];
            }
            total
        })
        .collect()
}

fn times_transposed(vector: &[f64]) -> Vec<f64> {
    (0..vector.len())
        .map(|i| {
            let mut total = 0.0;
            for j in 0..vector.len() {
                total += entry(j, i) * vector[j];
            }
            total
        })
        .collect()
}

fn main() {
    let size: usize = black_box(960);
    let mut u = vec![1.0; size];
    let mut v = u.clone();
    for _ in 0..10 {
        v = times_transposed(&times(&u));
        u = times_transposed(&times(&v));
    }
    let mut uv = 0.0;
    let mut vv = 0.0;
    for i in 0..size {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    println!("norm: {}", ((uv / vv as f64).sqrt() * 1000000000.0) as i64);
}
