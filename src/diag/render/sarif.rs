//! SARIF 2.1.0 (OASIS standard): one run, a rule for every code.

use serde_json::{Value, json};

use crate::base::{SourceMap, Span};

use super::super::{Diagnostic, Severity, codes};

/// The findings as a SARIF log.
#[must_use]
pub fn render(files: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let rules: Vec<Value> = codes::all()
        .map(|c| {
            json!({
                "id": c.number(),
                "name": c.number(),
                "shortDescription": { "text": c.title() },
                "fullDescription": { "text": c.title() },
                "help": { "text": c.page(), "markdown": c.page() },
                "defaultConfiguration": { "level": level(c.severity()) },
            })
        })
        .collect();
    let results: Vec<Value> = diagnostics.iter().map(|d| result(files, d)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "flowline",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn level(severity: Severity) -> &'static str {
    severity.word()
}

fn location(files: &SourceMap, span: Span, text: &str) -> Value {
    let mut location = json!({ "physicalLocation": physical(files, span) });
    if let (Some(map), false) = (location.as_object_mut(), text.is_empty()) {
        map.insert("message".into(), json!({ "text": text }));
    }
    location
}

fn physical(files: &SourceMap, span: Span) -> Value {
    json!({ "artifactLocation": { "uri": uri(files, span) }, "region": region(files, span) })
}

fn uri(files: &SourceMap, span: Span) -> String {
    let name = files.get(span.file).map_or("", |f| f.name.as_str());
    name.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => char::from(b).to_string(),
            b'\\' => "/".to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

fn region(files: &SourceMap, span: Span) -> Value {
    let (from, to) = files.get(span.file).map_or(((1, 1), (1, 1)), |f| {
        let (a, b) = (f.line_column(span.start), f.line_column(span.end));
        ((a.line, a.column), (b.line, b.column))
    });
    json!({ "startLine": from.0, "startColumn": from.1, "endLine": to.0, "endColumn": to.1 })
}

fn result(files: &SourceMap, d: &Diagnostic) -> Value {
    let mut text = d.message.clone();
    for more in d.notes.iter().chain(&d.help) {
        text.push('\n');
        text.push_str(more);
    }
    let fixes: Vec<Value> = d
        .fixes
        .iter()
        .map(|f| {
            let changes: Vec<Value> = f
                .edits
                .iter()
                .map(|e| {
                    json!({
                        "artifactLocation": { "uri": uri(files, e.span) },
                        "replacements": [{ "deletedRegion": region(files, e.span), "insertedContent": { "text": e.text } }],
                    })
                })
                .collect();
            json!({ "description": { "text": f.title }, "artifactChanges": changes })
        })
        .collect();
    let related: Vec<Value> = d.secondary.iter().map(|l| location(files, l.span, &l.text)).collect();
    json!({
        "ruleId": d.code.number(),
        "level": level(d.severity),
        "message": { "text": text },
        "locations": [location(files, d.primary.span, &d.primary.text)],
        "relatedLocations": related,
        "fixes": fixes,
    })
}
