//! Claims inside a `.line` text, as comments, and how they are held against both engines:
//!
//! - `//= sinks/out/P/count 12` — the mean of a figure of `flowline run --format json`. A tolerance may
//!   follow (`± 0.5`), shares may be written in per cent, and the last key may be a sum
//!   (`starved+waiting`). Without a tolerance the figure is exact.
//! - `//? name met` — the verdict on an expectation.
//! - `//! E0401` — the text is refused, or its run stopped, with this finding.
//! - `//verdict free` — what the checker says about circular waits: free, deadlock or unknown.
//! - `//set space=30` — a parameter set from outside, as by `--set`.
//!
//! A text without `line NAME {` stands inside a line of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::atomic::AtomicBool;

use flowline::analysis::{self, VerdictKind};
use flowline::base::SourceMap;
use flowline::diag::{Diagnostic, Severity};
use flowline::ir::Plant;
use flowline::kernel::Engine;
use flowline::sim::{self, Settings};
use flowline::{sema, syntax};

/// What is wrong with the texts of `list` (where each stands, its text), which read files from `folder`.
/// All are tried, so that one that fails does not hide the others.
pub fn hold(list: &[(String, String)], folder: &Path) {
    hold_on(&[Engine::Event, Engine::Interpreter], list, folder);
}

/// Like [`hold`], on the engines named, of which the first gives the figures.
pub fn hold_on(engines: &[Engine], list: &[(String, String)], folder: &Path) {
    let wrong =
        |(place, text): &&(String, String)| std::panic::catch_unwind(|| check(engines, place, text, folder)).is_err();
    let failed: Vec<&str> = list.iter().filter(wrong).map(|(place, _)| place.as_str()).collect();
    assert!(failed.is_empty(), "{} of {}: {failed:#?}", failed.len(), list.len());
}

/// The plant of a text, what is found in it, and the verdict about circular waits.
fn analyse(text: &str, folder: &Path) -> (Option<Plant>, Vec<Diagnostic>, Option<VerdictKind>) {
    let text = if text.lines().any(|l| l.starts_with("line ")) {
        text.to_string()
    } else {
        format!("line spec {{\n{text}\n}}\n")
    };
    let mut files = SourceMap::default();
    let id = files.add("spec.line", text.as_str());
    let parsed = syntax::parse(id, &text);
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).map_err(|e| e.to_string());
    let set = text.lines().filter_map(|l| l.trim().strip_prefix("//set ")?.split_once('='));
    let set = set.map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let options = sema::Options { set, read: &read };
    let mut analysed = sema::analyse(&mut files, &parsed.tree, &options);
    let mut found = parsed.diagnostics;
    found.append(&mut analysed.diagnostics);
    // A refused plant has holes: it is no plant to be run.
    let plant = analysed.plants.pop().filter(|_| analysed.complete);
    let mut verdict = None;
    if let Some(plant) = &plant {
        let analysis = analysis::analyse(plant);
        found.extend(analysis.diagnostics);
        verdict = Some(analysis.deadlock.verdict);
    }
    (plant, found, verdict)
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
    for word in ["engine", "wall_s"] {
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

/// The figure at `path`, each step a key of the JSON.
fn figure(place: &str, value: &serde_json::Value, path: &str) -> f64 {
    let mut at = value;
    for key in path.split('/') {
        at = at.get(key).unwrap_or_else(|| panic!("{place}: there is no `{key}` of `{path}` in {at}"));
    }
    let found = at.get("mean").unwrap_or(at);
    found.as_f64().unwrap_or_else(|| panic!("{place}: `{path}` is {found}"))
}

fn claim(place: &str, value: &serde_json::Value, claim: &str) {
    let (path, due) = claim.trim().split_once(' ').unwrap_or_else(|| panic!("{place}: `{claim}` claims nothing"));
    let (stem, last) = path.rsplit_once('/').map_or(("", path), |(stem, last)| (&path[..=stem.len()], last));
    let found: f64 = last.split('+').map(|key| figure(place, value, &format!("{stem}{key}"))).sum();
    let (due, tolerance) = match due.split_once('±') {
        Some((due, tolerance)) => (number(due), number(tolerance)),
        None => (number(due), number(due).abs() * 1e-12 + 1e-12),
    };
    assert!((found - due).abs() <= tolerance, "{place}: `{path}` is {found}, not {due}");
}

fn check(engines: &[Engine], place: &str, text: &str, folder: &Path) {
    let told = |mark: &str| -> Vec<String> {
        text.lines().filter_map(|l| l.trim().strip_prefix(mark)).map(|l| l.trim().to_string()).collect()
    };
    let (refused, claims, verdicts) = (told("//!"), told("//="), told("//?"));
    let about_locks = told("//verdict");
    assert!(
        !refused.is_empty() || !claims.is_empty() || !verdicts.is_empty() || !about_locks.is_empty(),
        "{place} claims nothing"
    );
    let (plant, found, verdict) = analyse(text, folder);
    for due in about_locks {
        let verdict = verdict.unwrap_or_else(|| panic!("{place}: there is no verdict"));
        assert_eq!(format!("{verdict:?}").to_lowercase(), due, "{place}: the verdict");
    }
    for code in &refused {
        let codes: Vec<String> = found.iter().map(|d| d.code.number().to_string()).collect();
        let told = codes.iter().any(|c| c == code);
        if !told && let Some(plant) = &plant {
            let stopped = figures(place, plant, Engine::Event).err().unwrap_or_default();
            assert!(stopped.iter().any(|d| d.code.number() == code), "{place}: {codes:?}, not {code}");
        } else {
            assert!(told, "{place}: {codes:?}, not {code}");
        }
    }
    if claims.is_empty() && verdicts.is_empty() {
        return;
    }
    let errors: Vec<&Diagnostic> = found.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{place}: {errors:#?}");
    let plant = plant.unwrap();
    let mut given = None;
    for engine in engines {
        let own = figures(place, &plant, *engine).unwrap_or_else(|d| panic!("{place}: {d:#?}"));
        match &given {
            Some(first) => assert_eq!(*first, own, "{place}: the engines differ"),
            None => given = Some(own),
        }
    }
    let native = given.unwrap();
    for c in &claims {
        claim(place, &native, c);
    }
    for v in &verdicts {
        let (name, due) = v.split_once(' ').unwrap_or_else(|| panic!("{place}: `{v}` claims nothing"));
        assert_eq!(native["expectations"][name]["verdict"], due, "{place}: {name}: {}", native["expectations"][name]);
    }
}
