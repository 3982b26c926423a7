//! The examples: each checks without a finding and gives what it says it gives; `examples/README.md` is
//! made from them. `FLOWLINE_UPDATE=1 cargo test -- examples` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use flowline::cli::pipeline::compile_text;
use flowline::diag::render::{self, Format};
use flowline::kernel::Engine;

use crate::claims;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Names and texts, in order.
fn examples() -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "line"));
    files.sort();
    let read =
        |f: &PathBuf| (f.file_name().unwrap().to_string_lossy().to_string(), std::fs::read_to_string(f).unwrap());
    files.iter().map(read).collect()
}

#[test]
fn every_example_is_without_a_finding() {
    for (name, text) in examples() {
        let read = |path: &str| std::fs::read_to_string(folder().join(path)).map_err(|e| e.to_string());
        let compiled = compile_text(&name, text, None, &[], &read);
        let found = render::render(Format::Short, &compiled.files, &compiled.diagnostics, false);
        assert!(compiled.diagnostics.is_empty(), "{found}");
        for plant in &compiled.analysed.plants {
            let verdict = flowline::analysis::analyse(plant).deadlock;
            assert_ne!(verdict.verdict, flowline::analysis::VerdictKind::Deadlock, "{name}: {verdict:?}");
        }
    }
}

#[test]
fn every_example_gives_what_it_says() {
    let list = examples();
    assert!(list.len() >= 15, "only {} examples", list.len());
    claims::hold_on(&[Engine::Event], &list, &folder());
}

/// The page that is made from them: what each tells, and what it gives.
fn page() -> String {
    let mut page = String::from(
        "# Examples\n\nEach is a whole line with one story. Run one with `flowline run examples/NAME.line`, see its loads with \
         `flowline check --capacity`, and change something. The figures are those that the file gives as written, held by a \
         test; `±` is the half width of the 95 % confidence interval. This page is made from the files.\n",
    );
    for (name, text) in examples() {
        let head: Vec<&str> = text.lines().map_while(|l| l.strip_prefix("//")).map(str::trim).collect();
        page.push_str(&format!("\n## [{name}]({name})\n\n"));
        for line in &head {
            page.push_str(line);
            page.push('\n');
        }
        page.push_str("\n| figure | as written |\n|---|---|\n");
        for claim in text.lines().filter_map(|l| l.strip_prefix("//= ")) {
            let (figure, value) = claim.split_once(' ').unwrap();
            page.push_str(&format!("| `{}` | {value} |\n", figure.replace('|', "\\|")));
        }
    }
    page
}

#[test]
fn their_page_is_up_to_date() {
    let (path, page) = (folder().join("README.md"), page());
    if std::env::var_os("FLOWLINE_UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "run `FLOWLINE_UPDATE=1 cargo test -- examples`");
}
