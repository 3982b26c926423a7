//! Fleets (semantics F15). A request for a vehicle is an item offered to an arrow by vehicle. It is served when
//! the place it goes to can be kept for it and a vehicle stands idle: the oldest request first, by the nearest
//! vehicle. Requests are looked at when the instant has nothing more to deliver. The item stays where it is
//! until the vehicle has taken it up; then the vehicle holds it, and offers it where its place is kept.
//!
//! All times of a trip are drawn when the vehicle is sent, so that the n-th trip takes the n-th draws.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{buffer, fleet, header, holder, item, movement, node, station, vehicle};
use super::super::program::{BinaryOp, HostFn, Program, Ty, UnaryOp};
use super::super::shape::NodeShape;
use super::super::status::NEVER;
use super::Emit;

const HANDLE: Field = Field { offset: 0, ty: Ty::Handle };
const TICKS: Field = Field { offset: 0, ty: Ty::Duration };
const LENGTH: Field = Field { offset: 0, ty: Ty::Count };
/// Bytes of a vehicle record.
const VEHICLE_BYTES: i64 = 8 * vehicle::WORDS as i64;
/// Metres of a micrometre.
const METRES: f64 = 1e-6;

/// What a vehicle does; see [`vehicle::DOES`].
pub mod does {
    /// Nothing.
    pub const IDLE: i64 = 0;
    /// Goes empty to where its item is.
    pub const COMING: i64 = 1;
    /// Takes the item up.
    pub const LOADING: i64 = 2;
    /// Has it, and leaves when the instant settles.
    pub const LOADED: i64 = 3;
    /// Goes with it.
    pub const CARRYING: i64 = 4;
    /// Sets it down.
    pub const UNLOADING: i64 = 5;
    /// Hands it over as soon as the node takes it.
    pub const ARRIVED: i64 = 6;
    /// Goes home, with nothing to do.
    pub const HOMING: i64 = 7;
    /// Whatever it does, it is broken: only a place for the time.
    pub const DOWN: i64 = 8;
    /// Whatever it does, it is maintained.
    pub const MAINTAINED: i64 = 9;
    /// Whatever it does, it is off shift.
    pub const OFF: i64 = 10;
    /// How many it may do.
    pub const COUNT: usize = 8;
}

impl Emit<'_> {
    pub(super) fn any_moves(&self) -> bool {
        self.shapes.nodes.iter().any(|s| matches!(s, NodeShape::Move))
    }

    /// Writes serving all vehicles: whether something moved.
    pub(super) fn fleet_functions(&mut self, program: &mut Program) -> Result<(), String> {
        if !self.any_moves() {
            return Ok(());
        }
        let parameters = [Ty::Handle, Ty::Duration, Ty::Count, Ty::Handle];
        let (mut b, args) = Builder::new(program, "trip", &parameters, Some(Ty::Duration));
        if let [pace, fixed, length, its_item] = args[..] {
            self.trip_body(&mut b, pace, fixed, length, its_item);
        }
        self.functions.trip = Some(b.finish()?);

        let (mut b, args) = Builder::new(program, "dispatch_vehicle", &[Ty::Handle], Some(Ty::Flag));
        if let [record] = args[..] {
            self.dispatch_body(&mut b, record);
        }
        self.functions.dispatch_vehicle = Some(b.finish()?);

        let (mut b, _) = Builder::new(program, "serve_fleets", &[], Some(Ty::Flag));
        self.serve_body(&mut b);
        self.functions.serve_fleets = Some(b.finish()?);
        Ok(())
    }

    /// The time of a trip: fixed, or a drawn pace times its length.
    fn trip_body(&self, b: &mut Builder, pace: V, fixed: V, length: V, its_item: V) {
        let same = b.is_zero(pace);
        b.when(same, |b| b.give(Some(fixed)));
        let each = self.duration(b, pace, &self.shapes.vehicles, Some(its_item));
        let each = b.unary(UnaryOp::ToReal, each, Ty::Real);
        let length = b.unary(UnaryOp::ToReal, length, Ty::Real);
        let scale = b.real(METRES);
        let metres = b.mul(length, scale);
        let time = b.mul(each, metres);
        let time = b.unary(UnaryOp::RoundToInt, time, Ty::Duration);
        b.give(Some(time));
    }

    fn trip(&self, b: &mut Builder, pace: V, fixed: V, length: V, its_item: V) -> V {
        b.call_for(Self::function(self.functions.trip), &[pace, fixed, length, its_item], Ty::Duration)
    }

    pub(super) fn begins_to(&self, b: &mut Builder, which: V, what: i64) {
        self.charge_vehicle(b, which);
        b.store_int(which, vehicle::DOES, what);
    }

    /// What a vehicle does takes a time; it is kept for later while the vehicle stands still.
    fn does_for(&self, b: &mut Builder, which: V, time: V) {
        if !self.vehicles_stop() {
            let slot = b.load(which, vehicle::SLOT);
            self.schedule_after(b, slot, time);
            return;
        }
        let down = b.load(which, vehicle::DOWN);
        let up = b.is_zero(down);
        b.either(
            up,
            |b| {
                let slot = b.load(which, vehicle::SLOT);
                self.schedule_after(b, slot, time);
            },
            |b| {
                let tick = b.int(1, Ty::Duration);
                let rest = b.add(time, tick);
                b.store(which, vehicle::REST, rest);
            },
        );
    }

    /// The event of a vehicle: what it does is done.
    pub(super) fn vehicle_event(&self, b: &mut Builder, which: V) {
        let way = b.load(which, vehicle::MOVE);
        let did = b.load(which, vehicle::DOES);
        b.switch(did, does::COUNT, |b, i| match i64::try_from(i).unwrap_or(0) {
            does::COMING => {
                let at = b.load(way, movement::FROM);
                Self::gone_empty(b, which, at);
                self.begins_to(b, which, does::LOADING);
                let time = b.load(which, vehicle::LOAD);
                self.does_for(b, which, time);
            }
            does::LOADING => {
                self.begins_to(b, which, does::LOADED);
                let yes = b.int(1, Ty::Flag);
                b.set_header(header::PICK_UP, yes);
            }
            does::CARRYING => {
                let at = b.load(way, movement::TO);
                b.store(which, vehicle::AT, at);
                self.begins_to(b, which, does::UNLOADING);
                let time = b.load(which, vehicle::UNLOAD);
                self.does_for(b, which, time);
            }
            does::UNLOADING => {
                self.begins_to(b, which, does::ARRIVED);
                self.trip_done(b, which);
                self.hands_over(b, which, way);
            }
            does::HOMING if self.shapes.homes => {
                let record = b.load(which, vehicle::FLEET);
                let home = b.load(record, fleet::HOME);
                let home = b.plus(home, -1);
                Self::gone_empty(b, which, home);
                self.begins_to(b, which, does::IDLE);
                self.vehicle_clocks(b, which, true);
                self.vehicle_is_free(b, which);
            }
            _ => {}
        });
    }

    /// A vehicle that has arrived offers what it has: where places are kept before all others, of several vehicles the
    /// one that arrived first; else like anything that waits for room.
    fn hands_over(&self, b: &mut Builder, which: V, way: V) {
        let now = Self::now(b);
        let far = b.int(NEVER, Ty::Duration);
        let first = b.sub(now, far);
        let ready = match self.shapes.fleet_waits {
            true => {
                let record = b.load(which, vehicle::FLEET);
                let waits = b.load(record, fleet::WAITS);
                b.select(waits, now, first)
            }
            false => first,
        };
        let routing = b.load(way, buffer::ROUTING);
        let offer = |b: &mut Builder, its_item: V| {
            b.store(its_item, item::READY, ready);
            let list = self.decide(b, routing, its_item, false);
            self.offer(b, list, its_item);
        };
        if !self.shapes.fleet_loads {
            let its_item = b.load(which, vehicle::ITEM);
            offer(b, its_item);
            return;
        }
        let head = b.load(way, buffer::FIRST);
        Self::each_item(b, head, |b, this| {
            let holder = b.load(this, item::HOLDER);
            let aboard = b.eq(holder, which);
            b.when(aboard, |b| offer(b, this));
        });
    }

    /// Lets vehicles that have taken an item up leave with it, then sends idle ones.
    fn serve_body(&self, b: &mut Builder) {
        let no = b.int(0, Ty::Flag);
        let moved = b.var(no);
        let leaves = b.header(header::PICK_UP);
        b.set_header(header::PICK_UP, no);
        let list = b.header(header::FLEETS);
        let at = b.var(list);
        b.repeat(|b| {
            let record = b.load(at, HANDLE);
            let end = b.is_zero(record);
            b.leave_if(end);
            let step = b.count(8);
            let next = b.add(at, step);
            b.set(at, next);
            b.when(leaves, |b| {
                Self::each_vehicle(b, record, |b, which| {
                    let did = b.load(which, vehicle::DOES);
                    let loaded = b.count(does::LOADED);
                    let loaded = b.eq(did, loaded);
                    b.when(loaded, |b| {
                        self.takes_up(b, which);
                        let yes = b.int(1, Ty::Flag);
                        b.set(moved, yes);
                    });
                });
            });
        });
        // What they left may let others move first.
        b.when(moved, |b| b.give(Some(moved)));
        let at = b.var(list);
        b.repeat(|b| {
            let record = b.load(at, HANDLE);
            let end = b.is_zero(record);
            b.leave_if(end);
            let step = b.count(8);
            let next = b.add(at, step);
            b.set(at, next);
            b.repeat(|b| {
                let idle = b.load(record, fleet::IDLE);
                let none = b.is_zero(idle);
                b.leave_if(none);
                let sent = b.call_for(Self::function(self.functions.dispatch_vehicle), &[record], Ty::Flag);
                let none = b.not(sent);
                b.leave_if(none);
            });
            if self.shapes.homes {
                self.send_home(b, record);
            }
        });
        b.give(Some(moved));
    }

    /// Sends vehicles home that nobody has asked for.
    fn send_home(&self, b: &mut Builder, record: V) {
        let home = b.load(record, fleet::HOME);
        let some = b.ne_zero(home);
        b.when(some, |b| {
            let home = b.plus(home, -1);
            Self::each_free(b, record, |b, which| {
                let at = b.load(which, vehicle::AT);
                let there = b.eq(at, home);
                b.when(there, |b| b.again());
                let cell = Self::cell_of(b, record, at, home);
                let lengths = b.load(record, fleet::LENGTHS);
                let length = b.element(lengths, cell, 8);
                let length = b.load(length, LENGTH);
                let ticks = b.load(record, fleet::TICKS);
                let fixed = b.element(ticks, cell, 8);
                let fixed = b.load(fixed, TICKS);
                let pace = b.load(record, fleet::EMPTY_PACE);
                let none = b.none();
                let time = self.trip(b, pace, fixed, length, none);
                b.bump(record, fleet::IDLE, -1);
                self.begins_to(b, which, does::HOMING);
                self.vehicle_clocks(b, which, false);
                self.does_for(b, which, time);
            });
        });
    }

    /// A vehicle has come to a stop without an item.
    fn gone_empty(b: &mut Builder, which: V, to: V) {
        let record = b.load(which, vehicle::FLEET);
        let from = b.load(which, vehicle::AT);
        let cell = Self::cell_of(b, record, from, to);
        let lengths = b.load(record, fleet::LENGTHS);
        let length = b.element(lengths, cell, 8);
        let length = b.load(length, LENGTH);
        let gone = b.load(which, vehicle::EMPTY_LENGTH);
        let gone = b.add(gone, length);
        b.store(which, vehicle::EMPTY_LENGTH, gone);
        b.store(which, vehicle::AT, to);
    }

    /// The place of a pair of stops in the tables of a fleet.
    fn cell_of(b: &mut Builder, record: V, from: V, to: V) -> V {
        let stops = b.load(record, fleet::STOPS);
        let row = b.mul(from, stops);
        b.add(row, to)
    }

    /// For each vehicle that has nothing to do and may move.
    fn each_free(b: &mut Builder, record: V, each: impl FnOnce(&mut Builder, V)) {
        Self::each_vehicle(b, record, |b, which| {
            let did = b.load(which, vehicle::DOES);
            let down = b.load(which, vehicle::DOWN);
            let busy = b.bits(BinaryOp::Or, did, down);
            let busy = b.ne_zero(busy);
            b.when(busy, |b| b.again());
            each(b, which);
        });
    }

    fn each_vehicle(b: &mut Builder, record: V, each: impl FnOnce(&mut Builder, V)) {
        let first = b.load(record, fleet::VEHICLES);
        let n = b.load(record, fleet::SIZE);
        b.each(first, n, VEHICLE_BYTES, each);
    }

    /// The vehicle leaves with its item, and with as many others as wait there for the same way, where it can bring
    /// several.
    fn takes_up(&self, b: &mut Builder, which: V) {
        let its_item = b.load(which, vehicle::ITEM);
        let way = b.load(which, vehicle::MOVE);
        self.takes_one_up(b, which, way, its_item);
        if self.shapes.fleet_loads {
            b.bump(way, movement::COMING, -1);
            let record = b.load(which, vehicle::FLEET);
            let most = b.load(record, fleet::CAPACITY);
            let one = b.count(1);
            let aboard = b.var(one);
            b.repeat(|b| {
                let full = b.le(most, aboard);
                b.leave_if(full);
                let another = self.first_of(b, record, way);
                let none = b.is_zero(another);
                b.leave_if(none);
                self.is_fetched(b, record, way, another);
                self.takes_one_up(b, which, way, another);
                let more = b.plus(aboard, 1);
                b.set(aboard, more);
            });
            b.store(which, vehicle::ABOARD, aboard);
        }
        self.begins_to(b, which, does::CARRYING);
        let time = b.load(which, vehicle::TRIP);
        self.does_for(b, which, time);
    }

    /// The item leaves where it waited and is on the vehicle.
    fn takes_one_up(&self, b: &mut Builder, which: V, way: V, its_item: V) {
        let from = b.load(its_item, item::HOLDER);
        let kind = b.load(from, holder::RELEASE);
        let release = self.functions.release.clone();
        b.switch(kind, self.shapes.nodes.len(), |b, k| {
            if let Some(Some(f)) = release.get(k) {
                b.call(*f, &[from, its_item]);
            }
        });
        let now = Self::now(b);
        b.set_header(header::PROGRESS, now);
        Self::one_more(b, false, way, now);
        let none = b.none();
        b.store(its_item, item::HOLDER, which);
        b.store(its_item, item::ENTRY, now);
        b.store(its_item, item::NEXT, none);
        let last = b.load(way, buffer::LAST);
        b.store(way, buffer::LAST, its_item);
        let alone = b.is_zero(last);
        b.either(alone, |b| b.store(way, buffer::FIRST, its_item), |b| b.store(last, item::NEXT, its_item));
    }

    /// What a vehicle comes for waits for no other, and has its place where one is kept.
    fn is_fetched(&self, b: &mut Builder, record: V, way: V, its_item: V) {
        self.accept(b, way, its_item);
        if self.shapes.loose > 0 {
            // What a vehicle comes for no longer waits for the end of its stay.
            let expires = self.own_field(super::super::choice::own::EXPIRES, Ty::Time);
            b.store_int(its_item, expires, NEVER);
        }
        let target = b.load(way, movement::TARGET);
        if !self.shapes.fleet_waits {
            self.keep_place(b, target);
            return;
        }
        let waits = b.load(record, fleet::WAITS);
        let keeps = b.not(waits);
        b.when(keeps, |b| self.keep_place(b, target));
    }

    /// The item leaves the vehicle for the place that was kept for it.
    pub(super) fn release_vehicle(&self, b: &mut Builder, which: V, its_item: V) {
        let now = Self::now(b);
        let way = b.load(which, vehicle::MOVE);
        let next = b.load(its_item, item::NEXT);
        let head = b.load(way, buffer::FIRST);
        let first = b.eq(head, its_item);
        let none = b.none();
        let before = b.var(none);
        b.either(
            first,
            |b| b.store(way, buffer::FIRST, next),
            |b| {
                b.set(before, head);
                b.repeat(|b| {
                    let after = b.load(before, item::NEXT);
                    let found = b.eq(after, its_item);
                    let end = b.is_zero(after);
                    let stop = b.or(found, end);
                    b.leave_if(stop);
                    b.set(before, after);
                });
                b.store(before, item::NEXT, next);
            },
        );
        let last = b.is_zero(next);
        b.when(last, |b| b.store(way, buffer::LAST, before));
        self.one_less(b, false, way, its_item, now);
        b.bump(which, vehicle::ITEMS, 1);
        if self.shapes.fleet_loads {
            let left = b.bump(which, vehicle::ABOARD, -1);
            let empty = b.is_zero(left);
            b.when(empty, |b| self.trip_ends(b, which, way));
        } else {
            self.trip_ends(b, which, way);
        }
    }

    /// The last item has left the vehicle.
    fn trip_ends(&self, b: &mut Builder, which: V, way: V) {
        self.begins_to(b, which, does::IDLE);
        b.bump(which, vehicle::TRIPS, 1);
        let length = b.load(way, movement::LENGTH);
        let sum = b.load(which, vehicle::LOADED_LENGTH);
        let sum = b.add(sum, length);
        b.store(which, vehicle::LOADED_LENGTH, sum);
        b.store_int(which, vehicle::ITEM, 0);
        self.vehicle_is_free(b, which);
    }

    /// Keeps a place for an item that will be brought.
    fn keep_place(&self, b: &mut Builder, target: V) {
        let kind = b.load(target, holder::RELEASE);
        b.switch(kind, self.shapes.nodes.len(), |b, k| match self.shapes.nodes.get(k) {
            Some(NodeShape::Buffer(_)) => {
                b.bump(target, buffer::RESERVED, 1);
            }
            Some(NodeShape::Station(_)) => {
                b.bump(target, station::RESERVED, 1);
            }
            _ => {}
        });
    }

    /// The item of an arrow by vehicle that is brought next: the first for which a place behind can be kept, by the
    /// order of the fleet; 0 when there is none. One for which there is no place lets those behind it pass.
    fn first_of(&self, b: &mut Builder, record: V, way: V) -> V {
        let none = b.none();
        let found = b.var(none);
        let head = b.load(way, node::OFFERS);
        let target = b.load(way, movement::TARGET);
        let fits = |b: &mut Builder, its_item: V| {
            let zero = b.count(0);
            let room = |b: &mut Builder| {
                let room = b.call_for(Self::function(self.functions.room), &[target, its_item], Ty::Count);
                b.lt(zero, room)
            };
            if !self.shapes.fleet_waits {
                return room(b);
            }
            let waits = b.load(record, fleet::WAITS);
            let good = b.var(waits);
            let keeps = b.not(waits);
            b.when(keeps, |b| {
                let fits = room(b);
                b.set(good, fits);
            });
            good
        };
        let some = b.ne_zero(head);
        if !self.any_kept() && !self.shapes.fleet_orders {
            b.when(some, |b| {
                let good = fits(b, head);
                b.when(good, |b| b.set(found, head));
            });
            return found;
        }
        b.when(some, |b| {
            let order = b.load(record, fleet::ORDER);
            let ordered = b.ne_zero(order);
            if self.shapes.fleet_orders {
                b.when(ordered, |b| {
                    b.host(HostFn::Arrange, &[way, order, none], Ty::Count);
                });
            }
            let head = b.load(way, node::OFFERS);
            let at = b.var(head);
            b.repeat(|b| {
                let end = b.is_zero(at);
                b.leave_if(end);
                let good = fits(b, at);
                b.when(good, |b| {
                    if self.shapes.fleet_orders {
                        b.when(ordered, |b| {
                            let before = b.host(HostFn::GoesBefore, &[order, at, found], Ty::Count);
                            let before = b.ne_zero(before);
                            b.when(before, |b| b.set(found, at));
                        });
                        let plain = b.not(ordered);
                        b.when(plain, |b| {
                            b.set(found, at);
                            b.leave();
                        });
                    } else {
                        b.set(found, at);
                        b.leave();
                    }
                });
                let next = b.load(at, item::OFFER_NEXT);
                b.set(at, next);
            });
        });
        found
    }

    /// Whether vehicles on their way to an arrow have room for all that waits there.
    fn is_covered(&self, b: &mut Builder, record: V, way: V) -> V {
        let coming = b.load(way, movement::COMING);
        let most = b.load(record, fleet::CAPACITY);
        let others = b.plus(most, -1);
        let spare = b.mul(coming, others);
        let spare = b.var(spare);
        let head = b.load(way, node::OFFERS);
        let at = b.var(head);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let none = b.is_zero(spare);
            b.leave_if(none);
            let less = b.plus(spare, -1);
            b.set(spare, less);
            let next = b.load(at, item::OFFER_NEXT);
            b.set(at, next);
        });
        b.is_zero(at)
    }

    /// The request that is next and its arrow, or 0 and 0: of each arrow by vehicle what is brought next, the oldest
    /// of these, or by the order of the fleet.
    fn next_request(&self, b: &mut Builder, record: V) -> (V, V) {
        let none = b.none();
        let best = b.var(none);
        let best_way = b.var(none);
        let moves = b.load(record, fleet::MOVES);
        let n = b.load(record, fleet::MOVE_COUNT);
        b.each(moves, n, 8, |b, at| {
            let way = b.load(at, HANDLE);
            let head = b.load(way, node::OFFERS);
            let none = b.is_zero(head);
            b.when(none, |b| b.again());
            if self.shapes.fleet_loads {
                let covered = self.is_covered(b, record, way);
                b.when(covered, |b| b.again());
            }
            let first = self.first_of(b, record, way);
            let none = b.is_zero(first);
            b.when(none, |b| b.again());
            let nothing = b.is_zero(best);
            let better = b.var(nothing);
            let rival = b.not(nothing);
            b.when(rival, |b| {
                let older = |b: &mut Builder| {
                    let (ready, oldest) = (b.load(first, item::READY), b.load(best, item::READY));
                    let older = b.lt(ready, oldest);
                    b.set(better, older);
                };
                if !self.shapes.fleet_orders {
                    older(b);
                    return;
                }
                let order = b.load(record, fleet::ORDER);
                let ordered = b.ne_zero(order);
                b.either(
                    ordered,
                    |b| {
                        let before = b.host(HostFn::GoesBefore, &[order, first, best], Ty::Count);
                        let before = b.ne_zero(before);
                        b.set(better, before);
                    },
                    older,
                );
            });
            b.when(better, |b| {
                b.set(best, first);
                b.set(best_way, way);
            });
        });
        (best, best_way)
    }

    /// Sends the nearest idle vehicle to the request that is next; whether there was one.
    fn dispatch_body(&self, b: &mut Builder, record: V) {
        let (its_item, way) = self.next_request(b, record);
        let nothing = b.is_zero(its_item);
        b.when(nothing, |b| {
            let no = b.int(0, Ty::Flag);
            b.give(Some(no));
        });
        let from = b.load(way, movement::FROM);
        let stops = b.load(record, fleet::STOPS);
        let lengths = b.load(record, fleet::LENGTHS);
        let none = b.none();
        let nearest = b.var(none);
        let far = b.count(i64::MAX);
        let least = b.var(far);
        Self::each_free(b, record, |b, which| {
            let at = b.load(which, vehicle::AT);
            let row = b.mul(at, stops);
            let cell = b.add(row, from);
            let cell = b.element(lengths, cell, 8);
            let length = b.load(cell, LENGTH);
            let nearer = b.lt(length, least);
            b.when(nearer, |b| {
                b.set(nearest, which);
                b.set(least, length);
            });
        });
        self.is_fetched(b, record, way, its_item);
        if self.shapes.fleet_loads {
            b.bump(way, movement::COMING, 1);
        }
        b.bump(record, fleet::IDLE, -1);
        b.store(nearest, vehicle::MOVE, way);
        b.store(nearest, vehicle::ITEM, its_item);
        let key = b.load(way, holder::KEY);
        b.store(nearest, holder::KEY, key);
        let load = b.load(record, fleet::LOAD);
        let unload = b.load(record, fleet::UNLOAD);
        let at = b.load(nearest, vehicle::AT);
        let row = b.mul(at, stops);
        let cell = b.add(row, from);
        let ticks = b.load(record, fleet::TICKS);
        let cell = b.element(ticks, cell, 8);
        let fixed = b.load(cell, TICKS);
        let pace = b.load(record, fleet::EMPTY_PACE);
        let empty = self.trip(b, pace, fixed, least, its_item);
        let time = self.duration(b, load, &self.shapes.vehicles, Some(its_item));
        b.store(nearest, vehicle::LOAD, time);
        let fixed = b.load(way, movement::TICKS);
        let length = b.load(way, movement::LENGTH);
        let pace = b.load(record, fleet::PACE);
        let time = self.trip(b, pace, fixed, length, its_item);
        b.store(nearest, vehicle::TRIP, time);
        let time = self.duration(b, unload, &self.shapes.vehicles, Some(its_item));
        b.store(nearest, vehicle::UNLOAD, time);
        self.begins_to(b, nearest, does::COMING);
        self.vehicle_clocks(b, nearest, false);
        self.does_for(b, nearest, empty);
        let yes = b.int(1, Ty::Flag);
        b.give(Some(yes));
    }
}
