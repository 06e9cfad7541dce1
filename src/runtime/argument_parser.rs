//! Parsers of script arguments: `arg_parser()` values and their methods.
//!
//! A parser is a struct of the fields `app`, `description` and `options`, an
//! array of dicts; adding an option gives a new parser.
//!
//! Example: with `p := p.add_argument("--count", "type", "int", "default", 1)`
//! and the script arguments `--count 3 x`, `p.parse()` is
//! `{"_positional": [x], "count": 3}`.

use super::Context;
use super::arguments::{text, wrong_kind};
use super::dicts::dict_of;
use super::table::{Builtin, Effects, MANY, lookup};
use crate::prim::{Fault, display, display_into, truthy};
use crate::value::{Dict, DictKey, RecordObject, Shape, Symbol, Value, shapes};
use std::rc::Rc;

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);
const TYPES: [&str; 4] = ["string", "int", "float", "bool"];

pub(super) const ROWS: &[Builtin] = &[
    Builtin::native(
        "arg_parser",
        (0, 2),
        "arg_parser([app, description]) -> parser",
        "A parser of script arguments; see its methods.",
        MAKES,
        |_, arguments| {
            for at in 0..arguments.len() {
                text("arg_parser", arguments, at)?;
            }
            let mut texts = arguments.iter().cloned();
            let mut text = || texts.next().unwrap_or_else(|| Value::string(""));
            Ok(parser([text(), text(), Value::array(Vec::new())]))
        },
    ),
    Builtin::native(
        "arg_parser.add_argument",
        (2, MANY),
        "p.add_argument(\"--name\", key, value, ..) -> parser",
        "The parser with one option more; the keys are short, type (string, int, float, bool), \
         required, help and default.",
        MAKES,
        add_argument,
    ),
    Builtin::native(
        "arg_parser.parse",
        (1, 1),
        "p.parse() -> dict",
        "The options among the script arguments by name, the others under _positional.",
        MAKES.and(Effects::IO),
        parse,
    ),
    Builtin::native(
        "arg_parser.help",
        (1, 1),
        "p.help() -> string",
        "The text that explains the options.",
        MAKES,
        help,
    ),
];

thread_local! {
    static PARSER: Rc<Shape> = shapes::declare(
        Symbol::new("ArgParser"),
        ["app", "description", "options"].map(Symbol::new).to_vec(),
    );
}

/// Row of the builtin that is the method of this name of struct instances with
/// this shape word.
pub fn struct_method(shape_word: u32, name: Symbol) -> Option<u32> {
    if PARSER.with(|shape| shape.id.shape_word()) != shape_word {
        return None;
    }
    lookup(&format!("arg_parser.{name}"))
}

fn parser(fields: [Value; 3]) -> Value {
    RecordObject::instance(PARSER.with(|shape| shape.id), fields.into_iter())
}

/// Name, description and options of the parser that is the first argument.
fn parts(arguments: &[Value]) -> Result<&[Value], Fault> {
    let record = arguments[0].as_struct();
    let parser =
        record.filter(|record| PARSER.with(|shape| shape.id.shape_word()) == record.shape_word());
    parser
        .map(|record| record.fields())
        .ok_or_else(|| wrong_kind("arg_parser", "a parser", &arguments[0]))
}

fn add_argument(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let refuse = |what: String| Err(Fault::Builtin(format!("add_argument() {what}")));
    let [app, description, options] = parts(arguments)? else { unreachable!("three fields") };
    let name = text("add_argument", arguments, 1)?;
    if name.len() < 3 || !name.starts_with("--") {
        return refuse(format!("expects a name that starts with --, got '{name}'"));
    }
    let mut option = Dict::default();
    drop(option.insert(DictKey::Text("name"), arguments[1].clone()));
    let settings = &arguments[2..];
    if !settings.len().is_multiple_of(2) {
        return refuse("expects a value for every key".to_string());
    }
    for setting in settings.chunks_exact(2) {
        let key = display(&setting[0]);
        match key.as_str() {
            "short" | "help" | "default" | "required" => {}
            "type" => {
                let given = display(&setting[1]);
                if !TYPES.contains(&given.as_str()) {
                    return refuse(format!("does not know the type '{given}'"));
                }
            }
            _ => return refuse(format!("does not know the key '{key}'")),
        }
        drop(option.insert(DictKey::of(&key), setting[1].clone()));
    }
    let mut options = options.clone();
    let list = options.array_mut().expect("parsers are made here only");
    list.push(crate::value::DictObject::allocate(option));
    Ok(parser([app.clone(), description.clone(), options]))
}

/// One option as it was declared.
struct Declared {
    long: String,
    short: Option<String>,
    kind: String,
    required: bool,
    help: String,
    default: Option<Value>,
}

fn declared(parser: &[Value]) -> Vec<Declared> {
    let options = parser[2].as_array().into_iter().flat_map(|options| options.iter());
    let declared = options.filter_map(|option| {
        let option = option.as_dict()?.dict();
        let setting = |key| option.get(DictKey::Text(key)).filter(|value| !value.is_null());
        Some(Declared {
            long: setting("name").map(display)?,
            short: setting("short").map(display),
            kind: setting("type").map_or_else(|| "string".to_string(), display),
            required: setting("required").is_some_and(truthy),
            help: setting("help").map(display).unwrap_or_default(),
            default: setting("default").cloned(),
        })
    });
    declared.collect()
}

impl Declared {
    fn key(&self) -> &str {
        self.long.trim_start_matches('-')
    }

    fn is_flag(&self) -> bool {
        self.kind == "bool"
    }

    /// The value as one of the option's type.
    fn converted(&self, context: &mut Context, value: Value) -> Result<Value, Fault> {
        let convert = match self.kind.as_str() {
            "int" => "to_int",
            "float" => "to_float",
            "bool" => "to_bool",
            _ => "to_string",
        };
        let row = lookup(convert).expect("a builtin");
        super::table::call(row, context, &mut [value])
    }
}

fn parse(context: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let refuse = |what: String| Err(Fault::Builtin(what));
    let declared = declared(parts(arguments)?);
    let given = context.arguments().to_vec();
    let mut values: Vec<Option<Value>> = vec![None; declared.len()];
    let mut positional = Vec::new();
    let mut words = given.iter();
    while let Some(word) = words.next() {
        if word == "--" {
            positional.extend(words.by_ref().map(|word| Value::string(word)));
            break;
        }
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (word.as_str(), None),
        };
        let is = |option: &Declared| option.long == name || option.short.as_deref() == Some(name);
        let Some(at) = declared.iter().position(is) else {
            let number = name.parse::<f64>().is_ok();
            if name.len() > 1 && name.starts_with('-') && !number {
                return refuse(format!("Unknown argument: {name}"));
            }
            positional.push(Value::string(word));
            continue;
        };
        let option = &declared[at];
        values[at] = Some(match attached {
            Some(value) => option.converted(context, Value::string(value))?,
            None if option.is_flag() => Value::bool(true),
            None => match words.next() {
                Some(value) => option.converted(context, Value::string(value))?,
                None => return refuse(format!("Argument {} requires a value", option.long)),
            },
        });
    }
    let mut entries = Vec::new();
    for (option, value) in declared.iter().zip(values) {
        let value = match (value, &option.default) {
            (Some(value), _) => value,
            (None, _) if option.required => {
                return refuse(format!("Required argument {} is missing", option.long));
            }
            (None, Some(default)) => option.converted(context, default.clone())?,
            (None, None) if option.is_flag() => Value::bool(false),
            (None, None) => Value::NULL,
        };
        entries.push((option.key(), value));
    }
    entries.push(("_positional", Value::array(positional)));
    Ok(dict_of(entries))
}

fn help(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let parser = parts(arguments)?;
    let mut text = String::new();
    for line in &parser[..2] {
        if truthy(line) {
            display_into(line, &mut text);
            text.push_str("\n\n");
        }
    }
    text.push_str("Options:");
    for option in declared(parser) {
        match &option.short {
            Some(short) => text.push_str(&format!("\n  {short}, {}", option.long)),
            None => text.push_str(&format!("\n      {}", option.long)),
        }
        if !option.is_flag() {
            text.push_str(&format!(" <{}>", option.kind));
        }
        if option.required {
            text.push_str(" (required)");
        }
        if let Some(default) = &option.default {
            text.push_str(" [default: ");
            display_into(default, &mut text);
            text.push(']');
        }
        if !option.help.is_empty() {
            text.push_str("\n        ");
            text.push_str(&option.help);
        }
    }
    Ok(Value::string(&text))
}
