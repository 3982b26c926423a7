//! Lints with numbers: what a text says that works, and is probably not meant. Each is proved from the text, for the
//! rates of the card and for the highest rates that the line can hold; none needs a run.
//!
//! [`tight`] looks at what limits the line, [`machines`] at machines too many, [`places`] at places that are never
//! used, [`shifts`] at neighbours whose shifts differ, [`batches`] at loads that gather too slowly, [`variation`]
//! ranks where variation comes from. Start at [`check`].

mod batches;
mod machines;
mod places;
mod shifts;
mod tight;
mod variation;

use num_traits::Zero;

use crate::base::Rational;
use crate::diag::{Diagnostic, codes};
use crate::ir::{Node, NodeId, NodeKind, Part, Routing, Supply};

use super::capacity::{Capacity, Model, Point};
use super::load::{Resource, What};
use super::network::Term;

/// What all lints look at.
struct Facts<'a> {
    model: &'a Model<'a>,
    /// Rates of the card: at the demand, or what the sources give, or the most the line can hold.
    point: Option<&'a Point>,
    /// The rates at which most arrives, for each sink.
    most: &'a [Point],
    /// By node: those that lead to it, and those that it leads to.
    before: Vec<Vec<NodeId>>,
    behind: Vec<Vec<NodeId>>,
    /// By node: its resource as a station.
    stations: Vec<Option<usize>>,
    /// By node: states of the network in which items come to it.
    states: Vec<Vec<usize>>,
    /// By node: whether routes visit it.
    visited: Vec<bool>,
    /// Nodes from which items come several at once, or not all the time.
    clumps: Vec<NodeId>,
}

impl<'a> Facts<'a> {
    fn of(model: &'a Model<'a>, point: Option<&'a Point>, most: &'a [Point]) -> Facts<'a> {
        let n = model.plant.nodes.len();
        let (mut before, mut behind) = (vec![Vec::new(); n], vec![Vec::new(); n]);
        let visits = model.plant.visits.values().map(|v| (v.station, Some(&v.next)));
        let nodes = model.plant.nodes.iter().map(|(id, n)| (id, n.routing.as_ref()));
        let starts = model.plant.routes.iter().flat_map(|r| r.sources.iter().map(|s| (*s, Some(&r.start))));
        for (from, way) in nodes.chain(visits).chain(starts) {
            for target in way.into_iter().flat_map(Routing::targets) {
                if let Some(list) = before.get_mut(target.node.0 as usize) {
                    push_new(list, from);
                }
                if let Some(list) = behind.get_mut(from.0 as usize) {
                    push_new(list, target.node);
                }
            }
        }
        let mut stations = vec![None; n];
        for (at, resource) in model.resources.iter().enumerate() {
            if let What::Station(id) = resource.what
                && let Some(slot) = stations.get_mut(id.0 as usize)
            {
                *slot = Some(at);
            }
        }
        let mut states = vec![Vec::new(); n];
        for (at, state) in model.network.iter().filter(|(_, s)| !s.departs) {
            if let Some(list) = states.get_mut(state.node.0 as usize) {
                list.push(at);
            }
        }
        let mut visited = vec![false; n];
        for visit in model.plant.visits.values() {
            if let Some(slot) = visited.get_mut(visit.station.0 as usize) {
                *slot = true;
            }
        }
        let clumps = model.plant.nodes.iter().filter(|(_, n)| gives_several(n)).map(|(id, _)| id).collect();
        Facts { model, point, most, before, behind, stations, states, visited, clumps }
    }

    fn resource(&self, id: NodeId) -> Option<&'a Resource> {
        self.model.resources.get((*self.stations.get(id.0 as usize)?)?)
    }

    fn is_visited(&self, id: NodeId) -> bool {
        self.visited.get(id.0 as usize).copied().unwrap_or(false)
    }

    fn before(&self, id: NodeId) -> &[NodeId] {
        self.before.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    fn behind(&self, id: NodeId) -> &[NodeId] {
        self.behind.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// Items per second that come to a node.
    fn rate(&self, id: NodeId, point: &Point) -> Rational {
        let states = self.states.get(id.0 as usize).into_iter().flatten();
        states.fold(Rational::zero(), |sum, at| sum + self.model.rate(Term::State(*at), point))
    }

    /// The load of a resource at the card and at the most that each sink can get: the highest.
    fn highest_load(&self, resource: &Resource) -> Option<Rational> {
        let points = self.point.into_iter().chain(self.most);
        points.map(|p| self.model.load(resource, p)).try_fold(Rational::zero(), |most, load| Some(most.max(load?)))
    }

    fn kind(&self, id: NodeId) -> Option<&'a NodeKind> {
        self.model.plant.nodes.get(id).map(|n| &n.kind)
    }
}

/// Whether a node may give several items at once, or only at times.
fn gives_several(n: &Node) -> bool {
    match &n.kind {
        NodeKind::Source(s) => {
            let single = s.lot.constant().is_some_and(|q| q.value == Rational::from(1));
            !single || !matches!(s.supply, Supply::Always | Supply::Every(_)) || n.calendar.is_some()
        }
        NodeKind::Station(s) => {
            let several = |parts: &[Part]| parts.iter().map(|p| p.maximum).fold(0, u64::saturating_add) > 1;
            n.calendar.is_some()
                || s.recipes.iter().any(|r| {
                    let leaves = if r.makes.is_empty() { &r.takes } else { &r.makes };
                    r.batch.as_ref().is_some_and(|b| b.maximum > 1) || several(leaves)
                })
        }
        NodeKind::Buffer(b) => !b.initial.is_empty() || b.by.is_some(),
        NodeKind::Conveyor(_) => n.calendar.is_some(),
        NodeKind::Sink => false,
    }
}

/// Lists stay short but at hubs, where order of discovery keeps equals together.
fn push_new(list: &mut Vec<NodeId>, id: NodeId) {
    if list.last() != Some(&id) && (list.len() > 32 || !list.contains(&id)) {
        list.push(id);
    }
}

/// Adds what is worth saying. O(nodes + arrows), and for neighbours with unlike shifts O(windows).
pub(super) fn check(
    model: &Model,
    point: Option<&Point>,
    most: &[Point],
    capacity: &mut Capacity,
    found: &mut Vec<Diagnostic>,
) {
    let facts = Facts::of(model, point, most);
    let overloaded = [codes::DEMAND_EXCEEDS_CAPACITY, codes::DEMAND_EXCEEDS_SUPPLY, codes::SOURCE_TOO_FAST];
    if !found.iter().any(|d| overloaded.contains(&d.code)) {
        tight::check(&facts, found);
        shifts::check(&facts, found);
    }
    machines::check(&facts, found);
    places::check(&facts, found);
    batches::check(&facts, found);
    capacity.notes.extend(variation::note(&facts));
}
