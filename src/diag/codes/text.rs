//! E01: the text itself: characters, tokens, brackets, sentences.

use super::codes;

codes! {
    INVALID_CHARACTER = "E0101" Error "character that means nothing here";
    OPEN_STRING = "E0102" Error "string or quoted name without its end";
    NUMBER_FORM = "E0103" Error "number in another country's form";
    NUMBER_TOO_LONG = "E0104" Error "number with too many digits";
    NAME_FORM = "E0105" Error "name that is empty or too long";
    BAD_CLOCK = "E0106" Error "no such time or day";
    FOREIGN_SIGN = "E0107" Error "sign of another language";
    FOREIGN_COMMENT = "E0108" Error "comment of another language";
    UNIT_FORM = "E0109" Error "unit that cannot be read";
    UNEXPECTED = "E0110" Error "unexpected text";
    MISSING_VALUE = "E0111" Error "something is missing";
    MISSING_COLON = "E0112" Error "colon missing behind a field";
    MISSING_NAME = "E0113" Error "name missing in a declaration";
    RESERVED_WORD = "E0114" Error "reserved word used as a name";
    HYPHEN_IN_NAME = "E0115" Error "hyphen in a name";
    MISSING_SEPARATOR = "E0116" Error "comma or new line missing";
    DOUBLE_COMMA = "E0117" Error "comma with nothing before it";
    UNCLOSED_BRACKET = "E0120" Error "bracket that is never closed";
    STRAY_BRACKET = "E0121" Error "closing bracket without its opening one";
    TOO_DEEP = "E0122" Error "nested too deeply";
    TOO_LONG = "E0123" Error "chain or file too long";
    TOO_MANY_ERRORS = "E0124" Error "too many errors to list";
    COMPARISON_CHAIN = "E0130" Error "comparisons in a row";
    EQUALS_FOR_COLON = "E0131" Error "field set with an equals sign";
    MISPLACED_ITEM = "E0132" Error "sentence that cannot stand here";
    LEADING_LINK = "E0133" Error "link without a beginning";
    ELLIPSIS_PLACE = "E0134" Error "dots that repeat nothing";
    ARGUMENT_ORDER = "E0135" Error "argument without a name behind named ones";
    NUMBER_BEFORE_CALL = "E0136" Error "number directly before a call";
    EDITION = "E0137" Error "unknown edition of the language";
    BAD_ESCAPE = "E0138" Error "unknown escape in a string";
    SYMMETRIC_LINK = "E0139" Error "two-way link outside a table";
    LOST_DOC = "E0150" Warning "documentation comment that documents nothing";
}
