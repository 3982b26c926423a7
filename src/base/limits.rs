//! Every limit of the compiler and of a run, in one table, each with its reason.

/// Deepest nesting of brackets and expressions: keeps recursion off the end of the stack.
pub const NESTING: usize = 64;
/// Deepest tree of one expression, operators included: later stages walk it by recursion.
pub const EXPRESSION: u32 = 256;
/// Most links in one chain: 10,000-station lines are generated, longer ones are arrays.
pub const CHAIN: usize = 10_000;
/// Longest name in bytes.
pub const NAME_BYTES: usize = 128;
/// Most digits in a number.
pub const NUMBER_DIGITS: usize = 40;
/// Largest source file in bytes.
pub const FILE_BYTES: usize = 64 * 1024 * 1024;
/// Most members of an array, and most machines of one station.
pub const MEMBERS: u64 = 100_000;
/// Most lanes of a conveyor: each has a record and a slot of its own.
pub const LANES: u64 = 1000;
/// Most nodes of one line: 100,000 stations with a buffer each, their sources and sinks, and some more. A run takes
/// about a kilobyte for each, and its set of marked nodes has three levels of 64, so that it holds 262,144.
pub const NODES: usize = 250_000;
/// Most places a buffer, crew or limit may count.
pub const COUNT: u64 = 1_000_000_000;
/// Most diagnostics shown for one file; the rest is counted.
pub const DIAGNOSTICS: usize = 200;
/// Most vehicles of a fleet: each has a record and an event.
pub const VEHICLES: u64 = 10_000;
/// Most stops of a fleet: its distances are their square.
pub const STOPS: usize = 1000;
/// Most runs in one command.
pub const RUNS: u64 = 1_000_000;
/// Runs that are made at first when a precision is asked for: fewer tell little about the spread.
pub const PRECISION_FIRST: u64 = 10;
/// Most runs that a precision adds up to.
pub const PRECISION_RUNS: u64 = 1_000;
/// Most variants of one sweep.
pub const VARIANTS: usize = 1_000;
/// Longest simulated time in days: integer nanoseconds hold 292 years, half of it leaves room for draws.
pub const HORIZON_DAYS: i64 = 36_500;
/// Most files one line may be made of.
pub const FILES: usize = 1000;
/// Memory one replication may use for items and queues, in bytes.
pub const REPLICATION_BYTES: usize = 2 * 1024 * 1024 * 1024;
/// Events the kernel handles between two looks of the host at progress, Ctrl-C and limits.
pub const FUEL: u64 = 65_536;
/// Events that may happen at one instant before the run is stopped as endless.
pub const EVENTS_PER_INSTANT: u64 = 10_000_000;
/// Most parts one assembly takes or makes: its plan lies in the state.
pub const PARTS: u64 = 100_000;
/// Most items a source makes at one instant.
pub const LOT: u64 = 100_000;
/// Most items inside at the start.
pub const INITIAL: u64 = 1_000_000;

/// Items among which setups may depend on the order: the table has their square.
pub const SETUP_ITEMS: usize = 1000;
