//! `flowline explain`: pages of codes, words and the standard library.

use crate::base::{names, trade, units};
use crate::diag::{Code, codes};
use crate::reference::{self, Word};
use crate::sema::library;

use super::args::Explain;
use super::{EXIT_USAGE, complain, print};

/// Prints the page of what is asked for, or a list of all.
pub fn explain(options: &Explain) -> u8 {
    let Some(wanted) = &options.word else {
        print(&everything());
        return 0;
    };
    match page(wanted) {
        Some(page) => {
            print(&page);
            0
        }
        None => {
            complain(&format!(
                "flowline: nothing is called `{}`; {}\n",
                crate::diag::render::plain(wanted),
                hint(wanted)
            ));
            EXIT_USAGE
        }
    }
}

/// The page of a code, a file or definition of the library, a word, or a unit.
fn page(wanted: &str) -> Option<String> {
    if let Some(code) = Code::find(wanted) {
        return Some(code.page().to_string());
    }
    if let Some(path) = wanted.strip_prefix("std.") {
        return of_library(path);
    }
    let entries = reference::find(wanted);
    if !entries.is_empty() {
        return Some(of_words(&entries));
    }
    if wanted == "std" {
        let list = library::NAMES.iter().map(|(name, text)| {
            let names: Vec<String> = library::definitions(text).into_iter().map(|d| d.name).collect();
            format!("std.{name}: {}\n", names.join(", "))
        });
        return Some(list.collect());
    }
    let defined = library::NAMES.iter().find(|(_, text)| library::definitions(text).iter().any(|d| d.name == wanted));
    if let Some((file, _)) = defined {
        return of_library(&format!("{file}.{wanted}"));
    }
    if let Ok((factor, _)) = units::parse_unit(wanted, &|_| false) {
        return Some(format!("`{wanted}` is a unit of {}.\n", factor.dim));
    }
    of_the_trade(wanted)
}

/// What a word of the trade is here, then the pages of the words that it leads to.
fn of_the_trade(wanted: &str) -> Option<String> {
    let found = trade::all(wanted);
    if found.is_empty() {
        return None;
    }
    let mut page = format!("`{wanted}` is no word of the language.\n");
    for t in &found {
        let mut text: Vec<char> = t.write.chars().collect();
        if let Some(first) = text.first_mut() {
            *first = first.to_ascii_uppercase();
        }
        page.push_str(&format!("{}.\n", text.into_iter().collect::<String>()));
    }
    let mut seen: Vec<&str> = Vec::new();
    for t in found {
        let entries = reference::find(t.instead);
        if !entries.is_empty() && !seen.contains(&t.instead) {
            seen.push(t.instead);
            page.push_str(&format!("\n{}", of_words(&entries)));
        }
    }
    Some(page)
}

fn of_library(path: &str) -> Option<String> {
    let (file, name) = path.split_once('.').map_or((path, None), |(file, name)| (file, Some(name)));
    let text = library::find(file)?;
    let all = library::definitions(text);
    let wanted: Vec<_> = all.into_iter().filter(|d| name.is_none_or(|n| n == d.name)).collect();
    if wanted.is_empty() {
        return None;
    }
    let mut page = format!("# std.{file}\n\nWrite `use std.{file}`.\n");
    for d in wanted {
        page.push_str(&format!("\n## {} {}\n\n{}", d.word, d.name, d.about));
    }
    Some(page)
}

/// Each meaning in short, then the sections of the reference that show them, each once.
fn of_words(entries: &[&Word]) -> String {
    let mut page = String::new();
    for w in entries {
        page.push_str(&format!("{} ({})\n    {}\n    {}\n\n", w.name, w.of, w.form, w.meaning));
    }
    let mut shown: Vec<&str> = Vec::new();
    for w in entries.iter().filter(|w| !w.place.is_empty()) {
        if !shown.contains(&w.place)
            && let Some(section) = reference::section(w.place)
        {
            shown.push(w.place);
            page.push_str(section.trim_end());
            page.push_str("\n\n");
        }
    }
    page
}

fn everything() -> String {
    let mut text = String::from("Words\n");
    for w in reference::all() {
        text.push_str(&format!("  {:16} {:28} {}\n", w.name, w.of, w.form));
    }
    text.push_str("\nStandard library\n");
    for (name, _) in library::NAMES {
        text.push_str(&format!("  std.{name}\n"));
    }
    text.push_str("\nCodes\n");
    for code in codes::all() {
        text.push_str(&format!("  {}  {:7}  {}\n", code.number(), code.severity().word(), code.title()));
    }
    text
}

/// What was probably meant.
fn hint(wanted: &str) -> String {
    let own: Vec<String> = library::NAMES
        .iter()
        .flat_map(|(file, text)| {
            let names = library::definitions(text).into_iter().map(|d| d.name);
            names.chain([format!("std.{file}")]).collect::<Vec<_>>()
        })
        .collect();
    let words = reference::all().map(|w| w.name.to_string());
    let known: Vec<String> = codes::all().map(|c| c.number().to_string()).chain(words).chain(own).collect();
    names::nearest(wanted, known.iter().map(String::as_str))
        .map_or_else(|| "`flowline explain` lists all there is".to_string(), |near| format!("did you mean `{near}`?"))
}
