//! The models of the DREAM/ManPy suite, written anew in `tests/dream/*.line` with the published figures
//! as claims. `docs/language/dream.md` says where their meaning differs from ours, and why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use crate::claims;

#[test]
fn models_of_dream_are_exact() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dream");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "line"));
    files.sort();
    let list: Vec<(String, String)> = files
        .iter()
        .map(|f| (f.file_name().unwrap().to_string_lossy().to_string(), std::fs::read_to_string(f).unwrap()))
        .collect();
    assert!(list.len() >= 40, "only {} models", list.len());
    claims::hold(&list, &folder);
}
