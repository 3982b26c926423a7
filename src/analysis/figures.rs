//! Numbers in messages: at most four significant digits, in the reader's units; and arithmetic on
//! exact numbers whose size stays bounded.

use dashu_int::IBig;
use dashu_int::ops::BitTest;
use num_traits::{FromPrimitive, One, Signed, ToPrimitive};

use crate::base::Rational;
use crate::base::quantity::to_f64;

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

/// A number with at most four significant digits, thousands separated: `106.2`, `1,440`, `0.00031`.
#[must_use]
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value > 0.0 { "∞".to_string() } else { "?".to_string() };
    }
    if value == 0.0 {
        return "0".to_string();
    }
    let text = format!("{value:.3e}");
    let exponent = text.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok()).unwrap_or(0);
    if !(-6..=14).contains(&exponent) {
        return text;
    }
    let decimals = usize::try_from(3 - exponent).unwrap_or(0);
    let rounded = if exponent > 3 { text.parse::<f64>().unwrap_or(value) } else { value };
    let text = format!("{rounded:.decimals$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |d| ("-", d));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{rest}") }
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
    let s = to_f64(seconds);
    let (value, unit) = match s.abs() {
        0.0 => (0.0, "s"),
        a if a < 1e-6 => (s * 1e9, "ns"),
        a if a < 1e-3 => (s * 1e6, "µs"),
        a if a < 1.0 => (s * 1e3, "ms"),
        a if a < 120.0 => (s, "s"),
        a if a < 7200.0 => (s / 60.0, "min"),
        a if a < 172_800.0 => (s / 3600.0, "h"),
        _ => (s / 86_400.0, "d"),
    };
    format!("{} {unit}", number(value))
}

/// `1 machine`, `3 machines`.
#[must_use]
pub(super) fn counted(n: u64, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{} {word}s", whole(n)) }
}

/// A count in full, thousands separated.
#[must_use]
pub(super) fn whole(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The smallest whole number not below a value that is at least 0.
#[must_use]
pub(super) fn ceiling(value: &Rational) -> u64 {
    if value.is_negative() { 0 } else { value.ceil().to_u64().unwrap_or(u64::MAX) }
}
