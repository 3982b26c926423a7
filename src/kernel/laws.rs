//! Turns expressions of the plant into draw records: a family that kernel code knows, or a law that
//! the host evaluates.

use crate::base::quantity::to_f64;
use crate::base::{Rational, Ticks};
use crate::ir::ids::Id;
use crate::ir::{Distribution as Drawn, Expression, NodeId, Plant};
use crate::runtime::distributions::{Distribution, Empirical};

use super::host::{DrawnFamily, Law};
use super::layout::{buffer, machine, pool};
use super::model::ByNode;
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

/// Where laws find what they read.
pub struct Context<'a> {
    /// The plant.
    pub plant: &'a Plant,
    /// Records of the nodes.
    pub nodes: &'a [i64],
    /// First machine and number of machines of each station.
    pub machines: &'a ByNode<(i64, u64)>,
    /// Records of the pools.
    pub pools: &'a [i64],
    /// Byte offset of the first attribute in an item.
    pub attributes: i32,
    /// Whether items carry visits.
    pub visits: bool,
    /// Values over all items loaded that the station computes when it loads.
    pub kept: &'a [Expression],
}

/// The family of a duration.
///
/// # Errors
/// When a constant does not fit.
pub fn family(expression: &Expression) -> Result<Family, String> {
    Ok(match expression {
        Expression::Constant(_) => Family::Constant,
        e if e.reads() => Family::Computed,
        _ => Family::Random,
    })
}

/// The recipe of an expression in seconds.
///
/// # Errors
/// When a constant does not fit.
pub fn recipe(expression: &Expression, context: &Context) -> Result<Recipe, String> {
    let mut streams = 0;
    let law = law(expression, &mut streams, context)?;
    let family = family(expression)?;
    let Expression::Constant(q) = expression else { return Ok(Recipe { family, ticks: 0, law }) };
    let ticks = Ticks::from_seconds(&q.value).filter(|t| t.0 >= 0).ok_or("a duration is out of range")?;
    Ok(Recipe { family, ticks: ticks.0, law })
}

/// The law with its streams placed: `place` is called once per stream, in written order.
pub fn bind(law: &Law, place: &mut dyn FnMut() -> i64) -> Law {
    let mut law = law.clone();
    place_streams(&mut law, place);
    law
}

/// Places the streams of a law: `place` is called once per stream, in written order.
pub fn place_streams(law: &mut Law, place: &mut dyn FnMut() -> i64) {
    match law {
        Law::Sample(_, stream) => *stream = place(),
        Law::Mixture(_, laws, stream) | Law::Drawn(_, laws, stream) => {
            *stream = place();
            laws.iter_mut().for_each(|l| place_streams(l, place));
        }
        Law::Unary(_, a) => place_streams(a, place),
        Law::Binary(_, a, b) => {
            place_streams(a, place);
            place_streams(b, place);
        }
        Law::Call(_, laws) | Law::ByItem(_, laws) => laws.iter_mut().for_each(|l| place_streams(l, place)),
        Law::If(list, rest) => {
            for (condition, value) in list {
                place_streams(condition, place);
                place_streams(value, place);
            }
            place_streams(rest, place);
        }
        Law::Constant(_)
        | Law::Word(_)
        | Law::Attribute(_)
        | Law::Kept(_)
        | Law::Now
        | Law::Wip(_)
        | Law::Step(_)
        | Law::StepName(_)
        | Law::Room(..)
        | Law::Busy(..) => {}
    }
}

/// The law of an expression in base units.
///
/// # Errors
/// When a parameter of a distribution is not sound.
pub fn law(expression: &Expression, streams: &mut i64, context: &Context) -> Result<Law, String> {
    let mut stream = || {
        *streams += 1;
        *streams - 1
    };
    match expression {
        Expression::Level(id) | Expression::Room(id) | Expression::State(id) if context.plant.is_elsewhere(*id) => {
            return Err("a value reads a node that is run elsewhere".to_string());
        }
        Expression::Wip if !context.plant.elsewhere.is_empty() => {
            return Err("a value counts items that are elsewhere".to_string());
        }
        _ => {}
    }
    let node = |id: &NodeId| context.nodes.get(id.index()).copied().unwrap_or(0);
    let of = |e: &Expression, streams: &mut i64| law(e, streams, context);
    Ok(match expression {
        Expression::Constant(q) => Law::Constant(to_f64(&q.value)),
        Expression::Draw(drawn) => {
            let at = stream();
            if drawn.parameters().all(|p| p.constant().is_some()) {
                Law::Sample(distribution(drawn)?.sampler(), at)
            } else {
                let laws = drawn.parameters().map(|p| of(p, streams)).collect::<Result<_, _>>()?;
                Law::Drawn(drawn_family(drawn), laws, at)
            }
        }
        Expression::Mixture(list) => {
            let at = stream();
            let mut sum = Rational::from(0);
            let mut uppers = Vec::new();
            let mut laws = Vec::new();
            for (share, part) in list {
                sum += share;
                uppers.push(to_f64(&sum));
                laws.push(of(part, streams)?);
            }
            Law::Mixture(uppers, laws, at)
        }
        Expression::Unary(op, a) => Law::Unary(*op, Box::new(of(a, streams)?)),
        Expression::Binary(op, a, b) => {
            let a = of(a, streams)?;
            Law::Binary(*op, Box::new(a), Box::new(of(b, streams)?))
        }
        Expression::Call(function, args) => {
            Law::Call(*function, args.iter().map(|a| of(a, streams)).collect::<Result<_, _>>()?)
        }
        Expression::ByItem(list, rest) => {
            let mut laws = Vec::new();
            for (_, e) in list {
                laws.push(of(e, streams)?);
            }
            if let Some(rest) = rest {
                laws.push(of(rest, streams)?);
            }
            let nothing = if rest.is_some() { list.len() } else { usize::MAX };
            let table = context
                .plant
                .items
                .ids()
                .map(|t| {
                    let own = list.iter().position(|(i, _)| *i == t);
                    own.or_else(|| list.iter().position(|(i, _)| context.plant.is_a(t, *i))).unwrap_or(nothing)
                })
                .collect();
            Law::ByItem(table, laws)
        }
        Expression::Attribute { slot, .. } => {
            Law::Attribute(context.attributes.saturating_add(i32::try_from(slot * 8).unwrap_or(i32::MAX)))
        }
        Expression::Over(..) => {
            let at = context.kept.iter().position(|e| e == expression);
            let at = at.ok_or("a value over all items loaded stands where nothing is loaded")?;
            Law::Kept(i32::try_from(8 * at).unwrap_or(0))
        }
        Expression::StepName => {
            if context.visits {
                Law::StepName(super::layout::item::VISIT.offset)
            } else {
                Law::Constant(0.0)
            }
        }
        Expression::Step => {
            if context.visits {
                Law::Step(super::layout::item::VISIT.offset)
            } else {
                Law::Constant(0.0)
            }
        }
        Expression::Now => Law::Now,
        Expression::Wip => Law::Wip(context.plant.items.len()),
        Expression::Level(id) => match context.machines.get(&id.index()) {
            Some((first, machines)) => Law::Busy(*first, *machines, true),
            None => Law::Word(node(id) + i64::from(buffer::LEVEL.offset)),
        },
        Expression::Room(id) => match context.machines.get(&id.index()) {
            Some((first, machines)) => Law::Busy(*first, *machines, false),
            None => {
                let at = node(id);
                Law::Room(at + i64::from(buffer::CAPACITY.offset), at + i64::from(buffer::LEVEL.offset))
            }
        },
        Expression::State(id) => {
            let first = context.machines.get(&id.index()).map_or(0, |(first, _)| *first);
            Law::Word(first + i64::from(machine::STATE.offset))
        }
        Expression::Free(id) => {
            let at = context.pools.get(id.index()).copied().unwrap_or(0);
            Law::Room(at + i64::from(pool::SIZE.offset), at + i64::from(pool::BUSY.offset))
        }
        Expression::If(list, rest) => {
            let mut laws = Vec::new();
            for (condition, value) in list {
                let condition = of(condition, streams)?;
                laws.push((condition, of(value, streams)?));
            }
            Law::If(laws, Box::new(of(rest, streams)?))
        }
    })
}

fn drawn_family(drawn: &Drawn) -> DrawnFamily {
    match drawn {
        Drawn::Exponential { .. } => DrawnFamily::Exponential,
        Drawn::Erlang { k, .. } => DrawnFamily::Erlang(*k),
        Drawn::Gamma { .. } => DrawnFamily::Gamma,
        Drawn::Normal { .. } => DrawnFamily::Normal,
        Drawn::Lognormal { .. } => DrawnFamily::Lognormal,
        Drawn::Weibull { .. } => DrawnFamily::Weibull,
        Drawn::Triangular { .. } => DrawnFamily::Triangular,
        Drawn::Uniform { .. } => DrawnFamily::Uniform,
        Drawn::Beta { .. } => DrawnFamily::Beta,
        Drawn::Poisson { .. } => DrawnFamily::Poisson,
        Drawn::Geometric { .. } | Drawn::Empirical { .. } => DrawnFamily::Geometric,
    }
}

/// The mean of a constant, a plain distribution, or a choice by chance among such, in base units.
#[must_use]
pub fn mean(expression: &Expression) -> Option<f64> {
    match expression {
        Expression::Constant(q) => Some(to_f64(&q.value)),
        Expression::Draw(drawn) => distribution(drawn).ok().map(|d| d.mean()),
        Expression::Mixture(list) => {
            list.iter().try_fold(0.0, |sum, (share, part)| Some(sum + to_f64(share) * mean(part)?))
        }
        _ => None,
    }
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
