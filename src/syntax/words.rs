//! The words of the language: reserved words, item-start words and declaration words, one table each,
//! from which the editors' keyword lists and the completion are generated.

use super::token::Kind;

/// Words that are never a name or a unit, with their tokens.
pub const RESERVED: &[(&str, Kind)] = &[
    ("and", Kind::And),
    ("or", Kind::Or),
    ("not", Kind::Not),
    ("in", Kind::In),
    ("if", Kind::If),
    ("else", Kind::Else),
    ("rest", Kind::Rest),
    ("item", Kind::Item),
    ("now", Kind::Now),
    ("true", Kind::True),
    ("false", Kind::False),
    ("at", Kind::At),
    ("from", Kind::From),
    ("to", Kind::To),
    ("during", Kind::During),
    ("step", Kind::Step),
    ("as", Kind::As),
    ("for", Kind::For),
    ("on", Kind::On),
    ("per", Kind::Later),
    ("of", Kind::Later),
    ("by", Kind::Later),
    ("while", Kind::Later),
    ("match", Kind::Later),
    ("where", Kind::Later),
    ("unless", Kind::Later),
    ("over", Kind::Later),
];

/// Words that are special only as the first word of an item, with their tokens there.
pub const ITEM_START: &[(&str, Kind)] =
    &[("flow", Kind::FlowWord), ("expect", Kind::ExpectWord), ("use", Kind::UseWord), ("flowline", Kind::EditionWord)];

/// Rules that choose among ways. A line in their braces that begins with an arrow is a way of its own.
pub const CHOICE_RULES: &[&str] = &["first_free", "shortest_queue", "round_robin", "priority"];

/// Words that open a declaration. They stay usable as names elsewhere.
pub const DECLARATION: &[&str] = &[
    "line",
    "item",
    "crew",
    "tool",
    "pallets",
    "fleet",
    "source",
    "station",
    "buffer",
    "conveyor",
    "sink",
    "store",
    "shift",
    "cell",
    "place",
    "param",
    "let",
    "fn",
    "route",
    "breakdown",
    "maintenance",
    "demand",
    "limit",
    "experiment",
    "recipe",
    "policy",
    "playbook",
    "lane",
    "tariff",
    "out",
];

/// Declaration words whose block without a name is certainly a forgotten name: no field is called so.
pub const ALWAYS_NAMED: &[&str] = &[
    "line",
    "crew",
    "tool",
    "pallets",
    "fleet",
    "source",
    "station",
    "buffer",
    "conveyor",
    "sink",
    "store",
    "cell",
    "place",
    "experiment",
    "playbook",
    "lane",
    "tariff",
];

/// The token of a reserved word.
#[must_use]
pub fn reserved(word: &str) -> Option<Kind> {
    if word.len() > 6 || !word.is_ascii() {
        return None;
    }
    RESERVED.iter().find(|(w, _)| *w == word).map(|(_, kind)| *kind)
}

/// The token of an item-start word.
#[must_use]
pub fn item_start(word: &str) -> Option<Kind> {
    ITEM_START.iter().find(|(w, _)| *w == word).map(|(_, kind)| *kind)
}

/// True for a word that opens a declaration or another item when a name follows it.
#[must_use]
pub fn opens_item(word: &str) -> bool {
    DECLARATION.contains(&word) || item_start(word).is_some()
}
