//! How long it takes to decide whether long lines can lock up: a serial line of 10,000 stations, and one of
//! 1,000 stations with 50 rework loops under limits. Run with `cargo bench --bench deadlock`;
//! docs/performance.md has figures.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use flowline::analysis::{analyse, net_of};
use flowline::cli::pipeline::compile_text;
use flowline::net;

/// A serial line; after every so many stations a tenth goes back four stations, under a limit where `limited`.
fn line(stations: usize, loops: usize, limited: bool) -> String {
    let mut text =
        String::from("line long {\n    item Part\n    source feed { makes: Part, every: 1 min }\n    sink out\n");
    let every = stations.checked_div(loops).unwrap_or(usize::MAX);
    let _ = writeln!(text, "    flow feed -> s1\n    run {{ for: 1 d }}");
    for i in 1..=stations {
        let next = if i == stations { "out".to_string() } else { format!("-[2]-> s{}", i + 1) };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    station s{i} {{ cycle: exponential(30 s) }}");
        if i % every == 0 {
            let _ = writeln!(text, "    flow s{i} -> {{ 90 %: {next}, rest: -[2]-> s{} }}", i - 3);
            if limited {
                let _ = writeln!(
                    text,
                    "    limit w{i} {{ count: 5, from: s{}, to: {} }}",
                    i - 3,
                    next.rsplit(' ').next().unwrap_or("out")
                );
            }
        } else {
            let _ = writeln!(text, "    flow s{i} {}{next}", if next == "out" { "-> " } else { "" });
        }
    }
    text.push_str("}\n");
    text
}

fn best<T>(runs: usize, work: impl Fn() -> T) -> (Duration, Option<T>) {
    let mut best = (Duration::MAX, None);
    for _ in 0..runs {
        let started = Instant::now();
        let found = work();
        if started.elapsed() < best.0 {
            best = (started.elapsed(), Some(found));
        }
    }
    best
}

fn main() {
    for (name, text) in [
        ("10,000 stations in a row", line(10_000, 0, false)),
        ("1,000 stations, 50 rework loops under limits", line(1_000, 50, true)),
        ("1,000 stations, 50 rework loops without", line(1_000, 50, false)),
    ] {
        let read = |_: &str| Err("there are no files".to_string());
        let compiled = compile_text("long.line", text, None, &[], &read);
        let Some(plant) = compiled.analysed.plants.first().filter(|_| compiled.analysed.complete) else {
            println!("{name}: not a line: {:?}", compiled.diagnostics.first());
            continue;
        };
        let (time, found) = best(5, || analyse(plant));
        let (lowered, net) = best(5, || net_of(plant));
        let size = net.and_then(Result::ok).map_or((0, 0), |n: net::Net| (n.places.len(), n.transitions.len()));
        let verdict = found.map(|f| (f.deadlock.verdict.word(), f.deadlock.decided_by.map_or("-", |d| d.word())));
        println!(
            "{name}: {verdict:?} with capacity and lints in {time:.1?}; as one net of {} places and {} transitions in {lowered:.1?}",
            size.0, size.1
        );
    }
}
