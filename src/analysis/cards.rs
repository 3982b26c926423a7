//! Cards of limits, and pallets, as a resource: who holds them, and for how long at least.

use std::collections::BTreeSet;

use num_traits::{One, Zero};

use crate::base::Rational;
use crate::ir::{CalendarId, Limit, LimitId, NodeId, NodeKind, Part, Plant, ShiftEnd};

use super::load::{Resource, What, Work, item_name, on_share};
use super::means::{is_a, mean};
use super::network::{Network, Parameter, State, Term, joining};
use super::traffic::Form;

/// States in which every item holds a card of a limit: reached from `from` up to `to`. `None` when
/// items enter the stretch on other ways, or when a join stands in it.
pub(super) fn limit_region(plant: &Plant, network: &Network, limit: LimitId) -> Option<Vec<bool>> {
    // Where cards count by item, others pass without one.
    let limit = plant.limits.get(limit).filter(|l| l.item.is_none())?;
    let is_from = |at: usize| network.states.get_index(at).is_some_and(|(s, ())| s.node == limit.from);
    let is_to = |at: usize| network.states.get_index(at).is_some_and(|(s, ())| s.node == limit.to);
    let mut inside = vec![false; network.states.len()];
    let mut work: Vec<usize> =
        network.iter().filter(|(_, s)| s.node == limit.from && !s.departs).map(|(at, _)| at).collect();
    for at in &work {
        inside[*at] = true;
    }
    while let Some(at) = work.pop() {
        if is_to(at) {
            continue;
        }
        for to in network.reached_from(at) {
            if !std::mem::replace(&mut inside[to], true) {
                work.push(to);
            }
        }
    }
    let entered = (0..network.states.len()).any(|from| {
        (!inside[from] || is_to(from)) && network.reached_from(from).iter().any(|to| inside[*to] && !is_from(*to))
    });
    let joins = network.iter().any(|(at, s)| inside[at] && (s.departs || joining(plant, s).next().is_some()));
    let initial = network.iter().any(|(at, s)| {
        inside[at] && matches!(plant.nodes.get(s.node).map(|n| &n.kind), Some(NodeKind::Buffer(b)) if b.initial.iter().any(|(_, n)| *n > 0))
    });
    (!entered && !joins && !initial).then_some(inside)
}

/// The way of cards: states in which each item holds one, and joins whose main part brings one.
struct Stretch {
    inside: Vec<bool>,
    runs: BTreeSet<NodeId>,
}

/// Where what holds a card goes on from a state: on its way, or in the product that it is the main part of.
/// `None` where it is another part, or where the product is not one.
fn onward(plant: &Plant, network: &Network, at: usize, state: &State) -> Option<Vec<usize>> {
    if state.departs || joining(plant, state).next().is_none() {
        return Some(network.reached_from(at));
    }
    let one = |part: &Part| (part.minimum, part.maximum) == (1, 1);
    let mut found = Vec::new();
    for (_, recipe) in joining(plant, state) {
        let main = recipe.takes.first().filter(|p| one(p) && is_a(plant, state.item, p.item));
        let ([product], Some(_)) = (recipe.makes.as_slice(), main) else { return None };
        let leaves = State { node: state.node, visit: None, item: product.item, departs: true };
        found.extend(network.states.get_index_of(&leaves).filter(|_| one(product)));
    }
    (found.len() == joining(plant, state).count()).then_some(found)
}

impl Stretch {
    /// From where a limit's cards are taken to where they are given back. `None` when items come into the stretch on
    /// other ways, stand in it at the beginning, or when it is not known who holds a card.
    fn of(plant: &Plant, network: &Network, limit: &Limit) -> Option<Stretch> {
        // Where cards count by item, others pass without one.
        if limit.item.is_some() {
            return None;
        }
        let state = |at: usize| network.states.get_index(at).map(|(s, ())| s);
        let mut stretch = Stretch { inside: vec![false; network.states.len()], runs: BTreeSet::new() };
        let mut work = Vec::new();
        for (at, s) in network.iter().filter(|(_, s)| s.node == limit.from && !s.departs) {
            // At a join the main part takes the card; the others bring none.
            if onward(plant, network, at, s).is_some() {
                stretch.inside[at] = true;
                work.push(at);
            }
        }
        if work.is_empty() {
            return None;
        }
        while let Some(at) = work.pop() {
            let s = state(at)?;
            let next = onward(plant, network, at, s)?;
            if !s.departs && joining(plant, s).next().is_some() {
                stretch.runs.insert(s.node);
            }
            if s.node == limit.to {
                continue;
            }
            for to in next {
                if !std::mem::replace(&mut stretch.inside[to], true) {
                    work.push(to);
                }
            }
        }
        let inside = |at: usize| stretch.inside.get(at).copied().unwrap_or(false);
        let is = |at: usize, node: NodeId| state(at).is_some_and(|s| s.node == node);
        let entered = network.iter().any(|(from, _)| {
            (!inside(from) || is(from, limit.to))
                && network.reached_from(from).iter().any(|to| inside(*to) && !is(*to, limit.from))
        });
        // Each run of a join uses one main part; each has to bring a card.
        let without = network.iter().any(|(at, s)| {
            let main = |part: &Part| is_a(plant, s.item, part.item);
            !s.departs
                && !inside(at)
                && stretch.runs.contains(&s.node)
                && joining(plant, s).any(|(_, r)| r.takes.first().is_some_and(main))
        });
        let initial = network.iter().any(|(at, s)| {
            inside(at)
                && matches!(plant.nodes.get(s.node).map(|n| &n.kind),
                    Some(NodeKind::Buffer(b)) if b.initial.iter().any(|(_, n)| *n > 0))
        });
        (!entered && !without && !initial).then_some(stretch)
    }

    fn holds(&self, network: &Network, term: Term) -> bool {
        match term {
            Term::State(at) => self.inside.get(at).copied().unwrap_or(false),
            Term::Parameter(at) => {
                matches!(network.parameters.get(at), Some(Parameter::Recipe(node, ..)) if self.runs.contains(node))
            }
        }
    }

    /// Whether items come to a state again before they have returned their card.
    fn comes_again(&self, plant: &Plant, network: &Network, start: usize) -> bool {
        let mut seen = vec![false; self.inside.len()];
        let mut work = vec![start];
        while let Some(at) = work.pop() {
            let Some((s, ())) = network.states.get_index(at) else { continue };
            for to in onward(plant, network, at, s).unwrap_or_default() {
                let here = self.inside.get(to).copied().unwrap_or(false);
                if here && to == start {
                    return true;
                }
                if here && seen.get_mut(to).is_some_and(|s| !std::mem::replace(s, true)) {
                    work.push(to);
                }
            }
        }
        false
    }
}

/// Adds the limits as resources: by Little's law (Little 1961) the items between `from` and `to` are at least
/// their flow times the work on them. What is worked on only in shifts is worked on while one of them is on: then
/// the cards have that much time. `unheld` gets the names of those left out.
pub(super) fn limits(plant: &Plant, network: &Network, found: &mut Vec<Resource>, unheld: &mut Vec<String>) {
    for (id, limit) in plant.limits.iter() {
        if limit.is_uncounted() {
            continue;
        }
        let Some(stretch) = Stretch::of(plant, network, limit) else {
            unheld.push(limit.name.clone());
            continue;
        };
        let mut works = Vec::new();
        let mut shifts: BTreeSet<Option<CalendarId>> = BTreeSet::new();
        for resource in found.iter() {
            let (travel, calendar) = match resource.what {
                What::Station(id) => {
                    let node = plant.nodes.get(id);
                    let pauses = |n: &&crate::ir::Node| n.shift_end != ShiftEnd::FinishItem;
                    (None, node.filter(pauses).and_then(|n| n.calendar))
                }
                What::Belt(id) => match plant.nodes.get(id).map(|n| &n.kind) {
                    Some(NodeKind::Conveyor(belt)) => (Some(belt.travel_seconds()), None),
                    _ => continue,
                },
                What::Lane(_) => (None, None),
                _ => continue,
            };
            for work in resource.works.iter().filter(|w| stretch.holds(network, w.term)) {
                let seconds = travel.clone().unwrap_or_else(|| work.seconds.clone());
                works.push(Work { per: Rational::one(), seconds, ..work.clone() });
                shifts.insert(calendar);
            }
        }
        if let Some(back) = &limit.back {
            // A card is away for the way back too, once for each time its item passes through.
            let starts = network.iter().filter(|(at, s)| s.node == limit.from && !s.departs && stretch.inside[*at]);
            for (at, state) in starts {
                if let (Some(seconds), false) =
                    (mean(plant, back, Some(state.item)), stretch.comes_again(plant, network, at))
                {
                    let unit = item_name(plant, state.item);
                    works.push(Work { term: Term::State(at), per: Rational::one(), seconds, unit });
                    shifts.insert(None);
                }
            }
        }
        let on = shifts.iter().fold(Rational::zero(), |sum, c| sum + on_share(plant, *c));
        found.push(Resource {
            what: What::Limit(id),
            name: limit.name.clone(),
            span: limit.span,
            size: limit.count,
            available: if shifts.is_empty() { Rational::one() } else { on.min(Rational::one()) },
            works,
            always: Rational::zero(),
            form: Form::new(),
            rough: Vec::new(),
            empties: None,
            exact: false,
        });
    }
}
