//! Where items come from: what is right before a node, and the places of the floor behind the arrows.

use crate::ir::{NodeId, NodeKind, Plant, Routing};

/// Nodes from which items come to a node directly.
pub(super) fn sources_of(plant: &Plant, to: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    for (id, node) in plant.nodes.iter() {
        if node.routing.iter().flat_map(Routing::targets).any(|t| t.node == to) {
            found.push(id);
        }
    }
    for visit in plant.visits.values() {
        if visit.next.targets().iter().any(|t| t.node == to) {
            found.push(visit.station);
        }
    }
    for route in &plant.routes {
        if route.start.targets().iter().any(|t| t.node == to) {
            found.extend(&route.sources);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The places of the floor from which items come to a node, through the places on arrows; `before` names what is
/// right before a node.
pub(super) fn origins(plant: &Plant, to: NodeId, before: impl Fn(NodeId) -> Vec<NodeId>) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut seen = vec![to];
    let mut open = vec![to];
    while let Some(at) = open.pop() {
        for from in before(at) {
            match plant.nodes.get(from).map(|n| &n.kind) {
                Some(NodeKind::Buffer(b)) if b.anonymous => {
                    if !seen.contains(&from) {
                        seen.push(from);
                        open.push(from);
                    }
                }
                _ if found.contains(&from) => {}
                _ => found.push(from),
            }
        }
    }
    found
}
