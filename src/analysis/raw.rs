//! How long an item takes through the empty line, and how many items keep the bottleneck busy if nothing
//! varies: raw process time and critical work in process (Hopp and Spearman, Factory Physics, ch. 7).

use crate::base::quantity::to_f64;
use crate::ir::NodeKind;

use super::capacity::{Model, Point};
use super::load::{What, on_share};
use super::network::{Parameter, Term, joining};

/// Sweeps over the ages of all states; rework makes more than one necessary.
const SWEEPS: usize = 1000;

/// Raw process time of what leaves, in seconds, and critical work in process; `None` where a time is known only
/// in a run, or nothing flows. Repairs count as far as they fall into the work; waits and setups do not. What is
/// put together has waited for its slowest part. O(states) for lines without rework.
pub(super) fn process(model: &Model, point: &Point) -> Option<(f64, f64)> {
    if !model.unknown.is_empty() {
        return None;
    }
    let network = &model.network;
    let mut at_state = vec![0.0; network.states.len()];
    let mut at_parameter = vec![0.0; network.parameters.len()];
    let mut load = 0.0f64;
    for resource in &model.resources {
        if let Some(share) = model.load(resource, point) {
            load = load.max(to_f64(&share));
        }
        let (longer, fixed) = match resource.what {
            What::Station(id) => {
                let calendar = model.plant.nodes.get(id).and_then(|n| n.calendar);
                (to_f64(&on_share(model.plant, calendar)) / to_f64(&resource.available).max(1e-12), None)
            }
            What::Lane(_) => (1.0, None),
            What::Belt(id) => match model.plant.nodes.get(id).map(|n| &n.kind) {
                Some(NodeKind::Conveyor(belt)) => (1.0, Some(to_f64(&belt.travel_seconds()))),
                _ => continue,
            },
            What::Crew(_) | What::Tool(_) | What::Limit(_) | What::Fleet(_) => continue,
        };
        for work in &resource.works {
            let seconds = fixed.unwrap_or_else(|| to_f64(&work.seconds) * longer);
            match work.term {
                Term::State(at) => at_state[at] = seconds,
                Term::Parameter(at) => at_parameter[at] = seconds,
            }
        }
    }
    let flow: Vec<f64> = (0..network.states.len()).map(|at| to_f64(&model.rate(Term::State(at), point))).collect();
    let mut into: Vec<Vec<(usize, f64)>> = vec![Vec::new(); flow.len()];
    for (from, list) in network.edges.iter().enumerate() {
        for (to, share) in list {
            into[*to].push((from, flow[from] * to_f64(share)));
        }
    }
    let states: Vec<_> = network.states.keys().copied().collect();
    // Alternatives of open choices, and the parts of what is put together.
    let mut open: Vec<Vec<usize>> = vec![Vec::new(); flow.len()];
    for from in 0..flow.len() {
        for to in network.reached_from(from) {
            if !network.edges[from].iter().any(|(known, _)| *known == to) {
                open[to].push(from);
            }
        }
    }
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); model.plant.nodes.len()];
    for (at, state) in states.iter().enumerate() {
        if !state.departs && joining(model.plant, state).next().is_some() {
            parts[state.node.0 as usize].push(at);
        }
    }
    let mut age = vec![0.0f64; flow.len()];
    for _ in 0..SWEEPS {
        let mut change = 0.0f64;
        for at in 0..flow.len() {
            let state = &states[at];
            let new = if state.departs {
                let oldest = parts[state.node.0 as usize].iter().map(|p| age[*p]).fold(0.0, f64::max);
                let runs =
                    network.inflows[at].iter().filter(|(p, _)| matches!(network.parameters[*p], Parameter::Recipe(..)));
                oldest + runs.map(|(p, _)| at_parameter[*p]).fold(0.0, f64::max)
            } else {
                let all: f64 = into[at].iter().map(|(_, rate)| rate).sum();
                let done = |from: usize| age[from] + if states[from].departs { 0.0 } else { at_state[from] };
                if all > 0.0 {
                    into[at].iter().map(|(from, rate)| done(*from) * rate).sum::<f64>() / all
                } else {
                    open[at].iter().map(|from| done(*from)).fold(0.0, f64::max)
                }
            };
            change = change.max((new - age[at]).abs());
            age[at] = new;
        }
        if change < 1e-9 {
            break;
        }
        if !change.is_finite() || age.iter().any(|a| *a > 1e12) {
            return None;
        }
    }
    let (mut rate, mut sum) = (0.0, 0.0);
    for (at, state) in states.iter().enumerate() {
        if matches!(model.plant.nodes.get(state.node).map(|n| &n.kind), Some(NodeKind::Sink)) {
            rate += flow[at];
            sum += flow[at] * age[at];
        }
    }
    if rate <= 0.0 || load <= 0.0 {
        return None;
    }
    let raw = sum / rate;
    Some((raw, raw * rate / load))
}
