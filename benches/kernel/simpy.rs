//! SimPy, as a process of its own.

use std::process::Command;

use flowline::ir::Plant;
use flowline::kernel::{Engine, Kernel};

use crate::contest::Timed;
use crate::workloads::{Workload, advance, figures};

/// A Python that has SimPy.
pub fn python() -> Option<String> {
    let python = std::env::var("FLOWLINE_PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&python).args(["-c", "import simpy"]).output().is_ok_and(|out| out.status.success());
    if !found {
        eprintln!("`{python}` has no SimPy: its rows are left out");
    }
    found.then_some(python)
}

/// A run of about so many events, whose throughput is held against the kernel's.
pub fn run(python: &str, workload: &Workload, plant: &Plant, events: u64) -> Timed {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/simpy/workloads.py");
    let out = Command::new(python).args([script, workload.name, &events.to_string()]).output().expect("python runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let numbers: Vec<f64> = text.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [seconds, counted, per_hour] = numbers[..] else { panic!("SimPy said {text:?}") };
    // So few events of the long line do not reach its end.
    if workload.name != "w5" {
        let to = workload.horizon(events);
        let kernel = Kernel::new(plant, Engine::Event).expect("compiles");
        let mut run = kernel.begin(1, 0);
        advance(&kernel, &mut run, to);
        let ours = figures(&kernel, plant, &run).left as f64 / (to as f64 / 3600e9);
        assert!((per_hour / ours - 1.0).abs() < 0.1, "{}: SimPy {per_hour} an hour, not {ours}", workload.name);
    }
    Timed { seconds, events: counted as u64, compile_ms: 0.0 }
}
