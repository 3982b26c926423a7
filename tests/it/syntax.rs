//! What is accepted, and what tree it gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::base::{FileId, Rational};
use flowline::syntax::tree::{ExprKind, Item, Key, Preposition};
use flowline::syntax::{Kind, dump_tokens, dump_tree, parse, tokens};

use crate::syntax_corpus::{BOTTLING, CORNERS, FORMS, LATER};

const FILE: FileId = FileId(0);

/// The tree of a text that must be right.
fn tree(text: &str) -> String {
    let parsed = parse(FILE, text);
    let said: Vec<_> = parsed.diagnostics.iter().map(|d| format!("{} {}", d.code.number(), d.message)).collect();
    assert!(said.is_empty(), "{text}\n{said:#?}");
    dump_tree(&parsed.tree)
}

/// The one expression of `x: …`, as the dump shows it.
fn value(text: &str) -> String {
    tree(&format!("x: {text}")).trim_end().strip_prefix("x: ").unwrap().to_string()
}

fn kinds(text: &str) -> Vec<Kind> {
    tokens(FILE, text).tokens.iter().map(|t| t.kind).collect()
}

#[test]
fn everything_shown_in_the_language_page_is_accepted() {
    insta::assert_snapshot!("bottling_tree", tree(BOTTLING));
    for text in FORMS.iter().chain(LATER) {
        tree(text);
    }
}

#[test]
fn trees_of_all_forms() {
    let all = FORMS.iter().chain(LATER).chain(CORNERS);
    let dump: String = all.map(|text| format!("{text}\n---\n{}\n", tree(text))).collect();
    insta::assert_snapshot!("form_trees", dump);
}

#[test]
fn tokens_of_the_example() {
    let scanned = tokens(FILE, BOTTLING);
    assert!(scanned.diagnostics.is_empty());
    insta::assert_snapshot!("bottling_tokens", dump_tokens(BOTTLING, &scanned.tokens));
}

#[test]
fn operators_bind_as_in_mathematics() {
    for (text, expected) in [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("8 / 2 / 2", "((8 / 2) / 2)"),
        ("-x ^ 2", "(- (x ^ 2))"),
        ("-a * b", "((- a) * b)"),
        ("2 * -a", "(2 * (- a))"),
        ("a + b..c + d", "((a + b)..(c + d))"),
        ("a in b..c", "(a in (b..c))"),
        ("a < b + 1", "(a < (b + 1))"),
        ("not a == b", "(not (a == b))"),
        ("a or b and not c", "(a or (b and (not c)))"),
        ("a.b[1].c(2)", "a.b[1].c(2)"),
        ("a ^ -2 * 3", "((a ^ (- 2)) * 3)"),
        ("(1 + 2) * 3", "(paren (1 + 2) * 3)"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn a_unit_is_what_touches_its_number() {
    for (text, expected) in [
        ("1.8 s", "9/5 s"),
        ("1.8s", "9/5 s"),
        ("1200 /h", "1200 /h"),
        ("1200/h", "1200 /h"),
        ("0.8 m/s", "4/5 m/s"),
        ("20 kg/m^3", "20 kg/m^3"),
        ("20 kg/m³", "20 kg/m^3"),
        ("5 kW·h", "5 kW*h"),
        ("98.5 %", "197/2 %"),
        ("4 €/kWh", "4 €/kWh"),
        ("21 °C", "21 °C"),
        ("12 Bottle", "12 Bottle"),
        ("120 Case/h", "120 Case/h"),
        ("2 operators + 1 crane", "(2 operators + 1 crane)"),
        ("5 s * 2", "(5 s * 2)"),
        ("5 s*2", "(5 s * 2)"),
        ("6 / x", "(6 / x)"),
        ("0.2 /h * space", "(1/5 /h * space)"),
        ("3 in a", "(3 in a)"),
        ("5 m ^ 2", "(5 m ^ 2)"),
        ("1 `a-b`", "1 `a-b`"),
        ("2 tools[3]", "2 tools[3]"),
        ("20..50 Board", "(20..50 Board)"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
    assert_eq!(tree("a: 2\nm: 3"), "a: 2\nm: 3\n", "a unit stands on the line of its number");
    assert_eq!(tree("until: 10000 at w"), "until: 10000 at w\n");
}

#[test]
fn numbers_are_exact() {
    for (text, n, d) in [("98.5", 197, 2), ("1e3", 1000, 1), ("2.5e-3", 1, 400), ("12_000", 12_000, 1), ("0.10", 1, 10)]
    {
        let parsed = parse(FILE, &format!("x: {text}"));
        let Item::Entry(entry) = &parsed.tree.items[0] else { panic!("{text}") };
        let ExprKind::Quantity(q) = &entry.phrase.as_ref().unwrap().chain.first.kind else { panic!("{text}") };
        assert_eq!(q.number, Rational::from_parts_signed(n.into(), d.into()), "{text}");
    }
}

#[test]
fn spans_cut_out_what_was_written() {
    let text = "station  filler { cycle: normal( 1.8 s, 0.1 s ) , needs: 2 `a b` at x }";
    let parsed = parse(FILE, text);
    let Item::Declaration(station) = &parsed.tree.items[0] else { panic!() };
    let cut = |span: flowline::base::Span| &text[span.range()];
    assert_eq!(cut(station.word.span), "station");
    assert_eq!(cut(station.name.span), "filler");
    assert_eq!(cut(station.span), text);
    let block = station.block.as_ref().unwrap();
    assert_eq!(cut(block.span), &text[16..]);
    let Item::Entry(cycle) = &block.items[0] else { panic!() };
    assert_eq!(cut(cycle.key.span()), "cycle");
    assert_eq!(cut(cycle.phrase.as_ref().unwrap().span), "normal( 1.8 s, 0.1 s )");
    let ExprKind::Call { arguments, .. } = &cycle.phrase.as_ref().unwrap().chain.first.kind else { panic!() };
    assert_eq!(cut(arguments[1].span), "0.1 s");
    let Item::Entry(needs) = &block.items[1] else { panic!() };
    let phrase = needs.phrase.as_ref().unwrap();
    let ExprKind::Quantity(q) = &phrase.chain.first.kind else { panic!() };
    assert_eq!(cut(q.number_span), "2");
    assert_eq!(cut(q.unit.as_ref().unwrap().span), "`a b`");
    assert_eq!(q.unit.as_ref().unwrap().counted(), Some("a b"));
    assert_eq!(cut(phrase.tail(Preposition::At).unwrap().span), "x");
}

#[test]
fn line_ends_separate_where_nothing_goes_on() {
    assert_eq!(tree("a: 1\n\n\n,\nb: 2,\n\nc: 3"), "a: 1\nb: 2\nc: 3\n");
    assert_eq!(tree("a: 1 +\n2\nb: 3"), "a: (1 + 2)\nb: 3\n");
    assert_eq!(tree("a: 1\n+ 2\nb: 3"), "a: (1 + 2)\nb: 3\n");
    assert_eq!(tree("flow a\n  // why\n\n  -> b"), "flow a -> b\n");
    assert_eq!(tree("a: f(1,\n\n2\n)"), "a: f(1, 2)\n");
    assert_eq!(tree("a: f({ x: 1\ny: 2 })"), "a: f({ x: 1, y: 2 })\n");
    assert_eq!(tree("a:\n  5"), "a: 5\n");
    assert_eq!(tree("rest: x\nelse: y\nin p: Q"), "rest: x\nelse: y\ndeclare in p: Q\n");
    // A broken line does not swallow the field behind it.
    assert_eq!(parse(FILE, "a: 5 s +\nb: 2").tree.items.len(), 2);
}

#[test]
fn words_are_special_only_in_their_place() {
    assert_eq!(kinds("flow a -> b")[0], Kind::FlowWord);
    assert_eq!(kinds("flow: 3")[0], Kind::Name);
    assert_eq!(kinds("x: flow")[2], Kind::Name);
    assert_eq!(tree("min: 5 min, s: 3 s, station s { }"), "min: 5 min\ns: 3 s\ndeclare station s\n");
}

#[test]
fn keys_of_every_form() {
    let parsed = parse(FILE, "{ }: 1\nmon..fri 06:00..14:00: 1\nif a: 1\nfor i in 1..2: 1\nrest: 1\nA <-> B: 1\nm: 1");
    assert!(parsed.diagnostics.is_empty());
    let words: Vec<Option<&str>> = parsed
        .tree
        .items
        .iter()
        .map(|i| match i {
            Item::Entry(e) => e.key.word(),
            _ => panic!(),
        })
        .collect();
    assert_eq!(words, [None, None, None, None, Some("rest"), None, Some("m")]);
    let Item::Entry(entry) = &parsed.tree.items[1] else { panic!() };
    assert!(matches!(entry.key, Key::Hours { .. }));
}

#[test]
fn comments_and_blank_lines_are_kept_beside_the_tree() {
    let text = "/// one\n/// two\nstation a { // tail\n\n\n    /// field\n    cycle: 3 s\n}\n// end\r\n";
    let parsed = parse(FILE, text);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let Item::Declaration(a) = &parsed.tree.items[0] else { panic!() };
    assert_eq!(a.doc.as_ref().unwrap().text, "one\ntwo");
    let Item::Entry(cycle) = &a.block.as_ref().unwrap().items[0] else { panic!() };
    assert_eq!(cycle.doc.as_ref().unwrap().text, "field");
    let shown: Vec<(&str, bool, bool)> =
        parsed.comments.comments.iter().map(|c| (&text[c.span.range()], c.doc, c.own_line)).collect();
    assert_eq!(
        shown,
        [
            ("/// one", true, true),
            ("/// two", true, true),
            ("// tail", false, false),
            ("/// field", true, true),
            ("// end", false, true)
        ]
    );
    assert_eq!(parsed.comments.blank_lines.len(), 1);
    let at = u32::try_from(text.find("\n\n").unwrap()).unwrap() + 1;
    assert!(parsed.comments.blank_between(at, at + 1));
}

#[test]
fn names_are_compared_in_one_normal_form() {
    let composed = tree("x: \u{e9}");
    let decomposed = tree("x: e\u{301}");
    assert_eq!(composed, decomposed);
}
