//! Who can end it when a machine is starved, blocked or waiting (semantics Z2): its inputs and the limits that begin
//! at it, its outputs, its pools. The layout and the reading of results list them in the same order.
//!
//! Where only one can, nothing is counted: all of the time is its. Where several can, each machine has a
//! `causes` record; the time spent in a state since it was last charged goes to what ended it.

use crate::base::names::natural_cmp;
use crate::ir::{LimitId, NodeId, NodeKind, Plant, PoolId};

use super::rank::{self, Neighbours};

/// Givers and takers of all nodes, by name.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    givers: Neighbours,
    takers: Neighbours,
}

impl Causes {
    /// Looks at every arrow. O(arrows log arrows).
    #[must_use]
    pub fn of(plant: &Plant) -> Causes {
        let (n, edges) = (plant.nodes.len(), rank::edges(plant));
        Causes::by(plant, Neighbours::before(n, &edges), Neighbours::behind(n, &edges))
    }

    /// The same from the nodes before and behind each node.
    pub(super) fn by(plant: &Plant, before: Neighbours, behind: Neighbours) -> Causes {
        let name = |id: &NodeId| plant.nodes.get(*id).map_or("".into(), |n| plant.renamed.before(&n.name));
        let mut by_name = |a: &NodeId, b: &NodeId| natural_cmp(&name(a), &name(b)).then(a.cmp(b));
        let mut causes = Causes { givers: before, takers: behind };
        causes.givers.sort(&mut by_name);
        causes.takers.sort(&mut by_name);
        causes
    }

    /// Nodes that give to this one.
    #[must_use]
    pub fn givers(&self, id: NodeId) -> &[NodeId] {
        self.givers.of(id)
    }

    /// Nodes that take from this one.
    #[must_use]
    pub fn takers(&self, id: NodeId) -> &[NodeId] {
        self.takers.of(id)
    }
}

/// The limits that begin at a station, by name: while they have no card left, they keep it starved.
#[must_use]
pub fn limits_of(plant: &Plant, id: NodeId) -> Vec<LimitId> {
    if plant.limits.is_empty() {
        return Vec::new();
    }
    let station = matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Station(_)));
    let mut limits: Vec<(&str, LimitId)> =
        plant.limits.iter().filter(|(_, l)| station && l.from == id).map(|(at, l)| (l.name.as_str(), at)).collect();
    limits.sort_by(|a, b| natural_cmp(a.0, b.0).then(a.1.cmp(&b.1)));
    limits.into_iter().map(|(_, at)| at).collect()
}

/// The pools that the work of a station may ask for, by name.
#[must_use]
pub fn pools_of(plant: &Plant, id: NodeId) -> Vec<PoolId> {
    if plant.pools.is_empty() {
        return Vec::new();
    }
    let Some(NodeKind::Station(s)) = plant.nodes.get(id).map(|n| &n.kind) else { return Vec::new() };
    let phases = s.recipes.iter().flat_map(|r| &r.phases).flat_map(|p| &p.needs);
    let setups = s.setup.iter().filter_map(|s| s.needs.as_deref()).flatten();
    let visits = plant.visits.values().filter(|v| v.station == id).flat_map(crate::ir::Visit::needs);
    let mut pools: Vec<PoolId> = phases.chain(setups).chain(visits).filter(|n| n.count > 0).map(|n| n.pool).collect();
    let name = |id: &PoolId| plant.pools.get(*id).map_or(String::new(), |p| plant.renamed.former(&p.name));
    pools.sort_by(|a, b| natural_cmp(&name(a), &name(b)).then(a.cmp(b)));
    pools.dedup();
    pools
}
