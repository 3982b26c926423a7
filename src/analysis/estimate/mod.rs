//! Estimates of what a line does, from its text alone: utilisation, waits, queues, throughput, work in
//! process. Quick enough to be shown while somebody types; each says by which method it was made, and a line
//! that no method fits says why. Exact answers for small lines come from their Markov chain ([`exact`]).
//! Nothing is simulated.
//!
//! Start reading at [`estimate`].

mod chain;
mod closed;
mod finite;
mod floor;
mod open;
mod pair;
mod told;

use crate::ir::Plant;

pub use chain::{Exact, NotExact, Outside, STATES, StationExact, solve as exact};

pub use told::told;

use floor::{Floor, Spread};

/// Estimates of a line in the long run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    /// By which method, with its source; absent where none applies.
    pub method: Option<String>,
    /// Why no method applies, or what the one that was tried does not know.
    pub left_out: Vec<String>,
    /// What is taken to be simpler than it is.
    pub assumed: Vec<String>,
    /// By sink: items per second.
    pub throughput: Vec<(String, f64)>,
    /// Mean number of items inside.
    pub wip: Option<f64>,
    /// Mean seconds from birth to leaving.
    pub time_in_system_s: Option<f64>,
    /// By station.
    pub stations: Vec<StationEstimate>,
    /// By buffer, where places are limited.
    pub buffers: Vec<BufferEstimate>,
}

/// Estimates of a station.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StationEstimate {
    /// Its name.
    pub name: String,
    /// The effective time of a run: with the repairs that fall into it.
    process: Spread,
    /// Share of that time that is no repair.
    pub available: f64,
    /// Squared coefficient of variation of the times between arrivals.
    pub arrivals_scv: Option<f64>,
    /// Share of time its machines are at work or under repair.
    pub utilisation: f64,
    /// Share of time they have nothing to work on.
    pub starved: Option<f64>,
    /// Share of time a finished item finds no room.
    pub blocked: Option<f64>,
    /// Mean seconds an item waits for it.
    pub wait_s: Option<f64>,
    /// Mean number of items that wait for it.
    pub queue: Option<f64>,
}

impl StationEstimate {
    /// Mean seconds of a run with the repairs that fall into it.
    #[must_use]
    pub fn process_s(&self) -> f64 {
        self.process.mean
    }

    /// Squared coefficient of variation of that time.
    #[must_use]
    pub fn process_scv(&self) -> f64 {
        self.process.scv
    }
}

/// Estimates of places between stations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BufferEstimate {
    /// Its name.
    pub name: String,
    /// Mean number of items in it.
    pub mean: f64,
    /// Share of time it is full.
    pub full: f64,
}

/// What a method found.
#[derive(Default)]
struct Found {
    method: String,
    /// Why its figures are none after all.
    outside: Vec<String>,
    assumed: Vec<String>,
    throughput: Vec<(String, f64)>,
    wip: Option<f64>,
    time_in_system_s: Option<f64>,
    stations: Vec<StationEstimate>,
    buffers: Vec<BufferEstimate>,
}

/// Estimates of a line, by the method that fits it: of loops mean value analysis, of queues without limit the
/// queueing network analyzer, of limited places the decomposition into pairs of machines. O(stations) for the
/// first two, times the passes of the last.
#[must_use]
pub fn estimate(plant: &Plant) -> Estimate {
    let floor = Floor::of(plant);
    let mut result = Estimate { left_out: floor.outside.clone(), ..Estimate::default() };
    if !result.left_out.is_empty() {
        return result;
    }
    let found = match closed::of(&floor) {
        Ok(Some(circle)) => closed::estimate(&floor, &circle),
        Err(why) => {
            result.left_out = why;
            return result;
        }
        Ok(None) if open::why_not(&floor).is_empty() => open::estimate(&floor),
        Ok(None) => match finite::Net::of(&floor) {
            Ok(net) => finite::estimate(&floor, net),
            Err(why) => {
                result.left_out = why;
                return result;
            }
        },
    };
    result.left_out = found.outside;
    result.assumed = floor.assumed;
    result.assumed.extend(found.assumed);
    result.assumed.sort();
    result.assumed.dedup();
    result.method = Some(found.method);
    // A method that was tried and does not know an answer gives no figures that could be taken for one.
    if result.left_out.is_empty() {
        (result.throughput, result.wip, result.time_in_system_s) =
            (found.throughput, found.wip, found.time_in_system_s);
        result.buffers = found.buffers;
    }
    result.stations = found.stations;
    result
}
