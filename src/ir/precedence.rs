//! Who is next.

use super::{Expression, NodeId};

/// Rules in turn: each decides only between those that all before it hold equal. What is equal by all goes
/// by the time it has been ready.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Precedence {
    /// The rules.
    pub rules: Vec<PrecedenceRule>,
    /// Values are found anew at each choice, not once on entry.
    pub dynamic: bool,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub enum PrecedenceRule {
    /// First ready, first served.
    Fifo,
    /// Last ready, first served.
    Lifo,
    /// Shortest mean work at the station.
    Shortest,
    /// Longest mean work at the station.
    Longest,
    /// Items for which the machine is set up.
    SameSetup,
    /// Items that come from the node.
    First(NodeId),
    /// Lowest value first.
    Lowest(Expression),
    /// Highest value first.
    Highest(Expression),
}
