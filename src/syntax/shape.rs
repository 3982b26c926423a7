//! Checks of the finished tree that need no meaning: links only where something flows, dots only
//! between equal links, named arguments last, fields set with a colon. Attaches documentation.

use std::collections::BTreeMap;

use crate::base::{Rational, Span};
use crate::diag::{Diagnostic, codes};

use super::comments::Comments;
use super::hyphens;
use super::token::{Kind, Token};
use super::tree::{
    Argument, BinaryOp, Chain, Edition, Entry, Expr, ExprKind, File, Item, Key, Link, LinkKind, Phrase, Table, Text,
};
use super::words;

/// Checks a tree and attaches documentation comments. O(nodes + comments log tokens).
pub fn check(tree: &mut File, text: &str, tokens: &[Token], comments: &Comments) -> Vec<Diagnostic> {
    let mut shape = Shape { text, diagnostics: Vec::new(), docs: documentation(text, tokens, comments) };
    if let Some(edition) = &tree.edition {
        shape.edition(edition, tree.items.first());
    }
    shape.items(&mut tree.items);
    for lost in shape.docs.values() {
        shape.diagnostics.push(
            Diagnostic::new(codes::LOST_DOC, lost.span, "this documentation belongs to nothing")
                .note("`///` documents the declaration or field that follows it")
                .help("write `//` for a plain comment"),
        );
    }
    shape.diagnostics
}

/// Runs of `///` comments by the start of the token they stand before.
fn documentation(text: &str, tokens: &[Token], comments: &Comments) -> BTreeMap<u32, Text> {
    let mut docs: BTreeMap<u32, Text> = BTreeMap::new();
    for comment in comments.comments.iter().filter(|c| c.doc) {
        let next = tokens.partition_point(|t| t.span.start < comment.span.end);
        let next = tokens.iter().skip(next).find(|t| t.kind != Kind::Newline).map_or(u32::MAX, |t| t.span.start);
        let line = text.get(comment.span.range()).unwrap_or("");
        let line = line.strip_prefix("///").unwrap_or(line);
        let line = line.strip_prefix(' ').unwrap_or(line);
        // A documentation comment behind something on its line belongs to nothing.
        let key = if comment.own_line { next } else { comment.span.start };
        match docs.get_mut(&key) {
            Some(doc) => {
                doc.text.push('\n');
                doc.text.push_str(line);
                doc.span = doc.span.to(comment.span);
            }
            None => {
                docs.insert(key, Text { text: line.to_string(), span: comment.span });
            }
        }
    }
    docs
}

struct Shape<'t> {
    text: &'t str,
    diagnostics: Vec<Diagnostic>,
    docs: BTreeMap<u32, Text>,
}

/// Where a chain stands: decides what it may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The value of an entry: may begin with a link.
    Value,
    /// The key of an entry: may have `<->`.
    Key,
    /// A bare entry of a table, a target of a rule: may begin with a link.
    Target,
    /// Anything else.
    Plain,
}

impl Shape<'_> {
    fn edition(&mut self, edition: &Edition, first: Option<&Item>) {
        if first.is_some_and(|item| item.span().start < edition.span.start) {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::MISPLACED_ITEM,
                    edition.span,
                    "the edition stands on the first line of a file only",
                )
                .help("move it to the top"),
            );
        }
        if edition.number != Rational::from(1) {
            self.diagnostics.push(
                Diagnostic::new(codes::EDITION, edition.span, "this compiler knows edition 1 of the language only")
                    .help("write `flowline 1`, or use a newer compiler"),
            );
        }
    }

    fn items(&mut self, items: &mut [Item]) {
        for item in items {
            let doc = if self.docs.is_empty() { None } else { self.docs.remove(&item.span().start) };
            match item {
                Item::Use(_) => self.lost(doc),
                Item::Flow(flow) => {
                    self.lost(doc);
                    self.chain(&mut flow.chain, Role::Plain);
                }
                Item::Expect(expect) => {
                    expect.doc = doc;
                    self.phrase(&mut expect.phrase, Role::Plain);
                }
                Item::Declaration(declaration) => {
                    declaration.doc = doc;
                    for index in &mut declaration.indices {
                        self.expr(index);
                    }
                    for param in declaration.params.iter_mut().flatten() {
                        self.phrase(&mut param.kind, Role::Plain);
                        if let Some(default) = &mut param.default {
                            self.phrase(default, Role::Plain);
                        }
                    }
                    for phrase in declaration.phrase.iter_mut().chain(&mut declaration.value) {
                        self.phrase(phrase, Role::Plain);
                    }
                    if let Some(block) = &mut declaration.block {
                        self.items(&mut block.items);
                    }
                }
                Item::Entry(entry) => {
                    entry.doc = doc;
                    self.nameless(entry);
                    self.entry(entry, Role::Key);
                }
                Item::Error(span) => {
                    while let Some(start) = self.docs.range(span.start..span.end.max(span.start)).next().map(|d| *d.0) {
                        self.docs.remove(&start);
                    }
                }
            }
        }
    }

    fn lost(&mut self, doc: Option<Text>) {
        if let Some(doc) = doc {
            self.docs.insert(doc.span.start, doc);
        }
    }

    /// `station { cycle: 5 s }`: the name was forgotten.
    fn nameless(&mut self, entry: &Entry) {
        let Key::Chain(chain) = &entry.key else { return };
        let (word, span) = match chain.as_expr().map(|e| (&e.kind, e.span)) {
            Some((ExprKind::Name(name), span)) if entry.phrase.is_none() && entry.default.is_none() => (name, span),
            Some((ExprKind::NamedTable { name, .. }, _)) => (&name.text, name.span),
            _ => return,
        };
        if words::ALWAYS_NAMED.contains(&word.as_str()) {
            self.diagnostics.push(
                Diagnostic::new(codes::MISSING_NAME, span, format!("this `{word}` has no name"))
                    .label("a name must follow")
                    .help(format!("write `{word} my_{word} {{ … }}`")),
            );
        }
    }

    fn entry(&mut self, entry: &mut Entry, key: Role) {
        match &mut entry.key {
            Key::Chain(chain) => {
                self.hyphen(&mut chain.first);
                self.chain(chain, key);
            }
            Key::Hours { days, .. } => self.expr(days),
            Key::If { condition, .. } => self.expr(condition),
            Key::For { over, .. } => self.expr(over),
            Key::Word(_) => {}
        }
        if entry.phrase.is_none()
            && let Some(default) = entry.default.take()
        {
            let between = Span { start: entry.key.span().end, end: default.span.start, ..entry.span };
            let key = self.text.get(entry.key.span().range()).unwrap_or("");
            let diagnostic =
                Diagnostic::new(codes::EQUALS_FOR_COLON, between, format!("`{key}` is set with `:`, not with `=`"))
                    .note("`=` gives an attribute its value at the beginning: `passes: count = 0`");
            self.diagnostics.push(if default.is_error() {
                diagnostic
            } else {
                diagnostic.fix("write `:`", between, ": ")
            });
            // What was meant is certain: go on with it.
            entry.phrase = Some(default);
        }
        if let Some(phrase) = &mut entry.phrase {
            self.phrase(phrase, Role::Value);
        }
        if let Some(default) = &mut entry.default {
            self.phrase(default, Role::Plain);
        }
    }

    /// `max-stay: 5 min`: fields are written with `_`.
    fn hyphen(&mut self, key: &mut Expr) {
        if !matches!(key.kind, ExprKind::Binary { op: BinaryOp::Subtract, .. }) {
            return;
        }
        let text = self.text.get(key.span.range()).unwrap_or("");
        let part_is_word = |part: &str| part.chars().next().is_some_and(char::is_alphanumeric);
        if text.contains(|c: char| !c.is_alphanumeric() && c != '_' && c != '-') || !text.split('-').all(part_is_word) {
            return;
        }
        let right = text.replace('-', "_");
        let found = hyphens::describe(text, key.span);
        if !found.help.is_empty() {
            // Days from one to another: no name.
            self.diagnostics.push(found);
            key.kind = ExprKind::Error;
            return;
        }
        self.diagnostics.push(found.fix(format!("write `{right}`"), key.span, right.clone()));
        key.kind = ExprKind::Name(right);
    }

    fn table(&mut self, table: &mut Table) {
        for entry in &mut table.entries {
            if !self.docs.is_empty() {
                entry.doc = self.docs.remove(&entry.span.start);
            }
            let bare = entry.phrase.is_none() && entry.default.is_none();
            self.entry(entry, if bare { Role::Target } else { Role::Key });
        }
    }

    fn phrase(&mut self, phrase: &mut Phrase, role: Role) {
        self.chain(&mut phrase.chain, role);
        for tail in &mut phrase.tails {
            self.chain(&mut tail.chain, Role::Plain);
        }
    }

    fn chain(&mut self, chain: &mut Chain, role: Role) {
        if let Some(link) = &mut chain.lead {
            self.link(link, role);
            if !matches!(role, Role::Value | Role::Target) {
                self.diagnostics.push(
                    Diagnostic::new(codes::LEADING_LINK, link.span, "nothing stands before this link")
                        .note("only the value of a branch may begin with a link: `rest: -[3]-> b`")
                        .help("write where the items come from before it"),
                );
            }
        }
        let mut before: Option<&Link> = chain.lead.as_ref();
        let mut exprs: Vec<(&Expr, Option<&Link>)> = Vec::new();
        if !chain.steps.is_empty() || matches!(chain.first.kind, ExprKind::Ellipsis) {
            exprs.push((&chain.first, before));
            for step in &chain.steps {
                before = Some(&step.link);
                exprs.push((&step.expr, before));
            }
            for (at, (expr, before)) in exprs.iter().enumerate() {
                if matches!(expr.kind, ExprKind::Ellipsis) {
                    self.ellipsis(expr.span, *before, exprs.get(at + 1).and_then(|(_, link)| *link));
                }
            }
        }
        self.inner(&mut chain.first);
        for step in &mut chain.steps {
            self.link(&mut step.link, role);
            self.inner(&mut step.expr);
        }
    }

    /// `s[1] -[5]-> ... -[5]-> s[9]`: the links around the dots must be equal.
    fn ellipsis(&mut self, span: Span, before: Option<&Link>, behind: Option<&Link>) {
        let (Some(before), Some(behind)) = (before, behind) else {
            self.diagnostics.push(misplaced_dots(span));
            return;
        };
        let plain = |link: &Link| -> String {
            let text = self.text.get(link.span.range()).unwrap_or("");
            text.chars().filter(|c| !c.is_whitespace()).collect()
        };
        let (first, second) = (plain(before), plain(behind));
        if first != second {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::ELLIPSIS_PLACE,
                    behind.span,
                    format!("the links before and behind `...` differ: `{first}` and `{second}`"),
                )
                .with(before.span, "the link that is repeated")
                .fix(format!("write `{first}`"), behind.span, first),
            );
        }
    }

    fn link(&mut self, link: &mut Link, role: Role) {
        match &mut link.kind {
            LinkKind::Arrow => {}
            LinkKind::Symmetric if role == Role::Key => {}
            LinkKind::Symmetric => self.diagnostics.push(
                Diagnostic::new(codes::SYMMETRIC_LINK, link.span, "`<->` stands only in the key of a table")
                    .note("it means both directions alike: `A <-> B: 15 min`")
                    .help("write `->`"),
            ),
            LinkKind::Arguments(arguments) => self.arguments(arguments),
        }
    }

    fn arguments(&mut self, arguments: &mut [Argument]) {
        let mut named: Option<Span> = None;
        for argument in arguments {
            match (&argument.name, named) {
                (Some(name), _) => named = Some(name.span),
                (None, Some(span)) if !argument.value.is_error() => self.diagnostics.push(
                    Diagnostic::new(
                        codes::ARGUMENT_ORDER,
                        argument.span,
                        "an argument without a name behind a named one",
                    )
                    .with(span, "named here")
                    .help("put the arguments without names first, or name this one too"),
                ),
                (None, _) => {}
            }
            self.phrase(&mut argument.value, Role::Plain);
        }
    }

    /// An expression that is no step of a chain.
    fn expr(&mut self, expr: &mut Expr) {
        if matches!(expr.kind, ExprKind::Ellipsis) {
            self.diagnostics.push(misplaced_dots(expr.span));
        }
        self.inner(expr);
    }

    fn inner(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Quantity(_)
            | ExprKind::Clock(_)
            | ExprKind::Date { .. }
            | ExprKind::String(_)
            | ExprKind::Bool(_)
            | ExprKind::Now
            | ExprKind::Item
            | ExprKind::Name(_)
            | ExprKind::Ellipsis
            | ExprKind::Unknown
            | ExprKind::Error => {}
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Range { from, to } => {
                self.expr(from);
                self.expr(to);
            }
            ExprKind::Index { base, index } => {
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Member { base, .. } => self.expr(base),
            ExprKind::Call { function, arguments } => {
                self.expr(function);
                self.arguments(arguments);
            }
            ExprKind::NamedTable { table, .. } | ExprKind::Table(table) => self.table(table),
            ExprKind::List(phrases) => {
                for phrase in phrases {
                    self.phrase(phrase, Role::Plain);
                }
            }
            ExprKind::Group(inner) => self.expr(inner),
        }
    }
}

fn misplaced_dots(span: Span) -> Diagnostic {
    Diagnostic::new(codes::ELLIPSIS_PLACE, span, "`...` stands only between two equal links of a chain")
        .help("write `s[1] -[5]-> ... -[5]-> s[9]`")
}
