//! Every word of the language: where it may stand, how it is written, what it means, and where the
//! reference shows it. One table, from which `flowline explain`, the index and editors are served; a
//! test holds it against the words that the checker reads.

mod declarations;
mod fields;
mod flow;
mod values;

use declarations::DECLARATIONS;
use fields::FIELDS;
use flow::FLOW;
use values::VALUES;

/// A word with one meaning; a word with several has several entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// Where it stands: a declaration (`station`), `line`, `arrow`, `branch`, `expression`; several with commas.
    pub of: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// What it means, and what holds without it.
    pub meaning: &'static str,
    /// The page of the reference and the beginning of a heading on it: `work.md#Several recipes`.
    pub place: &'static str,
}

const fn word(
    name: &'static str,
    of: &'static str,
    form: &'static str,
    meaning: &'static str,
    place: &'static str,
) -> Word {
    Word { name, of, form, meaning, place }
}

/// All words, by where they stand.
pub fn all() -> impl Iterator<Item = &'static Word> {
    DECLARATIONS.iter().chain(FIELDS).chain(FLOW).chain(VALUES)
}
