//! Names of visits: `item.step == oxide`, and tables by them. They are looked up in the text of the routes, for
//! stations may ask for them before the routes are read.

use std::collections::BTreeSet;

use crate::base::{Dim, Quantity, Rational, names};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Binary, Expression};
use crate::syntax::tree::{BinaryOp, Chain, Declaration, Expr, ExprKind, Key, Table};

use super::line::Lower;
use super::scope::Meaning;
use super::value::Typed;

/// The name of a visit and that of its station.
pub(super) type Step = (String, String);

impl<'a> Lower<'a> {
    /// Collects the names of all visits.
    pub(super) fn steps(&mut self, declarations: &[&'a Declaration]) {
        let mut found: Vec<Step> = Vec::new();
        for d in declarations.iter().filter(|d| d.word.text == "route") {
            if let Some(phrase) = &d.phrase {
                chain_steps(&phrase.chain, &mut found);
            }
        }
        for (name, _) in &found {
            if !self.plant.steps.contains(name) {
                self.plant.steps.push(name.clone());
            }
        }
        self.step_names.extend(found);
    }

    fn step_id(&self, name: &str) -> Option<usize> {
        self.plant.steps.iter().position(|s| s == name)
    }

    /// `item.step == oxide`; `None` in the outer sense where neither side is a name of a visit.
    pub(super) fn step_is(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr) -> Option<Typed> {
        let word = if is_step(left) { right } else { left };
        let name = word.name().unwrap_or_default();
        let Some(id) = self.step_id(name) else {
            let known: Vec<String> = self.plant.steps.clone();
            let d =
                Diagnostic::new(codes::UNKNOWN_NAME, word.span, format!("no route has a visit with the name `{name}`"));
            self.push(match names::nearest(name, known.iter().map(String::as_str)) {
                Some(near) => d.fix(format!("write `{near}`"), word.span, near),
                None => d.help("a visit is named by `as`: `furnace(225 min, as: oxide)`, else by its station"),
            });
            return None;
        };
        let at = at_step(id);
        let value = match op {
            BinaryOp::Equal => at,
            _ => Expression::Unary(crate::ir::Unary::Not, Box::new(at)),
        };
        Some(Typed { dim: Dim::NUMBER, value })
    }

    /// Whether a side of a comparison is a bare name, and no value.
    pub(super) fn names_step(&self, expr: &Expr) -> bool {
        expr.name().is_some_and(|n| self.step_id(n).is_some() || !matches!(self.scope.find(n), Some(Meaning::Value(_))))
    }

    /// Whether the keys of a table are names of visits and not of items.
    pub(super) fn is_by_step(&self, table: &Table) -> bool {
        let mut keys = table.entries.iter().filter_map(|e| match &e.key {
            Key::Chain(chain) => chain.as_expr().and_then(Expr::name),
            _ => None,
        });
        keys.any(|n| self.step_id(n).is_some() && !matches!(self.scope.find(n), Some(Meaning::Item(_))))
    }

    /// `{ oxide: 225 min, anneal: 45 min, else: 1 min }`
    pub(super) fn by_step(&mut self, table: &'a Table) -> Option<Typed> {
        let mut dim = None;
        let (mut list, mut rest, mut named) = (Vec::new(), None, BTreeSet::new());
        for entry in &table.entries {
            let Some(phrase) = &entry.phrase else { return self.wrong_value(entry.span, "this entry has no value") };
            let value = self.evaluate_phrase(phrase)?;
            if *dim.get_or_insert(value.dim) != value.dim {
                let message = format!("a {} among values of another dimension", value.dim);
                self.push(Diagnostic::new(codes::WRONG_DIMENSION, phrase.span, message));
                return None;
            }
            match &entry.key {
                Key::Word(w) if matches!(w.text.as_str(), "else" | "rest") => rest = Some(value.value),
                Key::Chain(chain) => {
                    let expr = self.only_expr(chain, "the name of a visit")?;
                    let name = expr.name().unwrap_or_default();
                    let Some(id) = self.step_id(name) else {
                        let message = format!("no route has a visit with the name `{name}`");
                        self.push(Diagnostic::new(codes::UNKNOWN_NAME, expr.span, message));
                        return None;
                    };
                    if !named.insert(name.to_string()) {
                        let message = format!("`{name}` is given twice");
                        self.push(Diagnostic::new(codes::DUPLICATE_FIELD, expr.span, message));
                        return None;
                    }
                    list.push((at_step(id), value.value));
                }
                key => return self.wrong_value(key.span(), "the name of a visit, or `else`, is due here"),
            }
        }
        let stations: BTreeSet<&str> =
            self.step_names.iter().filter(|(n, _)| named.contains(n)).map(|(_, s)| s.as_str()).collect();
        let open = self.step_names.iter().find(|(n, s)| stations.contains(s.as_str()) && !named.contains(n)).cloned();
        let rest = match (rest, open) {
            (Some(rest), _) => rest,
            (None, Some((name, station))) => {
                self.push(
                    Diagnostic::new(
                        codes::BRANCH_NOT_TOTAL,
                        table.span,
                        format!("the table has no value for the visit `{name}` to `{station}`"),
                    )
                    .help(format!("add `{name}: …`, or `else: …`")),
                );
                return None;
            }
            // All visits of these stations are named: the last stands for itself.
            (None, None) => list.pop()?.1,
        };
        let value = if list.is_empty() { rest } else { Expression::If(list, Box::new(rest)) };
        Some(Typed { dim: dim.unwrap_or(Dim::NUMBER), value })
    }
}

/// Whether an expression is `item.step`.
pub(super) fn is_step(expr: &Expr) -> bool {
    matches!(&expr.peeled().kind, ExprKind::Member { base, member }
        if member.text == "step" && matches!(base.kind, ExprKind::Item))
}

fn at_step(id: usize) -> Expression {
    let value = Rational::from(i64::try_from(id + 1).unwrap_or(0));
    let number = Expression::Constant(Quantity { value, dim: Dim::NUMBER });
    Expression::Binary(Binary::Equal, Box::new(Expression::StepName), Box::new(number))
}

fn chain_steps(chain: &Chain, found: &mut Vec<Step>) {
    expr_steps(&chain.first, found);
    chain.steps.iter().for_each(|s| expr_steps(&s.expr, found));
}

fn expr_steps(expr: &Expr, found: &mut Vec<Step>) {
    match &expr.kind {
        ExprKind::Table(table) | ExprKind::NamedTable { table, .. } => {
            for entry in &table.entries {
                match (&entry.key, &entry.phrase) {
                    (_, Some(phrase)) => chain_steps(&phrase.chain, found),
                    (Key::Chain(chain), None) => chain_steps(chain, found),
                    _ => {}
                }
            }
        }
        ExprKind::Call { function, arguments } => {
            let Some(station) = function.name() else { return };
            let named = arguments.iter().find(|a| a.name.as_ref().is_some_and(|n| n.text == "as"));
            let name = named.and_then(|a| a.value.as_expr()).and_then(Expr::name).unwrap_or(station);
            found.push((name.to_string(), station.to_string()));
        }
        _ => {
            if let Some(name) = expr.name() {
                found.push((name.to_string(), name.to_string()));
            }
        }
    }
}
