//! Formulas over items, the clock and the floor, written into the kernel (semantics S5).

use super::super::builder::{Builder, Field, V};
use super::super::formula::{Builtin, FormulaShape, Operator, Sign};
use super::super::layout::{item, machine, value, visit};
use super::super::program::{HostFn, Program, Ty, UnaryOp};
use super::Emit;
use crate::base::TICKS_PER_SECOND;
use crate::runtime::variates::{DURATION_TICKS_MAX, ROUNDING};

impl Emit<'_> {
    /// Writes the function that gives the value of any formula or law for an item.
    pub(super) fn value_function(&mut self, program: &mut Program) -> Result<(), String> {
        let (mut b, args) = Builder::new(program, "value", &[Ty::Handle, Ty::Handle], Some(Ty::Real));
        if let [record, of] = args[..] {
            let zero = b.real(0.0);
            let result = b.var(zero);
            let kind = b.load(record, value::KIND);
            b.switch(kind, self.shapes.formulas.len() + 1, |b, k| {
                let found = match k.checked_sub(1).and_then(|k| self.shapes.formulas.get(k)) {
                    Some(shape) => self.formula(b, shape, record, of),
                    None => {
                        let bits = b.host(HostFn::Value, &[record, of], Ty::Count);
                        b.unary(UnaryOp::BitsToReal, bits, Ty::Real)
                    }
                };
                b.set(result, found);
            });
            b.give(Some(result));
        }
        self.functions.value = Some(b.finish()?);
        Ok(())
    }

    /// The value of a value record for an item.
    pub(super) fn value(&self, b: &mut Builder, record: V, of: V) -> V {
        b.call_for(Self::function(self.functions.value), &[record, of], Ty::Real)
    }

    /// Carries out the `n` assignments of a list on an item, all at once (S11).
    pub(super) fn assign(&self, b: &mut Builder, list: V, n: usize, of: V) {
        let entry = |i: usize, word: usize, ty: Ty| Field { offset: offset(2 * i + word), ty };
        let mut values = Vec::new();
        for i in 0..n {
            let record = b.load(list, entry(i, 1, Ty::Handle));
            values.push(self.value(b, record, of));
        }
        for (i, found) in values.into_iter().enumerate() {
            let place = b.load(list, entry(i, 0, Ty::Count));
            let at = b.add(of, place);
            b.store(at, Field { offset: 0, ty: Ty::Real }, found);
        }
    }

    /// The value of a formula whose numbers lie in `record`.
    pub(super) fn formula(&self, b: &mut Builder, shape: &FormulaShape, record: V, of: V) -> V {
        let datum = |i: usize, ty: Ty| Field { offset: value::DATA.offset + offset(i), ty };
        match shape {
            FormulaShape::Number(i) => b.load(record, datum(*i, Ty::Real)),
            FormulaShape::Word(i) => {
                let at = b.load(record, datum(*i, Ty::Handle));
                let word = b.load(at, Field { offset: 0, ty: Ty::Count });
                b.unary(UnaryOp::ToReal, word, Ty::Real)
            }
            FormulaShape::Room(i) => {
                let all = b.load(record, datum(*i, Ty::Handle));
                let all = b.load(all, Field { offset: 0, ty: Ty::Count });
                let used = b.load(record, datum(i + 1, Ty::Handle));
                let used = b.load(used, Field { offset: 0, ty: Ty::Count });
                let left = b.sub(all, used);
                let zero = b.count(0);
                let over = b.lt(left, zero);
                let left = b.select(over, zero, left);
                b.unary(UnaryOp::ToReal, left, Ty::Real)
            }
            FormulaShape::Attribute(offset) => b.load(of, Field { offset: *offset, ty: Ty::Real }),
            FormulaShape::Kept(offset) => {
                let holder = b.load(of, item::HOLDER);
                let kept = b.load(holder, machine::KEPT);
                b.load(kept, Field { offset: *offset, ty: Ty::Real })
            }
            FormulaShape::Step(offset) => {
                let at = b.load(of, Field { offset: *offset, ty: Ty::Handle });
                let zero = b.count(0);
                let number = b.var(zero);
                let visits = b.ne_zero(at);
                b.when(visits, |b| {
                    let this = b.load(at, visit::NUMBER);
                    b.set(number, this);
                });
                b.unary(UnaryOp::ToReal, number, Ty::Real)
            }
            FormulaShape::Now => {
                let now = Self::now(b);
                let now = b.unary(UnaryOp::ToReal, now, Ty::Real);
                let per_second = b.real(ticks_per_second());
                b.binary(super::super::program::BinaryOp::DivReal, now, per_second, Ty::Real)
            }
            FormulaShape::Unary(op, a) => {
                let a = self.formula(b, a, record, of);
                match op {
                    Sign::Negate => b.unary(UnaryOp::NegateReal, a, Ty::Real),
                    Sign::Not => {
                        let zero = b.real(0.0);
                        let none = b.eq(a, zero);
                        Self::flag(b, none)
                    }
                }
            }
            FormulaShape::Binary(op, x, y) => {
                let x = self.formula(b, x, record, of);
                let y = self.formula(b, y, record, of);
                Self::operator(b, *op, x, y)
            }
            FormulaShape::Call(function, args) => {
                let args: Vec<V> = args.iter().map(|a| self.formula(b, a, record, of)).collect();
                Self::builtin(b, *function, &args)
            }
            FormulaShape::ByItem(i, values) => {
                let table = b.load(record, datum(*i, Ty::Handle));
                let kind = b.load(of, item::TYPE);
                let at = b.element(table, kind, 8);
                let chosen = b.load(at, Field { offset: 0, ty: Ty::Count });
                let nothing = b.real(f64::NAN);
                let result = b.var(nothing);
                b.switch(chosen, values.len(), |b, n| {
                    if let Some(shape) = values.get(n) {
                        let found = self.formula(b, shape, record, of);
                        b.set(result, found);
                    }
                });
                result
            }
            FormulaShape::If(ways, rest) => {
                let zero = b.real(0.0);
                let result = b.var(zero);
                self.first_true(b, ways, rest, record, of, result);
                result
            }
        }
    }

    fn first_true(
        &self,
        b: &mut Builder,
        ways: &[(FormulaShape, FormulaShape)],
        rest: &FormulaShape,
        record: V,
        of: V,
        result: V,
    ) {
        let Some(((condition, then), others)) = ways.split_first() else {
            let found = self.formula(b, rest, record, of);
            b.set(result, found);
            return;
        };
        let condition = self.formula(b, condition, record, of);
        let holds = Self::holds(b, condition);
        b.either(
            holds,
            |b| {
                let found = self.formula(b, then, record, of);
                b.set(result, found);
            },
            |b| self.first_true(b, others, rest, record, of, result),
        );
    }

    /// Whether a condition's value is not 0.
    pub(super) fn holds(b: &mut Builder, condition: V) -> V {
        let zero = b.real(0.0);
        let none = b.eq(condition, zero);
        b.not(none)
    }

    fn flag(b: &mut Builder, is: V) -> V {
        let (one, zero) = (b.real(1.0), b.real(0.0));
        b.select(is, one, zero)
    }

    fn operator(b: &mut Builder, op: Operator, x: V, y: V) -> V {
        let is = match op {
            Operator::Add => return b.add(x, y),
            Operator::Subtract => return b.sub(x, y),
            Operator::Multiply => return b.mul(x, y),
            Operator::Divide => return b.binary(super::super::program::BinaryOp::DivReal, x, y, Ty::Real),
            Operator::Less => b.lt(x, y),
            Operator::LessEqual => b.le(x, y),
            Operator::Greater => b.lt(y, x),
            Operator::GreaterEqual => b.le(y, x),
            Operator::Equal => b.eq(x, y),
            Operator::NotEqual => {
                let same = b.eq(x, y);
                b.not(same)
            }
            Operator::And => {
                let (x, y) = (Self::holds(b, x), Self::holds(b, y));
                b.and(x, y)
            }
            Operator::Or => {
                let (x, y) = (Self::holds(b, x), Self::holds(b, y));
                b.or(x, y)
            }
        };
        Self::flag(b, is)
    }

    fn builtin(b: &mut Builder, function: Builtin, args: &[V]) -> V {
        let Some((first, rest)) = args.split_first() else { return b.real(f64::NAN) };
        match function {
            Builtin::Minimum | Builtin::Maximum => rest.iter().fold(*first, |best, this| {
                let better = if function == Builtin::Minimum { b.lt(*this, best) } else { b.lt(best, *this) };
                b.select(better, *this, best)
            }),
            Builtin::Absolute => b.unary(UnaryOp::AbsoluteReal, *first, Ty::Real),
            Builtin::Floor => b.unary(UnaryOp::Floor, *first, Ty::Real),
            Builtin::Ceiling => b.unary(UnaryOp::Ceiling, *first, Ty::Real),
            Builtin::Round => Self::round(b, *first),
            Builtin::SquareRoot => b.unary(UnaryOp::SquareRoot, *first, Ty::Real),
        }
    }

    /// The nearest whole number, ties to even: adding and taking away 1.5 · 2^52 drops what lies behind
    /// the point; numbers of 2^51 and more have nothing there.
    fn round(b: &mut Builder, x: V) -> V {
        let size = b.unary(UnaryOp::AbsoluteReal, x, Ty::Real);
        let limit = b.real(ROUNDING / 3.0);
        let small = b.lt(size, limit);
        let shift = b.real(ROUNDING);
        let up = b.add(x, shift);
        let rounded = b.sub(up, shift);
        b.select(small, rounded, x)
    }

    /// Seconds as ticks; negative when they are no duration, as `runtime::variates::duration_ticks`.
    pub(super) fn ticks_of(b: &mut Builder, seconds: V) -> V {
        let scale = b.real(ticks_per_second());
        let scaled = b.mul(seconds, scale);
        let rounded = Self::round(b, scaled);
        let zero = b.real(0.0);
        let most = b.real(DURATION_TICKS_MAX);
        let not_negative = b.le(zero, rounded);
        let in_range = b.lt(rounded, most);
        let sound = b.and(not_negative, in_range);
        let ticks = b.unary(UnaryOp::RoundToInt, rounded, Ty::Duration);
        let none = b.int(-1, Ty::Duration);
        b.select(sound, ticks, none)
    }
}

fn offset(i: usize) -> i32 {
    i32::try_from(8 * i).unwrap_or(i32::MAX)
}

#[allow(clippy::cast_precision_loss)] // 10^9 is exact
fn ticks_per_second() -> f64 {
    TICKS_PER_SECOND as f64
}
