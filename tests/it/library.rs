//! The standard library: every definition says what it is, and has an example that does what it claims.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use crate::claims;

fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib");
    let mut list: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    list.sort();
    let read =
        |p: PathBuf| (p.file_stem().unwrap().to_string_lossy().to_string(), std::fs::read_to_string(&p).unwrap());
    list.into_iter().map(read).collect()
}

/// What is defined, with the comment above it.
fn definitions(text: &str) -> Vec<(String, String)> {
    let (mut comment, mut list) = (String::new(), Vec::new());
    for line in text.lines() {
        let mut words = line.split([' ', '(']);
        match words.next() {
            Some("///") => {
                comment.push_str(line.strip_prefix("/// ").unwrap_or(""));
                comment.push('\n');
            }
            Some("item" | "cell" | "fn" | "shift" | "let" | "param" | "crew" | "tool") => {
                list.push((words.next().unwrap().to_string(), std::mem::take(&mut comment)));
            }
            _ => comment.clear(),
        }
    }
    list
}

fn examples(comment: &str) -> Vec<&str> {
    comment.split("```line\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_example_does_what_it_claims() {
    let mut list = Vec::new();
    for (file, text) in files() {
        for (name, comment) in definitions(&text) {
            for example in examples(&comment) {
                list.push((format!("std.{file} {name}"), example.to_string()));
            }
        }
    }
    assert!(list.len() >= 20, "only {} examples", list.len());
    claims::hold(&list, Path::new(""));
}

/// An item may be shown by the example of another definition of its file.
#[test]
fn every_definition_is_described_and_used_in_an_example() {
    for (file, text) in files() {
        let all = definitions(&text);
        for (name, comment) in &all {
            let prose = comment.split("```").next().unwrap().trim();
            assert!(prose.len() > 30 && prose.ends_with(['.', ':']), "std.{file} {name}: {prose:?}");
            let used = all.iter().flat_map(|(_, c)| examples(c)).any(|e| e.contains(name.as_str()));
            assert!(used, "std.{file}: no example shows `{name}`");
        }
    }
}
