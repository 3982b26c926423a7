//! Random lines without chance against a simulation of its own, written for this test from the rules alone:
//! stations in a row with parallel machines, places, breakdowns on two clocks, shifts with their three ends,
//! and a crew. Item counts and all state shares are exact.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::cast_precision_loss)]

use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use flowline::kernel::Engine;
use flowline::sim::{self, Settings};

use crate::engines::plant_of;

/// Milliseconds.
type Time = i64;

const END: Time = 7_200_123;
const NEVER: Time = i64::MAX / 4;

#[derive(Clone, Copy, PartialEq)]
enum ShiftEnd {
    Pause,
    FinishItem,
    FinishInTime,
}

struct Fail {
    after: Time,
    repair: Time,
    working: bool,
}

struct Station {
    machines: usize,
    cycle: Time,
    places: usize,
    fails: Vec<Fail>,
    shift: Vec<(Time, Time)>,
    end: ShiftEnd,
    hold: bool,
    crew: bool,
}

struct Spec {
    every: Option<Time>,
    crew: usize,
    stations: Vec<Station>,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Idle,
    Work,
    Done,
}

struct Clock {
    /// Under repair until then.
    repair: Option<Time>,
    /// When it strikes, or the working time left.
    next: Time,
}

struct Machine {
    of: usize,
    number: usize,
    phase: Phase,
    left: Time,
    ready: Time,
    idle: Time,
    crew: bool,
    asked: Option<Time>,
    first_asked: Time,
    begun: bool,
    off: bool,
    ending: bool,
    short: bool,
    clocks: Vec<Clock>,
    spent: [Time; 6],
}

impl Machine {
    fn down(&self) -> bool {
        self.clocks.iter().any(|c| c.repair.is_some())
    }

    fn stands(&self) -> bool {
        self.down() || self.off || self.short
    }

    fn works(&self, s: &Station) -> bool {
        self.phase == Phase::Work && !self.stands() && (self.crew || !s.crew)
    }

    /// Working, starved, blocked, waiting, down, off.
    fn state(&self, s: &Station) -> usize {
        match self.phase {
            _ if self.off || self.short => 5,
            _ if self.down() => 4,
            Phase::Idle => 1,
            Phase::Done => 2,
            Phase::Work if self.works(s) => 0,
            Phase::Work => 3,
        }
    }

    fn may_leave(&self, s: &Station) -> bool {
        self.phase == Phase::Done && !(s.hold && (self.down() || self.off))
    }

    fn release(&mut self, free: &mut usize) {
        *free += usize::from(std::mem::replace(&mut self.crew, false));
    }
}

/// Whether a shift is on, and its next change.
fn on_shift(s: &Station, t: Time) -> (bool, Time) {
    if s.shift.is_empty() {
        return (true, NEVER);
    }
    for (from, to) in &s.shift {
        if t < *from {
            return (false, *from);
        }
        if t < *to {
            return (true, *to);
        }
    }
    (false, NEVER)
}

/// Items that leave, and shares of time in the six states by station.
fn reference(spec: &Spec) -> (u64, Vec<[f64; 6]>) {
    let stations = &spec.stations;
    let mut machines: Vec<Machine> = Vec::new();
    for (of, s) in stations.iter().enumerate() {
        for number in 0..s.machines {
            let clocks = s.fails.iter().map(|f| Clock { repair: None, next: f.after }).collect();
            machines.push(Machine {
                of,
                number,
                phase: Phase::Idle,
                left: 0,
                ready: 0,
                idle: 0,
                crew: false,
                asked: None,
                first_asked: 0,
                begun: false,
                off: !on_shift(s, 0).0,
                ending: false,
                short: false,
                clocks,
                spent: [0; 6],
            });
        }
    }
    let (mut t, mut done, mut free) = (0, 0, spec.crew);
    let (mut next, mut outside) = (0, 0usize);
    let mut places = vec![0usize; stations.len()];
    loop {
        for m in &mut machines {
            let s = &stations[m.of];
            if m.works(s) && m.left == 0 {
                (m.phase, m.ready) = (Phase::Done, t);
                m.release(&mut free);
                m.off |= std::mem::replace(&mut m.ending, false);
            }
        }
        for m in &mut machines {
            clocks_strike(m, &stations[m.of], t, &mut free);
            if t > 0 {
                shift_changes(m, &stations[m.of], t, &mut free);
            }
        }
        if let Some(every) = spec.every
            && next == t
        {
            outside += 1;
            next += every;
        }
        settle(spec, &mut machines, &mut places, &mut outside, &mut done, &mut free, t);
        if t >= END {
            break;
        }
        let mut until = END;
        for m in &machines {
            let s = &stations[m.of];
            let works = m.works(s);
            until = until.min(if works { t + m.left } else { NEVER });
            for (c, f) in m.clocks.iter().zip(&s.fails) {
                until = until.min(match c.repair {
                    Some(at) => at,
                    None if !f.working => c.next,
                    None if works => t + c.next,
                    None => NEVER,
                });
            }
            until = until.min(on_shift(s, t).1);
        }
        until = until.min(spec.every.map_or(NEVER, |_| next));
        for m in &mut machines {
            let s = &stations[m.of];
            m.spent[m.state(s)] += until - t;
            if m.works(s) {
                m.left -= until - t;
                for (c, f) in m.clocks.iter_mut().zip(&s.fails) {
                    c.next -= if f.working && c.repair.is_none() { until - t } else { 0 };
                }
            }
        }
        t = until;
    }
    let share = |of: usize, state: usize| {
        let own = machines.iter().filter(|m| m.of == of);
        own.map(|m| m.spent[state]).sum::<Time>() as f64 / (END * stations[of].machines as Time) as f64
    };
    (done, (0..stations.len()).map(|of| std::array::from_fn(|state| share(of, state))).collect())
}

fn clocks_strike(m: &mut Machine, s: &Station, t: Time, free: &mut usize) {
    for (i, f) in s.fails.iter().enumerate() {
        if m.clocks[i].repair == Some(t) {
            m.clocks[i].repair = None;
            m.clocks[i].next = if f.working { f.after } else { t + f.after };
            if m.phase == Phase::Work && !m.stands() && s.crew && !m.crew && m.asked.is_none() {
                (m.asked, m.first_asked) = (Some(t), t);
            }
            if m.phase == Phase::Idle && !m.down() && !m.off {
                m.idle = t;
            }
        } else if m.clocks[i].repair.is_none() && m.clocks[i].next == if f.working { 0 } else { t } {
            m.clocks[i].repair = Some(t + f.repair);
            m.release(free);
        }
    }
}

fn shift_changes(m: &mut Machine, s: &Station, t: Time, free: &mut usize) {
    let on = on_shift(s, t).0;
    if on && m.off {
        m.off = false;
        if m.phase == Phase::Work && s.crew && !m.crew && !m.down() {
            m.asked = Some(m.first_asked);
        }
        if m.phase == Phase::Idle && !m.down() {
            m.idle = t;
        }
    }
    m.ending &= !on;
    if !on && !m.off && !m.ending {
        if s.end == ShiftEnd::FinishItem && m.phase == Phase::Work && m.begun {
            m.ending = true;
        } else {
            (m.off, m.short) = (true, false);
            m.release(free);
        }
    }
}

#[allow(clippy::too_many_arguments)] // one fact each
fn settle(
    spec: &Spec,
    machines: &mut [Machine],
    places: &mut [usize],
    outside: &mut usize,
    done: &mut u64,
    free: &mut usize,
    t: Time,
) {
    let stations = &spec.stations;
    let last = stations.len() - 1;
    // The item finished first of those that may leave a station.
    let leaving = |machines: &[Machine], of: usize| {
        let all = machines.iter().enumerate().filter(|(_, m)| m.of == of && m.may_leave(&stations[of]));
        all.min_by_key(|(_, m)| (m.ready, m.number)).map(|(i, _)| i)
    };
    loop {
        let mut moved = false;
        while let Some(i) = leaving(machines, last) {
            (machines[i].phase, machines[i].idle) = (Phase::Idle, t);
            *done += 1;
            moved = true;
        }
        for of in (0..=last).rev() {
            let s = &stations[of];
            loop {
                let idle =
                    machines.iter().enumerate().filter(|(_, m)| m.of == of && m.phase == Phase::Idle && !m.stands());
                let Some(i) = idle.min_by_key(|(_, m)| (m.idle, m.number)).map(|(i, _)| i) else { break };
                let giver = if of > 0 && s.places == 0 { leaving(machines, of - 1) } else { None };
                if let Some(g) = giver {
                    (machines[g].phase, machines[g].idle) = (Phase::Idle, t);
                } else if of == 0 && spec.every.is_none() {
                    // There is always one.
                } else if of == 0 && *outside > 0 {
                    *outside -= 1;
                } else if of > 0 && places[of] > 0 {
                    places[of] -= 1;
                } else {
                    break;
                }
                let m = &mut machines[i];
                (m.phase, m.left, m.begun) = (Phase::Work, s.cycle, false);
                if s.crew {
                    (m.asked, m.first_asked) = (Some(t), t);
                }
                moved = true;
            }
            while of > 0 && places[of] < s.places {
                let Some(g) = leaving(machines, of - 1) else { break };
                (machines[g].phase, machines[g].idle) = (Phase::Idle, t);
                places[of] += 1;
                moved = true;
            }
            if moved {
                break;
            }
        }
        if moved {
            continue;
        }
        let asks =
            |m: &Machine| m.phase == Phase::Work && stations[m.of].crew && !m.crew && m.asked.is_some() && !m.stands();
        let mut queue: Vec<usize> = (0..machines.len()).filter(|i| asks(&machines[*i])).collect();
        queue.sort_by_key(|i| (machines[*i].asked, last - machines[*i].of, machines[*i].number));
        for i in queue.into_iter().take(*free) {
            *free -= 1;
            (machines[i].crew, machines[i].asked) = (true, None);
            moved = true;
        }
        for m in machines.iter_mut() {
            let s = &stations[m.of];
            if m.phase == Phase::Work && !m.begun && !m.stands() && (m.crew || !s.crew) {
                if s.end == ShiftEnd::FinishInTime && t + m.left > on_shift(s, t).1 {
                    m.short = true;
                    m.release(free);
                    moved = true;
                } else {
                    m.begun = true;
                }
            }
        }
        if !moved {
            return;
        }
    }
}

/// Small numbers that differ from seed to seed (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn of(&mut self, from: Time, to: Time) -> Time {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        from + Time::try_from(self.0 % u64::try_from(to - from + 1).unwrap()).unwrap()
    }

    fn one<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.of(0, list.len() as Time - 1)).unwrap()]
    }
}

fn random(seed: u64) -> Spec {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..8 {
        dice.of(0, 1);
    }
    let every = if dice.of(0, 1) == 0 { None } else { Some(dice.of(2_000, 20_000)) };
    let crew = dice.one(&[0, 0, 1, 2]);
    let mut stations: Vec<Station> = Vec::new();
    for _ in 0..dice.of(1, 4) {
        let fails = (0..dice.one(&[0, 0, 1, 1, 2]))
            .map(|_| Fail {
                after: dice.of(30_000, 400_000),
                repair: dice.of(3_000, 60_000),
                working: dice.of(0, 1) == 0,
            })
            .collect();
        let mut shift = Vec::new();
        if dice.of(0, 2) == 0 {
            let mut at = dice.of(0, 2) * 60_000;
            while at < 7_200_000 {
                let to = at + dice.of(2, 20) * 60_000;
                shift.push((at, to));
                at = to + dice.of(1, 10) * 60_000;
            }
        }
        stations.push(Station {
            machines: dice.one(&[1, 1, 2, 3]),
            cycle: dice.of(3_000, 40_000),
            places: dice.one(&[0, 0, 1, 3, 8]),
            fails,
            shift,
            end: dice.one(&[ShiftEnd::Pause, ShiftEnd::FinishItem, ShiftEnd::FinishInTime]),
            hold: dice.of(0, 2) == 0,
            crew: crew > 0 && dice.of(0, 2) > 0,
        });
    }
    Spec { every, crew, stations }
}

fn seconds(t: Time) -> String {
    format!("{}.{:03} s", t / 1000, t % 1000)
}

fn written(spec: &Spec) -> String {
    let clock = |t: Time| format!("{:02}:{:02}", t / 3_600_000, t / 60_000 % 60);
    let mut text = String::from("line random {\n    item P {}\n");
    let crew = spec.stations.iter().any(|s| s.crew);
    if crew {
        let _ = writeln!(text, "    crew people {{ size: {} }}", spec.crew);
    }
    let every = spec.every.map_or(String::new(), |e| format!(", every: {}, when_full: queue", seconds(e)));
    let _ = writeln!(text, "    source feed {{ makes: P{every} }}\n    sink out");
    let mut flow = String::from("flow feed");
    for (i, s) in spec.stations.iter().enumerate() {
        if !s.shift.is_empty() {
            let hours: Vec<String> = s.shift.iter().map(|(a, b)| format!("mon {}..{}", clock(*a), clock(*b))).collect();
            let _ = writeln!(text, "    shift h{i} {{ {} }}", hours.join(", "));
        }
        let _ = writeln!(
            text,
            "    station m{i} {{\n        machines: {}\n        cycle: {}",
            s.machines,
            seconds(s.cycle)
        );
        if s.hold {
            text += "        hold_when_down: yes\n";
        }
        if s.crew {
            text += "        needs: 1 people\n";
        }
        if !s.shift.is_empty() {
            let end = match s.end {
                ShiftEnd::Pause => "pause",
                ShiftEnd::FinishItem => "finish_item",
                ShiftEnd::FinishInTime => "finish_in_time",
            };
            let _ = writeln!(text, "        shift: h{i}\n        shift_end: {end}");
        }
        for (j, f) in s.fails.iter().enumerate() {
            let clock = if f.working { "working" } else { "calendar" };
            let (after, repair) = (seconds(f.after), seconds(f.repair));
            let _ = writeln!(text, "        breakdown b{j} {{ after: {after}, clock: {clock}, repair: {repair} }}");
        }
        text += "    }\n";
        flow += &if i > 0 && s.places > 0 { format!(" -[{}]-> m{i}", s.places) } else { format!(" -> m{i}") };
    }
    let _ = writeln!(text, "    {flow} -> out\n    run {{ for: {} }}\n}}", seconds(END));
    text
}

#[test]
fn random_lines_agree_with_a_simulation_of_their_own() {
    for seed in 1..=100 {
        let spec = random(seed);
        let (items, shares) = reference(&spec);
        let text = written(&spec);
        let plant = plant_of("random", &text);
        let stop = AtomicBool::new(false);
        let mut settings = Settings::of(&plant, &stop, &|_, _| {});
        settings.engine = if seed % 20 == 0 { Engine::Event } else { Engine::Interpreter };
        let outcome = sim::simulate(&plant, &settings);
        assert!(outcome.diagnostics.is_empty(), "{:?}\n{text}", outcome.diagnostics);
        let study = outcome.study.unwrap();
        assert_eq!(study.sinks[0].items[0].count.unwrap().mean, items as f64, "seed {seed}\n{text}");
        for (i, due) in shares.iter().enumerate() {
            let name = format!("m{i}");
            let found = study.stations.iter().find(|s| s.name == name).unwrap();
            // Working, starved, blocked, waiting, down, off.
            for (state, due) in [0, 2, 3, 4, 5, 7].into_iter().zip(due) {
                let share = found.states[state].unwrap().mean;
                assert!((share - due).abs() < 1e-9, "seed {seed}: {name} {state}: {share} instead of {due}\n{text}");
            }
        }
    }
}
