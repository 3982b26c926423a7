//! Vehicles that stand still: breakdowns, maintenance and shifts (semantics B8, H1–H3, F15). What a vehicle was
//! doing goes on when the last reason is gone; a stop that lets the trip be finished begins when the vehicle
//! is free.

use super::super::builder::{Builder, V};
use super::super::layout::{breakdown, fleet, vehicle};
use super::super::program::{Program, Ty};
use super::super::shape::{BreakdownShape, ClockShape, MemberShape, SubscriberShape};
use super::super::status::NEVER;
use super::Emit;
use super::failure::AFTER_WORK;
use super::fleet::does;
use super::station::ONE_CYCLE;

/// Why a vehicle stands still.
mod reason {
    pub const BROKEN: i64 = 0;
    pub const MAINTAINED: i64 = 1;
    pub const OFF: i64 = 2;
}

/// Off shift.
const OFF: i64 = 1;
/// Off shift as soon as the trip is done.
const ENDING: i64 = 2;

impl Emit<'_> {
    /// Whether vehicles may stand still.
    pub(super) fn vehicles_stop(&self) -> bool {
        self.vehicle_members().next().is_some()
            || self.shapes.subscribers.iter().any(|s| matches!(s, SubscriberShape::Vehicle(_)))
    }

    /// For each kind of stop of vehicles, whether the trip is finished first, and whether it is maintenance.
    fn vehicle_members(&self) -> impl Iterator<Item = (bool, bool)> {
        self.shapes.members.iter().filter_map(|m| match m {
            MemberShape::Vehicle(finish, maintained) => Some((*finish, *maintained)),
            _ => None,
        })
    }

    /// Whether clocks of vehicles go by this; no other shared stop has clocks of work.
    fn vehicles_count(&self, clock: ClockShape) -> bool {
        self.any_moves() && self.shapes.stops.iter().any(|s| s.clock == clock)
    }

    /// Writes halting and going on.
    pub(super) fn vehicle_functions(&mut self, program: &mut Program) -> Result<(), String> {
        if !self.vehicles_stop() {
            return Ok(());
        }
        if self.vehicles_count(ClockShape::Working) {
            for (i, name) in ["vehicle_clocks_run", "vehicle_clocks_stand"].into_iter().enumerate() {
                let (mut b, args) = Builder::new(program, name, &[Ty::Handle], None);
                if let [which] = args[..] {
                    self.each_clock(&mut b, which, |b, shape, record| {
                        if shape.clock == ClockShape::Working {
                            self.clock_holds(b, shape, record, i == 1);
                        }
                    });
                }
                let id = b.finish()?;
                if let Some(place) = self.functions.vehicle_clocks.get_mut(i) {
                    *place = Some(id);
                }
            }
        }
        let (mut b, args) = Builder::new(program, "vehicle_halts", &[Ty::Handle, Ty::Count], None);
        if let [which, why] = args[..] {
            self.halt_body(&mut b, which, why);
        }
        self.functions.vehicle_halts = Some(b.finish()?);

        let (mut b, args) = Builder::new(program, "vehicle_idle", &[Ty::Handle], None);
        if let [which] = args[..] {
            self.idle_body(&mut b, which);
        }
        self.functions.vehicle_idle = Some(b.finish()?);

        let (mut b, args) = Builder::new(program, "vehicle_goes", &[Ty::Handle, Ty::Count], None);
        if let [which, why] = args[..] {
            self.go_body(&mut b, which, why);
        }
        self.functions.vehicle_goes = Some(b.finish()?);
        Ok(())
    }

    /// Every breakdown and maintenance of a vehicle, with its shape.
    fn each_clock(&self, b: &mut Builder, which: V, each: impl Fn(&mut Builder, &BreakdownShape, V)) {
        let list = b.load(which, vehicle::CLOCKS);
        let n = b.load(which, vehicle::CLOCK_COUNT);
        b.each(list, n, 8, |b, at| {
            let record = b.load(at, super::super::builder::Field { offset: 0, ty: Ty::Handle });
            let kind = b.load(record, breakdown::KIND);
            b.switch(kind, self.shapes.stops.len(), |b, j| {
                if let Some(shape) = self.shapes.stops.get(j) {
                    each(b, shape, record);
                }
            });
        });
    }

    /// Charges the time since the last change to what a vehicle did, or to why it stood still: off shift before
    /// maintenance before a breakdown (Z1).
    pub(super) fn charge_vehicle(&self, b: &mut Builder, which: V) {
        let now = Self::now(b);
        let since = b.load(which, vehicle::SINCE);
        let spent = b.sub(now, since);
        let did = b.load(which, vehicle::DOES);
        let mut place = did;
        if self.vehicles_stop() {
            let down = b.load(which, vehicle::DOWN);
            let up = b.is_zero(down);
            let broken = b.count(does::DOWN);
            place = b.select(up, place, broken);
            let maintained = b.load(which, vehicle::MAINTAINED);
            let not = b.is_zero(maintained);
            let kept = b.count(does::MAINTAINED);
            place = b.select(not, place, kept);
            let shift = b.load(which, vehicle::OFF);
            let off = b.count(OFF);
            let off = b.eq(shift, off);
            let gone = b.count(does::OFF);
            place = b.select(off, gone, place);
        }
        let at = b.element(which, place, 8);
        let sum = b.load(at, vehicle::SPENT);
        let sum = b.add(sum, spent);
        b.store(at, vehicle::SPENT, sum);
        b.store(which, vehicle::SINCE, now);
    }

    /// Whether a vehicle is on a trip: clocks of work run then, while it is up.
    fn on_a_trip(b: &mut Builder, which: V) -> V {
        let did = b.load(which, vehicle::DOES);
        let idle = b.count(does::IDLE);
        let idle = b.ne(did, idle);
        let waits = b.count(does::ARRIVED);
        let waits = b.ne(did, waits);
        b.and(idle, waits)
    }

    /// Clocks that run while the vehicle is on a trip stand still, or run on.
    pub(super) fn vehicle_clocks(&self, b: &mut Builder, which: V, stand: bool) {
        if let Some(Some(f)) = self.functions.vehicle_clocks.get(usize::from(stand)) {
            b.call(*f, &[which]);
        }
    }

    fn is_idle_vehicle(b: &mut Builder, which: V) -> V {
        let did = b.load(which, vehicle::DOES);
        let idle = b.count(does::IDLE);
        b.eq(did, idle)
    }

    /// One more reason to stand still.
    fn halt_body(&self, b: &mut Builder, which: V, why: V) {
        self.charge_vehicle(b, which);
        let maintained = b.count(reason::MAINTAINED);
        let maintained = b.eq(why, maintained);
        b.when(maintained, |b| {
            b.bump(which, vehicle::MAINTAINED, 1);
        });
        let off = b.count(reason::OFF);
        let off = b.eq(why, off);
        b.when(off, |b| b.store_int(which, vehicle::OFF, OFF));
        let down = b.bump(which, vehicle::DOWN, 1);
        let one = b.count(1);
        let first = b.eq(down, one);
        b.when(first, |b| {
            let idle = Self::is_idle_vehicle(b, which);
            b.when(idle, |b| {
                let record = b.load(which, vehicle::FLEET);
                b.bump(record, fleet::IDLE, -1);
            });
            let busy = Self::on_a_trip(b, which);
            b.when(busy, |b| self.vehicle_clocks(b, which, true));
            let slot = b.load(which, vehicle::SLOT);
            let at = self.time_of(b, slot);
            let never = b.int(NEVER, Ty::Time);
            let runs = b.lt(at, never);
            b.when(runs, |b| {
                let now = Self::now(b);
                let rest = b.sub(at, now);
                let tick = b.int(1, Ty::Duration);
                let rest = b.add(rest, tick);
                b.store(which, vehicle::REST, rest);
                self.cancel(b, slot);
            });
        });
    }

    /// One reason less to stand still; with the last one it goes on where it stopped.
    fn go_body(&self, b: &mut Builder, which: V, why: V) {
        self.charge_vehicle(b, which);
        let maintained = b.count(reason::MAINTAINED);
        let maintained = b.eq(why, maintained);
        b.when(maintained, |b| {
            b.bump(which, vehicle::MAINTAINED, -1);
        });
        let off = b.count(reason::OFF);
        let off = b.eq(why, off);
        b.when(off, |b| b.store_int(which, vehicle::OFF, 0));
        let down = b.bump(which, vehicle::DOWN, -1);
        let up = b.is_zero(down);
        b.when(up, |b| {
            let rest = b.load(which, vehicle::REST);
            let some = b.ne_zero(rest);
            b.when(some, |b| {
                let tick = b.int(1, Ty::Duration);
                let rest = b.sub(rest, tick);
                b.store_int(which, vehicle::REST, 0);
                let slot = b.load(which, vehicle::SLOT);
                self.schedule_after(b, slot, rest);
            });
            let busy = Self::on_a_trip(b, which);
            b.when(busy, |b| self.vehicle_clocks(b, which, false));
            let idle = Self::is_idle_vehicle(b, which);
            b.when(idle, |b| {
                let record = b.load(which, vehicle::FLEET);
                b.bump(record, fleet::IDLE, 1);
                b.call(Self::function(self.functions.vehicle_idle), &[which]);
            });
        });
    }

    /// What has waited for the end of the trip begins: the end of the shift, repairs, then maintenance.
    fn idle_body(&self, b: &mut Builder, which: V) {
        let shift = b.load(which, vehicle::OFF);
        let ending = b.count(ENDING);
        let ending = b.eq(shift, ending);
        b.when(ending, |b| self.halts(b, which, reason::OFF));
        for maintained in [false, true] {
            if !self.vehicle_members().any(|m| m == (true, maintained)) {
                continue;
            }
            self.each_clock(b, which, |b, shape, record| {
                if shape.maintenance != maintained || shape.effect != super::super::shape::EffectShape::FinishItem {
                    return;
                }
                let active = b.load(record, breakdown::ACTIVE);
                let waits = b.count(AFTER_WORK);
                let waits = b.eq(active, waits);
                let due = if maintained {
                    let down = b.load(which, vehicle::DOWN);
                    let up = b.is_zero(down);
                    b.and(waits, up)
                } else {
                    waits
                };
                b.when(due, |b| {
                    self.halts(b, which, if maintained { reason::MAINTAINED } else { reason::BROKEN });
                    self.stands(b, record);
                });
            });
        }
    }

    fn halts(&self, b: &mut Builder, which: V, why: i64) {
        let why = b.count(why);
        b.call(Self::function(self.functions.vehicle_halts), &[which, why]);
    }

    fn goes(&self, b: &mut Builder, which: V, why: i64) {
        let why = b.count(why);
        b.call(Self::function(self.functions.vehicle_goes), &[which, why]);
    }

    /// A stop is due: it begins, or waits until the vehicle is free.
    pub(super) fn vehicle_due(&self, b: &mut Builder, record: V, which: V, finish: bool, maintained: bool) {
        let why = if maintained { reason::MAINTAINED } else { reason::BROKEN };
        if !finish {
            self.halts(b, which, why);
            self.stands(b, record);
            return;
        }
        let idle = Self::is_idle_vehicle(b, which);
        let at_once = if maintained {
            let down = b.load(which, vehicle::DOWN);
            let up = b.is_zero(down);
            b.and(idle, up)
        } else {
            idle
        };
        b.when(at_once, |b| {
            self.halts(b, which, why);
            self.stands(b, record);
        });
    }

    /// A repair or maintenance is done.
    pub(super) fn vehicle_repaired(&self, b: &mut Builder, which: V, maintained: bool) {
        self.goes(b, which, if maintained { reason::MAINTAINED } else { reason::BROKEN });
    }

    /// The item is set down: clocks of work stand still and count the trip. One that has run out with it strikes.
    pub(super) fn trip_done(&self, b: &mut Builder, which: V) {
        self.vehicle_clocks(b, which, true);
        let (counts, wears) = (self.vehicles_count(ClockShape::Cycles), self.vehicles_count(ClockShape::Working));
        if !counts && !wears {
            return;
        }
        self.each_clock(b, which, |b, shape, record| {
            if !matches!(shape.clock, ClockShape::Cycles | ClockShape::Working) {
                return;
            }
            let active = b.load(record, breakdown::ACTIVE);
            let runs = b.is_zero(active);
            b.when(runs, |b| {
                let zero = b.int(0, Ty::Duration);
                let mut rest = b.load(record, breakdown::RESIDUAL);
                if shape.clock == ClockShape::Cycles {
                    let one = b.int(ONE_CYCLE, Ty::Duration);
                    rest = b.sub(rest, one);
                    b.store(record, breakdown::RESIDUAL, rest);
                }
                let over = b.le(rest, zero);
                b.when(over, |b| {
                    b.bump(record, breakdown::FAILURES, 1);
                    b.store_int(record, breakdown::ACTIVE, AFTER_WORK);
                    b.store_int(record, breakdown::PENDING, 1);
                    let finish = shape.effect == super::super::shape::EffectShape::FinishItem;
                    self.vehicle_due(b, record, which, finish, shape.maintenance);
                });
            });
        });
    }

    /// The vehicle has handed its item over.
    pub(super) fn vehicle_is_free(&self, b: &mut Builder, which: V) {
        let record = b.load(which, vehicle::FLEET);
        if !self.vehicles_stop() {
            b.bump(record, fleet::IDLE, 1);
            return;
        }
        let down = b.load(which, vehicle::DOWN);
        let up = b.is_zero(down);
        b.when(up, |b| {
            b.bump(record, fleet::IDLE, 1);
        });
        b.call(Self::function(self.functions.vehicle_idle), &[which]);
    }

    /// The shift of a fleet ends.
    pub(super) fn vehicle_off(&self, b: &mut Builder, which: V, finish: bool) {
        if !finish {
            self.halts(b, which, reason::OFF);
            return;
        }
        let idle = Self::is_idle_vehicle(b, which);
        b.either(idle, |b| self.halts(b, which, reason::OFF), |b| b.store_int(which, vehicle::OFF, ENDING));
    }

    /// The shift of a fleet begins.
    pub(super) fn vehicle_on(&self, b: &mut Builder, which: V) {
        let shift = b.load(which, vehicle::OFF);
        let off = b.count(OFF);
        let off = b.eq(shift, off);
        b.either(off, |b| self.goes(b, which, reason::OFF), |b| b.store_int(which, vehicle::OFF, 0));
    }
}
