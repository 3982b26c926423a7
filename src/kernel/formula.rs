//! Formulas: laws without draws, split into a structure, which kernel code is written for, and the
//! numbers in it, which are data. Formulas of equal structure share their code.

use super::host::Law;
use crate::ir::{Binary, Function, Unary};

/// The structure of a formula. Numbers stand in a table of the record that uses it; an index says where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FormulaShape {
    /// The real number at an index.
    Number(usize),
    /// The integer in the arena at the address at an index.
    Word(usize),
    /// The difference, at least 0, of the integers at the addresses at an index and behind it.
    Room(usize),
    /// What the item carries at a byte offset.
    Attribute(i32),
    /// A value over all items loaded, kept at the machine that holds the item, at a byte offset.
    Kept(i32),
    /// The number of the item's visit, whose handle lies at a byte offset.
    Step(i32),
    /// The present time in seconds.
    Now,
    /// Sign or negation.
    Unary(Sign, Box<FormulaShape>),
    /// Arithmetic, comparison, logic.
    Binary(Operator, Box<FormulaShape>, Box<FormulaShape>),
    /// A built-in function.
    Call(Builtin, Vec<FormulaShape>),
    /// By item type: the table at an index says which.
    ByItem(usize, Vec<FormulaShape>),
    /// The first whose condition is not 0.
    If(Vec<(FormulaShape, FormulaShape)>, Box<FormulaShape>),
}

macro_rules! ordered {
    ($(#[$doc:meta])* $name:ident of $plain:ident { $($variant:ident)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum $name { $($variant),* }

        impl From<$plain> for $name {
            fn from(value: $plain) -> Self {
                match value { $($plain::$variant => Self::$variant),* }
            }
        }
    };
}

ordered! {
    /// An operator of one value.
    Sign of Unary { Negate Not }
}
ordered! {
    /// An operator of two values.
    Operator of Binary {
        Add Subtract Multiply Divide Less LessEqual Greater GreaterEqual Equal NotEqual And Or
    }
}
ordered! {
    /// A built-in function.
    Builtin of Function { Minimum Maximum Absolute Floor Ceiling Round SquareRoot }
}

/// Nodes a formula may have to be written into the kernel; larger ones are left to the host.
const LARGEST: usize = 200;

/// The structure of a law and its numbers: reals as bits, addresses, and tables by item type, each of
/// which stands where its index says. `None` for laws that draw, or that only the host can evaluate.
#[must_use]
pub fn formula(law: &Law) -> Option<(FormulaShape, Vec<Datum>)> {
    let mut data = Vec::new();
    let mut size = 0;
    let shape = walk(law, &mut data, &mut size)?;
    Some((shape, data))
}

/// A number of a formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// One word.
    Word(i64),
    /// The handle of a table of words.
    Table(Vec<i64>),
}

fn walk(law: &Law, data: &mut Vec<Datum>, size: &mut usize) -> Option<FormulaShape> {
    *size += 1;
    if *size > LARGEST {
        return None;
    }
    let mut put = |datum: Datum| {
        data.push(datum);
        data.len() - 1
    };
    Some(match law {
        Law::Constant(value) => FormulaShape::Number(put(Datum::Word(value.to_bits().cast_signed()))),
        Law::Word(at) => FormulaShape::Word(put(Datum::Word(*at))),
        Law::Room(all, used) => {
            let first = put(Datum::Word(*all));
            put(Datum::Word(*used));
            FormulaShape::Room(first)
        }
        Law::Attribute(offset) => FormulaShape::Attribute(*offset),
        Law::Kept(offset) => FormulaShape::Kept(*offset),
        Law::Step(offset) => FormulaShape::Step(*offset),
        Law::Now => FormulaShape::Now,
        Law::Unary(op, a) => FormulaShape::Unary((*op).into(), Box::new(walk(a, data, size)?)),
        Law::Binary(op, a, b) => {
            let a = Box::new(walk(a, data, size)?);
            FormulaShape::Binary((*op).into(), a, Box::new(walk(b, data, size)?))
        }
        Law::Call(function, args) => {
            let args = args.iter().map(|a| walk(a, data, size)).collect::<Option<_>>()?;
            FormulaShape::Call((*function).into(), args)
        }
        Law::ByItem(table, laws) => {
            let table = table.iter().map(|i| i64::try_from(*i).unwrap_or(i64::MAX)).collect();
            let at = put(Datum::Table(table));
            FormulaShape::ByItem(at, laws.iter().map(|l| walk(l, data, size)).collect::<Option<_>>()?)
        }
        Law::If(list, rest) => {
            let mut ways = Vec::new();
            for (condition, value) in list {
                ways.push((walk(condition, data, size)?, walk(value, data, size)?));
            }
            FormulaShape::If(ways, Box::new(walk(rest, data, size)?))
        }
        Law::Sample(..) | Law::Mixture(..) | Law::Drawn(..) | Law::Busy(..) | Law::Wip(_) | Law::StepName(_) => {
            return None;
        }
    })
}
