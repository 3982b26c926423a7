//! The command line: the door to files, clock, terminal and threads. Everything it prints comes from
//! `diag::render` and `report`; everything it decides comes from the stages, joined in [`pipeline`].
//!
//! Start reading at [`main`]; [`args`] says what can be given.

mod analyze;
pub mod args;
mod build;
mod busy;
pub mod check;
mod dump;
mod explain;
mod files;
mod fmt;
pub mod net;
mod new;
pub mod pipeline;
mod run;
mod sweep;
mod test;
pub mod values;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Parser;

/// Clean, or errors that have been shown.
const EXIT_ERRORS: u8 = 1;
/// The command line or a file is wrong.
const EXIT_USAGE: u8 = 2;
/// An expectation is not met.
const EXIT_NOT_MET: u8 = 3;
/// A bug of this program.
const EXIT_INTERNAL: u8 = 70;
/// Ended by Ctrl-C.
const EXIT_INTERRUPTED: u8 = 130;

/// Runs the command line and returns the exit code.
#[must_use]
pub fn main() -> u8 {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        // A bug is reported below in words; its first message is kept for the report.
        std::panic::set_hook(Box::new(|info| {
            let _ = writeln!(std::io::stderr(), "flowline: {info}");
        }));
    }
    match catch_unwind(AssertUnwindSafe(dispatch)) {
        Ok(code) => code,
        Err(_) => {
            let _ = writeln!(
                std::io::stderr(),
                "flowline: this is a bug of flowline {}, not of the text. Please report it with the command \
                 and the file that caused it, and the lines above.",
                env!("CARGO_PKG_VERSION")
            );
            EXIT_INTERNAL
        }
    }
}

fn dispatch() -> u8 {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let code = if error.use_stderr() { EXIT_USAGE } else { 0 };
            let _ = error.print();
            return code;
        }
    };
    match args.command {
        args::Command::Check(options) => check::check(&options),
        args::Command::Analyze(options) => analyze::analyze(&options),
        args::Command::Run(options) => run::run(&options),
        args::Command::Build(options) => build::build(&options),
        args::Command::Sweep(options) => sweep::sweep(&options),
        args::Command::Test(options) => test::test(&options),
        args::Command::New(options) => new::new(&options),
        args::Command::Fmt(options) => fmt::fmt(&options),
        args::Command::Dump(options) => dump::dump(&options),
        args::Command::Explain(options) => explain::explain(&options),
    }
}

/// Writes to standard output; a reader that went away is no error.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes to standard error.
fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Whether a stream wants colour.
fn colour(terminal: bool) -> bool {
    terminal
        && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
        && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
}
