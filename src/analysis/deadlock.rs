//! Circular waits.

use crate::diag::Diagnostic;
use crate::ir::Plant;

/// Whether a line can lock up, and how that was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The answer.
    pub verdict: VerdictKind,
    /// What decided it; absent when unknown.
    pub decided_by: Option<DecidedBy>,
    /// States searched, when a search decided.
    pub states: Option<u64>,
    /// The shortest way into the deadlock, a sentence a step.
    pub trace: Option<Vec<String>>,
}

/// Answers to "can it lock up?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictKind {
    /// It cannot.
    Free,
    /// It can, or does.
    Deadlock,
    /// Not decided.
    Unknown,
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// The shape of the flow.
    Structure,
    /// A proof over the state equation.
    Proof,
    /// A search through the states.
    Search,
}

pub(super) fn check(_plant: &Plant, _found: &mut Vec<Diagnostic>) -> Verdict {
    Verdict { verdict: VerdictKind::Unknown, decided_by: None, states: None, trace: None }
}
