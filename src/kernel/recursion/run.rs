//! Runs a line by recursion: item by item from the source to the sink, `L` replications side by side. Start at
//! [`run`].

use crate::ir::Plant;
use crate::kernel::read::Snapshot;
use crate::runtime::ziggurat::tables;

use super::cells::{Behind, Bounds, Cell, NEVER, NO_TIME, Passage, Unsound};
use super::ends::{Exit, Origin};
use super::figures;
use super::line::Line;
use super::machines::Held;

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

/// Sweeps between two looks at the clock.
const LOOK: u64 = 1024;
/// Items at one instant after which there is no end to be seen.
const ENDLESS: u64 = 1_000_000;

struct Runner<const L: usize> {
    origin: Origin<L>,
    cells: Vec<Cell<L>>,
    exit: Exit<L>,
    bounds: Bounds<L>,
    until: Option<(u64, bool)>,
    reached: [bool; L],
}

/// How far a run is.
struct Pace {
    items: u64,
    still: u64,
    last: i64,
    /// What sums can still take before they are carried over.
    budget: i64,
}

impl Pace {
    fn new() -> Self {
        Self { items: 0, still: 0, last: NO_TIME, budget: i64::MAX }
    }
}

/// An item on its way, and how it went through the stage that it is in.
#[derive(Clone, Copy)]
struct Item<const L: usize> {
    ready: [i64; L],
    birth: [i64; L],
    kind: [u8; L],
}

/// Runs `L` replications, numbered from [`Ask::first`]. Cost: O(items · stages), a few nanoseconds each.
/// `look` is told now and then which share of the time is over; it says whether to go on.
///
/// # Errors
/// When it is ended, or the event kernel has to run instead.
#[inline(always)]
pub fn run<const L: usize>(
    line: &Line,
    plant: &Plant,
    ask: &Ask,
    look: &dyn Fn(f64) -> bool,
) -> Result<Vec<Ran>, Halt> {
    let mut runner = Runner::<L>::new(line, ask)?;
    let always = line.source.every.is_none();
    runner.all(ask, always, look)?;
    Ok(runner.figures(line, plant))
}

/// Runs one replication of any line, machines in parallel included.
///
/// # Errors
/// As [`run`].
pub fn run_one(line: &Line, plant: &Plant, ask: &Ask, look: &dyn Fn(f64) -> bool) -> Result<Vec<Ran>, Halt> {
    if !line.reorders() {
        return run::<1>(line, plant, ask, look);
    }
    if ask.until.is_some() {
        return Err(Halt::Beyond);
    }
    let mut runner = Runner::<1>::new(line, ask)?;
    let always = line.source.every.is_none();
    runner.all_walking(ask, always, look)?;
    Ok(runner.figures(line, plant))
}

impl<const L: usize> Runner<L> {
    fn new(line: &Line, ask: &Ask) -> Result<Self, Halt> {
        let bounds = [[ask.warmup; L], [ask.horizon; L]];
        // A sweep adds at most this much at each stage to dates that are at most 2^62.
        let shares = (line.stages.len() as u64 + 1).max(32).next_power_of_two();
        let longest = (1u64 << 61) / shares - 1;
        let cells: Vec<Cell<L>> =
            line.stages.iter().map(|s| Cell::new(s, longest, &bounds, ask.seed, ask.first)).collect();
        if cells.iter().any(Cell::is_unsound) {
            return Err(Halt::Beyond);
        }
        Ok(Runner {
            origin: Origin::new(&line.source, longest, &bounds, ask.seed, ask.first)?,
            cells,
            exit: Exit::new(line.source.mix.len(), line.reorders(), &bounds),
            bounds,
            until: ask.until,
            reached: [false; L],
        })
    }

    fn figures(&self, line: &Line, plant: &Plant) -> Vec<Ran> {
        let of = |lane| figures::of(line, plant, lane, &self.bounds, &self.origin, &self.cells, &self.exit);
        (0..L).map(of).collect()
    }

    /// Item after item until the end.
    #[inline(always)]
    fn all(&mut self, ask: &Ask, always: bool, look: &dyn Fn(f64) -> bool) -> Result<(), Halt> {
        let mut pace = Pace::new();
        while let Some((ready, kind)) = self.origin.next(&self.bounds) {
            let end = self.sweep(Item { ready, birth: ready, kind }, always)?;
            if self.after(end, &mut pace, ask, look)? {
                break;
            }
        }
        self.finish()
    }

    /// Looks at sums, clock and memory after each item; whether it was the last.
    #[inline(always)]
    fn after(&mut self, end: i64, pace: &mut Pace, ask: &Ask, look: &dyn Fn(f64) -> bool) -> Result<bool, Halt> {
        pace.budget = pace.budget.saturating_sub(end);
        if pace.budget < 1 << 62 {
            self.carry();
            pace.budget = i64::MAX;
        }
        if end > 1 << 62 {
            return Err(Halt::Beyond);
        }
        if self.origin.is_over(&self.bounds) {
            return Ok(true);
        }
        pace.items += 1;
        if pace.items.is_multiple_of(LOOK) {
            self.look(pace, ask, look)?;
        }
        Ok(false)
    }

    #[cold]
    fn look(&self, pace: &mut Pace, ask: &Ask, look: &dyn Fn(f64) -> bool) -> Result<(), Halt> {
        let now = self.origin.behind();
        pace.still = if now > pace.last { 0 } else { pace.still + LOOK };
        pace.last = now;
        #[allow(clippy::cast_precision_loss)] // a share
        let share = now as f64 / (ask.horizon as f64).max(1.0);
        if !look(share) {
            return Err(Halt::Ended);
        }
        let bytes: usize = self.cells.iter().map(Cell::bytes).sum();
        if pace.still > ENDLESS || bytes / L > ask.memory { Err(Halt::Beyond) } else { Ok(()) }
    }

    /// Counts up to the ends.
    fn finish(&mut self) -> Result<(), Halt> {
        if self.until.is_some() && self.reached.iter().any(|r| !r) {
            return Err(Halt::Beyond);
        }
        self.carry();
        self.origin.close(&self.bounds);
        for cell in &mut self.cells {
            cell.close(&self.bounds);
        }
        self.exit.close(&self.bounds);
        Ok(())
    }

    fn carry(&mut self) {
        for cell in &mut self.cells {
            cell.carry();
        }
        self.exit.carry();
    }

    /// An item goes from the source to the sink. When it gets there.
    #[inline(always)]
    fn sweep(&mut self, mut item: Item<L>, always: bool) -> Result<i64, Halt> {
        let tables = tables();
        let mut giver: Option<&mut Cell<L>> = None;
        let mut passage = Passage::NONE;
        let mut cells = self.cells.iter_mut();
        while let Some(cell) = cells.next() {
            let next = if cell.is_plain() {
                cell.go(&item.ready, &self.bounds, tables)?
            } else {
                let ahead = cells.as_slice().first().map_or([NO_TIME; L], |next| next.room);
                let there = cell.arrive(&item.ready, tables)?;
                cell.pass(there, &item.kind, &ahead, &self.bounds, tables)?
            };
            match giver {
                None => {
                    self.origin.left(&next.came, &self.bounds)?;
                    if always {
                        item.birth = next.came;
                    }
                }
                Some(giver) => giver.count(&passage, &next.came, &self.bounds),
            }
            passage = next;
            item.ready = passage.ended;
            giver = Some(cell);
        }
        if let Some(giver) = giver {
            giver.count(&passage, &item.ready, &self.bounds);
        }
        self.leaves_line(&item)
    }

    #[inline(always)]
    fn leaves_line(&mut self, item: &Item<L>) -> Result<i64, Halt> {
        self.exit.leave(&item.birth, &item.kind, &item.ready, &self.bounds);
        if let Some((count, from_start)) = self.until {
            self.ends(count, from_start, &item.ready)?;
        }
        Ok(item.ready.iter().copied().max().unwrap_or(0))
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
            self.origin.tighten(lane, end);
            self.exit.tighten(lane, end);
            for cell in &mut self.cells {
                cell.tighten(lane, end);
            }
        }
        Ok(())
    }
}

/// Lines with machines in parallel, where another item may go on than the one that has come: one replication at a
/// time.
impl Runner<1> {
    fn all_walking(&mut self, ask: &Ask, always: bool, look: &dyn Fn(f64) -> bool) -> Result<(), Halt> {
        let mut pace = Pace::new();
        while let Some((ready, kind)) = self.origin.next(&self.bounds) {
            let end = self.walk(0, Item { ready, birth: ready, kind }, None, always)?;
            if self.after(end, &mut pace, ask, look)? {
                break;
            }
        }
        self.flush()?;
        self.finish()
    }

    /// An item goes from a stage on as far as it can: to the sink, or onto one of several machines. When it gets there.
    fn walk(&mut self, from: usize, mut item: Item<1>, given: Option<Held>, always: bool) -> Result<i64, Halt> {
        let mut held = given;
        let mut passage = Passage::NONE;
        for at in from..self.cells.len() {
            self.make_way(at)?;
            let ahead = self.cells.get(at + 1).map_or([NO_TIME], |next| next.room);
            let (came, there) = self.cell(at)?.arrive(&item.ready, tables())?;
            self.let_go_before(at, there[0])?;
            let bounds = self.bounds;
            let next = self.cell(at)?.pass((came, there), &item.kind, &ahead, &bounds, tables())?;
            match at.checked_sub(1) {
                None => {
                    self.origin.left(&next.came, &bounds)?;
                    if always {
                        item.birth = next.came;
                    }
                }
                Some(giver) => leaves(self.cell(giver)?, &passage, held, next.came[0], &bounds),
            }
            held = None;
            passage = next;
            item.ready = passage.ended;
            let cell = self.cell(at)?;
            if matches!(cell.behind, Behind::Several(_)) {
                // Its passage through the lane is over.
                let through = Passage { began: passage.loaded, ended: passage.loaded, ..passage };
                cell.count(&through, &passage.loaded, &bounds);
                if let Behind::Several(machines) = &mut cell.behind {
                    machines.load(0, passage.loaded[0], passage.ended[0], item.birth[0], item.kind[0]);
                }
                return Ok(passage.ended[0]);
            }
        }
        let bounds = self.bounds;
        let last = self.cells.len().saturating_sub(1);
        leaves(self.cell(last)?, &passage, held, item.ready[0], &bounds);
        self.leaves_line(&item)
    }

    fn cell(&mut self, at: usize) -> Result<&mut Cell<1>, Halt> {
        self.cells.get_mut(at).ok_or(Halt::Beyond)
    }

    /// The item that finishes first on one of several machines goes on.
    fn let_go(&mut self, at: usize) -> Result<(), Halt> {
        let Behind::Several(machines) = &mut self.cell(at)?.behind else { return Ok(()) };
        let Some(held) = machines.give(0) else { return Ok(()) };
        let item = Item { ready: [held.ended], birth: [held.birth], kind: [held.kind] };
        self.walk(at + 1, item, Some(held), false).map(|_| ())
    }

    /// Some machine of a stage is to be idle.
    fn make_way(&mut self, at: usize) -> Result<(), Halt> {
        let Behind::Several(machines) = &self.cell(at)?.behind else { return Ok(()) };
        if machines.idle_since(0) == NEVER {
            self.let_go(at)?;
        }
        self.cell(at)?.room_at_machines();
        Ok(())
    }

    /// Items go on that finish by the time an item is loaded that can be from `there` on.
    fn let_go_before(&mut self, at: usize, there: i64) -> Result<(), Halt> {
        loop {
            let cell = self.cell(at)?;
            let loads = cell.loads_at(0, there);
            let Behind::Several(machines) = &cell.behind else { return Ok(()) };
            if machines.finish(0) > loads {
                return Ok(());
            }
            self.let_go(at)?;
        }
    }

    /// Items that are still on machines in parallel go on.
    fn flush(&mut self) -> Result<(), Halt> {
        for at in 0..self.cells.len() {
            while let Behind::Several(machines) = &self.cell(at)?.behind {
                if machines.finish(0) == NEVER {
                    break;
                }
                self.let_go(at)?;
            }
        }
        Ok(())
    }
}

/// An item leaves a stage.
fn leaves(giver: &mut Cell<1>, passage: &Passage<1>, held: Option<Held>, gone: i64, bounds: &Bounds<1>) {
    match (held, &mut giver.behind) {
        (Some(held), Behind::Several(machines)) => machines.count(&[held], &[gone], bounds),
        _ => giver.count(passage, &[gone], bounds),
    }
}
