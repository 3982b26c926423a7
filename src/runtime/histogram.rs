//! Quantiles of durations from a histogram of counts: which values went in decides the result, never
//! their order, so every engine and every number of threads gives the same bits (semantics Z4).
//!
//! The layout is fixed, so that a histogram can live in the state arena and native code can count with a
//! few integer instructions: [`COUNTERS`] unsigned 32-bit counters, two to a 64-bit word, the even one in
//! the low half ([`WORDS`] words, 56 KiB, all zero at the start and after a reset).
//!
//! # Counting a duration of `t` ticks, to be emitted inline
//!
//! ```text
//! t = max(t, 0)
//! shift   = 55 - leading_zeros(t | 511)
//! index   = (shift << 8) + (t >> shift)
//! counter = u32 at byte offset 4 * index       (little-endian)
//! if counter != 0xffff_ffff: counter += 1
//! ```
//!
//! Durations below 512 ticks have a bucket each; from there on every doubling is divided into 256 buckets
//! of equal width, so that a bucket is at most 1/256 (0.39 %) as wide as the durations in it. All of 0 to
//! 2^63 - 1 ticks is covered. A counter stops at its maximum of 4,294,967,295 rather than wrap round: 136
//! equal durations a second for a year.
//!
//! Smallest and largest duration are kept exactly beside it, by the owner.

/// log2 of the number of buckets to a doubling.
const DIVISION_BITS: u32 = 8;
/// Buckets below which every duration has its own.
const EXACT: u64 = 2 << DIVISION_BITS;
/// Counters of a histogram.
pub const COUNTERS: usize = 14_336;
/// 64-bit words of a histogram.
pub const WORDS: usize = COUNTERS / 2;

/// A histogram: see the module's page for the layout.
pub type Histogram = [u64; WORDS];

/// The bucket of a duration, below [`COUNTERS`]; negative durations go with 0.
#[inline]
#[must_use]
#[allow(clippy::cast_possible_truncation)] // at most 14,335
pub fn bucket(ticks: i64) -> usize {
    let ticks = ticks.max(0).cast_unsigned();
    let shift = 63 - DIVISION_BITS - (ticks | (EXACT - 1)).leading_zeros();
    ((u64::from(shift) << DIVISION_BITS) + (ticks >> shift)) as usize
}

/// Smallest duration of a bucket in ticks, and how many there are from it on.
#[must_use]
pub fn bucket_bounds(bucket: usize) -> (i64, i64) {
    let bucket = (bucket.min(COUNTERS - 1) as u64).cast_signed();
    let shift = ((bucket >> DIVISION_BITS) - 1).max(0);
    ((bucket - (shift << DIVISION_BITS)) << shift, 1 << shift)
}

/// Counts one duration.
#[inline]
pub fn record(histogram: &mut Histogram, ticks: i64) {
    let bucket = bucket(ticks);
    let half = 32 * (bucket % 2);
    let word = &mut histogram[bucket / 2];
    if (*word >> half) & u64::from(u32::MAX) != u64::from(u32::MAX) {
        *word += 1 << half;
    }
}

/// Number of durations counted. Cost: one pass over the counters.
#[must_use]
pub fn count(histogram: &Histogram) -> u64 {
    histogram.iter().map(|word| (word & u64::from(u32::MAX)) + (word >> 32)).sum()
}

/// The `q`-quantile in ticks of the durations counted, `q` within 0..=1; `None` when there are none.
///
/// With the n durations in ascending order x\[0\] … x\[n-1\] it is the linear interpolation at place
/// h = q·(n-1), that is x\[⌊h⌋\] + (h - ⌊h⌋)·(x\[⌊h⌋+1\] - x\[⌊h⌋\]) (Hyndman and Fan 1996, type 7). x\[0\] and
/// x\[n-1\] are `minimum` and `maximum`, known exactly. Any other is known by its bucket: the j-th of the c
/// durations of a bucket is taken to lie at `low + (width - 1)·(j + 1/2)/c`, that is exactly below 512
/// ticks and within 0.4 % always, and is kept between `minimum` and `maximum`. Cost: one pass over the
/// counters.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // places in 0..n
pub fn quantile(histogram: &Histogram, q: f64, minimum: i64, maximum: i64) -> Option<f64> {
    let last = count(histogram).checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let lower = (place.floor() as u64).min(last);
    let upper = (lower + 1).min(last);
    let below = ordered(histogram, lower, last, minimum, maximum);
    let above = ordered(histogram, upper, last, minimum, maximum);
    Some(below + (place - lower as f64) * (above - below))
}

/// The `q`-quantile in ticks of values of both signs: a histogram of those below 0 without their sign, and
/// one of all others. As [`quantile`]; `None` when there are none or a histogram has another length.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // places in 0..n
pub fn signed_quantile(negative: &[u64], others: &[u64], q: f64, minimum: i64, maximum: i64) -> Option<f64> {
    let negative: &Histogram = negative.try_into().ok()?;
    let others: &Histogram = others.try_into().ok()?;
    let below = count(negative);
    let last = below.checked_add(count(others))?.checked_sub(1)?;
    let at = |rank: u64| -> f64 {
        if rank == 0 {
            return minimum as f64;
        }
        if rank >= last {
            return maximum as f64;
        }
        let value = if rank < below {
            -in_bucket(negative, below - 1 - rank).unwrap_or(0.0)
        } else {
            in_bucket(others, rank - below).unwrap_or(0.0)
        };
        value.max(minimum as f64).min(maximum as f64)
    };
    let place = q.clamp(0.0, 1.0) * last as f64;
    let lower = (place.floor() as u64).min(last);
    let (first, second) = (at(lower), at((lower + 1).min(last)));
    Some(first + (place - lower as f64) * (second - first))
}

/// The duration at place `rank` of the ascending order, of which `last` is the last place.
#[allow(clippy::cast_precision_loss)] // the bucket's width limits the precision anyway
fn ordered(histogram: &Histogram, rank: u64, last: u64, minimum: i64, maximum: i64) -> f64 {
    if rank == 0 {
        return minimum as f64;
    }
    if rank >= last {
        return maximum as f64;
    }
    in_bucket(histogram, rank).map_or(maximum as f64, |value| value.max(minimum as f64).min(maximum as f64))
}

/// The value at a place of the ascending order, as its bucket tells; `None` behind the last place.
#[allow(clippy::cast_precision_loss)] // the bucket's width limits the precision anyway
fn in_bucket(histogram: &Histogram, rank: u64) -> Option<f64> {
    let mut before = 0;
    for (word_number, word) in histogram.iter().enumerate() {
        for (half, counted) in [word & u64::from(u32::MAX), word >> 32].into_iter().enumerate() {
            if rank < before + counted {
                let (low, width) = bucket_bounds(2 * word_number + half);
                let share = ((rank - before) as f64 + 0.5) / counted as f64;
                return Some(low as f64 + (width - 1) as f64 * share);
            }
            before += counted;
        }
    }
    None
}
