//! What runs by which clock: intervals that count the time of a shift, timetables that ask for instants at which
//! nobody works, windows that hold no whole number of weeks, expectations beside demands of a shift. All of it
//! has a meaning, which is probably not the one wanted.

use crate::base::Ticks;
use crate::base::words::time;
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::expect::{MeasureKind, Reckoned};
use crate::ir::{Calendar, CalendarId, Node, NodeKind, Plant, Supply};

use super::line::Lower;

const DAY: i64 = 86_400;

/// Says so, unless errors make it idle.
pub(super) fn check(lower: &mut Lower) {
    if lower.holes || lower.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return;
    }
    let mut found = Vec::new();
    for node in lower.plant.nodes.values() {
        source(&lower.plant, node, &mut found);
    }
    window(&lower.plant, &mut found);
    expectations(&lower.plant, &mut found);
    lower.diagnostics.extend(found);
}

/// What a source says about its times.
fn source(plant: &Plant, node: &Node, found: &mut Vec<Diagnostic>) {
    let NodeKind::Source(source) = &node.kind else { return };
    let Some(shift) = node.calendar.and_then(|c| plant.calendars.get(c)) else { return };
    let on = shift.on_per_period();
    if on.0 <= 0 || on.0 >= shift.period.0 {
        return;
    }
    match &source.supply {
        Supply::Every(interval) => {
            let day = interval.constant().filter(|q| q.value >= crate::base::Rational::from(DAY));
            let Some(ticks) = day.and_then(|q| Ticks::from_seconds(&q.value)) else { return };
            let stretched = ratio(ticks, on) * seconds(shift.period);
            found.push(
                Diagnostic::new(
                    codes::SHIFT_CLOCK,
                    node.span,
                    format!(
                        "`every: {}` of `{}` counts the time of its shift: items come every {} of the calendar",
                        time(seconds(ticks)),
                        node.name,
                        time(stretched)
                    ),
                )
                .note(format!("`{}` is on {} in {}", shift.name, time(seconds(on)), time(seconds(shift.period))))
                .help("for once a day write `at: 06:00`, a timetable; for the time of the calendar give the source `shift: always`"),
            );
        }
        Supply::At(timetable) => {
            let Some(timetable) = plant.calendars.get(*timetable).filter(|t| t.period == shift.period) else { return };
            let on_at = |at: Ticks| shift.windows.iter().any(|w| w.from <= at && at < w.to);
            let lost: Vec<Ticks> = timetable.windows.iter().map(|w| w.from).filter(|at| !on_at(*at)).collect();
            let clocks: std::collections::BTreeSet<i64> = timetable.windows.iter().map(|w| clock(w.from)).collect();
            // An instant that is on some days is meant for those.
            let never = |c: &i64| timetable.windows.iter().all(|w| clock(w.from) != *c || !on_at(w.from));
            let lost_clocks: Vec<String> = clocks.into_iter().filter(never).map(hours).collect();
            if lost_clocks.is_empty() {
                return;
            }
            found.push(
                Diagnostic::new(
                    codes::SHIFT_CLOCK,
                    timetable.span,
                    format!("`{}` is never on at {}: nothing comes then", shift.name, lost_clocks.join(", ")),
                )
                .with(shift.span, "the shift of the source")
                .note(format!(
                    "{} of {} instants a week fall outside of the shift",
                    lost.len(),
                    timetable.windows.len()
                ))
                .help("choose instants at which the shift is on, or give the source `shift: always`"),
            );
        }
        _ => {}
    }
}

/// A measured stretch in which a shift has another share than in the long run.
fn window(plant: &Plant, found: &mut Vec<Diagnostic>) {
    let Some(end) = plant.run.horizon.filter(|_| plant.run.until.is_none()) else { return };
    let measured = end.0.saturating_sub(plant.run.warmup.0);
    let mut shifts: Vec<CalendarId> = plant.nodes.values().filter_map(|n| n.calendar).collect();
    shifts.sort_unstable();
    shifts.dedup();
    for shift in shifts.into_iter().filter_map(|c| plant.calendars.get(c)) {
        let (on, period) = (shift.on_per_period(), shift.period.0);
        // Who measures less than a whole pattern means that stretch.
        if on.0 <= 0 || on.0 >= period || measured <= period || measured % period == 0 || !shift.closed.is_empty() {
            continue;
        }
        let inside = on_within(shift, plant.run.warmup, end);
        let (share, usual) = (ratio(Ticks(inside), Ticks(measured)), ratio(on, shift.period));
        if (share / usual - 1.0).abs() < 0.01 {
            continue;
        }
        let whole = measured / period * period;
        let pattern = if seconds(shift.period) == 7.0 * 86_400.0 {
            "weeks".to_string()
        } else {
            format!("rounds of {}", time(seconds(shift.period)))
        };
        found.push(
            Diagnostic::new(
                codes::RAGGED_WINDOW,
                plant.run.span,
                format!(
                    "the {} that are measured are no whole number of {pattern} of `{}`",
                    time(seconds(Ticks(measured))),
                    shift.name
                ),
            )
            .note(format!(
                "it is on {:.2} % of that time, and {:.2} % in the long run: all rates per hour differ by as much",
                share * 100.0,
                usual * 100.0
            ))
            .help(format!(
                "let the run last {}, so that {} are measured behind the warm-up",
                time(seconds(Ticks(whole.saturating_add(period).saturating_add(plant.run.warmup.0)))),
                time(seconds(Ticks(whole.saturating_add(period))))
            )),
        );
        return;
    }
}

/// Ticks in which a shift is on between two instants of the run.
fn on_within(shift: &Calendar, from: Ticks, to: Ticks) -> i64 {
    let (mut at, mut sum, mut steps) = (from, 0i64, 0u32);
    while at < to && steps < 100_000 {
        let next = shift.next_boundary(at).map_or(to, |b| b.min(to));
        if shift.is_on(at) {
            sum = sum.saturating_add(next.0.saturating_sub(at.0));
        }
        at = next;
        steps += 1;
    }
    sum
}

/// `throughput(out) >= 55 /h` beside `demand P: 55 /h during two_shift`.
fn expectations(plant: &Plant, found: &mut Vec<Diagnostic>) {
    let Some((demand, shift)) = plant.demands.iter().find_map(|d| Some((d, d.during?))) else { return };
    let Some(shift) = plant.calendars.get(shift).filter(|c| c.on_per_period() < c.period) else { return };
    for e in &plant.expectations {
        let mut measures = Vec::new();
        measured(&e.figure, &mut measures);
        let throughput = measures.iter().filter_map(|m| plant.measures.get(*m)).find_map(|m| match m.kind {
            MeasureKind::Throughput(node, _) if m.during.is_none() && demand.at.is_none_or(|at| at == node) => {
                plant.nodes.get(node)
            }
            _ => None,
        });
        let Some(node) = throughput else { continue };
        let usual = ratio(shift.on_per_period(), shift.period);
        found.push(
            Diagnostic::new(
                codes::TWO_CLOCKS,
                e.span,
                format!("this throughput is per hour of the calendar, the demand per hour of `{}`", shift.name),
            )
            .with(demand.span, "the demand")
            .note(format!(
                "`{}` is on {:.2} % of the time: 100 /h on shift are {:.2} /h of the calendar",
                shift.name,
                usual * 100.0,
                usual * 100.0
            ))
            .help(format!("write `throughput({}, during: {})`", node.name, shift.name)),
        );
    }
}

fn measured(figure: &Reckoned, list: &mut Vec<usize>) {
    match figure {
        Reckoned::Constant(_) => {}
        Reckoned::Measure(m) => list.push(*m),
        Reckoned::Binary(_, a, b) => {
            measured(a, list);
            measured(b, list);
        }
    }
}

#[allow(clippy::cast_precision_loss)] // for messages
fn ratio(a: Ticks, b: Ticks) -> f64 {
    a.0 as f64 / b.0 as f64
}

#[allow(clippy::cast_precision_loss)] // for messages
fn seconds(t: Ticks) -> f64 {
    t.0 as f64 / crate::base::TICKS_PER_SECOND as f64
}

/// The second of the day.
fn clock(t: Ticks) -> i64 {
    (t.0 / crate::base::TICKS_PER_SECOND).rem_euclid(DAY)
}

fn hours(second: i64) -> String {
    format!("{:02}:{:02}", second / 3600, second / 60 % 60)
}
