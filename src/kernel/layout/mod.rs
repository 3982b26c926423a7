//! The records of the state arena: which word of which record holds what. Handlers, the initial
//! image and the reading of results all go through these fields.
//!
//! Everything is a word of eight bytes. A handle is a byte offset; 0 is "none", for the header lies
//! there. Streams take four words.

macro_rules! record {
    ($(#[$doc:meta])* $module:ident, $words:literal { $($(#[$fdoc:meta])* $name:ident = $index:literal $ty:ident;)* }) => {
        $(#[$doc])*
        pub mod $module {
            use $crate::kernel::{builder::Field, layout::word, program::Ty};
            $(
                $(#[$fdoc])*
                pub const $name: Field = word($index, Ty::$ty);
            )*
            /// Words of the record.
            pub const WORDS: usize = $words;
        }
    };
}

mod flow;
mod items;
mod resources;
mod stations;

use super::builder::Field;
use super::program::Ty;

pub use flow::*;
pub use items::*;
pub use resources::*;
pub use stations::*;

/// Bytes of a word.
pub const WORD: usize = 8;

const fn word(index: i32, ty: Ty) -> Field {
    Field { offset: index * 8, ty }
}

/// Words that begin a line of the cache: what every event needs of a record stands in the line from there on, or of a
/// machine in the one before.
pub mod hot {
    /// Of buffers.
    pub const BUFFER: usize = 6;
    /// Of stations.
    pub const STATION: usize = 4;
    /// Of machines.
    pub const MACHINE: usize = 6;
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
        /// Until when, included, several slots may be due at the same time.
        TIED = 13 Time;
        /// The pool of work that needs nobody: it always has members free, and nobody waits for them.
        NOBODY = 14 Handle;
        /// Rounds at the present instant.
        ROUNDS = 15 Count;
        /// Counters by item type.
        COUNTERS = 16 Handle;
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

/// Byte offset of the winner tree, which lies behind the header.
pub const TREE_AT: i32 = (header::WORDS * WORD) as i32;

record! {
    /// A node of the winner tree.
    tree, 2 {
        /// Earliest time below.
        KEY = 0 Time;
        /// Whose slot it is: the handle of the record, and above [`OWNER_BITS`] bits the number of the event handler.
        OWNER = 1 Count;
    }
}

/// Bits of a handle in [`tree::OWNER`].
pub const OWNER_BITS: u32 = 48;
