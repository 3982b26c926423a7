//! A number of 64 bits that stands for any amount of data: equal data have equal ones, and data that differ by
//! accident nearly surely differ in it. Whoever wants to can make data of a given fingerprint: it detects
//! mistakes and no intent.

use std::hash::Hasher;

/// The fingerprint of what has been written so far. One multiplication for eight bytes.
#[derive(Clone, Debug)]
pub struct Fingerprint(u64);

/// 2^64 over the golden ratio, odd: the bits of a word spread upwards.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Default for Fingerprint {
    fn default() -> Self {
        Self(SPREAD)
    }
}

impl Fingerprint {
    /// Takes a text in, with its length, so that two texts are not taken for their joint.
    pub fn text(&mut self, text: &str) {
        self.write_u64(text.len() as u64);
        self.write(text.as_bytes());
    }
}

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        // For a fixed word one-to-one in what was before, and the other way round: a single changed word
        // never goes unnoticed.
        let mixed = (self.0 ^ word).wrapping_mul(SPREAD);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        let mixed = self.0.wrapping_mul(SPREAD);
        mixed ^ (mixed >> 29)
    }
}
