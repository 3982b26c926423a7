//! Annotations of workflow logs: `::error file=…,line=…,col=…,title=…::message`.

use crate::base::SourceMap;

use super::super::{Diagnostic, Severity};
use super::plain;

/// The findings, an annotation each.
#[must_use]
pub fn render(files: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(|d| {
            let word = match d.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "notice",
            };
            let mut place = String::new();
            if let Some(f) = files.get(d.primary.span.file) {
                let (from, to) = (f.line_column(d.primary.span.start), f.line_column(d.primary.span.end));
                place = format!(
                    " file={},line={},col={},endLine={},endColumn={},title={}",
                    property(&f.name),
                    from.line,
                    from.column,
                    to.line,
                    to.column,
                    property(&format!("{} {}", d.code.number(), d.code.title()))
                );
            }
            let mut text = d.message.clone();
            for more in d.notes.iter().chain(&d.help) {
                text.push('\n');
                text.push_str(more);
            }
            format!("::{word}{place}::{}\n", data(&text))
        })
        .collect()
}

fn data(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(plain).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
