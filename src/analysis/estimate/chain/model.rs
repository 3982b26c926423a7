//! A plant as a Markov chain sees it: small numbers instead of names, times as phases, and the list of
//! what such a chain cannot express. It knows no states; [`super::state`] does.

use std::collections::BTreeMap;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::base::Span;
use crate::base::names::natural_cmp;
use crate::base::quantity::to_f64;
use crate::ir::ids::Id;
use crate::ir::{
    self, Blocking, BreakdownClock, BreakdownEffect, Capacity, ChoiceRule, Expression, ItemId, NodeId, NodeKind, Part,
    PhaseKind, Plant, Recipe, Release, ReleaseCrew, Routing, Station, Supply, WhenFull,
};

use super::phases::Phases;

/// Numbers of a state are bytes.
pub(super) const MOST: u64 = 200;

/// Limits that one item can hold cards of.
const LIMITS: usize = 8;

/// What of a line such a chain cannot express.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// Where it is written.
    pub span: Span,
    /// What it is.
    pub what: String,
}

/// Where an item goes from a node.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// To one of the outcomes of the node.
    To(u8),
    /// By chance.
    Chance(Vec<(f64, Way)>),
    /// In turn: which counter, and the ways.
    Turn(usize, Vec<Way>),
    /// Each n-th the first way, the others the second.
    Every(usize, u64, Box<[Way; 2]>),
}

impl Way {
    /// All outcomes it can have, by their numbers.
    pub fn outcomes(&self) -> Vec<u8> {
        match self {
            Way::To(outcome) => vec![*outcome],
            Way::Chance(list) => list.iter().flat_map(|(_, way)| way.outcomes()).collect(),
            Way::Turn(_, list) => list.iter().flat_map(Way::outcomes).collect(),
            Way::Every(_, _, both) => both.iter().flat_map(Way::outcomes).collect(),
        }
    }
}

impl Place {
    /// The targets of an outcome; none for 0, which is no outcome yet.
    pub fn targets(&self, outcome: u8) -> &[usize] {
        usize::from(outcome).checked_sub(1).and_then(|at| self.outcomes.get(at)).map_or(&[], Vec::as_slice)
    }

    /// The only outcome of a type, if there is nothing to decide.
    pub fn only(&self, item: u8) -> u8 {
        match self.ways.get(&item) {
            Some(Way::To(outcome)) => *outcome,
            _ => 0,
        }
    }
}

/// A reason to stand still, of each machine of a station.
#[derive(Clone, Debug)]
pub(super) struct Stops {
    pub after: Phases,
    pub repair: Phases,
    /// Its clock runs only during work.
    pub working: bool,
    /// The clocks of the others stand still meanwhile.
    pub exclusive: bool,
    pub effect: BreakdownEffect,
}

/// Works on items.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub machines: u8,
    /// Parts: which types go for each, and how many. Empty: see `batch`.
    pub takes: Vec<(Vec<bool>, u8)>,
    /// Any items, at least and at most so many.
    pub batch: (u8, u8),
    /// Products; empty: what was loaded leaves.
    pub makes: Vec<(u8, u8)>,
    pub together: bool,
    /// By type of the first item loaded.
    pub times: BTreeMap<u8, Phases>,
    pub good: f64,
    pub needs: Vec<(usize, u8)>,
    /// People stay until the items have left.
    pub holds: bool,
    pub stops: Vec<Stops>,
    pub hold_when_down: bool,
}

/// What a node does.
#[derive(Clone, Debug)]
pub(super) enum Does {
    /// Makes items: when (absent: always one ready), of which types, and what if there is no room.
    Make { every: Option<Phases>, mix: Vec<(f64, u8)>, full: WhenFull },
    /// Holds items, so many at most.
    Hold { places: Option<u8> },
    /// Works on them.
    Work(Box<Work>),
    /// Takes them out.
    Take,
}

/// A node.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub does: Does,
    /// By item type.
    pub ways: BTreeMap<u8, Way>,
    /// Each a choice of targets: one, or the first of several that has room.
    pub outcomes: Vec<Vec<usize>>,
    /// Whether the order in which its items became ready matters.
    pub ranked: bool,
    /// Those that compete with each other have equal groups.
    pub group: u8,
}

/// Cards.
#[derive(Clone, Debug)]
pub(super) struct Cards {
    pub count: u8,
    pub from: usize,
    pub to: usize,
    /// Which types take one.
    pub takes: Vec<bool>,
}

/// A line, ready to be executed.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub places: Vec<Place>,
    /// The places in the order in which they settle.
    pub order: Vec<usize>,
    /// Position of a place in the natural order of names.
    pub names: Vec<usize>,
    pub cards: Vec<Cards>,
    pub pools: Vec<u8>,
    /// Per counter: how many values it has.
    pub turns: Vec<u8>,
    /// Items at the beginning, by place.
    pub initial: Vec<Vec<(u8, u8)>>,
}

/// Reads a plant.
struct Reader<'a> {
    plant: &'a Plant,
    outside: Vec<Outside>,
    model: Model,
    /// Counters by where they are written.
    counters: BTreeMap<u32, usize>,
}

impl Model {
    /// The model of a plant.
    ///
    /// # Errors
    /// What of it cannot be expressed.
    pub fn of(plant: &Plant) -> Result<Model, Vec<Outside>> {
        let mut reader = Reader { plant, outside: Vec::new(), model: Model::default(), counters: BTreeMap::new() };
        reader.read();
        if reader.outside.is_empty() { Ok(reader.model) } else { Err(reader.outside) }
    }
}

fn byte(n: u64) -> Option<u8> {
    u8::try_from(n).ok().filter(|_| n <= MOST)
}

impl Reader<'_> {
    fn leave_out(&mut self, span: Span, what: impl Into<String>) {
        self.outside.push(Outside { span, what: what.into() });
    }

    /// A number that has to be small.
    fn small(&mut self, n: u64, span: Span, what: &str) -> u8 {
        byte(n).unwrap_or_else(|| {
            self.leave_out(span, format!("{what} is above {MOST}"));
            0
        })
    }

    fn phases(&mut self, expression: &Expression, item: Option<ItemId>, span: Span, what: &str) -> Phases {
        Phases::of(self.plant, expression, item).unwrap_or_else(|why| {
            self.leave_out(span, format!("{what} {why}"));
            Phases::none()
        })
    }

    fn kinds(&self, item: ItemId) -> Vec<bool> {
        self.plant.items.iter().map(|(id, _)| self.plant.is_a(id, item)).collect()
    }

    fn read(&mut self) {
        let plant = self.plant;
        if plant.items.len() as u64 > MOST || plant.nodes.len() as u64 > MOST {
            self.leave_out(plant.span, format!("it has more than {MOST} item types, or nodes"));
            return;
        }
        if let Some(route) = plant.routes.first() {
            self.leave_out(route.span, "items follow routes");
        }
        if let Some(fleet) = plant.fleets.first() {
            self.leave_out(fleet.span, format!("`{}` is a fleet of vehicles", fleet.name));
        }
        if let Some(stop) = plant.stops.first() {
            let span = match &stop.stop {
                ir::Stop::Breakdown(b) => b.span,
                ir::Stop::Maintenance(m) => m.span,
            };
            self.leave_out(span, format!("`{}` stops several things at once, or what is no station", stop.stop.name()));
        }
        for pool in plant.pools.values() {
            let plain = pool.calendar.is_none() && pool.order.is_none() && !pool.overtake && pool.crews.is_empty();
            if !plain {
                self.leave_out(pool.span, format!("`{}` has shifts, skills or an order of its own", pool.name));
            }
            let size = self.small(pool.size, pool.span, &format!("the size of `{}`", pool.name));
            self.model.pools.push(size);
        }
        for limit in plant.limits.values() {
            if limit.back.is_some() || limit.clearance.is_some() {
                self.leave_out(limit.span, format!("cards of `{}` come back later, or keep items apart", limit.name));
            }
            let lots = |n: &ir::Node| match &n.kind {
                NodeKind::Station(s) => s.recipes.iter().any(|r| {
                    r.batch.is_some() || (r.makes.is_empty() && r.takes.iter().map(|p| p.maximum).sum::<u64>() > 1)
                }),
                _ => false,
            };
            if plant.nodes.get(limit.from).is_some_and(lots) {
                self.leave_out(limit.span, format!("`{}` begins at a station that loads several items", limit.name));
            }
            let timed = match plant.nodes.get(limit.from).map(|n| &n.kind) {
                Some(NodeKind::Source(s)) => s.supply != Supply::Always,
                _ => false,
            };
            if timed {
                self.leave_out(limit.span, format!("`{}` begins at a source with a time between items", limit.name));
            }
            let count = self.small(limit.count, limit.span, &format!("the count of `{}`", limit.name));
            let takes = limit.item.map_or_else(|| vec![true; plant.items.len()], |item| self.kinds(item));
            self.model.cards.push(Cards { count, from: limit.from.index(), to: limit.to.index(), takes });
        }
        if plant.limits.len() > LIMITS {
            self.leave_out(plant.span, format!("it has more than {LIMITS} limits"));
        }
        for (id, node) in plant.nodes.iter() {
            self.place(id, node);
        }
        self.order();
        self.groups();
        self.gatherings();
    }

    /// Leaves out what goes several at a time, or by a choice that is open, into a station that gathers.
    fn gatherings(&mut self) {
        let gathers = |at: usize| match &self.model.places[at].does {
            Does::Work(work) => !work.takes.is_empty() || work.batch != (1, 1),
            _ => false,
        };
        let mut found = Vec::new();
        for (at, place) in self.model.places.iter().enumerate() {
            let several = match &place.does {
                Does::Work(work) => {
                    work.together
                        && (work.makes.len() > 1 || work.makes.iter().any(|(_, n)| *n > 1) || work.batch.1 > 1)
                }
                _ => false,
            };
            // Which types come next would be decided while some are loaded.
            let mixed = matches!(&place.does, Does::Make { every: None, mix, .. } if mix.len() > 1);
            let chosen = place.ways.values().any(|way| !matches!(way, Way::To(_)));
            for outcome in place.outcomes.iter().filter(|o| o.iter().any(|to| gathers(*to))) {
                if several || outcome.len() > 1 || mixed || (chosen && !matches!(place.does, Does::Work(_))) {
                    found.push(at);
                }
            }
        }
        for at in found {
            let Some(node) = self.plant.nodes.get(NodeId::new(at)) else { continue };
            self.leave_out(
                node.span,
                format!("`{}` chooses among stations that gather items, or hands them several at once", node.name),
            );
        }
    }

    fn place(&mut self, id: NodeId, node: &ir::Node) {
        let name = &node.name;
        if node.calendar.is_some() {
            self.leave_out(node.span, format!("`{name}` works in shifts"));
        }
        let mut initial = Vec::new();
        let does = match &node.kind {
            NodeKind::Sink => Does::Take,
            NodeKind::Conveyor(_) => {
                self.leave_out(node.span, format!("`{name}` is a conveyor"));
                Does::Take
            }
            NodeKind::Buffer(buffer) => {
                if buffer.transit.is_some() {
                    self.leave_out(node.span, format!("items are under way, or stay a while, in `{name}`"));
                }
                if buffer.is_loose() || buffer.by.is_some() {
                    self.leave_out(node.span, format!("items leave `{name}` in another order than they come"));
                }
                if !buffer.kept.is_empty() {
                    self.leave_out(node.span, format!("`{name}` keeps places for some of its items"));
                }
                if buffer.hands_over() {
                    self.leave_out(node.span, format!("`{name}` has no places"));
                }
                for (item, n) in &buffer.initial {
                    let number = self.small(*n, node.span, &format!("what is in `{name}` at the beginning"));
                    initial.push((item.index() as u8, number));
                }
                let places = match buffer.capacity {
                    Capacity::Unlimited => None,
                    Capacity::Places(n) => Some(self.small(n, node.span, &format!("the capacity of `{name}`"))),
                };
                Does::Hold { places }
            }
            NodeKind::Source(source) => self.source(node, source),
            NodeKind::Station(station) => self.station(node, station),
        };
        let mut place = Place { does, ways: BTreeMap::new(), outcomes: Vec::new(), ranked: false, group: 0 };
        if let Some(routing) = &node.routing {
            for item in self.plant.items.iter().map(|(id, _)| id) {
                if let Some(way) = self.way(routing, item, &mut place.outcomes) {
                    place.ways.insert(item.index() as u8, way);
                }
            }
        }
        let _ = id;
        self.model.places.push(place);
        self.model.initial.push(initial);
    }

    fn source(&mut self, node: &ir::Node, source: &ir::Source) -> Does {
        let name = &node.name;
        let plain = source.total.is_none() && source.campaign.is_empty() && source.with.is_empty();
        if !plain || !source.makes_single_items() {
            self.leave_out(node.span, format!("`{name}` makes lots, campaigns, a total, or items with attributes"));
        }
        let every = match &source.supply {
            Supply::Always => None,
            Supply::Every(every) => Some(self.phases(every, None, node.span, &format!("the interval of `{name}`"))),
            Supply::ByHours { .. } | Supply::At(_) | Supply::Orders(_) | Supply::Outside => {
                self.leave_out(node.span, format!("`{name}` goes by a timetable"));
                None
            }
        };
        let mix = source.mix.iter().map(|(item, share)| (to_f64(share), item.index() as u8)).collect();
        Does::Make { every, mix, full: source.when_full }
    }

    fn station(&mut self, node: &ir::Node, station: &Station) -> Does {
        let name = &node.name;
        let apart: &[(bool, &str)] = &[
            (station.setup.is_some() || station.recipes.iter().any(|r| r.setup.is_some()), "has setups"),
            (!station.maintenance.is_empty(), "has maintenance"),
            (station.order.is_some(), "chooses what is next by an order of its own"),
            (!station.sets.is_empty(), "changes attributes"),
            (station.blocking == Blocking::BeforeWork, "begins only when there is room behind it"),
            (station.load_each, "is loaded part by part"),
            (station.on_belt, "works on a belt"),
            (station.recipes.len() != 1, "has several recipes"),
        ];
        for (_, what) in apart.iter().filter(|(is, _)| *is) {
            self.leave_out(node.span, format!("`{name}` {what}"));
        }
        let Some(recipe) = station.recipes.first() else { return Does::Take };
        let mut work = self.recipe(node, station, recipe);
        for b in &station.breakdowns {
            let apart: &[(bool, &str)] = &[
                (b.clock == BreakdownClock::Cycles, "counts cycles"),
                (!b.needs.is_empty() || b.repair_in.is_some(), "waits for people or a shift"),
                (b.from_start, "counts from the onset"),
                (!work.needs.is_empty(), "takes the machine from people who are then asked for again"),
                (
                    matches!(b.effect, BreakdownEffect::Restart | BreakdownEffect::FinishItem),
                    "begins the same time again, or waits for the end of the work",
                ),
            ];
            for (_, what) in apart.iter().filter(|(is, _)| *is) {
                self.leave_out(b.span, format!("`{}` of `{name}` {what}", b.name));
            }
            let after = self.phases(&b.after, None, b.span, &format!("the time to `{}` of `{name}`", b.name));
            if station.machines > 1 && after.stages.len() > 1 {
                self.leave_out(
                    b.span,
                    format!("`{}` stops machines in parallel after times of several stages", b.name),
                );
            }
            let repair = self.phases(&b.repair, None, b.span, &format!("the repair of `{}` of `{name}`", b.name));
            work.stops.push(Stops {
                after,
                repair,
                working: b.clock == BreakdownClock::Working,
                exclusive: b.exclusive,
                effect: b.effect,
            });
        }
        Does::Work(Box::new(work))
    }

    fn recipe(&mut self, node: &ir::Node, station: &Station, recipe: &Recipe) -> Work {
        let name = &node.name;
        if recipe.wait_at_most.is_some() || recipe.same.is_some() {
            self.leave_out(recipe.span, format!("`{name}` waits for more items, or for equal ones"));
        }
        if recipe.takes.iter().chain(&recipe.makes).any(|p| p.minimum != p.maximum) {
            self.leave_out(recipe.span, format!("`{name}` takes or makes a range of items"));
        }
        let mut number = |part: &Part| self.small(part.maximum, part.span, &format!("a number of items of `{name}`"));
        let taken: Vec<u8> = recipe.takes.iter().map(&mut number).collect();
        let makes = recipe.makes.iter().map(|p| (p.item.index() as u8, number(p))).collect();
        let takes = recipe.takes.iter().zip(taken).map(|(p, n)| (self.kinds(p.item), n)).collect();
        let batch = recipe.batch.map_or((1, 1), |b| {
            (self.small(b.minimum, recipe.span, "a batch"), self.small(b.maximum, recipe.span, "a batch"))
        });
        if recipe.phases.iter().any(|p| p.kind == PhaseKind::Stay) {
            self.leave_out(recipe.span, format!("items stay in `{name}` after its work"));
        }
        let mut needs = Vec::new();
        for (at, phase) in recipe.phases.iter().enumerate() {
            let own: Vec<(usize, u8)> = phase
                .needs
                .iter()
                .map(|n| (n.pool.index(), self.small(n.count, n.span, "a number of people")))
                .collect();
            if at == 0 {
                needs = own;
            } else if !phase.keeps && own != needs {
                self.leave_out(phase.span, format!("the phases of `{name}` need different people"));
            }
        }
        let mut times = BTreeMap::new();
        let main = recipe.takes.first().map(|p| self.kinds(p.item));
        for item in node.items.iter().filter(|i| main.as_ref().is_none_or(|m| m.get(i.index()) == Some(&true))) {
            let mut all = vec![(1.0, Vec::new())];
            for phase in &recipe.phases {
                let phases =
                    self.phases(&phase.duration, Some(*item), phase.span, &format!("the {} of `{name}`", phase.name));
                all = super::phases::one_after_another(&all, &phases.sequences());
            }
            match Phases::from_sequences(all) {
                Ok(phases) => {
                    times.insert(item.index() as u8, phases);
                }
                Err(why) => self.leave_out(recipe.span, format!("the work of `{name}` {why}")),
            }
        }
        Work {
            machines: self.small(station.machines, node.span, &format!("the machines of `{name}`")),
            takes,
            batch,
            makes,
            together: recipe.release == Release::Together,
            times,
            good: station.yield_share.as_ref().map_or(1.0, to_f64),
            needs,
            holds: station.release_crew == ReleaseCrew::AfterLeaving,
            stops: Vec::new(),
            hold_when_down: station.hold_when_down,
        }
    }

    /// The way of an item type; `None` when it never goes here.
    fn way(&mut self, routing: &Routing, item: ItemId, outcomes: &mut Vec<Vec<usize>>) -> Option<Way> {
        let mut outcome = |targets: Vec<usize>| {
            let at = outcomes.iter().position(|o| *o == targets).unwrap_or_else(|| {
                outcomes.push(targets);
                outcomes.len() - 1
            });
            Way::To(u8::try_from(at + 1).unwrap_or(u8::MAX))
        };
        match routing {
            Routing::To(target) => Some(outcome(vec![target.node.index()])),
            Routing::Shares(list, _) => {
                let ways: Option<Vec<(f64, Way)>> =
                    list.iter().map(|(share, way)| Some((to_f64(share), self.way(way, item, outcomes)?))).collect();
                Some(Way::Chance(ways?.into_iter().filter(|(share, _)| *share > 0.0).collect()))
            }
            Routing::ByItem(list, rest, _) => {
                let own = list.iter().find(|(i, _)| *i == item);
                let found = own.or_else(|| list.iter().find(|(i, _)| self.plant.is_a(item, *i)));
                self.way(found.map(|(_, w)| w).or(rest.as_deref())?, item, outcomes)
            }
            Routing::If(_, _, span) => {
                self.leave_out(*span, "ways depend on conditions");
                None
            }
            Routing::Rule(rule, list, span) => match rule {
                ChoiceRule::FirstFree | ChoiceRule::Priority => {
                    let targets: Vec<usize> = list.iter().flat_map(Routing::targets).map(|t| t.node.index()).collect();
                    if list.iter().any(|way| !matches!(way, Routing::To(_))) {
                        self.leave_out(*span, "an open choice holds another choice");
                    }
                    Some(outcome(targets))
                }
                ChoiceRule::ShortestQueue => {
                    self.leave_out(*span, "items go to the shortest queue");
                    None
                }
                ChoiceRule::RoundRobin => {
                    let ways: Option<Vec<Way>> = list.iter().map(|way| self.way(way, item, outcomes)).collect();
                    let counter = self.counter(list.len() as u64, *span);
                    Some(Way::Turn(counter, ways?))
                }
                ChoiceRule::Every(n) => {
                    let [first, second] = list.as_slice() else { return None };
                    let ways = Box::new([self.way(first, item, outcomes)?, self.way(second, item, outcomes)?]);
                    Some(Way::Every(self.counter(*n, *span), *n, ways))
                }
            },
        }
    }

    /// A counter; all item types share it.
    fn counter(&mut self, values: u64, span: Span) -> usize {
        if let Some(known) = self.counters.get(&span.start) {
            return *known;
        }
        self.counters.insert(span.start, self.model.turns.len());
        let small = self.small(values, span, "what is counted");
        self.model.turns.push(small);
        self.model.turns.len() - 1
    }

    /// Longest distance to a sink on the condensation of the flow, then name (semantics T5).
    fn order(&mut self) {
        let places = &self.model.places;
        let mut graph: DiGraph<usize, ()> = DiGraph::new();
        for at in 0..places.len() {
            graph.add_node(at);
        }
        for (at, place) in places.iter().enumerate() {
            for to in place.outcomes.iter().flatten() {
                graph.add_edge(NodeIndex::new(at), NodeIndex::new(*to), ());
            }
        }
        let mut distance = vec![0usize; places.len()];
        // Components come with those that they lead to before them.
        for component in kosaraju_scc(&graph) {
            let inside: Vec<usize> = component.iter().map(|n| n.index()).collect();
            let far = inside
                .iter()
                .flat_map(|at| places[*at].outcomes.iter().flatten())
                .filter(|to| !inside.contains(to))
                .map(|to| distance[*to] + 1)
                .max()
                .unwrap_or(0);
            inside.iter().for_each(|at| distance[*at] = far);
        }
        let plant = self.plant;
        let name = |at: &usize| plant.nodes.get(NodeId::new(*at)).map_or("", |n| n.name.as_str());
        let mut names: Vec<usize> = (0..places.len()).collect();
        names.sort_by(|a, b| natural_cmp(name(a), name(b)));
        let mut order = names.clone();
        order.sort_by_key(|at| distance[*at]);
        let mut positions = vec![0; names.len()];
        names.iter().enumerate().for_each(|(position, at)| positions[*at] = position);
        self.model.names = positions;
        self.model.order = order;
    }

    /// Which places compete for targets: only there does it matter who was ready first.
    fn groups(&mut self) {
        let n = self.model.places.len();
        let mut group: Vec<usize> = (0..n).collect();
        // Of a target the places before it are in one group, and so are the targets of one open choice.
        let mut feeders: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (at, place) in self.model.places.iter().enumerate() {
            for (item, way) in &place.ways {
                for to in way.outcomes().into_iter().flat_map(|o| place.targets(o)) {
                    let parts: Vec<usize> = match &self.model.places[*to].does {
                        Does::Take => Vec::new(),
                        // Those that bring different parts do not compete.
                        Does::Work(work) if !work.takes.is_empty() => {
                            let goes = |kinds: &Vec<bool>| kinds.get(usize::from(*item)) == Some(&true);
                            (0..work.takes.len()).filter(|p| goes(&work.takes[*p].0)).collect()
                        }
                        _ => vec![0],
                    };
                    for part in parts {
                        let list = feeders.entry((*to, part)).or_default();
                        if !list.contains(&at) {
                            list.push(at);
                        }
                    }
                }
            }
        }
        let unite = |group: &mut Vec<usize>, a: usize, b: usize| {
            let (from, to) = (group[a].max(group[b]), group[a].min(group[b]));
            group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
        };
        for list in feeders.values() {
            for pair in list.windows(2) {
                unite(&mut group, pair[0], pair[1]);
            }
        }
        for at in 0..n {
            let several = (0..n).any(|other| other != at && group[other] == group[at]);
            let place = &self.model.places[at];
            let own = match &place.does {
                // Machines in parallel are told apart by what they hold only.
                Does::Work(work) => {
                    let types = place.ways.len() > 1 || place.outcomes.len() > 1;
                    work.machines > 1 && (types || !self.model.cards.is_empty())
                }
                _ => false,
            };
            let place = &mut self.model.places[at];
            place.ranked = !place.outcomes.is_empty() && (several || own);
            place.group = u8::try_from(group[at]).unwrap_or(0);
        }
    }
}
