//! SimPy, as a process of its own.

use std::process::Command;

use crate::process::{Process, file};

/// SimPy, where a Python has it.
pub fn find() -> Option<Process> {
    let python = std::env::var("FLOWLINE_PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&python).args(["-c", "import simpy"]).output().is_ok_and(|out| out.status.success());
    if !found {
        eprintln!("`{python}` has no SimPy: its rows are left out");
        return None;
    }
    let command = vec![python, file("benches/peers/simpy/workloads.py")];
    Some(Process { name: "SimPy", command, shortened: 50 })
}
