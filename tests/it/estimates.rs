//! Exact answers and estimates of lines, held against published values. `docs/estimates.md` has all of them;
//! `FLOWLINE_UPDATE=1 cargo test -- estimates` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::process::Command;

use flowline::analysis::estimate::{self, Estimate, Exact, NotExact, STATES};
use flowline::diag::codes;

use crate::buffer_allocation::{LINES, text as allocation};
use crate::engines::plant_of;
use crate::exact_lines::{EQUAL_BUFFERS, LOCKS, QUEUES, SMALL, equal, line, queue};
use crate::published::{BLOCKED, DOWN, STARVED, WORKING};
use crate::random_lines::Chance;

/// Held for people, in the order of the results.
const WAITING: usize = 4;

fn exact(name: &str, text: &str) -> Exact {
    estimate::exact(&plant_of(name, text), STATES).unwrap_or_else(|why| panic!("{name}: {why:?}"))
}

fn out(throughput: &[(String, f64)]) -> Option<f64> {
    throughput.iter().find(|(sink, _)| sink == "out").map(|(_, rate)| *rate)
}

#[test]
fn exact_throughput_of_equal_buffers() {
    // Larger ones take seconds without optimisation.
    for (stations, places, throughput) in EQUAL_BUFFERS.iter().filter(|(s, p, _)| (p + 2).pow(s - 1) < 700) {
        let found = exact("equal", &equal(*stations, *places));
        assert!(
            (out(&found.throughput).unwrap() - throughput).abs() < 1e-8,
            "{stations} stations, {places} places: {found:?}"
        );
        assert!(found.residual < 1e-12, "{found:?}");
    }
}

/// Also lines that break down, with places spread unequally.
#[test]
fn exact_throughput_of_allocations() {
    for line in LINES.iter().filter(|l| !l.name.starts_with("K5")) {
        for (places, throughput) in line.best.iter().filter(|(p, _)| p.iter().sum::<u32>() <= 8).take(12) {
            let found = exact(line.name, &allocation(line, places));
            let rate = out(&found.throughput).unwrap();
            assert!((rate - throughput).abs() < 1e-8, "{} with {places:?}: {rate}, not {throughput}", line.name);
        }
    }
}

#[test]
fn exact_shares_of_small_lines() {
    for (name, body, throughput, shares) in SMALL {
        let plant = plant_of(name, &line(body, "for: 1 d"));
        let found = match estimate::exact(&plant, STATES) {
            Ok(found) => found,
            Err(NotExact::Outside(list)) => {
                // An interval of 300 days that stands for never.
                assert!(name.starts_with("part of the line is stuck") && list.len() == 1, "{name}: {list:?}");
                continue;
            }
            Err(why) => panic!("{name}: {why:?}"),
        };
        let rate = out(&found.throughput).unwrap();
        assert!((rate - throughput).abs() < 2e-10, "{name}: {rate}, not {throughput}");
        for (station, which, share) in *shares {
            let s = found.stations.iter().find(|s| s.name == *station).unwrap();
            let all = s.working + s.blocked + s.starved + s.down + s.waiting;
            assert!((all - 1.0).abs() < 1e-9, "{name}: {s:?}");
            let value = match *which {
                WORKING => s.working,
                STARVED => s.starved,
                BLOCKED => s.blocked,
                DOWN => s.down,
                WAITING => s.waiting,
                other => panic!("{other}"),
            };
            // Shares given to four places are held to what they say.
            let rounding = if share.to_string().len() <= 6 { 5e-5 } else { 1e-9 };
            assert!((value - share).abs() < rounding, "{name}: {station} state {which}: {value}, not {share}");
        }
    }
}

/// Mean work in process of lines of the published set.
#[test]
fn exact_work_in_process() {
    for (name, wip) in [
        ("unbalanced, three places", 2.374_436_090_2),
        ("failures while working, four places", 4.662_698_639_2),
        ("failures in calendar time, three stations", 5.484_481_003),
        ("closed loop of four cards", 4.0),
        ("people held until the part has left", 3.507_581_688_3),
    ] {
        let (_, body, ..) = SMALL.iter().find(|(n, ..)| *n == name).unwrap();
        let found = exact(name, &line(body, "for: 1 d"));
        assert!((found.wip - wip).abs() < 1e-8, "{name}: {}", found.wip);
    }
}

#[test]
fn exact_time_to_lock() {
    for (name, body, seconds) in LOCKS {
        let found = exact(name, &line(body, "for: 1 d"));
        let stops = found.stops_after_s.unwrap();
        assert!((stops - seconds).abs() < 1e-8 * seconds, "{name}: {stops}, not {seconds}");
        assert_eq!(out(&found.throughput), Some(0.0), "{name}");
    }
}

/// A limit of cards: with four exponential stations of 2 h, throughput is W/(W + 3) of the bottleneck's.
fn cards(cards: u64) -> String {
    format!(
        "line loop {{\n item P {{}}\n source f {{ makes: P }}\n station s[4] {{ cycle: exponential(2 h) }}\n sink out\n \
         limit wip {{ count: {cards}, from: s[1], to: s[4] }}\n \
         flow f -> s[1] -[unlimited]-> ... -[unlimited]-> s[4] -> out\n run {{ for: 1 d }}\n}}\n"
    )
}

#[test]
fn cards_by_chain_and_by_mean_values() {
    for n in [1, 2, 3, 5] {
        let rate = n as f64 / (n as f64 + 3.0) / 7200.0;
        let found = exact("loop", &cards(n));
        assert!((out(&found.throughput).unwrap() / rate - 1.0).abs() < 1e-9, "{n} cards: {found:?}");
        let guess = estimate::estimate(&plant_of("loop", &cards(n)));
        assert!((out(&guess.throughput).unwrap() / rate - 1.0).abs() < 1e-12, "{n} cards: {guess:?}");
    }
}

/// Items under way wait for nobody: an open line is that much longer, a loop has that much more to go.
#[test]
fn times_under_way() {
    let text = queue("exponential(1 s)", 1, "1 s / 0.9").replace("s -> out", "s -[exponential(5 s)]-> out");
    let guess = estimate::estimate(&plant_of("way", &text));
    assert!((guess.time_in_system_s.unwrap() - 15.0).abs() < 1e-9, "{guess:?}");
    // Machine repair: two cards, a machine of 1 s, a way of 1 s: busy 4/5 of the time (states 1, 1, 1/2).
    let text = "line loop {\n item P {}\n source f { makes: P }\n station a { cycle: exponential(1 s) }\n buffer b { capacity: unlimited }\n \
                station c { cycle: 0 s, machines: 9 }\n sink out\n limit wip { count: 2, from: a, to: c }\n \
                flow f -> a -[exponential(1 s)]-> c -> out\n run { for: 1 d }\n}\n"
        .replace(" buffer b { capacity: unlimited }\n", "");
    let guess = estimate::estimate(&plant_of("loop", &text));
    assert!((out(&guess.throughput).unwrap() - 0.8).abs() < 1e-9, "{guess:?}");
}

/// Hopp and Spearman, Factory Physics, ch. 7: Penny Fab One has a raw process time of 8 h and a critical work in
/// process of 4.
#[test]
fn raw_process_time_and_critical_work_in_process() {
    let plant = plant_of("loop", &cards(8));
    let (seconds, items) = flowline::analysis::analyse(&plant).capacity.raw.unwrap();
    assert!((seconds - 8.0 * 3600.0).abs() < 1e-6 && (items - 4.0).abs() < 1e-9, "{seconds} {items}");
}

/// What a line is that no chain is laid out for, and one that has no end of states.
#[test]
fn pages_of_exact_answers_show_what_they_say() {
    let mut pages = 0;
    for code in codes::all().filter(|c| c.number().starts_with("E072")) {
        let page = code.page();
        let blocks: Vec<&str> = page.split("```line\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert_eq!(blocks.len(), 2, "{code:?}");
        let plant = plant_of(code.number(), blocks[0]);
        let why = estimate::exact(&plant, 5000).unwrap_err();
        let told = estimate::told(&plant, &why);
        assert!(!told.is_empty() && told.iter().all(|d| d.code == code), "{told:?}");
        assert!(told.iter().all(|d| d.primary.span.end > d.primary.span.start), "{told:?}");
        assert!(estimate::exact(&plant_of(code.number(), blocks[1]), 5000).is_ok(), "{code:?}");
        pages += 1;
    }
    assert_eq!(pages, 2);
}

/// Every example says by which method it was estimated, or why by none.
#[test]
fn examples_are_estimated_or_say_why_not() {
    let mut estimated = 0;
    for path in crate::engines::examples() {
        let file = path.file_name().unwrap().to_str().unwrap().to_string();
        let output = Command::new(env!("CARGO_BIN_EXE_flowline"))
            .args(["analyze", "--format", "json"])
            .arg(&path)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{file}");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for line in document["lines"].as_array().unwrap() {
            let guess = &line["estimate"];
            let why = guess["left_out"].as_array().unwrap().len();
            assert_ne!(guess["method"].is_string() && why == 0, why > 0, "{file}: {guess:#}");
            let figures = guess["throughput_per_h"].as_object().unwrap().len();
            assert_eq!(figures > 0, why == 0, "{file}: {guess:#}");
            estimated += usize::from(why == 0);
        }
    }
    assert!(estimated >= 4, "{estimated}");
}

#[test]
fn the_schema_is_current_and_obeyed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/analyze.json");
    let schema = serde_json::to_value(flowline::report::estimates::schema()).unwrap();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("FLOWLINE_UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "run the test with FLOWLINE_UPDATE=1");
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (example, exact) in [("penny_fab", true), ("job_shop", false), ("bottling", false)] {
        let file = format!("{}/examples/{example}.line", env!("CARGO_MANIFEST_DIR"));
        let mut args = vec!["analyze", "--format", "json", file.as_str()];
        args.extend(exact.then_some("--exact"));
        let output = Command::new(env!("CARGO_BIN_EXE_flowline")).args(args).output().unwrap();
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(validator.is_valid(&document), "{example}: {document:#}");
        assert_eq!(document["lines"][0]["exact"].is_object(), exact, "{example}: {document:#}");
    }
}

/// A hundred stations that break down are estimated while somebody types; without optimisation it takes longer.
#[test]
fn a_hundred_stations_are_quick() {
    let body: String = (1..=100)
        .map(|i| {
            let rate = 1.0 + f64::from(i % 7) / 10.0;
            format!(
                " station m{i} {{ cycle: exponential(1 s / {rate})\n breakdown b {{ after: exponential(100 s), clock: working, \
                 repair: exponential(5 s) }}\n }}\n"
            )
        })
        .collect();
    let chain: Vec<String> = (1..=100).map(|i| format!("m{i}")).collect();
    let text = format!(
        "line long {{\n item P {{}}\n source f {{ makes: P }}\n sink out\n{body} flow f -> {} -> out\n run {{ for: 1 d }}\n}}\n",
        chain.join(" -[5]-> ")
    );
    let plant = plant_of("long", &text);
    let begun = std::time::Instant::now();
    let guess = estimate::estimate(&plant);
    let took = begun.elapsed();
    assert!(guess.method.is_some() && guess.stations.len() == 100, "{:?}", guess.left_out);
    println!("a hundred stations: {took:?}, throughput {:?}", guess.throughput);
    assert!(took.as_secs_f64() < 5.0, "{took:?}");
}

/// A line with a known answer.
struct Case {
    name: String,
    measure: &'static str,
    exact: f64,
    estimate: Option<f64>,
    made: Estimate,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut throughput = |name: String, text: &str, exact: f64, factor: f64, measure: &'static str| {
        let made = estimate::estimate(&plant_of(&name, text));
        let estimate = out(&made.throughput).map(|rate| rate * factor);
        cases.push(Case { name, measure, exact, estimate, made });
    };
    for (stations, places, exact) in EQUAL_BUFFERS {
        let name = format!("{stations} equal exponential stations, {places} places between them");
        throughput(name, &equal(*stations, *places), *exact, 1.0, "throughput, /s");
    }
    for line in LINES {
        for (places, exact) in line.best {
            let spread = places.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            throughput(
                format!("{}, places {spread}", line.name),
                &allocation(line, places),
                *exact,
                1.0,
                "throughput, /s",
            );
        }
    }
    for (name, body, exact, _) in SMALL {
        throughput((*name).to_string(), &line(body, "for: 1 d"), *exact, 1.0, "throughput, /s");
    }
    for n in [1, 2, 3, 4, 6, 8, 12, 16, 20] {
        let exact = n as f64 / (n as f64 + 3.0) / 2.0;
        throughput(format!("four exponential stations, {n} cards"), &cards(n), exact, 3600.0, "throughput, /h");
    }
    for (name, cycle, machines, every, wait, _) in QUEUES {
        let made = estimate::estimate(&plant_of(name, &queue(cycle, *machines, every)));
        let estimate = made.stations.first().and_then(|s| s.wait_s);
        cases.push(Case { name: (*name).to_string(), measure: "wait, s", exact: *wait, estimate, made });
    }
    cases
}

impl Case {
    /// Of the exact value.
    fn error(&self) -> Option<f64> {
        self.estimate.map(|estimate| estimate / self.exact - 1.0)
    }

    fn method(&self) -> &'static str {
        match self.made.method.as_deref() {
            Some(m) if m.starts_with("decomposition") => "decomposition",
            Some(m) if m.starts_with("queueing") => "analyzer",
            Some(_) => "mean values",
            None => "–",
        }
    }
}

/// The page of estimates, with every line of which the exact answer is known.
fn page() -> String {
    let mut cases = cases();
    let size = |c: &Case| c.error().map_or(-1.0, f64::abs);
    cases.sort_by(|a, b| size(b).total_cmp(&size(a)).then_with(|| a.name.cmp(&b.name)));
    let known: Vec<f64> = cases.iter().filter_map(Case::error).map(f64::abs).collect();
    let mut page = include_str!("data/estimates.md").to_string();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let within = |limit: f64| known.iter().filter(|e| **e <= limit).count();
    writeln!(
        page,
        "{} lines have an exact answer from outside of this program; {} of them are estimated. The error is at most {:.1} % \
         of the exact value and {:.2} % on average; {} are within 1 %, {} within 0.1 %.\n",
        cases.len(),
        known.len(),
        known.iter().copied().fold(0.0, f64::max) * 100.0,
        mean * 100.0,
        within(0.01),
        within(0.001),
    )
    .unwrap();
    page.push_str("| line | what | exact | estimate | error | method | assumed |\n|---|---|---|---|---|---|---|\n");
    for case in cases.iter().filter(|c| c.estimate.is_some()) {
        let error = case.error().unwrap() * 100.0;
        // What is rounding only has no sign.
        let error = if error.abs() < 5e-4 { "0.000 %".to_string() } else { format!("{error:+.3} %") };
        writeln!(
            page,
            "| {} | {} | {:.6} | {:.6} | {error} | {} | {} |",
            case.name,
            case.measure,
            case.exact,
            case.estimate.unwrap(),
            case.method(),
            case.made.assumed.join("; ")
        )
        .unwrap();
    }
    page.push_str("\n## Lines that no method fits\n\n| line | exact throughput, /s | why |\n|---|---|---|\n");
    for case in cases.iter().filter(|c| c.estimate.is_none()) {
        assert!(!case.made.left_out.is_empty(), "{}: {:?}", case.name, case.made);
        let (shown, rest) = case.made.left_out.split_at(case.made.left_out.len().min(3));
        let more = if rest.is_empty() { String::new() } else { format!("; and {} more", rest.len()) };
        writeln!(page, "| {} | {:.6} | {}{more} |", case.name, case.exact, shown.join("; ")).unwrap();
    }
    page
}

#[test]
fn the_page_of_estimates_is_true() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/estimates.md");
    let page = page();
    if std::env::var_os("FLOWLINE_UPDATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        found, page,
        "docs/estimates.md is not what the program says; `FLOWLINE_UPDATE=1 cargo test -- estimates`"
    );
}

/// No estimate of the page is worse than this; a change that makes one worse has to say so here.
#[test]
fn estimates_are_near_exact_answers() {
    for case in cases() {
        if let Some(error) = case.error() {
            let limit = if case.method() == "decomposition" { 0.055 } else { 0.001 };
            assert!(error.abs() < limit, "{}: {:?} for {}", case.name, case.estimate, case.exact);
        }
    }
}

/// Every line of the reference and the tutorial, whatever it holds: no method fails on it, and figures are figures.
#[test]
fn no_line_of_the_reference_breaks_an_estimate() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spec");
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    pages.retain(|p| p.extension().is_some_and(|e| e == "md"));
    pages.sort();
    let (mut tried, mut estimated, mut solved) = (0, 0, 0);
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in text.split("```line\n").skip(1).filter_map(|rest| rest.split("\n```").next()) {
            let whole = block.lines().any(|l| l.starts_with("line "));
            let block = if whole { block.to_string() } else { format!("line spec {{\n{block}\n}}\n") };
            let read = |_: &str| Err("no files in tests".to_string());
            let compiled = flowline::cli::pipeline::compile_text("block", block.clone(), None, &[], &read);
            if compiled.failed() {
                continue;
            }
            for plant in &compiled.analysed.plants {
                let guess = estimate::estimate(plant);
                tried += 1;
                estimated += usize::from(guess.left_out.is_empty());
                assert!(guess.left_out.is_empty() || guess.throughput.is_empty(), "{block}\n{guess:?}");
                let figures = guess.throughput.iter().map(|(_, x)| *x).chain(guess.wip).chain(guess.time_in_system_s);
                let figures = figures
                    .chain(guess.stations.iter().flat_map(|s| [Some(s.utilisation), s.wait_s, s.queue]).flatten());
                figures.for_each(|x| assert!(x.is_finite() && x >= 0.0, "{block}\n{guess:?}"));
                match estimate::exact(plant, 300) {
                    Ok(exact) => {
                        solved += 1;
                        for s in &exact.stations {
                            let all = s.working + s.blocked + s.starved + s.down + s.waiting;
                            assert!((all - 1.0).abs() < 1e-6, "{block}\n{s:?}");
                        }
                    }
                    Err(why) => assert!(!estimate::told(plant, &why).is_empty()),
                }
            }
        }
    }
    println!("{tried} lines, {estimated} estimated, {solved} solved");
    assert!(tried > 300 && estimated > 20, "{tried} lines, {estimated} estimated, {solved} solved");
}

/// A small line by chance, with exponential times only.
fn exponential_line(seed: u64) -> String {
    let chance = &mut Chance::new(seed);
    let mut text = String::from(
        "line small {\nitem A {}\nitem B {}\nitem C {}\nsink out\nsink bin\ncrew op { size: 1 }\ncrew two { size: 2 }\n",
    );
    let makes = chance.of(&["A", "A", "{ 60 %: A, rest: B }"]);
    let every = chance.of(&["", "", ", every: exponential(9 s)", ", every: erlang(2, 12 s), when_full: lose"]);
    writeln!(text, "source feed {{ makes: {makes}{every} }}").unwrap();
    let stations = 2 + chance.below(2);
    let mut crewed = false;
    for i in 0..stations {
        let cycle = match chance.below(5) {
            0 => format!("erlang(2, {} s)", 4 + chance.below(9)),
            1 => format!("{{ 70 %: exponential({} s), rest: exponential(20 s) }}", 3 + chance.below(6)),
            2 => format!("{{ A: exponential({} s), B: exponential(11 s) }}", 4 + chance.below(6)),
            _ => format!("exponential({} s)", 4 + chance.below(9)),
        };
        let mut fields = format!("cycle: {cycle}");
        fields.push_str(chance.of(&["", "", ", machines: 2", ", yield: 85 %", ", batch: 1..2"]));
        let stop = chance.of(&[
            "",
            "\nbreakdown b { after: exponential(70 s), repair: exponential(15 s) }\n",
            "\nbreakdown b { after: exponential(50 s), clock: working, repair: erlang(2, 9 s), effect: scrap }\n",
            "\nbreakdown b { after: exponential(60 s), clock: working, repair: exponential(9 s), effect: restart_new }\n",
            "\nbreakdown b { after: exponential(60 s), repair: exponential(20 s), exclusive: yes }\nbreakdown c { after: exponential(40 s), repair: exponential(9 s), exclusive: yes }\n",
        ]);
        if stop.is_empty() {
            let needs = chance.of(&[
                "",
                ", needs: 1 op",
                ", needs: 1 two",
                ", needs: 2 two",
                ", needs: 1 op, release_crew: after_leaving",
            ]);
            crewed |= !needs.is_empty();
            fields.push_str(needs);
        } else if chance.once_in(3) {
            fields.push_str(", hold_when_down: yes");
        }
        writeln!(text, "station m_{i} {{ {fields}{stop} }}").unwrap();
    }
    writeln!(text, "station last {{ cycle: exponential(6 s) }}").unwrap();
    let arrow = |chance: &mut Chance| chance.of(&["->", "-[1]->", "-[2]->"]).to_string();
    let head = arrow(chance);
    writeln!(text, "flow feed {head} m_0").unwrap();
    if stations == 3 {
        let (x, y) = (arrow(chance), arrow(chance));
        let way = match chance.below(5) {
            0 => format!("-> {{ 60 %: {x} m_1, rest: {y} m_2 }}"),
            1 if makes != "A" => format!("-> {{ A: {x} m_1, B: {y} m_2 }}"),
            2 => format!("-> round_robin {{ {x} m_1, {y} m_2 }}"),
            3 => "-> first_free { m_1, m_2 }".to_string(),
            _ => format!("-> {{ every(3): {x} m_1, rest: {y} m_2 }}"),
        };
        writeln!(text, "flow m_0 {way}").unwrap();
        if chance.once_in(2) {
            writeln!(text, "buffer both {{ capacity: 2 }}\nflow m_1 -> both\nflow m_2 -> both\nflow both -> last")
                .unwrap();
        } else {
            let (x, y) = (arrow(chance), arrow(chance));
            writeln!(text, "flow m_1 {x} last\nflow m_2 {y} last").unwrap();
        }
    } else {
        let (x, y) = (arrow(chance), arrow(chance));
        writeln!(text, "flow m_0 {x} m_1\nflow m_1 {y} last").unwrap();
    }
    let end = chance.of(&["-> out", "-> { 80 %: out, rest: bin }", "-> { every(3): bin, rest: out }"]);
    writeln!(text, "flow last {end}").unwrap();
    if !end.contains("bin") {
        writeln!(text, "source spare {{ makes: C, every: exponential(50 s), when_full: lose }}\nflow spare -> bin")
            .unwrap();
    }
    if every.is_empty() && chance.once_in(3) {
        writeln!(text, "limit wip {{ count: {}, from: m_0, to: last }}", 2 + chance.below(3)).unwrap();
    }
    if !crewed {
        text = text.replace("crew op { size: 1 }\ncrew two { size: 2 }\n", "");
    }
    text + "run { for: 30000 s, warmup: 500 s, runs: 12 }\n}\n"
}

/// The chain and the engines give lines by chance the same meaning: figures of simulation lie around exact ones.
/// `FLOWLINE_LINES=200` tries more.
#[test]
fn chains_and_engines_agree_on_lines_by_chance() {
    let (mut compared, mut checks) = (0, 0);
    let most: usize = std::env::var("FLOWLINE_LINES").ok().and_then(|n| n.parse().ok()).unwrap_or(15);
    let mut wrong = Vec::new();
    let mut seed = 0;
    while compared < most {
        seed += 1;
        let text = exponential_line(seed);
        let read = |_: &str| Err("no files in tests".to_string());
        let compiled = flowline::cli::pipeline::compile_text("seed", text.clone(), None, &[], &read);
        // Some rules may not stand before some stations.
        let Some(plant) = compiled.analysed.plants.first().filter(|_| !compiled.failed()) else { continue };
        let exact = match estimate::exact(plant, 1500) {
            Ok(exact) => exact,
            // A source of several types before a batch, or a limit from it, is outside.
            Err(NotExact::TooLarge { .. }) => continue,
            Err(NotExact::Outside(_)) if text.contains("batch") => continue,
            Err(why) => panic!("seed {seed}: {why:?}\n{text}"),
        };
        if exact.stops_after_s.is_some() {
            continue;
        }
        let study = crate::published::simulate(plant, |_| {});
        compared += 1;
        let mut hold = |what: String, found: Option<flowline::runtime::statistics::Summary>, exact: f64| {
            let Some(found) = found else { return };
            checks += 1;
            // So wide that of thousands none is outside by chance.
            let half = flowline::runtime::statistics::student_t(0.99999, 11) * found.sd / 12f64.sqrt();
            if (found.mean - exact).abs() > half + 1e-9 {
                wrong.push(format!("seed {seed}: {what} {} ± {half}, exactly {exact}", found.mean));
            }
        };
        for (sink, rate) in &exact.throughput {
            let items = study.sinks.iter().find(|s| s.name == *sink).map_or(&[][..], |s| &s.items);
            if let [only] = items {
                hold(format!("throughput of {sink}, /h"), only.rate_per_h, rate * 3600.0);
            }
        }
        for s in &exact.stations {
            for (which, share) in
                [(WORKING, s.working), (STARVED, s.starved), (BLOCKED, s.blocked), (WAITING, s.waiting), (DOWN, s.down)]
            {
                hold(format!("{} state {which}", s.name), crate::published::state(&study, &s.name, which), share);
            }
        }
        for (buffer, mean, _) in &exact.buffers {
            let found = study.buffers.iter().find(|b| b.name == *buffer).and_then(|b| b.mean);
            hold(format!("level of {buffer}"), found, *mean);
        }
    }
    println!("{compared} lines up to seed {seed}, {checks} figures");

    assert!(wrong.is_empty(), "{wrong:#?}");
}
