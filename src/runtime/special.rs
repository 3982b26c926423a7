//! Special functions behind exact moments and probabilities, for checks and reports. None is called
//! while a model runs.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Steps after which the continued fraction is taken as it is; shapes of 10^9 need about 10^5.
const FRACTION_STEPS: u32 = 1_000_000;

/// Regularised incomplete beta function, P(X ≤ x) of a beta variate X with shapes `a` and `b`, by the
/// continued fraction of Abramowitz and Stegun (1964) 26.5.8, evaluated after Lentz. NaN unless both
/// shapes are above 0 and finite and `x` is within 0..=1. Cost: O(√(a + b)).
#[must_use]
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    let shapes = a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite();
    if !shapes || !(0.0..=1.0).contains(&x) {
        return f64::NAN;
    }
    if x == 0.0 || x == 1.0 {
        return x;
    }
    let log_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = libm::exp(a * libm::log(x) + b * libm::log1p(-x) - log_beta);
    if x < (a + 1.0) / (a + b + 2.0) {
        front / (a * beta_fraction(a, b, x))
    } else {
        1.0 - front / (b * beta_fraction(b, a, 1.0 - x))
    }
}

/// 1 + d1/(1 + d2/(1 + …)) with d(2m) = m(b-m)x / ((a+2m-1)(a+2m)),
/// d(2m+1) = -(a+m)(a+b+m)x / ((a+2m)(a+2m+1)).
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    /// Stands for 0 in a denominator.
    const TINY: f64 = 1e-300;
    let not_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for step in 1..=FRACTION_STEPS {
        let m = f64::from(step / 2);
        let numerator = if step % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / not_zero(1.0 + numerator * d);
        c = not_zero(1.0 + numerator / c);
        value *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

/// φ(α) / (1 - Φ(α)), the hazard rate of the standard normal, for α ≤ 0.
#[must_use]
pub fn normal_hazard(alpha: f64) -> f64 {
    let density = libm::exp(-0.5 * alpha * alpha) / (2.0 * PI).sqrt();
    density / (0.5 * libm::erfc(alpha * FRAC_1_SQRT_2))
}

/// Variance / mean² of a Weibull with 1 / shape = x: Γ(1+2x) / Γ(1+x)² - 1, for small x by the series
/// of ln Γ(1+x), because there the quotient is nearly 1.
#[must_use]
pub fn weibull_squared_variation(x: f64) -> f64 {
    /// ζ(2), ζ(3), ζ(4), ζ(5).
    const ZETA: [f64; 4] =
        [1.644_934_066_848_226_4, 1.202_056_903_159_594_3, 1.082_323_233_711_138_2, 1.036_927_755_143_37];
    if x < 1e-3 {
        let log_quotient = x * x * (ZETA[0] - x * (2.0 * ZETA[1] - x * (3.5 * ZETA[2] - x * 6.0 * ZETA[3])));
        return libm::expm1(log_quotient);
    }
    let first = libm::tgamma(1.0 + x);
    libm::tgamma(1.0 + 2.0 * x) / (first * first) - 1.0
}
