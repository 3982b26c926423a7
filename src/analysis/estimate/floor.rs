//! What all estimates look at: stations with the mean and the spread of their effective process time, sources
//! with those of their intervals, and the flows between nodes at the rates that the capacity card is made
//! for. It knows no queues.

use std::collections::BTreeMap;

use crate::base::Rational;
use crate::base::quantity::to_f64;
use crate::ir::ids::Id;
use crate::ir::{
    Blocking, Breakdown, BreakdownClock, BreakdownEffect, Capacity, Expression, ItemId, Need, NodeId, NodeKind, Phase,
    PhaseKind, Plant, PoolId, PoolKind, Routing, Station, Supply, Visit,
};

use crate::analysis::capacity::{Model, Point};
use crate::analysis::means::{mean, mean_square};
use crate::analysis::network::{Parameter, Term, visit_of};
use crate::analysis::supply;

/// A time: its mean, and its squared coefficient of variation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spread {
    /// Seconds.
    pub mean: f64,
    /// Variance over mean².
    pub scv: f64,
}

impl Spread {
    /// From a mean and a variance.
    pub fn of(mean: f64, variance: f64) -> Spread {
        Spread { mean, scv: if mean > 0.0 { (variance / (mean * mean)).max(0.0) } else { 0.0 } }
    }

    /// Seconds².
    pub fn variance(self) -> f64 {
        self.scv * self.mean * self.mean
    }

    /// The third central moment, seconds³, of a gamma time: right for exponential, Erlang and fixed times.
    pub fn third(self) -> f64 {
        2.0 * self.scv * self.scv * self.mean * self.mean * self.mean
    }
}

/// A station.
#[derive(Clone, Debug, Default)]
pub(super) struct Server {
    pub node: usize,
    pub machines: u64,
    /// Runs per second.
    pub rate: f64,
    /// Items that a run takes.
    pub batch: u64,
    /// With stops (Hopp and Spearman): m(1 + Σ r/f), and the variance of the completion time.
    pub effective: Spread,
    /// The third central moment of the effective time, seconds³.
    pub third: f64,
    /// Share of the effective time that is no repair.
    pub available: f64,
    /// Whether its work is exponential and never stops.
    pub exponential: bool,
}

/// A plant as estimates see it.
pub(super) struct Floor<'a> {
    pub plant: &'a Plant,
    pub model: Model<'a>,
    /// Values of the free rates; absent where too many choices are open.
    pub point: Option<Point>,
    pub servers: Vec<Server>,
    /// Per source node: its interval; absent where one item is always ready.
    pub sources: BTreeMap<usize, Option<Spread>>,
    /// Mean seconds that items are under way in a node that any number can be in.
    pub delays: BTreeMap<usize, f64>,
    /// Items per second from one node to another.
    pub flows: BTreeMap<(usize, usize), f64>,
    /// Why no method applies.
    pub outside: Vec<String>,
    /// What is taken to be simpler than it is.
    pub assumed: Vec<String>,
}

/// Whom the work, the setups and the stops of a station ask for.
fn needs(station: &Station) -> impl Iterator<Item = &Need> {
    let work = station.recipes.iter().flat_map(|r| &r.phases).flat_map(|p| &p.needs);
    let setups = station.setups().filter_map(|s| s.needs.as_ref()).flatten();
    let breakdowns = station.breakdowns.iter().flat_map(|b| &b.needs);
    work.chain(setups).chain(breakdowns).chain(station.maintenance.iter().flat_map(|m| &m.needs))
}

impl<'a> Floor<'a> {
    /// Looks at a plant.
    pub fn of(plant: &'a Plant) -> Floor<'a> {
        let model = Model::of(plant);
        let point = supply::offered(&model);
        let mut floor = Floor {
            plant,
            model,
            point,
            servers: Vec::new(),
            sources: BTreeMap::new(),
            delays: BTreeMap::new(),
            flows: BTreeMap::new(),
            outside: Vec::new(),
            assumed: Vec::new(),
        };
        floor.whole();
        for (id, node) in plant.nodes.iter() {
            match &node.kind {
                NodeKind::Station(station) => floor.station(id, station),
                NodeKind::Source(source) => floor.source(id, source),
                NodeKind::Conveyor(_) => floor.outside.push(format!("`{}` is a conveyor", node.name)),
                NodeKind::Buffer(buffer) => {
                    if let Some(transit) = &buffer.transit {
                        let known = if node.items.len() > 1 {
                            None
                        } else {
                            floor.spread(transit, node.items.first().copied())
                        };
                        let known = known.or_else(|| floor.spread(transit, None));
                        match known.filter(|_| buffer.capacity == Capacity::Unlimited) {
                            Some(time) => {
                                floor.delays.insert(id.index(), time.mean);
                            }
                            None => {
                                let text =
                                    format!("items are under way, or stay a while, in places of `{}`", node.name);
                                floor.outside.push(text);
                            }
                        }
                    }
                    if buffer.max_stay.is_some() || buffer.hands_over() {
                        floor.outside.push(format!("`{}` has no places, or lets items expire", node.name));
                    }
                    if !buffer.kept.is_empty() {
                        floor.outside.push(format!("`{}` keeps places for some of its items", node.name));
                    }
                    if buffer.order.is_some() {
                        floor.assumed.push(format!("the order in `{}` is taken as that of arrival", node.name));
                    }
                }
                NodeKind::Sink => {}
            }
            if node.calendar.is_some() {
                floor.outside.push(format!("`{}` works in shifts", node.name));
            }
            floor.choices(&node.name, node.routing.as_ref());
        }
        floor.flow();
        floor
    }

    /// The name of a node.
    pub fn name(&self, node: usize) -> &str {
        self.plant.nodes.get(NodeId::new(node)).map_or("", |n| n.name.as_str())
    }

    /// The server of a node.
    pub fn server(&self, node: usize) -> Option<&Server> {
        self.servers.iter().find(|s| s.node == node)
    }

    /// A rate at the point.
    pub fn rate(&self, term: Term) -> f64 {
        self.point.as_ref().map_or(0.0, |point| to_f64(&self.model.rate(term, point)))
    }

    /// Items per second into a node.
    pub fn arriving(&self, node: usize) -> f64 {
        self.flows.iter().filter(|((_, to), _)| *to == node).map(|(_, rate)| rate).sum()
    }

    /// Everything about the plant as a whole that no method knows.
    fn whole(&mut self) {
        let plant = self.plant;
        if let Some(fleet) = plant.fleets.first() {
            self.outside.push(format!("`{}` is a fleet of vehicles", fleet.name));
        }
        if let Some(stop) = plant.stops.first() {
            self.outside.push(format!("`{}` stops several things at once, or what is no station", stop.stop.name()));
        }
        if self.point.is_none() {
            self.outside.push("the flow has too many open choices".to_string());
        }
        let unknown: Vec<&str> = self.model.unknown.iter().take(8).map(String::as_str).collect();
        if !unknown.is_empty() {
            self.outside.push(format!("times are known only in a run: `{}`", unknown.join("`, `")));
        }
    }

    fn choices(&mut self, name: &str, routing: Option<&Routing>) {
        match routing {
            Some(Routing::If(..)) => self.outside.push(format!("ways behind `{name}` depend on conditions")),
            Some(way) if way.is_open() => {
                self.assumed.push(format!("the open choice behind `{name}` is taken as fixed shares"));
            }
            _ => {}
        }
    }

    fn source(&mut self, id: NodeId, source: &crate::ir::Source) {
        let name = self.name(id.index()).to_string();
        if source.total.is_some() || !source.campaign.is_empty() || !source.makes_single_items() {
            self.outside.push(format!("`{name}` makes lots, campaigns or a total"));
        }
        let interval = match &source.supply {
            Supply::Always => None,
            Supply::Every(every) => match self.spread(every, None) {
                Some(spread) => Some(spread),
                None => {
                    self.outside.push(format!("the spread of the interval of `{name}` is not known"));
                    Some(Spread::default())
                }
            },
            _ => {
                self.outside.push(format!("`{name}` goes by a timetable"));
                Some(Spread::default())
            }
        };
        self.sources.insert(id.index(), interval);
    }

    /// Mean and spread of a time.
    fn spread(&self, time: &Expression, item: Option<ItemId>) -> Option<Spread> {
        let m = mean(self.plant, time, item)?;
        let square = mean_square(self.plant, time, item)?;
        let variance = square - &m * &m;
        Some(Spread::of(to_f64(&m), to_f64(&variance)))
    }

    fn station(&mut self, id: NodeId, station: &Station) {
        let name = self.name(id.index()).to_string();
        let visits = self.plant.visits.values().filter(|v| v.station == id).flat_map(Visit::needs);
        let crews = needs(station).chain(visits).any(|n| !self.suffices(n.pool));
        let apart: &[(bool, &str)] = &[
            (station.setups().next().is_some(), "has setups"),
            (crews, "waits for people or tools"),
            (station.stays(), "keeps items after its work"),
            (station.blocking == Blocking::BeforeWork, "begins only when there is room behind it"),
            (station.load_each || station.on_belt, "is loaded part by part, or works on a belt"),
            (station.recipes.len() != 1, "has several recipes"),
            (station.maintenance.iter().any(|m| m.timetable.is_some()), "has maintenance by a timetable"),
            (
                station.recipes.iter().any(|r| r.same.is_some() || r.wait_at_most.is_some()),
                "waits for more or for equal items",
            ),
        ];
        for (_, what) in apart.iter().filter(|(is, _)| *is) {
            self.outside.push(format!("`{name}` {what}"));
        }
        if station.order.is_some() {
            self.assumed.push(format!("the order at `{name}` is taken as that of arrival"));
        }
        let Some(recipe) = station.recipes.first() else { return };
        if recipe.takes.iter().chain(&recipe.makes).any(|p| p.minimum != p.maximum)
            || recipe.batch.is_some_and(|b| b.minimum != b.maximum)
        {
            self.outside.push(format!("`{name}` works on a range of numbers of items"));
        }
        // Each kind of work with its rate.
        let mut works: Vec<(f64, Vec<Phase>, Option<ItemId>)> = Vec::new();
        let joins = !recipe.takes.is_empty();
        let mut rate = 0.0;
        if joins {
            for (at, parameter) in self.model.network.parameters.iter().enumerate() {
                if matches!(parameter, Parameter::Recipe(node, _, true) if *node == id) {
                    let runs = self.rate(Term::Parameter(at));
                    rate += runs;
                    works.push((runs, recipe.phases.clone(), recipe.takes.first().map(|p| p.item)));
                }
            }
        } else {
            let batch = recipe.batch.map_or(1, |b| b.maximum).max(1) as f64;
            for (at, state) in self.model.network.iter().filter(|(_, s)| s.node == id && !s.departs) {
                let runs = self.rate(Term::State(at)) / batch;
                rate += runs;
                let own = visit_of(self.plant, state).and_then(|v| v.phases.clone());
                works.push((runs, own.unwrap_or_else(|| recipe.phases.clone()), Some(state.item)));
            }
        }
        let (mut first, mut second, mut known) = (0.0, 0.0, !works.is_empty());
        let exponential = station.breakdowns.is_empty()
            && station.maintenance.is_empty()
            && works.iter().all(|(_, phases, item)| self.is_exponential(phases, *item, &works));
        for (runs, phases, item) in &works {
            // A line that stands still has no flows: then all kinds of work count alike.
            let share = if rate > 0.0 { runs / rate } else { 1.0 / works.len() as f64 };
            let (mut m, mut v) = (0.0, 0.0);
            for phase in phases.iter().filter(|p| p.kind == PhaseKind::Work) {
                match self.spread(&phase.duration, *item) {
                    Some(spread) => {
                        m += spread.mean;
                        v += spread.variance();
                    }
                    None => known = false,
                }
            }
            first += share * m;
            second += share * (v + m * m);
        }
        if !known && !works.is_empty() {
            self.outside.push(format!("the spread of the work of `{name}` is not known"));
        }
        let natural = Spread::of(first, second - first * first);
        let batch = recipe.batch.map(|b| b.maximum).or(match recipe.takes.as_slice() {
            [part] => Some(part.maximum),
            _ => None,
        });
        let (effective, third, available) = self.stopped(&name, station, natural);
        self.servers.push(Server {
            node: id.index(),
            machines: station.machines.max(1),
            rate,
            batch: batch.unwrap_or(1).max(1),
            effective,
            third,
            available,
            exponential,
        });
    }

    /// Whether nobody ever waits for a pool: it is always there, and has a member for everything that machines can ask
    /// for at once.
    fn suffices(&self, pool: PoolId) -> bool {
        let Some(known) = self.plant.pools.get(pool) else { return false };
        let asked: u64 = self
            .plant
            .nodes
            .iter()
            .filter_map(|(id, n)| if let NodeKind::Station(s) = &n.kind { Some((id, s)) } else { None })
            .map(|(id, station)| {
                let visits = self.plant.visits.values().filter(|v| v.station == id).flat_map(Visit::needs);
                let all = needs(station).chain(visits).filter(|n| n.pool == pool).map(|n| n.count);
                station.machines.saturating_mul(all.fold(0, u64::saturating_add))
            })
            .fold(0, u64::saturating_add);
        known.calendar.is_none() && known.crews.is_empty() && known.kind != PoolKind::Skill && asked <= known.size
    }

    /// Whether all work is one exponential time of the same mean.
    fn is_exponential(
        &self,
        phases: &[Phase],
        item: Option<ItemId>,
        all: &[(f64, Vec<Phase>, Option<ItemId>)],
    ) -> bool {
        let means = |phases: &[Phase], item| -> Option<Rational> {
            let [phase] = phases else { return None };
            mean(self.plant, &phase.duration, item)
        };
        let [phase] = phases else { return false };
        let mut at = &phase.duration;
        if let Expression::ByItem(list, rest) = at {
            let found = list.iter().find(|(i, _)| item.is_some_and(|own| self.plant.is_a(own, *i)));
            match found.map(|(_, e)| e).or(rest.as_deref()) {
                Some(e) => at = e,
                None => return false,
            }
        }
        let draws = match at {
            Expression::Draw(d) => matches!(&**d, crate::ir::Distribution::Exponential { .. }),
            _ => false,
        };
        draws && all.iter().all(|(_, other, i)| means(other, *i) == means(phases, item))
    }

    /// The time from begin to end of a run with the stops that fall into it. Of clocks that run during work,
    /// f between stops and r for each: mean t(1 + Σ r/f), variance σ²(1 + Σ r/f)² + t Σ E r²/f (Hopp and
    /// Spearman, Factory Physics, §8.4); with its third central moment and the share of the time that is no repair.
    fn stopped(&mut self, name: &str, station: &Station, natural: Spread) -> (Spread, f64, f64) {
        let (mut longer, mut squares, mut cubes) = (1.0, 0.0, 0.0);
        let breakdowns = station.breakdowns.iter().map(|b| (b.name.as_str(), &b.after, b.clock, &b.repair));
        let planned = station.maintenance.iter().map(|m| (m.name.as_str(), &m.every, m.clock, &m.lasts));
        for (stop, after, clock, lasts) in breakdowns.chain(planned) {
            let (Some(after), Some(lasts)) = (self.spread(after, None), self.spread(lasts, None)) else {
                self.outside.push(format!("the spread of `{stop}` of `{name}` is not known"));
                continue;
            };
            let between = if clock == BreakdownClock::Cycles { after.mean * natural.mean } else { after.mean };
            if between <= 0.0 {
                continue;
            }
            if matches!(clock, BreakdownClock::Calendar | BreakdownClock::Scheduled) {
                self.assumed.push(format!("`{stop}` of `{name}` is taken to stop it only during its work"));
            }
            longer += lasts.mean / between;
            let square = lasts.variance() + lasts.mean * lasts.mean;
            squares += square / between;
            cubes += (lasts.third() + 3.0 * lasts.mean * square - 2.0 * lasts.mean * lasts.mean * lasts.mean) / between;
        }
        let odd = |b: &&Breakdown| !matches!(b.effect, BreakdownEffect::Resume | BreakdownEffect::FinishItem);
        if let Some(b) = station.breakdowns.iter().find(odd) {
            self.outside.push(format!("`{}` of `{name}` does away with work", b.name));
        }
        let variance = natural.variance() * longer * longer + natural.mean * squares;
        // Cumulants given the work, and over it (Brillinger 1969).
        let third = natural.third() * longer * longer * longer
            + 3.0 * longer * squares * natural.variance()
            + natural.mean * cubes;
        (Spread::of(natural.mean * longer, variance), third, 1.0 / longer)
    }

    /// Sums the flows between nodes.
    fn flow(&mut self) {
        let mut flows: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        let states: Vec<usize> = self.model.network.states.keys().map(|s| s.node.index()).collect();
        for (at, from) in states.iter().enumerate() {
            let rate = self.rate(Term::State(at));
            for (to, share) in self.model.network.edges.get(at).into_iter().flatten() {
                if let Some(to) = states.get(*to) {
                    *flows.entry((*from, *to)).or_default() += rate * to_f64(share);
                }
            }
        }
        // Alternatives of open choices are rates of their own.
        for (to, list) in self.model.network.inflows.iter().enumerate() {
            for (parameter, factor) in list {
                if matches!(self.model.network.parameters.get(*parameter), Some(Parameter::Branch)) {
                    let rate = self.rate(Term::Parameter(*parameter)) * to_f64(factor);
                    let from = (0..states.len()).find(|at| self.model.network.reached_from(*at).contains(&to));
                    if let (Some(from), Some(to)) = (from.and_then(|f| states.get(f)), states.get(to)) {
                        *flows.entry((*from, *to)).or_default() += rate;
                    }
                }
            }
        }
        self.flows = flows;
    }
}
