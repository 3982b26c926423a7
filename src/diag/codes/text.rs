//! E01: the text itself: characters, tokens, brackets, sentences.

use super::codes;

codes! {
    INVALID_CHARACTER = "E0101" Error "character that means nothing here";
    UNEXPECTED = "E0110" Error "unexpected text";
}
