//! Orders that are fixed when compiling: settle ranks, names, components of pools.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::base::names::natural_cmp;
use crate::ir::ids::Id;
pub use crate::ir::pool_components;
use crate::ir::{NodeId, NodeKind, Plant};

/// Settle ranks and positions by name.
#[derive(Clone, Debug, Default)]
pub struct Order {
    ranks: Vec<usize>,
    names: Vec<usize>,
}

impl Order {
    /// The settle rank: 0 is settled first. A permutation of the nodes: longest distance to a sink on
    /// the condensation of the flow graph, then name (semantics T5).
    #[must_use]
    pub fn rank(&self, id: NodeId) -> usize {
        self.ranks.get(id.index()).copied().unwrap_or(0)
    }

    /// Position of the node's name in natural order.
    #[must_use]
    pub fn name_order(&self, id: NodeId) -> usize {
        self.names.get(id.index()).copied().unwrap_or(0)
    }
}

/// All routings of a plant.
pub fn routings(plant: &Plant) -> impl Iterator<Item = &crate::ir::Routing> {
    let nodes = plant.nodes.values().filter_map(|n| n.routing.as_ref());
    nodes.chain(plant.visits.values().map(|v| &v.next)).chain(plant.routes.iter().map(|r| &r.start))
}

/// All direct ways from node to node, in the order of the plant.
#[must_use]
pub fn edges(plant: &Plant) -> Vec<(NodeId, NodeId)> {
    let mut edges = Vec::new();
    for (id, node) in plant.nodes.iter() {
        edges.extend(node.routing.iter().flat_map(crate::ir::Routing::targets).map(|t| (id, t.node)));
        if let NodeKind::Buffer(b) = &node.kind {
            edges.extend(b.expired.map(|t| (id, t.node)));
        }
    }
    for (_, visit) in plant.visits.iter() {
        edges.extend(visit.next.targets().into_iter().map(|t| (visit.station, t.node)));
    }
    for route in &plant.routes {
        let targets = route.start.targets();
        edges.extend(route.sources.iter().flat_map(|s| targets.iter().map(|t| (*s, t.node))));
    }
    edges
}

/// Ranks and name positions of all nodes. O((nodes + arrows) log nodes).
#[must_use]
pub fn order(plant: &Plant) -> Order {
    let n = plant.nodes.len();
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(n, n);
    for _ in 0..n {
        graph.add_node(());
    }
    for (from, to) in edges(plant) {
        graph.add_edge(NodeIndex::new(from.index()), NodeIndex::new(to.index()), ());
    }
    // Components come sinks first, so that every way out of one leads to those already measured.
    let mut component = vec![0usize; n];
    let components = kosaraju_scc(&graph);
    for (c, members) in components.iter().enumerate() {
        for m in members {
            if let Some(place) = component.get_mut(m.index()) {
                *place = c;
            }
        }
    }
    let mut distance = vec![0usize; components.len()];
    for (c, members) in components.iter().enumerate() {
        let mut longest = 0;
        for m in members {
            for to in graph.neighbors(*m) {
                let other = component.get(to.index()).copied().unwrap_or(c);
                if other != c {
                    longest = longest.max(distance.get(other).copied().unwrap_or(0) + 1);
                }
            }
        }
        if let Some(place) = distance.get_mut(c) {
            *place = longest;
        }
    }
    let mut by_name: Vec<usize> = (0..n).collect();
    let former: Vec<String> = plant.nodes.values().map(|node| plant.renamed.former(&node.name)).collect();
    let name = |i: usize| former.get(i).map_or("", String::as_str);
    by_name.sort_by(|a, b| natural_cmp(name(*a), name(*b)));
    let mut names = vec![0; n];
    for (position, i) in by_name.iter().enumerate() {
        if let Some(place) = names.get_mut(*i) {
            *place = position + 1;
        }
    }
    let depth = |i: usize| component.get(i).and_then(|c| distance.get(*c)).copied().unwrap_or(0);
    let mut by_rank = by_name;
    by_rank.sort_by_key(|i| depth(*i));
    let mut ranks = vec![0; n];
    for (rank, i) in by_rank.iter().enumerate() {
        if let Some(place) = ranks.get_mut(*i) {
            *place = rank;
        }
    }
    Order { ranks, names }
}
