//! Breakdowns: onset, repair, and going on (semantics B1–B6).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{breakdown, item, machine, request, station};
use super::super::program::{BinaryOp, FuncId, Ty};
use super::super::shape::{BreakdownShape, ClockShape, EffectShape, NodeShape, ShiftShape, StationShape};
use super::super::status::{NEVER, phase};
use super::Emit;
use super::station::{breakdown_offset, working_clocks};

/// A breakdown's clock runs.
pub(super) const RUNNING: i64 = 0;
/// Its repair waits for people.
pub(super) const WAITING: i64 = 1;
/// It is under repair.
pub(super) const REPAIR: i64 = 2;
/// It begins when the work at hand is done.
pub(super) const AFTER_WORK: i64 = 3;

impl Emit<'_> {
    /// The event of a breakdown's slot: its onset or the end of its repair.
    pub(super) fn breakdown_event(&self, b: &mut Builder, k: usize, s: &StationShape, i: usize, record: V) {
        let Some(shape) = s.breakdowns.get(i) else { return };
        let active = b.load(record, breakdown::ACTIVE);
        let repaired = b.int(REPAIR, Ty::Count);
        let repaired = b.eq(active, repaired);
        b.either(repaired, |b| self.repair_ends(b, k, s, i, shape, record), |b| self.due(b, k, s, i, shape, record));
    }

    /// A stop of a machine is due: it begins, or waits for the end of the work.
    #[allow(clippy::too_many_arguments)] // one fact each
    pub(super) fn due(&self, b: &mut Builder, k: usize, s: &StationShape, i: usize, shape: &BreakdownShape, record: V) {
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
    }

    #[allow(clippy::too_many_arguments)] // one fact each
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
        let freed = self.stop_machine(b, s, machine, shape.keep_crew);
        if shape.exclusive {
            self.other_clocks(b, s, i, machine, true);
        }
        Self::still_state(b, s, machine);
        self.strike(b, s, shape, machine);
        if shape.clock == ClockShape::Shared {
            b.store_int(record, breakdown::ACTIVE, REPAIR);
            let shared = b.load(record, breakdown::SHARED);
            self.stands(b, shared);
            return;
        }
        let repair = Self::function(self.functions.repair.get(k).and_then(|r| r.get(i)).copied().flatten());
        self.start_repair(b, repair, shape, record, Some(freed));
    }

    /// Begins a repair, or asks for the people who do it: before others when the machine's own went free
    /// at this instant (B5).
    pub(super) fn start_repair(
        &self,
        b: &mut Builder,
        repair: FuncId,
        shape: &BreakdownShape,
        record: V,
        freed: Option<V>,
    ) {
        let now = Self::now(b);
        b.store(record, breakdown::SINCE, now);
        if shape.from_start {
            let draw = b.load(record, breakdown::AFTER);
            let after = self.duration(b, draw, &shape.after, None);
            b.store(record, breakdown::RESIDUAL, after);
            b.store(record, breakdown::STARTED, now);
        }
        if !shape.needs {
            b.call(repair, &[record]);
            return;
        }
        b.store_int(record, breakdown::ACTIVE, WAITING);
        let request = b.load(record, breakdown::REQUEST);
        match freed {
            Some(freed) => {
                let first = b.cast(freed, Ty::Count);
                b.store(request, request::FIRST, first);
            }
            None => b.store_int(request, request::FIRST, 0),
        }
        let list = b.load(request, request::NEEDS);
        if !shape.repair_shift {
            self.ask(b, request, list, Some(now));
            return;
        }
        b.store(request, request::TIME, now);
        let off = b.load(record, breakdown::OFF);
        let on = b.not(off);
        b.when(on, |b| self.ask(b, request, list, None));
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
        let begun = if s.shift == Some(ShiftShape::FinishInTime) {
            // What waits for a longer shift has not begun.
            let waits = Self::was_too_short(b, machine);
            let not = b.not(waits);
            b.and(begun, not)
        } else {
            begun
        };
        let begun = if self.shapes.crews_in_time && s.needs {
            // Nor has what waits for people who are there long enough.
            let its_request = b.load(machine, machine::REQUEST);
            let lasts = b.load(its_request, request::LASTS);
            let free = b.is_zero(lasts);
            b.and(begun, free)
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
                let node = Self::station_of(b, s, machine);
                if s.reserves_all() {
                    self.give_places_up(b, machine);
                }
                let head = b.load(machine, machine::ITEM);
                Self::each_item(b, head, |b, spoilt| {
                    b.bump(node, station::SPOILT, 1);
                    if s.before && !s.reserves_all() {
                        self.give_place_up(b, spoilt);
                    }
                    self.scrap(b, node, spoilt);
                });
                self.let_belt_run(b, s, node);
                self.work_gives_place(b, s, node);
                b.store_int(machine, machine::PHASE, phase::IDLE);
                b.store_int(machine, machine::ITEM, 0);
                if s.keeps() {
                    self.free_people(b, machine);
                }
            }
        });
    }

    /// Work stops; what remains is kept, people go free unless they are kept, clocks of working time stand
    /// still. Whether people went free, where work needs any.
    pub(super) fn interrupt(&self, b: &mut Builder, s: &StationShape, machine: V, keep: bool) -> Option<V> {
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
        (s.needs && !keep).then(|| self.free_people(b, machine))
    }

    /// Begins a repair that has all it needs.
    pub(super) fn begin_repair(&self, b: &mut Builder, shape: &BreakdownShape, record: V) {
        b.store_int(record, breakdown::ACTIVE, REPAIR);
        if shape.needs {
            self.charge_stop(b, record, breakdown::WAITED);
        }
        let slot = b.load(record, breakdown::SLOT);
        let draw = b.load(record, breakdown::REPAIR);
        if !(shape.repair_shift || shape.needs && self.shapes.crew_shifts) {
            let time = self.duration(b, draw, &shape.repair, None);
            self.schedule_after(b, slot, time);
            return;
        }
        let none = b.int(0, Ty::Duration);
        let time = b.var(none);
        let rest = b.load(record, breakdown::REST);
        let left = b.ne_zero(rest);
        b.either(
            left,
            |b| {
                b.store_int(record, breakdown::REST, 0);
                let tick = b.int(1, Ty::Duration);
                let rest = b.sub(rest, tick);
                b.set(time, rest);
            },
            |b| {
                let drawn = self.duration(b, draw, &shape.repair, None);
                b.set(time, drawn);
            },
        );
        if shape.needs && self.shapes.crews_in_time {
            let its_request = b.load(record, breakdown::REQUEST);
            let held = b.load(its_request, request::HOLDS);
            let late = Self::leave_too_soon(b, its_request, held, time);
            b.when(late, |b| {
                let tick = b.int(1, Ty::Duration);
                let rest = b.add(time, tick);
                b.store(record, breakdown::REST, rest);
                b.store_int(record, breakdown::ACTIVE, WAITING);
                self.free_repairers(b, its_request);
                let list = b.load(its_request, request::NEEDS);
                self.ask(b, its_request, list, None);
                b.give(None);
            });
        }
        if !shape.repair_shift {
            self.schedule_after(b, slot, time);
            return;
        }
        let off = b.load(record, breakdown::OFF);
        b.either(
            off,
            |b| {
                let tick = b.int(1, Ty::Duration);
                let rest = b.add(time, tick);
                b.store(record, breakdown::REST, rest);
            },
            |b| self.schedule_after(b, slot, time),
        );
    }

    /// Adds the time since the last change of a breakdown to a sum, unless its machine is off shift.
    pub(super) fn charge_stop(&self, b: &mut Builder, record: V, sum: Field) {
        let now = Self::now(b);
        let since = b.load(record, breakdown::SINCE);
        b.store(record, breakdown::SINCE, now);
        let add = |b: &mut Builder| {
            let spent = b.sub(now, since);
            let old = b.load(record, sum);
            let new = b.add(old, spent);
            b.store(record, sum, new);
        };
        if !self.shifted_stops() {
            add(b);
            return;
        }
        let machine = b.load(record, breakdown::SHIFTED);
        let always = b.is_zero(machine);
        b.either(always, add, |b| {
            let shift = b.load(machine, machine::OFF);
            let off = b.bits_with(BinaryOp::And, shift, 1);
            let on = b.is_zero(off);
            b.when(on, add);
        });
    }

    /// Whether some machine that can stand still has a shift.
    fn shifted_stops(&self) -> bool {
        self.shapes
            .nodes
            .iter()
            .any(|n| matches!(n, NodeShape::Station(s) if s.shift.is_some() && !s.breakdowns.is_empty()))
    }

    /// A machine goes off shift: its repairs are charged up to now.
    pub(super) fn charge_stops(&self, b: &mut Builder, s: &StationShape, machine: V) {
        Self::each_stop(b, s, machine, |b, record| {
            let own = b.load(record, breakdown::ACTIVE);
            let active = b.var(own);
            if s.breakdowns.iter().any(|x| x.clock == ClockShape::Shared) {
                // One that stops with others waits as long as they do.
                let shared = b.load(record, breakdown::SHARED);
                let repair = b.int(REPAIR, Ty::Count);
                let stands = b.eq(own, repair);
                let some = b.ne_zero(shared);
                let one_of_several = b.and(some, stands);
                b.when(one_of_several, |b| {
                    let theirs = b.load(shared, breakdown::ACTIVE);
                    let goes = b.eq(theirs, repair);
                    let waiting = b.int(WAITING, Ty::Count);
                    let state = b.select(goes, repair, waiting);
                    b.set(active, state);
                });
            }
            for (state, sum) in [(WAITING, breakdown::WAITED), (REPAIR, breakdown::REPAIRED)] {
                let code = b.count(state);
                let is = b.eq(active, code);
                b.when(is, |b| self.charge_stop(b, record, sum));
            }
        });
    }

    /// A machine is on shift again: the time of its repairs counts from now on.
    pub(super) fn stops_count_on(b: &mut Builder, s: &StationShape, machine: V) {
        let now = Self::now(b);
        Self::each_stop(b, s, machine, |b, record| b.store(record, breakdown::SINCE, now));
    }

    fn each_stop(b: &mut Builder, s: &StationShape, machine: V, each: impl FnOnce(&mut Builder, V)) {
        if s.breakdowns.is_empty() {
            return;
        }
        let first = b.load(machine, machine::BREAKDOWNS);
        let number = b.count(i64::try_from(s.breakdowns.len()).unwrap_or(0));
        b.each(first, number, i64::from(breakdown_offset(1)), each);
    }

    #[allow(clippy::too_many_arguments)] // one fact each
    fn repair_ends(&self, b: &mut Builder, k: usize, s: &StationShape, i: usize, shape: &BreakdownShape, record: V) {
        let repair = Self::function(self.functions.repair.get(k).and_then(|r| r.get(i)).copied().flatten());
        self.end_repair(b, repair, shape, record, |b| self.repaired(b, k, s, i, shape, record));
    }

    /// The machine has one reason less to stand still.
    #[allow(clippy::too_many_arguments)] // one fact each
    pub(super) fn repaired(
        &self,
        b: &mut Builder,
        k: usize,
        s: &StationShape,
        i: usize,
        shape: &BreakdownShape,
        record: V,
    ) {
        let machine = b.load(record, breakdown::MACHINE);
        b.store_int(record, breakdown::ACTIVE, RUNNING);
        if shape.clock == ClockShape::Shared {
            self.charge_stop(b, record, breakdown::REPAIRED);
        }
        if shape.exclusive {
            self.other_clocks(b, s, i, machine, false);
        }
        if shape.maintenance {
            b.bump(machine, machine::MAINTENANCE, -1);
        }
        self.let_go(b, k, s, machine, true);
    }

    /// A repair ends: its people go free, and the clock runs again. Where the clock has run since the onset
    /// and the next failure is due already, that begins at once; else `up` follows.
    pub(super) fn end_repair(
        &self,
        b: &mut Builder,
        repair: FuncId,
        shape: &BreakdownShape,
        record: V,
        up: impl FnOnce(&mut Builder),
    ) {
        b.store_int(record, breakdown::ACTIVE, RUNNING);
        self.charge_stop(b, record, breakdown::REPAIRED);
        if shape.needs {
            let request = b.load(record, breakdown::REQUEST);
            self.free_repairers(b, request);
        }
        if !shape.from_start {
            self.clock_begins(b, shape, record);
            up(b);
            return;
        }
        let rest = b.load(record, breakdown::RESIDUAL);
        let now = Self::now(b);
        let started = b.load(record, breakdown::STARTED);
        let passed = b.sub(now, started);
        let zero = b.int(0, Ty::Duration);
        let run = b.sub(rest, passed);
        let (rest, due) = if shape.holds {
            let hold = b.load(record, breakdown::HOLD);
            let held = b.ne_zero(hold);
            let rest = b.select(held, rest, run);
            let over = b.le(rest, zero);
            let runs = b.not(held);
            (rest, b.and(over, runs))
        } else {
            (run, b.le(run, zero))
        };
        b.either(
            due,
            |b| {
                b.bump(record, breakdown::FAILURES, 1);
                self.start_repair(b, repair, shape, record, None);
            },
            |b| {
                let below = b.lt(rest, zero);
                let rest = b.select(below, zero, rest);
                self.clock_runs(b, shape, record, rest);
                up(b);
            },
        );
    }

    /// The people of a repair go free.
    pub(super) fn free_repairers(&self, b: &mut Builder, request: V) {
        let list = if self.shapes.grants_kept() {
            let held = b.load(request, request::HOLDS);
            b.store_int(request, request::HOLDS, 0);
            held
        } else {
            b.load(request, request::NEEDS)
        };
        b.call(Self::function(self.functions.free_people), &[list]);
    }

    // ---- clocks ----

    /// A new time to failure is drawn.
    fn clock_begins(&self, b: &mut Builder, shape: &BreakdownShape, record: V) {
        if shape.clock == ClockShape::Shared {
            return;
        }
        let draw = b.load(record, breakdown::AFTER);
        let after = self.duration(b, draw, &shape.after, None);
        self.clock_runs(b, shape, record, after);
    }

    /// The clock runs for a time to the next failure.
    fn clock_runs(&self, b: &mut Builder, shape: &BreakdownShape, record: V, rest: V) {
        let slot = b.load(record, breakdown::SLOT);
        match shape.clock {
            ClockShape::Calendar | ClockShape::Scheduled | ClockShape::Working if shape.holds => {
                b.store(record, breakdown::RESIDUAL, rest);
                let hold = b.load(record, breakdown::HOLD);
                let runs = b.is_zero(hold);
                b.when(runs, |b| self.schedule_after(b, slot, rest));
            }
            ClockShape::Calendar | ClockShape::Scheduled => self.schedule_after(b, slot, rest),
            ClockShape::Working | ClockShape::Cycles => b.store(record, breakdown::RESIDUAL, rest),
            ClockShape::Shared => {}
        }
    }

    /// The clocks of the machine's other breakdowns stand still during this one, or run on.
    fn other_clocks(&self, b: &mut Builder, s: &StationShape, own: usize, machine: V, stop: bool) {
        for (i, shape) in s.breakdowns.iter().enumerate() {
            if i == own || shape.maintenance || !matches!(shape.clock, ClockShape::Calendar | ClockShape::Scheduled) {
                continue;
            }
            let record = Self::nth_breakdown(b, machine, i);
            self.clock_holds(b, shape, record, stop);
        }
    }

    /// The record of the n-th breakdown of a machine.
    pub(super) fn nth_breakdown(b: &mut Builder, machine: V, i: usize) -> V {
        let first = b.load(machine, machine::BREAKDOWNS);
        let offset = b.count(i64::from(breakdown_offset(i)));
        b.add(first, offset)
    }

    /// One reason more, or less, for a clock to stand still.
    pub(super) fn clock_holds(&self, b: &mut Builder, shape: &BreakdownShape, record: V, stop: bool) {
        let hold = b.bump(record, breakdown::HOLD, if stop { 1 } else { -1 });
        let edge = b.count(i64::from(stop));
        let changes = b.eq(hold, edge);
        b.when(changes, |b| {
            let slot = b.load(record, breakdown::SLOT);
            let active = b.load(record, breakdown::ACTIVE);
            let runs = b.is_zero(active);
            b.when(runs, |b| {
                if stop {
                    let rest = self.freeze(b, slot);
                    b.store(record, breakdown::RESIDUAL, rest);
                } else {
                    let rest = b.load(record, breakdown::RESIDUAL);
                    self.schedule_after(b, slot, rest);
                }
            });
            if shape.from_start {
                // It runs during the repair too.
                let now = Self::now(b);
                let down = b.not(runs);
                b.when(down, |b| {
                    if stop {
                        let started = b.load(record, breakdown::STARTED);
                        let passed = b.sub(now, started);
                        let rest = b.load(record, breakdown::RESIDUAL);
                        let rest = b.sub(rest, passed);
                        b.store(record, breakdown::RESIDUAL, rest);
                    } else {
                        b.store(record, breakdown::STARTED, now);
                    }
                });
            }
        });
    }

    // ---- the shift of a repair (B4) ----

    /// The shift of a repair ends: what is left of it waits for the next, its people go free.
    pub(super) fn repair_off(&self, b: &mut Builder, shape: &BreakdownShape, record: V, several: bool) {
        b.store_int(record, breakdown::OFF, 1);
        let slot = b.load(record, breakdown::SLOT);
        let active = b.load(record, breakdown::ACTIVE);
        let repair = b.int(REPAIR, Ty::Count);
        let repair = b.eq(active, repair);
        let now = Self::now(b);
        let due = self.time_of(b, slot);
        // A repair that ends at this instant is done (T7).
        let later = b.lt(now, due);
        let stops = b.and(repair, later);
        b.when(stops, |b| {
            let rest = self.freeze(b, slot);
            let tick = b.int(1, Ty::Duration);
            let rest = b.add(rest, tick);
            b.store(record, breakdown::REST, rest);
            if shape.needs {
                b.store_int(record, breakdown::ACTIVE, WAITING);
                self.charge_stop(b, record, breakdown::REPAIRED);
                if several {
                    self.charge_members(b, record, breakdown::REPAIRED);
                }
                let request = b.load(record, breakdown::REQUEST);
                self.free_repairers(b, request);
            }
        });
        if shape.needs {
            let waiting = b.int(WAITING, Ty::Count);
            let waiting = b.eq(active, waiting);
            b.when(waiting, |b| {
                let request = b.load(record, breakdown::REQUEST);
                b.call(Self::function(self.functions.drop_request), &[request]);
            });
        }
    }

    /// The shift of a repair begins.
    pub(super) fn repair_on(&self, b: &mut Builder, shape: &BreakdownShape, record: V) {
        b.store_int(record, breakdown::OFF, 0);
        let active = b.load(record, breakdown::ACTIVE);
        if shape.needs {
            let waiting = b.int(WAITING, Ty::Count);
            let waiting = b.eq(active, waiting);
            b.when(waiting, |b| {
                let request = b.load(record, breakdown::REQUEST);
                let list = b.load(request, request::NEEDS);
                self.ask(b, request, list, None);
            });
            return;
        }
        let repair = b.int(REPAIR, Ty::Count);
        let repair = b.eq(active, repair);
        let rest = b.load(record, breakdown::REST);
        let left = b.ne_zero(rest);
        let goes = b.and(repair, left);
        b.when(goes, |b| {
            b.store_int(record, breakdown::REST, 0);
            let tick = b.int(1, Ty::Duration);
            let rest = b.sub(rest, tick);
            let slot = b.load(record, breakdown::SLOT);
            self.schedule_after(b, slot, rest);
        });
    }

    pub(super) fn each_product(b: &mut Builder, machine: V, each: impl FnOnce(&mut Builder, V)) {
        let head = b.load(machine, machine::PRODUCTS);
        Self::each_item(b, head, each);
    }

    /// Walks a chain of items; what comes next is known before `each` may take an item out of it.
    pub(super) fn each_item(b: &mut Builder, head: V, each: impl FnOnce(&mut Builder, V)) {
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
