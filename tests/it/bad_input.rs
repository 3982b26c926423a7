//! Bad input of any kind gives diagnostics and an exit code, never a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::AtomicBool;

use flowline::base::limits;
use flowline::cli::pipeline::compile_text;
use flowline::diag::codes;
use flowline::diag::render::{self, Format};
use flowline::sim::{self, Settings};
use proptest::prelude::*;

use crate::engines::{examples, plant_of};

fn flowline(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowline")).args(args).output().unwrap()
}

/// Exit code and standard output of a short check of these bytes.
fn check(bytes: &[u8]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("bad.line");
    std::fs::write(&path, bytes).unwrap();
    let output = flowline(&["check", "--format", "short", path.to_str().unwrap()]);
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A complete line with one piece replaced.
fn line(from: &str, to: &str) -> String {
    "line a {\n item P {}\n source s { makes: P, every: 30 s }\n station m { machines: 2, cycle: 20 s }\n sink o\n \
     flow s -[5]-> m -> o\n run { for: 1 h }\n}\n"
        .replace(from, to)
}

#[test]
fn texts_that_are_none() {
    let nested = format!("line a {}", "{".repeat(10_000));
    for bytes in [b"".as_slice(), b"\0\0\0", b"\xff\xfe\x80garbage\x01\x02", nested.as_bytes(), b"\x1b[31mline"] {
        let (code, out) = check(bytes);
        assert_eq!(code, 1, "{out}");
        assert!(out.contains("error["), "{out}");
        assert!(!out.contains("E0999"), "{out}");
        assert!(!out.contains('\x1b'), "escape sequences of the text reach the terminal");
    }
}

#[test]
fn values_that_cannot_be() {
    for (from, to, code) in [
        ("20 s", "20 sx", "E0302"),
        ("20 s", "20", "E0303"),
        ("cycle: 20 s", "cycle: -20 s", "E0304"),
        ("cycle: 20 s", "cycle: 20 s, steps: { load: 1 s }", "E0211"),
        ("cycle: 20 s", "steps: { load: 1 s, load: 2 s }", "E0211"),
        ("cycle: 20 s", "steps: {}", "E0305"),
        ("cycle: 20 s", "steps: 5 s", "E0305"),
        ("cycle: 20 s", "cycle: 20 s, setup: { P: 5 s }", "E0305"),
        ("cycle: 20 s", "cycle: 20 s, setup: { P -> Q: 5 s }", "E0201"),
        ("cycle: 20 s", "cycle: 20 s, setup: { P <-> P: 5 s }", "E0211"),
        ("cycle: 20 s", "cycle: 20 s, needs: { warm: 1 men }", "E0305"),
        ("cycle: 20 s", "cycle: 20 s\n breakdown b { after: 5 s, clock: cycles, repair: 1 s }", "E0301"),
        ("cycle: 20 s", "cycle: 20 s\n breakdown b { after: 0.5, clock: cycles, repair: 1 s }", "E0304"),
        ("m -> o", "m -> { every(0): o, rest: o }", "E0304"),
        ("m -> o", "m -> { every(5): o }", "E0305"),
        ("m -> o", "m -> round_robin {}", "E0407"),
        ("machines: 2", "machines: 100000000000", "E0304"),
        ("machines: 2", "machines: 2.5", "E0304"),
        ("station m {", "station m[1000000000] {", "E0304"),
        ("for: 1 h", "for: 0 s", "E0304"),
        ("for: 1 h", "for: 1 h, runs: 0", "E0304"),
        ("for: 1 h", "for: 99999999999999999999 d", "E0304"),
        ("cycle: 20 s", "cycle: exponential(0 s - 1 s)", "E0304"),
        ("cycle: 20 s", "cycle: uniform(0 s - 5 s, 5 s)", "E0304"),
        ("-[5]->", "-[100000000000]->", "E0304"),
        ("flow s", "flow q", "E0201"),
        ("m -> o", "m -> s", "E0408"),
        ("m -> o", "m -> { 60 %: o }", "E0401"),
        ("m -> o\n", "m -> o\n flow o -> m\n", "E0408"),
        ("cycle: 20 s", "cycle: x", "E0201"),
        ("cycle: 20 s", "cycle: empirical(\"../../secret.csv\", t)", "E0308"),
        ("for: 1 h", "for: 1 h, until: 5 at m", "E0203"),
    ] {
        let (exit, out) = check(line(from, to).as_bytes());
        assert_eq!(exit, 1, "{to}: {out}");
        assert!(out.contains(code), "{to}: {out}");
        assert!(!out.contains("E0999"), "{to}: {out}");
    }
}

#[test]
fn several_errors_are_all_told() {
    let text =
        line("20 s", "20").replace("every: 30 s", "every: 30 sx").replace("m -> o", "m -> x").replace("1 h", "-1 h");
    let (exit, out) = check(text.as_bytes());
    assert_eq!(exit, 1);
    for code in ["E0303", "E0302", "E0201", "E0304"] {
        assert!(out.contains(code), "{code} is missing in {out}");
    }
}

#[test]
fn later_words_are_told_not_passed_over() {
    for (from, to) in [
        (" sink o", " sink o\n store spare { reorder_at: 5 }"),
        (" sink o", " sink o\n experiment sizes { vary: [m] }"),
    ] {
        let (exit, out) = check(line(from, to).as_bytes());
        assert_eq!(exit, 1, "{to}: {out}");
        assert!(out.contains("E0290"), "{to}: {out}");
    }
}

#[test]
fn files_that_are_none() {
    assert_eq!(flowline(&["check", "no_such_file.line"]).status.code(), Some(2));
    assert_eq!(flowline(&["run", "."]).status.code(), Some(2));
    assert_eq!(flowline(&["check"]).status.code(), Some(2));
    assert_eq!(flowline(&["explain", "E9999"]).status.code(), Some(2));
    assert_eq!(flowline(&["run", "--for", "30", "x.line"]).status.code(), Some(2));
}

#[test]
fn a_source_that_is_too_fast_warns_and_runs_until_the_memory_is_full() {
    let text = line("-[5]->", "-[unlimited]->").replace("every: 30 s", "every: 1 s").replace("1 h", "400 d");
    let compiled = compile_text("fast", text.clone(), None, &[], &|_| Err(String::new()));
    assert!(compiled.analysed.complete);
    let plant = plant_of("fast", &text);
    let analysis = flowline::analysis::analyse(&plant);
    let warning = analysis.diagnostics.iter().find(|d| d.code == codes::SOURCE_TOO_FAST).expect("a warning");
    assert!(!warning.notes.is_empty(), "the arithmetic is shown");
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(&plant, &stop, &|_, _| {});
    settings.memory = Some(16 * 1024 * 1024);
    let outcome = sim::simulate(&plant, &settings);
    let found = outcome.diagnostics.first().expect("a diagnostic");
    assert_eq!(found.code, codes::OUT_OF_MEMORY);
    assert!(found.message.contains("s->m"), "{}", found.message);
}

#[test]
fn marks_and_line_ends_of_other_systems() {
    let plain = line("", "");
    for text in
        [format!("\u{feff}{plain}"), plain.replace('\n', "\r\n"), format!("\u{feff}{}", plain.replace('\n', "\r\n"))]
    {
        let (code, out) = check(text.as_bytes());
        assert_eq!((code, out.as_str()), (0, ""), "{text:?}");
    }
    // A mistake is counted in the same columns.
    let wrong = line("20 s", "20 sx");
    for text in [wrong.clone(), wrong.replace('\n', "\r\n")] {
        let (_, out) = check(text.as_bytes());
        assert!(out.ends_with(":4:37: error[E0302]: there is no unit `sx`\n"), "{out}");
    }
}

#[test]
fn files_that_are_too_large_or_too_deep() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.line");
    let file = std::fs::File::create(&path).unwrap();
    // A hole in the file: nothing is written.
    file.set_len(100 * 1024 * 1024).unwrap();
    let output = flowline(&["check", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is larger than"), "{said}");
    for (open, close) in [("(", ")"), ("[", "]"), ("{ a: ", "}"), ("-", ""), ("not ", ""), ("1 + ", ""), ("f(", ")")] {
        let text = line("cycle: 20 s", &format!("cycle: {}20 s{}", open.repeat(20_000), close.repeat(20_000)));
        let (code, out) = check(text.as_bytes());
        assert_eq!(code, 1, "{open}");
        assert!(!out.contains("E0999"), "{open}: {out}");
        assert!(out.lines().count() < 110, "{open}: {} findings", out.lines().count());
    }
}

/// What `empirical("d.csv", repair)` says of this file: its code and message.
fn of_data(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.line");
    std::fs::write(folder.path().join("d.csv"), bytes).unwrap();
    std::fs::write(&path, line("machines: 2, cycle: 20 s", "cycle: empirical(\"d.csv\", repair)")).unwrap();
    let output = flowline(&["check", "--format", "short", path.to_str().unwrap()]);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn data_files_with_mistakes() {
    for right in [
        "repair [s]\n1\n2\n",
        "\u{feff}repair [s]\r\n1\r\n2\r\n",
        "repair [s]\n1\n\n2",
        "\"repair [s]\",\"x, y\"\n\"1\",\"a, \"\"b\"\"\"\n2,c\n",
        "  note , repair [s] \n a , 1 \n",
    ] {
        assert_eq!(of_data(right.as_bytes()), "", "{right}");
    }
    for (wrong, due) in [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("repair [s]\n", "has no rows"),
        ("repair\n1\n", "does not say its unit"),
        ("rep [s]\n1\n", "has no column `repair`"),
        ("repair [kg]\n1\n", "this is a mass"),
        ("repair [foo]\n1\n", "`foo`, which is no unit"),
        ("repair [s]\n1\nx\n", "row 3, column `repair` of `d.csv` is `x`"),
        ("repair [s]\n-1\n", "is `-1`, not a number of 0 or more"),
        ("repair [s]\nnan\n", "is `nan`"),
        ("repair [s]\n1e400\n", "is `1e400`"),
        ("repair [s],b\n1,2\n3\n", "row 3 of `d.csv` has 1 cells, its heading 2 columns"),
        ("repair [s],b\n,2\n", "is ``"),
        ("repair [s]\n1,5\n", "row 2 of `d.csv` has 2 cells, its heading 1 column"),
        ("repair [s];b\n1,5;2\n", "semicolons"),
        ("repair [s]\tb\n1\t2\n", "tabs"),
        ("repair [s],repair [min]\n1,2\n", "two columns `repair`"),
        ("repair [s]\n\"1\n2\n", "row 2"),
        ("repair [s]\n\0\n", "is no text"),
    ] {
        let said = of_data(wrong.as_bytes());
        assert!(said.contains(due) && said.contains("error[E03"), "{wrong:?}: {said}");
    }
    let said = of_data(b"repair [s]\n\xff\n");
    assert!(said.contains("is no text in UTF-8"), "{said}");
}

#[test]
fn paths_that_lead_outside_of_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    std::fs::create_dir_all(project.join("sub")).unwrap();
    let table = "repair [s]\n1\n";
    std::fs::write(folder.path().join("d.csv"), table).unwrap();
    std::fs::write(folder.path().join("o.line"), "let x = 1 s\n").unwrap();
    std::fs::write(project.join("sub/d.csv"), table).unwrap();
    let absolute = folder.path().join("d.csv").to_str().unwrap().replace('\\', "/");
    let mut outside = vec!["../d.csv".to_string(), "sub/../../d.csv".to_string(), absolute, "..\\d.csv".to_string()];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("d.csv"), project.join("link.csv")).unwrap();
        std::os::unix::fs::symlink(folder.path(), project.join("up")).unwrap();
        outside.extend(["link.csv".to_string(), "up/d.csv".to_string()]);
    }
    let path = project.join("a.line");
    let said = |written: &str| {
        std::fs::write(&path, line("machines: 2, cycle: 20 s", &format!("cycle: empirical(\"{written}\", repair)")))
            .unwrap();
        let output = flowline(&["check", "--format", "short", path.to_str().unwrap()]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(said("sub/d.csv"), "");
    assert!(said("sub").contains("it is a folder"), "{}", said("sub"));
    for written in outside {
        let written = written.replace('\\', "\\\\");
        let told = said(&written);
        assert!(told.contains("error[E0308]"), "{written}: {told}");
        assert!(!told.contains("1 s"), "{told}");
    }
}

#[test]
fn parameters_set_from_outside_that_cannot_be() {
    let text = line("cycle: 20 s", "cycle: pace")
        .replace("item P {}", "item P {}\n param pace: time = 20 s in 10 s..30 s\n let fixed = 5 s");
    let told = |name: &str, value: &str| {
        let set = [(name.to_string(), value.to_string())];
        let compiled = compile_text("a.line", text.clone(), None, &set, &|_| Err(String::new()));
        let errors = compiled.diagnostics.iter().filter(|d| d.severity == flowline::diag::Severity::Error);
        errors.map(|d| format!("{} {}", d.code.number(), d.message)).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(told("pace", "25 s"), "");
    for (name, value) in [
        ("pace", "5 s"),
        ("pace", "31s"),
        ("pace", "20"),
        ("pace", "20 kg"),
        ("pace", ""),
        ("pace", "20 sx"),
        ("pace", "abc"),
        ("pace", "20 s; rm"),
        ("pace", "-20 s"),
        ("pace", "1e999 s"),
        ("pce", "20 s"),
        ("fixed", "6 s"),
        ("m", "6 s"),
        ("m.cycle", "6 s"),
        ("", "6 s"),
        ("pace.x", "6 s"),
    ] {
        let said = told(name, value);
        assert!(said.starts_with("E0309 ") && !said.contains("; E"), "{name}={value}: {said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Examples with pieces dropped, doubled or swapped: no panic, no internal error.
    #[test]
    fn damaged_examples_give_findings(which in 0usize..8, cuts in proptest::collection::vec((0usize..400, 0u8..3, 0usize..400), 1..5)) {
        let paths = examples();
        let text = std::fs::read_to_string(&paths[which % paths.len()]).unwrap();
        let mut pieces: Vec<&str> = text.split_inclusive(|c: char| c.is_whitespace() || "{}[](),:".contains(c)).collect();
        for (at, what, other) in cuts {
            let n = pieces.len();
            let (at, other) = (at % n, other % n);
            match what {
                0 => { pieces.remove(at); }
                1 => pieces.insert(at, pieces[other]),
                _ => pieces.swap(at, other),
            }
        }
        let compiled = compile_text("damaged", pieces.concat(), None, &[], &|_| Err("no files".to_string()));
        prop_assert!(compiled.diagnostics.iter().all(|d| d.code != codes::INTERNAL), "{:?}", compiled.diagnostics);
        if !compiled.failed() {
            for plant in &compiled.analysed.plants {
                let _ = flowline::analysis::analyse(plant);
                prop_assert!(flowline::kernel::Kernel::new(plant, flowline::kernel::Engine::Interpreter).is_ok());
            }
        }
    }
}

/// The findings of a text in a line each, and drawn, without colours and with them.
fn told(text: String) -> (String, String, String) {
    let compiled = compile_text("long.line", text, None, &[], &|_| Err(String::new()));
    let all = |format, colour| render::render(format, &compiled.files, &compiled.diagnostics, colour);
    (all(Format::Short, false), all(Format::Terminal, false), all(Format::Terminal, true))
}

/// Of very long lines only what is pointed at is drawn, at its line and column.
#[test]
fn very_long_lines_are_drawn_in_part() {
    let chain = " -> m".repeat(limits::CHAIN + 1);
    let (_, out, _) = told(line("flow s -[5]-> m -> o", &format!("flow s{chain} -> o")));
    assert!(out.contains("E0304") && out.contains("[ long.line:6:"), "{out}");
    assert!(out.contains("flow s -> m") && out.contains('…') && out.contains("-> m -> o"), "{out}");
    assert!(out.len() < 3_000, "{} bytes", out.len());

    // A mistake in the middle, behind letters of two bytes.
    let blanks = " ".repeat(9_000);
    let (short, out, coloured) = told(
        line(" station m {", &format!(" item Ä {{}}, {blanks} station m {{"))
            .replace("20 s ", &format!("20 sx {blanks}")),
    );
    let place = short.lines().find_map(|l| l.split_once(": error[E0302]")).unwrap().0;
    assert!(place.starts_with("long.line:4:90"), "{short}");
    assert!(out.contains(&format!("[ {place} ]")), "{out}");
    assert!(coloured.contains(&format!(" {place} ")), "{coloured}");
    let column_of = |c: char| out.lines().find_map(|l| l.chars().position(|other| other == c)).unwrap();
    let shown = out.lines().find(|l| l.contains("cycle: 20 sx")).unwrap();
    let at = shown.split_once("20 sx").unwrap().0.chars().count();
    assert!((at..at + 5).contains(&column_of('┬')), "{out}");
    assert!(out.len() < 4_000, "{} bytes", out.len());
}
