//! `flowline run`

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use indicatif::{ProgressBar, ProgressStyle};

use crate::diag::render::{self, Format};
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::Plant;
use crate::sim::{self, Settings};
use crate::{analysis, report};

use super::args::{Results, Run};
use super::{EXIT_ERRORS, EXIT_INTERRUPTED, EXIT_USAGE, colour, complain, pipeline, print};

/// Simulates a line. Findings go to standard error, results to standard output.
pub fn run(options: &Run) -> u8 {
    let mut compiled = match pipeline::compile(&options.file, &options.set) {
        Ok(compiled) => compiled,
        Err(why) => {
            complain(&format!("flowline: {}\n", render::plain(&why)));
            return EXIT_USAGE;
        }
    };
    let colour = colour(std::io::stderr().is_terminal());
    if options.horizon.is_some() {
        // The command line gives the end that the text lacks.
        compiled.diagnostics.retain(|d| d.code != codes::NO_END);
    }
    let show = |found: &[Diagnostic]| complain(&render::render(Format::Terminal, &compiled.files, found, colour));
    if compiled.failed() {
        show(&compiled.diagnostics);
        return EXIT_ERRORS;
    }
    let plants = &compiled.analysed.plants;
    let chosen = match &options.line {
        Some(name) => plants.iter().find(|p| p.name == *name),
        None if plants.len() == 1 => plants.first(),
        None => None,
    };
    let Some(plant) = chosen else {
        if plants.is_empty() {
            show(&compiled.diagnostics);
            return EXIT_ERRORS;
        }
        let names: Vec<String> = plants.iter().map(|p| render::plain(&p.name)).collect();
        complain(&format!("flowline: name the line to simulate with --line: {}\n", names.join(", ")));
        return EXIT_USAGE;
    };
    let mut found = compiled.diagnostics.clone();
    // A line whose demand is refuted still runs: the finding is a warning here.
    found.extend(analysis::analyse(plant).diagnostics.into_iter().map(|mut d| {
        if d.severity == Severity::Error {
            d.severity = Severity::Warning;
        }
        d
    }));
    show(&found);
    simulate(plant, options, &show)
}

fn simulate(plant: &Plant, options: &Run, show: &dyn Fn(&[Diagnostic])) -> u8 {
    let stop = stop_flag();
    let runs = options.runs.unwrap_or(plant.run.runs);
    let single = runs < 2 && (options.runs.is_some() || plant.run.precision.is_empty());
    let bar = Bar::of(runs, single);
    let progress = |done: u64, of: u64| bar.runs(done, of);
    let advance = |_: u64, share: f64| bar.share(share);
    let mut settings = Settings::of(plant, &stop, &progress);
    settings.horizon = options.horizon.or(settings.horizon);
    if let Some(warmup) = options.warmup {
        warmup.set(&mut settings);
    }
    settings.runs = runs;
    settings.fixed_runs = options.runs.is_some();
    settings.advance = Some(&advance);
    settings.seed = options.seed.unwrap_or(settings.seed);
    settings.threads = options.threads.and_then(|n| usize::try_from(n).ok());
    settings.engine = options.engine.engine();
    if options.explain_engine {
        let told = match settings.needs_event_kernel() {
            Some(why) if settings.engine != settings.engine_needed() => {
                format!("`{}` runs by events, compiled to native code: {why}", plant.name)
            }
            _ => sim::engines::explain(plant, settings.engine),
        };
        complain(&format!("flowline: {}\n", render::plain(&told)));
    }
    let outcome = sim::simulate(plant, &settings);
    bar.clear();
    show(&outcome.diagnostics);
    if let Some(study) = &outcome.study {
        let text = match options.format {
            Results::Table => Ok(report::table::render(study)),
            Results::Json => report::json::render(study).map(|t| t + "\n").map_err(|e| e.to_string()),
            Results::Csv => report::csv::render(study).map_err(|e| e.to_string()),
        };
        match text {
            Ok(text) => print(&text),
            Err(why) => {
                complain(&format!("flowline: the results cannot be written: {why}\n"));
                return super::EXIT_INTERNAL;
            }
        }
    }
    if outcome.interrupted {
        // How many a precision would have taken is not known.
        let open = !settings.fixed_runs && !plant.run.precision.is_empty();
        let of = if open { String::new() } else { format!(" of {runs}") };
        complain(&format!("flowline: interrupted; {}{of} runs are finished\n", outcome.finished));
        return EXIT_INTERRUPTED;
    }
    if outcome.diagnostics.iter().any(|d| d.code == codes::INTERNAL) {
        return super::EXIT_INTERNAL;
    }
    u8::from(outcome.diagnostics.iter().any(|d| d.severity == Severity::Error)) * EXIT_ERRORS
}

/// Set by Ctrl-C; a second Ctrl-C ends at once.
pub(super) fn stop_flag() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    Arc::clone(FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&flag);
        let _ = ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::Relaxed) {
                std::process::exit(i32::from(EXIT_INTERRUPTED));
            }
        });
        flag
    }))
}

/// A bar on standard error, when that is a terminal: of the runs, or of the time of a single one.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    single: bool,
}

impl Bar {
    /// A bar for so many runs; a single one is shown by its time.
    pub(super) fn of(runs: u64, single: bool) -> Bar {
        if !std::io::stderr().is_terminal() {
            return Bar { bar: None, single };
        }
        let (form, length) = if single {
            ("{bar:30} {percent} %, {eta} left", 1000)
        } else {
            ("{bar:30} {pos}/{len} runs, {eta} left", runs)
        };
        let style = ProgressStyle::with_template(form).ok();
        Bar { bar: style.map(|style| ProgressBar::new(length).with_style(style)), single }
    }

    /// So many runs of so many are done.
    pub(super) fn runs(&self, done: u64, of: u64) {
        if let Some(bar) = self.bar.as_ref().filter(|_| !self.single) {
            bar.set_length(of);
            bar.set_position(done);
        }
    }

    /// So much of the only run is done.
    pub(super) fn share(&self, share: f64) {
        if let Some(bar) = self.bar.as_ref().filter(|_| self.single) {
            bar.set_position(thousandths(share));
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the conversion saturates
fn thousandths(share: f64) -> u64 {
    (share * 1000.0) as u64
}
