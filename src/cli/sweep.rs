//! `flowline sweep`

use std::io::IsTerminal;
use std::sync::atomic::Ordering;

use crate::analysis;
use crate::diag::render::{self, Format};
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::Plant;
use crate::report::sweep::{self as page, Comparison};
use crate::sim::{self, Settings};

use super::args::{Results, Sweep};
use super::pipeline::{self, Compiled};
use super::run::{Bar, stop_flag};
use super::values::{combinations, values};
use super::{EXIT_ERRORS, EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_USAGE, colour, complain, print};

/// Simulates variants of a line. Findings go to standard error, results to standard output.
pub fn sweep(options: &Sweep) -> u8 {
    let (lists, sets) = match asked(options) {
        Ok(asked) => asked,
        Err(why) => return usage(&why),
    };
    let texts = match pipeline::Text::read(&options.file) {
        Ok(text) => text,
        Err(why) => return usage(&why),
    };
    let colour = colour(std::io::stderr().is_terminal());
    let show = |files, found: &[Diagnostic]| complain(&render::render(Format::Terminal, files, found, colour));
    let mut plants: Vec<Plant> = Vec::new();
    let mut first: Option<Compiled> = None;
    for set in &sets {
        let named: Vec<(String, String)> = lists.iter().map(|(n, _)| n.clone()).zip(set.iter().cloned()).collect();
        let mut compiled = texts.compile(&named);
        if options.horizon.is_some() {
            // The command line gives the end that the text lacks.
            compiled.diagnostics.retain(|d| d.code != codes::NO_END);
        }
        if compiled.failed() {
            let of = |d: Diagnostic| if plants.is_empty() { d } else { d.note(told(&lists, set)) };
            let found: Vec<Diagnostic> = compiled.diagnostics.iter().cloned().map(of).collect();
            show(&compiled.files, &found);
            return EXIT_ERRORS;
        }
        match chosen(&compiled.analysed.plants, options.line.as_deref()) {
            Ok(Some(plant)) => plants.push(plant.clone()),
            Ok(None) => {
                show(&compiled.files, &compiled.diagnostics);
                return EXIT_ERRORS;
            }
            Err(why) => return usage(&why),
        }
        first.get_or_insert(compiled);
    }
    let (Some(first), Some(plant)) = (first, plants.first()) else { return usage("there is nothing to set") };
    // What is found is told of the first; a demand that is refuted is a warning here, as for `run`.
    let mut found = first.diagnostics.clone();
    found.extend(analysis::analyse(plant).diagnostics.into_iter().map(|mut d| {
        if d.severity == Severity::Error {
            d.severity = Severity::Warning;
        }
        d
    }));
    show(&first.files, &found);
    simulate(options, &lists, &sets, &plants, &|found| show(&first.files, found))
}

/// What is set: names with their values, and the values of each variant.
type Asked = (Vec<(String, Vec<String>)>, Vec<Vec<String>>);

fn asked(options: &Sweep) -> Result<Asked, String> {
    let mut lists: Vec<(String, Vec<String>)> = Vec::new();
    for (name, text) in &options.set {
        if lists.iter().any(|(n, _)| n == name) {
            return Err(format!("`{name}` is set twice; give all its values at once: --set {name}=5,10"));
        }
        lists.push((name.clone(), values(text).map_err(|why| format!("--set {name}: {why}"))?));
    }
    let sets = combinations(&lists)?;
    Ok((lists, sets))
}

/// `with space = 5, speed = 40s`.
fn told(lists: &[(String, Vec<String>)], set: &[String]) -> String {
    let pairs = lists.iter().zip(set).map(|((name, _), value)| format!("{name} = {value}"));
    format!("with {}", pairs.collect::<Vec<_>>().join(", "))
}

fn usage(why: &str) -> u8 {
    complain(&format!("flowline: {}\n", render::plain(why)));
    EXIT_USAGE
}

/// The line to simulate; `None` when there is none.
fn chosen<'a>(plants: &'a [Plant], name: Option<&str>) -> Result<Option<&'a Plant>, String> {
    let found = match name {
        Some(name) => plants.iter().find(|p| p.name == name),
        None if plants.len() == 1 => plants.first(),
        None => None,
    };
    if found.is_some() || plants.is_empty() {
        return Ok(found);
    }
    let names: Vec<&str> = plants.iter().map(|p| p.name.as_str()).collect();
    Err(format!("name the line to simulate with --line: {}", names.join(", ")))
}

fn simulate(
    options: &Sweep,
    lists: &[(String, Vec<String>)],
    sets: &[Vec<String>],
    plants: &[Plant],
    show: &dyn Fn(&[Diagnostic]),
) -> u8 {
    let stop = stop_flag();
    let bar = Bar::of(plants.len() as u64, false);
    let progress = |done: u64, of: u64| bar.runs(done, of);
    let of = |plant: &Plant| {
        let mut settings = Settings::of(plant, &stop, &progress);
        settings.horizon = options.horizon.or(settings.horizon);
        if let Some(warmup) = options.warmup {
            warmup.set(&mut settings);
        }
        settings.runs = options.runs.unwrap_or(settings.runs);
        settings.fixed_runs = options.runs.is_some();
        settings.seed = options.seed.unwrap_or(settings.seed);
        settings.threads = options.threads.and_then(|n| usize::try_from(n).ok());
        settings.engine = options.engine.engine();
        settings
    };
    let Some(first) = plants.first() else { return EXIT_USAGE };
    let mut comparison = Comparison::new(lists.iter().map(|(name, v)| (name.clone(), v.len() > 1)).collect());
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut interrupted = false;
    let mut take = |at: usize, variant: sim::sweep::Variant| {
        let set = sets.get(at).cloned().unwrap_or_default();
        let outcome = variant.outcome;
        interrupted |= outcome.interrupted;
        let failed = outcome.diagnostics.first().map_or("interrupted", |d| d.message.as_str()).to_owned();
        found.extend(outcome.diagnostics.into_iter().map(|d| d.note(told(lists, &set))));
        // A variant that was ended early has other runs than the first: it is left out.
        let result = if outcome.interrupted { None } else { outcome.study };
        comparison.add(set, result.ok_or(failed), &variant.runs);
    };
    let compiled = sim::sweep(plants, options.engine.engine(), &of(first), &of, &mut take);
    bar.clear();
    show(&found);
    let text = match options.format {
        Results::Table => Ok(page::render_table(&comparison, compiled)),
        Results::Json => page::render_json(&comparison, compiled).map_err(|e| e.to_string()),
        Results::Csv => page::render_csv(&comparison).map_err(|e| e.to_string()),
    };
    match text {
        Ok(text) => print(&text),
        Err(why) => {
            complain(&format!("flowline: the results cannot be written: {why}\n"));
            return EXIT_INTERNAL;
        }
    }
    if interrupted || stop.load(Ordering::Relaxed) {
        complain("flowline: interrupted; variants that were not finished are left out\n");
        return EXIT_INTERRUPTED;
    }
    if found.iter().any(|d| d.code == codes::INTERNAL) {
        return EXIT_INTERNAL;
    }
    u8::from(found.iter().any(|d| d.severity == Severity::Error)) * EXIT_ERRORS
}
