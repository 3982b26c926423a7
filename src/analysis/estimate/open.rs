//! Lines in which everything that comes is worked on some time: stations as queues whose arrivals and work
//! are known by mean and spread (Whitt 1983, The Queueing Network Analyzer, Bell System Technical Journal
//! 62). It knows no limits of places.

use std::collections::BTreeMap;

use crate::ir::ids::Id;
use crate::ir::{Capacity, NodeId, NodeKind, WhenFull};

use super::floor::{Floor, Spread};
use super::{Found, StationEstimate};

/// Sweeps over the spreads of all arrivals.
const SWEEPS: usize = 1000;

/// Below this change a sweep has changed nothing.
const SAME: f64 = 1e-10;

/// Why the line is not one of queues without limit; empty if it is.
pub(super) fn why_not(floor: &Floor) -> Vec<String> {
    let mut found = Vec::new();
    for (source, interval) in &floor.sources {
        if interval.is_none() {
            found.push(format!("`{}` always has an item ready, so that the line is never behind", floor.name(*source)));
        }
    }
    for (id, node) in floor.plant.nodes.iter() {
        let NodeKind::Station(station) = &node.kind else { continue };
        if station.recipes.iter().any(|r| r.takes.len() > 1) {
            found.push(format!("`{}` waits for several parts", node.name));
        }
        for (from, _) in floor.flows.keys().filter(|(_, to)| *to == id.index()) {
            if !waits_without_limit(floor, *from) {
                found.push(format!(
                    "items wait for `{}` in a limited number of places, behind `{}`",
                    node.name,
                    floor.name(*from)
                ));
            }
        }
    }
    found
}

/// Whether any number can wait in a node: an unlimited buffer, a source whose items wait outside, or a buffer
/// that only such a source fills.
fn waits_without_limit(floor: &Floor, node: usize) -> bool {
    match floor.plant.nodes.get(NodeId::new(node)).map(|n| &n.kind) {
        Some(NodeKind::Source(source)) => source.when_full == WhenFull::Queue,
        Some(NodeKind::Buffer(buffer)) if buffer.capacity == Capacity::Unlimited => true,
        Some(NodeKind::Buffer(_)) => {
            let mut feeders = floor.flows.keys().filter(|(_, to)| *to == node);
            let queue = |from: usize| match floor.plant.nodes.get(NodeId::new(from)).map(|n| &n.kind) {
                Some(NodeKind::Source(source)) => source.when_full == WhenFull::Queue,
                _ => false,
            };
            feeders.all(|(from, _)| queue(*from))
        }
        _ => false,
    }
}

/// The mean wait in a queue of m servers with arrivals and work of given spreads: exact for Poisson arrivals
/// at one server (Pollaczek 1930) and exponential work (Erlang 1917); else by the correction of Kraemer and
/// Langenbach-Belz (1976), and (c_a² + c_s²)/2 for several servers (Allen and Cunneen).
pub(super) fn wait(arrivals: Spread, work: Spread, servers: u64) -> Option<f64> {
    let m = servers as f64;
    let load = work.mean / (arrivals.mean * m);
    if load >= 1.0 {
        return None;
    }
    if load <= 0.0 {
        return Some(0.0);
    }
    // Erlang's delay formula by its recursion over servers.
    let offered = load * m;
    let mut lost = 1.0;
    for n in 1..=servers {
        lost = offered * lost / (n as f64 + offered * lost);
    }
    let delayed = lost / (1.0 - load * (1.0 - lost));
    let poisson = delayed * work.mean / (m * (1.0 - load));
    let both = arrivals.scv + work.scv;
    let factor = if servers == 1 && arrivals.scv < 1.0 && both > 0.0 {
        let spread = (1.0 - arrivals.scv) * (1.0 - arrivals.scv);
        libm::exp(-2.0 * (1.0 - load) * spread / (3.0 * load * both))
    } else {
        1.0
    };
    Some(poisson * both / 2.0 * factor)
}

/// Waits, queues and times of a line of queues.
pub(super) fn estimate(floor: &Floor) -> Found {
    let mut found = Found { method: "queueing network analyzer (Whitt 1983)".to_string(), ..Found::default() };
    let spreads = arrivals(floor);
    let mut wip = 0.0;
    let mut grows = false;
    for server in &floor.servers {
        let batch = server.batch as f64;
        let items = server.rate * batch;
        let load = server.rate * server.effective.mean / server.machines as f64;
        let mut station = StationEstimate {
            name: floor.name(server.node).to_string(),
            process: server.effective,
            available: server.available,
            arrivals_scv: spreads.get(&server.node).copied(),
            utilisation: load,
            ..StationEstimate::default()
        };
        if items > 0.0 {
            let scv = spreads.get(&server.node).copied().unwrap_or(1.0);
            // Batches come one in k items; their members have waited for it.
            let arrivals = Spread { mean: 1.0 / server.rate, scv: scv / batch };
            match wait(arrivals, server.effective, server.machines) {
                Some(seconds) => {
                    let seconds = seconds + (batch - 1.0) / (2.0 * items);
                    station.wait_s = Some(seconds);
                    station.queue = Some(seconds * items);
                    wip += items * (seconds + server.effective.mean);
                }
                None => grows = true,
            }
        }
        found.stations.push(station);
    }
    wip += floor.delays.iter().map(|(node, seconds)| floor.arriving(*node) * seconds).sum::<f64>();
    let born: f64 =
        floor.sources.values().filter_map(|s| s.map(|s| if s.mean > 0.0 { 1.0 / s.mean } else { 0.0 })).sum();
    for (id, node) in floor.plant.nodes.iter() {
        if matches!(node.kind, NodeKind::Sink) {
            found.throughput.push((node.name.clone(), floor.arriving(id.index())));
        }
    }
    if grows {
        found.outside.push("a station has more work than time: its queue grows without end".to_string());
    } else if born > 0.0 {
        found.wip = Some(wip);
        found.time_in_system_s = Some(wip / born);
    }
    found
}

/// The squared coefficient of variation of the arrivals at every node: superposition, departures and splits of
/// Whitt (1983), equations 24 to 29 with 33 and 36, solved by sweeps.
fn arrivals(floor: &Floor) -> BTreeMap<usize, f64> {
    let mut into: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
    let mut out: BTreeMap<usize, f64> = BTreeMap::new();
    for ((from, to), rate) in floor.flows.iter().filter(|(_, rate)| **rate > 0.0) {
        into.entry(*to).or_default().push((*from, *rate));
        *out.entry(*from).or_default() += rate;
    }
    let load = |node: usize| floor.server(node).map(|s| s.rate * s.effective.mean / s.machines as f64);
    // How busy the station is that a stream meets, be it behind a buffer.
    let meets = |node: usize| {
        let behind =
            || floor.flows.keys().filter(|(from, _)| *from == node).filter_map(|(_, to)| load(*to)).reduce(f64::max);
        load(node).or_else(behind).unwrap_or(0.0).min(1.0)
    };
    let mut spreads: BTreeMap<usize, f64> = into.keys().map(|node| (*node, 1.0)).collect();
    for _ in 0..SWEEPS {
        let mut change = 0.0f64;
        for (node, list) in &into {
            let all: f64 = list.iter().map(|(_, rate)| rate).sum();
            let mut sum = 0.0;
            let mut squares = 0.0;
            for (from, rate) in list {
                let share = rate / out.get(from).copied().unwrap_or(*rate);
                let departs = departures(floor, *from, &spreads);
                // A stream that takes a share at random becomes more like Poisson.
                sum += rate / all * (share * departs + 1.0 - share);
                squares += (rate / all) * (rate / all);
            }
            let busy = meets(*node);
            let streams = 1.0 / squares;
            let weight = 1.0 / (1.0 + 4.0 * (1.0 - busy) * (1.0 - busy) * (streams - 1.0));
            let new = weight * sum + 1.0 - weight;
            let old = spreads.insert(*node, new).unwrap_or(new);
            change = change.max((new - old).abs());
        }
        if change < SAME {
            break;
        }
    }
    spreads
}

/// The spread of what leaves a node.
fn departures(floor: &Floor, node: usize, spreads: &BTreeMap<usize, f64>) -> f64 {
    if let Some(Some(interval)) = floor.sources.get(&node) {
        return interval.scv;
    }
    let arriving = spreads.get(&node).copied().unwrap_or(1.0);
    let Some(server) = floor.server(node) else { return arriving };
    let load = (server.rate * server.effective.mean / server.machines as f64).min(1.0);
    let square = load * load;
    let work = 1.0 + (server.effective.scv.max(0.2) - 1.0) / (server.machines as f64).sqrt();
    // A batch leaves as a row of items at once: k times the spread of its runs.
    let batch = server.batch as f64;
    (square * work + (1.0 - square) * arriving / batch) * batch + (batch - 1.0)
}
