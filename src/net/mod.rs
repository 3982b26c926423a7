//! Layer 2. Place/transition nets: can a marking be reached in which nothing happens any more, or in
//! which a token can never move again? A proof over the state equation with a certificate that a small
//! checker verifies in whole numbers, a search for the shortest way there, full counts of states, and
//! PNML in and out. It knows no plant; who lowers one keeps what its places stand for.
//!
//! Start reading at [`decide`].

mod certificate;
mod pnml;
mod proof;
mod search;
mod siphon;

pub use certificate::{Certificate, Leaf, verify};
pub use pnml::{read_pnml, write_pnml};
pub use proof::{Proved, prove};
pub use search::{Counts, Found, Searched, count, search};
pub use siphon::{Stuck, stuck};

/// A place/transition net with its initial marking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Net {
    /// Places.
    pub places: Vec<Place>,
    /// Transitions.
    pub transitions: Vec<Transition>,
}

/// A place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its name, unique in the net.
    pub name: String,
    /// Tokens at the beginning.
    pub tokens: u64,
    /// Its tokens are things that are meant to move on: one that never can again is stuck.
    pub moves: bool,
}

/// A transition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transition {
    /// Its name, unique in the net.
    pub name: String,
    /// Tokens taken: place, number. Each place at most once.
    pub takes: Vec<(usize, u64)>,
    /// Tokens given: place, number. Each place at most once.
    pub gives: Vec<(usize, u64)>,
}

/// Tokens by place.
pub type Marking = Vec<u64>;

/// What is asked about a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Can a marking be reached in which no transition is enabled?
    Dead,
    /// Can a marking be reached in which a token of a place that [`Place::moves`] never moves again?
    Stuck,
}

/// How much work may be spent. All limits count steps, never time, so that an answer does not depend on
/// the machine.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Nodes of the proof's case distinction.
    pub cases: usize,
    /// Markings of the search.
    pub states: usize,
}

impl Default for Effort {
    /// What a check while typing may take: about a second on nets of some hundred places.
    fn default() -> Self {
        Self { cases: 2_000, states: 50_000 }
    }
}

/// The answer to a [`Question`].
#[derive(Clone, Debug)]
pub enum Answer {
    /// It cannot, by a certificate that was verified.
    Proved(Certificate),
    /// It cannot: every marking was looked at; their number.
    Exhausted(usize),
    /// It can.
    Reached(Found),
    /// Not decided within the effort; markings looked at.
    Open(usize),
}

/// Decides a question: by proof, else by search.
#[must_use]
pub fn decide(net: &Net, question: Question, effort: Effort) -> Answer {
    decide_for(net, question, effort, &|_| true)
}

/// Decides a question about what the net stands for, of which some ways may not be real: see [`search`].
#[must_use]
pub fn decide_for(net: &Net, question: Question, effort: Effort, is_real: &dyn Fn(&[usize]) -> bool) -> Answer {
    if let Proved::Never(certificate) = prove(net, question, effort.cases)
        && verify(net, question, &certificate)
    {
        return Answer::Proved(certificate);
    }
    match search(net, question, effort.states, is_real) {
        Searched::Reached(found) => Answer::Reached(found),
        Searched::All(states) => Answer::Exhausted(states),
        Searched::Bounded(states) => Answer::Open(states),
    }
}

impl std::fmt::Display for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, place) in self.places.iter().enumerate() {
            let kind = if place.moves { " (moves)" } else { "" };
            writeln!(f, "p{at} {}: {}{kind}", place.name, place.tokens)?;
        }
        let side = |list: &[(usize, u64)]| {
            let one = |(p, n): &(usize, u64)| if *n == 1 { format!("p{p}") } else { format!("{n} p{p}") };
            list.iter().map(one).collect::<Vec<_>>().join(" + ")
        };
        for (at, t) in self.transitions.iter().enumerate() {
            writeln!(f, "t{at} {} -> {}: {}", side(&t.takes), side(&t.gives), t.name)?;
        }
        Ok(())
    }
}

impl Net {
    /// The marking at the beginning.
    #[must_use]
    pub fn initial(&self) -> Marking {
        self.places.iter().map(|p| p.tokens).collect()
    }

    /// Whether a transition can happen.
    #[must_use]
    pub fn enabled(&self, marking: &[u64], transition: usize) -> bool {
        let takes = self.transitions.get(transition).map_or(&[][..], |t| &t.takes);
        takes.iter().all(|(p, n)| marking.get(*p).is_some_and(|m| m >= n))
    }

    /// The marking after a transition that is enabled; `None` when a number of tokens leaves its range.
    #[must_use]
    pub fn fire(&self, marking: &[u64], transition: usize) -> Option<Marking> {
        let t = self.transitions.get(transition)?;
        let mut next = marking.to_vec();
        for (p, n) in &t.takes {
            let m = next.get_mut(*p)?;
            *m = m.checked_sub(*n)?;
        }
        for (p, n) in &t.gives {
            let m = next.get_mut(*p)?;
            *m = m.checked_add(*n)?;
        }
        Some(next)
    }

    /// Per place the transitions that take from it, and those that give to it.
    #[must_use]
    pub fn neighbours(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let mut takers = vec![Vec::new(); self.places.len()];
        let mut givers = vec![Vec::new(); self.places.len()];
        for (at, t) in self.transitions.iter().enumerate() {
            for (p, _) in &t.takes {
                if let Some(list) = takers.get_mut(*p) {
                    list.push(at);
                }
            }
            for (p, _) in &t.gives {
                if let Some(list) = givers.get_mut(*p) {
                    list.push(at);
                }
            }
        }
        (takers, givers)
    }

    /// Per transition whether the places it takes from can be ordered so that whoever takes from one also
    /// takes from all before it, and all takers of each of them take equally many (asymmetric choice).
    /// If such a transition can never happen again then, in some marking that follows, one of these places
    /// lacks tokens and no transition that can still happen gives it any: otherwise tokens could be gathered
    /// in the place with the fewest takers first, where nobody can take them without taking from all the
    /// others. A proof may rely on that for these transitions only.
    #[must_use]
    pub fn asymmetric(&self) -> Vec<bool> {
        let (takers, _) = self.neighbours();
        let number = |t: usize, p: usize| {
            let takes = self.transitions.get(t).map_or(&[][..], |t| &t.takes);
            takes.iter().find(|(q, _)| *q == p).map(|(_, n)| *n)
        };
        let homogeneous: Vec<bool> = takers
            .iter()
            .enumerate()
            .map(|(p, list)| {
                let first = list.first().and_then(|t| number(*t, p));
                list.iter().all(|t| number(*t, p) == first)
            })
            .collect();
        self.transitions
            .iter()
            .map(|t| {
                let mut lists: Vec<&[usize]> =
                    t.takes.iter().filter_map(|(p, _)| takers.get(*p)).map(Vec::as_slice).collect();
                lists.sort_by_key(|l| l.len());
                t.takes.iter().all(|(p, _)| homogeneous.get(*p) == Some(&true))
                    && lists.windows(2).all(|w| match w {
                        [few, many] => few.iter().all(|t| many.binary_search(t).is_ok()),
                        _ => true,
                    })
            })
            .collect()
    }
}
