//! Evaluates expressions: exact constants with units, draws, arithmetic between them.

use num_traits::{Signed, ToPrimitive, Zero};

use crate::base::{Dim, Quantity, Rational, Span, limits, names, trade, units};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Expression, Function, Unary};
use crate::syntax::tree::{self, Argument, BinaryOp, Chain, Expr, ExprKind, Phrase, Table, UnaryOp};

use super::line::Lower;
use super::operators::is_state;
use super::scope::Meaning;
use super::step::is_step;

/// An expression with its dimension.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The expression, in base units.
    pub value: Expression,
    /// Its dimension.
    pub dim: Dim,
}

impl Typed {
    pub(super) fn constant(quantity: Quantity) -> Typed {
        Typed { dim: quantity.dim, value: Expression::Constant(quantity) }
    }
}

impl<'a> Lower<'a> {
    /// The value of an expression; `None` when it has none, which has been complained about.
    pub fn evaluate(&mut self, expr: &'a Expr) -> Option<Typed> {
        match &expr.kind {
            ExprKind::Quantity(q) => self.quantity(q).map(Typed::constant),
            ExprKind::Group(inner) => self.evaluate(inner),
            ExprKind::Name(name) => self.named_value(name, expr.span),
            ExprKind::Unary { op, operand, .. } => {
                let inner = self.evaluate(operand)?;
                match (op, &inner.value) {
                    (UnaryOp::Minus, Expression::Constant(q)) => {
                        Some(Typed::constant(Quantity { value: -q.value.clone(), dim: q.dim }))
                    }
                    (UnaryOp::Minus, _) => {
                        Some(Typed { dim: inner.dim, value: Expression::Unary(Unary::Negate, Box::new(inner.value)) })
                    }
                    (UnaryOp::Not, Expression::Constant(q)) if q.dim == Dim::NUMBER => Some(flag(q.value.is_zero())),
                    (UnaryOp::Not, _) => {
                        self.expect_condition(&inner, operand.span)?;
                        Some(Typed { dim: Dim::NUMBER, value: Expression::Unary(Unary::Not, Box::new(inner.value)) })
                    }
                }
            }
            ExprKind::Binary { op: BinaryOp::In, left, right, .. } => self.within(left, right),
            ExprKind::Binary { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right, .. }
                if is_state(left) || is_state(right) =>
            {
                self.state_is(*op, left, right)
            }
            ExprKind::Binary { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right, .. }
                if is_step(left) && self.names_step(right) || is_step(right) && self.names_step(left) =>
            {
                self.step_is(*op, left, right)
            }
            ExprKind::Binary { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right, op_span } => {
                let (a, b) = self.compare_sides(left, right);
                self.arithmetic(*op, *op_span, expr.span, a?, b?)
            }
            ExprKind::Binary { op: BinaryOp::Alternative, op_span, .. } => {
                let d = Diagnostic::new(
                    codes::WRONG_VALUE,
                    *op_span,
                    "`|` stands between the names of the values of an attribute",
                );
                self.push(d.help(
                    "join conditions with `or`; declare names with the item: `item Body { colour: red | blue }`",
                ));
                None
            }
            ExprKind::String(text) if self.due.names > 0 => {
                let dim = self.due;
                if self.names_of_dim(dim).iter().any(|n| n == text) {
                    let d =
                        Diagnostic::new(codes::WRONG_VALUE, expr.span, "the name of a value has no quotation marks");
                    self.push(d.fix(format!("write `{text}`"), expr.span, text.clone()));
                    return None;
                }
                self.no_such_name(text, expr.span, dim)
            }
            ExprKind::String(_) => {
                let d = Diagnostic::new(codes::WRONG_VALUE, expr.span, "text is no value");
                self.push(d.help("name the values of an attribute with its item, `item Body { colour: red | blue }`, and write `red`"));
                None
            }
            ExprKind::Binary { op, left, right, op_span } => {
                let (a, b) = (self.evaluate(left), self.evaluate(right));
                self.arithmetic(*op, *op_span, expr.span, a?, b?)
            }
            ExprKind::Call { function, arguments } => {
                let Some(name) = function.name() else {
                    return self.wrong_value(expr.span, "this cannot be called");
                };
                if let Some(Meaning::Function(index)) = self.scope.find(name) {
                    return self.call_function(index, arguments, expr.span);
                }
                self.call(name, function.span, arguments, expr.span)
            }
            ExprKind::Table(table) => self.table_value(table),
            ExprKind::NamedTable { name, table } if name.text == "choice" => self.mixture(table),
            ExprKind::Error => None,
            ExprKind::Now => Some(Typed { dim: Dim::TIME, value: Expression::Now }),
            ExprKind::Item => self.wrong_value(expr.span, "an item is no value; write `item.NAME` for an attribute"),
            ExprKind::Member { base, member } if matches!(base.kind, ExprKind::Item) => {
                self.attribute(&member.text, member.span)
            }
            ExprKind::Member { .. } => match self.meaning_of(expr, "value", |m| matches!(m, Meaning::Value(_)))? {
                Meaning::Value(index) => self.value_of(index, expr.span),
                other => {
                    let text = self.text(expr.span);
                    self.wrong_kind(&text, expr.span, other, "a value");
                    None
                }
            },
            ExprKind::Index { base, index } => self.picked(base, index),
            ExprKind::List(_) => {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, expr.span, "one value is due here, not a list")
                        .help("pick one of them by a number: `[52 s, 61 s, 58 s][i]`"),
                );
                None
            }
            ExprKind::Unknown => self.later(expr.span, "values left open for the optimiser"),
            ExprKind::Bool(value) => Some(flag(*value)),
            ExprKind::Range { from, to } => self.range_as_value(from, to, expr.span),
            _ => self.no_value(expr),
        }
    }

    /// `30 s..50 s` where one value is due.
    fn range_as_value(&mut self, from: &'a Expr, to: &'a Expr, span: Span) -> Option<Typed> {
        let (mut low, high) = (self.text(from.span), self.text(to.span));
        if let (ExprKind::Quantity(a), ExprKind::Quantity(b)) = (&from.kind, &to.kind)
            && let (None, Some(unit)) = (&a.unit, &b.unit)
        {
            low = format!("{low} {}", unit.text);
        }
        self.push(
            Diagnostic::new(codes::WRONG_VALUE, span, "a range is no value").help(format!(
                "for any value between the two, each as likely as another, write `uniform({low}, {high})`"
            )),
        );
        None
    }

    fn quantity(&mut self, q: &tree::Quantity) -> Option<Quantity> {
        let Some(unit) = &q.unit else {
            return Some(Quantity { value: q.number.clone(), dim: Dim::NUMBER });
        };
        let scope = &self.scope;
        let item = |name: &str| matches!(scope.find(name), Some(Meaning::Item(_)));
        match units::parse_unit(&unit.text, &item) {
            Ok((factor, _)) => {
                self.note_currency(&unit.text, unit.span);
                Some(Quantity { value: &q.number * &factor.value, dim: factor.dim })
            }
            Err(units::UnitError::BadExponent(part)) => {
                self.push(Diagnostic::new(codes::UNKNOWN_UNIT, unit.span, format!("`{part}` has no usable exponent")));
                None
            }
            Err(units::UnitError::Unknown(name)) => {
                if let Some(meaning) = unit.counted().and_then(|n| self.scope.find(n)) {
                    self.push(
                        Diagnostic::new(
                            codes::WRONG_VALUE,
                            unit.span,
                            format!("`{name}` is {}, not a unit", meaning.kind()),
                        )
                        .help("a number before a name counts it; here a quantity with a unit is due"),
                    );
                    return None;
                }
                let known = units::UNITS.iter().map(|u| u.name);
                let near = names::nearest(&name, known).filter(|_| !name.is_empty());
                let guess = match name.as_str() {
                    "hr" | "hrs" | "hour" | "hours" => Some("h"),
                    "minute" | "minutes" | "mins" => Some("min"),
                    "second" | "seconds" | "secs" => Some("s"),
                    "day" | "days" => Some("d"),
                    "wk" | "wks" => Some("week"),
                    "meter" | "meters" | "metre" | "metres" => Some("m"),
                    _ => near,
                };
                let mut d = Diagnostic::new(codes::UNKNOWN_UNIT, unit.span, format!("there is no unit `{name}`"));
                let cycles =
                    matches!(name.as_str(), "cycles" | "cycle" | "strokes" | "shots" | "parts" | "pieces" | "items");
                d = match guess {
                    _ if cycles => d.help(format!("what goes by count has a clock that counts: `after: {0}, clock: cycles`, `every: {0}, clock: cycles`", "300")),
                    _ if matches!(name.as_str(), "shift" | "shifts") => {
                        d.help("a rate per hour of a shift is `60 /h during day_shift`; a time of a shift is written in `h`")
                    }
                    Some(guess) if unit.text == name => d.fix(format!("write `{guess}`"), unit.span, guess),
                    Some(guess) => d.help(format!("did you mean `{guess}`?")),
                    None => d.help("times are written in `ms`, `s`, `min`, `h`, `d`; rates as `/h`"),
                };
                self.push(d);
                None
            }
        }
    }

    pub(super) fn named_value(&mut self, name: &str, span: Span) -> Option<Typed> {
        if self.due.names > 0
            && let Some(found) = self.due_name(name)
        {
            return Some(found);
        }
        if let Some((_, known)) = self.locals.iter().rev().find(|(n, _)| *n == name) {
            return Some(known.clone());
        }
        match self.scope.find(name) {
            Some(Meaning::Value(index)) if self.list_value(index).is_some() => {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, span, format!("`{name}` is a list, one value is due here"))
                        .help(format!("pick one of them by a number: `{name}[1]`, `{name}[i]`")),
                );
                None
            }
            Some(Meaning::Value(index)) => self.value_of(index, span),
            // A limit may have the name of what it limits.
            None | Some(Meaning::Other | Meaning::Limit(..)) if name == "wip" => {
                Some(Typed { dim: Dim::NUMBER, value: Expression::Wip })
            }
            Some(Meaning::Other) => {
                self.declared_as_another(name, span, "a value", &["param", "let"]);
                None
            }
            Some(other) => {
                self.push(Diagnostic::new(
                    codes::WRONG_KIND_OF_NAME,
                    span,
                    format!("`{name}` is {}, but a value is due here", other.kind()),
                ));
                None
            }
            None if matches!(name, "yes" | "no") => Some(flag(name == "yes")),
            None if self.due.names > 0 => self.no_such_name(name, span, self.due),
            None => {
                let mut d = self.scope.unknown(name, span, "value", |m| matches!(m, Meaning::Value(_)));
                if let Some(trade) = trade::find(name, "value") {
                    d.help = vec![trade.write.to_string()];
                }
                self.push(d);
                None
            }
        }
    }

    pub fn expect_condition(&mut self, typed: &Typed, span: Span) -> Option<()> {
        if typed.dim == Dim::NUMBER {
            return Some(());
        }
        self.push(
            Diagnostic::new(codes::WRONG_DIMENSION, span, format!("a condition is due here, this is a {}", typed.dim))
                .help("compare it: `item.size > 2`, `level(store) >= 5`"),
        );
        None
    }

    /// `item.size`
    fn attribute(&mut self, name: &str, span: Span) -> Option<Typed> {
        if name == "step" {
            return Some(Typed { dim: Dim::NUMBER, value: Expression::Step });
        }
        if name == "number" && !self.plant.attributes.iter().any(|(n, _)| n == name) {
            self.plant.number = Some(self.plant.attributes.len());
            self.plant.attributes.push((name.to_string(), Dim::NUMBER));
        }
        let (slot, dim) = match self.plant.number {
            Some(slot) if name == "number" => (slot, Dim::NUMBER),
            _ => self.attribute_slot(name, span)?,
        };
        Some(Typed { dim, value: Expression::Attribute { name: name.to_string(), slot, dim } })
    }

    /// Lets every type of item carry its running number, where some value reads it.
    pub(super) fn numbered(&mut self) {
        let Some(slot) = self.plant.number else { return };
        if self.plant.items.values().any(|i| i.attributes.iter().any(|a| a.slot == slot)) {
            // A type declares the attribute itself.
            self.plant.number = None;
            return;
        }
        for item in self.plant.items.values_mut() {
            let (name, span) = ("number".to_string(), item.span);
            item.attributes.push(crate::ir::Attribute { name, span, dim: Dim::NUMBER, slot, default: None });
        }
    }

    /// Where the attribute of a name is kept, and its dimension.
    pub fn attribute_slot(&mut self, name: &str, span: Span) -> Option<(usize, Dim)> {
        if name == "number" && self.plant.number.is_some() {
            self.push(
                Diagnostic::new(
                    codes::UNKNOWN_NAME,
                    span,
                    "`number` is the running number of an item, given by its source",
                )
                .help("to set it yourself, declare it with the item: `item Part { number: count }`"),
            );
            return None;
        }
        if let Some(slot) = self.plant.attributes.iter().position(|(n, _)| n == name) {
            return self.plant.attributes.get(slot).map(|(_, dim)| (slot, *dim));
        }
        if self.bad_attributes.iter().any(|n| n == name) {
            return None;
        }
        let known: Vec<String> = self.plant.attributes.iter().map(|(n, _)| n.clone()).collect();
        let d = Diagnostic::new(codes::UNKNOWN_NAME, span, format!("no item has an attribute `{name}`"));
        self.push(match names::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => d.fix(format!("write `{near}`"), span, near),
            None => d.help(format!("declare it with the item: `item Part {{ {name}: count = 0 }}`")),
        });
        None
    }

    /// `{ attribute: value, … }` of `with` and `sets`.
    pub fn assignments(&mut self, phrase: &'a Phrase) -> Option<Vec<(usize, Expression)>> {
        let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind) else {
            return self
                .wrong_value(phrase.span, "attributes and their values are due here: `{ passes: item.passes + 1 }`");
        };
        let mut list: Vec<(usize, Expression)> = Vec::new();
        for entry in &table.entries {
            let Some(name) = entry.key.word() else {
                return self.wrong_value(entry.key.span(), "the name of an attribute is due here");
            };
            let (slot, dim) = self.attribute_slot(name, entry.key.span())?;
            let Some(value) = &entry.phrase else {
                return self.wrong_value(entry.span, "the attribute has no value");
            };
            let typed = self.evaluate_due(value, dim)?;
            if typed.dim != dim {
                let d = self.unfit(name, dim, &typed, value.span);
                self.push(d);
                return None;
            }
            self.whole(name, slot, &typed.value, value.span)?;
            if list.iter().any(|(s, _)| *s == slot) {
                self.push(Diagnostic::new(
                    codes::DUPLICATE_FIELD,
                    entry.key.span(),
                    format!("`{name}` is given twice"),
                ));
                return None;
            }
            list.push((slot, typed.value));
        }
        (!table.incomplete).then_some(list)
    }

    /// A table as a value: by condition, by item, or by chance.
    fn table_value(&mut self, table: &'a Table) -> Option<Typed> {
        let conditional = table.entries.iter().any(|e| matches!(e.key, tree::Key::If { .. }));
        let by_item = table.entries.iter().any(|e| match &e.key {
            tree::Key::Chain(chain) => chain
                .as_expr()
                .and_then(Expr::name)
                .is_some_and(|n| matches!(self.scope.find(n), Some(Meaning::Item(_)))),
            _ => false,
        });
        if !conditional && !by_item && self.is_by_step(table) {
            return self.by_step(table);
        }
        if !conditional && !by_item {
            return self.mixture(table);
        }
        let mut dim = None;
        let mut rest = None;
        let mut conditions = Vec::new();
        let mut items = Vec::new();
        for entry in &table.entries {
            let Some(phrase) = &entry.phrase else { return self.wrong_value(entry.span, "this entry has no value") };
            let value = self.evaluate_phrase(phrase)?;
            if *dim.get_or_insert(value.dim) != value.dim {
                self.push(Diagnostic::new(
                    codes::WRONG_DIMENSION,
                    phrase.span,
                    format!("a {} among values of another dimension", value.dim),
                ));
                return None;
            }
            match &entry.key {
                tree::Key::If { condition, .. } => {
                    let typed = self.evaluate(condition)?;
                    self.expect_condition(&typed, condition.span)?;
                    conditions.push((typed.value, value.value));
                }
                tree::Key::Word(w) if matches!(w.text.as_str(), "else" | "rest") => rest = Some(value.value),
                tree::Key::Chain(chain) if by_item => {
                    let expr = self.only_expr(chain, "the name of an item")?;
                    let name = expr.name().unwrap_or_default();
                    items.push((self.item_named(name, expr.span)?, value.value));
                }
                key => return self.wrong_value(key.span(), "a condition, or `else`, is due here"),
            }
        }
        let dim = dim?;
        if by_item {
            return Some(Typed { dim, value: Expression::ByItem(items, rest.map(Box::new)) });
        }
        let Some(rest) = rest else {
            self.push(
                Diagnostic::new(codes::BRANCH_NOT_TOTAL, table.span, "the conditions leave a case open")
                    .help("add `else: VALUE`"),
            );
            return None;
        };
        Some(Typed { dim, value: Expression::If(conditions, Box::new(rest)) })
    }

    /// `level(n)`, `room(n)`, `state(n)`, `free(crew)`.
    fn floor(&mut self, name: &str, arguments: &'a [Argument], span: Span) -> Option<Typed> {
        let [Argument { name: None, value, .. }] = arguments else {
            self.push(Diagnostic::new(codes::WRONG_ARGUMENTS, span, format!("`{name}` takes the name of a node")));
            return None;
        };
        let expr = self.only_expr(&value.chain, "the name of a node")?;
        let value = if name == "free" {
            match expr.name().and_then(|n| self.scope.find(n)) {
                Some(Meaning::Pool(id)) => self.free_members(id),
                _ => return self.wrong_value(expr.span, "the name of a crew or tool is due here"),
            }
        } else {
            let node = self.node_expr(expr, "node")?;
            let kind = self.plant.nodes.get(node).map(|n| &n.kind);
            match (name, kind) {
                ("state", Some(crate::ir::NodeKind::Station(_))) => Expression::State(node),
                ("state", _) => return self.wrong_value(expr.span, "only stations have states"),
                (_, Some(crate::ir::NodeKind::Sink | crate::ir::NodeKind::Source(_))) => {
                    return self.wrong_value(expr.span, "only buffers and stations hold items");
                }
                ("level", _) => Expression::Level(node),
                _ => Expression::Room(node),
            }
        };
        Some(Typed { dim: Dim::NUMBER, value })
    }

    fn call(&mut self, name: &str, name_span: Span, arguments: &'a [Argument], span: Span) -> Option<Typed> {
        let function = match name {
            "min" => Function::Minimum,
            "max" => Function::Maximum,
            "abs" => Function::Absolute,
            "floor" => Function::Floor,
            "ceil" => Function::Ceiling,
            "round" => Function::Round,
            "sqrt" => Function::SquareRoot,
            "level" | "room" | "state" | "free" => return self.floor(name, arguments, span),
            "sum" | "smallest" | "largest" | "mean" => return self.over_loaded(name, arguments, span),
            _ => return self.draw(name, name_span, arguments, span),
        };
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.evaluate_phrase(&argument.value)?);
        }
        if values.iter().any(|v| v.dim.names > 0) {
            return self.no_arithmetic(span);
        }
        let Some(first) = values.first() else {
            self.push(Diagnostic::new(codes::WRONG_ARGUMENTS, span, format!("`{name}` needs a value")));
            return None;
        };
        let dim = first.dim;
        if let Some(other) = values.iter().find(|v| v.dim != dim) {
            self.push(Diagnostic::new(
                codes::WRONG_DIMENSION,
                span,
                format!("`{name}` of a {dim} and a {}", other.dim),
            ));
            return None;
        }
        Some(Typed { dim, value: Expression::Call(function, values.into_iter().map(|v| v.value).collect()) })
    }

    /// The value of a phrase that is one expression.
    pub fn evaluate_phrase(&mut self, phrase: &'a Phrase) -> Option<Typed> {
        match phrase.as_expr() {
            Some(expr) => self.evaluate(expr),
            None if phrase.is_error() => None,
            None => self.wrong_value(phrase.span, "one value is due here"),
        }
    }

    /// `{ 70 %: 2 s, rest: exponential(5 s) }`
    fn mixture(&mut self, table: &'a Table) -> Option<Typed> {
        let mut parts = Vec::new();
        let mut dim = None;
        let shares = self.shares(table)?;
        for (share, entry) in shares {
            let Some(phrase) = &entry.phrase else {
                return self.wrong_value(entry.span, "the share has no value");
            };
            let value = self.evaluate_phrase(phrase)?;
            if *dim.get_or_insert(value.dim) != value.dim {
                self.push(Diagnostic::new(
                    codes::WRONG_DIMENSION,
                    phrase.span,
                    format!("a {} among values of another dimension", value.dim),
                ));
                return None;
            }
            parts.push((share, value.value));
        }
        Some(Typed { dim: dim?, value: Expression::Mixture(parts) })
    }

    /// A value that may be a share: a number times a share is one, `i * 10 %`.
    pub(super) fn share(&mut self, expr: &'a Expr) -> Option<Typed> {
        let mut typed = self.evaluate(expr)?;
        if let Expression::Constant(q) = &mut typed.value
            && q.dim == Dim::NUMBER
            && self.holds_share(expr)
        {
            q.dim = Dim::RATIO;
            typed.dim = Dim::RATIO;
        }
        Some(typed)
    }

    /// Whether some factor of an expression is a share.
    fn holds_share(&mut self, expr: &'a Expr) -> bool {
        match &expr.kind {
            ExprKind::Group(inner) => self.holds_share(inner),
            ExprKind::Binary { op: BinaryOp::Multiply | BinaryOp::Divide, left, right, .. } => {
                self.holds_share(left) || self.holds_share(right)
            }
            ExprKind::Quantity(q) => q.unit.as_ref().is_some_and(|u| u.text == "%"),
            ExprKind::Name(_) | ExprKind::Index { .. } => self.evaluate(expr).is_some_and(|t| t.dim == Dim::RATIO),
            _ => false,
        }
    }

    /// The shares of a table with their entries; `rest` takes what is left.
    pub fn shares(&mut self, table: &'a Table) -> Option<Vec<(Rational, &'a tree::Entry)>> {
        let one = Rational::from(1);
        let mut sum = Rational::zero();
        let mut rest: Option<usize> = None;
        let mut list: Vec<(Rational, &tree::Entry)> = Vec::new();
        let mut good = !table.incomplete;
        for entry in &table.entries {
            match &entry.key {
                tree::Key::Word(w) if w.text == "rest" || w.text == "else" => {
                    if rest.is_some() {
                        self.push(Diagnostic::new(codes::DUPLICATE_FIELD, w.span, "`rest` is given twice"));
                        good = false;
                    }
                    rest = Some(list.len());
                    list.push((Rational::zero(), entry));
                }
                tree::Key::Chain(chain) if chain.as_expr().is_some() => {
                    let share = chain.as_expr().and_then(|e| self.share(e));
                    match share {
                        Some(Typed { value: Expression::Constant(q), .. }) if q.dim == Dim::RATIO => {
                            if q.value.is_negative() || q.value > one {
                                self.push(Diagnostic::new(
                                    codes::OUT_OF_RANGE,
                                    chain.span,
                                    format!("a share lies between 0 % and 100 %, this is {}", super::told::shown(&q)),
                                ));
                                good = false;
                            }
                            sum += &q.value;
                            list.push((q.value, entry));
                        }
                        Some(Typed { value: Expression::Constant(q), .. }) if q.dim == Dim::NUMBER => {
                            let text = self.text(chain.span);
                            let d = Diagnostic::new(codes::MISSING_UNIT, chain.span, "a share is written with `%`");
                            self.push(if super::told::is_literal(&text) {
                                d.fix(format!("write `{text} %`"), chain.span, format!("{text} %"))
                            } else {
                                d.help("write a share such as `70 %`, or the name of a `param` or `let` that holds one")
                            });
                            good = false;
                        }
                        Some(_) => {
                            self.push(Diagnostic::new(
                                codes::WRONG_VALUE,
                                chain.span,
                                "a share such as `70 %` is due here",
                            ));
                            good = false;
                        }
                        None => good = false,
                    }
                }
                key => {
                    self.push(Diagnostic::new(
                        codes::WRONG_VALUE,
                        key.span(),
                        "a share such as `70 %`, or `rest`, is due here",
                    ));
                    good = false;
                }
            }
        }
        if !good {
            return None;
        }
        let whole = sum == one && !list.is_empty();
        match rest.and_then(|i| list.get_mut(i)) {
            Some(place) if sum <= one => place.0 = &one - &sum,
            None if whole => {}
            _ => {
                let percent = super::told::figures(&(&sum * &Rational::from(100u64)));
                let mut d =
                    Diagnostic::new(codes::SHARES_NOT_ONE, table.span, format!("the shares add up to {percent} %"))
                        .note("each item takes exactly one way, so shares add up to 100 %");
                if sum < one {
                    d = d.help("let the last one be `rest`");
                }
                self.push(d);
                return None;
            }
        }
        list.retain(|(share, _)| share.is_positive());
        Some(list)
    }

    // ---- values of fields ----

    /// A time of at least 0; a bare number is offered units.
    pub fn time(&mut self, phrase: &'a Phrase, what: &str) -> Option<Expression> {
        let typed = self.evaluate_phrase(phrase)?;
        self.expect_time(typed, phrase.span, what)
    }

    pub fn expect_time(&mut self, typed: Typed, span: Span, what: &str) -> Option<Expression> {
        if typed.dim != Dim::TIME {
            let d =
                Diagnostic::new(codes::WRONG_DIMENSION, span, format!("`{what}` is a time, this is a {}", typed.dim));
            let text = self.text(span);
            self.push(match &typed.value {
                Expression::Constant(q) if typed.dim == Dim::RATE && q.value.is_positive() => {
                    let each = shown_time(&(Rational::from(1) / &q.value));
                    d.note(format!("`{text}` is one per {each}")).fix(
                        format!("write `1 / ({text})`"),
                        span,
                        format!("1 / ({text})"),
                    )
                }
                Expression::Draw(draw) if typed.dim == Dim::RATE => {
                    let mean =
                        draw.parameters().next().and_then(Expression::constant).filter(|q| q.value.is_positive());
                    match mean.filter(|_| matches!(**draw, crate::ir::Distribution::Exponential { .. })) {
                        Some(q) => {
                            let right = format!("exponential({})", shown_time(&(Rational::from(1) / &q.value)));
                            d.note("a distribution of times is given by times, not by rates").fix(
                                format!("write `{right}`"),
                                span,
                                right,
                            )
                        }
                        None => d.help("give times in it, not rates: `exponential(1 min)` for 60 /h"),
                    }
                }
                _ => return self.not_a(&format!("`{what}`"), Dim::TIME, typed.dim, span),
            });
            return None;
        }
        if let Expression::Constant(q) = &typed.value {
            if q.value.is_negative() {
                self.push(
                    Diagnostic::new(codes::OUT_OF_RANGE, span, format!("`{what}` is negative"))
                        .help("times run forwards: write a time of 0 s or more"),
                );
                return None;
            }
            let most = Rational::from(limits::HORIZON_DAYS * 86_400);
            if q.value > most {
                self.push(Diagnostic::new(
                    codes::OUT_OF_RANGE,
                    span,
                    format!("`{what}` is longer than {} days, the longest time of a model", limits::HORIZON_DAYS),
                ));
                return None;
            }
        }
        Some(typed.value)
    }

    /// A constant, whole number between two bounds.
    pub fn count(&mut self, phrase: &'a Phrase, what: &str, low: u64, high: u64) -> Option<u64> {
        let typed = self.evaluate_phrase(phrase)?;
        self.expect_count(&typed, phrase.span, what, low, high)
    }

    pub fn expect_count(&mut self, typed: &Typed, span: Span, what: &str, low: u64, high: u64) -> Option<u64> {
        let Expression::Constant(q) = &typed.value else {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, span, format!("`{what}` is a fixed number, not a draw"))
                    .help("write a whole number, such as `2`, or the name of a `param` or `let` that holds one"),
            );
            return None;
        };
        if q.dim != Dim::NUMBER {
            self.wrong_dimension(&format!("`{what}`"), Dim::NUMBER, q.dim, span);
            return None;
        }
        let whole = q.value.is_int().then(|| q.value.trunc());
        match whole.as_ref().and_then(ToPrimitive::to_u64).filter(|n| (low..=high).contains(n)) {
            Some(n) => Some(n),
            None => {
                let number = super::told::figures(&q.value);
                let fact = match whole {
                    None => format!("is a whole number, not {number}"),
                    Some(_) if q.value.is_negative() || number.parse().is_ok_and(|n: f64| n < low as f64) => {
                        format!("is {number}; the least is {low}")
                    }
                    Some(_) => format!("is {number}; the most is {high}"),
                };
                self.push(
                    Diagnostic::new(codes::OUT_OF_RANGE, span, format!("`{what}` {fact}"))
                        .help(format!("write a whole number from {low} to {high}")),
                );
                None
            }
        }
    }

    /// The text of a span as the user wrote it.
    pub fn text(&self, span: Span) -> String {
        self.files.slice(span).to_string()
    }

    /// The single name of a phrase.
    pub fn name_in(&mut self, phrase: &'a Phrase, what: &str) -> Option<(&'a str, Span)> {
        match phrase.as_expr().map(|e| (&e.kind, e.span)) {
            Some((ExprKind::Name(name), span)) => Some((name.as_str(), span)),
            Some((ExprKind::Error, _)) => None,
            _ if phrase.is_error() => None,
            _ => {
                self.push(Diagnostic::new(codes::WRONG_VALUE, phrase.span, format!("the name of {what} is due here")));
                None
            }
        }
    }

    /// The single expression of a chain.
    pub fn only_expr(&mut self, chain: &'a Chain, what: &str) -> Option<&'a Expr> {
        let expr = chain.as_expr();
        if expr.is_none() && !chain.is_error() {
            self.push(Diagnostic::new(codes::WRONG_VALUE, chain.span, format!("{what} is due here")));
        }
        expr
    }
}

/// A time as it is written: in the largest unit in which it is short.
fn shown_time(seconds: &Rational) -> String {
    let units = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let whole = units.iter().find(|(_, n)| (seconds / &Rational::from(*n)).is_int());
    match whole {
        Some((unit, n)) => format!("{} {unit}", (seconds / &Rational::from(*n)).trunc()),
        None => {
            let text = format!("{:.3}", crate::base::quantity::to_f64(seconds));
            format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
        }
    }
}

pub(super) fn flag(value: bool) -> Typed {
    Typed::constant(Quantity::number(i64::from(value)))
}

/// How many operators and calls an expression has.
pub(super) fn size(e: &Expression) -> usize {
    match e {
        Expression::Binary(_, a, b) => 1 + size(a) + size(b),
        Expression::Unary(_, a) => 1 + size(a),
        Expression::Call(_, list) => 1 + list.iter().map(size).sum::<usize>(),
        Expression::Mixture(list) => 1 + list.iter().map(|(_, e)| size(e)).sum::<usize>(),
        _ => 1,
    }
}
