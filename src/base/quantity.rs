//! Exact numbers with dimensions. `98.5 %` is exactly 197/200; `1.8 s` is exactly 9/5 seconds.

use std::fmt;

/// An exact rational number of any size.
pub type Rational = dashu_ratio::RBig;

/// Base dimensions, in the order of [`Dim::exponents`]. Power is energy per time, a rate is one per
/// time, a volume is length cubed; counts are plain numbers.
pub const BASE_DIMENSIONS: [&str; 7] = ["time", "length", "mass", "energy", "money", "angle", "temperature"];

/// The dimension of a value: exponents over [`BASE_DIMENSIONS`] and whether it was written as a share.
///
/// A percent literal is a *ratio*, which does not mix with plain numbers in sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dim {
    /// Exponents over time, length, mass, energy, money, angle, temperature.
    pub exponents: [i8; 7],
    /// True for `98.5 %` and sums of such.
    pub ratio: bool,
    /// Which attribute with named values this is a value of, from 1; 0 for every other value.
    pub names: u8,
}

impl Dim {
    /// A plain number or a count.
    pub const NUMBER: Dim = Dim { exponents: [0; 7], ratio: false, names: 0 };
    /// A share, written with `%`.
    pub const RATIO: Dim = Dim { exponents: [0; 7], ratio: true, names: 0 };
    /// Seconds.
    pub const TIME: Dim = Dim::base(0, 1);
    /// Per second.
    pub const RATE: Dim = Dim::base(0, -1);
    /// Metres.
    pub const LENGTH: Dim = Dim::base(1, 1);
    /// Cubic metres.
    pub const VOLUME: Dim = Dim::base(1, 3);
    /// Kilograms.
    pub const MASS: Dim = Dim::base(2, 1);
    /// Joules.
    pub const ENERGY: Dim = Dim::base(3, 1);
    /// Watts.
    pub const POWER: Dim = Dim { exponents: [-1, 0, 0, 1, 0, 0, 0], ratio: false, names: 0 };
    /// Metres per second.
    pub const SPEED: Dim = Dim { exponents: [-1, 1, 0, 0, 0, 0, 0], ratio: false, names: 0 };
    /// Currency units.
    pub const MONEY: Dim = Dim::base(4, 1);
    /// Radians.
    pub const ANGLE: Dim = Dim::base(5, 1);
    /// Kelvin.
    pub const TEMPERATURE: Dim = Dim::base(6, 1);

    const fn base(index: usize, exponent: i8) -> Dim {
        let mut exponents = [0; 7];
        exponents[index] = exponent;
        Dim { exponents, ratio: false, names: 0 }
    }

    /// Dimension of a product.
    #[must_use]
    pub fn times(self, other: Dim) -> Dim {
        let mut exponents = self.exponents;
        for (e, o) in exponents.iter_mut().zip(other.exponents) {
            *e = e.saturating_add(o);
        }
        // A share of something is that thing; a share of a share stays a share.
        let ratio = exponents == [0; 7] && self.ratio && other.ratio;
        Dim { exponents, ratio, names: 0 }
    }

    /// Dimension of a quotient.
    #[must_use]
    pub fn over(self, other: Dim) -> Dim {
        let mut exponents = self.exponents;
        for (e, o) in exponents.iter_mut().zip(other.exponents) {
            *e = e.saturating_sub(o);
        }
        Dim { exponents, ratio: exponents == [0; 7] && self.ratio && !other.ratio, names: 0 }
    }

    /// Dimension of a whole power; `None` when an exponent leaves the range.
    #[must_use]
    pub fn power(self, n: i8) -> Option<Dim> {
        let mut exponents = self.exponents;
        for e in &mut exponents {
            *e = e.checked_mul(n)?;
        }
        Some(Dim { exponents, ratio: self.ratio, names: 0 })
    }

    /// True when both are plain numbers or shares, or have equal exponents.
    #[must_use]
    pub fn same_kind(self, other: Dim) -> bool {
        self.exponents == other.exponents
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            (Dim::NUMBER, "number"),
            (Dim::RATIO, "share"),
            (Dim::TIME, "time"),
            (Dim::RATE, "rate"),
            (Dim::LENGTH, "length"),
            (Dim::VOLUME, "volume"),
            (Dim::MASS, "mass"),
            (Dim::ENERGY, "energy"),
            (Dim::POWER, "power"),
            (Dim::SPEED, "speed"),
            (Dim::MONEY, "money"),
            (Dim::ANGLE, "angle"),
            (Dim::TEMPERATURE, "temperature"),
        ];
        if let Some((_, name)) = named.iter().find(|(d, _)| d == self) {
            return f.write_str(name);
        }
        if self.names > 0 {
            return f.write_str("value with a name");
        }
        let part = |e: i8, name: &str| if e == 1 { name.to_string() } else { format!("{name}^{e}") };
        let list = |sign: i8| -> Vec<String> {
            self.exponents
                .iter()
                .zip(BASE_DIMENSIONS)
                .filter(|(e, _)| e.signum() == sign)
                .map(|(e, name)| part(e.saturating_abs(), name))
                .collect()
        };
        let (up, down) = (list(1), list(-1));
        f.write_str(&if up.is_empty() { "1".to_string() } else { up.join("·") })?;
        if !down.is_empty() {
            write!(f, "/{}", down.join("/"))?;
        }
        Ok(())
    }
}

/// An exact value in base units (seconds, metres, kilograms, joules, …) with its dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// The value in base units.
    pub value: Rational,
    /// Its dimension.
    pub dim: Dim,
}

impl Quantity {
    /// A plain number.
    #[must_use]
    pub fn number(n: i64) -> Self {
        Self { value: Rational::from(n), dim: Dim::NUMBER }
    }

    /// The nearest float, in base units.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        to_f64(&self.value)
    }
}

/// A whole power of a rational; of 0 with a negative exponent it is 0, for which callers watch.
#[must_use]
pub fn power(value: &Rational, exponent: i8) -> Rational {
    let size = usize::from(exponent.unsigned_abs());
    let (numerator, denominator) = (value.numerator().pow(size), value.denominator().pow(size).into());
    match exponent < 0 {
        true if value.is_zero() => Rational::ZERO,
        true => Rational::from_parts_signed(denominator, numerator),
        false => Rational::from_parts_signed(numerator, denominator),
    }
}

/// The nearest float to a rational; infinite when it does not fit.
#[must_use]
pub fn to_f64(value: &Rational) -> f64 {
    // Of two whole numbers that floats hold exactly, the quotient is the nearest float.
    const EXACT: u64 = 1 << 53;
    let (numerator, denominator) = (i64::try_from(value.numerator()), u64::try_from(value.denominator()));
    if let (Ok(numerator), Ok(denominator)) = (numerator, denominator)
        && numerator.unsigned_abs() <= EXACT
        && denominator <= EXACT
    {
        return numerator as f64 / denominator as f64;
    }
    value.to_f64().value()
}

/// The exact value of a decimal number such as `-1_000.25`; `None` when it is none or has too many digits.
#[must_use]
pub fn decimal(text: &str) -> Option<Rational> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = whole.chars().chain(part.chars()).filter(|c| *c != '_').collect();
    if digits.is_empty() || digits.len() > super::limits::NUMBER_DIGITS || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let numerator: dashu_int::IBig = digits.parse().ok()?;
    let scale = dashu_int::IBig::from(10).pow(part.chars().filter(char::is_ascii_digit).count());
    Some(Rational::from_parts_signed(numerator * sign, scale))
}
