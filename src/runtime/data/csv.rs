//! CSV: an array of dicts, one per row, by the names in the header.
//!
//! Example: `parse_csv("n,s\n1,a\n")` is `[{"n": 1, "s": "a"}]`.

use super::super::Context;
use super::super::arguments::{array, text};
use super::super::table::{Builtin, Effects};
use crate::prim::{Fault, display_into, key_string};
use crate::value::{Dict, DictKey, DictObject, Value};

const MAKES: Effects = Effects::READS_HEAP.and(Effects::ALLOCATES);

pub const ROWS: &[Builtin] = &[
    Builtin::native(
        "parse_csv",
        (1, 1),
        "parse_csv(s) -> array",
        "A dict per row, by the names in the first one; numbers are converted.",
        MAKES,
        parse_csv,
    ),
    Builtin::native(
        "to_csv",
        (1, 1),
        "to_csv(rows) -> string",
        "The dicts as rows below a header, which is the keys of the first.",
        MAKES,
        to_csv,
    ),
];

#[cold]
fn malformed(error: csv::Error) -> Fault {
    let message = error.to_string();
    Fault::Builtin(format!("CSV parse error: {}", message.trim_start_matches("CSV error: ")))
}

/// The int or float that a field is, or else its text.
fn field_value(field: &str) -> Value {
    if let Ok(int) = field.parse() {
        return Value::int(int);
    }
    // The parser also takes words such as `inf`.
    let numeric = field.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    match field.parse() {
        Ok(float) if numeric => Value::float(float),
        _ => Value::string(field),
    }
}

fn parse_csv(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let mut reader = csv::Reader::from_reader(text("parse_csv", arguments, 0)?.as_bytes());
    let header = reader.headers().map_err(malformed)?.clone();
    let names: Vec<Value> = header.iter().map(Value::string).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        let mut row = Dict::with_capacity(names.len());
        for (name, field) in names.iter().zip(&record) {
            drop(row.insert_shared(name, field_value(field)));
        }
        rows.push(DictObject::allocate(row));
    }
    Ok(Value::array(rows))
}

fn to_csv(_: &mut Context, arguments: &mut [Value]) -> Result<Value, Fault> {
    let rows = array("to_csv", arguments, 0)?;
    let no_dict = || Fault::Builtin("CSV requires array of dictionaries".to_string());
    let Some(first) = rows.get(0) else { return Ok(Value::string("")) };
    let first = first.as_dict().ok_or_else(no_dict)?.dict();
    let names: Vec<Value> =
        first.key_order().map(|at| key_string(first.key_value_at(at))).collect();
    let names: Vec<&str> =
        names.iter().map(|name| name.as_string().map_or("", |name| name.as_str())).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let unwritten = |error: csv::Error| Fault::Builtin(format!("Cannot convert to CSV: {error}"));
    writer.write_record(&names).map_err(unwritten)?;
    for row in rows.iter() {
        let row = row.as_dict().ok_or_else(no_dict)?.dict();
        let fields = names.iter().map(|name| {
            let mut field = String::new();
            if let Some(value) = row.get(DictKey::of(name)).filter(|value| !value.is_null()) {
                display_into(value, &mut field);
            }
            field
        });
        writer.write_record(fields).map_err(unwritten)?;
    }
    let written = writer.into_inner().unwrap_or_default();
    Ok(Value::string(&String::from_utf8_lossy(&written)))
}
