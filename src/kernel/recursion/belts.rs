//! Belts that carry items behind each other (semantics F11–F13).
//!
//! On a belt that runs on while items queue up at its end, an item comes on a headway after the one before, and not before
//! the queue has moved up; it is at the end after its travel, and a headway after the one before has left. A belt that stands
//! while one waits at its end has a clock that stands with it: by that clock items come on a headway apart and are at the
//! end after their travel.

use std::collections::VecDeque;

use super::bounds::NO_TIME;
use super::line;

/// A belt in `L` replications.
#[derive(Clone)]
pub struct Belt<const L: usize> {
    is: line::Belt,
    places: usize,
    /// Where it stands with what waits at its end.
    together: Option<Box<[Stopping; L]>>,
}

/// The stops of a belt, one for each item that has left it.
#[derive(Clone, Debug)]
struct Stopping {
    /// Of those that the entry has not passed yet: when it began and ended.
    ahead: VecDeque<(i64, i64)>,
    /// Ticks of the stops that the entry has passed.
    passed: i64,
    /// Ticks of all.
    stood: i64,
    /// By the clock of the belt, when the latest items came on, as many as there are places.
    came: VecDeque<i64>,
    /// When they left, on the clock on the wall.
    left: VecDeque<i64>,
    /// When the item under way is at the end.
    there: i64,
}

impl<const L: usize> Belt<L> {
    /// An empty belt.
    #[must_use]
    pub fn new(is: line::Belt, places: u64) -> Self {
        let places = usize::try_from(places).unwrap_or(usize::MAX);
        let stopping = || Stopping {
            ahead: VecDeque::new(),
            passed: 0,
            stood: 0,
            came: VecDeque::new(),
            left: VecDeque::new(),
            there: NO_TIME,
        };
        let together = is.together.then(|| Box::new(std::array::from_fn(|_| stopping())));
        Self { is, places, together }
    }

    /// When an item that is ready comes on, and when it is at the end: there is room from `room` on, and the one before
    /// left at `left`.
    pub fn arrive(&mut self, ready: &[i64; L], room: &[i64; L], left: &[i64; L]) -> ([i64; L], [i64; L]) {
        let (mut came, mut there) = ([0; L], [0; L]);
        for lane in 0..L {
            if let Some(stopping) = self.together.as_mut().and_then(|t| t.get_mut(lane)) {
                (came[lane], there[lane]) = stopping.arrive(ready[lane], &self.is, self.places);
                continue;
            }
            came[lane] = ready[lane].max(room[lane]);
            there[lane] = came[lane] + self.is.travel;
            // Only behind one that is still there.
            if came[lane] < left[lane] {
                there[lane] = there[lane].max(left[lane] + self.is.headway);
            }
        }
        (came, there)
    }

    /// An item has left. From when on the next can come on, where that is known: an item came on at `came`, and of those
    /// before it the one that the next needs the place of left at `free`.
    pub fn leaves(&mut self, came: &[i64; L], left: &[i64; L], free: &[i64; L]) -> [i64; L] {
        if let Some(together) = &mut self.together {
            for (stopping, left) in together.iter_mut().zip(left) {
                stopping.leaves(*left, self.places);
            }
            return [NO_TIME; L];
        }
        std::array::from_fn(|lane| (free[lane] + self.is.rest).max(came[lane] + self.is.headway))
    }

    /// Bytes that it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let of = |s: &Stopping| 16 * s.ahead.capacity() + 8 * (s.came.capacity() + s.left.capacity());
        self.together.as_ref().map_or(0, |t| t.iter().map(of).sum())
    }
}

impl Stopping {
    fn arrive(&mut self, ready: i64, is: &line::Belt, places: usize) -> (i64, i64) {
        let mut clear = self.came.back().map_or(NO_TIME, |came| came + is.headway);
        let mut ready = ready;
        if let (true, Some(came), Some(left)) = (self.came.len() == places, self.came.front(), self.left.front()) {
            clear = clear.max(came + is.travel + is.rest);
            ready = ready.max(*left);
        }
        let mut at = ready.max(clear.saturating_add(self.passed));
        while let Some((begun, ended)) = self.ahead.front().copied().filter(|(begun, _)| *begun < at) {
            // What comes as it stops still comes on.
            self.passed += ended - begun;
            self.ahead.pop_front();
            at = ready.max(ended).max(clear.saturating_add(self.passed));
        }
        let by_belt = at - self.passed;
        self.came.push_back(by_belt);
        self.there = by_belt + is.travel + self.stood;
        (at, self.there)
    }

    fn leaves(&mut self, left: i64, places: usize) {
        if left > self.there {
            self.ahead.push_back((self.there, left));
            self.stood += left - self.there;
        }
        self.left.push_back(left);
        if self.came.len() > places {
            self.came.pop_front();
        }
        if self.left.len() > places {
            self.left.pop_front();
        }
    }
}
