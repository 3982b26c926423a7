//! Sources (semantics Q1–Q7).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{counters, item, node, source};
use super::super::program::{HostFn, Ty, UnaryOp};
use super::super::shape::{SourceShape, SupplyShape};
use super::Emit;

impl Emit<'_> {
    /// The event of a source's slot: an item is due.
    pub(super) fn arrival(&self, b: &mut Builder, s: &SourceShape, node: V) {
        if s.lots {
            self.lot_arrives(b, s, node);
            return;
        }
        let slot = b.load(node, source::SLOT);
        let made = b.load(node, source::MADE);
        let total = b.load(node, source::TOTAL);
        let wanted = b.lt(made, total);
        match &s.supply {
            SupplyShape::Always | SupplyShape::Pause(_) => {
                b.when(wanted, |b| {
                    if s.from > 0 {
                        b.bump(node, source::PENDING, 1);
                        let rank = b.load(node, node::RANK);
                        self.mark(b, rank);
                    } else {
                        self.make(b, s, node);
                    }
                });
            }
            SupplyShape::Lose(families) => {
                let after = b.plus(made, 1);
                let more = b.lt(after, total);
                b.when(more, |b| {
                    let every = b.load(node, source::EVERY);
                    let time = self.duration(b, every, families, None);
                    self.schedule_after(b, slot, time);
                });
                b.when(wanted, |b| {
                    let verdict = b.load(node, source::VERDICT);
                    let now = Self::now(b);
                    self.update(b, verdict, now);
                    if s.from > 0 {
                        b.bump(node, source::PENDING, 1);
                        let rank = b.load(node, node::RANK);
                        self.mark(b, rank);
                    } else {
                        self.make(b, s, node);
                    }
                });
            }
        }
    }

    /// Several items are due at once (Q4): each stands in the source on its own.
    fn lot_arrives(&self, b: &mut Builder, s: &SourceShape, node: V) {
        let due = b.host(HostFn::Lot, &[node], Ty::Count);
        let made = b.load(node, source::MADE);
        let pending = b.load(node, source::PENDING);
        let total = b.load(node, source::TOTAL);
        let left = b.sub(total, made);
        let left = b.sub(left, pending);
        let fewer = b.lt(left, due);
        let number = b.select(fewer, left, due);
        let slot = b.load(node, source::SLOT);
        match &s.supply {
            SupplyShape::Always => {}
            SupplyShape::Pause(families) => {
                // The clock goes on when all have left; with an empty lot at once.
                let none = b.is_zero(number);
                let more = b.ne_zero(left);
                let on = b.and(none, more);
                b.when(on, |b| {
                    let every = b.load(node, source::EVERY);
                    let time = self.duration(b, every, families, None);
                    self.schedule_after(b, slot, time);
                });
            }
            SupplyShape::Lose(families) => {
                let more = b.lt(number, left);
                b.when(more, |b| {
                    let every = b.load(node, source::EVERY);
                    let time = self.duration(b, every, families, None);
                    self.schedule_after(b, slot, time);
                });
                let some = b.ne_zero(number);
                b.when(some, |b| {
                    let verdict = b.load(node, source::VERDICT);
                    let now = Self::now(b);
                    self.update(b, verdict, now);
                });
            }
        }
        if s.from > 0 {
            let sum = b.add(pending, number);
            b.store(node, source::PENDING, sum);
            let rank = b.load(node, node::RANK);
            self.mark(b, rank);
            return;
        }
        let rest = b.var(number);
        b.repeat(|b| {
            let done = b.is_zero(rest);
            b.leave_if(done);
            let less = b.plus(rest, -1);
            b.set(rest, less);
            self.make(b, s, node);
        });
    }

    /// An item of a lot leaves: it is taken out of the list of those that stand in the source.
    fn leave_lot(b: &mut Builder, node: V, item: V) {
        let none = b.none();
        let after = b.load(item, item::NEXT);
        let first = b.load(node, source::ITEM);
        let is_first = b.eq(first, item);
        let before = b.var(none);
        b.either(
            is_first,
            |b| b.store(node, source::ITEM, after),
            |b| {
                b.set(before, first);
                b.repeat(|b| {
                    let next = b.load(before, item::NEXT);
                    let found = b.eq(next, item);
                    b.leave_if(found);
                    b.set(before, next);
                });
                b.store(before, item::NEXT, after);
            },
        );
        let last = b.is_zero(after);
        b.when(last, |b| b.store(node, source::LAST, before));
    }

    /// Settles a source where limits begin: makes the item that is due when cards are left.
    pub(super) fn settle_source(&self, b: &mut Builder, s: &SourceShape, node: V) {
        if s.from == 0 {
            return;
        }
        let pending = b.load(node, source::PENDING);
        let due = b.ne_zero(pending);
        let waiting = b.load(node, source::ITEM);
        let mut go = due;
        if !s.lots {
            let free = b.is_zero(waiting);
            go = b.and(due, free);
        }
        if s.shift && s.supply == SupplyShape::Always {
            let off = b.load(node, source::OFF);
            let on = b.not(off);
            go = b.and(go, on);
        }
        b.when(go, |b| {
            let array = b.load(node, source::FROM);
            let go = Self::cards_left(b, array, s.from);
            b.when(go, |b| {
                b.bump(node, source::PENDING, -1);
                self.make(b, s, node);
                if s.lots {
                    // And the next of the lot.
                    let rank = b.load(node, node::RANK);
                    self.mark(b, rank);
                }
            });
        });
    }

    /// Makes an item and offers it.
    fn make(&self, b: &mut Builder, s: &SourceShape, node: V) {
        let item = self.new_source_item(b, s, node);
        if s.from > 0 {
            let array = b.load(node, source::FROM);
            self.take_cards(b, array, s.from, item);
        }
        let way = b.load(node, source::ROUTING);
        let list = self.decide(b, way, item, s.simple_routing);
        b.store(item, item::LIST, list);
        if s.lots {
            let none = b.none();
            b.store(item, item::NEXT, none);
            let first = b.load(node, source::ITEM);
            let alone = b.is_zero(first);
            let last = b.load(node, source::LAST);
            b.either(alone, |b| b.store(node, source::ITEM, item), |b| b.store(last, item::NEXT, item));
            b.store(node, source::LAST, item);
        } else {
            b.store(node, source::ITEM, item);
        }
        self.offer(b, list, item);
    }

    pub(super) fn new_source_item(&self, b: &mut Builder, s: &SourceShape, node: V) -> V {
        let item = self.new_item(b);
        let now = Self::now(b);
        let mix = b.load(node, source::MIX);
        let kind = if s.planned {
            b.host(HostFn::Kind, &[node], Ty::Count)
        } else if s.mix <= 1 {
            b.load(mix, Field { offset: 8, ty: Ty::Count })
        } else {
            let word = Self::next_word(b, node, source::MIX_STREAM);
            let u = Self::uniform(b, word);
            let n = i32::try_from(s.mix).unwrap_or(i32::MAX);
            let candidates = b.count(i64::from(n));
            let chosen = b.choose("mix", candidates, |b, index| {
                let last = b.count(i64::from(n) - 1);
                b.set(index, last);
                for i in (0..n - 1).rev() {
                    let upper = b.load(mix, Field { offset: 16 * i, ty: Ty::Real });
                    let below = b.lt(u, upper);
                    let this = b.count(i64::from(i));
                    let now = b.select(below, this, index);
                    b.set(index, now);
                }
            });
            let at = b.element(mix, chosen, 16);
            b.load(at, Field { offset: 8, ty: Ty::Count })
        };
        b.store(item, item::TYPE, kind);
        // Where it comes from outside, the host has said when it was born.
        let birth = if s.outside { b.load(node, source::CURSOR) } else { now };
        b.store(item, item::BIRTH, birth);
        b.store(item, item::READY, now);
        b.store(item, item::HOLDER, node);
        self.forget_order(b, item);
        if self.shapes.visits {
            b.store_int(item, self.visit_field(), 0);
        }
        if self.shapes.limits > 0 {
            b.store_int(item, self.cards_field(), 0);
        }
        if self.shapes.attributes > 0 {
            b.host(HostFn::Born, &[item], Ty::Count);
        }
        if let Some(slot) = self.shapes.number {
            let before = b.load(node, source::MADE);
            let number = b.plus(before, 1);
            let number = b.unary(UnaryOp::ToReal, number, Ty::Real);
            let offset = i32::try_from((self.shapes.first_attribute() + slot) * 8).unwrap_or(0);
            b.store(item, Field { offset, ty: Ty::Real }, number);
        }
        if s.orders && self.shapes.attributes > 0 {
            b.host(HostFn::Ordered, &[node, item], Ty::Count);
        }
        if s.with > 0 {
            let list = b.load(node, source::WITH);
            self.assign(b, list, s.with, item);
        }
        self.no_stamps(b, item);
        b.bump(node, source::MADE, 1);
        if s.supply != SupplyShape::Always {
            self.item_begins(b, kind, counters::MADE);
            Self::observe(b, s.observed, node, source::OBSERVERS, item);
        }
        item
    }

    /// The item leaves its source.
    pub(super) fn release_source(&self, b: &mut Builder, s: &SourceShape, node: V, item: V) {
        if s.lots {
            Self::leave_lot(b, node, item);
        } else {
            b.store_int(node, source::ITEM, 0);
        }
        if s.to > 0 {
            let array = b.load(node, source::TO);
            self.return_cards(b, array, s.to, item);
        }
        let made = b.load(node, source::MADE);
        let total = b.load(node, source::TOTAL);
        let mut more = b.lt(made, total);
        if s.lots {
            let others = b.load(node, source::ITEM);
            let none = b.is_zero(others);
            let pending = b.load(node, source::PENDING);
            let none_due = b.is_zero(pending);
            let all = b.and(none, none_due);
            if matches!(s.supply, SupplyShape::Lose(_)) {
                // The verdict is void when nothing is left that it could hit.
                b.when(all, |b| {
                    let verdict = b.load(node, source::VERDICT);
                    self.cancel(b, verdict);
                });
                return;
            }
            more = b.and(more, all);
        }
        match &s.supply {
            SupplyShape::Always => {
                // The next one stands ready.
                self.is_born(b, item);
                Self::observe(b, s.observed, node, source::OBSERVERS, item);
                b.when(more, |b| {
                    if s.from > 0 {
                        b.bump(node, source::PENDING, 1);
                        let rank = b.load(node, node::RANK);
                        self.mark(b, rank);
                    } else {
                        self.make(b, s, node);
                    }
                });
            }
            SupplyShape::Pause(families) => b.when(more, |b| {
                let every = b.load(node, source::EVERY);
                let time = self.duration(b, every, families, None);
                let slot = b.load(node, source::SLOT);
                if s.shift {
                    let off = b.load(node, source::OFF);
                    b.either(off, |b| b.store(node, source::REST, time), |b| self.schedule_after(b, slot, time));
                } else {
                    self.schedule_after(b, slot, time);
                }
            }),
            SupplyShape::Lose(_) => {
                let verdict = b.load(node, source::VERDICT);
                self.cancel(b, verdict);
            }
        }
    }

    /// An item of a source that always has one ready is born when it leaves (Q3).
    pub(super) fn is_born(&self, b: &mut Builder, item: V) {
        let now = Self::now(b);
        b.store(item, item::BIRTH, now);
        let kind = b.load(item, item::TYPE);
        self.item_begins(b, kind, counters::MADE);
    }

    /// The verdict on an item that may be lost: it is, when it still waits after the instant has
    /// settled (T8).
    pub(super) fn verdict(&self, b: &mut Builder, s: &SourceShape, node: V) {
        if s.from > 0 {
            // No card was left: the item was due and is lost without having entered.
            let pending = b.load(node, source::PENDING);
            if s.lots {
                let left = b.var(pending);
                b.store_int(node, source::PENDING, 0);
                b.repeat(|b| {
                    let done = b.is_zero(left);
                    b.leave_if(done);
                    let less = b.plus(left, -1);
                    b.set(left, less);
                    let item = self.new_source_item(b, s, node);
                    self.lose(b, node, item);
                });
            } else {
                let due = b.ne_zero(pending);
                b.when(due, |b| {
                    b.store_int(node, source::PENDING, 0);
                    let item = self.new_source_item(b, s, node);
                    self.lose(b, node, item);
                });
            }
        }
        if s.lots {
            b.repeat(|b| {
                let item = b.load(node, source::ITEM);
                let done = b.is_zero(item);
                b.leave_if(done);
                let next = b.load(item, item::NEXT);
                b.store(node, source::ITEM, next);
                let list = b.load(item, item::LIST);
                self.withdraw(b, list, item);
                self.return_all_cards(b, item);
                self.lose(b, node, item);
            });
            return;
        }
        let item = b.load(node, source::ITEM);
        let waits = b.ne_zero(item);
        b.when(waits, |b| {
            b.store_int(node, source::ITEM, 0);
            let list = b.load(item, item::LIST);
            self.withdraw(b, list, item);
            self.return_all_cards(b, item);
            self.lose(b, node, item);
        });
    }

    fn lose(&self, b: &mut Builder, node: V, item: V) {
        b.bump(node, source::LOST, 1);
        let kind = b.load(item, item::TYPE);
        self.item_ends(b, kind, counters::LOST);
        Self::free_item(b, item);
    }
}
