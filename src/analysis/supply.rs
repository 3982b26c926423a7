//! Holds the sources against the line: what they offer, and E0502 when it is too much.

use std::collections::VecDeque;

use num_traits::{One, Signed};

use crate::base::Rational;
use crate::diag::{Diagnostic, codes};
use crate::ir::{Buffer, Capacity, NodeId, NodeKind, Supply, WhenFull};

use super::capacity::{Model, Point};
use super::demand::{arithmetic, mend};
use super::figures::{over, per_hour, rational, time};
use super::load::{Resource, What, item_name};
use super::network::Term;
use super::rates;
use super::traffic::{Form, add_to};

/// The rates when every source gives what it can: timed sources that insist at their rate (less where
/// a join holds them back), everything else as much as the line takes.
pub(super) fn offered(model: &Model) -> Option<Point> {
    let mut rows = model.base_rows();
    model.limit_sources(&mut rows);
    let insisting: Vec<_> = model.timed.iter().filter(|(_, id, _)| model.insists(*id)).collect();
    let mut aim = Form::new();
    for (parameter, ..) in &insisting {
        add_to(&mut aim, model.traffic.form(Term::Parameter(*parameter)), &Rational::one());
    }
    let (_, given) = model.maximise(&rows, &aim, None)?;
    for (parameter, ..) in &insisting {
        let form = model.traffic.form(Term::Parameter(*parameter));
        rows.equal(&model.row(form), &model.value(form, &given));
    }
    let (load, point) = model.least_load(&rows)?;
    let limit = load.max(Rational::one());
    let mut aim = model.arriving(None, None);
    if aim.is_empty() {
        aim = model.traffic.free.iter().map(|p| (*p, Rational::one())).collect();
    }
    let Some((most, best)) = model.maximise(&rows, &aim, Some(&limit)) else { return Some(point) };
    rows.at_most(model.row(&aim).into_iter().map(|(c, f)| (c, -f)), -most);
    Some(super::balance::balanced(model, rows, best))
}

/// Says which sources are faster than the line, and where what grows.
pub(super) fn check(model: &Model, point: &Point, found: &mut Vec<Diagnostic>) {
    let insisting = model.timed.iter().filter(|(_, id, _)| model.insists(*id)).count();
    if insisting == 0 {
        return;
    }
    let back = backwards(model);
    let mut said: Vec<NodeId> = Vec::new();
    let mut loaded: Vec<(&Resource, Rational)> = model
        .resources
        .iter()
        .filter_map(|r| model.load(r, point).map(|load| (r, load)))
        .filter(|(_, load)| *load >= Rational::one())
        .collect();
    loaded.sort_by(|a, b| b.1.cmp(&a.1));
    for (resource, load) in loaded {
        if said.len() == insisting {
            break;
        }
        let before = upstream(model, &back, resource);
        let sources: Vec<(NodeId, &Rational)> = model
            .timed
            .iter()
            .filter(|(parameter, id, _)| before.contains_source(model, *parameter, *id) && model.insists(*id))
            .map(|(_, id, rate)| (*id, rate))
            .collect();
        // With an unlimited source beside the timed ones the line is full by definition.
        if sources.is_empty() || (load.is_one() && (unlimited(model, &before) || is_fixed(model, resource, &sources))) {
            continue;
        }
        if sources.iter().all(|(id, _)| said.contains(id)) {
            continue;
        }
        found.extend(too_fast(model, resource, &load, &sources, &before, point));
        for (id, _) in sources {
            if !said.contains(&id) {
                said.push(id);
            }
        }
    }
}

/// A queue that grows without end before work that takes all time and more.
#[derive(Clone, Debug, PartialEq)]
pub struct Growing {
    /// The place without limit.
    pub queue: NodeId,
    /// What has the work.
    pub before: String,
    /// Its load: at least 1.
    pub load: Rational,
}

/// The queue before the highest load, if any grows without end. As in [`check`], a load of exactly 1 counts where
/// something is drawn.
pub(super) fn growing(model: &Model, point: &Point) -> Option<Growing> {
    let back = backwards(model);
    let loads = model.resources.iter().filter_map(|r| model.load(r, point).map(|load| (r, load)));
    let grows = |(resource, load): (&Resource, Rational)| {
        if load < Rational::one() {
            return None;
        }
        let before = upstream(model, &back, resource);
        let feeding = |(parameter, id, rate): &(usize, NodeId, Rational)| {
            let is_fed = before.contains_source(model, *parameter, *id) && model.insists(*id);
            is_fed.then_some((*id, rate.clone()))
        };
        let fed: Vec<(NodeId, Rational)> = model.timed.iter().filter_map(feeding).collect();
        let sources: Vec<(NodeId, &Rational)> = fed.iter().map(|(id, rate)| (*id, rate)).collect();
        if sources.is_empty() || (load.is_one() && (unlimited(model, &before) || is_fixed(model, resource, &sources))) {
            return None;
        }
        let (queue, _) = before.queue?;
        Some(Growing { queue, before: resource.name.clone(), load })
    };
    loads.filter_map(grows).max_by(|a, b| a.load.cmp(&b.load))
}

/// A load of exactly 1 without any draw is a line in step, not an overload.
fn is_fixed(model: &Model, resource: &Resource, sources: &[(NodeId, &Rational)]) -> bool {
    resource.exact
        && sources.iter().all(|(id, _)| match model.plant.nodes.get(*id).map(|n| &n.kind) {
            Some(NodeKind::Source(s)) => rates::is_fixed(s),
            _ => false,
        })
}

fn unlimited(model: &Model, before: &Upstream) -> bool {
    model.network.iter().any(|(at, s)| {
        before.states.get(at).copied().unwrap_or(false)
            && matches!(model.plant.nodes.get(s.node).map(|n| &n.kind), Some(NodeKind::Source(s)) if s.supply == Supply::Always)
    })
}

fn too_fast(
    model: &Model,
    resource: &Resource,
    load: &Rational,
    sources: &[(NodeId, &Rational)],
    before: &Upstream,
    point: &Point,
) -> Option<Diagnostic> {
    let (first, rate) = sources.first()?;
    let node = model.plant.nodes.get(*first)?;
    let NodeKind::Source(source) = &node.kind else { return None };
    let item = match source.mix.as_slice() {
        [(only, _)] => item_name(model.plant, *only),
        _ => "item".to_string(),
    };
    let slowed = over(rate, load)?;
    let message = match sources {
        [_] => format!(
            "source `{}` gives {}, more than `{}` can take, {}",
            node.name,
            per_hour(rate, &item),
            resource.name,
            per_hour(&slowed, &item),
        ),
        _ => format!(
            "the sources are faster than `{}`: they give it {} h of work per hour",
            resource.name,
            rational(load)
        ),
    };
    let message = if load.is_one() {
        format!(
            "source `{}` gives all that `{}` can take, {}, so that nothing is left for chance",
            node.name,
            resource.name,
            per_hour(rate, &item)
        )
    } else {
        message
    };
    let mut d = Diagnostic::new(codes::SOURCE_TOO_FAST, node.span, message)
        .with(resource.span, format!("load {}", rational(load)))
        .note(arithmetic(model, resource, point));
    for (other, _) in sources.iter().skip(1).take(3) {
        if let Some(node) = model.plant.nodes.get(*other) {
            d = d.with(node.span, "this source too");
        }
    }
    let share = Rational::one() - over(&Rational::one(), load)?;
    if share.is_positive() {
        d = match &before.queue {
            Some((queue, state)) => {
                let grows = model.rate(Term::State(*state), point) * &share;
                let item = model
                    .network
                    .states
                    .get_index(*state)
                    .map_or_else(String::new, |(s, ())| item_name(model.plant, s.item));
                let name = model.plant.nodes.get(*queue).map_or("", |n| n.name.as_str());
                d.note(format!("`{name}` grows by {} without end", per_hour(&grows, &item)))
            }
            None if source.when_full == WhenFull::Pause => {
                d.note("the line fills up and holds the source back: it gives what the line takes, not what it says")
            }
            None => d,
        };
    } else if before.queue.is_some() {
        d = d.note("at a load of 100 % a queue in front of random work grows without end, if slowly");
    }
    let mut help = mend(resource, load);
    let plain = matches!(source.supply, Supply::Every(_)) && source.makes_single_items();
    if let ([_], false) = (sources, plain) {
        help = format!("let `{}` make at most {}; or else {help}", node.name, per_hour(&slowed, &item));
    } else if let (Some(interval), [_]) = (over(load, rate), sources) {
        help = format!("let `{}` make one item per {} or longer; or else {help}", node.name, time(&interval));
    }
    Some(d.help(help))
}

/// What lies before a resource.
struct Upstream {
    states: Vec<bool>,
    /// The nearest place without limit before it, with a state there.
    queue: Option<(NodeId, usize)>,
}

impl Upstream {
    fn contains_source(&self, model: &Model, parameter: usize, id: NodeId) -> bool {
        let given = model.traffic.form(Term::Parameter(parameter));
        !given.is_empty()
            && model.network.iter().any(|(at, s)| s.node == id && self.states.get(at).copied().unwrap_or(false))
    }
}

/// The flow network with its arrows turned round: states, then parameters.
fn backwards(model: &Model) -> Vec<Vec<usize>> {
    let network = &model.network;
    let (states, parameters) = (network.states.len(), network.parameters.len());
    let mut back: Vec<Vec<usize>> = vec![Vec::new(); states + parameters];
    for (from, list) in network.edges.iter().enumerate() {
        list.iter().for_each(|(to, _)| back[*to].push(from));
    }
    for (to, list) in network.inflows.iter().enumerate() {
        list.iter().for_each(|(parameter, _)| back[to].push(states + parameter));
    }
    for balance in &network.balances {
        for (term, _) in balance {
            let Term::Parameter(parameter) = term else { continue };
            for (other, factor) in balance {
                if let (Term::State(state), true) = (other, factor.is_positive()) {
                    back[states + parameter].push(*state);
                }
            }
        }
    }
    back
}

/// Walks the flow backwards from the work of a resource, nearest first. O(states + arrows).
fn upstream(model: &Model, back: &[Vec<usize>], resource: &Resource) -> Upstream {
    let network = &model.network;
    let (states, parameters) = (network.states.len(), network.parameters.len());
    let mut seen = vec![false; states + parameters];
    let mut work = VecDeque::new();
    for w in &resource.works {
        let at = match w.term {
            Term::State(at) => at,
            Term::Parameter(at) => states + at,
        };
        if !std::mem::replace(&mut seen[at], true) {
            work.push_back(at);
        }
    }
    let mut queue = None;
    while let Some(at) = work.pop_front() {
        if let (None, Some((state, ()))) = (&queue, network.states.get_index(at)) {
            let kind = model.plant.nodes.get(state.node).map(|n| &n.kind);
            if let (Some(NodeKind::Buffer(Buffer { capacity: Capacity::Unlimited, by: None, .. })), true) =
                (kind, !matches!(resource.what, What::Lane(id) if id == state.node))
            {
                queue = Some((state.node, at));
            }
        }
        for from in &back[at] {
            if !std::mem::replace(&mut seen[*from], true) {
                work.push_back(*from);
            }
        }
    }
    seen.truncate(states);
    Upstream { states: seen, queue }
}
