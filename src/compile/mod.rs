//! The compile layer.
