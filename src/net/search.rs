//! Search through the markings of a net: random walks that soon meet a place where things lock up, then
//! breadth first for the shortest way there, and full counts.

use indexmap::IndexMap;

use super::siphon::stuck;
use super::{Marking, Net, Question};

/// Steps of one walk.
const WALK: usize = 400;
/// Walks before the search breadth first.
const WALKS: usize = 40;

/// A marking that a question asks for, and a way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The transitions in order.
    pub trace: Vec<usize>,
    /// The marking they lead to.
    pub marking: Marking,
    /// Markings looked at.
    pub states: usize,
    /// There is no shorter way.
    pub shortest: bool,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Searched {
    /// A way was found.
    Reached(Found),
    /// There is none; this many markings were looked at, which are all.
    All(usize),
    /// None was found among this many.
    Bounded(usize),
}

/// Searches at most `states` markings. A way that `is_real` refuses is told only where no other is found: what the
/// net leaves out may not let it happen.
#[must_use]
pub fn search(net: &Net, question: Question, states: usize, is_real: &dyn Fn(&[usize]) -> bool) -> Searched {
    let seeker = Seeker::of(net, question);
    let walked = seeker.walk(states);
    match seeker.breadth_first(states, is_real) {
        Searched::Bounded(looked) => match walked {
            Some(trace) => match seeker.replay(&trace) {
                Some(marking) => Searched::Reached(Found { trace, marking, states: looked, shortest: false }),
                None => Searched::Bounded(looked),
            },
            None => Searched::Bounded(looked),
        },
        done => done,
    }
}

struct Seeker<'a> {
    net: &'a Net,
    question: Question,
    takers: Vec<Vec<usize>>,
    givers: Vec<Vec<usize>>,
}

/// Markings seen, in the order in which they were, each with the one before it and the transition between.
struct Seen {
    markings: IndexMap<Box<[u32]>, (u32, u32)>,
}

impl Seen {
    fn trace(&self, mut at: usize) -> Vec<usize> {
        let mut trace = Vec::new();
        while let Some((_, (before, by))) = self.markings.get_index(at).filter(|_| at > 0) {
            trace.push(*by as usize);
            at = *before as usize;
        }
        trace.reverse();
        trace
    }
}

impl<'a> Seeker<'a> {
    fn of(net: &'a Net, question: Question) -> Seeker<'a> {
        let (takers, givers) = net.neighbours();
        Seeker { net, question, takers, givers }
    }

    /// Whether a marking is what is asked for.
    fn is_asked(&self, marking: &[u64]) -> bool {
        match self.question {
            Question::Dead => (0..self.net.transitions.len()).all(|t| !self.net.enabled(marking, t)),
            Question::Stuck => !stuck(self.net, marking, &self.takers, &self.givers).places.is_empty(),
        }
    }

    /// Walks at random, but always the same; the shortest way met. A generator by Steele, Lea and Flood (2014).
    fn walk(&self, states: usize) -> Option<Vec<usize>> {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move |below: usize| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = seed;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            usize::try_from((z ^ (z >> 31)) % u64::try_from(below.max(1)).unwrap_or(1)).unwrap_or(0)
        };
        let mut best: Option<Vec<usize>> = None;
        for _ in 0..WALKS.min(states / WALK + 1) {
            let mut marking = self.net.initial();
            let mut trace = Vec::new();
            loop {
                if self.is_asked(&marking) {
                    best = Some(trace);
                    break;
                }
                let longest = best.as_ref().map_or(WALK, Vec::len);
                let enabled: Vec<usize> =
                    (0..self.net.transitions.len()).filter(|t| self.net.enabled(&marking, *t)).collect();
                if enabled.is_empty() || trace.len() + 1 >= longest {
                    break;
                }
                let Some(t) = enabled.get(random(enabled.len())) else { break };
                let Some(next) = self.net.fire(&marking, *t) else { break };
                marking = next;
                trace.push(*t);
            }
        }
        best
    }

    /// The marking a way leads to.
    fn replay(&self, trace: &[usize]) -> Option<Marking> {
        trace.iter().try_fold(self.net.initial(), |marking, t| {
            if self.net.enabled(&marking, *t) { self.net.fire(&marking, *t) } else { None }
        })
    }

    fn breadth_first(&self, limit: usize, is_real: &dyn Fn(&[usize]) -> bool) -> Searched {
        let Some(first) = small(&self.net.initial()) else { return Searched::Bounded(0) };
        let mut seen = Seen { markings: IndexMap::new() };
        seen.markings.insert(first, (0, 0));
        let mut at = 0;
        let mut whole = true;
        let mut unreal = None;
        while let Some((marking, _)) = seen.markings.get_index(at) {
            let marking: Marking = marking.iter().map(|m| u64::from(*m)).collect();
            if self.is_asked(&marking) {
                let trace = seen.trace(at);
                let real = is_real(&trace);
                let shortest = unreal.is_none();
                let found = Found { trace, marking: marking.clone(), states: seen.markings.len(), shortest };
                if real {
                    return Searched::Reached(found);
                }
                unreal.get_or_insert(found);
            }
            for t in (0..self.net.transitions.len()).filter(|t| self.net.enabled(&marking, *t)) {
                let Some(next) = self.net.fire(&marking, t).as_deref().and_then(small) else {
                    whole = false;
                    continue;
                };
                if seen.markings.len() >= limit && !seen.markings.contains_key(&next) {
                    whole = false;
                    continue;
                }
                let step = (index(at), index(t));
                seen.markings.entry(next).or_insert(step);
            }
            at += 1;
        }
        if let Some(found) = unreal {
            return Searched::Reached(found);
        }
        if !whole {
            return Searched::Bounded(seen.markings.len());
        }
        // In nets that are not asymmetric a token may be stuck without a place that lacks tokens for ever.
        if self.question == Question::Stuck && self.net.asymmetric().contains(&false) {
            let graph = Graph::of(self.net, limit);
            if let Some(at) = graph.as_ref().and_then(|g| g.stuck_somewhere(self.net, &self.takers).first().copied())
                && let Some((marking, _)) = seen.markings.get_index(at)
            {
                let marking = marking.iter().map(|m| u64::from(*m)).collect();
                return Searched::Reached(Found {
                    trace: seen.trace(at),
                    marking,
                    states: seen.markings.len(),
                    shortest: true,
                });
            }
        }
        Searched::All(seen.markings.len())
    }
}

/// All markings that can be reached, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Markings that can be reached.
    pub states: usize,
    /// Of these, markings in which nothing can happen.
    pub dead: usize,
    /// Markings from which the marking at the beginning can be reached again.
    pub safe: usize,
    /// Markings in which some token that is meant to move never can again.
    pub stuck: usize,
}

/// Counts all markings, if there are at most `limit`. O(markings × transitions).
#[must_use]
pub fn count(net: &Net, limit: usize) -> Option<Counts> {
    let graph = Graph::of(net, limit)?;
    let (takers, _) = net.neighbours();
    let back = graph.backwards();
    let home = graph.reach_back(&back, std::iter::once(0));
    Some(Counts {
        states: graph.markings.len(),
        dead: graph.next.iter().filter(|list| list.is_empty()).count(),
        safe: home.iter().filter(|h| **h).count(),
        stuck: graph.stuck_somewhere(net, &takers).len(),
    })
}

/// The whole graph of markings, in the order in which they are first reached.
struct Graph {
    markings: IndexMap<Box<[u32]>, ()>,
    /// Per marking: transition and the marking after it.
    next: Vec<Vec<(u32, u32)>>,
}

impl Graph {
    fn of(net: &Net, limit: usize) -> Option<Graph> {
        let mut graph = Graph { markings: IndexMap::new(), next: Vec::new() };
        graph.markings.insert(small(&net.initial())?, ());
        while let Some((marking, ())) = graph.markings.get_index(graph.next.len()) {
            let marking: Marking = marking.iter().map(|m| u64::from(*m)).collect();
            let mut list = Vec::new();
            for t in (0..net.transitions.len()).filter(|t| net.enabled(&marking, *t)) {
                let next = small(&net.fire(&marking, t)?)?;
                let (to, _) = graph.markings.insert_full(next, ());
                list.push((index(t), index(to)));
            }
            if graph.markings.len() > limit {
                return None;
            }
            graph.next.push(list);
        }
        Some(graph)
    }

    fn backwards(&self) -> Vec<Vec<u32>> {
        let mut back = vec![Vec::new(); self.markings.len()];
        for (from, list) in self.next.iter().enumerate() {
            for (_, to) in list {
                if let Some(list) = back.get_mut(*to as usize) {
                    list.push(index(from));
                }
            }
        }
        back
    }

    /// Markings from which one of some others can be reached, these included.
    fn reach_back(&self, back: &[Vec<u32>], from: impl Iterator<Item = usize>) -> Vec<bool> {
        let mut reached = vec![false; self.markings.len()];
        let mut work = Vec::new();
        for at in from {
            if let Some(r) = reached.get_mut(at).filter(|r| !**r) {
                *r = true;
                work.push(at);
            }
        }
        while let Some(at) = work.pop() {
            for before in back.get(at).into_iter().flatten() {
                if let Some(r) = reached.get_mut(*before as usize).filter(|r| !**r) {
                    *r = true;
                    work.push(*before as usize);
                }
            }
        }
        reached
    }

    /// Markings, in order, in which a token is in a place that nothing ever takes from again.
    fn stuck_somewhere(&self, net: &Net, takers: &[Vec<usize>]) -> Vec<usize> {
        let back = self.backwards();
        let mut found = vec![false; self.markings.len()];
        for (p, _) in net.places.iter().enumerate().filter(|(_, place)| place.moves) {
            let taken = |list: &Vec<(u32, u32)>| {
                list.iter().any(|(t, _)| takers.get(p).is_some_and(|l| l.contains(&(*t as usize))))
            };
            let able = self.next.iter().enumerate().filter(|(_, list)| taken(list)).map(|(at, _)| at);
            let moves = self.reach_back(&back, able);
            for ((marking, ()), (moves, found)) in self.markings.iter().zip(moves.iter().zip(&mut found)) {
                *found |= !moves && marking.get(p).is_some_and(|m| *m > 0);
            }
        }
        found.iter().enumerate().filter(|(_, f)| **f).map(|(at, _)| at).collect()
    }
}

/// A marking in half the memory; `None` when it has too many tokens in a place.
fn small(marking: &[u64]) -> Option<Box<[u32]>> {
    marking.iter().map(|m| u32::try_from(*m).ok()).collect()
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
