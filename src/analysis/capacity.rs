//! Compares the work of every resource with the time it has: loads at the demand or at what the
//! sources give, what can leave at most, and the diagnostics E0501, E0502 and E0503.
//!
//! Every question is a small linear program over the free rates ([`super::program`]); what the text
//! leaves open (`first_free`, `if`) may be split in any way, so that a refusal is a proof.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Signed, Zero};

use crate::base::Rational;
use crate::base::quantity::to_f64;
use crate::diag::Diagnostic;
use crate::ir::{ItemId, NodeId, NodeKind, Plant, PoolId, Supply, WhenFull};

use super::figures::{count, over, percent};
use super::load::{Resource, What, resources};
use super::means::is_a;
use super::network::{Network, Parameter, State, Term};
use super::program::{Rows, Solved};
use super::traffic::{Form, Traffic, add_to, value_at};
use super::{demand, supply};

/// Loads and bounds of a line: the card of `check --capacity`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capacity {
    /// The resource with the highest load.
    pub bottleneck: Option<String>,
    /// Per station, crew, tool set, timed lane and limit, in the order of the plant: name and load.
    pub loads: Vec<(String, Load)>,
    /// Per sink: items per hour that can arrive at most in the long run, as long as no queue grows without end;
    /// absent where nothing limits them.
    pub throughput_bound_per_h: Vec<(String, f64)>,
    /// Seconds an item takes through the empty line, and how many items keep the bottleneck busy if nothing
    /// varies (raw process time and critical work in process); absent where a time is known only in a run.
    pub raw: Option<(f64, f64)>,
    /// The same as text: resource, kind, load, work needed, time there is; highest load first.
    pub card: Vec<[String; 5]>,
    /// What the figures stand for, and what they leave out.
    pub notes: Vec<String>,
}

/// How busy a resource has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Work over time there is.
    pub load: f64,
    /// Hours of work per hour.
    pub required_h_per_h: f64,
    /// Machine or person hours there are per hour.
    pub available_h_per_h: f64,
}

/// Loads below this share of the limit are within it without exact arithmetic.
const NEARLY: f64 = 1.0 - 1e-9;

/// Rows added in one round of a program.
const BROKEN_ROWS: usize = 8;

/// A point of a program: the value of every free rate.
pub(super) type Point = BTreeMap<usize, Rational>;

/// A row of a program: factors by column, and the bound.
type Row = (Vec<(usize, Rational)>, Rational);

/// Everything the questions about capacity are asked of.
pub(super) struct Model<'a> {
    pub plant: &'a Plant,
    pub network: Network,
    pub traffic: Traffic,
    pub resources: Vec<Resource>,
    pub unknown: Vec<String>,
    /// Limits of which it is not known who holds their cards.
    pub unheld: Vec<String>,
    /// Timed sources: parameter, node, items per second.
    pub timed: Vec<(usize, NodeId, Rational)>,
    columns: BTreeMap<usize, usize>,
}

impl<'a> Model<'a> {
    pub fn of(plant: &'a Plant) -> Self {
        let mut network = Network::of(plant);
        let traffic = Traffic::of(&mut network);
        let mut unknown = Vec::new();
        let mut unheld = Vec::new();
        let resources = resources(plant, &network, &traffic, &mut unknown, &mut unheld);
        let mut timed = Vec::new();
        for (at, parameter) in network.parameters.iter().enumerate() {
            let Parameter::Source(id) = parameter else { continue };
            let Some(node) = plant.nodes.get(*id) else { continue };
            let NodeKind::Source(source) = &node.kind else { continue };
            if source.supply == Supply::Always {
                continue;
            }
            match super::rates::rate(plant, node, source) {
                Some(rate) => timed.push((at, *id, rate)),
                None => unknown.push(node.name.clone()),
            }
        }
        let columns = traffic.free.iter().enumerate().map(|(column, parameter)| (*parameter, column)).collect();
        Model { plant, network, traffic, resources, unknown, unheld, timed, columns }
    }

    pub fn row(&self, form: &Form) -> Vec<(usize, Rational)> {
        form.iter().filter_map(|(p, f)| self.columns.get(p).map(|c| (*c, f.clone()))).collect()
    }

    /// Rows that always hold: rates are not below 0.
    pub fn base_rows(&self) -> Rows {
        let mut rows = Rows::default();
        for form in self.traffic.signed() {
            rows.at_most(self.row(form).into_iter().map(|(c, f)| (c, -f)), Rational::zero());
        }
        rows
    }

    /// Adds: no source gives more than it makes.
    pub fn limit_sources(&self, rows: &mut Rows) {
        for (parameter, _, rate) in &self.timed {
            rows.at_most(self.row(self.traffic.form(Term::Parameter(*parameter))), rate.clone());
        }
    }

    /// The best point of a program over the free rates, with no load above `limit` if one is given.
    ///
    /// Loads enter the program only as they are violated: of ten thousand stations a few matter.
    pub fn maximise(&self, rows: &Rows, aim: &Form, limit: Option<&Rational>) -> Option<(Rational, Point)> {
        let Some(limit) = limit else { return self.solve(rows, self.columns.len(), &self.row(aim)) };
        let row = |r: &Resource, at: Option<&Point>| (self.row(&self.form(r, at)), r.capacity() * limit - &r.always);
        let broken = |r: &Resource, _: &Rational, point: &Point| {
            let over = self.required(r, point) - r.capacity() * limit;
            over.is_positive().then(|| self.load(r, point).unwrap_or(over))
        };
        self.lazily(rows, self.columns.len(), &self.row(aim), &row, &broken, &|_| to_f64(limit))
    }

    /// Free rates, which are the columns of every program.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// The point with the smallest largest load, and that load.
    pub fn least_load(&self, rows: &Rows) -> Option<(Rational, Point)> {
        let column = self.columns.len();
        let row = |r: &Resource, at: Option<&Point>| {
            let form = self.form(r, at);
            let capacity = r.capacity();
            if capacity.is_zero() {
                return (self.row(&form), Rational::zero());
            }
            let sum = self.row(&form).into_iter().map(|(c, f)| (c, f / &capacity)).chain([(column, -Rational::one())]);
            (sum.collect(), -(&r.always / &capacity))
        };
        let broken = |r: &Resource, value: &Rational, point: &Point| {
            if r.capacity().is_zero() {
                return Some(self.value(&self.form(r, Some(point)), point)).filter(Signed::is_positive);
            }
            self.load(r, point).filter(|load| !r.form.is_empty() && *load > -value)
        };
        let (value, point) =
            self.lazily(rows, column + 1, &[(column, -Rational::one())], &row, &broken, &|value| -to_f64(value))?;
        Some((-value, point))
    }

    pub(super) fn solve(&self, rows: &Rows, columns: usize, aim: &[(usize, Rational)]) -> Option<(Rational, Point)> {
        match rows.maximise(columns, aim) {
            Solved::Best(value, x) => Some((value, self.point(&x))),
            Solved::Unbounded | Solved::Infeasible | Solved::TooLarge => None,
        }
    }

    /// Adds the row of each column's heaviest resource, then of those whose row is broken most, until
    /// none is. `broken` says by how much, given the value and the point.
    fn lazily(
        &self,
        rows: &Rows,
        columns: usize,
        aim: &[(usize, Rational)],
        row: &dyn Fn(&Resource, Option<&Point>) -> Row,
        broken: &dyn Fn(&Resource, &Rational, &Point) -> Option<Rational>,
        limit: &dyn Fn(&Rational) -> f64,
    ) -> Option<(Rational, Point)> {
        let mut rows = rows.clone();
        let mut heaviest: BTreeMap<usize, (Rational, usize)> = BTreeMap::new();
        for (at, resource) in self.resources.iter().enumerate() {
            let capacity = resource.capacity();
            for (parameter, factor) in &resource.form {
                let weight = over(factor, &capacity).unwrap_or_else(|| count(u64::MAX));
                let best = heaviest.entry(*parameter).or_insert_with(|| (weight.clone(), at));
                if weight > best.0 {
                    *best = (weight, at);
                }
            }
        }
        for (_, at) in heaviest.values() {
            if let Some(resource) = self.resources.get(*at) {
                let (sum, bound) = row(resource, None);
                rows.at_most(sum, bound);
            }
        }
        loop {
            let (value, point) = self.solve(&rows, columns, aim)?;
            let floats: BTreeMap<usize, f64> = point.iter().map(|(p, v)| (*p, to_f64(v))).collect();
            // Within a float's error of the limit the exact numbers decide; NaN counts as near.
            let near =
                |r: &Resource| r.rough_load(&floats).partial_cmp(&(limit(&value) * NEARLY)) != Some(Ordering::Less);
            let mut worst: Vec<(Rational, usize)> = self
                .resources
                .iter()
                .enumerate()
                .filter(|(_, r)| r.empties.is_some() || near(r))
                .filter_map(|(at, r)| broken(r, &value, &point).map(|by| (by, at)))
                .collect();
            if worst.is_empty() {
                return Some((value, point));
            }
            worst.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            for resource in worst.iter().take(BROKEN_ROWS).filter_map(|(_, at)| self.resources.get(*at)) {
                let (sum, bound) = row(resource, Some(&point));
                rows.at_most(sum, bound);
            }
        }
    }

    fn point(&self, x: &[Rational]) -> Point {
        self.columns.iter().filter_map(|(p, c)| x.get(*c).map(|v| (*p, v.clone()))).collect()
    }

    /// A sum at a point.
    pub fn value(&self, form: &Form, point: &Point) -> Rational {
        value_at(form, point)
    }

    /// A rate at a point.
    pub fn rate(&self, term: Term, point: &Point) -> Rational {
        self.value(self.traffic.form(term), point)
    }

    /// The least time of the empty trips of a fleet, as a sum that is exact at a point and too low elsewhere, if
    /// anything.
    pub fn empty_trips(&self, resource: &Resource, point: &Point) -> Form {
        resource.empties.as_ref().map_or_else(Form::new, |e| e.form_at(point))
    }

    /// The work of a resource as a sum over free rates; of a fleet with the empty trips that a point has.
    fn form(&self, resource: &Resource, point: Option<&Point>) -> Form {
        let mut form = resource.form.clone();
        if let (Some(_), Some(point)) = (&resource.empties, point) {
            add_to(&mut form, &self.empty_trips(resource, point), &Rational::one());
        }
        form
    }

    /// Work a resource has at a point, seconds per second.
    pub fn required(&self, resource: &Resource, point: &Point) -> Rational {
        if resource.empties.is_none() {
            return self.value(&resource.form, point) + &resource.always;
        }
        self.value(&self.form(resource, Some(point)), point) + &resource.always
    }

    /// Load of a resource at a point; `None` when it has no time at all.
    pub fn load(&self, resource: &Resource, point: &Point) -> Option<Rational> {
        let required = self.required(resource, point);
        if required.is_zero() { Some(required) } else { over(&required, &resource.capacity()) }
    }

    /// The resource with the highest load at a point; the first of equals.
    pub fn busiest(&self, point: &Point) -> Option<(&Resource, Rational)> {
        let mut best: Option<(&Resource, Rational)> = None;
        for resource in &self.resources {
            let Some(load) = self.load(resource, point) else { continue };
            if load.is_positive() && best.as_ref().is_none_or(|(_, b)| load > *b) {
                best = Some((resource, load));
            }
        }
        best
    }

    /// Flow of an item (any, without one) into a sink (all, without one).
    pub fn arriving(&self, item: Option<ItemId>, at: Option<NodeId>) -> Form {
        let mut sum = Form::new();
        for (index, State { node, item: arriving, .. }) in self.network.iter() {
            let sink = matches!(self.plant.nodes.get(*node).map(|n| &n.kind), Some(NodeKind::Sink));
            let here = at.map_or(sink, |at| at == *node);
            if here && item.is_none_or(|i| is_a(self.plant, *arriving, i)) {
                add_to(&mut sum, self.traffic.form(Term::State(index)), &Rational::one());
            }
        }
        sum
    }

    /// A source that insists: it neither loses items nor ends.
    pub fn insists(&self, source: NodeId) -> bool {
        matches!(self.plant.nodes.get(source).map(|n| &n.kind),
            Some(NodeKind::Source(s)) if s.when_full != WhenFull::Lose && s.total.is_none())
    }
}

/// A queue that grows without end, if there is one.
pub(super) fn growing(plant: &Plant) -> Option<supply::Growing> {
    let model = Model::of(plant);
    supply::growing(&model, &supply::offered(&model)?)
}

/// Loads, bounds and findings of a plant.
pub(super) fn check(plant: &Plant, found: &mut Vec<Diagnostic>) -> Capacity {
    let model = Model::of(plant);
    let mut capacity = Capacity::default();
    let supplied = supply::offered(&model);
    let demanded = demand::check(&model, found);
    if let Some(point) = &supplied {
        supply::check(&model, point, found);
    }
    let most = bounds(&model, &mut capacity);
    let point = match (&demanded, &supplied) {
        (Some(point), _) => {
            capacity.notes.push("loads at the demand".to_string());
            Some(point)
        }
        (None, Some(point)) => {
            let what = if model.timed.is_empty() {
                "loads at the highest rate the line can hold"
            } else {
                "loads at what the sources give"
            };
            capacity.notes.push(what.to_string());
            Some(point)
        }
        (None, None) => None,
    };
    if let Some(point) = point {
        card(&model, point, &mut capacity);
        capacity.raw = super::raw::process(&model, point);
    } else {
        capacity.notes.push("the flow has too many open choices for exact loads".to_string());
    }
    if !model.unknown.is_empty() {
        let names: Vec<String> = model.unknown.iter().take(8).map(|n| format!("`{n}`")).collect();
        let more = if model.unknown.len() > 8 { ", …" } else { "" };
        capacity
            .notes
            .push(format!("left out, because a time there is known only in a run: {}{more}", names.join(", ")));
    }
    if !model.unheld.is_empty() {
        let names: Vec<String> = model.unheld.iter().take(8).map(|n| format!("`{n}`")).collect();
        capacity.notes.push(format!(
            "left out, because not every item between its ends takes a card where it begins: {}",
            names.join(", ")
        ));
    }
    if let (false, Some(name)) = (capacity.throughput_bound_per_h.is_empty(), piles(&model)) {
        capacity.notes.push(format!(
            "`at most` holds as long as no queue grows without end: what piles up in `{name}` makes room for others"
        ));
    }
    if model.network.simplified {
        capacity.notes.push("some open choices are taken as equal shares: there are too many of them".to_string());
    }
    super::lint::check(&model, point, &most, &mut capacity, found);
    if !set_up(plant).0.is_empty() {
        capacity
            .notes
            .push("≥: setups are left out, for how many there are depends on the order of the items".to_string());
    }
    capacity
}

/// A place without limit in a line whose items go several ways or are of several types: while some pile up there
/// without end, more of the others can leave than in the long run of a line that is in balance.
fn piles<'a>(model: &'a Model) -> Option<&'a str> {
    let network = &model.network;
    let mixed = network.edges.iter().any(|ways| ways.len() > 1)
        || network.parameters.iter().any(|p| matches!(p, Parameter::Branch | Parameter::Recipe(..)))
        || model.plant.nodes.values().any(|n| matches!(&n.kind, NodeKind::Source(s) if s.mix.len() > 1));
    let endless = |n: &&'a crate::ir::Node| matches!(&n.kind, NodeKind::Buffer(b) if b.capacity == crate::ir::Capacity::Unlimited && b.max_stay.is_none());
    let outside = |name: &str| name.ends_with(".outside");
    let mut found = model.plant.nodes.values().filter(endless).map(|n| n.name.as_str()).filter(|n| !outside(n));
    found.next().filter(|_| mixed)
}

/// Stations with setups, and who does them.
fn set_up(plant: &Plant) -> (BTreeSet<NodeId>, BTreeSet<PoolId>) {
    let (mut stations, mut pools) = (BTreeSet::new(), BTreeSet::new());
    for (id, node) in plant.nodes.iter() {
        let NodeKind::Station(station) = &node.kind else { continue };
        let people = station.recipes.iter().flat_map(|r| &r.phases).flat_map(|p| &p.needs);
        for setup in station.setup.iter().chain(station.recipes.iter().filter_map(|r| r.setup.as_deref())) {
            stations.insert(id);
            match &setup.needs {
                Some(own) => pools.extend(own.iter().map(|n| n.pool)),
                None => pools.extend(people.clone().map(|n| n.pool)),
            }
        }
    }
    (stations, pools)
}

/// The most that can arrive at each sink; the rates at which it does.
fn bounds(model: &Model, capacity: &mut Capacity) -> Vec<Point> {
    let mut points = Vec::new();
    let mut rows = model.base_rows();
    let one = Rational::one();
    model.limit_sources(&mut rows);
    for (id, node) in model.plant.nodes.iter().filter(|(_, n)| matches!(n.kind, NodeKind::Sink)) {
        if let Some((best, point)) = model.maximise(&rows, &model.arriving(None, Some(id)), Some(&one)) {
            capacity.throughput_bound_per_h.push((node.name.clone(), to_f64(&(best * count(3600)))));
            points.push(point);
        }
    }
    points
}

fn card(model: &Model, point: &Point, capacity: &mut Capacity) {
    let mut rows: Vec<(Rational, [String; 5])> = Vec::new();
    let (stations, pools) = set_up(model.plant);
    let skilled = |id: PoolId| model.plant.pools.values().any(|p| p.crews.contains(&id));
    for resource in &model.resources {
        // What people are asked for by their skill stands at the skill.
        let idle = resource.works.is_empty() && resource.always.is_zero();
        if matches!(resource.what, What::Crew(id) if idle && skilled(id)) {
            continue;
        }
        let partly = match resource.what {
            What::Station(id) => stations.contains(&id),
            What::Crew(id) | What::Tool(id) => pools.contains(&id),
            _ => false,
        };
        let (required, available) = (model.required(resource, point), resource.capacity());
        let load = model.load(resource, point);
        let shown = load.as_ref().map_or(f64::INFINITY, to_f64);
        capacity.loads.push((
            resource.name.clone(),
            Load { load: shown, required_h_per_h: to_f64(&required), available_h_per_h: to_f64(&available) },
        ));
        let kind = match resource.what {
            What::Station(_) => "station",
            What::Crew(_) => "crew",
            What::Tool(_) => "tool",
            What::Lane(_) => "places",
            What::Belt(_) => "belt",
            What::Limit(_) => "limit",
            What::Fleet(_) => "fleet",
        };
        let unit = match resource.what {
            What::Limit(id) if model.plant.limits.get(id).is_some_and(|l| l.pallets) => "pallets",
            What::Limit(_) => "cards",
            _ => "h/h",
        };
        let hours = |value: &Rational| format!("{} {unit}", super::figures::rational(value));
        let least = if partly { "≥ " } else { "" };
        let row = [
            resource.name.clone(),
            kind.to_string(),
            load.as_ref().map_or_else(|| "∞".to_string(), |load| format!("{least}{}", percent(load))),
            hours(&required),
            hours(&available),
        ];
        rows.push((load.unwrap_or_else(|| count(u64::MAX)), row));
    }
    rows.sort_by(|a, b| b.0.cmp(&a.0));
    capacity.bottleneck = rows.first().filter(|(load, _)| load.is_positive()).map(|(_, row)| row[0].clone());
    capacity.card = rows.into_iter().map(|(_, row)| row).collect();
}
