//! Lines with limited places: every two neighbours with the places between them are a line of their own,
//! whose first machine stands for all before it and whose second for all behind it (decomposition: Gershwin
//! 1987, Operations Research 35; Dallery, David and Xie 1988, IIE Transactions 20; for exponential work
//! Hillier and Boling 1967). Machines that stand for others are known by mean and spread (van Vuuren, Adan
//! and Resing-Sassen 2005). It knows trees of stations: what is put together and taken apart, shares and
//! merges, but no lots.

use std::collections::BTreeMap;

use crate::ir::ids::Id;
use crate::ir::{Capacity, NodeId, NodeKind, WhenFull};

use super::floor::Floor;
use super::pair::{Moments, Pair, STAGES, Staged, many, pair};
use super::{BufferEstimate, Found, StationEstimate};

/// Places that stand for any number.
const UNLIMITED: u64 = 300;

/// Passes over the line before the estimate is given up.
const PASSES: usize = 2000;

/// Change of all waits in a pass, over the longest time, that counts as none: far below the error of the method.
const SAME: f64 = 1e-5;

/// Passes that the next guess is made from.
const REMEMBERED: usize = 8;

/// A machine of the decomposition: a station, or a source with a time between items.
struct Machine {
    node: usize,
    machines: u64,
    time: Moments,
    inputs: Vec<usize>,
    /// Links out, each with the items it gets per run.
    outputs: Vec<(usize, f64)>,
    /// Items per run that leave the line.
    leave: Vec<(usize, f64)>,
    loses: bool,
}

/// Places between machines.
struct Link {
    /// The buffer, if it has one.
    node: Option<usize>,
    places: u64,
    from: Vec<usize>,
    to: usize,
    pair: Pair,
}

/// The line as machines and links.
#[derive(Default)]
pub(super) struct Net {
    machines: Vec<Machine>,
    links: Vec<Link>,
    /// Buffers that are always full, with their places.
    kept_full: Vec<(usize, u64)>,
    /// What was simplified.
    pub assumed: Vec<String>,
}

impl Net {
    /// The machines and links of a line.
    ///
    /// # Errors
    /// Why it is none of this kind.
    pub fn of(floor: &Floor) -> Result<Net, Vec<String>> {
        let plant = floor.plant;
        let mut net = Net::default();
        let mut why = Vec::new();
        let mut machine_of: BTreeMap<usize, usize> = BTreeMap::new();
        if plant.limits.values().any(|l| !l.is_uncounted()) {
            why.push("limits of items, or pallets, hold stations together that are no neighbours".to_string());
        }
        if !plant.routes.is_empty() {
            why.push("items of routes come to a station more than once".to_string());
        }
        for node in plant.nodes.values() {
            if let NodeKind::Buffer(b) = &node.kind
                && b.initial.iter().any(|(_, n)| *n > 0)
            {
                why.push(format!("`{}` holds items at the beginning, which may go round", node.name));
            }
        }
        for node in floor.delays.keys() {
            why.push(format!("items are under way in `{}`", floor.name(*node)));
        }
        for server in &floor.servers {
            machine_of.insert(server.node, net.machines.len());
            if server.batch > 1 {
                why.push(format!("`{}` works on several items at once", floor.name(server.node)));
            }
            net.machines.push(Machine {
                node: server.node,
                machines: server.machines,
                time: Moments::central(server.effective.mean, server.effective.variance(), server.third),
                inputs: Vec::new(),
                outputs: Vec::new(),
                leave: Vec::new(),
                loses: false,
            });
        }
        for (node, interval) in &floor.sources {
            let Some(time) = interval else { continue };
            let full = match plant.nodes.get(NodeId::new(*node)).map(|n| &n.kind) {
                Some(NodeKind::Source(source)) => source.when_full,
                _ => WhenFull::Pause,
            };
            machine_of.insert(*node, net.machines.len());
            net.machines.push(Machine {
                node: *node,
                machines: 1,
                time: Moments::central(time.mean, time.variance(), time.third()),
                inputs: Vec::new(),
                outputs: Vec::new(),
                leave: Vec::new(),
                loses: full == WhenFull::Lose,
            });
        }
        for (node, _) in floor.sources.iter().filter(|(_, interval)| interval.is_none()) {
            net.supply(floor, *node, &mut why);
        }
        net.connect(floor, &machine_of, &mut why);
        why.sort();
        why.dedup();
        if why.is_empty() { Ok(net) } else { Err(why) }
    }

    /// What a source keeps full that always has an item ready.
    fn supply(&mut self, floor: &Floor, source: usize, why: &mut Vec<String>) {
        let behind: Vec<usize> = floor.flows.keys().filter(|(f, _)| *f == source).map(|(_, t)| *t).collect();
        let [behind] = behind.as_slice() else {
            why.push(format!("`{}` shares its items out, and waits for the one that has no room", floor.name(source)));
            return;
        };
        let others = floor.flows.keys().filter(|(_, t)| t == behind).count() > 1;
        match floor.plant.nodes.get(NodeId::new(*behind)).map(|n| &n.kind) {
            Some(NodeKind::Buffer(_)) if others => {
                why.push(format!("`{}` always has an item ready for a place that others need", floor.name(source)));
            }
            Some(NodeKind::Buffer(buffer)) => match buffer.capacity {
                Capacity::Places(n) => self.kept_full.push((*behind, n)),
                Capacity::Unlimited => {
                    why.push(format!("`{}` fills `{}` without end", floor.name(source), floor.name(*behind)))
                }
            },
            _ => {}
        }
    }

    /// Follows each way out of a machine to the next machine, or out of the line.
    fn connect(&mut self, floor: &Floor, machine_of: &BTreeMap<usize, usize>, why: &mut Vec<String>) {
        let mut by_buffer: BTreeMap<usize, usize> = BTreeMap::new();
        for from in 0..self.machines.len() {
            let node = self.machines[from].node;
            let runs = match floor.server(node) {
                Some(server) => server.rate,
                None => floor.flows.iter().filter(|((f, _), _)| *f == node).map(|(_, r)| r).sum(),
            };
            let out: Vec<(usize, f64)> =
                floor.flows.iter().filter(|((f, _), _)| *f == node).map(|((_, t), r)| (*t, *r)).collect();
            for (to, rate) in out {
                let share = if runs > 0.0 { rate / runs } else { 0.0 };
                if share > 1.0 + 1e-9 {
                    why.push(format!("a run of `{}` gives several items to one way", floor.name(node)));
                }
                match floor.plant.nodes.get(NodeId::new(to)).map(|n| &n.kind) {
                    Some(NodeKind::Sink) => self.machines[from].leave.push((to, share)),
                    Some(NodeKind::Station(_)) => {
                        let Some(next) = machine_of.get(&to) else { continue };
                        self.link(None, 0, from, *next, share);
                    }
                    Some(NodeKind::Buffer(buffer)) => {
                        let behind: Vec<usize> =
                            floor.flows.keys().filter(|(f, _)| *f == to).map(|(_, t)| *t).collect();
                        let [behind] = behind.as_slice() else {
                            why.push(format!("`{}` feeds several stations", floor.name(to)));
                            continue;
                        };
                        let places = match (buffer.capacity, self.waits_outside(floor, from)) {
                            (Capacity::Places(n), false) => n,
                            _ => {
                                let text = format!("`{}` is taken to have {UNLIMITED} places", floor.name(to));
                                self.assumed.push(text);
                                UNLIMITED
                            }
                        };
                        match (floor.plant.nodes.get(NodeId::new(*behind)).map(|n| &n.kind), machine_of.get(behind)) {
                            (Some(NodeKind::Sink), _) => self.machines[from].leave.push((*behind, share)),
                            (_, Some(next)) => match by_buffer.get(&to) {
                                Some(link) => {
                                    self.links[*link].from.push(from);
                                    self.machines[from].outputs.push((*link, share));
                                }
                                None => {
                                    by_buffer.insert(to, self.links.len());
                                    self.link(Some(to), places, from, *next, share);
                                }
                            },
                            _ => why.push(format!("`{}` leads into another buffer", floor.name(to))),
                        }
                    }
                    _ => {}
                }
            }
        }
        for machine in &self.machines {
            let parts = match floor.plant.nodes.get(NodeId::new(machine.node)).map(|n| &n.kind) {
                Some(NodeKind::Station(s)) => {
                    let takes = s.recipes.first().map_or(0, |r| r.takes.len());
                    if s.recipes.iter().flat_map(|r| &r.takes).any(|p| p.maximum > 1) {
                        why.push(format!("`{}` works on several items at once", floor.name(machine.node)));
                    }
                    takes.max(1)
                }
                _ => continue,
            };
            if machine.inputs.len() > parts {
                why.push(format!("several ways compete for `{}`", floor.name(machine.node)));
            }
        }
    }

    /// Whether what finds no room waits outside without limit.
    fn waits_outside(&self, floor: &Floor, from: usize) -> bool {
        let node = self.machines.get(from).map_or(0, |m| m.node);
        matches!(floor.plant.nodes.get(NodeId::new(node)).map(|n| &n.kind),
            Some(NodeKind::Source(s)) if s.when_full == WhenFull::Queue)
    }

    fn link(&mut self, node: Option<usize>, places: u64, from: usize, to: usize, share: f64) {
        let at = self.links.len();
        self.links.push(Link { node, places, from: vec![from], to, pair: Pair::default() });
        self.machines[from].outputs.push((at, share));
        self.machines[to].inputs.push(at);
    }

    /// The time of a run with its waits at all links but one.
    fn run(&self, machine: usize, but: usize) -> Moments {
        let own = &self.machines[machine];
        let starved = own.inputs.iter().filter(|l| **l != but).map(|l| self.links[*l].pair.starved);
        let blocked = own.outputs.iter().filter(|(l, _)| *l != but).map(|(l, q)| self.links[*l].pair.blocked.with(*q));
        starved.chain(blocked).fold(own.time, Moments::and)
    }

    /// Time between items that a machine brings to a link, were there always room.
    fn brings(&self, machine: usize, link: usize) -> Moments {
        let share = self.machines[machine].outputs.iter().find(|(l, _)| *l == link).map_or(1.0, |(_, share)| *share);
        self.run(machine, link).until(share.clamp(1e-9, 1.0))
    }

    /// Time from taking an item from a link until the next is taken, were there always one.
    fn takes(&self, machine: usize, link: usize) -> Moments {
        self.run(machine, link)
    }

    /// The waits at all links, six numbers each.
    fn waits_of_links(&self) -> Vec<f64> {
        let three = |m: Moments| [m.mean, m.square, m.cube];
        self.links.iter().flat_map(|l| [l.pair.starved, l.pair.blocked]).flat_map(three).collect()
    }

    /// Sets them, as far as they can be waits.
    fn set_waits(&mut self, values: &[f64]) {
        for (link, six) in self.links.iter_mut().zip(values.chunks(6)) {
            let wait = |mean: f64, square: f64, cube: f64| {
                let mean = mean.max(0.0);
                let square = square.max(mean * mean);
                Moments { mean, square, cube: cube.max(if mean > 0.0 { square * square / mean } else { 0.0 }) }
            };
            if let [a, b, c, d, e, f] = six {
                (link.pair.starved, link.pair.blocked) = (wait(*a, *b, *c), wait(*d, *e, *f));
            }
        }
    }

    fn solve(&self, link: usize) -> Pair {
        let Link { places, from, to, .. } = &self.links[link];
        let second = self.takes(*to, link);
        let down = self.machines[*to].machines;
        let [first] = from.as_slice() else {
            // What several bring is taken as one stream that is slowed down as some of them wait.
            let rate: f64 = from.iter().map(|m| self.machines[*m].machines as f64 / self.brings(*m, link).mean).sum();
            let machines: u64 = from.iter().map(|m| self.machines[*m].machines).sum();
            return many((machines as f64 / rate, machines), (second.mean, down), *places);
        };
        let own = &self.machines[*first];
        let first = self.brings(*first, link);
        if own.machines == 1 && down == 1 {
            pair(&Staged::of(first), &Staged::of(second), *places, own.loses)
        } else if own.loses && own.machines == 1 {
            lossy(first.mean, (second.mean, down), *places)
        } else {
            many((first.mean, own.machines), (second.mean, down), *places)
        }
    }
}

/// Arrivals that are lost where there is no room, before several machines.
fn lossy(interval: f64, (time, machines): (f64, u64), places: u64) -> Pair {
    // Items inside are all there is: one place less than with a machine that holds its finished item.
    if places > 0 {
        return many((interval, 1), (time, machines), places - 1);
    }
    let mut lost = 1.0;
    let offered = time / interval;
    for n in 1..=machines {
        lost = offered * lost / (n as f64 + offered * lost);
    }
    let throughput = (1.0 - lost) / interval;
    let idle = machines as f64 - throughput * time;
    let wait = idle / throughput;
    Pair { throughput, starved: Moments::exponential(wait), full: lost, packed: lost, ..Pair::default() }
}

/// Throughput, waits and levels.
pub(super) fn estimate(floor: &Floor, mut net: Net) -> Found {
    let mut found = Found {
        method: "decomposition into pairs of machines (Gershwin 1987; Dallery, David and Xie 1988)".to_string(),
        assumed: std::mem::take(&mut net.assumed),
        ..Found::default()
    };
    let longest = net.machines.iter().map(|m| m.time.mean).fold(1e-12, f64::max);
    let settled = settle(&mut net, longest);
    if !settled {
        found.outside.push("the decomposition does not settle".to_string());
        return found;
    }
    if net.machines.iter().any(|m| m.machines > 1) {
        found.assumed.push("work of machines in parallel is taken as exponential".to_string());
    }
    if net.links.iter().any(|l| l.from.len() > 1) {
        found.assumed.push("what comes together is taken as one stream".to_string());
    }
    let low = |m: &Machine| {
        let square = m.time.mean * m.time.mean;
        m.time.square - square < square * (1.0 / STAGES as f64 - 1e-12)
    };
    if net.machines.iter().any(low) && !net.links.is_empty() {
        found.assumed.push(format!("spreads below 1/{STAGES} are taken as 1/{STAGES}"));
    }
    report(floor, &net, &mut found);
    found
}

/// Passes down the line and back until nothing changes; whether that came to be. Of long lines a pass changes little,
/// so that the next guess is made from the last few (Anderson 1965).
fn settle(net: &mut Net, longest: f64) -> bool {
    let links = net.links.len();
    let mut history: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..PASSES {
        let before = net.waits_of_links();
        for link in (0..links).chain((0..links).rev()) {
            net.links[link].pair = net.solve(link);
        }
        let after = net.waits_of_links();
        let change: Vec<f64> = after.iter().zip(&before).map(|(x, y)| x - y).collect();
        // Only the means are in seconds.
        if change.chunks(3).all(|c| c.first().is_none_or(|mean| mean.abs() < SAME * longest)) {
            return true;
        }
        history.push((after.clone(), change));
        if history.len() > REMEMBERED {
            history.remove(0);
        }
        if let Some(guess) = extrapolate(&history) {
            net.set_waits(&guess);
        }
    }
    false
}

/// The combination of the last passes whose changes add up to least.
fn extrapolate(history: &[(Vec<f64>, Vec<f64>)]) -> Option<Vec<f64>> {
    let ((last, change), earlier) = history.split_last().map(|(l, e)| ((&l.0, &l.1), e))?;
    let n = earlier.len();
    if n < 2 {
        return None;
    }
    // Least squares over the differences to the last change, a little damped.
    let differences: Vec<Vec<f64>> =
        earlier.iter().map(|(_, c)| c.iter().zip(change).map(|(x, y)| x - y).collect()).collect();
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(p, q)| p * q).sum::<f64>();
    let mut matrix: Vec<Vec<f64>> =
        differences.iter().map(|x| differences.iter().map(|y| dot(x, y)).collect()).collect();
    let mut right: Vec<f64> = differences.iter().map(|x| -dot(x, change)).collect();
    let trace: f64 = (0..n).map(|k| matrix[k][k]).sum();
    (0..n).for_each(|k| matrix[k][k] += 1e-12 * trace);
    for k in 0..n {
        let (pivot, own) = (matrix[k].clone(), right[k]);
        for i in k + 1..n {
            let factor = matrix[i][k] / pivot[k];
            matrix[i].iter_mut().zip(&pivot).for_each(|(v, w)| *v -= factor * w);
            right[i] -= factor * own;
        }
    }
    for k in (0..n).rev() {
        let rest: f64 = (k + 1..n).map(|j| matrix[k][j] * right[j]).sum();
        right[k] = (right[k] - rest) / matrix[k][k];
    }
    let sum: f64 = right.iter().map(|w| w.abs()).sum();
    if !sum.is_finite() || sum > 1e4 {
        return None;
    }
    let mut guess = last.clone();
    for (weight, (values, _)) in right.iter().zip(earlier) {
        guess.iter_mut().zip(values.iter().zip(last)).for_each(|(g, (v, l))| *g += weight * (v - l));
    }
    Some(guess)
}

fn report(floor: &Floor, net: &Net, found: &mut Found) {
    let mut thrown: BTreeMap<usize, f64> = BTreeMap::new();
    let mut wip = 0.0;
    for (at, machine) in net.machines.iter().enumerate() {
        let all = net.run(at, usize::MAX).mean;
        let runs = if all > 0.0 { machine.machines as f64 / all } else { 0.0 };
        for (sink, share) in &machine.leave {
            *thrown.entry(*sink).or_default() += runs * share;
        }
        let Some(server) = floor.server(machine.node) else { continue };
        let blocked: f64 = machine.outputs.iter().map(|(l, q)| net.links[*l].pair.blocked.mean * q).sum();
        let starved: f64 = machine.inputs.iter().map(|l| net.links[*l].pair.starved.mean).sum();
        let parts = machine.inputs.len().max(1) as f64;
        wip += runs * (machine.time.mean + blocked) * parts;
        let level: f64 = machine.inputs.iter().map(|l| net.links[*l].pair.level).sum();
        found.stations.push(StationEstimate {
            name: floor.name(machine.node).to_string(),
            process: server.effective,
            available: server.available,
            utilisation: runs * machine.time.mean / machine.machines as f64,
            starved: Some(runs * starved / machine.machines as f64),
            blocked: Some(runs * blocked / machine.machines as f64),
            wait_s: (runs > 0.0 && !machine.inputs.is_empty()).then(|| level / (runs * parts)),
            queue: (!machine.inputs.is_empty()).then_some(level),
            ..StationEstimate::default()
        });
    }
    for link in &net.links {
        wip += link.pair.level;
        if let Some(node) = link.node {
            if link.places == UNLIMITED && link.pair.full > 1e-4 {
                let name = floor.name(node);
                found
                    .assumed
                    .push(format!("`{name}` fills up: where it has no limit, what is in it grows without end"));
            }
            found.buffers.push(BufferEstimate {
                name: floor.name(node).to_string(),
                mean: link.pair.level,
                full: link.pair.packed,
            });
        }
    }
    for (node, places) in &net.kept_full {
        let name = floor.name(*node).to_string();
        wip += *places as f64;
        found.buffers.push(BufferEstimate { name, mean: *places as f64, full: 1.0 });
    }
    for (id, node) in floor.plant.nodes.iter().filter(|(_, n)| matches!(n.kind, NodeKind::Sink)) {
        found.throughput.push((node.name.clone(), thrown.get(&id.index()).copied().unwrap_or(0.0)));
    }
    let born: f64 = found.throughput.iter().map(|(_, rate)| rate).sum();
    found.wip = Some(wip);
    if born > 0.0 && net.machines.iter().all(|m| m.inputs.len() <= 1 && m.outputs.len() <= 1) {
        found.time_in_system_s = Some(wip / born);
    }
}
