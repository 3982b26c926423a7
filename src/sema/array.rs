//! Arrays of declarations: how many members there are, what they are called, and the name an index may
//! have, `station s[i in 1..4] { cycle: i * 10 s }`, which stands for the number of each member in turn.
//!
//! Start reading at [`Lower::array_size`] and [`Lower::for_member`].

use crate::base::limits;
use crate::diag::{Diagnostic, codes};
use crate::syntax::tree::{BinaryOp, Declaration, Expr, ExprKind, Phrase};

use super::definition::number;
use super::line::Lower;
use super::scope::{Definition, FrameId, Meaning};
use super::value::Typed;

impl<'a> Lower<'a> {
    /// How many members a declaration has; 1 without an index.
    pub(super) fn array_size(&mut self, d: &'a Declaration) -> Option<u64> {
        self.index_names(d)?;
        let mut size = 1u64;
        for index in &d.indices {
            let number = self.dimension(d, index)?;
            let wanted = u64::try_from(number).ok().filter(|n| *n > 0);
            size = size.saturating_mul(wanted.unwrap_or(1));
            if wanted.is_none() || size > limits::MEMBERS {
                let count = if wanted.is_none() { number } else { i64::try_from(size).unwrap_or(i64::MAX) };
                let text = format!("`{}` cannot have {count} members", d.name.text);
                self.push(
                    Diagnostic::new(codes::OUT_OF_RANGE, index.span, text)
                        .help(format!("an array has 1 to {} members", limits::MEMBERS)),
                );
                return None;
            }
        }
        Some(size)
    }

    /// The number of members along one index: `4`, or of `i in 1..4`.
    fn dimension(&mut self, d: &'a Declaration, index: &'a Expr) -> Option<i64> {
        let ExprKind::Binary { op: BinaryOp::In, left, right, .. } = &index.kind else {
            if let ExprKind::Range { to, .. } = &index.kind {
                let (name, last) = (&d.name.text, self.text(to.span));
                let text = format!("`{name}` is declared with the number of its members");
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, index.span, text)
                        .fix(format!("write `{last}`"), index.span, &last)
                        .help(format!("members count from 1; with a name for the index: `{name}[i in 1..{last}]`")),
                );
                return None;
            }
            return self.index(index);
        };
        let name = left.name().unwrap_or("i");
        let ExprKind::Range { from, to } = &right.peeled().kind else {
            let shown = self.text(right.span);
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    right.span,
                    format!("`{name}` runs from 1 to the number of members"),
                )
                .fix(format!("write `1..{shown}`"), right.span, format!("1..{shown}")),
            );
            return None;
        };
        if self.index(from)? != 1 {
            let text = "members of an array count from 1";
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, from.span, text)
                    .help(format!("write `{name} in 1..N`, and reckon with `{name}` inside: `{name} + 5`")),
            );
            return None;
        }
        self.index(to)
    }

    /// The names that indices have in a declaration; `None` where an index has none.
    fn index_names(&mut self, d: &'a Declaration) -> Option<Vec<Option<&'a str>>> {
        let mut names: Vec<Option<&'a str>> = Vec::new();
        for index in &d.indices {
            let ExprKind::Binary { op: BinaryOp::In, left, .. } = &index.kind else {
                names.push(None);
                continue;
            };
            let Some(name) = left.name() else {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, left.span, "a name for the index is due here")
                        .help(format!("write `{}[i in 1..4]`", d.name.text)),
                );
                return None;
            };
            if names.contains(&Some(name)) {
                self.push(
                    Diagnostic::new(codes::DUPLICATE_NAME, left.span, format!("two indices are called `{name}`"))
                        .help("give each index a name of its own: `[row in 1..2][column in 1..3]`"),
                );
                return None;
            }
            names.push(Some(name));
        }
        Some(names)
    }

    /// Whether members differ: an index has a name that fields and arguments may mention.
    pub(super) fn differs_by_member(d: &Declaration) -> bool {
        d.indices.iter().any(|i| matches!(i.kind, ExprKind::Binary { op: BinaryOp::In, .. }))
    }

    /// The sizes of an array of several dimensions.
    pub(super) fn array_shape(&mut self, d: &'a Declaration) -> Vec<u64> {
        d.indices.iter().filter_map(|i| self.dimension(d, i)).filter_map(|n| u64::try_from(n).ok()).collect()
    }

    /// The names of a declaration's members: `s`, or `s[1]`, `s[2]`, …, the last index running first.
    pub(super) fn member_names(&mut self, d: &'a Declaration, size: u64) -> Vec<String> {
        let shape = self.array_shape(d);
        (0..size)
            .map(|i| {
                let tail: Vec<String> = indices(&shape, i).iter().map(|n| format!("[{n}]")).collect();
                format!("{}{}", d.name.text, tail.concat())
            })
            .collect()
    }

    /// The names of the indices with their values for a member, counted from 0.
    pub(super) fn member_values(&mut self, d: &'a Declaration, member: u64) -> Vec<(String, Typed)> {
        let shape = self.array_shape(d);
        let names = self.index_names(d).unwrap_or_default();
        let named = names.into_iter().zip(indices(&shape, member));
        named.filter_map(|(name, n)| Some((name?.to_string(), number(n)))).collect()
    }

    /// Reads something of one member, counted from 0; its indices may be mentioned. What was told of
    /// another member is not told again.
    pub(super) fn for_member<R>(&mut self, d: &'a Declaration, member: u64, read: impl FnOnce(&mut Self) -> R) -> R {
        let values = self.member_values(d, member);
        let (named, found) = (self.locals.len(), self.diagnostics.len());
        self.locals.extend(values);
        let result = read(self);
        self.locals.truncate(named);
        self.tell_once(found);
        result
    }

    /// Takes away findings from `found` on that say the same of the same text as one before.
    pub(super) fn tell_once(&mut self, found: usize) {
        for fresh in self.diagnostics.split_off(found) {
            let told = |other: &Diagnostic| other.code == fresh.code && other.primary.span == fresh.primary.span;
            if !self.diagnostics.iter().any(told) {
                self.push(fresh);
            }
        }
    }

    // ---- values from lists ----

    /// The values of a list, `[52 s, 61 s]` or the name of a `let`, and where they are seen from.
    fn list_of(&self, expr: &'a Expr) -> Option<(&'a [Phrase], Option<FrameId>)> {
        match &expr.peeled().kind {
            ExprKind::List(list) => Some((list, None)),
            ExprKind::Name(name) if self.locals.iter().all(|(n, _)| n != name) => match self.scope.find(name)? {
                Meaning::Value(index) => self.list_value(index),
                _ => None,
            },
            _ => None,
        }
    }

    /// The values of a `let` that is a list.
    pub(super) fn list_value(&self, index: usize) -> Option<(&'a [Phrase], Option<FrameId>)> {
        let value = self.scope.values.get(index)?;
        let Definition::Declared(d) = value.from else { return None };
        match &d.value.as_ref().filter(|_| d.word.text == "let")?.as_expr()?.peeled().kind {
            ExprKind::List(list) => Some((list, Some(value.frame))),
            _ => None,
        }
    }

    /// One value of a list: `[52 s, 61 s, 58 s][i]`, `times[i]`.
    pub(super) fn picked(&mut self, base: &'a Expr, index: &'a Expr) -> Option<Typed> {
        let shown = self.text(base.span);
        let Some((list, frame)) = self.list_of(base) else {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, base.span, format!("`{shown}` is no list of values"))
                    .help("a value is picked from a list: `[52 s, 61 s, 58 s][i]`, or from a `let` that is one"),
            );
            return None;
        };
        let number = self.index(index)?;
        let at = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
        let Some(phrase) = at.and_then(|n| list.get(n)) else {
            let text = format!("there is no value {number}: the list has {}", list.len());
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, index.span, text)
                    .with(base.span, "the list")
                    .help("values count from 1; the list needs one for each index"),
            );
            return None;
        };
        let Some(frame) = frame else { return self.evaluate_phrase(phrase) };
        let locals = std::mem::take(&mut self.locals);
        let before = self.scope.enter(frame);
        let result = self.evaluate_phrase(phrase);
        self.scope.enter(before);
        self.locals = locals;
        result
    }

    /// Evaluates all values of a `let` that is a list; they have one dimension.
    pub(super) fn check_list(&mut self, list: &'a [Phrase]) {
        let mut first: Option<(Typed, crate::base::Span)> = None;
        for phrase in list {
            let Some(typed) = self.evaluate_phrase(phrase) else { continue };
            match &first {
                None => first = Some((typed, phrase.span)),
                Some((other, span)) if other.dim.exponents != typed.dim.exponents => {
                    let text = format!("a {} in a list of values of another kind", typed.dim);
                    self.push(
                        Diagnostic::new(codes::WRONG_DIMENSION, phrase.span, text)
                            .with(*span, format!("this is a {}", other.dim)),
                    );
                    return;
                }
                Some(_) => {}
            }
        }
    }
}

/// The indices of a member, each counted from 1, the last running first.
fn indices(shape: &[u64], member: u64) -> Vec<u64> {
    let mut rest = member;
    let mut found: Vec<u64> = Vec::new();
    for n in shape.iter().rev() {
        let n = (*n).max(1);
        found.push(rest % n + 1);
        rest /= n;
    }
    found.reverse();
    found
}
