//! Stations that reserve the place behind before they begin (`blocking: before_work`): what can be
//! reserved, and what a branch may read then.

use crate::diag::{Diagnostic, codes};
use crate::ir::{
    Blocking, BreakdownClock, BreakdownEffect, Buffer, Capacity, Expression, MaintenanceStart, Node, NodeId, NodeKind,
    Plant, Recipe, Routing, ShiftEnd, Station,
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
        let (what, why, help) = if s.on_belt {
            (
                "work on a belt",
                "on a belt items stand one behind the other already",
                "give the belt the length of the stay",
            )
        } else if s.recipes.iter().any(|r| r.gathers() || !r.makes.is_empty()) {
            (
                "stations that join or make items",
                "parts that are inside at different times are never all there",
                "join them in a station of its own behind this one, or let the batch have one `cycle`",
            )
        } else if needs {
            (
                "people",
                "people are held for the work on one item, and here the next begins before",
                "ask for them before it, at a station that loads, or give a `tool` to the line as a whole",
            )
        } else if s.setup.is_some() {
            (
                "setups",
                "a setup would have to wait until all items inside have left",
                "give the setup to a station that loads this one",
            )
        } else if s.blocking == Blocking::BeforeWork {
            (
                "reserved places",
                "the machine stops with all inside when the first finds no room",
                "leave `blocking: before_work` out, or make room behind",
            )
        } else if effects {
            (
                "breakdowns and maintenance other than by the calendar, which the work resumes after",
                "several items are at work at once, each at another point",
                "write `clock: calendar` or `clock: scheduled`, `effect: resume`, and `when: immediately` for maintenance",
            )
        } else if s.hold_when_down {
            (
                "`hold_when_down`",
                "while it is down the machine stands with all inside",
                "leave `hold_when_down` out: a finished item may leave, those behind it stand",
            )
        } else if n.calendar.is_some() && n.shift_end != ShiftEnd::Pause {
            ("a shift that ends with an item", "there is no instant between two items", "write `shift_end: pause`")
        } else if s.machines > 1 {
            (
                "several machines",
                "each moves as one with what is inside",
                "write one station for each machine, behind `first_free { … }` or `round_robin { … }`",
            )
        } else if plant.visits.values().any(|v| v.station == id) {
            ("items on a route", "a visit has one time, and here there are two", "let the items reach it by a flow")
        } else {
            continue;
        };
        let message = format!("`{}`: `stay` does not go together with {what}", n.name);
        complaints.push(Diagnostic::new(codes::WRONG_VALUE, n.span, message).note(why).help(help));
    }
}

/// Checks every such station.
pub(super) fn check(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    for (id, n) in plant.nodes.iter() {
        let NodeKind::Station(s) = &n.kind else { continue };
        if s.blocking != Blocking::BeforeWork {
            continue;
        }
        let why = if s.on_belt { "works on the belt, where its item has a place already" } else { "" };
        if !why.is_empty() {
            let message = format!("`{}` cannot reserve a place before its work: it {why}", n.name);
            complaints
                .push(Diagnostic::new(codes::WRONG_VALUE, n.span, message).help("leave `blocking: before_work` out"));
            continue;
        }
        if s.recipes.iter().any(|r| r.gathers() || !r.makes.is_empty()) {
            several(plant, id, n, s, complaints);
        }
        for visit in plant.visits.values().filter(|v| v.station == id) {
            targets(plant, n, &visit.next, complaints);
            branches(n, s, &visit.next, complaints);
            if visit.next.is_open() {
                let message = format!(
                    "`{}` reserves its place before the work, and a route goes on behind it by a rule that looks for room",
                    n.name
                );
                complaints.push(
                    Diagnostic::new(codes::WRONG_VALUE, n.span, message)
                        .note("which visit comes next would be known only when the place is reserved, and the present one has not begun")
                        .help("write the ways of the rule behind a place: `-[1]-> first_free { … }`, or leave `blocking` out"),
                );
            }
        }
        if let Some(way) = &n.routing {
            targets(plant, n, way, complaints);
            branches(n, s, way, complaints);
        }
    }
}

/// Places for several items at once: where they go has to be known one by one, and each way has to say how
/// much room it has.
fn several(plant: &Plant, id: NodeId, n: &Node, s: &Station, complaints: &mut Vec<Diagnostic>) {
    let mut cannot = |span, why: String, help: String| {
        let message = format!("`{}` cannot reserve all its places before the work: {why}", n.name);
        complaints.push(Diagnostic::new(codes::WRONG_VALUE, span, message).help(help));
    };
    if let Some(visit) = plant.visits.values().find(|v| v.station == id) {
        let help = "let the items reach it by a flow, or leave `blocking: before_work` out".to_string();
        cannot(visit.span, "items on a route come to it, each with a way of its own".to_string(), help);
        return;
    }
    let Some(way) = &n.routing else { return };
    let first = way.targets().first().map_or(n.span, |t| t.span);
    if way.is_open() {
        let help = "give the arrow places of its own before the rule: `-[4]-> first_free { … }`".to_string();
        cannot(first, "a rule that looks for room behind it chooses for one item at a time".to_string(), help);
    }
    if way.reads_floor() {
        let help = "branch by what the items carry".to_string();
        cannot(first, "a branch behind it reads the floor, which other items change meanwhile".to_string(), help);
    }
    let mains = s.recipes.iter().filter(|r| !r.makes.is_empty()).filter_map(Recipe::main);
    let lacks = |slot: usize| {
        mains.clone().any(|m| !plant.items.get(m).is_some_and(|t| t.attributes.iter().any(|a| a.slot == slot)))
    };
    if reads(way, &|e| matches!(e, Expression::Attribute { slot, .. } if lacks(*slot))) {
        let help = "give the attribute to the main part, which passes it on".to_string();
        cannot(first, "a branch behind it reads what its main part does not carry".to_string(), help);
    }
    for target in way.targets() {
        let Some(to) = plant.nodes.get(target.node) else { continue };
        let help = format!("give the arrow places of its own: `-[4]-> {}`", to.name);
        if plant.limits.values().any(|l| l.from == target.node) {
            cannot(target.span, format!("a limit begins at `{}`, which gives cards one by one", to.name), help);
        } else if matches!(to.kind, NodeKind::Conveyor(_)) {
            cannot(target.span, format!("on `{}` one item comes after the other", to.name), help);
        } else if matches!(&to.kind, NodeKind::Buffer(b) if !b.kept.is_empty()) {
            cannot(target.span, format!("`{}` keeps places for some items, and asks for each", to.name), help);
        } else if matches!(&to.kind, NodeKind::Buffer(b) if b.by.is_some()) {
            cannot(target.span, format!("`{}` is a way by vehicle", to.name), help);
        }
    }
    // What always goes one way needs that much room there.
    if let Routing::To(target) = way
        && let Some(to) = plant.nodes.get(target.node)
    {
        let room = match &to.kind {
            NodeKind::Buffer(Buffer { capacity: Capacity::Places(n), .. }) => Some(*n),
            NodeKind::Station(s) => Some(s.machines),
            _ => None,
        };
        for recipe in &s.recipes {
            let made: u64 = recipe.makes.iter().map(|p| p.maximum).sum();
            let loaded: u64 = recipe.gathered().iter().map(|(_, _, most)| *most).sum();
            let most = if recipe.makes.is_empty() { loaded } else { made };
            if let Some(room) = room.filter(|r| *r < most) {
                let message = format!("`{}` reserves {most} places in `{}`, which has {room}", n.name, to.name);
                complaints.push(
                    Diagnostic::new(codes::OUT_OF_RANGE, target.span, message)
                        .with(recipe.span, "so many at once")
                        .note("all places are reserved in one step, so it would never begin")
                        .help(format!("give it room: `-[{most}]->`")),
                );
            }
        }
    }
}

/// Whether a branch on a way reads something.
fn reads(way: &Routing, what: &dyn Fn(&Expression) -> bool) -> bool {
    match way {
        Routing::To(_) => false,
        Routing::Shares(list, _) => list.iter().any(|(_, w)| reads(w, what)),
        Routing::ByItem(list, rest, _) => {
            list.iter().any(|(_, w)| reads(w, what)) || rest.as_deref().is_some_and(|w| reads(w, what))
        }
        Routing::If(list, rest, _) => list.iter().any(|(e, w)| e.any(what) || reads(w, what)) || reads(rest, what),
        Routing::Rule(_, list, _) => list.iter().any(|w| reads(w, what)),
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
        Routing::Rule(_, list, _) => {
            // A rule that looks for room decides for good when the place is reserved.
            list.iter().for_each(|w| branches(n, s, w, complaints));
        }
    }
}
