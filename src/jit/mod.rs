//! The jit layer.
