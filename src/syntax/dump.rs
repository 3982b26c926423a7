//! Tokens and trees as stable, readable text, for `flowline dump` and for tests.
//!
//! Trees show structure, not layout: operators stand in parentheses, numbers are exact fractions,
//! tables are written on one line.

use std::fmt::Write as _;

use super::token::{Kind, Token};
use super::tree::{
    Argument, Block, Chain, Clock, Date, Entry, Expr, ExprKind, File, Hours, Item, Key, Link, LinkKind, Phrase, Table,
    Text, UseTarget,
};

/// The tokens the parser reads, one a line: position, kind, text.
#[must_use]
pub fn dump_tokens(text: &str, tokens: &[Token]) -> String {
    let mut out = String::new();
    let (mut line, mut column, mut seen) = (1usize, 1usize, 0usize);
    for token in tokens {
        let start = token.span.range().start;
        for c in text.get(seen..start).unwrap_or("").chars() {
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        seen = seen.max(start);
        let shown = match token.kind {
            Kind::Newline => "",
            _ => text.get(token.span.range()).unwrap_or(""),
        };
        let shown: String = shown.chars().flat_map(char::escape_debug).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", format!("{line}:{column} {:?} {shown}", token.kind).trim_end());
    }
    out
}

/// The tree as indented text.
#[must_use]
pub fn dump_tree(tree: &File) -> String {
    let mut dump = Dump::default();
    if let Some(edition) = &tree.edition {
        dump.line(&format!("edition {}", edition.number));
    }
    dump.items(&tree.items);
    dump.out
}

#[derive(Default)]
struct Dump {
    out: String,
    depth: usize,
}

impl Dump {
    fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn doc(&mut self, doc: Option<&Text>) {
        for line in doc.iter().flat_map(|d| d.text.lines()) {
            self.line(&format!("/// {line}"));
        }
    }

    fn block(&mut self, block: &Block) {
        self.depth += 1;
        self.items(&block.items);
        self.depth -= 1;
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Use(item) => {
                    let target = match &item.target {
                        UseTarget::Path(names) => names.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join("."),
                        UseTarget::File(text) => format!("{:?}", text.text),
                    };
                    let alias = item.alias.as_ref().map(|a| format!(" as {}", a.text)).unwrap_or_default();
                    self.line(&format!("use {target}{alias}"));
                }
                Item::Flow(item) => self.line(&format!("flow {}", chain(&item.chain))),
                Item::Expect(item) => {
                    self.doc(item.doc.as_ref());
                    let name = item.name.as_ref().map(|n| format!("{}: ", n.text)).unwrap_or_default();
                    self.line(&format!("expect {name}{}", phrase(&item.phrase)));
                }
                Item::Declaration(item) => {
                    self.doc(item.doc.as_ref());
                    let mut text = format!("declare {} {}", item.word.text, item.name.text);
                    for index in &item.indices {
                        text.push_str(&format!("[{}]", expr(index)));
                    }
                    if let Some(params) = &item.params {
                        let params = params.iter().map(|p| {
                            let default = p.default.as_ref().map(|d| format!(" = {}", phrase(d))).unwrap_or_default();
                            format!("{}: {}{default}", p.name.text, phrase(&p.kind))
                        });
                        text.push_str(&format!("({})", params.collect::<Vec<_>>().join(", ")));
                    }
                    if let Some(value) = &item.phrase {
                        text.push_str(&format!(": {}", phrase(value)));
                    }
                    if let Some(value) = &item.value {
                        text.push_str(&format!(" = {}", phrase(value)));
                    }
                    self.line(&text);
                    if let Some(block) = &item.block {
                        self.block(block);
                    }
                }
                Item::Entry(item) => {
                    self.doc(item.doc.as_ref());
                    self.line(&entry(item));
                }
                Item::Error(_) => self.line("error"),
            }
        }
    }
}

fn entry(entry: &Entry) -> String {
    let mut text = match &entry.key {
        Key::Chain(key) => chain(key),
        Key::Hours { days, hours: h } => format!("{} {}", expr(days), hours(h)),
        Key::If { condition, .. } => format!("if {}", expr(condition)),
        Key::For { name, over, .. } => format!("for {} in {}", name.text, expr(over)),
        Key::Word(name) => name.text.clone(),
    };
    if let Some(value) = &entry.phrase {
        text.push_str(": ");
        text.push_str(&phrase(value));
    }
    if let Some(value) = &entry.default {
        text.push_str(" = ");
        text.push_str(&phrase(value));
    }
    text
}

fn phrase(phrase: &Phrase) -> String {
    let mut text = chain(&phrase.chain);
    if let Some(h) = &phrase.hours {
        text.push(' ');
        text.push_str(&hours(h));
    }
    for tail in &phrase.tails {
        text.push_str(&format!(" {} {}", tail.preposition.word(), chain(&tail.chain)));
    }
    text
}

fn hours(hours: &Hours) -> String {
    format!("{}..{}", clock(hours.from), clock(hours.to))
}

fn clock(clock: Clock) -> String {
    let (hours, minutes, seconds) = (clock.seconds / 3600, clock.seconds / 60 % 60, clock.seconds % 60);
    if seconds == 0 { format!("{hours:02}:{minutes:02}") } else { format!("{hours:02}:{minutes:02}:{seconds:02}") }
}

fn date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

fn chain(chain: &Chain) -> String {
    let mut text = String::new();
    if let Some(lead) = &chain.lead {
        text.push_str(&link(lead));
        text.push(' ');
    }
    text.push_str(&expr(&chain.first));
    for step in &chain.steps {
        text.push_str(&format!(" {} {}", link(&step.link), expr(&step.expr)));
    }
    text
}

fn link(link: &Link) -> String {
    match &link.kind {
        LinkKind::Arrow => "->".to_string(),
        LinkKind::Symmetric => "<->".to_string(),
        LinkKind::Arguments(args) => format!("-[{}]->", arguments(args)),
    }
}

fn arguments(arguments: &[Argument]) -> String {
    let one = |a: &Argument| match &a.name {
        Some(name) => format!("{}: {}", name.text, phrase(&a.value)),
        None => phrase(&a.value),
    };
    arguments.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn table(table: &Table) -> String {
    let mut entries: Vec<String> = table.entries.iter().map(entry).collect();
    if table.incomplete {
        entries.push("error".to_string());
    }
    if entries.is_empty() { "{ }".to_string() } else { format!("{{ {} }}", entries.join(", ")) }
}

fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Quantity(quantity) => match &quantity.unit {
            Some(unit) => format!("{} {}", quantity.number, unit.text),
            None => quantity.number.to_string(),
        },
        ExprKind::Clock(time) => clock(*time),
        ExprKind::Date { date: day, clock: None } => date(*day),
        ExprKind::Date { date: day, clock: Some(time) } => format!("{} {}", date(*day), clock(*time)),
        ExprKind::String(text) => format!("{text:?}"),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Now => "now".to_string(),
        ExprKind::Item => "item".to_string(),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Unary { op, operand, .. } => format!("({} {})", op.text(), expr(operand)),
        ExprKind::Binary { op, left, right, .. } => format!("({} {} {})", expr(left), op.text(), expr(right)),
        ExprKind::Range { from, to } => format!("({}..{})", expr(from), expr(to)),
        ExprKind::Index { base, index } => format!("{}[{}]", expr(base), expr(index)),
        ExprKind::Member { base, member } => format!("{}.{}", expr(base), member.text),
        ExprKind::Call { function, arguments: args } => format!("{}({})", expr(function), arguments(args)),
        ExprKind::NamedTable { name, table: t } => format!("{} {}", name.text, table(t)),
        ExprKind::Table(t) => table(t),
        ExprKind::List(phrases) => format!("[{}]", phrases.iter().map(phrase).collect::<Vec<_>>().join(", ")),
        ExprKind::Group(inner) => format!("paren {}", expr(inner)),
        ExprKind::Ellipsis => "...".to_string(),
        ExprKind::Unknown => "?".to_string(),
        ExprKind::Error => "<error>".to_string(),
    }
}
