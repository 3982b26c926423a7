//! E05: capacity: loads against availability and demand.

use super::codes;

codes! {
    DEMAND_EXCEEDS_CAPACITY = "E0501" Error "demand exceeds capacity";
    SOURCE_TOO_FAST = "E0502" Warning "source faster than the line";
}
