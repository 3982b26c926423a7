//! Fleets in the capacity card: loads worked out by hand, and bounds that no run exceeds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use flowline::analysis::analyse;
use flowline::sim::{self, Settings};

use crate::analysis_capacity::{analysed, meant, said};
use crate::random_lines::Chance;

#[track_caller]
fn load_of(text: &str, expected: f64) {
    let analysis = analysed(text);
    let (_, load) = analysis.capacity.loads.iter().find(|(n, _)| n == "agv").unwrap();
    assert!((load.load - expected).abs() < 1e-9, "{} is not {expected}: {text}", load.load);
}

fn two_ways(every: [u64; 2], fleet: &str) -> String {
    format!(
        "line two {{
            item P
            source one {{ makes: P, every: {} s, when_full: queue }}
 source two {{ makes: P, every: {} s, when_full: queue }}
            buffer a {{ capacity: 5 }}
            buffer b {{ capacity: 5 }}
            sink x
            sink y
            fleet agv {{ speed: 1 m/s
 {fleet}
                distance: {{ a -> x: 30 m, b -> y: 30 m, x -> a: 10 m, x -> b: 20 m, y -> a: 15 m, y -> b: 100 m }} }}
            flow one -> a -[agv]-> x
            flow two -> b -[agv]-> y
            run {{ for: 30 d }} }}",
        every[0], every[1]
    )
}

#[test]
fn loads_are_those_worked_out_by_hand() {
    // Trips of 30 s; back the cheapest way that balances all stops: x -> b and y -> a, 35 s for a pair, where the
    // nearest would be x -> a and then y -> b, 110 s. 95 s of work in 100 s.
    load_of(&two_ways([100, 100], ""), 0.95);
    // In 200 s two parts at a and one at b: x -> b, y -> a and x -> a, 45 s; 135 s of work.
    load_of(&two_ways([100, 200], ""), 0.675);
    // Twice as fast when empty, 5 s more at each end.
    load_of(
        &two_ways([100, 100], "speed: { loaded: 1 m/s, empty: 2 m/s }, load_time: 5 s, unload_time: 5 s")
            .replace("speed: 1 m/s\n", "\n"),
        0.975,
    );
    // Two vehicles, down 10 s in 100 s.
    load_of(&two_ways([100, 100], "size: 2, breakdown f { after: 90 s, repair: 10 s }"), 0.95 / 2.0 / 0.9);
    // 10 s of repair for each 50 s on the way; and one second for each trip.
    load_of(&two_ways([100, 100], "breakdown f { after: 50 s, clock: working, repair: 10 s }"), 0.95 * 1.2);
    load_of(&two_ways([100, 100], "breakdown f { after: 5, clock: cycles, repair: 5 s }"), 0.97);
    // Due every 90 s, and it waits at most for the longest trip, 100 s and 30 s.
    load_of(&two_ways([100, 100], "maintenance m { every: 90 s, lasts: 10 s }"), 0.95 * 230.0 / 220.0);
}

#[test]
fn a_demand_beyond_a_fleet_is_refuted_with_the_arithmetic() {
    let analysis = analysed(
        "line busy { item Part
            source feed { makes: Part }
            buffer rack { capacity: unlimited }
            sink out
            fleet agv { speed: 1 m/s, load_time: 10 s, unload_time: 10 s }
            flow feed -> rack -[agv(40 m)]-> out
            demand Part: 40 /h
            run { for: 10 h } }",
    );
    let text = said(&analysis);
    assert!(text.contains("E0501 demand 40 Part/h exceeds what `agv` can do, 36 Part/h"), "{text}");
    assert!(text.contains("(40 Part/h × 60 s + 0.4444 h of empty trips at least) ÷ 1 vehicle"), "{text}");
    assert!(text.contains("`agv` would do with 2 vehicles"), "{text}");
}

/// Stops, distances, times, stops of vehicles and a shift by chance; sources always have parts, so that the fleet is
/// all that limits them.
fn any_line(chance: &mut Chance) -> String {
    let ways = 1 + chance.below(3);
    let mut text = String::from("line any {\n item P\n");
    let mut table = String::new();
    for i in 0..ways {
        let _ = writeln!(text, " source s{i} {{ makes: P }} \n buffer a{i} {{ capacity: 3 }}\n sink x{i}");
        let _ = writeln!(text, " flow s{i} -> a{i} -[agv]-> x{i}");
        for j in 0..ways {
            let _ =
                write!(table, "a{i} -> x{j}: {} m, x{j} -> a{i}: {} m, ", 10 + chance.below(90), 5 + chance.below(90));
        }
    }
    let _ = writeln!(text, " shift day {{ mon..sun 06:00..14:00, mon..sun 20:00..22:00 }}");
    let speed =
        chance.of(&["speed: 1 m/s", "speed: { loaded: 0.8 m/s, empty: 1.6 m/s }", "speed: uniform(0.5 m/s, 2 m/s)"]);
    let time = chance.of(&["load_time: 5 s", "load_time: exponential(8 s)", "unload_time: triangular(2 s, 5 s, 20 s)"]);
    let stop = chance.of(&[
        "",
        "breakdown f { after: exponential(20 min), repair: lognormal(3 min, 1 min) }",
        "breakdown f { after: 10 min, clock: working, repair: 1 min }",
        "breakdown f { after: 12, clock: cycles, repair: exponential(40 s) }",
        "maintenance m { every: 15 min, lasts: 4 min }",
        "breakdown f { after: 7 min, repair: 1 min, effect: finish_item }",
    ]);
    let shift = chance.of(&["", "shift: day", "shift: day, shift_end: pause"]);
    let size = 1 + chance.below(3);
    let _ =
        writeln!(text, " fleet agv {{ size: {size}, {speed}, {time}\n {shift}\n distance: {{ {table} }}\n {stop}\n }}");
    text.push_str(" run { for: 14 d, warmup: 1 d, runs: 3 }\n}\n");
    text
}

#[test]
fn no_run_exceeds_the_bound() {
    let (mut reached, mut held) = (0, 0);
    for seed in 0..24 {
        let text = any_line(&mut Chance::new(seed));
        let plant = meant(&text);
        let capacity = analyse(&plant).capacity;
        if capacity.loads.is_empty() {
            continue;
        }
        let stop = AtomicBool::new(false);
        let study = sim::simulate(&plant, &Settings::of(&plant, &stop, &|_, _| {})).study.unwrap();
        for (sink, bound) in &capacity.throughput_bound_per_h {
            let rates = study.sinks.iter().filter(|s| s.name == *sink).flat_map(|s| &s.items);
            let (mut most, mut chance) = (0.0, 0.0);
            for rate in rates.filter_map(|a| a.rate_per_h) {
                most += rate.mean;
                chance += rate.half_width.unwrap_or(0.0);
            }
            assert!(most <= bound + 4.0 * chance + 0.01, "line {seed}: {most} at `{sink}`, at most {bound}\n{text}");
            held += 1;
            reached += u64::from(most > 0.95 * bound);
        }
    }
    assert!(held > 20 && reached > 0, "{held} bounds, {reached} reached");
}
