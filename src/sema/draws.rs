//! Distributions: their arguments, checked, and what is wrong with them.

use num_traits::ToPrimitive;

use crate::base::{Dim, Span, names, trade, units};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Distribution, Expression};
use crate::runtime::distributions as law;
use crate::syntax::tree::{Argument, ExprKind};

use super::line::Lower;
use super::value::Typed;

/// A distribution of the language: its name and parameters in positional order.
struct Form {
    name: &'static str,
    parameters: &'static [&'static str],
}

const FORMS: &[Form] = &[
    Form { name: "exponential", parameters: &["mean"] },
    Form { name: "erlang", parameters: &["k", "mean"] },
    Form { name: "gamma", parameters: &["shape", "mean"] },
    Form { name: "normal", parameters: &["mean", "sd"] },
    Form { name: "lognormal", parameters: &["mean", "sd"] },
    Form { name: "weibull", parameters: &["shape", "scale"] },
    Form { name: "triangular", parameters: &["min", "mode", "max"] },
    Form { name: "uniform", parameters: &["min", "max"] },
    Form { name: "beta", parameters: &["a", "b", "min", "max"] },
    Form { name: "poisson", parameters: &["mean"] },
    Form { name: "geometric", parameters: &["mean"] },
    Form { name: "empirical", parameters: &["file", "column"] },
];

/// Parameters that are plain numbers whatever the dimension of the draw.
const PLAIN: &[&str] = &["k", "shape", "a", "b"];

/// `0,5 s` among arguments: two arguments, the first a whole number without a unit, the second right behind
/// its comma.
fn decimal_comma(pair: &[Argument]) -> Option<Span> {
    let [first, second] = pair else { return None };
    let quantity = |a: &Argument| match a.value.as_expr().map(|e| &e.kind) {
        Some(ExprKind::Quantity(q)) if a.name.is_none() => Some(q.clone()),
        _ => None,
    };
    let (a, b) = (quantity(first)?, quantity(second)?);
    let close = first.span.end.saturating_add(1) == second.span.start;
    (a.unit.is_none() && a.number.is_int() && b.number.is_int() && close).then(|| first.span.to(second.span))
}

impl<'a> Lower<'a> {
    /// A call that must be a distribution.
    pub(super) fn draw(&mut self, name: &str, name_span: Span, arguments: &'a [Argument], span: Span) -> Option<Typed> {
        let Some(form) = FORMS.iter().find(|f| f.name == name) else {
            let functions = ["min", "max", "abs", "floor", "ceil", "round"];
            let known = FORMS.iter().map(|f| f.name).chain(functions);
            let d = Diagnostic::new(
                codes::UNKNOWN_NAME,
                name_span,
                format!("there is no distribution or function `{name}`"),
            );
            let trade = trade::find(name, "distribution");
            self.push(match names::nearest(name, known) {
                _ if trade.is_some() => d.help(trade.map_or("", |t| t.write)),
                Some(near) => d.fix(format!("write `{near}`"), name_span, near),
                None => d.help(format!(
                    "distributions are {}",
                    super::fields::list(&FORMS.iter().map(|f| f.name).collect::<Vec<_>>())
                )),
            });
            return None;
        };
        let placed = self.arguments(form, arguments, span)?;
        if form.name == "empirical" {
            return self.empirical(&placed, span);
        }
        let mut values = Vec::new();
        for (parameter, argument) in form.parameters.iter().zip(placed) {
            let typed = self.evaluate_phrase(&argument.value)?;
            values.push((*parameter, typed, argument.value.span));
        }
        if values.iter().any(|(_, t, _)| t.dim.names > 0) {
            return self.no_arithmetic(span);
        }
        if values.iter().any(|(_, t, _)| t.value.constant().is_none()) {
            return self.computed_draw(form, &values, span);
        }
        let values: Vec<(&str, crate::base::Quantity, Span)> =
            values.into_iter().filter_map(|(p, t, at)| t.value.constant().cloned().map(|q| (p, q, at))).collect();
        // Dimensions: plain parameters are numbers, the others share that of the draw.
        let mut dim: Option<Dim> = None;
        for (parameter, q, at) in &values {
            if PLAIN.contains(parameter) {
                if q.dim != Dim::NUMBER {
                    self.push(Diagnostic::new(
                        codes::WRONG_DIMENSION,
                        *at,
                        format!("`{parameter}` of `{name}` is a plain number, this is a {}", q.dim),
                    ));
                    return None;
                }
            } else if *dim.get_or_insert(q.dim) != q.dim {
                let first = dim.unwrap_or_default();
                let d = Diagnostic::new(
                    codes::WRONG_DIMENSION,
                    *at,
                    format!("`{parameter}` of `{name}` is a {first} like the others, this is a {}", q.dim),
                );
                let text = self.text(*at);
                self.push(if q.dim == Dim::NUMBER && first == Dim::TIME {
                    d.fix(format!("write `{text} s`"), *at, format!("{text} s")).fix(
                        format!("write `{text} min`"),
                        *at,
                        format!("{text} min"),
                    )
                } else {
                    d
                });
                return None;
            }
        }
        let dim = dim.unwrap_or(Dim::NUMBER);
        let get = |wanted: &str| {
            values.iter().find(|(p, _, _)| *p == wanted).map(|(_, q, _)| Expression::Constant(q.clone()))
        };
        let number =
            |wanted: &str| values.iter().find(|(p, _, _)| *p == wanted).map_or(f64::NAN, |(_, q, _)| q.to_f64());
        let (drawn, checked) = match form.name {
            "exponential" => (
                Distribution::Exponential { mean: get("mean")? },
                law::Distribution::Exponential { mean: number("mean") },
            ),
            "erlang" => {
                let (_, q, at) = values.first()?;
                let Some(k) = q.value.is_int().then(|| q.value.trunc().to_u32()).flatten().filter(|k| *k > 0) else {
                    self.push(
                        Diagnostic::new(codes::OUT_OF_RANGE, *at, "`k` of `erlang` counts phases")
                            .help("write a whole number of 1 or more; for other shapes use `gamma(shape, mean)`"),
                    );
                    return None;
                };
                (Distribution::Erlang { k, mean: get("mean")? }, law::Distribution::Erlang { k, mean: number("mean") })
            }
            "gamma" => (
                Distribution::Gamma { shape: get("shape")?, mean: get("mean")? },
                law::Distribution::Gamma { shape: number("shape"), mean: number("mean") },
            ),
            "normal" => (
                Distribution::Normal { mean: get("mean")?, sd: get("sd")? },
                law::Distribution::Normal { mean: number("mean"), sd: number("sd") },
            ),
            "lognormal" => (
                Distribution::Lognormal { mean: get("mean")?, sd: get("sd")? },
                law::Distribution::Lognormal { mean: number("mean"), sd: number("sd") },
            ),
            "weibull" => (
                Distribution::Weibull { shape: get("shape")?, scale: get("scale")? },
                law::Distribution::Weibull { shape: number("shape"), scale: number("scale") },
            ),
            "triangular" => (
                Distribution::Triangular { minimum: get("min")?, mode: get("mode")?, maximum: get("max")? },
                law::Distribution::Triangular { minimum: number("min"), mode: number("mode"), maximum: number("max") },
            ),
            "uniform" => (
                Distribution::Uniform { minimum: get("min")?, maximum: get("max")? },
                law::Distribution::Uniform { minimum: number("min"), maximum: number("max") },
            ),
            "beta" => (
                Distribution::Beta { a: get("a")?, b: get("b")?, minimum: get("min")?, maximum: get("max")? },
                law::Distribution::Beta {
                    a: number("a"),
                    b: number("b"),
                    minimum: number("min"),
                    maximum: number("max"),
                },
            ),
            "poisson" => {
                (Distribution::Poisson { mean: get("mean")? }, law::Distribution::Poisson { mean: number("mean") })
            }
            _ => {
                (Distribution::Geometric { mean: get("mean")? }, law::Distribution::Geometric { mean: number("mean") })
            }
        };
        if let Err(error) = checked.check() {
            self.push(Diagnostic::new(codes::OUT_OF_RANGE, span, error.to_string()));
            return None;
        }
        if dim == Dim::TIME && checked.minimum() < 0.0 {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, span, format!("`{name}` can give a negative time"))
                    .help("a duration is 0 s or more: raise the minimum"),
            );
            return None;
        }
        Some(Typed { value: Expression::Draw(Box::new(drawn)), dim })
    }

    /// A distribution whose parameters a run computes. What they may not be is found when they are drawn.
    fn computed_draw(&mut self, form: &Form, values: &[(&str, Typed, Span)], span: Span) -> Option<Typed> {
        let mut dim: Option<Dim> = None;
        for (parameter, typed, at) in values {
            let due = if PLAIN.contains(parameter) { Dim::NUMBER } else { *dim.get_or_insert(typed.dim) };
            if typed.dim != due {
                self.push(Diagnostic::new(
                    codes::WRONG_DIMENSION,
                    *at,
                    format!("`{parameter}` of `{}` is a {due}, this is a {}", form.name, typed.dim),
                ));
                return None;
            }
        }
        let get = |wanted: &str| values.iter().find(|(p, ..)| *p == wanted).map(|(_, t, _)| t.value.clone());
        let drawn = match form.name {
            "exponential" => Distribution::Exponential { mean: get("mean")? },
            "gamma" => Distribution::Gamma { shape: get("shape")?, mean: get("mean")? },
            "normal" => Distribution::Normal { mean: get("mean")?, sd: get("sd")? },
            "lognormal" => Distribution::Lognormal { mean: get("mean")?, sd: get("sd")? },
            "weibull" => Distribution::Weibull { shape: get("shape")?, scale: get("scale")? },
            "triangular" => Distribution::Triangular { minimum: get("min")?, mode: get("mode")?, maximum: get("max")? },
            "uniform" => Distribution::Uniform { minimum: get("min")?, maximum: get("max")? },
            "beta" => Distribution::Beta { a: get("a")?, b: get("b")?, minimum: get("min")?, maximum: get("max")? },
            "poisson" => Distribution::Poisson { mean: get("mean")? },
            "geometric" => Distribution::Geometric { mean: get("mean")? },
            _ => {
                let k = get("k").and_then(|e| e.constant().and_then(|q| q.value.trunc().to_u32()));
                match k.filter(|k| *k > 0) {
                    Some(k) => Distribution::Erlang { k, mean: get("mean")? },
                    None => return self.wrong_value(span, "`k` of `erlang` is a fixed whole number of 1 or more"),
                }
            }
        };
        Some(Typed { value: Expression::Draw(Box::new(drawn)), dim: dim.unwrap_or(Dim::NUMBER) })
    }

    /// The arguments in the order of the parameters.
    fn arguments(&mut self, form: &Form, arguments: &'a [Argument], span: Span) -> Option<Vec<&'a Argument>> {
        let usage = || format!("{}({})", form.name, form.parameters.join(", "));
        let mut places: Vec<Option<&Argument>> = vec![None; form.parameters.len()];
        for (i, argument) in arguments.iter().enumerate() {
            let index = match &argument.name {
                None => Some(i),
                Some(name) => form.parameters.iter().position(|p| *p == name.text),
            };
            match index.and_then(|i| places.get_mut(i)) {
                Some(place) if place.is_none() => *place = Some(argument),
                _ => {
                    let d = Diagnostic::new(
                        codes::WRONG_ARGUMENTS,
                        argument.span,
                        match &argument.name {
                            Some(name) if form.parameters.contains(&name.text.as_str()) => {
                                format!("`{}` of `{}` is given twice", name.text, form.name)
                            }
                            Some(name) => format!("`{}` has no argument `{}`", form.name, name.text),
                            None => format!("this is one argument more than `{}` has", form.name),
                        },
                    )
                    .help(format!("write `{}`", usage()));
                    self.push(match arguments.windows(2).find_map(decimal_comma) {
                        Some(span) => {
                            let right = self.text(span).replacen(',', ".", 1);
                            d.fix(format!("decimals have a point: `{right}`"), span, right.clone())
                        }
                        None => d,
                    });
                    return None;
                }
            }
        }
        let missing = form.parameters.iter().zip(&places).filter(|(_, place)| place.is_none());
        let missing: Vec<&str> = missing.map(|(p, _)| *p).collect();
        let all: Option<Vec<&Argument>> = places.into_iter().collect();
        if all.is_none() {
            self.push(
                Diagnostic::new(
                    codes::WRONG_ARGUMENTS,
                    span,
                    format!("`{}` does not say its {}", form.name, super::fields::list(&missing)),
                )
                .help(format!("write `{}`", usage())),
            );
        }
        all
    }

    /// `empirical("file.csv", column)`: a column headed by its name, with the unit in brackets
    /// (`repair [min]`), one value a row.
    fn empirical(&mut self, placed: &[&'a Argument], span: Span) -> Option<Typed> {
        let [file, column] = placed else { return None };
        let (Some(path), Some(column)) = (file.value.as_expr(), column.value.as_expr()) else {
            return self.wrong_value(span, "`empirical` takes a file name and a column");
        };
        let ExprKind::String(path_text) = &path.kind else {
            return self.wrong_value(path.span, "a file name in quotation marks is due here");
        };
        let column_name = match &column.kind {
            ExprKind::Name(name) | ExprKind::String(name) => name.clone(),
            _ => return self.wrong_value(column.span, "the name of a column is due here"),
        };
        let bad = |at: Span, message: String| Diagnostic::new(codes::BAD_DATA_FILE, at, message);
        let text = match self.data_file(path_text, path.span) {
            Ok(text) => text,
            Err(why) => {
                self.push(bad(path.span, format!("`{path_text}` cannot be read: {why}")));
                return None;
            }
        };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let headers = reader.headers().cloned().unwrap_or_default();
        let split = |h: &str| match h.split_once('[') {
            Some((name, unit)) => (name.trim().to_string(), unit.trim_end_matches(']').trim().to_string()),
            None => (h.trim().to_string(), String::new()),
        };
        let columns: Vec<(String, String)> = headers.iter().map(split).collect();
        let Some(index) = columns.iter().position(|(name, _)| *name == column_name) else {
            let known: Vec<&str> = columns.iter().map(|(n, _)| n.as_str()).collect();
            let mut d = bad(column.span, format!("`{path_text}` has no column `{column_name}`"));
            d = match names::nearest(&column_name, known.iter().copied()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.help(format!("its columns are {}", super::fields::list(&known))),
            };
            self.push(d);
            return None;
        };
        if columns.iter().skip(index + 1).any(|(name, _)| *name == column_name) {
            let d = bad(column.span, format!("`{path_text}` has two columns `{column_name}`"));
            self.push(d.help("give each column a name of its own"));
            return None;
        }
        let unit = columns.get(index).map(|(_, u)| u.clone()).unwrap_or_default();
        let factor = match units::parse_unit(&unit, &|_| false) {
            Ok((q, _)) if !unit.is_empty() => q,
            _ if !unit.is_empty() => {
                let text = format!("column `{column_name}` of `{path_text}` is in `{unit}`, which is no unit");
                self.push(bad(column.span, text).help(format!("head it for example `{column_name} [min]`")));
                return None;
            }
            _ => {
                self.push(
                    bad(column.span, format!("column `{column_name}` of `{path_text}` does not say its unit"))
                        .help(format!("head it `{column_name} [min]`, with the unit in brackets")),
                );
                return None;
            }
        };
        let mut values = Vec::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let (text, help) = super::told::bad_row(path_text, &error);
                    self.push(bad(path.span, text).help(help));
                    return None;
                }
            };
            let cell = record.get(index).unwrap_or_default();
            let value = cell.parse::<f64>().ok().filter(|v| v.is_finite());
            let good = value.map(|v| v * factor.to_f64()).filter(|v| *v >= 0.0 || factor.dim != Dim::TIME);
            let Some(value) = good else {
                let due = if factor.dim == Dim::TIME { "a number of 0 or more" } else { "a number" };
                let line = record.position().map_or(0, csv::Position::line);
                let text = format!("row {line}, column `{column_name}` of `{path_text}` is `{cell}`, not {due}");
                let d = bad(column.span, text);
                self.push(
                    d.help("write plain numbers with a decimal point, such as `12.5`; the unit stands in the heading"),
                );
                return None;
            };
            values.push(value);
        }
        if values.is_empty() {
            let d = bad(path.span, format!("`{path_text}` has no rows"));
            self.push(d.help("below the names of the columns stands one value a row"));
            return None;
        }
        Some(Typed { value: Expression::Draw(Box::new(Distribution::Empirical { values })), dim: factor.dim })
    }
}
