//! The workloads in NeXosim, as its users write them: a model for each station, without statistics.
//!
//! ```text
//! nexosim-peer w2 100000
//! ```
//!
//! runs for about so many events on one thread and prints the seconds of the processor it took, the events, and the items that left an hour.
//! An event is a completion, an arrival, a failure or a repair; the messages that it makes models send are part of it.

#[path = "../../../kernel/clock.rs"]
#[allow(dead_code)]
mod clock;
mod draw;
mod job_shop;
mod row;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use nexosim::model::Model;
use nexosim::ports::{QuerySource, Requestor};
use nexosim::simulation::{Mailbox, QueryId, SimInit, Simulation};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

use clock::Processor;
use row::{Failures, Row};

/// What a model has counted.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Completions, arrivals, failures and repairs.
    pub events: u64,
    /// Items that left the line.
    pub left: u64,
}

/// Sums up what all models have counted, when it is asked to.
#[derive(Default, Serialize, Deserialize)]
pub struct Tally {
    /// What a model has counted -- requestor port.
    pub counts: Requestor<(), Counts>,
}

#[Model]
impl Tally {
    /// The sum over all models -- replier port.
    async fn sum(&mut self) -> Counts {
        let mut sum = Counts::default();
        for one in self.counts.send(()).await {
            sum.events += one.events;
            sum.left += one.left;
        }
        sum
    }
}

/// Models that are connected.
pub struct Bench {
    pub init: SimInit,
    pub tally: Tally,
}

impl Bench {
    fn new() -> Bench {
        Bench { init: SimInit::with_num_threads(1), tally: Tally::default() }
    }
}

/// A line at work.
struct Line {
    simulation: Simulation,
    counts: QueryId<(), Counts>,
}

impl Line {
    fn start(mut bench: Bench) -> Result<Line, Box<dyn Error>> {
        let mailbox = Mailbox::new();
        let counts = QuerySource::new().connect(Tally::sum, &mailbox).register(&mut bench.init);
        let init = bench.init.add_model(bench.tally, mailbox, "tally");
        Ok(Line { simulation: init.init(MonotonicTime::EPOCH)?, counts })
    }

    /// Seconds of the model so far.
    fn seconds(&self) -> f64 {
        self.simulation.time().duration_since(MonotonicTime::EPOCH).as_secs_f64()
    }

    /// Runs until there were so many events. They are seldom asked for: after as much time as the rest takes at the rate
    /// so far, at most as long as all the time before.
    fn run(&mut self, events: u64) -> Result<Counts, Box<dyn Error>> {
        self.simulation.step_until(Duration::from_secs(60))?;
        loop {
            let counts = self.simulation.process_query(&self.counts, ())?;
            if counts.events >= events {
                return Ok(counts);
            }
            let rest = (events - counts.events) as f64 / counts.events.max(1) as f64;
            let step = self.seconds() * rest.clamp(0.001, 1.0);
            self.simulation.step_until(Duration::from_secs_f64(step))?;
        }
    }
}

/// The bench of a workload.
fn bench(name: &str) -> Result<Bench, Box<dyn Error>> {
    let row = |stations, places| Row { stations, places, every: None, failures: None };
    match name {
        "w1" => Ok(Row { every: Some(1.0 / 0.9), ..row(1, 0) }.bench()),
        "w2" => Ok(row(10, 10).bench()),
        "w3" => Ok(Row { failures: Some(Failures { after: 100.0, repair: 10.0 }), ..row(10, 10) }.bench()),
        "w4" => job_shop::bench(),
        "w5" => Ok(row(500, 5).bench()),
        _ => Err(format!("`{name}` is no workload; there are w1 to w5").into()),
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, events] = &words[..] else { return Err("usage: nexosim-peer WORKLOAD EVENTS".into()) };
    let events = events.parse()?;
    let mut line = Line::start(bench(name)?)?;
    let start = Processor::start();
    let counts = line.run(events)?;
    println!("{} {} {}", start.seconds(), counts.events, counts.left as f64 / line.seconds() * 3600.0);
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
