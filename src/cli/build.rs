//! `flowline build`: an object file and a header, so that a line runs in another program.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::analysis;
use crate::diag::render::{self, Format};
use crate::diag::{Diagnostic, Severity, codes};
use crate::embed::source::{Recorder, Source};
use crate::embed::{LINKAGE, header};
use crate::ir::Plant;
use crate::kernel::{Engine, Kernel, object};
use crate::sim::trouble;

use super::args::Build;
use super::files::{self, Source as Read};
use super::{EXIT_ERRORS, EXIT_USAGE, colour, complain, pipeline, print};

/// Writes the object and the header of a line. Findings go to standard error; nothing is written unless all of it
/// can be.
pub fn build(options: &Build) -> u8 {
    let usage = |words: &str| {
        complain(&format!("flowline: {}\n", render::plain(words)));
        EXIT_USAGE
    };
    if let Some(why) = options.prefix.as_deref().and_then(header::complaint) {
        return usage(why);
    }
    let path = options.file.as_path();
    let text = match files::read_source(path) {
        Ok(text) => text,
        Err(why) => return usage(&why),
    };
    let (text, bad) = match text {
        Read::Text(text) => (text, None),
        Read::NotText(text, at) => (text, Some(at)),
    };
    let recorder = Recorder::default();
    let read = |wanted: &str| recorder.read(wanted, &|wanted| files::read_data(path, wanted));
    let shown_name = if path == Path::new("-") { "<stdin>".to_string() } else { path.display().to_string() };
    let mut compiled = pipeline::compile_text(&shown_name, text.clone(), bad, &options.set, &read);
    // Whoever runs it says how long.
    compiled.diagnostics.retain(|d| d.code != codes::NO_END);
    let colour = colour(std::io::stderr().is_terminal());
    let show = |found: &[Diagnostic]| complain(&render::render(Format::Terminal, &compiled.files, found, colour));
    let plants = &compiled.analysed.plants;
    if compiled.failed() || plants.is_empty() {
        show(&compiled.diagnostics);
        return EXIT_ERRORS;
    }
    let chosen = match &options.line {
        Some(name) => plants.iter().find(|p| p.name == *name),
        None if plants.len() == 1 => plants.first(),
        None => None,
    };
    let Some(plant) = chosen else {
        let names: Vec<&str> = plants.iter().map(|p| p.name.as_str()).collect();
        let names = names.join(", ");
        return usage(&match &options.line {
            Some(name) => format!("there is no line `{name}`: {names}"),
            None => format!("name the line to build with --line: {names}"),
        });
    };
    let mut found = compiled.diagnostics.clone();
    // As for `run`: what analysis refutes is told, and the line is built all the same.
    found.extend(analysis::analyse(plant).diagnostics.into_iter().map(|mut d| {
        d.severity = d.severity.max(Severity::Warning);
        d
    }));
    show(&found);
    let prefix = options.prefix.clone().unwrap_or_else(|| header::prefix_of(&plant.name));
    if let Some(why) = header::complaint(&prefix) {
        return usage(&format!("`{prefix}` cannot begin the names in C: {why}; give another with --prefix"));
    }
    let source = Source {
        version: env!("CARGO_PKG_VERSION").to_string(),
        line: plant.name.clone(),
        // Folders are nobody's business, and equal texts give equal objects wherever they lie.
        name: match path.file_name() {
            Some(name) if path != Path::new("-") => name.to_string_lossy().into_owned(),
            _ => shown_name.clone(),
        },
        text,
        data: recorder.into_seen(),
        set: options.set.clone(),
    };
    let bytes = match bytes(plant, &source, &prefix) {
        Ok(bytes) => bytes,
        Err(d) => {
            show(&[*d]);
            return EXIT_ERRORS;
        }
    };
    let object = options.output.clone().unwrap_or_else(|| PathBuf::from(format!("{prefix}.o")));
    let header_path = options.header.clone().unwrap_or_else(|| object.with_extension("h"));
    let outputs = [(object.as_path(), bytes), (header_path.as_path(), header::header(plant, &prefix).into_bytes())];
    match written(path, &outputs) {
        Ok(()) => {
            let (object, header) = (object.display(), header_path.display());
            print(&format!("made {object} and {header}: {} gives the line\n", header::symbol(&prefix)));
            0
        }
        Err(why) => usage(&why),
    }
}

fn bytes(plant: &Plant, source: &Source, prefix: &str) -> Result<Vec<u8>, Box<Diagnostic>> {
    let kernel = Kernel::new(plant, Engine::Interpreter);
    let kernel = kernel.map_err(|words| Box::new(trouble::not_simulated(plant, &words)))?;
    let internal = |words: String| Box::new(trouble::internal(plant, &words));
    let text = source.to_bytes().map_err(internal)?;
    object::write(kernel.program(), &header::symbol(prefix), LINKAGE, &text).map_err(internal)
}

/// Where a file lies, whether it is there or not, however the path to it is written.
fn place(path: &Path) -> (PathBuf, Option<&std::ffi::OsStr>) {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    match path.canonicalize() {
        Ok(real) => (real, None),
        Err(_) => (folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf()), path.file_name()),
    }
}

/// Writes files so that each is there whole or as it was before: all go into new files beside them first.
fn written(source: &Path, outputs: &[(&Path, Vec<u8>)]) -> Result<(), String> {
    let told = |path: &Path, e: &std::io::Error| format!("cannot write `{}`: {e}", path.display());
    for (i, (path, _)) in outputs.iter().enumerate() {
        if path.is_dir() {
            return Err(format!("cannot write `{}`: it is a folder", path.display()));
        }
        let same = |other: &Path| place(path) == place(other);
        if same(source) || outputs.iter().skip(i + 1).any(|(other, _)| same(other)) {
            return Err(format!("`{}` would be written over: name another file", path.display()));
        }
    }
    let mut ready: Vec<(PathBuf, &Path)> = Vec::new();
    let result = (|| {
        for (path, bytes) in outputs {
            let mut name = path.file_name().map(std::ffi::OsStr::to_os_string).unwrap_or_default();
            name.push(format!(".{}.part", std::process::id()));
            let part = path.with_file_name(name);
            let mut file = fs::File::create_new(&part).map_err(|e| told(path, &e))?;
            ready.push((part, path));
            file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| told(path, &e))?;
        }
        for (part, path) in &ready {
            fs::rename(part, path).map_err(|e| told(path, &e))?;
        }
        Ok(())
    })();
    if result.is_err() {
        for (part, _) in &ready {
            let _ = fs::remove_file(part);
        }
    }
    result
}
