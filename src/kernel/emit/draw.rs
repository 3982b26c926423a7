//! Durations: constants, inline draws, and draws by the host.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{draw, header};
use super::super::program::{BinaryOp, HostFn, Table, Ty, UnaryOp};
use super::super::shape::{Families, Family};
use super::super::status::Status;
use super::Emit;
use crate::base::TICKS_PER_SECOND;
use crate::runtime::random::UNIT_53;
use crate::runtime::ziggurat::ZigguratTables;

impl Emit<'_> {
    /// A duration from a draw record whose family is one of these.
    pub(super) fn duration(&self, b: &mut Builder, record: V, families: &Families) -> V {
        let list: Vec<Family> = families.iter().copied().collect();
        if let [only] = list[..] {
            return Self::duration_of(b, record, only);
        }
        let zero = b.int(0, Ty::Duration);
        let result = b.var(zero);
        let tag = b.load(record, draw::FAMILY);
        b.switch(tag, 5, |b, i| {
            if let Some(family) = list.iter().find(|f| usize::try_from(f.tag()).ok() == Some(i)) {
                let value = Self::duration_of(b, record, *family);
                b.set(result, value);
            }
        });
        result
    }

    fn duration_of(b: &mut Builder, record: V, family: Family) -> V {
        let seconds = match family {
            Family::Constant => return b.load(record, draw::TICKS),
            Family::Exponential => {
                let word = Self::next_word(b, record, draw::STREAM);
                let e = Self::ziggurat(b, word, &EXPONENTIAL);
                let mean = b.load(record, draw::FIRST);
                b.mul(mean, e)
            }
            Family::Normal => {
                let word = Self::next_word(b, record, draw::STREAM);
                let z = Self::ziggurat(b, word, &NORMAL);
                let mean = b.load(record, draw::FIRST);
                let sd = b.load(record, draw::SECOND);
                let spread = b.mul(sd, z);
                let value = b.add(mean, spread);
                let result = b.var(value);
                let zero = b.real(0.0);
                let good = b.le(zero, value);
                b.either(
                    good,
                    |_| {},
                    |b| {
                        let (mean, sd) = (bits_of(b, mean), bits_of(b, sd));
                        let bits = b.host(HostFn::NormalRedrawn, &[word, mean, sd], Ty::Count);
                        let again = b.unary(UnaryOp::BitsToReal, bits, Ty::Real);
                        b.set(result, again);
                    },
                );
                result
            }
            Family::Uniform => {
                let word = Self::next_word(b, record, draw::STREAM);
                let u = Self::uniform(b, word);
                let low = b.load(record, draw::FIRST);
                let range = b.load(record, draw::SECOND);
                let part = b.mul(range, u);
                b.add(low, part)
            }
            Family::Host => {
                let bits = b.host(HostFn::Sample, &[record], Ty::Count);
                b.unary(UnaryOp::BitsToReal, bits, Ty::Real)
            }
        };
        Self::ticks(b, record, seconds)
    }

    /// Seconds to ticks, half to even; what is no duration stops the run.
    fn ticks(b: &mut Builder, record: V, seconds: V) -> V {
        #[allow(clippy::cast_precision_loss)]
        let scale = b.real(TICKS_PER_SECOND as f64);
        let scaled = b.mul(seconds, scale);
        let ticks = b.unary(UnaryOp::RoundToInt, scaled, Ty::Duration);
        let result = b.var(ticks);
        let cap = b.int(1 << 62, Ty::Duration);
        let small = b.binary(BinaryOp::LessUnsigned, ticks, cap, Ty::Flag);
        // Not-a-number rounds to 0: told apart by comparing with itself.
        let number = b.eq(seconds, seconds);
        let good = b.and(small, number);
        b.either(
            good,
            |_| {},
            |b| {
                Self::stop(b, Status::BadDuration);
                b.set_header(header::STATUS_AT, record);
                let zero = b.int(0, Ty::Duration);
                b.set(result, zero);
            },
        );
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

    /// The fast path of a ziggurat inline, the slow one by the host; as `runtime::ziggurat`.
    fn ziggurat(b: &mut Builder, word: V, z: &Ziggurat) -> V {
        let layer = b.bits_with(BinaryOp::And, word, z.mask);
        let place = b.bits_with(BinaryOp::ShiftRight, word, z.shift);
        let limit = b.table(Table::Ziggurat, z.offset, layer, Ty::Count);
        let width = b.table(Table::Ziggurat, z.offset + 8, layer, Ty::Real);
        let real = b.unary(UnaryOp::ToReal, place, Ty::Real);
        let fast = b.mul(real, width);
        let result = b.var(fast);
        let inside = b.binary(BinaryOp::LessUnsigned, place, limit, Ty::Flag);
        b.either(
            inside,
            |_| {},
            |b| {
                let bits = b.host(z.slow, &[word], Ty::Count);
                let slow = b.unary(UnaryOp::BitsToReal, bits, Ty::Real);
                b.set(result, slow);
            },
        );
        result
    }
}

/// The bits of a real as an integer.
fn bits_of(b: &mut Builder, value: V) -> V {
    b.unary(UnaryOp::RealToBits, value, Ty::Count)
}

struct Ziggurat {
    mask: i64,
    shift: i64,
    offset: i32,
    slow: HostFn,
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // small constants
const EXPONENTIAL: Ziggurat = Ziggurat {
    mask: ZigguratTables::EXPONENTIAL_MASK as i64,
    shift: ZigguratTables::EXPONENTIAL_SHIFT as i64,
    offset: ZigguratTables::EXPONENTIAL_OFFSET as i32,
    slow: HostFn::ExponentialSlow,
};
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // small constants
const NORMAL: Ziggurat = Ziggurat {
    mask: ZigguratTables::NORMAL_MASK as i64,
    shift: ZigguratTables::NORMAL_SHIFT as i64,
    offset: ZigguratTables::NORMAL_OFFSET as i32,
    slow: HostFn::NormalSlow,
};
