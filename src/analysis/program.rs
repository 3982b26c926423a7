//! A small exact linear program: maximise c·x with A·x ≤ b, x ≥ 0, by the simplex method with Bland's
//! rule (Bland 1977), which cannot cycle. Rows are few after parallel ones are merged; columns are the
//! free rates of a plant.

use std::collections::BTreeMap;

use num_traits::{One, Signed, Zero};

use crate::base::Rational;

/// Entries of the table above which a program is not attempted.
const ENTRIES: usize = 400_000;
/// Pivots after which a program is given up.
const PIVOTS: usize = 20_000;

/// Rows of a program, parallel ones merged into the tightest.
#[derive(Clone, Default)]
pub(super) struct Rows {
    rows: BTreeMap<Vec<(usize, Rational)>, Rational>,
}

/// What became of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Solved {
    /// The best value and the point that reaches it.
    Best(Rational, Vec<Rational>),
    /// Nothing limits the value.
    Unbounded,
    /// No point satisfies all rows.
    Infeasible,
    /// Too large.
    TooLarge,
}

impl Rows {
    /// Adds Σ factor·x ≤ bound.
    pub fn at_most(&mut self, sum: impl IntoIterator<Item = (usize, Rational)>, bound: Rational) {
        let mut sum: Vec<(usize, Rational)> = sum.into_iter().filter(|(_, f)| !f.is_zero()).collect();
        sum.sort_unstable_by_key(|(at, _)| *at);
        let scale = sum.first().map_or_else(Rational::one, |(_, f)| f.abs());
        for (_, factor) in &mut sum {
            *factor = &*factor / &scale;
        }
        let bound = bound / scale;
        // Positive rows with a bound of at least 0 and no sums below 0 only limit; x ≥ 0 covers the rest.
        if sum.iter().all(|(_, f)| f.is_negative()) && !bound.is_negative() {
            return;
        }
        let tightest = self.rows.entry(sum).or_insert_with(|| bound.clone());
        if bound < *tightest {
            *tightest = bound;
        }
    }

    /// Adds Σ factor·x = value.
    pub fn equal(&mut self, sum: &[(usize, Rational)], value: &Rational) {
        self.at_most(sum.iter().cloned(), value.clone());
        self.at_most(sum.iter().map(|(at, f)| (*at, -f)), -value.clone());
    }

    /// Maximises over `columns` variables. O(rows × columns) per pivot.
    pub fn maximise(&self, columns: usize, aim: &[(usize, Rational)]) -> Solved {
        if self.rows.len().saturating_mul(columns + 1) > ENTRIES {
            return Solved::TooLarge;
        }
        Table::new(self, columns).solve(columns, aim)
    }
}

/// basic[i] = rhs[i] − Σ cells[i][j] · nonbasic[j].
struct Table {
    cells: Vec<Vec<Rational>>,
    rhs: Vec<Rational>,
    basic: Vec<usize>,
    nonbasic: Vec<usize>,
    pivots: usize,
}

impl Table {
    fn new(rows: &Rows, columns: usize) -> Table {
        let mut cells = Vec::with_capacity(rows.rows.len());
        let mut rhs = Vec::with_capacity(rows.rows.len());
        for (sum, bound) in &rows.rows {
            let mut row = vec![Rational::zero(); columns];
            for (at, factor) in sum {
                if let Some(cell) = row.get_mut(*at) {
                    *cell = factor.clone();
                }
            }
            cells.push(row);
            rhs.push(bound.clone());
        }
        let basic = (columns..columns + rhs.len()).collect();
        Table { cells, rhs, basic, nonbasic: (0..columns).collect(), pivots: 0 }
    }

    fn solve(mut self, columns: usize, aim: &[(usize, Rational)]) -> Solved {
        let worst = (0..self.rhs.len()).min_by(|a, b| self.rhs[*a].cmp(&self.rhs[*b]));
        if let Some(worst) = worst.filter(|w| self.rhs[*w].is_negative()) {
            // Phase 1: an auxiliary variable in every row, driven back to 0.
            let auxiliary = usize::MAX;
            for row in &mut self.cells {
                row.push(-Rational::one());
            }
            self.nonbasic.push(auxiliary);
            self.pivot(worst, self.nonbasic.len() - 1, &mut []);
            let mut goal = self.row_of(auxiliary);
            // Maximise −auxiliary = −rhs + Σ cells·nonbasic.
            if self.run(&mut goal).is_none() {
                return Solved::TooLarge;
            }
            if let Some(at) = self.basic.iter().position(|b| *b == auxiliary) {
                if self.rhs[at].is_positive() {
                    return Solved::Infeasible;
                }
                let Some(column) = (0..self.nonbasic.len()).find(|j| !self.cells[at][*j].is_zero()) else {
                    return Solved::Infeasible;
                };
                self.pivot(at, column, &mut []);
            }
            if let Some(column) = self.nonbasic.iter().position(|n| *n == auxiliary) {
                self.nonbasic.remove(column);
                self.cells.iter_mut().for_each(|row| {
                    row.remove(column);
                });
            }
        }
        let mut goal = vec![Rational::zero(); self.nonbasic.len()];
        for (variable, factor) in aim {
            if let Some(column) = self.nonbasic.iter().position(|n| n == variable) {
                goal[column] += factor;
            } else if let Some(row) = self.basic.iter().position(|b| b == variable) {
                for (g, cell) in goal.iter_mut().zip(&self.cells[row]) {
                    *g -= factor * cell;
                }
            }
        }
        match self.run(&mut goal) {
            None => return Solved::TooLarge,
            Some(false) => return Solved::Unbounded,
            Some(true) => {}
        }
        let mut point = vec![Rational::zero(); columns];
        for (variable, value) in self.basic.iter().zip(&self.rhs) {
            if let Some(place) = point.get_mut(*variable) {
                *place = value.clone();
            }
        }
        let value = aim.iter().filter_map(|(at, f)| point.get(*at).map(|x| f * x)).fold(Rational::zero(), |a, b| a + b);
        Solved::Best(value, point)
    }

    fn row_of(&self, variable: usize) -> Vec<Rational> {
        let row = self.basic.iter().position(|b| *b == variable).and_then(|at| self.cells.get(at)).cloned();
        row.unwrap_or_else(|| {
            self.nonbasic.iter().map(|n| if *n == variable { -Rational::one() } else { Rational::zero() }).collect()
        })
    }

    /// Pivots until no column improves: true; false when a column is unlimited; `None` when given up.
    fn run(&mut self, goal: &mut [Rational]) -> Option<bool> {
        loop {
            let improving =
                (0..self.nonbasic.len()).filter(|j| goal[*j].is_positive()).min_by_key(|j| self.nonbasic[*j]);
            let Some(column) = improving else { return Some(true) };
            let mut leaving: Option<(usize, Rational)> = None;
            for row in 0..self.rhs.len() {
                let cell = &self.cells[row][column];
                if !cell.is_positive() {
                    continue;
                }
                let ratio = &self.rhs[row] / cell;
                let better = leaving
                    .as_ref()
                    .is_none_or(|(at, least)| ratio < *least || (ratio == *least && self.basic[row] < self.basic[*at]));
                if better {
                    leaving = Some((row, ratio));
                }
            }
            let Some((row, _)) = leaving else { return Some(false) };
            self.pivots += 1;
            if self.pivots > PIVOTS {
                return None;
            }
            self.pivot(row, column, goal);
        }
    }

    fn pivot(&mut self, row: usize, column: usize, goal: &mut [Rational]) {
        let pivot = self.cells[row][column].clone();
        let inverse = Rational::one() / &pivot;
        let mut line: Vec<Rational> = self.cells[row].iter().map(|c| c * &inverse).collect();
        line[column] = inverse;
        let value = &self.rhs[row] / &pivot;
        for other in 0..self.rhs.len() {
            let factor = self.cells[other][column].clone();
            if other == row || factor.is_zero() {
                continue;
            }
            for (at, cell) in self.cells[other].iter_mut().enumerate() {
                if at == column {
                    *cell = -(&factor * &line[at]);
                } else {
                    *cell -= &factor * &line[at];
                }
            }
            self.rhs[other] -= &factor * &value;
        }
        if let Some(factor) = goal.get(column).cloned().filter(|f| !f.is_zero()) {
            for (at, cell) in goal.iter_mut().enumerate() {
                if at == column {
                    *cell = -(&factor * &line[at]);
                } else {
                    *cell -= &factor * &line[at];
                }
            }
        }
        self.cells[row] = line;
        self.rhs[row] = value;
        std::mem::swap(&mut self.basic[row], &mut self.nonbasic[column]);
    }
}
