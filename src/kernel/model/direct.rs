//! Finds where items can be handed over directly: a lane with one giver and one taker, or a way that
//! leads to a sink. There nothing has to be decided, so every order of moves within an instant gives
//! the same result (semantics T5), and an event that is alone at its instant needs no settling.

use std::collections::BTreeSet;

use super::*;
use crate::ir::expect::MeasureKind;
use crate::kernel::shape::{DirectIn, DirectOut};

/// What each node hands over to and takes from directly.
#[derive(Clone, Debug, Default)]
pub(super) struct Direct {
    out: Vec<Option<(NodeId, DirectOut)>>,
    into: Vec<Option<(NodeId, DirectIn)>>,
    /// Whether some station that gives by routes has several machines, and whether some needs people.
    routed: (bool, bool),
}

impl Direct {
    /// The node that `id` gives to directly.
    pub(super) fn out(&self, id: NodeId) -> Option<(NodeId, DirectOut)> {
        self.out.get(id.index()).copied().flatten()
    }

    /// The node that `id` takes from directly.
    pub(super) fn from(&self, id: NodeId) -> Option<(NodeId, DirectIn)> {
        self.into.get(id.index()).copied().flatten()
    }

    /// Whether stations that give by routes are written for several machines, and for people: all alike where some have
    /// them. Which of them is next cannot be foretold, so that one handler for all is quicker than the best for each.
    pub(super) fn routed(&self) -> (bool, bool) {
        self.routed
    }

    /// Looks at every node and its arrows. O(nodes + arrows).
    pub(super) fn new(plant: &Plant, taken: &rank::Neighbours, given: &rank::Neighbours) -> Direct {
        let n = plant.nodes.len();
        let mut direct = Direct { out: vec![None; n], into: vec![None; n], routed: (false, false) };
        let only = |list: &rank::Neighbours, id: NodeId| match list.of(id) {
            [one] => Some(*one),
            _ => None,
        };
        let watched = probes::observed(plant);
        let watched = |id: NodeId| watched.get(id.index()).copied().unwrap_or(false);
        // All that leaves is measured at sinks too: those may be given to directly.
        let measured = plant.measures.iter().any(|m| matches!(m.kind, MeasureKind::Duration(..)));
        let elsewhere = |id: NodeId| {
            plant.is_elsewhere(id) && !matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Source(_)))
        };
        let limited =
            |id: NodeId| watched(id) || elsewhere(id) || plant.limits.iter().any(|(_, l)| l.from == id || l.to == id);
        if !plant.visits.is_empty() {
            direct.routes(plant, given, taken, &limited);
            return direct;
        }
        for (id, giver) in plant.nodes.iter() {
            let Some(next) = only(given, id) else { continue };
            let Some(place) = plant.nodes.get(next) else { continue };
            // Sources that break down, and work that is finished before a stop of several stations.
            let stopped = |id: NodeId, kind: &NodeKind| {
                plant.shared_stops(id).any(|s| matches!(kind, NodeKind::Source(_)) || finishes(&s.stop))
            };
            if limited(id)
                || limited(next)
                || !pauses(giver)
                || !pauses(place)
                || stopped(id, &giver.kind)
                || stopped(next, &place.kind)
            {
                continue;
            }
            if let NodeKind::Source(Source { supply: Supply::Always, mix, with, campaign, .. }) = &giver.kind
                && with.is_empty()
                && campaign.is_empty()
                && takes_one(&place.kind)
                && only(taken, next) == Some(id)
                && let Some(into) = direct.into.get_mut(next.index())
            {
                *into = Some((id, DirectIn::Source { mix: mix.len() }));
            }
            if !gives_one(&giver.kind) {
                continue;
            }
            let way = match &place.kind {
                NodeKind::Sink => {
                    Some(DirectOut::Sink { until: plant.run.until.is_some_and(|u| u.at == next), observed: measured })
                }
                NodeKind::Buffer(b) => {
                    let to = only(given, next).filter(|_| only(taken, next) == Some(id));
                    let taker = to.and_then(|t| plant.nodes.get(t).map(|n| (t, &n.kind)));
                    match taker {
                        Some((t, kind))
                            if is_plain(b)
                                && plant.nodes.get(t).is_some_and(pauses)
                                && takes_one(kind)
                                && only(taken, t) == Some(next) =>
                        {
                            let limited_lane = matches!(b.capacity, Capacity::Places(_));
                            if let (false, Some(into)) = (limited(t), direct.into.get_mut(t.index())) {
                                *into = Some((next, DirectIn::Lane { limited: limited_lane }));
                            }
                            Some(DirectOut::Lane { limited: limited_lane })
                        }
                        _ => None,
                    }
                }
                _ => None,
            };
            if let (Some(way), Some(out)) = (way, direct.out.get_mut(id.index())) {
                *out = Some((next, way));
            }
        }
        direct
    }

    /// Where items go by routes: stations that take from a queue without limit, and what leads to such queues or to
    /// sinks only.
    fn routes(
        &mut self,
        plant: &Plant,
        given: &rank::Neighbours,
        taken: &rank::Neighbours,
        limited: &dyn Fn(NodeId) -> bool,
    ) {
        // Stations at which some visits do something else than work in one step.
        let differs = |v: &&crate::ir::Visit| {
            v.yield_share.is_some() || v.setup.is_some() || v.phases.as_ref().is_some_and(|p| p.len() != 1)
        };
        let differ: BTreeSet<NodeId> = plant.visits.values().filter(differs).map(|v| v.station).collect();
        for (id, station) in plant.nodes.iter() {
            let fits = routed(&station.kind)
                && station.calendar.is_none()
                && !limited(id)
                && plant.shared_stops(id).next().is_none()
                && !differ.contains(&id);
            let mut from = taken.of(id).to_vec();
            from.dedup();
            let [queue] = from[..] else { continue };
            let plain = plant.nodes.get(queue).is_some_and(|n| {
                let endless =
                    matches!(&n.kind, NodeKind::Buffer(b) if is_plain(b) && b.capacity == Capacity::Unlimited);
                // The visit has begun before the queue.
                let visits = n.routing.iter().flat_map(Routing::targets).any(|t| t.visit.is_some());
                endless && n.calendar.is_none() && !visits
            });
            let alone = given.of(queue).iter().all(|to| *to == id);
            if fits
                && plain
                && alone
                && !limited(queue)
                && let Some(into) = self.into.get_mut(id.index())
            {
                *into = Some((queue, DirectIn::Queue));
            }
        }
        let needy: BTreeSet<NodeId> =
            plant.visits.values().filter(|v| v.needs().next().is_some()).map(|v| v.station).collect();
        for (id, giver) in plant.nodes.iter() {
            let gives = match &giver.kind {
                NodeKind::Source(s) => {
                    gives_one(&giver.kind)
                        && !s.mix.is_empty()
                        && giver.calendar.is_none()
                        && !limited(id)
                        && plant.shared_stops(id).next().is_none()
                }
                _ => self.from(id).is_some(),
            };
            let goes_on = gives
                && given.of(id).iter().all(|to| match plant.nodes.get(*to).map(|n| &n.kind) {
                    Some(NodeKind::Sink) => !limited(*to),
                    Some(NodeKind::Buffer(_)) => {
                        given.of(*to).iter().all(|t| self.from(*t).is_some_and(|(queue, _)| queue == *to))
                    }
                    _ => false,
                });
            if goes_on && let Some(out) = self.out.get_mut(id.index()) {
                // Where to is told by the route.
                *out = Some((id, DirectOut::Routes));
                if let NodeKind::Station(s) = &giver.kind {
                    self.routed.0 |= s.machines != 1;
                    let mut phases = s.recipes.iter().flat_map(|r| &r.phases);
                    self.routed.1 |= needy.contains(&id) || phases.any(|p| !p.needs.is_empty());
                }
            }
        }
    }
}

/// A station that works on one item after the other, of which nothing becomes but the item.
fn routed(kind: &NodeKind) -> bool {
    let NodeKind::Station(s) = kind else { return false };
    s.setup.is_none()
        && s.order.is_none()
        && s.blocking == crate::ir::Blocking::AfterWork
        && s.yield_share.is_none()
        && s.sets.is_empty()
        && s.breakdowns.is_empty()
        && s.maintenance.is_empty()
        && s.recipes.len() == 1
        && s.recipes.iter().all(|r| !r.gathers() && r.phases.len() <= 1 && r.makes.is_empty())
}

/// Whether nothing looks at the end of a shift when work begins or ends.
fn pauses(node: &crate::ir::Node) -> bool {
    node.calendar.is_none() || node.shift_end == ShiftEnd::Pause
}

/// Whether the work at hand is finished before a stop begins.
fn finishes(stop: &crate::ir::Stop) -> bool {
    match stop {
        crate::ir::Stop::Breakdown(b) => b.effect == BreakdownEffect::FinishItem,
        crate::ir::Stop::Maintenance(m) => m.start == crate::ir::MaintenanceStart::BetweenItems,
    }
}

/// One machine without people that passes on what it was given, or a source that waits its interval.
fn gives_one(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Station(s) => {
            takes_one(kind) && s.yield_share.is_none() && s.sets.is_empty() && s.recipes.iter().all(|r| r.makes.is_empty())
                // Nothing looks at breakdowns when work ends.
                && s.breakdowns.iter().all(|b| b.clock != BreakdownClock::Cycles && b.effect != BreakdownEffect::FinishItem)
                && s.maintenance.iter().all(|m| m.clock != BreakdownClock::Cycles && m.start == crate::ir::MaintenanceStart::Immediately)
        }
        NodeKind::Source(s) => {
            matches!(s.supply, Supply::Every(_) | Supply::Outside)
                && s.when_full != WhenFull::Lose
                && s.makes_single_items()
        }
        _ => false,
    }
}

/// One machine without people that takes one item at a time.
fn takes_one(kind: &NodeKind) -> bool {
    let NodeKind::Station(s) = kind else { return false };
    s.machines == 1
        && s.setup.is_none()
        && s.order.is_none()
        && s.blocking == crate::ir::Blocking::AfterWork
        && s.recipes.iter().all(|r| !r.gathers() && r.phases.len() == 1 && r.phases.iter().all(|p| p.needs.is_empty()))
}

/// Items leave in order, as soon as there is room.
fn is_plain(b: &crate::ir::Buffer) -> bool {
    b.transit.is_none()
        && b.by.is_none()
        && b.kept.is_empty()
        && !b.is_loose()
        && b.initial.iter().all(|(_, n)| *n == 0)
}
