//! Words of memory that begin with a line of the cache, wherever they are moved to: records that are laid out by lines
//! lie in lines. Where there are many, the system is asked for large pages: with small ones, a processor that goes from
//! station to station of a long line spends its time on finding where pages lie.

use std::ops::{Deref, DerefMut};

/// Words of a line of the cache.
pub const LINE_WORDS: usize = 8;

/// Words from which on large pages are asked for: two of the usual large pages of two mebibytes.
const LARGE_WORDS: usize = 2 * LARGE_PAGE / size_of::<u64>();

/// Bytes of a large page.
const LARGE_PAGE: usize = 2 << 20;

/// Asks for large pages for the room of a vector, before anything is written there. A system that has none goes on with
/// small ones.
#[cfg(target_os = "linux")]
fn in_large_pages(room: &Vec<u64>) {
    use std::ffi::{c_int, c_void};

    /// `MADV_HUGEPAGE` of Linux.
    const HUGE_PAGES: c_int = 14;
    unsafe extern "C" {
        fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
    }
    let from = room.as_ptr().addr();
    let first = from.next_multiple_of(LARGE_PAGE);
    let end = (from + room.capacity() * size_of::<u64>()) / LARGE_PAGE * LARGE_PAGE;
    if first < end {
        let address = room.as_ptr().cast_mut().with_addr(first).cast();
        // SAFETY: the pages lie within the room of the vector, which nobody else uses, and the advice changes nothing
        // of what stands there.
        unsafe { madvise(address, end - first, HUGE_PAGES) };
    }
}

#[cfg(not(target_os = "linux"))]
fn in_large_pages(_room: &Vec<u64>) {}

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
        let words = count + LINE_WORDS;
        if words > self.all.capacity() && words >= LARGE_WORDS {
            let mut all = Vec::with_capacity(words);
            in_large_pages(&all);
            all.extend_from_slice(&self.all);
            self.all = all;
        }
        self.all.resize(words, 0);
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
