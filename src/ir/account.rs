//! What running the plant takes: power and money. Everything here is added up from integer times and
//! counts when a run is over, so that accounts change nothing that happens in it.

use std::collections::BTreeMap;

use crate::base::Rational;

use super::{ItemId, NodeId, PoolId};

/// The states of a machine in the order of every array of states. They exclude each other; where several
/// hold, off comes before maintenance, before down, before the others (semantics Z1).
pub const STATES: [&str; 8] = ["working", "setup", "starved", "blocked", "waiting", "down", "maintenance", "off"];

/// Rates in each of the eight states of a machine, in the order of the results.
pub type ByState = [Rational; 8];

/// Rates in each of the nine things that a vehicle may do, in the order of the results.
pub type ByDoing = [Rational; 9];

/// What a fleet takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetAccount {
    /// Watts of each vehicle.
    pub power: Option<ByDoing>,
    /// Money per second of each vehicle.
    pub cost: Option<ByDoing>,
    /// Money for each trip done.
    pub each: Option<Rational>,
}

/// All accounts of a plant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accounts {
    /// The currency in which it reckons, as first written; absent without any money.
    pub currency: Option<String>,
    /// Of stations and sources.
    pub nodes: BTreeMap<NodeId, NodeAccount>,
    /// Money for each item of a type that a source makes or a station assembles.
    pub items: BTreeMap<ItemId, Rational>,
    /// Money per second of each member that is there.
    pub pools: BTreeMap<PoolId, Rational>,
    /// Of fleets, by index.
    pub fleets: BTreeMap<usize, FleetAccount>,
}

/// What a station or source takes. A source is `working` on shift and `off` else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeAccount {
    /// Watts of each machine.
    pub power: Option<ByState>,
    /// Money per second of each machine.
    pub cost: Option<ByState>,
    /// Money for each end of work of a station, for each item that a source makes.
    pub each: Option<Rational>,
}

impl NodeAccount {
    /// Whether nothing is reckoned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == NodeAccount::default()
    }
}

impl Accounts {
    /// Whether some power is declared.
    #[must_use]
    pub fn with_power(&self) -> bool {
        self.nodes.values().any(|n| n.power.is_some()) || self.fleets.values().any(|f| f.power.is_some())
    }

    /// Whether some cost is declared.
    #[must_use]
    pub fn with_cost(&self) -> bool {
        self.nodes.values().any(|n| n.cost.is_some() || n.each.is_some())
            || !self.items.is_empty()
            || !self.pools.is_empty()
            || self.fleets.values().any(|f| f.cost.is_some() || f.each.is_some())
    }
}
