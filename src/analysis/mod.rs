//! Layer 3. What can be decided about a plant without running it: the load of every station and
//! crew, demand that cannot be met, sources that are too fast, and circles in which items can block
//! each other. Plain data out; it knows no engine and no presentation.
//!
//! [`network`] says where items can be and where they go, [`traffic`] solves it exactly, [`load`]
//! turns flows into work, [`capacity`] compares work with time, [`lint`] says what is probably not meant,
//! [`deadlock`] finds circular waits; [`estimate`] says how long items wait, without a run.
//! Start reading at [`analyse`].

mod balance;
mod capacity;
mod cards;
mod deadlock;
mod demand;
pub mod estimate;
mod figures;
mod fleet;
mod held;
mod kept;
mod lint;
mod load;
mod means;
mod network;
mod presence;
mod program;
mod rates;
mod raw;
mod requests;
mod supply;
mod traffic;

pub use capacity::{Capacity, Load};
pub use deadlock::{DecidedBy, Verdict, VerdictKind, net_of};
pub use supply::Growing;

use crate::diag::Diagnostic;
use crate::ir::Plant;

/// What was found out about a plant.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Loads and bounds.
    pub capacity: Capacity,
    /// Whether it can lock up.
    pub deadlock: Verdict,
    /// Everything worth saying, capacity first.
    pub diagnostics: Vec<Diagnostic>,
}

/// A queue that grows without end, as the loads say, if there is one: such a line has no steady state.
/// Cost: as the capacity card.
#[must_use]
pub fn growing_queue(plant: &Plant) -> Option<Growing> {
    capacity::growing(plant)
}

/// Analyses a plant that `ir::verify` accepts. O(nodes + arrows) for lines with few loops and open
/// choices; see [`traffic`] and [`program`] for what these add.
#[must_use]
pub fn analyse(plant: &Plant) -> Analysis {
    let mut diagnostics = Vec::new();
    requests::check(plant, &mut diagnostics);
    presence::check(plant, &mut diagnostics);
    let capacity = capacity::check(plant, &mut diagnostics);
    means::often_negative(plant, &mut diagnostics);
    let deadlock = deadlock::check(plant, &mut diagnostics);
    Analysis { capacity, deadlock, diagnostics }
}
