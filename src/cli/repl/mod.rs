//! `ruff repl`: a conversation with the language.
//!
//! `evaluation` runs what was entered and carries out commands, `editor` reads
//! from a terminal with history and completion, `completion` knows the words.
//! Standard input that is no terminal is read without prompts, so that a text
//! can be piped in: it is run input by input, what an input gives is printed,
//! errors go to standard error, and the first of them decides the exit code.

mod completion;
mod editor;
mod evaluation;

use super::SUCCESS;
use crate::base::options::Options;
use crate::engine::is_incomplete;
use evaluation::{Evaluation, Next};
use std::io::{BufRead, IsTerminal};

/// Runs a conversation; the answer is the exit code.
pub fn run(options: Options) -> u8 {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return editor::converse(options);
    }
    let mut evaluation = Evaluation::new(options);
    let mut worst = SUCCESS;
    let mut pending = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        // What cannot be read ends the conversation as the end of the input does.
        let ended = !matches!(std::io::stdin().lock().read_line(&mut line), Ok(1..));
        pending.push_str(&line);
        let is_command = Evaluation::is_command(&pending);
        if !ended && !is_command && is_incomplete(&pending) {
            continue;
        }
        match evaluation.input(&std::mem::take(&mut pending)) {
            Next::Leave(code) => return code,
            Next::Failed(code) if worst == SUCCESS => worst = code,
            _ if ended => return worst,
            _ => {}
        }
        if ended {
            return worst;
        }
    }
}
