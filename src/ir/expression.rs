//! Values that a run computes: constants, draws, arithmetic, what an item carries.

use crate::base::{Dim, Quantity, Rational};

use super::{ItemId, NodeId, PoolId};

/// A typed expression. Units were checked by `sema`; values are in base units (seconds, metres, …).
/// Yes/no values are numbers 1 and 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// An exact value.
    Constant(Quantity),
    /// A fresh draw at each evaluation.
    Draw(Box<Distribution>),
    /// One of several by chance: shares in written order, adding up to 1.
    Mixture(Vec<(Rational, Expression)>),
    /// By type of the item; the last is for all others, if given.
    ByItem(Vec<(ItemId, Expression)>, Option<Box<Expression>>),
    /// An attribute of the item.
    Attribute {
        /// Its name.
        name: String,
        /// Its dimension.
        dim: Dim,
    },
    /// The present time (seconds).
    Now,
    /// Items in a node.
    Level(NodeId),
    /// Free places of a node.
    Room(NodeId),
    /// Free people of a pool.
    Free(PoolId),
    /// Sign or negation.
    Unary(Unary, Box<Expression>),
    /// Arithmetic, comparison, logic.
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// A built-in function.
    Call(Function, Vec<Expression>),
    /// `if` table: first condition that holds.
    If(Vec<(Expression, Expression)>, Box<Expression>),
}

/// Operators of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `-x`
    Negate,
    /// `not x`
    Not,
}

/// Operators of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

/// Built-in functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Function {
    Minimum,
    Maximum,
    Absolute,
    Floor,
    Ceiling,
    Round,
    SquareRoot,
}

/// A distribution with its parameters, each an expression in base units. Constant parameters are the
/// rule; formulas over attributes are allowed where the language allows them.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Distribution {
    Exponential {
        mean: Expression,
    },
    Erlang {
        k: u32,
        mean: Expression,
    },
    Gamma {
        shape: Expression,
        mean: Expression,
    },
    /// Drawn again while below 0.
    Normal {
        mean: Expression,
        sd: Expression,
    },
    /// Mean and standard deviation of the draw, not of its logarithm.
    Lognormal {
        mean: Expression,
        sd: Expression,
    },
    Weibull {
        shape: Expression,
        scale: Expression,
    },
    Triangular {
        minimum: Expression,
        mode: Expression,
        maximum: Expression,
    },
    Uniform {
        minimum: Expression,
        maximum: Expression,
    },
    Beta {
        a: Expression,
        b: Expression,
        minimum: Expression,
        maximum: Expression,
    },
    Poisson {
        mean: Expression,
    },
    Geometric {
        mean: Expression,
    },
    /// Each value equally likely, in base units, in the order of the file.
    Empirical {
        values: Vec<f64>,
    },
}

impl Expression {
    /// The exact constant, if it is one.
    #[must_use]
    pub fn constant(&self) -> Option<&Quantity> {
        match self {
            Expression::Constant(q) => Some(q),
            _ => None,
        }
    }
}
