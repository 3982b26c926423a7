//! Runs a line by recursion: block after block from the source to the sink, `L` replications side by side. Start at
//! [`run`].

use crate::ir::Plant;
use crate::kernel::read::Snapshot;

use super::block::{BLOCK, nothing_ahead};
use super::bounds::Bounds;
use super::cells::Unsound;
use super::ends::Exit;
use super::figures;
use super::line::{Begin, Line};
use super::pace::Pace;
use super::side::{Anywhere, Side};
use super::track::{Track, block_of};

/// What is wanted of a run.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Seed of all streams.
    pub seed: u64,
    /// Number of the first replication.
    pub first: u64,
    /// End of the warm-up, ticks.
    pub warmup: i64,
    /// End of the run, ticks.
    pub horizon: i64,
    /// Ends it when so many items have left: since the warm-up, or since t = 0.
    pub until: Option<(u64, bool)>,
    /// Most bytes of a replication.
    pub memory: usize,
}

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Ended from outside.
    Ended,
    /// Something happens that the event kernel has words for: it is to run instead.
    Beyond,
}

impl From<Unsound> for Halt {
    fn from(_: Unsound) -> Self {
        Halt::Beyond
    }
}

/// The figures of one replication.
#[derive(Clone, Debug)]
pub struct Ran {
    /// At the end of the warm-up.
    pub before: Snapshot,
    /// At the end.
    pub after: Snapshot,
    /// Whether anything was drawn.
    pub drew: bool,
}

pub(super) struct Runner<const L: usize> {
    /// Those that bring parts before the one that takes them; items leave the line from the last.
    pub(super) tracks: Vec<Track<L>>,
    /// Parts of the product that takes most of one type, whatever is made of them on the way.
    pub(super) parts: u64,
    pub(super) exit: Exit<L>,
    pub(super) bounds: Bounds<L>,
    until: Option<(u64, bool)>,
    reached: [bool; L],
}

/// Runs `L` replications, numbered from [`Ask::first`]. Cost: O(items · stages), a few nanoseconds each.
/// `look` is told now and then which share of the time is over; it says whether to go on.
///
/// # Errors
/// When it is ended, or the event kernel has to run instead.
pub fn run<S: Side<L>, const L: usize>(
    line: &Line,
    plant: &Plant,
    ask: &Ask,
    look: &dyn Fn(f64) -> bool,
) -> Result<Vec<Ran>, Halt> {
    let mut runner = Runner::<L>::new(line, ask, S::BANKS)?;
    if let ([track], true, [_], None) = (&mut runner.tracks[..], S::WAVES, &line.leaving()[..], ask.until) {
        track.go_in_waves();
    }
    runner.all::<S>(ask, look)?;
    Ok(runner.figures(line, plant))
}

/// Runs one replication of any line, machines in parallel included.
///
/// # Errors
/// As [`run`].
pub fn run_one(line: &Line, plant: &Plant, ask: &Ask, look: &dyn Fn(f64) -> bool) -> Result<Vec<Ran>, Halt> {
    if !line.reorders() {
        #[cfg(target_arch = "x86_64")]
        {
            use super::side::{Avx2, Avx512};
            if Avx512::is_there() {
                return run::<Avx512, 1>(line, plant, ask, look);
            }
            if Avx2::is_there() {
                return run::<Avx2, 1>(line, plant, ask, look);
            }
        }
        return run::<Anywhere, 1>(line, plant, ask, look);
    }
    if ask.until.is_some() {
        return Err(Halt::Beyond);
    }
    let mut runner = Runner::<1>::new(line, ask, false)?;
    runner.all_walking(ask, look)?;
    Ok(runner.figures(line, plant))
}

impl<const L: usize> Runner<L> {
    pub(super) fn new(line: &Line, ask: &Ask, banked: bool) -> Result<Self, Halt> {
        let bounds = [[ask.warmup; L], [ask.horizon; L]];
        // A sweep adds at most this much at each stage to dates that are at most 2^62.
        let shares = (line.stages().count() as u64 + 1).max(32).next_power_of_two();
        let block = if ask.horizon < 1 << 57 { block_of(line) } else { 1 };
        let parts = parts_of_a_product(line);
        // Of many parts a block has many, and longer durations could be left to the event kernel than need be.
        let block = block.min(usize::try_from(256 / parts).unwrap_or(1).max(1));
        let sweep = (block as u64).saturating_mul(parts).next_power_of_two();
        let longest = ((1u64 << 61) / shares / sweep).max(2) - 1;
        let track = |number| Track::new(line, number, ask, (block, longest, banked), &bounds);
        Ok(Runner {
            tracks: (0..line.tracks.len()).map(track).collect::<Result<_, _>>()?,
            parts,
            exit: Exit::new(line.leaving().len(), line.reorders() || line.is_tail(), &bounds),
            bounds,
            until: ask.until,
            reached: [false; L],
        })
    }

    pub(super) fn figures(&self, line: &Line, plant: &Plant) -> Vec<Ran> {
        let of = |lane| figures::of(line, plant, lane, &self.bounds, &self.tracks, &self.exit);
        (0..L).map(of).collect()
    }

    /// Block after block until the end.
    fn all<S: Side<L>>(&mut self, ask: &Ask, look: &dyn Fn(f64) -> bool) -> Result<(), Halt> {
        let mut pace = Pace::new(ask, look, self.parts);
        while self.step::<S>(&mut pace)?.1 {}
        self.end::<S>(&mut pace)
    }

    /// The next block: of how many items it is, and whether there are others.
    ///
    /// # Errors
    /// As [`run`].
    pub(super) fn step<S: Side<L>>(&mut self, pace: &mut Pace<'_>) -> Result<(usize, bool), Halt> {
        let soon = self.ends_soon();
        let (track, below) = self.tracks.split_last().ok_or(Halt::Beyond)?;
        let count = track.up_to(below, if soon { 1 } else { track.block });
        if count == 0 {
            return Ok((0, false));
        }
        let end = self.block::<S>(count)?;
        Ok((count, !self.after(count as u64, end, pace)?))
    }

    /// Everything that comes behind the last block.
    ///
    /// # Errors
    /// As [`run`].
    pub(super) fn end<S: Side<L>>(&mut self, pace: &mut Pace<'_>) -> Result<(), Halt> {
        while let Some(track) = self.tracks.last().filter(|track| track.is_under_way()) {
            let most = track.block;
            let end = self.block::<S>(0)?;
            self.after(most as u64, end, pace)?;
        }
        let (track, below) = self.tracks.split_last_mut().ok_or(Halt::Beyond)?;
        track.flush::<S>(below, &self.bounds, pace)?;
        if self.tracks.len() > 1 && self.tracks.iter().any(Track::is_exhausted) {
            // What waits for parts that do not come any more may be a line that has locked up.
            return Err(Halt::Beyond);
        }
        self.finish()
    }

    /// Whether the run may end with an item of the next block.
    fn ends_soon(&self) -> bool {
        let Some((count, from_start)) = self.until else { return false };
        let block = self.tracks.last().map_or(1, |t| t.block as u64);
        (0..L).any(|lane| {
            let before = if from_start { Some(0) } else { self.exit.count_at(lane, 0) };
            let left = before.map_or(0, |before| self.exit.count(lane) - before);
            !self.reached[lane] && left + block >= count
        })
    }

    /// Looks at sums, clock and memory after items; whether they were the last.
    pub(super) fn after(&mut self, items: u64, end: i64, pace: &mut Pace<'_>) -> Result<bool, Halt> {
        if pace.fills(end, items) {
            self.carry();
        }
        if end > 1 << 62 {
            return Err(Halt::Beyond);
        }
        let Some(track) = self.tracks.last() else { return Err(Halt::Beyond) };
        if track.is_over(&self.bounds) {
            return Ok(true);
        }
        let bytes = || self.tracks.iter().map(Track::bytes).sum::<usize>() / L;
        pace.see(items, || (track.behind(), bytes()))?;
        Ok(false)
    }

    /// Counts up to the ends.
    pub(super) fn finish(&mut self) -> Result<(), Halt> {
        if self.until.is_some() && self.reached.iter().any(|r| !r) {
            return Err(Halt::Beyond);
        }
        self.carry();
        for track in &mut self.tracks {
            track.close(&self.bounds);
        }
        self.exit.close(&self.bounds);
        Ok(())
    }

    fn carry(&mut self) {
        self.tracks.iter_mut().for_each(Track::carry);
        self.exit.carry();
    }

    /// Items go from the source towards the sink, or, if no more come, those that are on their way. The latest date.
    fn block<S: Side<L>>(&mut self, count: usize) -> Result<i64, Halt> {
        let Self { tracks, exit, bounds, .. } = self;
        let (track, below) = tracks.split_last_mut().ok_or(Halt::Beyond)?;
        match count {
            0 => track.drain::<S>(nothing_ahead(), bounds)?,
            _ => track.block::<S>(below, count, nothing_ahead(), bounds)?,
        }
        let (count, latest) = track.given();
        if count == 0 {
            return Ok(latest);
        }
        exit.leave_block(count, track.births(), track.kinds(), track.left(), bounds);
        let last = count.min(BLOCK) - 1;
        track.leave(count, bounds);
        let last = track.left()[last];
        if let Some((number, from_start)) = self.until {
            self.ends(number, from_start, &last)?;
        }
        Ok(last.iter().copied().max().unwrap_or(0).max(latest))
    }

    /// Ends replications in which enough items have left.
    fn ends(&mut self, count: u64, from_start: bool, gone: &[i64; L]) -> Result<(), Halt> {
        for lane in 0..L {
            if self.reached[lane] {
                continue;
            }
            let before = if from_start { Some(0) } else { self.exit.count_at(lane, 0) };
            let Some(before) = before else { continue };
            if self.exit.count(lane) - before < count {
                continue;
            }
            let end = gone[lane];
            if end <= self.bounds[0][lane] || end > self.bounds[1][lane] {
                return Err(Halt::Beyond);
            }
            self.reached[lane] = true;
            self.bounds[1][lane] = end;
            self.exit.tighten(lane, end);
            for track in &mut self.tracks {
                track.tighten(lane, end);
            }
        }
        Ok(())
    }
}

/// Parts of one type, at most, that a product takes, with those of its parts.
fn parts_of_a_product(line: &Line) -> u64 {
    let mut most: u64 = 1;
    let mut each = vec![1u64; line.tracks.len()];
    for (number, track) in line.tracks.iter().enumerate().rev() {
        let Begin::Join(join) = &track.begin else { continue };
        let own = each.get(number).copied().unwrap_or(1);
        for input in &join.inputs {
            let parts = own.saturating_mul(input.parts as u64);
            most = most.max(parts);
            if let Some(each) = each.get_mut(input.track) {
                *each = parts;
            }
        }
    }
    most
}
