//! `expect name: measure >= value`: what is measured, with dimensions checked.

use crate::base::{Dim, Span, Ticks, names, units};
use crate::diag::{Diagnostic, codes};
use crate::ir::expect::{Bound, Expectation, ItemTime, Measure, MeasureKind, Reckoned, Statistic};
use crate::ir::{Binary, CalendarId, Expression, ItemId, Limit, LimitId, NodeId, NodeKind};
use crate::syntax::tree::{Argument, BinaryOp, Chain, Expect, Expr, ExprKind, LinkKind, Preposition, UnaryOp};

use super::fields::list;
use super::line::Lower;
use super::scope::Meaning;

/// Everything that can be measured.
const MEASURES: [&str; 14] = [
    "throughput",
    "time_in_system",
    "p50",
    "p90",
    "p99",
    "share",
    "time",
    "lateness",
    "wip",
    "level",
    "utilisation",
    "oee",
    "energy_per",
    "cost_per",
];

/// Measures that each item has.
pub(super) const DURATIONS: [&str; 3] = ["time_in_system", "time", "lateness"];

/// A value of each run with its dimension.
struct Figure {
    value: Reckoned,
    dim: Dim,
}

/// The quotient of two measures of one kind is a share where a share stands on the other side:
/// `scrapped(press) / throughput(press) <= 2 %`.
fn as_shares(mut a: Figure, mut b: Figure) -> (Figure, Figure) {
    let quotient = |f: &Figure| f.dim == Dim::NUMBER && matches!(f.value, Reckoned::Binary(Binary::Divide, ..));
    let share = |f: &Figure| f.dim == Dim::RATIO && !f.value.measures();
    if quotient(&a) && share(&b) {
        a.dim = Dim::RATIO;
    } else if share(&a) && quotient(&b) {
        b.dim = Dim::RATIO;
    }
    (a, b)
}

impl<'a> Lower<'a> {
    /// Reads all expectations; what they name has been declared.
    pub fn expectations(&mut self, expects: &[&'a Expect]) {
        let mut seen: Vec<(String, Span)> = Vec::new();
        for e in expects {
            let (name, span) = match &e.name {
                Some(name) => (name.text.clone(), name.span),
                None => (self.text(e.phrase.span), e.phrase.span),
            };
            if let Some((_, first)) = seen.iter().find(|(n, _)| *n == name) {
                self.push(
                    Diagnostic::new(codes::DUPLICATE_NAME, span, format!("`{name}` is expected twice"))
                        .with(*first, "first expected here")
                        .help("give one of them another name"),
                );
                continue;
            }
            seen.push((name.clone(), span));
            match self.expectation(e, name) {
                Some(expectation) => self.plant.expectations.push(expectation),
                None => self.holes = true,
            }
        }
    }

    fn expectation(&mut self, e: &'a Expect, name: String) -> Option<Expectation> {
        if e.phrase.is_error() {
            return None;
        }
        let mut during = None;
        for tail in &e.phrase.tails {
            if tail.preposition != Preposition::During {
                let word = tail.preposition.word();
                return self.wrong_value(tail.word, &format!("an expectation has no `{word}`"));
            }
            during = self.shift_chain(&tail.chain)?;
        }
        let example = "write `expect NAME: throughput(SINK) >= 100 /h`";
        let Some(expr) = e.phrase.chain.as_expr().map(Expr::peeled) else {
            return self.not_compared(e.phrase.span, example);
        };
        let ExprKind::Binary { op, op_span, left, right } = &expr.kind else {
            return self.not_compared(expr.span, example);
        };
        if *op == BinaryOp::In {
            return self.expected_within(e, name, left, right, during);
        }
        let above = match op {
            BinaryOp::GreaterEqual | BinaryOp::Greater => true,
            BinaryOp::LessEqual | BinaryOp::Less => false,
            BinaryOp::Equal | BinaryOp::NotEqual => {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, *op_span, "what varies is never exactly equal to a value")
                        .help("compare with `>=` or `<=`, or give a range: `wip in 10..20`"),
                );
                return None;
            }
            _ => return self.not_compared(expr.span, example),
        };
        let strict = matches!(op, BinaryOp::Greater | BinaryOp::Less);
        let (a, b) = (self.figure(left, during), self.figure(right, during));
        let (a, b) = (a?, b?);
        let (a, b) = as_shares(a, b);
        self.same_dimension(&a, &b, *op_span, right.span)?;
        let bound_at = |at: f64, above: bool| match (above, strict) {
            (true, false) => Bound::AtLeast(at),
            (true, true) => Bound::Above(at),
            (false, false) => Bound::AtMost(at),
            (false, true) => Bound::Below(at),
        };
        let dim = a.dim;
        let (figure, bound, unit) = match (a.value, b.value) {
            (figure, Reckoned::Constant(at)) if figure.measures() => {
                (figure, bound_at(at, above), self.shown_unit(right, dim))
            }
            (Reckoned::Constant(at), figure) if figure.measures() => {
                (figure, bound_at(at, !above), self.shown_unit(left, dim))
            }
            (a, b) if a.measures() || b.measures() => {
                let difference = Reckoned::Binary(Binary::Subtract, Box::new(a), Box::new(b));
                (difference, bound_at(0.0, above), self.shown_unit(right, dim))
            }
            _ => return self.wrong_value(expr.span, "nothing is measured here"),
        };
        Some(Expectation { name, span: e.span, text: self.text(e.phrase.span), figure, dim, bound, unit })
    }

    fn not_compared<T>(&mut self, span: Span, example: &str) -> Option<T> {
        let d = Diagnostic::new(codes::WRONG_VALUE, span, "an expectation compares a measure with a value");
        self.push(d.help(example));
        None
    }

    fn expected_within(
        &mut self,
        e: &'a Expect,
        name: String,
        left: &'a Expr,
        right: &'a Expr,
        during: Option<CalendarId>,
    ) -> Option<Expectation> {
        let ExprKind::Range { from, to } = &right.peeled().kind else {
            return self.wrong_value(right.span, "`in` is followed by a range: `wip in 10..20`");
        };
        let (a, low, high) = (self.figure(left, during)?, self.figure(from, during)?, self.figure(to, during)?);
        let (a, high) = as_shares(a, high);
        self.same_dimension(&a, &high, right.span, to.span)?;
        // `110..120 /h`: a bare beginning takes the unit of the end.
        let scale =
            if low.dim == Dim::NUMBER && high.dim != Dim::NUMBER { self.shown_unit(to, high.dim).1 } else { 1.0 };
        if low.dim != Dim::NUMBER {
            self.same_dimension(&a, &low, right.span, from.span)?;
        }
        let (Reckoned::Constant(low), Reckoned::Constant(high)) = (low.value, high.value) else {
            return self.wrong_value(right.span, "the ends of the range are fixed values");
        };
        let low = low * scale;
        if !a.value.measures() {
            return self.wrong_value(left.span, "nothing is measured here");
        }
        if low > high {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, right.span, "the range ends before it begins"));
            return None;
        }
        let unit = self.shown_unit(to, a.dim);
        let (text, bound) = (self.text(e.phrase.span), Bound::Within(low, high));
        Some(Expectation { name, span: e.span, text, figure: a.value, dim: a.dim, bound, unit })
    }

    fn same_dimension(&mut self, a: &Figure, b: &Figure, span: Span, value: Span) -> Option<()> {
        if a.dim == b.dim {
            return Some(());
        }
        let message = format!("cannot compare a {} with a {}", a.dim, b.dim);
        let mut d = Diagnostic::new(codes::WRONG_DIMENSION, span, message);
        if a.dim == Dim::RATIO && b.dim == Dim::NUMBER {
            d = d.help(format!("a share is written with `%`, this is `{}`", self.text(value)));
        } else if let (Dim::NUMBER, Some(unit)) = (b.dim, super::told::unit_of(a.dim)) {
            d = d.help(format!("a {} has a unit, this is `{}`; write for example `5 {unit}`", a.dim, self.text(value)));
        }
        self.push(d);
        None
    }

    /// The unit in which a value is written; base units where it has none.
    fn shown_unit(&self, expr: &Expr, dim: Dim) -> (String, f64) {
        if let ExprKind::Quantity(q) = &expr.peeled().kind
            && let Some(unit) = &q.unit
            && let Ok((factor, _)) =
                units::parse_unit(&unit.text, &|n| matches!(self.scope.find(n), Some(Meaning::Item(_))))
        {
            return (unit.text.clone(), factor.to_f64());
        }
        let table = [
            (Dim::NUMBER, ""),
            (Dim::TIME, "s"),
            (Dim::RATE, "/s"),
            (Dim::MASS, "kg"),
            (Dim::ENERGY, "J"),
            (Dim::MONEY, ""),
        ];
        if dim == Dim::RATIO {
            return ("%".to_string(), 0.01);
        }
        let known = table.iter().find(|(d, _)| *d == dim).map(|(_, unit)| (*unit).to_string());
        (known.unwrap_or_else(|| dim.to_string()), 1.0)
    }

    /// A value of each run.
    fn figure(&mut self, expr: &'a Expr, during: Option<CalendarId>) -> Option<Figure> {
        match &expr.kind {
            ExprKind::Group(inner) => self.figure(inner, during),
            ExprKind::Name(name)
                if name == "wip" && matches!(self.scope.find(name), None | Some(Meaning::Limit(..))) =>
            {
                Some(self.measure(MeasureKind::Wip(None), Dim::NUMBER, during))
            }
            ExprKind::Unary { op: UnaryOp::Minus, operand, .. } => {
                let inner = self.figure(operand, during)?;
                let zero = Box::new(Reckoned::Constant(0.0));
                let value = match inner.value {
                    Reckoned::Constant(x) => Reckoned::Constant(-x),
                    other => Reckoned::Binary(Binary::Subtract, zero, Box::new(other)),
                };
                Some(Figure { value, dim: inner.dim })
            }
            ExprKind::Binary { op, op_span, left, right } => {
                let binary = match op {
                    BinaryOp::Add => Binary::Add,
                    BinaryOp::Subtract => Binary::Subtract,
                    BinaryOp::Multiply => Binary::Multiply,
                    BinaryOp::Divide => Binary::Divide,
                    _ => return self.wrong_value(*op_span, "measures are added, subtracted, multiplied and divided"),
                };
                let (a, b) = (self.figure(left, during)?, self.figure(right, during)?);
                let dim = match binary {
                    Binary::Multiply => a.dim.times(b.dim),
                    Binary::Divide => a.dim.over(b.dim),
                    _ => {
                        if a.dim != b.dim {
                            let verb = if binary == Binary::Add { "add" } else { "subtract" };
                            let message = format!("cannot {verb} a {} and a {}", a.dim, b.dim);
                            self.push(Diagnostic::new(codes::WRONG_DIMENSION, *op_span, message));
                            return None;
                        }
                        a.dim
                    }
                };
                if let (Reckoned::Constant(x), Reckoned::Constant(y)) = (&a.value, &b.value) {
                    let value = match binary {
                        Binary::Add => x + y,
                        Binary::Subtract => x - y,
                        Binary::Multiply => x * y,
                        _ => x / y,
                    };
                    if !value.is_finite() {
                        self.push(Diagnostic::new(codes::OUT_OF_RANGE, *op_span, "division by zero"));
                        return None;
                    }
                    return Some(Figure { value: Reckoned::Constant(value), dim });
                }
                Some(Figure { value: Reckoned::Binary(binary, Box::new(a.value), Box::new(b.value)), dim })
            }
            ExprKind::Call { function, arguments } => {
                let name = function.name().unwrap_or_default();
                self.called(name, function.span, arguments, expr.span, during)
            }
            _ => {
                let typed = self.evaluate(expr)?;
                let Expression::Constant(q) = &typed.value else {
                    return self.wrong_value(expr.span, "a fixed value or a measure is due here");
                };
                Some(Figure { value: Reckoned::Constant(q.to_f64()), dim: q.dim })
            }
        }
    }

    fn measure(&mut self, kind: MeasureKind, dim: Dim, during: Option<CalendarId>) -> Figure {
        let measure = Measure { kind, during };
        let known = self.plant.measures.iter().position(|m| *m == measure);
        let index = known.unwrap_or_else(|| {
            self.plant.measures.push(measure);
            self.plant.measures.len() - 1
        });
        Figure { value: Reckoned::Measure(index), dim }
    }

    /// Arguments without `during:`, and what it says.
    pub(super) fn split(&mut self, arguments: &'a [Argument]) -> Option<(Vec<&'a Chain>, Option<CalendarId>)> {
        let (mut plain, mut during) = (Vec::new(), None);
        for a in arguments {
            match &a.name {
                Some(name) if name.text == "during" => during = self.shift_chain(&a.value.chain)?,
                Some(name) => {
                    let message = format!("a measure has no argument `{}`", name.text);
                    self.push(Diagnostic::new(codes::WRONG_ARGUMENTS, name.span, message));
                    return None;
                }
                None => plain.push(&a.value.chain),
            }
        }
        Some((plain, during))
    }

    pub(super) fn wrong_arguments<T>(&mut self, span: Span, form: &str) -> Option<T> {
        let d = Diagnostic::new(codes::WRONG_ARGUMENTS, span, format!("this measure is written `{form}`"));
        self.push(match form {
            "wip" => d.help(
                "it counts all items in the line; those of one type are `wip(ITEM)`, those in one place `level(PLACE)`",
            ),
            _ => d.help(format!("put a name of the line in the place of the capitals of `{form}`")),
        });
        None
    }

    fn called(
        &mut self,
        name: &'a str,
        name_span: Span,
        arguments: &'a [Argument],
        span: Span,
        outer: Option<CalendarId>,
    ) -> Option<Figure> {
        let known = || MEASURES.into_iter().chain(super::measured::names());
        if !known().any(|m| m == name) {
            let d = Diagnostic::new(codes::UNKNOWN_NAME, name_span, format!("there is no measure `{name}`"));
            let trade = crate::base::trade::find(name, "measure");
            self.push(match names::nearest(name, known()) {
                _ if trade.is_some() => d.help(trade.map_or("", |t| t.write)),
                Some(near) => d.fix(format!("write `{near}`"), name_span, near),
                None => d.help(format!("measures are {}", list(&known().collect::<Vec<_>>()))),
            });
            return None;
        }
        let (plain, own) = self.split(arguments)?;
        let during = own.or(outer);
        match (name, plain.as_slice()) {
            ("wip", []) => Some(self.measure(MeasureKind::Wip(None), Dim::NUMBER, during)),
            ("wip", [chain]) => {
                let item = self.item_of(chain)?;
                Some(self.measure(MeasureKind::Wip(Some(item)), Dim::NUMBER, during))
            }
            ("throughput", [node, rest @ ..]) if rest.len() < 2 => {
                let id = self.measured_place(node)?;
                let item = match rest.first() {
                    Some(chain) => Some(self.item_of(chain)?),
                    None => None,
                };
                let kind = self.plant.nodes.get(id).map(|n| &n.kind);
                if matches!(kind, Some(NodeKind::Source(_))) {
                    return self
                        .wrong_value(node.span, "a source has no throughput; name a sink, a station or a buffer");
                }
                if item.is_some() && !matches!(kind, Some(NodeKind::Sink)) {
                    return self.wrong_value(node.span, "only sinks count items by type");
                }
                Some(self.measure(MeasureKind::Throughput(id, item), Dim::RATE, during))
            }
            ("level" | "utilisation", [chain]) if self.limit_of(chain).is_some() => {
                let (first, n) = self.limit_of(chain)?;
                if self.plant.limits.get(first).is_some_and(Limit::is_uncounted) {
                    return self.wrong_value(chain.span, "the limit counts nothing, it keeps unequal items apart");
                }
                Some(match name {
                    "level" => self.measure(MeasureKind::CardsInUse(first, n), Dim::NUMBER, during),
                    _ => self.measure(MeasureKind::CardUtilisation(first, n), Dim::RATIO, during),
                })
            }
            ("level", [node]) => {
                let id = self.measured_place(node)?;
                let kind = self.plant.nodes.get(id).map(|n| &n.kind);
                if !matches!(kind, Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_))) {
                    return self.wrong_value(
                        node.span,
                        "the name of a buffer, a conveyor, a limit or pallets is due here, or an arrow with places: `a -> b`",
                    );
                }
                Some(self.measure(MeasureKind::Level(id), Dim::NUMBER, during))
            }
            ("utilisation", [chain]) => {
                let expr = self.only_expr(chain, "the name of a station or crew")?;
                if let Some(Meaning::Pool(id)) = expr.name().and_then(|n| self.scope.find(n)) {
                    return Some(self.measure(MeasureKind::PoolUtilisation(id), Dim::RATIO, during));
                }
                if let Some(Meaning::Fleet(fleet)) = expr.name().and_then(|n| self.scope.find(n)) {
                    return Some(self.measure(MeasureKind::FleetUtilisation(fleet), Dim::RATIO, during));
                }
                let id = self.station_named(chain)?;
                Some(self.measure(MeasureKind::Utilisation(id), Dim::RATIO, during))
            }
            ("oee", [chain]) => {
                let id = self.station_named(chain)?;
                Some(self.measure(MeasureKind::Oee(id), Dim::RATIO, during))
            }
            ("energy_per", [chain]) => {
                let item = self.item_of(chain)?;
                if !self.plant.accounts.with_power() {
                    return self.no_account(span, "power", "power: { working: 12 kW, idle: 3 kW }");
                }
                Some(self.measure(MeasureKind::EnergyPer(item), Dim::ENERGY, during))
            }
            ("cost_per", [chain]) => {
                let item = self.item_of(chain)?;
                if !self.plant.accounts.with_cost() {
                    return self.no_account(span, "cost", "cost: 30 EUR/h");
                }
                Some(self.measure(MeasureKind::CostPer(item), Dim::MONEY, during))
            }
            ("p50" | "p90" | "p99", [chain]) => {
                let q = match name {
                    "p50" => 0.5,
                    "p90" => 0.9,
                    _ => 0.99,
                };
                let expr = self.only_expr(chain, "a time of items")?;
                let (time, inner) = self.item_time(expr)?;
                let kind = MeasureKind::Duration(time, Statistic::Quantile(q));
                Some(self.measure(kind, Dim::TIME, inner.or(during)))
            }
            ("share", [chain]) => {
                let expr = self.only_expr(chain, "a comparison")?;
                self.share_measure(expr, during)
            }
            (duration, _) if DURATIONS.contains(&duration) => {
                let (time, _) = self.duration_called(duration, &plain, span)?;
                Some(self.measure(MeasureKind::Duration(time, Statistic::Mean), Dim::TIME, during))
            }
            (_, [chain]) if super::measured::form_of(name).is_some() => {
                let (kind, dim, during) = self.of_one(name, chain, span, during)?;
                Some(self.measure(kind, dim, during))
            }
            _ => self.wrong_arguments(span, form_of(name)),
        }
    }

    fn no_account<T>(&mut self, span: Span, what: &str, example: &str) -> Option<T> {
        let d = Diagnostic::new(codes::MISSING_FIELD, span, format!("the line declares no {what}"));
        self.push(d.help(format!("write `{example}` with a station")));
        None
    }

    /// `share(time_in_system(Case) <= 480 min)`
    fn share_measure(&mut self, expr: &'a Expr, during: Option<CalendarId>) -> Option<Figure> {
        let form = form_of("share");
        let ExprKind::Binary { op, left, right, .. } = &expr.peeled().kind else {
            return self.wrong_arguments(expr.span, form);
        };
        let (others, strict) = match op {
            BinaryOp::LessEqual => (false, false),
            BinaryOp::Less => (false, true),
            BinaryOp::Greater => (true, false),
            BinaryOp::GreaterEqual => (true, true),
            _ => return self.wrong_arguments(expr.span, form),
        };
        let (time, inner) = self.item_time(left)?;
        let typed = self.evaluate(right)?;
        let limit = self.constant_of(&typed, Dim::TIME, right.span, "share")?;
        let Some(ticks) = Ticks::from_seconds(&limit.value) else {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, right.span, "the time is too long"));
            return None;
        };
        let at_most = ticks.0.saturating_sub(i64::from(strict));
        let kind = MeasureKind::Duration(time, Statistic::Share { at_most, others });
        Some(self.measure(kind, Dim::RATIO, inner.or(during)))
    }

    /// A measure that each item has, with its own `during`.
    pub(super) fn item_time(&mut self, expr: &'a Expr) -> Option<(ItemTime, Option<CalendarId>)> {
        let ExprKind::Call { function, arguments } = &expr.peeled().kind else {
            return self.not_of_items(expr.span);
        };
        let name = function.name().unwrap_or_default();
        if !DURATIONS.contains(&name) {
            return self.not_of_items(function.span);
        }
        let (plain, during) = self.split(arguments)?;
        self.duration_called(name, &plain, expr.span).map(|(time, _)| (time, during))
    }

    fn not_of_items<T>(&mut self, span: Span) -> Option<T> {
        let d = Diagnostic::new(codes::WRONG_ARGUMENTS, span, "a time that each item has is due here");
        self.push(d.help("these are `time_in_system(Item)`, `time(Item, a -> b)`, `lateness(Item)`"));
        None
    }

    fn duration_called(&mut self, name: &str, plain: &[&'a Chain], span: Span) -> Option<(ItemTime, ())> {
        let time = match (name, plain) {
            ("time_in_system", []) => ItemTime::InSystem(None),
            ("time_in_system", [item]) => ItemTime::InSystem(Some(self.item_of(item)?)),
            ("lateness", [chain]) => {
                let item = self.item_of(chain)?;
                let slot = self.due_of(item, chain.span)?;
                ItemTime::Lateness(item, slot)
            }
            ("time", [chain, way]) => {
                let item = self.item_of(chain)?;
                let [step] = way.steps.as_slice() else { return self.wrong_arguments(way.span, form_of("time")) };
                if way.lead.is_some() || step.link.kind != LinkKind::Arrow {
                    return self.wrong_arguments(way.span, form_of("time"));
                }
                let from = self.node_expr(&way.first, "a node")?;
                let to = self.node_expr(&step.expr, "a node")?;
                let kind = |id: NodeId| self.plant.nodes.get(id).map(|n| n.kind.clone());
                if matches!(kind(from), Some(NodeKind::Sink)) {
                    return self.wrong_value(way.first.span, "an item that has entered a sink is gone");
                }
                if matches!(kind(to), Some(NodeKind::Source(_))) {
                    return self.wrong_value(step.expr.span, "no item enters a source");
                }
                ItemTime::Between(item, from, to)
            }
            _ => return self.wrong_arguments(span, form_of(name)),
        };
        Some((time, ()))
    }

    /// The attribute `due` of an item.
    fn due_of(&mut self, item: ItemId, span: Span) -> Option<usize> {
        let its = self.plant.items.get(item);
        let due = its.and_then(|i| i.attributes.iter().find(|a| a.name == "due"));
        match due {
            Some(a) if a.dim == Dim::TIME => Some(a.slot),
            _ => {
                let name = its.map_or("", |i| i.name.as_str()).to_string();
                let d = Diagnostic::new(codes::MISSING_FIELD, span, format!("`{name}` has no time at which it is due"));
                self.push(d.help(format!("write `item {name} {{ due: time }}`, and let its source set it")));
                None
            }
        }
    }

    /// The limit or the pallets that a chain names, when it names some.
    fn limit_of(&mut self, chain: &'a Chain) -> Option<(LimitId, u64)> {
        let found = match chain.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Name(name)) => self.scope.find(name),
            Some(ExprKind::Member { .. }) => self.quietly(chain.as_expr()?),
            _ => None,
        };
        match found {
            Some(Meaning::Limit(first, n)) => Some((first, n)),
            _ => None,
        }
    }

    fn item_of(&mut self, chain: &'a Chain) -> Option<ItemId> {
        let expr = self.only_expr(chain, "the name of an item")?;
        let Some(name) = expr.name() else {
            return self.wrong_value(expr.span, "the name of an item is due here");
        };
        self.item_named(name, expr.span)
    }

    pub(super) fn station_named(&mut self, chain: &'a Chain) -> Option<NodeId> {
        let id = self.measured_place(chain)?;
        if matches!(self.plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Station(_))) {
            return Some(id);
        }
        self.wrong_value(chain.span, "the name of a station is due here")
    }

    /// A node, or the places of an arrow `a -> b`.
    pub(super) fn measured_place(&mut self, chain: &'a Chain) -> Option<NodeId> {
        let [step] = chain.steps.as_slice() else { return self.node_of(chain, "a node") };
        let (from, to) = (self.node_expr(&chain.first, "a node")?, self.node_expr(&step.expr, "a node")?);
        let name = |id: NodeId| self.plant.nodes.get(id).map_or("", |n| n.name.as_str());
        let arrow = format!("{}->{}", name(from), name(to));
        let found = self.plant.nodes.iter().find(|(_, n)| n.name == arrow).map(|(id, _)| id);
        if found.is_none() {
            let d = Diagnostic::new(codes::UNKNOWN_NAME, chain.span, format!("no places are named `{arrow}`"));
            self.push(d.help("an arrow has places where it is written `-[5]->`"));
        }
        found
    }
}

/// How a measure is written.
fn form_of(name: &str) -> &'static str {
    match name {
        "throughput" => "throughput(NODE)",
        "time_in_system" => "time_in_system(ITEM)",
        "p50" | "p90" | "p99" => "p90(time_in_system(ITEM))",
        "share" => "share(time_in_system(ITEM) <= 8 h)",
        "time" => "time(ITEM, a -> b)",
        "lateness" => "lateness(ITEM)",
        "level" => "level(BUFFER)",
        "utilisation" => "utilisation(STATION)",
        "oee" => "oee(STATION)",
        "energy_per" => "energy_per(ITEM)",
        "cost_per" => "cost_per(ITEM)",
        "wip" => "wip",
        other => super::measured::form_of(other).unwrap_or("wip"),
    }
}
