//! The compiler: what programs become, and that everything it makes verifies.

use ruff::bytecode::{Code, SourceFile, disassemble, verify};
use ruff::compile::{Builtins, CompileError, Settings, compile};
use ruff::syntax::parse;
use ruff::value::Value;
use std::rc::Rc;

/// The builtins that the tests use, in a fixed order.
struct Few;

impl Builtins for Few {
    fn lookup(&self, name: &str) -> Option<u32> {
        let names = ["print", "len", "push", "range", "sort", "to_string"];
        names.iter().position(|n| *n == name).map(|n| n as u32)
    }

    fn constant(&self, name: &str) -> Option<Value> {
        (name == "PI").then(|| Value::float(std::f64::consts::PI))
    }
}

fn compiled(source: &str) -> Result<Rc<Code>, Vec<CompileError>> {
    let parsed = parse(source);
    assert!(parsed.errors.is_empty(), "{source}: {:?}", parsed.errors);
    let file = Rc::new(SourceFile::new("test.ruff", source));
    let settings = Settings { first_code: 0, hot_loop: 50 };
    let code = compile(&parsed.program, file, &Few, settings)?;
    verify(&code).unwrap_or_else(|error| panic!("{error}\n{}", disassemble(&code)));
    Ok(code)
}

/// Every program of the repository compiles to code that verifies.
#[test]
fn programs_verify() {
    let mut folders = vec![std::path::PathBuf::from("examples"), "benches/programs".into()];
    folders.push("tests/golden".into());
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "ruff") {
                let source = std::fs::read_to_string(&path).unwrap();
                if !parse(&source).errors.is_empty() {
                    continue;
                }
                match compiled(&source) {
                    Ok(_) => count += 1,
                    Err(errors) => println!("{}: {errors:?}", path.display()),
                }
            }
        }
    }
    assert!(count > 60, "{count} programs");
}
