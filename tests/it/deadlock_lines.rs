//! Thousands of small random lines: what the checker says about lock-ups against a full search through the
//! states of the line's net, and against runs.
//!
//! `FLOWLINE_SEED=n` begins with another line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use flowline::analysis::{self, VerdictKind};
use flowline::base::SourceMap;
use flowline::ir::{NodeKind, Plant};
use flowline::sim::{self, Settings};
use flowline::{net, sema, syntax};

/// A generator by Steele, Lea and Flood (2014).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
    fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

/// The arrow between two nodes.
fn arrow(r: &mut Random) -> String {
    match r.below(6) {
        0 | 1 | 5 => "->".to_string(),
        4 => "-[unlimited]->".to_string(),
        2 => format!("-[{}]->", 1 + r.below(2)),
        _ => format!("-[{}, 1 s]->", 1 + r.below(2)),
    }
}

/// A line of one of several shapes.
fn line(seed: u64) -> String {
    let r = &mut Random(seed);
    r.below(2);
    let mut text =
        String::from("line random {\n    item A {}\n    item B {}\n    item P {}\n    sink out\n    sink scrap\n");
    let cycle = |r: &mut Random| format!("cycle: exponential({} s)", 1 + r.below(5));
    match r.below(5) {
        // A line with rework, breaks of order and a limit perhaps.
        0 => {
            let n = 2 + r.below(3);
            let _ = writeln!(text, "    source s {{ makes: A, every: exponential(3 s) }}");
            for i in 1..=n {
                let machines = 1 + r.below(2);
                let before = r.one_of(&["", "", ", blocking: before_work", ", yield: 90 %"]);
                let _ = writeln!(text, "    station m{i} {{ machines: {machines}, {}{before} }}", cycle(r));
            }
            let mut flow = format!("    flow s {} m1", arrow(r));
            for i in 2..=n {
                let _ = write!(flow, " {} m{i}", arrow(r));
            }
            let back = 1 + r.below(n);
            let to = match r.below(5) {
                0 => format!("{{ 80 %: out, rest: m{back} }}"),
                1 => format!("{{ 80 %: out, rest: -[{}]-> m{back} }}", 1 + r.below(3)),
                2 => format!("first_free {{ m{back}, out }}"),
                3 => format!("{{ 80 %: out, rest: -[places: {}, within: 5 s]-> m{back} }}", 1 + r.below(2)),
                _ => "out".to_string(),
            };
            let _ = writeln!(text, "{flow} -> {to}");
            if r.below(2) == 0 {
                let from = if r.below(2) == 0 { "s".to_string() } else { format!("m{}", 1 + r.below(n)) };
                let _ = writeln!(
                    text,
                    "    limit wip {{ count: {}, from: {from}, to: {} }}",
                    1 + r.below(5),
                    r.one_of(&["out", "m1", "m2"])
                );
            }
        }
        // Jobs on routes that hold their machine until the next has room.
        1 => {
            let n = 2 + r.below(2);
            for i in 1..=n {
                let _ = writeln!(text, "    station m{i} {{ queue: {}, machines: {} }}", r.below(2), 1 + r.below(2));
            }
            for item in ["A", "B"] {
                let _ = writeln!(text, "    source s{item} {{ makes: {item}, every: exponential(4 s) }}");
                let steps = 1 + r.below(3);
                let mut route = format!("    route {item}:");
                for step in 0..steps {
                    let _ =
                        write!(route, " {}m{}(exponential(2 s))", if step > 0 { "-> " } else { "" }, 1 + r.below(n));
                }
                let _ = writeln!(text, "{route} -> out");
            }
        }
        // An assembly, fed by ways of its own or by a shared one.
        2 => {
            let (a, b) = (1 + r.below(2), 1 + r.below(2));
            let release = r.one_of(&["", ", release: together"]);
            let _ = writeln!(text, "    station j {{ takes: {a} A + {b} B, makes: P, {} }}", cycle(r));
            let shared = r.below(3);
            if shared == 0 {
                let _ = writeln!(
                    text,
                    "    source s {{ makes: {{ 50 %: A, rest: B }}, every: exponential(2 s) }}\n    station m {{ {} }}",
                    cycle(r)
                );
                let (x, y) = (2 + r.below(2), 2 + r.below(2));
                let _ = match r.below(3) {
                    0 => writeln!(text, "    flow s -> m -[{}]-> j", 4 + r.below(2)),
                    1 => writeln!(text, "    flow s -> m -> {{ A: -[{x}]-> j, B: -[{y}]-> j }}"),
                    _ => writeln!(text, "    flow s -> m -> {{ A: -[unlimited]-> j, B: -[{y}]-> j }}"),
                };
            } else if shared == 1 {
                let (x, y) = (1 + r.below(2), 1 + r.below(2));
                let _ = writeln!(
                    text,
                    "    source s {{ makes: P, every: exponential(2 s) }}\n    station split {{ takes: 1 P, makes: {x} A + {y} B, {}{release} }}",
                    cycle(r)
                );
                let _ = writeln!(
                    text,
                    "    flow s -> split -> {{ A: -[{}]-> j, B: -[{}]-> j }}",
                    2 + r.below(2),
                    2 + r.below(2)
                );
            } else {
                let _ = writeln!(
                    text,
                    "    source sa {{ makes: A, every: exponential(2 s) }}\n    source sb {{ makes: B, every: exponential(2 s) }}"
                );
                let _ = writeln!(text, "    flow sa -[{}]-> j\n    flow sb -[{}]-> j", a + r.below(2), b + r.below(2));
            }
            let _ = writeln!(text, "    flow j -> out");
        }
        // A rework loop through a buffer that keeps places for what comes back.
        3 if r.below(3) == 0 => {
            let places = 2 + r.below(3);
            let kept = match r.below(3) {
                0 => String::new(),
                _ => format!(", reserve: {{ m2: {} }}", 1 + r.below(places - 1)),
            };
            let _ = writeln!(
                text,
                "    source s {{ makes: A, every: exponential(3 s) }}\n    buffer b {{ capacity: {places}{kept} }}"
            );
            let _ = writeln!(text, "    station m1 {{ {} }}\n    station m2 {{ {} }}", cycle(r), cycle(r));
            let _ = writeln!(text, "    flow s -> b -> m1 {} m2 -> {{ 70 %: out, rest: b }}", arrow(r));
        }
        // A closed loop of pallets as items.
        3 => {
            let places = 1 + r.below(3);
            let pallets = 1 + r.below(places);
            let n = 2 + r.below(2);
            for i in 1..=n {
                let _ = writeln!(text, "    station m{i} {{ {} }}", cycle(r));
            }
            let _ = writeln!(text, "    buffer pool {{ capacity: {places}, initial: {pallets} A }}");
            let mut flow = "    flow pool -> m1".to_string();
            for i in 2..=n {
                let _ = write!(flow, " {} m{i}", arrow(r));
            }
            let _ = writeln!(text, "{flow} -> pool");
            if r.below(2) == 0 {
                let _ = writeln!(
                    text,
                    "    source s {{ makes: A, total: {}, every: 1 s }}\n    flow s -> m1",
                    1 + r.below(6)
                );
            }
        }
        // Two mixed ways that part and meet again, batches, and people who are kept.
        _ => {
            let kept = r.one_of(&["", ", needs: 1 men", ", needs: 1 men, release_crew: after_leaving"]);
            let _ = writeln!(text, "    crew men {{ size: {} }}", 1 + r.below(2));
            let _ = writeln!(text, "    source s {{ makes: {{ 50 %: A, rest: B }}, every: exponential(2 s) }}");
            let _ = writeln!(
                text,
                "    station m1 {{ {}{kept} }}\n    station m2 {{ {}{} }}",
                cycle(r),
                cycle(r),
                r.one_of(&["", ", needs: 1 men"])
            );
            let _ = writeln!(text, "    station m3 {{ {} }}", cycle(r));
            let batch = 1 + r.below(3);
            let _ = writeln!(text, "    station oven {{ batch: {batch}, {} }}", cycle(r));
            let _ = writeln!(
                text,
                "    flow s {} m1 -> {{ A: {} m2, B: {} m3 }}",
                arrow(r),
                arrow(r).trim_start_matches("->"),
                arrow(r).trim_start_matches("->")
            );
            let _ = match r.below(3) {
                0 => writeln!(text, "    flow m2 -[{batch}]-> oven\n    flow m3 -> oven -> out"),
                1 => writeln!(
                    text,
                    "    flow m2 -> {{ 50 %: m1, rest: -[{batch}]-> oven }}\n    flow m3 -> out\n    flow oven -> out"
                ),
                _ => writeln!(text, "    flow m2 -> out\n    flow m3 -[{}]-> oven -> out", batch + r.below(2)),
            };
        }
    }
    text.push_str("    run { for: 3 h }\n}\n");
    text
}

fn plant(text: &str) -> Option<Plant> {
    let mut files = SourceMap::default();
    let id = files.add("random.line", text);
    let parsed = syntax::parse(id, text);
    let read = |_: &str| Err(String::new());
    let options = sema::Options { set: Vec::new(), read: &read };
    let mut analysed = sema::analyse(&mut files, &parsed.tree, &options);
    analysed.plants.pop().filter(|_| analysed.complete && parsed.diagnostics.is_empty())
}

/// Hours of a run, in the text of every line.
const HOURS: f64 = 3.0;

/// A run of a line that is said to be free: what is wrong with it. More than the bound of a sink may come by chance and
/// from what was there at the beginning: batches of three at a time with exponential times spread a count of n by less
/// than the root of 3 n, which is exceeded six times over once in 10^9 counts.
fn wrong_in_a_run(plant: &Plant, bounds: &[(String, f64)]) -> Option<String> {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    settings.threads = Some(1);
    let outcome = sim::simulate(plant, &settings);
    if outcome.diagnostics.iter().any(|d| d.code.number() == "E0713") {
        return Some("it locks up".to_string());
    }
    let study = outcome.study?;
    // A bound holds as long as no queue grows without end.
    if study.buffers.iter().any(|b| b.max.is_some_and(|m| m.max > 150.0)) {
        return None;
    }
    let sinks = study.sinks;
    bounds.iter().find_map(|(name, bound)| {
        let own = sinks.iter().filter(|s| s.name == *name).flat_map(|s| &s.items);
        let came: f64 = own.filter_map(|i| i.count).map(|c| c.mean).sum();
        let most = bound * HOURS;
        (came > most + 6.0 * (3.0 * most).sqrt() + 20.0).then(|| format!("{came} come to `{name}`, at most {most}"))
    })
}

/// What happens in some runs: whether one locked up.
fn locks(plant: &Plant, runs: u64) -> bool {
    let stop = AtomicBool::new(false);
    (0..runs).any(|seed| {
        let mut settings = Settings::of(plant, &stop, &|_, _| {});
        settings.seed = seed;
        settings.runs = 1;
        settings.threads = Some(1);
        sim::simulate(plant, &settings).diagnostics.iter().any(|d| d.code.number() == "E0713")
    })
}

#[test]
fn free_lines_never_stand_still_and_the_proof_agrees_with_a_full_search() {
    let first: u64 = std::env::var("FLOWLINE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let count: u64 = std::env::var("FLOWLINE_LINES").ok().and_then(|s| s.parse().ok()).unwrap_or(5000);
    println!("seeds {first} to {}", first + count - 1);
    let mut told = std::collections::BTreeMap::<&str, usize>::new();
    let mut wrong = Vec::new();
    for seed in first..first + count {
        let text = line(seed);
        let Some(plant) = plant(&text) else {
            *told.entry("refused").or_default() += 1;
            continue;
        };
        let analysis = analysis::analyse(&plant);
        let verdict = analysis.deadlock;
        let by = verdict.decided_by.map_or("", |d| d.word());
        *told.entry(verdict.verdict.word()).or_default() += 1;
        *told.entry(by).or_default() += 1;
        // The oracle: all states of the whole line's net, in which sources never end.
        let endless = plant.nodes.values().all(|n| !matches!(&n.kind, NodeKind::Source(s) if s.total.is_some()));
        let counts = Some(()).filter(|()| endless || verdict.verdict == VerdictKind::Deadlock);
        let counts = counts.and_then(|()| analysis::net_of(&plant).ok()).and_then(|n| net::count(&n, 20_000));
        *told.entry(if counts.is_some() { "counted" } else { "not counted" }).or_default() += 1;
        match (verdict.verdict, counts) {
            (VerdictKind::Free, Some(c)) if c.stuck > 0 => wrong.push(format!("{seed}: free, and {c:?}\n{text}")),
            (VerdictKind::Deadlock, Some(c)) if c.stuck == 0 => {
                wrong.push(format!("{seed}: deadlock, and {c:?}\n{text}"));
            }
            (VerdictKind::Free, _) => {
                *told.entry("run").or_default() += 1;
                if let Some(why) = wrong_in_a_run(&plant, &analysis.capacity.throughput_bound_per_h) {
                    wrong.push(format!("{seed}: free, and {why}\n{text}"));
                }
            }
            (VerdictKind::Deadlock, _) if seed % 40 == 0 => {
                *told.entry(if locks(&plant, 4) { "seen to lock up" } else { "not seen to" }).or_default() += 1;
            }
            (VerdictKind::Unknown, _) if verdict.open.is_empty() => {
                wrong.push(format!("{seed}: unknown for no reason\n{text}"));
            }
            _ => {}
        }
    }
    println!("{told:?}");
    assert!(
        wrong.is_empty(),
        "{} wrong, such as {}",
        wrong.len(),
        wrong.iter().take(4).cloned().collect::<Vec<_>>().join("\n")
    );
    // What is said to lock up nearly always does soon.
    let of = |word: &str| told.get(word).copied().unwrap_or(0);
    assert!(of("not seen to") * 4 <= of("seen to lock up"), "{told:?}");
    // The test is about something.
    for word in ["free", "deadlock", "proof", "search", "structure", "counted", "run"] {
        assert!(told.get(word).copied().unwrap_or(0) as u64 > count / 50, "{word}: {told:?}");
    }
}
