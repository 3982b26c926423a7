//! Lines that lock up while they run, and lines that only look like it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::base::{Rational, Span};
use flowline::diag::Diagnostic;
use flowline::ir::*;

use crate::sim_plants::*;

/// Items go round from `a` over `b1` to `b` and over `b2` back to `a`, while new ones come in.
fn circle(supply: Supply) -> Plant {
    let shares = Routing::Shares(
        vec![
            (Rational::from_parts_signed(999.into(), 1000.into()), to(4).unwrap()),
            (Rational::from_parts_signed(1.into(), 1000.into()), to(5).unwrap()),
        ],
        Span::default(),
    );
    plant(vec![
        node("in", NodeKind::Source(source(supply)), to(1)),
        node("a", work(seconds(1, 1)), to(2)),
        node("b1", buffer(Capacity::Places(3)), to(3)),
        node("b", work(seconds(2, 1)), Some(shares)),
        node("b2", buffer(Capacity::Places(2)), to(1)),
        node("out", NodeKind::Sink, None),
    ])
}

#[test]
fn a_line_that_locks_up_is_told() {
    for engine in ENGINES {
        let failure = Run { engine, ..RUN }.failure(&circle(Supply::Always));
        assert_eq!(failure.code.number(), "E0713");
        let text = format!("{}\n{}", failure.message, failure.notes.join("\n"));
        assert!(failure.message.starts_with("the line locked up at "), "{text}");
        assert!(text.contains("`a` holds a finished `Part` for `b1`, which is full (3 of 3)"), "{text}");
        assert!(text.contains("`b` holds a finished `Part` for `b2`, which is full (2 of 2)"), "{text}");
        assert!(text.contains("the first item in `b2` (2 of 2) is a `Part` for `a`, which is not empty"), "{text}");
        assert_eq!(failure.secondary.len(), 3);
    }
}

#[test]
fn a_lock_is_found_while_items_keep_coming() {
    // Arrivals wait in a queue without limit: the calendar never empties.
    let mut line = circle(Supply::Every(seconds(1, 2)));
    let outside = line.nodes.push(node("in.outside", buffer(Capacity::Unlimited), to(1)));
    if let Some(n) = line.nodes.get_mut(NodeId(0)) {
        n.routing = to(outside.0);
    }
    let failure = Run { horizon: Some(100_000_000), ..RUN }.failure(&line);
    assert_eq!(failure.code.number(), "E0713");
}

#[test]
fn an_empty_line_at_rest_is_not_locked() {
    // A source with an end, and a run that goes on long after it.
    let mut line = circle(Supply::Every(seconds(100, 1)));
    if let Some(NodeKind::Source(s)) = line.nodes.get_mut(NodeId(0)).map(|n| &mut n.kind) {
        s.total = Some(1);
    }
    let outcome = Run { horizon: Some(1_000_000), ..RUN }.of(&line);
    assert!(outcome.diagnostics.is_empty(), "{:#?}", outcome.diagnostics);
}

fn text(d: &Diagnostic) -> String {
    format!("{}\n{}", d.message, d.notes.join("\n"))
}

fn item(plant: &mut Plant, name: &str) -> ItemId {
    plant.items.push(ItemType {
        name: name.into(),
        span: Span::default(),
        is: None,
        mass: None,
        length: None,
        attributes: vec![],
    })
}

fn part(item: ItemId) -> Part {
    Part { item, minimum: 1, maximum: 1, span: Span::default() }
}

/// One source of bodies and lids by halves, a queue of four places, and a station that joins one of each.
/// `total` items in all.
fn mixed(total: Option<u64>, places: u64) -> Plant {
    let mut supply = source(Supply::Every(seconds(1, 1)));
    let half = Rational::from_parts_signed(1.into(), 2.into());
    supply.mix = vec![(ItemId(0), half.clone()), (ItemId(1), half)];
    supply.total = total;
    let mut join = station(seconds(1, 10));
    join.recipes[0].takes = vec![part(ItemId(0)), part(ItemId(1))];
    join.recipes[0].makes = vec![part(ItemId(2))];
    let mut line = plant(vec![
        node("in", NodeKind::Source(supply), to(1)),
        node("mix", buffer(Capacity::Places(places)), to(2)),
        node("join", NodeKind::Station(Box::new(join)), to(3)),
        node("out", NodeKind::Sink, None),
    ]);
    item(&mut line, "Lid");
    item(&mut line, "Box");
    for n in line.nodes.values_mut() {
        n.items = vec![ItemId(0), ItemId(1), ItemId(2)];
    }
    line
}

#[test]
fn a_queue_full_of_the_wrong_parts_is_a_lock() {
    for engine in ENGINES {
        let failure = Run { engine, horizon: Some(100_000), ..RUN }.failure(&mixed(None, 4));
        assert_eq!(failure.code.number(), "E0713", "{}", text(&failure));
        assert!(text(&failure).contains("`join` waits for 1 `"), "{}", text(&failure));
        assert!(
            text(&failure).contains("`mix` (4 of 4)") || text(&failure).contains("`mix`, which is full (4 of 4)"),
            "{}",
            text(&failure)
        );
    }
}

#[test]
fn parts_behind_others_are_a_lock() {
    // First in, first out: two lids in front of the next body stay there for ever.
    let failure = Run { horizon: Some(10_000), ..RUN }.failure(&mixed(Some(51), 100));
    assert!(text(&failure).contains("; the nearest is at `mix`"), "{}", text(&failure));
}

#[test]
fn parts_left_over_are_no_lock() {
    // 20 bodies and 7 lids: 13 bodies are left, some outside for want of places.
    let mut line = mixed(None, 4);
    for (name, kind, total) in [("bodies", 0, 20), ("lids", 1, 7)] {
        let mut supply = source(Supply::Every(seconds(1, 1)));
        supply.mix = vec![(ItemId(kind), Rational::from(1))];
        supply.total = Some(total);
        let mut own = node(&format!("{name}.store"), buffer(Capacity::Places(3)), to(2));
        own.items = vec![ItemId(kind)];
        let store = line.nodes.push(own);
        let mut own = node(name, NodeKind::Source(supply), to(store.0));
        own.items = vec![ItemId(kind)];
        line.nodes.push(own);
    }
    if let Some(NodeKind::Source(s)) = line.nodes.get_mut(NodeId(0)).map(|n| &mut n.kind) {
        s.total = Some(0);
    }
    for engine in ENGINES {
        let study = Run { horizon: Some(10_000), engine, ..RUN }.study(&line);
        assert_eq!(study.items[2].left.unwrap().mean, 7.0);
        assert_eq!(study.items[0].inside.unwrap().mean, 4.0);
    }
}

/// Two stations that share one worker, who stays until the item has left: `a` holds the worker and waits
/// for `b`, whose item waits for the worker.
#[test]
fn a_worker_held_by_a_blocked_machine_is_a_lock() {
    let with_crew = |cycle| {
        let mut s = station(cycle);
        s.recipes[0].phases[0].needs = vec![Need { pool: PoolId(0), count: 1, span: Span::default() }];
        s.release_crew = ReleaseCrew::AfterLeaving;
        NodeKind::Station(Box::new(s))
    };
    let mut line = plant(vec![
        node("in", NodeKind::Source(source(Supply::Always)), to(1)),
        node("a", with_crew(seconds(5, 1)), to(2)),
        node("b", with_crew(seconds(5, 1)), to(3)),
        node("out", NodeKind::Sink, None),
        // Another item reaches `b` first, while the one worker is with `a`.
        node("other", NodeKind::Source(Source { first: seconds(1, 1), ..source(Supply::Every(seconds(7, 1))) }), to(2)),
    ]);
    let crew = |size| Pool {
        name: "crew".into(),
        span: Span::default(),
        kind: PoolKind::Crew,
        size,
        calendar: None,
        sizes: Vec::new(),
        shift_end: flowline::ir::ShiftEnd::Pause,
        overtake: false,
        ..Default::default()
    };
    line.pools.push(crew(1));
    for engine in ENGINES {
        let run = Run { engine, ..RUN };
        let outcome = run.of(&line);
        let failure = outcome.diagnostics.first().unwrap_or_else(|| panic!("{outcome:#?}"));
        assert_eq!(failure.code.number(), "E0713");
        assert!(text(failure).contains("1 of 1 of `crew` are held by `a`"), "{}", text(failure));
        assert!(
            text(failure).contains("`b` is loaded and waits for 1 of `crew`, of which 0 of 1 are free"),
            "{}",
            text(failure)
        );
        let mut two = line.clone();
        two.pools.get_mut(PoolId(0)).unwrap().size = 2;
        assert!(run.study(&two).stations[1].cycles.unwrap().mean > 700.0);
    }
}

#[test]
fn a_limit_that_its_own_items_wait_for_is_a_lock() {
    // `b` needs a card of its own limit, which an item only returns behind `b2`, full of items that wait
    // for `a`, which holds one for `b`.
    let mut line = circle(Supply::Always);
    line.limits.push(Limit {
        name: "cards".into(),
        span: Span::default(),
        count: 2,
        from: NodeId(3),
        to: NodeId(5),
        pallets: false,
        ..Default::default()
    });
    let failure = Run { horizon: Some(100_000), ..RUN }.failure(&line);
    assert_eq!(failure.code.number(), "E0713", "{}", text(&failure));
}

#[test]
fn breakdowns_do_not_hide_a_lock() {
    // The clocks of breakdowns run for ever: the calendar never empties.
    let mut line = circle(Supply::Always);
    for n in line.nodes.values_mut() {
        if let NodeKind::Station(s) = &mut n.kind {
            s.breakdowns.push(Breakdown {
                name: "jam".into(),
                span: Span::default(),
                after: exponential(50, 1),
                clock: BreakdownClock::Calendar,
                repair: exponential(5, 1),
                effect: BreakdownEffect::Resume,
                needs: vec![],
                ..Default::default()
            });
        }
    }
    for engine in ENGINES {
        let failure = Run { horizon: Some(50_000_000), engine, ..RUN }.failure(&line);
        assert_eq!(failure.code.number(), "E0713", "{}", text(&failure));
    }
}

#[test]
fn breakdowns_alone_do_not_lock_a_line() {
    let mut line = queue(exponential(10, 9), exponential(1, 1));
    if let Some(NodeKind::Station(s)) = line.nodes.get_mut(NodeId(2)).map(|n| &mut n.kind) {
        s.breakdowns.push(Breakdown {
            name: "jam".into(),
            span: Span::default(),
            after: exponential(50, 1),
            clock: BreakdownClock::Working,
            repair: exponential(5, 1),
            effect: BreakdownEffect::Resume,
            needs: vec![],
            ..Default::default()
        });
    }
    let study = Run { horizon: Some(200_000), runs: 4, ..RUN }.study(&line);
    // Down a tenth of the working time.
    let states = study.stations[0].states;
    let ratio = states[5].unwrap().mean / states[0].unwrap().mean;
    assert!((ratio - 0.1).abs() < 0.01, "{ratio}");
}

/// Twelve of a kind are collected in a store; whatever comes later is further up the line.
#[test]
fn parts_on_their_way_are_no_lock() {
    let mut join = station(seconds(1, 10));
    join.recipes[0].takes = vec![Part { minimum: 12, maximum: 12, ..part(ItemId(0)) }];
    join.recipes[0].makes = vec![part(ItemId(1))];
    for total in [None, Some(100)] {
        let mut supply = source(Supply::Every(seconds(1, 1)));
        supply.total = total;
        let mut line = plant(vec![
            node("in", NodeKind::Source(supply), to(1)),
            node("wash", work(seconds(1, 2)), to(2)),
            node("store", buffer(Capacity::Places(20)), to(3)),
            node("pack", NodeKind::Station(Box::new(join.clone())), to(4)),
            node("out", NodeKind::Sink, None),
        ]);
        item(&mut line, "Case");
        for n in line.nodes.values_mut() {
            n.items = vec![ItemId(0), ItemId(1)];
        }
        for engine in ENGINES {
            for horizon in [10, 11, 1007] {
                let study = Run { horizon: Some(horizon), engine, ..RUN }.study(&line);
                let cases = if total.is_some() { horizon.min(100) } else { horizon } / 12;
                assert_eq!(study.items[1].assembled.unwrap().mean, cases as f64);
            }
        }
    }
    // Fewer places than parts needed can never do.
    let mut line = plant(vec![
        node("in", NodeKind::Source(source(Supply::Every(seconds(1, 1)))), to(1)),
        node("store", buffer(Capacity::Places(5)), to(2)),
        node("pack", NodeKind::Station(Box::new(join)), to(3)),
        node("out", NodeKind::Sink, None),
    ]);
    item(&mut line, "Case");
    for n in line.nodes.values_mut() {
        n.items = vec![ItemId(0), ItemId(1)];
    }
    let failure = RUN.failure(&line);
    assert_eq!(failure.code.number(), "E0713", "{}", text(&failure));
    // Also while more keep coming outside.
    let outside = line.nodes.push(node("in.outside", buffer(Capacity::Unlimited), to(1)));
    if let Some(n) = line.nodes.get_mut(NodeId(0)) {
        n.routing = to(outside.0);
    }
    let failure = RUN.failure(&line);
    assert_eq!(failure.code.number(), "E0713", "{}", text(&failure));
}
