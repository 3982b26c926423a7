//! Dates and words of several replications in one register: what the inner loops of the recursion are written in.
//!
//! One replication is [`One`], four are [`Four`], which any processor has, or [`Vector`], which takes AVX2, and eight are
//! [`Octet`], which takes AVX-512. All give the same bits.

use crate::runtime::variates::ROUNDING;
use crate::runtime::ziggurat::{Layer, ZigguratTables};

/// Nanoseconds of a second as a float.
#[allow(clippy::cast_precision_loss)] // exact
pub const PER_SECOND: f64 = crate::base::TICKS_PER_SECOND as f64;

/// As many replications as lie in one register.
pub trait Wide: Copy {
    /// How many.
    const WIDTH: usize;

    /// Part number `part` of all replications.
    fn load<const L: usize>(all: &[i64; L], part: usize) -> Self;
    /// Puts it back.
    fn store<const L: usize>(self, all: &mut [i64; L], part: usize);
    /// The same everywhere.
    fn all(value: i64) -> Self;
    /// The sum, modulo 2^64.
    fn plus(self, other: Self) -> Self;
    /// The difference, modulo 2^64.
    fn minus(self, other: Self) -> Self;
    /// The larger of each two.
    fn larger(self, other: Self) -> Self;
    /// Bits that are in one of them.
    fn or(self, other: Self) -> Self;
    /// Bits that are in just one of them.
    fn xor(self, other: Self) -> Self;
    /// Bits moved up.
    fn up<const BITS: i32>(self) -> Self;
    /// Bits moved up and round.
    fn round<const BITS: i32, const REST: i32>(self) -> Self;
    /// Whether any is above its counterpart.
    fn any_above(self, other: Self) -> bool;
    /// The exponential durations of words, with the first of these means, in ticks; and a bit for each that does not lie
    /// in its layer of the ziggurat, whose duration says nothing, though it is one.
    fn exponential(self, means: &[f64; 8], of: &ZigguratTables) -> (Self, u32);
    /// Those of another instead of its own, for which there is a bit.
    fn with(self, other: Self, bits: u32) -> Self;

    /// Loads words as [`Wide::load`].
    #[inline(always)]
    fn load_words<const L: usize>(all: &[u64; L], part: usize) -> Self {
        let mut own = [0; L];
        for i in part * Self::WIDTH..(part + 1) * Self::WIDTH {
            own[i] = all[i].cast_signed();
        }
        Self::load(&own, part)
    }

    /// Puts words back.
    #[inline(always)]
    fn store_words<const L: usize>(self, all: &mut [u64; L], part: usize) {
        let mut own = [0; L];
        self.store(&mut own, part);
        for i in part * Self::WIDTH..(part + 1) * Self::WIDTH {
            all[i] = own[i].cast_unsigned();
        }
    }
}

/// One replication.
#[derive(Clone, Copy, Debug)]
pub struct One(i64);

impl Wide for One {
    const WIDTH: usize = 1;

    #[inline(always)]
    fn load<const L: usize>(all: &[i64; L], part: usize) -> Self {
        One(all[part])
    }

    #[inline(always)]
    fn store<const L: usize>(self, all: &mut [i64; L], part: usize) {
        all[part] = self.0;
    }

    #[inline(always)]
    fn all(value: i64) -> Self {
        One(value)
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        One(self.0.wrapping_add(other.0))
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        One(self.0.wrapping_sub(other.0))
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        One(if self.0 > other.0 { self.0 } else { other.0 })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        One(self.0 | other.0)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        One(self.0 ^ other.0)
    }

    #[inline(always)]
    fn up<const BITS: i32>(self) -> Self {
        One(self.0 << BITS)
    }

    #[inline(always)]
    fn round<const BITS: i32, const REST: i32>(self) -> Self {
        One(self.0.rotate_left(BITS.cast_unsigned()))
    }

    #[inline(always)]
    fn with(self, other: Self, bits: u32) -> Self {
        if bits & 1 == 0 { self } else { other }
    }

    #[inline(always)]
    fn any_above(self, other: Self) -> bool {
        self.0 > other.0
    }

    #[inline(always)]
    fn exponential(self, means: &[f64; 8], of: &ZigguratTables) -> (Self, u32) {
        let (time, inside) = in_layer(self.0.cast_unsigned(), means[0], of);
        (One(time), u32::from(!inside))
    }
}

/// The exponential duration of a word, and whether it lies in its layer. Adding [`ROUNDING`] leaves the whole number
/// in the low bits of the sum.
#[inline(always)]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap)] // below 2^52: exact
fn in_layer(word: u64, mean: f64, of: &ZigguratTables) -> (i64, bool) {
    let Layer { limit, width } = of.exponential_layer(word);
    let place = word >> ZigguratTables::EXPONENTIAL_SHIFT;
    let scaled = mean * (place as i64 as f64 * width) * PER_SECOND;
    let time = ((scaled + ROUNDING).to_bits() as i64).wrapping_sub(ROUNDING.to_bits() as i64);
    (time, place < limit)
}

/// Four replications, on any processor.
#[derive(Clone, Copy, Debug)]
pub struct Four([i64; 4]);

impl Four {
    #[inline(always)]
    fn each(self, other: Self, of: impl Fn(i64, i64) -> i64) -> Self {
        Four(std::array::from_fn(|i| of(self.0[i], other.0[i])))
    }
}

impl Wide for Four {
    const WIDTH: usize = 4;

    #[inline(always)]
    fn load<const L: usize>(all: &[i64; L], part: usize) -> Self {
        Four(std::array::from_fn(|i| all[4 * part + i]))
    }

    #[inline(always)]
    fn store<const L: usize>(self, all: &mut [i64; L], part: usize) {
        for (i, value) in self.0.into_iter().enumerate() {
            all[4 * part + i] = value;
        }
    }

    #[inline(always)]
    fn all(value: i64) -> Self {
        Four([value; 4])
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.each(other, i64::wrapping_add)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.each(other, i64::wrapping_sub)
    }

    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.each(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self.each(other, |a, b| a | b)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self.each(other, |a, b| a ^ b)
    }

    #[inline(always)]
    fn up<const BITS: i32>(self) -> Self {
        Four(self.0.map(|a| a << BITS))
    }

    #[inline(always)]
    fn round<const BITS: i32, const REST: i32>(self) -> Self {
        Four(self.0.map(|a| a.rotate_left(BITS.cast_unsigned())))
    }

    #[inline(always)]
    fn with(self, other: Self, bits: u32) -> Self {
        Four(std::array::from_fn(|i| if bits >> i & 1 == 0 { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    fn any_above(self, other: Self) -> bool {
        (0..4).any(|i| self.0[i] > other.0[i])
    }

    #[inline(always)]
    fn exponential(self, means: &[f64; 8], of: &ZigguratTables) -> (Self, u32) {
        let mut refused = 0;
        let times = std::array::from_fn(|i| {
            let (time, inside) = in_layer(self.0[i].cast_unsigned(), means[i], of);
            refused |= u32::from(!inside) << i;
            time
        });
        (Four(times), refused)
    }
}

#[cfg(target_arch = "x86_64")]
pub use vector::{Octet, Single, Vector};

#[cfg(target_arch = "x86_64")]
mod vector {
    use std::arch::x86_64::*;

    use super::{PER_SECOND, ROUNDING, Wide, ZigguratTables};

    /// Four replications in a register of a processor with AVX2. Whoever makes one has seen that it has.
    #[derive(Clone, Copy, Debug)]
    pub struct Vector(__m256i);

    /// One replication in such a register, where the larger of two is found without a branch, which could only guess;
    /// `MAX`: by an instruction of AVX-512.
    #[derive(Clone, Copy, Debug)]
    pub struct Single<const MAX: bool>(__m128i);

    /// Eight replications in a register of a processor with AVX-512. Whoever makes one has seen that it has.
    #[derive(Clone, Copy, Debug)]
    pub struct Octet(__m512i);

    // SAFETY of all below: values exist only behind a check for AVX2 or AVX-512, see [`Vector`] and [`Octet`].
    impl<const MAX: bool> Wide for Single<MAX> {
        const WIDTH: usize = 1;

        #[inline(always)]
        fn load<const L: usize>(all: &[i64; L], part: usize) -> Self {
            Single(unsafe { _mm_loadl_epi64((&raw const all[part]).cast()) })
        }

        #[inline(always)]
        fn store<const L: usize>(self, all: &mut [i64; L], part: usize) {
            unsafe { _mm_storel_epi64((&raw mut all[part]).cast(), self.0) }
        }

        #[inline(always)]
        fn all(value: i64) -> Self {
            Single(unsafe { _mm_cvtsi64_si128(value) })
        }

        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            Single(unsafe { _mm_add_epi64(self.0, other.0) })
        }

        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            Single(unsafe { _mm_sub_epi64(self.0, other.0) })
        }

        #[inline(always)]
        fn larger(self, other: Self) -> Self {
            Single(unsafe {
                match MAX {
                    true => _mm_max_epi64(self.0, other.0),
                    false => _mm_blendv_epi8(other.0, self.0, _mm_cmpgt_epi64(self.0, other.0)),
                }
            })
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            Single(unsafe { _mm_or_si128(self.0, other.0) })
        }

        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            Single(unsafe { _mm_xor_si128(self.0, other.0) })
        }

        #[inline(always)]
        fn up<const BITS: i32>(self) -> Self {
            Single(unsafe { _mm_slli_epi64::<BITS>(self.0) })
        }

        #[inline(always)]
        fn round<const BITS: i32, const REST: i32>(self) -> Self {
            Single(unsafe { _mm_or_si128(_mm_slli_epi64::<BITS>(self.0), _mm_srli_epi64::<REST>(self.0)) })
        }

        #[inline(always)]
        fn with(self, other: Self, bits: u32) -> Self {
            if bits & 1 == 0 { self } else { other }
        }

        #[inline(always)]
        fn any_above(self, other: Self) -> bool {
            unsafe { _mm_cvtsi128_si64(self.0) > _mm_cvtsi128_si64(other.0) }
        }

        #[inline(always)]
        fn exponential(self, means: &[f64; 8], of: &ZigguratTables) -> (Self, u32) {
            let (time, inside) = super::in_layer(unsafe { _mm_cvtsi128_si64(self.0) }.cast_unsigned(), means[0], of);
            (Single::all(time), u32::from(!inside))
        }
    }

    impl Wide for Vector {
        const WIDTH: usize = 4;

        #[inline(always)]
        fn load<const L: usize>(all: &[i64; L], part: usize) -> Self {
            let its = &all[4 * part..4 * part + 4];
            Vector(unsafe { _mm256_loadu_si256(its.as_ptr().cast()) })
        }

        #[inline(always)]
        fn store<const L: usize>(self, all: &mut [i64; L], part: usize) {
            let its = &mut all[4 * part..4 * part + 4];
            unsafe { _mm256_storeu_si256(its.as_mut_ptr().cast(), self.0) }
        }

        #[inline(always)]
        fn all(value: i64) -> Self {
            Vector(unsafe { _mm256_set1_epi64x(value) })
        }

        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            Vector(unsafe { _mm256_add_epi64(self.0, other.0) })
        }

        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            Vector(unsafe { _mm256_sub_epi64(self.0, other.0) })
        }

        #[inline(always)]
        fn larger(self, other: Self) -> Self {
            Vector(unsafe { _mm256_blendv_epi8(other.0, self.0, _mm256_cmpgt_epi64(self.0, other.0)) })
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            Vector(unsafe { _mm256_or_si256(self.0, other.0) })
        }

        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            Vector(unsafe { _mm256_xor_si256(self.0, other.0) })
        }

        #[inline(always)]
        fn up<const BITS: i32>(self) -> Self {
            Vector(unsafe { _mm256_slli_epi64::<BITS>(self.0) })
        }

        #[inline(always)]
        fn round<const BITS: i32, const REST: i32>(self) -> Self {
            Vector(unsafe { _mm256_or_si256(_mm256_slli_epi64::<BITS>(self.0), _mm256_srli_epi64::<REST>(self.0)) })
        }

        #[inline(always)]
        fn with(self, other: Self, bits: u32) -> Self {
            unsafe {
                let each = _mm256_set_epi64x(8, 4, 2, 1);
                let own = _mm256_and_si256(_mm256_set1_epi64x(i64::from(bits)), each);
                Vector(_mm256_blendv_epi8(self.0, other.0, _mm256_cmpeq_epi64(own, each)))
            }
        }

        #[inline(always)]
        fn any_above(self, other: Self) -> bool {
            unsafe {
                let above = _mm256_cmpgt_epi64(self.0, other.0);
                _mm256_testz_si256(above, above) == 0
            }
        }

        #[inline(always)]
        #[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, clippy::cast_possible_truncation)] // bits
        fn exponential(self, means: &[f64; 8], of: &ZigguratTables) -> (Self, u32) {
            /// 2^52: a whole number below it in the low bits makes a float of that much more.
            const SHIFTED: f64 = 4_503_599_627_370_496.0;
            unsafe {
                let offsets = _mm256_and_si256(self.0, _mm256_set1_epi64x(ZigguratTables::EXPONENTIAL_MASK as i64));
                let (low, high) = (_mm256_castsi256_si128(offsets), _mm256_extracti128_si256::<1>(offsets));
                let layers: *const u8 = of.exponential.as_ptr().cast();
                // The mask keeps offsets within the layers, and they are those of whole layers of 16 bytes.
                let a = _mm_loadu_si128(layers.add(_mm_cvtsi128_si64(low) as usize).cast());
                let b = _mm_loadu_si128(layers.add(_mm_extract_epi64::<1>(low) as usize).cast());
                let c = _mm_loadu_si128(layers.add(_mm_cvtsi128_si64(high) as usize).cast());
                let d = _mm_loadu_si128(layers.add(_mm_extract_epi64::<1>(high) as usize).cast());
                let even = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(a), c);
                let odd = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(b), d);
                let limits = _mm256_unpacklo_epi64(even, odd);
                let widths = _mm256_castsi256_pd(_mm256_unpackhi_epi64(even, odd));
                let places = _mm256_srli_epi64::<{ ZigguratTables::EXPONENTIAL_SHIFT as i32 }>(self.0);
                let shifted = _mm256_set1_pd(SHIFTED);
                let floats =
                    _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(places, _mm256_castpd_si256(shifted))), shifted);
                let scaled = _mm256_mul_pd(
                    _mm256_mul_pd(_mm256_loadu_pd(means.as_ptr()), _mm256_mul_pd(floats, widths)),
                    _mm256_set1_pd(PER_SECOND),
                );
                let rounding = _mm256_set1_pd(ROUNDING);
                let times = _mm256_sub_epi64(
                    _mm256_castpd_si256(_mm256_add_pd(scaled, rounding)),
                    _mm256_castpd_si256(rounding),
                );
                let inside = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(limits, places)));
                (Vector(times), !(inside as u32) & 15)
            }
        }
    }

    impl Wide for Octet {
        const WIDTH: usize = 8;

        #[inline(always)]
        fn load<const L: usize>(all: &[i64; L], part: usize) -> Self {
            let its = &all[8 * part..8 * part + 8];
            Octet(unsafe { _mm512_loadu_si512(its.as_ptr().cast()) })
        }

        #[inline(always)]
        fn store<const L: usize>(self, all: &mut [i64; L], part: usize) {
            let its = &mut all[8 * part..8 * part + 8];
            unsafe { _mm512_storeu_si512(its.as_mut_ptr().cast(), self.0) }
        }

        #[inline(always)]
        fn all(value: i64) -> Self {
            Octet(unsafe { _mm512_set1_epi64(value) })
        }

        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            Octet(unsafe { _mm512_add_epi64(self.0, other.0) })
        }

        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            Octet(unsafe { _mm512_sub_epi64(self.0, other.0) })
        }

        #[inline(always)]
        fn larger(self, other: Self) -> Self {
            Octet(unsafe { _mm512_max_epi64(self.0, other.0) })
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            Octet(unsafe { _mm512_or_si512(self.0, other.0) })
        }

        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            Octet(unsafe { _mm512_xor_si512(self.0, other.0) })
        }

        #[inline(always)]
        fn up<const BITS: i32>(self) -> Self {
            // A count in a register: the intrinsic takes another type of constant.
            Octet(unsafe { _mm512_sll_epi64(self.0, _mm_cvtsi32_si128(BITS)) })
        }

        #[inline(always)]
        fn round<const BITS: i32, const REST: i32>(self) -> Self {
            Octet(unsafe { _mm512_rol_epi64::<BITS>(self.0) })
        }

        #[inline(always)]
        #[allow(clippy::cast_possible_truncation)] // eight bits
        fn with(self, other: Self, bits: u32) -> Self {
            Octet(unsafe { _mm512_mask_mov_epi64(self.0, bits as u8, other.0) })
        }

        #[inline(always)]
        fn any_above(self, other: Self) -> bool {
            unsafe { _mm512_cmpgt_epi64_mask(self.0, other.0) != 0 }
        }

        #[inline(always)]
        #[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss)] // bits
        fn exponential(self, means: &[f64; 8], of: &ZigguratTables) -> (Self, u32) {
            /// 2^52: a whole number below it in the low bits makes a float of that much more.
            const SHIFTED: f64 = 4_503_599_627_370_496.0;
            unsafe {
                let offsets = _mm512_and_si512(self.0, _mm512_set1_epi64(ZigguratTables::EXPONENTIAL_MASK as i64));
                let layers: *const u8 = of.exponential.as_ptr().cast();
                // The mask keeps offsets within the layers, and they are those of whole layers of 16 bytes.
                let limits = _mm512_i64gather_epi64::<1>(offsets, layers.cast());
                let widths = _mm512_i64gather_pd::<1>(offsets, layers.add(8).cast());
                let places = _mm512_srli_epi64::<{ ZigguratTables::EXPONENTIAL_SHIFT }>(self.0);
                let shifted = _mm512_set1_pd(SHIFTED);
                let floats =
                    _mm512_sub_pd(_mm512_castsi512_pd(_mm512_or_si512(places, _mm512_castpd_si512(shifted))), shifted);
                let scaled = _mm512_mul_pd(
                    _mm512_mul_pd(_mm512_loadu_pd(means.as_ptr()), _mm512_mul_pd(floats, widths)),
                    _mm512_set1_pd(PER_SECOND),
                );
                let rounding = _mm512_set1_pd(ROUNDING);
                let times = _mm512_sub_epi64(
                    _mm512_castpd_si512(_mm512_add_pd(scaled, rounding)),
                    _mm512_castpd_si512(rounding),
                );
                (Octet(times), u32::from(_mm512_cmple_epi64_mask(limits, places)))
            }
        }
    }
}
