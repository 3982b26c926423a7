//! Shifts and timetables: windows of a week or of numbered days, breaks taken out, closed days.

use crate::base::{Span, Ticks, names};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Calendar, CalendarId, ShiftEnd, Window};
use crate::syntax::tree::{BinaryOp, Date, Declaration, Expr, ExprKind, Hours, Item, Key, Phrase};

use super::fields::Fields;
use super::line::Lower;
use super::scope::Meaning;

pub(super) const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Closed days as written: first and last day, counted from 1970.
pub struct Closed {
    calendar: CalendarId,
    first: i64,
    last: i64,
    span: Span,
}

/// Where a pattern that is no week begins.
pub struct Pattern {
    calendar: CalendarId,
    /// The day its first day falls on, counted from 1970; absent: the first day of the run.
    first: Option<i64>,
    span: Span,
}

/// Seconds of the pattern [from, to), `to` perhaps beyond its end.
pub(super) type Stretch = (i64, i64);

impl<'a> Lower<'a> {
    /// Declares every shift.
    pub fn calendars(&mut self, declarations: &[&'a Declaration]) {
        for d in declarations.iter().filter(|d| d.word.text == "shift") {
            let Some(calendar) = self.calendar(d) else {
                self.holes = true;
                continue;
            };
            let id = self.plant.calendars.push(calendar);
            if self.scope.find(&d.name.text) == Some(Meaning::Other) {
                self.scope.set(&d.name.text, Meaning::Calendar(id));
                self.scope.unmark(&d.name.text);
            }
        }
    }

    fn calendar(&mut self, d: &'a Declaration) -> Option<Calendar> {
        let id = CalendarId(u32::try_from(self.plant.calendars.len()).unwrap_or(u32::MAX));
        let mut good = true;
        let mut shift = self.repeated(d, id)?;
        let mut days: Vec<bool> = Vec::new();
        let mut breaks: Vec<(Vec<Stretch>, Span)> = Vec::new();
        for item in d.block.iter().flat_map(|b| &b.items) {
            let Item::Entry(entry) = item else {
                if !matches!(item, Item::Error(_)) {
                    let _: Option<()> = self.wrong_hours(item.span());
                }
                good = false;
                continue;
            };
            if entry.phrase.as_ref().is_some_and(Phrase::is_error) {
                good = false;
                continue;
            }
            let read = match (&entry.key, &entry.phrase) {
                (Key::Hours { days: before, hours }, None) if before.name() == Some("break") => {
                    breaks.push((shift.every_day(hours), entry.span));
                    self.pass_some_time(hours)
                }
                (Key::Hours { days: before, hours }, None) => {
                    let read = self.days_of(before, shift.days, &mut days).map(|()| {
                        shift.add(&days, hours, None);
                        days.clear();
                    });
                    read.and(self.pass_some_time(hours))
                }
                (key, Some(_)) if key.word() == Some("repeat") => Some(()),
                // A window may have that name as well.
                (key, Some(phrase)) if key.word() == Some("first") && is_date(phrase) => Some(()),
                (Key::Chain(chain), None) => match chain.as_expr().map(|e| (&e.kind, e)) {
                    // `mon, wed 06:00..14:00`: days collect until their hours come.
                    Some((ExprKind::Name(_), e)) => self.days_of(e, shift.days, &mut days),
                    Some((ExprKind::Range { from, to }, e)) => match clocks(from, to) {
                        Some(hours) => {
                            shift.daily(&hours, None);
                            self.pass_some_time(&hours)
                        }
                        None => self.days_of(e, shift.days, &mut days),
                    },
                    Some((ExprKind::Quantity(_), e)) if shift.days.is_some() => self.days_of(e, shift.days, &mut days),
                    _ => self.wrong_hours(entry.span),
                },
                (key, Some(phrase)) if key.word() == Some("closed") => self.closed(id, phrase),
                (key, Some(phrase)) if key.word() == Some("break") => {
                    let mut own = Shift { period: shift.period, days: shift.days, ..Shift::default() };
                    let read = self.hours_of(phrase, None, &mut own);
                    breaks.push((own.on.into_iter().map(|(s, _)| s).collect(), entry.span));
                    read
                }
                (key, Some(phrase)) => match key.word() {
                    Some(name) => {
                        let index = shift.names.iter().position(|n| n == name).unwrap_or_else(|| {
                            shift.names.push(name.to_string());
                            shift.names.len() - 1
                        });
                        self.hours_of(phrase, Some(index), &mut shift)
                    }
                    None => self.wrong_hours(entry.span),
                },
                (key, None) => self.wrong_hours(key.span()),
            };
            good &= read.is_some();
        }
        if !days.is_empty() {
            if good {
                let _: Option<()> = self.wrong_hours(d.span);
            }
            good = false;
        }
        if !good {
            return None;
        }
        let idle: Vec<Span> =
            breaks.iter().filter(|(list, _)| list.iter().all(|b| !shift.meets(*b))).map(|(_, span)| *span).collect();
        shift.breaks = breaks.into_iter().flat_map(|(list, _)| list).collect();
        let ends = |(_, to): &Stretch| shift.period % DAY != 0 && *to > shift.period;
        if shift.on.iter().map(|(s, _)| s).chain(&shift.breaks).any(ends) {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, d.name.span, format!("hours of `{}` lie beyond what is repeated", d.name.text))
                    .help("hours count from the beginning of each repetition: `shift rolling { repeat: 20 min, 00:00..00:15 }`"),
            );
            return None;
        }
        let calendar = shift.calendar(&d.name.text, d.name.span);
        if calendar.windows.is_empty() {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, d.name.span, format!("shift `{}` is never on", d.name.text))
                    .help("write its days and hours: `shift day { mon..fri 06:00..14:00 }`"),
            );
            return None;
        }
        for span in idle {
            self.push(
                Diagnostic::new(
                    codes::IDLE_BREAK,
                    span,
                    format!("`{}` is never on at the time of this break", d.name.text),
                )
                .help("a break lies within the hours of the shift; hours over midnight belong to the day they begin"),
            );
        }
        Some(calendar)
    }

    /// Hours that end when they begin could be none, or all of a day.
    pub(super) fn pass_some_time(&mut self, hours: &Hours) -> Option<()> {
        if hours.from.seconds != hours.to.seconds {
            return Some(());
        }
        let text = self.text(hours.span);
        let message = format!("`{text}` ends when it begins: that may be no time, or a whole day");
        self.push(
            Diagnostic::new(codes::OUT_OF_RANGE, hours.span, message).help("for the whole day write `00:00..24:00`"),
        );
        None
    }

    /// `repeat: 8 d, first: 2026-01-05`: what is repeated where it is no week.
    fn repeated(&mut self, d: &'a Declaration, calendar: CalendarId) -> Option<Shift> {
        let mut shift = Shift::default();
        let entries = || {
            d.block.iter().flat_map(|b| &b.items).filter_map(|item| match item {
                Item::Entry(e) => Some((e.key.word()?, e.phrase.as_ref()?)),
                _ => None,
            })
        };
        let mut span = None;
        for (_, phrase) in entries().filter(|(word, _)| *word == "repeat") {
            let time = self.ticks(phrase, "repeat")?;
            let seconds = time.0 / crate::base::TICKS_PER_SECOND;
            if seconds < 1 || ticks(seconds) != time || seconds > 3660 * DAY {
                self.push(
                    Diagnostic::new(
                        codes::OUT_OF_RANGE,
                        phrase.span,
                        "a shift repeats after whole seconds, up to ten years",
                    )
                    .help("write after how long its pattern begins anew: `repeat: 8 d`"),
                );
                return None;
            }
            shift.period = seconds;
            shift.days = usize::try_from((seconds + DAY - 1) / DAY).ok();
            span = Some(phrase.span);
        }
        let mut first = None;
        for (_, phrase) in entries().filter(|(word, phrase)| *word == "first" && is_date(phrase)) {
            match phrase.as_expr().map(|e| &e.kind) {
                Some(ExprKind::Date { date, clock: None }) if span.is_some() => first = Some(days_since_1970(*date)),
                _ => {
                    self.push(
                        Diagnostic::new(codes::WRONG_VALUE, phrase.span, "the date of day 1 of a pattern is due here")
                            .help("write it with what is repeated: `repeat: 8 d, first: 2026-01-05`"),
                    );
                    return None;
                }
            }
        }
        if let Some(span) = span {
            self.patterns.push(Pattern { calendar, first, span });
        }
        Some(shift)
    }

    fn wrong_hours<T>(&mut self, span: Span) -> Option<T> {
        // What is no hour at all has been told.
        let inside = |d: &Diagnostic| {
            d.primary.span.file == span.file && d.primary.span.start >= span.start && d.primary.span.end <= span.end
        };
        if self.broken || self.diagnostics.iter().any(inside) {
            return None;
        }
        let text = self.text(span);
        let word = text.split([' ', ':']).next().unwrap_or_default();
        if let Some(trade) = crate::base::trade::find(word, "shift") {
            let d = Diagnostic::new(codes::WRONG_VALUE, span, format!("a shift has no `{word}`"));
            self.push(d.help(trade.write));
            return None;
        }
        self.push(
            Diagnostic::new(codes::WRONG_VALUE, span, "days and hours are due here")
                .help("write `mon..fri 06:00..22:00`, `early: mon..fri 06:00..14:00`, `break 09:00..09:15` or `closed: [2026-12-24..2027-01-02]`"),
        );
        None
    }

    /// `mon..fri 06:00..14:00`, `06:00..14:00`, or a list of such.
    fn hours_of(&mut self, phrase: &'a Phrase, name: Option<usize>, shift: &mut Shift) -> Option<()> {
        if let Some(hours) = &phrase.hours {
            let expr = self.only_expr(&phrase.chain, "days such as `mon..fri`")?;
            let mut days = Vec::new();
            self.days_of(expr, shift.days, &mut days)?;
            shift.add(&days, hours, name);
            return self.pass_some_time(hours);
        }
        match phrase.as_expr().map(|e| &e.kind) {
            Some(ExprKind::List(list)) => list.iter().try_for_each(|p| self.hours_of(p, name, shift)),
            Some(ExprKind::Range { from, to }) => match clocks(from, to) {
                Some(hours) => {
                    shift.daily(&hours, name);
                    self.pass_some_time(&hours)
                }
                None => self.wrong_hours(phrase.span),
            },
            _ => self.wrong_hours(phrase.span),
        }
    }

    /// `mon..fri`, or `1..4` of a pattern of this many days: marks the days.
    fn days_of(&mut self, expr: &'a Expr, of: Option<usize>, marked: &mut Vec<bool>) -> Option<()> {
        let numbers = match &expr.kind {
            ExprKind::Range { from, to } => day_number(from).zip(day_number(to)),
            _ => day_number(expr).map(|n| (n, n)),
        };
        match (numbers, of) {
            (None, None) => self.days(expr, marked),
            (Some((first, last)), Some(count)) if 1 <= first && first <= last && last <= count => {
                marked.resize(count, false);
                marked.iter_mut().skip(first - 1).take(last - first + 1).for_each(|day| *day = true);
                Some(())
            }
            (_, Some(count)) => {
                self.push(
                    Diagnostic::new(
                        codes::WRONG_VALUE,
                        expr.span,
                        format!("days of this shift are numbers from 1 to {count}"),
                    )
                    .help("its pattern is no week: write the days that are worked, `1..4 06:00..18:00`"),
                );
                None
            }
            (Some(_), None) => {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, expr.span, "days have numbers only in a shift that is no week")
                        .help("write after how many days the pattern begins anew, `repeat: 8 d`, or days of the week, `mon..fri`"),
                );
                None
            }
        }
    }

    /// `mon`, `mon..fri`: marks the days.
    pub(super) fn days(&mut self, expr: &'a Expr, marked: &mut Vec<bool>) -> Option<()> {
        marked.resize(7, false);
        let (first, last) = match &expr.kind {
            ExprKind::Range { from, to } => (self.day(from)?, self.day(to)?),
            ExprKind::Binary { op: BinaryOp::Subtract, left, right, .. } => {
                let name = |e: &Expr| e.name().and_then(day_short);
                let (Some(from), Some(to)) = (name(left), name(right)) else { return self.day(expr).map(|_| ()) };
                let right = format!("{from}..{to}");
                let message = format!("days from one to another are written `{right}`");
                let d = Diagnostic::new(codes::WRONG_VALUE, expr.span, message);
                self.push(d.fix(format!("write `{right}`"), expr.span, right));
                return None;
            }
            _ => {
                let day = self.day(expr)?;
                (day, day)
            }
        };
        let mut at = first;
        loop {
            if let Some(place) = marked.get_mut(at) {
                *place = true;
            }
            if at == last {
                return Some(());
            }
            at = (at + 1) % 7;
        }
    }

    fn day(&mut self, expr: &'a Expr) -> Option<usize> {
        let name = expr.name().unwrap_or_default();
        if let Some(at) = DAYS.iter().position(|d| *d == name) {
            return Some(at);
        }
        if let Some(trade) = crate::base::trade::find(name, "shift") {
            let d = Diagnostic::new(codes::WRONG_VALUE, expr.span, format!("a shift has no `{name}`"));
            self.push(d.help(trade.write));
            return None;
        }
        let d = Diagnostic::new(codes::WRONG_VALUE, expr.span, "a day of the week is due here");
        self.push(match day_short(name).or_else(|| names::nearest(name, DAYS)) {
            Some(near) if !name.is_empty() => d.fix(format!("write `{near}`"), expr.span, near),
            _ => d.help("days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`"),
        });
        None
    }

    fn closed(&mut self, calendar: CalendarId, phrase: &'a Phrase) -> Option<()> {
        let expr = phrase.as_expr();
        if let Some(ExprKind::List(list)) = expr.map(|e| &e.kind) {
            return list.iter().try_for_each(|p| self.closed(calendar, p));
        }
        let day = |e: &Expr| match &e.kind {
            ExprKind::Date { date, clock: None } => Some(days_since_1970(*date)),
            _ => None,
        };
        let stretch = expr.and_then(|e| match &e.kind {
            ExprKind::Range { from, to } => Some((day(from)?, day(to)?)),
            _ => day(e).map(|d| (d, d)),
        });
        if stretch.is_some_and(|(first, last)| first > last) {
            let text = "the closed days end before they begin";
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, phrase.span, text).help("write the first day first"));
            return None;
        }
        let Some((first, last)) = stretch else {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, phrase.span, "a day, or first and last day, is due here")
                    .help("write `closed: [2026-12-24..2027-01-02, 2027-05-01]`"),
            );
            return None;
        };
        self.closed_days.push(Closed { calendar, first, last, span: phrase.span });
        Some(())
    }

    /// Places the calendars on the clock of the run, once its start is known.
    pub fn place_calendars(&mut self, start: Option<i64>) {
        let seconds = start.unwrap_or(0);
        // 1970-01-01 was a Thursday.
        let offset = if start.is_some() { (seconds + 3 * DAY).rem_euclid(WEEK) } else { 0 };
        for calendar in self.plant.calendars.values_mut() {
            calendar.offset = ticks(offset);
        }
        for pattern in std::mem::take(&mut self.patterns) {
            let first = match (start, pattern.first) {
                (Some(_), Some(first)) => first * DAY,
                // Day 1 is the first day of the run.
                (Some(at), None) => at.div_euclid(DAY) * DAY,
                (None, None) => 0,
                (None, Some(_)) => {
                    self.push(
                        Diagnostic::new(codes::MISSING_FIELD, pattern.span, "the date of day 1 needs to know when the run starts")
                            .help("write the first day of the run: `run { start: 2026-11-23, … }`, or leave `first` out: day 1 is then the first day"),
                    );
                    continue;
                }
            };
            if let Some(calendar) = self.plant.calendars.get_mut(pattern.calendar) {
                let period = (calendar.period.0 / crate::base::TICKS_PER_SECOND).max(1);
                calendar.offset = ticks((seconds - first).rem_euclid(period));
            }
        }
        for closed in std::mem::take(&mut self.closed_days) {
            if start.is_none() {
                self.push(
                    Diagnostic::new(codes::MISSING_FIELD, closed.span, "closed days need to know when the run starts")
                        .help("write the first day of the run: `run { start: 2026-11-23, … }`"),
                );
                continue;
            }
            let from = closed.first * DAY - seconds;
            let to = (closed.last + 1) * DAY - seconds;
            if to > 0
                && let Some(calendar) = self.plant.calendars.get_mut(closed.calendar)
            {
                calendar.closed.push((ticks(from), ticks(to)));
                calendar.closed.sort_unstable();
            }
        }
    }

    /// `shift: two_shift`; `always` where the line's own shift is not to count.
    pub fn shift_field(&mut self, fields: &Fields<'a>) -> Option<CalendarId> {
        let default = self.line_shift;
        let Some(phrase) = fields.get("shift", &mut self.diagnostics) else { return default };
        self.shift_named(phrase).flatten()
    }

    /// The shift a phrase names; `Some(None)` for `always`.
    pub fn shift_named(&mut self, phrase: &'a Phrase) -> Option<Option<CalendarId>> {
        let (name, span) = self.name_in(phrase, "a shift")?;
        match self.scope.find(name) {
            Some(Meaning::Calendar(id)) => Some(Some(id)),
            Some(Meaning::Other) => {
                self.declared_as_another(name, span, "a shift", &["shift"]);
                None
            }
            None if name == "always" => Some(None),
            Some(other) => {
                self.wrong_kind(name, span, other, "a shift");
                None
            }
            None => {
                let d = self.scope.unknown(name, span, "shift", |m| matches!(m, Meaning::Calendar(_)));
                self.push(d);
                None
            }
        }
    }

    /// `shift_end: pause | finish_item | finish_in_time`
    pub fn shift_end_field(&mut self, fields: &Fields<'a>) -> ShiftEnd {
        match self.word(fields, "shift_end", &["pause", "finish_item", "finish_in_time"]) {
            Some("finish_item") => ShiftEnd::FinishItem,
            Some("finish_in_time") => ShiftEnd::FinishInTime,
            Some(_) => ShiftEnd::Pause,
            None => self.line_shift_end,
        }
    }

    /// `at: [06:00, 14:00]` or `{ mon..sat: [06:00, 14:00], sun: 08:00 }`: a timetable.
    pub fn timetable(&mut self, phrase: &'a Phrase, name: &str) -> Option<CalendarId> {
        let mut instants: Vec<i64> = Vec::new();
        match phrase.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Table(table)) => {
                for entry in &table.entries {
                    let Key::Chain(chain) = &entry.key else { return self.wrong_instants(entry.span) };
                    let expr = self.only_expr(chain, "days such as `mon..fri`")?;
                    let mut days = Vec::new();
                    self.days(expr, &mut days)?;
                    let Some(list) = entry.phrase.as_ref().and_then(clock_list) else {
                        return self.wrong_instants(entry.span);
                    };
                    for (day, _) in (0i64..).zip(&days).filter(|(_, on)| **on) {
                        instants.extend(list.iter().map(|c| day * DAY + c));
                    }
                }
            }
            _ => {
                let Some(list) = clock_list(phrase) else { return self.wrong_instants(phrase.span) };
                for day in 0..7 {
                    instants.extend(list.iter().map(|c| day * DAY + c));
                }
            }
        }
        if instants.is_empty() {
            return self.wrong_instants(phrase.span);
        }
        instants.sort_unstable();
        instants.dedup();
        let windows = instants
            .into_iter()
            .map(|s| Window { from: ticks(s % WEEK), to: Ticks(ticks(s % WEEK).0 + 1), name: None })
            .collect();
        Some(self.plant.calendars.push(Calendar {
            name: name.to_string(),
            span: phrase.span,
            windows,
            names: Vec::new(),
            period: ticks(WEEK),
            offset: Ticks(0),
            closed: Vec::new(),
        }))
    }

    fn wrong_instants<T>(&mut self, span: Span) -> Option<T> {
        self.push(
            Diagnostic::new(codes::WRONG_VALUE, span, "a timetable is due here")
                .help("write `at: [06:00, 14:00]`, or by day `at: { mon..fri: [06:00, 14:00], sat: 08:00 }`"),
        );
        None
    }
}

/// The day that a word is short or long for: `mo`, `monday`.
fn day_short(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    DAYS.into_iter().find(|d| word.len() >= 2 && (d.starts_with(&word) || word.starts_with(d)))
}

/// Windows and breaks as written.
struct Shift {
    on: Vec<(Stretch, Option<usize>)>,
    breaks: Vec<Stretch>,
    names: Vec<String>,
    /// Seconds after which it begins anew.
    period: i64,
    /// Days that have numbers, where the pattern is no week.
    days: Option<usize>,
}

impl Default for Shift {
    fn default() -> Self {
        Self { on: Vec::new(), breaks: Vec::new(), names: Vec::new(), period: WEEK, days: None }
    }
}

impl Shift {
    fn add(&mut self, days: &[bool], hours: &Hours, name: Option<usize>) {
        for (day, _) in (0i64..).zip(days).filter(|(_, on)| **on) {
            self.on.push((on_day(day, hours), name));
        }
    }

    fn every_day(&self, hours: &Hours) -> Vec<Stretch> {
        (0i64..).take(self.days.unwrap_or(7)).map(|day| on_day(day, hours)).collect()
    }

    fn daily(&mut self, hours: &Hours, name: Option<usize>) {
        let stretches = self.every_day(hours);
        self.on.extend(stretches.into_iter().map(|s| (s, name)));
    }

    /// Whether it is on at some instant of a stretch.
    fn meets(&self, stretch: Stretch) -> bool {
        let own = within(self.period, stretch);
        let mut on = self.on.iter().flat_map(|(s, _)| within(self.period, *s));
        on.any(|(from, to)| own.iter().any(|(a, b)| *a < to && *b > from))
    }

    fn calendar(self, name: &str, span: Span) -> Calendar {
        let period = self.period;
        let mut off: Vec<Stretch> = self.breaks.into_iter().flat_map(|s| within(period, s)).collect();
        off.sort_unstable();
        let mut windows = Vec::new();
        for (stretch, name) in self.on {
            for (from, to) in within(period, stretch) {
                let mut at = from;
                for (pause, end) in off.iter().filter(|(a, b)| *a < to && *b > from) {
                    if *pause > at {
                        windows.push(Window { from: ticks(at), to: ticks(*pause), name });
                    }
                    at = at.max(*end);
                }
                if at < to {
                    windows.push(Window { from: ticks(at), to: ticks(to), name });
                }
            }
        }
        windows.sort();
        Calendar {
            name: name.to_string(),
            span,
            windows,
            names: self.names,
            period: ticks(period),
            offset: Ticks(0),
            closed: Vec::new(),
        }
    }
}

/// The number of a day of the week, Monday 0.
pub(super) fn whole_day(name: &str) -> Option<usize> {
    DAYS.iter().position(|d| *d == name)
}

/// A weekly pattern that is on in these stretches.
pub(super) fn pattern(name: &str, span: Span, on: Vec<Stretch>) -> Calendar {
    let on = on.into_iter().map(|s| (s, None)).collect();
    Shift { on, ..Shift::default() }.calendar(name, span)
}

/// Whether a date stands there, not hours.
fn is_date(phrase: &Phrase) -> bool {
    matches!(phrase.as_expr().map(|e| &e.kind), Some(ExprKind::Date { .. }))
}

/// A stretch as one or two within what is repeated.
fn within(period: i64, (from, to): Stretch) -> Vec<Stretch> {
    if to <= period { vec![(from, to)] } else { vec![(from, period), (0, to - period)] }
}

/// The number of a day, `4`.
fn day_number(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Quantity(q) if q.unit.is_none() => {
            usize::try_from(q.number.trunc()).ok().filter(|_| q.number.is_int())
        }
        _ => None,
    }
}

pub(super) fn on_day(day: i64, hours: &Hours) -> Stretch {
    let (from, to) = (i64::from(hours.from.seconds), i64::from(hours.to.seconds));
    let to = if to > from { to } else { to + DAY };
    (day * DAY + from, day * DAY + to)
}

/// Hours on every day of the week.
pub(super) fn every_day(hours: &Hours) -> Vec<Stretch> {
    Shift::default().every_day(hours)
}

pub(super) fn clocks(from: &Expr, to: &Expr) -> Option<Hours> {
    let (ExprKind::Clock(a), ExprKind::Clock(b)) = (&from.kind, &to.kind) else { return None };
    Some(Hours { from: *a, from_span: from.span, to: *b, to_span: to.span, span: from.span.to(to.span) })
}

fn clock_list(phrase: &Phrase) -> Option<Vec<i64>> {
    match &phrase.as_expr()?.kind {
        ExprKind::Clock(c) => Some(vec![i64::from(c.seconds)]),
        ExprKind::List(list) => {
            let mut found = Vec::new();
            for p in list {
                found.extend(clock_list(p)?);
            }
            Some(found)
        }
        _ => None,
    }
}

fn ticks(seconds: i64) -> Ticks {
    Ticks(seconds.saturating_mul(crate::base::TICKS_PER_SECOND))
}

/// Days of the Gregorian calendar since 1970-01-01 (Hinnant, "chrono-compatible low-level date
/// algorithms", 2013).
pub fn days_since_1970(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month), i64::from(date.day));
    let year = i64::from(date.year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era * 146_097 + day_of_era - 719_468
}
