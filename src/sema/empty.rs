//! Buffers without places (`capacity: 0`): plain hand-overs. What leads to one leads to what is behind it,
//! so that an item stays where it is until there is room.

use crate::base::Span;
use crate::diag::{Diagnostic, codes};
use crate::ir::expect::{ItemTime, MeasureKind};
use crate::ir::{ChoiceRule, NodeId, NodeKind, Plant, Routing};

use super::line::Lower;

impl Lower<'_> {
    /// Joins every way to a buffer without places with the way behind it.
    pub(super) fn join_empty_buffers(&mut self) {
        let empty: Vec<NodeId> = self
            .plant
            .nodes
            .iter()
            .filter(|(_, n)| matches!(&n.kind, NodeKind::Buffer(b) if b.hands_over()))
            .map(|(id, _)| id)
            .collect();
        if empty.is_empty() || self.holes {
            return;
        }
        let mut found: Vec<Diagnostic> = empty.iter().filter_map(|id| needs_places(&self.plant, *id)).collect();
        let mut routes = std::mem::take(&mut self.plant.routes);
        for route in &mut routes {
            route.start = joined(&self.plant, &route.start, &mut Vec::new(), &mut found);
        }
        self.plant.routes = routes;
        for id in self.plant.nodes.ids() {
            let Some(NodeKind::Buffer(b)) = self.plant.nodes.get(id).map(|n| &n.kind) else { continue };
            let Some(to) = b.expired else { continue };
            let span = to.span;
            match joined(&self.plant, &Routing::To(to), &mut Vec::new(), &mut found) {
                Routing::To(target) => {
                    if let Some(NodeKind::Buffer(b)) = self.plant.nodes.get_mut(id).map(|n| &mut n.kind) {
                        b.expired = Some(target);
                    }
                }
                _ => found.push(
                    Diagnostic::new(
                        codes::WRONG_VALUE,
                        span,
                        "what is too old goes to a place of 0 with a branch behind",
                    )
                    .help("give that buffer a place, or name the node behind it"),
                ),
            }
        }
        for id in self.plant.visits.ids() {
            let Some(way) = self.plant.visits.get(id).map(|v| v.next.clone()) else { continue };
            let whole = joined(&self.plant, &way, &mut Vec::new(), &mut found);
            if let Some(visit) = self.plant.visits.get_mut(id) {
                visit.next = whole;
            }
        }
        // Ways of the empty buffers themselves stay until all others are joined.
        let (own, others): (Vec<NodeId>, Vec<NodeId>) = self.plant.nodes.ids().partition(|id| empty.contains(id));
        for id in others.into_iter().chain(own) {
            let Some(way) = self.plant.nodes.get(id).and_then(|n| n.routing.clone()) else { continue };
            let whole = joined(&self.plant, &way, &mut Vec::new(), &mut found);
            if let Some(node) = self.plant.nodes.get_mut(id) {
                node.routing = Some(whole);
            }
        }
        found.dedup();
        self.diagnostics.extend(found);
    }
}

fn is_empty(plant: &Plant, id: NodeId) -> bool {
    matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Buffer(b)) if b.hands_over())
}

/// A way with the empty buffers in it replaced by what stands behind them.
fn joined(plant: &Plant, way: &Routing, seen: &mut Vec<NodeId>, found: &mut Vec<Diagnostic>) -> Routing {
    let mut inside = |w: &Routing| joined(plant, w, seen, found);
    match way {
        Routing::To(target) => {
            let behind = plant.nodes.get(target.node).filter(|_| is_empty(plant, target.node));
            // A circle of buffers is told of elsewhere.
            let Some(behind) = behind.and_then(|n| n.routing.as_ref()).filter(|_| !seen.contains(&target.node)) else {
                return way.clone();
            };
            seen.push(target.node);
            let whole = joined(plant, behind, seen, found);
            seen.pop();
            whole
        }
        Routing::Shares(list, span) => {
            Routing::Shares(list.iter().map(|(s, w)| (s.clone(), inside(w))).collect(), *span)
        }
        Routing::ByItem(list, rest, span) => {
            let list = list.iter().map(|(i, w)| (*i, inside(w))).collect();
            Routing::ByItem(list, rest.as_ref().map(|w| Box::new(inside(w))), *span)
        }
        Routing::If(list, rest, span) => {
            let list = list.iter().map(|(c, w)| (c.clone(), inside(w))).collect();
            Routing::If(list, Box::new(inside(rest)), *span)
        }
        Routing::Rule(rule, list, span) => {
            let ways: Vec<Routing> = list.iter().map(&mut inside).collect();
            let open = matches!(rule, ChoiceRule::FirstFree | ChoiceRule::ShortestQueue | ChoiceRule::Priority);
            for (written, way) in list.iter().zip(&ways).filter(|_| open) {
                if let (Routing::To(target), false) = (written, matches!(way, Routing::To(_))) {
                    let name = plant.nodes.get(target.node).map_or("", |n| n.name.as_str());
                    found.push(
                        Diagnostic::new(
                            codes::WRONG_VALUE,
                            target.span,
                            format!("a rule looks for room at `{name}`, which has no place and branches behind"),
                        )
                        .with(plant.nodes.get(target.node).map_or(target.span, |n| n.span), "`capacity: 0`")
                        .help("give it a place, or write the branch into the rule"),
                    );
                }
            }
            Routing::Rule(*rule, ways, *span)
        }
    }
}

/// What is said about a buffer that has to hold an item, though it has no places.
fn needs_places(plant: &Plant, id: NodeId) -> Option<Diagnostic> {
    let n = plant.nodes.get(id)?;
    let NodeKind::Buffer(b) = &n.kind else { return None };
    let refuse = |span: Span, what: &str| {
        Diagnostic::new(codes::WRONG_VALUE, span, format!("`{}` has no places (`capacity: 0`), and {what}", n.name))
            .with(n.span, "hands items over at once")
            .help("give it a place, or name the node behind it")
    };
    if b.transit.is_some() {
        return Some(refuse(n.span, "items are to stay there for a while"));
    }
    if let Some((_, l)) = plant.limits.iter().find(|(_, l)| l.from == id || l.to == id) {
        return Some(refuse(l.span, &format!("`{}` counts items that enter or leave it", l.name)));
    }
    let counted = |m: &MeasureKind| match m {
        MeasureKind::Throughput(at, _) => *at == id,
        MeasureKind::Duration(ItemTime::Between(_, a, b), _) => *a == id || *b == id,
        _ => false,
    };
    plant.measures.iter().find(|m| counted(&m.kind))?;
    Some(refuse(n.span, "an expectation counts items that pass it"))
}
