//! Instructions per event of the event kernel on the five workloads, counted by valgrind, against a kept baseline.
//! Counts do not depend on how busy a machine is, so that a slowdown is seen in the change that brings it:
//!
//! ```text
//! cargo bench --profile dev --bench instructions
//! FLOWLINE_UPDATE=1 cargo bench --profile dev --bench instructions    keeps what is counted as the baseline
//! ```
//!
//! The generated code is the same in every profile; the functions of the host that it calls are not, and the
//! baseline holds those of the `dev` profile, which the tests have compiled already. Compiling and setting up are
//! left out by counting a short and a long run. Valgrind shows programs a processor of its own, so that the code is
//! the same on all machines that have AVX2; where it shows another, nothing is compared, and the output says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "peers/mod.rs"]
mod peers;
#[path = "workloads.rs"]
mod workloads;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use flowline::kernel::{Engine, Kernel};

use workloads::{WORKLOADS, Workload, advance};

/// Where the baseline is kept.
const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.csv");
/// The first line of it.
const HEADER: &str = "workload,generated,host";
/// What the second line begins with.
const PROCESSOR: &str = "processor,";
/// By how much a count may differ from the baseline.
const BOUND: f64 = 0.10;
/// Events of the short and of the long run.
const EVENTS: [u64; 2] = [50_000, 250_000];

/// Instructions per event.
#[derive(Clone, Copy, Debug)]
struct Counts {
    /// In code that the compiler has generated.
    generated: f64,
    /// In functions of the host, and whatever else.
    host: f64,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [name, events] = &words[..] {
        return counted(name, events);
    }
    let version = Command::new("valgrind").arg("--version").output();
    if !version.is_ok_and(|out| out.status.success()) {
        println!("instructions per event: NOT COUNTED, for there is no valgrind on this machine");
        return ExitCode::SUCCESS;
    }
    let mut processor = String::new();
    let mut counts: Vec<(&Workload, Counts)> = Vec::new();
    for workload in &WORKLOADS {
        let (here, shown) = count(workload);
        counts.push((workload, here));
        processor = shown;
    }
    if std::env::var_os("FLOWLINE_UPDATE").is_some() {
        let mut text = format!("{HEADER}\n{PROCESSOR}{processor}\n");
        for (workload, counts) in &counts {
            let _ = writeln!(text, "{},{:.1},{:.1}", workload.name, counts.generated, counts.host);
        }
        std::fs::write(BASELINE, text).expect("the baseline can be written");
    }
    compare(&counts, &processor)
}

/// Runs a workload; what valgrind watches.
fn counted(name: &str, events: &str) -> ExitCode {
    let workload = WORKLOADS.iter().find(|w| w.name == name).expect("a workload");
    let kernel = Kernel::new(&workload.plant(), Engine::Event).expect("compiles");
    let mut run = kernel.begin(1, 0);
    advance(&kernel, &mut run, workload.horizon(events.parse().expect("a number")));
    println!("{} {}", run.events(), processor());
    ExitCode::SUCCESS
}

/// Counts a workload by the difference of a long and a short run; and the processor that valgrind showed it.
fn count(workload: &Workload) -> (Counts, String) {
    let [short, long] = EVENTS.map(|events| watched(workload, events));
    let each = |sum: fn(&Watched) -> u64| (sum(&long) - sum(&short)) as f64 / (long.events - short.events) as f64;
    (Counts { generated: each(|w| w.generated), host: each(|w| w.host) }, long.processor)
}

/// What valgrind has seen of a run.
struct Watched {
    events: u64,
    generated: u64,
    host: u64,
    processor: String,
}

fn watched(workload: &Workload, events: u64) -> Watched {
    let file =
        std::env::temp_dir().join(format!("flowline-{}-{}-{events}.callgrind", std::process::id(), workload.name));
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--smc-check=all-non-file"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(std::env::current_exe().expect("this program has a path"))
        .args([workload.name, &events.to_string()])
        .output()
        .expect("valgrind runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let (events, processor) = said.trim().split_once(' ').expect("events and processor");
    let (generated, host) = instructions(&file);
    let _ = std::fs::remove_file(&file);
    Watched { events: events.parse().expect("the number of events"), generated, host, processor: processor.into() }
}

/// Instructions in code that belongs to no file, which is the generated code, and in all other code: the sums of the
/// own costs in a file of callgrind.
fn instructions(file: &Path) -> (u64, u64) {
    let text = std::fs::read_to_string(file).expect("callgrind has written its file");
    let (mut generated, mut other) = (0, 0);
    let mut unknown = Vec::new();
    let mut here = false;
    // The line after `calls=` has the cost of what is called, which is counted there.
    let mut called = false;
    for line in text.lines() {
        // The first time an object is mentioned, also as that of what is called, its name stands behind its number.
        if let Some(object) = line.strip_prefix("ob=").or_else(|| line.strip_prefix("cob=")) {
            let number = object.split_whitespace().next().unwrap_or_default();
            if object.ends_with("???") {
                unknown.push(number);
            }
            if line.starts_with("ob=") {
                here = unknown.contains(&number);
            }
        } else if line.starts_with("calls=") {
            called = true;
        } else if line.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c)) {
            let cost: u64 = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
            if !std::mem::take(&mut called) {
                *(if here { &mut generated } else { &mut other }) += cost;
            }
        }
    }
    assert!(generated > 0, "callgrind has seen no generated code");
    (generated, other)
}

/// Prints the counts beside the baseline and fails when one is beyond the bound.
fn compare(counts: &[(&Workload, Counts)], processor: &str) -> ExitCode {
    let kept = std::fs::read_to_string(BASELINE).unwrap_or_default();
    let baseline = |name: &str| -> Option<Counts> {
        let row = kept.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(','))?;
        let (generated, host) = row.split_once(',')?;
        Some(Counts { generated: generated.parse().ok()?, host: host.parse().ok()? })
    };
    println!(
        "{:40} {:>10} {:>10} {:>10} {:>10}",
        "instructions per event", "generated", "baseline", "host", "baseline"
    );
    let (mut worse, mut better, mut missing) = (false, false, false);
    for (workload, now) in counts {
        let Some(before) = baseline(workload.name) else {
            println!("  {:38} {:>10.1} {:>10} {:>10.1}", workload.title, now.generated, "none", now.host);
            missing = true;
            continue;
        };
        println!(
            "  {:38} {:>10.1} {:>10.1} {:>10.1} {:>10.1}",
            workload.title, now.generated, before.generated, now.host, before.host
        );
        // Few instructions in the host may come and go.
        let all = (now.generated + now.host) / (before.generated + before.host);
        let own = now.generated / before.generated;
        worse |= own.max(all) > 1.0 + BOUND;
        better |= own.min(all) < 1.0 - BOUND;
    }
    let other = kept.lines().find_map(|line| line.strip_prefix(PROCESSOR)).filter(|kept| *kept != processor);
    if let Some(other) = other {
        println!("NOT COMPARED: valgrind shows a processor {processor} here, and the baseline is for {other}");
        return ExitCode::SUCCESS;
    }
    if missing {
        println!("a workload has no baseline: keep one with FLOWLINE_UPDATE=1");
        return ExitCode::FAILURE;
    }
    if worse {
        println!(
            "more than {:.0} % above the baseline: if that is the price of something, keep it with FLOWLINE_UPDATE=1",
            BOUND * 100.0
        );
        return ExitCode::FAILURE;
    }
    if better {
        println!("more than {:.0} % below the baseline: keep it with FLOWLINE_UPDATE=1", BOUND * 100.0);
    }
    ExitCode::SUCCESS
}

/// What the code generator is told of the processor, where it matters for what it is given here.
fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    {
        let features = [
            ("x86-64", true),
            ("sse4.2", std::is_x86_feature_detected!("sse4.2")),
            ("popcnt", std::is_x86_feature_detected!("popcnt")),
            ("avx", std::is_x86_feature_detected!("avx")),
            ("avx2", std::is_x86_feature_detected!("avx2")),
            ("fma", std::is_x86_feature_detected!("fma")),
            ("bmi1", std::is_x86_feature_detected!("bmi1")),
            ("bmi2", std::is_x86_feature_detected!("bmi2")),
            ("lzcnt", std::is_x86_feature_detected!("lzcnt")),
            ("avx512f", std::is_x86_feature_detected!("avx512f")),
        ];
        features.iter().filter(|(_, has)| *has).map(|(name, _)| *name).collect::<Vec<_>>().join("+")
    }
    #[cfg(not(target_arch = "x86_64"))]
    std::env::consts::ARCH.to_string()
}
