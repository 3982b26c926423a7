//! Exact answers for small lines: the Markov chain of all states a line can come into, and how much of its
//! time it spends in each in the long run. Times have to be exponential, or made of exponential stages;
//! everything else about a line is executed as it is meant ([`state`]), or named as outside ([`model`]).
//!
//! Start reading at [`solve`].

mod model;
mod phases;
mod state;
mod stationary;

use indexmap::IndexMap;

use crate::ir::ids::Id;
use crate::ir::{NodeId, Plant, PoolId};

pub use model::Outside;

use model::{Does, Model};
use state::{At, Executor, State, Tally, units};
use stationary::{Arrow, Ends};

/// States searched unless told otherwise.
pub const STATES: usize = 100_000;

/// The exact answers for a line, in the long run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exact {
    /// States the line can be in.
    pub states: usize,
    /// Of them those it comes back to for ever.
    pub recurrent: usize,
    /// Ways from one state to another.
    pub transitions: usize,
    /// How far the solution is from balance: the sum of all differences between what flows into a state and
    /// out of it, over all that flows.
    pub residual: f64,
    /// Mean seconds until nothing can ever happen again, where that is certain.
    pub stops_after_s: Option<f64>,
    /// By sink: items per second.
    pub throughput: Vec<(String, f64)>,
    /// Items per second that are lost at sources.
    pub lost: f64,
    /// Mean number of items inside, from birth to leaving.
    pub wip: f64,
    /// By station.
    pub stations: Vec<StationExact>,
    /// By buffer: mean number of items, share of time it is full.
    pub buffers: Vec<(String, f64, f64)>,
    /// By crew and tool: mean share of its members at work.
    pub pools: Vec<(String, f64)>,
}

/// Shares of time of a station, means over its machines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StationExact {
    /// Its name.
    pub name: String,
    /// At work.
    pub working: f64,
    /// With a finished item that finds no room.
    pub blocked: f64,
    /// Loaded, without the people it needs.
    pub waiting: f64,
    /// Empty.
    pub starved: f64,
    /// Under repair.
    pub down: f64,
    /// Mean number of items on its machines.
    pub items: f64,
}

/// Why there is no exact answer.
#[derive(Clone, Debug, PartialEq)]
pub enum NotExact {
    /// The line has what such a chain cannot express.
    Outside(Vec<Outside>),
    /// There are more states than may be searched.
    TooLarge {
        /// States found before the search was given up.
        states: usize,
        /// A place without limit that held most, and how many items.
        fullest: Option<(String, usize)>,
    },
    /// The line ends in one of several sets of states by chance, so that there is no one answer.
    Several(usize),
    /// Something goes on without end in one instant, or the equations do not converge.
    Unsolved(String),
}

/// All states, and the ways between them.
struct Space {
    states: Vec<State>,
    arrows: Vec<Vec<Arrow>>,
    tallies: Vec<Tally>,
    first: Vec<(f64, usize)>,
}

/// The exact answers for a line of at most `most` states. Time and memory grow with states × what can happen
/// in each.
///
/// # Errors
/// Why there are none.
pub fn solve(plant: &Plant, most: usize) -> Result<Exact, NotExact> {
    let model = Model::of(plant).map_err(NotExact::Outside)?;
    let space = explore(plant, &model, most)?;
    let mut exact =
        Exact { states: space.states.len(), transitions: space.arrows.iter().map(Vec::len).sum(), ..Exact::default() };
    let closed = stationary::closed(&space.arrows);
    let dead = |class: &Vec<usize>| class.iter().all(|at| space.arrows.get(*at).is_none_or(Vec::is_empty));
    let shares = match stationary::ends(&space.arrows, &space.first, &closed, &dead).map_err(NotExact::Unsolved)? {
        Ends::In(class) => {
            let solution = stationary::solve(&space.arrows, class).map_err(NotExact::Unsolved)?;
            exact.residual = solution.residual;
            exact.recurrent = class.len();
            if dead(class) {
                exact.stops_after_s =
                    Some(stationary::time_to(&space.arrows, &space.first).map_err(NotExact::Unsolved)?);
            }
            class.iter().copied().zip(solution.shares).collect()
        }
        Ends::Dead(shares) => {
            exact.recurrent = shares.len();
            exact.stops_after_s = Some(stationary::time_to(&space.arrows, &space.first).map_err(NotExact::Unsolved)?);
            shares
        }
        Ends::Several => return Err(NotExact::Several(closed.len())),
    };
    measure(plant, &model, &space, &shares, &mut exact);
    Ok(exact)
}

/// Finds all states.
fn explore(plant: &Plant, model: &Model, most: usize) -> Result<Space, NotExact> {
    let executor = Executor { model };
    let unsolved = NotExact::Unsolved;
    let mut known: IndexMap<Box<[u8]>, ()> = IndexMap::new();
    let mut space = Space { states: Vec::new(), arrows: Vec::new(), tallies: Vec::new(), first: Vec::new() };
    let reach = |state: State, space: &mut Space, known: &mut IndexMap<Box<[u8]>, ()>| {
        let (at, old) = known.insert_full(state.bytes(), ());
        if old.is_none() {
            space.states.push(state);
        }
        at
    };
    for (p, state, _) in executor.first().map_err(unsolved)? {
        let at = reach(state, &mut space, &mut known);
        space.first.push((p, at));
    }
    let mut at = 0;
    while let Some(state) = space.states.get(at).cloned() {
        let mut arrows: Vec<Arrow> = Vec::new();
        let mut sum = Tally::default();
        for (rate, reached) in executor.next(&state).map_err(unsolved)? {
            for (p, next, tally) in reached {
                for (sink, n) in tally.left {
                    match sum.left.iter_mut().find(|(s, _)| *s == sink) {
                        Some((_, all)) => *all += rate * p * n,
                        None => sum.left.push((sink, rate * p * n)),
                    }
                }
                sum.lost += rate * p * tally.lost;
                let to = reach(next, &mut space, &mut known);
                // What changes nothing is no way out.
                if to == at {
                    continue;
                }
                match arrows.iter_mut().find(|a| a.to == to) {
                    Some(arrow) => arrow.rate += rate * p,
                    None => arrows.push(Arrow { to, rate: rate * p }),
                }
            }
        }
        space.arrows.push(arrows);
        space.tallies.push(sum);
        if space.states.len() > most {
            return Err(NotExact::TooLarge { states: space.states.len(), fullest: fullest(plant, model, &space) });
        }
        at += 1;
    }
    Ok(space)
}

/// The place without limit that held most.
fn fullest(plant: &Plant, model: &Model, space: &Space) -> Option<(String, usize)> {
    let unlimited = model.places.iter().enumerate().filter(|(_, p)| match &p.does {
        Does::Hold { places } => places.is_none(),
        Does::Make { .. } => true,
        _ => false,
    });
    let most = |at: usize| space.states.iter().filter_map(|s| s.held.get(at)).map(Vec::len).max().unwrap_or(0);
    let (n, at) = unlimited.map(|(at, _)| (most(at), at)).max_by_key(|(n, at)| (*n, std::cmp::Reverse(*at)))?;
    (n > 1).then(|| (plant.nodes.get(NodeId::new(at)).map_or_else(String::new, |node| node.name.clone()), n))
}

/// Sums over the states by their shares.
fn measure(plant: &Plant, model: &Model, space: &Space, shares: &[(usize, f64)], exact: &mut Exact) {
    let name = |at: usize| plant.nodes.get(NodeId::new(at)).map_or_else(String::new, |node| node.name.clone());
    let weighted = || shares.iter().filter_map(|(at, p)| Some((space.states.get(*at)?, *p)));
    for (at, place) in model.places.iter().enumerate() {
        match &place.does {
            Does::Take => {
                let tallies = shares.iter().filter_map(|(s, p)| Some((space.tallies.get(*s)?, *p)));
                let rate =
                    tallies.filter_map(|(t, p)| Some(p * t.left.iter().find(|(sink, _)| *sink == at)?.1)).sum::<f64>();
                exact.throughput.push((name(at), rate));
            }
            Does::Hold { places } => {
                let level = |s: &State| s.held.get(at).map_or(0, Vec::len);
                let mean = weighted().map(|(s, p)| p * level(s) as f64).sum();
                let full = |s: &State| places.is_some_and(|n| level(s) >= usize::from(n));
                let full = weighted().filter(|(s, _)| full(s)).map(|(_, p)| p).sum();
                exact.buffers.push((name(at), mean, full));
            }
            Does::Work(work) => {
                let mut station = StationExact { name: name(at), ..StationExact::default() };
                for (state, p) in weighted() {
                    for machine in state.machines.get(at).into_iter().flatten() {
                        let share = p / f64::from(work.machines.max(1));
                        *match machine.at {
                            _ if machine.is_down() => &mut station.down,
                            At::Idle => &mut station.starved,
                            At::Waiting | At::Begins => &mut station.waiting,
                            At::Working => &mut station.working,
                            At::Leaving => &mut station.blocked,
                        } += share;
                        station.items += p * machine.units.len() as f64;
                    }
                }
                exact.stations.push(station);
            }
            Does::Make { .. } => {}
        }
    }
    exact.lost = shares.iter().filter_map(|(s, p)| Some(p * space.tallies.get(*s)?.lost)).sum();
    // What is always there is born only when it leaves its source.
    let always = |at: usize| matches!(model.places.get(at).map(|p| &p.does), Some(Does::Make { every: None, .. }));
    let unborn =
        |s: &State| s.held.iter().enumerate().filter(|(at, _)| always(*at)).map(|(_, h)| h.len()).sum::<usize>();
    exact.wip = weighted().map(|(s, p)| p * (units(s).count() - unborn(s)) as f64).sum();
    for (at, size) in model.pools.iter().enumerate() {
        let busy = |s: &State| {
            let mut busy = 0.0;
            for (place, machines) in model.places.iter().zip(&s.machines) {
                let Does::Work(work) = &place.does else { continue };
                let needed: u8 = work.needs.iter().filter(|(pool, _)| *pool == at).map(|(_, n)| *n).sum();
                let held = |m: &&state::Machine| m.at == At::Working || (work.holds && m.at == At::Leaving);
                busy += f64::from(needed) * machines.iter().filter(held).count() as f64;
            }
            busy
        };
        let mean: f64 = weighted().map(|(s, p)| p * busy(s)).sum();
        let name = plant.pools.get(PoolId::new(at)).map_or_else(String::new, |pool| pool.name.clone());
        exact.pools.push((name, mean / f64::from((*size).max(1))));
    }
}
