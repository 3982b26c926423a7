//! A way into a deadlock, told in sentences.

use std::collections::BTreeMap;

use crate::base::Span;
use crate::ir::{NodeId, Plant};
use crate::net::{Found, stuck};

use super::lower::Lowered;

/// Steps that are told one by one.
const TOLD: usize = 40;

/// A way into a deadlock.
#[derive(Clone, Debug)]
pub(super) struct Story {
    /// What happens, in order.
    pub steps: Vec<String>,
    /// How many steps there are.
    pub length: usize,
    /// It is a shortest way.
    pub shortest: bool,
    /// What stands still then: how many of what, where.
    pub stuck: Vec<(String, NodeId, Span)>,
}

impl Story {
    /// Tells a way through a net.
    pub fn of(plant: &Plant, lowered: &Lowered, way: &Found) -> Story {
        let text = |t: &usize| lowered.steps.get(*t).map_or_else(String::new, |(text, _)| text.clone());
        let mut steps: Vec<String> = Vec::new();
        // The same step several times in a row is told once.
        let mut repeated = 1;
        for (at, t) in way.trace.iter().enumerate() {
            let next = way.trace.get(at + 1);
            if next == Some(t) {
                repeated += 1;
                continue;
            }
            steps.push(if repeated > 1 { format!("{}, {repeated} times", text(t)) } else { text(t) });
            repeated = 1;
        }
        let (takers, givers) = lowered.net.neighbours();
        let still = stuck(&lowered.net, &way.marking, &takers, &givers);
        let mut told: BTreeMap<(NodeId, &str), u64> = BTreeMap::new();
        for place in &still.places {
            if let Some((node, what)) = lowered.items.get(*place).and_then(Option::as_ref) {
                *told.entry((*node, what)).or_default() += way.marking.get(*place).copied().unwrap_or(0);
            }
        }
        let told = told.into_iter().map(|((node, what), n)| {
            let span = plant.nodes.get(node).map_or(Span::default(), |n| n.span);
            (format!("{n} {what}"), node, span)
        });
        Story { length: way.trace.len(), shortest: way.shortest, stuck: told.collect(), steps }
    }

    /// The way in one line.
    pub fn line(&self) -> String {
        let mut told: Vec<&str> = self.steps.iter().take(TOLD).map(String::as_str).collect();
        if self.steps.len() > TOLD {
            told.push("…");
        }
        told.join("; ")
    }

    /// What stands still, in one line.
    pub fn still(&self) -> String {
        let told: Vec<&str> = self.stuck.iter().take(12).map(|(text, _, _)| text.as_str()).collect();
        told.join(", ")
    }
}
