//! Builtins on data formats: JSON, CSV, TOML and YAML.
//!
//! Reading and writing is the business of the crates named in each file; what
//! stands here says which value of the language is which value of a format.

pub mod csv;
pub mod json;
pub mod toml;
mod tree;
pub mod yaml;
