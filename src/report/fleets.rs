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
    grid.column("m with items", fleets.iter().map(|f| figures.number(f.loaded_m)))
        .column("m empty", fleets.iter().map(|f| figures.number(f.empty_m)))
        .render("fleets")
}
