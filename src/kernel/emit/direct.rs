//! Handing over directly: what an event that is alone at its instant does where nothing has to be
//! decided (see `model::direct`). The result is that of the event's own handler and of settling; only
//! states that would last no time are passed over.

use super::super::builder::{Builder, V};
use super::super::layout::{breakdown, buffer, header, item, machine, node, source, station};
use super::super::shape::{DirectIn, DirectOut, EffectShape, SinkShape, SourceShape, StationShape, SupplyShape};
use super::super::status::{State, phase};
use super::Emit;
use super::station::{breakdown_offset, has_effect, working_clocks};

impl Emit<'_> {
    /// The end of work of a station, alone at its instant.
    pub(super) fn end_of_work_alone(&self, b: &mut Builder, k: usize, s: &StationShape, due: V, machine: V) {
        let Some(out) = s.direct_out else {
            self.end_of_work(b, k, s, machine);
            return;
        };
        let node = b.load(machine, machine::STATION);
        let next = b.load(node, station::DIRECT_OUT);
        let room = match out {
            DirectOut::Lane { limited: true } => {
                let level = b.load(next, buffer::LEVEL);
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
        match alone {
            Some(alone) => b.either(
                alone,
                |b| self.hand_over(b, s, out, due, node, machine, next),
                |b| {
                    self.clear(b, due);
                    self.end_of_work(b, k, s, machine);
                },
            ),
            None => self.hand_over(b, s, out, due, node, machine, next),
        }
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

    /// Work ends, the item moves on, and the machine takes the next item, if there is one.
    #[allow(clippy::too_many_arguments)] // one fact each
    fn hand_over(&self, b: &mut Builder, s: &StationShape, out: DirectOut, due: V, node: V, machine: V, next: V) {
        let now = Self::now(b);
        if !working_clocks(s).is_empty() {
            // A clock may be what goes off next.
            self.clear(b, due);
            let start = b.load(machine, machine::WORK_START);
            let worked = b.sub(now, start);
            Self::charge_clocks(b, s, machine, worked);
        }
        b.bump(node, station::CYCLES, 1);
        let since = b.load(machine, machine::SINCE);
        let worked = b.sub(now, since);
        let working = machine::IN_STATE.plus(8 * i32::try_from(State::Working.code()).unwrap_or(0));
        let sum = b.load(machine, working);
        let sum = b.add(sum, worked);
        b.store(machine, working, sum);
        b.store(machine, machine::SINCE, now);
        b.set_header(header::PROGRESS, now);
        let item = b.load(machine, machine::ITEM);
        match out {
            DirectOut::Lane { limited } => Self::enter_lane(b, self, limited, next, item),
            DirectOut::Sink { until, observed } => {
                self.enter_sink(b, &SinkShape { until, to: 0, observed }, next, item)
            }
        }
        match s.direct_in {
            Some(from) => {
                let following = b.load(node, node::OFFERS);
                let any = b.ne_zero(following);
                b.either(
                    any,
                    |b| self.take_next(b, s, from, node, machine, following),
                    |b| self.runs_empty(b, due, machine),
                );
            }
            None => {
                self.runs_empty(b, due, machine);
                self.mark_if_offered(b, node);
            }
        }
    }

    fn runs_empty(&self, b: &mut Builder, due: V, machine: V) {
        self.clear(b, due);
        b.store_int(machine, machine::STATE, State::Starved.code());
        b.store_int(machine, machine::PHASE, phase::IDLE);
        b.store_int(machine, machine::ITEM, 0);
    }

    /// The machine goes on with the first item of its lane, without having been idle.
    fn take_next(&self, b: &mut Builder, s: &StationShape, way: DirectIn, node: V, machine: V, item: V) {
        let from = b.load(node, station::DIRECT_IN);
        match way {
            DirectIn::Lane { limited } => {
                Self::leave_lane(b, limited, node, from, item);
                if limited {
                    self.mark_if_offered(b, from);
                }
            }
            DirectIn::Source { mix } => self.leave_source(b, mix, node, from, item),
        }
        let none = b.none();
        b.store(item, item::HOLDER, machine);
        b.store(item, item::NEXT, none);
        b.store(machine, machine::ITEM, item);
        let work = self.find_work(b, s, node, machine, item);
        let time = self.duration(b, work, &s.work, Some(item));
        if has_effect(s, EffectShape::Restart) {
            b.store(machine, machine::DRAWN, time);
        }
        self.work_on(b, s, machine, time);
        if working_clocks(s).is_empty() {
            // Else the slot may still have to be taken out of the calendar.
            self.next_event_if_clean(b);
        }
    }

    /// An item enters a lane with room; the first one is offered to the only taker.
    fn enter_lane(b: &mut Builder, emit: &Emit<'_>, limited: bool, lane: V, item: V) {
        let now = Self::now(b);
        let level = Self::level_changes(b, lane, now);
        let more = b.plus(level, 1);
        b.store(lane, buffer::LEVEL, more);
        b.bump(lane, buffer::ENTRIES, 1);
        b.store(item, item::HOLDER, lane);
        b.store(item, item::ENTRY, now);
        b.store(item, item::READY, now);
        let none = b.none();
        b.store(item, item::NEXT, none);
        if limited {
            let capacity = b.load(lane, buffer::CAPACITY);
            let full = b.eq(more, capacity);
            b.when(full, |b| b.store(lane, buffer::FULL_SINCE, now));
        }
        let last = b.load(lane, buffer::LAST);
        b.store(lane, buffer::LAST, item);
        let alone = b.is_zero(level);
        b.either(
            alone,
            |b| {
                let since = b.load(lane, buffer::EMPTY_SINCE);
                let spent = b.sub(now, since);
                let sum = b.load(lane, buffer::EMPTY);
                let sum = b.add(sum, spent);
                b.store(lane, buffer::EMPTY, sum);
                b.store(lane, buffer::FIRST, item);
                b.store_int(lane, buffer::OFFERED, 1);
                let way = b.load(lane, buffer::ROUTING);
                let list = emit.decide(b, way, item, true);
                emit.offer(b, list, item);
            },
            |b| b.store(last, item::NEXT, item),
        );
    }

    /// The first item leaves a lane for its only taker, to which the one behind it is offered.
    fn leave_lane(b: &mut Builder, limited: bool, taker: V, lane: V, item: V) {
        let now = Self::now(b);
        let none = b.none();
        let level = Self::level_changes(b, lane, now);
        let less = b.plus(level, -1);
        b.store(lane, buffer::LEVEL, less);
        b.bump(lane, buffer::EXITS, 1);
        let entry = b.load(item, item::ENTRY);
        let wait = b.sub(now, entry);
        Self::add_128(b, lane, buffer::WAIT, buffer::WAIT_HIGH, wait);
        if limited {
            let capacity = b.load(lane, buffer::CAPACITY);
            let full = b.eq(level, capacity);
            b.when(full, |b| Self::ends_full(b, lane, now));
        }
        let next = b.load(item, item::NEXT);
        b.store(lane, buffer::FIRST, next);
        b.store(taker, node::OFFERS, next);
        b.store(taker, node::OFFERS_LAST, next);
        let last = b.is_zero(next);
        b.either(
            last,
            |b| {
                b.store(lane, buffer::EMPTY_SINCE, now);
                b.store(lane, buffer::LAST, none);
                b.store_int(lane, buffer::OFFERED, 0);
            },
            |b| {
                b.store(next, item::OFFER_NEXT, none);
                b.store(next, item::OFFER_PREVIOUS, none);
            },
        );
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
                    DirectOut::Lane { limited } => Self::enter_lane(b, self, limited, next, item),
                    DirectOut::Sink { until, observed } => {
                        self.enter_sink(b, &SinkShape { until, to: 0, observed }, next, item)
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
