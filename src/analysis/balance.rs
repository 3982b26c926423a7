//! Of all ways to split an open choice, the one that loads what stands behind it most evenly: the largest load is
//! the smallest there can be, then the second largest, and so on. Only which of equally good points is shown
//! depends on it, no bound and no refusal.
//!
//! Start at [`balanced`].

use num_traits::{One, Zero};

use crate::base::Rational;

use super::capacity::{Model, Point};
use super::load::Resource;
use super::network::{Parameter, Term};
use super::program::Rows;

/// Entries of a program above which loads are shown as they come.
const ENTRIES: usize = 4_000;
/// Loads that are made small one after the other, at most.
const ROUNDS: usize = 16;

/// A point with the rates of the sources of another, loads as even as can be. Cost: a small program for each load
/// that cannot be lowered.
pub(super) fn balanced(model: &Model, mut rows: Rows, point: Point) -> Point {
    let is_choice = |p: &usize| model.network.parameters.get(*p) == Some(&Parameter::Branch);
    let mut uneven: Vec<&Resource> =
        model.resources.iter().filter(|r| r.form.keys().any(is_choice) && !r.capacity().is_zero()).collect();
    let column = model.columns();
    if uneven.len() < 2 || (uneven.len() + column).saturating_mul(column) > ENTRIES {
        return point;
    }
    for (at, parameter) in model.network.parameters.iter().enumerate() {
        if matches!(parameter, Parameter::Source(_)) {
            let form = model.traffic.form(Term::Parameter(at));
            rows.equal(&model.row(form), &model.value(form, &point));
        }
    }
    let mut best = point;
    for _ in 0..ROUNDS {
        let mut all = rows.clone();
        uneven.iter().for_each(|r| at_most(model, &mut all, r, None));
        let Some((least, found)) = lowest(model, &all) else { return best };
        best = found;
        // Those that no other point lowers while the rest stays as low.
        let mut limited = rows.clone();
        uneven.iter().for_each(|r| at_most(model, &mut limited, r, Some(&least)));
        let tight = |r: &&Resource| model.load(r, &best).is_some_and(|load| load >= least);
        let mut fixed: Vec<usize> = Vec::new();
        for (i, r) in uneven.iter().enumerate().filter(|(_, r)| tight(r)) {
            let mut alone = limited.clone();
            at_most(model, &mut alone, r, None);
            if lowest(model, &alone).is_none_or(|(own, _)| own >= least) {
                fixed.push(i);
            }
        }
        if fixed.is_empty() {
            return best;
        }
        for i in fixed.iter().rev() {
            let r = uneven.remove(*i);
            at_most(model, &mut rows, r, Some(&least));
        }
        if uneven.is_empty() {
            return best;
        }
    }
    best
}

/// Adds: the load of a resource is at most a value, or the last column.
fn at_most(model: &Model, rows: &mut Rows, r: &Resource, value: Option<&Rational>) {
    let capacity = r.capacity();
    let sum = model.row(&r.form).into_iter().map(|(c, f)| (c, f / &capacity));
    let always = &r.always / &capacity;
    match value {
        Some(value) => rows.at_most(sum, value - always),
        None => rows.at_most(sum.chain([(model.columns(), -Rational::one())]), -always),
    }
}

/// The smallest value of the last column, and a point that has it.
fn lowest(model: &Model, rows: &Rows) -> Option<(Rational, Point)> {
    let column = model.columns();
    let (value, point) = model.solve(rows, column + 1, &[(column, -Rational::one())])?;
    Some((Rational::zero() - value, point))
}
