//! A run that shows what the checker says: a line that can lock up, doing so.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::base::Ticks;
use crate::diag::codes;
use crate::ir::Plant;

use super::{Settings, simulate};

/// Runs that are made.
const RUNS: u64 = 4;
/// Events of a run, in parts of [`crate::base::limits::FUEL`]: about a million.
const PARTS: u64 = 16;

/// A run that locked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its seed.
    pub seed: u64,
    /// What it is stopped with.
    pub message: String,
}

/// The first of four runs of about a million events that locks up: with the plant's own seed and those after it.
/// The limit counts events, so that the answer does not depend on the machine.
#[must_use]
pub fn witness(plant: &Plant) -> Option<Witness> {
    (0..RUNS).find_map(|n| {
        let stop = AtomicBool::new(false);
        let parts = AtomicU64::new(0);
        let advance = |_: u64, _: f64| {
            if parts.fetch_add(1, Ordering::Relaxed) + 1 >= PARTS {
                stop.store(true, Ordering::Relaxed);
            }
        };
        let mut settings = Settings::of(plant, &stop, &|_, _| {});
        settings.seed = settings.seed.wrapping_add(n);
        settings.runs = 1;
        settings.fixed_runs = true;
        settings.find_warmup = false;
        settings.threads = Some(1);
        settings.advance = Some(&advance);
        // Without an end nothing would be told on the way.
        settings.horizon = settings.horizon.or(Some(Ticks(i64::MAX / 4)));
        let seed = settings.seed;
        let told = simulate(plant, &settings).diagnostics;
        let found = told.into_iter().find(|d| d.code == codes::LOCKED_UP)?;
        Some(Witness { seed, message: found.message })
    })
}
