//! Which engine runs a line: recursion where nothing has to be decided, else the event kernel, which is compiled
//! when it is first needed. Whatever recursion has no words for is run again by the event kernel.
//!
//! Start at [`Engines::of`].

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::diag::Diagnostic;
use crate::ir::expect::{ItemTime, MeasureKind};
use crate::ir::{ItemId, NodeId, Plant};
use crate::kernel::causes::Causes;
use crate::kernel::cut::Cut;
use crate::kernel::model::Model;
use crate::kernel::read::{ArrivalTotals, ProbeTotals, Snapshot};
use crate::kernel::recursion::{LANES, Ran, Recursion};
use crate::kernel::{Engine, Kernel, Programs};

use super::outcome::Replication;
use super::{expect, measure, trouble};

/// A line whose fronts and tails run by recursion, and the rest by events.
pub struct InParts {
    /// Where it is cut.
    pub cut: Cut,
    /// What runs the rest.
    pub kernel: Kernel,
    /// Who gives to and takes from whom in the whole line.
    pub causes: Causes,
}

/// The name of recursion and events together.
pub const MIXED: &str = "mixed";

/// What runs the replications of a line.
pub struct Engines<'a> {
    plant: &'a Plant,
    engine: Engine,
    recursion: Option<(Recursion, Causes)>,
    cut: Option<InParts>,
    kernel: OnceLock<Result<Kernel, String>>,
    fell_back: AtomicBool,
}

impl<'a> Engines<'a> {
    /// Chooses an engine, and compiles the line where it runs by events.
    ///
    /// # Errors
    /// What the engine cannot run.
    pub fn of(plant: &'a Plant, engine: Engine) -> Result<Engines<'a>, Box<Diagnostic>> {
        Engines::by(plant, engine, &mut |plant, engine| Kernel::new(plant, engine))
    }

    /// As [`Engines::of`]; lines of equal shapes share what is compiled.
    ///
    /// # Errors
    /// What the engine cannot run.
    pub fn sharing(plant: &'a Plant, engine: Engine, programs: &mut Programs) -> Result<Engines<'a>, Box<Diagnostic>> {
        Engines::by(plant, engine, &mut |plant, _| programs.kernel(plant))
    }

    fn by(
        plant: &'a Plant,
        engine: Engine,
        compile: &mut dyn FnMut(&Plant, Engine) -> Result<Kernel, String>,
    ) -> Result<Engines<'a>, Box<Diagnostic>> {
        let recursion = match choose(plant, engine) {
            Ok(recursion) => Some((recursion, Causes::of(plant))),
            Err(why) if engine == Engine::Recursion => return Err(Box::new(trouble::needs_events(plant, &why))),
            Err(_) => None,
        };
        let cut = match (&recursion, engine) {
            (None, Engine::Auto) => Cut::of(plant).ok().and_then(|cut| {
                let kernel = compile(&cut.rest, Engine::Event).ok()?;
                Some(InParts { cut, kernel, causes: Causes::of(plant) })
            }),
            _ => None,
        };
        let engine = if engine == Engine::Interpreter { Engine::Interpreter } else { Engine::Event };
        let kernel = OnceLock::new();
        if recursion.is_none() && cut.is_none() {
            let _ = kernel.set(compile(plant, engine));
        }
        let engines = Engines { plant, engine, recursion, cut, kernel, fell_back: AtomicBool::new(false) };
        if engines.recursion.is_none() && engines.cut.is_none() {
            engines.kernel()?;
        }
        Ok(engines)
    }

    /// Recursion, where it runs the line.
    #[must_use]
    pub fn recursion(&self) -> Option<&Recursion> {
        self.recursion.as_ref().map(|(r, _)| r)
    }

    /// The line cut in parts, where some of them run by recursion.
    #[must_use]
    pub fn cut(&self) -> Option<&InParts> {
        self.cut.as_ref()
    }

    /// Which replications of `from..to` run side by side, so that all threads have their part.
    #[must_use]
    pub fn groups(&self, from: u64, to: u64, threads: usize) -> Vec<std::ops::Range<u64>> {
        let (lanes, number) = (LANES as u64, to.saturating_sub(from));
        let wide = self.recursion().is_some_and(Recursion::goes_wide) && !self.fell_back.load(Ordering::Relaxed);
        let shared = number >= lanes && number >= (threads as u64).saturating_mul(lanes / 2);
        let together = if wide && shared { number / lanes } else { 0 };
        let first = from.saturating_add(together.saturating_mul(lanes));
        let wide = (0..together).map(|i| from + i * lanes..from + (i + 1) * lanes);
        wide.chain((first..to).map(|n| n..n + 1)).collect()
    }

    /// Who gives to and takes from whom; only where recursion runs the line.
    #[must_use]
    pub fn causes(&self) -> &Causes {
        static NONE: OnceLock<Causes> = OnceLock::new();
        self.recursion.as_ref().map_or_else(|| NONE.get_or_init(Causes::default), |(_, c)| c)
    }

    /// The event kernel.
    ///
    /// # Errors
    /// When it cannot be compiled.
    pub fn kernel(&self) -> Result<&Kernel, Box<Diagnostic>> {
        match self.kernel.get_or_init(|| Kernel::new(self.plant, self.engine)) {
            Ok(kernel) => Ok(kernel),
            Err(words) => Err(Box::new(trouble::not_simulated(self.plant, words))),
        }
    }

    /// A replication has to be run by events after all.
    pub fn fall_back(&self) {
        self.fell_back.store(true, Ordering::Relaxed);
    }

    /// The name of the engine that ran the replications.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.recursion {
            _ if self.fell_back.load(Ordering::Relaxed) => self.engine.name(),
            Some(_) => Engine::Recursion.name(),
            None if self.cut.is_some() => MIXED,
            None => self.engine.name(),
        }
    }
}

/// Recursion, or why events are needed.
fn choose(plant: &Plant, engine: Engine) -> Result<Recursion, String> {
    match engine {
        Engine::Auto | Engine::Recursion => Recursion::of(plant),
        other => Err(format!("the engine `{}` was asked for", other.name())),
    }
}

/// Which engine runs a line when this one is asked for, and why, in a sentence.
#[must_use]
pub fn explain(plant: &Plant, engine: Engine) -> String {
    match choose(plant, engine) {
        Ok(_) => format!(
            "`{}` runs by recursion: nothing has to be decided, each time follows from those of the items before",
            plant.name
        ),
        Err(why) if engine == Engine::Interpreter => {
            format!("`{}` runs by events on the interpreter: {why}", plant.name)
        }
        Err(why) => {
            let by_events = format!("`{}` runs by events, compiled to native code: {why}", plant.name);
            let cut = if engine == Engine::Auto { Cut::of(plant).ok() } else { None };
            // Where the rest reads what is cut off it cannot be laid out alone.
            let cut = cut.filter(|cut| Model::new(&cut.rest).is_ok());
            let named = |ids: Vec<NodeId>| {
                let name = |id: NodeId| plant.nodes.get(id).map_or(String::new(), |n| format!("`{}`", n.name));
                ids.into_iter().map(name).collect::<Vec<String>>().join(", ")
            };
            let before = named(cut.iter().flat_map(Cut::before).collect());
            let behind = named(cut.iter().flat_map(Cut::behind).collect());
            let parts = match (before.is_empty(), behind.is_empty()) {
                (true, true) => return by_events,
                (false, true) => format!("what comes to {before}"),
                (true, false) => format!("what lies behind {behind}"),
                (false, false) => format!("what comes to {before}, and what lies behind {behind},"),
            };
            format!("{by_events}; {parts} runs by recursion, for nothing has to be decided there")
        }
    }
}

/// The figures of a replication that recursion ran.
#[must_use]
pub fn figures(plant: &Plant, known: &Causes, ran: &Ran) -> Replication {
    let mut figures = measure::window(plant, known, &ran.before, &ran.after);
    if plant.expectations.is_empty() {
        return figures;
    }
    let probe = |m: &crate::ir::expect::Measure| match m.kind {
        MeasureKind::Duration(ItemTime::InSystem(item), _) => Some(probe(plant, item, &ran.before, &ran.after)),
        _ => None,
    };
    let probes: Vec<Option<ProbeTotals>> = plant.measures.iter().map(probe).collect();
    figures.measures = expect::values(plant, &figures, &[], &probes);
    figures.chance = ran.drew;
    figures
}

/// Times in the system of what left after the warm-up.
fn probe(plant: &Plant, item: Option<ItemId>, before: &Snapshot, after: &Snapshot) -> ProbeTotals {
    let mut totals = ProbeTotals { minimum: i64::MAX, maximum: i64::MIN, ..ProbeTotals::default() };
    let wanted = |a: &ArrivalTotals| item.is_none_or(|i| plant.is_a(a.item, i));
    for (b, a) in before.arrivals.iter().zip(&after.arrivals).filter(|(_, a)| wanted(a)) {
        totals.count += a.count - b.count;
        totals.sum += a.sum - b.sum;
        if let (Some(least), Some(most)) = (a.minimum, a.maximum) {
            totals.minimum = totals.minimum.min(least.0);
            totals.maximum = totals.maximum.max(most.0);
        }
        let words = a.histogram.iter().zip(&b.histogram).map(|(a, b)| a - b);
        if totals.late.is_empty() {
            totals.late = words.collect();
            totals.early = vec![0; totals.late.len()];
        } else {
            for (sum, word) in totals.late.iter_mut().zip(words) {
                *sum += word;
            }
        }
    }
    totals
}
