//! Routes: the path of one item type with its own times.

use crate::base::{Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Capacity, ItemId, NodeId, NodeKind, Route, Routing, Target, Visit, VisitId};
use crate::syntax::tree::{Argument, Chain, Declaration, Expr, ExprKind, Step};

use super::line::Lower;
use super::visit::Joined;

/// What a route's step before the next one is.
#[derive(Clone, Copy)]
enum At {
    Start,
    Visit(VisitId),
}

impl<'a> Lower<'a> {
    pub fn routes(&mut self, declarations: &[&'a Declaration]) {
        let mut seen: Vec<(ItemId, Span)> = Vec::new();
        // Parallel arrows are numbered by the names of the items, whatever the order of the text.
        let mut routes: Vec<&'a Declaration> =
            declarations.iter().filter(|d| d.word.text == "route").copied().collect();
        routes.sort_by(|a, b| crate::base::names::natural_cmp(&a.name.text, &b.name.text));
        for d in routes {
            let Some(item) = self.item_named(&d.name.text, d.name.span) else {
                self.holes = true;
                continue;
            };
            if let Some((_, first)) = seen.iter().find(|(i, _)| *i == item) {
                self.push(
                    Diagnostic::new(codes::DUPLICATE_NAME, d.name.span, format!("`{}` has two routes", d.name.text))
                        .with(*first, "the first one")
                        .help("write one route with a branch"),
                );
                continue;
            }
            seen.push((item, d.name.span));
            if self.route(d, item).is_none() {
                self.holes = true;
            }
        }
        let sets = std::mem::take(&mut self.visit_sets);
        self.visits_into_stations(sets);
    }

    fn route(&mut self, d: &'a Declaration, item: ItemId) -> Option<()> {
        let Some(phrase) = &d.phrase else {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, d.name.span, "the route has no steps")
                    .help("write `route Gear: saw(4 min) -> lathe(9 min) -> out`"),
            );
            return None;
        };
        let chain = &phrase.chain;
        if chain.is_error() {
            return None;
        }
        if chain.steps.len() > limits::CHAIN {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, chain.span, "the route is too long"));
            return None;
        }
        let mut walk = Walk { item, number: 0, start: None };
        // A source named first is where the route starts.
        let named = match chain.first.name() {
            Some(name) => match self.scope.find(name) {
                Some(super::scope::Meaning::Node(id)) if self.is_source(id) => Some(id),
                _ => None,
            },
            None => None,
        };
        let sources = match named {
            Some(id) => vec![id],
            None => self
                .plant
                .nodes
                .iter()
                .filter(|(_, n)| matches!(&n.kind, NodeKind::Source(s) if s.mix.iter().any(|(i, _)| *i == item)))
                .map(|(id, _)| id)
                .collect(),
        };
        if sources.is_empty() {
            self.push(
                Diagnostic::new(codes::BAD_START, d.name.span, format!("no source makes `{}`", d.name.text))
                    .help(format!("write `source in {{ makes: {} }}`", d.name.text)),
            );
            return None;
        }
        let before = sources.first().map_or_else(String::new, |s| self.node_name(*s));
        if named.is_some() {
            let Some((first, rest)) = chain.steps.split_first() else {
                self.push(Diagnostic::new(codes::BAD_CHAIN, chain.span, "the route leads nowhere"));
                return None;
            };
            self.walk_steps(&mut walk, At::Start, before, Some(first), rest)?;
        } else {
            self.walk_chain(&mut walk, At::Start, before, chain)?;
        }
        let start = walk.start?;
        self.plant.routes.push(Route { item, sources, start, span: d.span });
        Some(())
    }

    fn is_source(&self, id: NodeId) -> bool {
        matches!(self.plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Source(_)))
    }

    /// A chain behind `at`: its first expression is reached by a plain arrow unless one leads.
    fn walk_chain(&mut self, walk: &mut Walk, at: At, before: String, chain: &'a Chain) -> Option<()> {
        let (way, next) = self.enter(walk, &chain.first, &before)?;
        let way = match &chain.lead {
            None => way,
            Some(link) => {
                let to = self.way_name(&way);
                self.through_lane(link, &before, &to, way)?
            }
        };
        self.leave(walk, at, way);
        match next {
            Some((at, name)) => self.walk_steps(walk, at, name, None, &chain.steps),
            None => self.nothing_behind(chain.steps.first()),
        }
    }

    fn walk_steps(
        &mut self,
        walk: &mut Walk,
        mut at: At,
        mut before: String,
        first: Option<&'a Step>,
        rest: &'a [Step],
    ) -> Option<()> {
        let steps: Vec<&'a Step> = first.into_iter().chain(rest).collect();
        let mut ended = false;
        for (i, step) in steps.iter().enumerate() {
            let (way, next) = self.enter(walk, &step.expr, &before)?;
            let to = self.way_name(&way);
            let way = self.through_lane(&step.link, &before, &to, way)?;
            self.leave(walk, at, way);
            match next {
                Some((visit, name)) => (at, before) = (visit, name),
                None => {
                    ended = true;
                    self.nothing_behind(steps.get(i + 1).copied())?;
                }
            }
        }
        if !ended {
            self.push(
                Diagnostic::new(
                    codes::DEAD_END,
                    steps.last().map_or(self.plant.span, |s| s.expr.span),
                    "the route does not end at a sink",
                )
                .help("end it with `-> SINK`"),
            );
            return None;
        }
        Some(())
    }

    fn nothing_behind(&mut self, step: Option<&'a Step>) -> Option<()> {
        match step {
            None => Some(()),
            Some(step) => {
                self.push(Diagnostic::new(codes::BAD_CHAIN, step.expr.span, "nothing comes behind a sink or a branch"));
                None
            }
        }
    }

    fn way_name(&self, way: &Routing) -> String {
        let names: Vec<String> = way
            .targets()
            .iter()
            .map(|t| t.visit.and_then(|v| self.plant.visits.get(v)).map_or(t.node, |v| v.station))
            .map(|id| self.node_name(id))
            .collect();
        names.join("|")
    }

    /// Sets where the item goes from `at`.
    fn leave(&mut self, walk: &mut Walk, at: At, way: Routing) {
        match at {
            At::Start => walk.start = Some(way),
            At::Visit(id) => {
                if let Some(visit) = self.plant.visits.get_mut(id) {
                    visit.next = way;
                }
            }
        }
    }

    /// The way into a step, and where the route goes on from, unless it ends there.
    #[allow(clippy::type_complexity)]
    fn enter(&mut self, walk: &mut Walk, expr: &'a Expr, before: &str) -> Option<(Routing, Option<(At, String)>)> {
        match &expr.kind {
            ExprKind::NamedTable { name, table } if super::way::rule_named(&name.text).is_some() => {
                let rule = super::way::rule_named(&name.text)?;
                let way = self.by_rule(rule, table, &mut |lower, chain| {
                    let mut inner = Walk { item: walk.item, number: walk.number, start: None };
                    lower.walk_chain(&mut inner, At::Start, before.to_string(), chain)?;
                    walk.number = inner.number;
                    inner.start
                })?;
                Some((way, None))
            }
            ExprKind::Table(_) | ExprKind::NamedTable { .. } => {
                let table = self.branch_table(expr)?;
                let way = self.branch_with(table, &mut |lower, entry| {
                    let chain = &entry.phrase.as_ref()?.chain;
                    // A branch's way is a route of its own behind a common beginning.
                    let mut inner = Walk { item: walk.item, number: walk.number, start: None };
                    lower.walk_chain(&mut inner, At::Start, before.to_string(), chain)?;
                    walk.number = inner.number;
                    inner.start
                })?;
                Some((way, None))
            }
            ExprKind::Call { function, arguments } => {
                let node = self.node_expr(function, "station")?;
                self.visit(walk, node, arguments, expr.span)
            }
            _ => {
                let node = self.node_expr(expr, "station or sink")?;
                match self.plant.nodes.get(node).map(|n| &n.kind) {
                    Some(NodeKind::Sink) => Some((Routing::To(Target { node, visit: None, span: expr.span }), None)),
                    _ => self.visit(walk, node, &[], expr.span),
                }
            }
        }
    }

    #[allow(clippy::type_complexity)]
    fn visit(
        &mut self,
        walk: &mut Walk,
        node: NodeId,
        arguments: &'a [Argument],
        span: Span,
    ) -> Option<(Routing, Option<(At, String)>)> {
        let name = self.node_name(node);
        let Some(NodeKind::Station(station)) = self.plant.nodes.get(node).map(|n| &n.kind) else {
            self.push(
                Diagnostic::new(codes::WRONG_KIND_OF_NAME, span, format!("`{name}` is no station"))
                    .help("a route visits stations and ends at sinks; places stand on its arrows: `-[5]->`"),
            );
            return None;
        };
        let station = station.clone();
        let joins = self.joined_on_route(&station, &name, walk.item, arguments, span)?;
        self.loads_several = station.recipes.iter().any(crate::ir::Recipe::gathers);
        let own_cycle = station.recipes.first().and_then(|r| r.phases.first()).map(|p| p.duration.clone());
        let own = self.own_work(&station, &name, arguments, span)?;
        if let Joined::UsedUp = joins {
            let entry = self.entry_of(node, &station);
            return Some((Routing::To(Target { node: entry, visit: None, span }), None));
        }
        let none = matches!(&own_cycle, Some(crate::ir::Expression::ByItem(list, None)) if list.is_empty());
        if !own.timed && none {
            self.push(
                Diagnostic::new(
                    codes::MISSING_FIELD,
                    span,
                    format!("neither the route nor `{name}` says how long the work takes"),
                )
                .help(format!("write `{name}(4 min)` here, or `cycle: 4 min` at the station")),
            );
            return None;
        }
        walk.number += 1;
        let next = Routing::To(Target { node, visit: None, span });
        let sets = own.sets.into_iter().map(|(slot, value)| (node, walk.item, walk.number, slot, value));
        self.visit_sets.extend(sets);
        let id = self.plant.visits.push(Visit {
            name: own.name.unwrap_or_else(|| name.clone()),
            item: walk.item,
            number: walk.number,
            station: node,
            phases: own.phases,
            setup: own.setup,
            setup_needs: own.setup_needs,
            yield_share: own.yield_share,
            next,
            span,
        });
        let entry = self.entry_of(node, &station);
        if let Joined::GoesOn(item) = joins {
            walk.item = item;
        }
        Some((Routing::To(Target { node: entry, visit: Some(id), span }), Some((At::Visit(id), name))))
    }

    /// Where items on a route wait for a station.
    fn entry_of(&mut self, node: NodeId, station: &crate::ir::Station) -> NodeId {
        let plan = self.queues.get(&node).copied();
        let entry = match plan {
            Some(super::node::QueuePlan { node: Some(queue), .. }) => queue,
            Some(super::node::QueuePlan { asked: Some(Capacity::Places(0)), .. }) => node,
            Some(super::node::QueuePlan { asked, .. }) => self.queue_node(node, asked.unwrap_or(Capacity::Unlimited)),
            None => node,
        };
        // Parts of several types wait for each other: each goes when it is needed.
        if let Some(NodeKind::Buffer(queue)) = self.plant.nodes.get_mut(entry).map(|n| &mut n.kind)
            && station.recipes.iter().any(|r| r.takes.len() > 1 || station.recipes.len() > 1)
        {
            (queue.overtake, queue.keeps_order) = (true, false);
        }
        entry
    }
}

struct Walk {
    item: ItemId,
    number: u32,
    start: Option<Routing>,
}
