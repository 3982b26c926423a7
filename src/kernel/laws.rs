//! Turns expressions of the plant into draw records: a family that kernel code knows, or a law that
//! the host evaluates.

use crate::base::quantity::to_f64;
use crate::base::{Rational, Ticks};
use crate::ir::{Distribution as Drawn, Expression};
use crate::runtime::distributions::{Distribution, Empirical};

use super::host::Law;
use super::shape::Family;

/// What a draw record holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The family.
    pub family: Family,
    /// A constant's ticks.
    pub ticks: i64,
    /// The law in seconds, with streams numbered from 0 in written order.
    pub law: Law,
}

/// The recipe of an expression in seconds.
///
/// # Errors
/// When the expression reads what the kernel cannot give yet, or a constant does not fit.
pub fn recipe(expression: &Expression) -> Result<Recipe, String> {
    let mut streams = 0;
    let law = law(expression, &mut streams)?;
    let Expression::Constant(q) = expression else { return Ok(Recipe { family: Family::Random, ticks: 0, law }) };
    let ticks = Ticks::from_seconds(&q.value).filter(|t| t.0 >= 0).ok_or("a duration is out of range")?;
    Ok(Recipe { family: Family::Constant, ticks: ticks.0, law })
}

/// The law with its streams placed: `place` is called once per stream, in written order.
pub fn bind(law: &Law, place: &mut dyn FnMut() -> i64) -> Law {
    match law {
        Law::Constant(value) => Law::Constant(*value),
        Law::Sample(sampler, _) => Law::Sample(sampler.clone(), place()),
        Law::Mixture(uppers, laws, _) => {
            let stream = place();
            Law::Mixture(uppers.clone(), laws.iter().map(|l| bind(l, place)).collect(), stream)
        }
        Law::Unary(op, a) => Law::Unary(*op, Box::new(bind(a, place))),
        Law::Binary(op, a, b) => {
            let a = bind(a, place);
            Law::Binary(*op, Box::new(a), Box::new(bind(b, place)))
        }
        Law::Call(function, args) => Law::Call(*function, args.iter().map(|a| bind(a, place)).collect()),
    }
}

fn law(expression: &Expression, streams: &mut i64) -> Result<Law, String> {
    let mut stream = || {
        *streams += 1;
        *streams - 1
    };
    Ok(match expression {
        Expression::Constant(q) => Law::Constant(to_f64(&q.value)),
        Expression::Draw(drawn) => Law::Sample(distribution(drawn)?.sampler(), stream()),
        Expression::Mixture(list) => {
            let at = stream();
            let mut sum = Rational::from_integer(0.into());
            let mut uppers = Vec::new();
            let mut laws = Vec::new();
            for (share, part) in list {
                sum += share;
                uppers.push(to_f64(&sum));
                laws.push(law(part, streams)?);
            }
            Law::Mixture(uppers, laws, at)
        }
        Expression::Unary(op, a) => Law::Unary(*op, Box::new(law(a, streams)?)),
        Expression::Binary(op, a, b) => {
            let a = law(a, streams)?;
            Law::Binary(*op, Box::new(a), Box::new(law(b, streams)?))
        }
        Expression::Call(function, args) => {
            Law::Call(*function, args.iter().map(|a| law(a, streams)).collect::<Result<_, _>>()?)
        }
        Expression::ByItem(..)
        | Expression::Attribute { .. }
        | Expression::Now
        | Expression::Level(_)
        | Expression::Room(_)
        | Expression::Free(_)
        | Expression::If(..) => return Err("durations that read items or the floor come later".to_string()),
    })
}

/// The distribution with its parameters as numbers in base units.
///
/// # Errors
/// When a parameter is not constant.
pub fn distribution(drawn: &Drawn) -> Result<Distribution, String> {
    let number = |e: &Expression| {
        e.constant()
            .map(|q| to_f64(&q.value))
            .ok_or_else(|| "distributions with computed parameters come later".to_string())
    };
    Ok(match drawn {
        Drawn::Exponential { mean } => Distribution::Exponential { mean: number(mean)? },
        Drawn::Erlang { k, mean } => Distribution::Erlang { k: *k, mean: number(mean)? },
        Drawn::Gamma { shape, mean } => Distribution::Gamma { shape: number(shape)?, mean: number(mean)? },
        Drawn::Normal { mean, sd } => Distribution::Normal { mean: number(mean)?, sd: number(sd)? },
        Drawn::Lognormal { mean, sd } => Distribution::Lognormal { mean: number(mean)?, sd: number(sd)? },
        Drawn::Weibull { shape, scale } => Distribution::Weibull { shape: number(shape)?, scale: number(scale)? },
        Drawn::Triangular { minimum, mode, maximum } => {
            Distribution::Triangular { minimum: number(minimum)?, mode: number(mode)?, maximum: number(maximum)? }
        }
        Drawn::Uniform { minimum, maximum } => {
            Distribution::Uniform { minimum: number(minimum)?, maximum: number(maximum)? }
        }
        Drawn::Beta { a, b, minimum, maximum } => {
            Distribution::Beta { a: number(a)?, b: number(b)?, minimum: number(minimum)?, maximum: number(maximum)? }
        }
        Drawn::Poisson { mean } => Distribution::Poisson { mean: number(mean)? },
        Drawn::Geometric { mean } => Distribution::Geometric { mean: number(mean)? },
        Drawn::Empirical { values } => Distribution::Empirical(Empirical::new(values.clone())),
    })
}
