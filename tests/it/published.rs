//! Published results, from the printed page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::type_complexity)]

use std::sync::atomic::AtomicBool;

use flowline::base::Ticks;
use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::runtime::statistics::{Summary, student_t};
use flowline::sim::outcome::Study;
use flowline::sim::{self, Settings};

use crate::engines::plant_of;

fn example(name: &str) -> Plant {
    let path = format!("{}/examples/{name}.line", env!("CARGO_MANIFEST_DIR"));
    plant_of(name, &std::fs::read_to_string(path).unwrap())
}

pub fn simulate(plant: &Plant, change: impl FnOnce(&mut Settings)) -> Study {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    change(&mut settings);
    let outcome = sim::simulate(plant, &settings);
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    outcome.study.unwrap()
}

/// The exact value lies in the 99.9 % interval of the simulated mean.
pub fn around(what: &str, found: Option<Summary>, exact: f64, runs: u64) {
    let found = found.unwrap_or_else(|| panic!("{what}: no value"));
    let half = student_t(0.999, runs - 1) * found.sd / (runs as f64).sqrt();
    assert!(
        (found.mean - exact).abs() <= half.max(1e-9 * exact.abs()),
        "{what}: {} ± {half} does not hold {exact}",
        found.mean
    );
}

pub fn state(study: &Study, station: &str, state: usize) -> Option<Summary> {
    study.stations.iter().find(|s| s.name == station).and_then(|s| s.states[state])
}

pub const WORKING: usize = 0;
pub const STARVED: usize = 2;
pub const BLOCKED: usize = 3;
pub const DOWN: usize = 5;

pub fn rate(study: &Study, sink: &str) -> Option<Summary> {
    let sink = study.sinks.iter().find(|s| s.name == sink)?;
    sink.items.first()?.rate_per_h
}

#[test]
fn two_servers_of_dream() {
    let study = simulate(&example("two_servers"), |_| {});
    assert_eq!(study.sinks[0].items[0].count.unwrap().mean, 732.0);
    let blocked = state(&study, "m1", BLOCKED).unwrap().mean * 100.0;
    assert!((blocked - 78.17708).abs() < 5e-6, "{blocked}");
    let busy = study.crews[0].busy.unwrap().mean * 100.0;
    assert!((busy - 26.73611).abs() < 5e-6, "{busy}");
}

#[test]
fn assembly_line_of_dream() {
    let study = simulate(&example("assembly_line"), |_| {});
    assert_eq!(study.sinks[0].items[0].count.unwrap().mean, 664.0);
    let working = state(&study, "assembly", WORKING).unwrap().mean * 100.0;
    assert!((working - 92.36111).abs() < 5e-6, "{working}");
}

#[test]
fn test_and_repair_shop_of_rossetti() {
    let study = simulate(&example("test_and_repair"), |s| s.runs = 200);
    // Station, exact load, published mean and half width.
    for (station, exact, mean, half) in [
        ("diagnostics", 0.75, 0.744, 0.007),
        ("test_1", 0.85625, 0.855, 0.005),
        ("test_2", 0.775, 0.773, 0.006),
        ("test_3", 0.8625, 0.858, 0.006),
        ("repair", 0.868_055_555, 0.864, 0.006),
    ] {
        let found = state(&study, station, WORKING);
        // Empty at first and full at the end: at most one item of 249,600 min of work per machine.
        let bias = 3e-4;
        let summary = found.unwrap();
        let interval = student_t(0.999, 199) * summary.sd / 200f64.sqrt();
        assert!(
            (summary.mean - exact).abs() < interval + bias,
            "{station}: {} ± {interval}, exact {exact}",
            summary.mean
        );
        assert!((summary.mean - mean).abs() <= half, "{station}: {} outside {mean} ± {half}", summary.mean);
    }
    let time = study.line.time_in_system.mean.unwrap().mean / 60.0;
    assert!((time - 352.5).abs() <= 14.3, "time in system {time} min");
}

#[test]
fn movable_workers_of_rossetti() {
    let runs = 40;
    let study = simulate(&example("movable_workers"), |s| s.runs = runs);
    let time = study.line.time_in_system.mean.unwrap().mean / 60.0;
    assert!((time - 353.457).abs() <= 5.965, "time in system {time} min, published 353.457 ± 5.965");
    let wip = study.line.wip.unwrap().mean;
    assert!((wip - 17.692).abs() <= 0.363, "{wip} inside, published 17.692 ± 0.363");
    let within = study.expectations.iter().find(|e| e.name == "contract").unwrap().figure.unwrap().mean / 100.0;
    assert!((within - 0.811).abs() <= 0.015, "P(time <= 480 min) = {within}, published 0.811 ± 0.015");
    // Printed with three digits and no interval: held within ours.
    for ((name, busy), published) in study.fleets[0].busy.iter().zip([0.224, 0.158, 0.085]) {
        let busy = busy.unwrap();
        assert!(
            (busy.mean - published).abs() <= 0.0005 + 10.0_f64.recip().sqrt() * 3.0 * busy.sd,
            "{name}: {}",
            busy.mean
        );
    }
}

#[test]
fn two_stations_and_moves_of_rossetti() {
    let study = simulate(&example("two_stations"), |s| s.runs = 60);
    // Means of 20,000 min from a started line: exact in the limit.
    let time = study.line.time_in_system.mean;
    around("time in system", time.map(|s| Summary { mean: s.mean / 60.0, sd: s.sd / 60.0, ..s }), 17.0, 60);
    let buffer = |name: &str| study.buffers.iter().find(|b| b.name == name).unwrap().wait_s;
    around("wait 1", buffer("queue_1"), 60.0 * 0.7 * 0.7 / 0.3, 60);
    around("wait 2", buffer("queue_2"), 60.0 * 8.1, 60);
}

#[test]
fn job_shop_of_law_and_kelton() {
    let study = simulate(&example("job_shop"), |s| s.runs = 400);
    for (station, published, half) in [
        ("group_1.queue", 12.5, 0.4),
        ("group_2.queue", 35.3, 2.2),
        ("group_3.queue", 0.72, 0.01),
        ("group_4.queue", 21.1, 1.2),
        ("group_5.queue", 1.83, 0.02),
    ] {
        let mean = study.buffers.iter().find(|b| b.name == station).unwrap().mean.unwrap();
        // Both are estimates: their difference is held against both half widths.
        let both = half + mean.half_width.unwrap();
        assert!((mean.mean - published).abs() < 1.5 * both, "{station}: {} against {published} ± {half}", mean.mean);
    }
}

#[test]
fn penny_fab_of_hopp_and_spearman() {
    let exponential =
        std::fs::read_to_string(format!("{}/examples/penny_fab.line", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for cards in 1..=20 {
        let text = exponential.replace("= 8 in", &format!("= {cards} in"));
        let study = simulate(&plant_of("penny", &text), |s| s.runs = 20);
        let exact = f64::from(cards) / (f64::from(cards) + 3.0) / 2.0;
        around(&format!("{cards} cards"), rate(&study, "out"), exact, 20);
        // By Little's law an item takes cards / throughput = 2 (cards + 3) h.
        let hours = study.line.time_in_system.mean.map(|s| Summary { mean: s.mean / 3600.0, sd: s.sd / 3600.0, ..s });
        around(&format!("time with {cards} cards"), hours, 2.0 * (f64::from(cards) + 3.0), 20);
        let fixed = text.replace("exponential(2 h)", "2 h");
        let study = simulate(&plant_of("penny", &fixed), |s| s.runs = 1);
        let exact = (f64::from(cards) / 8.0).min(0.5);
        let found = rate(&study, "out").unwrap().mean;
        assert!((found - exact).abs() < 1e-3 * exact, "{cards} cards, fixed times: {found} against {exact}");
    }
}

#[test]
fn results_do_not_depend_on_threads_or_engine() {
    for name in ["bottling", "job_shop", "two_servers"] {
        let plant = example(name);
        let with = |threads: usize, engine: Engine| {
            let mut study = simulate(&plant, |s| {
                s.runs = 6;
                s.threads = Some(threads);
                s.engine = engine;
                s.horizon = s.horizon.map(|t| Ticks(t.0 / 20));
                s.warmup = Ticks(s.warmup.0 / 20);
            });
            study.header.wall_s = 0.0;
            study.header.engine = String::new();
            format!("{study:?}")
        };
        let one = with(1, Engine::Event);
        assert_eq!(one, with(2, Engine::Event), "{name}");
        assert_eq!(one, with(8, Engine::Event), "{name}");
        assert_eq!(one, with(2, Engine::Interpreter), "{name}");
    }
}
