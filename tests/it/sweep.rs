//! Variants of a line: compiled once where only numbers differ, each equal to a run of its own, compared run by run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use flowline::base::SourceMap;
use flowline::cli::values::{combinations, values};
use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::report::sweep::{self as page, Comparison};
use flowline::runtime::statistics::Summary;
use flowline::sim::outcome::Study;
use flowline::sim::sweep::Variant;
use flowline::sim::{self, Settings};
use flowline::{sema, syntax};

/// Two machines with places between; all numbers of it can be set.
const LINE: &str = "line pair {
    param cycle = 50 s
    param places: count = 4 in 0..100
    param machines: count = 1 in 1..10
    param n: count = 2 in 2..10
    item P {}
    source feed { makes: P, every: exponential(60 s), when_full: queue }
    station a { machines: machines, cycle: exponential(cycle), breakdown jam { after: exponential(40 min), repair: exponential(90 s) } }
    station b[n] { cycle: exponential(40 s) }
    sink out
    flow feed -> a -[places]-> b[1] -[3]-> ... -[3]-> b[n] -> out
    expect output: throughput(out) >= 50 /h
    run { for: 40 h, warmup: 4 h, runs: 12 }
}
";

fn plant(text: &str, set: &[(&str, &str)]) -> Plant {
    let mut files = SourceMap::default();
    let id = files.add("sweep.line", text);
    let parsed = syntax::parse(id, text);
    let set = set.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
    let options = sema::Options { set, read: &|_| Err("no files".into()) };
    let analysed = sema::analyse(&mut files, &parsed.tree, &options);
    assert!(analysed.complete, "{:#?}", analysed.diagnostics);
    analysed.plants.into_iter().next().unwrap()
}

fn swept(plants: &[Plant], engine: Engine, threads: Option<usize>) -> (Vec<Variant>, u64) {
    let stop = AtomicBool::new(false);
    let of = |plant: &Plant| Settings { engine, threads, ..Settings::of(plant, &stop, &|_, _| {}) };
    let mut all = Vec::new();
    let mut take = |at: usize, variant: Variant| {
        assert_eq!(at, all.len(), "variants come in order");
        all.push(variant);
    };
    let compiled = sim::sweep(plants, engine, &of(&plants[0]), &of, &mut take);
    (all, compiled)
}

fn study(variant: &Variant) -> Study {
    let mut study = variant.outcome.study.clone().unwrap_or_else(|| panic!("{:#?}", variant.outcome.diagnostics));
    study.header.wall_s = 0.0;
    study
}

fn alone(plant: &Plant, seed: Option<u64>) -> Study {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    settings.seed = seed.unwrap_or(settings.seed);
    settings.engine = Engine::Event;
    let mut study = sim::simulate(plant, &settings).study.unwrap();
    study.header.wall_s = 0.0;
    study
}

#[test]
fn numbers_do_not_compile_anew_and_structure_does() {
    let of = |set: &[(&str, &str)]| plant(LINE, set);
    // Cycles and numbers of places are numbers in the arena.
    let numbers: Vec<Plant> =
        [("cycle", "30s"), ("cycle", "45 s"), ("cycle", "1min"), ("places", "9"), ("places", "70")]
            .iter()
            .map(|set| of(&[*set]))
            .collect();
    let (variants, compiled) = swept(&numbers, Engine::Event, None);
    assert_eq!(compiled, 1, "one program for all numbers");
    for (variant, plant) in variants.iter().zip(&numbers) {
        assert_eq!(study(variant), alone(plant, None), "each is what a run of its own is");
    }
    // No place at all is another way of handing over; two machines are told apart; more stations have more slots.
    let structure: Vec<Plant> =
        [("places", "4"), ("places", "0"), ("machines", "2"), ("n", "6"), ("n", "7"), ("places", "5")]
            .iter()
            .map(|set| of(&[*set]))
            .collect();
    for engine in [Engine::Event, Engine::Interpreter] {
        let (variants, compiled) = swept(&structure, engine, None);
        assert_eq!(compiled, 4, "six and seven stations behind have equal shapes, and so have four and five places");
        for (variant, plant) in variants.iter().zip(&structure) {
            let mut own = alone(plant, None);
            own.header.engine = engine.name().to_string();
            assert_eq!(study(variant), own);
        }
    }
}

#[test]
fn kernels_of_equal_shapes_share_their_code() {
    let mut programs = flowline::kernel::Programs::new(Engine::Event);
    let mut kernel = |set: &[(&str, &str)]| programs.kernel(&plant(LINE, set)).unwrap();
    let (first, slower, longer) = (kernel(&[]), kernel(&[("cycle", "70s")]), kernel(&[("n", "8")]));
    let again = kernel(&[("cycle", "71s")]);
    assert!(first.shares_code_with(&slower) && first.shares_code_with(&again));
    assert!(!first.shares_code_with(&longer));
    assert_eq!(programs.compiled(), 2);
}

#[test]
fn threads_change_nothing_and_many_variants_come_in_order() {
    let plants: Vec<Plant> = (0..70)
        .map(|i| {
            let mut plant =
                plant(LINE, &[("cycle", &format!("{}s", 30 + i % 7)), ("places", &format!("{}", 1 + i % 3))]);
            plant.run.horizon = Some(flowline::base::Ticks(3600 * 5 * 1_000_000_000));
            plant.run.runs = 2;
            plant
        })
        .collect();
    let (one, compiled) = swept(&plants, Engine::Event, Some(1));
    let (three, _) = swept(&plants, Engine::Event, Some(3));
    assert_eq!(compiled, 1);
    assert_eq!((one.len(), three.len()), (70, 70));
    for (a, b) in one.iter().zip(&three) {
        assert_eq!(study(a), study(b));
    }
    assert_eq!(study(&one[0]), study(&one[21]), "equal values give equal results");
}

fn compared(plants: &[Plant]) -> (Comparison, u64) {
    let (variants, compiled) = swept(plants, Engine::Event, None);
    let mut comparison = Comparison::new(vec![("cycle".into(), true), ("places".into(), false)]);
    for (i, v) in variants.into_iter().enumerate() {
        let study = v.outcome.study.ok_or_else(|| v.outcome.diagnostics[0].message.clone());
        comparison.add(vec![format!("{}s", 50 + i), "4".into()], study, &v.runs);
    }
    (comparison, compiled)
}

/// What common random numbers are for: the difference of two variants is known far better than either, and far
/// better than with seeds of their own.
#[test]
fn chance_falls_out_of_differences() {
    let plants = [plant(LINE, &[("cycle", "40s")]), plant(LINE, &[("cycle", "39s")])];
    let (variants, _) = swept(&plants, Engine::Event, None);
    let per_run = |runs: &[Study], of: &dyn Fn(&Study) -> f64| runs.iter().map(of).collect::<Vec<f64>>();
    let wip = |s: &Study| s.line.wip.unwrap().mean;
    let difference =
        |a: &[f64], b: &[f64]| Summary::of(&a.iter().zip(b).map(|(x, y)| y - x).collect::<Vec<_>>()).unwrap();
    let first = per_run(&variants[0].runs, &wip);
    let common = difference(&first, &per_run(&variants[1].runs, &wip));
    // The same two with unequal seeds: runs have nothing in common.
    let own = {
        let mut other = plants[1].clone();
        other.run.seed = 77;
        let (v, _) = swept(&[other], Engine::Event, None);
        per_run(&v[0].runs, &wip)
    };
    let independent = difference(&first, &own);
    assert!(
        common.sd * common.sd < 0.1 * independent.sd * independent.sd,
        "variance {} with common numbers, {} without",
        common.sd * common.sd,
        independent.sd * independent.sd
    );
    assert!(
        common.mean < 0.0 && common.mean + common.half_width.unwrap() < 0.0,
        "a faster machine keeps less: {common:?}"
    );
    // What the change does not reach draws the very same: arrivals of the source.
    let made = |s: &Study| s.items[0].made.unwrap().mean;
    assert_eq!(per_run(&variants[0].runs, &made), per_run(&variants[1].runs, &made));
    // And what page and document say is this.
    let (comparison, compiled) = compared(&plants);
    let document = page::document(&comparison, compiled);
    let told = |measure: &str, item: &str| {
        let all = &document.variants[1].differences;
        let found = all.iter().find(|d| d.section == "line" && d.measure == measure && d.item == item);
        found.map(|d| (d.mean, d.half_width)).unwrap()
    };
    assert_eq!(told("wip", ""), (common.mean, common.half_width));
    assert_eq!(told("made", "P"), (0.0, Some(0.0)));
    assert!(document.variants[0].differences.is_empty());
}

#[test]
fn a_station_that_comes_in_front_changes_no_draw_behind() {
    // Stations are streams of their own: four instead of two leave the draws of the others as they are.
    let plants = [plant(LINE, &[("n", "2")]), plant(LINE, &[("n", "4")])];
    let (variants, _) = swept(&plants, Engine::Event, None);
    for (a, b) in variants[0].runs.iter().zip(&variants[1].runs) {
        assert_eq!(a.items[0].made, b.items[0].made);
        assert_eq!(
            a.stations[0].stops[0].count, b.stations[0].stops[0].count,
            "breakdowns by the calendar are the same"
        );
    }
}

#[test]
fn the_page_the_rows_and_the_document_of_a_sweep() {
    let mut plants = vec![plant(LINE, &[]), plant(LINE, &[("cycle", "40s")]), plant(LINE, &[])];
    for p in &mut plants {
        p.run.runs = 4;
    }
    // The last fails: items without a bound do not fit.
    plants[2].run.horizon = None;
    let (comparison, compiled) = compared(&plants);
    let text = page::render_table(&comparison, compiled);
    assert!(
        text.starts_with(
            "pair: 3 variants of 4 runs of 40 h, seed 1, engine `event`, compiled once\nwith places = 4\n"
        ),
        "{text}"
    );
    assert!(text.contains("Difference to the first, run by run with the same random numbers"), "{text}");
    assert!(text.contains("failed"), "{text}");
    assert!(text.lines().all(|l| l.chars().count() <= 100), "{text}");

    let document = page::document(&comparison, compiled);
    assert_eq!(document.varied, ["cycle"]);
    let failed = &document.variants[2];
    assert!(failed.result.is_none() && failed.failed.as_ref().unwrap().contains("how long"), "{:?}", failed.failed);

    let rows = page::render_csv(&comparison).unwrap();
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(head[..4], ["variant", "set.cycle", "set.places", "section"]);
    assert_eq!(head[head.len() - 2..], ["difference", "difference_half_width"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let rate = |variant: &str| {
        let row = rows.iter().find(|r| r[0] == *variant && r[3] == *"sinks" && r[6] == *"rate_per_h").unwrap();
        (row[7].parse::<f64>().unwrap(), row[12].parse::<f64>().ok())
    };
    let (first, second) = (rate("1"), rate("2"));
    assert_eq!(first.1, None);
    assert!(
        (second.0 - first.0 - second.1.unwrap()).abs() < 1e-9,
        "the mean difference is the difference of the means"
    );
}

/// With `FLOWLINE_UPDATE=1` in the environment the committed schema is written anew.
#[test]
fn the_schema_of_sweeps_is_current_and_obeyed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/sweep.json");
    let schema = serde_json::to_value(page::schema()).unwrap();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("FLOWLINE_UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n"), text);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut plants = vec![plant(LINE, &[]), plant(LINE, &[("cycle", "40s")]), plant(LINE, &[])];
    plants[2].run.horizon = None;
    let (comparison, compiled) = compared(&plants);
    let text = page::render_json(&comparison, compiled).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert_eq!(wrong, Vec::<String>::new());
    let read: page::SweepDocument = serde_json::from_str(&text).unwrap();
    assert_eq!(read, page::document(&comparison, compiled), "reading it back gives the same bits");
}

#[test]
fn several_values_in_one_text() {
    let of = |text: &str| values(text).unwrap_or_else(|why| panic!("{text}: {why}"));
    assert_eq!(of("5"), ["5"]);
    assert_eq!(of("5, 10,20"), ["5", "10", "20"]);
    assert_eq!(of("2..5"), ["2", "3", "4", "5"]);
    assert_eq!(of("-1..1"), ["-1", "0", "1"]);
    assert_eq!(of("2..9 step 3,100"), ["2", "5", "8", "100"]);
    assert_eq!(of("40s..60s step 10s"), ["40s", "50s", "60s"]);
    assert_eq!(of("1..2 h step 0.25 h"), ["1h", "1.25h", "1.5h", "1.75h", "2h"]);
    assert_eq!(of("0.1..0.3 step 0.1"), ["0.1", "0.2", "0.3"]);
    assert_eq!(of("90%..100% step 5%"), ["90%", "95%", "100%"]);
    assert_eq!(of("yes,no"), ["yes", "no"]);
    for (text, part) in [
        ("", "a value is missing"),
        ("1,,2", "a value is missing"),
        ("1,1", "stands twice"),
        ("5..2", "ends before it begins"),
        ("1..5 step 0", "not above 0"),
        ("1..5 step -1", "not above 0"),
        ("1s..5s", "has no step"),
        ("0.5..2", "has no step"),
        ("1s..5min step 1s", "two units"),
        ("a..b", "no number"),
        ("1..", "no number"),
        ("1..2..3", "no number"),
        ("1..1000000000", "more than 1000 values"),
        ("0..1 step 0.0000000000000001", "more than 1000 values"),
    ] {
        let why = values(text).unwrap_err();
        assert!(why.contains(part), "{text}: {why}");
    }
    let lists = |sizes: &[usize]| -> Vec<(String, Vec<String>)> {
        sizes.iter().map(|n| (format!("p{n}"), (0..*n).map(|i| i.to_string()).collect())).collect()
    };
    assert_eq!(combinations(&lists(&[2, 3])).unwrap()[1], ["0", "1"], "the last changes fastest");
    assert_eq!(combinations(&lists(&[10, 100])).unwrap().len(), 1000);
    assert!(combinations(&lists(&[11, 100])).unwrap_err().contains("11 of `p11`, 100 of `p100`"));
    assert!(combinations(&lists(&[1000, 1000, 1000, 1000, 1000, 1000, 1000])).is_err(), "no overflow");
}
