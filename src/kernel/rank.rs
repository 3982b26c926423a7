//! Orders that are fixed when compiling: settle ranks, names, components of pools.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::base::names::natural_cmp;
use crate::ir::ids::Id;
pub use crate::ir::pool_components;
use crate::ir::{NodeId, NodeKind, Plant, Routing};

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

    /// All nodes by rank.
    pub fn by_rank(&self) -> impl Iterator<Item = NodeId> + use<> {
        let mut nodes = vec![NodeId::new(0); self.ranks.len()];
        for (node, rank) in self.ranks.iter().enumerate() {
            if let Some(place) = nodes.get_mut(*rank) {
                *place = NodeId::new(node);
            }
        }
        nodes.into_iter()
    }

    /// Position of the node's name in natural order.
    #[must_use]
    pub fn name_order(&self, id: NodeId) -> usize {
        self.names.get(id.index()).copied().unwrap_or(0)
    }
}

/// The nodes at the other ends of arrows, by node, in the order of the arrows until they are sorted.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    /// Begin and end of each node's part of the list.
    parts: Vec<(usize, usize)>,
    list: Vec<NodeId>,
}

impl Neighbours {
    /// Where arrows lead to, of so many nodes.
    #[must_use]
    pub fn behind(nodes: usize, edges: &[(NodeId, NodeId)]) -> Neighbours {
        Neighbours::by(nodes, edges.iter().copied())
    }

    /// Where arrows come from, of so many nodes.
    #[must_use]
    pub fn before(nodes: usize, edges: &[(NodeId, NodeId)]) -> Neighbours {
        Neighbours::by(nodes, edges.iter().map(|(from, to)| (*to, *from)))
    }

    fn by(nodes: usize, pairs: impl Iterator<Item = (NodeId, NodeId)> + Clone) -> Neighbours {
        let mut parts = vec![(0, 0); nodes];
        for (at, _) in pairs.clone() {
            if let Some((_, number)) = parts.get_mut(at.index()) {
                *number += 1;
            }
        }
        let mut begin = 0;
        for part in &mut parts {
            let number = part.1;
            *part = (begin, begin);
            begin += number;
        }
        let mut list = vec![NodeId::new(0); begin];
        for (at, other) in pairs {
            let Some((_, end)) = parts.get_mut(at.index()) else { continue };
            if let Some(place) = list.get_mut(*end) {
                *place = other;
            }
            *end += 1;
        }
        Neighbours { parts, list }
    }

    /// Those of a node.
    #[must_use]
    pub fn of(&self, id: NodeId) -> &[NodeId] {
        let (begin, end) = self.parts.get(id.index()).copied().unwrap_or((0, 0));
        self.list.get(begin..end).unwrap_or_default()
    }

    /// Sorts those of each node, and keeps one of those that are the same.
    pub fn sort(&mut self, order: &mut impl FnMut(&NodeId, &NodeId) -> std::cmp::Ordering) {
        for (begin, end) in &mut self.parts {
            let Some(list) = self.list.get_mut(*begin..*end).filter(|list| list.len() > 1) else { continue };
            list.sort_by(&mut *order);
            let mut kept = 1;
            for i in 1..list.len() {
                if list.get(i) != list.get(kept - 1) {
                    list.swap(i, kept);
                    kept += 1;
                }
            }
            *end = *begin + kept;
        }
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
    let mut edges = Vec::with_capacity(plant.nodes.len());
    for (id, node) in plant.nodes.iter() {
        match &node.routing {
            Some(Routing::To(target)) => edges.push((id, target.node)),
            way => edges.extend(way.iter().flat_map(Routing::targets).map(|t| (id, t.node))),
        }
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

/// Of each node, the longest way to a node that leads nowhere; `None` when some way leads back.
fn distances(n: usize, before: &Neighbours, behind: &Neighbours) -> Option<Vec<usize>> {
    let mut left: Vec<usize> = (0..n).map(|i| behind.of(NodeId::new(i)).len()).collect();
    let mut known: Vec<usize> = (0..n).filter(|i| behind.of(NodeId::new(*i)).is_empty()).collect();
    let mut distance = vec![0usize; n];
    let mut at = 0;
    while let Some(node) = known.get(at).copied() {
        at += 1;
        let next = distance.get(node)? + 1;
        for from in before.of(NodeId::new(node)) {
            let longest = distance.get_mut(from.index())?;
            *longest = next.max(*longest);
            let rest = left.get_mut(from.index())?;
            *rest -= 1;
            if *rest == 0 {
                known.push(from.index());
            }
        }
    }
    (known.len() == n).then_some(distance)
}

/// Of each node, the longest way to a sink on the condensation of the flow graph.
fn condensed_distances(n: usize, behind: &Neighbours) -> Vec<usize> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(n, n);
    for _ in 0..n {
        graph.add_node(());
    }
    for from in 0..n {
        for to in behind.of(NodeId::new(from)) {
            graph.add_edge(NodeIndex::new(from), NodeIndex::new(to.index()), ());
        }
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
    component.iter().map(|c| distance.get(*c).copied().unwrap_or(0)).collect()
}

/// Ranks and name positions of all nodes, from those before and behind each. O(arrows + nodes log nodes).
#[must_use]
pub fn order(plant: &Plant, before: &Neighbours, behind: &Neighbours) -> Order {
    let n = plant.nodes.len();
    let distance = distances(n, before, behind).unwrap_or_else(|| condensed_distances(n, behind));
    let mut by_name: Vec<usize> = (0..n).collect();
    let former: Vec<_> = plant.nodes.values().map(|node| plant.renamed.before(&node.name)).collect();
    let name = |i: usize| former.get(i).map_or("", |name| &**name);
    by_name.sort_by(|a, b| natural_cmp(name(*a), name(*b)));
    let mut names = vec![0; n];
    for (position, i) in by_name.iter().enumerate() {
        if let Some(place) = names.get_mut(*i) {
            *place = position + 1;
        }
    }
    let depth = |i: usize| distance.get(i).copied().unwrap_or(0);
    // The next rank of each distance: ranks go by distance, and by name among equal ones.
    let mut next = vec![0; distance.iter().max().map_or(0, |most| most + 2)];
    for i in 0..n {
        if let Some(number) = next.get_mut(depth(i) + 1) {
            *number += 1;
        }
    }
    let mut begin = 0;
    for number in &mut next {
        begin += *number;
        *number = begin;
    }
    let mut ranks = vec![0; n];
    for i in by_name {
        if let (Some(place), Some(rank)) = (ranks.get_mut(i), next.get_mut(depth(i))) {
            *place = *rank;
            *rank += 1;
        }
    }
    Order { ranks, names }
}
