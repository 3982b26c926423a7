//! One line with several sets of numbers: each variant is simulated with the same seed, and the figures of each
//! run are kept apart, so that variants can be compared run by run.
//!
//! Common random numbers need nothing of their own here: a stream is named by the seed, the number of the run and
//! what draws from it, so that what two variants have in common draws the same in both. Start at [`sweep`].

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::diag::Diagnostic;
use crate::ir::Plant;
use crate::kernel::{Engine, Programs};

use super::engines::Engines;
use super::expect;
use super::outcome::{Replication, Study};
use super::replicate::{Outcome, Settings, simulate_with};

/// Variants that are laid out at a time: enough for all threads, and a bound on memory.
const AT_A_TIME: usize = 64;

/// What came of one variant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// As of a simulation of its own.
    pub outcome: Outcome,
    /// Each of its runs as a study of one.
    pub runs: Vec<Study>,
}

/// Simulates variants of a line and hands each over in order. Plants of equal shapes share their code. The results
/// are those of a simulation of each on its own, and the same for any number of threads.
/// Returns how many programs were compiled.
///
/// `settings` are those of a variant; threads and progress are those of `common`.
pub fn sweep<'a>(
    plants: &'a [Plant],
    engine: Engine,
    common: &Settings<'_>,
    settings: &(dyn Fn(&'a Plant) -> Settings<'a> + Sync),
    take: &mut (dyn FnMut(usize, Variant) + Send),
) -> u64 {
    let mut programs = Programs::new(engine);
    let done = AtomicU64::new(0);
    let told = |_: u64, _: u64| {};
    let mut first = 0usize;
    let pool = common.threads.and_then(|n| rayon::ThreadPoolBuilder::new().num_threads(n.max(1)).build().ok());
    for chunk in plants.chunks(AT_A_TIME) {
        let engines: Vec<Result<Engines<'_>, Box<Diagnostic>>> =
            chunk.iter().map(|p| Engines::sharing(p, settings(p).engine_needed(), &mut programs)).collect();
        let run = || -> Vec<Variant> {
            let each = chunk.par_iter().zip(&engines).with_max_len(1);
            let variant = |(plant, engines): (&'a Plant, &Result<Engines<'_>, Box<Diagnostic>>)| {
                let variant = variant(plant, engines, &Settings { threads: None, progress: &told, ..settings(plant) });
                let done = done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                (common.progress)(done, plants.len() as u64);
                variant
            };
            each.map(variant).collect()
        };
        let variants = match &pool {
            Some(pool) => pool.install(run),
            None => run(),
        };
        for (variant, at) in variants.into_iter().zip(first..) {
            take(at, variant);
        }
        first = first.saturating_add(chunk.len());
    }
    programs.compiled()
}

fn variant(plant: &Plant, engines: &Result<Engines<'_>, Box<Diagnostic>>, settings: &Settings<'_>) -> Variant {
    let mut outcome = match engines {
        Ok(engines) => simulate_with(plant, settings, engines),
        Err(diagnostic) => Outcome::failed((**diagnostic).clone()),
    };
    let replications = std::mem::take(&mut outcome.replications);
    let runs = match &outcome.study {
        Some(study) => replications.iter().map(|r| alone(plant, study, r)).collect(),
        None => Vec::new(),
    };
    Variant { outcome, runs }
}

/// The study of one run of several.
fn alone(plant: &Plant, of: &Study, replication: &Replication) -> Study {
    let one = std::slice::from_ref(replication);
    let mut study = Study::of(of.header.clone(), one);
    study.expectations = expect::judge(plant, one);
    study
}
