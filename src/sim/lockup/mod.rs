//! Finds out whether a run can still go on: who waits for whom, who may yet move, and a circle of those
//! that never will (semantics D9).
//!
//! Everything that can wait is one vertex: nodes, machines that hold something, crews, limits. A vertex
//! waits for groups of others: it may go on when of every group at least one may. What has an event
//! ahead may go on; all that may not after that has spread is stuck for ever. Doubt counts as "may go
//! on", so that a line is never called locked that is not.
//!
//! `gather` finds who waits for whom; what follows from it is here. It changes nothing. Start at [`look`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::base::words::time;
use crate::base::{Span, Ticks};
use crate::diag::{Diagnostic, codes};
use crate::ir::ids::Id;
use crate::ir::{ItemId, LimitId, NodeId, NodeKind, Plant, PoolId};
use crate::kernel::builder::Field;
use crate::kernel::layout::{TREE_AT, header, item, source, tree, vehicle};
use crate::kernel::model::Model;
use crate::kernel::read::{lanes_of, machines_of};
use crate::kernel::status::NEVER;
use crate::kernel::{Arena, Run, rank};

mod gather;
mod parts;

/// Whether a run can go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Prospect {
    /// Something may still happen.
    Moving,
    /// Nothing will ever happen again, for all is done or parts have run out.
    Done,
    /// Items wait for each other for ever.
    Locked(Box<Diagnostic>),
}

/// Most facts told in one finding.
const FACTS: usize = 12;

/// Looks at a settled run. Cost: O(nodes + machines + arrows), and items where a limit has no card left
/// or an assembly lacks parts.
#[must_use]
pub fn look(model: &Model, plant: &Plant, run: &Run) -> Prospect {
    let mut graph = Waits::new(model, plant, run);
    graph.gather();
    graph.spread();
    graph.verdict()
}

/// One that can wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Node(NodeId),
    Machine(NodeId),
    Pool(PoolId),
    Limit(LimitId),
    /// The vehicles of a fleet that keeps no places.
    Fleet(usize),
    /// One of them.
    Vehicle(usize),
}

#[derive(Clone, Debug)]
struct Vertex {
    who: Who,
    record: i64,
    /// May still go on.
    live: bool,
    /// Has nothing to do with the end of the line: a sink.
    sink: bool,
    /// Holds an item, or people, that want to go on.
    holds: bool,
    groups: Vec<Vec<usize>>,
    since: i64,
    fact: Option<String>,
}

struct Waits<'a> {
    model: &'a Model,
    plant: &'a Plant,
    arena: &'a Arena,
    vertices: Vec<Vertex>,
    by_record: BTreeMap<i64, usize>,
    upstream: Vec<Vec<NodeId>>,
}

impl<'a> Waits<'a> {
    fn new(model: &'a Model, plant: &'a Plant, run: &'a Run) -> Self {
        let mut waits = Waits {
            model,
            plant,
            arena: run.arena(),
            vertices: Vec::new(),
            by_record: BTreeMap::new(),
            upstream: vec![Vec::new(); plant.nodes.len()],
        };
        for ((id, n), record) in plant.nodes.iter().zip(&model.places.nodes) {
            let sink = n.kind == NodeKind::Sink;
            let at = waits.vertices.len();
            waits.vertex(Who::Node(id), *record, sink);
            waits.by_record.extend(lanes_of(model, id).map(|its_lane| (its_lane, at)));
        }
        for (id, record) in plant.pools.ids().zip(&model.places.pools) {
            waits.vertex(Who::Pool(id), *record, false);
        }
        for (id, record) in plant.limits.ids().zip(&model.places.limits) {
            waits.vertex(Who::Limit(id), *record, false);
        }
        for (number, (record, first, size)) in model.places.fleets.iter().enumerate() {
            if plant.fleets.get(number).is_some_and(|f| !f.keeps_place) {
                waits.vertex(Who::Fleet(number), *record, false);
                for v in 0..*size {
                    let bytes = 8 * i64::try_from(vehicle::WORDS).unwrap_or(0);
                    let at = first.saturating_add(i64::try_from(v).unwrap_or(0).saturating_mul(bytes));
                    waits.vertex(Who::Vehicle(number), at, false);
                }
            }
        }
        for (id, n) in plant.nodes.iter() {
            if matches!(n.kind, NodeKind::Station(_)) {
                for record in machines_of(model, id) {
                    waits.vertex(Who::Machine(id), record, false);
                }
            }
        }
        for (from, to) in rank::edges(plant) {
            if let Some(list) = waits.upstream.get_mut(to.index()) {
                list.push(from);
            }
        }
        waits
    }

    fn vertex(&mut self, who: Who, record: i64, sink: bool) {
        self.by_record.insert(record, self.vertices.len());
        let (groups, fact) = (Vec::new(), None);
        self.vertices.push(Vertex { who, record, live: sink, sink, holds: false, groups, since: 0, fact });
    }

    fn get(&self, record: i64, field: Field) -> i64 {
        // What a short record has not is not used.
        if self.model.places.has(record, field) { self.arena.get(record, field) } else { 0 }
    }

    fn revive(&mut self, at: usize) {
        if let Some(v) = self.vertices.get_mut(at) {
            v.live = true;
        }
    }

    /// Whether the slot has a time.
    fn pending(&self, slot: i64) -> bool {
        let leaves = 1i64.checked_shl(self.model.shapes.tree_depth).unwrap_or(0);
        let leaf = i64::from(TREE_AT).saturating_add(leaves.saturating_add(slot).saturating_mul(16));
        self.get(leaf, tree::KEY) < NEVER
    }

    fn node_name(&self, id: NodeId) -> &'a str {
        self.plant.nodes.get(id).map_or("", |n| n.name.as_str())
    }

    fn type_of(&self, at: i64) -> Option<ItemId> {
        usize::try_from(self.get(at, item::TYPE)).ok().map(ItemId::new)
    }

    fn type_name(&self, at: i64) -> &'a str {
        self.type_of(at).and_then(|t| self.plant.items.get(t)).map_or("item", |t| t.name.as_str())
    }

    /// Whether an item type goes for another.
    fn is_a(&self, kind: ItemId, wanted: ItemId) -> bool {
        let mut at = Some(kind);
        for _ in 0..=self.plant.items.len() {
            match at {
                Some(id) if id == wanted => return true,
                Some(id) => at = self.plant.items.get(id).and_then(|t| t.is),
                None => return false,
            }
        }
        false
    }

    // ---- what follows ----

    /// Whoever waits only for what may go on may go on.
    fn spread(&mut self) {
        let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); self.vertices.len()];
        for (at, v) in self.vertices.iter().enumerate() {
            for to in v.groups.iter().flatten() {
                if let Some(list) = waiting.get_mut(*to) {
                    list.push(at);
                }
            }
        }
        let mut queue: VecDeque<usize> = (0..self.vertices.len()).filter(|v| self.live(*v)).collect();
        while let Some(at) = queue.pop_front() {
            for other in waiting.get(at).into_iter().flatten() {
                let Some(v) = self.vertices.get(*other) else { continue };
                if !v.live && v.groups.iter().all(|g| g.iter().any(|to| self.live(*to))) {
                    self.revive(*other);
                    queue.push_back(*other);
                }
            }
        }
    }

    fn live(&self, at: usize) -> bool {
        self.vertices.get(at).is_some_and(|v| v.live)
    }

    fn verdict(&self) -> Prospect {
        let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
        for (at, v) in self.vertices.iter().enumerate().filter(|(_, v)| !v.live) {
            for to in v.groups.iter().flatten().filter(|to| !self.live(**to)) {
                graph.add_edge(at, *to, ());
            }
        }
        let mut circles: Vec<Vec<usize>> = kosaraju_scc(&graph);
        circles.retain(|c| c.len() > 1 || c.iter().any(|v| graph.contains_edge(*v, *v)));
        let first = circles.iter().filter_map(|c| c.iter().min().map(|m| (*m, c))).min_by_key(|(m, _)| *m);
        if let Some((start, members)) = first {
            return Prospect::Locked(Box::new(self.finding(&self.circle(start, members))));
        }
        let moving = self.vertices.iter().any(|v| v.live && !v.sink);
        if moving {
            return Prospect::Moving;
        }
        let stuck: Vec<usize> = (0..self.vertices.len())
            .filter(|v| {
                self.vertices.get(*v).is_some_and(|v| v.holds && !v.live && v.fact.is_some() && !self.is_buffer(v.who))
            })
            .collect();
        if stuck.is_empty() || self.some_source_is_exhausted() {
            return Prospect::Done;
        }
        Prospect::Locked(Box::new(self.finding(&stuck)))
    }

    fn is_buffer(&self, who: Who) -> bool {
        match who {
            Who::Node(id) => {
                matches!(self.plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_)))
            }
            _ => false,
        }
    }

    fn some_source_is_exhausted(&self) -> bool {
        self.plant.nodes.iter().zip(&self.model.places.nodes).any(|((_, n), record)| match &n.kind {
            NodeKind::Source(s) => {
                s.total.is_some_and(|t| self.get(*record, source::MADE) >= i64::try_from(t).unwrap_or(i64::MAX))
            }
            _ => false,
        })
    }

    /// A shortest circle through `start` within its component, in order of waiting.
    fn circle(&self, start: usize, members: &[usize]) -> Vec<usize> {
        let inside: BTreeSet<usize> = members.iter().copied().collect();
        let mut before: BTreeMap<usize, usize> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            let Some(v) = self.vertices.get(at) else { continue };
            for to in v.groups.iter().flatten().filter(|to| inside.contains(to)) {
                if *to == start {
                    let mut path = vec![at];
                    let mut back = at;
                    while let Some(previous) = before.get(&back).copied() {
                        path.push(previous);
                        back = previous;
                    }
                    path.reverse();
                    return path;
                }
                if *to != start && !before.contains_key(to) {
                    before.insert(*to, at);
                    queue.push_back(*to);
                }
            }
        }
        vec![start]
    }

    fn span_of(&self, who: Who) -> Span {
        match who {
            Who::Node(id) | Who::Machine(id) => self.plant.nodes.get(id).map(|n| n.span),
            Who::Pool(id) => self.plant.pools.get(id).map(|p| p.span),
            Who::Limit(id) => self.plant.limits.get(id).map(|l| l.span),
            Who::Fleet(f) | Who::Vehicle(f) => self.plant.fleets.get(f).map(|f| f.span),
        }
        .unwrap_or_default()
    }

    fn finding(&self, stuck: &[usize]) -> Diagnostic {
        let members: Vec<&Vertex> = stuck.iter().filter_map(|v| self.vertices.get(*v)).collect();
        let told: Vec<&&Vertex> = members.iter().filter(|v| v.fact.is_some()).collect();
        // Where all stands still, the last move is the latest; else only how long each has waited is known.
        let moving = self.vertices.iter().any(|v| v.live && !v.sink);
        let last_move = if moving { 0 } else { self.get(0, header::PROGRESS) };
        let when = members.iter().map(|v| v.since).fold(last_move, i64::max);
        let what = match told.as_slice() {
            [] => "items wait for each other".to_string(),
            [only] => only.fact.clone().unwrap_or_default(),
            [first, ..] => format!("{}, and so on in a circle", first.fact.clone().unwrap_or_default()),
        };
        let what = if self.is_circle(stuck) { what } else { what.replace(", and so on in a circle", "") };
        let span = told.first().map_or(self.plant.span, |v| self.span_of(v.who));
        let message = format!("the line locked up at {}: {what}", time(Ticks(when).seconds()));
        let mut found = Diagnostic::new(codes::LOCKED_UP, span, message).label("waits for ever");
        let mut spans = vec![span];
        for v in told.iter().take(FACTS) {
            let fact = v.fact.clone().unwrap_or_default();
            let its = self.span_of(v.who);
            if !spans.contains(&its) {
                spans.push(its);
                found = found.with(its, "waits in the same circle");
            }
            found = found.note(fact);
        }
        if told.len() > FACTS {
            found = found.note(format!("and {} more", told.len().saturating_sub(FACTS)));
        }
        found.help(
            "give one buffer of the circle more places, or limit the items in the circle to fewer than its places",
        )
    }

    fn is_circle(&self, stuck: &[usize]) -> bool {
        let pair = stuck.last().zip(stuck.first());
        pair.is_some_and(|(last, first)| {
            self.vertices.get(*last).is_some_and(|v| v.groups.iter().flatten().any(|to| to == first))
        })
    }
}
