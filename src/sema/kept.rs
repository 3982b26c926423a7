//! Places of a buffer that are kept for some of its items: `reserve: { repair: 2 }`.
//!
//! The field is read with the buffer; what items stand in when they come from the node that it names is known
//! when all ways are.

use crate::base::limits;
use crate::diag::{Diagnostic, codes};
use crate::ir::{Buffer, Capacity, Kept, KeptFor, NodeId, NodeKind, Plant};
use crate::syntax::tree::{ExprKind, Key, Phrase};

use super::fields::Fields;
use super::line::Lower;
use super::scope::Meaning;
use super::upstream;

const EXAMPLE: &str =
    "write for whom and how many: `reserve: { repair: 2 }`, a node that gives to the buffer, or an item";

impl<'a> Lower<'a> {
    /// `reserve: { repair: 2, Rush: 1 }`; `None` when something is wrong with it.
    pub(super) fn kept_places(
        &mut self,
        fields: &Fields<'a>,
        phrase: &'a Phrase,
        capacity: Capacity,
    ) -> Option<Vec<Kept>> {
        let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind) else {
            if !phrase.is_error() {
                let text = "`reserve` does not say for which items the places are kept";
                self.push(Diagnostic::new(codes::WRONG_VALUE, phrase.span, text).help(EXAMPLE));
            }
            return None;
        };
        let Capacity::Places(places) = capacity else {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    fields.span("reserve"),
                    "a buffer without limit has room for all: no place has to be kept",
                )
                .with(fields.span("capacity"), "no limit")
                .help("leave `reserve` out, or give the buffer a number of places"),
            );
            return None;
        };
        let mut found: Vec<Kept> = Vec::new();
        let mut good = !table.incomplete;
        for entry in &table.entries {
            let span = entry.key.span();
            let expr = match &entry.key {
                Key::Chain(chain) => chain.as_expr(),
                _ => None,
            };
            let Some(expr) = expr else {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, span, "the name of a node or an item is due here")
                        .help(EXAMPLE),
                );
                good = false;
                continue;
            };
            let item = expr.name().and_then(|name| match self.scope.find(name) {
                Some(Meaning::Item(id)) => Some(id),
                _ => None,
            });
            let whom = match item {
                Some(id) => Some(KeptFor::Item(id)),
                None => self.node_expr(expr, "node").map(|id| KeptFor::From(id, Vec::new())),
            };
            let number = match &entry.phrase {
                Some(phrase) => self.count(phrase, "reserve", 0, limits::COUNT),
                None => self.wrong_value(entry.span, "how many places are kept for it is due behind a `:`"),
            };
            let (Some(whom), Some(number)) = (whom, number) else {
                good = false;
                continue;
            };
            if let Some(other) = found.iter().find(|k| k.whom == whom) {
                let name = self.text(span);
                let d = Diagnostic::new(codes::DUPLICATE_FIELD, span, format!("`{name}` is given twice"));
                self.push(d.with(other.span, "given here"));
                good = false;
                continue;
            }
            found.push(Kept { places: number, whom, span });
        }
        let all = found.iter().map(|k| k.places).fold(0, u64::saturating_add);
        if good && all > 0 && all >= places {
            let message = match places {
                1 => "the only place is kept: no other item ever comes in".to_string(),
                _ if all == places => format!("all {places} places are kept: no other item ever comes in"),
                _ => format!("{all} places are kept, and there are {places}: no other item ever comes in"),
            };
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, fields.span("reserve"), message)
                    .with(fields.span("capacity"), "the places")
                    .help(format!("keep at most {}, or give the buffer more places", places.saturating_sub(1))),
            );
            return None;
        }
        found.retain(|k| k.places > 0);
        good.then_some(found)
    }

    /// Finds out what items stand in that come from the nodes for which places are kept.
    pub(super) fn finish_kept(&mut self) {
        if self.holes {
            return;
        }
        let mut complaints = Vec::new();
        for id in self.plant.nodes.ids() {
            let Some(NodeKind::Buffer(b)) = self.plant.nodes.get(id).map(|n| &n.kind) else { continue };
            let mut kept = b.kept.clone();
            for entry in &mut kept {
                if let KeptFor::From(from, givers) = &mut entry.whom {
                    match givers_of(&self.plant, id, *from) {
                        Ok(found) => *givers = found,
                        Err((text, help)) => {
                            complaints.push(Diagnostic::new(codes::WRONG_VALUE, entry.span, text).help(help));
                        }
                    }
                }
            }
            if let Some(NodeKind::Buffer(b)) = self.plant.nodes.get_mut(id).map(|n| &mut n.kind) {
                b.kept = kept;
            }
        }
        self.holes |= !complaints.is_empty();
        self.diagnostics.extend(complaints);
    }
}

/// Items that never come to the buffer in which places are kept for them. The types at each node are known.
pub(super) fn items(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    for n in plant.nodes.values() {
        let NodeKind::Buffer(b) = &n.kind else { continue };
        for kept in &b.kept {
            let KeptFor::Item(item) = kept.whom else { continue };
            if n.items.iter().any(|i| super::items::is_a(plant, *i, item)) {
                continue;
            }
            let name = plant.items.get(item).map_or("", |i| i.name.as_str());
            let come: Vec<String> =
                n.items.iter().filter_map(|i| plant.items.get(*i)).map(|i| format!("`{}`", i.name)).collect();
            let d = Diagnostic::new(codes::WRONG_VALUE, kept.span, format!("no `{name}` ever comes to `{}`", n.name));
            complaints.push(d.help(format!("it gets {}", come.join(", "))));
        }
    }
}

/// What gives to a node: also what waits there for a vehicle that brings it, and what is too old elsewhere.
fn feeders(plant: &Plant, to: NodeId, found: &mut Vec<NodeId>) {
    let mut all = upstream::sources_of(plant, to);
    let too_old = |n: &NodeKind| matches!(n, NodeKind::Buffer(Buffer { expired: Some(t), .. }) if t.node == to);
    all.extend(plant.nodes.iter().filter(|(_, n)| too_old(&n.kind)).map(|(id, _)| id));
    for from in all {
        match plant.nodes.get(from).map(|n| &n.kind) {
            Some(NodeKind::Buffer(b)) if b.by.is_some() && !found.contains(&from) => {
                found.push(from);
                feeders(plant, from, found);
            }
            // A buffer without places holds nothing: its items stand where they come from.
            Some(NodeKind::Buffer(b)) if b.hands_over() => {}
            _ if found.contains(&from) => {}
            _ => found.push(from),
        }
    }
}

/// The places of the floor from which items come to a node, through the places on arrows.
fn origins(plant: &Plant, to: NodeId) -> Vec<NodeId> {
    upstream::origins(plant, to, |at| {
        let mut before = Vec::new();
        feeders(plant, at, &mut before);
        before
    })
}

/// What items that come from a node stand in before they come into a buffer; why that cannot be told, and what helps.
fn givers_of(plant: &Plant, buffer: NodeId, from: NodeId) -> Result<Vec<NodeId>, (String, String)> {
    let name = |id: NodeId| plant.nodes.get(id).map_or("", |n| n.name.as_str());
    let mut all = Vec::new();
    feeders(plant, buffer, &mut all);
    let mut givers = Vec::new();
    for giver in all {
        if giver == from {
            givers.push(giver);
            continue;
        }
        if !matches!(plant.nodes.get(giver).map(|n| &n.kind), Some(NodeKind::Buffer(b)) if b.anonymous) {
            continue;
        }
        let before = origins(plant, giver);
        if before == [from] {
            givers.push(giver);
        } else if before.contains(&from) {
            let other = before.iter().find(|o| **o != from).map_or("", |o| name(*o));
            return Err((
                format!("items from `{}` and `{other}` come to `{}` over the same arrow", name(from), name(buffer)),
                "give each of them an arrow of its own, or keep the places for an item".to_string(),
            ));
        }
    }
    if !givers.is_empty() {
        return Ok(givers);
    }
    let mut known: Vec<String> = origins(plant, buffer).into_iter().map(|o| format!("`{}`", name(o))).collect();
    known.sort_by(|a, b| crate::base::names::natural_cmp(a, b));
    let help = match known.as_slice() {
        [] => format!("nothing leads to `{}`", name(buffer)),
        _ => format!("it gets items from {}", known.join(", ")),
    };
    Err((format!("no item comes to `{}` straight from `{}`", name(buffer), name(from)), help))
}
