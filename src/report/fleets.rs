//! Fleets on the page of a study.

use super::figures::Figures;
use super::grid::Grid;
use crate::kernel::vehicles::DOINGS;
use crate::sim::outcome::Study;

/// What vehicles spent their time on, and how much they brought.
pub(super) fn section(study: &Study, figures: Figures) -> String {
    let fleets = &study.fleets;
    let mut grid = Grid::new(fleets.len()).names("fleets, % of time", fleets.iter().map(|f| f.name.as_str()));
    for (index, doing) in DOINGS.into_iter().enumerate() {
        let cells = fleets.iter().map(|f| figures.percent(f.states.get(index).copied().flatten()));
        let always = matches!(doing, "empty" | "loaded" | "idle");
        grid = if always { grid.column(doing, cells) } else { grid.column_unless_zero(doing, cells) };
    }
    let grid = grid.column("trips", fleets.iter().map(|f| figures.number(f.trips)));
    let several = fleets.iter().any(|f| f.items.map(|s| s.mean) != f.trips.map(|s| s.mean));
    let grid = if several { grid.column("items", fleets.iter().map(|f| figures.number(f.items))) } else { grid };
    let currency = study.header.currency.as_ref();
    let cost = currency.map_or_else(|| "cost".to_owned(), |c| format!("cost, {c}"));
    grid.column("m with items", fleets.iter().map(|f| figures.number(f.loaded_m)))
        .column("m empty", fleets.iter().map(|f| figures.number(f.empty_m)))
        .column_unless_zero("energy, kWh", fleets.iter().map(|f| figures.number(f.energy_kwh)))
        .column_unless_zero(cost, fleets.iter().map(|f| figures.number(f.cost)))
        .render("fleets")
}
