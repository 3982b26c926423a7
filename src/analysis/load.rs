//! Work of every station, crew, tool set and timed lane as a sum over free rates, against the time it
//! has. What only a run knows (waiting for a crew, setups, blocking) is left out, so that a load is
//! never stated too high and a bound never too low.

use std::collections::BTreeMap;

use num_traits::{One, Zero};

use crate::base::quantity::to_f64;
use crate::base::{Rational, Span};
use crate::ir::{
    self, BeltMode, Breakdown, BreakdownClock, CalendarId, Capacity, Conveyor, Expression, ItemId, LimitId,
    Maintenance, Need, Node, NodeId, NodeKind, Phase, PhaseKind, Plant, PoolId, PoolKind, ShiftEnd, Station,
};

use super::figures::{count, over};
use super::fleet::Empties;
use super::means::{is_constant, mean, mean_square};
use super::network::{Network, Parameter, State, Term, joining};
use super::traffic::{Form, Traffic, add_to};

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A station with its machines.
    Station(NodeId),
    /// A crew.
    Crew(PoolId),
    /// A tool set.
    Tool(PoolId),
    /// Places of a lane that each item holds for a time.
    Lane(NodeId),
    /// Lanes of a belt, on each of which one item after the other takes a pitch.
    Belt(NodeId),
    /// Cards that each item holds from one node to another.
    Limit(LimitId),
    /// A fleet with its vehicles.
    Fleet(usize),
}

/// One kind of work of a resource.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// Rate of the flow it belongs to.
    pub term: Term,
    /// Runs per unit of that flow.
    pub per: Rational,
    /// Seconds per run, people counted.
    pub seconds: Rational,
    /// What the flow counts, singular: an item's name, `batch`, `run`.
    pub unit: String,
}

/// A resource that work needs.
pub(super) struct Resource {
    /// What it is.
    pub what: What,
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Machines, members or places.
    pub size: u64,
    /// Seconds per second each of them is there.
    pub available: Rational,
    /// Its work, kind by kind.
    pub works: Vec<Work>,
    /// Seconds per second needed whatever flows: repairs on calendar clocks, maintenance.
    pub always: Rational,
    /// Seconds needed per second over free rates, without `always`.
    pub form: Form,
    /// The same as floats, to pass over what is far from its limit.
    pub rough: Vec<(usize, f64)>,
    /// Whether no draw is involved.
    pub exact: bool,
    /// Of a fleet: its empty trips, whose least time depends on the flows.
    pub empties: Option<Empties>,
}

impl Resource {
    /// Load at a point of floats, good to about 1e-12.
    pub fn rough_load(&self, point: &BTreeMap<usize, f64>) -> f64 {
        let work = self.rough.iter().filter_map(|(at, f)| point.get(at).map(|v| v * f)).sum::<f64>();
        (work + to_f64(&self.always)) / to_f64(&self.capacity())
    }

    /// Seconds per second that all of it can give.
    pub fn capacity(&self) -> Rational {
        &self.available * count(self.size)
    }
}

/// Share of time a calendar is on.
pub(super) fn on_share(plant: &Plant, calendar: Option<CalendarId>) -> Rational {
    let Some(calendar) = calendar.and_then(|c| plant.calendars.get(c)) else { return Rational::one() };
    let on = Rational::from(calendar.on_per_period().0);
    over(&on, &Rational::from(calendar.period.0)).unwrap_or_else(Rational::zero)
}

/// A skill has the time of all crews that have it; and where crews have several, what is asked of any of
/// them together is held against all of them (Hall 1935: what holds for every set of skills suffices; here
/// single ones and all of them are looked at).
fn skills(plant: &Plant, pools: &mut [Option<Resource>], found: &mut Vec<Resource>) {
    let time = |pools: &[Option<Resource>], crews: &[PoolId]| {
        let mut sum = Rational::zero();
        for crew in crews {
            sum += pools.get(crew.0 as usize)?.as_ref()?.capacity();
        }
        Some(sum)
    };
    let mut groups: Vec<(Vec<PoolId>, Vec<PoolId>)> = Vec::new();
    for (id, skill) in plant.pools.iter().filter(|(_, p)| p.kind == PoolKind::Skill) {
        let known = time(pools, &skill.crews);
        if let Some(slot) = pools.get_mut(id.0 as usize) {
            match (known, slot.as_mut()) {
                (Some(sum), Some(own)) => own.available = over(&sum, &count(skill.size)).unwrap_or_else(Rational::zero),
                _ => *slot = None,
            }
        }
        let (mut skills, mut crews) = (vec![id], skill.crews.clone());
        groups.retain(|(others, theirs)| {
            let apart = theirs.iter().all(|c| !crews.contains(c));
            if !apart {
                skills.extend(others);
                crews.extend(theirs.iter().filter(|c| !skill.crews.contains(c)));
            }
            apart
        });
        groups.push((skills, crews));
    }
    for (skills, crews) in groups {
        let all: Vec<PoolId> = skills.iter().chain(&crews).copied().collect();
        let parts: Option<Vec<&Resource>> =
            all.iter().map(|p| pools.get(p.0 as usize).and_then(Option::as_ref)).collect();
        let (Some(parts), Some(sum), Some(first)) = (parts, time(pools, &crews), crews.first()) else { continue };
        if skills.len() < 2 && parts.iter().skip(1).all(|r| r.works.is_empty()) {
            continue;
        }
        let size = crews.iter().filter_map(|c| plant.pools.get(*c)).map(|p| p.size).sum::<u64>();
        let names: Vec<&str> = crews.iter().filter_map(|c| plant.pools.get(*c)).map(|p| p.name.as_str()).collect();
        let mut always = Rational::zero();
        parts.iter().for_each(|r| always += &r.always);
        found.push(Resource {
            what: What::Crew(*first),
            name: names.join(" + "),
            span: plant.pools.get(*first).map_or_else(Span::default, |p| p.span),
            size,
            available: over(&sum, &count(size)).unwrap_or_else(Rational::zero),
            works: parts.iter().flat_map(|r| r.works.iter().cloned()).collect(),
            always,
            form: Form::new(),
            rough: Vec::new(),
            empties: None,
            exact: parts.iter().all(|r| r.exact),
        });
    }
}

/// Share of time the members of a pool are there, of the greatest number there ever is.
fn there(plant: &Plant, pool: &ir::Pool) -> Rational {
    let Some(calendar) = pool.calendar.and_then(|c| plant.calendars.get(c)).filter(|_| !pool.sizes.is_empty()) else {
        return on_share(plant, pool.calendar);
    };
    let mut sum = Rational::zero();
    for window in &calendar.windows {
        let members = pool.sizes.iter().find(|(name, _)| Some(*name) == window.name).map_or(0, |(_, n)| *n);
        sum += Rational::from(window.to.0 - window.from.0) * count(members);
    }
    let whole = Rational::from(calendar.period.0) * count(pool.size);
    over(&sum, &whole).unwrap_or_else(Rational::zero)
}

/// Times that a calendar ends per second: windows that begin where others end do not.
fn ends(plant: &Plant, calendar: Option<CalendarId>) -> Rational {
    let Some(calendar) = calendar.and_then(|c| plant.calendars.get(c)) else { return Rational::zero() };
    let period = calendar.period.0.max(1);
    let goes_on = |at: i64| calendar.windows.iter().any(|w| w.from.0 <= at % period && at % period < w.to.0);
    let ends: std::collections::BTreeSet<i64> =
        calendar.windows.iter().map(|w| w.to.0).filter(|at| !goes_on(*at)).collect();
    over(&(count(ends.len() as u64) * count(crate::base::TICKS_PER_SECOND as u64)), &Rational::from(period))
        .unwrap_or_else(Rational::zero)
}

/// The share of time in which work goes on where what has begun is finished when the shift ends. At each end at
/// most the work at hand goes on, on average no longer than E X² / E X (Lorden 1970); `works` are the times of
/// which it is one. Where one of them is not known, work may go on all the time.
pub(super) fn with_what_is_finished(
    plant: &Plant,
    on: Rational,
    calendar: Option<CalendarId>,
    works: &[Option<Rational>],
) -> Rational {
    let longest = works.iter().cloned().try_fold(Rational::zero(), |most, w| Some(most.max(w?)));
    match longest {
        Some(longest) => (on + ends(plant, calendar) * longest).min(Rational::one()),
        None => Rational::one(),
    }
}

/// E X² / E X of a sum of independent times; `None` when unknown.
fn at_hand(plant: &Plant, times: &[&Expression], item: Option<ItemId>) -> Option<Rational> {
    let (mut sum, mut variance) = (Rational::zero(), Rational::zero());
    for time in times {
        let m = mean(plant, time, item)?;
        variance += mean_square(plant, time, item)? - &m * &m;
        sum += m;
    }
    Some(over(&(variance + &sum * &sum), &sum).unwrap_or_else(Rational::zero))
}

/// All resources with the work whose mean is known. `unknown` gets the names of those left out, `unheld` those of
/// limits whose holders are not known.
pub(super) fn resources(
    plant: &Plant,
    network: &Network,
    traffic: &Traffic,
    unknown: &mut Vec<String>,
    unheld: &mut Vec<String>,
) -> Vec<Resource> {
    let mut found = Vec::new();
    let mut at_node: Vec<Vec<(usize, State)>> = vec![Vec::new(); plant.nodes.len()];
    for (at, state) in network.iter().filter(|(_, s)| !s.departs) {
        if let Some(list) = at_node.get_mut(state.node.0 as usize) {
            list.push((at, *state));
        }
    }
    let mut runs: Vec<Vec<(usize, usize)>> = vec![Vec::new(); plant.nodes.len()];
    for (at, parameter) in network.parameters.iter().enumerate() {
        if let Parameter::Recipe(node, recipe, _) = parameter
            && let Some(list) = runs.get_mut(node.0 as usize)
        {
            list.push((at, *recipe));
        }
    }
    let mut pools: Vec<Option<Resource>> = plant
        .pools
        .iter()
        .map(|(id, pool)| {
            Some(Resource {
                what: if pool.kind == PoolKind::Tool { What::Tool(id) } else { What::Crew(id) },
                name: pool.name.clone(),
                span: pool.span,
                size: pool.size,
                available: there(plant, pool),
                works: Vec::new(),
                always: Rational::zero(),
                form: Form::new(),
                rough: Vec::new(),
                empties: None,
                exact: true,
            })
        })
        .collect();
    // Of each pool, how long what it is at goes on.
    let mut asked: Vec<Vec<Option<Rational>>> = vec![Vec::new(); plant.pools.len()];
    for ((id, node), (states, runs)) in plant.nodes.iter().zip(at_node.iter().zip(&runs)) {
        match &node.kind {
            NodeKind::Station(station) => {
                let calls = calls(plant, id, station, states, runs);
                let mut own = Resource {
                    what: What::Station(id),
                    name: node.name.clone(),
                    span: node.span,
                    size: station.machines,
                    available: on_share(plant, node.calendar),
                    works: Vec::new(),
                    always: Rational::zero(),
                    form: Form::new(),
                    rough: Vec::new(),
                    empties: None,
                    exact: station.breakdowns.is_empty()
                        && station.maintenance.is_empty()
                        && plant.shared_stops(id).next().is_none(),
                };
                if node.shift_end == ShiftEnd::FinishItem {
                    let times: Vec<Option<Rational>> = calls.iter().map(|c| c.at_hand(plant)).collect();
                    own.available = with_what_is_finished(plant, own.available, node.calendar, &times);
                }
                let known = machine_work(plant, id, station, &calls, &mut own);
                if let Some(step) = belt_step(plant, station, node) {
                    own.works.iter_mut().for_each(|work| work.seconds += &step);
                }
                for call in &calls {
                    let all = call.at_hand(plant);
                    for need in call.phases().flat_map(|(_, _, needs)| needs) {
                        if let Some(list) = asked.get_mut(need.pool.0 as usize) {
                            list.push(all.clone());
                        }
                    }
                }
                for stop in stops(station).chain(shared(plant, id)) {
                    for need in stop.needs {
                        if let Some(list) = asked.get_mut(need.pool.0 as usize) {
                            list.push(at_hand(plant, &[stop.lasts], None));
                        }
                    }
                }
                pool_work(plant, station, &calls, known, &on_share(plant, node.calendar), &mut pools);
                if known { found.push(own) } else { unknown.push(node.name.clone()) }
            }
            NodeKind::Buffer(buffer) => {
                let (Some(transit), Capacity::Places(places)) = (&buffer.transit, buffer.capacity) else { continue };
                let mut own = Resource {
                    what: What::Lane(id),
                    name: node.name.clone(),
                    span: node.span,
                    size: places,
                    available: Rational::one(),
                    works: Vec::new(),
                    always: Rational::zero(),
                    form: Form::new(),
                    rough: Vec::new(),
                    empties: None,
                    exact: is_constant(transit),
                };
                let mut known = true;
                for (at, state) in states {
                    match mean(plant, transit, Some(state.item)) {
                        Some(seconds) => own.works.push(Work {
                            term: Term::State(*at),
                            per: Rational::one(),
                            seconds,
                            unit: item_name(plant, state.item),
                        }),
                        None => known = false,
                    }
                }
                if known { found.push(own) } else { unknown.push(node.name.clone()) }
            }
            NodeKind::Conveyor(belt) => {
                let stops = belt_stops(belt);
                let shared: Vec<Stop<'_>> = shared(plant, id).collect();
                let all = stops.iter().chain(&shared);
                let share = all.into_iter().try_fold(on_share(plant, node.calendar), |share, stop| {
                    let (after, lasts) = (mean(plant, stop.after, None)?, mean(plant, stop.lasts, None)?);
                    Some(share * over(&after, &(&after + &lasts)).unwrap_or_else(Rational::one))
                });
                for stop in stops.iter().chain(&shared) {
                    for need in stop.needs {
                        if let Some(list) = asked.get_mut(need.pool.0 as usize) {
                            list.push(at_hand(plant, &[stop.lasts], None));
                        }
                    }
                }
                for stop in &stops {
                    repair_work(plant, stop, &on_share(plant, node.calendar), &mut pools);
                }
                let Some(available) = share else {
                    unknown.push(node.name.clone());
                    continue;
                };
                let works = states.iter().map(|(at, state)| Work {
                    term: Term::State(*at),
                    per: Rational::one(),
                    seconds: belt.headway_behind(state.item),
                    unit: item_name(plant, state.item),
                });
                found.push(Resource {
                    what: What::Belt(id),
                    name: node.name.clone(),
                    span: node.span,
                    size: belt.lanes,
                    available,
                    works: works.collect(),
                    always: Rational::zero(),
                    form: Form::new(),
                    rough: Vec::new(),
                    empties: None,
                    exact: stops.is_empty() && shared.is_empty(),
                });
            }
            NodeKind::Source(_) | NodeKind::Sink => {}
        }
    }
    for skill in plant.pools.iter().filter(|(_, p)| p.kind == PoolKind::Skill) {
        let its = asked.get(skill.0.0 as usize).cloned().unwrap_or_default();
        for crew in &skill.1.crews {
            if let Some(list) = asked.get_mut(crew.0 as usize) {
                list.extend(its.clone());
            }
        }
    }
    for ((id, pool), slot) in plant.pools.iter().zip(&mut pools) {
        if let (ShiftEnd::FinishItem, Some(own)) = (pool.shift_end, slot.as_mut()) {
            let works = asked.get(id.0 as usize).map_or(&[][..], Vec::as_slice);
            own.available = with_what_is_finished(plant, own.available.clone(), pool.calendar, works);
        }
    }
    pool_stops(plant, &mut pools);
    skills(plant, &mut pools, &mut found);
    for (pool, declared) in pools.into_iter().zip(plant.pools.values()) {
        match pool {
            Some(pool) => found.push(pool),
            None => unknown.push(declared.name.clone()),
        }
    }
    super::cards::limits(plant, network, &mut found, unheld);
    super::fleet::fleets(plant, network, traffic, &mut found, unknown);
    for resource in &mut found {
        let mut form = Form::new();
        for work in &resource.works {
            add_to(&mut form, traffic.form(work.term), &(&work.per * &work.seconds));
        }
        resource.rough = form.iter().map(|(at, f)| (*at, to_f64(f))).collect();
        resource.form = form;
    }
    found
}

/// One way a station is called to work: runs per unit of a flow, and the phases of a run.
struct Call<'a> {
    term: Term,
    per: Rational,
    item: ItemId,
    unit: String,
    phases: &'a [Phase],
}

impl<'a> Call<'a> {
    /// How long the work at hand goes on at most on average, whenever one looks.
    fn at_hand(&self, plant: &Plant) -> Option<Rational> {
        let times: Vec<&Expression> = self.phases().map(|(_, time, _)| time).collect();
        at_hand(plant, &times, Some(self.item))
    }

    /// Phases with their time and people, as the visit has them.
    fn phases(&self) -> impl Iterator<Item = (PhaseKind, &'a Expression, &'a [Need])> {
        self.phases.iter().map(|phase| (phase.kind, &phase.duration, phase.needs.as_slice()))
    }
}

fn calls<'a>(
    plant: &'a Plant,
    id: NodeId,
    station: &'a Station,
    states: &[(usize, State)],
    runs: &[(usize, usize)],
) -> Vec<Call<'a>> {
    let mut calls = Vec::new();
    for (at, state) in states {
        if joining(plant, state).next().is_some() {
            continue;
        }
        let Some(recipe) = station.recipes.iter().find(|r| r.takes.is_empty()).or(station.recipes.first()) else {
            continue;
        };
        let visit = state.visit.and_then(|v| plant.visits.get(v)).filter(|v| v.station == state.node);
        let per = recipe.batch.as_ref().map_or_else(Rational::one, |b| Rational::one() / count(b.maximum.max(1)));
        calls.push(Call {
            term: Term::State(*at),
            per,
            item: state.item,
            unit: if recipe.batch.as_ref().is_some_and(|b| b.maximum > 1) {
                "batch".to_string()
            } else {
                item_name(plant, state.item)
            },
            phases: visit.and_then(|v| v.phases.as_deref()).unwrap_or(&recipe.phases),
        });
    }
    for (parameter, recipe) in runs {
        let Some(recipe) = station.recipes.get(*recipe) else { continue };
        let Some(main) = recipe.takes.first() else { continue };
        let per = recipe.batch.as_ref().map_or_else(Rational::one, |b| Rational::one() / count(b.maximum.max(1)));
        let unit = match recipe.makes.as_slice() {
            [product] if product.maximum == 1 => item_name(plant, product.item),
            _ => "run".to_string(),
        };
        let term = Term::Parameter(*parameter);
        // On a route the visit of the main part says how long the work takes; which of several, is not known.
        let mut here = plant.visits.values().filter(|v| v.station == id && plant.is_a(v.item, main.item));
        let own = match (here.next(), here.next()) {
            (Some(one), None) => one.phases.as_deref(),
            _ => None,
        };
        calls.push(Call { term, per, item: main.item, unit, phases: own.unwrap_or(&recipe.phases) });
    }
    calls
}

/// Time that a belt which stands during the work on it takes to bring the next item.
fn belt_step(plant: &Plant, station: &Station, node: &Node) -> Option<Rational> {
    let behind = node.routing.as_ref().filter(|_| station.on_belt)?.targets();
    match plant.nodes.get(behind.first()?.node).map(|n| &n.kind) {
        Some(NodeKind::Conveyor(belt)) if belt.mode == BeltMode::StopTogether => Some(belt.headway_seconds()),
        _ => None,
    }
}

/// Availability: calendar clocks Π m/(m+r), exclusive ones 1/(1+Σ r/m), working clocks 1/(1+Σ r/m), cycles
/// per run. False when a mean is unknown.
fn machine_work(plant: &Plant, id: NodeId, station: &Station, calls: &[Call], own: &mut Resource) -> bool {
    let mut per_second_worked = Rational::zero();
    let mut per_run = Rational::zero();
    let mut exclusive = Rational::zero();
    let any_exclusive = station.breakdowns.iter().any(|b| b.exclusive);
    let shift = plant.nodes.get(id).and_then(|n| n.calendar);
    for stop in stops(station).chain(shared(plant, id)) {
        let (Some(after), Some(lasts)) = (mean(plant, stop.after, None), mean(plant, stop.lasts, None)) else {
            return false;
        };
        match stop.clock {
            // A repair that goes on off shift costs less time on shift than it takes; how much is left out.
            BreakdownClock::Scheduled if shift.is_some() && stop.repair_in != shift => {}
            // Where some clocks stand still during other repairs, all of them at most do.
            BreakdownClock::Calendar | BreakdownClock::Scheduled if any_exclusive && !stop.planned => {
                match over(&lasts, &after) {
                    Some(share) => exclusive += share,
                    None => return false,
                }
            }
            BreakdownClock::Calendar | BreakdownClock::Scheduled => {
                own.available = &own.available * stop.up(&after, &lasts)
            }
            BreakdownClock::Working => match over(&lasts, &after) {
                Some(share) => per_second_worked += share,
                None => return false,
            },
            BreakdownClock::Cycles => match over(&lasts, &after) {
                Some(share) => per_run += share,
                None => return false,
            },
        }
    }
    own.available = &own.available / (Rational::one() + per_second_worked) / (Rational::one() + exclusive);
    for call in calls {
        let mut seconds = per_run.clone();
        for (_, duration, _) in call.phases().filter(|(kind, ..)| *kind == PhaseKind::Work) {
            let Some(time) = mean(plant, duration, Some(call.item)) else { return false };
            own.exact &= is_fixed(duration);
            seconds += time;
        }
        own.works.push(Work { term: call.term, per: call.per.clone(), seconds, unit: call.unit.clone() });
    }
    true
}

fn is_fixed(duration: &Expression) -> bool {
    match duration {
        Expression::ByItem(list, rest) => {
            list.iter().all(|(_, e)| is_constant(e)) && rest.as_deref().is_none_or(is_constant)
        }
        other => is_constant(other),
    }
}

/// A reason to stand still, breakdown or maintenance.
pub(super) struct Stop<'a> {
    pub after: &'a Expression,
    pub clock: BreakdownClock,
    pub lasts: &'a Expression,
    needs: &'a [Need],
    from_start: bool,
    repair_in: Option<CalendarId>,
    planned: bool,
}

impl<'a> Stop<'a> {
    fn breakdown(b: &'a Breakdown) -> Self {
        Stop {
            after: &b.after,
            clock: b.clock,
            lasts: &b.repair,
            needs: &b.needs,
            from_start: b.from_start,
            repair_in: b.repair_in,
            planned: false,
        }
    }

    /// What goes by a timetable has no interval; it is left out, so that loads are at least what is told.
    fn maintenance(m: &'a Maintenance) -> Option<Self> {
        m.timetable.is_none().then_some(Stop {
            after: &m.every,
            clock: m.clock,
            lasts: &m.lasts,
            needs: &m.needs,
            from_start: m.from_start,
            repair_in: None,
            planned: true,
        })
    }

    /// The share of time up, at most: m/(m+r); 1 - r/m where both are fixed and m counts from the onset.
    pub fn up(&self, after: &Rational, lasts: &Rational) -> Rational {
        if self.from_start && is_constant(self.after) && is_constant(self.lasts) && lasts <= after {
            return over(&(after - lasts), after).unwrap_or_else(Rational::one);
        }
        over(after, &(after + lasts)).unwrap_or_else(Rational::one)
    }
}

fn belt_stops(belt: &Conveyor) -> Vec<Stop<'_>> {
    let planned = belt.maintenance.iter().filter_map(Stop::maintenance);
    belt.breakdowns.iter().map(Stop::breakdown).chain(planned).collect()
}

fn stops(station: &Station) -> impl Iterator<Item = Stop<'_>> {
    let planned = station.maintenance.iter().filter_map(Stop::maintenance);
    station.breakdowns.iter().map(Stop::breakdown).chain(planned)
}

/// What stops a station together with others.
fn shared(plant: &Plant, id: NodeId) -> impl Iterator<Item = Stop<'_>> {
    plant.shared_stops(id).filter_map(|s| stop_of(&s.stop))
}

pub(super) fn stop_of(stop: &ir::Stop) -> Option<Stop<'_>> {
    match stop {
        ir::Stop::Breakdown(b) => Some(Stop::breakdown(b)),
        ir::Stop::Maintenance(m) => Stop::maintenance(m),
    }
}

/// What repairs of shared stops ask of crews, and what breakdowns take from crews and tools.
fn pool_stops(plant: &Plant, pools: &mut [Option<Resource>]) {
    for shared in &plant.stops {
        let Some(stop) = stop_of(&shared.stop) else { continue };
        let means = mean(plant, stop.after, None).zip(mean(plant, stop.lasts, None));
        for need in stop.needs {
            let Some(slot) = pools.get_mut(need.pool.0 as usize) else { continue };
            let (Some((after, lasts)), Some(pool)) = (&means, slot.as_mut()) else {
                *slot = None;
                continue;
            };
            pool.exact = false;
            // A clock that is scheduled, or a repair that waits for its shift, makes for fewer repairs.
            if stop.clock == BreakdownClock::Calendar && stop.repair_in.is_none() {
                let down = Rational::one() - stop.up(after, lasts);
                pool.always += down * count(need.count);
            }
        }
        for stopped in &shared.stops {
            let ir::Stopped::Member(id) = stopped else { continue };
            let Some(Some(pool)) = pools.get_mut(id.0 as usize) else { continue };
            pool.exact = false;
            let (Some((after, lasts)), BreakdownClock::Calendar) = (&means, stop.clock) else { continue };
            // Each member has its own clock: of the whole, its part.
            let lost = (Rational::one() - stop.up(after, lasts)) / count(pool.size.max(1));
            pool.available = &pool.available - &pool.available * lost;
        }
    }
}

/// Adds what the repairs of a belt ask of crews; a pool with unknown work becomes `None`.
fn repair_work(plant: &Plant, stop: &Stop, on: &Rational, pools: &mut [Option<Resource>]) {
    let means = mean(plant, stop.after, None).zip(mean(plant, stop.lasts, None));
    for need in stop.needs {
        let Some(slot) = pools.get_mut(need.pool.0 as usize) else { continue };
        let (Some((after, lasts)), Some(pool)) = (&means, slot.as_mut()) else {
            *slot = None;
            continue;
        };
        pool.exact = false;
        let down = over(lasts, &(after + lasts)).unwrap_or_else(Rational::zero);
        let share = if stop.clock == BreakdownClock::Scheduled { on.clone() } else { Rational::one() };
        pool.always += down * share * count(need.count);
    }
}

/// Adds what a station asks of crews and tools; a pool with unknown work becomes `None`.
fn pool_work(
    plant: &Plant,
    station: &Station,
    calls: &[Call],
    known: bool,
    on: &Rational,
    pools: &mut [Option<Resource>],
) {
    for call in calls {
        for (_, duration, needs) in call.phases() {
            let time = mean(plant, duration, Some(call.item));
            for need in needs {
                let Some(slot) = pools.get_mut(need.pool.0 as usize) else { continue };
                match (&time, slot.as_mut()) {
                    (Some(time), Some(pool)) => {
                        pool.exact &= is_fixed(duration);
                        pool.works.push(Work {
                            term: call.term,
                            per: call.per.clone(),
                            seconds: time * count(need.count),
                            unit: call.unit.clone(),
                        });
                    }
                    _ => *slot = None,
                }
            }
        }
    }
    for need in station.maintenance.iter().filter(|m| m.timetable.is_some()).flat_map(|m| &m.needs) {
        if let Some(Some(pool)) = pools.get_mut(need.pool.0 as usize) {
            pool.exact = false;
        }
    }
    for stop in stops(station).filter(|s| !s.needs.is_empty()) {
        let means = mean(plant, stop.after, None).zip(mean(plant, stop.lasts, None));
        for need in stop.needs {
            let Some(slot) = pools.get_mut(need.pool.0 as usize) else { continue };
            let (Some((after, lasts)), Some(pool), true) = (&means, slot.as_mut(), known) else {
                *slot = None;
                continue;
            };
            pool.exact = false;
            let people = count(need.count);
            match stop.clock {
                BreakdownClock::Calendar | BreakdownClock::Scheduled => {
                    let down = over(lasts, &(after + lasts)).unwrap_or_else(Rational::zero);
                    let share = if stop.clock == BreakdownClock::Scheduled { on.clone() } else { Rational::one() };
                    pool.always += down * share * people * count(station.machines);
                }
                BreakdownClock::Working | BreakdownClock::Cycles => {
                    let per = over(lasts, after).unwrap_or_else(Rational::zero) * people;
                    for call in calls {
                        let mut seconds = Rational::zero();
                        if stop.clock == BreakdownClock::Cycles {
                            seconds = per.clone();
                        } else {
                            for (_, duration, _) in call.phases().filter(|(kind, ..)| *kind == PhaseKind::Work) {
                                seconds += mean(plant, duration, Some(call.item)).unwrap_or_else(Rational::zero) * &per;
                            }
                        }
                        pool.works.push(Work {
                            term: call.term,
                            per: call.per.clone(),
                            seconds,
                            unit: call.unit.clone(),
                        });
                    }
                }
            }
        }
    }
}

/// The name of an item type.
pub(super) fn item_name(plant: &Plant, item: ItemId) -> String {
    plant.items.get(item).map_or_else(String::new, |i| i.name.clone())
}
