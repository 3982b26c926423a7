//! Several machines of a station. Of those at work the first to finish gives its item away when no machine is idle, or
//! when it finishes before the next item is loaded: nothing that comes later can overtake it. Ties go as everywhere: of
//! machines idle equally long the lower number is loaded, of items ready at one instant that of the lower number leaves.

use std::collections::VecDeque;

use super::bounds::{Bounds, NEVER, before, cross};
use super::sums::Mark;

/// An item on a machine.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// When its work ends.
    pub ended: i64,
    /// The machine.
    pub number: u32,
    /// When it was loaded.
    pub loaded: i64,
    /// When the item was born.
    pub birth: i64,
    /// Its place in the mix.
    pub kind: u8,
}

/// The machines in `L` replications.
#[derive(Clone)]
pub struct Machines<const L: usize> {
    /// Since when which are idle, the longest first.
    idle: Vec<VecDeque<(i64, u32)>>,
    held: Vec<Vec<Held>>,
    low: [[u64; L]; 2],
    high: Vec<[i128; 2]>,
    limit: [i64; L],
    /// Items that have left.
    gone: u64,
    /// At the bounds, by replication.
    pub marks: Vec<[Mark; 2]>,
}

impl<const L: usize> Machines<L> {
    /// All idle.
    #[must_use]
    pub fn new(number: usize, bounds: &Bounds<L>) -> Self {
        let all = (1u32..).take(number).map(|n| (0, n)).collect();
        Self {
            idle: vec![all; L],
            held: vec![Vec::with_capacity(number); L],
            low: [[0; L]; 2],
            high: vec![[0; 2]; L],
            limit: bounds[0],
            gone: 0,
            marks: vec![[Mark::default(); 2]; L],
        }
    }

    /// Since when the machine is idle that is loaded next.
    #[must_use]
    pub fn idle_since(&self, lane: usize) -> i64 {
        self.idle.get(lane).and_then(|i| i.front()).map_or(NEVER, |(since, _)| *since)
    }

    /// Loads an item.
    pub fn load(&mut self, lane: usize, loaded: i64, ended: i64, birth: i64, kind: u8) {
        let Some((_, number)) = self.idle.get_mut(lane).and_then(VecDeque::pop_front) else { return };
        if let Some(held) = self.held.get_mut(lane) {
            held.push(Held { ended, number, loaded, birth, kind });
        }
    }

    /// When the first of them finishes; [`NEVER`] when none is loaded.
    #[must_use]
    pub fn finish(&self, lane: usize) -> i64 {
        self.held.get(lane).and_then(|h| h.iter().map(|h| h.ended).min()).unwrap_or(NEVER)
    }

    /// The item that leaves first.
    pub fn give(&mut self, lane: usize) -> Option<Held> {
        let held = self.held.get_mut(lane)?;
        let (first, _) = held.iter().enumerate().min_by_key(|(_, h)| (h.ended, h.number))?;
        Some(held.swap_remove(first))
    }

    /// Counts items that have left.
    pub fn count(&mut self, items: &[Held; L], gone: &[i64; L], bounds: &Bounds<L>) {
        for lane in 0..L {
            let (item, gone) = (items[lane], gone[lane]);
            if gone > self.limit[lane] {
                self.cross(lane, item, gone, bounds);
            }
            self.low[0][lane] = self.low[0][lane].wrapping_add((item.ended - item.loaded).cast_unsigned());
            self.low[1][lane] = self.low[1][lane].wrapping_add((gone - item.loaded).cast_unsigned());
            // Behind those idle longer, of one instant by number.
            if let Some(idle) = self.idle.get_mut(lane) {
                let after = idle.iter().rposition(|other| *other < (gone, item.number));
                idle.insert(after.map_or(0, |at| at + 1), (gone, item.number));
            }
        }
        self.gone += 1;
    }

    fn cross(&mut self, lane: usize, item: Held, gone: i64, bounds: &Bounds<L>) {
        let high = self.high.get(lane).copied().unwrap_or_default();
        let totals: [i128; 2] = std::array::from_fn(|i| high[i] + i128::from(self.low[i][lane]));
        let oldest = self.held.get(lane).and_then(|h| h.iter().map(|h| h.loaded).min()).unwrap_or(NEVER);
        let count = self.gone;
        let Some(marks) = self.marks.get_mut(lane) else { return };
        self.limit[lane] = cross(marks, bounds, lane, gone, |mark, _, bound| {
            if mark.opens() {
                [mark.busy, mark.engaged] = totals;
                mark.cycles = count;
            }
            mark.busy += before(bound, item.loaded, item.ended);
            mark.engaged += before(bound, item.loaded, gone);
            mark.cycles += u64::from(item.ended <= bound);
            let closes = item.loaded > bound && oldest > bound;
            if closes {
                mark.closes();
            }
            closes
        });
    }

    /// Counts what is still open when all is over.
    pub fn close(&mut self, bounds: &Bounds<L>) {
        let over = Held { ended: NEVER, number: 0, loaded: NEVER, birth: NEVER, kind: 0 };
        for lane in 0..L {
            self.cross(lane, over, NEVER, bounds);
        }
    }

    /// Carries sums over.
    pub fn carry(&mut self) {
        for (which, low) in self.low.iter_mut().enumerate() {
            for (lane, high) in self.high.iter_mut().enumerate() {
                high[which] += i128::from(low[lane]);
                low[lane] = 0;
            }
        }
    }
}
