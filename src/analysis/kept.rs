//! Loops with a buffer that keeps places (`reserve`): for what comes round there is a place as long as others
//! leave some free.
//!
//! Whoever comes in from outside leaves so many places free as are kept from it, so that there are never more items
//! in the loop than all its places less these. While that is less than the smallest circle holds, no circle is
//! ever full.

use std::collections::BTreeSet;

use crate::base::Span;
use crate::ir::{Buffer, ItemId, Kept, KeptFor, NodeId, NodeKind, Plant};

use super::deadlock::circles::{leaves, room};
use super::means::is_a;
use super::network::{Network, way_out};

/// Whether a node is a buffer that keeps places.
pub(super) fn keeps(plant: &Plant, id: NodeId) -> bool {
    matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Buffer(b)) if !b.kept.is_empty())
}

/// Places of a buffer that are kept from an item which stands in a node.
pub(super) fn kept_from(plant: &Plant, buffer: &Buffer, from: NodeId, item: ItemId) -> u64 {
    buffer.kept_from(|whom| match whom {
        KeptFor::Item(kind) => is_a(plant, item, *kind),
        KeptFor::From(_, givers) => givers.contains(&from),
    })
}

/// Calls `each` with what leads into a set of nodes: from, item, to.
fn arrows_into(
    plant: &Plant,
    network: &Network,
    inside: &BTreeSet<NodeId>,
    each: &mut dyn FnMut(NodeId, ItemId, NodeId),
) {
    for (_, state) in network.iter() {
        if let Some(way) = way_out(plant, state) {
            leaves(plant, way, state.item, true, true, &mut |to, _, _, _| {
                if inside.contains(&to) {
                    each(state.node, state.item, to);
                }
            });
        }
    }
    for (id, n) in plant.nodes.iter() {
        if let NodeKind::Buffer(Buffer { expired: Some(to), .. }) = &n.kind
            && inside.contains(&to.node)
        {
            n.items.iter().for_each(|item| each(id, *item, to.node));
        }
    }
}

/// Whether what goes round is let into every place, so that a circle that stands is full.
pub(super) fn open_inside(plant: &Plant, network: &Network, inside: &BTreeSet<NodeId>) -> bool {
    let mut open = true;
    arrows_into(plant, network, inside, &mut |from, item, to| {
        if let (true, Some(NodeKind::Buffer(b))) = (inside.contains(&from), plant.nodes.get(to).map(|n| &n.kind)) {
            open &= kept_from(plant, b, from, item) == 0;
        }
    });
    open
}

/// The most items that can be in a loop in which what goes round is let into every place; `None` when what comes in
/// is not held back, or what is inside is more than is counted.
pub(super) fn most_inside(plant: &Plant, network: &Network, inside: &BTreeSet<NodeId>) -> Option<u64> {
    let (mut all, mut begin) = (0u64, 0u64);
    for id in inside {
        match plant.nodes.get(*id).map(|n| &n.kind)? {
            // Batches, joins and products are more items than machines.
            NodeKind::Station(s) if s.recipes.iter().any(|r| r.gathers() || !r.makes.is_empty()) => return None,
            NodeKind::Station(s) => all = all.saturating_add(s.machines),
            NodeKind::Buffer(b) => {
                begin = b.initial.iter().fold(begin, |sum, (_, n)| sum.saturating_add(*n));
                all = all.saturating_add(room(plant, *id)?);
            }
            NodeKind::Conveyor(_) | NodeKind::Source(_) | NodeKind::Sink => return None,
        }
    }
    let mut least = u64::MAX;
    arrows_into(plant, network, inside, &mut |from, item, to| {
        if inside.contains(&from) {
            return;
        }
        least = match plant.nodes.get(to).map(|n| &n.kind) {
            Some(NodeKind::Buffer(b)) => least.min(kept_from(plant, b, from, item)),
            _ => 0,
        };
    });
    (least > 0).then(|| all.saturating_sub(least).max(begin))
}

/// A place kept for what comes back into the only buffer that others come in by, where that frees the loop: what to
/// write.
pub(super) fn would_free(
    plant: &Plant,
    network: &Network,
    inside: &BTreeSet<NodeId>,
    order: &[NodeId],
    places: u64,
) -> Option<String> {
    let anonymous =
        |id: NodeId| matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Buffer(b)) if b.anonymous);
    for (at, id) in order.iter().enumerate() {
        let Some(NodeKind::Buffer(b)) = plant.nodes.get(*id).map(|n| &n.kind) else { continue };
        if b.anonymous || !b.kept.is_empty() || room(plant, *id).is_none_or(|n| n < 2) {
            continue;
        }
        // What comes before it in the circle, and the place of the floor where that begins.
        let mut before = order.iter().take(at).rev().chain(order.iter().skip(at).rev()).copied();
        let giver = before.clone().next()?;
        let from = before.find(|n| !anonymous(*n))?;
        let mut tried = plant.clone();
        if let Some(NodeKind::Buffer(b)) = tried.nodes.get_mut(*id).map(|n| &mut n.kind) {
            b.kept = vec![Kept { places: 1, whom: KeptFor::From(from, vec![giver]), span: Span::default() }];
        }
        if open_inside(&tried, network, inside)
            && most_inside(&tried, network, inside).is_some_and(|most| most < places)
        {
            let name = |id: NodeId| plant.nodes.get(id).map_or("", |n| n.name.as_str());
            return Some(format!(
                "or keep a place of `{}` for what comes back: `reserve: {{ {}: 1 }}`",
                name(*id),
                name(from),
            ));
        }
    }
    None
}
