//! Numbers in messages: at most four significant digits, in the reader's units.

/// A number with at most four significant digits, thousands separated: `106.2`, `1,440`, `0.00031`.
#[must_use]
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value > 0.0 { "∞".to_string() } else { "?".to_string() };
    }
    if value == 0.0 {
        return "0".to_string();
    }
    let text = format!("{value:.3e}");
    let exponent = text.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok()).unwrap_or(0);
    if !(-6..=14).contains(&exponent) {
        return text;
    }
    let decimals = usize::try_from(3 - exponent).unwrap_or(0);
    let rounded = if exponent > 3 { text.parse::<f64>().unwrap_or(value) } else { value };
    let text = format!("{rounded:.decimals$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |d| ("-", d));
    let grouped = thousands(digits);
    if rest.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{rest}") }
}

/// A time in seconds in its natural unit: `18 s`, `2.5 min`, `4 h`, `3 d`.
#[must_use]
pub fn time(seconds: f64) -> String {
    let (value, unit) = match seconds.abs() {
        0.0 => (0.0, "s"),
        a if a < 1e-6 => (seconds * 1e9, "ns"),
        a if a < 1e-3 => (seconds * 1e6, "µs"),
        a if a < 1.0 => (seconds * 1e3, "ms"),
        a if a < 120.0 => (seconds, "s"),
        a if a < 7200.0 => (seconds / 60.0, "min"),
        a if a < 172_800.0 => (seconds / 3600.0, "h"),
        _ => (seconds / 86_400.0, "d"),
    };
    format!("{} {unit}", number(value))
}

/// A count in full, thousands separated: `1,440`.
#[must_use]
pub fn whole(n: u64) -> String {
    thousands(&n.to_string())
}

fn thousands(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
