//! How the inner loops are run: on any processor, or on one that has wide registers. [`Recursion`](super::Recursion)
//! sees which; all give the same bits.

use super::block::{FAILS, Giving, MOVES, NEVER_STOPS, NO_LANE, Pass, Rows, WAITS, WEARS, give, pass};
use super::cells::Unsound;
use super::draws::{Bank, Draws};
use super::wave::Steps;
use super::wide::{Four, One, Wide};

/// How the inner loops are run for `L` replications.
pub trait Side<const L: usize> {
    /// Draws the next durations of a block, as [`Draws::fill`].
    ///
    /// # Errors
    /// When the law gives none, or one that is longer than `longest`.
    fn draw(draws: &mut Draws<L>, count: usize, rows: &mut Rows<L>, longest: u64) -> Result<(), Unsound>;
    /// Items of a block go through a stage, as [`pass`].
    ///
    /// # Errors
    /// When a draw gives no duration.
    fn pass(block: &mut Pass<'_, L>, lane: u8, stops: u8) -> Result<(), Unsound>;
    /// A source gives items of a block, as [`give`].
    fn give(block: &mut Giving<'_, L>);
    /// Draws for up to eight stations together, as [`Bank::fill`].
    ///
    /// # Errors
    /// When one is longer than `longest`.
    fn draw_bank(_: &mut Bank, _: usize, _: &mut Rows<8>, _: u64) -> Result<(), Unsound> {
        Err(Unsound)
    }
    /// Whether [`Side::draw_bank`] is there.
    const BANKS: bool = false;
    /// Stations of one replication make steps together, as [`wave::pass`](super::wave::pass).
    ///
    /// # Errors
    /// When a row is missing.
    fn wave(_: &mut Steps<'_, L>, _same: bool, _climbing: u8) -> Result<(u8, i64), Unsound> {
        Err(Unsound)
    }
    /// Whether [`Side::wave`] is there.
    const WAVES: bool = false;
}

/// [`pass`] for all replications, with what the stage has.
#[inline(always)]
fn pass_any<W: Wide, const L: usize>(p: &mut Pass<'_, L>, lane: u8, stops: u8) -> Result<(), Unsound> {
    match (lane, stops) {
        (NO_LANE, NEVER_STOPS) => pass_all::<W, L, NO_LANE, NEVER_STOPS>(p),
        (NO_LANE, FAILS) => pass_all::<W, L, NO_LANE, FAILS>(p),
        (NO_LANE, _) => pass_all::<W, L, NO_LANE, WEARS>(p),
        (WAITS, NEVER_STOPS) => pass_all::<W, L, WAITS, NEVER_STOPS>(p),
        (WAITS, FAILS) => pass_all::<W, L, WAITS, FAILS>(p),
        (WAITS, _) => pass_all::<W, L, WAITS, WEARS>(p),
        (_, NEVER_STOPS) => pass_all::<W, L, MOVES, NEVER_STOPS>(p),
        (_, FAILS) => pass_all::<W, L, MOVES, FAILS>(p),
        (_, _) => pass_all::<W, L, MOVES, WEARS>(p),
    }
}

#[inline(always)]
fn pass_all<W: Wide, const L: usize, const LANE: u8, const STOPS: u8>(p: &mut Pass<'_, L>) -> Result<(), Unsound> {
    pass::<W, L, 0, LANE, STOPS>(p)?;
    if 2 * W::WIDTH <= L { pass::<W, L, 1, LANE, STOPS>(p) } else { Ok(()) }
}

/// [`give`] for all replications.
#[inline(always)]
fn give_all<W: Wide, const L: usize>(g: &mut Giving<'_, L>) {
    give::<W, L, 0>(g);
    if 2 * W::WIDTH <= L {
        give::<W, L, 1>(g);
    }
}

/// Any processor: one replication, or [`super::LANES`].
pub struct Anywhere;

impl Side<1> for Anywhere {
    #[inline(never)]
    fn draw(draws: &mut Draws<1>, count: usize, rows: &mut Rows<1>, longest: u64) -> Result<(), Unsound> {
        draws.fill::<One>(count, rows, longest)
    }

    #[inline(never)]
    fn pass(block: &mut Pass<'_, 1>, lane: u8, stops: u8) -> Result<(), Unsound> {
        pass_any::<One, 1>(block, lane, stops)
    }

    fn give(block: &mut Giving<'_, 1>) {
        give_all::<One, 1>(block);
    }
}

impl Side<8> for Anywhere {
    #[inline(never)]
    fn draw(draws: &mut Draws<8>, count: usize, rows: &mut Rows<8>, longest: u64) -> Result<(), Unsound> {
        draws.fill::<Four>(count, rows, longest)
    }

    #[inline(never)]
    fn pass(block: &mut Pass<'_, 8>, lane: u8, stops: u8) -> Result<(), Unsound> {
        pass_any::<Four, 8>(block, lane, stops)
    }

    fn give(block: &mut Giving<'_, 8>) {
        give_all::<Four, 8>(block);
    }
}

#[cfg(target_arch = "x86_64")]
pub use registers::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod registers {
    use super::super::wave;
    use super::super::wide::{Octet, One, Single, Vector};
    use super::{Bank, Draws, Giving, Pass, Rows, Side, Steps, Unsound, give_all, pass_any};

    /// A side with these features, eight and one replications in these registers.
    macro_rules! side {
        ($name:ident, $features:literal, $eight:ty, $one:ty, $waves:literal, $module:ident) => {
            mod $module {
                use super::*;

                #[target_feature(enable = $features)]
                pub fn draw(
                    draws: &mut Draws<8>,
                    count: usize,
                    rows: &mut Rows<8>,
                    longest: u64,
                ) -> Result<(), Unsound> {
                    draws.fill::<$eight>(count, rows, longest)
                }

                #[target_feature(enable = $features)]
                pub fn pass(block: &mut Pass<'_, 8>, lane: u8, stops: u8) -> Result<(), Unsound> {
                    pass_any::<$eight, 8>(block, lane, stops)
                }

                #[target_feature(enable = $features)]
                pub fn give(block: &mut Giving<'_, 8>) {
                    give_all::<$eight, 8>(block);
                }

                #[target_feature(enable = $features)]
                pub fn draw_bank(
                    bank: &mut Bank,
                    count: usize,
                    rows: &mut Rows<8>,
                    longest: u64,
                ) -> Result<(), Unsound> {
                    bank.fill::<$eight>(count, rows, longest)
                }

                #[target_feature(enable = $features)]
                pub fn pass_one(block: &mut Pass<'_, 1>, lane: u8, stops: u8) -> Result<(), Unsound> {
                    pass_any::<$one, 1>(block, lane, stops)
                }

                #[target_feature(enable = $features)]
                pub fn give_one(block: &mut Giving<'_, 1>) {
                    give_all::<$one, 1>(block);
                }
            }

            impl Side<1> for $name {
                #[inline(never)]
                fn draw(draws: &mut Draws<1>, count: usize, rows: &mut Rows<1>, longest: u64) -> Result<(), Unsound> {
                    draws.fill::<One>(count, rows, longest)
                }

                fn pass(block: &mut Pass<'_, 1>, lane: u8, stops: u8) -> Result<(), Unsound> {
                    // SAFETY: the processor has been asked.
                    unsafe { $module::pass_one(block, lane, stops) }
                }

                fn give(block: &mut Giving<'_, 1>) {
                    // SAFETY: the processor has been asked.
                    unsafe { $module::give_one(block) }
                }

                fn draw_bank(bank: &mut Bank, count: usize, rows: &mut Rows<8>, longest: u64) -> Result<(), Unsound> {
                    // SAFETY: the processor has been asked.
                    unsafe { $module::draw_bank(bank, count, rows, longest) }
                }

                const BANKS: bool = true;

                fn wave(front: &mut Steps<'_, 1>, same: bool, climbing: u8) -> Result<(u8, i64), Unsound> {
                    // SAFETY: where there are waves, the processor has been asked for AVX-512.
                    if $waves { unsafe { wave::pass(front, same, climbing) } } else { Err(Unsound) }
                }

                const WAVES: bool = $waves;
            }

            impl Side<8> for $name {
                fn draw(draws: &mut Draws<8>, count: usize, rows: &mut Rows<8>, longest: u64) -> Result<(), Unsound> {
                    // SAFETY: the processor has been asked.
                    unsafe { $module::draw(draws, count, rows, longest) }
                }

                fn pass(block: &mut Pass<'_, 8>, lane: u8, stops: u8) -> Result<(), Unsound> {
                    // SAFETY: the processor has been asked.
                    unsafe { $module::pass(block, lane, stops) }
                }

                fn give(block: &mut Giving<'_, 8>) {
                    // SAFETY: the processor has been asked.
                    unsafe { $module::give(block) }
                }
            }
        };
    }

    /// A processor with AVX2; used only where that has been seen.
    pub struct Avx2;
    /// A processor with AVX-512; used only where that has been seen.
    pub struct Avx512;

    side!(Avx2, "avx2", Vector, Single<false>, false, two);
    side!(Avx512, "avx512f,avx512dq,avx512vl", Octet, Single<true>, true, five);

    impl Avx512 {
        /// Whether this processor has all of it that is used.
        #[must_use]
        pub fn is_there() -> bool {
            let has_wide = std::arch::is_x86_feature_detected!("avx512f");
            has_wide
                && std::arch::is_x86_feature_detected!("avx512dq")
                && std::arch::is_x86_feature_detected!("avx512vl")
        }
    }

    impl Avx2 {
        /// Whether this processor has it.
        #[must_use]
        pub fn is_there() -> bool {
            std::arch::is_x86_feature_detected!("avx2")
        }
    }
}
