//! From the text of a token to its value: numbers, times of day, days, strings, names, units.
//! Pure functions; what is wrong is told as data, the diagnostic is made by the caller.

use std::borrow::Cow;

use dashu_int::IBig;
use unicode_normalization::{UnicodeNormalization, is_nfc_quick};

use crate::base::{Rational, limits};

use super::tree::{Clock, Date};

/// The exact value of a number such as `1.8`, `12_000`, `2.5e-3`; `None` when it needs more than
/// [`limits::NUMBER_DIGITS`] digits. O(digits²).
#[must_use]
pub fn number(text: &str) -> Option<Rational> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = String::with_capacity(mantissa.len());
    digits.extend(whole.chars().chain(fraction.chars()).filter(char::is_ascii_digit));
    let scale = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let span = usize::try_from(scale.unsigned_abs()).ok()?;
    // Digits before and after the point together, as if written out.
    let written = if scale >= 0 { digits.len().checked_add(span)? } else { digits.len().max(span) };
    if written > limits::NUMBER_DIGITS {
        return None;
    }
    let value = match digits.parse::<u64>() {
        Ok(small) => IBig::from(small),
        Err(_) => digits.parse::<IBig>().ok()?,
    };
    if scale == 0 {
        return Some(Rational::from(value));
    }
    let power = IBig::from(10u8).pow(usize::try_from(scale.unsigned_abs()).ok()?);
    Some(if scale > 0 { Rational::from(value * power) } else { Rational::from_parts_signed(value, power) })
}

/// The time of day of `06:00` or `06:00:30`; `None` when there is no such time. `24:00` is the end of the day.
#[must_use]
pub fn clock(text: &str) -> Option<Clock> {
    let mut parts = text.split(':').map(str::parse::<u32>);
    let hours = parts.next()?.ok()?;
    let minutes = parts.next()?.ok()?;
    let seconds = match parts.next() {
        Some(part) => part.ok()?,
        None => 0,
    };
    if minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = hours.checked_mul(3600)?.checked_add(minutes * 60)?.checked_add(seconds)?;
    (seconds <= 86_400).then_some(Clock { seconds })
}

/// The day of `2026-11-23`; `None` when the Gregorian calendar has no such day.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year: u16 = parts.next()?.parse().ok()?;
    let month: u8 = parts.next()?.parse().ok()?;
    let day: u8 = parts.next()?.parse().ok()?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(Date { year, month, day })
}

/// The text between the quotation marks of a string token, and the offsets (from the token's start)
/// of escapes that do not exist. `\"` and `\\` are the only escapes.
#[must_use]
pub fn string(text: &str) -> (String, Vec<usize>) {
    let inner = text.strip_prefix('"').unwrap_or(text);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::with_capacity(inner.len());
    let mut unknown = Vec::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some((_, escaped @ ('"' | '\\'))) => out.push(escaped),
            Some((_, other)) => {
                unknown.push(at + 1);
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    (out, unknown)
}

/// A name as it is compared: without back-ticks, in normal form C.
#[must_use]
pub fn name(text: &str) -> Cow<'_, str> {
    let inner = text.strip_prefix('`').and_then(|t| t.strip_suffix('`')).unwrap_or(text);
    normal(inner)
}

fn normal(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// A unit in its canonical spelling: pasted typography rewritten, names in normal form C.
#[must_use]
pub fn unit(text: &str) -> String {
    if text.is_ascii() {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len() + 2);
    for c in normal(text).chars() {
        match c {
            '·' | '×' => out.push('*'),
            '²' => out.push_str("^2"),
            '³' => out.push_str("^3"),
            '−' => out.push('-'),
            other => out.push(other),
        }
    }
    out
}
