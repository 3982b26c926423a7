//! Texts that are right: the forms of the language page, of the pages on later constructs, and the
//! corners of the grammar. Other syntax tests draw on them.

/// The example of the language page.
pub const BOTTLING: &str = r#"use std.packaging

shift two_shift { mon..fri 06:00..22:00, break 09:00..09:15 }

/// Fills, caps, checks, labels and packs half-litre water.
line bottling {
    shift: two_shift                            // the default for everything in the line

    item Bottle { mass: 0.53 kg }
    item Case { mass: 6.5 kg }

    param space: count = 20 in 1..200           // places between two machines
    crew mechanics { size: 2 }

    source blower { makes: Bottle, every: exponential(1.9 s) }
    station filler {
        cycle: normal(1.8 s, 0.1 s)
        breakdown jam { after: exponential(4 h), clock: working, repair: lognormal(8 min, 3 min), needs: 1 mechanics }
        power: { working: 12 kW, idle: 3 kW }
    }
    station capper { cycle: 1.7 s }
    station checker { cycle: 1.0 s }
    station labeller { machines: 2, cycle: triangular(3 s, 3.4 s, 4.1 s) }
    station packer { takes: 12 Bottle, makes: Case, cycle: 18 s }
    sink rejects
    sink warehouse

    flow blower -[space]-> filler -[space]-> capper -[space]-> checker
    flow checker -> { 98.5 %: -[5]-> labeller, rest: rejects }
    flow labeller -[40]-> packer -> warehouse

    demand Case: 120 /h during two_shift at warehouse
    expect output: throughput(warehouse, during: two_shift) >= 115 /h

    run { for: 30 d, warmup: 1 d, runs: 20 }
}
"#;

/// Every form the language page shows outside its example, one text each.
pub const FORMS: &[&str] = &[
    "flowline 1\nline x { }",
    "flowline 1",
    "",
    "// only a comment",
    "\n\n\n",
    "use \"./other.line\"",
    "use \"./other.line\" as other, use std.packaging.cases as c",
    "a: 1.8 s, b: 0.53 kg, c: 0.8 m/s, d: 1200 /h, e: 98.5 %, f: 4 EUR/h, g: 20 kg/m^3, h: 3 m^2, i: 2 kW*h",
    "a: 12_000, b: 2.5e-3 s, c: 1e3",
    "needs: 1 operators\nneeds: 2 operators + 1 crane",
    "day: mon..fri, date: 2026-11-23, clock: 06:00, second: 06:00:30",
    "a: exponential(1.9 s), b: erlang(3, 2 s), c: empirical(\"file.csv\", column), d: { 70 %: 2 s, rest: exponential(5 s) }",
    "cycle: choice { 70 %: 2 s, rest: 5 s }",
    "let slow = lognormal(8 min, 3 min)",
    "makes: { 60 %: A, rest: B }\nmakes: [200 A, 120 B]\nat: { mon..sat: [06:00, 14:00] }\nwith: { due: now + 4 h }\nwhen_full: lose",
    "every: { mon..fri 06:00..14:00: 5 s, else: 9 s }",
    "schedule: \"orders.csv\"",
    "initial: 3 Card, capacity: unlimited, reserve: { repair: 2 }, expired: scrap",
    "flow a -> b -> c",
    "flow a -[5]-> b -[unlimited]-> c -[8 s]-> d -[5, 8 s]-> e -[agv(40 m)]-> f",
    "flow a -[places: 5, within: 2 h, expired: scrap]-> b",
    "flow a -[]-> b",
    "flow a -> { 95 %: a, rest: -[3]-> b }\nflow b -> { Bottle: a, Can: b }",
    "flow c -> { if item.passes >= 2: scrap, else: rework }",
    "flow c -> { 50 %: { Bottle: -[2]-> a -> b, Can: b }, rest: scrap }",
    "flow a -> first_free { a, b }\nflow b -> shortest_queue { a -[2]-> c, -[3]-> b }\nflow c -> { every(50): lab, else: out }",
    "flow a -> { if level(n) > 3 and room(m) == 0 or not state(k) == down: x, else: y }",
    "route Gear_a: saw(4 min) -> lathe(exponential(12 min), needs: 1 fitters) -> mill(6 min) -> shipping",
    "route Gear_a:\n    saw(4 min)\n    // a comment between two steps\n    -> lathe(12 min)\n\n    -[move]-> mill(6 min)",
    "route wafer: furnace(225 min, as: oxide) -> furnace(60 min, as: second)",
    "item Board { mass: 0.2 kg, due: time, passes: count = 0, rush: yes_no = false }",
    "sets: { passes: item.passes + 1 }, cycle: 2 s + 0.5 s * item.size",
    "item Sedan { is: Body }",
    "a: sum(item.lines), b: smallest(item.due)",
    "cycle: { Sedan: 52 s, Wagon: 61 s }\nsteps: { load: 2 min, run: 9 min, unload: 1 min }",
    "needs: { setup: 1 setters, load: 1 turners, unload: 1 turners + 1 crane }",
    "recipe half { takes: 1 Body + 4 Wheel, makes: 4 Panel + 1 Frame, cycle: 5 s }",
    "batch: 20..50, takes: 20..50 Board, wait_at_most: 30 min, same: item.order",
    "setup: { Sedan -> Wagon: 10 min, A <-> B: 15 min, else: 5 min }\nsetup_by: item.colour, m: table(\"setup.csv\")",
    "breakdown { availability: 95 %, repair: 8 min }",
    "maintenance clean { every: 8 h, lasts: 50 min, when: between_items, needs: 1 crew_a, at: { mon: [06:00] } }",
    "stops: [rinser, filler]\norder: [same_setup, due, first(node), lowest(item.due - now), highest(item.size)]",
    "crew mechanics { size: { early: 4, night: 1 }, skills: [turning, milling] }",
    "pallets fixture { count: 12, from: load, to: unload, return: 90 s }",
    "limit wip { count: 30, from: release, to: pack, same: item.order, lasts: 45 min, needs: 2 operators }",
    "fleet agv { size: 5, speed: 1.4 m/s, load_time: 15 s, distance: { pick <-> pack: 45 m } }",
    "shift three { early: mon..fri 06:00..14:00, night: mon..fri 22:00..06:00, closed: [2026-12-24..2027-01-02] }",
    "cell Robot_cell(cycle: time, mtbf: time = 20 h, robot: tool,) { in parts: Body, out done: Body }",
    "place weld_1: Robot_cell(cycle: 42 s, robot: r1)\nplace weld[4]: Robot_cell(cycle: 42 s)",
    "station s[500] { cycle: 2 s }\nflow feed -> s[1] -[5]-> ... -[5]-> s[500] -> out",
    "param n: count = ? in 1..8, fn f(x: time, k: count = 2) = x * k + 1 s",
    "demand Case: 120 /h at warehouse",
    "expect a: p90(time_in_system(Item)) <= 480 min\nexpect share(time_in_system(Item) <= 480 min) >= 80 %",
    "expect t: time(Item, a -> b) in 5 min..8 min",
    "run { for: 30 d, seed: 3, start: 2026-01-05 05:00, until: 10000 at warehouse, precision: 1 % }",
    "experiment e { vary: [space in 5..50 step 5, speed], subject_to: [a + b <= 20], maximize: throughput(out) - 0.2 /h * space }",
];

/// Forms of later constructs that must parse today.
pub const LATER: &[&str] = &[
    "store spare { reorder_at: 5, order_up_to: 20, from: supplier, lead: 3 d }",
    "station s { work: on belt }",
    "flow a -[8 s, in order]-> b",
    "item Board { grade: good | fair | bad = good }",
    "flow a -[truck(40 km)]-> b\nlane dock_a { from: a, to: b, length: 40 km }",
    "playbook jam { if state(filler) == down: call(mechanics) }",
    "machines: ?\nflow a -[?]-> b",
    "tariff day { mon..fri 06:00..22:00: 0.21 EUR/kWh, rest: 0.14 EUR/kWh }",
    "closed: [2026-12-24..2026-12-26], schedule: \"orders.csv\"",
    "size: { early: 3, late: 2 }\nsize: { mon..fri 06:00..14:00: 3, else: 2 }",
    "for i in 1..499: s[i] -[5]-> s[i + 1]",
];

/// Corners: typography, line ends, words that are names elsewhere, names in back-ticks.
pub const CORNERS: &[&str] = &[
    "a: 5 s → b\nc: 3 × 4 − 2\nd: x ≤ 3\ne: 5 m²\nf: 2 kW·h\ng: 3 µs\nh: 5\u{a0}s",
    "flow `OP-20` -> `rest` -> `a b`",
    "station line { flow: 5, expect: 3, use: 2, for: 3 d, rest: 1, in: 2, item: 3, at: 4, while: 5 }",
    "first_free { flow, use, expect }",
    "cycle: 5 s +\n    3 s\n    - 1 s\nmachines: 2\ncycle: 3 s",
    "machines: 2\ncycle: 3 s",
    "f: g(\n    1 s,\n    2 s\n)",
    "f: g({\n    a: 1\n    b: 2\n}, 3)",
    "station a\n{\n    cycle: 3 s\n}",
    "a: 1,\nb: 2\n,c: 3,",
    "until: 10000 at warehouse, width: 20 `in`",
    "a: -x ^ 2, b: 2 ^ -1, c: - - 3, d: not not true, e: (1 + 2) * 3 / 4",
    "a: item.step, b: item.rest, c: x.if",
    "a: 06:00..22:00, b: 2026-01-05 06:00..07:00, c: 2026-12-24 06:00..2026-12-26 22:00",
    "a: 6 / x, b: 6/x, c: 5 s*2",
    "in parts: Body, out done: Body",
    "Größe: 5 mm, 幅: 3",
    "a: 5 s // comment\n/// doc\nb: 3 // x\n",
    "a: \"say \\\"hi\\\" \\\\ x\"",
    "x { 1: 5,2: 6 }",
    "a: f(x,)[1].y(2)[3]",
];
