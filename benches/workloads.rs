//! The five workloads W1 to W5: their texts, how long they run for a number of events, and what the compiled kernel
//! and the peers say of them, in the same form.

#![allow(dead_code)] // each user of the workloads takes some of it
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::base::{SourceMap, Ticks};
use flowline::diag::Severity;
use flowline::ir::ids::Id;
use flowline::ir::{NodeKind, Plant};
use flowline::kernel::read::Snapshot;
use flowline::kernel::{Kernel, Run, State, Stop};
use flowline::{sema, syntax};

use crate::peers::job_shop::JobShop;
use crate::peers::recursion::Recursion;
use crate::peers::tandem::Tandem;
use crate::peers::{Arrivals, Buffer, Figures, Line, NEVER, Station};

/// A workload.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its short name.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Its text.
    pub text: &'static str,
    /// Mean time of the model from one event to the next, in nanoseconds.
    pub ticks_per_event: f64,
}

/// All workloads.
pub const WORKLOADS: [Workload; 5] = [
    Workload {
        name: "w1",
        title: "W1 one queue, load 0.9",
        text: include_str!("w1_mm1.line"),
        ticks_per_event: 1e9 / 1.8,
    },
    Workload {
        name: "w2",
        title: "W2 ten stations, buffers of 10",
        text: include_str!("w2_ten_stations.line"),
        ticks_per_event: 1e9 / 8.3,
    },
    Workload {
        name: "w3",
        title: "W3 the same with breakdowns",
        text: include_str!("w3_ten_stations_failing.line"),
        ticks_per_event: 1e9 / 7.0,
    },
    Workload {
        name: "w4",
        title: "W4 job shop, 20 stations, 8 operators",
        text: include_str!("w4_job_shop.line"),
        ticks_per_event: 3600e9 / 11.0,
    },
    Workload {
        name: "w5",
        title: "W5 500 stations, buffers of 5",
        text: include_str!("w5_five_hundred_stations.line"),
        ticks_per_event: 1e9 / 350.0,
    },
];

/// A way to hand-write a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// From event to event, with the statistics of the kernel or without.
    Event(bool),
    /// Item by item, with the statistics of stations or without.
    Recursion(bool),
    /// The same, [`SIDE_BY_SIDE`] replications at once.
    Lanes(bool),
}

impl Workload {
    /// When a run of about so many events ends.
    pub fn horizon(&self, events: u64) -> i64 {
        (events as f64 * self.ticks_per_event) as i64
    }

    /// The plant of the text.
    pub fn plant(&self) -> Plant {
        plant(self.text)
    }

    fn line(&self) -> Option<Line> {
        match self.name {
            "w1" => Some(Line::w1()),
            "w2" => Some(Line::w2()),
            "w3" => Some(Line::w3()),
            "w5" => Some(Line::w5()),
            _ => None,
        }
    }

    /// Runs a peer from an empty line to a time; the figures of all its replications, `None` where there is no such
    /// peer. Those that go from event to event look at their figures after a tenth of the time, as for a warm-up.
    pub fn run_peer(&self, peer: Peer, seed: u64, to: i64) -> Option<Vec<Figures>> {
        let Some(line) = self.line() else {
            return match peer {
                Peer::Event(true) => Some(vec![shop::<true>(seed, to)]),
                Peer::Event(false) => Some(vec![shop::<false>(seed, to)]),
                Peer::Recursion(_) | Peer::Lanes(_) => None,
            };
        };
        Some(match (line.every.is_some(), line.failures.is_some(), peer) {
            (true, _, Peer::Event(true)) => vec![tandem::<true, false, true>(&line, seed, to)],
            (true, _, Peer::Event(false)) => vec![tandem::<true, false, false>(&line, seed, to)],
            (_, true, Peer::Event(true)) => vec![tandem::<false, true, true>(&line, seed, to)],
            (_, true, Peer::Event(false)) => vec![tandem::<false, true, false>(&line, seed, to)],
            (_, _, Peer::Event(true)) => vec![tandem::<false, false, true>(&line, seed, to)],
            (_, _, Peer::Event(false)) => vec![tandem::<false, false, false>(&line, seed, to)],
            (true, _, Peer::Recursion(true)) => recursion::<1, true, false, true>(&line, seed, to),
            (true, _, Peer::Recursion(false)) => recursion::<1, true, false, false>(&line, seed, to),
            (_, true, Peer::Recursion(true)) => recursion::<1, false, true, true>(&line, seed, to),
            (_, true, Peer::Recursion(false)) => recursion::<1, false, true, false>(&line, seed, to),
            (_, _, Peer::Recursion(true)) => recursion::<1, false, false, true>(&line, seed, to),
            (_, _, Peer::Recursion(false)) => recursion::<1, false, false, false>(&line, seed, to),
            (true, _, Peer::Lanes(true)) => recursion::<SIDE_BY_SIDE, true, false, true>(&line, seed, to),
            (true, _, Peer::Lanes(false)) => recursion::<SIDE_BY_SIDE, true, false, false>(&line, seed, to),
            (_, true, Peer::Lanes(true)) => recursion::<SIDE_BY_SIDE, false, true, true>(&line, seed, to),
            (_, true, Peer::Lanes(false)) => recursion::<SIDE_BY_SIDE, false, true, false>(&line, seed, to),
            (_, _, Peer::Lanes(true)) => recursion::<SIDE_BY_SIDE, false, false, true>(&line, seed, to),
            (_, _, Peer::Lanes(false)) => recursion::<SIDE_BY_SIDE, false, false, false>(&line, seed, to),
        })
    }
}

fn tandem<const A: bool, const F: bool, const S: bool>(line: &Line, seed: u64, to: i64) -> Figures {
    let mut tandem = Tandem::<A, F, S>::new(line, seed, 0);
    tandem.run(to / 10);
    std::hint::black_box(tandem.figures());
    tandem.run(to);
    tandem.figures()
}

fn recursion<const L: usize, const A: bool, const F: bool, const S: bool>(
    line: &Line,
    seed: u64,
    to: i64,
) -> Vec<Figures> {
    Recursion::<L, A, F, S>::new(line, seed).run(to).into()
}

fn shop<const S: bool>(seed: u64, to: i64) -> Figures {
    let mut shop = JobShop::<S>::new(seed, 0);
    shop.run(to / 10);
    std::hint::black_box(shop.figures());
    shop.run(to);
    shop.figures()
}

/// The plant of a text without mistakes.
pub fn plant(text: &str) -> Plant {
    let mut files = SourceMap::default();
    let id = files.add("bench", text);
    let parsed = syntax::parse(id, text);
    let options = sema::Options { set: Vec::new(), read: &|_| Err("no files".into()) };
    let mut analysed = sema::analyse(&mut files, &parsed.tree, &options);
    let found = parsed.diagnostics.iter().chain(&analysed.diagnostics);
    let errors: Vec<_> = found.filter(|d| d.severity == Severity::Error).map(|d| &d.message).collect();
    assert!(errors.is_empty() && analysed.plants.len() == 1, "{errors:?}");
    analysed.plants.remove(0)
}

/// Runs to a time, included.
pub fn advance(kernel: &Kernel, run: &mut Run, to: i64) {
    loop {
        match kernel.advance(run, Ticks(to)) {
            Stop::Fuel => {}
            Stop::Horizon => return,
            other => panic!("{other:?}"),
        }
    }
}

/// What a run of the kernel says until now: stations and buffers along the line.
pub fn figures(kernel: &Kernel, plant: &Plant, run: &Run) -> Figures {
    let all = Snapshot::of(&kernel.model, plant, run);
    let narrow = |wide: i128| i64::try_from(wide).expect("fewer than 292 years");
    let name = |id: usize| plant.nodes.values().nth(id).map_or("", |node| node.name.as_str());
    let mut stations: Vec<_> = all.stations.iter().collect();
    stations.sort_by(|a, b| flowline::base::names::natural_cmp(name(a.node.index()), name(b.node.index())));
    let mut buffers: Vec<_> = all.buffers.iter().collect();
    buffers.sort_by(|a, b| flowline::base::names::natural_cmp(name(a.node.index()), name(b.node.index())));
    let of = |s: &flowline::kernel::read::StationTotals, state: State| {
        State::ALL.iter().zip(s.states).filter(|(s, _)| **s == state).map(|(_, spent)| narrow(spent)).sum()
    };
    let mut arrivals: Vec<_> = all.arrivals.iter().collect();
    arrivals.sort_by_key(|a| a.item.index());
    debug_assert!(plant.nodes.values().filter(|n| matches!(n.kind, NodeKind::Sink)).count() == 1);
    Figures {
        events: all.events,
        left: all.arrivals.iter().map(|a| a.count).sum(),
        stations: stations
            .iter()
            .map(|s| Station {
                working: of(s, State::Working),
                starved: of(s, State::Starved),
                blocked: of(s, State::Blocked),
                waiting: of(s, State::Waiting),
                down: of(s, State::Down),
                cycles: s.cycles,
            })
            .collect(),
        buffers: buffers
            .iter()
            .map(|b| Buffer { area: b.area, max: b.max, entries: b.entries, empty: b.empty, full: b.full })
            .collect(),
        arrivals: arrivals
            .iter()
            .map(|a| Arrivals {
                count: a.count,
                sum: a.sum,
                min: a.minimum.map_or(NEVER, |t| t.0),
                max: a.maximum.map_or(0, |t| t.0),
                histogram: a.histogram.clone(),
            })
            .collect(),
        wip_area: all.wip_area,
        busy_area: all.pools.iter().map(|p| p.area).sum(),
    }
}

/// Replications of a peer that runs several at once.
pub const SIDE_BY_SIDE: usize = 8;
