//! Statements about the line: `run`, `demand`, `limit`.

use num_traits::Signed;

use crate::base::{Dim, Ticks, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Demand, Expression, Measure, NodeId, Precision, Until};
use crate::syntax::tree::{Declaration, Entry, ExprKind, Phrase, Preposition};

use super::fields::Fields;
use super::line::Lower;
use super::scope::Meaning;

impl<'a> Lower<'a> {
    /// `run { … }` and other fields of the line.
    pub fn run_settings(&mut self, entries: &[&'a Entry], line: &'a Declaration) {
        let mut seen = false;
        for entry in entries {
            let table = match &entry.key {
                crate::syntax::tree::Key::Chain(chain) => match chain.as_expr().map(|e| &e.kind) {
                    Some(ExprKind::NamedTable { name, table }) if name.text == "run" => Some(table),
                    _ => None,
                },
                _ => None,
            };
            if let Some(table) = table {
                if seen {
                    let d = Diagnostic::new(codes::DUPLICATE_FIELD, entry.span, "`run` is given twice");
                    self.push(d.with(self.plant.run.span, "first given here").help("keep one of the two"));
                    continue;
                }
                seen = true;
                self.plant.run.span = entry.span;
                self.run_table(table);
                continue;
            }
            match entry.key.word() {
                Some("shift" | "shift_end") => {}
                Some(word) => {
                    let mut d = Diagnostic::new(
                        codes::UNKNOWN_FIELD,
                        entry.key.span(),
                        format!("a line has no field `{word}`"),
                    );
                    if let Some(near) =
                        crate::base::names::nearest(word, ["run", "shift", "flow", "station", "source", "sink"])
                    {
                        d = d.help(format!("did you mean `{near}`?"));
                    }
                    self.push(d);
                }
                None => {
                    let span = entry.key.span();
                    let mut d = Diagnostic::new(codes::UNKNOWN_FIELD, span, "this means nothing in a line");
                    if matches!(&entry.key, crate::syntax::tree::Key::Chain(chain) if !chain.steps.is_empty()) {
                        d = d.fix("a flow begins with `flow`", crate::base::Span { end: span.start, ..span }, "flow ");
                    } else {
                        d = d.help("a line declares its parts, `station saw { cycle: 30 s }`, and joins them, `flow feed -> saw -> out`");
                    }
                    self.push(d);
                }
            }
        }
        let start = self.run_start;
        self.place_calendars(start);
        if !seen {
            self.push(crate::diag::Diagnostic {
                severity: crate::diag::Severity::Warning,
                ..Diagnostic::new(
                    codes::NO_END,
                    line.name.span,
                    format!("line `{}` does not say how long it runs", line.name.text),
                )
                .help("write `run { for: 30 d }`, or give `--for` on the command line")
            });
        }
    }

    fn run_table(&mut self, table: &'a crate::syntax::tree::Table) {
        let known = ["for", "warmup", "runs", "seed", "start", "until", "precision"];
        let fields = Fields::of_table("`run`", table, &known, &mut self.diagnostics);
        if let Some(phrase) = fields.get("precision", &mut self.diagnostics) {
            self.plant.run.precision = self.precision(phrase).unwrap_or_default();
        }
        if let Some(phrase) = fields.get("for", &mut self.diagnostics) {
            let told = self.diagnostics.len();
            self.plant.run.horizon = self.ticks(phrase, "for").filter(|t| t.0 > 0);
            if self.plant.run.horizon.is_none() && self.diagnostics.len() == told {
                self.push_once(Diagnostic::new(codes::OUT_OF_RANGE, phrase.span, "`for` is longer than 0 s"));
            }
        }
        if let Some(phrase) = fields.get("warmup", &mut self.diagnostics) {
            if phrase.as_expr().and_then(|e| e.name()) == Some("auto") {
                self.plant.run.find_warmup = true;
            } else {
                self.plant.run.warmup = self.ticks(phrase, "warmup").unwrap_or_default();
            }
        }
        if let Some(phrase) = fields.get("runs", &mut self.diagnostics) {
            self.plant.run.runs = self.count(phrase, "runs", 1, limits::RUNS).unwrap_or(1);
        }
        if let Some(phrase) = fields.get("seed", &mut self.diagnostics) {
            self.plant.run.seed = self.count(phrase, "seed", 0, u64::MAX).unwrap_or(1);
        }
        if let Some(phrase) = fields.get("until", &mut self.diagnostics) {
            self.plant.run.until = self.until(phrase);
        }
        if let Some(phrase) = fields.get("start", &mut self.diagnostics) {
            self.run_start = self.start(phrase);
        }
        let ended = fields.has("for").is_some() || fields.has("until").is_some();
        if !ended {
            self.push(
                Diagnostic::new(codes::NO_END, table.span, "the run has no end")
                    .help("write `for: 30 d`, or `until: 10000 at SINK`"),
            );
        }
        if self.plant.run.find_warmup && fields.has("until").is_some() {
            self.push(
                Diagnostic::new(
                    codes::BAD_RUN,
                    fields.span("warmup"),
                    "a run with `until` has no end that is known beforehand",
                )
                .with(fields.span("until"), "it ends when enough has arrived")
                .note("`warmup: auto` looks for the warm-up in the first half of the run")
                .help("give the warm-up as a time, or the end with `for`"),
            );
        }
        if let Some(horizon) = self.plant.run.horizon
            && self.plant.run.warmup >= horizon
        {
            self.push(
                Diagnostic::new(codes::BAD_RUN, fields.span("warmup"), "the warm-up leaves nothing to measure")
                    .with(fields.span("for"), "the run ends here")
                    .note("`for` is the whole run, warm-up included"),
            );
        }
    }

    /// The first instant of the run in seconds since 1970.
    fn start(&mut self, phrase: &'a Phrase) -> Option<i64> {
        match phrase.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Date { date, clock }) => {
                let seconds = clock.map_or(0, |c| i64::from(c.seconds));
                Some(super::calendar::days_since_1970(*date) * 86_400 + seconds)
            }
            _ => self.wrong_value(phrase.span, "`start` is a day, or a day and a time: `2026-01-05 05:00`"),
        }
    }

    /// `shift:` and `shift_end:` of the line.
    pub fn line_defaults(&mut self, entries: &[&'a Entry]) {
        for entry in entries {
            let Some(phrase) = &entry.phrase else { continue };
            match entry.key.word() {
                Some("shift") => self.line_shift = self.shift_named(phrase).flatten(),
                Some("shift_end") => {
                    let word = phrase.as_expr().and_then(|e| e.name());
                    self.line_shift_end = match word {
                        Some("pause") => crate::ir::ShiftEnd::Pause,
                        Some("finish_item") => crate::ir::ShiftEnd::FinishItem,
                        Some("finish_in_time") => crate::ir::ShiftEnd::FinishInTime,
                        _ => {
                            self.push(Diagnostic::new(
                                codes::WRONG_VALUE,
                                phrase.span,
                                "`shift_end` is one of `pause`, `finish_item`, `finish_in_time`",
                            ));
                            continue;
                        }
                    };
                }
                _ => {}
            }
        }
    }

    fn push_once(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics.iter().any(|d| d.primary.span == diagnostic.primary.span) {
            self.push(diagnostic);
        }
    }

    pub(super) fn ticks(&mut self, phrase: &'a Phrase, what: &str) -> Option<Ticks> {
        match self.time(phrase, what)? {
            Expression::Constant(q) => Ticks::from_seconds(&q.value),
            _ => self.wrong_value(phrase.span, &format!("`{what}` is a fixed time such as `8 h`, not a draw")),
        }
    }

    /// `10000 at warehouse`
    fn until(&mut self, phrase: &'a Phrase) -> Option<Until> {
        let number = match phrase.chain.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Quantity(q)) if q.unit.is_some() => {
                return self.wrong_value(phrase.span, "`until` is a number of items at a sink, such as `10000 at out`");
            }
            Some(_) => self.evaluate(phrase.chain.as_expr()?)?,
            None => return None,
        };
        let count = self.expect_count(&number, phrase.chain.span, "until", 1, limits::COUNT)?;
        let Some(place) = phrase.tail(Preposition::At) else {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, phrase.span, "`until` does not say where the items arrive")
                    .help("write `until: 10000 at SINK`"),
            );
            return None;
        };
        let at = self.node_of(place, "a sink")?;
        if !matches!(self.plant.nodes.get(at).map(|n| &n.kind), Some(crate::ir::NodeKind::Sink)) {
            self.push(Diagnostic::new(codes::WRONG_KIND_OF_NAME, place.span, "`until` counts items at a sink"));
            return None;
        }
        let from_start = match phrase.tail(Preposition::From) {
            None => false,
            Some(from) if from.as_expr().and_then(|e| e.name()) == Some("start") => true,
            Some(from) => {
                self.push(
                    Diagnostic::new(
                        codes::WRONG_VALUE,
                        from.span,
                        "`until` counts from the end of the warm-up, or `from start`",
                    )
                    .help("write `until: 10000 at SINK from start`, or leave `from` out"),
                );
                return None;
            }
        };
        Some(Until { count, at, from_start })
    }

    /// `1 %`, or by figure: `{ throughput(out): 1 %, time_in_system(Case): 2 %, wip: 5 % }`.
    fn precision(&mut self, phrase: &'a Phrase) -> Option<Vec<Precision>> {
        let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind) else {
            let within = self.precise_share(phrase)?;
            return Some(vec![Precision { of: Measure::Throughput(None), within, span: phrase.span }]);
        };
        let mut list: Vec<Precision> = Vec::new();
        for entry in &table.entries {
            let span = entry.key.span();
            let chain = match &entry.key {
                crate::syntax::tree::Key::Chain(chain) => chain.as_expr(),
                _ => None,
            };
            let of = match chain.map(|e| &e.kind) {
                Some(ExprKind::Name(name)) if name == "wip" => Some(Measure::Wip),
                Some(ExprKind::Name(name)) if name == "throughput" => Some(Measure::Throughput(None)),
                Some(ExprKind::Name(name)) if name == "time_in_system" => Some(Measure::TimeInSystem(None)),
                Some(ExprKind::Call { function, arguments }) => {
                    let only = match arguments.as_slice() {
                        [one] if one.name.is_none() => one.value.as_expr(),
                        _ => None,
                    };
                    match (function.name(), only) {
                        (Some("throughput"), Some(expr)) => {
                            let at = self.node_expr(expr, "a sink")?;
                            let kind = self.plant.nodes.get(at).map(|n| &n.kind);
                            if !matches!(kind, Some(crate::ir::NodeKind::Sink)) {
                                let d = Diagnostic::new(
                                    codes::WRONG_KIND_OF_NAME,
                                    expr.span,
                                    "throughput is counted at a sink",
                                );
                                self.push(d);
                                return None;
                            }
                            Some(Measure::Throughput(Some(at)))
                        }
                        (Some("time_in_system"), Some(expr)) => match expr.name() {
                            Some(name) => Some(Measure::TimeInSystem(Some(self.item_named(name, expr.span)?))),
                            None => None,
                        },
                        _ => None,
                    }
                }
                _ => None,
            };
            let (Some(of), Some(value)) = (of, &entry.phrase) else {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, span, "a figure and its precision are due here")
                        .help("write `precision: { throughput(out): 1 %, time_in_system(Part): 2 %, wip: 5 % }`"),
                );
                return None;
            };
            let within = self.precise_share(value)?;
            if list.iter().any(|p| p.of == of) {
                self.push(Diagnostic::new(codes::DUPLICATE_FIELD, span, "this figure is given twice"));
                return None;
            }
            list.push(Precision { of, within, span });
        }
        Some(list)
    }

    fn precise_share(&mut self, phrase: &'a Phrase) -> Option<crate::base::Rational> {
        let within = self.share_of(phrase, "precision")?;
        if !within.is_positive() {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, phrase.span, "no number of runs gives a precision of 0 %")
                    .help("write the half width of the confidence interval over the mean, such as `1 %`"),
            );
            return None;
        }
        Some(within)
    }

    /// The node that a chain of one expression names.
    pub fn node_of(&mut self, chain: &'a crate::syntax::tree::Chain, what: &str) -> Option<NodeId> {
        let expr = self.only_expr(chain, what)?;
        self.node_expr(expr, what)
    }

    pub fn limits_and_demands(&mut self, declarations: &[&'a Declaration]) {
        for d in declarations {
            match d.word.text.as_str() {
                // A cell has none, which has been told.
                "demand" if self.scope.get(self.scope.here).is_some_and(|f| f.kind == super::scope::Kind::Place) => {}
                "demand" => {
                    if let Some(demand) = self.demand(d) {
                        self.plant.demands.push(demand);
                    }
                }
                "limit" | "pallets" => self.limit(d),
                _ => {}
            }
        }
        if self.plant.limits.len() > 62 {
            let span = self.plant.span;
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, span, "at most 62 limits are possible in one line"));
        }
    }

    /// `demand Case: 120 /h at warehouse`
    fn demand(&mut self, d: &'a Declaration) -> Option<Demand> {
        let item = self.item_named(&d.name.text, d.name.span)?;
        let Some(phrase) = &d.phrase else {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, d.name.span, "the demand has no rate")
                    .help("write `demand Case: 120 /h at SINK`"),
            );
            return None;
        };
        if phrase.is_error() {
            return None;
        }
        let expr = self.only_expr(&phrase.chain, "a rate such as `120 /h`")?;
        let typed = self.evaluate(expr)?;
        let q = self.constant_of(&typed, Dim::RATE, expr.span, "demand")?;
        if !q.value.is_positive() {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, expr.span, "a demand is more than 0"));
            return None;
        }
        let mut at = None;
        let mut during = None;
        for tail in &phrase.tails {
            match tail.preposition {
                Preposition::At => {
                    let node = self.node_of(&tail.chain, "a sink")?;
                    if !matches!(self.plant.nodes.get(node).map(|n| &n.kind), Some(crate::ir::NodeKind::Sink)) {
                        let name = self.node_name(node);
                        let text = format!("a demand is counted at a sink, `{name}` is none");
                        self.push(
                            Diagnostic::new(codes::WRONG_KIND_OF_NAME, tail.chain.span, text)
                                .help("name the sink where the items leave the line"),
                        );
                        return None;
                    }
                    at = Some(node);
                }
                Preposition::During => during = self.shift_chain(&tail.chain)?,
                other => {
                    self.push(
                        Diagnostic::new(codes::WRONG_VALUE, tail.word, format!("a demand has no `{}`", other.word()))
                            .help("write `demand Case: 120 /h during SHIFT at SINK`"),
                    );
                    return None;
                }
            }
        }
        Some(Demand { item, rate: q.value, at, during, span: d.span })
    }

    /// The shift that a chain names.
    pub fn shift_chain(&mut self, chain: &'a crate::syntax::tree::Chain) -> Option<Option<crate::ir::CalendarId>> {
        let expr = self.only_expr(chain, "the name of a shift")?;
        let Some(name) = expr.name() else { return self.wrong_value(expr.span, "the name of a shift is due here") };
        match self.scope.find(name) {
            Some(Meaning::Calendar(id)) => Some(Some(id)),
            Some(Meaning::Other) => {
                self.declared_as_another(name, expr.span, "a shift", &["shift"]);
                None
            }
            Some(other) => {
                self.wrong_kind(name, expr.span, other, "a shift");
                None
            }
            None => {
                let d = self.scope.unknown(name, expr.span, "shift", |m| matches!(m, Meaning::Calendar(_)));
                self.push(d);
                None
            }
        }
    }
}
