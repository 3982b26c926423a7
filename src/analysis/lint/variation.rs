//! Where the variation of the flow comes from: the squared coefficients of variation of what sources and stations do,
//! weighted by what of it they pass on.
//!
//! A station with utilisation u and m machines passes on u² c²/√m of its own variation, a source all of it (linking
//! equation of Whitt 1983, "The Queueing Network Analyzer", eq. 38). Of a station c² = c₀² + Σ (1 + c_r²) A (1 − A) m_r / t₀ with one term
//! for each breakdown (Hopp and Spearman 2011, "Factory Physics", eq. 8.6). Both are estimates.

use num_traits::Zero;

use crate::base::quantity::to_f64;
use crate::ir::{Breakdown, BreakdownClock, Expression, ItemId, NodeId, NodeKind, PhaseKind, Plant, Station, Supply};

use super::super::figures::{number, over};
use super::super::load::What;
use super::super::means::{mean, mean_square};
use super::Facts;

/// How many are named.
const NAMED: usize = 3;
/// What passes on less than this is not worth a word.
const LEAST: f64 = 0.005;

/// The sources of variation, the largest first; nothing where the largest is small.
pub(super) fn note(facts: &Facts) -> Option<String> {
    let plant = facts.model.plant;
    let point = facts.point?;
    let mut ranked: Vec<(f64, String)> = Vec::new();
    for (id, node) in plant.nodes.iter() {
        if let NodeKind::Source(s) = &node.kind
            && let Supply::Every(every) = &s.supply
            && let Some(c2) = squared(plant, &[every], None)
        {
            ranked.push((c2, format!("source `{}`", node.name)));
        }
        let (NodeKind::Station(s), Some(resource)) = (&node.kind, facts.resource(id)) else { continue };
        if !matches!(resource.what, What::Station(_)) {
            continue;
        }
        let Some(load) = facts.model.load(resource, point).map(|l| to_f64(&l).min(1.0)) else { continue };
        let Some((c2, most)) = of_station(facts, id, s) else { continue };
        #[allow(clippy::cast_precision_loss)] // a number of machines
        let passed = load * load * c2 / (s.machines.max(1) as f64).sqrt();
        let why = most.map_or_else(String::new, |b| format!(" ({b})"));
        ranked.push((passed, format!("`{}`{why}", node.name)));
    }
    ranked.retain(|(c2, _)| *c2 >= LEAST);
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let told: Vec<String> = ranked.iter().take(NAMED).map(|(c2, name)| format!("{name} {}", number(*c2))).collect();
    let more = if ranked.len() > NAMED { ", …" } else { "" };
    (!told.is_empty()).then(|| format!("variation put into the flow, estimated (u² c²): {}{more}", told.join(", ")))
}

/// The squared coefficient of variation of a sum of independent times.
fn squared(plant: &Plant, times: &[&Expression], item: Option<ItemId>) -> Option<f64> {
    let (mut sum, mut variance) = (crate::base::Rational::zero(), crate::base::Rational::zero());
    for time in times {
        let m = mean(plant, time, item)?;
        variance += mean_square(plant, time, item)? - &m * &m;
        sum += m;
    }
    over(&variance, &(&sum * &sum)).map(|c2| to_f64(&c2).max(0.0))
}

/// c² of the time that a station needs for an item, breakdowns included, and the breakdown that adds most, if that
/// is more than the work itself does.
fn of_station<'a>(facts: &Facts, id: NodeId, s: &'a Station) -> Option<(f64, Option<&'a str>)> {
    let plant = facts.model.plant;
    let [recipe] = s.recipes.as_slice() else { return None };
    let item = plant.nodes.get(id)?.items.first().copied();
    let works: Vec<&Expression> =
        recipe.phases.iter().filter(|p| p.kind == PhaseKind::Work).map(|p| &p.duration).collect();
    let mut time = 0.0;
    for work in &works {
        time += to_f64(&mean(plant, work, item)?);
    }
    if time <= 0.0 {
        return None;
    }
    let own = squared(plant, &works, item)?;
    let mut sum = own;
    let mut most: (f64, Option<&str>) = (own, None);
    for breakdown in &s.breakdowns {
        let Some(adds) = of_breakdown(plant, breakdown, time) else { continue };
        sum += adds;
        if adds > most.0 {
            most = (adds, Some(breakdown.name.as_str()));
        }
    }
    Some((sum, most.1))
}

fn of_breakdown(plant: &Plant, b: &Breakdown, time: f64) -> Option<f64> {
    let repair = to_f64(&mean(plant, &b.repair, None)?);
    let mut after = to_f64(&mean(plant, &b.after, None)?);
    if b.clock == BreakdownClock::Cycles {
        after *= time;
    }
    let up = after / (after + repair);
    let varies = 1.0 + squared(plant, &[&b.repair], None)?;
    let adds = varies * up * (1.0 - up) * repair / time;
    adds.is_finite().then_some(adds)
}
