//! What the host does for people: whether they are there until work is done, and who is served next.

use crate::base::Ticks;

use super::choice::kind;
use super::host::{FIRST_WORD, Host};
use super::layout::{calendar, component, header, machine, needs, order, pool, request, value};

impl Host {
    /// Whether the members of a need list who begin only what they can finish are there for a time; `to_be_granted`
    /// tells that they are not counted as busy yet. Those who stay are sent before those who leave.
    /// O(changes of their shift meanwhile).
    pub(super) fn in_time(&self, list: i64, time: i64, to_be_granted: i64) -> i64 {
        let now = self.arena.get(0, header::NOW);
        let end = now.saturating_add(time);
        for i in 0..self.arena.get(list, needs::COUNT) {
            let members = self.arena.get(list + 16 * i, needs::POOL);
            let record = self.arena.get(members, pool::IN_TIME);
            if record == 0 {
                continue;
            }
            let index = usize::try_from(self.arena.get(record, calendar::INDEX)).unwrap_or(usize::MAX);
            let Some(schedule) = self.schedules.get(index) else { continue };
            let more = if to_be_granted == 0 { 0 } else { self.arena.get(list + 16 * i, needs::NUMBER) };
            let wanted = self.arena.get(members, pool::BUSY) + more + self.arena.get(members, pool::BROKEN);
            let mut at = Ticks(now);
            while let Some(next) = schedule.next_change(at).filter(|t| t.0 < end) {
                if i64::try_from(schedule.value(next)).unwrap_or(i64::MAX) < wanted {
                    return 0;
                }
                at = next;
            }
        }
        1
    }

    /// Finds the values of a request that the order of its crews goes by: the lowest is served first. Repairs have
    /// no item: where a rule asks for one they come first.
    pub(super) fn rank_request(&mut self, at: i64, most: i64) {
        let members = self.arena.get(self.arena.get(at, request::NEEDS), needs::POOL);
        let rules = self.arena.get(self.arena.get(members, pool::COMPONENT), component::ORDER);
        let count = if rules == 0 { 0 } else { self.arena.get(rules, order::COUNT) };
        for i in 0..most {
            let key = if i < count { self.request_key(at, rules + 16 * i) } else { 0 };
            let words = i64::try_from(request::WORDS).unwrap_or(0);
            self.arena.set(at + 8 * (words + i), FIRST_WORD, key);
        }
    }

    fn request_key(&mut self, at: i64, rule: i64) -> i64 {
        let argument = self.arena.get(rule, order::ARGUMENT);
        let which = self.arena.get(rule, order::KIND);
        match which {
            kind::FIFO => self.arena.get(at, request::TIME),
            kind::LIFO => self.arena.get(at, request::TIME).saturating_neg(),
            kind::FIRST => i64::from(self.arena.get(at, request::PLACE) != argument),
            _ if self.arena.get(at, request::WORKS) == 0 => i64::MIN,
            _ => {
                let of = self.arena.get(self.arena.get(at, request::OWNER), machine::ITEM);
                let record = if argument == 0 { self.arena.get(at, request::MEAN) } else { argument };
                let law = self.arena.get(record, value::LAW);
                let found = self.value(law, of);
                sortable(if which == kind::HIGHEST { -found } else { found })
            }
        }
    }
}

/// An integer that is ordered as the number is; both zeros are one value.
fn sortable(number: f64) -> i64 {
    let number = if number == 0.0 { 0.0 } else { number };
    let bits = number.to_bits().cast_signed();
    if bits < 0 { bits ^ i64::MAX } else { bits }
}
