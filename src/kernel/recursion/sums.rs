//! What is added up at a stage over all its items, and what it was at the ends of the warm-up and of the run.

use super::bounds::AtBound;

/// What a stage has done up to a bound.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mark {
    open: bool,
    closed: bool,
    /// Ticks from the begin of work to its end.
    pub busy: i128,
    /// Ticks from loading to leaving.
    pub engaged: i128,
    /// Item-ticks in the lane.
    pub area: i128,
    /// Ticks in the lane of all that have left it.
    pub stays: i128,
    /// Ticks without an item in the lane.
    pub empty: i128,
    /// Ticks without a place in the lane.
    pub full: i128,
    /// Items that have come into the lane.
    pub entries: u64,
    /// Items that have left the lane.
    pub exits: u64,
    /// Ends of work.
    pub cycles: u64,
    /// Highest settled level of the lane since t = 0, or since the bound before.
    pub most: u64,
    /// Ticks down.
    pub down: i128,
    /// Of these, during work.
    pub down_busy: i128,
    /// Of these, while a finished item waited.
    pub down_blocked: i128,
    /// Failures.
    pub failures: u64,
    /// Ends of repairs.
    pub repairs: u64,
}

impl AtBound for Mark {
    fn is_closed(&self) -> bool {
        self.closed
    }
}

impl Mark {
    /// Begins to count apart; whether it did not before.
    pub fn opens(&mut self) -> bool {
        !std::mem::replace(&mut self.open, true)
    }

    /// All has been counted.
    pub fn closes(&mut self) {
        self.closed = true;
    }
}

/// Sums over all items, which are carried over before they overflow: of dates, of which only differences say
/// something, and these modulo 2^64.
#[derive(Clone)]
pub struct Sums<const L: usize> {
    /// Coming.
    pub came: [u64; L],
    /// Loading.
    pub loaded: [u64; L],
    /// The end of work.
    pub ended: [u64; L],
    /// Leaving.
    pub gone: [u64; L],
    /// The later of: an item came, the one before had left the lane.
    pub met: [u64; L],
    /// When the last item before these left the lane.
    pub before: [u64; L],
    /// The later of: an item came, there was a place for the next.
    pub made_room: [u64; L],
    /// From loading to the begin of work.
    pub ahead: [u64; L],
}

/// Place of the time of work among the times that sums of dates say.
pub const BUSY: usize = 0;
/// From loading to leaving.
pub const ENGAGED: usize = 1;
/// In the lane.
pub const AREA: usize = 2;
/// Without an item in the lane.
pub const EMPTY: usize = 3;
/// Without a place in it.
pub const FULL: usize = 4;

impl<const L: usize> Default for Sums<L> {
    fn default() -> Self {
        let none = [0; L];
        Self {
            came: none,
            loaded: none,
            ended: none,
            gone: none,
            met: none,
            before: none,
            made_room: none,
            ahead: none,
        }
    }
}

impl<const L: usize> Sums<L> {
    /// Times of a replication: busy, engaged, in the lane, without an item in it, without a place; the last item left the
    /// lane at `left`.
    #[must_use]
    pub fn times(&self, lane: usize, left: i64) -> [u64; 5] {
        let between = |from: &[u64; L], to: &[u64; L]| to[lane].wrapping_sub(from[lane]);
        [
            between(&self.loaded, &self.ended).wrapping_sub(self.ahead[lane]),
            between(&self.loaded, &self.gone),
            between(&self.came, &self.loaded),
            // Each item but the last left before the next one met it.
            self.met[lane]
                .wrapping_sub(self.before[lane])
                .wrapping_sub(self.loaded[lane])
                .wrapping_add(left.cast_unsigned()),
            between(&self.came, &self.made_room),
        ]
    }
}
