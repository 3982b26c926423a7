//! Schedules: orders from a file, one a row, `time [h], item, count, due [h]`.

use num_traits::{Signed, ToPrimitive};

use crate::base::quantity::{decimal, to_f64};
use crate::base::{Dim, Quantity, Rational, Span, Ticks, limits, names, units};
use crate::diag::{Diagnostic, codes};
use crate::ir::{ItemId, NodeKind, Order, Plant, Supply};
use crate::syntax::tree::{Declaration, ExprKind, Phrase};

use super::line::Lower;
use super::scope::Meaning;

/// What a column holds.
enum Column {
    Time(Quantity),
    /// Days, or days and times of day: `2026-11-23 06:00`.
    Date,
    Item,
    Count,
    /// An attribute: where it is kept, and the value of one unit.
    Attribute(usize, Quantity),
}

/// A file that is being read: its name, and where the text names it.
struct Sheet<'f> {
    name: &'f str,
    span: Span,
}

impl Sheet<'_> {
    fn bad(&self, message: String) -> Diagnostic {
        Diagnostic::new(codes::BAD_DATA_FILE, self.span, message)
    }

    fn cell(&self, row: u64, column: &str, what: &str) -> Diagnostic {
        self.bad(format!("row {row}, column `{column}` of `{}`: {what}", self.name))
    }
}

impl<'a> Lower<'a> {
    /// The orders of a schedule in order of time. `makes` is the item of all, where the source names it;
    /// `with` are attributes that the source sets itself.
    pub(super) fn orders(
        &mut self,
        phrase: &'a Phrase,
        d: &'a Declaration,
        makes: Option<(ItemId, Span)>,
        with: &[usize],
    ) -> Option<Vec<Order>> {
        let Some(ExprKind::String(path)) = phrase.as_expr().map(|e| &e.kind) else {
            return self
                .wrong_value(phrase.span, "a file name in quotation marks is due here: `schedule: \"orders.csv\"`");
        };
        let sheet = Sheet { name: path, span: phrase.span };
        let text = match self.data_file(path, phrase.span) {
            Ok(text) => text,
            Err(why) => {
                self.push(sheet.bad(format!("`{path}` cannot be read: {why}")));
                return None;
            }
        };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(why) => {
                self.push(sheet.bad(format!("`{path}` cannot be read: {why}")));
                return None;
            }
        };
        let columns = self.columns(&sheet, headers.iter(), makes, with)?;
        let only = match makes {
            Some((item, _)) => Some(item),
            None if self.plant.items.len() == 1 => Some(ItemId(0)),
            None => None,
        };
        if only.is_none() && !columns.iter().any(|(_, c)| matches!(c, Column::Item)) {
            self.push(
                sheet
                    .bad(format!(
                        "`{path}` has no column `item`, and source `{}` does not say what it makes",
                        d.name.text
                    ))
                    .help("add a column `item`, or write `makes: NAME` if all are of one type"),
            );
            return None;
        }
        let mut orders: Vec<Order> = Vec::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let (text, help) = super::told::bad_row(path, &error);
                    self.push(sheet.bad(text).help(help));
                    return None;
                }
            };
            let row = record.position().map_or(0, csv::Position::line);
            let order = self.order(&sheet, row, record.iter(), &columns, only)?;
            let last = orders.last().map_or(Ticks(0), |o| o.at);
            if order.at < last {
                let d = sheet.cell(row, "time", "the time is earlier than that of the row before");
                self.push(d.help("sort the rows by time"));
                return None;
            }
            let at_once =
                orders.iter().rev().take_while(|o| o.at == order.at).map(|o| o.count).fold(0, u64::saturating_add);
            if at_once.saturating_add(order.count) > limits::LOT {
                let d = sheet.cell(row, "count", &format!("more than {} items come at one instant", limits::LOT));
                self.push(d);
                return None;
            }
            orders.push(order);
        }
        if columns.iter().any(|(_, c)| matches!(c, Column::Date)) {
            self.dated.push(phrase.span);
        }
        if orders.is_empty() {
            let d = sheet.bad(format!("`{path}` has no rows"));
            self.push(d.help("below the names of the columns stands one order a row"));
            return None;
        }
        Some(orders)
    }

    /// Counts the dates of schedules from the start of the run, once that is known.
    pub(super) fn date_orders(&mut self) {
        for span in std::mem::take(&mut self.dated) {
            let Some(start) = self.run_start else {
                self.push(
                    Diagnostic::new(
                        codes::BAD_RUN,
                        span,
                        "the schedule has dates, and the run does not say when it starts",
                    )
                    .help("write `run { start: 2026-11-23 06:00, … }`"),
                );
                self.holes = true;
                continue;
            };
            let start = start.saturating_mul(crate::base::TICKS_PER_SECOND);
            let mut early = false;
            for n in self.plant.nodes.values_mut() {
                let NodeKind::Source(s) = &mut n.kind else { continue };
                let own = s.mix_span == span;
                if let (Supply::Orders(orders), true) = (&mut s.supply, own) {
                    for order in orders {
                        order.at = Ticks(order.at.0.saturating_sub(start));
                        early |= order.at.0 < 0;
                    }
                }
            }
            if early {
                self.push(
                    Diagnostic::new(codes::BAD_DATA_FILE, span, "the schedule has orders before the start of the run")
                        .help("take those rows out, or let the run start earlier"),
                );
                self.holes = true;
            }
        }
    }

    /// What the heading says: names, with the unit in brackets.
    fn columns<'h>(
        &mut self,
        sheet: &Sheet,
        headers: impl Iterator<Item = &'h str>,
        makes: Option<(ItemId, Span)>,
        with: &[usize],
    ) -> Option<Vec<(String, Column)>> {
        let mut columns: Vec<(String, Column)> = Vec::new();
        for header in headers {
            let (name, unit) = match header.split_once('[') {
                Some((name, unit)) => (name.trim(), unit.trim_end_matches(']').trim()),
                None => (header.trim(), ""),
            };
            let file = sheet.name;
            if columns.iter().any(|(n, _)| n == name) {
                self.push(sheet.bad(format!("`{file}` has two columns `{name}`")));
                return None;
            }
            let column = match name {
                "time" if unit.is_empty() => Column::Date,
                "time" => Column::Time(self.unit_of(sheet, name, unit, Dim::TIME)?),
                "item" => {
                    if let Some((_, span)) = makes {
                        self.push(
                            sheet
                                .bad(format!("the column `item` of `{file}` says what is made, and so does `makes`"))
                                .with(span, "given here")
                                .help("keep one of the two"),
                        );
                        return None;
                    }
                    Column::Item
                }
                "count" => Column::Count,
                _ => {
                    let Some(slot) = self.plant.attributes.iter().position(|(n, _)| n == name) else {
                        let known = self.plant.attributes.iter().map(|(n, _)| n.as_str());
                        let all: Vec<&str> = ["time", "item", "count"].into_iter().chain(known).collect();
                        let d = sheet.bad(format!("column `{name}` of `{file}` is nothing that an order has"));
                        let d = match names::nearest(name, all.iter().copied()) {
                            Some(near) => d.help(format!("did you mean `{near}`?")),
                            None => d.help(format!("its columns may be {}", super::fields::list(&all))),
                        };
                        self.push(d);
                        return None;
                    };
                    if with.contains(&slot) {
                        self.push(
                            sheet
                                .bad(format!("column `{name}` of `{file}` sets what `with` sets too"))
                                .help("keep one of the two"),
                        );
                        return None;
                    }
                    let dim = self.plant.attributes.get(slot).map_or(Dim::NUMBER, |(_, dim)| *dim);
                    Column::Attribute(slot, self.unit_of(sheet, name, unit, dim)?)
                }
            };
            columns.push((name.to_string(), column));
        }
        if !columns.iter().any(|(_, c)| matches!(c, Column::Time(_) | Column::Date)) {
            self.push(sheet.bad(format!("`{}` has no column `time`", sheet.name)).help(
                "head the columns `time [h], item, count`; times count from the start of the run, dates need no unit",
            ));
            return None;
        }
        Some(columns)
    }

    /// The value of one unit of a column, which must have the dimension of what it holds.
    fn unit_of(&mut self, sheet: &Sheet, name: &str, unit: &str, dim: Dim) -> Option<Quantity> {
        if unit.is_empty() && dim.exponents == Dim::NUMBER.exponents && !dim.ratio {
            return Some(Quantity { dim, ..Quantity::number(1) });
        }
        let scope = &self.scope;
        let item = |n: &str| matches!(scope.find(n), Some(Meaning::Item(_)));
        let found = if unit.is_empty() { None } else { units::parse_unit(unit, &item).ok().map(|(q, _)| q) };
        if let Some(q) = &found
            && q.dim == dim
        {
            return found;
        }
        let file = sheet.name;
        let d = match found {
            Some(q) => sheet.bad(format!("column `{name}` of `{file}` is a {dim}, `{unit}` is a unit of {}", q.dim)),
            None if unit.is_empty() => sheet.bad(format!("column `{name}` of `{file}` does not say its unit")),
            None => sheet.bad(format!("column `{name}` of `{file}`: there is no unit `{unit}`")),
        };
        let example = if dim == Dim::TIME { "h" } else { "unit" };
        self.push(d.help(format!("head it `{name} [{example}]`, with the unit in brackets")));
        None
    }

    fn order<'r>(
        &mut self,
        sheet: &Sheet,
        row: u64,
        cells: impl Iterator<Item = &'r str>,
        columns: &[(String, Column)],
        only: Option<ItemId>,
    ) -> Option<Order> {
        let most = Rational::from(limits::HORIZON_DAYS * 86_400);
        let mut order = Order { at: Ticks(0), item: only.unwrap_or(ItemId(0)), count: 1, attributes: Vec::new() };
        let mut carried: Vec<(&str, usize)> = Vec::new();
        for ((name, column), cell) in columns.iter().zip(cells) {
            let wrong = |lower: &mut Self, what: String| {
                lower.push(sheet.cell(row, name, &what));
                None
            };
            match column {
                Column::Time(unit) => {
                    let Some(time) = decimal(cell).map(|n| n * &unit.value) else {
                        return wrong(self, format!("`{cell}` is no time"));
                    };
                    if time.is_negative() {
                        return wrong(self, format!("`{cell}` lies before the start of the run"));
                    }
                    let Some(at) = Some(&time).filter(|t| **t <= most).and_then(Ticks::from_seconds) else {
                        return wrong(self, format!("`{cell}` is beyond the longest time of a run"));
                    };
                    order.at = at;
                }
                Column::Date => {
                    let (day, clock) = cell.split_once([' ', 'T']).unwrap_or((cell, "00:00"));
                    let date = crate::syntax::date(day).map(super::calendar::days_since_1970);
                    let Some((day, clock)) = date.zip(time_of_day(clock)) else {
                        let d = sheet.cell(row, name, &format!("`{cell}` is no date"));
                        self.push(d.help("write `2026-11-23 06:00`, or give the column a unit, `time [h]`"));
                        return None;
                    };
                    let seconds = day.saturating_mul(86_400).saturating_add(clock);
                    order.at = Ticks(seconds.saturating_mul(crate::base::TICKS_PER_SECOND));
                }
                Column::Item => match self.scope.find(cell) {
                    Some(Meaning::Item(item)) => order.item = item,
                    _ => {
                        let known = self.plant.items.values().map(|i| i.name.clone()).collect::<Vec<_>>();
                        let near = names::nearest(cell, known.iter().map(String::as_str));
                        let d = sheet.cell(row, name, &format!("there is no item `{cell}`"));
                        let d = match near {
                            Some(near) => d.help(format!("did you mean `{near}`?")),
                            None => d.help("declare it with `item NAME {}`, or name one that is declared"),
                        };
                        self.push(d);
                        return None;
                    }
                },
                Column::Count => {
                    let n = decimal(cell).filter(Rational::is_int).and_then(|n| n.trunc().to_u64());
                    match n.filter(|n| (1..=limits::LOT).contains(n)) {
                        Some(n) => order.count = n,
                        None => {
                            return wrong(self, format!("`{cell}` is no whole number from 1 to {}", limits::LOT));
                        }
                    }
                }
                Column::Attribute(..) if cell.is_empty() => {}
                Column::Attribute(slot, unit) => {
                    let named = self.names_of_dim(unit.dim).iter().position(|n| n == cell);
                    if unit.dim.names > 0 && named.is_none() {
                        let shown = self.shown_names(unit.dim);
                        return wrong(self, format!("`{cell}` is none of {shown}"));
                    }
                    let named = named.and_then(|at| i64::try_from(at + 1).ok()).map(Rational::from);
                    let number = match cell {
                        _ if named.is_some() => named,
                        "yes" | "true" => Some(Rational::from(1)),
                        "no" | "false" => Some(Rational::from(0)),
                        _ => decimal(cell),
                    };
                    let Some(number) = number else {
                        return wrong(self, format!("`{cell}` is no value"));
                    };
                    order.attributes.push((*slot, to_f64(&(number * &unit.value))));
                    carried.push((name, *slot));
                }
            }
        }
        for (name, slot) in carried {
            if !carries(&self.plant, order.item, slot) {
                let item = self.plant.items.get(order.item).map_or("", |i| i.name.as_str());
                let d = sheet.cell(row, name, &format!("`{item}` has no attribute `{name}`"));
                self.push(d.help("leave the cell empty, or declare the attribute with the item"));
                return None;
            }
        }
        Some(order)
    }
}

/// Seconds since midnight of `06:00` or `06:00:30`.
fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.trim().split(':').map(|p| p.parse::<i64>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = match parts.next() {
        Some(seconds) => seconds?,
        None => 0,
    };
    let good = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    (good && parts.next().is_none()).then_some(hours * 3_600 + minutes * 60 + seconds)
}

/// Whether items of a type have an attribute, of their own or as a kind of another.
fn carries(plant: &Plant, item: ItemId, slot: usize) -> bool {
    let mut kinds = plant.items.iter().filter(|(id, _)| plant.is_a(item, *id));
    kinds.any(|(_, i)| i.attributes.iter().any(|a| a.slot == slot))
}
