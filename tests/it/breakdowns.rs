//! Effects and clocks of breakdowns, against theory and by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::runtime::statistics::Summary;

use crate::engines::plant_of;
use crate::published::{BLOCKED, DOWN, WORKING, around, rate, simulate, state};

fn line(station: &str, run: &str) -> String {
    format!(
        "line l {{\nitem P {{}}\nsource f {{ makes: P }}\nstation m {{ {station} }}\nsink out\nflow f -> m -> out\n\
         run {{ {run} }}\n}}\n"
    )
}

/// One machine that fails at rate 0.1 while it works, repairs of 0 s would change nothing: items per
/// second of working time against the mean time of work with failures (semantics S7). With restarts of
/// the same time x the mean is (e^(ax) - 1) / a; with a fresh one, (1 - E e^(-ax)) / (a E e^(-ax)).
#[test]
fn work_that_begins_again() {
    let a = 0.1f64;
    // Erlang of two phases with mean 1: E e^(sx) = (1 - s/2)^-2.
    let up = (1.0 - a / 2.0).powi(-2);
    let down = (1.0 + a / 2.0).powi(-2);
    for (effect, cycle, mean) in [
        ("resume", "erlang(2, 1 s)", 1.0),
        ("restart", "erlang(2, 1 s)", (up - 1.0) / a),
        ("restart_new", "erlang(2, 1 s)", (1.0 - down) / (a * down)),
        ("restart", "exponential(1 s)", (1.0 / (1.0 - a) - 1.0) / a),
        ("restart_new", "exponential(1 s)", 1.0),
    ] {
        let text = line(
            &format!(
                "cycle: {cycle}\nbreakdown jam {{ after: exponential(10 s), clock: working, repair: 2 s, effect: {effect} }}"
            ),
            "for: 20000 s, runs: 30",
        );
        let study = simulate(&plant_of(effect, &text), |_| {});
        // Each second of work brings 0.1 failures of 2 s.
        let exact = 1.0 / (mean * (1.0 + 2.0 * a));
        let found = rate(&study, "out").map(|s| Summary { mean: s.mean / 3600.0, sd: s.sd / 3600.0, ..s });
        around(&format!("{effect} {cycle}"), found, exact, 30);
    }
}

#[test]
fn scrapped_work() {
    // An item survives with probability E e^(-ax) = 1/1.1; those that do not take time as well.
    let text = line(
        "cycle: exponential(1 s)\nbreakdown jam { after: exponential(10 s), clock: working, repair: 2 s, effect: scrap }",
        "for: 20000 s, runs: 30",
    );
    let study = simulate(&plant_of("scrap", &text), |_| {});
    let per_second = |s: Option<Summary>| s.map(|s| Summary { mean: s.mean / 20_000.0, sd: s.sd / 20_000.0, ..s });
    // Work ends at rate 1 while the machine is up, a share 1 / 1.2 of the time; 0.1 items a second are lost.
    around("good items", per_second(study.items[0].left), 1.0 / 1.2, 30);
    around("scrapped items", per_second(study.items[0].scrapped), 0.1 / 1.2, 30);
}

/// Name, station, run, items that left, share of a state.
#[test]
fn by_hand() {
    for (name, station, run, items, which, share) in [
        // Work 0-10, down 10-15 behind it; then 15-25, down 25-30 ...: 15 s an item.
        (
            "after each item",
            "cycle: 10 s\nbreakdown clean { after: 1, clock: cycles, repair: 5 s }",
            "for: 150 s",
            10.0,
            DOWN,
            50.0 / 150.0,
        ),
        // Three items, then 6 s: 36 s for three.
        (
            "after three items",
            "cycle: 10 s\nbreakdown clean { after: 2.5, clock: cycles, repair: 6 s }",
            "for: 360 s",
            30.0,
            WORKING,
            300.0 / 360.0,
        ),
        // Due at 25, begins at 30, ends at 40; the clock runs from there: due at 65, begins at 70 ...
        (
            "finish the item first",
            "cycle: 10 s\nbreakdown clean { after: 25 s, repair: 10 s, effect: finish_item }",
            "for: 400 s",
            30.0,
            DOWN,
            100.0 / 400.0,
        ),
        // Working time: due after 25 s of work, begins after 30; 40 s for three items.
        (
            "finish the item first, by working time",
            "cycle: 10 s\nbreakdown clean { after: 25 s, clock: working, repair: 10 s, effect: finish_item }",
            "for: 400 s",
            30.0,
            DOWN,
            100.0 / 400.0,
        ),
        // Each failure at 25 s costs the third item: 0-10, 10-20, 20-25 scrapped, down until 30.
        (
            "scrapped by the clock",
            "cycle: 10 s\nbreakdown crash { after: 25 s, repair: 5 s, effect: scrap }",
            "for: 300 s",
            20.0,
            WORKING,
            250.0 / 300.0,
        ),
        // The third item begins again at 30 and is done at 40; then 40-50, 50-55 interrupted at 55.
        (
            "begun again",
            "cycle: 10 s\nbreakdown crash { after: 25 s, repair: 5 s, effect: restart }",
            "for: 59 s",
            4.0,
            BLOCKED,
            0.0,
        ),
    ] {
        let study = simulate(&plant_of(name, &line(station, run)), |_| {});
        assert_eq!(study.items[0].left.unwrap().mean, items, "{name}");
        let found = state(&study, "m", which).unwrap().mean;
        assert!((found - share).abs() < 1e-12, "{name}: {found} instead of {share}");
    }
}
