//! E05: capacity: loads against availability and demand.

use super::codes;

codes! {
    DEMAND_EXCEEDS_CAPACITY = "E0501" Error "demand exceeds capacity";
    SOURCE_TOO_FAST = "E0502" Warning "source faster than the line";
    DEMAND_EXCEEDS_SUPPLY = "E0503" Error "demand exceeds what the sources give";
    REQUEST_EXCEEDS_POOL = "E0504" Error "request larger than its crew or tool set";
    TAKES_EXCEEDS_BUFFER = "E0505" Error "takes more than the place before it can hold";
    NORMAL_BELOW_ZERO = "E0506" Warning "normal distribution often below 0";
    CREW_OFF = "E0507" Warning "crew is off while its station runs";
}
