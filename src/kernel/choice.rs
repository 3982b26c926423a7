//! Who is next, where more than ready times decide: orders, buffers whose items overtake each other, and
//! longest stays. The host looks through the items; all it reads and writes lies in the arena.

use super::builder::Field;
use super::host::{Host, setup_key};
use super::layout::{buffer, holder, item, machine, node, order, station, value};
use super::program::Ty;
use super::status::NEVER;

/// What an order goes by: kinds of [`order::KIND`].
pub(super) mod kind {
    /// Ready first.
    pub const FIFO: i64 = 0;
    /// Ready last.
    pub const LIFO: i64 = 1;
    /// Lowest value.
    pub const LOWEST: i64 = 2;
    /// Highest value.
    pub const HIGHEST: i64 = 3;
    /// From one of the holders in a table.
    pub const FIRST: i64 = 4;
    /// What an idle machine is set up for; argument 1: by a value of the item.
    pub const SAME_SETUP: i64 = 5;
}

/// Words that an item has when some place is not a plain lane, counted from the first of them.
pub mod own {
    /// The list it is offered in, once it has decided.
    pub const LISTED: usize = 0;
    /// The item before it in its buffer.
    pub const BACK: usize = 1;
    /// When its longest stay is over; negative once it is.
    pub const EXPIRES: usize = 2;
    /// The order its values belong to.
    pub const KEYED: usize = 3;
    /// The value of the first rule.
    pub const KEY: usize = 4;
}

const WORD: Field = Field { offset: 0, ty: Ty::Count };
const RULE_BYTES: i64 = 16;

impl Host {
    fn own(&self, at: i64, word: usize) -> i64 {
        self.arena.get(at + self.loose + 8 * i64::try_from(word).unwrap_or(0), WORD)
    }

    fn set_own(&mut self, at: i64, word: usize, value: i64) {
        self.arena.set(at + self.loose + 8 * i64::try_from(word).unwrap_or(0), WORD, value);
    }

    /// Finds the values that the rules of an order go by (F7: once on entry, unless the order is dynamic).
    pub(super) fn keys(&mut self, rules: i64, of: i64) {
        if self.own(of, own::KEYED) == rules && self.arena.get(rules, order::DYNAMIC) == 0 {
            return;
        }
        for i in 0..self.arena.get(rules, order::COUNT) {
            let rule = rules + RULE_BYTES * i;
            if matches!(self.arena.get(rule, order::KIND), kind::LOWEST | kind::HIGHEST) {
                let record = self.arena.get(rule, order::ARGUMENT);
                let law = self.arena.get(record, value::LAW);
                let key = self.value(law, of);
                self.set_own(of, own::KEY + usize::try_from(i).unwrap_or(0), key.to_bits().cast_signed());
            }
        }
        self.set_own(of, own::KEYED, rules);
    }

    /// The number a rule goes by: the lowest is next.
    #[allow(clippy::cast_precision_loss)]
    fn rank_by(&mut self, rules: i64, i: i64, of: i64, at_machine: i64) -> f64 {
        let rule = rules + RULE_BYTES * i;
        let key = f64::from_bits(self.own(of, own::KEY + usize::try_from(i).unwrap_or(0)).cast_unsigned());
        let argument = self.arena.get(rule, order::ARGUMENT);
        match self.arena.get(rule, order::KIND) {
            kind::LIFO => -(self.arena.get(of, item::READY) as f64),
            kind::LOWEST => key,
            kind::HIGHEST => -key,
            kind::FIRST => {
                let from = self.arena.get(of, item::HOLDER);
                let n = self.arena.get(argument, WORD);
                f64::from(u8::from(!(1..=n).any(|i| self.arena.get(argument + 8 * i, WORD) == from)))
            }
            kind::SAME_SETUP => {
                let mut wanted = self.arena.get(of, item::TYPE) + 1;
                if argument != 0 && at_machine != 0 {
                    let table = self.arena.get(self.arena.get(at_machine, machine::STATION), station::SETUPS);
                    let law = self.arena.get(table, WORD);
                    wanted = setup_key(self.value(law, of));
                }
                let mut at = at_machine;
                while at != 0 && self.arena.get(at, machine::SET_UP) != wanted {
                    at = self.arena.get(at, machine::IDLE_NEXT);
                }
                f64::from(u8::from(at == 0))
            }
            _ => self.arena.get(of, item::READY) as f64,
        }
    }

    /// Whether one item goes before another; of equal ones the one that has been ready longer, then by holder.
    pub(super) fn goes_before(&mut self, rules: i64, one: i64, other: i64, at_machine: i64) -> bool {
        // What has its place already goes in before all others.
        let placed = |i: i64| self.arena.get(i, item::READY) < 0;
        if placed(one) != placed(other) {
            return placed(one);
        }
        for i in 0..self.arena.get(rules, order::COUNT) {
            let (a, b) = (self.rank_by(rules, i, one, at_machine), self.rank_by(rules, i, other, at_machine));
            match a.total_cmp(&b) {
                std::cmp::Ordering::Less => return true,
                std::cmp::Ordering::Greater => return false,
                std::cmp::Ordering::Equal => {}
            }
        }
        let tie =
            |i: i64| (self.arena.get(i, item::READY), self.arena.get(self.arena.get(i, item::HOLDER), holder::KEY));
        tie(one) < tie(other)
    }

    /// Finds the values of what is offered to a station, and puts the next item first. O(offers).
    pub(super) fn arrange(&mut self, at: i64, rules: i64, at_machine: i64) {
        let mut best = 0;
        let mut each = self.arena.get(at, node::OFFERS);
        while each != 0 {
            self.keys(rules, each);
            if best == 0 || self.goes_before(rules, each, best, at_machine) {
                best = each;
            }
            each = self.arena.get(each, item::OFFER_NEXT);
        }
        let first = self.arena.get(at, node::OFFERS);
        if best == 0 || best == first {
            return;
        }
        let next = self.arena.get(best, item::OFFER_NEXT);
        let previous = self.arena.get(best, item::OFFER_PREVIOUS);
        self.arena.set(previous, item::OFFER_NEXT, next);
        if next == 0 {
            self.arena.set(at, node::OFFERS_LAST, previous);
        } else {
            self.arena.set(next, item::OFFER_PREVIOUS, previous);
        }
        self.arena.set(best, item::OFFER_PREVIOUS, 0);
        self.arena.set(best, item::OFFER_NEXT, first);
        self.arena.set(first, item::OFFER_PREVIOUS, best);
        self.arena.set(at, node::OFFERS, best);
    }

    /// The item of a buffer that is next to leave, or 0. O(items inside), or O(1) in a plain lane.
    pub(super) fn foremost(&mut self, at: i64) -> i64 {
        let rules = self.arena.get(at, buffer::ORDER);
        let mut best = 0;
        let mut each = self.arena.get(at, buffer::FIRST);
        while each != 0 {
            if self.own(each, own::EXPIRES) >= 0 {
                if rules == 0 {
                    return each;
                }
                self.keys(rules, each);
                if best == 0 || self.goes_before(rules, each, best, 0) {
                    best = each;
                }
            }
            each = self.arena.get(each, item::NEXT);
        }
        best
    }

    /// The first item in a buffer whose longest stay is over, or 0.
    pub(super) fn expired(&self, at: i64) -> i64 {
        let now = self.arena.get(0, super::layout::header::NOW);
        let mut each = self.arena.get(at, buffer::FIRST);
        while each != 0 && !(0..=now).contains(&self.own(each, own::EXPIRES)) {
            each = self.arena.get(each, item::NEXT);
        }
        each
    }

    /// When the next longest stay in a buffer is over.
    pub(super) fn next_expiry(&self, at: i64) -> i64 {
        let mut next = NEVER;
        let mut each = self.arena.get(at, buffer::FIRST);
        while each != 0 {
            let its = self.own(each, own::EXPIRES);
            if its >= 0 {
                next = next.min(its);
            }
            each = self.arena.get(each, item::NEXT);
        }
        next
    }
}
