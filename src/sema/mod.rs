//! Layer 3. From the syntax tree to the plant: names, parameters, units, kinds, item flow. It knows
//! no engine and reads files only through the reader it is given.
//!
//! [`import`] reads the files a line uses, [`scope`] keeps the names, [`cell`] and [`port`] take placed
//! cells apart into a flat plant, [`value`] evaluates expressions, [`fields`] reads blocks, [`node`] and
//! [`statement`] lower declarations, [`way`] lowers flows and routes, [`items`] follows item types
//! through the plant and checks the topology. Start reading at [`analyse`].

pub mod in_time;
mod items;

mod account;
mod array;
mod batch;
mod belt;
mod calendar;
mod cell;
mod clocks;
mod definition;
mod distance;
mod draws;
mod empty;
mod expect;
mod fields;
mod fleet;
mod fleet_account;
mod import;
mod kept;
mod lane;
mod leftover;
pub mod library;
mod limit;
mod line;
mod lookup;
mod measured;
mod named;
mod node;
mod operators;
mod order;
mod port;
mod renamed;
mod reserve;
mod resource;
mod route;
mod schedule;
mod scope;
mod setting;
mod setup;
mod source;
mod square;
mod statement;
mod step;
mod stop;
mod told;
mod upstream;
mod value;
mod visit;
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

/// Analyses a parsed file, with all the files it uses, which join `files`. O(size of the text), but for
/// arrays, cells and routes that expand.
#[must_use]
pub fn analyse(files: &mut SourceMap, main: &File, options: &Options) -> Analysed {
    let mut diagnostics = Vec::new();
    let project = import::load(files, main, options.read, &mut diagnostics);
    let files = &*files;
    let main = &project.main;
    let mut plants = Vec::new();
    let declarations = || main.items.iter().filter_map(|i| if let Item::Declaration(d) = i { Some(d) } else { None });
    let lines: Vec<&Declaration> = declarations().filter(|d| d.word.text == "line").collect();
    let mut outside = Vec::new();
    main.items.iter().for_each(|i| import::outside(i, &mut outside));
    if lines.is_empty() && !main.items.iter().any(|i| matches!(i, Item::Error(_))) {
        let mut d = Diagnostic::new(codes::NO_LINE, main.span, "there is no `line` in this file")
            .help("write the sources, stations, flows and sinks inside `line NAME { … }`");
        match outside.first() {
            // `lin a { … }`
            Some(first) if first.code == codes::UNKNOWN_DECLARATION => d = first.clone(),
            Some(first) => d.primary.span = first.primary.span,
            // What other files use is a file in its own right.
            None if declarations().next().is_some() => d.severity = Severity::Warning,
            None => {}
        }
        diagnostics.push(d);
    } else {
        diagnostics.extend(outside);
    }
    let mut seen: Vec<(&str, crate::base::Span)> = Vec::new();
    let taken = import::shared(files, &project, &lines);
    let mut settings = setting::Settings::new(&options.set);
    for (declaration, shared) in lines.iter().copied().zip(&taken) {
        if let Some((_, first)) = seen.iter().find(|(n, _)| *n == declaration.name.text) {
            diagnostics.push(
                Diagnostic::new(
                    codes::DUPLICATE_NAME,
                    declaration.name.span,
                    format!("`{}` is declared twice", declaration.name.text),
                )
                .with(*first, "first declared here")
                .help("give one of them another name"),
            );
        }
        seen.push((&declaration.name.text, declaration.name.span));
        let (plant, found) = line::lower(files, declaration, &project, shared, options, &mut settings);
        diagnostics.extend(found);
        plants.extend(plant);
    }
    if let Some(line) = lines.first() {
        settings.unknown(line.name.span, &mut diagnostics);
    }
    let complete = !diagnostics.iter().any(|d| d.severity == Severity::Error);
    Analysed { plants, diagnostics, complete }
}
