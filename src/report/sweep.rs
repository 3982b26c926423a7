//! `sweep`: variants of a line side by side, and what each differs from the first by.
//!
//! Differences are taken run by run: all variants draw the same numbers where they are alike, so that chance falls
//! out of the difference (common random numbers), and the paired interval tells what is left of it
//! (Law, Simulation modeling and analysis, 10.2.1 and 11.2). Start at [`Comparison`].

use std::collections::HashMap;

use ::csv::Writer;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

use super::figures::{Cell, Figures, shortened, span_of_time};
use super::grid::{Grid, PAGE_WIDTH};
use super::json::{Named, RunDocument};
use super::rows::{Row, rows};
use super::{csv, table};
use crate::runtime::statistics::Summary;
use crate::sim::outcome::Study;

/// Version of the document.
pub const SCHEMA: u32 = 1;

/// Most expectations that have a column of their own on the page.
const SHOWN_EXPECTATIONS: usize = 3;

/// Variants compared with the first that has results.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// What is set, in the order given, and whether it differs between variants.
    names: Vec<(String, bool)>,
    variants: Vec<Compared>,
    base: Option<Base>,
}

/// The runs of the first variant with results.
#[derive(Clone, Debug)]
struct Base {
    keys: HashMap<Key, usize>,
    values: Vec<Vec<Option<f64>>>,
    shown: Vec<Shown>,
}

type Key = (&'static str, String, String, String);

/// One variant.
#[derive(Clone, Debug)]
struct Compared {
    set: Vec<String>,
    result: Result<Study, String>,
    rows: Vec<Row>,
    /// For each row; `None` where there is nothing to compare.
    differences: Vec<Option<Summary>>,
    shown: Vec<Shown>,
    shown_differences: Vec<Option<Summary>>,
}

/// A figure of the page.
#[derive(Clone, Debug)]
struct Shown {
    head: String,
    look: Look,
    figure: Option<Summary>,
    /// Its value in each run.
    values: Vec<Option<f64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Rate,
    Duration,
    Number,
    Share,
}

impl Comparison {
    /// Nothing yet. `names`: what is set, and whether it differs between variants.
    #[must_use]
    pub fn new(names: Vec<(String, bool)>) -> Comparison {
        Comparison { names, ..Comparison::default() }
    }

    /// Adds a variant: the values of the names, its study or why there is none, and each run as a study of one.
    pub fn add(&mut self, set: Vec<String>, result: Result<Study, String>, runs: &[Study]) {
        let mut compared = Compared {
            set,
            rows: Vec::new(),
            differences: Vec::new(),
            shown: Vec::new(),
            shown_differences: Vec::new(),
            result,
        };
        if let Ok(study) = &compared.result {
            compared.rows = rows(study);
            compared.shown = shown(study, runs);
            let mut values = vec![Vec::with_capacity(runs.len()); compared.rows.len()];
            for run in runs {
                for (list, row) in values.iter_mut().zip(rows(run)) {
                    list.push(row.figure.map(|f| f.mean));
                }
            }
            match &self.base {
                None => {
                    let keys = compared.rows.iter().map(key).zip(0..).collect();
                    self.base = Some(Base { keys, values, shown: compared.shown.clone() });
                }
                Some(base) => {
                    let paired = |(row, own): (&Row, &Vec<Option<f64>>)| {
                        difference(own, base.values.get(*base.keys.get(&key(row))?)?)
                    };
                    compared.differences = compared.rows.iter().zip(&values).map(paired).collect();
                    let paired = |own: &Shown| {
                        let first = base.shown.iter().find(|b| b.head == own.head)?;
                        difference(&own.values, &first.values)
                    };
                    compared.shown_differences = compared.shown.iter().map(paired).collect();
                }
            }
        }
        self.variants.push(compared);
    }

    fn first(&self) -> Option<&Study> {
        self.variants.iter().find_map(|v| v.result.as_ref().ok())
    }
}

fn key(row: &Row) -> Key {
    // The verdict on an expectation is no part of its name.
    let item = if row.section == "expectations" { String::new() } else { row.item.clone() };
    (row.section, row.entity.clone(), item, row.measure.clone())
}

/// The mean of the differences of runs of equal numbers, with its interval.
fn difference(own: &[Option<f64>], base: &[Option<f64>]) -> Option<Summary> {
    let pairs = own.iter().zip(base).filter_map(|(a, b)| Some((*a)? - (*b)?));
    let differences: Vec<f64> = pairs.filter(|d| d.is_finite()).collect();
    Summary::of(&differences)
}

/// The figures of the page: what leaves, how long it takes, what is inside, money, energy, expectations.
fn shown(study: &Study, runs: &[Study]) -> Vec<Shown> {
    let mut all = Vec::new();
    let mut add = |head: &str, look: Look, of: &dyn Fn(&Study) -> Option<f64>| {
        let values: Vec<Option<f64>> = runs.iter().map(of).collect();
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        all.push(Shown { head: head.to_owned(), look, figure: Summary::of(&known), values });
    };
    let mean = |s: Option<Summary>| s.map(|s| s.mean);
    add("throughput", Look::Rate, &|s| {
        let rates = s.sinks.iter().flat_map(|k| &k.items).filter_map(|i| i.rate_per_h);
        Some(rates.fold(0.0, |sum, r| sum + r.mean))
    });
    add("time in system", Look::Duration, &|s| mean(s.line.time_in_system.mean));
    add("work in process", Look::Number, &|s| mean(s.line.wip));
    if study.line.cost.is_some() {
        let head = study.header.currency.as_ref().map_or_else(|| "cost".to_owned(), |c| format!("cost, {c}"));
        add(&head, Look::Number, &|s| mean(s.line.cost));
    }
    if study.line.energy_kwh.is_some() {
        add("energy, kWh", Look::Number, &|s| mean(s.line.energy_kwh));
    }
    for (i, e) in study.expectations.iter().take(SHOWN_EXPECTATIONS).enumerate() {
        let unit = if e.share { "%" } else { e.unit.as_str() };
        let head = if unit.is_empty() { e.name.clone() } else { format!("{}, {unit}", e.name) };
        let look = if e.share { Look::Share } else { Look::Number };
        add(&head, look, &|s| mean(s.expectations.get(i)?.figure));
    }
    all
}

/// The page of a comparison. `compiled`: how many programs were compiled.
#[must_use]
pub fn render_table(comparison: &Comparison, compiled: u64) -> String {
    let Some(first) = comparison.first() else { return String::new() };
    let mut page = header(comparison, first, compiled);
    page.push('\n');
    page.push_str(&section(comparison, first.runs, false));
    if comparison.variants.iter().any(|v| !v.shown_differences.is_empty()) {
        page.push_str("\nDifference to the first, run by run with the same random numbers\n\n");
        page.push_str(&section(comparison, first.runs, true));
    }
    page.push('\n');
    page.push_str(if first.runs > 1 {
        "± is half the width of the 95 % confidence interval of the mean over the runs\n"
    } else {
        "one run says nothing about chance: `--runs 20` gives 95 % confidence intervals\n"
    });
    page
}

fn header(comparison: &Comparison, first: &Study, compiled: u64) -> String {
    let head = &first.header;
    let count = |n: u64, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
    let mut runs: Vec<u64> =
        comparison.variants.iter().filter_map(|v| v.result.as_ref().ok()).map(|s| s.runs).collect();
    runs.sort_unstable();
    let runs = match (runs.first(), runs.last()) {
        (Some(least), Some(most)) if least != most => format!("{least} to {most} runs"),
        _ => count(first.runs, "run"),
    };
    let compiled = match compiled {
        0 => String::new(),
        1 => ", compiled once".to_owned(),
        n => format!(", compiled {n} times"),
    };
    let facts = format!(
        "{} of {runs} of {}, seed {}, engine `{}`{}",
        count(comparison.variants.len() as u64, "variant"),
        span_of_time(head.horizon_s),
        head.seed,
        head.engine,
        compiled,
    );
    let room = PAGE_WIDTH.saturating_sub(facts.chars().count()).saturating_sub(2).max(12);
    let fixed = comparison.names.iter().zip(comparison.variants.first().map_or(&[][..], |v| &v.set[..]));
    let fixed: Vec<String> =
        fixed.filter(|((_, varied), _)| !varied).map(|((name, _), value)| format!("{name} = {value}")).collect();
    let fixed = if fixed.is_empty() { String::new() } else { format!("with {}\n", fixed.join(", ")) };
    format!("{}: {facts}\n{fixed}", shortened(&head.line, room))
}

/// Variants as rows: their figures, or their differences to the first.
fn section(comparison: &Comparison, runs: u64, differences: bool) -> String {
    let variants: Vec<&Compared> =
        comparison.variants.iter().filter(|v| !differences || !v.shown_differences.is_empty()).collect();
    let mut grid = Grid::new(variants.len());
    for (i, (name, varied)) in comparison.names.iter().enumerate() {
        if *varied || comparison.variants.len() == 1 {
            let values = variants.iter().map(|v| Cell::text(v.set.get(i).cloned().unwrap_or_default()));
            grid = grid.column(name.clone(), values);
        }
    }
    let heads = variants.iter().find(|v| !v.shown.is_empty()).map_or(&[][..], |v| &v.shown[..]);
    let rate = heads.iter().find(|s| s.look == Look::Rate).and_then(|s| s.figure).map_or(0.0, |f| f.mean);
    let (hours, unit) = table::rate_unit(rate);
    for (i, head) in heads.iter().enumerate() {
        let figure = |v: &Compared| match (differences, v.shown.get(i)) {
            (_, None) => None,
            (false, Some(s)) => s.figure,
            (true, Some(_)) => v.shown_differences.get(i).copied().flatten(),
        };
        let cells = variants.iter().map(|v| {
            if v.result.is_err() {
                return Cell::text("failed");
            }
            let figures = Figures { runs: v.result.as_ref().map_or(runs, |s| s.runs) };
            match head.look {
                Look::Rate => figures.scaled(figure(v), hours, ""),
                Look::Duration => figures.duration(figure(v)),
                Look::Number => figures.number(figure(v)),
                Look::Share => figures.percent(figure(v)),
            }
        });
        let name = if head.look == Look::Rate { unit.to_owned() } else { head.head.clone() };
        grid = grid.column(name, cells);
    }
    grid.render("variants")
}

/// The rows of all variants in long format with a header row: the number of the variant from 1, what is set, the
/// columns of `run --format csv`, and the difference to the first with its half width.
///
/// # Errors
/// When the writer refuses, which writing to memory never causes.
pub fn render_csv(comparison: &Comparison) -> Result<String, ::csv::Error> {
    let mut writer = Writer::from_writer(Vec::new());
    let set = comparison.names.iter().map(|(name, _)| format!("set.{name}"));
    let head = std::iter::once("variant".to_owned()).chain(set).chain(csv::COLUMNS.map(str::to_owned));
    writer.write_record(head.chain(["difference", "difference_half_width"].map(str::to_owned)))?;
    for (v, number) in comparison.variants.iter().zip(1u64..) {
        for (i, row) in v.rows.iter().enumerate() {
            let difference = v.differences.get(i).copied().flatten();
            let names = [row.section, &row.entity, &row.item, &row.measure].map(str::to_owned);
            let last = [csv::cell(difference.map(|d| d.mean)), csv::cell(difference.and_then(|d| d.half_width))];
            let first = std::iter::once(number.to_string()).chain(v.set.iter().cloned());
            writer.write_record(first.chain(names).chain(csv::cells(row.figure)).chain(last))?;
        }
    }
    csv::text_of(writer)
}

/// Variants of one line, simulated with the same random numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "flowline sweep")]
pub struct SweepDocument {
    /// Version of this document.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: u32,
    /// The parameters that differ between variants.
    pub varied: Vec<String>,
    /// Programs that were compiled: one for all variants that differ in numbers only, none where recursion runs them.
    pub compiled: u64,
    /// Each variant; the first parameter changes slowest.
    pub variants: Vec<VariantDocument>,
}

/// One variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VariantDocument {
    /// What is set, by parameter, as a text.
    pub set: Named<String>,
    /// What `flowline run` says of it; null when its simulation failed.
    pub result: Option<RunDocument>,
    /// Why its simulation failed; null when it did not.
    pub failed: Option<String>,
    /// What its figures differ from those of the first variant by; empty for the first. Figures that one of them
    /// lacks are left out.
    pub differences: Vec<DifferenceDocument>,
}

/// The difference of one figure to that of the first variant, over the runs that both have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DifferenceDocument {
    /// Part of the document of a run.
    pub section: String,
    /// What it is a figure of.
    pub entity: String,
    /// The item type; empty where it is of none.
    pub item: String,
    /// What is measured; of an expectation its unit.
    pub measure: String,
    /// Mean of the differences of runs of equal numbers.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval of the mean difference; null with one run.
    pub half_width: Option<f64>,
}

/// The document of a comparison as indented text with a newline at its end.
///
/// # Errors
/// When the serialiser refuses, which plain structs with string keys never cause.
pub fn render_json(comparison: &Comparison, compiled: u64) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&document(comparison, compiled))?;
    text.push('\n');
    Ok(text)
}

/// The JSON Schema (draft 2020-12) that every document of [`render_json`] obeys.
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<SweepDocument>()
}

/// The document of a comparison.
#[must_use]
pub fn document(comparison: &Comparison, compiled: u64) -> SweepDocument {
    let names = || comparison.names.iter();
    let variant = |v: &Compared| VariantDocument {
        set: names().map(|(name, _)| name.clone()).zip(v.set.iter().cloned()).collect(),
        result: v.result.as_ref().ok().map(RunDocument::of),
        failed: v.result.as_ref().err().cloned(),
        differences: v.rows.iter().zip(&v.differences).filter_map(|(row, d)| told(row, (*d)?)).collect(),
    };
    SweepDocument {
        schema: SCHEMA,
        varied: names().filter(|(_, varied)| *varied).map(|(name, _)| name.clone()).collect(),
        compiled,
        variants: comparison.variants.iter().map(variant).collect(),
    }
}

fn told(row: &Row, d: Summary) -> Option<DifferenceDocument> {
    let (section, entity, item, measure) = key(row);
    Some(DifferenceDocument {
        section: section.to_owned(),
        entity,
        item,
        measure,
        mean: d.mean,
        half_width: d.half_width,
    })
}
