//! Square tables in files: one value from each row to each column, `table("distances.csv")`. The first cell gives
//! the unit in brackets; the first row and the first column name what the values lie between.

use num_traits::Signed;

use crate::base::{Dim, Rational, Span, units};
use crate::diag::{Diagnostic, codes};
use crate::syntax::tree::{Argument, ExprKind};

use super::line::Lower;

/// What a table is of.
pub(super) struct Kind {
    /// The name of a file, as an example.
    pub file: &'static str,
    /// What its values are.
    pub dim: Dim,
    /// One of them: `distance`.
    pub value: &'static str,
    /// A unit, as an example.
    pub unit: &'static str,
    /// Most columns.
    pub most: usize,
    /// Whether there is a value from a name to itself; if not, its cell is empty, `-` or 0.
    pub diagonal: bool,
}

/// A table that has been read.
pub(super) struct Square {
    /// The file, as written.
    pub path: String,
    /// Where it is written.
    pub at: Span,
    /// Names of columns.
    pub columns: Vec<String>,
    /// Names of rows, and their values in the base unit by column.
    pub rows: Vec<(String, Vec<Option<Rational>>)>,
}

impl Square {
    /// A complaint about it.
    pub fn bad(&self, message: String) -> Diagnostic {
        Diagnostic::new(codes::BAD_DATA_FILE, self.at, message)
    }
}

impl<'a> Lower<'a> {
    /// Reads the table that `table("…")` names.
    pub(super) fn square_file(&mut self, arguments: &'a [Argument], span: Span, kind: &Kind) -> Option<Square> {
        let path = match arguments {
            [Argument { name: None, value, .. }] => value.as_expr(),
            _ => None,
        };
        let Some(ExprKind::String(path_text)) = path.map(|e| &e.kind) else {
            let due = format!("`table` takes the name of a file: `table(\"{}\")`", kind.file);
            return self.wrong_value(span, &due);
        };
        let at = path.map_or(span, |e| e.span);
        let text = match self.data_file(path_text, at) {
            Ok(text) => text,
            Err(why) => {
                self.push(Diagnostic::new(codes::BAD_DATA_FILE, at, format!("`{path_text}` cannot be read: {why}")));
                return None;
            }
        };
        match read(&text, path_text, at, kind) {
            Ok(square) => Some(square),
            Err(diagnostic) => {
                self.push(*diagnostic);
                None
            }
        }
    }
}

/// Reads the text of a table.
fn read(text: &str, path: &str, at: Span, kind: &Kind) -> Result<Square, Box<Diagnostic>> {
    let bad = |message: String| Box::new(Diagnostic::new(codes::BAD_DATA_FILE, at, message));
    let helped =
        |message: String, help: String| Box::new(Diagnostic::new(codes::BAD_DATA_FILE, at, message).help(help));
    let value = kind.value;
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let lines: Vec<csv::StringRecord> = reader.records().filter_map(Result::ok).collect();
    let Some((head, body)) = lines.split_first() else { return Err(bad(format!("`{path}` is empty"))) };
    let corner = head.get(0).unwrap_or_default();
    let unit = corner.split_once('[').map(|(_, u)| u.trim_end_matches(']').trim().to_string()).unwrap_or_default();
    let factor = match units::parse_unit(&unit, &|_| false) {
        Ok((q, _)) if q.dim == kind.dim => q.value,
        _ => {
            return Err(helped(
                format!("`{path}` does not say the unit of its {value}s"),
                format!("write it in brackets into the first cell: `[{}]`", kind.unit),
            ));
        }
    };
    let mut columns: Vec<String> = Vec::new();
    for name in head.iter().skip(1) {
        if columns.iter().any(|c| c == name) {
            return Err(bad(format!("`{path}` has two columns `{name}`")));
        }
        columns.push(name.to_string());
    }
    if columns.len() > kind.most {
        return Err(bad(format!("`{path}` has more than {} columns", kind.most)));
    }
    let mut rows: Vec<(String, Vec<Option<Rational>>)> = Vec::new();
    for (number, line) in (2..).zip(body) {
        let name = line.get(0).unwrap_or_default();
        if rows.iter().any(|(r, _)| r == name) {
            return Err(bad(format!("`{path}` has two rows `{name}`")));
        }
        if line.len() != columns.len() + 1 {
            return Err(bad(format!(
                "row `{name}` of `{path}` (line {number}) has {} {value}s, and there are {} columns",
                line.len().saturating_sub(1),
                columns.len()
            )));
        }
        let mut values = Vec::new();
        for (cell, column) in line.iter().skip(1).zip(&columns) {
            let itself = !kind.diagonal && column == name;
            if itself && matches!(cell, "" | "0" | "-") {
                values.push(None);
                continue;
            }
            let number = crate::base::quantity::decimal(cell).filter(|v| !v.is_negative() && !itself);
            let Some(number) = number else {
                return Err(helped(
                    format!("row `{name}`, column `{column}` of `{path}` is `{cell}`, not a {value} of 0 or more"),
                    "write a plain number such as `12.5`; its unit stands in the first cell".to_string(),
                ));
            };
            values.push(Some(number * &factor));
        }
        rows.push((name.to_string(), values));
    }
    Ok(Square { path: path.to_string(), at, columns, rows })
}
