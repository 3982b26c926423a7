//! The canonical layout: idempotent, meaning and comments kept, errors left alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use flowline::cli::pipeline::compile_text;
use flowline::format::format_text;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !matches!(path.file_name().and_then(|n| n.to_str()), Some("target" | ".git" | "node_modules")) {
                files(&path, ending, found);
            }
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

/// Every `.line` text of the repository: files, and blocks of pages.
fn texts() -> Vec<(String, String)> {
    let mut list = Vec::new();
    let mut found = Vec::new();
    files(&root(), "line", &mut found);
    for path in found {
        list.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
    }
    let mut pages = Vec::new();
    files(&root(), "md", &mut pages);
    for path in pages {
        let page = std::fs::read_to_string(&path).unwrap();
        let mut block: Option<String> = None;
        for line in page.lines() {
            match &mut block {
                Some(text) if line.trim() == "```" => {
                    list.push((path.display().to_string(), std::mem::take(text)));
                    block = None;
                }
                Some(text) => {
                    text.push_str(line);
                    text.push('\n');
                }
                None if line.trim().starts_with("```line") => block = Some(String::new()),
                None => {}
            }
        }
    }
    assert!(list.len() > 100, "only {} texts", list.len());
    list
}

#[test]
fn laying_out_twice_changes_nothing_more() {
    for (place, text) in texts() {
        let once = format_text(&text).unwrap_or_else(|e| panic!("{place}: {e}\n{text}"));
        let twice = format_text(&once).unwrap_or_else(|e| panic!("{place}: {e}\n{once}"));
        assert_eq!(once, twice, "{place}");
    }
}

/// The plant of a text that has no errors, as text. A block without `line NAME {` stands inside a line.
fn meaning(text: &str) -> Option<String> {
    let text = if text.lines().any(|l| l.starts_with("line ")) {
        text.to_string()
    } else {
        format!("line spec {{\n{text}\n}}\n")
    };
    let read =
        |path: &str| std::fs::read_to_string(root().join("tests/spec/files").join(path)).map_err(|e| e.to_string());
    let compiled = compile_text("text.line", text, None, &[], &read);
    if compiled.failed() {
        return None;
    }
    Some(compiled.analysed.plants.iter().map(flowline::ir::dump::dump).collect())
}

#[test]
fn the_layout_changes_no_meaning() {
    let mut held = 0;
    for (place, text) in texts() {
        if let Some(before) = meaning(&text) {
            let after = meaning(&format_text(&text).unwrap())
                .unwrap_or_else(|| panic!("{place}: refused when laid out\n{text}"));
            assert_eq!(before, after, "{place}");
            held += 1;
        }
    }
    assert!(held > 300, "only {held} texts");
}

#[test]
fn a_range_is_laid_out_alone() {
    let text = "line a {\n  item   P {}\n  source s { makes:P,every:1 min }\n  station m {cycle:2 s}\n    sink o\n\n    flow s->m -> o\n    run { for: 1 h }\n}\n";
    let mut files = flowline::base::SourceMap::default();
    let id = files.add("a.line", text);
    let at = text.find("station").unwrap();
    let edits = flowline::format::format_range(id, text, at..at + 3).unwrap();
    let after = flowline::format::range::apply(text, &edits);
    assert!(after.contains("    station m { cycle: 2 s }\n"), "{after}");
    assert!(after.contains("flow s->m -> o"), "what lies elsewhere changed:\n{after}");
    let whole = flowline::format::format_range(id, text, 0..text.len()).unwrap();
    assert_eq!(flowline::format::range::apply(text, &whole), format_text(text).unwrap());
}

/// Whatever range is asked for, the text says the same afterwards, and asking for all of it gives the layout.
#[test]
fn ranges_of_all_texts_say_the_same() {
    for (place, text) in texts() {
        let mut files = flowline::base::SourceMap::default();
        let id = files.add("a.line", text.as_str());
        // Shaken, so that there is something to lay out.
        let shaken = text.replace(": ", " :   ").replace(" { ", "  {  ");
        let id2 = files.add("b.line", shaken.as_str());
        for (id, text) in [(id, &text), (id2, &shaken)] {
            let third = text.len() / 3;
            for range in [0..third, third..2 * third, 2 * third..text.len()] {
                let edits = flowline::format::format_range(id, text, range).unwrap();
                let after = flowline::format::range::apply(text, &edits);
                assert_eq!(format_text(&after).unwrap(), format_text(text).unwrap(), "{place}\n{text}\n{after}");
            }
        }
    }
}

#[test]
fn the_examples_are_laid_out() {
    for folder in ["examples", "benches", "stdlib", "src/cli"] {
        let mut found = Vec::new();
        files(&root().join(folder), "line", &mut found);
        for path in found {
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(format_text(&text).unwrap(), text, "{}: run `flowline fmt`", path.display());
        }
    }
}

#[test]
fn comments_are_kept_where_they_belong() {
    let text = "\
// of the file
line a { // of the line


/// of the station
station   m {cycle:2 s} // behind
        // between
  sink o

  flow s -> m // to the machine
     // and on
     -> o // out
     // last
}
// end";
    assert_eq!(
        format_text(text).unwrap(),
        "\
// of the file
line a {  // of the line
    /// of the station
    station m { cycle: 2 s }  // behind
    // between
    sink o

    flow s
        -> m  // to the machine
        // and on
        -> o  // out
    // last
}
// end
"
    );
}

#[test]
fn long_lines_break_where_the_page_says() {
    let text = "\
line a {
    flow first_station_of_the_line -[5]-> second_station_of_the_line -[5]-> third_station_of_the_line -> out
    route Gear: saw(4 min) -> lathe(exponential(12 min), needs: 1 fitters) -> mill(6 min) -> lathe(3 min) -> shipping_dock
    station m { machines: 2, cycle: triangular(3 s, 3.4 s, 4.1 s), power: { working: 12 kW, idle: 3 kW }, yield: 99 % }
    let total_time_of_everything = first_part_of_it_all + second_part_of_it_all - third_part_of_it_all + the_rest
    flow checker -> {
        98.5 %: -[5]-> labeller, rest: rejects }
    flow crane -[4, agv(60 m)]-> infeed -> shortest_queue { -[3]-> pick[1], -[3]-> pick[2], -[3]-> pick[3], -[30]-> pick[4] }
    flow a -> first_free { -[3]-> the_first_station_of_this_way -> the_second_station_of_this_way -> the_last_station_of_it, b -> c }
}
";
    assert_eq!(
        format_text(text).unwrap(),
        "\
line a {
    flow first_station_of_the_line
        -[5]-> second_station_of_the_line
        -[5]-> third_station_of_the_line
        -> out
    route Gear:
        saw(4 min)
        -> lathe(exponential(12 min), needs: 1 fitters)
        -> mill(6 min)
        -> lathe(3 min)
        -> shipping_dock
    station m {
        machines: 2
        cycle: triangular(3 s, 3.4 s, 4.1 s)
        power: { working: 12 kW, idle: 3 kW }
        yield: 99 %
    }
    let total_time_of_everything = first_part_of_it_all
        + second_part_of_it_all
        - third_part_of_it_all
        + the_rest
    flow checker -> {
        98.5 %: -[5]-> labeller
        rest: rejects
    }
    flow crane -[4, agv(60 m)]-> infeed -> shortest_queue {
        -[3]-> pick[1]
        -[3]-> pick[2]
        -[3]-> pick[3]
        -[30]-> pick[4]
    }
    flow a -> first_free {
        -[3]-> the_first_station_of_this_way ->
            the_second_station_of_this_way ->
            the_last_station_of_it
        b -> c
    }
}
"
    );
}

#[test]
fn pasted_signs_become_plain_ones() {
    assert_eq!(
        format_text("flow a → b\nx: 2×3 − -1 m²\ny: [1,2]\nz: f( a,b ) [ 3 ]\n").unwrap(),
        "flow a -> b\nx: 2 * 3 - -1 m^2\ny: [1, 2]\nz: f(a, b)[3]\n"
    );
}

#[test]
fn what_is_wrong_stays_and_the_rest_is_laid_out() {
    let text = "\
line a {
item P   {}
source s {makes:P,every:1 min}
station m {
  cycle:   = = 3
  machines:2
}
station n { cycle 3 s }
sink   o
flow s->m -> -> o
flow s->n
run{for:1 h}
}
";
    assert_eq!(
        format_text(text).unwrap(),
        "\
line a {
    item P {}
    source s { makes: P, every: 1 min }
    station m {
        cycle:   = = 3
        machines: 2
    }
    station n { cycle 3 s }
    sink o
    flow s->m -> -> o
    flow s -> n
    run { for: 1 h }
}
"
    );
}

#[test]
fn damaged_texts_lose_nothing() {
    // Every letter that is not blank is still there, in order, whatever is cut out of an example.
    let text = std::fs::read_to_string(root().join("examples/bottling.line")).unwrap();
    let letters = |t: &str| -> String { t.chars().filter(|c| !c.is_whitespace() && *c != ',').collect() };
    let places: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
    for from in places.iter().step_by(7) {
        let mut damaged = text.clone();
        let to = (*from + 3..text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len());
        damaged.replace_range(*from..to, "");
        let once = format_text(&damaged).unwrap_or_else(|e| panic!("{from}: {e}"));
        assert_eq!(letters(&once), letters(&damaged), "cut at {from}");
        assert_eq!(format_text(&once).unwrap(), once, "cut at {from}");
    }
}

#[test]
fn the_command_checks_and_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.line");
    let flowline = |args: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_flowline")).args(args).current_dir(folder.path()).output().unwrap()
    };
    std::fs::write(&file, "line a {\nitem P {}\n}").unwrap();
    let checked = flowline(&["fmt", "--check", "a.line"]);
    assert_eq!((checked.status.code(), checked.stdout.as_slice()), (Some(1), &b"a.line\n"[..]));
    assert_eq!(flowline(&["fmt", "."]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "line a {\n    item P {}\n}\n");
    assert_eq!(flowline(&["fmt", "--check", "."]).status.code(), Some(0));
    std::fs::write(&file, b"line \xff {").unwrap();
    assert_eq!(flowline(&["fmt", "a.line"]).status.code(), Some(1));
    assert_eq!(std::fs::read(&file).unwrap(), b"line \xff {");
    assert_eq!(flowline(&["fmt", "none.line"]).status.code(), Some(2));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
