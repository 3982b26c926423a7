//! Stations that reserve the place behind before they begin (`blocking: before_work`): what can be
//! reserved, and what a branch may read then.

use crate::diag::{Diagnostic, codes};
use crate::ir::{
    Blocking, BreakdownClock, BreakdownEffect, ChoiceRule, Expression, MaintenanceStart, Node, NodeKind, Plant, Recipe,
    Routing, ShiftEnd, Station,
};

/// Stations in which items stay: what does not go with that.
pub(super) fn stays(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    for (id, n) in plant.nodes.iter() {
        let NodeKind::Station(s) = &n.kind else { continue };
        if !s.stays() {
            continue;
        }
        let needs = s.recipes.iter().flat_map(|r| &r.phases).any(|p| !p.needs.is_empty());
        let effects = s.breakdowns.iter().any(|b| {
            b.effect != BreakdownEffect::Resume || matches!(b.clock, BreakdownClock::Working | BreakdownClock::Cycles)
        }) || s.maintenance.iter().any(|m| {
            m.start != MaintenanceStart::Immediately
                || matches!(m.clock, BreakdownClock::Working | BreakdownClock::Cycles)
        });
        let what = if s.on_belt {
            "work on a belt"
        } else if s.machines > 1 {
            "several machines"
        } else if s.recipes.iter().any(|r| r.gathers() || !r.makes.is_empty()) {
            "stations that join or make items"
        } else if plant.visits.values().any(|v| v.station == id) {
            "items on a route"
        } else if needs {
            "people"
        } else if s.setup.is_some() {
            "setups"
        } else if s.blocking == Blocking::BeforeWork {
            "reserved places"
        } else if effects {
            "breakdowns and maintenance other than by the calendar, which the work resumes after"
        } else if s.hold_when_down {
            "items held while the machine is down"
        } else if n.calendar.is_some() && n.shift_end != ShiftEnd::Pause {
            "shifts that end with an item"
        } else {
            continue;
        };
        let message = format!("`{}`: `stay` together with {what} are not supported yet", n.name);
        complaints.push(
            Diagnostic::new(codes::NOT_SUPPORTED_YET, n.span, message)
                .note("the form belongs to the language; its meaning follows in a later version"),
        );
    }
}

/// Checks every such station.
pub(super) fn check(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    for (id, n) in plant.nodes.iter() {
        let NodeKind::Station(s) = &n.kind else { continue };
        if s.blocking != Blocking::BeforeWork {
            continue;
        }
        let several = s.recipes.iter().any(|r| r.gathers() || !r.makes.is_empty());
        let visited = plant.visits.values().any(|v| v.station == id);
        let later = match (several, visited) {
            _ if s.on_belt => Some("for items on a belt"),
            (true, _) => Some("for several items at once"),
            (_, true) => Some("by items on a route"),
            _ => None,
        };
        if let Some(what) = later {
            let message = format!("`{}`: places reserved before the work {what} are not supported yet", n.name);
            complaints.push(
                Diagnostic::new(codes::NOT_SUPPORTED_YET, n.span, message)
                    .note("the form belongs to the language; its meaning follows in a later version"),
            );
            continue;
        }
        if let Some(way) = &n.routing {
            targets(plant, n, way, complaints);
            branches(n, s, way, complaints);
        }
    }
}

fn targets(plant: &Plant, n: &Node, way: &Routing, complaints: &mut Vec<Diagnostic>) {
    for target in way.targets() {
        let Some(to) = plant.nodes.get(target.node) else { continue };
        if matches!(&to.kind, NodeKind::Conveyor(c) if !c.extents.is_empty()) {
            let message = format!(
                "`{}` cannot reserve a place on `{}`: how much of the belt an item needs goes by its length",
                n.name, to.name
            );
            complaints.push(
                Diagnostic::new(codes::WRONG_VALUE, target.span, message)
                    .with(n.span, "reserves the place behind before it begins")
                    .help(format!("give the arrow places of its own: `-[1]-> {}`", to.name)),
            );
        }
        if matches!(&to.kind, NodeKind::Station(s) if s.recipes.iter().any(Recipe::gathers)) {
            let message = format!(
                "`{}` has no place that `{}` could reserve: it takes parts when all are there",
                to.name, n.name
            );
            complaints.push(
                Diagnostic::new(codes::WRONG_VALUE, target.span, message)
                    .with(n.span, "reserves the place behind before it begins")
                    .help(format!("give the arrow places of its own: `-[1]-> {}`", to.name)),
            );
        }
    }
}

fn branches(n: &Node, s: &Station, way: &Routing, complaints: &mut Vec<Diagnostic>) {
    match way {
        Routing::To(_) => {}
        Routing::Shares(list, _) => list.iter().for_each(|(_, w)| branches(n, s, w, complaints)),
        Routing::ByItem(list, rest, _) => {
            list.iter().for_each(|(_, w)| branches(n, s, w, complaints));
            if let Some(rest) = rest {
                branches(n, s, rest, complaints);
            }
        }
        Routing::If(list, rest, span) => {
            for (condition, w) in list {
                let set = |e: &Expression| matches!(e, Expression::Attribute { slot, .. } if s.sets.iter().any(|(own, _)| own == slot));
                let why = if condition.any(&set) {
                    "reads what it sets only after the work"
                } else if condition.reads_floor() || condition.any(&|e| matches!(e, Expression::Now)) {
                    "reads what may change until the work is done"
                } else {
                    branches(n, s, w, complaints);
                    continue;
                };
                let message = format!("`{}` reserves its place before the work, but its branch {why}", n.name);
                complaints.push(
                    Diagnostic::new(codes::WRONG_VALUE, *span, message)
                        .with(n.span, "decides when it is loaded")
                        .help("branch by what the item carries when it comes, or leave `blocking` out"),
                );
                break;
            }
            branches(n, s, rest, complaints);
        }
        Routing::Rule(rule, list, span) => {
            if matches!(rule, ChoiceRule::RoundRobin | ChoiceRule::Every(_)) {
                list.iter().for_each(|w| branches(n, s, w, complaints));
                return;
            }
            let message =
                format!("`{}`: places reserved behind a choice that looks for room are not supported yet", n.name);
            complaints.push(
                Diagnostic::new(codes::NOT_SUPPORTED_YET, *span, message)
                    .note("the form belongs to the language; its meaning follows in a later version"),
            );
        }
    }
}
