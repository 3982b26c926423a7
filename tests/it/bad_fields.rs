//! A table of what can be wrong with every declaration: one mistake, one finding, at the smallest text
//! that is wrong, with what to write instead.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::cli::pipeline::compile_text;
use flowline::diag::{Diagnostic, codes, render};

/// A line without a mistake.
const LINE: &str = " item P {}
 source s { makes: P, every: 30 s }
 station m { cycle: 20 s }
 sink o
 flow s -[5]-> m -> o
 run { for: 1 h }
";

/// What is replaced in the line, what is added to it, the codes it gives, and of the first error the text
/// it points at and the beginning of what helps.
type Row = (&'static [(&'static str, &'static str)], &'static str, &'static [&'static str], &'static str, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (&[("cycle: 20 s", "cycle: 20 s, cicle: 3 s")], "", &["E0210"], "cicle", "write `cycle`"),
    (&[("cycle: 20 s", "cycle: 20 s, colour: red")], "", &["E0210"], "colour", "its fields are `machines`, `cycle`, `steps`, `stay`, `ideal`, `setup`,"),
    (&[("cycle: 20 s", "machines: 2")], "", &["E0212"], "m", "write `cycle: 30 s`"),
    (&[("{ cycle: 20 s }", "")], "", &["E0212"], "m", "write `cycle: 30 s`"),
    (&[("cycle: 20 s", "cycle: 20 s, cycle: 30 s")], "", &["E0211"], "cycle", "keep one of the two"),
    (&[("cycle: 20 s", "cycle: 20 s, takes: 2 P, batch: 4")], "", &["E0211"], "takes: 2 P", "write a range in `takes`: `takes: 20..50 Bottle`"),
    (&[("cycle: 20 s", "machines: exponential(2), cycle: 5 s")], "", &["E0305"], "exponential(2)", "write a whole number, such as `2`, or the name of a `param` or `let` t"),
    (&[("cycle: 20 s", "machines: 2 kg, cycle: 5 s")], "", &["E0301"], "2 kg", "write a plain number, such as `5`"),
    (&[("cycle: 20 s", "machines: -1, cycle: 5 s")], "", &["E0304"], "-1", "write a whole number from 0 to 100000"),
    (&[("cycle: 20 s", "machines: 2.5, cycle: 5 s")], "", &["E0304"], "2.5", "write a whole number from 0 to 100000"),
    (&[("cycle: 20 s", "cycle: 20 s, yield: 99")], "", &["E0303"], "99", "write `99 %`"),
    (&[("cycle: 20 s", "cycle: 20 s, yield: 120 %")], "", &["E0304"], "120 %", ""),
    (&[("cycle: 20 s", "cycle: 20 s, yield: exponential(3 s)")], "", &["E0305"], "exponential(3 s)", "write a share such as `98.5 %`, or the name of a `param` or `let` that"),
    (&[("cycle: 20 s", "cycle: 20 s, needs: 1 op")], "", &["E0201"], "1 op", "declare it, `crew op { size: 2 }`, or use a name that is declared"),
    (&[("cycle: 20 s", "cycle: 20 s, needs: op")], "", &["E0201"], "op", "declare it, `crew op { size: 2 }`, or use a name that is declared"),
    (&[("cycle: 20 s", "cycle: 20 s, needs: 5")], "", &["E0305"], "5", "write the number before the name of the crew or tool, such as `2 name`"),
    (&[("cycle: 20 s", "cycle: 20 s, needs: 1 P")], "", &["E0203"], "1 P", ""),
    (&[("cycle: 20 s", "cycle: 20 s, queue: 5 s")], "", &["E0301"], "5 s", "write a plain number, such as `5`"),
    (&[("cycle: 20 s", "cycle: 20 s, queue: -1")], "", &["E0304"], "-1", "write a whole number from 0 to 1000000000"),
    (&[("cycle: 20 s", "cycle: 20 s, shift: early")], "", &["E0201"], "early", "declare it, `shift early { mon..fri 06:00..14:00 }`, or use a name tha"),
    (&[("cycle: 20 s", "cycle: 20 s, shift_end: stop")], "", &["E0305"], "stop", ""),
    (&[("cycle: 20 s", "cycle: 20 s, blocking: none")], "", &["E0305"], "none", ""),
    (&[("cycle: 20 s", "cycle: 20 s, hold_when_down: maybe")], "", &["E0305"], "maybe", ""),
    (&[("cycle: 20 s", "cycle: 20 s, order: fastest")], "", &["E0201"], "fastest", "the rules are `fifo`, `lifo`, `due`, `shortest`, `longest`, `same_setu"),
    (&[("cycle: 20 s", "cycle: 20 s, order: lowest(item.due)")], "", &["E0201"], "due", "declare it with the item: `item Part { due: count = 0 }`"),
    (&[("cycle: 20 s", "cycle: 20 s, setup: { P -> Q: 5 s }")], "", &["E0201"], "Q", "write `P`"),
    (&[("cycle: 20 s", "cycle: 20 s, sets: { x: 3 }")], "", &["E0201"], "x", "declare it with the item: `item Part { x: count = 0 }`"),
    (&[("cycle: 20 s", "cycle: 20 s, sets: 3")], "", &["E0305"], "3", ""),
    (&[("cycle: 20 s", "cycle: 20 s, takes: 3")], "", &["E0305"], "3", "write the number before the name of the item, such as `2 name`"),
    (&[("cycle: 20 s", "cycle: 20 s, takes: 2 Q")], "", &["E0201"], "2 Q", "write `P`"),
    (&[("cycle: 20 s", "cycle: 20 s, takes: 0 P")], "", &["E0304"], "0", "write a whole number from 1 to 100000"),
    (&[("cycle: 20 s", "cycle: 20 s, makes: 2 s")], "", &["E0203"], "2 s", ""),
    (&[("cycle: 20 s", "cycle: 20 s, batch: 5..2")], "", &["E0304"], "5..2", "write `2..5`"),
    (&[("cycle: 20 s", "cycle: 20 s, batch: 5 s")], "", &["E0301"], "5 s", "write a plain number, such as `5`"),
    (&[("cycle: 20 s", "cycle: 20 s, wait_at_most: 5")], "", &["E0303"], "5", "write `5 s`"),
    (&[("cycle: 20 s", "cycle: 20 s, power: 5")], "", &["E0303"], "5", "write `5 kW`"),
    (&[("cycle: 20 s", "cycle: 20 s, power: { running: 5 kW }")], "", &["E0210"], "running", "its entries are `working`, `setup`, `starved`, `blocked`, `waiting`, `"),
    (&[("cycle: 20 s", "cycle: 20 s, cost: 5 kg")], "", &["E0301"], "5 kg", "write a value such as `4 EUR/h`"),
    (&[("cycle: 20 s", "cycle: 20 kg")], "", &["E0301"], "20 kg", "write a value such as `5 s`"),
    (&[("cycle: 20 s", "cycle: \"fast\"")], "", &["E0305"], "\"fast\"", "name the values of an attribute with its item"),
    (&[("cycle: 20 s", "cycle: [1 s, 2 s]")], "", &["E0305"], "[1 s, 2 s]", "pick one of them by a number: `[52 s, 61 s, 58 s][i]`"),
    (&[("cycle: 20 s", "cycle: 2026-01-01")], "", &["E0305"], "2026-01-01", "write a duration with its unit, such as `30 d`"),
    (&[("cycle: 20 s", "cycle: 06:00")], "", &["E0305"], "06:00", "write a duration with its unit, such as `6 h`"),
    (&[("cycle: 20 s", "cycle: ?")], "", &["E0290"], "?", "the form belongs to the language; its meaning follows in a later versi"),
    (&[("cycle: 20 s", "cycle:")], "", &["E0111"], ":", ""),
    (&[("cycle: 20 s", "cycle")], "", &["E0212"], "cycle", "write `cycle: …`"),
    (&[("cycle: 20 s", "cycle: 20 s\n station x { cycle: 1 s }")], "", &["E0210"], "station", "it may have `breakdown`, `maintenance`, `recipe`"),
    (&[("cycle: 20 s", "cycle: 20 s\n flow s -> o")], "", &["E0210"], "flow s -> o", "write `name: value` entries here; flows stand in the line itself"),
    (&[("cycle: 20 s", "cycle: item")], "", &["E0305"], "item", ""),
    (&[("cycle: 20 s", "cycle: 20 s\n breakdown b {}")], "", &["E0212", "E0212"], "b", "write `repair: lognormal(8 min, 3 min)`"),
    (&[("cycle: 20 s", "cycle: 20 s\n breakdown b { after: 5 h }")], "", &["E0212"], "b", "write `repair: lognormal(8 min, 3 min)`"),
    (&[("cycle: 20 s", "cycle: 20 s\n breakdown b { after: 5 h, repair: 5 min, availability: 90 % }")], "", &["E0211"], "90 %", "keep one of the two"),
    (&[("cycle: 20 s", "cycle: 20 s\n breakdown b { after: 5 h, repair: 5 min, clock: weekly }")], "", &["E0305"], "weekly", ""),
    (&[("cycle: 20 s", "cycle: 20 s\n breakdown b { after: 5 h, repair: 5 min, effect: explode }")], "", &["E0305"], "explode", ""),
    (&[("cycle: 20 s", "cycle: 20 s\n breakdown b { availability: 120 %, repair: 5 min }")], "", &["E0304"], "120 %", ""),
    (&[("cycle: 20 s", "cycle: 20 s\n breakdown b { after: 5 h, repair: 5 min, needs: 1 fitter }")], "", &["E0201"], "1 fitter", "declare it, `crew fitter { size: 2 }`, or use a name that is declared"),
    (&[("cycle: 20 s", "cycle: 20 s\n breakdown b { mtbf: 5 h, mttr: 5 min }")], "", &["E0210", "E0210"], "mtbf", "write `after: exponential(45 min)`"),
    (&[("cycle: 20 s", "cycle: 20 s\n maintenance b { every: 8 h }")], "", &["E0212"], "b", "write `lasts: 50 min`"),
    (&[("cycle: 20 s", "cycle: 20 s\n maintenance b { every: 8 h, lasts: 5 min, when: later }")], "", &["E0305"], "later", ""),
    (&[("cycle: 20 s", "cycle: 20 s\n maintenance b { every: 8 h, at: { mon: 06:00 }, lasts: 5 min }")], "", &["E0211"], "{ mon: 06:00 }", "keep one of the two"),
    (&[("cycle: 20 s", "recipe r { takes: 1 P, makes: 1 P }")], "", &["E0212"], "r", "write `cycle: 30 s`"),
    (&[("cycle: 20 s", "cycle: 20 s\n recipe r { takes: 1 P, cycle: 5 s, colour: 5 }")], "", &["E0211"], "cycle: 20 s", "write `cycle` into the recipes"),
    (&[("every: 30 s", "evry: 30 s")], "", &["E0210"], "evry", "write `every`"),
    (&[("every: 30 s", "every: 30")], "", &["E0303"], "30", "write `30 s`"),
    (&[("every: 30 s", "every: 30 /h")], "", &["E0301"], "30 /h", "write `1 / (30 /h)`"),
    (&[("every: 30 s", "every: 30 s, first: 5")], "", &["E0303"], "5", "write `5 s`"),
    (&[("every: 30 s", "every: 30 s, total: 5 s")], "", &["E0203"], "5 s", ""),
    (&[("every: 30 s", "every: 30 s, total: 1.5")], "", &["E0304"], "1.5", "write a whole number from 1 to 1000000000"),
    (&[("every: 30 s", "every: 30 s, lot: 0")], "", &["E0304"], "0", "write a whole number from 1 to 100000"),
    (&[("every: 30 s", "every: 30 s, with: { due: now + 5 h }")], "", &["E0201"], "due", "declare it with the item: `item Part { due: count = 0 }`"),
    (&[("every: 30 s", "every: 30 s, when_full: explode")], "", &["E0305"], "explode", ""),
    (&[("every: 30 s", "schedule: \"no.csv\"")], "", &["E0308"], "\"no.csv\"", ""),
    (&[("every: 30 s", "schedule: orders")], "", &["E0305"], "orders", ""),
    (&[("every: 30 s", "every: 30 s, schedule: \"no.csv\"")], "", &["E0211"], "every: 30 s", "keep one of the two"),
    (&[("every: 30 s", "at: 5 s")], "", &["E0305"], "5 s", "write `at: [06:00, 14:00]`, or by day `at: { mon..fri: [06:00, 14:00],"),
    (&[("every: 30 s", "every: 30 s, at: { mon: 06:00 }")], "", &["E0211"], "{ mon: 06:00 }", "keep one of the two"),
    (&[("makes: P", "makes: Q")], "", &["E0201"], "Q", "write `P`"),
    (&[("makes: P", "makes: { 50 %: P, 30 %: P }")], "", &["E0401"], "{ 50 %: P, 30 %: P }", "let the last one be `rest`"),
    (&[("makes: P", "makes: 5")], "", &["E0305"], "5", ""),
    (&[("makes: P", "makes: [P, 3]")], "", &["E0305"], "3", "write the number before the name of the item, such as `2 name`"),
    (&[("every: 30 s", "cycle: 30 s")], "", &["E0210"], "cycle", "its fields are `makes`, `every`, `at`, `schedule`, `lot`, `first`, `to"),
    (&[], " buffer b { size: 5 }\n flow b -> o\n", &["E0210"], "size", "write `lot: 20` for items at once, `capacity: 20` for places"),
    (&[], " buffer b { capacity: 5 s }\n flow b -> o\n", &["E0301"], "5 s", "write a plain number, such as `5`"),
    (&[], " buffer b { capacity: infinite }\n flow b -> o\n", &["E0201"], "infinite", "declare it, `let infinite = …` or `param infinite: time = …`, or use a"),
    (&[("-[5]-> m", "-> b -> m")], " buffer b { capacity: 5, initial: 9 P }\n", &["E0304"], "initial: 9 P", ""),
    (&[("-[5]-> m", "-> b -> m")], " buffer b { capacity: 5, initial: 9 }\n", &["E0305"], "9", "write the number before the name of the item, such as `2 name`"),
    (&[("-[5]-> m", "-> b -> m")], " buffer b { capacity: 5, expired: o }\n", &["E0212"], "expired: o", "write `max_stay: 2 h` beside it"),
    (&[("-[5]-> m", "-> b -> m")], " buffer b { capacity: 5, max_stay: 5, expired: o }\n", &["E0303"], "5", "write `5 s`"),
    (&[("-[5]-> m", "-> b -> m")], " buffer b { capacity: 5, min_stay: 5 h, max_stay: 1 h }\n", &["E0304"], "min_stay: 5 h", "the longest stay is longer than the shortest"),
    (&[("-[5]-> m", "-> b -> m")], " conveyor b { size: 5 }\n", &["E0212", "E0212", "E0212", "E0210"], "b", "write `length: 12 m`"),
    (&[("-[5]-> m", "-> b -> m")], " conveyor b { speed: 1 m/s }\n", &["E0212", "E0212"], "b", "write `length: 12 m`"),
    (&[("-[5]-> m", "-> b -> m")], " conveyor b { length: 5 m, speed: 1 m }\n", &["E0212", "E0301"], "b", "write `pitch: 0.5 m`"),
    (&[("-[5]-> m", "-> b -> m")], " conveyor b { length: 5 m, speed: 0 m/s }\n", &["E0212", "E0304"], "b", "write `pitch: 0.5 m`"),
    (&[("-[5]-> m", "-> b -> m")], " conveyor b { length: 5 m, speed: 1 m/s, pitch: 1 m, mode: fast }\n", &["E0305"], "fast", ""),
    (&[(" sink o", " sink o { rate: 5 /h }")], "", &["E0210"], "rate", "it has no fields"),
    (&[], " crew k { count: 5, sise: 3 }\n", &["E0210"], "sise", "write `size`"),
    (&[], " crew k { size: -2 }\n", &["E0304"], "-2", "write a whole number from 0 to 1000000000"),
    (&[], " crew k { size: exponential(2) }\n", &["E0305"], "exponential(2)", "write a whole number, such as `2`, or the name of a `param` or `let` t"),
    (&[], " crew k { size: { early: 2 } }\n", &["E0305"], "{ early: 2 }", ""),
    (&[], " crew k { size: 2, skills: 5 }\n", &["E0305"], "5", ""),
    (&[], " pallets f { from: m, to: o }\n", &["E0212"], "f", "write `count: 30`"),
    (&[], " pallets f { count: 12 }\n", &["E0212", "E0212"], "f", "write `from: NODE`"),
    (&[], " pallets f { count: 5 s, from: m, to: m }\n", &["E0301"], "5 s", "write a plain number, such as `5`"),
    (&[], " pallets f { count: 5, from: m, to: q }\n", &["E0201"], "q", "write `m`"),
    (&[], " limit f { count: 5 }\n", &["E0212", "E0212"], "f", "write `from: NODE`"),
    (&[], " limit f { from: m, to: m, count: 5, max: 3 }\n", &["E0210"], "max", "its fields are `count`"),
    (&[], " limit f { from: m, to: m, count: 5, lasts: 5 min }\n", &["E0212"], "lasts: 5 min", "write what the items on the line have in common, `same: item.order`"),
    (&[], " fleet f { size: 5 }\n", &["E0212"], "f", "write `speed: 1.4 m/s`"),
    (&[], " fleet f { size: 5, speed: 5 }\n", &["E0303"], "5", "write `5 m/s`"),
    (&[("-[5]->", "-[f]->")], " fleet f { size: 5, speed: 1 m/s }\n", &["E0212"], "f", "give the fleet a table: `distance: { s <-> m: 40 m }`"),
    (&[("-[5]->", "-[g(40 m)]->")], "", &["E0201"], "g", "distributions are `exponential`, `erlang`, `gamma`, `normal`, `lognorm"),
    (&[("cycle: 20 s", "cycle: 20 s, shift: e")], " shift e {}\n", &["E0304"], "e", "write its days and hours: `shift day { mon..fri 06:00..14:00 }`"),
    (&[("cycle: 20 s", "cycle: 20 s, shift: e")], " shift e { mon..fri }\n", &["E0305"], "shift e { mon..fri }", "write `mon..fri 06:00..22:00`, `early: mon..fri 06:00..14:00`, `break "),
    (&[("cycle: 20 s", "cycle: 20 s, shift: e")], " shift e { mon..fri 6..14 }\n", &["E0110"], "6", "entries stand on lines of their own, or are separated by commas"),
    (&[("cycle: 20 s", "cycle: 20 s, shift: e")], " shift e { mo..fr 06:00..14:00 }\n", &["E0305"], "mo", "write `mon`"),
    (&[("cycle: 20 s", "cycle: 20 s, shift: e")], " shift e { mon..fri 06:00..25:00 }\n", &["E0106"], "25:00", "a clock runs from `00:00` to `24:00`, with two digits each"),
    (&[("cycle: 20 s", "cycle: 20 s, shift: e")], " shift e { mon..fri 06:00..14:00, closed: [2026-12-26..2026-12-24] }\n", &["E0304"], "2026-12-26..2026-12-24", "write the first day first"),
    (&[("cycle: 20 s", "cycle: 20 s, shift: e")], " shift e { mon..fri 06:00..14:00, closed: 5 }\n", &["E0305"], "5", "write `closed: [2026-12-24..2027-01-02, 2027-05-01]`"),
    (&[("cycle: 20 s", "cycle: 20 s, shift: e")], " shift e { start: 06:00 }\n", &["E0305"], "06:00", "write `mon..fri 06:00..22:00`, `early: mon..fri 06:00..14:00`, `break "),
    (&[(" item P {}", " item P { mass: 5 }")], "", &["E0303"], "5", "write `5 kg`"),
    (&[(" item P {}", " item P { is: P }")], "", &["E0307"], "P", ""),
    (&[(" item P {}", " item P { is: Q }")], "", &["E0201"], "Q", "write `P`"),
    (&[(" item P {}", " item P { size }")], "", &["E0305"], "size", "write `NAME: KIND = VALUE`, for example `passes: count = 0`"),
    (&[(" item P {}", " item P { size: big }")], "", &["E0305"], "big", "kinds are `time`, `length`, `mass`, `volume`, `energy`, `power`, `mone"),
    (&[(" item P {}", " item P { size: count = 5 s }")], "", &["E0301"], "5 s", ""),
    (&[(" item P {}", " item P { size: count, size: time }")], "", &["E0301"], "time", "items pass attributes on by their names: give one of them another name"),
    (&[(" item P {}", " item P { mass: -5 kg }")], "", &["E0304"], "-5 kg", ""),
    (&[(" item P {}", " item P {}\n item P {}")], "", &["E0202"], "P", "give one of them another name"),
    (&[(" item P {}", " item P { station x {} }")], "", &["E0210"], "station x {}", "write `mass: 0.5 kg`, or an attribute: `passes: count = 0`"),
    (&[(" item P {}", " item P { flow a -> b }")], "", &["E0210"], "flow a -> b", "write `mass: 0.5 kg`, or an attribute: `passes: count = 0`"),
    (&[("m -> o", "m -> o -> m")], "", &["E0408"], "->", "make it a `buffer` or a `station` when items go on from there"),
    (&[("m -> o", "m")], "", &["E0406"], "m", "write `flow m -> …`; every item ends at a sink"),
    (&[("m -> o", "m -> { 50 %: o, 60 %: o }")], "", &["E0401"], "{ 50 %: o, 60 %: o }", "each item takes exactly one way, so shares add up to 100 %"),
    (&[("m -> o", "m -> { 50: o, rest: o }")], "", &["E0303"], "50", "write `50 %`"),
    (&[("m -> o", "m -> { P: o, Q: o }")], "", &["E0201"], "Q", "write `P`"),
    (&[("m -> o", "m -> { if item.x > 3: o, else: o }")], "", &["E0201"], "x", "declare it with the item: `item Part { x: count = 0 }`"),
    (&[("m -> o", "m -> { if level(m) > 3: o }")], "", &["E0403"], "{ if level(m) > 3: o }", "add `else: NODE`; a condition chooses a way, it never makes an item wa"),
    (&[("m -> o", "m -> first_fre { o, o }")], "", &["E0201"], "first_fre", "write `first_free`"),
    (&[("m -> o", "m -> {}")], "", &["E0407"], "{}", ""),
    (&[("m -> o", "m -> { o }")], "", &["E0407"], "{ o }", "name a rule, `first_free { a, b }`"),
    (&[("-[5]->", "-[5 kg]->")], "", &["E0301"], "5 kg", "write a value such as `5 s`"),
    (&[("-[5]->", "-[-5]->")], "", &["E0304"], "-5", "write a whole number from 0 to 1000000000"),
    (&[("-[5]->", "-[5, 8 s, 9]->")], "", &["E0306"], "9", "an arrow has one number of places and one transit time: `-[5, 8 s]->`"),
    (&[("-[5]->", "-[capacity: 5]->")], "", &["E0306"], "capacity: 5", "arrows carry `places`, a `transit`, `min_stay`, `within`, `expired`, `"),
    (&[("-[5]->", "-[places: 5, places: 6]->")], "", &["E0306"], "places: 6", "an arrow has one number of places and one transit time: `-[5, 8 s]->`"),
    (&[("m -> o", "m(5 s) -> o")], "", &["E0407"], "m(5 s)", "times belong to the station; a `route` may say `m(…)`"),
    (&[("m -> o", "m -> P")], "", &["E0203"], "P", ""),
    (&[("m -> o", "m -> ... -> o")], "", &["E0407"], "...", "write `s[1] -> ... -> s[9]`"),
    (&[("flow s", "flow")], "", &["E0133"], "-[5]->", "write where the items come from before it"),
    (&[(" flow s -[5]-> m -> o\n", "")], "", &["E0406"], "s", "write `flow s -> …`; every item ends at a sink"),
    (&[], " for i in 1..3: s[i] -> o\n", &["E0203"], "s", ""),
    (&[], " for i in 3: s -> o\n", &["E0305"], "3", ""),
    (&[], " for i in 1 s..3 s: s -> o\n", &["E0301", "E0301"], "1 s", "write a plain number, such as `5`"),
    (&[], " for i in 1..: s -> o\n", &["E0110"], ":", "entries stand on lines of their own, or are separated by commas"),
    (&[("m -> o", "m <-> o")], "", &["E0139"], "<->", "write `->`"),
    (&[("m -> o", "m => o")], "", &["E0107"], "=>", "write `->`"),
    (&[("m -> o", "m --> o")], "", &["E0107"], "-->", "write `->`"),
    (&[("m -> o", "m, o")], "", &["E0210"], "o", ""),
    (&[(" flow s -[5]-> m -> o\n", "")], " route P: m(5) -> o\n", &["E0303"], "5", "write `5 s`"),
    (&[(" flow s -[5]-> m -> o\n", "")], " route Q: m(5 s) -> o\n", &["E0201"], "Q", "write `P`"),
    (&[(" flow s -[5]-> m -> o\n", "")], " route P: m(cycle: 5 s, colour: 5) -> o\n", &["E0306"], "colour: 5", "write `lathe(12 min, needs: 1 fitters, as: rough)`"),
    (&[(" flow s -[5]-> m -> o\n", "")], " route P: m(5 s)\n", &["E0406"], "a", "end it with `-> SINK`"),
    (&[(" flow s -[5]-> m -> o\n", "")], " route P\n", &["E0212"], "P", "write `route Gear: saw(4 min) -> lathe(9 min) -> out`"),
    (&[], " demand P\n", &["E0212"], "P", "write `demand Case: 120 /h at SINK`"),
    (&[], " demand P: 5 at o\n", &["E0303"], "5", "write `5 /h`"),
    (&[], " demand P: 5 /h at m\n", &["E0203"], "m", "name the sink where the items leave the line"),
    (&[], " demand Q: 5 /h at o\n", &["E0201"], "Q", "write `P`"),
    (&[], " demand P: 5 /h from o\n", &["E0305"], "from", "write `demand Case: 120 /h during SHIFT at SINK`"),
    (&[], " demand P: -5 /h at o\n", &["E0304"], "-5 /h", ""),
    (&[], " demand P: 5 kg/h at o\n", &["E0301"], "5 kg/h", "write a value such as `5 /h`"),
    (&[], " expect x: 5\n", &["E0305"], "5", "write `expect NAME: throughput(SINK) >= 100 /h`"),
    (&[], " expect x: throughput(o) > 5\n", &["E0301"], ">", "a rate has a unit, this is `5`; write for example `5 /h`"),
    (&[], " expect x: throughput(q) > 5 /h\n", &["E0201"], "q", "write `m`"),
    (&[], " expect x: throghput(o) > 5 /h\n", &["E0201"], "throghput", "write `throughput`"),
    (&[], " expect x: throughput(o)\n", &["E0305"], "throughput(o)", "write `expect NAME: throughput(SINK) >= 100 /h`"),
    (&[], " expect x: p999(time_in_system(P)) < 5 s\n", &["E0201"], "p999", "write `p99`"),
    (&[], " expect x: wip < 5\n expect x: wip < 6\n", &["E0202"], "x", "give one of them another name"),
    (&[], " expect x:\n", &["E0111"], ":", ""),
    (&[], " expect x: share(time_in_system(P) < 5 min) >= 8\n", &["E0301"], ">=", "a share is written with `%`, this is `8`"),
    (&[("for: 1 h", "for: 1")], "", &["E0303"], "1", "write `1 s`"),
    (&[("for: 1 h", "for: 1 h, warmup: 2 h")], "", &["E0702"], "warmup: 2 h", "`for` is the whole run, warm-up included"),
    (&[("for: 1 h", "for: 1 h, runs: -3")], "", &["E0304"], "-3", "write a whole number from 1 to 1000000"),
    (&[("for: 1 h", "for: 1 h, seed: -3")], "", &["E0304"], "-3", "write a whole number from 0 to 18446744073709551615"),
    (&[("for: 1 h", "until: 5")], "", &["E0212"], "5", "write `until: 10000 at SINK`"),
    (&[("for: 1 h", "until: 5 at m")], "", &["E0203"], "m", ""),
    (&[("for: 1 h", "for: 1 h, start: 06:00")], "", &["E0305"], "06:00", ""),
    (&[("for: 1 h", "for: 1 h, precision: 5")], "", &["E0303"], "5", "write `5 %`"),
    (&[("for: 1 h", "for: 1 h, speed: 5")], "", &["E0210"], "speed", "write `seed`"),
    (&[("for: 1 h", "for: exponential(5 h)")], "", &["E0305"], "exponential(5 h)", ""),
    (&[], " run { for: 5 h }\n", &["E0211"], "run { for: 5 h }", "keep one of the two"),
    (&[("for: 1 h", "for: 1 h, for: 2 h")], "", &["E0211"], "for", "keep one of the two"),
    (&[("for: 1 h", "")], "", &["E0701"], "{  }", "write `for: 30 d`, or `until: 10000 at SINK`"),
    (&[("for: 1 h", "for: 1 h, warmup: -1 h")], "", &["E0304"], "-1 h", "times run forwards: write a time of 0 s or more"),
    (&[("for: 1 h", "for: 1 h, runs: 99999999999")], "", &["E0304"], "99999999999", "write a whole number from 1 to 1000000"),
    (&[], " param x: time\n", &["E0212"], "x", "write `param x: time = 30 s`, or another kind and value"),
    (&[], " param x = 5 in 1..3\n", &["E0304"], "5", ""),
    (&[], " param x: time = 5\n", &["E0303"], "5", "write `5 s`"),
    (&[], " param x: tme = 5 s\n", &["E0305"], "tme", "write `time`"),
    (&[], " param x: count = 5 in 10..1\n", &["E0304"], "10..1", ""),
    (&[], " param x: count = 5 in 1 s..10 s\n", &["E0301"], "1 s..10 s", "give the range in the unit of the value"),
    (&[], " param x: count = x + 1\n", &["E0307"], "x", ""),
    (&[], " let x = y\n let y = x\n", &["E0307"], "x", ""),
    (&[], " let x\n", &["E0212"], "x", "write `let x = 30 s`"),
    (&[], " fn f(x) = x\n", &["E0112"], "x", ""),
    (&[], " let x = 5 s / 0\n", &["E0304"], "/", ""),
    (&[], " let x = 5 s + 5 kg\n", &["E0301"], "+", ""),
    (&[], " let x = 2 ^ 900\n", &["E0305"], "2 ^ 900", ""),
    (&[], " param x: count = 5 in 3\n", &["E0305"], "3", ""),
    (&[("cycle: 20 s", "cycle: f(5)")], " fn f(x: time) = x\n", &["E0303"], "5", "write `5 s`"),
    (&[], " let x = [1 s, 2 kg]\n", &["E0301"], "2 kg", ""),
    (&[], " let x = [1 s, 2 s]\n let y = x\n", &["E0305"], "x", "pick one of them by a number: `x[1]`, `x[i]`"),
    (&[], " let x = [1 s, 2 s]\n let y = x[3]\n", &["E0304"], "3", "values count from 1; the list needs one for each index"),
    (&[], " let y = s[3]\n", &["E0305"], "s", "a value is picked from a list: `[52 s, 61 s, 58 s][i]`, or from a `let"),
    (&[], " let x = 1 s[1]\n", &["E0305"], "1 s", "a value is picked from a list: `[52 s, 61 s, 58 s][i]`, or from a `let"),
    (&[("cycle: 20 s", "cycle: exponential()")], "", &["E0306"], "exponential()", "write `exponential(mean)`"),
    (&[("cycle: 20 s", "cycle: exponential(5)")], "", &["E0303"], "exponential(5)", "give the numbers in it a unit, such as `5 s`"),
    (&[("cycle: 20 s", "cycle: exponental(5 s)")], "", &["E0201"], "exponental", "write `exponential`"),
    (&[("cycle: 20 s", "cycle: normal(5 s)")], "", &["E0306"], "normal(5 s)", "write `normal(mean, sd)`"),
    (&[("cycle: 20 s", "cycle: triangular(5 s, 4 s, 3 s)")], "", &["E0304"], "triangular(5 s, 4 s, 3 s)", ""),
    (&[("cycle: 20 s", "cycle: uniform(9 s, 3 s)")], "", &["E0304"], "uniform(9 s, 3 s)", ""),
    (&[("cycle: 20 s", "cycle: erlang(0, 5 s)")], "", &["E0304"], "0", "write a whole number of 1 or more; for other shapes use `gamma(shape, "),
    (&[("cycle: 20 s", "cycle: weibull(2 s, 5 s)")], "", &["E0301"], "2 s", ""),
    (&[("cycle: 20 s", "cycle: { 50 %: 2 s, 60 %: 3 s }")], "", &["E0401"], "{ 50 %: 2 s, 60 %: 3 s }", "each item takes exactly one way, so shares add up to 100 %"),
    (&[("cycle: 20 s", "cycle: { 50 %: 2 s }")], "", &["E0401"], "{ 50 %: 2 s }", "let the last one be `rest`"),
    (&[("cycle: 20 s", "cycle: { 50 %: 2 s, rest: 3 kg }")], "", &["E0301"], "3 kg", ""),
    (&[("cycle: 20 s", "cycle: empirical(\"no.csv\", x)")], "", &["E0308"], "\"no.csv\"", ""),
    (&[("cycle: 20 s", "cycle: empirical(no, x)")], "", &["E0305"], "no", ""),
    (&[("cycle: 20 s", "cycle: normal(5 s, -1 s)")], "", &["E0304"], "normal(5 s, -1 s)", ""),
    (&[("cycle: 20 s", "cycle: exponential(mean: 5 s, x: 3)")], "", &["E0306"], "x: 3", "write `exponential(mean)`"),
    (&[("cycle: 20 s", "cycle: { P: 2 s, Q: 3 s }")], "", &["E0201"], "Q", "write `P`"),
    (&[("cycle: 20 s", "cycle: 1,8 s")], "", &["E0103"], "1,8", "write `1.8`"),
    (&[("cycle: 20 s", "cycle: .5 s")], "", &["E0103"], ".5", "write `0.5`"),
    (&[("cycle: 20 s", "cycle: 5 s + 10 %")], "", &["E0301"], "+", "a share is of something: write `5 s * 1.1`, or give both as shares"),
    (&[("cycle: 20 s", "cycle: 52 S")], "", &["E0302"], "S", "write `s`"),
    (&[("cycle: 20 s", "cycle: 1e400 s")], "", &["E0104"], "1e400", "choose a larger unit, or fewer digits"),
    (&[("cycle: 20 s", "cycle: 10000000000 d")], "", &["E0304"], "10000000000 d", ""),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: D(cycle: 5 s)\n", &["E0201"], "D", "write `C`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c\n", &["E0212"], "c", "write `place c: CELL(name: value)`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C\n", &["E0306"], "C", "cell `C` is declared as `C(cycle: time)`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5)\n", &["E0303"], "5", "write `5 s`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s, x: 3)\n", &["E0306"], "x", "cell `C` is declared as `C(cycle: time)`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s) { x: 3 }\n", &["E0305"], "{ x: 3 }", "give its values as arguments; what is inside stands with the `cell`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  run { for: 1 h }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0213"], "run { for: 1 h }", "it is about the line as a whole: write it in the line"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: tme) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0305"], "tme", "write `time`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0112"], "cycle", ""),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0202"], "a", "give one of them another name"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: Q\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0201"], "Q", "write `P`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: w\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0203"], "w", ""),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: s\n", &["E0203"], "s", ""),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: 5\n", &["E0305"], "5", "write `place c: CELL(name: value)`"),
    (&[("-[5]-> m ->", "-> c[1] ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c[1000000000]: C(cycle: 5 s)\n", &["E0304"], "1000000000", "an array has 1 to 100000 members"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a[1000000000]: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0304"], "1000000000", "an array has 1 to 100000 members"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(5 s, 6 s)\n", &["E0306"], "6 s", "cell `C` is declared as `C(cycle: time)`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a { x: 3 }\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0305"], "{ x: 3 }", "write `in a: ITEM`"),
    (&[], " in a: P\n", &["E0213"], "in", "items come from a `source` and end at a `sink`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w\n flow w -> a\n }\n place c: C(cycle: 5 s)\n", &["E0408"], "->", "lead the flow to an `out` port"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  demand P: 5 /h at w\n flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0213"], "demand", "it is about the line as a whole: write it in the line"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {}\n place c: C(cycle: 5 s)\n", &["E0212"], "C", "write its ports, stations and flows between `{` and `}`"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time, cycle: time) {\n  in a: P\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0202"], "cycle", "give one of the parameters another name"),
    (&[("-[5]-> m ->", "-> c ->"), (" station m { cycle: 20 s }\n", "")], " cell C(cycle: time) {\n  in a = 3\n  out b: P\n  station w { cycle: cycle }\n  flow a -> w -> b\n }\n place c: C(cycle: 5 s)\n", &["E0305"], "3", "write `in a: ITEM`"),
    (&[], " statoin x { cycle: 3 s }\n", &["E0213"], "statoin", "write `station`"),
    (&[], " store x { reorder_at: 3 }\n", &["E0290"], "store x", "the form belongs to the language; its meaning follows in a later versi"),
    (&[], " foo: 3\n", &["E0210"], "foo", ""),
    (&[], " 3\n", &["E0210"], "3", "a line declares its parts, `station saw { cycle: 30 s }`, and joins th"),
    (&[], " machine x {}\n", &["E0213"], "machine", "write `station m { cycle: 40 s }`"),
    (&[], " experiment e { vary: [x] }\n", &["E0290"], "experiment e", "the form belongs to the language; its meaning follows in a later versi"),
    (&[], " line b {}\n", &["E0213"], "line", "write it outside; a part of a line that is used several times is a `ce"),
    (&[], " shift: night\n", &["E0201"], "night", "declare it, `shift night { mon..fri 06:00..14:00 }`, or use a name tha"),
    (&[], " shift_end: now\n", &["E0305"], "now", ""),
    (&[], " policy p { }\n", &["E0290"], "policy p", "the form belongs to the language; its meaning follows in a later versi"),
    (&[], " playbook p { }\n", &["E0290"], "playbook p", "the form belongs to the language; its meaning follows in a later versi"),
    (&[], " lane p { }\n", &["E0290"], "lane p", "the form belongs to the language; its meaning follows in a later versi"),
    (&[], " tariff p { }\n", &["E0290"], "tariff p", "the form belongs to the language; its meaning follows in a later versi"),
];

fn help(d: &Diagnostic) -> String {
    let fixes = d.fixes.iter().map(|f| f.title.clone());
    fixes.chain(d.help.iter().cloned()).chain(d.notes.iter().cloned()).next().unwrap_or_default()
}

#[test]
fn each_mistake_is_told_once_where_it_stands() {
    let mut wrong = Vec::new();
    for (changes, added, due, span, helps) in ROWS {
        let mut text = LINE.to_string();
        for (from, to) in *changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let text = format!("line a {{\n{text}{added}}}\n");
        let no_file = |_: &str| Err("there is no such file".to_string());
        let compiled = compile_text("a.line", text.clone(), None, &[], &no_file);
        let found = render::sorted(&compiled.diagnostics);
        let told: Vec<&str> = found.iter().map(|d| d.code.number()).collect();
        assert!(compiled.diagnostics.iter().all(|d| d.code != codes::INTERNAL), "{text}");
        let first = found.iter().find(|d| d.severity == flowline::diag::Severity::Error);
        let Some(first) = first else {
            wrong.push(format!("{text}nothing is told"));
            continue;
        };
        let at = compiled.files.slice(first.primary.span);
        if told != *due || !at.starts_with(span) || !help(first).starts_with(helps) {
            wrong.push(format!("{text}{told:?} at `{at}`: {} / {}", first.message, help(first)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Every help and every message is of one line, begins in small letters and ends without a full stop.
#[test]
fn messages_have_one_form() {
    for (changes, added, ..) in ROWS {
        let text = changes.iter().fold(LINE.to_string(), |text, (from, to)| text.replace(from, to));
        let text = format!("line a {{\n{text}{added}}}\n");
        let compiled = compile_text("a.line", text, None, &[], &|_| Err("there is no such file".to_string()));
        for d in &compiled.diagnostics {
            for said in std::iter::once(&d.message).chain(&d.help).chain(&d.notes) {
                let first = said.chars().next().unwrap();
                assert!(!first.is_uppercase() && !said.ends_with('.') && !said.contains('\n'), "{said}");
                assert!(!said.contains("``") && !said.contains("a a ") && !said.contains(" a an "), "{said}");
            }
        }
    }
}
