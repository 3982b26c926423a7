//! `grammar/line.ebnf` is normative: this file reads it, recognises tokens with it, writes sentences
//! from it, and holds the parser to the same answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use flowline::base::FileId;
use flowline::syntax::{Kind, Token, parse, tokens};
use proptest::prelude::*;

use crate::syntax_corpus::{BOTTLING, CORNERS, FORMS, LATER};

const FILE: FileId = FileId(0);
const GRAMMAR: &str = include_str!("../../grammar/line.ebnf");

/// A node of the grammar; the numbers make it a key of the memo.
enum Node {
    Terminal(String),
    Production(usize),
    Sequence(Vec<(usize, Node)>),
    Choice(Vec<(usize, Node)>),
    Optional(Box<(usize, Node)>),
    Repeated(Box<(usize, Node)>),
}

struct Grammar {
    names: Vec<String>,
    bodies: Vec<(usize, Node)>,
    nodes: usize,
}

impl Grammar {
    fn read(text: &str) -> Self {
        let mut words = Vec::new();
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            if let Some(comment) = rest.strip_prefix("(*") {
                rest = &comment[comment.find("*)").expect("an open comment in the grammar") + 2..];
            } else if let Some(literal) = rest.strip_prefix('"') {
                let end = literal.find('"').unwrap();
                words.push(rest[..end + 2].to_string());
                rest = &literal[end + 1..];
            } else if let Some(c) = rest.chars().next() {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap().max(c.len_utf8());
                words.push(rest[..end].to_string());
                rest = &rest[end..];
            } else {
                break;
            }
        }
        let mut names: Vec<String> = Vec::new();
        for rule in words.split(|w| w == ";").filter(|r| !r.is_empty()) {
            assert_eq!(rule[1], "=", "{rule:?}");
            assert!(!names.contains(&rule[0]), "{} is defined twice", rule[0]);
            names.push(rule[0].clone());
        }
        let mut grammar = Self { names, bodies: Vec::new(), nodes: 0 };
        for rule in words.split(|w| w == ";").filter(|r| !r.is_empty()) {
            let mut at = 2;
            let body = grammar.choice(rule, &mut at);
            assert_eq!(at, rule.len(), "{}", rule[0]);
            grammar.bodies.push(body);
        }
        grammar
    }

    fn number(&mut self, node: Node) -> (usize, Node) {
        self.nodes += 1;
        (self.nodes, node)
    }

    fn choice(&mut self, rule: &[String], at: &mut usize) -> (usize, Node) {
        let mut options = vec![self.sequence(rule, at)];
        while rule.get(*at).is_some_and(|w| w == "|") {
            *at += 1;
            options.push(self.sequence(rule, at));
        }
        if options.len() == 1 { options.remove(0) } else { self.number(Node::Choice(options)) }
    }

    fn sequence(&mut self, rule: &[String], at: &mut usize) -> (usize, Node) {
        let mut parts = Vec::new();
        while let Some(word) = rule.get(*at) {
            let word = word.clone();
            let mut inner = |grammar: &mut Self| {
                *at += 1;
                let inner = grammar.choice(rule, at);
                *at += 1;
                inner
            };
            let node = match word.as_str() {
                "|" | ")" | "]" | "}" => break,
                "(" => {
                    parts.push(inner(self));
                    continue;
                }
                "[" => Node::Optional(Box::new(inner(self))),
                "{" => Node::Repeated(Box::new(inner(self))),
                _ => {
                    *at += 1;
                    match self.names.iter().position(|n| *n == word) {
                        Some(production) => Node::Production(production),
                        None => Node::Terminal(word.trim_matches('"').to_string()),
                    }
                }
            };
            let node = self.number(node);
            parts.push(node);
        }
        if parts.len() == 1 { parts.remove(0) } else { self.number(Node::Sequence(parts)) }
    }
}

/// The terminal of the grammar a token is.
fn terminal(text: &str, token: &Token) -> String {
    match token.kind {
        Kind::Name | Kind::Quoted => "NAME".to_string(),
        Kind::Number => "NUMBER".to_string(),
        Kind::Unit => "UNIT".to_string(),
        Kind::Clock => "CLOCK".to_string(),
        Kind::Date => "DATE".to_string(),
        Kind::String => "STRING".to_string(),
        Kind::Newline => "NL".to_string(),
        Kind::Later => "LATER".to_string(),
        _ => text[token.span.range()].to_string(),
    }
}

/// Which stretches of a token row each node matches.
struct Recognizer<'g> {
    grammar: &'g Grammar,
    row: &'g [String],
    memo: BTreeMap<(usize, usize), BTreeSet<usize>>,
    /// Productions of the derivation.
    used: BTreeSet<usize>,
    /// Nodes of the derivation, with what is inside of them.
    touched: BTreeSet<usize>,
    /// An alternative, option or repetition that is missing from the grammar.
    without: Option<usize>,
}

impl<'g> Recognizer<'g> {
    fn ends(&mut self, (id, node): &'g (usize, Node), from: usize) -> BTreeSet<usize> {
        if let Some(known) = self.memo.get(&(*id, from)) {
            return known.clone();
        }
        let ends = match node {
            _ if self.without == Some(*id) => BTreeSet::new(),
            Node::Terminal(word) => {
                if self.row.get(from).is_some_and(|w| w == word) {
                    BTreeSet::from([from + 1])
                } else {
                    BTreeSet::new()
                }
            }
            Node::Production(number) => {
                let grammar = self.grammar;
                self.ends(&grammar.bodies[*number], from)
            }
            Node::Sequence(parts) => self.row_ends(parts, from),
            Node::Choice(options) => options.iter().flat_map(|o| self.ends(o, from)).collect(),
            Node::Optional(inner) => {
                let mut ends = self.ends(inner, from);
                ends.insert(from);
                ends
            }
            Node::Repeated(inner) => {
                let mut ends = BTreeSet::from([from]);
                let mut open = vec![from];
                while let Some(at) = open.pop() {
                    for end in self.ends(inner, at) {
                        if ends.insert(end) {
                            open.push(end);
                        }
                    }
                }
                ends
            }
        };
        self.memo.insert((*id, from), ends.clone());
        ends
    }

    fn row_ends(&mut self, parts: &'g [(usize, Node)], from: usize) -> BTreeSet<usize> {
        parts.iter().fold(BTreeSet::from([from]), |starts, part| {
            starts.into_iter().flat_map(|at| self.ends(part, at)).collect()
        })
    }

    /// Notes the productions of one derivation of `from..to`; true when there is one.
    fn derive(&mut self, node: &'g (usize, Node), from: usize, to: usize) -> bool {
        if !self.ends(node, from).contains(&to) {
            return false;
        }
        self.touched.insert(node.0);
        match &node.1 {
            Node::Terminal(_) => true,
            Node::Production(number) => {
                self.used.insert(*number);
                let grammar = self.grammar;
                self.derive(&grammar.bodies[*number], from, to)
            }
            Node::Sequence(parts) => self.derive_row(parts, from, to),
            Node::Choice(options) => options.iter().any(|o| self.derive(o, from, to)),
            Node::Optional(inner) => from == to || self.derive(inner, from, to),
            Node::Repeated(inner) => {
                from == to
                    || self.ends(inner, from).into_iter().filter(|mid| *mid > from).any(|mid| {
                        self.ends(node, mid).contains(&to)
                            && self.derive(inner, from, mid)
                            && self.derive(node, mid, to)
                    })
            }
        }
    }

    fn derive_row(&mut self, parts: &'g [(usize, Node)], from: usize, to: usize) -> bool {
        let Some((first, rest)) = parts.split_first() else { return from == to };
        self.ends(first, from).into_iter().any(|mid| {
            self.row_ends(rest, mid).contains(&to) && self.derive(first, from, mid) && self.derive_row(rest, mid, to)
        })
    }
}

/// The productions and the nodes that derive a row, with one node missing from the grammar; `None`
/// when the grammar then refuses it.
fn recognize_without(grammar: &Grammar, row: &[String], without: Option<usize>) -> Option<[BTreeSet<usize>; 2]> {
    let mut recognizer =
        Recognizer { grammar, row, memo: BTreeMap::new(), used: BTreeSet::new(), touched: BTreeSet::new(), without };
    let file = grammar.names.iter().position(|n| n == "file").unwrap();
    recognizer.used.insert(file);
    let derived = recognizer.derive(&grammar.bodies[file], 0, row.len());
    derived.then_some([recognizer.used, recognizer.touched])
}

/// The productions that derive a row; `None` when the grammar refuses it.
fn recognize(grammar: &Grammar, row: &[String]) -> Option<BTreeSet<usize>> {
    recognize_without(grammar, row, None).map(|[productions, _]| productions)
}

/// True when the parser says the text is no sentence of the grammar. What is checked behind the grammar
/// (dots, links, argument order, …) does not count.
fn refused(text: &str) -> bool {
    parse(FILE, text).diagnostics.iter().any(|d| {
        matches!(
            d.code.number(),
            "E0103" | "E0110" | "E0111" | "E0112" | "E0113" | "E0114" | "E0115" | "E0116" | "E0130"
        ) && !d.message.ends_with("has no name")
            || d.message.starts_with("the edition")
    })
}

fn row(text: &str) -> Vec<String> {
    tokens(FILE, text).tokens.iter().map(|t| terminal(text, t)).collect()
}

/// Sentences of the grammar that no other text holds; some are refused behind it.
const SENTENCES: &[&str] = &[
    "a { step: count = 0, if x < 2: b = c, for i in 1..2: b = c, rest = 3 }",
    "and: 1, or: 2, not: 3, during: 4, on: 5",
    "a: 30 from b to c, d: 5 /h during early",
    "a: b != c, d: b < c",
    "a: [1, 2,]",
];

fn corpus() -> impl Iterator<Item = &'static str> {
    std::iter::once(BOTTLING).chain(FORMS.iter().chain(LATER).chain(CORNERS).chain(SENTENCES).copied())
}

/// Pasted signs have the terminals of the typed ones, which the text of the token does not show.
fn typed(text: &str) -> bool {
    text.is_ascii()
}

#[test]
fn the_grammar_derives_the_corpus_and_the_corpus_uses_every_production() {
    let grammar = Grammar::read(GRAMMAR);
    let mut used = BTreeSet::new();
    for text in corpus().filter(|t| typed(t)) {
        let row = row(text);
        match recognize(&grammar, &row) {
            Some(productions) => used.extend(productions),
            None => panic!("the grammar refuses\n{text}\n{row:?}"),
        }
    }
    let unused: Vec<_> = (0..grammar.names.len()).filter(|n| !used.contains(n)).map(|n| &grammar.names[n]).collect();
    assert!(unused.is_empty(), "no sentence of the corpus uses {unused:?}");
}

/// Everything that a sentence may have or not: alternatives, what is in brackets, what may be repeated.
fn choices<'g>(node: &'g (usize, Node), of: &str, found: &mut Vec<(usize, String, &'g (usize, Node))>) {
    let mut option = |inner: &'g (usize, Node), what: &str| {
        found.push((inner.0, format!("{of}: {what} {}", show(inner)), inner));
    };
    match &node.1 {
        Node::Terminal(_) | Node::Production(_) => {}
        Node::Sequence(parts) => parts.iter().for_each(|p| choices(p, of, found)),
        Node::Choice(options) => {
            options.iter().for_each(|o| option(o, "|"));
            options.iter().for_each(|o| choices(o, of, found));
        }
        Node::Optional(inner) => {
            option(inner, "[ ]");
            choices(inner, of, found);
        }
        Node::Repeated(inner) => {
            option(inner, "{ }");
            choices(inner, of, found);
        }
    }
}

fn show(node: &(usize, Node)) -> String {
    match &node.1 {
        Node::Terminal(word) => word.clone(),
        Node::Production(number) => format!("<{number}>"),
        Node::Sequence(parts) => parts.iter().map(show).collect::<Vec<_>>().join(" "),
        Node::Choice(parts) => parts.iter().map(show).collect::<Vec<_>>().join(" | "),
        Node::Optional(inner) => format!("[ {} ]", show(inner)),
        Node::Repeated(inner) => format!("{{ {} }}", show(inner)),
    }
}

fn all_choices(grammar: &Grammar) -> Vec<(usize, String, &(usize, Node))> {
    let mut found = Vec::new();
    for (name, body) in grammar.names.iter().zip(&grammar.bodies) {
        choices(body, name, &mut found);
    }
    found
}

/// What two ways of the grammar derive alike: without one of them no sentence is lost. `item` and the
/// other words that are values are keys by both ways, and so is a quantity in front of a clock.
const TWO_WAYS: &[&str] = &["word_key", "keyword: | now", "keyword: | true", "keyword: | false", "keyword: | item"];

/// A fault in the grammar shows: without any one alternative, option or repetition some text of the corpus
/// is refused.
#[test]
fn without_any_part_the_grammar_refuses_the_corpus() {
    let grammar = Grammar::read(GRAMMAR);
    let rows: Vec<Vec<String>> = corpus().skip(1).filter(|t| typed(t)).map(row).collect();
    let touched: Vec<BTreeSet<usize>> =
        rows.iter().map(|row| recognize_without(&grammar, row, None).map(|[_, nodes]| nodes).unwrap()).collect();
    let mut kept = Vec::new();
    for (id, shown, _) in all_choices(&grammar) {
        let mut using: Vec<&Vec<String>> =
            rows.iter().zip(&touched).filter(|(_, nodes)| nodes.contains(&id)).map(|(row, _)| row).collect();
        using.sort_by_key(|row| row.len());
        if !using.iter().any(|row| recognize_without(&grammar, row, Some(id)).is_none()) {
            kept.push(format!("{shown} (in {} texts)", using.len()));
        }
    }
    kept.retain(|k| !TWO_WAYS.iter().any(|w| k.starts_with(w)));
    assert!(kept.is_empty(), "nothing is lost without\n{}", kept.join("\n"));
}

/// The shortest sentence in which a node stands.
fn sentence_with(grammar: &Grammar, wanted: usize) -> Vec<String> {
    fn holds(grammar: &Grammar, node: &(usize, Node), wanted: usize, open: &mut Vec<usize>) -> bool {
        node.0 == wanted
            || match &node.1 {
                Node::Terminal(_) => false,
                Node::Production(number) => {
                    let fresh = !open.contains(number);
                    open.push(*number);
                    fresh && holds(grammar, &grammar.bodies[*number], wanted, open)
                }
                Node::Sequence(list) | Node::Choice(list) => list.iter().any(|n| holds(grammar, n, wanted, open)),
                Node::Optional(inner) | Node::Repeated(inner) => holds(grammar, inner, wanted, open),
            }
    }
    fn write<'g>(writer: &mut Writer<'g>, node: &'g (usize, Node), wanted: usize, open: &mut Vec<usize>) {
        if node.0 == wanted || !holds(writer.grammar, node, wanted, &mut open.clone()) {
            return writer.write(&node.1, 0);
        }
        match &node.1 {
            Node::Terminal(_) => {}
            Node::Production(number) => {
                open.push(*number);
                let grammar = writer.grammar;
                write(writer, &grammar.bodies[*number], wanted, open);
            }
            Node::Sequence(list) => {
                let which = list.iter().position(|n| holds(writer.grammar, n, wanted, &mut open.clone()));
                for (i, part) in list.iter().enumerate() {
                    match Some(i) == which {
                        true => write(writer, part, wanted, open),
                        false => writer.write(&part.1, 0),
                    }
                }
            }
            Node::Choice(list) => {
                let which = list.iter().find(|n| holds(writer.grammar, n, wanted, &mut open.clone())).unwrap();
                write(writer, which, wanted, open);
            }
            Node::Optional(inner) | Node::Repeated(inner) => write(writer, inner, wanted, open),
        }
    }
    let mut writer = Writer::new(grammar, Vec::new());
    let file = grammar.names.iter().position(|n| n == "file").unwrap();
    let mut open = vec![file];
    write(&mut writer, &grammar.bodies[file], wanted, &mut open);
    writer.out
}

/// A fault in the parser shows: each alternative, option and repetition of the grammar stands in a sentence
/// that the parser has to accept, whatever the random sentences happen to hold.
#[test]
fn a_sentence_for_every_part_of_the_grammar_is_accepted() {
    let grammar = Grammar::read(GRAMMAR);
    let mut refusals = Vec::new();
    for (id, shown, _) in all_choices(&grammar) {
        let mut written = sentence_with(&grammar, id);
        let touched = recognize_without(&grammar, &written, None).unwrap_or_else(|| panic!("{shown}: {written:?}"));
        let other_way = TWO_WAYS.iter().any(|w| shown.starts_with(w));
        assert!(touched[1].contains(&id) || other_way, "{shown} is not in {written:?}");
        let text = spell(&mut written, 0);
        if row(&text) != written || refused(&text) {
            refusals.push(format!("{shown}: {text}"));
        }
    }
    assert!(refusals.is_empty(), "the parser refuses\n{}", refusals.join("\n"));
}

/// A parser that takes more than the grammar shows: in the short sentences each token is replaced by each other,
/// and both have to give the same answer.
#[test]
fn grammar_and_parser_agree_on_every_replaced_token() {
    let grammar = Grammar::read(GRAMMAR);
    let mut sentences: Vec<Vec<String>> =
        all_choices(&grammar).iter().map(|(id, ..)| sentence_with(&grammar, *id)).filter(|s| s.len() <= 7).collect();
    for text in ["a: 1", "a: b", "a -> b", "a { b: c }", "a: { b }", "a: [b]", "a: f(b)", "a: b + c", "flow a -> b"] {
        sentences.push(row(text));
    }
    sentences.sort();
    sentences.dedup();
    let mut terminals: BTreeSet<String> = sentences.iter().flatten().cloned().collect();
    terminals.extend(flowline::syntax::words::RESERVED.iter().map(|(w, kind)| match kind {
        Kind::Later => "LATER".to_string(),
        _ => w.to_string(),
    }));
    let mut differing = Vec::new();
    for sentence in &sentences {
        for (at, other) in (0..sentence.len()).flat_map(|at| terminals.iter().map(move |t| (at, t))) {
            let mut changed = sentence.clone();
            changed[at] = other.clone();
            let text = spell(&mut changed, 0);
            let scanned = tokens(FILE, &text);
            let row: Vec<String> = scanned.tokens.iter().map(|t| terminal(&text, t)).collect();
            // Brackets that do not match, or a unit where none can be: another row of tokens than was meant.
            if !scanned.diagnostics.is_empty() || day_with_hours_in_group(&row) {
                continue;
            }
            if recognize(&grammar, &row).is_none() != refused(&text) {
                differing.push(text);
            }
        }
    }
    differing.sort();
    differing.dedup();
    assert!(differing.is_empty(), "grammar and parser differ about\n{}", differing.join("\n"));
}

/// The words and signs of the grammar are those of the lexer.
#[test]
fn the_tables_of_tokens_are_equal() {
    use flowline::syntax::words::{ITEM_START, RESERVED};
    let grammar = Grammar::read(GRAMMAR);
    let mut terminals = BTreeSet::new();
    fn collect(node: &Node, out: &mut BTreeSet<String>) {
        match node {
            Node::Terminal(word) => {
                out.insert(word.clone());
            }
            Node::Production(_) => {}
            Node::Sequence(parts) | Node::Choice(parts) => parts.iter().for_each(|(_, n)| collect(n, out)),
            Node::Optional(inner) | Node::Repeated(inner) => collect(&inner.1, out),
        }
    }
    grammar.bodies.iter().for_each(|(_, body)| collect(body, &mut terminals));
    let words: BTreeSet<String> =
        terminals.iter().filter(|t| t.starts_with(|c: char| c.is_lowercase())).cloned().collect();
    let reserved = RESERVED.iter().filter(|(_, kind)| *kind != Kind::Later).map(|(w, _)| w.to_string());
    let due: BTreeSet<String> = reserved.chain(ITEM_START.iter().map(|(w, _)| w.to_string())).collect();
    assert_eq!(words, due, "words of the grammar and of the lexer");
    let later: BTreeSet<&str> = RESERVED.iter().filter(|(_, kind)| *kind == Kind::Later).map(|(w, _)| *w).collect();
    let told = GRAMMAR.split("LATER     a reserved word kept for later:").nth(1).unwrap();
    let told: BTreeSet<&str> = told.split('.').next().unwrap().split_whitespace().collect();
    assert_eq!(later, told, "words kept for later");
    let keywords = GRAMMAR.split("KEYWORD   a reserved word:").nth(1).unwrap();
    let keywords: BTreeSet<&str> = keywords.split('.').next().unwrap().split_whitespace().collect();
    assert_eq!(RESERVED.iter().map(|(w, _)| *w).collect::<BTreeSet<_>>(), keywords, "reserved words");
    // Signs: whatever the lexer takes as one token of the language is in the grammar, and the other way round.
    let source = include_str!("../../src/syntax/token.rs");
    let mistakes = source.find("block_comment").unwrap();
    let signs: BTreeSet<String> = source[..mistakes]
        .split("#[token(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_string())
        .filter(|sign| sign.is_ascii() && !["\\n", "%", "/*"].contains(&sign.as_str()))
        .collect();
    let due: BTreeSet<String> =
        terminals.iter().filter(|t| !t.starts_with(|c: char| c.is_alphabetic())).cloned().collect();
    assert_eq!(signs, due, "signs of the lexer and of the grammar");
}

#[test]
fn the_productions_of_the_grammar() {
    // The table of productions: a change of the grammar shows here.
    let grammar = Grammar::read(GRAMMAR);
    insta::assert_snapshot!(grammar.names.join(" "));
    let mut terminals = BTreeSet::new();
    fn collect<'g>(node: &'g Node, out: &mut BTreeSet<&'g str>) {
        match node {
            Node::Terminal(word) => {
                out.insert(word);
            }
            Node::Production(_) => {}
            Node::Sequence(parts) | Node::Choice(parts) => parts.iter().for_each(|(_, n)| collect(n, out)),
            Node::Optional(inner) | Node::Repeated(inner) => collect(&inner.1, out),
        }
    }
    grammar.bodies.iter().for_each(|(_, body)| collect(body, &mut terminals));
    insta::assert_snapshot!("terminals", terminals.into_iter().collect::<Vec<_>>().join(" "));
}

/// Writes one sentence. `choices` decides; when it is used up, the shortest way out is taken.
struct Writer<'g> {
    grammar: &'g Grammar,
    depth_of: Vec<usize>,
    choices: std::vec::IntoIter<u8>,
    out: Vec<String>,
}

/// More than any production needs.
const ENDLESS: usize = 1_000_000;

impl<'g> Writer<'g> {
    fn new(grammar: &'g Grammar, choices: Vec<u8>) -> Self {
        let mut writer = Self {
            grammar,
            depth_of: vec![ENDLESS; grammar.names.len()],
            choices: choices.into_iter(),
            out: Vec::new(),
        };
        for _ in 0..grammar.names.len() {
            for (number, body) in grammar.bodies.iter().enumerate() {
                writer.depth_of[number] = writer.depth(&body.1) + 1;
            }
        }
        writer
    }

    /// How deep the shallowest derivation of a node is.
    fn depth(&self, node: &Node) -> usize {
        match node {
            Node::Terminal(_) | Node::Optional(_) | Node::Repeated(_) => 0,
            Node::Production(number) => self.depth_of[*number].min(ENDLESS),
            Node::Sequence(parts) => parts.iter().map(|(_, p)| self.depth(p)).max().unwrap_or(0),
            Node::Choice(options) => options.iter().map(|(_, o)| self.depth(o)).min().unwrap_or(0),
        }
    }

    fn write(&mut self, node: &'g Node, level: usize) {
        // Deep down only short ways are taken.
        let choice = if level > 60 { None } else { self.choices.next() };
        match node {
            Node::Terminal(word) => self.out.push(word.clone()),
            Node::Production(number) => {
                let grammar = self.grammar;
                self.write(&grammar.bodies[*number].1, level + 1);
            }
            Node::Sequence(parts) => parts.iter().for_each(|(_, p)| self.write(p, level)),
            Node::Choice(options) => {
                let chosen = match choice {
                    Some(n) => usize::from(n) % options.len(),
                    None => (0..options.len()).min_by_key(|o| self.depth(&options[*o].1)).unwrap(),
                };
                self.write(&options[chosen].1, level);
            }
            Node::Optional(inner) => {
                if choice.is_some_and(|n| n % 3 == 0) {
                    self.write(&inner.1, level);
                }
            }
            Node::Repeated(inner) => {
                for _ in 0..choice.map_or(0, |n| [0, 0, 0, 1, 1, 2][usize::from(n) % 6]) {
                    self.write(&inner.1, level);
                }
            }
        }
    }
}

/// The text of a row of terminals. A line end where the next sign would make it a blank becomes a comma.
fn spell(row: &mut [String], salt: u8) -> String {
    let mut out = String::new();
    for at in 0..row.len() {
        let next = row.get(at + 1).cloned().unwrap_or_default();
        if row[at] == "NL" && matches!(next.as_str(), "->" | "<->" | "-[" | "-" | "{" | ".." | "") {
            row[at] = ",".to_string();
        }
        let pick = |options: &[&'static str]| options[(at + usize::from(salt)) % options.len()];
        let word = match row[at].as_str() {
            "NAME" => pick(&["a", "bee", "`q r`", "s", "min", "x_1"]),
            "NUMBER" => pick(&["1", "2.5", "12_000", "1e3"]),
            "UNIT" => pick(&["s", "/h", "%", "kg/m^3", "Bottle", "EUR/kWh"]),
            "CLOCK" => pick(&["06:00", "22:30", "23:59:59"]),
            "DATE" => pick(&["2026-11-23", "2024-02-29"]),
            "STRING" => pick(&["\"x\"", "\"a \\\" b\""]),
            "LATER" => pick(&["per", "while", "over"]),
            "NL" => "\n",
            other => other,
        };
        out.push_str(word);
        out.push(' ');
    }
    out
}

fn day_with_hours_in_group(row: &[String]) -> bool {
    row.windows(4).any(|w| w[0] == "DATE" && w[1] == "CLOCK" && w[2] == ".." && w[3] == "CLOCK")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every sentence of the grammar is accepted by the parser.
    #[test]
    fn sentences_of_the_grammar_are_accepted(choices in prop::collection::vec(any::<u8>(), 0..1500), salt in any::<u8>()) {
        let grammar = Grammar::read(GRAMMAR);
        let mut writer = Writer::new(&grammar, choices);
        let file = grammar.names.iter().position(|n| n == "file").unwrap();
        writer.write(&grammar.bodies[file].1, 0);
        let mut written = writer.out;
        let text = spell(&mut written, salt);
        let scanned = tokens(FILE, &text);
        let told: Vec<_> = scanned.diagnostics.iter().map(|d| d.code.number()).collect();
        if told.contains(&"E0122") || day_with_hours_in_group(&written) {
            return Ok(());
        }
        prop_assert!(told.is_empty(), "{text}\n{told:?}");
        prop_assert_eq!(row(&text), written, "{}", text);
        let said: Vec<_> = parse(FILE, &text).diagnostics.iter().map(|d| format!("{} {}", d.code.number(), d.message)).collect();
        prop_assert!(!refused(&text), "{text}\n{said:#?}");
        // The canonical layout of it says the same and is its own layout.
        let once = flowline::format::format_text(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert_eq!(&flowline::format::format_text(&once).map_err(TestCaseError::fail)?, &once, "{}", text);
    }

    /// The corpus with tokens removed, doubled or exchanged: grammar and parser give the same answer.
    #[test]
    fn grammar_and_parser_agree_on_damaged_sentences(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((0..4u8, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
    ) {
        let texts: Vec<&str> = corpus().skip(1).filter(|t| typed(t)).collect();
        let text = texts[which.index(texts.len())];
        let mut words: Vec<String> = tokens(FILE, text).tokens.iter().map(|t| text[t.span.range()].to_string()).collect();
        for (kind, first, second) in edits {
            if words.is_empty() {
                break;
            }
            let (first, second) = (first.index(words.len()), second.index(words.len()));
            match kind {
                0 => { words.remove(first); }
                1 => words.insert(first, words[second].clone()),
                2 => words.swap(first, second),
                _ => words[first] = words[second].clone(),
            }
        }
        let damaged = words.join(" ");
        let scanned = tokens(FILE, &damaged);
        let row = row(&damaged);
        if !scanned.diagnostics.is_empty() || day_with_hours_in_group(&row) {
            // Brackets do not match, or the like: no row of tokens to compare.
            return Ok(());
        }
        let grammar = Grammar::read(GRAMMAR);
        let said: Vec<_> = parse(FILE, &damaged).diagnostics.iter().map(|d| format!("{} {}", d.code.number(), d.message)).collect();
        prop_assert_eq!(recognize(&grammar, &row).is_none(), refused(&damaged), "{}\n{:?}\n{:#?}", damaged, row, said);
    }
}
