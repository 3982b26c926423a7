//! Every two features of a station together: both engines agree word for word, items balance, shares of
//! states sum to 1, and Little's law holds for every buffer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::base::Ticks;
use flowline::ir::ids::Id;
use flowline::ir::{NodeKind, Plant, Supply};
use flowline::kernel::layout::{item, machine, source};
use flowline::kernel::read::{Snapshot, machines_of};
use flowline::kernel::status::phase;
use flowline::kernel::{Engine, Kernel, Run, Stop};

use flowline::sim::checks;

use crate::engines::plant_or_later;

/// Where a feature is written.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// In the station in the middle; the second text is the field it fills.
    Station(&'static str),
    /// In the source.
    Source(&'static str),
    /// The arrow into the station.
    Into,
    /// The arrow out of it.
    OutOf,
    /// A declaration of its own.
    Line,
    /// What follows the station.
    Behind,
}

const FEATURES: &[(&str, At)] = &[
    ("machines: 3", At::Station("machines")),
    ("cycle: exponential(2 s)", At::Station("cycle")),
    ("cycle: { A: 2 s, B: uniform(1 s, 3 s) }", At::Station("cycle")),
    ("steps: { load: 0.5 s, run: exponential(1 s), unload: 0.5 s }", At::Station("cycle")),
    ("setup: { A -> B: 1 s, else: 0.5 s }", At::Station("setup")),
    ("needs: 1 crew_1", At::Station("needs")),
    ("needs: 2 crew_1 + 1 jig", At::Station("needs")),
    ("release_crew: after_leaving", At::Station("release_crew")),
    ("yield: 90 %", At::Station("yield")),
    ("queue: 0", At::Station("queue")),
    ("queue: 2", At::Station("queue")),
    ("hold_when_down: yes", At::Station("hold")),
    ("breakdown b1 { after: exponential(30 s), repair: 4 s }", At::Station("b1")),
    ("breakdown b2 { after: 20 s, clock: working, repair: exponential(3 s) }", At::Station("b2")),
    ("breakdown b3 { after: 7, clock: cycles, repair: 2 s, needs: 1 crew_1 }", At::Station("b3")),
    ("breakdown b4 { after: exponential(25 s), repair: 2 s, effect: restart }", At::Station("b4")),
    ("breakdown b5 { after: exponential(25 s), clock: working, repair: 2 s, effect: restart_new }", At::Station("b5")),
    ("breakdown b6 { after: exponential(25 s), repair: 2 s, effect: scrap }", At::Station("b6")),
    ("breakdown b7 { after: 15 s, repair: 2 s, effect: finish_item, needs: 1 crew_1 }", At::Station("b7")),
    ("breakdown b8 { after: 15 s, clock: working, repair: 2 s, effect: finish_item }", At::Station("b8")),
    ("breakdown b9 { after: 10 s, repair: exponential(3 s), from: start, needs: 1 crew_1 }", At::Station("b9")),
    ("breakdown b10 { after: exponential(20 s), repair: 2 s, exclusive: yes }", At::Station("b10")),
    ("breakdown b11 { after: 15 s, repair: 2 s, keep_crew: yes }", At::Station("b11")),
    ("takes: 2 A + 1 B\nmakes: 1 A", At::Station("takes")),
    ("takes: 1 A + 1 B\nrelease: together", At::Station("takes")),
    ("batch: 2", At::Station("takes")),
    ("batch: 1..4\nrelease: together", At::Station("takes")),
    ("batch: 2..3\nwait_at_most: 3 s", At::Station("takes")),
    ("takes: 1..2 A + 1 B\nmakes: 2 B", At::Station("takes")),
    ("takes: 2 A + 1 B\nmakes: 2 B\nload: each", At::Station("takes machines")),
    ("batch: 1..3\nsame: item.step", At::Station("takes")),
    ("batch: 2..3\nsame: { A: 1, B: 2 }\nwait_at_most: 3 s", At::Station("takes")),
    (
        "recipe one { takes: 1 A + 1 B, makes: 3 B, cycle: 2 s }\nrecipe two { takes: 1..2 A, cycle: exponential(1 s), setup: 1 s }",
        At::Station("cycle takes setup"),
    ),
    ("setup: { 1 <-> 2: 1 s, else: 0.5 s }\nsetup_by: { A: 1, B: 2 }\nlost: after_breakdown", At::Station("setup")),
    ("choose: lowest", At::Station("choose")),
    ("shift: hours\nshift_end: finish_in_time", At::Station("shift")),
    ("blocking: before_work", At::Station("takes blocking")),
    ("batch: 1..2\nblocking: before_work", At::Station("takes blocking")),
    ("takes: 1 A + 1 B\nmakes: 2 B\nblocking: before_work", At::Station("takes blocking")),
    (
        "cycle: 0.5 s\nstay: { A: 3 s, else: exponential(4 s) }",
        At::Station("cycle takes blocking machines needs setup shift hold release_crew b2 b3 b4 b5 b6 b7 b8"),
    ),
    ("every: exponential(2 s)", At::Source("every")),
    ("every: 2 s, when_full: lose", At::Source("every")),
    ("every: 2 s, when_full: queue", At::Source("every")),
    ("total: 60", At::Source("total")),
    ("breakdown f { after: 20 s, repair: 3 s }", At::Source("f")),
    ("every: exponential(4 s), lot: 2", At::Source("every")),
    ("every: 4 s, lot: geometric(3), when_full: lose", At::Source("every")),
    ("every: { 00:00..00:05: 2 s, rest: exponential(3 s) }", At::Source("every")),
    ("at: [00:00, 00:03, 00:05], lot: 30, when_full: queue", At::Source("every")),
    ("makes: [3 A, 1 B, { 50 %: A, rest: B }]", At::Source("makes")),
    ("-[3]->", At::Into),
    ("-[4, exponential(2 s)]->", At::Into),
    ("-[exponential(2 s)]->", At::Into),
    ("-> belt_in ->", At::Into),
    ("-> standing_in ->", At::Into),
    ("-> belt_out ->", At::OutOf),
    ("-> belt_next ->", At::OutOf),
    ("-> rack_in ->", At::Into),
    ("-> rack_out ->", At::OutOf),
    ("-[3, tug_in(10 m), 2]->", At::Into),
    ("-[2, tug_out(6 m), 2]->", At::OutOf),
    ("-[3, agv(10 m), 2]->", At::Into),
    ("-[2, agv(6 m), 2]->", At::OutOf),
    ("-[2]->", At::OutOf),
    ("-[2, 1 s]->", At::OutOf),
    ("limit wip { count: 4, from: before, to: after }", At::Line),
    ("limit wip { count: 4, from: before, to: after, return: exponential(2 s) }", At::Line),
    ("limit clear { from: m, to: after, same: { A: 1, B: 2 }, lasts: exponential(1 s), needs: 1 crew_1 }", At::Line),
    ("limit apart { count: 3, from: before, to: m, same: { A: 1, B: 2 } }", At::Line),
    ("pallets tray { count: { A: 2, B: 3 }, from: before, to: m }", At::Line),
    ("breakdown power { stops: [m, feed], after: exponential(40 s), repair: 3 s, needs: 1 crew_1 }", At::Line),
    ("maintenance clean { stops: [m, after], every: 30 s, lasts: 2 s }", At::Line),
    ("{ 80 %: after, rest: -[unlimited]-> bin }", At::Behind),
    ("{ A: after, B: -[1]-> bin }", At::Behind),
    ("round_robin { after, -[1]-> bin, after }", At::Behind),
    ("{ every(3): bin, rest: { 90 %: after, rest: bin } }", At::Behind),
    ("order: [shortest, lifo]", At::Station("order")),
    ("order: same_setup", At::Station("order")),
    ("-[4, overtake: yes]->", At::Into),
    ("-[4, order: lifo]->", At::Into),
    ("-[exponential(3 s), in order]->", At::Into),
    ("-[places: 3, within: 3 s]->", At::Into),
    ("-[places: 3, within: 2 s, expired: bin]->", At::OutOf),
    ("first_free { after, -[2]-> bin }", At::Behind),
    ("shortest_queue { -[2]-> after, -[3]-> after, bin }", At::Behind),
    ("{ if wip > 6: bin, if state(after) == working: -[3]-> after, else: first_free { after, bin } }", At::Behind),
    ("first_free { { A: after, B: -[1]-> bin }, bin }", At::Behind),
];

/// Whether a field of a station is about several items.
fn several(field: &str) -> bool {
    ["batch:", "takes:"].iter().any(|w| field.trim_start().starts_with(w))
}

/// A line with a station between two others, and one or two features.
fn text(chosen: &[(&str, At)]) -> Option<String> {
    let mut fields: Vec<&str> = Vec::new();
    let (mut station, mut source, mut line) = (String::new(), String::new(), String::new());
    let (mut into, mut out_of, mut behind) = ("->", "->", "after");
    for (text, at) in chosen {
        let field = match at {
            At::Station(field) => {
                station += &format!("    {text}\n");
                *field
            }
            At::Source(field) => {
                source += &format!(", {text}");
                *field
            }
            At::Into => {
                into = text;
                "into"
            }
            At::OutOf => {
                out_of = text;
                "out of"
            }
            At::Line => {
                line += &format!("{text}\n");
                "line"
            }
            At::Behind => {
                behind = text;
                "out of"
            }
        };
        if field.split(' ').filter(|f| *f != "of").any(|f| fields.contains(&f)) {
            return None;
        }
        fields.extend(field.split(' ').filter(|f| *f != "of"));
    }
    // Assemblies have no order, and take what may leave.
    if fields.contains(&"takes") && (fields.contains(&"order") || into.contains("within")) {
        return None;
    }
    // What leaves together needs to have decided.
    let decides_late = ["first_free", "shortest_queue", "wip >"].iter().any(|w| behind.contains(w));
    if decides_late && station.contains("release: together") {
        return None;
    }
    if !fields.contains(&"makes") {
        source.insert_str(0, ", makes: { 60 %: A, 40 %: B }");
    }
    let source = source.trim_start_matches(", ");
    let mixed = out_of.contains("belt_out");
    if out_of.contains("belt") && station.contains("together") || mixed && station.contains("before_work") {
        // Refused: on a belt one item comes after the other, and where they differ in length no place of it
        // can be reserved.
        return None;
    }
    if station.contains("shift: hours") {
        line += "shift hours { mon 00:00..00:03, mon 00:04..00:08, mon 00:09..00:10 }\n";
    }
    for (name, belt) in [
        ("belt_in", "length: 3 m, speed: 1 m/s, pitch: 1 m"),
        ("standing_in", "length: 2.5 m, speed: 2 m/s, pitch: 1 m, lanes: 2, mode: stop_together"),
        ("belt_next", "length: 3 m, speed: 1 m/s, pitch: 1 m, lanes: 2"),
        (
            "belt_out",
            "length: 1.5 m, speed: 1 m/s, pitch: 0.4 m\nbreakdown torn { after: exponential(40 s), repair: 3 s, needs: 1 crew_1 }\n",
        ),
    ] {
        if into.contains(name) || out_of.contains(name) {
            line += &format!("conveyor {name} {{ {belt} }}\n");
        }
    }
    // Places are kept for what comes there only.
    let made = if station.contains("makes: 2 B") { "B: 1" } else { "A: 1" };
    for (name, whom) in [("rack_in", "B: 1"), ("rack_out", made)] {
        if into.contains(name) || out_of.contains(name) {
            line += &format!("buffer {name} {{ capacity: 4, overtake: yes, reserve: {{ {whom} }} }}\n");
        }
    }
    for (name, what) in [("tug_in", "capacity: 3"), ("tug_out", "capacity: 2, reserve: no, unload_time: 0.5 s")] {
        if into.contains(name) || out_of.contains(name) {
            line += &format!(
                "fleet {name} {{ size: 2, speed: 4 m/s, load_time: exponential(0.5 s), {what}\n\
                 breakdown worn {{ after: 20 s, clock: working, repair: 2 s, needs: 1 crew_1 }}\n}}\n"
            );
        }
    }
    if (out_of.contains("agv") || out_of.contains("tug"))
        && (behind.contains("first_free") || behind.contains("shortest_queue"))
    {
        // A vehicle is sent to one place: it does not look for room.
        return None;
    }
    if into.contains("agv") || out_of.contains("agv") {
        line += "fleet agv { size: 2, speed: 4 m/s, load_time: exponential(0.5 s), home: m\n\
                 breakdown worn { after: 20 s, clock: working, repair: 2 s, needs: 1 crew_1 }\n\
                 breakdown flat { after: 9, clock: cycles, repair: exponential(2 s), effect: finish_item }\n\
                 maintenance charge { every: 50 s, lasts: 4 s }\n}\n";
    }
    if !fields.contains(&"cycle") {
        station += "    cycle: 2 s\n";
    }
    if station.contains("before_work") && station.lines().any(several) {
        if out_of.contains("belt") || out_of.contains("rack") {
            // Refused: places for several are reserved at once.
            return None;
        }
        if out_of == "->" {
            out_of = "-[4]->";
        }
    }
    if into.contains("order: lifo") && (station.contains("recipe ") || station.lines().any(several)) {
        // Refused: such an arrow offers only the item that is next, and several are taken at once.
        return None;
    }
    if station.contains("load: each") && line.contains("limit clear ") {
        // Refused: only all parts together are one item to be kept apart.
        return None;
    }
    if station.contains("before_work") && behind.contains("state(") {
        // Refused: the way is decided before the work, and may not read what changes until it is done (S21).
        return None;
    }
    Some(format!(
        "line pair {{\nitem A {{ length: 0.8 m }}\nitem B {{}}\ncrew crew_1 {{ size: 2 }}\ntool jig {{ size: 1 }}\n{line}\
         source feed {{ {source} }}\nstation before {{ cycle: exponential(1 s), needs: 1 crew_1 }}\n\
         station m {{\n{station}}}\nstation after {{ cycle: exponential(1 s) }}\nsink bin\nsink out\n\
         flow feed -> before {into} m {out_of} {behind}\nflow after -> out\nrun {{ for: 600 s }}\n}}\n"
    ))
}

/// The figures of a line, and how many items are on its floor; `None` when the pair is told to be not
/// supported yet (E0290).
fn figures(text: &str) -> Option<(Snapshot, i64)> {
    let plant = plant_or_later(text, text).ok()?;
    let run_on = |engine: Engine| {
        let kernel = Kernel::new(&plant, engine).unwrap();
        let mut run = kernel.begin(11, 0);
        let stop = loop {
            match kernel.advance(&mut run, Ticks(600 * 1_000_000_000)) {
                Stop::Fuel => {}
                other => break other,
            }
        };
        let snapshot = Snapshot::of(&kernel.model, &plant, &run);
        assert_eq!(checks::contradiction(&kernel.model, &plant, &run, &snapshot), None, "{text}");
        let on_the_floor = held(&kernel, &plant, &run, &snapshot);
        (run.arena().words().to_vec(), snapshot, stop, on_the_floor)
    };
    let (native, snapshot, stop, on_the_floor) = run_on(Engine::Event);
    let (reference, ..) = run_on(Engine::Interpreter);
    assert!(native == reference, "the engines differ:\n{text}");
    assert_eq!(stop, Stop::Horizon, "{text}");
    Some((snapshot, on_the_floor))
}

/// Items in buffers, on machines and waiting in sources, found by walking their lists. One that stands
/// ready in a source without an interval is not born yet.
fn held(kernel: &Kernel, plant: &Plant, run: &Run, found: &Snapshot) -> i64 {
    let arena = run.arena();
    let mut held: i64 = found.buffers.iter().map(|b| i64::try_from(b.walked).unwrap()).sum();
    for (id, node) in plant.nodes.iter() {
        if let NodeKind::Source(s) = &node.kind
            && s.supply != Supply::Always
        {
            let mut at = arena.get(kernel.model.places.nodes[id.index()], source::ITEM);
            while at != 0 {
                held += 1;
                at = if s.makes_single_items() { 0 } else { arena.get(at, item::NEXT) };
            }
        }
        for m in machines_of(&kernel.model, id) {
            let done = arena.get(m, machine::PHASE) == phase::FINISHED;
            let mut at = arena.get(m, if done { machine::PRODUCTS } else { machine::ITEM });
            while at != 0 {
                held += 1;
                at = arena.get(at, item::NEXT);
            }
        }
    }
    held
}

/// Pairs that the compiler refuses as not supported yet. A number that may only become smaller.
const NOT_YET: usize = 4;

#[test]
fn every_two_features_together() {
    // `FLOWLINE_PAIRS=agv` tries only the pairs with that text.
    let wanted = std::env::var("FLOWLINE_PAIRS").unwrap_or_default();
    let (mut tried, mut later, mut failed) = (0, 0, Vec::new());
    for (i, a) in FEATURES.iter().enumerate() {
        for b in FEATURES.iter().skip(i) {
            let chosen: Vec<(&str, At)> = if a == b { vec![*a] } else { vec![*a, *b] };
            let Some(text) = text(&chosen).filter(|t| t.contains(&wanted)) else { continue };
            match std::panic::catch_unwind(|| holds(&text)) {
                Ok(true) => tried += 1,
                Ok(false) => later += 1,
                Err(_) => failed.push(format!("{} + {}", a.0, b.0)),
            }
        }
    }
    println!("{tried} pairs run, {later} are not supported yet");
    assert!(failed.is_empty(), "{} pairs fail: {failed:#?}", failed.len());
    assert!(tried > 1000 || !wanted.is_empty(), "only {tried} pairs");
    assert!(later <= NOT_YET, "{later} pairs are not supported yet");
}

/// Holds the identities against a line; false when it is told to be not supported yet.
fn holds(text: &str) -> bool {
    let Some((found, on_the_floor)) = figures(text) else { return false };
    let worked = found.stations.iter().any(|s| s.cycles > 0);
    assert!(worked, "nothing happens:\n{text}");
    for s in &found.stations {
        let whole = i128::from(s.machines) * i128::from(found.now.0);
        assert_eq!(s.states.iter().sum::<i128>(), whole, "states of {:?}:\n{text}", s.node);
    }
    // What the counters say is inside is what the floor holds.
    assert_eq!(found.inside, on_the_floor, "items inside:\n{text}");
    assert!(found.balances.iter().all(|b| b.inside >= 0), "{:?}\n{text}", found.balances);
    for b in &found.buffers {
        assert_eq!(b.level, b.walked, "items in {:?}:\n{text}", b.node);
        assert_eq!(b.entries, b.exits + b.level, "entries of {:?}:\n{text}", b.node);
        // Little's law, exactly: the integral of the level is the sum of stays, of those gone and
        // those still inside; the latter can be at most all the time.
        let most = b.stays + i128::from(b.level) * i128::from(found.now.0);
        assert!(b.stays <= b.area && b.area <= most, "{:?} {b:?}:\n{text}", b.node);
        if b.level == 0 {
            assert_eq!(b.area, b.stays, "{:?}:\n{text}", b.node);
        }
    }
    true
}
