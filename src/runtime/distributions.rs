//! Distributions of draws: their parameters and what is wrong with them, exact moments, and the variate
//! of one word of a stream. Parameters and draws are floats in base units (seconds, kilograms, pieces);
//! the unit itself is the caller's business.
//!
//! Start reading at [`Distribution`]. A draw takes exactly one word from its stream and is a pure
//! function of that word and the parameters: a *standard* variate of the word ([`Standard`]), then plain
//! arithmetic ([`Sampler`]), which native code emits again. Each product, sum, quotient and root below is
//! rounded on its own (no fused operations), in the order written:
//!
//! | distribution | standard variate | draw |
//! |---|---|---|
//! | constant | none, takes no word | `value` |
//! | exponential | `e` = unit exponential | `mean * e` |
//! | erlang, gamma | `g` = [`gamma`]`(word, shape)` (mean = shape) | `(mean / shape) * g` |
//! | normal | `z` = standard normal | `v = mean + sd * z`; if not `v >= 0`: [`normal_redrawn`] |
//! | lognormal | `z` | `exp(mu + sigma * z)`, see [`lognormal_parameters`] |
//! | weibull | `e` | `scale * exp(power * log(e))`, `power = 1 / shape` |
//! | triangular | `u` = uniform in [0, 1) | see [`triangular`] |
//! | uniform | `u` | `minimum + (maximum - minimum) * u` |
//! | beta | `b` = [`beta`]`(word, a, b)` | `minimum + (maximum - minimum) * b` |
//! | poisson | `n` = [`poisson`]`(word, mean)` | `n` |
//! | geometric | `e` | `1 + floor(e / rate)`, see [`geometric_rate`] |
//! | empirical | `i` = [`random::index`]`(word, count)` | `values[i]`, values in ascending order |
//!
//! `exp` and `log` are those of the `libm` crate. Every function is total: parameters that
//! [`Distribution::check`] refuses give NaN or an infinity, never a panic or an endless loop, and the
//! guard on sampled durations ([`super::variates::duration_ticks`]) stops the run.

use std::f64::consts::FRAC_1_SQRT_2;
use std::fmt;
use std::sync::Arc;

use super::random::{self, Stream, next, uniform};
use super::special::{incomplete_beta, normal_hazard, weibull_squared_variation};
use super::variates::{
    POISSON_MEAN_MAX, SHAPE_MAX, SHAPE_MIN, beta, gamma, geometric_rate, lognormal_parameters, normal_redrawn, poisson,
    triangular,
};
use super::ziggurat::tables;

/// Largest standard deviation of a lognormal in means: above it a million draws miss the mean by far.
pub const LOGNORMAL_VARIATION_MAX: f64 = 1e6;

/// A distribution with its parameters in base units.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant {
        /// The value.
        value: f64,
    },
    /// Memoryless; P(X > x) = exp(-x / mean).
    Exponential {
        /// Mean, at least 0.
        mean: f64,
    },
    /// Sum of `k` equal exponentials.
    Erlang {
        /// Number of phases, 1 to [`SHAPE_MAX`].
        k: u32,
        /// Mean of the sum, at least 0.
        mean: f64,
    },
    /// Gamma by shape and mean; the scale is mean / shape.
    Gamma {
        /// Shape, [`SHAPE_MIN`] to [`SHAPE_MAX`]; 1 is the exponential.
        shape: f64,
        /// Mean, at least 0.
        mean: f64,
    },
    /// Normal, drawn again while below 0.
    Normal {
        /// Mean before redrawing, at least 0.
        mean: f64,
        /// Standard deviation before redrawing, at least 0.
        sd: f64,
    },
    /// Lognormal by the mean and standard deviation of the draw, not of its logarithm.
    Lognormal {
        /// Mean, above 0 (0 only with `sd` 0).
        mean: f64,
        /// Standard deviation, 0 to [`LOGNORMAL_VARIATION_MAX`] means.
        sd: f64,
    },
    /// P(X > x) = exp(-(x / scale)^shape).
    Weibull {
        /// Shape, [`SHAPE_MIN`] to [`SHAPE_MAX`]; 1 is the exponential.
        shape: f64,
        /// Scale, at least 0.
        scale: f64,
    },
    /// Density rising from `minimum` to `mode`, falling to `maximum`.
    Triangular {
        /// Smallest value.
        minimum: f64,
        /// Likeliest value.
        mode: f64,
        /// Largest value.
        maximum: f64,
    },
    /// Every value between the two equally likely.
    Uniform {
        /// Smallest value.
        minimum: f64,
        /// Largest value.
        maximum: f64,
    },
    /// Beta stretched from `minimum` to `maximum`.
    Beta {
        /// First shape, [`SHAPE_MIN`] to [`SHAPE_MAX`].
        a: f64,
        /// Second shape, [`SHAPE_MIN`] to [`SHAPE_MAX`].
        b: f64,
        /// Smallest value.
        minimum: f64,
        /// Largest value.
        maximum: f64,
    },
    /// Number of independent events: 0, 1, 2, …
    Poisson {
        /// Mean, 0 to [`POISSON_MEAN_MAX`].
        mean: f64,
    },
    /// Number of independent trials up to and including the first success: 1, 2, 3, …
    Geometric {
        /// Mean, at least 1; a trial succeeds with probability 1 / mean.
        mean: f64,
    },
    /// One of the recorded values, each equally likely.
    Empirical(Empirical),
}

/// Recorded values in ascending order, so that the order of the file changes no draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Empirical {
    values: Arc<[f64]>,
}

impl Empirical {
    /// Sorts the values. Cost: O(n log n).
    #[must_use]
    pub fn new(mut values: Vec<f64>) -> Empirical {
        values.sort_by(f64::total_cmp);
        Empirical { values: values.into() }
    }

    /// The values in ascending order.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}

/// A parameter that makes no distribution. `Display` says it in words; the fields let the caller show
/// the number with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterError {
    /// Name of the distribution in the language: `normal`.
    pub distribution: &'static str,
    /// Name of the parameter in the language: `sd`.
    pub parameter: &'static str,
    /// Its value in base units.
    pub value: f64,
    /// What is asked of it.
    pub rule: Rule,
}

/// What is asked of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// A finite number.
    Finite,
    /// At least this.
    AtLeast(f64),
    /// Above 0, unless the standard deviation is 0 too.
    Positive,
    /// Not above this.
    AtMost(f64),
    /// Not above another parameter.
    NotAbove {
        /// Name of the other parameter.
        parameter: &'static str,
        /// Its value in base units.
        value: f64,
    },
    /// There is at least one value.
    NotEmpty,
    /// Mean and variance are finite.
    FiniteMoments,
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ParameterError { distribution, parameter, value, rule } = *self;
        let number = Number(value);
        let limit = match rule {
            Rule::NotEmpty => return write!(f, "`{distribution}` has no values to draw from"),
            Rule::FiniteMoments => {
                return write!(
                    f,
                    "`{parameter}` of `{distribution}` is {number}, which makes the mean or the variance infinite"
                );
            }
            Rule::Finite => "a finite number".to_owned(),
            Rule::AtLeast(limit) => format!("at least {}", Number(limit)),
            Rule::Positive => "above 0".to_owned(),
            Rule::AtMost(limit) => format!("at most {}", Number(limit)),
            Rule::NotAbove { parameter, value } => format!("at most `{parameter}`, which is {}", Number(value)),
        };
        write!(f, "`{parameter}` of `{distribution}` is {number}, but must be {limit}")
    }
}

/// Shows very large and very small numbers with an exponent.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.0.abs();
        if size == 0.0 || !size.is_finite() || (1e-6..1e9).contains(&size) {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{:e}", self.0)
        }
    }
}

impl std::error::Error for ParameterError {}

/// Which standard variate a distribution draws; location and scale come afterwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standard {
    /// Uniform in [0, 1): [`random::uniform`].
    Uniform,
    /// Unit exponential.
    Exponential,
    /// Standard normal.
    Normal,
    /// Gamma with scale 1: [`gamma`].
    Gamma {
        /// Shape.
        shape: f64,
    },
    /// Beta in [0, 1]: [`beta`].
    Beta {
        /// First shape.
        a: f64,
        /// Second shape.
        b: f64,
    },
    /// Poisson count: [`poisson`].
    Poisson {
        /// Mean.
        mean: f64,
    },
    /// Index among equally likely values: [`random::index`].
    Index {
        /// Number of values.
        count: u64,
    },
}

impl Standard {
    /// The standard variate of a word.
    #[inline]
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // an index is far below 2^53
    pub fn variate(self, word: u64) -> f64 {
        match self {
            Standard::Uniform => uniform(word),
            Standard::Exponential => tables().exponential(word),
            Standard::Normal => tables().normal(word),
            Standard::Gamma { shape } => gamma(word, shape),
            Standard::Beta { a, b } => beta(word, a, b),
            Standard::Poisson { mean } => poisson(word, mean),
            Standard::Index { count } => random::index(word, count) as f64,
        }
    }

    /// The next standard variate of a stream, which advances by one word.
    #[inline]
    #[must_use]
    pub fn draw(self, stream: &mut Stream) -> f64 {
        self.variate(next(stream))
    }
}

/// A distribution made ready for drawing: what depends on parameters only is computed once.
#[derive(Clone, Debug, PartialEq)]
pub enum Sampler {
    /// `value`, without taking a word.
    Constant {
        /// The value.
        value: f64,
    },
    /// `mean * e`.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// `scale * g`.
    Gamma {
        /// Shape of `g`.
        shape: f64,
        /// Mean / shape.
        scale: f64,
    },
    /// `mean + sd * z`, drawn again while below 0.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// `exp(mu + sigma * z)`.
    Lognormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// `scale * exp(power * log(e))`.
    Weibull {
        /// 1 / shape.
        power: f64,
        /// Scale.
        scale: f64,
    },
    /// [`triangular`].
    Triangular {
        /// Smallest value.
        minimum: f64,
        /// Likeliest value.
        mode: f64,
        /// Largest value.
        maximum: f64,
    },
    /// `minimum + range * u`.
    Uniform {
        /// Smallest value.
        minimum: f64,
        /// Maximum - minimum.
        range: f64,
    },
    /// `minimum + range * b`.
    Beta {
        /// First shape.
        a: f64,
        /// Second shape.
        b: f64,
        /// Smallest value.
        minimum: f64,
        /// Maximum - minimum.
        range: f64,
    },
    /// [`poisson`].
    Poisson {
        /// Mean.
        mean: f64,
    },
    /// `1 + floor(e / rate)`.
    Geometric {
        /// [`geometric_rate`].
        rate: f64,
    },
    /// `values[index]`.
    Empirical(Empirical),
}

impl Sampler {
    /// The next draw of a stream, which advances by one word (a constant takes none).
    #[inline]
    #[must_use]
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        match self {
            Sampler::Constant { value } => *value,
            _ => self.variate(next(stream)),
        }
    }

    /// The draw that a word gives.
    #[inline]
    #[must_use]
    pub fn variate(&self, word: u64) -> f64 {
        match *self {
            Sampler::Constant { value } => value,
            Sampler::Exponential { mean } => mean * tables().exponential(word),
            Sampler::Gamma { shape, scale } => scale * gamma(word, shape),
            Sampler::Normal { mean, sd } => {
                let value = mean + sd * tables().normal(word);
                if value >= 0.0 { value } else { normal_redrawn(word, mean, sd) }
            }
            Sampler::Lognormal { mu, sigma } => libm::exp(mu + sigma * tables().normal(word)),
            Sampler::Weibull { power, scale } => scale * libm::exp(power * libm::log(tables().exponential(word))),
            Sampler::Triangular { minimum, mode, maximum } => triangular(uniform(word), minimum, mode, maximum),
            Sampler::Uniform { minimum, range } => minimum + range * uniform(word),
            Sampler::Beta { a, b, minimum, range } => minimum + range * beta(word, a, b),
            Sampler::Poisson { mean } => poisson(word, mean),
            Sampler::Geometric { rate } => 1.0 + (tables().exponential(word) / rate).floor(),
            Sampler::Empirical(ref empirical) => empirical.variate(word),
        }
    }
}

impl Empirical {
    /// The value a word chooses; NaN when there is none.
    fn variate(&self, word: u64) -> f64 {
        let index = random::index(word, self.values.len() as u64);
        usize::try_from(index).ok().and_then(|i| self.values.get(i)).copied().unwrap_or(f64::NAN)
    }
}

impl Distribution {
    /// The distribution made ready for many draws.
    #[must_use]
    pub fn sampler(&self) -> Sampler {
        match *self {
            Distribution::Constant { value } => Sampler::Constant { value },
            Distribution::Exponential { mean } => Sampler::Exponential { mean },
            Distribution::Erlang { k, mean } => Sampler::Gamma { shape: f64::from(k), scale: mean / f64::from(k) },
            Distribution::Gamma { shape, mean } => Sampler::Gamma { shape, scale: mean / shape },
            Distribution::Normal { mean, sd } => Sampler::Normal { mean, sd },
            Distribution::Lognormal { mean, sd } => {
                let (mu, sigma) = lognormal_parameters(mean, sd);
                Sampler::Lognormal { mu, sigma }
            }
            Distribution::Weibull { shape, scale } => Sampler::Weibull { power: 1.0 / shape, scale },
            Distribution::Triangular { minimum, mode, maximum } => Sampler::Triangular { minimum, mode, maximum },
            Distribution::Uniform { minimum, maximum } => Sampler::Uniform { minimum, range: maximum - minimum },
            Distribution::Beta { a, b, minimum, maximum } => Sampler::Beta { a, b, minimum, range: maximum - minimum },
            Distribution::Poisson { mean } => Sampler::Poisson { mean },
            Distribution::Geometric { mean } => Sampler::Geometric { rate: geometric_rate(mean) },
            Distribution::Empirical(ref empirical) => Sampler::Empirical(empirical.clone()),
        }
    }

    /// One draw; the same bits as [`Sampler::draw`]. For many draws make the sampler once.
    #[must_use]
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        self.sampler().draw(stream)
    }

    /// The standard variate it draws; none for a constant.
    #[must_use]
    pub fn standard(&self) -> Option<Standard> {
        Some(match *self {
            Distribution::Constant { .. } => return None,
            Distribution::Uniform { .. } | Distribution::Triangular { .. } => Standard::Uniform,
            Distribution::Exponential { .. } | Distribution::Weibull { .. } | Distribution::Geometric { .. } => {
                Standard::Exponential
            }
            Distribution::Normal { .. } | Distribution::Lognormal { .. } => Standard::Normal,
            Distribution::Erlang { k, .. } => Standard::Gamma { shape: f64::from(k) },
            Distribution::Gamma { shape, .. } => Standard::Gamma { shape },
            Distribution::Beta { a, b, .. } => Standard::Beta { a, b },
            Distribution::Poisson { mean } => Standard::Poisson { mean },
            Distribution::Empirical(ref empirical) => Standard::Index { count: empirical.values.len() as u64 },
        })
    }

    /// Name in the language.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Distribution::Constant { .. } => "constant",
            Distribution::Exponential { .. } => "exponential",
            Distribution::Erlang { .. } => "erlang",
            Distribution::Gamma { .. } => "gamma",
            Distribution::Normal { .. } => "normal",
            Distribution::Lognormal { .. } => "lognormal",
            Distribution::Weibull { .. } => "weibull",
            Distribution::Triangular { .. } => "triangular",
            Distribution::Uniform { .. } => "uniform",
            Distribution::Beta { .. } => "beta",
            Distribution::Poisson { .. } => "poisson",
            Distribution::Geometric { .. } => "geometric",
            Distribution::Empirical(_) => "empirical",
        }
    }

    /// Whether the parameters make a distribution with finite mean and variance. A draw below 0 is
    /// no error here: see [`Distribution::minimum`].
    ///
    /// # Errors
    /// The first parameter, in the order of the language, that breaks its rule.
    pub fn check(&self) -> Result<(), ParameterError> {
        let distribution = self.name();
        let fail = |parameter, value, rule| Err(ParameterError { distribution, parameter, value, rule });
        let finite = |parameter, value: f64| {
            if value.is_finite() { Ok(()) } else { fail(parameter, value, Rule::Finite) }
        };
        let between = |parameter, value: f64, low: f64, high: f64| {
            finite(parameter, value)?;
            match value {
                _ if value < low => fail(parameter, value, Rule::AtLeast(low)),
                _ if value > high => fail(parameter, value, Rule::AtMost(high)),
                _ => Ok(()),
            }
        };
        let at_least = |parameter, value, low| between(parameter, value, low, f64::INFINITY);
        let shape = |parameter, value| between(parameter, value, SHAPE_MIN, SHAPE_MAX);
        let ordered = |low_name, low: f64, high_name, high: f64| {
            finite(low_name, low)?;
            finite(high_name, high)?;
            if low <= high { Ok(()) } else { fail(low_name, low, Rule::NotAbove { parameter: high_name, value: high }) }
        };
        let size = match *self {
            Distribution::Constant { value } => {
                finite("value", value)?;
                ("value", value)
            }
            Distribution::Exponential { mean } => {
                at_least("mean", mean, 0.0)?;
                ("mean", mean)
            }
            Distribution::Erlang { k, mean } => {
                between("k", f64::from(k), 1.0, SHAPE_MAX)?;
                at_least("mean", mean, 0.0)?;
                ("mean", mean)
            }
            Distribution::Gamma { shape: a, mean } => {
                shape("shape", a)?;
                at_least("mean", mean, 0.0)?;
                ("mean", mean)
            }
            Distribution::Normal { mean, sd } => {
                at_least("mean", mean, 0.0)?;
                at_least("sd", sd, 0.0)?;
                ("sd", sd)
            }
            Distribution::Lognormal { mean, sd } => {
                at_least("mean", mean, 0.0)?;
                at_least("sd", sd, 0.0)?;
                if mean == 0.0 && sd > 0.0 {
                    return fail("mean", mean, Rule::Positive);
                }
                between("sd", sd, 0.0, LOGNORMAL_VARIATION_MAX * mean)?;
                ("sd", sd)
            }
            Distribution::Weibull { shape: a, scale } => {
                shape("shape", a)?;
                at_least("scale", scale, 0.0)?;
                ("shape", a)
            }
            Distribution::Triangular { minimum, mode, maximum } => {
                ordered("min", minimum, "mode", mode)?;
                ordered("mode", mode, "max", maximum)?;
                ("max", maximum)
            }
            Distribution::Uniform { minimum, maximum } => {
                ordered("min", minimum, "max", maximum)?;
                ("max", maximum)
            }
            Distribution::Beta { a, b, minimum, maximum } => {
                shape("a", a)?;
                shape("b", b)?;
                ordered("min", minimum, "max", maximum)?;
                ("max", maximum)
            }
            Distribution::Poisson { mean } => {
                between("mean", mean, 0.0, POISSON_MEAN_MAX)?;
                ("mean", mean)
            }
            Distribution::Geometric { mean } => {
                at_least("mean", mean, 1.0)?;
                ("mean", mean)
            }
            Distribution::Empirical(ref empirical) => {
                let Some(largest) = empirical.values.last() else {
                    return fail("values", 0.0, Rule::NotEmpty);
                };
                empirical.values.iter().try_for_each(|value| finite("value", *value))?;
                ("value", *largest)
            }
        };
        if self.mean().is_finite() && self.variance().is_finite() {
            Ok(())
        } else {
            fail(size.0, size.1, Rule::FiniteMoments)
        }
    }

    /// Exact mean of a draw, in base units, for parameters that [`Distribution::check`] accepts. Of the
    /// normal it is the mean after redrawing: `mean + sd·λ`, λ = φ(α) / (1 - Φ(α)) at α = -mean/sd
    /// (Johnson, Kotz and Balakrishnan 1994, 13.134).
    #[must_use]
    pub fn mean(&self) -> f64 {
        match *self {
            Distribution::Constant { value } => value,
            Distribution::Exponential { mean }
            | Distribution::Erlang { mean, .. }
            | Distribution::Gamma { mean, .. }
            | Distribution::Lognormal { mean, .. }
            | Distribution::Poisson { mean }
            | Distribution::Geometric { mean } => mean,
            Distribution::Normal { mean, sd } if sd > 0.0 => mean + sd * normal_hazard(-mean / sd),
            Distribution::Normal { mean, .. } => mean,
            Distribution::Weibull { shape, scale } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Distribution::Triangular { minimum, mode, maximum } => {
                minimum + ((mode - minimum) + (maximum - minimum)) / 3.0
            }
            Distribution::Uniform { minimum, maximum } => minimum + (maximum - minimum) / 2.0,
            Distribution::Beta { a, b, minimum, maximum } => minimum + (maximum - minimum) * (a / (a + b)),
            Distribution::Empirical(ref empirical) => empirical.mean(),
        }
    }

    /// Exact variance of a draw, in squared base units, for parameters that [`Distribution::check`]
    /// accepts. Of the normal it is the variance after redrawing, `sd²·(1 + α·λ - λ²)`, see
    /// [`Distribution::mean`]; of recorded values the mean squared deviation.
    #[must_use]
    pub fn variance(&self) -> f64 {
        match *self {
            Distribution::Constant { .. } => 0.0,
            Distribution::Exponential { mean } => mean * mean,
            Distribution::Erlang { k, mean } => mean * mean / f64::from(k),
            Distribution::Gamma { shape, mean } => mean * mean / shape,
            Distribution::Normal { mean, sd } if sd > 0.0 => {
                let alpha = -mean / sd;
                let hazard = normal_hazard(alpha);
                sd * sd * (1.0 + alpha * hazard - hazard * hazard)
            }
            Distribution::Normal { .. } => 0.0,
            Distribution::Lognormal { sd, .. } => sd * sd,
            Distribution::Weibull { shape, scale } => {
                let mean = scale * libm::tgamma(1.0 + 1.0 / shape);
                mean * mean * weibull_squared_variation(1.0 / shape)
            }
            Distribution::Triangular { minimum, mode, maximum } => {
                let range = maximum - minimum;
                (range * range - (mode - minimum) * (maximum - mode)) / 18.0
            }
            Distribution::Uniform { minimum, maximum } => {
                let range = maximum - minimum;
                range * range / 12.0
            }
            Distribution::Beta { a, b, minimum, maximum } => {
                let range = maximum - minimum;
                range * range * (a / (a + b)) * (b / (a + b)) / (a + b + 1.0)
            }
            Distribution::Poisson { mean } => mean,
            Distribution::Geometric { mean } => mean * (mean - 1.0),
            Distribution::Empirical(ref empirical) => empirical.variance(),
        }
    }

    /// Squared coefficient of variation, variance / mean²; 0 when the mean is 0.
    #[must_use]
    pub fn squared_variation(&self) -> f64 {
        let mean = self.mean();
        if mean == 0.0 { 0.0 } else { self.variance() / (mean * mean) }
    }

    /// Probability that a draw is below 0; of the normal, that its *first* draw is and must be drawn
    /// again: `erfc(mean / (sd·√2)) / 2`.
    #[must_use]
    pub fn probability_negative(&self) -> f64 {
        match *self {
            Distribution::Normal { mean, sd } if sd > 0.0 => 0.5 * libm::erfc(mean / sd * FRAC_1_SQRT_2),
            _ if self.minimum() >= 0.0 => 0.0,
            _ if self.maximum() < 0.0 => 1.0,
            Distribution::Uniform { minimum, maximum } => -minimum / (maximum - minimum),
            Distribution::Triangular { minimum, mode, maximum } if mode >= 0.0 => {
                minimum * minimum / ((maximum - minimum) * (mode - minimum))
            }
            Distribution::Triangular { minimum, mode, maximum } => {
                1.0 - maximum * maximum / ((maximum - minimum) * (maximum - mode))
            }
            Distribution::Beta { a, b, minimum, maximum } => incomplete_beta(a, b, -minimum / (maximum - minimum)),
            Distribution::Empirical(ref empirical) => empirical.share_negative(),
            _ => 0.0,
        }
    }

    /// Smallest value a draw can have, or its limit from below.
    #[must_use]
    pub fn minimum(&self) -> f64 {
        match *self {
            Distribution::Constant { value } => value,
            Distribution::Normal { mean, sd: 0.0 } | Distribution::Lognormal { mean, sd: 0.0 } => mean,
            Distribution::Exponential { .. }
            | Distribution::Erlang { .. }
            | Distribution::Gamma { .. }
            | Distribution::Normal { .. }
            | Distribution::Lognormal { .. }
            | Distribution::Weibull { .. }
            | Distribution::Poisson { .. } => 0.0,
            Distribution::Triangular { minimum, .. }
            | Distribution::Uniform { minimum, .. }
            | Distribution::Beta { minimum, .. } => minimum,
            Distribution::Geometric { .. } => 1.0,
            Distribution::Empirical(ref empirical) => empirical.values.first().copied().unwrap_or(f64::NAN),
        }
    }

    /// Largest value a draw can have; infinite where there is none.
    #[must_use]
    pub fn maximum(&self) -> f64 {
        match *self {
            Distribution::Constant { value } => value,
            Distribution::Normal { mean, sd: 0.0 } | Distribution::Lognormal { mean, sd: 0.0 } => mean,
            Distribution::Exponential { mean: 0.0 }
            | Distribution::Erlang { mean: 0.0, .. }
            | Distribution::Gamma { mean: 0.0, .. }
            | Distribution::Weibull { scale: 0.0, .. }
            | Distribution::Poisson { mean: 0.0 } => 0.0,
            Distribution::Geometric { mean: 1.0 } => 1.0,
            Distribution::Exponential { .. }
            | Distribution::Erlang { .. }
            | Distribution::Gamma { .. }
            | Distribution::Normal { .. }
            | Distribution::Lognormal { .. }
            | Distribution::Weibull { .. }
            | Distribution::Poisson { .. }
            | Distribution::Geometric { .. } => f64::INFINITY,
            Distribution::Triangular { maximum, .. }
            | Distribution::Uniform { maximum, .. }
            | Distribution::Beta { maximum, .. } => maximum,
            Distribution::Empirical(ref empirical) => empirical.values.last().copied().unwrap_or(f64::NAN),
        }
    }
}

#[allow(clippy::cast_precision_loss)] // counts of recorded values are far below 2^53
impl Empirical {
    fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / self.values.len() as f64
    }

    fn share_negative(&self) -> f64 {
        self.values.partition_point(|value| *value < 0.0) as f64 / self.values.len() as f64
    }
}
