//! Lines in which nothing has to be decided, run without events: when an item is loaded, finished and gone follows
//! from the items before it, so that each goes through the whole line at once.
//!
//! ```text
//! comes  = the later of: it is ready, there is a place
//! loaded = the later of: it has come, the machine is free and up
//! leaves = the later of: its work has ended, there is a place behind
//! ```
//!
//! Where parts are joined, the product is loaded at the latest of the dates at which they are there.
//!
//! Streams, laws and rounding are those of the event kernel, so that every figure is the same to the last bit
//! (`tests/it/recursion.rs`). [`line`] is what is gone through; `detect` finds it in a plant, or says why it needs events.
//! [`cells`] is one stage, [`failing`] what stops its machine, [`machines`] several machines, [`belts`] belts, [`ends`] source
//! and sink, [`join`] where parts are joined. [`track`] goes through stages in a row, `walking` through those with several
//! machines, [`run`] from the beginning to the end, [`pace`] sees to it that there is one. [`sums`], [`presence`] and [`charges`] are what is counted, [`bounds`] up to
//! when, and [`figures`] makes of it what is read from the event kernel. Where stages stand far enough from each other they take
//! items in blocks: [`block`] is the loop, written in registers of several replications ([`wide`]), of which [`side`]
//! chooses those that the processor has; of one replication, stations in a row lie side by side ([`wave`]). Start at
//! [`Recursion`].

// One index goes through the arrays of all lanes.
#![allow(clippy::needless_range_loop)]

pub mod belts;
pub mod block;
pub mod bounds;
pub mod cells;
pub mod charges;
mod detect;
pub mod draws;
pub mod ends;
pub mod failing;
pub mod figures;
pub mod front;
pub mod join;
pub mod line;
pub mod machines;
pub mod pace;
pub mod presence;
pub mod run;
pub mod side;
pub mod sums;
pub mod tail;
pub mod track;
mod walking;
pub mod wave;
pub mod wide;

use crate::ir::Plant;

pub use line::Line;
pub use run::{Ask, Halt, Ran};

/// Replications side by side.
pub const LANES: usize = 8;

/// A line that can be run by recursion.
#[derive(Clone, Debug)]
pub struct Recursion {
    line: Line,
}

impl Recursion {
    /// Takes a line apart.
    ///
    /// # Errors
    /// Why it needs events, in words.
    pub fn of(plant: &Plant) -> Result<Recursion, String> {
        Line::of(plant).map(|line| Recursion { line })
    }

    /// Runs the replication [`Ask::first`].
    ///
    /// # Errors
    /// When it is ended, or the event kernel has to run instead.
    pub fn one(&self, plant: &Plant, ask: &Ask, look: &dyn Fn(f64) -> bool) -> Result<Vec<Ran>, Halt> {
        run::run_one(&self.line, plant, ask, look)
    }

    /// Runs as [`Recursion::wide`] or [`Recursion::one`] with instructions that every processor has, and again with those of
    /// AVX2 where this one has them.
    pub fn on_each_side(&self, plant: &Plant, ask: &Ask, wide: bool) -> Vec<Result<Vec<Ran>, Halt>> {
        let mut all = vec![match wide {
            true => run::run::<side::Anywhere, LANES>(&self.line, plant, ask, &|_| true),
            false => run::run::<side::Anywhere, 1>(&self.line, plant, ask, &|_| true),
        }];
        #[cfg(target_arch = "x86_64")]
        if side::Avx2::is_there() {
            all.push(match wide {
                true => run::run::<side::Avx2, LANES>(&self.line, plant, ask, &|_| true),
                false => run::run::<side::Avx2, 1>(&self.line, plant, ask, &|_| true),
            });
        }
        all
    }

    /// Whether replications can run side by side.
    #[must_use]
    pub fn goes_wide(&self) -> bool {
        track::goes_wide(&self.line)
    }

    /// Runs [`LANES`] replications side by side, from [`Ask::first`] on, with the widest instructions that the
    /// processor has: each gives what it gives alone.
    ///
    /// # Errors
    /// As [`Recursion::one`].
    pub fn wide(&self, plant: &Plant, ask: &Ask, look: &dyn Fn(f64) -> bool) -> Result<Vec<Ran>, Halt> {
        #[cfg(target_arch = "x86_64")]
        {
            if side::Avx512::is_there() {
                return run::run::<side::Avx512, LANES>(&self.line, plant, ask, look);
            }
            if side::Avx2::is_there() {
                return run::run::<side::Avx2, LANES>(&self.line, plant, ask, look);
            }
        }
        run::run::<side::Anywhere, LANES>(&self.line, plant, ask, look)
    }
}
