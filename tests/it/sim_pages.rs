//! The pages of codes of runs: the first `line` block stops with the code, the last one does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::atomic::AtomicBool;

use flowline::base::{SourceMap, Ticks};
use flowline::diag::codes;
use flowline::kernel::Engine;
use flowline::sim::{Outcome, Settings, simulate};
use flowline::{sema, syntax};

fn run(text: &str, number: &str) -> Outcome {
    let mut files = SourceMap::default();
    let file = files.add("page.line", text);
    let parsed = syntax::parse(file, text);
    let options = sema::Options { set: Vec::new(), read: &|_| Err("no files in tests".into()) };
    let analysed = sema::analyse(&mut files, &parsed.tree, &options);
    assert!(analysed.complete, "{text}\n{:#?}\n{:#?}", parsed.diagnostics, analysed.diagnostics);
    let plant = analysed.plants.first().unwrap();
    let stop = AtomicBool::new(false);
    let mut settings = Settings::of(plant, &stop, &|_, _| {});
    // What fails on a page fails early or by memory; nothing needs a month to show that it works.
    settings.memory = Some(1 << 20);
    if number == "E0717" {
        settings.engine = Engine::Recursion;
    }
    settings.horizon = settings.horizon.map(|h| h.min(Ticks(20 * 86_400 * 1_000_000_000)));
    simulate(plant, &settings)
}

#[test]
fn pages_of_runs_show_what_they_say() {
    // `error_pages` says why E0715 has no example.
    for code in codes::all().filter(|c| c.number().starts_with("E071") && c.number() != "E0715") {
        let number = code.number();
        let page = code.page();
        assert!(page.starts_with(&format!("# {number}: {}\n", code.title())), "{number}");
        let blocks: Vec<&str> = page.split("```line\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert_eq!(blocks.len(), 2, "{number}");
        let failed = run(blocks[0], number);
        assert_eq!(failed.diagnostics.first().map(|d| d.code.number()), Some(number), "{failed:#?}");
        let span = failed.diagnostics[0].primary.span;
        assert!(span.end > span.start && span.end as usize <= blocks[0].len(), "{number}: {span:?}");
        let mended = run(blocks[1], number);
        assert!(mended.diagnostics.is_empty() && mended.study.is_some(), "{number}: {:#?}", mended.diagnostics);
    }
}
