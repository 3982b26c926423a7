//! E05: capacity: loads against availability and demand.

use super::codes;

codes! {
    DEMAND_EXCEEDS_CAPACITY = "E0501" Error "demand exceeds capacity";
    SOURCE_TOO_FAST = "E0502" Warning "source faster than the line";
    DEMAND_EXCEEDS_SUPPLY = "E0503" Error "demand exceeds what the sources give";
    REQUEST_EXCEEDS_POOL = "E0504" Error "request larger than its crew or tool set";
    TAKES_EXCEEDS_BUFFER = "E0505" Error "takes more than the place before it can hold";
    NORMAL_BELOW_ZERO = "E0506" Warning "normal distribution often below 0";
    CLOSE_TO_CAPACITY = "E0511" Warning "demand leaves nothing for chance";
    IDLE_MACHINES = "E0512" Note "machines that buy no throughput";
    PLACES_NEVER_USED = "E0513" Note "places that are never used";
    SHIFTS_STARVE = "E0514" Warning "neighbours are on at different times";
    GATHERS_TOO_SLOWLY = "E0515" Warning "a load takes longer to gather than its items may wait";
    PEOPLE_LIMIT = "E0516" Note "people limit before any machine";
    CREW_OFF = "E0507" Warning "crew is off while its station runs";
}
