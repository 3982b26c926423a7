//! Holds simulated runs against what is expected: a value of each run, their interval, a verdict.
//!
//! Start at [`judge`]; what a run measures is in [`values`].

use crate::base::Dim;
use crate::base::ticks::TICKS_PER_SECOND;
use crate::ir::expect::{Bound, MeasureKind, Reckoned, Statistic};
use crate::ir::ids::Id;
use crate::ir::{Binary, CalendarId, ItemId, LimitId, NodeId, Plant};
use crate::kernel::State;
use crate::kernel::read::ProbeTotals;
use crate::runtime::histogram;
use crate::runtime::statistics::Summary;

use super::outcome::{self, ExpectationResult, Replication, StationFigures, Verdict};
use super::tallies::TypeFigures;

/// Figures of the windows in which a shift was on.
pub type During = (CalendarId, Replication);

/// Adds the figures of a later stretch to those of an earlier one.
pub(super) fn join(during: &mut Vec<During>, later: Vec<During>) {
    for (id, figures) in later {
        match during.iter_mut().find(|(other, _)| *other == id) {
            Some((_, sum)) => sum.extend(&figures),
            None => during.push((id, figures)),
        }
    }
}

/// What every measure of the plant gave in one run, in base units.
#[must_use]
pub fn values(
    plant: &Plant,
    whole: &Replication,
    during: &[During],
    probes: &[Option<ProbeTotals>],
) -> Vec<Option<f64>> {
    let of = |(i, measure): (usize, &crate::ir::expect::Measure)| {
        let figures = match measure.during {
            None => Some(whole),
            Some(shift) => during.iter().find(|(id, _)| *id == shift).map(|(_, figures)| figures),
        };
        match &measure.kind {
            MeasureKind::Duration(_, statistic) => of_items(probes.get(i)?.as_ref()?, *statistic),
            kind => of_figures(plant, kind, figures?),
        }
    };
    plant.measures.iter().enumerate().map(of).collect()
}

#[allow(clippy::cast_precision_loss)] // counts and ticks of a run
fn of_items(probe: &ProbeTotals, statistic: Statistic) -> Option<f64> {
    if probe.count == 0 {
        return None;
    }
    let count = probe.count as f64;
    match statistic {
        Statistic::Mean => Some(probe.sum as f64 / (count * TICKS_PER_SECOND as f64)),
        Statistic::Least => Some(probe.minimum as f64 / TICKS_PER_SECOND as f64),
        Statistic::Most => Some(probe.maximum as f64 / TICKS_PER_SECOND as f64),
        Statistic::Share { others, .. } => {
            let within = if others { probe.count.saturating_sub(probe.within) } else { probe.within };
            Some(within as f64 / count)
        }
        Statistic::Quantile(q) => {
            let (early, late) = (&probe.early, &probe.late);
            let ticks = histogram::signed_quantile(early, late, q, probe.minimum, probe.maximum)?;
            Some(ticks / TICKS_PER_SECOND as f64)
        }
    }
}

#[allow(clippy::cast_precision_loss)] // counts and ticks of a run
fn of_figures(plant: &Plant, kind: &MeasureKind, figures: &Replication) -> Option<f64> {
    let window = figures.window_ticks as f64;
    if window <= 0.0 {
        return None;
    }
    let seconds = window / TICKS_PER_SECOND as f64;
    let name = |id: NodeId| plant.nodes.get(id).map_or("", |n| n.name.as_str());
    let station = |id: NodeId| figures.stations.iter().find(|s| s.name == name(id));
    let buffer = |id: NodeId| figures.buffers.iter().find(|b| b.name == name(id));
    match kind {
        MeasureKind::Throughput(id, item) => {
            let sink = figures.sinks.iter().find(|s| s.name == name(*id));
            let count = match (sink, station(*id), buffer(*id)) {
                (Some(sink), _, _) => {
                    let counted = sink.items.iter().filter(|a| item.is_none_or(|i| is_named(plant, &a.item, i)));
                    counted.fold(0u64, |sum, a| sum.saturating_add(a.count))
                }
                (None, Some(station), _) => station.cycles,
                (None, None, Some(buffer)) => buffer.exits,
                _ => return None,
            };
            Some(count as f64 / seconds)
        }
        MeasureKind::Wip(None) => Some(figures.line.wip_area_ticks as f64 / window),
        MeasureKind::Wip(Some(item)) => Some(of_type(plant, figures, *item, |t| t.wip_area_ticks) as f64 / window),
        MeasureKind::Level(id) => Some(buffer(*id)?.area_ticks as f64 / window),
        MeasureKind::HighestLevel(id) => Some(buffer(*id)?.max as f64),
        MeasureKind::Wait(id) => {
            let b = buffer(*id)?;
            (b.exits > 0).then(|| b.wait_ticks as f64 / b.exits as f64 / TICKS_PER_SECOND as f64)
        }
        MeasureKind::State(id, state) => {
            let s = station(*id)?;
            outcome::share(s.state_ticks.get(*state).copied()?, figures.window_ticks, s.machines)
        }
        MeasureKind::Availability(id) => availability(station(*id)?),
        MeasureKind::ScrappedAt(id) => Some(station(*id)?.scrapped as f64 / seconds),
        MeasureKind::Scrapped(item) => {
            Some(of_type(plant, figures, *item, |t| i128::from(t.scrapped)) as f64 / seconds)
        }
        MeasureKind::LostAt(id) => {
            let source = figures.sources.iter().find(|s| s.name == name(*id))?;
            Some(source.lost as f64 / seconds)
        }
        MeasureKind::Lost(item) => Some(of_type(plant, figures, *item, |t| i128::from(t.lost)) as f64 / seconds),
        MeasureKind::Expired(id) => Some(buffer(*id)?.expired as f64 / seconds),
        MeasureKind::Utilisation(id) => utilisation(station(*id)?),
        MeasureKind::PoolUtilisation(id) => {
            let pool = plant.pools.get(*id)?;
            let p = figures.pools.iter().find(|p| p.name == pool.name)?;
            (p.size_area_ticks > 0).then(|| p.busy_area_ticks as f64 / p.size_area_ticks as f64)
        }
        MeasureKind::FleetUtilisation(fleet) => figures.fleets.get(*fleet)?.at_work(),
        MeasureKind::CardsInUse(first, n) => Some(cards(plant, figures, *first, *n).1 as f64 / window),
        MeasureKind::CardUtilisation(first, n) => {
            let (count, area) = cards(plant, figures, *first, *n);
            (count > 0).then(|| area as f64 / window / count as f64)
        }
        MeasureKind::Oee(id) => outcome::oee(station(*id)?),
        MeasureKind::EnergyPer(item) => per(figures.line.energy_j?, left(plant, figures, *item)),
        MeasureKind::CostPer(item) => per(figures.line.cost?, left(plant, figures, *item)),
        MeasureKind::Duration(..) => None,
    }
}

/// How many cards there are, and those in use integrated over time.
fn cards(plant: &Plant, figures: &Replication, first: LimitId, number: u64) -> (u64, i128) {
    let ids = plant.limits.ids().skip(first.index()).take(usize::try_from(number).unwrap_or(0));
    let named = |id: LimitId| figures.cards.iter().find(|c| plant.limits.get(id).is_some_and(|l| l.name == c.name));
    ids.filter_map(named).fold((0, 0), |(n, area), c| (n + c.count, area.saturating_add(c.out_area_ticks)))
}

/// A sum over a type and its kinds.
fn of_type(plant: &Plant, figures: &Replication, item: ItemId, value: impl Fn(&TypeFigures) -> i128) -> i128 {
    let kinds = figures.types.iter().filter(|t| is_named(plant, &t.item, item));
    kinds.fold(0, |sum, t| sum.saturating_add(value(t)))
}

/// Share of the planned time, on shift and not under maintenance, in which machines are not down.
#[allow(clippy::cast_precision_loss)] // ticks of a run
fn availability(s: &StationFigures) -> Option<f64> {
    let in_state = |state: State| s.state_ticks.get(state as usize).copied().unwrap_or(0);
    let planned = s.state_ticks.iter().sum::<i128>() - in_state(State::Off) - in_state(State::Maintenance);
    (planned > 0).then(|| 1.0 - in_state(State::Down) as f64 / planned as f64)
}

/// Share of the time on shift in which machines work.
#[allow(clippy::cast_precision_loss)] // ticks of a run
fn utilisation(s: &StationFigures) -> Option<f64> {
    let in_state = |state: State| s.state_ticks.get(state as usize).copied().unwrap_or(0);
    let on = s.state_ticks.iter().sum::<i128>() - in_state(State::Off);
    (on > 0).then(|| in_state(State::Working) as f64 / on as f64)
}

/// Items of a type and its kinds that left the line.
fn left(plant: &Plant, figures: &Replication, item: ItemId) -> u64 {
    let arrivals = figures.sinks.iter().flat_map(|s| &s.items).filter(|a| is_named(plant, &a.item, item));
    arrivals.fold(0, |sum, a| sum.saturating_add(a.count))
}

fn is_named(plant: &Plant, name: &str, item: ItemId) -> bool {
    plant.items.iter().any(|(id, i)| i.name == name && plant.is_a(id, item))
}

#[allow(clippy::cast_precision_loss)] // a count of items
fn per(total: f64, count: u64) -> Option<f64> {
    (count > 0).then(|| total / count as f64)
}

fn reckon(value: &Reckoned, measures: &[Option<f64>]) -> Option<f64> {
    match value {
        Reckoned::Constant(x) => Some(*x),
        Reckoned::Measure(i) => measures.get(*i).copied().flatten(),
        Reckoned::Binary(op, a, b) => {
            let (a, b) = (reckon(a, measures)?, reckon(b, measures)?);
            Some(match op {
                Binary::Add => a + b,
                Binary::Subtract => a - b,
                Binary::Multiply => a * b,
                _ => a / b,
            })
        }
    }
}

/// The verdict on every expectation of the plant. With one run that draws by chance nothing is decided.
#[must_use]
pub fn judge(plant: &Plant, replications: &[Replication]) -> Vec<ExpectationResult> {
    let chance = replications.iter().any(|r| r.chance);
    let judged = plant.expectations.iter().map(|e| {
        let values: Vec<f64> =
            replications.iter().filter_map(|r| reckon(&e.figure, &r.measures)).filter(|v| v.is_finite()).collect();
        let summary = Summary::of(&values);
        let half = match summary {
            Some(s) => s.half_width.or((!chance).then_some(0.0)),
            None => None,
        };
        let verdict = match (summary, half) {
            (Some(s), Some(half)) => verdict(e.bound, s.mean - half, s.mean + half),
            _ => Verdict::Undecided,
        };
        let (unit, size) = &e.unit;
        let told = summary.map(|s| Summary {
            mean: s.mean / size,
            half_width: s.half_width.map(|h| h / size),
            sd: s.sd / size,
            min: s.min / size,
            max: s.max / size,
        });
        ExpectationResult {
            name: e.name.clone(),
            text: e.text.clone(),
            verdict,
            figure: told,
            unit: unit.clone(),
            share: e.dim == Dim::RATIO,
        }
    });
    judged.collect()
}

/// The verdict on an interval: met or not when all of it lies on one side.
fn verdict(bound: Bound, low: f64, high: f64) -> Verdict {
    let (met, failed) = match bound {
        Bound::AtLeast(at) => (low >= at, high < at),
        Bound::Above(at) => (low > at, high <= at),
        Bound::AtMost(at) => (high <= at, low > at),
        Bound::Below(at) => (high < at, low >= at),
        Bound::Within(from, to) => (low >= from && high <= to, high < from || low > to),
    };
    match (met, failed) {
        (true, _) => Verdict::Met,
        (_, true) => Verdict::NotMet,
        _ => Verdict::Undecided,
    }
}
