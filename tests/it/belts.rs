//! Conveyors against a model that moves every item one metre a second, position by position: random
//! small lines of two belts, with and without stops, lanes, and lengths that are no multiple of the
//! pitch, and items that are longer than it. What came on and off each belt is compared at every second.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flowline::base::Ticks;
use flowline::base::ticks::TICKS_PER_SECOND;
use flowline::ir::NodeKind;
use flowline::ir::ids::Id;
use flowline::kernel::layout::buffer;
use flowline::kernel::{Engine, Kernel, Stop};

use crate::engines::plant_of;

/// Numbers of a case, all in seconds and metres.
#[derive(Clone, Copy, Debug)]
struct Belt {
    length: i64,
    pitch: i64,
    lanes: usize,
    together: bool,
    down: Option<(i64, i64)>,
}

#[derive(Clone, Copy, Debug)]
struct Machine {
    cycle: i64,
    down: Option<(i64, i64)>,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    every: Option<i64>,
    /// Lengths of the items of a campaign, one after the other; 0 where none is given.
    items: [i64; 3],
    belts: [Belt; 2],
    machines: [Machine; 2],
}

struct Random(u64);

impl Random {
    /// A number from `low` to `high`.
    fn within(&mut self, low: i64, high: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + i64::try_from((self.0 >> 11) % u64::try_from(high - low + 1).unwrap()).unwrap()
    }

    fn one_in(&mut self, n: i64) -> bool {
        self.within(1, n) == 1
    }

    fn down(&mut self, one_in: i64) -> Option<(i64, i64)> {
        self.one_in(one_in).then(|| (self.within(3, 20), self.within(1, 9)))
    }

    fn case(&mut self) -> Case {
        let mut belt = || Belt {
            length: self.within(1, 12),
            pitch: self.within(1, 5),
            lanes: if self.one_in(4) { 3 } else { usize::try_from(self.within(1, 2)).unwrap() },
            together: self.one_in(3),
            down: self.down(4),
        };
        let belts = [belt(), belt()];
        let mut machine = || Machine { cycle: self.within(1, 9), down: self.down(2) };
        let machines = [machine(), machine()];
        let items = if self.one_in(2) { [self.within(1, 8), self.within(1, 8), self.within(1, 8)] } else { [0; 3] };
        Case { every: (!self.one_in(4)).then(|| self.within(1, 8)), items, belts, machines }
    }
}

impl Case {
    fn text(&self) -> String {
        let down = |name: &str, d: Option<(i64, i64)>| {
            d.map_or(String::new(), |(after, repair)| {
                format!("\n    breakdown {name} {{ after: {after} s, repair: {repair} s }}\n")
            })
        };
        let belt = |n: usize| {
            let b = &self.belts[n - 1];
            let mode = if b.together { "stop_together" } else { "accumulating" };
            format!(
                "conveyor belt_{n} {{ length: {} m, speed: 1 m/s, pitch: {} m, lanes: {}, mode: {mode}{} }}\n",
                b.length,
                b.pitch,
                b.lanes,
                down("stop", b.down)
            )
        };
        let machine = |n: usize| {
            let m = &self.machines[n - 1];
            format!("station m_{n} {{ cycle: {} s{} }}\n", m.cycle, down("jam", m.down))
        };
        let every = self.every.map_or(String::new(), |e| format!(", every: {e} s"));
        let item = |name: &str, length: i64| {
            if length == 0 { format!("item {name} {{}}\n") } else { format!("item {name} {{ length: {length} m }}\n") }
        };
        format!(
            "line belts {{\n{}source feed {{ makes: [1 A, 1 B, 1 C]{every} }}\n{}{}{}{}sink out\n\
             flow feed -> belt_1 -> m_1 -> belt_2 -> m_2 -> out\nrun {{ for: 200 s }}\n}}\n",
            item("A", self.items[0]) + &item("B", self.items[1]) + &item("C", self.items[2]),
            belt(1),
            belt(2),
            machine(1),
            machine(2)
        )
    }
}

/// An item on a belt: where its front is, and how much of the belt it takes.
#[derive(Clone, Copy)]
struct On {
    at: i64,
    takes: i64,
    length: i64,
}

/// A lane: positions of items from the first on, and of the one that left last.
#[derive(Default)]
struct Lane {
    items: Vec<On>,
    ghost: Option<On>,
    /// Seconds that the belt has run since something could come on.
    open_for: i64,
    was_open: bool,
}

struct BeltModel {
    is: Belt,
    lanes: Vec<Lane>,
    down: bool,
    entries: i64,
    exits: i64,
}

impl BeltModel {
    fn new(is: Belt) -> Self {
        let lanes = (0..is.lanes).map(|_| Lane { was_open: true, ..Lane::default() }).collect();
        Self { is, lanes, down: false, entries: 0, exits: 0 }
    }

    fn stands(&self, lane: &Lane) -> bool {
        self.down || self.is.together && lane.items.first().is_some_and(|i| i.at == self.is.length)
    }

    /// Room at the entry, whether the belt runs or not.
    fn clear(&self, lane: &Lane) -> bool {
        let last = lane.items.last().copied().or(lane.ghost);
        let taken: i64 = lane.items.iter().map(|i| i.takes).sum();
        last.is_none_or(|i| i.at >= i.takes) && taken < self.is.length
    }

    /// One second: every item moves a metre unless the one before is in its way.
    fn run(&mut self) {
        for n in 0..self.lanes.len() {
            if self.stands(&self.lanes[n]) {
                continue;
            }
            let length = self.is.length;
            let lane = &mut self.lanes[n];
            let mut ahead = lane.ghost.map(|g| On { at: g.at + 1, ..g });
            lane.ghost = ahead;
            for (i, x) in lane.items.iter_mut().enumerate() {
                let free = ahead.is_none_or(|a| x.at < a.at - a.takes);
                if free && (i > 0 || x.at < length) {
                    x.at += 1;
                }
                ahead = Some(*x);
            }
            lane.open_for += i64::from(lane.was_open);
        }
        self.look();
    }

    /// Notes since when lanes are open.
    fn look(&mut self) {
        for n in 0..self.lanes.len() {
            let clear = self.clear(&self.lanes[n]);
            let lane = &mut self.lanes[n];
            if clear && !lane.was_open {
                lane.open_for = 0;
            }
            lane.was_open = clear;
        }
    }

    /// The lane that an item comes on now; `stood` says which lanes stood before this instant.
    fn open(&self, stood: &[bool]) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (n, lane) in self.lanes.iter().enumerate() {
            let open = self.clear(lane) && !stood[n];
            if open && best.is_none_or(|b| lane.open_for > self.lanes[b].open_for) {
                best = Some(n);
            }
        }
        best
    }

    fn come_on(&mut self, lane: usize, length: i64) {
        let takes = length.max(self.is.pitch);
        self.lanes[lane].items.push(On { at: 0, takes, length });
        self.lanes[lane].was_open = false;
        self.entries += 1;
        self.look();
    }

    /// Takes off the item that has stood at the end longest; `arrived` says since when, by lane.
    fn take_off(&mut self, arrived: &mut [Option<i64>]) -> Option<i64> {
        let ready = arrived.iter().enumerate().filter_map(|(n, a)| a.map(|a| (a, n))).min();
        let (_, n) = ready?;
        arrived[n] = None;
        let x = self.lanes[n].items.remove(0);
        self.lanes[n].ghost = Some(x);
        self.exits += 1;
        self.look();
        Some(x.length)
    }
}

/// A clock that fails `after` the end of each repair.
struct Clock {
    down: Option<(i64, i64)>,
    next: i64,
    active: bool,
}

impl Clock {
    fn new(down: Option<(i64, i64)>) -> Self {
        Self { down, next: down.map_or(i64::MAX, |d| d.0), active: false }
    }

    fn tick(&mut self, now: i64) {
        if let Some((after, repair)) = self.down
            && now == self.next
        {
            self.active = !self.active;
            self.next = now + if self.active { repair } else { after };
        }
    }
}

/// Entries and exits of both belts at every second.
fn by_position(case: &Case, seconds: i64) -> Vec<[i64; 4]> {
    let mut belts = case.belts.map(BeltModel::new);
    let mut arrived: [Vec<Option<i64>>; 2] = [0, 1].map(|n| vec![None; case.belts[n].lanes]);
    let mut belt_clocks = case.belts.map(|b| Clock::new(b.down));
    let mut clocks = case.machines.map(|m| Clock::new(m.down));
    // Work left on each machine: none: empty; 0: finished.
    let mut work: [Option<i64>; 2] = [None, None];
    let (mut worked, mut made) = ([0; 2], 0);
    let (mut waiting, mut due) = (false, 0);
    let mut seen = Vec::new();
    for now in 0..=seconds {
        // Which lanes stood before this instant, and so take nothing on at it.
        let mut stood: [Vec<bool>; 2] = [0, 1].map(|n| belts[n].lanes.iter().map(|l| belts[n].stands(l)).collect());
        if now > 0 {
            for n in 0..2 {
                belts[n].run();
                if !clocks[n].active {
                    work[n] = work[n].map(|w| (w - 1).max(0));
                }
            }
        }
        for n in 0..2 {
            for (lane, at) in belts[n].lanes.iter().zip(arrived[n].iter_mut()) {
                if at.is_none() && lane.items.first().is_some_and(|i| i.at == case.belts[n].length) {
                    *at = Some(now);
                }
            }
            clocks[n].tick(now);
            let was = belt_clocks[n].active;
            belt_clocks[n].tick(now);
            belts[n].down = belt_clocks[n].active;
            if was && !belts[n].down {
                // A belt that is repaired takes on at once, unless it stands for another reason.
                let b = &belts[n];
                stood[n] = b.lanes.iter().map(|l| b.stands(l)).collect();
            }
        }
        if !waiting && now == due {
            waiting = true;
        }
        loop {
            let mut moved = false;
            for n in [1, 0] {
                // Off the machine.
                if work[n] == Some(0) {
                    if n == 1 {
                        work[1] = None;
                        moved = true;
                    } else if let Some(lane) = belts[1].open(&stood[1]) {
                        belts[1].come_on(lane, worked[0]);
                        work[0] = None;
                        moved = true;
                    }
                }
                // Onto the machine.
                if work[n].is_none()
                    && !clocks[n].active
                    && let Some(length) = belts[n].take_off(&mut arrived[n])
                {
                    worked[n] = length;
                    work[n] = Some(case.machines[n].cycle);
                    moved = true;
                    let b = &belts[n];
                    for (l, s) in b.lanes.iter().zip(stood[n].iter_mut()) {
                        *s &= b.stands(l);
                    }
                }
            }
            if waiting && let Some(lane) = belts[0].open(&stood[0]) {
                belts[0].come_on(lane, case.items[made % 3]);
                made += 1;
                waiting = case.every.is_none();
                due = case.every.map_or(0, |e| now + e);
                moved = true;
            }
            if !moved {
                break;
            }
        }
        seen.push([belts[0].entries, belts[0].exits, belts[1].entries, belts[1].exits]);
    }
    seen
}

fn by_kernel(case: &Case, engine: Engine, seconds: i64) -> Vec<[i64; 4]> {
    let text = case.text();
    let plant = plant_of(&text, &text);
    let kernel = Kernel::new(&plant, engine).unwrap();
    let belts: Vec<i64> = plant
        .nodes
        .iter()
        .filter(|(_, n)| matches!(n.kind, NodeKind::Conveyor(_)))
        .map(|(id, _)| kernel.model.places.nodes[id.index()])
        .collect();
    let mut run = kernel.begin(1, 0);
    let mut seen = Vec::new();
    for now in 0..=seconds {
        while kernel.advance(&mut run, Ticks(now * TICKS_PER_SECOND)) == Stop::Fuel {}
        let figure = |belt: usize, field| run.arena().get(belts[belt], field);
        seen.push([
            figure(0, buffer::ENTRIES),
            figure(0, buffer::EXITS),
            figure(1, buffer::ENTRIES),
            figure(1, buffer::EXITS),
        ]);
    }
    seen
}

#[test]
fn belts_move_as_their_positions_say() {
    let mut random = Random(0x5EED_BE17);
    for n in 0..400 {
        let case = random.case();
        let expected = by_position(&case, 200);
        let engine = if n % 10 == 0 { Engine::Event } else { Engine::Interpreter };
        let found = by_kernel(&case, engine, 200);
        for (now, (e, f)) in expected.iter().zip(&found).enumerate() {
            assert_eq!(e, f, "case {n} at {now} s: on and off both belts\n{case:?}\n{}", case.text());
        }
    }
}
