//! Follows item types through the plant, and checks the topology on the way: who comes where, who is
//! not taken, who has no way on, what is never reached.

use std::collections::BTreeSet;

use crate::base::{Span, limits};
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::ids::Id;
use crate::ir::{Expression, ItemId, NodeId, NodeKind, Plant, Recipe, Release, Routing, Target, VisitId};

use super::line::Lower;

/// An item of a type at a node, on a visit of its route or on none.
type State = (NodeId, ItemId, Option<VisitId>);

/// What following the items found.
#[derive(Default)]
struct Walk {
    reached: BTreeSet<State>,
    work: Vec<State>,
    complaints: Vec<Diagnostic>,
}

/// Follows the items and fills [`crate::ir::Node::items`]; complains unless holes in the text would
/// make complaints misleading.
pub(super) fn check(lower: &mut Lower) {
    let mut walk = Walk::default();
    start(&lower.plant, &mut walk);
    while let Some(state) = walk.work.pop() {
        advance(&lower.plant, state, &mut walk);
    }
    for (node, item, _) in &walk.reached {
        if let Some(n) = lower.plant.nodes.get_mut(*node)
            && !n.items.contains(item)
        {
            n.items.push(*item);
            n.items.sort_unstable();
        }
    }
    if lower.holes || lower.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return;
    }
    let mut complaints = std::mem::take(&mut walk.complaints);
    super::belt::lengths(&mut lower.plant, &mut complaints);
    super::port::check(lower, &mut complaints);
    unreached(&lower.plant, &mut complaints);
    idle(&lower.plant, &mut complaints);
    super::leftover::check(&lower.plant, &mut complaints);
    parts_that_never_arrive(&lower.plant, &mut complaints);
    circles(&lower.plant, &mut complaints);
    together_into_assemblies(&lower.plant, &mut complaints);
    rules_into_assemblies(&lower.plant, &mut complaints);
    super::reserve::check(&lower.plant, &mut complaints);
    super::limit::clearances(&lower.plant, &mut complaints);
    super::kept::items(&lower.plant, &mut complaints);
    super::reserve::stays(&lower.plant, &mut complaints);
    super::in_time::check(&lower.plant, &mut complaints);
    // What lies behind a mistake is not reached because of it.
    if complaints.iter().any(|d| d.severity == Severity::Error) {
        complaints.retain(|d| d.code != codes::UNREACHED);
    }
    complaints.truncate(limits::DIAGNOSTICS);
    lower.diagnostics.extend(complaints);
}

fn start(plant: &Plant, walk: &mut Walk) {
    for (id, node) in plant.nodes.iter() {
        match &node.kind {
            NodeKind::Source(source) => {
                for (item, _) in &source.mix {
                    reach(walk, (id, *item, None));
                }
            }
            NodeKind::Buffer(buffer) => {
                for (item, n) in &buffer.initial {
                    if *n > 0 {
                        reach(walk, (id, *item, None));
                    }
                }
            }
            _ => {}
        }
    }
}

fn reach(walk: &mut Walk, state: State) {
    if walk.reached.insert(state) {
        walk.work.push(state);
    }
}

fn advance(plant: &Plant, (node, item, visit): State, walk: &mut Walk) {
    let Some(n) = plant.nodes.get(node) else { return };
    match &n.kind {
        NodeKind::Sink => {}
        NodeKind::Source(_) => {
            let start = plant.routes.iter().find(|r| r.item == item && r.sources.contains(&node)).map(|r| &r.start);
            follow(plant, node, start.or(n.routing.as_ref()), item, visit, walk);
        }
        NodeKind::Buffer(b) => {
            if let Some(to) = &b.expired {
                reach(walk, (to.node, item, visit));
            }
            follow(plant, node, n.routing.as_ref(), item, visit, walk);
        }
        NodeKind::Conveyor(_) => follow(plant, node, n.routing.as_ref(), item, visit, walk),
        NodeKind::Station(s) => {
            if let Some(v) = visit.and_then(|v| plant.visits.get(v)).filter(|v| v.station == node) {
                let recipes = s.recipes.iter();
                let main = |r: &&Recipe| r.takes.is_empty() || r.main().is_some_and(|m| is_a(plant, item, m));
                // Behind a join the route goes on with the first product; other products go their own way.
                let makes = recipes.clone().filter(main).find(|r| !r.makes.is_empty());
                let first = makes.and_then(|r| r.makes.first()).map_or(item, |p| p.item);
                follow(plant, node, Some(&v.next), first, visit, walk);
                for made in makes.iter().flat_map(|r| &r.makes).filter(|p| p.item != first) {
                    follow(plant, node, n.routing.as_ref(), made.item, None, walk);
                }
                return;
            }
            let mut taken = false;
            for recipe in &s.recipes {
                if recipe.takes.is_empty() || recipe.takes.iter().any(|p| is_a(plant, item, p.item)) {
                    taken = true;
                    worked(plant, node, recipe, item, walk);
                }
            }
            if !taken {
                let mut wanted: Vec<String> = Vec::new();
                for part in s.recipes.iter().flat_map(|r| &r.takes) {
                    let name = format!("`{}`", item_name(plant, part.item));
                    if !wanted.contains(&name) {
                        wanted.push(name);
                    }
                }
                let span = s.recipes.first().map_or(n.span, |r| r.span);
                once(
                    walk,
                    Diagnostic::new(
                        codes::WRONG_ITEM,
                        n.span,
                        format!("`{}` comes to `{}`, which does not take it", item_name(plant, item), n.name),
                    )
                    .with(span, format!("takes {}", wanted.join(" and ")))
                    .help("branch by item before it, or add the item to `takes`"),
                );
            }
        }
    }
}

/// An item that a recipe takes: its work, and where the products go.
fn worked(plant: &Plant, node: NodeId, recipe: &Recipe, item: ItemId, walk: &mut Walk) {
    let Some(n) = plant.nodes.get(node) else { return };
    // The main part says how long the work takes.
    let main = recipe.main().is_none_or(|m| is_a(plant, item, m));
    if let Some(phase) = recipe.phases.first().filter(|_| main)
        && let Expression::ByItem(list, None) = &phase.duration
        && !list.iter().any(|(i, _)| is_a(plant, item, *i))
    {
        let d = if list.is_empty() {
            Diagnostic::new(
                codes::MISSING_FIELD,
                n.span,
                format!("station `{}` does not say how long its work takes", n.name),
            )
            .help("write `cycle: 30 s`")
        } else {
            Diagnostic::new(
                codes::BRANCH_NOT_TOTAL,
                phase.span,
                format!("`{}` comes to `{}`, whose cycle has no time for it", item_name(plant, item), n.name),
            )
            .help(format!("add `{}: 30 s`, or `else: 30 s`", item_name(plant, item)))
        };
        once(walk, d);
        return;
    }
    // Where the main part is on a route, the products go on along it.
    let on_route = |m: ItemId| plant.visits.values().any(|v| v.station == node && is_a(plant, v.item, m));
    if recipe.makes.is_empty() {
        follow(plant, node, n.routing.as_ref(), item, None, walk);
    } else if main || !recipe.main().is_some_and(on_route) {
        for made in &recipe.makes {
            follow(plant, node, n.routing.as_ref(), made.item, None, walk);
        }
    }
}

fn once(walk: &mut Walk, d: Diagnostic) {
    if !walk.complaints.iter().any(|c| c.code == d.code && c.primary.span == d.primary.span && c.message == d.message) {
        walk.complaints.push(d);
    }
}

fn follow(plant: &Plant, from: NodeId, way: Option<&Routing>, item: ItemId, visit: Option<VisitId>, walk: &mut Walk) {
    let Some(way) = way else {
        let (name, span) = plant.nodes.get(from).map_or(("", Span::default()), |n| (n.name.as_str(), n.span));
        once(
            walk,
            Diagnostic::new(codes::DEAD_END, span, format!("`{}` has no way on from `{name}`", item_name(plant, item)))
                .help(format!("write `flow {name} -> …`; every item ends at a sink")),
        );
        return;
    };
    match way {
        Routing::To(Target { node, visit: begins, .. }) => reach(walk, (*node, item, begins.or(visit))),
        Routing::Shares(list, _) => list.iter().for_each(|(_, w)| follow(plant, from, Some(w), item, visit, walk)),
        Routing::ByItem(list, rest, span) => {
            let exact = list.iter().find(|(i, _)| *i == item);
            let found =
                exact.or_else(|| list.iter().find(|(i, _)| is_a(plant, item, *i))).map(|(_, w)| w).or(rest.as_deref());
            match found {
                Some(w) => follow(plant, from, Some(w), item, visit, walk),
                None => once(
                    walk,
                    Diagnostic::new(
                        codes::BRANCH_NOT_TOTAL,
                        *span,
                        format!("the branch has no way for `{}`", item_name(plant, item)),
                    )
                    .help(format!("add `{}: NODE`, or `else: NODE`", item_name(plant, item))),
                ),
            }
        }
        Routing::If(list, rest, _) => {
            list.iter().for_each(|(_, w)| follow(plant, from, Some(w), item, visit, walk));
            follow(plant, from, Some(rest), item, visit, walk);
        }
        Routing::Rule(_, list, _) => list.iter().for_each(|w| follow(plant, from, Some(w), item, visit, walk)),
    }
}

/// Whether an item type is another or one of its kinds.
#[must_use]
pub fn is_a(plant: &Plant, item: ItemId, wanted: ItemId) -> bool {
    plant.is_a(item, wanted)
}

fn item_name(plant: &Plant, id: ItemId) -> &str {
    plant.items.get(id).map_or("", |i| i.name.as_str())
}

fn unreached(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    if !plant.nodes.values().any(|n| matches!(n.kind, NodeKind::Source(_)) || !n.items.is_empty()) {
        complaints.push(
            Diagnostic::new(codes::BAD_START, plant.span, format!("line `{}` has no source", plant.name))
                .help("write `source feed { makes: Part, every: 30 s }`"),
        );
        return;
    }
    for n in plant.nodes.values() {
        let anonymous = matches!(&n.kind, NodeKind::Buffer(b) if b.anonymous || b.hands_over());
        if n.items.is_empty() && !anonymous {
            complaints.push(Diagnostic::new(codes::UNREACHED, n.span, format!("no item ever comes to `{}`", n.name)));
        }
    }
}

/// A station without machines that items come to.
fn idle(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    for n in plant.nodes.values() {
        if let NodeKind::Station(s) = &n.kind
            && s.machines == 0
            && !n.items.is_empty()
        {
            complaints.push(
                Diagnostic::new(
                    codes::NO_MACHINE,
                    n.span,
                    format!("`{}` has no machine: what comes to it waits for ever", n.name),
                )
                .help("write `machines: 1` or more, or lead no flow there"),
            );
        }
    }
}

fn parts_that_never_arrive(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    for n in plant.nodes.values() {
        let NodeKind::Station(s) = &n.kind else { continue };
        for part in s.recipes.iter().flat_map(|r| &r.takes) {
            if !n.items.is_empty() && !n.items.iter().any(|i| is_a(plant, *i, part.item)) {
                let mut d = Diagnostic::new(
                    codes::PART_NEVER_ARRIVES,
                    part.span,
                    format!(
                        "`{}` never comes to `{}`, which waits for it for ever",
                        item_name(plant, part.item),
                        n.name
                    ),
                )
                .help("lead a flow of that item there");
                // The rest of the line can still run: partial deadlock is a finding, not a hole.
                d.severity = Severity::Warning;
                complaints.push(d);
            }
        }
    }
}

/// Products that leave together enter places; an assembly has none of its own to hold one part of several.
fn together_into_assemblies(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    let joins = |id: NodeId| match plant.nodes.get(id).map(|n| &n.kind) {
        Some(NodeKind::Station(s)) => s.recipes.iter().any(Recipe::gathers),
        // On a belt items come one after the other.
        Some(NodeKind::Conveyor(_)) => true,
        _ => false,
    };
    for n in plant.nodes.values() {
        let NodeKind::Station(s) = &n.kind else { continue };
        let together = s.recipes.iter().any(|r| {
            r.release == Release::Together
                && (r.makes.len() > 1 || r.makes.iter().any(|p| p.maximum > 1) || r.makes.is_empty())
        });
        for target in n.routing.iter().flat_map(Routing::targets).filter(|t| together && joins(t.node)) {
            let to = plant.nodes.get(target.node).map_or("", |n| n.name.as_str());
            complaints.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    target.span,
                    format!("products of `{}` leave together, and `{to}` has no places to take them all at once", n.name),
                )
                .note("all leave at once, but an assembly takes a part only when all its parts are there, and on a belt one item comes after the other")
                .help(format!("give the arrow to `{to}` places of its own, for example `-[1]-> {to}`")),
            );
        }
    }
}

/// An open rule asks whether a way could accept an item: an assembly alone cannot say so of one part. And
/// products that leave together all need to have decided.
fn rules_into_assemblies(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    let joins = |id: NodeId| matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Station(s)) if s.recipes.iter().any(crate::ir::Recipe::gathers));
    let ordered =
        |id: NodeId| matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Station(s)) if s.order.is_some());
    for n in plant.nodes.values() {
        let NodeKind::Buffer(b) = &n.kind else { continue };
        let first_only = b.is_loose() && !b.overtake;
        // One item is offered at a time: the next by the order.
        let several = |id: NodeId| matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Station(s)) if s.recipes.iter().any(|r| r.batch.is_some() || r.same.is_some() || r.takes.iter().any(|p| p.maximum > 1)));
        for target in n.routing.iter().flat_map(Routing::targets).filter(|t| first_only && several(t.node)) {
            let to = plant.nodes.get(target.node).map_or("", |n| n.name.as_str());
            complaints.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    n.span,
                    format!("`{to}` takes several items at once, and `{}` offers only the one that is next", n.name),
                )
                .with(target.span, "leads there")
                .note("with an `order` or a longest stay the next item is found anew whenever one comes, goes or is too old")
                .help("let its items overtake each other, `overtake: yes`, or leave the order to the assembly"),
            );
        }
    }
    let ways = plant.nodes.values().filter_map(|n| n.routing.as_ref()).chain(plant.visits.values().map(|v| &v.next));
    for target in ways.chain(plant.routes.iter().map(|r| &r.start)).flat_map(open_targets) {
        let belt = matches!(plant.nodes.get(target.node).map(|n| &n.kind), Some(NodeKind::Conveyor(_)));
        if joins(target.node) || ordered(target.node) || belt {
            let to = plant.nodes.get(target.node).map_or("", |n| n.name.as_str());
            complaints.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    target.span,
                    format!("a rule cannot lead straight into `{to}`, which does not say at once whether it accepts an item"),
                )
                .note("a rule looks for a way that accepts the item now; a belt does so from time to time, and `order` or `takes` of a station choose among all that waits for it")
                .help(format!("give the arrow to `{to}` places of its own, for example `-[1]-> {to}`")),
            );
        }
    }
    for n in plant.nodes.values().filter(|n| matches!(n.kind, NodeKind::Conveyor(_))) {
        if n.routing.as_ref().is_some_and(Routing::reads_floor) {
            let what = format!("the branch of the conveyor `{}` reads what the floor is like", n.name);
            let note =
                "an item on a belt decides its way at the instant it arrives, before anything else there has settled";
            let help = "lead the belt into a place and branch behind that: `-[1]-> { if …: a, else: b }`";
            complaints.push(Diagnostic::new(codes::WRONG_VALUE, n.span, what).note(note).help(help));
        }
    }
    for n in plant.nodes.values() {
        let NodeKind::Station(s) = &n.kind else { continue };
        let together = s.recipes.iter().any(|r| r.release == Release::Together);
        if s.order.is_some() && s.recipes.iter().any(crate::ir::Recipe::gathers) {
            let what = format!("`{}` takes several items at once, and an `order` chooses one", n.name);
            let help = "give the order to a buffer before it, join equals with `same:`, or write several recipes";
            complaints.push(Diagnostic::new(codes::WRONG_VALUE, n.span, what).help(help));
        }
        let Some(way) = n.routing.as_ref().filter(|w| together && (w.is_open() || w.reads_floor())) else { continue };
        let span = way.targets().first().map_or(n.span, |t| t.span);
        complaints.push(
            Diagnostic::new(
                codes::WRONG_VALUE,
                span,
                format!("products of `{}` leave together, and each would decide its way anew at every instant", n.name),
            )
            .note("all leave when each has room; a rule, or a branch that reads the floor, has no way of its own until then")
            .help("let them leave each by itself, or lead them into a buffer and branch behind it"),
        );
    }
}

/// Leaves of the open rules in a routing.
fn open_targets(way: &Routing) -> Vec<Target> {
    match way {
        Routing::Rule(rule, ..) if rule.is_open() => way.targets(),
        Routing::To(_) => Vec::new(),
        Routing::Shares(list, _) => list.iter().flat_map(|(_, w)| open_targets(w)).collect(),
        Routing::ByItem(list, rest, _) => {
            list.iter().map(|(_, w)| w).chain(rest.as_deref()).flat_map(open_targets).collect()
        }
        Routing::If(list, rest, _) => {
            list.iter().map(|(_, w)| w).chain([rest.as_ref()]).flat_map(open_targets).collect()
        }
        Routing::Rule(_, list, _) => list.iter().flat_map(open_targets).collect(),
    }
}

/// Circles of buffers alone: items would run round without time passing.
fn circles(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    let plain =
        |id: NodeId| matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Buffer(b)) if b.transit.is_none());
    // Kahn's algorithm on the plain buffers: what is left lies on or between circles.
    let mut degree = vec![0usize; plant.nodes.len()];
    let targets = |id: NodeId| -> Vec<NodeId> {
        let way = plant.nodes.get(id).and_then(|n| n.routing.as_ref());
        way.map(|w| w.targets().into_iter().map(|t| t.node).filter(|t| plain(*t)).collect()).unwrap_or_default()
    };
    for id in plant.nodes.ids().filter(|id| plain(*id)) {
        for t in targets(id) {
            if let Some(d) = degree.get_mut(t.index()) {
                *d += 1;
            }
        }
    }
    let mut open: Vec<NodeId> =
        plant.nodes.ids().filter(|id| plain(*id) && degree.get(id.index()).copied() == Some(0)).collect();
    let mut done = open.len();
    while let Some(id) = open.pop() {
        for t in targets(id) {
            if let Some(d) = degree.get_mut(t.index()) {
                *d -= 1;
                if *d == 0 {
                    open.push(t);
                    done += 1;
                }
            }
        }
    }
    let all = plant.nodes.ids().filter(|id| plain(*id)).count();
    if done < all
        && let Some((_, n)) =
            plant.nodes.iter().find(|(id, _)| plain(*id) && degree.get(id.index()).is_some_and(|d| *d > 0))
    {
        complaints.push(
            Diagnostic::new(
                codes::CIRCLE_WITHOUT_WORK,
                n.span,
                format!("items could run round through `{}` without taking time", n.name),
            )
            .help("put a station, or a transit time on an arrow, into the circle"),
        );
    }
}
