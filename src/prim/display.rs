//! Values as text: the display form and its quoted and tagged variants.
//!
//! The writer keeps its own stack of containers, so nesting of any depth is
//! written without growing the native stack. Names of builtins come from the
//! layer above through [`name_natives`], because this layer does not know them.
//!
//! Example: the array of 1.0, `"a"` and null displays as `[1, a, null]`, is
//! `[1, "a", null]` quoted and `Array[Float(1), String("a"), Null]` tagged.

use crate::value::{KeyOrder, LongWork, StringObject, Tag, Value, VariantId, shapes};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write;
use std::sync::OnceLock;

/// How strings and scalars are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As `print` does: strings raw.
    Display,
    /// Strings in quotes with escapes.
    Quoted,
    /// As `debug` does: every value with its kind.
    Tagged,
}

static NATIVE_NAME: OnceLock<fn(u32) -> Cow<'static, str>> = OnceLock::new();

/// Tells how builtins are named, by row number. The first call counts.
pub fn name_natives(name: fn(u32) -> Cow<'static, str>) {
    NATIVE_NAME.get_or_init(|| name);
}

/// The display form.
pub fn display(value: &Value) -> String {
    let mut text = String::new();
    display_into(value, &mut text);
    text
}

/// Bytes of text that are kept for the next one.
const KEPT: usize = 1 << 12;

thread_local! {
    static TEXT: Cell<String> = const { Cell::new(String::new()) };
}

/// What `make` makes of the display forms of these values, one after the other.
pub(super) fn with_display<R>(values: &[Value], make: impl FnOnce(&str) -> R) -> R {
    with_text(|text| {
        values.iter().for_each(|value| display_into(value, text));
        make(text)
    })
}

/// What `make` makes of an empty text, whose memory is used again: most texts that programs
/// put together are short.
fn with_text<R>(make: impl FnOnce(&mut String) -> R) -> R {
    let mut text = TEXT.take();
    let made = make(&mut text);
    if text.capacity() <= KEPT {
        text.clear();
        TEXT.set(text);
    }
    made
}

/// A text as a string.
pub fn formatted(text: std::fmt::Arguments<'_>) -> Value {
    with_text(|kept| {
        kept.write_fmt(text).expect("a string takes everything");
        Value::string(kept)
    })
}

/// The display forms of these values, one after the other, as a string.
#[inline]
pub fn display_string(values: &[Value]) -> Value {
    match StringObject::joined(values) {
        Some(text) => text,
        None => with_display(values, Value::string),
    }
}

/// Appends the display form.
#[inline]
pub fn display_into(value: &Value, out: &mut String) {
    if let Some(text) = value.as_string() {
        out.push_str(text.as_str());
    } else if let Some(int) = value.as_int() {
        write_int(int, out);
    } else {
        write_value(value, Style::Display, out);
    }
}

#[inline]
fn write_int(int: i64, out: &mut String) {
    out.push_str(itoa::Buffer::new().format(int));
}

/// The display form with strings in quotes.
pub fn quoted(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, Style::Quoted, &mut text);
    text
}

/// A container that is being written.
struct Open {
    value: Value,
    /// Number of elements written so far.
    written: usize,
    order: Order,
    closing: &'static str,
}

/// In which order the elements of a container are written.
enum Order {
    Elements,
    Payload,
    Keys(KeyOrder),
    Fields(std::vec::IntoIter<(std::rc::Rc<str>, usize)>),
    Queue,
    /// Members of a set from this slot on.
    Members(usize),
}

impl Open {
    /// Writes what stands before the next element and gives that element.
    fn advance(&mut self, style: Style, out: &mut String) -> Option<Value> {
        let separator = if self.written > 0 { ", " } else { "" };
        let at = self.written;
        let element = match &mut self.order {
            Order::Elements => {
                let element = self.value.as_array()?.get(at)?;
                out.push_str(separator);
                element
            }
            Order::Payload => {
                let element = self.value.as_enum()?.fields().get(at)?.clone();
                out.push_str(separator);
                element
            }
            Order::Keys(order) => {
                let at = order.next()?;
                let dict = self.value.as_dict()?.dict();
                let quote = if style == Style::Tagged { "" } else { "\"" };
                out.push_str(separator);
                out.push_str(quote);
                display_into(dict.key_value_at(at), out);
                out.push_str(quote);
                out.push_str(": ");
                dict.value_at(at).clone()
            }
            Order::Queue => {
                let queue = self.value.as_queue().or_else(|| self.value.as_stack())?;
                let element = queue.items().get(at)?.clone();
                out.push_str(separator);
                element
            }
            Order::Members(slot) => {
                let (member, _, next) = self.value.as_set()?.set().next_from(*slot)?;
                *slot = next;
                out.push_str(separator);
                member.clone()
            }
            Order::Fields(fields) => {
                let (name, index) = fields.next()?;
                out.push_str(separator);
                out.push_str(&name);
                out.push_str(": ");
                self.value.as_struct()?.fields()[index].clone()
            }
        };
        self.written += 1;
        Some(element)
    }
}

/// The display form for a message: all of a text, of another long one the beginning.
pub fn display_in_message(value: &Value) -> String {
    if value.as_string().is_some() {
        return display(value);
    }
    let mut text = String::new();
    write_up_to(value, Style::Display, &mut text, LONGEST_MESSAGE);
    if text.len() > LONGEST_MESSAGE {
        text.truncate(text.floor_char_boundary(LONGEST_MESSAGE));
        text.push('\u{2026}');
    }
    text
}

/// Bytes of a value that a message shows.
const LONGEST_MESSAGE: usize = 1 << 16;

/// Appends the value in a style. Parts that a value holds many times are written
/// as often; nothing is appended if the program has to stop before that ends.
pub fn write_value(value: &Value, style: Style, out: &mut String) {
    write_up_to(value, style, out, usize::MAX);
}

/// The same, but ends after so many bytes.
fn write_up_to(value: &Value, style: Style, out: &mut String, most: usize) {
    let start = out.len();
    let mut work = LongWork::default();
    let mut open: Vec<Open> = Vec::new();
    open.extend(begin(value, style, out));
    while let Some(container) = open.last_mut() {
        if work.is_over(2 * out.len()) {
            out.truncate(start);
            return;
        }
        if out.len() - start > most {
            return;
        }
        match container.advance(style, out) {
            Some(element) => open.extend(begin(&element, style, out)),
            None => {
                out.push_str(container.closing);
                open.pop();
            }
        }
    }
}

/// Writes a value that has no elements, or the opening of one that has.
fn begin(value: &Value, style: Style, out: &mut String) -> Option<Open> {
    let tagged = style == Style::Tagged;
    let opened = |order, closing| Open { value: value.clone(), written: 0, order, closing };
    match value.tag() {
        Tag::Array => {
            out.push_str(if tagged { "Array[" } else { "[" });
            Some(opened(Order::Elements, "]"))
        }
        Tag::Dict => {
            out.push_str(if tagged { "Dict{" } else { "{" });
            let order = value.as_dict()?.dict().key_order();
            Some(opened(Order::Keys(order), "}"))
        }
        Tag::Queue => {
            out.push_str("Queue[");
            Some(opened(Order::Queue, "]"))
        }
        Tag::Stack => {
            out.push_str("Stack[");
            Some(opened(Order::Queue, "]"))
        }
        Tag::Set => {
            out.push_str("Set{");
            Some(opened(Order::Members(0), "}"))
        }
        Tag::Struct => {
            let shape = value.as_struct()?.shape();
            let mut fields: Vec<_> =
                shape.fields.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
            fields.sort();
            out.push_str(&shape.name.as_str());
            if fields.is_empty() {
                out.push_str(" {}");
                return None;
            }
            out.push_str(" { ");
            Some(opened(Order::Fields(fields.into_iter()), " }"))
        }
        Tag::Enum => {
            let object = value.as_enum()?;
            let variant = shapes::variant(object.variant());
            if object.variant().0 > VariantId::NONE.0 {
                out.push_str(&variant.owner);
                out.push_str("::");
            }
            out.push_str(&variant.name);
            if object.fields().is_empty() {
                return None;
            }
            out.push('(');
            Some(opened(Order::Payload, ")"))
        }
        _ => {
            write_scalar(value, style, out);
            None
        }
    }
}

fn write_scalar(value: &Value, style: Style, out: &mut String) {
    let tagged = style == Style::Tagged;
    let opening = match value.tag() {
        Tag::Int => "Int(",
        Tag::Float => "Float(",
        Tag::Bool => "Bool(",
        Tag::String => "String(",
        _ => "",
    };
    if tagged {
        out.push_str(opening);
    }
    let raw = value.raw();
    let result = match value.tag() {
        Tag::Int => {
            write_int(raw.bits as i64, out);
            Ok(())
        }
        Tag::Float => write!(out, "{}", f64::from_bits(raw.bits)),
        Tag::Bool => write!(out, "{}", raw.bits != 0),
        Tag::String => {
            let text = value.as_string().map_or("", |object| object.as_str());
            if style == Style::Display {
                out.push_str(text);
            } else {
                write_quoted(text, out);
            }
            Ok(())
        }
        Tag::Native => {
            let name =
                NATIVE_NAME.get().map_or(Cow::Borrowed("builtin"), |name| name(raw.bits as u32));
            write!(out, "<native function: {name}>")
        }
        Tag::Function => match value.as_function() {
            Some(closure) => write!(out, "<function {}>", closure.name),
            None => Ok(()),
        },
        Tag::Generator | Tag::Iterator | Tag::Promise | Tag::Channel => {
            write!(out, "<{}>", value.tag().name())
        }
        Tag::Module => {
            let name = value.as_module().map(|module| module.fields()[0].clone());
            write!(out, "<module {}>", display(&name.unwrap_or_default()))
        }
        Tag::StructDef => match value.as_struct_def() {
            Some(definition) => write!(out, "<struct {}>", definition.shape().name),
            None => Ok(()),
        },
        Tag::Bytes => {
            write!(out, "<bytes {}>", value.as_bytes().map_or(0, |bytes| bytes.as_slice().len()))
        }
        Tag::Null if tagged => out.write_str("Null"),
        tag => out.write_str(tag.name()),
    };
    result.expect("writing to a string cannot fail");
    if tagged && !opening.is_empty() {
        out.push(')');
    }
}

fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}
