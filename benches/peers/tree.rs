//! A winner tree: of all slots, which is due first. Of equal times the lower slot wins.

use std::hint::select_unpredictable;

use super::NEVER;

#[derive(Clone, Copy, Debug)]
struct Entry {
    time: i64,
    slot: u64,
}

/// Slots with times; setting one costs one comparison a level, and no branch that a processor could guess wrong.
#[derive(Clone, Debug)]
pub struct WinnerTree {
    /// Entry 1 is the winner of all; entries `2i` and `2i + 1` are played against each other for entry `i`.
    entries: Box<[Entry]>,
    leaves: usize,
}

impl WinnerTree {
    pub fn new(slots: usize) -> WinnerTree {
        let leaves = slots.next_power_of_two().max(2);
        let slot_of = |mut i: usize| {
            // All times are equal at first: the lowest slot below wins.
            while i < leaves {
                i *= 2;
            }
            (i - leaves) as u64
        };
        let entries = (0..2 * leaves).map(|i| Entry { time: NEVER, slot: slot_of(i.max(1)) }).collect();
        WinnerTree { entries, leaves }
    }

    /// The time due first, and its slot.
    #[inline(always)]
    pub fn first(&self) -> (i64, usize) {
        let winner = self.entries[1];
        (winner.time, winner.slot as usize)
    }

    /// The time of a slot.
    #[inline(always)]
    pub fn time(&self, slot: usize) -> i64 {
        self.entries[self.leaves + slot].time
    }

    /// Gives a slot another time.
    #[inline(always)]
    pub fn set(&mut self, slot: usize, time: i64) {
        let mut winner = Entry { time, slot: slot as u64 };
        let mut i = self.leaves + slot;
        assert!(i < self.entries.len());
        // SAFETY: `i` is below the number of entries, which is even, and only gets smaller; so `i ^ 1` is below too.
        unsafe {
            *self.entries.get_unchecked_mut(i) = winner;
            while i > 1 {
                let other = *self.entries.get_unchecked(i ^ 1);
                // The one on the left has the lower slots and wins at equal times.
                let lost = other.time < winner.time + (i & 1) as i64;
                winner.time = select_unpredictable(lost, other.time, winner.time);
                winner.slot = select_unpredictable(lost, other.slot, winner.slot);
                i >>= 1;
                *self.entries.get_unchecked_mut(i) = winner;
            }
        }
    }
}
