//! A stage while it runs: when its lane and its machine took and gave the item before, the sums of its times, and
//! what they were at the ends of the warm-up and of the run. `L` replications lie side by side.
//!
//! Dates of one stage never decrease from item to item. So everything about an item is counted at once, as if
//! there were no end; the first item with a date beyond a bound is noticed by one comparison, and from then on,
//! until an item comes beyond the bound, what lies before the bound is added up apart.

use crate::runtime::ziggurat::ZigguratTables;

use super::belts::Belt;
use super::block::{BLOCK, FAILS, Leaves, MOVES, NEVER_STOPS, NO_LANE, Pass, Rows, Stops, WAITS, WEARS, nothing_ahead};
use super::bounds::{Bounds, NEVER, NO_TIME, before, cross};
use super::draws::Draws;
use super::failing::Failing;
use super::line;
use super::machines::Machines;
use super::side::Side;
use super::sums::{AREA, BUSY, EMPTY, ENGAGED, FULL, Mark, Sums};

/// What one item did at a stage.
#[derive(Clone, Copy)]
pub struct Passage<const L: usize> {
    /// Came into the lane, or onto the machine.
    pub came: [i64; L],
    /// Loaded.
    pub loaded: [i64; L],
    /// Work began.
    pub began: [i64; L],
    /// Work ended.
    pub ended: [i64; L],
}

impl<const L: usize> Passage<L> {
    /// Before any item.
    pub const NONE: Self = Self { came: [0; L], loaded: [0; L], began: [0; L], ended: [0; L] };

    /// Whether work ended at the instant at which it was loaded.
    #[must_use]
    pub fn is_instant(&self) -> bool {
        self.loaded.iter().zip(&self.ended).any(|(loaded, ended)| loaded == ended)
    }
}

/// What happens behind the lane.
#[derive(Clone)]
pub enum Behind<const L: usize> {
    /// The next stage takes from it.
    Nothing,
    /// One machine.
    One,
    /// One machine that breaks down.
    Failing(Box<Failing<L>>),
    /// One machine that begins when there is a place behind.
    Before,
    /// Several machines.
    Several(Box<Machines<L>>),
}

/// A stage while it runs.
#[derive(Clone)]
#[repr(align(64))]
pub struct Cell<const L: usize> {
    /// Time of work; the first of several by item type.
    pub(super) work: Draws<L>,
    /// When the machine gave the last item away.
    pub(super) freed: [i64; L],
    /// When the lane gave the last item away.
    pub(super) left: [i64; L],
    /// When work on the last item ended, where breakdowns ask for it.
    last: [i64; L],
    /// The next failure.
    fails: [i64; L],
    /// How the last item went through that a breakdown had to be looked at for.
    through: Passage<L>,
    /// From when on the next item finds room.
    pub room: [i64; L],
    /// The nearest bound that is still open.
    pub(super) limit: [i64; L],
    pub(super) sums: Sums<L>,
    /// Times that have been carried over.
    high: Vec<[i128; 5]>,
    /// Items that have come.
    pub(super) items: u64,
    /// One machine without a clock of working time, items of one type, and no time under way.
    plain: bool,
    /// Highest level since the last bound.
    pub(super) most: [u64; L],
    /// Whether some of these are below the places.
    pub(super) climbing: bool,
    /// When the last items left the lane.
    pub(super) leaves: Leaves<L>,
    places: u64,
    /// So many leaves are remembered that the places can be counted.
    pub(super) counted: bool,
    /// Items of a block, which can come before it is looked at how many have.
    block: usize,
    /// How items go through a block, where they can.
    pub(super) stops: Option<u8>,
    pub(super) has_lane: bool,
    /// Longer durations are left to the event kernel, so that no sum of a sweep overflows.
    longest: u64,
    pub(super) transit: Option<Box<Draws<L>>>,
    /// The lane is a belt.
    belt: Option<Box<Belt<L>>>,
    /// What is behind the lane.
    pub behind: Behind<L>,
    others: Vec<Draws<L>>,
    /// At the bounds, by replication.
    pub marks: Vec<[Mark; 2]>,
}

/// A draw gave no duration, or a very long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsound;

impl<const L: usize> Cell<L> {
    /// The empty stage.
    #[must_use]
    pub fn new(stage: &line::Stage, block: usize, longest: u64, bounds: &Bounds<L>, seed: u64, first: u64) -> Self {
        let fixed = || line::Stage::nothing().begin(seed, first);
        let places = stage.lane.as_ref().and_then(|l| l.places).unwrap_or(u64::MAX);
        let most = block.max(BLOCK);
        let leaves = Leaves::new(match &stage.lane {
            Some(_) => usize::try_from(places).map_or(usize::MAX, |p| p.saturating_add(block)).min(2 * most + 2),
            None => BLOCK,
        });
        let station = stage.station.as_ref();
        let mut laws: Vec<Draws<L>> =
            station.map_or(Vec::new(), |s| s.work.iter().map(|w| w.begin(seed, first)).collect());
        let work = if laws.is_empty() { fixed() } else { laws.remove(0) };
        let behind = match station {
            None => Behind::Nothing,
            Some(s) if s.machines > 1 => Behind::Several(Box::new(Machines::new(s.machines, bounds))),
            Some(s) if s.before => Behind::Before,
            Some(s) => match &s.failure {
                None => Behind::One,
                Some(f) => {
                    let failing = Failing::new(f, longest.saturating_mul(block as u64), seed, first);
                    Behind::Failing(Box::new(failing))
                }
            },
        };
        let fails = match &behind {
            Behind::Failing(f) => f.next,
            _ => [i64::MAX; L],
        };
        let often = match &behind {
            Behind::One => true,
            Behind::Failing(f) => !f.wears(),
            _ => false,
        };
        let stops = match &behind {
            Behind::One => Some(NEVER_STOPS),
            Behind::Failing(f) => Some(if f.wears() { WEARS } else { FAILS }),
            _ => None,
        };
        let stops = stops.filter(|_| stage.takes_blocks());
        let transit = stage.lane.as_ref().and_then(|l| l.transit.as_ref()).map(|t| Box::new(t.begin(seed, first)));
        let belt = stage.lane.as_ref().and_then(|l| l.belt).map(|belt| Box::new(Belt::new(belt, places)));
        Self {
            work,
            freed: [0; L],
            left: [0; L],
            last: [0; L],
            fails,
            through: Passage::NONE,
            room: [NO_TIME; L],
            limit: bounds[0],
            sums: Sums::default(),
            high: vec![[0; 5]; L],
            items: 0,
            plain: often && laws.is_empty() && transit.is_none() && belt.is_none(),
            most: [0; L],
            climbing: true,
            places,
            counted: stage.lane.is_some() && places.saturating_add(block as u64) <= leaves.kept() as u64,
            leaves,
            block: most,
            stops,
            has_lane: stage.lane.is_some(),
            longest,
            transit,
            belt,
            behind,
            others: laws,
            marks: vec![[Mark::default(); 2]; L],
        }
    }

    /// Whether a duration drawn before the first item is none.
    #[must_use]
    pub fn is_unsound(&self) -> bool {
        let Behind::Failing(failing) = &self.behind else { return false };
        failing.is_unsound()
    }

    /// Whether items go through by [`Cell::go`], not by [`Cell::arrive`] and [`Cell::pass`].
    #[inline(always)]
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// An item that is ready to leave what stands before comes into a plain stage and goes through.
    ///
    /// # Errors
    /// When a draw gives no duration.
    #[inline(always)]
    pub fn go(&mut self, ready: &[i64; L], bounds: &Bounds<L>, tables: &ZigguratTables) -> Result<Passage<L>, Unsound> {
        let came = max(ready, &self.room);
        let loaded = max(&came, &self.freed);
        let time = self.work.next(tables);
        sound(&time, self.longest)?;
        let ended = add(&loaded, &time);
        let mut fails = false;
        for lane in 0..L {
            fails |= self.fails[lane] <= ended[lane];
        }
        if fails {
            self.interrupted(came, loaded, time, bounds)?;
            return Ok(self.through);
        }
        if self.has_lane {
            self.remember(&loaded);
        }
        self.items += 1;
        Ok(Passage { came, loaded, began: loaded, ended })
    }

    /// A passage in which the machine may be down; it is left in [`Cell::through`]: given back through memory, all
    /// passages would go through memory, and each item would wait for it at each stage.
    #[cold]
    #[inline(never)]
    fn interrupted(
        &mut self,
        mut came: [i64; L],
        mut loaded: [i64; L],
        time: [i64; L],
        bounds: &Bounds<L>,
    ) -> Result<(), Unsound> {
        let Behind::Failing(failing) = &mut self.behind else { return Err(Unsound) };
        for lane in 0..L {
            if failing.next[lane] <= loaded[lane] {
                let marks = self.marks.get_mut(lane).ok_or(Unsound)?;
                loaded[lane] =
                    failing.until_up(lane, loaded[lane], self.freed[lane], self.last[lane], bounds, marks)?;
            }
        }
        if !self.has_lane {
            came = loaded;
        }
        let mut ended = [0; L];
        for lane in 0..L {
            let marks = self.marks.get_mut(lane).ok_or(Unsound)?;
            ended[lane] = failing.through(lane, loaded[lane], time[lane], bounds, marks)?;
        }
        self.fails = failing.next;
        if self.has_lane {
            self.remember(&loaded);
        }
        self.items += 1;
        self.through = Passage { came, loaded, began: loaded, ended };
        Ok(())
    }

    /// An item that is ready to leave what stands before comes in as soon as there is room: when, and from when on it
    /// can be loaded.
    ///
    /// # Errors
    /// When a draw gives no duration.
    #[inline(always)]
    pub fn arrive(&mut self, ready: &[i64; L], tables: &ZigguratTables) -> Result<([i64; L], [i64; L]), Unsound> {
        if let Some(belt) = &mut self.belt {
            return Ok(belt.arrive(ready, &self.room, &self.left));
        }
        let came = max(ready, &self.room);
        let Some(transit) = &mut self.transit else { return Ok((came, came)) };
        let time = transit.next(tables);
        sound(&time, self.longest)?;
        Ok((came, max(&add(&came, &time), &self.left)))
    }

    /// An item that has arrived goes through; the passage, of which the end is missing where several machines work.
    /// `ahead` is when the next stage has room.
    ///
    /// # Errors
    /// When a draw gives no duration.
    #[inline(always)]
    pub fn pass(
        &mut self,
        (came, there): ([i64; L], [i64; L]),
        kind: &[u8; L],
        ahead: &[i64; L],
        bounds: &Bounds<L>,
        tables: &ZigguratTables,
    ) -> Result<Passage<L>, Unsound> {
        let mut loaded = max(&there, &self.freed);
        let time = match self.behind {
            Behind::Nothing => [0; L],
            _ if self.others.is_empty() => self.work.next(tables),
            _ => of_kind(&mut self.work, &mut self.others, kind),
        };
        sound(&time, self.longest)?;
        let passage = match &mut self.behind {
            Behind::Nothing => Passage { came, loaded: there, began: there, ended: there },
            Behind::One => Passage { came, loaded, began: loaded, ended: add(&loaded, &time) },
            Behind::Before => {
                let began = max(&loaded, ahead);
                Passage { came, loaded, began, ended: add(&began, &time) }
            }
            Behind::Failing(_) => {
                self.interrupted(came, loaded, time, bounds)?;
                return Ok(self.through);
            }
            Behind::Several(machines) => {
                for lane in 0..L {
                    loaded[lane] = there[lane].max(self.left[lane]).max(machines.idle_since(lane));
                }
                Passage { came, loaded, began: loaded, ended: add(&loaded, &time) }
            }
        };
        if self.has_lane {
            self.remember(&passage.loaded);
        }
        self.items += 1;
        Ok(passage)
    }

    /// When the machine gave the last item away.
    #[must_use]
    pub fn freed(&self) -> [i64; L] {
        self.freed
    }

    /// Ticks down of an idle machine since this was asked last: up to the bounds, and in all.
    pub fn take_idle(&mut self) -> [[i64; L]; 3] {
        match &mut self.behind {
            Behind::Failing(failing) => std::mem::replace(&mut failing.idle, [[0; L]; 3]),
            _ => [[0; L]; 3],
        }
    }

    /// Counts failures of an idle machine up to the end.
    pub fn fail_to_the_end(&mut self, bounds: &Bounds<L>) {
        for lane in 0..L {
            if let (Behind::Failing(failing), Some(marks)) = (&mut self.behind, self.marks.get_mut(lane)) {
                // A failure without repair ends with the run.
                let _ = failing.until_up(lane, bounds[1][lane], self.freed[lane], self.last[lane], bounds, marks);
            }
        }
    }

    /// Places of the lane; more than there can be items, where they are not limited.
    #[must_use]
    pub fn places(&self) -> u64 {
        self.places
    }

    /// Whether there is a lane before the machine.
    #[must_use]
    pub fn has_lane(&self) -> bool {
        self.has_lane
    }

    /// The time of work, where it is the same for all items.
    #[must_use]
    pub fn work(&self) -> Option<&Draws<L>> {
        self.others.is_empty().then_some(&self.work)
    }

    /// Durations beyond this are left to the event kernel.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.longest
    }

    /// Items that have come.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.items
    }

    /// When an item left the lane, by its number.
    #[inline(always)]
    #[must_use]
    pub fn leaves_at(&self, item: u64) -> [i64; L] {
        self.leaves.of(item)
    }

    /// When items left the lane from one on that is remembered.
    #[must_use]
    pub fn leaves_from(&self, item: u64, count: usize) -> &[[i64; L]] {
        self.leaves.from(item, count)
    }

    /// Draws the times of work of a block of items of these places in the mix.
    ///
    /// # Errors
    /// When a draw gives no duration.
    #[inline(always)]
    pub fn draw<S: Side<L>>(
        &mut self,
        count: usize,
        kinds: &[[u8; L]; BLOCK],
        times: &mut Rows<L>,
    ) -> Result<(), Unsound> {
        if self.others.is_empty() {
            return S::draw(&mut self.work, count, times, self.longest);
        }
        for (time, kind) in times.iter_mut().zip(kinds).take(count) {
            *time = of_kind(&mut self.work, &mut self.others, kind);
            sound(time, self.longest)?;
        }
        Ok(())
    }

    /// Items of a block go through, with these times of work. `came` says when each comes, and `ahead` from when on there
    /// is room behind; `ended` and `gone` are told, and `there`, when each can be loaded, if that is not as it comes.
    ///
    /// # Errors
    /// When a draw gives no duration.
    #[inline(always)]
    pub fn through_block<S: Side<L>>(
        &mut self,
        count: usize,
        [times, came, there, ended, gone]: [&mut Rows<L>; 5],
        ahead: &[[i64; L]],
        bounds: &Bounds<L>,
    ) -> Result<(), Unsound> {
        let Some(stops) = self.stops else { return Err(Unsound) };
        let lane = match &mut self.transit {
            _ if !self.has_lane => NO_LANE,
            None => WAITS,
            Some(transit) => {
                S::draw(transit, count, there, self.longest)?;
                for (there, came) in there.iter_mut().zip(came.iter()).take(count) {
                    *there = add(there, came);
                }
                MOVES
            }
        };
        let first = self.items;
        self.leaves.make_room(first, count);
        let left = self.left;
        let mut pass = Pass {
            count,
            item: first,
            times,
            came,
            there,
            ended,
            gone,
            leaves: &mut self.leaves,
            places: self.counted.then_some(self.places),
            ahead,
            freed: &mut self.freed,
            left: &mut self.left,
            last: &mut self.last,
            sums: &mut self.sums,
            stops: match &mut self.behind {
                Behind::Failing(failing) => Some(Stops { failing, marks: &mut self.marks, bounds }),
                _ => None,
            },
        };
        S::pass(&mut pass, lane, stops)?;
        if let (FAILS | WEARS, Behind::Failing(failing)) = (stops, &self.behind) {
            self.fails = failing.next;
        }
        self.items += count as u64;
        let beyond = (0..L).any(|lane| self.freed[lane] > self.limit[lane]);
        if beyond {
            self.left = left;
            self.forget_block(first, count, [came, ended, gone]);
            self.count_block(first, count, [came, ended, gone], bounds);
            return Ok(());
        }
        if self.has_lane {
            self.room = self.free(self.items - 1);
            if self.climbing {
                self.climb_block(first, came, count);
            }
        } else {
            self.room = self.freed;
        }
        Ok(())
    }

    /// Takes the items of a block out of the sums.
    fn forget_block(&mut self, first: u64, count: usize, [came, ended, gone]: [&Rows<L>; 3]) {
        let mut left = self.left;
        for (i, item) in (first..).take(count).enumerate() {
            let (loaded, free) = (self.leaves.of(item), self.free(item));
            let sums = &mut self.sums;
            less(&mut sums.loaded, &loaded);
            less(&mut sums.ended, &ended[i]);
            less(&mut sums.gone, &gone[i]);
            if self.has_lane {
                less(&mut sums.came, &came[i]);
                less(&mut sums.met, &max(&came[i], &left));
                less(&mut sums.made_room, &max(&came[i], &free));
                left = loaded;
            }
        }
    }

    /// Counts items of a block one by one, for some date lies beyond a bound.
    #[cold]
    #[inline(never)]
    pub(super) fn count_block(
        &mut self,
        first: u64,
        count: usize,
        [came, ended, gone]: [&Rows<L>; 3],
        bounds: &Bounds<L>,
    ) {
        for i in 0..count.min(BLOCK) {
            let item = first + i as u64;
            let loaded = self.leaves.of(item);
            let came = if self.has_lane { came[i] } else { loaded };
            let passage = Passage { came, loaded, began: loaded, ended: ended[i] };
            self.add_up(&passage, &gone[i], item, bounds);
        }
    }

    /// How high the level has become with the items of a block, which is seldom higher than ever before.
    #[inline(always)]
    fn climb_block(&mut self, first: u64, came: &Rows<L>, count: usize) {
        let last = self.items - 1;
        let mut perhaps = false;
        for lane in 0..L {
            perhaps |= self.leaves.of(last.wrapping_sub(self.most[lane]))[lane] > came[0][lane];
        }
        if perhaps {
            for (came, item) in came.iter().zip(first..).take(count) {
                self.climb_on(came, item);
            }
        }
    }

    /// Remembers when the item that came last leaves the lane.
    #[inline(always)]
    fn remember(&mut self, leaves: &[i64; L]) {
        self.leaves.make_room(self.items, 1);
        self.leaves.set(self.items, leaves);
    }

    /// Counts an item that has left the stage.
    #[inline(always)]
    pub fn count(&mut self, passage: &Passage<L>, gone: &[i64; L], bounds: &Bounds<L>) {
        if !self.plain {
            if matches!(self.behind, Behind::Nothing) {
                // It leaves the lane when the next stage takes it.
                self.items -= 1;
                return self.wait(&passage.came, gone, bounds);
            }
            self.add_up(passage, gone, self.items - 1, bounds);
            for lane in 0..L {
                let ahead = (passage.began[lane] - passage.loaded[lane]).cast_unsigned();
                self.sums.ahead[lane] = self.sums.ahead[lane].wrapping_add(ahead);
            }
            return;
        }
        self.add_up(passage, gone, self.items - 1, bounds);
    }

    #[inline(always)]
    fn add_up(&mut self, passage: &Passage<L>, gone: &[i64; L], item: u64, bounds: &Bounds<L>) {
        let Passage { came, loaded, ended, .. } = passage;
        let free = self.free(item);
        let mut beyond = false;
        for lane in 0..L {
            beyond |= gone[lane] > self.limit[lane];
        }
        if beyond {
            // Copies, so that what a call may look at is not what each item passes on: that stays in registers.
            let (passage, gone, free) = (*passage, *gone, free);
            self.cross(&passage, &gone, &free, item, bounds);
        }
        let sums = &mut self.sums;
        sum(&mut sums.loaded, loaded);
        sum(&mut sums.ended, ended);
        sum(&mut sums.gone, gone);
        if self.has_lane {
            sum(&mut sums.came, came);
            sum(&mut sums.met, &max(came, &self.left));
            sum(&mut sums.made_room, &max(came, &free));
            if self.climbing {
                self.climb(came, item);
            }
            self.left = *loaded;
            self.room = free;
            if let Some(belt) = &mut self.belt {
                self.room = belt.leaves(came, loaded, &free);
            }
        } else {
            self.room = *gone;
        }
        self.freed = *gone;
        self.last = *ended;
    }

    /// From when on the item behind one has a place: when the one before that many has left.
    /// Where fewer have come yet, nothing is remembered there.
    #[inline(always)]
    fn free(&self, item: u64) -> [i64; L] {
        if self.counted { self.leaves.of(item.wrapping_add(1).wrapping_sub(self.places)) } else { [NO_TIME; L] }
    }

    /// From when on the next items have places.
    #[inline(always)]
    #[must_use]
    pub fn rooms(&self, count: usize) -> &[[i64; L]] {
        match self.counted {
            true => self.leaves.from(self.items.wrapping_sub(self.places), count),
            false => nothing_ahead(),
        }
    }

    /// From when on items have places that come behind so many that are on their way.
    #[must_use]
    pub fn rooms_behind(&self, others: usize, count: usize) -> &[[i64; L]] {
        match self.counted {
            true => self.leaves.from(self.items.wrapping_add(others as u64).wrapping_sub(self.places), count),
            false => nothing_ahead(),
        }
    }

    /// An item has been in a lane without a machine.
    pub fn wait(&mut self, came: &[i64; L], left: &[i64; L], bounds: &Bounds<L>) {
        self.remember(left);
        self.items += 1;
        let passage = Passage { came: *came, loaded: *left, began: *left, ended: *left };
        self.add_up(&passage, left, self.items - 1, bounds);
    }

    /// How high the level has become with an item.
    #[inline(always)]
    fn climb(&mut self, came: &[i64; L], item: u64) {
        let mut higher = false;
        for lane in 0..L {
            higher |= self.leaves.of(item.wrapping_sub(self.most[lane]))[lane] > came[lane];
        }
        if higher {
            let came = *came;
            self.climb_on(&came, item);
        }
    }

    #[cold]
    #[inline(never)]
    fn climb_on(&mut self, came: &[i64; L], item: u64) {
        let mut below = false;
        for lane in 0..L {
            while self.most[lane] <= item
                && self.most[lane] < self.places
                && self.leaves.of(item - self.most[lane])[lane] > came[lane]
            {
                self.most[lane] += 1;
            }
            below |= self.most[lane] < self.places;
        }
        self.climbing = below;
        let most = self.most.iter().copied().max().unwrap_or(0);
        // Within a block it can climb by all its items before this is looked at again.
        while !self.counted && most + 2 * self.block as u64 + 2 > self.leaves.kept() as u64 {
            self.leaves.grow(self.items);
            self.counted = self.has_lane && self.places.saturating_add(self.block as u64) <= self.leaves.kept() as u64;
        }
    }

    /// Bytes that it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.leaves.bytes() + self.belt.as_ref().map_or(0, |b| b.bytes())
    }

    /// An item with a date beyond a bound.
    #[cold]
    #[inline(never)]
    fn cross(&mut self, passage: &Passage<L>, gone: &[i64; L], free: &[i64; L], item: u64, bounds: &Bounds<L>) {
        for lane in 0..L {
            if gone[lane] <= self.limit[lane] {
                continue;
            }
            self.cross_lane(lane, passage, gone[lane], free[lane], item, bounds);
        }
    }

    fn cross_lane(
        &mut self,
        lane: usize,
        passage: &Passage<L>,
        gone: i64,
        free: i64,
        earlier: u64,
        bounds: &Bounds<L>,
    ) {
        let Passage { came, loaded, began, ended } = passage;
        let (came, loaded, began, ended) = (came[lane], loaded[lane], began[lane], ended[lane]);
        let left = self.left[lane];
        let low = self.sums.times(lane, self.left[lane]);
        let high = self.high.get(lane).copied().unwrap_or_default();
        let totals: [i128; 5] = std::array::from_fn(|i| high[i] + i128::from(low[i]));
        let Some(marks) = self.marks.get_mut(lane) else { return };
        let (most, climbing) = (&mut self.most[lane], &mut self.climbing);
        self.limit[lane] = cross(marks, bounds, lane, gone, |mark, which, bound| {
            if mark.opens() {
                [mark.busy, mark.engaged, mark.area] = [totals[BUSY], totals[ENGAGED], totals[AREA]];
                [mark.empty, mark.full] = [totals[EMPTY], totals[FULL]];
                mark.stays = mark.area;
                [mark.entries, mark.exits, mark.cycles] = [earlier; 3];
            }
            let between = |from: i64, to: i64| before(bound, from, to);
            mark.busy += between(began, ended);
            mark.engaged += between(loaded, gone);
            mark.area += between(came, loaded);
            mark.empty += between(left, came);
            mark.full += between(came, free);
            if loaded <= bound {
                mark.stays += i128::from(loaded - came);
                mark.exits += 1;
            }
            mark.entries += u64::from(came <= bound);
            mark.cycles += u64::from(ended <= bound);
            let closes = came > bound;
            if closes {
                mark.closes();
                mark.most = *most;
                if which == 0 {
                    // The highest level is that of the measured window.
                    *most = mark.entries - mark.exits;
                    *climbing = true;
                }
            }
            closes
        });
    }

    /// Counts what is still open, as if an item came when all is over.
    pub fn close(&mut self, bounds: &Bounds<L>) {
        let over = Passage { came: [NEVER; L], loaded: [NEVER; L], began: [NEVER; L], ended: [NEVER; L] };
        self.fail_to_the_end(bounds);
        for lane in 0..L {
            self.limit[lane] = NO_TIME;
            self.cross_lane(lane, &over, NEVER, NO_TIME, self.items, bounds);
        }
        if let Behind::Several(machines) = &mut self.behind {
            machines.close(bounds);
        }
    }

    /// Carries sums over.
    pub fn carry(&mut self) {
        for (lane, high) in self.high.iter_mut().enumerate() {
            for (sum, low) in high.iter_mut().zip(self.sums.times(lane, self.left[lane])) {
                *sum += i128::from(low);
            }
        }
        self.sums = Sums::default();
        self.sums.before = self.left.map(i64::cast_unsigned);
        if let Behind::Several(machines) = &mut self.behind {
            machines.carry();
        }
    }

    /// A run ends earlier than it might have.
    pub fn tighten(&mut self, lane: usize, end: i64) {
        self.limit[lane] = self.limit[lane].min(end);
    }

    /// When an item that can be loaded from a time on is loaded, as far as is known.
    #[must_use]
    pub fn loads_at(&self, lane: usize, there: i64) -> i64 {
        match &self.behind {
            Behind::Several(machines) => there.max(self.left[lane]).max(machines.idle_since(lane)),
            _ => there.max(self.freed[lane]),
        }
    }

    /// When the next item finds room, where there is no lane before several machines.
    pub fn room_at_machines(&mut self) {
        if let (false, Behind::Several(machines)) = (self.has_lane, &self.behind) {
            self.room = std::array::from_fn(|lane| machines.idle_since(lane));
        }
    }
}

/// The work of items of several types.
fn of_kind<const L: usize>(first: &mut Draws<L>, others: &mut [Draws<L>], kind: &[u8; L]) -> [i64; L] {
    std::array::from_fn(|lane| match usize::from(kind[lane]).checked_sub(1) {
        None => first.one(lane),
        Some(other) => others.get_mut(other).map_or(-1, |law| law.one(lane)),
    })
}

/// Whether all are durations of at most [`Cell::longest`], which is a power of two less one.
#[inline(always)]
fn sound<const L: usize>(times: &[i64; L], longest: u64) -> Result<(), Unsound> {
    let mut all = 0;
    for time in times {
        all |= time.cast_unsigned();
    }
    if all > longest { Err(Unsound) } else { Ok(()) }
}

/// The larger of each two dates.
#[inline(always)]
pub fn max<const L: usize>(a: &[i64; L], b: &[i64; L]) -> [i64; L] {
    let mut most = *a;
    for i in 0..L {
        most[i] = if a[i] > b[i] { a[i] } else { b[i] };
    }
    most
}

#[inline(always)]
fn sum<const L: usize>(sum: &mut [u64; L], dates: &[i64; L]) {
    for i in 0..L {
        sum[i] = sum[i].wrapping_add(dates[i].cast_unsigned());
    }
}

fn less<const L: usize>(sum: &mut [u64; L], dates: &[i64; L]) {
    for i in 0..L {
        sum[i] = sum[i].wrapping_sub(dates[i].cast_unsigned());
    }
}

#[inline(always)]
fn add<const L: usize>(a: &[i64; L], b: &[i64; L]) -> [i64; L] {
    let mut sum = *a;
    for i in 0..L {
        sum[i] = a[i] + b[i];
    }
    sum
}
