use std::hint::black_box;

fn mean(numbers: &[f64]) -> f64 {
    let mut total = 0.0;
    for number in numbers {
        total += number;
    }
    total / numbers.len() as f64
}

fn variance(numbers: &[f64], average: f64) -> f64 {
    let mut total = 0.0;
    for number in numbers {
        let distance = number - average;
        total += distance * distance;
    }
    total / numbers.len() as f64
}

fn main() {
    let size: usize = black_box(500000);
    let rounds: usize = black_box(50);
    let mut values: Vec<f64> =
        (0..size).map(|i| (i % 1000) as f64 * 0.5 + 1.0 / (i + 1) as f64).collect();
    let mut average = 0.0;
    let mut spread = 0.0;
    for _ in 0..rounds {
        average = mean(&values);
        spread = variance(&values, average);
        for i in 1..size {
            values[i] = values[i] * 0.75 + values[i - 1] * 0.25;
        }
    }
    println!("mean: {}", (average * 1000000.0) as i64);
    println!("variance: {}", (spread * 1000000.0) as i64);
}
