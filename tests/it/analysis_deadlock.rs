//! Verdicts by the shape of the flow: free, locked, or not decided.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::analysis::{Analysis, VerdictKind};

use crate::analysis_capacity::{analysed, said};

fn line(body: &str) -> Analysis {
    analysed(&format!("line l {{\n item Part {{}}\n {body}\n run {{ for: 8 h }}\n}}"))
}

#[track_caller]
fn verdict(body: &str, expected: VerdictKind) -> Analysis {
    let a = line(body);
    assert_eq!(a.deadlock.verdict, expected, "{}", said(&a));
    assert_eq!(a.deadlock.decided_by.is_some(), expected != VerdictKind::Unknown);
    a
}

const REWORK: &str = "source feed { makes: Part, every: exponential(100 s) }
    station work { cycle: exponential(40 s) }
    station test { cycle: exponential(20 s) }
    sink out\n";

#[test]
fn a_serial_line_is_free() {
    let a = verdict(&format!("{REWORK} flow feed -> work -[3]-> test -> out"), VerdictKind::Free);
    assert_eq!(said(&a), "");
}

#[test]
fn an_open_rework_loop_locks_up_whatever_its_buffers() {
    for places in [2, 50] {
        let a = verdict(
            &format!(
                "{REWORK} flow feed -> work -[{places}]-> test\n flow test -> {{ 90 %: out, rest: -[{places}]-> work }}"
            ),
            VerdictKind::Deadlock,
        );
        let text = said(&a);
        let (all, fewer) = (2 * places + 2, 2 * places + 1);
        assert!(text.starts_with(&format!("E0601 the loop `work` → `test` locks up sooner or later: it holds {all} items that fill up, and nothing limits what enters\n")), "{text}");
        assert!(text.contains(" waits for room in "), "{text}");
        assert!(text.contains("with probability 1, whatever the buffer sizes"), "{text}");
        assert!(text.contains(&format!("`limit wip {{ count: {fewer}, from: work, to: out }}`")), "{text}");
    }
}

/// A source that loses items locks up as well.
#[test]
fn losing_items_does_not_help() {
    let a = verdict(
        "source feed { makes: Part, every: exponential(100 s), when_full: lose }
        station work { cycle: exponential(40 s) }
        sink out
        flow feed -[2]-> work
        flow work -> { 90 %: out, rest: -[3]-> work }",
        VerdictKind::Deadlock,
    );
    assert!(said(&a).starts_with("E0601 "), "{}", said(&a));
}

#[test]
fn a_limit_below_the_places_of_the_loop_mends_it() {
    let body = |count: u32| {
        format!(
            "{REWORK} flow feed -> work -[2]-> test\n flow test -> {{ 90 %: out, rest: -[2]-> work }}\n limit wip {{ count: {count}, from: work, to: out }}"
        )
    };
    assert_eq!(said(&verdict(&body(5), VerdictKind::Free)), "");
    let a = verdict(&body(6), VerdictKind::Deadlock);
    assert!(
        said(&a).starts_with("E0601 items in the loop `work` → `test` can block each other: it holds 6 items\n"),
        "{}",
        said(&a)
    );
}

#[test]
fn an_unlimited_place_mends_it() {
    let a = verdict(
        &format!("{REWORK} flow feed -> work -[2]-> test\n flow test -> {{ 90 %: out, rest: -[unlimited]-> work }}"),
        VerdictKind::Free,
    );
    assert_eq!(said(&a), "");
}

#[test]
fn separate_parts_of_an_assembly_are_free_and_shared_ones_lock_up() {
    let parts = "item Body {}\n item Wheel {}\n item Car {}\n sink out\n
        station join { takes: 1 Body + 4 Wheel, makes: Car, cycle: 45 s }\n";
    verdict(
        &format!(
            "{parts} source bodies {{ makes: Body }}\n source wheels {{ makes: Wheel }}
            flow bodies -[5]-> join -> out\n flow wheels -[20]-> join"
        ),
        VerdictKind::Free,
    );
    verdict(
        &format!(
            "{parts} source both {{ makes: {{ 20 %: Body, rest: Wheel }} }}\n buffer b {{ capacity: 20 }}
            flow both -> b -> join -> out"
        ),
        VerdictKind::Deadlock,
    );
}

#[test]
fn a_kept_place_frees_a_loop_that_others_fill() {
    let text = |reserve: &str, back: &str| {
        format!(
            "source feed {{ makes: Part }}
            buffer store {{ capacity: 10{reserve} }}
            station work {{ cycle: 40 s }}
            station repair {{ cycle: 60 s }}
            sink out
            flow feed -> store -> work -> {{ 90 %: out, rest: repair }}
            flow repair {back} store"
        )
    };
    for back in ["->", "-[2]->"] {
        let said_of_it = said(&verdict(&text("", back), VerdictKind::Deadlock));
        let help = "or keep a place of `store` for what comes back: `reserve: { repair: 1 }`";
        assert!(said_of_it.contains(help), "{said_of_it}");
        assert_eq!(said(&verdict(&text(", reserve: { repair: 1 }", back), VerdictKind::Free)), "");
        // Kept from what comes back, it makes the loop smaller.
        let said_of_it = said(&verdict(&text(", reserve: { feed: 1 }", back), VerdictKind::Deadlock));
        assert!(said_of_it.contains("can block each other"), "{said_of_it}");
    }
}

#[test]
fn what_never_starts_is_a_deadlock() {
    verdict(
        "item Box {}\n source feed { makes: Part }\n sink out
        station pack { takes: 12 Part, makes: Box, cycle: 10 s }
        flow feed -[10]-> pack -> out",
        VerdictKind::Deadlock,
    );
}

#[test]
fn a_crew_held_while_blocked_locks_up() {
    let body = |side: &str| {
        format!(
            "crew team {{ size: 1 }}\n source feed {{ makes: Part }}\n sink out
            station a {{ cycle: 10 s, needs: 1 team, release_crew: after_leaving }}
            station b {{ cycle: 10 s, needs: 1 team }}
            flow feed -> a -> b -> out\n {side}"
        )
    };
    verdict(&body("source more { makes: Part }\n flow more -> b"), VerdictKind::Deadlock);
    // What `a` hands over asks before what `a` loads then: it would take another order of people.
    let found = verdict(&body(""), VerdictKind::Unknown).deadlock;
    assert!(found.open[0].contains("if people go to others than those who asked first"), "{found:?}");
}

/// Nine places in a ring: eight pallets go round, nine stand (semantics.md, T6).
#[test]
fn a_closed_loop_needs_an_empty_place() {
    let ring = |pallets: u32| {
        format!(
            "buffer depot {{ capacity: 9, initial: {pallets} Part }}
            station a {{ cycle: 10 s }}\n station b {{ cycle: 10 s }}\n station c {{ cycle: 10 s }}
            flow depot -> a -[2]-> b -[2]-> c -[2]-> a"
        )
    };
    let a = verdict(&ring(9), VerdictKind::Deadlock);
    let text = said(&a);
    assert!(
        text.contains(
            "E0602 the closed loop `a` → `b` → `c` gets 9 items and holds 9: once they are in, nothing can move\n"
        ),
        "{text}"
    );
    verdict(&ring(8), VerdictKind::Free);
    // Six pallets that start in the ring itself, which holds nine.
    verdict(
        "buffer pool { capacity: 6, initial: 6 Part }
        station a { cycle: 10 s }\n station b { cycle: 10 s }\n station c { cycle: 10 s }
        flow pool -> a -> b -> c -> pool",
        VerdictKind::Free,
    );
}

/// Two types that go through two stations in opposite directions wait for each other.
#[test]
fn opposite_ways_lock_up() {
    let a = verdict(
        "item Other {}\n source feed { makes: { 50 %: Part, rest: Other }, every: 100 s }\n sink out
        station a { queue: 0 }\n station b { queue: 0 }
        route Part: a(10 s) -> b(10 s) -> out
        route Other: b(10 s) -> a(10 s) -> out",
        VerdictKind::Deadlock,
    );
    assert!(
        said(&a).contains("E0601 items in the loop `a` → `b` can block each other: it holds 2 items\n"),
        "{}",
        said(&a)
    );
}

/// Each lane's head can be decided for the assembly that lacks the other part.
#[test]
fn crossed_ways_to_two_assemblies_lock_up() {
    let body = |ways: &str| {
        format!(
            "item A {{}}\n item B {{}}\n item C {{}}\n source source_a {{ makes: A }}\n source bs {{ makes: B }}\n sink out
            station first {{ takes: 1 A + 1 B, makes: C, cycle: 10 s }}
            station second {{ takes: 1 A + 1 B, makes: C, cycle: 10 s }}
            buffer a {{ capacity: 5 }}\n buffer b {{ capacity: 5 }}
            flow source_a -> a\n flow bs -> b\n {ways}\n flow first -> out\n flow second -> out"
        )
    };
    verdict(
        &body(
            "flow a -> { 50 %: -[3]-> first, rest: -[3]-> second }\n flow b -> { 50 %: -[3]-> first, rest: -[3]-> second }",
        ),
        VerdictKind::Deadlock,
    );
}

/// A new item that waits for a card stands before the card holders that come back on their route.
#[test]
fn cards_behind_a_shared_queue_lock_up() {
    let route = |limit: &str| {
        format!(
            "source feed {{ makes: Part, every: 100 s }}\n sink out\n station a\n station b
            route Part: a(10 s) -> b(10 s) -> a(10 s) -> out\n {limit}"
        )
    };
    verdict(&route(""), VerdictKind::Free);
    verdict(&route("limit wip { count: 2, from: a, to: out }"), VerdictKind::Deadlock);
}

#[test]
fn a_part_that_ends_leaves_the_other_standing() {
    for (total, expected) in [("", VerdictKind::Free), (", total: 7", VerdictKind::Unknown)] {
        verdict(
            &format!(
                "item Lid {{}}
                source s {{ makes: Part, every: 2 s{total} }}
                source t {{ makes: Lid, every: 2 s }}
                station m {{ cycle: 1 s }}
                station j {{ takes: 1 Part + 1 Lid, makes: Part, cycle: 2 s }}
                sink out
                flow s -> j
                flow t -> m -> j -> out"
            ),
            expected,
        );
    }
}

/// What comes back waits for a card; who holds it waits for room that what comes back takes.
#[test]
fn a_card_and_room_can_be_waited_for_in_a_circle() {
    let body = |to: &str| {
        format!(
            "source feed {{ makes: Part, every: 3 s }}\n sink out
            station a {{ cycle: 4 s }}\n station b {{ cycle: 1 s }}\n station c {{ cycle: 2 s }}
            flow feed -> a -[unlimited]-> b -> c -> {{ 80 %: out, rest: a }}
            limit wip {{ count: 1, from: a, to: {to} }}"
        )
    };
    verdict(&body("b"), VerdictKind::Deadlock);
    verdict(&body("out"), VerdictKind::Free);
}
