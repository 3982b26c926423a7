//! first look
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use flowline::base::FileId;
use flowline::syntax::{dump_tree, parse};

#[test]
fn look() {
    let text = std::fs::read_to_string(std::env::var("LOOK").unwrap()).unwrap();
    let t = std::time::Instant::now();
    let parsed = parse(FileId(0), &text);
    let took = t.elapsed();
    println!("{}", dump_tree(&parsed.tree));
    for d in &parsed.diagnostics {
        println!(
            "{} {:?} {} [{}] {:?} {:?} {:?}",
            d.code.number(),
            text.get(d.primary.span.range()),
            d.message,
            d.primary.text,
            d.notes,
            d.help,
            d.fixes.iter().map(|f| (&f.title, f.edits.iter().map(|e| &e.text).collect::<Vec<_>>())).collect::<Vec<_>>()
        );
    }
    println!("{took:?}");
}
