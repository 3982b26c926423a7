//! Holds a plant against its own rules: ids valid, shares whole, ways that end in nodes that accept.

use num_traits::Zero;

use crate::base::Rational;

use super::{CalendarId, NodeKind, Plant, Routing, Source, Supply};

/// Checks a plant. O(size).
///
/// # Errors
/// What is not sound, each in a sentence.
pub fn verify(plant: &Plant) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    for node in plant.nodes.values() {
        if let Some(way) = &node.routing {
            routing(plant, way, &node.name, &mut problems);
        }
        if let NodeKind::Source(source) = &node.kind {
            let sum = source.mix.iter().fold(Rational::zero(), |sum, (_, share)| sum + share);
            if !sum.is_one() || source.mix.iter().any(|(i, _)| plant.items.get(*i).is_none()) {
                problems.push(format!("the mix of `{}` is not whole", node.name));
            }
            supply(plant, source, &node.name, &mut problems);
        }
        if let NodeKind::Conveyor(belt) = &node.kind
            && (belt.lanes == 0 || belt.headway().0 <= 0 || belt.travel().0 <= 0)
        {
            problems.push(format!("the belt `{}` cannot run", node.name));
        }
        if let NodeKind::Buffer(buffer) = &node.kind {
            let known = |k: &super::Kept| match &k.whom {
                super::KeptFor::Item(item) => plant.items.get(*item).is_some(),
                super::KeptFor::From(from, givers) => {
                    plant.nodes.get(*from).is_some() && givers.iter().all(|g| plant.nodes.get(*g).is_some())
                }
            };
            if !buffer.kept.iter().all(known) {
                problems.push(format!("`{}` keeps places for nothing", node.name));
            }
        }
        if let NodeKind::Station(station) = &node.kind {
            let needs = station.recipes.iter().flat_map(|r| &r.phases).flat_map(|p| &p.needs);
            let needs = needs.chain(station.breakdowns.iter().flat_map(|b| &b.needs));
            if needs.clone().any(|n| plant.pools.get(n.pool).is_none()) {
                problems.push(format!("`{}` needs a pool that does not exist", node.name));
            }
            let parts = station.recipes.iter().flat_map(|r| r.takes.iter().chain(&r.makes));
            if parts.clone().any(|p| plant.items.get(p.item).is_none()) {
                problems.push(format!("`{}` takes or makes an item that does not exist", node.name));
            }
            if station.recipes.is_empty() {
                problems.push(format!("`{}` cannot work", node.name));
            }
        }
    }
    for visit in plant.visits.values() {
        if !matches!(plant.nodes.get(visit.station).map(|n| &n.kind), Some(NodeKind::Station(_))) {
            problems.push(format!("the visit `{}` is at no station", visit.name));
        }
        routing(plant, &visit.next, &visit.name, &mut problems);
    }
    for route in &plant.routes {
        routing(plant, &route.start, "a route", &mut problems);
    }
    for limit in plant.limits.values() {
        if plant.nodes.get(limit.from).is_none() || plant.nodes.get(limit.to).is_none() {
            problems.push(format!("limit `{}` begins or ends nowhere", limit.name));
        }
    }
    for demand in &plant.demands {
        if plant.items.get(demand.item).is_none() || demand.at.is_some_and(|n| plant.nodes.get(n).is_none()) {
            problems.push("a demand is for nothing".to_string());
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn supply(plant: &Plant, source: &Source, name: &str, problems: &mut Vec<String>) {
    let on = |id: &CalendarId| plant.calendars.get(*id).is_some();
    let sound = match &source.supply {
        Supply::Always | Supply::Every(_) | Supply::Outside => true,
        Supply::ByHours { hours, .. } => hours.iter().all(|(c, _)| on(c)),
        Supply::At(id) => on(id),
        Supply::Orders(list) => {
            list.is_sorted_by_key(|o| o.at) && list.iter().all(|o| plant.items.get(o.item).is_some() && o.at.0 >= 0)
        }
    };
    let items = source.campaign.iter().flat_map(|c| &c.mix).all(|(i, _)| plant.items.get(*i).is_some());
    if !sound || !items || source.campaign.iter().any(|c| c.count == 0) {
        problems.push(format!("what `{name}` makes is not sound"));
    }
}

fn routing(plant: &Plant, way: &Routing, name: &str, problems: &mut Vec<String>) {
    for target in way.targets() {
        let Some(node) = plant.nodes.get(target.node) else {
            problems.push(format!("`{name}` leads to a node that does not exist"));
            continue;
        };
        if matches!(node.kind, NodeKind::Source(_)) {
            problems.push(format!("`{name}` leads to the source `{}`", node.name));
        }
        if target.visit.is_some_and(|v| plant.visits.get(v).is_none()) {
            problems.push(format!("`{name}` begins a visit that does not exist"));
        }
    }
    shares(way, name, problems);
}

fn shares(way: &Routing, name: &str, problems: &mut Vec<String>) {
    match way {
        Routing::To(_) => {}
        Routing::Shares(list, _) => {
            if !list.iter().fold(Rational::zero(), |sum, (share, _)| sum + share).is_one() {
                problems.push(format!("the shares of `{name}` are not whole"));
            }
            list.iter().for_each(|(_, w)| shares(w, name, problems));
        }
        Routing::ByItem(list, rest, _) => {
            list.iter().for_each(|(_, w)| shares(w, name, problems));
            if let Some(rest) = rest {
                shares(rest, name, problems);
            }
        }
        Routing::If(list, rest, _) => {
            list.iter().for_each(|(_, w)| shares(w, name, problems));
            shares(rest, name, problems);
        }
        Routing::Rule(_, list, _) => list.iter().for_each(|w| shares(w, name, problems)),
    }
}
