//! What is refused, what is said about it, and that everything else in the file is still read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;

use flowline::base::{FileId, SourceMap, limits};
use flowline::diag::codes::Code;
use flowline::diag::{Diagnostic, Severity, codes};
use flowline::syntax::{Parsed, dump_tree, parse};

const FILE: FileId = FileId(0);

/// A text with mistakes and the codes it must give, in order. Each mistake is told once.
const CASES: &[(&str, &[&str])] = &[
    // characters and tokens
    ("a: @", &["E0101"]),
    ("a: 5 s @@@ x, b: 2", &["E0101"]),
    ("a: \0\u{1}\u{2}", &["E0101"]),
    ("a: 5 – 3", &["E0101"]),
    ("a: 5\u{200b} s", &["E0101"]),
    ("// \u{202e}gnirts\na: 5", &["E0101"]),
    ("a: \"x\nb: 2", &["E0102"]),
    ("a: `x\nb: 2", &["E0102"]),
    ("x { a: f(\"q) }\nb: 2", &["E0102"]),
    ("a: 1,8 s\nb: 2", &["E0103"]),
    ("a: 1,200 /h\nb: 2", &["E0103"]),
    ("a: .5 s", &["E0103"]),
    ("a: 1. s", &["E0103"]),
    ("a: 1 000 s", &["E0103"]),
    ("a: 12345678901234567890123456789012345678901 s", &["E0104"]),
    ("a: 1e41 s, b: 1e-41 s, c: 1e99999999999 s", &["E0104", "E0104", "E0104"]),
    ("station `` { a: 5 }", &["E0105"]),
    ("a: [6:00, 14:00]", &["E0106"]),
    ("mon 6:00..7:00: 3", &["E0106", "E0106"]),
    ("a: 25:00", &["E0106"]),
    ("a: 2026-02-30", &["E0106"]),
    ("a: 1; b: 2", &["E0107"]),
    ("flow a => b --> c", &["E0107", "E0107"]),
    ("if a && !b || c <> d: x", &["E0107", "E0107", "E0107", "E0107"]),
    ("a: 'x', b: “y”, c: «z»", &["E0107", "E0107", "E0107"]),
    ("a := 5", &["E0107"]),
    ("a: 40 s +- 5 s, b: 40 s ± 5 s, c: 40 s +/- 5 s, d: 3 + -2", &["E0107", "E0107", "E0107"]),
    ("a: 23.11.2026 06:00", &["E0106"]),
    ("flow p -> first_free {\n    -[3]-> a\n    -> b\n}\nc: 5", &[]),
    ("# x\na: 5 /* y */\n/* z\nb: 2", &["E0108", "E0108", "E0108"]),
    ("a: 5 kg/m/s", &["E0109"]),
    ("a: % 5", &["E0109"]),
    ("a: \"x\\n\"", &["E0138"]),
    // sentences
    ("flow a b", &["E0110"]),
    ("flow a -> -> b -[3]-> c", &["E0110"]),
    ("a: b: c", &["E0110"]),
    (": 5\nb: 2", &["E0110"]),
    ("if a = b: c", &["E0110"]),
    ("limit x: 5 s b { c: 3 }", &["E0110"]),
    ("flow a -> (b) { c }", &["E0110"]),
    ("a: \nb: 2", &["E0111"]),
    ("a: 3 + \nb: 2", &["E0111"]),
    ("flow a ->\nb: 2", &["E0111"]),
    ("flow\nexpect\nuse", &["E0111", "E0111", "E0111"]),
    ("expect a:\nb: 2", &["E0111"]),
    ("a: (), b: x[]", &["E0111", "E0111"]),
    ("demand x: 5 /h at\nb: 2", &["E0111"]),
    ("a: f(x: , y: 2)", &["E0111"]),
    ("cycle 5 s\nb: 2", &["E0112"]),
    ("if a == b\nc: 2", &["E0112"]),
    ("if a == b c\nd: 2", &["E0112"]),
    ("station \"q\" { a: 1 }", &["E0113"]),
    ("station 5x { a: 1 }", &["E0113"]),
    ("station { a: 1 }", &["E0113"]),
    ("a: x.", &["E0111"]),
    ("use std.", &["E0111"]),
    ("param { a: 1 }, cell C(5) { a: 1 }", &["E0113"]),
    ("station rest { a: 1 }", &["E0114"]),
    ("a: 120 per h", &["E0114"]),
    ("a: 120 of b", &["E0114"]),
    ("station OP-20 { a: 1 }\nflow x -> OP-20 -> y", &["E0115"]),
    ("expect my-name: x", &["E0115"]),
    ("max-stay: 5 min", &["E0115"]),
    ("a: f(1 s 2 s)", &["E0116"]),
    ("a: [x y]", &["E0116"]),
    ("a: 5 h 30 min", &["E0116"]),
    ("a: 5 s b: 3", &["E0116"]),
    ("a: 1,, b: 2", &["E0117"]),
    ("{ , a: 1 }: 5", &["E0117"]),
    ("a: 1 < x < 3", &["E0130"]),
    ("a = 5", &["E0131"]),
    ("a: { station b { } }", &["E0132"]),
    ("a: 1\nflowline 1", &["E0132"]),
    ("flow -> a", &["E0133"]),
    ("-> a: 5", &["E0133"]),
    ("a: ...", &["E0134"]),
    ("flow a -> ...", &["E0134"]),
    ("flow a -[5]-> ... -[6]-> b", &["E0134"]),
    ("flow a -[5]-> ... -[ 5 ]-> b", &[]),
    ("a: f(x: 1, 2)", &["E0135"]),
    ("a: 2 normal(1 s, 2 s)", &["E0136"]),
    ("flowline 2", &["E0137"]),
    ("flow a <-> b", &["E0139"]),
    ("a: 5 /// lost\n/// lost too\nuse std.x", &["E0150", "E0150"]),
    // brackets
    ("a: f(1\nb: 2", &["E0120"]),
    ("a: x[1, 2], b: (1, 2)", &["E0110", "E0110"]),
    ("a: f(1, g(2, 3\nb: 2", &["E0120", "E0120"]),
    ("station a { b: 2", &["E0120"]),
    ("a: 5 }\nb: 2", &["E0121"]),
    ("a: 5 )\nb: 2", &["E0121"]),
    ("line x {\n    station a {\n        c: f(1 s,\n        d: 2\n    }\n    station b { c: 2 }\n}", &["E0120"]),
    ("line x {\n    station a {\n        c: 2\n    station b { c: 2 }\n}", &["E0120"]),
    ("line x {\n    station a { c: f(1, 2\n    station b { c: 2 }\n}", &["E0120", "E0120"]),
    ("line x {\n    station a { c: 1 }\n    }\n    station b { c: 2 }\n}", &["E0121"]),
    ("line x {\n    station a { c: 1 } }\n    station b { c: 2 }\n}", &["E0121"]),
    ("line x {\nstation a {\nc: 1\n}\nstation b { c: 2 }\n", &["E0120"]),
    ("flow a -[5 -> b\nflow b -> c", &["E0120"]),
    ("a: { b: 1, c: (2 }\nd: 3", &["E0120"]),
];

/// A diagnostic as text: everything but how it looks.
fn show(text: &str, d: &Diagnostic) -> String {
    let mut files = SourceMap::default();
    let id = files.add("", text);
    let place = |span: flowline::base::Span| {
        let at = files.get(id).unwrap().line_column(span.start);
        format!("{}:{} {:?}", at.line, at.column, text.get(span.range()).unwrap())
    };
    let mut out = format!("{} {} at {}: {}\n", d.severity.word(), d.code.number(), place(d.primary.span), d.message);
    if !d.primary.text.is_empty() {
        writeln!(out, "    label: {}", d.primary.text).unwrap();
    }
    for label in &d.secondary {
        writeln!(out, "    at {}: {}", place(label.span), label.text).unwrap();
    }
    for note in &d.notes {
        writeln!(out, "    note: {note}").unwrap();
    }
    for help in &d.help {
        writeln!(out, "    help: {help}").unwrap();
    }
    for fix in &d.fixes {
        writeln!(out, "    fix: {}: {:?}", fix.title, mended(text, fix)).unwrap();
    }
    out
}

fn mended(text: &str, fix: &flowline::diag::Fix) -> String {
    let mut out = text.to_string();
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
    for edit in edits {
        out.replace_range(edit.span.range(), &edit.text);
    }
    out
}

fn numbers(parsed: &Parsed) -> Vec<&'static str> {
    parsed.diagnostics.iter().map(|d| d.code.number()).collect()
}

#[test]
fn each_mistake_is_told_once() {
    let mut wrong = String::new();
    for (text, expected) in CASES {
        let parsed = parse(FILE, text);
        if numbers(&parsed) != *expected {
            let said: String = parsed.diagnostics.iter().map(|d| show(text, d)).collect();
            writeln!(wrong, "{text}\n  expected {expected:?}, said\n{said}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_is_said() {
    let mut out = String::new();
    for (text, _) in CASES {
        let parsed = parse(FILE, text);
        let visible = |c: char| if c == '\n' { c.to_string() } else { c.escape_debug().to_string() };
        let shown: String = text.chars().map(|c| if c.is_control() { visible(c) } else { c.to_string() }).collect();
        writeln!(out, "{shown}\n---").unwrap();
        for d in &parsed.diagnostics {
            out.push_str(&show(text, d));
        }
        writeln!(out, "tree:\n{}", dump_tree(&parsed.tree)).unwrap();
    }
    insta::assert_snapshot!(out);
}

#[test]
fn every_fix_mends_what_it_promises() {
    for (text, _) in CASES {
        let before = parse(FILE, text).diagnostics;
        for d in &before {
            for fix in &d.fixes {
                let mended = mended(text, fix);
                let after = parse(FILE, &mended).diagnostics;
                assert!(after.len() < before.len(), "{text}\n{}: {mended}\n{after:#?}", d.message);
            }
        }
    }
}

/// Several independent mistakes: each is told, and everything right between them is in the tree.
#[test]
fn mistakes_do_not_hide_what_stands_around_them() {
    let text = "\
line x {
    station a { cycle 5 s, machines: 2 }
    station b { cycle: , machines: 3 }
    station c { cycle: normal(1,8 s 2 s), machines: 4 }
    flow a -> -> b -[3]-> c -> out
    sink out
    expect y: 1 < z < 3
    run { for: 30 d, warmup 1 d, runs: 20 }
}
";
    let parsed = parse(FILE, text);
    insta::assert_snapshot!(format!(
        "{}\n{}",
        dump_tree(&parsed.tree),
        parsed.diagnostics.iter().map(|d| show(text, d)).collect::<String>()
    ));
}

#[test]
fn messages_keep_the_house_style() {
    for (text, _) in CASES {
        for d in parse(FILE, text).diagnostics {
            let first = d.message.chars().next().unwrap();
            assert!(!first.is_uppercase() && !d.message.ends_with('.'), "{}", d.message);
            assert!(
                !d.message.contains(" you ") && !d.message.contains('!') || d.message.contains("`!"),
                "{}",
                d.message
            );
            assert!(text.get(d.primary.span.range()).is_some(), "{text}: {}", d.message);
        }
    }
}

/// The pages of E01 codes: the first `line` block gives the code, the last one nothing.
#[test]
fn pages_show_what_they_say() {
    for code in codes::all().filter(|c| c.number().starts_with("E01")) {
        let page = code.page();
        assert!(page.starts_with(&format!("# {}: {}\n", code.number(), code.title())), "{}", code.number());
        let blocks: Vec<&str> = page.split("```line\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        let mended = blocks.last().unwrap();
        let after = parse(FILE, mended).diagnostics;
        assert!(after.is_empty(), "{}: {after:#?}", code.number());
        if code == codes::TOO_LONG || code == codes::TOO_MANY_ERRORS {
            // Their examples are too long for a page; tests of their own hold them.
            continue;
        }
        assert_eq!(blocks.len(), 2, "{}", code.number());
        let said = parse(FILE, blocks[0]).diagnostics;
        assert!(said.iter().all(|d| d.code == code) && !said.is_empty(), "{}: {said:#?}", code.number());
    }
}

fn only(text: &str, code: Code) -> Parsed {
    let parsed = parse(FILE, text);
    assert!(!parsed.diagnostics.is_empty(), "nothing said about {} bytes", text.len());
    for d in &parsed.diagnostics {
        assert_eq!(d.code, code, "{}", d.message);
    }
    parsed
}

#[test]
fn nesting_is_limited() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{ a: ", "}"), ("f(", ")"), ("a -[", "]-> b"), ("x { ", "}")] {
        for depth in [limits::NESTING - 2, limits::NESTING + 2, 10_000] {
            let text = format!("a: {}1{}\nb: 2", open.repeat(depth), close.repeat(depth));
            if depth < limits::NESTING {
                let said = parse(FILE, &text).diagnostics;
                assert!(said.is_empty(), "{open}: {said:#?}");
            } else {
                let parsed = only(&text, codes::TOO_DEEP);
                assert_eq!(parsed.diagnostics.len(), 1);
                assert!(dump_tree(&parsed.tree).ends_with("b: 2\n"));
            }
        }
    }
    // Ten thousand braces, none closed.
    let before = crate::cpu::seconds();
    let parsed = parse(FILE, &"a {\n".repeat(10_000));
    assert!(parsed.diagnostics.iter().any(|d| d.code == codes::TOO_DEEP));
    assert!(parsed.diagnostics.len() < 6, "{}", parsed.diagnostics.len());
    assert!(crate::cpu::seconds() - before < 20.0);
}

#[test]
fn expressions_and_chains_are_limited() {
    for operator in [" + ", " - ", " * ", " and ", " or ", " ^ ", ".", " .. ", " < "] {
        let long = format!("a: x{}\nb: 2", format!("{operator}x").repeat(100_000));
        let parsed = parse(FILE, &long);
        assert!(parsed.diagnostics.iter().any(|d| d.code == codes::TOO_DEEP), "{operator}");
        assert!(dump_tree(&parsed.tree).ends_with("b: 2\n"), "{operator}");
    }
    for prefix in ["-", "- ", "not "] {
        only(&format!("a: {}x\nb: 2", prefix.repeat(100_000)), codes::TOO_DEEP);
    }
    only(&format!("a: x{}", "(1)".repeat(100_000)), codes::TOO_DEEP);
    assert!(parse(FILE, &format!("a: x{}", " + x".repeat(200))).diagnostics.is_empty());
    assert!(parse(FILE, &format!("flow a{}", " -[5]-> a".repeat(limits::CHAIN))).diagnostics.is_empty());
    only(&format!("flow a{}", " -> a".repeat(limits::CHAIN + 1)), codes::TOO_LONG);
    only(&format!("station {} {{ }}", "x".repeat(limits::NAME_BYTES + 1)), codes::NAME_FORM);
}

#[test]
fn floods_of_errors_are_counted() {
    let parsed = parse(FILE, &"cycle 5 s\n".repeat(1000));
    assert_eq!(parsed.diagnostics.len(), limits::DIAGNOSTICS + 1);
    let last = parsed.diagnostics.last().unwrap();
    assert_eq!((last.code, last.severity), (codes::TOO_MANY_ERRORS, Severity::Error));
    assert!(last.message.starts_with("800 more"));
}
