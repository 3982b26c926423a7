//! Finds results in the arena again.
