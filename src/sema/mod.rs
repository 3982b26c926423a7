//! Layer 3. From the syntax tree to the plant: names, parameters, units, kinds, item flow. It knows
//! no engine and reads files only through the reader it is given.
//!
//! [`scope`] collects what a line declares, [`value`] evaluates expressions, [`fields`] reads blocks,
//! [`node`] and [`statement`] lower declarations, [`way`] lowers flows and routes, [`items`] follows
//! item types through the plant and checks the topology. Start reading at [`analyse`].

pub mod items;

mod account;
mod batch;
mod calendar;
mod draws;
mod fields;
mod line;
mod node;
mod order;
mod resource;
mod route;
mod scope;
mod setup;
mod statement;
mod step;
mod value;
mod way;
mod work;

use crate::base::SourceMap;
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::Plant;
use crate::syntax::tree::{Declaration, File, Item};

/// What the front gives besides the text.
pub struct Options<'a> {
    /// Values of parameters from outside: `space`, `30`.
    pub set: Vec<(String, String)>,
    /// Reads a data file by the path written in the text; the error is told to the user.
    pub read: &'a dyn Fn(&str) -> Result<String, String>,
}

/// The plants of a file and what is to be said about them.
pub struct Analysed {
    /// One per `line`, in written order.
    pub plants: Vec<Plant>,
    /// Everything found.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether no error was found: only complete plants are meant to run.
    pub complete: bool,
}

/// Analyses a parsed file. O(size of the text), but for arrays and routes that expand.
#[must_use]
pub fn analyse(files: &SourceMap, main: &File, options: &Options) -> Analysed {
    let mut diagnostics = Vec::new();
    let mut plants = Vec::new();
    let mut shared: Vec<&Declaration> = Vec::new();
    let mut lines: Vec<&Declaration> = Vec::new();
    for item in &main.items {
        match item {
            Item::Declaration(d) if d.word.text == "line" => lines.push(d),
            Item::Declaration(d) => shared.push(d),
            Item::Use(u) => diagnostics.push(
                Diagnostic::new(codes::NOT_SUPPORTED_YET, u.span, "`use` is not supported yet")
                    .label("would bring in definitions of another file or of the standard library"),
            ),
            Item::Flow(f) => diagnostics.push(outside(f.span, "a flow")),
            Item::Expect(e) => diagnostics.push(outside(e.span, "an expectation")),
            Item::Entry(e) => diagnostics.push(outside(e.span, "a field")),
            Item::Error(_) => {}
        }
    }
    if lines.is_empty() && !main.items.iter().any(|i| matches!(i, Item::Error(_))) {
        let node = shared.iter().find(|d| matches!(d.word.text.as_str(), "source" | "station" | "sink" | "buffer"));
        let span = node.map_or(main.span, |d| d.word.span);
        diagnostics.push(
            Diagnostic::new(codes::NO_LINE, span, "there is no `line` in this file")
                .help("write the sources, stations, flows and sinks inside `line NAME { … }`"),
        );
    }
    let mut seen: Vec<(&str, crate::base::Span)> = Vec::new();
    for declaration in lines {
        if let Some((_, first)) = seen.iter().find(|(n, _)| *n == declaration.name.text) {
            diagnostics.push(
                Diagnostic::new(
                    codes::DUPLICATE_NAME,
                    declaration.name.span,
                    format!("`{}` is declared twice", declaration.name.text),
                )
                .with(*first, "first declared here"),
            );
        }
        seen.push((&declaration.name.text, declaration.name.span));
        let (plant, found) = line::lower(files, declaration, &shared, options, main.broken);
        diagnostics.extend(found);
        plants.extend(plant);
    }
    let complete = !diagnostics.iter().any(|d| d.severity == Severity::Error);
    Analysed { plants, diagnostics, complete }
}

fn outside(span: crate::base::Span, what: &str) -> Diagnostic {
    Diagnostic::new(codes::NO_LINE, span, format!("{what} stands outside a `line`"))
        .help("put it inside `line NAME { … }`")
}
