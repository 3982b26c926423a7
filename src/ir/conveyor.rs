//! Conveyors: belts that carry items in order, each on a place of one pitch (semantics F11–F13).
//!
//! Positions are those of an item's front, from 0 where it enters to the length of the belt, where it
//! is handed over. Two items are at least a pitch apart. The last place may begin before the belt does:
//! a belt of 10.5 m with a pitch of 1 m holds eleven items when it is full, the last one half on it.

use std::collections::BTreeMap;

use num_traits::ToPrimitive;

use crate::base::{Rational, Ticks};

use super::{Breakdown, ItemId, Maintenance};

/// A belt.
#[derive(Clone, Debug, PartialEq)]
pub struct Conveyor {
    /// From entry to exit, in metres.
    pub length: Rational,
    /// Metres per second.
    pub speed: Rational,
    /// Metres of belt that an item takes.
    pub pitch: Rational,
    /// Metres of belt that an item of each type takes that comes here, when some are longer than the pitch;
    /// else empty.
    pub extents: BTreeMap<ItemId, Rational>,
    /// Independent lanes side by side.
    pub lanes: u64,
    /// What the belt does while an item waits at its end.
    pub mode: BeltMode,
    /// Work is done on it: its places pass fixed points at regular times, one pitch after the other.
    pub stepped: bool,
    /// A station works at its end: what is there takes one of the belt's places.
    pub ends_at_work: bool,
    /// Belts that stand and run as one, because stations between them work on the belt: the number of
    /// their drive. Only belts that stop together have one.
    pub drive: Option<usize>,
    /// Breakdowns: the whole belt stands still.
    pub breakdowns: Vec<Breakdown>,
    /// Planned stops.
    pub maintenance: Vec<Maintenance>,
}

/// What a belt does while an item waits at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BeltMode {
    /// It runs on; items queue up behind the one that waits.
    #[default]
    Accumulating,
    /// It stands still with everything on it.
    StopTogether,
}

impl Default for Conveyor {
    fn default() -> Self {
        let one = Rational::from(1);
        Self {
            length: one.clone(),
            speed: one.clone(),
            pitch: one,
            extents: BTreeMap::new(),
            lanes: 1,
            mode: BeltMode::Accumulating,
            stepped: false,
            ends_at_work: false,
            drive: None,
            breakdowns: Vec::new(),
            maintenance: Vec::new(),
        }
    }
}

impl Conveyor {
    /// Seconds between two items at the same point when the belt is full: pitch over speed.
    #[must_use]
    pub fn headway_seconds(&self) -> Rational {
        &self.pitch / &self.speed
    }

    /// Seconds from entry to exit on a belt that runs: length over speed.
    #[must_use]
    pub fn travel_seconds(&self) -> Rational {
        &self.length / &self.speed
    }

    /// The same in ticks.
    #[must_use]
    pub fn headway(&self) -> Ticks {
        Ticks::from_seconds(&self.headway_seconds()).unwrap_or(Ticks::NEVER)
    }

    /// Time from entry to exit in ticks; on a stepped belt whole steps.
    #[must_use]
    pub fn travel(&self) -> Ticks {
        if self.stepped {
            let steps = i64::try_from(self.pitches()).unwrap_or(i64::MAX);
            return Ticks(self.headway().0.saturating_mul(steps));
        }
        Ticks::from_seconds(&self.travel_seconds()).unwrap_or(Ticks::NEVER)
    }

    /// Pitches that the length takes up, the last one perhaps in part: length over pitch, rounded up.
    #[must_use]
    pub fn pitches(&self) -> u64 {
        (&self.length / &self.pitch).ceil().to_u64().unwrap_or(u64::MAX).max(1)
    }

    /// Metres of belt that an item of a type takes: its length, but at least the pitch (F12).
    #[must_use]
    pub fn extent(&self, item: ItemId) -> &Rational {
        self.extents.get(&item).unwrap_or(&self.pitch)
    }

    /// Items that a lane can hold: of the shortest that come.
    #[must_use]
    pub fn places(&self) -> u64 {
        let shortest = self.extents.values().min().unwrap_or(&self.pitch);
        (&self.length / shortest).ceil().to_u64().unwrap_or(u64::MAX).max(1)
    }

    /// Items that may fill the belt: of the longest that come.
    #[must_use]
    pub fn least_capacity(&self) -> u64 {
        let longest = self.extents.values().max().unwrap_or(&self.pitch);
        let places = (&self.length / longest).ceil().to_u64().unwrap_or(u64::MAX).max(1);
        places.saturating_mul(self.lanes)
    }

    /// Seconds that the next item has to wait for one of a type to be clear of the entry.
    #[must_use]
    pub fn headway_behind(&self, item: ItemId) -> Rational {
        self.extent(item) / &self.speed
    }

    /// Items that the belt can hold.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.places().saturating_mul(self.lanes)
    }

    /// How long after an item has left a full lane the next can come on: until the tail of the queue is
    /// a pitch away from the entry. 0 where the length is a whole number of pitches.
    #[must_use]
    pub fn rest(&self) -> Ticks {
        if self.stepped || (&self.length / &self.pitch).is_int() {
            return Ticks(0);
        }
        let places = i64::try_from(self.places()).unwrap_or(i64::MAX);
        Ticks(self.headway().0.saturating_mul(places).saturating_sub(self.travel().0).max(0))
    }

    /// Breakdowns and kinds of maintenance.
    #[must_use]
    pub fn stops(&self) -> usize {
        self.breakdowns.len() + self.maintenance.len()
    }
}
