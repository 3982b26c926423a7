//! Lines in which a fixed number of items, or of cards, goes round: mean value analysis (Reiser and
//! Lavenberg 1980, Journal of the ACM 27), exact for exponential work and queues in order of arrival. It
//! knows no limits of places: a loop whose places can be full is none of it.

use crate::ir::ids::Id;
use crate::ir::{Capacity, NodeId, NodeKind};

use super::floor::{Floor, Server};
use super::{Found, StationEstimate};
use crate::analysis::cards::limit_region;
use crate::analysis::network::Term;

/// Steps (items × stations × machines) up to which the recursion is done item by item.
const STEPS: u64 = 2_000_000;

/// What goes round.
pub(super) struct Loop {
    /// Items or cards.
    pub count: u64,
    /// Where: nodes inside.
    pub nodes: Vec<usize>,
    /// The rate all rates in the loop are compared with, at the point.
    pub rate: f64,
    /// The station that takes the cards itself: what waits there in the model is cards, and no item holds one.
    pub takes_cards: Option<usize>,
}

/// The loop a line is; or why it is none; `Ok(None)` where nothing goes round.
pub(super) fn of(floor: &Floor) -> Result<Option<Loop>, Vec<String>> {
    let plant = floor.plant;
    let initial: u64 = plant
        .nodes
        .values()
        .filter_map(|n| if let NodeKind::Buffer(b) = &n.kind { Some(b) } else { None })
        .flat_map(|b| &b.initial)
        .map(|(_, n)| *n)
        .sum();
    let limits: Vec<_> = plant.limits.iter().filter(|(_, l)| !l.is_uncounted()).collect();
    if initial == 0 && limits.is_empty() {
        return Ok(None);
    }
    let mut why = Vec::new();
    let mut nodes: Vec<usize> = Vec::new();
    let (count, rate) = match limits.as_slice() {
        [] => {
            if !floor.sources.is_empty() {
                why.push("items from sources come into a loop of items that are there from the beginning".to_string());
            }
            nodes = (0..plant.nodes.len()).collect();
            (initial, floor.servers.iter().map(|s| s.rate).fold(0.0, f64::max))
        }
        [(id, limit)] => {
            if initial > 0 || limit.back.is_some() || limit.clearance.is_some() {
                why.push(format!(
                    "`{}` comes together with items at the beginning, late returns or clearance",
                    limit.name
                ));
            }
            match limit_region(plant, &floor.model.network, *id) {
                None => why.push(format!("not every item inside `{}` holds a card of it", limit.name)),
                Some(inside) => {
                    for (at, state) in floor.model.network.iter() {
                        let node = state.node.index();
                        if inside.get(at) == Some(&true) && !nodes.contains(&node) {
                            nodes.push(node);
                        }
                    }
                }
            }
            if let Some(name) = floor.sources.iter().find_map(|(node, s)| s.map(|_| floor.name(*node).to_string())) {
                why.push(format!("`{name}` may have no item ready when a card is free"));
            }
            let entering = floor.model.network.iter().filter(|(_, s)| s.node == limit.from && !s.departs);
            (limit.count, entering.map(|(at, _)| floor.rate(Term::State(at))).sum())
        }
        _ => {
            why.push("it has several limits".to_string());
            (0, 0.0)
        }
    };
    for node in floor.delays.keys().filter(|n| !nodes.contains(n)) {
        why.push(format!("items are under way in `{}`, outside the loop", floor.name(*node)));
    }
    for server in &floor.servers {
        if !nodes.contains(&server.node) {
            why.push(format!("`{}` stands outside the loop", floor.name(server.node)));
        }
        let several = match plant.nodes.get(NodeId::new(server.node)).map(|n| &n.kind) {
            Some(NodeKind::Station(s)) => s.recipes.iter().any(|r| r.takes.len() > 1) || server.batch > 1,
            _ => false,
        };
        if several {
            why.push(format!("`{}` works on several items at once", floor.name(server.node)));
        }
    }
    why.extend(narrow(floor, count));
    why.sort();
    why.dedup();
    if !why.is_empty() {
        return Err(why);
    }
    let first = limits.first().map(|(_, l)| l.from.index());
    let takes_cards = first.filter(|first| floor.servers.iter().any(|s| s.node == *first));
    // Who comes round again waits there with its card.
    if let Some(first) = takes_cards
        && floor.flows.keys().any(|(from, to)| *to == first && nodes.contains(from))
    {
        return Err(vec![format!("items come round to `{}`, which takes the cards", floor.name(first))]);
    }
    Ok(Some(Loop { count, nodes, rate, takes_cards }))
}

/// Stations before which not all that may come to wait have a place.
fn narrow(floor: &Floor, count: u64) -> Vec<String> {
    let mut found = Vec::new();
    for server in &floor.servers {
        let needed = count.saturating_sub(server.machines);
        for (from, _) in floor.flows.keys().filter(|(_, to)| *to == server.node) {
            let (name, places) = match floor.plant.nodes.get(NodeId::new(*from)).map(|n| &n.kind) {
                // What waits before the loop holds no card.
                Some(NodeKind::Source(_)) => continue,
                Some(NodeKind::Buffer(b)) => match b.capacity {
                    Capacity::Unlimited => continue,
                    Capacity::Places(n) => (floor.name(*from), n),
                },
                _ => (floor.name(server.node), 0),
            };
            if places < needed {
                found.push(format!(
                    "`{name}` has {places} places before `{}`, and up to {needed} items come to wait: it blocks",
                    floor.name(server.node)
                ));
            }
        }
    }
    found
}

/// A queue of the loop: visits per round, and who works there.
struct Queue<'a> {
    visits: f64,
    server: &'a Server,
}

/// Throughput, waits and levels of a loop.
pub(super) fn estimate(floor: &Floor, circle: &Loop) -> Found {
    let queues: Vec<Queue> = floor
        .servers
        .iter()
        .filter(|s| circle.nodes.contains(&s.node))
        .map(|server| Queue { visits: if circle.rate > 0.0 { server.rate / circle.rate } else { 0.0 }, server })
        .collect();
    // What is under way waits for nobody: a time in every round.
    let under_way = |(node, seconds): (&usize, &f64)| floor.arriving(*node) * seconds;
    let away = if circle.rate > 0.0 { floor.delays.iter().map(under_way).sum::<f64>() / circle.rate } else { 0.0 };
    let steps = queues.iter().map(|q| q.server.machines).sum::<u64>().saturating_mul(circle.count);
    let exact = queues.iter().all(|q| q.server.exponential);
    let (method, (rounds, stay)) = if steps <= STEPS {
        let how = if exact {
            "mean value analysis (Reiser and Lavenberg 1980), exact"
        } else {
            "mean value analysis (Reiser and Lavenberg 1980), work by mean and spread"
        };
        (how, exactly(&queues, circle.count, away))
    } else {
        ("approximate mean value analysis (Schweitzer 1979)", nearly(&queues, circle.count, away))
    };
    let mut found = Found { method: method.to_string(), ..Found::default() };
    // Cards that nobody holds.
    let mut unused = 0.0;
    for (queue, stay) in queues.iter().zip(stay) {
        let items = rounds * queue.visits;
        let mut wait = (stay - queue.server.effective.mean).max(0.0);
        if circle.takes_cards == Some(queue.server.node) {
            unused = wait * items;
            wait = 0.0;
        }
        found.stations.push(StationEstimate {
            name: floor.name(queue.server.node).to_string(),
            process: queue.server.effective,
            available: queue.server.available,
            utilisation: items * queue.server.effective.mean / queue.server.machines as f64,
            wait_s: Some(wait),
            queue: Some(wait * items),
            ..StationEstimate::default()
        });
    }
    for (id, node) in floor.plant.nodes.iter() {
        if matches!(node.kind, NodeKind::Sink) {
            let share = if circle.rate > 0.0 { floor.arriving(id.index()) / circle.rate } else { 0.0 };
            found.throughput.push((node.name.clone(), rounds * share));
        }
    }
    let inside = (circle.count as f64 - unused).max(0.0);
    found.wip = Some(inside);
    if rounds > 0.0 {
        found.time_in_system_s = Some(inside / rounds);
    }
    found
}

/// Time at a queue when one more comes to the mean number there; for work that is not exponential with what
/// is left of the work at hand (Reiser 1979).
fn stay(server: &Server, mean: f64, busy: f64, idle: f64) -> f64 {
    let time = server.effective.mean;
    let machines = server.machines as f64;
    if server.machines == 1 {
        (time * (1.0 + mean + busy * (server.effective.scv - 1.0) / 2.0)).max(time)
    } else {
        (time / machines * (1.0 + mean + idle)).max(time)
    }
}

/// Rounds per second and the time at each queue, by the recursion over the number of items; stations of
/// several machines with their marginal probabilities.
fn exactly(queues: &[Queue], count: u64, away: f64) -> (f64, Vec<f64>) {
    let mut means = vec![0.0; queues.len()];
    let mut marginal: Vec<Vec<f64>> = queues
        .iter()
        .map(|q| {
            let mut p = vec![0.0; usize::try_from(q.server.machines).unwrap_or(1)];
            if let Some(empty) = p.first_mut() {
                *empty = 1.0;
            }
            p
        })
        .collect();
    let mut busy = vec![0.0; queues.len()];
    let (mut rounds, mut stays) = (0.0, vec![0.0; queues.len()]);
    for n in 1..=count {
        for (at, queue) in queues.iter().enumerate() {
            let m = queue.server.machines as usize;
            let idle = (0..m.saturating_sub(1)).map(|k| (m - 1 - k) as f64 * marginal[at][k]).sum();
            stays[at] = stay(queue.server, means[at], busy[at], idle);
        }
        let all = away + queues.iter().zip(&stays).map(|(q, s)| q.visits * s).sum::<f64>();
        rounds = if all > 0.0 { n as f64 / all } else { 0.0 };
        for (at, queue) in queues.iter().enumerate() {
            let (items, m) = (rounds * queue.visits, queue.server.machines as usize);
            means[at] = items * stays[at];
            let offered = items * queue.server.effective.mean;
            busy[at] = (offered / m as f64).min(1.0);
            for k in (1..m).rev() {
                marginal[at][k] = offered / k as f64 * marginal[at][k - 1];
            }
            let rest: f64 = (1..m).map(|k| (m - k) as f64 * marginal[at][k]).sum();
            marginal[at][0] = (1.0 - (offered + rest) / m as f64).max(0.0);
        }
    }
    (rounds, stays)
}

/// The same for many items, with what one item finds taken as (N − 1)/N of the mean.
fn nearly(queues: &[Queue], count: u64, away: f64) -> (f64, Vec<f64>) {
    let n = count as f64;
    let mut means = vec![n / queues.len().max(1) as f64; queues.len()];
    let (mut rounds, mut stays) = (0.0, vec![0.0; queues.len()]);
    for _ in 0..10_000 {
        for (at, queue) in queues.iter().enumerate() {
            let m = queue.server.machines as f64;
            let load = (rounds * queue.visits * queue.server.effective.mean / m).min(1.0);
            // Of several machines as if one of them were m times as fast, and the rest a fixed time (Seidmann 1987).
            let fast = queue.server.effective.mean / m;
            let found = means[at] * (n - 1.0) / n;
            let spread = if m == 1.0 { load * (queue.server.effective.scv - 1.0) / 2.0 } else { 0.0 };
            stays[at] = (fast * (1.0 + found + spread)).max(fast) + queue.server.effective.mean - fast;
        }
        let all = away + queues.iter().zip(&stays).map(|(q, s)| q.visits * s).sum::<f64>();
        let new = if all > 0.0 { n / all } else { 0.0 };
        let same = (new - rounds).abs() <= 1e-12 * new;
        rounds = new;
        for (at, queue) in queues.iter().enumerate() {
            means[at] = rounds * queue.visits * stays[at];
        }
        if same {
            break;
        }
    }
    (rounds, stays)
}
