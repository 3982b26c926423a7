//! E03: values: units, dimensions, kinds, ranges.

use super::codes;

codes! {
    WRONG_DIMENSION = "E0301" Error "wrong dimension";
    UNKNOWN_UNIT = "E0302" Error "unknown unit";
    MISSING_UNIT = "E0303" Error "number without its unit";
    OUT_OF_RANGE = "E0304" Error "value out of range";
    WRONG_VALUE = "E0305" Error "value of the wrong kind";
    WRONG_ARGUMENTS = "E0306" Error "wrong arguments";
    CIRCULAR_VALUE = "E0307" Error "value defined by itself";
    BAD_DATA_FILE = "E0308" Error "data file cannot be used";
    BAD_SETTING = "E0309" Error "parameter cannot be set so";
    MIXED_CURRENCIES = "E0310" Error "two currencies in one line";
}
