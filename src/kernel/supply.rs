//! What sources make and when, as far as the host decides it: lots, campaigns, intervals that go by
//! hours, orders. Everything that changes during a run lies in the arena, in the record of the source.
//!
//! Start reading at [`Host::rhythm`] and [`Host::lot`].

use std::sync::Arc;

use crate::base::{TICKS_PER_SECOND, Ticks, limits};
use crate::runtime::random::uniform;
use crate::runtime::variates::duration_ticks;

use super::host::{FIRST_WORD, Host, Schedule};
use super::layout::{draw, header, item, sink, source};
use super::status::{NEVER, Status};

/// What a source makes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// How many at once.
    pub lot: Lot,
    /// Campaigns in turn.
    pub campaign: Vec<Part>,
    /// Orders by time.
    pub orders: Vec<Due>,
    /// Which of the host's lists of deliveries says what comes.
    pub outside: Option<usize>,
}

/// An item that comes from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: i64,
    /// When it was born.
    pub born: i64,
    /// Its type.
    pub kind: i64,
}

/// How many items come at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Lot {
    /// Always one.
    #[default]
    One,
    /// Always as many.
    Fixed(i64),
    /// As the law with this index gives, rounded to the nearest whole number.
    Drawn(i64),
    /// All that is ordered for this instant.
    Ordered,
}

/// Some items in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// How many.
    pub count: i64,
    /// Upper bounds of the shares, and item types.
    pub mix: Vec<(f64, i64)>,
}

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// When.
    pub at: i64,
    /// Which type.
    pub kind: i64,
    /// How many.
    pub count: i64,
    /// What its items carry: byte offset in the item, value.
    pub attributes: Vec<(i64, f64)>,
}

/// When the next item comes.
#[derive(Clone, Debug, PartialEq)]
pub enum Rhythm {
    /// After an interval that goes by hours.
    ByHours(Arc<ByHours>),
    /// The first item of a source whose interval goes by hours: after the time of a draw record, counted
    /// only while something comes.
    First(Arc<ByHours>, i64),
    /// At the time of the next order of the source with this record.
    Orders(i64),
    /// At the time of the next of these deliveries from outside.
    Outside(usize),
}

/// Intervals by hours.
#[derive(Clone, Debug, PartialEq)]
pub struct ByHours {
    /// Hours: when, law of the interval, and its mean in seconds.
    pub hours: Vec<(Schedule, i64, f64)>,
    /// Law and mean at all other hours.
    pub rest: Option<(i64, f64)>,
    /// When the source works, if it has a shift.
    pub shift: Option<Schedule>,
}

impl ByHours {
    /// Law and mean in force at an instant, with a number that tells hours apart.
    fn at(&self, t: Ticks) -> Option<(usize, i64, f64)> {
        if self.shift.as_ref().is_some_and(|s| s.value(t) == 0) {
            return None;
        }
        let now = self.hours.iter().enumerate().find(|(_, (when, ..))| when.value(t) > 0);
        match now {
            Some((i, (_, law, mean))) => Some((i, *law, *mean)),
            None => self.rest.map(|(law, mean)| (self.hours.len(), law, mean)),
        }
    }

    /// The next instant at which other hours may begin.
    fn boundary(&self, t: Ticks) -> Option<Ticks> {
        let all = self.hours.iter().map(|(when, ..)| when).chain(&self.shift);
        all.filter_map(|s| s.calendar.next_boundary(t)).min()
    }

    /// The first instant from `t` on at which something comes, and what holds then. Calendars repeat,
    /// so what does not come within the longest time of a model never does.
    fn begin(&self, mut t: Ticks) -> Option<(Ticks, (usize, i64, f64))> {
        while t.0 <= longest() {
            if let Some(now) = self.at(t) {
                return Some((t, now));
            }
            t = self.boundary(t)?;
        }
        None
    }

    /// The instant at which `rest` ticks of the hours `now` are used up from `t` on. With `scaled`, what
    /// is left at a boundary changes as the means do: an exponential interval then makes a Poisson
    /// process whose rate goes by hours (inversion of the integrated rate, Çinlar 1975).
    fn end(&self, mut t: Ticks, mut now: (usize, i64, f64), mut rest: i64, scaled: bool) -> Option<Ticks> {
        loop {
            let next = self.boundary(t).unwrap_or(Ticks(NEVER));
            let there = next.0.saturating_sub(t.0);
            if rest <= there {
                return Some(Ticks(t.0.saturating_add(rest)));
            }
            rest = rest.saturating_sub(there);
            let (from, then) = self.begin(next)?;
            if scaled && then.0 != now.0 {
                rest = stretched(rest, now.2, then.2);
            }
            (t, now) = (from, then);
        }
    }
}

/// A remainder under a new mean, to the nearest tick.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
fn stretched(rest: i64, before: f64, after: f64) -> i64 {
    // The conversion saturates, and a mean is never 0.
    ((rest as f64) * after / before).round_ties_even() as i64
}

fn longest() -> i64 {
    limits::HORIZON_DAYS.saturating_mul(86_400).saturating_mul(TICKS_PER_SECOND)
}

impl Host {
    /// Ticks from now to the next item; negative when a law gives no duration.
    pub(super) fn rhythm(&mut self, record: i64) -> i64 {
        let now = self.arena.get(0, header::NOW);
        let index = usize::try_from(self.arena.get(record, draw::LAW)).unwrap_or(usize::MAX);
        let rhythms = Arc::clone(&self.rhythms);
        let at = match rhythms.get(index) {
            None => None,
            Some(Rhythm::ByHours(by)) => {
                let Some((from, hours)) = by.begin(Ticks(now)) else { return NEVER.saturating_sub(now) };
                let Some(drawn) = duration_ticks(self.value(hours.1, 0)) else { return -1 };
                by.end(from, hours, drawn.0, true)
            }
            Some(Rhythm::First(by, first)) => {
                let wait = self.duration(*first);
                if wait < 0 {
                    return -1;
                }
                by.begin(Ticks(now)).and_then(|(from, hours)| by.end(from, hours, wait, false))
            }
            Some(Rhythm::Orders(source)) => {
                let row = usize::try_from(self.arena.get(*source, source::CURSOR)).unwrap_or(usize::MAX);
                self.plan(*source, |p| p.orders.get(row).map(|o| Ticks(o.at.max(now)))).flatten()
            }
            Some(Rhythm::Outside(list)) => {
                self.deliveries.get(*list).and_then(|d| d.front()).map(|d| Ticks(d.at.max(now)))
            }
        };
        at.map_or(NEVER, |t| t.0.min(NEVER)).saturating_sub(now)
    }

    fn plan<T>(&self, source: i64, read: impl FnOnce(&Plan) -> T) -> Option<T> {
        let index = usize::try_from(self.arena.get(source, source::PLAN)).ok()?;
        self.plans.get(index).map(read)
    }

    /// How many items a source makes now, without regard to its total.
    pub(super) fn lot(&mut self, source: i64) -> i64 {
        let now = self.arena.get(0, header::NOW);
        let lot = self.plan(source, |p| p.lot.clone()).unwrap_or_default();
        match lot {
            Lot::One => 1,
            Lot::Fixed(n) => n,
            Lot::Drawn(law) => {
                let most = i64::try_from(limits::LOT).unwrap_or(i64::MAX);
                if let Some(n) = whole(self.value(law, 0)).filter(|n| (0..=most).contains(n)) {
                    return n;
                }
                let blamed = self.arena.get(source, source::LOT);
                self.arena.set(0, header::STATUS, Status::BadDuration.code());
                self.arena.set(0, header::STATUS_AT, blamed);
                self.arena.set(0, header::FUEL_AT, 0);
                0
            }
            Lot::Ordered => {
                let from = usize::try_from(self.arena.get(source, source::CURSOR)).unwrap_or(usize::MAX);
                let due = |p: &Plan| {
                    let rows = p.orders.iter().skip(from).take_while(|o| o.at <= now);
                    rows.fold(0i64, |sum, o| sum.saturating_add(o.count))
                };
                self.plan(source, due).unwrap_or(0)
            }
        }
    }

    /// The type of the next item of a source with campaigns, orders or deliveries; when a delivered item was born is
    /// left in the record of the source.
    pub(super) fn kind(&mut self, source: i64) -> i64 {
        let plans = Arc::clone(&self.plans);
        let index = usize::try_from(self.arena.get(source, source::PLAN)).unwrap_or(usize::MAX);
        let Some(plan) = plans.get(index) else { return 0 };
        if let Some(list) = plan.outside {
            let Some(delivery) = self.deliveries.get_mut(list).and_then(std::collections::VecDeque::pop_front) else {
                return 0;
            };
            self.arena.set(source, source::CURSOR, delivery.born);
            return delivery.kind;
        }
        let cursor = self.arena.get(source, source::CURSOR);
        let made = self.arena.get(source, source::PART);
        let at = usize::try_from(cursor).unwrap_or(usize::MAX);
        if let Some(order) = plan.orders.get(at) {
            // The row stays until its last item is made; then the next row is due.
            let (next, made) = if made + 1 >= order.count { (cursor + 1, 0) } else { (cursor, made + 1) };
            self.arena.set(source, source::CURSOR, next);
            self.arena.set(source, source::PART, made);
            return order.kind;
        }
        let Some(part) = plan.campaign.get(at) else { return 0 };
        let parts = i64::try_from(plan.campaign.len()).unwrap_or(i64::MAX);
        let (next, made) = if made + 1 >= part.count { ((cursor + 1) % parts, 0) } else { (cursor, made + 1) };
        self.arena.set(source, source::CURSOR, next);
        self.arena.set(source, source::PART, made);
        match part.mix.as_slice() {
            [(_, only)] => *only,
            several => {
                let u = uniform(self.arena.next_word(source + i64::from(source::MIX_STREAM.offset)));
                let found = several.iter().find(|(upper, _)| u < *upper).or(several.last());
                found.map_or(0, |(_, kind)| *kind)
            }
        }
    }

    /// Notes that an item goes where the line is run elsewhere.
    pub(super) fn leaves(&mut self, sink: i64, item: i64) {
        let at = self.arena.get(0, header::NOW);
        let (born, kind) = (self.arena.get(item, item::BIRTH), self.arena.get(item, item::TYPE));
        self.departures.push((self.arena.get(sink, sink::OUTSIDE), Delivery { at, born, kind }));
    }

    /// Gives an item what the order says that it was made for: the row before the next one, unless items
    /// of the present row have been made.
    pub(super) fn ordered(&mut self, source: i64, item: i64) {
        let plans = Arc::clone(&self.plans);
        let index = usize::try_from(self.arena.get(source, source::PLAN)).unwrap_or(usize::MAX);
        let cursor = self.arena.get(source, source::CURSOR);
        let row = if self.arena.get(source, source::PART) > 0 { cursor } else { cursor - 1 };
        let order = usize::try_from(row).ok().and_then(|r| plans.get(index).and_then(|p| p.orders.get(r)));
        for (offset, value) in order.into_iter().flat_map(|o| &o.attributes) {
            self.arena.set(item + offset, FIRST_WORD, value.to_bits().cast_signed());
        }
    }
}

/// The nearest whole number of a draw; `None` for what is none.
#[allow(clippy::cast_possible_truncation)]
fn whole(value: f64) -> Option<i64> {
    let near = value.round_ties_even();
    (near.abs() < 9e15).then_some(near as i64)
}
