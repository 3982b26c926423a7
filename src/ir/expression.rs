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
        /// Where it is kept: an index into the attributes of the plant.
        slot: usize,
        /// Its dimension.
        dim: Dim,
    },
    /// The present time (seconds).
    Now,
    /// Items in the line, from birth to leaving.
    Wip,
    /// Items in a node.
    Level(NodeId),
    /// Free places of a node.
    Room(NodeId),
    /// Free people of a pool.
    Free(PoolId),
    /// The state of the first machine of a station, as a number in the order of the results.
    State(NodeId),
    /// The number of the visit of the item's route, from 1; 0 before the first and without a route.
    Step,
    /// The name of the item's visit: its number among the names of visits, from 1; 0 for none.
    StepName,
    /// Sign or negation.
    Unary(Unary, Box<Expression>),
    /// Arithmetic, comparison, logic.
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// A built-in function.
    Call(Function, Vec<Expression>),
    /// A value over all items that a station has loaded.
    Over(Over, Box<Expression>),
    /// `if` table: first condition that holds.
    If(Vec<(Expression, Expression)>, Box<Expression>),
}

/// What is made of the values of all items loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Over {
    Sum,
    Smallest,
    Largest,
    Mean,
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
    /// Whether it reads the item, the clock or the floor, so that no value can be made beforehand.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.any(&|e| {
            matches!(
                e,
                Expression::ByItem(..)
                    | Expression::Attribute { .. }
                    | Expression::Over(..)
                    | Expression::Step
                    | Expression::StepName
                    | Expression::Now
                    | Expression::Wip
                    | Expression::Level(_)
                    | Expression::Room(_)
                    | Expression::Free(_)
                    | Expression::State(_)
            )
        })
    }

    /// Whether it reads more than the item and the clock: what others do at the same instant.
    #[must_use]
    pub fn reads_floor(&self) -> bool {
        self.any(&|e| {
            matches!(
                e,
                Expression::Level(_)
                    | Expression::Room(_)
                    | Expression::Free(_)
                    | Expression::State(_)
                    | Expression::Wip
            )
        })
    }

    /// Whether some part of it, or itself, is such.
    pub fn any(&self, is: &dyn Fn(&Expression) -> bool) -> bool {
        if is(self) {
            return true;
        }
        match self {
            Expression::Draw(d) => d.parameters().any(|p| p.any(is)),
            Expression::Mixture(list) => list.iter().any(|(_, e)| e.any(is)),
            Expression::ByItem(list, rest) => {
                list.iter().any(|(_, e)| e.any(is)) || rest.as_ref().is_some_and(|e| e.any(is))
            }
            Expression::Unary(_, a) | Expression::Over(_, a) => a.any(is),
            Expression::Binary(_, a, b) => a.any(is) || b.any(is),
            Expression::Call(_, list) => list.iter().any(|e| e.any(is)),
            Expression::If(list, rest) => list.iter().any(|(c, e)| c.any(is) || e.any(is)) || rest.any(is),
            _ => false,
        }
    }

    /// The exact constant, if it is one.
    #[must_use]
    pub fn constant(&self) -> Option<&Quantity> {
        match self {
            Expression::Constant(q) => Some(q),
            _ => None,
        }
    }
}

impl Distribution {
    /// Its parameters that are expressions, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &Expression> {
        let list: [Option<&Expression>; 4] = match self {
            Distribution::Exponential { mean }
            | Distribution::Erlang { mean, .. }
            | Distribution::Poisson { mean }
            | Distribution::Geometric { mean } => [Some(mean), None, None, None],
            Distribution::Gamma { shape, mean } => [Some(shape), Some(mean), None, None],
            Distribution::Normal { mean, sd } | Distribution::Lognormal { mean, sd } => {
                [Some(mean), Some(sd), None, None]
            }
            Distribution::Weibull { shape, scale } => [Some(shape), Some(scale), None, None],
            Distribution::Triangular { minimum, mode, maximum } => [Some(minimum), Some(mode), Some(maximum), None],
            Distribution::Uniform { minimum, maximum } => [Some(minimum), Some(maximum), None, None],
            Distribution::Beta { a, b, minimum, maximum } => [Some(a), Some(b), Some(minimum), Some(maximum)],
            Distribution::Empirical { .. } => [None; 4],
        };
        list.into_iter().flatten()
    }
}
