//! Words of memory that begin with a line of the cache, wherever they are moved to: records that are laid out by lines
//! lie in lines.

use std::ops::{Deref, DerefMut};

/// Words of a line of the cache.
pub const LINE_WORDS: usize = 8;

/// Words, the first of which begins a line.
#[derive(Debug, Default)]
pub struct Lines {
    /// The words, with room before and behind them.
    all: Vec<u64>,
    /// Where the first is.
    start: usize,
    /// How many there are.
    count: usize,
}

impl Lines {
    /// These words.
    #[must_use]
    pub fn new(words: &[u64]) -> Lines {
        let mut lines = Lines::default();
        lines.grow(words.len());
        lines.copy_from_slice(words);
        lines
    }

    /// Makes room for so many words; new ones are 0.
    pub fn grow(&mut self, count: usize) {
        if count <= self.count {
            return;
        }
        self.all.resize(count + LINE_WORDS, 0);
        // Wherever that has moved them to; a system that cannot tell leaves them where they are.
        let start = self.all.as_ptr().align_offset(LINE_WORDS * size_of::<u64>());
        let start = if start < LINE_WORDS { start } else { self.start };
        if start != self.start {
            let end = start + self.count;
            self.all.copy_within(self.start..self.start + self.count, start);
            // What a word has left is 0 again.
            self.all.get_mut(..start).unwrap_or_default().fill(0);
            self.all.get_mut(end..).unwrap_or_default().fill(0);
        }
        (self.start, self.count) = (start, count);
    }
}

impl Deref for Lines {
    type Target = [u64];

    #[inline]
    fn deref(&self) -> &[u64] {
        self.all.get(self.start..self.start + self.count).unwrap_or_default()
    }
}

impl DerefMut for Lines {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u64] {
        self.all.get_mut(self.start..self.start + self.count).unwrap_or_default()
    }
}

impl Clone for Lines {
    fn clone(&self) -> Lines {
        Lines::new(self)
    }
}

impl PartialEq for Lines {
    fn eq(&self, other: &Lines) -> bool {
        **self == **other
    }
}

impl Eq for Lines {}
