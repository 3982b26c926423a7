//! The table of words: held against what the checker reads and against the pages of the reference.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use flowline::reference::{self, pages};
use flowline::syntax::words;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_word_is_shown_by_a_section_of_the_reference() {
    for w in reference::all() {
        assert!(reference::section(w.place).is_some(), "`{}` ({}): there is no `{}`", w.name, w.of, w.place);
        assert!(w.form.contains(w.name) || w.of == "distribution", "`{}`: {}", w.name, w.form);
        assert!(w.meaning.ends_with('.'), "`{}`: {}", w.name, w.meaning);
    }
}

#[test]
fn every_page_is_built_in() {
    let mut files: Vec<String> = std::fs::read_dir(root().join("tests/spec"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().to_string())
        .filter(|n| n.ends_with(".md"))
        .collect();
    files.sort();
    let mut built: Vec<String> = pages::PAGES.iter().map(|(n, _)| n.to_string()).collect();
    built.sort();
    assert_eq!(files, built);
}

/// The quoted words within the brackets that follow `mark`.
fn lists(text: &str, mark: &str, found: &mut BTreeSet<String>) {
    for rest in text.split(mark).skip(1) {
        let list = rest.split(']').next().unwrap();
        for quoted in list.split('"').skip(1).step_by(2) {
            found.insert(quoted.to_string());
        }
    }
}

/// Fields and their values as the checker names them in its text.
fn words_of_the_checker() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("src/sema")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for mark in [
            "const STATION: &[&str] = &[",
            "const SOURCE: &[&str] =\n    &[",
            "const SOURCE: &[&str] = &[",
            "const BUFFER: &[&str] = &[",
            "const CONVEYOR: &[&str] = &[",
        ] {
            lists(&text, mark, &mut found);
        }
        for rest in text.split("fields.get(\"").skip(1) {
            found.insert(rest.split('"').next().unwrap().to_string());
        }
        // `word(&fields, "mode", &["accumulating", "stop_together"])`
        for call in text.split("self.word(").skip(1) {
            if let Some(list) = call.split("&[").nth(1).filter(|_| !call.split("&[").next().unwrap().contains(')')) {
                let list = list.split(']').next().unwrap();
                found.extend(list.split('"').skip(1).step_by(2).map(str::to_string));
            }
        }
    }
    found
}

/// Words of the checker that are no words of the language.
const NOT_WORDS: &[&str] = &["end"];

#[test]
fn every_word_that_the_checker_reads_is_in_the_table() {
    let mut known = words_of_the_checker();
    assert!(known.len() > 90, "only {} words: {known:?}", known.len());
    known.extend(words::DECLARATION.iter().map(|w| w.to_string()));
    // Words of a later language, and of ports.
    let later = ["store", "policy", "playbook", "lane", "tariff", "experiment", "out"];
    let missing: Vec<&String> = known
        .iter()
        .filter(|w| reference::find(w).is_empty() && !NOT_WORDS.contains(&w.as_str()) && !later.contains(&w.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The index that is made from the table, the library and the codes.
fn index() -> String {
    let mut page = String::from(
        "# Index\n\nEvery word of the language with its form, and the page that shows it; then units, the standard library and \
         diagnostics. This page is made from the program. `flowline explain WORD` prints the same with the section.\n\n\
         | word | of | form | meaning | page |\n|---|---|---|---|---|\n",
    );
    let mut all: Vec<_> = reference::all().collect();
    all.sort_by_key(|w| w.name);
    for w in all {
        let (file, heading) = w.place.split_once('#').unwrap();
        let cell = |t: &str| t.replace('|', "\\|");
        page.push_str(&format!(
            "| {} | {} | `{}` | {} | [{}](../../tests/spec/{file}), *{}* |\n",
            w.name,
            w.of,
            cell(w.form),
            cell(w.meaning),
            file.trim_end_matches(".md"),
            cell(heading),
        ));
    }
    page.push_str("\n## Units\n\n| unit | of |\n|---|---|\n");
    for unit in flowline::base::units::UNITS {
        let (name, dim) = (unit.name, unit.dim);
        page.push_str(&format!("| {name} | {dim} |\n"));
    }
    page.push_str("\n## Standard library\n\n| file | definition |\n|---|---|\n");
    for (file, text) in flowline::sema::library::NAMES {
        for d in flowline::sema::library::definitions(text) {
            let first = d.about.split('.').next().unwrap().replace('\n', " ");
            page.push_str(&format!("| std.{file} | `{} {}`: {first} |\n", d.word, d.name));
        }
    }
    page.push_str("\n## Diagnostics\n\n| code | severity | title |\n|---|---|---|\n");
    for code in flowline::diag::codes::all() {
        let n = code.number();
        page.push_str(&format!("| [{n}](../errors/{n}.md) | {} | {} |\n", code.severity().word(), code.title()));
    }
    page
}

/// The first page of the book: what there is to read, in order.
fn contents() -> String {
    let mut page = String::from(
        "# The Flowline language\n\nThe reference is a set of pages whose every block is run by a test on both engines and held against the \
         claims in it: what they say is so. A claim `//= sinks/out/P/count 12` is a figure of `flowline run --format json`, `//! E0401` a \
         finding, `//? name met` a verdict.\n\n- [The tutorial](../tutorial.md)\n- [Coming from other tools](../coming_from.md)\n\n## Reference\n\n",
    );
    for (file, text) in pages::PAGES {
        let title = text.lines().next().unwrap().trim_start_matches('#').trim();
        page.push_str(&format!("- [{title}](../../tests/spec/{file})\n"));
        for heading in text.lines().filter_map(|l| l.strip_prefix("## ")) {
            page.push_str(&format!("  - {heading}\n"));
        }
    }
    page.push_str("\n## More\n\n- [Index of words, units, library and diagnostics](index.md)\n- [Rules and where they are shown](rules.md)\n- [The models of the DREAM suite](dream.md)\n- [Where building changed or settled a rule](changes.md)\n");
    page
}

#[test]
fn the_book_is_up_to_date() {
    for (name, page) in [("index.md", index()), ("README.md", contents())] {
        let path: PathBuf = Path::new("docs/language").join(name);
        let path = root().join(path);
        if std::env::var_os("FLOWLINE_UPDATE").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "{name}: run `FLOWLINE_UPDATE=1 cargo test -- reference`");
    }
}

/// Words of the trade lead to words that there are, and none of them is a word of the language in that place.
#[test]
fn words_of_the_trade_lead_to_words_of_the_language() {
    use flowline::base::trade;
    for t in trade::TRADE {
        let known = !reference::find(t.instead).is_empty() || matches!(t.instead, "{" | "d" | "normal" | "exponential");
        assert!(known, "`{}` leads to `{}`, which is no word", t.word, t.instead);
        assert!(t.word.chars().all(|c| c.is_ascii_lowercase()), "`{}` is written with other letters", t.word);
        let twice = trade::TRADE.iter().filter(|o| o.word == t.word && o.of == t.of).count();
        assert_eq!(twice, 1, "`{}` stands twice", t.word);
        assert!(!t.write.ends_with('.'), "`{}`: no full stop", t.word);
    }
    for asked in [
        "MTBF",
        "changeover",
        "kanban",
        "rework",
        "bottleneck",
        "array",
        "AGV",
        "kit",
        "CIP",
        "cycle_time",
        "pause",
        "exp",
        "mon-fri",
    ] {
        assert!(!trade::all(asked).is_empty() || !reference::find(asked).is_empty(), "`{asked}` is not explained");
    }
}
