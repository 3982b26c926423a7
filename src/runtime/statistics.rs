//! Sums that do not depend on the order of adding, and what several replications say together: mean,
//! spread and the 95 % confidence interval of Student's t.
//!
//! It does not know what is measured. Results have the same bits on every machine; quantiles of
//! durations are in [`super::histogram`].

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2};

use dashu_int::IBig;
use dashu_ratio::RBig;

/// The share of intervals that cover the true mean, in every result of a run.
pub const CONFIDENCE: f64 = 0.95;

/// One figure over all replications of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Arithmetic mean.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval of the mean, t·sd/√n; `None` with one replication.
    pub half_width: Option<f64>,
    /// Standard deviation between replications (n - 1 in the denominator); 0 with one replication.
    pub sd: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

impl Summary {
    /// Summarises one value per replication, in the order of the replications, so that the result does
    /// not depend on which thread ended first. `None` when there is no value. The mean is formed first,
    /// then the squared deviations from it. Values should be finite: NaN spreads to mean and deviation.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // far fewer than 2^53 replications
    pub fn of(values: &[f64]) -> Option<Summary> {
        let (first, others) = values.split_first()?;
        let n = values.len() as f64;
        let min = others.iter().fold(*first, |a, b| a.min(*b));
        let max = others.iter().fold(*first, |a, b| a.max(*b));
        if others.is_empty() {
            return Some(Summary { mean: *first, half_width: None, sd: 0.0, min, max });
        }
        // Rounding must not carry the mean of equal values past them.
        let mean = (sum(values.iter().copied()) / n).max(min).min(max);
        let squares = sum(values.iter().map(|value| (value - mean) * (value - mean)));
        let sd = (squares / (n - 1.0)).sqrt();
        let half_width = student_t(CONFIDENCE, others.len() as u64) * sd / n.sqrt();
        Some(Summary { mean, half_width: Some(half_width), sd, min, max })
    }

    /// Half width over the absolute mean, to be held against a wanted precision; `None` with one
    /// replication or a mean of 0.
    #[must_use]
    pub fn relative_half_width(&self) -> Option<f64> {
        self.half_width.filter(|_| self.mean != 0.0).map(|half_width| half_width / self.mean.abs())
    }
}

/// Sum in the given order with the rounding errors added at the end (Neumaier 1974).
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() { (total - next) + value } else { (value - next) + total };
        total = next;
    }
    total + lost
}

/// Largest number of degrees of freedom for which the finite series is summed.
const SERIES_DEGREES: u64 = 200;

/// The t with P(|T| ≤ t) = `confidence` for Student's T with `degrees` of freedom (at least 1).
///
/// Up to 200 degrees by bisection of the finite series of Abramowitz and Stegun (1964) 26.7.3 and
/// 26.7.4, beyond by the expansion 26.7.5 around the normal quantile (error below 1e-11 there). NaN when
/// `confidence` is not within 0..1 or `degrees` is 0.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn student_t(confidence: f64, degrees: u64) -> f64 {
    if !(0.0..1.0).contains(&confidence) || degrees == 0 {
        return f64::NAN;
    }
    if degrees <= SERIES_DEGREES {
        // Bisects the angle θ with t = √degrees · tan θ.
        let angle = bisect(0.0, FRAC_PI_2, |angle| student_t_within(angle, degrees) < confidence);
        return (degrees as f64).sqrt() * libm::tan(angle);
    }
    let x = bisect(0.0, 40.0, |x| libm::erfc(x * FRAC_1_SQRT_2) > 1.0 - confidence);
    let s = x * x;
    let g1 = x * (s + 1.0) / 4.0;
    let g2 = x * ((5.0 * s + 16.0) * s + 3.0) / 96.0;
    let g3 = x * (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0;
    let g4 = x * ((((79.0 * s + 776.0) * s + 1482.0) * s - 1920.0) * s - 945.0) / 92_160.0;
    let v = degrees as f64;
    x + (g1 + (g2 + (g3 + g4 / v) / v) / v) / v
}

/// P(|T| ≤ √degrees · tan(angle)): Abramowitz and Stegun (1964) 26.7.3 for odd, 26.7.4 for even degrees.
/// Cost: O(degrees).
#[allow(clippy::cast_precision_loss)]
fn student_t_within(angle: f64, degrees: u64) -> f64 {
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let odd = degrees % 2 == 1;
    let mut term = if odd { cosine } else { 1.0 };
    let mut series = if degrees == 1 { 0.0 } else { term };
    let mut k = if odd { 3 } else { 2 };
    while k <= degrees - degrees.min(2) {
        term *= (k - 1) as f64 / k as f64 * (cosine * cosine);
        series += term;
        k += 2;
    }
    if odd { (angle + sine * series) / FRAC_PI_2 } else { sine * series }
}

/// Where `below` turns from true to false between `low` and `high`, to the last bit.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return low;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// Count, sum and sum of squares of integers, exact whatever their order and number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally128 {
    count: u64,
    sum: i128,
    /// Sum of squares modulo 2^128 …
    squares: u128,
    /// … and how often it passed 2^128.
    squares_carry: u64,
}

impl Tally128 {
    /// Words of its layout in the state arena.
    pub const WORDS: usize = 6;

    /// Adds one value.
    #[inline]
    pub fn add(&mut self, value: i64) {
        let square = u128::from(value.unsigned_abs()) * u128::from(value.unsigned_abs());
        let (squares, carry) = self.squares.overflowing_add(square);
        self.count = self.count.wrapping_add(1);
        self.sum = self.sum.wrapping_add(i128::from(value));
        self.squares = squares;
        self.squares_carry = self.squares_carry.wrapping_add(u64::from(carry));
    }

    /// Adds all that another tally holds.
    pub fn merge(&mut self, other: &Tally128) {
        let (squares, carry) = self.squares.overflowing_add(other.squares);
        self.count = self.count.wrapping_add(other.count);
        self.sum = self.sum.wrapping_add(other.sum);
        self.squares = squares;
        self.squares_carry = self.squares_carry.wrapping_add(other.squares_carry).wrapping_add(u64::from(carry));
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sum of the values. Exact: 2^64 values of 64 bits fit.
    #[must_use]
    pub fn sum(&self) -> i128 {
        self.sum
    }

    /// Mean, rounded once; `None` without values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| rounded(IBig::from(self.sum), IBig::from(self.count)))
    }

    /// Variance of the values with n - 1 in the denominator, (n·Σx² - (Σx)²) / (n·(n - 1)), formed
    /// exactly and rounded once; `None` with fewer than two values.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let n = IBig::from(self.count);
        let squares = (IBig::from(self.squares_carry) << 128) + IBig::from(self.squares);
        let sum = IBig::from(self.sum);
        Some(rounded(&n * squares - &sum * &sum, &n * (&n - 1)))
    }

    /// The layout in the state arena: count, sum (low, high), sum of squares (low, middle, high).
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // takes numbers apart into words
    pub fn to_words(&self) -> [u64; Tally128::WORDS] {
        let sum = self.sum.cast_unsigned();
        [
            self.count,
            sum as u64,
            (sum >> 64) as u64,
            self.squares as u64,
            (self.squares >> 64) as u64,
            self.squares_carry,
        ]
    }

    /// Reads the layout of [`Tally128::to_words`].
    #[must_use]
    pub fn from_words(words: [u64; Tally128::WORDS]) -> Tally128 {
        let [count, sum_low, sum_high, low, middle, squares_carry] = words;
        let join = |low, high| u128::from(low) | (u128::from(high) << 64);
        Tally128 { count, sum: join(sum_low, sum_high).cast_signed(), squares: join(low, middle), squares_carry }
    }
}

/// The float nearest to a quotient; the divisor is not 0.
fn rounded(numerator: IBig, denominator: IBig) -> f64 {
    RBig::from_parts_signed(numerator, denominator).to_f64().value()
}
