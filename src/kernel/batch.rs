//! Batches of draws of one stream: durations of many words at once, in the widest registers that the processor has.
//! All give the same bits.

use crate::base::TICKS_PER_SECOND;
use crate::runtime::distributions::Sampler;
use crate::runtime::variates::{ROUNDING, duration_ticks};
use crate::runtime::ziggurat::{exponential_slow, tables};

use super::layout::DRAWS;
use super::wide::{Four, Wide, rounds_by_adding};

/// The durations of words by a law, in ticks; negative where the law gives none.
pub(super) fn durations(law: &Sampler, words: &[u64; DRAWS]) -> [u64; DRAWS] {
    match law {
        // The commonest law.
        Sampler::Exponential { mean } if rounds_by_adding(*mean) => exponentials(*mean, words),
        _ => ticks_of_all(words.map(|word| law.variate(word))),
    }
}

fn exponentials(mean: f64, words: &[u64; DRAWS]) -> [u64; DRAWS] {
    let (mut times, refused) = in_layers_anywhere(mean, words);
    let mut refused = refused;
    while refused != 0 {
        let i = refused.trailing_zeros() as usize;
        refused &= refused - 1;
        times[i] = ticks(mean * exponential_slow(words[i]));
    }
    times
}

/// Exponential durations, and a bit for each word that does not lie in its layer of the ziggurat.
fn in_layers_anywhere(mean: f64, words: &[u64; DRAWS]) -> ([u64; DRAWS], u32) {
    #[cfg(target_arch = "x86_64")]
    {
        use super::recursion::side::{Avx2, Avx512};
        if Avx512::is_there() {
            // SAFETY: the processor has been asked.
            return unsafe { registers::eight(mean, words) };
        }
        if Avx2::is_there() {
            // SAFETY: the processor has been asked.
            return unsafe { registers::four(mean, words) };
        }
    }
    in_layers::<Four>(mean, words)
}

#[inline(always)]
fn in_layers<W: Wide>(mean: f64, words: &[u64; DRAWS]) -> ([u64; DRAWS], u32) {
    let (of, means, words) = (tables(), [mean; 8], words.map(u64::cast_signed));
    let (mut times, mut refused) = ([0; DRAWS], 0);
    for part in 0..DRAWS / W::WIDTH {
        let (its, bits) = W::load(&words, part).exponential(&means, of);
        its.store(&mut times, part);
        refused |= bits << (part * W::WIDTH);
    }
    (times.map(i64::cast_unsigned), refused)
}

#[cfg(target_arch = "x86_64")]
mod registers {
    use super::super::wide::{Octet, Vector};
    use super::{DRAWS, in_layers};

    /// Where the processor has AVX2.
    #[target_feature(enable = "avx2")]
    pub fn four(mean: f64, words: &[u64; DRAWS]) -> ([u64; DRAWS], u32) {
        in_layers::<Vector>(mean, words)
    }

    /// Where the processor has AVX-512.
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    pub fn eight(mean: f64, words: &[u64; DRAWS]) -> ([u64; DRAWS], u32) {
        in_layers::<Octet>(mean, words)
    }
}

fn ticks(seconds: f64) -> u64 {
    duration_ticks(seconds).map_or(-1, |t| t.0).cast_unsigned()
}

/// Seconds as ticks, negative where they are no duration: what [`duration_ticks`] gives of each. Where all are
/// in the range of a sum without a carry, as nearly always, no draw needs a choice of its own.
#[allow(clippy::cast_precision_loss)]
fn ticks_of_all(seconds: [f64; DRAWS]) -> [u64; DRAWS] {
    let scaled = seconds.map(|s| s * TICKS_PER_SECOND as f64);
    // Also false for what is not a number.
    let within = scaled.iter().fold(true, |all, s| all & (*s >= 0.0) & (*s < ROUNDING / 3.0));
    if within {
        return scaled.map(|s| (s + ROUNDING).to_bits().wrapping_sub(ROUNDING.to_bits()));
    }
    seconds.map(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::random::next;

    /// Every way to draw gives what one word after the other gives, those that lie in no layer among them.
    #[test]
    fn all_registers_give_the_durations_of_single_words() {
        let mut state = [1, 2, 3, 4];
        for mean in [1e-9, 0.7, 3600.0, 280_000.0, 1e9] {
            let law = Sampler::Exponential { mean };
            let mut refused = 0;
            for _ in 0..2000 {
                let words = std::array::from_fn(|_| next(&mut state));
                let single = words.map(|word| ticks(mean * tables().exponential(word)));
                assert_eq!(durations(&law, &words), single, "mean {mean}");
                let (portable, bits) = in_layers::<Four>(mean, &words);
                assert_eq!((portable, bits), in_layers_anywhere(mean, &words), "mean {mean}");
                refused += bits.count_ones();
            }
            assert!(refused > 100);
        }
    }
}
