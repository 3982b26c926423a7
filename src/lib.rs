//! Flowline: a language and compiler for production lines.
//!
//! The folders below are the stages of one pipeline, in this order; a lower layer never imports a
//! higher one (`docs/architecture.md`, held by `tests/it/layers.rs`):
//!
//! ```text
//! base ─► diag ─► syntax ─► format
//!                      └──► sema ─► ir ─► analysis
//!                                    └──► kernel ─► sim ─► report ─► embed ─► cli
//! ```

pub mod analysis;
pub mod base;
pub mod cli;
pub mod diag;
pub mod embed;
pub mod format;
pub mod ir;
pub mod kernel;
pub mod net;
pub mod reference;
pub mod report;
pub mod runtime;
pub mod sema;
pub mod sim;
pub mod syntax;
