//! Records of what is shared or watched: fleets, crews and tools, limits, calendars, expectations.

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
        /// The stop where vehicles wait, plus one; 0: wherever they are.
        HOME = 13 Count;
        /// Items that a vehicle brings at once.
        CAPACITY = 14 Count;
        /// Whether loaded vehicles wait for a place where they go, for none is kept.
        WAITS = 15 Flag;
    }
}

record! {
    /// A vehicle. It holds the item it has taken up.
    vehicle, 40 {
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
        /// Trips done.
        TRIPS = 14 Count;
        /// Micrometres gone with items.
        LOADED_LENGTH = 15 Count;
        /// Micrometres gone empty.
        EMPTY_LENGTH = 16 Count;
        /// Maintenance that keeps it standing.
        MAINTAINED = 17 Count;
        /// 0: on shift; 1: off; 2: off as soon as its trip is done.
        OFF = 18 Count;
        /// Its breakdowns and maintenance.
        CLOCKS = 19 Handle;
        /// How many.
        CLOCK_COUNT = 20 Count;
        /// Items on it.
        ABOARD = 21 Count;
        /// Items set down.
        ITEMS = 22 Count;
        /// Time spent on each of the things it may do, and standing still for each reason.
        SPENT = 28 Duration;
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
    /// A limit on work in process.
    limit, 12 {
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
        /// Cards with items and on their way back.
        OUT = 8 Count;
        /// The same integrated over time: 128 bits.
        AREA = 9 Count;
        /// High half of [`limit::AREA`].
        AREA_HIGH = 10 Count;
        /// When it let items in again after none could come.
        FREED = 11 Time;
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
    /// Counters of one item type over the whole run.
    counters, 10 {
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
        /// Items between birth and leaving, integrated over time: 128 bits, without those that are inside now.
        WIP = 7 Count;
        /// High half of [`WIP`].
        WIP_HIGH = 8 Count;
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
