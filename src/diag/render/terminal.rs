//! Drawn with source lines, by ariadne.

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind};

use crate::base::{FileId, SourceMap, Span};

use super::super::{Diagnostic, Severity};
use super::excerpt::Excerpt;
use super::plain;

/// The findings drawn with their source lines; of very long lines, with what lies around the labels. `colour` switches escape sequences on.
#[must_use]
pub fn render(files: &SourceMap, diagnostics: &[Diagnostic], colour: bool) -> String {
    let mut out = String::new();
    let sources: Vec<(FileId, String)> = files.iter().map(|(id, f)| (id, visible(&f.text))).collect();
    for d in diagnostics {
        match draw(files, &sources, d, colour) {
            Some(drawn) => out.push_str(&drawn),
            None => out.push_str(&super::short::line(files, d)),
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

/// One finding, drawn; `None` when it cannot be.
fn draw(files: &SourceMap, sources: &[(FileId, String)], d: &Diagnostic, colour: bool) -> Option<String> {
    let labels = || std::iter::once(&d.primary).chain(&d.secondary);
    let whole = |span: Span| -> Option<std::ops::Range<usize>> {
        let file = files.get(span.file)?;
        let mut start = (span.start as usize).min(file.text.len());
        let mut end = (span.end as usize).clamp(start, file.text.len());
        while !file.text.is_char_boundary(start) {
            start -= 1;
        }
        while !file.text.is_char_boundary(end) {
            end += 1;
        }
        Some(start..end)
    };
    let ends = |file: FileId| -> Vec<usize> {
        let here = labels().filter(|label| label.span.file == file).filter_map(|label| whole(label.span));
        here.flat_map(|range| [range.start, range.end]).collect()
    };
    let excerpts: Vec<Option<Excerpt>> = sources.iter().map(|(id, text)| Excerpt::of(text, &ends(*id))).collect();
    let excerpt = |file: FileId| {
        let at = sources.iter().position(|(id, _)| *id == file)?;
        excerpts.get(at)?.as_ref()
    };
    let place = |span: Span| -> Option<(String, std::ops::Range<usize>)> {
        let (name, range) = (plain(&files.get(span.file)?.name), whole(span)?);
        Some(match excerpt(span.file) {
            Some(excerpt) => (name, excerpt.place(range.start)..excerpt.place(range.end)),
            None => (name, range),
        })
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
    let texts = sources.iter().zip(&excerpts).filter_map(|((id, text), excerpt)| {
        let text = excerpt.as_ref().map_or(text, |excerpt| &excerpt.text);
        Some((plain(&files.get(*id)?.name), text.clone()))
    });
    let cache = ariadne::sources(texts.collect::<Vec<_>>());
    let mut bytes = Vec::new();
    report.finish().write(cache, &mut bytes).ok()?;
    let mut drawn = String::from_utf8_lossy(&bytes).into_owned();
    // What is drawn of a long line tells the column in the whole line.
    for label in labels() {
        let (Some(excerpt), Some((name, at))) = (excerpt(label.span.file), place(label.span)) else { continue };
        let Some(file) = files.get(label.span.file) else { continue };
        let told = file.line_column(label.span.start);
        let column = excerpt.column(at.start);
        if told.column as usize != column {
            // The brackets around it may have a colour of their own.
            let of = |column: usize| format!(" {name}:{}:{column} ", told.line);
            drawn = drawn.replacen(&of(column), &of(told.column as usize), 1);
        }
    }
    Some(drawn)
}
