//! Words of the state that are codes: why a run stopped, states of machines, phases of their work.

/// Why the program handed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The next event lies beyond the horizon.
    Horizon,
    /// The host asked to look in.
    Fuel,
    /// Enough items have arrived.
    Until,
    /// The memory cap is reached.
    Memory,
    /// A duration was negative, not a number, or too long.
    BadDuration,
    /// Too many rounds at one instant.
    Endless,
}

impl Status {
    /// Every status; the index is the code.
    pub const ALL: [Status; 6] =
        [Status::Horizon, Status::Fuel, Status::Until, Status::Memory, Status::BadDuration, Status::Endless];

    /// The word in the arena.
    #[must_use]
    pub fn code(self) -> i64 {
        match self {
            Status::Horizon => 0,
            Status::Fuel => 1,
            Status::Until => 2,
            Status::Memory => 3,
            Status::BadDuration => 4,
            Status::Endless => 5,
        }
    }

    /// The status of a word.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Status> {
        usize::try_from(code).ok().and_then(|i| Status::ALL.get(i)).copied()
    }
}

/// States of a machine, in the order of their accumulators (semantics Z1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Works on items.
    Working,
    /// Is being changed over.
    Setup,
    /// Has nothing to work on.
    Starved,
    /// Holds finished items that find no room.
    Blocked,
    /// Has all but people or tools.
    Waiting,
    /// Waits for repair or is under repair.
    Down,
    /// Is being maintained.
    Maintenance,
    /// Is off shift.
    Off,
}

impl State {
    /// All states in order.
    pub const ALL: [State; 8] = [
        State::Working,
        State::Setup,
        State::Starved,
        State::Blocked,
        State::Waiting,
        State::Down,
        State::Maintenance,
        State::Off,
    ];

    /// The word in the arena.
    #[must_use]
    pub fn code(self) -> i64 {
        self as i64
    }
}

/// Phases of a machine's work.
pub mod phase {
    /// Empty.
    pub const IDLE: i64 = 0;
    /// Loaded; waits for people to begin.
    pub const WAIT_TO_BEGIN: i64 = 1;
    /// Works.
    pub const WORKING: i64 = 2;
    /// Work interrupted by a breakdown.
    pub const INTERRUPTED: i64 = 3;
    /// Interrupted work waits for people to go on.
    pub const WAIT_TO_RESUME: i64 = 4;
    /// Done; products wait to leave.
    pub const FINISHED: i64 = 5;
    /// Loaded; waits for a place behind to reserve.
    pub const WAIT_FOR_PLACE: i64 = 6;
    /// How many there are.
    pub const COUNT: usize = 7;
}

/// "Never" in the winner tree: later than every horizon, with room to add to.
pub const NEVER: i64 = 1 << 62;
