//! Breakdowns of a machine: what an item meets on its way through, and what the machine does while it is down.

use super::bounds::{Bounds, NEVER, before};
use super::cells::Unsound;
use super::draws::Draws;
use super::line;
use super::sums::Mark;

/// Breakdowns of one machine.
#[derive(Clone)]
pub struct Failing<const L: usize> {
    wears: bool,
    after: Draws<L>,
    repair: Draws<L>,
    /// The next failure, where it is known.
    pub next: [i64; L],
    /// Working time left on a clock that runs during work.
    pub rest: [i64; L],
    /// Ticks down of the machine while it was idle, where these are asked for: up to the bounds, and in all.
    pub idle: [[i64; L]; 3],
    longest: u64,
}

impl<const L: usize> Failing<L> {
    /// The clock of the first failure begins.
    #[must_use]
    pub fn new(failure: &line::Failure, longest: u64, seed: u64, first: u64) -> Self {
        let mut failing = Failing {
            wears: failure.wears,
            after: failure.after.begin(seed, first),
            repair: failure.repair.begin(seed, first),
            next: [NEVER; L],
            rest: [NEVER; L],
            idle: [[0; L]; 3],
            longest,
        };
        let drawn: [i64; L] = std::array::from_fn(|i| failing.after.one(i));
        *(if failure.wears { &mut failing.rest } else { &mut failing.next }) = drawn;
        failing
    }

    /// Whether its clock runs during work only.
    #[must_use]
    pub fn wears(&self) -> bool {
        self.wears
    }

    /// Whether the time to the first failure is none.
    #[must_use]
    pub fn is_unsound(&self) -> bool {
        self.next.iter().chain(&self.rest).any(|t| *t != NEVER && t.cast_unsigned() > self.longest)
    }

    /// From when on, at a time or later, the machine is up.
    ///
    /// # Errors
    /// When a draw gives no duration.
    pub fn until_up(
        &mut self,
        lane: usize,
        at: i64,
        freed: i64,
        ended: i64,
        bounds: &Bounds<L>,
        marks: &mut [Mark; 2],
    ) -> Result<i64, Unsound> {
        let mut up = at;
        while self.next[lane] <= up && self.comes(lane, bounds) {
            let (from, to) = self.fail(lane, self.next[lane], bounds, marks)?;
            // While the finished item waited.
            let (begin, end) = (from.max(ended), to.min(freed));
            for (mark, bound) in marks.iter_mut().zip(bounds) {
                let bound = bound[lane];
                mark.down_blocked += before(bound, begin, end);
            }
            let [idle @ .., all] = &mut self.idle;
            for (idle, bound) in idle.iter_mut().zip(bounds) {
                idle[lane] += (to.min(bound[lane]) - from.max(freed)).max(0);
            }
            all[lane] += (to - from.max(freed)).max(0);
            up = up.max(to);
        }
        Ok(up)
    }

    /// The end of work that begins at a time.
    ///
    /// # Errors
    /// When a draw gives no duration.
    pub fn through(
        &mut self,
        lane: usize,
        from: i64,
        time: i64,
        bounds: &Bounds<L>,
        marks: &mut [Mark; 2],
    ) -> Result<i64, Unsound> {
        if self.wears && self.rest[lane] > time {
            self.rest[lane] -= time;
            return Ok(from + time);
        }
        self.work(lane, from, time, bounds, marks)
    }

    /// Whether the next failure comes before the end of the run. What comes later changes no figure, and what would
    /// come of it could have no end.
    fn comes(&mut self, lane: usize, bounds: &Bounds<L>) -> bool {
        let comes = self.next[lane] <= bounds[1][lane];
        if !comes {
            self.next[lane] = NEVER;
        }
        comes
    }

    /// The end of work that begins at a time and is interrupted.
    fn work(
        &mut self,
        lane: usize,
        from: i64,
        time: i64,
        bounds: &Bounds<L>,
        marks: &mut [Mark; 2],
    ) -> Result<i64, Unsound> {
        let mut end = from + time;
        if !self.wears {
            while self.next[lane] < end && self.comes(lane, bounds) {
                let (down, up) = self.fail(lane, self.next[lane], bounds, marks)?;
                during_work(lane, down, up, bounds, marks);
                end += up - down;
            }
            return Ok(end);
        }
        let (mut at, mut rest) = (from, time);
        while self.rest[lane] < rest {
            if at + self.rest[lane] > bounds[1][lane] {
                self.rest[lane] = NEVER;
                break;
            }
            at += self.rest[lane];
            rest -= self.rest[lane];
            let (down, up) = self.fail(lane, at, bounds, marks)?;
            during_work(lane, down, up, bounds, marks);
            at = up;
        }
        end = at + rest;
        self.rest[lane] -= rest;
        if self.rest[lane] == 0 {
            // The clock ran out with the work, which is finished first (B6).
            self.next[lane] = end;
        }
        Ok(end)
    }

    /// A failure and the end of its repair; the clock begins anew.
    fn fail(&mut self, lane: usize, at: i64, bounds: &Bounds<L>, marks: &mut [Mark; 2]) -> Result<(i64, i64), Unsound> {
        let (repair, after) = (self.repair.one(lane), self.after.one(lane));
        if (repair.cast_unsigned() | after.cast_unsigned()) > self.longest {
            return Err(Unsound);
        }
        let up = at + repair;
        if up + after >= NEVER {
            return Err(Unsound);
        }
        if self.wears {
            self.rest[lane] = after;
            self.next[lane] = NEVER;
        } else {
            self.next[lane] = up + after;
        }
        for (mark, bound) in marks.iter_mut().zip(bounds) {
            let bound = bound[lane];
            mark.down += before(bound, at, up);
            mark.failures += u64::from(at <= bound);
            mark.repairs += u64::from(up <= bound);
        }
        Ok((at, up))
    }
}

fn during_work<const L: usize>(lane: usize, down: i64, up: i64, bounds: &Bounds<L>, marks: &mut [Mark; 2]) {
    for (mark, bound) in marks.iter_mut().zip(bounds) {
        mark.down_busy += before(bound[lane], down, up);
    }
}
