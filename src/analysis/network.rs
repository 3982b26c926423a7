//! The flow network of a plant: where items of each type can be, on which visit, and what share goes
//! from one such state to the next. Joining recipes and open choices are unknown rates of their own
//! (parameters), tied to the states by balance equations. It knows no times and no capacities.
//!
//! Start reading at [`Network::of`]; [`super::traffic`] solves it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use num_traits::One;

use crate::base::Rational;
use crate::ir::{ChoiceRule, ItemId, NodeId, NodeKind, Part, Plant, Recipe, Routing, Station, Target, Visit, VisitId};

use super::figures::count;
use super::means::is_a;

/// Open choices beyond this many are taken as equal shares, so that the program over them stays small.
const OPEN_BRANCHES: usize = 200;

/// Items of a type at a node, on a visit or on none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct State {
    /// Where.
    pub node: NodeId,
    /// On which stop of their route.
    pub visit: Option<VisitId>,
    /// What.
    pub item: ItemId,
    /// Products that leave a joining station, as against parts that arrive at it.
    pub departs: bool,
}

/// An unknown rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    /// Items a source makes per second.
    Source(NodeId),
    /// Runs per second of a joining recipe: station, recipe, and whether at its largest `takes`.
    Recipe(NodeId, usize, bool),
    /// Items per second on one alternative of an open choice.
    Branch,
    /// Flow into a state that closes a circle.
    Circulation,
}

/// A rate that others are written in: the flow into a state, or a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// Index into [`Network::states`].
    State(usize),
    /// Index into [`Network::parameters`].
    Parameter(usize),
}

/// States, shares between them, parameters and balances.
#[derive(Default)]
pub(super) struct Network {
    /// All states reached, in the order of discovery.
    pub states: IndexMap<State, ()>,
    /// Per state: where its flow goes, by share.
    pub edges: Vec<Vec<(usize, Rational)>>,
    /// Per state: what parameters bring into it.
    pub inflows: Vec<Vec<(usize, Rational)>>,
    /// All unknown rates.
    pub parameters: Vec<Parameter>,
    /// Sums that are 0.
    pub balances: Vec<Vec<(Term, Rational)>>,
    /// Open choices taken as equal shares because there are too many of them.
    pub simplified: bool,
    /// Targets of a state behind open choices.
    branches: BTreeMap<usize, Vec<usize>>,
    work: Vec<usize>,
    /// Of ways by count, by node, where the rule is written, and way: what all types that come there have to add up to.
    counted: BTreeMap<(NodeId, u32, usize), Vec<(Term, Rational)>>,
    joins: BTreeMap<NodeId, ()>,
}

impl Network {
    /// The network of a plant. O(states + arrows), but for branches that list every item type.
    pub fn of(plant: &Plant) -> Network {
        let mut network = Network::default();
        for (id, node) in plant.nodes.iter() {
            match &node.kind {
                NodeKind::Source(source) => {
                    let rate = network.parameter(Parameter::Source(id));
                    for (item, share) in &source.mix {
                        let state = network.reach(State { node: id, visit: None, item: *item, departs: false });
                        network.bring(state, rate, share.clone());
                    }
                }
                NodeKind::Buffer(buffer) => {
                    for (item, n) in &buffer.initial {
                        if *n > 0 {
                            network.reach(State { node: id, visit: None, item: *item, departs: false });
                        }
                    }
                }
                NodeKind::Station(_) | NodeKind::Conveyor(_) | NodeKind::Sink => {}
            }
        }
        while let Some(state) = network.work.pop() {
            network.advance(plant, state);
        }
        network.balance_joins(plant);
        let counted = std::mem::take(&mut network.counted);
        network.balances.extend(counted.into_values());
        network
    }

    /// A state's index and key.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &State)> {
        self.states.keys().enumerate()
    }

    /// States an item of a state can be in next, open choices included, joins not. O(arrows).
    pub fn reached_from(&self, at: usize) -> Vec<usize> {
        let mut found: Vec<usize> = self.edges.get(at).into_iter().flatten().map(|(to, _)| *to).collect();
        if let Some(list) = self.branches.get(&at) {
            found.extend(list);
        }
        found
    }

    /// A new unknown rate.
    pub fn parameter(&mut self, what: Parameter) -> usize {
        self.parameters.push(what);
        self.parameters.len() - 1
    }

    fn reach(&mut self, state: State) -> usize {
        let (at, known) = self.states.insert_full(state, ());
        if known.is_none() {
            self.edges.push(Vec::new());
            self.inflows.push(Vec::new());
            self.work.push(at);
        }
        at
    }

    fn bring(&mut self, state: usize, parameter: usize, factor: Rational) {
        if let Some(list) = self.inflows.get_mut(state) {
            list.push((parameter, factor));
        }
    }

    /// Follows the way out of a state.
    fn advance(&mut self, plant: &Plant, at: usize) {
        let Some((&state, ())) = self.states.get_index(at) else { return };
        let Some(node) = plant.nodes.get(state.node) else { return };
        let from = Amount { origin: at, term: Term::State(at), factor: Rational::one() };
        match &node.kind {
            NodeKind::Sink => {}
            NodeKind::Buffer(crate::ir::Buffer { max_stay: Some(_), expired, .. }) => {
                let elsewhere = expired.map(Routing::To);
                self.stays_or_expires(plant, way_out(plant, &state), elsewhere.as_ref(), &state, &from);
            }
            NodeKind::Source(_) | NodeKind::Buffer(_) | NodeKind::Conveyor(_) => {
                self.follow(plant, way_out(plant, &state), &state, from);
            }
            NodeKind::Station(station) => {
                if !state.departs && joining(plant, &state).next().is_some() {
                    if self.joins.insert(state.node, ()).is_none() {
                        self.start_recipes(plant, state.node, station);
                    }
                    return;
                }
                let mut from = from;
                // The yield of a join is in its products already.
                let visit = visit_of(plant, &state);
                let share = visit.and_then(|v| v.yield_share.as_ref()).or(station.yield_share.as_ref());
                if let (false, Some(share)) = (state.departs, share) {
                    from.factor = share.clone();
                }
                let here = visit.is_some();
                let leaving = State { visit: if here { state.visit } else { None }, ..state };
                self.follow(plant, way_out(plant, &state), &leaving, from);
            }
        }
    }

    /// Unknown run rates of the joining recipes of a station, and the products they send off.
    fn start_recipes(&mut self, plant: &Plant, node: NodeId, station: &Station) {
        for (at, recipe) in station.recipes.iter().enumerate().filter(|(_, r)| !r.takes.is_empty()) {
            let range = recipe.takes.iter().chain(&recipe.makes).any(|p| p.minimum != p.maximum);
            let largest: &[bool] = if range { &[true, false] } else { &[true] };
            for &largest in largest {
                let runs = self.parameter(Parameter::Recipe(node, at, largest));
                let products = if recipe.makes.is_empty() { &recipe.takes } else { &recipe.makes };
                for part in products {
                    let visits = route_visits(plant, node, recipe, part);
                    let made = count(size(part, largest));
                    let good = |v: Option<VisitId>| {
                        let own = v.and_then(|v| plant.visits.get(v)).and_then(|v| v.yield_share.clone());
                        own.or_else(|| station.yield_share.clone()).unwrap_or_else(Rational::one)
                    };
                    let visit = visits.first().copied();
                    if visits.len() <= 1 {
                        let state = self.reach(State { node, visit, item: part.item, departs: true });
                        self.bring(state, runs, made * good(visit));
                        continue;
                    }
                    // Which visit the runs are for is left open.
                    let mut all = vec![(Term::Parameter(runs), -made)];
                    for visit in visits {
                        let share = self.parameter(Parameter::Branch);
                        let state = self.reach(State { node, visit: Some(visit), item: part.item, departs: true });
                        self.bring(state, share, good(Some(visit)));
                        all.push((Term::Parameter(share), Rational::one()));
                    }
                    self.balances.push(all);
                }
            }
        }
    }

    /// What arrives for a part equals what the recipes take of it.
    fn balance_joins(&mut self, plant: &Plant) {
        let mut arrivals: BTreeMap<NodeId, Vec<(usize, ItemId)>> = BTreeMap::new();
        for (at, state) in self.iter().filter(|(_, s)| !s.departs && self.joins.contains_key(&s.node)) {
            arrivals.entry(state.node).or_default().push((at, state.item));
        }
        let mut balances = Vec::new();
        let mut runs: BTreeMap<NodeId, Vec<(usize, usize, bool)>> = BTreeMap::new();
        for (at, parameter) in self.parameters.iter().enumerate() {
            if let Parameter::Recipe(node, recipe, largest) = parameter {
                runs.entry(*node).or_default().push((at, *recipe, *largest));
            }
        }
        for (node, runs) in &runs {
            let Some(NodeKind::Station(station)) = plant.nodes.get(*node).map(|n| &n.kind) else { continue };
            let mut wanted: Vec<ItemId> = station.recipes.iter().flat_map(|r| &r.takes).map(|p| p.item).collect();
            wanted.sort_unstable();
            wanted.dedup();
            for item in wanted {
                let mut balance = Vec::new();
                for (state, arriving) in arrivals.get(node).into_iter().flatten() {
                    if is_a(plant, *arriving, item) {
                        balance.push((Term::State(*state), Rational::one()));
                    }
                }
                for (parameter, recipe, largest) in runs {
                    let parts = station.recipes.get(*recipe).map_or(&[][..], |r| &r.takes);
                    for part in parts.iter().filter(|p| p.item == item) {
                        balance.push((Term::Parameter(*parameter), -count(size(part, *largest))));
                    }
                }
                balances.push(balance);
            }
        }
        self.balances.extend(balances);
    }

    fn follow(&mut self, plant: &Plant, way: Option<&Routing>, state: &State, amount: Amount) {
        let Some(way) = way else { return };
        match way {
            Routing::To(Target { node, visit, .. }) => {
                let next = State { node: *node, visit: visit.or(state.visit), item: state.item, departs: false };
                let to = self.reach(next);
                match amount.term {
                    Term::State(from) => {
                        if let Some(list) = self.edges.get_mut(from) {
                            list.push((to, amount.factor));
                        }
                    }
                    Term::Parameter(from) => {
                        self.bring(to, from, amount.factor);
                        self.branches.entry(amount.origin).or_default().push(to);
                    }
                }
            }
            Routing::Shares(list, _) => {
                for (share, way) in list {
                    self.follow(plant, Some(way), state, amount.times(share));
                }
            }
            Routing::ByItem(list, rest, _) => {
                let own = list.iter().find(|(i, _)| *i == state.item);
                let found = own.or_else(|| list.iter().find(|(i, _)| is_a(plant, state.item, *i)));
                self.follow(plant, found.map(|(_, w)| w).or(rest.as_deref()), state, amount);
            }
            Routing::If(list, rest, _) => {
                let ways: Vec<&Routing> = list.iter().map(|(_, w)| w).chain([rest.as_ref()]).collect();
                self.open(plant, &ways, state, &amount);
            }
            Routing::Rule(rule, list, span) => {
                let ways: Vec<&Routing> = list.iter().collect();
                match (rule, ways.as_slice()) {
                    (ChoiceRule::Every(n), [nth, others]) if *n > 0 => {
                        let share = Rational::one() / count(*n);
                        let rest = Rational::one() - &share;
                        self.by_count(plant, span.start, &[(nth, share), (others, rest)], state, &amount);
                    }
                    (ChoiceRule::RoundRobin | ChoiceRule::Every(_), ways) => {
                        let share = Rational::one() / count(ways.len().max(1) as u64);
                        let ways: Vec<(&Routing, Rational)> = ways.iter().map(|w| (*w, share.clone())).collect();
                        self.by_count(plant, span.start, &ways, state, &amount);
                    }
                    (ChoiceRule::FirstFree | ChoiceRule::ShortestQueue | ChoiceRule::Priority, ways) => {
                        self.open(plant, ways, state, &amount);
                    }
                }
            }
        }
    }

    /// Items leave by the way on, or their longest stay ends: in which shares only a run knows.
    fn stays_or_expires(
        &mut self,
        plant: &Plant,
        way: Option<&Routing>,
        elsewhere: Option<&Routing>,
        state: &State,
        amount: &Amount,
    ) {
        let mut balance = vec![(amount.term, amount.factor.clone())];
        for way in [way, elsewhere] {
            let branch = self.parameter(Parameter::Branch);
            balance.push((Term::Parameter(branch), -Rational::one()));
            let part = Amount { origin: amount.origin, term: Term::Parameter(branch), factor: Rational::one() };
            self.follow(plant, way, state, part);
        }
        self.balances.push(balance);
    }

    /// Ways in turn or by count. They have their shares of all that comes, whatever it is; which types go which way may
    /// hang together with the order in which they come, so that each type may be split in any way that keeps the shares.
    fn by_count(&mut self, plant: &Plant, rule: u32, ways: &[(&Routing, Rational)], state: &State, amount: &Amount) {
        let several = plant.nodes.get(state.node).is_none_or(|n| n.items.len() > 1) || state.visit.is_some();
        let taken = self.parameters.iter().filter(|p| **p == Parameter::Branch).count();
        if !several || ways.len() < 2 || taken + ways.len() > OPEN_BRANCHES {
            self.simplified |= several && ways.len() > 1;
            for (way, share) in ways {
                self.follow(plant, Some(way), state, amount.times(share));
            }
            return;
        }
        let mut balance = vec![(amount.term, amount.factor.clone())];
        for (at, (way, share)) in ways.iter().enumerate() {
            let branch = self.parameter(Parameter::Branch);
            balance.push((Term::Parameter(branch), -Rational::one()));
            let all = self.counted.entry((state.node, rule, at)).or_default();
            all.push((Term::Parameter(branch), Rational::one()));
            all.push((amount.term, -(&amount.factor * share)));
            let part = Amount { origin: amount.origin, term: Term::Parameter(branch), factor: Rational::one() };
            self.follow(plant, Some(way), state, part);
        }
        self.balances.push(balance);
    }

    fn equal(&mut self, plant: &Plant, ways: &[&Routing], state: &State, amount: &Amount) {
        let share = Rational::one() / count(ways.len().max(1) as u64);
        for way in ways {
            self.follow(plant, Some(way), state, amount.times(&share));
        }
    }

    /// A choice whose shares only a run knows: any split is allowed.
    fn open(&mut self, plant: &Plant, ways: &[&Routing], state: &State, amount: &Amount) {
        if let [way] = ways {
            self.follow(plant, Some(way), state, amount.clone());
            return;
        }
        if self.parameters.iter().filter(|p| **p == Parameter::Branch).count() + ways.len() > OPEN_BRANCHES {
            self.simplified = true;
            self.equal(plant, ways, state, amount);
            return;
        }
        let mut balance = vec![(amount.term, amount.factor.clone())];
        for way in ways {
            let branch = self.parameter(Parameter::Branch);
            balance.push((Term::Parameter(branch), -Rational::one()));
            self.follow(
                plant,
                Some(way),
                state,
                Amount { origin: amount.origin, term: Term::Parameter(branch), factor: Rational::one() },
            );
        }
        self.balances.push(balance);
    }
}

/// A flow on its way to the leaves of a routing.
#[derive(Clone)]
struct Amount {
    /// The state it comes from.
    origin: usize,
    term: Term,
    factor: Rational,
}

impl Amount {
    fn times(&self, share: &Rational) -> Amount {
        Amount { origin: self.origin, term: self.term, factor: &self.factor * share }
    }
}

/// Items a run takes or makes of a part.
pub(super) fn size(part: &Part, largest: bool) -> u64 {
    if largest { part.maximum } else { part.minimum }
}

/// The recipes of the state's station that take its item as a part.
pub(super) fn joining<'a>(plant: &'a Plant, state: &State) -> impl Iterator<Item = (usize, &'a Recipe)> {
    let item = state.item;
    let recipes = match plant.nodes.get(state.node).map(|n| &n.kind) {
        Some(NodeKind::Station(station)) => station.recipes.as_slice(),
        _ => &[],
    };
    recipes.iter().enumerate().filter(move |(_, r)| r.takes.iter().any(|p| is_a(plant, item, p.item)))
}

/// The visits of routes that go on with a product of a recipe: with the first, those of the main part; with
/// what is joined and leaves again, its own.
pub(super) fn route_visits(plant: &Plant, node: NodeId, recipe: &Recipe, part: &Part) -> Vec<VisitId> {
    let first = recipe.makes.first().is_none_or(|p| p.item == part.item);
    let carrier = if recipe.makes.is_empty() { Some(part.item) } else { recipe.main() };
    let visits = plant.visits.iter().filter(|(_, v)| v.station == node && first);
    visits.filter(|(_, v)| carrier.is_some_and(|c| is_a(plant, v.item, c))).map(|(id, _)| id).collect()
}

/// The visit a state is on, if it is at that visit's station.
pub(super) fn visit_of<'a>(plant: &'a Plant, state: &State) -> Option<&'a Visit> {
    state.visit.and_then(|v| plant.visits.get(v)).filter(|v| v.station == state.node)
}

/// The way on from a state: on its route if it is on one or one starts here, else the node's own.
/// Parts that wait for a join go nowhere; the caller knows.
pub(super) fn way_out<'a>(plant: &'a Plant, state: &State) -> Option<&'a Routing> {
    if let Some(visit) = visit_of(plant, state) {
        return Some(&visit.next);
    }
    let node = plant.nodes.get(state.node)?;
    let start = plant.routes.iter().find(|r| r.sources.contains(&state.node) && is_a(plant, state.item, r.item));
    match (&node.kind, start) {
        (NodeKind::Source(_) | NodeKind::Station(_), Some(route)) => Some(&route.start),
        _ => node.routing.as_ref(),
    }
}
