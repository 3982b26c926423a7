//! Nanoseconds per event of the kernels and of hand-written simulators, in one interleaved run:
//!
//! ```text
//! cargo bench --bench kernel                    everything, about four minutes
//! cargo bench --bench kernel -- --quick w2 w5   two workloads, fewer events and rounds
//! cargo bench --bench kernel -- scale start     many stations; from process start to table
//! cargo bench --bench kernel -- compile         how long models take to compile
//! ```
//!
//! An event is a completion, an arrival, a failure or a repair. Statistics of the kernels are always on. A run takes
//! its first tenth as warm-up of the statistics, and all of it is timed, in time of the processor. The peers are held
//! against the kernel before anything is timed. SimPy is measured where `python3` has it; `FLOWLINE_PYTHON` names another interpreter.
//! NeXosim is measured where its peer is built, `cargo build --release --manifest-path benches/peers/nexosim/Cargo.toml`, or
//! `FLOWLINE_NEXOSIM` names the executable.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../peers/mod.rs"]
mod peers;
#[path = "../workloads.rs"]
mod workloads;

mod clock;
mod compile;
mod contest;
mod nexosim;
mod process;
mod scale;
mod simpy;
mod start;

/// What is asked for on the command line.
pub struct Options {
    /// Fewer events and rounds.
    pub quick: bool,
    /// Rows that were named; all when none were.
    rows: Vec<String>,
}

impl Options {
    fn read() -> Options {
        let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
        let (flags, rows): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| word.starts_with("--"));
        let known = ["w1", "w2", "w3", "w4", "w5", "scale", "start", "compile"];
        let wrong =
            flags.iter().filter(|f| *f != "--quick").chain(rows.iter().filter(|r| !known.contains(&r.as_str())));
        if let Some(wrong) = wrong.into_iter().next() {
            eprintln!("`{wrong}` is not known; rows are {}, and there is --quick", known.join(", "));
            std::process::exit(2);
        }
        Options { quick: !flags.is_empty(), rows }
    }

    fn wants(&self, row: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|r| r == row)
    }

    /// Rounds of a contest.
    pub fn rounds(&self) -> usize {
        if self.quick { 3 } else { 7 }
    }
}

fn main() {
    let options = Options::read();
    let wanted: Vec<_> = workloads::WORKLOADS.iter().filter(|w| options.wants(w.name)).collect();
    let mut others = Vec::new();
    if !wanted.is_empty() {
        others.extend([nexosim::find(), simpy::find()].into_iter().flatten());
    }
    for workload in wanted {
        contest::run(workload, &others, &options);
    }
    if options.wants("scale") {
        scale::run(&options);
    }
    if options.wants("compile") {
        compile::run();
    }
    if options.wants("start") {
        start::run(&options);
    }
}
