//! Lays out routings and visits.

use super::*;
use crate::ir::{Binary, ChoiceRule};
use crate::kernel::emit::route::{LEAF_WORDS, body_words};
use crate::kernel::shape::OpenRule;

impl Layout<'_> {
    pub(super) fn leaf(&mut self, at: i64, target: &Target) {
        let to = self.node_record(target.node);
        let by_type = self.lists_by_type.get(&target.node.index()).copied().unwrap_or(0);
        let visit = target.visit.and_then(|v| self.visit_records.get(v.index()).copied()).unwrap_or(0);
        let offers = if by_type == 0 { to + i64::from(node::RANK.offset) } else { 0 };
        self.image.put(at, routing::LIST, offers);
        self.image.put(at, routing::VISIT, visit);
        self.image.put(at, routing::BY_TYPE, by_type);
    }

    /// Words of a routing's body by shape; leaves three, shares a stream and bounds, choices by item a
    /// table. Where they lie, and whether it is a single way to what takes items of any type.
    pub(super) fn routing(&mut self, way: &Routing, entity: &str, purpose: &str) -> Result<(i64, bool), String> {
        if let Routing::To(target) = way {
            let kind = intern(&mut self.shapes.routes, RouteShape::Leaf);
            let at = self.image.alloc(1 + LEAF_WORDS);
            self.image.put(at, routing::KIND, index(kind));
            self.leaf(at, target);
            return Ok((at, !self.lists_by_type.contains_key(&target.node.index())));
        }
        let shape = route_shape(way)?;
        let shape = if way.reads_floor() {
            self.shapes.settled = true;
            RouteShape::Settled(Box::new(shape))
        } else {
            shape
        };
        let words = 1 + body_words(&shape, self.plant.items.len());
        let kind = intern(&mut self.shapes.routes, shape);
        let at = self.image.alloc(words);
        self.image.put(at, routing::KIND, index(kind));
        let mut cursor = at;
        let mut ordinal = 0;
        self.routing_body(way, &mut cursor, entity, purpose, &mut ordinal)?;
        Ok((at, false))
    }

    pub(super) fn routing_body(
        &mut self,
        way: &Routing,
        cursor: &mut i64,
        entity: &str,
        purpose: &str,
        ordinal: &mut u32,
    ) -> Result<(), String> {
        // Fields of `routing` count from the record's begin; a body begins one word later.
        match way {
            Routing::To(target) => {
                self.leaf(*cursor, target);
                *cursor += index(8 * LEAF_WORDS);
            }
            Routing::Shares(list, _) => {
                let body = *cursor + 8;
                self.stream(body, entity, purpose, *ordinal);
                *ordinal += 1;
                let mut sum = crate::base::Rational::from(0);
                for (i, (share, _)) in (0i64..).zip(list) {
                    sum += share;
                    let upper = crate::base::quantity::to_f64(&sum);
                    self.image.put_real(body + 32 + 8 * i, FIRST_WORD, upper);
                }
                *cursor += 32 + 8 * index(list.len());
                for (_, to) in list {
                    self.routing_body(to, cursor, entity, purpose, ordinal)?;
                }
            }
            Routing::ByItem(list, rest, _) => {
                let body = *cursor + 8;
                self.choices(list, rest.is_some(), body);
                *cursor += 8 * index(self.plant.items.len());
                for (_, to) in list {
                    self.routing_body(to, cursor, entity, purpose, ordinal)?;
                }
                if let Some(rest) = rest {
                    self.routing_body(rest, cursor, entity, purpose, ordinal)?;
                }
            }
            Routing::Rule(ChoiceRule::FirstFree | ChoiceRule::ShortestQueue | ChoiceRule::Priority, ..) => {
                self.open_rule(way, cursor, entity, purpose)?;
            }
            Routing::Rule(rule, list, _) => {
                if let ChoiceRule::Every(n) = rule {
                    self.image.put(*cursor + 16, FIRST_WORD, count(*n));
                }
                *cursor += 16;
                for to in list {
                    self.routing_body(to, cursor, entity, purpose, ordinal)?;
                }
            }
            Routing::If(list, rest, _) => {
                let body = *cursor + 8;
                self.image.put(body, FIRST_WORD, index(list.len()));
                for (i, (condition, _)) in (1i64..).zip(list) {
                    let law = self.value_law(condition, entity, &format!("{purpose}:if{ordinal}"))?;
                    *ordinal += 1;
                    self.image.put(body + 8 * i, FIRST_WORD, law);
                }
                *cursor += 8 * index(list.len() + 1);
                for (_, to) in list {
                    self.routing_body(to, cursor, entity, purpose, ordinal)?;
                }
                self.routing_body(rest, cursor, entity, purpose, ordinal)?;
            }
        }
        Ok(())
    }

    /// The list of an open rule, and its ways behind it.
    fn open_rule(&mut self, way: &Routing, cursor: &mut i64, entity: &str, purpose: &str) -> Result<(), String> {
        let shape = way_shape(way);
        let list = *cursor + 8;
        let targets: Vec<NodeId> = way.targets().iter().map(|t| t.node).collect();
        let rank = targets.iter().map(|t| self.order.rank(*t)).min().unwrap_or(0);
        // Limits and reserved places look at the item.
        let each = by_item(&shape) || !self.plant.limits.is_empty();
        let kind = intern(&mut self.shapes.opens, shape);
        self.image.put(list, list::RANK, index(rank));
        self.image.put(list, open::KIND, index(kind));
        self.image.put(list, open::EACH, i64::from(each));
        for target in &targets {
            let lists = self.open_lists.entry(target.index()).or_default();
            if !lists.contains(&list) {
                lists.push(list);
            }
        }
        self.places.opens.push((list, targets));
        *cursor += index(open::WORDS * 8);
        self.ways(way, cursor, entity, purpose)
    }

    /// The ways of an open rule; those of rules inside follow without lists of their own.
    fn ways(&mut self, way: &Routing, cursor: &mut i64, entity: &str, purpose: &str) -> Result<(), String> {
        match way {
            Routing::To(target) => {
                let law = self.value_law(&self.items_there(target.node), entity, purpose)?;
                let items = self.value_record(law);
                self.leaf(*cursor, target);
                self.image.put(*cursor, way::ITEMS, items);
                *cursor += index((way::WORDS - 1) * 8);
            }
            Routing::ByItem(list, rest, _) => {
                self.choices(list, rest.is_some(), *cursor + 8);
                *cursor += 8 * index(self.plant.items.len());
                for to in list.iter().map(|(_, w)| w).chain(rest.as_deref()) {
                    self.ways(to, cursor, entity, purpose)?;
                }
            }
            Routing::Rule(_, list, _) => {
                for to in list {
                    self.ways(to, cursor, entity, purpose)?;
                }
            }
            Routing::Shares(..) | Routing::If(..) => return Err("a way of an open rule decides for good".to_string()),
        }
        Ok(())
    }

    /// How many items are on a way: in its places and queue, and on the machines they lead to.
    fn items_there(&self, target: NodeId) -> Expression {
        let mut sum = Expression::Level(target);
        let mut at = target;
        for _ in 0..self.plant.nodes.len() {
            let Some(n) = self.plant.nodes.get(at) else { break };
            match (&n.kind, &n.routing) {
                (NodeKind::Buffer(b), Some(Routing::To(next))) if b.anonymous => at = next.node,
                _ => break,
            }
            if matches!(self.plant.nodes.get(at).map(|n| &n.kind), Some(NodeKind::Sink)) {
                break;
            }
            sum = Expression::Binary(Binary::Add, Box::new(sum), Box::new(Expression::Level(at)));
        }
        match self.plant.nodes.get(target).map(|n| &n.kind) {
            Some(NodeKind::Sink | NodeKind::Source(_)) => Expression::Constant(crate::base::Quantity {
                value: crate::base::Rational::from(0),
                dim: crate::base::Dim::NUMBER,
            }),
            _ => sum,
        }
    }

    /// Which branch each item type takes.
    fn choices(&mut self, list: &[(ItemId, Routing)], rest: bool, table: i64) {
        for t in 0..self.plant.items.len() {
            let found = list
                .iter()
                .position(|(i, _)| *i == ItemId::new(t))
                .or_else(|| list.iter().position(|(i, _)| self.is_a(ItemId::new(t), *i)));
            let branch = found.unwrap_or(if rest { list.len() } else { 0 });
            self.image.put(table + 8 * index(t), FIRST_WORD, index(branch));
        }
    }

    /// Tells every node which open rules lead to it.
    pub(super) fn open_lists(&mut self) {
        for (node, lists) in std::mem::take(&mut self.open_lists) {
            let mut words = vec![index(lists.len())];
            words.extend(lists);
            let at = self.image.array(&words);
            let record = self.node_record(NodeId::new(node));
            self.image.put(record, node::OPEN, at);
        }
    }

    pub(super) fn visits(&mut self) -> Result<(), String> {
        for _ in 0..self.plant.visits.len() {
            let at = self.image.alloc(visit::WORDS);
            self.visit_records.push(at);
        }
        for (id, v) in self.plant.visits.iter() {
            let at = self.visit_records.get(id.index()).copied().unwrap_or(0);
            let named = self.plant.steps.iter().position(|s| *s == v.name).map_or(0, |i| index(i + 1));
            self.image.put(at, visit::NAME, named);
            self.image.put(at, visit::NUMBER, i64::from(v.number));
            let item_name = self.plant.items.get(v.item).map_or("", |i| i.name.as_str());
            let entity = self.plant.nodes.get(v.station).map_or("", |n| n.name.as_str());
            let (way, _) = self.routing(&v.next, entity, &format!("branch:{item_name}.{}", v.number))?;
            self.image.put(at, visit::ROUTING, way);
        }
        Ok(())
    }
}

/// The structure of a routing.
pub(super) fn route_shape(way: &Routing) -> Result<RouteShape, String> {
    Ok(match way {
        Routing::To(_) => RouteShape::Leaf,
        Routing::Shares(list, _) => {
            RouteShape::Shares(list.iter().map(|(_, r)| route_shape(r)).collect::<Result<_, _>>()?)
        }
        Routing::ByItem(list, rest, _) => {
            let all = list.iter().map(|(_, r)| r).chain(rest.as_deref());
            RouteShape::ByItem(all.map(route_shape).collect::<Result<_, _>>()?)
        }
        Routing::Rule(ChoiceRule::RoundRobin, list, _) => {
            RouteShape::Turn(list.iter().map(route_shape).collect::<Result<_, _>>()?)
        }
        Routing::Rule(ChoiceRule::Every(_), list, _) => {
            RouteShape::Every(list.iter().map(route_shape).collect::<Result<_, _>>()?)
        }
        Routing::If(list, rest, _) => {
            let all = list.iter().map(|(_, r)| r).chain(std::iter::once(&**rest));
            RouteShape::If(all.map(route_shape).collect::<Result<_, _>>()?)
        }
        Routing::Rule(rule, list, _) => RouteShape::Open(open_rule(*rule), list.iter().map(way_shape).collect()),
    })
}

fn open_rule(rule: ChoiceRule) -> OpenRule {
    if rule == ChoiceRule::ShortestQueue { OpenRule::Fewest } else { OpenRule::First }
}

/// The structure of a way of an open rule.
fn way_shape(way: &Routing) -> RouteShape {
    match way {
        Routing::ByItem(list, rest, _) => {
            let all = list.iter().map(|(_, r)| r).chain(rest.as_deref());
            RouteShape::ByItem(all.map(way_shape).collect())
        }
        Routing::Rule(rule, list, _) => RouteShape::Open(open_rule(*rule), list.iter().map(way_shape).collect()),
        _ => RouteShape::Way,
    }
}

/// Whether items differ in which ways are open to them.
fn by_item(shape: &RouteShape) -> bool {
    match shape {
        RouteShape::ByItem(_) => true,
        RouteShape::Open(_, list) => list.iter().any(by_item),
        _ => false,
    }
}
