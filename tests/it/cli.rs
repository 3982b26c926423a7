//! The command line: exit codes, streams, Ctrl-C, the documented options, SARIF by its schema.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

fn flowline(args: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowline"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const GOOD: &str = "line a {
    param speed = 20 s
    item P {}
    source s { makes: P, every: exponential(30 s) }
    station m { cycle: exponential(speed) }
    sink o
    flow s -[unlimited]-> m -> o
    run { for: 10 h, warmup: 1 h }
}
";
const WARNED: &str = "line a {
    item P {}
    source s { makes: P, every: 30 s }
    station m { cycle: 40 s }
    sink o
    flow s -[unlimited]-> m -> o
    run { for: 1 h }
}
";
const WRONG: &str = "line a {
    item P {}
    source s { makes: Q, every: 30 sx }
    station m { cycel: 40 s }
    flow s -> m -> o
}
";

#[test]
fn exit_codes() {
    for (args, input, expected) in [
        (&["check", "-"][..], GOOD, 0),
        (&["check", "-"], WARNED, 0),
        (&["check", "--deny", "warnings", "-"], WARNED, 1),
        (&["check", "--deny", "warnings", "-"], GOOD, 0),
        (&["check", "-"], WRONG, 1),
        (&["run", "-"], GOOD, 0),
        (&["run", "-"], WRONG, 1),
        (&["check", "no/such/file.line"], "", 2),
        (&["run", "no/such/file.line"], "", 2),
        (&["run", "-", "--for", "nonsense"], GOOD, 2),
        (&["run", "-", "--runs", "0"], GOOD, 2),
        (&["run"], "", 2),
        (&["sweep", "-", "--set", "speed=10s,20s"], GOOD, 0),
        (&["sweep", "-", "--set", "speed=10s..30s step 10s", "--runs", "2", "--format", "csv"], GOOD, 0),
        (&["sweep", "-", "--set", "speed=10s", "--format", "json"], GOOD, 0),
        (&["sweep", "-", "--set", "speed=10s,20 kg"], GOOD, 1),
        (&["sweep", "-", "--set", "sped=10s,20s"], GOOD, 1),
        (&["sweep", "-", "--set", "speed=10s,20s", "--warmup", "10h"], GOOD, 1),
        (&["sweep", "-", "--set", "speed=10s..20s"], GOOD, 2),
        (&["sweep", "-", "--set", "speed=10s", "--set", "speed=20s"], GOOD, 2),
        (&["sweep", "-", "--set", "speed=10s", "--line", "b"], GOOD, 2),
        (&["sweep", "-"], GOOD, 2),
        (&["sweep", "-", "--set", "speed=1s"], WRONG, 1),
        (&["sweep", "no/such/file.line", "--set", "a=1"], "", 2),
        (&["frobnicate"], "", 2),
        (&["explain", "E0501"], "", 0),
        (&["analyze", "-"], GOOD, 0),
        (&["analyze", "--format", "json", "-"], GOOD, 0),
        (&["analyze", "-"], WRONG, 1),
        (&["analyze", "--line", "other", "-"], GOOD, 2),
        (&["analyze", "--exact", "--states", "0", "-"], GOOD, 2),
        (&["explain"], "", 0),
        (&["explain", "cycle"], "", 0),
        (&["explain", "kWh"], "", 0),
        (&["explain", "std"], "", 0),
        (&["explain", "std.packaging"], "", 0),
        (&["explain", "Kanban_pair"], "", 0),
        (&["explain", "changeover"], "", 0),
        (&["explain", "AGV"], "", 0),
        (&["explain", "cycel"], "", 2),
        (&["explain", "std.nothing"], "", 2),
        (&["--help"], "", 0),
        (&["--version"], "", 0),
        (&["run", "-", "--set", "speed=10 s"], GOOD, 0),
        (&["run", "-", "--set", "sped=10 s"], GOOD, 1),
        (&["run", "-", "--set", "speed=10 kg"], GOOD, 1),
        (&["run", "-", "--set", "speed"], GOOD, 2),
    ] {
        let output = flowline(args, input);
        let told = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(code(&output), expected, "{args:?}: {told}");
        assert!(!told.contains("panicked"), "{args:?}: {told}");
        if expected != 0 {
            assert!(!told.trim().is_empty(), "{args:?} says nothing");
        }
    }
}

#[test]
fn a_parameter_set_from_outside_changes_the_result() {
    let busy = |set: &str| {
        let output = flowline(&["run", "-", "--format", "json", "--runs", "4", "--set", set], GOOD);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let station = &json["stations"]["m"];
        assert!(station["states"]["working"]["half_width"].is_number(), "{station}");
        station["states"]["working"]["mean"].as_f64().unwrap()
    };
    assert!((busy("speed=20 s") - 2.0 / 3.0).abs() < 0.1);
    assert!((busy("speed=5 s") - 1.0 / 6.0).abs() < 0.05);
}

#[test]
fn expectations_decide_the_exit_code() {
    let met = GOOD.replace("run { for", "expect e: throughput(o) >= 1 /h\n    run { runs: 3, for");
    let out = flowline(&["test", "-"], &met);
    assert_eq!(code(&out), 0, "{}", text(&out.stdout));
    assert!(text(&out.stdout).contains("1 met, 0 not met"), "{}", text(&out.stdout));
    let unmet = met.replace(">= 1 /h", ">= 1000 /h");
    assert_eq!(code(&flowline(&["test", "-"], &unmet)), 3);
    // `run` only tells.
    assert_eq!(code(&flowline(&["run", "-"], &unmet)), 0);
    let xml = text(&flowline(&["test", "--format", "junit", "-"], &unmet).stdout);
    assert!(xml.contains("failures=\"1\"") && xml.contains("&gt;= 1000 /h"), "{xml}");
    let open = met.replace("runs: 3", "runs: 1");
    assert_eq!(code(&flowline(&["test", "-"], &open)), 0);
    assert_eq!(code(&flowline(&["test", "--deny", "undecided", "-"], &open)), 3);
    assert_eq!(code(&flowline(&["test", "-"], &met.replace("sink o", "sink"))), 1);
    assert_eq!(code(&flowline(&["test"], "")), 2);
}

#[test]
fn csv_is_a_table() {
    let output = flowline(&["run", "-", "--format", "csv", "--runs", "3"], GOOD);
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let columns = reader.headers().unwrap().len();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert!(rows.len() > 10 && rows.iter().all(|r| r.len() == columns));
}

/// Whether a process has a handler for Ctrl-C, where the system tells it.
#[cfg(unix)]
fn listens(process: u32) -> bool {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/status")) else {
        std::thread::sleep(Duration::from_secs(3));
        return true;
    };
    let caught = status.lines().find_map(|l| l.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 0b10 != 0)
}

/// Interrupts a long run, and waits for its end.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_what_is_finished() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowline"))
        .args(["run", "-", "--for", "30000d", "--runs", "1000"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(GOOD.as_bytes()).unwrap();
    // Interrupted too early it would end at once, so wait until it listens, however busy the machine is.
    let pause = Duration::from_millis(100);
    for _ in 0..1200 {
        std::thread::sleep(pause);
        if listens(child.id()) {
            break;
        }
    }
    assert!(child.try_wait().unwrap().is_none(), "the run is over before it is interrupted");
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    // Years of simulated time are left: only the interrupt ends it.
    let ended = (0..6000).any(|_| {
        std::thread::sleep(pause);
        child.try_wait().unwrap().is_some()
    });
    if !ended {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert!(ended, "the run goes on in spite of the interrupt");
    let told = text(&output.stderr);
    assert_eq!(code(&output), 130, "{told}");
    assert!(told.contains("interrupted; ") && told.contains(" runs are finished"), "{told}");
    assert!(!told.contains("panicked"), "{told}");
}

/// Two jobs that take two machines in opposite order.
const CROSSING: &str = "line jobs {
    item A {}
    item B {}
    source a { makes: A }
    source b { makes: B }
    sink out
    station x { queue: 0 }
    station y { queue: 0 }
    route A: x(1 s) -> y(1 s) -> out
    route B: y(1 s) -> x(1 s) -> out
    run { for: 1 h }
}
";

#[test]
fn a_deadlock_is_found_in_the_line_and_in_its_net() {
    // Nothing, A or B on each of two machines; both cannot be on their second one at a time.
    let output = flowline(&["check", "--states", "--format", "json", "-"], CROSSING);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let deadlock = &told["lines"][0]["deadlock"];
    assert_eq!((deadlock["verdict"].as_str(), deadlock["decided_by"].as_str()), (Some("deadlock"), Some("search")));
    assert_eq!(deadlock["trace"], serde_json::json!(["A goes from `a` to `x`", "B goes from `b` to `y`"]));
    assert_eq!(deadlock["counted"], serde_json::json!({ "states": 8, "dead": 1, "safe": 7, "stuck": 1 }));
    assert_eq!(deadlock["shown_by_seed"], 1);
    let notes = told["diagnostics"][0]["notes"].to_string();
    assert!(notes.contains("with `--seed 1` the line locked up at 1 s"), "{notes}");
    let output = flowline(&["check", "--states=7", "-"], CROSSING);
    assert!(text(&output.stdout).contains("more than 7 states can be reached"), "{}", text(&output.stdout));

    let pnml = flowline(&["dump", "--stage", "net", "--format", "pnml", "-"], CROSSING);
    assert_eq!(code(&pnml), 0, "{}", text(&pnml.stderr));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobs.pnml");
    std::fs::write(&file, &pnml.stdout).unwrap();
    let file = file.to_str().unwrap();
    let output = flowline(&["check", "--net", file, "--states", "--format", "json"], "");
    assert_eq!(code(&output), 1);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((told["schema"].as_u64(), told["deadlock"]["verdict"].as_str()), (Some(1), Some("deadlock")));
    assert_eq!(told["deadlock"]["trace"].as_array().unwrap().len(), 2);
    assert_eq!(
        (told["deadlock"]["counted"]["states"].as_u64(), told["deadlock"]["counted"]["dead"].as_u64()),
        (Some(8), Some(1))
    );
    let output = flowline(&["check", "--net", file], "");
    assert!(text(&output.stdout).contains("a deadlock after 2 steps, the shortest way: "), "{}", text(&output.stdout));

    // The order mended, the same net is free, and it is proved.
    let mended = CROSSING.replace("y(1 s) -> x(1 s)", "x(1 s) -> y(1 s)");
    let pnml = flowline(&["dump", "--stage", "net", "--format", "pnml", "-"], &mended);
    std::fs::write(file, &pnml.stdout).unwrap();
    let output = flowline(&["check", "--net", file], "");
    assert!(text(&output.stdout).contains("no deadlock (proved"), "{}", text(&output.stdout));
    assert_eq!(code(&output), 0);

    let output = flowline(&["check", "--net", "nowhere.pnml"], "");
    assert_eq!((code(&output), text(&output.stderr)), (2, "flowline: there is no file `nowhere.pnml`\n".to_string()));
    std::fs::write(file, "<pnml").unwrap();
    let output = flowline(&["check", "--net", file], "");
    assert!(text(&output.stderr).contains("is no place/transition net in PNML"), "{}", text(&output.stderr));
    assert_eq!(code(&output), 2);
}

#[test]
fn a_new_project_checks_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in [("My press-shop", "my_press_shop.line"), ("deep/er/2nd", "line_2nd.line")] {
        let project = folder.path().join(name);
        let project_text = project.to_str().unwrap();
        assert_eq!(code(&flowline(&["new", project_text], "")), 0);
        let path = project.join(file);
        let path = path.to_str().unwrap();
        let checked = flowline(&["check", "--deny", "warnings", path], "");
        assert_eq!(code(&checked), 0, "{}", text(&checked.stdout));
        let run = flowline(&["run", path, "--for", "3d", "--runs", "2"], "");
        assert_eq!(code(&run), 0, "{}", text(&run.stderr));
        // Nothing is written over.
        std::fs::write(path, "mine").unwrap();
        assert_eq!(code(&flowline(&["new", project_text], "")), 2);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "mine");
    }
    assert_eq!(code(&flowline(&["new", "/"], "")), 2);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowline"))
        .args(["explain"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut reader = BufReader::with_capacity(16, child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
}

#[test]
fn sarif_is_valid() {
    let schema: Value = serde_json::from_str(include_str!("data/sarif-2.1.0.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for input in [GOOD, WARNED, WRONG, "", "line a {", "line \u{0}"] {
        let output = flowline(&["check", "--format", "sarif", "-"], input);
        let log: Value = serde_json::from_slice(&output.stdout).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&log).map(|e| format!("{} at {}", e, e.instance_path)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let run = &log["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.is_empty(), input == GOOD, "{results:#?}");
        for result in results {
            let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
            assert!(rules.iter().any(|r| r["id"] == result["ruleId"]), "{result}");
        }
    }
}

/// The page that describes the command line, from the program's own help.
fn page() -> String {
    let mut page = String::from(
        "# The command line\n\n\
         This page is made from the program's own help; a test holds it to that. Findings go to standard\n\
         output (they are the result of `check`), progress and complaints about the command line to standard\n\
         error. A file name of `-` reads standard input.\n\n\
         | exit code | meaning |\n|---|---|\n\
         | 0 | clean, or warnings only |\n\
         | 1 | errors in the text, or a run that failed; all have been told |\n\
         | 2 | the command line is wrong, or a file cannot be read |\n\
         | 3 | `test` only: an expectation is not met |\n\
         | 70 | a bug of flowline itself |\n\
         | 130 | ended by Ctrl-C; results of finished runs have been printed |\n",
    );
    let mut all = vec![vec![]];
    all.extend(["check", "analyze", "run", "sweep", "build", "test", "fmt", "new", "dump", "explain"].map(|c| vec![c]));
    for command in all {
        let mut args = command.clone();
        args.push("--help");
        let output = flowline(&args, "");
        let name = std::iter::once("flowline").chain(command).collect::<Vec<_>>().join(" ");
        let help: Vec<String> = text(&output.stdout).lines().map(|l| l.trim_end().to_string()).collect();
        page.push_str(&format!("\n## `{name}`\n\n```text\n{}\n```\n", help.join("\n").trim()));
    }
    page
}

#[test]
fn the_page_of_the_command_line_is_true() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md");
    let page = page();
    if std::env::var_os("FLOWLINE_UPDATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, page, "docs/cli.md is not what the program says; `FLOWLINE_UPDATE=1 cargo test` writes it anew");
}
