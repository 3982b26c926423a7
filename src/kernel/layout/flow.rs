//! Records of what holds and moves items: nodes, buffers, arrows by vehicle, belts, sources and sinks.

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
    /// A buffer: named, of an arrow, of a queue, or a transit. What changes when an item comes or goes stands in one
    /// line of the cache, and what changes when the buffer is empty or full in the next: see [`super::hot`].
    buffer, 36 {
        /// Items inside.
        LEVEL = 6 Count;
        /// Places.
        CAPACITY = 7 Count;
        /// Highest settled level.
        MAX = 8 Count;
        /// When the level last changed.
        CHANGED = 9 Time;
        /// Items that entered.
        ENTRIES = 10 Count;
        /// Last item.
        LAST = 11 Handle;
        /// Items that left.
        EXITS = 12 Count;
        /// Sum of waits of items that left: 128 bits.
        WAIT = 13 Count;
        /// First item.
        FIRST = 14 Handle;
        /// High half of [`WAIT`].
        WAIT_HIGH = 15 Count;
        /// Since when it is empty.
        EMPTY_SINCE = 16 Time;
        /// Time empty.
        EMPTY = 17 Duration;
        /// Since when it is full.
        FULL_SINCE = 18 Time;
        /// Time full.
        FULL = 19 Duration;
        /// Where items go.
        ROUTING = 20 Handle;
        /// Whether its first item is offered.
        OFFERED = 21 Flag;
        /// Its slot.
        SLOT = 27 Count;
        /// Draw record of the transit.
        TRANSIT = 32 Handle;
        /// Root of the timed set of items on their way.
        TIMED = 22 Handle;
        /// Limits whose cards are taken here.
        FROM = 25 Handle;
        /// Limits whose cards are returned here.
        TO = 26 Handle;
        /// Places reserved for items at work before it.
        RESERVED = 24 Count;
        /// The order its items stand in, or 0.
        ORDER = 28 Handle;
        /// Draw record of the longest stay.
        STAY = 29 Handle;
        /// Slot of the end of the next longest stay.
        EXPIRY = 30 Count;
        /// What is told of items that enter.
        OBSERVERS = 31 Handle;
        /// Items whose longest stay was over.
        EXPIRED = 23 Count;
        /// Where items go whose longest stay is over.
        ELSEWHERE = 33 Handle;
        /// The item offered, where others than the first may leave.
        HEAD = 34 Handle;
        /// Places kept for some of its items: a list, or 0.
        KEPT = 35 Handle;
    }
}

record! {
    /// Places of a buffer that are kept; in its list they stand side by side behind their number.
    kept, 3 {
        /// How many.
        PLACES = 0 Count;
        /// By item type, whether they are kept for it; 0: they are kept for what stands in certain holders.
        TYPES = 1 Handle;
        /// How many holders, then they.
        HOLDERS = 2 Handle;
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
        /// Vehicles that have been sent and have not taken up yet.
        COMING = 54 Count;
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
    sink, 11 {
        /// Records of arrivals by item type.
        ARRIVALS = 6 Handle;
        /// Limits whose cards are returned here.
        TO = 7 Handle;
        /// Arrivals of all types.
        COUNT = 8 Count;
        /// What is told of items that arrive.
        OBSERVERS = 9 Handle;
        /// Where the line goes on elsewhere: the index of the node.
        OUTSIDE = 10 Count;
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
