//! Fleets: their fields, arrows by vehicle, and the distances between their stops.

use num_traits::{One, Signed, Zero};

use crate::base::{Dim, Quantity, Rational, Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::{
    Binary, Blocking, Buffer, Capacity, ChoiceRule, Expression, Fleet, Move, NodeId, NodeKind, Plant, Release, Routing,
    SharedStop, ShiftEnd, Stop, Stopped, Supply, Target, WhenFull,
};
use crate::syntax::tree::{Argument, Declaration, ExprKind, Phrase};

use super::distance::{all_distances, cell, known_distances};
use super::fields::Fields;
use super::lane::Lane;
use super::line::Lower;
use super::scope::Meaning;
use super::upstream;

const FLEET: &[&str] = &[
    "size",
    "speed",
    "load_time",
    "unload_time",
    "distance",
    "start",
    "order",
    "shift",
    "shift_end",
    "home",
    "capacity",
    "reserve",
    "power",
    "cost",
];

/// What is known of a fleet before all flows are read.
#[derive(Clone, Debug, Default)]
pub struct FleetPlan {
    /// Distances written in its table: from, to, metres.
    pub table: Vec<(NodeId, NodeId, Rational)>,
    /// `start:` as written.
    pub start: Option<NodeId>,
    /// `home:` as written.
    pub home: Option<NodeId>,
}

/// By vehicle: which fleet, and the length of the arrow, where it is written.
#[derive(Clone, Debug)]
pub struct ByVehicle {
    /// Index of the fleet.
    pub fleet: usize,
    /// Metres.
    pub length: Option<Rational>,
    /// Where it is written.
    pub span: Span,
}

/// An arrow by vehicle whose ends are not known yet.
#[derive(Debug)]
pub struct Moved {
    node: NodeId,
    length: Option<Rational>,
    span: Span,
}

impl<'a> Lower<'a> {
    /// Declares every fleet; its table and start name nodes and are read later.
    pub fn fleets(&mut self, declarations: &[&'a Declaration]) {
        for d in declarations.iter().filter(|d| d.word.text == "fleet") {
            if let Some((fleet, stops)) = self.fleet(d) {
                self.plant.fleets.push(fleet);
                self.vehicle_stops(&stops);
                self.fleet_plans.push(FleetPlan::default());
                if self.scope.find(&d.name.text) == Some(Meaning::Other) {
                    self.scope.set(&d.name.text, Meaning::Fleet(self.plant.fleets.len() - 1));
                    self.scope.unmark(&d.name.text);
                }
            } else {
                self.holes = true;
            }
        }
    }

    /// Every vehicle of the last fleet has a clock of its own for each stop.
    fn vehicle_stops(&mut self, stops: &[Stop]) {
        let fleet = self.plant.fleets.len().saturating_sub(1);
        let Some((name, size, calendar)) = self.plant.fleets.get(fleet).map(|f| (f.name.clone(), f.size, f.calendar))
        else {
            return;
        };
        for stop in stops {
            for number in 0..size {
                let owner = Some(format!("{name}#{}", number + 1));
                let (stops, stop) = (vec![Stopped::Vehicle(fleet, number)], stop.clone());
                self.plant.stops.push(SharedStop { owner, stops, stop, calendar });
            }
        }
    }

    /// Vehicles finish their trips, unless the fleet says that they pause.
    fn vehicles_shift_end(&mut self, fields: &Fields<'a>) -> Option<ShiftEnd> {
        match self.word(fields, "shift_end", &["finish_item", "pause", "finish_in_time"]) {
            Some("pause") => Some(ShiftEnd::Pause),
            Some("finish_in_time") => self.wrong_value(
                fields.span("shift_end"),
                "a vehicle that is on shift goes: write `shift_end: finish_item`, so that it finishes its trip, or \
                 `shift_end: pause`",
            ),
            _ => Some(ShiftEnd::FinishItem),
        }
    }

    fn fleet(&mut self, d: &'a Declaration) -> Option<(Fleet, Vec<Stop>)> {
        let fields = Fields::of(d, FLEET, &mut self.diagnostics);
        self.no_inner(&fields, &["breakdown", "maintenance"]);
        let calendar = self.shift_field(&fields);
        let shift_end = self.vehicles_shift_end(&fields);
        let stops = self.stops_of(&fields, super::stop::Place::Vehicle, calendar);
        let size = match fields.get("size", &mut self.diagnostics) {
            Some(phrase) => self.count(phrase, "size", 1, limits::VEHICLES),
            None => Some(1),
        };
        let capacity = match fields.get("capacity", &mut self.diagnostics) {
            Some(phrase) => self.count(phrase, "capacity", 1, limits::COUNT),
            None => Some(1),
        };
        let (size, shift_end, capacity) = (size?, shift_end?, capacity?);
        let keeps_place = fields.has("reserve").is_none() || self.yes_no(&fields, "reserve");
        let name = format!("{}{}", self.scope.prefix(), d.name.text);
        let span = d.name.span;
        let fleet = Fleet { name, span, size, capacity, keeps_place, calendar, shift_end, ..Fleet::default() };
        Some((fleet, stops))
    }

    /// What trips take; it may read items, and the floor.
    fn fleet_times(&mut self, fields: &Fields<'a>, index: usize) -> Option<()> {
        let pace = match fields.get("speed", &mut self.diagnostics) {
            Some(phrase) => self.paces(phrase),
            None => {
                if fields.has("speed").is_none() {
                    self.push(
                        Diagnostic::new(
                            codes::MISSING_FIELD,
                            fields.owner_span,
                            format!("{} has no `speed`", fields.owner),
                        )
                        .help("write `speed: 1.4 m/s`"),
                    );
                }
                None
            }
        };
        let zero = Expression::Constant(Quantity { value: Rational::zero(), dim: Dim::TIME });
        let load = match fields.get("load_time", &mut self.diagnostics) {
            Some(phrase) => self.time(phrase, "load_time"),
            None => Some(zero.clone()),
        };
        let unload = match fields.get("unload_time", &mut self.diagnostics) {
            Some(phrase) => self.time(phrase, "unload_time"),
            None => Some(zero),
        };
        let ((pace, empty_pace), load, unload) = (pace?, load?, unload?);
        if let Some(f) = self.plant.fleets.get_mut(index) {
            (f.pace, f.empty_pace, f.load, f.unload) = (pace, empty_pace, load, unload);
        }
        Some(())
    }

    /// `1.4 m/s`, or `{ loaded: 1 m/s, empty: 1.4 m/s }`.
    fn paces(&mut self, phrase: &'a Phrase) -> Option<(Expression, Option<Expression>)> {
        let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind) else {
            let pace = self.pace(phrase)?;
            return self.without_item(&pace, phrase.span).map(|()| (pace, None));
        };
        let fields = Fields::of_table("`speed`", table, &["loaded", "empty"], &mut self.diagnostics);
        let mut found = [None, None];
        for (word, place) in ["loaded", "empty"].into_iter().zip(&mut found) {
            match fields.get(word, &mut self.diagnostics) {
                Some(phrase) => {
                    *place = self.pace(phrase);
                    if word == "empty"
                        && let Some(pace) = place.clone()
                    {
                        self.without_item(&pace, phrase.span)?;
                    }
                }
                None if fields.has(word).is_none() => self.push(
                    Diagnostic::new(
                        codes::MISSING_FIELD,
                        table.span,
                        format!("`speed` does not say how fast vehicles are {word}"),
                    )
                    .help("write `speed: { loaded: 1 m/s, empty: 1.4 m/s }`, or one speed for both"),
                ),
                None => {}
            }
        }
        let [loaded, empty] = found;
        Some((loaded?, Some(empty?)))
    }

    /// Vehicles that go empty have no item by which their speed could go.
    fn without_item(&mut self, pace: &Expression, span: Span) -> Option<()> {
        if !pace.reads() {
            return Some(());
        }
        self.wrong_value(
            span,
            "the speed of empty vehicles is fixed or drawn; only `loaded` may depend on the item: write `speed: { loaded: \
             …, empty: 1.4 m/s }`",
        )
    }

    /// Seconds for a metre, from a speed.
    fn pace(&mut self, phrase: &'a Phrase) -> Option<Expression> {
        let typed = self.evaluate_phrase(phrase)?;
        if typed.dim == Dim::NUMBER {
            let text = self.text(phrase.span);
            self.push(Diagnostic::new(codes::MISSING_UNIT, phrase.span, "`speed` is a speed and needs a unit").fix(
                format!("write `{text} m/s`"),
                phrase.span,
                format!("{text} m/s"),
            ));
            return None;
        }
        if typed.dim != Dim::SPEED {
            self.push(Diagnostic::new(
                codes::WRONG_DIMENSION,
                phrase.span,
                format!("`speed` is a {}, this is a {}", Dim::SPEED, typed.dim),
            ));
            return None;
        }
        let one = Quantity { value: Rational::one(), dim: Dim::LENGTH };
        match &typed.value {
            Expression::Constant(q) if !q.value.is_positive() => {
                self.push(
                    Diagnostic::new(codes::OUT_OF_RANGE, phrase.span, "`speed` is not above 0")
                        .help("write for example `speed: 1.4 m/s`"),
                );
                None
            }
            Expression::Constant(q) => {
                Some(Expression::Constant(Quantity { value: Rational::one() / &q.value, dim: Dim::TIME }))
            }
            drawn => {
                Some(Expression::Binary(Binary::Divide, Box::new(Expression::Constant(one)), Box::new(drawn.clone())))
            }
        }
    }

    /// Reads what fleets say about nodes, which are declared by now.
    pub fn fleet_tables(&mut self, declarations: &[&'a Declaration]) {
        for d in declarations.iter().filter(|d| d.word.text == "fleet") {
            let Some(Meaning::Fleet(index)) = self.scope.peek(&d.name.text) else { continue };
            let fields = Fields::of(d, FLEET, &mut Vec::new());
            if self.fleet_times(&fields, index).is_none() {
                self.holes = true;
            }
            let account = self.fleet_account(&fields);
            if account != crate::ir::account::FleetAccount::default() {
                self.plant.accounts.fleets.insert(index, account);
            }
            let start = fields.get("start", &mut self.diagnostics).and_then(|phrase| self.fleet_stop(phrase));
            let home = fields.get("home", &mut self.diagnostics).and_then(|phrase| self.fleet_stop(phrase));
            let mut table = Vec::new();
            if let Some(phrase) = fields.get("distance", &mut self.diagnostics)
                && self.distances(phrase, &mut table).is_none()
            {
                self.holes = true;
            }
            if let Some(phrase) = fields.get("order", &mut self.diagnostics) {
                match self.precedence(phrase, false) {
                    Some(order) => {
                        if let Some(fleet) = self.plant.fleets.get_mut(index) {
                            fleet.order = Some(order);
                        }
                    }
                    None => self.holes = true,
                }
            }
            if let Some(plan) = self.fleet_plans.get_mut(index) {
                *plan = FleetPlan { table, start, home };
            }
        }
    }

    /// The node at which a vehicle stops.
    fn fleet_stop(&mut self, phrase: &'a Phrase) -> Option<NodeId> {
        let expr = self.only_expr(&phrase.chain, "the name of a node")?;
        self.node_expr(expr, "node")
    }

    /// `agv` or `agv(40 m)` on an arrow; `None` when the argument is something else.
    pub fn by_vehicle(&mut self, phrase: &'a Phrase) -> Option<Option<ByVehicle>> {
        let expr = phrase.as_expr()?;
        let (name, arguments): (&str, &[Argument]) = match &expr.kind {
            ExprKind::Name(name) => (name, &[]),
            ExprKind::Call { function, arguments } => (function.name()?, arguments),
            _ => return None,
        };
        let Some(Meaning::Fleet(fleet)) = self.scope.find(name) else { return None };
        let length = match arguments {
            [] => None,
            [Argument { name: None, value, .. }] => match self.metres(value) {
                Some(metres) => Some(metres),
                None => return Some(None),
            },
            _ => {
                self.push(
                    Diagnostic::new(codes::WRONG_ARGUMENTS, expr.span, "a vehicle takes one distance")
                        .help(format!("write `-[{name}(40 m)]->`, or `-[{name}]->` with a table of distances")),
                );
                return Some(None);
            }
        };
        Some(Some(ByVehicle { fleet, length, span: expr.span }))
    }

    /// Puts vehicles before each node that a way leads to, and places behind them, where some are written.
    pub fn by_vehicles(
        &mut self,
        by: &ByVehicle,
        behind: Option<Capacity>,
        from: &str,
        way: Routing,
    ) -> Option<Routing> {
        Some(match way {
            Routing::To(target) => self.move_node(by, behind, from, target),
            Routing::Shares(list, span) => {
                let mut all = Vec::new();
                for (share, way) in list {
                    all.push((share, self.by_vehicles(by, behind, from, way)?));
                }
                Routing::Shares(all, span)
            }
            Routing::ByItem(list, rest, span) => {
                let mut all = Vec::new();
                for (item, way) in list {
                    all.push((item, self.by_vehicles(by, behind, from, way)?));
                }
                let rest = match rest {
                    Some(way) => Some(Box::new(self.by_vehicles(by, behind, from, *way)?)),
                    None => None,
                };
                Routing::ByItem(all, rest, span)
            }
            Routing::If(list, rest, span) => {
                let mut all = Vec::new();
                for (condition, way) in list {
                    all.push((condition, self.by_vehicles(by, behind, from, way)?));
                }
                Routing::If(all, Box::new(self.by_vehicles(by, behind, from, *rest)?), span)
            }
            Routing::Rule(rule @ (ChoiceRule::RoundRobin | ChoiceRule::Every(_)), list, span) => {
                let mut all = Vec::new();
                for way in list {
                    all.push(self.by_vehicles(by, behind, from, way)?);
                }
                Routing::Rule(rule, all, span)
            }
            Routing::Rule(..) => {
                return self.later_but(
                    by.span,
                    "moves by vehicle before a rule that looks for room",
                    "let the vehicle bring to a place before the rule: `-[agv(60 m)]-> infeed -> first_free { a, b }`, with `buffer infeed { capacity: 4 }`",
                );
            }
        })
    }

    /// The vehicles before one node.
    fn move_node(&mut self, by: &ByVehicle, behind: Option<Capacity>, from: &str, target: Target) -> Routing {
        let station = target.visit.and_then(|v| self.plant.visits.get(v)).map(|v| v.station);
        let to = self.node_name(station.unwrap_or(target.node));
        let way = match behind {
            Some(capacity) if capacity != Capacity::Places(0) => {
                let lane = Lane { places: Some(capacity), ..Lane::default() };
                let node = self.new_lane(format!("{from}->{to}.set_down"), by.span, lane, true, Routing::To(target));
                Routing::To(Target { node, visit: None, span: target.span })
            }
            _ => Routing::To(target),
        };
        let fleet = self.plant.fleets.get(by.fleet).map_or("", |f| f.name.as_str());
        let name = format!("{from}->{to}.{fleet}");
        let node = self.new_lane(name, by.span, Lane::default(), false, way);
        if let Some(NodeKind::Buffer(b)) = self.plant.nodes.get_mut(node).map(|n| &mut n.kind) {
            b.by = Some(Move { fleet: by.fleet, ..Move::default() });
        }
        self.moves.push(Moved { node, length: by.length.clone(), span: by.span });
        Routing::To(Target { node, visit: None, span: target.span })
    }

    /// Once all flows are known: stops, distances, and what vehicles cannot do yet.
    pub fn finish_fleets(&mut self) {
        let moves = std::mem::take(&mut self.moves);
        if self.holes || moves.is_empty() {
            return;
        }
        let mut ways: Vec<Way> = Vec::new();
        for moved in moves {
            match self.way_of(&moved) {
                Some(way) => ways.push(way),
                None => self.holes = true,
            }
        }
        if self.holes {
            return;
        }
        // What waits for a vehicle waits beside the others: several vehicles may come at once.
        let fed: Vec<NodeId> = ways.iter().flat_map(|w| upstream::sources_of(&self.plant, w.node)).collect();
        for id in fed {
            if let Some(NodeKind::Buffer(b)) = self.plant.nodes.get_mut(id).map(|n| &mut n.kind) {
                b.overtake = true;
                b.keeps_order &= b.transit.is_none();
            }
        }
        for fleet in 0..self.plant.fleets.len() {
            let own: Vec<&Way> = ways.iter().filter(|w| w.fleet == fleet).collect();
            if !own.is_empty() {
                self.finish_fleet(fleet, &own);
            }
        }
    }

    fn finish_fleet(&mut self, fleet: usize, own: &[&Way]) {
        let plan = self.fleet_plans.get(fleet).cloned().unwrap_or_default();
        let mut stops: Vec<NodeId> =
            own.iter().flat_map(|w| [w.from, w.to]).chain(plan.start).chain(plan.home).collect();
        stops.extend(plan.table.iter().flat_map(|(a, b, _)| [*a, *b]));
        stops.sort_by(|a, b| crate::base::names::natural_cmp(&self.node_name(*a), &self.node_name(*b)));
        stops.dedup();
        let name = self.plant.fleets.get(fleet).map_or_else(String::new, |f| f.name.clone());
        if stops.len() > limits::STOPS {
            let span = self.plant.fleets.get(fleet).map_or(self.plant.span, |f| f.span);
            let text = format!("`{name}` has {} stops; at most {} are possible", stops.len(), limits::STOPS);
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, span, text));
            self.holes = true;
            return;
        }
        let at = |id: NodeId| stops.iter().position(|s| *s == id).unwrap_or(0);
        let all = all_distances(stops.len(), &known_distances(&stops, &plan.table, own));
        let all_of = |from: usize, to: usize| cell(&all, stops.len(), from, to);
        // Where they begin: as written, else at the first stop by name from which something is moved.
        let home = plan.home.map(at);
        let start = plan.start.map(at).or(home).or_else(|| own.iter().map(|w| at(w.from)).min()).unwrap_or(0);
        let mut reached: Vec<usize> = own.iter().map(|w| at(w.to)).collect();
        reached.push(start);
        reached.extend(home);
        let mut problem = None;
        for way in own {
            let (from, to) = (at(way.from), at(way.to));
            let lost = reached.iter().find(|r| all_of(**r, from).is_none());
            match (way.length.clone().or_else(|| all_of(from, to)), lost) {
                (Some(metres), None) => {
                    if let Some(NodeKind::Buffer(b)) = self.plant.nodes.get_mut(way.node).map(|n| &mut n.kind) {
                        b.by = Some(Move { fleet, from, to, metres });
                    }
                }
                (None, _) => problem = problem.or(Some((way.span, from, to))),
                (_, Some(lost)) => problem = problem.or(Some((way.span, *lost, from))),
            }
        }
        if let Some(home) = home
            && let Some(way) = own.iter().find(|w| all_of(at(w.to), home).is_none())
        {
            problem = problem.or(Some((way.span, at(way.to), home)));
        }
        if let Some((span, from, to)) = problem {
            let stop = |i: usize| stops.get(i).map_or_else(String::new, |s| self.node_name(*s));
            let (from, to) = (stop(from), stop(to));
            self.holes = true;
            self.push(
                Diagnostic::new(
                    codes::MISSING_FIELD,
                    span,
                    format!(
                        "a vehicle of `{name}` has to go from `{from}` to `{to}`, and no distance says how far that is"
                    ),
                )
                .help(format!("give the fleet a table: `distance: {{ {from} <-> {to}: 40 m }}`")),
            );
            return;
        }
        if let Some(f) = self.plant.fleets.get_mut(fleet) {
            (f.metres, f.start, f.home, f.stops) = (all, start, home, stops);
        }
    }

    /// Where an arrow by vehicle leads from and to, when vehicles can serve it.
    fn way_of(&mut self, moved: &Moved) -> Option<Way> {
        let plant = &self.plant;
        let node = plant.nodes.get(moved.node)?;
        let NodeKind::Buffer(Buffer { by: Some(by), .. }) = &node.kind else { return None };
        let fleet = by.fleet;
        let from = upstream::origins(plant, moved.node, |at| upstream::sources_of(plant, at));
        let Some(Routing::To(target)) = &node.routing else {
            return self.later_but(
                moved.span,
                "moves by vehicle through a port to a branch",
                "let the vehicle bring to a buffer, and branch behind it",
            );
        };
        let first = target.node;
        let to = destination(plant, first);
        let [from] = from.as_slice() else {
            return self.later_but(
                moved.span,
                "moves by vehicle from several places at once",
                "give each of them an arrow by vehicle of its own, or let them lead to one buffer that the vehicle takes from",
            );
        };
        let from = *from;
        let limited = plant.limits.values().any(|l| l.from == first);
        let into = match plant.nodes.get(first).map(|n| &n.kind) {
            _ if limited => Some("to where a limit begins"),
            Some(NodeKind::Station(s)) if s.recipes.iter().any(crate::ir::Recipe::gathers) => {
                Some("straight to a station that takes several items")
            }
            Some(NodeKind::Station(s)) if s.on_belt => Some("straight to work on a belt"),
            Some(NodeKind::Station(s)) if s.stays() => Some("straight to a station with `stay`"),
            Some(NodeKind::Conveyor(_)) => Some("straight onto a conveyor"),
            Some(NodeKind::Buffer(b)) if b.by.is_some() => Some("from vehicle to vehicle"),
            _ => None,
        };
        let out = upstream::sources_of(plant, moved.node).into_iter().find_map(|f| {
            let n = plant.nodes.get(f)?;
            match &n.kind {
                NodeKind::Station(s) if s.hold_when_down => Some("straight from a station with `hold_when_down`"),
                NodeKind::Station(s) if s.blocking == Blocking::BeforeWork => {
                    Some("straight from a station with `blocking: before_work`")
                }
                NodeKind::Station(s) if s.on_belt => Some("straight from work on a belt"),
                NodeKind::Station(s) if s.recipes.iter().any(|r| r.release == Release::Together) => {
                    Some("straight from products that leave together")
                }
                NodeKind::Source(s) if s.supply == Supply::Always => Some("straight from a source without `every`"),
                NodeKind::Source(s) if s.when_full == WhenFull::Lose => Some("straight from a source that loses items"),
                NodeKind::Source(_) if n.calendar.is_some() || plant.shared_stops(f).next().is_some() => {
                    Some("straight from a source that may stand still")
                }
                NodeKind::Buffer(b) if b.order.is_some() => Some("out of a buffer with an order"),
                _ => None,
            }
        });
        if let Some(what) = into.or(out) {
            let instead = match into {
                Some(_) => "give the arrow places behind the vehicle: `-[agv(60 m), 4]->`",
                None => "give the arrow places before the vehicle: `-[4, agv(60 m)]->`",
            };
            return self.later_but(moved.span, &format!("moves by vehicle {what}"), instead);
        }
        Some(Way { node: moved.node, fleet, from, to, length: moved.length.clone(), span: moved.span })
    }
}

/// The place of the floor that anonymous places lead to.
fn destination(plant: &Plant, first: NodeId) -> NodeId {
    let mut at = first;
    for _ in 0..plant.nodes.len() {
        match plant.nodes.get(at).map(|n| (&n.kind, &n.routing)) {
            Some((NodeKind::Buffer(b), Some(Routing::To(next)))) if b.anonymous => at = next.node,
            _ => break,
        }
    }
    at
}

/// An arrow by vehicle, with its ends.
#[derive(Debug)]
pub(super) struct Way {
    node: NodeId,
    fleet: usize,
    pub from: NodeId,
    pub to: NodeId,
    pub length: Option<Rational>,
    span: Span,
}
