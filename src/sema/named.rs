//! Attributes whose values have names: `colour: red | blue`. A name means something only where such a value is
//! due: behind `with`, `sets` and `=`, beside `==` and `!=`, in the keys of a setup table, in a schedule.
//!
//! The names count from 1; an attribute that nothing has set has none of them, 0. The dimension of the value
//! says which attribute it belongs to, so that names and numbers never mix.

use crate::base::{Dim, Quantity, Span, names};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Binary, Distribution, Expression};
use crate::syntax::tree::{BinaryOp, Expr, ExprKind, Phrase};

use super::line::Lower;
use super::value::Typed;

impl<'a> Lower<'a> {
    /// The names in `red | blue | green`; `None` when it is no such list. What is wrong in it is complained about
    /// and gives an empty list.
    pub(super) fn listed_names(&mut self, kind: &'a Expr) -> Option<Vec<String>> {
        let mut rest = vec![kind];
        let mut found: Vec<(&'a str, Span)> = Vec::new();
        if !matches!(kind.kind, ExprKind::Binary { op: BinaryOp::Alternative, .. }) {
            return None;
        }
        while let Some(expr) = rest.pop() {
            match &expr.kind {
                ExprKind::Binary { op: BinaryOp::Alternative, left, right, .. } => rest.extend([&**right, &**left]),
                ExprKind::Name(name) => {
                    if let Some((_, first)) = found.iter().find(|(n, _)| n == name) {
                        let d = Diagnostic::new(codes::DUPLICATE_NAME, expr.span, format!("`{name}` is named twice"));
                        self.push(d.with(*first, "first named here"));
                        return Some(Vec::new());
                    }
                    found.push((name, expr.span));
                }
                ExprKind::Error => return Some(Vec::new()),
                _ => {
                    let d = Diagnostic::new(codes::WRONG_VALUE, expr.span, "a name is due here");
                    self.push(d.help("write the names of the values: `colour: red | blue`"));
                    return Some(Vec::new());
                }
            }
        }
        Some(found.into_iter().map(|(n, _)| n.to_string()).collect())
    }

    /// The dimension of an attribute with such values, which is to be kept in a slot.
    pub(super) fn named_dim(slot: usize) -> Option<Dim> {
        let names = u8::try_from(slot).ok()?.checked_add(1)?;
        Some(Dim { names, ..Dim::NUMBER })
    }

    /// The names that a value of this dimension may have.
    pub(super) fn names_of_dim(&self, dim: Dim) -> &[String] {
        let slot = usize::from(dim.names).checked_sub(1);
        let found = slot.and_then(|s| self.plant.value_names.iter().find(|(n, _)| *n == s));
        found.map_or(&[], |(_, names)| names.as_slice())
    }

    /// "`red`, `blue`"
    pub(super) fn shown_names(&self, dim: Dim) -> String {
        let list: Vec<&str> = self.names_of_dim(dim).iter().map(String::as_str).collect();
        super::fields::list(&list)
    }

    /// Evaluates a phrase where a value of this dimension is due.
    pub(super) fn evaluate_due(&mut self, phrase: &'a Phrase, dim: Dim) -> Option<Typed> {
        let before = std::mem::replace(&mut self.due, dim);
        let found = self.evaluate_phrase(phrase);
        self.due = before;
        found
    }

    /// Evaluates an expression where a value of this dimension is due; a bare name must be one of its names.
    pub(super) fn evaluate_due_expr(&mut self, expr: &'a Expr, dim: Dim) -> Option<Typed> {
        if dim.names > 0
            && let Some(name) = expr.name()
            && !self.names_of_dim(dim).iter().any(|n| n == name)
            && self.scope.find(name).is_none()
        {
            return self.no_such_name(name, expr.span, dim);
        }
        let before = std::mem::replace(&mut self.due, dim);
        let found = self.evaluate(expr);
        self.due = before;
        found
    }

    /// What a name means where a named value is due.
    pub(super) fn due_name(&self, name: &str) -> Option<Typed> {
        let at = self.names_of_dim(self.due).iter().position(|n| n == name)?;
        let number = Quantity::number(i64::try_from(at + 1).ok()?);
        Some(Typed::constant(Quantity { dim: self.due, ..number }))
    }

    /// A name that an attribute does not have.
    pub(super) fn no_such_name<T>(&mut self, name: &str, span: Span, dim: Dim) -> Option<T> {
        let known = self.names_of_dim(dim).to_vec();
        let slot = usize::from(dim.names.saturating_sub(1));
        let attribute = self.plant.attributes.get(slot).map_or("", |(n, _)| n.as_str());
        let d = Diagnostic::new(codes::UNKNOWN_NAME, span, format!("`{attribute}` has no value `{name}`"));
        let d = match names::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => d.fix(format!("write `{near}`"), span, near),
            None => d.help(format!("its values are {}", self.shown_names(dim))),
        };
        self.push(d);
        None
    }

    /// `item.colour == red`: the bare name is one of the other side's, if that has names.
    pub(super) fn compare_sides(&mut self, left: &'a Expr, right: &'a Expr) -> (Option<Typed>, Option<Typed>) {
        let bare = |e: &Expr| matches!(&e.peeled().kind, ExprKind::Name(_) | ExprKind::String(_));
        match (bare(left), bare(right)) {
            (false, true) => {
                let a = self.evaluate(left);
                let Some(dim) = a.as_ref().map(|t| t.dim) else { return (None, None) };
                let b = if dim.names > 0 { self.evaluate_due_expr(right, dim) } else { self.evaluate(right) };
                (a, b)
            }
            (true, false) => {
                let b = self.evaluate(right);
                let Some(dim) = b.as_ref().map(|t| t.dim) else { return (None, None) };
                let a = if dim.names > 0 { self.evaluate_due_expr(left, dim) } else { self.evaluate(left) };
                (a, b)
            }
            _ => (self.evaluate(left), self.evaluate(right)),
        }
    }

    /// Names are compared and set, nothing else.
    pub(super) fn only_compared(&mut self, binary: Binary, span: Span, dims: [Dim; 2]) -> Option<()> {
        let named = dims.iter().any(|d| d.names > 0);
        if !named || matches!(binary, Binary::Equal | Binary::NotEqual) {
            return Some(());
        }
        self.no_arithmetic(span)
    }

    pub(super) fn no_arithmetic<T>(&mut self, span: Span) -> Option<T> {
        let d = Diagnostic::new(codes::WRONG_DIMENSION, span, "values with names are not reckoned with");
        self.push(d.help("compare them, `item.colour == red`, or declare the attribute as `count` or `number`"));
        None
    }

    /// A value for an attribute that has another dimension than that attribute.
    pub(super) fn unfit(&mut self, name: &str, dim: Dim, typed: &Typed, span: Span) -> Diagnostic {
        if dim.names > 0 {
            let text = format!("`{name}` is one of {}, this is a {}", self.shown_names(dim), typed.dim);
            return Diagnostic::new(codes::WRONG_DIMENSION, span, text);
        }
        Diagnostic::new(codes::WRONG_DIMENSION, span, format!("`{name}` is a {dim}, this is a {}", typed.dim))
    }

    /// Whether a slot holds counts, and this draw would nearly never give one.
    pub(super) fn whole(&mut self, name: &str, slot: usize, value: &Expression, span: Span) -> Option<()> {
        if !self.counts.contains(&slot) || !continuous(value) {
            return Some(());
        }
        self.push(
            Diagnostic::new(codes::WRONG_VALUE, span, format!("`{name}` is a count, and this draw gives fractions"))
                .note("compared with `==`, a fraction is equal to nothing")
                .help("draw one of several by share, `{ 33 %: 1, 33 %: 2, rest: 3 }`, or round it: `floor(uniform(1, 4))`")
                .help(format!("for any number, declare `{name}: number`")),
        );
        None
    }
}

/// Whether a value is drawn from all numbers between two, not rounded.
fn continuous(e: &Expression) -> bool {
    match e {
        Expression::Draw(d) => !matches!(
            **d,
            Distribution::Poisson { .. } | Distribution::Geometric { .. } | Distribution::Empirical { .. }
        ),
        Expression::Mixture(list) => list.iter().any(|(_, e)| continuous(e)),
        Expression::ByItem(list, rest) => {
            list.iter().any(|(_, e)| continuous(e)) || rest.as_deref().is_some_and(continuous)
        }
        Expression::If(list, rest) => list.iter().any(|(_, e)| continuous(e)) || continuous(rest),
        Expression::Unary(_, a) => continuous(a),
        Expression::Binary(Binary::Add | Binary::Subtract | Binary::Multiply, a, b) => continuous(a) || continuous(b),
        _ => false,
    }
}
