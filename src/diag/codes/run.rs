//! E07: runs: settings, what stops a simulation; E09: internal errors.

use super::codes;

codes! {
    NO_END = "E0701" Error "the run has no end";
    INTERNAL = "E0999" Error "internal error";
}
