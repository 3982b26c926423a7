//! The executed language reference: every `line` block of `tests/spec/*.md` is run on both engines and
//! held against the claims that stand in it, as comments:
//!
//! - `//= sinks/out/P/count 12` — the mean of a figure of `flowline run --format json`; a tolerance may
//!   follow (`± 0.5`), shares may be written in per cent. Without a tolerance the figure is exact.
//! - `//! E0401` — the text is refused with this finding.
//! - `//set space=30` — a parameter set from outside, as by `--set`.
//!
//! Files that a block names lie in `tests/spec/files/`.
//!
//! A block without `line NAME {` stands inside a line of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use flowline::analysis;
use flowline::base::SourceMap;
use flowline::diag::{Diagnostic, Severity};
use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::sim::{self, Settings};
use flowline::{sema, syntax};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec")
}

/// A block of a page: where it stands, and its text.
struct Block {
    place: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
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
                    found.push(Block { place, text: std::mem::take(block) });
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

fn read_file(path: &str) -> Result<String, String> {
    std::fs::read_to_string(folder().join("files").join(path)).map_err(|e| e.to_string())
}

fn analyse(text: &str) -> (Option<Plant>, Vec<Diagnostic>) {
    let text = if text.lines().any(|l| l.starts_with("line ")) {
        text.to_string()
    } else {
        format!("line spec {{\n{text}\n}}\n")
    };
    let mut files = SourceMap::default();
    let id = files.add("spec.line", text.as_str());
    let parsed = syntax::parse(id, &text);
    let set = text.lines().filter_map(|l| l.trim().strip_prefix("//set ")?.split_once('='));
    let set = set.map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let options = sema::Options { set, read: &read_file };
    let mut analysed = sema::analyse(&mut files, &parsed.tree, &options);
    let mut found = parsed.diagnostics;
    found.append(&mut analysed.diagnostics);
    let plant = analysed.plants.pop();
    if analysed.complete
        && let Some(plant) = &plant
    {
        found.extend(analysis::analyse(plant).diagnostics);
    }
    (plant, found)
}

fn figures(place: &str, plant: &Plant, engine: Engine) -> Result<serde_json::Value, Vec<Diagnostic>> {
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    settings.engine = engine;
    let outcome = sim::simulate(plant, &settings);
    let Some(study) = outcome.study.filter(|_| outcome.diagnostics.is_empty()) else {
        return Err(outcome.diagnostics);
    };
    let text = flowline::report::json::render(&study).unwrap_or_else(|e| panic!("{place}: {e}"));
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    for word in ["engine", "wall_s", "events"] {
        value.as_object_mut().unwrap().remove(word);
    }
    Ok(value)
}

fn number(text: &str) -> f64 {
    let text = text.trim();
    match text.strip_suffix('%') {
        Some(share) => share.trim().parse::<f64>().unwrap() / 100.0,
        None => text.parse().unwrap(),
    }
}

fn claim(place: &str, value: &serde_json::Value, claim: &str) {
    let (path, due) = claim.trim().split_once(' ').unwrap_or_else(|| panic!("{place}: `{claim}` claims nothing"));
    let mut at = value;
    for key in path.split('/') {
        at = at.get(key).unwrap_or_else(|| panic!("{place}: there is no `{key}` of `{path}` in {at}"));
    }
    let found = at.get("mean").unwrap_or(at);
    let found = found.as_f64().unwrap_or_else(|| panic!("{place}: `{path}` is {found}"));
    let (due, tolerance) = match due.split_once('±') {
        Some((due, tolerance)) => (number(due), number(tolerance)),
        None => (number(due), number(due).abs() * 1e-12 + 1e-12),
    };
    assert!((found - due).abs() <= tolerance, "{place}: `{path}` is {found}, not {due}");
}

#[test]
fn every_block_of_the_reference_does_what_it_claims() {
    let wanted = std::env::var("FLOWLINE_SPEC").unwrap_or_default();
    let list: Vec<Block> = blocks().into_iter().filter(|b| b.place.contains(&wanted)).collect();
    assert!(!list.is_empty(), "nothing matches `{wanted}`");
    // All blocks are tried, so that one that fails does not hide the others.
    let failed: Vec<&str> =
        list.iter().filter(|b| std::panic::catch_unwind(|| check(b)).is_err()).map(|b| b.place.as_str()).collect();
    assert!(failed.is_empty(), "{} of {} blocks: {failed:#?}", failed.len(), list.len());
}

fn check(block: &Block) {
    let place = &block.place;
    let refused: Vec<&str> = block.text.lines().filter_map(|l| l.trim().strip_prefix("//!")).map(str::trim).collect();
    let claims: Vec<&str> = block.text.lines().filter_map(|l| l.trim().strip_prefix("//=")).collect();
    assert!(!refused.is_empty() || !claims.is_empty(), "{place} claims nothing");
    let (plant, found) = analyse(&block.text);
    for code in &refused {
        let codes: Vec<String> = found.iter().map(|d| d.code.number().to_string()).collect();
        let told = codes.iter().any(|c| c == code);
        if !told && let Some(plant) = &plant {
            let stopped = figures(place, plant, Engine::Event).err().unwrap_or_default();
            assert!(stopped.iter().any(|d| d.code.number() == *code), "{place}: {codes:?}, not {code}");
        } else {
            assert!(told, "{place}: {codes:?}, not {code}");
        }
    }
    if claims.is_empty() {
        return;
    }
    let errors: Vec<&Diagnostic> = found.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{place}: {errors:#?}");
    let plant = plant.unwrap();
    let native = figures(place, &plant, Engine::Event).unwrap_or_else(|d| panic!("{place}: {d:#?}"));
    let slow = figures(place, &plant, Engine::Interpreter).unwrap_or_else(|d| panic!("{place}: {d:#?}"));
    assert_eq!(native, slow, "{place}: the engines differ");
    for c in claims {
        claim(place, &native, c);
    }
}
