//! Sets of parts that may grow: ranged `takes` and batches (semantics S18, S19).
//!
//! A set that is not the largest begins only when nothing else moves at the instant, so that items
//! that come together are taken together. With a wait, it begins when the oldest part has waited long
//! enough.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{header, item, node, station};
use super::super::program::{BinaryOp, Ty};
use super::super::shape::StationShape;
use super::Emit;

/// The set waits until nothing else moves.
const WAITS: i64 = 1;
/// Nothing else moves.
const BEGINS: i64 = 2;

impl Emit<'_> {
    /// Whether a station with the least number of parts, or more, begins now.
    #[allow(clippy::too_many_arguments)] // the three last are one answer
    pub(super) fn may_begin(&self, b: &mut Builder, s: &StationShape, node: V, complete: V, planned: V, full: V) -> V {
        let begins = b.var(full);
        let partial = b.not(full);
        let partial = b.and(partial, complete);
        let state = b.load(node, station::GATHERS);
        b.when(partial, |b| {
            let yes = b.int(1, Ty::Flag);
            let over = if s.recipe.waits { self.wait_is_over(b, node, planned) } else { yes };
            b.when(over, |b| {
                let quiet = b.count(BEGINS);
                let quiet = b.eq(state, quiet);
                b.set(begins, quiet);
                let new = b.is_zero(state);
                b.when(new, |b| Self::wait_for_quiet(b, node));
            });
        });
        let done = b.count(BEGINS);
        let done = b.eq(state, done);
        b.when(done, |b| b.store_int(node, station::GATHERS, 0));
        begins
    }

    /// Whether the oldest planned part has waited long enough; if not, the end of its wait is awaited.
    fn wait_is_over(&self, b: &mut Builder, node: V, planned: V) -> V {
        let plan = b.load(node, station::PLAN);
        let now = Self::now(b);
        let oldest = b.var(now);
        b.each(plan, planned, 8, |b, at| {
            let entry = b.load(at, Field { offset: 0, ty: Ty::Handle });
            // What a source makes as it is needed has not waited.
            let bits = b.cast(entry, Ty::Count);
            let marked = b.bits_with(BinaryOp::And, bits, 1);
            let item = b.is_zero(marked);
            b.when(item, |b| {
                let ready = b.load(entry, item::READY);
                let older = b.lt(ready, oldest);
                let least = b.select(older, ready, oldest);
                b.set(oldest, least);
            });
        });
        let wait = b.load(node, station::WAIT);
        let end = b.add(oldest, wait);
        let past = b.lt(end, now);
        let tick = b.int(1, Ty::Duration);
        let mark = b.add(now, tick);
        let ended = b.load(node, station::WAITED);
        let ended = b.eq(ended, mark);
        let due = b.eq(end, now);
        let just = b.and(due, ended);
        let over = b.or(past, just);
        let waits = b.not(over);
        b.when(waits, |b| {
            let slot = b.load(node, station::WAIT_SLOT);
            self.update(b, slot, end);
        });
        over
    }

    /// Puts a station among those that begin when nothing else moves, by rank.
    fn wait_for_quiet(b: &mut Builder, node: V) {
        b.store_int(node, station::GATHERS, WAITS);
        let rank = b.load(node, node::RANK);
        let none = b.none();
        let before = b.var(none);
        let head = b.header(header::GATHERING);
        let at = b.var(head);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let other = b.load(at, node::RANK);
            let behind = b.lt(rank, other);
            b.leave_if(behind);
            b.set(before, at);
            let next = b.load(at, station::GATHERS_NEXT);
            b.set(at, next);
        });
        b.store(node, station::GATHERS_NEXT, at);
        let front = b.is_zero(before);
        b.either(front, |b| b.set_header(header::GATHERING, node), |b| b.store(before, station::GATHERS_NEXT, node));
    }

    /// Nothing else moves: the first station that waits for that may begin.
    pub(super) fn begin_gathered(&self, b: &mut Builder, node: V) {
        let next = b.load(node, station::GATHERS_NEXT);
        b.set_header(header::GATHERING, next);
        b.store_int(node, station::GATHERS, BEGINS);
        let rank = b.load(node, node::RANK);
        self.mark(b, rank);
    }

    /// The end of a wait for more parts.
    pub(super) fn gathered_enough(&self, b: &mut Builder, node: V) {
        let now = Self::now(b);
        let tick = b.int(1, Ty::Duration);
        let mark = b.add(now, tick);
        b.store(node, station::WAITED, mark);
        let rank = b.load(node, node::RANK);
        self.mark(b, rank);
    }
}
