//! Runs replications over threads: warm-up, measured window, end, interruption.
//!
//! Every replication depends only on the plant, the seed and its number, and results are put together
//! in order of the numbers, so that the number of threads changes nothing. Start at [`simulate`].

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::analysis::growing_queue;
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
use super::warmup::{self, Recorded, Slices};
use super::{checks, measure, precision, trouble};

/// How a plant is simulated.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Simulated time, warm-up included; `None`: as long as `until` takes.
    pub horizon: Option<Ticks>,
    /// Time before anything is measured: the window is (warm-up, horizon].
    pub warmup: Ticks,
    /// Finds the warm-up from the first runs; `warmup` does not count then.
    pub find_warmup: bool,
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
            find_warmup: run.find_warmup,
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

impl Settings<'_> {
    /// Why these runs take the event kernel, if they do.
    #[must_use]
    pub fn needs_event_kernel(&self) -> Option<&'static str> {
        self.find_warmup.then_some("the warm-up is found from runs that are recorded slice by slice")
    }

    /// The engine among which is chosen.
    #[must_use]
    pub fn engine_needed(&self) -> Engine {
        match (self.engine, self.needs_event_kernel()) {
            (Engine::Auto, Some(_)) => Engine::Event,
            (engine, _) => engine,
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
    /// Takes what was found of runs, in their order, up to the first that failed: later ones may or may not have got
    /// so far.
    fn take<T>(&mut self, results: Vec<Result<T, Failure>>) -> Vec<T> {
        let mut all = Vec::with_capacity(results.len());
        for result in results {
            match result {
                Ok(one) => all.push(one),
                Err(Failure::Ended) => self.interrupted = true,
                Err(Failure::Found(diagnostic)) => {
                    self.diagnostics.push(*diagnostic);
                    break;
                }
            }
        }
        all
    }

    /// Whether nothing has stopped it.
    fn is_going_on(&self) -> bool {
        !self.interrupted && self.diagnostics.is_empty()
    }

    pub(super) fn failed(diagnostic: Diagnostic) -> Outcome {
        Outcome { diagnostics: vec![diagnostic], ..Outcome::default() }
    }
}

/// Simulates a plant. Never panics; all that goes wrong is a diagnostic of the outcome.
/// Cost: O(events · log slots), in memory one arena per thread and the figures of all replications.
#[must_use]
pub fn simulate(plant: &Plant, settings: &Settings<'_>) -> Outcome {
    match Engines::of(plant, settings.engine_needed()) {
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
    let slices = match settings.find_warmup.then(|| slices(plant, settings, end)).transpose() {
        Ok(slices) => slices,
        Err(diagnostic) => return Outcome::failed(*diagnostic),
    };
    let warmup = if slices.is_some() { Ticks(0) } else { settings.warmup };
    if warmup >= end {
        return Outcome::failed(trouble::no_window(plant, warmup, end));
    }
    let mut task =
        Task { plant, settings, engines, end, warmup, first_failed: AtomicU64::new(u64::MAX), done: AtomicU64::new(0) };
    let pool = match settings.threads.map(|n| rayon::ThreadPoolBuilder::new().num_threads(n.max(1)).build()) {
        None => None,
        Some(Ok(pool)) => Some(pool),
        Some(Err(e)) => return Outcome::failed(trouble::internal(plant, &format!("no threads: {e}"))),
    };
    let asked = settings.runs.clamp(1, limits::RUNS);
    let most = limits::PRECISION_RUNS.max(asked);
    let mut outcome = Outcome::default();
    let mut replications = Vec::new();
    let (mut from, mut to) = (0, if settings.fixed_runs { asked } else { precision::first(plant, asked) });
    if let Some(slices) = &slices {
        from = slices.runs.min(to);
        let one = |g: std::ops::Range<u64>| vec![task.told(task.recorded(g.start, slices), g.start, to)];
        let recorded = side_by_side(pool.as_ref(), (0..from).map(|n| n..n + 1).collect(), &one);
        let recorded = outcome.take(recorded);
        replications = outcome.take(task.found(slices, recorded, &outcome));
    }
    loop {
        if outcome.is_going_on() {
            let groups = engines.groups(from, to, settings.threads.unwrap_or_else(rayon::current_num_threads));
            replications.extend(outcome.take(side_by_side(pool.as_ref(), groups, &|g| task.group(g, to))));
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
            warmup_s: task.warmup.seconds(),
            warmup_found: settings.find_warmup,
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

/// The results of groups of runs, in the order of the groups.
fn side_by_side<T: Send>(
    pool: Option<&rayon::ThreadPool>,
    groups: Vec<std::ops::Range<u64>>,
    run: &(dyn Fn(std::ops::Range<u64>) -> Vec<Result<T, Failure>> + Sync),
) -> Vec<Result<T, Failure>> {
    let all = || groups.into_par_iter().with_max_len(1).flat_map_iter(run).collect();
    match pool {
        None => all(),
        Some(pool) => pool.install(all),
    }
}

/// How runs are cut to find their warm-up.
fn slices(plant: &Plant, settings: &Settings<'_>, end: Ticks) -> Result<Slices, Box<Diagnostic>> {
    if let (Engine::Recursion, Some(why)) = (settings.engine, settings.needs_event_kernel()) {
        return Err(Box::new(trouble::needs_events(plant, why)));
    }
    if plant.run.until.is_some() {
        return Err(Box::new(trouble::end_unknown(plant)));
    }
    if let Some(growing) = growing_queue(plant) {
        return Err(Box::new(trouble::grows(plant, &growing)));
    }
    Slices::of(plant, end)
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
pub(super) struct Task<'a> {
    pub(super) plant: &'a Plant,
    pub(super) settings: &'a Settings<'a>,
    engines: &'a Engines<'a>,
    pub(super) end: Ticks,
    /// Given, or found.
    pub(super) warmup: Ticks,
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

    fn told<T>(&self, result: Result<T, Failure>, number: u64, of: u64) -> Result<T, Failure> {
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
        if let Some(line) = self.engines.cut() {
            match self.by_parts(line, number) {
                Ok(figures) => return self.held(figures, number),
                Err(Halt::Ended) => return Err(Failure::Ended),
                Err(Halt::Beyond) => self.engines.fall_back(),
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
        let stop = self.advance(kernel, &mut run, self.warmup, number, &mut watch)?;
        if let (Some(until), Stop::Until) = (from_start, stop) {
            let now = Ticks(run.arena().get(0, header::NOW));
            return found(trouble::within_warmup(self.plant, until, now, self.warmup), number);
        }
        let before = self.snapshot(kernel, &run, number)?;
        read::restart(model, self.plant, &mut run);
        if let Some(until) = self.plant.run.until.filter(|u| !u.from_start) {
            run.until(until.count);
        }
        let (stop, during) = self.measured(kernel, &mut run, &before, self.end, number, &mut watch)?;
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
        Ok(self.with_measures(figures, &during, &probes(kernel, &run), self.drew(kernel, &run, number)))
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
        let ran = run(&self.ask(first), &|share| self.goes_on(first, share))?;
        Ok(ran.iter().map(|r| engines::figures(self.plant, self.engines.causes(), r)).collect())
    }

    /// What is asked of recursion, for replications from a number on.
    pub(super) fn ask(&self, first: u64) -> Ask {
        Ask {
            seed: self.settings.seed,
            first,
            warmup: self.warmup.0,
            horizon: self.end.0,
            until: self.plant.run.until.map(|u| (u.count, u.from_start)),
            memory: self.settings.memory.unwrap_or(limits::REPLICATION_BYTES),
        }
    }

    /// Tells which share of the time of a replication is over; whether it is still wanted.
    pub(super) fn goes_on(&self, number: u64, share: f64) -> bool {
        if let Some(tell) = self.settings.advance {
            tell(number, share);
        }
        !self.ended(number)
    }

    /// Runs a window to its end. Where expectations count only during shifts, it is run from one change of
    /// a shift to the next, and the figures of the windows in which each was on are added up.
    fn measured(
        &self,
        kernel: &Kernel,
        run: &mut Run,
        before: &Snapshot,
        end: Ticks,
        number: u64,
        watch: &mut Watch,
    ) -> Result<(Stop, Vec<During>), Failure> {
        let mut shifts: Vec<CalendarId> = self.plant.measures.iter().filter_map(|m| m.during).collect();
        shifts.sort_unstable();
        shifts.dedup();
        if shifts.is_empty() {
            return Ok((self.advance(kernel, run, end, number, watch)?, Vec::new()));
        }
        let known = &kernel.model.places.causes;
        let nothing = measure::window(self.plant, known, before, before);
        let mut during: Vec<During> = shifts.iter().map(|id| (*id, nothing.clone())).collect();
        let mut last = before.clone();
        loop {
            let changes = shifts.iter().filter_map(|id| self.plant.calendars.get(*id)?.next_boundary(last.now));
            let to = changes.min().unwrap_or(end).min(end);
            let stop = self.advance(kernel, run, to, number, watch)?;
            let now = self.snapshot(kernel, run, number)?;
            let window = measure::window(self.plant, known, &last, &now);
            for (id, figures) in &mut during {
                if self.plant.calendars.get(*id).is_some_and(|c| c.is_on(last.now)) {
                    figures.extend(&window);
                }
            }
            if !matches!(stop, Stop::Horizon) || now.now < to || to >= end {
                return Ok((stop, during));
            }
            last = now;
        }
    }

    /// Adds what expectations measure.
    pub(super) fn with_measures(
        &self,
        mut figures: Replication,
        during: &[During],
        probes: &[Option<ProbeTotals>],
        chance: bool,
    ) -> Replication {
        if !self.plant.expectations.is_empty() {
            figures.measures = expect::values(self.plant, &figures, during, probes);
            figures.chance = chance;
        }
        figures
    }

    /// Whether anything was drawn; asked only where expectations want to know.
    fn drew(&self, kernel: &Kernel, run: &Run, number: u64) -> bool {
        !self.plant.expectations.is_empty() && kernel.model.drew(run.arena(), self.settings.seed, number)
    }

    /// A run that stops at the ends of slices, where its figures are noted.
    fn recorded(&self, number: u64, slices: &Slices) -> Result<Recorded, Failure> {
        if self.ended(number) {
            return Err(Failure::Ended);
        }
        let kernel = self.engines.kernel().map_err(Failure::Found)?;
        let mut run = kernel.begin(self.settings.seed, number);
        if let Some(bytes) = self.settings.memory {
            run.cap_memory(bytes);
        }
        let mut watch = Watch::default();
        self.advance(kernel, &mut run, Ticks(0), number, &mut watch)?;
        let mut recorded = Recorded::begin(slices);
        let mut last = self.snapshot(kernel, &run, number)?;
        let mut during: Vec<During> = Vec::new();
        recorded.mark(0, last.clone(), Vec::new(), Vec::new());
        read::restart(&kernel.model, self.plant, &mut run);
        for n in 1..=slices.count {
            let (_, more) = self.measured(kernel, &mut run, &last, slices.end_of(n), number, &mut watch)?;
            expect::join(&mut during, more);
            last = Snapshot::of(&kernel.model, self.plant, &run);
            recorded.slice(&last);
            if slices.is_kept(n) {
                recorded.mark(n, last.clone(), probes(kernel, &run), std::mem::take(&mut during));
                read::restart(&kernel.model, self.plant, &mut run);
            }
        }
        let (_, more) = self.measured(kernel, &mut run, &last, self.end, number, &mut watch)?;
        expect::join(&mut during, more);
        let end = self.snapshot(kernel, &run, number)?;
        self.look(kernel, &run, number)?;
        recorded.end(end, probes(kernel, &run), during, self.drew(kernel, &run, number));
        Ok(recorded)
    }

    /// Finds the warm-up from recorded runs, and their figures behind it.
    fn found(
        &mut self,
        slices: &Slices,
        recorded: Vec<Recorded>,
        so_far: &Outcome,
    ) -> Vec<Result<Replication, Failure>> {
        if recorded.is_empty() || !so_far.is_going_on() {
            return Vec::new();
        }
        let begin = match warmup::truncation(self.plant, slices, &recorded) {
            Ok(begin) => begin,
            Err(diagnostic) => return vec![Err(Failure::Found(diagnostic))],
        };
        self.warmup = slices.end_of(begin);
        let kernel = match self.engines.kernel() {
            Ok(kernel) => kernel,
            Err(diagnostic) => return vec![Err(Failure::Found(diagnostic))],
        };
        let known = &kernel.model.places.causes;
        let of = |(run, number): (Recorded, u64)| {
            let Some((figures, probes, during)) = warmup::figures(self.plant, known, &run, begin) else {
                return found(trouble::internal(self.plant, "the end of a slice was not kept"), number);
            };
            let figures = self.held(figures, number)?;
            Ok(self.with_measures(figures, &during, &probes, run.chance))
        };
        recorded.into_iter().zip(0..).map(of).collect()
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

    pub(super) fn ended(&self, number: u64) -> bool {
        self.settings.stop.load(Ordering::Relaxed) || self.first_failed.load(Ordering::Relaxed) < number
    }
}

/// What probes have measured.
pub(super) fn probes(kernel: &Kernel, run: &Run) -> Vec<Option<ProbeTotals>> {
    let probe = |record: &i64| (*record != 0).then(|| observe::totals(run.arena(), *record));
    kernel.model.places.probes.iter().map(probe).collect()
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
