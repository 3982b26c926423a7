//! The whole plant: item types, nodes, resources, statements about it, and how to run it.

use crate::base::{Dim, Quantity, Rational, Span, Ticks};

use super::{
    Calendar, CalendarId, Expression, IdVec, ItemId, Limit, LimitId, Node, NodeId, Pool, PoolId, Route, SharedStop,
    Visit, VisitId,
};

/// One line with everything that belongs to it. Ids are indices into its vectors.
#[derive(Clone, Debug, Default)]
pub struct Plant {
    /// The name of the line.
    pub name: String,
    /// Where the name is declared.
    pub span: Span,
    /// Before the brace that ends it: where more can be written.
    pub end: Span,
    /// Names of what can be set from outside, as `--set` takes them.
    pub parameters: Vec<String>,
    /// Former names of what was renamed.
    pub renamed: super::Renamed,
    /// Item types.
    pub items: IdVec<ItemId, ItemType>,
    /// What items carry: names and dimensions, shared by all types that have an attribute of the name.
    pub attributes: Vec<(String, Dim)>,
    /// The attribute that holds the running number of an item among those of its source, where some value reads it.
    pub number: Option<usize>,
    /// The names of the values of attributes that have some, by their index; values count from 1.
    pub value_names: Vec<(usize, Vec<String>)>,
    /// Sources, stations, buffers (named and anonymous), conveyors, sinks.
    pub nodes: IdVec<NodeId, Node>,
    /// Nodes that are run elsewhere, as when only a part of a line is run: what they do is not known here. In order.
    pub elsewhere: Vec<NodeId>,
    /// Routes of item types that have one.
    pub routes: Vec<Route>,
    /// All visits of all routes.
    pub visits: IdVec<VisitId, Visit>,
    /// Names of visits, each once.
    pub steps: Vec<String>,
    /// Crews, tools.
    pub pools: IdVec<PoolId, Pool>,
    /// Fleets of vehicles.
    pub fleets: Vec<super::Fleet>,
    /// `limit wip` and `pallets`.
    pub limits: IdVec<LimitId, Limit>,
    /// Breakdowns and maintenance that stop several stations at once, sources, or members of pools.
    pub stops: Vec<SharedStop>,
    /// Shift patterns.
    pub calendars: IdVec<CalendarId, Calendar>,
    /// Power and money.
    pub accounts: super::account::Accounts,
    /// What the line has to make.
    pub demands: Vec<Demand>,
    /// What is expected of it.
    pub expectations: Vec<super::expect::Expectation>,
    /// What expectations measure.
    pub measures: Vec<super::expect::Measure>,
    /// How it is simulated unless the command line says otherwise.
    pub run: RunSettings,
}

/// A kind of thing that flows.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemType {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// The type it goes for (`is: Body`).
    pub is: Option<ItemId>,
    /// Mass of one, if given.
    pub mass: Option<Quantity>,
    /// Metres of belt that one takes, if given.
    pub length: Option<Rational>,
    /// What each item carries.
    pub attributes: Vec<Attribute>,
}

/// A value that each item of a type carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Its dimension; yes/no values are numbers 0 and 1.
    pub dim: Dim,
    /// Index into the attributes of the plant.
    pub slot: usize,
    /// Its value at birth, if given.
    pub default: Option<Expression>,
}

/// `demand Case: 120 /h at warehouse`.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// The item wanted.
    pub item: ItemId,
    /// Items per second of calendar time (or of `during`).
    pub rate: Rational,
    /// Where they are to arrive; absent: at any sink.
    pub at: Option<NodeId>,
    /// Counts only while this shift is on.
    pub during: Option<CalendarId>,
    /// The whole statement.
    pub span: Span,
}

/// `run { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSettings {
    /// Simulated time, warm-up included.
    pub horizon: Option<Ticks>,
    /// Time before anything is measured.
    pub warmup: Ticks,
    /// The warm-up is found from the runs (`warmup: auto`); `warmup` is 0 then.
    pub find_warmup: bool,
    /// Independent replications.
    pub runs: u64,
    /// Seed of all random streams.
    pub seed: u64,
    /// Stops a replication when enough has arrived.
    pub until: Option<Until>,
    /// Runs are added until each of these is known as well as is asked.
    pub precision: Vec<Precision>,
    /// The `run` block, or the line's name when there is none.
    pub span: Span,
}

impl Default for RunSettings {
    fn default() -> Self {
        Self {
            horizon: None,
            warmup: Ticks(0),
            find_warmup: false,
            runs: 1,
            seed: 1,
            until: None,
            precision: Vec::new(),
            span: Span::default(),
        }
    }
}

/// `until: 10000 at warehouse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Until {
    /// Items counted after warm-up.
    pub count: u64,
    /// Where they arrive.
    pub at: NodeId,
    /// Those that arrive within the warm-up are counted too.
    pub from_start: bool,
}

/// `precision: { throughput(out): 1 % }`: how well a figure is to be known.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// Which figure.
    pub of: Measure,
    /// Half width of its confidence interval over its mean, at most.
    pub within: Rational,
    /// Where it is written.
    pub span: Span,
}

/// A figure of a run that a precision can be asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Items that leave through a sink, or through all, over time.
    Throughput(Option<NodeId>),
    /// Mean time in the system of an item type, or of all that leaves.
    TimeInSystem(Option<ItemId>),
    /// Mean number of items inside.
    Wip,
}

impl Plant {
    /// Whether a node is run elsewhere. O(log of their number).
    #[must_use]
    pub fn is_elsewhere(&self, id: NodeId) -> bool {
        self.elsewhere.binary_search(&id).is_ok()
    }

    /// Breakdowns and maintenance that stop a node together with others, or as no station's own.
    pub fn shared_stops(&self, id: NodeId) -> impl Iterator<Item = &SharedStop> {
        self.stops.iter().filter(move |s| s.stops_node(id))
    }

    /// Whether an item type is another or one of its kinds. O(depth of kinds).
    #[must_use]
    pub fn is_a(&self, item: ItemId, wanted: ItemId) -> bool {
        let mut at = Some(item);
        for _ in 0..=self.items.len() {
            match at {
                Some(id) if id == wanted => return true,
                Some(id) => at = self.items.get(id).and_then(|t| t.is),
                None => return false,
            }
        }
        false
    }
}
