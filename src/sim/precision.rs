//! How many runs a wanted precision takes: runs are added in steps that depend on nothing but the results
//! so far, in the order of their numbers, so that the number of threads changes nothing.

use crate::base::limits;
use crate::base::quantity::to_f64;
use crate::ir::{Measure, Plant, Precision};
use crate::runtime::statistics::Summary;

use super::outcome::Replication;

/// How many runs to make at first.
#[must_use]
pub(super) fn first(plant: &Plant, asked: u64) -> u64 {
    if plant.run.precision.is_empty() { asked } else { asked.max(limits::PRECISION_FIRST) }
}

/// Up to how many runs to go on; `None` when all that is asked for is reached, or cannot be.
///
/// The half width falls with the root of the number of runs (Law, Simulation modeling and analysis, 9.4.1), so that
/// the ratio of what there is to what is wanted says how many are needed; at most twice as many as
/// there are, for the spread is an estimate too.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn next(plant: &Plant, done: &[Replication], most: u64) -> Option<u64> {
    let n = done.len() as u64;
    let worst = plant.run.precision.iter().filter_map(|p| excess(plant, p, done)).fold(0.0, f64::max);
    if worst <= 1.0 || n >= most {
        return None;
    }
    // The conversion saturates; the result lies between a tenth more and twice as many.
    let needed = (n as f64 * worst * worst).ceil() as u64;
    let step = needed.saturating_sub(n).clamp(n / 10 + 1, n.max(1));
    Some(n.saturating_add(step).min(most))
}

/// The precision that is farthest from being reached, with its half width over the mean.
#[must_use]
pub(super) fn missed<'a>(plant: &'a Plant, done: &[Replication]) -> Option<(&'a Precision, f64)> {
    let all = plant.run.precision.iter().filter_map(|p| excess(plant, p, done).map(|by| (p, by)));
    let worst = all.filter(|(_, by)| *by > 1.0).max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((worst.0, worst.1 * to_f64(&worst.0.within)))
}

/// Half width over what is wanted: above 1 it is too wide. `None` where there is nothing to measure, and
/// where all runs agree.
fn excess(plant: &Plant, p: &Precision, done: &[Replication]) -> Option<f64> {
    let values: Vec<f64> = done.iter().filter_map(|r| value(plant, p.of, r)).collect();
    let relative = Summary::of(&values)?.relative_half_width()?;
    Some(relative / to_f64(&p.within))
}

#[allow(clippy::cast_precision_loss)]
fn value(plant: &Plant, of: Measure, r: &Replication) -> Option<f64> {
    let over = |sum: i128, by: f64| (by > 0.0).then(|| sum as f64 / by);
    let window = r.window_ticks as f64;
    match of {
        Measure::Throughput(at) => {
            let name = at.and_then(|id| plant.nodes.get(id)).map(|n| n.name.as_str());
            let sinks = r.sinks.iter().filter(|s| name.is_none_or(|n| s.name == n));
            let count = sinks.flat_map(|s| &s.items).fold(0u64, |sum, i| sum.saturating_add(i.count));
            over(i128::from(count), window)
        }
        Measure::TimeInSystem(None) => over(r.line.time_sum_ticks, r.line.count as f64),
        Measure::TimeInSystem(Some(id)) => {
            let name = plant.items.get(id).map(|i| i.name.as_str())?;
            let items = r.sinks.iter().flat_map(|s| &s.items).filter(|i| i.item == name);
            let (count, sum) = items
                .fold((0u64, 0i128), |(n, sum), i| (n.saturating_add(i.count), sum.saturating_add(i.time_sum_ticks)));
            over(sum, count as f64)
        }
        Measure::Wip => over(r.line.wip_area_ticks, window),
    }
}
