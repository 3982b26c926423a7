//! What a diagnostic is made of.

use crate::base::Span;

use super::codes::Code;

/// How bad it is. Errors stop the pipeline behind the stage that found them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The text has no meaning, or a meaning that cannot work.
    Error,
    /// The text has a meaning that is probably not the one wanted.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The lower-case word of the output formats.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A span with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What; may be empty on the primary span.
    pub text: String,
}

/// One replacement of a piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// A mend that a machine can apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative: "write `60 s`".
    pub title: String,
    /// The edits, not overlapping.
    pub edits: Vec<Edit>,
}

/// One finding: what, where, why, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The cause, from the registry.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence, lower case, names in backticks, facts with numbers and units.
    pub message: String,
    /// The smallest span that is wrong.
    pub primary: Label,
    /// Every other span that forces the conclusion.
    pub secondary: Vec<Label>,
    /// Why: the arithmetic, the circular wait in order.
    pub notes: Vec<String>,
    /// What to change.
    pub help: Vec<String>,
    /// Mends a machine can apply.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A finding with the severity of its code.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Says something at the primary span.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Points at another span that forces the conclusion.
    #[must_use]
    pub fn with(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds a reason.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a mend of one edit.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fixes.push(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }] });
        self
    }
}
