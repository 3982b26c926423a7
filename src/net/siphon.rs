//! Tokens that can never move again: places that lack tokens and get none from anything that can still
//! happen (siphons without enough tokens).

use super::Net;

/// What stands still for ever at a marking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stuck {
    /// Transitions that can never happen again, each with the place that lacks tokens.
    pub never: Vec<(usize, usize)>,
    /// Places that hold tokens nobody can ever take, although they are meant to move.
    pub places: Vec<usize>,
}

/// The largest set of transitions that can never happen again for want of places that only they fill, and
/// what is stuck for it. O(size of the net) a round, at most as many rounds as transitions.
#[must_use]
pub fn stuck(net: &Net, marking: &[u64], takers: &[Vec<usize>], givers: &[Vec<usize>]) -> Stuck {
    let count = net.transitions.len();
    let mut dead: Vec<bool> = (0..count).map(|t| !net.enabled(marking, t)).collect();
    // A transition stays dead while some place that lacks tokens is filled by dead ones only.
    let mut live_givers: Vec<usize> =
        givers.iter().map(|list| list.iter().filter(|t| !dead.get(**t).copied().unwrap_or(false)).count()).collect();
    let lacking = |t: usize, live: &[usize]| {
        let takes = net.transitions.get(t).map_or(&[][..], |t| &t.takes);
        let short = |p: usize, n: u64| marking.get(p).is_some_and(|m| *m < n);
        takes.iter().find(|(p, n)| short(*p, *n) && live.get(*p) == Some(&0)).map(|(p, _)| *p)
    };
    let mut work: Vec<usize> = (0..count).filter(|t| dead.get(*t) == Some(&true)).collect();
    while let Some(t) = work.pop() {
        if dead.get(t) != Some(&true) || lacking(t, &live_givers).is_some() {
            continue;
        }
        if let Some(d) = dead.get_mut(t) {
            *d = false;
        }
        for (p, _) in net.transitions.get(t).map_or(&[][..], |t| &t.gives) {
            if let Some(n) = live_givers.get_mut(*p) {
                *n += 1;
                if *n == 1 {
                    work.extend(takers.get(*p).into_iter().flatten());
                }
            }
        }
    }
    let is_dead = |t: &usize| dead.get(*t) == Some(&true);
    let never = (0..count).filter(is_dead).filter_map(|t| lacking(t, &live_givers).map(|p| (t, p))).collect();
    let places = net.places.iter().enumerate().filter(|(p, place)| {
        let waiting = place.moves && marking.get(*p).is_some_and(|m| *m > 0);
        waiting && takers.get(*p).is_none_or(|list| list.iter().all(is_dead))
    });
    Stuck { places: places.map(|(p, _)| p).collect(), never }
}
