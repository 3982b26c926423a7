//! The side table of comments and blank lines: what the tree does not hold and the formatter needs.

use crate::base::Span;

/// Comments and blank lines of one file, in the order written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// Every comment.
    pub comments: Vec<Comment>,
    /// Byte offsets of the first byte of each run of blank lines (lines of blanks only), ascending.
    pub blank_lines: Vec<u32>,
}

/// One comment, from `//` to the end of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands, without the line end.
    pub span: Span,
    /// `///`: documentation of the next declaration.
    pub doc: bool,
    /// True when nothing but blanks stands before it on its line.
    pub own_line: bool,
}

impl Comments {
    /// The comments that begin in `start..end`. O(log comments).
    #[must_use]
    pub fn between(&self, start: u32, end: u32) -> &[Comment] {
        let from = self.comments.partition_point(|c| c.span.start < start);
        let to = self.comments.partition_point(|c| c.span.start < end);
        self.comments.get(from..to).unwrap_or(&[])
    }

    /// True when a blank line begins in `start..end`. O(log blank lines).
    #[must_use]
    pub fn blank_between(&self, start: u32, end: u32) -> bool {
        let from = self.blank_lines.partition_point(|b| *b < start);
        self.blank_lines.get(from).is_some_and(|b| *b < end)
    }
}
