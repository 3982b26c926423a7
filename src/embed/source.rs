//! The text of a line with all that belongs to it, as it goes along in an object file.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{FileId, SourceMap};
use crate::diag::{Diagnostic, Severity};
use crate::ir::Plant;
use crate::sema::{self, Options};
use crate::syntax;

/// A line's text and everything that it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The version of the compiler that wrote it.
    pub version: String,
    /// The line's name; the file may have others.
    pub line: String,
    /// The file's name, without folders.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Other files by the path under which they were asked for: used files and tables of data.
    pub data: BTreeMap<String, String>,
    /// Parameters set when it was built.
    pub set: Vec<(String, String)>,
}

/// A source that went through analysis.
pub struct Compiled {
    /// All texts.
    pub files: SourceMap,
    /// The line, if there is one of the name and nothing is wrong.
    pub plant: Option<Plant>,
    /// What was found.
    pub diagnostics: Vec<Diagnostic>,
}

impl Source {
    /// As bytes.
    ///
    /// # Errors
    /// When the serialiser refuses, which texts never cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(self).map_err(|e| e.to_string())
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are no source.
    pub fn from_bytes(bytes: &[u8]) -> Result<Source, String> {
        serde_json::from_slice(bytes).map_err(|e| e.to_string())
    }

    /// Analyses it again, with more parameters set; later ones win.
    #[must_use]
    pub fn compile(&self, set: &[(String, String)]) -> Compiled {
        let read = |path: &str| self.data.get(path).cloned().ok_or_else(|| "it was not built in".to_string());
        let mut files = SourceMap::default();
        let main: FileId = files.add(self.name.as_str(), self.text.as_str());
        let parsed = syntax::parse(main, &self.text);
        let set: Vec<(String, String)> = self.set.iter().chain(set).cloned().collect();
        let analysed = sema::analyse(&mut files, &parsed.tree, &Options { set, read: &read });
        let mut diagnostics = parsed.diagnostics;
        diagnostics.extend(analysed.diagnostics);
        let broken = diagnostics.iter().any(|d| d.severity == Severity::Error && d.code != crate::diag::codes::NO_END);
        let plant = analysed.plants.into_iter().find(|p| p.name == self.line && !broken);
        Compiled { files, plant, diagnostics }
    }
}

/// Keeps what a reader of files reads.
#[derive(Default)]
pub struct Recorder {
    seen: RefCell<BTreeMap<String, String>>,
}

impl Recorder {
    /// Reads through `read` and keeps what it gives.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read(&self, path: &str, read: &dyn Fn(&str) -> Result<String, String>) -> Result<String, String> {
        let text = read(path)?;
        self.seen.borrow_mut().insert(path.to_string(), text.clone());
        Ok(text)
    }

    /// What was read, by path.
    #[must_use]
    pub fn into_seen(self) -> BTreeMap<String, String> {
        self.seen.into_inner()
    }
}
