//! E06: deadlock: circular waits.

use super::codes;

codes! {
    BLOCKING_CYCLE = "E0601" Warning "items can block each other in a circle";
}
