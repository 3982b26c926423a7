//! The standard library: the files of `stdlib/`, built into the program.

/// The files by name, in order.
pub const NAMES: &[(&str, &str)] = &[
    ("assembly", include_str!("../../stdlib/assembly.line")),
    ("control", include_str!("../../stdlib/control.line")),
    ("machining", include_str!("../../stdlib/machining.line")),
    ("packaging", include_str!("../../stdlib/packaging.line")),
    ("reliability", include_str!("../../stdlib/reliability.line")),
    ("shifts", include_str!("../../stdlib/shifts.line")),
    ("thermal", include_str!("../../stdlib/thermal.line")),
    ("transport", include_str!("../../stdlib/transport.line")),
];

/// The text of a file.
pub fn find(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

/// The names, to be shown.
pub fn listed() -> String {
    NAMES.iter().map(|(n, _)| format!("`std.{n}`")).collect::<Vec<_>>().join(", ")
}

/// The file that defines a name.
pub fn holds(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(_, text)| definitions(text).iter().any(|d| d.name == name)).map(|(file, _)| *file)
}

/// The definitions of a file: what each is, its name, and what is said of it above it.
pub fn definitions(text: &str) -> Vec<Definition> {
    let (mut about, mut list) = (String::new(), Vec::new());
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("///") {
            about.push_str(said.strip_prefix(' ').unwrap_or(said));
            about.push('\n');
            continue;
        }
        let mut words = line.splitn(2, ' ');
        let (word, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if super::import::SHARED.contains(&word) {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let name = rest.get(..end).unwrap_or_default().to_string();
            list.push(Definition { word: word.to_string(), name, about: std::mem::take(&mut about) });
        }
        about.clear();
    }
    list
}

/// A definition of the standard library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// `cell`, `shift`, `fn`, …
    pub word: String,
    /// Its name.
    pub name: String,
    /// What it is, with examples, as Markdown.
    pub about: String,
}
