//! Records of stations: their machines, what breaks down, and what they stood for.

record! {
    /// A station.
    station, 46 {
        /// Ends of work.
        CYCLES = 6 Count;
        /// What it gives to directly.
        DIRECT_OUT = 7 Handle;
        /// What it takes from directly.
        DIRECT_IN = 8 Handle;
        /// First of its machines, which lie side by side.
        MACHINES = 9 Handle;
        /// Where products go that are not on a route.
        ROUTING = 10 Handle;
        /// Work record of items that are not on a route.
        WORK = 11 Handle;
        /// Longest idle machine.
        IDLE = 28 Handle;
        /// Latest idle machine.
        IDLE_LAST = 36 Handle;
        /// Items scrapped by the yield.
        SCRAPPED = 12 Count;
        /// Work records by item type.
        WORK_TABLE = 42 Handle;
        /// Stream of the yield: four words.
        YIELD_STREAM = 16 Count;
        /// Share of good items.
        YIELD = 20 Real;
        /// Offer lists by item type, 0 where the type is not taken.
        LISTS = 21 Handle;
        /// Its part records.
        PARTS = 22 Handle;
        /// Items collected for the next assembly.
        PLAN = 23 Handle;
        /// Limits whose cards are taken here.
        FROM = 24 Handle;
        /// Limits whose cards are returned here.
        TO = 25 Handle;
        /// Item types it makes.
        MAKES = 26 Handle;
        /// Setups by the type before and the type to come: a draw record, or 0.
        SETUPS = 27 Handle;
        /// Of the items scrapped, those that a breakdown spoilt at work.
        SPOILT = 13 Count;
        /// Its shift: a calendar record, or 0.
        CALENDAR = 29 Handle;
        /// Attributes it sets: a list of assignments.
        SETS = 30 Handle;
        /// A set of parts that may grow: 0, 1 while it waits for all else to settle, 2 when nothing else moves.
        GATHERS = 31 Count;
        /// Next station that waits so, by rank.
        GATHERS_NEXT = 32 Handle;
        /// How long it waits for the largest set.
        WAIT = 33 Duration;
        /// Slot of the end of that wait.
        WAIT_SLOT = 34 Count;
        /// When such a wait ended last, plus one tick.
        WAITED = 35 Time;
        /// Items that work was finished on, where they may be several at once.
        FINISHED = 14 Count;
        /// Values to compute over all items loaded: how many, then of each what is made of them, its law, and
        /// by item type whether it counts.
        KEEPS = 37 Handle;
        /// Setup of a machine that has lost its own: a draw record.
        SETUP_ANEW = 38 Handle;
        /// What is told of items that are loaded.
        OBSERVERS = 39 Handle;
        /// Which search of the host finds what is worked next.
        SEARCH = 40 Count;
        /// The recipe it found: a recipe record.
        FOUND = 41 Handle;
        /// Machines reserved for items at work before it.
        RESERVED = 15 Count;
        /// The drive of the belt it works on.
        DRIVE = 43 Handle;
        /// The lane at whose end it works on the belt.
        LANE = 44 Handle;
        /// The order of what waits for it, or 0.
        ORDER = 45 Handle;
    }
}

record! {
    /// A machine of a station. What every event needs stands in one line of the cache with the last words of the draw
    /// record of its work, and what changes with its state in the next: see [`super::hot`].
    machine, 45 {
        /// Its slot.
        SLOT = 2 Count;
        /// First item loaded.
        ITEM = 3 Handle;
        /// When the state began.
        SINCE = 4 Time;
        /// Its state; see [`super::super::State`].
        STATE = 5 Count;
        /// What it does; see [`super::super::phase`].
        PHASE = 6 Count;
        /// Work record of what is loaded.
        WORK = 23 Handle;
        /// Its station.
        STATION = 22 Handle;
        /// Breakdowns active.
        DOWN = 15 Count;
        /// Time spent in each of the eight states.
        IN_STATE = 7 Duration;
        /// Products still on it.
        LEFT = 16 Count;
        /// First product, while finished.
        PRODUCTS = 17 Handle;
        /// When the present stretch of work began.
        WORK_START = 18 Time;
        /// Work left at the beginning of the stretch.
        REMAINING = 19 Duration;
        /// First of its breakdown records, which lie side by side.
        BREAKDOWNS = 20 Handle;
        /// What it holds of the pools: a need list, or 0.
        HELD = 28 Handle;
        /// Its request for people.
        REQUEST = 24 Handle;
        /// Next idle machine.
        IDLE_NEXT = 25 Handle;
        /// Previous idle machine.
        IDLE_PREVIOUS = 26 Handle;
        /// Since when it is idle and up.
        IDLE_SINCE = 27 Time;
        /// Next machine whose products wait to leave together.
        TOGETHER_NEXT = 39 Handle;
        /// Time drawn for the present work, where a breakdown makes it run again.
        DRAWN = 29 Duration;
        /// Item type it is set up for, plus one, or the bits of a value of the item, plus one; 0 before the
        /// first, -1 when it has lost its setup.
        SET_UP = 30 Count;
        /// Work record that follows the setup, or 0.
        THEN = 31 Handle;
        /// 0: on shift; 1: off; 2: off once the item is finished; 3: waits with its item for a shift that is
        /// long enough; 4: has that shift, but stands still for another reason.
        OFF = 32 Count;
        /// Maintenance going on.
        MAINTENANCE = 33 Count;
        /// Values over all items loaded.
        KEPT = 34 Handle;
        /// The recipe at work: a recipe record, where there are several.
        RECIPE = 35 Handle;
        /// Where items stay: the last inside.
        LAST = 36 Handle;
        /// Where items stay: time it has moved, up to [`WORK_START`].
        MOVED = 37 Duration;
        /// Where items stay: when the next may come, in time moved.
        NEXT_LOAD = 38 Duration;
        /// Where its starved, blocked and waiting times are charged, or 0.
        CAUSES = 21 Handle;
        /// The visit that begins when what it has loaded, with its place reserved, leaves it.
        NEXT_VISIT = 40 Handle;
        /// The visit it worked on last, or 0.
        LAST_VISIT = 41 Handle;
        /// Where places are reserved for several items at once: the list of each.
        PLACES = 42 Handle;
        /// How many of them.
        PLACE_COUNT = 43 Count;
        /// Where work begins only when all of it ends in time: the times of its steps.
        TIMES = 44 Handle;
    }
}

record! {
    /// A breakdown of a machine, or one that stops several things at once.
    breakdown, 21 {
        /// The machine.
        MACHINE = 0 Handle;
        /// Its slot.
        SLOT = 1 Count;
        /// 0: its clock runs; 1: the repair waits for people; 2: under repair; 3: it begins when the work
        /// is done.
        ACTIVE = 2 Count;
        /// Working time left on its clock, or ends of work in thousand-millionths.
        RESIDUAL = 3 Duration;
        /// Draw record of the time to failure.
        AFTER = 4 Handle;
        /// Draw record of the time to repair.
        REPAIR = 5 Handle;
        /// Its request for people.
        REQUEST = 6 Handle;
        /// Failures so far.
        FAILURES = 7 Count;
        /// Time left of a repair that its people had to leave, plus one tick; 0: none.
        REST = 8 Duration;
        /// Reasons for its clock to stand still.
        HOLD = 9 Count;
        /// Where the next failure counts from the onset: since when the clock runs during the repair.
        STARTED = 10 Time;
        /// Whether the shift in which it is repaired is off.
        OFF = 11 Flag;
        /// Of a machine that is stopped together with others: the record with the clock.
        SHARED = 12 Handle;
        /// Of one that stops several: pairs of what it stops and member shape.
        MEMBERS = 13 Handle;
        /// How many it stops.
        MEMBER_COUNT = 14 Count;
        /// How many of them do not stand still yet.
        PENDING = 15 Count;
        /// Index of its shape.
        KIND = 16 Count;
        /// Since when it waits for people, or is under repair.
        SINCE = 17 Time;
        /// Time waited for people.
        WAITED = 18 Duration;
        /// Time under repair.
        REPAIRED = 19 Duration;
        /// The machine off whose shift neither of the two is counted, or 0.
        SHIFTED = 20 Handle;
    }
}

record! {
    /// To what the starved, blocked and waiting times of a machine are charged, in this order. A list is a
    /// count and pairs of key and time: of givers by position of their names, of takers by rank, of pools.
    causes, 6 {
        /// How much of the time in the state has been charged: of starved, and of blocked and waiting
        /// behind it.
        CHARGED = 0 Duration;
        /// The list of the givers, and of takers and pools behind it.
        LISTS = 3 Handle;
    }
}
