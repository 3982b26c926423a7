//! Lints with numbers: what they say, and that they keep silent where the defect is not proved.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Instant;

use flowline::cli::pipeline::compile_text;
use flowline::diag::Severity;

/// Codes of lints.
const LINTS: [&str; 6] = ["E0511", "E0512", "E0513", "E0514", "E0515", "E0516"];

/// What lints say about a line.
fn told(body: &str) -> Vec<String> {
    let read = |_: &str| Err("there is no such file".to_string());
    // Declarations stand on lines of their own.
    let words = ["source ", "station ", "sink ", "shift ", "item "];
    let body =
        words.iter().fold(body.to_string(), |text, word| text.replace(&format!("}} {word}"), &format!("}}\n{word}")));
    let text = format!("line l {{\n{body}\n    run {{ for: 100 h }}\n}}\n");
    let compiled = compile_text("l.line", text, None, &[], &read);
    let mut found = compiled.diagnostics;
    let plant = compiled.analysed.plants.first().expect("a plant");
    found.extend(flowline::analysis::analyse(plant).diagnostics);
    let errors: Vec<_> = found.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let lints = found.iter().filter(|d| LINTS.contains(&d.code.number()));
    lints.map(|d| format!("{} {}", d.code.number(), d.message)).collect()
}

fn demand(rate: &str, cycle: &str) -> Vec<String> {
    told(&format!(
        "item Case {{}} source feed {{ makes: Case }} station packer {{ cycle: {cycle} }} sink out
         flow feed -> packer -> out
         demand Case: {rate} at out"
    ))
}

#[test]
fn a_demand_is_close_from_98_per_cent_on_where_something_is_drawn() {
    assert_eq!(
        demand("98 /h", "exponential(36 s)"),
        ["E0511 the demand needs 98 % of `packer`; 2 % are left for chance"]
    );
    assert_eq!(demand("97.9 /h", "exponential(36 s)"), [""; 0]);
    assert_eq!(demand("100 /h", "36 s"), [""; 0]);
}

#[test]
fn machines_are_spared_where_they_may_be_good_for_something() {
    let line = |fields: &str, before: &str, every: &str| {
        told(&format!(
            "item Jar {{}} source feed {{ makes: Jar, every: {every} }} station label {{ {fields} }} sink out
             flow feed {before} label -> out"
        ))
    };
    let four = "machines: 4, cycle: exponential(20 s)";
    assert_eq!(line(four, "-[10]->", "exponential(60 s)").len(), 1);
    // Two are needed to be loaded no more than half.
    assert_eq!(line("machines: 2, cycle: 40 s", "-[10]->", "60 s"), [""; 0]);
    // Without places a machine is one.
    assert_eq!(line(four, "->", "exponential(60 s)"), [""; 0]);
    // Several items at once wait for each other.
    assert_eq!(line(four, "-[10]->", "exponential(60 s), lot: 4"), [""; 0]);
    // A spare, and setups.
    let breaks = format!("{four}\n breakdown jam {{ after: exponential(4 h), repair: 1 h }}");
    assert_eq!(line(&breaks, "-[10]->", "exponential(60 s)"), [""; 0]);
    assert_eq!(line(&format!("{four}, setup: 5 min"), "-[10]->", "exponential(60 s)"), [""; 0]);
}

#[test]
fn places_within_a_limit_are_silent_where_others_come_without_a_card() {
    let line = |flow: &str| {
        told(&format!(
            "item Part {{}} source feed {{ makes: Part }} source more {{ makes: Part }}
             station saw {{ cycle: 1 min }} station mill {{ cycle: 1 min }} sink out
             limit cards {{ count: 8, from: saw, to: mill }}
             {flow}"
        ))
    };
    assert_eq!(line("flow feed -> saw -[20]-> mill -> out\nflow more -> saw").len(), 1);
    assert_eq!(line("flow feed -> saw -[8]-> mill -> out\nflow more -> saw"), [""; 0]);
    assert_eq!(line("buffer q { capacity: 20 }\nflow feed -> saw -> q -> mill -> out\nflow more -> q"), [""; 0]);
}

#[test]
fn shifts_are_silent_where_places_are_enough() {
    let line = |places: &str, other: &str| {
        told(&format!(
            "shift early {{ mon..fri 06:00..14:00 }} shift late {{ mon..fri {other} }}
             item Part {{}} source feed {{ makes: Part }}
             station press {{ cycle: 2 min, shift: early }} station paint {{ cycle: 2 min, shift: late }} sink out
             flow feed -> press -[{places}]-> paint -> out"
        ))
    };
    let found = line("20", "14:00..22:00");
    assert_eq!(found, ["E0514 `paint` gets 0.6548 item/h from `press` at most, not 7.143 item/h: their shifts differ"]);
    assert_eq!(line("238", "14:00..22:00"), [""; 0]);
    assert_eq!(line("20", "06:00..14:00"), [""; 0]);
    // Half an hour at each end: 15 parts of 240; without a demand less than 2 % are not worth a word.
    assert_eq!(line("13", "06:30..14:30"), [""; 0]);
    assert_eq!(line("9", "06:30..14:30"), [""; 0]);
    assert_eq!(line("8", "06:30..14:30").len(), 1);
    assert_eq!(line("unlimited", "14:00..22:00"), [""; 0]);
}

#[test]
fn loads_that_gather_in_time_are_silent() {
    let line = |every: &str, batch: &str| {
        told(&format!(
            "item Part {{}} source feed {{ makes: Part, every: {every} }}
             station furnace {{ batch: {batch}, wait_at_most: 30 min, cycle: 1 min }} sink out
             flow feed -[60]-> furnace -> out"
        ))
    };
    assert_eq!(line("6 min", "7..50").len(), 1);
    assert_eq!(line("6 min", "6..50"), [""; 0]);
    // Twenty at once are there at once.
    assert_eq!(line("2 h, lot: 20", "20..50"), [""; 0]);
}

#[test]
fn people_are_told_of_only_where_they_limit() {
    let line = |size: u64, every: &str| {
        told(&format!(
            "item Part {{}}
             crew fitters {{ size: {size} }}
             source feed {{ makes: Part{every} }}
             station saw {{ cycle: 1 min, needs: 1 fitters }} station mill {{ cycle: 1 min, needs: 1 fitters }} sink out
             flow feed -[5]-> saw -[5]-> mill -> out"
        ))
    };
    assert_eq!(
        line(1, ""),
        ["E0516 `fitters` limits the line before any machine does: 100 % loaded, where `saw`, the busiest, is at 50 %"]
    );
    assert_eq!(line(2, ""), [""; 0]);
    assert_eq!(line(1, ", every: 4 min"), [""; 0]);
}

/// Lints look at each node a few times; a mistake that makes them look at pairs would take minutes.
#[test]
fn lints_of_a_long_line_take_no_time() {
    let n = 3_000;
    let text = format!(
        "shift a {{ mon..fri 06:00..14:00 }} item P {{}} source p {{ makes: P, shift: a }}
         station s[{n}] {{ machines: 2, cycle: exponential(1 s), shift: a }} sink out
         flow p -[4]-> s[1] -[5]-> ... -[5]-> s[{n}] -> out"
    );
    let begin = Instant::now();
    assert_eq!(told(&text), [""; 0]);
    assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
}

/// What E0514 says comes over at most is never exceeded by a run: shifts, places, cycles and machines at random.
#[test]
fn no_run_brings_over_more_than_is_told() {
    let mut seed = 20_261_126u64;
    let mut pick = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut told = 0;
    for number in 0..60 {
        let mut shift = || {
            let (begin, length) = (pick(10), 2 + pick(8));
            let days = ["fri", "sun", "wed"][usize::try_from(pick(3)).unwrap()];
            format!("mon..{days} {begin:02}:00..{:02}:30", begin + length)
        };
        let (a, b) = (shift(), shift());
        let places = ["->", "-[2]->", "-[10]->", "-[30]->"][usize::try_from(pick(4)).unwrap()];
        let (x, y) = (1 + pick(5), 1 + pick(5));
        let (first, second) = (1 + pick(3), 1 + pick(3));
        let text = format!(
            "line l {{\nshift a {{ {a} }}\nshift b {{ {b} }}\nitem P {{}}\nsource feed {{ makes: P }}
             station x {{ machines: {first}, cycle: {x} min, shift: a }}
             station y {{ machines: {second}, cycle: {y} min, shift: b }}
             sink out\nflow feed -> x {places} y -> out
             run {{ start: 2026-01-05 00:00, for: 3 weeks, warmup: 1 week }}\n}}\n"
        );
        let read = |_: &str| Err("there is no such file".to_string());
        let compiled = compile_text("l.line", text.clone(), None, &[], &read);
        let plant = compiled.analysed.plants.first().expect("a plant");
        let found = flowline::analysis::analyse(plant).diagnostics;
        let Some(lint) = found.iter().find(|d| d.code.number() == "E0514") else { continue };
        told += 1;
        let most = lint.message.split(" gets ").nth(1).and_then(|m| m.split(' ').next()).expect("a rate");
        let most: f64 = most.replace(',', "").parse().unwrap();
        let stop = std::sync::atomic::AtomicBool::new(false);
        let settings = flowline::sim::Settings::of(plant, &stop, &|_, _| {});
        let study = flowline::sim::simulate(plant, &settings).study.expect("a run");
        let rate = study.sinks[0].items.first().and_then(|i| i.rate_per_h).map_or(0.0, |r| r.mean);
        // Four digits are told; what stood between the two at the beginning of the two weeks may come out of them.
        assert!(rate <= most * 1.0005 + 36.0 / 336.0, "line {number}: {rate} of {most}\n{text}");
    }
    assert!(told > 20, "{told} of 60");
}
