use std::hint::black_box;

type Grid = Vec<Vec<i64>>;

fn random_grid(n: usize) -> Grid {
    let mut seed = 7i64;
    let mut cell = || {
        seed = seed * 16807 % 2147483647;
        (seed % 10 < 3) as i64
    };
    (0..n).map(|_| (0..n).map(|_| cell()).collect()).collect()
}

fn evolve(grid: &Grid, n: usize) -> Grid {
    let mut result = Vec::new();
    for y in 0..n {
        let above = &grid[(y + n - 1) % n];
        let here = &grid[y];
        let below = &grid[(y + 1) % n];
        let mut row = Vec::new();
        for x in 0..n {
            let west = (x + n - 1) % n;
            let east = (x + 1) % n;
            let neighbours = above[west]
                + above[x]
                + above[east]
                + here[west]
                + here[east]
                + below[west]
                + below[x]
                + below[east];
            if neighbours == 3 || (neighbours == 2 && here[x] == 1) {
                row.push(1);
            } else {
                row.push(0);
            }
        }
        result.push(row);
    }
    result
}

fn population(grid: &Grid) -> i64 {
    grid.iter().flatten().sum()
}

fn main() {
    let size: usize = black_box(64);
    let generations: usize = black_box(2700);
    let mut grid = random_grid(size);
    println!("population at the start: {}", population(&grid));
    for _ in 0..generations {
        grid = evolve(&grid, size);
    }
    for row in &grid {
        println!(
            "{}",
            row.iter().map(|&cell| if cell == 1 { '#' } else { '.' }).collect::<String>()
        );
    }
    println!("population at the end: {}", population(&grid));
}
