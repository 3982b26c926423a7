//! Replications of plants built by hand, held against theory and against themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::ir::*;
use flowline::kernel::Engine;
use flowline::runtime::statistics::{Summary, student_t};

use crate::sim_plants::*;

/// Within a 99.9 % interval of the replications' mean.
fn agrees(what: &str, summary: Option<Summary>, runs: u64, expected: f64) {
    let s = summary.unwrap();
    let half = student_t(0.999, runs - 1) * s.sd / (runs as f64).sqrt();
    assert!((s.mean - expected).abs() <= half, "{what}: {} ± {half}, expected {expected}", s.mean);
}

#[test]
fn one_queue_as_in_theory() {
    // M/M/1 with arrival rate 0.9 and service rate 1: utilisation 0.9, time in system 1/(1 - 0.9) = 10 s,
    // number in system 9 (any textbook). Median of the exponential time in system: 10 ln 2.
    let runs = 20;
    let study = Run { horizon: Some(220_000), warmup: 20_000, runs, ..RUN }
        .study(&queue(exponential(10, 9), exponential(1, 1)));
    let arrivals = &study.sinks[0].items[0];
    agrees("time in system", arrivals.time_in_system.mean, runs, 10.0);
    agrees("median", arrivals.time_in_system.p50, runs, 10.0 * 2f64.ln());
    agrees("rate", arrivals.rate_per_h, runs, 3240.0);
    agrees("working", study.stations[0].states[0], runs, 0.9);
    agrees("starved", study.stations[0].states[2], runs, 0.1);
    agrees("work in process", study.line.wip, runs, 9.0);
    agrees("queue", study.buffers[0].mean, runs, 8.1);
    agrees("wait", study.buffers[0].wait_s, runs, 9.0);
    agrees("queue empty", study.buffers[0].empty, runs, 1.0 - 0.9 * 0.9);
}

#[test]
fn two_machines_without_a_place_between() {
    // Two exponential machines of rate 1 without a buffer: 2/3 (Hunt 1956).
    let line = plant(vec![
        node("in", NodeKind::Source(source(Supply::Always)), to(1)),
        node("a", work(exponential(1, 1)), to(2)),
        node("b", work(exponential(1, 1)), to(3)),
        node("out", NodeKind::Sink, None),
    ]);
    let runs = 20;
    let study = Run { horizon: Some(51_000), warmup: 1000, runs, ..RUN }.study(&line);
    agrees("rate", study.sinks[0].items[0].rate_per_h, runs, 3600.0 * 2.0 / 3.0);
    agrees("blocked", study.stations[0].states[3], runs, 1.0 / 3.0);
    agrees("starved", study.stations[1].states[2], runs, 1.0 / 3.0);
}

#[test]
fn threads_and_engines_change_nothing() {
    let line = queue(exponential(10, 9), exponential(1, 1));
    let base = Run { horizon: Some(3000), warmup: 500, runs: 9, threads: Some(1), ..RUN };
    let one = base.study(&line);
    for threads in [2, 8] {
        assert_eq!(one, Run { threads: Some(threads), ..base }.study(&line));
    }
    let mut other = Run { engine: Engine::Interpreter, ..base }.study(&line);
    other.header.engine.clone_from(&one.header.engine);
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

#[test]
fn the_window_begins_behind_the_warm_up() {
    // One item every 60 s from 0 on, 45 s of work: in (0 h, 1 h] 61 are made and 60 arrive.
    let line = queue(seconds(60, 1), seconds(45, 1));
    for engine in ENGINES {
        let run = Run { engine, ..RUN };
        let whole = run.study(&line);
        assert_eq!(whole.items[0].made.unwrap().mean, 61.0);
        assert_eq!(whole.items[0].inside.unwrap().mean, 1.0);
        assert_eq!(whole.items[0].left.unwrap().mean, 60.0);
        assert_eq!(whole.sinks[0].items[0].count.unwrap().mean, 60.0);
        assert_eq!(whole.stations[0].states[0].unwrap().mean, 0.75);
        assert_eq!(whole.sinks[0].items[0].time_in_system.mean.unwrap().mean, 45.0);
        // A warm-up of 10 min 45 s ends at the very instant of an arrival, which belongs to it.
        let half = Run { warmup: 645, ..run }.study(&line);
        assert_eq!(half.sinks[0].items[0].count.unwrap().mean, 49.0);
        assert_eq!(half.items[0].made.unwrap().mean, 61.0);
        assert_eq!(half.stations[0].cycles.unwrap().mean, 49.0);
        assert_eq!(half.line.wip.unwrap().mean, 49.0 * 45.0 / (3600.0 - 645.0));
    }
}

#[test]
fn until_counts_after_the_warm_up() {
    let mut line = queue(seconds(60, 1), seconds(45, 1));
    line.run.until = Some(Until { count: 10, at: NodeId(3), from_start: false });
    for engine in ENGINES {
        // Counted from 100 s on: arrivals at 105, 165, …, 645 s.
        let run = Run { horizon: None, warmup: 100, engine, ..RUN };
        let study = run.study(&line);
        assert_eq!(study.sinks[0].items[0].count.unwrap().mean, 10.0);
        assert_eq!(study.header.horizon_s, 645.0);
        assert_eq!(study.sinks[0].items[0].rate_per_h.unwrap().mean, 36_000.0 / 545.0);
        // Whichever comes first.
        let study = Run { horizon: Some(400), ..run }.study(&line);
        assert_eq!(study.sinks[0].items[0].count.unwrap().mean, 5.0);
    }
}

#[test]
fn until_that_cannot_come_is_a_failure() {
    let mut line = queue(seconds(60, 1), seconds(45, 1));
    if let Some(NodeKind::Source(s)) = line.nodes.get_mut(NodeId(0)).map(|n| &mut n.kind) {
        s.total = Some(7);
    }
    line.run.until = Some(Until { count: 10, at: NodeId(3), from_start: false });
    for horizon in [None, Some(7200)] {
        let failure = Run { horizon, ..RUN }.failure(&line);
        assert_eq!(failure.code.number(), "E0714");
        assert!(failure.message.contains("`until: 10 at out` was not reached: 7 arrived"), "{}", failure.message);
    }
    // Without `until` the same run is complete.
    line.run.until = None;
    assert_eq!(RUN.study(&line).items[0].left.unwrap().mean, 7.0);
}

#[test]
fn a_run_without_end_or_window_is_told() {
    let line = queue(seconds(60, 1), seconds(45, 1));
    assert_eq!(Run { horizon: None, ..RUN }.failure(&line).code.number(), "E0701");
    assert_eq!(Run { warmup: 3600, ..RUN }.failure(&line).code.number(), "E0702");
}

#[test]
fn highest_levels_begin_anew() {
    // Ten items inside at first, worked off before the warm-up ends.
    let mut line = queue(seconds(60, 1), seconds(45, 1));
    if let Some(NodeKind::Buffer(b)) = line.nodes.get_mut(NodeId(1)).map(|n| &mut n.kind) {
        b.initial = vec![(ItemId(0), 10)];
    }
    assert_eq!(RUN.study(&line).buffers[0].max.unwrap().mean, 10.0);
    let later = Run { warmup: 1800, horizon: Some(7200), ..RUN }.study(&line);
    assert!(later.buffers[0].max.unwrap().mean <= 2.0);
    assert_eq!(later.items[0].initial.unwrap().mean, 10.0);
}

#[test]
fn a_queue_that_grows_without_end_is_named() {
    let line = queue(seconds(1, 1000), seconds(10, 1));
    let failure = Run { horizon: Some(1_000_000), memory: Some(4 << 20), ..RUN }.failure(&line);
    assert_eq!(failure.code.number(), "E0710");
    assert!(failure.message.contains("`saw.queue` holds "), "{}", failure.message);
}

#[test]
fn a_negative_time_is_named() {
    let cycle = Expression::Draw(Box::new(Distribution::Uniform { minimum: seconds(0, 1), maximum: seconds(3, 1) }));
    let cycle = Expression::Binary(Binary::Subtract, Box::new(cycle), Box::new(seconds(1, 1)));
    let failure = RUN.failure(&queue(seconds(60, 1), cycle));
    assert_eq!(failure.code.number(), "E0711");
    assert!(failure.message.contains("the cycle of `saw`"), "{}", failure.message);
}

#[test]
fn an_interrupted_run_keeps_what_is_finished() {
    let outcome = Run { stop: true, runs: 4, ..RUN }.of(&queue(seconds(60, 1), seconds(45, 1)));
    assert!(outcome.interrupted && outcome.study.is_none() && outcome.finished == 0);
}

#[test]
fn every_example_runs_alike_on_all_threads_and_engines() {
    for path in crate::engines::examples() {
        let name = path.display().to_string();
        let line = crate::engines::plant_of(&name, &std::fs::read_to_string(&path).unwrap());
        let run = Run { horizon: Some(36_000), runs: 3, threads: Some(1), ..RUN };
        let one = run.study(&line);
        let two = Run { threads: Some(2), ..run }.study(&line);
        assert_eq!(one, two, "{name}");
        let mut other = Run { engine: Engine::Interpreter, ..run }.study(&line);
        other.header.engine.clone_from(&one.header.engine);
        assert_eq!(one, other, "{name}");
    }
}

#[test]
fn an_assembly_makes_what_is_published() {
    // DREAM/ManPy, example AssemblyLine: 664 frames in 1440 min, assembly working 92.36111 %.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/assembly_line.line");
    let line = crate::engines::plant_of(path, &std::fs::read_to_string(path).unwrap());
    let study = Run { horizon: Some(1440 * 60), ..RUN }.study(&line);
    assert_eq!(study.sinks[0].items.iter().filter_map(|i| i.count).map(|c| c.mean).sum::<f64>(), 664.0);
    let assembly = study.stations.iter().find(|s| s.name == "assembly").unwrap();
    assert!((assembly.states[0].unwrap().mean - 0.923_611_1).abs() < 1e-6);
}
