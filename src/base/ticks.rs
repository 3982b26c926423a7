//! Integer time. One tick is one nanosecond, so that events at the same instant tie exactly and
//! sums of times are exact whatever the order.

use dashu_int::IBig;
use num_traits::{Signed, ToPrimitive};

use super::quantity::Rational;

/// Ticks in one second.
pub const TICKS_PER_SECOND: i64 = 1_000_000_000;

/// A time or duration in ticks of one nanosecond. Holds about ±292 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ticks(pub i64);

impl Ticks {
    /// Later than every event: "never".
    pub const NEVER: Ticks = Ticks(i64::MAX);

    /// Ticks of an exact number of seconds, rounded half to even; `None` when it does not fit.
    #[must_use]
    pub fn from_seconds(seconds: &Rational) -> Option<Ticks> {
        let scaled = seconds * Rational::from(TICKS_PER_SECOND);
        round_half_even(&scaled).to_i64().map(Ticks)
    }

    /// Seconds as a float, for presentation.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / TICKS_PER_SECOND as f64
    }
}

/// Nearest integer, ties to the even one.
#[must_use]
pub fn round_half_even(value: &Rational) -> IBig {
    let floor = value.floor();
    let twice_rest = (value - Rational::from(floor.clone())) * Rational::from(2);
    let one = Rational::from(1);
    let up = match twice_rest.cmp(&one) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => (floor.clone() % IBig::from(2)).abs() == IBig::from(1),
    };
    if up { floor + 1 } else { floor }
}
