//! What the words of the language mean, for people and editors: one table of words, and the pages of the
//! reference, which are the tests of the language too. It knows nothing of the stages.
//!
//! Start reading at [`find`].

pub mod pages;
pub mod words;

pub use pages::section;
pub use words::{Word, all};

/// All meanings of a word, in the order of the table. O(words).
#[must_use]
pub fn find(name: &str) -> Vec<&'static Word> {
    all().filter(|w| w.name == name).collect()
}
