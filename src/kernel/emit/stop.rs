//! Standing still and going on: what breakdowns, maintenance and shifts have in common, and the ends
//! and beginnings of shifts (semantics H1–H3, R4–R7).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{
    breakdown, calendar, component, draw, header, item, machine, node, pool, request, source, station,
};
use super::super::program::{BinaryOp, HostFn, Ty};
use super::super::shape::{
    ClockShape, GrantShape, NodeShape, ShiftShape, SourceShape, StationShape, SubscriberShape, SupplyShape,
};
use super::super::status::{NEVER, State, phase};
use super::Emit;
use super::failure::AFTER_WORK;
use super::station::breakdown_offset;

/// On shift.
const ON: i64 = 0;
/// Off shift.
const OFF: i64 = 1;
/// Off shift once the item is finished.
const ENDING: i64 = 2;
/// Loaded with what the present shift is too short for.
const TOO_SHORT: i64 = 3;
/// On shift again with what an earlier one was too short for, but standing still for another reason.
const HELD_OVER: i64 = 4;

impl Emit<'_> {
    /// One more reason for a machine to stand still: the first one stops its work. Whether its people
    /// went free; they are kept only as long as every reason keeps them.
    pub(super) fn stop_machine(&self, b: &mut Builder, s: &StationShape, machine: V, keep: bool) -> V {
        let down = b.bump(machine, machine::DOWN, 1);
        let one = b.count(1);
        let first = b.eq(down, one);
        let no = b.int(0, Ty::Flag);
        let freed = b.var(no);
        b.when(first, |b| {
            let at = b.load(machine, machine::PHASE);
            b.switch(at, phase::COUNT, |b, at| match i64::try_from(at).unwrap_or(-1) {
                phase::IDLE => {
                    let node = Self::station_of(b, s, machine);
                    Self::unlist_idle(b, s, node, machine);
                }
                phase::WAIT_TO_BEGIN | phase::WAIT_TO_RESUME if s.needs => {
                    let request = b.load(machine, machine::REQUEST);
                    b.call(Self::function(self.functions.drop_request), &[request]);
                }
                phase::WORKING => {
                    let was_freed = self.interrupt(b, s, machine, keep);
                    if let Some(was_freed) = was_freed {
                        b.set(freed, was_freed);
                    }
                }
                phase::WAIT_FOR_PLACE if s.reserves_all() => Self::wait_no_more(b, machine),
                phase::WAIT_FOR_PLACE if s.before => {
                    let loaded = b.load(machine, machine::ITEM);
                    let its_list = b.load(loaded, item::LIST);
                    self.withdraw(b, its_list, loaded);
                }
                phase::FINISHED if s.hold && s.recipe.together && !s.before => Self::wait_no_more(b, machine),
                phase::FINISHED if s.hold => {
                    Self::each_product(b, machine, |b, product| {
                        let its_list = b.load(product, item::LIST);
                        self.withdraw(b, its_list, product);
                    });
                }
                _ => {}
            });
            if !s.mixed_stops() {
                Self::set_state(b, machine, State::Down);
            }
        });
        if s.keeps() && !keep {
            let at = b.load(machine, machine::PHASE);
            let stopped = b.count(phase::INTERRUPTED);
            let stopped = b.eq(at, stopped);
            let further = b.not(first);
            let kept = b.and(stopped, further);
            b.when(kept, |b| {
                let was_freed = self.free_people(b, machine);
                b.set(freed, was_freed);
            });
        }
        freed
    }

    /// The state of a machine that stands still: off before maintenance before down (Z1).
    pub(super) fn still_state(b: &mut Builder, s: &StationShape, machine: V) {
        if !s.mixed_stops() {
            return;
        }
        let down = b.count(State::Down.code());
        let kept = b.count(State::Maintenance.code());
        let off = b.count(State::Off.code());
        let maintained = b.load(machine, machine::MAINTENANCE);
        let maintained = b.ne_zero(maintained);
        let state = b.select(maintained, kept, down);
        let shift = b.load(machine, machine::OFF);
        let odd = b.bits_with(BinaryOp::And, shift, 1);
        let is_off = b.ne_zero(odd);
        let state = b.select(is_off, off, state);
        Self::set_state_to(b, machine, state);
    }

    /// One reason less to stand still; the last one lets the machine go on.
    pub(super) fn let_go(&self, b: &mut Builder, k: usize, s: &StationShape, machine: V, fresh: bool) {
        let down = b.bump(machine, machine::DOWN, -1);
        let up = b.is_zero(down);
        b.either(up, |b| self.goes_on(b, k, s, machine, fresh), |b| Self::still_state(b, s, machine));
    }

    /// A machine may work again. Its people are asked for with a fresh time, or with the time of their
    /// first request.
    fn goes_on(&self, b: &mut Builder, k: usize, s: &StationShape, machine: V, fresh: bool) {
        let postponed: Vec<usize> =
            s.breakdowns.iter().enumerate().filter(|(_, b)| b.maintenance).map(|(i, _)| i).collect();
        if postponed.is_empty() {
            self.goes_on_now(b, k, s, machine, fresh);
            return;
        }
        // Maintenance that waited for the end of a repair begins first.
        let no = b.int(0, Ty::Flag);
        let begun = b.var(no);
        let at = b.load(machine, machine::PHASE);
        let (idle, done) = (b.count(phase::IDLE), b.count(phase::FINISHED));
        let (idle, done) = (b.eq(at, idle), b.eq(at, done));
        let between = b.or(idle, done);
        b.when(between, |b| {
            for i in postponed {
                let Some(shape) = s.breakdowns.get(i) else { continue };
                let breakdowns = b.load(machine, machine::BREAKDOWNS);
                let offset = b.count(i64::from(breakdown_offset(i)));
                let record = b.add(breakdowns, offset);
                let active = b.load(record, breakdown::ACTIVE);
                let waits = b.count(AFTER_WORK);
                let waits = b.eq(active, waits);
                b.when(waits, |b| {
                    let yes = b.int(1, Ty::Flag);
                    let first = b.not(begun);
                    b.set(begun, yes);
                    // The idle machine is not listed, so that stopping it must not unlist it.
                    let idle = b.and(first, idle);
                    b.when(idle, |b| self.list_again(b, s, machine));
                    self.onset(b, k, s, i, shape, record);
                });
            }
        });
        let free = b.not(begun);
        b.when(free, |b| self.goes_on_now(b, k, s, machine, fresh));
    }

    fn list_again(&self, b: &mut Builder, s: &StationShape, machine: V) {
        let node = Self::station_of(b, s, machine);
        self.becomes_idle(b, s, node, machine);
    }

    fn goes_on_now(&self, b: &mut Builder, k: usize, s: &StationShape, machine: V, fresh: bool) {
        let node = Self::station_of(b, s, machine);
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
                let list = b.load(work, draw::NEEDS);
                let needed = b.ne_zero(list);
                let needed = if s.keeps() {
                    let held = b.load(machine, machine::HELD);
                    let gone = b.is_zero(held);
                    b.and(needed, gone)
                } else {
                    needed
                };
                b.either(
                    needed,
                    |b| {
                        b.store_int(machine, machine::PHASE, phase::WAIT_TO_RESUME);
                        Self::set_state(b, machine, State::Waiting);
                        let request = b.load(machine, machine::REQUEST);
                        let now = Self::now(b);
                        self.ask(b, request, list, fresh.then_some(now));
                    },
                    |b| b.call(Self::function(stretch), &[machine]),
                );
            }
            phase::WAIT_FOR_PLACE if s.reserves_all() => {
                Self::set_state(b, machine, State::Blocked);
                Self::wait_together(b, machine);
            }
            phase::WAIT_FOR_PLACE if s.before => {
                Self::set_state(b, machine, State::Blocked);
                let loaded = b.load(machine, machine::ITEM);
                let its_list = b.load(loaded, item::LIST);
                self.offer(b, its_list, loaded);
            }
            phase::FINISHED => {
                Self::set_state(b, machine, State::Blocked);
                if s.hold && s.recipe.together && !s.before {
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

    /// The time left to a slot's event, which is taken out of the calendar.
    pub(super) fn freeze(&self, b: &mut Builder, slot: V) -> V {
        let due = self.time_of(b, slot);
        let now = Self::now(b);
        let rest = b.sub(due, now);
        self.cancel(b, slot);
        rest
    }

    // ---- shifts of machines ----

    /// The machine's shift ends.
    fn machine_off(&self, b: &mut Builder, s: &StationShape, machine: V) {
        match s.shift {
            None => {}
            Some(ShiftShape::Pause) => self.goes_off(b, s, machine),
            Some(ShiftShape::FinishInTime) => {
                let short = Self::was_too_short(b, machine);
                let off = b.count(OFF);
                let kept = b.count(TOO_SHORT);
                let state = b.select(short, kept, off);
                self.goes_off_as(b, s, machine, state);
            }
            Some(ShiftShape::FinishItem) => {
                let at = b.load(machine, machine::PHASE);
                let no = b.int(0, Ty::Flag);
                let mut begun = no;
                for p in [phase::WORKING, phase::INTERRUPTED, phase::WAIT_TO_RESUME] {
                    let code = b.count(p);
                    let is = b.eq(at, code);
                    begun = b.or(begun, is);
                }
                b.either(begun, |b| b.store_int(machine, machine::OFF, ENDING), |b| self.goes_off(b, s, machine));
            }
        }
    }

    fn goes_off(&self, b: &mut Builder, s: &StationShape, machine: V) {
        let off = b.count(OFF);
        self.goes_off_as(b, s, machine, off);
    }

    fn goes_off_as(&self, b: &mut Builder, s: &StationShape, machine: V, state: V) {
        self.charge_stops(b, s, machine);
        b.store(machine, machine::OFF, state);
        if s.setup_lost_off {
            Self::lose_setup(b, machine);
        }
        self.stop_machine(b, s, machine, false);
        Self::still_state(b, s, machine);
        self.scheduled_clocks(b, s, machine, true);
    }

    /// The item is finished: a machine whose shift has ended meanwhile goes off.
    pub(super) fn ends_shift(&self, b: &mut Builder, s: &StationShape, machine: V) {
        if s.shift != Some(ShiftShape::FinishItem) {
            return;
        }
        let shift = b.load(machine, machine::OFF);
        let ending = b.count(ENDING);
        let ending = b.eq(shift, ending);
        b.when(ending, |b| self.goes_off(b, s, machine));
    }

    /// The machine's shift begins.
    fn machine_on(&self, b: &mut Builder, k: usize, s: &StationShape, machine: V) {
        let shift = b.load(machine, machine::OFF);
        let off = b.count(OFF);
        let off = b.eq(shift, off);
        b.when(off, |b| {
            b.store_int(machine, machine::OFF, ON);
            Self::stops_count_on(b, s, machine);
            self.scheduled_clocks(b, s, machine, false);
            self.let_go(b, k, s, machine, false);
        });
        if s.shift == Some(ShiftShape::FinishItem) {
            let ending = b.count(ENDING);
            let ending = b.eq(shift, ending);
            b.when(ending, |b| b.store_int(machine, machine::OFF, ON));
        }
        if s.shift == Some(ShiftShape::FinishInTime) {
            let short = b.count(TOO_SHORT);
            let short = b.eq(shift, short);
            b.when(short, |b| {
                b.store_int(machine, machine::OFF, HELD_OVER);
                Self::stops_count_on(b, s, machine);
                self.scheduled_clocks(b, s, machine, false);
                self.let_go(b, k, s, machine, false);
            });
        }
    }

    /// Clocks that run on shift only stand still, or run on.
    fn scheduled_clocks(&self, b: &mut Builder, s: &StationShape, machine: V, off: bool) {
        for (i, shape) in s.breakdowns.iter().enumerate() {
            if shape.clock != ClockShape::Scheduled {
                continue;
            }
            let record = Self::nth_breakdown(b, machine, i);
            self.clock_holds(b, shape, record, off);
        }
    }

    /// Work that the present shift is too short for waits for the next: whether it does. What is
    /// started waits as if interrupted, and its people are free.
    pub(super) fn too_short(&self, b: &mut Builder, s: &StationShape, machine: V, time: V) -> V {
        let node = Self::station_of(b, s, machine);
        let shift = b.load(node, station::CALENDAR);
        let end = b.load(shift, calendar::NEXT);
        let now = Self::now(b);
        let lasts = self.with_all_steps(b, s, machine, time);
        let done = b.add(now, lasts);
        let late = b.lt(end, done);
        b.when(late, |b| {
            b.store(machine, machine::REMAINING, time);
            b.store_int(machine, machine::OFF, TOO_SHORT);
            b.store_int(machine, machine::PHASE, phase::INTERRUPTED);
            Self::set_state(b, machine, State::Off);
            if s.needs {
                self.free_people(b, machine);
            }
        });
        late
    }

    /// Whether a machine that goes on holds what an earlier shift was too short for.
    pub(super) fn was_too_short(b: &mut Builder, machine: V) -> V {
        let shift = b.load(machine, machine::OFF);
        let least = b.count(TOO_SHORT);
        b.le(least, shift)
    }

    // ---- shifts of sources ----

    /// One more reason for a source to stand still, or one less.
    pub(super) fn source_stops(&self, b: &mut Builder, s: &SourceShape, node: V, stop: bool) {
        let reasons = b.bump(node, source::STOPS, if stop { 1 } else { -1 });
        let edge = b.count(i64::from(stop));
        let changes = b.eq(reasons, edge);
        b.when(changes, |b| if stop { self.source_off(b, s, node) } else { self.source_on(b, s, node) });
    }

    fn source_off(&self, b: &mut Builder, s: &SourceShape, node: V) {
        b.store_int(node, source::OFF, 1);
        let slot = b.load(node, source::SLOT);
        let rest = self.freeze(b, slot);
        b.store(node, source::REST, rest);
        if s.supply == SupplyShape::Always {
            let waiting = b.load(node, source::ITEM);
            let any = b.ne_zero(waiting);
            b.when(any, |b| {
                let list = b.load(waiting, item::LIST);
                self.withdraw(b, list, waiting);
            });
        }
    }

    fn source_on(&self, b: &mut Builder, s: &SourceShape, node: V) {
        b.store_int(node, source::OFF, 0);
        let rest = b.load(node, source::REST);
        let slot = b.load(node, source::SLOT);
        let far = b.int(NEVER / 2, Ty::Duration);
        let due = b.lt(rest, far);
        b.when(due, |b| self.schedule_after(b, slot, rest));
        if s.supply == SupplyShape::Always {
            let waiting = b.load(node, source::ITEM);
            let any = b.ne_zero(waiting);
            b.when(any, |b| {
                let list = b.load(waiting, item::LIST);
                self.offer(b, list, waiting);
            });
        }
        if s.from > 0 {
            let rank = b.load(node, node::RANK);
            self.mark(b, rank);
        }
    }

    // ---- shifts of crews ----

    /// The number of a crew changes with its shift.
    fn pool_changes(&self, b: &mut Builder, members: V, size: V) {
        b.store(members, pool::WHOLE, size);
        let finish = b.load(members, pool::FINISH);
        self.pool_resizes(b, members, finish);
    }

    /// One member of a pool breaks, or is there again.
    pub(super) fn member_breaks(&self, b: &mut Builder, members: V, breaks: bool, finish: bool) {
        b.bump(members, pool::BROKEN, if breaks { 1 } else { -1 });
        let finish = b.int(i64::from(finish), Ty::Flag);
        self.pool_resizes(b, members, finish);
    }

    /// Members come or go. Unless those who go finish, they stop at once, youngest grant first (R5).
    fn pool_resizes(&self, b: &mut Builder, members: V, finish: V) {
        let whole = b.load(members, pool::WHOLE);
        let broken = b.load(members, pool::BROKEN);
        let zero = b.count(0);
        let size = b.sub(whole, broken);
        let none = b.lt(size, zero);
        let size = b.select(none, zero, size);
        let old = b.load(members, pool::SIZE);
        let busy = b.load(members, pool::BUSY);
        let (before, after) = (Self::larger(b, old, busy), Self::larger(b, size, busy));
        Self::charge_to(b, members, (pool::SIZES, pool::SIZES_HIGH), before, true);
        Self::charge_to(b, members, (pool::SIZES, pool::SIZES_HIGH), after, false);
        b.store(members, pool::SIZE, size);
        self.note_freed(b, members);
        let comp = b.load(members, pool::COMPONENT);
        b.store_int(comp, component::DIRTY, 1);
        let one = b.count(1);
        b.set_header(header::GRANT, one);
        let pause = b.not(finish);
        b.when(pause, |b| {
            let never = b.int(0, Ty::Handle);
            let last = b.var(never);
            b.repeat(|b| {
                let busy = b.load(members, pool::BUSY);
                let size = b.load(members, pool::SIZE);
                let enough = b.le(busy, size);
                b.leave_if(enough);
                let grant = b.host(HostFn::LatestGrant, &[members], Ty::Handle);
                let none = b.is_zero(grant);
                b.leave_if(none);
                let same = b.eq(grant, last);
                b.leave_if(same);
                b.set(last, grant);
                self.people_leave(b, grant);
            });
        });
    }

    /// People leave what they work at; it asks for others with the time of its first request (R4).
    fn people_leave(&self, b: &mut Builder, grant: V) {
        let owner = b.load(grant, request::OWNER);
        let kind = b.load(grant, request::KIND);
        let held = b.load(grant, request::HOLDS);
        let list = b.load(grant, request::NEEDS);
        b.store_int(grant, request::HOLDS, 0);
        b.switch(kind, self.shapes.grants.len(), |b, i| match self.shapes.grants.get(i) {
            Some(GrantShape::Work(k)) => {
                let Some(s) = self.station_shape(*k).filter(|s| s.needs && s.crew_shift) else { return };
                let at = b.load(owner, machine::PHASE);
                let working = b.count(phase::WORKING);
                let working = b.eq(at, working);
                b.either(
                    working,
                    |b| {
                        self.interrupt(b, s, owner, false);
                        b.store_int(owner, machine::PHASE, phase::WAIT_TO_RESUME);
                        Self::set_state(b, owner, State::Waiting);
                        self.ask(b, grant, list, None);
                    },
                    |b| {
                        // They only stand by: at a repair, or until the item has left.
                        if s.keeps() || s.release_after_leaving {
                            self.free_people(b, owner);
                        }
                    },
                );
            }
            Some(GrantShape::Repair(..) | GrantShape::SharedStop(_)) => {
                let slot = b.load(owner, breakdown::SLOT);
                let rest = self.freeze(b, slot);
                let tick = b.int(1, Ty::Duration);
                let rest = b.add(rest, tick);
                b.store(owner, breakdown::REST, rest);
                self.charge_stop(b, owner, breakdown::REPAIRED);
                if matches!(self.shapes.grants.get(i), Some(GrantShape::SharedStop(_))) {
                    self.charge_members(b, owner, breakdown::REPAIRED);
                }
                b.store_int(owner, breakdown::ACTIVE, super::failure::WAITING);
                b.call(Self::function(self.functions.free_people), &[held]);
                self.ask(b, grant, list, None);
            }
            None => {}
        });
    }

    // ---- calendars ----

    /// The event of a calendar: it tells its subscribers.
    pub(super) fn calendar_event(&self, b: &mut Builder, record: V) {
        b.host(HostFn::Calendar, &[record], Ty::Count);
        let next = b.load(record, calendar::NEXT);
        let slot = b.load(record, calendar::SLOT);
        self.update(b, slot, next);
        let on = b.load(record, calendar::ON);
        let list = b.load(record, calendar::SUBSCRIBERS);
        let n = b.load(record, calendar::COUNT);
        b.each(list, n, 16, |b, at| {
            let who = b.load(at, Field { offset: 0, ty: Ty::Handle });
            let kind = b.load(at, Field { offset: 8, ty: Ty::Count });
            let begins = b.ne_zero(on);
            b.switch(kind, self.shapes.subscribers.len(), |b, i| match self.shapes.subscribers.get(i) {
                Some(SubscriberShape::Machine(k)) => {
                    if let Some(s) = self.station_shape(*k) {
                        b.either(begins, |b| self.machine_on(b, *k, s, who), |b| self.machine_off(b, s, who));
                    }
                }
                Some(SubscriberShape::Source(k)) => {
                    if let Some(NodeShape::Source(s)) = self.shapes.nodes.get(*k) {
                        b.either(
                            begins,
                            |b| self.source_stops(b, s, who, false),
                            |b| self.source_stops(b, s, who, true),
                        );
                    }
                }
                Some(SubscriberShape::Conveyor(k)) => {
                    if let Some(s) = self.belt_shape(*k) {
                        b.either(begins, |b| self.belt_shift(b, s, who, true), |b| self.belt_shift(b, s, who, false));
                    }
                }
                Some(SubscriberShape::Pool) => self.pool_changes(b, who, on),
                Some(SubscriberShape::Vehicle(finish)) => {
                    b.either(begins, |b| self.vehicle_on(b, who), |b| self.vehicle_off(b, who, *finish));
                }
                Some(SubscriberShape::StopClock(j)) => {
                    if let Some(shape) = self.shapes.stops.get(*j) {
                        b.either(
                            begins,
                            |b| self.clock_holds(b, shape, who, false),
                            |b| self.clock_holds(b, shape, who, true),
                        );
                    }
                }
                Some(SubscriberShape::StopRepair(j)) => {
                    if let Some(shape) = self.shapes.stops.get(*j) {
                        b.either(begins, |b| self.repair_on(b, shape, who), |b| self.repair_off(b, shape, who, true));
                    }
                }
                Some(SubscriberShape::Repair(k, i)) => {
                    if let Some(shape) = self.station_shape(*k).and_then(|s| s.breakdowns.get(*i)) {
                        b.either(begins, |b| self.repair_on(b, shape, who), |b| self.repair_off(b, shape, who, false));
                    }
                }
                None => {}
            });
        });
    }
}
