//! Limits on work in process: cards that items take and return (semantics F14).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{breakdown, clearance, header, item, limit, node};
use super::super::program::{BinaryOp, HostFn, Ty};
use super::Emit;

/// In an array of limits that begin or end at a node: the record and the bit of the n-th.
fn pair(b: &mut Builder, array: V, n: usize) -> (V, V) {
    let offset = i32::try_from(16 * n).unwrap_or(0);
    (b.load(array, Field { offset, ty: Ty::Handle }), b.load(array, Field { offset: offset + 8, ty: Ty::Count }))
}

impl Emit<'_> {
    /// Whether an item may enter a node where `n` limits begin: it holds each card or one is left.
    pub(super) fn may_enter(&self, b: &mut Builder, array: V, n: usize, item: V) -> V {
        let yes = b.int(1, Ty::Flag);
        let result = b.var(yes);
        for i in 0..n {
            let (record, bit) = pair(b, array, i);
            let cards = b.load(item, self.cards_field());
            let held = b.bits(BinaryOp::And, cards, bit);
            let held = b.ne_zero(held);
            let left = b.load(record, limit::CARDS);
            let zero = b.count(0);
            let left = b.lt(zero, left);
            let left = match self.shapes.clearances {
                true => {
                    let equal = self.goes_with_those_inside(b, record, item);
                    b.and(left, equal)
                }
                false => left,
            };
            let good = b.or(held, left);
            let good = match self.takes_none(b, record, item) {
                Some(none) => b.or(good, none),
                None => good,
            };
            let all = b.and(result, good);
            b.set(result, all);
        }
        result
    }

    /// The first item offered to a node where `n` limits begin that may enter it, or 0: one that waits for
    /// a card lets those pass that need none.
    pub(super) fn first_with_cards(&self, b: &mut Builder, node: V, array: V, n: usize) -> V {
        self.forget_wants(b, array, n);
        let head = b.load(node, node::OFFERS);
        let at = b.var(head);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let may = self.may_enter(b, array, n, at);
            b.leave_if(may);
            let next = b.load(at, item::OFFER_NEXT);
            b.set(at, next);
        });
        if self.shapes.clearances {
            let none = b.is_zero(at);
            b.when(none, |b| self.clear_lines(b, array, n));
        }
        at
    }

    /// Whether an item may enter a node where `n` limits begin. Where it may not, and the line it waits for
    /// is empty, that is cleared for it.
    pub(super) fn may_enter_or_clear(&self, b: &mut Builder, array: V, n: usize, item: V, wants: V) -> V {
        self.forget_wants(b, array, n);
        let may = self.may_enter(b, array, n, item);
        if self.shapes.clearances {
            let not = b.not(may);
            let clears = b.and(not, wants);
            b.when(clears, |b| self.clear_lines(b, array, n));
        }
        may
    }

    // ---- line clearance ----

    /// What a limit keeps unequal items apart with, for limits that do.
    fn with_clearance(b: &mut Builder, record: V, then: impl FnOnce(&mut Builder, V)) {
        let clearance = b.load(record, limit::CLEARANCE);
        let some = b.ne_zero(clearance);
        b.when(some, |b| then(b, clearance));
    }

    /// Whether an item is equal to those between the ends of a limit, or the line is clear. Notes the wish
    /// of one that is not.
    fn goes_with_those_inside(&self, b: &mut Builder, record: V, item: V) -> V {
        let yes = b.int(1, Ty::Flag);
        let result = b.var(yes);
        Self::with_clearance(b, record, |b, clearance| {
            let own = b.host(HostFn::SetupKey, &[clearance, item], Ty::Count);
            let inside = b.load(clearance, clearance::KEY);
            let equal = b.eq(own, inside);
            let clear = b.is_zero(inside);
            let fits = b.or(equal, clear);
            let stop = b.load(clearance, clearance::STOP);
            let active = b.load(stop, breakdown::ACTIVE);
            let open = b.is_zero(active);
            let good = b.and(fits, open);
            b.set(result, good);
            let other = b.not(fits);
            b.when(other, |b| b.store_int(clearance, clearance::WANTED, 1));
        });
        result
    }

    pub(super) fn forget_wants(&self, b: &mut Builder, array: V, n: usize) {
        if !self.shapes.clearances {
            return;
        }
        for i in 0..n {
            let (record, _) = pair(b, array, i);
            Self::with_clearance(b, record, |b, clearance| b.store_int(clearance, clearance::WANTED, 0));
        }
    }

    /// Nothing may enter: of `n` limits, those whose line is empty and wanted for another item are cleared.
    pub(super) fn clear_lines(&self, b: &mut Builder, array: V, n: usize) {
        for i in 0..n {
            let (record, _) = pair(b, array, i);
            Self::with_clearance(b, record, |b, clearance| {
                let wanted = b.load(clearance, clearance::WANTED);
                let inside = b.load(clearance, clearance::INSIDE);
                let empty = b.is_zero(inside);
                let stop = b.load(clearance, clearance::STOP);
                let active = b.load(stop, breakdown::ACTIVE);
                let open = b.is_zero(active);
                let go = b.and(wanted, empty);
                let go = b.and(go, open);
                b.when(go, |b| {
                    b.bump(stop, breakdown::FAILURES, 1);
                    b.call(Self::function(self.functions.stop_begins), &[stop]);
                });
            });
        }
    }

    /// A line has been cleared: whatever comes next may enter.
    pub(super) fn line_cleared(&self, b: &mut Builder, record: V) {
        Self::with_clearance(b, record, |b, clearance| b.store_int(clearance, clearance::KEY, 0));
        self.note_open(b, record);
        let rank = b.load(record, limit::RANK);
        self.mark(b, rank);
    }

    /// Takes an item that stands anywhere among those offered to a node out of them.
    pub(super) fn accept(&self, b: &mut Builder, node: V, item: V) {
        let offset = b.count(i64::from(node::RANK.offset));
        let list = b.add(node, offset);
        self.withdraw(b, list, item);
    }

    /// Whether a card of each of `n` limits is left, for an item not made yet.
    pub(super) fn cards_left(b: &mut Builder, array: V, n: usize) -> V {
        let yes = b.int(1, Ty::Flag);
        let result = b.var(yes);
        for i in 0..n {
            let (record, _) = pair(b, array, i);
            let left = b.load(record, limit::CARDS);
            let zero = b.count(0);
            let left = b.lt(zero, left);
            let all = b.and(result, left);
            b.set(result, all);
        }
        result
    }

    /// Gives an item the cards of `n` limits that it does not hold yet.
    pub(super) fn take_cards(&self, b: &mut Builder, array: V, n: usize, item: V) {
        for i in 0..n {
            let (record, bit) = pair(b, array, i);
            let cards = b.load(item, self.cards_field());
            let held = b.bits(BinaryOp::And, cards, bit);
            let missing = b.is_zero(held);
            let missing = match self.takes_none(b, record, item) {
                Some(none) => {
                    let takes = b.not(none);
                    b.and(missing, takes)
                }
                None => missing,
            };
            b.when(missing, |b| {
                b.bump(record, limit::CARDS, -1);
                let one = b.count(1);
                Self::charge_to(b, record, (limit::AREA, limit::AREA_HIGH), one, false);
                b.bump(record, limit::OUT, 1);
                let new = b.bits(BinaryOp::Or, cards, bit);
                b.store(item, self.cards_field(), new);
                if self.shapes.clearances {
                    Self::with_clearance(b, record, |b, clearance| {
                        let own = b.host(HostFn::SetupKey, &[clearance, item], Ty::Count);
                        b.store(clearance, clearance::KEY, own);
                        b.bump(clearance, clearance::INSIDE, 1);
                    });
                }
            });
        }
    }

    /// Takes the cards of `n` limits back from an item that leaves the node where they end.
    pub(super) fn return_cards(&self, b: &mut Builder, array: V, n: usize, item: V) {
        for i in 0..n {
            let (record, bit) = pair(b, array, i);
            self.return_card(b, record, bit, item);
        }
    }

    fn return_card(&self, b: &mut Builder, record: V, bit: V, item: V) {
        let cards = b.load(item, self.cards_field());
        let held = b.bits(BinaryOp::And, cards, bit);
        let held = b.ne_zero(held);
        b.when(held, |b| {
            let new = b.bits(BinaryOp::Xor, cards, bit);
            b.store(item, self.cards_field(), new);
            if self.shapes.clearances {
                Self::with_clearance(b, record, |b, clearance| {
                    b.bump(clearance, clearance::INSIDE, -1);
                    self.note_open(b, record);
                    let rank = b.load(record, limit::RANK);
                    self.mark(b, rank);
                });
            }
            let there = |b: &mut Builder| {
                self.note_cards(b, record);
                b.bump(record, limit::CARDS, 1);
                let one = b.count(1);
                Self::charge_to(b, record, (limit::AREA, limit::AREA_HIGH), one, true);
                b.bump(record, limit::OUT, -1);
                let rank = b.load(record, limit::RANK);
                self.mark(b, rank);
            };
            if self.shapes.cards_back.is_empty() {
                there(b);
                return;
            }
            let draw = b.load(record, limit::BACK);
            let travels = b.ne_zero(draw);
            b.either(
                travels,
                |b| {
                    let time = self.duration(b, draw, &self.shapes.cards_back, Some(item));
                    let now = Self::now(b);
                    let at = b.add(now, time);
                    let next = b.host(HostFn::CardGoes, &[record, at], Ty::Time);
                    let slot = b.load(record, limit::SLOT);
                    self.update(b, slot, next);
                },
                there,
            );
        });
    }

    /// Cards of a limit are back.
    pub(super) fn cards_back(&self, b: &mut Builder, record: V) {
        let number = b.host(HostFn::CardsBack, &[record], Ty::Count);
        self.note_cards(b, record);
        let left = b.load(record, limit::CARDS);
        let left = b.add(left, number);
        b.store(record, limit::CARDS, left);
        Self::charge_to(b, record, (limit::AREA, limit::AREA_HIGH), number, true);
        let out = b.load(record, limit::OUT);
        let out = b.sub(out, number);
        b.store(record, limit::OUT, out);
        let rank = b.load(record, limit::RANK);
        self.mark(b, rank);
        let more = b.load(record, limit::RETURNING);
        let more = b.ne_zero(more);
        b.when(more, |b| {
            let heap = b.load(record, limit::HEAP);
            let next = b.load(heap, Field { offset: 0, ty: Ty::Time });
            let slot = b.load(record, limit::SLOT);
            self.update(b, slot, next);
        });
    }

    /// Whether items of the type take no card of the limit, where limits count by item.
    fn takes_none(&self, b: &mut Builder, record: V, item: V) -> Option<V> {
        if !self.shapes.limits_by_type {
            return None;
        }
        let types = b.load(record, limit::TYPES);
        let by_type = b.ne_zero(types);
        let no = b.int(0, Ty::Flag);
        let none = b.var(no);
        b.when(by_type, |b| {
            let kind = b.load(item, item::TYPE);
            let at = b.element(types, kind, 8);
            let takes = b.load(at, Field { offset: 0, ty: Ty::Count });
            let not = b.is_zero(takes);
            b.set(none, not);
        });
        Some(none)
    }

    /// Takes all cards back from an item that ceases to be.
    pub(super) fn return_all_cards(&self, b: &mut Builder, item: V) {
        if self.shapes.limits == 0 {
            return;
        }
        let cards = b.load(item, self.cards_field());
        let any = b.ne_zero(cards);
        b.when(any, |b| {
            let array = b.header(header::LIMITS);
            for i in 0..self.shapes.limits.min(63) {
                let offset = i32::try_from(8 * i).unwrap_or(0);
                let record = b.load(array, Field { offset, ty: Ty::Handle });
                let bit = b.count(1 << i);
                self.return_card(b, record, bit, item);
            }
        });
    }
}
