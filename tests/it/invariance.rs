//! What must not change a number: the order of declarations, names, what stands elsewhere, threads,
//! engines, and being put away in the middle (semantics, section 5). Held against random lines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use flowline::analysis::{self, VerdictKind};
use flowline::base::Ticks;
use flowline::ir::Plant;
use flowline::kernel::read::Snapshot;
use flowline::kernel::{Engine, Kernel, Run, Stop};
use flowline::sim::{self, Settings};
use serde_json::Value;

use crate::engines::{plant_of, plant_or_later};
use crate::random_lines::{Chance, RandomLine, Times, looping_line, random_line};

/// The lines of some numbers; a test that fails prints the number. Lines with something not supported yet
/// are left out.
fn lines(from: u64, count: u64) -> impl Iterator<Item = (u64, RandomLine)> {
    let all = (from..from + count).map(|seed| {
        let times = if seed % 3 == 0 { Times::Ties } else { Times::Mixed };
        (seed, random_line(seed, times))
    });
    all.filter(|(seed, line)| plant_or_later(&format!("line {seed}"), &line.text()).is_ok())
}

/// Results of a text as JSON without what is measured of the computer.
fn results(name: &str, text: &str, change: impl FnOnce(&mut Settings)) -> Value {
    figures(&plant_of(name, text), change).unwrap_or_else(|e| panic!("{name}: {e}\n{text}"))
}

fn figures(plant: &Plant, change: impl FnOnce(&mut Settings)) -> Result<Value, String> {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    change(&mut settings);
    let outcome = sim::simulate(plant, &settings);
    if let Some(d) = outcome.diagnostics.first() {
        return Err(format!("{:?} {}", d.code, d.message));
    }
    let text = flowline::report::json::render(&outcome.study.unwrap()).unwrap();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    for word in ["engine", "wall_s"] {
        value.as_object_mut().unwrap().remove(word);
    }
    Ok(value)
}

/// Where two results differ first.
fn difference(a: &Value, b: &Value, path: &str) -> Option<String> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys = x.keys().chain(y.keys().filter(|k| !x.contains_key(*k)));
            keys.into_iter().find_map(|k| {
                difference(x.get(k).unwrap_or(&Value::Null), y.get(k).unwrap_or(&Value::Null), &format!("{path}/{k}"))
            })
        }
        _ => (a != b).then(|| format!("{path}: {a} and {b}")),
    }
}

#[track_caller]
fn equal(what: &str, a: &Value, b: &Value, texts: &[&str]) {
    if let Some(where_) = difference(a, b, "") {
        panic!("{what}: {where_}\n{}", texts.join("\n--- against ---\n"));
    }
}

#[test]
fn random_lines_are_lines() {
    let (mut worked, mut all, mut number) = (0, 0, 0);
    for (seed, line) in lines(1, 60) {
        let found = results(&format!("line {seed}"), &line.text(), |_| {});
        let stations = found["stations"].as_object().unwrap();
        number += 1;
        all += stations.len();
        worked += stations.values().filter(|s| s["cycles"]["mean"].as_f64().unwrap() > 10.0).count();
    }
    assert!(number > 50, "{number} lines of 60");
    assert!(worked * 10 > all * 8, "of {all} stations only {worked} work");
}

#[test]
fn declarations_in_any_order() {
    for (seed, line) in lines(100, 30) {
        let first = results(&format!("line {seed}"), &line.text(), |_| {});
        let other = line.shuffled(&mut Chance::new(seed + 1));
        let second = results(&format!("line {seed}, shuffled"), &other, |_| {});
        equal(&format!("line {seed}"), &first, &second, &[&line.text(), &other]);
    }
}

#[test]
fn renaming_with_was() {
    let mut differ = 0;
    for (seed, line) in lines(200, 24) {
        let text = line.text();
        let first = results(&format!("line {seed}"), &text, |_| {});
        // New names in the opposite order, so that ties would go the other way.
        let mut names = line.names.clone();
        names.push("crew_1".into());
        names.push("crew_2".into());
        names.sort();
        let new: Vec<String> = (0..names.len()).map(|i| format!("new_{:02}_", names.len() - i)).collect();
        let mut renamed = text.clone();
        for (old, new) in names.iter().zip(&new) {
            renamed = renamed.replace(old, new);
        }
        let declared: Vec<String> = renamed
            .lines()
            .map(|l| {
                let found = names.iter().zip(&new).find(|(_, new)| {
                    ["source", "station", "crew"].iter().any(|w| l.starts_with(&format!("{w} {new} {{")))
                });
                match found {
                    Some((old, new)) => l.replacen(&format!("{new} {{ "), &format!("{new} {{ was: {old}, "), 1),
                    None => l.to_string(),
                }
            })
            .collect();
        let renamed = declared.join("\n");
        assert!(renamed.matches("was: ").count() == names.len(), "{renamed}");
        let second = results(&format!("line {seed}, renamed"), &renamed, |_| {}).to_string();
        let back = new.iter().zip(&names).fold(second, |text, (new, old)| text.replace(new, old));
        let back: Value = serde_json::from_str(&back).unwrap();
        equal(&format!("line {seed}"), &first, &back, &[&text, &renamed]);
        // Without `was` other numbers are drawn, so that the test can tell.
        if text.contains("exponential") {
            let plain = names.iter().fold(renamed, |text, old| text.replace(&format!("was: {old}, "), ""));
            let plain = results(&format!("line {seed}, without `was`"), &plain, |_| {}).to_string();
            let plain = new.iter().zip(&names).fold(plain, |text, (new, old)| text.replace(new, old));
            differ += u32::from(serde_json::from_str::<Value>(&plain).unwrap() != first);
        }
    }
    assert!(differ > 10, "names change only {differ} lines");
}

#[test]
fn what_stands_elsewhere_draws_alone() {
    for (seed, line) in lines(300, 24) {
        let text = line.text();
        let first = results(&format!("line {seed}"), &text, |_| {});
        let mut more = line.clone();
        for extra in [
            "source aa_source { makes: A, every: exponential(40 s) }",
            "station aa_station { machines: 2, cycle: exponential(60 s), setup: { A <-> B: 10 s }\n breakdown b { after: exponential(10 min), repair: 60 s } }",
            "sink aa_sink",
            "flow aa_source -[3, exponential(20 s)]-> aa_station -[2]-> aa_sink",
            "crew aa_crew { size: 1 }",
        ] {
            more.declarations.insert(usize::try_from(seed).unwrap() % 3, extra.to_string());
        }
        let mut second = results(&format!("line {seed}, with more"), &more.text(), |_| {});
        let mut first = first;
        for group in ["sinks", "stations", "buffers", "crews"] {
            let entries = second[group].as_object_mut().unwrap();
            entries.retain(|name, _| !name.starts_with("aa_"));
            equal(&format!("line {seed}: {group}"), &first[group].take(), &second[group].take(), &[&text]);
        }
    }
}

#[test]
fn threads_and_engines() {
    for (seed, line) in lines(400, 16) {
        let text = line.text();
        let name = format!("line {seed}");
        let with = |threads: usize, engine: Engine| {
            results(&name, &text, |s| (s.runs, s.threads, s.engine) = (5, Some(threads), engine))
        };
        let one = with(1, Engine::Event);
        for other in [with(2, Engine::Event), with(7, Engine::Event), with(2, Engine::Interpreter)] {
            equal(&name, &one, &other, &[&text]);
        }
    }
}

/// Runs to a time.
fn go(kernel: &Kernel, run: &mut Run, to: i64) {
    while kernel.advance(run, Ticks(to)) == Stop::Fuel {}
}

#[test]
fn snapshots_go_on_alike() {
    const END: i64 = 3 * 3600 * 1_000_000_000;
    for (seed, line) in lines(500, 20) {
        let text = line.text();
        let plant = plant_of(&format!("line {seed}"), &text);
        let native = Kernel::new(&plant, Engine::Event).unwrap();
        let slow = Kernel::new(&plant, Engine::Interpreter).unwrap();
        let mut straight = native.begin(seed, 2);
        go(&native, &mut straight, END);
        // Stopped at random instants, put away, and continued elsewhere and on the other engine in turn.
        let mut chance = Chance::new(seed);
        let mut run = native.begin(seed, 2);
        let mut at = 0;
        for i in 0.. {
            at += i64::try_from(chance.next() % 1_500_000_000_000).unwrap();
            let kernel = if i % 2 == 0 { &native } else { &slow };
            go(kernel, &mut run, at.min(END));
            if at >= END {
                break;
            }
            let mut other = kernel.begin(seed + 1, 0);
            *other.arena_mut() = run.arena().clone();
            // The one put away does not notice that another goes on.
            go(kernel, &mut run, at + 60_000_000_000);
            run = other;
        }
        let of = |run: &Run| Snapshot::of(&native.model, &plant, run);
        let (due, found) = (format!("{:#?}", of(&straight)), format!("{:#?}", of(&run)));
        let first = due.lines().zip(found.lines()).find(|(a, b)| a != b);
        assert!(due == found, "line {seed}: {first:?}\n{text}");
    }
}

/// Ticks worked and cycles of the station `m`.
fn work(text: &str) -> (i128, u64) {
    let plant = plant_of("work", text);
    let kernel = Kernel::new(&plant, Engine::Event).unwrap();
    let mut run = kernel.begin(5, 0);
    go(&kernel, &mut run, 86_400_000_000_000 * 30);
    let snapshot = Snapshot::of(&kernel.model, &plant, &run);
    let m = plant.nodes.iter().find(|(_, n)| n.name == "m").unwrap().0;
    let found = snapshot.stations.iter().find(|s| s.node == m).unwrap();
    (found.states[0], found.cycles)
}

#[test]
fn more_machines_draw_the_same_times() {
    for cycle in ["exponential(1 min)", "lognormal(1 min, 40 s)", "{ 30 %: 10 s, rest: exponential(2 min) }"] {
        let with = |machines: u64| {
            work(&format!(
                "line l {{\n item P {{}}\n source p {{ makes: P, every: exponential(30 s), total: 2000 }}\n \
                 station m {{ machines: {machines}, cycle: {cycle} }}\n sink out\n flow p -[unlimited]-> m -> out\n \
                 run {{ for: 30 d }}\n}}\n"
            ))
        };
        let one = with(1);
        assert_eq!(one.1, 2000);
        for machines in [2, 3, 8] {
            assert_eq!(with(machines), one, "{machines} machines, {cycle}");
        }
    }
}

#[test]
fn streams_belong_to_names() {
    // More members leave those before them as they were, and so does a breakdown at another station.
    let with = |members: u64, more: &str| {
        let text = format!(
            "line l {{\n item P {{}}\n source p[{members}] {{ makes: P, every: exponential(30 s) }}\n \
             station s[{members}] {{ cycle: exponential(20 s)\n breakdown b {{ after: exponential(10 min), repair: exponential(1 min) }} }}\n \
             sink out[{members}]\n for i in 1..{members}: p[i] -[4]-> s[i] -> out[i]\n {more}\n run {{ for: 8 h, runs: 2 }}\n}}\n"
        );
        results("members", &text, |_| {})
    };
    let three = with(3, "");
    for (members, more) in [
        (5, ""),
        (12, ""),
        (
            3,
            "source x { makes: P, every: exponential(9 s) } \n station a { cycle: 5 s\n breakdown b { after: 8 min, repair: exponential(2 min) } }\n sink y\n flow x -> a -> y",
        ),
    ] {
        let other = with(members, more);
        for i in 1..=3 {
            for (group, name) in [("stations", format!("s[{i}]")), ("sinks", format!("out[{i}]"))] {
                assert_eq!(three[group][&name], other[group][&name], "{group} {name}, {members} members");
                assert!(!three[group][&name].is_null());
            }
        }
    }
}

#[test]
fn a_changed_parameter_keeps_the_other_draws() {
    // Twice the mean makes twice the work, draw by draw: location and scale come after the draw.
    let with = |cycle: &str| {
        work(&format!(
            "line l {{\n item P {{}}\n source p {{ makes: P, total: 1000 }}\n station m {{ cycle: {cycle} }}\n sink out\n \
             flow p -> m -> out\n run {{ for: 30 d }}\n}}\n"
        ))
        .0
    };
    for (one, two) in [
        ("exponential(1 min)", "exponential(2 min)"),
        ("uniform(1 min, 3 min)", "uniform(2 min, 6 min)"),
        ("gamma(2.5, 1 min)", "gamma(2.5, 2 min)"),
        ("lognormal(1 min, 20 s)", "lognormal(2 min, 40 s)"),
        ("weibull(1.5, 1 min)", "weibull(1.5, 2 min)"),
        ("normal(1 min, 10 s)", "normal(2 min, 20 s)"),
    ] {
        let (a, b) = (with(one), with(two));
        // Each draw is rounded to a nanosecond.
        assert!((2 * a - b).abs() <= 2000, "{one}: {a}, {two}: {b}");
    }
}

#[test]
fn what_is_free_never_locks() {
    let (mut free, mut locked, mut events, mut tried) = (0, 0, 0, 0);
    for seed in 0..160 {
        let text = looping_line(seed);
        let Ok(plant) = plant_or_later(&format!("line {seed}"), &text) else { continue };
        let analysis = analysis::analyse(&plant);
        tried += 1;
        let verdict = analysis.deadlock.verdict;
        if verdict == VerdictKind::Unknown && seed % 4 != 0 {
            continue;
        }
        match figures(&plant, |s| s.runs = 1) {
            Ok(found) if verdict == VerdictKind::Free => {
                free += 1;
                events += found["events"].as_u64().unwrap();
            }
            Ok(_) => {}
            Err(told) => {
                assert!(told.starts_with("E0713"), "line {seed}: {told}\n{text}");
                assert!(verdict != VerdictKind::Free, "line {seed} is called free and locks up: {told}\n{text}");
                locked += 1;
            }
        }
    }
    println!("{tried} lines, {free} free with {events} events, {locked} locked up");
    assert!(free > 20 && locked > 5, "{free} free, {locked} locked up");
    assert!(events > 1_000_000, "only {events} events of free lines");
}
