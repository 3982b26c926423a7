//! What the host does when an item enters a node at which expectations measure, and how what was
//! measured is read again. Both engines call it; nothing of it is in a line without such expectations.

use crate::base::Ticks;
use crate::runtime::histogram;

use super::builder::Field;
use super::host::{Arena, Schedule};
use super::layout::{header, item, probe};
use super::program::Ty;
use super::status::NEVER;

const WORD: Field = Field { offset: 0, ty: Ty::Count };

/// What a probe has measured since the last [`restart`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeTotals {
    /// How many items.
    pub count: u64,
    /// Sum of their times, ticks.
    pub sum: i128,
    /// How many of them were at most the limit.
    pub within: u64,
    /// Shortest.
    pub minimum: i64,
    /// Longest.
    pub maximum: i64,
    /// Histogram of the times below 0, without their sign.
    pub early: Vec<u64>,
    /// Histogram of all others.
    pub late: Vec<u64>,
}

/// An item enters a node with observers.
pub fn observe(arena: &mut Arena, schedules: &[Schedule], list: i64, entered: i64) {
    let now = arena.get(0, header::NOW);
    let pairs = arena.get(list, WORD).clamp(0, 1 << 20);
    for pair in 0..pairs {
        let at = list.saturating_add(8).saturating_add(16 * pair);
        let (record, begins) = (arena.get(at, WORD), arena.get(at.saturating_add(8), WORD) != 0);
        let kind = arena.get(entered, item::TYPE);
        let types = arena.get(record, probe::TYPES);
        if arena.get(types.saturating_add(kind.saturating_mul(8)), WORD) == 0 {
            continue;
        }
        let word = entered.saturating_add(arena.get(record, probe::OFFSET));
        let time = match arena.get(record, probe::WHAT) {
            0 => now.saturating_sub(arena.get(entered, item::BIRTH)),
            1 => now.saturating_sub(ticks_of(f64::from_bits(arena.get(word, WORD).cast_unsigned()))),
            _ if begins => {
                // The first time counts, also when the item comes back.
                if arena.get(word, WORD) == 0 {
                    arena.set(word, WORD, now.saturating_add(1));
                }
                continue;
            }
            _ => {
                let began = arena.get(word, WORD);
                if began == 0 {
                    continue;
                }
                arena.set(word, WORD, 0);
                now.saturating_sub(began.saturating_sub(1))
            }
        };
        let shift = usize::try_from(arena.get(record, probe::SHIFT)).unwrap_or(0);
        // What happens at the end of a shift belongs to it, as what is due at the end of the run does.
        let before = Ticks(now.saturating_sub(1).max(0));
        let on = shift.checked_sub(1).and_then(|i| schedules.get(i)).is_none_or(|s| s.value(before) != 0);
        if on {
            record_time(arena, record, time);
        }
    }
}

/// Seconds of an attribute in ticks, nearest.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // saturates
fn ticks_of(seconds: f64) -> i64 {
    (seconds * crate::base::ticks::TICKS_PER_SECOND as f64).round_ties_even() as i64
}

fn add(arena: &mut Arena, record: i64, field: Field, by: i64) {
    let old = arena.get(record, field);
    arena.set(record, field, old.wrapping_add(by));
}

fn record_time(arena: &mut Arena, record: i64, time: i64) {
    add(arena, record, probe::COUNT, 1);
    let sum = wide(arena, record).wrapping_add(i128::from(time));
    #[allow(clippy::cast_possible_truncation)] // takes a number apart into words
    let (low, high) = (sum as i64, (sum >> 64) as i64);
    arena.set(record, probe::SUM, low);
    arena.set(record, probe::SUM_HIGH, high);
    if time <= arena.get(record, probe::LIMIT) {
        add(arena, record, probe::WITHIN, 1);
    }
    let (least, most) = (arena.get(record, probe::MINIMUM), arena.get(record, probe::MAXIMUM));
    arena.set(record, probe::MINIMUM, least.min(time));
    arena.set(record, probe::MAXIMUM, most.max(time));
    let bucket = histogram::bucket(time.saturating_abs());
    let first = histogram_at(record, time >= 0);
    let at = first.saturating_add(i64::try_from(bucket / 2).unwrap_or(0).saturating_mul(8));
    let half = 32 * (bucket % 2);
    let word = arena.get(at, WORD).cast_unsigned();
    if (word >> half) & u64::from(u32::MAX) != u64::from(u32::MAX) {
        arena.set(at, WORD, word.wrapping_add(1 << half).cast_signed());
    }
}

fn wide(arena: &Arena, record: i64) -> i128 {
    (i128::from(arena.get(record, probe::SUM_HIGH)) << 64) | i128::from(arena.get(record, probe::SUM).cast_unsigned())
}

/// Where the histogram of times below 0, or of all others, begins.
fn histogram_at(record: i64, late: bool) -> i64 {
    let words = probe::WORDS + if late { histogram::WORDS } else { 0 };
    record.saturating_add(i64::try_from(words * 8).unwrap_or(0))
}

/// Begins to measure at the present instant.
pub fn restart(arena: &mut Arena, record: i64) {
    for field in [probe::COUNT, probe::SUM, probe::SUM_HIGH, probe::WITHIN] {
        arena.set(record, field, 0);
    }
    arena.set(record, probe::MINIMUM, NEVER);
    arena.set(record, probe::MAXIMUM, -NEVER);
    let mut at = histogram_at(record, false);
    for _ in 0..2 * histogram::WORDS {
        arena.set(at, WORD, 0);
        at = at.saturating_add(8);
    }
}

/// What a probe has measured.
#[must_use]
pub fn totals(arena: &Arena, record: i64) -> ProbeTotals {
    let words = |late: bool| {
        let first = histogram_at(record, late);
        let all = (0i64..).take(histogram::WORDS);
        all.map(|i| arena.get(first.saturating_add(8 * i), WORD).cast_unsigned()).collect()
    };
    let unsigned = |field| u64::try_from(arena.get(record, field)).unwrap_or(0);
    ProbeTotals {
        count: unsigned(probe::COUNT),
        sum: wide(arena, record),
        within: unsigned(probe::WITHIN),
        minimum: arena.get(record, probe::MINIMUM),
        maximum: arena.get(record, probe::MAXIMUM),
        early: words(false),
        late: words(true),
    }
}
