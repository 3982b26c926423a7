//! The recursion of [`super::recursion`] for several replications at once, one in each lane of wide registers.
//!
//! Times are integers in floats, exact to 2^53 ns (104 days), which all processors take the larger of and add in
//! wide registers; so the results are those of the recursion one by one, bit for bit.

use flowline::runtime::random::{Stream, stream_seed};
use flowline::runtime::ziggurat::{ZigguratTables, exponential_slow};

use super::draw::{ROUNDING, ziggurat};
use super::{Figures, Line, Station};

/// Replications side by side.
pub const LANES: usize = 8;

/// A time of each replication.
type Times = [f64; LANES];

/// Streams of all replications, word by word.
#[derive(Clone, Debug)]
struct Streams([[u64; LANES]; 4]);

impl Streams {
    fn new(seed: u64, entity: &str, purpose: &str) -> Streams {
        let streams: [Stream; LANES] = std::array::from_fn(|r| stream_seed(seed, r as u64, entity, purpose, 0));
        Streams(std::array::from_fn(|word| streams.map(|stream| stream[word])))
    }

    /// The next word of each stream: xoshiro256++.
    #[inline(always)]
    fn next(&mut self) -> [u64; LANES] {
        let mut words = [0; LANES];
        let [s0, s1, s2, s3] = &mut self.0;
        for l in 0..LANES {
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
    fn exponential(&mut self, mean: f64, tables: &ZigguratTables) -> Times {
        /// 2^52: an integer below it in the low bits makes a float of that much more.
        const SHIFTED: f64 = 4_503_599_627_370_496.0;
        let words = self.next();
        let mut times = [0.0; LANES];
        let mut places = [0; LANES];
        let (mut limits, mut widths) = ([0; LANES], [0.0; LANES]);
        for l in 0..LANES {
            let layer = tables.exponential[((words[l] & ZigguratTables::EXPONENTIAL_MASK) >> 4) as usize];
            (limits[l], widths[l]) = (layer.limit, layer.width);
        }
        let mut refused = false;
        for l in 0..LANES {
            places[l] = words[l] >> ZigguratTables::EXPONENTIAL_SHIFT;
            times[l] = (f64::from_bits(places[l] | SHIFTED.to_bits()) - SHIFTED) * widths[l];
            refused |= places[l].cast_signed() >= limits[l].cast_signed();
        }
        if refused {
            again(&mut times, &words, &places, &limits);
        }
        times.map(|x| (mean * x * 1e9 + ROUNDING) - ROUNDING)
    }
}

/// Draws the lanes again that the fast path of the ziggurat has refused.
#[cold]
#[inline(never)]
fn again(times: &mut Times, words: &[u64; LANES], places: &[u64; LANES], limits: &[u64; LANES]) {
    for l in 0..LANES {
        if places[l] >= limits[l] {
            times[l] = exponential_slow(words[l]);
        }
    }
}

#[inline(always)]
fn larger(a: Times, b: Times) -> Times {
    std::array::from_fn(|l| if a[l] > b[l] { a[l] } else { b[l] })
}

#[inline(always)]
fn smaller(a: Times, b: Times) -> Times {
    std::array::from_fn(|l| if a[l] < b[l] { a[l] } else { b[l] })
}

#[inline(always)]
fn sum(a: Times, b: Times) -> Times {
    std::array::from_fn(|l| a[l] + b[l])
}

/// Stops of a machine in all replications.
#[derive(Clone, Debug)]
struct Stops {
    fails: Times,
    repaired: Times,
    /// Streams of each replication, for they do not break down together.
    after: [Stream; LANES],
    repair: [Stream; LANES],
}

#[derive(Clone, Debug)]
#[repr(align(64))]
struct Machine {
    cycle: Streams,
    free: Times,
    sums: Sums,
}

/// Times in each state; see [`super::recursion`].
#[derive(Clone, Debug, Default)]
struct Sums {
    working: Times,
    starved: Times,
    blocked: Times,
    down: [Times; 3],
    cycles: Times,
}

/// A line in departures of [`LANES`] replications, numbered from 0.
pub struct Lanes<const ARRIVALS: bool, const FAILURES: bool, const STATISTICS: bool> {
    machines: Vec<Machine>,
    stops: Vec<Stops>,
    /// When each of the latest items began at each machine, a row for each item.
    begun: Vec<Times>,
    rows: usize,
    places: usize,
    every: Streams,
    line: Line,
    tables: &'static ZigguratTables,
}

impl<const ARRIVALS: bool, const FAILURES: bool, const STATISTICS: bool> Lanes<ARRIVALS, FAILURES, STATISTICS> {
    pub fn new(line: &Line, seed: u64) -> Self {
        let machine = |name: &String| Machine {
            cycle: Streams::new(seed, name, "cycle"),
            free: [0.0; LANES],
            sums: Sums::default(),
        };
        let streams = |name: &String, purpose: &str| -> [Stream; LANES] {
            std::array::from_fn(|r| stream_seed(seed, r as u64, &format!("{name}#1"), purpose, 0))
        };
        let stops = |name: &String| Stops {
            fails: [0.0; LANES],
            repaired: [0.0; LANES],
            after: streams(name, "failure.after"),
            repair: streams(name, "failure.repair"),
        };
        let rows = (line.places as usize).next_power_of_two();
        Lanes {
            machines: line.machines.iter().map(machine).collect(),
            stops: if FAILURES { line.machines.iter().map(stops).collect() } else { Vec::new() },
            begun: vec![[0.0; LANES]; rows * (line.machines.len() + 1)],
            rows,
            places: line.places as usize,
            every: Streams::new(seed, "arrivals", "every"),
            line: line.clone(),
            tables: ziggurat(),
        }
    }

    /// Runs all replications to a time, included, with the widest registers of this processor.
    pub fn run(&mut self, to: i64) -> [Figures; LANES] {
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
    fn run_avx2(&mut self, to: i64) -> [Figures; LANES] {
        self.run_anywhere(to)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512dq")]
    fn run_avx512(&mut self, to: i64) -> [Figures; LANES] {
        self.run_anywhere(to)
    }

    #[inline(always)]
    fn run_anywhere(&mut self, to: i64) -> [Figures; LANES] {
        let tables = self.tables;
        let n = self.machines.len();
        let width = n + 1;
        let end_of_run = [to as f64; LANES];
        let mut left = [0u64; LANES];
        // That a source which always has an item opens is an event.
        let mut events = [u64::from(!ARRIVALS); LANES];
        for stops in &mut self.stops {
            for l in 0..LANES {
                events[l] += next_stop(stops, l, &self.line, tables, to as f64);
            }
        }
        let (mut born, mut item, mut arrived) = ([0.0; LANES], 0usize, [0u64; LANES]);
        loop {
            let mut ready: Times = born;
            if ARRIVALS {
                for l in 0..LANES {
                    arrived[l] += u64::from(born[l] <= end_of_run[l]);
                }
            }
            let row = (item & (self.rows - 1)) * width;
            let before = (item.wrapping_sub(self.places) & (self.rows - 1)) * width;
            for j in 0..n {
                let m = &mut self.machines[j];
                let work = m.cycle.exponential(self.line.cycle, tables);
                let mut begin = larger(ready, m.free);
                let mut end = sum(begin, work);
                // Behind the last machine there is always room.
                let room = if ARRIVALS { [0.0; LANES] } else { self.begun[before + j + 1] };
                let mut leave = larger(end, room);
                if FAILURES {
                    let stops = &mut self.stops[j];
                    let mut any = false;
                    for l in 0..LANES {
                        any |= leave[l] > stops.fails[l];
                    }
                    if any {
                        for l in 0..LANES {
                            if leave[l] <= stops.fails[l] {
                                continue;
                            }
                            let (times, within, counted) =
                                stopped(stops, l, [m.free[l], begin[l], work[l], room[l]], &self.line, tables, to as f64);
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
                    self.begun[row + j] = begin;
                }
                if STATISTICS {
                    let cut = [m.free, begin, end, leave].map(|times| smaller(times, end_of_run));
                    for l in 0..LANES {
                        m.sums.starved[l] += cut[1][l] - cut[0][l];
                        m.sums.working[l] += cut[2][l] - cut[1][l];
                        m.sums.blocked[l] += cut[3][l] - cut[2][l];
                        m.sums.cycles[l] += if end[l] <= end_of_run[l] { 1.0 } else { 0.0 };
                    }
                }
                m.free = leave;
                ready = leave;
            }
            item += 1;
            let mut over = true;
            for l in 0..LANES {
                left[l] += u64::from(ready[l] <= end_of_run[l]);
                let last = match (STATISTICS, ARRIVALS) {
                    (true, true) => born[l],
                    (true, false) => self.machines[0].free[l],
                    (false, _) => ready[l],
                };
                over &= last > end_of_run[l];
            }
            if over {
                break;
            }
            if ARRIVALS {
                born = sum(born, self.every.exponential(self.line.every.unwrap_or(1.0), tables));
            }
        }
        std::array::from_fn(|l| {
            let mut figures = Figures { left: left[l], events: events[l], ..Figures::default() };
            if STATISTICS {
                figures.stations = self.machines.iter().map(|m| m.sums.station(l)).collect();
                figures.events += arrived[l] + figures.stations.iter().map(|s| s.cycles).sum::<u64>();
            } else {
                figures.events += item as u64 * (n as u64 + u64::from(ARRIVALS));
            }
            figures
        })
    }
}

impl Sums {
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
fn next_stop(stops: &mut Stops, l: usize, line: &Line, tables: &ZigguratTables, to: f64) -> u64 {
    let (after, repair) = line.failures.unwrap_or((1.0, 1.0));
    stops.fails[l] = stops.repaired[l] + one(&mut stops.after[l], after, tables);
    stops.repaired[l] = stops.fails[l] + one(&mut stops.repair[l], repair, tables);
    u64::from(stops.fails[l] <= to) + u64::from(stops.repaired[l] <= to)
}

/// As `stopped` of [`super::recursion`], in one lane.
#[cold]
#[inline(never)]
fn stopped(
    stops: &mut Stops,
    l: usize,
    [free, mut begin, work, room]: [f64; 4],
    line: &Line,
    tables: &ZigguratTables,
    to: f64,
) -> ([f64; 3], [f64; 3], u64) {
    let mut events = 0;
    let mut down = [0.0; 3];
    let cut = |from: f64, until: f64| until.min(to) - from.min(to);
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
