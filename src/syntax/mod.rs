//! The syntax layer.
