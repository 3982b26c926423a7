//! E07: runs: settings, what stops a simulation; E09: internal errors.

use super::codes;

codes! {
    NO_END = "E0701" Error "the run has no end";
    BAD_RUN = "E0702" Error "run settings contradict each other";
    INTERNAL = "E0999" Error "internal error";
}
