//! The observe layer.
