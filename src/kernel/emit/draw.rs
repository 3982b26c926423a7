//! Durations, from constants and batches of draws, and single words of streams.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{DRAWS, draw, header};
use super::super::program::{BinaryOp, HostFn, Ty, UnaryOp};
use super::super::shape::{Families, Family};
use super::super::status::Status;
use super::Emit;
use crate::runtime::random::UNIT_53;

impl Emit<'_> {
    /// A duration from a draw record whose family is one of these, for an item, if there is one.
    pub(super) fn duration(&self, b: &mut Builder, record: V, families: &Families, item: Option<V>) -> V {
        match families.iter().copied().collect::<Vec<_>>()[..] {
            [Family::Constant] => b.load(record, draw::TICKS),
            [Family::Random] => Self::drawn(b, record),
            [Family::Timetable] => b.host(HostFn::Timetable, &[record], Ty::Duration),
            [Family::Computed] => self.computed(b, record, item),
            [Family::Rhythm] => {
                let value = b.host(HostFn::Rhythm, &[record], Ty::Duration);
                Self::sound(b, record, value)
            }
            _ => {
                let zero = b.int(0, Ty::Duration);
                let result = b.var(zero);
                let family = b.load(record, draw::FAMILY);
                let random = b.ne_zero(family);
                b.either(
                    random,
                    |b| {
                        if !families.contains(&Family::Computed) {
                            let value = Self::drawn(b, record);
                            b.set(result, value);
                            return;
                        }
                        let tag = b.count(Family::Computed.tag());
                        let computed = b.eq(family, tag);
                        b.either(
                            computed,
                            |b| {
                                let value = self.computed(b, record, item);
                                b.set(result, value);
                            },
                            |b| {
                                if families.contains(&Family::Random) {
                                    let value = Self::drawn(b, record);
                                    b.set(result, value);
                                }
                            },
                        );
                    },
                    |b| {
                        let value = b.load(record, draw::TICKS);
                        b.set(result, value);
                    },
                );
                result
            }
        }
    }

    /// What is computed for an item.
    fn computed(&self, b: &mut Builder, record: V, item: Option<V>) -> V {
        let item = item.unwrap_or_else(|| b.none());
        let value = b.load(record, draw::VALUE);
        let seconds = self.value(b, value, item);
        let ticks = Self::ticks_of(b, seconds);
        Self::sound(b, record, ticks)
    }

    /// The next draw of the batch; the host makes a new batch when all are used. What is no duration
    /// stops the run, when its turn comes.
    fn drawn(b: &mut Builder, record: V) -> V {
        let cursor = b.load(record, draw::CURSOR);
        let cursor = b.var(cursor);
        let end = b.count(i64::from(draw::BATCH.offset) + 8 * i64::try_from(DRAWS).unwrap_or(0));
        let used_up = b.eq(cursor, end);
        b.when(used_up, |b| {
            b.host(HostFn::Draw, &[record], Ty::Count);
            let first = b.count(i64::from(draw::BATCH.offset));
            b.set(cursor, first);
        });
        let at = b.add(record, cursor);
        let value = b.load(at, Field { offset: 0, ty: Ty::Duration });
        let next = b.plus(cursor, 8);
        b.store(record, draw::CURSOR, next);
        Self::sound(b, record, value)
    }

    /// A duration, or 0 and the end of the run where it is none.
    fn sound(b: &mut Builder, record: V, value: V) -> V {
        let zero = b.int(0, Ty::Duration);
        let bad = b.lt(value, zero);
        let result = b.var(value);
        b.when(bad, |b| {
            Self::stop(b, Status::BadDuration);
            b.set_header(header::STATUS_AT, record);
            b.set(result, zero);
        });
        result
    }

    /// Stops the run when the instant has settled.
    pub(super) fn stop(b: &mut Builder, status: Status) {
        let code = b.count(status.code());
        b.set_header(header::STATUS, code);
        let zero = b.count(0);
        b.set_header(header::FUEL_AT, zero);
    }

    /// The next word of a stream: xoshiro256++, as `runtime::random::next`.
    pub(super) fn next_word(b: &mut Builder, record: V, stream: Field) -> V {
        let field = |i: i32| Field { offset: stream.offset + 8 * i, ty: Ty::Count };
        let s: Vec<V> = (0..4).map(|i| b.load(record, field(i))).collect();
        let (s0, s1, s2, s3) = (s[0], s[1], s[2], s[3]);
        let sum = b.add(s0, s3);
        let turned = b.bits_with(BinaryOp::RotateLeft, sum, 23);
        let result = b.add(turned, s0);
        let mixed2 = b.bits(BinaryOp::Xor, s2, s0);
        let mixed3 = b.bits(BinaryOp::Xor, s3, s1);
        let n0 = b.bits(BinaryOp::Xor, s0, mixed3);
        let n1 = b.bits(BinaryOp::Xor, s1, mixed2);
        let t = b.bits_with(BinaryOp::ShiftLeft, s1, 17);
        let n2 = b.bits(BinaryOp::Xor, mixed2, t);
        let n3 = b.bits_with(BinaryOp::RotateLeft, mixed3, 45);
        for (i, n) in (0..).zip([n0, n1, n2, n3]) {
            b.store(record, field(i), n);
        }
        result
    }

    /// The uniform variate of a word, as `runtime::random::uniform`.
    pub(super) fn uniform(b: &mut Builder, word: V) -> V {
        let place = b.bits_with(BinaryOp::ShiftRight, word, 11);
        let real = b.unary(UnaryOp::ToReal, place, Ty::Real);
        let unit = b.real(UNIT_53);
        b.mul(real, unit)
    }
}
