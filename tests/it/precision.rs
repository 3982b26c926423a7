//! Runs that a precision adds: none is made twice, threads change nothing, the limit holds, and what was reached is
//! told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flowline::base::SourceMap;
use flowline::ir::Plant;
use flowline::sim::outcome::Study;
use flowline::sim::{Outcome, Settings, simulate};
use flowline::{sema, syntax};

/// The queue M/M/1 at a load of one half.
fn queue(precision: &str) -> Plant {
    let text = format!(
        "line q {{
            item P {{}}
            source s {{ makes: P, every: exponential(2 min), when_full: queue }}
            station m {{ cycle: exponential(1 min) }}
            sink o
            flow s -> m -> o
            run {{ for: 5 h, precision: {precision} }}
        }}"
    );
    let mut files = SourceMap::default();
    let id = files.add("precision.line", text.as_str());
    let parsed = syntax::parse(id, &text);
    let options = sema::Options { set: Vec::new(), read: &|_| Err("no files".into()) };
    let analysed = sema::analyse(&mut files, &parsed.tree, &options);
    assert!(analysed.complete, "{:#?}", analysed.diagnostics);
    analysed.plants.into_iter().next().unwrap()
}

/// What came of it, and how many runs were made.
fn simulated(plant: &Plant, change: impl Fn(&mut Settings<'_>)) -> (Outcome, Study, u64) {
    let (stop, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let progress = |_: u64, _: u64| {
        made.fetch_add(1, Ordering::Relaxed);
    };
    let mut settings = Settings::of(plant, &stop, &progress);
    change(&mut settings);
    let outcome = simulate(plant, &settings);
    let mut study = outcome.study.clone().unwrap();
    study.header.wall_s = 0.0;
    (outcome, study, made.load(Ordering::Relaxed))
}

#[test]
fn runs_are_added_and_none_is_made_twice() {
    let plant = queue("3 %");
    let (outcome, one, made) = simulated(&plant, |s| s.threads = Some(1));
    assert!(outcome.diagnostics.is_empty() && one.runs > 10 && one.runs < 1000, "{}", one.runs);
    assert_eq!(made, one.runs, "as many were made as count");
    for threads in [2, 3] {
        assert_eq!(one, simulated(&plant, |s| s.threads = Some(threads)).1);
    }
    let (_, given, _) = simulated(&plant, |s| (s.runs, s.fixed_runs) = (one.runs, true));
    assert_eq!(one, given, "so many runs, asked for by number, are the same");
    let rate = one.sinks[0].items[0].rate_per_h.unwrap();
    assert!(rate.relative_half_width().unwrap() <= 0.03, "{rate:?}");
}

#[test]
fn the_limit_holds_and_what_was_reached_is_told() {
    let plant = queue("0.1 %");
    let (outcome, study, made) = simulated(&plant, |_| {});
    assert_eq!((study.runs, made), (1000, 1000));
    let told = &outcome.diagnostics[0];
    let reached = study.sinks[0].items[0].rate_per_h.unwrap().relative_half_width().unwrap() * 100.0;
    assert_eq!(told.code.number(), "E0716");
    let reached = format!("{reached:.2}");
    let reached = reached.trim_end_matches('0').trim_end_matches('.');
    assert!(told.message.contains(&format!("± {reached} %, not to ± 0.1 %")), "{}: {reached}", told.message);
}
