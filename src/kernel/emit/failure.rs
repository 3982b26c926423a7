//! Breakdowns: onset, repair, and going on (semantics B1–B6).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{breakdown, item, machine, request, station};
use super::super::program::Ty;
use super::super::shape::{BreakdownShape, ClockShape, EffectShape, StationShape};
use super::super::status::{NEVER, phase};
use super::Emit;
use super::station::{breakdown_offset, working_clocks};

/// A breakdown's clock runs.
const RUNNING: i64 = 0;
/// Its repair waits for people.
pub(super) const WAITING: i64 = 1;
/// It is under repair.
const REPAIR: i64 = 2;
/// It begins when the work at hand is done.
pub(super) const AFTER_WORK: i64 = 3;

impl Emit<'_> {
    /// The event of a breakdown's slot: its onset or the end of its repair.
    pub(super) fn breakdown_event(&self, b: &mut Builder, k: usize, s: &StationShape, i: usize, record: V) {
        let Some(shape) = s.breakdowns.get(i) else { return };
        let active = b.load(record, breakdown::ACTIVE);
        let repaired = b.int(REPAIR, Ty::Count);
        let repaired = b.eq(active, repaired);
        b.either(
            repaired,
            |b| self.repair_ends(b, k, s, shape, record),
            |b| {
                if shape.effect != EffectShape::FinishItem {
                    self.onset(b, k, s, i, shape, record);
                    return;
                }
                // Work at hand, also where another breakdown interrupts it, is finished first.
                let machine = b.load(record, breakdown::MACHINE);
                if shape.clock == ClockShape::Working {
                    // The stretch ended with the clock: what remains is a stretch of its own.
                    b.store_int(record, breakdown::ACTIVE, AFTER_WORK);
                    let now = Self::now(b);
                    let start = b.load(machine, machine::WORK_START);
                    let worked = b.sub(now, start);
                    let remaining = b.load(machine, machine::REMAINING);
                    let remaining = b.sub(remaining, worked);
                    Self::charge_clocks(b, s, machine, worked);
                    b.store_int(record, breakdown::RESIDUAL, NEVER);
                    self.work_on(b, s, machine, remaining);
                    return;
                }
                let at = b.load(machine, machine::PHASE);
                let empty = b.count(phase::IDLE);
                let done = b.count(phase::FINISHED);
                let empty = b.eq(at, empty);
                let done = b.eq(at, done);
                let at_once = b.or(empty, done);
                let at_once = if shape.maintenance {
                    // A machine that is down is repaired first.
                    let down = b.load(machine, machine::DOWN);
                    let up = b.is_zero(down);
                    b.and(at_once, up)
                } else {
                    at_once
                };
                b.either(
                    at_once,
                    |b| self.onset(b, k, s, i, shape, record),
                    |b| b.store_int(record, breakdown::ACTIVE, AFTER_WORK),
                );
            },
        );
    }

    pub(super) fn onset(
        &self,
        b: &mut Builder,
        k: usize,
        s: &StationShape,
        i: usize,
        shape: &BreakdownShape,
        record: V,
    ) {
        let machine = b.load(record, breakdown::MACHINE);
        b.bump(record, breakdown::FAILURES, 1);
        let now = Self::now(b);
        b.store(record, breakdown::SINCE, now);
        if shape.maintenance {
            b.bump(machine, machine::MAINTENANCE, 1);
        }
        if s.setup_lost_down && !shape.maintenance {
            Self::lose_setup(b, machine);
        }
        let freed = self.stop_machine(b, s, machine);
        Self::still_state(b, s, machine);
        self.strike(b, s, shape, machine);
        if shape.needs {
            b.store_int(record, breakdown::ACTIVE, WAITING);
            let request = b.load(record, breakdown::REQUEST);
            let first = b.cast(freed, Ty::Count);
            b.store(request, request::FIRST, first);
            let list = b.load(request, request::NEEDS);
            let now = Self::now(b);
            self.ask(b, request, list, Some(now));
        } else {
            b.call(Self::function(self.functions.repair.get(k).and_then(|r| r.get(i)).copied().flatten()), &[record]);
        }
    }

    /// What the breakdown does to work it has interrupted, or that another one has.
    fn strike(&self, b: &mut Builder, s: &StationShape, shape: &BreakdownShape, machine: V) {
        if matches!(shape.effect, EffectShape::Resume | EffectShape::FinishItem) {
            return;
        }
        let at = b.load(machine, machine::PHASE);
        let stopped = b.count(phase::INTERRUPTED);
        let begun = b.eq(at, stopped);
        let begun = if s.needs {
            let waits = b.count(phase::WAIT_TO_RESUME);
            let waits = b.eq(at, waits);
            b.or(begun, waits)
        } else {
            begun
        };
        b.when(begun, |b| match shape.effect {
            EffectShape::Restart => {
                let drawn = b.load(machine, machine::DRAWN);
                b.store(machine, machine::REMAINING, drawn);
            }
            EffectShape::RestartNew => b.store_int(machine, machine::REMAINING, -1),
            _ => {
                let node = b.load(machine, machine::STATION);
                let head = b.load(machine, machine::ITEM);
                let at = b.var(head);
                b.repeat(|b| {
                    let end = b.is_zero(at);
                    b.leave_if(end);
                    let next = b.load(at, item::NEXT);
                    b.bump(node, station::SPOILT, 1);
                    if s.before {
                        self.give_place_up(b, at);
                    }
                    self.scrap(b, node, at);
                    b.set(at, next);
                });
                self.let_belt_run(b, s, node);
                self.work_gives_place(b, s, node);
                b.store_int(machine, machine::PHASE, phase::IDLE);
                b.store_int(machine, machine::ITEM, 0);
            }
        });
    }

    /// Work stops; what remains is kept, people go free, clocks of working time stand still. Whether
    /// people went free, where work needs any.
    pub(super) fn interrupt(&self, b: &mut Builder, s: &StationShape, machine: V) -> Option<V> {
        if s.stay {
            self.stands_still(b, machine);
            b.store_int(machine, machine::PHASE, phase::INTERRUPTED);
            return None;
        }
        let now = Self::now(b);
        let start = b.load(machine, machine::WORK_START);
        let worked = b.sub(now, start);
        let remaining = b.load(machine, machine::REMAINING);
        let remaining = b.sub(remaining, worked);
        b.store(machine, machine::REMAINING, remaining);
        Self::charge_clocks(b, s, machine, worked);
        let slot = b.load(machine, machine::SLOT);
        self.cancel(b, slot);
        // Clocks of working time that were due within the work are taken out; the one that just
        // struck has no time left and begins anew after its repair.
        let breakdowns = b.load(machine, machine::BREAKDOWNS);
        for i in working_clocks(s) {
            let at = breakdown_offset(i);
            let active = b.load(breakdowns, breakdown::ACTIVE.plus(at));
            let runs = b.is_zero(active);
            b.when(runs, |b| {
                let slot = b.load(breakdowns, breakdown::SLOT.plus(at));
                self.cancel(b, slot);
            });
        }
        b.store_int(machine, machine::PHASE, phase::INTERRUPTED);
        s.needs.then(|| self.free_people(b, machine))
    }

    /// Begins a repair that has all it needs.
    pub(super) fn begin_repair(&self, b: &mut Builder, shape: &BreakdownShape, record: V) {
        b.store_int(record, breakdown::ACTIVE, REPAIR);
        if shape.needs {
            Self::charge_stop(b, record, breakdown::WAITED);
        }
        let slot = b.load(record, breakdown::SLOT);
        let draw = b.load(record, breakdown::REPAIR);
        if !(shape.needs && self.shapes.crew_shifts) {
            let time = self.duration(b, draw, &shape.repair, None);
            self.schedule_after(b, slot, time);
            return;
        }
        let rest = b.load(record, breakdown::REST);
        let left = b.ne_zero(rest);
        b.either(
            left,
            |b| {
                b.store_int(record, breakdown::REST, 0);
                let tick = b.int(1, Ty::Duration);
                let rest = b.sub(rest, tick);
                self.schedule_after(b, slot, rest);
            },
            |b| {
                let time = self.duration(b, draw, &shape.repair, None);
                self.schedule_after(b, slot, time);
            },
        );
    }

    /// Adds the time since the last change of a breakdown to a sum.
    pub(super) fn charge_stop(b: &mut Builder, record: V, sum: Field) {
        let now = Self::now(b);
        let since = b.load(record, breakdown::SINCE);
        let spent = b.sub(now, since);
        let old = b.load(record, sum);
        let new = b.add(old, spent);
        b.store(record, sum, new);
        b.store(record, breakdown::SINCE, now);
    }

    fn repair_ends(&self, b: &mut Builder, k: usize, s: &StationShape, shape: &BreakdownShape, record: V) {
        let machine = b.load(record, breakdown::MACHINE);
        b.store_int(record, breakdown::ACTIVE, RUNNING);
        Self::charge_stop(b, record, breakdown::REPAIRED);
        if shape.needs {
            let request = b.load(record, breakdown::REQUEST);
            let list = b.load(request, request::NEEDS);
            if self.shapes.crew_shifts {
                b.store_int(request, request::HOLDS, 0);
            }
            b.call(Self::function(self.functions.free_people), &[list]);
        }
        let draw = b.load(record, breakdown::AFTER);
        let after = self.duration(b, draw, &shape.after, None);
        match shape.clock {
            ClockShape::Calendar => {
                let slot = b.load(record, breakdown::SLOT);
                self.schedule_after(b, slot, after);
            }
            ClockShape::Scheduled => {
                let slot = b.load(record, breakdown::SLOT);
                b.store(record, breakdown::RESIDUAL, after);
                if s.shift.is_none() {
                    self.schedule_after(b, slot, after);
                } else {
                    let shift = b.load(machine, machine::OFF);
                    let off = b.count(1);
                    let on = b.ne(shift, off);
                    b.when(on, |b| self.schedule_after(b, slot, after));
                }
            }
            ClockShape::Working | ClockShape::Cycles => b.store(record, breakdown::RESIDUAL, after),
        }
        if shape.maintenance {
            b.bump(machine, machine::MAINTENANCE, -1);
        }
        self.let_go(b, k, s, machine, true);
    }

    pub(super) fn each_product(b: &mut Builder, machine: V, each: impl FnOnce(&mut Builder, V)) {
        let head = b.load(machine, machine::PRODUCTS);
        let at = b.var(head);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let this = b.var(at);
            let next = b.load(at, item::NEXT);
            b.set(at, next);
            each(b, this);
        });
    }
}
