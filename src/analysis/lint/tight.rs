//! What limits the line: a demand that leaves nothing for chance (E0511), and people who limit it before any machine
//! does (E0516).

use num_traits::One;

use crate::base::Rational;
use crate::diag::{Diagnostic, codes};
use crate::ir::NodeKind;

use super::super::demand::{arithmetic, mend};
use super::super::figures::{ceiling, count, over, percent, whole};
use super::super::load::What;
use super::super::rates;
use super::Facts;

/// Per cent of load from which a demand is close to what can be done.
const CLOSE: u64 = 98;
/// Per cent of load that is offered instead.
const EASY: u64 = 90;
/// A machine is well below the people when it has at most so many per cent of their load.
const BELOW: u64 = 90;

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    close(facts, found);
    people(facts, found);
}

fn hundredths(n: u64) -> Rational {
    count(n) / count(100)
}

/// Whether anything in the line is left to chance.
fn by_chance(facts: &Facts) -> bool {
    let drawn = facts.model.resources.iter().any(|r| !r.exact && !matches!(r.what, What::Limit(_)));
    drawn
        || facts.model.timed.iter().any(|(_, id, _)| match facts.kind(*id) {
            Some(NodeKind::Source(s)) => !rates::is_fixed(s),
            _ => false,
        })
}

fn close(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let (Some(point), Some((first, others))) = (facts.point, facts.model.plant.demands.split_first()) else { return };
    let Some((resource, load)) = facts.model.busiest(point) else { return };
    if load < hundredths(CLOSE) || load > Rational::one() || !by_chance(facts) {
        return;
    }
    let what = if others.is_empty() { "the demand needs" } else { "the demands together need" };
    let left = Rational::one() - &load;
    let mut d = Diagnostic::new(
        codes::CLOSE_TO_CAPACITY,
        first.span,
        format!("{what} {} of `{}`; {} are left for chance", percent(&load), resource.name, percent(&left)),
    )
    .with(resource.span, "the bottleneck");
    for other in others {
        d = d.with(other.span, "and this at the same time");
    }
    let easier = over(&load, &hundredths(EASY)).unwrap_or_else(Rational::one);
    found.push(
        d.note(arithmetic(facts.model, resource, point))
            .note("what is lost while it waits for parts, for room and for people comes on top")
            .help(format!("for a load of {EASY} % {}", mend(resource, &easier))),
    );
}

/// People or tools are loaded most, and every machine far less.
fn people(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let plant = facts.model.plant;
    let set_up = plant.nodes.values().any(|n| matches!(&n.kind, NodeKind::Station(s) if s.setups().next().is_some()));
    let Some(point) = facts.point.filter(|_| !set_up && facts.model.unknown.is_empty()) else { return };
    let Some((crew, load)) = facts.model.busiest(point) else { return };
    let What::Crew(id) = crew.what else { return };
    // Only what limits: at the demand others may be far from their limit as well.
    if load < hundredths(CLOSE) {
        return;
    }
    let machines = facts.model.resources.iter().filter(|r| matches!(r.what, What::Station(_)));
    let loads = machines.filter_map(|r| Some((r, facts.model.load(r, point)?)));
    let Some((machine, most)) = loads.reduce(|a, b| if b.1 > a.1 { b } else { a }) else { return };
    if most > &load * hundredths(BELOW) || num_traits::Zero::is_zero(&most) {
        return;
    }
    let enough = over(&(&load * count(crew.size)), &most).map_or(0, |n| ceiling(&n));
    let span = plant.pools.get(id).map_or(crew.span, |p| p.span);
    let mut d = Diagnostic::new(
        codes::PEOPLE_LIMIT,
        span,
        format!(
            "`{}` limits the line before any machine does: {} loaded, where `{}`, the busiest, is at {}",
            crew.name,
            percent(&load),
            machine.name,
            percent(&most)
        ),
    )
    .with(machine.span, "the busiest machine")
    .note(arithmetic(facts.model, crew, point));
    if enough > crew.size {
        d = d.help(format!(
            "with a size of {} instead of {} `{}` is the limit",
            whole(enough),
            whole(crew.size),
            machine.name
        ));
    }
    found.push(d);
}
