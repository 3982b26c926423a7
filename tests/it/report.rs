//! The reports of a study made by hand: what a reader sees, and what programs are promised.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::report::{csv, figures, json, table};
use flowline::sim::outcome::{
    ArrivalFigures, BalanceFigures, BufferFigures, LineFigures, PoolFigures, Replication, SinkFigures, StationFigures,
    Study, StudyHeader,
};

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

fn header() -> StudyHeader {
    StudyHeader {
        line: "bottling".into(),
        seed: 1,
        horizon_s: 2_592_000.0,
        warmup_s: 86_400.0,
        warmup_found: false,
        engine: "event".into(),
        wall_s: 1.23,
        ..StudyHeader::default()
    }
}

fn station(name: &str, machines: u64, percent: [i64; 8]) -> StationFigures {
    let window = i128::from(29 * DAY) * i128::from(machines);
    StationFigures {
        name: name.into(),
        machines,
        state_ticks: percent.map(|share| window * i128::from(share) / 10_000),
        cycles: 41_234,
        scrapped: 0,
        spoilt: 0,
        ideal_s: None,
        finished: 41_234,
        ..StationFigures::default()
    }
}

/// A day's bottling, a little different in every replication.
fn replication(number: i64) -> Replication {
    let n = u64::try_from(number).unwrap();
    let arrivals = 72_000 + 37 * n;
    let time_sum_ticks = i128::from(arrivals) * i128::from(184 * SECOND + 1_300_000_000 * number);
    Replication {
        window_ticks: 29 * DAY,
        end_ticks: 30 * DAY,
        events: 6_172_839 + n,
        stations: vec![
            station("filler", 1, [9_000 - 31 * number, 0, 400 + 31 * number, 300, 0, 300, 0, 0]),
            station("packer", 2, [4_512 + 7 * number, 0, 5_088 - 7 * number, 0, 0, 399, 0, 1]),
        ],
        sinks: vec![SinkFigures {
            name: "warehouse".into(),
            items: vec![
                ArrivalFigures {
                    item: "Case".into(),
                    mass_kg: Some(12.5),
                    count: arrivals,
                    time_sum_ticks,
                    p50_s: Some(170.0),
                    p90_s: Some(301.5 + 2.0 * number as f64),
                    p99_s: Some(490.25),
                },
                ArrivalFigures { item: "Sample".into(), ..ArrivalFigures::default() },
            ],
        }],
        buffers: vec![
            BufferFigures {
                name: "filler->packer".into(),
                capacity: Some(30),
                area_ticks: i128::from(29 * DAY) * 12 + i128::from(DAY) * i128::from(number),
                max: 29 + n % 2,
                full_ticks: DAY / 4,
                empty_ticks: 2 * DAY,
                exits: arrivals,
                expired: 0,
                wait_ticks: i128::from(arrivals) * i128::from(480_000_000 + 1_500_000 * number),
            },
            BufferFigures { name: "bottles.outside".into(), empty_ticks: 29 * DAY, ..BufferFigures::default() },
        ],
        pools: vec![PoolFigures {
            size_area_ticks: i128::from(29 * DAY) * 3,
            name: "mechanics".into(),
            busy_area_ticks: i128::from(DAY) * (29 + i128::from(number)),
            size: 3,
            ..PoolFigures::default()
        }],
        line: LineFigures {
            wip_area_ticks: i128::from(29 * DAY) * 40 + i128::from(DAY * number),
            count: arrivals,
            time_sum_ticks,
            p50_s: Some(170.0),
            p90_s: Some(301.5),
            p99_s: Some(490.25),
            ..LineFigures::default()
        },
        items: vec![BalanceFigures {
            item: "Case".into(),
            made: 74_512 + 37 * number,
            left: 74_480 + 37 * number,
            scrapped: 12,
            inside: 20,
            ..BalanceFigures::default()
        }],
        ..Replication::default()
    }
}

fn study(runs: i64) -> Study {
    let replications: Vec<Replication> = (0..runs).map(replication).collect();
    Study::of(header(), &replications)
}

/// A line longer than a page.
fn long_study() -> Study {
    let mut long = replication(0);
    long.stations = (1..=63)
        .map(|n| {
            station(
                &format!("press_shop.cell[{n}].welding_robot_with_a_long_name"),
                1,
                [5_000, 500, 1_000, 1_000, 1_000, 500, 500, 500],
            )
        })
        .collect();
    let mut other = long.clone();
    for station in &mut other.stations {
        station.state_ticks[0] += 1_000_000_000_000;
    }
    Study::of(header(), &[long, other])
}

#[test]
fn the_table_of_several_runs_shows_every_mean_with_its_interval() {
    insta::assert_snapshot!(table::render(&study(20)));
}

#[test]
fn the_table_of_one_run_says_that_it_has_no_intervals() {
    insta::assert_snapshot!(table::render(&study(1)));
}

#[test]
fn a_long_line_fits_the_page_and_says_what_it_leaves_out() {
    let text = table::render(&long_study());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains("… and 23 more stations; `--format json` or `--format csv` lists all"));
    assert!((1..=40).all(|n| text.contains(&format!("cell[{n}]"))), "cut names still tell the stations apart");
    insta::assert_snapshot!(text);
}

#[test]
fn the_csv_has_one_row_for_each_figure() {
    let text = csv::render(&study(3)).unwrap();
    assert!(text.lines().all(|line| line.split(',').count() == csv::COLUMNS.len()));
    insta::assert_snapshot!(text);
}

#[test]
fn csv_cells_with_commas_are_quoted() {
    let mut study = study(1);
    study.stations[0].name = "a,\"b\"".into();
    assert!(csv::render(&study).unwrap().contains("stations,\"a,\"\"b\"\"\",,states.working,0.9,,0,0.9,0.9\n"));
}

#[test]
fn the_json_document_looks_like_this() {
    insta::assert_snapshot!(json::render(&study(2)).unwrap());
}

#[test]
fn documents_obey_the_published_schema() {
    let schema = serde_json::to_value(json::schema()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for study in [study(0), study(1), study(2), long_study()] {
        let text = json::render(&study).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        let read: json::RunDocument = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json::RunDocument::of(&study), "reading it back gives the same bits");
    }
    let mut wrong = serde_json::to_value(json::RunDocument::of(&study(1))).unwrap();
    wrong["stations"]["filler"].as_object_mut().unwrap().remove("oee");
    assert!(!validator.is_valid(&wrong), "no field may be left out");
    let mut later = serde_json::to_value(json::RunDocument::of(&study(1))).unwrap();
    later["schema"] = 2.into();
    assert!(!validator.is_valid(&later), "another version is another schema");
}

/// With `FLOWLINE_UPDATE=1` in the environment the committed schema is written anew.
#[test]
fn the_committed_schema_is_the_one_of_the_source() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/run.json");
    let current = serde_json::to_string_pretty(&json::schema()).unwrap() + "\n";
    if std::env::var_os("FLOWLINE_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert_eq!(committed, current, "docs/schemas/run.json is out of date; run this test with FLOWLINE_UPDATE=1");
}

#[test]
fn figures_are_exact_shares_rates_and_means() {
    let study = study(1);
    let filler = &study.stations[0];
    assert_eq!(filler.states[0].unwrap().mean, 0.9);
    assert!((filler.states.iter().map(|s| s.unwrap().mean).sum::<f64>() - 1.0).abs() < 1e-12);
    let cases = &study.sinks[0].items[0];
    assert_eq!(cases.rate_per_h.unwrap().mean, 72_000.0 / (29.0 * 24.0));
    assert_eq!(cases.mass_kg_per_h.unwrap().mean, 72_000.0 / (29.0 * 24.0) * 12.5);
    assert_eq!(cases.time_in_system.mean.unwrap().mean, 184.0);
    assert_eq!(study.crews[0].busy.unwrap().mean, 1.0 / 3.0);
    assert_eq!(study.buffers[0].mean.unwrap().mean, 12.0);
    assert_eq!(study.buffers[0].wait_s.unwrap().mean, 0.48);
}

#[test]
fn what_is_undefined_in_a_run_is_left_out_of_the_summary() {
    let mut empty = replication(0);
    for item in &mut empty.sinks[0].items {
        *item = ArrivalFigures { item: item.item.clone(), ..ArrivalFigures::default() };
    }
    let study = Study::of(header(), &[empty, replication(0), replication(2)]);
    let [cases, samples] = &study.sinks[0].items[..] else { panic!("two items") };
    assert_eq!(cases.count.unwrap().min, 0.0);
    assert_eq!(cases.time_in_system.mean.unwrap().min, 184.0);
    assert_eq!(samples.count.unwrap().mean, 0.0);
    assert_eq!(samples.time_in_system.mean, None);
    assert_eq!(samples.mass_kg_per_h, None);
}

#[test]
fn a_study_of_empty_windows_and_of_nothing_has_reports() {
    for study in [
        Study::of(header(), &[Replication::default()]),
        study(0),
        Study::of(header(), &[Replication { window_ticks: 0, ..replication(0) }]),
    ] {
        assert!(!table::render(&study).contains("NaN"));
        assert!(!json::render(&study).unwrap().contains("NaN"));
        assert!(!csv::render(&study).unwrap().contains("NaN"));
    }
}

#[test]
fn numbers_read_with_four_digits() {
    let shown = [0.0, 1.0, 12.0, 123_456.0, 1.5, 12.345_6, 0.012_345_6, 9_999.9, 123_456.7, 1e20, 1e-7, 1.0 / 3.0];
    let texts: Vec<String> = shown.into_iter().map(figures::significant).collect();
    insta::assert_snapshot!(texts.join("\n"));
    assert_eq!(figures::span_of_time(2_592_000.0), "30 d");
    assert_eq!(figures::span_of_time(129_600.0), "36 h");
    assert_eq!(figures::span_of_time(0.5), "500 ms");
    assert_eq!(figures::span_of_time(0.0), "0 s");
    assert_eq!(figures::shortened("press_shop.cell[12].robot", 12), "press_…robot");
    assert_eq!(figures::large_count(123_456_789.0), "123.5 M");
}
