//! `warmup: auto`: where it begins to measure, that what it measures is what a given warm-up would, and that a line
//! without a steady state is told so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use flowline::base::{SourceMap, Ticks};
use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::sim::outcome::Study;
use flowline::sim::warmup::least_standard_error;
use flowline::sim::{Outcome, Settings, simulate};
use flowline::{sema, syntax};

fn plant(text: &str) -> Plant {
    let mut files = SourceMap::default();
    let id = files.add("warmup.line", text);
    let parsed = syntax::parse(id, text);
    let options = sema::Options { set: Vec::new(), read: &|_| Err("no files".into()) };
    let analysed = sema::analyse(&mut files, &parsed.tree, &options);
    assert!(
        analysed.complete && parsed.diagnostics.is_empty(),
        "{:#?}\n{:#?}",
        parsed.diagnostics,
        analysed.diagnostics
    );
    analysed.plants.into_iter().next().unwrap()
}

fn simulated(plant: &Plant, change: impl Fn(&mut Settings<'_>)) -> Outcome {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    change(&mut settings);
    simulate(plant, &settings)
}

fn study(plant: &Plant, change: impl Fn(&mut Settings<'_>)) -> Study {
    let outcome = simulated(plant, change);
    let mut study = outcome.study.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
    study.header.wall_s = 0.0;
    study
}

#[test]
fn the_least_standard_error_is_where_the_rule_says() {
    // The rule as written: the sum of squared deviations of the rest over the square of its number.
    let direct = |series: &[f64], d: usize| {
        let rest = &series[d..];
        let n = rest.len() as f64;
        let mean = rest.iter().sum::<f64>() / n;
        rest.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / (n * n)
    };
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    for _ in 0..200 {
        let rise = 40.0 * random();
        let series: Vec<f64> = (0..100).map(|i| 5.0 - 4.0 * (-f64::from(i) / (rise + 0.1)).exp() + random()).collect();
        let best = (0..=50).map(|d| (direct(&series, d), d)).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        let found = least_standard_error(&series, 50);
        assert!((direct(&series, found) / best.0 - 1.0).abs() < 1e-9, "{found} instead of {}", best.1);
    }
    assert_eq!(least_standard_error(&[3.0; 40], 20), 0, "of equal errors the first");
    let step: Vec<f64> = (0..40).map(|i| if i < 7 { 0.0 } else { 1.0 }).collect();
    assert_eq!(least_standard_error(&step, 20), 7);
    let line: Vec<f64> = (0..40).map(f64::from).collect();
    assert_eq!(least_standard_error(&line, 20), 20, "what grows without end is never in its stride");
}

/// The queue M/M/1 at a load of 0.9, begun empty.
const QUEUE: &str = "line q {
    item P {}
    source s { makes: P, every: exponential(10 s / 9), when_full: queue }
    station m { cycle: exponential(1 s) }
    sink o
    flow s -> m -> o
    run { for: 38000 s, warmup: auto, runs: 20 }
}";

/// What the mean number in an M/M/1 queue that begins empty lacks of its mean in the long run, integrated from
/// `from` on, item-seconds: Kolmogorov's equations of the chain, cut at 250 items, by small steps.
fn lacking(load: f64, from: f64) -> f64 {
    let (n, dt) = (250, 0.4);
    let long_run = load / (1.0 - load);
    let mut p = vec![0.0; n];
    p[0] = 1.0;
    let (mut t, mut lacks) = (0.0, 0.0);
    while t < 4000.0 {
        let flow: Vec<f64> = (0..n - 1).map(|i| load * p[i] - p[i + 1]).collect();
        for (i, f) in flow.iter().enumerate() {
            p[i] -= dt * f;
            p[i + 1] += dt * f;
        }
        t += dt;
        if t > from {
            let mean: f64 = p.iter().zip(0u32..).map(|(p, i)| p * f64::from(i)).sum();
            lacks += (long_run - mean) * dt;
        }
    }
    lacks
}

#[test]
fn a_queue_that_begins_empty() {
    // All of the bias is about 896 item-seconds, 15 % of it are left behind 380 s, 3 % behind 760 s.
    let all = lacking(0.9, 0.0);
    assert!((all - 896.0).abs() < 5.0, "{all}");
    let plant = plant(QUEUE);
    let mut begins: Vec<f64> = (1..=12).map(|seed| study(&plant, |s| s.seed = seed).header.warmup_s).collect();
    let left: f64 = begins.iter().map(|b| lacking(0.9, *b) / all).sum::<f64>() / 12.0;
    assert!(left < 0.15, "{left} of the bias are left behind {begins:?}");
    // Little is thrown away: the median is below three times that.
    begins.sort_by(f64::total_cmp);
    assert!(begins[6] <= 3.0 * 760.0 && begins[11] <= 19_000.0, "{begins:?}");
}

#[test]
fn a_line_that_begins_full() {
    // 200 items before a machine of rate 1 that gets 0.5 a second: it has worked them off after 400 s. Its mean
    // in the long run is 1 item.
    let plant = plant(
        "line q {
        item P {}
        source s { makes: P, every: exponential(2 s), when_full: queue }
        buffer b { capacity: unlimited, initial: 200 P }
        station m { cycle: exponential(1 s) }
        sink o
        flow s -> b -> m -> o
        run { for: 20000 s, warmup: auto, runs: 10 }
    }",
    );
    for seed in 1..=6 {
        let found = study(&plant, |s| s.seed = seed);
        let begin = found.header.warmup_s;
        assert!((400.0..5000.0).contains(&begin), "seed {seed}: {begin} s");
        let wip = found.line.wip.unwrap();
        assert!((wip.mean - 1.0).abs() < 0.1, "seed {seed}: {wip:?}");
        let cold = study(&plant, |s| (s.seed, s.find_warmup) = (seed, false)).line.wip.unwrap();
        assert!(cold.mean > 2.5, "seed {seed}: all of it begun full: {cold:?}");
    }
}

/// People, breakdowns, belts, two types, shifts, times of items and hours of a shift.
const SHOP: &str = "line shop {
    shift day { mon..sun 06:00..22:00 }
    item A {}
    item B {}
    crew people { size: 2 }
    source s { makes: { 60 %: A, rest: B }, every: exponential(9 min), when_full: queue }
    buffer pile { capacity: unlimited, initial: 150 A }
    conveyor belt { length: 20 m, speed: 0.1 m/s, pitch: 1 m }
    station cut { machines: 2, cycle: { A: exponential(4 min), B: triangular(2 min, 4 min, 9 min) }, needs: 1 people, breakdown jam { after: exponential(6 h), repair: exponential(20 min), needs: 1 people } }
    station pack { cycle: exponential(3 min), shift: day, needs: 1 people }
    sink out
    sink scrap
    flow s -> pile -> cut -> belt -> { 95 %: pack -> out, rest: scrap }
    expect long: p90(time_in_system(A)) <= 100 h
    expect between: p50(time(B, cut -> out)) <= 100 h
    expect most: max(time_in_system(B)) <= 1000 h
    expect hourly: throughput(out, during: day) >= 1 /h
    expect idle: starved(pack, during: day) <= 100 %
    run { for: 400 h, warmup: auto, runs: 22 }
}";

#[test]
fn what_is_measured_is_what_a_given_warm_up_measures() {
    for text in [QUEUE, SHOP] {
        let plant = plant(text);
        for engine in [Engine::Event, Engine::Interpreter] {
            let small = |s: &mut Settings<'_>| {
                s.engine = engine;
                if engine == Engine::Interpreter {
                    s.runs = 3;
                }
            };
            let mut found = study(&plant, small);
            assert!(found.header.warmup_found && found.header.warmup_s > 0.0, "{:?}", found.header);
            let begin = Ticks((found.header.warmup_s * 1e9).round() as i64);
            let mut given = study(&plant, |s| {
                small(s);
                (s.find_warmup, s.warmup) = (false, begin);
            });
            given.header.warmup_found = true;
            // What a wait is charged to can be another where the end of a slice cut it; the sum cannot.
            for (f, g) in found.stations.iter_mut().zip(&mut given.stations) {
                for (f, g) in f.causes.iter().zip(&g.causes) {
                    let sum = |list: &[(String, Option<flowline::runtime::statistics::Summary>)]| {
                        list.iter().filter_map(|(_, s)| s.map(|s| s.mean)).sum::<f64>()
                    };
                    assert!((sum(f) - sum(g)).abs() < 1e-9, "{f:?} instead of {g:?}");
                }
                (f.causes, g.causes) = Default::default();
            }
            assert_eq!(found, given, "{engine:?}");
        }
    }
}

#[test]
fn slices_of_shifts_are_days_and_threads_change_nothing() {
    let plant = plant(SHOP);
    let one = study(&plant, |s| s.threads = Some(1));
    assert_eq!(one.header.warmup_s % 86_400.0, 0.0, "{}", one.header.warmup_s);
    assert_eq!(one, study(&plant, |s| s.threads = Some(3)));
}

#[test]
fn without_a_steady_state_there_are_no_figures() {
    let failed = |text: &str, change: &dyn Fn(&mut Settings<'_>)| {
        let outcome = simulated(&plant(text), change);
        assert!(outcome.study.is_none() && outcome.diagnostics.len() == 1, "{:#?}", outcome.diagnostics);
        let d = outcome.diagnostics.into_iter().next().unwrap();
        (d.code.number(), d.message.clone(), d.notes.join("\n"))
    };
    // The loads say it, for a single run too, and at a load of 1.
    for every in ["0.99 s", "1 s"] {
        let (code, message, notes) = failed(&QUEUE.replace("10 s / 9", every), &|s| s.runs = 1);
        assert_eq!((code, message.contains("`s.outside` grows without end")), ("E0718", true), "{message}");
        assert!(notes.contains("`m` has a load of 10"), "{notes}");
    }
    // What no load says the runs do: a source that ends at some time has no rate in the long run.
    let slow = "line q {
        item P {}
        source s { makes: P, every: exponential(1 s), when_full: queue, total: 100000 }
        station m { cycle: exponential(1.03 s) }
        sink o
        flow s -> m -> o
        run { for: 38000 s, warmup: auto, runs: 10 }
    }";
    let (code, message, notes) = failed(slow, &|_| {});
    assert_eq!((code, message.contains("the work in process still changes")), ("E0718", true), "{message}");
    assert!(notes.contains("in the four quarters"), "{notes}");
    let (code, message, _) = failed(&SHOP.replace("400 h", "200 h"), &|_| {});
    assert_eq!(code, "E0719", "{message}");
    let until = QUEUE.replace("warmup: auto", "warmup: 1 s").replace("for: 38000 s", "until: 100 at o");
    assert_eq!(failed(&until, &|s| s.find_warmup = true).0, "E0702");
}

#[test]
fn a_precision_adds_runs_behind_the_warm_up_that_was_found() {
    let text = QUEUE.replace("runs: 20", "precision: { wip: 4 % }");
    let plant = plant(&text);
    let found = study(&plant, |_| {});
    assert!(found.runs > 20, "{}", found.runs);
    let wip = found.line.wip.unwrap();
    assert!(wip.relative_half_width().unwrap() <= 0.04 && (wip.mean - 9.0).abs() < 0.5, "{wip:?}");
    let begin = Ticks((found.header.warmup_s * 1e9).round() as i64);
    let given = study(&plant, |s| (s.find_warmup, s.warmup) = (false, begin));
    assert_eq!((found.runs, found.line, found.events), (given.runs, given.line, given.events));
}
