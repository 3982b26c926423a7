//! What the capacity card calls the most that can leave is never exceeded: random lines, run for weeks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use flowline::analysis::analyse;
use flowline::sim::{self, Settings};

use crate::engines::plant_or_later;
use crate::random_lines::{Times, random_line};

/// Lines that are tried, and the number of the first.
const LINES: u64 = 24;
const FIRST: u64 = 5000;
/// Half widths of 95 % confidence by which chance may carry a rate above its bound: with four runs 4 half widths are
/// exceeded once in some 2,000 times.
const HALF_WIDTHS: f64 = 4.0;

#[test]
fn no_line_makes_more_than_its_bound() {
    let (mut held, mut near) = (0, 0);
    for seed in FIRST..FIRST + LINES {
        let times = if seed % 4 == 0 { Times::Ties } else { Times::Mixed };
        let text = random_line(seed, times)
            .text()
            .replace("run { for: 4 h, warmup: 20 min, runs: 2 }", "run { for: 14 d, warmup: 7 d, runs: 4 }");
        let Ok(plant) = plant_or_later(&format!("line {seed}"), &text) else { continue };
        let capacity = analyse(&plant).capacity;
        let stop = AtomicBool::new(false);
        let outcome = sim::simulate(&plant, &Settings::of(&plant, &stop, &|_, _| {}));
        let Some(study) = outcome.study else { continue };
        for (sink, bound) in &capacity.throughput_bound_per_h {
            let rates =
                study.sinks.iter().filter(|s| s.name == *sink).flat_map(|s| &s.items).filter_map(|a| a.rate_per_h);
            let (mut most, mut chance) = (0.0, 0.0);
            for rate in rates {
                most += rate.mean;
                chance += rate.half_width.unwrap_or(0.0);
            }
            // What stood inside when the measurement began may leave in it.
            let inside = 2.0 * study.line.wip.map_or(0.0, |w| w.mean).min(200.0) / (7.0 * 24.0);
            assert!(
                most <= bound + HALF_WIDTHS * chance + inside,
                "line {seed}: {most} ± {chance} an hour at `{sink}`, at most {bound}\n{text}"
            );
            held += 1;
            near += u64::from(most > 0.9 * bound);
        }
    }
    println!("{held} bounds of sinks held, {near} of them reached to 90 %");
    assert!(held > 30 && near > 8, "{held} bounds, {near} reached");
}
