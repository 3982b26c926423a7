//! A line made ready: its text laid out for the code that is linked into this process.

use std::hash::Hasher;

use crate::base::{Fingerprint, SourceMap};
use crate::diag::{Diagnostic, Severity};
use crate::ir::Plant;
use crate::kernel::Kernel;
use crate::kernel::native::Native;
use crate::kernel::object::{self, Descriptor};

use super::source::Source;
use super::{Code, LINKAGE, Refused};

/// What an object file says of itself, read once.
pub struct Object {
    entry: *const u8,
    program: u64,
    source: Source,
}

/// A line with values of its parameters, laid out.
pub struct Linked {
    /// The plant.
    pub plant: Plant,
    /// Layout and code.
    pub kernel: Kernel,
    /// All texts, for what is told.
    pub files: SourceMap,
    /// Stands for the text, the values of its parameters, and the code.
    pub fingerprint: u64,
}

impl Object {
    /// Reads a descriptor.
    ///
    /// # Errors
    /// [`Code::BadLine`] when it is none of this version of the library, or the processor cannot run it.
    ///
    /// # Safety
    /// `descriptor` must be null, or point to at least one word that can be read; when that is the word by which
    /// objects of this library begin, the rest must be as [`object::write`] wrote it.
    pub unsafe fn read(descriptor: *const Descriptor) -> Result<Object, Refused> {
        let bad = |words: String| Refused::new(Code::BadLine, words);
        if descriptor.is_null() {
            return Err(Refused::new(Code::BadArgument, "the line is a null pointer"));
        }
        if !descriptor.is_aligned() {
            return Err(bad("the line is no pointer that an object of `flowline build` gave".into()));
        }
        // SAFETY: neither null nor misaligned, and the caller vouches for the first word.
        if unsafe { (&raw const (*descriptor).magic).read() } != object::MAGIC {
            return Err(bad("the line is no pointer that an object of `flowline build` gave".into()));
        }
        // SAFETY: it begins as descriptors do, so that the caller vouches for all of it.
        let about = unsafe { &*descriptor };
        if about.version != LINKAGE {
            let words = format!("the object is of version {}, the library of version {LINKAGE}", about.version);
            return Err(bad(words + ": build the line again with the `flowline` of this library"));
        }
        if !object::processor_fits() {
            return Err(bad("this processor lacks instructions that the object uses (x86-64-v2)".into()));
        }
        let length = usize::try_from(about.source_bytes).unwrap_or(0);
        // SAFETY: `object::write` put so many bytes there, which are never written to.
        let bytes = unsafe { std::slice::from_raw_parts(about.source, length) };
        let source = Source::from_bytes(bytes).map_err(|e| bad(format!("the text in the object is broken: {e}")))?;
        let version = env!("CARGO_PKG_VERSION");
        if source.version != version {
            let words = format!("the object was built by flowline {}, the library is {version}", source.version);
            return Err(bad(words + ": build the line again with the `flowline` of this library"));
        }
        Ok(Object { entry: about.entry, program: about.program, source })
    }

    /// Lays the line out with parameters set.
    ///
    /// # Errors
    /// When a value is none for its parameter, or needs other code.
    pub fn link(&self, set: &[(String, String)]) -> Result<Linked, Refused> {
        let compiled = self.source.compile(set);
        let Some(plant) = compiled.plant else {
            let found = |d: &&Diagnostic| d.severity == Severity::Error;
            let words: Vec<String> = compiled.diagnostics.iter().filter(found).map(told).collect();
            return Err(Refused::new(Code::BadSetting, words.join("; ")));
        };
        // SAFETY: `entry` and `program` come from one descriptor, of this version of the library.
        let code = unsafe { Native::linked(self.entry) };
        let kernel = Kernel::ahead(&plant, code, self.program).map_err(|why| match why {
            Some(words) => Refused::new(Code::BadSetting, words),
            None => self.unfit(set),
        })?;
        let mut all = Fingerprint::default();
        let source = &self.source;
        let set_then = source.set.iter().chain(set).flat_map(|(name, value)| [name, value]);
        let texts = source.data.iter().flat_map(|(path, text)| [path, text]);
        for text in [&source.version, &source.line, &source.text].into_iter().chain(texts).chain(set_then) {
            all.text(text);
        }
        all.write_u64(self.program);
        Ok(Linked { plant, kernel, files: compiled.files, fingerprint: all.finish() })
    }

    fn unfit(&self, set: &[(String, String)]) -> Refused {
        if set.is_empty() {
            let words = "the code in the object is not that of its text: it was built by another `flowline`";
            return Refused::new(Code::BadLine, words);
        }
        let shown: Vec<String> = set.iter().map(|(name, value)| format!("--set '{name}={value}'")).collect();
        let words = format!(
            "`{}` needs other code with these values, not only other numbers; build it with {}",
            self.source.line,
            shown.join(" ")
        );
        Refused::new(Code::NeedsBuild, words)
    }
}

/// A finding in one line: what, then how to mend it.
#[must_use]
pub fn told(d: &Diagnostic) -> String {
    let help = d.help.first().map(|h| format!(" ({h})")).unwrap_or_default();
    format!("{}[{}]: {}{help}", d.severity.word(), d.code.number(), d.message)
}
