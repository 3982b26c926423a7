//! E04: the flow of items: shares, branches, dead ends.

use super::codes;

codes! {
    SHARES_NOT_ONE = "E0401" Error "shares do not add up to 100 %";
    TWO_WAYS = "E0402" Error "two ways out without a branch";
    BRANCH_NOT_TOTAL = "E0403" Error "branch has no way for an item";
    WRONG_ITEM = "E0404" Error "item that the station does not take";
    PART_NEVER_ARRIVES = "E0405" Error "part that never arrives";
    DEAD_END = "E0406" Error "item has no way to a sink";
    BAD_CHAIN = "E0407" Error "chain that leads nowhere";
    BAD_START = "E0408" Error "flow that cannot begin or end here";
    CIRCLE_WITHOUT_WORK = "E0409" Error "items could circulate without taking time";
    OPEN_PORT = "E0410" Error "port with nothing on one side";
    MIXED_LANE = "E0411" Warning "rests of one kind can block another";
}
