//! The header that goes with an object: the interface, and the one function that gives the line.

use crate::ir::Plant;

use super::INTERFACE;

/// The declarations of [`super::interface`].
const COMMON: &str = include_str!("flowline.h");

/// What is put behind a prefix.
const SUFFIX: &str = "_line";

/// The prefix for a line of this name: its letters, digits and underscores.
#[must_use]
pub fn prefix_of(name: &str) -> String {
    let mut prefix: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !prefix.starts_with(|c: char| c.is_ascii_alphabetic()) {
        prefix.insert_str(0, "line_");
    }
    prefix
}

/// Why a prefix cannot be one; `None` when it can.
#[must_use]
pub fn complaint(prefix: &str) -> Option<&'static str> {
    let letters = prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !letters || !prefix.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some("a prefix has letters from a to z, digits and underscores, and begins with a letter");
    }
    if prefix.len() > 200 {
        return Some("a prefix has at most 200 characters");
    }
    if prefix == "flowline" || prefix.starts_with("flowline_") {
        return Some("names that begin with `flowline_` belong to the library");
    }
    None
}

/// The name of the function that gives the line.
#[must_use]
pub fn symbol(prefix: &str) -> String {
    format!("{prefix}{SUFFIX}")
}

/// The header of a line.
#[must_use]
pub fn header(plant: &Plant, prefix: &str) -> String {
    let name = plain(&plant.name);
    let version = env!("CARGO_PKG_VERSION");
    let guard = format!("{}_LINE_H", prefix.to_ascii_uppercase());
    let parameters: Vec<String> = plant.parameters.iter().take(40).map(|p| plain(p)).collect();
    let parameters = match parameters.len() {
        0 => "none".to_string(),
        n if n < plant.parameters.len() => parameters.join(", ") + ", ...",
        _ => parameters.join(", "),
    };
    let common = COMMON.replace("@INTERFACE@", &INTERFACE.to_string());
    let symbol = symbol(prefix);
    format!(
        "/* The line {name}, written by `flowline build` (flowline {version}). */\n\
         {common}\n\
         #ifndef {guard}\n#define {guard}\n\
         #ifdef __cplusplus\nextern \"C\" {{\n#endif\n\
         /* The line {name}. Parameters: {parameters}. */\n\
         const flowline_line *{symbol}(void);\n\
         #ifdef __cplusplus\n}}\n#endif\n\
         #endif /* {guard} */\n"
    )
}

/// A name within a comment.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '*' | '/' | '\\' | '?') { '_' } else { c }).collect()
}
