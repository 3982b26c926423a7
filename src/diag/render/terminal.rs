//! Drawn with source lines, by ariadne.

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind, Source};

use crate::base::{SourceMap, Span};

use super::super::{Diagnostic, Severity};
use super::plain;

/// The findings drawn with their source lines. `colour` switches escape sequences on.
#[must_use]
pub fn render(files: &SourceMap, diagnostics: &[Diagnostic], colour: bool) -> String {
    let mut out = String::new();
    let sources: Vec<(String, Source<String>)> =
        files.iter().map(|(_, f)| (plain(&f.name), Source::from(visible(&f.text)))).collect();
    for d in diagnostics {
        let mut bytes = Vec::new();
        if draw(files, &sources, d, colour, &mut bytes).is_some() {
            out.push_str(&String::from_utf8_lossy(&bytes));
        } else {
            out.push_str(&super::short::line(files, d));
        }
        out.push('\n');
    }
    out
}

/// The text with control characters replaced by blanks of the same number of bytes, so that spans fit.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' && c != '\t' { " ".repeat(c.len_utf8()) } else { c.to_string() })
        .collect()
}

fn draw(
    files: &SourceMap,
    sources: &[(String, Source<String>)],
    d: &Diagnostic,
    colour: bool,
    out: &mut Vec<u8>,
) -> Option<()> {
    let place = |span: Span| -> Option<(String, std::ops::Range<usize>)> {
        let file = files.get(span.file)?;
        let mut start = (span.start as usize).min(file.text.len());
        let mut end = (span.end as usize).clamp(start, file.text.len());
        while !file.text.is_char_boundary(start) {
            start -= 1;
        }
        while !file.text.is_char_boundary(end) {
            end += 1;
        }
        Some((plain(&file.name), start..end))
    };
    let (kind, tone) = match d.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
        Severity::Note => (ReportKind::Advice, Color::Cyan),
    };
    let config = Config::default().with_index_type(IndexType::Byte).with_color(colour);
    let primary = place(d.primary.span)?;
    let mut report = Report::build(kind, primary.clone())
        .with_config(config)
        .with_code(d.code.number())
        .with_message(plain(&d.message))
        .with_label(Label::new(primary).with_message(plain(&d.primary.text)).with_color(tone));
    for label in &d.secondary {
        report =
            report.with_label(Label::new(place(label.span)?).with_message(plain(&label.text)).with_color(Color::Blue));
    }
    report.with_notes(d.notes.iter().map(|n| plain(n)));
    for help in &d.help {
        report.add_help(plain(help));
    }
    for fix in &d.fixes {
        report.add_help(plain(&fix.title));
    }
    let cache = ariadne::sources(sources.iter().map(|(name, source)| (name.clone(), source.text().to_string())));
    report.finish().write(cache, out).ok()
}
