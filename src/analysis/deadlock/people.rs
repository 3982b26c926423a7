//! People, and tools, that a station keeps until its item has left: whoever needs them can wait for room.
//! All others go free at the end of what they do, and are no part of any deadlock (semantics D2).

use std::collections::BTreeSet;

use crate::ir::{Need, NodeId, NodeKind, Plant, PoolId, ReleaseCrew, Station, Stopped};

/// Crews and tools that some station keeps.
pub(super) fn kept(plant: &Plant) -> BTreeSet<PoolId> {
    let stations = plant.nodes.iter().filter(|(id, _)| keeps(plant, *id));
    stations.flat_map(|(id, _)| for_work(plant, id)).map(|n| n.pool).collect()
}

/// Whether a station keeps its people until its item has left.
pub(super) fn keeps(plant: &Plant, id: NodeId) -> bool {
    station(plant, id).is_some_and(|s| s.release_crew == ReleaseCrew::AfterLeaving)
}

/// Whether a station asks for members of a pool, for work or for repairs.
pub(super) fn asks(plant: &Plant, id: NodeId, pool: PoolId) -> bool {
    for_work(plant, id).chain(for_stops(plant, id)).any(|n| n.pool == pool)
}

/// Whether something that is no station asks for people who are kept: a belt, a vehicle, a line that is cleared.
pub(super) fn asked_elsewhere(plant: &Plant, kept: &BTreeSet<PoolId>) -> bool {
    let of = |needs: &[Need]| needs.iter().any(|n| kept.contains(&n.pool));
    let no_station = |s: &Stopped| !matches!(s, Stopped::Node(id) if station(plant, *id).is_some());
    plant.stops.iter().any(|s| s.stops.iter().any(no_station) && of(s.stop.needs()))
        || plant.limits.values().any(|l| l.clearance.as_ref().is_some_and(|c| of(&c.needs)))
        || plant.nodes.values().any(|n| match &n.kind {
            NodeKind::Conveyor(belt) => {
                belt.breakdowns.iter().any(|b| of(&b.needs)) || belt.maintenance.iter().any(|m| of(&m.needs))
            }
            _ => false,
        })
}

/// Of a station: the pool that it needs one of for all of its work and that is kept somewhere; `None` when it needs
/// none that is.
///
/// # Errors
/// What is asked for in a form that is not followed: the order in which requests are served then decides.
pub(super) fn kept_need(plant: &Plant, id: NodeId, kept: &BTreeSet<PoolId>) -> Result<Option<PoolId>, &'static str> {
    let (false, Some(station)) = (kept.is_empty(), station(plant, id)) else { return Ok(None) };
    if for_stops(plant, id).any(|n| kept.contains(&n.pool)) {
        return Err("repairs by people who stay until an item has left (`release_crew: after_leaving`)");
    }
    let asked: Vec<&Need> = for_work(plant, id).filter(|n| kept.contains(&n.pool)).collect();
    let Some(first) = asked.first() else { return Ok(None) };
    let always = plant.pools.get(first.pool).is_some_and(|p| p.calendar.is_none() && p.sizes.is_empty());
    let skilled = plant.pools.values().any(|p| p.crews.contains(&first.pool))
        || plant.pools.get(first.pool).is_some_and(|p| !p.crews.is_empty());
    let one = asked.iter().all(|n| n.pool == first.pool && n.count == 1);
    let whole = plant.visits.values().all(|v| v.station != id || v.needs().next().is_none())
        && station.setups().all(|s| s.needs.is_none())
        && station
            .recipes
            .iter()
            .all(|r| !r.gathers() && r.phases.iter().all(|p| p.needs.len() == 1 && (p.keeps || r.phases.len() == 1)));
    if always && !skilled && one && whole {
        return Ok(Some(first.pool));
    }
    Err(
        "people who stay until an item has left (`release_crew: after_leaving`), asked for in other forms than one for all the work",
    )
}

fn station(plant: &Plant, id: NodeId) -> Option<&Station> {
    match plant.nodes.get(id).map(|n| &n.kind) {
        Some(NodeKind::Station(station)) => Some(station),
        _ => None,
    }
}

fn for_work(plant: &Plant, id: NodeId) -> impl Iterator<Item = &Need> {
    let visits = plant.visits.values().filter(move |v| v.station == id).flat_map(crate::ir::Visit::needs);
    let own = station(plant, id).into_iter().flat_map(|s| {
        let work = s.recipes.iter().flat_map(|r| &r.phases).flat_map(|p| &p.needs);
        work.chain(s.setups().filter_map(|s| s.needs.as_ref()).flatten())
    });
    own.chain(visits)
}

fn for_stops(plant: &Plant, id: NodeId) -> impl Iterator<Item = &Need> {
    let own = station(plant, id)
        .into_iter()
        .flat_map(|s| s.breakdowns.iter().flat_map(|b| &b.needs).chain(s.maintenance.iter().flat_map(|m| &m.needs)));
    own.chain(plant.shared_stops(id).flat_map(|s| s.stop.needs()))
}
