//! What is expected of the line, to be held against simulated runs.

use crate::base::{Dim, Span};

use super::{Binary, CalendarId, ItemId, LimitId, NodeId, PoolId};

/// `expect output: throughput(warehouse) >= 115 /h`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Its name; its text where none is given.
    pub name: String,
    /// The whole statement.
    pub span: Span,
    /// What is expected, as written.
    pub text: String,
    /// What is measured in each run, in base units.
    pub figure: Reckoned,
    /// Its dimension.
    pub dim: Dim,
    /// What it should be.
    pub bound: Bound,
    /// The unit in which the figure is told, and its size in base units.
    pub unit: (String, f64),
}

/// A value of one run: measures and arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub enum Reckoned {
    /// A fixed value.
    Constant(f64),
    /// A measure of the plant, by index.
    Measure(usize),
    /// Arithmetic of two.
    Binary(Binary, Box<Reckoned>, Box<Reckoned>),
}

impl Reckoned {
    /// Whether some measure is in it.
    #[must_use]
    pub fn measures(&self) -> bool {
        match self {
            Reckoned::Constant(_) => false,
            Reckoned::Measure(_) => true,
            Reckoned::Binary(_, a, b) => a.measures() || b.measures(),
        }
    }
}

/// What a figure should be, in base units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// `>=`
    AtLeast(f64),
    /// `>`
    Above(f64),
    /// `<=`
    AtMost(f64),
    /// `<`
    Below(f64),
    /// `in a..b`, both ends included.
    Within(f64, f64),
}

/// Something measured in each run.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What.
    pub kind: MeasureKind,
    /// Counts only while this shift is on.
    pub during: Option<CalendarId>,
}

/// What can be measured.
#[derive(Clone, Debug, PartialEq)]
pub enum MeasureKind {
    /// Items per time: that arrive at a sink, that leave a buffer, ends of work of a station. At a sink
    /// of one type only, where given.
    Throughput(NodeId, Option<ItemId>),
    /// Mean number of items in the line; of a type and its kinds, where given.
    Wip(Option<ItemId>),
    /// Mean number of items in a buffer.
    Level(NodeId),
    /// Highest number of items in a buffer.
    HighestLevel(NodeId),
    /// Mean stay of the items that left a buffer.
    Wait(NodeId),
    /// Share of time that machines of a station are in one of the states, by its number.
    State(NodeId, usize),
    /// Share of the time on shift and not under maintenance that machines are not down.
    Availability(NodeId),
    /// Items scrapped at a station, per time.
    ScrappedAt(NodeId),
    /// Items of a type and its kinds that are scrapped anywhere, per time.
    Scrapped(ItemId),
    /// Items lost at a source, per time.
    LostAt(NodeId),
    /// Items of a type and its kinds that are lost at sources, per time.
    Lost(ItemId),
    /// Items of which the longest stay in a buffer was over, per time.
    Expired(NodeId),
    /// Share of the time on shift in which machines work.
    Utilisation(NodeId),
    /// Share of the members' time in use.
    PoolUtilisation(PoolId),
    /// Share of the time of the vehicles of a fleet, by its index, that they are at work: neither idle nor down.
    FleetUtilisation(usize),
    /// Cards of a limit, or pallets, with items and on their way back, on average: the first, and how many, one
    /// for each item with a count of its own.
    CardsInUse(LimitId, u64),
    /// The same as a share of all.
    CardUtilisation(LimitId, u64),
    /// Overall equipment effectiveness.
    Oee(NodeId),
    /// Energy of the line for each item of a type that leaves it.
    EnergyPer(ItemId),
    /// Money for each item of a type that leaves the line.
    CostPer(ItemId),
    /// A duration of each item, over all items.
    Duration(ItemTime, Statistic),
}

/// A duration that each item of a type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemTime {
    /// From birth to leaving; of every type where none is given.
    InSystem(Option<ItemId>),
    /// Leaving minus the attribute with this index: negative when early.
    Lateness(ItemId, usize),
    /// From entering one node to entering another.
    Between(ItemId, NodeId, NodeId),
}

/// What is said about the durations of all items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Their mean.
    Mean,
    /// The shortest.
    Least,
    /// The longest.
    Most,
    /// A quantile.
    Quantile(f64),
    /// The share of those up to so many ticks, or of all others.
    Share {
        /// Ticks.
        at_most: i64,
        /// All others.
        others: bool,
    },
}
