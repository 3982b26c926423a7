//! W1, W2, W3 and W5 without events: the instants at which item `n` begins, ends and leaves at each machine follow
//! from those of the item before it and of the machines beside it.
//!
//! ```text
//! begin = max(ready, free)        when the item is there, and the machine
//! end   = begin + work            and the time it is down in between
//! leave = max(end, room)          room: the item `places` before it has begun at the next machine
//! ```

use flowline::runtime::ziggurat::ZigguratTables;

use super::draw::{Exponential, ziggurat};
use super::{Figures, Line, Station};

#[derive(Clone, Debug)]
struct Machine {
    cycle: Exponential,
    /// When its last item left.
    free: i64,
}

/// Sums of instants, all cut at the end of the run; times in each state are their differences.
#[derive(Clone, Debug, Default)]
struct Sums {
    begins: i64,
    ends: i64,
    leaves: i64,
    /// The last of the leaves.
    free: i64,
    cycles: u64,
    /// Times down while starved, working and blocked.
    down: [i64; 3],
}

/// Breakdowns of a machine: its next or present stop.
#[derive(Clone, Debug)]
struct Stops {
    fails: i64,
    repaired: i64,
    after: Exponential,
    repair: Exponential,
}

impl Stops {
    /// The next stop; how many of its two events lie within the run.
    fn next(&mut self, tables: &ZigguratTables, to: i64) -> u64 {
        self.fails = self.repaired + self.after.draw(tables);
        self.repaired = self.fails + self.repair.draw(tables);
        u64::from(self.fails <= to) + u64::from(self.repaired <= to)
    }
}

/// A line in departures; parameters as of [`super::tandem::Tandem`].
pub struct Recursion<const ARRIVALS: bool, const FAILURES: bool, const STATISTICS: bool> {
    machines: Vec<Machine>,
    stops: Vec<Stops>,
    sums: Vec<Sums>,
    /// When each of the latest items began at each machine, a row for each item.
    begun: Vec<i64>,
    rows: usize,
    places: usize,
    every: Exponential,
    tables: &'static ZigguratTables,
}

impl<const ARRIVALS: bool, const FAILURES: bool, const STATISTICS: bool> Recursion<ARRIVALS, FAILURES, STATISTICS> {
    pub fn new(line: &Line, seed: u64, replication: u64) -> Self {
        let n = line.machines.len();
        let machine =
            |name: &String| Machine { cycle: Exponential::new(seed, replication, name, "cycle", line.cycle), free: 0 };
        let (after, repair) = line.failures.unwrap_or((1.0, 1.0));
        let stops = |name: &String| Stops {
            fails: 0,
            repaired: 0,
            after: Exponential::new(seed, replication, &format!("{name}#1"), "failure.after", after),
            repair: Exponential::new(seed, replication, &format!("{name}#1"), "failure.repair", repair),
        };
        let rows = (line.places as usize).next_power_of_two();
        Recursion {
            machines: line.machines.iter().map(machine).collect(),
            stops: if FAILURES { line.machines.iter().map(stops).collect() } else { Vec::new() },
            sums: vec![Sums::default(); n],
            begun: vec![0; rows * (n + 1)],
            rows,
            places: line.places as usize,
            every: Exponential::new(seed, replication, "arrivals", "every", line.every.unwrap_or(1.0)),
            tables: ziggurat(),
        }
    }

    /// Runs to a time, included. Without statistics it stops with the first item that leaves the line later; with
    /// them, with the first that begins later.
    pub fn run(&mut self, to: i64) -> Figures {
        let tables = self.tables;
        let n = self.machines.len();
        let width = n + 1;
        // That a source which always has an item opens is an event.
        let mut figures = Figures { events: u64::from(!ARRIVALS), ..Figures::default() };
        for stops in &mut self.stops {
            figures.events += stops.next(tables, to);
        }
        let (mut born, mut item) = (0i64, 0usize);
        loop {
            let mut ready = born;
            let row = (item & (self.rows - 1)) * width;
            let before = (item.wrapping_sub(self.places) & (self.rows - 1)) * width;
            for j in 0..n {
                let m = &mut self.machines[j];
                let work = m.cycle.draw(tables);
                let mut begin = ready.max(m.free);
                let mut end = begin + work;
                // Behind the last machine there is always room.
                let room = if ARRIVALS { 0 } else { self.begun[before + j + 1] };
                let mut leave = end.max(room);
                if FAILURES && leave > self.stops[j].fails {
                    let stops = &mut self.stops[j];
                    let (within, events);
                    ([begin, end, leave], within, events) = stopped(stops, [m.free, begin, work, room], tables, to);
                    figures.events += events;
                    if STATISTICS {
                        self.sums[j].down.iter_mut().zip(within).for_each(|(sum, down)| *sum += down);
                    }
                }
                if !ARRIVALS {
                    self.begun[row + j] = begin;
                }
                m.free = leave;
                ready = leave;
                if STATISTICS {
                    let sums = &mut self.sums[j];
                    sums.begins = sums.begins.wrapping_add(begin.min(to));
                    sums.ends = sums.ends.wrapping_add(end.min(to));
                    sums.free = leave.min(to);
                    sums.leaves = sums.leaves.wrapping_add(sums.free);
                    sums.cycles += u64::from(end <= to);
                }
            }
            figures.left += u64::from(ready <= to);
            item += 1;
            let over = if STATISTICS { (if ARRIVALS { born } else { self.machines[0].free }) > to } else { ready > to };
            if over {
                break;
            }
            if ARRIVALS {
                born += self.every.draw(tables);
            }
        }
        if STATISTICS {
            figures.events += self.sums.iter().map(|s| s.cycles).sum::<u64>();
            // The last arrival is later than the end.
            figures.events += if ARRIVALS { item as u64 - 1 } else { 0 };
            figures.stations = self.sums.iter().map(Sums::station).collect();
        } else {
            figures.events += item as u64 * (n as u64 + u64::from(ARRIVALS));
        }
        figures
    }
}

impl Sums {
    fn station(&self) -> Station {
        let [starved, working, blocked] = self.down;
        Station {
            working: self.ends.wrapping_sub(self.begins) - working,
            blocked: self.leaves.wrapping_sub(self.ends) - blocked,
            starved: self.begins.wrapping_sub(self.leaves.wrapping_sub(self.free)) - starved,
            waiting: 0,
            down: self.down.iter().sum(),
            cycles: self.cycles,
        }
    }
}

/// Begin, end and leaving of an item while whose stay the machine stands still, the times down while starved, working
/// and blocked, and how many events of later stops lie within the run.
#[cold]
#[inline(never)]
fn stopped(
    stops: &mut Stops,
    [free, mut begin, work, room]: [i64; 4],
    tables: &ZigguratTables,
    to: i64,
) -> ([i64; 3], [i64; 3], u64) {
    let mut events = 0;
    let mut down = [0; 3];
    let cut = |from: i64, until: i64| until.min(to) - from.min(to);
    // A machine that is down is not loaded.
    while stops.fails <= begin {
        begin = begin.max(stops.repaired);
        down[0] += cut(stops.fails.max(free), stops.repaired);
        events += stops.next(tables, to);
    }
    let mut end = begin + work;
    while stops.fails < end {
        end += stops.repaired - stops.fails;
        down[1] += cut(stops.fails, stops.repaired);
        events += stops.next(tables, to);
    }
    // It may leave a machine that is down; what is left of the stop is counted with the next item.
    let leave = end.max(room);
    while stops.fails < leave {
        down[2] += cut(stops.fails, stops.repaired.min(leave));
        if stops.repaired > leave {
            stops.fails = leave;
            break;
        }
        events += stops.next(tables, to);
    }
    ([begin, end, leave], down, events)
}
