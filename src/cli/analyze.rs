//! `flowline analyze`

use std::io::IsTerminal;

use crate::analysis::{self, VerdictKind, estimate};
use crate::diag::render::{self, Format};
use crate::report::estimates::{self, Answer};

use super::args::{Analyze, Answers};
use super::{EXIT_ERRORS, EXIT_USAGE, colour, complain, pipeline, print};

/// Estimates the lines of a file, or solves them. Findings go to standard error, answers to standard output.
pub fn analyze(options: &Analyze) -> u8 {
    let compiled = match pipeline::compile(&options.file, &options.set) {
        Ok(compiled) => compiled,
        Err(why) => {
            complain(&format!("flowline: {}\n", render::plain(&why)));
            return EXIT_USAGE;
        }
    };
    let colour = colour(std::io::stderr().is_terminal());
    let mut found = compiled.diagnostics.clone();
    // Nothing is simulated, so that no end is needed.
    found.retain(|d| d.code != crate::diag::codes::NO_END);
    if compiled.failed() {
        complain(&render::render(Format::Terminal, &compiled.files, &found, colour));
        return EXIT_ERRORS;
    }
    let plants: Vec<_> =
        compiled.analysed.plants.iter().filter(|p| options.line.as_ref().is_none_or(|name| *name == p.name)).collect();
    if let (Some(name), true) = (&options.line, plants.is_empty()) {
        let names: Vec<String> = compiled.analysed.plants.iter().map(|p| render::plain(&p.name)).collect();
        complain(&format!("flowline: there is no line `{}`: {}\n", render::plain(name), names.join(", ")));
        return EXIT_USAGE;
    }
    let mut answers = Vec::new();
    let mut failed = false;
    let states = usize::try_from(options.states).unwrap_or(usize::MAX);
    for plant in plants {
        let exact = options.exact.then(|| estimate::exact(plant, states));
        let exact = match exact {
            Some(Ok(exact)) => Some(exact),
            Some(Err(why)) => {
                failed = true;
                found.extend(estimate::told(plant, &why));
                None
            }
            None => None,
        };
        let mut estimate = estimate::estimate(plant);
        if analysis::analyse(plant).deadlock.verdict == VerdictKind::Deadlock {
            let told = "it does not lock up, but it can: `flowline check` tells how";
            estimate.assumed.insert(0, told.to_string());
        }
        answers.push(Answer { line: plant.name.clone(), estimate, exact, asked: options.exact });
    }
    complain(&render::render(Format::Terminal, &compiled.files, &found, colour));
    match options.format {
        Answers::Table => print(&estimates::table(&answers)),
        Answers::Json => print(&(estimates::json(&answers) + "\n")),
    }
    u8::from(failed) * EXIT_ERRORS
}
