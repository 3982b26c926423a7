//! Handing over directly: what an event that is alone at its instant does where nothing has to be
//! decided (see `model::direct`). The result is that of the event's own handler and of settling; only
//! states that would last no time are passed over.

use super::super::builder::{Builder, V};
use super::super::layout::{
    OWNER_BITS, breakdown, buffer, draw, header, holder, item, list, machine, node, routing, source, station,
};
use super::super::program::{BinaryOp, FuncId, Program, Ty};
use super::super::shape::{
    DirectIn, DirectOut, EffectShape, EventShape, Families, Family, NodeShape, SinkShape, SourceShape, StationShape,
    SupplyShape, TransitShape,
};
use super::super::status::{State, phase};
use super::Emit;
use super::basics::WORD;
use super::station::{Asks, breakdown_offset, has_effect, working_clocks};

/// What `pass` says of an item: nothing; its work has begun; it waits for the only taker, which is busy or down.
const UNKNOWN: i64 = 0;
const BEGAN: i64 = 1;
const WAITS: i64 = 2;

/// Levels of the tree from which on a plant is large.
const LARGE: u32 = 11;

impl Emit<'_> {
    /// What a station that is done gives to directly. On a belt, more goes with it than that; and by an open rule
    /// something may wait for an item to be taken.
    pub(super) fn gives_to(&self, s: &StationShape) -> Option<DirectOut> {
        let on_route = s.direct_out == Some(DirectOut::Routes);
        let plain = !s.stay && !s.interruptible() && !s.keeps && s.simple_routing && !s.several_causes[0];
        s.direct_out.filter(|_| !s.on_belt && !s.holds_belt && (!on_route || (plain && !self.any_open())))
    }

    /// Whether an item that comes to the empty lane before a station may begin there at once.
    fn begins_directly(&self, s: &StationShape) -> bool {
        match s.direct_in {
            Some(DirectIn::Lane { .. }) => true,
            Some(DirectIn::Queue) => self.gives_to(s).is_some(),
            Some(DirectIn::Source { .. }) | None => false,
        }
    }

    /// Writes what handing over leads to elsewhere: `pass`, by which an idle machine behind an empty lane begins, and
    /// `pull`, by which blocked machines before a full lane go on.
    pub(super) fn direct_functions(&mut self, program: &mut Program) -> Result<(), String> {
        let stations =
            || self.shapes.nodes.iter().filter_map(|s| if let NodeShape::Station(s) = s { Some(s) } else { None });
        if stations().any(|s| self.begins_directly(s)) {
            let (mut b, args) = Builder::new(program, "pass", &[Ty::Handle, Ty::Handle], Some(Ty::Count));
            if let [lane, item] = args[..] {
                self.pass_body(&mut b, lane, item);
            }
            self.functions.pass = Some(b.finish()?);
        }
        let onto_routes = |s: &NodeShape| match s {
            NodeShape::Station(s) => self.gives_to(s) == Some(DirectOut::Routes),
            NodeShape::Source(s) => s.direct_out == Some(DirectOut::Routes),
            _ => false,
        };
        if self.shapes.nodes.iter().any(onto_routes) {
            let (mut b, args) = Builder::new(program, "arrive", &[Ty::Handle, Ty::Handle], None);
            if let [place, item] = args[..] {
                self.arrive_body(&mut b, place, item);
            }
            self.functions.arrive = Some(b.finish()?);
        }
        if stations().any(|s| matches!(s.direct_in, Some(DirectIn::Lane { limited: true }))) {
            let (mut b, args) = Builder::new(program, "pull", &[Ty::Handle], None);
            if let [lane] = args[..] {
                self.pull_body(&mut b, lane);
            }
            self.functions.pull = Some(b.finish()?);
        }
        Ok(())
    }

    /// An item comes to an empty lane: where the only taker is idle, it goes on and is worked on. Says what became
    /// of it.
    fn pass_body(&self, b: &mut Builder, lane: V, item: V) {
        let node = match self.lanes_at() {
            Some(bytes) => b.beside(lane, -bytes),
            None => {
                let way = b.load(lane, buffer::ROUTING);
                let list = b.load(way, routing::LIST);
                Self::node_with(b, list)
            }
        };
        let kind = b.load(node, holder::RELEASE);
        let began = b.count(BEGAN);
        b.switch(kind, self.shapes.nodes.len(), |b, k| {
            let Some(s) = self.station_shape(k).filter(|s| self.begins_directly(s)) else { return };
            let (idle, ready) = self.idle_machine_if(b, s, node);
            b.when(ready, |b| {
                b.bump(lane, buffer::ENTRIES, 1);
                b.bump(lane, buffer::EXITS, 1);
                if s.direct_in == Some(DirectIn::Queue) {
                    // The machine that the item comes from may ask as well.
                    self.load_machine_and_ask(b, (k, s), node, idle, item, Asks::OneMore);
                    b.give(Some(began));
                    return;
                }
                Self::set_state(b, idle, State::Working);
                b.store_int(idle, machine::PHASE, phase::WORKING);
                let time = self.load_directly(b, s, node, idle, item);
                self.work_on(b, s, idle, time);
                b.give(Some(began));
            });
            let waits = b.count(WAITS);
            b.give(Some(waits));
        });
        let unknown = b.count(UNKNOWN);
        b.give(Some(unknown));
    }

    /// How many bytes behind every station at which an item may begin at once the lane before it lies, where that is the
    /// same for all that are before any station.
    fn lanes_at(&self) -> Option<i32> {
        let mut lanes = self.shapes.nodes.iter().filter_map(|s| match s {
            NodeShape::Station(s) if matches!(s.direct_in, Some(DirectIn::Source { .. })) => None,
            NodeShape::Station(s) => Some(s.lane_at),
            _ => None,
        });
        let first = lanes.next().flatten()?;
        lanes.all(|at| at == Some(first)).then_some(first)
    }

    /// An item on a route comes to a queue without limit or to a sink.
    fn arrive_body(&self, b: &mut Builder, place: V, item: V) {
        let kind = b.load(place, holder::RELEASE);
        b.switch(kind, self.shapes.nodes.len(), |b, k| match self.shapes.nodes.get(k) {
            Some(NodeShape::Buffer(q)) if !q.limited && q.loose.is_none() && q.transit == TransitShape::None => {
                let level = b.load(place, buffer::LEVEL);
                match self.functions.pass {
                    Some(pass) => self.enter_queue(b, pass, place, level, item),
                    None => self.enter_lane(b, false, false, place, level, item),
                }
            }
            Some(NodeShape::Sink(s)) => self.enter_sink(b, s, place, item),
            _ => {}
        });
    }

    /// An item enters a queue without limit: where its only taker is idle, it goes on; where that is busy, it goes behind
    /// those that wait, of which there may be none. Neither can be foretold, so that there is one branch for both.
    fn enter_queue(&self, b: &mut Builder, pass: FuncId, lane: V, level: V, item: V) {
        let became = b.call_for(pass, &[lane, item], Ty::Count);
        let waits = b.count(WAITS);
        let waits = b.eq(became, waits);
        b.either(
            waits,
            |b| {
                let now = Self::now(b);
                Self::count_in(b, false, lane, level, item);
                let alone = b.is_zero(level);
                let none = b.int(0, Ty::Duration);
                let since = b.load(lane, buffer::EMPTY_SINCE);
                let spent = b.sub(now, since);
                let spent = b.select(alone, spent, none);
                let sum = b.load(lane, buffer::EMPTY);
                let sum = b.add(sum, spent);
                b.store(lane, buffer::EMPTY, sum);
                let way = b.load(lane, buffer::ROUTING);
                let list = b.load(way, routing::LIST);
                for field in [list::HEAD, list::TAIL] {
                    let other = b.load(list, field);
                    let offered = b.select(alone, item, other);
                    b.store(list, field, offered);
                }
                // The first of the lane is linked where the others are linked behind the last.
                let last = b.load(lane, buffer::LAST);
                let first = b.beside(lane, buffer::FIRST.offset - item::NEXT.offset);
                let before = b.select(alone, first, last);
                b.store(before, item::NEXT, item);
                b.store(lane, buffer::LAST, item);
                b.store_int(lane, buffer::OFFERED, 1);
            },
            |b| {
                let unknown = b.count(UNKNOWN);
                let unknown = b.eq(became, unknown);
                b.when(unknown, |b| self.enter_lane(b, false, false, lane, level, item));
            },
        );
    }

    /// The node whose list this is: it is part of its record.
    fn node_with(b: &mut Builder, list: V) -> V {
        let place = b.count(-i64::from(node::RANK.offset));
        b.add(list, place)
    }

    /// An item has left a full lane before which a blocked machine offers its own: that goes in, and the machine
    /// takes what waits before it; and so on up the line.
    fn pull_body(&self, b: &mut Builder, lane: V) {
        let lane = b.var(lane);
        b.repeat(|b| {
            let item = b.load(lane, node::OFFERS);
            let machine = b.load(item, item::HOLDER);
            let kind = b.load(machine, holder::RELEASE);
            let none = b.none();
            let next = b.var(none);
            b.switch(kind, self.shapes.nodes.len(), |b, k| {
                let Some(s) =
                    self.station_shape(k).filter(|s| matches!(self.gives_to(s), Some(DirectOut::Lane { .. })))
                else {
                    let rank = b.load(lane, node::RANK);
                    self.mark(b, rank);
                    return;
                };
                b.store(lane, node::OFFERS, none);
                b.store(lane, node::OFFERS_LAST, none);
                b.store_int(machine, machine::LEFT, 0);
                b.store_int(machine, machine::PRODUCTS, 0);
                let level = b.load(lane, buffer::LEVEL);
                self.enter_lane(b, true, false, lane, level, item);
                let node = Self::station_of(b, s, machine);
                let any = self.waiting(b, s, node);
                let up = if s.stops() {
                    let down = b.load(machine, machine::DOWN);
                    b.is_zero(down)
                } else {
                    b.int(1, Ty::Flag)
                };
                let offered = b.ne_zero(any);
                let goes_on = b.and(up, offered);
                b.either(
                    goes_on,
                    |b| {
                        let Some(from) = s.direct_in else { return };
                        Self::set_state(b, machine, State::Working);
                        b.store_int(machine, machine::PHASE, phase::WORKING);
                        let left = self.leave(b, s, from, node, any);
                        let time = self.load_directly(b, s, node, machine, any);
                        self.work_on(b, s, machine, time);
                        if let Some((from, full)) = left {
                            b.when(full, |b| {
                                let offered = Self::no_longer_full(b, from);
                                let some = b.ne_zero(offered);
                                b.when(some, |b| b.set(next, from));
                            });
                        }
                    },
                    |b| {
                        b.store_int(machine, machine::PHASE, phase::IDLE);
                        b.store_int(machine, machine::ITEM, 0);
                        b.when(up, |b| {
                            Self::set_state(b, machine, State::Starved);
                            if s.direct_in.is_none() {
                                self.mark_if_offered(b, node);
                            }
                        });
                    },
                );
            });
            let end = b.is_zero(next);
            b.leave_if(end);
            b.set(lane, next);
        });
    }

    /// What waits where a station takes directly, or 0.
    fn waiting(&self, b: &mut Builder, s: &StationShape, node: V) -> V {
        match s.direct_in {
            Some(_) => b.load(node, node::OFFERS),
            None => b.none(),
        }
    }

    /// The end of work of a station, alone at its instant.
    pub(super) fn end_of_work_alone(&self, b: &mut Builder, k: usize, s: &StationShape, due: V, machine: V) {
        let Some(out) = self.gives_to(s) else {
            self.end_of_work(b, k, s, machine);
            return;
        };
        let node = Self::station_of(b, s, machine);
        if out == DirectOut::Routes {
            self.follows_route(b, s, due, node, machine);
            return;
        }
        let next = b.load(node, station::DIRECT_OUT);
        let level = match out {
            DirectOut::Lane { .. } => b.load(next, buffer::LEVEL),
            DirectOut::Sink { .. } | DirectOut::Routes => b.count(0),
        };
        let room = match out {
            DirectOut::Lane { limited: true } => {
                let capacity = b.load(next, buffer::CAPACITY);
                Some(b.lt(level, capacity))
            }
            _ => None,
        };
        let goes_on = Self::wears_on(b, s, machine);
        let alone = match (room, goes_on) {
            (Some(room), Some(goes_on)) => Some(b.and(room, goes_on)),
            (one, other) => one.or(other),
        };
        let never = Self::never(b, due);
        let at = b.var(never);
        let clocks = !working_clocks(s).is_empty();
        if let (Some(next), false) = (self.foreseen(), clocks) {
            self.foresee(b, due, next);
        }
        match alone {
            Some(alone) => b.either(
                alone,
                |b| self.hand_over(b, s, out, (due, at), node, machine, (next, level)),
                |b| {
                    if clocks {
                        self.clear(b, due);
                        self.end_of_work(b, k, s, machine);
                    } else {
                        self.blocks(b, node, machine, next);
                    }
                },
            ),
            None => self.hand_over(b, s, out, (due, at), node, machine, (next, level)),
        }
        if !clocks {
            if self.foreseen().is_none() {
                self.update_inline(b, due, at);
            }
            self.next_event_if_clean(b);
        }
    }

    /// The stations whose records are read ahead: those of the most frequent end of work, where the plant is so large that
    /// its records lie far from the processor.
    fn foreseen(&self) -> Option<&StationShape> {
        match self.shapes.events.first() {
            Some(EventShape::EndOfWork(k)) if self.shapes.tree_depth >= LARGE => self.station_shape(*k),
            _ => None,
        }
    }

    /// Takes the time of a slot away, and has at hand what the next events need where they are ends of work of stations
    /// `s`: who wins an eighth of the tree comes in a few events, and what its record leads to is at hand before it wins
    /// half of it.
    fn foresee(&self, b: &mut Builder, due: V, s: &StationShape) {
        let never = Self::never(b, due);
        self.replay(b, due, never, |b, level, owner| {
            if !matches!(level, 0 | 1 | 3) {
                return;
            }
            // They have the first handler; a leaf that is no slot has no owner.
            let handler = b.bits_with(BinaryOp::ShiftRight, owner, i64::from(OWNER_BITS));
            let first = b.is_zero(handler);
            let some = b.ne_zero(owner);
            let its = b.and(first, some);
            b.when(its, |b| {
                let machine = b.cast(owner, Ty::Handle);
                let node = Self::station_of(b, s, machine);
                match level {
                    3 => self.touch_own(b, s, node, machine),
                    1 => self.touch_others(b, s, node, machine),
                    _ => self.touch_last(b, s, node),
                }
            });
        });
    }

    /// Has the records of a station and its machine at hand.
    fn touch_own(&self, b: &mut Builder, s: &StationShape, node: V, machine: V) {
        b.touch(machine, machine::ITEM);
        b.touch(node, station::DIRECT_OUT);
        if let Some(lane) = s.lane_at {
            let lane = b.beside(node, lane);
            b.touch(lane, buffer::LEVEL);
        }
    }

    /// Has what these lead to at hand.
    fn touch_others(&self, b: &mut Builder, s: &StationShape, node: V, machine: V) {
        let item = b.load(machine, machine::ITEM);
        b.touch(item, item::ENTRY);
        let following = b.load(node, node::OFFERS);
        b.touch(following, item::ENTRY);
        if matches!(self.gives_to(s), Some(DirectOut::Lane { .. })) {
            let next = b.load(node, station::DIRECT_OUT);
            b.touch(next, buffer::LEVEL);
        }
        // Work that changes may not be known yet.
        if s.work_at.is_some() && s.work == Families::from([Family::Random]) {
            let work = Self::work_of(b, s, machine);
            let cursor = b.load(work, draw::CURSOR);
            let at = b.add(work, cursor);
            b.touch(at, WORD);
        }
        let slot = b.load(machine, machine::SLOT);
        self.touch_matches(b, slot);
    }

    /// Has the item at hand behind which the next one goes.
    fn touch_last(&self, b: &mut Builder, s: &StationShape, node: V) {
        if matches!(self.gives_to(s), Some(DirectOut::Lane { .. })) {
            let next = b.load(node, station::DIRECT_OUT);
            let last = b.load(next, buffer::LAST);
            b.touch(last, item::NEXT);
        }
    }

    /// Work ends, the item goes where its route leads, and the machine takes the next item, if there is one.
    fn follows_route(&self, b: &mut Builder, s: &StationShape, due: V, node: V, machine: V) {
        let now = Self::now(b);
        b.bump(node, station::CYCLES, 1);
        let handed = if s.needs { self.free_member(b, machine) } else { None };
        b.set_header(header::PROGRESS, now);
        let item = b.load(machine, machine::ITEM);
        let list = self.decide_product(b, s, node, item);
        let next = Self::node_with(b, list);
        b.call(Self::function(self.functions.arrive), &[next, item]);
        let following = b.load(node, node::OFFERS);
        let any = b.ne_zero(following);
        let never = Self::never(b, due);
        let at = b.var(never);
        b.either(
            any,
            |b| {
                let none = b.none();
                let from = Self::direct_in(b, s, node);
                self.leave_lane(b, DirectIn::Queue, node, from, following);
                b.store(following, item::HOLDER, machine);
                b.store(following, item::NEXT, none);
                b.store(machine, machine::ITEM, following);
                self.find_work(b, s, node, machine, following);
                self.start_work_alone(b, s, machine, at);
            },
            |b| {
                Self::runs_empty(b, machine);
                if s.many {
                    Self::list_idle(b, s, node, machine);
                }
            },
        );
        if let Some(request) = handed {
            self.hand_member(b, request);
        }
        self.update_inline(b, due, at);
        self.next_event_if_clean(b);
    }

    /// Work ends before a full lane: the machine is blocked.
    fn blocks(&self, b: &mut Builder, node: V, machine: V, lane: V) {
        let now = Self::now(b);
        let none = b.none();
        b.bump(node, station::CYCLES, 1);
        b.store_int(machine, machine::PHASE, phase::FINISHED);
        Self::set_state(b, machine, State::Blocked);
        let item = b.load(machine, machine::ITEM);
        b.store_int(machine, machine::LEFT, 1);
        b.store(machine, machine::PRODUCTS, item);
        b.store(item, item::READY, now);
        let way = b.load(node, station::ROUTING);
        let list = self.decide(b, way, item, true);
        b.store(item, item::LIST, list);
        b.store(lane, node::OFFERS, item);
        b.store(lane, node::OFFERS_LAST, item);
        b.store(item, item::OFFER_NEXT, none);
        b.store(item, item::OFFER_PREVIOUS, none);
    }

    /// Whether no clock of working time runs out with the work that ends now; `None` without clocks.
    fn wears_on(b: &mut Builder, s: &StationShape, machine: V) -> Option<V> {
        let clocks = working_clocks(s);
        if clocks.is_empty() {
            return None;
        }
        let now = Self::now(b);
        let start = b.load(machine, machine::WORK_START);
        let worked = b.sub(now, start);
        let breakdowns = b.load(machine, machine::BREAKDOWNS);
        let mut all: Option<V> = None;
        for i in clocks {
            let rest = b.load(breakdowns, breakdown::RESIDUAL.plus(breakdown_offset(i)));
            let more = b.ne(rest, worked);
            all = Some(match all {
                Some(all) => b.and(all, more),
                None => more,
            });
        }
        all
    }

    /// Work ends, the item moves on, and the machine takes the next item, if there is one. `at` becomes the time of the
    /// slot `due`, unless there are clocks of working time or its time has been taken away already: then all is scheduled
    /// here.
    #[allow(clippy::too_many_arguments)] // one fact each
    fn hand_over(
        &self,
        b: &mut Builder,
        s: &StationShape,
        out: DirectOut,
        (due, at): (V, V),
        node: V,
        machine: V,
        (next, level): (V, V),
    ) {
        let now = Self::now(b);
        let clocks = !working_clocks(s).is_empty();
        if clocks {
            // A clock may be what goes off next.
            self.clear(b, due);
            let start = b.load(machine, machine::WORK_START);
            let worked = b.sub(now, start);
            Self::charge_clocks(b, s, machine, worked);
        }
        b.bump(node, station::CYCLES, 1);
        b.set_header(header::PROGRESS, now);
        let item = b.load(machine, machine::ITEM);
        match out {
            DirectOut::Lane { limited } => self.enter_lane(b, limited, true, next, level, item),
            DirectOut::Sink { until, observed } => {
                self.enter_sink(b, &SinkShape { until, to: 0, observed, outside: false }, next, item)
            }
            DirectOut::Routes => {}
        }
        let Some(from) = s.direct_in else {
            Self::runs_empty(b, machine);
            self.mark_if_offered(b, node);
            return;
        };
        let following = b.load(node, node::OFFERS);
        let any = b.ne_zero(following);
        b.either(
            any,
            |b| {
                // It has not been idle: the time at work goes on.
                let left = self.leave(b, s, from, node, following);
                let time = self.load_directly(b, s, node, machine, following);
                if clocks || self.foreseen().is_some() {
                    self.work_on(b, s, machine, time);
                } else {
                    let end = self.stretch_begins(b, s, machine, time);
                    b.set(at, end);
                }
                if let Some((lane, full)) = left {
                    b.when(full, |b| {
                        let offered = Self::no_longer_full(b, lane);
                        let some = b.ne_zero(offered);
                        b.when(some, |b| b.call(Self::function(self.functions.pull), &[lane]));
                    });
                }
            },
            |b| Self::runs_empty(b, machine),
        );
    }

    fn runs_empty(b: &mut Builder, machine: V) {
        Self::set_state(b, machine, State::Starved);
        b.store_int(machine, machine::PHASE, phase::IDLE);
        b.store_int(machine, machine::ITEM, 0);
    }

    /// An item leaves the lane or source from which it is taken directly; of a lane with limits, which one, and
    /// whether it was full: then [`Self::no_longer_full`] is still to follow.
    fn leave(&self, b: &mut Builder, s: &StationShape, way: DirectIn, node: V, item: V) -> Option<(V, V)> {
        let from = Self::direct_in(b, s, node);
        match way {
            DirectIn::Lane { .. } | DirectIn::Queue => {
                self.leave_lane(b, way, node, from, item).map(|full| (from, full))
            }
            DirectIn::Source { mix } => {
                self.leave_source(b, mix, node, from, item);
                None
            }
        }
    }

    /// A lane is no longer full; what offers there, or 0.
    fn no_longer_full(b: &mut Builder, lane: V) -> V {
        let now = Self::now(b);
        Self::ends_full(b, lane, now);
        b.load(lane, node::OFFERS)
    }

    /// A machine has been given an item: how long it works on it.
    fn load_directly(&self, b: &mut Builder, s: &StationShape, node: V, machine: V, item: V) -> V {
        let none = b.none();
        b.store(item, item::HOLDER, machine);
        b.store(item, item::NEXT, none);
        b.store(machine, machine::ITEM, item);
        let work = self.find_work(b, s, node, machine, item);
        let time = self.duration(b, work, &s.work, Some(item));
        if has_effect(s, EffectShape::Restart) {
            b.store(machine, machine::DRAWN, time);
        }
        time
    }

    /// An item enters a lane with room, where `level` items are; the first one goes on or is offered to the only taker.
    /// `passes`: that may be idle. Where items come by routes, they enter by [`Self::enter_queue`].
    fn enter_lane(&self, b: &mut Builder, limited: bool, passes: bool, lane: V, level: V, item: V) {
        let alone = b.is_zero(level);
        b.either(
            alone,
            |b| {
                let enter = |b: &mut Builder, became: Option<V>| {
                    let now = Self::now(b);
                    Self::count_in(b, limited, lane, level, item);
                    let since = b.load(lane, buffer::EMPTY_SINCE);
                    let spent = b.sub(now, since);
                    let sum = b.load(lane, buffer::EMPTY);
                    let sum = b.add(sum, spent);
                    b.store(lane, buffer::EMPTY, sum);
                    b.store(lane, buffer::FIRST, item);
                    b.store(lane, buffer::LAST, item);
                    b.store_int(lane, buffer::OFFERED, 1);
                    let way = b.load(lane, buffer::ROUTING);
                    let list = self.decide(b, way, item, true);
                    let Some(became) = became else {
                        self.offer(b, list, item);
                        return;
                    };
                    let waits = b.count(WAITS);
                    let waits = b.eq(became, waits);
                    b.either(
                        waits,
                        // The taker looks when it is done.
                        |b| Self::offer_alone(b, list, item),
                        |b| self.offer(b, list, item),
                    );
                };
                match self.functions.pass.filter(|_| passes) {
                    Some(pass) => {
                        let became = b.call_for(pass, &[lane, item], Ty::Count);
                        let began = b.count(BEGAN);
                        let stays = b.ne(became, began);
                        b.when(stays, |b| enter(b, Some(became)));
                    }
                    None => enter(b, None),
                }
            },
            |b| {
                Self::count_in(b, limited, lane, level, item);
                let last = b.load(lane, buffer::LAST);
                b.store(last, item::NEXT, item);
                b.store(lane, buffer::LAST, item);
            },
        );
    }

    /// Counts an item that enters a lane.
    fn count_in(b: &mut Builder, limited: bool, lane: V, level: V, item: V) {
        let now = Self::now(b);
        Self::level_lasts(b, lane, level, now);
        b.store(lane, buffer::CHANGED, now);
        let more = b.plus(level, 1);
        b.store(lane, buffer::LEVEL, more);
        b.bump(lane, buffer::ENTRIES, 1);
        b.store(item, item::HOLDER, lane);
        b.store(item, item::ENTRY, now);
        b.store(item, item::READY, now);
        let none = b.none();
        b.store(item, item::NEXT, none);
        // Ready to be offered when it is the first.
        b.store(item, item::OFFER_NEXT, none);
        b.store(item, item::OFFER_PREVIOUS, none);
        if limited {
            let capacity = b.load(lane, buffer::CAPACITY);
            let full = b.eq(more, capacity);
            b.when(full, |b| b.store(lane, buffer::FULL_SINCE, now));
        }
    }

    /// The first item leaves a lane for its only taker, to which the one behind it is offered. Of a lane with limits,
    /// whether it was full: then [`Self::no_longer_full`] is still to follow.
    ///
    /// When the level changed is not noted: one that is higher than all before has been reached by an item that came.
    fn leave_lane(&self, b: &mut Builder, way: DirectIn, taker: V, lane: V, item: V) -> Option<V> {
        let now = Self::now(b);
        let none = b.none();
        let level = b.load(lane, buffer::LEVEL);
        Self::level_lasts(b, lane, level, now);
        let less = b.plus(level, -1);
        b.store(lane, buffer::LEVEL, less);
        b.bump(lane, buffer::EXITS, 1);
        let entry = b.load(item, item::ENTRY);
        let wait = b.sub(now, entry);
        Self::add_128(b, lane, buffer::WAIT, buffer::WAIT_HIGH, wait);
        let full = (way == DirectIn::Lane { limited: true }).then(|| {
            let capacity = b.load(lane, buffer::CAPACITY);
            b.eq(level, capacity)
        });
        let next = b.load(item, item::NEXT);
        b.store(lane, buffer::FIRST, next);
        b.store(taker, node::OFFERS, next);
        b.store(taker, node::OFFERS_LAST, next);
        let last = b.is_zero(next);
        let emptied = |b: &mut Builder| {
            b.store(lane, buffer::EMPTY_SINCE, now);
            b.store(lane, buffer::LAST, none);
            b.store_int(lane, buffer::OFFERED, 0);
        };
        if way != DirectIn::Queue {
            b.when(last, emptied);
        } else {
            // Where the next event is that of any station, this cannot be foretold.
            let since = b.load(lane, buffer::EMPTY_SINCE);
            let since = b.select(last, now, since);
            b.store(lane, buffer::EMPTY_SINCE, since);
            let behind = b.load(lane, buffer::LAST);
            let behind = b.select(last, none, behind);
            b.store(lane, buffer::LAST, behind);
            let more = b.not(last);
            b.store(lane, buffer::OFFERED, more);
        }
        full
    }

    /// An item leaves a source for its only taker, to which the next one is offered.
    fn leave_source(&self, b: &mut Builder, mix: usize, taker: V, from: V, item: V) {
        let shape = SourceShape {
            supply: SupplyShape::Always,
            mix,
            simple_routing: true,
            from: 0,
            to: 0,
            direct_out: None,
            shift: false,
            with: 0,
            lots: false,
            planned: false,
            orders: false,
            outside: false,
            observed: false,
        };
        let none = b.none();
        self.is_born(b, item);
        let next = b.var(none);
        let made = b.load(from, source::MADE);
        let total = b.load(from, source::TOTAL);
        let more = b.lt(made, total);
        b.when(more, |b| {
            let made = self.new_source_item(b, &shape, from);
            let way = b.load(from, source::ROUTING);
            let list = self.decide(b, way, made, true);
            b.store(made, item::LIST, list);
            b.store(made, item::OFFER_NEXT, none);
            b.store(made, item::OFFER_PREVIOUS, none);
            b.set(next, made);
        });
        b.store(from, source::ITEM, next);
        b.store(taker, node::OFFERS, next);
        b.store(taker, node::OFFERS_LAST, next);
    }

    /// The event of a source's slot, alone at its instant.
    pub(super) fn arrival_alone(&self, b: &mut Builder, s: &SourceShape, due: V, record: V) {
        let (Some(out), SupplyShape::Pause(every)) = (s.direct_out, &s.supply) else {
            self.arrival(b, s, record);
            return;
        };
        let next = b.load(record, source::DIRECT_OUT);
        let made = b.load(record, source::MADE);
        let total = b.load(record, source::TOTAL);
        let wanted = b.lt(made, total);
        let direct = match out {
            DirectOut::Lane { limited: true } => {
                let level = b.load(next, buffer::LEVEL);
                let capacity = b.load(next, buffer::CAPACITY);
                let room = b.lt(level, capacity);
                b.and(wanted, room)
            }
            _ => wanted,
        };
        b.either(
            direct,
            |b| {
                let now = Self::now(b);
                b.set_header(header::PROGRESS, now);
                let item = self.new_source_item(b, s, record);
                match out {
                    DirectOut::Lane { limited } => {
                        let level = b.load(next, buffer::LEVEL);
                        self.enter_lane(b, limited, true, next, level, item);
                    }
                    DirectOut::Sink { until, observed } => {
                        self.enter_sink(b, &SinkShape { until, to: 0, observed, outside: false }, next, item)
                    }
                    DirectOut::Routes => {
                        let way = b.load(record, source::ROUTING);
                        let list = self.decide(b, way, item, s.simple_routing);
                        let place = Self::node_with(b, list);
                        b.call(Self::function(self.functions.arrive), &[place, item]);
                    }
                }
                let made = b.load(record, source::MADE);
                let more = b.lt(made, total);
                b.either(
                    more,
                    |b| {
                        let draw = b.load(record, source::EVERY);
                        let time = self.duration(b, draw, every, None);
                        let at = b.add(now, time);
                        self.update_inline(b, due, at);
                        self.next_event_if_clean(b);
                    },
                    |b| self.clear(b, due),
                );
            },
            |b| {
                self.clear(b, due);
                self.arrival(b, s, record);
            },
        );
    }
}
