//! Sibling renderers of diagnostics: one file per format. All of them sort by place, drop identical
//! findings, and escape control characters, so that no text can steer a terminal or a pipeline.

pub mod excerpt;
pub mod github;
pub mod json;
pub mod sarif;
pub mod short;
pub mod terminal;

use crate::base::SourceMap;

use super::Diagnostic;

/// The output formats of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Drawn with source lines.
    Terminal,
    /// One line each.
    Short,
    /// The array of `check --format json`.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow annotations.
    Github,
}

/// The findings as text in a format; `colour` only matters to the terminal.
#[must_use]
pub fn render(format: Format, files: &SourceMap, diagnostics: &[Diagnostic], colour: bool) -> String {
    let sorted = sorted(diagnostics);
    match format {
        Format::Terminal => terminal::render(files, &sorted, colour),
        Format::Short => short::render(files, &sorted),
        Format::Json => serde_json::to_string_pretty(&json::all(files, &sorted)).unwrap_or_default() + "\n",
        Format::Sarif => sarif::render(files, &sorted),
        Format::Github => github::render(files, &sorted),
    }
}

/// The findings by file, position and severity, each once.
#[must_use]
pub fn sorted(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut list: Vec<Diagnostic> = Vec::new();
    for d in diagnostics {
        if !list.contains(d) {
            list.push(d.clone());
        }
    }
    list.sort_by_key(|d| (d.primary.span.file, d.primary.span.start, d.severity, d.primary.span.end));
    list
}

/// The text with control characters made visible; line ends become blanks.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' '.to_string(),
            c if c.is_control() || is_direction(c) => c.escape_unicode().to_string(),
            c => c.to_string(),
        })
        .collect()
}

/// Marks that turn the direction of writing: they make a text look like another.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}
