//! Machines in which items stay longer than a cycle, one behind the other: rotary fillers, cascading tools.
//!
//! The machine moves as one. Its own time stands still while it is down, off, or holds a finished item
//! that finds no room; then nothing is loaded. Items leave in the order in which they came.

use super::super::builder::{Builder, V};
use super::super::layout::{draw, header, item, machine, station};
use super::super::program::Ty;
use super::super::shape::StationShape;
use super::super::status::{NEVER, State, phase};
use super::Emit;

impl Emit<'_> {
    /// The machine when it may be loaded, or 0.
    pub(super) fn open_machine(&self, b: &mut Builder, s: &StationShape, node: V) -> V {
        let machine = b.load(node, station::MACHINES);
        let at = b.load(machine, machine::PHASE);
        let empty = b.count(phase::IDLE);
        let empty = b.eq(at, empty);
        let moving = b.count(phase::WORKING);
        let moving = b.eq(at, moving);
        let own = Self::moved(b, machine);
        let next = b.load(machine, machine::NEXT_LOAD);
        let free = b.le(next, own);
        let spaced = b.and(moving, free);
        let open = b.or(empty, spaced);
        let open = if s.stops() {
            let down = b.load(machine, machine::DOWN);
            let up = b.is_zero(down);
            b.and(open, up)
        } else {
            open
        };
        let none = b.none();
        b.select(open, machine, none)
    }

    /// The time that the machine has moved.
    fn moved(b: &mut Builder, machine: V) -> V {
        let at = b.load(machine, machine::PHASE);
        let moving = b.count(phase::WORKING);
        let moving = b.eq(at, moving);
        let before = b.load(machine, machine::MOVED);
        let now = Self::now(b);
        let start = b.load(machine, machine::WORK_START);
        let stretch = b.sub(now, start);
        let after = b.add(before, stretch);
        b.select(moving, after, before)
    }

    /// Puts an item behind those inside.
    pub(super) fn append_inside(b: &mut Builder, machine: V, item: V) {
        let first = b.load(machine, machine::ITEM);
        let alone = b.is_zero(first);
        b.either(
            alone,
            |b| b.store(machine, machine::ITEM, item),
            |b| {
                let last = b.load(machine, machine::LAST);
                b.store(last, item::NEXT, item);
            },
        );
    }

    /// An item has been loaded: its stay begins.
    pub(super) fn begin_stay(&self, b: &mut Builder, s: &StationShape, machine: V, item: V, work: V) {
        let now = Self::now(b);
        let at = b.load(machine, machine::PHASE);
        let empty = b.count(phase::IDLE);
        let empty = b.eq(at, empty);
        b.when(empty, |b| {
            Self::set_state(b, machine, State::Working);
            b.store_int(machine, machine::PHASE, phase::WORKING);
            b.store_int(machine, machine::MOVED, 0);
            b.store(machine, machine::WORK_START, now);
        });
        let own = Self::moved(b, machine);
        let cycle = self.duration(b, work, &s.work, Some(item));
        let staying = b.load(work, draw::NEXT);
        let stay = self.duration(b, staying, &s.work, Some(item));
        let next = b.add(own, cycle);
        b.store(machine, machine::NEXT_LOAD, next);
        // Nobody leaves before the next may come, or before the one in front.
        let shorter = b.lt(stay, cycle);
        let stay = b.select(shorter, cycle, stay);
        let until = b.add(own, stay);
        let until = b.var(until);
        let others = b.not(empty);
        b.when(others, |b| {
            let last = b.load(machine, machine::LAST);
            let before = b.load(last, item::STAYS_UNTIL);
            let later = b.lt(until, before);
            let least = b.select(later, before, until);
            b.set(until, least);
        });
        b.store(item, item::STAYS_UNTIL, until);
        b.store(machine, machine::LAST, item);
        self.await_stay(b, machine);
    }

    /// Awaits the end of the first stay, or the time when the next item may come.
    fn await_stay(&self, b: &mut Builder, machine: V) {
        let own = Self::moved(b, machine);
        let first = b.load(machine, machine::ITEM);
        let until = b.load(first, item::STAYS_UNTIL);
        let next = b.load(machine, machine::NEXT_LOAD);
        let ahead = b.lt(own, next);
        let sooner = b.lt(next, until);
        let loads = b.and(ahead, sooner);
        let due = b.select(loads, next, until);
        let rest = b.sub(due, own);
        let slot = b.load(machine, machine::SLOT);
        self.schedule_after(b, slot, rest);
    }

    /// The machine moves on after it stood still.
    pub(super) fn moves_on(&self, b: &mut Builder, machine: V) {
        let now = Self::now(b);
        Self::set_state(b, machine, State::Working);
        b.store_int(machine, machine::PHASE, phase::WORKING);
        b.store(machine, machine::WORK_START, now);
        self.await_stay(b, machine);
        let node = b.load(machine, machine::STATION);
        self.mark_if_offered(b, node);
    }

    /// The machine stands still: its own time stops.
    pub(super) fn stands_still(&self, b: &mut Builder, machine: V) {
        let own = Self::moved(b, machine);
        b.store(machine, machine::MOVED, own);
        let slot = b.load(machine, machine::SLOT);
        let never = b.int(NEVER, Ty::Time);
        self.update(b, slot, never);
    }

    /// The first stay is over, or the next item may come.
    pub(super) fn stay_event(&self, b: &mut Builder, s: &StationShape, machine: V) {
        let own = Self::moved(b, machine);
        let first = b.load(machine, machine::ITEM);
        let until = b.load(first, item::STAYS_UNTIL);
        let over = b.le(until, own);
        let node = Self::station_of(b, s, machine);
        b.either(
            over,
            |b| {
                b.bump(node, station::CYCLES, 1);
                let scraps = |b: &mut Builder| {
                    let next = b.load(first, item::NEXT);
                    self.scrap(b, node, first);
                    b.store(machine, machine::ITEM, next);
                    let empty = b.is_zero(next);
                    b.either(
                        empty,
                        |b| self.empties(b, s, node, machine),
                        |b| {
                            self.await_stay(b, machine);
                            self.mark_if_offered(b, node);
                        },
                    );
                };
                let leaves = |b: &mut Builder| {
                    self.stands_still(b, machine);
                    b.store_int(machine, machine::PHASE, phase::FINISHED);
                    Self::set_state(b, machine, State::Blocked);
                    b.store(machine, machine::PRODUCTS, first);
                    b.store_int(machine, machine::LEFT, 1);
                    self.offer_product(b, s, node, machine, first);
                };
                if s.yields {
                    let good = self.passes(b, s, node, first);
                    b.either(good, leaves, scraps);
                } else {
                    leaves(b);
                }
            },
            |b| {
                self.await_stay(b, machine);
                self.mark_if_offered(b, node);
            },
        );
    }

    /// The first item leaves; those behind it move on, unless the machine is down.
    pub(super) fn leaves_stay(&self, b: &mut Builder, s: &StationShape, node: V, machine: V, item: V) {
        let now = Self::now(b);
        b.set_header(header::PROGRESS, now);
        let next = b.load(item, item::NEXT);
        b.store(machine, machine::ITEM, next);
        b.store_int(machine, machine::PRODUCTS, 0);
        b.store_int(machine, machine::LEFT, 0);
        let empty = b.is_zero(next);
        b.either(
            empty,
            |b| self.empties(b, s, node, machine),
            |b| {
                if !s.stops() {
                    self.moves_on(b, machine);
                    return;
                }
                let down = b.load(machine, machine::DOWN);
                let up = b.is_zero(down);
                b.either(
                    up,
                    |b| self.moves_on(b, machine),
                    |b| b.store_int(machine, machine::PHASE, phase::INTERRUPTED),
                );
            },
        );
    }
}
