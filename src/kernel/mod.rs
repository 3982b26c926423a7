//! Layer 3. From the plant to a running simulation kernel:
//!
//! ```text
//! plant ─► model (records in an arena, shapes) ─► program (typed handlers) ─► interpreter
//!                                                                      └───► native code
//! ```
//!
//! [`model`] lays the plant out, [`emit`] writes the handlers, [`program`] is what they are written
//! in, [`interpret`] and [`native`] execute it, [`host`] serves both, [`read`] finds results again.
//! It knows no syntax and presents nothing. Start reading at [`Kernel`].

pub mod builder;
pub mod causes;
pub mod charged;
pub mod choice;
pub mod emit;
pub mod formula;
pub mod host;
pub mod interpret;
pub mod kept;
pub mod laws;
pub mod layout;
pub mod model;
pub mod native;
pub mod object;
pub mod observe;
pub mod program;
pub mod rank;
pub mod read;
pub mod recursion;
pub mod search;
pub mod shape;
pub mod status;
pub mod supply;
pub mod vehicles;

pub mod cut;

mod cards;
mod crews;
mod engine;
mod lines;
mod programs;
mod timed;
mod translate;

pub use engine::{Engine, Kernel, Run, Stop};
pub use host::Arena;
pub use programs::Programs;
pub use status::{State, Status};
