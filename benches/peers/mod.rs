//! Hand-written simulators of the five workloads, to hold the compiled kernels against: what a careful programmer
//! writes in Rust for one model, with the same algorithms, the same random streams and, where asked for, the same
//! statistics.
//!
//! They draw from the streams that the language defines, so that they are not only about right: a run gives the
//! very counts and times of the kernel (`tests/it/workloads.rs`). [`tandem`] (W1, W2, W3, W5) and [`job_shop`] (W4)
//! go from event to event by a [`tree::WinnerTree`]; [`recursion`] computes departures item by item, in one
//! replication or in several at once.

#![allow(dead_code)] // each user of the peers takes some of them

pub mod draw;
pub mod job_shop;
pub mod recursion;
pub mod statistics;
pub mod tandem;
pub mod tree;

/// Time of what is not going to happen.
pub const NEVER: i64 = i64::MAX / 2;

/// Nanoseconds of a second.
pub const SECOND: i64 = 1_000_000_000;

/// A line of single machines in a row with buffers between them.
#[derive(Clone, Debug)]
pub struct Line {
    /// Mean time between arrivals in seconds; `None`: the first machine always has an item.
    pub every: Option<f64>,
    /// Name of each machine.
    pub machines: Vec<String>,
    /// Mean time of work in seconds.
    pub cycle: f64,
    /// Places before each machine but the first.
    pub places: u32,
    /// Mean time to a failure and to repair in seconds, on calendar time.
    pub failures: Option<(f64, f64)>,
}

impl Line {
    fn in_a_row(stations: usize, places: u32, failures: Option<(f64, f64)>) -> Line {
        let machines = (1..=stations).map(|i| format!("s[{i}]")).collect();
        Line { every: None, machines, cycle: 1.0, places, failures }
    }

    /// W1: one queue at a load of 0.9.
    pub fn w1() -> Line {
        Line { every: Some(10.0 / 9.0), machines: vec!["machine".into()], cycle: 1.0, places: 0, failures: None }
    }

    /// W2: ten stations, always supplied, buffers of 10.
    pub fn w2() -> Line {
        Line::in_a_row(10, 10, None)
    }

    /// W3: the same with breakdowns.
    pub fn w3() -> Line {
        Line::in_a_row(10, 10, Some((100.0, 10.0)))
    }

    /// W5: 500 stations, always supplied, buffers of 5, from empty.
    pub fn w5() -> Line {
        Line::in_a_row(500, 5, None)
    }
}

/// What a run says of a station: ticks of all its machines in each state, and ends of work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Station {
    pub working: i64,
    pub starved: i64,
    pub blocked: i64,
    pub waiting: i64,
    pub down: i64,
    pub cycles: u64,
}

/// What a run says of a buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    /// Items inside, integrated over time.
    pub area: i128,
    pub max: u64,
    pub entries: u64,
    pub empty: i64,
    pub full: i64,
}

/// What a run says of items that left, by type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    pub count: u64,
    pub sum: i128,
    pub min: i64,
    pub max: i64,
    pub histogram: Vec<u64>,
}

/// All that a run says. What the peer does not count is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Completions, arrivals, failures and repairs.
    pub events: u64,
    /// Items that left the line.
    pub left: u64,
    pub stations: Vec<Station>,
    pub buffers: Vec<Buffer>,
    pub arrivals: Vec<Arrivals>,
    /// Items between birth and leaving, integrated over time.
    pub wip_area: i128,
    /// Busy operators, integrated over time.
    pub busy_area: i128,
}
