//! Exponential times.

use std::time::Duration;

use rand_distr::{Distribution, Exp1, StandardUniform};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

/// Random numbers of one model.
#[derive(Debug, Serialize, Deserialize)]
pub struct Draw(Xoshiro256PlusPlus);

impl Draw {
    /// A stream of its own for each number.
    pub fn new(number: usize) -> Draw {
        Draw(Xoshiro256PlusPlus::seed_from_u64(1_000_003 + number as u64))
    }

    /// A time with this mean in seconds; at least a nanosecond, for nothing can be scheduled at the present time.
    pub fn exponential(&mut self, mean: f64) -> Duration {
        let seconds: f64 = Exp1.sample(&mut self.0);
        Duration::from_nanos(((seconds * mean * 1e9) as u64).max(1))
    }

    /// From 0 to 1.
    pub fn uniform(&mut self) -> f64 {
        StandardUniform.sample(&mut self.0)
    }
}
