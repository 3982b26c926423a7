//! Runs a line that is cut in parts ([`Cut`](crate::kernel::cut::Cut)): its fronts go ahead by recursion, what left them
//! is handed to the event kernel, which runs up to the last of it, what comes to its tails goes on by recursion, and so on.

use std::collections::VecDeque;

use crate::base::Ticks;
use crate::kernel::cut::{Cut, Parts};
use crate::kernel::read::{self, Snapshot};
use crate::kernel::recursion::front::Front;
use crate::kernel::recursion::tail::Tail;
use crate::kernel::recursion::{Halt, Ran};
use crate::kernel::supply::Delivery;
use crate::kernel::{Run, Stop};

use super::engines::InParts;
use super::lockup::Prospect;
use super::outcome::Replication;
use super::replicate::{Task, probes};
use super::{checks, engines, lockup, measure};

/// Items that a front brings at a time.
const ITEMS: usize = 4096;

impl Task<'_> {
    /// The figures of a replication.
    ///
    /// # Errors
    /// When it is ended, or the event kernel has to run all of it: then also whatever has to be said about it is found.
    pub(super) fn by_parts(&self, line: &InParts, number: u64) -> Result<Replication, Halt> {
        let InParts { cut, kernel, causes } = line;
        let (model, rest) = (&kernel.model, &cut.rest);
        let ask = self.ask(number);
        let look = |_| !self.ended(number);
        let mut parts = cut.begin(&ask, &look)?;
        let mut lists = vec![VecDeque::new(); parts.fronts.len()];
        for (front, list) in parts.fronts.iter_mut().zip(&mut lists) {
            front.bring(ITEMS, list)?;
        }
        let mut run = kernel.begin_with(self.settings.seed, number, lists);
        if let Some(bytes) = self.settings.memory {
            run.cap_memory(bytes);
        }
        let mut go = |run: &mut Run, to: Ticks| self.run_on(line, &mut parts, run, to, number);
        go(&mut run, self.warmup)?;
        let before = checks::verified(model, rest, &run).map_err(|_| Halt::Beyond)?;
        read::restart(model, rest, &mut run);
        go(&mut run, self.end)?;
        let after = checks::verified(model, rest, &run).map_err(|_| Halt::Beyond)?;
        if let Prospect::Locked(_) = lockup::look(model, rest, &run) {
            return Err(Halt::Beyond);
        }
        let mut ran = whole(cut, &mut parts, self.plant, (before, after))?;
        ran.drew |= model.drew(run.arena(), self.settings.seed, number);
        if cut.has_tails() {
            return Ok(engines::figures(self.plant, causes, &ran));
        }
        let figures = measure::window(self.plant, causes, &ran.before, &ran.after);
        let drew = ran.drew;
        Ok(self.with_measures(figures, &[], &probes(kernel, &run), drew))
    }

    /// Runs to a time, included.
    fn run_on(
        &self,
        line: &InParts,
        parts: &mut Parts<'_>,
        run: &mut Run,
        end: Ticks,
        number: u64,
    ) -> Result<(), Halt> {
        loop {
            let mut to = end;
            for (front, list) in parts.fronts.iter_mut().zip(run.deliveries()) {
                to = to.min(known(front, list)?);
            }
            let stop = line.kernel.advance(run, to);
            for (node, item) in run.departures().drain(..) {
                let tail = parts.tails.iter_mut().find(|(at, _)| *at == node);
                tail.ok_or(Halt::Beyond)?.1.take(&item)?;
            }
            for (_, tail) in &mut parts.tails {
                tail.go_on(false)?;
            }
            match stop {
                Stop::Horizon if to == end => return Ok(()),
                Stop::Horizon => {}
                Stop::Fuel if self.ended(number) => return Err(Halt::Ended),
                Stop::Fuel => {}
                _ => return Err(Halt::Beyond),
            }
            if !self.goes_on(number, run.now().seconds() / self.end.seconds()) {
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
    parts: &mut Parts<'_>,
    plant: &crate::ir::Plant,
    (before, after): (Snapshot, Snapshot),
) -> Result<Ran, Halt> {
    let fronts = parts.fronts.iter_mut().map(|front| front.figures(plant)).collect::<Result<Vec<Ran>, Halt>>()?;
    let tail =
        |(_, tail): &mut (i64, Tail<'_>)| tail.go_on(true).and_then(|()| tail.figures(plant).ok_or(Halt::Beyond));
    let tails = parts.tails.iter_mut().map(tail).collect::<Result<Vec<Ran>, Halt>>()?;
    let drew = fronts.iter().chain(&tails).any(|r| r.drew);
    let at = |ran: Vec<Ran>| ran.into_iter().map(|r| (r.before, r.after)).unzip();
    let ((first, last), (begin, end)): ((_, _), (_, _)) = (at(fronts), at(tails));
    Ok(Ran { before: cut.joined(before, first, begin), after: cut.joined(after, last, end), drew })
}
