//! From tokens to entries: what stands between two separators, with the brackets inside it.

use std::ops::Range;

use crate::syntax::{Kind, Token, words};

/// Brackets and what is in them; or the whole file, which has no brackets.
#[derive(Debug, Default)]
pub struct Group {
    /// The opening bracket.
    pub open: Option<Token>,
    /// The closing bracket; with an empty span when it was missing.
    pub close: Option<Token>,
    /// What is inside, separated by commas or line ends.
    pub entries: Vec<Entry>,
    /// Braces with a line end, or a comment, behind the opening one: they stay open.
    pub spread: bool,
    /// The braces of a choice rule, in which a line that begins with an arrow is a way of its own.
    pub ways: bool,
}

/// What stands between two separators.
#[derive(Debug, Default)]
pub struct Entry {
    /// Tokens and brackets in order; not empty.
    pub atoms: Vec<Atom>,
    /// An error lies in it, outside of the entries of its own braces: it stays as written.
    pub broken: bool,
    /// It is a way of a choice rule.
    pub way: bool,
    /// Where an error behind it on its line ends, which belongs to what stays as written.
    pub reach: u32,
}

/// A token or a bracket.
#[derive(Debug)]
pub enum Atom {
    /// A token.
    Token(Token),
    /// A bracket with what is in it.
    Group(Group),
}

impl Atom {
    /// Where it begins.
    pub fn start(&self) -> u32 {
        match self {
            Atom::Token(t) => t.span.start,
            Atom::Group(g) => g.open.map_or(0, |t| t.span.start),
        }
    }

    /// Where it ends.
    pub fn end(&self) -> u32 {
        match self {
            Atom::Token(t) => t.span.end,
            Atom::Group(g) => g.end(),
        }
    }

    /// The kind of its first token.
    pub fn first_kind(&self) -> Option<Kind> {
        match self {
            Atom::Token(t) => Some(t.kind),
            Atom::Group(g) => g.open.map(|t| t.kind),
        }
    }

    /// The kind of its last token.
    pub fn last_kind(&self) -> Option<Kind> {
        match self {
            Atom::Token(t) => Some(t.kind),
            Atom::Group(g) => g.close.map(|t| t.kind),
        }
    }
}

impl Entry {
    /// Where it begins.
    pub fn start(&self) -> u32 {
        self.atoms.first().map_or(0, Atom::start)
    }

    /// Where it ends.
    pub fn end(&self) -> u32 {
        self.atoms.last().map_or(0, Atom::end).max(self.reach)
    }
}

impl Group {
    /// Where it ends.
    pub fn end(&self) -> u32 {
        let last = self.entries.last().map_or(0, Entry::end);
        let close = self.close.map_or(0, |t| t.span.end);
        close.max(last).max(self.open.map_or(0, |t| t.span.end))
    }

    /// Whether it is a pair of braces.
    pub fn is_braces(&self) -> bool {
        self.open.is_some_and(|t| t.kind == Kind::BraceOpen)
    }
}

/// The entries of a text; `None` when an error belongs to no entry, so that nothing says what is sound.
pub fn read(text: &str, tokens: &[Token], errors: &[Range<u32>]) -> Option<Group> {
    let mut at = 0;
    let mut file = Group { spread: true, ..Group::default() };
    inside(text, tokens, &mut at, &mut file);
    errors.iter().all(|error| mark(text, &mut file, error)).then_some(file)
}

/// Reads up to the closing bracket, or the end. The depth of brackets is limited by the token pass.
fn inside(text: &str, tokens: &[Token], at: &mut usize, group: &mut Group) {
    let mut entry = Entry::default();
    while let Some(token) = tokens.get(*at).copied() {
        *at += 1;
        match token.kind {
            Kind::Comma | Kind::Newline => {
                if !entry.atoms.is_empty() {
                    entry.way = group.ways;
                    group.entries.push(std::mem::take(&mut entry));
                }
            }
            kind if kind.opens() => {
                let mut inner = Group { open: Some(token), ..Group::default() };
                inner.spread = kind == Kind::BraceOpen && line_ends_behind(text, token.span.end);
                let name = |a: &Atom| match a {
                    Atom::Token(t) if t.kind == Kind::Name => text.get(t.span.range()),
                    _ => None,
                };
                inner.ways = kind == Kind::BraceOpen
                    && entry.atoms.last().and_then(name).is_some_and(|n| words::CHOICE_RULES.contains(&n));
                inside(text, tokens, at, &mut inner);
                entry.atoms.push(Atom::Group(inner));
            }
            kind if kind.closes() && group.open.is_some() => {
                group.close = Some(token);
                break;
            }
            _ => entry.atoms.push(Atom::Token(token)),
        }
    }
    if !entry.atoms.is_empty() {
        entry.way = group.ways;
        group.entries.push(entry);
    }
}

/// Whether nothing but blanks, or a comment, stands behind a place on its line.
fn line_ends_behind(text: &str, at: u32) -> bool {
    let rest = text.get(at as usize..).unwrap_or("").trim_start_matches([' ', '\t', '\r']);
    rest.starts_with('\n') || rest.starts_with("//")
}

/// Marks the smallest entry around an error, or the one before it on its line. False when there is none.
fn mark(text: &str, group: &mut Group, error: &Range<u32>) -> bool {
    let found = group.entries.iter().rposition(|e| e.start() <= error.start);
    let Some(entry) = found.and_then(|i| group.entries.get_mut(i)) else { return false };
    if error.start > entry.end() {
        let between = text.get(entry.end() as usize..error.start as usize).unwrap_or("\n");
        if between.contains('\n') {
            return false;
        }
        entry.broken = true;
        entry.reach = entry.reach.max(error.end);
        return true;
    }
    for atom in &mut entry.atoms {
        if let Atom::Group(inner) = atom
            && inner.is_braces()
            && inner.spread
            && inner.open.is_some_and(|t| t.span.end <= error.start)
            && inner.close.is_some_and(|t| t.span.start < t.span.end && error.start < t.span.start)
            && mark(text, inner, error)
        {
            return true;
        }
    }
    entry.broken = true;
    true
}
