//! From the start of the process to its end, with the table printed.

use std::process::Command;
use std::time::Instant;

use crate::Options;
use crate::contest::median;

/// Measures and prints.
pub fn run(options: &Options) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/");
    println!("\n{:40} {:>9} {:>9}", "flowline run, from start to table", "ms median", "ms least");
    for (title, file) in [("W1, an hour", "w1_mm1.line"), ("W2, an hour", "w2_ten_stations.line")] {
        let times: Vec<f64> = (0..if options.quick { 5 } else { 25 })
            .map(|_| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_flowline"));
                command.args(["run", "--for", "1h"]).arg(format!("{folder}{file}"));
                let start = Instant::now();
                let out = command.output().expect("runs");
                let ms = start.elapsed().as_secs_f64() * 1e3;
                assert!(out.status.success() && !out.stdout.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
                ms
            })
            .collect();
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        println!("  {title:38} {:>9.1} {least:>9.1}", median(times.into_iter()));
    }
}
