//! Flows: chains, branches, and the places on arrows.

use crate::base::{Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Buffer, Capacity, ChoiceRule, NodeId, NodeKind, Routing, Target, WhenFull};
use crate::syntax::tree::{Argument, Chain, Entry, Expr, ExprKind, Key, Link, Step, Table};

use super::lane::Lane;
use super::line::Lower;
use super::scope::Meaning;

/// A name bound by a loop: `for i in 1..499`.
#[derive(Clone, Copy)]
pub struct Binding<'a> {
    pub(super) name: &'a str,
    pub(super) value: u64,
}

impl<'a> Lower<'a> {
    /// `flow a -> b -> c`
    pub fn flow(&mut self, chain: &'a Chain, binding: Option<Binding<'a>>) {
        let first = &chain.first;
        // What could not be read has been told.
        self.holes |= chain.is_error() || chain.lead.is_some() || matches!(first.kind, ExprKind::Error);
        if chain.steps.is_empty() && !chain.is_error() {
            self.push(
                Diagnostic::new(codes::BAD_CHAIN, chain.span, "a flow leads from a node to the next")
                    .help("write `flow a -> b`"),
            );
            return;
        }
        if chain.steps.len() > limits::CHAIN {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, chain.span, "the chain is too long")
                    .help("use an array of stations"),
            );
            return;
        }
        if matches!(first.kind, ExprKind::Table(_) | ExprKind::NamedTable { .. }) {
            self.push(
                Diagnostic::new(codes::BAD_START, first.span, "a flow begins at a node")
                    .help("write a flow for each beginning: `flow a -> c` and `flow b -> c`"),
            );
            return;
        }
        let stop = self.stop(first, binding);
        let Some(mut at) = stop.and_then(|s| self.way_out(s, first)) else {
            self.holes = true;
            self.names_behind(&chain.steps, binding);
            return;
        };
        let mut i = 0;
        while let Some(step) = chain.steps.get(i) {
            i += 1;
            match &step.expr.kind {
                ExprKind::Ellipsis => {
                    let Some(last) = chain.steps.get(i) else {
                        self.push(Diagnostic::new(
                            codes::BAD_CHAIN,
                            step.expr.span,
                            "`...` stands between two members of an array",
                        ));
                        return;
                    };
                    i += 1;
                    let stop = self.stop(&last.expr, binding);
                    let Some(to) = stop.and_then(|s| self.way_in(s, &last.expr)) else {
                        self.holes = true;
                        return;
                    };
                    if !self.same_links(&step.link, &last.link) {
                        self.push(
                            Diagnostic::new(
                                codes::BAD_CHAIN,
                                step.link.span.to(last.link.span),
                                "the arrows around `...` differ",
                            )
                            .help("write the same arrow on both sides: `s[1] -[5]-> ... -[5]-> s[9]`"),
                        );
                        return;
                    }
                    let Some(members) = self.members_between(at, to) else {
                        self.push(
                            Diagnostic::new(
                                codes::BAD_CHAIN,
                                step.expr.span,
                                "`...` counts from one member of an array up to a later one",
                            )
                            .help("write `s[1] -> ... -> s[9]`"),
                        );
                        return;
                    };
                    for (next, out) in members {
                        self.connect(at, &step.link, next);
                        at = out;
                    }
                }
                ExprKind::Table(_) | ExprKind::NamedTable { .. } => {
                    if let Some(rest) = chain.steps.get(i) {
                        self.push(
                            Diagnostic::new(codes::BAD_CHAIN, rest.expr.span, "a branch ends its chain")
                                .help("continue each way inside the branch, or begin a new `flow` behind it"),
                        );
                    }
                    let from = self.node_name(at);
                    if let Some(way) = self.branch(&step.expr, &from, binding) {
                        let names = way.targets().iter().map(|t| self.node_name(t.node)).collect::<Vec<_>>();
                        let way = self.through_lane(&step.link, &from, &names.join("|"), way);
                        if let Some(way) = way {
                            self.set_way(at, way, step.link.span.to(step.expr.span));
                        }
                    } else {
                        self.holes = true;
                    }
                    return;
                }
                _ => {
                    let stop = self.stop(&step.expr, binding);
                    let Some(next) = stop.and_then(|s| self.way_in(s, &step.expr)) else {
                        self.holes = true;
                        self.names_behind(chain.steps.get(i..).unwrap_or(&[]), binding);
                        return;
                    };
                    self.connect(at, &step.link, next);
                    at = next;
                    if i < chain.steps.len() {
                        let Some(out) = stop.and_then(|s| self.way_out(s, &step.expr)) else {
                            self.holes = true;
                            return;
                        };
                        at = out;
                    }
                }
            }
        }
    }

    /// Looks names up behind a step that could not be read, so that every unknown one is told.
    fn names_behind(&mut self, steps: &'a [Step], binding: Option<Binding<'a>>) {
        for step in steps {
            if matches!(step.expr.kind, ExprKind::Name(_) | ExprKind::Index { .. } | ExprKind::Member { .. }) {
                let _ = self.stop(&step.expr, binding);
            }
        }
    }

    /// `for i in 1..499: s[i] -[5]-> s[i + 1]`
    pub fn flow_loop(&mut self, entry: &'a Entry) {
        let (Key::For { name, over, .. }, Some(phrase)) = (&entry.key, &entry.phrase) else { return };
        let ExprKind::Range { from, to } = &over.kind else {
            self.push(Diagnostic::new(codes::WRONG_VALUE, over.span, "a loop runs over a range such as `1..499`"));
            return;
        };
        let (Some(low), Some(high)) = (self.evaluate(from), self.evaluate(to)) else { return };
        let low = self.expect_count(&low, from.span, &name.text, 0, limits::MEMBERS);
        let high = self.expect_count(&high, to.span, &name.text, 0, limits::MEMBERS);
        let (Some(low), Some(high)) = (low, high) else { return };
        let before = self.diagnostics.len();
        for value in low..=high {
            // Arrows and shares may reckon with the name, too.
            self.locals.push((name.text.clone(), super::definition::number(value)));
            self.flow(&phrase.chain, Some(Binding { name: &name.text, value }));
            self.locals.pop();
            if self.diagnostics.len() > before {
                return;
            }
        }
    }

    fn same_links(&self, a: &Link, b: &Link) -> bool {
        self.files.slice(a.span).split_whitespace().eq(self.files.slice(b.span).split_whitespace())
    }

    /// The members of one array behind `from` up to `to`.
    fn members_between(&self, from: NodeId, to: NodeId) -> Option<Vec<(NodeId, NodeId)>> {
        if self.port(from).is_some() {
            return self.cells_between(from, to);
        }
        let within = self.scope.iter().any(|(_, e)| match e.meaning {
            Meaning::Array(first, size) => {
                let last = u64::from(first.0) + size;
                first <= from && from < to && u64::from(to.0) < last
            }
            _ => false,
        });
        within.then(|| (from.0 + 1..=to.0).map(|i| (NodeId(i), NodeId(i))).collect())
    }

    pub fn node_name(&self, id: NodeId) -> String {
        match self.port(id) {
            Some(port) => port.name.clone(),
            None => self.plant.nodes.get(id).map_or_else(String::new, |n| n.name.clone()),
        }
    }

    /// Complains when a flow leads into a source.
    pub(super) fn enterable(&mut self, node: NodeId, span: Span) -> bool {
        if self.port(node).is_some() {
            return self.port_enterable(node, span);
        }
        let Some(n) = self.plant.nodes.get(node) else { return false };
        if !matches!(n.kind, NodeKind::Source(_)) {
            return true;
        }
        let name = n.name.clone();
        self.push(
            Diagnostic::new(codes::BAD_START, span, format!("nothing goes into the source `{name}`"))
                .help("lead the flow to a station, a buffer or a sink"),
        );
        self.holes = true;
        false
    }

    fn connect(&mut self, from: NodeId, link: &'a Link, to: NodeId) {
        if !self.enterable(to, link.span) {
            return;
        }
        let way = Routing::To(Target { node: to, visit: None, span: link.span });
        let (a, b) = (self.node_name(from), self.node_name(to));
        if let Some(way) = self.through_lane(link, &a, &b, way) {
            self.set_way(from, way, link.span);
        } else {
            self.holes = true;
        }
    }

    /// Gives a node its way out. The same plain arrow may be written again.
    fn set_way(&mut self, from: NodeId, way: Routing, span: Span) {
        if self.port(from).is_some() {
            return self.set_port_way(from, way, span);
        }
        let Some(node) = self.plant.nodes.get_mut(from) else { return };
        if matches!(node.kind, NodeKind::Sink) {
            let name = node.name.clone();
            self.push(
                Diagnostic::new(codes::BAD_START, span, format!("nothing comes out of the sink `{name}`"))
                    .help("make it a `buffer` or a `station` when items go on from there"),
            );
            return;
        }
        let Some(old) = &node.routing else {
            node.routing = Some(way);
            return;
        };
        if let (Routing::To(a), Routing::To(b)) = (old, &way)
            && a.node == b.node
        {
            return;
        }
        let name = node.name.clone();
        let mut d = Diagnostic::new(codes::TWO_WAYS, span, format!("`{name}` already has a way out"));
        if let Some(first) = old.targets().first() {
            d = d.with(first.span, "the other way");
        }
        self.push(
            d.help(format!("write a branch: `flow {name} -> {{ 50 %: a, rest: b }}`, or by item `{{ A: a, B: b }}`")),
        );
    }

    /// A branch: by share or by item; `from` is the node before it.
    fn branch(&mut self, expr: &'a Expr, from: &str, binding: Option<Binding<'a>>) -> Option<Routing> {
        if let ExprKind::NamedTable { name, table } = &expr.kind
            && let Some(rule) = rule_named(&name.text)
        {
            return self.by_rule(rule, table, &mut |lower, chain| lower.branch_way(chain, from, binding));
        }
        let table = self.branch_table(expr)?;
        self.branch_with(table, &mut |lower, entry| {
            let phrase = entry.phrase.as_ref()?;
            if phrase.hours.is_some() || !phrase.tails.is_empty() {
                return lower.wrong_value(phrase.span, "a way is a chain of nodes");
            }
            lower.branch_way(&phrase.chain, from, binding)
        })
    }

    /// `{ if item.passes >= 2: scrap, else: rework }`
    fn by_condition(
        &mut self,
        table: &'a Table,
        way: &mut dyn FnMut(&mut Lower<'a>, &'a Entry) -> Option<Routing>,
    ) -> Option<Routing> {
        let mut list = Vec::new();
        let mut rest = None;
        let mut good = !table.incomplete;
        for entry in &table.entries {
            let to = way(self, entry);
            match &entry.key {
                Key::If { condition, .. } => {
                    let typed = self.evaluate(condition)?;
                    self.expect_condition(&typed, condition.span)?;
                    match to {
                        Some(to) => list.push((typed.value, to)),
                        None => good = false,
                    }
                }
                Key::Word(w) if matches!(w.text.as_str(), "else" | "rest") => match to {
                    Some(to) => rest = Some(Box::new(to)),
                    None => good = false,
                },
                key => return self.wrong_value(key.span(), "a condition `if …`, or `else`, is due here"),
            }
        }
        if !good {
            return None;
        }
        let Some(rest) = rest else {
            self.push(
                Diagnostic::new(codes::BRANCH_NOT_TOTAL, table.span, "the conditions leave a case open")
                    .help("add `else: NODE`; a condition chooses a way, it never makes an item wait"),
            );
            return None;
        };
        Some(Routing::If(list, rest, table.span))
    }

    /// `round_robin { a, -[3]-> b }`, `first_free { a, b }`.
    pub fn by_rule(
        &mut self,
        rule: ChoiceRule,
        table: &'a Table,
        way: &mut dyn FnMut(&mut Lower<'a>, &'a Chain) -> Option<Routing>,
    ) -> Option<Routing> {
        let mut list = Vec::new();
        let mut good = !table.incomplete;
        for entry in &table.entries {
            let way = match (&entry.key, &entry.phrase) {
                (Key::Chain(chain), None) => way(self, chain),
                _ => self.wrong_value(entry.span, "a rule lists its ways without keys: `round_robin { a, b }`"),
            };
            match way {
                Some(way) => list.push(way),
                None => good = false,
            }
        }
        if good && list.is_empty() {
            self.push(Diagnostic::new(codes::BAD_CHAIN, table.span, "the branch has no ways"));
            return None;
        }
        if !good {
            return None;
        }
        if list.len() == 1 {
            return list.pop();
        }
        let open = !matches!(rule, ChoiceRule::RoundRobin | ChoiceRule::Every(_));
        if open && let Some(inner) = list.iter().find_map(commits) {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    inner,
                    "this way decides for good, inside a rule that decides anew",
                )
                .with(table.span, "the rule looks for a way that has room now")
                .help("give the way a place of its own, where its items decide: `-[1]-> { 90 %: a, rest: b }`"),
            );
            return None;
        }
        Some(Routing::Rule(rule, list, table.span))
    }

    /// The table of a branch; rules follow later.
    pub fn branch_table(&mut self, expr: &'a Expr) -> Option<&'a Table> {
        match &expr.kind {
            ExprKind::Table(table) => Some(table),
            ExprKind::NamedTable { name, .. } => {
                let rules = crate::syntax::words::CHOICE_RULES;
                let mut d =
                    Diagnostic::new(codes::UNKNOWN_NAME, name.span, format!("there is no choice rule `{}`", name.text));
                if let Some(near) = crate::base::names::nearest(&name.text, rules.iter().copied()) {
                    d = d.fix(format!("write `{near}`"), name.span, near);
                } else if matches!(self.scope.find(&name.text), Some(Meaning::Node(_) | Meaning::Array(..))) {
                    d = d.help(format!("what one visit needs stands in round brackets: `{}(cycle: 5 min)`", name.text));
                } else {
                    d = d.help(format!("rules are {}", super::fields::list(rules)));
                }
                self.push(d);
                None
            }
            _ => None,
        }
    }

    /// Reads a branch; `way` lowers the value of an entry.
    pub fn branch_with(
        &mut self,
        table: &'a Table,
        way: &mut dyn FnMut(&mut Lower<'a>, &'a Entry) -> Option<Routing>,
    ) -> Option<Routing> {
        let by_condition = table.entries.iter().find(|e| matches!(e.key, Key::If { .. }));
        if by_condition.is_some() {
            return self.by_condition(table, way);
        }
        let call = table.entries.iter().find(
            |e| matches!(&e.key, Key::Chain(c) if matches!(c.as_expr().map(|x| &x.kind), Some(ExprKind::Call { .. }))),
        );
        if let Some(entry) = call {
            return self.by_count(table, entry, way);
        }
        let by_item = self.names_items(table);
        if table.entries.is_empty() {
            self.push(Diagnostic::new(codes::BAD_CHAIN, table.span, "the branch has no ways"));
            return None;
        }
        let bare = |e: &Entry| match &e.key {
            Key::Chain(c) if e.phrase.is_none() => {
                c.as_expr().and_then(Expr::name).is_some_and(|n| matches!(self.scope.find(n), Some(Meaning::Node(_))))
            }
            _ => false,
        };
        if by_item && table.entries.iter().all(bare) {
            let d = Diagnostic::new(codes::BAD_CHAIN, table.span, "nothing says which of these ways an item takes");
            self.push(d.help("name a rule, `first_free { a, b }`, or give shares, `{ 50 %: a, rest: b }`"));
            return None;
        }
        if !by_item {
            let shares = self.shares(table)?;
            let mut list = Vec::new();
            for (share, entry) in shares {
                list.push((share, way(self, entry)?));
            }
            return Some(match list.len() {
                1 => list.remove(0).1,
                _ => Routing::Shares(list, table.span),
            });
        }
        let mut list = Vec::new();
        let mut rest = None;
        let mut good = !table.incomplete;
        for entry in &table.entries {
            match &entry.key {
                Key::Word(w) if matches!(w.text.as_str(), "else" | "rest") => match way(self, entry) {
                    Some(to) => rest = Some(Box::new(to)),
                    None => good = false,
                },
                Key::Chain(chain) => {
                    let expr = self.only_expr(chain, "the name of an item")?;
                    let Some(name) = expr.name() else {
                        return self.wrong_value(expr.span, "the name of an item is due here");
                    };
                    if entry.phrase.is_none() {
                        self.push(
                            Diagnostic::new(codes::WRONG_VALUE, expr.span, format!("nothing says which items go to `{name}`"))
                                .help(format!("give each way a share, an item or a condition, `{{ 95 %: {name}, rest: … }}`, or write a rule: `first_free {{ {name}, … }}`")),
                        );
                        return None;
                    }
                    let item = self.item_named(name, expr.span);
                    if item.is_some_and(|item| list.iter().any(|(i, _)| *i == item)) {
                        self.push(Diagnostic::new(
                            codes::DUPLICATE_FIELD,
                            expr.span,
                            format!("`{name}` is given twice"),
                        ));
                        good = false;
                    }
                    match (item, way(self, entry)) {
                        (Some(item), Some(to)) => list.push((item, to)),
                        _ => good = false,
                    }
                }
                key => return self.wrong_value(key.span(), "the name of an item, or `else`, is due here"),
            }
        }
        good.then_some(Routing::ByItem(list, rest, table.span))
    }

    /// `{ every(50): lab, rest: line }`: each fiftieth goes the first way.
    fn by_count(
        &mut self,
        table: &'a Table,
        counted: &'a Entry,
        way: &mut dyn FnMut(&mut Lower<'a>, &'a Entry) -> Option<Routing>,
    ) -> Option<Routing> {
        let due = "`every(n)` stands with one other way: `{ every(50): lab, rest: line }`";
        let [first, second] = table.entries.as_slice() else { return self.wrong_value(table.span, due) };
        let is_rest = |e: &Entry| matches!(&e.key, Key::Word(w) if matches!(w.text.as_str(), "else" | "rest"));
        let other = if std::ptr::eq(first, counted) { second } else { first };
        if !is_rest(other) {
            return self.wrong_value(other.key.span(), due);
        }
        let Key::Chain(chain) = &counted.key else { return None };
        let call = chain.as_expr()?;
        let ExprKind::Call { function, arguments, .. } = &call.kind else { return None };
        if function.name() != Some("every") {
            return self.wrong_value(call.span, due);
        }
        let [Argument { name: None, value, .. }] = arguments.as_slice() else {
            return self.wrong_value(call.span, "`every` takes one number: `every(50)`");
        };
        let n = self.count(value, "every", 1, limits::COUNT);
        let (nth, others) = (way(self, counted), way(self, other));
        Some(Routing::Rule(ChoiceRule::Every(n?), vec![nth?, others?], table.span))
    }

    /// One way of a branch: a chain whose first arrow may lead.
    fn branch_way(&mut self, chain: &'a Chain, from: &str, binding: Option<Binding<'a>>) -> Option<Routing> {
        let first = &chain.first;
        let way = match &first.kind {
            ExprKind::Table(_) | ExprKind::NamedTable { .. } => {
                if let Some(step) = chain.steps.first() {
                    self.push(Diagnostic::new(codes::BAD_CHAIN, step.expr.span, "a branch ends its chain"));
                    return None;
                }
                self.branch(first, from, binding)?
            }
            _ => {
                let stop = self.stop(first, binding)?;
                let node = self.way_in(stop, first)?;
                if !self.enterable(node, first.span) {
                    return None;
                }
                if !chain.steps.is_empty() {
                    let out = self.way_out(stop, first)?;
                    self.continue_chain(out, &chain.steps, binding);
                }
                Routing::To(Target { node, visit: None, span: first.span })
            }
        };
        match &chain.lead {
            None => Some(way),
            Some(link) => {
                let names: Vec<String> = way.targets().iter().map(|t| self.node_name(t.node)).collect();
                self.through_lane(link, from, &names.join("|"), way)
            }
        }
    }

    /// The rest of a chain inside a branch: plain steps, perhaps a last branch.
    fn continue_chain(&mut self, from: NodeId, steps: &'a [Step], binding: Option<Binding<'a>>) {
        let mut at = from;
        for (i, step) in steps.iter().enumerate() {
            if matches!(step.expr.kind, ExprKind::Table(_) | ExprKind::NamedTable { .. }) {
                if let Some(next) = steps.get(i + 1) {
                    self.push(Diagnostic::new(codes::BAD_CHAIN, next.expr.span, "a branch ends its chain"));
                }
                let name = self.node_name(at);
                let Some(way) = self.branch(&step.expr, &name, binding) else {
                    self.holes = true;
                    return;
                };
                let names: Vec<String> = way.targets().iter().map(|t| self.node_name(t.node)).collect();
                if let Some(way) = self.through_lane(&step.link, &name, &names.join("|"), way) {
                    self.set_way(at, way, step.link.span);
                }
                return;
            }
            let stop = self.stop(&step.expr, binding);
            let Some(next) = stop.and_then(|s| self.way_in(s, &step.expr)) else {
                self.holes = true;
                return;
            };
            self.connect(at, &step.link, next);
            at = next;
            if i + 1 < steps.len() {
                let Some(out) = stop.and_then(|s| self.way_out(s, &step.expr)) else {
                    self.holes = true;
                    return;
                };
                at = out;
            }
        }
    }

    /// Queues of stations that ask for one, and outside queues of sources: put in between at last.
    pub fn finish_ways(&mut self) {
        let asked: Vec<(NodeId, Capacity)> = self
            .queues
            .iter()
            .filter(|(_, plan)| plan.node.is_none())
            .filter_map(|(id, plan)| plan.asked.filter(|c| *c != Capacity::Places(0)).map(|c| (*id, c)))
            .collect();
        let mut moved = std::collections::BTreeMap::new();
        for (station, capacity) in asked {
            let queue = self.queue_node(station, capacity);
            moved.insert(station, queue);
        }
        if !moved.is_empty() {
            for id in self.plant.nodes.ids() {
                if moved.values().any(|q| *q == id) {
                    continue;
                }
                let Some(node) = self.plant.nodes.get_mut(id) else { continue };
                if let Some(way) = node.routing.as_mut() {
                    redirect(way, &moved);
                }
                if let NodeKind::Buffer(Buffer { expired: Some(to), .. }) = &mut node.kind
                    && let Some(queue) = moved.get(&to.node)
                {
                    to.node = *queue;
                }
            }
        }
        let sources: Vec<NodeId> = self
            .plant
            .nodes
            .iter()
            .filter(|(_, n)| matches!(&n.kind, NodeKind::Source(s) if s.when_full == WhenFull::Queue))
            .map(|(id, _)| id)
            .collect();
        for id in sources {
            self.outside_queue(id);
        }
        self.ordered_places();
    }

    /// What waits for a station with an order alone, in its queue or on an arrow, stands in that order: any
    /// of it may be next.
    fn ordered_places(&mut self) {
        let ordered = |plant: &crate::ir::Plant, id: NodeId| matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Station(s)) if s.order.is_some());
        for id in self.plant.nodes.ids() {
            let Some(Routing::To(to)) = self.plant.nodes.get(id).and_then(|n| n.routing.as_ref()) else { continue };
            if !ordered(&self.plant, to.node) {
                continue;
            }
            if let Some(NodeKind::Buffer(b)) = self.plant.nodes.get_mut(id).map(|n| &mut n.kind)
                && b.anonymous
            {
                b.overtake = true;
                b.keeps_order &= b.transit.is_none();
            }
        }
    }

    /// The queue node of a station, named `station.queue`.
    pub fn queue_node(&mut self, station: NodeId, capacity: Capacity) -> NodeId {
        let (name, span) = self.plant.nodes.get(station).map_or_else(Default::default, |n| (n.name.clone(), n.span));
        let way = Routing::To(Target { node: station, visit: None, span });
        let lane = Lane { places: Some(capacity), ..Lane::default() };
        let node = self.new_lane(format!("{name}.queue"), span, lane, true, way);
        if let Some(plan) = self.queues.get_mut(&station) {
            plan.node = Some(node);
        }
        node
    }

    /// Items that find no room wait outside, in `source.outside`, and decide their way there.
    fn outside_queue(&mut self, id: NodeId) {
        let Some(node) = self.plant.nodes.get_mut(id) else { return };
        let (name, span) = (node.name.clone(), node.span);
        let way = node.routing.take();
        let starts: Vec<(crate::ir::ItemId, Routing)> =
            self.plant.routes.iter().filter(|r| r.sources.contains(&id)).map(|r| (r.item, r.start.clone())).collect();
        let way = match (starts.len(), way) {
            (0, None) => return,
            (0, Some(way)) => way,
            (_, way) => Routing::ByItem(starts, way.map(Box::new), span),
        };
        // Where a limit begins at the source, items wait outside without a card. Who gets one stands where the
        // source gives items from, until there is room.
        let begins = self.plant.limits.values().any(|l| l.from == id);
        let way = if begins {
            let gate = Lane { places: Some(Capacity::Places(1)), ..Lane::default() };
            let gate = self.new_lane(format!("{name}.release"), span, gate, true, way);
            for limit in self.plant.limits.values_mut().filter(|l| l.from == id) {
                limit.from = gate;
            }
            Routing::To(Target { node: gate, visit: None, span })
        } else {
            way
        };
        let lane = Lane { places: Some(Capacity::Unlimited), ..Lane::default() };
        let outside = self.new_lane(format!("{name}.outside"), span, lane, true, way);
        let entry = Routing::To(Target { node: outside, visit: None, span });
        for route in self.plant.routes.iter_mut().filter(|r| r.sources.contains(&id)) {
            route.sources.retain(|s| *s != id);
        }
        if let Some(node) = self.plant.nodes.get_mut(id) {
            node.routing = Some(entry);
        }
    }
}

fn redirect(way: &mut Routing, moved: &std::collections::BTreeMap<NodeId, NodeId>) {
    match way {
        Routing::To(target) => {
            if let Some(queue) = moved.get(&target.node) {
                target.node = *queue;
            }
        }
        Routing::Shares(list, _) => list.iter_mut().for_each(|(_, w)| redirect(w, moved)),
        Routing::ByItem(list, rest, _) => {
            list.iter_mut().for_each(|(_, w)| redirect(w, moved));
            if let Some(rest) = rest {
                redirect(rest, moved);
            }
        }
        Routing::If(list, rest, _) => {
            list.iter_mut().for_each(|(_, w)| redirect(w, moved));
            redirect(rest, moved);
        }
        Routing::Rule(_, list, _) => list.iter_mut().for_each(|w| redirect(w, moved)),
    }
}

/// The choice rule of a word.
pub fn rule_named(word: &str) -> Option<ChoiceRule> {
    Some(match word {
        "first_free" => ChoiceRule::FirstFree,
        "shortest_queue" => ChoiceRule::ShortestQueue,
        "round_robin" => ChoiceRule::RoundRobin,
        "priority" => ChoiceRule::Priority,
        _ => return None,
    })
}

/// Where a way of an open rule decides for good, if it does.
pub(super) fn commits(way: &Routing) -> Option<Span> {
    match way {
        Routing::To(_) => None,
        Routing::Shares(_, span) | Routing::If(_, _, span) => Some(*span),
        Routing::Rule(ChoiceRule::RoundRobin | ChoiceRule::Every(_), _, span) => Some(*span),
        Routing::Rule(_, list, _) => list.iter().find_map(commits),
        Routing::ByItem(list, rest, _) => {
            list.iter().find_map(|(_, w)| commits(w)).or_else(|| rest.as_deref().and_then(commits))
        }
    }
}
