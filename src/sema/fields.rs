//! Reads the fields of a block: each once, known ones only.

use std::borrow::Cow;

use crate::base::{Span, names, trade};
use crate::diag::{Diagnostic, codes};
use crate::syntax::tree::{Block, Declaration, Entry, Item, Key, Phrase, Table};

/// The fields and inner declarations of one block.
pub struct Fields<'a> {
    /// What the block belongs to, for messages: "station `filler`".
    pub owner: String,
    /// The name it belongs to.
    pub owner_span: Span,
    entries: Vec<(Cow<'a, str>, &'a Entry)>,
    /// Declarations inside the block.
    pub inner: Vec<&'a Declaration>,
    /// Whether the block may say what its thing was called before.
    renames: bool,
    /// Fields that are given under another word, which has been complained about.
    meant: Vec<&'static str>,
}

/// The field that gives a former name.
pub const WAS: &str = "was";

/// Words of declarations whose things may have had another name.
pub const RENAMED: &[&str] = &["source", "station", "buffer", "conveyor", "sink", "crew", "tool"];

impl<'a> Fields<'a> {
    /// The fields of a declaration's block; what is no field is complained about.
    pub fn of(declaration: &'a Declaration, known: &[&str], diagnostics: &mut Vec<Diagnostic>) -> Fields<'a> {
        let owner = format!("{} `{}`", declaration.word.text, declaration.name.text);
        let items: &[Item] = declaration.block.as_ref().map_or(&[], |b: &Block| &b.items);
        let renames = RENAMED.contains(&declaration.word.text.as_str());
        let mut fields = Fields {
            owner,
            owner_span: declaration.name.span,
            entries: Vec::new(),
            inner: Vec::new(),
            renames,
            meant: Vec::new(),
        };
        for item in items {
            match item {
                Item::Entry(entry) => fields.entry(entry, known, diagnostics),
                Item::Declaration(d) => fields.inner.push(d),
                Item::Error(_) => {}
                Item::Use(_) | Item::Flow(_) | Item::Expect(_) => diagnostics.push(
                    Diagnostic::new(codes::UNKNOWN_FIELD, item.span(), format!("{} has fields only", fields.owner))
                        .help("write `name: value` entries here; flows stand in the line itself"),
                ),
            }
        }
        fields
    }

    /// The fields of an item type, `mass`, `is` and `cost`, and the entries that declare attributes.
    pub fn of_item(declaration: &'a Declaration, diagnostics: &mut Vec<Diagnostic>) -> (Fields<'a>, Vec<&'a Entry>) {
        let owner = format!("item `{}`", declaration.name.text);
        let mut fields = Fields {
            owner: owner.clone(),
            owner_span: declaration.name.span,
            entries: Vec::new(),
            inner: Vec::new(),
            renames: false,
            meant: Vec::new(),
        };
        let mut attributes = Vec::new();
        for item in declaration.block.as_ref().map_or(&[][..], |b: &Block| &b.items) {
            let entry = match item {
                Item::Entry(entry) => entry,
                Item::Error(_) => continue,
                other => {
                    diagnostics.push(
                        Diagnostic::new(codes::UNKNOWN_FIELD, other.span(), format!("{owner} has fields only"))
                            .help("write `mass: 0.5 kg`, or an attribute: `passes: count = 0`"),
                    );
                    continue;
                }
            };
            let kind = entry.phrase.as_ref().and_then(Phrase::as_expr).and_then(|e| e.name()) == Some("money");
            let cost = entry.key.word() == Some("cost") && entry.default.is_none() && !kind;
            // `length: 2 m` is a field; `length: length = 2 m` declares an attribute.
            let named = entry.phrase.as_ref().and_then(Phrase::as_expr).is_some_and(|e| e.name() == Some("length"));
            let length = entry.key.word() == Some("length") && entry.default.is_none() && !named;
            if cost || length || matches!(entry.key.word(), Some("mass" | "is")) {
                fields.entry(entry, &["mass", "length", "is", "cost"], diagnostics);
            } else {
                attributes.push(entry);
            }
        }
        (fields, attributes)
    }

    /// The fields of a table value such as `run { … }`.
    pub fn of_table(owner: &str, table: &'a Table, known: &[&str], diagnostics: &mut Vec<Diagnostic>) -> Fields<'a> {
        let mut fields = Fields {
            owner: owner.to_string(),
            owner_span: table.span,
            entries: Vec::new(),
            inner: Vec::new(),
            renames: false,
            meant: Vec::new(),
        };
        for entry in &table.entries {
            fields.entry(entry, known, diagnostics);
        }
        fields
    }

    fn entry(&mut self, entry: &'a Entry, known: &[&str], diagnostics: &mut Vec<Diagnostic>) {
        let word = match &entry.key {
            Key::Chain(chain) => chain.as_expr().and_then(|e| e.name()),
            Key::Word(name) => Some(name.text.as_str()),
            _ => None,
        };
        let span = entry.key.span();
        let Some(word) = word else {
            if !matches!(&entry.key, Key::Chain(c) if c.is_error()) {
                diagnostics.push(Diagnostic::new(
                    codes::UNKNOWN_FIELD,
                    span,
                    format!("{} has no such entry", self.owner),
                ));
            }
            return;
        };
        if !(known.contains(&word) || word == WAS && self.renames) {
            let mut d = Diagnostic::new(codes::UNKNOWN_FIELD, span, format!("{} has no field `{word}`", self.owner));
            let owner = self.owner.split(' ').next().unwrap_or_default();
            let trade = trade::find(word, owner)
                .filter(|t| known.contains(&t.instead) || matches!(t.instead, "breakdown" | "maintenance"));
            if let Some(trade) = trade {
                self.meant.push(trade.instead);
                d = d.help(trade.write);
            } else if let Some(near) = names::nearest(word, known.iter().copied()) {
                d = d.fix(format!("write `{near}`"), span, near);
                // Meant or not: that the field is missing would be the same mistake told twice.
                if entry.phrase.is_some() && self.has(near).is_none() {
                    self.entries.push((Cow::Owned(near.to_string()), entry));
                }
            } else if known.is_empty() {
                d = d.help("it has no fields");
            } else {
                d = d.help(format!("its fields are {}", list(known)));
            }
            diagnostics.push(d);
            return;
        }
        if let Some((_, first)) = self.entries.iter().find(|(w, _)| *w == word) {
            diagnostics.push(
                Diagnostic::new(codes::DUPLICATE_FIELD, span, format!("`{word}` is given twice"))
                    .with(first.key.span(), "first given here")
                    .help("keep one of the two"),
            );
            return;
        }
        self.entries.push((Cow::Borrowed(word), entry));
    }

    /// Whether a field is given under another word, which has been complained about.
    pub fn meant(&self, word: &str) -> bool {
        self.meant.contains(&word)
    }

    /// Whether a field is given, with or without a value.
    pub fn has(&self, word: &str) -> Option<Span> {
        self.entries.iter().find(|(w, _)| *w == word).map(|(_, e)| e.span)
    }

    /// The value of a field; a field without a value is complained about, a bad value is absent.
    pub fn get(&self, word: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<&'a Phrase> {
        let (_, entry) = self.entries.iter().find(|(w, _)| *w == word)?;
        match &entry.phrase {
            Some(phrase) if phrase.is_error() => None,
            Some(phrase) => Some(phrase),
            None => {
                diagnostics.push(
                    Diagnostic::new(codes::MISSING_FIELD, entry.span, format!("`{word}` has no value"))
                        .help(format!("write `{word}: …`")),
                );
                None
            }
        }
    }

    /// The span of a field's key and value.
    pub fn span(&self, word: &str) -> Span {
        self.entries.iter().find(|(w, _)| *w == word).map_or(self.owner_span, |(_, e)| e.span)
    }
}

/// "`a`, `b`, `c`"
pub fn list(words: &[&str]) -> String {
    words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}
