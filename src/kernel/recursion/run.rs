//! Runs a line by recursion: item by item from the source to the sink, `L` replications side by side. Start at
//! [`run`].

use crate::ir::Plant;
use crate::kernel::read::Snapshot;
use crate::runtime::ziggurat::tables;

use super::block::{BLOCK, Rows, nothing_ahead};
use super::cells::{Behind, Bounds, Cell, NEVER, NO_TIME, Passage, Unsound, max};
use super::draws::{Bank, Draws};
use super::ends::{Exit, Origin};
use super::figures;
use super::line::{Line, Stage};
use super::machines::Held;
use super::side::{Anywhere, Side};

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

/// Stages that a block goes through together.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// One stage, item after item in one loop; where its times are drawn with those of others, the bank and the column.
    Block(usize, Option<(usize, usize)>),
    /// Stages from one on up to another, each item through all of them.
    Through(usize, usize),
}

/// Dates of the items of a block.
struct Dates<const L: usize> {
    times: Rows<L>,
    banked: Rows<4>,
    ready: Rows<L>,
    births: Rows<L>,
    kinds: [[u8; L]; BLOCK],
    came: Rows<L>,
    ended: Rows<L>,
    gone: Rows<L>,
}

struct Runner<const L: usize> {
    origin: Origin<L>,
    cells: Vec<Cell<L>>,
    parts: Vec<Part>,
    banks: Vec<Bank>,
    /// Items of a block.
    block: usize,
    dates: Box<Dates<L>>,
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
pub fn run<S: Side<L>, const L: usize>(
    line: &Line,
    plant: &Plant,
    ask: &Ask,
    look: &dyn Fn(f64) -> bool,
) -> Result<Vec<Ran>, Halt> {
    let mut runner = Runner::<L>::new(line, ask, S::BANKS)?;
    let always = line.source.every.is_none();
    runner.all::<S>(ask, always, look)?;
    Ok(runner.figures(line, plant))
}

/// Runs one replication of any line, machines in parallel included.
///
/// # Errors
/// As [`run`].
pub fn run_one(line: &Line, plant: &Plant, ask: &Ask, look: &dyn Fn(f64) -> bool) -> Result<Vec<Ran>, Halt> {
    if !line.reorders() {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return run::<super::side::Avx2, 1>(line, plant, ask, look);
        }
        return run::<Anywhere, 1>(line, plant, ask, look);
    }
    if ask.until.is_some() {
        return Err(Halt::Beyond);
    }
    let mut runner = Runner::<1>::new(line, ask, false)?;
    let always = line.source.every.is_none();
    runner.all_walking(ask, always, look)?;
    Ok(runner.figures(line, plant))
}

impl<const L: usize> Runner<L> {
    fn new(line: &Line, ask: &Ask, banked: bool) -> Result<Self, Halt> {
        let bounds = [[ask.warmup; L], [ask.horizon; L]];
        // A sweep adds at most this much at each stage to dates that are at most 2^62.
        let shares = (line.stages.len() as u64 + 1).max(32).next_power_of_two();
        let block = if ask.horizon < 1 << 57 { block_of(line) } else { 1 };
        let longest = (1u64 << 61) / shares / block.next_power_of_two() as u64 - 1;
        let cells: Vec<Cell<L>> =
            line.stages.iter().map(|s| Cell::new(s, block, longest, &bounds, ask.seed, ask.first)).collect();
        if cells.iter().any(Cell::is_unsound) {
            return Err(Halt::Beyond);
        }
        let mut parts = parts(line, block);
        let banks = if banked { bank(&cells, &mut parts) } else { Vec::new() };
        Ok(Runner {
            origin: Origin::new(&line.source, longest, &bounds, ask.seed, ask.first)?,
            parts,
            banks,
            block,
            dates: Box::new(Dates {
                times: [[0; L]; BLOCK],
                banked: [[0; 4]; BLOCK],
                ready: [[0; L]; BLOCK],
                births: [[0; L]; BLOCK],
                kinds: [[0; L]; BLOCK],
                came: [[0; L]; BLOCK],
                ended: [[0; L]; BLOCK],
                gone: [[0; L]; BLOCK],
            }),
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

    /// Block after block until the end.
    fn all<S: Side<L>>(&mut self, ask: &Ask, always: bool, look: &dyn Fn(f64) -> bool) -> Result<(), Halt> {
        let mut pace = Pace::new();
        loop {
            let count = self.origin.up_to(if self.ends_soon() { 1 } else { self.block });
            if count == 0 {
                break;
            }
            let end = self.block::<S>(count, always)?;
            if self.after(count as u64, end, &mut pace, ask, look)? {
                break;
            }
        }
        self.finish()
    }

    /// Whether the run may end with an item of the next block.
    fn ends_soon(&self) -> bool {
        let Some((count, from_start)) = self.until else { return false };
        (0..L).any(|lane| {
            let before = if from_start { Some(0) } else { self.exit.count_at(lane, 0) };
            let left = before.map_or(0, |before| self.exit.count(lane) - before);
            !self.reached[lane] && left + self.block as u64 >= count
        })
    }

    /// Looks at sums, clock and memory after items; whether they were the last.
    fn after(
        &mut self,
        items: u64,
        end: i64,
        pace: &mut Pace,
        ask: &Ask,
        look: &dyn Fn(f64) -> bool,
    ) -> Result<bool, Halt> {
        pace.budget = pace.budget.saturating_sub(end.saturating_mul(items.cast_signed()));
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
        let before = pace.items / LOOK;
        pace.items += items;
        if pace.items / LOOK > before {
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

    /// Items go from the source to the sink. When the last gets there.
    fn block<S: Side<L>>(&mut self, count: usize, always: bool) -> Result<i64, Halt> {
        let Self { origin, cells, parts, banks, dates, exit, bounds, .. } = self;
        let Dates { times, banked, ready, births, kinds, came, ended, gone } = &mut **dates;
        origin.kinds(kinds, count);
        let (mut came, mut gone) = (came, gone);
        let mut first = true;
        for part in parts.iter() {
            let (from, to) = match *part {
                Part::Block(at, _) => (at, at + 1),
                Part::Through(from, to) => (from, to),
            };
            let (before, behind) = cells.split_at_mut(to);
            let ahead = behind.first().map_or(nothing_ahead(), |next| next.rooms(count));
            let its = before.get_mut(from..).unwrap_or_default();
            match (part, &mut *its) {
                (Part::Block(_, bank), [cell]) => {
                    let supplied = first && !cell.has_lane();
                    if first && cell.has_lane() {
                        origin.give::<S>(count, [times, ready, came], cell.rooms(count), bounds)?;
                        let from = if always { &*came } else { &*ready };
                        births.iter_mut().zip(from).take(count).for_each(|(birth, date)| *birth = *date);
                    } else if supplied {
                        let due = origin.due();
                        came.iter_mut().take(count).for_each(|row| *row = due);
                    }
                    draw::<S, L>(
                        cell,
                        count,
                        bank.and_then(|(at, column)| Some((banks.get_mut(at)?, column))),
                        banked,
                        times,
                    )?;
                    let item = cell.items();
                    cell.through_block::<S>(count, [times, came, ended, gone], ahead, bounds)?;
                    if supplied {
                        // There is always an item: it comes when it is loaded.
                        for (i, birth) in (item..).zip(births.iter_mut()).take(count) {
                            *birth = cell.leaves_at(i);
                        }
                        origin.gave_at_once(count, ready, births, bounds);
                    }
                }
                _ => {
                    for i in 0..count.min(BLOCK) {
                        let mut item = Item { ready: came[i], birth: births[i], kind: kinds[i] };
                        if first {
                            item.ready = origin.next(bounds);
                            item.birth = item.ready;
                        }
                        let feeds = if first { Some((&mut *origin, always)) } else { None };
                        gone[i] = through(its, feeds, &mut item, ahead.get(i).unwrap_or(&[NO_TIME; L]), bounds)?;
                        births[i] = item.birth;
                    }
                }
            }
            std::mem::swap(&mut came, &mut gone);
            first = false;
        }
        exit.leave_block(count, births, kinds, came, bounds);
        let last = came[count.min(BLOCK) - 1];
        if let Some((number, from_start)) = self.until {
            self.ends(number, from_start, &last)?;
        }
        Ok(last.iter().copied().max().unwrap_or(0))
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

/// The times of work of a block at a stage: drawn for it, or by the first of a bank for all of them.
fn draw<S: Side<L>, const L: usize>(
    cell: &mut Cell<L>,
    count: usize,
    bank: Option<(&mut Bank, usize)>,
    banked: &mut Rows<4>,
    times: &mut Rows<L>,
) -> Result<(), Unsound> {
    let Some((bank, column)) = bank else { return cell.draw::<S>(count, times) };
    if column == 0 {
        S::draw_bank(bank, count, banked, cell.longest())?;
    }
    for i in 0..count.min(BLOCK) {
        times[i] = [banked[i][column % 4]; L];
    }
    Ok(())
}

/// An item goes through stages that stand without enough places between them, from the source on where they are the
/// first. When it is gone from the last, behind which there is room from `ahead` on.
fn through<const L: usize>(
    cells: &mut [Cell<L>],
    mut feeds: Option<(&mut Origin<L>, bool)>,
    item: &mut Item<L>,
    ahead: &[i64; L],
    bounds: &Bounds<L>,
) -> Result<[i64; L], Unsound> {
    let tables = tables();
    let mut giver: Option<&mut Cell<L>> = None;
    let mut passage = Passage::NONE;
    let mut cells = cells.iter_mut();
    while let Some(cell) = cells.next() {
        let next = if cell.is_plain() {
            cell.go(&item.ready, bounds, tables)?
        } else {
            let ahead = cells.as_slice().first().map_or(*ahead, |next| next.room);
            let there = cell.arrive(&item.ready, tables)?;
            cell.pass(there, &item.kind, &ahead, bounds, tables)?
        };
        match (giver, &mut feeds) {
            (Some(giver), _) => giver.count(&passage, &next.came, bounds),
            (None, Some((origin, always))) => {
                origin.left(&next.came, bounds)?;
                if *always {
                    item.birth = next.came;
                }
            }
            (None, None) => {}
        }
        passage = next;
        item.ready = passage.ended;
        giver = Some(cell);
    }
    let gone = max(&item.ready, ahead);
    if let Some(giver) = giver {
        giver.count(&passage, &gone, bounds);
    }
    Ok(gone)
}

/// Items of a block that suit a line best: with many, the stages that can take so many are fast, with few, more are.
fn block_of(line: &Line) -> usize {
    let takes = |stage: &Stage, count: usize| {
        stage.lane.as_ref().is_some_and(|l| l.places.is_none_or(|places| places >= count as u64))
    };
    let cost = |count: usize| {
        let fast = line.stages.iter().filter(|s| takes(s, count)).count();
        // A stage costs 4 for each item by itself, and in a block 1, and 3 for the block.
        4 * count * (line.stages.len() - fast) + fast * (count + 3)
    };
    let by_item = |count: usize| 1000 * cost(count) / count;
    (2..=BLOCK).rev().min_by_key(|count| by_item(*count)).unwrap_or(BLOCK)
}

/// Draws the times of stages together, where they are exponential and stand in a row.
fn bank<const L: usize>(cells: &[Cell<L>], parts: &mut [Part]) -> Vec<Bank> {
    let mut banks = Vec::new();
    let mut from = 0;
    while from < parts.len() {
        let four = parts.get_mut(from..).unwrap_or_default();
        let work = |part: &Part| match part {
            Part::Block(at, _) => cells.get(*at).map(Cell::work),
            Part::Through(..) => None,
        };
        let own: Vec<&Draws<L>> = four.iter().take(4).map_while(work).collect();
        let bank = if own.len() > 1 { Bank::of(&own) } else { None };
        let Some(bank) = bank else {
            from += 1;
            continue;
        };
        for (column, part) in four.iter_mut().take(own.len()).enumerate() {
            if let Part::Block(_, place) = part {
                *place = Some((banks.len(), column));
            }
        }
        from += own.len();
        banks.push(bank);
    }
    banks
}

/// Whether replications side by side take less time than one after another: most stages take items in blocks, for
/// which there are wide registers.
#[must_use]
pub fn goes_wide(line: &Line) -> bool {
    let alone = parts(line, block_of(line)).iter().filter(|part| matches!(part, Part::Block(..))).count();
    !line.reorders() && 2 * alone >= line.stages.len()
}

/// Which stages a block goes through one by one: those that no other stands too close to.
fn parts(line: &Line, block: usize) -> Vec<Part> {
    let opens = |at: usize| {
        let lane = line.stages.get(at).and_then(|s| s.lane.as_ref());
        lane.is_some_and(|l| l.places.is_none_or(|places| places >= block as u64))
    };
    let mut parts = Vec::new();
    let mut from = 0;
    for to in 1..=line.stages.len() {
        if to < line.stages.len() && !opens(to) {
            continue;
        }
        let alone = to == from + 1 && line.stages.get(from).is_some_and(Stage::takes_blocks);
        // A source that always has an item needs no lane.
        let fed = opens(from)
            || from == 0 && line.source.every.is_none() && line.stages.first().is_some_and(|s| s.lane.is_none());
        parts.push(if alone && fed { Part::Block(from, None) } else { Part::Through(from, to) });
        from = to;
    }
    parts
}

/// Lines with machines in parallel, where another item may go on than the one that has come: one replication at a
/// time.
impl Runner<1> {
    fn all_walking(&mut self, ask: &Ask, always: bool, look: &dyn Fn(f64) -> bool) -> Result<(), Halt> {
        let mut pace = Pace::new();
        let mut kinds = [[0; 1]; BLOCK];
        while self.origin.up_to(1) > 0 {
            self.origin.kinds(&mut kinds, 1);
            let ready = self.origin.next(&self.bounds);
            let end = self.walk(0, Item { ready, birth: ready, kind: kinds[0] }, None, always)?;
            if self.after(1, end, &mut pace, ask, look)? {
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
        self.exit.leave(&item.birth, &item.kind, &item.ready, &bounds);
        Ok(item.ready[0])
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
            let finish = machines.finish(0);
            // Of an overloaded line dates can lie behind all that can be told.
            if finish > loads || finish == NEVER {
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
