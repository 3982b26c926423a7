//! Published and exact results, from the printed page or the line's Markov chain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::type_complexity)]

use std::sync::atomic::AtomicBool;

use flowline::base::Ticks;
use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::runtime::statistics::{Summary, student_t};
use flowline::sim::outcome::Study;
use flowline::sim::{self, Settings};

use crate::engines::plant_of;

fn example(name: &str) -> Plant {
    let path = format!("{}/examples/{name}.line", env!("CARGO_MANIFEST_DIR"));
    plant_of(name, &std::fs::read_to_string(path).unwrap())
}

fn simulate(plant: &Plant, change: impl FnOnce(&mut Settings)) -> Study {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    change(&mut settings);
    let outcome = sim::simulate(plant, &settings);
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    outcome.study.unwrap()
}

/// The exact value lies in the 99.9 % interval of the simulated mean.
fn around(what: &str, found: Option<Summary>, exact: f64, runs: u64) {
    let found = found.unwrap_or_else(|| panic!("{what}: no value"));
    let half = student_t(0.999, runs - 1) * found.sd / (runs as f64).sqrt();
    assert!(
        (found.mean - exact).abs() <= half.max(1e-9 * exact.abs()),
        "{what}: {} ± {half} does not hold {exact}",
        found.mean
    );
}

fn state(study: &Study, station: &str, state: usize) -> Option<Summary> {
    study.stations.iter().find(|s| s.name == station).and_then(|s| s.states[state])
}

const WORKING: usize = 0;
const STARVED: usize = 2;
const BLOCKED: usize = 3;
const DOWN: usize = 5;

fn rate(study: &Study, sink: &str) -> Option<Summary> {
    let sink = study.sinks.iter().find(|s| s.name == sink)?;
    sink.items.first()?.rate_per_h
}

#[test]
fn two_servers_of_dream() {
    let study = simulate(&example("two_servers"), |_| {});
    assert_eq!(study.sinks[0].items[0].count.unwrap().mean, 732.0);
    let blocked = state(&study, "m1", BLOCKED).unwrap().mean * 100.0;
    assert!((blocked - 78.17708).abs() < 5e-6, "{blocked}");
    let busy = study.crews[0].busy.unwrap().mean * 100.0;
    assert!((busy - 26.73611).abs() < 5e-6, "{busy}");
}

#[test]
fn assembly_line_of_dream() {
    let study = simulate(&example("assembly_line"), |_| {});
    assert_eq!(study.sinks[0].items[0].count.unwrap().mean, 664.0);
    let working = state(&study, "assembly", WORKING).unwrap().mean * 100.0;
    assert!((working - 92.36111).abs() < 5e-6, "{working}");
}

#[test]
fn test_and_repair_shop_of_rossetti() {
    let study = simulate(&example("test_and_repair"), |s| s.runs = 200);
    // Station, exact load, published mean and half width.
    for (station, exact, mean, half) in [
        ("diagnostics", 0.75, 0.744, 0.007),
        ("test_1", 0.85625, 0.855, 0.005),
        ("test_2", 0.775, 0.773, 0.006),
        ("test_3", 0.8625, 0.858, 0.006),
        ("repair", 0.868_055_555, 0.864, 0.006),
    ] {
        let found = state(&study, station, WORKING);
        // Empty at first and full at the end: at most one item of 249,600 min of work per machine.
        let bias = 3e-4;
        let summary = found.unwrap();
        let interval = student_t(0.999, 199) * summary.sd / 200f64.sqrt();
        assert!(
            (summary.mean - exact).abs() < interval + bias,
            "{station}: {} ± {interval}, exact {exact}",
            summary.mean
        );
        assert!((summary.mean - mean).abs() <= half, "{station}: {} outside {mean} ± {half}", summary.mean);
    }
    let time = study.line.time_in_system.mean.unwrap().mean / 60.0;
    assert!((time - 352.5).abs() <= 14.3, "time in system {time} min");
}

#[test]
fn two_stations_and_moves_of_rossetti() {
    let study = simulate(&example("two_stations"), |s| s.runs = 60);
    // Means of 20,000 min from a started line: exact in the limit.
    let time = study.line.time_in_system.mean;
    around("time in system", time.map(|s| Summary { mean: s.mean / 60.0, sd: s.sd / 60.0, ..s }), 17.0, 60);
    let buffer = |name: &str| study.buffers.iter().find(|b| b.name == name).unwrap().wait_s;
    around("wait 1", buffer("queue_1"), 60.0 * 0.7 * 0.7 / 0.3, 60);
    around("wait 2", buffer("queue_2"), 60.0 * 8.1, 60);
}

#[test]
fn job_shop_of_law_and_kelton() {
    let study = simulate(&example("job_shop"), |s| s.runs = 400);
    for (station, published, half) in [
        ("group_1.queue", 12.5, 0.4),
        ("group_2.queue", 35.3, 2.2),
        ("group_3.queue", 0.72, 0.01),
        ("group_4.queue", 21.1, 1.2),
        ("group_5.queue", 1.83, 0.02),
    ] {
        let mean = study.buffers.iter().find(|b| b.name == station).unwrap().mean.unwrap();
        // Both are estimates: their difference is held against both half widths.
        let both = half + mean.half_width.unwrap();
        assert!((mean.mean - published).abs() < 1.5 * both, "{station}: {} against {published} ± {half}", mean.mean);
    }
}

#[test]
fn penny_fab_of_hopp_and_spearman() {
    let exponential =
        std::fs::read_to_string(format!("{}/examples/penny_fab.line", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for cards in [1, 2, 4, 8, 16] {
        let text = exponential.replace("= 8 in", &format!("= {cards} in"));
        let study = simulate(&plant_of("penny", &text), |s| s.runs = 20);
        let exact = f64::from(cards) / (f64::from(cards) + 3.0) / 2.0;
        around(&format!("{cards} cards"), rate(&study, "out"), exact, 20);
        let fixed = text.replace("exponential(2 h)", "2 h");
        let study = simulate(&plant_of("penny", &fixed), |s| s.runs = 1);
        let exact = (f64::from(cards) / 8.0).min(0.5);
        let found = rate(&study, "out").unwrap().mean;
        assert!((found - exact).abs() < 1e-3 * exact, "{cards} cards, fixed times: {found} against {exact}");
    }
}

/// Throughput of balanced exponential lines: stations, places between them, exact value.
const EQUAL_BUFFERS: &[(u32, u32, f64)] = &[
    (2, 0, 0.666_666_67),
    (2, 1, 0.75),
    (2, 4, 0.857_142_86),
    (2, 10, 0.923_076_92),
    (3, 0, 0.564_102_56),
    (3, 1, 0.670_466_16),
    (3, 3, 0.776_711_53),
    (3, 8, 0.875_734_48),
    (4, 0, 0.514_775_49),
    (4, 2, 0.700_712_9),
    (4, 5, 0.807_664_52),
    (5, 0, 0.485_798_12),
    (5, 1, 0.607_583_29),
    (5, 3, 0.729_947_94),
    (6, 0, 0.466_713_26),
    (6, 2, 0.666_855_55),
];

#[test]
fn equal_buffers_between_exponential_stations() {
    for (stations, places, exact) in EQUAL_BUFFERS {
        let arrow = if *places == 0 { "->".to_string() } else { format!("-[{places}]->") };
        let chain: Vec<String> = (1..=*stations).map(|i| format!("s[{i}]")).collect();
        let text = format!(
            "line equal {{\n item Part {{}}\n source feed {{ makes: Part }}\n station s[{stations}] {{ cycle: exponential(1 s) }}\n \
             sink out\n flow feed -> {} -> out\n run {{ for: 20000 s, warmup: 500 s, runs: 20 }}\n}}\n",
            chain.join(&format!(" {arrow} "))
        );
        let study = simulate(&plant_of("equal", &text), |_| {});
        let per_second = rate(&study, "out").map(|s| Summary { mean: s.mean / 3600.0, sd: s.sd / 3600.0, ..s });
        around(&format!("{stations} stations, {places} places"), per_second, *exact, 20);
    }
}

#[test]
fn textbook_queues() {
    // Law of work, machines, arrivals per second, exact mean wait in seconds.
    for (what, cycle, machines, every, wait) in [
        ("M/M/1", "exponential(1 s)", 1, "1 s / 0.9", 9.0),
        ("M/M/3", "exponential(1 s)", 3, "1 s / 2.4", 1.078_651_685_4),
        ("M/M/10", "exponential(1 s)", 10, "1 s / 9", 0.668_731_524_1),
        ("M/D/1", "1 s", 1, "1 s / 0.9", 4.5),
        ("M/E2/1", "erlang(2, 1 s)", 1, "1 s / 0.8", 3.0),
    ] {
        let text = format!(
            "line queue {{\n item Part {{}}\n source feed {{ makes: Part, every: exponential({every}) }}\n \
             station s {{ machines: {machines}, cycle: {cycle} }}\n sink out\n flow feed -[unlimited]-> s -> out\n \
             run {{ for: 60000 s, warmup: 2000 s, runs: 40 }}\n}}\n"
        );
        let study = simulate(&plant_of(what, &text), |_| {});
        around(what, study.buffers[0].wait_s, wait, 40);
    }
}

/// Small exponential lines with the exact values of their Markov chains.
#[test]
fn exact_small_lines() {
    // Name, body, throughput per second, shares by station and state.
    let cases: &[(&str, &str, f64, &[(&str, usize, f64)])] = &[
        (
            "unbalanced, three places",
            "source f { makes: P } station m1 { cycle: exponential(1 s) } station m2 { cycle: exponential(1 s / 1.5) } \
             flow f -> m1 -[3]-> m2 -> out",
            0.951_879_699_2,
            &[("m1", BLOCKED, 0.048_120_300_8), ("m2", STARVED, 0.365_413_533_8)],
        ),
        (
            "three stations in parallel in the middle",
            "source f { makes: P } station m1 { cycle: exponential(1 s) } station m2 { machines: 2, cycle: exponential(1 s / 0.55) } \
             station m3 { cycle: exponential(1 s / 1.1) } flow f -> m1 -[2]-> m2 -[2]-> m3 -> out",
            0.804_236_237_487,
            &[("m2", WORKING, 0.731_123_852_3), ("m2", BLOCKED, 0.113_587_080_2)],
        ),
        (
            "loss at four places",
            "source f { makes: P, every: exponential(1 s / 0.8), when_full: lose } station m { cycle: exponential(1 s) } \
             flow f -[4]-> m -> out",
            0.728_944_401_1,
            &[("m", STARVED, 0.271_055_598_9)],
        ),
        (
            "Erlang's loss system",
            "source f { makes: P, every: exponential(1 s / 3), when_full: lose } station m { machines: 4, cycle: exponential(1 s) } \
             flow f -> m -> out",
            2.381_679_389_3,
            &[("m", WORKING, 0.595_419_847_3)],
        ),
        (
            "failures while working, four places",
            "source f { makes: P } station m1 { cycle: exponential(0.5 s) breakdown b { after: exponential(20 s), clock: working, \
             repair: exponential(5 s) } } station m2 { cycle: exponential(1 s / 1.5) breakdown b { after: exponential(10 s), \
             clock: working, repair: exponential(1 s / 0.3) } } flow f -> m1 -[4]-> m2 -> out",
            0.992_639_875_6,
            &[("m1", DOWN, 0.124_079_984_5), ("m2", DOWN, 0.220_586_639_0), ("m1", BLOCKED, 0.379_600_077_7)],
        ),
        (
            "failures in calendar time, three stations",
            "source f { makes: P } station m[3] { cycle: exponential(1 s) breakdown b { after: exponential(20 s), \
             repair: exponential(4 s) } } flow f -> m[1] -[3]-> m[2] -[3]-> m[3] -> out",
            0.549_879_228_5,
            &[("m[2]", DOWN, 1.0 / 6.0)],
        ),
        (
            "scrap",
            "sink scrap source f { makes: P } station m1 { cycle: exponential(1 s) } station m2 { cycle: exponential(1 s) } \
             flow f -> m1 -> { 90 %: -[3]-> m2, rest: scrap } flow m2 -> { 95 %: out, rest: scrap }",
            0.747_250_719_8,
            &[],
        ),
        (
            "split and merge",
            "source f { makes: P } station m0 { cycle: exponential(0.5 s) } station ma { cycle: exponential(1 s) } \
             station mb { cycle: exponential(1.25 s) } station mc { cycle: exponential(1 s / 1.9) } buffer c { capacity: 3 } \
             flow f -> m0 -> { 60 %: -[2]-> ma, rest: -[2]-> mb } flow ma -> c flow mb -> c flow c -> mc -> out",
            1.255_041_154_3,
            &[("ma", BLOCKED, 0.0499), ("mc", WORKING, 0.660_547_976_0)],
        ),
        (
            "disassembly, each as it finds room",
            "item A {} item B {} sink scrap source f { makes: P } station d { takes: 1 P, makes: 1 A + 1 B, \
             cycle: exponential(1 s / 1.3) } station m1 { cycle: exponential(1 s) } station m3 { cycle: exponential(1.25 s) } \
             flow f -> d -> { A: -[1]-> m1, B: -[2]-> m3 } flow m1 -> out flow m3 -> scrap",
            0.695_662_872_8,
            &[("d", WORKING, 0.535_125_286_8)],
        ),
        (
            "assembly of two",
            "item A {} source f { makes: P } source g { makes: A } station m1 { cycle: exponential(1 s) } \
             station m3 { cycle: exponential(1.25 s) } station a { takes: 1 P + 1 A, makes: P, cycle: exponential(1 s / 1.3) } \
             flow f -> m1 -[1]-> a flow g -> m3 -[2]-> a flow a -> out",
            0.684_632_624_8,
            &[("a", WORKING, 0.526_640_480_6)],
        ),
        (
            "oven for three, unloaded at once",
            "source f { makes: P } station m1 { cycle: exponential(0.5 s) } station oven { takes: 3 P, makes: 3 P, \
             release: together, cycle: erlang(2, 1.5 s) } station m2 { cycle: exponential(1 s / 2.2) } \
             flow f -> m1 -[6]-> oven -[4]-> m2 -> out",
            1.612_820_271_1,
            &[("oven", BLOCKED, 0.1187)],
        ),
        (
            "closed loop of four cards",
            "item C {} buffer b0 { capacity: 4, initial: 4 C } station m0 { cycle: exponential(1 s) } \
             station m1 { cycle: exponential(1 s / 1.3) } station m2 { takes: 1 C, makes: 1 C + 1 P, release: together, \
             cycle: exponential(1 s / 0.9) } flow b0 -> m0 -[4]-> m1 -[4]-> m2 -> { C: b0, P: out }",
            0.683_481_722_1,
            &[("m2", WORKING, 0.759_424_135_7)],
        ),
        (
            "people held until the part has left",
            "tool agv { size: 2 } source f { makes: P } station m1 { cycle: exponential(1 s), needs: 1 agv, \
             release_crew: after_leaving } station m2 { cycle: exponential(1.25 s) } \
             station m3 { cycle: exponential(1 s), needs: 1 agv } flow f -> m1 -[1]-> m2 -[1]-> m3 -> out",
            0.606_277_063_0,
            &[("m1", BLOCKED, 0.393_722_937_0)],
        ),
    ];
    for (name, body, throughput, shares) in cases {
        // Declarations stand on lines of their own.
        let mut body = (*body).to_string();
        for word in ["source ", "station ", "flow ", "sink ", "buffer ", "item ", "tool ", "breakdown "] {
            body = body.replace(&format!(" {word}"), &format!("\n{word}"));
        }
        let text = format!(
            "line exact {{\nitem P {{}}\nsink out\n{body}\nrun {{ for: 20000 s, warmup: 500 s, runs: 30 }}\n}}\n"
        );
        let study = simulate(&plant_of(name, &text), |_| {});
        let per_second = rate(&study, "out").map(|s| Summary { mean: s.mean / 3600.0, sd: s.sd / 3600.0, ..s });
        around(name, per_second, *throughput, 30);
        for (station, which, share) in *shares {
            let found = state(&study, station, *which);
            // Shares given to four places are held to what they say.
            let rounding = if share.to_string().len() <= 6 { 5e-5 } else { 1e-9 };
            let half = found.map_or(0.0, |s| student_t(0.999, 29) * s.sd / 30f64.sqrt()) + rounding;
            let mean = found.unwrap().mean;
            assert!(
                (mean - share).abs() <= half,
                "{name}: {station} state {which}: {mean} ± {half} does not hold {share}"
            );
        }
    }
}

#[test]
fn results_do_not_depend_on_threads_or_engine() {
    for name in ["bottling", "job_shop", "two_servers"] {
        let plant = example(name);
        let with = |threads: usize, engine: Engine| {
            let mut study = simulate(&plant, |s| {
                s.runs = 6;
                s.threads = Some(threads);
                s.engine = engine;
                s.horizon = s.horizon.map(|t| Ticks(t.0 / 20));
                s.warmup = Ticks(s.warmup.0 / 20);
            });
            study.header.wall_s = 0.0;
            study.header.engine = String::new();
            format!("{study:?}")
        };
        let one = with(1, Engine::Event);
        assert_eq!(one, with(2, Engine::Event), "{name}");
        assert_eq!(one, with(8, Engine::Event), "{name}");
        assert_eq!(one, with(2, Engine::Interpreter), "{name}");
    }
}
