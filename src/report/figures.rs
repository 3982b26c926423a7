//! How one figure looks to a reader: four significant digits, units of everyday size, the mean never
//! without its interval when there were several runs.
//!
//! It does not know where a figure is placed; that is [`super::grid`].

use std::collections::BTreeSet;

use crate::runtime::statistics::Summary;

/// One figure as text, its parts apart so that a column can align them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The value.
    pub value: String,
    /// Half width of its confidence interval; `?` when it has none although there were several runs.
    pub half_width: Option<String>,
    /// Unit behind both; empty when the column's head names it.
    pub unit: &'static str,
    /// Whether the value and its interval are exactly 0.
    pub zero: bool,
}

impl Cell {
    /// A text without interval.
    pub fn text(value: impl Into<String>) -> Cell {
        Cell { value: value.into(), ..Cell::default() }
    }

    /// A cell for a figure that no run has.
    fn absent() -> Cell {
        Cell { zero: true, ..Cell::text("-") }
    }

    /// The whole cell in one line of running text.
    #[must_use]
    pub fn sentence(&self) -> String {
        let half_width = self.half_width.as_ref().map(|half| format!(" ± {half}")).unwrap_or_default();
        let space = if self.unit.is_empty() { "" } else { " " };
        format!("{}{half_width}{space}{}", self.value, self.unit)
    }
}

/// Writes figures of a study of `runs` replications.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Number of replications.
    pub runs: u64,
}

impl Figures {
    /// A number in its own unit.
    #[must_use]
    pub fn number(self, figure: Option<Summary>) -> Cell {
        self.scaled(figure, 1.0, "")
    }

    /// A share of 1 in percent, two decimals.
    #[must_use]
    pub fn percent(self, figure: Option<Summary>) -> Cell {
        figure.map_or_else(Cell::absent, |figure| self.with_decimals(figure, 100.0, 2, ""))
    }

    /// Seconds in the unit that suits their mean.
    #[must_use]
    pub fn duration(self, figure: Option<Summary>) -> Cell {
        let (seconds, unit) = duration_unit(figure.map_or(0.0, |figure| figure.mean));
        self.scaled(figure, 1.0 / seconds, unit)
    }

    /// A figure times a factor, four significant digits of its mean.
    #[must_use]
    pub fn scaled(self, figure: Option<Summary>, factor: f64, unit: &'static str) -> Cell {
        figure.map_or_else(Cell::absent, |figure| {
            self.with_decimals(figure, factor, decimals(figure.mean * factor), unit)
        })
    }

    fn with_decimals(self, figure: Summary, factor: f64, places: usize, unit: &'static str) -> Cell {
        let half_width = match figure.half_width {
            Some(half_width) => Some(fixed(half_width * factor, places)),
            None if self.runs > 1 => Some("?".to_owned()),
            None => None,
        };
        let zero = figure.mean == 0.0 && figure.min == 0.0 && figure.max == 0.0;
        let value = fixed(figure.mean * factor, places);
        // Where both are below the last digit shown, one of them says so.
        let half_width = half_width.filter(|half| !(value.starts_with('<') && half.starts_with('<')));
        Cell { value, half_width, unit, zero }
    }
}

/// Beyond these a number is written with an exponent.
const PLAIN: std::ops::Range<f64> = 1e-4..1e15;

/// Decimal places that show four significant digits; none for whole numbers.
fn decimals(value: f64) -> usize {
    if value.fract() == 0.0 {
        return 0;
    }
    let mut places = 3;
    let mut below = 10.0;
    let mut small = value.abs();
    while places > 0 && small >= below {
        places -= 1;
        below *= 10.0;
    }
    while small < 1.0 && places < 8 {
        places += 1;
        small *= 10.0;
    }
    places
}

/// A number with fixed decimals; what is not 0 never looks like 0.
fn fixed(value: f64, places: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() || value.abs() >= PLAIN.end {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.places$}");
    if text.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0') {
        return text;
    }
    match (value > 0.0, places.checked_sub(1)) {
        (true, Some(zeros)) => format!("<0.{}1", "0".repeat(zeros)),
        (true, None) => "<1".to_owned(),
        (false, _) => format!("{value:.1e}"),
    }
}

/// Four significant digits of a plain number.
#[must_use]
pub fn significant(value: f64) -> String {
    if value != 0.0 && !PLAIN.contains(&value.abs()) {
        return format!("{value:.3e}");
    }
    fixed(value, decimals(value))
}

/// Length in seconds and name of the unit in which a duration reads well.
fn duration_unit(seconds: f64) -> (f64, &'static str) {
    match seconds.abs() {
        0.0 => (1.0, "s"),
        s if s < 1.0 => (1e-3, "ms"),
        s if s < 120.0 => (1.0, "s"),
        s if s < 7200.0 => (60.0, "min"),
        s if s < 172_800.0 => (3600.0, "h"),
        _ => (86_400.0, "d"),
    }
}

/// A known duration: `30 d`, `36 h`, `90 s`; the largest unit in which it is whole, else the one it
/// reads well in.
#[must_use]
pub fn span_of_time(seconds: f64) -> String {
    let whole = [(86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")]
        .into_iter()
        .find(|(length, _)| seconds != 0.0 && (seconds / length).fract() == 0.0);
    let (length, unit) = whole.unwrap_or_else(|| duration_unit(seconds));
    format!("{} {unit}", significant(seconds / length))
}

/// A large count with a prefix: `48.21 M`.
#[must_use]
pub fn large_count(value: f64) -> String {
    match value {
        v if v < 1e4 => significant(v.round()),
        v if v < 1e6 => format!("{} k", significant(v / 1e3)),
        v if v < 1e9 => format!("{} M", significant(v / 1e6)),
        v => format!("{} G", significant(v / 1e9)),
    }
}

/// A rate given per hour: `106.2 /h`, below one an hour `1.19 /d`.
#[must_use]
pub fn rate(per_hour: f64) -> String {
    if per_hour > 0.0 && per_hour < 1.0 {
        return format!("{} /d", significant(per_hour * 24.0));
    }
    format!("{} /h", significant(per_hour))
}

/// Which part of a name too long is kept, in the order of preference.
const KEPT: [Kept; 3] = [Kept::Ends, Kept::Beginning, Kept::End];

#[derive(Clone, Copy)]
enum Kept {
    Ends,
    Beginning,
    End,
}

/// The names with at most `width` characters each (at least 3). All are cut at the same side, the one
/// that leaves the most of them different. Cost: O(total length).
#[must_use]
pub fn shortened_alike(names: &[String], width: usize) -> Vec<String> {
    let mut best: (usize, Vec<String>) = (0, Vec::new());
    for kept in KEPT {
        let cut: Vec<String> = names.iter().map(|name| cut(name, width, kept)).collect();
        let different = cut.iter().collect::<BTreeSet<_>>().len();
        if different > best.0 {
            best = (different, cut);
        }
    }
    best.1
}

/// A name of at most `width` characters (at least 3); of a longer one the beginning and the end.
#[must_use]
pub fn shortened(name: &str, width: usize) -> String {
    cut(name, width, Kept::Ends)
}

fn cut(name: &str, width: usize, kept: Kept) -> String {
    let length = name.chars().count();
    if length <= width {
        return name.to_owned();
    }
    let room = width.saturating_sub(1);
    let head = match kept {
        Kept::Ends => room.div_ceil(2),
        Kept::Beginning => room,
        Kept::End => 0,
    };
    let beginning: String = name.chars().take(head).collect();
    let end: String = name.chars().skip(length.saturating_sub(room.saturating_sub(head))).collect();
    format!("{beginning}…{end}")
}
