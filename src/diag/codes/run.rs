//! E07: runs: settings, what stops a simulation; E09: internal errors.

use super::codes;

codes! {
    NO_END = "E0701" Error "the run has no end";
    BAD_RUN = "E0702" Error "run settings contradict each other";
    RAGGED_WINDOW = "E0703" Warning "measured time that is no whole number of weeks";
    SHIFT_CLOCK = "E0704" Warning "times of a source that its shift changes";
    TWO_CLOCKS = "E0705" Warning "expectation and demand by different clocks";
    IDLE_BREAK = "E0706" Warning "a break outside of its shift";
    OUT_OF_MEMORY = "E0710" Error "too many items for the memory of a run";
    BAD_DURATION = "E0711" Error "a drawn value is no duration";
    TIME_STANDS_STILL = "E0712" Error "time stands still";
    LOCKED_UP = "E0713" Error "the line locked up";
    NOT_REACHED = "E0714" Error "`until` was not reached";
    NOT_SIMULATED = "E0715" Error "the line uses what cannot be simulated yet";
    PRECISION_MISSED = "E0716" Warning "precision not reached";
    NEEDS_EVENTS = "E0717" Error "the line cannot be run by recursion";
    NO_STEADY_STATE = "E0718" Error "no steady state";
    TOO_SHORT_TO_FIND = "E0719" Error "the run is too short to find its warm-up";
    INTERNAL = "E0999" Error "internal error";
}
