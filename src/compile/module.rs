//! The modules that a program imports: found and parsed before anything is
//! resolved, so that all of them are linked into one program.
//!
//! Each module has module slots of its own behind those of the main file. Its
//! top level is a function that the first `import` to be executed calls. What
//! an import binds is known from the text of the imported module; whether the
//! module can be found and parsed is known too, but raises only when the import
//! is executed, as the program may catch it.
//!
//! What must hold: a file is one module, whoever imports it under what path.
//!
//! Example: `import a` in `main.ruff` with `export x := 1` in `a.ruff` gives
//! one [`Module`], whose export `x` is a variable.

use super::error::CompileError;
use super::lasting::Lasting;
use crate::base::span::Span;
use crate::bytecode::SourceFile;
use crate::syntax::ast::{
    EnumDef, ExprKind, Name, Pattern, PatternKind, Program, Stmt, StmtKind, StructDef,
};
use crate::syntax::parse;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Where the files of modules come from. Injected, because files belong to a
/// layer above.
pub trait Modules {
    /// The file that `path` (segments joined by dots) names in the file `importer`.
    fn find(&self, importer: &str, path: &str) -> Option<ModuleFile>;
    /// What two names of one file have in common.
    fn identity(&self, file: &str) -> String;
}

/// The file of a module.
#[derive(Clone, Debug)]
pub struct ModuleFile {
    /// What messages call it; also leads to the modules that it imports.
    pub name: String,
    /// Its text, or why it cannot be read.
    pub text: Result<String, String>,
}

/// Without files: every import fails.
#[derive(Clone, Copy, Debug)]
pub struct NoModules;

impl Modules for NoModules {
    fn find(&self, _importer: &str, _path: &str) -> Option<ModuleFile> {
        None
    }

    fn identity(&self, file: &str) -> String {
        file.into()
    }
}

/// What a path in an import leads to.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// No file.
    Missing,
    /// A file that cannot be read or parsed: why.
    Broken(String),
    /// The main file.
    Main,
    /// The module of this number.
    Module(usize),
}

/// The targets of one file's imports, by path.
pub(super) type Targets = FxHashMap<Name, Target>;

/// An imported module.
#[derive(Debug)]
pub(super) struct Module {
    /// The path by which it was first imported.
    pub path: String,
    pub source: Rc<SourceFile>,
    pub program: Rc<Program>,
    pub targets: Targets,
}

/// The modules of a program.
#[derive(Debug, Default)]
pub(super) struct ModuleSet {
    pub modules: Vec<Rc<Module>>,
    /// What is known of files, by their identity.
    pub files: FxHashMap<String, Target>,
    /// Where the main file's imports lead.
    pub targets: Targets,
    /// What the main file is called in a circle of imports.
    pub main_path: String,
}

impl ModuleSet {
    /// Finds and parses everything that `main` imports, directly or not.
    /// Modules that earlier texts of a session have imported come first.
    pub fn load(
        main: &Program,
        source: &SourceFile,
        files: &dyn Modules,
        lasting: Option<&Lasting>,
    ) -> ModuleSet {
        let stem = source.name.rsplit('/').next().unwrap_or_default();
        let main_path = stem.strip_suffix(".ruff").unwrap_or(stem).to_string();
        let mut set = ModuleSet { main_path, ..ModuleSet::default() };
        let mut known = FxHashMap::default();
        if let Some(lasting) = lasting {
            set.modules.extend(lasting.modules.iter().map(|kept| kept.module.clone()));
            known.clone_from(&lasting.files);
        }
        let mut next = set.modules.len();
        if !main.imports.is_empty() {
            known.insert(files.identity(&source.name), Target::Main);
        }
        set.targets = set.targets_of(&main.imports, &source.name, files, &mut known);
        while next < set.modules.len() {
            let module = &set.modules[next];
            let (imports, name) = (module.program.imports.clone(), module.source.name.clone());
            let targets = set.targets_of(&imports, &name, files, &mut known);
            let module = Rc::get_mut(&mut set.modules[next]);
            module.expect("nobody else has a new module").targets = targets;
            next += 1;
        }
        known.retain(|_, target| matches!(target, Target::Module(_)));
        set.files = known;
        set
    }

    /// Makes the module that an error is in one that cannot be imported; false
    /// if the error is in none.
    pub fn reject(&mut self, error: &CompileError) -> bool {
        let Some(source) = &error.source else { return false };
        let of_file = |module: &Rc<Module>| Rc::ptr_eq(&module.source, source);
        let Some(number) = self.modules.iter().position(of_file) else { return false };
        let why = broken(source, &error.message, error.span);
        // Modules of earlier texts have no errors, and import none of this one.
        let mut new = self.modules.iter_mut().skip(number).filter_map(Rc::get_mut);
        if let Some(module) = new.next() {
            if let Some(program) = Rc::get_mut(&mut module.program) {
                program.statements.clear();
            }
            module.targets.clear();
        }
        self.files.retain(|_, target| !matches!(target, Target::Module(n) if *n == number));
        let others = self.modules.iter_mut().filter_map(Rc::get_mut).map(|m| &mut m.targets);
        for target in others.chain([&mut self.targets]).flat_map(|targets| targets.values_mut()) {
            if matches!(target, Target::Module(found) if *found == number) {
                *target = Target::Broken(why.clone());
            }
        }
        true
    }

    fn targets_of(
        &mut self,
        imports: &[Name],
        importer: &str,
        files: &dyn Modules,
        known: &mut FxHashMap<String, Target>,
    ) -> Targets {
        let found = imports.iter().map(|path| {
            let Some(file) = files.find(importer, path) else {
                return (path.clone(), Target::Missing);
            };
            let identity = files.identity(&file.name);
            let target = match known.get(&identity) {
                Some(target) => target.clone(),
                None => self.add(path, file),
            };
            known.insert(identity, target.clone());
            (path.clone(), target)
        });
        found.collect()
    }

    fn add(&mut self, path: &str, file: ModuleFile) -> Target {
        let text = match file.text {
            Ok(text) => text,
            Err(why) => return Target::Broken(why),
        };
        let parsed = parse(&text);
        let source = SourceFile::new(&file.name, &text);
        if let Some(error) = parsed.errors.first() {
            return Target::Broken(broken(&source, &error.message, error.span));
        }
        self.modules.push(Rc::new(Module {
            path: path.into(),
            source: Rc::new(source),
            program: Rc::new(parsed.program),
            targets: Targets::default(),
        }));
        Target::Module(self.modules.len() - 1)
    }

    /// What each module exports, in order of the text.
    pub fn exports(&self) -> Vec<Vec<Export<'_>>> {
        (0..self.modules.len()).map(|number| self.exports_of(number, &mut Vec::new())).collect()
    }

    fn exports_of<'a>(&'a self, number: usize, open: &mut Vec<usize>) -> Vec<Export<'a>> {
        let mut exports: Vec<Export<'a>> = Vec::new();
        if open.contains(&number) {
            return exports;
        }
        open.push(number);
        for statement in &self.modules[number].program.statements {
            let StmtKind::Export(inner) = &statement.kind else { continue };
            self.add_exports(number, inner, open, &mut exports);
        }
        open.pop();
        exports
    }

    fn add_exports<'a>(
        &'a self,
        number: usize,
        statement: &'a Stmt,
        open: &mut Vec<usize>,
        exports: &mut Vec<Export<'a>>,
    ) {
        let mut add = |name: &'a Name, kind: ExportKind<'a>| {
            exports.retain(|export| export.name != name);
            exports.push(Export { name, kind });
        };
        match &statement.kind {
            StmtKind::Declare(declare) => {
                for name in names(&declare.pattern) {
                    add(name, ExportKind::Variable);
                }
            }
            StmtKind::Destructure(destructure) => {
                for name in names(&destructure.pattern) {
                    add(name, ExportKind::Variable);
                }
            }
            StmtKind::Function(function) => {
                if let Some(name) = &function.name {
                    add(&name.name, ExportKind::Variable);
                }
            }
            StmtKind::Assign(assign) => add(&assign.place.root.name, ExportKind::Variable),
            StmtKind::Struct(definition) => {
                add(&definition.name.name, ExportKind::Struct(definition));
            }
            StmtKind::Enum(definition) => add(&definition.name.name, ExportKind::Enum(definition)),
            StmtKind::Expr(value) => {
                if let ExprKind::Name(name) = &value.kind {
                    add(name, self.kind_of(number, name, open));
                }
            }
            _ => {}
        }
    }

    /// What a name at the top level of a module is.
    fn kind_of<'a>(&'a self, number: usize, name: &str, open: &mut Vec<usize>) -> ExportKind<'a> {
        let module = &self.modules[number];
        for statement in &module.program.statements {
            let kind = match &statement.kind {
                StmtKind::Export(inner) => &inner.kind,
                kind => kind,
            };
            match kind {
                StmtKind::Struct(definition) if *definition.name.name == *name => {
                    return ExportKind::Struct(definition);
                }
                StmtKind::Enum(definition) if *definition.name.name == *name => {
                    return ExportKind::Enum(definition);
                }
                StmtKind::Import(import) => {
                    let Some(Target::Module(other)) = module.targets.get(&import.module) else {
                        continue;
                    };
                    let found = self.exports_of(*other, open).into_iter();
                    let mut found = found.filter(|export| **export.name == *name);
                    let wanted = import
                        .names
                        .as_ref()
                        .is_none_or(|names| names.iter().any(|wanted| *wanted.name == *name));
                    if let Some(export) = found.next().filter(|_| wanted) {
                        return export.kind;
                    }
                }
                _ => {}
            }
        }
        ExportKind::Variable
    }
}

/// Why a file is no module: what is wrong where.
fn broken(source: &SourceFile, message: &str, span: Span) -> String {
    let (line, column) = source.position(span.start);
    format!("{message} ({}:{line}:{column})", source.name)
}

/// A name that a module exports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Export<'a> {
    pub name: &'a Name,
    pub kind: ExportKind<'a>,
}

/// What is exported under a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum ExportKind<'a> {
    Variable,
    Struct(&'a StructDef),
    Enum(&'a EnumDef),
}

/// The names that a pattern binds.
fn names(pattern: &Pattern) -> Vec<&Name> {
    let mut found = Vec::new();
    let mut open = vec![pattern];
    while let Some(pattern) = open.pop() {
        match &pattern.kind {
            PatternKind::Name(name) => found.push(name),
            PatternKind::Discard => {}
            PatternKind::Array(array) => {
                open.extend(&array.elements);
                found.extend(array.rest.as_ref().map(|rest| &rest.name));
            }
            PatternKind::Dict(dict) => {
                found.extend(dict.keys.iter().chain(&dict.rest).map(|key| &key.name));
            }
        }
    }
    found
}

/// What one file sees of the modules that it imports.
#[derive(Clone, Copy)]
pub(super) struct Imports<'v, 'a> {
    pub targets: &'v Targets,
    pub exports: &'v [Vec<Export<'a>>],
}

impl<'v, 'a> Imports<'v, 'a> {
    /// What the module of this path exports, if the path leads to one.
    pub fn exports_of(&self, path: &Name) -> Option<&'v [Export<'a>]> {
        match self.targets.get(path)? {
            Target::Module(number) => Some(&self.exports[*number]),
            _ => None,
        }
    }
}
