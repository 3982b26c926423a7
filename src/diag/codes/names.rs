//! E02: names and topology: unknown, double, missing, unreachable.

use super::codes;

codes! {
    UNKNOWN_NAME = "E0201" Error "unknown name";
    DUPLICATE_NAME = "E0202" Error "name declared twice";
    WRONG_KIND_OF_NAME = "E0203" Error "name of the wrong kind";
    UNKNOWN_FIELD = "E0210" Error "unknown field";
    DUPLICATE_FIELD = "E0211" Error "field given twice";
    MISSING_FIELD = "E0212" Error "field missing";
    UNKNOWN_DECLARATION = "E0213" Error "unknown declaration";
    UNUSED = "E0220" Warning "declared but not used";
    UNREACHED = "E0221" Warning "no item ever comes here";
    NO_MACHINE = "E0222" Warning "station without machines";
    NO_LINE = "E0230" Error "nothing to simulate outside a line";
    FILE_NOT_USABLE = "E0240" Error "file that cannot be used";
    CIRCULAR_USE = "E0241" Error "files that use each other";
    CELL_IN_ITSELF = "E0242" Error "cell within itself";
    NOT_SUPPORTED_YET = "E0290" Error "not supported yet";
}
