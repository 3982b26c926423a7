//! E072: exact answers from the Markov chain of a small line.

use super::codes;

codes! {
    NOT_EXACT = "E0720" Error "outside of what has an exact answer";
    TOO_MANY_STATES = "E0721" Error "too many states for an exact answer";
}
