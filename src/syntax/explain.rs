//! From a failure of the parser to a sentence in floor words: what was found, what is missing, and how
//! to mend it. Looks at the tokens around the failure, which say more than the list of possibilities.

use crate::base::Span;
use crate::diag::{Diagnostic, codes};

use super::hyphens;
use super::problem::{Label, Problem};
use super::token::{Kind, Token};
use super::words;

/// How far back the beginning of an entry is searched, in tokens.
const LOOK_BACK: usize = 400;

/// The tokens around a failure.
struct Place<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// Index of the token found; `tokens.len()` at the end of the file.
    at: usize,
    problem: &'a Problem,
}

/// The diagnostic of a failure; `None` when another diagnostic already tells its cause.
/// O(log tokens + length of the entry).
#[must_use]
pub fn explain(text: &str, tokens: &[Token], problem: Problem) -> Option<Diagnostic> {
    let problem = match problem.diagnostic {
        Some(diagnostic) => return Some(*diagnostic),
        None => problem,
    };
    let at = match problem.found {
        None => tokens.len(),
        Some(kind) => {
            let from = tokens.partition_point(|t| t.span.start < problem.span.start);
            tokens.iter().enumerate().skip(from).take(64).find(|(_, t)| t.kind == kind).map_or(from, |(i, _)| i)
        }
    };
    let place = Place { text, tokens, at, problem: &problem };
    // Bad tokens and inserted closers have diagnostics of their own.
    if place.kind(at) == Some(Kind::Bad) || place.previous_kind() == Some(Kind::Bad) {
        return None;
    }
    let inserted = |t: &Token| t.kind.closes() && t.span.start == t.span.end;
    if tokens.get(at).is_some_and(inserted) || place.previous().as_ref().is_some_and(inserted) {
        return None;
    }
    Some(place.diagnose())
}

impl<'a> Place<'a> {
    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    fn previous_kind(&self) -> Option<Kind> {
        self.at.checked_sub(1).and_then(|at| self.kind(at))
    }

    fn previous(&self) -> Option<Token> {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).copied()
    }

    fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The found token as a message shows it.
    fn found(&self) -> String {
        match self.tokens.get(self.at) {
            None => "the end of the file".to_string(),
            Some(token) if token.kind == Kind::Newline => "the end of the line".to_string(),
            Some(token) => quote(self.slice(token.span)),
        }
    }

    /// The span to point at: the token found, or the one before when a line or the file ends.
    fn span(&self) -> Span {
        match self.tokens.get(self.at) {
            Some(token) if token.kind != Kind::Newline => token.span,
            _ => self.previous().map_or(self.problem.span, |t| t.span),
        }
    }

    /// Index of the first token of the entry, argument or item the failure lies in.
    fn entry_start(&self) -> usize {
        let mut depth = 0usize;
        let mut start = self.at;
        for at in (self.at.saturating_sub(LOOK_BACK)..self.at).rev() {
            let Some(kind) = self.kind(at) else { break };
            if kind.closes() {
                depth += 1;
            } else if kind.opens() {
                if depth == 0 {
                    break;
                }
                depth -= 1;
            } else if depth == 0 && matches!(kind, Kind::Comma | Kind::Newline) {
                break;
            }
            start = at;
        }
        start
    }

    /// The innermost bracket the failure lies in; `None` at the outer level.
    fn bracket(&self) -> Option<Kind> {
        let mut depth = 0usize;
        for at in (self.at.saturating_sub(LOOK_BACK)..self.at).rev() {
            let kind = self.kind(at)?;
            if kind.closes() {
                depth += 1;
            } else if kind.opens() {
                if depth == 0 {
                    return Some(kind);
                }
                depth -= 1;
            }
        }
        None
    }

    fn ends_here(&self) -> bool {
        self.kind(self.at).is_none_or(|k| k.closes() || matches!(k, Kind::Comma | Kind::Newline))
    }

    fn diagnose(&self) -> Diagnostic {
        if let Some(diagnostic) = self.word_or_name() {
            return diagnostic;
        }
        if self.ends_here() {
            return self.something_missing();
        }
        self.something_extra()
    }

    /// Failures around names: reserved words, hyphens, declarations without a name.
    fn word_or_name(&self) -> Option<Diagnostic> {
        let token = *self.tokens.get(self.at)?;
        let previous = self.previous();
        let start = self.entry_start();
        if token.kind == Kind::Minus
            && let Some(diagnostic) = self.hyphen(start)
        {
            return Some(diagnostic);
        }
        let word = previous.filter(|p| start + 1 == self.at && p.kind == Kind::Name).map(|p| self.slice(p.span));
        let declares = word.is_some_and(|w| words::DECLARATION.contains(&w));
        let value_may_follow = self.problem.expects_label(Label::Value);
        if token.kind.is_reserved_word() && (declares || (self.problem.expects_label(Label::Name) && !value_may_follow))
        {
            return Some(self.reserved(token));
        }
        if token.kind == Kind::Later {
            return Some(self.later(token));
        }
        if let (true, Some(word)) = (declares && !self.ends_here(), word)
            && !matches!(token.kind, Kind::Colon | Kind::Equals)
            && !token.kind.opens()
        {
            return Some(
                Diagnostic::new(
                    codes::MISSING_NAME,
                    token.span,
                    format!("`{word}` needs a name, and {} is none", self.found()),
                )
                .note("a name begins with a letter; any other text can be a name between back-ticks")
                .help(format!(
                    "write `{word}` and a name: `` {word} `{}` ``",
                    self.slice(token.span).trim_matches('"')
                )),
            );
        }
        if self.problem.expects_label(Label::Name) && !value_may_follow && !self.problem.expects(Kind::Colon) {
            return Some(
                Diagnostic::new(codes::MISSING_NAME, self.span(), format!("a name must stand before {}", self.found()))
                    .label("a name is missing here"),
            );
        }
        None
    }

    fn reserved(&self, token: Token) -> Diagnostic {
        let word = self.slice(token.span);
        Diagnostic::new(
            codes::RESERVED_WORD,
            token.span,
            format!("`{word}` is a word of the language and cannot be a name"),
        )
        .fix(format!("write it between back-ticks: `` `{word}` ``"), token.span, format!("`{word}`"))
    }

    fn later(&self, token: Token) -> Diagnostic {
        let word = self.slice(token.span);
        let diagnostic = Diagnostic::new(codes::RESERVED_WORD, token.span, format!("`{word}` has no meaning here"))
            .note("the word is reserved for later editions of the language");
        let unit = self.tokens.get(self.at + 1).filter(|t| t.kind == Kind::Name);
        match unit {
            Some(unit) if word == "per" => {
                let right = match self.slice(unit.span) {
                    "hour" | "hours" => "/h".to_string(),
                    "minute" | "minutes" => "/min".to_string(),
                    "second" | "seconds" => "/s".to_string(),
                    "day" | "days" => "/d".to_string(),
                    "weeks" => "/week".to_string(),
                    other => format!("/{other}"),
                };
                diagnostic.fix(format!("write `{right}`"), token.span.to(unit.span), right)
            }
            _ if word == "per" && self.kind(self.at + 1) == Some(Kind::Number) => diagnostic
                .help("a rate is written `/h`; people who are needed for a part of the time: `steps: { load: 1 min, run: 9 min }, needs: { load: 1 men }`"),
            _ => diagnostic.help(format!("as a name, write it between back-ticks: `` `{word}` ``")),
        }
    }

    /// `station OP-20 {`: a run of names, numbers and hyphens without blanks behind a word.
    fn hyphen(&self, start: usize) -> Option<Diagnostic> {
        let name_at = self.at.checked_sub(1).filter(|at| start + 1 == *at)?;
        let (_, span) = hyphens::run(self.tokens, name_at)?;
        let name = self.slice(span);
        Some(hyphens::describe(name, span).fix(format!("write `` `{name}` ``"), span, format!("`{name}`")))
    }

    /// An entry, line or bracket ends too early.
    fn something_missing(&self) -> Diagnostic {
        let Some(previous) = self.previous() else {
            return Diagnostic::new(codes::MISSING_VALUE, self.span(), format!("unexpected {}", self.found()));
        };
        let shown = self.slice(previous.span);
        let start = self.entry_start();
        let point = |message: String| Diagnostic::new(codes::MISSING_VALUE, previous.span, message);
        match previous.kind {
            Kind::Colon | Kind::Equals => {
                let key = self.tokens.get(start).map(|t| self.slice(t.span.to(previous.span)));
                let key = key.and_then(|k| k.strip_suffix([':', '='])).map_or("", str::trim);
                let message = if key.is_empty() || key.len() > 60 {
                    format!("no value follows `{shown}`")
                } else {
                    format!("the value of `{key}` is missing")
                };
                point(message).label("a value must follow")
            }
            Kind::Arrow | Kind::Symmetric => point(format!("nothing follows `{shown}`")).label("leads nowhere"),
            Kind::FlowWord => point("`flow` has no chain".to_string()).help("write `flow a -> b`"),
            Kind::ExpectWord => point("`expect` has nothing to test".to_string())
                .help("write a comparison: `expect throughput(out) >= 100 /h`"),
            Kind::UseWord => {
                point("`use` names nothing".to_string()).help("write `use std.x` or `use \"./other.line\"`")
            }
            Kind::EditionWord => {
                point("`flowline` needs the number of its edition".to_string()).help("write `flowline 1`")
            }
            Kind::Dot => point("a name must follow `.`".to_string()),
            kind if kind.opens() => {
                let closer = self.tokens.get(self.at).map_or(previous.span, |t| t.span);
                Diagnostic::new(
                    codes::MISSING_VALUE,
                    previous.span.to(closer),
                    "nothing stands between the brackets".to_string(),
                )
            }
            _ if self.problem.expects(Kind::Colon) && !self.problem.expects_label(Label::End) => {
                self.colon_missing(start, previous)
            }
            _ if self.problem.expects_label(Label::Value) => {
                point(format!("something must follow {}", quote(shown))).label("the value is not complete")
            }
            _ if self.kind(self.at) == Some(Kind::Comma) => {
                let d =
                    Diagnostic::new(codes::UNEXPECTED, self.span(), format!("unexpected `,` behind {}", quote(shown)))
                        .label("one value only stands in these brackets");
                // `flow p -> (a, b)`
                let before = self.tokens.iter().take(self.at).rposition(|t| t.kind == Kind::ParenOpen);
                let arrow = before.and_then(|at| at.checked_sub(1)).and_then(|at| self.kind(at)) == Some(Kind::Arrow);
                if arrow { d.help("several ways are a branch or a rule: `first_free { a, b }`") } else { d }
            }
            _ => point(format!("something is missing behind {}, before {}", quote(shown), self.found())),
        }
    }

    fn colon_missing(&self, start: usize, previous: Token) -> Diagnostic {
        let first = self.tokens.get(start).map_or("", |t| self.slice(t.span));
        Diagnostic::new(codes::MISSING_COLON, previous.span, format!("`{first}` needs a `:` and a value behind it"))
            .label("`:` is missing here")
    }

    /// Something stands where the entry should end or go on otherwise.
    fn something_extra(&self) -> Diagnostic {
        let Some(token) = self.tokens.get(self.at).copied() else { return self.something_missing() };
        let found = self.found();
        let start = self.entry_start();
        let here = |code, message: String| Diagnostic::new(code, token.span, message);
        if token.kind == Kind::Colon && first_kind_is_flow(self.kind(start)) {
            return here(codes::UNEXPECTED, "a branch of a flow stands in braces".to_string())
                .help("write `flow a -> { 95 %: out, rest: waste }`");
        }
        if token.kind == Kind::Star && self.previous_kind() == Some(Kind::BracketOpen) {
            return here(codes::UNEXPECTED, "`*` names no members of an array".to_string())
                .help("name one, `pick[1]`, or all in a loop: `for i in 1..4: pick[i] -> pack`");
        }
        let Some(previous) = self.previous().filter(|_| start < self.at) else {
            return match token.kind {
                Kind::Colon | Kind::Equals => here(codes::UNEXPECTED, format!("nothing stands before {found}"))
                    .help("write the name of a field before it"),
                _ => here(codes::UNEXPECTED, format!("no entry begins with {found}")),
            };
        };
        let first_kind = self.kind(start);
        let in_braces = matches!(self.bracket(), None | Some(Kind::BraceOpen));
        if token.kind == Kind::Equals && first_kind == Some(Kind::If) {
            return here(codes::UNEXPECTED, "equality is written `==`".to_string()).fix("write `==`", token.span, "==");
        }
        if token.kind == Kind::BraceOpen {
            return here(
                codes::UNEXPECTED,
                format!("a block cannot stand behind {}", quote(self.slice(previous.span))),
            )
            .note("a value is never directly followed by a block")
            .help("end the value first, or put `:` before a table");
        }
        if token.kind == Kind::Colon
            && first_kind == Some(Kind::ExpectWord)
            && let Some((next, span)) = hyphens::run(self.tokens, start + 1)
            && next == self.at
        {
            let name = self.slice(span);
            return hyphens::describe(name, span).fix(format!("write `` `{name}` ``"), span, format!("`{name}`"));
        }
        if token.kind == Kind::Colon
            && previous.kind == Kind::Number
            && let Some(minutes) = self.tokens.get(self.at + 1).filter(|t| t.kind == Kind::Number)
            && previous.span.end == token.span.start
            && token.span.end == minutes.span.start
        {
            let (hours, minutes) = (self.slice(previous.span), self.slice(minutes.span));
            return here(codes::UNEXPECTED, "a second `:` in one entry".to_string())
                .help(format!("a length of time is `{hours} h + {minutes} min`; a time of day has two digits for the hour, `{hours:0>2}:{minutes:0>2}`"));
        }
        if token.kind == Kind::Colon {
            return here(codes::UNEXPECTED, "a second `:` in one entry".to_string())
                .help("entries stand on lines of their own, or are separated by commas");
        }
        if token.kind == Kind::Minus
            && previous.kind == Kind::Clock
            && let Some(end) = self.tokens.get(self.at + 1).filter(|t| t.kind == Kind::Clock)
        {
            let right = format!("{}..{}", self.slice(previous.span), self.slice(end.span));
            let span = previous.span.to(end.span);
            return Diagnostic::new(codes::UNEXPECTED, span, "hours from one to another are written with `..`").fix(
                format!("write `{right}`"),
                span,
                right,
            );
        }
        if previous.kind == Kind::Minus && token.kind == Kind::Greater {
            let span = previous.span.to(token.span);
            return Diagnostic::new(codes::UNEXPECTED, span, "an arrow has no blank in it").fix(
                "write `->`",
                span,
                "->",
            );
        }
        if previous.kind.opens() || !ends_operand(previous.kind) {
            let what =
                if self.problem.expects_label(Label::Value) { "a value is expected" } else { "this does not fit" };
            return here(codes::UNEXPECTED, format!("unexpected {found} behind {}", quote(self.slice(previous.span))))
                .label(format!("{what} here"));
        }
        if begins_operand(token.kind) {
            return self.two_operands(start, previous, token, in_braces);
        }
        here(codes::UNEXPECTED, format!("unexpected {found} behind {}", quote(self.slice(previous.span))))
    }

    /// Two values stand side by side: a colon, a comma or an operator is missing between them.
    fn two_operands(&self, start: usize, previous: Token, token: Token, in_braces: bool) -> Diagnostic {
        let found = self.found();
        let gap = previous.span.after();
        let first_kind = self.kind(start);
        if in_braces && start + 1 == self.at && matches!(first_kind, Some(Kind::Name | Kind::Quoted)) {
            let key = self.slice(previous.span);
            return Diagnostic::new(codes::MISSING_COLON, previous.span, format!("`:` is missing behind `{key}`"))
                .label("a field is written `name: value`")
                .fix("add the colon", gap, ":");
        }
        if matches!(first_kind, Some(Kind::If | Kind::For)) && self.problem.expects(Kind::Colon) {
            let first = self.tokens.get(start).map_or("", |t| self.slice(t.span));
            return Diagnostic::new(codes::MISSING_COLON, token.span, format!("`:` is missing before {found}"))
                .label(format!("what `{first}` leads to stands behind a colon"))
                .fix("add the colon", gap, ":");
        }
        let numbers = matches!(previous.kind, Kind::Number | Kind::Unit) && token.kind == Kind::Number;
        if numbers && previous.kind == Kind::Number && self.slice(token.span).len() == 3 {
            let joined = format!("{}_{}", self.slice(previous.span), self.slice(token.span));
            let span = previous.span.to(token.span);
            return Diagnostic::new(codes::NUMBER_FORM, span, "a blank inside a number".to_string()).fix(
                format!("write `{joined}`"),
                span,
                joined,
            );
        }
        if numbers {
            return Diagnostic::new(
                codes::MISSING_SEPARATOR,
                token.span,
                format!("unexpected {found} behind another number"),
            )
            .label("what joins the two?")
            .help("write `5 h + 30 min` for a sum, a comma or a new line between two entries");
        }
        if !in_braces {
            return Diagnostic::new(codes::MISSING_SEPARATOR, token.span, format!("`,` is missing before {found}"))
                .fix("add the comma", gap, ",");
        }
        let behind = quote(self.slice(previous.span));
        if matches!(self.kind(self.at + 1), Some(Kind::Colon)) {
            return Diagnostic::new(
                codes::MISSING_SEPARATOR,
                token.span,
                format!("a comma or a new line is missing before {found}"),
            )
            .label("a new entry begins here")
            .fix("add the comma", gap, ",");
        }
        if first_kind == Some(Kind::For) && self.slice(previous.span) == "flow" {
            return Diagnostic::new(
                codes::UNEXPECTED,
                previous.span,
                "behind `for … :` stands a chain, without `flow`",
            )
            .fix("remove `flow`", Span { end: token.span.start, ..previous.span }, "");
        }
        if found == "`between`" {
            return Diagnostic::new(codes::UNEXPECTED, token.span, format!("unexpected {found} behind {behind}"))
                .help("a range is written `in 50..60 /h`");
        }
        let link =
            self.tokens.iter().skip(start).take(self.at.saturating_sub(start)).rposition(|t| t.kind == Kind::LinkOpen);
        if first_kind == Some(Kind::FlowWord) && previous.kind == Kind::BracketClose && link.is_some() {
            return Diagnostic::new(codes::UNEXPECTED, token.span, format!("unexpected {found} behind {behind}"))
                .label("the arrow has no end")
                .fix("end the arrow", gap, "->");
        }
        let help = if first_kind == Some(Kind::FlowWord) {
            "write `->` between two nodes of a flow"
        } else {
            "entries stand on lines of their own, or are separated by commas"
        };
        Diagnostic::new(codes::UNEXPECTED, token.span, format!("unexpected {found} behind {behind}")).help(help)
    }
}

/// Text in back-ticks, shortened; text that has back-ticks itself stands as it is.
fn quote(text: &str) -> String {
    let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    if shown.contains('`') { shown } else { format!("`{shown}`") }
}

fn first_kind_is_flow(kind: Option<Kind>) -> bool {
    kind == Some(Kind::FlowWord)
}

fn ends_operand(kind: Kind) -> bool {
    kind.closes()
        || matches!(
            kind,
            Kind::Name
                | Kind::Quoted
                | Kind::Number
                | Kind::Unit
                | Kind::Clock
                | Kind::Date
                | Kind::String
                | Kind::Item
                | Kind::Now
                | Kind::True
                | Kind::False
                | Kind::Ellipsis
                | Kind::Question
                | Kind::Rest
                | Kind::Else
        )
}

fn begins_operand(kind: Kind) -> bool {
    (ends_operand(kind) && !kind.closes()) || matches!(kind, Kind::ParenOpen | Kind::BracketOpen | Kind::Not | Kind::If)
}
