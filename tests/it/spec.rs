//! The executed language reference: every `line` block of `tests/spec/*.md` is run on both engines and
//! held against the claims that stand in it (`claims.rs` says how they are written). Files that a block
//! names lie in `tests/spec/files/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use crate::claims;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec")
}

/// The blocks of all pages of a folder: where each stands, and its text.
fn blocks(folder: &Path) -> Vec<(String, String)> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    pages.retain(|p| p.extension().is_some_and(|e| e == "md"));
    pages.sort();
    let mut found = Vec::new();
    for page in pages {
        let name = page.file_name().unwrap().to_string_lossy().to_string();
        let text = std::fs::read_to_string(&page).unwrap();
        let (mut heading, mut open): (String, Option<(usize, String)>) = (String::new(), None);
        for (n, line) in text.lines().enumerate() {
            if let Some((from, block)) = &mut open {
                if line.trim() == "```" {
                    let place = format!("{name}:{from} {heading}");
                    found.push((place, std::mem::take(block)));
                    open = None;
                } else {
                    block.push_str(line);
                    block.push('\n');
                }
            } else if line.trim() == "```line" {
                open = Some((n + 1, String::new()));
            } else if let Some(h) = line.strip_prefix('#') {
                heading = h.trim_start_matches('#').trim().to_string();
            }
        }
        assert!(open.is_none(), "{name}: a block does not end");
    }
    found
}

/// Native code alone: these lines are longer, and the reference shows that the engines are equal.
#[test]
fn the_tutorial_and_its_sisters_do_what_they_claim() {
    let list = blocks(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs"));
    let list: Vec<_> = list.into_iter().filter(|(place, _)| !place.starts_with("architecture.md")).collect();
    assert!(list.len() >= 9, "only {} blocks", list.len());
    claims::hold_on(&[flowline::kernel::Engine::Event], &list, &folder().join("files"));
}

#[test]
fn every_block_of_the_reference_does_what_it_claims() {
    let wanted = std::env::var("FLOWLINE_SPEC").unwrap_or_default();
    let list: Vec<(String, String)> =
        blocks(&folder()).into_iter().filter(|(place, _)| place.contains(&wanted)).collect();
    assert!(!list.is_empty(), "nothing matches `{wanted}`");
    claims::hold(&list, &folder().join("files"));
}
