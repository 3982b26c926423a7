//! The end of a line, which runs by recursion while what lies before it runs by events: it is told when items come to
//! it, and goes on as far as these are enough. Start at [`Tail::take`].

use crate::ir::ids::Id;
use crate::ir::{ItemId, Plant};
use crate::kernel::supply::Delivery;

use super::line::Line;
use super::pace::Pace;
use super::run::{Ask, Halt, Ran, Runner};
use super::side::{Anywhere, Side};
use super::track::Start;

/// The end of a line in one replication.
pub struct Tail<'a> {
    line: &'a Line,
    coming: Vec<ItemId>,
    runner: Runner<1>,
    pace: Pace<'a>,
    over: bool,
}

impl<'a> Tail<'a> {
    /// A tail at t = 0 ([`Line::tail`]). `look` is told now and then which share of the time is over; it says whether to go
    /// on.
    ///
    /// # Errors
    /// When the event kernel has to run instead.
    pub fn new(line: &'a Line, ask: &'a Ask, look: &'a dyn Fn(f64) -> bool) -> Result<Tail<'a>, Halt> {
        let runner = Runner::new(line, ask, super::front::banks())?;
        let pace = Pace::new(ask, look, runner.parts);
        Ok(Tail { line, coming: line.leaving(), runner, pace, over: false })
    }

    /// An item comes, not before those that came before.
    ///
    /// # Errors
    /// When it is of a type that was not known to come.
    pub fn take(&mut self, item: &Delivery) -> Result<(), Halt> {
        let its = |known: &ItemId| i64::try_from(known.index()) == Ok(item.kind);
        let kind = self.coming.iter().position(its).and_then(|place| u8::try_from(place).ok());
        let Some(Start::Source { origin, .. }) = self.runner.tracks.first_mut().map(|t| &mut t.start) else {
            return Err(Halt::Beyond);
        };
        origin.add(item.at, item.born, kind.ok_or(Halt::Beyond)?);
        Ok(())
    }

    /// Goes on while as many items wait as make a block, or, when no more come, while any do.
    ///
    /// # Errors
    /// When it is ended, or the event kernel has to run instead.
    pub fn go_on(&mut self, all: bool) -> Result<(), Halt> {
        #[cfg(target_arch = "x86_64")]
        {
            use super::side::{Avx2, Avx512};
            if Avx512::is_there() {
                return self.go_on_by::<Avx512>(all);
            }
            if Avx2::is_there() {
                return self.go_on_by::<Avx2>(all);
            }
        }
        self.go_on_by::<Anywhere>(all)
    }

    fn go_on_by<S: Side<1>>(&mut self, all: bool) -> Result<(), Halt> {
        while !self.over && self.runner.tracks.first().is_some_and(|t| all || t.up_to(&[], t.block) == t.block) {
            self.over = !self.runner.step::<S>(&mut self.pace)?.1;
        }
        if all {
            self.runner.end::<S>(&mut self.pace)?;
        }
        Ok(())
    }

    /// Its figures, when all has come. What came counts as made there.
    #[must_use]
    pub fn figures(&self, plant: &Plant) -> Option<Ran> {
        self.runner.figures(self.line, plant).pop()
    }
}
