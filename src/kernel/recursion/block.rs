//! Items in blocks: a stage that stands between lanes with enough places takes several items one after another, and
//! what it remembers stays in registers. Until a block is through, no item of it can need a place that another of
//! the same block has to give free.
//!
//! Start at [`pass`], the innermost loop.

use super::bounds::{Bounds, NO_TIME};
use super::cells::Unsound;
use super::failing::Failing;
use super::sums::{Mark, Sums};
use super::wide::Wide;

/// Most items of a block.
pub const BLOCK: usize = 16;

/// A date of each item of a block.
pub type Rows<const L: usize> = [[i64; L]; BLOCK];

/// When the latest items left a lane, a row for each, one behind the other; those before the first item say
/// [`NO_TIME`]. Where the rows end, the last of them are moved to the front.
#[derive(Clone, Debug)]
pub struct Leaves<const L: usize> {
    rows: Vec<[i64; L]>,
    /// The number of the item of the first row, modulo 2^64.
    first: u64,
    /// How many items are remembered at least.
    kept: usize,
}

impl<const L: usize> Leaves<L> {
    /// Remembers so many items and those of a block.
    #[must_use]
    pub fn new(kept: usize) -> Self {
        let length = 2 * kept.max(BLOCK) + BLOCK;
        Self { rows: vec![[NO_TIME; L]; length], first: (kept as u64).wrapping_neg(), kept }
    }

    /// How many it remembers before the last block.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// What it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&self.rows[..])
    }

    /// When an item left, by its number.
    #[inline(always)]
    #[must_use]
    pub fn of(&self, item: u64) -> [i64; L] {
        self.rows.get(self.place(item)).copied().unwrap_or([NO_TIME; L])
    }

    /// An item leaves, for which there is room.
    #[inline(always)]
    pub fn set(&mut self, item: u64, leaves: &[i64; L]) {
        let place = self.place(item);
        if let Some(row) = self.rows.get_mut(place) {
            *row = *leaves;
        }
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // below the length
    fn place(&self, item: u64) -> usize {
        item.wrapping_sub(self.first) as usize
    }

    /// Makes room for so many items from one on.
    #[inline(always)]
    pub fn make_room(&mut self, item: u64, count: usize) {
        if self.place(item) + count > self.rows.len() {
            self.move_up(item);
        }
    }

    #[cold]
    #[inline(never)]
    fn move_up(&mut self, item: u64) {
        let from = self.place(item) - self.kept;
        self.rows.copy_within(from..from + self.kept, 0);
        self.first = self.first.wrapping_add(from as u64);
    }

    /// Remembers twice as many; `items` have left.
    pub fn grow(&mut self, items: u64) {
        let mut longer = Self::new(2 * self.kept);
        longer.first = items.wrapping_sub(longer.kept as u64);
        for back in 1..=self.kept as u64 {
            let item = items.wrapping_sub(back);
            longer.set(item, &self.of(item));
        }
        *self = longer;
    }

    /// Begins to remember where so many items have left; what it says of those before has to be set.
    pub fn begin_at(&mut self, items: u64) {
        self.first = items.wrapping_sub(self.kept as u64);
    }

    /// Where it is remembered when items leave from one on, for which there is room.
    #[inline(always)]
    pub fn room_from(&mut self, item: u64, count: usize) -> &mut [[i64; L]] {
        let place = self.place(item);
        self.rows.get_mut(place..place + count).unwrap_or_default()
    }

    /// When items left from one on that is remembered.
    #[inline(always)]
    #[must_use]
    pub fn from(&self, item: u64, count: usize) -> &[[i64; L]] {
        let place = self.place(item);
        self.rows.get(place..place + count).unwrap_or_default()
    }
}

/// There is always room.
#[must_use]
pub fn nothing_ahead<const L: usize>() -> &'static [[i64; L]] {
    &[[NO_TIME; L]; BLOCK]
}

/// A stage and the items of a block that go through it.
pub struct Pass<'a, const L: usize> {
    /// How many items.
    pub count: usize,
    /// The number of the first.
    pub item: u64,
    /// Their times of work.
    pub times: &'a Rows<L>,
    /// When each comes.
    pub came: &'a Rows<L>,
    /// When it can be loaded, where items are under way in the lane.
    pub there: &'a Rows<L>,
    /// When its work ends.
    pub ended: &'a mut Rows<L>,
    /// When it leaves.
    pub gone: &'a mut Rows<L>,
    /// When it leaves the lane.
    pub leaves: &'a mut Leaves<L>,
    /// Places of the lane, where they are counted.
    pub places: Option<u64>,
    /// From when on each finds room behind the stage.
    pub ahead: &'a [[i64; L]],
    /// When the machine gave the last item away.
    pub freed: &'a mut [i64; L],
    /// When the lane did.
    pub left: &'a mut [i64; L],
    /// When work on the last item ended.
    pub last: &'a mut [i64; L],
    /// What is added up.
    pub sums: &'a mut Sums<L>,
    /// What stops the machine.
    pub stops: Option<Stops<'a, L>>,
}

/// What stops the machine of a stage.
pub struct Stops<'a, const L: usize> {
    /// Its breakdowns.
    pub failing: &'a mut Failing<L>,
    /// Where they are counted.
    pub marks: &'a mut [[Mark; 2]],
    /// Ends of the warm-up and of the run.
    pub bounds: &'a Bounds<L>,
}

/// No lane before the machine.
pub const NO_LANE: u8 = 0;
/// A lane in which items only wait.
pub const WAITS: u8 = 1;
/// A lane in which they are under way for a time.
pub const MOVES: u8 = 2;

/// No breakdowns.
pub const NEVER_STOPS: u8 = 0;
/// Breakdowns by the calendar.
pub const FAILS: u8 = 1;
/// Breakdowns by working time.
pub const WEARS: u8 = 2;

/// Part number `PART` of the replications goes through: dates and sums. `LANE`: what is before the machine.
///
/// # Errors
/// When a draw gives no duration.
#[inline(always)]
pub fn pass<W: Wide, const L: usize, const PART: usize, const LANE: u8, const STOPS: u8>(
    p: &mut Pass<'_, L>,
) -> Result<(), Unsound> {
    let Pass { times, came, there, ended: ends, gone: leaving, leaves, ahead, freed: free_at, sums, stops, .. } = p;
    let (times, came_at, there_at): (&Rows<L>, &Rows<L>, &Rows<L>) = (times, came, there);
    let (ends, leaving): (&mut Rows<L>, &mut Rows<L>) = (ends, leaving);
    let (mut freed, mut left, mut last) = (W::load(free_at, PART), W::load(p.left, PART), W::load(p.last, PART));
    let mut came_sum = W::load_words(&sums.came, PART);
    let mut loaded_sum = W::load_words(&sums.loaded, PART);
    let mut ended_sum = W::load_words(&sums.ended, PART);
    let mut gone_sum = W::load_words(&sums.gone, PART);
    let mut met_sum = W::load_words(&sums.met, PART);
    let mut room_sum = W::load_words(&sums.made_room, PART);
    let (mut fails, mut rest) = (W::all(0), W::all(0));
    if let (FAILS | WEARS, Some(stops)) = (STOPS, &stops) {
        fails = W::load(&stops.failing.next, PART);
        rest = W::load(&stops.failing.rest, PART);
    }
    let one = W::all(1);
    let own = leaves.place(p.item);
    let (room, counted) = match p.places {
        Some(places) => (leaves.place(p.item.wrapping_add(1).wrapping_sub(places)), true),
        None => (0, false),
    };
    let count = p.count.min(BLOCK);
    let (ahead, rows): (&[[i64; L]], &mut [[i64; L]]) = (ahead.get(..count).ok_or(Unsound)?, &mut leaves.rows);
    if own.max(room) + count > rows.len() {
        return Err(Unsound);
    }
    for i in 0..count {
        let (came, time) = (W::load(&came_at[i], PART), W::load(&times[i], PART));
        let there = if LANE == MOVES { W::load(&there_at[i], PART) } else { came };
        let mut loaded = there.larger(freed);
        let mut ended = loaded.plus(time);
        if STOPS != NEVER_STOPS {
            let stopped = match STOPS {
                // Before the end, or at it: what happens at the end itself is looked at closely.
                FAILS => ended.plus(one).any_above(fails),
                _ => time.plus(one).any_above(rest) || loaded.plus(one).any_above(fails),
            };
            if !stopped {
                rest = rest.minus(time);
            } else if let Some(stops) = stops {
                rest.store(&mut stops.failing.rest, PART);
                let mut its = Stopped { freed: [0; L], last: [0; L], loaded: [0; L], time: [0; L], ended: [0; L] };
                freed.store(&mut its.freed, PART);
                last.store(&mut its.last, PART);
                loaded.store(&mut its.loaded, PART);
                time.store(&mut its.time, PART);
                stops.interrupt(&mut its, PART * W::WIDTH..(PART + 1) * W::WIDTH)?;
                (loaded, ended) = (W::load(&its.loaded, PART), W::load(&its.ended, PART));
                (fails, rest) = (W::load(&stops.failing.next, PART), W::load(&stops.failing.rest, PART));
            }
        }
        let gone = ended.larger(W::load(&ahead[i], PART));
        ended.store(&mut ends[i], PART);
        gone.store(&mut leaving[i], PART);
        loaded_sum = loaded_sum.plus(loaded);
        ended_sum = ended_sum.plus(ended);
        gone_sum = gone_sum.plus(gone);
        loaded.store(&mut rows[own + i], PART);
        if LANE != NO_LANE {
            came_sum = came_sum.plus(came);
            met_sum = met_sum.plus(came.larger(left));
            left = loaded;
            let free = if counted { W::load(&rows[room + i], PART) } else { came };
            room_sum = room_sum.plus(came.larger(free));
        }
        freed = gone;
        last = ended;
    }
    freed.store(free_at, PART);
    left.store(p.left, PART);
    last.store(p.last, PART);
    came_sum.store_words(&mut sums.came, PART);
    loaded_sum.store_words(&mut sums.loaded, PART);
    ended_sum.store_words(&mut sums.ended, PART);
    gone_sum.store_words(&mut sums.gone, PART);
    met_sum.store_words(&mut sums.met, PART);
    room_sum.store_words(&mut sums.made_room, PART);
    if let (WEARS, Some(stops)) = (STOPS, stops) {
        rest.store(&mut stops.failing.rest, PART);
    }
    Ok(())
}

/// Items of a block that a source gives.
pub struct Giving<'a, const L: usize> {
    /// How many.
    pub count: usize,
    /// The time from each to the next.
    pub times: &'a Rows<L>,
    /// From when on each finds room.
    pub ahead: &'a [[i64; L]],
    /// When the next is there.
    pub due: &'a mut [i64; L],
    /// When each is there.
    pub ready: &'a mut Rows<L>,
    /// When it leaves the source.
    pub came: &'a mut Rows<L>,
}

/// Part number `PART` of the replications of a source gives its items.
#[inline(always)]
pub fn give<W: Wide, const L: usize, const PART: usize>(g: &mut Giving<'_, L>) {
    let mut due = W::load(g.due, PART);
    for i in 0..g.count.min(BLOCK).min(g.ahead.len()) {
        due.store(&mut g.ready[i], PART);
        let came = due.larger(W::load(&g.ahead[i], PART));
        came.store(&mut g.came[i], PART);
        due = came.plus(W::load(&g.times[i], PART));
    }
    due.store(g.due, PART);
}

/// An item that may meet a breakdown: what is known before it, and then when it is loaded and its work ends.
pub struct Stopped<const L: usize> {
    /// When the machine gave the item before away.
    pub freed: [i64; L],
    /// When work on that ended.
    pub last: [i64; L],
    /// When the item is loaded.
    pub loaded: [i64; L],
    /// Its time of work.
    pub time: [i64; L],
    /// When its work ends.
    pub ended: [i64; L],
}

impl<const L: usize> Stops<'_, L> {
    /// Looks at the breakdowns that an item meets in some replications.
    ///
    /// # Errors
    /// When a draw gives no duration.
    #[cold]
    #[inline(never)]
    pub fn interrupt(&mut self, its: &mut Stopped<L>, lanes: std::ops::Range<usize>) -> Result<(), Unsound> {
        for lane in lanes {
            let marks = self.marks.get_mut(lane).ok_or(Unsound)?;
            let (freed, last, time) = (its.freed[lane], its.last[lane], its.time[lane]);
            let loaded = self.failing.until_up(lane, its.loaded[lane], freed, last, self.bounds, marks)?;
            its.loaded[lane] = loaded;
            its.ended[lane] = self.failing.through(lane, loaded, time, self.bounds, marks)?;
        }
        Ok(())
    }
}
