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

/// Records that end in an array: fields behind the words that every one has.
const TRAILING: &[&str] = &["item", "draw", "value", "needs"];

#[test]
fn every_word_of_a_record_has_one_meaning() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kernel/layout");
    let mut record = String::new();
    let mut length: BTreeMap<String, u32> = BTreeMap::new();
    let mut words: BTreeMap<(String, u32), Vec<String>> = BTreeMap::new();
    let files = std::fs::read_dir(folder).unwrap();
    let texts: Vec<String> = files.map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap()).collect();
    for line in texts.iter().flat_map(|t| t.lines()) {
        if let Some((name, size)) = line.strip_suffix(" {").and_then(|l| l.strip_prefix("    ")?.split_once(", "))
            && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            record = name.to_string();
            length.insert(record.clone(), size.parse().unwrap());
        }
        if let Some((field, place)) = line.trim().trim_end_matches(';').split_once(" = ")
            && field.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            && let Some(word) = place.split(' ').next().and_then(|w| w.parse().ok())
        {
            words.entry((record.clone(), word)).or_default().push(field.to_string());
        }
    }
    assert!(length.len() > 35 && words.len() > 300, "only {} records, {} words found", length.len(), words.len());
    for ((record, word), fields) in &words {
        assert!(*word < length[record] || TRAILING.contains(&record.as_str()), "{fields:?} lies behind `{record}`");
        let shared = SHARED.iter().any(|(r, list)| r == record && fields.iter().all(|f| list.contains(&f.as_str())));
        assert!(fields.len() == 1 || shared, "word {word} of `{record}` is {fields:?}");
    }
}
