//! Short ways to a result give what the long ways give.

use flowline::base::{Rational, quantity};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn floats_are_the_nearest(numerator: i64, denominator in 1u64.., cut in 0u32..63) {
        for (n, d) in [(numerator, denominator), (numerator >> cut, denominator), (numerator >> cut, (denominator >> cut).max(1))] {
            let value = Rational::from_parts_signed(n.into(), d.into());
            prop_assert_eq!(quantity::to_f64(&value).to_bits(), value.to_f64().value().to_bits(), "{}", value);
        }
    }
}
