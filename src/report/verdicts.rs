//! What lines were expected to do and whether they do: a section of the table, and the reports of
//! `flowline test` to read, as JSON and as JUnit XML.

use std::fmt::Write as _;

use serde::Serialize;

use super::figures::{Cell, Figures};
use super::grid::Grid;
use super::json::{ExpectationDocument, Named, expectation};
use crate::sim::outcome::{ExpectationResult, Study, Verdict};

/// The verdicts of a study, as a section of its table.
#[must_use]
pub fn section(study: &Study) -> String {
    let figures = Figures { runs: study.runs };
    let all = &study.expectations;
    Grid::new(all.len())
        .names("expectations", all.iter().map(|e| e.name.as_str()))
        .names("", all.iter().map(|e| e.verdict.word()))
        .column("measured", all.iter().map(|e| measured(figures, e)))
        .names("", all.iter().map(|e| if e.unit == "%" || e.unit.is_empty() { "" } else { e.unit.as_str() }))
        .render("expectations")
}

fn measured(figures: Figures, e: &ExpectationResult) -> Cell {
    if e.unit == "%" { figures.scaled(e.figure, 1.0, "%") } else { figures.number(e.figure) }
}

/// A line that was tested.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// The file.
    pub file: String,
    /// The line.
    pub line: String,
    /// Why it could not be run, if it could not.
    pub failed: Option<String>,
    /// Replications.
    pub runs: u64,
    /// Its expectations.
    pub results: Vec<ExpectationResult>,
    /// Real time, s.
    pub wall_s: f64,
}

/// The report to read: one line for each expectation, then a count.
#[must_use]
pub fn terminal(tested: &[Tested]) -> String {
    let mut out = String::new();
    let mut counts = [0usize; 3];
    for t in tested {
        let _ = match &t.failed {
            Some(_) => writeln!(out, "{}: `{}` could not be run", t.file, t.line),
            None if t.results.is_empty() => writeln!(out, "{}: `{}` expects nothing", t.file, t.line),
            None => writeln!(out, "{}: `{}`, {} {}", t.file, t.line, t.runs, if t.runs == 1 { "run" } else { "runs" }),
        };
        let figures = Figures { runs: t.runs };
        for e in &t.results {
            let place = match e.verdict {
                Verdict::Met => 0,
                Verdict::NotMet => 1,
                Verdict::Undecided => 2,
            };
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
            let unit = if e.unit == "%" { "" } else { e.unit.as_str() };
            let figure = measured(figures, e).sentence();
            let space = if unit.is_empty() { "" } else { " " };
            let _ =
                writeln!(out, "  {:<9}  {}: {figure}{space}{unit}, expected `{}`", e.verdict.word(), e.name, e.text);
        }
    }
    let [met, failed, open] = counts;
    let _ = writeln!(out, "{met} met, {failed} not met, {open} undecided");
    if open > 0 {
        out.push_str("undecided: the interval lies on both sides, or chance plays a part and there was one run; more runs narrow it\n");
    }
    out
}

/// The report as JSON.
#[derive(Serialize)]
struct Document {
    schema: u32,
    lines: Vec<LineDocument>,
}

#[derive(Serialize)]
struct LineDocument {
    file: String,
    line: String,
    runs: u64,
    failed: Option<String>,
    expectations: Named<ExpectationDocument>,
}

/// The report as JSON.
///
/// # Errors
/// When the serialiser refuses, which plain structs with string keys never cause.
pub fn json(tested: &[Tested]) -> Result<String, serde_json::Error> {
    let line = |t: &Tested| LineDocument {
        file: t.file.clone(),
        line: t.line.clone(),
        runs: t.runs,
        failed: t.failed.clone(),
        expectations: t.results.iter().map(|e| (e.name.clone(), expectation(e))).collect(),
    };
    let document = Document { schema: super::json::SCHEMA, lines: tested.iter().map(line).collect() };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

/// The report as JUnit XML: a suite for each line, a case for each expectation. Undecided ones are skipped
/// cases, unless they are denied.
#[must_use]
pub fn junit(tested: &[Tested], deny_undecided: bool) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for t in tested {
        let fails =
            |e: &&ExpectationResult| e.verdict == Verdict::NotMet || deny_undecided && e.verdict == Verdict::Undecided;
        let failures = t.results.iter().filter(fails).count();
        let skipped = t.results.iter().filter(|e| !fails(e) && e.verdict == Verdict::Undecided).count();
        let errors = usize::from(t.failed.is_some());
        let tests = t.results.len() + errors;
        let suite = escaped(&format!("{}: {}", t.file, t.line));
        let _ = writeln!(
            out,
            "  <testsuite name=\"{suite}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
             skipped=\"{skipped}\" time=\"{:.3}\">",
            t.wall_s
        );
        if let Some(why) = &t.failed {
            let _ = writeln!(out, "    <testcase classname=\"{suite}\" name=\"run\">");
            let _ = writeln!(out, "      <error message=\"{}\"/>\n    </testcase>", escaped(why));
        }
        for e in &t.results {
            let figure = measured(Figures { runs: t.runs }, e).sentence();
            let unit = if e.unit == "%" { "" } else { e.unit.as_str() };
            let words = escaped(&format!("{figure} {unit}, expected {}", e.text));
            let _ = writeln!(out, "    <testcase classname=\"{suite}\" name=\"{}\">", escaped(&e.name));
            let _ = match e.verdict {
                _ if fails(&e) => writeln!(out, "      <failure message=\"{}: {words}\"/>", e.verdict.word()),
                Verdict::Undecided => writeln!(out, "      <skipped message=\"undecided: {words}\"/>"),
                _ => Ok(()),
            };
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text for an attribute of XML; characters that XML cannot hold become a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    out
}
