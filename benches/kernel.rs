//! Nanoseconds per event and compile time of the kernel, native and interpreted, in one interleaved
//! run: `cargo bench --bench kernel`. Statistics are always on. One event is a completion, an arrival,
//! a failure or a repair.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Instant;

use flowline::base::{SourceMap, Ticks};
use flowline::ir::Plant;
use flowline::kernel::{Engine, Kernel, Stop};
use flowline::{sema, syntax};

const LINES: &[(&str, &str)] = &[
    ("mm1, load 0.9", include_str!("mm1.line")),
    ("ten stations, buffers 10", include_str!("ten_stations.line")),
    ("ten stations with breakdowns", include_str!("ten_stations_failing.line")),
    ("500 stations, buffers 5", include_str!("five_hundred_stations.line")),
];

fn plant(text: &str) -> Plant {
    let mut files = SourceMap::default();
    let id = files.add("bench", text);
    let parsed = syntax::parse(id, text);
    let options = sema::Options { set: Vec::new(), read: &|_| Err("no files".into()) };
    let analysed = sema::analyse(&mut files, &parsed.tree, &options);
    assert!(analysed.complete, "{:?}", analysed.diagnostics);
    analysed.plants.into_iter().next().expect("one line")
}

/// Seconds and events of a run of at least `events` events.
fn measure(kernel: &Kernel, events: u64, seed: u64) -> (f64, u64) {
    let mut run = kernel.begin(seed, 0);
    let start = Instant::now();
    while run.events() < events {
        match kernel.advance(&mut run, Ticks(1 << 61)) {
            Stop::Fuel => {}
            other => panic!("{other:?}"),
        }
    }
    (start.elapsed().as_secs_f64(), run.events())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    println!("{:32} {:>10} {:>12} {:>12} {:>14}", "line", "events", "native ns", "interp. ns", "compile ms");
    for (name, text) in LINES {
        let plant = plant(text);
        let mut compile = Vec::new();
        let mut native_ns = Vec::new();
        let mut interpreted_ns = Vec::new();
        let mut events = 0;
        let reference = Kernel::new(&plant, Engine::Interpreter).expect("compiles");
        for round in 0..5 {
            let start = Instant::now();
            let native = Kernel::new(&plant, Engine::Event).expect("compiles");
            compile.push(start.elapsed().as_secs_f64() * 1e3);
            let (seconds, n) = measure(&native, 5_000_000, round);
            native_ns.push(seconds / n as f64 * 1e9);
            events = n;
            let (seconds, n) = measure(&reference, 200_000, round);
            interpreted_ns.push(seconds / n as f64 * 1e9);
        }
        println!(
            "{name:32} {events:>10} {:>12.1} {:>12.0} {:>14.1}",
            median(native_ns),
            median(interpreted_ns),
            median(compile)
        );
    }
}
