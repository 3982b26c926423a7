//! Figures of the cards of limits, and of pallets: how many are in use.

use crate::ir::Plant;
use crate::kernel::read::CardTotals;

use crate::runtime::statistics::Summary;

use super::outcome::{Seen, ratio, summary};

/// One limit, or pallets, in one replication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFigures {
    /// Its name.
    pub name: String,
    /// How many there are.
    pub count: u64,
    /// Cards with items and on their way back, integrated over time.
    pub out_area_ticks: i128,
}

impl CardFigures {
    /// Adds the figures of a later window.
    pub(super) fn extend(&mut self, later: &CardFigures) {
        self.out_area_ticks = self.out_area_ticks.saturating_add(later.out_area_ticks);
    }
}

/// One limit, or pallets, over all replications.
#[derive(Clone, Debug, PartialEq)]
pub struct CardResult {
    /// Its name.
    pub name: String,
    /// How many there are.
    pub count: u64,
    /// With items and on their way back, on average over time.
    pub in_use: Option<Summary>,
    /// The same as a share of all.
    pub utilisation: Option<Summary>,
}

/// The figures of a window: the difference of totals.
#[must_use]
pub(super) fn figures(plant: &Plant, before: &[CardTotals], after: &[CardTotals]) -> Vec<CardFigures> {
    let window = |(b, a): (&CardTotals, &CardTotals)| {
        let limit = plant.limits.get(a.limit);
        CardFigures {
            name: limit.map_or_else(String::new, |l| l.name.clone()),
            count: limit.map_or(0, |l| l.count),
            out_area_ticks: a.area.saturating_sub(b.area),
        }
    };
    before.iter().zip(after).map(window).collect()
}

pub(super) fn result(name: &str, seen: &[Seen<'_, CardFigures>]) -> CardResult {
    let window = |ticks: i64, of: u64| i128::from(ticks).saturating_mul(i128::from(of));
    CardResult {
        name: name.to_owned(),
        count: seen.first().map_or(0, |(_, c)| c.count),
        in_use: summary(seen, |(r, c)| ratio(c.out_area_ticks, window(r.window_ticks, 1))),
        utilisation: summary(seen, |(r, c)| ratio(c.out_area_ticks, window(r.window_ticks, c.count))),
    }
}
