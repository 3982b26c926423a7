//! A line that is cut at buffers without limit: what lies before one of them and needs no decisions, a front, runs by
//! recursion, and so does what lies behind one, a tail, and the rest by events. Nothing that happens behind such a buffer
//! is felt before it, so that a front can run ahead, and a tail behind; to the rest the last station of a front is a
//! source from outside, and the buffer of a tail a sink.
//!
//! All figures are those of the event kernel, to the last bit (`tests/it/cut.rs`). Start at [`Cut::of`].

use crate::base::Rational;
use crate::ir::expect::{ItemTime, MeasureKind, Statistic};
use crate::ir::ids::Id;
use crate::ir::{Capacity, NodeId, NodeKind, Plant, Routing, ShiftEnd, Source, Supply};

use super::rank::{self, Neighbours};
use super::read::{Balance, Snapshot};
use super::recursion::front::Front;
use super::recursion::line::{self, Line};
use super::recursion::tail::Tail;
use super::recursion::{Ask, Halt};

/// Most parts of a line that are tried.
const MOST_TRIED: usize = 32;

/// A line cut into fronts, tails and the rest.
pub struct Cut {
    /// The rest: every front is a source from outside, every tail a sink.
    pub rest: Plant,
    /// In order of the nodes that are these sources.
    fronts: Vec<Part>,
    tails: Vec<Part>,
    /// Which nodes belong to a front or a tail.
    within: Vec<bool>,
}

struct Part {
    /// The node that stands for it in the rest.
    at: NodeId,
    /// The buffer without limit.
    buffer: NodeId,
    line: Line,
}

/// The parts of a replication, at work.
pub struct Parts<'a> {
    /// In the order in which the rest takes what comes from outside.
    pub fronts: Vec<Front<'a>>,
    /// By the index of the node at which items come to it.
    pub tails: Vec<(i64, Tail<'a>)>,
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
        let ways = Ways { before: Neighbours::before(nodes, &edges), behind: Neighbours::behind(nodes, &edges) };
        let own = own(plant);
        let mut within = vec![false; nodes];
        let fronts = fronts(plant, &ways, &own, &mut within);
        let tails = if measured_there(plant) { tails(plant, &ways, &own, &mut within) } else { Vec::new() };
        if fronts.is_empty() && tails.is_empty() {
            return Err("nothing that needs no decisions lies before or behind a buffer without limit".to_string());
        }
        let rest = rest(plant, &fronts, &tails, &within);
        Ok(Cut { rest, fronts, tails, within })
    }

    /// Whether some of the line runs behind the rest, so that what items do is not all seen there.
    #[must_use]
    pub fn has_tails(&self) -> bool {
        !self.tails.is_empty()
    }

    /// The buffers before which it runs by recursion.
    pub fn before(&self) -> impl Iterator<Item = NodeId> {
        self.fronts.iter().map(|front| front.buffer)
    }

    /// The buffers from which on it does.
    pub fn behind(&self) -> impl Iterator<Item = NodeId> {
        self.tails.iter().map(|tail| tail.buffer)
    }

    /// The parts of a replication at t = 0.
    ///
    /// # Errors
    /// When the event kernel has to run all of it.
    pub fn begin<'a>(&'a self, ask: &'a Ask, look: &'a dyn Fn(f64) -> bool) -> Result<Parts<'a>, Halt> {
        let fronts = self.fronts.iter().map(|front| Front::new(&front.line, ask, look)).collect::<Result<_, _>>()?;
        let tail = |tail: &'a Part| {
            let at = i64::try_from(tail.at.index()).map_err(|_| Halt::Beyond)?;
            Ok((at, Tail::new(&tail.line, ask, look)?))
        };
        Ok(Parts { fronts, tails: self.tails.iter().map(tail).collect::<Result<_, Halt>>()? })
    }

    /// The figures of the whole line from those of the rest, its fronts and its tails, all at one instant.
    #[must_use]
    pub fn joined(&self, rest: Snapshot, fronts: Vec<Snapshot>, tails: Vec<Snapshot>) -> Snapshot {
        let elsewhere = |id: NodeId| self.within.get(id.index()) == Some(&true);
        let mut all = rest;
        // What came from outside came from the fronts.
        let came: u64 = all.sources.iter().filter(|s| elsewhere(s.node)).map(|s| s.made).sum();
        all.events = all.events.saturating_sub(came);
        all.sources.retain(|s| !elsewhere(s.node));
        let gone: u64 = all.arrivals.iter().filter(|a| elsewhere(a.node)).map(|a| a.count).sum();
        all.arrivals.retain(|a| !elsewhere(a.node));
        let balance = |snapshots: &[Snapshot], of: fn(&Balance) -> u64| -> u64 {
            snapshots.iter().flat_map(|s| &s.balances).map(of).sum()
        };
        debug_assert_eq!(came, balance(&fronts, |b| b.left), "what left the fronts has come");
        debug_assert_eq!(gone, balance(&tails, |b| b.made), "what has gone came to the tails");
        for mut front in fronts {
            all.sources.append(&mut front.sources);
            // What left it is what the rest has as made.
            add(&mut all, front, |sum, its| sum.made = sum.made.saturating_sub(its.left).saturating_add(its.made));
        }
        for mut tail in tails {
            all.arrivals.append(&mut tail.arrivals);
            // What came to it is what the rest has as left.
            add(&mut all, tail, |sum, its| sum.left = sum.left.saturating_sub(its.made).saturating_add(its.left));
        }
        all.arrivals.sort_by_key(|a| (a.node, a.item));
        all.sources.sort_by_key(|s| s.node);
        all.stations.sort_by_key(|s| s.node);
        all.buffers.sort_by_key(|b| b.node);
        all
    }
}

/// Adds the figures of a part, all but those at its end where items go between it and the rest: these by `between`.
fn add(all: &mut Snapshot, part: Snapshot, between: fn(&mut Balance, &Balance)) {
    all.events = all.events.saturating_add(part.events);
    all.stations.extend(part.stations);
    all.buffers.extend(part.buffers);
    for (sum, its) in all.balances.iter_mut().zip(&part.balances) {
        between(sum, its);
        sum.assembled = sum.assembled.saturating_add(its.assembled);
        sum.used = sum.used.saturating_add(its.used);
        sum.inside = sum.inside.saturating_add(its.inside);
        sum.wip_area = sum.wip_area.saturating_add(its.wip_area);
    }
    all.inside = all.inside.saturating_add(part.inside);
    all.wip_area = all.wip_area.saturating_add(part.wip_area);
}

/// Whether a node is a buffer that always takes what comes, whatever becomes of it there.
fn is_open(plant: &Plant, id: NodeId, kind: &NodeKind) -> bool {
    let NodeKind::Buffer(b) = kind else { return false };
    let open = b.capacity == Capacity::Unlimited && b.by.is_none() && b.kept.is_empty() && b.initial.is_empty();
    open && plant.limits.values().all(|l| l.from != id)
}

/// Who gives to whom.
struct Ways {
    before: Neighbours,
    behind: Neighbours,
}

/// Whether all that is measured of single items is known of tails too.
fn measured_there(plant: &Plant) -> bool {
    plant.measures.iter().all(|m| match m.kind {
        MeasureKind::Duration(ItemTime::InSystem(_), statistic) => !matches!(statistic, Statistic::Share { .. }),
        MeasureKind::Duration(..) => false,
        _ => true,
    })
}

/// Of each node, whether it decides nothing, nothing looks at the items there, and it gives to one other, or is a sink.
/// Expressions that read it are found when the rest is laid out.
fn own(plant: &Plant) -> Vec<bool> {
    let mut own = vec![true; plant.nodes.len()];
    let mut not = |id: NodeId| {
        if let Some(place) = own.get_mut(id.index()) {
            *place = false;
        }
    };
    plant.limits.values().for_each(|l| [l.from, l.to].into_iter().for_each(&mut not));
    plant.fleets.iter().flat_map(|f| &f.stops).copied().for_each(&mut not);
    plant.visits.values().map(|v| v.station).for_each(&mut not);
    plant.routes.iter().flat_map(|r| &r.sources).copied().for_each(&mut not);
    for measure in &plant.measures {
        if let MeasureKind::Duration(ItemTime::Between(_, from, to), _) = measure.kind {
            [from, to].into_iter().for_each(&mut not);
        }
    }
    for ((id, node), place) in plant.nodes.iter().zip(&mut own) {
        let goes_on = match &node.routing {
            Some(Routing::To(target)) => target.visit.is_none(),
            Some(_) => false,
            None => node.kind == NodeKind::Sink,
        };
        *place = *place && goes_on && (node.kind == NodeKind::Sink || line::decides_nothing(plant, id, node));
    }
    own
}

/// The fronts, as far behind as they go, in order of their last stations.
fn fronts(plant: &Plant, ways: &Ways, own: &[bool], within: &mut [bool]) -> Vec<Part> {
    let sizes = sizes_of_fronts(plant, ways, own);
    let candidates = plant.nodes.iter().filter(|(id, node)| is_open(plant, *id, &node.kind));
    let candidates = candidates.filter_map(|(id, _)| match ways.before.of(id) {
        [last] => Some((sizes.get(last.index()).copied().filter(|n| *n > 0)?, *last, id)),
        _ => None,
    });
    let tree = |last: NodeId| all_from(last, |id| ways.before.of(id));
    let part = |nodes: &[bool], _: NodeId, buffer: NodeId| Line::part(plant, nodes, buffer);
    let mut fronts = chosen(candidates.collect(), tree, part, within);
    fronts.sort_by_key(|front| front.at);
    fronts
}

/// The tails, from as far in front as they go.
fn tails(plant: &Plant, ways: &Ways, own: &[bool], within: &mut [bool]) -> Vec<Part> {
    let sizes = sizes_of_tails(plant, ways, own);
    let candidates = plant.nodes.iter().filter(|(id, node)| is_open(plant, *id, &node.kind));
    // A rule may look at how many items are there, and cards come back only where items leave.
    let ruled = ruled(plant);
    let carded = carded(plant, ways);
    let free = |id: NodeId| !ruled.contains(&id) && carded.get(id.index()) == Some(&false);
    let candidates = candidates.filter(|(id, _)| free(*id)).filter_map(|(id, _)| {
        let size = sizes.get(id.index()).copied().filter(|n| *n > 0)?;
        Some((size, id, id))
    });
    let row = |first: NodeId| all_from(first, |id| ways.behind.of(id));
    let part = |nodes: &[bool], at: NodeId, _: NodeId| Line::tail(plant, nodes, at);
    chosen(candidates.collect(), row, part, within)
}

/// Of each node, whether items may bring a card or a pallet there: it lies behind the beginning of a limit, on a way that
/// does not lead over its end.
fn carded(plant: &Plant, ways: &Ways) -> Vec<bool> {
    let mut carded = vec![false; plant.nodes.len()];
    for limit in plant.limits.values() {
        let mut seen = vec![false; plant.nodes.len()];
        let mut next = vec![limit.from];
        while let Some(id) = next.pop() {
            match seen.get_mut(id.index()) {
                Some(place) if !*place => *place = true,
                _ => continue,
            }
            if id != limit.to {
                next.extend(ways.behind.of(id));
            }
        }
        carded.iter_mut().zip(seen).for_each(|(all, its)| *all |= its);
    }
    carded
}

/// Nodes among which rules choose.
fn ruled(plant: &Plant) -> Vec<NodeId> {
    fn add(way: &Routing, found: &mut Vec<NodeId>) {
        match way {
            Routing::To(_) => {}
            Routing::Shares(list, _) => list.iter().for_each(|(_, way)| add(way, found)),
            Routing::ByItem(list, others, _) => {
                list.iter().for_each(|(_, way)| add(way, found));
                others.iter().for_each(|way| add(way, found));
            }
            Routing::If(list, others, _) => {
                list.iter().for_each(|(_, way)| add(way, found));
                add(others, found);
            }
            Routing::Rule(..) => found.extend(way.targets().iter().map(|target| target.node)),
        }
    }
    let mut found = Vec::new();
    rank::routings(plant).for_each(|way| add(way, &mut found));
    found
}

/// Of candidates (how large, the node that stands for it, the buffer) the largest that do not overlap.
fn chosen(
    mut candidates: Vec<(usize, NodeId, NodeId)>,
    nodes: impl Fn(NodeId) -> Vec<NodeId>,
    part: impl Fn(&[bool], NodeId, NodeId) -> Result<Line, String>,
    within: &mut [bool],
) -> Vec<Part> {
    candidates.sort_by_key(|(size, _, buffer)| (std::cmp::Reverse(*size), *buffer));
    let mut parts = Vec::new();
    let mut tried = 0;
    for (_, at, buffer) in candidates {
        if within.get(at.index()) == Some(&true) {
            continue;
        }
        tried += 1;
        if tried > MOST_TRIED {
            break;
        }
        let nodes = nodes(at);
        if nodes.iter().any(|id| within.get(id.index()) == Some(&true)) {
            continue;
        }
        let mut own = vec![false; within.len()];
        for id in &nodes {
            if let Some(place) = own.get_mut(id.index()) {
                *place = true;
            }
        }
        let Ok(line) = part(&own, at, buffer) else { continue };
        within.iter_mut().zip(own).for_each(|(all, own)| *all |= own);
        parts.push(Part { at, buffer, line });
    }
    parts
}

/// Of each node, how many it and all before it are, where they can belong to a front. Else 0.
fn sizes_of_fronts(plant: &Plant, ways: &Ways, own: &[bool]) -> Vec<usize> {
    let Ways { before, behind } = ways;
    let plain = |id: NodeId| {
        let carries = |item| plant.items.get(item).is_none_or(|i| !i.attributes.is_empty());
        let carry = plant.nodes.get(id).is_none_or(|n| n.items.iter().copied().any(carries));
        own.get(id.index()) == Some(&true) && behind.of(id).len() == 1 && !carry
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

/// Of each node, how many it and all behind it are, where they can belong to a tail: they stand in a row up to a sink.
/// Else 0.
fn sizes_of_tails(plant: &Plant, ways: &Ways, own: &[bool]) -> Vec<usize> {
    let mut sizes = vec![0; plant.nodes.len()];
    for (sink, _) in plant.nodes.iter().filter(|(_, n)| n.kind == NodeKind::Sink) {
        let (mut at, mut size) = (sink, 1);
        // Up to where several ways meet or part, or something has to be decided.
        while own.get(at.index()) == Some(&true) && ways.behind.of(at).len() <= 1 {
            if let Some(place) = sizes.get_mut(at.index()) {
                *place = size;
            }
            match ways.before.of(at) {
                [one] => (at, size) = (*one, size + 1),
                _ => break,
            }
        }
    }
    sizes
}

/// A node and all that lie on one side of it.
fn all_from<'a>(first: NodeId, side: impl Fn(NodeId) -> &'a [NodeId]) -> Vec<NodeId> {
    let mut all = vec![first];
    let mut next = 0;
    while let Some(id) = all.get(next).copied() {
        next += 1;
        all.extend(side(id));
    }
    all
}

/// The plant without its fronts and tails: the last station of a front is a source from outside, the buffer of a tail a
/// sink, and nothing is left of all others but a place to which nothing comes. Where tails lead to decides how far it is
/// to a sink, by which ties are decided, and is kept.
fn rest(plant: &Plant, fronts: &[Part], tails: &[Part], within: &[bool]) -> Plant {
    let mut rest = plant.clone();
    for (id, _) in plant.nodes.iter() {
        let Some(node) = rest.nodes.get_mut(id).filter(|_| within.get(id.index()) == Some(&true)) else { continue };
        rest.elsewhere.push(id);
        (node.calendar, node.shift_end) = (None, ShiftEnd::default());
        if let Some(front) = fronts.iter().find(|front| front.at == id) {
            let items = front.line.leaving();
            let share = Rational::from(1) / Rational::from(items.len().max(1));
            let mix = items.into_iter().map(|item| (item, share.clone())).collect();
            node.kind = NodeKind::Source(Source { mix, supply: Supply::Outside, ..Source::default() });
            continue;
        }
        node.kind = NodeKind::Sink;
        if !tails.iter().any(|tail| tail.at == id) {
            node.items.clear();
        }
    }
    rest
}
