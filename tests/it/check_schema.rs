//! `docs/schemas/check.json` is current, and what `check --format json` prints obeys it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

#[test]
fn the_published_schema_is_current_and_obeyed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas/check.json");
    let schema = serde_json::to_value(flowline::cli::check::schema()).unwrap();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("FLOWLINE_UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "run the test with FLOWLINE_UPDATE=1");
    let validator = jsonschema::validator_for(&schema).unwrap();
    for example in ["bottling", "two_servers", "penny_fab", "job_shop"] {
        let file = format!("{}/examples/{example}.line", env!("CARGO_MANIFEST_DIR"));
        let output =
            Command::new(env!("CARGO_BIN_EXE_flowline")).args(["check", "--format", "json", &file]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{example}");
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(validator.is_valid(&document), "{example}: {document:#}");
        assert_eq!(document["lines"][0]["deadlock"]["verdict"], "free", "{example}");
        assert!(document["lines"][0]["capacity"]["bottleneck"].is_string(), "{example}");
    }
}
