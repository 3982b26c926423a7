//! Limits on work in process and pallets: what an item takes on entering one node and returns behind
//! another.

use crate::base::{Dim, Quantity, Rational, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::ids::Id;
use crate::ir::{
    Clearance, Expression, ItemId, Limit, LimitId, NodeId, NodeKind, Plant, Release, Routing, SharedStop, Stop,
    Stopped, WhenFull,
};
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
        let clears = fields.has("same").is_some();
        // Where items are kept apart, nothing needs to be counted.
        let count = if clears && fields.has("count").is_none() { None } else { get("count", "count: 30") };
        let (from, to) = (get("from", "from: NODE"), get("to", "to: NODE"));
        let Some(clearance) = self.clearance(&fields) else { return };
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
            (None, None) if clears && fields.has("count").is_none() => Some(vec![(None, limits::COUNT)]),
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
        if clearance.is_some() && !self.keeps_apart(&fields, from, by_item.map(|(_, p)| p)) {
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
        let (first, number) = (LimitId::new(self.plant.limits.len()), counts.len() as u64);
        self.scope.set(&d.name.text, Meaning::Limit(first, number));
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
                clearance: clearance.clone(),
            });
        }
    }

    /// `same: item.order, lasts: 45 min, needs: 2 operators`: the line is cleared between unequal items.
    /// `None` when something is wrong with it.
    fn clearance(&mut self, fields: &Fields<'a>) -> Option<Option<Clearance>> {
        let Some(same_span) = fields.has("same") else {
            let other = ["lasts", "needs"].into_iter().find_map(|w| Some((w, fields.has(w)?)));
            let Some((word, span)) = other else { return Some(None) };
            self.push(
                Diagnostic::new(
                    codes::MISSING_FIELD,
                    span,
                    format!("`{word}` is of a clearance, and nothing says between which items the line is cleared"),
                )
                .help("write what the items on the line have in common, `same: item.order`"),
            );
            return None;
        };
        if let (Some(span), None) = (fields.has("needs"), fields.has("lasts")) {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, span, "people clear the line for no time: `lasts` is missing")
                    .with(same_span, "between unequal items")
                    .help("write how long a clearance takes, `lasts: 45 min`"),
            );
            return None;
        }
        let same = fields.get("same", &mut self.diagnostics)?;
        let same = self.evaluate_phrase(same)?.value;
        let chance = |e: &Expression| {
            matches!(e, Expression::Draw(_) | Expression::Mixture(_) | Expression::Over(..) | Expression::Now)
        };
        if same.any(&chance) || same.reads_floor() {
            return self.wrong_value(same_span, "a value of the item is due here, such as `item.order`");
        }
        let lasts = match fields.get("lasts", &mut self.diagnostics) {
            Some(phrase) => self.time(phrase, "lasts")?,
            None if fields.has("lasts").is_some() => return None,
            None => Expression::Constant(Quantity { value: Rational::from(0), dim: Dim::TIME }),
        };
        if lasts.any(&|e| {
            matches!(
                e,
                Expression::Attribute { .. }
                    | Expression::ByItem(..)
                    | Expression::Over(..)
                    | Expression::Step
                    | Expression::StepName
            )
        }) {
            return self.wrong_value(
                fields.span("lasts"),
                "the line is empty while it is cleared: the time cannot depend on an item",
            );
        }
        let needs = match fields.get("needs", &mut self.diagnostics) {
            Some(phrase) => self.needs(phrase)?,
            None if fields.has("needs").is_some() => return None,
            None => Vec::new(),
        };
        Some(Some(Clearance { same, lasts, needs }))
    }

    /// Whether a line that is cleared can begin at a node.
    fn keeps_apart(&mut self, fields: &Fields<'a>, from: NodeId, by_item: Option<&'a Phrase>) -> bool {
        if let Some(phrase) = by_item {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    phrase.span,
                    "cards by item do not go with `same`: every item is kept apart from unequal ones",
                )
                .with(fields.span("same"), "keeps items apart")
                .help("write one number, or a second limit for the cards"),
            );
            return false;
        }
        if let Some(NodeKind::Source(s)) = self.plant.nodes.get(from).map(|n| &n.kind)
            && s.when_full != WhenFull::Queue
        {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    fields.span("from"),
                    "the source takes a card before it is known what it makes next",
                )
                .with(fields.span("same"), "asks what the item is")
                .help("name the station or buffer behind the source"),
            );
            return false;
        }
        true
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

/// What cannot hand over to a line that is cleared, or begin it.
pub(super) fn clearances(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    for limit in plant.limits.values().filter(|l| l.clearance.is_some()) {
        let Some(begin) = plant.nodes.get(limit.from) else { continue };
        let mut later = |span, what: String| {
            complaints.push(
                Diagnostic::new(codes::NOT_SUPPORTED_YET, span, what)
                    .with(limit.span, "keeps unequal items apart")
                    .help(format!("give the arrow to `{}` places of its own and begin the limit there", begin.name)),
            );
        };
        if matches!(&begin.kind, NodeKind::Station(s) if s.load_each) {
            later(
                begin.span,
                format!(
                    "a clearance that begins at `{}`, which loads parts one by one, is not supported yet",
                    begin.name
                ),
            );
        }
        for n in plant.nodes.values() {
            let NodeKind::Station(s) = &n.kind else { continue };
            let leads = |way: &Routing| way.targets().iter().any(|t| t.node == limit.from);
            if s.recipes.iter().any(|r| r.release == Release::Together) && n.routing.as_ref().is_some_and(leads) {
                later(
                    n.span,
                    format!(
                        "items of `{}` that leave together straight into `{}`, which is cleared between them, are not supported yet",
                        n.name, begin.name
                    ),
                );
            }
        }
    }
}
