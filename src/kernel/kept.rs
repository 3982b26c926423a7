//! Places of a buffer that are kept for some of its items: the last that are free.

use super::builder::Field;
use super::host::Arena;
use super::layout::{buffer, item, kept};
use super::program::Ty;

const WORD: Field = Field { offset: 0, ty: Ty::Count };

/// Places of a buffer that are kept from an item: for those that are named before it. O(what places are kept for).
#[must_use]
pub fn kept_from(arena: &Arena, of: i64, entering: i64) -> i64 {
    let list = arena.get(of, buffer::KEPT);
    let bytes = i64::try_from(8 * kept::WORDS).unwrap_or(0);
    let mut places = 0;
    for i in 0..arena.get(list, WORD) {
        let entry = list + 8 + i * bytes;
        if is_for(arena, entry, entering) {
            break;
        }
        places += arena.get(entry, kept::PLACES);
    }
    places
}

/// Whether the places of an entry are kept for an item.
fn is_for(arena: &Arena, entry: i64, entering: i64) -> bool {
    let types = arena.get(entry, kept::TYPES);
    if types != 0 {
        return arena.get(types + 8 * arena.get(entering, item::TYPE), WORD) != 0;
    }
    let holders = arena.get(entry, kept::HOLDERS);
    let own = arena.get(entering, item::HOLDER);
    (1..=arena.get(holders, WORD)).any(|i| arena.get(holders + 8 * i, WORD) == own)
}
