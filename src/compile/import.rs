//! `import` statements: what names they declare, and the code that binds them.
//!
//! An import asks the runtime whether the module has to run, runs it if so, and
//! copies what it exports from the module's slots into variables of the
//! importing scope. Structs and enums are no variables: the importing scope
//! simply sees the same declaration.
//!
//! Example: `from a import f` is a call of the hidden builtin `<begin import>`,
//! `CallModule` of the module's top level behind a branch, a call of
//! `<end import>`, and `GetModule` of the slot of `f`.

use super::function::Function;
use super::module::{ExportKind, Target, Targets};
use super::resolve::{Resolver, is_self_contained};
use super::scope::{Resolved, Use, VariableId, default_name};
use super::{Linked, Unit};
use crate::base::span::Span;
use crate::bytecode::{Instruction, Opcode, RaiseKind};
use crate::syntax::ast::{Import, Name, StructDef};
use crate::value::{RecordObject, Tag, Value};

impl<'a> Resolver<'_, 'a> {
    /// Declares what an import binds.
    pub(super) fn import(&mut self, import: &'a Import, span: Span) {
        let known = self.imports.exports_of(&import.module);
        let exports = known.unwrap_or_default();
        let from = span.end;
        match &import.names {
            Some(names) => {
                for wanted in names {
                    let found = exports.iter().find(|export| *export.name == wanted.name);
                    let kind = found.map_or(ExportKind::Variable, |export| export.kind);
                    self.bind_export(&wanted.name, kind, wanted.span, from);
                }
            }
            None => {
                let last = import.path.last().map(|segment| &segment.name);
                let exported = |name: &&Name| exports.iter().any(|export| export.name == *name);
                if let Some(name) = last.filter(|name| !exported(name)) {
                    self.bind_module_name(name, span, from, known.is_some());
                }
                for export in exports {
                    self.bind_export(export.name, export.kind, span, from);
                }
            }
        }
    }

    /// Binds the name of a module unless it is bound, which shows only when the import is
    /// executed if it means a variable of a function around or of the file. An import of a
    /// module that is not `known` binds nothing.
    fn bind_module_name(&mut self, name: &Name, span: Span, from: u32, known: bool) {
        match self.find_variable(name) {
            Some(Use::Variable(id)) if known && self.may_be_undefined(id) => {
                let local = self.declare_at(name, span, from, false);
                self.found.variables[local.0].module = true;
                self.touch(id);
                self.note_early_use(id);
                self.found.variables[local.0].unless = Some(id);
                let outer = &mut self.found.variables[id.0];
                (outer.doubtful, outer.behind) = (true, true);
            }
            _ if self.is_bound(name) => {}
            _ => {
                let id = self.declare_at(name, span, from, false);
                self.found.variables[id.0].module = true;
            }
        }
    }

    fn bind_export(&mut self, name: &'a Name, kind: ExportKind<'a>, span: Span, from: u32) {
        match kind {
            ExportKind::Variable => {
                self.declare_at(name, span, from, false);
            }
            ExportKind::Struct(definition) => {
                self.see_struct(definition);
                for hidden in hidden_defaults(definition) {
                    self.declare_at(&hidden, span, from, false);
                }
            }
            ExportKind::Enum(definition) => {
                self.see_enum(definition);
            }
        }
    }
}

/// The variables that hold the functions of defaults which are no constants.
fn hidden_defaults(definition: &StructDef) -> Vec<Name> {
    let computed = definition
        .fields
        .iter()
        .filter(|field| field.default.as_ref().is_some_and(|default| !is_self_contained(default)));
    computed.map(|field| default_name(&definition.name.name, &field.name.name)).collect()
}

/// The slot of a module's top-level variable.
fn slot_of(resolved: &Resolved<'_>, name: &Name) -> Option<usize> {
    let id = *resolved.scopes[0].variables.get(name)?.last()?;
    Some(resolved.first_slot + resolved.variable(id).slot? as usize)
}

impl<'a> Function<'_, 'a, '_> {
    pub(super) fn import(&mut self, import: &'a Import, span: Span) {
        self.b.at(span);
        let linked = self.unit.linked;
        let path = &import.module;
        let number = match linked.targets(self.resolved.module).get(path) {
            Some(Target::Module(number)) => *number,
            Some(Target::Main) => {
                let mark = self.b.mark();
                self.begin_import(0, linked.main_path);
                self.b.free_to(mark);
                return;
            }
            Some(Target::Broken(why)) => {
                let text = format!("Failed to parse module '{path}': {why}");
                return self.raise(RaiseKind::Text, &text);
            }
            _ => return self.raise(RaiseKind::Text, &format!("Module not found: {path}")),
        };
        self.run_module(number, span);
        let exports = &linked.exports[number];
        match &import.names {
            Some(names) => {
                for wanted in names {
                    self.b.at(wanted.span);
                    let found = exports.iter().find(|export| *export.name == wanted.name);
                    match found.map(|export| export.kind) {
                        None => self.raise_missing(&wanted.name, path),
                        Some(kind) => {
                            self.bind_import(number, &wanted.name, kind, wanted.span, Some(path));
                        }
                    }
                }
            }
            None => {
                if let Some(name) = import.path.last().map(|segment| &segment.name)
                    && !exports.iter().any(|export| export.name == name)
                    && let Some(Use::Declares(id)) = self.resolved.used(span, name)
                {
                    self.declare_module_name(id, linked.modules[number].value_slot);
                }
                for export in exports {
                    self.bind_import(number, export.name, export.kind, span, None);
                }
            }
        }
    }

    /// Declares the name of a module with the value that stands for it, unless the name
    /// is bound when the import is executed.
    fn declare_module_name(&mut self, id: VariableId, value_slot: usize) {
        let (bound, end) = (self.b.label(), self.b.label());
        if let Some(slot) = self.tentative_slot(id) {
            let (local, defined) = self.declare_tentative(id, slot);
            self.b.jump(Instruction::ad(Opcode::JumpIf, defined, 0), end);
            self.b.ad(Opcode::GetModule, local, value_slot);
            return self.b.bind(end);
        }
        let register = self.declare(id);
        match self.resolved.variable(id).unless {
            // A local that is no module variable as well begins with the value of that.
            Some(outer) => {
                self.in_each_home(outer, &|f| f.load_defined(outer, register));
                self.b.jump(Instruction::ad(Opcode::JumpIf, register, 0), bound);
                self.b.ad(Opcode::GetModule, register, value_slot);
                self.b.goto(end);
                self.b.bind(bound);
                self.read_variable(outer, register);
                self.b.bind(end);
            }
            None => self.b.ad(Opcode::GetModule, register, value_slot),
        }
        self.declared(id, register);
    }

    fn raise_missing(&mut self, name: &str, path: &str) {
        let text = format!("Symbol '{name}' not found in module '{path}'");
        self.raise(RaiseKind::Text, &text);
    }

    /// Calls `<begin import>`; the answer is in the newest temporary.
    fn begin_import(&mut self, number: usize, path: &str) -> u16 {
        let work = self.b.temporary();
        let first = self.b.temporary();
        self.b.load(first, Value::int(number as i64));
        let second = self.b.temporary();
        self.b.load(second, Value::string(path));
        self.native_call("<begin import>", work, 2);
        self.b.free_to(first);
        work
    }

    /// Calls a hidden builtin whose arguments follow `window`.
    pub(super) fn native_call(&mut self, name: &str, window: u16, count: usize) {
        let row = self.unit.builtins.lookup(name).unwrap_or_else(|| panic!("no builtin {name}"));
        let call = Instruction::abc(Opcode::CallNative, window, row as u16, 0);
        self.b.counted(call, count);
    }

    /// Runs a module's top level unless it has run.
    fn run_module(&mut self, number: usize, span: Span) {
        let module = &self.unit.linked.modules[number];
        let outer = self.b.variables();
        let error = self.b.variable("");
        let (failed, done) = (self.b.label(), self.b.label());
        let mark = self.b.mark();
        let work = self.begin_import(number + 1, &module.module.path);
        self.b.jump(Instruction::ad(Opcode::JumpIfNot, work, 0), done);
        self.b.free_to(mark);
        let start = self.b.position();
        let window = self.b.temporary();
        self.b.emit(Instruction::ad(Opcode::CallModule, window, module.code_slot as i32));
        self.b.abc(Opcode::Release, window, 0, 0);
        self.b.clean_up(start, failed, error);
        self.end_import(number, true, mark);
        self.b.goto(done);
        self.b.bind(failed);
        self.end_import(number, false, mark);
        self.b.abc(Opcode::Throw, error, 0, 0);
        self.b.bind(done);
        self.b.at(span);
        self.b.drop_variables(outer);
    }

    fn end_import(&mut self, number: usize, succeeded: bool, mark: u16) {
        self.b.free_to(mark);
        let window = self.b.temporary();
        let first = self.b.temporary();
        self.b.load(first, Value::int(number as i64 + 1));
        let second = self.b.temporary();
        self.b.load(second, Value::bool(succeeded));
        self.native_call("<end import>", window, 2);
        self.b.abc(Opcode::Release, window, 0, 0);
        self.b.free_to(mark);
    }

    fn bind_import(
        &mut self,
        number: usize,
        name: &Name,
        kind: ExportKind<'_>,
        span: Span,
        required: Option<&Name>,
    ) {
        let hidden = match kind {
            ExportKind::Variable => {
                if let Some(Use::Declares(id)) = self.resolved.used(span, name) {
                    self.bind_imported(number, name, id, required);
                }
                return;
            }
            ExportKind::Struct(definition) => hidden_defaults(definition),
            ExportKind::Enum(_) => return,
        };
        for name in hidden {
            if let Some(Use::Declares(id)) = self.resolved.used(span, &name) {
                self.bind_imported(number, &name, id, None);
            }
        }
    }

    /// Binds an imported variable to what the module's variable holds now. One
    /// that the module never defined is null, or raises if the import asks for
    /// it by name.
    fn bind_imported(
        &mut self,
        number: usize,
        name: &Name,
        id: VariableId,
        required: Option<&Name>,
    ) {
        let linked = self.unit.linked;
        let path = required.map(|path| path.to_string());
        let Some(slot) = slot_of(&linked.resolved[number], name) else {
            if let Some(path) = path {
                self.raise_missing(name, &path);
            }
            return;
        };
        let (defined, end) = (self.b.label(), self.b.label());
        let mark = self.b.mark();
        let test = self.b.temporary();
        self.b.ad(Opcode::ModuleDefined, test, slot);
        self.b.jump(Instruction::ad(Opcode::JumpIf, test, 0), defined);
        self.b.free_to(mark);
        let register = self.declare(id);
        match path {
            Some(path) => self.raise_missing(name, &path),
            None => self.b.abc(Opcode::LoadNull, register, 0, 0),
        }
        self.b.goto(end);
        self.b.bind(defined);
        self.b.ad(Opcode::GetModule, register, slot);
        self.b.bind(end);
        self.declared(id, register);
    }

    /// Ends the top level of a module: makes the value that stands for it.
    pub(super) fn finish_module(&mut self, number: usize) {
        let linked = self.unit.linked;
        let module = &linked.modules[number];
        let mark = self.b.mark();
        let window = self.b.temporary();
        let path = self.b.temporary();
        self.b.load(path, Value::string(&module.module.path));
        let dict = self.b.temporary();
        self.b.abc(Opcode::NewDict, dict, dict, 0);
        let mut enums = Vec::new();
        for export in &linked.exports[number] {
            let above = self.b.mark();
            let end = self.b.label();
            let key = self.b.temporary();
            let value = self.b.temporary();
            match export.kind {
                ExportKind::Variable => {
                    let Some(slot) = slot_of(self.resolved, export.name) else { continue };
                    self.b.ad(Opcode::ModuleDefined, key, slot);
                    self.b.jump(Instruction::ad(Opcode::JumpIfNot, key, 0), end);
                    self.b.load(key, Value::string(export.name));
                    self.b.ad(Opcode::GetModule, value, slot);
                }
                ExportKind::Struct(definition) => {
                    self.b.load(key, Value::string(export.name));
                    let definition = self.unit.struct_value(definition);
                    self.b.load(value, definition);
                }
                ExportKind::Enum(_) => {
                    enums.push(Value::string(export.name));
                    self.b.free_to(above);
                    continue;
                }
            }
            self.b.abc(Opcode::DictInsert, dict, key, value);
            self.b.bind(end);
            self.b.free_to(above);
        }
        let names = self.b.temporary();
        self.b.load(names, Value::array(enums));
        self.native_call("<module>", window, 3);
        self.b.ad(Opcode::SetModule, window, module.value_slot);
        self.b.free_to(mark);
    }
}

impl Unit<'_> {
    /// The value that a declared struct is.
    pub(super) fn struct_value(&self, definition: &StructDef) -> Value {
        let shape = &self.shapes[&std::ptr::from_ref(definition)];
        RecordObject::of_kind(Tag::StructDef, shape.id.0, std::iter::empty())
    }
}

impl Linked<'_> {
    /// The modules that the imports of a file lead to: of module `number`, or of
    /// the main file.
    pub(super) fn targets(&self, number: Option<usize>) -> &Targets {
        match number {
            Some(number) => &self.modules[number].module.targets,
            None => self.targets,
        }
    }
}
