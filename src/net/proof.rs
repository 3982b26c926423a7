//! A proof that a marking cannot be reached: cases of what is missing where, each refuted by the state
//! equation (Murata 1977) with a linear program.

use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};

use super::certificate::{Bounds, Case, Certificate, Leaf, Tree, excludes, usable};
use super::{Net, Question};

/// Transitions times places above which no linear program is set up.
const SIZE: usize = 4_000_000;
/// Largest denominator when a weight is read from a solution.
const DENOMINATOR: i64 = 240;

/// What came of a proof.
#[derive(Clone, Debug)]
pub enum Proved {
    /// No such marking can be reached.
    Never(Certificate),
    /// The state equation allows this marking; whether it can be reached is open.
    Perhaps(Vec<f64>),
    /// Not decided within the cases allowed.
    Open,
}

/// Looks for a proof with at most `cases` cases.
#[must_use]
pub fn prove(net: &Net, question: Question, cases: usize) -> Proved {
    if net.places.len().saturating_mul(net.transitions.len()) > SIZE {
        return Proved::Open;
    }
    let (takers, givers) = net.neighbours();
    let usable = usable(net, question);
    let mut prover = Prover { net, givers, usable, left: cases };
    let mut trees = Vec::new();
    let asked: Vec<Option<usize>> = match question {
        Question::Dead => vec![None],
        Question::Stuck => {
            (0..net.places.len()).filter(|p| net.places.get(*p).is_some_and(|p| p.moves)).map(Some).collect()
        }
    };
    for place in asked {
        match prover.case(Bounds::root(net, place, &takers)) {
            Ok(cases) => trees.push(Tree { place, cases }),
            Err(Some(marking)) => return Proved::Perhaps(marking),
            Err(None) => return Proved::Open,
        }
    }
    Proved::Never(Certificate { trees })
}

struct Prover<'a> {
    net: &'a Net,
    givers: Vec<Vec<usize>>,
    usable: Vec<bool>,
    left: usize,
}

impl Prover<'_> {
    /// Refutes a case, or tells the marking that may be, or `None` when nothing could be decided.
    fn case(&mut self, bounds: Bounds) -> Result<Case, Option<Vec<f64>>> {
        if bounds.contradict() {
            return Ok(Case::Never(Leaf::Contradiction));
        }
        self.left = self.left.checked_sub(1).ok_or(None)?;
        let open = self.open(&bounds);
        // What follows without a choice is put in before a program is solved.
        if let Some((t, 1)) = open.map(|t| (t, self.ways(&bounds, t))) {
            return self.split(&bounds, t);
        }
        match self.marking(&bounds) {
            None => {
                let weights = self.weights(&bounds).ok_or(None)?;
                Ok(Case::Never(Leaf::Weights(weights)))
            }
            Some(marking) => match open {
                Some(t) => self.split(&bounds, t),
                None => Err(Some(marking)),
            },
        }
    }

    fn split(&mut self, bounds: &Bounds, t: usize) -> Result<Case, Option<Vec<f64>>> {
        let takes = self.net.transitions.get(t).map_or(&[][..], |t| &t.takes);
        let mut cases = Vec::with_capacity(takes.len());
        for (p, n) in takes {
            let mut own = bounds.clone();
            own.lack(*p, *n, &self.givers);
            cases.push(self.case(own)?);
        }
        Ok(Case::Split(t, cases))
    }

    /// Ways in which a transition could be dead.
    fn ways(&self, bounds: &Bounds, t: usize) -> usize {
        let takes = self.net.transitions.get(t).map_or(&[][..], |t| &t.takes);
        takes.iter().filter(|(p, n)| bounds.least.get(*p).is_none_or(|least| least < n)).count()
    }

    /// The transition with the fewest ways of which it is not yet said what it lacks.
    fn open(&self, bounds: &Bounds) -> Option<usize> {
        let lacks = |t: usize| {
            let takes = self.net.transitions.get(t).map_or(&[][..], |t| &t.takes);
            takes.iter().any(|(p, n)| bounds.most.get(*p).copied().flatten().is_some_and(|most| most < *n))
        };
        let told = |t: &usize| bounds.dead.get(*t) == Some(&true) && self.usable.get(*t) == Some(&true);
        let dead = (0..self.net.transitions.len()).filter(told);
        dead.filter(|t| !lacks(*t)).min_by_key(|t| (self.ways(bounds, *t), *t))
    }

    /// A marking of the state equation within the bounds, if there is one.
    fn marking(&self, bounds: &Bounds) -> Option<Vec<f64>> {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let fired: Vec<Variable> =
            self.net.transitions.iter().map(|_| problem.add_var(1.0, (0.0, f64::INFINITY))).collect();
        let mut rows: Vec<Vec<(Variable, f64)>> = Vec::with_capacity(self.net.places.len());
        for (p, _) in self.net.places.iter().enumerate() {
            let least = real(bounds.least.get(p).copied().unwrap_or(0));
            let most = bounds.most.get(p).copied().flatten().map_or(f64::INFINITY, real);
            rows.push(vec![(problem.add_var(0.0, (least, most)), 1.0)]);
        }
        let tokens: Vec<Variable> = rows.iter().filter_map(|r| r.first().map(|(v, _)| *v)).collect();
        for (t, variable) in self.net.transitions.iter().zip(&fired) {
            for (p, change) in changes(t) {
                if let Some(row) = rows.get_mut(p) {
                    row.push((*variable, -change));
                }
            }
        }
        for (row, place) in rows.iter().zip(&self.net.places) {
            problem.add_constraint(row, ComparisonOp::Eq, real(place.tokens));
        }
        let outcome = problem.solve().ok()?;
        let solution = outcome.solution()?;
        Some(tokens.iter().map(|v| solution.var_value(*v)).collect())
    }

    /// Weights that refute a case, from the dual program; verified in whole numbers.
    fn weights(&self, bounds: &Bounds) -> Option<Vec<(usize, i64)>> {
        let mut problem = Problem::new(OptimizationDirection::Maximize);
        let mut up = Vec::with_capacity(self.net.places.len());
        let mut down = Vec::with_capacity(self.net.places.len());
        for (p, place) in self.net.places.iter().enumerate() {
            let first = real(place.tokens);
            let least = real(bounds.least.get(p).copied().unwrap_or(0));
            // A small price on every weight keeps those at 0 that are not needed.
            up.push(problem.add_var(least - first - 1e-6, (0.0, 1.0)));
            let most = bounds.most.get(p).copied().flatten();
            down.push(most.map(|most| problem.add_var(first - real(most) - 1e-6, (0.0, 1.0))));
        }
        for t in &self.net.transitions {
            let mut row = Vec::new();
            for (p, change) in changes(t) {
                row.extend(up.get(p).map(|v| (*v, change)));
                row.extend(down.get(p).copied().flatten().map(|v| (v, -change)));
            }
            if !row.is_empty() {
                problem.add_constraint(&row, ComparisonOp::Le, 0.0);
            }
        }
        let outcome = problem.solve().ok()?;
        let solution = outcome.solution()?;
        let y: Vec<f64> = up
            .iter()
            .zip(&down)
            .map(|(up, down)| solution.var_value(*up) - down.map_or(0.0, |d| solution.var_value(d)))
            .collect();
        (1..=DENOMINATOR).find_map(|scale| {
            let scaled = whole(&y, scale)?;
            excludes(self.net, bounds, &scaled).then_some(scaled)
        })
    }
}

/// Weights times `scale` when all of them are whole then.
fn whole(y: &[f64], scale: i64) -> Option<Vec<(usize, i64)>> {
    let mut found = Vec::new();
    for (p, w) in y.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "at most 240")]
        let scaled = w * scale as f64;
        let rounded = scaled.round();
        if (scaled - rounded).abs() > 1e-4 || rounded.abs() > 1e6 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most a million")]
        let weight = rounded as i64;
        if weight != 0 {
            found.push((p, weight));
        }
    }
    Some(found)
}

/// What a transition changes: place, tokens given less tokens taken.
fn changes(t: &super::Transition) -> Vec<(usize, f64)> {
    let mut all: std::collections::BTreeMap<usize, f64> = std::collections::BTreeMap::new();
    for (p, n) in &t.gives {
        *all.entry(*p).or_default() += real(*n);
    }
    for (p, n) in &t.takes {
        *all.entry(*p).or_default() -= real(*n);
    }
    all.into_iter().filter(|(_, change)| *change != 0.0).collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "tokens are compared with a tolerance; certificates are checked exactly"
)]
fn real(n: u64) -> f64 {
    n as f64
}
