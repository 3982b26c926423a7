//! What a window counts of every item type and of every source.

use crate::ir::Plant;
use crate::kernel::read::Snapshot;

/// One item type, and only it, in the measured window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeFigures {
    /// The item type.
    pub item: String,
    /// Items of the type between birth and leaving, integrated over time: item-ticks.
    pub wip_area_ticks: i128,
    /// Scrapped.
    pub scrapped: u64,
    /// Lost at sources.
    pub lost: u64,
}

/// One source in the measured window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFigures {
    /// Its name.
    pub name: String,
    /// Items lost for want of room.
    pub lost: u64,
}

impl TypeFigures {
    /// Adds the figures of a later window.
    pub(super) fn extend(&mut self, later: &TypeFigures) {
        self.wip_area_ticks = self.wip_area_ticks.saturating_add(later.wip_area_ticks);
        self.scrapped = self.scrapped.saturating_add(later.scrapped);
        self.lost = self.lost.saturating_add(later.lost);
    }
}

/// Every item type of a window: the difference of totals.
#[must_use]
pub fn types(plant: &Plant, before: &Snapshot, after: &Snapshot) -> Vec<TypeFigures> {
    let pairs = before.balances.iter().zip(&after.balances);
    pairs
        .map(|(b, a)| TypeFigures {
            item: plant.items.get(a.item).map_or_else(String::new, |i| i.name.clone()),
            wip_area_ticks: a.wip_area.saturating_sub(b.wip_area),
            scrapped: a.scrapped.saturating_sub(b.scrapped),
            lost: a.lost.saturating_sub(b.lost),
        })
        .collect()
}

/// Every source of a window: the difference of totals.
#[must_use]
pub fn sources(plant: &Plant, before: &Snapshot, after: &Snapshot) -> Vec<SourceFigures> {
    let pairs = before.sources.iter().zip(&after.sources);
    pairs
        .map(|(b, a)| SourceFigures {
            name: plant.nodes.get(a.node).map_or_else(String::new, |n| n.name.clone()),
            lost: a.lost.saturating_sub(b.lost),
        })
        .collect()
}
