//! Layer 0. What every stage stands on: source positions, exact numbers with units, integer time,
//! the table of limits, and "did you mean". It knows nothing of lines or of the language.
//!
//! Start reading at [`source`], then [`quantity`].

pub mod fingerprint;
pub mod limits;
pub mod names;
pub mod quantity;
pub mod source;
pub mod ticks;
pub mod trade;
pub mod units;
pub mod words;

pub use fingerprint::Fingerprint;
pub use quantity::{Dim, Quantity, Rational};
pub use source::{FileId, SourceFile, SourceMap, Span};
pub use ticks::{TICKS_PER_SECOND, Ticks};
