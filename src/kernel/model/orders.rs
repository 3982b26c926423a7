//! Lays out orders, and what buffers have that are not plain lanes.

use super::*;
use crate::ir::{Binary, KeptFor, Precedence, PrecedenceRule};
use crate::kernel::choice::kind;
use crate::kernel::layout::{kept, order};
use crate::kernel::program::Ty;
use crate::kernel::shape::LooseShape;

/// Words that items have for orders and for buffers that are not plain lanes.
pub(super) fn loose_words(plant: &Plant) -> usize {
    let mut words = 0;
    for n in plant.nodes.values() {
        let (needed, rules) = match &n.kind {
            NodeKind::Buffer(b) => (b.is_loose(), b.order.as_ref()),
            NodeKind::Station(s) => (s.order.is_some(), s.order.as_ref()),
            _ => (false, None),
        };
        if needed {
            words = words.max(crate::kernel::choice::own::KEY + rules.map_or(0, |o| o.rules.len()));
        }
    }
    for order in plant.fleets.iter().filter_map(|f| f.order.as_ref()) {
        words = words.max(crate::kernel::choice::own::KEY + order.rules.len());
    }
    words
}

impl Layout<'_> {
    /// The order record of a station or buffer, or 0.
    pub(super) fn order_of(&mut self, id: NodeId) -> Result<i64, String> {
        if let Some(at) = self.orders.get(&id.index()) {
            return Ok(*at);
        }
        let Some(n) = self.plant.nodes.get(id) else { return Ok(0) };
        let order = match &n.kind {
            NodeKind::Station(s) => s.order.clone(),
            NodeKind::Buffer(b) => b.order.clone(),
            _ => None,
        };
        let Some(order) = order else { return Ok(0) };
        let at = self.order_record(id, &n.name, &order)?;
        self.orders.insert(id.index(), at);
        Ok(at)
    }

    pub(super) fn order_record(&mut self, id: NodeId, name: &str, rules: &Precedence) -> Result<i64, String> {
        let at = self.image.alloc(2 + 2 * rules.rules.len());
        self.image.put(at, order::COUNT, index(rules.rules.len()));
        self.image.put(at, order::DYNAMIC, i64::from(rules.dynamic));
        for (i, rule) in (0i64..).zip(&rules.rules) {
            let (kind, argument) = match rule {
                PrecedenceRule::Fifo => (kind::FIFO, 0),
                PrecedenceRule::Lifo => (kind::LIFO, 0),
                PrecedenceRule::SameSetup => (kind::SAME_SETUP, i64::from(self.sets_up_by_value(id))),
                PrecedenceRule::First(from) => (kind::FIRST, self.holders_of(*from)),
                PrecedenceRule::Lowest(e) => (kind::LOWEST, self.key_record(e, name, i)?),
                PrecedenceRule::Highest(e) => (kind::HIGHEST, self.key_record(e, name, i)?),
                PrecedenceRule::Shortest => (kind::LOWEST, self.key_record(&self.mean_work(id)?, name, i)?),
                PrecedenceRule::Longest => (kind::HIGHEST, self.key_record(&self.mean_work(id)?, name, i)?),
            };
            let rule = at + 16 * i;
            self.image.put(rule, order::KIND, kind);
            self.image.put(rule, order::ARGUMENT, argument);
        }
        Ok(at)
    }

    /// The order record of crews that are asked for together. Mean works are found by station.
    pub(super) fn pool_order(&mut self, name: &str, rules: &Precedence) -> Result<i64, String> {
        let at = self.image.alloc(2 + 2 * rules.rules.len());
        self.image.put(at, order::COUNT, index(rules.rules.len()));
        for (i, rule) in (0i64..).zip(&rules.rules) {
            let (kind, argument) = match rule {
                PrecedenceRule::Fifo | PrecedenceRule::SameSetup => (kind::FIFO, 0),
                PrecedenceRule::Lifo => (kind::LIFO, 0),
                PrecedenceRule::First(from) => (kind::FIRST, self.node_record(*from)),
                PrecedenceRule::Lowest(e) => (kind::LOWEST, self.host_value(e, name, i)?),
                PrecedenceRule::Highest(e) => (kind::HIGHEST, self.host_value(e, name, i)?),
                PrecedenceRule::Shortest => (kind::LOWEST, 0),
                PrecedenceRule::Longest => (kind::HIGHEST, 0),
            };
            let rule = at + 16 * i;
            self.image.put(rule, order::KIND, kind);
            self.image.put(rule, order::ARGUMENT, argument);
        }
        Ok(at)
    }

    /// A value record that the host evaluates.
    fn host_value(&mut self, e: &Expression, name: &str, i: i64) -> Result<i64, String> {
        let law = self.value_law(e, name, &format!("order{i}"))?;
        let at = self.image.alloc(value::WORDS);
        self.image.put(at, value::LAW, law);
        Ok(at)
    }

    /// The value record of a station's mean work, where an order of crews goes by it; else 0.
    pub(super) fn mean_for_crews(&mut self, id: NodeId, name: &str) -> Result<i64, String> {
        let asked =
            |o: &Precedence| o.rules.iter().any(|r| matches!(r, PrecedenceRule::Shortest | PrecedenceRule::Longest));
        if !self.plant.pools.values().filter_map(|p| p.order.as_ref()).any(asked) {
            return Ok(0);
        }
        self.host_value(&self.mean_work(id)?, name, 0)
    }

    fn sets_up_by_value(&self, id: NodeId) -> bool {
        matches!(self.plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Station(s)) if s.setup.as_ref().is_some_and(|s| s.by.is_some()))
    }

    fn key_record(&mut self, e: &Expression, name: &str, i: i64) -> Result<i64, String> {
        let law = self.value_law(e, name, &format!("order{i}"))?;
        Ok(self.value_record(law))
    }

    /// What holds items that come from a node: itself or its machines, and the places on its arrows.
    fn holders_of(&mut self, from: NodeId) -> i64 {
        let mut words = vec![self.node_record(from)];
        if let Some((first, machines)) = self.places.machines.get(&from.index()).copied() {
            words.extend((0..count(machines)).map(|m| first + m * index(machine::WORDS * 8)));
        }
        for (a, b) in self.edges.iter().copied() {
            let lane = matches!(self.plant.nodes.get(b).map(|n| &n.kind), Some(NodeKind::Buffer(x)) if x.anonymous);
            if a == from && lane {
                words.push(self.node_record(b));
            }
        }
        words.insert(0, index(words.len()));
        self.image.array(&words)
    }

    /// The list of places that a buffer keeps for some of its items. Whether there are any.
    pub(super) fn kept(&mut self, record: i64, entries: &[crate::ir::Kept]) -> bool {
        if entries.is_empty() {
            return false;
        }
        let list = self.image.alloc(1 + kept::WORDS * entries.len());
        self.image.put(record, buffer::KEPT, list);
        self.image.put(list, Field { offset: 0, ty: Ty::Count }, index(entries.len()));
        for (i, entry) in (0i64..).zip(entries) {
            let at = list + 8 + i * index(8 * kept::WORDS);
            self.image.put(at, kept::PLACES, count(entry.places));
            match &entry.whom {
                KeptFor::Item(item) => {
                    let types: Vec<i64> = self.plant.items.ids().map(|t| i64::from(self.is_a(t, *item))).collect();
                    let types = self.image.array(&types);
                    self.image.put(at, kept::TYPES, types);
                }
                KeptFor::From(_, givers) => {
                    let mut words: Vec<i64> = Vec::new();
                    for giver in givers {
                        words.push(self.node_record(*giver));
                        let (first, machines) = self.places.machines.get(&giver.index()).copied().unwrap_or((0, 0));
                        words.extend((0..count(machines)).map(|m| first + m * index(machine::WORDS * 8)));
                        words.extend(self.lanes_of(*giver));
                    }
                    words.insert(0, index(words.len()));
                    let holders = self.image.array(&words);
                    self.image.put(at, kept::HOLDERS, holders);
                }
            }
        }
        true
    }

    /// The mean work of a station for an item, of the visit it is on.
    fn mean_work(&self, id: NodeId) -> Result<Expression, String> {
        let Some(NodeKind::Station(s)) = self.plant.nodes.get(id).map(|n| &n.kind) else {
            return Err("only stations work".to_string());
        };
        let phases = s.recipes.first().map_or(&[][..], |r| r.phases.as_slice());
        let own = |phases: &[crate::ir::Phase], item: ItemId| -> Result<Expression, String> {
            let mut sum = number(0.0);
            for phase in phases {
                let duration = match &phase.duration {
                    Expression::ByItem(list, rest) => {
                        let own = list.iter().find(|(i, _)| *i == item);
                        let kind = own.or_else(|| list.iter().find(|(i, _)| self.is_a(item, *i)));
                        kind.map(|(_, e)| e).or(rest.as_deref())
                    }
                    e => Some(e),
                };
                if let Some(e) = duration {
                    sum = Expression::Binary(Binary::Add, Box::new(sum), Box::new(mean(e)?));
                }
            }
            Ok(sum)
        };
        let mut by_item = Vec::new();
        for item in self.plant.items.ids() {
            let mut steps = Vec::new();
            for v in self.plant.visits.values().filter(|v| v.station == id && v.item == item) {
                if let Some(phases) = &v.phases {
                    let here = Expression::Binary(
                        Binary::Equal,
                        Box::new(Expression::Step),
                        Box::new(number(f64::from(v.number))),
                    );
                    steps.push((here, own(phases, item)?));
                }
            }
            let rest = own(phases, item)?;
            by_item.push((item, if steps.is_empty() { rest } else { Expression::If(steps, Box::new(rest)) }));
        }
        Ok(Expression::ByItem(by_item, Some(Box::new(number(0.0)))))
    }

    /// What a buffer has that is not a plain lane.
    pub(super) fn loose(
        &mut self,
        id: NodeId,
        name: &str,
        b: &crate::ir::Buffer,
        way: &Routing,
    ) -> Result<Option<LooseShape>, String> {
        if !b.is_loose() {
            return Ok(None);
        }
        let record = self.node_record(id);
        // What waits for an ordered station alone stands in its order.
        let taker = match way {
            Routing::To(t) => t.node,
            _ => id,
        };
        let own = self.order_of(id)?;
        let theirs = if own == 0 && b.overtake && taker != id { self.order_of(taker)? } else { 0 };
        self.image.put(record, buffer::ORDER, own + theirs);
        let stay = match &b.max_stay {
            None => None,
            Some(time) => {
                let (at, family) = self.draw(time, name, "max_stay")?;
                self.image.put(record, buffer::STAY, at);
                let handler = self.unplaced(EventShape::Expiry(UNPLACED));
                self.slot(SlotPlan {
                    band: 4,
                    rank: self.order.rank(id),
                    machine: 0,
                    name: String::new(),
                    handler,
                    record,
                    first: None,
                });
                Some(Families::from([family]))
            }
        };
        if let Some(target) = &b.expired {
            let (at, _) = self.routing(&Routing::To(*target), name, "expired")?;
            self.image.put(record, buffer::ELSEWHERE, at);
        }
        Ok(Some(LooseShape {
            all: b.overtake && b.order.is_none(),
            keyed: own + theirs != 0,
            stay,
            elsewhere: b.expired.is_some(),
        }))
    }
}

fn number(value: f64) -> Expression {
    let value = crate::base::Rational::try_from(value).unwrap_or(crate::base::Rational::ZERO);
    Expression::Constant(crate::base::Quantity { value, dim: crate::base::Dim::NUMBER })
}

/// The expression with the mean in place of every draw.
fn mean(e: &Expression) -> Result<Expression, String> {
    let all = |list: &[Expression]| list.iter().map(mean).collect::<Result<Vec<_>, _>>();
    Ok(match e {
        Expression::Draw(d) => number(laws::distribution(d)?.mean()),
        Expression::Mixture(list) => {
            let mut sum = number(0.0);
            for (share, e) in list {
                let share = number(crate::base::quantity::to_f64(share));
                let part = Expression::Binary(Binary::Multiply, Box::new(share), Box::new(mean(e)?));
                sum = Expression::Binary(Binary::Add, Box::new(sum), Box::new(part));
            }
            sum
        }
        Expression::Unary(op, a) => Expression::Unary(*op, Box::new(mean(a)?)),
        Expression::Binary(op, a, b) => Expression::Binary(*op, Box::new(mean(a)?), Box::new(mean(b)?)),
        Expression::Call(f, list) => Expression::Call(*f, all(list)?),
        Expression::ByItem(list, rest) => {
            let list = list.iter().map(|(i, e)| Ok((*i, mean(e)?))).collect::<Result<Vec<_>, String>>()?;
            let rest = rest.as_deref().map(mean).transpose()?.map(Box::new);
            Expression::ByItem(list, rest)
        }
        Expression::If(list, rest) => {
            let list = list.iter().map(|(c, e)| Ok((c.clone(), mean(e)?))).collect::<Result<Vec<_>, String>>()?;
            Expression::If(list, Box::new(mean(rest)?))
        }
        other => other.clone(),
    })
}
