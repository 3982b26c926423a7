//! Parameters set from outside: `--set space=30`, `--set weld[2].cycle=40s`.

use crate::base::{Dim, Quantity, Span, names, units};
use crate::diag::{Diagnostic, codes};

use super::line::Lower;
use super::scope::Value;
use super::value::Typed;

/// What is given from outside, and which of it some line knows.
pub struct Settings<'a> {
    given: &'a [(String, String)],
    taken: Vec<bool>,
    known: Vec<String>,
}

impl<'a> Settings<'a> {
    /// Settings that no line knows yet.
    pub fn new(given: &'a [(String, String)]) -> Settings<'a> {
        Settings { given, taken: vec![false; given.len()], known: Vec::new() }
    }

    /// Notes the parameters of a line.
    pub fn add(&mut self, parameters: Vec<String>) {
        for (taken, (name, _)) in self.taken.iter_mut().zip(self.given) {
            *taken |= parameters.contains(name);
        }
        self.known.extend(parameters);
    }

    /// Complains about settings that no line knows.
    pub fn unknown(&self, span: Span, found: &mut Vec<Diagnostic>) {
        for ((name, _), _) in self.given.iter().zip(&self.taken).filter(|(_, taken)| !**taken) {
            let d = Diagnostic::new(codes::BAD_SETTING, span, format!("there is no parameter `{name}` to set"));
            let all = self.known.iter().map(String::as_str);
            found.push(match names::nearest(name, all.clone()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None if self.known.is_empty() => d.help("declare one: `param space: count = 20 in 1..200`"),
                None => {
                    let shown: Vec<String> = all.take(20).map(|n| format!("`{n}`")).collect();
                    let more = if self.known.len() > shown.len() { ", …" } else { "" };
                    d.help(format!("the parameters are {}{more}", shown.join(", ")))
                }
            });
        }
    }
}

impl<'a> Lower<'a> {
    /// The text given for a name from outside.
    pub(super) fn given_for(&self, name: &str) -> Option<&'a str> {
        self.options.set.iter().rev().find(|(n, _)| n == name).map(|(_, text)| text.as_str())
    }

    /// A value given from outside: of the dimension of the one in the text.
    pub(super) fn set_value(&mut self, text: &str, default: &Typed, value: &Value<'a>, name: &str) -> Option<Typed> {
        let text = text.trim();
        let complaint = |d: String| Diagnostic::new(codes::BAD_SETTING, value.span, d);
        if let ("yes" | "true" | "no" | "false", true) = (text, default.dim == Dim::NUMBER) {
            return Some(super::value::flag(matches!(text, "yes" | "true")));
        }
        let split =
            text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+'))).unwrap_or(text.len());
        let (number_text, unit) = text.split_at(split);
        let (number_text, unit) = (number_text.trim(), unit.trim());
        let number = crate::base::quantity::decimal(number_text.strip_prefix('+').unwrap_or(number_text));
        let factor = if unit.is_empty() {
            Some(Quantity::number(1))
        } else {
            units::parse_unit(unit, &|_| false).ok().map(|(q, _)| q)
        };
        let (Some(number), Some(factor)) = (number, factor) else {
            self.push(complaint(format!("`{name}` cannot be set to `{text}`")).help(format!(
                "give a {} such as the one in the text: {}",
                default.dim,
                example(default.dim, name)
            )));
            return None;
        };
        // Shares are written with `%`, all else with its unit: a bare number is a number.
        if factor.dim != default.dim {
            self.push(
                complaint(format!("`{name}` is a {}, but `{text}` is a {}", default.dim, factor.dim))
                    .help(format!("write for example `{}`", example(default.dim, name))),
            );
            return None;
        }
        self.note_currency(unit, value.span);
        Some(Typed::constant(Quantity { value: number * factor.value, dim: default.dim }))
    }
}

fn example(dim: Dim, name: &str) -> String {
    let value = match dim {
        Dim::TIME => "30s",
        Dim::RATE => "120/h",
        Dim::RATIO => "95%",
        Dim::LENGTH => "40m",
        Dim::SPEED => "1.4m/s",
        Dim::MASS => "5kg",
        Dim::POWER => "3kW",
        _ => "30",
    };
    format!("--set {name}={value}")
}
