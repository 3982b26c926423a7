//! Bad input of any kind gives diagnostics and an exit code, never a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::AtomicBool;

use flowline::cli::pipeline::compile_text;
use flowline::diag::codes;
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
        (" sink o", " sink o\n fleet agv { size: 5, speed: 1 m/s, capacity: 2 }"),
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
