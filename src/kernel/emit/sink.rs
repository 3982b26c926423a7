//! Sinks: items leave the line; times in system are recorded.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{arrivals, counters, header, item, node, sink};
use super::super::program::{BinaryOp, HostFn, Ty, UnaryOp};
use super::super::shape::SinkShape;
use super::super::status::Status;
use super::Emit;

impl Emit<'_> {
    /// Settles a sink: takes one item; it always has room.
    pub(super) fn settle_sink(&self, b: &mut Builder, s: &SinkShape, holders: &[usize], node: V) {
        let item = b.load(node, node::OFFERS);
        let any = b.ne_zero(item);
        b.when(any, |b| {
            let take = |b: &mut Builder| {
                Self::accept_head(b, node, node::OFFERS, node::OFFERS_LAST, item);
                self.release(b, holders, item);
                self.enter_sink(b, s, node, item);
            };
            if self.reserves(holders) {
                self.reserve_or_take(b, holders, node, item, None, (sink::TO, 0), take);
            } else {
                take(b);
            }
            self.took(b, node);
            self.mark_if_offered(b, node);
        });
    }

    /// An item that has left its holder leaves the line.
    pub(super) fn enter_sink(&self, b: &mut Builder, s: &SinkShape, node: V, item: V) {
        let now = Self::now(b);
        b.set_header(header::PROGRESS, now);
        let kind = b.load(item, item::TYPE);
        self.item_ends(b, kind, counters::LEFT);
        b.bump(node, sink::COUNT, 1);
        let table = b.load(node, sink::ARRIVALS);
        let at = b.element(table, kind, 8);
        let record = b.load(at, Field { offset: 0, ty: Ty::Handle });
        let birth = b.load(item, item::BIRTH);
        let time = b.sub(now, birth);
        b.bump(record, arrivals::COUNT, 1);
        Self::add_128(b, record, arrivals::SUM, arrivals::SUM_HIGH, time);
        let least = b.load(record, arrivals::MINIMUM);
        let lower = b.lt(time, least);
        let least = b.select(lower, time, least);
        b.store(record, arrivals::MINIMUM, least);
        let most = b.load(record, arrivals::MAXIMUM);
        let higher = b.lt(most, time);
        let most = b.select(higher, time, most);
        b.store(record, arrivals::MAXIMUM, most);
        Self::count_in_histogram(b, record, time);
        Self::observe(b, s.observed, node, sink::OBSERVERS, item);
        if s.outside {
            b.host(HostFn::Leaves, &[node, item], Ty::Count);
        }
        self.return_all_cards(b, item);
        Self::free_item(b, item);
        if s.until {
            let left = b.header(header::UNTIL);
            let left = b.plus(left, -1);
            b.set_header(header::UNTIL, left);
            let reached = b.is_zero(left);
            b.when(reached, |b| Self::stop(b, Status::Until));
        }
    }

    /// Counts a duration in the histogram behind the record, as `runtime::histogram::record`.
    fn count_in_histogram(b: &mut Builder, record: V, time: V) {
        let time = b.cast(time, Ty::Count);
        let floor = b.bits_with(BinaryOp::Or, time, 511);
        let zeros = b.unary(UnaryOp::LeadingZeros, floor, Ty::Count);
        let top = b.count(55);
        let shift = b.sub(top, zeros);
        let block = b.bits_with(BinaryOp::ShiftLeft, shift, 8);
        let place = b.bits(BinaryOp::ShiftRight, time, shift);
        let bucket = b.add(block, place);
        let word = b.bits_with(BinaryOp::ShiftRight, bucket, 1);
        let odd = b.bits_with(BinaryOp::And, bucket, 1);
        let half = b.bits_with(BinaryOp::ShiftLeft, odd, 5);
        let at = b.element(record, word, 8);
        let field = Field { offset: i32::try_from(arrivals::WORDS * 8).unwrap_or(48), ty: Ty::Count };
        let old = b.load(at, field);
        let counter = b.bits(BinaryOp::ShiftRight, old, half);
        let counter = b.bits_with(BinaryOp::And, counter, 0xffff_ffff);
        let full = b.count(0xffff_ffff);
        let more = b.ne(counter, full);
        let more = b.cast(more, Ty::Count);
        let one = b.bits(BinaryOp::ShiftLeft, more, half);
        let new = b.add(old, one);
        b.store(at, field, new);
    }
}
