//! From scanned tokens to the tokens the parser reads: brackets balanced, units joined, line ends kept
//! only where they separate, words special at the start of an item told apart, sizes limited.
//!
//! Behind this pass the grammar is context-free and depth is bounded; the parser need not know lines.

use crate::base::{FileId, Span, limits};
use crate::diag::{Diagnostic, codes};

use super::brackets;
use super::hyphens::Hyphened;
use super::literal;
use super::token::{self, Kind, Scanned, Token};
use super::units;
use super::words;

/// Scans a text and arranges its tokens. Never fails; O(length).
#[must_use]
pub fn arrange(file: FileId, text: &str) -> Scanned {
    let scanned = token::scan(file, text);
    let balance = brackets::balance(text, &scanned.tokens);
    let balanced = apply(file, scanned.tokens, &balance);
    let mut layout = Layout {
        file,
        text,
        tokens: &balanced,
        out: Vec::with_capacity(balanced.len()),
        diagnostics: scanned.diagnostics,
        stack: vec![Level::new(Kind::BraceOpen)],
        pending: None,
        hyphened: Hyphened::find(text, &balanced),
    };
    layout.diagnostics.extend(balance.diagnostics);
    layout.run();
    let hyphened = std::mem::take(&mut layout.hyphened);
    layout.diagnostics.extend(hyphened.diagnostics());
    Scanned { tokens: layout.out, comments: scanned.comments, diagnostics: layout.diagnostics }
}

/// Drops stray closers and inserts missing ones (with empty spans behind the text before them).
fn apply(file: FileId, tokens: Vec<Token>, balance: &brackets::Balance) -> Vec<Token> {
    if balance.drop.is_empty() && balance.close.is_empty() {
        return tokens;
    }
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len() + balance.close.len());
    let mut drops = balance.drop.iter().copied().peekable();
    let mut closes = balance.close.iter().copied().peekable();
    let mut end = Span::new(file, 0, 0);
    for at in 0..=tokens.len() {
        while let Some((_, kind)) = closes.next_if(|(place, _)| *place <= at) {
            out.push(Token { kind, span: end });
        }
        let Some(token) = tokens.get(at) else { break };
        if drops.next_if(|d| *d == at).is_some() {
            continue;
        }
        if token.kind != Kind::Newline {
            end = token.span.after();
        }
        out.push(*token);
    }
    out
}

/// What is known about one open bracket (or the file).
struct Level {
    kind: Kind,
    /// Operators above each other in the expression being read.
    depth: u32,
    /// The largest such depth in this bracket so far.
    deepest: u32,
    /// Links in the chain being read.
    links: usize,
    /// The braces of a choice rule: a line that begins with an arrow is a way of its own.
    ways: bool,
}

impl Level {
    fn new(kind: Kind) -> Self {
        Self { kind, depth: 0, deepest: 0, links: 0, ways: false }
    }

    fn reset(&mut self) {
        self.deepest = self.deepest.max(self.depth);
        self.depth = 0;
    }
}

struct Layout<'t> {
    file: FileId,
    text: &'t str,
    tokens: &'t [Token],
    out: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
    stack: Vec<Level>,
    /// A line end that separates unless what follows goes on.
    pending: Option<Span>,
    hyphened: Hyphened<'t>,
}

impl<'t> Layout<'t> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(token) = self.tokens.get(at).copied() {
            if token.kind == Kind::Newline {
                if self.in_braces() && self.pending.is_none() {
                    self.pending = Some(token.span);
                }
                at += 1;
                continue;
            }
            self.line_end(at, token.kind);
            at = self.step(at, token);
        }
    }

    fn in_braces(&self) -> bool {
        self.stack.last().is_none_or(|l| l.kind == Kind::BraceOpen)
    }

    fn text_of(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn kind_at(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    /// Decides about the line end before token `at`.
    fn line_end(&mut self, at: usize, next: Kind) {
        let Some(span) = self.pending.take() else { return };
        let Some(previous) = self.out.last().map(|t| t.kind) else { return };
        if matches!(previous, Kind::BraceOpen | Kind::Comma) || matches!(next, Kind::Comma | Kind::BraceClose) {
            return;
        }
        let ways = self.stack.last().is_some_and(|l| l.ways);
        let way_begins = ways && matches!(next, Kind::Arrow | Kind::LinkOpen);
        let goes_on = continues_behind(previous) || continues_before(next) && !way_begins;
        // A declaration or a field never continues a broken line.
        if goes_on && !brackets::is_field(self.tokens, at) && !brackets::is_anchor(self.text, self.tokens, at) {
            return;
        }
        self.push(Kind::Newline, span);
        if let Some(level) = self.stack.last_mut() {
            level.reset();
            level.links = 0;
        }
    }

    fn push(&mut self, kind: Kind, span: Span) {
        self.out.push(Token { kind, span });
    }

    /// Handles the token at `at` and returns the index of the next one to handle.
    fn step(&mut self, at: usize, token: Token) -> usize {
        match token.kind {
            Kind::Comma => self.comma(token),
            Kind::Number => return self.number(at, token),
            Kind::Name => return self.name(at, token),
            Kind::Quoted => self.quoted(token),
            Kind::String => self.string(token),
            Kind::Clock => {
                if literal::clock(self.text_of(token.span)).is_none() {
                    let message = format!("there is no time of day `{}`", self.text_of(token.span));
                    self.diagnostics.push(
                        Diagnostic::new(codes::BAD_CLOCK, token.span, message)
                            .help("a clock runs from `00:00` to `24:00`, with two digits each"),
                    );
                    self.push(Kind::Bad, token.span);
                } else {
                    self.push(token.kind, token.span);
                }
            }
            Kind::Date => {
                if literal::date(self.text_of(token.span)).is_none() {
                    let message = format!("the calendar has no day `{}`", self.text_of(token.span));
                    self.diagnostics.push(
                        Diagnostic::new(codes::BAD_CLOCK, token.span, message)
                            .help("a day is written year-month-day: `2026-11-23`"),
                    );
                    self.push(Kind::Bad, token.span);
                } else {
                    self.push(token.kind, token.span);
                }
            }
            Kind::Percent | Kind::Degree | Kind::Euro | Kind::Superscript => {
                let shown = self.text_of(token.span).to_string();
                self.diagnostics.push(
                    Diagnostic::new(codes::UNIT_FORM, token.span, format!("`{shown}` stands behind no number"))
                        .note("a unit stands directly behind its number, on the same line: `98.5 %`, `4 €`, `20 m^2`"),
                );
                self.push(Kind::Bad, token.span);
            }
            kind if kind.opens() => return self.open(at, token),
            kind if kind.closes() => return self.close(at, token),
            _ => return self.operator(at, token),
        }
        at + 1
    }

    fn comma(&mut self, token: Token) {
        let previous = self.out.last().map(|t| t.kind);
        if previous.is_none_or(|k| k == Kind::Comma || k.opens()) {
            self.diagnostics.push(
                Diagnostic::new(codes::DOUBLE_COMMA, token.span, "nothing stands before this comma").fix(
                    "remove the comma",
                    token.span,
                    "",
                ),
            );
            return;
        }
        if let Some(level) = self.stack.last_mut() {
            level.reset();
            level.links = 0;
        }
        self.push(Kind::Comma, token.span);
    }

    fn open(&mut self, at: usize, token: Token) -> usize {
        if self.stack.len() > limits::NESTING {
            let message = format!("brackets are nested more than {} deep", limits::NESTING);
            if !self.diagnostics.iter().rev().take(8).any(|d| d.code == codes::TOO_DEEP) {
                self.diagnostics.push(
                    Diagnostic::new(codes::TOO_DEEP, token.span, message)
                        .help("name the inner part with `let`, or give it its own declaration"),
                );
            }
            self.push(Kind::Bad, token.span);
            return self.matching(at);
        }
        let rule = self.out.last().is_some_and(|t| {
            token.kind == Kind::BraceOpen && t.kind == Kind::Name && words::CHOICE_RULES.contains(&self.text_of(t.span))
        });
        self.push(token.kind, token.span);
        self.stack.push(Level { ways: rule, ..Level::new(token.kind) });
        at + 1
    }

    fn close(&mut self, at: usize, token: Token) -> usize {
        if self.stack.len() < 2 {
            // Cannot happen behind `brackets::balance`; a lost closer is the mildest answer.
            return at + 1;
        }
        let inner = self.stack.pop().map_or(0, |l| l.deepest.max(l.depth));
        self.push(token.kind, token.span);
        if let Some(level) = self.stack.last_mut() {
            level.depth = level.depth.max(inner.saturating_add(1));
        }
        self.deepen(at, token)
    }

    fn operator(&mut self, at: usize, token: Token) -> usize {
        match token.kind {
            Kind::Arrow | Kind::Symmetric => {
                let Some(level) = self.stack.last_mut() else { return at + 1 };
                level.reset();
                level.links += 1;
                if level.links > limits::CHAIN {
                    let message = format!("the chain has more than {} links", limits::CHAIN);
                    self.diagnostics.push(
                        Diagnostic::new(codes::TOO_LONG, token.span, message)
                            .help("declare an array and write `flow s[1] -> ... -> s[n]`"),
                    );
                    self.push(Kind::Bad, token.span);
                    return self.segment_end(at);
                }
            }
            Kind::Colon => {
                if let Some(level) = self.stack.last_mut() {
                    level.reset();
                    level.links = 0;
                }
            }
            Kind::Equals => {
                if let Some(level) = self.stack.last_mut() {
                    level.reset();
                }
            }
            kind if is_operator(kind) => {
                self.push(token.kind, token.span);
                return self.deepen(at, token);
            }
            _ => {}
        }
        self.push(token.kind, token.span);
        at + 1
    }

    /// Counts one operator at `at`; drops the rest of the expression when it is too deep.
    fn deepen(&mut self, at: usize, token: Token) -> usize {
        let Some(level) = self.stack.last_mut() else { return at + 1 };
        level.depth = level.depth.saturating_add(1);
        if level.depth <= limits::EXPRESSION {
            return at + 1;
        }
        level.depth = 0;
        let message = format!("the expression has more than {} operators above each other", limits::EXPRESSION);
        self.diagnostics
            .push(Diagnostic::new(codes::TOO_DEEP, token.span, message).help("name parts of it with `let`"));
        self.push(Kind::Bad, token.span.after());
        self.segment_end(at)
    }

    /// The index behind the closer that belongs to the opener at `at`.
    fn matching(&self, at: usize) -> usize {
        let mut depth = 0usize;
        for (next, token) in self.tokens.iter().enumerate().skip(at) {
            if token.kind.opens() {
                depth += 1;
            } else if token.kind.closes() {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return next + 1;
                }
            }
        }
        self.tokens.len()
    }

    /// The index of the separator or closer that ends what token `at` belongs to.
    fn segment_end(&self, at: usize) -> usize {
        let newline_ends = self.in_braces();
        let mut depth = 0usize;
        for (next, token) in self.tokens.iter().enumerate().skip(at + 1) {
            match token.kind {
                kind if kind.opens() => depth += 1,
                kind if kind.closes() && depth == 0 => return next,
                kind if kind.closes() => depth -= 1,
                Kind::Comma if depth == 0 => return next,
                Kind::Newline if depth == 0 && newline_ends => {
                    let continued = self.kind_at(next + 1).is_some_and(continues_before)
                        || self.kind_at(next - 1).is_some_and(continues_behind);
                    if !continued {
                        return next;
                    }
                }
                _ => {}
            }
        }
        self.tokens.len()
    }

    fn name(&mut self, at: usize, token: Token) -> usize {
        if let Some((span, next)) = self.hyphened.join(self.text, self.tokens, at) {
            self.push(Kind::Name, span);
            return next;
        }
        let text = self.text_of(token.span);
        if text.len() > limits::NAME_BYTES {
            self.long_name(token.span);
        }
        let starts_item = self.in_braces()
            && self.out.last().is_none_or(|t| matches!(t.kind, Kind::Newline | Kind::Comma | Kind::BraceOpen));
        let kind = match words::item_start(text) {
            Some(kind) if starts_item => match self.kind_at(at + 1) {
                Some(Kind::Colon | Kind::Equals | Kind::Comma | Kind::BraceClose) => Kind::Name,
                _ => kind,
            },
            _ => Kind::Name,
        };
        self.push(kind, token.span);
        at + 1
    }

    fn quoted(&mut self, token: Token) {
        let text = self.text_of(token.span);
        if text.len() > limits::NAME_BYTES + 2 {
            self.long_name(token.span);
        } else if text.trim_matches('`').trim().is_empty() {
            self.diagnostics.push(Diagnostic::new(
                codes::NAME_FORM,
                token.span,
                "the name between the back-ticks is empty",
            ));
            self.push(Kind::Bad, token.span);
            return;
        }
        self.push(Kind::Quoted, token.span);
    }

    fn long_name(&mut self, span: Span) {
        let message = format!("the name has {} bytes, more than {}", span.range().len(), limits::NAME_BYTES);
        self.diagnostics.push(Diagnostic::new(codes::NAME_FORM, span, message).help("choose a shorter name"));
    }

    fn string(&mut self, token: Token) {
        let text = self.text_of(token.span);
        if text.contains('\\') {
            let (_, unknown) = literal::string(text);
            if let Some(first) = unknown.first() {
                let start = token.span.range().start + first;
                let span = Span::new(self.file, start, start + 1);
                self.diagnostics.push(
                    Diagnostic::new(codes::BAD_ESCAPE, span, "`\\` stands only before `\"` or `\\` in a string")
                        .help("write `\\\\` for one backslash; paths are written with `/`")
                        .fix("double the backslash", span, "\\\\"),
                );
            }
        }
        self.push(Kind::String, token.span);
    }

    /// Handles a number with what belongs to it and returns the index of the next token.
    fn number(&mut self, at: usize, token: Token) -> usize {
        let mut kind = Kind::Number;
        let mut span = token.span;
        let mut next = at + 1;
        if let Some((bad, used)) = self.foreign_number(at, token) {
            kind = Kind::Bad;
            span = span.to(bad);
            next = used;
        } else {
            let text = self.text_of(span);
            let text = text.strip_prefix('.').unwrap_or(text);
            if (text.len() > 15 || text.contains(['e', 'E'])) && literal::number(text).is_none() {
                let message = format!("the number needs more than {} digits", limits::NUMBER_DIGITS);
                let diagnostic = Diagnostic::new(codes::NUMBER_TOO_LONG, span, message);
                self.diagnostics.push(diagnostic.help("choose a larger unit, or fewer digits"));
                kind = Kind::Bad;
            }
        }
        self.push(kind, span);
        if let Some(unit) = units::scan(self.tokens, next) {
            let joined = self.tokens.get(next).map_or(span.after(), |t| t.span).to(unit.end);
            if unit.broken {
                let shown = self.text_of(joined).to_string();
                self.diagnostics.push(
                    Diagnostic::new(codes::UNIT_FORM, joined, format!("the unit `{shown}` has more than one `/`"))
                        .note("a unit has at most one `/`, and one factor behind it")
                        .help("write `kg/m^3`; blanks around `/` make it a division"),
                );
                self.push(Kind::Bad, joined);
            } else {
                self.push(Kind::Unit, joined);
            }
            next = unit.next;
        }
        next
    }

    /// `1,8`, `1.`, `9:00`: the span to be dropped and the index behind it, the diagnostic given.
    fn foreign_number(&mut self, at: usize, token: Token) -> Option<(Span, usize)> {
        let second = self.tokens.get(at + 1).copied()?;
        if second.span.start != token.span.end {
            return None;
        }
        let whole = self.text_of(token.span).to_string();
        let plain = whole.bytes().all(|b| b.is_ascii_digit());
        if second.kind == Kind::Dot {
            let span = token.span.to(second.span);
            self.diagnostics.push(
                Diagnostic::new(codes::NUMBER_FORM, span, format!("`{whole}.` has no digit behind the point")).fix(
                    format!("write `{whole}`"),
                    span,
                    whole,
                ),
            );
            return Some((second.span, at + 2));
        }
        let third = self.tokens.get(at + 2).copied()?;
        if third.kind != Kind::Number || third.span.start != second.span.end || !plain {
            return None;
        }
        let fraction = self.text_of(third.span).to_string();
        let all = token.span.to(third.span);
        match second.kind {
            Kind::Comma if self.in_braces() && fraction.bytes().all(|b| b.is_ascii_digit()) => {
                // `{ 1: 5,2: 6 }` is a table without blanks, not a decimal comma.
                let unit = units::scan(self.tokens, at + 3).map_or(at + 3, |u| u.next);
                if self.kind_at(unit) == Some(Kind::Colon) {
                    return None;
                }
                let diagnostic =
                    Diagnostic::new(codes::NUMBER_FORM, all, format!("`{whole},{fraction}` has a comma in it"))
                        .label("a comma separates entries")
                        .note("decimals are written with a point");
                self.diagnostics.push(if fraction.len() == 3 {
                    diagnostic
                        .help(format!("write `{whole}.{fraction}` for a fraction, `{whole}_{fraction}` for thousands"))
                } else {
                    diagnostic.fix(format!("write `{whole}.{fraction}`"), all, format!("{whole}.{fraction}"))
                });
                Some((third.span, at + 3))
            }
            Kind::Colon if whole.len() == 1 && fraction.len() == 2 => {
                let beside_range = self.kind_at(at + 3) == Some(Kind::DotDot)
                    || self.out.last().is_some_and(|t| t.kind == Kind::DotDot);
                if self.in_braces() && !beside_range {
                    return None;
                }
                let right = format!("0{whole}:{fraction}");
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::BAD_CLOCK,
                        all,
                        format!("`{whole}:{fraction}` needs two digits for the hour"),
                    )
                    .fix(format!("write `{right}`"), all, right),
                );
                Some((third.span, at + 3))
            }
            _ => None,
        }
    }
}

/// True for tokens that join two operands or begin one.
fn is_operator(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Plus
            | Kind::Minus
            | Kind::Star
            | Kind::Slash
            | Kind::Caret
            | Kind::Dot
            | Kind::DotDot
            | Kind::And
            | Kind::Or
            | Kind::Bar
            | Kind::Not
            | Kind::In
    ) || is_comparison(kind)
}

fn is_comparison(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Less | Kind::LessEqual | Kind::Greater | Kind::GreaterEqual | Kind::EqualEqual | Kind::NotEqual
    )
}

/// Behind these a line end is a blank.
fn continues_behind(kind: Kind) -> bool {
    (is_operator(kind) && kind != Kind::Dot)
        || matches!(kind, Kind::Arrow | Kind::Symmetric | Kind::Colon | Kind::Equals)
}

/// Before these a line end is a blank.
fn continues_before(kind: Kind) -> bool {
    is_comparison(kind)
        || matches!(
            kind,
            Kind::Arrow
                | Kind::Symmetric
                | Kind::LinkOpen
                | Kind::Plus
                | Kind::Minus
                | Kind::Star
                | Kind::Caret
                | Kind::DotDot
                | Kind::Bar
                | Kind::ParenClose
                | Kind::BracketClose
                | Kind::BraceOpen
        )
}
