//! Neighbours that are on at different times, with too few places between: what comes over is less than the card
//! says, for it counts the hours of each alone (E0514).
//!
//! While the one before is off, the one behind gets no more than what stands between them: the places, and what
//! either has on its machines. While the one behind is off, the one before can give no more than fits there.

use crate::base::{Rational, TICKS_PER_SECOND};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Calendar, Capacity, Node, NodeId, NodeKind, Part, ShiftEnd, Station, Supply};

use super::super::figures::{count, counted, over, per_hour, rational, whole};
use super::Facts;

/// Per cent of the rate that differences of a few minutes may cost where nothing is demanded.
const LITTLE: u64 = 2;

/// Stretches [from, to) in which something is on, in order and apart.
type Stretches = Vec<(i64, i64)>;

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let plant = facts.model.plant;
    if plant.calendars.is_empty() {
        return;
    }
    for (id, node) in plant.nodes.iter() {
        let NodeKind::Station(station) = &node.kind else { continue };
        if !one_at_a_time(station) || facts.is_visited(id) || node.shift_end != ShiftEnd::Pause {
            continue;
        }
        let [before] = facts.before(id) else { continue };
        let (giver, places) = match facts.kind(*before) {
            Some(NodeKind::Buffer(b)) if b.by.is_none() && b.initial.is_empty() => {
                let (Capacity::Places(n), [giver]) = (b.capacity, facts.before(*before)) else { continue };
                (*giver, n)
            }
            _ => (*before, 0),
        };
        let Some(from) = plant.nodes.get(giver) else { continue };
        if from.calendar == node.calendar || from.shift_end != ShiftEnd::Pause {
            continue;
        }
        found.extend(between(facts, (giver, from), (id, node, station), places));
    }
}

/// Takes one item, and gives one.
fn one_at_a_time(s: &Station) -> bool {
    let [recipe] = s.recipes.as_slice() else { return false };
    recipe.batch.is_none() && sum(&recipe.takes) <= 1
}

fn sum(parts: &[Part]) -> u64 {
    parts.iter().map(|p| p.maximum).fold(0, u64::saturating_add)
}

/// Items per second that a station can do while it is on, and how many it can have on its machines.
fn speed(facts: &Facts, id: NodeId) -> Option<Rational> {
    let resource = facts.resource(id)?;
    let [work] = resource.works.as_slice() else { return None };
    over(&count(resource.size), &(&work.seconds * &work.per))
}

fn between(
    facts: &Facts,
    (giver, from): (NodeId, &Node),
    (taker, to, station): (NodeId, &Node, &Station),
    places: u64,
) -> Option<Diagnostic> {
    let plant = facts.model.plant;
    let (giving, held) = match &from.kind {
        NodeKind::Station(s) => {
            let [recipe] = s.recipes.as_slice() else { return None };
            let products = if recipe.makes.is_empty() { sum(&recipe.takes) } else { sum(&recipe.makes) };
            if recipe.batch.is_some() || products > 1 || facts.is_visited(giver) {
                return None;
            }
            (Some(speed(facts, giver)?), s.machines)
        }
        NodeKind::Source(s) if s.supply == Supply::Always => (None, 1),
        _ => return None,
    };
    let taking = speed(facts, taker)?;
    let calendar = |n: &Node| n.calendar.and_then(|c| plant.calendars.get(c));
    let length = Calendar::common_period(calendar(from).into_iter().chain(calendar(to)))?.0;
    let (a, b) = (stretches(calendar(from), length), stretches(calendar(to), length));
    let carried = places.saturating_add(held).saturating_add(station.machines);
    let seconds = |ticks: i64| Rational::from(ticks) / Rational::from(TICKS_PER_SECOND);
    let together = overlap(&a, &b, (0, length));
    let over_gaps = |off: &Stretches, on: &Stretches, speed: &Rational| {
        off.iter().fold(seconds(together) * speed, |sum, gap| {
            sum + (seconds(overlap(on, on, *gap)) * speed).min(count(carried))
        })
    };
    let mut most = over_gaps(&gaps(&a, length), &b, &taking);
    if let Some(giving) = &giving {
        most = most.min(over_gaps(&gaps(&b, length), &a, giving));
    }
    let most = over(&most, &seconds(length))?;
    let rate = facts.rate(taker, facts.point?);
    // A demand is met or not; of what the line could hold a little may be lost without a word.
    let enough = if plant.demands.is_empty() { &most * count(100 + LITTLE) / count(100) } else { most.clone() };
    if rate <= enough || rate.is_zero() {
        return None;
    }
    let hours = |ticks: i64| {
        let week = Rational::from(ticks) * count(7 * 24) / Rational::from(length.max(1));
        format!("{} h", rational(&week))
    };
    let on = |s: &Stretches| hours(overlap(s, s, (0, length)));
    Some(
        Diagnostic::new(
            codes::SHIFTS_STARVE,
            to.span,
            format!(
                "`{}` gets {} from `{}` at most, not {}: their shifts differ",
                to.name,
                per_hour(&most, "item"),
                from.name,
                per_hour(&rate, "item")
            ),
        )
        .with(from.span, "the only one that gives to it")
        .note(format!(
            "a week has {} with both on; `{}` is on for {}, `{}` for {}",
            hours(together),
            from.name,
            on(&a),
            to.name,
            on(&b)
        ))
        .note(format!(
            "each time one of them is off, {} and the machines carry {} over at most",
            counted(places, "place"),
            counted(carried, "item"),
        ))
        .help(format!("give both the same shift, or more than {} between them", whole(places))),
    )
}

/// The stretches of a calendar; all the time without one.
fn stretches(calendar: Option<&Calendar>, length: i64) -> Stretches {
    let Some(calendar) = calendar else { return vec![(0, length)] };
    let mut list: Stretches =
        calendar.windows_for(crate::base::Ticks(length)).iter().map(|w| (w.from.0, w.to.0)).collect();
    list.sort_unstable();
    let mut merged: Stretches = Vec::new();
    for (from, to) in list {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// What lies between stretches.
fn gaps(on: &Stretches, length: i64) -> Stretches {
    let mut list = Vec::new();
    let mut at = 0;
    for (from, to) in on {
        if *from > at {
            list.push((at, *from));
        }
        at = *to;
    }
    if at < length {
        list.push((at, length));
    }
    list
}

/// Ticks within a stretch in which both are on.
fn overlap(a: &Stretches, b: &Stretches, within: (i64, i64)) -> i64 {
    let mut sum = 0;
    for (from, to) in a {
        let (from, to) = ((*from).max(within.0), (*to).min(within.1));
        if from >= to {
            continue;
        }
        sum += b.iter().map(|(f, t)| ((*t).min(to) - (*f).max(from)).max(0)).sum::<i64>();
    }
    sum
}
