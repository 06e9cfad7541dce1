//! A shop whose prices are rules in Ruff: `cargo run --example pricing`.
//!
//! The host keeps the data and registers functions that look things up; the
//! rules may use those, but no files and no processes, and not more than their
//! share of time and memory. A mistake in a rule or an order is shown and ends
//! that order only.

use ruff::{Engine, Error, FromValue, Value};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// What a rule answers.
struct Price {
    total: f64,
    text: Vec<String>,
}

impl FromValue for Price {
    fn from_value(value: Value) -> Result<Price, ruff::ConversionError> {
        let mut fields = BTreeMap::<String, Value>::from_value(value)?;
        let mut field = |name: &str| fields.remove(name).unwrap_or_default();
        Ok(Price { total: f64::from_value(field("total"))?, text: Vec::from_value(field("text"))? })
    }
}

fn item(sku: &str, price: f64, count: i64) -> Value {
    Value::Dict(BTreeMap::from([
        ("sku".into(), sku.into()),
        ("price".into(), price.into()),
        ("count".into(), count.into()),
    ]))
}

fn order(customer: &str, items: Vec<Value>) -> Value {
    Value::Dict(BTreeMap::from([
        ("customer".into(), customer.into()),
        ("items".into(), Value::Array(items)),
    ]))
}

fn main() -> Result<(), Error> {
    let mut engine = Engine::builder()
        .time_limit(Duration::from_millis(200))
        .memory_limit(32 << 20)
        .deny_files()
        .deny_processes()
        .build();

    let weights = HashMap::from([("anvil", 18.5), ("rope", 1.2), ("kite", 0.3)]);
    engine.register("weight", move |sku: String| {
        weights.get(sku.as_str()).copied().ok_or_else(|| format!("no article {sku:?}"))
    });
    engine.register("customer_since", |name: String| if name == "Ada" { 2019 } else { 2025 });

    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/embed/pricing.ruff");
    engine.run_file(rules)?;

    let orders = [
        order("Ada", vec![item("rope", 9.5, 4), item("kite", 24.0, 1)]),
        order("Bob", vec![item("anvil", 120.0, 2)]),
        order("Eve", vec![item("piano", 4000.0, 1)]),
        order("Mallory", vec![item("rope", 9.5, 1), Value::from("free beer")]),
    ];
    for order in orders {
        match engine.call::<Price>("price", (order,)) {
            Ok(price) => {
                println!("{}", price.text.join("\n"));
                assert!(price.total > 0.0, "a price");
            }
            Err(Error::Runtime(error)) => {
                let at = error.at.map_or(String::new(), |at| format!(" (line {})", at.line));
                println!("cannot be priced: {}{at}", error.message);
            }
            Err(error) => return Err(error),
        }
        println!();
    }

    // A rule that somebody edits while the shop is open.
    engine.run("func shipping(items) { return 0 }")?;
    let free = engine.call::<Price>("price", (order("Bob", vec![item("anvil", 120.0, 2)]),))?;
    println!("with free shipping, Bob pays {:.2}", free.total);
    Ok(())
}
