//! What names with members and indices stand for: `s[3]`, `weld[2].robot`, `grid[2][3]`.

use crate::base::Span;
use crate::diag::{Diagnostic, codes};
use crate::ir::NodeId;
use crate::syntax::tree::{Expr, ExprKind, Key, Table};

use super::line::Lower;
use super::scope::{FrameId, Meaning, member};
use super::way::Binding;

impl<'a> Lower<'a> {
    /// What an expression of names, members and indices stands for; `None` has been complained about.
    /// `fits` says which names to offer when one is unknown.
    pub(super) fn meaning_of(&mut self, expr: &'a Expr, what: &str, fits: fn(Meaning) -> bool) -> Option<Meaning> {
        let found = match &expr.kind {
            ExprKind::Group(inner) => return self.meaning_of(inner, what, fits),
            ExprKind::Name(name) => match self.scope.find(name) {
                Some(found) => Some(found),
                None => {
                    let d = self.scope.unknown(name, expr.span, what, fits);
                    self.push(d);
                    None
                }
            },
            ExprKind::Member { base, member } => {
                let owner = self.meaning_of(base, "place", |m| matches!(m, Meaning::Place(_) | Meaning::Places(..)))?;
                let shown = self.text(base.span);
                match owner {
                    Meaning::Place(frame) => self.inside(frame, &shown, &member.text, member.span),
                    Meaning::Places(_, size) => {
                        self.push(
                            Diagnostic::new(codes::WRONG_KIND_OF_NAME, base.span, format!("`{shown}` is an array"))
                                .help(format!("name one of its {size} members, such as `{shown}[1]`")),
                        );
                        None
                    }
                    other => {
                        self.push(Diagnostic::new(
                            codes::WRONG_KIND_OF_NAME,
                            base.span,
                            format!("`{shown}` is {}, which has no `{}`", other.kind(), member.text),
                        ));
                        None
                    }
                }
            }
            ExprKind::Index { .. } => self.indexed(expr),
            ExprKind::Error => None,
            _ => {
                self.push(Diagnostic::new(codes::WRONG_VALUE, expr.span, format!("the name of a {what} is due here")));
                None
            }
        };
        if let (Some(Meaning::Other), "cell", Some(name)) = (found, what, expr.name()) {
            self.declared_as_another(name, expr.span, "a cell", &["cell"]);
        }
        found.filter(|m| *m != Meaning::Other)
    }

    /// What a name inside a placed cell stands for, without a word where it stands for nothing.
    pub(super) fn quietly(&mut self, expr: &'a Expr) -> Option<Meaning> {
        let told = self.diagnostics.len();
        let found = self.meaning_of(expr, "node", |m| matches!(m, Meaning::Node(_)));
        self.diagnostics.truncate(told);
        found
    }

    /// A name inside a placed cell.
    fn inside(&mut self, frame: FrameId, shown: &str, name: &str, span: Span) -> Option<Meaning> {
        if let Some(found) = self.scope.find_in(frame, name) {
            return Some(found);
        }
        let known: Vec<&str> = self.scope.names_of(frame).map(|(n, _)| n).collect();
        let d = Diagnostic::new(codes::UNKNOWN_NAME, span, format!("`{shown}` has no `{name}`"));
        let d = match crate::base::names::nearest(name, known.iter().copied()) {
            Some(near) => d.fix(format!("write `{near}`"), span, near),
            None => d.help(format!("it has {}", super::fields::list(&known))),
        };
        self.push(d);
        None
    }

    /// A member of an array: `s[3]`, `grid[2][3]`.
    fn indexed(&mut self, expr: &'a Expr) -> Option<Meaning> {
        let mut base = expr;
        let mut indices = Vec::new();
        while let ExprKind::Index { base: inner, index } = &base.kind {
            indices.push(&**index);
            base = inner;
        }
        indices.reverse();
        if indices.iter().any(|i| matches!(i.kind, ExprKind::Error)) {
            return None;
        }
        let shown = self.text(base.span);
        let array = self.meaning_of(base, "array", |m| {
            matches!(m, Meaning::Array(..) | Meaning::Pools(..) | Meaning::Places(..))
        })?;
        let size = match array {
            Meaning::Array(_, size) | Meaning::Pools(_, size) | Meaning::Places(_, size) => size,
            other => {
                let text = format!("`{shown}` is {}, not an array", other.kind());
                let mut d = Diagnostic::new(codes::WRONG_KIND_OF_NAME, base.span, text);
                if matches!(other, Meaning::Node(_)) {
                    let places: Vec<String> = indices.iter().map(|i| self.text(i.span)).collect();
                    d = d.help(format!("places stand on an arrow: `{shown} -[{}]-> …`", places.join(", ")));
                }
                self.push(d);
                return None;
            }
        };
        let shape = self.scope.shape(array).unwrap_or_else(|| vec![size]);
        if indices.len() != shape.len() {
            let forms: Vec<String> = shape.iter().map(|n| format!("[1..{n}]")).collect();
            self.push(
                Diagnostic::new(
                    codes::WRONG_KIND_OF_NAME,
                    expr.span,
                    format!("`{shown}` has {} dimensions, {} are given", shape.len(), indices.len()),
                )
                .help(format!("its members are `{shown}{}`", forms.join(""))),
            );
            return None;
        }
        let mut offset = 0u64;
        for (index, size) in indices.into_iter().zip(&shape) {
            let number = self.index(index)?;
            let Some(at) = u64::try_from(number).ok().filter(|n| (1..=*size).contains(n)) else {
                let (first, last): (Vec<String>, Vec<String>) =
                    shape.iter().map(|n| ("[1]".to_string(), format!("[{n}]"))).unzip();
                let at = if shape.len() == 1 { format!("`{shown}[{number}]`") } else { format!("index {number}") };
                self.push(Diagnostic::new(codes::OUT_OF_RANGE, index.span, format!("{at} does not exist")).help(
                    format!("`{shown}` has the members `{shown}{}` to `{shown}{}`", first.join(""), last.join("")),
                ));
                return None;
            };
            offset = offset * size + at - 1;
        }
        member(array, offset + 1)
    }

    /// A whole number that counts members.
    pub(super) fn index(&mut self, expr: &'a Expr) -> Option<i64> {
        use num_traits::ToPrimitive;
        if let ExprKind::Range { to, .. } = &expr.peeled().kind {
            let last = self.text(to.span);
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, expr.span, "an index is one number")
                    .help(format!("a declaration says how many there are, `[{last}]`; a loop names one after the other, `for i in 1..{last}: s[i] -> out`")),
            );
            return None;
        }
        let typed = self.evaluate(expr)?;
        let whole = match &typed.value {
            crate::ir::Expression::Constant(q) if q.dim == crate::base::Dim::NUMBER && q.value.is_int() => {
                q.value.trunc().to_i64()
            }
            _ => None,
        };
        if whole.is_none() {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, expr.span, "an index is a whole number")
                    .help("members of an array count from 1"),
            );
        }
        whole
    }

    /// The node an expression names: `a`, `s[3]`, `weld[2].robot`.
    pub fn node_expr(&mut self, expr: &'a Expr, what: &str) -> Option<NodeId> {
        // `what` stands behind "the name of a" and behind "there is no".
        let what = what.strip_prefix("the name of ").unwrap_or(what);
        let what = what.strip_prefix("a ").unwrap_or(what);
        let fits = |m: Meaning| matches!(m, Meaning::Node(_) | Meaning::Array(..));
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Index { .. } | ExprKind::Member { .. } => {
                let meaning = self.meaning_of(expr, what, fits)?;
                let id = self.as_node(meaning, expr, what)?;
                if let Some(port) = self.port(id) {
                    let text = format!("`{}` is a port, which holds nothing", port.name);
                    self.push(
                        Diagnostic::new(codes::WRONG_KIND_OF_NAME, expr.span, text)
                            .help("name a node inside the cell, or the node behind the port"),
                    );
                    return None;
                }
                Some(id)
            }
            ExprKind::Group(inner) => self.node_expr(inner, what),
            ExprKind::Error => None,
            ExprKind::Call { function, .. } => {
                self.push(Diagnostic::new(codes::BAD_CHAIN, expr.span, "a flow names its nodes only").help(format!(
                    "times belong to the station; a `route` may say `{}(…)`",
                    function.name().unwrap_or("station")
                )));
                None
            }
            ExprKind::List(_) => {
                let d = Diagnostic::new(codes::BAD_CHAIN, expr.span, "the name of a node is due here");
                self.push(d.help("several ways are a branch or a rule: `first_free { a, b }`"));
                None
            }
            _ => {
                self.push(Diagnostic::new(codes::BAD_CHAIN, expr.span, "the name of a node is due here"));
                None
            }
        }
    }

    fn as_node(&mut self, meaning: Meaning, expr: &'a Expr, what: &str) -> Option<NodeId> {
        match meaning {
            Meaning::Node(id) => Some(id),
            Meaning::Array(..) | Meaning::Places(..) => {
                let shown = self.text(expr.span);
                self.push(
                    Diagnostic::new(codes::WRONG_KIND_OF_NAME, expr.span, format!("`{shown}` is an array"))
                        .help(format!("name one member, such as `{shown}[1]`")),
                );
                None
            }
            other => {
                let shown = self.text(expr.span);
                let wanted = format!("a {what}");
                self.wrong_kind(&shown, expr.span, other, &wanted);
                None
            }
        }
    }

    /// A stop of a flow: a node, a port, or a placed cell, an index reckoned with the loop's name.
    pub(super) fn stop(&mut self, expr: &'a Expr, binding: Option<Binding<'a>>) -> Option<Meaning> {
        if let Some(binding) = binding {
            self.locals.push((binding.name.to_string(), super::definition::number(binding.value)));
            let found = self.stop(expr, None);
            self.locals.pop();
            return found;
        }
        match &expr.kind {
            ExprKind::Group(inner) => self.stop(inner, None),
            ExprKind::Name(_) | ExprKind::Index { .. } | ExprKind::Member { .. } => {
                let fits = |m: Meaning| {
                    matches!(m, Meaning::Node(_) | Meaning::Array(..) | Meaning::Place(_) | Meaning::Places(..))
                };
                let meaning = self.meaning_of(expr, "node", fits)?;
                if let Meaning::Place(_) = meaning {
                    return Some(meaning);
                }
                let id = self.as_node(meaning, expr, "node")?;
                if inside_a_place(expr) && self.port(id).is_none() {
                    let shown = self.text(expr.span);
                    self.push(
                        Diagnostic::new(codes::BAD_CHAIN, expr.span, format!("`{shown}` lies inside a cell"))
                            .help("flows enter and leave a cell through its ports"),
                    );
                    return None;
                }
                Some(meaning)
            }
            _ => self.node_expr(expr, "node").map(Meaning::Node),
        }
    }

    /// Whether the keys of a table are names of items; a name may also stand for a share.
    pub(super) fn names_items(&self, table: &Table) -> bool {
        table.entries.iter().any(|e| match &e.key {
            Key::Chain(chain) => chain.as_expr().and_then(Expr::name).is_some_and(|name| {
                self.locals.iter().all(|(n, _)| n != name) && !matches!(self.scope.find(name), Some(Meaning::Value(_)))
            }),
            _ => false,
        })
    }
}

/// Whether an expression names something inside a place: `weld.robot`, `weld.robots[2]`.
fn inside_a_place(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Member { .. } => true,
        ExprKind::Index { base, .. } => inside_a_place(base),
        _ => false,
    }
}
