//! Layer 2. From text to tokens to the typed syntax tree, with the comments in a side table.
//! It knows the shape of the language and nothing of its meaning.
//!
//! Start reading at [`tree`]; [`parse`] never fails: broken text gives a tree with holes and
//! diagnostics. The way of a text: `token` (characters) → `brackets` (which belongs to which) →
//! `layout` (units, separators) → `parser` (the grammar) → `explain` (messages) → `shape` (checks that
//! need the finished tree).

mod brackets;
mod comments;
mod dump;
mod explain;
mod hyphens;
mod layout;
mod literal;
mod parser;
mod problem;
mod shape;
pub mod token;
pub mod tree;
mod units;
pub mod walk;
pub mod words;

pub use comments::{Comment, Comments};
pub use dump::{dump_tokens, dump_tree};
pub use literal::date;
pub use token::{Kind, Scanned, Token};

use crate::base::{FileId, Span, limits};
use crate::diag::{Diagnostic, Severity, codes};

/// What parsing gives: always a tree, perhaps with holes.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree.
    pub tree: tree::File,
    /// Comments and blank lines.
    pub comments: Comments,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// The tokens of a text as the parser reads them: brackets balanced, units joined, only those line
/// ends that separate. Never fails. O(length).
#[must_use]
pub fn tokens(file: FileId, text: &str) -> Scanned {
    layout::arrange(file, text)
}

/// Parses a text. Never fails and never panics; what cannot be read leaves `Item::Error` or
/// `ExprKind::Error` in the tree and a diagnostic. O(length).
#[must_use]
pub fn parse(file: FileId, text: &str) -> Parsed {
    let whole = Span::new(file, 0, text.len());
    let mut tree = tree::File { file, edition: None, items: Vec::new(), span: whole, broken: false };
    if text.len() > limits::FILE_BYTES {
        let message =
            format!("the file has {} bytes, more than {} MiB", text.len(), limits::FILE_BYTES / (1024 * 1024));
        let diagnostic = Diagnostic::new(codes::TOO_LONG, Span::new(file, 0, 0), message)
            .help("split the line into several files, or declare arrays");
        tree.broken = true;
        return Parsed { tree, comments: Comments::default(), diagnostics: vec![diagnostic] };
    }
    let scanned = tokens(file, text);
    let (tops, problems) = parser::parse(text, &scanned.tokens, whole.after());
    let mut diagnostics = scanned.diagnostics;
    diagnostics.extend(problems.into_iter().filter_map(|p| explain::explain(text, &scanned.tokens, p)));
    for top in tops {
        match top {
            parser::Top::Item(item) => tree.items.push(*item),
            parser::Top::Edition(edition) if tree.edition.is_none() => tree.edition = Some(edition),
            parser::Top::Edition(edition) => diagnostics.push(
                Diagnostic::new(codes::MISPLACED_ITEM, edition.span, "the edition is already given")
                    .help("remove this line"),
            ),
        }
    }
    diagnostics.extend(shape::check(&mut tree, text, &scanned.tokens, &scanned.comments));
    tree.broken = diagnostics.iter().any(|d| d.severity == Severity::Error);
    Parsed { tree, comments: scanned.comments, diagnostics: in_order(diagnostics) }
}

/// Sorts by place, drops what is told twice, and counts what is too much to list.
fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(|d| (d.primary.span.start, d.primary.span.end, d.code.number()));
    diagnostics.dedup_by(|b, a| a.code == b.code && a.primary.span == b.primary.span);
    let more = diagnostics.len().saturating_sub(limits::DIAGNOSTICS);
    if more > 0 {
        diagnostics.truncate(limits::DIAGNOSTICS);
        if let Some(last) = diagnostics.last() {
            let span = last.primary.span;
            diagnostics.push(
                Diagnostic::new(
                    codes::TOO_MANY_ERRORS,
                    span,
                    format!("{more} more errors behind this one are not listed"),
                )
                .note("a text with so many errors may be no `.line` file at all"),
            );
        }
    }
    diagnostics
}
