//! Histograms against exact order statistics, confidence intervals against tables, exact sums.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use flowline::runtime::histogram::{COUNTERS, Histogram, WORDS, bucket, bucket_bounds, count, quantile, record};
use flowline::runtime::statistics::{Summary, Tally128, student_t};
use proptest::prelude::*;

fn empty() -> Box<Histogram> {
    vec![0_u64; WORDS].into_boxed_slice().try_into().unwrap()
}

/// Type 7 of Hyndman and Fan on the values themselves.
fn exact_quantile(sorted: &[i64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let lower = place.floor() as usize;
    let upper = (lower + 1).min(sorted.len() - 1);
    let (a, b) = (sorted[lower] as f64, sorted[upper] as f64);
    a + (place - lower as f64) * (b - a)
}

#[test]
fn buckets_join_without_gap_and_are_narrow() {
    let mut end = 0;
    for number in 0..COUNTERS {
        let (low, width) = bucket_bounds(number);
        assert_eq!(low, end, "bucket {number}");
        assert!(width == 1 || width as f64 / low as f64 <= 1.0 / 256.0);
        assert_eq!(bucket(low), number);
        assert_eq!(bucket(low + (width - 1)), number);
        end = low.wrapping_add(width);
    }
    assert_eq!(end, i64::MIN, "the last bucket ends at 2^63");
    assert_eq!(bucket(i64::MAX), COUNTERS - 1);
    assert_eq!(bucket(-5), 0);
    const { assert!(WORDS * 8 <= 64 * 1024) };
}

#[test]
fn a_full_counter_stays_full_and_its_neighbour_counts_on() {
    let mut histogram = empty();
    histogram[3] = u64::from(u32::MAX);
    record(&mut histogram, 6);
    assert_eq!(histogram[3], u64::from(u32::MAX));
    record(&mut histogram, 7);
    assert_eq!(histogram[3], u64::from(u32::MAX) | 1 << 32);
    assert_eq!(count(&histogram), u64::from(u32::MAX) + 1);
}

#[test]
fn quantiles_of_equal_durations_are_that_duration() {
    let mut histogram = empty();
    assert_eq!(quantile(&histogram, 0.5, 0, 0), None);
    for _ in 0..1000 {
        record(&mut histogram, 61_234_567_891);
    }
    for q in [0.0, 0.5, 0.9, 0.99, 1.0] {
        assert_eq!(quantile(&histogram, q, 61_234_567_891, 61_234_567_891), Some(61_234_567_891.0));
    }
}

#[test]
fn quantiles_of_many_exponential_durations_are_close_to_theory() {
    let mut histogram = empty();
    let mut stream = flowline::runtime::random::stream_seed(1, 0, "histogram", "test", 0);
    let (mut least, mut most) = (i64::MAX, 0);
    for _ in 0..2_000_000 {
        let e = flowline::runtime::ziggurat::tables().exponential(flowline::runtime::random::next(&mut stream));
        let ticks = (e * 6e10) as i64;
        (least, most) = (least.min(ticks), most.max(ticks));
        record(&mut histogram, ticks);
    }
    for q in [0.1, 0.5, 0.9, 0.99] {
        let theory = -(1.0_f64 - q).ln() * 6e10;
        let standard_error = 6e10 * (q / (1.0 - q) / 2e6_f64).sqrt();
        let found = quantile(&histogram, q, least, most).unwrap();
        assert!((found - theory).abs() < 4.0 * standard_error + 1e-4 * theory, "{q}: {found} {theory}");
    }
}

proptest! {
    #[test]
    fn quantiles_are_within_0_4_percent_of_the_exact_ones(
        values in prop::collection::vec((0_u32..63, any::<u64>()), 1..300),
        q in 0.0_f64..=1.0,
    ) {
        let mut sorted: Vec<i64> = values.iter().map(|(bits, word)| (word & ((1_u64 << bits) - 1)).cast_signed()).collect();
        let mut histogram = empty();
        sorted.iter().for_each(|ticks| record(&mut histogram, *ticks));
        sorted.sort_unstable();
        prop_assert_eq!(count(&histogram), sorted.len() as u64);
        for q in [q, 0.0, 0.5, 0.9, 0.99, 1.0] {
            let exact = exact_quantile(&sorted, q);
            let found = quantile(&histogram, q, sorted[0], sorted[sorted.len() - 1]).unwrap();
            prop_assert!((found - exact).abs() <= exact * (1.0 / 256.0 + 1e-12), "{} {} {}", q, found, exact);
        }
    }

    #[test]
    fn small_durations_have_exact_quantiles(mut values in prop::collection::vec(0_i64..512, 1..100), q in 0.0_f64..=1.0) {
        let mut histogram = empty();
        values.iter().for_each(|ticks| record(&mut histogram, *ticks));
        values.sort_unstable();
        let found = quantile(&histogram, q, values[0], values[values.len() - 1]).unwrap();
        prop_assert!((found - exact_quantile(&values, q)).abs() < 1e-9);
    }

    #[test]
    fn quantiles_rise_with_the_share(values in prop::collection::vec(0_i64..i64::MAX, 1..100)) {
        let mut histogram = empty();
        values.iter().for_each(|ticks| record(&mut histogram, *ticks));
        let (least, most) = (*values.iter().min().unwrap(), *values.iter().max().unwrap());
        let found: Vec<f64> = (0..=50).map(|i| quantile(&histogram, f64::from(i) / 50.0, least, most).unwrap()).collect();
        prop_assert!(found.is_sorted());
        prop_assert_eq!((found[0], found[50]), (least as f64, most as f64));
    }

    #[test]
    fn tally_is_exact_whatever_the_order(values in prop::collection::vec(any::<i64>(), 2..60), cut in 0_usize..60) {
        let tally = |values: &[i64]| {
            let mut tally = Tally128::default();
            values.iter().for_each(|value| tally.add(*value));
            tally
        };
        let whole = tally(&values);
        let (a, b) = values.split_at(cut.min(values.len()));
        let mut merged = tally(b);
        merged.merge(&tally(a));
        prop_assert_eq!(whole, merged);
        prop_assert_eq!(Tally128::from_words(whole.to_words()), whole);
        prop_assert_eq!(whole.sum(), values.iter().map(|v| i128::from(*v)).sum::<i128>());
        let mean = values.iter().map(|v| *v as f64).sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (*v as f64 - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64;
        let size = values.iter().map(|v| (*v as f64).abs()).fold(0.0, f64::max);
        prop_assert!((whole.mean().unwrap() - mean).abs() <= 1e-12 * size);
        prop_assert!((whole.variance().unwrap() - variance).abs() <= 1e-12 * size * size);
    }
}

#[test]
fn tally_of_little_and_of_much() {
    let mut tally = Tally128::default();
    assert_eq!((tally.mean(), tally.variance()), (None, None));
    tally.add(-3);
    assert_eq!((tally.mean(), tally.variance()), (Some(-3.0), None));
    // Close values far from 0: the textbook formula in floats would give nonsense.
    let mut tally = Tally128::default();
    for value in [1_000_000_000_000_000_001, 1_000_000_000_000_000_002, 1_000_000_000_000_000_003] {
        tally.add(value);
    }
    assert_eq!(tally.variance(), Some(1.0));
    // The sum of squares passes 2^128.
    let mut tally = Tally128::default();
    for _ in 0..100 {
        tally.add(i64::MIN);
    }
    assert_eq!((tally.mean(), tally.variance()), (Some(i64::MIN as f64), Some(0.0)));
    assert_eq!(tally.to_words()[5], 25, "100 · 2^126 = 25 · 2^128");
}

#[test]
fn student_t_agrees_with_printed_tables() {
    for (degrees, t) in [
        (1, 12.706),
        (2, 4.303),
        (3, 3.182),
        (4, 2.776),
        (5, 2.571),
        (9, 2.262),
        (10, 2.228),
        (19, 2.093),
        (29, 2.045),
        (30, 2.042),
        (99, 1.984),
        (120, 1.980),
        (999, 1.962),
        (1_000_000, 1.960),
    ] {
        let found = student_t(0.95, degrees);
        assert!((found - t).abs() < 6e-4, "{degrees} degrees: {found}, table {t}");
    }
    assert!((student_t(0.99, 7) - 3.499).abs() < 6e-4);
    assert!((student_t(0.90, 500) - 1.648).abs() < 6e-4);
    assert!((student_t(0.95, u64::MAX) - 1.959_963_984_540_054).abs() < 1e-12);
    assert!(student_t(0.95, 0).is_nan() && student_t(1.0, 5).is_nan() && student_t(f64::NAN, 5).is_nan());
    assert_eq!(student_t(0.0, 5), 0.0);
}

/// P(|T| > t) is the regularised incomplete beta function at v/(v + t²), by an independent library.
#[test]
fn student_t_agrees_with_the_incomplete_beta_function() {
    for degrees in (1..=230).chain([300, 500, 999, 2500]) {
        for confidence in [0.5, 0.9, 0.95, 0.99] {
            let t = student_t(confidence, degrees);
            let v = degrees as f64;
            let outside = puruspe::betai(v / 2.0, 0.5, v / (v + t * t));
            assert!((outside - (1.0 - confidence)).abs() < 1e-9, "{degrees} {confidence}: {outside}");
        }
    }
}

#[test]
fn summary_over_replications() {
    assert_eq!(Summary::of(&[]), None);
    let one = Summary::of(&[4.5]).unwrap();
    assert_eq!(one, Summary { mean: 4.5, half_width: None, sd: 0.0, min: 4.5, max: 4.5 });
    let five = Summary::of(&[2.0, 4.0, 4.0, 6.0, 9.0]).unwrap();
    assert_eq!((five.mean, five.min, five.max), (5.0, 2.0, 9.0));
    assert!((five.sd - 7.0_f64.sqrt()).abs() < 1e-15);
    // t(0.975, 4)·sd/√5
    assert!((five.half_width.unwrap() - 2.776_445_105 * 7.0_f64.sqrt() / 5.0_f64.sqrt()).abs() < 1e-8);
    let equal = Summary::of(&[0.1; 7]).unwrap();
    assert_eq!((equal.mean, equal.sd, equal.half_width), (0.1, 0.0, Some(0.0)));
    assert!((five.relative_half_width().unwrap() - five.half_width.unwrap() / 5.0).abs() < 1e-15);
    assert_eq!(Summary::of(&[0.0, 0.0]).unwrap().relative_half_width(), None);
}
