//! The ends of the warm-up and of the run, up to which everything is counted, and how a sum is taken there: the first date
//! beyond an open bound is noticed by one comparison with the nearest of them.

/// No time at all: earlier than everything.
pub const NO_TIME: i64 = -(1 << 62);
/// Later than every date of a run.
pub const NEVER: i64 = 1 << 62;

/// Ends of the warm-up and of the run, of every replication.
pub type Bounds<const L: usize> = [[i64; L]; 2];

/// What has been done up to a bound.
pub trait AtBound {
    /// Whether all before the bound has been counted.
    fn is_closed(&self) -> bool;
}

/// Counts at the bounds of a replication that lie before a date and are open: `count` is told which bound, and says whether
/// all before it has been counted now. Returns the nearest bound that is still open.
pub fn cross<M: AtBound, const L: usize>(
    marks: &mut [M; 2],
    bounds: &Bounds<L>,
    lane: usize,
    date: i64,
    mut count: impl FnMut(&mut M, usize, i64) -> bool,
) -> i64 {
    let mut limit = NEVER + 1;
    for (which, mark) in marks.iter_mut().enumerate() {
        let bound = bounds[which][lane];
        if !mark.is_closed() && (date <= bound || !count(mark, which, bound)) {
            limit = limit.min(bound);
        }
    }
    limit
}

/// How much of the time between two dates lies before a bound.
#[must_use]
pub fn before(bound: i64, from: i64, to: i64) -> i128 {
    i128::from((to.min(bound) - from.min(bound)).max(0))
}
