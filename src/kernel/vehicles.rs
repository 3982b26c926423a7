//! What fleets have done, read from an arena. Start at [`totals`].

use super::host::Arena;
use super::layout::vehicle;
use super::model::Model;

/// What a vehicle's time is spent on, in the order in which results show it.
pub const DOINGS: [&str; 9] =
    ["empty", "loading", "loaded", "unloading", "waiting", "idle", "down", "maintenance", "off"];

/// Where the kernel counts each of [`DOINGS`].
const PLACES: [i64; 9] = [1, 2, 4, 5, 6, 0, 8, 9, 10];

/// What a vehicle does that waits to hand over.
pub const ARRIVED: i64 = 6;
/// What a vehicle does that goes home.
const HOMING: i64 = 7;

/// One vehicle since t = 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VehicleTotals {
    /// Ticks spent on each of [`DOINGS`].
    pub ticks: [i64; DOINGS.len()],
    /// Trips done.
    pub trips: i64,
    /// Items set down.
    pub items: i64,
    /// Micrometres gone with items, for trips done.
    pub loaded_um: i64,
    /// Micrometres gone empty, for trips that are done.
    pub empty_um: i64,
}

/// Every vehicle of every fleet at the present instant. O(vehicles).
#[must_use]
pub fn totals(model: &Model, arena: &Arena, now: i64) -> Vec<Vec<VehicleTotals>> {
    let bytes = 8 * i64::try_from(vehicle::WORDS).unwrap_or(0);
    let of = |at: i64| {
        let word = |place: i64| arena.get(at + 8 * place, vehicle::SPENT);
        let mut ticks = PLACES.map(word);
        if let Some(empty) = ticks.first_mut() {
            *empty += word(HOMING);
        }
        let does = match (arena.get(at, vehicle::OFF), arena.get(at, vehicle::MAINTAINED), arena.get(at, vehicle::DOWN))
        {
            (1, ..) => 10,
            (_, 1.., _) => 9,
            (.., 1..) => 8,
            // On the way home it is empty.
            _ if arena.get(at, vehicle::DOES) == HOMING => 1,
            _ => arena.get(at, vehicle::DOES),
        };
        // An item taken up leaves at that instant, so that a settled vehicle is never about to.
        if let Some(sum) = PLACES.iter().position(|p| *p == does).and_then(|i| ticks.get_mut(i)) {
            *sum += now - arena.get(at, vehicle::SINCE);
        }
        VehicleTotals {
            ticks,
            trips: arena.get(at, vehicle::TRIPS),
            items: arena.get(at, vehicle::ITEMS),
            loaded_um: arena.get(at, vehicle::LOADED_LENGTH),
            empty_um: arena.get(at, vehicle::EMPTY_LENGTH),
        }
    };
    let fleets = model.places.fleets.iter();
    fleets.map(|(_, first, size)| (0i64..).zip(0..*size).map(|(v, _)| of(first + v * bytes)).collect()).collect()
}
