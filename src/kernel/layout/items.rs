//! Records of items and of what is said of them: where they are offered, what takes them, how long things last.

/// Draws of a batch: the host makes that many at once, which keeps the cost of a call and the length of
/// a draw's chain of operations out of the way of the events.
pub const DRAWS: usize = 16;

/// Words of a draw record before its handle, without the batch.
pub const DRAW_HEAD: usize = 9;

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
    /// A visit of a route.
    visit, 8 {
        /// Its work record.
        WORK = 0 Handle;
        /// Where the item goes next.
        ROUTING = 1 Handle;
        /// Its number on the route, from 1.
        NUMBER = 2 Count;
        /// Its name among those of all visits, from 1.
        NAME = 3 Count;
        /// Share of items that pass the yield.
        YIELD = 4 Real;
        /// Setups of its station before it, as in a station.
        SETUPS = 5 Handle;
        /// The setup of its station that comes before it anew, as in a station.
        SETUP_ANEW = 6 Handle;
        /// Its own setup, or 0.
        SETUP = 7 Handle;
    }
}

record! {
    /// A source of durations: constant, or random. The handle is that of its last word, before which the others lie:
    /// [`super::DRAW_HEAD`], and before them a batch of draws where it is random. So what changes with every draw stands
    /// beside the machine behind it.
    draw, 1 {
        /// Constant: ticks.
        TICKS = 0 Duration;
        /// Random: byte offset from the record of the next draw; behind the batch when all are used.
        CURSOR = 0 Count;
        /// Computed: its value record.
        VALUE = 0 Handle;
        /// Which family, where a kind of station has several.
        FAMILY = -1 Count;
        /// Index of the law that the host draws from.
        LAW = -2 Count;
        /// Work records: who is needed, a need list, or 0.
        NEEDS = -3 Handle;
        /// Stream: four words.
        STREAM = -7 Count;
        /// Work records: the step that follows, or 0.
        NEXT = -8 Handle;
        /// Work records: the state of the machine meanwhile, where it is not always `working`.
        STATE = -9 Count;
        /// First draw of the batch, in ticks; negative where the law gave no duration.
        BATCH = -25 Duration;
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
