//! The stages joined: from a path to plants with everything that was found about them.

use std::path::Path;

use crate::base::{FileId, SourceMap, Span};
use crate::diag::{Diagnostic, Severity, codes};
use crate::sema::{Analysed, Options};
use crate::{sema, syntax};

use super::files::{self, Source};

/// A file that went through parsing and analysis.
pub struct Compiled {
    /// Its texts.
    pub files: SourceMap,
    /// Its id.
    pub main: FileId,
    /// The syntax tree.
    pub parsed: syntax::Parsed,
    /// The plants.
    pub analysed: Analysed,
    /// All findings of these stages.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compiled {
    /// Whether an error was found.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// Reads, parses and analyses a file.
///
/// # Errors
/// When it cannot be read, in words.
pub fn compile(path: &Path, set: &[(String, String)]) -> Result<Compiled, String> {
    Ok(Text::read(path)?.compile(set))
}

/// A text that is compiled once or several times.
pub struct Text<'a> {
    path: &'a Path,
    text: String,
    bad: Option<usize>,
}

impl<'a> Text<'a> {
    /// Reads a file, or standard input for `-`.
    ///
    /// # Errors
    /// When it cannot be read, in words.
    pub fn read(path: &'a Path) -> Result<Text<'a>, String> {
        Ok(match files::read_source(path)? {
            Source::Text(text) => Text { path, text, bad: None },
            Source::NotText(text, at) => Text { path, text, bad: Some(at) },
        })
    }

    /// Parses and analyses it.
    #[must_use]
    pub fn compile(&self, set: &[(String, String)]) -> Compiled {
        let path = self.path;
        let name = if path == Path::new("-") { "<stdin>".to_string() } else { path.display().to_string() };
        let read = |wanted: &str| files::read_data(path, wanted);
        compile_text(&name, self.text.clone(), self.bad, set, &read)
    }
}

/// Parses and analyses a text. `bad` is the place of the first byte that is no text.
#[must_use]
pub fn compile_text(
    name: &str,
    text: String,
    bad: Option<usize>,
    set: &[(String, String)],
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Compiled {
    let mut files = SourceMap::default();
    let main = files.add(name, text.as_str());
    let mut diagnostics = Vec::new();
    let parsed = if let Some(at) = bad {
        // The rest would only raise complaints about replacement characters.
        diagnostics.push(
            Diagnostic::new(codes::INVALID_CHARACTER, Span::new(main, at, at + 1), "the file is not text in UTF-8")
                .label("the first byte that is no character")
                .help("save the file as UTF-8"),
        );
        syntax::parse(main, "")
    } else {
        syntax::parse(main, &text)
    };
    let analysed = if bad.is_some() {
        Analysed { plants: Vec::new(), diagnostics: Vec::new(), complete: false }
    } else {
        sema::analyse(&mut files, &parsed.tree, &Options { set: set.to_vec(), read })
    };
    diagnostics.extend(parsed.diagnostics.iter().cloned());
    diagnostics.extend(analysed.diagnostics.iter().cloned());
    Compiled { files, main, parsed, analysed, diagnostics }
}
