//! E02: names and topology: unknown, double, unreachable.

use super::codes;

codes! {
    UNKNOWN_NAME = "E0201" Error "unknown name";
    DUPLICATE_NAME = "E0202" Error "name declared twice";
    UNKNOWN_FIELD = "E0210" Error "unknown field";
    NOT_SUPPORTED_YET = "E0290" Error "not supported yet";
}
