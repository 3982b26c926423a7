//! W1, W2, W3 and W5 from event to event: machines in a row, blocking after work, breakdowns on calendar time.

use std::collections::VecDeque;

use flowline::runtime::ziggurat::ZigguratTables;

use super::draw::{Exponential, ziggurat};
use super::statistics::{Left, Levels, States};
use super::tree::WinnerTree;
use super::{Figures, Line, NEVER, Station};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    Starved,
    Working,
    Blocked,
}

/// State of the statistics of a machine that is down; others are those of [`Phase`].
const DOWN: usize = 3;

#[derive(Clone, Debug)]
#[repr(align(64))]
struct Machine {
    cycle: Exponential,
    /// Items that wait before it.
    level: u32,
    phase: Phase,
    down: bool,
    /// Work left when it failed.
    remaining: i64,
    cycles: u64,
    states: States<4>,
    levels: Levels,
}

#[derive(Clone, Debug)]
struct Failures {
    after: Exponential,
    repair: Exponential,
}

/// A line at work. `ARRIVALS`: items arrive and wait without limit before the first machine, else it always has
/// one; `FAILURES`: machines break down; `STATISTICS`: all that the kernel counts is counted.
pub struct Tandem<const ARRIVALS: bool, const FAILURES: bool, const STATISTICS: bool> {
    now: i64,
    events: u64,
    left: u64,
    /// Ends of work by machine, then the next arrival, or failures and repairs by machine.
    tree: WinnerTree,
    machines: Vec<Machine>,
    failures: Vec<Failures>,
    every: Exponential,
    places: u32,
    tables: &'static ZigguratTables,
    /// When the items inside were born; none overtakes another.
    births: VecDeque<i64>,
    stays: Left,
    /// Sum of the instants of leaving less those of birth.
    wip_area: i128,
}

impl<const ARRIVALS: bool, const FAILURES: bool, const STATISTICS: bool> Tandem<ARRIVALS, FAILURES, STATISTICS> {
    pub fn new(line: &Line, seed: u64, replication: u64) -> Self {
        let n = line.machines.len();
        let machine = |name: &String| Machine {
            cycle: Exponential::new(seed, replication, name, "cycle", line.cycle),
            level: 0,
            phase: Phase::Starved,
            down: false,
            remaining: 0,
            cycles: 0,
            states: States::new(Phase::Starved as usize),
            levels: Levels::new(),
        };
        let (after, repair) = line.failures.unwrap_or((1.0, 1.0));
        let failing = |name: &String| Failures {
            after: Exponential::new(seed, replication, &format!("{name}#1"), "failure.after", after),
            repair: Exponential::new(seed, replication, &format!("{name}#1"), "failure.repair", repair),
        };
        let mut tandem = Tandem {
            now: 0,
            // That a source which always has an item opens is an event.
            events: u64::from(!ARRIVALS),
            left: 0,
            tree: WinnerTree::new(n + if FAILURES { n } else { usize::from(ARRIVALS) }),
            machines: line.machines.iter().map(machine).collect(),
            failures: if FAILURES { line.machines.iter().map(failing).collect() } else { Vec::new() },
            every: Exponential::new(seed, replication, "arrivals", "every", line.every.unwrap_or(1.0)),
            places: if ARRIVALS { u32::MAX } else { line.places },
            tables: ziggurat(),
            births: VecDeque::new(),
            stays: Left::new(),
            wip_area: 0,
        };
        if ARRIVALS {
            tandem.tree.set(n, 0);
        } else {
            tandem.take(0);
        }
        for i in 0..tandem.failures.len() {
            let at = tandem.failures[i].after.draw(tandem.tables);
            tandem.tree.set(n + i, at);
        }
        tandem
    }

    /// Runs to a time, included.
    pub fn run(&mut self, to: i64) {
        loop {
            let (time, slot) = self.tree.first();
            if time > to {
                self.now = to;
                return;
            }
            self.now = time;
            self.events += 1;
            if slot < self.machines.len() {
                self.end_of_work(slot);
            } else if ARRIVALS {
                self.arrival();
            } else if FAILURES {
                self.failure_or_repair(slot - self.machines.len());
            }
        }
    }

    #[inline(always)]
    fn end_of_work(&mut self, i: usize) {
        let now = self.now;
        if STATISTICS {
            self.machines[i].cycles += 1;
        }
        if i + 1 == self.machines.len() {
            self.left += 1;
            if STATISTICS {
                self.wip_area += i128::from(now);
                let born = self.births.pop_front().unwrap_or(now);
                self.stays.add(now - born);
            }
            return self.take(i);
        }
        let next = &mut self.machines[i + 1];
        if next.phase == Phase::Starved && !(FAILURES && next.down) {
            if STATISTICS {
                next.levels.pass();
            }
            self.begin(i + 1);
            self.take(i);
        } else if next.level < self.places {
            next.level += 1;
            if STATISTICS {
                next.levels.enter(next.level, self.places, now);
            }
            self.take(i);
        } else {
            self.enter(i, Phase::Blocked);
            self.tree.set(i, NEVER);
        }
    }

    #[inline(always)]
    fn arrival(&mut self) {
        let now = self.now;
        let next = now + self.every.draw(self.tables);
        self.tree.set(self.machines.len(), next);
        self.born();
        let first = &mut self.machines[0];
        if first.phase == Phase::Starved {
            if STATISTICS {
                first.levels.pass();
            }
            self.begin(0);
        } else {
            first.level += 1;
            if STATISTICS {
                first.levels.enter(first.level, u32::MAX, now);
            }
        }
    }

    #[inline(always)]
    fn failure_or_repair(&mut self, i: usize) {
        let now = self.now;
        let slot = self.machines.len() + i;
        let m = &mut self.machines[i];
        m.down = !m.down;
        if m.down {
            if STATISTICS {
                m.states.enter(DOWN, now);
            }
            let repaired = now + self.failures[i].repair.draw(self.tables);
            self.tree.set(slot, repaired);
            if m.phase == Phase::Working {
                m.remaining = self.tree.time(i) - now;
                self.tree.set(i, NEVER);
            }
            return;
        }
        if STATISTICS {
            m.states.enter(m.phase as usize, now);
        }
        let fails = now + self.failures[i].after.draw(self.tables);
        self.tree.set(slot, fails);
        match m.phase {
            Phase::Working => self.tree.set(i, now + m.remaining),
            Phase::Starved => self.take(i),
            Phase::Blocked => {}
        }
    }

    /// The machine, which is empty, takes what waits before it; so one that is blocked gets rid of its item and
    /// takes what waits before it, and so on up the line.
    #[inline(always)]
    fn take(&mut self, mut i: usize) {
        loop {
            let m = &mut self.machines[i];
            let supplied = !ARRIVALS && i == 0;
            if (FAILURES && m.down) || !(supplied || m.level > 0) {
                self.enter(i, Phase::Starved);
                return self.tree.set(i, NEVER);
            }
            if supplied {
                self.born();
                return self.begin(i);
            }
            if i > 0 && self.machines[i - 1].phase == Phase::Blocked {
                if STATISTICS {
                    self.machines[i].levels.exchange();
                }
                self.begin(i);
                i -= 1;
                continue;
            }
            let m = &mut self.machines[i];
            m.level -= 1;
            if STATISTICS {
                m.levels.leave(m.level, self.places, self.now);
            }
            return self.begin(i);
        }
    }

    #[inline(always)]
    fn begin(&mut self, i: usize) {
        self.enter(i, Phase::Working);
        let end = self.now + self.machines[i].cycle.draw(self.tables);
        self.tree.set(i, end);
    }

    #[inline(always)]
    fn enter(&mut self, i: usize, phase: Phase) {
        let m = &mut self.machines[i];
        if STATISTICS && m.phase != phase && !(FAILURES && m.down) {
            m.states.enter(phase as usize, self.now);
        }
        m.phase = phase;
    }

    #[inline(always)]
    fn born(&mut self) {
        if STATISTICS {
            self.births.push_back(self.now);
            self.wip_area -= i128::from(self.now);
        }
    }

    /// What the run says until now.
    pub fn figures(&self) -> Figures {
        let now = self.now;
        let mut figures = Figures { events: self.events, left: self.left, ..Figures::default() };
        if STATISTICS {
            for (i, m) in self.machines.iter().enumerate() {
                let [starved, working, blocked, down] = m.states.spent(now);
                figures.stations.push(Station { working, starved, blocked, waiting: 0, down, cycles: m.cycles });
                if ARRIVALS || i > 0 {
                    figures.buffers.push(m.levels.figures(m.level, self.places, now));
                }
            }
            figures.arrivals.push(self.stays.figures());
            figures.wip_area = self.wip_area + self.births.len() as i128 * i128::from(now);
        }
        figures
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.events
    }
}
