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
mod carried;
mod condition;
mod error;
mod exposure;
mod expression;
mod fixed;
mod function;
mod hoisting;
mod import;
mod last_use;
mod lasting;
mod loops;
mod matching;
mod module;
pub mod names;
mod operator;
mod overloading;
mod pattern;
mod place;
mod receiver;
mod resolve;
mod scope;
mod shadowing;
mod statement;
mod take;
mod task;
mod testing;
mod text;
mod variable;

pub use error::{CompileError, CompileErrorKind};
pub use lasting::Lasting;
pub use module::{ModuleFile, Modules, NoModules};
use overloading::Overloading;
pub use testing::{TestProgram, test_program};

use crate::bytecode::{Code, CodeId, SourceFile};
use crate::syntax::ast::{EnumDef, Name, Program, StructDef};
use crate::syntax::parse;
use crate::value::{Shape, Symbol, Value, VariantId, shapes};
use builder::Texts;
use function::Function;
use module::{Export, Imports, Module, ModuleSet, Targets};
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
    /// The same for the builtin of this number in a program with structs that overload
    /// `==`, where that differs.
    fn overloaded_function(&self, _row: u32, _arguments: usize) -> Option<&'static str> {
        None
    }
    /// Whether the builtin of this number, called with so many arguments, gives
    /// its first argument back changed.
    fn reuses(&self, row: u32, arguments: usize) -> bool;
    /// Whether the builtin of this number gives the display form of its only argument.
    fn displays(&self, row: u32) -> bool;
    /// Whether values of some built-in kind have a method of this name that the
    /// prelude runs.
    fn is_method(&self, _name: &str) -> bool {
        false
    }
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

/// Compiles a program that has no syntax errors, together with the modules that
/// it imports. The main function is returned; the others hang below it. Numbers
/// count in preorder of creation, the main function first, so there are as many
/// as functions.
///
/// # Errors
/// Everything that the compiler rejects, in the order of the text.
pub fn compile(
    program: &Program,
    source: Rc<SourceFile>,
    builtins: &dyn Builtins,
    files: &dyn Modules,
    settings: Settings,
) -> Result<Rc<Code>, Vec<CompileError>> {
    build(program, source, builtins, files, settings, None, |_, _, _, _| ()).map(|(main, ())| main)
}

/// Compiles a program as the next text of a session: it knows what `lasting`
/// holds. Its main function returns the value of its last statement, if that is
/// an expression. Answers what the session holds then, too.
///
/// # Errors
/// As [`compile`].
pub fn compile_text(
    program: &Rc<Program>,
    source: Rc<SourceFile>,
    builtins: &dyn Builtins,
    files: &dyn Modules,
    settings: Settings,
    lasting: &Lasting,
) -> Result<(Rc<Code>, Lasting), Vec<CompileError>> {
    let keep = |resolved: &Resolved<'_>, linked: &Linked<'_>, unit: &Unit<'_>, set: &ModuleSet| {
        lasting.after(program, resolved, linked, unit, set.files.clone())
    };
    build(program, source, builtins, files, settings, Some(lasting), keep)
}

fn build<T>(
    program: &Program,
    source: Rc<SourceFile>,
    builtins: &dyn Builtins,
    files: &dyn Modules,
    settings: Settings,
    lasting: Option<&Lasting>,
    keep: impl Fn(&Resolved<'_>, &Linked<'_>, &Unit<'_>, &ModuleSet) -> T,
) -> Result<(Rc<Code>, T), Vec<CompileError>> {
    let mut set = ModuleSet::load(program, &source, files, lasting);
    loop {
        let compiled = build_with(&set, program, &source, builtins, settings, lasting, &keep);
        let errors = match compiled {
            Ok(built) => return Ok(built),
            Err(errors) => errors,
        };
        // An error in a module is one of its import, which the program may catch.
        if !errors.iter().any(|error| set.reject(error)) {
            return Err(errors);
        }
    }
}

/// Compiles a program together with these modules.
fn build_with<T>(
    set: &ModuleSet,
    program: &Program,
    source: &Rc<SourceFile>,
    builtins: &dyn Builtins,
    settings: Settings,
    lasting: Option<&Lasting>,
    keep: impl Fn(&Resolved<'_>, &Linked<'_>, &Unit<'_>, &ModuleSet) -> T,
) -> Result<(Rc<Code>, T), Vec<CompileError>> {
    let exports = set.exports();
    let imports = Imports { targets: &set.targets, exports: &exports };
    let session = lasting.map(|lasting| (lasting, builtins));
    let resolved = resolve::resolve(program, imports, session);
    let linked = Linked::new(set, exports, resolved.slots.len(), lasting);
    let overloads = lasting.is_some_and(|lasting| lasting.overloads)
        || linked.resolved.iter().chain([&resolved]).any(|file| file.overloads_equality());
    let overloading = Overloading(builtins);
    let builtins = if overloads { &overloading } else { builtins };
    let prelude = match lasting {
        Some(lasting) if !lasting.prelude.is_empty() => None,
        _ => Prelude::parse(&resolved, &linked, builtins),
    };
    let prelude = prelude.as_ref().map(|prelude| (prelude, prelude.resolve(linked.end)));
    let mut unit = Unit::new(&resolved, &linked, source.clone(), builtins, settings, lasting);
    unit.overloads = overloads;
    if let Some((_, functions)) = &prelude {
        unit.link(functions);
    }
    let prelude = prelude.as_ref().map(|(prelude, functions)| (&prelude.program, functions));
    let main = Function::main(&resolved, &mut unit, program, prelude);
    unit.errors.sort_by_key(|error| (error.source.is_some(), error.span.start));
    match main {
        Some(main) if unit.errors.is_empty() => {
            let kept = keep(&resolved, &linked, &unit, set);
            Ok((main, kept))
        }
        _ => Err(unit.errors),
    }
}

/// The imported modules, with their places among the module slots: those of
/// the main file come first, then for each module its own and two hidden ones.
struct Linked<'a> {
    modules: Vec<LinkedModule<'a>>,
    exports: Vec<Vec<Export<'a>>>,
    resolved: Vec<Resolved<'a>>,
    /// Where the main file's imports lead.
    targets: &'a Targets,
    main_path: &'a str,
    /// How many of the modules an earlier text of the session has linked.
    known: usize,
    /// Slot after the last.
    end: usize,
}

/// A module with the slots of its top level as a function and of its value.
struct LinkedModule<'a> {
    module: &'a Rc<Module>,
    code_slot: usize,
    value_slot: usize,
}

impl<'a> Linked<'a> {
    fn new(
        set: &'a ModuleSet,
        exports: Vec<Vec<Export<'a>>>,
        first_slot: usize,
        lasting: Option<&Lasting>,
    ) -> Linked<'a> {
        let linked = lasting.map_or(&[][..], |lasting| &lasting.modules);
        let mut end = first_slot;
        let (mut modules, mut all) = (Vec::new(), Vec::new());
        for (number, module) in set.modules.iter().enumerate() {
            let imports = Imports { targets: &module.targets, exports: &exports };
            let mut resolved = resolve::resolve(&module.program, imports, None);
            resolved.first_slot = end;
            resolved.source = Some(module.source.clone());
            resolved.module = Some(number);
            let (code_slot, value_slot) = match linked.get(number) {
                Some(known) => {
                    resolved.first_slot = known.first_slot;
                    (known.code_slot, known.value_slot)
                }
                None => {
                    end += resolved.slots.len() + 2;
                    (end - 2, end - 1)
                }
            };
            modules.push(LinkedModule { module, code_slot, value_slot });
            all.push(resolved);
        }
        let (targets, main_path) = (&set.targets, set.main_path.as_str());
        let known = linked.len();
        Linked { modules, exports, resolved: all, targets, main_path, known, end }
    }

    /// Names of the slots of the modules that this text links.
    fn slot_names(&self) -> impl Iterator<Item = String> + '_ {
        self.resolved[self.known..].iter().flat_map(|resolved| {
            resolved.slots.iter().cloned().chain([String::new(), String::new()])
        })
    }
}

/// The builtins that are written in Ruff, parsed because the program uses one.
/// Their functions become hidden module variables behind the program's own.
struct Prelude {
    program: Program,
    source: Rc<SourceFile>,
}

impl Prelude {
    fn parse(
        resolved: &Resolved<'_>,
        linked: &Linked<'_>,
        builtins: &dyn Builtins,
    ) -> Option<Prelude> {
        let mut methods = linked.resolved.iter().chain([resolved]).flat_map(|r| &r.method_calls);
        let waits = linked.resolved.iter().chain([resolved]).any(|r| r.waits)
            || methods.any(|name| builtins.is_method(name));
        let mut unknown = linked.resolved.iter().chain([resolved]).flat_map(|r| &r.unknown);
        let uses = waits
            || unknown.any(|name| {
                (0..=MOST_PRELUDE_ARGUMENTS).any(|n| builtins.prelude_function(name, n).is_some())
            });
        let text = if uses { builtins.prelude() } else { return None };
        let source = Rc::new(SourceFile::new(SourceFile::PRELUDE, text));
        Some(Prelude { program: parse(text).program, source })
    }

    fn resolve(&self, first_slot: usize) -> Resolved<'_> {
        let imports = Imports { targets: &Targets::default(), exports: &[] };
        let mut resolved = resolve::resolve(&self.program, imports, None);
        resolved.first_slot = first_slot;
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
    linked: &'u Linked<'u>,
    /// By declaration.
    shapes: FxHashMap<*const StructDef, Rc<Shape>>,
    /// By declaration, then by position of the variant.
    variants: FxHashMap<*const EnumDef, Vec<VariantId>>,
    source: Rc<SourceFile>,
    module_names: Rc<Vec<String>>,
    /// Whether the program is a text of a session.
    lasts: bool,
    /// Whether a struct overloads `==`.
    overloads: bool,
    /// In a program of several files or texts, the methods that may change their
    /// receiver, and whether they may run code that nobody knows here.
    changing: FxHashMap<Name, bool>,
    hot_loop: u32,
    texts: Texts,
    next_code: u32,
    errors: Vec<CompileError>,
}

impl<'u> Unit<'u> {
    fn new(
        resolved: &Resolved<'_>,
        linked: &'u Linked<'u>,
        source: Rc<SourceFile>,
        builtins: &'u dyn Builtins,
        settings: Settings,
        lasting: Option<&Lasting>,
    ) -> Unit<'u> {
        let mut shapes = lasting.map(Lasting::shapes).unwrap_or_default();
        let mut variants = lasting.map(Lasting::variants).unwrap_or_default();
        for resolved in linked.resolved.iter().chain([resolved]) {
            for definition in &resolved.structs {
                shapes.entry(std::ptr::from_ref(*definition)).or_insert_with(|| {
                    let fields = definition.fields.iter().map(|f| Symbol::new(&f.name.name));
                    let carried = definition.methods.iter().filter_map(|m| m.name.as_ref());
                    let carried = carried.filter(|name| resolved.carries(name));
                    let carried = carried.map(|name| Symbol::new(&name.name)).collect();
                    let name = Symbol::new(&definition.name.name);
                    shapes::declare_carrying(name, fields.collect(), carried)
                });
            }
            for definition in &resolved.enums {
                variants.entry(std::ptr::from_ref(*definition)).or_insert_with(|| {
                    let owner = &definition.name.name;
                    let variants = definition.variants.iter();
                    variants.map(|v| shapes::declare_variant(owner, &v.name)).collect()
                });
            }
        }
        let earlier = lasting.iter().flat_map(|lasting| &lasting.changing);
        let mut changing: FxHashMap<_, _> = earlier.map(|name| (name.clone(), true)).collect();
        for file in linked.resolved.iter().chain([resolved]).filter(|_| !linked.resolved.is_empty())
        {
            for name in file.changing_methods() {
                *changing.entry(name.clone()).or_default() |= file.may_run_anything(name, builtins);
            }
        }
        Unit {
            builtins,
            changing,
            prelude: lasting.map(|lasting| lasting.prelude.clone()).unwrap_or_default(),
            lasts: lasting.is_some(),
            overloads: false,
            linked,
            shapes,
            variants,
            source,
            module_names: Rc::new(
                resolved.slots.iter().cloned().chain(linked.slot_names()).collect(),
            ),
            hot_loop: settings.hot_loop,
            texts: Texts::default(),
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
