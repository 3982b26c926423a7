//! Times as phases: a mixture of sequences of exponential stages, which is what a Markov chain can
//! remember of them (Erlang 1917, Cox 1955). It knows nothing of lines.

use crate::base::quantity::to_f64;
use crate::ir::{Binary, Distribution, Expression, ItemId, Plant};

/// Stages of one time at most; more would only make the chain large.
const STAGES: usize = 200;

/// A time made of exponential stages. Stage 0 is its end; stages count from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Phases {
    /// With which probability it begins in which stage.
    pub begin: Vec<(f64, u8)>,
    /// Of stages 1, 2, …: their rate per second, and the stage after them.
    pub stages: Vec<(f64, u8)>,
}

impl Phases {
    /// No time at all.
    pub fn none() -> Phases {
        Phases { begin: vec![(1.0, 0)], stages: Vec::new() }
    }

    /// Rate and next stage of a stage.
    pub fn stage(&self, at: u8) -> Option<(f64, u8)> {
        self.stages.get(usize::from(at).checked_sub(1)?).copied()
    }

    /// The phases of an expression for items of a type.
    ///
    /// # Errors
    /// Why it has none, in words that follow the name of the time.
    pub fn of(plant: &Plant, expression: &Expression, item: Option<ItemId>) -> Result<Phases, String> {
        Phases::from_sequences(branches(plant, expression, item)?)
    }

    /// A mixture of sequences of stages, each with the rates of its stages.
    ///
    /// # Errors
    /// When there are too many stages.
    pub fn from_sequences(branches: Branches) -> Result<Phases, String> {
        let mut phases = Phases::default();
        for (share, rates) in branches {
            let first = phases.stages.len();
            if first + rates.len() > STAGES {
                return Err(format!("has more than {STAGES} exponential stages"));
            }
            let number = |at: usize| u8::try_from(at).unwrap_or(u8::MAX);
            for (at, rate) in rates.iter().enumerate() {
                let next = if at + 1 < rates.len() { number(first + at + 2) } else { 0 };
                phases.stages.push((*rate, next));
            }
            phases.begin.push((share, if rates.is_empty() { 0 } else { number(first + 1) }));
        }
        Ok(phases)
    }

    /// The sequences of stages it is a mixture of.
    pub fn sequences(&self) -> Branches {
        let follow = |first: u8| {
            let mut rates = Vec::new();
            let mut at = first;
            while let Some((rate, next)) = self.stage(at) {
                rates.push(rate);
                at = next;
            }
            rates
        };
        self.begin.iter().map(|(p, first)| (*p, follow(*first))).collect()
    }
}

/// Sequences of stages, by their rates, with the probability of each.
pub(super) type Branches = Vec<(f64, Vec<f64>)>;

fn branches(plant: &Plant, expression: &Expression, item: Option<ItemId>) -> Result<Branches, String> {
    let of = |e: &Expression| branches(plant, e, item);
    let positive = |e: &Expression| match e.constant().map(|q| to_f64(&q.value)) {
        Some(value) if value > 0.0 => Ok(value),
        Some(_) => Err("is 0".to_string()),
        None => Err("has a mean that only a run knows".to_string()),
    };
    match expression {
        Expression::Constant(q) if q.value.is_zero() => Ok(vec![(1.0, Vec::new())]),
        Expression::Constant(_) => Err("is fixed, not exponential".to_string()),
        Expression::Draw(drawn) => match drawn.as_ref() {
            Distribution::Exponential { mean } => Ok(vec![(1.0, vec![1.0 / positive(mean)?])]),
            Distribution::Erlang { k, mean } => {
                let stages = usize::try_from(*k).unwrap_or(usize::MAX).min(STAGES + 1);
                Ok(vec![(1.0, vec![f64::from(*k) / positive(mean)?; stages])])
            }
            Distribution::Gamma { shape, mean } => {
                let shape = positive(shape)?;
                if shape.fract() != 0.0 || shape > STAGES as f64 {
                    return Err("is a gamma of a shape that is no whole number".to_string());
                }
                Ok(vec![(1.0, vec![shape / positive(mean)?; shape as usize])])
            }
            _ => Err("is neither exponential nor made of exponential stages".to_string()),
        },
        Expression::Mixture(list) => {
            let mut all = Vec::new();
            for (share, part) in list {
                let share = to_f64(share);
                all.extend(of(part)?.into_iter().map(|(p, rates)| (p * share, rates)));
            }
            Ok(all)
        }
        Expression::ByItem(list, rest) => {
            let item = item.ok_or("differs by item")?;
            let own = list.iter().find(|(i, _)| *i == item);
            let found = own.or_else(|| list.iter().find(|(i, _)| plant.is_a(item, *i)));
            of(found.map(|(_, e)| e).or(rest.as_deref()).ok_or("is not given for every item")?)
        }
        Expression::Binary(Binary::Add, a, b) => Ok(one_after_another(&of(a)?, &of(b)?)),
        Expression::Binary(op @ (Binary::Multiply | Binary::Divide), a, b) => {
            let (time, factor) = match (op, a.constant(), b.constant()) {
                (Binary::Multiply, Some(_), _) => (b, positive(a)?),
                (Binary::Multiply, _, Some(_)) => (a, positive(b)?),
                (Binary::Divide, _, Some(_)) => (a, 1.0 / positive(b)?),
                _ => return Err("is a product of times that vary".to_string()),
            };
            let scaled = |rates: Vec<f64>| rates.into_iter().map(|r| r / factor).collect();
            Ok(of(time)?.into_iter().map(|(p, rates)| (p, scaled(rates))).collect())
        }
        _ => Err("depends on what only a run knows".to_string()),
    }
}

/// The sum of two independent times.
pub(super) fn one_after_another(a: &[(f64, Vec<f64>)], b: &[(f64, Vec<f64>)]) -> Branches {
    let both = |(p, first): &(f64, Vec<f64>), (q, then): &(f64, Vec<f64>)| {
        (p * q, first.iter().chain(then).copied().collect())
    };
    a.iter().flat_map(|x| b.iter().map(move |y| both(x, y))).collect()
}
