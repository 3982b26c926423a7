//! What a line declares: one namespace, whatever the order of declarations.

use std::cell::Cell;

use indexmap::IndexMap;

use crate::base::{Span, names};
use crate::diag::{Diagnostic, codes};
use crate::ir::{CalendarId, ItemId, NodeId, PoolId};
use crate::syntax::tree::Declaration;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// An item type.
    Item(ItemId),
    /// A source, station, buffer, conveyor or sink.
    Node(NodeId),
    /// An array of stations: the first, and how many.
    Array(NodeId, u64),
    /// A crew or tool.
    Pool(PoolId),
    /// A shift.
    Calendar(CalendarId),
    /// A `param` or `let`: index of its declaration.
    Value(usize),
    /// Declared, but not supported yet or in error: already complained about.
    Other,
}

impl Meaning {
    /// The kind in words.
    pub fn kind(self) -> &'static str {
        match self {
            Meaning::Item(_) => "an item",
            Meaning::Node(_) => "a node of the line",
            Meaning::Array(..) => "an array",
            Meaning::Pool(_) => "a crew or tool",
            Meaning::Calendar(_) => "a shift",
            Meaning::Value(_) => "a value",
            Meaning::Other => "a declaration",
        }
    }
}

/// A declared name.
pub struct Entry {
    /// What it stands for.
    pub meaning: Meaning,
    /// Where it is declared.
    pub span: Span,
    /// Whether something refers to it.
    pub used: Cell<bool>,
}

/// The names of a line.
#[derive(Default)]
pub struct Scope<'a> {
    names: IndexMap<String, Entry>,
    /// `param` and `let` declarations.
    pub values: Vec<&'a Declaration>,
}

impl Scope<'_> {
    /// Declares a name; a second declaration is an error and changes nothing.
    pub fn declare(&mut self, name: &str, span: Span, meaning: Meaning, diagnostics: &mut Vec<Diagnostic>) -> bool {
        if let Some(first) = self.names.get(name) {
            diagnostics.push(
                Diagnostic::new(codes::DUPLICATE_NAME, span, format!("`{name}` is declared twice"))
                    .with(first.span, "first declared here")
                    .help("give one of them another name"),
            );
            return false;
        }
        self.names.insert(name.to_string(), Entry { meaning, span, used: Cell::new(false) });
        true
    }

    /// Changes what a declared name stands for.
    pub fn set(&mut self, name: &str, meaning: Meaning) {
        if let Some(entry) = self.names.get_mut(name) {
            entry.meaning = meaning;
        }
    }

    /// What a name stands for, noting that it is used.
    pub fn find(&self, name: &str) -> Option<Meaning> {
        let entry = self.names.get(name)?;
        entry.used.set(true);
        Some(entry.meaning)
    }

    /// Forgets that a name was used.
    pub fn unmark(&self, name: &str) {
        if let Some(entry) = self.names.get(name) {
            entry.used.set(false);
        }
    }

    /// All names with their entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.names.iter().map(|(n, e)| (n.as_str(), e))
    }

    /// The complaint about an unknown name, offering the nearest that fits.
    pub fn unknown(&self, name: &str, span: Span, what: &str, fits: impl Fn(Meaning) -> bool) -> Diagnostic {
        let known = self.names.iter().filter(|(_, e)| fits(e.meaning)).map(|(n, _)| n.as_str());
        let d = Diagnostic::new(codes::UNKNOWN_NAME, span, format!("there is no {what} `{name}`"));
        match names::nearest(name, known) {
            Some(near) => d.fix(format!("write `{near}`"), span, near),
            None => d.help(format!("declare {what} `{name}`, or use a name that is declared")),
        }
    }
}
