//! No two fields of a record share a word by mistake. The words are numbered by hand, so that two changes
//! made apart can take the same one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

/// Fields that share a word on purpose: never both are in use.
const SHARED: &[(&str, &[&str])] = &[
    ("item", &["READY", "STAYS_UNTIL"]),
    ("item", &["OFFER_NEXT", "CHILD"]),
    ("item", &["OFFER_PREVIOUS", "SIBLING"]),
    ("item", &["NEXT", "SEQUENCE"]),
    ("item", &["ENTRY", "LIST"]),
    ("draw", &["TICKS", "CURSOR", "VALUE"]),
];

#[test]
fn every_word_of_a_record_has_one_meaning() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/kernel/layout.rs")).unwrap();
    let mut record = String::new();
    let mut words: BTreeMap<(String, u32), Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, _)) = line.trim_end_matches(" {").strip_prefix("    ").and_then(|l| l.split_once(", "))
            && line.ends_with(" {")
            && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            record = name.to_string();
        }
        if let Some((field, place)) = line.trim().trim_end_matches(';').split_once(" = ")
            && field.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            && let Some(word) = place.split(' ').next().and_then(|w| w.parse().ok())
        {
            words.entry((record.clone(), word)).or_default().push(field.to_string());
        }
    }
    assert!(words.len() > 300, "only {} words found", words.len());
    for ((record, word), fields) in words.iter().filter(|(_, fields)| fields.len() > 1) {
        let shared = SHARED.iter().any(|(r, list)| r == record && fields.iter().all(|f| list.contains(&f.as_str())));
        assert!(shared, "word {word} of `{record}` is {fields:?}");
    }
}
