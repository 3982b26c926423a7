//! Draws from the named streams of the language.

use flowline::runtime::random::{Stream, next, stream_seed, uniform};
use flowline::runtime::ziggurat::{ZigguratTables, tables};

/// 1.5 · 2^52: adding it rounds what is less than 2^51 half to even, and leaves the integer in the low bits.
pub const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// Ticks of a duration in seconds.
#[inline(always)]
pub fn ticks(seconds: f64) -> i64 {
    (seconds * 1e9 + ROUNDING).to_bits().wrapping_sub(ROUNDING.to_bits()).cast_signed()
}

/// Exponential times of one stream.
#[derive(Clone, Debug)]
pub struct Exponential {
    pub stream: Stream,
    /// Seconds.
    pub mean: f64,
}

impl Exponential {
    pub fn new(seed: u64, replication: u64, entity: &str, purpose: &str, mean: f64) -> Exponential {
        Exponential { stream: stream_seed(seed, replication, entity, purpose, 0), mean }
    }

    /// The next time in ticks.
    #[inline(always)]
    pub fn draw(&mut self, tables: &ZigguratTables) -> i64 {
        ticks(self.mean * tables.exponential(next(&mut self.stream)))
    }
}

/// Chances of one stream.
#[derive(Clone, Debug)]
pub struct Chance {
    stream: Stream,
}

impl Chance {
    pub fn new(seed: u64, replication: u64, entity: &str, purpose: &str) -> Chance {
        Chance { stream: stream_seed(seed, replication, entity, purpose, 0) }
    }

    #[inline(always)]
    pub fn draw(&mut self) -> f64 {
        uniform(next(&mut self.stream))
    }
}

/// The tables of the ziggurat, found once.
pub fn ziggurat() -> &'static ZigguratTables {
    tables()
}
