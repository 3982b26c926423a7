//! One line each: `file:line:column: error[E0501]: message`.

use crate::base::SourceMap;

use super::super::Diagnostic;
use super::plain;

/// The findings, a line each.
#[must_use]
pub fn render(files: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|d| line(files, d)).collect()
}

/// One finding as a line with its end.
#[must_use]
pub fn line(files: &SourceMap, d: &Diagnostic) -> String {
    let place = files.get(d.primary.span.file).map_or_else(String::new, |f| {
        let at = f.line_column(d.primary.span.start);
        format!("{}:{}:{}: ", plain(&f.name), at.line, at.column)
    });
    format!("{place}{}[{}]: {}\n", d.severity.word(), d.code.number(), plain(&d.message))
}
