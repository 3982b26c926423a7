//! How long it takes to read and check a line of 10,000 lines of text, stage by stage as `flowline check` goes,
//! and to check lines of 10,000 stations. Run with `cargo bench --bench parse`; docs/performance.md has figures.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use flowline::analysis::analyse;
use flowline::base::FileId;
use flowline::cli::pipeline::compile_text;
use flowline::syntax::{parse, tokens};

/// A serial line of stations with fields, breakdowns, flows and expectations, eight lines of text each.
fn long_line(stations: usize) -> String {
    let mut text = String::from("line long {\n");
    for i in 0..stations {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "    station s{i} {{\n        cycle: normal(1.8 s, 0.1 s)\n        machines: {}\n        \
             breakdown jam {{ after: exponential(4 h), clock: working, repair: lognormal(8 min, 3 min), needs: 1 mechanics }}\n        \
             power: {{ working: 12 kW, idle: 3 kW }}\n    }}\n    \
             flow s{i} -[5]-> s{} -> {{ 98.5 %: -[5]-> labeller, rest: rejects }}\n    \
             expect e{i}: throughput(s{i}, during: two) >= 115 /h * 2 + 3 // note\n",
            i % 5 + 1,
            i + 1
        );
    }
    text.push_str("}\n");
    text
}

/// A serial line, two lines of text a station.
fn serial_line(stations: usize) -> String {
    let mut text = String::from(
        "line long {\n    item Part\n    source feed { makes: Part }\n    sink out\n    flow feed -> s1\n    run { for: 1 d }\n",
    );
    for i in 1..=stations {
        let next = if i == stations { "out".to_string() } else { format!("s{}", i + 1) };
        let _ = writeln!(
            text,
            "    station s{i} {{ cycle: exponential({} s), breakdown jam {{ after: exponential(4 h), repair: exponential(5 min) }} }}\n    \
             flow s{i} -[10]-> {next}",
            50 + i % 11
        );
    }
    text.push_str("}\n");
    text
}

/// A line without a mistake: a chain of stations that fail and are repaired by a crew, with rejects or without.
fn sound_line(stations: usize, rejects: bool) -> String {
    let mut text = String::from(
        "line long {\n    item Part { mass: 1 kg }\n    crew mechanic { size: 40 }\n    source feed { makes: Part }\n    sink rejects\n    \
         sink out\n    flow feed -> s1\n    run { for: 1 d }\n",
    );
    for i in 1..=stations {
        let next = if i == stations { "out".to_string() } else { format!("s{}", i + 1) };
        let _ = write!(
            text,
            "    station s{i} {{\n        cycle: normal(1.8 s, 0.1 s)\n        machines: {}\n        \
             breakdown jam {{ after: exponential(4 h), clock: working, repair: lognormal(8 min, 3 min), needs: 1 mechanic }}\n        \
             power: {{ working: 12 kW, idle: 3 kW }}\n    }}\n    \
             {}\n    \
             expect e{i}: throughput(s{i}) >= 100 /h * 2 + 3 /h // note\n",
            i % 5 + 1,
            if rejects {
                format!("flow s{i} -> {{ 99.9 %: -[5]-> {next}, rest: rejects }}")
            } else {
                format!("flow s{i} -[5]-> {next}")
            }
        );
    }
    text.push_str("}\n");
    text
}

fn best(runs: usize, work: impl Fn() -> usize) -> (Duration, usize) {
    let mut best = (Duration::MAX, 0);
    for _ in 0..runs {
        let started = Instant::now();
        let size = work();
        best = best.min((started.elapsed(), size));
    }
    best
}

fn main() {
    let right = long_line(1250);
    let wrong = right.replace("machines:", "machines").replace("0.1 s)", "0.1 s +)");
    for (name, text) in [("right", right), ("2,500 mistakes", wrong)] {
        let (scan, count) = best(10, || tokens(FileId(0), &text).tokens.len());
        let (all, items) = best(10, || parse(FileId(0), &text).diagnostics.len());
        let lines = text.lines().count();
        println!("{name}: {lines} lines, {count} tokens in {scan:.1?}, parsed in {all:.1?}, {items} diagnostics");
    }
    for (name, text) in [
        ("with a reject branch at every station", sound_line(1250, true)),
        ("without branches", sound_line(1250, false)),
        ("10,000 stations that break down, a station and a flow a line", serial_line(10_000)),
    ] {
        let lines = text.lines().count();
        let read = |_: &str| Err("there are no files".to_string());
        let (read_in, _) = best(10, || parse(FileId(0), &text).diagnostics.len());
        let (checked, found) = best(10, || compile_text("long.line", text.clone(), None, &[], &read).diagnostics.len());
        let compiled = compile_text("long.line", text.clone(), None, &[], &read);
        let Some(plant) = compiled.analysed.plants.first() else {
            println!("{name}: {lines} lines, not a line: {:?}", compiled.diagnostics.first());
            continue;
        };
        let (analysed, told) = best(10, || analyse(plant).diagnostics.len());
        println!(
            "{name}: {lines} lines, parsed in {read_in:.1?}, parsed and checked in {checked:.1?} ({found} diagnostics), \
             capacity and circular waits in {analysed:.1?} ({told} findings)"
        );
    }
}
