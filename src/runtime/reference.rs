//! What the table of builtins says, as text: for `ruff doc`, for the reference
//! page, and for hints about unknown names.
//!
//! Example: `entry("dirname")` begins with `dirname(path) -> string`;
//! `hint("pusj")` is ``did you mean `push`?``.

use super::table::{BUILTINS, Builtin, THEMES, lookup, row};
use crate::base::options::edit_distance;

/// Beginnings of names for which Ruff programs elsewhere have builtins.
const ABSENT: &[&str] = &[
    "http_",
    "async_http_",
    "parallel_http",
    "json_response",
    "html_response",
    "redirect_response",
    "set_header",
    "tcp_",
    "udp_",
    "jwt_",
    "oauth2_",
    "db_",
    "aes_",
    "rsa_",
    "hash_password",
    "verify_password",
    "zip_",
    "unzip",
    "load_image",
    "gif_to_webp",
    "ai_",
    "ssg_",
];

/// Names that other languages use, and what they are called here.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("length", "len"),
    ("size", "len"),
    ("count", "len"),
    ("from_json", "parse_json"),
    ("json_parse", "parse_json"),
    ("json_stringify", "to_json"),
    ("time_ms", "time"),
    ("printf", "format"),
    ("sprintf", "format"),
    ("lowercase", "to_lower"),
    ("uppercase", "to_upper"),
    ("strip", "trim"),
    ("typeof", "type"),
    ("each", "map"),
    ("fold", "reduce"),
    ("ord", "bytes"),
];

/// The themes with the builtins that programs can name.
fn themes() -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static Builtin>)> {
    let visible =
        |rows: &'static [Builtin]| rows.iter().filter(|row| !row.name.starts_with(['<', '_']));
    let themes = THEMES.iter().map(move |(theme, rows)| (*theme, visible(rows).peekable()));
    themes.filter_map(|(theme, mut rows)| rows.peek().is_some().then_some((theme, rows)))
}

/// Signature and documentation of a builtin.
pub fn entry(name: &str) -> Option<String> {
    let builtin = row(lookup(name)?);
    Some(format!("{}\n    {}\n", builtin.signature, builtin.documentation))
}

/// Every builtin by theme, a line each.
pub fn overview() -> String {
    let mut text = String::new();
    for (theme, rows) in themes() {
        text += &format!("{theme}\n");
        for builtin in rows {
            text += &format!("  {}\n", builtin.signature);
        }
        text.push('\n');
    }
    text + "ruff doc NAME tells more about one of them.\n"
}

/// The reference page, in Markdown.
pub fn page() -> String {
    let mut text = String::from(
        "# Builtins\n\nEvery builtin by theme. This page is made from the table that the \
         interpreter uses.\nArguments in brackets may be left out; `v..` stands for any number.\n",
    );
    for (theme, rows) in themes() {
        text += &format!("\n## {theme}\n\n| call | gives |\n|---|---|\n");
        for builtin in rows {
            let documentation = builtin.documentation.replace('|', "\\|");
            text += &format!("| `{}` | {documentation} |\n", builtin.signature);
        }
    }
    text += "\n## Constants\n\n| name | value |\n|---|---|\n";
    text += &format!("| `PI` | {} |\n| `E` | {} |\n", std::f64::consts::PI, std::f64::consts::E);
    text
}

/// How the builtin of this name is called.
pub fn signature(name: &str) -> Option<&'static str> {
    lookup(name).map(|number| row(number).signature)
}

/// The builtin that somebody who wrote `name` probably meant.
pub fn similar(name: &str) -> Option<&'static str> {
    if let Some((_, ours)) = OTHER_NAMES.iter().find(|(theirs, _)| *theirs == name) {
        return Some(ours);
    }
    let functions = BUILTINS.iter().filter(|builtin: &&Builtin| !builtin.is_method());
    let close = functions.map(|builtin| (edit_distance(name, builtin.name), builtin.name)).min()?;
    let bound = if name.len() < 4 { 1 } else { name.len() / 3 };
    (close.0 <= bound.min(3)).then_some(close.1)
}

/// What to tell somebody who called a function as a method of a value that has no such
/// method.
pub fn method_hint(name: &str) -> Option<String> {
    let builtin = row(lookup(name).or_else(|| lookup(similar(name)?))?);
    (!builtin.is_method()).then(|| format!("there is a function `{}`", builtin.signature))
}

/// What to tell somebody who used a name that nothing binds.
pub fn hint(name: &str) -> Option<String> {
    if ABSENT.iter().any(|beginning| name.starts_with(beginning)) {
        return Some(format!("{name} is not available in this version of Ruff"));
    }
    if lookup(name).is_some() {
        return Some(format!(
            "`{name}` is a builtin; `{name} := ..` makes a variable of that name"
        ));
    }
    if name == "new" {
        return Some("an instance is written `Name { field: value }`, without `new`".into());
    }
    similar(name).map(|similar| format!("did you mean `{similar}`?"))
}
