//! W1, W2, W3 and W5 without events: the instants at which item `n` begins, ends and leaves at each machine follow
//! from those of the item before it and of the machines beside it.
//!
//! ```text
//! begin = max(ready, free)        when the item is there, and the machine
//! end   = begin + work            and the time it is down in between
//! leave = max(end, room)          room: the item `places` before it has begun at the next machine
//! ```
//!
//! `L` replications are computed side by side, one in each lane of wide registers; with `L` = 1 it is the recursion
//! of one replication. Times are integers in floats, exact to 2^53 ns (104 days): of floats every processor takes the
//! larger without a branch, which it could only guess, and in wide registers.

#![allow(clippy::needless_range_loop)] // a loop over the lanes of several arrays is one instruction on wide registers

use flowline::runtime::random::{Stream, stream_seed};
use flowline::runtime::ziggurat::{ZigguratTables, exponential_slow};

use super::draw::{ROUNDING, ziggurat};
use super::{Figures, Line, Station};

/// A time of each replication.
type Times<const L: usize> = [f64; L];

/// Streams of all replications, word by word.
#[derive(Clone, Debug)]
struct Streams<const L: usize>([[u64; L]; 4]);

impl<const L: usize> Streams<L> {
    fn new(seed: u64, entity: &str, purpose: &str) -> Streams<L> {
        let streams: [Stream; L] = std::array::from_fn(|r| stream_seed(seed, r as u64, entity, purpose, 0));
        Streams(std::array::from_fn(|word| streams.map(|stream| stream[word])))
    }

    /// The next word of each stream: xoshiro256++.
    #[inline(always)]
    fn next(&mut self) -> [u64; L] {
        let mut words = [0; L];
        let [s0, s1, s2, s3] = &mut self.0;
        for l in 0..L {
            words[l] = s0[l].wrapping_add(s3[l]).rotate_left(23).wrapping_add(s0[l]);
            let (mixed2, mixed3) = (s2[l] ^ s0[l], s3[l] ^ s1[l]);
            s2[l] = mixed2 ^ (s1[l] << 17);
            s0[l] ^= mixed3;
            s1[l] ^= mixed2;
            s3[l] = mixed3.rotate_left(45);
        }
        words
    }

    /// The next exponential time of each stream, in ticks.
    #[inline(always)]
    fn exponential(&mut self, mean: f64, tables: &ZigguratTables) -> Times<L> {
        /// 2^52: an integer below it in the low bits makes a float of that much more.
        const SHIFTED: f64 = 4_503_599_627_370_496.0;
        let words = self.next();
        let mut times = [0.0; L];
        let mut places = [0; L];
        let (mut limits, mut widths) = ([0; L], [0.0; L]);
        for l in 0..L {
            let layer = tables.exponential[((words[l] & ZigguratTables::EXPONENTIAL_MASK) >> 4) as usize];
            (limits[l], widths[l]) = (layer.limit, layer.width);
        }
        let mut refused = false;
        for l in 0..L {
            places[l] = words[l] >> ZigguratTables::EXPONENTIAL_SHIFT;
            times[l] = (f64::from_bits(places[l] | SHIFTED.to_bits()) - SHIFTED) * widths[l];
            refused |= places[l].cast_signed() >= limits[l].cast_signed();
        }
        if refused {
            again(&mut times, &words, &places, &limits);
        }
        for time in &mut times {
            *time = (mean * *time * 1e9 + ROUNDING) - ROUNDING;
        }
        times
    }
}

/// Draws the lanes again that the fast path of the ziggurat has refused.
#[cold]
#[inline(never)]
fn again<const L: usize>(times: &mut Times<L>, words: &[u64; L], places: &[u64; L], limits: &[u64; L]) {
    for l in 0..L {
        if places[l] >= limits[l] {
            times[l] = exponential_slow(words[l]);
        }
    }
}

#[inline(always)]
fn larger<const L: usize>(mut a: Times<L>, b: Times<L>) -> Times<L> {
    for l in 0..L {
        a[l] = if a[l] > b[l] { a[l] } else { b[l] };
    }
    a
}

#[inline(always)]
fn smaller<const L: usize>(mut a: Times<L>, b: Times<L>) -> Times<L> {
    for l in 0..L {
        a[l] = if a[l] < b[l] { a[l] } else { b[l] };
    }
    a
}

#[inline(always)]
fn sum<const L: usize>(mut a: Times<L>, b: Times<L>) -> Times<L> {
    for l in 0..L {
        a[l] += b[l];
    }
    a
}

/// Stops of a machine in all replications.
#[derive(Clone, Debug)]
struct Stops<const L: usize> {
    fails: Times<L>,
    repaired: Times<L>,
    /// Streams of each replication, for they do not break down together.
    after: [Stream; L],
    repair: [Stream; L],
}

#[derive(Clone, Debug)]
#[repr(align(64))]
struct Machine<const L: usize> {
    cycle: Streams<L>,
    free: Times<L>,
    sums: Sums<L>,
}

/// Times in each state.
#[derive(Clone, Debug)]
struct Sums<const L: usize> {
    working: Times<L>,
    starved: Times<L>,
    blocked: Times<L>,
    down: [Times<L>; 3],
    cycles: Times<L>,
}

/// A line in departures, in replications numbered from 0; other parameters as of [`super::tandem::Tandem`].
pub struct Recursion<const L: usize, const ARRIVALS: bool, const FAILURES: bool, const STATISTICS: bool> {
    machines: Vec<Machine<L>>,
    stops: Vec<Stops<L>>,
    /// When each of the latest items began at each machine, a row for each item.
    begun: Vec<Times<L>>,
    rows: usize,
    places: usize,
    every: Streams<L>,
    line: Line,
    tables: &'static ZigguratTables,
}

impl<const L: usize, const ARRIVALS: bool, const FAILURES: bool, const STATISTICS: bool>
    Recursion<L, ARRIVALS, FAILURES, STATISTICS>
{
    pub fn new(line: &Line, seed: u64) -> Self {
        let machine =
            |name: &String| Machine { cycle: Streams::new(seed, name, "cycle"), free: [0.0; L], sums: Sums::NONE };
        let streams = |name: &String, purpose: &str| -> [Stream; L] {
            std::array::from_fn(|r| stream_seed(seed, r as u64, &format!("{name}#1"), purpose, 0))
        };
        let stops = |name: &String| Stops {
            fails: [0.0; L],
            repaired: [0.0; L],
            after: streams(name, "failure.after"),
            repair: streams(name, "failure.repair"),
        };
        let rows = (line.places as usize).next_power_of_two();
        Recursion {
            machines: line.machines.iter().map(machine).collect(),
            stops: if FAILURES { line.machines.iter().map(stops).collect() } else { Vec::new() },
            begun: vec![[0.0; L]; rows * (line.machines.len() + 1)],
            rows,
            places: line.places as usize,
            every: Streams::new(seed, "arrivals", "every"),
            line: line.clone(),
            tables: ziggurat(),
        }
    }

    /// Runs all replications to a time, included, with the widest registers of this processor. Without statistics a
    /// run stops with the first item that leaves the line later; with them, with the first that begins later.
    pub fn run(&mut self, to: i64) -> [Figures; L] {
        #[cfg(target_arch = "x86_64")]
        {
            if std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512dq") {
                // SAFETY: the processor has the features.
                return unsafe { self.run_avx512(to) };
            }
            if std::is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has the feature.
                return unsafe { self.run_avx2(to) };
            }
        }
        self.run_anywhere(to)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn run_avx2(&mut self, to: i64) -> [Figures; L] {
        self.run_anywhere(to)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn run_avx512(&mut self, to: i64) -> [Figures; L] {
        self.run_anywhere(to)
    }

    #[inline(always)]
    fn run_anywhere(&mut self, to: i64) -> [Figures; L] {
        let Recursion { machines, stops, begun, line, tables, .. } = self;
        let (machines, begun, tables) = (&mut machines[..], &mut begun[..], *tables);
        let n = machines.len();
        let width = n + 1;
        let end_of_run = [to as f64; L];
        let mut left = [0u64; L];
        // That a source which always has an item opens is an event.
        let mut events = [u64::from(!ARRIVALS); L];
        for stops in stops.iter_mut() {
            for l in 0..L {
                events[l] += next_stop(stops, l, line, tables, to as f64);
            }
        }
        let (mut born, mut item, mut arrived) = ([0.0; L], 0usize, [0u64; L]);
        loop {
            let mut ready: Times<L> = born;
            if ARRIVALS {
                for l in 0..L {
                    arrived[l] += u64::from(born[l] <= end_of_run[l]);
                }
            }
            let row = (item & (self.rows - 1)) * width;
            let before = (item.wrapping_sub(self.places) & (self.rows - 1)) * width;
            for (j, m) in machines.iter_mut().enumerate() {
                let work = m.cycle.exponential(line.cycle, tables);
                let mut begin = larger(ready, m.free);
                let mut end = sum(begin, work);
                // Behind the last machine there is always room.
                let room = if ARRIVALS { [0.0; L] } else { begun[before + j + 1] };
                let mut leave = larger(end, room);
                if FAILURES {
                    let stops = &mut stops[j];
                    let mut any = false;
                    for l in 0..L {
                        any |= leave[l] > stops.fails[l];
                    }
                    if any {
                        for l in 0..L {
                            if leave[l] <= stops.fails[l] {
                                continue;
                            }
                            let (times, within, counted) =
                                stopped(stops, l, [m.free[l], begin[l], work[l], room[l]], line, tables, to as f64);
                            [begin[l], end[l], leave[l]] = times;
                            events[l] += counted;
                            if STATISTICS {
                                for (sum, down) in m.sums.down.iter_mut().zip(within) {
                                    sum[l] += down;
                                }
                            }
                        }
                    }
                }
                if !ARRIVALS {
                    begun[row + j] = begin;
                }
                if STATISTICS {
                    let (begun, ended) = (smaller(begin, end_of_run), smaller(end, end_of_run));
                    let (free, left) = (smaller(m.free, end_of_run), smaller(leave, end_of_run));
                    for l in 0..L {
                        m.sums.starved[l] += begun[l] - free[l];
                        m.sums.working[l] += ended[l] - begun[l];
                        m.sums.blocked[l] += left[l] - ended[l];
                        m.sums.cycles[l] += if end[l] <= end_of_run[l] { 1.0 } else { 0.0 };
                    }
                }
                m.free = leave;
                ready = leave;
            }
            item += 1;
            let mut over = true;
            for l in 0..L {
                left[l] += u64::from(ready[l] <= end_of_run[l]);
                let last = match (STATISTICS, ARRIVALS) {
                    (true, true) => born[l],
                    (true, false) => machines[0].free[l],
                    (false, _) => ready[l],
                };
                over &= last > end_of_run[l];
            }
            if over {
                break;
            }
            if ARRIVALS {
                born = sum(born, self.every.exponential(line.every.unwrap_or(1.0), tables));
            }
        }
        std::array::from_fn(|l| {
            let mut figures = Figures { left: left[l], events: events[l], ..Figures::default() };
            if STATISTICS {
                figures.stations = machines.iter().map(|m| m.sums.station(l)).collect();
                figures.events += arrived[l] + figures.stations.iter().map(|s| s.cycles).sum::<u64>();
            } else {
                figures.events += item as u64 * (n as u64 + u64::from(ARRIVALS));
            }
            figures
        })
    }
}

impl<const L: usize> Sums<L> {
    const NONE: Sums<L> =
        Sums { working: [0.0; L], starved: [0.0; L], blocked: [0.0; L], down: [[0.0; L]; 3], cycles: [0.0; L] };

    fn station(&self, l: usize) -> Station {
        let [starved, working, blocked] = self.down.map(|down| down[l] as i64);
        Station {
            working: self.working[l] as i64 - working,
            blocked: self.blocked[l] as i64 - blocked,
            starved: self.starved[l] as i64 - starved,
            waiting: 0,
            down: starved + working + blocked,
            cycles: self.cycles[l] as u64,
        }
    }
}

fn one(stream: &mut Stream, mean: f64, tables: &ZigguratTables) -> f64 {
    super::draw::ticks(mean * tables.exponential(flowline::runtime::random::next(stream))) as f64
}

/// The next stop of a machine in a lane; how many of its two events lie within the run.
fn next_stop<const L: usize>(stops: &mut Stops<L>, l: usize, line: &Line, tables: &ZigguratTables, to: f64) -> u64 {
    let (after, repair) = line.failures.unwrap_or((1.0, 1.0));
    stops.fails[l] = stops.repaired[l] + one(&mut stops.after[l], after, tables);
    stops.repaired[l] = stops.fails[l] + one(&mut stops.repair[l], repair, tables);
    u64::from(stops.fails[l] <= to) + u64::from(stops.repaired[l] <= to)
}

/// Begin, end and leaving of an item while whose stay the machine of a lane stands still, the times down while
/// starved, working and blocked, and how many events of later stops lie within the run.
#[cold]
#[inline(never)]
fn stopped<const L: usize>(
    stops: &mut Stops<L>,
    l: usize,
    [free, mut begin, work, room]: [f64; 4],
    line: &Line,
    tables: &ZigguratTables,
    to: f64,
) -> ([f64; 3], [f64; 3], u64) {
    let mut events = 0;
    let mut down = [0.0; 3];
    let cut = |from: f64, until: f64| until.min(to) - from.min(to);
    // A machine that is down is not loaded.
    while stops.fails[l] <= begin {
        begin = begin.max(stops.repaired[l]);
        down[0] += cut(stops.fails[l].max(free), stops.repaired[l]);
        events += next_stop(stops, l, line, tables, to);
    }
    let mut end = begin + work;
    while stops.fails[l] < end {
        end += stops.repaired[l] - stops.fails[l];
        down[1] += cut(stops.fails[l], stops.repaired[l]);
        events += next_stop(stops, l, line, tables, to);
    }
    // It may leave a machine that is down; what is left of the stop is counted with the next item.
    let leave = end.max(room);
    while stops.fails[l] < leave {
        down[2] += cut(stops.fails[l], stops.repaired[l].min(leave));
        if stops.repaired[l] > leave {
            stops.fails[l] = leave;
            break;
        }
        events += next_stop(stops, l, line, tables, to);
    }
    ([begin, end, leave], down, events)
}
