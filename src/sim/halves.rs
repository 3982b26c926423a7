//! Runs a line that is cut in two ([`Cut`](crate::kernel::cut::Cut)): its fronts go ahead by recursion, and what left
//! them is handed to the event kernel, which runs up to the last of it, and so on.

use std::collections::VecDeque;

use crate::base::Ticks;
use crate::kernel::cut::Cut;
use crate::kernel::read::{self, Snapshot};
use crate::kernel::recursion::front::Front;
use crate::kernel::recursion::{Halt, Ran};
use crate::kernel::supply::Delivery;
use crate::kernel::{Run, Stop};

use super::engines::Halves;
use super::lockup::Prospect;
use super::outcome::Replication;
use super::replicate::{Task, probes};
use super::{checks, lockup, measure};

/// Items that a front brings at a time.
const ITEMS: usize = 4096;

impl Task<'_> {
    /// The figures of a replication.
    ///
    /// # Errors
    /// When it is ended, or the event kernel has to run all of it: then also whatever has to be said about it is found.
    pub(super) fn by_halves(&self, halves: &Halves, number: u64) -> Result<Replication, Halt> {
        let Halves { cut, kernel, causes } = halves;
        let (model, rest) = (&kernel.model, &cut.rest);
        let ask = self.ask(number);
        let look = |_| !self.ended(number);
        let mut fronts = cut.begin(&ask, &look)?;
        let mut lists = vec![VecDeque::new(); fronts.len()];
        for (front, list) in fronts.iter_mut().zip(&mut lists) {
            front.bring(ITEMS, list)?;
        }
        let mut run = kernel.begin_with(self.settings.seed, number, lists);
        if let Some(bytes) = self.settings.memory {
            run.cap_memory(bytes);
        }
        let mut go = |run: &mut Run, to: Ticks| self.run_on(halves, &mut fronts, run, to, number);
        go(&mut run, self.warmup)?;
        let before = checks::verified(model, rest, &run).map_err(|_| Halt::Beyond)?;
        read::restart(model, rest, &mut run);
        go(&mut run, self.end)?;
        let after = checks::verified(model, rest, &run).map_err(|_| Halt::Beyond)?;
        if let Prospect::Locked(_) = lockup::look(model, rest, &run) {
            return Err(Halt::Beyond);
        }
        let ran = whole(cut, &mut fronts, self.plant, (before, after))?;
        let figures = measure::window(self.plant, causes, &ran.before, &ran.after);
        let drew = ran.drew || model.drew(run.arena(), self.settings.seed, number);
        Ok(self.with_measures(figures, &[], &probes(kernel, &run), drew))
    }

    /// Runs to a time, included.
    fn run_on(
        &self,
        halves: &Halves,
        fronts: &mut [Front<'_>],
        run: &mut Run,
        end: Ticks,
        number: u64,
    ) -> Result<(), Halt> {
        loop {
            let mut to = end;
            for (front, list) in fronts.iter_mut().zip(run.deliveries()) {
                to = to.min(known(front, list)?);
            }
            match halves.kernel.advance(run, to) {
                Stop::Horizon if to == end => return Ok(()),
                Stop::Horizon => {}
                Stop::Fuel if self.ended(number) => return Err(Halt::Ended),
                Stop::Fuel => {}
                _ => return Err(Halt::Beyond),
            }
            if self.settings.horizon.is_some() && !self.goes_on(number, run.now().seconds() / self.end.seconds()) {
                return Err(Halt::Ended);
            }
        }
    }
}

/// Up to when all is known that comes from a front, which goes on when little of it is left.
fn known(front: &mut Front<'_>, list: &mut VecDeque<Delivery>) -> Result<Ticks, Halt> {
    if !front.is_over() && list.len() < 2 {
        front.bring(ITEMS, list)?;
    }
    let last = list.back().filter(|_| !front.is_over());
    // The last is still to be seen when the one before it has come.
    Ok(last.map_or(Ticks::NEVER, |last| Ticks(last.at - 1)))
}

/// The figures of the whole line.
fn whole(
    cut: &Cut,
    fronts: &mut [Front<'_>],
    plant: &crate::ir::Plant,
    (before, after): (Snapshot, Snapshot),
) -> Result<Ran, Halt> {
    let ran = fronts.iter_mut().map(|front| front.figures(plant)).collect::<Result<Vec<Ran>, Halt>>()?;
    let drew = ran.iter().any(|r| r.drew);
    let (first, last) = ran.into_iter().map(|r| (r.before, r.after)).unzip();
    Ok(Ran { before: cut.joined(before, first), after: cut.joined(after, last), drew })
}
