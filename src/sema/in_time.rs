//! Work that begins only if it ends within its shift, and is longer than every window of it (semantics D6).

use crate::base::words::time;
use crate::base::{Rational, Ticks};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Calendar, Expression, ItemId, NodeKind, Phase, Plant, ShiftEnd};

/// Checks every station with `finish_in_time`.
pub(super) fn check(plant: &Plant, complaints: &mut Vec<Diagnostic>) {
    for (id, n) in plant.nodes.iter() {
        let NodeKind::Station(s) = &n.kind else { continue };
        let calendar = n.calendar.filter(|_| n.shift_end == ShiftEnd::FinishInTime);
        let Some(calendar) = calendar.and_then(|c| plant.calendars.get(c)) else { continue };
        let Some(longest) = longest(calendar) else { continue };
        let own = s.recipes.iter().map(|r| &r.phases);
        let visits = plant.visits.values().filter(|v| v.station == id).filter_map(|v| v.phases.as_ref());
        for phases in own.chain(visits) {
            let Some(first) = phases.first() else { continue };
            let lasts = n.items.iter().filter_map(|i| fixed_work(plant, phases, *i)).max();
            let Some(lasts) = lasts.filter(|t| t.0 > longest.0) else { continue };
            let message = format!(
                "the work of `{}` takes {}, and no window of `{}` is longer than {}: with `finish_in_time` it never begins",
                n.name,
                time(lasts.seconds()),
                calendar.name,
                time(longest.seconds()),
            );
            complaints.push(
                Diagnostic::new(codes::OUT_OF_RANGE, phases.iter().fold(first.span, |s, p| s.to(p.span)), message)
                    .with(calendar.span, "the shift, breaks taken out")
                    .help("write `shift_end: pause`: then the work goes on with the next window"),
            );
            break;
        }
    }
}

/// What all steps take together for an item, those that are fixed.
fn fixed_work(plant: &Plant, phases: &[Phase], item: ItemId) -> Option<Ticks> {
    let mut sum = Rational::from(0);
    for phase in phases {
        let duration = match &phase.duration {
            Expression::ByItem(list, rest) => {
                let own = list.iter().find(|(i, _)| *i == item);
                let kind = own.or_else(|| list.iter().find(|(i, _)| super::items::is_a(plant, item, *i)));
                kind.map(|(_, e)| e).or(rest.as_deref())
            }
            one => Some(one),
        };
        if let Some(fixed) = duration.and_then(Expression::constant) {
            sum = &sum + &fixed.value;
        }
    }
    Ticks::from_seconds(&sum)
}

/// The longest stretch that a calendar is on, windows that touch taken together; `None` when it is never off.
fn longest(calendar: &Calendar) -> Option<Ticks> {
    let mut stretches: Vec<(i64, i64)> = Vec::new();
    for w in &calendar.windows {
        match stretches.last_mut() {
            Some((_, to)) if w.from.0 <= *to => *to = (*to).max(w.to.0),
            _ => stretches.push((w.from.0, w.to.0)),
        }
    }
    let (first, last) = (stretches.first().copied()?, stretches.last().copied()?);
    if first == (0, calendar.period.0) {
        return None;
    }
    let around = if first.0 == 0 && last.1 == calendar.period.0 { first.1 + last.1 - last.0 } else { 0 };
    stretches.iter().map(|(from, to)| to - from).chain([around]).max().map(Ticks)
}
