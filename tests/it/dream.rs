//! The models of the DREAM/ManPy suite, written anew in `tests/dream/*.line` with the published figures
//! as claims. `docs/language/dream.md` says where their meaning differs from ours, and why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use crate::claims;

#[test]
fn models_of_dream_are_exact() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dream");
    let list = crate::deterministic::texts(&folder);
    assert!(list.len() >= 80, "only {} models", list.len());
    claims::hold(&list, &folder);
}

/// Rows of the first table of `docs/language/dream.md`: file and number of items.
fn told() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language/dream.md");
    let text = std::fs::read_to_string(page).unwrap();
    let cells = |line: &str| line.split('|').map(|c| c.trim().to_string()).collect::<Vec<String>>();
    let rows = text.lines().map(cells).filter(|c| c.len() == 6 && c[2].ends_with(".line`"));
    rows.map(|c| (c[2].trim_matches('`').to_string(), c[3].clone())).collect()
}

#[test]
fn the_page_tells_of_every_model_of_dream() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dream");
    let told = told();
    let files: Vec<String> = crate::deterministic::texts(&folder).into_iter().map(|(name, _)| name).collect();
    let mut names: Vec<String> = told.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    assert_eq!(names, files);
    for (name, items) in told {
        let text = std::fs::read_to_string(folder.join(&name)).unwrap();
        let counts = text.lines().filter_map(|l| l.strip_prefix("//= sinks/")?.split_once("/count "));
        let sum: u64 = counts.map(|(_, n)| n.trim().parse::<u64>().unwrap()).sum();
        assert_eq!(items, sum.to_string(), "{name}");
    }
}
