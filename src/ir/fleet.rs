//! Fleets: vehicles that bring items from one node to another (semantics F15).

use crate::base::{Dim, Quantity, Rational, Span};

use super::{CalendarId, Expression, NodeId, Precedence, ShiftEnd};

/// Vehicles of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Vehicles.
    pub size: u64,
    /// Items that one brings at once, from one place to another.
    pub capacity: u64,
    /// A place is kept where an item goes before a vehicle is sent for it; else the vehicle waits there with it.
    pub keeps_place: bool,
    /// Seconds a vehicle takes for a metre, drawn for each trip.
    pub pace: Expression,
    /// The same for empty trips, where it differs.
    pub empty_pace: Option<Expression>,
    /// Time to take an item up.
    pub load: Expression,
    /// Time to set it down.
    pub unload: Expression,
    /// Which request is served next; absent: the oldest.
    pub order: Option<Precedence>,
    /// Nodes at which vehicles stop.
    pub stops: Vec<NodeId>,
    /// Metres from stop to stop, row by row; absent where no vehicle goes.
    pub metres: Vec<Option<Rational>>,
    /// The stop where all vehicles are at t = 0.
    pub start: usize,
    /// The stop to which vehicles go that have nothing to do; absent: they stay where they are.
    pub home: Option<usize>,
    /// The shift in which vehicles go; absent: always.
    pub calendar: Option<CalendarId>,
    /// What a vehicle on its way does at the end of the shift.
    pub shift_end: ShiftEnd,
}

/// On a vehicle: the node between the one an item comes from and the one it goes to. A place at the next node
/// is kept for each item in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// Index into the fleets of the plant.
    pub fleet: usize,
    /// Index of the stop where items are taken up.
    pub from: usize,
    /// Index of the stop where they are set down.
    pub to: usize,
    /// Metres between.
    pub metres: Rational,
}

impl Default for Move {
    fn default() -> Self {
        Self { fleet: 0, from: 0, to: 0, metres: Rational::from(0) }
    }
}

impl Default for Fleet {
    fn default() -> Self {
        let zero = Expression::Constant(Quantity { value: Rational::from(0), dim: Dim::TIME });
        Self {
            name: String::new(),
            span: Span::default(),
            size: 1,
            capacity: 1,
            keeps_place: true,
            pace: zero.clone(),
            empty_pace: None,
            load: zero.clone(),
            unload: zero,
            order: None,
            stops: Vec::new(),
            metres: Vec::new(),
            start: 0,
            home: None,
            calendar: None,
            shift_end: ShiftEnd::FinishItem,
        }
    }
}

impl Fleet {
    /// Metres from stop to stop, where a vehicle can go.
    #[must_use]
    pub fn distance(&self, from: usize, to: usize) -> Option<&Rational> {
        self.metres.get(from.checked_mul(self.stops.len())?.checked_add(to)?)?.as_ref()
    }
}
