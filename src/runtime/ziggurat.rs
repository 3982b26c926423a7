//! The unit exponential and the standard normal variate of one 64-bit word, by ziggurats of 256 layers
//! (Marsaglia and Tsang 2000), laid out so that the common case takes six instructions.
//!
//! # Fast path
//!
//! ```text
//!                       exponential              normal
//! entry at byte offset  word & 0x0ff0            word & 0x1ff0     within the variate's layers
//! u                     word >> 12 (52 bits)     word >> 13 (51 bits)
//! if u < entry.limit    (unsigned; limit is the u64 at entry + 0)
//!     return f64(u) * entry.width    (width is the f64 at entry + 8; f64(u) is exact, signed conversion)
//! else
//!     return exponential_slow(word)              normal_slow(word)
//! ```
//!
//! So bits 4..=11 choose the layer and the bits above are the place in it; the low four bits are not
//! used, because an entry is 16 bytes wide. For the normal, bit 12 is the sign: entries 256..=511 repeat
//! 0..=255 with negative widths. [`ZigguratTables`] says where the layers lie. The fast path is taken by
//! 97.8 % (exponential) and 98.5 % (normal) of all words.
//!
//! The slow paths are functions of the *same word* and nothing else: they read it again and take what
//! more they need from the [`SubGenerator`] keyed by it. Hence every draw advances its stream by one word.

use std::mem::offset_of;
use std::sync::LazyLock;

use super::random::{SubGenerator, uniform};

/// Layers of each ziggurat.
const LAYERS: usize = 256;
/// Edge of the exponential's base layer, where its tail begins (Marsaglia and Tsang 2000, for 256 layers).
const EXPONENTIAL_EDGE: f64 = 7.697_117_470_131_05;
/// Edge of the normal's base layer, where its tail begins (Marsaglia and Tsang 2000, for 256 layers).
const NORMAL_EDGE: f64 = 3.654_152_885_361_009;
/// Bits of the exponential's place within its layer.
const EXPONENTIAL_BITS: u32 = 52;
/// Bits of the normal's place within its layer.
const NORMAL_BITS: u32 = 51;

/// One layer as the fast path reads it: 16 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    /// Places below this lie under the curve for certain: `floor(2^bits · edge[i+1] / edge[i])`.
    pub limit: u64,
    /// Width of one place: `edge[i] · 2^-bits`, negative in the negative half of the normal.
    pub width: f64,
}

/// All tables of both ziggurats, at one address for the life of the process ([`tables`]).
#[repr(C, align(64))]
#[derive(Clone, Debug, PartialEq)]
pub struct ZigguratTables {
    /// Layers of the exponential, the base layer first.
    pub exponential: [Layer; LAYERS],
    /// Layers of the normal: 256 of the positive half, then the same with negative widths.
    pub normal: [Layer; 2 * LAYERS],
    /// What lies between the edges of the exponential's layers.
    exponential_wedges: [Wedge; LAYERS],
    /// `exp(-edge[i]²/2)`, from the base up to 1 at the top.
    normal_density: [f64; LAYERS + 1],
}

/// Where the exponential's density runs through a layer: between the layer's two edges it falls from one height to
/// the other, below the chord and above the tangent at the right edge, for it is convex.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wedge {
    /// Right edge.
    right: f64,
    /// One by the distance of the edges.
    by_width: f64,
    /// Slope of the tangent at the right edge by that of the chord.
    tangent: f64,
    /// Density at the right edge.
    low: f64,
    /// Density at the left edge less that at the right.
    rise: f64,
}

impl Wedge {
    fn new(right: f64, left: f64) -> Wedge {
        let (low, high) = (libm::exp(-right), libm::exp(-left));
        let (width, rise) = (right - left, high - low);
        Wedge { right, by_width: 1.0 / width, tangent: low * width / rise, low, rise }
    }

    /// Whether a height between the two densities, as a share, is below the density at a place between the edges;
    /// `None` where chord and tangent do not say, or so narrowly that rounding could.
    #[inline]
    fn decides(&self, x: f64, height: f64) -> Option<bool> {
        /// Thousands of times what rounding makes of heights.
        const NARROW: f64 = 1e-9;
        let chord = (self.right - x) * self.by_width;
        if height > chord + NARROW {
            return Some(false);
        }
        (height < chord * self.tangent - NARROW).then_some(true)
    }

    fn is_under(&self, x: f64, height: f64) -> bool {
        self.low + self.rise * height < libm::exp(-x)
    }
}

impl ZigguratTables {
    /// Byte offset of the exponential's layers in the tables.
    pub const EXPONENTIAL_OFFSET: usize = offset_of!(ZigguratTables, exponential);
    /// Byte offset of the normal's layers in the tables.
    pub const NORMAL_OFFSET: usize = offset_of!(ZigguratTables, normal);
    /// `word & EXPONENTIAL_MASK` is the byte offset of the word's layer in the exponential's layers.
    pub const EXPONENTIAL_MASK: u64 = 0x0ff0;
    /// `word & NORMAL_MASK` is the byte offset of the word's layer in the normal's layers.
    pub const NORMAL_MASK: u64 = 0x1ff0;
    /// `word >> EXPONENTIAL_SHIFT` is the place in the layer.
    pub const EXPONENTIAL_SHIFT: u32 = u64::BITS - EXPONENTIAL_BITS;
    /// `word >> NORMAL_SHIFT` is the place in the layer.
    pub const NORMAL_SHIFT: u32 = u64::BITS - NORMAL_BITS;

    /// The unit exponential variate of a word (mean 1), at least 0.
    #[inline(always)]
    #[must_use]
    pub fn exponential(&self, word: u64) -> f64 {
        let layer = self.exponential_layer(word);
        let place = word >> Self::EXPONENTIAL_SHIFT;
        if place < layer.limit { float(place) * layer.width } else { exponential_slow(word) }
    }

    /// The standard normal variate of a word (mean 0, standard deviation 1).
    #[inline(always)]
    #[must_use]
    pub fn normal(&self, word: u64) -> f64 {
        let layer = self.normal_layer(word);
        let place = word >> Self::NORMAL_SHIFT;
        if place < layer.limit { float(place) * layer.width } else { normal_slow(word) }
    }

    /// The layer of a word in the exponential.
    #[inline(always)]
    #[must_use]
    pub fn exponential_layer(&self, word: u64) -> Layer {
        self.exponential[((word & Self::EXPONENTIAL_MASK) >> 4) as usize]
    }

    #[inline(always)]
    fn normal_layer(&self, word: u64) -> Layer {
        self.normal[((word & Self::NORMAL_MASK) >> 4) as usize]
    }

    fn build() -> ZigguratTables {
        let exponential =
            edges(EXPONENTIAL_EDGE, libm::exp(-EXPONENTIAL_EDGE), |x| libm::exp(-x), |density| -libm::log(density));
        let half_pi_root = std::f64::consts::FRAC_PI_2.sqrt();
        let normal = edges(
            NORMAL_EDGE,
            half_pi_root * libm::erfc(NORMAL_EDGE * std::f64::consts::FRAC_1_SQRT_2),
            |x| libm::exp(-0.5 * x * x),
            |density| (-2.0 * libm::log(density)).sqrt(),
        );
        ZigguratTables {
            exponential: std::array::from_fn(|i| layer(&exponential, i, EXPONENTIAL_BITS)),
            normal: std::array::from_fn(|i| {
                let layer = layer(&normal, i % LAYERS, NORMAL_BITS);
                if i < LAYERS { layer } else { Layer { width: -layer.width, ..layer } }
            }),
            exponential_wedges: std::array::from_fn(|i| Wedge::new(exponential[i], exponential[i + 1])),
            normal_density: densities(&normal, |x| libm::exp(-0.5 * x * x)),
        }
    }
}

/// The tables, built by the first call (less than 0.1 ms) and at the same address ever after.
#[inline]
#[must_use]
pub fn tables() -> &'static ZigguratTables {
    static TABLES: LazyLock<ZigguratTables> = LazyLock::new(ZigguratTables::build);
    &TABLES
}

/// The unit exponential variate of a word, whatever path it takes; meant for words the fast path refuses.
///
/// Base layer: beyond the edge the law repeats itself, so the edge plus a fresh exponential. Other
/// layers: a point between the densities of the layer's two edges is accepted when it is under the curve,
/// else everything starts again with a fresh word.
#[cold]
#[inline(never)]
#[must_use]
pub fn exponential_slow(word: u64) -> f64 {
    let tables = tables();
    let mut sub = SubGenerator::new(word);
    let mut word = word;
    let mut passed = 0.0;
    loop {
        let layer = tables.exponential_layer(word);
        let place = word >> ZigguratTables::EXPONENTIAL_SHIFT;
        let x = float(place) * layer.width;
        if place < layer.limit {
            return passed + x;
        }
        let number = ((word & ZigguratTables::EXPONENTIAL_MASK) >> 4) as usize;
        if number == 0 {
            passed += EXPONENTIAL_EDGE;
        } else {
            let height = uniform(sub.next());
            let wedge = &tables.exponential_wedges[number];
            if wedge.decides(x, height).unwrap_or_else(|| wedge.is_under(x, height)) {
                return passed + x;
            }
        }
        word = sub.next();
    }
}

/// The standard normal variate of a word, whatever path it takes; meant for words the fast path refuses.
///
/// Base layer: beyond the edge r the tail of Marsaglia (1964): with exponentials a and b, r + a/r is
/// accepted when 2b > (a/r)². Other layers as in [`exponential_slow`].
#[cold]
#[inline(never)]
#[must_use]
pub fn normal_slow(word: u64) -> f64 {
    let tables = tables();
    let mut sub = SubGenerator::new(word);
    let mut word = word;
    loop {
        let layer = tables.normal_layer(word);
        let place = word >> ZigguratTables::NORMAL_SHIFT;
        let x = float(place) * layer.width;
        if place < layer.limit {
            return x;
        }
        let number = ((word & ZigguratTables::NORMAL_MASK) >> 4) as usize;
        if number.is_multiple_of(LAYERS) {
            loop {
                let beyond = tables.exponential(sub.next()) / NORMAL_EDGE;
                if 2.0 * tables.exponential(sub.next()) > beyond * beyond {
                    return (NORMAL_EDGE + beyond).copysign(layer.width);
                }
            }
        }
        if under(&tables.normal_density, number % LAYERS, sub.next(), libm::exp(-0.5 * x * x)) {
            return x;
        }
        word = sub.next();
    }
}

/// Whether a uniform height between the densities of layer `number`'s two edges is below `density`.
fn under(densities: &[f64; LAYERS + 1], number: usize, word: u64, density: f64) -> bool {
    let (low, high) = (densities[number], densities[number + 1]);
    low + (high - low) * uniform(word) < density
}

/// A place in a layer as a float; exact, for a place has at most 52 bits.
#[inline(always)]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap)] // below 2^52: exact
fn float(place: u64) -> f64 {
    place as i64 as f64
}

/// Right edges of the layers from the base to the top, all layers of equal area. The first entry is the
/// width the base layer would have were its tail folded into the rectangle; the last is 0.
fn edges(edge: f64, tail: f64, density: fn(f64) -> f64, inverse: fn(f64) -> f64) -> [f64; LAYERS + 1] {
    let area = edge * density(edge) + tail;
    let mut edges = [0.0; LAYERS + 1];
    edges[0] = area / density(edge);
    edges[1] = edge;
    for i in 2..LAYERS {
        edges[i] = inverse(density(edges[i - 1]) + area / edges[i - 1]);
    }
    edges
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and 2^bits
fn layer(edges: &[f64; LAYERS + 1], i: usize, bits: u32) -> Layer {
    let places = float(1 << bits);
    Layer { limit: (edges[i + 1] / edges[i] * places) as u64, width: edges[i] / places }
}

fn densities(edges: &[f64; LAYERS + 1], density: fn(f64) -> f64) -> [f64; LAYERS + 1] {
    std::array::from_fn(|i| density(edges[i]))
}
