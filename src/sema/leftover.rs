//! What is left over of a campaign: stations whose recipes take several of one type each, behind one lane in which the
//! types come one after the other.

use crate::base::Span;
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::{Node, NodeKind, Plant};

/// A station whose recipes take single, different types, fed in one lane that keeps its order: rests of one
/// block the other.
pub(super) fn check(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    for (id, n) in plant.nodes.iter() {
        let NodeKind::Station(s) = &n.kind else { continue };
        let single = |r: &crate::ir::Recipe| match r.takes.as_slice() {
            [part] if part.minimum > 1 => Some((part.item, part.minimum, part.span)),
            _ => None,
        };
        let Some(wanted) = s.recipes.iter().map(single).collect::<Option<Vec<_>>>().filter(|w| w.len() > 1) else {
            continue;
        };
        let leads = |m: &&Node| m.routing.iter().flat_map(crate::ir::Routing::targets).any(|t| t.node == id);
        let mut feeders = plant.nodes.values().filter(leads);
        let (Some(feeder), None) = (feeders.next(), feeders.next()) else { continue };
        let in_order = match &feeder.kind {
            NodeKind::Buffer(b) => b.keeps_order && !b.overtake && b.order.is_none() && b.by.is_none(),
            NodeKind::Conveyor(c) => c.lanes == 1,
            _ => false,
        };
        let mixed: Vec<_> =
            wanted.iter().filter(|(item, ..)| feeder.items.iter().any(|i| plant.is_a(*i, *item))).collect();
        let [first, second, ..] = mixed.as_slice() else { continue };
        if !in_order || first.0 == second.0 || only_multiples(plant, &wanted) {
            continue;
        }
        let name = |item| plant.items.get(item).map_or("", |i: &crate::ir::ItemType| i.name.as_str());
        let shown: Vec<String> = mixed.iter().map(|(i, k, _)| format!("{k} `{}`", name(*i))).collect();
        let spare: u64 = mixed.iter().map(|(_, k, _)| k.saturating_sub(1)).sum::<u64>().saturating_add(1);
        let mut d = Diagnostic::new(
            codes::MIXED_LANE,
            first.2,
            format!("`{}` takes {}, and they come in one lane, in order", n.name, shown.join(" or ")),
        )
        .with(feeder.span, "the lane")
        .note(format!(
            "what is left over of `{}` waits at the head for more, which may stand behind `{}`: the line locks up",
            name(first.0),
            name(second.0)
        ))
        .help(format!("let them overtake each other: `buffer lane {{ capacity: {spare}, overtake: yes }}`, with at least {spare} places"))
        .help(format!("or send away what is left over for a while: `-[places: {spare}, overtake: yes, within: 10 min, expired: waste]->`"))
        .help("or give each its own lane, or let lots be whole multiples of what is taken");
        d.severity = Severity::Warning;
        complaints.push(d);
    }
}

/// Whether these types come only in campaigns of whole multiples of what is taken, and none is lost on the way.
fn only_multiples(plant: &Plant, wanted: &[(crate::ir::ItemId, u64, Span)]) -> bool {
    let taken = |item| wanted.iter().find(|(w, ..)| plant.is_a(item, *w)).map(|(_, k, _)| *k);
    let lossless = plant.nodes.values().all(|n| match &n.kind {
        NodeKind::Station(s) => s.yield_share.is_none(),
        NodeKind::Buffer(b) => b.initial.is_empty() && b.max_stay.is_none(),
        _ => true,
    });
    let whole = plant.nodes.values().all(|n| {
        let NodeKind::Source(s) = &n.kind else { return true };
        if !s.mix.iter().any(|(i, _)| taken(*i).is_some()) {
            return true;
        }
        !s.campaign.is_empty()
            && s.campaign.iter().all(|c| match c.mix.as_slice() {
                [(item, _)] => taken(*item).is_none_or(|k| c.count % k == 0),
                _ => false,
            })
    });
    lossless && whole
}
