//! Draws of the recursion: the same streams, laws and rounding as those of the event kernel, for several
//! replications side by side.

use crate::ir::{Expression, Plant};
use crate::kernel::host::{Arena, Law};
use crate::kernel::laws;
use crate::runtime::distributions::Sampler;
use crate::runtime::random::{self, Stream};
use crate::runtime::variates::{ROUNDING, duration_ticks};
use crate::runtime::ziggurat::{Layer, ZigguratTables, exponential_slow, tables};

use super::block::Rows;
use super::cells::Unsound;
use super::wide::{PER_SECOND, Wide};

/// More than the longest exponential of mean 1 that lies in a layer of the ziggurat.
const LONGEST_LAYER: f64 = 8.0;

/// What a duration is drawn from.
#[derive(Clone, Debug)]
pub struct Duration {
    law: Kind,
    /// Ids of its streams, in written order.
    pub streams: Vec<u64>,
}

#[derive(Clone, Debug)]
enum Kind {
    Fixed(i64),
    Exponential(f64),
    Sampled(Sampler),
    /// Of several draws: the streams lie in an arena of their own, from its second word on.
    Free(Law),
}

impl Duration {
    /// The duration of an expression that reads nothing: `None` for one that does, or that is not sound.
    #[must_use]
    pub fn of(plant: &Plant, e: &Expression, entity: &str, purpose: &str) -> Option<Duration> {
        if e.reads() {
            return None;
        }
        let machines = crate::kernel::model::ByNode::default();
        let context = laws::Context {
            plant,
            nodes: &[],
            machines: &machines,
            pools: &[],
            attributes: 0,
            visits: false,
            kept: &[],
        };
        let recipe = laws::recipe(e, &context).ok()?;
        let name = plant.renamed.former(entity);
        let mut streams = Vec::new();
        let law = laws::bind(&recipe.law, &mut || {
            let ordinal = u32::try_from(streams.len()).unwrap_or(u32::MAX);
            streams.push(random::stream_id(&name, purpose, ordinal));
            8 + 32 * i64::from(ordinal)
        });
        let law = match law {
            _ if matches!(e, Expression::Constant(_)) => Kind::Fixed(recipe.ticks),
            // What lies in a layer of the ziggurat is then below 26 days, and rounds by adding.
            Law::Sample(Sampler::Exponential { mean }, _) if mean * PER_SECOND * LONGEST_LAYER < ROUNDING / 3.0 => {
                Kind::Exponential(mean)
            }
            Law::Sample(sampler, _) if !matches!(sampler, Sampler::Constant { .. }) => Kind::Sampled(sampler),
            other => Kind::Free(other),
        };
        Some(Duration { law, streams })
    }

    /// Always so many ticks.
    #[must_use]
    pub fn fixed(ticks: i64) -> Duration {
        Duration { law: Kind::Fixed(ticks), streams: Vec::new() }
    }

    /// Whether it is always none at all.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(self.law, Kind::Fixed(0))
    }

    /// Whether it is always the same.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        matches!(self.law, Kind::Fixed(_))
    }

    /// The draws of `L` replications from a number on.
    #[must_use]
    pub fn begin<const L: usize>(&self, seed: u64, first: u64) -> Draws<L> {
        let state = |id: u64, lane: usize| random::stream_state(id, seed, first.saturating_add(lane as u64));
        let mut words = [[0; L]; 4];
        if let Some(id) = self.streams.first() {
            for lane in 0..L {
                for (word, value) in words.iter_mut().zip(state(*id, lane)) {
                    if let Some(place) = word.get_mut(lane) {
                        *place = value;
                    }
                }
            }
        }
        let law = match &self.law {
            Kind::Fixed(ticks) => Drawn::Fixed(*ticks),
            Kind::Exponential(mean) => Drawn::Exponential(*mean),
            Kind::Sampled(sampler) => Drawn::Sampled(Box::new(sampler.clone())),
            Kind::Free(law) => {
                let arena = |lane: usize| {
                    let all = self.streams.iter().flat_map(|id| state(*id, lane));
                    Arena::new(std::iter::once(0).chain(all).collect::<Vec<u64>>())
                };
                Drawn::Free(Box::new((law.clone(), (0..L).map(arena).collect())))
            }
        };
        Draws { drawn: AHEAD, ahead: [[0; L]; AHEAD], words, law }
    }
}

#[derive(Clone)]
enum Drawn {
    Fixed(i64),
    Exponential(f64),
    Sampled(Box<Sampler>),
    Free(Box<(Law, Vec<Arena>)>),
}

/// Draws made at a time: the streams then stay in registers.
const AHEAD: usize = 4;

/// The draws of one duration in `L` replications, either all together or one by one.
#[derive(Clone)]
pub struct Draws<const L: usize> {
    drawn: usize,
    ahead: [[i64; L]; AHEAD],
    words: [[u64; L]; 4],
    law: Drawn,
}

/// The next word of each stream: xoshiro256++ lane by lane, as [`random::next`].
#[inline(always)]
fn next<const L: usize>([s0, s1, s2, s3]: &mut [[u64; L]; 4]) -> [u64; L] {
    let mut result = [0; L];
    for i in 0..L {
        result[i] = s0[i].wrapping_add(s3[i]).rotate_left(23).wrapping_add(s0[i]);
        let (mixed2, mixed3) = (s2[i] ^ s0[i], s3[i] ^ s1[i]);
        let shifted = s1[i] << 17;
        s0[i] ^= mixed3;
        s1[i] ^= mixed2;
        s2[i] = mixed2 ^ shifted;
        s3[i] = mixed3.rotate_left(45);
    }
    result
}

impl<const L: usize> Draws<L> {
    /// The next duration of each replication, in ticks; -1 where the law gives none.
    #[inline(always)]
    pub fn next(&mut self, of: &ZigguratTables) -> [i64; L] {
        if self.drawn >= AHEAD {
            self.draw(of);
        }
        let next = self.ahead[self.drawn % AHEAD];
        self.drawn += 1;
        next
    }

    #[inline(always)]
    fn draw(&mut self, of: &ZigguratTables) {
        self.drawn = 0;
        let words = &mut self.words;
        match &mut self.law {
            Drawn::Fixed(ticks) => self.ahead = [[*ticks; L]; AHEAD],
            Drawn::Exponential(mean) => {
                let (mut state, mean) = (*words, *mean);
                for place in &mut self.ahead {
                    *place = exponential(of, mean, next(&mut state));
                }
                *words = state;
            }
            Drawn::Sampled(sampler) => {
                for place in &mut self.ahead {
                    let words = next(words);
                    *place = std::array::from_fn(|i| ticks(sampler.variate(words[i])));
                }
            }
            Drawn::Free(free) => {
                let (law, arenas) = &mut **free;
                for place in &mut self.ahead {
                    for (time, arena) in place.iter_mut().zip(arenas.iter_mut()) {
                        *time = ticks(law.evaluate(arena, 0));
                    }
                }
            }
        }
    }

    /// The next durations of each replication, in ticks, `count` of them.
    ///
    /// # Errors
    /// When the law gives none, or one that is longer than `longest`.
    #[inline(always)]
    pub fn fill<W: Wide>(&mut self, count: usize, rows: &mut Rows<L>, longest: u64) -> Result<(), Unsound> {
        let words = &mut self.words;
        match &mut self.law {
            Drawn::Fixed(ticks) => {
                rows.iter_mut().take(count).for_each(|row| *row = [*ticks; L]);
                if ticks.cast_unsigned() <= longest { Ok(()) } else { Err(Unsound) }
            }
            Drawn::Exponential(mean) => {
                let mut all = exponentials::<W, L, 0>(words, &[*mean; 8], count, rows);
                if 2 * W::WIDTH <= L {
                    all |= exponentials::<W, L, 1>(words, &[*mean; 8], count, rows);
                }
                if all <= longest { Ok(()) } else { sound(rows, count, longest) }
            }
            Drawn::Sampled(sampler) => {
                for row in rows.iter_mut().take(count) {
                    let words = next(words);
                    *row = std::array::from_fn(|i| ticks(sampler.variate(words[i])));
                }
                sound(rows, count, longest)
            }
            Drawn::Free(free) => {
                let (law, arenas) = &mut **free;
                for row in rows.iter_mut().take(count) {
                    for (time, arena) in row.iter_mut().zip(arenas.iter_mut()) {
                        *time = ticks(law.evaluate(arena, 0));
                    }
                }
                sound(rows, count, longest)
            }
        }
    }

    /// The next duration of one replication.
    pub fn one(&mut self, lane: usize) -> i64 {
        let word = |words: &mut [[u64; L]; 4]| {
            let mut state: Stream = std::array::from_fn(|i| words[i][lane]);
            let word = random::next(&mut state);
            for (place, value) in words.iter_mut().zip(state) {
                place[lane] = value;
            }
            word
        };
        match &mut self.law {
            Drawn::Fixed(ticks) => *ticks,
            Drawn::Exponential(mean) => ticks(*mean * tables().exponential(word(&mut self.words))),
            Drawn::Sampled(sampler) => ticks(sampler.variate(word(&mut self.words))),
            Drawn::Free(free) => {
                let (law, arenas) = &mut **free;
                arenas.get_mut(lane).map_or(-1, |arena| ticks(law.evaluate(arena, 0)))
            }
        }
    }
}

/// Exponential durations of up to eight stations that are drawn together, where there is one replication only.
#[derive(Clone, Debug, Default)]
pub struct Bank {
    words: [[u64; 8]; 4],
    means: [f64; 8],
    stations: usize,
}

impl Bank {
    /// Draws of stations, at most eight, where all are exponential.
    #[must_use]
    pub fn of<const L: usize>(stations: &[&Draws<L>]) -> Option<Bank> {
        let mut bank = Bank { stations: stations.len(), ..Bank::default() };
        for (column, draws) in stations.iter().enumerate() {
            let Drawn::Exponential(mean) = draws.law else { return None };
            *bank.means.get_mut(column)? = mean;
            for (own, words) in bank.words.iter_mut().zip(&draws.words) {
                own[column] = *words.first()?;
            }
        }
        Some(bank)
    }

    /// The draws of a station go on by themselves, in a column of these.
    pub fn give_back<const L: usize>(&self, column: usize, draws: &mut Draws<L>) {
        for (own, words) in draws.words.iter_mut().zip(&self.words) {
            *own = [words[column]; L];
        }
    }

    /// The next durations of each station, in ticks, `count` of them.
    ///
    /// # Errors
    /// When one is longer than `longest`.
    #[inline(always)]
    pub fn fill<W: Wide>(&mut self, count: usize, rows: &mut Rows<8>, longest: u64) -> Result<(), Unsound> {
        let mut all = exponentials::<W, 8, 0>(&mut self.words, &self.means, count, rows);
        if W::WIDTH < self.stations {
            all |= exponentials::<W, 8, 1>(&mut self.words, &self.means, count, rows);
        }
        if all <= longest { Ok(()) } else { sound(rows, count, longest) }
    }
}

/// Whether all are durations of at most `longest`.
fn sound<const L: usize>(rows: &Rows<L>, count: usize, longest: u64) -> Result<(), Unsound> {
    let mut all = rows.iter().take(count).flatten();
    if all.all(|time| time.cast_unsigned() <= longest) { Ok(()) } else { Err(Unsound) }
}

/// Fills part number `PART` of rows with exponential durations; all bits that are set in some of them.
#[inline(always)]
fn exponentials<W: Wide, const L: usize, const PART: usize>(
    words: &mut [[u64; L]; 4],
    means: &[f64; 8],
    count: usize,
    rows: &mut Rows<L>,
) -> u64 {
    let (mut s0, mut s1) = (W::load_words(&words[0], PART), W::load_words(&words[1], PART));
    let (mut s2, mut s3) = (W::load_words(&words[2], PART), W::load_words(&words[3], PART));
    let (of, mut all, mut refused) = (tables(), W::all(0), 0u128);
    // Those of this part stand first.
    let mut own = *means;
    own.rotate_left(PART * W::WIDTH);
    let means = &own;
    for row in rows.iter_mut().take(count) {
        // As [`random::next`].
        let word = s0.plus(s3).round::<23, 41>().plus(s0);
        let (mixed2, mixed3) = (s2.xor(s0), s3.xor(s1));
        let shifted = s1.up::<17>();
        s0 = s0.xor(mixed3);
        s1 = s1.xor(mixed2);
        s2 = mixed2.xor(shifted);
        s3 = mixed3.round::<45, 19>();
        let (times, bits) = word.exponential(means, of);
        if W::WIDTH == 1 {
            times.store(row, PART);
            if bits != 0 {
                word.store(row, PART);
                all = all.or(W::all(again(1, PART, means, std::slice::from_mut(row)).cast_signed()));
            }
        } else {
            // Words stand where there is no duration yet: what draws again is called once for all rows.
            times.with(word, bits).store(row, PART);
            refused = refused << 8 | u128::from(bits);
        }
        all = all.or(times);
    }
    s0.store_words(&mut words[0], PART);
    s1.store_words(&mut words[1], PART);
    s2.store_words(&mut words[2], PART);
    s3.store_words(&mut words[3], PART);
    let mut each = [0; L];
    all.store(&mut each, PART);
    let mut all = each.iter().fold(0, |all, bits| all | bits.cast_unsigned());
    if refused != 0 {
        all |= again(refused, PART * W::WIDTH, means, rows.get_mut(..count).unwrap_or_default());
    }
    all
}

/// Draws again what does not lie in its layer, of rows in which the words stand there, from replication `first` on; bits of the
/// last row are the lowest eight. All bits that are set in some of the durations.
#[inline(never)]
fn again<const L: usize>(refused: u128, first: usize, means: &[f64; 8], rows: &mut [[i64; L]]) -> u64 {
    let mut all = 0;
    let mut refused = refused;
    while refused != 0 {
        let place = refused.trailing_zeros() as usize;
        refused &= refused - 1;
        let (back, at) = (place / 8, place % 8);
        let Some(row) = rows.len().checked_sub(back + 1).and_then(|number| rows.get_mut(number)) else { continue };
        let time = ticks(means[at] * exponential_slow(row[first + at].cast_unsigned()));
        row[first + at] = time;
        all |= time.cast_unsigned();
    }
    all
}

fn ticks(seconds: f64) -> i64 {
    duration_ticks(seconds).map_or(-1, |t| t.0)
}

/// Exponential durations of words. Where all lie in their layers, adding [`ROUNDING`] leaves the whole number in the
/// low bits of the sum.
#[inline(always)]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap)] // below 2^52: exact
fn exponential<const L: usize>(of: &ZigguratTables, mean: f64, words: [u64; L]) -> [i64; L] {
    let mut drawn = [0; L];
    let mut plain = true;
    for i in 0..L {
        let Layer { limit, width } = of.exponential_layer(words[i]);
        let place = words[i] >> ZigguratTables::EXPONENTIAL_SHIFT;
        let scaled = mean * (place as i64 as f64 * width) * PER_SECOND;
        drawn[i] = ((scaled + ROUNDING).to_bits() as i64).wrapping_sub(ROUNDING.to_bits() as i64);
        plain &= place < limit;
    }
    if !plain {
        beyond_layers(mean, &words, &mut drawn);
    }
    drawn
}

#[cold]
#[inline(never)]
fn beyond_layers<const L: usize>(mean: f64, words: &[u64; L], drawn: &mut [i64; L]) {
    for i in 0..L {
        drawn[i] = ticks(mean * tables().exponential(words[i]));
    }
}

/// The uniform variate of the next word of each stream.
#[must_use]
pub fn uniforms<const L: usize>(words: &mut [[u64; L]; 4]) -> [f64; L] {
    next(words).map(random::uniform)
}

/// The words of a stream in `L` replications from a number on.
#[must_use]
pub fn words<const L: usize>(id: u64, seed: u64, first: u64) -> [[u64; L]; 4] {
    let mut words = [[0; L]; 4];
    for lane in 0..L {
        let state = random::stream_state(id, seed, first.saturating_add(lane as u64));
        for (word, value) in words.iter_mut().zip(state) {
            word[lane] = value;
        }
    }
    words
}
