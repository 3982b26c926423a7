//! Runs replications over threads: warm-up, measured window, end, interruption.
//!
//! Every replication depends only on the plant, the seed and its number, and results are put together
//! in order of the numbers, so that the number of threads changes nothing. Start at [`simulate`].

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::base::ticks::TICKS_PER_SECOND;
use crate::base::{Ticks, limits};
use crate::diag::Diagnostic;
use crate::ir::{Birth, CalendarId, NodeKind, Plant};
use crate::kernel::layout::header;
use crate::kernel::observe::{self, ProbeTotals};
use crate::kernel::read::{self, Snapshot};
use crate::kernel::recursion::{Ask, Halt, Ran};
use crate::kernel::{Engine, Kernel, Run, Stop};

use super::engines::{self, Engines};
use super::expect::{self, During};
use super::lockup::{self, Prospect};
use super::outcome::{Replication, Study, StudyHeader};
use super::{checks, measure, precision, trouble};

/// How a plant is simulated.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Simulated time, warm-up included; `None`: as long as `until` takes.
    pub horizon: Option<Ticks>,
    /// Time before anything is measured: the window is (warm-up, horizon].
    pub warmup: Ticks,
    /// Independent replications, at least 1.
    pub runs: u64,
    /// Makes just so many, whatever precision the plant asks for.
    pub fixed_runs: bool,
    /// Seed of all random streams.
    pub seed: u64,
    /// Threads; `None`: one for each core.
    pub threads: Option<usize>,
    /// What executes the kernel.
    pub engine: Engine,
    /// Most bytes one replication may take; `None`: [`limits::REPLICATION_BYTES`].
    pub memory: Option<usize>,
    /// Set from outside to end early; looked at every [`limits::FUEL`] events.
    pub stop: &'a AtomicBool,
    /// Told how many replications are done, of how many. Called from any thread.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
    /// Told now and then how far a replication is: its number from 0, and the share of its time that is over.
    pub advance: Option<&'a (dyn Fn(u64, f64) + Sync)>,
}

impl<'a> Settings<'a> {
    /// What the plant's own `run` block says, on the fastest engine that fits and all cores.
    #[must_use]
    pub fn of(plant: &Plant, stop: &'a AtomicBool, progress: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        let run = &plant.run;
        let (horizon, warmup, runs, seed) = (run.horizon, run.warmup, run.runs, run.seed);
        Self {
            horizon,
            warmup,
            runs,
            fixed_runs: false,
            seed,
            threads: None,
            engine: Engine::Auto,
            memory: None,
            stop,
            progress,
            advance: None,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The figures; `None` when a replication failed or none was finished.
    pub study: Option<Study>,
    /// Replications finished.
    pub finished: u64,
    /// Whether it was ended from outside: the study is over those finished.
    pub interrupted: bool,
    /// What stopped a replication: of several that fail, the first by number.
    pub diagnostics: Vec<Diagnostic>,
    /// What the study is over, in the order of their numbers.
    pub replications: Vec<Replication>,
}

impl Outcome {
    pub(super) fn failed(diagnostic: Diagnostic) -> Outcome {
        Outcome { diagnostics: vec![diagnostic], ..Outcome::default() }
    }
}

/// Simulates a plant. Never panics; all that goes wrong is a diagnostic of the outcome.
/// Cost: O(events · log slots), in memory one arena per thread and the figures of all replications.
#[must_use]
pub fn simulate(plant: &Plant, settings: &Settings<'_>) -> Outcome {
    match Engines::of(plant, settings.engine) {
        Ok(engines) => simulate_with(plant, settings, &engines),
        Err(diagnostic) => Outcome::failed(*diagnostic),
    }
}

/// Simulates a plant whose engines are at hand, as when it shares its code with others.
#[must_use]
pub fn simulate_with(plant: &Plant, settings: &Settings<'_>, engines: &Engines<'_>) -> Outcome {
    let begin = Instant::now();
    let Some(end) = settings.horizon.or_else(|| plant.run.until.map(|_| longest())) else {
        return Outcome::failed(trouble::no_end(plant));
    };
    if settings.warmup >= end {
        return Outcome::failed(trouble::no_window(plant, settings.warmup, end));
    }
    let task = Task { plant, settings, engines, end, first_failed: AtomicU64::new(u64::MAX), done: AtomicU64::new(0) };
    let pool = match settings.threads.map(|n| rayon::ThreadPoolBuilder::new().num_threads(n.max(1)).build()) {
        None => None,
        Some(Ok(pool)) => Some(pool),
        Some(Err(e)) => return Outcome::failed(trouble::internal(plant, &format!("no threads: {e}"))),
    };
    let batch = |from: u64, to: u64| -> Vec<Result<Replication, Failure>> {
        let groups = engines.groups(from, to, settings.threads.unwrap_or_else(rayon::current_num_threads));
        let all = || groups.into_par_iter().with_max_len(1).flat_map_iter(|g| task.group(g, to)).collect();
        match &pool {
            None => all(),
            Some(pool) => pool.install(all),
        }
    };
    let asked = settings.runs.clamp(1, limits::RUNS);
    let most = limits::PRECISION_RUNS.max(asked);
    let mut outcome = Outcome::default();
    let mut replications = Vec::new();
    let (mut from, mut to) = (0, if settings.fixed_runs { asked } else { precision::first(plant, asked) });
    loop {
        for result in batch(from, to) {
            match result {
                Ok(replication) => replications.push(replication),
                Err(Failure::Ended) => outcome.interrupted = true,
                Err(Failure::Found(diagnostic)) => {
                    // The first by number; later ones may or may not have got so far.
                    outcome.diagnostics.push(*diagnostic);
                    break;
                }
            }
        }
        if settings.fixed_runs || outcome.interrupted || !outcome.diagnostics.is_empty() {
            break;
        }
        let Some(more) = precision::next(plant, &replications, most) else { break };
        (from, to) = (to, more);
    }
    outcome.finished = replications.len() as u64;
    if !outcome.diagnostics.is_empty() {
        outcome.interrupted = false;
        return outcome;
    }
    if !replications.is_empty() {
        let longest = replications.iter().map(|r| r.end_ticks).max().unwrap_or(0);
        let study = StudyHeader {
            line: plant.name.clone(),
            currency: plant.accounts.currency.clone().filter(|_| plant.accounts.with_cost()),
            seed: settings.seed,
            horizon_s: settings.horizon.unwrap_or(Ticks(longest)).seconds(),
            warmup_s: settings.warmup.seconds(),
            engine: engines.name().to_string(),
            wall_s: begin.elapsed().as_secs_f64(),
            aged_by_parts: aged_by_parts(plant),
        };
        let mut study = Study::of(study, &replications);
        study.expectations = expect::judge(plant, &replications);
        outcome.study = Some(study);
    }
    if !settings.fixed_runs
        && !outcome.interrupted
        && let Some((wanted, reached)) = precision::missed(plant, &replications)
    {
        outcome.diagnostics.push(trouble::not_precise(wanted, reached, outcome.finished));
    }
    outcome.replications = replications;
    outcome
}

/// The longest time a run may take.
fn longest() -> Ticks {
    Ticks(limits::HORIZON_DAYS.saturating_mul(86_400).saturating_mul(TICKS_PER_SECOND))
}

/// Why there are no figures of a replication.
enum Failure {
    /// Ended from outside, or no longer wanted for one before it failed.
    Ended,
    /// It failed.
    Found(Box<Diagnostic>),
}

/// What all replications share.
struct Task<'a> {
    plant: &'a Plant,
    settings: &'a Settings<'a>,
    engines: &'a Engines<'a>,
    end: Ticks,
    first_failed: AtomicU64,
    done: AtomicU64,
}

impl Task<'_> {
    /// Replications that run side by side, or one.
    fn group(&self, numbers: std::ops::Range<u64>, of: u64) -> Vec<Result<Replication, Failure>> {
        let several = numbers.end.saturating_sub(numbers.start) > 1;
        if let Some(recursion) = self.engines.recursion().filter(|_| several && !self.ended(numbers.start)) {
            let wide = self.by_recursion(numbers.start, |ask, look| recursion.wide(self.plant, ask, look));
            match wide {
                Ok(all) => {
                    let told = |(figures, n)| self.told(self.held(figures, n), n, of);
                    return all.into_iter().zip(numbers).map(told).collect();
                }
                Err(Halt::Ended) => return numbers.map(|_| Err(Failure::Ended)).collect(),
                // Each for itself.
                Err(Halt::Beyond) => {}
            }
        }
        numbers.map(|n| self.replication(n, of)).collect()
    }

    fn replication(&self, number: u64, of: u64) -> Result<Replication, Failure> {
        self.told(self.run(number), number, of)
    }

    fn told(&self, result: Result<Replication, Failure>, number: u64, of: u64) -> Result<Replication, Failure> {
        match &result {
            Ok(_) => {
                let done = self.done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                (self.settings.progress)(done, of);
            }
            Err(Failure::Found(_)) => {
                self.first_failed.fetch_min(number, Ordering::Relaxed);
            }
            Err(Failure::Ended) => {}
        }
        result
    }

    fn run(&self, number: u64) -> Result<Replication, Failure> {
        if self.ended(number) {
            return Err(Failure::Ended);
        }
        if let Some(recursion) = self.engines.recursion() {
            match self.by_recursion(number, |ask, look| recursion.one(self.plant, ask, look)).map(|mut r| r.pop()) {
                Ok(Some(figures)) => return self.held(figures, number),
                Err(Halt::Ended) => return Err(Failure::Ended),
                Ok(None) | Err(Halt::Beyond) => self.engines.fall_back(),
            }
        }
        let kernel = self.engines.kernel().map_err(Failure::Found)?;
        let model = &kernel.model;
        let mut run = kernel.begin(self.settings.seed, number);
        if let Some(bytes) = self.settings.memory {
            run.cap_memory(bytes);
        }
        let mut watch = Watch::default();
        let from_start = self.plant.run.until.filter(|u| u.from_start);
        if let Some(until) = from_start {
            run.until(until.count);
        }
        let stop = self.advance(kernel, &mut run, self.settings.warmup, number, &mut watch)?;
        if let (Some(until), Stop::Until) = (from_start, stop) {
            let now = Ticks(run.arena().get(0, header::NOW));
            return found(trouble::within_warmup(self.plant, until, now, self.settings.warmup), number);
        }
        let before = self.snapshot(kernel, &run, number)?;
        read::restart(model, self.plant, &mut run);
        if let Some(until) = self.plant.run.until.filter(|u| !u.from_start) {
            run.until(until.count);
        }
        let (stop, during) = self.measured(kernel, &mut run, &before, number, &mut watch)?;
        let after = self.snapshot(kernel, &run, number)?;
        let prospect = match stop {
            Stop::Until => Prospect::Moving,
            _ => self.look(kernel, &run, number)?,
        };
        if let (Some(until), Stop::Horizon) = (self.plant.run.until, &stop)
            && (prospect == Prospect::Done || self.settings.horizon.is_none())
        {
            let arrived = |s: &Snapshot| {
                s.arrivals.iter().filter(|a| a.node == until.at).fold(0u64, |sum, a| sum.saturating_add(a.count))
            };
            let before = if until.from_start { 0 } else { arrived(&before) };
            let arrived = arrived(&after).saturating_sub(before);
            let last = Ticks(run.arena().get(0, header::PROGRESS));
            return found(trouble::not_reached(self.plant, until, arrived, last, prospect == Prospect::Done), number);
        }
        let figures = measure::window(self.plant, &model.places.causes, &before, &after);
        let figures = self.held(figures, number)?;
        Ok(self.with_measures(kernel, figures, &during, &run, number))
    }

    /// Figures that do not contradict each other.
    fn held(&self, figures: Replication, number: u64) -> Result<Replication, Failure> {
        match checks::contradiction_of(&figures) {
            None => Ok(figures),
            Some(words) => found(trouble::internal(self.plant, &words), number),
        }
    }

    /// Replications from a number on that recursion runs.
    fn by_recursion(
        &self,
        first: u64,
        run: impl FnOnce(&Ask, &dyn Fn(f64) -> bool) -> Result<Vec<Ran>, Halt>,
    ) -> Result<Vec<Replication>, Halt> {
        let ask = Ask {
            seed: self.settings.seed,
            first,
            warmup: self.settings.warmup.0,
            horizon: self.end.0,
            until: self.plant.run.until.map(|u| (u.count, u.from_start)),
            memory: self.settings.memory.unwrap_or(limits::REPLICATION_BYTES),
        };
        let look = |share: f64| {
            if let Some(tell) = self.settings.advance {
                tell(first, share);
            }
            !self.ended(first)
        };
        let ran = run(&ask, &look)?;
        Ok(ran.iter().map(|r| engines::figures(self.plant, self.engines.causes(), r)).collect())
    }

    /// Runs the measured window. Where expectations count only during shifts, it is run from one change of
    /// a shift to the next, and the figures of the windows in which each was on are added up.
    fn measured(
        &self,
        kernel: &Kernel,
        run: &mut Run,
        before: &Snapshot,
        number: u64,
        watch: &mut Watch,
    ) -> Result<(Stop, Vec<During>), Failure> {
        let mut shifts: Vec<CalendarId> = self.plant.measures.iter().filter_map(|m| m.during).collect();
        shifts.sort_unstable();
        shifts.dedup();
        if shifts.is_empty() {
            return Ok((self.advance(kernel, run, self.end, number, watch)?, Vec::new()));
        }
        let known = &kernel.model.places.causes;
        let nothing = measure::window(self.plant, known, before, before);
        let mut during: Vec<During> = shifts.iter().map(|id| (*id, nothing.clone())).collect();
        let mut last = before.clone();
        loop {
            let changes = shifts.iter().filter_map(|id| self.plant.calendars.get(*id)?.next_boundary(last.now));
            let to = changes.min().unwrap_or(self.end).min(self.end);
            let stop = self.advance(kernel, run, to, number, watch)?;
            let now = self.snapshot(kernel, run, number)?;
            let window = measure::window(self.plant, known, &last, &now);
            for (id, figures) in &mut during {
                if self.plant.calendars.get(*id).is_some_and(|c| c.is_on(last.now)) {
                    figures.extend(&window);
                }
            }
            if !matches!(stop, Stop::Horizon) || now.now < to || to >= self.end {
                return Ok((stop, during));
            }
            last = now;
        }
    }

    /// Adds what expectations measure.
    fn with_measures(
        &self,
        kernel: &Kernel,
        mut figures: Replication,
        during: &[During],
        run: &Run,
        number: u64,
    ) -> Replication {
        if self.plant.expectations.is_empty() {
            return figures;
        }
        let probe = |record: &i64| (*record != 0).then(|| observe::totals(run.arena(), *record));
        let probes: Vec<Option<ProbeTotals>> = kernel.model.places.probes.iter().map(probe).collect();
        figures.measures = expect::values(self.plant, &figures, during, &probes);
        figures.chance = kernel.model.drew(run.arena(), self.settings.seed, number);
        figures
    }

    fn snapshot(&self, kernel: &Kernel, run: &Run, number: u64) -> Result<Snapshot, Failure> {
        checks::verified(&kernel.model, self.plant, run).or_else(|diagnostic| found(*diagnostic, number))
    }

    /// Advances to a time or to `until`.
    fn advance(
        &self,
        kernel: &Kernel,
        run: &mut Run,
        to: Ticks,
        number: u64,
        watch: &mut Watch,
    ) -> Result<Stop, Failure> {
        loop {
            let stop = kernel.advance(run, to);
            match stop {
                Stop::Horizon | Stop::Until => return Ok(stop),
                Stop::Fuel => {
                    if self.ended(number) {
                        return Err(Failure::Ended);
                    }
                    if let (Some(tell), Some(end)) = (self.settings.advance, self.settings.horizon) {
                        tell(number, Ticks(run.arena().get(0, header::NOW)).seconds() / end.seconds());
                    }
                    if watch.due(run)
                        && self.look(kernel, run, number)? == Prospect::Done
                        && self.plant.run.until.is_some()
                    {
                        // Only clocks of breakdowns run on: `until` will never come.
                        return Ok(Stop::Horizon);
                    }
                }
                Stop::Memory | Stop::BadDuration(_) | Stop::Endless | Stop::Internal(_) => {
                    let model = &kernel.model;
                    let of_stop = trouble::of_stop(&stop, model, self.plant, run, number.saturating_add(1));
                    return Err(of_stop.map_or(Failure::Ended, |d| Failure::Found(Box::new(d))));
                }
            }
        }
    }

    fn look(&self, kernel: &Kernel, run: &Run, number: u64) -> Result<Prospect, Failure> {
        match lockup::look(&kernel.model, self.plant, run) {
            Prospect::Locked(diagnostic) => found(*diagnostic, number),
            other => Ok(other),
        }
    }

    fn ended(&self, number: u64) -> bool {
        self.settings.stop.load(Ordering::Relaxed) || self.first_failed.load(Ordering::Relaxed) < number
    }
}

fn found<T>(diagnostic: Diagnostic, number: u64) -> Result<T, Failure> {
    Err(Failure::Found(Box::new(diagnostic.note(format!("in run {}", number.saturating_add(1))))))
}

/// Decides when to look whether the line has locked up: when nothing moved since the last hand-back,
/// and else after 1, 2, 4, … of them, so that looking costs a vanishing share of the run.
#[derive(Default)]
struct Watch {
    seen: u64,
    last_move: i64,
}

impl Watch {
    fn due(&mut self, run: &Run) -> bool {
        let last_move = run.arena().get(0, header::PROGRESS);
        let still = last_move == self.last_move;
        self.last_move = last_move;
        self.seen = self.seen.saturating_add(1);
        still || self.seen.is_power_of_two()
    }
}

/// Names of what is made of several parts and is as old as the oldest of them.
fn aged_by_parts(plant: &Plant) -> Vec<String> {
    let stations = plant.nodes.values().filter_map(|n| match &n.kind {
        NodeKind::Station(s) => Some(s),
        _ => None,
    });
    let joins = stations
        .flat_map(|s| &s.recipes)
        .filter(|r| r.birth == Birth::Oldest && r.takes.iter().map(|p| p.maximum).sum::<u64>() > 1);
    let mut made: Vec<_> = joins.flat_map(|r| &r.makes).map(|p| p.item).collect();
    made.sort_unstable();
    made.dedup();
    made.into_iter().filter_map(|i| plant.items.get(i)).map(|i| i.name.clone()).collect()
}
