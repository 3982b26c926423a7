//! The examples of the pages about capacity and deadlock: the first raises its code, the last nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::diag::codes;

use crate::analysis_capacity::{analysed, said};

#[test]
fn examples_do_what_their_pages_say() {
    let mut seen = 0;
    for code in codes::all().filter(|c| c.number().starts_with("E05") || c.number().starts_with("E06")) {
        let page = code.page();
        assert_eq!(page.lines().next().unwrap(), format!("# {}: {}", code.number(), code.title()));
        let blocks: Vec<&str> = page.split("```line\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        let [wrong, mended] = blocks.as_slice() else { panic!("{} has no two examples", code.number()) };
        let a = analysed(wrong);
        assert!(a.diagnostics.iter().any(|d| d.code == code), "{}: {}", code.number(), said(&a));
        assert_eq!(said(&analysed(mended)), "", "{}", code.number());
        seen += 1;
    }
    assert!(seen >= 8);
}
