//! Figures of fleets: what their vehicles spent their time on, and how far they went.

use crate::ir::Plant;
use crate::kernel::vehicles::{DOINGS, VehicleTotals};

use super::outcome::{FleetFigures, FleetResult, Seen, VehicleFigures, count, ratio, share, summary};

/// Micrometres of a metre.
const MICRO: f64 = 1e6;
/// What counts as idle, down, maintained and off shift.
const AT_REST: [usize; 4] = [5, 6, 7, OFF];
/// Off shift.
const OFF: usize = 8;

/// The figures of a window: the difference of totals.
#[must_use]
pub fn figures(plant: &Plant, before: &[Vec<VehicleTotals>], after: &[Vec<VehicleTotals>]) -> Vec<FleetFigures> {
    let window = |(b, a): (&VehicleTotals, &VehicleTotals)| VehicleFigures {
        ticks: std::array::from_fn(|i| {
            let at = |v: &VehicleTotals| v.ticks.get(i).copied().unwrap_or(0);
            i128::from(at(a).saturating_sub(at(b)))
        }),
        trips: u64::try_from(a.trips.saturating_sub(b.trips)).unwrap_or(0),
        items: u64::try_from(a.items.saturating_sub(b.items)).unwrap_or(0),
        loaded_um: a.loaded_um.saturating_sub(b.loaded_um),
        empty_um: a.empty_um.saturating_sub(b.empty_um),
    };
    let fleets = plant.fleets.iter().zip(before.iter().zip(after));
    fleets
        .map(|(f, (b, a))| FleetFigures {
            name: f.name.clone(),
            vehicles: b.iter().zip(a).map(window).collect(),
            ..FleetFigures::default()
        })
        .collect()
}

impl FleetFigures {
    /// Adds the figures of a later window.
    pub(super) fn extend(&mut self, later: &FleetFigures) {
        self.energy_j = super::outcome::plus(self.energy_j, later.energy_j);
        self.cost = super::outcome::plus(self.cost, later.cost);
        for (v, l) in self.vehicles.iter_mut().zip(&later.vehicles) {
            for (sum, ticks) in v.ticks.iter_mut().zip(l.ticks) {
                *sum = sum.saturating_add(ticks);
            }
            v.trips = v.trips.saturating_add(l.trips);
            v.items = v.items.saturating_add(l.items);
            v.loaded_um = v.loaded_um.saturating_add(l.loaded_um);
            v.empty_um = v.empty_um.saturating_add(l.empty_um);
        }
    }

    /// Share of the vehicles' time on shift in which they are neither idle, down nor maintained.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // ticks of a run
    pub(super) fn at_work(&self) -> Option<f64> {
        let all: i128 = self.vehicles.iter().flat_map(|v| v.ticks).sum();
        let on = all - self.ticks(OFF);
        let at_rest: i128 = AT_REST.iter().map(|i| self.ticks(*i)).sum();
        (on > 0).then(|| (all - at_rest) as f64 / on as f64)
    }

    fn ticks(&self, i: usize) -> i128 {
        self.vehicles.iter().filter_map(|v| v.ticks.get(i)).sum()
    }

    /// The vehicles of which the times do not add up to the window: a bug.
    #[must_use]
    pub fn contradiction(&self, window_ticks: i64) -> Option<String> {
        let wrong = self
            .vehicles
            .iter()
            .position(|v| v.ticks.iter().any(|t| *t < 0) || v.ticks.iter().sum::<i128>() != i128::from(window_ticks))?;
        Some(format!("the times of `{}#{}` do not add up to {window_ticks} ticks", self.name, wrong + 1))
    }
}

#[allow(clippy::cast_precision_loss)] // a distance in metres
fn metres(micrometres: i64) -> f64 {
    micrometres as f64 / MICRO
}

/// One fleet over all replications.
pub(super) fn result(name: &str, seen: &[Seen<'_, FleetFigures>]) -> FleetResult {
    let size = seen.first().map_or(0, |(_, f)| f.vehicles.len());
    let busy = |i: usize| {
        summary(seen, |(r, f)| {
            let ticks = &f.vehicles.get(i)?.ticks;
            let at_rest: i128 = AT_REST.iter().filter_map(|d| ticks.get(*d)).sum();
            ratio(ticks.iter().sum::<i128>() - at_rest, r.window_ticks.into())
        })
    };
    let length = |of: fn(&VehicleFigures) -> i64| {
        summary(seen, move |(_, f)| Some(metres(f.vehicles.iter().map(of).fold(0, i64::saturating_add))))
    };
    FleetResult {
        name: name.to_owned(),
        states: std::array::from_fn(|i| {
            summary(seen, |(r, f)| share(f.ticks(i), r.window_ticks, f.vehicles.len() as u64))
        }),
        trips: summary(seen, |(_, f)| Some(count(f.vehicles.iter().map(|v| v.trips).sum()))),
        items: summary(seen, |(_, f)| Some(count(f.vehicles.iter().map(|v| v.items).sum()))),
        loaded_m: length(|v| v.loaded_um),
        empty_m: length(|v| v.empty_um),
        energy_kwh: summary(seen, |(_, f)| f.energy_j.map(super::outcome::kilowatt_hours)),
        cost: summary(seen, |(_, f)| f.cost),
        busy: (0..size).map(|i| (format!("{name}#{}", i + 1), busy(i))).collect(),
    }
}

const _: () = assert!(DOINGS.len() == 9);
