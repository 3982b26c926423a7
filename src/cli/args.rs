//! What can be given on the command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::base::{Ticks, units};
use crate::kernel::Engine;

/// Checks and simulates production lines written in `.line` files.
#[derive(Debug, Parser)]
#[command(name = "flowline", version = version(), about, propagate_version = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The version, and the commit it was built from where the build was told: `FLOWLINE_COMMIT=… cargo build`.
/// Nothing is asked of git here, so that equal sources give equal programs, with git or without.
fn version() -> &'static str {
    static VERSION: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let version = env!("CARGO_PKG_VERSION");
        match option_env!("FLOWLINE_COMMIT").filter(|c| !c.is_empty()) {
            Some(commit) => format!("{version} ({commit})"),
            None => version.to_string(),
        }
    });
    VERSION.as_str()
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a line: names, units, flow of items, capacity, circular waits
    Check(Check),
    /// Estimate what a line does without simulating it; exactly where it is small and its times allow it
    Analyze(Analyze),
    /// Simulate a line and print what it does
    Run(Run),
    /// Write a line as an object file and a header, to run it in a program in C or any language that calls C
    Build(Build),
    /// Simulate variants of a line, and tell what each differs from the first by
    Sweep(Sweep),
    /// Simulate lines and hold what they do against what they `expect`
    Test(Test),
    /// Begin a project: a folder with a first line that checks and runs
    New(New),
    /// Lay files out in the one canonical form
    Fmt(Fmt),
    /// Print what a stage of the compiler makes of a file
    Dump(Dump),
    /// Explain a word of the language, a diagnostic code, or a part of the standard library
    Explain(Explain),
}

/// `flowline check`
#[derive(Debug, ClapArgs)]
pub struct Check {
    /// The file to check; `-` reads standard input
    #[arg(required_unless_present = "net")]
    pub file: Option<PathBuf>,
    /// Look for deadlocks of a place/transition net in place of a line: a PNML file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "capacity", "set", "deny"])]
    pub net: Option<PathBuf>,
    /// Count all states that can be reached, up to so many, and those that are dead: every combination of
    /// items in places, times left out
    #[arg(long, value_name = "LIMIT", num_args = 0..=1, require_equals = true, default_missing_value = "1000000")]
    pub states: Option<usize>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Findings::Terminal)]
    pub format: Findings,
    /// Exit with 1 on warnings too
    #[arg(long, value_name = "WHAT", value_parser = ["warnings"])]
    pub deny: Option<String>,
    /// Print the capacity card: load of every station and crew, bounds on throughput
    #[arg(long)]
    pub capacity: bool,
    /// Set a parameter of the line or of a placed cell: `space=30`, `weld[2].cycle=40s`
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

/// `flowline analyze`
#[derive(Debug, ClapArgs)]
pub struct Analyze {
    /// The file to analyze; `-` reads standard input
    pub file: PathBuf,
    /// The line to analyze, when the file has several; else all
    #[arg(long, value_name = "NAME")]
    pub line: Option<String>,
    /// Solve the Markov chain of the line: its answers in the long run, to rounding. Times have to be exponential, or
    /// made of exponential stages
    #[arg(long)]
    pub exact: bool,
    /// With `--exact`: states that are searched at most
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub states: u64,
    /// Set a parameter of the line or of a placed cell: `space=30`, `weld[2].cycle=40s`
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
    /// How answers are printed
    #[arg(long, value_enum, default_value_t = Answers::Table)]
    pub format: Answers,
}

/// `flowline run`
#[derive(Debug, ClapArgs)]
pub struct Run {
    /// The file to simulate; `-` reads standard input
    pub file: PathBuf,
    /// The line to simulate, when the file has several
    #[arg(long, value_name = "NAME")]
    pub line: Option<String>,
    /// Simulated time, warm-up included: `30d`, `1.5h`, `90min`
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    pub horizon: Option<Ticks>,
    /// Time before anything is measured; `auto` finds it
    #[arg(long, value_name = "TIME", value_parser = parse_warmup)]
    pub warmup: Option<Warmup>,
    /// Independent replications
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=crate::base::limits::RUNS))]
    pub runs: Option<u64>,
    /// Seed of all random streams
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads; the results are the same for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// Set a parameter of the line or of a placed cell: `space=30`, `weld[2].cycle=40s`
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
    /// What executes the kernel; the results are the same
    #[arg(long, value_enum, default_value_t = EngineName::Auto)]
    pub engine: EngineName,
    /// Say which engine runs the line, and why
    #[arg(long)]
    pub explain_engine: bool,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Results::Table)]
    pub format: Results,
}

/// `flowline build`
#[derive(Debug, ClapArgs)]
pub struct Build {
    /// The file to build; `-` reads standard input
    pub file: PathBuf,
    /// The object file to write; else `PREFIX.o`
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The header to write; else beside the object, with `.h`
    #[arg(long, value_name = "FILE")]
    pub header: Option<PathBuf>,
    /// What the name in C begins with: `bottling` gives `bottling_line`; else the line's name
    #[arg(long, value_name = "NAME")]
    pub prefix: Option<String>,
    /// The line to build, when the file has several
    #[arg(long, value_name = "NAME")]
    pub line: Option<String>,
    /// Set a parameter of the line or of a placed cell: `space=30`, `weld[2].cycle=40s`
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
}

/// `flowline sweep`
#[derive(Debug, ClapArgs)]
pub struct Sweep {
    /// The file to simulate; `-` reads standard input
    pub file: PathBuf,
    /// Set a parameter to one value or several; all combinations are simulated, with the same random numbers:
    /// `space=2..10`, `speed=40s,50s`, `speed=40s..60s step 5s`
    #[arg(long = "set", value_name = "NAME=VALUES", value_parser = setting, required = true)]
    pub set: Vec<(String, String)>,
    /// The line to simulate, when the file has several
    #[arg(long, value_name = "NAME")]
    pub line: Option<String>,
    /// Simulated time, warm-up included: `30d`, `1.5h`, `90min`
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    pub horizon: Option<Ticks>,
    /// Time before anything is measured; `auto` finds it for each variant
    #[arg(long, value_name = "TIME", value_parser = parse_warmup)]
    pub warmup: Option<Warmup>,
    /// Independent replications of each variant
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=crate::base::limits::RUNS))]
    pub runs: Option<u64>,
    /// Seed of all random streams
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads; the results are the same for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// What executes the kernel; the results are the same
    #[arg(long, value_enum, default_value_t = EngineName::Auto)]
    pub engine: EngineName,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Results::Table)]
    pub format: Results,
}

/// `flowline test`
#[derive(Debug, ClapArgs)]
pub struct Test {
    /// The files whose lines are tested
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Independent replications of each line
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=crate::base::limits::RUNS))]
    pub runs: Option<u64>,
    /// Seed of all random streams
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads; the results are the same for any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// Set a parameter of the lines: `space=30`
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
    /// Exit with 3 also when something is undecided
    #[arg(long, value_name = "WHAT", value_parser = ["undecided"])]
    pub deny: Option<String>,
    /// What executes the kernel; the results are the same
    #[arg(long, value_enum, default_value_t = EngineName::Auto)]
    pub engine: EngineName,
    /// How verdicts are printed
    #[arg(long, value_enum, default_value_t = Verdicts::Terminal)]
    pub format: Verdicts,
}

/// `flowline new`
#[derive(Debug, ClapArgs)]
pub struct New {
    /// The folder to make; its last part names the line
    pub path: PathBuf,
}

/// `flowline fmt`
#[derive(Debug, ClapArgs)]
pub struct Fmt {
    /// The files to lay out, or folders to look for `.line` files in; `-` lays standard input out to
    /// standard output
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Change nothing; exit with 1 when a file is not laid out, and name it
    #[arg(long)]
    pub check: bool,
}

/// `flowline dump`
#[derive(Debug, ClapArgs)]
pub struct Dump {
    /// The file; `-` reads standard input
    pub file: PathBuf,
    /// The stage
    #[arg(long, value_enum)]
    pub stage: Stage,
    /// The form in which a net is printed
    #[arg(long, value_enum, default_value_t = NetForm::Text)]
    pub format: NetForm,
}

/// `flowline explain`
#[derive(Debug, ClapArgs)]
pub struct Explain {
    /// A word such as `cycle`, a code such as `E0501`, or `std.packaging`; without one, all are listed
    pub word: Option<String>,
}

/// Formats of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Findings {
    /// Drawn with source lines
    Terminal,
    /// One line each
    Short,
    /// JSON, schema 1
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Workflow annotations
    Github,
}

/// Formats of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Results {
    /// To read
    Table,
    /// JSON, schema 1
    Json,
    /// One figure a row
    Csv,
}

/// Formats of estimates and exact answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Answers {
    /// To read
    Table,
    /// JSON, schema 1
    Json,
}

/// Formats of verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Verdicts {
    /// To read
    Terminal,
    /// JSON, schema 1
    Json,
    /// JUnit XML
    Junit,
}

/// Engines by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// The fastest that fits
    Auto,
    /// Item by item, without events: lines in which nothing has to be decided
    Recursion,
    /// Native code
    Event,
    /// The reference
    Interpreter,
}

impl EngineName {
    /// The engine it stands for.
    #[must_use]
    pub fn engine(self) -> Engine {
        match self {
            EngineName::Auto => Engine::Auto,
            EngineName::Recursion => Engine::Recursion,
            EngineName::Event => Engine::Event,
            EngineName::Interpreter => Engine::Interpreter,
        }
    }
}

/// Stages that can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Tokens
    Tokens,
    /// The syntax tree
    Tree,
    /// The plant
    Ir,
    /// The place/transition net in which deadlocks are looked for
    Net,
    /// The kernel program
    Program,
    /// Cranelift's form
    Clif,
    /// Machine code
    Asm,
}

/// Forms of a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NetForm {
    /// A line a place and a line a transition
    Text,
    /// PNML, for other model checkers
    Pnml,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().to_string(), value.trim().to_string()))
        }
        _ => Err("write NAME=VALUE, such as space=30".to_string()),
    }
}

/// A warm-up as given on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warmup {
    /// It is found from the runs.
    Found,
    /// This long.
    Given(Ticks),
}

impl Warmup {
    /// Takes it into the settings of a simulation.
    pub fn set(self, settings: &mut crate::sim::Settings<'_>) {
        settings.find_warmup = self == Warmup::Found;
        settings.warmup = match self {
            Warmup::Found => Ticks(0),
            Warmup::Given(time) => time,
        };
    }
}

/// A warm-up: a time, or `auto`.
///
/// # Errors
/// As [`parse_duration`].
pub fn parse_warmup(text: &str) -> Result<Warmup, String> {
    if text.trim() == "auto" {
        return Ok(Warmup::Found);
    }
    parse_duration(text).map(Warmup::Given).map_err(|why| format!("{why}, or `auto`"))
}

/// A time as given on the command line: `30d`, `1.5h`, `90 min`.
///
/// # Errors
/// Why it is no time, and how to write one.
pub fn parse_duration(text: &str) -> Result<Ticks, String> {
    let hint = "write a number and its unit, such as 30d, 1.5h or 90min";
    let text = text.trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_'))).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number = crate::base::quantity::decimal(number).ok_or(hint)?;
    let (factor, _) = units::parse_unit(unit.trim(), &|_| false).map_err(|_| hint)?;
    if unit.trim().is_empty() || factor.dim != crate::base::Dim::TIME {
        return Err(hint.to_string());
    }
    let ticks = Ticks::from_seconds(&(number * factor.value))
        .filter(|t| t.0 <= crate::base::limits::HORIZON_DAYS * 86_400 * 1_000_000_000);
    ticks.ok_or_else(|| format!("at most {} days can be simulated", crate::base::limits::HORIZON_DAYS))
}
