//! Whatever text comes in: parsing ends, does not panic, and every position it gives lies in the text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::base::{FileId, Span};
use flowline::syntax::{dump_tokens, dump_tree, parse, tokens};
use proptest::prelude::*;

use crate::syntax_corpus::{BOTTLING, CORNERS, FORMS};

const FILE: FileId = FileId(0);

/// Parses and checks what must hold for any text.
fn survive(text: &str) -> usize {
    let scanned = tokens(FILE, text);
    let mut end = 0;
    for token in &scanned.tokens {
        assert!(text.get(token.span.range()).is_some(), "{token:?}");
        assert!(token.span.start >= end || token.span.start == token.span.end, "{token:?}");
        end = token.span.end;
    }
    let _ = dump_tokens(text, &scanned.tokens);
    let parsed = parse(FILE, text);
    let inside = |span: Span| assert!(text.get(span.range()).is_some(), "{text:?} {span:?}");
    for d in &parsed.diagnostics {
        inside(d.primary.span);
        d.secondary.iter().for_each(|l| inside(l.span));
        d.fixes.iter().flat_map(|f| &f.edits).for_each(|e| inside(e.span));
        assert!(!d.message.is_empty());
    }
    parsed.tree.items.iter().for_each(|i| inside(i.span()));
    parsed.comments.comments.iter().for_each(|c| inside(c.span));
    // A hole in the tree is always explained.
    let dump = dump_tree(&parsed.tree);
    if dump.contains("<error>") {
        assert!(!parsed.diagnostics.is_empty(), "{text:?}\n{dump}");
    }
    parsed.diagnostics.len()
}

const WORDS: &[&str] = &[
    "station",
    "line",
    "flow",
    "expect",
    "use",
    "flowline",
    "item",
    "in",
    "if",
    "rest",
    "else",
    "at",
    "from",
    "step",
    "not",
    "and",
    "for",
    "per",
    "a",
    "b",
    "`q`",
    "1",
    "2.5",
    "1,5",
    ".5",
    "1.",
    "06:00",
    "6:00",
    "99:99",
    "2026-01-05",
    "2026-02-31",
    "\"s\"",
    "\"open",
    "`open",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "-[",
    "]->",
    "->",
    "<->",
    ",",
    ":",
    "=",
    ".",
    "..",
    "...",
    "?",
    "+",
    "-",
    "*",
    "/",
    "^",
    "<",
    ">=",
    "==",
    "\n",
    "\n",
    "\n    ",
    "\n        ",
    "s",
    "%",
    "kg/m^3",
    "/h",
    "//x",
    "///d\n",
    "/*",
    "*/",
    "#",
    ";",
    "=>",
    "&&",
    "!",
    "@",
    "\0",
    "²",
    "€",
    "°C",
    "→",
    "\u{200b}",
    "\u{202e}",
    "OP-20",
    "é",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn word_soup(words in prop::collection::vec((prop::sample::select(WORDS), any::<bool>()), 0..80)) {
        let text: String = words.iter().flat_map(|(w, blank)| [*w, if *blank { " " } else { "" }]).collect();
        survive(&text);
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        survive(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn cut_and_joined(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let chars: Vec<char> = BOTTLING.chars().collect();
        let (from, to) = (from.index(chars.len()), to.index(chars.len()));
        let text: String = chars[..from].iter().chain(&chars[to..]).collect();
        survive(&text);
    }
}

#[test]
fn every_beginning_and_every_missing_character() {
    for (at, _) in BOTTLING.char_indices() {
        survive(&BOTTLING[..at]);
    }
    for text in FORMS.iter().chain(CORNERS) {
        let chars: Vec<char> = text.chars().collect();
        for at in 0..chars.len() {
            let without: String = chars[..at].iter().chain(&chars[at + 1..]).collect();
            // One slip never floods the reader.
            let said = survive(&without);
            assert!(said <= 4, "{said} findings for\n{without}");
        }
    }
}

#[test]
fn garbage_ends_quickly() {
    for text in [
        "\0".repeat(200_000),
        "@ ".repeat(30_000),
        "{".repeat(30_000),
        "}".repeat(30_000),
        "(]".repeat(20_000),
        "((((]]]]".repeat(50_000),
        "\"\n".repeat(20_000),
        "a: (\n".repeat(10_000),
        "station a {\n".repeat(50_000),
        "station a {\n    x: (1\n".repeat(50_000),
        "flow a -[".repeat(10_000),
        "a ".repeat(30_000),
        "1 ".repeat(30_000),
        "- ".repeat(30_000),
        "a:".repeat(30_000),
        "///x\n".repeat(20_000),
        "station a-b ".repeat(10_000),
    ] {
        let before = crate::cpu::seconds();
        survive(&text);
        // Less than a second where nothing is quadratic, in any build.
        let took = crate::cpu::seconds() - before;
        assert!(took < 30.0, "{took} s of work for {:?}…", &text[..8]);
    }
}
