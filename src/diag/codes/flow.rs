//! E04: the flow of items: shares, branches, dead ends.

use super::codes;

codes! {
    SHARES_NOT_ONE = "E0401" Error "shares do not add up to 100 %";
}
