//! Where items go next.

use crate::base::{Rational, Span};

use super::{Expression, ItemId, Need, NodeId, Phase, Setup, VisitId};

/// The way out of a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Routing {
    /// Always there.
    To(Target),
    /// By chance: shares in written order, adding up to 1. Decided once, when the item is ready to leave.
    Shares(Vec<(Rational, Routing)>, Span),
    /// By item type (a type also stands for its subtypes); the last is for all others, if given.
    /// Decided once.
    ByItem(Vec<(ItemId, Routing)>, Option<Box<Routing>>, Span),
    /// First condition that holds (numbers other than 0). Decided once.
    If(Vec<(Expression, Routing)>, Box<Routing>, Span),
    /// A rule that looks at the targets.
    Rule(ChoiceRule, Vec<Routing>, Span),
}

/// A leaf of a routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The node entered.
    pub node: NodeId,
    /// The visit that begins with it, for items on a route. At a buffer on the way the visit before
    /// is kept, and the buffer's own routing names the visit.
    pub visit: Option<VisitId>,
    /// The arrow.
    pub span: Span,
}

/// Rules that choose among targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChoiceRule {
    /// The first in written order that has room; open.
    FirstFree,
    /// The one with the fewest items waiting, at work or under way; open.
    ShortestQueue,
    /// In turn; commits.
    RoundRobin,
    /// The first in written order that has room; open.
    Priority,
    /// Each n-th to the first target, the others to the second; commits.
    Every(u64),
}

/// The path of one item type.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The type.
    pub item: ItemId,
    /// The sources it starts at: all that make the type, or the one named.
    pub sources: Vec<NodeId>,
    /// Where items of the type go from there.
    pub start: Routing,
    /// The whole declaration.
    pub span: Span,
}

/// One stop of a route at a station.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// Its name: `as: oxide`, else the station's.
    pub name: String,
    /// The type on the route.
    pub item: ItemId,
    /// Position among the visits of its route, from 1.
    pub number: u32,
    /// The station.
    pub station: NodeId,
    /// The work and its people, where they differ from the station's: all phases.
    pub phases: Option<Vec<Phase>>,
    /// A setup of its own: due when the machine did something else before, another visit or item.
    pub setup: Option<Box<Setup>>,
    /// Who does the station's setup before this visit, where they differ from the station's.
    pub setup_needs: Option<Vec<Need>>,
    /// Share of good items, where it differs from the station's.
    pub yield_share: Option<Rational>,
    /// Where the item goes afterwards.
    pub next: Routing,
    /// Where it is written.
    pub span: Span,
}

impl Visit {
    /// Everyone its own work and setups ask for.
    pub fn needs(&self) -> impl Iterator<Item = &Need> {
        let work = self.phases.iter().flatten().flat_map(|p| &p.needs);
        let setup = self.setup.iter().filter_map(|s| s.needs.as_ref()).flatten();
        work.chain(setup).chain(self.setup_needs.iter().flatten())
    }
}

impl ChoiceRule {
    /// Whether it looks only at targets that can accept now, and never commits to a full one.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, ChoiceRule::FirstFree | ChoiceRule::ShortestQueue | ChoiceRule::Priority)
    }
}

impl Routing {
    /// Whether an open rule stands in it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Routing::To(_) => false,
            Routing::Shares(list, _) => list.iter().any(|(_, r)| r.is_open()),
            Routing::ByItem(list, rest, _) => {
                list.iter().any(|(_, r)| r.is_open()) || rest.as_ref().is_some_and(|r| r.is_open())
            }
            Routing::If(list, rest, _) => list.iter().any(|(_, r)| r.is_open()) || rest.is_open(),
            Routing::Rule(rule, list, _) => rule.is_open() || list.iter().any(Routing::is_open),
        }
    }

    /// Whether some condition in it reads the floor, so that it is decided while the floor settles.
    #[must_use]
    pub fn reads_floor(&self) -> bool {
        match self {
            Routing::To(_) => false,
            Routing::Shares(list, _) => list.iter().any(|(_, r)| r.reads_floor()),
            Routing::ByItem(list, rest, _) => {
                list.iter().any(|(_, r)| r.reads_floor()) || rest.as_ref().is_some_and(|r| r.reads_floor())
            }
            Routing::If(list, rest, _) => {
                list.iter().any(|(c, r)| c.reads_floor() || r.reads_floor()) || rest.reads_floor()
            }
            Routing::Rule(_, list, _) => list.iter().any(Routing::reads_floor),
        }
    }

    /// All leaves, in written order.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let mut found = Vec::new();
        self.visit_targets(&mut |t| found.push(*t));
        found
    }

    fn visit_targets(&self, each: &mut dyn FnMut(&Target)) {
        match self {
            Routing::To(target) => each(target),
            Routing::Shares(list, _) => list.iter().for_each(|(_, r)| r.visit_targets(each)),
            Routing::ByItem(list, rest, _) => {
                list.iter().for_each(|(_, r)| r.visit_targets(each));
                if let Some(rest) = rest {
                    rest.visit_targets(each);
                }
            }
            Routing::If(list, rest, _) => {
                list.iter().for_each(|(_, r)| r.visit_targets(each));
                rest.visit_targets(each);
            }
            Routing::Rule(_, list, _) => list.iter().for_each(|r| r.visit_targets(each)),
        }
    }
}
