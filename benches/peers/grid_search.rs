use std::hint::black_box;

fn make_maze(seed: &mut i64, n: usize) -> Vec<Vec<bool>> {
    let mut cell = |x: usize, y: usize| {
        *seed = *seed * 16807 % 2147483647;
        x + y > 3 && *seed % 100 < 30
    };
    let mut maze: Vec<Vec<bool>> =
        (0..n).map(|y| (0..n).map(|x| cell(x, y)).collect()).collect();
    maze[0][0] = false;
    maze[n - 1][n - 1] = false;
    maze
}

fn shortest_path(maze: &[Vec<bool>], n: i64) -> (i64, i64) {
    let mut distance = vec![vec![-1i64; n as usize]; n as usize];
    let dx = [1, 0, -1, 0];
    let dy = [0, 1, 0, -1];
    distance[0][0] = 0;
    let mut queue = vec![(0i64, 0i64)];
    let mut head = 0;
    let mut reached = 1;
    while head < queue.len() {
        let (x, y) = queue[head];
        head += 1;
        for direction in 0..4 {
            let nx = x + dx[direction];
            let ny = y + dy[direction];
            if nx >= 0 && nx < n && ny >= 0 && ny < n {
                let (column, row) = (nx as usize, ny as usize);
                if !maze[row][column] && distance[row][column] < 0 {
                    distance[row][column] = distance[y as usize][x as usize] + 1;
                    queue.push((nx, ny));
                    reached += 1;
                }
            }
        }
    }
    (distance[n as usize - 1][n as usize - 1], reached)
}

fn main() {
    let size: usize = black_box(400);
    let rounds: usize = black_box(20);
    let mut seed = 8;
    for round in 0..rounds {
        let maze = make_maze(&mut seed, size);
        let (steps, reached) = shortest_path(&maze, size as i64);
        println!("maze {round} steps {steps} cells reached {reached}");
    }
}
