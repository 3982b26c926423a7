//! Power and money of fleets: by what vehicles do, and for each trip.

use num_traits::Zero;

use crate::base::{Dim, Rational, Span};
use crate::diag::{Diagnostic, codes};
use crate::ir::account::{ByDoing, FleetAccount};
use crate::syntax::tree::{ExprKind, Phrase, Table};

use super::account::{COST, Kind, POWER};
use super::fields::Fields;
use super::line::Lower;

/// What vehicles do, in the order of the results.
const DOINGS: [&str; 9] = ["empty", "loading", "loaded", "unloading", "waiting", "idle", "down", "maintenance", "off"];

impl<'a> Lower<'a> {
    /// `power: { loaded: 2 kW, empty: 1.5 kW, idle: 100 W }`, `cost: { loaded: 4 EUR/h, trip: 1 EUR }` of a fleet.
    pub(super) fn fleet_account(&mut self, fields: &Fields<'a>) -> FleetAccount {
        let mut account = FleetAccount::default();
        if let Some(phrase) = fields.get("power", &mut self.diagnostics) {
            account.power = self.rates_of_vehicles(phrase, &POWER, &mut None);
        }
        if let Some(phrase) = fields.get("cost", &mut self.diagnostics) {
            let mut each = None;
            account.cost = self.rates_of_vehicles(phrase, &COST, &mut each);
            account.each = each;
        }
        account
    }

    fn rates_of_vehicles(&mut self, phrase: &'a Phrase, kind: &Kind, each: &mut Option<Rational>) -> Option<ByDoing> {
        if let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind) {
            return self.rates_by_doing(table, kind, each);
        }
        let typed = self.evaluate_phrase(phrase)?;
        if kind.field == "cost" && typed.dim == Dim::MONEY {
            *each = self.amount(&typed, phrase.span, kind, Dim::MONEY);
            return None;
        }
        let rate = self.amount(&typed, phrase.span, kind, kind.dim)?;
        // Money for a vehicle is due whether it goes or not; power is not drawn off shift.
        let off = if kind.field == "cost" { rate.clone() } else { Rational::zero() };
        Some(DOINGS.map(|doing| if doing == "off" { off.clone() } else { rate.clone() }))
    }

    fn rates_by_doing(&mut self, table: &'a Table, kind: &Kind, each: &mut Option<Rational>) -> Option<ByDoing> {
        let mut known: Vec<&str> = DOINGS.to_vec();
        if kind.field == "cost" {
            known.push("trip");
        }
        let mut given: Vec<(&str, Rational, Span)> = Vec::new();
        let mut good = !table.incomplete;
        for entry in &table.entries {
            match self.rate_entry(entry, kind, &known) {
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
        *each = value("trip");
        if each.is_some() && given.len() == 1 {
            return None;
        }
        let rest = value("else");
        let Some(loaded) = value("loaded").or_else(|| rest.clone()) else {
            let text = format!("`{}` does not say what `loaded` takes", kind.field);
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, table.span, text)
                    .help(format!("write `{{ loaded: {}, … }}`, or `else` for all others", kind.example)),
            );
            return None;
        };
        let zero = Rational::zero();
        let standing = value("idle").or_else(|| rest.clone()).unwrap_or_else(|| zero.clone());
        Some(DOINGS.map(|doing| match (value(doing), doing) {
            (Some(own), _) => own,
            (None, "loaded") => loaded.clone(),
            (None, "empty") => rest.clone().unwrap_or_else(|| loaded.clone()),
            (None, "off") => rest.clone().unwrap_or_else(|| zero.clone()),
            (None, _) => standing.clone(),
        }))
    }
}
