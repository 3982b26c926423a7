//! The pages behind `flowline explain`: the first example of each gives its code, the second checks
//! without errors. (Pages of E01, E05, E06 and E071x have tests of their own stage.)
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::cli::pipeline::compile_text;
use flowline::diag::{Severity, codes};

/// The fenced `line` blocks of a page.
fn blocks(page: &str) -> Vec<String> {
    page.split("```line\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or("").to_string()).collect()
}

/// Codes that no text causes, and why.
const WITHOUT_EXAMPLE: &[(&str, &str)] = &[
    ("E0999", "a bug of the compiler; `self_checks` raises it by damaging a run"),
    ("E0715", "all that is checked can be simulated, unless the names of two random streams collide"),
];

/// What an example sets from outside: `// --set space=30`.
fn set(text: &str) -> Vec<(String, String)> {
    let told = text.lines().filter_map(|l| l.trim().strip_prefix("// --set ")?.split_once('='));
    told.map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// Which test holds the page of a code.
fn held_by(number: &str) -> &'static str {
    if WITHOUT_EXAMPLE.iter().any(|(n, _)| *n == number) {
        return "here";
    }
    match &number[..3] {
        "E01" => "syntax_errors::pages_show_what_they_say",
        "E02" | "E03" | "E04" => "here",
        "E05" | "E06" => "analysis_pages::examples_do_what_their_pages_say",
        _ if number.starts_with("E070") => "here",
        _ if number.starts_with("E072") => "estimates::pages_of_exact_answers_show_what_they_say",
        _ if number.starts_with("E071") => "sim_pages::pages_of_runs_show_what_they_say",
        _ => panic!("no test holds the page of {number}"),
    }
}

/// Every code belongs to one of five tests, which take all codes of their group from the registry.
#[test]
fn no_code_is_left_out() {
    let mut by_test = std::collections::BTreeMap::new();
    for code in codes::all() {
        *by_test.entry(held_by(code.number())).or_insert(0) += 1;
        assert!(code.page().len() > 200, "{}: the page says too little", code.number());
    }
    assert_eq!(by_test.len(), 5, "{by_test:?}");
    assert!(by_test.values().sum::<i32>() >= 85, "{by_test:?}");
    // A page without a row in the registry would never be read.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let number = name.trim_end_matches(".md");
        assert!(codes::Code::find(number).is_some(), "there is no code {number}");
    }
}

#[test]
fn pages_of_names_values_flow_and_run_are_true() {
    let mut seen = 0;
    for code in codes::all() {
        let number = code.number();
        assert!(
            code.page().starts_with(&format!("# {number}: {}", code.title())),
            "{number}: the page has another title"
        );
        if held_by(number) != "here" {
            continue;
        }
        let examples = blocks(code.page());
        if WITHOUT_EXAMPLE.iter().any(|(n, _)| *n == number) {
            assert!(examples.is_empty(), "{number} has an example: it is no exception");
            continue;
        }
        assert_eq!(examples.len(), 2, "{number}: a failing and a mended example");
        let read = |_: &str| Err("there is no such file".to_string());
        let bad = compile_text("bad.line", examples[0].clone(), None, &set(&examples[0]), &read);
        assert!(
            bad.diagnostics.iter().any(|d| d.code == code),
            "{number}: the first example gives {:?}",
            bad.diagnostics.iter().map(|d| (d.code, d.message.clone())).collect::<Vec<_>>()
        );
        let good = compile_text("good.line", examples[1].clone(), None, &set(&examples[1]), &read);
        let errors: Vec<_> = good.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{number}: the second example gives {errors:?}");
        seen += 1;
    }
    assert!(seen >= 28, "only {seen} pages were tried");
}
