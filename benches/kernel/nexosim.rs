//! NeXosim, as a process of its own: a package that the build of Flowline does not know of.

use std::path::Path;

use crate::process::{Process, file};

/// Where `cargo build --release --manifest-path benches/peers/nexosim/Cargo.toml` puts it.
const BUILT: &str = "benches/peers/nexosim/target/release/nexosim-peer";

/// The executable that is named, or else the one that is built.
pub fn find() -> Option<Process> {
    let executable = std::env::var("FLOWLINE_NEXOSIM").unwrap_or_else(|_| file(BUILT) + std::env::consts::EXE_SUFFIX);
    if !Path::new(&executable).is_file() {
        eprintln!("`{executable}` is not there: the rows of NeXosim are left out");
        return None;
    }
    Some(Process { name: "NeXosim", command: vec![executable], shortened: 5 })
}
