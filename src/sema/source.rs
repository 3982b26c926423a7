//! Sources: what they make, when, and how many at once.

use num_traits::{One, Signed, Zero};

use crate::base::{Dim, Quantity, Rational, Span, Ticks, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::{
    Calendar, CalendarId, Campaign, Distribution, Expression, ItemId, Order, ShiftEnd, Source, Supply, WhenFull,
};
use crate::syntax::tree::{Declaration, Entry, ExprKind, Key, Phrase, Table};

use super::account::Owner;
use super::calendar::{Stretch, every_day, on_day, pattern, whole_day};
use super::fields::Fields;
use super::line::Lower;
use super::scope::Meaning;
use super::stop::Place;

const SOURCE: &[&str] =
    &["makes", "every", "at", "schedule", "lot", "first", "total", "when_full", "shift", "with", "power", "cost"];

/// Item types with their shares in the long run, and the campaigns in turn.
type Made = (Vec<(ItemId, Rational)>, Vec<Campaign>);

impl<'a> Lower<'a> {
    pub(super) fn source(&mut self, d: &'a Declaration) -> Option<Source> {
        let fields = self.known_fields(d, SOURCE, &[]);
        self.asked_shift = (self.shift_field(&fields), ShiftEnd::Pause);
        self.asked_account = self.account(&fields, Owner::Source);
        self.no_inner(&fields, &["breakdown", "maintenance"]);
        let calendar = self.asked_shift.0;
        self.asked_stops = self.stops_of(&fields, Place::Source, calendar);
        let with = match fields.get("with", &mut self.diagnostics) {
            Some(phrase) => self.assignments(phrase)?,
            None => Vec::new(),
        };
        if fields.has("schedule").is_some() {
            let set: Vec<usize> = with.iter().map(|(slot, _)| *slot).collect();
            let source = self.scheduled_source(d, &fields, &set)?;
            return Some(Source { with, ..source });
        }
        let (made, mix_span) = match fields.get("makes", &mut self.diagnostics) {
            Some(phrase) => (self.makes(phrase), phrase.span),
            None if fields.has("makes").is_some() => (None, d.name.span),
            None => (self.the_only_item(d), d.name.span),
        };
        let supply = self.supply(&d.name.text, &fields);
        if let Some(Supply::At(timetable)) = &supply {
            self.never_on_shift(*timetable, calendar)?;
        }
        let first = match fields.get("first", &mut self.diagnostics) {
            Some(phrase) => self.time(phrase, "first"),
            None => Some(zero_time()),
        };
        let lot = match fields.get("lot", &mut self.diagnostics) {
            Some(phrase) => self.lot(phrase),
            None => Some(Expression::Constant(Quantity::number(1))),
        };
        let total = match fields.get("total", &mut self.diagnostics) {
            Some(phrase) => Some(self.total(phrase, made.as_ref().map(|(mix, _)| mix.as_slice()))?),
            None => None,
        };
        let when_full = match self.word(&fields, "when_full", &["pause", "queue", "lose"]) {
            Some("queue") => WhenFull::Queue,
            Some("lose") => WhenFull::Lose,
            _ => WhenFull::Pause,
        };
        let supply = supply?;
        self.fields_fit(&fields, &supply, when_full, total)?;
        let (mix, campaign) = made?;
        Some(Source { with, mix, campaign, supply, lot: Box::new(lot?), first: first?, total, when_full, mix_span })
    }

    /// What a source makes that does not say it: the only item there is.
    fn the_only_item(&mut self, d: &'a Declaration) -> Option<Made> {
        if self.plant.items.len() == 1 {
            return Some((vec![(ItemId(0), Rational::one())], Vec::new()));
        }
        self.push(
            Diagnostic::new(
                codes::MISSING_FIELD,
                d.name.span,
                format!("source `{}` does not say what it makes", d.name.text),
            )
            .help("several items are declared: write `makes: NAME`"),
        );
        None
    }

    /// Instants of a timetable that all fall off shift bring nothing.
    fn never_on_shift(&mut self, timetable: CalendarId, shift: Option<CalendarId>) -> Option<()> {
        let calendars = &self.plant.calendars;
        let (Some(instants), Some(shift)) = (calendars.get(timetable), shift.and_then(|s| calendars.get(s))) else {
            return Some(());
        };
        if shift.period != instants.period {
            // A shift that is no week meets every day of one sooner or later.
            return Some(());
        }
        let on = |at: Ticks| shift.windows.iter().any(|w| w.from <= at && at < w.to);
        if instants.windows.iter().any(|w| on(w.from)) {
            return Some(());
        }
        let message =
            format!("no instant of the timetable falls into the shift `{}`: nothing would ever come", shift.name);
        let d = Diagnostic::new(codes::WRONG_VALUE, instants.span, message)
            .with(shift.span, "the shift")
            .help("change the timetable or the shift; `shift: none` lets the source go by the clock alone");
        self.push(d);
        None
    }

    /// `every`, `at`, or neither.
    fn supply(&mut self, name: &str, fields: &Fields<'a>) -> Option<Supply> {
        let (every, at) = (fields.get("every", &mut self.diagnostics), fields.get("at", &mut self.diagnostics));
        match (every, at) {
            (Some(_), Some(phrase)) => {
                self.push(
                    Diagnostic::new(codes::DUPLICATE_FIELD, phrase.span, "`every` and `at` both say when items come")
                        .with(fields.span("every"), "given here")
                        .help("keep one of the two"),
                );
                None
            }
            (Some(phrase), None) => match phrase.as_expr().map(|e| &e.kind) {
                Some(ExprKind::Table(table)) if self.goes_by_hours(table) => self.by_hours(table, name),
                _ => self.time(phrase, "every").map(Supply::Every),
            },
            (None, Some(phrase)) => self.timetable(phrase, &format!("{name}.at")).map(Supply::At),
            (None, None) if fields.has("every").is_some() || fields.has("at").is_some() => None,
            (None, None) => Some(Supply::Always),
        }
    }

    /// Fields that say nothing with this supply are refused, with the reason.
    fn fields_fit(
        &mut self,
        fields: &Fields<'a>,
        supply: &Supply,
        when_full: WhenFull,
        total: Option<u64>,
    ) -> Option<()> {
        let refuse = |field: &str, why: &str, help: &str| {
            Diagnostic::new(codes::WRONG_VALUE, fields.span(field), why.to_string()).help(help.to_string())
        };
        if *supply == Supply::Always {
            if when_full != WhenFull::Pause {
                self.push(refuse(
                    "when_full",
                    "a source without `every` always has one item ready",
                    "give it an interval with `every:`, or leave `when_full` out",
                ));
                return None;
            }
            if fields.has("lot").is_some() {
                self.push(refuse(
                    "lot",
                    "a source without `every` gives items one by one, as they are wanted",
                    "give it an interval with `every:` or a timetable with `at:`, or leave `lot` out",
                ));
                return None;
            }
        }
        if matches!(supply, Supply::At(_)) && fields.has("first").is_some() {
            self.push(refuse(
                "first",
                "the timetable says when the first items come",
                "leave `first` out, or give an interval with `every:` in place of `at:`",
            ));
            return None;
        }
        if let Supply::Every(Expression::Constant(q)) = supply
            && q.value.is_zero()
            && total.is_none()
            && when_full != WhenFull::Pause
        {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, fields.span("every"), "items every 0 s never let time pass")
                    .help("leave `every` out: then an item is always ready"),
            );
            return None;
        }
        Some(())
    }

    /// `lot: 12`, or a distribution of whole numbers.
    fn lot(&mut self, phrase: &'a Phrase) -> Option<Expression> {
        let typed = self.evaluate_phrase(phrase)?;
        if matches!(typed.value, Expression::Constant(_)) {
            let n = self.expect_count(&typed, phrase.span, "lot", 1, limits::LOT)?;
            return Some(Expression::Constant(Quantity::number(i64::try_from(n).ok()?)));
        }
        if typed.dim != Dim::NUMBER {
            self.push(
                Diagnostic::new(
                    codes::WRONG_DIMENSION,
                    phrase.span,
                    format!("`lot` is a number of items, this is a {}", typed.dim),
                )
                .help("write a number, or a distribution of numbers such as `geometric(4)` or `poisson(4)`"),
            );
            return None;
        }
        if typed.value.any(&|e| matches!(e, Expression::Attribute { .. } | Expression::ByItem(..) | Expression::Step)) {
            return self
                .wrong_value(phrase.span, "`lot` is drawn before there is an item whose attributes could count");
        }
        Some(typed.value)
    }

    /// `total: 100` or `total: 100 Part`.
    fn total(&mut self, phrase: &'a Phrase, mix: Option<&[(ItemId, Rational)]>) -> Option<u64> {
        if let Some(ExprKind::Quantity(q)) = phrase.as_expr().map(|e| &e.kind)
            && q.unit.is_some()
        {
            let counted = self.counted(phrase, "item")?;
            let only = counted.first()?;
            let item = self.item_named(only.name, only.span)?;
            if let Some([(made, _)]) = mix
                && self.descends(*made, item)
            {
                return Some(only.count);
            }
            if let Some(mix) = mix {
                let makes = mix.iter().any(|(made, _)| self.descends(*made, item));
                let why = if makes {
                    format!("`total` counts all items of a source, and this one makes more than `{}`", only.name)
                } else {
                    format!("the source does not make `{}`", only.name)
                };
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, phrase.span, why)
                        .help(format!("write `total: {}` for items of all types together", only.count)),
                );
            }
            return None;
        }
        self.count(phrase, "total", 1, limits::COUNT)
    }

    /// `makes: Bottle`, `{ 60 %: A, rest: B }`, `[200 A, 120 B]`.
    fn makes(&mut self, phrase: &'a Phrase) -> Option<Made> {
        let Some(expr) = phrase.as_expr() else { return self.name_in(phrase, "an item").and(None) };
        match &expr.kind {
            ExprKind::List(list) => self.campaigns(list, expr.span),
            ExprKind::Quantity(q) if q.unit.as_ref().is_some_and(|u| u.counted().is_some()) => {
                let name = q.unit.as_ref().and_then(|u| u.counted()).unwrap_or_default();
                let number = self.text(q.number_span);
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, phrase.span, "`makes` of a source names what each item is")
                        .help(format!("write `makes: {name}, lot: {number}` for {number} items at once")),
                );
                None
            }
            _ => self.mix(phrase).map(|mix| (mix, Vec::new())),
        }
    }

    /// An item, or a choice by chance.
    fn mix(&mut self, phrase: &'a Phrase) -> Option<Vec<(ItemId, Rational)>> {
        let Some(expr) = phrase.as_expr() else { return self.name_in(phrase, "an item").and(None) };
        match &expr.kind {
            ExprKind::Name(name) => Some(vec![(self.item_named(name, expr.span)?, Rational::one())]),
            ExprKind::Table(table) => self.share_mix(table),
            ExprKind::NamedTable { name, table } if name.text == "choice" => self.share_mix(table),
            _ => self.name_in(phrase, "an item").and(None),
        }
    }

    fn share_mix(&mut self, table: &'a Table) -> Option<Vec<(ItemId, Rational)>> {
        let mut mix = Vec::new();
        for (share, entry) in self.shares(table)? {
            let phrase = entry.phrase.as_ref()?;
            let (name, span) = self.name_in(phrase, "an item")?;
            mix.push((self.item_named(name, span)?, share));
        }
        Some(mix)
    }

    /// `[200 A, 120 B]`; an entry without a number is one item, a table one item by chance.
    fn campaigns(&mut self, list: &'a [Phrase], span: Span) -> Option<Made> {
        let mut campaign = Vec::new();
        for phrase in list {
            let part = match phrase.as_expr().map(|e| &e.kind) {
                Some(ExprKind::Quantity(_)) => {
                    let counted = self.counted(phrase, "item")?;
                    let only = counted.first()?;
                    let item = self.item_named(only.name, only.span)?;
                    Campaign { count: only.count, mix: vec![(item, Rational::one())] }
                }
                _ => Campaign { count: 1, mix: self.mix(phrase)? },
            };
            campaign.push(part);
        }
        if campaign.is_empty() {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, span, "the campaign is empty")
                    .help("write what is made in turn: `makes: [200 A, 120 B]`"),
            );
            return None;
        }
        let all: u64 = campaign.iter().map(|c| c.count).fold(0, u64::saturating_add);
        let all = Rational::from(all);
        let mut mix: Vec<(ItemId, Rational)> = Vec::new();
        for part in &campaign {
            let share = Rational::from(part.count) / &all;
            for (item, of) in &part.mix {
                match mix.iter_mut().find(|(i, _)| i == item) {
                    Some((_, sum)) => *sum += &share * of,
                    None => mix.push((*item, &share * of)),
                }
            }
        }
        Some((mix, campaign))
    }

    // ---- intervals by hours ----

    /// Whether the keys of a table are days, hours or shifts.
    fn goes_by_hours(&self, table: &'a Table) -> bool {
        let day = |name: &str| whole_day(name).is_some();
        table.entries.iter().any(|entry| match &entry.key {
            Key::Hours { .. } => true,
            Key::Chain(chain) => match chain.as_expr().map(|e| &e.kind) {
                Some(ExprKind::Name(name)) => day(name) || matches!(self.scope.find(name), Some(Meaning::Calendar(_))),
                Some(ExprKind::Range { from, to }) => {
                    let is = |e: &crate::syntax::tree::Expr| {
                        matches!(e.kind, ExprKind::Clock(_)) || e.name().is_some_and(day)
                    };
                    is(from) || is(to)
                }
                _ => false,
            },
            _ => false,
        })
    }

    /// `{ mon..fri 06:00..14:00: exponential(30 s), rest: exponential(2 min) }`
    fn by_hours(&mut self, table: &'a Table, name: &str) -> Option<Supply> {
        let mut hours: Vec<(CalendarId, Expression)> = Vec::new();
        let mut spans: Vec<Span> = Vec::new();
        let mut rest: Option<(Expression, Span)> = None;
        let mut days: Vec<bool> = Vec::new();
        for entry in &table.entries {
            if let Key::Word(word) = &entry.key
                && (word.text == "rest" || word.text == "else")
            {
                let every = self.interval(entry)?;
                if let Some((_, first)) = &rest {
                    self.push(
                        Diagnostic::new(codes::DUPLICATE_FIELD, word.span, "`rest` is given twice")
                            .with(*first, "first given here"),
                    );
                    return None;
                }
                rest = Some((every, word.span));
                continue;
            }
            let Some(when) = self.hours_key(entry, &mut days)? else { continue };
            let every = self.interval(entry)?;
            let id = match when {
                When::Shift(id) => id,
                When::Stretches(list) => {
                    let name = format!("{name}.every#{}", hours.len() + 1);
                    self.plant.calendars.push(pattern(&name, entry.key.span(), list))
                }
            };
            let of = |id: CalendarId| self.plant.calendars.get(id);
            let clash = hours.iter().position(|(other, _)| of(*other).zip(of(id)).is_some_and(|(a, b)| overlap(a, b)));
            if let Some(at) = clash {
                let first = spans.get(at).copied().unwrap_or_default();
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, entry.key.span(), "these hours overlap with others")
                        .with(first, "given here already")
                        .help("let each hour of the week have one interval"),
                );
                return None;
            }
            hours.push((id, every));
            spans.push(entry.key.span());
        }
        if days.iter().any(|d| *d) {
            return self.wrong_value(table.span, "days without hours behind them");
        }
        if table.incomplete {
            return None;
        }
        if hours.is_empty() {
            return self.wrong_value(table.span, "an interval by hours names hours");
        }
        Some(Supply::ByHours { hours, rest: rest.map(|(e, _)| Box::new(e)) })
    }

    /// The hours of a key; `None` inside when it only names days whose hours follow (`mon, wed 06:00..14:00`).
    #[allow(clippy::option_option)]
    fn hours_key(&mut self, entry: &'a Entry, days: &mut Vec<bool>) -> Option<Option<When>> {
        let stretches = |days: &mut Vec<bool>, hours: Option<&crate::syntax::tree::Hours>| {
            let marked = std::mem::take(days);
            let on = (0i64..).zip(marked).filter(|(_, on)| *on).map(|(day, _)| day);
            let list: Vec<Stretch> = match hours {
                Some(hours) => on.map(|day| on_day(day, hours)).collect(),
                None => on.map(|day| (day * super::calendar::DAY, (day + 1) * super::calendar::DAY)).collect(),
            };
            Some(Some(When::Stretches(list)))
        };
        match &entry.key {
            Key::Hours { days: before, hours } => {
                self.days(before, days)?;
                self.pass_some_time(hours)?;
                stretches(days, Some(hours))
            }
            Key::Chain(chain) => match chain.as_expr().map(|e| (&e.kind, e)) {
                Some((ExprKind::Name(name), expr)) => {
                    if let Some(Meaning::Calendar(id)) = self.scope.find(name) {
                        return Some(Some(When::Shift(id)));
                    }
                    self.days(expr, days)?;
                    if entry.phrase.is_none() { Some(None) } else { stretches(days, None) }
                }
                Some((ExprKind::Range { from, to }, expr)) => match super::calendar::clocks(from, to) {
                    Some(hours) => {
                        self.pass_some_time(&hours)?;
                        Some(Some(When::Stretches(every_day(&hours))))
                    }
                    None => {
                        self.days(expr, days)?;
                        if entry.phrase.is_none() { Some(None) } else { stretches(days, None) }
                    }
                },
                _ => self.wrong_hours_key(entry),
            },
            _ => self.wrong_hours_key(entry),
        }
    }

    fn wrong_hours_key<T>(&mut self, entry: &Entry) -> Option<T> {
        self.push(
            Diagnostic::new(
                codes::WRONG_VALUE,
                entry.key.span(),
                "days and hours, or the name of a shift, are due here",
            )
            .help("write `every: { mon..fri 06:00..14:00: 30 s, sat: 1 min, rest: 2 min }`"),
        );
        None
    }

    /// The interval of an entry: its mean must be known, for remainders are stretched by it.
    fn interval(&mut self, entry: &'a Entry) -> Option<Expression> {
        let Some(phrase) = &entry.phrase else {
            return self.wrong_value(entry.span, "these hours have no interval");
        };
        let every = self.time(phrase, "every")?;
        if !has_plain_mean(&every) {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    phrase.span,
                    "an interval that goes by hours is a fixed time or a distribution with fixed parameters",
                )
                .note("what is left of an interval when other hours begin is stretched as the means of the two are"),
            );
            return None;
        }
        if every.constant().is_some_and(|q| !q.value.is_positive()) {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, phrase.span, "items every 0 s never let time pass")
                    .help("write a time above 0; hours in which nothing comes are left out of the table"),
            );
            return None;
        }
        Some(every)
    }

    // ---- schedules ----

    /// `schedule: "orders.csv"`
    fn scheduled_source(&mut self, d: &'a Declaration, fields: &Fields<'a>, with: &[usize]) -> Option<Source> {
        let reasons: &[(&str, &str)] = &[
            ("every", "the schedule says when items come"),
            ("at", "the schedule says when items come"),
            ("first", "the schedule says when the first items come"),
            ("lot", "the schedule says how many items come at once, in its column `count`"),
        ];
        for (field, why) in reasons {
            if let Some(span) = fields.has(field) {
                self.push(
                    Diagnostic::new(codes::DUPLICATE_FIELD, span, *why)
                        .with(fields.span("schedule"), "given here")
                        .help("keep one of the two"),
                );
                return None;
            }
        }
        if let Some(word) = self.word(fields, "when_full", &["pause", "queue", "lose"])
            && word != "queue"
        {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    fields.span("when_full"),
                    format!("an order of a schedule comes when it is due: it cannot be `{word}`"),
                )
                .help("orders wait outside until there is room, as with `when_full: queue`: leave it out"),
            );
            return None;
        }
        let makes = match fields.get("makes", &mut self.diagnostics) {
            Some(phrase) => {
                let (name, span) = self.name_in(phrase, "an item")?;
                Some((self.item_named(name, span)?, span))
            }
            None => None,
        };
        let phrase = fields.get("schedule", &mut self.diagnostics)?;
        let orders = self.orders(phrase, d, makes, with)?;
        let all = orders.iter().map(|o| o.count).fold(0u64, u64::saturating_add);
        let mix = mix_of(&orders, all);
        let total = match fields.get("total", &mut self.diagnostics) {
            Some(phrase) => self.total(phrase, Some(&mix))?.min(all),
            None => all,
        };
        Some(Source {
            mix,
            supply: Supply::Orders(orders),
            total: Some(total),
            when_full: WhenFull::Queue,
            mix_span: phrase.span,
            ..Source::default()
        })
    }
}

/// When an entry holds.
enum When {
    Shift(CalendarId),
    Stretches(Vec<Stretch>),
}

fn zero_time() -> Expression {
    Expression::Constant(Quantity { value: Rational::zero(), dim: Dim::TIME })
}

fn mix_of(orders: &[Order], all: u64) -> Vec<(ItemId, Rational)> {
    let mut mix: Vec<(ItemId, Rational)> = Vec::new();
    for order in orders {
        let share = Rational::from_parts_signed(order.count.into(), all.max(1).into());
        match mix.iter_mut().find(|(i, _)| *i == order.item) {
            Some((_, sum)) => *sum += share,
            None => mix.push((order.item, share)),
        }
    }
    mix
}

fn has_plain_mean(every: &Expression) -> bool {
    match every {
        Expression::Constant(_) => true,
        Expression::Draw(drawn) => match &**drawn {
            Distribution::Empirical { .. } => true,
            other => other.parameters().all(|p| p.constant().is_some()),
        },
        Expression::Mixture(list) => list.iter().all(|(_, e)| has_plain_mean(e)),
        _ => false,
    }
}

fn overlap(a: &Calendar, b: &Calendar) -> bool {
    a.windows.iter().any(|x| b.windows.iter().any(|y| x.from < y.to && y.from < x.to))
}
