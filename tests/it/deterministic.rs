//! Published lines without chance (`tests/published/*.line`): every figure exact, to the digits printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use crate::claims;

/// Every file of a folder with its text, by name.
pub fn texts(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "line"));
    files.sort();
    let name = |f: &Path| f.file_name().unwrap().to_string_lossy().to_string();
    files.iter().map(|f| (name(f), std::fs::read_to_string(f).unwrap())).collect()
}

#[test]
fn lines_without_chance_are_exact() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published");
    let list = texts(&folder);
    assert!(list.len() >= 10, "only {} lines", list.len());
    claims::hold(&list, &folder);
}
