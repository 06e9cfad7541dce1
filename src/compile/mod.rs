//! The compiler: from a syntax tree to register bytecode.
//!
//! Two passes. [`resolve`] finds out what every name means, then one
//! [`Function`](function::Function) per function of the program generates code
//! from that. Nothing here runs the program; constants are folded by the
//! functions of `prim`, so folding cannot disagree with execution.
//!
//! What must hold: every function passes `bytecode::verify`; an operand that is
//! a variable is read where it stands, without a copy, unless something between
//! the read and the use could assign it.
//!
//! Example: `x := 1` at the top of a file is `LoadInt r0, 1`, because variable
//! `x` is register 0 of the main function and module slot 0.

mod builder;
mod call;
mod condition;
mod error;
mod expression;
mod function;
mod loops;
mod matching;
mod operator;
mod pattern;
mod place;
mod resolve;
mod scope;
mod statement;

pub use error::{CompileError, CompileErrorKind};

use crate::bytecode::{Code, CodeId, SourceFile};
use crate::syntax::ast::Program;
use crate::syntax::parse;
use crate::value::{Shape, Symbol, Value, VariantId, shapes};
use function::Function;
use rustc_hash::FxHashMap;
use scope::Resolved;
use std::rc::Rc;

/// The names that every program sees. They are injected because builtins live
/// in a layer above.
pub trait Builtins {
    /// Number of the builtin function of this name.
    fn lookup(&self, name: &str) -> Option<u32>;
    /// The value of the constant of this name.
    fn constant(&self, name: &str) -> Option<Value>;
    /// Name of the prelude function that runs a call of a builtin with this many
    /// arguments, if one does.
    fn prelude_function(&self, name: &str, arguments: usize) -> Option<&'static str>;
    /// Source text of the builtins that are written in Ruff.
    fn prelude(&self) -> &'static str;
}

/// What the compiler needs besides the program.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Number of the first function; the others count up from it.
    pub first_code: u32,
    /// Rounds of a loop until the JIT is asked.
    pub hot_loop: u32,
}

/// Compiles a program that has no syntax errors. The main function is
/// returned; the others hang below it. Numbers count in preorder of creation,
/// the main function first, so there are as many as functions.
///
/// # Errors
/// Everything that the compiler rejects, in the order of the text.
pub fn compile(
    program: &Program,
    source: Rc<SourceFile>,
    builtins: &dyn Builtins,
    settings: Settings,
) -> Result<Rc<Code>, Vec<CompileError>> {
    let resolved = resolve::resolve(program);
    let prelude = Prelude::parse(&resolved, builtins);
    let prelude = prelude.as_ref().map(|prelude| (prelude, prelude.resolve(&resolved)));
    let mut unit = Unit::new(&resolved, source, builtins, settings);
    if let Some((_, functions)) = &prelude {
        unit.link(functions);
    }
    let prelude = prelude.as_ref().map(|(prelude, functions)| (&prelude.program, functions));
    let main = Function::main(&resolved, &mut unit, program, prelude);
    unit.errors.sort_by_key(|error| error.span.start);
    match main {
        Some(main) if unit.errors.is_empty() => Ok(main),
        _ => Err(unit.errors),
    }
}

/// The builtins that are written in Ruff, parsed because the program uses one.
/// Their functions become hidden module variables behind the program's own.
struct Prelude {
    program: Program,
    source: Rc<SourceFile>,
}

impl Prelude {
    fn parse(resolved: &Resolved<'_>, builtins: &dyn Builtins) -> Option<Prelude> {
        let uses = resolved.unknown.iter().any(|name| {
            (0..=MOST_PRELUDE_ARGUMENTS).any(|n| builtins.prelude_function(name, n).is_some())
        });
        let text = if uses { builtins.prelude() } else { return None };
        let source = Rc::new(SourceFile::new("<prelude>", text));
        Some(Prelude { program: parse(text).program, source })
    }

    fn resolve(&self, program: &Resolved<'_>) -> Resolved<'_> {
        let mut resolved = resolve::resolve(&self.program);
        resolved.first_slot = program.slots.len();
        resolved.source = Some(self.source.clone());
        resolved
    }
}

/// Most arguments that a prelude function takes.
const MOST_PRELUDE_ARGUMENTS: usize = 4;

/// What the functions of one program share while they are compiled.
struct Unit<'u> {
    builtins: &'u dyn Builtins,
    /// Module slots of the prelude functions.
    prelude: FxHashMap<String, usize>,
    /// By struct number.
    shapes: Vec<Rc<Shape>>,
    /// By enum number, then by position of the variant.
    variants: Vec<Vec<VariantId>>,
    source: Rc<SourceFile>,
    module_names: Rc<Vec<String>>,
    hot_loop: u32,
    next_code: u32,
    errors: Vec<CompileError>,
}

impl<'u> Unit<'u> {
    fn new(
        resolved: &Resolved<'_>,
        source: Rc<SourceFile>,
        builtins: &'u dyn Builtins,
        settings: Settings,
    ) -> Unit<'u> {
        let structs = resolved.structs.iter().map(|definition| {
            let fields = definition.fields.iter().map(|f| Symbol::new(&f.name.name)).collect();
            shapes::declare(Symbol::new(&definition.name.name), fields)
        });
        let enums = resolved.enums.iter().map(|definition| {
            let owner = &definition.name.name;
            let variants = definition.variants.iter();
            variants.map(|v| shapes::declare_variant(owner, &v.name)).collect()
        });
        Unit {
            builtins,
            prelude: FxHashMap::default(),
            shapes: structs.collect(),
            variants: enums.collect(),
            source,
            module_names: Rc::new(resolved.slots.clone()),
            hot_loop: settings.hot_loop,
            next_code: settings.first_code,
            errors: Vec::new(),
        }
    }

    /// Gives the functions of the prelude module slots.
    fn link(&mut self, prelude: &Resolved<'_>) {
        let names = Rc::make_mut(&mut self.module_names);
        for name in &prelude.slots {
            self.prelude.insert(name.clone(), names.len());
            names.push(name.clone());
        }
    }

    /// Module slot of the prelude function that runs a call of a builtin.
    fn prelude_slot(&self, name: &str, arguments: usize) -> Option<usize> {
        let function = self.builtins.prelude_function(name, arguments)?;
        self.prelude.get(function).copied()
    }

    fn new_code(&mut self) -> CodeId {
        self.next_code += 1;
        CodeId(self.next_code - 1)
    }
}
