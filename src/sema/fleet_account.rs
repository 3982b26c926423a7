//! Power and money of fleets: by what vehicles do, and for each trip.

use crate::ir::account::FleetAccount;

use super::account::{COST, Doings, POWER};
use super::fields::Fields;
use super::line::Lower;

/// What vehicles do.
const DOINGS: Doings<9> = Doings {
    all: ["empty", "loading", "loaded", "unloading", "waiting", "idle", "down", "maintenance", "off"],
    main: "loaded",
    beside: "empty",
    once: "trip",
};

impl<'a> Lower<'a> {
    /// `power: { loaded: 2 kW, empty: 1.5 kW, idle: 100 W }`, `cost: { loaded: 4 EUR/h, trip: 1 EUR }` of a fleet.
    pub(super) fn fleet_account(&mut self, fields: &Fields<'a>) -> FleetAccount {
        let mut account = FleetAccount::default();
        let mut known = DOINGS.all.to_vec();
        if let Some(phrase) = fields.get("power", &mut self.diagnostics) {
            account.power = self.rates(phrase, &POWER, &DOINGS, &known, &mut None);
        }
        known.push(DOINGS.once);
        if let Some(phrase) = fields.get("cost", &mut self.diagnostics) {
            let mut each = None;
            account.cost = self.rates(phrase, &COST, &DOINGS, &known, &mut each);
            account.each = each;
        }
        account
    }
}
