//! Setups between items: `setup`, `setup_by`, `initially`, `lost`, and setup tables from files.

use crate::base::{Dim, Quantity, Rational, Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Expression, ItemId, SetUpFor, Setup};
use crate::syntax::tree::{Argument, Chain, Expr, ExprKind, Key, LinkKind, Phrase};

use super::fields::Fields;
use super::line::Lower;

/// What decides about a setup: the item type, or a value of the item.
#[derive(Clone, Copy)]
struct By {
    /// Dimension of the value; absent: the item type.
    dim: Option<Dim>,
}

impl<'a> Lower<'a> {
    /// The setups of a station; `None` inside when it has none.
    pub(super) fn setup_fields(&mut self, fields: &Fields<'a>, setup: Option<&'a Phrase>) -> Option<Option<Setup>> {
        let by = match fields.get("setup_by", &mut self.diagnostics) {
            Some(phrase) => Some(self.evaluate_phrase(phrase)?),
            None if fields.has("setup_by").is_some() => return None,
            None => None,
        };
        let Some(phrase) = setup else {
            for word in ["setup_by", "initially", "lost"] {
                if let (None, Some(span)) = (fields.has("setup"), fields.has(word)) {
                    self.push(
                        Diagnostic::new(
                            codes::MISSING_FIELD,
                            span,
                            format!("`{word}` belongs to a `setup`, and there is none"),
                        )
                        .help("write `setup: 5 min`, or a table of times"),
                    );
                    return None;
                }
            }
            return if fields.has("setup").is_some() { None } else { Some(None) };
        };
        let key = By { dim: by.as_ref().map(|t| t.dim) };
        let mut found = self.setup_times(phrase, key)?;
        found.by = by.map(|t| t.value);
        if let Some(phrase) = fields.get("initially", &mut self.diagnostics) {
            let expr = self.only_expr(&phrase.chain, "what the machines are set up for")?;
            found.initially = Some(self.set_up_for(expr, key)?);
        }
        if let Some(phrase) = fields.get("lost", &mut self.diagnostics) {
            self.setup_lost(phrase, &mut found)?;
        }
        Some(Some(found))
    }

    /// `lost: after_off`, `lost: after_breakdown`, or both in a list.
    fn setup_lost(&mut self, phrase: &'a Phrase, setup: &mut Setup) -> Option<()> {
        let due = "`lost` is `after_off`, `after_breakdown` or `[after_off, after_breakdown]`";
        let expr = self.only_expr(&phrase.chain, "when the setup is lost")?;
        let words: Vec<Option<&str>> = match &expr.kind {
            ExprKind::List(list) => list.iter().map(|p| p.as_expr().and_then(Expr::name)).collect(),
            _ => vec![expr.name()],
        };
        for word in words {
            match word {
                Some("after_off") => setup.lost_after_off = true,
                Some("after_breakdown") => setup.lost_after_breakdown = true,
                _ => return self.wrong_value(expr.span, due),
            }
        }
        if setup.otherwise.is_none() {
            self.push(
                Diagnostic::new(
                    codes::MISSING_FIELD,
                    setup.span,
                    "a setup that can be lost needs a time to set up anew",
                )
                .with(phrase.span, "lost here")
                .help("add `else: 5 min`"),
            );
            return None;
        }
        Some(())
    }

    /// A key of a setup table: an item, or a fixed value of `setup_by`.
    fn set_up_for(&mut self, expr: &'a Expr, by: By) -> Option<SetUpFor> {
        let Some(dim) = by.dim else {
            let Some(name) = expr.name() else {
                return self.wrong_value(expr.span, "the name of an item is due here");
            };
            return self.item_named(name, expr.span).map(SetUpFor::Item);
        };
        let typed = self.evaluate_due_expr(expr, dim)?;
        let Expression::Constant(q) = &typed.value else {
            return self.wrong_value(expr.span, "a fixed value of what `setup_by` names is due here");
        };
        if typed.dim != dim {
            self.push(Diagnostic::new(
                codes::WRONG_DIMENSION,
                expr.span,
                format!("`setup_by` is a {dim}, this is a {}", typed.dim),
            ));
            return None;
        }
        Some(SetUpFor::Value(q.value.clone()))
    }

    /// `setup: 5 min`, `{ Sedan -> Wagon: 10 min, A <-> B: 15 min, else: 5 min }`, or `table("setup.csv")`.
    fn setup_times(&mut self, phrase: &'a Phrase, by: By) -> Option<Setup> {
        let mut setup = Setup { span: phrase.span, ..Setup::default() };
        if by.dim.is_none() && self.plant.items.len() > limits::SETUP_ITEMS {
            return self
                .wrong_value(phrase.span, &format!("setups are possible among at most {} items", limits::SETUP_ITEMS));
        }
        let table = match phrase.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Table(table)) => table,
            Some(ExprKind::Call { function, arguments }) if function.name() == Some("table") => {
                self.setup_file(arguments, phrase.span, by, &mut setup)?;
                return Some(setup);
            }
            _ => {
                setup.otherwise = Some(self.time(phrase, "setup")?);
                return Some(setup);
            }
        };
        let mut good = !table.incomplete;
        for entry in &table.entries {
            let time = entry.phrase.as_ref().and_then(|p| self.time(p, "setup"));
            let pair = match &entry.key {
                Key::Word(w) if matches!(w.text.as_str(), "else" | "rest") => {
                    if setup.otherwise.is_some() {
                        self.push(Diagnostic::new(codes::DUPLICATE_FIELD, w.span, "`else` is given twice"));
                        good = false;
                    }
                    setup.otherwise = time.clone();
                    good &= time.is_some();
                    continue;
                }
                Key::Chain(chain) => self.setup_pair(chain, by),
                key => self.wrong_value(key.span(), "two items are due here: `Sedan -> Wagon` or `Sedan <-> Wagon`"),
            };
            let (Some((from, to, both)), Some(time)) = (pair, time) else {
                good = false;
                continue;
            };
            good &= add_pair(&mut setup, &from, &to, &time) && (!both || add_pair(&mut setup, &to, &from, &time))
                || self.twice(entry.key.span());
        }
        good.then_some(setup)
    }

    fn twice(&mut self, span: Span) -> bool {
        self.push(Diagnostic::new(codes::DUPLICATE_FIELD, span, "this setup is given twice"));
        false
    }

    fn setup_pair(&mut self, chain: &'a Chain, by: By) -> Option<(SetUpFor, SetUpFor, bool)> {
        let due = match by.dim {
            None => "two items are due here: `Sedan -> Wagon` or `Sedan <-> Wagon`",
            Some(_) => "two values of `setup_by` are due here: `1 -> 2` or `1 <-> 2`",
        };
        let [step] = chain.steps.as_slice() else { return self.wrong_value(chain.span, due) };
        let both = match step.link.kind {
            LinkKind::Arrow => false,
            LinkKind::Symmetric => true,
            LinkKind::Arguments(_) => return self.wrong_value(chain.span, due),
        };
        if by.dim.is_none() && (chain.first.name().is_none() || step.expr.name().is_none()) {
            return self.wrong_value(chain.span, due);
        }
        Some((self.set_up_for(&chain.first, by)?, self.set_up_for(&step.expr, by)?, both))
    }

    /// `table("setup.csv")`: a square of times. The first cell gives the unit, `[min]`; the first row and the
    /// first column name the items, from row to column.
    fn setup_file(&mut self, arguments: &'a [Argument], span: Span, by: By, setup: &mut Setup) -> Option<()> {
        let kind = super::square::Kind {
            file: "setup.csv",
            dim: Dim::TIME,
            value: "time",
            unit: "min",
            most: limits::SETUP_ITEMS,
            diagonal: true,
        };
        let table = self.square_file(arguments, span, &kind)?;
        let (path, at) = (table.path.as_str(), table.at);
        let mut columns = Vec::new();
        for name in &table.columns {
            columns.push((name, self.file_key(name, path, at, "column", by)?));
        }
        for (name, values) in &table.rows {
            let from = self.file_key(name, path, at, "row", by)?;
            for (value, (column, to)) in values.iter().zip(&columns) {
                let Some(value) = value else { continue };
                let time = Expression::Constant(Quantity { value: value.clone(), dim: Dim::TIME });
                if !add_pair(setup, &from, to, &time) {
                    self.push(table.bad(format!("row `{name}`, column `{column}` of `{path}` is given twice")));
                    return None;
                }
            }
        }
        for (column, _) in &columns {
            if !table.rows.iter().any(|(row, _)| row == *column) {
                self.push(table.bad(format!("`{path}` has a column `{column}` and no row `{column}`")));
                return None;
            }
        }
        match table.rows.iter().find(|(row, _)| !table.columns.contains(row)) {
            Some((row, _)) => {
                self.push(table.bad(format!("`{path}` has a row `{row}` and no column `{row}`")));
                None
            }
            None => Some(()),
        }
    }

    fn file_key(&mut self, name: &str, path: &str, at: Span, what: &str, by: By) -> Option<SetUpFor> {
        let found = match by.dim {
            None => match self.scope.find(name) {
                Some(super::scope::Meaning::Item(id)) => Some(SetUpFor::Item(id)),
                _ => None,
            },
            Some(dim) if dim.names > 0 => {
                let at = self.names_of_dim(dim).iter().position(|n| n == name);
                at.and_then(|at| i64::try_from(at + 1).ok()).map(|n| SetUpFor::Value(Rational::from(n)))
            }
            Some(Dim::NUMBER) => crate::base::quantity::decimal(name).map(SetUpFor::Value),
            Some(_) => None,
        };
        if found.is_none() {
            let due = if by.dim.is_none() { "no item" } else { "no value of `setup_by`" };
            self.push(Diagnostic::new(codes::BAD_DATA_FILE, at, format!("the {what} `{name}` of `{path}` is {due}")));
        }
        found
    }
}

/// Adds a time; false when the pair has one already.
fn add_pair(setup: &mut Setup, from: &SetUpFor, to: &SetUpFor, time: &Expression) -> bool {
    match (from, to) {
        (SetUpFor::Item(a), SetUpFor::Item(b)) => {
            let (a, b): (ItemId, ItemId) = (*a, *b);
            let new = !setup.pairs.iter().any(|(x, y, _)| (*x, *y) == (a, b));
            setup.pairs.push((a, b, time.clone()));
            new
        }
        (SetUpFor::Value(a), SetUpFor::Value(b)) => {
            let (a, b): (&Rational, &Rational) = (a, b);
            let new = !setup.values.iter().any(|(x, y, _)| (x, y) == (a, b));
            setup.values.push((a.clone(), b.clone(), time.clone()));
            new
        }
        _ => false,
    }
}
