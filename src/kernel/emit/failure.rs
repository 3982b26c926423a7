//! Breakdowns: onset, repair, and going on (semantics B1–B6).

use super::super::builder::{Builder, V};
use super::super::layout::{breakdown, item, machine, request, station};
use super::super::program::Ty;
use super::super::shape::{BreakdownShape, ClockShape, EffectShape, StationShape};
use super::super::status::{NEVER, State, phase};
use super::Emit;
use super::station::{breakdown_offset, working_clocks};

/// A breakdown's clock runs.
const RUNNING: i64 = 0;
/// Its repair waits for people.
const WAITING: i64 = 1;
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
        let down = b.bump(machine, machine::DOWN, 1);
        let one = b.count(1);
        let first = b.eq(down, one);
        let no = b.int(0, Ty::Flag);
        let freed = b.var(no);
        b.when(first, |b| {
            let at = b.load(machine, machine::PHASE);
            b.switch(at, phase::COUNT, |b, at| match i64::try_from(at).unwrap_or(-1) {
                phase::IDLE => {
                    let node = b.load(machine, machine::STATION);
                    Self::unlist_idle(b, s, node, machine);
                }
                phase::WAIT_TO_BEGIN | phase::WAIT_TO_RESUME if s.needs => {
                    let request = b.load(machine, machine::REQUEST);
                    b.call(Self::function(self.functions.drop_request), &[request]);
                }
                phase::WORKING => {
                    let was_freed = self.interrupt(b, s, machine);
                    if let Some(was_freed) = was_freed {
                        b.set(freed, was_freed);
                    }
                }
                phase::FINISHED if s.hold && s.recipe.together => Self::wait_no_more(b, machine),
                phase::FINISHED if s.hold => {
                    Self::each_product(b, machine, |b, product| {
                        let its_list = b.load(product, item::LIST);
                        self.withdraw(b, its_list, product);
                    });
                }
                _ => {}
            });
            Self::set_state(b, machine, State::Down);
        });
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
                    self.scrap(b, node, at);
                    b.set(at, next);
                });
                b.store_int(machine, machine::PHASE, phase::IDLE);
                b.store_int(machine, machine::ITEM, 0);
            }
        });
    }

    /// Work stops; what remains is kept, people go free, clocks of working time stand still. Whether
    /// people went free, where work needs any.
    fn interrupt(&self, b: &mut Builder, s: &StationShape, machine: V) -> Option<V> {
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
        let draw = b.load(record, breakdown::REPAIR);
        let time = self.duration(b, draw, &shape.repair);
        let slot = b.load(record, breakdown::SLOT);
        self.schedule_after(b, slot, time);
    }

    fn repair_ends(&self, b: &mut Builder, k: usize, s: &StationShape, shape: &BreakdownShape, record: V) {
        let machine = b.load(record, breakdown::MACHINE);
        b.store_int(record, breakdown::ACTIVE, RUNNING);
        if shape.needs {
            let request = b.load(record, breakdown::REQUEST);
            let list = b.load(request, request::NEEDS);
            b.call(Self::function(self.functions.free_people), &[list]);
        }
        let draw = b.load(record, breakdown::AFTER);
        let after = self.duration(b, draw, &shape.after);
        match shape.clock {
            ClockShape::Calendar => {
                let slot = b.load(record, breakdown::SLOT);
                self.schedule_after(b, slot, after);
            }
            ClockShape::Working | ClockShape::Cycles => b.store(record, breakdown::RESIDUAL, after),
        }
        let down = b.bump(machine, machine::DOWN, -1);
        let up = b.is_zero(down);
        b.when(up, |b| self.goes_on(b, k, s, machine));
    }

    /// A machine is up again.
    fn goes_on(&self, b: &mut Builder, k: usize, s: &StationShape, machine: V) {
        let node = b.load(machine, machine::STATION);
        let stretch = self.functions.stretch.get(k).copied().flatten();
        let at = b.load(machine, machine::PHASE);
        b.switch(at, phase::COUNT, |b, at| match i64::try_from(at).unwrap_or(-1) {
            phase::IDLE => self.becomes_idle(b, s, node, machine),
            phase::WAIT_TO_BEGIN | phase::WAIT_TO_RESUME if s.needs => {
                Self::set_state(b, machine, State::Waiting);
                let request = b.load(machine, machine::REQUEST);
                b.call(Self::function(self.functions.request), &[request]);
            }
            phase::INTERRUPTED => {
                if !s.needs {
                    b.call(Self::function(stretch), &[machine]);
                    return;
                }
                let work = b.load(machine, machine::WORK);
                let list = b.load(work, super::super::layout::draw::NEEDS);
                let needed = b.ne_zero(list);
                b.either(
                    needed,
                    |b| {
                        b.store_int(machine, machine::PHASE, phase::WAIT_TO_RESUME);
                        Self::set_state(b, machine, State::Waiting);
                        let request = b.load(machine, machine::REQUEST);
                        let now = Self::now(b);
                        self.ask(b, request, list, Some(now));
                    },
                    |b| b.call(Self::function(stretch), &[machine]),
                );
            }
            phase::FINISHED => {
                Self::set_state(b, machine, State::Blocked);
                if s.hold && s.recipe.together {
                    Self::wait_together(b, machine);
                } else if s.hold {
                    Self::each_product(b, machine, |b, product| {
                        let its_list = b.load(product, item::LIST);
                        self.offer(b, its_list, product);
                    });
                }
            }
            _ => {}
        });
    }

    fn each_product(b: &mut Builder, machine: V, each: impl FnOnce(&mut Builder, V)) {
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
