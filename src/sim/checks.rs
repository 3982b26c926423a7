//! Holds a run against what must be true of every run: at the end of the warm-up and at the end, the
//! arena is walked and its items counted, and sums are compared that were made in different ways. A
//! contradiction is a bug of the compiler and fails the run.
//!
//! Cost: one pass over nodes and items, twice a run, so it is never left out. Start at [`verified`].

use crate::diag::Diagnostic;
use crate::ir::ids::Id;
use crate::ir::{Capacity, NodeKind, Plant, Stopped, Supply};
use crate::kernel::Run;
use crate::kernel::builder::Field;
use crate::kernel::layout::{header, item, limit, machine, source};
use crate::kernel::model::Model;
use crate::kernel::program::Ty;
use crate::kernel::read::{Snapshot, items_in, items_on, machines_of};
use crate::kernel::status::phase;

use super::outcome::{Replication, STATES};
use super::{measure, trouble};

/// The figures of a settled run, held against what must be true of every run.
///
/// # Errors
/// The internal error that fails the run when they contradict each other.
pub fn verified(model: &Model, plant: &Plant, run: &Run) -> Result<Snapshot, Box<Diagnostic>> {
    let snapshot = Snapshot::of(model, plant, run);
    match contradiction(model, plant, run, &snapshot) {
        None => Ok(snapshot),
        Some(words) => Err(Box::new(trouble::internal(plant, &words))),
    }
}

/// What is wrong with a settled run of which `snapshot` was taken, if anything.
#[must_use]
pub fn contradiction(model: &Model, plant: &Plant, run: &Run, snapshot: &Snapshot) -> Option<String> {
    measure::contradiction(plant, snapshot)
        .or_else(|| levels(plant, snapshot))
        .or_else(|| people(plant, snapshot))
        .or_else(|| floor(model, plant, run, snapshot))
}

/// Entries and exits of buffers, and their times.
fn levels(plant: &Plant, snapshot: &Snapshot) -> Option<String> {
    for b in &snapshot.buffers {
        let Some(node) = plant.nodes.get(b.node) else { continue };
        let NodeKind::Buffer(buffer) = &node.kind else { continue };
        let initial = buffer.initial.iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
        let due = i128::from(initial) + i128::from(b.entries) - i128::from(b.exits);
        if due != i128::from(b.level) {
            return Some(format!(
                "`{}` began with {initial} items, {} came and {} left, and it holds {}",
                node.name, b.entries, b.exits, b.level
            ));
        }
        let now = snapshot.now.0;
        let within = |time: i64| (0..=now).contains(&time);
        let some_place = buffer.capacity != Capacity::Places(0);
        if b.area < 0 || b.stays < 0 || !within(b.empty) || !within(b.full) || (some_place && b.empty + b.full > now) {
            return Some(format!(
                "`{}` was empty for {} and full for {} of {now} ticks, with {} item ticks",
                node.name, b.empty, b.full, b.area
            ));
        }
    }
    None
}

/// Members busy over time are at most those there were.
fn people(plant: &Plant, snapshot: &Snapshot) -> Option<String> {
    for p in &snapshot.pools {
        let Some(pool) = plant.pools.get(p.pool) else { continue };
        // Those who finish their work after the end of their shift count as there.
        if p.area < 0 || p.area > p.sizes {
            return Some(format!("`{}` was busy for {} of {} member ticks", pool.name, p.area, p.sizes));
        }
    }
    None
}

/// Walks the floor: how many items of each type are really there, how many records are in use, and how
/// long the items have been there.
fn floor(model: &Model, plant: &Plant, run: &Run, snapshot: &Snapshot) -> Option<String> {
    let arena = run.arena();
    let most = arena.words().len();
    let chain = |first: i64, list: &mut Vec<i64>| {
        let mut at = first;
        while at != 0 && list.len() < most {
            list.push(at);
            at = arena.get(at, item::NEXT);
        }
    };
    let mut items: Vec<i64> = Vec::new();
    // Items of sources that always have one ready are not born yet.
    let mut unborn = 0i64;
    for ((id, node), record) in plant.nodes.iter().zip(&model.places.nodes) {
        match &node.kind {
            NodeKind::Source(s) => {
                let waits = arena.get(*record, source::ITEM);
                if waits == 0 {
                    continue;
                }
                if s.supply == Supply::Always {
                    unborn += 1;
                } else if s.makes_single_items() {
                    items.push(waits);
                } else {
                    chain(waits, &mut items);
                }
            }
            NodeKind::Station(_) => {
                for at in machines_of(model, id) {
                    match arena.get(at, machine::PHASE) {
                        phase::FINISHED => chain(arena.get(at, machine::PRODUCTS), &mut items),
                        _ => chain(arena.get(at, machine::ITEM), &mut items),
                    }
                }
            }
            NodeKind::Buffer(_) => items.extend(items_in(arena, *record)),
            NodeKind::Conveyor(_) => items.extend(items_on(model, arena, id)),
            NodeKind::Sink => {}
        }
    }
    let mut found = vec![0i64; plant.items.len()];
    for at in &items {
        let kind = usize::try_from(arena.get(*at, item::TYPE)).unwrap_or(usize::MAX);
        if let Some(n) = found.get_mut(kind) {
            *n += 1;
        }
    }
    for b in &snapshot.balances {
        let there = found.get(b.item.index()).copied().unwrap_or(0);
        if there != b.inside {
            let name = plant.items.get(b.item).map_or("", |i| i.name.as_str());
            return Some(format!("{} of `{name}` should be inside, and {there} are on the floor", b.inside));
        }
    }
    if let Some(wrong) = cards(model, plant, run, &items) {
        return Some(wrong);
    }
    let records =
        arena.get(0, header::ITEM_TOP).saturating_sub(arena.get(0, header::ITEM_BASE)) / model.item_bytes.max(1);
    let (mut free, mut at) = (0i64, arena.get(0, header::ITEM_FREE));
    while at != 0 && free <= records {
        free += 1;
        at = arena.get(at, item::OFFER_NEXT);
    }
    let inside = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if records.saturating_sub(free) != inside.saturating_add(unborn) {
        return Some(format!(
            "{} records of items are in use, for {inside} items inside and {unborn} not yet born",
            records.saturating_sub(free)
        ));
    }
    // Little's law is an identity where no item becomes another one: the time all items have spent, unless some of it
    // was elsewhere.
    let changed = snapshot.balances.iter().any(|b| b.used + b.assembled + b.scrapped + b.lost > 0);
    if changed || !plant.elsewhere.is_empty() {
        return None;
    }
    let left = snapshot.arrivals.iter().fold(0i128, |sum, a| sum.saturating_add(a.sum));
    let here = items.iter().fold(0i128, |sum, at| {
        sum.saturating_add(i128::from(snapshot.now.0.saturating_sub(arena.get(*at, item::BIRTH))))
    });
    let spent = left.saturating_add(here);
    (spent != snapshot.wip_area).then(|| {
        format!(
            "all items together spent {spent} ticks inside, and the work in process adds up to {}",
            snapshot.wip_area
        )
    })
}

/// Cards of every limit: those that items hold, those left, and those on their way back are as many as there
/// are, but for pallets that are broken down.
fn cards(model: &Model, plant: &Plant, run: &Run, items: &[i64]) -> Option<String> {
    let arena = run.arena();
    let held_by = if model.shapes.visits { item::CARDS } else { Field { offset: item::VISIT.offset, ty: Ty::Count } };
    for (((id, l), record), bit) in plant.limits.iter().zip(&model.places.limits).zip(0u32..63) {
        let holds = |at: &&i64| (arena.get(**at, held_by) >> bit) & 1 == 1;
        let held = items.iter().filter(holds).count();
        let held = i64::try_from(held).unwrap_or(i64::MAX);
        let (left, back) = (arena.get(*record, limit::CARDS), arena.get(*record, limit::RETURNING));
        let sum = held.saturating_add(left).saturating_add(back);
        let count = i64::try_from(l.count).unwrap_or(i64::MAX);
        let breaks = plant.stops.iter().filter(|s| s.stops.contains(&Stopped::Card(id))).count();
        let least = count.saturating_sub(i64::try_from(breaks).unwrap_or(i64::MAX));
        if sum > count || sum < least || (left < 0 && breaks == 0) {
            return Some(format!(
                "`{}` has {count} cards: items hold {held}, {left} are left, {back} are on their way back",
                l.name
            ));
        }
        let out = arena.get(*record, limit::OUT);
        if out != held.saturating_add(back) {
            return Some(format!(
                "`{}` counts {out} cards in use: items hold {held}, {back} are on their way back",
                l.name
            ));
        }
    }
    None
}

/// What is wrong with the figures of a window, if anything.
#[must_use]
pub fn contradiction_of(figures: &Replication) -> Option<String> {
    if let Some(wrong) = figures.fleets.iter().find_map(|f| f.contradiction(figures.window_ticks)) {
        return Some(wrong);
    }
    for s in &figures.stations {
        let spent = s.state_ticks.iter().fold(0i128, |sum, t| sum.saturating_add(*t));
        let due = i128::from(figures.window_ticks).saturating_mul(s.machines.into());
        if spent != due || s.state_ticks.iter().any(|t| *t < 0) {
            return Some(format!("the states of `{}` add up to {spent} ticks instead of {due}", s.name));
        }
        for (causes, (state, name)) in s.causes.iter().zip(s.state_ticks.iter().zip(STATES).skip(2)) {
            let charged = causes.iter().fold(0i128, |sum, (_, t)| sum.saturating_add(*t));
            // Behind a way that is never taken nothing can end the wait.
            if charged != *state && !causes.is_empty() {
                return Some(format!("`{}` was {name} for {state} ticks, and {charged} have a cause", s.name));
            }
        }
    }
    None
}
