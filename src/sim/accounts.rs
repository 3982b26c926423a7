//! Energy and money of a window: integer times and counts, multiplied with exact rates once, when the
//! run is over (semantics Z6).
//!
//! Start at [`add`].

use num_traits::Zero;

use crate::base::quantity::to_f64;
use crate::base::ticks::TICKS_PER_SECOND;
use crate::base::{Rational, Ticks};
use crate::ir::account::ByState;
use crate::ir::{Calendar, Node, NodeKind, Plant, Supply};
use crate::kernel::read::Snapshot;
use crate::kernel::vehicles::DOINGS;

use super::outcome::Replication;

/// Adds what the window from `before` to `after` took to its figures.
pub fn add(plant: &Plant, before: &Snapshot, after: &Snapshot, figures: &mut Replication) {
    let accounts = &plant.accounts;
    if !accounts.with_power() && !accounts.with_cost() {
        return;
    }
    let (mut energy, mut cost) = (Rational::zero(), Rational::zero());
    for (station, totals) in figures.stations.iter_mut().zip(&after.stations) {
        let Some(account) = accounts.nodes.get(&totals.node) else { continue };
        if let Some(watts) = &account.power {
            let joules = over_states(watts, &station.state_ticks);
            station.energy_j = Some(to_f64(&joules));
            energy += joules;
        }
        let by_time = account.cost.as_ref().map(|rates| over_states(rates, &station.state_ticks));
        let by_cycle = account.each.as_ref().map(|money| money * whole(station.cycles.into()));
        if let Some(money) = sum(by_time, by_cycle) {
            station.cost = Some(to_f64(&money));
            cost += money;
        }
    }
    let on_and_off = |node: &Node| {
        let calendar = node.calendar.and_then(|c| plant.calendars.get(c));
        let on = on_between(calendar, before.now, after.now);
        let off = after.now.0.saturating_sub(before.now.0).saturating_sub(on);
        [on.into(), 0, 0, 0, 0, 0, 0, off.into()]
    };
    for (b, a) in before.buffers.iter().zip(&after.buffers) {
        let (Some(account), Some(node)) = (accounts.nodes.get(&a.node), plant.nodes.get(a.node)) else { continue };
        let times = on_and_off(node);
        energy += account.power.as_ref().map(|watts| over_states(watts, &times)).unwrap_or_default();
        cost += account.cost.as_ref().map(|rates| over_states(rates, &times)).unwrap_or_default();
        if let Some(money) = &account.each {
            cost += money * whole(a.entries.saturating_sub(b.entries).into());
        }
    }
    for (b, a) in before.sources.iter().zip(&after.sources) {
        let (Some(account), Some(node)) = (accounts.nodes.get(&a.node), plant.nodes.get(a.node)) else { continue };
        let times = on_and_off(node);
        if let Some(watts) = &account.power {
            energy += over_states(watts, &times);
        }
        if let Some(rates) = &account.cost {
            cost += over_states(rates, &times);
        }
        // What stands ready in a source that always has one is not made yet.
        let always = matches!(&node.kind, NodeKind::Source(s) if s.supply == Supply::Always);
        let made = |s: &crate::kernel::read::SourceTotals| s.made.saturating_sub(u64::from(always && s.waits));
        if let Some(money) = &account.each {
            cost += money * whole(made(a).saturating_sub(made(b)).into());
        }
    }
    for (pool, totals) in figures.pools.iter_mut().zip(&after.pools) {
        if let Some(rate) = accounts.pools.get(&totals.pool) {
            let money = rate * seconds(pool.size_area_ticks);
            pool.cost = Some(to_f64(&money));
            cost += money;
        }
    }
    for (number, fleet) in figures.fleets.iter_mut().enumerate() {
        let Some(account) = accounts.fleets.get(&number) else { continue };
        let mut ticks = [0i128; DOINGS.len()];
        for vehicle in &fleet.vehicles {
            for (sum, its) in ticks.iter_mut().zip(vehicle.ticks) {
                *sum = sum.saturating_add(its);
            }
        }
        if let Some(watts) = &account.power {
            let joules = over(watts, &ticks);
            fleet.energy_j = Some(to_f64(&joules));
            energy += joules;
        }
        let trips = fleet.vehicles.iter().map(|v| v.trips).fold(0, u64::saturating_add);
        let by_time = account.cost.as_ref().map(|rates| over(rates, &ticks));
        let by_trip = account.each.as_ref().map(|money| money * whole(trips.into()));
        if let Some(money) = sum(by_time, by_trip) {
            fleet.cost = Some(to_f64(&money));
            cost += money;
        }
    }
    for (b, a) in before.balances.iter().zip(&after.balances) {
        if let Some(money) = accounts.items.get(&a.item) {
            let came = a.made.saturating_add(a.assembled).saturating_sub(b.made).saturating_sub(b.assembled);
            cost += money * whole(came.into());
        }
    }
    figures.line.energy_j = accounts.with_power().then(|| to_f64(&energy));
    figures.line.cost = accounts.with_cost().then(|| to_f64(&cost));
}

fn sum(a: Option<Rational>, b: Option<Rational>) -> Option<Rational> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

/// Σ rate · time, the rates per second.
fn over_states(rates: &ByState, ticks: &[i128; 8]) -> Rational {
    over(rates, ticks)
}

fn over(rates: &[Rational], ticks: &[i128]) -> Rational {
    rates.iter().zip(ticks).fold(Rational::zero(), |sum, (rate, ticks)| sum + rate * seconds(*ticks))
}

fn seconds(ticks: i128) -> Rational {
    Rational::from_parts_signed(ticks.into(), TICKS_PER_SECOND.into())
}

fn whole(count: i128) -> Rational {
    Rational::from(count)
}

/// Ticks from `from` to `to` in which a calendar is on; without one it always is. O(changes).
#[must_use]
pub fn on_between(calendar: Option<&Calendar>, from: Ticks, to: Ticks) -> i64 {
    let Some(calendar) = calendar else { return to.0.saturating_sub(from.0) };
    let (mut at, mut on) = (from, 0i64);
    while at < to {
        let next = calendar.next_boundary(at).map_or(to, |n| n.min(to));
        if calendar.is_on(at) {
            on = on.saturating_add(next.0.saturating_sub(at.0));
        }
        at = next;
    }
    on
}
