//! Measures of one thing of the line: states of a station, what is scrapped, lost and expired, waits, and the
//! highest and least of something.

use crate::base::{Dim, Span};
use crate::diag::{Diagnostic, codes};
use crate::ir::account::STATES;
use crate::ir::expect::{MeasureKind, Statistic};
use crate::ir::node::WhenFull;
use crate::ir::{CalendarId, ItemId, NodeId, NodeKind};
use crate::syntax::tree::{Chain, ExprKind};

use super::line::Lower;
use super::scope::Meaning;

/// The measures of this file, beside the states.
pub(super) const OF_ONE: [&str; 7] = ["availability", "scrapped", "lost", "expired", "wait", "max", "min"];

/// Every measure of this file.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    STATES.into_iter().chain(OF_ONE)
}

/// How a measure of this file is written.
pub(super) fn form_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "working" => "working(STATION)",
        "setup" => "setup(STATION)",
        "starved" => "starved(STATION)",
        "blocked" => "blocked(STATION)",
        "waiting" => "waiting(STATION)",
        "down" => "down(STATION)",
        "maintenance" => "maintenance(STATION)",
        "off" => "off(STATION)",
        "availability" => "availability(STATION)",
        "scrapped" => "scrapped(STATION)",
        "lost" => "lost(SOURCE)",
        "expired" => "expired(BUFFER)",
        "wait" => "wait(BUFFER)",
        "max" => "max(level(BUFFER))",
        "min" => "min(time_in_system(ITEM))",
        _ => return None,
    })
}

/// What a name in a measure is.
enum Counted {
    Node(NodeId),
    Item(ItemId),
}

impl<'a> Lower<'a> {
    /// A measure of this file with its one argument.
    pub(super) fn of_one(
        &mut self,
        name: &str,
        chain: &'a Chain,
        span: Span,
        during: Option<CalendarId>,
    ) -> Option<(MeasureKind, Dim, Option<CalendarId>)> {
        let (kind, dim) = match name {
            "max" | "min" => return self.extreme(name, chain, span, during),
            "availability" => (MeasureKind::Availability(self.station_named(chain)?), Dim::RATIO),
            "scrapped" => {
                let kind = match self.node_or_item(chain, "the name of a station or an item")? {
                    Counted::Item(item) => MeasureKind::Scrapped(item),
                    Counted::Node(id) if self.is_station(id) => MeasureKind::ScrappedAt(id),
                    Counted::Node(_) => {
                        self.push(
                            Diagnostic::new(
                                codes::WRONG_VALUE,
                                chain.span,
                                "the name of a station or an item is due here",
                            )
                            .help("what is scrapped in a buffer when its longest stay is over is `expired(BUFFER)`"),
                        );
                        return None;
                    }
                };
                (kind, Dim::RATE)
            }
            "lost" => {
                let kind = match self.node_or_item(chain, "the name of a source or an item")? {
                    Counted::Item(item) => MeasureKind::Lost(item),
                    Counted::Node(id) => {
                        let n = self.plant.nodes.get(id)?;
                        let NodeKind::Source(source) = &n.kind else {
                            return self.wrong_value(chain.span, "the name of a source or an item is due here");
                        };
                        if source.when_full != WhenFull::Lose {
                            let message = format!("`{}` loses nothing: its items wait for room", n.name);
                            let d = Diagnostic::new(codes::MISSING_FIELD, chain.span, message);
                            self.push(d.help("items are lost where the source says `when_full: lose`"));
                            return None;
                        }
                        MeasureKind::LostAt(id)
                    }
                };
                (kind, Dim::RATE)
            }
            "expired" => {
                let id = self.waiting_place(chain)?;
                let n = self.plant.nodes.get(id)?;
                if !matches!(&n.kind, NodeKind::Buffer(b) if b.max_stay.is_some()) {
                    let message = format!("`{}` has no longest stay that could be over", n.name);
                    let d = Diagnostic::new(codes::MISSING_FIELD, chain.span, message);
                    self.push(d.help("write `max_stay: 2 h` in the buffer, or `-[places: 5, within: 2 h]->`"));
                    return None;
                }
                (MeasureKind::Expired(id), Dim::RATE)
            }
            "wait" => (MeasureKind::Wait(self.waiting_place(chain)?), Dim::TIME),
            state => {
                let number = STATES.iter().position(|s| *s == state)?;
                let id = self.measured_place(chain)?;
                if !self.is_station(id) {
                    let d = Diagnostic::new(codes::WRONG_VALUE, chain.span, "the name of a station is due here");
                    self.push(match (state, self.holds(id)) {
                        ("waiting", true) => d.help("how long items wait in a buffer is `wait(BUFFER)`"),
                        _ => d,
                    });
                    return None;
                }
                (MeasureKind::State(id, number), Dim::RATIO)
            }
        };
        Some((kind, dim, during))
    }

    /// `max(level(q))`, `max(time_in_system(Item))`, `min(…)`.
    fn extreme(
        &mut self,
        name: &str,
        chain: &'a Chain,
        span: Span,
        during: Option<CalendarId>,
    ) -> Option<(MeasureKind, Dim, Option<CalendarId>)> {
        let expr = self.only_expr(chain, "a measure")?;
        let inner = match &expr.peeled().kind {
            ExprKind::Call { function, arguments } => Some((function.name().unwrap_or_default(), arguments)),
            _ => None,
        };
        if let ("max", Some(("level", arguments))) = (name, inner) {
            let (plain, own) = self.split(arguments)?;
            let [place] = plain.as_slice() else { return self.wrong_arguments(span, "max(level(BUFFER))") };
            let id = self.waiting_place(place)?;
            if own.or(during).is_some() {
                let message = "the highest level is that of the whole measured time";
                let d = Diagnostic::new(codes::WRONG_VALUE, span, message);
                self.push(d.help("leave `during` out, or expect the mean: `level(BUFFER, during: SHIFT)`"));
                return None;
            }
            return Some((MeasureKind::HighestLevel(id), Dim::NUMBER, None));
        }
        if let Some((measure, _)) = inner
            && !super::expect::DURATIONS.contains(&measure)
        {
            let message = format!("the {name}imum of `{measure}` is not measured");
            self.push(Diagnostic::new(codes::WRONG_ARGUMENTS, expr.span, message).help(
                "these are: `max(level(BUFFER))`, and the longest and shortest time of an item, `max(time_in_system(ITEM))`",
            ));
            return None;
        }
        let (time, own) = self.item_time(expr)?;
        let statistic = if name == "max" { Statistic::Most } else { Statistic::Least };
        Some((MeasureKind::Duration(time, statistic), Dim::TIME, own.or(during)))
    }

    fn is_station(&self, id: NodeId) -> bool {
        matches!(self.plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Station(_)))
    }

    fn holds(&self, id: NodeId) -> bool {
        matches!(self.plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_)))
    }

    /// A buffer, a conveyor, or the places of an arrow.
    pub(super) fn waiting_place(&mut self, chain: &'a Chain) -> Option<NodeId> {
        let id = self.measured_place(chain)?;
        if self.holds(id) {
            return Some(id);
        }
        let name = self.plant.nodes.get(id).map_or("", |n| n.name.as_str()).to_string();
        let message = "the name of a buffer or conveyor is due here, or an arrow with places: `a -> b`";
        let d = Diagnostic::new(codes::WRONG_VALUE, chain.span, message);
        let queue = self.plant.nodes.values().any(|n| n.name == format!("{name}.queue"));
        self.push(match queue {
            true => d.help(format!("the places in front of `{name}` are `{name}.queue`")),
            false => d.help("places are where an arrow is written `-[5]->`, or in a `buffer`"),
        });
        None
    }

    /// A node or an item.
    fn node_or_item(&mut self, chain: &'a Chain, what: &str) -> Option<Counted> {
        let expr = self.only_expr(chain, what)?;
        if let Some(Meaning::Item(item)) = expr.name().and_then(|n| self.scope.find(n)) {
            return Some(Counted::Item(item));
        }
        self.measured_place(chain).map(Counted::Node)
    }
}
