//! Conveyors (semantics F11–F13, B8). A lane holds its items in order; only the first can be at the end.
//!
//! Belts have clocks of their own, which stand while the belt does: an item that came on at belt time
//! `e` arrives at `max(e + travel, time the one before left + headway)`, and comes on at
//! `max(ready, time the one before came on + headway)`, in a full lane not before one has left. All times
//! in a lane's records are belt times; an item's ready time is one until it arrives.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{breakdown, buffer, conveyor, drive, header, item, lane, node, station};
use super::super::program::{HostFn, Program, Ty};
use super::super::shape::{BreakdownShape, ClockShape, ConveyorShape, NodeShape, StationShape};
use super::super::status::NEVER;
use super::Emit;
use super::station::breakdown_offset;

const HANDLE: Field = Field { offset: 0, ty: Ty::Handle };
/// Bytes of a lane record.
const LANE_BYTES: i64 = 8 * lane::WORDS as i64;
/// Breakdown under repair, as in `failure`.
const REPAIR: i64 = 2;

impl Emit<'_> {
    fn any_belts(&self) -> bool {
        self.shapes.nodes.iter().any(|s| matches!(s, NodeShape::Conveyor(_)))
    }

    pub(super) fn belt_shape(&self, k: usize) -> Option<&ConveyorShape> {
        match self.shapes.nodes.get(k) {
            Some(NodeShape::Conveyor(s)) => Some(s),
            _ => None,
        }
    }

    /// Writes stopping and starting a drive.
    pub(super) fn drive_functions(&mut self, program: &mut Program) -> Result<(), String> {
        if !self.any_belts() {
            return Ok(());
        }
        let (mut b, args) = Builder::new(program, "stop_drive", &[Ty::Handle], None);
        if let [record] = args[..] {
            self.stop_drive_body(&mut b, record);
        }
        self.functions.stop_drive = Some(b.finish()?);
        let (mut b, args) = Builder::new(program, "run_drive", &[Ty::Handle], None);
        if let [record] = args[..] {
            self.run_drive_body(&mut b, record);
        }
        self.functions.run_drive = Some(b.finish()?);
        Ok(())
    }

    /// Writes the begins of repairs of a conveyor shape.
    pub(super) fn belt_repairs(&mut self, program: &mut Program, k: usize, s: &ConveyorShape) -> Result<(), String> {
        let mut repairs = Vec::new();
        for (i, shape) in s.breakdowns.iter().enumerate() {
            let (mut b, args) = Builder::new(program, &format!("repair_{k}_{i}"), &[Ty::Handle], None);
            if let [record] = args[..] {
                self.begin_repair(&mut b, shape, record);
            }
            repairs.push(Some(b.finish()?));
        }
        self.functions.repair.push(repairs);
        Ok(())
    }

    // ---- drives ----

    /// Goes through the lanes of a drive.
    fn each_lane(b: &mut Builder, record: V, each: impl FnOnce(&mut Builder, V)) {
        let list = b.load(record, drive::LANES);
        let n = b.load(record, drive::COUNT);
        b.each(list, n, 8, |b, at| {
            let its_lane = b.load(at, HANDLE);
            each(b, its_lane);
        });
    }

    /// One more reason to stand: what is due at this very instant still arrives.
    fn stop_drive_body(&self, b: &mut Builder, record: V) {
        let stops = b.bump(record, drive::STOPS, 1);
        let one = b.count(1);
        let first = b.eq(stops, one);
        b.when(first, |b| {
            let now = Self::now(b);
            b.store(record, drive::SINCE, now);
            Self::each_lane(b, record, |b, its_lane| {
                let slot = b.load(its_lane, lane::SLOT);
                let due = self.time_of(b, slot);
                let later = b.lt(now, due);
                let never = b.int(NEVER, Ty::Time);
                let set = b.lt(due, never);
                let pending = b.and(later, set);
                b.when(pending, |b| self.cancel(b, slot));
            });
        });
    }

    /// One reason less to stand; the last one lets the belt run on.
    fn run_drive_body(&self, b: &mut Builder, record: V) {
        let stops = b.bump(record, drive::STOPS, -1);
        let runs = b.is_zero(stops);
        b.when(runs, |b| {
            let now = Self::now(b);
            let since = b.load(record, drive::SINCE);
            let stood = b.sub(now, since);
            let behind = b.load(record, drive::BEHIND);
            let behind = b.add(behind, stood);
            b.store(record, drive::BEHIND, behind);
            Self::each_lane(b, record, |b, its_lane| {
                self.await_arrival(b, its_lane, behind);
                let its_belt = b.load(its_lane, lane::CONVEYOR);
                let rank = b.load(its_belt, node::RANK);
                self.mark(b, rank);
            });
        });
    }

    /// Awaits the first item of a lane that runs, unless it is at the end already.
    fn await_arrival(&self, b: &mut Builder, its_lane: V, behind: V) {
        let first = b.load(its_lane, lane::FIRST);
        let any = b.ne_zero(first);
        let there = b.load(its_lane, lane::OFFERED);
        let under_way = b.not(there);
        let due = b.and(any, under_way);
        b.when(due, |b| {
            let at = b.load(first, item::READY);
            let at = b.add(at, behind);
            let slot = b.load(its_lane, lane::SLOT);
            self.update(b, slot, at);
        });
    }

    /// The time on the clock of the belt.
    fn belt_now(b: &mut Builder, record: V) -> V {
        let now = Self::now(b);
        let stops = b.load(record, drive::STOPS);
        let runs = b.is_zero(stops);
        let since = b.load(record, drive::SINCE);
        let at = b.select(runs, now, since);
        let behind = b.load(record, drive::BEHIND);
        b.sub(at, behind)
    }

    /// All lanes of a conveyor are stopped, or let run.
    pub(super) fn switch_lanes(&self, b: &mut Builder, s: &ConveyorShape, node: V, stop: bool) {
        let f = if stop { self.functions.stop_drive } else { self.functions.run_drive };
        let lanes = b.load(node, conveyor::LANES);
        for i in 0..s.lanes {
            let offset = b.count(LANE_BYTES.saturating_mul(i64::try_from(i).unwrap_or(0)));
            let its_lane = b.add(lanes, offset);
            let record = b.load(its_lane, lane::DRIVE);
            b.call(Self::function(f), &[record]);
        }
    }

    // ---- work on the belt ----

    /// Work begins on a belt: what is worked on keeps its place, and some belts stand meanwhile.
    pub(super) fn work_takes_place(&self, b: &mut Builder, s: &StationShape, node: V) {
        if s.on_belt {
            let its_lane = b.load(node, station::LANE);
            b.bump(its_lane, lane::LEVEL, 1);
        }
        if s.holds_belt {
            let record = b.load(node, station::DRIVE);
            b.call(Self::function(self.functions.stop_drive), &[record]);
        }
    }

    /// Work on a belt that stood meanwhile is over.
    pub(super) fn let_belt_run(&self, b: &mut Builder, s: &StationShape, node: V) {
        if s.holds_belt {
            let record = b.load(node, station::DRIVE);
            b.call(Self::function(self.functions.run_drive), &[record]);
        }
    }

    /// What was worked on has left its place on the belt.
    pub(super) fn work_gives_place(&self, b: &mut Builder, s: &StationShape, node: V) {
        if s.on_belt {
            let its_lane = b.load(node, station::LANE);
            b.bump(its_lane, lane::LEVEL, -1);
            let its_belt = b.load(its_lane, lane::CONVEYOR);
            self.mark_if_offered(b, its_belt);
        }
    }

    // ---- coming on ----

    /// The lane that the next item comes on, the one that has been open longest, then the first; and
    /// since when or from when it is open: never, when all are full or stand.
    fn open_lane(b: &mut Builder, s: &ConveyorShape, node: V) -> (V, V) {
        let never = b.int(NEVER, Ty::Time);
        let none = b.none();
        let best = b.var(none);
        let from = b.var(never);
        let headway = b.load(node, conveyor::HEADWAY);
        let places = b.load(node, conveyor::PLACES);
        let lanes = b.load(node, conveyor::LANES);
        let now = Self::now(b);
        let step = |b: &mut Builder, its_lane: V| {
            let room = if s.mixed {
                let used = b.load(its_lane, lane::USED);
                let length = b.load(node, conveyor::LENGTH);
                b.lt(used, length)
            } else {
                let level = b.load(its_lane, lane::LEVEL);
                b.lt(level, places)
            };
            let record = b.load(its_lane, lane::DRIVE);
            let stops = b.load(record, drive::STOPS);
            let runs = b.is_zero(stops);
            let since = b.load(record, drive::SINCE);
            let just = b.eq(since, now);
            let runs = b.or(runs, just);
            let open = b.and(room, runs);
            b.when(open, |b| {
                let entered = b.load(its_lane, lane::ENTERED);
                let free = b.add(entered, headway);
                let clear = b.load(its_lane, lane::CLEAR);
                let later = b.lt(free, clear);
                let free = b.select(later, clear, free);
                let free = if s.stepped {
                    // Places pass at whole multiples of the headway.
                    let present = Self::belt_now(b, record);
                    let past = b.lt(free, present);
                    let free = b.select(past, present, free);
                    b.host(HostFn::NextStep, &[free, headway], Ty::Time)
                } else {
                    free
                };
                let behind = b.load(record, drive::BEHIND);
                let at = b.add(free, behind);
                let sooner = b.lt(at, from);
                let lane_or = b.select(sooner, its_lane, best);
                let at_or = b.select(sooner, at, from);
                b.set(best, lane_or);
                b.set(from, at_or);
            });
        };
        if s.lanes == 1 {
            step(b, lanes);
        } else {
            let zero = b.count(0);
            let i = b.var(zero);
            let n = b.count(i64::try_from(s.lanes).unwrap_or(1));
            b.repeat(|b| {
                let more = b.lt(i, n);
                let done = b.not(more);
                b.leave_if(done);
                let its_lane = b.element(lanes, i, LANE_BYTES);
                let next = b.plus(i, 1);
                b.set(i, next);
                step(b, its_lane);
            });
        }
        (best, from)
    }

    /// Settles a conveyor: takes one item on when a lane is open, else awaits the time when one is.
    pub(super) fn settle_belt(&self, b: &mut Builder, s: &ConveyorShape, holders: &[usize], node: V) {
        let item = b.load(node, node::OFFERS);
        let any = b.ne_zero(item);
        if !self.reserves(holders) {
            b.when(any, |b| self.settle_entry(b, s, holders, node, item));
            return;
        }
        b.when(any, |b| {
            let free = Self::unreserved_places(b, s, node);
            let own = Self::has_place(b, item);
            let fits = b.or(free, own);
            let fits = if s.from > 0 {
                let array = b.load(node, buffer::FROM);
                let may = self.may_enter_or_clear(b, array, s.from, item, fits);
                b.and(fits, may)
            } else {
                fits
            };
            b.when(fits, |b| {
                let limits = (buffer::FROM, s.from);
                let asks = self.reserve_first(b, holders, node, item, Some(buffer::RESERVED), limits);
                let enters = b.not(asks);
                b.when(enters, |b| self.settle_entry(b, s, holders, node, item));
            });
        });
    }

    /// Whether the lanes have more places than are taken and reserved.
    fn unreserved_places(b: &mut Builder, s: &ConveyorShape, node: V) -> V {
        let places = b.load(node, conveyor::PLACES);
        let lanes = b.load(node, conveyor::LANES);
        let reserved = b.load(node, buffer::RESERVED);
        let zero = b.count(0);
        let none = b.sub(zero, reserved);
        let free = b.var(none);
        let i = b.var(zero);
        let n = b.count(i64::try_from(s.lanes).unwrap_or(1));
        b.repeat(|b| {
            let more = b.lt(i, n);
            let done = b.not(more);
            b.leave_if(done);
            let its_lane = b.element(lanes, i, LANE_BYTES);
            let next = b.plus(i, 1);
            b.set(i, next);
            let level = b.load(its_lane, lane::LEVEL);
            let room = b.sub(places, level);
            let sum = b.add(free, room);
            b.set(free, sum);
        });
        b.lt(zero, free)
    }

    /// Takes the first offered item on when a lane is open, else awaits the time when one is.
    fn settle_entry(&self, b: &mut Builder, s: &ConveyorShape, holders: &[usize], node: V, item: V) {
        let (best, from) = Self::open_lane(b, s, node);
        let now = Self::now(b);
        let open = b.le(from, now);
        b.either(
            open,
            |b| {
                let go = if s.from > 0 {
                    let array = b.load(node, buffer::FROM);
                    let yes = b.int(1, Ty::Flag);
                    self.may_enter_or_clear(b, array, s.from, item, yes)
                } else {
                    b.int(1, Ty::Flag)
                };
                b.when(go, |b| {
                    if self.reserves(holders) {
                        let own = Self::has_place(b, item);
                        b.when(own, |b| {
                            b.bump(node, buffer::RESERVED, -1);
                            b.store(item, item::READY, now);
                        });
                    }
                    Self::accept_head(b, node, node::OFFERS, node::OFFERS_LAST, item);
                    self.release(b, holders, item);
                    self.come_on(b, s, node, best, item);
                    self.mark_if_offered(b, node);
                });
            },
            |b| {
                let never = b.int(NEVER, Ty::Time);
                let known = b.lt(from, never);
                b.when(known, |b| {
                    let slot = b.load(node, buffer::SLOT);
                    self.update(b, slot, from);
                });
            },
        );
    }

    fn come_on(&self, b: &mut Builder, s: &ConveyorShape, node: V, its_lane: V, item: V) {
        let now = Self::now(b);
        b.set_header(header::PROGRESS, now);
        if s.from > 0 {
            let array = b.load(node, buffer::FROM);
            self.take_cards(b, array, s.from, item);
        }
        Self::observe(b, s.observed, node, buffer::OBSERVERS, item);
        Self::one_more(b, true, node, now);
        b.bump(its_lane, lane::LEVEL, 1);
        let none = b.none();
        b.store(item, item::HOLDER, its_lane);
        b.store(item, item::ENTRY, now);
        b.store(item, item::NEXT, none);
        let record = b.load(its_lane, lane::DRIVE);
        let present = Self::belt_now(b, record);
        if s.mixed {
            // As if it had come on by so much later as it is longer than the pitch.
            let (extent, time) = Self::extent(b, node, item);
            let used = b.load(its_lane, lane::USED);
            let used = b.add(used, extent);
            b.store(its_lane, lane::USED, used);
            let span = b.load(its_lane, lane::SPAN);
            let span = b.add(span, time);
            b.store(its_lane, lane::SPAN, span);
            let headway = b.load(node, conveyor::HEADWAY);
            let behind = b.add(present, time);
            let as_of = b.sub(behind, headway);
            b.store(its_lane, lane::ENTERED, as_of);
        } else {
            b.store(its_lane, lane::ENTERED, present);
        }
        let travel = b.load(node, conveyor::TRAVEL);
        let arrives = b.add(present, travel);
        b.store(item, item::READY, arrives);
        let last = b.load(its_lane, lane::LAST);
        b.store(its_lane, lane::LAST, item);
        let alone = b.is_zero(last);
        b.either(
            alone,
            |b| {
                b.store(its_lane, lane::FIRST, item);
                self.await_if_running(b, its_lane, record);
            },
            |b| b.store(last, item::NEXT, item),
        );
    }

    fn await_if_running(&self, b: &mut Builder, its_lane: V, record: V) {
        let stops = b.load(record, drive::STOPS);
        let runs = b.is_zero(stops);
        b.when(runs, |b| {
            let behind = b.load(record, drive::BEHIND);
            self.await_arrival(b, its_lane, behind);
        });
    }

    // ---- leaving ----

    /// The first item of a lane arrives at the end.
    pub(super) fn end_of_belt(&self, b: &mut Builder, s: &ConveyorShape, its_lane: V) {
        let node = b.load(its_lane, lane::CONVEYOR);
        let first = b.load(its_lane, lane::FIRST);
        let now = Self::now(b);
        b.store(first, item::READY, now);
        b.store_int(its_lane, lane::OFFERED, 1);
        if s.together {
            let record = b.load(its_lane, lane::DRIVE);
            b.call(Self::function(self.functions.stop_drive), &[record]);
        }
        let way = b.load(node, buffer::ROUTING);
        let list = self.decide(b, way, first, s.simple_routing);
        self.offer(b, list, first);
    }

    /// The first item of a lane leaves; those behind it move up.
    pub(super) fn release_lane(&self, b: &mut Builder, s: &ConveyorShape, its_lane: V, item: V) {
        let now = Self::now(b);
        let node = b.load(its_lane, lane::CONVEYOR);
        if s.to > 0 {
            let array = b.load(node, buffer::TO);
            self.return_cards(b, array, s.to, item);
        }
        self.one_less(b, true, node, item, now);
        let record = b.load(its_lane, lane::DRIVE);
        let present = Self::belt_now(b, record);
        let behind = if s.mixed {
            self.long_item_leaves(b, node, its_lane, item, present)
        } else {
            let level = b.load(its_lane, lane::LEVEL);
            let places = b.load(node, conveyor::PLACES);
            let was_full = b.eq(level, places);
            b.when(was_full, |b| {
                let rest = b.load(node, conveyor::REST);
                let clear = b.add(present, rest);
                b.store(its_lane, lane::CLEAR, clear);
            });
            b.load(node, conveyor::HEADWAY)
        };
        b.bump(its_lane, lane::LEVEL, -1);
        b.store_int(its_lane, lane::OFFERED, 0);
        let next = b.load(item, item::NEXT);
        b.store(its_lane, lane::FIRST, next);
        let last = b.is_zero(next);
        b.either(
            last,
            |b| {
                let none = b.none();
                b.store(its_lane, lane::LAST, none);
            },
            |b| {
                let moved_up = b.add(present, behind);
                let arrives = b.load(next, item::READY);
                let later = b.lt(arrives, moved_up);
                let arrives = b.select(later, moved_up, arrives);
                b.store(next, item::READY, arrives);
            },
        );
        if s.together {
            b.call(Self::function(self.functions.run_drive), &[record]);
        }
        self.await_if_running(b, its_lane, record);
        self.mark_if_offered(b, node);
    }

    /// How much of the belt an item takes, and the time until it is clear of a point that its front passes.
    fn extent(b: &mut Builder, node: V, item: V) -> (V, V) {
        let table = b.load(node, conveyor::EXTENTS);
        let kind = b.load(item, item::TYPE);
        let at = b.element(table, kind, 16);
        (b.load(at, Field { offset: 0, ty: Ty::Count }), b.load(at, Field { offset: 8, ty: Ty::Duration }))
    }

    /// Where items differ in length: one leaves. Those behind move up, and the tail of a queue that stood
    /// before the beginning of the belt is clear of it when that has moved on so far. Gives the time until
    /// the next can be at the end.
    fn long_item_leaves(&self, b: &mut Builder, node: V, its_lane: V, item: V, present: V) -> V {
        let (extent, time) = Self::extent(b, node, item);
        let used = b.load(its_lane, lane::USED);
        let span = b.load(its_lane, lane::SPAN);
        let length = b.load(node, conveyor::LENGTH);
        let was_full = b.le(length, used);
        b.when(was_full, |b| {
            let travel = b.load(node, conveyor::TRAVEL);
            let rest = b.sub(span, travel);
            let zero = b.int(0, Ty::Duration);
            let out = b.lt(zero, rest);
            let rest = b.select(out, rest, zero);
            let clear = b.add(present, rest);
            b.store(its_lane, lane::CLEAR, clear);
        });
        let used = b.sub(used, extent);
        b.store(its_lane, lane::USED, used);
        let span = b.sub(span, time);
        b.store(its_lane, lane::SPAN, span);
        time
    }

    // ---- stops ----

    /// The event of a breakdown of a conveyor: its onset or the end of its repair.
    pub(super) fn belt_breakdown(&self, b: &mut Builder, k: usize, s: &ConveyorShape, i: usize, record: V) {
        let Some(shape) = s.breakdowns.get(i) else { return };
        let node = b.load(record, breakdown::MACHINE);
        let active = b.load(record, breakdown::ACTIVE);
        let repaired = b.count(REPAIR);
        let repaired = b.eq(active, repaired);
        b.either(
            repaired,
            |b| {
                self.belt_repaired(b, s, shape, node, record);
                self.switch_lanes(b, s, node, false);
            },
            |b| {
                b.bump(record, breakdown::FAILURES, 1);
                self.switch_lanes(b, s, node, true);
                let f = self.functions.repair.get(k).and_then(|r| r.get(i)).copied().flatten();
                self.start_repair(b, Self::function(f), shape, record, None);
            },
        );
    }

    fn belt_repaired(&self, b: &mut Builder, s: &ConveyorShape, shape: &BreakdownShape, node: V, record: V) {
        b.store_int(record, breakdown::ACTIVE, 0);
        if shape.needs {
            let its_request = b.load(record, breakdown::REQUEST);
            self.free_repairers(b, its_request);
        }
        let draw = b.load(record, breakdown::AFTER);
        let after = self.duration(b, draw, &shape.after, None);
        let slot = b.load(record, breakdown::SLOT);
        if shape.clock == ClockShape::Scheduled && s.shift {
            b.store(record, breakdown::RESIDUAL, after);
            let off = b.load(node, conveyor::OFF);
            let on = b.not(off);
            b.when(on, |b| self.schedule_after(b, slot, after));
        } else {
            self.schedule_after(b, slot, after);
        }
    }

    /// The shift of a conveyor ends or begins.
    pub(super) fn belt_shift(&self, b: &mut Builder, s: &ConveyorShape, node: V, on: bool) {
        b.store_int(node, conveyor::OFF, i64::from(!on));
        let scheduled = s.breakdowns.iter().enumerate().filter(|(_, b)| b.clock == ClockShape::Scheduled);
        for (i, _) in scheduled {
            let breakdowns = b.load(node, conveyor::BREAKDOWNS);
            let at = breakdown_offset(i);
            let active = b.load(breakdowns, breakdown::ACTIVE.plus(at));
            let runs = b.is_zero(active);
            b.when(runs, |b| {
                let slot = b.load(breakdowns, breakdown::SLOT.plus(at));
                if on {
                    let rest = b.load(breakdowns, breakdown::RESIDUAL.plus(at));
                    self.schedule_after(b, slot, rest);
                } else {
                    let rest = self.freeze(b, slot);
                    b.store(breakdowns, breakdown::RESIDUAL.plus(at), rest);
                }
            });
        }
        self.switch_lanes(b, s, node, !on);
    }
}
