//! `run --format csv`: every figure of a study in long format, one row a figure, so that a spreadsheet
//! or a data frame can filter it. Names and units are those of the JSON document.
//!
//! A figure without value has a row with empty cells, so that all studies of a model have the same rows.

use ::csv::{Error, Writer};

use super::rows::rows;
use crate::runtime::statistics::Summary;
use crate::sim::outcome::Study;

/// The columns.
pub const COLUMNS: [&str; 9] = ["section", "entity", "item", "measure", "mean", "half_width", "sd", "min", "max"];

/// The rows of a study with a header row. Cells are quoted where they need to be (RFC 4180); lines end
/// in a line feed. Floats are the shortest text that reads back as the same bits.
///
/// # Errors
/// When the writer refuses, which writing to memory never causes.
pub fn render(study: &Study) -> Result<String, Error> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in rows(study) {
        let names = [row.section, &row.entity, &row.item, &row.measure].map(str::to_owned);
        writer.write_record(names.into_iter().chain(cells(row.figure)))?;
    }
    text_of(writer)
}

/// The five cells of a figure.
pub(super) fn cells(figure: Option<Summary>) -> [String; 5] {
    [
        cell(figure.map(|f| f.mean)),
        cell(figure.and_then(|f| f.half_width)),
        cell(figure.map(|f| f.sd)),
        cell(figure.map(|f| f.min)),
        cell(figure.map(|f| f.max)),
    ]
}

pub(super) fn cell(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

pub(super) fn text_of(writer: Writer<Vec<u8>>) -> Result<String, Error> {
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
