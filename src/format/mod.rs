//! Layer 3. The canonical printer: one layout for every text, without knowing what it means.
//!
//! It works on tokens and brackets, not on the tree, so that a text with errors is still printed: an
//! entry with an error in it stays as it was written, everything around it is laid out. Only blanks,
//! line ends, commas that stand for line ends and pasted typography change; that the tokens are the same
//! before and after is checked on every call.
//!
//! Start reading at [`format`]; [`group`] makes entries out of tokens, [`print`] lays them out,
//! [`spacing`] says what stands between two tokens.

mod group;
mod print;
pub mod range;
mod spacing;

pub use range::format_range;

use crate::base::{FileId, SourceMap, Span};
use crate::diag::{Diagnostic, Severity, codes};
use crate::syntax::{self, Kind};

/// Columns of a line.
pub const WIDTH: usize = 100;

/// A text laid out.
#[derive(Clone, Debug)]
pub struct Formatted {
    /// The text, with one line end at its end; empty when the file is empty.
    pub text: String,
    /// What parsing found: entries with an error in them stand as they were written.
    pub diagnostics: Vec<Diagnostic>,
}

/// Lays a text out: the same tokens, comments and documentation in canonical form. Applied to its own
/// result it changes nothing. O(length), but for long lines, which are measured once per bracket depth.
///
/// # Errors
/// An internal diagnostic when the result would not say the same; the text is then to be left alone.
pub fn format(file: FileId, text: &str) -> Result<Formatted, Box<Diagnostic>> {
    let parsed = syntax::parse(file, text);
    let scanned = syntax::tokens(file, text);
    let wrong = |d: &&Diagnostic| d.severity == Severity::Error;
    let errors: Vec<std::ops::Range<u32>> =
        parsed.diagnostics.iter().filter(wrong).map(|d| d.primary.span.start..d.primary.span.end).collect();
    let as_it_was = || Formatted { text: text.to_string(), diagnostics: parsed.diagnostics.clone() };
    if errors.len() >= crate::base::limits::DIAGNOSTICS {
        // Not all errors are listed: nothing says which entries are sound.
        return Ok(as_it_was());
    }
    let Some(group) = group::read(text, &scanned.tokens, &errors) else { return Ok(as_it_was()) };
    let laid_out = print::file(text, &group, &scanned.comments);
    if letters(text) != letters(&laid_out) || !same(file, text, &laid_out) {
        if !errors.is_empty() {
            // Where a bracket is missing, indentation says where its block ends: it may not change.
            return Ok(as_it_was());
        }
        return Err(Box::new(Diagnostic::new(
            codes::INTERNAL,
            Span::new(file, 0, 0),
            "the formatter would change what the text says; it is left as it is",
        )));
    }
    Ok(Formatted { text: laid_out, diagnostics: parsed.diagnostics })
}

/// Whether two texts have the same tokens, apart from separators, and the same comments.
fn same(file: FileId, before: &str, after: &str) -> bool {
    let significant = |text: &str| -> Vec<(Kind, String)> {
        let tokens = syntax::tokens(file, text).tokens;
        let mut list: Vec<(Kind, String)> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Newline | Kind::Comma => {
                    let next = tokens.get(at + 1).map(|t| t.kind);
                    let needless = next.is_none_or(|k| k.closes() || matches!(k, Kind::Newline | Kind::Comma));
                    if !needless && list.last().is_some_and(|(k, _)| !k.opens()) {
                        list.push((Kind::Comma, String::new()));
                    }
                }
                kind => list.push((kind, spacing::canonical(kind, text.get(token.span.range()).unwrap_or("")))),
            }
        }
        list
    };
    let comments = |text: &str| -> Vec<String> {
        let comments = syntax::tokens(file, text).comments.comments;
        comments.iter().map(|c| text.get(c.span.range()).unwrap_or("").to_string()).collect()
    };
    significant(before) == significant(after) && comments(before) == comments(after)
}

/// All that is written but blanks and commas, pasted typography as the formatter writes it.
fn letters(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != ',' && *c != '\u{feff}') {
        match c {
            '→' => found.push_str("->"),
            '↔' => found.push_str("<->"),
            '−' => found.push('-'),
            '×' | '·' => found.push('*'),
            '≤' => found.push_str("<="),
            '≥' => found.push_str(">="),
            '≠' => found.push_str("!="),
            '…' => found.push_str("..."),
            '²' => found.push_str("^2"),
            '³' => found.push_str("^3"),
            c => found.push(c),
        }
    }
    found
}

/// Lays out a text that is no file: for tests and documentation.
///
/// # Errors
/// As [`format`], in words.
pub fn format_text(text: &str) -> Result<String, String> {
    let mut files = SourceMap::default();
    let id = files.add("text.line", text);
    format(id, text).map(|f| f.text).map_err(|d| d.message)
}
