//! Lines in which parts are joined, run by recursion, give the figures of the event kernel, to the last bit.
#![allow(clippy::unwrap_used)]

use flowline::kernel::Engine;
use flowline::kernel::recursion::Recursion;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use crate::engines::plant_of;
use crate::recursion::{Draw, agree, study};

/// Writes a random line that comes together.
struct Writer {
    draw: Draw,
    whole: bool,
    nodes: String,
    flows: String,
    items: usize,
    stations: usize,
}

impl Writer {
    /// A station with this before its time of work.
    fn station(&mut self, takes: &str) -> String {
        self.stations += 1;
        let name = format!("s{}", self.stations);
        let mut fields = format!("{takes}cycle: {}", self.draw.time(self.whole));
        if self.draw.below(4) == 0 {
            let clock = self.draw.one(&["", ", clock: working", ", clock: calendar"]);
            let (after, repair) = match self.whole {
                true => (format!("{} s", 7 + self.draw.below(30)), format!("{} s", 1 + self.draw.below(9))),
                false => ("exponential(30 s)".to_string(), self.draw.time(false)),
            };
            fields += &format!(", breakdown jam {{ after: {after}, repair: {repair}{clock} }}");
        }
        self.nodes += &format!("    station {name} {{ {fields} }}\n");
        name
    }

    fn arrow(&mut self, least: u64) -> String {
        match self.draw.below(6) {
            0 if least < 2 => "->".to_string(),
            1 => "-[unlimited]->".to_string(),
            2 => format!("-[{}]->", least + 17 + self.draw.below(40)),
            _ => format!("-[{}]->", least + self.draw.below(6)),
        }
    }

    /// A belt before something.
    fn belt(&mut self, before: &str) -> String {
        let (length, mode) = (2 + self.draw.below(9), self.draw.one(&["", ", mode: stop_together"]));
        let pitch = self.draw.one(&["1", "0.7", "2"]);
        self.nodes +=
            &format!("    conveyor {before}_belt {{ length: {length} m, speed: 1 m/s, pitch: {pitch} m{mode} }}\n");
        format!("{before}_belt")
    }

    /// What makes an item: the type, and the flow up to where it leaves for the next.
    fn item(&mut self, depth: u64) -> (String, String, bool) {
        self.items += 1;
        let item = format!("I{}", self.items);
        self.nodes += &format!("    item {item} {{}}\n");
        let mut flow;
        let mut always = false;
        if depth > 0 {
            let kinds = 1 + self.draw.below(3);
            let mut takes = Vec::new();
            let mut inputs = Vec::new();
            for _ in 0..kinds {
                let deeper = if self.draw.below(3) == 0 { depth - 1 } else { 0 };
                let (part, flow, always) = self.item(deeper);
                let number = 1 + if self.draw.below(3) == 0 { self.draw.below(14) } else { 0 };
                takes.push(format!("{number} {part}"));
                inputs.push((flow, number, always));
            }
            let birth = self.draw.one(&["", "birth: main, ", "birth: now, ", ""]);
            let takes = format!("takes: {}, makes: {item}, {birth}", takes.join(" + "));
            let name = self.station(&takes);
            for (place, (flow, number, always)) in (1..).zip(inputs) {
                let arrow = match self.arrow(number) {
                    // An endless supply has to be limited.
                    arrow if always && arrow.contains("unlimited") => "->".to_string(),
                    arrow => arrow,
                };
                let arrow = match self.draw.below(6) {
                    0 if number == 1 => format!("-[{}, {} s]->", 1 + self.draw.below(8), 1 + self.draw.below(4)),
                    1 if number == 1 => format!("-> {} ->", self.belt(&format!("to_{name}_{place}"))),
                    _ => arrow,
                };
                self.flows += &format!("    flow {flow} {arrow} {name}\n");
            }
            flow = name;
        } else {
            let name = format!("feed{}", self.items);
            let supply = match self.draw.below(4) {
                0 => String::new(),
                1 => format!(", every: {}", self.draw.time(self.whole)),
                _ => format!(", every: {}, when_full: queue", self.draw.time(self.whole)),
            };
            always = supply.is_empty();
            let total = if self.draw.below(9) == 0 { ", total: 90000" } else { "" };
            let first = if self.draw.below(5) == 0 { ", first: 20 s" } else { "" };
            self.nodes += &format!("    source {name} {{ makes: {item}{supply}{total}{first} }}\n");
            flow = name;
        }
        for _ in 0..self.draw.below(4) {
            let next = self.station("");
            let arrow = match self.arrow(1) {
                arrow if always && arrow.contains("unlimited") => "->".to_string(),
                arrow => arrow,
            };
            always = false;
            let belt = match self.draw.below(7) {
                0 => format!("{} ->", self.belt(&next)),
                _ => String::new(),
            };
            flow += &format!(" {arrow} {belt} {next}");
        }
        (item, flow, always)
    }
}

fn line(seed: u64) -> String {
    let mut draw = Draw(Xoshiro256PlusPlus::seed_from_u64(seed));
    let whole = draw.below(3) == 0;
    let mut writer = Writer { draw, whole, nodes: String::new(), flows: String::new(), items: 0, stations: 0 };
    let (item, flow, _) = writer.item(2);
    let Writer { mut draw, nodes, flows, .. } = writer;
    let warmup = draw.one(&["", ", warmup: 60 s", ", warmup: 333 s"]);
    let end = match draw.below(4) {
        0 if !nodes.contains("total") => "for: 1 d, until: 20 at out",
        _ => "for: 20 min",
    };
    let runs = draw.one(&["1", "3", "9"]);
    let expect =
        if draw.below(2) == 0 { format!("    expect p90(time_in_system({item})) < 1 h\n") } else { String::new() };
    format!(
        "line joined {{\n{nodes}    sink out\n{flows}    flow {flow} -> out\n    run {{ {end}{warmup}, runs: {runs}, seed: {seed} }}\n{expect}}}\n"
    )
}

#[test]
fn random_assemblies_give_the_figures_of_the_event_kernel() {
    let first: u64 = std::env::var("FLOWLINE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let count: u64 = std::env::var("FLOWLINE_LINES").ok().and_then(|s| s.parse().ok()).unwrap_or(100);
    println!("seeds {first} to {}", first + count - 1);
    let run = (first..first + count).filter(|seed| agree(&format!("seed {seed}"), &line(*seed))).count();
    println!("{run} of {count} by recursion");
    assert!(run * 10 >= usize::try_from(count * 6).unwrap());
}

/// A line in which parts do not come any more is run by events, which say that it has locked up, or that it is empty.
#[test]
fn parts_that_run_out_need_events() {
    for (total, every) in
        [(20, "every: 2 s"), (9, "every: 2 s"), (1000, "every: 2 s"), (20, "first: 0 s"), (19, "first: 1 s")]
    {
        let text = format!(
            "line ends {{ item A {{}}\n item B {{}}\n item C {{}}
             source a {{ makes: A, {every}, total: {total} }}\n source b {{ makes: B, every: 3 s }}
             station join {{ takes: 3 A + 1 B, makes: C, cycle: exponential(4 s) }}\n sink out
             flow a -[4]-> join\n flow b -[4]-> join\n flow join -> out\n run {{ for: 1 h, runs: 1 }} }}"
        );
        let plant = plant_of("ends", &text);
        let found = |engine| study(&plant, engine).map(|study| format!("{study:#?}"));
        assert!(Recursion::of(&plant).is_ok());
        assert_eq!(found(Engine::Auto), found(Engine::Event), "{text}");
    }
}

/// Where parts are made in no time and pile up without limit, the event kernel says that time stands still.
#[test]
fn parts_without_end_need_events() {
    let pile = |flow: &str| {
        format!(
            "line pile {{ item A {{}}\n item B {{}}\n item C {{}}
             source f {{ makes: A }}\n source g {{ makes: B, every: 2 s }}\n station a {{ cycle: 0 s }}
             station j {{ takes: 1 A + 1 B, makes: C, cycle: 1 s }}\n sink out
             {flow}\n flow g -[3]-> j\n flow j -> out\n run {{ for: 10 s, runs: 1 }} }}"
        )
    };
    for flow in ["flow f -> a -[unlimited]-> j", "flow f -[2]-> a -[unlimited, 1 s]-> j"] {
        let plant = plant_of("pile", &pile(flow));
        let found = |engine| study(&plant, engine).map(|study| format!("{study:#?}"));
        assert!(Recursion::of(&plant).is_ok());
        assert_eq!(found(Engine::Auto), found(Engine::Event), "{flow}");
    }
}

/// Parts queue up for a part that seldom comes: the times they have waited add up to more than 64 bits hold.
#[test]
fn long_waits_of_parts_add_up() {
    let text = "line waits { item A {}\n item B {}\n item C {}
        source a { makes: A, every: 30 min }\n source b { makes: B, every: 4 s, when_full: queue }
        station slow { cycle: 8 s }\n station join { takes: 1 A + 1 B, makes: C, cycle: 2 s }\n sink out
        flow a -> join\n flow b -> slow -[unlimited]-> join\n flow join -> out\n run { for: 60 d, runs: 1 } }";
    assert!(agree("waits", text));
}

/// Of a source that always has an item and makes so many in all, as many can be taken at once as it will make.
#[test]
fn parts_that_are_there_are_not_lacked() {
    let text = "line bulk { item A {}\n item B {}\n item C {}
        source a { makes: A, total: 9000 }\n source b { makes: B, every: 50 s }
        station join { takes: 14 A + 1 B, makes: C, cycle: 2 s }\n station tail { cycle: 1 s }\n sink out
        flow a -> join\n flow b -> tail -> join\n flow join -> out\n run { for: 1 h, runs: 1 } }";
    assert!(agree("bulk", text));
}
