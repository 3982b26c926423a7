//! The part of a layout that touches a range of a text, as edits for an editor.

use std::ops::Range;

use similar::{DiffOp, TextDiff};

use crate::base::{FileId, Span};
use crate::diag::{Diagnostic, Edit};

use super::{format, letters, same};

/// What has to change so that the lines of a range are laid out: edits of whole lines, in order, none of them
/// overlapping. None where all is laid out, or where an error stands. Lines outside change only where the
/// layout of the range cannot be had without them. O(length · changed lines).
///
/// # Errors
/// As [`format`].
pub fn format_range(file: FileId, text: &str, range: Range<usize>) -> Result<Vec<Edit>, Box<Diagnostic>> {
    let laid_out = format(file, text)?.text;
    let all = edits(file, text, &laid_out);
    let touches = |e: &&Edit| {
        let (from, to) = (e.span.start as usize, e.span.end as usize);
        from < range.end.max(range.start + 1) && range.start < to.max(from + 1)
    };
    let some: Vec<Edit> = all.iter().filter(touches).cloned().collect();
    if some.is_empty() || some.len() == all.len() {
        return Ok(some);
    }
    // Equal lines may have been matched across an entry: then half of the edits says something else.
    let partly = apply(text, &some);
    let sound = letters(text) == letters(&partly) && same(file, text, &partly);
    Ok(if sound { some } else { all })
}

/// The edits of whole lines that make `after` of `before`.
fn edits(file: FileId, before: &str, after: &str) -> Vec<Edit> {
    let starts = |text: &str| {
        let ends = text.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        });
        std::iter::once(0).chain(ends).collect::<Vec<usize>>()
    };
    let (old, new) = (starts(before), starts(after));
    let bytes = |list: &[usize], from: usize, count: usize| {
        let end = list.last().copied().unwrap_or(0);
        let at = |i: usize| list.get(i).copied().unwrap_or(end);
        at(from)..at(from + count)
    };
    let diff = TextDiff::from_lines(before, after);
    let changed = diff.ops().iter().filter_map(|op| {
        let (from, count, new_from, new_count) = match *op {
            DiffOp::Equal { .. } => return None,
            DiffOp::Delete { old_index, old_len, new_index } => (old_index, old_len, new_index, 0),
            DiffOp::Insert { old_index, new_index, new_len } => (old_index, 0, new_index, new_len),
            DiffOp::Replace { old_index, old_len, new_index, new_len } => (old_index, old_len, new_index, new_len),
        };
        let was = bytes(&old, from, count);
        let becomes = bytes(&new, new_from, new_count);
        let span = Span::new(file, was.start, was.end);
        Some(Edit { span, text: after.get(becomes).unwrap_or_default().to_string() })
    });
    changed.collect()
}

/// The text with edits applied that are in order and do not overlap.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        result.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
        result.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    result.push_str(text.get(at..).unwrap_or_default());
    result
}
