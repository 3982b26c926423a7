//! What the host does for resources: cards of a limit on their way back, in a binary heap of the times at
//! which they are there again (Williams 1964), and who is sent where skills are asked for.

use super::builder::Field;
use super::host::Host;
use super::layout::{header, limit, needs, pool, request};
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

    /// Members for all needs of a request, from crews that no older request waits for: the need list of
    /// those who are sent, or 0. O(needs² · crews).
    pub(super) fn staff(&mut self, record: i64) -> i64 {
        let list = self.arena.get(record, request::NEEDS);
        let mut crews: Vec<i64> = Vec::new();
        let mut free: Vec<u64> = Vec::new();
        let mut wanted: Vec<(Vec<usize>, u64)> = Vec::new();
        for i in 0..self.arena.get(list, needs::COUNT) {
            let asked = self.arena.get(list + 16 * i, needs::POOL);
            let number = u64::try_from(self.arena.get(list + 16 * i, needs::NUMBER)).unwrap_or(0);
            let choice = self.arena.get(asked, pool::CREWS);
            let able: Vec<i64> = match choice {
                0 => vec![asked],
                _ => (1..=self.arena.get(choice, WORD)).map(|c| self.arena.get(choice + 8 * c, WORD)).collect(),
            };
            let mut indices = Vec::new();
            for crew in able {
                let known = crews.iter().position(|c| *c == crew);
                indices.push(known.unwrap_or_else(|| {
                    let there = self.arena.get(crew, pool::SIZE) - self.arena.get(crew, pool::BUSY);
                    let claimed = self.arena.get(crew, pool::CLAIMED) != 0;
                    free.push(if claimed { 0 } else { u64::try_from(there).unwrap_or(0) });
                    crews.push(crew);
                    crews.len() - 1
                }));
            }
            wanted.push((indices, number));
        }
        let Some(sent) = crate::ir::staff(&wanted, &mut free) else { return 0 };
        let staff = self.arena.get(record, request::STAFF);
        let mut n = 0;
        for (crew, number) in crews.iter().zip(sent).filter(|(_, n)| *n > 0) {
            self.arena.set(staff + 16 * n, needs::POOL, *crew);
            self.arena.set(staff + 16 * n, needs::NUMBER, i64::try_from(number).unwrap_or(i64::MAX));
            n += 1;
        }
        self.arena.set(staff, needs::COUNT, n);
        staff
    }
}
