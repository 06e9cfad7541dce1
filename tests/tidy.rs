//! Policy as tests: layers, file heads, where `unsafe` may be, and a README
//! that tells the truth.
//!
//! The layer table here is the one of the architecture; a file that reaches
//! into a layer above it fails with its name and the path it used.

use ruff::base::options::Options;
use std::fs;
use std::path::{Path, PathBuf};

/// Layers and what each may use. Every layer may use itself and `base`.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("value", &[]),
    ("prim", &["value"]),
    ("runtime", &["value", "prim"]),
    ("syntax", &[]),
    ("format", &["syntax"]),
    ("bytecode", &["value"]),
    ("compile", &["syntax", "bytecode", "value", "prim"]),
    ("lint", &["syntax", "compile", "bytecode", "runtime"]),
    ("interp", &["bytecode", "runtime", "prim", "value"]),
    ("jit::ir", &["value", "prim", "bytecode"]),
    ("jit::opt", &["jit::ir", "prim", "value", "bytecode"]),
    ("jit::record", &["jit::ir", "interp", "bytecode", "prim", "value"]),
    ("jit::evaluate", &["jit::ir", "jit::exits", "jit::shims", "jit::context", "prim", "value"]),
    ("jit::context", &["value"]),
    ("jit::shims", &["jit::ir", "jit::context", "prim", "value"]),
    ("jit::exits", &["jit::ir", "value"]),
    ("jit::lower", &["jit::ir", "jit::exits", "jit::context", "jit::shims", "value"]),
    ("jit::code", &["jit::ir", "jit::lower", "jit::exits", "jit::context", "jit::shims", "value"]),
    (
        "jit::driver",
        &[
            "jit::ir",
            "jit::opt",
            "jit::record",
            "jit::evaluate",
            "jit::exits",
            "jit::lower",
            "jit::code",
            "jit::context",
            "jit::shims",
            "interp",
            "bytecode",
            "runtime",
            "prim",
            "value",
        ],
    ),
    ("jit", &["jit::driver"]),
    ("embed", &["engine", "runtime", "prim", "value"]),
    (
        "engine",
        &["jit", "interp", "lint", "compile", "syntax", "bytecode", "runtime", "prim", "value"],
    ),
    ("observe", &[]),
    ("cli", &["engine", "embed", "format", "observe"]),
    ("main", &["cli"]),
    ("lib", &["embed"]),
];

/// The only files in which `unsafe` may occur; each states its contract at its head.
const UNSAFE: &[&str] = &[
    "src/value/",
    "src/interp/apart.rs",
    "src/interp/concrete.rs",
    "src/interp/generator.rs",
    "src/interp/machine.rs",
    "src/interp/unwind.rs",
    "src/jit/code/",
    "src/jit/context.rs",
    "src/jit/driver/native.rs",
    "src/jit/evaluate.rs",
    "src/jit/shims.rs",
];

/// Lines that a file may have.
const LONGEST: usize = 800;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `folder`, as a path from the root and its text.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut pending: Vec<PathBuf> = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// The text without comments and string literals.
fn code_only(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c: char| {
                let closes = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            end.map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("'\\\"'") {
            4
        } else {
            0
        };
        if skip == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            rest = &rest[skip..];
        }
    }
    code
}

/// The module that a file is: `src/jit/opt/fold.rs` is `jit`, `opt`, `fold`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(String::from).collect()
}

/// The layer that a module path belongs to.
fn layer_of(path: &[String]) -> Option<&'static str> {
    let two = path.iter().take(2).cloned().collect::<Vec<_>>().join("::");
    let one = path.first()?;
    let find = |name: &str| LAYERS.iter().map(|(layer, _)| *layer).find(|layer| *layer == name);
    find(&two).or_else(|| find(one))
}

/// The paths that begin with `crate` or `super` in `code`, as full module paths.
fn paths_used(module: &[String], code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let bytes = code.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    for keyword in ["crate::", "super::"] {
        for (at, _) in code.match_indices(keyword) {
            let before = at.checked_sub(1).map_or(b' ', |index| bytes[index]);
            if is_word(before) || before == b':' || before == b'$' {
                continue;
            }
            let mut base: Vec<String> = module.to_vec();
            let mut rest = &code[at..];
            if keyword == "crate::" {
                base.clear();
                rest = &rest["crate::".len()..];
            }
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            for tail in expand(rest) {
                found.push(base.iter().cloned().chain(tail).collect());
            }
        }
    }
    found
}

/// `a::{b::c, d}` as `a::b::c` and `a::d`.
fn expand(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        let mut depth = 0;
        let mut start = 0;
        let mut all = Vec::new();
        for (index, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    all.extend(expand(&group[start..index]));
                    return all;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    all.extend(expand(&group[start..index]));
                    start = index + 1;
                }
                _ => {}
            }
        }
        return all;
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    match rest.strip_prefix("::") {
        _ if word.is_empty() => vec![Vec::new()],
        Some(rest) => expand(rest)
            .into_iter()
            .map(|tail| std::iter::once(word.to_string()).chain(tail).collect())
            .collect(),
        None => vec![vec![word.to_string()]],
    }
}

/// Fails with all of `problems` if there are any.
fn report(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn layers_use_only_what_lies_below() {
    let mut problems = Vec::new();
    for (file, text) in rust_files("src") {
        let module = module_of(&file);
        let Some(layer) = layer_of(&module) else {
            problems.push(format!("{file}: no layer of the table"));
            continue;
        };
        let allowed = LAYERS.iter().find(|(name, _)| *name == layer).map_or(&[][..], |row| row.1);
        for path in paths_used(&module, &code_only(&text)) {
            let Some(target) = layer_of(&path) else { continue };
            if target != layer && target != "base" && !allowed.contains(&target) {
                problems.push(format!("{file}: {layer} may not use {}", path.join("::")));
            }
        }
    }
    report(problems);
}

/// Whether a file only lists and explains modules.
fn is_index(file: &str) -> bool {
    file.ends_with("/mod.rs") || file == "src/lib.rs"
}

#[test]
fn every_file_has_a_head_with_an_example_and_is_short() {
    let mut problems = Vec::new();
    for (file, text) in rust_files("src") {
        let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        if head.is_empty() {
            problems.push(format!("{file}: does not begin with `//!`"));
        } else if !is_index(&file) && !head.to_lowercase().contains("example") {
            problems.push(format!("{file}: no worked example in its head"));
        }
        let lines = text.lines().count();
        if lines >= LONGEST {
            problems.push(format!("{file}: {lines} lines, at most {}", LONGEST - 1));
        }
    }
    report(problems);
}

#[test]
fn unsafe_lives_in_named_files_with_reasons() {
    let mut problems = Vec::new();
    for (file, text) in rust_files("src") {
        let code = code_only(&text);
        let words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        if !words.into_iter().any(|word| word == "unsafe") {
            continue;
        }
        if !UNSAFE.iter().any(|allowed| file.starts_with(allowed)) {
            problems.push(format!("{file}: `unsafe` outside the named files"));
        } else if !text.contains("SAFETY") && !text.contains("# Safety") {
            problems.push(format!("{file}: `unsafe` without a SAFETY note"));
        }
    }
    report(problems);
}

#[test]
fn nothing_is_switched_off_or_left_for_later() {
    let forbidden = [
        concat!("allow(dead", "_code)"),
        concat!("#[ig", "nore"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
    ];
    let mut problems = Vec::new();
    for folder in ["src", "tests", "benches"] {
        if !root().join(folder).exists() {
            continue;
        }
        for (file, text) in rust_files(folder) {
            for (number, line) in text.lines().enumerate() {
                for word in forbidden.iter().filter(|word| line.contains(**word)) {
                    problems.push(format!("{file}:{}: `{word}`", number + 1));
                }
            }
        }
    }
    report(problems);
}

/// The README's text between the marks `<!-- name -->` and `<!-- /name -->`.
fn readme_section(name: &str) -> (String, std::ops::Range<usize>) {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = text.find(&open).unwrap_or_else(|| panic!("README.md has no {open}")) + open.len();
    let end = start + text[start..].find(&close).unwrap_or_else(|| panic!("no {close}"));
    (text, start..end)
}

/// Holds a section of the README to `expected`; `RUFF_BLESS=1` rewrites it.
fn check_readme(name: &str, expected: &str) {
    let (mut text, range) = readme_section(name);
    let bless = std::env::var_os("RUFF_BLESS").is_some_and(|value| !value.is_empty());
    if bless && text[range.clone()] != *expected {
        text.replace_range(range, expected);
        fs::write(root().join("README.md"), text).unwrap();
        return;
    }
    assert_eq!(&text[range], expected, "RUFF_BLESS=1 cargo test rewrites the section");
}

#[test]
fn readme_tables_are_current() {
    let mut table = String::from("| letter | prints |\n|---|---|\n");
    for (letter, meaning) in ruff::observe::dump::Letters::ALL {
        table += &format!("| `{letter}` | {meaning} |\n");
    }
    check_readme("letters", &table);
    let mut table = String::from("| option | default | takes | meaning |\n|---|---|---|---|\n");
    for row in Options::table() {
        table +=
            &format!("| `{}` | {} | {} | {} |\n", row.name, row.default, row.expected, row.doc);
    }
    check_readme("options", &table);
    let mut table = String::from("| reason | means |\n|---|---|\n");
    for (reason, meaning) in ruff::jit::record::Abort::ALL {
        table += &format!("| `{reason}` | {meaning} |\n");
    }
    check_readme("aborts", &table);
}

#[test]
fn reference_page_is_current() {
    let path = root().join("docs/builtins.md");
    let page = ruff::runtime::reference::page();
    if std::env::var_os("RUFF_BLESS").is_some_and(|value| !value.is_empty()) {
        fs::create_dir_all(root().join("docs")).unwrap();
        fs::write(&path, page).unwrap();
        return;
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "RUFF_BLESS=1 cargo test --test tidy rewrites docs/builtins.md");
}

#[test]
fn builtins_are_named_once_and_documented() {
    let mut names: Vec<_> = ruff::runtime::BUILTINS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "two builtins of one name");
    for row in &ruff::runtime::BUILTINS {
        assert!(row.documentation.ends_with('.'), "{}: no sentence", row.name);
    }
}
