//! Exact numbers in messages, and arithmetic on exact numbers whose size stays bounded.

use dashu_int::IBig;
use dashu_int::ops::BitTest;
use num_traits::{FromPrimitive, One, Signed, ToPrimitive};

use crate::base::Rational;
use crate::base::quantity::to_f64;
use crate::base::words;
pub(super) use crate::base::words::{number, whole};

/// Bits of a denominator above which a number is rounded: a thousand yields in a row multiply up.
const EXACT_BITS: usize = 256;
/// Bits kept by the rounding; its relative error is 2^-128.
const KEPT_BITS: usize = 128;

/// The exact number of a count.
#[must_use]
pub(super) fn count(n: u64) -> Rational {
    Rational::from(n)
}

/// The exact value of a float; `None` when it is not finite.
#[must_use]
pub(super) fn exact(value: f64) -> Option<Rational> {
    Rational::from_f64(value)
}

/// The quotient, or `None` when the divisor is 0.
#[must_use]
pub(super) fn over(a: &Rational, b: &Rational) -> Option<Rational> {
    (!b.is_zero()).then(|| a / b)
}

/// The number itself while it is short, else rounded to 128 significant bits.
#[must_use]
pub(super) fn bounded(value: Rational) -> Rational {
    if value.denominator().bit_len() <= EXACT_BITS {
        return value;
    }
    // numerator·2^shift / denominator has at least KEPT_BITS bits.
    let shift = (value.denominator().bit_len() + KEPT_BITS).saturating_sub(value.numerator().bit_len());
    let scaled = (value.numerator() << shift) / value.denominator();
    Rational::from_parts_signed(scaled, IBig::one() << shift)
}

/// An exact number with at most four significant digits.
#[must_use]
pub(super) fn rational(value: &Rational) -> String {
    number(to_f64(value))
}

/// A rate per second as items per hour: `120 Case/h`.
#[must_use]
pub(super) fn per_hour(rate: &Rational, item: &str) -> String {
    format!("{} {item}/h", rational(&(rate * count(3600))))
}

/// A share as percent: `53.1 %`.
#[must_use]
pub(super) fn percent(share: &Rational) -> String {
    format!("{} %", rational(&(share * count(100))))
}

/// A time in its natural unit: `18 s`, `2.5 min`, `4 h`.
#[must_use]
pub(super) fn time(seconds: &Rational) -> String {
    words::time(to_f64(seconds))
}

/// `1 machine`, `3 machines`.
#[must_use]
pub(super) fn counted(n: u64, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{} {word}s", whole(n)) }
}

/// The smallest whole number not below a value that is at least 0.
#[must_use]
pub(super) fn ceiling(value: &Rational) -> u64 {
    if value.is_negative() { 0 } else { value.ceil().to_u64().unwrap_or(u64::MAX) }
}
