//! Sibling renderers of diagnostics: one file per format.
