//! Ports of placed cells. While flows are read, a port is a stop like a node, with an id of its own;
//! then every way that leads to a port is joined to the way behind it, and the ports are gone.
//!
//! Start reading at [`Lower::join_ports`].

use crate::base::{Span, limits};
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::{ChoiceRule, ItemId, NodeId, NodeKind, Plant, Routing};
use crate::syntax::tree::{Declaration, Expr};

use super::line::Lower;
use super::scope::{FrameId, Kind, Meaning};

/// Ids from here on are ports.
const FIRST: u32 = 1 << 31;

/// A port of a placed cell.
#[derive(Clone, Debug)]
pub struct Port {
    /// Its whole name: `weld[2].done`.
    pub name: String,
    /// Its name in the cell.
    own: String,
    /// Where it is declared.
    span: Span,
    /// Where the cell is placed.
    placed: Span,
    /// The frame of the placed cell.
    frame: FrameId,
    /// Items come in here; else they go out.
    inward: bool,
    /// The only item that passes, with its kinds.
    item: Option<ItemId>,
    /// What stands behind it.
    way: Option<Routing>,
    /// Whether some arrow leads to it.
    entered: bool,
}

impl<'a> Lower<'a> {
    /// Declares the ports of a cell in its frame, once all names of the cell are known.
    pub(super) fn declare_ports(&mut self, declarations: &[&'a Declaration]) {
        for d in declarations.iter().copied().filter(|d| matches!(d.word.text.as_str(), "in" | "out")) {
            // Of two declarations of one name the first stays.
            if self.scope.peek_entry(&d.name.text) != Some((Meaning::Other, d.name.span)) {
                continue;
            }
            if Self::differs_by_member(d) {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, d.name.span.to(d.span), "the ports of an array are alike")
                        .help(format!("write the number of ports only: `{} {}[4]`", d.word.text, d.name.text)),
                );
            }
            let Some(size) = self.array_size(d) else {
                self.holes = true;
                continue;
            };
            if self.ports.len() as u64 + size > limits::NODES as u64 {
                let text = format!("the placed cells have more than {} ports", limits::NODES);
                self.push(Diagnostic::new(codes::OUT_OF_RANGE, d.name.span, text));
                self.holes = true;
                continue;
            }
            let names = self.member_names(d, size);
            let Some(frame) = self.scope.get(self.scope.here) else { continue };
            let first = NodeId(FIRST.saturating_add(u32::try_from(self.ports.len()).unwrap_or(u32::MAX)));
            for own in names {
                self.ports.push(Port {
                    name: format!("{}{own}", frame.prefix),
                    own,
                    span: d.name.span,
                    placed: frame.placed,
                    frame: self.scope.here,
                    inward: d.word.text == "in",
                    item: None,
                    way: None,
                    entered: false,
                });
            }
            let meaning = if d.indices.is_empty() { Meaning::Node(first) } else { Meaning::Array(first, size) };
            self.scope.set(&d.name.text, meaning);
            let shape = self.array_shape(d);
            self.scope.shape_of(meaning, shape);
        }
    }

    /// Reads which items the ports of a cell are for.
    pub(super) fn port_items(&mut self, declarations: &[&'a Declaration]) {
        let here = self.scope.here;
        if self.scope.get(here).is_none_or(|f| f.kind != Kind::Place) {
            return;
        }
        for d in declarations.iter().filter(|d| matches!(d.word.text.as_str(), "in" | "out")) {
            let Some(phrase) = &d.phrase else { continue };
            let item = self.name_in(phrase, "an item").and_then(|(name, span)| self.item_named(name, span));
            self.holes |= item.is_none();
            let (first, size) = match self.scope.find_in(here, &d.name.text) {
                Some(Meaning::Node(id)) => (id, 1),
                Some(Meaning::Array(first, size)) => (first, size),
                _ => continue,
            };
            let ports = Self::port_index(first).and_then(|i| self.ports.get_mut(i..));
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            ports.into_iter().flatten().take(size).for_each(|port| port.item = item);
        }
    }

    fn port_index(id: NodeId) -> Option<usize> {
        id.0.checked_sub(FIRST).map(|i| i as usize)
    }

    /// The port of an id, if it is one.
    pub(super) fn port(&self, id: NodeId) -> Option<&Port> {
        Self::port_index(id).and_then(|i| self.ports.get(i))
    }

    /// Whether a port is seen from inside its cell.
    fn inside_of(&self, port: &Port) -> bool {
        port.frame == self.scope.here
    }

    /// Whether a flow may lead into a port from here: from outside into `in`, from inside into `out`.
    pub(super) fn port_enterable(&mut self, id: NodeId, span: Span) -> bool {
        let Some(port) = self.port(id) else { return false };
        let inside = self.inside_of(port);
        if port.inward == inside {
            let text = match inside {
                true => format!("items come into the cell through `{}`, no flow inside leads to it", port.own),
                false => format!("items leave the cell through `{}`, no flow outside leads to it", port.name),
            };
            let other = if inside { "an `out`" } else { "an `in`" };
            let d = Diagnostic::new(codes::BAD_START, span, text)
                .with(port.span, "the port")
                .help(format!("lead the flow to {other} port"));
            self.push(d);
            self.holes = true;
            return false;
        }
        if let Some(port) = Self::port_index(id).and_then(|i| self.ports.get_mut(i)) {
            port.entered = true;
        }
        true
    }

    /// Gives a port its way: of `in` inside the cell, of `out` outside.
    pub(super) fn set_port_way(&mut self, id: NodeId, way: Routing, span: Span) {
        let Some(port) = self.port(id) else { return };
        let inside = self.inside_of(port);
        if port.inward != inside {
            let text = match inside {
                true => format!("items leave the cell through `{}`, no flow inside begins there", port.own),
                false => format!("items come into the cell through `{}`, no flow outside begins there", port.name),
            };
            let d = Diagnostic::new(codes::BAD_START, span, text).with(port.span, "the port");
            self.push(d);
            self.holes = true;
            return;
        }
        let same = |old: &Routing| match (old, &way) {
            (Routing::To(a), Routing::To(b)) => a.node == b.node,
            _ => false,
        };
        match &port.way {
            Some(old) if same(old) => {}
            Some(old) => {
                let mut d = Diagnostic::new(codes::TWO_WAYS, span, format!("`{}` already has a way out", port.name));
                if let Some(first) = old.targets().first() {
                    d = d.with(first.span, "the other way");
                }
                self.push(d.help("write a branch: `-> { 50 %: a, rest: b }`, or by item `{ A: a, B: b }`"));
            }
            None => {
                if let Some(port) = Self::port_index(id).and_then(|i| self.ports.get_mut(i)) {
                    port.way = Some(way);
                }
            }
        }
    }

    /// Where a flow enters a stop: a placed cell by its only `in`.
    pub(super) fn way_in(&mut self, stop: Meaning, expr: &'a Expr) -> Option<NodeId> {
        self.end_of(stop, expr, true)
    }

    /// Where a flow goes on from a stop: from a placed cell by its only `out`.
    pub(super) fn way_out(&mut self, stop: Meaning, expr: &'a Expr) -> Option<NodeId> {
        self.end_of(stop, expr, false)
    }

    fn end_of(&mut self, stop: Meaning, expr: &'a Expr, inward: bool) -> Option<NodeId> {
        let frame = match stop {
            Meaning::Node(id) => return Some(id),
            Meaning::Place(frame) => frame,
            _ => return None,
        };
        let word = if inward { "in" } else { "out" };
        let found: Vec<NodeId> = self.ends(frame, inward);
        match found.as_slice() {
            [only] => Some(*only),
            // A port that could not be read has been told.
            [] if self.holes => None,
            [] => {
                let shown = self.text(expr.span);
                self.push(
                    Diagnostic::new(codes::BAD_CHAIN, expr.span, format!("`{shown}` has no `{word}` port"))
                        .help(format!("declare one in the cell: `{word} NAME: ITEM`")),
                );
                None
            }
            several => {
                let shown = self.text(expr.span);
                let names: Vec<String> =
                    several.iter().filter_map(|id| self.port(*id)).map(|p| format!("`{shown}.{}`", p.own)).collect();
                let text = format!("`{shown}` has {} `{word}` ports", several.len());
                self.push(
                    Diagnostic::new(codes::BAD_CHAIN, expr.span, text)
                        .help(format!("name one of them: {}", names.join(", "))),
                );
                None
            }
        }
    }

    fn ends(&self, frame: FrameId, inward: bool) -> Vec<NodeId> {
        let names = self.scope.names_of(frame).flat_map(|(_, entry)| match entry.meaning {
            Meaning::Node(id) => id.0..id.0.saturating_add(1),
            Meaning::Array(first, size) => first.0..first.0.saturating_add(u32::try_from(size).unwrap_or(u32::MAX)),
            _ => 0..0,
        });
        let fits = |id: &NodeId| self.port(*id).is_some_and(|p| p.frame == frame && p.inward == inward);
        names.map(NodeId).filter(fits).collect()
    }

    /// The members of an array of cells behind the one that `from` leaves, up to the one that `to`
    /// enters: where each is entered and left, through the ports of these names.
    pub(super) fn cells_between(&self, from: NodeId, to: NodeId) -> Option<Vec<(NodeId, NodeId)>> {
        let (out, into) = (self.port(from)?, self.port(to)?);
        let (first, last) = (out.frame, into.frame);
        let array = self.scope.iter().any(|(_, entry)| match entry.meaning {
            Meaning::Places(start, size) => {
                start.0 <= first.0 && first.0 < last.0 && (last.0 as u64) < start.0 as u64 + size
            }
            _ => false,
        });
        if !array || out.inward || !into.inward {
            return None;
        }
        let named = |frame: FrameId, own: &str, inward: bool| {
            let all = self.ends(frame, inward);
            all.into_iter().find(|id| self.port(*id).is_some_and(|p| p.own == own))
        };
        let mut members = Vec::new();
        for frame in (first.0 + 1..=last.0).map(FrameId) {
            members.push((named(frame, &into.own, true)?, named(frame, &out.own, false)?));
        }
        Some(members)
    }

    /// Joins every way to a port with the way behind it.
    pub(super) fn join_ports(&mut self) {
        if self.ports.is_empty() {
            return;
        }
        self.open_ports();
        let mut joined: Vec<Option<Routing>> = vec![None; self.ports.len()];
        for i in 0..self.ports.len() {
            let mut seen = vec![i];
            let way = self.ports.get(i).and_then(|p| p.way.clone());
            if let (Some(way), Some(place)) = (way, joined.get_mut(i)) {
                *place = Some(self.joined(&way, &mut seen));
            }
        }
        for id in self.plant.nodes.ids() {
            let Some(way) = self.plant.nodes.get(id).and_then(|n| n.routing.clone()) else { continue };
            if way.targets().iter().any(|t| Self::port_index(t.node).is_some()) {
                let whole = self.joined(&way, &mut Vec::new());
                self.crossings.push((id, way));
                if let Some(node) = self.plant.nodes.get_mut(id) {
                    node.routing = Some(whole);
                }
            }
        }
    }

    /// A way with the ports in it replaced by what stands behind them.
    fn joined(&mut self, way: &Routing, seen: &mut Vec<usize>) -> Routing {
        match way {
            Routing::To(target) => {
                let Some(index) = Self::port_index(target.node) else { return way.clone() };
                let Some(port) = self.ports.get(index) else { return way.clone() };
                if seen.contains(&index) {
                    let text = format!("items could run round through `{}` without taking time", port.name);
                    let span = port.span;
                    if !self.diagnostics.iter().any(|d| d.code == codes::CIRCLE_WITHOUT_WORK) {
                        self.push(
                            Diagnostic::new(codes::CIRCLE_WITHOUT_WORK, span, text)
                                .help("put a station, or a transit time on an arrow, into the circle"),
                        );
                    }
                    return way.clone();
                }
                let Some(behind) = port.way.clone() else { return way.clone() };
                seen.push(index);
                let whole = self.joined(&behind, seen);
                seen.pop();
                whole
            }
            Routing::Shares(list, span) => {
                Routing::Shares(list.iter().map(|(s, w)| (s.clone(), self.joined(w, seen))).collect(), *span)
            }
            Routing::ByItem(list, rest, span) => {
                let list = list.iter().map(|(i, w)| (*i, self.joined(w, seen))).collect();
                Routing::ByItem(list, rest.as_ref().map(|w| Box::new(self.joined(w, seen))), *span)
            }
            Routing::If(list, rest, span) => {
                let list = list.iter().map(|(c, w)| (c.clone(), self.joined(w, seen))).collect();
                Routing::If(list, Box::new(self.joined(rest, seen)), *span)
            }
            Routing::Rule(rule, list, span) => {
                let ways: Vec<Routing> = list.iter().map(|w| self.joined(w, seen)).collect();
                if !matches!(rule, ChoiceRule::RoundRobin | ChoiceRule::Every(_)) {
                    for (written, way) in list.iter().zip(&ways) {
                        self.decides_anew(written, way, *span);
                    }
                }
                Routing::Rule(*rule, ways, *span)
            }
        }
    }

    /// Complains about a way of a rule that decides for good behind a port. `rule` is where the rule stands.
    fn decides_anew(&mut self, written: &Routing, joined: &Routing, rule: Span) {
        let (Routing::To(target), Some(branch)) = (written, super::way::commits(joined)) else { return };
        let Some(port) = self.port(target.node) else { return };
        let (name, own) = (port.name.clone(), port.own.clone());
        let side = if port.inward { "in the cell" } else { "behind it" };
        let text = format!("the way through `{name}` decides for good {side}, the rule decides anew");
        let known = |d: &Diagnostic| d.code == codes::WRONG_VALUE && d.primary.span == target.span;
        if self.diagnostics.iter().any(known) {
            return;
        }
        let d = Diagnostic::new(codes::WRONG_VALUE, target.span, text)
            .with(branch, "this branch decides for good")
            .with(rule, "the rule looks for a way that has room now");
        self.push(
            d.help(format!("give its items a place where they decide: `flow {own} -[1]-> {{ 90 %: a, rest: b }}`")),
        );
        self.holes = true;
    }

    /// Complains about ports with nothing on one of their sides.
    fn open_ports(&mut self) {
        if self.holes || self.diagnostics.iter().any(|d| d.severity == Severity::Error) {
            return;
        }
        let mut found: Vec<Diagnostic> = Vec::new();
        for port in &self.ports {
            let place = port.name.strip_suffix(&format!(".{}", port.own)).unwrap_or(&port.name);
            let (inner, outer) = match port.inward {
                true => (port.way.is_some(), port.entered),
                false => (port.entered, port.way.is_some()),
            };
            if !inner {
                let (text, example) = match port.inward {
                    true => ("leads nowhere in its cell", format!("write `flow {} -> STATION` in the cell", port.own)),
                    false => (
                        "is reached by nothing in its cell",
                        format!("write `flow STATION -> {}` in the cell", port.own),
                    ),
                };
                let mut d = Diagnostic::new(codes::OPEN_PORT, port.span, format!("port `{}` {text}", port.own))
                    .with(port.placed, format!("placed here as `{place}`"))
                    .help(example);
                if !port.inward {
                    // A share of 0 % may lead to it.
                    d.severity = Severity::Warning;
                }
                found.push(d);
            } else if !outer {
                let mut d = match port.inward {
                    true => {
                        Diagnostic::new(codes::OPEN_PORT, port.placed, format!("nothing comes to port `{}`", port.name))
                            .help(format!("write `flow NODE -> {}`", port.name))
                    }
                    false => {
                        Diagnostic::new(codes::OPEN_PORT, port.placed, format!("port `{}` leads nowhere", port.name))
                            .help(format!("write `flow {} -> NODE`", port.name))
                    }
                };
                if port.inward {
                    // The rest of the cell can work without it.
                    d.severity = Severity::Warning;
                }
                found.push(d.with(port.span, "the port"));
            }
        }
        let mut told: Vec<Diagnostic> = Vec::new();
        for d in found {
            let same = |t: &Diagnostic| t.primary.span == d.primary.span && (t.severity == d.severity);
            // Members of an array are one text; ports of one place are several findings.
            if !told
                .iter()
                .any(|t| same(t) && t.secondary.first().map(|l| l.span) == d.secondary.first().map(|l| l.span))
            {
                told.push(d);
            }
        }
        self.diagnostics.extend(told);
    }
}

/// Complains about items that pass a port made for others, once it is known which items are where.
pub(super) fn check(lower: &Lower, complaints: &mut Vec<Diagnostic>) {
    for (id, way) in &lower.crossings {
        let Some(node) = lower.plant.nodes.get(*id) else { continue };
        let mut leaving: Vec<ItemId> = Vec::new();
        for item in &node.items {
            match &node.kind {
                NodeKind::Station(s) if s.recipes.iter().any(|r| !r.makes.is_empty()) => {
                    leaving.extend(s.recipes.iter().flat_map(|r| &r.makes).map(|p| p.item));
                }
                // Items with a route go their own way.
                NodeKind::Station(_) if lower.plant.routes.iter().any(|r| r.item == *item) => {}
                _ => leaving.push(*item),
            }
        }
        leaving.sort_unstable();
        leaving.dedup();
        for item in leaving {
            passes(lower, way, item, complaints);
        }
    }
}

fn passes(lower: &Lower, way: &Routing, item: ItemId, complaints: &mut Vec<Diagnostic>) {
    let mut each = |w: &Routing| passes(lower, w, item, complaints);
    match way {
        Routing::To(target) => {
            let Some(port) = lower.port(target.node) else { return };
            if let Some(wanted) = port.item.filter(|wanted| !lower.plant.is_a(item, *wanted)) {
                let (name, due) = (item_name(&lower.plant, item), item_name(&lower.plant, wanted));
                let d = Diagnostic::new(
                    codes::WRONG_ITEM,
                    target.span,
                    format!("`{name}` comes to port `{}`, which is for `{due}`", port.name),
                )
                .with(port.span, format!("only `{due}` passes here"))
                .help(format!("branch by item before it, or declare `item {name} {{ is: {due} }}`"));
                if !complaints.contains(&d) {
                    complaints.push(d);
                }
                return;
            }
            if let Some(behind) = &port.way {
                passes(lower, behind, item, complaints);
            }
        }
        Routing::Shares(list, _) => list.iter().for_each(|(_, w)| each(w)),
        Routing::ByItem(list, rest, _) => {
            let exact = list.iter().find(|(i, _)| *i == item);
            let found = exact.or_else(|| list.iter().find(|(i, _)| lower.plant.is_a(item, *i))).map(|(_, w)| w);
            if let Some(w) = found.or(rest.as_deref()) {
                each(w);
            }
        }
        Routing::If(list, rest, _) => {
            list.iter().for_each(|(_, w)| each(w));
            each(rest);
        }
        Routing::Rule(_, list, _) => list.iter().for_each(each),
    }
}

fn item_name(plant: &Plant, id: ItemId) -> &str {
    plant.items.get(id).map_or("", |i| i.name.as_str())
}
