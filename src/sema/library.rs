//! The standard library: the files of `stdlib/`, built into the program.

/// The files by name.
pub const NAMES: &[(&str, &str)] = &[
    ("assembly", include_str!("../../stdlib/assembly.line")),
    ("control", include_str!("../../stdlib/control.line")),
    ("machining", include_str!("../../stdlib/machining.line")),
    ("packaging", include_str!("../../stdlib/packaging.line")),
    ("reliability", include_str!("../../stdlib/reliability.line")),
    ("shifts", include_str!("../../stdlib/shifts.line")),
    ("thermal", include_str!("../../stdlib/thermal.line")),
];

/// The text of a file.
pub fn find(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

/// The names, to be shown.
pub fn listed() -> String {
    NAMES.iter().map(|(n, _)| format!("`std.{n}`")).collect::<Vec<_>>().join(", ")
}
