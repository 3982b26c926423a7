//! Lines with machines in parallel, where another item may go on than the one that has come: one replication at a time,
//! each item as far as it can. Start at [`Runner::all_walking`].

use crate::runtime::ziggurat::tables;

use super::block::BLOCK;
use super::bounds::{Bounds, NEVER, NO_TIME};
use super::cells::{Behind, Cell, Passage};
use super::ends::{Exit, Origin};
use super::machines::Held;
use super::pace::Pace;
use super::run::{Ask, Halt, Runner};
use super::track::{Item, Start, Track};

impl Runner<1> {
    /// Item after item until the end.
    ///
    /// # Errors
    /// When it is ended, or the event kernel has to run instead.
    pub(super) fn all_walking(&mut self, ask: &Ask, look: &dyn Fn(f64) -> bool) -> Result<(), Halt> {
        let mut pace = Pace::new(ask, look, 1);
        while self.step_walking(&mut pace, None)? {}
        self.end_walking(None)
    }

    /// The next item comes, and all go on that go before it; who leaves the line is told. Whether there are others.
    ///
    /// # Errors
    /// As [`Runner::all_walking`].
    pub(super) fn step_walking(&mut self, pace: &mut Pace<'_>, told: Option<&mut Vec<Gone>>) -> Result<bool, Halt> {
        let mut kinds = [[0; 1]; BLOCK];
        let Some(mut way) = self.way(told) else { return Err(Halt::Beyond) };
        if way.origin.up_to(1) == 0 {
            return Ok(false);
        }
        way.origin.kinds(&mut kinds, 1);
        let ready = way.origin.next(way.bounds);
        let end = way.walk(0, Item { ready, birth: ready, kind: kinds[0] }, None)?;
        Ok(!self.after(1, end, pace)?)
    }

    /// Everything that comes behind the last item.
    ///
    /// # Errors
    /// As [`Runner::all_walking`].
    pub(super) fn end_walking(&mut self, told: Option<&mut Vec<Gone>>) -> Result<(), Halt> {
        if let Some(mut way) = self.way(told) {
            way.flush()?;
        }
        self.finish()
    }

    /// The only track.
    fn way<'a>(&'a mut self, told: Option<&'a mut Vec<Gone>>) -> Option<Way<'a>> {
        let [Track { start: Start::Source { origin, always }, cells, .. }] = &mut self.tracks[..] else { return None };
        Some(Way { origin, always: *always, cells, exit: &mut self.exit, told, bounds: &self.bounds })
    }
}

/// An item that has left a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone {
    /// When.
    pub at: i64,
    /// When it was born.
    pub birth: i64,
    /// Its place in the mix.
    pub kind: u8,
    /// Whether the last machine had it for no time.
    pub in_no_time: bool,
}

/// A track from a source to the sink.
struct Way<'a> {
    origin: &'a mut Origin<1>,
    always: bool,
    cells: &'a mut [Cell<1>],
    exit: &'a mut Exit<1>,
    told: Option<&'a mut Vec<Gone>>,
    bounds: &'a Bounds<1>,
}

impl Way<'_> {
    /// An item goes from a stage on as far as it can: to the sink, or onto one of several machines. When it gets there.
    fn walk(&mut self, from: usize, mut item: Item<1>, given: Option<Held>) -> Result<i64, Halt> {
        let mut held = given;
        let mut passage = Passage::NONE;
        for at in from..self.cells.len() {
            self.make_way(at)?;
            let ahead = self.cells.get(at + 1).map_or([NO_TIME], |next| next.room);
            let (came, there) = self.cell(at)?.arrive(&item.ready, tables())?;
            self.let_go_before(at, there[0])?;
            let bounds = self.bounds;
            let next = self.cell(at)?.pass((came, there), &item.kind, &ahead, bounds, tables())?;
            match at.checked_sub(1) {
                None => {
                    self.origin.left(&next.came, bounds)?;
                    if self.always {
                        item.birth = next.came;
                    }
                }
                Some(giver) => leaves(self.cell(giver)?, &passage, held, next.came[0], bounds),
            }
            held = None;
            passage = next;
            item.ready = passage.ended;
            let cell = self.cell(at)?;
            if matches!(cell.behind, Behind::Several(_)) {
                // Its passage through the lane is over.
                let through = Passage { began: passage.loaded, ended: passage.loaded, ..passage };
                cell.count(&through, &passage.loaded, bounds);
                if let Behind::Several(machines) = &mut cell.behind {
                    machines.load(0, passage.loaded[0], passage.ended[0], item.birth[0], item.kind[0]);
                }
                return Ok(passage.ended[0]);
            }
        }
        let bounds = self.bounds;
        let last = self.cells.len().saturating_sub(1);
        leaves(self.cell(last)?, &passage, held, item.ready[0], bounds);
        self.exit.leave(&item.birth, &item.kind, &item.ready, bounds);
        if let Some(told) = &mut self.told {
            told.push(Gone {
                at: item.ready[0],
                birth: item.birth[0],
                kind: item.kind[0],
                in_no_time: passage.is_instant(),
            });
        }
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
        self.walk(at + 1, item, Some(held)).map(|_| ())
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
