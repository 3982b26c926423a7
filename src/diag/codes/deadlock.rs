//! E06: deadlock: circular waits.

use super::codes;

codes! {
    BLOCKING_CYCLE = "E0601" Warning "items can block each other in a circle";
    FULL_LOOP = "E0602" Error "closed loop with no place to move";
    CAN_LOCK_UP = "E0603" Warning "items can wait for each other for ever";
}
