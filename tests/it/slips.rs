//! Slips that engineers make: each is told once, and what is said leads to the fix. A row replaces one piece
//! of a sound line; the finding must name its code and say its words. A mend that can be applied is applied,
//! and the line is sound again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::cli::pipeline::compile_text;
use flowline::diag::{Diagnostic, Severity};

/// A sound line with one of most things.
const LINE: &str = "use std.shifts

shift day { mon..fri 06:00..22:00 }

line honey {
    crew mechanic { size: 1 }
    item Jar { colour: count = 0 }
    source jars { makes: Jar, every: 6 s }
    station filler { cycle: normal(5 s, 0.5 s) }
    station capper {
        machines: 2
        cycle: triangular(4 s, 5 s, 6 s)
        breakdown jam { after: exponential(45 min), clock: working, repair: lognormal(5 min, 3 min), needs: 1 mechanic }
    }
    sink rejects
    sink shipped
    flow jars -> filler -[60]-> capper
    flow capper -> { 98 %: shipped, rest: rejects }
    expect ok: throughput(shipped) >= 500 /h
    run { start: 2026-11-23, for: 9 h, warmup: 1 h, runs: 3 }
}
";

/// What is replaced by what; the code; what the finding says somewhere.
const SLIPS: &[(&str, &str, &str, &str)] = &[
    // draws and tolerances
    ("normal(5 s, 0.5 s)", "5 s +- 0.5 s", "E0107", "write `uniform(35 s, 45 s)`"),
    ("normal(5 s, 0.5 s)", "5 s ± 0.5 s", "E0107", "`normal(40 s, 5 s)`"),
    ("normal(5 s, 0.5 s)", "5 s +/- 0.5 s", "E0107", "`+/-` gives no tolerance"),
    ("normal(5 s, 0.5 s)", "4 s..6 s", "E0305", "`uniform(4 s, 6 s)`"),
    ("normal(5 s, 0.5 s)", "4..6 s", "E0305", "`uniform(4 s, 6 s)`"),
    ("normal(5 s, 0.5 s)", "normal(5 s, 0,5 s)", "E0306", "`0.5 s`"),
    // arrows
    ("flow jars -> filler", "flow jars filler", "E0110", "write `->` between two nodes"),
    ("flow jars -> filler", "flow jars - > filler", "E0110", "write `->`"),
    ("flow jars -> filler", "jars -> filler", "E0210", "a flow begins with `flow`"),
    ("filler -[60]-> capper", "filler -[60] capper", "E0110", "end the arrow"),
    ("filler -[60]-> capper", "filler [60]-> capper", "E0203", "places stand on an arrow: `filler -[60]-> …`"),
    (
        "flow jars -> filler",
        "for i in 1..1: flow jars -> filler",
        "E0110",
        "behind `for … :` stands a chain, without `flow`",
    ),
    ("flow jars -> filler -[60]-> capper", "flow jars -> filler[*] -[60]-> capper", "E0110", "`for i in 1..4: pick[i] -> pack`"),
    ("station filler {", "station filler[1..4] {", "E0305", "`[4]`"),
    ("{ 98 %: shipped, rest: rejects }", "capper { shipped, rejects }", "E0201", "`capper(cycle: 5 min)`"),
    // days and times
    ("2026-11-23", "23.11.2026", "E0106", "`2026-11-23`"),
    ("for: 9 h", "for: 9:30", "E0110", "`9 h + 30 min`"),
];

fn findings(text: &str) -> Vec<Diagnostic> {
    compile_text("slip.line", text.to_string(), None, &[], &|_| Err("there is no such file".to_string())).diagnostics
}

/// Everything a finding says.
fn said(d: &Diagnostic) -> String {
    let mut all = vec![d.message.clone(), d.primary.text.clone()];
    all.extend(d.secondary.iter().map(|l| l.text.clone()));
    all.extend(d.notes.iter().chain(&d.help).cloned());
    all.extend(d.fixes.iter().map(|f| f.title.clone()));
    all.join("\n")
}

fn errors(list: &[Diagnostic]) -> Vec<&Diagnostic> {
    list.iter().filter(|d| d.severity == Severity::Error).collect()
}

fn apply(text: &str, d: &Diagnostic) -> Option<String> {
    let fix = d.fixes.first()?;
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
    let mut mended = text.to_string();
    for e in edits {
        mended.replace_range(e.span.range(), &e.text);
    }
    Some(mended)
}

#[test]
fn the_line_is_sound() {
    let found = findings(LINE);
    assert!(errors(&found).is_empty(), "{found:?}");
}

#[test]
fn each_slip_is_told_once_and_in_words_that_help() {
    let mut wrong = Vec::new();
    for (from, to, code, words) in SLIPS {
        assert!(LINE.contains(from), "{from} is not in the line");
        let text = LINE.replacen(from, to, 1);
        let found = findings(&text);
        let all: Vec<String> = found.iter().map(|d| format!("{} {}", d.code.number(), said(d))).collect();
        let Some(first) = found.iter().find(|d| d.code.number() == *code && said(d).contains(words)) else {
            wrong.push(format!("{to}: no {code} that says {words}\n{all:#?}"));
            continue;
        };
        let others = errors(&found).into_iter().filter(|d| *d != first).count();
        if others > 0 {
            wrong.push(format!("{to}: {others} more errors\n{all:#?}"));
        }
        if first.severity == Severity::Error
            && let Some(mended) = apply(&text, first)
        {
            let left = findings(&mended);
            if !errors(&left).is_empty() {
                wrong.push(format!("{to}: mended to\n{mended}\nit still gives {:?}", errors(&left)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
