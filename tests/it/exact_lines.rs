//! Small lines with exact answers: Markov chains and closed forms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::type_complexity)]

use flowline::runtime::statistics::{Summary, student_t};
use flowline::sim::{self, Settings};

use crate::engines::plant_of;
use crate::published::{BLOCKED, DOWN, STARVED, WORKING, around, rate, simulate, state};

/// Throughput of balanced exponential lines: stations, places between them, exact value.
pub const EQUAL_BUFFERS: &[(u32, u32, f64)] = &[
    (2, 0, 0.66666667),
    (2, 1, 0.75),
    (2, 2, 0.8),
    (2, 3, 0.83333333),
    (2, 4, 0.85714286),
    (2, 5, 0.875),
    (2, 6, 0.88888889),
    (2, 7, 0.9),
    (2, 8, 0.90909091),
    (2, 9, 0.91666667),
    (2, 10, 0.92307692),
    (3, 0, 0.56410256),
    (3, 1, 0.67046616),
    (3, 2, 0.73401667),
    (3, 3, 0.77671153),
    (3, 4, 0.80748591),
    (3, 5, 0.83075907),
    (3, 6, 0.84899066),
    (3, 7, 0.86366528),
    (3, 8, 0.87573448),
    (4, 0, 0.51477549),
    (4, 1, 0.63115269),
    (4, 2, 0.7007129),
    (4, 3, 0.74770951),
    (4, 4, 0.78177602),
    (4, 5, 0.80766452),
    (5, 0, 0.48579812),
    (5, 1, 0.60758329),
    (5, 2, 0.68048948),
    (5, 3, 0.72994794),
    (6, 0, 0.46671326),
    (6, 1, 0.59182578),
    (6, 2, 0.66685555),
];

/// The text of a line of equal stations with equal buffers between them.
pub fn equal(stations: u32, places: u32) -> String {
    let arrow = if places == 0 { "->".to_string() } else { format!("-[{places}]->") };
    let chain: Vec<String> = (1..=stations).map(|i| format!("s[{i}]")).collect();
    format!(
        "line equal {{\n item Part {{}}\n source feed {{ makes: Part }}\n station s[{stations}] {{ cycle: exponential(1 s) }}\n \
         sink out\n flow feed -> {} -> out\n run {{ for: 20000 s, warmup: 500 s, runs: 20 }}\n}}\n",
        chain.join(&format!(" {arrow} "))
    )
}

#[test]
fn equal_buffers_between_exponential_stations() {
    for (stations, places, exact) in EQUAL_BUFFERS {
        let study = simulate(&plant_of("equal", &equal(*stations, *places)), |_| {});
        let per_second = rate(&study, "out").map(|s| Summary { mean: s.mean / 3600.0, sd: s.sd / 3600.0, ..s });
        around(&format!("{stations} stations, {places} places"), per_second, *exact, 20);
    }
}

/// Queues of textbooks: name, law of work, machines, time between arrivals, exact mean wait in seconds, exact mean
/// length.
pub const QUEUES: &[(&str, &str, u32, &str, f64, f64)] = &[
    ("M/M/1", "exponential(1 s)", 1, "1 s / 0.9", 9.0, 8.1),
    ("M/M/3", "exponential(1 s)", 3, "1 s / 2.4", 1.078_651_685_4, 2.588_764_044_9),
    ("M/M/10", "exponential(1 s)", 10, "1 s / 9", 0.668_731_524_1, 6.018_583_717),
    ("M/D/1", "1 s", 1, "1 s / 0.9", 4.5, 4.05),
    ("M/E2/1", "erlang(2, 1 s)", 1, "1 s / 0.8", 3.0, 2.4),
    ("M/G/1, lognormal", "lognormal(1 s, 2 s)", 1, "1 s / 0.7", 35.0 / 6.0, 49.0 / 12.0),
];

/// The text of a queue.
pub fn queue(cycle: &str, machines: u32, every: &str) -> String {
    format!(
        "line queue {{\n item Part {{}}\n source feed {{ makes: Part, every: exponential({every}) }}\n \
         station s {{ machines: {machines}, cycle: {cycle} }}\n sink out\n flow feed -[unlimited]-> s -> out\n \
         run {{ for: 60000 s, warmup: 2000 s, runs: 40 }}\n}}\n"
    )
}

#[test]
fn textbook_queues() {
    for (what, cycle, machines, every, wait, length) in QUEUES {
        let study = simulate(&plant_of(what, &queue(cycle, *machines, every)), |_| {});
        around(what, study.buffers[0].wait_s, *wait, 40);
        // Little's law: as many wait as come while one waits.
        let per_second = rate(&study, "out").unwrap().mean / 3600.0;
        let waiting = study.buffers[0].mean;
        around(what, waiting.map(|s| Summary { mean: s.mean / length, sd: s.sd / length, ..s }), 1.0, 40);
        assert!((per_second - length / wait).abs() < 0.01 * per_second, "{what}: {per_second} per second");
    }
}

/// Small exponential lines with the exact values of their Markov chains: name, body, throughput per second,
/// shares by station and state.
pub const SMALL: &[(&str, &str, f64, &[(&str, usize, f64)])] = &[
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
    (
        "five stations, two places",
        "source f { makes: P } station m[5] { cycle: exponential(1 s) } \
         flow f -> m[1] -[2]-> ... -[2]-> m[5] -> out",
        0.680_489_477_4,
        &[("m[2]", STARVED, 0.089_053_183_4), ("m[3]", BLOCKED, 0.168_956_282_3)],
    ),
    (
        "a bowl of rates",
        "source f { makes: P } station m1 { cycle: exponential(1 s / 0.95) } station m2 { cycle: exponential(1 s / 1.1) } \
         station m3 { cycle: exponential(1 s / 0.95) } flow f -> m1 -[1]-> m2 -[1]-> m3 -> out",
        0.670_424_240_0,
        &[("m2", BLOCKED, 0.204_395_564_7)],
    ),
    (
        "Erlang work, hand to hand",
        "source f { makes: P } station m[2] { cycle: erlang(4, 1 s) } flow f -> m[1] -> m[2] -> out",
        0.785_276_073_6,
        &[],
    ),
    (
        "four stations with Erlang work",
        "source f { makes: P } station m[4] { cycle: erlang(2, 1 s) } flow f -> m[1] -[1]-> ... -[1]-> m[4] -> out",
        0.730_682_022_3,
        &[("m[2]", STARVED, 0.088_656_978_3), ("m[3]", BLOCKED, 0.107_949_063_4)],
    ),
    (
        "Erlang arrivals, eleven places",
        "source f { makes: P, every: erlang(3, 5 s / 3), when_full: lose } station m { cycle: exponential(1 s) } \
         flow f -[11]-> m -> out",
        0.599_982_976_0,
        &[("m", STARVED, 0.400_017_024_0)],
    ),
    (
        "failures while working, one machine",
        "source f { makes: P } station m { cycle: exponential(0.5 s) breakdown b { after: exponential(10 s), \
         clock: working, repair: exponential(2 s) } } flow f -> m -> out",
        5.0 / 3.0,
        &[("m", DOWN, 1.0 / 6.0)],
    ),
    (
        "failures and repairs of several phases",
        "source f { makes: P } station m1 { cycle: exponential(1 s) breakdown b { after: erlang(2, 15 s), \
         repair: erlang(3, 3 s) } } station m2 { cycle: exponential(1 s / 1.2) breakdown b { after: erlang(2, 25 s), \
         clock: working, repair: erlang(2, 2 s) } } flow f -> m1 -[3]-> m2 -> out",
        0.747_754_705_8,
        &[("m1", BLOCKED, 0.085_578_627_6), ("m2", DOWN, 0.049_850_313_7), ("m1", DOWN, 1.0 / 6.0)],
    ),
    (
        "failures of machines in parallel",
        "source f { makes: P } station m1 { cycle: exponential(1 s) } station m2 { machines: 2, cycle: exponential(2 s) \
         breakdown b { after: exponential(8 s), clock: working, repair: exponential(2 s) } } \
         flow f -> m1 -[2]-> m2 -> out",
        0.708_195_626_0,
        &[("m2", DOWN, 0.177_048_906_5), ("m2", STARVED, 0.114_755_467_6)],
    ),
    (
        "two operators at four places",
        "crew op { size: 2 } item C {} station l[4] { cycle: exponential(1 s), needs: 1 op } \
         station r[4] { takes: 1 C, makes: 1 C + 1 P, release: together, cycle: exponential(2.5 s) } \
         buffer p[4] { capacity: 1, initial: 1 C } flow p[1] -> l[1] -[1]-> r[1] -> { C: p[1], P: out } \
         flow p[2] -> l[2] -[1]-> r[2] -> { C: p[2], P: out } flow p[3] -> l[3] -[1]-> r[3] -> { C: p[3], P: out } \
         flow p[4] -> l[4] -[1]-> r[4] -> { C: p[4], P: out }",
        1.104_655_789_9,
        &[("r[1]", WORKING, 0.690_409_868_7), ("l[2]", 4, 0.033_426_183_8)],
    ),
    (
        "kanban in four cells",
        "item K1 {} item K2 {} item K3 {} item K4 {} item A {} item B {} item C {} item D {} \
         buffer k1 { capacity: 1, initial: 1 K1 } buffer k2 { capacity: 1, initial: 1 K2 } \
         buffer k3 { capacity: 1, initial: 1 K3 } buffer k4 { capacity: 1, initial: 1 K4 } \
         buffer x1 { capacity: 1 } buffer x2 { capacity: 1 } buffer x3 { capacity: 1 } buffer x4 { capacity: 1 } buffer y1 { capacity: 1 } buffer y2 { capacity: 1 } buffer y3 { capacity: 1 } buffer y4 { capacity: 1 } buffer z1 { capacity: 1 } buffer z2 { capacity: 1 } buffer z3 { capacity: 1 } buffer z4 { capacity: 1 } \
         station enter { takes: 1 K1, makes: A, cycle: exponential(1 s) } \
         station m1 { cycle: exponential(1 s / 1.2) } station m2 { cycle: exponential(1 s / 1.4) } \
         station m3 { cycle: exponential(1 s / 1.3) } station m4 { cycle: exponential(1 s / 1.1) } \
         station back[4] { cycle: exponential(1 s / 0.3) } \
         station s1 { takes: 1 A + 1 K2 + 1 K3, makes: 1 B + 1 C + 1 K1, release: together, cycle: exponential(2.5 s) } \
         station s2 { takes: 1 B + 1 C + 1 K4, makes: 1 D + 1 K2 + 1 K3, release: together, cycle: exponential(2 s) } \
         station finish { takes: 1 D, makes: 1 K4 + 1 P, release: together, cycle: exponential(1 s / 0.9) } \
         flow k1 -> enter -> x1 flow x1 -> m1 -> { 70 %: z1, rest: y1 } flow y1 -> back[1] -> x1 \
         flow x2 -> m2 -> { 70 %: z2, rest: y2 } flow y2 -> back[2] -> x2 \
         flow x3 -> m3 -> { 70 %: z3, rest: y3 } flow y3 -> back[3] -> x3 \
         flow x4 -> m4 -> { 70 %: z4, rest: y4 } flow y4 -> back[4] -> x4 \
         flow z1 -> s1 flow k2 -> s1 flow k3 -> s1 flow s1 -> { B: x2, C: x3, K1: k1 } \
         flow z2 -> s2 flow z3 -> s2 flow k4 -> s2 flow s2 -> { D: x4, K2: k2, K3: k3 } \
         flow z4 -> finish -> { K4: k4, P: out }",
        0.092_584_634_6,
        &[("back[1]", WORKING, 0.132_263_763_8)],
    ),
    (
        // Semantics F2: a machine in turn, whether it is free or not.
        "two machines strictly in turn",
        "source f { makes: P } station a { cycle: exponential(1 s) } station b { cycle: exponential(1 s) } \
         flow f -> round_robin { a, b } flow a -> out flow b -> out",
        1.5,
        &[],
    ),
    (
        "two machines by chance",
        "source f { makes: P } station a { cycle: exponential(1 s) } station b { cycle: exponential(1 s) } \
         flow f -> { 50 %: a, rest: b } flow a -> out flow b -> out",
        4.0 / 3.0,
        &[],
    ),
    (
        "part of the line is stuck for ever, the rest lives",
        "item X {} item Y {} sink joined source f { makes: P, every: exponential(1 s / 0.8), when_full: lose } \
         station ma { cycle: exponential(1 s) } source g { makes: X } source none { makes: Y, every: 300 d, first: 300 d } \
         station s2 { cycle: exponential(1 s) } station j { takes: 1 X + 1 Y, makes: X, cycle: exponential(1 s) } \
         flow f -[2]-> ma -> out flow g -> s2 -[1]-> j flow none -[2]-> j flow j -> joined",
        0.661_246_612_5,
        &[("s2", BLOCKED, 1.0), ("j", STARVED, 1.0)],
    ),
];

#[test]
fn exact_small_lines() {
    for (name, body, throughput, shares) in SMALL {
        let text = line(body, "for: 20000 s, warmup: 500 s, runs: 30");
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

/// A line with one item type and one sink; declarations of the body get lines of their own.
pub fn line(body: &str, run: &str) -> String {
    let mut body = body.to_string();
    for word in ["source ", "station ", "flow ", "sink ", "buffer ", "item ", "tool ", "crew ", "breakdown "] {
        body = body.replace(&format!(" {word}"), &format!("\n{word}"));
    }
    format!("line exact {{\nitem P {{}}\nsink out\n{body}\nrun {{ {run} }}\n}}\n")
}

/// Lines that lock up for certain: how long that takes on average, in seconds.
pub const LOCKS: &[(&str, &str, f64)] = &[
    (
        "as many pallets as places",
        "item C {} buffer b0 { capacity: 2, initial: 2 C } buffer b1 { capacity: 2, initial: 2 C } \
         buffer b2 { capacity: 2, initial: 2 C } buffer ld { capacity: 3, initial: 3 C } \
         station m0 { cycle: exponential(1 s) } station m1 { cycle: exponential(1 s / 1.2) } \
         station m2 { takes: 1 C, makes: 1 C + 1 P, release: together, cycle: exponential(1 s / 0.9) } \
         station loader { cycle: exponential(0.01 s) } flow b0 -> m0 -> b1 flow b1 -> m1 -> b2 \
         flow b2 -> m2 -> { C: b0, P: out } flow ld -> loader -> b0",
        4.152_829_362_9,
    ),
    (
        "rework into the main buffer",
        "buffer b0 { capacity: 2 } source f { makes: P, every: exponential(1 s / 0.6), when_full: lose } \
         station m1 { cycle: exponential(1 s) } station m2 { cycle: exponential(1 s) } \
         flow f -> b0 flow b0 -> m1 -[1]-> m2 -> { 70 %: out, rest: b0 }",
        65.890_985_690_7,
    ),
    (
        "two of one and one of the other, made in pairs",
        "item A {} item B {} source f { makes: P } station pair { takes: 1 P, makes: 1 A + 1 B, release: together, \
         cycle: exponential(1 s) } station j { takes: 2 A + 1 B, makes: P, cycle: exponential(1 s) } \
         flow f -> pair -> { A: -[3]-> j, B: -[3]-> j } flow j -> out",
        6.406_25,
    ),
    (
        "one machine for both parts of a pair",
        "item A {} item B {} source f { makes: { 50 %: A, 50 %: B } } station s { cycle: exponential(1 s) } \
         station j { takes: 1 A + 1 B, makes: P, cycle: exponential(1 s / 3) } \
         flow f -> s -> { A: -[1]-> j, B: -[1]-> j } flow j -> out",
        4.013_333_333_3,
    ),
];

#[test]
fn locks_come_when_they_must() {
    for (name, body, exact) in LOCKS {
        let plant = plant_of(name, &line(body, "for: 30 d"));
        let stop = std::sync::atomic::AtomicBool::new(false);
        let times: Vec<f64> = (0..120)
            .map(|seed| {
                let mut settings = Settings::of(&plant, &stop, &|_, _| {});
                settings.seed = seed;
                settings.runs = 1;
                let outcome = sim::simulate(&plant, &settings);
                let found = outcome.diagnostics.first().unwrap_or_else(|| panic!("{name}: no lock"));
                assert_eq!(found.code.number(), "E0713", "{name}: {}", found.message);
                seconds(&found.message)
            })
            .collect();
        around(name, Summary::of(&times), *exact, 120);
    }
}

/// Lines whose figures follow by hand.
#[test]
fn lines_computed_by_hand() {
    // Name, body, run, products, share of a state of a station.
    let cases: &[(&str, &str, &str, f64, (&str, usize, f64))] = &[
        (
            // Items ready at 25, 35, 45 ... s; three at a time from 45 s, every 30 s.
            "parts that become ready behind the first on a lane",
            "item A {} source f { makes: A, every: 10 s } station j { takes: 3 A, makes: P, cycle: 1 s } \
             flow f -[9, 25 s]-> j -> out",
            "for: 301 s",
            9.0,
            ("j", WORKING, 9.0 / 301.0),
        ),
        (
            "each third item goes to the laboratory",
            "sink lab source f { makes: P, every: 10 s } station m { cycle: 1 s } flow f -> m -> { every(3): lab, rest: out }",
            "for: 300.5 s",
            20.0,
            ("m", WORKING, 30.5 / 300.5),
        ),
        (
            "in turn over three ways",
            "sink left sink right source f { makes: P, every: 10 s } station m { cycle: 1 s } \
             flow f -> m -> round_robin { left, -[2]-> out, right }",
            "for: 300.5 s",
            10.0,
            ("m", WORKING, 30.5 / 300.5),
        ),
        (
            // The last item of a source is used too.
            "an assembly uses all items of a source",
            "item A {} source f { makes: A, total: 5 } station j { takes: 2 A, makes: P, cycle: 10 s } flow f -> j -> out",
            "for: 100 s",
            2.0,
            ("j", WORKING, 0.2),
        ),
        (
            // Work ends at 10 s; from 5 s to 15 s the way out is full, and from 12 s to 42 s the machine is down.
            "products held on a machine that is down leave after the repair",
            "item A {} item B {} sink other source f { makes: P, total: 1 } source g { makes: B, every: 5 s, total: 1, first: 5 s } \
             station d { takes: 1 P, makes: 1 A + 1 P, release: together, cycle: 10 s, hold_when_down: yes \
             breakdown stop { after: 12 s, repair: 30 s } } station slow { cycle: { B: 10 s, A: 1 s } } \
             flow f -> d -> { A: slow, P: out } flow g -> slow -> other",
            "for: 100 s",
            1.0,
            ("d", BLOCKED, 2.0 / 100.0),
        ),
    ];
    for (name, body, run, products, (station, which, share)) in cases {
        let study = simulate(&plant_of(name, &line(body, run)), |_| {});
        let out = study.sinks.iter().find(|s| s.name == "out").unwrap();
        assert_eq!(out.items[0].count.unwrap().mean, *products, "{name}");
        let found = state(&study, station, *which).unwrap().mean;
        assert!((found - share).abs() < 1e-12, "{name}: {found} instead of {share}");
    }
}

/// The time in "the line locked up at 4.2 min: ...", in seconds.
fn seconds(message: &str) -> f64 {
    let told = message.strip_prefix("the line locked up at ").unwrap().split(':').next().unwrap();
    let (value, unit) = told.split_once(' ').unwrap();
    let unit = match unit {
        "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => panic!("{message}"),
    };
    value.parse::<f64>().unwrap() * unit
}
