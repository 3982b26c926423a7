//! Lines of which a part runs by recursion and the rest by events give the figures of the event kernel, to the last bit.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::kernel::cut::Cut;
use flowline::sim::{self, Settings, engines};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use crate::engines::{examples, plant_of};
use crate::recursion::{Draw, study};

/// Which engine runs a plant when none is asked for.
fn engine(plant: &Plant) -> Option<String> {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    settings.runs = 1;
    Some(sim::simulate(plant, &settings).study?.header.engine)
}

/// Whether a part of the line runs by recursion, and all figures are those of the event kernel.
fn agree(name: &str, text: &str) -> bool {
    let plant = plant_of(name, text);
    let (by_events, by_both) = (study(&plant, Engine::Event), study(&plant, Engine::Auto));
    let (a, b) = (format!("{by_events:#?}"), format!("{by_both:#?}"));
    if a != b {
        let at = a.lines().zip(b.lines()).position(|(a, b)| a != b).unwrap_or(0);
        let around = |s: &str| s.lines().skip(at.saturating_sub(12)).take(14).collect::<Vec<_>>().join("\n");
        panic!("{name}: events\n{}\nboth\n{}\n{text}", around(&a), around(&b));
    }
    engine(&plant).is_some_and(|name| name == engines::MIXED)
}

/// Writes a random line.
struct Writer {
    draw: Draw,
    whole: bool,
    nodes: String,
    flows: String,
    stations: usize,
}

impl Writer {
    fn time(&mut self) -> String {
        self.draw.time(self.whole)
    }

    /// A station with these fields and a time of work.
    fn station(&mut self, fields: &str) -> String {
        self.stations += 1;
        let name = format!("s{}", self.stations);
        let cycle = self.time();
        self.nodes += &format!("    station {name} {{ cycle: {cycle}{fields} }}\n");
        name
    }

    /// A front: from a source up to its last station.
    fn front(&mut self, number: u64, items: &str) -> String {
        let supply = match self.draw.below(3) {
            0 => String::new(),
            _ => format!(", every: {}", self.time()),
        };
        let total = if self.draw.below(8) == 0 { ", total: 200" } else { "" };
        self.nodes += &format!("    source feed{number} {{ makes: {items}{supply}{total} }}\n");
        let mut flow = format!("feed{number}");
        if self.draw.below(3) == 0 && !items.contains(':') {
            // It takes a part that comes from elsewhere.
            let (every, places) = (self.time(), self.draw.one(&["-[2]->", "-[unlimited]->", "-[20]->"]));
            self.nodes +=
                &format!("    item P{number} {{}}\n    source parts{number} {{ makes: P{number}, every: {every} }}\n");
            let fields = format!(", takes: {items} + P{number}, makes: J{items}");
            let name = self.station(&fields);
            self.flows += &format!("    flow parts{number} {places} {name}\n    flow {flow} -[3]-> {name}\n");
            flow = name;
        }
        let more = self.draw.below(4);
        for stations in (0..=more).rev() {
            let fields = match self.draw.below(6) {
                1 if stations > 0 => format!(", machines: {}", 2 + self.draw.below(3)),
                0 if self.whole => ", breakdown jam { after: 23 s, repair: 4 s }".to_string(),
                0 => ", breakdown jam { after: exponential(30 s), repair: exponential(5 s) }".to_string(),
                _ => String::new(),
            };
            let arrow = match self.draw.below(5) {
                0 => "->".to_string(),
                1 if !supply.is_empty() || stations < more => "-[unlimited]->".to_string(),
                2 => format!("-[{}, 2 s]->", 1 + self.draw.below(4)),
                _ => format!("-[{}]->", 1 + self.draw.below(30)),
            };
            flow += &format!(" {arrow} {}", self.station(&fields));
        }
        flow
    }

    /// What needs decisions, behind a buffer without limit; the flow up to its end.
    fn rest(&mut self, flow: &str) -> String {
        let mut arrow = self.draw.one(&["-[unlimited]->", "-[unlimited, 3 s]->", "->"]);
        let mut flow = flow.to_string();
        if arrow == "->" {
            let name = format!("b{}", self.stations);
            self.nodes += &format!("    buffer {name} {{ capacity: unlimited }}\n");
            flow += &format!(" -> {name}");
        }
        for _ in 0..=self.draw.below(3) {
            let fields = match self.draw.below(5) {
                0 => ", machines: 2",
                1 => ", needs: 2 people",
                2 => ", yield: 90 %",
                _ => ", needs: 1 people",
            };
            let name = self.station(fields);
            flow += &format!(" {arrow} {name}");
            arrow = self.draw.one(&["->", "-[3]->", "-[unlimited]->", "-[12]->"]);
        }
        flow
    }
}

impl Writer {
    /// Stations in a row.
    fn row(&mut self, mut flow: String, mut arrow: String) -> String {
        for _ in 0..=self.draw.below(4) {
            let fields = match self.draw.below(5) {
                0 if self.whole => ", breakdown jam { after: 23 s, repair: 4 s }",
                0 => ", breakdown jam { after: exponential(30 s), repair: exponential(5 s) }",
                1 => ", blocking: before_work",
                _ => "",
            };
            let name = self.station(fields);
            flow += &format!(" {arrow} {name}");
            arrow = match self.draw.below(4) {
                0 => "->".to_string(),
                1 => format!("-[{}, 2 s]->", 1 + self.draw.below(4)),
                _ => format!("-[{}]->", 1 + self.draw.below(30)),
            };
        }
        flow
    }

    /// A source before what needs decisions.
    fn source(&mut self, number: u64, items: &str) -> String {
        let every = self.time();
        self.nodes += &format!("    source feed{number} {{ makes: {items}, every: {every} }}\n");
        format!("feed{number}")
    }
}

fn line(seed: u64) -> String {
    let draw = Draw(Xoshiro256PlusPlus::seed_from_u64(seed));
    let mut w = Writer { draw, whole: false, nodes: String::new(), flows: String::new(), stations: 0 };
    w.whole = w.draw.below(3) == 0;
    for number in 1..=1 + w.draw.below(2) {
        let items = w.draw.one(&["A", "B", "{ 30 %: A, rest: B }"]);
        let front = if w.draw.below(3) == 0 { w.source(number, items) } else { w.front(number, items) };
        let mut flow = w.rest(&front);
        match w.draw.below(4) {
            0 => flow = w.row(flow, "-[unlimited]->".to_string()),
            1 => flow = w.row(flow, "-[unlimited, 5 s]->".to_string()),
            _ => {}
        }
        let arrow = w.draw.one(&["->", "-[4]->"]);
        w.flows += &format!("    flow {flow} {arrow} out\n");
    }
    let expect = w.draw.one(&["", "    expect p90(time_in_system(A)) < 10 h\n", "    expect wip < 100000\n"]);
    format!(
        "line random {{\n    item A {{}}\n    item B {{}}\n    item JA {{}}\n    item JB {{}}\n    crew people {{ size: 2 }}\n{}    \
         sink out\n{}{expect}    run {{ for: 40 min, warmup: {} min, runs: 2 }}\n}}\n",
        w.nodes,
        w.flows,
        w.draw.below(6)
    )
}

#[test]
fn random_lines_in_two_parts_give_the_figures_of_the_event_kernel() {
    let number: usize = std::env::var("FLOWLINE_LINES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let from: u64 = std::env::var("FLOWLINE_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mixed: Vec<String> = (from..from + number as u64).map(line).filter(|text| agree("random", text)).collect();
    let with = |what: &str| mixed.iter().filter(|text| text.contains(what)).count();
    println!("{} of {number} in parts, {} with assemblies", mixed.len(), with("takes"));
    assert!(2 * mixed.len() > number && with("takes") > 0, "{} of {number} ran in two parts", mixed.len());
}

#[test]
fn examples_give_the_same_in_parts() {
    for path in examples() {
        let text = std::fs::read_to_string(&path).unwrap().replace("for: 1 d", "for: 10 min");
        let name = path.display().to_string();
        if Cut::of(&plant_of(&name, &text)).is_ok() {
            agree(&name, &text);
        }
    }
}

/// What runs a line, in words.
fn explained(text: &str) -> String {
    engines::explain(&plant_of("explained", text), Engine::Auto)
}

#[test]
fn items_come_to_a_tail_from_several_sides_at_once() {
    let text = "line merge {
        item A {}
        item B {}
        crew people { size: 2 }
        source a { makes: A, every: 4 s }
        source b { makes: B, every: 6 s }
        station s1 { cycle: 4 s, needs: 1 people }
        station s2 { cycle: 6 s, needs: 1 people }
        buffer store { capacity: unlimited }
        station s3 { cycle: { A: 2 s, B: 3 s } }
        station s4 { cycle: 2 s, breakdown jam { after: 50 s, repair: 7 s } }
        sink out
        flow a -> s1 -> store -> s3 -[2]-> s4 -> out
        flow b -> s2 -> store
        run { for: 2 h, warmup: 7 min, runs: 1 }
    }";
    assert!(agree("merge", text));
    let words = explained(text);
    assert!(
        words.ends_with("what lies behind `store` runs by recursion, for nothing has to be decided there"),
        "{words}"
    );
}

#[test]
fn a_line_is_cut_in_three() {
    let text = "line three {
        item A {}
        crew people { size: 1 }
        source feed { makes: A, every: exponential(5 s) }
        station cut { cycle: exponential(4 s) }
        station drill { cycle: exponential(4 s) }
        station check { cycle: exponential(3 s), needs: 1 people }
        station pack { cycle: exponential(3 s) }
        sink out
        flow feed -[9]-> cut -[4]-> drill -[unlimited]-> check -[unlimited]-> pack -> out
        expect p90(time_in_system(A)) < 10 h
        run { for: 8 h, warmup: 1 h, runs: 2 }
    }";
    assert!(agree("three", text));
    let words = explained(text);
    assert!(
        words.contains("what comes to `drill->check`, and what lies behind `check->pack`, runs by recursion"),
        "{words}"
    );
}

/// Nothing may be run elsewhere that others look at, or that could come at another time within an instant.
#[test]
fn what_is_looked_at_is_not_cut_off() {
    let line = |front: &str, rest: &str, more: &str| {
        format!(
            "line looked_at {{
            item A {{}}
            crew people {{ size: 1 }}
            source feed {{ makes: A, every: exponential(5 s) }}
            station front {{ {front} }}
            station behind {{ {rest}, needs: 1 people }}
            station slow {{ cycle: 9 s, needs: 1 people }}
            sink out
            flow feed -[9]-> front -[unlimited]-> behind -> out
            flow feed2 -> slow -> out
            source feed2 {{ makes: A, every: exponential(20 s) }}
            {more}
            run {{ for: 2 h, runs: 1 }}
        }}"
        )
    };
    let plain = line("cycle: exponential(4 s)", "cycle: 2 s", "");
    assert!(agree("plain", &plain));
    // The rest reads what happens in the front, or counts all items.
    for reads in ["cycle: 1 s + level(front) * 2 s", "cycle: 1 s + wip * 0.1 s"] {
        assert!(!agree("reads", &line("cycle: exponential(4 s)", reads, "")), "{reads}");
    }
    // A card is taken in the front.
    assert!(!agree(
        "card",
        &line("cycle: exponential(4 s)", "cycle: 2 s", "limit wip { count: 5, from: front, to: behind }")
    ));
    // Work in no time comes after what else happens at that instant.
    assert!(!agree("no time", &line("cycle: { 50 %: 0 s, 50 %: 2 s }", "cycle: 2 s", "")));
}

#[test]
fn a_rule_sees_how_many_wait_in_a_tail() {
    let text = "line shortest {
        item A {}
        crew people { size: 1 }
        source feed { makes: A, every: exponential(2 s) }
        station check { cycle: exponential(1.5 s), needs: 1 people }
        buffer left { capacity: unlimited }
        buffer right { capacity: unlimited }
        station s1 { cycle: exponential(3 s) }
        station s2 { cycle: exponential(4 s) }
        sink out
        sink away
        flow feed -> check -> shortest_queue { left, right }
        flow left -> s1 -> out
        flow right -> s2 -> away
        run { for: 2 h, runs: 1 }
    }";
    assert!(!agree("shortest", text));
}

#[test]
fn cards_come_back_where_items_leave() {
    let line = |limit: &str| {
        format!(
            "line cards {{
            item A {{}}
            source feed {{ makes: A, every: 5 s }}
            crew people {{ size: 3 }}
            station s1 {{ cycle: 4 s, needs: 1 people }}
            station s3 {{ cycle: 4 s, needs: 1 people }}
            station pack {{ cycle: 60 s }}
            sink out
            sink bin
            {limit}
            flow feed -[unlimited]-> s1 -> {{ 50 %: -[9]-> s3, rest: -[unlimited]-> pack }}
            flow s3 -> out
            flow pack -> bin
            run {{ for: 10 min, runs: 1 }}
        }}"
        )
    };
    assert!(agree("none", &line("")));
    assert!(!agree("pallets", &line("pallets skid { count: 3, from: s1, to: s3 }")));
    assert!(!agree("limit", &line("limit wip { count: 5, from: s1, to: s3 }")));
    // They are given back before the tail.
    assert!(agree("before", &line("limit wip { count: 5, from: s1, to: s1 }")));
}
