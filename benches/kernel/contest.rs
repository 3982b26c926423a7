//! One workload by all who can run it, in turn.

use std::hint::black_box;
use std::time::Instant;

use flowline::base::limits;
use flowline::ir::Plant;
use flowline::kernel::read::{Snapshot, restart};
use flowline::kernel::recursion::{Ask, LANES, Recursion};
use flowline::kernel::{Engine, Kernel};

use crate::Options;
use crate::clock::Clock;
use crate::peers::Figures;
use crate::process::Process;
use crate::workloads::{Peer, Workload, advance, figures};

/// What a run took.
pub struct Timed {
    pub seconds: f64,
    pub events: u64,
    /// Time of compiling before it, in milliseconds; 0 where nothing is compiled.
    pub compile_ms: f64,
}

impl Timed {
    fn ns(&self) -> f64 {
        self.seconds * 1e9 / self.events as f64
    }
}

/// One who runs a workload: its name, how many of the rounds it takes part in, and a run with a seed.
pub struct Contestant<'a> {
    name: String,
    rounds: usize,
    run: Box<dyn FnMut(u64) -> Timed + 'a>,
}

/// The row that others are compared with.
const MEASURE: &str = "hand-written events, statistics";

/// Measures a workload and prints its rows; `others` are simulators in processes of their own.
pub fn run(workload: &Workload, others: &[Process], options: &Options) {
    let plant = workload.plant();
    check(workload, &plant);
    let events = if options.quick { 1_000_000 } else { 10_000_000 };
    let mut contestants = contestants(workload, &plant, others, events, options);
    let mut results: Vec<Vec<Timed>> = contestants.iter().map(|_| Vec::new()).collect();
    for round in 0..options.rounds() {
        for (contestant, results) in contestants.iter_mut().zip(&mut results) {
            if round < contestant.rounds {
                results.push((contestant.run)(round as u64 + 1));
            }
        }
    }
    println!(
        "\n{:40} {:>11} {:>9} {:>9} {:>7} {:>11}",
        workload.title, "events", "ns median", "ns least", "ratio", "compile ms"
    );
    let measure = contestants.iter().position(|c| c.name == MEASURE).map(|i| &results[i]);
    for (contestant, all) in contestants.iter().zip(&results) {
        let Some(last) = all.last() else { continue };
        let ns: Vec<f64> = all.iter().map(Timed::ns).collect();
        let ratios = all.iter().zip(measure.into_iter().flatten()).map(|(mine, its)| mine.ns() / its.ns());
        let compile = median(all.iter().map(|t| t.compile_ms));
        println!(
            "  {:38} {:>11} {:>9.2} {:>9.2} {:>7.2} {:>11}",
            contestant.name,
            last.events,
            median(ns.iter().copied()),
            ns.iter().copied().fold(f64::INFINITY, f64::min),
            median(ratios),
            if compile > 0.0 { format!("{compile:.1}") } else { String::new() }
        );
    }
}

/// The middle of some values.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Those who run a workload, each about as many events as it can in a second.
fn contestants<'a>(
    workload: &'a Workload,
    plant: &'a Plant,
    others: &'a [Process],
    events: u64,
    options: &Options,
) -> Vec<Contestant<'a>> {
    let rounds = options.rounds();
    let mut all = Vec::new();
    let mut add = |name: &str, rounds: usize, run: Box<dyn FnMut(u64) -> Timed + 'a>| {
        all.push(Contestant { name: name.to_string(), rounds, run });
    };
    add("event kernel", rounds, Box::new(move |seed| compiled(Engine::Event, workload, plant, seed, events)));
    if let Ok(recursion) = Recursion::of(plant) {
        let wide = recursion.clone();
        add(
            "recursion kernel",
            rounds,
            Box::new(move |seed| by_recursion(&recursion, 1, workload, plant, seed, events)),
        );
        add(
            "recursion kernel, lanes",
            rounds,
            Box::new(move |seed| by_recursion(&wide, LANES, workload, plant, seed, events)),
        );
    }
    let peers = [
        (MEASURE, Peer::Event(true)),
        ("hand-written events", Peer::Event(false)),
        ("hand-written recursion, statistics", Peer::Recursion(true)),
        ("hand-written recursion", Peer::Recursion(false)),
        ("hand-written lanes, statistics", Peer::Lanes(true)),
        ("hand-written lanes", Peer::Lanes(false)),
    ];
    for (name, peer) in peers {
        if workload.run_peer(peer, 1, 0).is_some() {
            add(name, rounds, Box::new(move |seed| timed_peer(workload, peer, seed, events)));
        }
    }
    let interpreter = Kernel::new(plant, Engine::Interpreter).expect("compiles");
    let some = events / 50;
    add("interpreter", rounds, Box::new(move |seed| timed_kernel(&interpreter, workload, plant, seed, some, 0.0)));
    for process in others {
        let some = events / process.shortened;
        add(process.name, rounds.min(3), Box::new(move |_| process.run(workload, plant, some)));
    }
    all
}

/// Compiles and runs.
fn compiled(engine: Engine, workload: &Workload, plant: &Plant, seed: u64, events: u64) -> Timed {
    // On the clock on the wall, for it uses all processors.
    let start = Instant::now();
    let kernel = Kernel::new(plant, engine).expect("compiles");
    let compile_ms = start.elapsed().as_secs_f64() * 1e3;
    timed_kernel(&kernel, workload, plant, seed, events, compile_ms)
}

/// A run with statistics from a tenth on.
fn timed_kernel(kernel: &Kernel, workload: &Workload, plant: &Plant, seed: u64, events: u64, compile_ms: f64) -> Timed {
    let to = workload.horizon(events);
    let start = Clock::start();
    let mut run = kernel.begin(seed, 0);
    advance(kernel, &mut run, to / 10);
    let before = Snapshot::of(&kernel.model, plant, &run);
    restart(&kernel.model, plant, &mut run);
    advance(kernel, &mut run, to);
    let after = Snapshot::of(&kernel.model, plant, &run);
    let seconds = start.seconds();
    black_box((before, after));
    Timed { seconds, events: run.events(), compile_ms }
}

/// A run by recursion, of one replication or of several at once.
fn by_recursion(
    recursion: &Recursion,
    replications: usize,
    workload: &Workload,
    plant: &Plant,
    seed: u64,
    events: u64,
) -> Timed {
    let to = workload.horizon(events);
    let ask = Ask { seed, first: 0, warmup: to / 10, horizon: to, until: None, memory: limits::REPLICATION_BYTES };
    let start = Clock::start();
    let all =
        if replications > 1 { recursion.wide(plant, &ask, &|_| true) } else { recursion.one(plant, &ask, &|_| true) };
    let seconds = start.seconds();
    let all = all.expect("recursion runs the workload");
    assert_eq!(all.len(), replications);
    Timed { seconds, events: all.iter().map(|ran| ran.after.events).sum(), compile_ms: 0.0 }
}

/// A run of a peer; one with lanes makes all its replications so long.
fn timed_peer(workload: &Workload, peer: Peer, seed: u64, events: u64) -> Timed {
    let to = workload.horizon(events);
    let start = Clock::start();
    let all = workload.run_peer(peer, seed, to).expect("such a peer");
    let seconds = start.seconds();
    Timed { seconds, events: all.iter().map(|f| f.events).sum(), compile_ms: 0.0 }
}

/// Holds the peers against the kernel: the same counts and times, or there is nothing to compare.
fn check(workload: &Workload, plant: &Plant) {
    let to = workload.horizon(200_000);
    let kernel = Kernel::new(plant, Engine::Event).expect("compiles");
    let ours = |replication: u64| -> Figures {
        let mut run = kernel.begin(1, replication);
        advance(&kernel, &mut run, to);
        figures(&kernel, plant, &run)
    };
    let first = ours(0);
    let peer = workload.run_peer(Peer::Event(true), 1, to).expect("such a peer").remove(0);
    assert!(peer == first, "{}: the hand-written simulator differs from the kernel", workload.name);
    for peer in [Peer::Recursion(true), Peer::Lanes(true)] {
        for (replication, figures) in (0..).zip(workload.run_peer(peer, 1, to).into_iter().flatten()) {
            let kernel = ours(replication);
            let equal =
                figures.stations == kernel.stations && (figures.events, figures.left) == (kernel.events, kernel.left);
            assert!(equal, "{}: {peer:?} differs from the kernel in replication {replication}", workload.name);
        }
    }
    for peer in [Peer::Event(false), Peer::Recursion(false), Peer::Lanes(false)] {
        for (replication, figures) in (0..).zip(workload.run_peer(peer, 1, to).into_iter().flatten()) {
            let left = ours(replication).left;
            assert!(figures.left == left, "{}: {peer:?} differs from the kernel", workload.name);
        }
    }
}
