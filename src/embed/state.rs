//! The state of a run as a block of bytes: words of eight bytes, the lowest byte first. A head says what the
//! block is; then come the arena, and the arena as it was when the measured window began.
//!
//! The arena holds offsets and no addresses, so that copying it is all there is to do. The kernel trusts what an
//! arena says; a block is taken back only where it is whole and of the same line, code and parameters.

use std::hash::Hasher;

use crate::base::Fingerprint;

use super::{Code, Refused};

/// First word: `FLOWSTAT`.
const MAGIC: u64 = u64::from_le_bytes(*b"FLOWSTAT");
/// Version of the layout of the head.
const VERSION: u64 = 1;
/// Words of the head.
const HEAD: usize = 8;

/// A state to be written, or that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State<'a> {
    /// Stands for line, code and parameters.
    pub line: u64,
    /// Seed of the run.
    pub seed: u64,
    /// Its number.
    pub replication: u64,
    /// The arena.
    pub now: std::borrow::Cow<'a, [u64]>,
    /// The arena when the window began.
    pub start: std::borrow::Cow<'a, [u64]>,
}

impl State<'_> {
    /// How many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        (HEAD + self.now.len() + self.start.len()) * 8
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`Code::BadArgument`] when there is no room.
    pub fn write(&self, block: &mut [u8]) -> Result<(), Refused> {
        let due = self.bytes();
        let room = block.len();
        if room < due {
            let words = format!("the state takes {due} bytes and there is room for {room}");
            return Err(Refused::new(Code::BadArgument, words));
        }
        let (now, start) = (self.now.len() as u64, self.start.len() as u64);
        let head = [MAGIC, VERSION, self.line, self.seed, self.replication, now, start];
        let words = || self.now.iter().chain(self.start.iter()).copied();
        let checked = checksum(head.into_iter().chain(words()));
        let all = head.into_iter().chain([checked]).chain(words());
        for (to, word) in block.chunks_exact_mut(8).zip(all) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        Ok(())
    }

    /// Reads one of a line.
    ///
    /// # Errors
    /// [`Code::BadState`] when it is none, of another line, or not whole.
    pub fn read(block: &[u8], line: u64) -> Result<State<'static>, Refused> {
        let bad = |words: &str| Err(Refused::new(Code::BadState, words));
        let words: Vec<u64> = block
            .chunks_exact(8)
            .map(|chunk| chunk.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)))
            .collect();
        let Some(([magic, version, of, seed, replication, now, start, checked], rest)) =
            words.split_first_chunk::<HEAD>()
        else {
            return bad("the block is shorter than the head of a state");
        };
        if *magic != MAGIC {
            return bad("the block is no state of a run");
        }
        if *version != VERSION {
            return bad("the state was written by another version of the library");
        }
        if *of != line {
            return bad("the state is of another line, of the line with other parameters, or of another build");
        }
        let (Ok(of_now), Ok(of_start)) = (usize::try_from(*now), usize::try_from(*start)) else {
            return bad("the state is not whole");
        };
        if of_now.checked_add(of_start) != Some(rest.len()) || !block.len().is_multiple_of(8) {
            return bad("the state is not whole: it has another length than its head says");
        }
        let head = [*magic, *version, *of, *seed, *replication, *now, *start];
        if checksum(head.into_iter().chain(rest.iter().copied())) != *checked {
            return bad("the state has been changed: its checksum is another one");
        }
        let (now, start) = rest.split_at(of_now);
        let (now, start) = (now.to_vec().into(), start.to_vec().into());
        Ok(State { line, seed: *seed, replication: *replication, now, start })
    }
}

fn checksum(words: impl Iterator<Item = u64>) -> u64 {
    let mut sum = Fingerprint::default();
    words.for_each(|word| sum.write_u64(word));
    sum.finish()
}
