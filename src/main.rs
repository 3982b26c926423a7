//! The `flowline` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(flowline::cli::main())
}
