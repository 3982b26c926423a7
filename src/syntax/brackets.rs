//! Which bracket belongs to which. Runs over the scanned tokens once, before anything else looks at
//! them, so that every later stage may rely on balanced brackets.
//!
//! Openers without a closer are closed where the text shows that its author believed them closed: at a
//! declaration, at a field, or by indentation. Closers without an opener are dropped.

use crate::base::{Span, limits};
use crate::diag::{Diagnostic, codes};

use super::token::{Kind, Token};
use super::words;

/// What must be done to the tokens so that brackets balance.
#[derive(Debug, Default)]
pub struct Balance {
    /// Tokens to drop, ascending indices.
    pub drop: Vec<usize>,
    /// Closers to put before a token (index, kind), ascending; `tokens.len()` is the end.
    pub close: Vec<(usize, Kind)>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// An opener on the stack.
#[derive(Clone, Copy)]
struct Open {
    at: usize,
    kind: Kind,
    /// Blanks before the first token of the line the opener stands on.
    indent: u32,
    /// Index of the first token of that line.
    line: usize,
    /// A `{` whose content begins on its own line, or is indented deeper than its header.
    deeper: bool,
    /// For `(`, `[`, `-[`: the line end before the first line that cannot belong to it, or the arrow of the link.
    broken_at: Option<usize>,
}

/// Matches the brackets of a file. O(tokens × depth of what is not closed).
#[must_use]
pub fn balance(text: &str, tokens: &[Token]) -> Balance {
    let mut plain = Matcher::new(text, tokens, Recovery::Plain);
    plain.run();
    if plain.lost_braces == 0 {
        return plain.finish();
    }
    // Braces do not add up: indentation tells where the author believed them closed.
    let mut indented = Matcher::new(text, tokens, Recovery::Indentation { extra: plain.extra_closers });
    indented.run();
    indented.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Recovery {
    Plain,
    Indentation {
        /// How many `}` there are too many in the whole file.
        extra: usize,
    },
}

struct Matcher<'t> {
    text: &'t str,
    tokens: &'t [Token],
    recovery: Recovery,
    stack: Vec<Open>,
    out: Balance,
    lost_braces: usize,
    extra_closers: usize,
    indent: u32,
    line: usize,
}

/// How many openers left at the end of a file get a diagnostic of their own.
const REPORTED_AT_END: usize = 3;

impl<'t> Matcher<'t> {
    fn new(text: &'t str, tokens: &'t [Token], recovery: Recovery) -> Self {
        Self {
            text,
            tokens,
            recovery,
            stack: Vec::new(),
            out: Balance::default(),
            lost_braces: 0,
            extra_closers: 0,
            indent: 0,
            line: 0,
        }
    }

    fn run(&mut self) {
        let mut line_start = true;
        for (at, token) in self.tokens.iter().enumerate() {
            if token.kind == Kind::Newline {
                line_start = true;
                continue;
            }
            if line_start {
                line_start = false;
                self.begin_line(at, *token);
            }
            if token.kind.opens() {
                let (indent, line) = (self.indent, self.line);
                // Content on the line of the brace: it is meant to close on that line.
                let deeper = self.tokens.get(at + 1).is_some_and(|t| t.kind != Kind::Newline);
                self.stack.push(Open { at, kind: token.kind, indent, line, deeper, broken_at: None });
            } else if token.kind.closes() {
                self.closer(at, *token);
            } else if token.kind == Kind::Arrow
                && let Some(top) = self.stack.last_mut()
                && top.kind == Kind::LinkOpen
            {
                // `-[5 -> b`: the bracket was to close before the arrow.
                top.broken_at.get_or_insert(at);
            }
        }
        let mut left = self.stack.len();
        while let Some(open) = self.stack.pop() {
            left -= 1;
            self.unclosed(open, self.tokens.len(), None, left < REPORTED_AT_END);
        }
    }

    fn begin_line(&mut self, at: usize, token: Token) {
        self.line = at;
        self.indent = self.indentation(token.span);
        let anchor = self.is_anchor(at);
        let field = anchor || self.is_field(at);
        let before = line_end_before(self.tokens, at);
        if let Some(top) = self.stack.last_mut()
            && top.kind == Kind::BraceOpen
        {
            let between = self.tokens.get(top.at + 1..at).unwrap_or(&[]);
            if !between.is_empty() && between.iter().all(|t| t.kind == Kind::Newline) {
                top.deeper = self.indent > top.indent;
            }
        }
        if field {
            for open in self.stack.iter_mut().rev().take(limits::NESTING).take_while(|o| o.kind != Kind::BraceOpen) {
                open.broken_at.get_or_insert(before);
            }
        }
        if !anchor {
            return;
        }
        // A declaration never stands inside parentheses.
        while let Some(top) = self.stack.last().copied() {
            if top.kind == Kind::BraceOpen {
                break;
            }
            self.stack.pop();
            self.unclosed(top, before, Some(token.span), true);
        }
        if matches!(self.recovery, Recovery::Indentation { .. }) && token.kind != Kind::In {
            self.close_by_indentation(before, token.span, |open, indent| open.deeper && indent <= open.indent);
        }
    }

    fn close_by_indentation(&mut self, before: usize, anchor: Span, belongs_outside: impl Fn(&Open, u32) -> bool) {
        while let Some(top) = self.stack.last().copied() {
            if top.kind != Kind::BraceOpen || !belongs_outside(&top, self.indent) {
                break;
            }
            self.stack.pop();
            self.unclosed(top, before, Some(anchor), true);
        }
    }

    fn closer(&mut self, at: usize, token: Token) {
        if token.kind == Kind::BraceClose {
            self.brace_closer(at, token);
            return;
        }
        // The nearest opener of its kind, not beyond a brace that was opened on an earlier line.
        let mut found = None;
        for (depth, open) in self.stack.iter().enumerate().rev().take(limits::NESTING) {
            if open.kind.closer() == Some(token.kind) {
                found = Some(depth);
                break;
            }
            if open.kind == Kind::BraceOpen && open.line != self.line {
                break;
            }
        }
        match found {
            Some(depth) => {
                while self.stack.len() > depth + 1 {
                    if let Some(open) = self.stack.pop() {
                        self.unclosed(open, at, Some(token.span), true);
                    }
                }
                let matched = self.stack.pop().map_or(0, |o| o.at);
                // What stood inside a matched pair says nothing about the brackets around it.
                for open in self.stack.iter_mut().rev().take(limits::NESTING).take_while(|o| o.kind != Kind::BraceOpen)
                {
                    open.broken_at = open.broken_at.filter(|broken| *broken < matched);
                }
            }
            None => self.stray(at, token),
        }
    }

    fn brace_closer(&mut self, at: usize, token: Token) {
        let Some(depth) = self.stack.iter().rposition(|o| o.kind == Kind::BraceOpen) else {
            self.stray(at, token);
            return;
        };
        while self.stack.len() > depth + 1 {
            if let Some(open) = self.stack.pop() {
                self.unclosed(open, at, Some(token.span), true);
            }
        }
        if let Recovery::Indentation { extra } = self.recovery {
            let alone = self.line == at;
            if let Some(top) = self.stack.last().copied() {
                let multi_line = top.line != self.line;
                let suspicious = top.deeper && multi_line && (!alone || self.indent > top.indent);
                if suspicious && extra > 0 {
                    self.recovery = Recovery::Indentation { extra: extra - 1 };
                    self.stray(at, token);
                    return;
                }
                // The closer stands under the header of an outer block: the inner ones were not closed.
                let mut nearest = self.stack.iter().rev().take(limits::NESTING);
                if alone
                    && top.deeper
                    && top.indent > self.indent
                    && nearest.any(|o| o.kind == Kind::BraceOpen && o.indent == self.indent)
                {
                    let before = line_end_before(self.tokens, at);
                    self.close_by_indentation(before, token.span, |open, indent| open.indent > indent);
                }
            }
        }
        if self.stack.last().is_some_and(|o| o.kind == Kind::BraceOpen) {
            self.stack.pop();
        } else {
            self.stray(at, token);
        }
    }

    fn stray(&mut self, at: usize, token: Token) {
        if token.kind == Kind::BraceClose {
            self.lost_braces += 1;
            self.extra_closers += 1;
        }
        self.out.drop.push(at);
        let shown = self.text.get(token.span.range()).unwrap_or("");
        self.out.diagnostics.push(
            Diagnostic::new(codes::STRAY_BRACKET, token.span, format!("`{shown}` closes nothing"))
                .label("no open bracket belongs to it")
                .fix(format!("remove the `{shown}`"), token.span, ""),
        );
    }

    fn unclosed(&mut self, open: Open, before: usize, because: Option<Span>, report: bool) {
        let Some(closer) = open.kind.closer() else { return };
        let brace = open.kind == Kind::BraceOpen;
        self.lost_braces += usize::from(brace);
        let place = if brace { before } else { open.broken_at.unwrap_or(before).min(before) };
        self.out.close.push((place, closer));
        // What is nested too deeply is told once, by the layout.
        if !report || self.stack.len() >= limits::NESTING {
            return;
        }
        let Some(token) = self.tokens.get(open.at) else { return };
        let shown = self.text.get(token.span.range()).unwrap_or("");
        let closer_text = match closer {
            Kind::BraceClose => "}",
            Kind::ParenClose => ")",
            _ if open.kind == Kind::LinkOpen && self.tokens.get(place).is_none_or(|t| t.kind != Kind::Arrow) => "]->",
            _ => "]",
        };
        let message = match self.header(open) {
            Some(header) if brace => format!("`{{` of `{header}` is not closed"),
            _ => format!("`{shown}` is not closed"),
        };
        let mut diagnostic = Diagnostic::new(codes::UNCLOSED_BRACKET, token.span, message).label("opened here");
        if let Some(span) = because {
            diagnostic = diagnostic.with(span, format!("`{closer_text}` is missing before this"));
        }
        let at = self.end_before(place);
        let (title, text) = if brace && at.range().start > token.span.range().end && self.on_other_line(open, place) {
            let indent = " ".repeat(usize::try_from(open.indent).unwrap_or(0).min(80));
            (format!("close it with `{closer_text}`"), format!("\n{indent}}}"))
        } else {
            (format!("close it with `{closer_text}`"), closer_text.to_string())
        };
        self.out.diagnostics.push(diagnostic.fix(title, at, text));
    }

    fn on_other_line(&self, open: Open, place: usize) -> bool {
        self.tokens.get(open.at..place).is_some_and(|ts| ts.iter().any(|t| t.kind == Kind::Newline))
    }

    /// The empty span behind the last token before `place` that is no line end.
    fn end_before(&self, place: usize) -> Span {
        let before = self.tokens.get(..place).unwrap_or(self.tokens);
        before.iter().rev().find(|t| t.kind != Kind::Newline).map(|t| t.span.after()).unwrap_or_default()
    }

    /// The words between the line's start and a `{`: `station capper`.
    fn header(&self, open: Open) -> Option<String> {
        let first = self.tokens.get(open.line)?;
        let last = self.tokens.get(open.at.checked_sub(1)?)?;
        let text = self.text.get(first.span.range().start..last.span.range().end)?.trim();
        (open.at > open.line && !text.is_empty() && text.len() <= 60 && !text.contains('`')).then(|| text.to_string())
    }

    fn indentation(&self, span: Span) -> u32 {
        let before = self.text.get(..span.range().start).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        // A tab counts as four blanks.
        line.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum()
    }

    /// A known word and a name on the same line: `station capper`.
    fn is_anchor(&self, at: usize) -> bool {
        is_anchor(self.text, self.tokens, at)
    }

    /// `NAME :` at the start of a line.
    fn is_field(&self, at: usize) -> bool {
        is_field(self.tokens, at)
    }

    fn finish(mut self) -> Balance {
        self.out.drop.sort_unstable();
        // Stable: closers put before the same token keep their order, innermost first.
        self.out.close.sort_by_key(|(at, _)| *at);
        self.out
    }
}

/// The index of the first line end directly before token `at`, or `at`.
fn line_end_before(tokens: &[Token], at: usize) -> usize {
    let mut before = at;
    while before > 0 && tokens.get(before - 1).is_some_and(|t| t.kind == Kind::Newline) {
        before -= 1;
    }
    before
}

/// True when token `at` (first of its line) is a known word with a name behind it on the line.
#[must_use]
pub fn is_anchor(text: &str, tokens: &[Token], at: usize) -> bool {
    let (Some(first), Some(second)) = (tokens.get(at), tokens.get(at + 1)) else { return false };
    if !matches!(second.kind, Kind::Name | Kind::Quoted) {
        return false;
    }
    match first.kind {
        Kind::Item => true,
        Kind::Name => text.get(first.span.range()).is_some_and(words::opens_item),
        _ => false,
    }
}

/// True when token `at` (first of its line) is a name with a colon behind it.
#[must_use]
pub fn is_field(tokens: &[Token], at: usize) -> bool {
    let (Some(first), Some(second)) = (tokens.get(at), tokens.get(at + 1)) else { return false };
    matches!(first.kind, Kind::Name | Kind::Quoted) && second.kind == Kind::Colon
}
