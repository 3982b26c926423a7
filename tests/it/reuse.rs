//! Reuse: cells cost nothing and change nothing, declarations have no order, findings name the right file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use flowline::cli::pipeline::{Compiled, compile_text};
use flowline::diag::render::{self, Format};
use flowline::diag::{Severity, codes};
use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::sim::{self, Settings};

fn compile_with(text: &str, files: &[(&str, &str)]) -> Compiled {
    let files: BTreeMap<String, String> = files.iter().map(|(n, t)| (n.to_string(), t.to_string())).collect();
    let read = |path: &str| files.get(path).cloned().ok_or_else(|| "there is no such file".to_string());
    compile_text("main.line", text.to_string(), None, &[], &read)
}

fn plant(text: &str) -> Plant {
    let mut compiled = compile_with(text, &[]);
    let found = render::render(Format::Short, &compiled.files, &compiled.diagnostics, false);
    assert!(!compiled.failed(), "{found}\n{text}");
    compiled.analysed.plants.pop().unwrap()
}

/// The results of a short run, without what names the engine and the time it took.
fn results(plant: &Plant, engine: Engine) -> serde_json::Value {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    settings.engine = engine;
    let outcome = sim::simulate(plant, &settings);
    assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
    let text = flowline::report::json::render(&outcome.study.unwrap()).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    for word in ["engine", "wall_s"] {
        value.as_object_mut().unwrap().remove(word);
    }
    value
}

const CELLS: &str = "
line shop {
    item Body { mass: 300 kg }
    item Axle { mass: 40 kg }
    item Car { mass: 340 kg }
    crew fitters { size: 1 }
    tool gun[2] {}
    let pace = exponential(50 s)
    cell Welding(cycle: time, gun: tool, places: count = 2) {
        in bodies: Body
        out done: Body
        out bad: Body
        station load { cycle: uniform(5 s, 15 s) }
        station robot { cycle: cycle, needs: 1 gun
            breakdown jam { after: exponential(20 min), repair: exponential(1 min), needs: 1 fitters } }
        limit inside { count: 3, from: load, to: robot }
        flow bodies -> load -[places]-> robot -> { 95 %: done, rest: bad }
    }
    cell Marriage {
        in bodies: Body
        in axles: Axle
        out cars: Car
        buffer waiting { capacity: 4 }
        station join { takes: 1 Body + 2 Axle, makes: Car, cycle: normal(40 s, 4 s), needs: 1 fitters }
        flow bodies -> waiting -> join -> cars
        flow axles -[8]-> join
    }
    source body { makes: Body, every: pace }
    source axle { makes: Axle, every: 24 s }
    place weld_a: Welding(cycle: exponential(60 s), gun: gun[1])
    place weld_b: Welding(cycle: 70 s, gun: gun[2], places: 1)
    place marry: Marriage
    sink out
    sink scrap
    flow body -> round_robin { weld_a, -[3]-> weld_b }
    flow weld_a.done -> marry.bodies
    flow weld_b.done -[2]-> marry.bodies
    flow weld_a.bad -> scrap
    flow weld_b.bad -> scrap
    flow axle -> marry.axles
    flow marry.cars -> out
    run { for: 10 h, warmup: 1 h, runs: 3 }
}
";

/// The same line written flat, each thing under the name it has in the cell.
const FLAT: &str = "
line shop {
    item Body { mass: 300 kg }
    item Axle { mass: 40 kg }
    item Car { mass: 340 kg }
    crew fitters { size: 1 }
    tool `gun[1]` {}
    tool `gun[2]` {}
    source body { makes: Body, every: exponential(50 s) }
    source axle { makes: Axle, every: 24 s }
    station `weld_a.load` { cycle: uniform(5 s, 15 s) }
    station `weld_a.robot` { cycle: exponential(60 s), needs: 1 `gun[1]`
        breakdown jam { after: exponential(20 min), repair: exponential(1 min), needs: 1 fitters } }
    limit `weld_a.inside` { count: 3, from: `weld_a.load`, to: `weld_a.robot` }
    station `weld_b.load` { cycle: uniform(5 s, 15 s) }
    station `weld_b.robot` { cycle: 70 s, needs: 1 `gun[2]`
        breakdown jam { after: exponential(20 min), repair: exponential(1 min), needs: 1 fitters } }
    limit `weld_b.inside` { count: 3, from: `weld_b.load`, to: `weld_b.robot` }
    buffer `marry.waiting` { capacity: 4 }
    station `marry.join` { takes: 1 Body + 2 Axle, makes: Car, cycle: normal(40 s, 4 s), needs: 1 fitters }
    sink out
    sink scrap
    flow body -> round_robin { `weld_a.load`, -[3]-> `weld_b.load` }
    flow `weld_a.load` -[2]-> `weld_a.robot` -> { 95 %: `marry.waiting`, rest: scrap }
    flow `weld_b.load` -[1]-> `weld_b.robot` -> { 95 %: -[2]-> `marry.waiting`, rest: scrap }
    flow `marry.waiting` -> `marry.join` -> out
    flow axle -[8]-> `marry.join`
    run { for: 10 h, warmup: 1 h, runs: 3 }
}
";

/// Names of places on arrows tell the ports they lead through.
fn flat_names(value: &serde_json::Value) -> serde_json::Value {
    let text = value
        .to_string()
        .replace("body->weld_b.bodies", "body->weld_b.load")
        .replace("weld_b.done->marry.bodies", "weld_b.robot->marry.waiting")
        .replace("marry.axles->marry.join", "axle->marry.join");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_line_of_cells_is_the_same_line_written_flat() {
    let (cells, flat) = (plant(CELLS), plant(FLAT));
    for engine in [Engine::Event, Engine::Interpreter] {
        assert_eq!(flat_names(&results(&cells, engine)), results(&flat, engine));
    }
}

/// Splits the body of the outermost blocks into its items, by depth of brackets and lines.
fn items(body: &str) -> Vec<String> {
    let (mut found, mut item, mut depth) = (Vec::new(), String::new(), 0i32);
    for line in body.lines().filter(|l| !l.trim().is_empty() && !l.trim().starts_with("//")) {
        // A line that begins with an arrow goes on with the one before; a colon at the end goes on, too.
        let goes_on = line.trim().starts_with('-') && item.is_empty();
        let mut text = if goes_on { found.pop().unwrap_or_default() } else { String::new() };
        text.push_str(line);
        item.push_str(&text);
        item.push('\n');
        depth += line.chars().map(|c| i32::from("{[(".contains(c)) - i32::from("}])".contains(c))).sum::<i32>();
        if depth == 0 && !line.trim_end().ends_with(':') {
            found.push(std::mem::take(&mut item));
        }
    }
    found
}

/// Shuffles (Fisher and Yates) with a linear congruential generator (Knuth's MMIX).
fn shuffle(list: &mut [String], state: &mut u64) {
    for i in (1..list.len()).rev() {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list.swap(i, usize::try_from(*state >> 33).unwrap() % (i + 1));
    }
}

/// The text with the items of every `line` and `cell` in another order.
fn shuffled(text: &str, rng: &mut u64) -> String {
    let mut list: Vec<String> = items(text)
        .into_iter()
        .map(|item| {
            let head = item.trim_start();
            if !(head.starts_with("line ") || head.starts_with("cell ")) || item.lines().count() < 3 {
                return item;
            }
            let (first, rest) = item.split_once('\n').unwrap();
            let (body, last) = rest.trim_end().rsplit_once('\n').unwrap();
            format!("{first}\n{}{last}\n", shuffled(body, rng))
        })
        .collect();
    shuffle(&mut list, rng);
    list.concat()
}

#[test]
fn declarations_have_no_order() {
    let mut rng = 1;
    let mut texts = vec![CELLS.to_string(), FLAT.to_string()];
    for name in ["assembly_line", "bottling", "test_and_repair"] {
        let path = format!("{}/examples/{name}.line", env!("CARGO_MANIFEST_DIR"));
        texts.push(std::fs::read_to_string(path).unwrap());
    }
    for text in texts {
        let mut first = plant(&text);
        first.run.horizon = Some(flowline::base::Ticks(8 * 3_600_000_000_000));
        first.run.warmup = flowline::base::Ticks(0);
        first.run.runs = 2;
        let due = results(&first, Engine::Event);
        for _ in 0..4 {
            let other_text = shuffled(&text, &mut rng);
            let mut other = plant(&other_text);
            (other.run.horizon, other.run.warmup, other.run.runs) = (first.run.horizon, first.run.warmup, 2);
            assert_eq!(results(&other, Engine::Event), due, "{other_text}");
        }
    }
}

#[test]
fn findings_name_the_file_they_are_in() {
    let main = "use \"./lib/cells.line\"\nline a {\n source s {}\n place w[3]: Welding(cycle: 5 s)\n sink o\n \
                flow s -> w[1] -> w[2] -> w[3] -> o\n run { for: 1 h }\n}\n";
    let cells =
        "cell Welding(cycle: time) {\n in a\n out b\n station m { cycle: cycle + 5 kg }\n flow a -> m -> b\n}\n";
    let compiled = compile_with(main, &[("lib/cells.line", cells)]);
    let short = render::render(Format::Short, &compiled.files, &compiled.diagnostics, false);
    assert_eq!(short, "lib/cells.line:4:27: error[E0301]: cannot add a time and a mass\n", "once for three places");
    let drawn = render::render(Format::Terminal, &compiled.files, &compiled.diagnostics, false);
    for due in ["lib/cells.line:4:27", "cycle + 5 kg", "main.line:4:8", "placed here as `w[1]`"] {
        assert!(drawn.contains(due), "`{due}` is missing in\n{drawn}");
    }
    let json = render::render(Format::Json, &compiled.files, &compiled.diagnostics, false);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["spans"][0]["file"], "lib/cells.line");
    assert_eq!(json[0]["spans"][1]["file"], "main.line");
}

#[test]
fn a_name_declared_twice_through_files_shows_both() {
    let main = "use \"./a.line\"\nuse \"./b.line\"\nline a {\n source s { makes: Part }\n sink o\n flow s -> o\n run { for: 1 h }\n}\n";
    let compiled = compile_with(main, &[("a.line", "item Part {}\n"), ("b.line", "item Part {}\n")]);
    let found: Vec<_> = compiled.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].code, codes::DUPLICATE_NAME);
    assert!(found[0].help[0].contains("as other"));
}

#[test]
fn a_file_of_what_is_shared_can_be_checked_alone() {
    for text in
        ["item Part {}\nfn twice(x: time): time = 2 * x\n", "use std.shifts\ncell C(x: time) { in a\n out b\n }\n"]
    {
        let compiled = compile_with(text, &[]);
        assert!(!compiled.failed(), "{:?}", compiled.diagnostics);
        assert!(compiled.diagnostics.iter().any(|d| d.code == codes::NO_LINE));
    }
    assert!(compile_with("", &[]).failed());
}

#[test]
fn the_standard_library_is_sound() {
    let folder = format!("{}/stdlib", env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let compiled = compile_with(&text, &[]);
        assert!(!compiled.failed(), "{name}: {:?}", compiled.diagnostics);
        let used = compile_with(&format!("use std.{name}\nitem A {{}}\n"), &[]);
        assert!(!used.failed(), "{name} is not built in: {:?}", used.diagnostics);
        // Every definition is documented.
        let mut before = "";
        for line in text.lines() {
            let word = line.split(' ').next().unwrap_or("");
            if ["item", "cell", "fn", "shift", "let", "param", "crew", "tool"].contains(&word) {
                assert!(before.starts_with("///"), "{name}: `{line}` is not documented");
            }
            before = line;
        }
        seen += 1;
    }
    assert!(seen >= 7, "only {seen} files");
}

#[test]
fn only_what_is_mentioned_comes_into_the_line() {
    let text = "use std.packaging\nline a {\n source s { makes: Can }\n sink o\n flow s -> o\n run { for: 1 h }\n}\n";
    let plant = plant(text);
    let items: Vec<&str> = plant.items.values().map(|i| i.name.as_str()).collect();
    assert_eq!(items, ["Can"]);
}

#[test]
fn files_are_found_from_the_file_that_uses_them() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("project/lib/data")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "project/main.line",
        "use \"./lib/times.line\"\nline a {\n source s { every: drawn }\n sink o\n flow s -> o\n run { for: 1 h }\n}\n",
    );
    write("project/lib/times.line", "let drawn = empirical(\"data/t.csv\", every)\n");
    write("project/lib/data/t.csv", "every [min]\n1\n1\n");
    write("outside.line", "let drawn = 1 min\n");
    let check = |name: &str| {
        let path = folder.path().join(name);
        let args = ["check", "--format", "short", path.to_str().unwrap()];
        let output = Command::new(env!("CARGO_BIN_EXE_flowline")).args(args).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(check("project/main.line"), "");
    write("project/main.line", "use \"./lib/../../outside.line\"\nline a {\n source s {}\n sink o\n flow s -> o\n}\n");
    assert!(check("project/main.line").contains("E0240"), "{}", check("project/main.line"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("outside.line"), folder.path().join("project/link.line"))
            .unwrap();
        write("project/main.line", "use \"./link.line\"\nline a {\n source s {}\n sink o\n flow s -> o\n}\n");
        assert!(check("project/main.line").contains("E0240"), "a link leads outside");
    }
}

#[test]
fn cells_within_cells_do_not_run_away() {
    // Eight levels of a hundred places each: refused, quickly.
    let mut text = String::from("cell C0 {\n in a\n out b\n station m { cycle: 1 s }\n flow a -> m -> b\n}\n");
    for i in 1..8 {
        text.push_str(&format!("cell C{i} {{\n in a\n out b\n place p[100]: C{}\n flow a -> p[1] -> b\n}}\n", i - 1));
    }
    text.push_str("line l {\n source s {}\n place p: C7\n sink o\n flow s -> p -> o\n run { for: 1 h }\n}\n");
    let compiled = compile_with(&text, &[]);
    assert!(compiled.diagnostics.iter().any(|d| d.code == codes::OUT_OF_RANGE), "{:?}", compiled.diagnostics.len());
    assert!(compiled.diagnostics.len() < 10);
}

#[test]
fn a_line_of_cells_with_a_word_missing_is_told_never_an_internal_error() {
    let words: Vec<(usize, &str)> = CELLS
        .split_inclusive(' ')
        .scan(0, |at, w| {
            let from = *at;
            *at += w.len();
            Some((from, w))
        })
        .collect();
    let mut told = 0;
    for (at, word) in words {
        let text = format!("{}{}", &CELLS[..at], &CELLS[at + word.len()..]);
        let compiled = compile_with(&text, &[]);
        for d in &compiled.diagnostics {
            assert_ne!(d.code, codes::INTERNAL, "{}\n{text}", d.message);
        }
        told += usize::from(compiled.failed());
    }
    assert!(told > 200, "only {told} texts were refused");
}

#[test]
fn thousands_of_places_are_quick() {
    let text = "cell C(x: time) {\n in a\n out b\n crew c {}\n let y = x / 2\n station m { cycle: y, needs: 1 c }\n \
                station n { cycle: x }\n flow a -[2]-> m -> n -> b\n}\nline l {\n source s { every: 1 min }\n \
                place p[5000]: C(x: 10 s)\n sink o\n flow s -> p[1] -> ... -> p[5000] -> o\n run { for: 1 h }\n}\n";
    let before = crate::cpu::seconds();
    let plant = plant(text);
    assert_eq!(plant.nodes.len(), 3 * 5000 + 2);
    assert_eq!(plant.pools.len(), 5000);
    // A step that looks at all places for each would take minutes.
    let took = crate::cpu::seconds() - before;
    assert!(took < 60.0, "{took} s of work");
}

/// A cell with one of everything that can stand in it.
const BAYS: &str = "
item Body { length: 0.5 m, order: count = 1 }
cell Bay(cycle: time) {
    in bodies: Body
    out done: Body
    crew fitters { size: 1
        breakdown ill { after: 10 h, repair: 1 h } }
    tool gun { count: 1 }
    conveyor belt { length: 4 m, speed: 1 m/s, pitch: 1 m
        breakdown jam { after: exponential(20 min), repair: 1 min, needs: 1 fitters } }
    station load { cycle: 5 s }
    station robot { cycle: cycle, needs: 1 gun + 1 fitters
        breakdown crash { after: 30 min, repair: 2 min, needs: 1 fitters }
        maintenance clean { every: 1 h, lasts: 3 min } }
    station unload { cycle: 5 s }
    buffer store { capacity: 3 }
    fleet cart { size: 1, speed: 1 m/s }
    pallets fixture { count: 4, from: load, to: unload }
    limit wip { count: 6, from: load, to: unload }
    breakdown power { stops: [load, robot], after: 45 min, repair: 1 min }
    flow bodies -> load -> belt -> robot -> store -[cart(10 m)]-> unload -> done
}
line bays {
    source press { makes: Body, every: 30 s }
    place weld[i in 1..2]: Bay(cycle: 20 s + i * 10 s)
    place fit: Bay(cycle: 15 s)
    sink out
    flow press -> round_robin { weld[1], weld[2] }
    for i in 1..2: weld[i] -[2]-> fit
    flow fit -> out
    expect a: level(weld[2].store) <= 3
    expect b: utilisation(weld[2].robot) <= 100 %
    expect c: throughput(weld[1].robot) >= 1 /h
    run { for: 2 h }
}
";

#[test]
fn what_stands_in_a_cell_has_the_name_of_its_place() {
    let bays = plant(BAYS);
    let found = results(&bays, Engine::Event);
    assert_eq!(found, results(&bays, Engine::Interpreter));
    for place in ["weld[1]", "weld[2]", "fit"] {
        for (kind, names) in [
            ("stations", &["load", "robot", "unload"][..]),
            ("buffers", &["belt", "store"]),
            ("crews", &["fitters", "gun"]),
            ("fleets", &["cart"]),
            ("cards", &["fixture", "wip"]),
        ] {
            for name in names {
                let whole = format!("{place}.{name}");
                assert!(found[kind].get(&whole).is_some(), "{kind} has no `{whole}`");
            }
        }
    }
    // Nothing is shared: each has as many of everything as the cell says, and a clock of its own.
    assert_eq!(bays.pools.values().filter(|p| p.name.ends_with(".fitters")).count(), 3);
    assert_ne!(found["stations"]["weld[1].robot"], found["stations"]["weld[2].robot"]);
    let mut stops: Vec<&str> = bays.stops.iter().filter_map(|s| s.owner.as_deref()).collect();
    stops.sort_unstable();
    stops.dedup();
    for owner in ["weld[1].fitters", "weld[2].fitters"] {
        assert!(stops.contains(&owner), "{owner} is not in {stops:?}");
    }
}

#[test]
fn findings_about_things_in_cells_say_which() {
    let asks = BAYS.replace("1 gun + 1 fitters", "1 gun + 3 fitters");
    let mut compiled = compile_with(&asks, &[]);
    let plant = compiled.analysed.plants.pop().unwrap();
    let told: Vec<String> = flowline::analysis::analyse(&plant).diagnostics.iter().map(|d| d.message.clone()).collect();
    assert!(told.iter().any(|m| m.contains("`weld[1].robot`") && m.contains("`weld[1].fitters`")), "{told:?}");
    // A fleet has no distance, a belt no pitch: told in the cell, once, with the place.
    for (from, to, due) in [("cart(10 m)", "cart", "weld[1].cart"), (", pitch: 1 m", "", "belt")] {
        let compiled = compile_with(&BAYS.replace(from, to), &[]);
        let errors: Vec<_> = compiled.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        assert_eq!(errors.len(), 1, "{errors:?}");
        let drawn = render::render(Format::Terminal, &compiled.files, &compiled.diagnostics, false);
        assert!(drawn.contains(due) && drawn.contains("weld[1]"), "{drawn}");
    }
}

/// Every name in a line of cells put in the place of every other: told, or right, never an internal error.
#[test]
fn names_of_other_kinds_are_told() {
    let names =
        ["Body", "fitters", "gun", "pace", "Welding", "bodies", "robot", "inside", "weld_a", "out", "marry", "body"];
    for text in [CELLS, BAYS] {
        for (at, _) in text.match_indices(|c: char| c.is_alphabetic()) {
            let before = text[..at].chars().next_back().unwrap_or(' ');
            let end = text[at..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(text.len(), |n| at + n);
            if before.is_alphanumeric() || before == '_' || !names.contains(&&text[at..end]) {
                continue;
            }
            for other in names {
                let changed = format!("{}{other}{}", &text[..at], &text[end..]);
                let compiled = compile_with(&changed, &[]);
                for d in &compiled.diagnostics {
                    assert_ne!(d.code, codes::INTERNAL, "{}\n{changed}", d.message);
                }
            }
        }
    }
}
