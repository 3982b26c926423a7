//! Certificates that a question is answered by "never", and the small checker that believes nobody.
//!
//! Take any marking M that can be reached. For a vector y with y·C(t) ≤ 0 for all transitions t (C: what a
//! transition gives less what it takes) y·M ≤ y·M₀. If also y(p) ≥ 0 wherever M(p) has no upper bound, the
//! bounds of a case give y·M ≥ Σ y(p)·bound(p) over lower bounds where y(p) > 0 and upper bounds where
//! y(p) < 0. Where that exceeds y·M₀ the case cannot be (Farkas 1902). A tree of cases covers all markings
//! that are asked for: in each a transition that has to be dead lacks tokens in one of its places.

use super::{Net, Question};

/// A proof that no reachable marking is what a [`Question`] asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// One tree per place whose token could be stuck; for [`Question::Dead`] a single one.
    pub trees: Vec<Tree>,
}

/// The cases of one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The place whose token is stuck; absent for a dead marking.
    pub place: Option<usize>,
    /// Its cases.
    pub cases: Case,
}

/// A case: which place lacks tokens for which transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Case {
    /// The transition has to be dead, so that one of the places it takes from lacks tokens: a case for each,
    /// in the order in which it takes from them.
    Split(usize, Vec<Case>),
    /// It cannot be.
    Never(Leaf),
}

/// Why a case cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// Weights of places: place, weight.
    Weights(Vec<(usize, i64)>),
    /// A place would have to hold a token and lack it.
    Contradiction,
}

/// What a case says about a marking.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// At least so many tokens.
    pub least: Vec<u64>,
    /// At most so many.
    pub most: Vec<Option<u64>>,
    /// Transitions that are never enabled again.
    pub dead: Vec<bool>,
}

impl Bounds {
    /// What the question says before any case: a token in `place` that nobody can ever take.
    pub fn root(net: &Net, place: Option<usize>, takers: &[Vec<usize>]) -> Bounds {
        let mut bounds = Bounds {
            least: vec![0; net.places.len()],
            most: vec![None; net.places.len()],
            dead: vec![place.is_none(); net.transitions.len()],
        };
        if let Some(place) = place {
            if let Some(least) = bounds.least.get_mut(place) {
                *least = 1;
            }
            for t in takers.get(place).into_iter().flatten() {
                if let Some(dead) = bounds.dead.get_mut(*t) {
                    *dead = true;
                }
            }
        }
        bounds
    }

    /// Adds that `place` has fewer than `n` tokens for ever, so that all who give to it are dead too.
    pub fn lack(&mut self, place: usize, n: u64, givers: &[Vec<usize>]) {
        if let Some(most) = self.most.get_mut(place) {
            let bound = n.saturating_sub(1);
            *most = Some(most.map_or(bound, |m| m.min(bound)));
        }
        for t in givers.get(place).into_iter().flatten() {
            if let Some(dead) = self.dead.get_mut(*t) {
                *dead = true;
            }
        }
    }

    /// Whether some place has to hold more than it may.
    pub fn contradict(&self) -> bool {
        self.least.iter().zip(&self.most).any(|(least, most)| most.is_some_and(|m| m < *least))
    }
}

/// Transitions of which it may be said that they lack tokens for ever when they can never happen again.
pub(super) fn usable(net: &Net, question: Question) -> Vec<bool> {
    match question {
        // In a dead marking each lacks tokens as it is.
        Question::Dead => vec![true; net.transitions.len()],
        Question::Stuck => net.asymmetric(),
    }
}

/// Whether a certificate proves that the answer to the question is "never". Whole numbers only; O(size of the
/// certificate × size of the net).
#[must_use]
pub fn verify(net: &Net, question: Question, certificate: &Certificate) -> bool {
    let (takers, givers) = net.neighbours();
    let wanted: Vec<Option<usize>> = match question {
        Question::Dead => vec![None],
        Question::Stuck => {
            (0..net.places.len()).filter(|p| net.places.get(*p).is_some_and(|p| p.moves)).map(Some).collect()
        }
    };
    let usable = usable(net, question);
    let asked: Vec<Option<usize>> = certificate.trees.iter().map(|t| t.place).collect();
    asked == wanted
        && certificate
            .trees
            .iter()
            .all(|tree| covers(net, &Bounds::root(net, tree.place, &takers), &tree.cases, &givers, &usable))
}

fn covers(net: &Net, bounds: &Bounds, case: &Case, givers: &[Vec<usize>], usable: &[bool]) -> bool {
    match case {
        Case::Split(t, cases) => {
            let Some(transition) = net.transitions.get(*t) else { return false };
            bounds.dead.get(*t) == Some(&true)
                && usable.get(*t) == Some(&true)
                && transition.takes.len() == cases.len()
                && transition.takes.iter().zip(cases).all(|((p, n), case)| {
                    let mut own = bounds.clone();
                    own.lack(*p, *n, givers);
                    covers(net, &own, case, givers, usable)
                })
        }
        Case::Never(Leaf::Contradiction) => bounds.contradict(),
        Case::Never(Leaf::Weights(weights)) => excludes(net, bounds, weights),
    }
}

/// Whether weights show that no reachable marking is within the bounds.
pub(super) fn excludes(net: &Net, bounds: &Bounds, weights: &[(usize, i64)]) -> bool {
    let mut y = vec![0i128; net.places.len()];
    for (p, w) in weights {
        match y.get_mut(*p) {
            // Sums of two million products of such weights with any number of tokens stay within 127 bits.
            Some(slot) if w.unsigned_abs() < 1 << 40 => *slot = i128::from(*w),
            _ => return false,
        }
    }
    let of = |p: usize| y.get(p).copied().unwrap_or(0);
    let falls = net.transitions.iter().all(|t| {
        let given: i128 = t.gives.iter().map(|(p, n)| of(*p) * i128::from(*n)).sum();
        let taken: i128 = t.takes.iter().map(|(p, n)| of(*p) * i128::from(*n)).sum();
        given <= taken
    });
    let mut at_first = 0i128;
    let mut at_least = 0i128;
    for (p, place) in net.places.iter().enumerate() {
        let w = of(p);
        at_first += w * i128::from(place.tokens);
        if w > 0 {
            at_least += w * i128::from(bounds.least.get(p).copied().unwrap_or(0));
        } else if w < 0 {
            match bounds.most.get(p).copied().flatten() {
                Some(most) => at_least += w * i128::from(most),
                None => return false,
            }
        }
    }
    falls && at_least > at_first
}
