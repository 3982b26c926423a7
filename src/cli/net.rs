//! `flowline check --net`: deadlocks of a place/transition net.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diag::render;
use crate::net::{self, Answer, Effort, Question};

use super::args::{Check, Findings};
use super::check::{CountedJson, DeadlockJson};
use super::{EXIT_ERRORS, EXIT_USAGE, complain, files, print};

/// The object of `check --net FILE --format json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NetDocument {
    /// Version of this shape.
    pub schema: u32,
    /// The net's own identifier.
    pub net: String,
    /// Whether a marking can be reached in which nothing can happen.
    pub deadlock: DeadlockJson,
}

/// Nobody types while a net is read: more may be spent than on a line.
const EFFORT: Effort = Effort { cases: 20_000, states: 1_000_000 };

/// Decides a net and prints the answer.
pub fn check(path: &std::path::Path, options: &Check) -> u8 {
    let shown = render::plain(&path.display().to_string());
    let text = match files::read_source(path) {
        Ok(files::Source::Text(text)) => text,
        Ok(files::Source::NotText(_, at)) => {
            complain(&format!("flowline: {shown} is no text: byte {at} belongs to no character\n"));
            return EXIT_USAGE;
        }
        Err(why) => {
            complain(&format!("flowline: {}\n", render::plain(&why)));
            return EXIT_USAGE;
        }
    };
    let (name, net) = match net::read_pnml(&text) {
        Ok(read) => read,
        Err(why) => {
            complain(&format!("flowline: {shown} is no place/transition net in PNML: {}\n", render::plain(&why)));
            return EXIT_USAGE;
        }
    };
    let counted = options.states.map(|limit| (limit, net::count(&net, limit)));
    let answer = net::decide(&net, Question::Dead, EFFORT);
    let named = |t: &usize| net.transitions.get(*t).map_or_else(String::new, |t| t.name.clone());
    let (verdict, decided_by, states, trace) = match &answer {
        Answer::Proved(_) => ("free", Some("proof"), None, None),
        Answer::Exhausted(n) => ("free", Some("search"), Some(*n as u64), None),
        Answer::Reached(found) => {
            ("deadlock", Some("search"), Some(found.states as u64), Some(found.trace.iter().map(named).collect()))
        }
        Answer::Open(n) => ("unknown", None, Some(*n as u64), None),
    };
    let document = NetDocument {
        schema: 1,
        net: name,
        deadlock: DeadlockJson {
            verdict: verdict.to_string(),
            decided_by: decided_by.map(str::to_string),
            states,
            trace,
            open: Vec::new(),
            counted: counted.and_then(|(_, c)| c).map(CountedJson::from),
        },
    };
    if options.format == Findings::Json {
        print(&(serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"));
    } else {
        let size = format!("{} places, {} transitions", net.places.len(), net.transitions.len());
        print(&render::plain(&format!(
            "{}: {size}: {}\n",
            document.net,
            told(&answer, document.deadlock.trace.as_deref())
        )));
        if let Some((limit, counted)) = counted {
            print(&super::check::counts(limit, counted));
        }
    }
    u8::from(matches!(answer, Answer::Reached(_))) * EXIT_ERRORS
}

fn told(answer: &Answer, trace: Option<&[String]>) -> String {
    match answer {
        Answer::Proved(_) => "no deadlock (proved from the state equation, certificate verified)".to_string(),
        Answer::Exhausted(n) => format!("no deadlock ({n} markings, all that can be reached)"),
        Answer::Reached(found) => format!(
            "a deadlock after {} steps{}: {}",
            found.trace.len(),
            if found.shortest { ", the shortest way" } else { "" },
            trace.unwrap_or_default().join(" ")
        ),
        Answer::Open(n) => format!("not decided ({n} markings looked at)"),
    }
}
