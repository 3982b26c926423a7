//! Power and money: `power` and `cost` of stations, sources, crews and items.

use num_traits::{Signed, Zero};

use crate::base::{Dim, Rational, Span, units};
use crate::diag::{Diagnostic, codes};
use crate::ir::account::{NodeAccount, STATES};
use crate::ir::{Expression, ItemId};
use crate::syntax::tree::{Entry, ExprKind, Key, Phrase, Table};

use super::fields::{Fields, list};
use super::line::Lower;
use super::value::Typed;

/// Money per time.
const MONEY_RATE: Dim = Dim { exponents: [-1, 0, 0, 0, 1, 0, 0], ratio: false, names: 0 };

/// What something can do, in the order of the results, and what a table may leave out.
pub(super) struct Doings<const N: usize> {
    /// All of it.
    pub all: [&'static str; N],
    /// Has to be given, or `else`.
    pub main: &'static str,
    /// Takes as much as `main` where it is not given; what else is not given is idle, and nothing when off.
    pub beside: &'static str,
    /// Money for each time.
    pub once: &'static str,
}

/// States of a station, or of a source.
const OF_STATIONS: Doings<8> = Doings { all: STATES, main: "working", beside: "setup", once: "cycle" };

/// Whose account it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Has all states.
    Station,
    /// Is `working` on shift and `off` else.
    Source,
}

/// What a rate is of, with the words of its complaints.
pub(super) struct Kind {
    pub field: &'static str,
    pub dim: Dim,
    pub example: &'static str,
    unit: &'static str,
}

pub(super) const POWER: Kind = Kind { field: "power", dim: Dim::POWER, example: "12 kW", unit: "kW" };
pub(super) const COST: Kind = Kind { field: "cost", dim: MONEY_RATE, example: "4 EUR/h", unit: "EUR/h" };

impl<'a> Lower<'a> {
    /// `power` and `cost` of a station or source.
    pub fn account(&mut self, fields: &Fields<'a>, owner: Owner) -> NodeAccount {
        let mut account = NodeAccount::default();
        let mut known: Vec<&str> = match owner {
            Owner::Station => OF_STATIONS.all.iter().copied().chain(["idle"]).collect(),
            Owner::Source => vec!["working", "off"],
        };
        if let Some(phrase) = fields.get("power", &mut self.diagnostics) {
            account.power = self.rates(phrase, &POWER, &OF_STATIONS, &known, &mut None);
        }
        if owner == Owner::Station {
            known.push(OF_STATIONS.once);
        }
        if let Some(phrase) = fields.get("cost", &mut self.diagnostics) {
            let mut each = None;
            account.cost = self.rates(phrase, &COST, &OF_STATIONS, &known, &mut each);
            account.each = each;
        }
        account
    }

    /// A rate for all that something does, or a table by it. `each` takes the money for one cycle, item or trip.
    pub(super) fn rates<const N: usize>(
        &mut self,
        phrase: &'a Phrase,
        kind: &Kind,
        doings: &Doings<N>,
        known: &[&str],
        each: &mut Option<Rational>,
    ) -> Option<[Rational; N]> {
        if let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind) {
            return self.rates_by_doing(table, kind, doings, known, each);
        }
        let typed = self.evaluate_phrase(phrase)?;
        if kind.field == "cost" && typed.dim == Dim::MONEY {
            *each = self.amount(&typed, phrase.span, kind, Dim::MONEY);
            return None;
        }
        let rate = self.amount(&typed, phrase.span, kind, kind.dim)?;
        // Money is due whether something runs or not; power is not drawn off shift.
        let off = if kind.field == "cost" { rate.clone() } else { Rational::zero() };
        Some(doings.all.map(|doing| if doing == "off" { off.clone() } else { rate.clone() }))
    }

    fn rates_by_doing<const N: usize>(
        &mut self,
        table: &'a Table,
        kind: &Kind,
        doings: &Doings<N>,
        known: &[&str],
        each: &mut Option<Rational>,
    ) -> Option<[Rational; N]> {
        let mut given: Vec<(&str, Rational, Span)> = Vec::new();
        let mut good = !table.incomplete;
        for entry in &table.entries {
            match self.rate_entry(entry, kind, known) {
                Some((word, value)) => {
                    if let Some((_, _, first)) = given.iter().find(|(w, _, _)| *w == word) {
                        let d = Diagnostic::new(codes::DUPLICATE_FIELD, entry.span, format!("`{word}` is given twice"));
                        self.push(d.with(*first, "first given here"));
                        good = false;
                    }
                    given.push((word, value, entry.span));
                }
                None => good = false,
            }
        }
        if !good {
            return None;
        }
        let value = |word: &str| given.iter().find(|(w, _, _)| *w == word).map(|(_, v, _)| v.clone());
        *each = value(doings.once);
        if each.is_some() && given.len() == 1 {
            return None;
        }
        let (rest, main) = (value("else"), doings.main);
        let Some(chief) = value(main).or_else(|| rest.clone()) else {
            let text = format!("`{}` does not say what `{main}` takes", kind.field);
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, table.span, text)
                    .help(format!("write `{{ {main}: {}, … }}`, or `else` for all others", kind.example)),
            );
            return None;
        };
        let zero = Rational::zero();
        let idle = value("idle").or_else(|| rest.clone()).unwrap_or_else(|| zero.clone());
        Some(doings.all.map(|doing| match value(doing) {
            Some(own) => own,
            None if doing == main => chief.clone(),
            None if doing == doings.beside => rest.clone().unwrap_or_else(|| chief.clone()),
            None if doing == "off" => rest.clone().unwrap_or_else(|| zero.clone()),
            None => idle.clone(),
        }))
    }

    /// An entry `working: 12 kW`.
    pub(super) fn rate_entry(&mut self, entry: &'a Entry, kind: &Kind, known: &[&str]) -> Option<(&'a str, Rational)> {
        let word = match &entry.key {
            Key::Word(w) if matches!(w.text.as_str(), "else" | "rest") => "else",
            key => key.word().unwrap_or_default(),
        };
        if word != "else" && !known.contains(&word) {
            let span = entry.key.span();
            let mut d = Diagnostic::new(codes::UNKNOWN_FIELD, span, format!("`{}` has no entry `{word}`", kind.field));
            d = match crate::base::names::nearest(word, known.iter().copied()) {
                Some(near) => d.fix(format!("write `{near}`"), span, near),
                None => d.help(format!("its entries are {}, `else`", list(known))),
            };
            self.push(d);
            return None;
        }
        let Some(phrase) = &entry.phrase else {
            return self.wrong_value(entry.span, &format!("`{word}` has no value"));
        };
        let typed = self.evaluate_phrase(phrase)?;
        let dim = if matches!(word, "cycle" | "trip") { Dim::MONEY } else { kind.dim };
        Some((word, self.amount(&typed, phrase.span, kind, dim)?))
    }

    /// A fixed amount of at least 0.
    pub(super) fn amount(&mut self, typed: &Typed, span: Span, kind: &Kind, dim: Dim) -> Option<Rational> {
        let field = kind.field;
        let Expression::Constant(q) = &typed.value else {
            return self.wrong_value(span, &format!("`{field}` is a fixed value, not a draw or a formula"));
        };
        if q.dim == Dim::NUMBER {
            let (text, unit) = (self.text(span), if dim == Dim::MONEY { "EUR" } else { kind.unit });
            self.push(Diagnostic::new(codes::MISSING_UNIT, span, format!("`{field}` needs a unit")).fix(
                format!("write `{text} {unit}`"),
                span,
                format!("{text} {unit}"),
            ));
            return None;
        }
        if q.dim != dim {
            let due = if dim == MONEY_RATE { "money per time".to_string() } else { dim.to_string() };
            self.push(
                Diagnostic::new(
                    codes::WRONG_DIMENSION,
                    span,
                    format!("`{field}` is a {due} here, this is a {}", q.dim),
                )
                .help(format!("write a value such as `{}`", if dim == Dim::MONEY { "2 EUR" } else { kind.example })),
            );
            return None;
        }
        if q.value.is_negative() {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, span, format!("`{field}` is 0 or more")));
            return None;
        }
        Some(q.value.clone())
    }

    /// `cost: 2 EUR` of an item.
    pub fn item_cost(&mut self, item: ItemId, fields: &Fields<'a>) {
        let Some(phrase) = fields.get("cost", &mut self.diagnostics) else { return };
        let Some(typed) = self.evaluate_phrase(phrase) else { return };
        if let Some(money) = self.amount(&typed, phrase.span, &COST, Dim::MONEY) {
            self.plant.accounts.items.insert(item, money);
        }
    }

    /// `cost: 30 EUR/h` of a crew or tool: of each member while it is there.
    pub fn pool_cost(&mut self, fields: &Fields<'a>) -> Option<Rational> {
        let phrase = fields.get("cost", &mut self.diagnostics)?;
        let typed = self.evaluate_phrase(phrase)?;
        self.amount(&typed, phrase.span, &COST, MONEY_RATE)
    }

    /// Holds a unit against the currency of the line: there is no rate of exchange.
    pub fn note_currency(&mut self, unit: &str, span: Span) {
        let factors = unit.split(['/', '*']).map(|f| f.split('^').next().unwrap_or(f).trim_matches('`'));
        for name in factors.filter(|f| units::find(f).is_some_and(|u| u.dim == Dim::MONEY)) {
            let name = if name == "€" { "EUR" } else { name };
            match self.plant.accounts.currency.clone() {
                None => {
                    self.plant.accounts.currency = Some(name.to_string());
                    self.currency_span = span;
                }
                Some(known) if known == name => {}
                Some(known) => {
                    if self.diagnostics.iter().any(|d| d.code == codes::MIXED_CURRENCIES) {
                        continue;
                    }
                    let first = self.currency_span;
                    self.push(
                        Diagnostic::new(
                            codes::MIXED_CURRENCIES,
                            span,
                            format!("the line reckons in `{known}`, and this is in `{name}`"),
                        )
                        .with(first, "the first amount of money")
                        .help(format!("give all amounts in `{known}`: there is no rate of exchange")),
                    );
                }
            }
        }
    }
}
