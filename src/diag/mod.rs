//! Layer 1. One `Diagnostic` for every stage, the registry of codes, and the renderers
//! (terminal, short, JSON, …). It does not know where the facts came from.
//!
//! Start reading at [`Diagnostic`]; the codes are in [`codes`].

pub mod codes;
mod diagnostic;
pub mod render;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Severity};
