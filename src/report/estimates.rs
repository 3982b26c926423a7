//! Estimates and exact answers of lines: the table of `flowline analyze`, and its JSON with the schema
//! derived from the same structs (`docs/schemas/analyze.json`).

use indexmap::IndexMap;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use crate::analysis::estimate::{Estimate, Exact};
use crate::base::words::{number, time, whole};
use crate::diag::render::plain;

/// Version of the document.
pub const SCHEMA: u32 = 1;

/// What was found out about a line.
pub struct Answer {
    /// Its name.
    pub line: String,
    /// By estimate.
    pub estimate: Estimate,
    /// Exactly, where that was asked for and is possible.
    pub exact: Option<Exact>,
    /// Whether it was asked for.
    pub asked: bool,
}

/// The object of `analyze --format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "flowline analyze")]
pub struct AnalyzeDocument {
    /// Version of this document.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: u32,
    /// Each line.
    pub lines: Vec<LineDocument>,
}

/// A line. Everything is about the long run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineDocument {
    /// Its name.
    pub line: String,
    /// By formulas, not simulated and not exact unless the method says so.
    pub estimate: EstimateDocument,
    /// From the Markov chain of the line; null unless `--exact` was given and is possible.
    pub exact: Option<ExactDocument>,
}

/// Estimates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateDocument {
    /// Always `estimate`.
    pub kind: String,
    /// The method and its source; null where none applies.
    pub method: Option<String>,
    /// Why no method applies.
    pub left_out: Vec<String>,
    /// What is taken to be simpler than it is.
    pub assumed: Vec<String>,
    /// By sink: items per hour.
    pub throughput_per_h: IndexMap<String, f64>,
    /// Mean number of items inside.
    pub wip: Option<f64>,
    /// Mean time from birth to leaving, s.
    pub time_in_system_s: Option<f64>,
    /// By station.
    pub stations: IndexMap<String, StationEstimateDocument>,
    /// By buffer with limited places.
    pub buffers: IndexMap<String, BufferEstimateDocument>,
}

/// Estimates of a station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StationEstimateDocument {
    /// Mean time of a run with the repairs that fall into it, s.
    pub process_s: f64,
    /// Squared coefficient of variation of that time.
    pub process_scv: f64,
    /// Share of that time that is no repair.
    pub available: f64,
    /// Squared coefficient of variation of the times between arrivals.
    pub arrivals_scv: Option<f64>,
    /// Share of time at work or under repair.
    pub utilisation: f64,
    /// Share of time with nothing to work on.
    pub starved: Option<f64>,
    /// Share of time with a finished item that finds no room.
    pub blocked: Option<f64>,
    /// Mean time an item waits for it, s.
    pub wait_s: Option<f64>,
    /// Mean number of items that wait for it.
    pub queue: Option<f64>,
}

/// A buffer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BufferEstimateDocument {
    /// Mean number of items in it.
    pub mean: f64,
    /// Share of time it is full.
    pub full: f64,
}

/// Exact answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExactDocument {
    /// Always `exact`.
    pub kind: String,
    /// States the line can be in.
    pub states: u64,
    /// Of them those it comes back to for ever.
    pub recurrent: u64,
    /// Ways from one state to another.
    pub transitions: u64,
    /// Imbalance of the solution, as a share of all that flows between states.
    pub residual: f64,
    /// Mean time until nothing can ever happen again, where that is certain, s.
    pub stops_after_s: Option<f64>,
    /// By sink: items per hour.
    pub throughput_per_h: IndexMap<String, f64>,
    /// Items per hour that sources lose.
    pub lost_per_h: f64,
    /// Mean number of items inside.
    pub wip: f64,
    /// By station.
    pub stations: IndexMap<String, StationExactDocument>,
    /// By buffer.
    pub buffers: IndexMap<String, BufferEstimateDocument>,
    /// By crew and tool: mean share of its members at work.
    pub crews: IndexMap<String, f64>,
}

/// Exact shares of time of a station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub struct StationExactDocument {
    pub working: f64,
    pub blocked: f64,
    pub waiting: f64,
    pub starved: f64,
    pub down: f64,
    /// Mean number of items on its machines.
    pub items: f64,
}

/// The JSON Schema of [`AnalyzeDocument`].
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<AnalyzeDocument>()
}

fn per_hour(list: &[(String, f64)]) -> IndexMap<String, f64> {
    list.iter().map(|(name, rate)| (name.clone(), rate * 3600.0)).collect()
}

/// The document of some lines.
#[must_use]
pub fn document(answers: &[Answer]) -> AnalyzeDocument {
    let lines = answers.iter().map(|answer| LineDocument {
        line: answer.line.clone(),
        estimate: estimate_document(&answer.estimate),
        exact: answer.exact.as_ref().map(exact_document),
    });
    AnalyzeDocument { schema: SCHEMA, lines: lines.collect() }
}

/// The document as text.
#[must_use]
pub fn json(answers: &[Answer]) -> String {
    serde_json::to_string_pretty(&document(answers)).unwrap_or_default()
}

fn estimate_document(e: &Estimate) -> EstimateDocument {
    let station = |s: &crate::analysis::estimate::StationEstimate| StationEstimateDocument {
        process_s: s.process_s(),
        process_scv: s.process_scv(),
        available: s.available,
        arrivals_scv: s.arrivals_scv,
        utilisation: s.utilisation,
        starved: s.starved,
        blocked: s.blocked,
        wait_s: s.wait_s,
        queue: s.queue,
    };
    let buffer = |b: &crate::analysis::estimate::BufferEstimate| BufferEstimateDocument { mean: b.mean, full: b.full };
    EstimateDocument {
        kind: "estimate".to_string(),
        method: e.method.clone(),
        left_out: e.left_out.clone(),
        assumed: e.assumed.clone(),
        throughput_per_h: per_hour(&e.throughput),
        wip: e.wip,
        time_in_system_s: e.time_in_system_s,
        stations: e.stations.iter().map(|s| (s.name.clone(), station(s))).collect(),
        buffers: e.buffers.iter().map(|b| (b.name.clone(), buffer(b))).collect(),
    }
}

fn exact_document(e: &Exact) -> ExactDocument {
    let station = |s: &crate::analysis::estimate::StationExact| StationExactDocument {
        working: s.working,
        blocked: s.blocked,
        waiting: s.waiting,
        starved: s.starved,
        down: s.down,
        items: s.items,
    };
    let buffer =
        |(name, mean, full): &(String, f64, f64)| (name.clone(), BufferEstimateDocument { mean: *mean, full: *full });
    ExactDocument {
        kind: "exact".to_string(),
        states: e.states as u64,
        recurrent: e.recurrent as u64,
        transitions: e.transitions as u64,
        residual: e.residual,
        stops_after_s: e.stops_after_s,
        throughput_per_h: per_hour(&e.throughput),
        lost_per_h: e.lost * 3600.0,
        wip: e.wip,
        stations: e.stations.iter().map(|s| (s.name.clone(), station(s))).collect(),
        buffers: e.buffers.iter().map(buffer).collect(),
        crews: e.pools.iter().cloned().collect(),
    }
}

/// A table without lines, names first.
fn grid(head: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(head);
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell)));
    }
    format!("{table}\n")
}

fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

fn or_dash(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "–".to_string(), show)
}

/// All lines, to read.
#[must_use]
pub fn table(answers: &[Answer]) -> String {
    let mut text = String::new();
    for answer in answers {
        if let Some(exact) = &answer.exact {
            text.push_str(&exact_table(&answer.line, exact));
        } else if !answer.asked {
            text.push_str(&estimate_table(&answer.line, &answer.estimate));
        }
    }
    text
}

fn throughput(list: &[(String, f64)], what: &str) -> String {
    list.iter().map(|(sink, rate)| format!("{what}: {} /h at {}\n", number(rate * 3600.0), plain(sink))).collect()
}

fn estimate_table(line: &str, e: &Estimate) -> String {
    let mut text = format!("Estimates of {}\n", plain(line));
    match &e.method {
        Some(method) => text.push_str(&format!("estimate by {method}; nothing was simulated\n")),
        None => text.push_str("no estimate: no method fits this line\n"),
    }
    for why in &e.left_out {
        text.push_str(&format!("left out: {}\n", plain(why)));
    }
    for what in &e.assumed {
        text.push_str(&format!("assumed: {}\n", plain(what)));
    }
    text.push_str(&throughput(&e.throughput, "throughput, estimate"));
    if let Some(wip) = e.wip {
        text.push_str(&format!("work in process, estimate: {}\n", number(wip)));
    }
    if let Some(seconds) = e.time_in_system_s {
        text.push_str(&format!("time in system, estimate: {}\n", time(seconds)));
    }
    let rows = e.stations.iter().map(|s| {
        vec![
            s.name.clone(),
            time(s.process_s()),
            number(s.process_scv()),
            or_dash(s.arrivals_scv, number),
            percent(s.utilisation),
            or_dash(s.starved, percent),
            or_dash(s.blocked, percent),
            or_dash(s.wait_s, time),
            or_dash(s.queue, number),
        ]
    });
    let head = ["station", "process", "c²", "arrivals c²", "utilisation", "starved", "blocked", "wait", "queue"];
    text.push_str(&grid(&head, rows.collect()));
    let rows = e.buffers.iter().map(|b| vec![b.name.clone(), number(b.mean), percent(b.full)]);
    text.push_str(&grid(&["buffer", "mean", "full"], rows.collect()));
    text + "\n"
}

fn exact_table(line: &str, e: &Exact) -> String {
    let mut text = format!("Exact answers for {}\n", plain(line));
    text.push_str(&format!(
        "{} states, {} of them for ever, {} ways between them; {:.1e} out of balance\n",
        whole(e.states as u64),
        whole(e.recurrent as u64),
        whole(e.transitions as u64),
        e.residual
    ));
    if let Some(seconds) = e.stops_after_s {
        text.push_str(&format!("it locks up for certain, after {} on average\n", time(seconds)));
    }
    text.push_str(&throughput(&e.throughput, "throughput"));
    if e.lost > 0.0 {
        text.push_str(&format!("lost: {} /h\n", number(e.lost * 3600.0)));
    }
    text.push_str(&format!("work in process: {}\n", number(e.wip)));
    let rows = e.stations.iter().map(|s| {
        let shares = [s.working, s.blocked, s.waiting, s.starved, s.down].map(percent);
        [s.name.clone()].into_iter().chain(shares).chain([number(s.items)]).collect()
    });
    let head = ["station", "working", "blocked", "waiting", "starved", "down", "items"];
    text.push_str(&grid(&head, rows.collect()));
    let rows = e.buffers.iter().map(|(name, mean, full)| vec![name.clone(), number(*mean), percent(*full)]);
    text.push_str(&grid(&["buffer", "mean", "full"], rows.collect()));
    let rows = e.pools.iter().map(|(name, busy)| vec![name.clone(), percent(*busy)]);
    text.push_str(&grid(&["crew or tool", "busy"], rows.collect()));
    text + "\n"
}
