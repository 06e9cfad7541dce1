//! The one style of Ruff programs.
//!
//! [`format`] takes the tokens of a text in order and lays them out anew, as the
//! syntax tree says: [`layout`] writes tokens and the places where a line may
//! break as a document, and [`print()`](print::print) chooses the breaks.
//!
//! What must hold: every token and every comment comes out once, in order; only
//! blank space, separators (`;`, the last `,` of a list, the `:` of a case before
//! a block) and nothing else may differ. The result is parsed again and its tree
//! compared before anyone gets it. Formatting what was formatted changes nothing.
//!
//! The style: four spaces, lines of [`WIDTH`] columns, one statement a line, one
//! empty line at most. A block of one simple statement stays on one line if it
//! was written so; an array, dict or struct literal with a line break after its
//! bracket keeps its rows. Everything else is joined when it fits.
//!
//! Example: `x=1;f( x,\n2 ) # why` becomes `x = 1` and `f(x, 2) # why`.

mod comments;
mod document;
mod expressions;
mod layout;
mod lists;
mod print;
mod statements;

use crate::base::diagnostic::{Diagnostic, DiagnosticKind};
use crate::base::span::LineIndex;
use crate::syntax::{self, ast::Program, parse};

/// Columns of a line.
pub const WIDTH: usize = 100;

/// How often a text is laid out anew until it stays as it is.
const MOST_ROUNDS: usize = 4;

/// The text of the program `source` in the one style; `name` is what messages
/// call its file.
///
/// # Errors
/// What is wrong with its syntax, or, as an internal error, that the result
/// would not be the same program.
pub fn format(name: &str, source: &str) -> Result<String, Vec<Diagnostic>> {
    let syntax::Parsed { program, errors } = parse(source);
    if !errors.is_empty() {
        let lines = LineIndex::new(source);
        return Err(errors.iter().map(|error| error.diagnostic(name, source, &lines)).collect());
    }
    let expected = shape(&program);
    let mut text = print::print(&layout::layout(source, &program), WIDTH);
    // A comment that has moved may give its old place the room to be joined.
    for round in 1.. {
        let again = parse(&text);
        if !again.errors.is_empty() || shape(&again.program) != expected {
            let message =
                format!("the layout of `{name}` would change its meaning; it was left alone");
            return Err(vec![Diagnostic::new(DiagnosticKind::Internal, message)]);
        }
        let next = print::print(&layout::layout(&text, &again.program), WIDTH);
        if next == text || round == MOST_ROUNDS {
            break;
        }
        text = next;
    }
    Ok(text)
}

/// The tree as text without positions: equal for equal programs.
fn shape(program: &Program) -> String {
    let mut rest = &*format!("{:?}", program.statements);
    let mut shape = String::with_capacity(rest.len() / 2);
    while let Some(at) = rest.find("Span { start: ") {
        shape.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find('}').map_or(rest.len(), |end| end + 1);
        rest = &rest[end..];
    }
    shape.push_str(rest);
    shape
}
