//! `flowline test`

use std::io::IsTerminal;
use std::time::Instant;

use crate::analysis;
use crate::diag::render::{self, Format};
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::Plant;
use crate::report::verdicts::{self, Tested};
use crate::sim::outcome::Verdict;
use crate::sim::{self, Settings};

use super::args::{Test, Verdicts};
use super::{
    EXIT_ERRORS, EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_NOT_MET, EXIT_USAGE, colour, complain, pipeline, print, run,
};

/// Simulates every line of the files and prints what becomes of its expectations. Findings go to standard
/// error, verdicts to standard output.
pub fn test(options: &Test) -> u8 {
    let colour = colour(std::io::stderr().is_terminal());
    let mut tested = Vec::new();
    let mut exit = 0u8;
    for path in &options.files {
        let compiled = match pipeline::compile(path, &options.set) {
            Ok(compiled) => compiled,
            Err(why) => {
                complain(&format!("flowline: {}\n", render::plain(&why)));
                exit = EXIT_USAGE;
                continue;
            }
        };
        let show = |found: &[Diagnostic]| complain(&render::render(Format::Terminal, &compiled.files, found, colour));
        show(&compiled.diagnostics);
        if compiled.failed() {
            exit = exit.max(EXIT_ERRORS);
            continue;
        }
        let file = render::plain(&path.display().to_string());
        for plant in &compiled.analysed.plants {
            // As for `run`: what analysis refutes is told, and the line runs all the same.
            let mut found = analysis::analyse(plant).diagnostics;
            found.iter_mut().filter(|d| d.severity == Severity::Error).for_each(|d| d.severity = Severity::Warning);
            show(&found);
            let (one, code) = one(plant, &file, options, &show);
            tested.push(one);
            exit = if exit == EXIT_USAGE { exit } else { exit.max(code) };
            if code == EXIT_INTERRUPTED {
                break;
            }
        }
    }
    let deny = options.deny.is_some();
    let text = match options.format {
        Verdicts::Terminal => verdicts::terminal(&tested),
        Verdicts::Junit => verdicts::junit(&tested, deny),
        Verdicts::Json => match verdicts::json(&tested) {
            Ok(text) => text,
            Err(why) => {
                complain(&format!("flowline: the verdicts cannot be written: {why}\n"));
                return EXIT_INTERNAL;
            }
        },
    };
    print(&text);
    let unmet = |v: Verdict| v == Verdict::NotMet || deny && v == Verdict::Undecided;
    if exit == 0 && tested.iter().flat_map(|t| &t.results).any(|e| unmet(e.verdict)) {
        return EXIT_NOT_MET;
    }
    exit
}

fn one(plant: &Plant, file: &str, options: &Test, show: &dyn Fn(&[Diagnostic])) -> (Tested, u8) {
    let begin = Instant::now();
    let mut tested = Tested {
        file: file.to_string(),
        line: render::plain(&plant.name),
        failed: None,
        runs: 0,
        results: Vec::new(),
        wall_s: 0.0,
    };
    if plant.expectations.is_empty() {
        return (tested, 0);
    }
    let stop = run::stop_flag();
    let runs = options.runs.unwrap_or(plant.run.runs);
    let bar = run::Bar::of(runs, runs < 2 && (options.runs.is_some() || plant.run.precision.is_empty()));
    let progress = |done: u64, of: u64| bar.runs(done, of);
    let advance = |_: u64, share: f64| bar.share(share);
    let mut settings = Settings::of(plant, &stop, &progress);
    settings.advance = Some(&advance);
    settings.runs = runs;
    settings.seed = options.seed.unwrap_or(settings.seed);
    settings.threads = options.threads.and_then(|n| usize::try_from(n).ok());
    settings.engine = options.engine.engine();
    let outcome = sim::simulate(plant, &settings);
    bar.clear();
    show(&outcome.diagnostics);
    tested.wall_s = begin.elapsed().as_secs_f64();
    tested.failed = outcome.diagnostics.first().map(|d| d.message.clone());
    let mut code = 0;
    if outcome.diagnostics.iter().any(|d| d.code == codes::INTERNAL) {
        code = EXIT_INTERNAL;
    } else if tested.failed.is_some() {
        code = EXIT_ERRORS;
    }
    if outcome.interrupted {
        code = EXIT_INTERRUPTED;
    }
    if let Some(study) = outcome.study {
        tested.runs = study.runs;
        tested.results = study.expectations;
    }
    (tested, code)
}
