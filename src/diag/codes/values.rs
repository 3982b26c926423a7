//! E03: values: units, dimensions, kinds, ranges.

use super::codes;

codes! {
    WRONG_DIMENSION = "E0301" Error "wrong dimension";
    UNKNOWN_UNIT = "E0302" Error "unknown unit";
}
