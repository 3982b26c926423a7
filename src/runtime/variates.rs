//! The variates of one word that need more than a ziggurat and a multiplication: rejection from a
//! sub-generator, inversion, and the constants that go with them. Native code calls these; the table in
//! [`super::distributions`] says where. Each is a pure, total function of its arguments.

use std::f64::consts::PI;

use super::random::{SubGenerator, uniform};
use super::ziggurat::tables;
use crate::base::{TICKS_PER_SECOND, Ticks};

/// Smallest shape of gamma, beta and weibull: below it draws leave the range of floats.
pub const SHAPE_MIN: f64 = 1e-3;
/// Largest shape of gamma, beta and weibull: above it a draw is as good as constant.
pub const SHAPE_MAX: f64 = 1e9;
/// Largest mean of a poisson: above it floats no longer count singly.
pub const POISSON_MEAN_MAX: f64 = 1e15;
/// Mean of a poisson from which it is drawn by transformed rejection instead of inversion.
const POISSON_REJECTION_FROM: f64 = 10.0;
/// Longest duration of one draw in ticks, 146 years: sums of two stay in range.
pub const DURATION_TICKS_MAX: f64 = 4_611_686_018_427_387_904.0;

/// Mean and standard deviation of the logarithm of a lognormal draw: with `c = sd / mean`,
/// `sigma = sqrt(log1p(c * c))`, `mu = log(mean) - 0.5 * (sigma * sigma)`; `sigma = 0` when `sd = 0`.
#[must_use]
pub fn lognormal_parameters(mean: f64, sd: f64) -> (f64, f64) {
    let variation = if sd == 0.0 { 0.0 } else { sd / mean };
    let sigma = libm::log1p(variation * variation).sqrt();
    (libm::log(mean) - 0.5 * (sigma * sigma), sigma)
}

/// Rate of the exponential whose integer part, plus one, is a geometric number of trials:
/// `-log1p(-1 / mean)`; infinite for mean 1, where the first trial always succeeds.
#[must_use]
pub fn geometric_rate(mean: f64) -> f64 {
    -libm::log1p(-1.0 / mean)
}

/// Triangular draw from a uniform `u` in [0, 1), by inversion:
///
/// ```text
/// lower = mode - minimum;  upper = maximum - mode;  range = maximum - minimum;  a = u * range
/// a < lower:  minimum + sqrt(a * lower)        else:  maximum - sqrt((range - a) * upper)
/// ```
#[inline]
#[must_use]
pub fn triangular(u: f64, minimum: f64, mode: f64, maximum: f64) -> f64 {
    let (lower, upper, range) = (mode - minimum, maximum - mode, maximum - minimum);
    let a = u * range;
    if a < lower { minimum + (a * lower).sqrt() } else { maximum - ((range - a) * upper).sqrt() }
}

/// The normal draw of a word whose first value `mean + sd * z` is below 0: drawn again from the
/// sub-generator keyed by the word's complement until it is not. NaN unless `mean >= 0` and `sd > 0`,
/// which make each trial succeed with probability at least one half.
#[cold]
#[must_use]
pub fn normal_redrawn(word: u64, mean: f64, sd: f64) -> f64 {
    let sound = mean.is_finite() && mean >= 0.0 && sd.is_finite() && sd > 0.0;
    if !sound {
        return f64::NAN;
    }
    let mut sub = SubGenerator::new(!word);
    loop {
        let value = mean + sd * tables().normal(sub.next());
        if value >= 0.0 {
            return value;
        }
    }
}

/// Gamma variate with scale 1 and mean `shape`: Marsaglia and Tsang (2000) on the sub-generator keyed by
/// the word; below shape 1 that of shape + 1 times `exp(-e / shape)`; for shape 1 the unit exponential of
/// the word itself. NaN for shapes outside [`SHAPE_MIN`]`..=`[`SHAPE_MAX`].
#[must_use]
pub fn gamma(word: u64, shape: f64) -> f64 {
    if shape == 1.0 {
        return tables().exponential(word);
    }
    if !(SHAPE_MIN..=SHAPE_MAX).contains(&shape) {
        return f64::NAN;
    }
    let mut sub = SubGenerator::new(word);
    if shape < 1.0 {
        let large = gamma_from(&mut sub, shape + 1.0);
        return large * libm::exp(-tables().exponential(sub.next()) / shape);
    }
    gamma_from(&mut sub, shape)
}

/// Marsaglia and Tsang (2000) for shapes of at least 1.
fn gamma_from(sub: &mut SubGenerator, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let z = tables().normal(sub.next());
        let root = 1.0 + c * z;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u = uniform(sub.next());
        let square = z * z;
        if u < 1.0 - 0.0331 * (square * square) || libm::log(u) < 0.5 * square + d * (1.0 - v + libm::log(v)) {
            return d * v;
        }
    }
}

/// Beta variate in [0, 1] as g / (g + h) of two gamma variates, each from its own word of the
/// sub-generator; with a shape below 1 in logarithms, so that tiny variates do not vanish. NaN for shapes
/// outside [`SHAPE_MIN`]`..=`[`SHAPE_MAX`].
#[must_use]
pub fn beta(word: u64, a: f64, b: f64) -> f64 {
    if !((SHAPE_MIN..=SHAPE_MAX).contains(&a) && (SHAPE_MIN..=SHAPE_MAX).contains(&b)) {
        return f64::NAN;
    }
    let mut sub = SubGenerator::new(word);
    if a >= 1.0 && b >= 1.0 {
        let g = gamma(sub.next(), a);
        let h = gamma(sub.next(), b);
        return g / (g + h);
    }
    let mut log_gamma_variate = |shape: f64| {
        let large = libm::log(gamma_from(&mut SubGenerator::new(sub.next()), shape + 1.0));
        large - tables().exponential(sub.next()) / shape
    };
    let log_g = log_gamma_variate(a);
    let log_h = log_gamma_variate(b);
    1.0 / (1.0 + libm::exp(log_h - log_g))
}

/// Poisson count. Below mean 10 by inversion of the word's uniform (so it never falls when the mean
/// rises); from 10 on by transformed rejection on the sub-generator (PTRS, Hörmann 1993). NaN for means
/// outside 0..=[`POISSON_MEAN_MAX`].
#[must_use]
pub fn poisson(word: u64, mean: f64) -> f64 {
    if !(0.0..=POISSON_MEAN_MAX).contains(&mean) {
        return f64::NAN;
    }
    if mean < POISSON_REJECTION_FROM { poisson_inverted(uniform(word), mean) } else { poisson_rejected(word, mean) }
}

/// Smallest n with u < P(N ≤ n), found from 0 upwards.
fn poisson_inverted(u: f64, mean: f64) -> f64 {
    /// Beyond this many the rest of the distribution is below 1e-17 of the whole (mean 10: 1e-55).
    const LAST: f64 = 100.0;
    let mut probability = libm::exp(-mean);
    let mut up_to = probability;
    let mut n = 0.0;
    while u >= up_to && n < LAST {
        n += 1.0;
        probability = probability * mean / n;
        up_to += probability;
    }
    n
}

fn poisson_rejected(word: u64, mean: f64) -> f64 {
    let b = 0.931 + 2.53 * mean.sqrt();
    let a = -0.059 + 0.024_83 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let squeeze = 0.9277 - 3.6224 / (b - 2.0);
    let mut sub = SubGenerator::new(word);
    loop {
        let u = uniform(sub.next()) - 0.5;
        let v = uniform(sub.next());
        let from_end = 0.5 - u.abs();
        let n = ((2.0 * a / from_end + b) * u + mean + 0.43).floor();
        if from_end >= 0.07 && v <= squeeze {
            return n;
        }
        if n < 0.0 || (from_end < 0.013 && v > from_end) {
            continue;
        }
        let hat = a / (from_end * from_end) + b;
        if libm::log(v * inverse_alpha / hat) <= log_poisson_probability(n, mean) {
            return n;
        }
    }
}

/// Logarithm of P(N = n): n·ln(mean) - mean - ln n!. From n = 16 on as -mean·((1+d)·ln(1+d) - d) -
/// ln(2πn)/2 - (Stirling's series), d = (n - mean)/mean, which does not cancel (after Loader 2000).
fn log_poisson_probability(n: f64, mean: f64) -> f64 {
    if n < 16.0 {
        return n * libm::log(mean) - mean - libm::lgamma(n + 1.0);
    }
    let d = (n - mean) / mean;
    let deviance = (1.0 + d) * libm::log1p(d) - d;
    let inverse = 1.0 / n;
    let square = inverse * inverse;
    let stirling = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square / 1260.0));
    -mean * deviance - 0.5 * libm::log(2.0 * PI * n) - stirling
}

/// 1.5 · 2^52: added to a number of less than 2^51 and taken away again, it drops what lies behind the
/// point, rounding half to even.
pub const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// Ticks of a drawn duration in seconds: times 10^9, rounded once, half to even. `None` when the draw
/// is negative, NaN, infinite or longer than 146 years; the caller names the station. What lies less than
/// half a tick below 0 is rounding noise and gives 0.
#[inline]
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // checked to be within range
pub fn duration_ticks(seconds: f64) -> Option<Ticks> {
    let scaled = seconds * TICKS_PER_SECOND as f64;
    // Adding and taking away 1.5 · 2^52 rounds half to even what is less than 2^51, without a call.
    let ticks = if scaled.abs() < ROUNDING / 3.0 { (scaled + ROUNDING) - ROUNDING } else { scaled.round_ties_even() };
    (0.0..DURATION_TICKS_MAX).contains(&ticks).then_some(Ticks(ticks as i64))
}
