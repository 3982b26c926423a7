//! The records of the state arena: which word of which record holds what. Handlers, the initial
//! image and the reading of results all go through these fields.
//!
//! Everything is a word of eight bytes. A handle is a byte offset; 0 is "none", for the header lies
//! there. Streams take four words.

use super::builder::Field;
use super::program::Ty;

/// Bytes of a word.
pub const WORD: usize = 8;

const fn word(index: i32, ty: Ty) -> Field {
    Field { offset: index * 8, ty }
}

macro_rules! record {
    ($(#[$doc:meta])* $module:ident, $words:literal { $($(#[$fdoc:meta])* $name:ident = $index:literal $ty:ident;)* }) => {
        $(#[$doc])*
        pub mod $module {
            use super::*;
            $(
                $(#[$fdoc])*
                pub const $name: Field = word($index, Ty::$ty);
            )*
            /// Words of the record.
            pub const WORDS: usize = $words;
        }
    };
}

record! {
    /// The header, at handle 0.
    header, 40 {
        /// Present time.
        NOW = 1 Time;
        /// The run stops behind the last event at or before this time.
        HORIZON = 2 Time;
        /// Handlers run so far.
        EVENTS = 3 Count;
        /// The run hands back at the next new instant once this many events are done.
        FUEL_AT = 4 Count;
        /// Why the run stops; see [`super::super::Status`].
        STATUS = 5 Count;
        /// The entity a status is about.
        STATUS_AT = 6 Handle;
        /// When an item last moved.
        PROGRESS = 7 Time;
        /// First of the free item records.
        ITEM_FREE = 8 Handle;
        /// First item record never used.
        ITEM_TOP = 9 Handle;
        /// End of the arena.
        ITEM_END = 10 Handle;
        /// Nodes to settle, one bit each by rank, or the summary of [`DIRTY_WORDS`].
        DIRTY = 11 Count;
        /// Whether some pool may have to grant.
        GRANT = 12 Count;
        /// Items inside, integrated over time: 128 bits.
        WIP = 13 Count;
        /// High half of [`WIP`].
        WIP_HIGH = 14 Count;
        /// Rounds at the present instant.
        ROUNDS = 15 Count;
        /// Counters by item type.
        COUNTERS = 16 Handle;
        /// Winner tree.
        TREE = 17 Handle;
        /// Slots.
        SLOTS = 18 Handle;
        /// Nodes by rank.
        RANKS = 19 Handle;
        /// Words of the dirty set.
        DIRTY_WORDS = 20 Handle;
        /// Components of pools.
        COMPONENTS = 21 Handle;
        /// Arrivals still wanted before `until` is reached.
        UNTIL = 22 Count;
        /// Where they arrive.
        UNTIL_AT = 23 Handle;
        /// Second summary of the dirty set of very large plants.
        DIRTY_MIDDLE = 24 Handle;
        /// First item record.
        ITEM_BASE = 25 Handle;
        /// First machine whose products wait to leave together, oldest first.
        TOGETHER = 26 Handle;
        /// All limits.
        LIMITS = 27 Handle;
        /// First of all requests for people.
        REQUESTS = 28 Handle;
        /// Items whose way is decided while the floor settles: the list they stand in meanwhile.
        UNDECIDED = 30 Handle;
        /// All fleets: their records, then 0.
        FLEETS = 37 Handle;
        /// Whether some vehicle takes an item up at this instant.
        PICK_UP = 38 Flag;
        /// First station that begins with what it has when nothing else moves.
        GATHERING = 29 Handle;
    }
}

record! {
    /// What every holder of items begins with: nodes that hold, and machines.
    holder, 2 {
        /// Decides between items ready at the same time: rank of the node's name, then machine number.
        KEY = 0 Count;
        /// Which release handler serves it.
        RELEASE = 1 Count;
    }
}

record! {
    /// What every node begins with.
    node, 6 {
        /// Lists of open rules that lead here: how many, then the lists; 0 without any. The word before
        /// the record, there when the plant has open rules.
        OPEN = -1 Handle;
        /// Which settle handler serves it.
        KIND = 2 Count;
        /// Its settle rank; begins its own offer list.
        RANK = 3 Count;
        /// First item offered to it.
        OFFERS = 4 Handle;
        /// Last item offered to it.
        OFFERS_LAST = 5 Handle;
    }
}

record! {
    /// A list of items offered to a node, in order of their ready times.
    list, 3 {
        /// Rank of the node.
        RANK = 0 Count;
        /// First offered item.
        HEAD = 1 Handle;
        /// Last offered item.
        TAIL = 2 Handle;
    }
}

record! {
    /// An open rule: the list of items that wait for any of its ways, with the rank of the way settled
    /// first. Its ways follow.
    open, 5 {
        /// Which rule, of the shapes.
        KIND = 3 Count;
        /// Whether what one item waits for says nothing about the next.
        EACH = 4 Flag;
    }
}

record! {
    /// An order: how many rules, then kind and argument of each.
    order, 4 {
        /// How many rules.
        COUNT = 0 Count;
        /// Whether values are found anew at each choice.
        DYNAMIC = 1 Flag;
        /// What the first rule goes by.
        KIND = 2 Count;
        /// A value record, or a table of holders behind their number.
        ARGUMENT = 3 Handle;
    }
}

record! {
    /// A way of an open rule, by the word before it: offer list, visit, lists by type as in a routing.
    way, 5 {
        /// Value record of the number of items there.
        ITEMS = 4 Handle;
    }
}

record! {
    /// A part that an assembly takes: an offer list with a number.
    part, 6 {
        /// How many are needed.
        NEED = 3 Count;
        /// How many may still be taken while parts are being collected.
        REST = 4 Count;
        /// How many are taken at most.
        MOST = 5 Count;
    }
}

record! {
    /// A recipe of a station that has several.
    recipe, 6 {
        /// The setup before it, after another recipe: a draw record, or 0.
        SETUP = 5 Handle;
        /// Its work record.
        WORK = 0 Handle;
        /// Work records by type of the main part, or 0.
        WORK_TABLE = 1 Handle;
        /// Item types it makes.
        MAKES = 2 Handle;
        /// How many items it makes; 0: what was taken leaves again.
        NUMBER = 3 Count;
        /// When they are born: 0 with the oldest part, 1 with the main part, 2 when they are made.
        BIRTH = 4 Count;
    }
}

record! {
    /// An item.
    item, 8 {
        /// When it was born.
        BIRTH = 0 Time;
        /// When it became ready to leave its holder.
        READY = 1 Time;
        /// Where it stays: when its stay is over, in time that the machine has moved.
        STAYS_UNTIL = 1 Duration;
        /// Its type.
        TYPE = 2 Count;
        /// Who holds it.
        HOLDER = 3 Handle;
        /// Next in its offer list, or in the list of free records.
        OFFER_NEXT = 4 Handle;
        /// Previous in its offer list.
        OFFER_PREVIOUS = 5 Handle;
        /// Next in its buffer, or of what its machine has loaded.
        NEXT = 6 Handle;
        /// In a buffer: when it entered. On a machine or in a source: the list it is offered in.
        ENTRY = 7 Time;
        /// The same word as [`ENTRY`].
        LIST = 7 Handle;
        /// The visit of its route, when the plant has routes.
        VISIT = 8 Handle;
        /// The cards it holds, a bit per limit, when the plant has limits (after the visit, if any).
        CARDS = 9 Count;
        /// In a transit: its number among the entries, decides between equal arrival times.
        SEQUENCE = 6 Count;
        /// Child in the timed set of a transit.
        CHILD = 4 Handle;
        /// Sibling in the timed set of a transit.
        SIBLING = 5 Handle;
    }
}

record! {
    /// A station.
    station, 54 {
        /// First of its machines, which lie side by side.
        MACHINES = 6 Handle;
        /// Longest idle machine.
        IDLE = 7 Handle;
        /// Latest idle machine.
        IDLE_LAST = 8 Handle;
        /// Ends of work.
        CYCLES = 9 Count;
        /// Items scrapped by the yield.
        SCRAPPED = 10 Count;
        /// Where products go that are not on a route.
        ROUTING = 11 Handle;
        /// Work record of items that are not on a route.
        WORK = 12 Handle;
        /// Work records by item type.
        WORK_TABLE = 13 Handle;
        /// Stream of the yield: four words.
        YIELD_STREAM = 14 Count;
        /// Share of good items.
        YIELD = 18 Real;
        /// Offer lists by item type, 0 where the type is not taken.
        LISTS = 19 Handle;
        /// Its part records.
        PARTS = 20 Handle;
        /// Items collected for the next assembly.
        PLAN = 21 Handle;
        /// What it gives to directly.
        DIRECT_OUT = 22 Handle;
        /// What it takes from directly.
        DIRECT_IN = 23 Handle;
        /// Limits whose cards are taken here.
        FROM = 24 Handle;
        /// Limits whose cards are returned here.
        TO = 25 Handle;
        /// Item types it makes.
        MAKES = 26 Handle;
        /// Setups by the type before and the type to come: a draw record, or 0.
        SETUPS = 27 Handle;
        /// Of the items scrapped, those that a breakdown spoilt at work.
        SPOILT = 28 Count;
        /// Its shift: a calendar record, or 0.
        CALENDAR = 29 Handle;
        /// Setup of a machine that has lost its own: a draw record.
        SETUP_ANEW = 38 Handle;
        /// Which search of the host finds what is worked next.
        SEARCH = 42 Count;
        /// The recipe it found: a recipe record.
        FOUND = 43 Handle;
        /// Machines reserved for items at work before it.
        RESERVED = 44 Count;
        /// Attributes it sets: a list of assignments.
        SETS = 30 Handle;
        /// The order of what waits for it, or 0.
        ORDER = 52 Handle;
        /// The drive of the belt it works on.
        DRIVE = 50 Handle;
        /// The lane at whose end it works on the belt.
        LANE = 51 Handle;
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
        FINISHED = 36 Count;
        /// Values to compute over all items loaded: how many, then of each what is made of them, its law, and
        /// by item type whether it counts.
        KEEPS = 37 Handle;
        /// What is told of items that are loaded.
        OBSERVERS = 39 Handle;
    }
}

record! {
    /// A machine of a station.
    machine, 41 {
        /// The visit that begins when what it has loaded, with its place reserved, leaves it.
        NEXT_VISIT = 40 Handle;
        /// Its station.
        STATION = 2 Handle;
        /// Its state; see [`super::super::State`].
        STATE = 3 Count;
        /// When the state began.
        SINCE = 4 Time;
        /// Time spent in each of the eight states.
        IN_STATE = 5 Duration;
        /// Its slot.
        SLOT = 13 Count;
        /// What it does; see [`super::super::phase`].
        PHASE = 14 Count;
        /// When the present stretch of work began.
        WORK_START = 15 Time;
        /// Work left at the beginning of the stretch.
        REMAINING = 16 Duration;
        /// Breakdowns active.
        DOWN = 17 Count;
        /// First item loaded.
        ITEM = 18 Handle;
        /// Products still on it.
        LEFT = 19 Count;
        /// Next idle machine.
        IDLE_NEXT = 20 Handle;
        /// Previous idle machine.
        IDLE_PREVIOUS = 21 Handle;
        /// Since when it is idle and up.
        IDLE_SINCE = 22 Time;
        /// Its request for people.
        REQUEST = 23 Handle;
        /// First of its breakdown records, which lie side by side.
        BREAKDOWNS = 24 Handle;
        /// Work record of what is loaded.
        WORK = 25 Handle;
        /// What it holds of the pools: a need list, or 0.
        HELD = 26 Handle;
        /// First product, while finished.
        PRODUCTS = 27 Handle;
        /// Next machine whose products wait to leave together.
        TOGETHER_NEXT = 28 Handle;
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
        CAUSES = 39 Handle;
    }
}

record! {
    /// A breakdown of a machine, or one that stops several things at once.
    breakdown, 20 {
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

record! {
    /// A source of durations: constant, or random. A random one is followed by a batch of draws.
    draw, 10 {
        /// Constant: ticks.
        TICKS = 0 Duration;
        /// Random: byte offset from the record of the next draw; behind the batch when all are used.
        CURSOR = 0 Count;
        /// Computed: its value record.
        VALUE = 0 Handle;
        /// Which family, where a kind of station has several.
        FAMILY = 1 Count;
        /// Index of the law that the host draws from.
        LAW = 2 Count;
        /// Work records: who is needed, a need list, or 0.
        NEEDS = 3 Handle;
        /// Stream: four words.
        STREAM = 4 Count;
        /// Work records: the step that follows, or 0.
        NEXT = 8 Handle;
        /// Work records: the state of the machine meanwhile, where it is not always `working`.
        STATE = 9 Count;
        /// First draw of the batch, in ticks; negative where the law gave no duration.
        BATCH = 10 Duration;
    }
}

record! {
    /// What is computed from an item, the clock and the floor. The numbers of a formula follow.
    value, 2 {
        /// 0: the host evaluates its law; else the number of its formula, from 1.
        KIND = 0 Count;
        /// Index of its law.
        LAW = 1 Count;
        /// First number of the formula.
        DATA = 2 Count;
    }
}

/// Draws of a batch: the host makes that many at once, which keeps the cost of a call and the length of
/// a draw's chain of operations out of the way of the events.
pub const DRAWS: usize = 16;

record! {
    /// A visit of a route.
    visit, 4 {
        /// Its work record.
        WORK = 0 Handle;
        /// Where the item goes next.
        ROUTING = 1 Handle;
        /// Its number on the route, from 1.
        NUMBER = 2 Count;
        /// Its name among those of all visits, from 1.
        NAME = 3 Count;
    }
}

record! {
    /// A routing. Leaves are three words each: list, visit, lists by type.
    routing, 4 {
        /// Which decision function serves it; 0 for a single leaf.
        KIND = 0 Count;
        /// Offer list of the first leaf.
        LIST = 1 Handle;
        /// Visit that begins with the first leaf, or 0.
        VISIT = 2 Handle;
        /// Offer lists by item type, for an assembly, or 0.
        BY_TYPE = 3 Handle;
    }
}

record! {
    /// A buffer: named, of an arrow, of a queue, or a transit.
    buffer, 36 {
        /// Items inside.
        LEVEL = 6 Count;
        /// Places.
        CAPACITY = 7 Count;
        /// First item.
        FIRST = 8 Handle;
        /// Last item.
        LAST = 9 Handle;
        /// Highest settled level.
        MAX = 10 Count;
        /// When the level last changed.
        CHANGED = 11 Time;
        /// Sum of waits of items that left: 128 bits.
        WAIT = 12 Count;
        /// High half of [`WAIT`].
        WAIT_HIGH = 13 Count;
        /// Items that entered.
        ENTRIES = 14 Count;
        /// Since when it is empty.
        EMPTY_SINCE = 15 Time;
        /// Time empty.
        EMPTY = 16 Duration;
        /// Since when it is full.
        FULL_SINCE = 17 Time;
        /// Time full.
        FULL = 18 Duration;
        /// Where items go.
        ROUTING = 19 Handle;
        /// Whether its first item is offered.
        OFFERED = 20 Flag;
        /// Its slot.
        SLOT = 21 Count;
        /// Draw record of the transit.
        TRANSIT = 22 Handle;
        /// Root of the timed set of items on their way.
        TIMED = 23 Handle;
        /// Limits whose cards are taken here.
        FROM = 24 Handle;
        /// Limits whose cards are returned here.
        TO = 25 Handle;
        /// Items that left.
        EXITS = 26 Count;
        /// The item offered, where others than the first may leave.
        HEAD = 34 Handle;
        /// The order its items stand in, or 0.
        ORDER = 28 Handle;
        /// Draw record of the longest stay.
        STAY = 29 Handle;
        /// Slot of the end of the next longest stay.
        EXPIRY = 30 Count;
        /// Where items go whose longest stay is over.
        ELSEWHERE = 33 Handle;
        /// Items whose longest stay was over.
        EXPIRED = 32 Count;
        /// Places reserved for items at work before it.
        RESERVED = 27 Count;
        /// What is told of items that enter.
        OBSERVERS = 31 Handle;
    }
}

record! {
    /// An arrow by vehicle. It begins with the words of a [`buffer`], whose figures it shares: its items are
    /// those on vehicles.
    movement, 56 {
        /// Its fleet.
        FLEET = 48 Handle;
        /// Number of the stop where items are taken up.
        FROM = 49 Count;
        /// Number of the stop where they are set down.
        TO = 50 Count;
        /// The node they are set down at.
        TARGET = 51 Handle;
        /// Ticks of a trip with an item, where the speed is fixed.
        TICKS = 52 Duration;
        /// Micrometres of a trip with an item.
        LENGTH = 53 Count;
    }
}

record! {
    /// A fleet.
    fleet, 16 {
        /// First of its vehicles, which lie side by side.
        VEHICLES = 0 Handle;
        /// How many.
        SIZE = 1 Count;
        /// Vehicles that stand idle and are up.
        IDLE = 2 Count;
        /// Stops.
        STOPS = 3 Count;
        /// Ticks of an empty trip from stop to stop, where the speed is fixed.
        TICKS = 4 Handle;
        /// Micrometres from stop to stop; negative where no way is known.
        LENGTHS = 5 Handle;
        /// Draw record of the time for a metre, with an item; 0 where the speed is fixed.
        PACE = 6 Handle;
        /// Draw record of the time for a metre, empty; 0 where the speed is fixed.
        EMPTY_PACE = 7 Handle;
        /// Draw record of the time to take an item up.
        LOAD = 8 Handle;
        /// Draw record of the time to set it down.
        UNLOAD = 9 Handle;
        /// Handles of the arrows it serves, by name.
        MOVES = 10 Handle;
        /// How many.
        MOVE_COUNT = 11 Count;
        /// The order of its requests, or 0.
        ORDER = 12 Handle;
    }
}

record! {
    /// A vehicle. It holds the item it has taken up.
    vehicle, 32 {
        /// Its fleet.
        FLEET = 2 Handle;
        /// The arrow it serves.
        MOVE = 3 Handle;
        /// The item it is sent for, or has.
        ITEM = 4 Handle;
        /// Its slot.
        SLOT = 5 Count;
        /// What it does: idle, comes empty, loads, takes up, carries, unloads, waits to hand over.
        DOES = 6 Count;
        /// Since when.
        SINCE = 7 Time;
        /// The stop it is at, or comes from.
        AT = 8 Count;
        /// Time to take the item up.
        LOAD = 9 Duration;
        /// Time of the trip with it.
        TRIP = 10 Duration;
        /// Time to set it down.
        UNLOAD = 11 Duration;
        /// Reasons to stand still.
        DOWN = 12 Count;
        /// Time left of what a breakdown interrupted, plus one tick; 0: none.
        REST = 13 Duration;
        /// Items set down.
        TRIPS = 14 Count;
        /// Micrometres gone with items.
        LOADED_LENGTH = 15 Count;
        /// Micrometres gone empty.
        EMPTY_LENGTH = 16 Count;
        /// Time spent in each of the eight things it may do; the last is down.
        SPENT = 20 Duration;
    }
}

record! {
    /// A conveyor. It begins with the words of a [`buffer`], whose figures it shares; where a buffer has
    /// its slot, it has the one at which the next item can come on.
    conveyor, 58 {
        /// First of its lanes, which lie side by side.
        LANES = 48 Handle;
        /// Time of the belt from one pitch to the next.
        HEADWAY = 49 Duration;
        /// Time of the belt from entry to exit.
        TRAVEL = 50 Duration;
        /// Items that a lane can hold.
        PLACES = 51 Count;
        /// Time of the belt, after an item has left a full lane, until the next can come on.
        REST = 52 Duration;
        /// First of its breakdown records, which lie side by side.
        BREAKDOWNS = 53 Handle;
        /// Whether it is off shift.
        OFF = 54 Flag;
        /// Where items differ in length: by item type how much of the belt it takes, and the time of the belt
        /// until one is clear of the entry.
        EXTENTS = 55 Handle;
        /// Where items differ in length: that of the belt, in the same unit.
        LENGTH = 56 Count;
    }
}

record! {
    /// A lane of a conveyor. Times of the belt run only while the belt does.
    lane, 14 {
        /// Where items differ in length: how much of the belt they take.
        USED = 11 Count;
        /// The same as a time of the belt.
        SPAN = 12 Duration;
        /// Its conveyor.
        CONVEYOR = 2 Handle;
        /// First item.
        FIRST = 3 Handle;
        /// Last item.
        LAST = 4 Handle;
        /// Items on it.
        LEVEL = 5 Count;
        /// Its slot: the first item arrives at the end.
        SLOT = 6 Count;
        /// Whether its first item is at the end and offered.
        OFFERED = 7 Flag;
        /// When the last item came on, on the clock of the belt.
        ENTERED = 8 Time;
        /// When the tail of the queue was last clear of the entry again after the lane was full, on the
        /// clock of the belt.
        CLEAR = 9 Time;
        /// What drives it.
        DRIVE = 10 Handle;
    }
}

record! {
    /// What drives one lane, or several that run and stand as one.
    drive, 6 {
        /// Reasons to stand still.
        STOPS = 0 Count;
        /// Since when it stands.
        SINCE = 1 Time;
        /// How far the clock of the belt is behind.
        BEHIND = 2 Duration;
        /// Handles of its lanes.
        LANES = 3 Handle;
        /// How many.
        COUNT = 4 Count;
    }
}

record! {
    /// A source.
    source, 40 {
        /// Its slot.
        SLOT = 6 Count;
        /// Draw record of the interval.
        EVERY = 7 Handle;
        /// Where items go.
        ROUTING = 8 Handle;
        /// Items made.
        MADE = 9 Count;
        /// Items to make in all.
        TOTAL = 10 Count;
        /// The item that waits in it.
        ITEM = 11 Handle;
        /// Stream of the mix: four words.
        MIX_STREAM = 12 Count;
        /// Pairs of upper share and item type.
        MIX = 16 Handle;
        /// Items due that wait for a card.
        PENDING = 17 Count;
        /// Slot of the verdict on an item that may be lost.
        VERDICT = 18 Count;
        /// Limits whose cards are taken here.
        FROM = 19 Handle;
        /// Limits whose cards are returned here.
        TO = 20 Handle;
        /// Items lost.
        LOST = 21 Count;
        /// What it gives to directly.
        DIRECT_OUT = 23 Handle;
        /// Whether it is off shift.
        OFF = 24 Flag;
        /// Off shift: time left to the next item.
        REST = 25 Duration;
        /// Attributes it sets: a list of assignments.
        WITH = 26 Handle;
        /// The last of the items of a lot that wait in it.
        LAST = 27 Handle;
        /// Which plan of the host says what it makes.
        PLAN = 28 Count;
        /// Campaigns: which one runs. Orders: the next row.
        CURSOR = 29 Count;
        /// Items made of the present campaign; items left of the present order.
        PART = 30 Count;
        /// The draw record that a wrong lot is blamed on.
        LOT = 31 Handle;
        /// Reasons to stand still: off shift, breakdowns.
        STOPS = 32 Count;
        /// What is told of items it makes.
        OBSERVERS = 33 Handle;
    }
}

record! {
    /// A sink.
    sink, 10 {
        /// Records of arrivals by item type.
        ARRIVALS = 6 Handle;
        /// Limits whose cards are returned here.
        TO = 7 Handle;
        /// Arrivals of all types.
        COUNT = 8 Count;
        /// What is told of items that arrive.
        OBSERVERS = 9 Handle;
    }
}

record! {
    /// Arrivals of one type at one sink, followed by the histogram of times in system.
    arrivals, 6 {
        /// How many.
        COUNT = 0 Count;
        /// Sum of times in system: 128 bits.
        SUM = 1 Count;
        /// High half of [`SUM`].
        SUM_HIGH = 2 Count;
        /// Shortest time in system.
        MINIMUM = 3 Duration;
        /// Longest time in system.
        MAXIMUM = 4 Duration;
    }
}

record! {
    /// Counters of one item type over the whole run.
    counters, 8 {
        /// Inside at t = 0.
        INITIAL = 0 Count;
        /// Made by sources.
        MADE = 1 Count;
        /// Made from parts.
        ASSEMBLED = 2 Count;
        /// Arrived at sinks.
        LEFT = 3 Count;
        /// Scrapped.
        SCRAPPED = 4 Count;
        /// Lost at sources.
        LOST = 5 Count;
        /// Used up as parts.
        USED = 6 Count;
    }
}

record! {
    /// A crew or set of tools.
    pool, 15 {
        /// Members.
        SIZE = 0 Count;
        /// Members busy.
        BUSY = 1 Count;
        /// Busy members integrated over time: 128 bits.
        AREA = 2 Count;
        /// High half of [`AREA`].
        AREA_HIGH = 3 Count;
        /// The component it belongs to.
        COMPONENT = 4 Handle;
        /// Whether an older request waits for it, during a grant.
        CLAIMED = 5 Count;
        /// Members there, and those who finish their work after their shift, integrated over time: 128 bits.
        SIZES = 6 Count;
        /// High half of [`SIZES`].
        SIZES_HIGH = 7 Count;
        /// Whether members who leave at the end of their shift finish what they work at.
        FINISH = 8 Flag;
        /// Members there would be without breakdowns.
        WHOLE = 9 Count;
        /// Members that are broken or maintained.
        BROKEN = 10 Count;
        /// Whether a younger request may be served before an older one that does not fit.
        OVERTAKE = 11 Flag;
        /// Of a skill: how many crews have it, and their handles in order of preference. Else 0.
        CREWS = 12 Handle;
        /// When members last became free.
        FREED = 13 Time;
        /// The calendar of members who begin only what they can finish in their shift; else 0.
        IN_TIME = 14 Handle;
    }
}

record! {
    /// Pools that some request asks for together, and all requests for them, oldest first. Followed by
    /// the handles of the pools.
    component, 5 {
        /// Oldest request.
        HEAD = 0 Handle;
        /// Youngest request.
        TAIL = 1 Handle;
        /// Whether something may be granted.
        DIRTY = 2 Flag;
        /// How many pools.
        POOLS = 3 Count;
        /// The order in which requests are served, or 0: the oldest first.
        ORDER = 4 Handle;
    }
}

record! {
    /// A request for people and tools. Followed by the values that the orders of crews go by.
    request, 17 {
        /// When it was made.
        TIME = 0 Time;
        /// Decides between requests of one time.
        KEY = 1 Count;
        /// Next younger.
        NEXT = 2 Handle;
        /// Next older.
        PREVIOUS = 3 Handle;
        /// What is asked for.
        NEEDS = 4 Handle;
        /// Who asks: a machine or breakdown record.
        OWNER = 5 Handle;
        /// Which grant handler serves it.
        KIND = 6 Count;
        /// Its component.
        COMPONENT = 7 Handle;
        /// Made at the instant its machine's own people became free: looked at first.
        FIRST = 8 Count;
        /// When it was granted.
        GRANTED = 9 Time;
        /// What is held: a need list, or 0.
        HOLDS = 10 Handle;
        /// Next of all requests of the plant.
        OTHER = 11 Handle;
        /// Where skills are asked for: room for the need list of the crews that are sent.
        STAFF = 12 Handle;
        /// Plus one tick: what is left to do, where the work has been drawn and goes beyond the shift of those
        /// who were asked; 0: not known.
        LASTS = 13 Duration;
        /// The station or conveyor it comes from, or 0.
        PLACE = 14 Handle;
        /// Whether it is for work on an item, not for a repair.
        WORKS = 15 Flag;
        /// Of work, where an order goes by it: the value record of the mean work.
        MEAN = 16 Handle;
    }
}

record! {
    /// A shift, or the size of a crew over time. The host finds its changes.
    calendar, 8 {
        /// Its slot.
        SLOT = 0 Count;
        /// Whom it tells: pairs of record and subscriber shape.
        SUBSCRIBERS = 1 Handle;
        /// How many.
        COUNT = 2 Count;
        /// Which calendar of the host.
        INDEX = 3 Count;
        /// On or off, 1 or 0; of a crew: its size.
        ON = 4 Count;
        /// The next change.
        NEXT = 5 Time;
    }
}

record! {
    /// A need list: how many needs, then pool and number of each.
    needs, 1 {
        /// How many needs.
        COUNT = 0 Count;
        /// Pool of the first.
        POOL = 1 Handle;
        /// Number of the first.
        NUMBER = 2 Count;
    }
}

record! {
    /// What an expectation measures of each item, followed by the histograms of times below 0 and of all
    /// others.
    probe, 12 {
        /// How many items.
        COUNT = 0 Count;
        /// Sum of their times: 128 bits.
        SUM = 1 Count;
        /// High half of [`SUM`].
        SUM_HIGH = 2 Count;
        /// Shortest.
        MINIMUM = 3 Duration;
        /// Longest.
        MAXIMUM = 4 Duration;
        /// How many took at most the limit.
        WITHIN = 5 Count;
        /// The limit.
        LIMIT = 6 Duration;
        /// Counts only while this schedule of the host is on: its index plus one, or 0.
        SHIFT = 7 Count;
        /// 0: since birth; 1: since an attribute; 2: since a stamp.
        WHAT = 8 Count;
        /// Byte offset of the attribute or stamp in an item.
        OFFSET = 9 Count;
        /// By item type, whether it is measured.
        TYPES = 10 Handle;
    }
}

record! {
    /// A limit on work in process.
    limit, 8 {
        /// Cards left.
        CARDS = 0 Count;
        /// Rank of the node that waits for them.
        RANK = 1 Count;
        /// By item type, whether it takes a card; 0: every type does.
        TYPES = 2 Handle;
        /// Draw record of the time until a returned card can be taken again, or 0.
        BACK = 3 Handle;
        /// Slot of the cards on their way back.
        SLOT = 4 Count;
        /// A heap of the times at which they are back.
        HEAP = 5 Handle;
        /// How many are on their way.
        RETURNING = 6 Count;
        /// What keeps unequal items apart: a clearance record, or 0.
        CLEARANCE = 7 Handle;
    }
}

record! {
    /// A line that is cleared between unequal items.
    clearance, 5 {
        /// The law of what items have in common.
        SAME = 0 Count;
        /// The value of those inside, or of the last that were: its bits, plus one; 0 when the line is clear.
        KEY = 1 Count;
        /// Items inside.
        INSIDE = 2 Count;
        /// Whether an unequal item waits for the line, found while looking for one that may enter.
        WANTED = 3 Flag;
        /// The clearing: a breakdown record.
        STOP = 4 Handle;
    }
}

record! {
    /// A slot of the calendar.
    slot, 2 {
        /// Which event handler serves it.
        HANDLER = 0 Count;
        /// The record it belongs to.
        RECORD = 1 Handle;
    }
}

record! {
    /// A node of the winner tree.
    tree, 2 {
        /// Earliest time below.
        KEY = 0 Time;
        /// Its slot.
        SLOT = 1 Count;
    }
}
