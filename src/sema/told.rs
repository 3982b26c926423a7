//! What is said of values and names of the wrong kind: the words that many fields share.
//!
//! Start reading at [`Lower::wrong_value`].

use crate::base::{Dim, Quantity, Rational, Span};
use crate::diag::{Diagnostic, codes};
use crate::syntax::tree::{Declaration, Expr, ExprKind};

use super::line::Lower;

impl<'a> Lower<'a> {
    /// A value of the wrong kind; the message says what is due.
    pub fn wrong_value<T>(&mut self, span: Span, message: &str) -> Option<T> {
        self.push(Diagnostic::new(codes::WRONG_VALUE, span, message));
        None
    }

    /// An expression that is no value at all.
    pub(super) fn no_value<T>(&mut self, expr: &Expr) -> Option<T> {
        let shown = self.text(expr.span);
        let (text, help) = match &expr.kind {
            ExprKind::String(_) => {
                ("a text is no value here".to_string(), "write a number with its unit, such as `30 s`")
            }
            ExprKind::Clock(_) => {
                (format!("`{shown}` is a time of day, not a duration"), "write a duration with its unit, such as `6 h`")
            }
            ExprKind::Date { .. } => {
                (format!("`{shown}` is a day, not a duration"), "write a duration with its unit, such as `30 d`")
            }
            _ => ("this is no value".to_string(), "write a number with its unit, such as `30 s`"),
        };
        self.push(Diagnostic::new(codes::WRONG_VALUE, expr.span, text).help(help));
        None
    }

    /// "Not supported yet", with what it would mean.
    pub fn later<T>(&mut self, span: Span, what: &str) -> Option<T> {
        self.push(
            Diagnostic::new(codes::NOT_SUPPORTED_YET, span, format!("{what} are not supported yet"))
                .note("the form belongs to the language; its meaning follows in a later version"),
        );
        None
    }

    /// "Not supported yet", with what does the same today.
    pub(super) fn later_but<T>(&mut self, span: Span, what: &str, instead: &str) -> Option<T> {
        self.push(
            Diagnostic::new(codes::NOT_SUPPORTED_YET, span, format!("{what} are not supported yet")).help(instead),
        );
        None
    }

    /// Of a name that is declared, but whose meaning is not known yet or never will be: complains when it
    /// is declared as something else than one of `words`. What it is declared as in error has been told.
    pub(super) fn declared_as_another(&mut self, name: &str, span: Span, wanted: &str, words: &[&str]) {
        let Some(word) = self.scope.word_of(name).filter(|w| !words.contains(w)) else { return };
        let text = format!("`{name}` is declared as {}, but the name of {wanted} is due here", with_article(word));
        self.push(Diagnostic::new(codes::WRONG_KIND_OF_NAME, span, text));
    }

    /// Complains about what stands in a declaration without a meaning there: `station m: P`, `sink o(x: time)`.
    pub(super) fn only_its_parts(&mut self, d: &'a Declaration) {
        let word = d.word.text.as_str();
        // Which of parameters, `: …`, `= …` and a block a declaration has.
        let (params, phrase, value, block) = match word {
            "item" | "crew" | "tool" | "fleet" | "shift" | "source" | "station" | "buffer" | "conveyor" | "sink"
            | "pallets" | "breakdown" | "maintenance" => (false, false, false, true),
            "limit" => (false, true, false, true),
            "cell" => (true, false, false, true),
            "param" | "let" => (false, true, true, false),
            "fn" => (true, true, true, false),
            "in" | "out" | "route" | "demand" => (false, true, false, false),
            // A block behind a place is told where the place is read.
            "place" => (false, true, false, true),
            _ => return,
        };
        let name = &d.name.text;
        let form = match word {
            "param" => format!("`param {name}: time = 30 s in 10 s..60 s`"),
            "let" => format!("`let {name} = 30 s`"),
            "in" | "out" => format!("`{word} {name}: ITEM`"),
            "route" => format!("`route {name}: saw(4 min) -> out`"),
            "demand" => format!("`demand {name}: 120 /h at SINK`"),
            "cell" => format!("`cell {name}(cycle: time) {{ in parts, out done, … }}`"),
            "fn" => format!("`fn {name}(x: time): time = 2 * x`"),
            "place" => format!("`place {name}: CELL(cycle: 30 s)`"),
            word => format!("`{word} {name} {{ FIELD: VALUE }}`"),
        };
        let whole = match word {
            "in" | "out" => "a port".to_string(),
            "fn" => "a function".to_string(),
            "pallets" => "a set of pallets".to_string(),
            word => with_article(word),
        };
        let mut refuse = |span: Span, text: String| {
            self.push(Diagnostic::new(codes::WRONG_VALUE, span, text).help(format!("write {form}")));
        };
        if let (false, Some(list)) = (params, &d.params) {
            let span = list.first().map_or(d.name.span, |first| first.name.span);
            refuse(span, format!("{whole} has no parameters; a `cell` and a `fn` have"));
        }
        if let (false, Some(found)) = (phrase, &d.phrase) {
            refuse(found.span, format!("nothing follows the name of {whole} behind a `:`"));
        }
        if let (false, Some(found)) = (value, &d.value) {
            refuse(found.span, format!("{whole} has no value; a `param`, a `let` and a `fn` have"));
        }
        if let (false, Some(found)) = (block, &d.block) {
            refuse(found.span, format!("{whole} has no block in braces"));
        }
        let arrays = ["param", "let", "fn", "cell", "route", "demand"];
        if let (true, Some(index)) = (arrays.contains(&word), d.indices.first()) {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, index.span, format!("there are no arrays of {word}s"))
                    .help("a list of values is `let times = [52 s, 61 s]`, of which `times[2]` is one"),
            );
        }
    }

    /// Complains about another dimension and gives nothing.
    pub(super) fn not_a<T>(&mut self, what: &str, due: Dim, found: Dim, span: Span) -> Option<T> {
        self.wrong_dimension(what, due, found, span);
        None
    }

    /// A quantity of another dimension than a field has; a bare number is offered the units of the field.
    pub(super) fn wrong_dimension(&mut self, what: &str, due: Dim, found: Dim, span: Span) {
        let units = units_of(due);
        let text = self.text(span);
        let mut d = if found != Dim::NUMBER || units.is_empty() {
            let d = Diagnostic::new(codes::WRONG_DIMENSION, span, format!("{what} is a {due}, this is a {found}"));
            match units.first() {
                Some(unit) => d.help(format!("write a value such as `5 {unit}`")),
                None if due == Dim::NUMBER => d.help("write a plain number, such as `5`"),
                None => d,
            }
        } else {
            Diagnostic::new(codes::MISSING_UNIT, span, format!("{what} is a {due} and needs a unit"))
        };
        if found == Dim::NUMBER && !units.is_empty() {
            if is_literal(&text) {
                for unit in units {
                    d = d.fix(format!("write `{text} {unit}`"), span, format!("{text} {unit}"));
                }
            } else if let (true, Some(unit)) = (text.contains('('), units.first()) {
                d = d.help(format!("give the numbers in it a unit, such as `5 {unit}`"));
            } else if let Some(unit) = units.first() {
                d = d.help(format!("give `{text}` a unit where it gets its value, such as `{unit}`"));
            }
        }
        self.push(d);
    }
}

/// Units in which a quantity is often given.
fn units_of(dim: Dim) -> &'static [&'static str] {
    match dim {
        Dim::TIME => &["s", "min"],
        Dim::MASS => &["kg"],
        Dim::LENGTH => &["m"],
        Dim::SPEED => &["m/s"],
        Dim::RATE => &["/h"],
        Dim::RATIO => &["%"],
        Dim::POWER => &["kW"],
        Dim::ENERGY => &["kWh"],
        Dim::MONEY => &["EUR"],
        _ => &[],
    }
}

/// A unit in which a quantity is often given.
pub(super) fn unit_of(dim: Dim) -> Option<&'static str> {
    units_of(dim).first().copied()
}

/// Whether a text is a number as it is written, to which a unit can be added.
pub(super) fn is_literal(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || "._eE+-".contains(c))
}

/// "a station", "an item"
pub(super) fn with_article(word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    if vowel { format!("an {word}") } else { format!("a {word}") }
}

/// A number in figures: exact where it is short.
pub(super) fn figures(value: &Rational) -> String {
    format!("{}", crate::base::quantity::to_f64(value))
}

/// A quantity as a reader would write it.
pub(super) fn shown(q: &Quantity) -> String {
    let scaled = |by: u64| figures(&(&q.value / &Rational::from(by)));
    match q.dim {
        Dim::RATIO => format!("{} %", figures(&(&q.value * &Rational::from(100u64)))),
        Dim::TIME => {
            let seconds = crate::base::quantity::to_f64(&q.value).abs();
            match seconds {
                s if s >= 172_800.0 => format!("{} d", scaled(86_400)),
                s if s >= 7_200.0 => format!("{} h", scaled(3_600)),
                s if s >= 120.0 => format!("{} min", scaled(60)),
                _ => format!("{} s", figures(&q.value)),
            }
        }
        Dim::MASS => format!("{} kg", figures(&q.value)),
        Dim::LENGTH => format!("{} m", figures(&q.value)),
        _ => figures(&q.value),
    }
}

/// What keeps a text from being a table whose columns are separated by commas.
pub(super) fn no_table(text: &str) -> Option<&'static str> {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    if text.trim().is_empty() {
        return Some("it is empty; the first row names the columns");
    }
    if text.contains('\0') {
        return Some("it is no text; save it as CSV");
    }
    match first {
        _ if first.contains(',') => None,
        _ if first.contains(';') => {
            Some("its columns are separated by semicolons; write commas between them, and points in decimals")
        }
        _ if first.contains('\t') => Some("its columns are separated by tabs; write commas between them"),
        _ => None,
    }
}

/// What is said about a row that cannot be read, and what helps.
pub(super) fn bad_row(name: &str, error: &csv::Error) -> (String, &'static str) {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            let columns = if *expected_len == 1 { "column" } else { "columns" };
            let text = format!("row {line} of `{name}` has {len} cells, its heading {expected_len} {columns}");
            (
                text,
                "write decimals with a point, `1.5`; a cell with a comma in it stands in quotation marks; a cell may be empty",
            )
        }
        _ => (format!("`{name}` cannot be read: {error}"), "save it as CSV UTF-8, with commas between the columns"),
    }
}
