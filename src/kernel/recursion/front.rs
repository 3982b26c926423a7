//! The front of a line, which runs by recursion while what lies behind it runs by events: it goes as far as items are
//! asked for, and tells when each left it. Start at [`Front::bring`].

use std::collections::VecDeque;

use crate::ir::ids::Id;
use crate::ir::{ItemId, Plant};
use crate::kernel::supply::Delivery;

use super::block::BLOCK;
use super::line::Line;
use super::pace::Pace;
use super::run::{Ask, Halt, Ran, Runner};
use super::side::{Anywhere, Side};
use super::walking::Gone;

/// The front of a line in one replication.
pub struct Front<'a> {
    line: &'a Line,
    leaving: Vec<ItemId>,
    /// Whether some of its stations have several machines.
    walks: bool,
    runner: Runner<1>,
    pace: Pace<'a>,
    /// Who has left and has not been handed on.
    gone: Vec<Gone>,
    over: bool,
}

impl<'a> Front<'a> {
    /// A front at t = 0, a part of a plant ([`Line::part`]). `look` is told now and then which share of the time is over;
    /// it says whether to go on.
    ///
    /// # Errors
    /// When the event kernel has to run instead.
    pub fn new(line: &'a Line, ask: &'a Ask, look: &'a dyn Fn(f64) -> bool) -> Result<Front<'a>, Halt> {
        let walks = line.reorders();
        let mut runner = Runner::new(line, ask, banks() && !walks)?;
        if let Some(track) = runner.tracks.last_mut() {
            track.watched = true;
        }
        let pace = Pace::new(ask, look, runner.parts);
        Ok(Front { line, leaving: line.leaving(), walks, runner, pace, gone: Vec::new(), over: false })
    }

    /// Goes on until so many items have been added to those that left, or none comes any more before the end of the run.
    ///
    /// # Errors
    /// When it is ended, or the event kernel has to run instead.
    pub fn bring(&mut self, items: usize, left: &mut VecDeque<Delivery>) -> Result<(), Halt> {
        #[cfg(target_arch = "x86_64")]
        {
            use super::side::{Avx2, Avx512};
            if Avx512::is_there() {
                return self.bring_by::<Avx512>(items, left);
            }
            if Avx2::is_there() {
                return self.bring_by::<Avx2>(items, left);
            }
        }
        self.bring_by::<Anywhere>(items, left)
    }

    fn bring_by<S: Side<1>>(&mut self, items: usize, left: &mut VecDeque<Delivery>) -> Result<(), Halt> {
        let enough = left.len().saturating_add(items);
        while !self.over && left.len() < enough {
            self.over = match self.walks {
                true => !self.runner.step_walking(&mut self.pace, Some(&mut self.gone))?,
                false => !self.step::<S>()?,
            };
            if self.over {
                match self.walks {
                    true => self.runner.end_walking(Some(&mut self.gone))?,
                    false => self.runner.end::<S>(&mut self.pace)?,
                }
            }
            for gone in self.gone.drain(..) {
                if gone.in_no_time {
                    // It came after others that happen at that instant.
                    return Err(Halt::Beyond);
                }
                let kind = self.leaving.get(usize::from(gone.kind)).map_or(0, |item| item.index());
                left.push_back(Delivery { at: gone.at, born: gone.birth, kind: i64::try_from(kind).unwrap_or(0) });
            }
        }
        Ok(())
    }

    /// The next block; whether there are others.
    fn step<S: Side<1>>(&mut self) -> Result<bool, Halt> {
        let (count, more) = self.runner.step::<S>(&mut self.pace)?;
        let track = self.runner.tracks.last().ok_or(Halt::Beyond)?;
        let rows = track.left().iter().zip(track.births()).zip(track.kinds()).take(count.min(BLOCK));
        let in_no_time = track.in_no_time();
        self.gone.extend(rows.map(|(([at], [birth]), [kind])| Gone {
            at: *at,
            birth: *birth,
            kind: *kind,
            in_no_time,
        }));
        Ok(more)
    }

    /// Whether it has run to its end, so that no item comes any more before the end of the run.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Goes on to its end, for its figures. What leaves the front counts as left, at the node behind it.
    ///
    /// # Errors
    /// As [`Front::bring`].
    pub fn figures(&mut self, plant: &Plant) -> Result<Ran, Halt> {
        let mut left = VecDeque::new();
        while !self.over {
            left.clear();
            self.bring(usize::from(u8::MAX), &mut left)?;
        }
        self.runner.figures(self.line, plant).pop().ok_or(Halt::Beyond)
    }
}

/// Whether times are drawn for several stations together.
pub(super) fn banks() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        use super::side::{Avx2, Avx512};
        if Avx512::is_there() {
            return <Avx512 as Side<1>>::BANKS;
        }
        if Avx2::is_there() {
            return <Avx2 as Side<1>>::BANKS;
        }
    }
    <Anywhere as Side<1>>::BANKS
}
