//! W4 from event to event: a job shop whose machines are taken first and operators then.

use std::collections::VecDeque;

use flowline::runtime::ziggurat::ZigguratTables;

use super::draw::{Chance, Exponential, ziggurat};
use super::statistics::{Left, Levels, States};
use super::tree::WinnerTree;
use super::{Figures, NEVER, Station};

/// Stations, types, operators and arrivals an hour; by station its machines and whether it needs an operator; by type
/// its share, its number of steps, and by step the station and its mean time in hours.
const SHOP: &str = include_str!("w4_job_shop.txt");

const STARVED: usize = 0;
const WORKING: usize = 1;
const WAITING: usize = 2;

/// One visit of a route.
#[derive(Clone, Debug)]
struct Step {
    station: u32,
    /// Whether it is the last of its route.
    last: bool,
    cycle: Exponential,
}

#[derive(Clone, Debug)]
#[repr(align(64))]
struct Shop {
    needs_operator: bool,
    /// First of its machines.
    first: u32,
    /// Machines that are idle, the longest idle first.
    idle: VecDeque<u32>,
    queue: VecDeque<u32>,
    cycles: u64,
    levels: Levels,
}

#[derive(Clone, Debug)]
struct Machine {
    station: u32,
    item: u32,
    states: States<3>,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    born: i64,
    kind: u32,
    /// The visit, over the routes of all types.
    step: u32,
}

/// A shop at work.
pub struct JobShop<const STATISTICS: bool> {
    now: i64,
    events: u64,
    left: u64,
    /// Ends of work by machine, then the next arrival.
    tree: WinnerTree,
    stations: Vec<Shop>,
    machines: Vec<Machine>,
    steps: Vec<Step>,
    /// By type: its share and those of all before it, and its first step.
    kinds: Vec<(f64, u32)>,
    mix: Chance,
    every: Exponential,
    items: Vec<Item>,
    /// Items that are not in use.
    free: Vec<u32>,
    operators: u32,
    /// Machines that wait for an operator.
    requests: VecDeque<u32>,
    tables: &'static ZigguratTables,
    stays: Vec<Left>,
    wip_area: i128,
    inside: i64,
    busy_area: i128,
    busy: i64,
}

impl<const STATISTICS: bool> JobShop<STATISTICS> {
    /// The shop of W4.
    pub fn new(seed: u64, replication: u64) -> Self {
        let mut numbers = SHOP.split_ascii_whitespace().map(|word| word.parse::<f64>().unwrap_or(f64::NAN));
        let mut number = || numbers.next().unwrap_or(f64::NAN);
        // Means are given in thousandths, so that the quotient is the float next to the exact number of seconds.
        let seconds = |hours: f64| (hours * 1000.0).round() * 3600.0 / 1000.0;
        let (count, kinds, operators, rate) = (number() as u32, number() as u32, number() as u32, number());
        let mut machines = Vec::new();
        let mut stations = Vec::new();
        for station in 0..count {
            let (first, here) = (machines.len() as u32, number() as u32);
            stations.push(Shop {
                needs_operator: number() > 0.0,
                first,
                idle: (first..first + here).collect(),
                queue: VecDeque::new(),
                cycles: 0,
                levels: Levels::new(),
            });
            machines.extend((0..here).map(|_| Machine { station, item: 0, states: States::new(STARVED) }));
        }
        let mut steps = Vec::new();
        let mut shares = Vec::new();
        let mut upto = 0.0;
        for name in ["A", "B", "C", "D", "E"].iter().take(kinds as usize) {
            upto += number();
            shares.push((upto, steps.len() as u32));
            let here = number() as u32;
            for k in 1..=here {
                let station = number() as u32;
                let (entity, purpose) = (format!("s{station}"), format!("cycle:{name}.{k}"));
                let cycle = Exponential::new(seed, replication, &entity, &purpose, seconds(number()));
                steps.push(Step { station, last: k == here, cycle });
            }
        }
        let mean = 3600.0 * 1e6 / (rate * 1e6).round();
        let mut tree = WinnerTree::new(machines.len() + 1);
        tree.set(machines.len(), 0);
        JobShop {
            now: 0,
            events: 0,
            left: 0,
            tree,
            stations,
            machines,
            steps,
            stays: shares.iter().map(|_| Left::new()).collect(),
            kinds: shares,
            mix: Chance::new(seed, replication, "orders", "mix"),
            every: Exponential::new(seed, replication, "orders", "every", mean),
            items: Vec::new(),
            free: Vec::new(),
            operators,
            requests: VecDeque::new(),
            tables: ziggurat(),
            wip_area: 0,
            inside: 0,
            busy_area: 0,
            busy: 0,
        }
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
            if slot < self.machines.len() { self.end_of_work(slot as u32) } else { self.arrival() }
        }
    }

    #[inline(always)]
    fn arrival(&mut self) {
        let now = self.now;
        let next = now + self.every.draw(self.tables);
        self.tree.set(self.machines.len(), next);
        let u = self.mix.draw();
        let kind = self.kinds.iter().take(self.kinds.len() - 1).filter(|(upto, _)| u >= *upto).count();
        let item = Item { born: now, kind: kind as u32, step: self.kinds[kind].1 };
        let number = match self.free.pop() {
            Some(number) => {
                self.items[number as usize] = item;
                number
            }
            None => {
                self.items.push(item);
                self.items.len() as u32 - 1
            }
        };
        if STATISTICS {
            self.wip_area -= i128::from(now);
            self.inside += 1;
        }
        if let Some(machine) = self.come(number)
            && self.wants_operator(machine)
        {
            self.grant();
        }
    }

    #[inline(always)]
    fn end_of_work(&mut self, machine: u32) {
        let now = self.now;
        self.tree.set(machine as usize, NEVER);
        let m = &self.machines[machine as usize];
        let (at, number) = (m.station, m.item);
        let station = &mut self.stations[at as usize];
        if STATISTICS {
            station.cycles += 1;
        }
        let released = station.needs_operator;
        if released {
            self.operators += 1;
            if STATISTICS {
                self.busy_area += i128::from(now);
                self.busy -= 1;
            }
        }
        // The machine takes what waits for it.
        let taken = match station.queue.pop_front() {
            Some(waiting) => {
                if STATISTICS {
                    station.levels.leave(station.queue.len() as u32, u32::MAX, now);
                }
                self.machines[machine as usize].item = waiting;
                Some(machine)
            }
            None => {
                station.idle.push_back(machine);
                if STATISTICS {
                    self.machines[machine as usize].states.enter(STARVED, now);
                }
                None
            }
        };
        // The item goes on.
        let item = &mut self.items[number as usize];
        let loaded = if self.steps[item.step as usize].last {
            self.left += 1;
            if STATISTICS {
                self.wip_area += i128::from(now);
                self.inside -= 1;
                self.stays[item.kind as usize].add(now - item.born);
            }
            self.free.push(number);
            None
        } else {
            item.step += 1;
            self.come(number)
        };
        // Of two that ask for an operator at once, the station with the lower number comes first.
        let (first, second) = match (taken, loaded) {
            (Some(a), Some(b)) if b < a => (loaded, taken),
            _ => (taken, loaded),
        };
        let mut asked = released;
        for machine in [first, second].into_iter().flatten() {
            asked |= self.wants_operator(machine);
        }
        if asked {
            self.grant();
        }
    }

    /// An item comes to the station of its visit; the machine that is loaded, if one is idle.
    #[inline(always)]
    fn come(&mut self, number: u32) -> Option<u32> {
        let at = self.steps[self.items[number as usize].step as usize].station;
        let station = &mut self.stations[at as usize];
        match station.idle.pop_front() {
            Some(machine) => {
                if STATISTICS {
                    station.levels.pass();
                }
                self.machines[machine as usize].item = number;
                Some(machine)
            }
            None => {
                station.queue.push_back(number);
                if STATISTICS {
                    station.levels.enter(station.queue.len() as u32, u32::MAX, self.now);
                }
                None
            }
        }
    }

    /// A machine has been loaded: it begins, unless it needs an operator, whom it then waits for.
    #[inline(always)]
    fn wants_operator(&mut self, machine: u32) -> bool {
        let station = self.machines[machine as usize].station;
        let needs = self.stations[station as usize].needs_operator;
        if needs {
            self.requests.push_back(machine);
            if STATISTICS {
                self.machines[machine as usize].states.enter(WAITING, self.now);
            }
        } else {
            self.begin(machine);
        }
        needs
    }

    /// Gives operators that are free to those that have waited longest.
    #[inline(always)]
    fn grant(&mut self) {
        while self.operators > 0
            && let Some(machine) = self.requests.pop_front()
        {
            self.operators -= 1;
            if STATISTICS {
                self.busy_area -= i128::from(self.now);
                self.busy += 1;
            }
            self.begin(machine);
        }
    }

    #[inline(always)]
    fn begin(&mut self, machine: u32) {
        let m = &mut self.machines[machine as usize];
        if STATISTICS {
            m.states.enter(WORKING, self.now);
        }
        let step = self.items[m.item as usize].step;
        let end = self.now + self.steps[step as usize].cycle.draw(self.tables);
        self.tree.set(machine as usize, end);
    }

    /// What the run says until now.
    pub fn figures(&self) -> Figures {
        let now = self.now;
        let mut figures = Figures { events: self.events, left: self.left, ..Figures::default() };
        if STATISTICS {
            for s in &self.stations {
                figures.stations.push(Station { cycles: s.cycles, ..Station::default() });
                figures.buffers.push(s.levels.figures(s.queue.len() as u32, u32::MAX, now));
            }
            for m in &self.machines {
                let [starved, working, waiting] = m.states.spent(now);
                let total = &mut figures.stations[m.station as usize];
                total.starved += starved;
                total.working += working;
                total.waiting += waiting;
            }
            figures.arrivals = self.stays.iter().map(Left::figures).collect();
            figures.wip_area = self.wip_area + i128::from(self.inside) * i128::from(now);
            figures.busy_area = self.busy_area + i128::from(self.busy) * i128::from(now);
        }
        figures
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.events
    }
}
