//! The interp layer.
