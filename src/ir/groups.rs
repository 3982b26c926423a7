//! Which crews and tools are asked for together.

use std::collections::BTreeMap;

use crate::base::Span;

use super::ids::Id;
use super::{Need, NodeKind, Plant, PoolId, Precedence};

/// Groups of pools that requests ask for together, directly or through others.
#[must_use]
pub fn pool_components(plant: &Plant) -> Vec<Vec<PoolId>> {
    let n = plant.pools.len();
    if n == 0 {
        return Vec::new();
    }
    let mut parent: Vec<usize> = (0..n).collect();
    fn root(parent: &mut [usize], mut i: usize) -> usize {
        while let Some(up) = parent.get(i).copied().filter(|up| *up != i) {
            i = up;
        }
        i
    }
    let mut join = |needs: &[Need]| {
        for pair in needs.windows(2) {
            if let [a, b] = pair {
                let (a, b) = (root(&mut parent, a.pool.index()), root(&mut parent, b.pool.index()));
                if let Some(place) = parent.get_mut(a.max(b)) {
                    *place = a.min(b);
                }
            }
        }
    };
    for node in plant.nodes.values() {
        if let NodeKind::Station(s) = &node.kind {
            s.recipes.iter().flat_map(|r| &r.phases).for_each(|p| join(&p.needs));
            s.breakdowns.iter().for_each(|b| join(&b.needs));
            s.maintenance.iter().for_each(|m| join(&m.needs));
            s.setups().filter_map(|s| s.needs.as_deref()).for_each(&mut join);
        }
        if let NodeKind::Conveyor(c) = &node.kind {
            c.breakdowns.iter().for_each(|b| join(&b.needs));
            c.maintenance.iter().for_each(|m| join(&m.needs));
        }
    }
    plant.stops.iter().for_each(|s| join(s.stop.needs()));
    for (id, skill) in plant.pools.iter() {
        for crew in &skill.crews {
            let need = |pool| Need { pool, count: 1, span: Span::default() };
            join(&[need(id), need(*crew)]);
        }
    }
    for v in plant.visits.values() {
        v.phases.iter().flatten().for_each(|p| join(&p.needs));
        v.setup.iter().filter_map(|s| s.needs.as_deref()).for_each(&mut join);
        v.setup_needs.iter().for_each(|n| join(n));
    }
    let mut groups: BTreeMap<usize, Vec<PoolId>> = BTreeMap::new();
    for i in 0..n {
        let r = root(&mut parent, i);
        groups.entry(r).or_default().push(PoolId::new(i));
    }
    groups.into_values().collect()
}

/// The order in which requests for a group of pools are served: that of the members which have one, and the pool
/// that says so first and another one that says something else.
#[must_use]
pub fn group_order<'p>(plant: &'p Plant, group: &[PoolId]) -> (Option<&'p Precedence>, Option<(PoolId, PoolId)>) {
    let orders: Vec<(PoolId, &Precedence)> =
        group.iter().filter_map(|id| Some((*id, plant.pools.get(*id)?.order.as_ref()?))).collect();
    let first = orders.first();
    let other = first.and_then(|(id, order)| orders.iter().find(|(_, o)| o != order).map(|(other, _)| (*id, *other)));
    (first.map(|(_, order)| *order), other)
}
