//! Layer 2. From text to tokens to the typed syntax tree, with the comments in a side table.
//! It knows the shape of the language and nothing of its meaning.
//!
//! Start reading at [`tree`]; [`parse`] never fails: broken text gives a tree with holes and
//! diagnostics.

mod comments;
pub mod tree;

pub use comments::{Comment, Comments};

use crate::base::FileId;
use crate::diag::Diagnostic;

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
