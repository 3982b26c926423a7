//! What threads and sweeps cost the event kernel, in one interleaved run: `cargo bench --bench replications`.
//!
//! Processor time of equal runs on two threads over that on one (1 is perfect: a thread costs what it does alone),
//! how much sooner two threads are done, and the time of a variant of a sweep that shares its code with others, over
//! that of a simulation of its own. Processor time is read from `/proc` and is left out elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use flowline::base::{SourceMap, Ticks};
use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::sim::{self, Settings};
use flowline::{sema, syntax};

const LINES: &[(&str, &str, f64)] = &[
    ("mm1, load 0.9", include_str!("w1_mm1.line"), 1e6),
    ("ten stations, buffers 10", include_str!("w2_ten_stations.line"), 1e5),
    ("500 stations, buffers 5", include_str!("w5_five_hundred_stations.line"), 4e3),
];

/// Runs of one measurement.
const RUNS: u64 = 12;
/// Measurements of each.
const ROUNDS: usize = 7;

fn plant(text: &str, horizon_s: f64) -> Plant {
    let mut files = SourceMap::default();
    let id = files.add("bench", text);
    let parsed = syntax::parse(id, text);
    let options = sema::Options { set: Vec::new(), read: &|_| Err("no files".into()) };
    let analysed = sema::analyse(&mut files, &parsed.tree, &options);
    assert!(analysed.complete, "{:?}", analysed.diagnostics);
    let mut plant = analysed.plants.into_iter().next().expect("one line");
    plant.run.horizon = Some(Ticks((horizon_s * 1e9) as i64));
    plant.run.runs = RUNS;
    plant.run.until = None;
    plant
}

/// Processor time of this process so far, s: fields 14 and 15 of `/proc/self/stat`, in hundredths of a second.
fn processor_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// Processor and real time of all runs on so many threads, s, and their events.
fn measure(plant: &Plant, threads: usize) -> (f64, f64, u64) {
    let stop = AtomicBool::new(false);
    let settings = Settings { threads: Some(threads), engine: Engine::Event, ..Settings::of(plant, &stop, &|_, _| {}) };
    let (before, begin) = (processor_time(), Instant::now());
    let outcome = sim::simulate(plant, &settings);
    let wall = begin.elapsed().as_secs_f64();
    let spent = processor_time().zip(before).map_or(f64::NAN, |(after, before)| after - before);
    (spent, wall, outcome.study.expect("it runs").events)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    println!(
        "{:28} {:>10} {:>14} {:>14} {:>12} {:>12}",
        "line", "events", "1 thread, ns", "2 threads, ns", "cost 2 : 1", "sooner by"
    );
    for (name, text, horizon_s) in LINES {
        let plant = plant(text, *horizon_s);
        let (mut one, mut two, mut costs, mut gains) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut events = 0;
        for _ in 0..ROUNDS {
            let (a, b) = (measure(&plant, 1), measure(&plant, 2));
            events = a.2;
            let ns = 1e9 / a.2 as f64;
            one.push(a.0 * ns);
            two.push(b.0 * ns);
            costs.push(b.0 / a.0);
            gains.push(a.1 / b.1);
        }
        println!(
            "{name:28} {events:>10} {:>14.1} {:>14.1} {:>12.2} {:>12.2}",
            median(one),
            median(two),
            median(costs),
            median(gains)
        );
    }
    println!(
        "\n{:28} {:>10} {:>22} {:>22}",
        "line, 100 variants", "compiled", "in a sweep, ms each", "each on its own, ms"
    );
    for (name, text, horizon_s) in LINES {
        let mut short = plant(text, horizon_s / 1e4);
        short.run.runs = 1;
        let plants = vec![short; 100];
        let stop = AtomicBool::new(false);
        let of = |plant: &Plant| Settings {
            threads: Some(1),
            engine: Engine::Event,
            ..Settings::of(plant, &stop, &|_, _| {})
        };
        let (mut shared, mut alone, mut compiled) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            let begin = Instant::now();
            compiled = sim::sweep(&plants, Engine::Event, &of(&plants[0]), &of, &mut |_, _| {});
            shared.push(begin.elapsed().as_secs_f64() * 1e3 / plants.len() as f64);
            let begin = Instant::now();
            for plant in plants.iter().take(10) {
                let _ = sim::simulate(plant, &of(plant));
            }
            alone.push(begin.elapsed().as_secs_f64() * 1e3 / 10.0);
        }
        println!("{name:28} {compiled:>10} {:>22.3} {:>22.3}", median(shared), median(alone));
    }
}
