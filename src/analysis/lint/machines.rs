//! Machines that buy nothing: without some of them the station would still be half idle at the most that the line can do
//! (E0512).

use crate::base::Rational;
use crate::diag::{Diagnostic, codes};
use crate::ir::{Blocking, Capacity, NodeId, NodeKind, ReleaseCrew, Station};

use super::super::figures::{count, counted, percent, whole};
use super::super::load::What;
use super::Facts;

/// Fewer machines are offered when they are loaded at most half: then waits stay short too.
fn half() -> Rational {
    count(1) / count(2)
}

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    for resource in &facts.model.resources {
        let What::Station(id) = resource.what else { continue };
        let Some(NodeKind::Station(station)) = facts.kind(id) else { continue };
        if station.machines < 2 || !plain(facts, id, station) {
            continue;
        }
        let Some(load) = facts.highest_load(resource).filter(|l| !l.is_zero()) else { continue };
        let work = &load * count(station.machines);
        // The least number of machines that are loaded at most half.
        let enough = super::super::figures::ceiling(&(&work / half())).max(1);
        if enough >= station.machines {
            continue;
        }
        let then = work / count(enough);
        let at = if facts.most.is_empty() { "at these rates" } else { "at the most that the line can do" };
        found.push(
            Diagnostic::new(
                codes::IDLE_MACHINES,
                resource.span,
                format!(
                    "{} of the {} of `{}` buy no throughput: {} {} loaded {} {at}",
                    whole(station.machines - enough),
                    counted(station.machines, "machine"),
                    resource.name,
                    whole(enough),
                    if enough == 1 { "is" } else { "are" },
                    percent(&then),
                ),
            )
            .note(format!(
                "all {} together are loaded {}; something else limits the line",
                whole(station.machines),
                percent(&load)
            ))
            .help(format!(
                "`machines: {}` is enough for what the line gives; more of them shorten waits",
                whole(enough)
            )),
        );
    }
}

/// A station whose machines do nothing but work on one item after the other, between places: elsewhere a
/// machine is also a place to stand, a spare, or set up for something.
fn plain(facts: &Facts, id: NodeId, s: &Station) -> bool {
    let [recipe] = s.recipes.as_slice() else { return false };
    let single = recipe.takes.is_empty() && recipe.batch.is_none();
    let spare = !s.breakdowns.is_empty() || !s.maintenance.is_empty();
    let other = s.setup.is_some()
        || s.stays()
        || s.on_belt
        || s.lowest_first
        || s.blocking != Blocking::AfterWork
        || s.release_crew != ReleaseCrew::AfterWork
        || s.order.is_some();
    let places = |n: &NodeId| match facts.kind(*n) {
        Some(NodeKind::Buffer(b)) => match b.capacity {
            Capacity::Unlimited => true,
            Capacity::Places(n) => n >= s.machines,
        },
        Some(NodeKind::Sink) => true,
        _ => false,
    };
    single
        && !spare
        && !other
        && facts.model.plant.shared_stops(id).next().is_none()
        && !facts.is_visited(id)
        && !facts.before(id).is_empty()
        && facts.before(id).iter().all(places)
        && facts.behind(id).iter().all(places)
        && facts.clumps.is_empty()
}
