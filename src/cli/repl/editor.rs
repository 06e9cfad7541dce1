//! Reading inputs from a terminal.
//!
//! `rustyline` edits the line; it asks here whether an input is complete (an
//! open bracket or string makes the next line part of it) and what a word may
//! be completed to. The history is kept in the user's folder for such state.
//!
//! Example: after `func f() {` and Enter the cursor is in a second line of the
//! same input, and Ctrl-C drops both.

use super::completion::complete;
use super::evaluation::{Evaluation, Next};
use crate::base::complaint::complain;
use crate::base::options::Options;
use crate::cli::SUCCESS;
use crate::embed::Engine;
use crate::engine::is_incomplete;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Editor, Helper};
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

/// What the editor asks while a line is written.
struct Assistant {
    engine: Rc<RefCell<Engine>>,
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete(&self.engine.borrow(), line, position))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let input = context.input();
        let goes_on = !Evaluation::is_command(input) && is_incomplete(input);
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Highlighter for Assistant {}

impl Helper for Assistant {}

/// Where the history is kept, once its folder exists.
fn history() -> Option<PathBuf> {
    let folder = dirs::state_dir().or_else(dirs::data_local_dir)?.join("ruff");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

/// Converses on the terminal; the answer is the exit code.
pub fn converse(options: Options) -> u8 {
    let mut editor: Editor<Assistant, DefaultHistory> = match Editor::new() {
        Ok(editor) => editor,
        Err(error) => {
            complain(&format!("ruff: cannot use the terminal: {error}\n"));
            return super::super::UNREADABLE;
        }
    };
    // The editor takes SIGINT for itself; what runs is stopped by it, so the
    // evaluation's handler must be the later one. While a line is edited, Ctrl-C
    // is a key.
    let mut evaluation = Evaluation::new(options);
    editor.set_helper(Some(Assistant { engine: evaluation.engine.clone() }));
    let history = history();
    if let Some(file) = &history {
        // The first time there is none.
        let _ = editor.load_history(file);
    }
    println!("Ruff {}. :help lists the commands, Ctrl-D leaves.", env!("CARGO_PKG_VERSION"));
    loop {
        match editor.readline("> ") {
            Ok(input) => {
                if editor.add_history_entry(input.as_str()).unwrap_or(false)
                    && let Some(file) = &history
                {
                    // A history that cannot be kept is no reason to stop.
                    let _ = editor.append_history(file);
                }
                if let Next::Leave(code) = evaluation.input(&input) {
                    return code;
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return SUCCESS,
            Err(error) => {
                complain(&format!("ruff: cannot read from the terminal: {error}\n"));
                return super::super::UNREADABLE;
            }
        }
    }
}
