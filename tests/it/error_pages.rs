//! The pages behind `flowline explain`: the first example of each gives its code, the second checks
//! without errors. (Pages of E01, E05, E06 and E071x have tests of their own stage.)
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::cli::pipeline::compile_text;
use flowline::diag::{Severity, codes};

/// The fenced `line` blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    page.split("```line\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or("").to_string()).collect()
}

/// Codes that no text alone can cause.
const WITHOUT_EXAMPLE: &[&str] = &["E0309", "E0999"];

#[test]
fn pages_of_names_values_flow_and_run_are_true() {
    let mut seen = 0;
    for code in codes::all() {
        let number = code.number();
        assert!(
            code.page().starts_with(&format!("# {number}: {}", code.title())),
            "{number}: the page has another title"
        );
        let mine = ["E02", "E03", "E04", "E070", "E0999"].iter().any(|p| number.starts_with(p));
        if !mine {
            continue;
        }
        let examples = blocks(code.page());
        if WITHOUT_EXAMPLE.contains(&number) {
            assert!(code.page().len() > 200, "{number}: the page says too little");
            continue;
        }
        assert_eq!(examples.len(), 2, "{number}: a failing and a mended example");
        let read = |_: &str| Err("there is no such file".to_string());
        let bad = compile_text("bad.line", examples[0].clone(), None, &[], &read);
        assert!(
            bad.diagnostics.iter().any(|d| d.code == code),
            "{number}: the first example gives {:?}",
            bad.diagnostics.iter().map(|d| (d.code, d.message.clone())).collect::<Vec<_>>()
        );
        let good = compile_text("good.line", examples[1].clone(), None, &[], &read);
        let errors: Vec<_> = good.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{number}: the second example gives {errors:?}");
        seen += 1;
    }
    assert!(seen >= 28, "only {seen} pages were tried");
}
