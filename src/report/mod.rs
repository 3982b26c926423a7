//! Presentation of results: the same study as a table to read, as JSON for programs and as CSV for
//! spreadsheets. Pure: every function returns text; nothing here reads a clock, a file or a terminal.

pub mod csv;
pub mod estimates;
pub mod figures;
mod fleets;
pub mod grid;
pub mod json;
pub mod rows;
pub mod sweep;
pub mod table;
pub mod verdicts;
