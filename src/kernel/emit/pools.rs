//! Crews and tools: requests, grants, release (semantics R1–R3, B5).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{component, header, machine, needs, pool, request};
use super::super::program::{BinaryOp, HostFn, Program, Ty};
use super::super::shape::{GrantShape, NodeShape, StationShape};
use super::super::status::{State, phase};
use super::Emit;
use super::station::Asks;

impl Emit<'_> {
    pub(super) fn any_pools(&self) -> bool {
        self.shapes.stops.iter().any(|s| s.needs)
            || self.shapes.nodes.iter().any(|s| match s {
                NodeShape::Station(s) => s.needs || s.breakdowns.iter().any(|b| b.needs),
                NodeShape::Conveyor(s) => s.breakdowns.iter().any(|b| b.needs),
                _ => false,
            })
    }

    /// Writes requesting, withdrawing a request, and setting people free.
    pub(super) fn pool_functions(&mut self, program: &mut Program) -> Result<(), String> {
        if !self.any_pools() {
            return Ok(());
        }
        let (mut b, args) = Builder::new(program, "request", &[Ty::Handle], None);
        if let [request] = args[..] {
            self.request_body(&mut b, request);
        }
        self.functions.request = Some(b.finish()?);

        let (mut b, args) = Builder::new(program, "drop_request", &[Ty::Handle], None);
        if let [request] = args[..] {
            Self::drop_request_body(&mut b, request);
        }
        self.functions.drop_request = Some(b.finish()?);

        let (mut b, args) = Builder::new(program, "free_people", &[Ty::Handle], None);
        if let [list] = args[..] {
            self.free_people_body(&mut b, list);
        }
        self.functions.free_people = Some(b.finish()?);
        Ok(())
    }

    /// Puts a request, whose time and needs are set, in its place among those of its component: first
    /// those of machines whose own people just became free, then by time, then by machine.
    fn request_body(&self, b: &mut Builder, request: V) {
        let keys = self.shapes.pool_keys;
        if keys > 0 {
            let most = b.count(i64::try_from(keys).unwrap_or(0));
            b.host(HostFn::RankRequest, &[request, most], Ty::Count);
        }
        let comp = b.load(request, request::COMPONENT);
        let plain = self.plain_requests();
        if plain {
            // Where all members are busy, whoever sets one free sees who waits ([`Emit::freed`], [`Emit::free_member`]).
            let list = b.load(request, request::NEEDS);
            let members = b.load(list, needs::POOL);
            let some = Self::some_free(b, members);
            b.when(some, |b| Self::have_granted(b, comp));
        } else {
            Self::have_granted(b, comp);
        }
        let time = b.load(request, request::TIME);
        let key = b.load(request, request::KEY);
        let tail = b.load(comp, component::TAIL);
        let at = b.var(tail);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let other_time = b.load(at, request::TIME);
            let other_key = b.load(at, request::KEY);
            let equal = if plain {
                // Nobody's own people became free.
                b.int(1, Ty::Flag)
            } else {
                let first = b.load(request, request::FIRST);
                let other_first = b.load(at, request::FIRST);
                let stronger = b.lt(first, other_first);
                b.leave_if(stronger);
                b.eq(first, other_first)
            };
            if keys > 0 {
                b.when(equal, |b| {
                    for i in 0..keys {
                        let key = Self::order_key(i);
                        let (mine, its) = (b.load(request, key), b.load(at, key));
                        let behind = b.lt(its, mine);
                        b.leave_if(behind);
                        let before = b.lt(mine, its);
                        b.when(before, |b| {
                            let previous = b.load(at, request::PREVIOUS);
                            b.set(at, previous);
                            b.again();
                        });
                    }
                });
            }
            let earlier = b.lt(other_time, time);
            let before = b.and(equal, earlier);
            b.leave_if(before);
            let same = b.eq(other_time, time);
            // Repairs of one machine are asked for in the order of their names.
            let lower = b.le(other_key, key);
            let same = b.and(equal, same);
            let before = b.and(same, lower);
            b.leave_if(before);
            let previous = b.load(at, request::PREVIOUS);
            b.set(at, previous);
        });
        let at_front = b.is_zero(at);
        b.store(request, request::PREVIOUS, at);
        let next = b.load(comp, component::HEAD);
        let next = b.var(next);
        b.either(
            at_front,
            |b| b.store(comp, component::HEAD, request),
            |b| {
                let after = b.load(at, request::NEXT);
                b.set(next, after);
                b.store(at, request::NEXT, request);
            },
        );
        b.store(request, request::NEXT, next);
        let last = b.is_zero(next);
        b.either(last, |b| b.store(comp, component::TAIL, request), |b| b.store(next, request::PREVIOUS, request));
    }

    /// The i-th value that the order of crews goes by.
    fn order_key(i: usize) -> Field {
        Field { offset: i32::try_from((request::WORDS + i) * 8).unwrap_or(0), ty: Ty::Count }
    }

    /// Something may be granted of a component.
    fn have_granted(b: &mut Builder, comp: V) {
        b.store_int(comp, component::DIRTY, 1);
        let one = b.count(1);
        b.set_header(header::GRANT, one);
    }

    fn drop_request_body(b: &mut Builder, request: V) {
        let comp = b.load(request, request::COMPONENT);
        Self::have_granted(b, comp);
        let next = b.load(request, request::NEXT);
        let previous = b.load(request, request::PREVIOUS);
        let first = b.is_zero(previous);
        b.either(first, |b| b.store(comp, component::HEAD, next), |b| b.store(previous, request::NEXT, next));
        let last = b.is_zero(next);
        b.either(last, |b| b.store(comp, component::TAIL, previous), |b| b.store(next, request::PREVIOUS, previous));
    }

    /// Whether all that is asked for is one member of one pool.
    fn needs_one(&self) -> bool {
        !self.shapes.skills && !self.shapes.several_needs
    }

    /// For each need of a list: its pool and number.
    fn each_need(&self, b: &mut Builder, list: V, each: impl FnOnce(&mut Builder, V, V)) {
        if self.needs_one() {
            let members = b.load(list, needs::POOL);
            let one = b.count(1);
            each(b, members, one);
            return;
        }
        let n = b.load(list, needs::COUNT);
        b.each(list, n, 16, |b, at| {
            let members = b.load(at, needs::POOL);
            let number = b.load(at, needs::NUMBER);
            each(b, members, number);
        });
    }

    /// Sums `busy · time` exactly: minus at the grant, plus at the release.
    pub(super) fn charge(&self, b: &mut Builder, members: V, number: V, plus: bool) {
        if self.needs_one() {
            let now = Self::now(b);
            Self::count_128(b, members, pool::AREA, pool::AREA_HIGH, now, plus);
            return;
        }
        Self::charge_to(b, members, (pool::AREA, pool::AREA_HIGH), number, plus);
    }

    /// Adds `number · time` to a sum of 128 bits, or takes it away.
    pub(super) fn charge_to(
        b: &mut Builder,
        record: V,
        (low_field, high_field): (Field, Field),
        number: V,
        plus: bool,
    ) {
        let now = Self::now(b);
        let now = b.cast(now, Ty::Count);
        let low = b.mul(number, now);
        let high = b.bits(BinaryOp::MulHigh, number, now);
        if plus {
            Self::add_128(b, record, low_field, high_field, low);
        } else {
            Self::subtract_128(b, record, low_field, high_field, low);
        }
        let old = b.load(record, high_field);
        let new = if plus { b.add(old, high) } else { b.sub(old, high) };
        b.store(record, high_field, new);
    }

    /// The larger of two numbers.
    pub(super) fn larger(b: &mut Builder, x: V, y: V) -> V {
        let less = b.lt(x, y);
        b.select(less, y, x)
    }

    fn free_people_body(&self, b: &mut Builder, list: V) {
        self.each_need(b, list, |b, members, number| {
            let before = b.load(members, pool::BUSY);
            let busy = b.sub(before, number);
            b.store(members, pool::BUSY, busy);
            self.charge(b, members, number, true);
            if self.shapes.crew_shifts {
                // Those who worked on after their shift go home.
                let size = b.load(members, pool::SIZE);
                let over = b.lt(size, before);
                b.when(over, |b| {
                    let left = Self::larger(b, size, busy);
                    Self::charge_to(b, members, (pool::SIZES, pool::SIZES_HIGH), before, true);
                    Self::charge_to(b, members, (pool::SIZES, pool::SIZES_HIGH), left, false);
                });
            }
            self.freed(b, members);
        });
    }

    /// Members have become free. Where nobody waits, there is nothing to grant.
    fn freed(&self, b: &mut Builder, members: V) {
        self.note_freed(b, members);
        let comp = b.load(members, pool::COMPONENT);
        let head = b.load(comp, component::HEAD);
        let some = b.ne_zero(head);
        b.when(some, |b| Self::have_granted(b, comp));
    }

    /// Whether a pool has members that are free.
    fn some_free(b: &mut Builder, members: V) -> V {
        let busy = b.load(members, pool::BUSY);
        let size = b.load(members, pool::SIZE);
        b.lt(busy, size)
    }

    /// Asks for the needs of a list at a time.
    pub(super) fn ask(&self, b: &mut Builder, request: V, list: V, time: Option<V>) {
        b.store(request, request::NEEDS, list);
        let members = b.load(list, needs::POOL);
        let comp = b.load(members, pool::COMPONENT);
        b.store(request, request::COMPONENT, comp);
        if let Some(time) = time {
            b.store(request, request::TIME, time);
        }
        b.call(Self::function(self.functions.request), &[request]);
    }

    /// Whether a request for one member of one pool is granted at once, and the pool: nobody waits there, and there are
    /// members enough for all who ask at this instant. `None` where more has to be looked at.
    pub(super) fn granted_at_once(&self, b: &mut Builder, list: V, asks: Asks) -> Option<(V, V)> {
        let more = match asks {
            Asks::Settling => return None,
            Asks::OneMore => 1,
            Asks::Last => 0,
        };
        if !self.plain_requests() {
            return None;
        }
        let members = Self::members_of(b, list);
        let busy = b.load(members, pool::BUSY);
        let size = b.load(members, pool::SIZE);
        let asked = b.plus(busy, more);
        let enough = b.lt(asked, size);
        let comp = b.load(members, pool::COMPONENT);
        let head = b.load(comp, component::HEAD);
        let first = b.is_zero(head);
        Some((b.and(enough, first), members))
    }

    /// The only pool of a need list; without a list, the one that always has members free.
    fn members_of(b: &mut Builder, list: V) -> V {
        let some = b.ne_zero(list);
        let members = b.load(list, needs::POOL);
        let nobody = b.header(header::NOBODY);
        b.select(some, members, nobody)
    }

    /// Sets the member free that a machine holds, where all requests are plain: it goes to the request that is returned,
    /// for [`Self::hand_member`] when all else that the event leads to is done, or becomes free where that is 0. `None`
    /// where requests are not plain.
    ///
    /// Who has waited since an earlier instant goes before all who ask at this one. That one member goes straight from
    /// one to the other leaves the pool as it was.
    pub(super) fn free_member(&self, b: &mut Builder, machine: V) -> Option<V> {
        if !self.plain_requests() {
            self.free_people(b, machine);
            return None;
        }
        let list = b.load(machine, machine::HELD);
        let members = Self::members_of(b, list);
        b.store_int(machine, machine::HELD, 0);
        let comp = b.load(members, pool::COMPONENT);
        let head = b.load(comp, component::HEAD);
        let waits = b.ne_zero(head);
        let none = b.none();
        let next = b.var(none);
        let become_free = |b: &mut Builder| {
            b.bump(members, pool::BUSY, -1);
            let one = b.count(1);
            self.charge(b, members, one, true);
        };
        b.either(
            waits,
            |b| {
                let now = Self::now(b);
                let since = b.load(head, request::TIME);
                let earlier = b.lt(since, now);
                b.either(
                    earlier,
                    |b| {
                        Self::drop_oldest(b, comp, head);
                        b.set(next, head);
                    },
                    |b| {
                        become_free(b);
                        Self::have_granted(b, comp);
                    },
                );
            },
            become_free,
        );
        Some(next)
    }

    /// Gives the member that [`Self::free_member`] has set free to who waited for it.
    pub(super) fn hand_member(&self, b: &mut Builder, request: V) {
        let some = b.ne_zero(request);
        b.when(some, |b| {
            let list = b.load(request, request::NEEDS);
            self.granted(b, request, list);
        });
    }

    /// Takes the oldest request of a component out of its list.
    fn drop_oldest(b: &mut Builder, comp: V, request: V) {
        let none = b.none();
        let next = b.load(request, request::NEXT);
        b.store(comp, component::HEAD, next);
        let last = b.is_zero(next);
        b.either(last, |b| b.store(comp, component::TAIL, none), |b| b.store(next, request::PREVIOUS, none));
    }

    /// Whether every request is for one member of one pool, and the oldest goes first.
    fn plain_requests(&self) -> bool {
        let more = |s: &NodeShape| match s {
            NodeShape::Station(s) => s.breakdowns.iter().any(|b| b.needs) || s.several_causes[2],
            NodeShape::Conveyor(s) => s.breakdowns.iter().any(|b| b.needs),
            _ => false,
        };
        // Repairs go before work, and orders, shifts and skills by more than who was first.
        self.needs_one()
            && !self.shapes.several_pools
            && self.shapes.pool_keys == 0
            && !self.shapes.crew_shifts
            && !self.shapes.crews_in_time
            && !self.shapes.stops.iter().any(|s| s.needs)
            && !self.shapes.nodes.iter().any(more)
    }

    /// Sets the people free that a machine holds, if any; whether it held some.
    pub(super) fn free_people(&self, b: &mut Builder, machine: V) -> V {
        let list = b.load(machine, machine::HELD);
        let held = b.ne_zero(list);
        b.when(held, |b| {
            if self.shapes.grants_kept() {
                let request = b.load(machine, machine::REQUEST);
                b.store_int(request, request::HOLDS, 0);
            }
            b.call(Self::function(self.functions.free_people), &[list]);
            b.store_int(machine, machine::HELD, 0);
        });
        held
    }

    /// Writes the grant of all components in which something changed: oldest request first; a younger
    /// one never overtakes an older one with which it shares a pool (R2).
    pub(super) fn grant_function(&mut self, program: &mut Program) -> Result<(), String> {
        if !self.any_pools() {
            return Ok(());
        }
        let (mut b, _) = Builder::new(program, "grant", &[], None);
        let list = b.header(header::COMPONENTS);
        let at = b.var(list);
        let zero = b.count(0);
        b.set_header(header::GRANT, zero);
        b.repeat(|b| {
            let comp = b.load(at, super::super::builder::Field { offset: 0, ty: Ty::Handle });
            let end = b.is_zero(comp);
            b.leave_if(end);
            let step = b.count(8);
            let next = b.add(at, step);
            b.set(at, next);
            let dirty = b.load(comp, component::DIRTY);
            b.when(dirty, |b| {
                b.store_int(comp, component::DIRTY, 0);
                self.grant_component(b, comp);
            });
        });
        self.functions.grant = Some(b.finish()?);
        Ok(())
    }

    /// Grants members of the only pool of a component in the order of the requests.
    fn grant_in_order(&self, b: &mut Builder, comp: V) {
        b.repeat(|b| {
            let request = b.load(comp, component::HEAD);
            let end = b.is_zero(request);
            b.leave_if(end);
            let list = b.load(request, request::NEEDS);
            let members = b.load(list, needs::POOL);
            let some = Self::some_free(b, members);
            let none = b.not(some);
            b.leave_if(none);
            Self::drop_oldest(b, comp, request);
            b.bump(members, pool::BUSY, 1);
            let one = b.count(1);
            self.charge(b, members, one, false);
            self.granted(b, request, list);
        });
    }

    fn grant_component(&self, b: &mut Builder, comp: V) {
        if self.plain_requests() {
            self.grant_in_order(b, comp);
            return;
        }
        let pools = b.load(comp, component::POOLS);
        b.each(comp, pools, 8, |b, at| {
            let words = i32::try_from(component::WORDS * 8).unwrap_or(32);
            let members = b.load(at, super::super::builder::Field { offset: words, ty: Ty::Handle });
            b.store_int(members, pool::CLAIMED, 0);
        });
        let head = b.load(comp, component::HEAD);
        let at = b.var(head);
        let free_pools = b.var(pools);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            // All pools are claimed by older requests: nothing more can be granted.
            let open = b.ne_zero(free_pools);
            let closed = b.not(open);
            b.leave_if(closed);
            let this = b.var(at);
            let next = b.load(at, request::NEXT);
            b.set(at, next);
            let list = b.load(this, request::NEEDS);
            // The need list of those who are sent.
            let (fits, staff) = if self.shapes.skills {
                let staff = b.host(HostFn::Staff, &[this], Ty::Handle);
                (b.ne_zero(staff), staff)
            } else {
                (self.enough(b, list), list)
            };
            if self.shapes.crews_in_time {
                // What goes beyond their shift waits for the next, and lets others pass.
                let late = Self::known_late(b, this, list);
                b.when(late, |b| b.again());
            }
            b.either(
                fits,
                |b| {
                    Self::drop_request_body(b, this);
                    self.each_need(b, staff, |b, members, number| {
                        let busy = b.load(members, pool::BUSY);
                        let busy = b.add(busy, number);
                        b.store(members, pool::BUSY, busy);
                        self.charge(b, members, number, false);
                    });
                    b.store_int(this, request::FIRST, 0);
                    self.granted(b, this, staff);
                },
                |b| {
                    let first = b.load(this, request::FIRST);
                    let first = b.ne_zero(first);
                    b.either(
                        first,
                        |b| {
                            // The free people do not suffice: it queues like any other.
                            Self::drop_request_body(b, this);
                            b.store_int(this, request::FIRST, 0);
                            b.call(Self::function(self.functions.request), &[this]);
                            let head = b.load(comp, component::HEAD);
                            b.set(at, head);
                        },
                        |b| {
                            self.each_need(b, list, |b, members, _| {
                                Self::claim(b, members, free_pools);
                                if self.shapes.skills {
                                    Self::each_crew(b, members, |b, crew| Self::claim(b, crew, free_pools));
                                }
                            });
                        },
                    );
                },
            );
        });
        // Dropping and re-inserting marked the component again; nothing new can be granted now.
        b.store_int(comp, component::DIRTY, 0);
    }

    /// Whether a request is known to go beyond the shift of those it asks for.
    fn known_late(b: &mut Builder, this: V, list: V) -> V {
        let lasts = b.load(this, request::LASTS);
        let known = b.ne_zero(lasts);
        let no = b.int(0, Ty::Flag);
        let late = b.var(no);
        b.when(known, |b| {
            let tick = b.int(1, Ty::Duration);
            let time = b.sub(lasts, tick);
            let asked = b.count(1);
            let good = b.host(HostFn::InTime, &[list, time, asked], Ty::Count);
            let bad = b.is_zero(good);
            b.set(late, bad);
        });
        late
    }

    /// Whether the people granted leave before work that takes a time is done, of those who begin only what
    /// they can finish: then they go free again, and the request waits for a shift that is long enough, with
    /// its first time.
    pub(super) fn leave_too_soon(b: &mut Builder, request: V, held: V, time: V) -> V {
        let asked = b.count(0);
        let good = b.host(HostFn::InTime, &[held, time, asked], Ty::Count);
        let late = b.is_zero(good);
        let tick = b.int(1, Ty::Duration);
        let known = b.add(time, tick);
        let none = b.int(0, Ty::Duration);
        let lasts = b.select(late, known, none);
        b.store(request, request::LASTS, lasts);
        late
    }

    /// Work that has its people begins only when they are there until it is done: whether it does not.
    pub(super) fn people_leave_too_soon(&self, b: &mut Builder, s: &StationShape, machine: V, time: V) {
        let held = b.load(machine, machine::HELD);
        let some = b.ne_zero(held);
        b.when(some, |b| {
            let request = b.load(machine, machine::REQUEST);
            let lasts = self.with_steps_of_people(b, s, machine, time);
            let late = Self::leave_too_soon(b, request, held, lasts);
            b.when(late, |b| {
                b.store(machine, machine::REMAINING, time);
                b.store_int(machine, machine::PHASE, phase::WAIT_TO_RESUME);
                Self::set_state(b, machine, State::Waiting);
                self.free_people(b, machine);
                let list = b.load(request, request::NEEDS);
                self.ask(b, request, list, None);
                b.give(None);
            });
        });
    }

    /// Whether enough members are free of each pool of a list, and no older request waits for them.
    fn enough(&self, b: &mut Builder, list: V) -> V {
        let yes = b.int(1, Ty::Flag);
        let fits = b.var(yes);
        self.each_need(b, list, |b, members, number| {
            let size = b.load(members, pool::SIZE);
            let busy = b.load(members, pool::BUSY);
            let free = b.sub(size, busy);
            let enough = b.le(number, free);
            let claimed = b.load(members, pool::CLAIMED);
            let unclaimed = b.is_zero(claimed);
            let good = b.and(enough, unclaimed);
            let all = b.and(fits, good);
            b.set(fits, all);
        });
        fits
    }

    /// An older request waits for a pool: younger ones do not get its members, unless it lets them pass.
    fn claim(b: &mut Builder, members: V, free_pools: V) {
        let claimed = b.load(members, pool::CLAIMED);
        let new = b.is_zero(claimed);
        let passing = b.load(members, pool::OVERTAKE);
        let strict = b.not(passing);
        let new = b.and(new, strict);
        b.when(new, |b| {
            b.store_int(members, pool::CLAIMED, 1);
            let less = b.plus(free_pools, -1);
            b.set(free_pools, less);
        });
    }

    /// For each crew that has a skill.
    fn each_crew(b: &mut Builder, skill: V, each: impl FnOnce(&mut Builder, V)) {
        let list = b.load(skill, pool::CREWS);
        let is_skill = b.ne_zero(list);
        b.when(is_skill, |b| {
            let n = b.load(list, Field { offset: 0, ty: Ty::Count });
            let zero = b.count(0);
            let i = b.var(zero);
            b.repeat(|b| {
                let more = b.lt(i, n);
                let done = b.not(more);
                b.leave_if(done);
                let next = b.plus(i, 1);
                b.set(i, next);
                let at = b.element(list, next, 8);
                let crew = b.load(at, Field { offset: 0, ty: Ty::Handle });
                each(b, crew);
            });
        });
    }

    fn granted(&self, b: &mut Builder, request: V, list: V) {
        let owner = b.load(request, request::OWNER);
        let kind = b.load(request, request::KIND);
        if self.shapes.grants_kept() {
            let now = Self::now(b);
            b.store(request, request::GRANTED, now);
            b.store(request, request::HOLDS, list);
        }
        b.switch(kind, self.shapes.grants.len(), |b, i| match self.shapes.grants.get(i) {
            Some(GrantShape::Work(k)) => {
                if !self.station_shape(*k).is_some_and(|s| s.needs) {
                    return;
                }
                b.store(owner, machine::HELD, list);
                let asked = b.load(request, request::NEEDS);
                let last = self.station_shape(*k).and_then(|s| Self::last_freed(b, s, asked));
                let (begin, stretch) = (self.functions.begin.get(*k), self.functions.stretch.get(*k));
                let begin = |b: &mut Builder| b.call(Self::function(begin.copied().flatten()), &[owner]);
                if self.station_shape(*k).is_some_and(|s| s.interruptible() || self.crews_look_ahead(s)) {
                    let at = b.load(owner, machine::PHASE);
                    let waits = b.count(phase::WAIT_TO_BEGIN);
                    let begins = b.eq(at, waits);
                    b.either(begins, begin, |b| b.call(Self::function(stretch.copied().flatten()), &[owner]));
                } else {
                    begin(b);
                }
                self.ends_waiting(b, owner, last);
            }
            Some(GrantShape::Repair(k, i)) => {
                let f = self.functions.repair.get(*k).and_then(|r| r.get(*i)).copied().flatten();
                if f.is_some() {
                    b.call(Self::function(f), &[owner]);
                }
            }
            Some(GrantShape::SharedStop(j)) => {
                let f = self.functions.stop_repair.get(*j).copied().flatten();
                b.call(Self::function(f), &[owner]);
            }
            None => {}
        });
    }
}
