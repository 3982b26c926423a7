//! Exact answers and estimates of lines, held against published values.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::analysis::estimate::{self, Exact, STATES};

use crate::engines::plant_of;
use crate::exact_lines::{EQUAL_BUFFERS, LOCKS, SMALL, line};

/// A line of equal exponential stations with equal buffers between them.
fn equal(stations: u32, places: u32) -> String {
    let arrow = if places == 0 { "->".to_string() } else { format!("-[{places}]->") };
    let chain: Vec<String> = (1..=stations).map(|i| format!("s[{i}]")).collect();
    format!(
        "line equal {{\n item Part {{}}\n source feed {{ makes: Part }}\n station s[{stations}] {{ cycle: exponential(1 s) }}\n \
         sink out\n flow feed -> {} -> out\n run {{ for: 1 d }}\n}}\n",
        chain.join(&format!(" {arrow} "))
    )
}

fn exact(name: &str, text: &str) -> Exact {
    estimate::exact(&plant_of(name, text), STATES).unwrap_or_else(|why| panic!("{name}: {why:?}"))
}

fn out(exact: &Exact) -> f64 {
    exact.throughput.iter().find(|(sink, _)| sink == "out").unwrap().1
}

#[test]
fn exact_throughput_of_equal_buffers() {
    for (stations, places, throughput) in EQUAL_BUFFERS.iter().filter(|(s, p, _)| (p + 2).pow(s - 1) < 700) {
        let found = exact("equal", &equal(*stations, *places));
        assert!((out(&found) - throughput).abs() < 1e-8, "{stations} stations, {places} places: {found:?}");
    }
}

#[test]
fn exact_shares_of_small_lines() {
    for (name, body, throughput, shares) in SMALL {
        let start = std::time::Instant::now();
        let plant = plant_of(name, &line(body, "for: 1 d"));
        let found = match estimate::exact(&plant, STATES) {
            Ok(found) => found,
            Err(why) => { println!("{name}: {why:?}"); continue }
        };
        println!("{name}: {} states, {} vs {throughput}, residual {:e}, {:?}", found.states, out(&found), found.residual, start.elapsed());
        for (station, which, share) in *shares {
            let s = found.stations.iter().find(|s| s.name == *station).unwrap();
            let v = [s.starved, s.working, s.blocked, s.down, s.waiting];
            println!("    {station} {which} {share} {v:?}");
        }
    }
}

#[test]
fn exact_time_to_lock() {
    for (name, body, seconds) in LOCKS {
        let found = exact(name, &line(body, "for: 1 d"));
        println!("{name}: {} states {:?} {seconds}", found.states, found.stops_after_s);
    }
}

#[test]
fn show_estimates() {
    for (stations, places, throughput) in EQUAL_BUFFERS {
        let e = estimate::estimate(&plant_of("equal", &equal(*stations, *places)));
        let x = e.throughput.iter().find(|(s, _)| s == "out").map(|(_, x)| *x);
        println!("{stations} {places}: {throughput} {x:?} {:?} {:?}", x.map(|x| (x / throughput - 1.0) * 100.0), e.left_out);
    }
    for (name, body, throughput, _) in SMALL {
        let start = std::time::Instant::now();
        let e = estimate::estimate(&plant_of(name, &line(body, "for: 1 d")));
        let x = e.throughput.iter().find(|(s, _)| s == "out").map(|(_, x)| *x);
        println!("{name}: {throughput} {x:?} {:?} {:?} {:?} {:?} {:?}", x.map(|x| (x / throughput - 1.0) * 100.0), e.method, e.left_out, e.assumed, start.elapsed());
    }
}
