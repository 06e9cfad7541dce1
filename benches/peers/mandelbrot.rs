use std::hint::black_box;

fn main() {
    let height: i64 = black_box(64);
    let max_steps: i64 = black_box(20000);
    let width = height * 2;
    let marks = b" .:-=+*#%@";
    for row in 0..height {
        let mut line = String::new();
        for column in 0..width {
            let cx = 3.0 * column as f64 / width as f64 - 2.2;
            let cy = 2.4 * row as f64 / height as f64 - 1.2;
            let mut x = 0.0;
            let mut y = 0.0;
            let mut step = 0;
            while step < max_steps && x * x + y * y <= 4.0 {
                let next = x * x - y * y + cx;
                y = 2.0 * x * y + cy;
                x = next;
                step += 1;
            }
            if step == max_steps {
                line.push('@');
            } else {
                line.push(marks[(step % 9) as usize] as char);
            }
        }
        println!("{line}");
    }
}
