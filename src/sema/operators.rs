//! Operators between values: arithmetic with dimensions, comparisons, `in`, and states of stations.

use dashu_int::ops::BitTest;
use num_traits::ToPrimitive;

use crate::base::{Dim, Quantity, Span};
use crate::diag::{Diagnostic, codes};
use crate::ir::account::STATES;
use crate::ir::{Binary, Expression};
use crate::syntax::tree::{BinaryOp, Expr, ExprKind};

use super::line::Lower;
use super::value::{Typed, flag};

impl<'a> Lower<'a> {
    /// What an operator gives for two values; its dimension follows from theirs.
    pub(super) fn arithmetic(&mut self, op: BinaryOp, op_span: Span, span: Span, a: Typed, b: Typed) -> Option<Typed> {
        let binary = match op {
            BinaryOp::Add => Binary::Add,
            BinaryOp::Subtract => Binary::Subtract,
            BinaryOp::Multiply => Binary::Multiply,
            BinaryOp::Divide => Binary::Divide,
            BinaryOp::Power => return self.power(span, a, &b),
            BinaryOp::Less => Binary::Less,
            BinaryOp::LessEqual => Binary::LessEqual,
            BinaryOp::Greater => Binary::Greater,
            BinaryOp::GreaterEqual => Binary::GreaterEqual,
            BinaryOp::Equal => Binary::Equal,
            BinaryOp::NotEqual => Binary::NotEqual,
            BinaryOp::And => Binary::And,
            BinaryOp::Or => Binary::Or,
            BinaryOp::Alternative => return self.no_arithmetic(op_span),
            BinaryOp::In => return self.wrong_value(op_span, "`in` is followed by a range: `item.size in 2..5`"),
        };
        self.only_compared(binary, op_span, [a.dim, b.dim])?;
        if !matches!(binary, Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide) {
            return self.comparison(binary, op_span, a, b);
        }
        let dim = match binary {
            Binary::Add | Binary::Subtract => {
                if a.dim != b.dim {
                    let verb = if binary == Binary::Add { "add" } else { "subtract" };
                    let mut d = Diagnostic::new(
                        codes::WRONG_DIMENSION,
                        op_span,
                        format!("cannot {verb} a {} and a {}", a.dim, b.dim),
                    );
                    if a.dim.ratio != b.dim.ratio {
                        d = d.help("a share is of something: write `5 s * 1.1`, or give both as shares");
                    }
                    self.push(d);
                    return None;
                }
                a.dim
            }
            Binary::Multiply => a.dim.times(b.dim),
            _ => a.dim.over(b.dim),
        };
        if let (Expression::Constant(x), Expression::Constant(y)) = (&a.value, &b.value) {
            let value = match binary {
                Binary::Add => &x.value + &y.value,
                Binary::Subtract => &x.value - &y.value,
                Binary::Multiply => &x.value * &y.value,
                _ if y.value.is_zero() => {
                    self.push(Diagnostic::new(codes::OUT_OF_RANGE, op_span, "division by zero"));
                    return None;
                }
                _ => &x.value / &y.value,
            };
            if value.numerator().bit_len() + value.denominator().bit_len() > 4096 {
                self.push(Diagnostic::new(codes::OUT_OF_RANGE, op_span, "the number is too long to be kept exactly"));
                return None;
            }
            return Some(Typed::constant(Quantity { value, dim }));
        }
        Some(Typed { dim, value: Expression::Binary(binary, Box::new(a.value), Box::new(b.value)) })
    }

    /// `a < b`, `a and b`: a number, 1 or 0.
    pub(super) fn comparison(&mut self, binary: Binary, op_span: Span, a: Typed, b: Typed) -> Option<Typed> {
        let logic = matches!(binary, Binary::And | Binary::Or);
        if logic && (a.dim != Dim::NUMBER || b.dim != Dim::NUMBER) {
            self.push(
                Diagnostic::new(codes::WRONG_DIMENSION, op_span, "`and` and `or` join conditions")
                    .help("compare values first: `item.size > 2 and item.rush`"),
            );
            return None;
        }
        if a.dim != b.dim {
            let text = format!("cannot compare a {} with a {}", a.dim, b.dim);
            let d = Diagnostic::new(codes::WRONG_DIMENSION, op_span, text);
            self.push(match (a.dim, b.dim) {
                (dim, Dim::NUMBER) | (Dim::NUMBER, dim) => match super::told::unit_of(dim) {
                    Some(unit) => d.help(format!("a {dim} has a unit, such as `5 {unit}`")),
                    None => d,
                },
                _ => d,
            });
            return None;
        }
        if let (Expression::Constant(x), Expression::Constant(y)) = (&a.value, &b.value) {
            let (x, y) = (&x.value, &y.value);
            return Some(flag(match binary {
                Binary::Less => x < y,
                Binary::LessEqual => x <= y,
                Binary::Greater => x > y,
                Binary::GreaterEqual => x >= y,
                Binary::Equal => x == y,
                Binary::NotEqual => x != y,
                Binary::And => !x.is_zero() && !y.is_zero(),
                _ => !x.is_zero() || !y.is_zero(),
            }));
        }
        Some(Typed { dim: Dim::NUMBER, value: Expression::Binary(binary, Box::new(a.value), Box::new(b.value)) })
    }

    /// `x in a..b`, both ends included.
    pub(super) fn within(&mut self, left: &'a Expr, right: &'a Expr) -> Option<Typed> {
        let ExprKind::Range { from, to } = &right.peeled().kind else {
            return self.wrong_value(right.span, "`in` is followed by a range: `item.size in 2..5`");
        };
        let (x, low, high) = (self.evaluate(left)?, self.evaluate(from)?, self.evaluate(to)?);
        self.only_compared(Binary::GreaterEqual, right.span, [x.dim, low.dim])?;
        let above = self.comparison(Binary::GreaterEqual, from.span, x.clone(), low)?;
        let below = self.comparison(Binary::LessEqual, to.span, x, high)?;
        self.comparison(Binary::And, right.span, above, below)
    }

    /// `state(m) == down`
    pub(super) fn state_is(&mut self, op: BinaryOp, left: &'a Expr, right: &'a Expr) -> Option<Typed> {
        let (call, word) = if is_state(left) { (left, right) } else { (right, left) };
        let state = self.evaluate(call)?;
        let name = word.name().unwrap_or_default();
        let Some(code) = STATES.iter().position(|s| *s == name) else {
            let d = Diagnostic::new(codes::WRONG_VALUE, word.span, "the name of a state is due here");
            self.push(d.help(format!("states are {}", super::fields::list(&STATES))));
            return None;
        };
        let code = Typed::constant(Quantity::number(i64::try_from(code).unwrap_or(0)));
        self.comparison(if op == BinaryOp::Equal { Binary::Equal } else { Binary::NotEqual }, word.span, state, code)
    }

    /// `a ^ b` of a constant and a whole number from -9 to 9; its dimension is raised too.
    fn power(&mut self, span: Span, a: Typed, b: &Typed) -> Option<Typed> {
        let exponent = match &b.value {
            Expression::Constant(q) if q.dim == Dim::NUMBER && q.value.is_int() => q.value.trunc().to_i8(),
            _ => None,
        };
        let (Some(n), Expression::Constant(q)) = (exponent.filter(|n| n.unsigned_abs() <= 9), &a.value) else {
            return self.wrong_value(span, "only constants have powers, whole ones from -9 to 9");
        };
        let Some(dim) = q.dim.power(n) else { return self.wrong_value(span, "the power has no usable dimension") };
        if q.value.is_zero() && n < 0 {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, span, "division by zero"));
            return None;
        }
        let value = crate::base::quantity::power(&q.value, n);
        Some(Typed::constant(Quantity { value, dim }))
    }
}

/// Whether an expression is `state(…)`.
pub(super) fn is_state(expr: &Expr) -> bool {
    matches!(&expr.peeled().kind, ExprKind::Call { function, .. } if function.name() == Some("state"))
}
