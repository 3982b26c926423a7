//! Why a line has no exact answer, as diagnostics.

use crate::diag::{Diagnostic, codes};
use crate::ir::Plant;

use super::NotExact;

/// What a reader is told in place of an exact answer: one finding per feature that is outside.
#[must_use]
pub fn told(plant: &Plant, why: &NotExact) -> Vec<Diagnostic> {
    let name = &plant.name;
    match why {
        NotExact::Outside(list) => list
            .iter()
            .map(|outside| {
                let message = format!("line `{name}` has no exact answer: {}", outside.what);
                Diagnostic::new(codes::NOT_EXACT, outside.span, message)
                    .label("outside of what a Markov chain is laid out for")
                    .help("ask for estimates, without `--exact`, or simulate the line")
            })
            .collect(),
        NotExact::TooLarge { states, fullest } => {
            let message =
                format!("line `{name}` has more than {} states", crate::base::words::whole(*states as u64 - 1));
            let found = Diagnostic::new(codes::TOO_MANY_STATES, plant.span, message)
                .label("given up")
                .help("give places a limit, or allow more states with `--states`");
            vec![match fullest {
                Some((place, n)) => {
                    found.note(format!("`{place}` has no limit: states with up to {n} items in it were found"))
                }
                None => found,
            }]
        }
        NotExact::Several(ends) => {
            let message =
                format!("line `{name}` has no one answer: it ends in one of {ends} sets of states, by chance");
            vec![
                Diagnostic::new(codes::NOT_EXACT, plant.span, message)
                    .label("goes on differently from run to run")
                    .note(
                        "part of it can lock up for ever in several ways, or what it begins with decides what it does",
                    ),
            ]
        }
        NotExact::Unsolved(why) => {
            let message = format!("line `{name}` has no exact answer: {why}");
            vec![Diagnostic::new(codes::NOT_EXACT, plant.span, message).label("not solved")]
        }
    }
}
