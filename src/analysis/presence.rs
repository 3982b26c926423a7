//! Crews that are off, or too few, while a station that needs them is on shift (E0507).

use std::collections::BTreeMap;

use crate::base::{Span, TICKS_PER_SECOND};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Calendar, Need, NodeKind, Plant, Pool, PoolId, Window};

/// Checks the work of every station. O(stations · needs · windows²).
pub(super) fn check(plant: &Plant, found: &mut Vec<Diagnostic>) {
    for node in plant.nodes.values() {
        let NodeKind::Station(station) = &node.kind else { continue };
        let mut asked: BTreeMap<PoolId, (u64, Span)> = BTreeMap::new();
        for phase in station.recipes.iter().flat_map(|r| &r.phases) {
            for (pool, number, span) in sums(&phase.needs) {
                let entry = asked.entry(pool).or_insert((number, span));
                entry.0 = entry.0.max(number);
            }
        }
        let own = node.calendar.and_then(|c| plant.calendars.get(c));
        for (id, (number, span)) in asked {
            let Some(pool) = plant.pools.get(id) else { continue };
            let Some(calendar) = pool.calendar.and_then(|c| plant.calendars.get(c)) else { continue };
            let missing = missing(own, calendar, pool, number);
            // Of a crew that is never large enough E0504 tells.
            if missing <= 0 || pool.size < number {
                continue;
            }
            let hours = missing / TICKS_PER_SECOND / 36;
            let hours = format!("{}.{:02}", hours / 100, hours % 100);
            let hours = hours.trim_end_matches('0').trim_end_matches('.');
            let (there, why) = match number {
                1 => ("is off".to_string(), "is on shift then"),
                n => (format!("has fewer than {n} members"), "asks for them then"),
            };
            found.push(
                Diagnostic::new(
                    codes::CREW_OFF,
                    span,
                    format!("`{}` {there} for {hours} h a week while `{}` runs, which needs it", pool.name, node.name),
                )
                .with(pool.span, format!("`{}`", calendar.name))
                .with(node.span, why)
                .note("the station waits with its item until they come back")
                .help(format!("give `{}` and `{}` the same shift, or put up with the wait", pool.name, node.name)),
            );
        }
    }
}

fn sums(needs: &[Need]) -> Vec<(PoolId, u64, Span)> {
    let mut list: Vec<(PoolId, u64, Span)> = Vec::new();
    for need in needs {
        match list.iter_mut().find(|(pool, ..)| *pool == need.pool) {
            Some((_, number, _)) => *number = number.saturating_add(need.count),
            None => list.push((need.pool, need.count, need.span)),
        }
    }
    list
}

fn per_week(sum: i64, length: crate::base::Ticks) -> i64 {
    let week = 7 * 86_400 * i128::from(TICKS_PER_SECOND);
    i64::try_from(i128::from(sum) * week / i128::from(length.0.max(1))).unwrap_or(i64::MAX)
}

/// Ticks of a week, on average, in which the station is on and too few of the pool are there. Closed days are left out.
fn missing(station: Option<&Calendar>, crew: &Calendar, pool: &Pool, number: u64) -> i64 {
    let Some(length) = Calendar::common_period(station.into_iter().chain([crew])) else { return 0 };
    let crew = crew.windows_for(length);
    let station = station.map(|s| s.windows_for(length));
    let mut bounds: Vec<i64> = vec![0, length.0];
    bounds.extend(crew.iter().chain(station.iter().flatten()).flat_map(|w| [w.from.0, w.to.0]));
    bounds.sort_unstable();
    bounds.dedup();
    let mut sum = 0i64;
    for pair in bounds.windows(2) {
        let [from, to] = pair else { continue };
        let on = |windows: &Vec<Window>| windows.iter().any(|w| w.from.0 <= *from && from < &w.to.0);
        let there = if pool.sizes.is_empty() {
            if on(&crew) { pool.size } else { 0 }
        } else {
            let now = crew.iter().filter(|w| w.from.0 <= *from && from < &w.to.0);
            let sizes = now.filter_map(|w| pool.sizes.iter().find(|(name, _)| Some(*name) == w.name));
            sizes.map(|(_, n)| *n).fold(0, u64::saturating_add)
        };
        if station.as_ref().is_none_or(on) && there < number {
            sum = sum.saturating_add(to - from);
        }
    }
    per_week(sum, length)
}
