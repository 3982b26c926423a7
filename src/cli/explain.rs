//! `flowline explain`

use crate::base::names;
use crate::diag::{Code, codes};

use super::args::Explain;
use super::{EXIT_USAGE, complain, print};

/// Prints the page of a code, or all codes.
pub fn explain(options: &Explain) -> u8 {
    let Some(wanted) = &options.code else {
        let mut text = String::new();
        for code in codes::all() {
            text.push_str(&format!("{}  {:7}  {}\n", code.number(), code.severity().word(), code.title()));
        }
        print(&text);
        return 0;
    };
    if let Some(code) = Code::find(wanted) {
        print(code.page());
        return 0;
    }
    let shown = crate::diag::render::plain(wanted);
    let near = names::nearest(wanted, codes::all().map(Code::number));
    let hint =
        near.map_or_else(|| "`flowline explain` lists all codes".to_string(), |n| format!("did you mean `{n}`?"));
    complain(&format!("flowline: there is no code `{shown}`; {hint}\n"));
    EXIT_USAGE
}
