//! How far a run is: whether it goes on, from outside, by its memory, and by its clock, and what its sums can still take.

use super::bounds::NO_TIME;
use super::run::{Ask, Halt};

/// Items between two looks.
const LOOK: u64 = 1024;
/// Items at one instant after which there is no end to be seen.
const ENDLESS: u64 = 1_000_000;

/// How far a run is.
pub struct Pace<'a> {
    ask: &'a Ask,
    look: &'a dyn Fn(f64) -> bool,
    items: u64,
    still: u64,
    last: i64,
    latest: i64,
    /// What sums of dates can still take before they have to be carried over.
    budget: i64,
    /// Parts of one type, at most, that an item takes.
    parts: u64,
}

impl<'a> Pace<'a> {
    /// At t = 0. `look` is told now and then which share of the time is over; it says whether to go on. `parts` of
    /// one type, at most, go into an item.
    #[must_use]
    pub fn new(ask: &'a Ask, look: &'a dyn Fn(f64) -> bool, parts: u64) -> Self {
        Self { ask, look, items: 0, still: 0, last: NO_TIME, latest: 0, budget: i64::MAX, parts }
    }

    /// So many items have gone, with dates up to `end`: whether sums have to be carried over now.
    pub fn fills(&mut self, end: i64, items: u64) -> bool {
        let items = i64::try_from(items.saturating_mul(self.parts)).unwrap_or(i64::MAX);
        self.budget = self.budget.saturating_sub(end.saturating_mul(items));
        let fills = self.budget < 1 << 62;
        if fills {
            self.budget = i64::MAX;
        }
        fills
    }

    /// Another part of the line goes on, at another time.
    pub fn turn(&mut self) {
        (self.still, self.last) = (0, NO_TIME);
    }

    /// Items have gone; `state` tells when the latest left its source, and the bytes of a replication.
    ///
    /// # Errors
    /// When the run is ended, or takes too much memory, or no time passes: then the event kernel has to run instead.
    pub fn see(&mut self, items: u64, state: impl FnOnce() -> (i64, usize)) -> Result<(), Halt> {
        let before = self.items / LOOK;
        self.items += items;
        if self.items / LOOK == before {
            return Ok(());
        }
        let (now, bytes) = state();
        self.still = if now > self.last { 0 } else { self.still + items.max(LOOK) };
        self.last = now;
        self.latest = self.latest.max(now.min(self.ask.horizon));
        #[allow(clippy::cast_precision_loss)] // a share
        let share = self.latest as f64 / (self.ask.horizon as f64).max(1.0);
        if !(self.look)(share) {
            return Err(Halt::Ended);
        }
        if self.still > ENDLESS || bytes > self.ask.memory { Err(Halt::Beyond) } else { Ok(()) }
    }
}
