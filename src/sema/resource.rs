//! Crews and tools, and what work needs of them.

use crate::base::limits;
use crate::diag::{Diagnostic, codes};
use crate::ir::{Need, Pool, PoolId};
use crate::syntax::tree::{BinaryOp, Declaration, Expr, ExprKind, Phrase};

use super::fields::Fields;
use super::line::Lower;
use super::scope::Meaning;

/// A counted name: `2 operators`, `1 Frame`, `Body`.
pub struct Counted<'a> {
    pub name: &'a str,
    /// The member of an array: `1 robots[2]`.
    pub index: Option<i64>,
    pub count: u64,
    pub span: crate::base::Span,
}

impl<'a> Lower<'a> {
    pub fn resources(&mut self, declarations: &[&'a Declaration]) {
        for d in declarations.iter().filter(|d| matches!(d.word.text.as_str(), "crew" | "tool")) {
            let fields = Fields::of(
                d,
                &["size", "count", "skills", "shift", "shift_end", "overtake", "breakdown", "cost"],
                &mut self.diagnostics,
            );
            for (word, what) in
                [("skills", "skills"), ("overtake", "crews that overtake"), ("breakdown", "breakdowns of tools")]
            {
                if let Some(span) = fields.has(word) {
                    let _: Option<()> = self.later(span, what);
                }
            }
            let word = if d.word.text == "tool" && fields.has("count").is_some() { "count" } else { "size" };
            let calendar = self.shift_field(&fields);
            let shift_end = self.shift_end_field(&fields);
            let mut sizes = Vec::new();
            let size = match fields.get(word, &mut self.diagnostics) {
                Some(phrase) if matches!(phrase.as_expr().map(|e| &e.kind), Some(ExprKind::Table(_))) => {
                    let found = self.sizes(phrase, calendar);
                    sizes = found.unwrap_or_default();
                    sizes.iter().map(|(_, n)| *n).max()
                }
                Some(phrase) => self.count(phrase, word, 0, limits::COUNT),
                None if fields.has(word).is_some() => None,
                None => Some(1),
            };
            let pool = Pool {
                name: d.name.text.clone(),
                span: d.name.span,
                kind: Self::pool_kind(&d.word.text),
                size: size.unwrap_or(1),
                calendar,
                sizes,
                shift_end,
                overtake: false,
            };
            let Some(members) = self.array_size(d) else {
                self.holes = true;
                continue;
            };
            let first = PoolId(u32::try_from(self.plant.pools.len()).unwrap_or(u32::MAX));
            let cost = self.pool_cost(&fields);
            for name in self.member_names(d, members) {
                let id = self.plant.pools.push(Pool { name, ..pool.clone() });
                self.plant.accounts.pools.extend(cost.clone().map(|rate| (id, rate)));
            }
            if self.scope.find(&d.name.text) == Some(Meaning::Other) {
                let meaning = if d.indices.is_empty() { Meaning::Pool(first) } else { Meaning::Pools(first, members) };
                self.scope.set(&d.name.text, meaning);
                self.scope.unmark(&d.name.text);
                let shape = self.array_shape(d);
                self.scope.shape_of(meaning, shape);
            }
        }
    }

    /// `size: { early: 4, night: 1 }`: members by window of the crew's shift.
    fn sizes(&mut self, phrase: &'a Phrase, calendar: Option<crate::ir::CalendarId>) -> Option<Vec<(usize, u64)>> {
        let ExprKind::Table(table) = &phrase.as_expr()?.kind else { return None };
        let names = match calendar.and_then(|c| self.plant.calendars.get(c)) {
            Some(c) if !c.names.is_empty() => c.names.clone(),
            _ => {
                return self.wrong_value(
                    phrase.span,
                    "sizes by window need a `shift:` whose windows have names, such as `early: mon..fri 06:00..14:00`",
                );
            }
        };
        let mut sizes: Vec<(usize, u64)> = Vec::new();
        for entry in &table.entries {
            let word = entry.key.word().unwrap_or_default();
            let value = entry.phrase.as_ref().and_then(|p| self.count(p, "size", 0, limits::COUNT))?;
            if matches!(word, "else" | "rest") {
                let others: Vec<usize> = (0..names.len()).filter(|i| !sizes.iter().any(|(s, _)| s == i)).collect();
                sizes.extend(others.into_iter().map(|i| (i, value)));
                continue;
            }
            let Some(index) = names.iter().position(|n| n == word) else {
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                let d =
                    Diagnostic::new(codes::WRONG_VALUE, entry.key.span(), format!("the shift has no window `{word}`"));
                self.push(d.help(format!("its windows are {}", super::fields::list(&known))));
                return None;
            };
            if sizes.iter().any(|(i, _)| *i == index) {
                self.push(Diagnostic::new(codes::DUPLICATE_FIELD, entry.key.span(), "this window is given twice"));
                return None;
            }
            sizes.push((index, value));
        }
        Some(sizes)
    }

    /// `2 operators + 1 crane`
    pub fn needs(&mut self, phrase: &'a Phrase) -> Option<Vec<Need>> {
        if let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind) {
            return self.later(table.span, "needs by phase");
        }
        let mut needs = Vec::new();
        for part in self.counted(phrase, "crew or tool")? {
            match self.counted_meaning(&part)? {
                Some(Meaning::Pool(pool)) => needs.push(Need { pool, count: part.count, span: part.span }),
                Some(Meaning::Other) => return None,
                Some(other) => {
                    self.wrong_kind(part.name, part.span, other, "a crew or tool");
                    return None;
                }
                None => {
                    let d = self.scope.unknown(part.name, part.span, "crew or tool", |m| matches!(m, Meaning::Pool(_)));
                    self.push(d);
                    return None;
                }
            }
        }
        Some(needs)
    }

    /// What a counted name stands for; a member of an array has been looked up.
    fn counted_meaning(&mut self, part: &Counted<'a>) -> Option<Option<Meaning>> {
        let found = self.scope.find(part.name);
        let (Some(Meaning::Pools(_, size)), given) = (found, part.index) else {
            if let (Some(_), Some(meaning)) = (part.index, found) {
                let text = format!("`{}` is {}, not an array", part.name, meaning.kind());
                self.push(Diagnostic::new(codes::WRONG_KIND_OF_NAME, part.span, text));
                return None;
            }
            return Some(found);
        };
        let Some(index) = given else {
            self.push(
                Diagnostic::new(codes::WRONG_KIND_OF_NAME, part.span, format!("`{}` is an array", part.name))
                    .help(format!("name one member, such as `1 {}[1]`", part.name)),
            );
            return None;
        };
        let member = u64::try_from(index).ok().and_then(|i| super::scope::member(found?, i));
        if member.is_none() {
            let (name, text) = (part.name, format!("`{}[{index}]` does not exist", part.name));
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, part.span, text)
                    .help(format!("`{name}` has the members `{name}[1]` to `{name}[{size}]`")),
            );
            return None;
        }
        Some(member)
    }

    /// The counted names of a sum.
    pub fn counted(&mut self, phrase: &'a Phrase, what: &str) -> Option<Vec<Counted<'a>>> {
        let Some(expr) = phrase.as_expr() else {
            if !phrase.is_error() {
                self.push(Diagnostic::new(codes::WRONG_VALUE, phrase.span, format!("a number of {what}s is due here")));
            }
            return None;
        };
        let mut parts = Vec::new();
        self.count_into(expr, what, &mut parts).then_some(parts)
    }

    pub(super) fn count_into(&mut self, expr: &'a Expr, what: &str, parts: &mut Vec<Counted<'a>>) -> bool {
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::Add, left, right, .. } => {
                self.count_into(left, what, parts) && self.count_into(right, what, parts)
            }
            ExprKind::Group(inner) => self.count_into(inner, what, parts),
            ExprKind::Name(name) => {
                parts.push(Counted { name, index: None, count: 1, span: expr.span });
                true
            }
            ExprKind::Index { base, index } if what == "crew or tool" => {
                let before = parts.len();
                if !self.count_into(base, what, parts) || parts.len() != before + 1 {
                    return false;
                }
                let Some(index) = self.index(index) else { return false };
                if let Some(last) = parts.last_mut() {
                    (last.index, last.span) = (Some(index), expr.span);
                }
                true
            }
            ExprKind::Quantity(q) => {
                let Some(name) = q.unit.as_ref().and_then(|u| u.counted()) else {
                    self.push(
                        Diagnostic::new(codes::WRONG_VALUE, expr.span, format!("a number of some {what} is due here"))
                            .help(format!("write the number before the name of the {what}, such as `2 name`")),
                    );
                    return false;
                };
                let number = crate::base::Quantity { value: q.number.clone(), dim: crate::base::Dim::NUMBER };
                let typed = super::value::Typed { dim: number.dim, value: crate::ir::Expression::Constant(number) };
                match self.expect_count(&typed, q.number_span, what, 1, limits::MEMBERS) {
                    Some(count) => {
                        parts.push(Counted { name, index: None, count, span: expr.span });
                        true
                    }
                    None => false,
                }
            }
            ExprKind::Range { .. } => {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, expr.span, format!("a fixed number of {what}s is due here"))
                        .help("only what a station `takes` may be a range"),
                );
                false
            }
            ExprKind::Error => false,
            _ => {
                self.push(Diagnostic::new(
                    codes::WRONG_VALUE,
                    expr.span,
                    format!("a number of some {what} is due here"),
                ));
                false
            }
        }
    }
}
