//! Lines run by recursion give the figures of the event kernel, to the last bit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::kernel::recursion::Recursion;
use flowline::sim::outcome::Study;
use flowline::sim::{self, Settings};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use crate::engines::{examples, plant_of};

/// The study of a plant on one engine, without what tells engines apart.
pub fn study(plant: &Plant, engine: Engine) -> Result<Study, Vec<String>> {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    settings.engine = engine;
    settings.threads = Some(1);
    let outcome = sim::simulate(plant, &settings);
    let told: Vec<String> = outcome.diagnostics.iter().map(|d| format!("{} {}", d.code.number(), d.message)).collect();
    let Some(mut study) = outcome.study else { return Err(told) };
    if engine != Engine::Auto {
        assert_eq!(study.header.engine, engine.name(), "{told:?}");
    }
    study.header.engine.clear();
    study.header.wall_s = 0.0;
    // They count effort.
    study.events = 0;
    Ok(study)
}

/// Whether the line can be run by recursion, and is then the same by events.
pub fn agree(name: &str, text: &str) -> bool {
    let plant = plant_of(name, text);
    if Recursion::of(&plant).is_err() {
        return false;
    }
    let (by_events, by_recursion) = (study(&plant, Engine::Event), study(&plant, Engine::Recursion));
    let (a, b) = (format!("{by_events:#?}"), format!("{by_recursion:#?}"));
    if a != b {
        let differs = a.lines().zip(b.lines()).find(|(a, b)| a != b);
        let at = a.lines().zip(b.lines()).position(|(a, b)| a != b).unwrap_or(0);
        let around: Vec<&str> = a.lines().skip(at.saturating_sub(12)).take(14).collect();
        panic!("{name}: {differs:?} in\n{}\n{text}", around.join("\n"));
    }
    true
}

/// A random line in which nothing has to be decided.
pub struct Draw(pub Xoshiro256PlusPlus);

impl Draw {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0.next_u64() % n
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let at = usize::try_from(self.below(of.len() as u64)).unwrap();
        of[at]
    }

    pub fn time(&mut self, whole: bool) -> String {
        let n = 1 + self.below(6);
        if whole || self.below(4) == 0 {
            return format!("{n} s");
        }
        match self.below(6) {
            0 => format!("uniform(1 s, {} s)", n + 1),
            1 => format!("normal({n} s, 1 s)"),
            2 => format!("lognormal({n} s, 2 s)"),
            3 => format!("{n} s + exponential(2 s)"),
            _ => format!("exponential({n} s)"),
        }
    }
}

fn line(seed: u64) -> String {
    let mut draw = Draw(Xoshiro256PlusPlus::seed_from_u64(seed));
    // Whole times make ties common.
    let whole = draw.below(3) == 0;
    let types = if draw.below(4) == 0 { 2 } else { 1 };
    let mut text = String::from("line random {\n    item A {}\n    item B {}\n");
    let makes = if types == 2 { "{ 40 %: A, rest: B }" } else { "A" };
    let supply = match draw.below(4) {
        0 | 1 => String::new(),
        2 => format!(", every: {}", draw.time(whole)),
        _ => format!(", every: {}, when_full: queue", draw.time(whole)),
    };
    let total = if draw.below(8) == 0 { ", total: 300" } else { "" };
    let first = if draw.below(5) == 0 { ", first: 20 s" } else { "" };
    text += &format!("    source feed {{ makes: {makes}{supply}{total}{first} }}\n");
    let stations = 1 + draw.below(5);
    let mut flow = String::from("    flow feed");
    let mut several = false;
    for i in 1..=stations {
        let mut fields = Vec::new();
        let mut before = false;
        if types == 2 && draw.below(2) == 0 {
            fields.push(format!("cycle: {{ A: {}, B: {} }}", draw.time(whole), draw.time(whole)));
        } else {
            fields.push(format!("cycle: {}", draw.time(whole)));
        }
        match draw.below(6) {
            0 => {
                fields.push(format!("machines: {}", 2 + draw.below(3)));
                several = true;
            }
            1 => {
                let clock = draw.one(&["", ", clock: working", ", clock: calendar"]);
                let (after, repair) = match whole {
                    true => (format!("{} s", 7 + draw.below(30)), format!("{} s", 1 + draw.below(9))),
                    false => ("exponential(30 s)".to_string(), draw.time(false)),
                };
                fields.push(format!("breakdown jam {{ after: {after}, repair: {repair}{clock} }}"));
            }
            2 => before = true,
            _ => {}
        }
        if before {
            fields.push("blocking: before_work".to_string());
        }
        text += &format!("    station s{i} {{ {} }}\n", fields.join(", "));
        let arrow = match draw.below(8) {
            7 => {
                let (length, pitch) = (2 + draw.below(9), draw.one(&["1", "0.7", "2"]));
                let speed = draw.one(&["0.5", "1", "0.3"]);
                let mode = draw.one(&["", ", mode: stop_together"]);
                text += &format!(
                    "    conveyor c{i} {{ length: {length} m, speed: {speed} m/s, pitch: {pitch} m{mode} }}\n"
                );
                format!("-> c{i} {}", draw.one(&["->", "->", "-[3]->"]))
            }
            0 => "->".to_string(),
            1 => "-[unlimited]->".to_string(),
            2 => format!("-[{}, {} s]->", 1 + draw.below(4), 1 + draw.below(4)),
            3 => format!("-[{} s]->", 1 + draw.below(4)),
            4 => format!("-[{}]->", 6 + draw.below(40)),
            _ => format!("-[{}]->", 1 + draw.below(5)),
        };
        flow += &format!(" {arrow} s{i}");
    }
    text += "    sink out\n";
    if draw.below(5) == 0 {
        text += "    buffer store { capacity: 6 }\n";
        flow += " -> store";
    }
    text += &format!("{flow} -> out\n");
    let warmup = draw.one(&["", ", warmup: 60 s", ", warmup: 333 s"]);
    let end = match draw.below(4) {
        0 if !several && total.is_empty() => "for: 1 d, until: 150 at out".to_string(),
        _ => "for: 20 min".to_string(),
    };
    text += &format!("    run {{ {end}{warmup}, runs: {}, seed: {seed} }}\n", draw.one(&["1", "3", "9"]));
    if draw.below(2) == 0 {
        text += "    expect p90(time_in_system(A)) < 1 h\n    expect max(time_in_system(A)) < 1 h\n";
    }
    text + "}\n"
}

#[test]
fn random_lines_give_the_figures_of_the_event_kernel() {
    let first: u64 = std::env::var("FLOWLINE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let count: u64 = std::env::var("FLOWLINE_LINES").ok().and_then(|s| s.parse().ok()).unwrap_or(120);
    println!("seeds {first} to {}", first + count - 1);
    let run = (first..first + count).filter(|seed| agree(&format!("seed {seed}"), &line(*seed))).count();
    println!("{run} of {count} by recursion");
    assert!(run * 10 >= usize::try_from(count * 8).unwrap());
}

#[test]
fn examples_and_benchmarks_give_the_figures_of_the_event_kernel() {
    let benches = concat!(env!("CARGO_MANIFEST_DIR"), "/benches");
    let mut files = examples();
    files.extend(std::fs::read_dir(benches).unwrap().map(|e| e.unwrap().path()));
    files.sort();
    let mut run = Vec::new();
    for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "line")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        // Long runs say no more than short ones.
        let text = std::fs::read_to_string(path).unwrap().replace("for: 1 d", "for: 10 min");
        if agree(name, &text) {
            run.push(name.to_string());
        }
    }
    println!("by recursion: {run:?}");
    assert!(run.len() >= 4, "{run:?}");
}

/// With the instructions that every processor has, and with the widest of this one, every figure is the same; and
/// side by side what it is alone.
#[test]
fn every_processor_gives_the_same_bits() {
    use flowline::base::limits;
    use flowline::kernel::recursion::Ask;
    let mut run = 0;
    for seed in 1000..1100 {
        let plant = plant_of("processors", &line(seed));
        let Some(recursion) = Recursion::of(&plant).ok().filter(Recursion::goes_wide) else { continue };
        let ask = Ask {
            seed,
            first: 0,
            warmup: 60_000_000_000,
            horizon: 900_000_000_000,
            until: None,
            memory: limits::REPLICATION_BYTES,
        };
        let wide = recursion.wide(&plant, &ask, &|_| true);
        for other in recursion.on_each_side(&plant, &ask, true) {
            assert_eq!(format!("{wide:?}"), format!("{other:?}"), "seed {seed}");
        }
        let Ok(wide) = wide else { continue };
        for (first, ran) in (0..).zip(&wide) {
            let ask = Ask { first, ..ask };
            let one = recursion.one(&plant, &ask, &|_| true).unwrap();
            assert_eq!(format!("{:?}", [ran]), format!("{:?}", one.iter().collect::<Vec<_>>()), "seed {seed}");
            for other in recursion.on_each_side(&plant, &ask, false) {
                assert_eq!(format!("{one:?}"), format!("{:?}", other.unwrap()), "seed {seed}");
            }
        }
        run += 1;
    }
    assert!(run > 8, "{run}");
}

/// What would happen after the end has no figures, and may have no end: failures that follow each other faster than
/// their repairs, over decades.
#[test]
fn nothing_is_drawn_for_ever_behind_the_end() {
    for (clock, stations) in [("working", 1), ("working", 12), ("calendar", 2)] {
        let mut text = String::from("line late { item A {}\n source feed { makes: A }\n");
        let mut flow = String::from("flow feed");
        for i in 1..=stations {
            text += &format!(
                "station s{i} {{ cycle: 40 d, breakdown jam {{ after: 1 d, repair: 830 d, clock: {clock} }} }}\n"
            );
            flow += &format!(" -[20]-> s{i}");
        }
        text += &format!("sink out\n {flow} -> out\n run {{ for: 1500 d, runs: 1, seed: 1 }} }}\n");
        assert!(agree("late", &text), "{clock}, {stations}");
    }
    // Before an overloaded station items wait for longer than time can be told.
    let overloaded = "line overloaded { item A {}\n source feed { makes: A, every: 1 s, when_full: queue }
        station a { cycle: 40 d }\n station b { machines: 2, cycle: 1 h }\n sink out
        flow feed -[unlimited]-> a -[unlimited]-> b -> out\n run { for: 2000 s, runs: 1 } }";
    let plant = plant_of("overloaded", overloaded);
    let found = |engine| study(&plant, engine).map(|study| format!("{study:#?}"));
    assert!(Recursion::of(&plant).is_ok());
    assert_eq!(found(Engine::Auto), found(Engine::Event));
}

/// Without end at one instant, the event kernel says so.
#[test]
fn a_source_that_fills_a_lane_without_limit_needs_events() {
    let line = "line zeno { item A {}\n source feed { makes: A }\n station s { cycle: 1 s }\n sink out
        flow feed -[unlimited]-> s -> out\n run { for: 20 min } }";
    assert!(!agree("zeno", line));
}

/// Which of the items that are ready on several machines at one instant goes on first is told by events.
#[test]
fn several_machines_that_take_no_time_need_events() {
    let line = |first: &str| {
        let text = format!(
            "line ties {{ item A {{}}\n item B {{}}\n source feed {{ makes: {{ 40 %: A, rest: B }} }}
            station s1 {{ cycle: {first}, machines: 2 }}\n station s2 {{ cycle: 0 s }}\n station s3 {{ cycle: exponential(3 s) }}
            sink out\n flow feed -[34]-> s1 -[17]-> s2 -[26]-> s3 -> out\n run {{ for: 20 min, runs: 3 }} }}"
        );
        agree("ties", &text)
    };
    assert!(line("1 s") && !line("0 s"));
}

/// Replications side by side give what each gives alone.
#[test]
fn lanes_do_not_see_each_other() {
    let text = "line wide {
        item Part {}
        source feed { makes: Part, every: exponential(2 s) }
        station a { cycle: exponential(1 s), breakdown jam { after: exponential(40 s), repair: exponential(5 s) } }
        station b { cycle: uniform(1 s, 2 s) }
        sink out
        flow feed -[unlimited]-> a -[3]-> b -> out
        run { for: 3 h, warmup: 10 min, runs: 24 }
    }";
    let plant = plant_of("wide", text);
    let stop = AtomicBool::new(false);
    let with_threads = |threads: usize| {
        let mut settings = Settings::of(&plant, &stop, &|_, _| {});
        settings.threads = Some(threads);
        sim::simulate(&plant, &settings).replications
    };
    // So many threads that each runs one replication after the other.
    let alone = with_threads(24);
    assert_eq!(alone.len(), 24);
    assert_eq!(with_threads(1), alone);
    assert_eq!(with_threads(2), alone);
}

/// A random line of stations with a few places before each, always supplied or not.
fn row(seed: u64) -> String {
    let mut draw = Draw(Xoshiro256PlusPlus::seed_from_u64(seed));
    let whole = draw.below(5) == 0;
    let time = |draw: &mut Draw| match draw.below(3) {
        0 => draw.time(whole),
        _ => format!("exponential({} s)", 1 + draw.below(3)),
    };
    let every = draw.one(&["", "", ", every: exponential(3 s)", ", every: exponential(4 s), when_full: queue"]);
    let total = draw.one(&["", "", "", ", total: 7", ", total: 100", ", total: 333"]);
    let mut text = format!("line row {{\n    item A {{}}\n    source feed {{ makes: A{every}{total} }}\n");
    let mut flow = String::from("    flow feed");
    let equal = (draw.below(2) == 0).then(|| 2 + draw.below(11));
    for i in 1..=2 + draw.below(25) {
        let fails = draw.below(20) == 0;
        let jam = if fails { ", breakdown jam { after: exponential(60 s), repair: 9 s }" } else { "" };
        text += &format!("    station s{i} {{ cycle: {}{jam} }}\n", time(&mut draw));
        let places = equal.unwrap_or_else(|| 2 + draw.below(12));
        flow += &if i == 1 && draw.below(2) == 0 { " ->".to_string() } else { format!(" -[{places}]->") };
        flow += &format!(" s{i}");
    }
    let warmup = draw.one(&["", ", warmup: 60 s", ", warmup: 333 s"]);
    let length = draw.one(&["6 min", "20 min", "1 h"]);
    format!("{text}    sink out\n{flow} -> out\n    run {{ for: {length}{warmup}, runs: 2, seed: {seed} }}\n}}\n")
}

/// Stations of one replication that work side by side.
#[test]
fn stations_in_a_row_give_the_figures_of_the_event_kernel() {
    let first: u64 = std::env::var("FLOWLINE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let count: u64 = std::env::var("FLOWLINE_LINES").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    let run = (first..first + count).filter(|seed| agree(&format!("seed {seed}"), &row(*seed))).count();
    println!("{run} of {count} by recursion");
    assert!(run * 10 >= usize::try_from(count * 9).unwrap());
}

#[test]
fn lines_of_a_thousand_stations_give_the_figures_of_the_event_kernel() {
    // So many that the event kernel looks ahead; dates that are equal, and stations that stop, among them.
    for (cycle, stops) in [
        ("exponential(1 s)", ""),
        ("exponential(1 s)", "breakdown jam { after: exponential(1 min), clock: working, repair: exponential(5 s) }"),
        ("1 s", "breakdown jam { after: exponential(2 min), clock: calendar, repair: exponential(7 s) }"),
    ] {
        let text = format!(
            "line long {{
    item Part {{}}
    source feed {{ makes: Part }}
    station s[1100] {{
        cycle: {cycle}
        {stops}
    }}
    sink out
    flow feed -> s[1] -[2]-> ... -[2]-> s[1100] -> out
    run {{ for: 9 min, warmup: 1 min }}
}}"
        );
        assert!(agree(cycle, &text), "{cycle} {stops}");
        let plant = plant_of(cycle, &text);
        let (native, interpreted) = (study(&plant, Engine::Event), study(&plant, Engine::Interpreter));
        assert!(format!("{native:?}") == format!("{interpreted:?}"), "{cycle} {stops}");
    }
}
