//! Several values of one parameter, as `flowline sweep --set` takes them: `5,10,20`, `2..10`, `40s..60s step 5s`.
//!
//! It knows numbers and commas; what a value means is decided where a parameter is set. Start at [`values`].

use crate::base::limits;
use crate::base::quantity::{Rational, decimal};

/// The values of a list, each as the text of one.
///
/// # Errors
/// What is wrong with it, and how to write it.
pub fn values(text: &str) -> Result<Vec<String>, String> {
    let mut all: Vec<String> = Vec::new();
    for part in text.split(',').map(str::trim) {
        if part.is_empty() {
            return Err(format!("a value is missing in `{text}`: write `5,10,20`"));
        }
        match part.split_once("..") {
            None => all.push(part.to_owned()),
            Some((from, rest)) => range(part, from, rest, &mut all)?,
        }
        if all.len() > limits::VARIANTS {
            return Err(format!("`{text}` has more than {} values", limits::VARIANTS));
        }
    }
    for (i, value) in all.iter().enumerate() {
        if all.iter().take(i).any(|v| v == value) {
            return Err(format!("`{value}` stands twice in `{text}`"));
        }
    }
    Ok(all)
}

/// How a range is written.
const HINT: &str = "write `2..10`, or with a step `40s..60s step 5s`";

/// A number and its unit.
struct Amount<'a> {
    number: Rational,
    unit: &'a str,
}

fn amount(text: &str) -> Option<Amount<'_>> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+'))).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = decimal(number.trim().strip_prefix('+').unwrap_or(number.trim()))?;
    Some(Amount { number, unit: unit.trim() })
}

fn read<'a>(text: &'a str, part: &str) -> Result<Amount<'a>, String> {
    amount(text).ok_or_else(|| format!("`{}` is no number in `{part}`: {HINT}", text.trim()))
}

fn range(part: &str, from: &str, rest: &str, all: &mut Vec<String>) -> Result<(), String> {
    let (to, step) = match rest.split_once("step") {
        Some((to, step)) => (to, Some(step)),
        None => (rest, None),
    };
    let (from, to) = (read(from, part)?, read(to, part)?);
    let step = step.map(|step| read(step, part)).transpose()?;
    let units = [Some(from.unit), Some(to.unit), step.as_ref().map(|s| s.unit)].into_iter().flatten();
    let named: Vec<&str> = units.filter(|unit| !unit.is_empty()).collect();
    let unit = named.first().copied().unwrap_or("");
    if let Some(other) = named.iter().find(|u| **u != unit) {
        return Err(format!("`{part}` has two units, `{unit}` and `{other}`; write it in one"));
    }
    let step = match step {
        Some(step) => step.number,
        None if unit.is_empty() && is_whole(&from.number) && is_whole(&to.number) => Rational::ONE,
        None => return Err(format!("`{part}` has no step: {HINT}")),
    };
    if step <= Rational::ZERO {
        return Err(format!("the step of `{part}` is not above 0"));
    }
    if to.number < from.number {
        return Err(format!("`{part}` ends before it begins"));
    }
    let mut value = from.number;
    while value <= to.number && all.len() <= limits::VARIANTS {
        all.push(format!("{}{unit}", written(&value)));
        value += &step;
    }
    Ok(())
}

fn is_whole(number: &Rational) -> bool {
    number.is_int()
}

/// A sum of decimals as a decimal, exactly.
fn written(number: &Rational) -> String {
    let ten = Rational::from(10);
    let (mut whole, mut places) = (number.clone(), 0usize);
    while !whole.is_int() && places < 2 * limits::NUMBER_DIGITS {
        whole *= &ten;
        places += 1;
    }
    let (sign, digits) = match whole.numerator().to_string() {
        text if text.starts_with('-') => ("-", text.trim_start_matches('-').to_owned()),
        text => ("", text),
    };
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// All combinations of the values of several parameters; the first changes slowest.
///
/// # Errors
/// That there are too many.
pub fn combinations(lists: &[(String, Vec<String>)]) -> Result<Vec<Vec<String>>, String> {
    let number = lists.iter().try_fold(1usize, |n, (_, values)| n.checked_mul(values.len()));
    if number.is_none_or(|n| n > limits::VARIANTS) {
        let sizes: Vec<String> = lists.iter().map(|(name, values)| format!("{} of `{name}`", values.len())).collect();
        return Err(format!("{} make more than {} variants; give fewer values", sizes.join(", "), limits::VARIANTS));
    }
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    for (_, values) in lists {
        all = all.iter().flat_map(|begun| values.iter().map(|v| [begun.clone(), vec![v.clone()]].concat())).collect();
    }
    Ok(all)
}
