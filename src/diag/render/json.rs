//! The `diagnostics` array of `check --format json`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::{SourceMap, Span};

use super::super::Diagnostic;

/// One finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiagnosticJson {
    /// The code, `E0501`.
    pub code: String,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// One sentence.
    pub message: String,
    /// Where: the primary span first.
    pub spans: Vec<SpanJson>,
    /// Why.
    pub notes: Vec<String>,
    /// What to change.
    pub help: Vec<String>,
    /// Mends that a machine can apply.
    pub fixes: Vec<FixJson>,
}

/// A stretch of a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SpanJson {
    /// The file as the user named it.
    pub file: String,
    /// First character.
    pub start: PlaceJson,
    /// One past the last character.
    pub end: PlaceJson,
    /// What is said about it; may be empty.
    pub label: String,
    /// Whether this is where it is wrong.
    pub primary: bool,
}

/// A place in a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlaceJson {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Bytes from the beginning of the file.
    pub offset: u32,
}

/// A mend.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FixJson {
    /// What it does.
    pub title: String,
    /// Replacements, not overlapping.
    pub edits: Vec<EditJson>,
}

/// A replacement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EditJson {
    /// The file.
    pub file: String,
    /// First character replaced.
    pub start: PlaceJson,
    /// One past the last.
    pub end: PlaceJson,
    /// The new text.
    pub text: String,
}

/// All findings.
#[must_use]
pub fn all(files: &SourceMap, diagnostics: &[Diagnostic]) -> Vec<DiagnosticJson> {
    diagnostics.iter().map(|d| one(files, d)).collect()
}

fn place(files: &SourceMap, span: Span, offset: u32) -> PlaceJson {
    let at = files.get(span.file).map(|f| f.line_column(offset));
    PlaceJson { line: at.map_or(1, |a| a.line), column: at.map_or(1, |a| a.column), offset }
}

fn one(files: &SourceMap, d: &Diagnostic) -> DiagnosticJson {
    let file = |span: Span| files.get(span.file).map_or_else(String::new, |f| f.name.clone());
    let span = |span: Span, label: &str, primary: bool| SpanJson {
        file: file(span),
        start: place(files, span, span.start),
        end: place(files, span, span.end),
        label: label.to_string(),
        primary,
    };
    let mut spans = vec![span(d.primary.span, &d.primary.text, true)];
    spans.extend(d.secondary.iter().map(|l| span(l.span, &l.text, false)));
    DiagnosticJson {
        code: d.code.number().to_string(),
        severity: d.severity.word().to_string(),
        message: d.message.clone(),
        spans,
        notes: d.notes.clone(),
        help: d.help.clone(),
        fixes: d
            .fixes
            .iter()
            .map(|f| FixJson {
                title: f.title.clone(),
                edits: f
                    .edits
                    .iter()
                    .map(|e| EditJson {
                        file: file(e.span),
                        start: place(files, e.span, e.span.start),
                        end: place(files, e.span, e.span.end),
                        text: e.text.clone(),
                    })
                    .collect(),
            })
            .collect(),
    }
}
