//! The long run of a Markov chain given by its rates: which states it comes back to for ever, its shares of
//! time in them, the mean time until it stops. It knows nothing of lines.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// Chains of at most so many states are solved by elimination, exact to rounding.
const DENSE: usize = 150;

/// Means until the end of chains of at most so many states are found by elimination.
const FEW: usize = 400;

/// Imbalance that counts as none.
const BALANCED: f64 = 1e-12;

/// Sweeps over all states before the solution is given up.
const SWEEPS: usize = 200_000;

/// A way to another state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Arrow {
    pub to: usize,
    /// Per second.
    pub rate: f64,
}

/// Shares of time, and how far they are from balance.
pub(super) struct Solution {
    pub shares: Vec<f64>,
    pub residual: f64,
}

/// Where a chain ends.
pub(super) enum Ends<'a> {
    /// Always in the same set of states.
    In(&'a Vec<usize>),
    /// In one of several states in which nothing happens any more, each with its probability.
    Dead(Vec<(usize, f64)>),
    /// In one of several sets, in which it goes on differently.
    Several,
}

/// Sets of states that are never left, each in order.
pub(super) fn closed(arrows: &[Vec<Arrow>]) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(arrows.len(), 0);
    for _ in arrows {
        graph.add_node(());
    }
    for (at, list) in arrows.iter().enumerate() {
        for arrow in list {
            graph.add_edge(NodeIndex::new(at), NodeIndex::new(arrow.to), ());
        }
    }
    let mut class = vec![0usize; arrows.len()];
    let components = kosaraju_scc(&graph);
    for (number, component) in components.iter().enumerate() {
        component.iter().for_each(|n| class[n.index()] = number);
    }
    let mut found: Vec<Vec<usize>> = components
        .iter()
        .enumerate()
        .filter(|(number, component)| {
            component.iter().all(|n| arrows[n.index()].iter().all(|a| class[a.to] == *number))
        })
        .map(|(_, component)| {
            let mut list: Vec<usize> = component.iter().map(|n| n.index()).collect();
            list.sort_unstable();
            list
        })
        .collect();
    found.sort();
    found
}

/// Where a chain ends that begins in `first`.
///
/// # Errors
/// When the equations do not converge.
pub(super) fn ends<'a>(
    arrows: &[Vec<Arrow>],
    first: &[(f64, usize)],
    closed: &'a [Vec<usize>],
    dead: &dyn Fn(&Vec<usize>) -> bool,
) -> Result<Ends<'a>, String> {
    if let [only] = closed {
        return Ok(Ends::In(only));
    }
    if !closed.iter().all(dead) {
        return Ok(Ends::Several);
    }
    let mut shares = Vec::new();
    for end in closed.iter().flatten() {
        let gain = |at: usize| if at == *end { Some(1.0) } else { arrows[at].is_empty().then_some(0.0) };
        let into = expected(arrows, &gain, false)?;
        shares.push((*end, first.iter().map(|(p, at)| p * into[*at]).sum()));
    }
    Ok(Ends::Dead(shares))
}

/// Mean seconds until nothing happens any more.
///
/// # Errors
/// When the equations do not converge.
pub(super) fn time_to(arrows: &[Vec<Arrow>], first: &[(f64, usize)]) -> Result<f64, String> {
    let times = expected(arrows, &|at| arrows[at].is_empty().then_some(0.0), true)?;
    Ok(first.iter().map(|(p, at)| p * times[*at]).sum())
}

/// Of each state the mean of what is gained where the chain ends, with the time until then if `timed`, from the
/// equations of the first step: by elimination where there are few states, else by Gauss–Seidel sweeps.
fn expected(arrows: &[Vec<Arrow>], gain: &dyn Fn(usize) -> Option<f64>, timed: bool) -> Result<Vec<f64>, String> {
    let mut values: Vec<f64> = (0..arrows.len()).map(|at| gain(at).unwrap_or(0.0)).collect();
    if arrows.len() <= FEW {
        return Ok(first_step(arrows, gain, timed));
    }
    for _ in 0..SWEEPS {
        let mut change = 0.0f64;
        for at in (0..arrows.len()).rev().filter(|at| gain(*at).is_none()) {
            let others = arrows[at].iter().filter(|a| a.to != at);
            let (mut out, mut sum) = (0.0, if timed { 1.0 } else { 0.0 });
            for arrow in others {
                out += arrow.rate;
                sum += arrow.rate * values[arrow.to];
            }
            let new = if out > 0.0 { sum / out } else { 0.0 };
            change = change.max((new - values[at]).abs() / new.abs().max(1e-9));
            values[at] = new;
        }
        if change < BALANCED {
            return Ok(values);
        }
    }
    Err("its equations do not converge".to_string())
}

/// The same, one state after another taken out of the equations. O(states³).
fn first_step(arrows: &[Vec<Arrow>], gain: &dyn Fn(usize) -> Option<f64>, timed: bool) -> Vec<f64> {
    let n = arrows.len();
    let mut rates = vec![vec![0.0; n]; n];
    let mut sums: Vec<f64> = (0..n).map(|at| gain(at).unwrap_or(if timed { 1.0 } else { 0.0 })).collect();
    let known: Vec<bool> = (0..n).map(|at| gain(at).is_some()).collect();
    for (at, list) in arrows.iter().enumerate().filter(|(at, _)| !known[*at]) {
        list.iter().filter(|a| a.to != at).for_each(|a| rates[at][a.to] += a.rate);
    }
    // What goes through a state that is taken out goes on at once; nothing is ever subtracted.
    let mut out = vec![0.0; n];
    for k in (0..n).filter(|k| !known[*k]) {
        out[k] = (0..n).filter(|to| *to != k && (known[*to] || *to > k)).map(|to| rates[k][to]).sum();
        let (row, sum) = (rates[k].clone(), sums[k]);
        for i in (k + 1..n).filter(|i| !known[*i]) {
            let share = rates[i][k] / out[k];
            if share > 0.0 {
                (0..n).filter(|to| *to != i && (known[*to] || *to > k)).for_each(|to| rates[i][to] += share * row[to]);
                sums[i] += share * sum;
            }
        }
    }
    let mut values: Vec<f64> = (0..n).map(|at| gain(at).unwrap_or(0.0)).collect();
    for k in (0..n).rev().filter(|k| !known[*k]) {
        let on: f64 = (0..n).filter(|to| known[*to] || *to > k).map(|to| rates[k][to] * values[to]).sum();
        values[k] = (sums[k] + on) / out[k];
    }
    values
}

/// Shares of time in the states of a set that is never left.
///
/// # Errors
/// When the equations do not converge.
pub(super) fn solve(arrows: &[Vec<Arrow>], class: &[usize]) -> Result<Solution, String> {
    let inside = |to: usize| class.binary_search(&to).ok();
    // Rates within the set, by the state they lead to.
    let mut into: Vec<Vec<(usize, f64)>> = vec![Vec::new(); class.len()];
    let mut out = vec![0.0; class.len()];
    for (at, state) in class.iter().enumerate() {
        for arrow in &arrows[*state] {
            let Some(to) = inside(arrow.to).filter(|to| *to != at) else { continue };
            into[to].push((at, arrow.rate));
            out[at] += arrow.rate;
        }
    }
    let mut shares = if class.len() <= DENSE { eliminate(&into) } else { vec![1.0 / class.len() as f64; class.len()] };
    let mut residual = imbalance(&shares, &into, &out);
    let mut sweeps = 0;
    while residual > BALANCED && class.len() > 1 {
        if sweeps >= SWEEPS {
            return Err(format!("its equations do not converge: {residual:.1e} out of balance after {sweeps} sweeps"));
        }
        for _ in 0..10 {
            for at in 0..class.len() {
                let flow: f64 = into[at].iter().map(|(from, rate)| shares[*from] * rate).sum();
                // A little less than the full step, so that circles of states do not swing for ever.
                shares[at] += 0.98 * (flow / out[at] - shares[at]);
            }
            normalise(&mut shares);
            sweeps += 1;
        }
        residual = imbalance(&shares, &into, &out);
    }
    Ok(Solution { shares, residual })
}

/// Elimination without subtractions (Grassmann, Taksar and Heyman 1985). O(states³).
fn eliminate(into: &[Vec<(usize, f64)>]) -> Vec<f64> {
    let n = into.len();
    let mut rates = vec![vec![0.0; n]; n];
    for (to, list) in into.iter().enumerate() {
        for (from, rate) in list {
            rates[*from][to] += rate;
        }
    }
    for k in (1..n).rev() {
        let sum: f64 = rates[k][..k].iter().sum();
        for row in rates.iter_mut().take(k) {
            row[k] /= sum;
        }
        let last = rates[k].clone();
        for row in rates.iter_mut().take(k) {
            let factor = row[k];
            if factor != 0.0 {
                for (value, through) in row.iter_mut().zip(&last).take(k) {
                    *value += factor * through;
                }
            }
        }
    }
    let mut shares = vec![0.0; n];
    if let Some(first) = shares.first_mut() {
        *first = 1.0;
    }
    for k in 1..n {
        shares[k] = (0..k).map(|i| shares[i] * rates[i][k]).sum();
    }
    normalise(&mut shares);
    shares
}

fn normalise(shares: &mut [f64]) {
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|s| *s /= sum);
}

fn imbalance(shares: &[f64], into: &[Vec<(usize, f64)>], out: &[f64]) -> f64 {
    let (mut difference, mut all) = (0.0, 0.0);
    for (at, share) in shares.iter().enumerate() {
        let flow: f64 = into[at].iter().map(|(from, rate)| shares[*from] * rate).sum();
        difference += (flow - share * out[at]).abs();
        all += flow;
    }
    if all > 0.0 { difference / all } else { 0.0 }
}
