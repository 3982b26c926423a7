//! Verdicts about lock-ups of lines whose answers are known: the exact lines, a published cell of robots and
//! machines, and pairs of lines that differ in one thing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::analysis::{self, Analysis, DecidedBy, VerdictKind};
use flowline::base::SourceMap;
use flowline::ir::Plant;
use flowline::{net, sema, syntax};

use crate::exact_lines::{LOCKS, SMALL, line};

/// The plant of a text, with what stages before the analysis say.
fn plant(text: &str) -> Plant {
    let mut files = SourceMap::default();
    let id = files.add("case.line", text);
    let parsed = syntax::parse(id, text);
    let read = |_: &str| Err(String::new());
    let mut analysed = sema::analyse(&mut files, &parsed.tree, &sema::Options { set: Vec::new(), read: &read });
    analysed.plants.pop().unwrap_or_else(|| panic!("{text}\n{:?}", analysed.diagnostics))
}

fn analyse(text: &str) -> Analysis {
    analysis::analyse(&plant(text))
}

fn verdict(text: &str) -> VerdictKind {
    analyse(text).deadlock.verdict
}

/// Exact answers: none of these lines locks up.
#[test]
fn exact_lines_are_free() {
    for (name, body, _, _) in SMALL {
        let found = analyse(&line(body, "for: 1 h")).deadlock;
        assert_eq!(found.verdict, VerdictKind::Free, "{name}: {found:?}");
    }
}

/// Exact answers: these do, with the mean time it takes in `exact_lines`.
#[test]
fn exact_lines_that_lock_up_are_told() {
    // A part that never comes, while the other branch lives.
    let partial = "item X {} item Y {} sink joined source f { makes: P, every: exponential(1 s / 0.8), when_full: lose } \
             station ma { cycle: exponential(1 s) } source g { makes: X } buffer c { capacity: 2 } \
             station s2 { cycle: exponential(1 s) } station j { takes: 1 X + 1 Y, makes: X, cycle: exponential(1 s) } \
             flow f -[2]-> ma -> out flow g -> s2 -[1]-> j flow c -> j flow j -> joined";
    let whole = LOCKS.iter().map(|(name, body, _)| (*name, *body));
    for (name, body) in whole.chain([("partial", partial)]) {
        let found = analyse(&line(body, "for: 1 h")).deadlock;
        assert_eq!(found.verdict, VerdictKind::Deadlock, "{name}: {found:?}");
    }
}

/// Ezpeleta, Colom and Martínez (1995): four machines for two jobs each, three robots, three products.
fn cell(limits: &str) -> String {
    format!(
        "line cell {{
    item P1 {{}}
    item P2 {{}}
    item P3 {{}}
    source s1 {{ makes: P1 }}
    source s2 {{ makes: P2 }}
    source s3 {{ makes: P3 }}
    station m1 {{ machines: 2, queue: 0 }}
    station m2 {{ machines: 2, queue: 0 }}
    station m3 {{ machines: 2, queue: 0 }}
    station m4 {{ machines: 2, queue: 0 }}
    station r1 {{ queue: 0 }}
    station r2 {{ queue: 0 }}
    station r3 {{ queue: 0 }}
    sink out
    route P1: r1(1 s) -> first_free {{
        m1(3 s) -> r2(1 s) -> m2(3 s) -> r3(1 s) -> out,
        m3(3 s) -> r2(1 s) -> m4(3 s) -> r3(1 s) -> out
    }}
    route P2: r2(1 s) -> m2(4 s) -> r2(1 s) -> out
    route P3: r3(1 s) -> m4(4 s) -> r2(1 s) -> m3(4 s) -> r1(1 s) -> out
    run {{ for: 8 h }}
{limits}}}
"
    )
}

#[test]
fn the_cell_of_robots_has_the_published_numbers_of_states() {
    let plant = plant(&cell(""));
    let counts = net::count(&analysis::net_of(&plant).unwrap(), 100_000).unwrap();
    assert_eq!((counts.states, counts.dead, counts.safe), (26_750, 120, 21_581));
    let found = analysis::analyse(&plant);
    assert_eq!(found.deadlock.verdict, VerdictKind::Deadlock);
    assert_eq!(found.deadlock.decided_by, Some(DecidedBy::Search));
    assert!(found.deadlock.trace.is_some_and(|t| !t.is_empty()));
}

/// The fix of a finding, applied to the text it was found in.
fn mended(text: &str) -> String {
    let found = analyse(text);
    let fix = found.diagnostics.iter().flat_map(|d| &d.fixes).next().unwrap_or_else(|| panic!("{found:?}"));
    let edit = &fix.edits[0];
    let (start, end) = (edit.span.start as usize, edit.span.end as usize);
    format!("{}{}{}", &text[..start], edit.text, &text[end..])
}

#[test]
fn the_limits_that_are_offered_leave_no_deadlock() {
    let text = mended(&cell(""));
    assert_eq!(verdict(&text), VerdictKind::Free, "{text}");
    let counts = net::count(&analysis::net_of(&plant(&text)).unwrap(), 100_000).unwrap();
    assert_eq!((counts.dead, counts.stuck), (0, 0), "{text}");
    // One more job of each kind, and it can lock up again.
    for n in 1..=3 {
        let more = text.replace(&format!("limit wip_{n} {{ count: 1"), &format!("limit wip_{n} {{ count: 2"));
        assert_ne!(more, text);
        assert_eq!(verdict(&more), VerdictKind::Deadlock, "{more}");
    }
}

#[test]
fn lines_that_differ_in_one_thing_get_opposite_verdicts() {
    // In which order two machines are taken.
    let jobs = |b: &str| {
        format!(
            "line pair {{ item A {{}} \n item B {{}} \n source a {{ makes: A }} \n source b {{ makes: B }} \n sink out \n
            station fixture {{ queue: 0 }} \n station robot {{ queue: 0 }} \n
            route A: fixture(1 s) -> robot(1 s) -> out \n route B: {b} -> out \n run {{ for: 1 h }} }}"
        )
    };
    assert_eq!(verdict(&jobs("fixture(1 s) -> robot(1 s)")), VerdictKind::Free);
    assert_eq!(verdict(&jobs("robot(1 s) -> fixture(1 s)")), VerdictKind::Deadlock);
    // One pallet.
    let ring = |pallets: u64| {
        let loaded = pallets - 6;
        format!(
            "item C {{}} buffer b0 {{ capacity: 2, initial: 2 C }} buffer b1 {{ capacity: 2, initial: 2 C }} \
             buffer b2 {{ capacity: 2, initial: 2 C }} buffer ld {{ capacity: 3, initial: {loaded} C }} \
             station m0 {{ cycle: 1 s }} station m1 {{ cycle: 1 s }} \
             station m2 {{ takes: 1 C, makes: 1 C + 1 P, release: together, cycle: 1 s }} station loader {{ cycle: 1 s }} \
             flow b0 -> m0 -> b1 flow b1 -> m1 -> b2 flow b2 -> m2 -> {{ C: b0, P: out }} flow ld -> loader -> b0"
        )
    };
    let ring = |pallets| verdict(&line(&ring(pallets), "for: 1 h"));
    assert_eq!((ring(8), ring(9)), (VerdictKind::Free, VerdictKind::Deadlock));
    // One place: pairs come two by two, all together, and three are wanted at a time.
    let pairs = |places: u64| {
        format!(
            "item A {{}} item B {{}} source f {{ makes: P }} \
             station pair {{ takes: 1 P, makes: 2 A + 2 B, release: together, cycle: 1 s }} \
             station j {{ takes: 3 A + 3 B, makes: P, cycle: 1 s }} buffer a {{ capacity: {places} }} buffer b {{ capacity: 4 }} \
             flow f -> pair -> {{ A: a, B: b }} flow a -> j flow b -> j flow j -> out"
        )
    };
    let told = analyse(&line(&pairs(3), "for: 1 h")).diagnostics;
    let help: Vec<&String> = told.iter().filter(|d| d.code.number() == "E0603").flat_map(|d| &d.help).collect();
    assert_eq!(help, ["raise `a` to 4 places: it is proved that it cannot lock up then"], "{told:?}");
    let pairs = |places| verdict(&line(&pairs(places), "for: 1 h"));
    assert_eq!((pairs(4), pairs(3)), (VerdictKind::Free, VerdictKind::Deadlock));
    // One person, who is kept until the next machine has room, which is loaded from the side.
    let kept = |size: u64| {
        format!(
            "crew men {{ size: {size} }} source f {{ makes: P }} source g {{ makes: P }} \
             station a {{ cycle: 1 s, needs: 1 men, release_crew: after_leaving }} \
             station b {{ cycle: 1 s, needs: 1 men }} flow f -> a -> b -> out flow g -> b"
        )
    };
    let kept = |size| verdict(&line(&kept(size), "for: 1 h"));
    assert_eq!((kept(2), kept(1)), (VerdictKind::Free, VerdictKind::Deadlock));
}
