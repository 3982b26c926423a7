//! How many items a source gives in the long run, when nothing holds it back.

use num_traits::Zero;

use crate::base::Rational;
use crate::ir::{Calendar, CalendarId, Distribution, Expression, Node, Plant, Source, Supply, Window};

use super::figures::{count, over};
use super::load::on_share;
use super::means::{is_constant, mean};

/// Items per second of a source that is not always ready. `None` where only a run knows it: attributes
/// and the floor in a formula, a list of orders, lots of broken numbers.
#[must_use]
pub(super) fn rate(plant: &Plant, node: &Node, source: &Source) -> Option<Rational> {
    let lots = match &source.supply {
        Supply::Always | Supply::Orders(_) | Supply::Outside => return None,
        Supply::Every(every) => over(&on_share(plant, node.calendar), &mean(plant, every, None)?)?,
        Supply::ByHours { hours, rest } => by_hours(plant, node.calendar, hours, rest.as_deref())?,
        Supply::At(id) => {
            let timetable = plant.calendars.get(*id)?;
            let shift = node.calendar.and_then(|c| plant.calendars.get(c));
            let length = Calendar::common_period([timetable].into_iter().chain(shift))?;
            let shift = shift.map(|s| s.windows_for(length));
            let comes = timetable.windows_for(length);
            let comes = comes.iter().filter(|w| shift.as_ref().is_none_or(|s| covers(s, w.from.0)));
            over(&count(comes.count() as u64), &seconds(length.0))?
        }
    };
    Some(lots * lot(plant, source)?)
}

/// Whether nothing is left to chance in when and how many items come.
#[must_use]
pub(super) fn is_fixed(source: &Source) -> bool {
    let supply = match &source.supply {
        Supply::Every(every) => is_constant(every),
        Supply::ByHours { hours, rest } => {
            hours.iter().all(|(_, e)| is_constant(e)) && rest.as_deref().is_none_or(is_constant)
        }
        Supply::At(_) | Supply::Orders(_) => true,
        Supply::Always | Supply::Outside => false,
    };
    supply && is_constant(&source.lot)
}

/// The mean number of items at once; `None` for draws that are rounded.
fn lot(plant: &Plant, source: &Source) -> Option<Rational> {
    fn whole(lot: &Expression) -> bool {
        match lot {
            Expression::Constant(q) => q.value.is_int(),
            Expression::Draw(drawn) => match &**drawn {
                Distribution::Poisson { .. } | Distribution::Geometric { .. } => true,
                Distribution::Empirical { values } => values.iter().all(|v| v.fract() == 0.0),
                _ => false,
            },
            Expression::Mixture(list) => list.iter().all(|(_, part)| whole(part)),
            _ => false,
        }
    }
    if whole(&source.lot) { mean(plant, &source.lot, None) } else { None }
}

/// The integral of the rate over what is repeated, by the stretches between all boundaries, over its length. An
/// interval whose remainder is stretched at boundaries has this rate whatever its distribution.
fn by_hours(
    plant: &Plant,
    shift: Option<CalendarId>,
    hours: &[(CalendarId, Expression)],
    rest: Option<&Expression>,
) -> Option<Rational> {
    let shift = shift.and_then(|c| plant.calendars.get(c));
    let mut known: Vec<(&Calendar, Rational)> = Vec::new();
    for (id, every) in hours {
        known.push((plant.calendars.get(*id)?, mean(plant, every, None)?));
    }
    let rest = match rest {
        Some(every) => Some(mean(plant, every, None)?),
        None => None,
    };
    let length = Calendar::common_period(known.iter().map(|(c, _)| *c).chain(shift))?;
    let shift = shift.map(|s| s.windows_for(length));
    let known: Vec<_> = known.into_iter().map(|(c, mean)| (c.windows_for(length), mean)).collect();
    let windows = known.iter().map(|(list, _)| list).chain(&shift).flatten();
    let mut bounds: Vec<i64> = windows.flat_map(|w| [w.from.0, w.to.0]).collect();
    let period = length.0;
    bounds.extend([0, period]);
    bounds.sort_unstable();
    bounds.dedup();
    let mut items = Rational::zero();
    for (from, to) in bounds.iter().zip(bounds.iter().skip(1)) {
        if shift.as_ref().is_some_and(|s| !covers(s, *from)) {
            continue;
        }
        let own = known.iter().find(|(c, _)| covers(c, *from)).map(|(_, mean)| mean);
        if let Some(mean) = own.or(rest.as_ref()) {
            items += over(&seconds(to - from), mean)?;
        }
    }
    over(&items, &seconds(period))
}

fn covers(windows: &[Window], place: i64) -> bool {
    windows.iter().any(|w| w.from.0 <= place && place < w.to.0)
}

fn seconds(ticks: i64) -> Rational {
    Rational::from_parts_signed(ticks.into(), crate::base::TICKS_PER_SECOND.into())
}
