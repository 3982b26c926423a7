//! How long parts and products are inside.

use super::bounds::{AtBound, Bounds, NEVER, cross};

/// Items of one type up to a bound.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inside {
    open: bool,
    closed: bool,
    /// How many have begun to be.
    pub begun: u64,
    /// How many have ended.
    pub ended: u64,
    /// Item-ticks.
    pub area: i128,
}

impl AtBound for Inside {
    fn is_closed(&self) -> bool {
        self.closed
    }
}

/// How long the items of a track are what they are: from being made to being used or leaving.
pub struct Presence<const L: usize> {
    count: u64,
    low: [u64; L],
    high: Vec<i128>,
    limit: [i64; L],
    /// At the bounds, by replication.
    pub marks: Vec<[Inside; 2]>,
}

impl<const L: usize> Presence<L> {
    /// None yet.
    #[must_use]
    pub fn new(bounds: &Bounds<L>) -> Self {
        Self { count: 0, low: [0; L], high: vec![0; L], limit: bounds[0], marks: vec![[Inside::default(); 2]; L] }
    }

    /// An item that has begun to be ends, in the order of these dates.
    pub fn ends(&mut self, begun: &[i64; L], ended: &[i64; L], bounds: &Bounds<L>) {
        for lane in 0..L {
            if ended[lane] > self.limit[lane] {
                self.cross(lane, begun[lane], ended[lane], bounds);
            }
            let time = (ended[lane] - begun[lane]).cast_unsigned();
            self.low[lane] = self.low[lane].wrapping_add(time);
        }
        self.count += 1;
    }

    #[cold]
    fn cross(&mut self, lane: usize, begun: i64, ended: i64, bounds: &Bounds<L>) {
        let area = self.high.get(lane).copied().unwrap_or_default() + i128::from(self.low[lane]);
        let Some(marks) = self.marks.get_mut(lane) else { return };
        let count = self.count;
        self.limit[lane] = cross(marks, bounds, lane, ended, |mark, _, bound| {
            if !std::mem::replace(&mut mark.open, true) {
                (mark.begun, mark.ended, mark.area) = (count, count, area);
            }
            mark.begun += u64::from(begun <= bound);
            mark.area += i128::from(bound - begun.min(bound));
            mark.closed = begun > bound;
            mark.closed
        });
    }

    /// A run ends earlier than it might have.
    pub fn tighten(&mut self, lane: usize, end: i64) {
        self.limit[lane] = self.limit[lane].min(end);
    }

    /// Carries sums over.
    pub fn carry(&mut self) {
        for (high, low) in self.high.iter_mut().zip(&mut self.low) {
            *high += i128::from(std::mem::take(low));
        }
    }

    /// Counts what is still open when all is over.
    pub fn close(&mut self, bounds: &Bounds<L>) {
        for lane in 0..L {
            self.cross(lane, NEVER, NEVER, bounds);
        }
    }
}
