//! What can never be granted: more people than a crew has (E0504), more parts than the only place
//! before a station can hold (E0505).

use std::collections::BTreeMap;

use crate::base::Span;
use crate::diag::{Diagnostic, codes};
use crate::ir::{Buffer, Capacity, ItemId, KeptFor, Need, NodeId, NodeKind, Plant, PoolId, PoolKind, Recipe, Supply};

use super::figures::whole;
use super::load::item_name;
use super::means::is_a;

/// Checks all requests. O(needs + arrows).
pub(super) fn check(plant: &Plant, found: &mut Vec<Diagnostic>) {
    for node in plant.nodes.values() {
        let NodeKind::Station(station) = &node.kind else { continue };
        for phase in station.recipes.iter().flat_map(|r| &r.phases) {
            request(plant, &node.name, "work", &phase.needs, found);
        }
        for b in &station.breakdowns {
            request(plant, &node.name, &format!("repair `{}`", b.name), &b.needs, found);
            if b.keep_crew {
                for phase in station.recipes.iter().flat_map(|r| &r.phases) {
                    let both: Vec<Need> = phase
                        .needs
                        .iter()
                        .filter(|w| b.needs.iter().any(|n| n.pool == w.pool))
                        .chain(&b.needs)
                        .cloned()
                        .collect();
                    if both.len() > b.needs.len() {
                        let what = format!("repair `{}`, which keeps the people of the work,", b.name);
                        request(plant, &node.name, &what, &both, found);
                    }
                }
            }
        }
        for m in &station.maintenance {
            request(plant, &node.name, &format!("maintenance `{}`", m.name), &m.needs, found);
        }
        for needs in station.setups().filter_map(|s| s.needs.as_ref()) {
            request(plant, &node.name, "setup", needs, found);
        }
    }
    for shared in &plant.stops {
        let what = if matches!(shared.stop, crate::ir::Stop::Breakdown(_)) { "repair" } else { "maintenance" };
        let name = shared.owner.as_deref().unwrap_or(&plant.name);
        request(plant, name, &format!("{what} `{}`", shared.stop.name()), shared.stop.needs(), found);
    }
    for (limit, clearance) in plant.limits.values().filter_map(|l| Some((l, l.clearance.as_ref()?))) {
        request(plant, &limit.name, "clearance", &clearance.needs, found);
    }
    for visit in plant.visits.values() {
        for phase in visit.phases.iter().flatten() {
            request(plant, &visit.name, "visit", &phase.needs, found);
        }
        let own = visit.setup.as_ref().and_then(|s| s.needs.as_ref());
        for needs in own.into_iter().chain(&visit.setup_needs) {
            request(plant, &visit.name, "setup", needs, found);
        }
    }
    parts(plant, found);
}

fn request(plant: &Plant, name: &str, what: &str, needs: &[Need], found: &mut Vec<Diagnostic>) {
    let mut sums: BTreeMap<PoolId, (u64, Span)> = BTreeMap::new();
    for need in needs {
        let entry = sums.entry(need.pool).or_insert((0, need.span));
        *entry = (entry.0.saturating_add(need.count), entry.1.to(need.span));
    }
    let skills = sums.keys().any(|id| plant.pools.get(*id).is_some_and(|p| p.kind == PoolKind::Skill));
    if skills && sums.len() > 1 {
        together(plant, name, what, &sums, found);
    }
    for (id, (asked, span)) in sums {
        let Some(pool) = plant.pools.get(id).filter(|p| p.size < asked) else { continue };
        if found
            .iter()
            .any(|d| d.code == codes::REQUEST_EXCEEDS_POOL && d.primary.span == span && span != Span::default())
        {
            continue;
        }
        let kind = match pool.kind {
            PoolKind::Crew => "crew",
            PoolKind::Tool => "tool set",
            PoolKind::Skill => "skill",
        };
        let message = format!(
            "{what} at `{name}` asks for {} of `{}`, which has only {}",
            whole(asked),
            pool.name,
            whole(pool.size)
        );
        found.push(
            Diagnostic::new(codes::REQUEST_EXCEEDS_POOL, span, message)
                .label("can never be granted")
                .with(pool.span, format!("a {kind} of {}", whole(pool.size)))
                .note("a request is granted all at once; this one would wait for ever, and everything behind it")
                .help(format!(
                    "make `{}` at least {}, or ask for at most {}",
                    pool.name,
                    whole(asked),
                    whole(pool.size)
                )),
        );
    }
}

/// Several skills asked for at once, which the crews cannot serve together.
fn together(plant: &Plant, name: &str, what: &str, sums: &BTreeMap<PoolId, (u64, Span)>, found: &mut Vec<Diagnostic>) {
    let able = |id: &PoolId| match plant.pools.get(*id) {
        Some(p) if p.kind == PoolKind::Skill => p.crews.iter().map(|c| c.0 as usize).collect(),
        _ => vec![id.0 as usize],
    };
    let wanted: Vec<(Vec<usize>, u64)> = sums.iter().map(|(id, (n, _))| (able(id), *n)).collect();
    let mut free: Vec<u64> = plant.pools.values().map(|p| p.size).collect();
    let alone = sums.iter().all(|(id, (n, _))| plant.pools.get(*id).is_some_and(|p| p.size >= *n));
    if !alone || crate::ir::staff(&wanted, &mut free).is_some() {
        return;
    }
    let Some((_, span)) = sums.values().next() else { return };
    let span = sums.values().fold(*span, |a, (_, b)| a.to(*b));
    found.push(
        Diagnostic::new(
            codes::REQUEST_EXCEEDS_POOL,
            span,
            format!("{what} at `{name}` asks for skills that the crews do not have at the same time"),
        )
        .label("can never be granted")
        .note("each member serves one need of a request, whatever else he can do")
        .help("make one of the crews larger, or ask for fewer"),
    );
}

/// What leads into a node.
#[derive(Default)]
struct Feeders {
    buffers: Vec<NodeId>,
    /// Items that machines and sources hand over without a place between.
    direct: u64,
}

fn parts(plant: &Plant, found: &mut Vec<Diagnostic>) {
    let mut feeders: BTreeMap<NodeId, Feeders> = BTreeMap::new();
    let mut note = |from: NodeId, to: NodeId| {
        let entry = feeders.entry(to).or_default();
        match plant.nodes.get(from).map(|n| &n.kind) {
            Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_)) if !entry.buffers.contains(&from) => {
                entry.buffers.push(from)
            }
            Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_)) => {}
            Some(NodeKind::Station(s)) => {
                let made = |r: &Recipe| {
                    let products = r.makes.iter().map(|p| p.maximum).sum::<u64>();
                    products.max(r.gathered().iter().map(|(_, _, most)| most).sum()).max(1)
                };
                let most = s.recipes.iter().map(made).max().unwrap_or(1);
                entry.direct = entry.direct.saturating_add(most.saturating_mul(s.machines));
            }
            Some(NodeKind::Source(s)) if s.supply != Supply::Always => {
                // A drawn lot may be large enough now and then.
                let lot = s.lot.constant().and_then(|q| q.value.trunc().try_into().ok());
                entry.direct = entry.direct.saturating_add(lot.unwrap_or(u64::MAX));
            }
            // As many as are needed.
            _ => entry.direct = u64::MAX,
        }
    };
    for (id, node) in plant.nodes.iter() {
        for target in node.routing.iter().flat_map(|r| r.targets()) {
            note(id, target.node);
        }
    }
    for visit in plant.visits.values() {
        visit.next.targets().iter().for_each(|t| note(visit.station, t.node));
    }
    for route in &plant.routes {
        for source in &route.sources {
            route.start.targets().iter().for_each(|t| note(*source, t.node));
        }
    }
    for (id, node) in plant.nodes.iter() {
        let (NodeKind::Station(station), Some(feeders)) = (&node.kind, feeders.get(&id)) else { continue };
        // Parts that are loaded one by one need no place before the station.
        if station.load_each {
            continue;
        }
        for recipe in &station.recipes {
            for part in &recipe.takes {
                let what = item_name(plant, part.item);
                too_few(plant, &node.name, feeders, Some(part.item), part.minimum, &what, part.span, found);
            }
            if let Some(batch) = recipe.batch.as_ref().filter(|_| recipe.takes.is_empty()) {
                too_few(plant, &node.name, feeders, None, batch.minimum, "item", recipe.span, found);
            }
        }
    }
}

/// Places of a buffer that are surely kept from an item, wherever it comes from.
fn kept_from(plant: &Plant, buffer: &Buffer, item: Option<ItemId>) -> u64 {
    let Some(item) = item else { return 0 };
    buffer.kept_from(|whom| match whom {
        KeptFor::Item(kind) => is_a(plant, item, *kind) || is_a(plant, *kind, item),
        // What a station makes is another item than what comes to it.
        KeptFor::From(from, _) => plant
            .nodes
            .get(*from)
            .is_none_or(|n| matches!(n.kind, NodeKind::Station(_)) || n.items.iter().any(|i| is_a(plant, *i, item))),
    })
}

#[allow(clippy::too_many_arguments)] // one fact each
fn too_few(
    plant: &Plant,
    name: &str,
    feeders: &Feeders,
    item: Option<ItemId>,
    wanted: u64,
    what: &str,
    span: Span,
    found: &mut Vec<Diagnostic>,
) {
    let mut places = feeders.direct;
    let mut held = Vec::new();
    let mut belt = None;
    for id in &feeders.buffers {
        let Some(node) = plant.nodes.get(*id) else { continue };
        if item.is_some_and(|item| !node.items.iter().any(|i| is_a(plant, *i, item))) {
            continue;
        }
        match &node.kind {
            NodeKind::Buffer(Buffer { capacity: Capacity::Unlimited, .. }) => return,
            NodeKind::Buffer(b @ Buffer { capacity: Capacity::Places(n), .. }) => {
                places = places.saturating_add(n.saturating_sub(kept_from(plant, b, item)));
            }
            // Only what stands at the end of a lane can be taken off.
            NodeKind::Conveyor(own) => {
                places = places.saturating_add(own.lanes);
                belt = Some(node.name.as_str());
            }
            _ => continue,
        }
        held.push((node.name.as_str(), node.span));
    }
    if places >= wanted {
        return;
    }
    let Some(((first, first_span), others)) = held.split_first() else {
        if places > 0 {
            let message = format!(
                "`{name}` takes {} {what}, but at most {} can stand ready before it: it never starts",
                whole(wanted),
                whole(places)
            );
            found.push(
                Diagnostic::new(codes::TAKES_EXCEEDS_BUFFER, span, message)
                    .label(format!("waits for {} at once", whole(wanted)))
                    .note("without a place between, only finished items on the machines before it are ready")
                    .help(format!("give the arrow places: `-[{}]-> {name}`", whole(wanted))),
            );
        }
        return;
    };
    let before = if others.is_empty() { format!("`{first}`") } else { format!("`{first}` and its like") };
    let mut d = Diagnostic::new(
        codes::TAKES_EXCEEDS_BUFFER,
        span,
        format!(
            "`{name}` takes {} {what}, but {} {}: it never starts",
            whole(wanted),
            if belt.is_some() { format!("at the end of {before}") } else { format!("{before} before it holds only") },
            if belt.is_some() { format!("only {} can be taken off", whole(places)) } else { whole(places) },
        ),
    )
    .label(format!("waits for {} at once", whole(wanted)))
    .with(*first_span, format!("holds {}", whole(places)));
    for (_, span) in others.iter().take(3) {
        d = d.with(*span, "counted in");
    }
    found.push(
        d.note("nothing is loaded until all parts are there, and no more than these find room in front of the station")
            .help(match belt {
                Some(belt) => format!("put places behind the belt: `{belt} -[{}]-> {name}`", whole(wanted)),
                None => format!("give the place before `{name}` room for at least {}", whole(wanted)),
            }),
    );
}
