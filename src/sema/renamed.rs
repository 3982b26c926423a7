//! `was: old` — what something was called before: it keeps its random streams and its place among equals.

use crate::diag::{Diagnostic, codes};
use crate::syntax::tree::Item;

use super::cell::Parts;
use super::fields::{RENAMED, WAS};
use super::line::Lower;

impl<'a> Lower<'a> {
    /// Reads all `was:` of a line or cell, before anything is sorted by name.
    pub(super) fn former_names(&mut self, parts: &Parts<'a>) {
        for d in parts.declarations.iter().filter(|d| RENAMED.contains(&d.word.text.as_str())) {
            let items = d.block.as_ref().map_or(&[][..], |block| &block.items);
            for item in items {
                let Item::Entry(entry) = item else { continue };
                let (Some(WAS), Some(phrase)) = (entry.key.word(), &entry.phrase) else { continue };
                let Some((old, span)) = self.name_in(phrase, "what it was called before") else { continue };
                let prefix = self.scope.prefix().to_string();
                let (now, before) = (format!("{prefix}{}", d.name.text), format!("{prefix}{old}"));
                if self.scope.find(old).is_some() {
                    let text = format!("`{old}` is still the name of something else");
                    self.push(
                        Diagnostic::new(codes::WRONG_VALUE, span, text)
                            .help("two things of one name would draw the same random numbers: leave out `was`"),
                    );
                } else if self.plant.renamed.has(&before) {
                    let text = format!("something else was called `{old}` before, too");
                    self.push(
                        Diagnostic::new(codes::WRONG_VALUE, span, text)
                            .help("only one thing can go on drawing the random numbers of that name"),
                    );
                } else {
                    self.plant.renamed.add(now, before);
                }
            }
        }
    }
}
