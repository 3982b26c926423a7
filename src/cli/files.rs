//! Reading files: sources named by the user, data files inside the project folder.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::base::limits;

/// What a source file holds.
pub enum Source {
    /// Text.
    Text(String),
    /// Bytes that are no text: the text with replacements, and the first bad byte.
    NotText(String, usize),
}

/// Reads a source file, or standard input for `-`.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn read_source(path: &Path) -> Result<Source, String> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let limit = limits::FILE_BYTES as u64 + 1;
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|e| format!("standard input: {e}"))?;
    } else {
        if path.is_dir() {
            return Err(format!("`{shown}` is a folder; name a `.line` file in it"));
        }
        let file = std::fs::File::open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => format!("there is no file `{shown}`"),
            _ => format!("`{shown}` cannot be read: {e}"),
        })?;
        file.take(limit).read_to_end(&mut bytes).map_err(|e| format!("`{shown}` cannot be read: {e}"))?;
    }
    if bytes.len() > limits::FILE_BYTES {
        return Err(format!("`{shown}` is larger than {} MiB", limits::FILE_BYTES / (1024 * 1024)));
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Source::Text(text),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Source::NotText(String::from_utf8_lossy(error.as_bytes()).into_owned(), at)
        }
    })
}

/// Reads a data file of a line; it must lie in the folder of the line's file, or below.
///
/// # Errors
/// Why it cannot be used, in words.
pub fn read_data(main: &Path, path: &str) -> Result<String, String> {
    let root = main.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let root = root.canonicalize().map_err(|e| e.to_string())?;
    let wanted: PathBuf = root.join(path);
    let outside = "it lies outside the folder of the line's file";
    if Path::new(path).is_absolute() {
        return Err(outside.to_string());
    }
    let real = wanted.canonicalize().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "there is no such file in the folder of the line's file".to_string(),
        _ => e.to_string(),
    })?;
    if !real.starts_with(&root) {
        return Err(outside.to_string());
    }
    let about = std::fs::metadata(&real).map_err(|e| e.to_string())?;
    if about.is_dir() {
        return Err("it is a folder".to_string());
    }
    // A pipe or device could keep the reader waiting for ever.
    if !about.is_file() {
        return Err("it is no file on disk".to_string());
    }
    let size = about.len();
    if size > limits::FILE_BYTES as u64 {
        return Err(format!("it is larger than {} MiB", limits::FILE_BYTES / (1024 * 1024)));
    }
    std::fs::read_to_string(&real).map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidData => "it is no text in UTF-8; save it again as CSV UTF-8".to_string(),
        std::io::ErrorKind::PermissionDenied => "reading it is not allowed".to_string(),
        _ => e.to_string(),
    })
}
