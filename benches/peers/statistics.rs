//! The statistics that the kernel always keeps, as a hand-written simulator keeps them.

use flowline::runtime::histogram::{Histogram, WORDS, record};

use super::{Arrivals, Buffer, NEVER};

/// Time spent in each of a few states.
#[derive(Clone, Debug)]
pub struct States<const N: usize> {
    spent: [i64; N],
    state: usize,
    since: i64,
}

impl<const N: usize> States<N> {
    pub fn new(state: usize) -> States<N> {
        States { spent: [0; N], state, since: 0 }
    }

    /// Is in another state from now on.
    #[inline(always)]
    pub fn enter(&mut self, state: usize, now: i64) {
        self.spent[self.state] += now - self.since;
        self.since = now;
        self.state = state;
    }

    /// The times until now.
    pub fn spent(&self, now: i64) -> [i64; N] {
        let mut spent = self.spent;
        spent[self.state] += now - self.since;
        spent
    }
}

/// Levels of a buffer over time.
#[derive(Clone, Debug)]
pub struct Levels {
    /// Sum of the instants of leaving less those of entering, modulo 2^128: with the level, the area.
    area: i128,
    empty: i64,
    empty_since: i64,
    full: i64,
    full_since: i64,
    entries: u64,
    max: u32,
}

impl Levels {
    pub fn new() -> Levels {
        Levels { area: 0, empty: 0, empty_since: 0, full: 0, full_since: NEVER, entries: 0, max: 0 }
    }

    /// An item enters that does not wait.
    #[inline(always)]
    pub fn pass(&mut self) {
        self.entries += 1;
    }

    /// An item has entered, and there are so many now.
    #[inline(always)]
    pub fn enter(&mut self, level: u32, places: u32, now: i64) {
        self.entries += 1;
        self.area -= i128::from(now);
        if level == 1 {
            self.empty += now - self.empty_since;
        }
        if level == places {
            self.full_since = now;
        }
        self.max = self.max.max(level);
    }

    /// An item has left, and there are so many now.
    #[inline(always)]
    pub fn leave(&mut self, level: u32, places: u32, now: i64) {
        self.area += i128::from(now);
        if level == 0 {
            self.empty_since = now;
        }
        if level + 1 == places {
            self.full += now - self.full_since;
        }
    }

    /// An item has left and another has entered.
    #[inline(always)]
    pub fn exchange(&mut self) {
        self.entries += 1;
    }

    /// The figures until now.
    pub fn figures(&self, level: u32, places: u32, now: i64) -> Buffer {
        Buffer {
            area: self.area + i128::from(level) * i128::from(now),
            max: self.max.into(),
            entries: self.entries,
            empty: self.empty + if level == 0 { now - self.empty_since } else { 0 },
            full: self.full + if level == places { now - self.full_since } else { 0 },
        }
    }
}

/// Times in system of what has left.
#[derive(Clone, Debug)]
pub struct Left {
    count: u64,
    sum: i128,
    min: i64,
    max: i64,
    histogram: Box<Histogram>,
}

impl Left {
    pub fn new() -> Left {
        Left { count: 0, sum: 0, min: NEVER, max: 0, histogram: Box::new([0; WORDS]) }
    }

    #[inline(always)]
    pub fn add(&mut self, stay: i64) {
        self.count += 1;
        self.sum += i128::from(stay);
        self.min = self.min.min(stay);
        self.max = self.max.max(stay);
        record(&mut self.histogram, stay);
    }

    pub fn figures(&self) -> Arrivals {
        Arrivals { count: self.count, sum: self.sum, min: self.min, max: self.max, histogram: self.histogram.to_vec() }
    }
}
