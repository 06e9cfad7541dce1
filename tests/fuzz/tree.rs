//! A random program as a tree of statements, so that it can be made smaller.
//!
//! A statement is a line, or blocks with what stands before each of them: the
//! text of a block statement is its heads and bodies in turn. What makes a
//! program terminate stands in heads, so it cannot be taken away alone.
//!
//! Example: `while c < 300 {` is a head whose first body line could be anything;
//! the generator writes `let c := 0\nwhile c < 300 {\nc += 1` as one head.
//!
//! What must hold: every proposal of [`smaller`] has fewer statements or
//! shorter text than the program it came from, so shrinking ends.

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Text without blocks that may be removed.
    Line(String),
    /// Heads with their bodies, as in `if a {`, `} else {`; closed by `}`.
    Blocks(Vec<(String, Vec<Statement>)>),
}

/// A sequence of statements.
pub type Body = Vec<Statement>;

/// The program's text.
pub fn text(body: &[Statement]) -> String {
    let mut text = String::new();
    write(body, 0, &mut text);
    text
}

fn write(body: &[Statement], depth: usize, text: &mut String) {
    let indented = |line: &str, depth: usize, text: &mut String| {
        text.push_str(&"    ".repeat(depth));
        text.push_str(line.trim());
        text.push('\n');
    };
    for statement in body {
        match statement {
            Statement::Line(line) => {
                line.lines().for_each(|line| indented(line, depth, text));
            }
            Statement::Blocks(blocks) => {
                for (head, body) in blocks {
                    let opening = head.lines().position(|line| line.ends_with('{'));
                    for (number, line) in head.lines().enumerate() {
                        let inside = opening.is_some_and(|opening| number > opening);
                        indented(line, depth + usize::from(inside), text);
                    }
                    write(body, depth + 1, text);
                }
                indented("}", depth, text);
            }
        }
    }
}

/// Number of statements.
pub fn size(body: &[Statement]) -> usize {
    let sizes = body.iter().map(|statement| match statement {
        Statement::Line(_) => 1,
        Statement::Blocks(blocks) => 1 + blocks.iter().map(|(_, body)| size(body)).sum::<usize>(),
    });
    sizes.sum()
}

/// Where a statement stands: positions in bodies and, between them, numbers of blocks.
type Path = Vec<usize>;

fn paths(body: &[Statement], prefix: &Path, found: &mut Vec<Path>) {
    for (at, statement) in body.iter().enumerate() {
        let mut path = prefix.clone();
        path.push(at);
        found.push(path.clone());
        if let Statement::Blocks(blocks) = statement {
            for (number, (_, body)) in blocks.iter().enumerate() {
                path.push(number);
                paths(body, &path, found);
                path.pop();
            }
        }
    }
}

/// The body that holds the statement at `path`, and its position there.
fn place<'a>(body: &'a mut Body, path: &[usize]) -> (&'a mut Body, usize) {
    match path {
        [at] => (body, *at),
        [at, number, rest @ ..] => {
            let Statement::Blocks(blocks) = &mut body[*at] else { unreachable!("a path") };
            place(&mut blocks[*number].1, rest)
        }
        [] => unreachable!("a path"),
    }
}

/// Makes `body` smaller as long as `fails` holds for what is left, asking it at
/// most `attempts` times.
pub fn shrink(mut body: Body, attempts: usize, fails: &mut dyn FnMut(&Body) -> bool) -> Body {
    let mut left = attempts;
    let mut try_one = |candidate: &Body, left: &mut usize| {
        *left = left.saturating_sub(1);
        *left > 0 && fails(candidate)
    };
    loop {
        let before = text(&body).len();
        // Runs of neighbours go first, large ones first, then statements alone.
        let mut run = body.len() / 2;
        while run > 1 {
            let mut at = 0;
            while at + run <= body.len() {
                let mut candidate = body.clone();
                candidate.drain(at..at + run);
                if try_one(&candidate, &mut left) {
                    body = candidate;
                } else {
                    at += run;
                }
            }
            run /= 2;
        }
        let mut number = 0;
        loop {
            let mut all = Vec::new();
            paths(&body, &Vec::new(), &mut all);
            let Some(path) = all.get(all.len().wrapping_sub(1 + number)) else { break };
            match smaller(&body, path).into_iter().find(|c| try_one(c, &mut left)) {
                Some(candidate) => body = candidate,
                None => number += 1,
            }
        }
        if text(&body).len() >= before || left == 0 {
            return body;
        }
    }
}

/// Simpler programs that differ at one statement.
fn smaller(body: &Body, path: &[usize]) -> Vec<Body> {
    let mut candidates = Vec::new();
    let mut without = body.clone();
    let (holder, at) = place(&mut without, path);
    let statement = holder.remove(at);
    candidates.push(without);
    let mut replace = |replacement: Vec<Statement>| {
        let mut candidate = body.clone();
        let (holder, at) = place(&mut candidate, path);
        holder.splice(at..=at, replacement);
        candidates.push(candidate);
    };
    match statement {
        Statement::Line(line) => {
            // Parts of a line that hold several statements.
            let lines: Vec<&str> = line.lines().collect();
            for skipped in 0..lines.len() {
                if lines.len() > 1 {
                    let kept = lines.iter().enumerate().filter(|(at, _)| *at != skipped);
                    let kept: Vec<&str> = kept.map(|(_, line)| *line).collect();
                    replace(vec![Statement::Line(kept.join("\n"))]);
                }
            }
        }
        Statement::Blocks(blocks) => {
            for (_, body) in &blocks {
                replace(body.clone());
            }
            if blocks.len() > 1 {
                let mut fewer = blocks.clone();
                fewer.pop();
                replace(vec![Statement::Blocks(fewer)]);
            }
        }
    }
    candidates
}
