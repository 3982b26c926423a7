//! Stations in a row of one replication, side by side in one register: at each step every station takes an item, each the
//! one behind that which the station after it takes.
//!
//! ```text
//! step       1      2      3      4
//! station a  item 1 item 2 item 3 item 4
//! station b         item 1 item 2 item 3
//! station c                item 1 item 2
//! ```
//!
//! So a station is given what the one before it gave at the step before, and when it finds room behind it was told by the
//! one behind, as many steps earlier as that has places, less one. What the stations have taken lies in rows, a column for
//! each. While not every station has an item, at the beginning and at the end, and where something has to be looked at
//! closely, what a station remembers lies in its [`Cell`], as everywhere else. Start at [`Wave::go`].

use super::block::{BLOCK, NEVER_STOPS, Rows};
use super::bounds::{Bounds, NO_TIME};
use super::cells::{Cell, Unsound};
use super::draws::Bank;
use super::side::Side;

/// Most stations of a wave.
pub const WIDTH: usize = 8;

/// A value of each station.
type Each = [i64; WIDTH];

/// What stations remember from item to item.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// When each gave the last item away.
    pub freed: Each,
    /// When its lane did.
    pub left: Each,
    /// Sums of dates, as [`Sums`](super::sums::Sums): of coming, loading, the end of work, leaving, when a lane was met
    /// without an item, and when it had made room.
    pub sums: [Each; 6],
}

/// Steps that all stations of a wave make together.
pub struct Steps<'a, const L: usize> {
    /// How many.
    pub count: usize,
    /// Times of work.
    pub times: &'a Rows<WIDTH>,
    /// When items come to the first station.
    pub input: &'a Rows<L>,
    /// From when on there is room behind the last one.
    pub ahead: &'a [[i64; L]],
    /// The column of that.
    pub last: usize,
    /// Before the first step.
    pub before: &'a State,
    /// Behind the last.
    pub after: &'a mut State,
    /// When items left the lanes, a row for each step.
    pub rows: &'a mut [Each],
    /// The row of the first step, before which there are those that have to be remembered.
    pub at: usize,
    /// The same of the first station, from the first step on.
    pub first: &'a mut [[i64; L]],
    /// How many rows back each has what its last place but one was taken by.
    pub back: &'a Each,
    /// How many rows back an item left if the level has never been higher.
    pub most: &'a Each,
    /// When items are gone.
    pub gone: &'a mut Rows<WIDTH>,
    /// The nearest bounds that are still open.
    pub limits: &'a Each,
}

/// Stations in a row that take items together.
pub struct Wave {
    stations: usize,
    bank: Option<Bank>,
    /// The state lies in the cells.
    apart: bool,
    /// Before and behind the latest steps, and which of these is which.
    states: [State; 2],
    latter: usize,
    rows: Vec<Each>,
    at: usize,
    /// Rows that have to be remembered.
    depth: usize,
    back: Each,
    /// All have as many places.
    same: bool,
    most: Each,
    /// Which stations may have a higher level than ever before.
    climbing: u8,
    limits: Each,
    /// The latest date of the last items.
    pub latest: i64,
}

/// Whether a stage can be part of a wave, as its first one or behind others.
#[must_use]
pub fn takes<const L: usize>(cell: &Cell<L>, first: bool) -> bool {
    let lane = if cell.has_lane() { cell.counted && cell.places() >= 2 } else { first };
    L == 1 && lane && cell.stops == Some(NEVER_STOPS) && cell.transit.is_none() && cell.work().is_some()
}

impl Wave {
    /// A wave of stages that [take](takes) part, at most [`WIDTH`].
    #[must_use]
    pub fn new<const L: usize>(cells: &[Cell<L>]) -> Self {
        let depth = cells.iter().map(|cell| cell.leaves.kept()).max().unwrap_or(0);
        let mut back = [0; WIDTH];
        for (back, cell) in back.iter_mut().zip(cells) {
            // Of a station without a lane nothing is asked: it may have as many as the next.
            let lane = if cell.has_lane() { Some(cell) } else { cells.get(1) };
            *back = lane.map_or(0, |lane| lane.places().cast_signed() - 1);
        }
        let own = back.get(..cells.len().min(WIDTH)).unwrap_or_default();
        Wave {
            stations: own.len(),
            bank: None,
            apart: true,
            states: [State::default(), State::default()],
            latter: 0,
            rows: vec![[NO_TIME; WIDTH]; depth + 4 * BLOCK],
            at: depth,
            depth,
            same: own.windows(2).all(|pair| pair[0] == pair[1]),
            back,
            most: [0; WIDTH],
            climbing: 0,
            limits: [0; WIDTH],
            latest: 0,
        }
    }

    /// Whether items are on their way between its stations.
    #[must_use]
    pub fn is_under_way<const L: usize>(&self, cells: &[Cell<L>]) -> bool {
        !self.apart || cells.windows(2).any(|pair| pair[0].items != pair[1].items)
    }

    /// Bytes that it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&self.rows[..])
    }

    /// Items come to the first station; how many leave the last. `came` and `gone` say when; `ahead` from when on there is
    /// room for those that leave; `times` and `each` are scratch. With `drain` no more items come for as long as some are on their way.
    ///
    /// # Errors
    /// When a draw gives no duration.
    pub fn go<S: Side<L>, const L: usize>(
        &mut self,
        cells: &mut [Cell<L>],
        (count, drain): (usize, bool),
        [came, gone]: [&mut Rows<L>; 2],
        [times, each]: [&mut Rows<WIDTH>; 2],
        ahead: &[[i64; L]],
        bounds: &Bounds<L>,
    ) -> Result<usize, Unsound> {
        let count = count.min(BLOCK);
        let full = cells.windows(2).all(|pair| pair[0].items == pair[1].items.wrapping_add(1));
        if drain || self.apart && !full {
            let steps = if drain { ahead.len().min(BLOCK) } else { count };
            return self.one_by_one::<S, L>(cells, (count, steps), [came, gone], ahead, bounds);
        }
        if self.apart {
            self.take_over(cells);
        }
        self.draw::<S, L>(cells, count, times)?;
        if self.at + count > self.rows.len() {
            self.rows.copy_within(self.at - self.depth..self.at, 0);
            self.at = self.depth;
        }
        let (Some(first), Some(ahead)) = (cells.first_mut(), ahead.get(..count)) else { return Err(Unsound) };
        first.leaves.make_room(first.items, count);
        let [one, other] = &mut self.states;
        let (before, after) = if self.latter == 0 { (one, other) } else { (other, one) };
        let mut front = Steps {
            count,
            times,
            input: came,
            ahead,
            last: self.stations - 1,
            before,
            after,
            rows: &mut self.rows,
            at: self.at,
            first: first.leaves.room_from(first.items, count),
            back: &self.back,
            most: &self.most,
            gone: each,
            limits: &self.limits,
        };
        let (closely, latest) = S::wave(&mut front, self.same, self.climbing)?;
        self.latest = latest;
        self.at += count;
        first.items += count as u64;
        let last = (self.stations - 1) % WIDTH;
        for (gone, each) in gone.iter_mut().zip(each.iter()).take(count) {
            *gone = [each[last]; L];
        }
        if closely != 0 {
            self.look(cells, (count, closely), came, [times, each], bounds);
        }
        self.latter = 1 - self.latter;
        Ok(count)
    }

    /// Draws times of work.
    fn draw<S: Side<L>, const L: usize>(
        &mut self,
        cells: &mut [Cell<L>],
        count: usize,
        times: &mut Rows<WIDTH>,
    ) -> Result<(), Unsound> {
        if let (Some(bank), Some(first)) = (&mut self.bank, cells.first()) {
            return S::draw_bank(bank, count, times, first.longest());
        }
        let mut own = [[0; L]; BLOCK];
        for (column, cell) in cells.iter_mut().enumerate().take(WIDTH) {
            cell.draw::<S>(count, &[[0; L]; BLOCK], &mut own)?;
            for (row, own) in times.iter_mut().zip(own).take(count) {
                row[column] = own[0];
            }
        }
        Ok(())
    }

    /// Stations that have dates beyond a bound, or may have a higher level than ever before, count the items of these steps
    /// one by one.
    #[cold]
    #[inline(never)]
    fn look<const L: usize>(
        &mut self,
        cells: &mut [Cell<L>],
        (count, closely): (usize, u8),
        input: &Rows<L>,
        [times, each]: [&Rows<WIDTH>; 2],
        bounds: &Bounds<L>,
    ) {
        let behind = cells.first().map_or(0, |first| first.items);
        let (mut came, mut ended, mut gone) = ([[0; L]; BLOCK], [[0; L]; BLOCK], [[0; L]; BLOCK]);
        for (column, cell) in cells.iter_mut().enumerate().take(WIDTH) {
            if closely & 1 << column == 0 {
                continue;
            }
            for i in 0..count {
                let loaded = self.rows[self.at - count + i][column];
                came[i] = [match (column.checked_sub(1), i.checked_sub(1)) {
                    (None, _) => input[i][0],
                    (Some(giver), None) => self.states[self.latter].freed[giver],
                    (Some(giver), Some(step)) => each[step][giver],
                }; L];
                ended[i] = [loaded + times[i][column]; L];
                gone[i] = [each[i][column]; L];
            }
            give_back(&self.states[self.latter], column, cell);
            cell.items = behind - column as u64;
            remember(&self.rows, self.at, column, cell);
            cell.count_block(cell.items - count as u64, count, [&came, &ended, &gone], bounds);
            take_from(&mut self.states[1 - self.latter], column, cell);
            (self.limits[column], self.most[column]) = (cell.limit[0], cell.most[0].cast_signed());
        }
        self.climbing = climbing(cells);
    }

    /// Takes the state of all stations over.
    fn take_over<const L: usize>(&mut self, cells: &[Cell<L>]) {
        self.apart = false;
        self.at = self.depth;
        let own: Vec<_> = cells.iter().filter_map(Cell::work).collect();
        self.bank = Bank::of(&own);
        for (column, cell) in cells.iter().enumerate().take(WIDTH) {
            take_from(&mut self.states[self.latter], column, cell);
            (self.limits[column], self.most[column]) = (cell.limit[0], cell.most[0].cast_signed());
            for back in 1..=self.depth {
                let known = back <= cell.leaves.kept();
                let left = if known { cell.leaves.of(cell.items.wrapping_sub(back as u64))[0] } else { NO_TIME };
                self.rows[self.at - back][column] = left;
            }
        }
        self.climbing = climbing(cells);
    }

    /// Gives the state of all stations back to their cells.
    pub fn settle<const L: usize>(&mut self, cells: &mut [Cell<L>]) {
        if std::mem::replace(&mut self.apart, true) {
            return;
        }
        let behind = cells.first().map_or(0, |first| first.items);
        for (column, cell) in cells.iter_mut().enumerate().take(WIDTH) {
            give_back(&self.states[self.latter], column, cell);
            cell.items = behind - column as u64;
            remember(&self.rows, self.at, column, cell);
            cell.room = cell.rooms(1).first().copied().unwrap_or([NO_TIME; L]);
            if let Some(bank) = &self.bank {
                bank.give_back(column, &mut cell.work);
            }
        }
    }

    /// Steps in which not every station has an item, station by station from the last on; items come in the first `count` of
    /// them. How many leave.
    #[cold]
    #[inline(never)]
    fn one_by_one<S: Side<L>, const L: usize>(
        &mut self,
        cells: &mut [Cell<L>],
        (count, steps): (usize, usize),
        [came, gone]: [&mut Rows<L>; 2],
        ahead: &[[i64; L]],
        bounds: &Bounds<L>,
    ) -> Result<usize, Unsound> {
        self.settle(cells);
        let mut left = 0;
        let none = || [[0; L]; BLOCK];
        let (mut times, mut own, mut there, mut ended, mut its) = (none(), none(), none(), none(), none());
        for step in 0..steps {
            for column in (0..cells.len()).rev() {
                let (before, rest) = cells.split_at_mut(column);
                let Some((cell, behind)) = rest.split_first_mut() else { return Err(Unsound) };
                own[0] = match before.last() {
                    None if step < count => came[step],
                    Some(giver) if giver.items != cell.items => giver.freed,
                    _ => continue,
                };
                let room = match behind.first() {
                    Some(next) => {
                        let on_their_way = usize::try_from(cell.items - next.items).unwrap_or(0);
                        next.rooms_behind(on_their_way, 1)
                    }
                    None => ahead.get(left..=left).ok_or(Unsound)?,
                };
                cell.draw::<S>(1, &[[0; L]; BLOCK], &mut times)?;
                let dates = [&mut times, &mut own, &mut there, &mut ended, &mut its];
                cell.through_block::<S>(1, dates, room, bounds)?;
                self.latest = self.latest.max(its[0][0]);
                if behind.is_empty() {
                    gone[left] = its[0];
                    left += 1;
                }
            }
        }
        Ok(left)
    }
}

/// Which stations may have a higher level than ever before.
fn climbing<const L: usize>(cells: &[Cell<L>]) -> u8 {
    let climbs = |cell: &Cell<L>| cell.has_lane() && cell.climbing;
    (0..WIDTH).zip(cells).fold(0, |all, (column, cell)| all | u8::from(climbs(cell)) << column)
}

/// Gives the state of a station back to its cell.
fn give_back<const L: usize>(state: &State, column: usize, cell: &mut Cell<L>) {
    (cell.freed, cell.left) = ([state.freed[column]; L], [state.left[column]; L]);
    let sums = &mut cell.sums;
    let [came, loaded, ended, gone, met, made_room] = state.sums.map(|sum| [sum[column].cast_unsigned(); L]);
    (sums.loaded, sums.ended, sums.gone) = (loaded, ended, gone);
    if cell.has_lane {
        (sums.came, sums.met, sums.made_room) = (came, met, made_room);
    }
}

/// Takes the state of a station from its cell.
fn take_from<const L: usize>(state: &mut State, column: usize, cell: &Cell<L>) {
    let sums = &cell.sums;
    (state.freed[column], state.left[column]) = (cell.freed[0], cell.left[0]);
    let all = [&sums.came, &sums.loaded, &sums.ended, &sums.gone, &sums.met, &sums.made_room];
    for (own, sum) in state.sums.iter_mut().zip(all) {
        own[column] = sum[0].cast_signed();
    }
}

/// A cell is told when its last items left, which lie in the rows before one.
fn remember<const L: usize>(rows: &[Each], at: usize, column: usize, cell: &mut Cell<L>) {
    let (items, kept) = (cell.items, cell.leaves.kept());
    cell.leaves.begin_at(items);
    for (back, row) in (1..=kept as u64).zip(rows.get(..at).unwrap_or_default().iter().rev()) {
        cell.leaves.set(items.wrapping_sub(back), &[row[column]; L]);
    }
}

#[cfg(target_arch = "x86_64")]
pub use registers::pass;

#[cfg(target_arch = "x86_64")]
mod registers {
    use std::arch::x86_64::*;

    use super::{BLOCK, Steps, Unsound, WIDTH};

    /// All stations make steps together: which have to be looked at closely, and the latest date. `same`: they have as many
    /// places; `climbing`: whose level may get higher than ever before.
    ///
    /// # Errors
    /// When a row is missing.
    ///
    /// # Safety
    /// The processor has AVX-512, with its doublewords and its shorter vectors.
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    pub fn pass(f: &mut Steps<'_, 1>, same: bool, climbing: u8) -> Result<(u8, i64), Unsound> {
        match (same, climbing) {
            (true, 0) => steps::<true, false>(f, 0),
            (true, _) => steps::<true, true>(f, climbing),
            (false, 0) => steps::<false, false>(f, 0),
            (false, _) => steps::<false, true>(f, climbing),
        }
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn load(all: &[i64; WIDTH]) -> __m512i {
        // SAFETY: they are as long as the register.
        unsafe { _mm512_loadu_si512(all.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn store(all: &mut [i64; WIDTH], value: __m512i) {
        // SAFETY: they are as long as the register.
        unsafe { _mm512_storeu_si512(all.as_mut_ptr().cast(), value) }
    }

    /// Of each column, what stands so many rows before one.
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn before(rows: &[[i64; WIDTH]], at: usize, back: __m512i) -> __m512i {
        let own = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
        #[allow(clippy::cast_possible_wrap)] // as long as a slice can be
        let at = _mm512_set1_epi64(at as i64);
        let places = _mm512_add_epi64(_mm512_slli_epi64::<3>(_mm512_sub_epi64(at, back)), own);
        // SAFETY: the caller has seen that there are so many rows before this one.
        unsafe { _mm512_i64gather_epi64::<8>(places, rows.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    fn steps<const SAME: bool, const CLIMBS: bool>(f: &mut Steps<'_, 1>, climbing: u8) -> Result<(u8, i64), Unsound> {
        let (count, last) = (f.count.min(BLOCK), f.last.min(WIDTH - 1));
        let (back, most) = (load(f.back), load(f.most));
        let back_rows = usize::try_from(f.back[last]).map_err(|_| Unsound)?;
        let furthest = _mm512_set1_epi64(i64::try_from(f.at).map_err(|_| Unsound)?);
        // Those that lie before 0 are, without sign, too far.
        let too_far = _mm512_cmpgt_epu64_mask(back, furthest) | _mm512_cmpgt_epu64_mask(most, furthest);
        let fits = f.at + count <= f.rows.len() && back_rows <= f.at;
        if !fits || too_far != 0 || f.ahead.len() < count || f.first.len() < count {
            return Err(Unsound);
        }
        let (mut freed, mut left) = (load(&f.before.freed), load(&f.before.left));
        let [came, loaded, ended, gone, met, made_room] = &f.before.sums;
        let (mut came_sum, mut loaded_sum, mut ended_sum) = (load(came), load(loaded), load(ended));
        let (mut gone_sum, mut met_sum, mut room_sum) = (load(gone), load(met), load(made_room));
        let mut higher = 0;
        let own = 1u8 << last;
        for i in 0..count {
            let at = f.at + i;
            let input = _mm512_set1_epi64(f.input[i][0]);
            let came = _mm512_alignr_epi64::<7>(freed, input);
            let room = if SAME { load(&f.rows[at - back_rows]) } else { before(f.rows, at, back) };
            let behind = _mm512_alignr_epi64::<1>(room, room);
            let ahead = _mm512_mask_mov_epi64(behind, own, _mm512_set1_epi64(f.ahead[i][0]));
            let loaded = _mm512_max_epi64(came, freed);
            let ended = _mm512_add_epi64(loaded, load(&f.times[i]));
            let gone = _mm512_max_epi64(ended, ahead);
            store(&mut f.rows[at], loaded);
            store(&mut f.gone[i], gone);
            f.first[i][0] = _mm_cvtsi128_si64(_mm512_castsi512_si128(loaded));
            came_sum = _mm512_add_epi64(came_sum, came);
            loaded_sum = _mm512_add_epi64(loaded_sum, loaded);
            ended_sum = _mm512_add_epi64(ended_sum, ended);
            gone_sum = _mm512_add_epi64(gone_sum, gone);
            met_sum = _mm512_add_epi64(met_sum, _mm512_max_epi64(came, left));
            room_sum = _mm512_add_epi64(room_sum, _mm512_max_epi64(came, room));
            if CLIMBS {
                higher |= _mm512_cmpgt_epi64_mask(before(f.rows, at, most), came);
            }
            left = loaded;
            freed = gone;
        }
        store(&mut f.after.freed, freed);
        store(&mut f.after.left, left);
        let [came, loaded, ended, gone, met, made_room] = &mut f.after.sums;
        store(came, came_sum);
        store(loaded, loaded_sum);
        store(ended, ended_sum);
        store(gone, gone_sum);
        store(met, met_sum);
        store(made_room, room_sum);
        let stations = u8::MAX >> (WIDTH - 1 - last);
        let beyond = _mm512_cmpgt_epi64_mask(freed, load(f.limits));
        Ok(((beyond | higher & climbing) & stations, _mm512_mask_reduce_max_epi64(stations, freed)))
    }
}
