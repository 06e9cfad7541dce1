//! Builtins that turn texts into names and labels.
//!
//! Example: `slugify("Hello, World!")` is `hello-world`,
//! `to_snake_case("HelloWorld")` is `hello_world`, `truncate("abcdef", 5)` is
//! `ab...`.

use super::Context;
use super::arguments::{natural, string, text};
use super::table::{Builtin, Effects};
use crate::prim::Fault;
use crate::value::Value;
use heck::{ToKebabCase, ToLowerCamelCase, ToSnakeCase};

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "slugify",
        (1, 1),
        "slugify(s) -> string",
        "The text in lower case, its words joined by `-`, without punctuation.",
        MAKES,
        slugify,
    ),
    Builtin::native(
        "truncate",
        (2, 3),
        "truncate(s, n, [suffix]) -> string",
        "The text, or its beginning and the suffix (`...`), at most n characters in all.",
        MAKES,
        truncate,
    ),
    Builtin::native(
        "to_snake_case",
        (1, 1),
        "to_snake_case(s) -> string",
        "The words in lower case, joined by `_`.",
        MAKES,
        |_, arguments| Ok(Value::string(&text("to_snake_case", arguments, 0)?.to_snake_case())),
    ),
    Builtin::native(
        "to_kebab_case",
        (1, 1),
        "to_kebab_case(s) -> string",
        "The words in lower case, joined by `-`.",
        MAKES,
        |_, arguments| Ok(Value::string(&text("to_kebab_case", arguments, 0)?.to_kebab_case())),
    ),
    Builtin::native(
        "to_camel_case",
        (1, 1),
        "to_camel_case(s) -> string",
        "The words joined, all but the first with a capital.",
        MAKES,
        |_, arguments| {
            Ok(Value::string(&text("to_camel_case", arguments, 0)?.to_lower_camel_case()))
        },
    ),
];

fn slugify(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let mut slug = String::new();
    let mut separated = false;
    for c in text("slugify", arguments, 0)?.chars().flat_map(char::to_lowercase) {
        if c.is_whitespace() || c == '_' || c == '-' {
            separated = true;
        } else if c.is_alphanumeric() {
            if separated && !slug.is_empty() {
                slug.push('-');
            }
            separated = false;
            slug.push(c);
        }
    }
    Ok(Value::string(&slug))
}

fn truncate(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let most = natural("truncate", arguments, 1, "length")? as usize;
    let suffix = if arguments.len() > 2 { text("truncate", arguments, 2)? } else { "..." };
    let text = string("truncate", arguments, 0)?;
    if text.character_count() <= most {
        return Ok(arguments[0].clone());
    }
    let suffix: String = suffix.chars().take(most).collect();
    let kept = most - suffix.chars().count();
    Ok(Value::string(&(text.character_range(0, kept).to_string() + &suffix)))
}
