//! Texts with very long lines, as generated ones have, are drawn in part: what lies around the places that are pointed
//! at, and an ellipsis for the rest. Lines keep their numbers.

use std::ops::Range;

/// Bytes of the longest line that is drawn in full.
const LONG: usize = 240;

/// Bytes of a longer one that are drawn before and behind each place pointed at.
const AROUND: usize = 60;

/// What stands for parts that are left out.
const ELLIPSIS: &str = "…";

/// Where a drawn text breaks lines.
const BREAKS: [char; 3] = ['\n', '\u{2028}', '\u{2029}'];

/// A text of which parts are left out.
pub struct Excerpt {
    /// What is left.
    pub text: String,
    /// Parts of the whole text that are left, and where each begins now.
    parts: Vec<(Range<usize>, usize)>,
}

impl Excerpt {
    /// The excerpt of a text with these places; `None` where no line is long. O(length + long lines · places).
    #[must_use]
    pub fn of(text: &str, places: &[usize]) -> Option<Excerpt> {
        let lines = || text.split_inclusive(BREAKS);
        if lines().all(|line| line.len() <= LONG) {
            return None;
        }
        let mut excerpt = Excerpt { text: String::new(), parts: Vec::new() };
        let mut begin = 0;
        for line in lines() {
            let end = begin + line.len();
            if line.len() <= LONG {
                excerpt.keep(text, begin..end);
            } else {
                excerpt.keep_some(text, begin..end, places);
            }
            begin = end;
        }
        Some(excerpt)
    }

    /// Keeps what lies around the places in a long line, or its begin, and its end.
    fn keep_some(&mut self, text: &str, line: Range<usize>, places: &[usize]) {
        // The break behind a line is no part of what is looked at.
        let content = text.get(line.clone()).map_or(0, |l| l.trim_end_matches(BREAKS).len());
        let last = line.start + content;
        let mut windows: Vec<Range<usize>> = (places.iter().filter(|at| (line.start..=last).contains(at)))
            .map(|at| at.saturating_sub(AROUND).max(line.start)..(at + AROUND).min(last))
            .collect();
        if windows.is_empty() {
            windows.push(line.start..line.start + LONG.min(content));
        }
        windows.sort_by_key(|w| w.start);
        let mut at = line.start;
        for window in windows {
            let start = boundary(text, window.start).max(at);
            let end = boundary(text, window.end).max(start);
            // An ellipsis for a few letters would save nothing.
            if start > at + ELLIPSIS.len() {
                self.text.push_str(ELLIPSIS);
                at = start;
            }
            self.keep(text, at..end);
            at = end;
        }
        if last > at {
            self.text.push_str(ELLIPSIS);
        }
        self.keep(text, last..line.end);
    }

    /// Keeps a part.
    fn keep(&mut self, text: &str, part: Range<usize>) {
        let at = self.text.len();
        self.text.push_str(text.get(part.clone()).unwrap_or_default());
        match self.parts.last_mut() {
            Some((before, begin)) if before.end == part.start && *begin + before.len() == at => before.end = part.end,
            _ => self.parts.push((part, at)),
        }
    }

    /// Where a place lies now; of what is left out, where the next part begins.
    #[must_use]
    pub fn place(&self, at: usize) -> usize {
        let next = self.parts.partition_point(|(part, _)| part.end < at);
        self.parts.get(next).map_or(self.text.len(), |(part, begin)| begin + at.saturating_sub(part.start))
    }

    /// The column of a place of the excerpt in its line, from 1.
    #[must_use]
    pub fn column(&self, place: usize) -> usize {
        let before = self.text.get(..place).unwrap_or_default();
        before.chars().rev().take_while(|c| !BREAKS.contains(c)).count() + 1
    }
}

/// The begin of the letter that a byte lies in.
fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
