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

/// Names of skills where they are written.
type Skills<'a> = Vec<(&'a str, crate::base::Span)>;

impl<'a> Lower<'a> {
    pub fn resources(&mut self, declarations: &[&'a Declaration]) {
        let mut stopped = Vec::new();
        let mut skilled = Vec::new();
        for d in declarations.iter().copied().filter(|d| matches!(d.word.text.as_str(), "crew" | "tool")) {
            let Some(members) = self.array_size(d) else {
                self.holes = true;
                continue;
            };
            let first = PoolId(u32::try_from(self.plant.pools.len()).unwrap_or(u32::MAX));
            let mut names = self.member_names(d, members);
            let alike = if Self::differs_by_member(d) { 1 } else { names.len() };
            let mut member = 0;
            while !names.is_empty() {
                let rest = names.split_off(alike);
                let (fields, ids) = self.for_member(d, member, |lower| lower.pools(d, names, &mut skilled));
                stopped.push((d, member, fields, ids));
                names = rest;
                member += 1;
            }
            if self.scope.find(&d.name.text) == Some(Meaning::Other) {
                let meaning = if d.indices.is_empty() { Meaning::Pool(first) } else { Meaning::Pools(first, members) };
                self.scope.set(&d.name.text, meaning);
                self.scope.unmark(&d.name.text);
                let shape = self.array_shape(d);
                self.scope.shape_of(meaning, shape);
            }
        }
        self.declare_skills(&skilled);
        // Repairs may need any crew, also one declared below.
        for (d, member, fields, members) in stopped {
            let calendar = members.first().and_then(|id| self.plant.pools.get(*id)).and_then(|p| p.calendar);
            let place = super::stop::Place::Pool;
            let stops = self.for_member(d, member, |lower| lower.stops_of(&fields, place, calendar));
            for id in members {
                self.pool_stops(&stops, id);
            }
        }
    }

    /// Reads a crew or tool; several names are of members that are alike.
    fn pools(
        &mut self,
        d: &'a Declaration,
        names: Vec<String>,
        skilled: &mut Vec<(PoolId, Skills<'a>)>,
    ) -> (Fields<'a>, Vec<PoolId>) {
        let fields = Fields::of(
            d,
            &["size", "count", "skills", "shift", "shift_end", "overtake", "order", "cost"],
            &mut self.diagnostics,
        );
        let its = self.skills(&fields);
        let overtake = self.yes_no(&fields, "overtake");
        self.no_inner(&fields, &["breakdown", "maintenance"]);
        let word = if d.word.text == "tool" && fields.has("count").is_some() { "count" } else { "size" };
        let calendar = self.shift_field(&fields);
        let shift_end = self.shift_end_field(&fields);
        let mut sizes = Vec::new();
        let size = match fields.get(word, &mut self.diagnostics) {
            Some(phrase) if matches!(phrase.as_expr().map(|e| &e.kind), Some(ExprKind::Table(_))) => {
                let found = self.sizes(phrase, calendar);
                sizes = found.unwrap_or_default();
                Some(self.most_members(&sizes, calendar))
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
            overtake,
            order: None,
            crews: Vec::new(),
        };
        let cost = self.pool_cost(&fields);
        let mut ids = Vec::new();
        for name in names {
            let id = self.plant.pools.push(Pool { name, ..pool.clone() });
            self.plant.accounts.pools.extend(cost.clone().map(|rate| (id, rate)));
            skilled.push((id, its.clone()));
            ids.push(id);
        }
        (fields, ids)
    }

    /// `order:` of crews and tools, which may name stations.
    pub fn pool_orders(&mut self, declarations: &[&'a Declaration]) {
        for d in declarations.iter().copied().filter(|d| matches!(d.word.text.as_str(), "crew" | "tool")) {
            // The fields have been complained about before.
            let mut none = Vec::new();
            let fields = Fields::of(d, &["order"], &mut none);
            let Some(phrase) = fields.get("order", &mut none) else { continue };
            let members: Vec<PoolId> = match self.scope.find(&d.name.text) {
                Some(Meaning::Pool(id)) => vec![id],
                Some(Meaning::Pools(first, n)) => {
                    (0..u32::try_from(n).unwrap_or(0)).map(|i| PoolId(first.0.saturating_add(i))).collect()
                }
                _ => continue,
            };
            let mut known = None;
            for (member, id) in (0..).zip(members) {
                if known.is_none() || Self::differs_by_member(d) {
                    known = self.for_member(d, member, |lower| lower.pool_precedence(phrase));
                }
                let Some(order) = known.clone() else {
                    self.holes = true;
                    break;
                };
                if let Some(pool) = self.plant.pools.get_mut(id) {
                    pool.order = Some(order);
                }
            }
        }
    }

    /// Crews and tools that are asked for together are served in one order.
    pub fn one_order_each(&mut self) {
        for group in crate::ir::pool_components(&self.plant) {
            let (_, Some((first, other))) = crate::ir::group_order(&self.plant, &group) else { continue };
            let named = |id: PoolId| self.plant.pools.get(id).map(|p| (p.name.clone(), p.span));
            let (Some((one, span)), Some((two, its))) = (named(first), named(other)) else { continue };
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    its,
                    format!("`{two}` and `{one}` are asked for together, and have different orders"),
                )
                .with(span, "the other one")
                .help("give both the same `order`, or only one of them: it holds for all that are asked for together"),
            );
        }
    }

    /// `skills: [turning, milling]`
    fn skills(&mut self, fields: &Fields<'a>) -> Vec<(&'a str, crate::base::Span)> {
        let Some(phrase) = fields.get("skills", &mut self.diagnostics) else { return Vec::new() };
        let due = "the names of skills are due here, such as `[turning, milling]`";
        let phrases: Vec<&'a Phrase> = match phrase.as_expr().map(|e| &e.kind) {
            Some(ExprKind::List(list)) => list.iter().collect(),
            _ => vec![phrase],
        };
        let mut found: Vec<(&'a str, crate::base::Span)> = Vec::new();
        for phrase in phrases {
            match phrase.as_expr().and_then(|e| Some((e.name()?, e.span))) {
                Some((name, span)) if found.iter().any(|(n, _)| *n == name) => {
                    self.push(Diagnostic::new(codes::DUPLICATE_FIELD, span, format!("`{name}` is named twice")));
                }
                Some(named) => found.push(named),
                None => {
                    let _: Option<()> = self.wrong_value(phrase.span, due);
                }
            }
        }
        found
    }

    /// A skill is a pool made of the crews that have it: those with fewest skills come first, then by name.
    fn declare_skills(&mut self, crews: &[(crate::ir::PoolId, Vec<(&'a str, crate::base::Span)>)]) {
        let mut names: Vec<(&str, crate::base::Span)> = Vec::new();
        for (name, span) in crews.iter().flat_map(|(_, its)| its) {
            if !names.iter().any(|(n, _)| n == name) {
                names.push((name, *span));
            }
        }
        names.sort_by(|a, b| crate::base::names::natural_cmp(a.0, b.0));
        for (name, span) in names {
            let mut of: Vec<(usize, String, crate::ir::PoolId)> = crews
                .iter()
                .filter(|(_, its)| its.iter().any(|(n, _)| *n == name))
                .map(|(id, its)| {
                    (
                        its.len(),
                        self.plant.pools.get(*id).map_or(String::new(), |p| self.plant.renamed.former(&p.name)),
                        *id,
                    )
                })
                .collect();
            of.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| crate::base::names::natural_cmp(&a.1, &b.1)));
            let crews: Vec<crate::ir::PoolId> = of.into_iter().map(|(.., id)| id).collect();
            let size = crews.iter().filter_map(|c| self.plant.pools.get(*c)).map(|p| p.size).sum();
            for crew in &crews {
                if let Some(crew) = self.plant.pools.get(*crew).map(|p| p.name.clone()) {
                    // It need not be named itself.
                    let _ = self.scope.find(&crew);
                }
            }
            let id = self.plant.pools.push(Pool {
                name: name.to_string(),
                span,
                kind: crate::ir::PoolKind::Skill,
                size,
                crews,
                ..Pool::default()
            });
            self.scope.declare(name, span, Meaning::Pool(id), &mut self.diagnostics);
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

    /// The greatest number of members there is at one time: windows that overlap add up.
    fn most_members(&self, sizes: &[(usize, u64)], calendar: Option<crate::ir::CalendarId>) -> u64 {
        let Some(calendar) = calendar.and_then(|c| self.plant.calendars.get(c)) else { return 0 };
        let on = |at: crate::base::Ticks| {
            let there = calendar.windows.iter().filter(|w| w.from <= at && at < w.to);
            let sizes = there.filter_map(|w| sizes.iter().find(|(name, _)| Some(*name) == w.name));
            sizes.map(|(_, n)| *n).fold(0, u64::saturating_add)
        };
        calendar.windows.iter().map(|w| on(w.from)).max().unwrap_or(0)
    }

    /// Free members of a pool; of a skill those of all crews that have it.
    pub fn free_members(&self, id: crate::ir::PoolId) -> crate::ir::Expression {
        use crate::ir::{Binary, Expression};
        let crews = self.plant.pools.get(id).map(|p| p.crews.clone()).unwrap_or_default();
        let add = |a, b| Expression::Binary(Binary::Add, Box::new(a), Box::new(b));
        crews.into_iter().map(Expression::Free).reduce(add).unwrap_or(Expression::Free(id))
    }

    /// `2 operators + 1 crane`
    pub fn needs(&mut self, phrase: &'a Phrase) -> Option<Vec<Need>> {
        if let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind) {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, table.span, "there are no phases here to tell apart")
                    .note("only the work of a station or of a visit has phases: its setup and its steps")
                    .help("say who is needed from beginning to end: `needs: 1 operators + 1 crane`"),
            );
            return None;
        }
        let mut needs = Vec::new();
        for part in self.counted(phrase, "crew or tool")? {
            match self.counted_meaning(&part)? {
                Some(Meaning::Pool(pool)) => needs.push(Need { pool, count: part.count, span: part.span }),
                Some(Meaning::Other) => {
                    self.declared_as_another(part.name, part.span, "a crew or tool", &["crew", "tool"]);
                    return None;
                }
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
            // `pieces * part`: a number that is a value of the line.
            ExprKind::Binary { op: BinaryOp::Multiply, left, right, .. }
                if matches!(right.kind, ExprKind::Name(_) | ExprKind::Index { .. }) =>
            {
                let Some(typed) = self.evaluate(left) else { return false };
                let name = right.name().unwrap_or(what);
                let Some(count) = self.expect_count(&typed, left.span, name, 1, limits::MEMBERS) else { return false };
                let before = parts.len();
                if !self.count_into(right, what, parts) || parts.len() != before + 1 {
                    return false;
                }
                if let Some(last) = parts.last_mut() {
                    (last.count, last.span) = (count, expr.span);
                }
                true
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
                if what == "crew or tool" && !typed.value.constant().is_some_and(|q| q.value.is_int()) {
                    let text = "people and tools are asked for in whole numbers";
                    self.push(Diagnostic::new(codes::OUT_OF_RANGE, q.number_span, text).help(
                        "who is needed for a part of the time only: divide the work, `steps: { load: 1 min, run: 9 min }, needs: { load: 1 men }`",
                    ));
                    return false;
                }
                match self.expect_count(&typed, q.number_span, name, 1, limits::MEMBERS) {
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
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, expr.span, format!("a number of some {what} is due here"))
                        .help("write numbers and names, joined by `+`: `2 men + 1 crane`"),
                );
                false
            }
        }
    }
}
