//! Loads, bounds and findings about capacity, from texts. Sources of the numbers stand at each test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::analysis::{Analysis, analyse};
use flowline::base::SourceMap;
use flowline::ir::{ChoiceRule, Plant, Routing};
use flowline::sema;

/// The analysis of the only line of a text that must be right for the stages before.
pub fn analysed(text: &str) -> Analysis {
    analyse(&meant(text))
}

/// The plant of the only line of a text that must be right.
pub fn meant(text: &str) -> Plant {
    let mut files = SourceMap::default();
    let file = files.add("test.line", text);
    let parsed = flowline::syntax::parse(file, text);
    assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    let read = |_: &str| Err("no files".to_string());
    let meant = sema::analyse(&mut files, &parsed.tree, &sema::Options { set: vec![], read: &read });
    assert!(meant.complete, "{:#?}", meant.diagnostics);
    meant.plants.into_iter().next().unwrap()
}

fn load(analysis: &Analysis, name: &str) -> f64 {
    analysis.capacity.loads.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name}")).1.load
}

fn bound(analysis: &Analysis, name: &str) -> f64 {
    analysis.capacity.throughput_bound_per_h.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name}")).1
}

/// Code, message, notes and help, a line each.
pub fn said(analysis: &Analysis) -> String {
    let mut text = String::new();
    for d in &analysis.diagnostics {
        text.push_str(&format!("{} {}\n", d.code.number(), d.message));
        d.notes.iter().for_each(|n| text.push_str(&format!("  note: {n}\n")));
        d.help.iter().for_each(|h| text.push_str(&format!("  help: {h}\n")));
    }
    text
}

#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} is not {b}");
}

/// Law & Kelton's job shop; exact loads from its data.
#[test]
fn job_shop_loads_are_exact() {
    let a = analysed(
        "line shop {
            item A {}
            item B {}
            item C {}
            source feed { makes: { 30 %: A, 50 %: B, 20 %: C }, every: exponential(0.25 h) }
            station m1 { machines: 3 }
            station m2 { machines: 2 }
            station m3 { machines: 4 }
            station m4 { machines: 3 }
            station m5 { machines: 1 }
            sink out
            route A: m3(erlang(2, 0.5 h)) -> m1(erlang(2, 0.6 h)) -> m2(erlang(2, 0.85 h)) -> m5(erlang(2, 0.5 h)) -> out
            route B: m4(erlang(2, 1.1 h)) -> m1(erlang(2, 0.8 h)) -> m3(erlang(2, 0.75 h)) -> out
            route C: m2(erlang(2, 1.2 h)) -> m5(erlang(2, 0.25 h)) -> m1(erlang(2, 0.7 h)) -> m4(erlang(2, 0.9 h)) -> m3(erlang(2, 1 h)) -> out
            run { for: 8 h }
        }",
    );
    for (name, expected) in [("m1", 0.96), ("m2", 0.99), ("m3", 0.725), ("m4", 2.92 / 3.0), ("m5", 0.8)] {
        close(load(&a, name), expected);
    }
    assert_eq!(a.capacity.bottleneck.as_deref(), Some("m2"));
    close(bound(&a, "out"), 4.0);
    assert_eq!(said(&a), "");
}

/// Rossetti's test-and-repair shop; exact loads as published.
#[test]
fn test_and_repair_loads_are_exact() {
    let a = analysed(
        "line shop {
            item P1 {}
            item P2 {}
            item P3 {}
            item P4 {}
            source feed { makes: { 25 %: P1, 12.5 %: P2, 37.5 %: P3, 25 %: P4 }, every: exponential(20 min) }
            station diagnostics { machines: 2, cycle: exponential(30 min) }
            station t1
            station t2
            station t3
            station repair { machines: 3 }
            sink out
            route P1: diagnostics -> t2(lognormal(20 min, 4.1 min)) -> t3(lognormal(12 min, 4.2 min)) -> t2(lognormal(18 min, 4.3 min)) -> t1(lognormal(16 min, 4 min)) -> repair(triangular(30 min, 60 min, 80 min)) -> out
            route P2: diagnostics -> t3(lognormal(12 min, 4 min)) -> t1(lognormal(15 min, 4 min)) -> repair(triangular(45 min, 55 min, 70 min)) -> out
            route P3: diagnostics -> t1(lognormal(18 min, 4.2 min)) -> t3(lognormal(14 min, 4.4 min)) -> t1(lognormal(12 min, 4.3 min)) -> repair(triangular(30 min, 40 min, 60 min)) -> out
            route P4: diagnostics -> t2(lognormal(24 min, 4 min)) -> t3(lognormal(30 min, 4 min)) -> repair(triangular(35 min, 65 min, 75 min)) -> out
            run { for: 8 h }
        }",
    );
    for (name, expected) in [("diagnostics", 0.75), ("t1", 0.85625), ("t2", 0.775), ("t3", 0.8625)] {
        close(load(&a, name), expected);
    }
    assert!((load(&a, "repair") - 0.8681).abs() < 5e-5);
}

/// The arithmetic of the design page: 120 × 18 s ÷ availability.
#[test]
fn demand_is_refused_with_its_arithmetic() {
    let text = |demand: &str| {
        format!(
            "line bottling {{
            item Bottle {{}}
            item Case {{}}
            crew mechanics {{ size: 2 }}
            source blower {{ makes: Bottle }}
            station filler {{ cycle: 1.8 s, breakdown jam {{ after: exponential(4 h), clock: working, repair: 8 min, needs: 1 mechanics }} }}
            station packer {{ takes: 12 Bottle, makes: Case, cycle: 18 s, breakdown jam {{ after: 53.1 min, repair: 46.9 min }} }}
            sink warehouse
            flow blower -[20]-> filler -[40]-> packer -> warehouse
            demand Case: {demand} at warehouse
            run {{ for: 8 h }}
        }}"
        )
    };
    let a = analysed(&text("120 /h"));
    assert_eq!(
        said(&a),
        "E0501 demand 120 Case/h exceeds what `packer` can do, 106.2 Case/h\n  \
         note: `packer` needs 1.13 h of work per hour: 120 Case/h × 18 s ÷ (1 machine × 53.1 % available)\n  \
         help: `packer` would do with 2 machines, or with a cycle of 15.93 s on average\n"
    );
    close(load(&a, "packer"), 0.6 / 0.531);
    close(load(&a, "filler"), 120.0 * 12.0 * 1.8 / 3600.0 * (1.0 + 8.0 / 240.0));
    close(load(&a, "mechanics"), 120.0 * 12.0 * 1.8 / 3600.0 * (8.0 / 240.0) / 2.0);
    close(bound(&a, "warehouse"), 106.2);
    assert_eq!(said(&analysed(&text("100 /h"))), "");
}

/// Demand, yield and rework: hand arithmetic. 10 % of what is tested goes back, 5 % of the rest is lost.
#[test]
fn rework_and_yield_raise_the_load() {
    let a = analysed(
        "line l {
            item Part {}
            source feed { makes: Part, every: 100 s }
            station work { cycle: 60 s }
            station test { cycle: 30 s, yield: 95 % }
            sink out
            flow feed -[unlimited]-> work -[unlimited]-> test
            flow test -> { 90 %: out, rest: -[unlimited]-> work }
            run { for: 8 h }
        }",
    );
    let passes = 1.0 / (1.0 - 0.1 * 0.95);
    close(load(&a, "work"), 0.6 * passes);
    close(load(&a, "test"), 0.3 * passes);
    close(bound(&a, "out"), 36.0 * passes * 0.95 * 0.9);
}

#[test]
fn a_source_that_is_too_fast_is_named_with_what_grows() {
    let a = analysed(
        "line l {
            item Part {}
            source feed { makes: Part, every: exponential(3 s) }
            station press { cycle: exponential(4 s) }
            sink out
            flow feed -[unlimited]-> press -> out
            run { for: 8 h }
        }",
    );
    assert_eq!(
        said(&a),
        "E0502 source `feed` gives 1,200 Part/h, more than `press` can take, 900 Part/h\n  \
         note: `press` needs 1.333 h of work per hour: 1,200 Part/h × 4 s ÷ 1 machine\n  \
         note: `feed->press` grows by 300 Part/h without end\n  \
         help: let `feed` make one item per 4 s or longer; or else `press` would do with 2 machines, or with a cycle of 3 s on average\n"
    );
}

#[test]
fn parts_flow_in_the_ratio_of_the_assembly() {
    let a = analysed(
        "line l {
            item Body {}
            item Wheel {}
            item Car {}
            source bodies { makes: Body }
            source wheels { makes: Wheel }
            station paint { cycle: 50 s }
            station rim { cycle: 10 s }
            station join { takes: 1 Body + 4 Wheel, makes: Car, cycle: 45 s }
            sink out
            flow bodies -> paint -[5]-> join -> out
            flow wheels -> rim -[20]-> join
            run { for: 8 h }
        }",
    );
    close(load(&a, "paint"), 1.0);
    close(load(&a, "rim"), 0.8);
    close(load(&a, "join"), 0.9);
    close(bound(&a, "out"), 72.0);
    assert_eq!(said(&a), "");
}

/// 10 s beside 30 s give 480 per hour when the choice is free; shares of half would give 240.
#[test]
fn an_open_choice_is_shared_as_is_best() {
    let mut plant = meant(
        "line l {
            item Part {}
            source feed { makes: Part }
            buffer b { capacity: 5 }
            station fast { cycle: 10 s }
            station slow { cycle: 30 s }
            sink out
            flow feed -> b -> { 50 %: fast, rest: slow }
            flow fast -> out
            flow slow -> out
            demand Part: 490 /h
            run { for: 8 h }
        }",
    );
    close(bound(&analyse(&plant), "out"), 240.0);
    let buffer = plant.nodes.values_mut().find(|n| n.name == "b").unwrap();
    let ways: Vec<Routing> = buffer.routing.as_ref().unwrap().targets().into_iter().map(Routing::To).collect();
    buffer.routing = Some(Routing::Rule(ChoiceRule::FirstFree, ways, buffer.span));
    let a = analyse(&plant);
    close(bound(&a, "out"), 480.0);
    assert!(said(&a).starts_with("E0501 demand 490 Part/h exceeds what `fast` can do, 480 Part/h\n"), "{}", said(&a));
}

/// Penny Fab (Hopp & Spearman, Factory Physics, ch. 7): four machines of 2 h, w cards: min(w/8, 1/2) per h.
#[test]
fn cards_bound_the_line_by_littles_law() {
    for (cards, expected) in [(1, 0.125), (3, 0.375), (4, 0.5), (9, 0.5)] {
        let a = analysed(&format!(
            "line penny {{
                item Penny {{}}
                source feed {{ makes: Penny }}
                station a {{ cycle: 2 h }}
                station b {{ cycle: 2 h }}
                station c {{ cycle: 2 h }}
                station d {{ cycle: 2 h }}
                sink out
                flow feed -> a -[unlimited]-> b -[unlimited]-> c -[unlimited]-> d -> out
                limit wip {{ count: {cards}, from: a, to: d }}
                run {{ for: 8 h }}
            }}"
        ));
        close(bound(&a, "out"), expected);
    }
}

#[test]
fn what_can_never_be_granted_is_refused() {
    let a = analysed(
        "line l {
            item Part {}
            item Box {}
            crew team { size: 2 }
            source feed { makes: Part }
            station pack { takes: 12 Part, makes: Box, cycle: 10 s, needs: 3 team }
            sink out
            flow feed -[10]-> pack -> out
            run { for: 8 h }
        }",
    );
    let text = said(&a);
    assert!(text.contains("E0504 work at `pack` asks for 3 of `team`, which has only 2\n"), "{text}");
    assert!(
        text.contains("E0505 `pack` takes 12 Part, but `feed->pack` before it holds only 10: it never starts\n"),
        "{text}"
    );
}

#[test]
fn a_normal_that_is_often_negative_is_named_with_its_mean() {
    let a = analysed(
        "line l {
            item Part {}
            source feed { makes: Part }
            station press { cycle: normal(10 s, 10 s) }
            sink out
            flow feed -> press -> out
            run { for: 8 h }
        }",
    );
    assert!(said(&a).starts_with("E0506 the normal cycle of `press` is below 0 in 15.87 % of its draws; drawn again, its mean is 12.88 s, not 10 s\n"), "{}", said(&a));
}

/// What goes by a timetable has no interval: it is left out of the bound, which stays one.
#[test]
fn a_timetable_takes_nothing_from_the_bound() {
    for stop in [
        "station press { cycle: 5 s\n maintenance clean { at: { mon..fri: 06:00 }, lasts: 30 min } }",
        "station press { cycle: 5 s }\n maintenance clean { stops: [press], at: { mon..fri: 06:00 }, lasts: 30 min }",
    ] {
        let a = analysed(&format!(
            "line l {{
                item Part {{}}
                source feed {{ makes: Part, every: 10 s }}
                {stop}
                sink out
                flow feed -[unlimited]-> press -> out
                run {{ for: 10 d }}
            }}"
        ));
        assert_eq!(said(&a), "");
        assert_eq!(bound(&a, "out"), 360.0);
        assert_eq!(a.capacity.bottleneck.as_deref(), Some("press"));
    }
}

/// A line of 10,000 stations is analysed in well under a second in release builds; the test only tells what
/// would be quadratic.
#[test]
fn ten_thousand_stations() {
    let text = "line long {
        item Part {}
        source feed { makes: Part, every: 2 s }
        station s[10000] { cycle: 1 s, yield: 99.99 % }
        sink out
        flow feed -> s[1] -[5]-> ... -[5]-> s[10000] -> out
        run { for: 8 h }
    }";
    let plant = meant(text);
    let before = crate::cpu::seconds();
    let a = analyse(&plant);
    let spent = crate::cpu::seconds() - before;
    eprintln!("10,000 stations with yield: {spent} s of work");
    assert_eq!(a.capacity.bottleneck.as_deref(), Some("s[1]"));
    assert!((bound(&a, "out") - 1800.0 * 0.9999f64.powi(10_000)).abs() < 1e-6);
    assert!(spent < 60.0);
}

/// Skids of which each carries the product of an assembly: 6 skids, 10 + 50 min each, make 6 an hour at most.
#[test]
fn the_product_keeps_the_card_of_its_main_part() {
    let line = |first: &str| {
        format!(
            "line body {{
                item P {{}}
                item Q {{}}
                item R {{}}
                source p {{ makes: P }}
                source q {{ makes: Q }}
                pallets skids {{ count: 6, from: {first}, to: b }}
                station load {{ cycle: 10 min, machines: 5 }}
                station a {{ takes: 1 P + 1 Q, makes: R, cycle: 10 min, machines: 5 }}
                station b {{ cycle: 50 min, machines: 25 }}
                sink out
                flow p -[2]-> load -[2]-> a -[2]-> b -> out
                flow q -[2]-> a
                run {{ for: 100 h }}
            }}"
        )
    };
    let a = analysed(&line("a"));
    close(bound(&a, "out"), 6.0);
    close(load(&a, "skids"), 1.0);
    // From before the assembly on: 10 + 10 + 50 min.
    close(bound(&analysed(&line("load")), "out"), 6.0 * 60.0 / 70.0);
    // A part that is not the main one brings no card of its own.
    let other = line("a").replace("1 P + 1 Q", "1 Q + 1 P");
    close(bound(&analysed(&other), "out"), 6.0);
}

/// Where all work stands still at night, so do the cards: half the time, half as many.
#[test]
fn cards_count_while_somebody_works() {
    let line = |second: &str| {
        format!(
            "line night {{
                shift day {{ mon..sun 06:00..18:00 }}
                item P {{}}
                source p {{ makes: P }}
                station a {{ cycle: 10 min, machines: 5, shift: day }}
                station b {{ cycle: 50 min, machines: 25{second} }}
                pallets skids {{ count: 6, from: a, to: b }}
                sink out
                flow p -> a -> b -> out
                run {{ for: 10 d }}
            }}"
        )
    };
    close(bound(&analysed(&line(", shift: day")), "out"), 3.0);
    close(bound(&analysed(&line("")), "out"), 6.0);
    close(bound(&analysed(&line(", shift: day, shift_end: finish_item")), "out"), 6.0);
}

/// What is finished behind the end of the shift counts: three items a day from 06:00 to 15:00, where the shift alone
/// would allow 8/3. The bound allows one more item a day than the shift: 8/3 + 1.
#[test]
fn what_is_finished_after_the_shift_is_in_the_bound() {
    let line = |cycle: &str, people: &str| {
        format!(
            "line fin {{
                shift day {{ mon..sun 06:00..14:00 }}
                item P {{}}
                source p {{ makes: P }}
                crew men {{ size: 1, shift: day, shift_end: finish_item }}
                station a {{ cycle: {cycle}, {people} }}
                sink out
                flow p -> a -> out
                run {{ for: 10 d }}
            }}"
        )
    };
    let day = "shift: day, shift_end: finish_item";
    close(bound(&analysed(&line("3 h", day)), "out") * 24.0, 8.0 / 3.0 + 1.0);
    close(bound(&analysed(&line("3 h", "needs: 1 men")), "out") * 24.0, 8.0 / 3.0 + 1.0);
    // Lorden: the work at hand goes on for E X² / E X at most on average, twice the mean of an exponential.
    close(bound(&analysed(&line("exponential(3 h)", day)), "out") * 24.0, 8.0 / 3.0 + 2.0);
    close(bound(&analysed(&line("3 h", "shift: day")), "out") * 24.0, 8.0 / 3.0);
}

/// Open choices are shown as evenly loaded as they can be, level by level.
#[test]
fn an_open_choice_is_shown_evenly() {
    let a = analysed(
        "line sq {
            source p { every: exponential(40 s) }
            source r { every: exponential(10 min) }
            station pick[4] { cycle: exponential(2 min) }
            sink out
            flow p -> shortest_queue { -[3]-> pick[1], -[3]-> pick[2], -[3]-> pick[3], -[3]-> pick[4] }
            flow r -> pick[4]
            for i in 1..4: pick[i] -> out
            run { for: 100 h }
        }",
    );
    for i in 1..=4 {
        // 90 + 6 an hour over four that do 30 an hour each.
        close(load(&a, &format!("pick[{i}]")), 0.8);
    }
    assert_eq!(said(&a), "");
}
