//! Who can wait for whom: parts of a plant in which nodes can wait for each other. Everything else moves on
//! by itself.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::ir::{Capacity, LimitId, NodeId, NodeKind, Plant};

use super::kinds::Kinds;
use super::people;

/// Sets of nodes that can wait for each other, each in order, by their first node. O(kinds × arrows).
pub(super) fn parts(plant: &Plant, kinds: &Kinds) -> Vec<BTreeSet<NodeId>> {
    let mut edges: BTreeSet<(NodeId, NodeId)> = BTreeSet::new();
    let mut before: BTreeMap<NodeId, BTreeSet<NodeId>> = BTreeMap::new();
    let mut holders: BTreeMap<LimitId, BTreeSet<NodeId>> = BTreeMap::new();
    let mut takers: BTreeMap<LimitId, BTreeSet<NodeId>> = BTreeMap::new();
    for kind in kinds.all.keys() {
        for (limit, _) in &kind.cards {
            holders.entry(*limit).or_default().insert(kind.node);
        }
    }
    for (at, kind) in kinds.all.keys().enumerate() {
        let ways = kinds.ways.get(at).into_iter().flatten().flatten();
        for onward in ways.chain(kinds.expire.get(&at)) {
            let Some(to) = kinds.get(onward.kind) else { continue };
            before.entry(to.node).or_default().insert(kind.node);
            if waits(plant, to.node) {
                edges.insert((kind.node, to.node));
            }
            for (limit, _) in to.cards.iter().filter(|(l, _)| !kind.cards.iter().any(|(own, _)| own == l)) {
                takers.entry(*limit).or_default().insert(kind.node);
                edges.extend(holders.get(limit).into_iter().flatten().map(|holder| (kind.node, *holder)));
            }
        }
        // A source that takes a card when it makes an item waits for those who hold one.
        if matches!(plant.nodes.get(kind.node).map(|n| &n.kind), Some(NodeKind::Source(_))) {
            for (limit, _) in &kind.cards {
                takers.entry(*limit).or_default().insert(kind.node);
                edges.extend(holders.get(limit).into_iter().flatten().map(|holder| (kind.node, *holder)));
            }
        }
    }
    // What gathers waits for what is to come, and so on up to the sources.
    let mut work: Vec<NodeId> = kinds.gathers.keys().copied().collect();
    let mut seen: BTreeSet<NodeId> = work.iter().copied().collect();
    while let Some(at) = work.pop() {
        for from in before.get(&at).into_iter().flatten() {
            edges.insert((at, *from));
            if seen.insert(*from) {
                work.push(*from);
            }
        }
    }
    // Who needs people that somebody keeps while an item is blocked waits for that item.
    for pool in &kinds.kept {
        let all: Vec<NodeId> =
            plant.nodes.iter().map(|(id, _)| id).filter(|id| people::asks(plant, *id, *pool)).collect();
        for keeper in all.iter().filter(|id| people::keeps(plant, **id)) {
            edges.extend(all.iter().map(|waits| (*waits, *keeper)));
        }
    }
    loop {
        let found = components(plant, &edges);
        // Where who waits for a card and who holds one belong together, all who hold one do: some have to come back
        // to give it back.
        let before = edges.len();
        for (limit, takers) in &takers {
            let Some(holders) = holders.get(limit) else { continue };
            if found.iter().any(|part| !part.is_disjoint(takers) && !part.is_disjoint(holders)) {
                edges.extend(takers.iter().flat_map(|t| holders.iter().map(move |h| (*h, *t))));
            }
        }
        if edges.len() == before {
            return found;
        }
    }
}

fn components(plant: &Plant, edges: &BTreeSet<(NodeId, NodeId)>) -> Vec<BTreeSet<NodeId>> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(plant.nodes.len(), edges.len());
    for _ in 0..plant.nodes.len() {
        graph.add_node(());
    }
    for (from, to) in edges {
        graph.add_edge(NodeIndex::new(from.0 as usize), NodeIndex::new(to.0 as usize), ());
    }
    let mut found: Vec<BTreeSet<NodeId>> = kosaraju_scc(&graph)
        .into_iter()
        .map(|part| part.iter().filter_map(|i| u32::try_from(i.index()).ok()).map(NodeId).collect())
        .filter(|part: &BTreeSet<NodeId>| part.len() > 1 || part.iter().any(|n| edges.contains(&(*n, *n))))
        .collect();
    found.sort_by_key(|part| part.first().copied());
    found
}

/// Whether an item can have to wait before it comes to a node.
fn waits(plant: &Plant, id: NodeId) -> bool {
    match plant.nodes.get(id).map(|n| &n.kind) {
        Some(NodeKind::Station(_) | NodeKind::Conveyor(_)) => true,
        Some(NodeKind::Buffer(buffer)) => {
            // Where items are scrapped after a while, there is room again after a while.
            let drains = buffer.max_stay.is_some() && buffer.expired.is_none();
            matches!(buffer.capacity, Capacity::Places(_)) && !drains
        }
        Some(NodeKind::Source(_) | NodeKind::Sink) | None => false,
    }
}
