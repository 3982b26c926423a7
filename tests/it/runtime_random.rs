//! Streams and ziggurats: held against an independent generator, and against the exact laws.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use flowline::runtime::random::{Stream, SubGenerator, index, next, stream_id, stream_seed, stream_state, uniform};
use flowline::runtime::ziggurat::{ZigguratTables, exponential_slow, normal_slow, tables};
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

/// Standard normal distribution function.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// Counts values, given as probabilities F(x), in equal cells, and fails when the counts are further
/// from uniform than chance explains: chi-square within 5 standard deviations of its mean and the
/// Kolmogorov–Smirnov distance over the cell borders below 2.23/√n (passed by chance in 9999 of 10000).
pub struct Uniformity {
    cells: Vec<u64>,
    n: u64,
}

impl Uniformity {
    pub fn new(cells: usize) -> Uniformity {
        Uniformity { cells: vec![0; cells], n: 0 }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub fn add(&mut self, probability: f64) {
        assert!((-1e-9..=1.0 + 1e-9).contains(&probability), "probability {probability}");
        let cell = (probability.max(0.0) * self.cells.len() as f64) as usize;
        let last = self.cells.len() - 1;
        self.cells[cell.min(last)] += 1;
        self.n += 1;
    }

    #[allow(clippy::cast_precision_loss)]
    pub fn verify(&self, what: &str) {
        let (n, cells) = (self.n as f64, self.cells.len() as f64);
        let expected = n / cells;
        let chi_square: f64 = self.cells.iter().map(|c| (*c as f64 - expected).powi(2) / expected).sum();
        let degrees = cells - 1.0;
        let deviation = (chi_square - degrees) / (2.0 * degrees).sqrt();
        assert!(deviation.abs() < 5.0, "{what}: chi-square is {deviation:.2} deviations off");
        let mut seen = 0;
        let mut distance: f64 = 0.0;
        for (i, c) in self.cells.iter().enumerate() {
            seen += c;
            distance = distance.max((seen as f64 / n - (i + 1) as f64 / cells).abs());
        }
        assert!(distance * n.sqrt() < 2.23, "{what}: Kolmogorov-Smirnov {:.3}", distance * n.sqrt());
    }
}

#[test]
fn next_is_xoshiro256_plus_plus() {
    let mut ours = stream_seed(7, 3, "filler", "cycle", 0);
    let bytes: Vec<u8> = ours.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut theirs = Xoshiro256PlusPlus::from_seed(bytes.try_into().unwrap());
    for _ in 0..100_000 {
        assert_eq!(next(&mut ours), theirs.next_u64());
    }
}

#[test]
fn sub_generator_is_splitmix64() {
    let mut ours = SubGenerator::new(0x1234_5678_9abc_def0);
    let mut theirs = SplitMix64::from_seed(0x1234_5678_9abc_def0_u64.to_le_bytes());
    for _ in 0..1000 {
        assert_eq!(ours.next(), theirs.next_u64());
    }
}

#[test]
fn every_part_of_a_name_makes_another_stream() {
    let base = stream_seed(1, 0, "weld[3].robot", "jam.after", 0);
    assert_eq!(base, stream_seed(1, 0, "weld[3].robot", "jam.after", 0));
    assert_eq!(base, stream_state(stream_id("weld[3].robot", "jam.after", 0), 1, 0));
    for other in [
        stream_seed(2, 0, "weld[3].robot", "jam.after", 0),
        stream_seed(1, 1, "weld[3].robot", "jam.after", 0),
        stream_seed(1, 0, "weld[2].robot", "jam.after", 0),
        stream_seed(1, 0, "weld[3].robot", "jam.repair", 0),
        stream_seed(1, 0, "weld[3].robot", "jam.after", 1),
        // Where one part ends and the next begins matters.
        stream_seed(1, 0, "weld[3].robotj", "am.after", 0),
        stream_seed(1, 0, "weld[3].robotjam.after", "", 0),
        // Seed and replication do not stand in for each other.
        stream_seed(0, 1, "weld[3].robot", "jam.after", 0),
    ] {
        assert!(base.iter().zip(other).all(|(a, b)| *a != b), "streams share a word");
    }
}

#[test]
fn ids_of_a_large_plant_are_all_different() {
    let mut ids = BTreeSet::new();
    for station in 1..=20_000 {
        for purpose in ["cycle", "jam.after", "jam.repair", "yield", "branch"] {
            for ordinal in 0..2 {
                assert!(ids.insert(stream_id(&format!("s[{station}]"), purpose, ordinal)));
            }
        }
    }
}

#[test]
fn first_draws_of_neighbouring_streams_and_replications_are_uniform() {
    let mut entities = Uniformity::new(256);
    let mut replications = Uniformity::new(256);
    for i in 0..200_000_u64 {
        entities.add(uniform(next(&mut stream_seed(1, 0, &format!("s[{i}]"), "cycle", 0))));
        replications.add(uniform(next(&mut stream_seed(1, i, "s", "cycle", 0))));
    }
    entities.verify("entities");
    replications.verify("replications");
}

#[test]
fn uniform_is_within_0_and_1_and_index_below_its_count() {
    assert_eq!(uniform(0).to_bits(), 0);
    assert!(uniform(u64::MAX) < 1.0);
    assert_eq!(uniform(u64::MAX).to_bits(), (1.0 - f64::EPSILON / 2.0).to_bits());
    assert_eq!((index(0, 7), index(u64::MAX, 7), index(u64::MAX, 1), index(u64::MAX, 0)), (0, 6, 0, 0));
}

#[test]
fn ziggurat_layers_are_where_native_code_looks_for_them() {
    let tables = tables();
    let base = std::ptr::from_ref(tables) as usize;
    assert_eq!(base, std::ptr::from_ref(flowline::runtime::ziggurat::tables()) as usize);
    assert_eq!(base % 64, 0);
    assert_eq!(tables.exponential.as_ptr() as usize - base, ZigguratTables::EXPONENTIAL_OFFSET);
    assert_eq!(tables.normal.as_ptr() as usize - base, ZigguratTables::NORMAL_OFFSET);
    assert_eq!(size_of_val(&tables.exponential[0]), 16);
    assert_eq!((ZigguratTables::EXPONENTIAL_SHIFT, ZigguratTables::NORMAL_SHIFT), (12, 13));
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn ziggurat_layers_have_equal_areas_and_close_at_the_top() {
    let tables = tables();
    let edge = |i: usize| tables.exponential[i].width * 2.0_f64.powi(52);
    let area = edge(0) * libm::exp(-edge(1));
    assert!((area - (edge(1) + 1.0) * libm::exp(-edge(1))).abs() < 1e-17);
    for i in 1..255 {
        let layer = edge(i) * (libm::exp(-edge(i + 1)) - libm::exp(-edge(i)));
        assert!((layer / area - 1.0).abs() < 1e-11, "exponential layer {i}");
    }
    let top = edge(255) * (1.0 - libm::exp(-edge(255)));
    assert!((top / area - 1.0).abs() < 1e-9, "exponential top {}", top / area - 1.0);

    let edge = |i: usize| tables.normal[i].width * 2.0_f64.powi(51);
    let density = |x: f64| libm::exp(-0.5 * x * x);
    let area = edge(0) * density(edge(1));
    for i in 1..255 {
        let layer = edge(i) * (density(edge(i + 1)) - density(edge(i)));
        assert!((layer / area - 1.0).abs() < 1e-11, "normal layer {i}");
    }
    let top = edge(255) * (1.0 - density(edge(255)));
    assert!((top / area - 1.0).abs() < 1e-9, "normal top {}", top / area - 1.0);
    for i in 0..256 {
        assert_eq!(tables.normal[i].limit, tables.normal[i + 256].limit);
        assert_eq!(tables.normal[i].width.to_bits(), (-tables.normal[i + 256].width).to_bits());
    }
}

/// What the module's page tells native code to do, done by byte offsets.
#[test]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
fn fast_path_as_documented_gives_the_same_bits() {
    let tables = tables();
    let bytes: Vec<u8> = tables
        .exponential
        .iter()
        .chain(&tables.normal)
        .flat_map(|layer| [layer.limit.to_le_bytes(), layer.width.to_le_bytes()].concat())
        .collect();
    let read = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let variate = |word: u64, start: usize, mask: u64, shift: u32, slow: fn(u64) -> f64| {
        let entry = start + (word & mask) as usize;
        let place = word >> shift;
        if place < read(entry) { place as i64 as f64 * f64::from_bits(read(entry + 8)) } else { slow(word) }
    };
    let mut stream = stream_seed(5, 0, "native", "code", 0);
    for _ in 0..200_000 {
        let word = next(&mut stream);
        let e = variate(word, 0, 0xff0, 12, exponential_slow);
        let z = variate(word, 4096, 0x1ff0, 13, normal_slow);
        assert_eq!(tables.exponential(word).to_bits(), e.to_bits());
        assert_eq!(tables.normal(word).to_bits(), z.to_bits());
        // The slow path of any word is the variate of that word.
        assert_eq!(exponential_slow(word).to_bits(), e.to_bits());
        assert_eq!(normal_slow(word).to_bits(), z.to_bits());
    }
}

#[test]
fn exponential_and_normal_follow_their_laws_in_ten_million_draws() {
    let tables = tables();
    let mut stream = stream_seed(1, 0, "exponential", "law", 0);
    let mut uniformity = Uniformity::new(4096);
    let mut beyond = [0_u32; 3];
    for _ in 0..10_000_000 {
        let e = tables.exponential(next(&mut stream));
        uniformity.add(-libm::expm1(-e));
        for (count, limit) in beyond.iter_mut().zip([7.697_117_470_131_05, 10.0, 13.0]) {
            *count += u32::from(e > limit);
        }
    }
    uniformity.verify("exponential");
    for (count, limit) in beyond.into_iter().zip([7.697_117_470_131_05_f64, 10.0, 13.0]) {
        let expected = 1e7 * (-limit).exp();
        assert!((f64::from(count) - expected).abs() < 4.5 * expected.sqrt(), "beyond {limit}: {count} of {expected}");
    }

    let mut stream = stream_seed(1, 0, "normal", "law", 0);
    let mut uniformity = Uniformity::new(4096);
    let mut beyond = [[0_u32; 2]; 3];
    let limits = [3.0, 3.654_152_885_361_009, 4.5];
    for _ in 0..10_000_000 {
        let z = tables.normal(next(&mut stream));
        uniformity.add(normal_cdf(z));
        for (count, limit) in beyond.iter_mut().zip(limits) {
            count[0] += u32::from(z > limit);
            count[1] += u32::from(z < -limit);
        }
    }
    uniformity.verify("normal");
    for (counts, limit) in beyond.into_iter().zip(limits) {
        let expected = 1e7 * normal_cdf(-limit);
        for count in counts {
            assert!(
                (f64::from(count) - expected).abs() < 4.5 * expected.sqrt(),
                "beyond {limit}: {count} of {expected}"
            );
        }
    }
}

/// The slow paths alone, against their exact law: what the whole law leaves when the fast path's share,
/// a mixture of uniforms below each layer's safe edge, is taken away.
#[test]
#[allow(clippy::cast_precision_loss)]
fn slow_paths_follow_their_exact_law() {
    let tables = tables();
    // (safe edge, full edge) of each layer.
    let layers = |layers: &[flowline::runtime::ziggurat::Layer], places: f64| -> Vec<(f64, f64)> {
        layers[..256].iter().map(|l| (l.limit as f64 * l.width, l.width * places)).collect()
    };
    let fast = |layers: &[(f64, f64)], x: f64| {
        layers.iter().map(|(safe, full)| x.min(*safe) / full).sum::<f64>() / layers.len() as f64
    };
    let exponential = layers(&tables.exponential, 2.0_f64.powi(52));
    let normal = layers(&tables.normal, 2.0_f64.powi(51));
    let (slow_e, slow_n) = (1.0 - fast(&exponential, f64::MAX), 1.0 - fast(&normal, f64::MAX));
    assert!((0.020..0.024).contains(&slow_e) && (0.013..0.017).contains(&slow_n), "{slow_e} {slow_n}");

    let mut stream = stream_seed(2, 0, "slow", "law", 0);
    let (mut of_exponential, mut of_normal) = (Uniformity::new(512), Uniformity::new(512));
    let (mut words_e, mut words_n, mut negative) = (0_u32, 0_u32, 0_u32);
    for _ in 0..8_000_000 {
        let word = next(&mut stream);
        if word >> 12 >= tables.exponential[(word as usize & 0xff0) >> 4].limit {
            let e = exponential_slow(word);
            of_exponential.add((-libm::expm1(-e) - fast(&exponential, e)) / slow_e);
            words_e += 1;
        }
        if word >> 13 >= tables.normal[(word as usize & 0x1ff0) >> 4].limit {
            let z = normal_slow(word);
            of_normal.add((1.0 - 2.0 * normal_cdf(-z.abs()) - fast(&normal, z.abs())) / slow_n);
            words_n += 1;
            negative += u32::from(z < 0.0);
        }
    }
    assert!((f64::from(words_e) / 8e6 - slow_e).abs() < 4.5 * (slow_e / 8e6).sqrt());
    assert!((f64::from(words_n) / 8e6 - slow_n).abs() < 4.5 * (slow_n / 8e6).sqrt());
    assert!((f64::from(negative) / f64::from(words_n) - 0.5).abs() < 4.5 * 0.5 / f64::from(words_n).sqrt());
    of_exponential.verify("slow exponential");
    of_normal.verify("slow normal");
}

/// Draws beyond the base layer only: a unit exponential further on, and the normal's exact tail.
#[test]
fn tails_follow_their_exact_law() {
    let tables = tables();
    let (limit_e, limit_n) = (tables.exponential[0].limit, tables.normal[0].limit);
    let mut stream = stream_seed(3, 0, "tails", "law", 0);
    let (mut of_exponential, mut of_normal) = (Uniformity::new(256), Uniformity::new(256));
    let edge_e = 7.697_117_470_131_05;
    let edge_n = 3.654_152_885_361_009;
    for _ in 0..500_000 {
        let place = limit_e + next(&mut stream) % ((1 << 52) - limit_e);
        of_exponential.add(-libm::expm1(edge_e - tables.exponential(place << 12)));
        let place = limit_n + next(&mut stream) % ((1 << 51) - limit_n);
        let (right, left) = (tables.normal(place << 13), tables.normal(place << 13 | 1 << 12));
        assert!(right >= edge_n && left <= -edge_n);
        of_normal.add(1.0 - normal_cdf(-right) / normal_cdf(-edge_n));
    }
    of_exponential.verify("tail of the exponential");
    of_normal.verify("tail of the normal");
}

#[test]
fn successive_draws_are_uncorrelated() {
    let tables = tables();
    for lag in [1, 2, 7] {
        let mut stream = stream_seed(4, lag, "correlation", "law", 0);
        let draws: Vec<f64> = (0..1_000_000).map(|_| tables.normal(next(&mut stream))).collect();
        let shift = usize::try_from(lag).unwrap();
        let products: f64 = draws.iter().zip(&draws[shift..]).map(|(a, b)| a * b).sum();
        let of_sizes: f64 = draws.iter().zip(&draws[shift..]).map(|(a, b)| (a * a - 1.0) * (b * b - 1.0) / 2.0).sum();
        assert!(products.abs() < 4500.0 && of_sizes.abs() < 4500.0, "lag {lag}: {products} {of_sizes}");
    }
}

#[test]
fn first_values_never_change() {
    let mut lines = String::new();
    let mut stream: Stream = stream_seed(1, 0, "filler", "cycle", 0);
    lines += &format!("id {:016x}\nstate {:016x?}\n", stream_id("filler", "cycle", 0), stream);
    for _ in 0..6 {
        let word = next(&mut stream);
        let (e, z) = (tables().exponential(word), tables().normal(word));
        lines += &format!("{word:016x} u {:?} e {e:?} z {z:?}\n", uniform(word));
    }
    // Words on the slow paths: tail, wedge, top.
    for word in [u64::MAX << 12, u64::MAX << 13 | 1 << 12, 0xffff_ffff_ffff_f7f0, 0xff0, 0x1ff0] {
        lines += &format!("{word:016x} e {:?} z {:?}\n", tables().exponential(word), tables().normal(word));
    }
    insta::assert_snapshot!(lines);
}
