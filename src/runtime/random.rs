//! Named random streams (semantics N3–N6): who draws what for which purpose decides the bits, so that
//! adding a machine, a breakdown or an arrow elsewhere changes no draw of an untouched station.
//!
//! A stream is four consecutive 64-bit words, the state of xoshiro256++; native code keeps them in the
//! state arena and emits [`next`] inline. **Every draw advances its stream by exactly one word**: a
//! variate is a pure function of that word. Where a distribution needs more randomness (rejection), it
//! takes it from a [`SubGenerator`] keyed by the word, so the n-th draw stays the n-th draw whatever the
//! parameters are.
//!
//! It knows nothing of distributions: see [`super::ziggurat`] and [`super::distributions`].

/// State of one stream: the four words of xoshiro256++, never all zero.
pub type Stream = [u64; 4];

/// 2^64 divided by the golden ratio, made odd: the step of splitmix64 (Steele, Lea, Flood 2014).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// Start value of 64-bit FNV-1a (Fowler, Noll, Vo).
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
/// Multiplier of 64-bit FNV-1a.
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
/// Stands between the parts of a name; no UTF-8 text contains it.
const SEPARATOR: u8 = 0xff;

/// Value of one unit in the last place of a 53-bit fraction, 2^-53.
pub const UNIT_53: f64 = 1.0 / 9_007_199_254_740_992.0;

/// A bijection of 64 bits in which every input bit reaches every output bit: the output function of
/// splitmix64 (Stafford's variant 13 of the murmur3 finalizer).
#[inline]
#[must_use]
pub const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The id of a stream, the same in every run: [`mix`] of 64-bit FNV-1a over the bytes
/// `entity 0xff purpose 0xff ordinal` (UTF-8, ordinal as four bytes, low byte first).
///
/// Two streams of one model draw alike exactly when their ids are equal, whatever seed and replication
/// are: the compiler has only to compare ids to exclude collisions. Cost: one multiplication a byte.
#[must_use]
pub fn stream_id(entity: &str, purpose: &str, ordinal: u32) -> u64 {
    let mut hash = FNV_START;
    let mut feed = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
    entity.bytes().for_each(&mut feed);
    feed(SEPARATOR);
    purpose.bytes().for_each(&mut feed);
    feed(SEPARATOR);
    ordinal.to_le_bytes().into_iter().for_each(&mut feed);
    mix(hash)
}

/// The first state of the stream `id` in one replication of a run:
/// `key = mix(mix(id ^ mix(seed + G)) + (replication + 1)·G)`, then four words of splitmix64 started at
/// `key`, with G = 0x9e3779b97f4a7c15 and arithmetic modulo 2^64.
///
/// For fixed seed and replication this is one-to-one in `id`, and for fixed seed and `id` one-to-one in
/// the replication.
#[must_use]
pub fn stream_state(id: u64, seed: u64, replication: u64) -> Stream {
    let run = mix(id ^ mix(seed.wrapping_add(GOLDEN)));
    let key = mix(run.wrapping_add(replication.wrapping_add(1).wrapping_mul(GOLDEN)));
    let mut fill = SubGenerator::new(key);
    [fill.next(), fill.next(), fill.next(), fill.next()]
}

/// The first state of a stream by its full name: [`stream_id`], then [`stream_state`]. `entity` is the
/// qualified name (`weld[3].robot`, `labeller#2`, `a->b`), `purpose` the field path (`cycle`,
/// `jam.after`), `ordinal` counts the distributions in that field's expression from 0.
#[must_use]
pub fn stream_seed(seed: u64, replication: u64, entity: &str, purpose: &str, ordinal: u32) -> Stream {
    stream_state(stream_id(entity, purpose, ordinal), seed, replication)
}

/// The next word of a stream: xoshiro256++ 1.0 (Blackman and Vigna 2021). All 64 bits are equally good.
///
/// ```text
/// result = rotl(s0 + s3, 23) + s0
/// t = s1 << 17;  s2 ^= s0;  s3 ^= s1;  s1 ^= s2;  s0 ^= s3;  s2 ^= t;  s3 = rotl(s3, 45)
/// ```
#[inline(always)]
#[must_use]
pub fn next(state: &mut Stream) -> u64 {
    let [s0, s1, s2, s3] = *state;
    let result = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
    let (mixed2, mixed3) = (s2 ^ s0, s3 ^ s1);
    *state = [s0 ^ mixed3, s1 ^ mixed2, mixed2 ^ (s1 << 17), mixed3.rotate_left(45)];
    result
}

/// The uniform variate of a word: `(word >> 11) · 2^-53`, in [0, 1), a multiple of 2^-53.
///
/// Native code: shift, signed 64-bit integer to f64 (exact), multiply.
#[inline(always)]
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap)] // below 2^53: exact
pub fn uniform(word: u64) -> f64 {
    (word >> 11) as i64 as f64 * UNIT_53
}

/// The index a word chooses among `count` equally likely: the high 64 bits of `word · count`. Below
/// `count` unless that is 0, then 0. The unevenness is at most `count · 2^-64`.
#[inline]
#[must_use]
#[allow(clippy::cast_possible_truncation)] // the high half of a 128-bit product has 64 bits
pub fn index(word: u64, count: u64) -> u64 {
    ((u128::from(word) * u128::from(count)) >> 64) as u64
}

/// Randomness inside one draw: splitmix64 started at a key. It lives only as long as the draw.
#[derive(Clone, Debug)]
pub struct SubGenerator {
    state: u64,
}

impl SubGenerator {
    /// The sub-generator whose first word is `mix(key + G)`.
    #[inline]
    #[must_use]
    pub const fn new(key: u64) -> SubGenerator {
        SubGenerator { state: key }
    }

    /// The next word: `state += G; mix(state)`.
    #[inline]
    #[must_use]
    #[allow(clippy::should_implement_trait)] // an endless generator is no iterator
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }
}
