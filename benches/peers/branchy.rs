use std::hint::black_box;

fn main() {
    let size: i64 = black_box(24000000);
    let mut seed: i64 = black_box(12345);
    let (mut low, mut high, mut odd, mut streak, mut longest) = (0, 0, 0, 0, 0);
    for _ in 0..size {
        seed = seed * 16807 % 2147483647;
        if seed < 536870912 {
            low += 1;
            streak += 1;
        } else if seed > 1610612736 {
            high += 1;
            if seed % 2 == 1 {
                odd += 1;
            }
            streak = 0;
        } else if seed % 3 == 0 {
            streak += 2;
        } else {
            streak = 0;
        }
        if streak > longest {
            longest = streak;
        }
    }
    println!("low: {low} high: {high} odd: {odd}");
    println!("longest streak: {longest}");
}
