//! Fleets as a resource. An item needs a vehicle for the time to take it up, the trip with it, and the time to set
//! it down. Between two of them a vehicle goes empty from where it set down to where it takes up: over a long time
//! as often away from each stop as there are more items brought there than fetched. Which empty trips there are only
//! a run knows; together they take at least what the cheapest ones that balance all stops take (transportation
//! problem, Hitchcock 1941). Prices of the stops that prove this minimum at one point (duality) give a sum over flows
//! that is too low, if anything, at every other: so a load is never stated too high.

use num_traits::{One, Signed, Zero};

use crate::base::Rational;
use crate::ir::{
    self, Binary, BreakdownClock, BreakdownEffect, Expression, Fleet, MaintenanceStart, NodeKind, Plant, ShiftEnd,
    Stopped,
};

use super::capacity::Point;
use super::figures::over;
use super::load::{Resource, What, Work, item_name, on_share, stop_of, with_what_is_finished};
use super::means::{is_constant, mean};
use super::network::{Network, State, Term};
use super::traffic::{Form, Traffic, add_to, value_at};

/// Pairs of stops above which the cheapest empty trips are not looked for: each pick-up then counts with the nearest
/// place where a vehicle can come from.
const PAIRS: usize = 900;
/// Steps after which the search is given up.
const STEPS: usize = 5_000;

/// Empty trips of a fleet.
#[derive(Clone, Debug, Default)]
pub(super) struct Empties {
    /// For each arrow, the index of the stop where it takes up, of that where it sets down, and the flow on it.
    moves: Vec<(usize, usize, Form)>,
    /// Seconds from each stop where something is set down to each where something is taken up.
    costs: Vec<Vec<Rational>>,
    /// Seconds of a vehicle for each second on a trip: more than 1 where being under way wears it.
    wear: Rational,
}

impl Empties {
    /// The sum over free rates that is the least time of empty trips at a point, and at most that elsewhere.
    pub fn form_at(&self, point: &Point) -> Form {
        let flows: Vec<Rational> = self.moves.iter().map(|(_, _, form)| value_at(form, point)).collect();
        let (up, down) = self.prices(&flows).unwrap_or_else(|| self.nearest());
        let mut sum = Form::new();
        for (from, to, form) in &self.moves {
            let zero = Rational::zero();
            let price = up.get(*from).unwrap_or(&zero) - down.get(*to).unwrap_or(&zero);
            add_to(&mut sum, form, &(price * &self.wear));
        }
        sum
    }

    fn cost(&self, from: usize, to: usize) -> Option<&Rational> {
        self.costs.get(from).and_then(|row| row.get(to))
    }

    /// Prices of stops where something is taken up and set down: never further apart than an empty trip.
    fn nearest(&self) -> (Vec<Rational>, Vec<Rational>) {
        let columns = self.costs.first().map_or(0, Vec::len);
        let least = |to: usize| (0..self.costs.len()).filter_map(|from| self.cost(from, to)).min().cloned();
        let up = (0..columns).map(|to| least(to).unwrap_or_else(Rational::zero)).collect();
        (up, vec![Rational::zero(); self.costs.len()])
    }

    /// The prices that belong to the cheapest empty trips for these flows, found by shortest augmenting paths;
    /// `None` when that would take too long.
    fn prices(&self, flows: &[Rational]) -> Option<(Vec<Rational>, Vec<Rational>)> {
        let (rows, columns) = (self.costs.len(), self.costs.first().map_or(0, Vec::len));
        if rows.saturating_mul(columns) > PAIRS {
            return None;
        }
        let mut left = vec![Rational::zero(); rows];
        let mut wanted = vec![Rational::zero(); columns];
        for ((from, to, _), flow) in self.moves.iter().zip(flows).filter(|(_, f)| f.is_positive()) {
            *wanted.get_mut(*from)? += flow;
            *left.get_mut(*to)? += flow;
        }
        let mut trips = vec![vec![Rational::zero(); columns]; rows];
        for _ in 0..STEPS {
            let starts: Vec<bool> = left.iter().map(Signed::is_positive).collect();
            if !starts.contains(&true) {
                let (down, up, _) = self.distances(&trips, &vec![true; rows], true)?;
                let known = |list: Vec<Option<Rational>>| list.into_iter().map(Option::unwrap_or_default).collect();
                return Some((known(up), known(down)));
            }
            let (_, up, before) = self.distances(&trips, &starts, false)?;
            let open = (0..columns).filter(|j| wanted.get(*j).is_some_and(Signed::is_positive));
            let end = open.filter(|j| up.get(*j).is_some_and(Option::is_some)).min_by_key(|j| up.get(*j).cloned())?;
            // The path backwards: pick-up, set-down, pick-up, … , set-down.
            let mut path: Vec<(usize, usize)> = Vec::new();
            let mut at = end;
            let first = loop {
                let from = before.1.get(at).copied().flatten()?;
                path.push((from, at));
                match before.0.get(from).copied().flatten() {
                    Some(previous) if path.len() <= rows + columns => at = previous,
                    Some(_) => return None,
                    None => break from,
                }
            };
            let mut most = left.get(first)?.clone().min(wanted.get(end)?.clone());
            // A set-down that is passed through is taken from another pick-up.
            for pair in path.windows(2) {
                let ((from, _), (_, to)) = (*pair.first()?, *pair.get(1)?);
                most = most.min(trips.get(from)?.get(to)?.clone());
            }
            for pair in path.windows(2) {
                let ((from, _), (_, to)) = (*pair.first()?, *pair.get(1)?);
                *trips.get_mut(from)?.get_mut(to)? -= &most;
            }
            for (from, to) in path {
                *trips.get_mut(from)?.get_mut(to)? += &most;
            }
            *left.get_mut(first)? -= &most;
            *wanted.get_mut(end)? -= &most;
        }
        None
    }

    /// Shortest ways from the given set-downs (from every stop, when `all`) to all stops, over empty trips and back
    /// over those that are made; and the stop before each (Bellman 1958).
    #[allow(clippy::type_complexity)] // distances of both sides, predecessors of both
    fn distances(
        &self,
        trips: &[Vec<Rational>],
        starts: &[bool],
        all: bool,
    ) -> Option<(Vec<Option<Rational>>, Vec<Option<Rational>>, (Vec<Option<usize>>, Vec<Option<usize>>))> {
        let (rows, columns) = (self.costs.len(), self.costs.first().map_or(0, Vec::len));
        let mut down: Vec<Option<Rational>> = starts.iter().map(|s| s.then(Rational::zero)).collect();
        let mut up: Vec<Option<Rational>> = vec![all.then(Rational::zero); columns];
        let mut before = (vec![None; rows], vec![None; columns]);
        for _ in 0..=rows + columns {
            let mut changed = false;
            for i in 0..rows {
                for j in 0..columns {
                    let cost = self.cost(i, j)?;
                    if let Some(way) = down.get(i)?.as_ref().map(|d| d + cost)
                        && up.get(j)?.as_ref().is_none_or(|u| way < *u)
                    {
                        *up.get_mut(j)? = Some(way);
                        *before.1.get_mut(j)? = Some(i);
                        changed = true;
                    }
                    if trips.get(i)?.get(j)?.is_positive()
                        && let Some(way) = up.get(j)?.as_ref().map(|u| u - cost)
                        && down.get(i)?.as_ref().is_none_or(|d| way < *d)
                    {
                        *down.get_mut(i)? = Some(way);
                        *before.0.get_mut(i)? = Some(j);
                        changed = true;
                    }
                }
            }
            if !changed {
                return Some((down, up, before));
            }
        }
        None
    }
}

/// Mean seconds for a metre. Of a speed that is drawn at least this: the mean of 1/v is at least 1 over the mean of v
/// (Jensen 1906).
fn pace(plant: &Plant, pace: &Expression, item: Option<ir::ItemId>) -> Option<Rational> {
    if let Some(known) = mean(plant, pace, item) {
        return Some(known);
    }
    match pace {
        Expression::Binary(Binary::Divide, one, speed) => over(&mean(plant, one, item)?, &mean(plant, speed, item)?),
        _ => None,
    }
}

/// Adds every fleet; `unknown` gets the names of those whose times only a run knows.
pub(super) fn fleets(
    plant: &Plant,
    network: &Network,
    traffic: &Traffic,
    found: &mut Vec<Resource>,
    unknown: &mut Vec<String>,
) {
    for (index, fleet) in plant.fleets.iter().enumerate() {
        if fleet.stops.is_empty() {
            continue;
        }
        match of(plant, network, traffic, index, fleet) {
            Some(resource) => found.push(resource),
            None => unknown.push(fleet.name.clone()),
        }
    }
}

fn of(plant: &Plant, network: &Network, traffic: &Traffic, index: usize, fleet: &Fleet) -> Option<Resource> {
    let moves: Vec<(usize, &State, &ir::Move)> = network
        .iter()
        .filter_map(|(at, state)| match plant.nodes.get(state.node).map(|n| &n.kind) {
            Some(NodeKind::Buffer(b)) => b.by.as_ref().filter(|m| m.fleet == index).map(|m| (at, state, m)),
            _ => None,
        })
        .collect();
    let mut works = Vec::new();
    let mut exact = [&fleet.pace, &fleet.load, &fleet.unload].into_iter().all(is_constant);
    exact &= fleet.empty_pace.as_ref().is_none_or(is_constant);
    for (at, state, way) in &moves {
        let item = Some(state.item);
        let seconds = mean(plant, &fleet.load, item)?
            + pace(plant, &fleet.pace, item)? * &way.metres
            + mean(plant, &fleet.unload, item)?;
        let unit = item_name(plant, state.item);
        works.push(Work { term: Term::State(*at), per: Rational::one(), seconds, unit });
    }
    // Stops where something is taken up and set down, and the empty trips between.
    let empty = pace(plant, fleet.empty_pace.as_ref().unwrap_or(&fleet.pace), None)?;
    let distinct = |stop: fn(&ir::Move) -> usize| {
        let mut list: Vec<usize> = moves.iter().map(|(_, _, m)| stop(m)).collect();
        list.sort_unstable();
        list.dedup();
        list
    };
    let (ups, downs) = (distinct(|m| m.from), distinct(|m| m.to));
    let metres = |from: usize, to: usize| fleet.distance(from, to).cloned().unwrap_or_else(Rational::zero);
    let seconds = |from: usize, to: usize| {
        let over_home = fleet.home.map(|home| metres(from, home) + metres(home, to));
        let direct = metres(from, to);
        over_home.filter(|over| *over < direct).unwrap_or(direct) * &empty
    };
    let costs: Vec<Vec<Rational>> =
        downs.iter().map(|from| ups.iter().map(|to| seconds(*from, *to)).collect()).collect();
    let place = |list: &[usize], stop: usize| list.iter().position(|s| *s == stop).unwrap_or(0);
    // The longest trip, where all times are fixed: so much a stop or the end of a shift may wait for it.
    let longest_empty = costs.iter().flatten().max().cloned().unwrap_or_else(Rational::zero);
    let longest = works.iter().map(|w| &w.seconds).max().map_or_else(Rational::zero, |w| w + longest_empty);
    let longest = exact.then_some(longest);
    let mut wear = Rational::zero();
    let mut per_trip = Rational::zero();
    let mut available = shift(plant, fleet, longest.as_ref());
    for (stop, finish) in stops(plant, index) {
        let stop = stop_of(stop)?;
        exact = false;
        let (mut after, lasts) = (mean(plant, stop.after, None)?, mean(plant, stop.lasts, None)?);
        if finish && stop.clock != BreakdownClock::Cycles {
            // While it waits for the end of the trip its clock stands still: what that adds is known at most.
            let Some(longest) = &longest else { continue };
            after += longest;
        }
        match stop.clock {
            BreakdownClock::Working => wear += over(&lasts, &after)?,
            BreakdownClock::Cycles => per_trip += over(&lasts, &after)?,
            // Off shift a repair takes nothing away.
            BreakdownClock::Calendar | BreakdownClock::Scheduled if fleet.calendar.is_some() => {}
            BreakdownClock::Calendar | BreakdownClock::Scheduled => available *= stop.up(&after, &lasts),
        }
    }
    // At best every vehicle is full. What it waits loaded for is not known.
    exact &= fleet.capacity == 1 && fleet.keeps_place;
    let full = Rational::from(fleet.capacity.max(1));
    let wear = (wear + Rational::one()) / &full;
    for work in &mut works {
        work.seconds = &work.seconds * &wear + &per_trip / &full;
    }
    let moves = moves
        .iter()
        .map(|(at, _, m)| (place(&ups, m.from), place(&downs, m.to), traffic.form(Term::State(*at)).clone()))
        .collect();
    Some(Resource {
        what: What::Fleet(index),
        name: fleet.name.clone(),
        span: fleet.span,
        size: fleet.size,
        available,
        works,
        always: Rational::zero(),
        form: Form::new(),
        rough: Vec::new(),
        exact,
        empties: Some(Empties { moves, costs, wear }),
    })
}

/// Breakdowns and maintenance of one vehicle, for all have the same, and whether trips are finished first.
fn stops(plant: &Plant, fleet: usize) -> impl Iterator<Item = (&ir::Stop, bool)> {
    let own = plant.stops.iter().filter(move |s| s.stops.contains(&Stopped::Vehicle(fleet, 0)));
    own.map(|s| match &s.stop {
        ir::Stop::Breakdown(b) => (&s.stop, b.effect == BreakdownEffect::FinishItem),
        ir::Stop::Maintenance(m) => (&s.stop, m.start == MaintenanceStart::BetweenItems),
    })
    // What goes by a timetable has no interval and is left out.
    .filter(|(stop, _)| stop_of(stop).is_some())
}

/// Share of time a vehicle is there: its shift, and trips finished behind the end of each window.
fn shift(plant: &Plant, fleet: &Fleet, longest: Option<&Rational>) -> Rational {
    let on = on_share(plant, fleet.calendar);
    match fleet.shift_end {
        ShiftEnd::Pause => on,
        _ => with_what_is_finished(plant, on, fleet.calendar, &[longest.cloned()]),
    }
}
