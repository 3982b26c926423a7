//! Limits on work in process: cards that items take and return (semantics F14).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{header, limit};
use super::super::program::{BinaryOp, Ty};
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
            let good = b.or(held, left);
            let all = b.and(result, good);
            b.set(result, all);
        }
        result
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
            b.when(missing, |b| {
                b.bump(record, limit::CARDS, -1);
                let new = b.bits(BinaryOp::Or, cards, bit);
                b.store(item, self.cards_field(), new);
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
            b.bump(record, limit::CARDS, 1);
            let new = b.bits(BinaryOp::Xor, cards, bit);
            b.store(item, self.cards_field(), new);
            let rank = b.load(record, limit::RANK);
            self.mark(b, rank);
        });
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
