//! A line that is cut at buffers without limit: what lies before one of them and needs no decisions, a front, runs by
//! recursion, and the rest by events. Nothing that happens behind such a buffer is felt before it, so that a front can
//! run ahead; to the rest its last station is a source from outside.
//!
//! All figures are those of the event kernel, to the last bit (`tests/it/cut.rs`). Start at [`Cut::of`].

use crate::base::Rational;
use crate::ir::expect::{ItemTime, MeasureKind};
use crate::ir::ids::Id;
use crate::ir::{Capacity, NodeId, NodeKind, Plant, Routing, ShiftEnd, Source, Supply};

use super::rank::{self, Neighbours};
use super::read::{Balance, Snapshot};
use super::recursion::front::Front;
use super::recursion::line::{self, Line};
use super::recursion::{Ask, Halt};

/// Most parts of a line that are tried.
const MOST_TRIED: usize = 32;

/// A line cut into fronts and the rest.
pub struct Cut {
    /// The rest: every front is a source from outside.
    pub rest: Plant,
    /// In order of the nodes that are these sources.
    fronts: Vec<Part>,
    /// Which nodes belong to a front.
    within: Vec<bool>,
}

struct Part {
    last: NodeId,
    buffer: NodeId,
    line: Line,
}

impl Cut {
    /// Cuts a line, as far behind as it can be. Cost: O(nodes + arrows).
    ///
    /// # Errors
    /// Why it is run whole, in words.
    pub fn of(plant: &Plant) -> Result<Cut, String> {
        if plant.run.until.is_some() {
            return Err("it ends with an item, not at a time".to_string());
        }
        if plant.measures.iter().any(|m| m.during.is_some()) {
            return Err("an expectation counts during a shift only".to_string());
        }
        if plant.number.is_some() {
            return Err("items have numbers".to_string());
        }
        let edges = rank::edges(plant);
        let nodes = plant.nodes.len();
        let (before, behind) = (Neighbours::before(nodes, &edges), Neighbours::behind(nodes, &edges));
        let sizes = sizes(plant, &before, &behind);
        let mut within = vec![false; nodes];
        let mut fronts: Vec<Part> = Vec::new();
        let mut candidates: Vec<(usize, NodeId, NodeId)> = plant
            .nodes
            .iter()
            .filter(|(id, node)| is_open(plant, *id, &node.kind))
            .filter_map(|(id, _)| match before.of(id) {
                [last] => Some((sizes.get(last.index()).copied().filter(|n| *n > 0)?, *last, id)),
                _ => None,
            })
            .collect();
        candidates.sort_by_key(|(size, _, id)| (std::cmp::Reverse(*size), *id));
        let mut tried = 0;
        for (_, last, buffer) in candidates {
            if within.get(last.index()) == Some(&true) {
                continue;
            }
            tried += 1;
            if tried > MOST_TRIED {
                break;
            }
            let tree = tree(last, &before);
            if tree.iter().any(|id| within.get(id.index()) == Some(&true)) {
                continue;
            }
            let mut own = vec![false; nodes];
            for id in &tree {
                if let Some(place) = own.get_mut(id.index()) {
                    *place = true;
                }
            }
            let Ok(line) = Line::part(plant, &own, buffer) else { continue };
            within.iter_mut().zip(own).for_each(|(all, own)| *all |= own);
            fronts.push(Part { last, buffer, line });
        }
        if fronts.is_empty() {
            return Err("nothing that needs no decisions lies before a buffer without limit".to_string());
        }
        fronts.sort_by_key(|front| front.last);
        let rest = rest(plant, &fronts, &within);
        Ok(Cut { rest, fronts, within })
    }

    /// The buffers at which it is cut.
    pub fn buffers(&self) -> impl Iterator<Item = NodeId> {
        self.fronts.iter().map(|front| front.buffer)
    }

    /// The fronts of a replication at t = 0.
    ///
    /// # Errors
    /// When the event kernel has to run all of it.
    pub fn begin<'a>(&'a self, ask: &'a Ask, look: &'a dyn Fn(f64) -> bool) -> Result<Vec<Front<'a>>, Halt> {
        self.fronts.iter().map(|front| Front::new(&front.line, ask, look)).collect()
    }

    /// The figures of the whole line from those of the rest and of its fronts, all at one instant.
    #[must_use]
    pub fn joined(&self, rest: Snapshot, fronts: Vec<Snapshot>) -> Snapshot {
        let elsewhere = |id: NodeId| self.within.get(id.index()) == Some(&true);
        let mut all = rest;
        // What came from outside came from the fronts.
        let came: u64 = all.sources.iter().filter(|s| elsewhere(s.node)).map(|s| s.made).sum();
        all.events = all.events.saturating_sub(came);
        all.sources.retain(|s| !elsewhere(s.node));
        all.arrivals.retain(|a| !elsewhere(a.node));
        for front in fronts {
            all.events = all.events.saturating_add(front.events);
            all.sources.extend(front.sources);
            all.stations.extend(front.stations);
            all.buffers.extend(front.buffers);
            for (sum, its) in all.balances.iter_mut().zip(&front.balances) {
                add(sum, its);
            }
            all.inside = all.inside.saturating_add(front.inside);
            all.wip_area = all.wip_area.saturating_add(front.wip_area);
        }
        all.sources.sort_by_key(|s| s.node);
        all.stations.sort_by_key(|s| s.node);
        all.buffers.sort_by_key(|b| b.node);
        all
    }
}

/// Adds the balance of a front: what left it is what the rest has as made.
fn add(sum: &mut Balance, front: &Balance) {
    sum.made = sum.made.saturating_sub(front.left).saturating_add(front.made);
    sum.assembled = sum.assembled.saturating_add(front.assembled);
    sum.used = sum.used.saturating_add(front.used);
    sum.inside = sum.inside.saturating_add(front.inside);
    sum.wip_area = sum.wip_area.saturating_add(front.wip_area);
}

/// Whether a node is a buffer that always takes what comes, whatever becomes of it there.
fn is_open(plant: &Plant, id: NodeId, kind: &NodeKind) -> bool {
    let NodeKind::Buffer(b) = kind else { return false };
    let open = b.capacity == Capacity::Unlimited && b.by.is_none() && b.kept.is_empty() && b.initial.is_empty();
    open && plant.limits.values().all(|l| l.from != id)
}

/// Of each node, how many it and all before it are, where they can belong to a front: each decides nothing, nothing
/// outside looks at it, and each gives to one other. Else 0.
fn sizes(plant: &Plant, before: &Neighbours, behind: &Neighbours) -> Vec<usize> {
    let mut outside = vec![false; plant.nodes.len()];
    let mut keep = |id: NodeId| {
        if let Some(place) = outside.get_mut(id.index()) {
            *place = true;
        }
    };
    plant.limits.values().for_each(|l| [l.from, l.to].into_iter().for_each(&mut keep));
    plant.fleets.iter().flat_map(|f| &f.stops).copied().for_each(&mut keep);
    plant.visits.values().map(|v| v.station).for_each(&mut keep);
    plant.routes.iter().flat_map(|r| &r.sources).copied().for_each(&mut keep);
    for measure in &plant.measures {
        if let MeasureKind::Duration(ItemTime::Between(_, from, to), _) = measure.kind {
            [from, to].into_iter().for_each(&mut keep);
        }
    }
    let plain = |id: NodeId| {
        let Some(node) = plant.nodes.get(id) else { return false };
        let carries = |item| plant.items.get(item).is_none_or(|i| !i.attributes.is_empty());
        let goes_on = matches!(&node.routing, Some(Routing::To(target)) if target.visit.is_none());
        outside.get(id.index()) == Some(&false)
            && goes_on
            && behind.of(id).len() == 1
            && !node.items.iter().copied().any(carries)
            && line::decides_nothing(plant, id, node)
    };
    // From the sources on; what lies on a circle is never reached.
    let mut left: Vec<usize> = plant.nodes.ids().map(|id| before.of(id).len()).collect();
    let mut sizes = vec![0; plant.nodes.len()];
    let mut reached: Vec<NodeId> = plant.nodes.ids().filter(|id| before.of(*id).is_empty()).collect();
    let mut next = 0;
    while let Some(id) = reached.get(next).copied() {
        next += 1;
        let source = matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Source(_)));
        let givers = before.of(id).iter().map(|b| sizes.get(b.index()).copied().filter(|n| *n > 0));
        let sum = givers.sum::<Option<usize>>().filter(|n| source || *n > 0);
        if let (Some(sum), Some(place)) = (sum, sizes.get_mut(id.index()))
            && plain(id)
        {
            *place = sum + 1;
        }
        for after in behind.of(id) {
            if let Some(number) = left.get_mut(after.index()) {
                *number -= 1;
                if *number == 0 {
                    reached.push(*after);
                }
            }
        }
    }
    sizes
}

/// A node and all before it.
fn tree(last: NodeId, before: &Neighbours) -> Vec<NodeId> {
    let mut tree = vec![last];
    let mut next = 0;
    while let Some(id) = tree.get(next).copied() {
        next += 1;
        tree.extend(before.of(id));
    }
    tree
}

/// The plant without its fronts: the last station of each is a source from outside, and nothing is left of the others
/// but a place to which nothing leads.
fn rest(plant: &Plant, fronts: &[Part], within: &[bool]) -> Plant {
    let mut rest = plant.clone();
    for (id, _) in plant.nodes.iter() {
        let Some(node) = rest.nodes.get_mut(id).filter(|_| within.get(id.index()) == Some(&true)) else { continue };
        rest.elsewhere.push(id);
        (node.calendar, node.shift_end) = (None, ShiftEnd::default());
        match fronts.iter().find(|front| front.last == id) {
            None => {
                node.kind = NodeKind::Sink;
                node.routing = None;
                node.items.clear();
            }
            Some(front) => {
                let items = front.line.leaving();
                let share = Rational::from(1) / Rational::from(items.len().max(1));
                let mix = items.into_iter().map(|item| (item, share.clone())).collect();
                node.kind = NodeKind::Source(Source { mix, supply: Supply::Outside, ..Source::default() });
            }
        }
    }
    rest
}
