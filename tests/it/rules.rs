//! Every rule of the language has a block in the reference that shows it. A page names the rules that it
//! shows in brackets: in its introduction for all blocks, in a heading for those below it, in the prose before
//! a block for that block.
//! `docs/language/rules.md` is the list; `FLOWLINE_UPDATE=1 cargo test -- rules` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Groups of rules: letter, what they are about, how many there are.
const GROUPS: &[(char, &str, usize)] = &[
    ('T', "The instant", 10),
    ('S', "Stations, machines, work", 24),
    ('B', "Breakdowns and maintenance", 8),
    ('R', "Crews and tools", 7),
    ('F', "Flow, buffers, arrows", 16),
    ('Q', "Sources, sinks, runs", 8),
    ('H', "Shifts", 3),
    ('Z', "Statistics", 7),
    ('N', "Numbers", 6),
    ('D', "Circular waits", 9),
];

/// Rules about two runs side by side, or about what no line shows: the test that holds them, in addition
/// to a block or in place of one.
const TESTS: &[(&str, &str, &str)] = &[
    ("T2", "invariance", "declarations_in_any_order"),
    ("S2", "invariance", "more_machines_draw_the_same_times"),
    ("Z4", "invariance", "threads_and_engines"),
    ("N3", "invariance", "streams_belong_to_names"),
    ("N4", "invariance", "renaming_with_was"),
    ("N5", "invariance", "a_changed_parameter_keeps_the_other_draws"),
    ("N6", "invariance", "snapshots_go_on_alike"),
    ("D5", "invariance", "what_is_free_never_locks"),
    ("D2", "analysis_deadlock", "a_crew_held_while_blocked_locks_up"),
    ("D9", "sim_lockup", "breakdowns_do_not_hide_a_lock"),
    ("N1", "runtime_distributions", "durations_become_ticks_once_and_half_to_even"),
    ("N2", "runtime_distributions", "mean_of_the_normal_is_that_after_redrawing"),
    ("N5", "runtime_distributions", "draws_are_the_documented_arithmetic_on_standard_variates"),
    ("N6", "runtime_distributions", "every_draw_advances_its_stream_by_one_word"),
];

/// Rules of what is not supported yet: no block can show them.
const LATER: &[&str] = &[];

/// Rules that only tests of [`TESTS`] can show.
const BY_TEST: &[&str] = &["N5", "N6"];

fn rules() -> impl Iterator<Item = String> {
    GROUPS.iter().flat_map(|(letter, _, number)| (1..=*number).map(move |n| format!("{letter}{n}")))
}

/// The rule numbers in brackets in `text`: `(S3)`, `(S6 to S9)`, `(S14, \`load: each\`)`.
fn marks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for inside in text.split('(').skip(1).filter_map(|rest| rest.split(')').next()) {
        let mut last: Option<(char, usize)> = None;
        let mut range = false;
        for word in inside.split([' ', ',']).filter(|w| !w.is_empty()) {
            let mut letters = word.chars();
            let rule = letters.next().filter(char::is_ascii_uppercase).and_then(|letter| {
                let digits = letters.as_str();
                let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                let known = GROUPS.iter().any(|(g, _, _)| *g == letter);
                (plain && known).then(|| (letter, digits.parse().unwrap()))
            });
            match (rule, last) {
                (Some((letter, to)), Some((_, from))) if range => {
                    found.extend((from + 1..=to).map(|n| format!("{letter}{n}")));
                }
                (Some((letter, n)), _) => found.push(format!("{letter}{n}")),
                _ => {}
            }
            range = word == "to";
            last = rule.or(last.filter(|_| range));
        }
    }
    found
}

/// Page and heading of each block with the rules that it shows.
fn shown() -> Vec<(String, String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    pages.retain(|p| p.extension().is_some_and(|e| e == "md"));
    pages.sort();
    let mut found = Vec::new();
    for page in pages {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        let (mut heading, mut of_page, mut of_heading, mut of_block) =
            (String::new(), Vec::new(), Vec::new(), Vec::new());
        let mut title = true;
        let mut inside = false;
        for line in std::fs::read_to_string(&page).unwrap().lines() {
            if inside {
                inside = line != "```";
            } else if line == "```line" {
                inside = true;
                let mut rules = [of_page.clone(), of_heading.clone()].concat();
                rules.append(&mut of_block);
                found.push((name.clone(), heading.clone(), rules));
            } else if line.starts_with('#') {
                if title && line.starts_with("##") {
                    of_page = std::mem::take(&mut of_block);
                    title = false;
                }
                assert!(of_block.is_empty(), "{name}: `{heading}` names {of_block:?} behind its last block");
                heading = line.trim_start_matches('#').trim().to_string();
                of_heading = marks(&heading);
            } else {
                of_block.extend(marks(line));
            }
        }
        assert!(of_block.is_empty(), "{name}: `{heading}` names {of_block:?} behind its last block");
    }
    found
}

/// The anchor of a heading, as code hosts make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_');
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[test]
fn every_rule_is_shown() {
    let known: Vec<String> = rules().collect();
    let mut where_shown: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (page, heading, rules) in shown() {
        for rule in rules {
            assert!(known.contains(&rule), "{page}, `{heading}`: there is no rule {rule}");
            let list = where_shown.entry(rule).or_default();
            if !list.contains(&(page.clone(), heading.clone())) {
                list.push((page.clone(), heading.clone()));
            }
        }
    }
    for (rule, file, test) in TESTS {
        assert!(known.contains(&(*rule).to_string()), "there is no rule {rule}");
        let text = std::fs::read_to_string(format!("{}/tests/it/{file}.rs", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(test.is_empty() || text.contains(&format!("#[test]\nfn {test}()")), "{file}.rs has no test `{test}`");
    }
    let mut missing = Vec::new();
    let mut table = String::from(
        "# Rules and where they are shown\n\nEach rule of the language has a number. The sections of the executed \
         reference that show it are listed here,\nand for rules about several runs the tests that hold them. A test \
         keeps this list complete.\n",
    );
    for (letter, about, number) in GROUPS {
        write!(table, "\n## {about}\n\n| rule | shown in |\n|---|---|\n").unwrap();
        for n in 1..=*number {
            let rule = format!("{letter}{n}");
            let sections = where_shown.get(&rule).map_or(&[][..], Vec::as_slice);
            let mut places: Vec<String> = sections
                .iter()
                .map(|(page, heading)| {
                    let page_name = page.trim_end_matches(".md");
                    format!("[{page_name}: {heading}](../../tests/spec/{page}#{})", anchor(heading)).replace('|', "\\|")
                })
                .collect();
            let tests = TESTS.iter().filter(|(r, _, _)| *r == rule);
            places.extend(tests.map(|(_, file, test)| {
                let separator = if test.is_empty() { "" } else { "::" };
                format!("test `{file}{separator}{test}`")
            }));
            let later = LATER.contains(&rule.as_str());
            assert!(!later || sections.is_empty(), "{rule} is shown now: take it out of `LATER` in tests/it/rules.rs");
            if later {
                places.push("not supported yet".to_string());
            }
            if places.is_empty() || sections.is_empty() && !later && !BY_TEST.contains(&rule.as_str()) {
                missing.push(rule.clone());
            }
            writeln!(table, "| {rule} | {} |", places.join("<br>")).unwrap();
        }
    }
    assert!(missing.is_empty(), "no block shows {missing:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language/rules.md");
    if std::env::var_os("FLOWLINE_UPDATE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let first = written.lines().zip(table.lines()).find(|(a, b)| a != b);
    assert!(
        written == table,
        "docs/language/rules.md is not up to date, first at {first:?}: `FLOWLINE_UPDATE=1 cargo test -- rules` writes it"
    );
}

#[test]
fn marks_are_read() {
    assert_eq!(marks("What (S6 to S9) does, for (B4, Z2)"), ["S6", "S7", "S8", "S9", "B4", "Z2"]);
    assert_eq!(marks("one by one (S14, `load: each`)"), ["S14"]);
    assert!(marks("Nothing (as in CONWIP, Kiefer) at 5 (min)").is_empty());
}
