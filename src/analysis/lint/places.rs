//! Places that are never used: a limit lets in fewer items than a buffer inside of it has places (E0513).

use crate::diag::{Diagnostic, codes};
use crate::ir::{Capacity, LimitId, NodeKind};

use super::super::cards::limit_region;
use super::super::figures::{counted, whole};
use super::Facts;

pub(super) fn check(facts: &Facts, found: &mut Vec<Diagnostic>) {
    let (plant, network) = (facts.model.plant, &facts.model.network);
    let regions: Vec<(LimitId, Vec<bool>)> = plant
        .limits
        .iter()
        .filter(|(_, l)| !l.is_uncounted() && l.count > 0)
        .filter_map(|(id, _)| Some((id, limit_region(plant, network, id)?)))
        .collect();
    if regions.is_empty() {
        return;
    }
    for (id, node) in plant.nodes.iter() {
        let NodeKind::Buffer(b) = &node.kind else { continue };
        let Capacity::Places(places) = b.capacity else { continue };
        let Some(states) = facts.states.get(id.0 as usize).filter(|s| !s.is_empty()) else { continue };
        let holds = |inside: &[bool]| states.iter().all(|at| inside.get(*at).copied().unwrap_or(false));
        let limits = regions.iter().filter(|(_, inside)| holds(inside)).filter_map(|(l, _)| plant.limits.get(*l));
        let Some(limit) = limits.min_by_key(|l| l.count).filter(|l| l.count < places) else { continue };
        let word = if limit.pallets { "pallet" } else { "card" };
        found.push(
            Diagnostic::new(
                codes::PLACES_NEVER_USED,
                node.span,
                format!(
                    "`{}` has {}, of which {} are never used: `{}` lets {} in",
                    node.name,
                    counted(places, "place"),
                    whole(places - limit.count),
                    limit.name,
                    counted(limit.count, "item"),
                ),
            )
            .with(limit.span, format!("{} for all between its ends", counted(limit.count, word)))
            .note("every item there holds one, so that no more can stand there at once")
            .help(format!("{} are enough, or raise `{}`", counted(limit.count, "place"), limit.name)),
        );
    }
}
