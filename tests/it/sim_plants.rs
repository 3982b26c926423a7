//! Plants built by hand and how they are run, for the tests of simulations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use flowline::base::{Dim, Quantity, Rational, Span, Ticks};
use flowline::diag::Diagnostic;
use flowline::ir::*;
use flowline::kernel::Engine;
use flowline::sim::outcome::Study;
use flowline::sim::{Outcome, Settings, simulate};

pub const ENGINES: [Engine; 2] = [Engine::Event, Engine::Interpreter];

pub fn seconds(n: i64, d: i64) -> Expression {
    Expression::Constant(Quantity { value: Rational::from_parts_signed(n.into(), d.into()), dim: Dim::TIME })
}

pub fn exponential(n: i64, d: i64) -> Expression {
    Expression::Draw(Box::new(Distribution::Exponential { mean: seconds(n, d) }))
}

pub fn time(seconds: i64) -> Ticks {
    Ticks(seconds * 1_000_000_000)
}

pub fn to(node: u32) -> Option<Routing> {
    Some(Routing::To(Target { node: NodeId(node), visit: None, span: Span::default() }))
}

pub fn node(name: &str, kind: NodeKind, routing: Option<Routing>) -> Node {
    let span = Span { start: name.bytes().map(u32::from).sum(), end: 9999, ..Span::default() };
    let (calendar, shift_end, items) = (None, ShiftEnd::Pause, vec![ItemId(0)]);
    Node { name: name.into(), span, kind, routing, calendar, shift_end, items }
}

pub fn station(cycle: Expression) -> Station {
    Station {
        recipes: vec![Recipe {
            phases: vec![Phase {
                name: "cycle".into(),
                kind: PhaseKind::Work,
                duration: cycle,
                needs: vec![],
                keeps: false,
                span: Span::default(),
            }],
            ..Recipe::default()
        }],
        ..Station::default()
    }
}

pub fn work(cycle: Expression) -> NodeKind {
    NodeKind::Station(Box::new(station(cycle)))
}

pub fn buffer(capacity: Capacity) -> NodeKind {
    NodeKind::Buffer(Buffer { capacity, ..Buffer::default() })
}

pub fn source(supply: Supply) -> Source {
    Source { mix: vec![(ItemId(0), Rational::from(1))], supply, ..Source::default() }
}

pub fn plant(nodes: Vec<Node>) -> Plant {
    let mut plant = Plant { name: "line".into(), ..Plant::default() };
    plant.items.push(ItemType {
        name: "Part".into(),
        span: Span::default(),
        is: None,
        mass: None,
        length: None,
        attributes: vec![],
    });
    for n in nodes {
        plant.nodes.push(n);
    }
    plant
}

/// A source, an unlimited queue, one station, a sink.
pub fn queue(every: Expression, cycle: Expression) -> Plant {
    plant(vec![
        node("in", NodeKind::Source(source(Supply::Every(every))), to(1)),
        node("saw.queue", buffer(Capacity::Unlimited), to(2)),
        node("saw", work(cycle), to(3)),
        node("out", NodeKind::Sink, None),
    ])
}

pub struct Run {
    pub horizon: Option<i64>,
    pub warmup: i64,
    pub runs: u64,
    pub threads: Option<usize>,
    pub engine: Engine,
    pub memory: Option<usize>,
    pub stop: bool,
}

pub const RUN: Run =
    Run { horizon: Some(3600), warmup: 0, runs: 1, threads: None, engine: Engine::Event, memory: None, stop: false };

impl Run {
    pub fn of(&self, plant: &Plant) -> Outcome {
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
            fixed_runs: false,
            find_warmup: false,
            advance: None,
        };
        simulate(plant, &settings)
    }

    pub fn study(&self, plant: &Plant) -> Study {
        let outcome = self.of(plant);
        assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
        let mut study = outcome.study.unwrap();
        study.header.wall_s = 0.0;
        study
    }

    pub fn failure(&self, plant: &Plant) -> Diagnostic {
        let outcome = self.of(plant);
        assert!(outcome.study.is_none());
        assert_eq!(outcome.diagnostics.len(), 1, "{:#?}", outcome.diagnostics);
        outcome.diagnostics.into_iter().next().unwrap()
    }
}
