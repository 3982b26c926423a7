//! Lays out routings and visits.

use super::*;
use crate::ir::ChoiceRule;

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
    /// table.
    pub(super) fn routing(
        &mut self,
        way: &Routing,
        entity: &str,
        purpose: &str,
    ) -> Result<(i64, RouteShape, bool), String> {
        let shape = route_shape(way)?;
        let simple = shape == RouteShape::Leaf
            && !way.targets().iter().any(|t| self.lists_by_type.contains_key(&t.node.index()));
        let kind = intern(&mut self.shapes.routes, shape.clone());
        let words = 1 + crate::kernel::emit::route::body_words(&shape, self.plant.items.len());
        let at = self.image.alloc(words);
        self.image.put(at, routing::KIND, index(kind));
        let mut cursor = at;
        let mut ordinal = 0;
        self.routing_body(way, &mut cursor, entity, purpose, &mut ordinal)?;
        Ok((at, shape, simple))
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
                *cursor += 24;
            }
            Routing::Shares(list, _) => {
                let body = *cursor + 8;
                self.stream(body, entity, purpose, *ordinal);
                *ordinal += 1;
                let mut sum = crate::base::Rational::from_integer(0.into());
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
                for t in 0..self.plant.items.len() {
                    let found = list
                        .iter()
                        .position(|(i, _)| *i == ItemId::new(t))
                        .or_else(|| list.iter().position(|(i, _)| self.is_a(ItemId::new(t), *i)));
                    let branch = found.unwrap_or(if rest.is_some() { list.len() } else { 0 });
                    self.image.put(body + 8 * index(t), FIRST_WORD, index(branch));
                }
                *cursor += 8 * index(self.plant.items.len());
                for (_, to) in list {
                    self.routing_body(to, cursor, entity, purpose, ordinal)?;
                }
                if let Some(rest) = rest {
                    self.routing_body(rest, cursor, entity, purpose, ordinal)?;
                }
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

    pub(super) fn visits(&mut self) -> Result<(), String> {
        for _ in 0..self.plant.visits.len() {
            let at = self.image.alloc(visit::WORDS);
            self.visit_records.push(at);
        }
        for (id, v) in self.plant.visits.iter() {
            let at = self.visit_records.get(id.index()).copied().unwrap_or(0);
            let item_name = self.plant.items.get(v.item).map_or("", |i| i.name.as_str());
            let entity = self.plant.nodes.get(v.station).map_or("", |n| n.name.as_str());
            let (way, _, _) = self.routing(&v.next, entity, &format!("branch:{item_name}.{}", v.number))?;
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
        Routing::Rule(..) => return Err("open choice rules come later".to_string()),
    })
}
