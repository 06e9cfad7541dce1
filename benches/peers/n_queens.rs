use std::hint::black_box;

struct Board {
    columns: Vec<bool>,
    rising: Vec<bool>,
    falling: Vec<bool>,
}

fn place(board: &mut Board, size: usize, row: usize) -> i64 {
    if row == size {
        return 1;
    }
    let mut solutions = 0;
    for column in 0..size {
        let up = row + column;
        let down = row + size - column;
        if !board.columns[column] && !board.rising[up] && !board.falling[down] {
            board.columns[column] = true;
            board.rising[up] = true;
            board.falling[down] = true;
            solutions += place(board, size, row + 1);
            board.columns[column] = false;
            board.rising[up] = false;
            board.falling[down] = false;
        }
    }
    solutions
}

fn main() {
    let size: usize = black_box(12);
    let flags = vec![false; 2 * size];
    let mut board = Board { columns: flags.clone(), rising: flags.clone(), falling: flags };
    println!("queens: {size}");
    println!("solutions: {}", place(&mut board, size, 0));
}
