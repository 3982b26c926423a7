//! Replications of plants built by hand, held against theory and against themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use flowline::base::{Dim, Quantity, Rational, Span, Ticks};
use flowline::diag::Diagnostic;
use flowline::ir::*;
use flowline::kernel::Engine;
use flowline::runtime::statistics::{Summary, student_t};
use flowline::sim::outcome::Study;
use flowline::sim::{Outcome, Settings, simulate};

const ENGINES: [Engine; 2] = [Engine::Event, Engine::Interpreter];

fn seconds(n: i64, d: i64) -> Expression {
    Expression::Constant(Quantity { value: Rational::new(n.into(), d.into()), dim: Dim::TIME })
}

fn exponential(n: i64, d: i64) -> Expression {
    Expression::Draw(Box::new(Distribution::Exponential { mean: seconds(n, d) }))
}

fn time(seconds: i64) -> Ticks {
    Ticks(seconds * 1_000_000_000)
}

fn to(node: u32) -> Option<Routing> {
    Some(Routing::To(Target { node: NodeId(node), visit: None, span: Span::default() }))
}

fn node(name: &str, kind: NodeKind, routing: Option<Routing>) -> Node {
    let span = Span { start: name.bytes().map(u32::from).sum(), end: 9999, ..Span::default() };
    let (calendar, shift_end, items) = (None, ShiftEnd::Pause, vec![ItemId(0)]);
    Node { name: name.into(), span, kind, routing, calendar, shift_end, items }
}

fn station(cycle: Expression) -> Station {
    Station {
        machines: 1,
        recipes: vec![Recipe {
            name: String::new(),
            span: Span::default(),
            takes: vec![],
            makes: vec![],
            release: Release::Each,
            batch: None,
            phases: vec![Phase { name: "cycle".into(), kind: PhaseKind::Work, duration: cycle, needs: vec![], span: Span::default() }],
        }],
        setup: None,
        yield_share: None,
        breakdowns: vec![],
        maintenance: vec![],
        hold_when_down: false,
        release_crew: ReleaseCrew::AfterWork,
        blocking: Blocking::AfterWork,
        ideal: None,
    }
}

fn work(cycle: Expression) -> NodeKind {
    NodeKind::Station(Box::new(station(cycle)))
}

fn buffer(capacity: Capacity) -> NodeKind {
    NodeKind::Buffer(Buffer { capacity, initial: vec![], transit: None, keeps_order: true, anonymous: false })
}

fn source(supply: Supply) -> Source {
    Source {
        mix: vec![(ItemId(0), Rational::from_integer(1.into()))],
        supply,
        first: seconds(0, 1),
        total: None,
        when_full: WhenFull::Pause,
        mix_span: Span::default(),
    }
}

fn plant(nodes: Vec<Node>) -> Plant {
    let mut plant = Plant { name: "line".into(), ..Plant::default() };
    plant.items.push(ItemType { name: "Part".into(), span: Span::default(), is: None, mass: None, attributes: vec![] });
    for n in nodes {
        plant.nodes.push(n);
    }
    plant
}

/// A source, an unlimited queue, one station, a sink.
fn queue(every: Expression, cycle: Expression) -> Plant {
    plant(vec![
        node("in", NodeKind::Source(source(Supply::Every(every))), to(1)),
        node("saw.queue", buffer(Capacity::Unlimited), to(2)),
        node("saw", work(cycle), to(3)),
        node("out", NodeKind::Sink, None),
    ])
}

struct Run {
    horizon: Option<i64>,
    warmup: i64,
    runs: u64,
    threads: Option<usize>,
    engine: Engine,
    memory: Option<usize>,
    stop: bool,
}

const RUN: Run = Run { horizon: Some(3600), warmup: 0, runs: 1, threads: None, engine: Engine::Event, memory: None, stop: false };

impl Run {
    fn of(&self, plant: &Plant) -> Outcome {
        let stop = AtomicBool::new(self.stop);
        let settings = Settings {
            horizon: self.horizon.map(time),
            warmup: time(self.warmup),
            runs: self.runs,
            seed: 7,
            threads: self.threads,
            engine: self.engine,
            memory: self.memory,
            stop: &stop,
            progress: &|_, _| {},
        };
        simulate(plant, &settings)
    }

    fn study(&self, plant: &Plant) -> Study {
        let outcome = self.of(plant);
        assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
        let mut study = outcome.study.unwrap();
        study.header.wall_s = 0.0;
        study
    }

    fn failure(&self, plant: &Plant) -> Diagnostic {
        let outcome = self.of(plant);
        assert!(outcome.study.is_none());
        assert_eq!(outcome.diagnostics.len(), 1, "{:#?}", outcome.diagnostics);
        outcome.diagnostics.into_iter().next().unwrap()
    }
}

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
    let study = Run { horizon: Some(220_000), warmup: 20_000, runs, ..RUN }.study(&queue(exponential(10, 9), exponential(1, 1)));
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
    line.run.until = Some(Until { count: 10, at: NodeId(3) });
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
    line.run.until = Some(Until { count: 10, at: NodeId(3) });
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
    assert_eq!(Run { warmup: 3600, ..RUN }.failure(&line).code.number(), "E0716");
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

/// Items go round from `a` over `b1` to `b` and over `b2` back to `a`, while new ones come in.
fn circle(supply: Supply) -> Plant {
    let shares = Routing::Shares(
        vec![
            (Rational::new(999.into(), 1000.into()), to(4).unwrap()),
            (Rational::new(1.into(), 1000.into()), to(5).unwrap()),
        ],
        Span::default(),
    );
    plant(vec![
        node("in", NodeKind::Source(source(supply)), to(1)),
        node("a", work(seconds(1, 1)), to(2)),
        node("b1", buffer(Capacity::Places(3)), to(3)),
        node("b", work(seconds(2, 1)), Some(shares)),
        node("b2", buffer(Capacity::Places(2)), to(1)),
        node("out", NodeKind::Sink, None),
    ])
}

#[test]
fn a_line_that_locks_up_is_told() {
    for engine in ENGINES {
        let failure = Run { engine, ..RUN }.failure(&circle(Supply::Always));
        assert_eq!(failure.code.number(), "E0713");
        let text = format!("{}\n{}", failure.message, failure.notes.join("\n"));
        assert!(failure.message.starts_with("the line locked up at "), "{text}");
        assert!(text.contains("`a` holds a finished `Part` for `b1`, which is full (3 of 3)"), "{text}");
        assert!(text.contains("`b` holds a finished `Part` for `b2`, which is full (2 of 2)"), "{text}");
        assert!(text.contains("the first item in `b2` (2 of 2) is a `Part` for `a`, which is not empty"), "{text}");
        assert_eq!(failure.secondary.len(), 3);
    }
}

#[test]
fn a_lock_is_found_while_items_keep_coming() {
    // Arrivals wait in a queue without limit: the calendar never empties.
    let mut line = circle(Supply::Every(seconds(1, 2)));
    let outside = line.nodes.push(node("in.outside", buffer(Capacity::Unlimited), to(1)));
    if let Some(n) = line.nodes.get_mut(NodeId(0)) {
        n.routing = to(outside.0);
    }
    let failure = Run { horizon: Some(100_000_000), ..RUN }.failure(&line);
    assert_eq!(failure.code.number(), "E0713");
}

#[test]
fn an_empty_line_at_rest_is_not_locked() {
    // A source with an end, and a run that goes on long after it.
    let mut line = circle(Supply::Every(seconds(100, 1)));
    if let Some(NodeKind::Source(s)) = line.nodes.get_mut(NodeId(0)).map(|n| &mut n.kind) {
        s.total = Some(1);
    }
    let outcome = Run { horizon: Some(1_000_000), ..RUN }.of(&line);
    assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
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
