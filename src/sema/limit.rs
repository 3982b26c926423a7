//! Limits on work in process and pallets: what an item takes on entering one node and returns behind
//! another.

use crate::base::limits;
use crate::diag::{Diagnostic, codes};
use crate::ir::ids::Id;
use crate::ir::{ItemId, Limit, LimitId, NodeId, NodeKind, SharedStop, Stop, Stopped};
use crate::syntax::tree::{Declaration, ExprKind, Key, Phrase, Table};

use super::fields::Fields;
use super::line::Lower;
use super::scope::Meaning;
use super::stop::Place;

impl<'a> Lower<'a> {
    /// `limit wip { count: 30, from: release, to: pack }`, `pallets fixture { count: 12, from: load, to: unload }`
    pub(super) fn limit(&mut self, d: &'a Declaration) {
        let pallets = d.word.text == "pallets";
        let known: &[&str] = match pallets {
            true => &["count", "from", "to", "return"],
            false => &["count", "from", "to", "return", "same", "lasts", "needs"],
        };
        let fields = Fields::of(d, known, &mut self.diagnostics);
        if self.scope.find(&d.name.text) == Some(Meaning::Other) {
            self.scope.unmark(&d.name.text);
        }
        for word in ["same", "lasts", "needs"] {
            if let Some(span) = fields.has(word) {
                let _: Option<()> = self.later(span, "line clearance");
                return;
            }
        }
        self.no_inner(&fields, if pallets { &["breakdown", "maintenance"] } else { &[] });
        let stops = if pallets { self.stops_of(&fields, Place::Pool, None) } else { Vec::new() };
        let mut get = |word: &str, example: &str| {
            let phrase = fields.get(word, &mut self.diagnostics);
            if phrase.is_none() && fields.has(word).is_none() {
                self.push(
                    Diagnostic::new(codes::MISSING_FIELD, d.name.span, format!("{} has no `{word}`", fields.owner))
                        .help(format!("write `{example}`")),
                );
            }
            phrase
        };
        let (count, from, to) = (get("count", "count: 30"), get("from", "from: NODE"), get("to", "to: NODE"));
        let back = match fields.get("return", &mut self.diagnostics) {
            Some(phrase) => match self.time(phrase, "return") {
                Some(time) => Some(time),
                None => return,
            },
            None => None,
        };
        let most = if back.is_some() || !stops.is_empty() { limits::MEMBERS } else { limits::COUNT };
        let by_item = count.and_then(|p| match p.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Table(table)) => Some((table, p)),
            _ => None,
        });
        let counts = match (count, by_item) {
            (_, Some((table, _))) => self.counts_by_item(table, most),
            (Some(phrase), None) => self.count(phrase, "count", 0, most).map(|n| vec![(None, n)]),
            (None, None) => None,
        };
        let from_span = from.map(|p| p.span);
        let from = from.and_then(|p| self.node_of(&p.chain, "a node"));
        let to = to.and_then(|p| self.node_of(&p.chain, "a node"));
        let (Some(counts), Some(from), Some(to)) = (counts, from, to) else { return };
        if matches!(self.plant.nodes.get(from).map(|n| &n.kind), Some(NodeKind::Sink)) {
            self.push(Diagnostic::new(codes::WRONG_VALUE, fields.span("from"), "no item is in the line behind a sink"));
            return;
        }
        if let (Some((_, phrase)), Some(at)) = (by_item, from_span)
            && !self.makes_one(from)
        {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    at,
                    "the source takes a card before it is known which item it makes next",
                )
                .with(phrase.span, "counts by item")
                .help("name the station or buffer behind the source"),
            );
            return;
        }
        for (item, count) in counts {
            let of = item.and_then(|i| self.plant.items.get(i)).map(|i| i.name.clone());
            let name = of.map_or(d.name.text.clone(), |of| format!("{} {of}", d.name.text));
            let id = LimitId::new(self.plant.limits.len());
            self.card_stops(&stops, &name, count, id);
            self.plant.limits.push(Limit {
                name,
                span: d.name.span,
                count,
                from,
                to,
                pallets,
                item,
                back: back.clone(),
            });
        }
    }

    /// Whether a node is no source, or a source of one item type.
    fn makes_one(&self, id: NodeId) -> bool {
        match self.plant.nodes.get(id).map(|n| &n.kind) {
            Some(NodeKind::Source(s)) => s.mix.len() == 1,
            _ => true,
        }
    }

    /// `count: { A: 4, B: 2 }`: cards by item.
    fn counts_by_item(&mut self, table: &'a Table, most: u64) -> Option<Vec<(Option<ItemId>, u64)>> {
        let mut found: Vec<(Option<ItemId>, u64)> = Vec::new();
        let mut good = !table.incomplete;
        for entry in &table.entries {
            let name = match &entry.key {
                Key::Chain(chain) => chain.as_expr().and_then(|e| e.name()),
                _ => None,
            };
            let Some(name) = name else {
                let _: Option<()> = self.wrong_value(entry.key.span(), "the name of an item is due here");
                good = false;
                continue;
            };
            let item = self.item_named(name, entry.key.span());
            let number = entry.phrase.as_ref().and_then(|p: &Phrase| self.count(p, "count", 0, most));
            let (Some(item), Some(number)) = (item, number) else {
                good = false;
                continue;
            };
            if found.iter().any(|(i, _)| *i == Some(item)) {
                self.push(Diagnostic::new(
                    codes::DUPLICATE_FIELD,
                    entry.key.span(),
                    format!("`{name}` is given twice"),
                ));
                good = false;
            }
            found.push((Some(item), number));
        }
        (good && !found.is_empty()).then_some(found)
    }

    /// Every pallet has a clock of its own.
    fn card_stops(&mut self, stops: &[Stop], name: &str, count: u64, id: LimitId) {
        for stop in stops {
            for card in 1..=count {
                let owner = Some(format!("{name}#{card}"));
                let (stops, stop) = (vec![Stopped::Card(id)], stop.clone());
                self.plant.stops.push(SharedStop { owner, stops, stop, calendar: None });
            }
        }
    }
}
