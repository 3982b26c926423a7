//! Cards of a limit on their way back: a binary heap of the times at which they are there again
//! (Williams 1964), in the arena.

use super::builder::Field;
use super::host::Host;
use super::layout::{header, limit};
use super::program::Ty;

const WORD: Field = Field { offset: 0, ty: Ty::Time };

impl Host {
    /// A card of a limit goes and is back at a time; the earliest time of all. O(log cards).
    pub(super) fn card_goes(&mut self, record: i64, at: i64) -> i64 {
        let heap = self.arena.get(record, limit::HEAP);
        let place = |i: i64| heap.wrapping_add(i.wrapping_mul(8));
        let mut i = self.arena.get(record, limit::RETURNING);
        self.arena.set(record, limit::RETURNING, i + 1);
        while i > 0 {
            let up = (i - 1) / 2;
            let above = self.arena.get(place(up), WORD);
            if above <= at {
                break;
            }
            self.arena.set(place(i), WORD, above);
            i = up;
        }
        self.arena.set(place(i), WORD, at);
        self.arena.get(heap, WORD)
    }

    /// Takes out all that are back by now; their number. O(number · log cards).
    pub(super) fn cards_back(&mut self, record: i64) -> i64 {
        let now = self.arena.get(0, header::NOW);
        let heap = self.arena.get(record, limit::HEAP);
        let place = |i: i64| heap.wrapping_add(i.wrapping_mul(8));
        let mut number = 0;
        loop {
            let n = self.arena.get(record, limit::RETURNING);
            if n == 0 || self.arena.get(heap, WORD) > now {
                return number;
            }
            number += 1;
            let last = self.arena.get(place(n - 1), WORD);
            self.arena.set(place(n - 1), WORD, 0);
            self.arena.set(record, limit::RETURNING, n - 1);
            let mut i = 0;
            loop {
                let mut child = 2 * i + 1;
                if child >= n - 1 {
                    break;
                }
                if child + 1 < n - 1 && self.arena.get(place(child + 1), WORD) < self.arena.get(place(child), WORD) {
                    child += 1;
                }
                let below = self.arena.get(place(child), WORD);
                if below >= last {
                    break;
                }
                self.arena.set(place(i), WORD, below);
                i = child;
            }
            if n > 1 {
                self.arena.set(place(i), WORD, last);
            }
        }
    }
}
