//! Imports point down the layer table of `docs/architecture.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

const LAYERS: &[(&str, u32)] = &[
    ("base", 0),
    ("diag", 1),
    ("syntax", 2),
    ("ir", 2),
    ("runtime", 2),
    ("net", 2),
    ("format", 3),
    ("sema", 3),
    ("analysis", 3),
    ("kernel", 3),
    ("sim", 4),
    ("reference", 3),
    ("report", 5),
    ("embed", 6),
    ("cli", 7),
];

fn layer(folder: &str) -> Option<u32> {
    LAYERS.iter().find(|(name, _)| *name == folder).map(|(_, layer)| *layer)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn imports_point_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let mut arrows = 0;
    let mut wrong = Vec::new();
    for path in found {
        let inside = path.strip_prefix(&root).unwrap();
        let folder = inside.components().next().unwrap().as_os_str().to_str().unwrap().to_string();
        let Some(from) = layer(&folder) else {
            assert!(matches!(folder.as_str(), "lib.rs" | "main.rs"), "`{folder}` is not in the layer table");
            continue;
        };
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            for part in line.split("crate::").skip(1) {
                // `use crate::{a, b}` names several at once.
                let heads: Vec<String> = match part.strip_prefix('{') {
                    Some(list) => list
                        .split('}')
                        .next()
                        .unwrap_or("")
                        .split(',')
                        .map(|p| p.trim().split("::").next().unwrap_or("").to_string())
                        .collect(),
                    None => {
                        vec![part.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("").to_string()]
                    }
                };
                for head in heads {
                    let Some(to) = layer(&head) else { continue };
                    arrows += 1;
                    if head != folder && to >= from {
                        wrong.push(format!("{}:{}: `{folder}` imports `{head}`", inside.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(arrows > 100, "only {arrows} imports found: the test does not see them");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
