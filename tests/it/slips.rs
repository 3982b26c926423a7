//! Slips that engineers make: each is told once, and what is said leads to the fix. A row replaces one piece
//! of a sound line; the finding must name its code and say its words. A mend that can be applied is applied,
//! and the line is sound again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::cli::pipeline::compile_text;
use flowline::diag::{Diagnostic, Severity};

/// A sound line with one of most things.
const LINE: &str = "use std.shifts

shift day { mon..fri 06:00..22:00 }

line honey {
    crew mechanic { size: 1 }
    item Jar { colour: count = 0 }
    source jars { makes: Jar, every: 6 s }
    station filler { cycle: normal(5 s, 0.5 s) }
    station capper {
        machines: 2
        cycle: triangular(4 s, 5 s, 6 s)
        breakdown jam { after: exponential(45 min), clock: working, repair: lognormal(5 min, 3 min), needs: 1 mechanic }
    }
    sink rejects
    sink shipped
    flow jars -> filler -[60]-> capper
    flow capper -> { 98 %: shipped, rest: rejects }
    expect ok: throughput(shipped) >= 500 /h
    run { start: 2026-11-23, for: 9 h, warmup: 1 h, runs: 3 }
}
";

/// What is replaced by what; the code; what the finding says somewhere.
const SLIPS: &[(&str, &str, &str, &str)] = &[
    // draws and tolerances
    ("normal(5 s, 0.5 s)", "5 s +- 0.5 s", "E0107", "write `uniform(35 s, 45 s)`"),
    ("normal(5 s, 0.5 s)", "5 s ± 0.5 s", "E0107", "`normal(40 s, 5 s)`"),
    ("normal(5 s, 0.5 s)", "5 s +/- 0.5 s", "E0107", "`+/-` gives no tolerance"),
    ("normal(5 s, 0.5 s)", "4 s..6 s", "E0305", "`uniform(4 s, 6 s)`"),
    ("normal(5 s, 0.5 s)", "4..6 s", "E0305", "`uniform(4 s, 6 s)`"),
    ("normal(5 s, 0.5 s)", "normal(5 s, 0,5 s)", "E0306", "`0.5 s`"),
    // arrows
    ("flow jars -> filler", "flow jars filler", "E0110", "write `->` between two nodes"),
    ("flow jars -> filler", "flow jars - > filler", "E0110", "write `->`"),
    ("flow jars -> filler", "jars -> filler", "E0210", "a flow begins with `flow`"),
    ("filler -[60]-> capper", "filler -[60] capper", "E0110", "end the arrow"),
    ("filler -[60]-> capper", "filler [60]-> capper", "E0203", "places stand on an arrow: `filler -[60]-> …`"),
    (
        "flow jars -> filler",
        "for i in 1..1: flow jars -> filler",
        "E0110",
        "behind `for … :` stands a chain, without `flow`",
    ),
    (
        "flow jars -> filler -[60]-> capper",
        "flow jars -> filler[*] -[60]-> capper",
        "E0110",
        "`for i in 1..4: pick[i] -> pack`",
    ),
    ("{ 98 %: shipped, rest: rejects }", "capper { shipped, rejects }", "E0201", "`capper(cycle: 5 min)`"),
    // days and times
    ("2026-11-23", "23.11.2026", "E0106", "`2026-11-23`"),
    ("for: 9 h", "for: 9:30", "E0110", "`9 h + 30 min`"),
    ("mon..fri 06:00..22:00", "mon..fri 06:00-22:00", "E0110", "write `06:00..22:00`"),
    ("filler -[60]-> capper", "filler -> { capper, shipped }", "E0407", "`first_free { a, b }`"),
    ("filler -[60]-> capper", "filler -> [capper]", "E0407", "`first_free { a, b }`"),
    ("filler -[60]-> capper", "filler -> (capper, shipped)", "E0110", "`first_free { a, b }`"),
    ("throughput(shipped) >= 500 /h", "throughput(shipped) => 500 /h", "E0107", "write `>=`"),
    ("throughput(shipped) >= 500 /h", "throughput(shipped) between 50 /h and 60 /h", "E0110", "`in 50..60 /h`"),
    ("needs: 1 mechanic", "needs: [1 mechanic]", "E0305", "`2 men + 1 crane`"),
    ("every: 6 s }", "every: 6 s, with: { colour: serial } }", "E0201", "`item.number`"),
    ("shift day { mon..fri", "shift day { mon-fri", "E0305", "`mon..fri`"),
    ("shift day { mon..fri", "shift day { mo-fr", "E0305", "`mon..fri`"),
    ("06:00..22:00 }", "06:00..22:00, pause 09:00..09:15 }", "E0305", "`break 09:00..09:15`"),
    ("for: 9 h", "for: 9 weekz", "E0302", "`week`"),
    // kinds of values
    ("colour: count = 0 }", "colour: text }", "E0305", "`colour: red | blue`"),
    ("colour: count = 0 }", "colour: { red, blue } }", "E0305", "`red | blue`"),
    ("colour: count = 0 }", "colour: [red, blue] }", "E0305", "`red | blue`"),
    ("colour: count = 0 }", "colour: red }", "E0305", "there is no kind of value `red`"),
    ("colour: count = 0 }", "colour: red | red }", "E0202", "`red` is named twice"),
    ("colour: count = 0 }", "colour: red | 3 }", "E0305", "a name is due here"),
    ("colour: count = 0 }", "colour: red | blue = green }", "E0201", "`colour` has no value `green`"),
    ("colour: count = 0 }", "colour: red | blue = rad }", "E0201", "write `red`"),
    ("colour: count = 0 }", "colour: red | blue = \"blue\" }", "E0305", "write `blue`"),
    ("colour: count = 0 }", "colour: red | blue = 1 }", "E0301", "`colour` is one of `red`, `blue`, this is a number"),
    ("colour: count = 0 }", "colour: count = uniform(1, 4) }", "E0305", "`{ 33 %: 1, 33 %: 2, rest: 3 }`"),
    ("every: 6 s }", "every: 6 s, with: { colour: uniform(1, 4) } }", "E0305", "declare `colour: number`"),
    ("every: 6 s }", "every: 6 s, with: { colour: \"red\" } }", "E0305", "text is no value"),
    ("normal(5 s, 0.5 s)", "1 s | 2 s", "E0305", "join conditions with `or`"),
    // rates and counts
    ("normal(5 s, 0.5 s)", "720 /h", "E0301", "write `1 / (720 /h)`"),
    ("every: 6 s", "every: exponential(600 /h)", "E0301", "write `exponential(6 s)`"),
    ("exponential(45 min), clock: working", "300 cycles", "E0302", "`after: 300, clock: cycles`"),
    ("throughput(shipped) >= 500 /h", "throughput(shipped) >= 500 /shift", "E0302", "`60 /h during day_shift`"),
    // words of the trade
    ("machines: 2", "capacity: 2", "E0210", "write `machines: 2`"),
    ("machines: 2", "parallel: 2", "E0210", "write `machines: 2`"),
    ("cycle: normal", "cycle_time: normal", "E0210", "write `cycle: 40 s`"),
    ("machines: 2", "scrap: 2 %", "E0210", "write `yield: 98 %`"),
    ("station filler", "machine filler", "E0213", "write `station m { cycle: 40 s }`"),
    ("exponential(45 min)", "exp(45 min)", "E0201", "`exponential(45 min)`"),
    ("triangular(4 s", "triangle(4 s", "E0201", "`triangular(30 s, 40 s, 60 s)`"),
    ("normal(5 s, 0.5 s)", "constant(5 s)", "E0201", "a fixed value is written as it is"),
    ("size: 1 }", "size: 1, early: 2 }", "E0210", "`size: { early: 2, late: 1 }`"),
    // measures
    ("throughput(shipped) >= 500 /h", "mean(time_in_system(Jar)) <= 8 h", "E0201", "the mean is the measure itself"),
    ("throughput(shipped) >= 500 /h", "state(capper) >= 90 %", "E0201", "`blocked(b) <= 5 %`"),
    ("throughput(shipped) >= 500 /h", "wip(Jar, 3) <= 90", "E0306", "`level(PLACE)`"),
    // work and people
    ("machines: 2", "machines: 2, needs: { load: 1 mechanic }", "E0305", "`steps: { load: 1 min, run: 9 min }`"),
    ("machines: 2", "machines: 2, load: 20 s", "E0305", "`steps: { load: 20 s, run: 9 min }`"),
    (
        "needs: 1 mechanic",
        "needs: 0.5 mechanic",
        "E0304",
        "`steps: { load: 1 min, run: 9 min }, needs: { load: 1 men }`",
    ),
    ("needs: 1 mechanic", "needs: 1 mechanic per 2", "E0114", "needs: { load: 1 men }`"),
    ("throughput(shipped)", "throughput(mechanic)", "E0203", "but the name of a node is due here"),
    ("throughput(shipped) >= 500 /h", "throughput(shipped) >= 500 per hour", "E0114", "write `/h`"),
    ("machines: 2", "machines: 0", "E0222", "what comes to it waits for ever"),
    ("machines: 2", "machines: 2, shift: two_shift_", "E0201", "there is no shift"),
];

/// Several words are wrong at once, or the whole line matters: the text, the code, what is said, and how many
/// errors there are in all.
const TEXTS: &[(&str, &str, &str, usize)] = &[
    (
        "line a { crew mechanic { size: 1 }\n source s {}\n station m { cycle: 1 s\n breakdown b { mtbf: 45 min, mttr: 5 min } }\n sink o\n flow s -> m -> o\n run { for: 1 h } }",
        "E0210",
        "write `repair: lognormal(5 min, 3 min)`",
        2,
    ),
    (
        "line a { shift: two_shift\n source s {}\n station m { cycle: 1 s }\n sink o\n flow s -> m -> o\n run { for: 1 h } }",
        "E0201",
        "write `use std.shifts` above the line",
        1,
    ),
    (
        "line a { source s {}\n station m { cycle: 1 s }\n sink o\n flow s -> m -> o\n demand Item: 60 /h at o\n run { for: 1 h } }",
        "E0201",
        "`item Item {}`",
        1,
    ),
    (
        "cell weld() { in a\n out b\n station w { cycle: 1 min, needs: 1 fitters }\n flow a -> w -> b }\nline l { crew fitters { size: 3 }\n source p {}\n place r: weld()\n sink out\n flow p -> r -> out\n run { for: 1 h } }",
        "E0201",
        "write `cell weld(fitters: crew)`, and `weld(fitters: fitters)` where it is placed",
        1,
    ),
    (
        "line t { item Body { colour: text }\n source p { makes: Body, every: 1 min, with: { colour: 1 } }\n station m { cycle: 30 s, setup_by: item.colour, setup: { 1 -> 2: 5 min, else: 2 min } }\n sink out\n flow p -> m -> out\n run { for: 1 h } }",
        "E0305",
        "`colour: red | blue`",
        1,
    ),
    (
        "line t { item P { kind: red | blue }\n source p { makes: P, every: 1 min }\n station m { cycle: 30 s }\n sink a\n sink b\n flow p -> m -> { if item.kind == green: a, else: b }\n run { for: 1 h } }",
        "E0201",
        "its values are `red`, `blue`",
        1,
    ),
    (
        "line t { item P { kind: red | blue }\n source p { makes: P, every: 1 min }\n station m { cycle: 30 s * item.kind }\n sink a\n flow p -> m -> a\n run { for: 1 h } }",
        "E0301",
        "compare them, `item.colour == red`",
        1,
    ),
    (
        "shift day { mon..fri 06:00..22:00, break 18:00..18:30 }\nline t { shift: day\n source p { at: [06:00, 18:00], lot: 9 }\n station m { cycle: 30 s }\n sink a\n flow p -[unlimited]-> m -> a\n run { for: 4 weeks } }",
        "E0704",
        "`day` is never on at 18:00",
        0,
    ),
];

#[test]
fn what_matters_as_a_whole_is_told() {
    for (text, code, words, errors_in_all) in TEXTS {
        let found = findings(text);
        let all: Vec<String> = found.iter().map(|d| format!("{} {}", d.code.number(), said(d))).collect();
        assert!(found.iter().any(|d| d.code.number() == *code && said(d).contains(words)), "{text}\n{words}\n{all:#?}");
        assert_eq!(errors(&found).len(), *errors_in_all, "{text}\n{all:#?}");
    }
}

/// What runs by a shift and is meant so gives no warning.
#[test]
fn sound_shifts_are_not_warned_about() {
    let line = |source: &str, run: &str| {
        format!(
            "shift day {{ mon..fri 06:00..22:00 }}\nline t {{ shift: day\n item P {{}}\n source p {{ makes: P, {source} }}\n \
             station m {{ cycle: 30 s }}\n sink a\n flow p -[unlimited]-> m -> a\n demand P: 1 /h during day at a\n \
             expect e: throughput(a, during: day) >= 1 /h\n run {{ {run} }} }}"
        )
    };
    for (source, run) in [
        ("every: 10 min", "for: 3 weeks, warmup: 1 week"),
        ("every: 8 h", "for: 8 h"),
        ("at: { mon..fri: [06:00, 14:00] }, lot: 9", "for: 2 week"),
        ("at: 06:00, lot: 9", "for: 10 wk"),
        ("every: 1 d, shift: always", "for: 365 d"),
        ("every: 10 min", "until: 1000 at a"),
    ] {
        let found = findings(&line(source, run));
        assert!(found.iter().all(|d| !d.code.number().starts_with("E070")), "{source} {run}: {found:?}");
    }
}

fn findings(text: &str) -> Vec<Diagnostic> {
    compile_text("slip.line", text.to_string(), None, &[], &|_| Err("there is no such file".to_string())).diagnostics
}

/// Everything a finding says.
fn said(d: &Diagnostic) -> String {
    let mut all = vec![d.message.clone(), d.primary.text.clone()];
    all.extend(d.secondary.iter().map(|l| l.text.clone()));
    all.extend(d.notes.iter().chain(&d.help).cloned());
    all.extend(d.fixes.iter().map(|f| f.title.clone()));
    all.join("\n")
}

fn errors(list: &[Diagnostic]) -> Vec<&Diagnostic> {
    list.iter().filter(|d| d.severity == Severity::Error).collect()
}

fn apply(text: &str, d: &Diagnostic) -> Option<String> {
    let fix = d.fixes.first()?;
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|e| std::cmp::Reverse(e.span.start));
    let mut mended = text.to_string();
    for e in edits {
        mended.replace_range(e.span.range(), &e.text);
    }
    Some(mended)
}

#[test]
fn the_line_is_sound() {
    let found = findings(LINE);
    assert!(errors(&found).is_empty(), "{found:?}");
}

#[test]
fn each_slip_is_told_once_and_in_words_that_help() {
    let mut wrong = Vec::new();
    for (from, to, code, words) in SLIPS {
        assert!(LINE.contains(from), "{from} is not in the line");
        let text = LINE.replacen(from, to, 1);
        let found = findings(&text);
        let all: Vec<String> = found.iter().map(|d| format!("{} {}", d.code.number(), said(d))).collect();
        let Some(first) = found.iter().find(|d| d.code.number() == *code && said(d).contains(words)) else {
            wrong.push(format!("{to}: no {code} that says {words}\n{all:#?}"));
            continue;
        };
        let others = errors(&found).into_iter().filter(|d| *d != first).count();
        if others > 0 {
            wrong.push(format!("{to}: {others} more errors\n{all:#?}"));
        }
        if first.severity == Severity::Error
            && let Some(mended) = apply(&text, first)
        {
            let left = findings(&mended);
            if !errors(&left).is_empty() {
                wrong.push(format!("{to}: mended to\n{mended}\nit still gives {:?}", errors(&left)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
