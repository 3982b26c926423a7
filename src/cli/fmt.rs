//! `flowline fmt`: files in their canonical layout. A file is replaced whole or not at all.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::base::SourceMap;
use crate::diag::{Severity, render};
use crate::format;

use super::args::Fmt;
use super::files::{self, Source};
use super::{EXIT_ERRORS, EXIT_INTERNAL, EXIT_USAGE, complain, print};

/// Lays out every file; the worst exit code of all.
pub fn fmt(options: &Fmt) -> u8 {
    let mut worst = 0;
    for path in &options.paths {
        let mut found = Vec::new();
        if path.is_dir() {
            if let Err(error) = line_files(path, &mut found) {
                complain(&format!("flowline: `{}` cannot be read: {error}\n", path.display()));
                worst = worst.max(EXIT_USAGE);
            }
            found.sort();
        } else {
            found.push(path.clone());
        }
        for file in found {
            worst = worst.max(one(&file, options.check));
        }
    }
    worst
}

/// The `.line` files of a folder and those below; links to folders are not followed.
fn line_files(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            line_files(&entry.path(), found)?;
        } else if entry.path().extension().is_some_and(|e| e == "line") {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn one(path: &Path, check: bool) -> u8 {
    let piped = path == Path::new("-");
    let name = if piped { "<stdin>".to_string() } else { path.display().to_string() };
    let text = match files::read_source(path) {
        Ok(Source::Text(text)) => text,
        Ok(Source::NotText(..)) => {
            complain(&format!("flowline: `{name}` is not text in UTF-8; it is left as it is\n"));
            return EXIT_ERRORS;
        }
        Err(error) => {
            complain(&format!("flowline: {error}\n"));
            return EXIT_USAGE;
        }
    };
    let mut files = SourceMap::default();
    let id = files.add(&name, text.as_str());
    let formatted = match format::format(id, &text) {
        Ok(formatted) => formatted,
        Err(diagnostic) => {
            complain(&render::short::render(&files, &[*diagnostic]));
            return EXIT_INTERNAL;
        }
    };
    let broken = formatted.diagnostics.iter().any(|d| d.severity == Severity::Error);
    if broken {
        complain(&render::short::render(&files, &formatted.diagnostics));
    }
    let code = if broken { EXIT_ERRORS } else { 0 };
    let changed = formatted.text != text;
    if check {
        if changed {
            print(&format!("{name}\n"));
        }
        return if changed { EXIT_ERRORS } else { code };
    }
    if piped {
        print(&formatted.text);
        return code;
    }
    if changed && let Err(error) = replace(path, &formatted.text) {
        complain(&format!("flowline: `{name}` cannot be written, it is left as it is: {error}\n"));
        return EXIT_USAGE;
    }
    code
}

/// Replaces a file by way of a new one beside it, so that it is never seen half written.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // A link stays a link: what it leads to is replaced.
    let real = path.canonicalize()?;
    let folder = real.parent().unwrap_or_else(|| Path::new("."));
    let name = real.file_name().map(|n| n.to_string_lossy().to_string()).unwrap_or_default();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::metadata(&real)?.permissions())?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&beside, &real));
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done
}
