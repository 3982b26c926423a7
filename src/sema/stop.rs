//! Breakdowns and maintenance: of a station, a source, the members of a crew or tool set, or of several
//! stations at once.

use num_traits::{One, Signed, Zero};

use crate::base::names::natural_cmp;
use crate::base::{Dim, Quantity, Rational, Span};
use crate::diag::{Diagnostic, codes};
use crate::ir::{
    Breakdown, BreakdownClock, BreakdownEffect, CalendarId, Distribution, Expression, Maintenance, MaintenanceStart,
    NodeId, NodeKind, PoolId, SharedStop, Stop, Stopped,
};
use crate::syntax::tree::{Declaration, ExprKind, Phrase};

use super::fields::Fields;
use super::line::Lower;
use super::scope::Meaning;

/// Where a breakdown or maintenance is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a station.
    Station,
    /// In a source.
    Source,
    /// In a conveyor.
    Belt,
    /// In a crew or tool set.
    Pool,
    /// In a fleet.
    Vehicle,
    /// In the line: it says what it stops.
    Line,
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Place::Station => "a station",
            Place::Source => "a source",
            Place::Belt => "a conveyor",
            Place::Pool => "a crew or tool",
            Place::Vehicle => "a vehicle",
            Place::Line => "several stations",
        }
    }
}

/// Stops of one thing that fall together go by their names, not by the order in which they are written.
pub(super) fn by_name(breakdowns: &mut [Breakdown], maintenance: &mut [Maintenance]) {
    breakdowns.sort_by(|a, b| natural_cmp(&a.name, &b.name));
    maintenance.sort_by(|a, b| natural_cmp(&a.name, &b.name));
}

impl<'a> Lower<'a> {
    /// Whether declarations inside a block have names of their own; complains about those that have not.
    pub fn distinct(&mut self, inner: &[&'a Declaration]) -> bool {
        let mut names: Vec<(&str, Span)> = Vec::new();
        let mut good = true;
        for d in inner {
            if let Some((_, first)) = names.iter().find(|(n, _)| *n == d.name.text) {
                self.push(
                    Diagnostic::new(codes::DUPLICATE_NAME, d.name.span, format!("`{}` is declared twice", d.name.text))
                        .with(*first, "first declared here"),
                );
                good = false;
            }
            names.push((&d.name.text, d.name.span));
        }
        good
    }

    /// Breakdowns and maintenance inside a source, crew or tool, and the shift of a clock that is
    /// `scheduled`.
    pub fn stops_of(&mut self, fields: &Fields<'a>, place: Place, own: Option<CalendarId>) -> Vec<Stop> {
        let before = std::mem::replace(&mut self.asked_shift.0, own);
        let mut found = Vec::new();
        if self.distinct(&fields.inner) {
            for inner in &fields.inner {
                let stop = match inner.word.text.as_str() {
                    "breakdown" => self.breakdown(inner, place).map(Stop::Breakdown),
                    "maintenance" => self.maintenance(inner, place).map(Stop::Maintenance),
                    _ => None,
                };
                match stop {
                    Some(stop) => found.push(stop),
                    None => self.holes = true,
                }
            }
        }
        found.sort_by(|a, b| natural_cmp(a.name(), b.name()));
        self.asked_shift.0 = before;
        found
    }

    /// What the breakdowns of a source stop: each node it stands for.
    pub fn node_stops(&mut self, stops: &[Stop], id: NodeId, calendar: Option<CalendarId>) {
        let owner = self.plant.nodes.get(id).map(|n| n.name.clone());
        for stop in stops {
            let (owner, stop) = (owner.clone(), stop.clone());
            self.plant.stops.push(SharedStop { owner, stops: vec![Stopped::Node(id)], stop, calendar });
        }
    }

    /// Every member of a crew or tool set has a clock of its own.
    pub fn pool_stops(&mut self, stops: &[Stop], id: PoolId) {
        let Some(pool) = self.plant.pools.get(id) else { return };
        let (name, size, calendar) = (pool.name.clone(), pool.size, pool.calendar);
        for stop in stops {
            for member in 1..=size {
                let owner = Some(if size == 1 { name.clone() } else { format!("{name}#{member}") });
                let (stops, stop) = (vec![Stopped::Member(id)], stop.clone());
                self.plant.stops.push(SharedStop { owner, stops, stop, calendar });
            }
        }
    }

    /// `breakdown power { stops: [rinser, filler], after: …, repair: … }` of the line.
    pub fn line_stops(&mut self, declarations: &[&'a Declaration]) {
        let mut declarations = declarations.to_vec();
        declarations.sort_by(|a, b| natural_cmp(&a.name.text, &b.name.text));
        for d in declarations {
            self.asked_shift.0 = self.line_shift;
            let word = d.word.text.as_str();
            let stop = match word {
                "breakdown" => self.breakdown(d, Place::Line).map(Stop::Breakdown),
                "maintenance" => self.maintenance(d, Place::Line).map(Stop::Maintenance),
                _ => continue,
            };
            if self.scope.find(&d.name.text) == Some(Meaning::Other) {
                self.scope.unmark(&d.name.text);
            }
            let stops = self.stopped(d);
            match (stop, stops) {
                (Some(stop), Some(stops)) => {
                    let calendar = self.line_shift;
                    self.plant.stops.push(SharedStop { owner: None, stops, stop, calendar });
                }
                _ => self.holes = true,
            }
        }
    }

    /// `stops: [rinser, weld[2], press]`: an array stands for all its members.
    fn stopped(&mut self, d: &'a Declaration) -> Option<Vec<Stopped>> {
        // The fields have been complained about before.
        let mut none = Vec::new();
        let fields = Fields::of(d, &["stops"], &mut none);
        let Some(phrase) = fields.get("stops", &mut self.diagnostics) else {
            self.missing(&fields, "stops", "stops: [rinser, filler]");
            return None;
        };
        let phrases: Vec<&Phrase> = match phrase.as_expr().map(|e| &e.kind) {
            Some(ExprKind::List(list)) => list.iter().collect(),
            _ => vec![phrase],
        };
        let mut found: Vec<Stopped> = Vec::new();
        for phrase in phrases {
            let expr = self.only_expr(&phrase.chain, "a station, source or conveyor")?;
            let array = expr.name().and_then(|n| match self.scope.find(n) {
                Some(Meaning::Array(first, size)) => Some((first, u32::try_from(size).ok()?)),
                _ => None,
            });
            let nodes: Vec<NodeId> = match array {
                Some((first, size)) => (0..size).map(|i| NodeId(first.0.saturating_add(i))).collect(),
                None => vec![self.node_expr(expr, "a station, source or conveyor")?],
            };
            for id in nodes {
                let kind = self.plant.nodes.get(id).map(|n| &n.kind);
                if !matches!(kind, Some(NodeKind::Station(_) | NodeKind::Source(_) | NodeKind::Conveyor(_))) {
                    self.push(
                        Diagnostic::new(
                            codes::WRONG_KIND_OF_NAME,
                            expr.span,
                            "this never works, so that nothing can stop it",
                        )
                        .help("name stations, sources and conveyors here"),
                    );
                    return None;
                }
                if found.contains(&Stopped::Node(id)) {
                    self.push(Diagnostic::new(codes::DUPLICATE_FIELD, expr.span, "this is named twice"));
                    return None;
                }
                found.push(Stopped::Node(id));
            }
        }
        if found.is_empty() {
            return self.wrong_value(phrase.span, "`stops` names nothing");
        }
        Some(found)
    }

    /// `clock: …`
    fn clock(&mut self, fields: &Fields<'a>, place: Place) -> Option<BreakdownClock> {
        let clock = match self.word(fields, "clock", &["calendar", "working", "scheduled", "cycles"]) {
            Some("working") => BreakdownClock::Working,
            Some("scheduled") => BreakdownClock::Scheduled,
            Some("cycles") => BreakdownClock::Cycles,
            _ => BreakdownClock::Calendar,
        };
        // Belts say so themselves.
        let own = matches!(place, Place::Station | Place::Belt | Place::Vehicle);
        if !own && matches!(clock, BreakdownClock::Working | BreakdownClock::Cycles) {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    fields.span("clock"),
                    format!("the clock of {} does not follow the work of one machine", place.word()),
                )
                .help("write `clock: calendar` or `clock: scheduled`"),
            );
            return None;
        }
        Some(clock)
    }

    /// `from: end | start`
    fn counts_from_start(&mut self, fields: &Fields<'a>, clock: BreakdownClock) -> Option<bool> {
        let start = self.word(fields, "from", &["end", "start"]) == Some("start");
        if start && matches!(clock, BreakdownClock::Working | BreakdownClock::Cycles) {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    fields.span("from"),
                    "this clock stands still while the machine is down: start and end are the same for it",
                )
                .help("leave `from` out, or write `clock: calendar`"),
            );
            return None;
        }
        Some(start)
    }

    /// `repair_in: shift`, or the name of a shift.
    fn repair_in(&mut self, fields: &Fields<'a>) -> Option<Option<CalendarId>> {
        let Some(phrase) = fields.get("repair_in", &mut self.diagnostics) else {
            return fields.has("repair_in").is_none().then_some(None);
        };
        let word = phrase.as_expr().and_then(|e| e.name());
        if word == Some("shift") && self.scope.find("shift").is_none() {
            if self.asked_shift.0.is_none() {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, phrase.span, "there is no shift to repair in")
                        .help("give it a `shift:`, or name one: `repair_in: day_shift`"),
                );
                return None;
            }
            return Some(self.asked_shift.0);
        }
        self.shift_named(phrase)
    }

    /// `breakdown jam { after: exponential(4 h), repair: 8 min }`
    pub(super) fn breakdown(&mut self, d: &'a Declaration, place: Place) -> Option<Breakdown> {
        let mut known: Vec<&str> = vec!["after", "clock", "repair", "needs", "availability"];
        if place != Place::Belt {
            known.extend(["from", "repair_in"]);
        }
        known.extend(match place {
            Place::Station => &["effect", "exclusive", "keep_crew"][..],
            Place::Line => &["effect", "keep_crew", "stops"],
            Place::Belt | Place::Vehicle => &["effect"],
            Place::Source | Place::Pool => &[],
        });
        let fields = Fields::of(d, &known, &mut self.diagnostics);
        let clock = self.clock(&fields, place)?;
        let effect = match self.word(&fields, "effect", &["resume", "restart", "restart_new", "scrap", "finish_item"]) {
            Some("restart") => BreakdownEffect::Restart,
            Some("restart_new") => BreakdownEffect::RestartNew,
            Some("scrap") => BreakdownEffect::Scrap,
            Some("finish_item") => BreakdownEffect::FinishItem,
            _ => BreakdownEffect::Resume,
        };
        if place == Place::Vehicle && !matches!(effect, BreakdownEffect::Resume | BreakdownEffect::FinishItem) {
            return self.wrong_value(
                fields.span("effect"),
                "what a vehicle brings stays on it: write `effect: resume`, or `effect: finish_item` to finish the trip \
                 first",
            );
        }
        let from_start = self.counts_from_start(&fields, clock);
        let repair_in = self.repair_in(&fields);
        let exclusive = self.yes_no(&fields, "exclusive");
        let keep_crew = self.yes_no(&fields, "keep_crew");
        if keep_crew && effect == BreakdownEffect::FinishItem {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    fields.span("keep_crew"),
                    "the work is finished before this repair begins: there are no people to keep",
                )
                .with(fields.span("effect"), "finished first")
                .help("leave `keep_crew` out"),
            );
            return None;
        }
        let repair = match fields.get("repair", &mut self.diagnostics) {
            Some(phrase) => self.time(phrase, "repair"),
            None => {
                self.missing(&fields, "repair", "repair: lognormal(8 min, 3 min)");
                None
            }
        };
        let after =
            match (fields.get("after", &mut self.diagnostics), fields.get("availability", &mut self.diagnostics)) {
                (Some(phrase), None) if clock == BreakdownClock::Cycles => self.cycles(phrase, "after"),
                (Some(phrase), None) => self.time(phrase, "after"),
                (Some(_), Some(phrase)) => {
                    self.push(
                        Diagnostic::new(
                            codes::DUPLICATE_FIELD,
                            phrase.span,
                            "`after` and `availability` both say how often it fails",
                        )
                        .with(fields.span("after"), "given here")
                        .help("keep one of the two"),
                    );
                    None
                }
                (None, Some(phrase)) if clock == BreakdownClock::Cycles => {
                    self.wrong_value(phrase.span, "an availability is a share of time, and this clock counts cycles")
                }
                (None, Some(phrase)) if from_start == Some(true) => {
                    self.wrong_value(phrase.span, "an availability counts from the end of a repair; give `after:`")
                }
                (None, Some(phrase)) => self.after_from_availability(phrase, repair.as_ref()?),
                (None, None) => {
                    self.missing(&fields, "after", "after: exponential(4 h)");
                    None
                }
            };
        let needs = match fields.get("needs", &mut self.diagnostics) {
            Some(phrase) => self.needs(phrase)?,
            None => Vec::new(),
        };
        let (after, repair) = (after?, repair?);
        let zero = |e: &Expression| e.constant().is_some_and(|q| q.value.is_zero());
        if zero(&after) {
            self.push(
                Diagnostic::new(
                    codes::OUT_OF_RANGE,
                    fields.span("after"),
                    "a machine that fails after 0 s never works",
                )
                .help("write the mean time from a repair to the next failure"),
            );
            return None;
        }
        Some(Breakdown {
            name: d.name.text.clone(),
            span: d.span,
            after,
            clock,
            repair,
            effect,
            needs,
            from_start: from_start?,
            exclusive,
            keep_crew,
            repair_in: repair_in?,
        })
    }

    /// `maintenance clean { every: 8 h, lasts: 50 min }`
    pub(super) fn maintenance(&mut self, d: &'a Declaration, place: Place) -> Option<Maintenance> {
        let mut known: Vec<&str> = vec!["every", "at", "clock", "lasts", "needs"];
        if place != Place::Belt {
            known.push("from");
        }
        known.extend(match place {
            Place::Station | Place::Belt | Place::Vehicle => &["when"][..],
            Place::Line => &["when", "stops"],
            Place::Source | Place::Pool => &[],
        });
        let fields = Fields::of(d, &known, &mut self.diagnostics);
        let clock = self.clock(&fields, place)?;
        let from_start = self.counts_from_start(&fields, clock)?;
        let start = match self.word(&fields, "when", &["between_items", "immediately"]) {
            Some("immediately") => MaintenanceStart::Immediately,
            _ => MaintenanceStart::BetweenItems,
        };
        let lasts = match fields.get("lasts", &mut self.diagnostics) {
            Some(phrase) => self.time(phrase, "lasts"),
            None => {
                self.missing(&fields, "lasts", "lasts: 50 min");
                None
            }
        };
        let needs = match fields.get("needs", &mut self.diagnostics) {
            Some(phrase) => self.needs(phrase)?,
            None => Vec::new(),
        };
        let (every, at) = (fields.get("every", &mut self.diagnostics), fields.get("at", &mut self.diagnostics));
        let (every, timetable) = match (every, at) {
            (Some(_), Some(phrase)) => {
                self.push(
                    Diagnostic::new(
                        codes::DUPLICATE_FIELD,
                        phrase.span,
                        "`every` and `at` both say when the maintenance is due",
                    )
                    .with(fields.span("every"), "given here")
                    .help("keep one of the two"),
                );
                return None;
            }
            (Some(phrase), None) if clock == BreakdownClock::Cycles => (self.cycles(phrase, "every")?, None),
            (Some(phrase), None) => (self.time(phrase, "every")?, None),
            (None, Some(phrase)) if fields.has("clock").or(fields.has("from")).is_some() => {
                return self
                    .wrong_value(phrase.span, "a timetable goes by the calendar: it has no `clock` and no `from`");
            }
            (None, Some(phrase)) => {
                let name = format!("{}.at", d.name.text);
                let zero = Quantity { value: Rational::zero(), dim: Dim::TIME };
                (Expression::Constant(zero), Some(self.timetable(phrase, &name)?))
            }
            (None, None) => {
                self.missing(&fields, "every", "every: 8 h");
                return None;
            }
        };
        if timetable.is_none() && every.constant().is_some_and(|q| q.value.is_zero()) {
            self.push(
                Diagnostic::new(
                    codes::OUT_OF_RANGE,
                    fields.span("every"),
                    "a machine maintained after every 0 s never works",
                )
                .help("write the time from the end of one maintenance to the next"),
            );
            return None;
        }
        Some(Maintenance {
            name: d.name.text.clone(),
            span: d.span,
            every,
            clock,
            lasts: lasts?,
            timetable,
            start,
            needs,
            from_start,
        })
    }

    /// A number of cycles, constant or drawn.
    fn cycles(&mut self, phrase: &'a Phrase, what: &str) -> Option<Expression> {
        let typed = self.evaluate_phrase(phrase)?;
        if typed.dim != Dim::NUMBER {
            let d = Diagnostic::new(
                codes::WRONG_DIMENSION,
                phrase.span,
                format!("with `clock: cycles`, `{what}` is a number of cycles, this is a {}", typed.dim),
            );
            self.push(d.help("write a number, for example `after: 500`, or another clock"));
            return None;
        }
        if let Expression::Constant(q) = &typed.value
            && q.value < Rational::one()
        {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, phrase.span, format!("`{what}` is less than one cycle"))
                    .help("write a number of 1 or more"),
            );
            return None;
        }
        Some(typed.value)
    }

    /// Time to failure, exponential, with mean `repair · A / (1 − A)`.
    fn after_from_availability(&mut self, phrase: &'a Phrase, repair: &Expression) -> Option<Expression> {
        let share = self.share_of(phrase, "availability")?;
        if !share.is_positive() || share >= Rational::one() {
            self.push(
                Diagnostic::new(
                    codes::OUT_OF_RANGE,
                    phrase.span,
                    "an availability lies between 0 % and 100 %, both excluded",
                )
                .help("leave the breakdown out when the machine never fails"),
            );
            return None;
        }
        let fixed = |e: &Expression| e.constant().map(|q| q.value.clone());
        let mean = match repair {
            Expression::Constant(q) => Some(q.value.clone()),
            Expression::Draw(d) => match &**d {
                Distribution::Exponential { mean }
                | Distribution::Erlang { mean, .. }
                | Distribution::Gamma { mean, .. }
                | Distribution::Lognormal { mean, .. } => fixed(mean),
                Distribution::Uniform { minimum, maximum } => {
                    fixed(minimum).zip(fixed(maximum)).map(|(a, b)| (a + b) / Rational::from(2))
                }
                Distribution::Triangular { minimum, mode, maximum } => fixed(minimum)
                    .zip(fixed(mode))
                    .zip(fixed(maximum))
                    .map(|((a, b), c)| (a + b + c) / Rational::from(3)),
                _ => None,
            },
            _ => None,
        };
        let Some(mean) = mean else {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    phrase.span,
                    "`availability` needs a repair whose mean follows from its parameters",
                )
                .help("give `after:` instead, or a repair such as `lognormal(8 min, 3 min)`"),
            );
            return None;
        };
        let after = mean * &share / (Rational::one() - &share);
        let mean = Expression::Constant(Quantity { value: after, dim: Dim::TIME });
        Some(Expression::Draw(Box::new(Distribution::Exponential { mean })))
    }
}
