//! Lines of many stations, and a line of many kinds.

use flowline::kernel::{Engine, Kernel};

use crate::Options;
use crate::clock::Clock;
use crate::compile::compile_ms;
use crate::contest::median;
use crate::peers::tandem::Tandem;
use crate::peers::{Line, SECOND};
use crate::workloads::{advance, plant};

/// Ten kinds of stations.
pub const TEN_KINDS: &str = include_str!("../ten_kinds.line");

/// Numbers of stations.
pub const SIZES: [usize; 4] = [500, 1_000, 10_000, 100_000];

/// Measures and prints.
pub fn run(options: &Options) {
    println!(
        "\n{:24} {:>9} {:>11} {:>9} {:>9} {:>7} {:>11} {:>10}",
        "stations, buffers of 5", "check ms", "compile ms", "events", "ns", "ratio", "bytes begun", "bytes run"
    );
    for stations in SIZES {
        row(stations, options);
    }
    let plant = plant(TEN_KINDS);
    let compile = compile_ms(&plant, 9);
    println!("  a line of ten kinds of stations compiles in {compile:.1} ms");
}

/// Rows that so many stations stand in: a single row of 100,000 would take a day of the model until its last
/// stations have work.
pub fn rows(stations: usize) -> usize {
    if stations > 10_000 { 100 } else { 1 }
}

/// So many stations in rows that each have a source.
pub fn text(stations: usize, rows: usize) -> String {
    let mut text = String::from("line rows {\n    item Part {}\n    sink out\n");
    let last = stations / rows;
    for row in 1..=rows {
        // The names of a single row are those of the peer.
        let s = if rows == 1 { "s".to_string() } else { format!("s{row}") };
        text.push_str(&format!(
            "    source feed{row} {{ makes: Part }}
    station {s}[{last}] {{ cycle: exponential(1 s) }}
    flow feed{row} -> {s}[1] -[5]-> ... -[5]-> {s}[{last}] -> out\n"
        ));
    }
    text + "    run { for: 1 d }\n}\n"
}

/// A line in which work has reached the last stations, from then on.
fn row(stations: usize, options: &Options) {
    let rows = rows(stations);
    let text = text(stations, rows);
    let start = Clock::start();
    let plant = plant(&text);
    let check_ms = start.seconds() * 1e3;
    let compile = compile_ms(&plant, if stations > 10_000 { 1 } else { 3 });
    let kernel = Kernel::new(&plant, Engine::Event).expect("compiles");
    let line = Line { machines: (1..=stations).map(|i| format!("s[{i}]")).collect(), ..Line::w5() };
    // A first item takes about a second a station, and then one leaves a row every 1.4 s.
    let filled = (stations / rows) as i64 * SECOND;
    let to = filled + if options.quick { 2_000_000 } else { 10_000_000 } * SECOND * 14 / 10 / stations as i64;
    let (mut ns, mut ratios, mut events, mut bytes) = (Vec::new(), Vec::new(), 0, (0, 0));
    for seed in 1..=if options.quick || stations >= 10_000 { 1 } else { 3 } {
        let mut run = kernel.begin(seed, 0);
        bytes.0 = run.arena().words().len() * 8;
        advance(&kernel, &mut run, filled);
        let before = run.events();
        let start = Clock::start();
        advance(&kernel, &mut run, to);
        let mine = start.seconds() * 1e9;
        events = run.events() - before;
        bytes.1 = run.arena().words().len() * 8;
        ns.push(mine / events as f64);
        if rows == 1 {
            let mut peer = Tandem::<false, false, true>::new(&line, seed, 0);
            peer.run(filled);
            let start = Clock::start();
            peer.run(to);
            ratios.push(mine / (start.seconds() * 1e9));
            assert_eq!(peer.events(), run.events(), "the hand-written simulator differs from the kernel");
        }
    }
    let title = if rows == 1 { format!("{stations}") } else { format!("{stations} in {rows} rows") };
    let ratio = if ratios.is_empty() { String::new() } else { format!("{:.2}", median(ratios.into_iter())) };
    println!(
        "  {title:22} {check_ms:>9.0} {compile:>11.1} {events:>9} {:>9.1} {ratio:>7} {:>11} {:>10}",
        median(ns.into_iter()),
        bytes.0 / stations,
        bytes.1 / stations
    );
}
