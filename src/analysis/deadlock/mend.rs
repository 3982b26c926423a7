//! What keeps a line from locking up, as far as the checker proves that it does: a few more places in one
//! buffer, or limits, the largest that suffice.

use std::collections::BTreeSet;

use crate::ir::{Capacity, Limit, NodeId, NodeKind, Plant};
use crate::net::{Answer, Effort, Question, decide};

use super::kinds::Kinds;
use super::{lower, waits};

/// What one trial may cost.
const EFFORT: Effort = Effort { cases: 400, states: 30_000 };
/// Trials for one part.
const TRIALS: usize = 40;
/// Steps of a net for which limits are tried.
const SIZE: usize = 120;
/// Cards of the largest limit that is tried, and places of the largest buffer.
const CARDS: u64 = 64;
/// Buffers that are tried.
const BUFFERS: usize = 8;

/// What was proved to help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mend {
    /// Limits to be written into the line, each as its declaration, which together suffice.
    pub limits: Vec<String>,
    /// Buffers of which each suffices with so many places.
    pub places: Vec<(NodeId, u64)>,
}

/// What was found to help with a part, the cheapest to try first; `None` where nothing was.
pub(super) fn find(plant: &Plant, kinds: &Kinds, part: &BTreeSet<NodeId>, steps: usize) -> Option<Mend> {
    if steps > SIZE {
        return None;
    }
    let places = raised(plant, part);
    let limits = limits(plant, kinds, part).unwrap_or_default();
    (!places.is_empty() || !limits.is_empty()).then_some(Mend { limits, places })
}

/// Buffers that suffice with a place or two more, or twice as many.
fn raised(plant: &Plant, part: &BTreeSet<NodeId>) -> Vec<(NodeId, u64)> {
    let mut found = Vec::new();
    let buffers = part.iter().filter_map(|id| match plant.nodes.get(*id).map(|n| &n.kind) {
        Some(NodeKind::Buffer(b)) if b.by.is_none() && !b.hands_over() => match b.capacity {
            Capacity::Places(n) => Some((*id, n)),
            Capacity::Unlimited => None,
        },
        _ => None,
    });
    for (id, places) in buffers.take(BUFFERS) {
        let mut more: Vec<u64> = [places + 1, places + 2, places * 2].into_iter().filter(|n| *n <= CARDS).collect();
        more.dedup();
        let helps = |n: &u64| {
            let mut tried = plant.clone();
            if let Some(NodeKind::Buffer(b)) = tried.nodes.get_mut(id).map(|n| &mut n.kind) {
                b.capacity = Capacity::Places(*n);
            }
            is_free(&tried, part)
        };
        found.extend(more.into_iter().find(helps).map(|n| (id, n)));
    }
    found
}

/// The least restrictive limits found with which a part cannot lock up: one for each way into it, from where items
/// come in to where they leave the line. `None` where none suffices.
fn limits(plant: &Plant, kinds: &Kinds, part: &BTreeSet<NodeId>) -> Option<Vec<String>> {
    let to = plant.nodes.iter().find(|(_, n)| n.kind == NodeKind::Sink).map(|(id, _)| id)?;
    let mut trials = TRIALS;
    for from in [entry(plant, kinds, part).map(|e| vec![e]), Some(sources(plant, kinds, part))].into_iter().flatten() {
        let held = |counts: &[u64]| {
            let mut tried = plant.clone();
            for (at, (from, count)) in from.iter().zip(counts).enumerate() {
                let name = format!("limit {at}");
                tried.limits.push(Limit { name, count: *count, from: *from, to, ..Limit::default() });
            }
            tried
        };
        let mut safe = |counts: &[u64]| {
            trials = trials.checked_sub(1)?;
            Some(is_free(&held(counts), part))
        };
        if from.is_empty() || from.len() > 6 {
            continue;
        }
        // The largest equal numbers: doubled while they do, then halved in between.
        let all = |n: u64| vec![n; from.len()];
        if !safe(&all(1))? {
            continue;
        }
        let (mut good, mut bad) = (1, CARDS + 1);
        while bad - good > 1 {
            let next = if bad > CARDS { (good * 2).min(CARDS) } else { u64::midpoint(good, bad) };
            match safe(&all(next)) {
                Some(true) if next == CARDS => break,
                Some(true) => good = next,
                Some(false) => bad = next,
                None => break,
            }
        }
        let mut counts = all(good);
        for at in 0..counts.len() {
            if counts.len() < 2 {
                break;
            }
            loop {
                let mut more = counts.clone();
                if let Some(n) = more.get_mut(at).filter(|n| **n < CARDS) {
                    *n += 1;
                }
                if more == counts || safe(&more) != Some(true) {
                    break;
                }
                counts = more;
            }
        }
        return Some(written(plant, &from, &counts, to));
    }
    None
}

fn written(plant: &Plant, from: &[NodeId], counts: &[u64], to: NodeId) -> Vec<String> {
    let name = |id: NodeId| plant.nodes.get(id).map_or("", |n| n.name.as_str());
    let mut taken: BTreeSet<String> = plant.nodes.values().map(|n| n.name.clone()).collect();
    taken.extend(plant.limits.values().map(|l| l.name.clone()));
    taken.extend(plant.pools.values().map(|p| p.name.clone()));
    taken.extend(plant.items.values().map(|i| i.name.clone()));
    let mut found = Vec::new();
    for (at, (from, count)) in from.iter().zip(counts).enumerate() {
        let mut own = if counts.len() == 1 { "wip".to_string() } else { format!("wip_{}", at + 1) };
        while !taken.insert(own.clone()) {
            own.push('_');
        }
        found.push(format!("limit {own} {{ count: {count}, from: {}, to: {} }}", name(*from), name(to)));
    }
    found
}

/// Whether nothing around a part can lock up.
fn is_free(plant: &Plant, part: &BTreeSet<NodeId>) -> bool {
    let kinds = Kinds::of(plant);
    let mut own = part.clone();
    own.extend(plant.limits.iter().map(|(_, l)| l.from));
    waits::parts(plant, &kinds).iter().filter(|p| !p.is_disjoint(&own)).all(|p| {
        let Ok(lowered) = lower::lower(plant, &kinds, p) else { return false };
        matches!(decide(&lowered.net, Question::Stuck, EFFORT), Answer::Proved(_) | Answer::Exhausted(_))
    })
}

/// The only node by which items come into a part, where it has a name.
fn entry(plant: &Plant, kinds: &Kinds, part: &BTreeSet<NodeId>) -> Option<NodeId> {
    let mut found = BTreeSet::new();
    for kind in part.iter().flat_map(|n| kinds.at(*n)) {
        let node = kinds.get(*kind)?.node;
        let before = kinds.before.get(*kind)?;
        let comes = before.iter().filter_map(|(k, _, _)| kinds.get(*k)).any(|k| {
            !part.contains(&k.node) || matches!(plant.nodes.get(k.node).map(|n| &n.kind), Some(NodeKind::Source(_)))
        });
        if comes {
            found.insert(node);
        }
    }
    let [only] = found.into_iter().collect::<Vec<NodeId>>()[..] else { return None };
    let named = match plant.nodes.get(only).map(|n| &n.kind) {
        Some(NodeKind::Buffer(b)) => !b.anonymous,
        Some(NodeKind::Station(s)) => s.recipes.iter().all(|r| !r.gathers()),
        Some(NodeKind::Conveyor(_)) => true,
        _ => false,
    };
    named.then_some(only)
}

/// Sources from which items come into a part, in order.
fn sources(plant: &Plant, kinds: &Kinds, part: &BTreeSet<NodeId>) -> Vec<NodeId> {
    let mut work: Vec<usize> = part.iter().flat_map(|n| kinds.at(*n)).copied().collect();
    let mut seen: BTreeSet<usize> = work.iter().copied().collect();
    let mut found = BTreeSet::new();
    while let Some(at) = work.pop() {
        if let Some(kind) = kinds.get(at)
            && matches!(plant.nodes.get(kind.node).map(|n| &n.kind), Some(NodeKind::Source(_)))
        {
            found.insert(kind.node);
        }
        for (from, _, _) in kinds.before.get(at).into_iter().flatten() {
            if seen.insert(*from) {
                work.push(*from);
            }
        }
    }
    found.into_iter().collect()
}
