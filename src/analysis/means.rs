//! Means of expressions, exact wherever the family allows it, and the warning about normals that
//! are often below 0. It knows nothing of the flow.

use num_traits::{One, Signed, Zero};

use crate::base::Rational;
use crate::base::quantity::to_f64;
use crate::diag::{Diagnostic, codes};
use crate::ir::{Binary, Distribution as Drawn, Expression, Function, ItemId, NodeKind, Plant, Supply, Unary};
use crate::runtime::distributions::{Distribution, Empirical};

use super::figures::{count, exact, over, percent, time};

/// Share of draws below 0 that are drawn again without a word: 0.1 %.
const NEGATIVE_SHARE: f64 = 0.001;
/// Below this share of redraws the truncated mean equals the written one to the last bit of a float.
const NEVER: f64 = 1e-18;

/// Whether items of type `item` may go where a `wanted` is asked for: it is one, or a subtype.
/// O(depth of the types), bounded by their number, so that a broken circle of `is` ends.
#[must_use]
pub(super) fn is_a(plant: &Plant, item: ItemId, wanted: ItemId) -> bool {
    plant.is_a(item, wanted)
}

/// The mean of an expression in base units, for items of a type. `None` when it depends on what only
/// a run knows: attributes, the time, levels, conditions.
#[must_use]
pub(super) fn mean(plant: &Plant, expression: &Expression, item: Option<ItemId>) -> Option<Rational> {
    let of = |e: &Expression| mean(plant, e, item);
    match expression {
        Expression::Constant(q) => Some(q.value.clone()),
        Expression::Draw(drawn) => drawn_mean(drawn, &of),
        Expression::Mixture(list) => {
            let mut sum = Rational::zero();
            for (share, part) in list {
                sum += share * of(part)?;
            }
            Some(sum)
        }
        Expression::ByItem(list, rest) => {
            let item = item?;
            let own = list.iter().find(|(i, _)| *i == item);
            let found = own.or_else(|| list.iter().find(|(i, _)| is_a(plant, item, *i)));
            of(found.map(|(_, e)| e).or(rest.as_deref())?)
        }
        Expression::Unary(Unary::Negate, a) => Some(-of(a)?),
        Expression::Binary(op, a, b) => {
            let (a_mean, b_mean) = (of(a)?, of(b)?);
            match op {
                Binary::Add => Some(a_mean + b_mean),
                Binary::Subtract => Some(a_mean - b_mean),
                // Draws are independent of each other, so the mean of a product is the product of means.
                Binary::Multiply => Some(a_mean * b_mean),
                Binary::Divide if is_constant(b) => over(&a_mean, &b_mean),
                _ => None,
            }
        }
        Expression::Call(function, args) if args.iter().all(is_constant) => {
            let values = args.iter().map(of).collect::<Option<Vec<_>>>()?;
            let first = values.first()?.clone();
            match function {
                Function::Minimum => values.into_iter().min(),
                Function::Maximum => values.into_iter().max(),
                Function::Absolute => Some(first.abs()),
                Function::Floor => Some(first.floor().into()),
                Function::Ceiling => Some(first.ceil().into()),
                Function::Round => Some(Rational::from(crate::base::ticks::round_half_even(&first))),
                Function::SquareRoot => exact(to_f64(&first).sqrt()),
            }
        }
        Expression::Unary(Unary::Not, _)
        | Expression::Call(..)
        | Expression::Attribute { .. }
        | Expression::Over(..)
        | Expression::Now
        | Expression::Wip
        | Expression::Level(_)
        | Expression::Room(_)
        | Expression::Free(_)
        | Expression::State(_)
        | Expression::Step
        | Expression::StepName
        | Expression::If(..) => None,
    }
}

/// The mean of the square of an expression, for items of a type; `None` as for [`mean`], and where it has no
/// simple form.
#[must_use]
pub(super) fn mean_square(plant: &Plant, expression: &Expression, item: Option<ItemId>) -> Option<Rational> {
    let of = |e: &Expression| mean_square(plant, e, item);
    match expression {
        Expression::Constant(q) => Some(&q.value * &q.value),
        Expression::Draw(drawn) => {
            let known = constant_distribution(drawn)?;
            exact(known.variance() + known.mean() * known.mean())
        }
        Expression::Mixture(list) => {
            list.iter().try_fold(Rational::zero(), |sum, (share, e)| Some(sum + share * of(e)?))
        }
        Expression::ByItem(list, rest) => {
            let item = item?;
            let own = list.iter().find(|(i, _)| *i == item);
            let found = own.or_else(|| list.iter().find(|(i, _)| is_a(plant, item, *i)));
            of(found.map(|(_, e)| e).or(rest.as_deref())?)
        }
        Expression::Unary(Unary::Negate, a) => of(a),
        Expression::Binary(op, a, b) => {
            let means = mean(plant, a, item).zip(mean(plant, b, item));
            match op {
                Binary::Add | Binary::Subtract => {
                    let twice = means.map(|(x, y)| x * y * count(2))?;
                    let squares = of(a)? + of(b)?;
                    Some(if *op == Binary::Add { squares + twice } else { squares - twice })
                }
                Binary::Multiply => Some(of(a)? * of(b)?),
                Binary::Divide if is_constant(b) => over(&of(a)?, &of(b)?),
                _ => None,
            }
        }
        other if is_constant(other) => mean(plant, other, item).map(|m| &m * &m),
        _ => None,
    }
}

/// Whether every evaluation gives the same value.
#[must_use]
pub(super) fn is_constant(expression: &Expression) -> bool {
    match expression {
        Expression::Constant(_) => true,
        Expression::Unary(_, a) => is_constant(a),
        Expression::Binary(_, a, b) => is_constant(a) && is_constant(b),
        Expression::Call(_, args) => args.iter().all(is_constant),
        _ => false,
    }
}

/// The exact mean of the families that have one in their parameters; the others by the float of
/// [`Distribution::mean`].
fn drawn_mean(drawn: &Drawn, of: &dyn Fn(&Expression) -> Option<Rational>) -> Option<Rational> {
    match drawn {
        Drawn::Exponential { mean }
        | Drawn::Erlang { mean, .. }
        | Drawn::Gamma { mean, .. }
        | Drawn::Lognormal { mean, .. }
        | Drawn::Poisson { mean }
        | Drawn::Geometric { mean } => of(mean),
        Drawn::Triangular { minimum, mode, maximum } => Some((of(minimum)? + of(mode)? + of(maximum)?) / count(3)),
        Drawn::Uniform { minimum, maximum } => Some((of(minimum)? + of(maximum)?) / count(2)),
        Drawn::Beta { a, b, minimum, maximum } => {
            let (a, b, minimum, maximum) = (of(a)?, of(b)?, of(minimum)?, of(maximum)?);
            let share = over(&a, &(&a + b))?;
            Some(&minimum + share * (maximum - &minimum))
        }
        Drawn::Normal { mean, .. } => {
            let known = constant_distribution(drawn)?;
            if known.probability_negative() < NEVER { of(mean) } else { exact(known.mean()) }
        }
        Drawn::Weibull { .. } | Drawn::Empirical { .. } => exact(constant_distribution(drawn)?.mean()),
    }
}

/// A distribution with constant parameters, in base units.
fn constant_distribution(drawn: &Drawn) -> Option<Distribution> {
    let value = |e: &Expression| e.constant().map(|q| to_f64(&q.value));
    let known = match drawn {
        Drawn::Normal { mean, sd } => Distribution::Normal { mean: value(mean)?, sd: value(sd)? },
        Drawn::Weibull { shape, scale } => Distribution::Weibull { shape: value(shape)?, scale: value(scale)? },
        Drawn::Empirical { values } => Distribution::Empirical(Empirical::new(values.clone())),
        Drawn::Exponential { mean } => Distribution::Exponential { mean: value(mean)? },
        Drawn::Erlang { k, mean } => Distribution::Erlang { k: *k, mean: value(mean)? },
        Drawn::Gamma { shape, mean } => Distribution::Gamma { shape: value(shape)?, mean: value(mean)? },
        Drawn::Lognormal { mean, sd } => Distribution::Lognormal { mean: value(mean)?, sd: value(sd)? },
        Drawn::Triangular { minimum, mode, maximum } => {
            Distribution::Triangular { minimum: value(minimum)?, mode: value(mode)?, maximum: value(maximum)? }
        }
        Drawn::Uniform { minimum, maximum } => {
            Distribution::Uniform { minimum: value(minimum)?, maximum: value(maximum)? }
        }
        Drawn::Beta { a, b, minimum, maximum } => {
            Distribution::Beta { a: value(a)?, b: value(b)?, minimum: value(minimum)?, maximum: value(maximum)? }
        }
        Drawn::Poisson { mean } => Distribution::Poisson { mean: value(mean)? },
        Drawn::Geometric { mean } => Distribution::Geometric { mean: value(mean)? },
    };
    known.check().is_ok().then_some(known)
}

/// One warning per normal of a plant that is below 0 in more than 0.1 % of its draws (semantics.md N2).
pub(super) fn often_negative(plant: &Plant, found: &mut Vec<Diagnostic>) {
    for node in plant.nodes.values() {
        match &node.kind {
            NodeKind::Source(source) => {
                if let Supply::Every(every) = &source.supply {
                    check(every, &node.name, "interval", node.span, found);
                }
                if let Supply::ByHours { hours, rest } = &source.supply {
                    for every in hours.iter().map(|(_, e)| e).chain(rest.as_deref()) {
                        check(every, &node.name, "interval", node.span, found);
                    }
                }
                check(&source.first, &node.name, "first arrival", node.span, found);
            }
            NodeKind::Station(station) => {
                for phase in station.recipes.iter().flat_map(|r| &r.phases) {
                    check(&phase.duration, &node.name, &phase.name, phase.span, found);
                }
                for b in &station.breakdowns {
                    check(&b.after, &node.name, &format!("{} after", b.name), b.span, found);
                    check(&b.repair, &node.name, &format!("{} repair", b.name), b.span, found);
                }
                for m in &station.maintenance {
                    check(&m.every, &node.name, &format!("{} every", m.name), m.span, found);
                    check(&m.lasts, &node.name, &format!("{} duration", m.name), m.span, found);
                }
                if let Some(setup) = &station.setup {
                    let times = setup.pairs.iter().map(|(_, _, e)| e).chain(setup.values.iter().map(|(_, _, e)| e));
                    let times = times.chain(&setup.otherwise);
                    times.for_each(|e| check(e, &node.name, "setup", setup.span, found));
                }
                for setup in station.recipes.iter().filter_map(|r| r.setup.as_ref()) {
                    setup.otherwise.iter().for_each(|e| check(e, &node.name, "setup", setup.span, found));
                }
            }
            NodeKind::Conveyor(belt) => {
                for b in &belt.breakdowns {
                    check(&b.after, &node.name, &format!("{} after", b.name), b.span, found);
                    check(&b.repair, &node.name, &format!("{} repair", b.name), b.span, found);
                }
                for m in &belt.maintenance {
                    check(&m.every, &node.name, &format!("{} every", m.name), m.span, found);
                    check(&m.lasts, &node.name, &format!("{} duration", m.name), m.span, found);
                }
            }
            NodeKind::Buffer(buffer) => {
                if let Some(transit) = &buffer.transit {
                    check(transit, &node.name, "transit", node.span, found);
                }
            }
            NodeKind::Sink => {}
        }
    }
    for visit in plant.visits.values() {
        if let Some(cycle) = &visit.cycle {
            check(cycle, &visit.name, "cycle", visit.span, found);
        }
    }
}

fn check(expression: &Expression, name: &str, what: &str, span: crate::base::Span, found: &mut Vec<Diagnostic>) {
    match expression {
        Expression::Draw(drawn) => {
            let Drawn::Normal { mean, .. } = drawn.as_ref() else { return };
            let Some(known) = constant_distribution(drawn) else { return };
            let share = known.probability_negative();
            let (Some(written), Some(share_exact), Some(truncated)) =
                (mean.constant(), exact(share), exact(known.mean()))
            else {
                return;
            };
            if share <= NEGATIVE_SHARE {
                return;
            }
            let factor = over(&truncated, &written.value).unwrap_or_else(Rational::one);
            found.push(
                Diagnostic::new(
                    codes::NORMAL_BELOW_ZERO,
                    span,
                    format!(
                        "the normal {what} of `{name}` is below 0 in {} of its draws; drawn again, its mean is {}, not {}",
                        percent(&share_exact),
                        time(&truncated),
                        time(&written.value),
                    ),
                )
                .label(format!("mean {} after redrawing", time(&truncated)))
                .note(format!(
                    "a draw below 0 is drawn again, which lifts the mean by a factor of {}; loads are computed with it",
                    super::figures::rational(&factor)
                ))
                .help("use `lognormal` or `gamma` with the same mean and spread: their draws are never below 0"),
            );
        }
        Expression::Mixture(list) => list.iter().for_each(|(_, e)| check(e, name, what, span, found)),
        Expression::ByItem(list, rest) => {
            list.iter().for_each(|(_, e)| check(e, name, what, span, found));
            if let Some(rest) = rest {
                check(rest, name, what, span, found);
            }
        }
        Expression::Unary(_, a) => check(a, name, what, span, found),
        Expression::Binary(_, a, b) => {
            check(a, name, what, span, found);
            check(b, name, what, span, found);
        }
        _ => {}
    }
}
