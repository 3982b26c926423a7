//! Reads to what the starved, blocked and waiting times of a station have been charged (semantics Z2).
//!
//! Time that nothing has ended yet goes to what is missing now, the first of several.

use crate::ir::ids::Id;
use crate::ir::{ItemId, LimitId, Node, NodeId, NodeKind, Part, Plant, Supply};

use super::builder::Field;
use super::causes::{limits_of, pools_of};
use super::host::Arena;
use super::layout::{causes, header, item, limit, list, machine, needs, node, part, pool, request, source, station};
use super::model::Model;
use super::program::Ty;
use super::status::{State, phase};

/// Ticks by cause, for starved, blocked and waiting; causes in the order of [`super::causes`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Charged {
    /// What has ended, since t = 0.
    pub ended: [Vec<i128>; 3],
    /// What goes on, since t = 0 or the last [`super::read::restart`].
    pub open: [Vec<i128>; 3],
}

const SUM: Field = Field { offset: 16, ty: Ty::Duration };

/// The state whose time is the n-th of the three.
fn state(which: usize) -> i64 {
    State::Starved.code().saturating_add(i64::try_from(which).unwrap_or(0))
}

fn nth(n: usize) -> i32 {
    i32::try_from(8 * n).unwrap_or(0)
}

/// Time of a machine in one of the three states, up to now.
fn total(arena: &Arena, record: i64, now: i64, which: usize) -> i64 {
    let code = state(which);
    let place = i32::try_from(8 * code).unwrap_or(0);
    let open = if arena.get(record, machine::STATE) == code {
        now.saturating_sub(arena.get(record, machine::SINCE))
    } else {
        0
    };
    arena.get(record, machine::IN_STATE.plus(place)).saturating_add(open)
}

/// The time of all machines of a station by cause.
#[must_use]
pub fn charged(arena: &Arena, model: &Model, plant: &Plant, id: NodeId, machines: &[i64], now: i64) -> Charged {
    let known = &model.places.causes;
    let sizes =
        [known.givers(id).len() + limits_of(plant, id).len(), known.takers(id).len(), pools_of(plant, id).len()];
    let mut charged = Charged { ended: sizes.map(|n| vec![0; n]), open: sizes.map(|n| vec![0; n]) };
    for record in machines {
        let own = arena.get(*record, machine::CAUSES);
        for (which, size) in sizes.into_iter().enumerate() {
            let spent = i128::from(total(arena, *record, now, which));
            let (Some(ended), Some(open)) = (charged.ended.get_mut(which), charged.open.get_mut(which)) else {
                continue;
            };
            if size < 2 || own == 0 {
                // Only one can end it.
                if let Some(sum) = ended.first_mut() {
                    *sum = sum.saturating_add(spent);
                }
                continue;
            }
            let pairs = arena.get(own, causes::LISTS.plus(nth(which)));
            for (sum, at) in ended.iter_mut().zip((0i64..).map(|i| pairs.saturating_add(16 * i))) {
                *sum = sum.saturating_add(i128::from(arena.get(at, SUM)));
            }
            let rest = spent.saturating_sub(i128::from(arena.get(own, causes::CHARGED.plus(nth(which)))));
            if rest != 0 {
                let missing = missing(arena, model, plant, id, *record, which).unwrap_or(0);
                if let Some(sum) = open.get_mut(missing) {
                    *sum = sum.saturating_add(rest);
                }
            }
        }
    }
    charged
}

/// Begins to charge anew: what goes on counts from now on.
pub fn restart(arena: &mut Arena, machines: &[i64], now: i64) {
    for record in machines {
        let own = arena.get(*record, machine::CAUSES);
        if own == 0 {
            continue;
        }
        for which in 0..3 {
            let spent = total(arena, *record, now, which);
            arena.set(own, causes::CHARGED.plus(nth(which)), spent);
        }
    }
}

/// Which cause is missing now.
fn missing(arena: &Arena, model: &Model, plant: &Plant, id: NodeId, record: i64, which: usize) -> Option<usize> {
    match which {
        0 => missing_giver(arena, model, plant, id, record),
        1 => {
            let product = arena.get(record, machine::PRODUCTS);
            if product == 0 || arena.get(record, machine::PHASE) != phase::FINISHED {
                return None;
            }
            let rank = arena.get(arena.get(product, item::LIST), list::RANK);
            let takers = model.places.causes.takers(id);
            let rank_of = |n: &NodeId| model.places.nodes.get(n.index()).map(|r| arena.get(*r, node::RANK));
            takers.iter().position(|n| rank_of(n) == Some(rank))
        }
        _ => {
            let needed = arena.get(arena.get(record, machine::REQUEST), request::NEEDS);
            if needed == 0 {
                return None;
            }
            let pools = pools_of(plant, id);
            let asked = (0..arena.get(needed, needs::COUNT).min(1 << 16)).map(|i| {
                let at = needed.saturating_add(16 * i);
                (arena.get(at, needs::POOL), arena.get(at, needs::NUMBER))
            });
            let short = |p: i64, n: i64| arena.get(p, pool::SIZE).saturating_sub(arena.get(p, pool::BUSY)) < n;
            let all: Vec<(i64, i64)> = asked.collect();
            let (lacking, _) = all.iter().find(|(p, n)| short(*p, *n)).or_else(|| all.first())?;
            pools.iter().position(|p| model.places.pools.get(p.index()) == Some(lacking))
        }
    }
}

/// The first giver of the first part that is missing.
fn missing_giver(arena: &Arena, model: &Model, plant: &Plant, id: NodeId, record: i64) -> Option<usize> {
    let Some(NodeKind::Station(s)) = plant.nodes.get(id).map(|n| &n.kind) else { return None };
    let takes = &s.recipes.first()?.takes;
    let limits = limits_of(plant, id);
    let givers = model.places.causes.givers(id).len();
    // What is there and not taken waits for a card.
    let short = || {
        let closed = |l: &LimitId| model.places.limits.get(l.index()).is_some_and(|r| arena.get(*r, limit::CARDS) <= 0);
        let which = limits.iter().position(closed).unwrap_or(0);
        (!limits.is_empty()).then(|| givers.saturating_add(which))
    };
    if takes.is_empty() {
        let waits = arena.get(arena.get(record, machine::STATION), node::OFFERS) != 0;
        return short().filter(|_| waits);
    }
    let parts = arena.get(arena.get(record, machine::STATION), station::PARTS);
    let stride = i64::try_from(part::WORDS * 8).ok()?;
    let at = |i: i64| parts.saturating_add(stride.saturating_mul(i));
    let missing = |(i, own): &(i64, &Part)| match s.recipes.as_slice() {
        [recipe] if !s.load_each && recipe.same.is_none() => {
            there(arena, model, plant, id, own, arena.get(at(*i), list::HEAD)) < own.minimum
        }
        // What the latest attempt to collect the parts did not find.
        _ => arena.get(at(*i), part::REST) > 0,
    };
    let Some((_, lacking)) = (0i64..).zip(takes).find(missing) else {
        return short();
    };
    let gives = |node: &Node| {
        // What a station makes of parts leaves it instead of them.
        let makes = match &node.kind {
            NodeKind::Station(s) => s.recipes.iter().flat_map(|r| &r.makes).map(|p| p.item).collect(),
            _ => Vec::new(),
        };
        let leaving = if makes.is_empty() { &node.items } else { &makes };
        leaving.iter().any(|item| plant.is_a(*item, lacking.item))
    };
    model.places.causes.givers(id).iter().position(|g| plant.nodes.get(*g).is_some_and(gives))
}

/// How many parts a station could take now, of those that are offered to it from a first on; no more than the least that
/// it needs are counted, but for what a source makes as it is taken.
fn there(arena: &Arena, model: &Model, plant: &Plant, id: NodeId, wanted: &Part, first: i64) -> u64 {
    let now = arena.get(0, header::NOW);
    let giver = |record: i64| {
        let own = |n: &&NodeId| model.places.nodes.get(n.index()) == Some(&record);
        model.places.causes.givers(id).iter().find(own).and_then(|n| plant.nodes.get(*n)).map(|n| &n.kind)
    };
    let fits = |at: i64| {
        let kind = usize::try_from(arena.get(at, item::TYPE)).map(ItemId::new);
        arena.get(at, item::READY) <= now && kind.is_ok_and(|kind| plant.is_a(kind, wanted.item))
    };
    let mut found = 0u64;
    let mut offered = first;
    while offered != 0 && found < wanted.minimum {
        let holder = arena.get(offered, item::HOLDER);
        match giver(holder) {
            Some(NodeKind::Buffer(b)) if !b.is_loose() => {
                let mut at = offered;
                while at != 0 && found < wanted.minimum && fits(at) {
                    found += 1;
                    at = arena.get(at, item::NEXT);
                }
            }
            Some(NodeKind::Source(s)) if s.supply == Supply::Always => {
                let made = u64::try_from(arena.get(holder, source::MADE)).unwrap_or(u64::MAX);
                let unmade = s.total.unwrap_or(u64::MAX).saturating_sub(made);
                found = found.saturating_add(1).saturating_add(unmade);
            }
            _ => found += 1,
        }
        offered = arena.get(offered, item::OFFER_NEXT);
    }
    found
}

/// Time that a breakdown waited for people and was under repair, up to now; off the shift of its machine neither
/// counts.
#[must_use]
pub fn stop_times(arena: &Arena, record: i64, now: i64) -> (i64, i64) {
    use super::layout::breakdown;
    let shifted = arena.get(record, breakdown::SHIFTED);
    let off = shifted != 0 && arena.get(shifted, machine::OFF) & 1 != 0;
    let open = if off { 0 } else { now.saturating_sub(arena.get(record, breakdown::SINCE)) };
    let shared = arena.get(record, breakdown::SHARED);
    let active = match arena.get(record, breakdown::ACTIVE) {
        // One that stops with others waits as long as they do.
        2 if shared != 0 && arena.get(shared, breakdown::ACTIVE) != 2 => 1,
        own => own,
    };
    let (waits, repaired) = match active {
        1 => (open, 0),
        2 => (0, open),
        _ => (0, 0),
    };
    (
        arena.get(record, breakdown::WAITED).saturating_add(waits),
        arena.get(record, breakdown::REPAIRED).saturating_add(repaired),
    )
}
