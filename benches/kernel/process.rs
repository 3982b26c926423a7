//! Simulators that are measured as processes of their own. Asked for a workload and a number of events, such a one runs
//! for about so many and prints three numbers: the seconds of the processor it took, the events, and the items that left an hour.

use std::path::Path;
use std::process::Command;

use flowline::ir::Plant;
use flowline::kernel::{Engine, Kernel};

use crate::contest::Timed;
use crate::workloads::{Workload, advance, figures};

/// Items that must have left before throughput is compared: fewer of the kernel say too little.
const ENOUGH: u64 = 1000;

/// A simulator in a process of its own.
pub struct Process {
    /// Its name in the table.
    pub name: &'static str,
    /// What is executed, and what it is told before the workload and the events.
    pub command: Vec<String>,
    /// Its runs have so many times fewer events than those of the kernel.
    pub shortened: u64,
}

impl Process {
    /// A run of about so many events, whose throughput is held against the kernel's.
    pub fn run(&self, workload: &Workload, plant: &Plant, events: u64) -> Timed {
        let name = self.name;
        let (executed, told) = self.command.split_first().expect("something to execute");
        let run = Command::new(executed).args(told).args([workload.name, &events.to_string()]).output();
        let out = run.unwrap_or_else(|error| panic!("{name}: `{executed}` cannot be run: {error}"));
        assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let numbers: Vec<f64> = text.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [seconds, counted, per_hour] = numbers[..] else { panic!("{name} said {text:?}") };
        let to = workload.horizon(events);
        let kernel = Kernel::new(plant, Engine::Event).expect("compiles");
        let mut run = kernel.begin(1, 0);
        advance(&kernel, &mut run, to);
        let left = figures(&kernel, plant, &run).left;
        // So few events of the long line hardly reach its end.
        if left >= ENOUGH {
            let ours = left as f64 / (to as f64 / 3600e9);
            assert!((per_hour / ours - 1.0).abs() < 0.1, "{}: {name} {per_hour} an hour, not {ours}", workload.name);
        }
        Timed { seconds, events: counted as u64, compile_ms: 0.0 }
    }
}

/// A file of the project.
pub fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string()
}
