//! What a station gathers before it works, and what it makes: `takes`, `makes`, `batch`,
//! `wait_at_most`.

use crate::base::{Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Batch, Birth, Expression, Over, Part, Phase, Recipe, Release, Setup};
use crate::syntax::tree::{Argument, BinaryOp, Declaration, Expr, ExprKind, Phrase};

use super::fields::Fields;
use super::line::Lower;
use super::value::Typed;

impl<'a> Lower<'a> {
    /// The parts, products and batch of a station, without its phases.
    pub(super) fn gathering(&mut self, fields: &Fields<'a>) -> Option<Recipe> {
        let takes = self.parts(fields, "takes", true);
        let makes = self.parts(fields, "makes", false);
        let batch = match fields.get("batch", &mut self.diagnostics) {
            Some(phrase) => self.batch(phrase).map(Some),
            None if fields.has("batch").is_some() => None,
            None => Some(None),
        };
        let wait = fields.get("wait_at_most", &mut self.diagnostics);
        let (takes, makes, batch) = (takes?, makes?, batch?);
        for (word, what) in [("takes", "say what is worked together"), ("makes", "do not go together")] {
            if let (Some(batch), Some(other)) = (fields.has("batch"), fields.has(word)) {
                let message = format!(
                    "`batch` and `{word}` {}",
                    if word == "takes" { "both ".to_string() + what } else { what.to_string() }
                );
                let code = if word == "takes" { codes::DUPLICATE_FIELD } else { codes::WRONG_VALUE };
                self.push(
                    Diagnostic::new(code, other, message)
                        .with(batch, "items of any type, which leave again")
                        .help("write a range in `takes`: `takes: 20..50 Bottle`"),
                );
                return None;
            }
        }
        let recipe = Recipe { takes, makes, batch: batch.filter(|b| b.maximum > 1), ..Recipe::default() };
        let wait_at_most = match wait {
            None if fields.has("wait_at_most").is_some() => return None,
            None => None,
            Some(phrase) => Some(self.wait_at_most(phrase, &recipe)?),
        };
        let birth = fields.get("birth", &mut self.diagnostics);
        let birth = match birth.and_then(Phrase::as_expr) {
            Some(e) if matches!(e.kind, ExprKind::Now) => Birth::Now,
            Some(e) if e.name() == Some("main") => Birth::Main,
            Some(e) if e.name() == Some("oldest") => Birth::Oldest,
            None if birth.is_none() => Birth::Oldest,
            _ => {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, fields.span("birth"), "`birth` is `oldest`, `main` or `now`")
                        .help("products are born with their oldest part, with the first that `takes` names, or when they are made"),
                );
                return None;
            }
        };
        if birth != Birth::Oldest && recipe.makes.is_empty() {
            return self.wrong_value(
                fields.span("birth"),
                "nothing is made here that could be born: `birth` goes with `makes`",
            );
        }
        let same = match fields.get("same", &mut self.diagnostics) {
            None if fields.has("same").is_some() => return None,
            None => None,
            Some(phrase) => Some(self.same(phrase, &recipe)?),
        };
        Some(Recipe { wait_at_most, same, birth, ..recipe })
    }

    /// `recipe half { takes: …, makes: …, cycle: … }`
    pub(super) fn recipe(&mut self, d: &'a Declaration, station: &Fields<'a>) -> Option<Recipe> {
        for word in ["takes", "makes", "batch", "wait_at_most", "same", "birth", "cycle", "steps"] {
            if let Some(span) = station.has(word) {
                self.push(
                    Diagnostic::new(codes::DUPLICATE_FIELD, span, format!("`{word}` stands beside recipes"))
                        .with(d.name.span, "each recipe has its own")
                        .help(format!("write `{word}` into the recipes")),
                );
                return None;
            }
        }
        let fields = Fields::of(
            d,
            &["takes", "makes", "cycle", "steps", "setup", "needs", "same", "birth"],
            &mut self.diagnostics,
        );
        let (gathered, work) = (self.gathering(&fields)?, self.work(&fields)?);
        let setup = match work.1 {
            Some(setup) => Some(Box::new(self.recipe_setup(setup, station)?)),
            None => None,
        };
        for (word, example, missing) in [
            ("takes", "takes: 1 Body + 4 Wheel", gathered.takes.is_empty()),
            ("cycle", "cycle: 30 s", fields.has("cycle").or(fields.has("steps")).is_none()),
        ] {
            if missing {
                let message = format!("recipe `{}` has no `{word}`", d.name.text);
                self.push(
                    Diagnostic::new(codes::MISSING_FIELD, d.name.span, message).help(format!("write `{example}`")),
                );
                return None;
            }
        }
        let mut phases = work.0;
        if fields.has("needs").is_none() {
            // Left open: those of the station.
            phases.iter_mut().for_each(|p| p.keeps = true);
        }
        let (name, span) = (d.name.text.clone(), fields.span("takes"));
        Some(Recipe { name, span, phases, setup, ..gathered })
    }

    /// `setup: 10 min` of a recipe: before its work, when the machine did another one before.
    fn recipe_setup(&mut self, setup: Setup, station: &Fields<'a>) -> Option<Setup> {
        if let Some(span) = station.has("setup") {
            self.push(
                Diagnostic::new(codes::DUPLICATE_FIELD, span, "`setup` stands beside a recipe that has its own")
                    .with(setup.span, "given here")
                    .help("setups go by what is worked on, or by the recipe: keep one of the two"),
            );
            return None;
        }
        if setup.pairs.is_empty() && setup.otherwise.is_some() {
            return Some(setup);
        }
        self.push(
            Diagnostic::new(
                codes::WRONG_VALUE,
                setup.span,
                "the setup of a recipe is one time, due when the machine did another recipe before",
            )
            .help("write `setup: 10 min`, or move a table by item to the station"),
        );
        None
    }

    /// What recipes have from their station: how products leave, and people where they name none.
    pub(super) fn share_of_station(&self, recipes: &mut [Recipe], phases: &[Phase], release: Release) {
        let people = phases.first().map(|p| p.needs.clone()).unwrap_or_default();
        for recipe in recipes {
            recipe.release = release;
            let open = recipe.phases.first().is_some_and(|p| p.keeps);
            for (i, phase) in recipe.phases.iter_mut().enumerate() {
                if open {
                    phase.needs.clone_from(&people);
                }
                phase.keeps &= i > 0;
            }
        }
    }

    /// `load: together` or `each`.
    pub(super) fn load_field(&mut self, fields: &Fields<'a>, machines: u64, recipes: &[Recipe]) -> Option<bool> {
        if let Some(phrase) = fields.get("load", &mut self.diagnostics)
            && !matches!(phrase.as_expr().map(|e| &e.kind), Some(ExprKind::Name(_)) | None)
        {
            let d = Diagnostic::new(
                codes::WRONG_VALUE,
                phrase.span,
                "`load` is `together` or `each`: how parts come in, not how long that takes",
            );
            let text = self.text(phrase.span);
            self.push(
                d.help(format!("a time before the work is a step of it: `steps: {{ load: {text}, run: 9 min }}`")),
            );
            return None;
        }
        if self.word(fields, "load", &["together", "each"]) != Some("each") {
            return Some(false);
        }
        let why = match recipes {
            _ if machines > 1 => "several machines",
            [only] if !only.gathers() => "one item at a time",
            [only] if only.is_ranged() => "a range of parts",
            [only] if only.same.is_some() => "parts that have to be equal",
            [_] => return Some(true),
            _ => "several recipes",
        };
        self.push(
            Diagnostic::new(codes::WRONG_VALUE, fields.span("load"), format!("`load: each` does not go with {why}"))
                .note("parts that are loaded one by one have to be known before all are there")
                .help("leave `load` out: then all parts are loaded at once"),
        );
        None
    }

    /// `wait_at_most: 30 min`
    fn wait_at_most(&mut self, phrase: &'a Phrase, recipe: &Recipe) -> Option<Expression> {
        let time = self.time(phrase, "wait_at_most")?;
        if time.constant().is_none() {
            return self.wrong_value(phrase.span, "`wait_at_most` is a fixed time");
        }
        if !recipe.is_ranged() {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    phrase.span,
                    "there is nothing to wait for: the number taken is fixed",
                )
                .help("give a range, `batch: 20..50` or `takes: 20..50 Bottle`, or leave `wait_at_most` out"),
            );
            return None;
        }
        Some(time)
    }

    /// `same: item.order`
    fn same(&mut self, phrase: &'a Phrase, recipe: &Recipe) -> Option<Expression> {
        let typed = self.evaluate_phrase(phrase)?;
        if typed.value.any(&|e| matches!(e, Expression::Draw(_) | Expression::Mixture(_) | Expression::Over(..))) {
            return self.wrong_value(phrase.span, "a value of the item is due here, such as `item.order`");
        }
        if recipe.gathered().iter().map(|(_, _, most)| most).sum::<u64>() < 2 {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, phrase.span, "one item alone has nothing to be equal to")
                    .help("`same` goes with a `batch`, or with `takes` of several items"),
            );
            return None;
        }
        Some(typed.value)
    }

    /// `batch: 8` or `batch: 20..50`
    fn batch(&mut self, phrase: &'a Phrase) -> Option<Batch> {
        let expr = match phrase.as_expr() {
            Some(expr) => expr.peeled(),
            None => {
                return self.wrong_value(phrase.span, "a number of items is due here: `batch: 8` or `batch: 20..50`");
            }
        };
        let (from, to) = match &expr.kind {
            ExprKind::Range { from, to } => (&**from, &**to),
            _ => (expr, expr),
        };
        let minimum = self.batch_size(from)?;
        let maximum = self.batch_size(to)?;
        self.in_order(expr, minimum, maximum)?;
        Some(Batch { minimum, maximum })
    }

    fn batch_size(&mut self, expr: &'a Expr) -> Option<u64> {
        let typed = self.evaluate(expr)?;
        self.expect_count(&typed, expr.span, "batch", 1, limits::PARTS)
    }

    fn in_order(&mut self, range: &'a Expr, minimum: u64, maximum: u64) -> Option<()> {
        if minimum <= maximum {
            return Some(());
        }
        self.push(
            Diagnostic::new(
                codes::OUT_OF_RANGE,
                range.span,
                format!("the range begins with {minimum}, behind its end"),
            )
            .help(format!("write `{maximum}..{minimum}`")),
        );
        None
    }

    /// `takes` and `makes`: counted items, of which a range may be taken.
    fn parts(&mut self, fields: &Fields<'a>, word: &str, ranges: bool) -> Option<Vec<Part>> {
        let Some(phrase) = fields.get(word, &mut self.diagnostics) else {
            return if fields.has(word).is_some() { None } else { Some(Vec::new()) };
        };
        let counted = match phrase.as_expr() {
            Some(expr) if ranges => {
                let mut parts = Vec::new();
                self.part_ranges(expr, &mut parts)?;
                parts
            }
            _ => {
                let list = self.counted(phrase, "item")?;
                list.into_iter().map(|c| (c.name, c.count, c.count, c.span)).collect()
            }
        };
        let mut parts: Vec<Part> = Vec::new();
        let mut total = 0u64;
        for (name, minimum, maximum, span) in counted {
            let item = self.item_named(name, span)?;
            total = total.saturating_add(maximum);
            if let Some(same) = parts.iter_mut().find(|p| p.item == item) {
                same.minimum = same.minimum.saturating_add(minimum);
                same.maximum = same.maximum.saturating_add(maximum);
            } else {
                parts.push(Part { item, minimum, maximum, span });
            }
        }
        if total > limits::PARTS {
            self.push(Diagnostic::new(
                codes::OUT_OF_RANGE,
                phrase.span,
                format!("`{word}` counts {total} items; at most {} are possible", limits::PARTS),
            ));
            return None;
        }
        Some(parts)
    }

    /// Adds the parts of a sum. A range binds looser than `+`: in `1 Tray + 20..50 Bottle` the number
    /// before the dots belongs to what stands behind them.
    fn part_ranges(&mut self, expr: &'a Expr, parts: &mut Vec<(&'a str, u64, u64, Span)>) -> Option<()> {
        match &expr.kind {
            ExprKind::Group(inner) => self.part_ranges(inner, parts),
            ExprKind::Binary { op: BinaryOp::Add, left, right, .. } => {
                self.part_ranges(left, parts)?;
                self.part_ranges(right, parts)
            }
            ExprKind::Range { from, to } => {
                let mut before = Vec::new();
                summands(from, &mut before);
                let mut behind = Vec::new();
                summands(to, &mut behind);
                let (low, before) = before.split_last()?;
                let (high, behind) = behind.split_first()?;
                for other in before {
                    self.part_ranges(other, parts)?;
                }
                let typed = self.evaluate(low)?;
                let minimum = self.expect_count(&typed, low.span, "the least number taken", 1, limits::PARTS)?;
                let counted = self.counted_term(high)?;
                self.in_order(expr, minimum, counted.1)?;
                parts.push((counted.0, minimum, counted.1, low.span.to(high.span)));
                for other in behind {
                    self.part_ranges(other, parts)?;
                }
                Some(())
            }
            _ => {
                let (name, count) = self.counted_term(expr)?;
                parts.push((name, count, count, expr.span));
                Some(())
            }
        }
    }

    /// `sum(item.lines)`, `smallest(item.due)`: a value over all items that a station has loaded.
    pub(super) fn over_loaded(&mut self, name: &str, arguments: &'a [Argument], span: Span) -> Option<Typed> {
        let over = match name {
            "sum" => Over::Sum,
            "smallest" => Over::Smallest,
            "largest" => Over::Largest,
            _ => Over::Mean,
        };
        let [Argument { name: None, value, .. }] = arguments else {
            self.push(
                Diagnostic::new(codes::WRONG_ARGUMENTS, span, format!("`{name}` takes one value of an item"))
                    .help(format!("write `{name}(item.NAME)`")),
            );
            return None;
        };
        if !self.loads_several {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    span,
                    format!("`{name}` is of all items loaded, and here there is at most one"),
                )
                .help("it stands in the times and `sets` of a station with `takes` or `batch`"),
            );
            return None;
        }
        let inner = self.evaluate_phrase(value)?;
        if inner.dim.names > 0 {
            return self.no_arithmetic(span);
        }
        if inner.value.any(&|e| matches!(e, Expression::Over(..) | Expression::Draw(_) | Expression::Mixture(_))) {
            return self.wrong_value(value.span, "a value of one item is due here, such as `item.lines`");
        }
        Some(Typed { dim: inner.dim, value: Expression::Over(over, Box::new(inner.value)) })
    }

    fn counted_term(&mut self, expr: &'a Expr) -> Option<(&'a str, u64)> {
        let mut list = Vec::new();
        if !self.count_into(expr, "item", &mut list) {
            return None;
        }
        match list.as_slice() {
            [only] => Some((only.name, only.count)),
            _ => self.wrong_value(expr.span, "a number of items is due here"),
        }
    }
}

/// The summands of an expression, in order.
fn summands<'a>(expr: &'a Expr, list: &mut Vec<&'a Expr>) {
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::Add, left, right, .. } => {
            summands(left, list);
            summands(right, list);
        }
        _ => list.push(expr),
    }
}
