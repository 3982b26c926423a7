//! The ends of a line run by recursion: where items come from, and where they leave.

use std::collections::VecDeque;

use crate::runtime::histogram::{self, Histogram};
use crate::runtime::ziggurat::tables;

use super::block::{BLOCK, Giving, Rows};
use super::bounds::{AtBound, Bounds, NEVER, cross};
use super::cells::Unsound;
use super::draws::{Draws, uniforms, words};
use super::line::Feed;
use super::side::Side;

/// What a source has done up to a bound.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given {
    closed: bool,
    /// Items made, with the one that stands ready in a source that always has one.
    pub made: u64,
    /// Whether an item waits in it.
    pub waits: bool,
}

impl AtBound for Given {
    fn is_closed(&self) -> bool {
        self.closed
    }
}

/// What comes from outside, in one replication.
#[derive(Default)]
struct Inflow {
    /// What has not been taken yet: when, its birth, its place in the mix.
    waiting: VecDeque<(i64, i64, u8)>,
    /// Those of the present block.
    taken: Vec<(i64, i64, u8)>,
    /// How many of these have left.
    left: usize,
}

/// The source in `L` replications.
pub struct Origin<const L: usize> {
    inflow: Option<Box<Inflow>>,
    every: Option<Draws<L>>,
    /// When the next item is there.
    due: [i64; L],
    gone: [i64; L],
    number: u64,
    total: u64,
    shares: Vec<f64>,
    words: [[u64; L]; 4],
    longest: u64,
    limit: [i64; L],
    /// At the bounds, by replication.
    pub marks: Vec<[Given; 2]>,
}

impl<const L: usize> Origin<L> {
    /// The source at t = 0.
    ///
    /// # Errors
    /// When the time of the first item is none.
    pub fn new(feed: &Feed, longest: u64, bounds: &Bounds<L>, seed: u64, first: u64) -> Result<Self, Unsound> {
        let due = feed.first.begin::<L>(seed, first).next(tables());
        if due.iter().any(|t| *t < 0) {
            return Err(Unsound);
        }
        Ok(Self {
            inflow: feed.outside.then(Box::default),
            every: feed.every.as_ref().map(|e| e.begin(seed, first)),
            due,
            gone: [0; L],
            number: 0,
            total: feed.total,
            shares: feed.mix.iter().map(|(upper, _)| *upper).collect(),
            words: words(feed.stream, seed, first),
            longest,
            limit: bounds[0],
            marks: vec![[Given::default(); 2]; L],
        })
    }

    /// Adds an item that comes from outside, with its birth and its place in the mix, not before those added before.
    pub fn add(&mut self, at: i64, birth: i64, kind: u8) {
        if let Some(inflow) = &mut self.inflow {
            inflow.waiting.push_back((at, birth, kind));
        }
    }

    /// Those of a block that come from outside: when they came, and when they were born.
    pub fn came_from_outside(&self) -> Option<impl Iterator<Item = (i64, i64)>> {
        self.inflow.as_ref().map(|inflow| inflow.taken.iter().map(|(at, birth, _)| (*at, *birth)))
    }

    /// When the next item is ready.
    pub fn next(&mut self, bounds: &Bounds<L>) -> [i64; L] {
        if let Some(inflow) = &self.inflow {
            self.due = [inflow.taken.get(inflow.left).map_or(NEVER, |(at, ..)| *at); L];
        }
        if self.every.is_some() {
            let due = self.due;
            self.cross(&due, bounds);
        }
        self.due
    }

    /// The place in the mix of the next item.
    fn kind(&mut self) -> [u8; L] {
        let Some(last) = self.shares.len().checked_sub(1).filter(|last| *last > 0) else { return [0; L] };
        uniforms(&mut self.words).map(|u| {
            let at = self.shares.iter().position(|upper| u < *upper).unwrap_or(last);
            u8::try_from(at).unwrap_or(0)
        })
    }

    /// How many of so many items there still are.
    #[must_use]
    pub fn up_to(&self, count: usize) -> usize {
        match &self.inflow {
            Some(inflow) => inflow.waiting.len().min(count),
            None => usize::try_from(self.total - self.number).map_or(count, |rest| rest.min(count)),
        }
    }

    /// Places in the mix of the items of a block.
    pub fn kinds(&mut self, kinds: &mut [[u8; L]; BLOCK], count: usize) {
        if let Some(inflow) = &mut self.inflow {
            inflow.left = 0;
            inflow.taken.clear();
            inflow.taken.extend(inflow.waiting.drain(..count.min(inflow.waiting.len())));
            for (place, (.., kind)) in kinds.iter_mut().zip(&inflow.taken) {
                *place = [*kind; L];
            }
            return;
        }
        if self.shares.len() > 1 {
            kinds.iter_mut().take(count).for_each(|kind| *kind = self.kind());
        }
    }

    /// Items of a block leave, as soon as they are there and there is room; `ready` and `came` are told.
    ///
    /// # Errors
    /// When the time to one of them is none.
    pub fn give<S: Side<L>>(
        &mut self,
        count: usize,
        [times, ready, came]: [&mut Rows<L>; 3],
        ahead: &[[i64; L]],
        bounds: &Bounds<L>,
    ) -> Result<(), Unsound> {
        if let Some(inflow) = &self.inflow {
            for ((ready, came), (at, ..)) in ready.iter_mut().zip(came.iter_mut()).zip(&inflow.taken) {
                (*ready, *came) = ([*at; L], [*at; L]);
            }
            self.gave(count, ready, came, bounds);
            return Ok(());
        }
        match &mut self.every {
            Some(every) => S::draw(every, count, times, self.longest)?,
            None => times.iter_mut().take(count).for_each(|time| *time = [0; L]),
        }
        S::give(&mut Giving { count, times, ahead, due: &mut self.due, ready, came });
        self.gave(count, ready, came, bounds);
        Ok(())
    }

    /// Items of a block have left a source in which the next is there as soon as one leaves; `ready` is scratch.
    pub fn gave_at_once(&mut self, count: usize, ready: &mut Rows<L>, came: &Rows<L>, bounds: &Bounds<L>) {
        let mut due = self.due;
        for (ready, came) in ready.iter_mut().zip(came).take(count) {
            *ready = std::mem::replace(&mut due, *came);
        }
        self.gave(count, ready, came, bounds);
    }

    /// Items of a block have left.
    fn gave(&mut self, count: usize, ready: &Rows<L>, came: &Rows<L>, bounds: &Bounds<L>) {
        let last = count.saturating_sub(1).min(BLOCK - 1);
        let beyond = (0..L).any(|lane| came[last][lane] > self.limit[lane]);
        if beyond {
            self.gave_beyond(count, ready, came, bounds);
        }
        self.gone = came[last];
        if self.every.is_none() {
            self.due = came[last];
        }
        if !beyond {
            self.number += count as u64;
        }
    }

    #[cold]
    #[inline(never)]
    fn gave_beyond(&mut self, count: usize, ready: &Rows<L>, came: &Rows<L>, bounds: &Bounds<L>) {
        let next = self.due;
        for i in 0..count.min(BLOCK) {
            self.due = ready[i];
            let dates = if self.every.is_some() { ready[i] } else { came[i] };
            self.cross(&dates, bounds);
            self.gone = came[i];
            self.number += 1;
        }
        self.due = next;
    }

    /// When the next item is there.
    #[must_use]
    pub fn due(&self) -> [i64; L] {
        self.due
    }

    /// The item has left.
    ///
    /// # Errors
    /// When the time to the next is none.
    pub fn left(&mut self, gone: &[i64; L], bounds: &Bounds<L>) -> Result<(), Unsound> {
        if let Some(inflow) = &mut self.inflow {
            inflow.left += 1;
            self.gone = *gone;
            self.number += 1;
            return Ok(());
        }
        match &mut self.every {
            Some(every) => {
                let time = every.next(tables());
                for lane in 0..L {
                    if time[lane].cast_unsigned() > self.longest {
                        return Err(Unsound);
                    }
                    self.due[lane] = gone[lane] + time[lane];
                }
            }
            None => {
                self.cross(gone, bounds);
                self.due = *gone;
            }
        }
        self.gone = *gone;
        self.number += 1;
        Ok(())
    }

    /// Whether the item that left last did so when all is over.
    #[must_use]
    pub fn is_over(&self, bounds: &Bounds<L>) -> bool {
        let mut over = true;
        for lane in 0..L {
            over &= self.gone[lane] > bounds[1][lane];
        }
        over
    }

    /// When the last item left, of the replication that is furthest behind.
    #[must_use]
    pub fn behind(&self) -> i64 {
        self.gone.iter().copied().min().unwrap_or(0)
    }

    fn cross(&mut self, dates: &[i64; L], bounds: &Bounds<L>) {
        for lane in 0..L {
            if dates[lane] > self.limit[lane] {
                self.cross_lane(lane, dates[lane], bounds);
            }
        }
    }

    #[cold]
    fn cross_lane(&mut self, lane: usize, date: i64, bounds: &Bounds<L>) {
        let Some(marks) = self.marks.get_mut(lane) else { return };
        let (timed, number, total) = (self.every.is_some(), self.number, self.total);
        let (gone, due) = (self.gone[lane], self.due[lane]);
        self.limit[lane] = cross(marks, bounds, lane, date, |mark, _, bound| {
            mark.closed = true;
            (mark.made, mark.waits) = if timed {
                (number, gone > bound)
            } else {
                let ready = number < total && due <= bound;
                (number + u64::from(ready), ready)
            };
            true
        });
    }

    /// A run ends earlier than it might have.
    pub fn tighten(&mut self, lane: usize, end: i64) {
        self.limit[lane] = self.limit[lane].min(end);
    }

    /// Counts what is still open when all is over.
    pub fn close(&mut self, bounds: &Bounds<L>) {
        for lane in 0..L {
            self.cross_lane(lane, NEVER, bounds);
        }
    }
}

/// Items of one type that have left up to a bound, and that are inside.
#[derive(Clone, Debug)]
pub struct Left {
    /// How many left.
    pub count: u64,
    /// Sum of their times in the system.
    pub sum: i128,
    /// Shortest time since t = 0, or since the bound before.
    pub minimum: i64,
    /// Longest.
    pub maximum: i64,
    /// Their times.
    pub histogram: Vec<u64>,
    /// How many were born.
    pub born: u64,
    /// Item-ticks inside.
    pub wip: i128,
}

/// Items of one type.
struct Kind<const L: usize> {
    count: [u64; L],
    low: [u64; L],
    high: [i128; L],
    minimum: [i64; L],
    maximum: [i64; L],
    histograms: Vec<Box<Histogram>>,
}

impl<const L: usize> Kind<L> {
    fn new() -> Self {
        let empty = || vec![0u64; histogram::WORDS].try_into().unwrap_or_else(|_| Box::new([0; histogram::WORDS]));
        Self {
            count: [0; L],
            low: [0; L],
            high: [0; L],
            minimum: [NEVER; L],
            maximum: [0; L],
            histograms: (0..L).map(|_| empty()).collect(),
        }
    }

    fn at(&self, lane: usize) -> Left {
        let sum = self.high[lane] + i128::from(self.low[lane]);
        Left {
            count: self.count[lane],
            sum,
            minimum: self.minimum[lane],
            maximum: self.maximum[lane],
            histogram: self.histograms.get(lane).map_or_else(Vec::new, |h| h.to_vec()),
            born: self.count[lane],
            wip: sum,
        }
    }
}

/// What has left at the bounds.
#[derive(Clone, Debug, Default)]
pub struct Gone {
    closed: bool,
    /// By place in the mix; empty until an item leaves behind the bound.
    pub kinds: Vec<Left>,
}

impl AtBound for Gone {
    fn is_closed(&self) -> bool {
        self.closed
    }
}

/// The sink in `L` replications.
pub struct Exit<const L: usize> {
    kinds: Vec<Kind<L>>,
    /// Items may leave in another order than they were born in.
    reorders: bool,
    limit: [i64; L],
    /// At the bounds, by replication.
    pub marks: Vec<[Gone; 2]>,
}

impl<const L: usize> Exit<L> {
    /// Nothing has left.
    #[must_use]
    pub fn new(kinds: usize, reorders: bool, bounds: &Bounds<L>) -> Self {
        Self {
            kinds: (0..kinds).map(|_| Kind::new()).collect(),
            reorders,
            limit: bounds[0],
            marks: vec![[Gone::default(), Gone::default()]; L],
        }
    }

    /// Items leave.
    pub fn leave(&mut self, birth: &[i64; L], kind: &[u8; L], gone: &[i64; L], bounds: &Bounds<L>) {
        let mut beyond = false;
        for lane in 0..L {
            beyond |= gone[lane] > self.limit[lane];
        }
        if beyond {
            for lane in 0..L {
                if gone[lane] > self.limit[lane] {
                    self.cross(lane, birth[lane], usize::from(kind[lane]), gone[lane], bounds);
                }
            }
        }
        for lane in 0..L {
            let Some(its) = self.kinds.get_mut(usize::from(kind[lane])) else { continue };
            let time = gone[lane] - birth[lane];
            its.count[lane] += 1;
            its.low[lane] = its.low[lane].wrapping_add(time.cast_unsigned());
            its.minimum[lane] = its.minimum[lane].min(time);
            its.maximum[lane] = its.maximum[lane].max(time);
            if let Some(histogram) = its.histograms.get_mut(lane) {
                histogram::record(histogram, time);
            }
        }
    }

    /// Items of a block leave.
    pub fn leave_block(
        &mut self,
        count: usize,
        births: &Rows<L>,
        kinds: &[[u8; L]; BLOCK],
        gone: &Rows<L>,
        bounds: &Bounds<L>,
    ) {
        let last = count.saturating_sub(1).min(BLOCK - 1);
        let beyond = (0..L).any(|lane| gone[last][lane] > self.limit[lane]);
        let ([its], false) = (&mut self.kinds[..], beyond) else {
            for i in 0..count.min(BLOCK) {
                self.leave(&births[i], &kinds[i], &gone[i], bounds);
            }
            return;
        };
        for (lane, histogram) in its.histograms.iter_mut().enumerate().take(L) {
            let (mut low, mut high, mut sum) = (its.minimum[lane], its.maximum[lane], its.low[lane]);
            for (birth, gone) in births.iter().zip(gone).take(count) {
                let time = gone[lane] - birth[lane];
                (low, high) = (low.min(time), high.max(time));
                sum = sum.wrapping_add(time.cast_unsigned());
                histogram::record(histogram, time);
            }
            (its.minimum[lane], its.maximum[lane], its.low[lane]) = (low, high, sum);
            its.count[lane] += count as u64;
        }
    }

    #[cold]
    fn cross(&mut self, lane: usize, birth: i64, kind: usize, gone: i64, bounds: &Bounds<L>) {
        let Some(marks) = self.marks.get_mut(lane) else { return };
        let (kinds, reorders) = (&mut self.kinds, self.reorders);
        self.limit[lane] = cross(marks, bounds, lane, gone, |mark, which, bound| {
            if mark.kinds.is_empty() {
                mark.kinds = kinds.iter().map(|k| k.at(lane)).collect();
                if which == 0 {
                    // Extremes are those of the measured window.
                    for its in kinds.iter_mut() {
                        (its.minimum[lane], its.maximum[lane]) = (NEVER, 0);
                    }
                }
            }
            if let Some(left) = mark.kinds.get_mut(kind) {
                left.wip += i128::from(bound - birth.min(bound));
                left.born += u64::from(birth <= bound);
            }
            mark.closed = birth > bound && !reorders;
            mark.closed
        });
    }

    /// How many have left in all.
    #[must_use]
    pub fn count(&self, lane: usize) -> u64 {
        self.kinds.iter().map(|k| k.count[lane]).sum()
    }

    /// How many had left at a bound; `None` before it.
    #[must_use]
    pub fn count_at(&self, lane: usize, bound: usize) -> Option<u64> {
        let mark = self.marks.get(lane)?.get(bound)?;
        (!mark.kinds.is_empty()).then(|| mark.kinds.iter().map(|k| k.count).sum())
    }

    /// A run ends earlier than it might have.
    pub fn tighten(&mut self, lane: usize, end: i64) {
        self.limit[lane] = self.limit[lane].min(end);
    }

    /// Carries sums over.
    pub fn carry(&mut self) {
        for kind in &mut self.kinds {
            for lane in 0..L {
                kind.high[lane] += i128::from(kind.low[lane]);
                kind.low[lane] = 0;
            }
        }
    }

    /// Counts what is still open when all is over.
    pub fn close(&mut self, bounds: &Bounds<L>) {
        for lane in 0..L {
            self.cross(lane, NEVER, usize::MAX, NEVER, bounds);
        }
    }
}
