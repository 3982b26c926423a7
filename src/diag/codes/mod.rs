//! The registry of diagnostic codes: one code per cause, never reused. Every row has its page in
//! `docs/errors/`, which `flowline explain CODE` prints.
//!
//! Codes are grouped by stage, a file each: E01 text, E02 names, E03 values, E04 flow,
//! E05 capacity, E06 deadlock, E070 and E071 run, E072 exact answers, E09 internal.

mod capacity;
mod deadlock;
mod exact;
mod flow;
mod names;
mod run;
mod text;
mod values;

pub use capacity::*;
pub use deadlock::*;
pub use exact::*;
pub use flow::*;
pub use names::*;
pub use run::*;
pub use text::*;
pub use values::*;

use super::Severity;

/// One cause of a diagnostic. Compare codes by identity of their number.
#[derive(Clone, Copy)]
pub struct Code(pub(super) &'static Row);

/// A row of the registry.
pub struct Row {
    /// The code as written, `E0501`.
    pub number: &'static str,
    /// Default severity.
    pub severity: Severity,
    /// A title of a few words, lower case.
    pub title: &'static str,
    /// The page behind `flowline explain`, Markdown.
    pub page: &'static str,
}

impl Code {
    /// The code as written, `E0501`.
    #[must_use]
    pub fn number(self) -> &'static str {
        self.0.number
    }

    /// Its default severity.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// A title of a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.0.title
    }

    /// The explanation page in Markdown.
    #[must_use]
    pub fn page(self) -> &'static str {
        self.0.page
    }

    /// The code with this number, if it exists. O(codes).
    #[must_use]
    pub fn find(number: &str) -> Option<Code> {
        all().find(|c| c.number().eq_ignore_ascii_case(number))
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.number == other.0.number
    }
}
impl Eq for Code {}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.number)
    }
}

/// All codes, in order of their numbers.
pub fn all() -> impl Iterator<Item = Code> {
    [text::ALL, names::ALL, values::ALL, flow::ALL, capacity::ALL, deadlock::ALL, run::ALL, exact::ALL]
        .into_iter()
        .flatten()
        .copied()
}

/// Declares the codes of one group: `NAME = "E0101" Error "title";`. The page is `docs/errors/E0101.md`.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal $severity:ident $title:literal;)*) => {
        $(
            #[doc = concat!($number, ": ", $title)]
            pub const $name: $crate::diag::codes::Code = $crate::diag::codes::Code(&$crate::diag::codes::Row {
                number: $number,
                severity: $crate::diag::Severity::$severity,
                title: $title,
                page: include_str!(concat!("../../../docs/errors/", $number, ".md")),
            });
        )*
        pub(super) const ALL: &[$crate::diag::codes::Code] = &[$($name),*];
    };
}
pub(crate) use codes;
