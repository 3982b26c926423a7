//! Solves the flow network exactly: every flow becomes a sum over the few rates that stay free
//! (usually one per source). Circles are cut at one state each, whose inflow is an unknown of its
//! own, so that a serial line of 10,000 stations is one pass and a rework loop one equation.

use std::collections::BTreeMap;

use num_traits::{One, Signed};

use crate::base::Rational;

use super::figures::bounded;
use super::network::{Network, Parameter, Term};

/// A sum over parameters: index and factor.
pub(super) type Form = BTreeMap<usize, Rational>;

/// Flows in free rates.
pub(super) struct Traffic {
    /// Per state, over free parameters only.
    flows: Vec<Form>,
    /// Per parameter, over free parameters only.
    parameters: Vec<Form>,
    /// The free parameters, in order.
    pub free: Vec<usize>,
}

impl Traffic {
    /// Solves the network. O(states + arrows) for lines with few loops; a balance costs the number of
    /// rates in it.
    pub fn of(network: &mut Network) -> Traffic {
        let (order, cut) = order(network);
        let mut sums: Vec<Form> = vec![Form::new(); network.states.len()];
        for (at, list) in network.inflows.iter().enumerate() {
            for (parameter, factor) in list {
                add(&mut sums, at, &Form::from([(*parameter, Rational::one())]), factor);
            }
        }
        let mut equations: Vec<(Form, Option<usize>)> = Vec::new();
        let mut circles = Vec::new();
        let mut flows: Vec<Form> = vec![Form::new(); network.states.len()];
        for at in order {
            let flow = if cut.get(at).copied().unwrap_or(false) {
                let own = network.parameter(Parameter::Circulation);
                circles.push((at, own));
                Form::from([(own, Rational::one())])
            } else {
                sums.get(at).cloned().unwrap_or_default()
            };
            for (to, share) in network.edges.get(at).into_iter().flatten() {
                add(&mut sums, *to, &flow, share);
            }
            if let Some(place) = flows.get_mut(at) {
                *place = flow;
            }
        }
        for (at, own) in circles {
            let mut sum = sums.get(at).cloned().unwrap_or_default();
            add_to(&mut sum, &Form::from([(own, Rational::one())]), &-Rational::one());
            equations.push((sum, Some(own)));
        }
        for balance in &network.balances {
            let mut sum = Form::new();
            for (term, factor) in balance {
                match term {
                    Term::State(at) => add_to(&mut sum, flows.get(*at).unwrap_or(&Form::new()), factor),
                    Term::Parameter(at) => add_to(&mut sum, &Form::from([(*at, Rational::one())]), factor),
                }
            }
            equations.push((sum, None));
        }
        let parameters = eliminate(network, equations);
        let free = (0..parameters.len()).filter(|p| parameters.get(*p).is_some_and(|f| f.contains_key(p))).collect();
        let flows = flows.iter().map(|f| substitute(f, &parameters)).collect();
        Traffic { flows, parameters, free }
    }

    /// A rate over free parameters.
    pub fn form(&self, term: Term) -> &Form {
        static EMPTY: Form = Form::new();
        match term {
            Term::State(at) => self.flows.get(at),
            Term::Parameter(at) => self.parameters.get(at),
        }
        .unwrap_or(&EMPTY)
    }

    /// Rates that can go below 0 for some values of the free ones.
    pub fn signed(&self) -> impl Iterator<Item = &Form> {
        self.parameters.iter().filter(|f| f.values().any(Signed::is_negative))
    }
}

/// A sum at a point: the value of every free rate.
pub(super) fn value_at(form: &Form, point: &BTreeMap<usize, Rational>) -> Rational {
    form.iter().filter_map(|(p, f)| point.get(p).map(|v| v * f)).fold(Rational::ZERO, |a, b| a + b)
}

/// Adds `factor` times a form to another.
pub(super) fn add_to(sum: &mut Form, form: &Form, factor: &Rational) {
    if factor.is_zero() {
        return;
    }
    for (at, value) in form {
        let more = if factor.is_one() { value.clone() } else { bounded(value * factor) };
        match sum.get_mut(at) {
            None => {
                sum.insert(*at, more);
            }
            Some(entry) => {
                *entry = bounded(&*entry + more);
                if entry.is_zero() {
                    sum.remove(at);
                }
            }
        }
    }
}

fn add(sums: &mut [Form], at: usize, form: &Form, factor: &Rational) {
    if let Some(sum) = sums.get_mut(at) {
        add_to(sum, form, factor);
    }
}

fn substitute(form: &Form, known: &[Form]) -> Form {
    let mut result = Form::new();
    for (at, factor) in form {
        match known.get(*at) {
            Some(value) => add_to(&mut result, value, factor),
            None => add_to(&mut result, &Form::from([(*at, Rational::one())]), factor),
        }
    }
    result
}

/// An order of the states in which every arrow but those into cut states leads forward (reverse
/// postorder of a depth-first walk), and which states are cut.
fn order(network: &Network) -> (Vec<usize>, Vec<bool>) {
    let n = network.states.len();
    let (mut seen, mut open, mut cut) = (vec![false; n], vec![false; n], vec![false; n]);
    let mut post = Vec::with_capacity(n);
    for root in 0..n {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        open[root] = true;
        let mut stack = vec![(root, 0)];
        while let Some((at, next)) = stack.pop() {
            let Some((to, _)) = network.edges.get(at).and_then(|e| e.get(next)) else {
                open[at] = false;
                post.push(at);
                continue;
            };
            stack.push((at, next + 1));
            if open[*to] {
                cut[*to] = true;
            } else if !std::mem::replace(&mut seen[*to], true) {
                open[*to] = true;
                stack.push((*to, 0));
            }
        }
    }
    post.reverse();
    (post, cut)
}

/// Gaussian elimination over sparse sums that are 0; every parameter in free ones.
fn eliminate(network: &Network, equations: Vec<(Form, Option<usize>)>) -> Vec<Form> {
    let n = network.parameters.len();
    let mut solved: Vec<Option<Form>> = vec![None; n];
    let mut rank: Vec<usize> = vec![usize::MAX; n];
    let mut sequence = Vec::new();
    for (equation, own) in equations {
        let mut rest = equation;
        // Earlier solutions may hold parameters solved later, so substitute in the order of solving.
        while let Some(at) = rest.keys().copied().filter(|p| rank[*p] != usize::MAX).min_by_key(|p| rank[*p]) {
            let Some(factor) = rest.remove(&at) else { break };
            if let Some(Some(value)) = solved.get(at) {
                add_to(&mut rest, value, &factor);
            }
        }
        let preference = |p: usize| {
            let kind = match network.parameters.get(p) {
                _ if own == Some(p) => 4,
                Some(Parameter::Circulation) => 3,
                Some(Parameter::Recipe(..)) => 2,
                Some(Parameter::Branch) => 1,
                Some(Parameter::Source(_)) | None => 0,
            };
            (kind, p)
        };
        let Some(pivot) = rest.keys().copied().max_by_key(|p| preference(*p)) else { continue };
        let Some(factor) = rest.remove(&pivot) else { continue };
        let mut value = Form::new();
        add_to(&mut value, &rest, &(-Rational::one() / factor));
        solved[pivot] = Some(value);
        rank[pivot] = sequence.len();
        sequence.push(pivot);
    }
    let mut result: Vec<Form> = (0..n).map(|p| Form::from([(p, Rational::one())])).collect();
    for pivot in sequence.into_iter().rev() {
        if let Some(Some(value)) = solved.get(pivot) {
            result[pivot] = substitute(value, &result);
        }
    }
    result
}
