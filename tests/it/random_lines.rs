//! Random lines for tests of what must hold for every line. A line follows from its number, so that a
//! test that fails is repeated with the number that it prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;

/// Numbers by chance: splitmix64.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n.max(1)).unwrap()).unwrap()
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            let other = self.below(i + 1);
            list.swap(i, other);
        }
    }
}

/// Declarations of a line, whose order means nothing, and names of what can be renamed.
#[derive(Clone)]
pub struct RandomLine {
    pub declarations: Vec<String>,
    pub names: Vec<String>,
}

impl RandomLine {
    /// The text with its declarations as they stand.
    pub fn text(&self) -> String {
        format!("line random {{\n{}\n}}\n", self.declarations.join("\n"))
    }

    /// The text with its declarations in another order.
    pub fn shuffled(&self, chance: &mut Chance) -> String {
        let mut other = self.clone();
        chance.shuffle(&mut other.declarations);
        other.text()
    }
}

/// How times are chosen.
#[derive(Clone, Copy, PartialEq)]
pub enum Times {
    /// Fixed and drawn ones.
    Mixed,
    /// A minute each, and shifts on the minute: everything ties.
    Ties,
}

const CYCLES: &[&str] = &[
    "cycle: 60 s",
    "cycle: 45 s",
    "cycle: exponential(50 s)",
    "cycle: uniform(20 s, 80 s)",
    "cycle: normal(60 s, 10 s)",
    "cycle: lognormal(50 s, 20 s)",
    "cycle: { A: 40 s, B: exponential(60 s) }",
    "cycle: { 70 %: 30 s, rest: 90 s }",
    "steps: { load: 10 s, run: exponential(30 s), unload: 10 s }",
];
const BREAKDOWNS: &[&str] = &[
    "breakdown b { after: exponential(20 min), repair: 3 min }",
    "breakdown b { after: 15 min, clock: working, repair: exponential(4 min), needs: 1 crew_1 }",
    "breakdown b { after: 12, clock: cycles, repair: 2 min }",
    "breakdown b { after: exponential(30 min), repair: 2 min, effect: restart }",
    "breakdown b { after: exponential(30 min), repair: 2 min, effect: scrap }",
    "breakdown b { after: 25 min, repair: 2 min, effect: finish_item, needs: 1 crew_2 }",
    "maintenance c { every: 40 min, lasts: 4 min }",
];

/// The line of a number: layers of stations between sources and sinks, without loops.
pub fn random_line(seed: u64, times: Times) -> RandomLine {
    let chance = &mut Chance::new(seed);
    let ties = times == Times::Ties;
    let mut line = RandomLine { declarations: Vec::new(), names: Vec::new() };
    let mut say = |text: String| line.declarations.push(text);
    say("item A {}".to_string());
    say("item B {}".to_string());
    say(format!(
        "crew crew_1 {{ size: {}{} }}",
        1 + chance.below(3),
        chance.of(&["", ", shift: day", ", overtake: yes"])
    ));
    say("crew crew_2 { size: 2 }".to_string());
    say(format!(
        "shift day {{ mon..fri 00:00..{}, break 01:00..{} }}",
        chance.of(&["03:00", "02:30", "24:00"]),
        chance.of(&["01:10", "01:01", "01:30"])
    ));
    let mut names = Vec::new();
    let layers = 1 + chance.below(3);
    let mut layer: Vec<String> = Vec::new();
    let mut endless = Vec::new();
    let sources = 1 + chance.below(2);
    for i in 0..sources {
        let name = format!("src_{i}x");
        let every = if ties {
            chance.of(&["", ", every: 60 s", ", every: 60 s, when_full: lose", ", every: 120 s, lot: 2"])
        } else {
            chance.of(&[
                "",
                ", every: exponential(70 s)",
                ", every: uniform(30 s, 90 s), when_full: lose",
                ", every: exponential(60 s), when_full: queue",
                ", every: 60 s, total: 90",
                ", every: 150 s, lot: 2",
            ])
        };
        let makes = chance.of(&["A", "B", "{ 60 %: A, rest: B }", "[2 A, 1 B]"]);
        say(format!("source {name} {{ makes: {makes}{every} }}"));
        if every.is_empty() {
            endless.push(name.clone());
        }
        names.push(name.clone());
        layer.push(name);
    }
    let mut flows = Vec::new();
    for depth in 0..layers {
        let mut next = Vec::new();
        // A rule does not lead straight into these.
        let mut ordered = Vec::new();
        for i in 0..1 + chance.below(2) {
            let name = format!("st_{depth}{i}x");
            let mut fields = vec![if ties { "cycle: 60 s" } else { chance.of(CYCLES) }.to_string()];
            if chance.once_in(2) {
                fields.push(format!("machines: {}", 1 + chance.below(3)));
            }
            for (one_in, text) in [
                (3, "needs: 1 crew_1"),
                (6, "yield: 90 %"),
                (6, "setup: { A <-> B: 60 s }"),
                (5, "shift: day"),
                (8, "shift_end: finish_item"),
                (8, "hold_when_down: yes"),
                (6, "choose: lowest"),
                (6, "order: [shortest, fifo]"),
                (6, "order: lifo"),
            ] {
                let word = text.split(':').next().unwrap();
                if chance.once_in(one_in) && !fields.iter().any(|f| f.starts_with(&format!("{word}:"))) {
                    fields.push(text.to_string());
                }
            }
            let stop =
                if !ties && chance.once_in(2) { format!("\n    {}", chance.of(BREAKDOWNS)) } else { String::new() };
            if fields.iter().any(|f| f.starts_with("order:")) {
                ordered.push(name.clone());
            }
            say(format!("station {name} {{ {}{stop}\n}}", fields.join(", ")));
            names.push(name.clone());
            next.push(name);
        }
        for from in &layer {
            flows.push(format!("flow {from} {}", ways(chance, &next, &ordered, ties, endless.contains(from))));
        }
        // What nothing leads to gets a way of its own.
        for to in &next {
            if !flows.iter().any(|f| f.contains(&format!("-> {to}"))) {
                say(format!("source alone_{to} {{ makes: A, every: 90 s }}"));
                flows.push(format!("flow alone_{to} -> {to}"));
            }
        }
        layer = next;
    }
    say("sink out".to_string());
    say("sink bin".to_string());
    let mut to_bin = false;
    for from in &layer {
        let way = match chance.below(5) {
            4 => "-[2, agv(30 m)]-> out",
            0 => "-> { 80 %: out, rest: bin }",
            1 => "-[3]-> { A: out, B: bin }",
            2 => "-> { every(4): bin, rest: out }",
            _ => "-> out",
        };
        to_bin |= way.contains("bin");
        flows.push(format!("flow {from} {way}"));
    }
    if !to_bin || !flows.iter().any(|f| f.contains("out")) {
        say("source last { makes: A, every: 100 s }".to_string());
        flows.push("flow last -> { 50 %: out, rest: bin }".to_string());
    }
    if flows.iter().any(|f| f.contains("agv")) {
        let (speed, time) = if ties { ("0.5 m/s", "60 s") } else { ("1 m/s", "exponential(5 s)") };
        let stop = if ties { "" } else { "\n    breakdown worn { after: 20 min, clock: working, repair: 60 s }" };
        say(format!("fleet agv {{ size: {}, speed: {speed}, load_time: {time}{stop}\n}}", 1 + chance.below(3)));
    }
    flows.into_iter().for_each(&mut say);
    say("run { for: 4 h, warmup: 20 min, runs: 2 }".to_string());
    line.names = names;
    line
}

/// The way from a node to the next layer; an endless source needs one that fills up.
fn ways(chance: &mut Chance, next: &[String], ordered: &[String], ties: bool, endless: bool) -> String {
    let arrow = |chance: &mut Chance| {
        if endless {
            return chance.of(&["->", "-[1]->", "-[4]->"]).to_string();
        }
        let drawn: &[&str] = &["->", "-[1]->", "-[4]->", "-[unlimited]->", "-[exponential(30 s)]->", "-[3, 20 s]->"];
        let tied: &[&str] = &["->", "-[1]->", "-[4]->", "-[unlimited]->", "-[60 s]->", "-[2, 60 s]->"];
        chance.of(if ties { tied } else { drawn }).to_string()
    };
    let [a, b] = next else { return format!("{} {}", arrow(chance), next[0]) };
    match chance.below(8) {
        0 => format!("-> {{ 60 %: {} {a}, rest: {} {b} }}", arrow(chance), arrow(chance)),
        1 => format!("-> {{ A: {} {a}, B: {} {b} }}", arrow(chance), arrow(chance)),
        2 => format!("-> round_robin {{ {} {a}, {} {b} }}", arrow(chance), arrow(chance)),
        3 => {
            let straight = |to: &String| if ordered.contains(to) { "-[1]->" } else { "->" };
            format!("-> first_free {{ {} {a}, {} {b} }}", straight(a), straight(b))
        }
        4 => format!("-> shortest_queue {{ -[3]-> {a}, -[3]-> {b} }}"),
        5 => format!("-> {{ every(3): {} {a}, rest: {} {b} }}", arrow(chance), arrow(chance)),
        6 => format!("-> {{ if level({a}) > 0: -> {b}, else: -[2]-> {a} }}"),
        _ => format!("{} {a}", arrow(chance)),
    }
}

/// A small line with loops, mixed items, lanes, pallets and limits, of which some lock up.
pub fn looping_line(seed: u64) -> String {
    let chance = &mut Chance::new(seed);
    let mut text =
        String::from("line loops {\nitem A {}\nitem B {}\nitem P {}\nsink out\nsink bin\ncrew op { size: 1 }\n");
    let n = 2 + chance.below(3);
    let makes = chance.of(&["A", "{ 50 %: A, rest: B }", "[2 A, 2 B]"]);
    let every = chance.of(&["", ", every: exponential(30 s)", ", every: exponential(12 s), when_full: lose"]);
    writeln!(text, "source feed {{ makes: {makes}{every} }}").unwrap();
    for i in 0..n {
        let needs = chance.of(&["", "", ", needs: 1 op", ", needs: 1 op, release_crew: after_leaving"]);
        let stop = chance.of(&["", "", "\nbreakdown b { after: exponential(5 min), repair: 20 s }\n"]);
        writeln!(text, "station m_{i} {{ cycle: exponential({} s){needs}{stop} }}", 4 + chance.below(12)).unwrap();
    }
    let joins = makes != "A" && chance.once_in(2);
    if joins {
        let overtake = chance.of(&["", ", overtake: yes"]);
        writeln!(text, "buffer parts {{ capacity: {}{overtake} }}", 2 + chance.below(5)).unwrap();
        writeln!(text, "station join {{ takes: 1 A + 1 B, makes: P, cycle: 5 s }}\nflow parts -> join -> out").unwrap();
    }
    let arrow = |chance: &mut Chance| {
        chance.of(&["->", "-[1]->", "-[2]->", "-[5]->", "-[unlimited]->", "-[3, 5 s]->"]).to_string()
    };
    writeln!(text, "flow feed {} m_0", chance.of(&["->", "-[1]->", "-[3]->", "-[3, 5 s]->"])).unwrap();
    for i in 0..n {
        let next = if i + 1 < n {
            format!("{} m_{}", arrow(chance), i + 1)
        } else if joins {
            "parts".into()
        } else {
            "out".into()
        };
        let back = if i > 0 { chance.below(i + 1) } else { 0 };
        let next = if next.starts_with('-') { next } else { format!("-> {next}") };
        let way = match chance.below(6) {
            0 => format!("-> {{ 85 %: {next}, rest: {} m_{back} }}", arrow(chance)),
            1 => format!("-> {{ 80 %: {next}, rest: bin }}"),
            2 if i > 0 => format!("-> first_free {{ -[1]-> m_{back}, {next} }}"),
            3 if i > 0 => format!("-> {{ 85 %: {next}, rest: -[places: 2, within: 30 s]-> m_{back} }}"),
            _ => next.clone(),
        };
        writeln!(text, "flow m_{i} {way}").unwrap();
    }
    match chance.below(4) {
        0 => writeln!(text, "limit wip {{ count: {}, from: m_0, to: m_{} }}", 1 + chance.below(6), n - 1).unwrap(),
        1 => writeln!(text, "pallets tray {{ count: {}, from: m_0, to: m_{} }}", 1 + chance.below(4), n - 1).unwrap(),
        _ => {}
    }
    text.push_str("flow extra -> bin\nsource extra { makes: A, every: 1 h }\nrun { for: 100 h }\n}\n");
    text
}
