//! The typed syntax tree: what was written, with the span of everything, and nothing interpreted.
//!
//! The tree is generic on purpose: a declaration is `word NAME …` whatever the word, a field is an
//! entry whatever its key, so later words of the language need no new grammar. It must not know what
//! a station is. Nothing is desugared: parentheses, order and tables stay as written.
//!
//! Start reading at [`File`], then [`Item`], [`Phrase`] and [`Expr`].

use crate::base::{FileId, Rational, Span};

/// One parsed source file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Which file.
    pub file: FileId,
    /// The optional first line `flowline 1`.
    pub edition: Option<Edition>,
    /// Everything at the outer level, in the order written.
    pub items: Vec<Item>,
    /// The whole text.
    pub span: Span,
    /// Whether parsing found errors: what seems to be missing may be what could not be read.
    pub broken: bool,
}

/// `flowline 1`: the edition of the language the file is written in.
#[derive(Clone, Debug, PartialEq)]
pub struct Edition {
    /// The number as written.
    pub number: Rational,
    /// The whole line.
    pub span: Span,
}

/// A name as written, in normal form C and without back-ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The text, never empty.
    pub text: String,
    /// Where it stands, back-ticks included.
    pub span: Span,
}

/// One item of a file or of a block.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `use std.packaging`, `use "./other.line" as other`.
    Use(Use),
    /// `flow a -> b`.
    Flow(Flow),
    /// `expect output: throughput(out) >= 5 /h`.
    Expect(Expect),
    /// `word NAME …`.
    Declaration(Declaration),
    /// `key: value`, or a bare `key` (a target of `first_free { a, b }`, `run { … }`).
    Entry(Entry),
    /// Text that was skipped; a diagnostic says why. What this block declares is not fully known.
    Error(Span),
}

impl Item {
    /// The span of the whole item.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Item::Use(x) => x.span,
            Item::Flow(x) => x.span,
            Item::Expect(x) => x.span,
            Item::Declaration(x) => x.span,
            Item::Entry(x) => x.span,
            Item::Error(span) => *span,
        }
    }
}

/// `use std.packaging as p`.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// What is used.
    pub target: UseTarget,
    /// The name behind `as`.
    pub alias: Option<Name>,
    /// The whole item.
    pub span: Span,
}

/// What `use` names.
#[derive(Clone, Debug, PartialEq)]
pub enum UseTarget {
    /// A path of names, at least one: `std.packaging`.
    Path(Vec<Name>),
    /// A file: `"./other.line"`.
    File(Text),
}

/// The text between quotation marks, escapes resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands, quotation marks included.
    pub span: Span,
}

/// `flow a -> b -> c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// The word `flow`.
    pub word: Span,
    /// The chain; a lone expression without a link is possible here and for `sema` to judge.
    pub chain: Chain,
    /// The whole item.
    pub span: Span,
}

/// `expect [name:] phrase`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// The word `expect`.
    pub word: Span,
    /// The name of the expectation.
    pub name: Option<Name>,
    /// What is expected.
    pub phrase: Phrase,
    /// The comment `/// …` above it.
    pub doc: Option<Text>,
    /// The whole item.
    pub span: Span,
}

/// `word NAME [index] (params) : phrase = phrase { block }`, each part after the name optional.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The first word: `station`, `item`, `in`, `param`, …, known to the language or not.
    pub word: Name,
    /// What is declared.
    pub name: Name,
    /// `[9]` behind the name.
    pub indices: Vec<Expr>,
    /// `(cycle: time, mtbf: time = 20 h)`; `None` when there are no parentheses.
    pub params: Option<Vec<Param>>,
    /// What follows `:`.
    pub phrase: Option<Phrase>,
    /// What follows `=`.
    pub value: Option<Phrase>,
    /// What stands in braces.
    pub block: Option<Block>,
    /// The comment `/// …` above it.
    pub doc: Option<Text>,
    /// The whole declaration.
    pub span: Span,
}

/// One parameter of a cell or function.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: Phrase,
    /// What follows `=`.
    pub default: Option<Phrase>,
    /// The whole parameter.
    pub span: Span,
}

/// The items between the braces of a declaration.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The items in the order written.
    pub items: Vec<Item>,
    /// From `{` to `}`.
    pub span: Span,
}

/// The entries between the braces of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The entries in the order written.
    pub entries: Vec<Entry>,
    /// True when some entry could not be read (a diagnostic says why): totals are not to be judged.
    pub incomplete: bool,
    /// From `{` to `}`.
    pub span: Span,
}

/// `key [: phrase] [= phrase]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// What follows `:`.
    pub phrase: Option<Phrase>,
    /// What follows `=` (`priority: count = 0`).
    pub default: Option<Phrase>,
    /// The comment `/// …` above it.
    pub doc: Option<Text>,
    /// The whole entry.
    pub span: Span,
}

/// What stands before the colon of an entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// Names, shares, setups, targets, `run { … }`: `machines`, `98.5 %`, `Sedan -> Wagon`.
    Chain(Chain),
    /// `mon..fri 06:00..22:00`, `break 09:00..09:15`.
    Hours {
        /// What stands before the hours.
        days: Expr,
        /// The hours.
        hours: Hours,
    },
    /// `if` and its condition.
    If {
        /// The word.
        word: Span,
        /// The condition.
        condition: Expr,
    },
    /// `for i in 1..499`.
    For {
        /// The word.
        word: Span,
        /// The loop's name.
        name: Name,
        /// What it runs over.
        over: Expr,
    },
    /// A reserved word as key: `rest`, `else`, `at`, `from`, `for`, `item`, `in`, …
    Word(Name),
}

impl Key {
    /// The span of the key.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Key::Chain(chain) => chain.span,
            Key::Hours { days, hours } => days.span.to(hours.span),
            Key::If { word, condition } => word.to(condition.span),
            Key::For { word, over, .. } => word.to(over.span),
            Key::Word(name) => name.span,
        }
    }

    /// The key as one word, when it is one: a plain name or a reserved word. Only [`Key::Word`] is the
    /// word of the language; a `Chain` with the text `rest` is a name that was written in back-ticks.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match self {
            Key::Chain(chain) => chain.as_expr().and_then(Expr::name),
            Key::Word(name) => Some(&name.text),
            _ => None,
        }
    }
}

/// `06:00..22:00`. An end before the begin runs over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Begin.
    pub from: Clock,
    /// Where the begin stands.
    pub from_span: Span,
    /// End.
    pub to: Clock,
    /// Where the end stands.
    pub to_span: Span,
    /// The whole.
    pub span: Span,
}

/// A time of day in seconds from midnight, 0 to 86,400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clock {
    /// Seconds from midnight.
    pub seconds: u32,
}

/// A day of the Gregorian calendar that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year, 0 to 9999.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day, 1 to 31.
    pub day: u8,
}

/// A value with what may follow it: `120 /h during two_shift at warehouse`, `mon..fri 06:00..14:00`.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// The value.
    pub chain: Chain,
    /// Hours directly behind the value.
    pub hours: Option<Hours>,
    /// `at x`, `from x`, `to x`, `during x`, `step x`, in the order written.
    pub tails: Vec<Tail>,
    /// The whole.
    pub span: Span,
}

impl Phrase {
    /// The phrase as one expression, when it is nothing more.
    #[must_use]
    pub fn as_expr(&self) -> Option<&Expr> {
        if self.hours.is_some() || !self.tails.is_empty() {
            return None;
        }
        self.chain.as_expr()
    }

    /// The chain behind the first tail with this preposition.
    #[must_use]
    pub fn tail(&self, preposition: Preposition) -> Option<&Chain> {
        self.tails.iter().find(|t| t.preposition == preposition).map(|t| &t.chain)
    }

    /// True when a bad value stands anywhere at the top of the phrase.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.chain.is_error() || self.tails.iter().any(|t| t.chain.is_error())
    }
}

/// A preposition and its chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    /// Which preposition.
    pub preposition: Preposition,
    /// Where the preposition stands.
    pub word: Span,
    /// What follows it.
    pub chain: Chain,
}

/// The words that may follow a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Preposition {
    /// `at`
    At,
    /// `from`
    From,
    /// `to`
    To,
    /// `during`
    During,
    /// `step`
    Step,
}

impl Preposition {
    /// The word as written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Preposition::At => "at",
            Preposition::From => "from",
            Preposition::To => "to",
            Preposition::During => "during",
            Preposition::Step => "step",
        }
    }
}

/// `[link] expr { link expr }`. Most chains are one expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// A link before the first expression (`rest: -[3]-> b`).
    pub lead: Option<Link>,
    /// The first expression.
    pub first: Expr,
    /// The further steps.
    pub steps: Vec<Step>,
    /// The whole.
    pub span: Span,
}

impl Chain {
    /// The chain as one expression, when it has no link.
    #[must_use]
    pub fn as_expr(&self) -> Option<&Expr> {
        (self.lead.is_none() && self.steps.is_empty()).then_some(&self.first)
    }

    /// The expressions in order.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        std::iter::once(&self.first).chain(self.steps.iter().map(|s| &s.expr))
    }

    /// True when one of its expressions is a bad value.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.exprs().any(Expr::is_error)
    }
}

/// A link and the expression behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The link.
    pub link: Link,
    /// What it leads to.
    pub expr: Expr,
}

/// What stands between two expressions of a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Its kind.
    pub kind: LinkKind,
    /// Where it stands.
    pub span: Span,
}

/// The three kinds of links.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkKind {
    /// `->`
    Arrow,
    /// `<->`
    Symmetric,
    /// `-[5, 8 s]->`
    Arguments(Vec<Argument>),
}

/// `[name:] phrase` in a call or link.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The name before the colon (a reserved word is possible: `during: two_shift`).
    pub name: Option<Name>,
    /// The value.
    pub value: Phrase,
    /// The whole.
    pub span: Span,
}

/// An expression with its span.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

impl Expr {
    /// The name, when the expression is a plain name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Name(text) => Some(text),
            _ => None,
        }
    }

    /// The expression inside any parentheses.
    #[must_use]
    pub fn peeled(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Group(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }

    /// True for a bad value whose diagnostic is already given.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self.peeled().kind, ExprKind::Error)
    }
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `60`, `1.8 s`, `98.5 %`, `12 Bottle`, `1 mechanics`.
    Quantity(Quantity),
    /// `06:00`
    Clock(Clock),
    /// `2026-11-23`, `2026-01-05 05:00`
    Date {
        /// The day.
        date: Date,
        /// The time of that day.
        clock: Option<Clock>,
    },
    /// `"file.csv"`, escapes resolved.
    String(String),
    /// `true`, `false`
    Bool(bool),
    /// `now`
    Now,
    /// `item`
    Item,
    /// A name.
    Name(String),
    /// `-x`, `not x`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Where it stands.
        op_span: Span,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `a + b`, `a <= b`, `a in b`, `a and b`, `a ^ 2`, …
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where it stands.
        op_span: Span,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `a..b`
    Range {
        /// Begin.
        from: Box<Expr>,
        /// End, included.
        to: Box<Expr>,
    },
    /// `s[1]`
    Index {
        /// What is indexed.
        base: Box<Expr>,
        /// The index.
        index: Box<Expr>,
    },
    /// `item.size`
    Member {
        /// What has the member.
        base: Box<Expr>,
        /// The member (a reserved word is possible: `item.step`).
        member: Name,
    },
    /// `normal(1.8 s, 0.1 s)`, `lathe(3 min, needs: 1 fitters)`
    Call {
        /// What is called: a name in all well-meant text.
        function: Box<Expr>,
        /// The arguments in the order written.
        arguments: Vec<Argument>,
    },
    /// `first_free { a, b }`, `run { for: 30 d }`
    NamedTable {
        /// The word before the table.
        name: Name,
        /// The table.
        table: Table,
    },
    /// `{ 70 %: 2 s, rest: 5 s }`
    Table(Table),
    /// `[a, b]`
    List(Vec<Phrase>),
    /// `(a + b)`
    Group(Box<Expr>),
    /// `...`
    Ellipsis,
    /// `?`
    Unknown,
    /// A bad value; its diagnostic is already given.
    Error,
}

/// A number with what stands directly behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// The number exactly as written (`98.5`, before any unit is applied).
    pub number: Rational,
    /// Where the number stands.
    pub number_span: Span,
    /// The unit (`s`, `/h`, `kg/m^3`, `%`) or the counted name (`Bottle`, `mechanics`, `Case/h`):
    /// the grammar cannot tell them apart.
    pub unit: Option<Unit>,
}

/// What stands directly behind a number on its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Canonical text: typography rewritten (`·` to `*`, `²` to `^2`), names in normal form C;
    /// back-ticks stay. Fit for `units::parse_unit`.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl Unit {
    /// The unit as one plain name (no `/`, `*`, `^`, `%`), back-ticks removed: what a count such as
    /// `12 Bottle` counts.
    #[must_use]
    pub fn counted(&self) -> Option<&str> {
        if let Some(quoted) = self.text.strip_prefix('`') {
            return quoted.strip_suffix('`').filter(|inner| !inner.contains('`'));
        }
        let plain = self.text.chars().all(|c| !matches!(c, '/' | '*' | '^' | '%' | '`'));
        plain.then_some(self.text.as_str())
    }
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnaryOp {
    /// `-`
    Minus,
    /// `not`
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BinaryOp {
    /// `|`, between the names of the values of an attribute.
    Alternative,
    /// `or`
    Or,
    /// `and`
    And,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^`; the right side is a number, perhaps with a minus.
    Power,
}

impl UnaryOp {
    /// The operator as written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            UnaryOp::Minus => "-",
            UnaryOp::Not => "not",
        }
    }
}

impl BinaryOp {
    /// The operator as written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Alternative => "|",
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::In => "in",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Power => "^",
        }
    }
}
