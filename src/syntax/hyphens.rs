//! Names with hyphens, `station OP-20`: an error, but one whose meaning is certain. Where a declaration
//! has such a name, every place that writes it alike is read as the same name, so that one mistake
//! gives one diagnostic, with a fix for all places.

use std::collections::BTreeMap;

use crate::base::Span;
use crate::diag::{Diagnostic, Edit, Fix, codes};

use super::token::{Kind, Token};
use super::words;

/// Declared names with hyphens and where they are written.
#[derive(Debug, Default)]
pub struct Hyphened<'t> {
    places: BTreeMap<&'t str, Places>,
}

#[derive(Debug)]
struct Places {
    declared: Span,
    all: Vec<Span>,
}

impl<'t> Hyphened<'t> {
    /// Finds the declarations with such names. O(tokens).
    #[must_use]
    pub fn find(text: &'t str, tokens: &[Token]) -> Self {
        let mut places = BTreeMap::new();
        for (at, token) in tokens.iter().enumerate() {
            // Cheap first: few names are followed by a hyphen.
            if token.kind != Kind::Minus || at < 2 {
                continue;
            }
            let (Some(word), Some(name)) = (tokens.get(at - 2), tokens.get(at - 1)) else { continue };
            let declares = match word.kind {
                Kind::Item => true,
                Kind::Name => text.get(word.span.range()).is_some_and(|w| words::DECLARATION.contains(&w)),
                _ => false,
            };
            if !declares || name.kind != Kind::Name {
                continue;
            }
            if let Some((_, span)) = run(tokens, at - 1)
                && let Some(written) = text.get(span.range())
            {
                places.entry(written).or_insert(Places { declared: span, all: Vec::new() });
            }
        }
        Self { places }
    }

    /// The whole name that begins with the name at `at` and the index behind it, if it is a declared one.
    pub fn join(&mut self, text: &'t str, tokens: &[Token], at: usize) -> Option<(Span, usize)> {
        if self.places.is_empty() {
            return None;
        }
        let (next, span) = run(tokens, at)?;
        let places = self.places.get_mut(text.get(span.range())?)?;
        places.all.push(span);
        Some((span, next))
    }

    /// One diagnostic for each name.
    pub fn diagnostics(self) -> impl Iterator<Item = Diagnostic> {
        self.places.into_iter().map(|(name, places)| {
            let edits = places.all.into_iter().map(|span| Edit { span, text: format!("`{name}`") }).collect();
            let mut diagnostic = describe(name, places.declared);
            diagnostic.fixes.push(Fix { title: format!("write `` `{name}` `` everywhere"), edits });
            diagnostic
        })
    }
}

/// What is wrong with a name that has a hyphen.
#[must_use]
pub fn describe(name: &str, span: Span) -> Diagnostic {
    if let Some((from, to)) = name.split_once('-').and_then(|(a, b)| Some((day(a)?, day(b)?))) {
        let right = format!("{from}..{to}");
        return Diagnostic::new(codes::HYPHEN_IN_NAME, span, format!("days from one to another are written `{right}`"))
            .help(format!("write `{right}`"));
    }
    Diagnostic::new(codes::HYPHEN_IN_NAME, span, format!("the name `{name}` has a hyphen in it"))
        .note("a hyphen is a minus; a name that needs one stands between back-ticks")
}

/// A run of names, numbers and hyphens without blanks from the name at `at`: the index behind it and its span.
#[must_use]
pub fn run(tokens: &[Token], at: usize) -> Option<(usize, Span)> {
    let first = tokens.get(at).filter(|t| t.kind == Kind::Name)?;
    let mut span = first.span;
    let mut next = at + 1;
    while let Some(token) = tokens.get(next)
        && matches!(token.kind, Kind::Minus | Kind::Name | Kind::Number | Kind::Unit)
        && token.span.start == span.end
    {
        span = span.to(token.span);
        next += 1;
    }
    let ends_well = tokens.get(next - 1).is_some_and(|t| t.kind != Kind::Minus);
    (next > at + 2 && ends_well).then_some((next, span))
}

/// The day of the week that a word is short for.
fn day(word: &str) -> Option<&'static str> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let word = word.to_lowercase();
    DAYS.into_iter().find(|d| word.len() >= 2 && (d.starts_with(&word) || word.starts_with(d)))
}
