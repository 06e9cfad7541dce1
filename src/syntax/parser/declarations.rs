//! Functions, structs, enums and imports.
//!
//! Example: `struct P { x: int = 0, y func norm(self) { .. } }` has two fields
//! and a method; separators between members are optional.

use super::{Failed, Parse, Parser};
use crate::base::span::Span;
use crate::syntax::ast::{
    EnumDef, ExprKind, Field, Function, Ident, Import, Name, Parameter, StmtKind, StructDef,
};
use crate::syntax::token::TokenKind as K;

impl Parser<'_> {
    /// Whether a function with a name begins here.
    pub(super) fn at_function_declaration(&self) -> bool {
        let mut ahead = usize::from(self.at(K::Async));
        if self.ahead(ahead).kind != K::Func {
            return false;
        }
        ahead += 1;
        ahead += usize::from(self.ahead(ahead).kind == K::Star);
        let kind = self.ahead(ahead).kind;
        kind == K::Name || kind.is_keyword()
    }

    /// A function, with its name when `named`.
    pub(super) fn function(&mut self, named: bool) -> Parse<Function> {
        let start = self.token().span;
        let is_async = self.take(K::Async).is_some();
        self.expect(K::Func, "after `async`")?;
        let is_generator = self.take(K::Star).is_some();
        let name = match named {
            true => Some(self.name("a function name")?),
            false => None,
        };
        let parameters = self.parameters()?;
        let result = match self.take(K::Arrow) {
            Some(_) => Some(self.type_expression()?),
            None => None,
        };
        let body = self.block()?;
        let span = self.span_from(start);
        Ok(Function { name, is_async, is_generator, parameters, result, body, span })
    }

    fn parameters(&mut self) -> Parse<Vec<Parameter>> {
        let open = self.expect(K::LeftParen, "before the parameters")?;
        let mut parameters: Vec<Parameter> = Vec::new();
        while !self.at(K::RightParen) {
            let name = match self.take(K::SelfWord) {
                Some(token) => Ident { name: self.text(token), span: token.span },
                None => self.parameter_name()?,
            };
            // As for fields: the limit keeps hostile lists linear.
            let known = &parameters[..parameters.len().min(1000)];
            if &*name.name != "_" && known.iter().any(|p| p.name.name == name.name) {
                let message = format!("parameter `{}` is named twice", name.name);
                self.error_at(&message, name.span, "");
            }
            let annotation = self.annotation()?;
            parameters.push(Parameter { name, annotation });
            if self.at(K::Equal) || self.at(K::ColonEqual) {
                let failed = self.expected("`,` or `)` after the parameter");
                self.help("parameters have no default values");
                return Err(failed);
            }
            if self.take(K::Comma).is_none() {
                break;
            }
        }
        self.close(K::RightParen, open)?;
        Ok(parameters)
    }

    fn parameter_name(&mut self) -> Parse<Ident> {
        if self.at(K::Ellipsis) {
            let failed = self.expected("a parameter");
            self.help("functions have a fixed number of parameters; pass an array");
            return Err(failed);
        }
        self.name("a parameter")
    }

    pub(super) fn struct_declaration(&mut self) -> Parse<StmtKind> {
        self.advance();
        let name = self.name("a struct name")?;
        let open = self.expect(K::LeftBrace, "after the struct name")?;
        self.nested_block(|p| {
            let mut definition = StructDef { name, fields: Vec::new(), methods: Vec::new() };
            loop {
                match p.kind() {
                    K::Comma | K::Semicolon => {
                        p.advance();
                    }
                    K::Func | K::Async => {
                        let method = p.function(true)?;
                        if let Some(name) = &method.name {
                            let others = definition.methods.iter().filter_map(|m| m.name.as_ref());
                            p.reject_twice("method", others, name);
                        }
                        definition.methods.push(method);
                    }
                    K::Name => {
                        let field = p.field()?;
                        let others = definition.fields.iter().map(|f| &f.name);
                        p.reject_twice("field", others, &field.name);
                        definition.fields.push(field);
                    }
                    K::RightBrace | K::End => break,
                    _ => return Err(p.expected("a field, a method or `}`")),
                }
            }
            p.close(K::RightBrace, open)?;
            Ok(StmtKind::Struct(Box::new(definition)))
        })
    }

    fn field(&mut self) -> Parse<Field> {
        let name = self.name("a field name")?;
        let annotation = self.annotation()?;
        let default = match self.take(K::Equal) {
            Some(_) => Some(self.expression()?),
            None => None,
        };
        Ok(Field { name, annotation, default })
    }

    fn reject_twice<'n>(
        &mut self,
        what: &str,
        mut others: impl Iterator<Item = &'n Ident>,
        name: &Ident,
    ) {
        // Long declarations do not occur; the limit keeps hostile ones linear.
        if others.by_ref().take(1000).any(|other| other.name == name.name) {
            let message = format!("{what} `{}` is declared twice", name.name);
            self.error_at(&message, name.span, "");
        }
    }

    pub(super) fn enum_declaration(&mut self) -> Parse<StmtKind> {
        self.advance();
        let name = self.name("an enum name")?;
        let open = self.expect(K::LeftBrace, "after the enum name")?;
        let mut variants = Vec::new();
        while !self.at(K::RightBrace) {
            variants.push(self.name("a variant name")?);
            if self.at(K::LeftParen) {
                let failed = self.expected("`,` or `}` after the variant");
                self.help("payloads are not declared: any variant takes any number of values");
                return Err(failed);
            }
            if self.take(K::Comma).is_none() {
                break;
            }
        }
        self.close(K::RightBrace, open)?;
        Ok(StmtKind::Enum(Box::new(EnumDef { name, variants })))
    }

    /// Whether `from path import` begins here.
    pub(super) fn at_from_import(&self) -> bool {
        if !self.is_word(0, "from") || self.ahead(1).kind != K::Name {
            return false;
        }
        let mut ahead = 2;
        while self.ahead(ahead).kind == K::Dot {
            ahead += 2;
        }
        self.ahead(ahead).kind == K::Import
    }

    pub(super) fn import_from(&mut self) -> Parse<StmtKind> {
        self.advance();
        let path = self.module_path()?;
        self.expect(K::Import, "after the module")?;
        let mut names = Vec::new();
        loop {
            names.push(self.name("a name to import")?);
            if self.take(K::Comma).is_none() {
                break;
            }
        }
        self.reject_renaming()?;
        Ok(self.imported(path, Some(names)))
    }

    pub(super) fn import(&mut self) -> Parse<StmtKind> {
        self.advance();
        let path = self.module_path()?;
        self.reject_renaming()?;
        Ok(self.imported(path, None))
    }

    fn reject_renaming(&mut self) -> Parse<()> {
        let renames = self.at_same_line(K::Name) && self.is_word(0, "as");
        if renames && self.ahead(1).kind == K::Name {
            let failed = self.expected("the end of the import");
            self.help("imports have no `as`; assign what is imported to another name");
            return Err(failed);
        }
        Ok(())
    }

    fn imported(&mut self, path: Vec<Ident>, names: Option<Vec<Ident>>) -> StmtKind {
        let segments: Vec<&str> = path.iter().map(|segment| &*segment.name).collect();
        let module: Name = segments.join(".").into();
        if !self.imports.contains(&module) {
            self.imports.push(module.clone());
        }
        StmtKind::Import(Box::new(Import { path, module, names }))
    }

    fn module_path(&mut self) -> Parse<Vec<Ident>> {
        let mut path = vec![self.name("a module name")?];
        while self.take(K::Dot).is_some() {
            path.push(self.member_name()?);
        }
        Ok(path)
    }

    pub(super) fn export(&mut self) -> Parse<StmtKind> {
        let word = self.advance();
        if self.at(K::Export) {
            return Err(self.cannot_export(word.span));
        }
        let statement = self.statement()?;
        let exportable = match &statement.kind {
            StmtKind::Declare(_)
            | StmtKind::Function(_)
            | StmtKind::Struct(_)
            | StmtKind::Enum(_) => true,
            StmtKind::Assign(assign) => assign.place.path.is_empty() && assign.operator.is_none(),
            StmtKind::Expr(expr) => matches!(expr.kind, ExprKind::Name(_)),
            _ => false,
        };
        match exportable {
            true => Ok(StmtKind::Export(Box::new(statement))),
            false => Err(self.cannot_export(statement.span)),
        }
    }

    fn cannot_export(&mut self, span: Span) -> Failed {
        self.error_at(
            "this cannot be exported",
            span,
            "export a declaration, `name := value` or a name",
        )
    }
}
