//! A track while it runs: its items go through its stages in blocks, or one by one where stages stand close to each
//! other. Start at [`Track::block`].

use crate::runtime::ziggurat::tables;

use super::block::{BLOCK, Rows};
use super::bounds::{Bounds, NO_TIME};
use super::cells::{Cell, Passage, Unsound, max};
use super::draws::{Bank, Draws};
use super::ends::Origin;
use super::join::Join;
use super::line::{self, Begin, Line, Stage};
use super::pace::Pace;
use super::presence::Presence;
use super::run::{Ask, Halt};
use super::side::Side;
use super::wave::{self, Wave};

/// Stages that a block goes through together.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// One stage, item after item in one loop; where its times are drawn with those of others, the bank and the column.
    Block(usize, Option<(usize, usize)>),
    /// Stages from one on, side by side in a wave, by its number.
    Wave(usize, usize, usize),
    /// Stages from one on up to another, each item through all of them.
    Through(usize, usize),
}

/// Dates of the items of a block.
struct Dates<const L: usize> {
    times: Rows<L>,
    banked: Rows<8>,
    each: Rows<8>,
    ready: Rows<L>,
    births: Rows<L>,
    kinds: [[u8; L]; BLOCK],
    came: Rows<L>,
    there: Rows<L>,
    ended: Rows<L>,
    gone: Rows<L>,
}

/// Where items of a track come from, while it runs.
pub enum Start<const L: usize> {
    /// A source.
    Source {
        /// What it has given.
        origin: Origin<L>,
        /// There is always an item, which is born when it leaves.
        always: bool,
    },
    /// Its first stage joins what others bring.
    Join(Box<Join<L>>),
}

/// A track in `L` replications.
pub struct Track<const L: usize> {
    /// Where its items come from.
    pub start: Start<L>,
    /// Its stages.
    pub cells: Vec<Cell<L>>,
    parts: Vec<Part>,
    banks: Vec<Bank>,
    waves: Vec<Wave>,
    /// When items were born that are on their way in waves.
    births: Vec<[i64; L]>,
    /// How many of these have left.
    born: usize,
    /// Items that left with the latest block, and the latest of all dates in it.
    given: (usize, i64),
    /// Most items of a block.
    pub block: usize,
    /// The stages from here on hold a part, each, until the next takes it.
    tail: usize,
    /// How the part went through the last stage that it holds.
    held: Passage<L>,
    dates: Box<Dates<L>>,
    flipped: bool,
    /// How long its items are inside: by their places in the mix where they come from outside, of all where they are
    /// joined, else nowhere.
    pub presence: Vec<Presence<L>>,
    /// Whether it is watched how long its last machine works: see [`Track::in_no_time`].
    pub watched: bool,
    /// Whether a watched one has worked in no time.
    in_no_time: bool,
}

/// A part that the last machine of a track holds.
pub struct Held<const L: usize> {
    /// Since when it is ready.
    pub ready: [i64; L],
    /// When it was born.
    pub birth: [i64; L],
    /// Since when it is what it is.
    pub begun: [i64; L],
}

/// An item on its way, and how it went through the stage that it is in.
#[derive(Clone, Copy)]
pub(super) struct Item<const L: usize> {
    /// When it is ready to leave.
    pub ready: [i64; L],
    /// When it was born.
    pub birth: [i64; L],
    /// Its place in the mix.
    pub kind: [u8; L],
}

impl<const L: usize> Track<L> {
    /// A track at t = 0. `longest` durations are left to the event kernel.
    ///
    /// # Errors
    /// When the time of a first item or failure is none.
    pub fn new(
        line: &Line,
        number: usize,
        ask: &Ask,
        (block, longest, banked): (usize, u64, bool),
        bounds: &Bounds<L>,
    ) -> Result<Self, Unsound> {
        let track = line.tracks.get(number).ok_or(Unsound)?;
        let cell = |s: &Stage| Cell::new(s, block, longest, bounds, ask.seed, ask.first);
        let cells: Vec<Cell<L>> = track.stages.iter().map(cell).collect();
        if cells.iter().any(Cell::is_unsound) {
            return Err(Unsound);
        }
        let block = block.min(most_of_block(line, track));
        let start = match &track.begin {
            Begin::Source(feed) => Start::Source {
                origin: Origin::new(feed, longest, bounds, ask.seed, ask.first)?,
                always: feed.every.is_none(),
            },
            Begin::Join(join) => Start::Join(Box::new(Join::new(line, join, block, longest, bounds))),
        };
        let mut parts = parts(track, block, opens_behind(line, number));
        let held = line.inputs().any(|input| input.track == number && line.holds(input));
        let tail = match parts.last() {
            Some(Part::Through(from, _) | Part::Block(from, _) | Part::Wave(_, from, _)) if held => *from,
            _ => cells.len(),
        };
        if held {
            parts.pop();
        }
        let counted = match line.is_tail() {
            true => track.items().len(),
            false => usize::from(line.tracks.len() > 1),
        };
        let banks = if banked { bank(&cells, &mut parts) } else { Vec::new() };
        let none = || [[0; L]; BLOCK];
        Ok(Track {
            start,
            cells,
            parts,
            banks,
            waves: Vec::new(),
            births: Vec::new(),
            born: 0,
            given: (0, 0),
            block,
            tail,
            held: Passage::NONE,
            dates: Box::new(Dates {
                times: none(),
                banked: [[0; 8]; BLOCK],
                each: [[0; 8]; BLOCK],
                ready: none(),
                births: none(),
                kinds: [[0; L]; BLOCK],
                came: none(),
                there: none(),
                ended: none(),
                gone: none(),
            }),
            flipped: false,
            presence: (0..counted).map(|_| Presence::new(bounds)).collect(),
            watched: false,
            in_no_time: false,
        })
    }

    /// How many of so many items there still are.
    #[must_use]
    pub fn up_to(&self, below: &[Track<L>], count: usize) -> usize {
        match &self.start {
            Start::Source { origin, .. } => origin.up_to(count),
            Start::Join(join) => join.up_to(below, count),
        }
    }

    /// Whether an item left its last machine at the instant at which it was loaded, so that what follows is not the first
    /// that happens then. Known only where it is watched.
    #[must_use]
    pub fn in_no_time(&self) -> bool {
        self.in_no_time
    }

    /// Whether it begins at a source that makes nothing any more.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        matches!(&self.start, Start::Source { origin, .. } if origin.up_to(1) == 0)
    }

    /// Whether everything that comes from now on comes when all is over.
    #[must_use]
    pub fn is_over(&self, bounds: &Bounds<L>) -> bool {
        match &self.start {
            Start::Source { origin, .. } => origin.is_over(bounds),
            Start::Join(join) => join.is_over(bounds),
        }
    }

    /// How far it is, in the replication that is furthest behind.
    #[must_use]
    pub fn behind(&self) -> i64 {
        match &self.start {
            Start::Source { origin, .. } => origin.behind(),
            Start::Join(join) => join.behind(),
        }
    }

    /// When the items of the latest block left the last stage.
    #[must_use]
    pub fn left(&self) -> &Rows<L> {
        if self.flipped { &self.dates.gone } else { &self.dates.came }
    }

    /// When they were born.
    #[must_use]
    pub fn births(&self) -> &Rows<L> {
        match &self.start {
            Start::Source { .. } => &self.dates.births,
            Start::Join(join) => join.births(),
        }
    }

    /// Since when they are what they are.
    #[must_use]
    pub fn begun(&self) -> &Rows<L> {
        match &self.start {
            Start::Source { origin, .. } if origin.came_from_outside().is_some() => &self.dates.ready,
            Start::Source { .. } => &self.dates.births,
            Start::Join(join) => join.ended(),
        }
    }

    /// Their places in the mix.
    #[must_use]
    pub fn kinds(&self) -> &[[u8; L]; BLOCK] {
        &self.dates.kinds
    }

    /// Whether there are stages before those that hold a part each.
    #[must_use]
    pub fn has_way_to_tail(&self) -> bool {
        self.tail > 0 && !self.cells.is_empty()
    }

    /// Items go from the beginning to the last stage, behind which there is room from `behind` on; `below` are the tracks
    /// that bring parts.
    ///
    /// # Errors
    /// When a draw gives no duration.
    pub fn block<S: Side<L>>(
        &mut self,
        below: &mut [Track<L>],
        count: usize,
        behind: &[[i64; L]],
        bounds: &Bounds<L>,
    ) -> Result<(), Unsound> {
        self.sweep::<S>(below, (count, false), behind, bounds)
    }

    /// Items that are on their way go on, though no others come.
    ///
    /// # Errors
    /// When a draw gives no duration.
    pub fn drain<S: Side<L>>(&mut self, behind: &[[i64; L]], bounds: &Bounds<L>) -> Result<(), Unsound> {
        self.sweep::<S>(&mut [], (0, true), behind, bounds)
    }

    /// As [`Track::block`]; to `drain`, the first items that are on their way go on.
    fn sweep<S: Side<L>>(
        &mut self,
        below: &mut [Track<L>],
        (count, mut drain): (usize, bool),
        behind: &[[i64; L]],
        bounds: &Bounds<L>,
    ) -> Result<(), Unsound> {
        let Self { start, cells, parts, banks, waves, dates, block, watched, in_no_time, .. } = self;
        let (coming, mut latest) = (count, 0);
        let Dates { times, banked, each, ready, births, kinds, came, there, ended, gone } = &mut **dates;
        let (mut came, mut gone, mut count) = (came, gone, count);
        match start {
            Start::Source { origin, .. } => origin.kinds(kinds, count),
            Start::Join(join) => {
                join.collect::<S>(below, count, bounds)?;
                *came = *join.there();
            }
        }
        if let (true, Start::Source { origin, always }) = (parts.is_empty(), &mut *start) {
            origin.give::<S>(count, [times, ready, came], behind, bounds)?;
            let from = if *always { &*came } else { &*ready };
            births.iter_mut().zip(from).take(count).for_each(|(birth, date)| *birth = *date);
        }
        let mut first = true;
        for part in parts.iter() {
            let (from, to) = match *part {
                Part::Block(at, _) => (at, at + 1),
                Part::Through(from, to) | Part::Wave(_, from, to) => (from, to),
            };
            let (before, after) = cells.split_at_mut(to);
            let drains = match *part {
                Part::Wave(at, ..) if drain => waves.get(at).is_some_and(|wave| wave.is_under_way(&before[from..])),
                _ => false,
            };
            if count == 0 && !drains {
                std::mem::swap(&mut came, &mut gone);
                continue;
            }
            let ahead = after.first().map_or(behind, |next| next.rooms(if drains { *block } else { count }));
            let its = before.get_mut(from..).unwrap_or_default();
            let mut exit = (*watched && after.is_empty()).then_some(Passage::NONE);
            match (part, &mut *its) {
                (Part::Block(_, bank), [cell]) => {
                    let mut supplied = None;
                    if first {
                        match start {
                            Start::Source { origin, always } if cell.has_lane() => {
                                origin.give::<S>(count, [times, ready, came], cell.rooms(count), bounds)?;
                                let from = if *always { &*came } else { &*ready };
                                births.iter_mut().zip(from).take(count).for_each(|(birth, date)| *birth = *date);
                            }
                            Start::Source { origin, .. } => {
                                let due = origin.due();
                                came.iter_mut().take(count).for_each(|row| *row = due);
                                supplied = Some((origin, cell.items()));
                            }
                            Start::Join(join) => join.idle_from(0, cell.freed()),
                        }
                    }
                    let bank = bank.and_then(|(at, column)| Some((banks.get_mut(at)?, column)));
                    draw::<S, L>(cell, (count, kinds), bank, banked, times)?;
                    cell.through_block::<S>(count, [times, came, there, ended, gone], ahead, bounds)?;
                    *in_no_time |= exit.is_some() && times.iter().take(count).any(|time| time.contains(&0));
                    if let Some((origin, item)) = supplied {
                        // There is always an item: it comes when it is loaded.
                        for (i, birth) in (item..).zip(births.iter_mut()).take(count) {
                            *birth = cell.leaves_at(i);
                        }
                        origin.gave_at_once(count, ready, births, bounds);
                    } else if let (true, Start::Join(join)) = (first, &mut *start) {
                        let item = cell.items() - count as u64;
                        for (i, number) in (item..).enumerate().take(count) {
                            let loaded = cell.leaves_at(number);
                            let passage = Passage { came: loaded, loaded, began: loaded, ended: ended[i] };
                            join.load(below, i, &passage, bounds)?;
                            join.idle_from(i + 1, gone[i]);
                        }
                    }
                }
                (Part::Wave(at, ..), its) => {
                    let (Some(wave), Some(item)) = (waves.get_mut(*at), its.first().map(Cell::items)) else {
                        return Err(Unsound);
                    };
                    let mut supplied = None;
                    match start {
                        Start::Source { origin, always } if first && its[0].has_lane() => {
                            origin.give::<S>(count, [times, ready, came], its[0].rooms(count), bounds)?;
                            let from = if *always { &*came } else { &*ready };
                            births.iter_mut().zip(from).take(count).for_each(|(birth, date)| *birth = *date);
                        }
                        Start::Source { origin, .. } if first => {
                            let due = origin.due();
                            came.iter_mut().take(count).for_each(|row| *row = due);
                            supplied = Some(origin);
                        }
                        _ => {}
                    }
                    let left = wave.go::<S, L>(its, (count, drains), [came, gone], [banked, each], ahead, bounds)?;
                    latest = latest.max(wave.latest);
                    if let Some(origin) = supplied {
                        for (loaded, birth) in its[0].leaves_from(item, count).iter().zip(births.iter_mut()) {
                            *birth = *loaded;
                        }
                        origin.gave_at_once(count, ready, births, bounds);
                    }
                    drain &= !drains;
                    count = left;
                }
                _ => {
                    for i in 0..count.min(BLOCK) {
                        let mut item = Item { ready: came[i], birth: births[i], kind: kinds[i] };
                        let room = Behind::Room(ahead.get(i).unwrap_or(&[NO_TIME; L]));
                        if !first {
                            gone[i] = through(its, None, &mut item, room, bounds, [None, exit.as_mut()])?;
                            *in_no_time |= exit.as_ref().is_some_and(Passage::is_instant);
                            continue;
                        }
                        gone[i] = enters::<S, L>(start, its, below, i, &mut item, room, bounds, exit.as_mut())?;
                        *in_no_time |= exit.as_ref().is_some_and(Passage::is_instant);
                        births[i] = item.birth;
                    }
                }
            }
            if let (true, Start::Join(join)) = (first, &mut *start) {
                join.taken(below, count, bounds);
            }
            if let Some(last) = count.checked_sub(1) {
                latest = gone.get(last).into_iter().flatten().copied().max().unwrap_or(0).max(latest);
            }
            std::mem::swap(&mut came, &mut gone);
            first = false;
        }
        if let Start::Source { origin, .. } = start
            && let Some(items) = origin.came_from_outside()
        {
            for ((born, entered), (at, birth)) in births.iter_mut().zip(ready.iter_mut()).zip(items) {
                (*born, *entered) = ([birth; L], [at; L]);
            }
        }
        if !waves.is_empty() {
            // Those that leave were born some blocks ago.
            self.births.extend_from_slice(births.get(..coming).unwrap_or_default());
            for (birth, born) in births.iter_mut().zip(self.births.iter().skip(self.born)).take(count) {
                *birth = *born;
            }
            self.born += count;
            if self.born > 1 << 10 {
                self.births.drain(..self.born);
                self.born = 0;
            }
        }
        self.given = (count, latest);
        self.flipped = self.parts.len() % 2 == 1;
        Ok(())
    }

    /// Items that left with the latest block, and the latest of all dates in it.
    #[must_use]
    pub fn given(&self) -> (usize, i64) {
        self.given
    }

    /// Whether items are on their way that have been given by the source.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        self.births.len() > self.born
    }

    /// Has stages in a row take items side by side, where they can. Items are then under way between blocks.
    pub fn go_in_waves(&mut self) {
        let Start::Source { .. } = &self.start else { return };
        let (mut parts, mut waves) = (Vec::new(), Vec::new());
        let mut rest = &self.parts[..];
        while let Some((part, others)) = rest.split_first() {
            let takes = |part: &Part| match *part {
                Part::Block(at, _) => self.cells.get(at).is_some_and(|cell| wave::takes(cell, at == 0)),
                _ => false,
            };
            let row = rest.iter().take_while(|part| takes(part)).count();
            let (Part::Block(from, _), true) = (*part, row > 1) else {
                parts.push(if let Part::Block(at, _) = *part { Part::Block(at, None) } else { *part });
                rest = others;
                continue;
            };
            // As many registers as are needed, as full as each other.
            let registers = row.div_ceil(wave::WIDTH);
            for number in 0..registers {
                let (from, to) = (from + row * number / registers, from + row * (number + 1) / registers);
                parts.push(Part::Wave(waves.len(), from, to));
                waves.push(Wave::new(self.cells.get(from..to).unwrap_or_default()));
            }
            rest = rest.get(row..).unwrap_or_default();
        }
        self.banks = bank(&self.cells, &mut parts);
        (self.parts, self.waves) = (parts, waves);
    }

    /// What stages remember that take items side by side lies in their cells again.
    pub fn settle(&mut self) {
        for part in &self.parts {
            if let Part::Wave(at, from, to) = *part
                && let (Some(wave), Some(its)) = (self.waves.get_mut(at), self.cells.get_mut(from..to))
            {
                wave.settle(its);
            }
        }
    }

    /// The part of a block goes on to the last machine, or stands ready in the source, until [`Track::gives`].
    ///
    /// # Errors
    /// When a draw gives no duration.
    pub fn hold<S: Side<L>>(
        &mut self,
        below: &mut [Track<L>],
        number: usize,
        bounds: &Bounds<L>,
    ) -> Result<Held<L>, Unsound> {
        let number = number.min(BLOCK - 1);
        let mut item =
            Item { ready: self.left()[number], birth: self.births()[number], kind: self.dates.kinds[number] };
        let mut begun = self.begun()[number];
        let Self { start, cells, tail, held, .. } = self;
        if let (Start::Source { origin, .. }, true) = (&mut *start, cells.is_empty()) {
            let ready = origin.next(bounds);
            return Ok(Held { ready, birth: ready, begun: ready });
        }
        let its = cells.get_mut(*tail..).unwrap_or_default();
        if *tail > 0 {
            through(its, None, &mut item, Behind::Held(held), bounds, [None, None])?;
            return Ok(Held { ready: held.ended, birth: item.birth, begun });
        }
        if let Start::Join(join) = start {
            join.collect::<S>(below, 1, bounds)?;
        }
        enters::<S, L>(start, its, below, 0, &mut item, Behind::Held(held), bounds, None)?;
        match start {
            Start::Source { .. } => begun = item.birth,
            Start::Join(join) => {
                join.taken(below, 1, bounds);
                (item.birth, begun) = (join.births()[0], join.ended()[0]);
            }
        }
        Ok(Held { ready: held.ended, birth: item.birth, begun })
    }

    /// What it holds leaves.
    ///
    /// # Errors
    /// When the time to the next item is none.
    pub fn gives(&mut self, gone: &[i64; L], bounds: &Bounds<L>) -> Result<(), Unsound> {
        match (self.cells.last_mut(), &mut self.start) {
            (Some(last), _) => last.count(&self.held, gone, bounds),
            (None, Start::Source { origin, .. }) => origin.left(gone, bounds)?,
            (None, Start::Join(_)) => {}
        }
        Ok(())
    }

    /// Nothing is loaded any more before the end where it joins parts: those that still can, come.
    ///
    /// # Errors
    /// When it is ended, or the event kernel has to run instead.
    pub fn flush<S: Side<L>>(
        &mut self,
        below: &mut [Track<L>],
        bounds: &Bounds<L>,
        pace: &mut Pace<'_>,
    ) -> Result<(), Halt> {
        let (Start::Join(join), Some(cell)) = (&mut self.start, self.cells.first_mut()) else { return Ok(()) };
        cell.fail_to_the_end(bounds);
        join.flush::<S>(below, (&cell.freed(), &cell.take_idle()), bounds, pace)
    }

    /// Items of a block leave the line.
    pub fn leave(&mut self, count: usize, bounds: &Bounds<L>) {
        let mut presence = std::mem::take(&mut self.presence);
        let dates = self.begun().iter().zip(self.left()).zip(self.kinds());
        for ((begun, left), kind) in dates.take(if presence.is_empty() { 0 } else { count }) {
            if let Some(its) = presence.get_mut(kind.first().map_or(0, |kind| usize::from(*kind))) {
                its.ends(begun, left, bounds);
            }
        }
        self.presence = presence;
    }

    /// A run ends earlier than it might have.
    pub fn tighten(&mut self, lane: usize, end: i64) {
        match &mut self.start {
            Start::Source { origin, .. } => origin.tighten(lane, end),
            Start::Join(join) => join.tighten(lane, end),
        }
        for cell in &mut self.cells {
            cell.tighten(lane, end);
        }
        for presence in &mut self.presence {
            presence.tighten(lane, end);
        }
    }

    /// Carries sums over.
    pub fn carry(&mut self) {
        self.settle();
        self.cells.iter_mut().for_each(Cell::carry);
        if let Start::Join(join) = &mut self.start {
            join.carry();
        }
        self.presence.iter_mut().for_each(Presence::carry);
    }

    /// Counts what is still open when all is over.
    pub fn close(&mut self, bounds: &Bounds<L>) {
        match &mut self.start {
            Start::Source { origin, .. } => origin.close(bounds),
            Start::Join(join) => join.close(bounds),
        }
        self.cells.iter_mut().for_each(|cell| cell.close(bounds));
        for presence in &mut self.presence {
            presence.close(bounds);
        }
    }

    /// Bytes that it takes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let join = if let Start::Join(join) = &self.start { join.bytes() } else { 0 };
        let waves: usize = self.waves.iter().map(Wave::bytes).sum();
        self.cells.iter().map(Cell::bytes).sum::<usize>() + join + waves + size_of_val(&self.births[..])
    }
}

/// An item enters a track by its first stages; how it went through the last of them is told.
#[allow(clippy::too_many_arguments)]
fn enters<S: Side<L>, const L: usize>(
    start: &mut Start<L>,
    its: &mut [Cell<L>],
    below: &mut [Track<L>],
    number: usize,
    item: &mut Item<L>,
    behind: Behind<'_, L>,
    bounds: &Bounds<L>,
    exit: Option<&mut Passage<L>>,
) -> Result<[i64; L], Unsound> {
    match start {
        Start::Source { origin, always } => {
            item.ready = origin.next(bounds);
            item.birth = item.ready;
            through(its, Some((origin, *always)), item, behind, bounds, [None, exit])
        }
        Start::Join(join) => {
            item.ready = join.hold::<S>(below, number, bounds)?;
            join.idle_from(number, its.first().map_or([0; L], Cell::freed));
            let mut entry = Passage::NONE;
            let gone = through(its, None, item, behind, bounds, [Some(&mut entry), exit])?;
            if let Some(cell) = its.first_mut() {
                join.was_down(number, cell.take_idle());
            }
            join.load(below, number, &entry, bounds)?;
            Ok(gone)
        }
    }
}

/// The times of work of a block at a stage: drawn for it, or by the first of a bank for all of them.
fn draw<S: Side<L>, const L: usize>(
    cell: &mut Cell<L>,
    (count, kinds): (usize, &[[u8; L]; BLOCK]),
    bank: Option<(&mut Bank, usize)>,
    banked: &mut Rows<8>,
    times: &mut Rows<L>,
) -> Result<(), Unsound> {
    let Some((bank, column)) = bank else { return cell.draw::<S>(count, kinds, times) };
    if column == 0 {
        S::draw_bank(bank, count, banked, cell.longest())?;
    }
    for i in 0..count.min(BLOCK) {
        times[i] = [banked[i][column % 8]; L];
    }
    Ok(())
}

/// What is behind the last of some stages.
enum Behind<'a, const L: usize> {
    /// There is room from this date on.
    Room(&'a [i64; L]),
    /// The item is held: how it went through the last stage.
    Held(&'a mut Passage<L>),
}

/// An item goes through stages that stand without enough places between them, from the source on where they are the
/// first. When it is gone from the last; how it went through the first and the last is told.
fn through<const L: usize>(
    cells: &mut [Cell<L>],
    mut feeds: Option<(&mut Origin<L>, bool)>,
    item: &mut Item<L>,
    behind: Behind<'_, L>,
    bounds: &Bounds<L>,
    [mut entry, exit]: [Option<&mut Passage<L>>; 2],
) -> Result<[i64; L], Unsound> {
    let tables = tables();
    let ahead = if let Behind::Room(ahead) = behind { *ahead } else { [NO_TIME; L] };
    let mut giver: Option<&mut Cell<L>> = None;
    let mut passage = Passage::NONE;
    let mut cells = cells.iter_mut();
    while let Some(cell) = cells.next() {
        let next = if cell.is_plain() {
            cell.go(&item.ready, bounds, tables)?
        } else {
            let ahead = cells.as_slice().first().map_or(ahead, |next| next.room);
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
            (None, None) => {
                if let Some(entry) = entry.take() {
                    *entry = next;
                }
            }
        }
        passage = next;
        item.ready = passage.ended;
        giver = Some(cell);
    }
    if let Some(exit) = exit {
        *exit = passage;
    }
    if let Behind::Held(held) = behind {
        *held = passage;
        return Ok(passage.ended);
    }
    let gone = max(&item.ready, &ahead);
    if let Some(giver) = giver {
        giver.count(&passage, &gone, bounds);
    }
    Ok(gone)
}

/// Items of a block that suit a line best: with many, the stages that can take so many are fast, with few, more are.
pub(super) fn block_of(line: &Line) -> usize {
    let stages = line.stages().count();
    let cost = |count: usize| {
        let fast = line.stages().filter_map(|s| s.lane.as_ref()).filter(|lane| lane.takes(count)).count();
        // A stage costs 4 for each item by itself, and in a block 1, and 3 for the block.
        4 * count * (stages - fast) + fast * (count + 3)
    };
    let by_item = |count: usize| 1000 * cost(count) / count;
    (2..=BLOCK).rev().min_by_key(|count| by_item(*count)).unwrap_or(BLOCK)
}

/// Most items of a block of a track: products for whose parts there is room before the station that joins them.
fn most_of_block(line: &Line, track: &line::Track) -> usize {
    let Begin::Join(join) = &track.begin else { return BLOCK };
    let of = |input: &line::Input| {
        let places = input.lane.as_ref().and_then(|l| l.places).and_then(|places| usize::try_from(places).ok());
        match line.tracks.get(input.track) {
            Some(held) if line.holds(input) => most_of_block(line, held),
            _ => places.map_or(BLOCK, |places| places / input.parts.max(1)),
        }
    };
    join.inputs.iter().map(of).min().unwrap_or(BLOCK).clamp(1, BLOCK)
}

/// Whether the first stages of a track go in blocks, as far as what stands before them lets them.
fn opens_behind(line: &Line, number: usize) -> bool {
    let stages = line.tracks.get(number).map_or(&[][..], |t| &t.stages);
    match line.tracks.get(number).map(|t| &t.begin) {
        Some(Begin::Source(feed)) => feed.every.is_none(),
        // Where it fails, how long it was down has to be known of each product.
        Some(Begin::Join(join)) => {
            let fails = |s: &Stage| s.station.as_ref().is_some_and(|b| b.failure.is_some());
            !join.inputs.iter().any(|input| line.holds(input)) && !stages.first().is_some_and(fails)
        }
        None => false,
    }
}

/// Draws the times of stages together, where they are exponential and stand in a row.
fn bank<const L: usize>(cells: &[Cell<L>], parts: &mut [Part]) -> Vec<Bank> {
    let mut banks = Vec::new();
    let mut from = 0;
    while from < parts.len() {
        let rest = parts.get_mut(from..).unwrap_or_default();
        let work = |part: &Part| match part {
            Part::Block(at, _) => cells.get(*at).and_then(Cell::work),
            Part::Through(..) | Part::Wave(..) => None,
        };
        let own: Vec<&Draws<L>> = rest.iter().take(8).map_while(work).collect();
        let bank = if own.len() > 1 { Bank::of(&own) } else { None };
        let Some(bank) = bank else {
            from += 1;
            continue;
        };
        for (column, part) in rest.iter_mut().take(own.len()).enumerate() {
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
    let block = block_of(line);
    let alone = |(number, track): (usize, &line::Track)| {
        let parts = parts(track, block.min(most_of_block(line, track)), opens_behind(line, number));
        parts.iter().filter(|part| matches!(part, Part::Block(..))).count()
    };
    let all: usize = line.tracks.iter().enumerate().map(alone).sum();
    !line.reorders() && 2 * all >= line.stages().count()
}

/// Which stages a block goes through one by one: those that no other stands too close to. `open`: the first has no lane and
/// needs none.
fn parts(track: &line::Track, block: usize, open: bool) -> Vec<Part> {
    let stages = &track.stages;
    let opens = |at: usize| stages.get(at).and_then(|s| s.lane.as_ref()).is_some_and(|lane| lane.takes(block));
    let mut parts = Vec::new();
    let mut from = 0;
    for to in 1..=stages.len() {
        if to < stages.len() && !opens(to) {
            continue;
        }
        let alone = to == from + 1 && stages.get(from).is_some_and(Stage::takes_blocks);
        let fed = opens(from) || from == 0 && open && stages.first().is_some_and(|s| s.lane.is_none());
        parts.push(if alone && fed { Part::Block(from, None) } else { Part::Through(from, to) });
        from = to;
    }
    parts
}
