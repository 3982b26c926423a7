//! What names of values stand for: `param`, `let`, parameters of cells, and functions, which are
//! written out where they are called.

use crate::base::{Dim, Quantity, Rational, Span, limits, names, units};
use crate::diag::{Diagnostic, codes};
use crate::ir::Expression;
use crate::syntax::tree::{Argument, BinaryOp, Declaration, Expr, ExprKind, Param, Phrase};

use super::line::Lower;
use super::scope::{Definition, Kind, Value};
use super::value::{Typed, size};

/// Most parts an expression may grow to.
const PARTS: usize = 10_000;

impl<'a> Lower<'a> {
    /// A value by its index; each mention of a distribution draws afresh.
    pub(super) fn value_of(&mut self, index: usize, span: Span) -> Option<Typed> {
        if let Some(known) = self.values.get(&index) {
            return known.clone();
        }
        let value = *self.scope.values.get(index)?;
        if self.evaluating.contains(&index) || self.evaluating.len() > limits::NESTING {
            self.push(
                Diagnostic::new(codes::CIRCULAR_VALUE, span, format!("`{}` is defined by itself", value.name))
                    .with(value.span, "declared here"),
            );
            return None;
        }
        self.evaluating.push(index);
        let locals = std::mem::take(&mut self.locals);
        let before = self.scope.enter(value.frame);
        let result = self.defined(&value);
        self.scope.enter(before);
        self.locals = locals;
        self.evaluating.pop();
        self.values.insert(index, result.clone());
        result
    }

    /// The name a value has from outside: `space`, `weld[2].cycle`.
    pub(super) fn outside_name(&self, value: &Value<'a>) -> String {
        let prefix = self.scope.get(value.frame).map_or("", |f| f.prefix.as_str());
        format!("{prefix}{}", value.name)
    }

    /// Whether a value may be set from outside: a `param`, or a parameter of a placed cell.
    fn is_parameter(value: &Value<'a>) -> bool {
        match value.from {
            Definition::Declared(d) => d.word.text == "param",
            Definition::Given(..) | Definition::Default(..) => true,
        }
    }

    /// All names of values, seen from outside. Of those that are no parameters it is told where they are declared.
    pub(super) fn parameters(&self) -> Vec<String> {
        self.scope.values.iter().map(|v| self.outside_name(v)).collect()
    }

    /// Names of what can be set from outside.
    pub(super) fn settable(&self) -> Vec<String> {
        self.scope.values.iter().filter(|v| Self::is_parameter(v)).map(|v| self.outside_name(v)).collect()
    }

    fn defined(&mut self, value: &Value<'a>) -> Option<Typed> {
        let (phrase, kind, seen) = match value.from {
            Definition::Declared(d) => {
                let Some(phrase) = &d.value else {
                    self.push(
                        Diagnostic::new(codes::MISSING_FIELD, value.span, format!("`{}` has no value", value.name))
                            .help(match d.word.text.as_str() {
                                "let" => format!("write `let {} = 30 s`", value.name),
                                _ => format!("write `param {}: time = 30 s`, or another kind and value", value.name),
                            }),
                    );
                    return None;
                };
                (phrase, d.phrase.as_ref().and_then(Phrase::as_expr), value.frame)
            }
            Definition::Given(param, phrase, frame) => (phrase, param.kind.as_expr(), frame),
            Definition::Default(param, phrase) => (phrase, param.kind.as_expr(), value.frame),
        };
        // `= 20 in 1..200` parses as a comparison with a range.
        let whole = match phrase.as_expr() {
            Some(expr) => expr,
            None if phrase.is_error() => return None,
            None => return self.wrong_value(phrase.span, "one value is due here"),
        };
        let (expr, range) = match &whole.kind {
            ExprKind::Binary { op: BinaryOp::In, left, right, .. } => (&**left, Some(&**right)),
            _ => (whole, None),
        };
        if let (Definition::Given(..), Some(frame)) = (value.from, self.scope.get(value.frame)) {
            self.locals.extend(frame.indices.iter().cloned());
        }
        let before = self.scope.enter(seen);
        if let (ExprKind::List(list), Definition::Declared(d)) = (&expr.peeled().kind, value.from)
            && d.word.text == "let"
        {
            self.check_list(list);
            self.scope.enter(before);
            return None;
        }
        let due = std::mem::take(&mut self.due);
        let found = self.evaluate(expr);
        self.due = due;
        self.scope.enter(before);
        self.locals.clear();
        let mut typed = found?;
        if size(&typed.value) > PARTS {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, expr.span, "the value grows to more than 10,000 parts"));
            return None;
        }
        if let Some(kind) = kind {
            self.check_kind(kind, &typed, expr.span)?;
        }
        let name = self.outside_name(value);
        let mut set = None;
        if let Some(text) = self.given_for(&name) {
            if Self::is_parameter(value) {
                if let Some(other) = self.set_value(text, &typed, value, &name) {
                    typed = other;
                    set = Some(text);
                }
            } else {
                self.push(
                    Diagnostic::new(codes::BAD_SETTING, value.span, format!("`{name}` is no parameter"))
                        .help("only a `param` can be set from outside; change `let` to `param`"),
                );
            }
        }
        if let (Some(range), Expression::Constant(q)) = (range, &typed.value) {
            let q = q.clone();
            let found = self.diagnostics.len();
            self.check_range(range, &q, expr.span, &name, set);
            // What a value outside of its range would do elsewhere is no mistake of its own.
            if self.diagnostics.len() > found {
                return None;
            }
        }
        Some(typed)
    }

    fn check_kind(&mut self, kind: &'a Expr, value: &Typed, span: Span) -> Option<()> {
        kind.name()?;
        let wanted = self.kind_named(kind)?;
        // A count may be used for a share and the other way round: both are bare numbers.
        if wanted.exponents != value.dim.exponents {
            self.wrong_dimension("this value", wanted, value.dim, span);
            if let Some(d) = self.diagnostics.pop() {
                self.push(d.with(kind.span, "declared here"));
            }
            return None;
        }
        Some(())
    }

    /// The dimension of a kind of value: `time`, `count`, `yes_no`.
    pub fn kind_named(&mut self, kind: &'a Expr) -> Option<Dim> {
        let name = kind.name().unwrap_or_default();
        let known = KINDS.iter().find(|(n, _)| *n == name).map(|(_, dim)| *dim);
        if known.is_none() {
            let all: Vec<&str> = KINDS.iter().map(|(n, _)| *n).collect();
            let d = Diagnostic::new(codes::WRONG_VALUE, kind.span, format!("there is no kind of value `{name}`"));
            self.push(match names::nearest(name, all.iter().copied()) {
                Some(near) => d.fix(format!("write `{near}`"), kind.span, near),
                None => d.help(format!("kinds are {}", super::fields::list(&all))),
            });
        }
        known
    }

    /// Holds a parameter against its range. `set` is the text it was set to from outside.
    fn check_range(&mut self, range: &'a Expr, q: &Quantity, span: Span, name: &str, set: Option<&str>) {
        let ExprKind::Range { from, to } = &range.peeled().kind else {
            let _: Option<()> = self.wrong_value(range.span, "`in` is followed by a range: `in 1..200`");
            return;
        };
        let (Some(low), Some(high)) = (self.evaluate(from), self.evaluate(to)) else { return };
        let (Expression::Constant(low), Expression::Constant(high)) = (&low.value, &high.value) else { return };
        // `1..110 /h`: a bare beginning takes the unit of the end.
        let mut low = low.clone();
        if let (ExprKind::Quantity(a), ExprKind::Quantity(b)) = (&from.kind, &to.kind)
            && let (None, Some(unit)) = (&a.unit, &b.unit)
            && let Ok((factor, _)) = units::parse_unit(&unit.text, &|_| false)
        {
            low = Quantity { value: low.value * factor.value, dim: factor.dim };
        }
        if low.dim != q.dim || high.dim != q.dim {
            self.push(
                Diagnostic::new(
                    codes::WRONG_DIMENSION,
                    range.span,
                    format!(
                        "`{name}` is a {}, its range is a {}",
                        q.dim,
                        if low.dim == q.dim { high.dim } else { low.dim }
                    ),
                )
                .help("give the range in the unit of the value"),
            );
            return;
        }
        if low.value > high.value {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, range.span, format!("the range of `{name}` is empty")));
            return;
        }
        if q.value >= low.value && q.value <= high.value {
            return;
        }
        let shown = self.text(range.span);
        self.push(match set {
            Some(text) => Diagnostic::new(
                codes::BAD_SETTING,
                range.span,
                format!("`{name}` cannot be set to `{text}`: its range is {shown}"),
            ),
            None => Diagnostic::new(codes::OUT_OF_RANGE, span, format!("`{name}` lies outside its own range"))
                .with(range.span, "the range"),
        });
    }

    /// Evaluates every value, used or not, so that mistakes in it are told.
    pub(super) fn evaluate_values(&mut self) {
        for index in 0..self.scope.values.len() {
            let Some(value) = self.scope.values.get(index).copied() else { continue };
            if !self.values.contains_key(&index) {
                self.in_frame(value.frame, |lower| {
                    let _ = lower.value_of(index, value.span);
                });
            }
        }
        for (function, frame) in self.scope.functions.clone() {
            self.in_frame(frame, |lower| lower.check_function(function));
        }
    }

    // ---- functions ----

    /// What can be said of a function that is perhaps never called.
    fn check_function(&mut self, d: &'a Declaration) {
        let params = d.params.as_deref().unwrap_or_default();
        let mut seen: Vec<&Param> = Vec::new();
        for param in params {
            if let Some(first) = seen.iter().find(|p| p.name.text == param.name.text) {
                self.push(
                    Diagnostic::new(
                        codes::DUPLICATE_NAME,
                        param.name.span,
                        format!("`{}` is declared twice", param.name.text),
                    )
                    .with(first.name.span, "first declared here"),
                );
            }
            seen.push(param);
            if let Some(kind) = param.kind.as_expr() {
                let _ = self.kind_named(kind);
            }
        }
        if d.value.is_none() {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, d.name.span, format!("function `{}` has no value", d.name.text))
                    .help(format!("write `fn {}(x: time) = 2 * x`", d.name.text)),
            );
        }
    }

    /// A call of a function: its formula with the arguments written in.
    pub(super) fn call_function(&mut self, index: usize, arguments: &'a [Argument], span: Span) -> Option<Typed> {
        let (d, frame) = self.scope.functions.get(index).copied()?;
        if self.calling.contains(&index) || self.calling.len() > limits::NESTING {
            let round: Vec<String> = self
                .calling
                .iter()
                .filter_map(|i| self.scope.functions.get(*i))
                .map(|(d, _)| format!("`{}`", d.name.text))
                .collect();
            self.push(
                Diagnostic::new(codes::CIRCULAR_VALUE, span, format!("function `{}` calls itself", d.name.text))
                    .with(d.name.span, "declared here")
                    .note(format!("{} calls `{}`", round.join(" calls "), d.name.text))
                    .help("a function is a formula that is written out where it is called"),
            );
            return None;
        }
        let params = d.params.as_deref().unwrap_or_default();
        let given = self.match_arguments(params, arguments, &d.name.text, "function", span)?;
        let mut locals: Vec<(String, Typed)> = Vec::new();
        let mut good = true;
        for (param, phrase) in params.iter().zip(given) {
            let typed = match phrase {
                Some(phrase) => {
                    let typed = self.evaluate_phrase(phrase);
                    typed.map(|t| (t, phrase.span))
                }
                // A default may name the parameters before it.
                None => param.default.as_ref().and_then(|phrase| {
                    let typed = self.within_function(frame, &locals, |lower| lower.evaluate_phrase(phrase));
                    typed.map(|t| (t, phrase.span))
                }),
            };
            let Some((typed, at)) = typed else {
                good = false;
                continue;
            };
            if let Some(kind) = param.kind.as_expr() {
                good &= self.check_kind(kind, &typed, at).is_some();
            }
            locals.push((param.name.text.clone(), typed));
        }
        let body = d.value.as_ref().filter(|p| good && !p.is_error())?;
        self.calling.push(index);
        let result = self.within_function(frame, &locals, |lower| lower.evaluate_phrase(body));
        self.calling.pop();
        let result = result?;
        if size(&result.value) > PARTS {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, span, "the value grows to more than 10,000 parts"));
            return None;
        }
        if let Some(kind) = d.phrase.as_ref().and_then(Phrase::as_expr) {
            self.check_kind(kind, &result, body.span)?;
        }
        Some(result)
    }

    fn within_function<R>(
        &mut self,
        frame: super::scope::FrameId,
        locals: &[(String, Typed)],
        work: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let outer = std::mem::replace(&mut self.locals, locals.to_vec());
        let before = self.scope.enter(frame);
        let result = work(self);
        self.scope.enter(before);
        self.locals = outer;
        result
    }

    /// The argument of each parameter; `None` where the default counts.
    pub(super) fn match_arguments(
        &mut self,
        params: &'a [Param],
        arguments: &'a [Argument],
        name: &str,
        what: &str,
        span: Span,
    ) -> Option<Vec<Option<&'a Phrase>>> {
        let usage = || {
            let list: Vec<String> = params
                .iter()
                .map(|p| {
                    let kind = self.files.slice(p.kind.span);
                    let default =
                        p.default.as_ref().map_or(String::new(), |d| format!(" = {}", self.files.slice(d.span)));
                    format!("{}: {kind}{default}", p.name.text)
                })
                .collect();
            format!("{what} `{name}` is declared as `{name}({})`", list.join(", "))
        };
        // A parameter that could not be read is told where it stands.
        if self.broken && params.is_empty() {
            self.holes = true;
            return None;
        }
        if let Some((second, first)) = twice(params) {
            self.push(
                Diagnostic::new(codes::DUPLICATE_NAME, second.span, format!("`{}` is declared twice", second.text))
                    .with(first.span, "first declared here")
                    .help("give one of the parameters another name"),
            );
            return None;
        }
        let mut places: Vec<Option<&Argument>> = vec![None; params.len()];
        let mut found = Vec::new();
        for (i, argument) in arguments.iter().enumerate() {
            let index = match &argument.name {
                None => Some(i).filter(|i| *i < params.len()),
                Some(wanted) => params.iter().position(|p| p.name.text == wanted.text),
            };
            let at = argument.name.as_ref().map_or(argument.span, |n| n.span);
            match index.and_then(|i| places.get_mut(i)) {
                Some(place) => match place {
                    None => *place = Some(argument),
                    Some(first) => {
                        let given = index.and_then(|i| params.get(i)).map_or("", |p| p.name.text.as_str());
                        found.push(
                            Diagnostic::new(codes::WRONG_ARGUMENTS, at, format!("`{given}` is given twice"))
                                .with(first.span, "first given here")
                                .help("keep one of the two"),
                        );
                    }
                },
                None => {
                    let d = match &argument.name {
                        Some(wanted) => {
                            let d = Diagnostic::new(
                                codes::WRONG_ARGUMENTS,
                                at,
                                format!("{what} `{name}` has no parameter `{}`", wanted.text),
                            );
                            match names::nearest(&wanted.text, params.iter().map(|p| p.name.text.as_str())) {
                                Some(near) => d.fix(format!("write `{near}`"), at, near),
                                None => d,
                            }
                        }
                        None => Diagnostic::new(
                            codes::WRONG_ARGUMENTS,
                            at,
                            match params.len() {
                                1 => format!("{what} `{name}` has one parameter, this is one more"),
                                n => format!("{what} `{name}` has {n} parameters, this is one more"),
                            },
                        ),
                    };
                    found.push(d.note(usage()));
                }
            }
        }
        let missing: Vec<String> = params
            .iter()
            .zip(&places)
            .filter(|(p, place)| p.default.is_none() && place.is_none())
            .map(|(p, _)| format!("`{}`", p.name.text))
            .collect();
        if !missing.is_empty() && found.is_empty() {
            let list = missing.join(" and ");
            found.push(
                Diagnostic::new(codes::WRONG_ARGUMENTS, span, format!("{what} `{name}` needs {list}")).note(usage()),
            );
        }
        if !found.is_empty() {
            self.diagnostics.extend(found);
            return None;
        }
        Some(places.into_iter().map(|p| p.map(|a| &a.value)).collect())
    }

    /// Complains about what is declared and never used. What other files share is theirs to answer for.
    pub(super) fn unused(&mut self) {
        if self.holes || self.diagnostics.iter().any(|d| d.severity == crate::diag::Severity::Error) {
            return;
        }
        let mut found: Vec<Diagnostic> = Vec::new();
        let main = (0..self.scope.size())
            .map(super::scope::FrameId)
            .find(|f| self.scope.get(*f).is_some_and(|f| f.kind == Kind::Main));
        if let Some(main) = main.filter(|_| self.only_line) {
            // All names that a file brings have the span of its `use`.
            let mut brought: Vec<(Span, bool)> = Vec::new();
            for (_, entry) in self.scope.names_of(main).filter(|(_, e)| e.alias.is_some()) {
                match brought.iter_mut().find(|(span, _)| *span == entry.span) {
                    Some((_, used)) => *used |= entry.used.get(),
                    None => brought.push((entry.span, entry.used.get())),
                }
            }
            for (span, _) in brought.into_iter().filter(|(_, used)| !used) {
                let d = Diagnostic::new(codes::UNUSED, span, "nothing of this file is used");
                found.push(d.help("remove this `use`, or mention what it gives"));
            }
        }
        for frame in (0..self.scope.size()).map(super::scope::FrameId) {
            if self.scope.get(frame).is_some_and(|f| f.kind == Kind::Used) {
                continue;
            }
            for (name, entry) in self.scope.names_of(frame).filter(|(_, e)| !e.used.get() && e.alias.is_none()) {
                use super::scope::Meaning;
                let what = match entry.meaning {
                    // An only item is made by every source without saying so.
                    Meaning::Item(_) if self.plant.items.len() == 1 => continue,
                    Meaning::Item(_) => "item",
                    Meaning::Pool(_) | Meaning::Pools(..) => "crew or tool",
                    Meaning::Value(_) => "value",
                    Meaning::Function(_) => "function",
                    Meaning::Cell(_) => "cell",
                    _ => continue,
                };
                // A cell that is placed twice is one text.
                if found.iter().any(|d| d.primary.span == entry.span) {
                    continue;
                }
                let how = if what == "cell" { "placed" } else { "used" };
                let message = format!("the {what} `{name}` is never {how}");
                found.push(Diagnostic::new(codes::UNUSED, entry.span, message));
            }
        }
        self.diagnostics.extend(found);
    }
}

/// The first two parameters of one name: the second and the first.
fn twice(params: &[Param]) -> Option<(&crate::syntax::tree::Name, &crate::syntax::tree::Name)> {
    let mut earlier = params.iter().enumerate().filter_map(|(i, p)| {
        let first = params.iter().take(i).find(|q| q.name.text == p.name.text)?;
        Some((&p.name, &first.name))
    });
    earlier.next()
}

/// A plain number.
pub(super) fn number(n: u64) -> Typed {
    Typed::constant(Quantity { value: Rational::from(n), dim: Dim::NUMBER })
}

/// Kinds of values and their dimensions.
const KINDS: [(&str, Dim); 16] = [
    ("time", Dim::TIME),
    ("length", Dim::LENGTH),
    ("mass", Dim::MASS),
    ("volume", Dim::VOLUME),
    ("energy", Dim::ENERGY),
    ("power", Dim::POWER),
    ("money", Dim::MONEY),
    ("angle", Dim::ANGLE),
    ("temperature", Dim::TEMPERATURE),
    ("rate", Dim::RATE),
    ("speed", Dim::SPEED),
    ("count", Dim::NUMBER),
    ("number", Dim::NUMBER),
    ("ratio", Dim::RATIO),
    ("share", Dim::RATIO),
    ("yes_no", Dim::NUMBER),
];
