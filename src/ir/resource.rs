//! What work needs beside machines: people, tools, cards.

use crate::base::Span;

use super::{CalendarId, Expression, ItemId, NodeId, PoolId};

/// A crew, tool set or fleet: interchangeable members.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// People or things.
    pub kind: PoolKind,
    /// Members.
    pub size: u64,
    /// When they are there; absent: always.
    pub calendar: Option<CalendarId>,
    /// Members by name of the calendar's windows, where they differ; windows that overlap add up.
    pub sizes: Vec<(usize, u64)>,
    /// What happens to work at the end of their shift.
    pub shift_end: super::ShiftEnd,
    /// A younger request may be served before an older one that does not fit.
    pub overtake: bool,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            name: String::new(),
            span: Span::default(),
            kind: PoolKind::Crew,
            size: 1,
            calendar: None,
            sizes: Vec::new(),
            shift_end: super::ShiftEnd::Pause,
            overtake: false,
        }
    }
}

/// What a pool consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// People.
    Crew,
    /// Things.
    Tool,
}

/// A number of members of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// The pool.
    pub pool: PoolId,
    /// How many.
    pub count: u64,
    /// Where it is written.
    pub span: Span,
}

/// A number of cards: an item takes one on entering `from` and returns it when it has left `to`.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Cards.
    pub count: u64,
    /// The node on entering which a card is taken; a source takes it when it makes the item.
    pub from: NodeId,
    /// The node on leaving which it is returned; a sink returns it on entering.
    pub to: NodeId,
    /// Pallets, not an abstract limit.
    pub pallets: bool,
    /// The only item type that takes cards of it, with all its kinds; absent: every type.
    pub item: Option<ItemId>,
    /// Time until a returned card can be taken again (time).
    pub back: Option<Expression>,
}

impl Default for Limit {
    fn default() -> Self {
        Self {
            name: String::new(),
            span: Span::default(),
            count: 0,
            from: NodeId(0),
            to: NodeId(0),
            pallets: false,
            item: None,
            back: None,
        }
    }
}
