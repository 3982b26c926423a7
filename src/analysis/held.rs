//! Vehicles that wait loaded where they go (`reserve: no`): all of them can stand there while what would make room
//! waits for one.

use std::collections::BTreeSet;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diag::{Diagnostic, codes};
use crate::ir::{NodeId, NodeKind, Plant, Routing};

use super::deadlock::circles::{leaves, room};
use super::network::{Network, way_out};

/// Whether vehicles that wait loaded can hold up nothing that they wait for; what can is told.
pub(super) fn free(plant: &Plant, network: &Network, found: &mut Vec<Diagnostic>) -> bool {
    if plant.fleets.iter().all(|f| f.keeps_place) {
        return true;
    }
    // Arrows by vehicle: fleet and what they lead to.
    let arrows: Vec<(NodeId, usize, NodeId)> = plant
        .nodes
        .iter()
        .filter_map(|(id, n)| match (&n.kind, &n.routing) {
            (NodeKind::Buffer(b), Some(Routing::To(to))) => b.by.as_ref().map(|m| (id, m.fleet, to.node)),
            _ => None,
        })
        .collect();
    let waits = |fleet: usize| plant.fleets.get(fleet).is_some_and(|f| !f.keeps_place);
    let several = |fleet: usize| waits(fleet) && arrows.iter().filter(|(_, f, _)| *f == fleet).count() > 1;
    let gathers = plant.nodes.values().any(|n| {
        matches!(&n.kind, NodeKind::Station(s)
            if s.recipes.iter().any(|r| !r.takes.is_empty() || r.batch.as_ref().is_some_and(|b| b.minimum > 1)))
    });
    // A part that is brought too early keeps the vehicle from fetching the one that is missing.
    let mut safe = !((gathers || !plant.limits.is_empty()) && (0..plant.fleets.len()).any(several));
    let mut graph: DiGraph<(), (NodeId, NodeId)> = DiGraph::new();
    let index: Vec<NodeIndex> = plant.fleets.iter().map(|_| graph.add_node(())).collect();
    for (_, fleet, to) in arrows.iter().filter(|(_, f, _)| waits(*f)) {
        let behind = full_behind(plant, network, *to);
        for (other, its, _) in arrows.iter().filter(|(_, f, _)| waits(*f)) {
            if let (true, Some(a), Some(b)) = (behind.contains(other), index.get(*fleet), index.get(*its)) {
                graph.add_edge(*a, *b, (*to, *other));
            }
        }
    }
    for part in kosaraju_scc(&graph) {
        let inside = |n: NodeIndex| part.contains(&n);
        let edge = graph.edge_indices().find(|e| graph.edge_endpoints(*e).is_some_and(|(a, b)| inside(a) && inside(b)));
        let Some((fleet, (to, other))) =
            edge.and_then(|e| Some((graph.edge_endpoints(e)?.0.index(), *graph.edge_weight(e)?)))
        else {
            continue;
        };
        safe = false;
        let (Some(fleet), Some(to), Some(other)) =
            (plant.fleets.get(fleet), plant.nodes.get(to), plant.nodes.get(other))
        else {
            continue;
        };
        found.push(
            Diagnostic::new(
                codes::BLOCKING_CYCLE,
                fleet.span,
                format!("all vehicles of `{}` can stand loaded before `{}`, and nothing moves any more", fleet.name, to.name),
            )
            .label("no place is kept where they go")
            .with(to.span, "may have no room")
            .with(other.span, "waits for a vehicle")
            .note(format!(
                "`{}` has room again when what is behind it is fetched at `{}`, and that takes a vehicle which stands loaded",
                to.name, other.name
            ))
            .help("leave `reserve: no` out: then a vehicle is sent only when a place is kept where it goes")
            .help(format!("or give `{}` places without limit before it, or each of the two ways a fleet of its own", to.name)),
        );
    }
    safe
}

/// Nodes that can all be full behind a node, which is one of them; none where it takes whatever comes.
fn full_behind(plant: &Plant, network: &Network, first: NodeId) -> BTreeSet<NodeId> {
    let mut seen = BTreeSet::new();
    let mut open = vec![first];
    while let Some(at) = open.pop() {
        if room(plant, at).is_none() || !seen.insert(at) {
            continue;
        }
        for (_, state) in network.iter().filter(|(_, s)| s.node == at) {
            if let Some(way) = way_out(plant, state) {
                leaves(plant, way, state.item, true, true, &mut |to, _, _, _| open.push(to));
            }
        }
    }
    seen
}
