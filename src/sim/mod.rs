//! Runs of a line: replications, what they measure, and what they say together. Presentation is in
//! [`crate::report`].
//!
//! [`replicate`] runs them, [`engines`] says on what, [`measure`] turns counts into figures, [`accounts`] what they
//! take in energy and money, `fleets`, `cards` and `tallies` the figures of vehicles, of limits, of item types and sources, [`lockup`] finds lines that wait for
//! ever, `precision` says how many runs there are to be, [`sweep`](mod@sweep) runs variants of a line, [`warmup`] finds where to begin to measure, [`trouble`] words what stops a run, [`outcome`] holds the results. Start at [`simulate`].

pub mod accounts;
pub mod cards;
pub mod checks;
pub mod engines;
pub mod expect;
pub mod fleets;
pub mod lockup;
pub mod measure;
pub mod outcome;
mod parts;
mod precision;
pub mod replicate;
pub mod sweep;
pub mod tallies;
pub mod trouble;
pub mod warmup;
pub mod witness;

pub use replicate::{Outcome, Settings, simulate, simulate_with};
pub use sweep::sweep;
pub use witness::{Witness, witness};
