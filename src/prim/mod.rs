//! The prim layer.
