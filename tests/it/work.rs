//! Steps, people by phase, and setups: by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::engines::plant_of;
use crate::published::{WORKING, simulate, state};

const SETUP: usize = 1;
const WAITING: usize = 4;
const DOWN: usize = 5;

/// Name, declarations, end of the run, items that left, shares of states of stations.
type Case = (&'static str, &'static str, &'static str, f64, &'static [(&'static str, usize, f64)]);

const CASES: &[Case] = &[
    (
        "three steps in order",
        "source f { makes: P }
         station m { steps: { load: 2 s, run: 7 s, unload: 1 s } }
         flow f -> m -> out",
        "100 s",
        10.0,
        &[("m", WORKING, 1.0)],
    ),
    (
        // Two machines, one man who loads: 2 s of 8 s each; the second begins when the first is loaded.
        "people for one step only",
        "crew men { size: 1 }
         source f { makes: P }
         station m { machines: 2, steps: { load: 2 s, run: 6 s }, needs: { load: 1 men } }
         flow f -> m -> out",
        "102 s",
        24.0,
        &[("m", WAITING, 1.0 / 102.0)],
    ),
    (
        // One man for the whole of it: the machines work in turn, ten seconds each.
        "people for the whole work stay between steps",
        "crew men { size: 1 }
         source f { makes: P }
         station m { machines: 2, steps: { load: 2 s, run: 8 s }, needs: 1 men }
         flow f -> m -> out",
        "100 s",
        10.0,
        &[("m", WORKING, 0.5), ("m", WAITING, 0.5)],
    ),
    (
        // A B A B ...: 10 s of work and 5 s of setup for each but the first.
        "a setup at each change",
        "item Q {}
         source f { makes: P, every: 30 s }
         source g { makes: Q, every: 30 s, first: 15 s }
         station m { cycle: 10 s, setup: 5 s }
         flow f -[9]-> m -> out
         flow g -[9]-> m",
        "300 s",
        20.0,
        &[("m", SETUP, 95.0 / 300.0), ("m", WORKING, 200.0 / 300.0)],
    ),
    (
        // P to Q costs 8 s, Q to P 2 s; the same to the same nothing.
        "setups that depend on the direction",
        "item Q {}
         source f { makes: P, every: 30 s }
         source g { makes: Q, every: 30 s, first: 15 s }
         station m { cycle: 5 s, setup: { P -> Q: 8 s, Q -> P: 2 s } }
         flow f -[9]-> m -> out
         flow g -[9]-> m",
        "300 s",
        20.0,
        &[("m", SETUP, (10.0 * 8.0 + 9.0 * 2.0) / 300.0)],
    ),
    (
        // The setter is away for the first setup until 22 s: 0-10 P, 15 loaded, 22-27 setup, 27-37 Q.
        "setters of their own",
        "item Q {}
         item Z {}
         crew setters { size: 1 }
         source f { makes: P, every: 30 s, total: 1 }
         source g { makes: Q, every: 30 s, first: 15 s, total: 1 }
         source h { makes: Z, every: 30 s, total: 1 }
         station other { cycle: 22 s, needs: 1 setters }
         station m { cycle: 10 s, setup: 5 s, needs: { setup: 1 setters } }
         flow f -[9]-> m -> out
         flow g -[9]-> m
         flow h -> other -> out",
        "100 s",
        3.0,
        &[("m", SETUP, 0.05), ("m", WAITING, 0.07), ("m", WORKING, 0.2)],
    ),
    (
        // The clock of working time stands still during setups: due after 25 s of work, at 40 s with two
        // setups of 5 s behind it and 5 s of the third item done.
        "setups do not wear out",
        "item Q {}
         source f { makes: P, every: 30 s }
         source g { makes: Q, every: 30 s, first: 15 s }
         station m { cycle: 10 s, setup: 5 s
             breakdown jam { after: 25 s, clock: working, repair: 3 s } }
         flow f -[9]-> m -> out
         flow g -[9]-> m",
        "41 s",
        2.0,
        &[("m", DOWN, 1.0 / 41.0), ("m", SETUP, 10.0 / 41.0)],
    ),
    (
        // A failure at 12 s interrupts the setup (10-15 s) of the second item, which goes on at 16 s.
        "an interrupted setup is finished",
        "item Q {}
         source f { makes: P, every: 30 s, total: 1 }
         source g { makes: Q, every: 30 s, first: 10 s, total: 1 }
         station m { cycle: 10 s, setup: 5 s
             breakdown jam { after: 12 s, repair: 4 s } }
         flow f -[9]-> m -> out
         flow g -[9]-> m",
        "100 s",
        2.0,
        &[("m", SETUP, 0.05), ("m", WORKING, 0.2)],
    ),
];

#[test]
fn steps_and_setups_by_hand() {
    for (name, body, end, items, shares) in CASES {
        let text = format!("line l {{\nitem P {{}}\nsink out\n{body}\nrun {{ for: {end} }}\n}}\n");
        let study = simulate(&plant_of(name, &text), |_| {});
        let left: f64 = study.items.iter().filter_map(|i| i.left).map(|s| s.mean).sum();
        assert!((left - items).abs() < 1e-9, "{name}: {left} items instead of {items}");
        for (station, which, share) in *shares {
            let found = state(&study, station, *which).unwrap().mean;
            assert!((found - share).abs() < 1e-9, "{name}: state {which} of {station}: {found} instead of {share}");
        }
    }
}

/// Overall equipment effectiveness after ISO 22400, by hand.
#[test]
fn effectiveness_by_hand() {
    for (name, station, end, exact) in [
        // Available half of the time, 8 s of 10 s ideal, all good.
        (
            "ideal",
            "cycle: 10 s, ideal: 8 s\n breakdown clean { after: 1, clock: cycles, repair: 10 s }",
            "100 s",
            0.5 * 0.8,
        ),
        // Without `ideal`: the time worked, 250 s of 300 s; 20 good and 10 spoilt.
        (
            "spoilt",
            "cycle: 10 s\n breakdown crash { after: 25 s, repair: 5 s, effect: scrap }",
            "300 s",
            250.0 / 300.0 * 20.0 / 30.0,
        ),
        // Nothing is made.
        ("idle", "cycle: 1000 s", "300 s", f64::NAN),
    ] {
        let text = format!(
            "line l {{\nitem P {{}}\nsource f {{ makes: P }}\nstation m {{ {station} }}\nsink out\nflow f -> m -> out\n\
             run {{ for: {end} }}\n}}\n"
        );
        let study = simulate(&plant_of(name, &text), |_| {});
        match study.stations[0].oee {
            Some(found) => assert!((found.mean - exact).abs() < 1e-12, "{name}: {} instead of {exact}", found.mean),
            None => assert!(exact.is_nan(), "{name}: no value"),
        }
    }
}
