//! From source text to verified bytecode, and what the compiler must be told:
//! the builtins, and where the files of modules are.
//!
//! What must hold: the functions of one compiler have different numbers, so all
//! of them may run on one machine.
//!
//! Example: `compiler.text("a.ruff", "x := 1", &files, &lasting)` gives the main
//! function of the text and a session in which `x` is known.

use super::Program;
use super::failure::decode;
use crate::base::diagnostic::{Diagnostic, DiagnosticKind};
use crate::base::span::Span;
use crate::bytecode::{Code, SourceFile, verify};
use crate::compile::{self, CompileError, Lasting};
use crate::runtime;
use crate::syntax::{self, ast};
use crate::value::Value;
use std::path::Path;
use std::rc::Rc;

struct Names;

impl compile::Builtins for Names {
    fn lookup(&self, name: &str) -> Option<u32> {
        runtime::lookup(name)
    }

    fn constant(&self, name: &str) -> Option<Value> {
        runtime::constant(name)
    }

    fn prelude_function(&self, name: &str, arguments: usize) -> Option<&'static str> {
        runtime::row(runtime::lookup(name)?).prelude_function(arguments)
    }

    fn overloaded_function(&self, row: u32, arguments: usize) -> Option<&'static str> {
        runtime::overloaded_function(runtime::row(row).name, arguments)
    }

    fn reuses(&self, row: u32, arguments: usize) -> bool {
        let builtin = runtime::row(row);
        builtin.reuses && builtin.native_function(arguments).is_some()
    }

    fn displays(&self, row: u32) -> bool {
        runtime::displays(row)
    }

    fn is_method(&self, name: &str) -> bool {
        runtime::METHODS.iter().any(|method| method.name == name)
    }

    fn prelude(&self) -> &'static str {
        runtime::PRELUDE
    }
}

/// Modules in files: beside the importing file, in the working directory, in
/// its folder `modules`, or beside the main file.
pub(crate) struct Files<'n> {
    /// The main file, beside which modules are looked for last.
    pub main: &'n str,
}

impl compile::Modules for Files<'_> {
    fn find(&self, importer: &str, path: &str) -> Option<compile::ModuleFile> {
        let file = format!("{}.ruff", path.replace('.', "/"));
        let beside = |file| Path::new(file).parent().unwrap_or(Path::new(""));
        let folders = [beside(importer), Path::new(""), Path::new("modules"), beside(self.main)];
        let found = folders.iter().map(|folder| folder.join(&file)).find(|file| file.is_file())?;
        let name = found.to_string_lossy().into_owned();
        let text = std::fs::read(&found).map_err(|error| error.to_string()).and_then(|bytes| {
            decode(&name, bytes).map_err(|diagnostic| diagnostic.message.clone())
        });
        Some(compile::ModuleFile { name, text })
    }

    fn identity(&self, file: &str) -> String {
        let known = std::fs::canonicalize(file);
        known.map_or_else(|_| file.into(), |path| path.to_string_lossy().into_owned())
    }
}

/// Makes programs of texts.
pub(crate) struct Compiler {
    next_code: u32,
    hot_loop: u32,
}

impl Compiler {
    /// A compiler whose loops ask the JIT after so many rounds.
    pub fn new(hot_loop: u32) -> Compiler {
        Compiler { next_code: 0, hot_loop }
    }

    fn settings(&self) -> compile::Settings {
        compile::Settings { first_code: self.next_code, hot_loop: self.hot_loop }
    }

    /// A number for a function that no text has.
    pub fn new_code(&mut self) -> crate::bytecode::CodeId {
        self.next_code += 1;
        crate::bytecode::CodeId(self.next_code - 1)
    }

    /// Compiles a whole program that has been parsed.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn program(
        &mut self,
        name: &str,
        text: &str,
        parsed: syntax::Parsed,
    ) -> Result<Program, Vec<Diagnostic>> {
        let (source, program) = parsed_source(name, text, parsed)?;
        let files = Files { main: name };
        let main = compile::compile(&program, source.clone(), &Names, &files, self.settings());
        let main = main.map_err(|errors| rejected(&errors, &source))?;
        Ok(self.finished(main))
    }

    /// Compiles the next text of a session; also answers what it adds to it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn text(
        &mut self,
        name: &str,
        text: &str,
        files: &dyn compile::Modules,
        lasting: &Lasting,
    ) -> Result<(Program, Lasting), Vec<Diagnostic>> {
        let (source, program) = parsed_source(name, text, syntax::parse(text))?;
        let program = Rc::new(program);
        let settings = self.settings();
        let compiled =
            compile::compile_text(&program, source.clone(), &Names, files, settings, lasting);
        let (main, next) = compiled.map_err(|errors| rejected(&errors, &source))?;
        Ok((self.finished(main), next))
    }

    /// # Panics
    /// If the compiler made code that its own verifier rejects: a bug of Ruff.
    fn finished(&mut self, main: Rc<Code>) -> Program {
        if let Err(error) = verify(&main) {
            panic!("the compiler made invalid code: {error}");
        }
        self.next_code = highest(&main) + 1;
        Program { main }
    }
}

/// The tree of a text without syntax errors.
fn parsed_source(
    name: &str,
    text: &str,
    parsed: syntax::Parsed,
) -> Result<(Rc<SourceFile>, ast::Program), Vec<Diagnostic>> {
    let source = Rc::new(SourceFile::new(name, text));
    if parsed.errors.is_empty() {
        return Ok((source, parsed.program));
    }
    let errors = parsed.errors.iter();
    Err(errors.map(|error| error.diagnostic(&source.name, &source.text, &source.lines)).collect())
}

fn at(file: &SourceFile, kind: DiagnosticKind, message: &str, span: Span) -> Diagnostic {
    Diagnostic::new(kind, message).at(&file.name, &file.text, &file.lines, span)
}

fn rejected(errors: &[CompileError], source: &SourceFile) -> Vec<Diagnostic> {
    let diagnostics = errors.iter().map(|error| {
        let file = error.source.as_deref().unwrap_or(source);
        at(file, DiagnosticKind::Compile, &error.message, error.span)
    });
    diagnostics.collect()
}

fn highest(code: &Code) -> u32 {
    code.functions.iter().map(|function| highest(function)).fold(code.id.0, u32::max)
}
