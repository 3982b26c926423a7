//! `flowline new`: a folder with a first line that checks and runs.

use std::fs;
use std::io::Write;

use super::args::New;
use super::{EXIT_USAGE, complain, print};

/// A line of two stations, a buffer, breakdowns, and a demand, with what to try next.
const FIRST: &str = include_str!("first.line");

/// Makes the folder and the file. Nothing that exists is touched.
pub fn new(options: &New) -> u8 {
    let folder = &options.path;
    let Some(name) = folder.file_name().map(|n| identifier(&n.to_string_lossy())) else {
        complain(&format!("flowline: `{}` does not end in a name for a folder\n", folder.display()));
        return EXIT_USAGE;
    };
    if let Some(parent) = folder.parent().filter(|p| !p.as_os_str().is_empty())
        && let Err(error) = fs::create_dir_all(parent)
    {
        complain(&format!("flowline: cannot make `{}`: {error}\n", parent.display()));
        return EXIT_USAGE;
    }
    if let Err(error) = fs::create_dir(folder) {
        complain(&format!("flowline: cannot make `{}`: {error}\n", folder.display()));
        return EXIT_USAGE;
    }
    let file = folder.join(format!("{name}.line"));
    let made = fs::File::create_new(&file).and_then(|mut f| f.write_all(FIRST.replace("first_line", &name).as_bytes()));
    if let Err(error) = made {
        complain(&format!("flowline: cannot write `{}`: {error}\n", file.display()));
        return EXIT_USAGE;
    }
    let path = file.display();
    print(&format!("made {path}\n\ntry   flowline check --capacity {path}\n      flowline run {path}\n"));
    0
}

/// A name of the language from any text: letters, digits and underscores, a letter first.
fn identifier(text: &str) -> String {
    let mut name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    name.make_ascii_lowercase();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "line_");
    }
    name
}
