//! The table of units: name, factor to base units, dimension.

use dashu_int::IBig;

use super::quantity::{Dim, Quantity, Rational, power};

/// One row: what may stand behind a number.
pub struct Unit {
    /// The name as written.
    pub name: &'static str,
    /// Numerator of the factor to base units.
    pub numerator: i64,
    /// Denominator of the factor to base units.
    pub denominator: i64,
    /// The dimension.
    pub dim: Dim,
}

const fn unit(name: &'static str, numerator: i64, denominator: i64, dim: Dim) -> Unit {
    Unit { name, numerator, denominator, dim }
}

/// Every unit of the language. Affine units (`°C`, `°F`) are differences here: only powers and
/// accounts use them, never absolute temperatures.
pub const UNITS: &[Unit] = &[
    unit("ns", 1, 1_000_000_000, Dim::TIME),
    unit("us", 1, 1_000_000, Dim::TIME),
    unit("µs", 1, 1_000_000, Dim::TIME),
    unit("μs", 1, 1_000_000, Dim::TIME),
    unit("ms", 1, 1000, Dim::TIME),
    unit("s", 1, 1, Dim::TIME),
    unit("sec", 1, 1, Dim::TIME),
    unit("min", 60, 1, Dim::TIME),
    unit("h", 3600, 1, Dim::TIME),
    unit("d", 86_400, 1, Dim::TIME),
    unit("wk", 604_800, 1, Dim::TIME),
    unit("week", 604_800, 1, Dim::TIME),
    unit("weeks", 604_800, 1, Dim::TIME),
    unit("mm", 1, 1000, Dim::LENGTH),
    unit("cm", 1, 100, Dim::LENGTH),
    unit("m", 1, 1, Dim::LENGTH),
    unit("km", 1000, 1, Dim::LENGTH),
    unit("in", 254, 10_000, Dim::LENGTH),
    unit("ft", 3048, 10_000, Dim::LENGTH),
    unit("mg", 1, 1_000_000, Dim::MASS),
    unit("g", 1, 1000, Dim::MASS),
    unit("kg", 1, 1, Dim::MASS),
    unit("t", 1000, 1, Dim::MASS),
    unit("lb", 45_359_237, 100_000_000, Dim::MASS),
    unit("ml", 1, 1_000_000, Dim::VOLUME),
    unit("mL", 1, 1_000_000, Dim::VOLUME),
    unit("cl", 1, 100_000, Dim::VOLUME),
    unit("l", 1, 1000, Dim::VOLUME),
    unit("L", 1, 1000, Dim::VOLUME),
    unit("hl", 1, 10, Dim::VOLUME),
    unit("J", 1, 1, Dim::ENERGY),
    unit("kJ", 1000, 1, Dim::ENERGY),
    unit("MJ", 1_000_000, 1, Dim::ENERGY),
    unit("Wh", 3600, 1, Dim::ENERGY),
    unit("kWh", 3_600_000, 1, Dim::ENERGY),
    unit("MWh", 3_600_000_000, 1, Dim::ENERGY),
    unit("W", 1, 1, Dim::POWER),
    unit("kW", 1000, 1, Dim::POWER),
    unit("MW", 1_000_000, 1, Dim::POWER),
    unit("EUR", 1, 1, Dim::MONEY),
    unit("€", 1, 1, Dim::MONEY),
    unit("USD", 1, 1, Dim::MONEY),
    unit("GBP", 1, 1, Dim::MONEY),
    unit("CHF", 1, 1, Dim::MONEY),
    unit("rad", 1, 1, Dim::ANGLE),
    // 355/113 is π to 3·10⁻⁷: angles only scale turning times.
    unit("deg", 355, 113 * 180, Dim::ANGLE),
    unit("°", 355, 113 * 180, Dim::ANGLE),
    unit("K", 1, 1, Dim::TEMPERATURE),
    unit("°C", 1, 1, Dim::TEMPERATURE),
    unit("°F", 5, 9, Dim::TEMPERATURE),
    unit("%", 1, 100, Dim::RATIO),
    unit("pcs", 1, 1, Dim::NUMBER),
];

/// The row of a simple unit name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|u| u.name == name)
}

/// What is wrong with a written unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitError {
    /// This factor is no unit.
    Unknown(String),
    /// An exponent is missing, zero or out of range.
    BadExponent(String),
}

/// The value of one of a written unit such as `m/s`, `/h`, `kg/m^3` or `EUR/kWh`, in base units.
///
/// `item` tells for a name that is no unit whether it names an item (`Case/h`): such a factor counts
/// and is listed in the second result. O(length).
///
/// # Errors
/// The first factor that is not understood.
pub fn parse_unit(text: &str, item: &dyn Fn(&str) -> bool) -> Result<(Quantity, Vec<String>), UnitError> {
    let mut result = Quantity::number(1);
    let mut items = Vec::new();
    for (part_index, part) in text.split('/').enumerate() {
        if part.is_empty() && part_index == 0 {
            continue;
        }
        for factor in part.split('*') {
            let (name, exponent) = match factor.split_once('^') {
                None => (factor, 1i8),
                Some((name, e)) => {
                    let e = e.parse::<i8>().ok().filter(|e| *e != 0 && e.unsigned_abs() <= 9);
                    (name, e.ok_or_else(|| UnitError::BadExponent(factor.to_string()))?)
                }
            };
            let name = name.trim_matches('`');
            let exponent = if part_index == 0 { exponent } else { -exponent };
            let Some(row) = find(name) else {
                if item(name) {
                    items.push(name.to_string());
                    continue;
                }
                return Err(UnitError::Unknown(name.to_string()));
            };
            let factor = Rational::from_parts_signed(IBig::from(row.numerator), IBig::from(row.denominator));
            let dim = row.dim.power(exponent).ok_or_else(|| UnitError::BadExponent(factor.to_string()))?;
            result.value *= power(&factor, exponent);
            result.dim = if result.dim == Dim::NUMBER { dim } else { result.dim.times(dim) };
        }
    }
    Ok((result, items))
}
