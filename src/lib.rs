//! Ruff: a dynamic scripting language whose hot loops become machine code.
pub mod base;
pub mod bytecode;
pub mod cli;
pub mod compile;
pub mod interp;
pub mod jit;
pub mod observe;
pub mod prim;
pub mod runtime;
pub mod syntax;
pub mod value;
