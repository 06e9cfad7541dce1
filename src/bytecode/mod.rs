//! The bytecode layer.
