//! `flowline check`

use std::io::IsTerminal;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::{self, Analysis, DecidedBy, VerdictKind};
use crate::diag::render::{self, Format, json::DiagnosticJson};
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::Plant;
use crate::net::{self, Counts};
use crate::sim::{self, Witness};

use super::args::{Check, Findings};
use super::busy::Busy;
use super::{EXIT_ERRORS, EXIT_USAGE, colour, complain, pipeline, print};

/// The object of `check --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckDocument {
    /// Version of this shape.
    pub schema: u32,
    /// All findings, by place.
    pub diagnostics: Vec<DiagnosticJson>,
    /// What was found out about each line that is sound enough.
    pub lines: Vec<LineJson>,
}

/// A line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LineJson {
    /// Its name.
    pub line: String,
    /// Loads and bounds.
    pub capacity: CapacityJson,
    /// Whether it can lock up.
    pub deadlock: DeadlockJson,
}

/// Loads and bounds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CapacityJson {
    /// The resource with the highest load.
    pub bottleneck: Option<String>,
    /// By resource.
    pub loads: IndexMap<String, LoadJson>,
    /// By sink; items per hour that can arrive at most, as long as no queue grows without end.
    pub throughput_bound_per_h: IndexMap<String, f64>,
    /// Time an item takes through the empty line, s; null where a time is known only in a run.
    pub raw_process_time_s: Option<f64>,
    /// Items that keep the bottleneck busy if nothing varies.
    pub critical_wip: Option<f64>,
}

/// A load.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LoadJson {
    /// Work over time there is.
    pub load: f64,
    /// Hours of work per hour.
    pub required_h_per_h: f64,
    /// Hours there are per hour.
    pub available_h_per_h: f64,
}

/// A verdict.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeadlockJson {
    /// `free`, `deadlock` or `unknown`.
    pub verdict: String,
    /// `structure`, `proof` or `search`; null when unknown.
    pub decided_by: Option<String>,
    /// States searched.
    pub states: Option<u64>,
    /// The shortest way into the deadlock.
    pub trace: Option<Vec<String>>,
    /// Where unknown: what could not be followed, or where the search ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// The seed of a run that locks up, where one of a few short ones did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_by_seed: Option<u64>,
    /// All states that can be reached, where they were asked for and are not too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<CountedJson>,
}

/// Numbers of states, times left out.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct CountedJson {
    /// States that can be reached.
    pub states: u64,
    /// Of these, states in which nothing can happen.
    pub dead: u64,
    /// States from which the state at the beginning can be reached again.
    pub safe: u64,
    /// States in which some item can never move again.
    pub stuck: u64,
}

impl From<Counts> for CountedJson {
    fn from(c: Counts) -> Self {
        let [states, dead, safe, stuck] = [c.states, c.dead, c.safe, c.stuck].map(|n| n as u64);
        CountedJson { states, dead, safe, stuck }
    }
}

/// The JSON Schema of [`CheckDocument`].
#[must_use]
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(CheckDocument)
}

/// Checks a file and prints what was found. Findings go to standard output, for they are the result.
pub fn check(options: &Check) -> u8 {
    let file = match (&options.net, &options.file) {
        (Some(net), _) => return super::net::check(net, options),
        (None, Some(file)) => file,
        (None, None) => return EXIT_USAGE,
    };
    // While somebody types the text nothing is drawn into it.
    let typed = file.as_os_str() == "-";
    let shown = matches!(options.format, Findings::Terminal | Findings::Short) && !typed;
    let busy = Busy::start(&render::plain(&format!("checking {}", file.display())), shown);
    let compiled = match pipeline::compile(file, &options.set) {
        Ok(compiled) => compiled,
        Err(why) => {
            busy.clear();
            complain(&format!("flowline: {}\n", render::plain(&why)));
            return EXIT_USAGE;
        }
    };
    let mut diagnostics = compiled.diagnostics.clone();
    let mut analyses: Vec<(String, Analysis)> = Vec::new();
    let mut counted: Vec<Result<Option<Counts>, String>> = Vec::new();
    let mut witnesses: Vec<Option<Witness>> = Vec::new();
    let lines = compiled.analysed.plants.len();
    for (done, plant) in compiled.analysed.plants.iter().enumerate() {
        busy.step(format!("line {}", plant.name), done, lines);
        // Loads of a line with holes would mislead.
        if compiled.failed() {
            continue;
        }
        let mut analysis = analysis::analyse(plant);
        let witness = witnessed(plant, &mut analysis);
        diagnostics.extend(analysis.diagnostics.iter().cloned());
        analyses.push((plant.name.clone(), analysis));
        witnesses.push(witness);
        if let Some(limit) = options.states {
            counted.push(analysis::net_of(plant).map(|net| net::count(&net, limit)));
        }
    }
    busy.clear();
    let colour = colour(std::io::stdout().is_terminal());
    let format = match options.format {
        Findings::Terminal => Some(Format::Terminal),
        Findings::Short => Some(Format::Short),
        Findings::Sarif => Some(Format::Sarif),
        Findings::Github => Some(Format::Github),
        Findings::Json => None,
    };
    match format {
        Some(format) => print(&render::render(format, &compiled.files, &diagnostics, colour)),
        None => {
            let document = CheckDocument {
                schema: 1,
                diagnostics: render::json::all(&compiled.files, &render::sorted(&diagnostics)),
                lines: analyses
                    .iter()
                    .enumerate()
                    .map(|(at, (name, a))| {
                        let counted = counted.get(at).and_then(|c| c.clone().ok().flatten());
                        line(name, a, counted, witnesses.get(at).and_then(Option::as_ref))
                    })
                    .collect(),
            };
            print(&(serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"));
        }
    }
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let warnings = diagnostics.iter().filter(|d| d.severity == Severity::Warning).count();
    if options.format == Findings::Terminal {
        if options.capacity {
            analyses.iter().for_each(|(name, a)| print(&card(name, a)));
        }
        for ((name, _), counted) in analyses.iter().zip(&counted) {
            print(&match counted {
                Ok(counted) => counts(options.states.unwrap_or_default(), *counted),
                Err(why) => {
                    format!("the states of {} cannot be counted: {}\n", render::plain(name), render::plain(why))
                }
            });
        }
        print(&summary(&analyses, errors, warnings));
    }
    let denied = options.deny.is_some() && warnings > 0;
    u8::from(errors > 0 || denied) * EXIT_ERRORS
}

/// Holds what a search says against runs: the seed of one that locks up is told with the finding.
fn witnessed(plant: &Plant, analysis: &mut Analysis) -> Option<Witness> {
    if analysis.deadlock.verdict != VerdictKind::Deadlock {
        return None;
    }
    let witness = sim::witness(plant);
    let told = match &witness {
        Some(w) => format!("a run shows it: with `--seed {}` {}", w.seed, w.message),
        None => "four runs of a million events did not show it: the times or chances of the line make it rare, or keep it from happening".to_string(),
    };
    let about = |d: &&mut Diagnostic| d.code == codes::BLOCKING_CYCLE || d.code == codes::CAN_LOCK_UP;
    if let Some(finding) = analysis.diagnostics.iter_mut().find(about) {
        finding.notes.push(told);
    }
    witness
}

fn line(name: &str, analysis: &Analysis, counted: Option<Counts>, witness: Option<&Witness>) -> LineJson {
    let capacity = &analysis.capacity;
    let verdict = &analysis.deadlock;
    LineJson {
        line: name.to_string(),
        capacity: CapacityJson {
            bottleneck: capacity.bottleneck.clone(),
            loads: capacity
                .loads
                .iter()
                .map(|(n, l)| {
                    let load = LoadJson {
                        load: l.load,
                        required_h_per_h: l.required_h_per_h,
                        available_h_per_h: l.available_h_per_h,
                    };
                    (n.clone(), load)
                })
                .collect(),
            throughput_bound_per_h: capacity.throughput_bound_per_h.iter().cloned().collect(),
            raw_process_time_s: capacity.raw.map(|(seconds, _)| seconds),
            critical_wip: capacity.raw.map(|(_, items)| items),
        },
        deadlock: DeadlockJson {
            verdict: verdict.verdict.word().to_string(),
            decided_by: verdict.decided_by.map(|d| d.word().to_string()),
            states: verdict.states,
            trace: verdict.trace.clone(),
            open: verdict.open.clone(),
            counted: counted.map(CountedJson::from),
            shown_by_seed: witness.map(|w| w.seed),
        },
    }
}

/// A reason that can be long, in a line; `--format json` has all of it.
fn beginning(why: &str) -> String {
    const SHOWN: usize = 160;
    match why.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", why.get(..end).unwrap_or(why)),
        None => why.to_string(),
    }
}

/// Numbers of states in a sentence.
pub fn counts(limit: usize, counted: Option<Counts>) -> String {
    let n = |n: usize| crate::base::words::whole(n as u64);
    match counted {
        Some(c) => format!(
            "{} states can be reached: {} dead, {} with an item that can never move again, {} from which the beginning can be reached again\n",
            n(c.states),
            n(c.dead),
            n(c.stuck),
            n(c.safe)
        ),
        None => format!("more than {} states can be reached\n", n(limit)),
    }
}

/// The capacity card of a line.
fn card(name: &str, analysis: &Analysis) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["resource", "kind", "load", "work needed", "time there is"]);
    for row in &analysis.capacity.card {
        table.add_row(row.iter().map(|cell| render::plain(cell)));
    }
    let mut text = format!("Capacity of {}\n{table}\n", render::plain(name));
    for (sink, bound) in &analysis.capacity.throughput_bound_per_h {
        let bound = crate::report::figures::rate(*bound);
        text.push_str(&format!("at most {bound} at {}\n", render::plain(sink)));
    }
    if let Some((seconds, items)) = analysis.capacity.raw {
        let (seconds, items) = (crate::base::words::time(seconds), crate::base::words::number(items));
        text.push_str(&format!("raw process time {seconds}; critical work in process {items} items\n"));
    }
    for note in &analysis.capacity.notes {
        text.push_str(&format!("{}\n", render::plain(note)));
    }
    text.push('\n');
    text
}

/// What a clean check says: the bottleneck, the bounds, the verdict.
fn summary(analyses: &[(String, Analysis)], errors: usize, warnings: usize) -> String {
    let mut text = String::new();
    for (name, a) in analyses {
        let mut facts = Vec::new();
        if let Some(bottleneck) = &a.capacity.bottleneck {
            let load = a.capacity.loads.iter().find(|(n, _)| n == bottleneck).map(|(_, l)| l.load);
            let load = load.map_or_else(String::new, |l| format!(" ({:.1} % loaded)", l * 100.0));
            facts.push(format!("bottleneck `{bottleneck}`{load}"));
        }
        for (sink, bound) in &a.capacity.throughput_bound_per_h {
            facts.push(format!("at most {} at `{sink}`", crate::report::figures::rate(*bound)));
        }
        facts.push(match a.deadlock.verdict {
            VerdictKind::Free => match a.deadlock.decided_by {
                Some(DecidedBy::Proof) => "cannot lock up (proved)".to_string(),
                Some(DecidedBy::Search) => "cannot lock up (all states looked at)".to_string(),
                Some(DecidedBy::Structure) | None => "cannot lock up".to_string(),
            },
            VerdictKind::Deadlock => match a.deadlock.decided_by {
                Some(DecidedBy::Search) => "can lock up".to_string(),
                _ => "locks up".to_string(),
            },
            VerdictKind::Unknown => match a.deadlock.open.first() {
                Some(why) => format!("freedom from deadlock not decided ({})", beginning(why)),
                None => "freedom from deadlock not decided".to_string(),
            },
        });
        text.push_str(&format!("{}: {}\n", render::plain(name), render::plain(&facts.join("; "))));
    }
    let plural = |n: usize, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    text.push_str(&match (errors, warnings) {
        (0, 0) => "no findings\n".to_string(),
        (e, w) => format!("{}, {}\n", plural(e, "error"), plural(w, "warning")),
    });
    text
}
