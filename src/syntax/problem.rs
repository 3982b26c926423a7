//! What the parser combinators report: where, what was found, and what would have been possible.
//! A few words of memory and no allocation, because alternatives fail all the time in good text.

use chumsky::DefaultExpected;
use chumsky::error::{Error, LabelError};
use chumsky::input::MappedInput;
use chumsky::util::MaybeRef;

use crate::base::{FileId, Span};
use crate::diag::Diagnostic;

use super::token::Kind;

/// The parser's input: kinds with their spans.
pub type Tokens<'src> = MappedInput<'src, Kind, Span, &'src [(Kind, Span)]>;

impl chumsky::span::Span for Span {
    type Context = FileId;
    type Offset = u32;

    fn new(file: FileId, range: std::ops::Range<u32>) -> Self {
        Self { file, start: range.start, end: range.end.max(range.start) }
    }

    fn context(&self) -> FileId {
        self.file
    }

    fn start(&self) -> u32 {
        self.start
    }

    fn end(&self) -> u32 {
        self.end
    }
}

/// A group of tokens as a person names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Anything that may begin a value.
    Value,
    /// A name.
    Name,
    /// The end of an entry.
    End,
}

impl Label {
    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

// The sets below have a bit for each kind.
const _: () = assert!((Kind::Bad as u8) < 128);

/// A failure at one place.
#[derive(Debug)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// The token found; `None` at the end of the file.
    pub found: Option<Kind>,
    /// A finished diagnostic, when the rule that failed knows better.
    pub diagnostic: Option<Box<Diagnostic>>,
    kinds: u128,
    labels: u8,
}

impl Problem {
    /// A failure without any expectation.
    #[must_use]
    pub fn unexpected(found: Option<Kind>, span: Span) -> Self {
        Self { span, found, diagnostic: None, kinds: 0, labels: 0 }
    }

    /// A failure whose diagnostic is known.
    #[must_use]
    pub fn known(diagnostic: Diagnostic) -> Self {
        let span = diagnostic.primary.span;
        Self { span, found: None, diagnostic: Some(Box::new(diagnostic)), kinds: 0, labels: 0 }
    }

    /// True when this token would have been possible.
    #[must_use]
    pub fn expects(&self, kind: Kind) -> bool {
        self.kinds & (1u128 << (kind as u8)) != 0
    }

    /// True when something of this group would have been possible.
    #[must_use]
    pub fn expects_label(&self, label: Label) -> bool {
        self.labels & label.bit() != 0
    }
}

impl<'src> Error<'src, Tokens<'src>> for Problem {
    fn merge(mut self, other: Self) -> Self {
        self.kinds |= other.kinds;
        self.labels |= other.labels;
        self.diagnostic = self.diagnostic.or(other.diagnostic);
        self
    }
}

impl<'src> LabelError<'src, Tokens<'src>, DefaultExpected<'src, Kind>> for Problem {
    fn expected_found<E: IntoIterator<Item = DefaultExpected<'src, Kind>>>(
        expected: E,
        found: Option<MaybeRef<'src, Kind>>,
        span: Span,
    ) -> Self {
        let mut kinds = 0;
        for one in expected {
            if let DefaultExpected::Token(kind) = one {
                kinds |= 1u128 << (*kind as u8);
            }
        }
        Self { span, found: found.map(|k| *k), diagnostic: None, kinds, labels: 0 }
    }
}

impl<'src> LabelError<'src, Tokens<'src>, Label> for Problem {
    fn expected_found<E: IntoIterator<Item = Label>>(
        expected: E,
        found: Option<MaybeRef<'src, Kind>>,
        span: Span,
    ) -> Self {
        let labels = expected.into_iter().fold(0, |bits, label| bits | label.bit());
        Self { span, found: found.map(|k| *k), diagnostic: None, kinds: 0, labels }
    }

    fn label_with(&mut self, label: Label) {
        self.kinds = 0;
        self.labels = label.bit();
    }
}
