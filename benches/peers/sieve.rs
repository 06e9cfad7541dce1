use std::hint::black_box;

fn main() {
    let size: usize = black_box(5000000);
    let rounds: usize = black_box(4);
    let (mut count, mut last) = (0, 0);
    for _ in 0..rounds {
        let mut composite = Vec::new();
        for _ in 0..=size {
            composite.push(false);
        }
        let mut i = 2;
        while i * i <= size {
            if !composite[i] {
                let mut multiple = i * i;
                while multiple <= size {
                    composite[multiple] = true;
                    multiple += i;
                }
            }
            i += 1;
        }
        count = 0;
        last = 0;
        for n in 2..=size {
            if !composite[n] {
                count += 1;
                last = n;
            }
        }
    }
    println!("primes: {count}");
    println!("largest: {last}");
}
