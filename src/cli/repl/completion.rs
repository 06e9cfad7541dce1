//! Which words may stand at the cursor.
//!
//! After a dot, the members of the variable before it; after a colon that begins
//! the line, commands; else keywords, builtins and the names of the program.
//!
//! Example: with `let point := P { x: 1 }` the line `point.` can go on with `x`.

use super::evaluation::COMMANDS;
use crate::embed::Engine;
use crate::engine::KEYWORDS;

/// Where the word before byte `position` of `line` begins, and what it may be.
pub fn complete(engine: &Engine, line: &str, position: usize) -> (usize, Vec<String>) {
    let before = &line[..position];
    if before.starts_with(':') && !before.contains(char::is_whitespace) {
        let names = COMMANDS.iter().map(|(name, _, _)| name.to_string());
        return (0, names.filter(|name| name.starts_with(before)).collect());
    }
    let start = word_start(before);
    let word = &before[start..];
    let mut words: Vec<String> = match before[..start].strip_suffix('.') {
        Some(receiver) => {
            let receiver = receiver.strip_suffix('?').unwrap_or(receiver);
            let name = &receiver[word_start(receiver)..];
            let is_root = !receiver[..receiver.len() - name.len()].ends_with('.');
            if is_root { engine.members(name) } else { Vec::new() }
        }
        None if word.is_empty() => Vec::new(),
        None => {
            let fixed = KEYWORDS.iter().copied().chain(Engine::builtin_names());
            fixed.map(String::from).chain(engine.names()).collect()
        }
    };
    words.retain(|candidate| candidate.starts_with(word));
    words.sort_unstable();
    words.dedup();
    (start, words)
}

/// Where the name that ends `text` begins.
fn word_start(text: &str) -> usize {
    let name = |c: char| c.is_alphanumeric() || c == '_';
    text.rfind(|c| !name(c))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let mut engine = Engine::new();
        let program = "struct P { left, right func sum(self) { return 1 } }
            let point := P { left: 1, right: 2 }  let table := {\"key\": 1}  let numbers := [1]";
        engine.run(program).expect("a program");
        complete(&engine, line, line.len()).1
    }

    #[test]
    fn names_of_all_sorts() {
        assert_eq!(words("pri"), ["print", "println"]);
        assert_eq!(words("1 + poi"), ["point"]);
        assert_eq!(words("whi"), ["while"]);
        assert_eq!(words(":l"), [":load"]);
        assert_eq!(words(""), [""; 0]);
    }

    #[test]
    fn members_of_variables() {
        assert_eq!(words("point."), ["left", "right", "sum"]);
        assert_eq!(words("print(point.ri"), ["right"]);
        assert_eq!(words("table.k"), ["key"]);
        assert_eq!(words("numbers.m"), ["map"]);
        assert_eq!(words("nobody."), [""; 0]);
        assert_eq!(words("point.left."), [""; 0]);
    }
}
