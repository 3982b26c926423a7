//! Circular waits that the shape of the flow shows: loops of nodes that all can be full, so that each
//! waits for room in the next (E0601, E0602).
//!
//! The lemma behind "free": in an acyclic flow without joins the most downstream item can always move
//! on. With loops, items that wait for each other in a circle fill every node of it; while fewer items
//! can be inside than the smallest circle holds, that cannot happen. Crews are granted all at once and
//! held only by work that ends by itself, so they add no waits (semantics.md, D2). What this cannot
//! decide is `unknown`, never `free`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::base::Span;
use crate::diag::{Code, Diagnostic, codes};
use crate::ir::{
    Blocking, Capacity, ItemId, LimitId, NodeId, NodeKind, Plant, Recipe, Release, ReleaseCrew, Routing, ShiftEnd,
};

use crate::analysis::cards::limit_region;
use crate::analysis::figures::{counted, whole};
use crate::analysis::kept;
use crate::analysis::load::on_share;
use crate::analysis::means::is_a;
use crate::analysis::network::{Network, State, joining, way_out};

use super::VerdictKind;
use super::kinds::may_scrap;
use super::mend::Mend;
use super::story::Story;

/// Steps of the search for the smallest circle of one loop, above which it is left undecided.
const STEPS: usize = 20_000_000;
/// Nodes of a circle that are pointed at one by one.
const SHOWN: usize = 12;

/// How an item that leaves a node comes to a target.
#[derive(Clone, Copy, Debug)]
struct Arrow {
    span: Span,
    /// It waits for this target alone once decided.
    committed: bool,
    /// Decided by chance, or the only way: nothing else keeps items from going round.
    chance: bool,
}

/// What the shape of the flow says about a loop.
#[derive(Clone, Debug)]
pub(super) struct Circle {
    /// Its nodes.
    pub nodes: BTreeSet<NodeId>,
    /// Whether items can fill it for ever.
    pub verdict: VerdictKind,
    /// What is to be said about it.
    pub finding: Option<Diagnostic>,
}

/// Looks at all loops.
pub(super) fn look(plant: &Plant, network: &Network) -> Vec<Circle> {
    let mut seen = Vec::new();
    for circle in loops(plant, network) {
        let nodes = circle.nodes.iter().copied().collect();
        // How many items are between two places there depends on what vehicles are sent for.
        if circle.nodes.iter().any(|id| on_vehicles(plant, *id)) {
            seen.push(Circle { nodes, verdict: VerdictKind::Unknown, finding: None });
            continue;
        }
        let mut found = Vec::new();
        let verdict = judge(plant, network, &circle, &mut found);
        seen.push(Circle { nodes, verdict, finding: found.pop() });
    }
    seen
}

/// A part was proved free: its loops are.
pub(super) fn settle(seen: &mut [Circle], part: &BTreeSet<NodeId>) {
    for circle in seen.iter_mut().filter(|c| !c.nodes.is_disjoint(part)) {
        circle.verdict = VerdictKind::Free;
        circle.finding = None;
    }
}

/// A way into a deadlock of a part was found: it is told with the loop it is about, or by itself.
pub(super) fn tell(plant: &Plant, seen: &mut Vec<Circle>, part: &BTreeSet<NodeId>, story: &Story, mend: Option<&Mend>) {
    let way = if story.shortest { "the shortest way there" } else { "a way there" };
    let steps = if story.length == 1 { "step" } else { "steps" };
    let told = format!("{way} has {} {steps}: {}", story.length, story.line());
    let still = format!("then nothing can move any more: {}", story.still());
    let about = |c: &&mut Circle| c.finding.is_some() && !c.nodes.is_disjoint(part);
    if let Some(circle) = seen.iter_mut().find(about) {
        circle.verdict = VerdictKind::Deadlock;
        circle.finding = circle.finding.take().map(|d| mended(plant, d.note(told).note(still), mend));
        return;
    }
    let names: Vec<String> = part
        .iter()
        .filter(|id| matches!(plant.nodes.get(**id).map(|n| &n.kind), Some(NodeKind::Station(_))))
        .take(4)
        .map(|id| format!("`{}`", name(plant, *id)))
        .collect();
    let span = story.stuck.iter().map(|(_, _, span)| *span).find(|s| *s != Span::default()).unwrap_or(plant.span);
    let mut finding = Diagnostic::new(
        codes::CAN_LOCK_UP,
        span,
        format!("the line can lock up: items around {} can wait for each other for ever", names.join(", ")),
    )
    .label("waits for ever then");
    for (text, _, at) in story.stuck.iter().take(SHOWN) {
        if *at != span && *at != Span::default() {
            finding = finding.with(*at, text.clone());
        }
    }
    let finding = mended(plant, finding.note(told).note(still), mend);
    let finding = match mend {
        Some(_) => finding,
        None => {
            finding.help("give what is missing then a way of its own, or let what waits be passed (`overtake: yes`)")
        }
    };
    seen.push(Circle { nodes: part.clone(), verdict: VerdictKind::Deadlock, finding: Some(finding) });
}

/// Adds limits that were proved to suffice, to be read and to be applied.
fn mended(plant: &Plant, d: Diagnostic, mend: Option<&Mend>) -> Diagnostic {
    let Some(mend) = mend else { return d };
    // What was guessed from the shape of the flow is not needed any more.
    let mut d = d;
    d.help.clear();
    for (id, places) in &mend.places {
        let what = match plant.nodes.get(*id).map(|n| &n.kind) {
            Some(NodeKind::Buffer(b)) if b.anonymous => {
                format!("give the arrow `{}` {}", name(plant, *id), counted(*places, "place"))
            }
            _ => format!("raise `{}` to {}", name(plant, *id), counted(*places, "place")),
        };
        d = d.help(format!("{what}: it is proved that it cannot lock up then"));
    }
    if mend.limits.is_empty() {
        return d;
    }
    let text: String = mend.limits.iter().map(|l| format!("\n    {l}")).collect();
    let shown = mend.limits.iter().map(|l| format!("`{l}`")).collect::<Vec<_>>().join(" and ");
    d.fix(
        format!("with {shown} it cannot lock up: that is proved, and they are the largest found"),
        plant.end,
        format!("{text}\n"),
    )
}

/// Whether all people and machines that go also come back, so that times may be left out (semantics D6).
pub(super) fn everyone_comes_back(plant: &Plant) -> bool {
    let on = |calendar| on_share(plant, calendar) > num_traits::zero();
    plant.nodes.values().all(|n| n.shift_end != ShiftEnd::FinishInTime && (n.calendar.is_none() || on(n.calendar)))
        && plant.pools.values().all(|p| p.calendar.is_none() || on(p.calendar))
}

fn on_vehicles(plant: &Plant, id: NodeId) -> bool {
    matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Buffer(b)) if b.by.is_some())
}

/// Places of a node that hold items which can wait; `None` for no limit, sources and sinks.
pub(in crate::analysis) fn room(plant: &Plant, id: NodeId) -> Option<u64> {
    match plant.nodes.get(id).map(|n| &n.kind)? {
        // A machine is full with one batch, however small.
        // How many items stay inside at once is a matter of times.
        NodeKind::Station(station) if station.stays() => None,
        NodeKind::Station(station) => Some(station.machines),
        // An item waits for a vehicle until a place behind can be kept for it.
        NodeKind::Buffer(buffer) if buffer.by.is_some() => Some(1),
        NodeKind::Buffer(buffer) => match buffer.capacity {
            // Where items are scrapped after a while, there is room again after a while.
            Capacity::Places(n) => Some(n).filter(|_| buffer.max_stay.is_none() || buffer.expired.is_some()),
            Capacity::Unlimited => None,
        },
        // Full when every lane is; each lane keeps its order, and only its first item waits.
        // The place of a station that works at its end is counted there.
        NodeKind::Conveyor(belt) => Some(belt.least_capacity().saturating_sub(u64::from(belt.ends_at_work))),
        NodeKind::Source(_) | NodeKind::Sink => None,
    }
}

/// A strongly connected part of the flow in which every node can be full.
struct Loop {
    nodes: Vec<NodeId>,
    arrows: BTreeMap<(NodeId, NodeId), Arrow>,
}

/// All loops of nodes with limited room. O(nodes + arrows).
fn loops(plant: &Plant, network: &Network) -> Vec<Loop> {
    let mut arrows: BTreeMap<(NodeId, NodeId), Arrow> = BTreeMap::new();
    for (_, state) in network.iter() {
        if room(plant, state.node).is_none() || (!state.departs && joining(plant, state).next().is_some()) {
            continue;
        }
        let Some(way) = way_out(plant, state) else { continue };
        leaves(plant, way, state.item, true, true, &mut |node, span, committed, chance| {
            if room(plant, node).is_some() {
                let arrow = arrows.entry((state.node, node)).or_insert(Arrow { span, committed, chance });
                arrow.committed |= committed;
                arrow.chance |= chance;
            }
        });
    }
    for (id, n) in plant.nodes.iter() {
        // An item whose longest stay is over keeps its place until there is room elsewhere.
        if let NodeKind::Buffer(crate::ir::Buffer { expired: Some(to), .. }) = &n.kind
            && room(plant, to.node).is_some()
            && room(plant, id).is_some()
        {
            let arrow = Arrow { span: to.span, committed: true, chance: false };
            arrows.entry((id, to.node)).or_insert(arrow).committed = true;
        }
    }
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(plant.nodes.len(), arrows.len());
    for _ in 0..plant.nodes.len() {
        graph.add_node(());
    }
    for (from, to) in arrows.keys() {
        graph.add_edge(NodeIndex::new(from.0 as usize), NodeIndex::new(to.0 as usize), ());
    }
    let mut found = Vec::new();
    for part in kosaraju_scc(&graph) {
        let mut nodes: Vec<NodeId> = part.iter().filter_map(|i| u32::try_from(i.index()).ok()).map(NodeId).collect();
        nodes.sort_unstable();
        if let [only] = nodes.as_slice()
            && !arrows.contains_key(&(*only, *only))
        {
            continue;
        }
        let inside: BTreeSet<NodeId> = nodes.iter().copied().collect();
        let own = nodes
            .iter()
            .flat_map(|from| arrows.range((*from, NodeId(0))..=(*from, NodeId(u32::MAX))))
            .filter(|((_, to), _)| inside.contains(to))
            .map(|(pair, arrow)| (*pair, *arrow))
            .collect();
        found.push(Loop { nodes, arrows: own });
    }
    found.sort_by_key(|l| l.nodes.first().copied());
    found
}

/// Calls `each` with every leaf an item can take: node, span, committed, by chance.
pub(in crate::analysis) fn leaves(
    plant: &Plant,
    way: &Routing,
    item: ItemId,
    committed: bool,
    chance: bool,
    each: &mut dyn FnMut(NodeId, Span, bool, bool),
) {
    match way {
        Routing::To(target) => each(target.node, target.span, committed, chance),
        Routing::Shares(list, _) => {
            for (share, way) in list {
                if num_traits::Signed::is_positive(share) {
                    leaves(plant, way, item, committed, chance, each);
                }
            }
        }
        Routing::ByItem(list, rest, _) => {
            let own = list.iter().find(|(i, _)| *i == item);
            let found = own.or_else(|| list.iter().find(|(i, _)| is_a(plant, item, *i)));
            if let Some(way) = found.map(|(_, w)| w).or(rest.as_deref()) {
                leaves(plant, way, item, committed, chance, each);
            }
        }
        Routing::If(list, rest, _) => {
            list.iter().for_each(|(_, w)| leaves(plant, w, item, committed, false, each));
            leaves(plant, rest, item, committed, false, each);
        }
        Routing::Rule(rule, list, _) => {
            let open = !matches!(rule, crate::ir::ChoiceRule::RoundRobin | crate::ir::ChoiceRule::Every(_));
            list.iter().for_each(|w| leaves(plant, w, item, committed && !open, false, each));
        }
    }
}

/// Decides one loop and says what is wrong with it.
fn judge(plant: &Plant, network: &Network, circle: &Loop, found: &mut Vec<Diagnostic>) -> VerdictKind {
    let Some((places, order)) = smallest_circle(plant, circle) else { return VerdictKind::Unknown };
    let inside: BTreeSet<NodeId> = circle.nodes.iter().copied().collect();
    let entries = entries(plant, network, &inside);
    let keeps = circle.nodes.iter().any(|id| kept::keeps(plant, *id));
    if keeps && !kept::open_inside(plant, network, &inside) {
        // What goes round may wait for places that are kept from it: a circle can stand before it is full.
        let finding = loop_found(plant, circle, &order, places, false);
        found.push(helped(plant, finding, &order, places, &entries, None));
        return VerdictKind::Unknown;
    }
    if keeps && kept::most_inside(plant, network, &inside).is_some_and(|most| most < places) {
        return VerdictKind::Free;
    }
    let supply = supply(plant, network, &inside);
    if let Some(items) = supply.items {
        // What is inside at the start, or can still come, is all there ever is.
        if items < places {
            return VerdictKind::Free;
        }
        let total = circle.nodes.iter().filter_map(|n| room(plant, *n)).fold(0u64, u64::saturating_add);
        if items >= total && supply.from_start && !leaves_loop(plant, network, &inside) {
            found.push(full(plant, circle, &order, items, total));
            return VerdictKind::Deadlock;
        }
    }
    if plant.limits.iter().any(|(id, l)| l.count < places && covers(plant, network, id, &inside)) {
        return VerdictKind::Free;
    }
    if !circle.arrows.iter().all(|(_, a)| a.committed) && !committed_circle(circle) {
        // Only open rules lead round: an item that finds the way round full takes another.
        return VerdictKind::Unknown;
    }
    let sure = surely_locks(plant, network, circle, &inside);
    let keep = kept::would_free(plant, network, &inside, &order, places);
    let finding = loop_found(plant, circle, &order, places, sure);
    found.push(helped(plant, finding, &order, places, &entries, keep));
    if sure { VerdictKind::Deadlock } else { VerdictKind::Unknown }
}

/// Whether a circle remains when open rules are left out.
fn committed_circle(circle: &Loop) -> bool {
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    let index: BTreeMap<NodeId, NodeIndex> = circle.nodes.iter().map(|n| (*n, graph.add_node(()))).collect();
    for ((from, to), arrow) in &circle.arrows {
        if let (true, Some(from), Some(to)) = (arrow.committed, index.get(from), index.get(to)) {
            graph.add_edge(*from, *to, ());
        }
    }
    petgraph::algo::is_cyclic_directed(&graph)
}

/// The smallest number of items that fills a circle of the loop, and that circle in the order of the
/// flow. Shortest paths (Dijkstra 1959) from every node at which the loop branches; a circle without
/// such a node is the whole loop. `None` when that takes too long.
fn smallest_circle(plant: &Plant, circle: &Loop) -> Option<(u64, Vec<NodeId>)> {
    let mut next: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for (from, to) in circle.arrows.keys() {
        next.entry(*from).or_default().push(*to);
    }
    let mut starts: Vec<NodeId> = next.iter().filter(|(_, to)| to.len() > 1).map(|(from, _)| *from).collect();
    if starts.is_empty() {
        starts.extend(circle.nodes.first());
    }
    if starts.len().saturating_mul(circle.arrows.len()) > STEPS {
        return None;
    }
    let weight = |id: NodeId| room(plant, id).unwrap_or(u64::MAX);
    let mut best: Option<(u64, Vec<NodeId>)> = None;
    for start in starts {
        let mut seen: BTreeMap<NodeId, (u64, NodeId)> = BTreeMap::new();
        let mut open = BinaryHeap::from([Reverse((weight(start), start, start))]);
        while let Some(Reverse((cost, at, from))) = open.pop() {
            if best.as_ref().is_some_and(|(b, _)| cost >= *b) {
                break;
            }
            if at != start || from != start {
                if seen.contains_key(&at) {
                    continue;
                }
                seen.insert(at, (cost, from));
            }
            for to in next.get(&at).into_iter().flatten() {
                if *to == start {
                    let mut order = vec![at];
                    let mut back = at;
                    while back != start {
                        back = seen.get(&back).map_or(start, |(_, f)| *f);
                        order.push(back);
                    }
                    order.reverse();
                    if best.as_ref().is_none_or(|(b, _)| cost < *b) {
                        best = Some((cost, order));
                    }
                } else if !seen.contains_key(to) {
                    open.push(Reverse((cost.saturating_add(weight(*to)), *to, at)));
                }
            }
        }
    }
    best
}

/// Items that are in a loop or can come to it.
struct Supply {
    /// How many in all; `None` without end.
    items: Option<u64>,
    /// All of them are there at the start.
    from_start: bool,
}

/// Follows the flow backwards from a loop to its sources and to what is there at the start.
fn supply(plant: &Plant, network: &Network, inside: &BTreeSet<NodeId>) -> Supply {
    let back = backwards(network);
    let mut work: Vec<usize> = network.iter().filter(|(_, s)| inside.contains(&s.node)).map(|(at, _)| at).collect();
    let mut seen: BTreeSet<usize> = work.iter().copied().collect();
    let mut nodes = BTreeSet::new();
    let mut joins = false;
    while let Some(at) = work.pop() {
        if let Some((state, ())) = network.states.get_index(at) {
            joins |= state.departs;
            nodes.insert(state.node);
        }
        work.extend(back.get(at).into_iter().flatten().filter(|from| seen.insert(**from)));
    }
    let mut supply = Supply { items: (!joins).then_some(0), from_start: true };
    for id in nodes {
        let more = match plant.nodes.get(id).map(|n| &n.kind) {
            Some(NodeKind::Source(source)) => {
                supply.from_start = false;
                source.total
            }
            Some(NodeKind::Buffer(buffer)) => {
                Some(buffer.initial.iter().fold(0, |s: u64, (_, n)| s.saturating_add(*n)))
            }
            _ => Some(0),
        };
        supply.items = supply.items.zip(more).map(|(a, b)| a.saturating_add(b));
    }
    supply
}

/// Whether items can leave the loop: by an arrow, or scrapped.
fn leaves_loop(plant: &Plant, network: &Network, inside: &BTreeSet<NodeId>) -> bool {
    network.iter().filter(|(_, s)| inside.contains(&s.node)).any(|(_, state)| {
        // Parts become products, and are gone.
        let joins = matches!(plant.nodes.get(state.node).map(|n| &n.kind),
            Some(NodeKind::Station(s)) if s.recipes.iter().any(|r| !r.takes.is_empty()));
        let expires = match plant.nodes.get(state.node).map(|n| &n.kind) {
            Some(NodeKind::Buffer(b)) => b.max_stay.is_some() && b.expired.is_none_or(|t| !inside.contains(&t.node)),
            _ => false,
        };
        let mut out = joins || expires || may_scrap(plant, state.node);
        if let Some(way) = way_out(plant, state) {
            leaves(plant, way, state.item, true, true, &mut |node, _, _, _| out |= !inside.contains(&node));
        }
        out
    })
}

/// Nodes of the loop that items enter from outside, in order.
fn entries(plant: &Plant, network: &Network, inside: &BTreeSet<NodeId>) -> Vec<NodeId> {
    let mut found = BTreeSet::new();
    for (_, state) in network.iter() {
        // Products of a join inside come from parts that came from outside.
        if state.departs && inside.contains(&state.node) {
            found.insert(state.node);
        }
        if inside.contains(&state.node) {
            continue;
        }
        if let Some(way) = way_out(plant, state) {
            leaves(plant, way, state.item, true, true, &mut |node, _, _, _| {
                if inside.contains(&node) {
                    found.insert(node);
                }
            });
        }
    }
    found.into_iter().collect()
}

/// Whether every item inside the loop holds a card of the limit.
fn covers(plant: &Plant, network: &Network, limit: LimitId, inside: &BTreeSet<NodeId>) -> bool {
    let Some(region) = limit_region(plant, network, limit) else { return false };
    let Some(limit) = plant.limits.get(limit) else { return false };
    // A card that comes back inside the loop leaves its item there without one.
    !inside.contains(&limit.to)
        && network.iter().all(|(at, s)| !inside.contains(&s.node) || region.get(at).copied().unwrap_or(false))
}

/// Whether the loop is an open rework loop fed for ever, in which nothing but chance keeps items from
/// filling it: then it fills up in the long run with probability 1.
fn surely_locks(plant: &Plant, network: &Network, circle: &Loop, inside: &BTreeSet<NodeId>) -> bool {
    let simple = circle.arrows.values().all(|a| a.committed && a.chance)
        && inside.iter().all(|id| match plant.nodes.get(*id).map(|n| &n.kind) {
            Some(NodeKind::Station(s)) => {
                s.blocking == Blocking::AfterWork
                    && s.recipes.iter().all(|r| r.takes.is_empty() && r.makes.is_empty() && r.batch.is_none())
            }
            Some(NodeKind::Buffer(b)) => b.max_stay.is_none() && !b.overtake,
            Some(NodeKind::Conveyor(_)) => true,
            _ => false,
        });
    // A circle of states, not only of nodes: the same item can go round.
    simple
        && !inside.iter().any(|id| kept::keeps(plant, *id))
        && plant.limits.is_empty()
        && endless(plant)
        && state_circle(network, inside)
}

fn endless(plant: &Plant) -> bool {
    plant.nodes.values().all(|n| !matches!(&n.kind, NodeKind::Source(s) if s.total.is_some()))
        && plant.nodes.values().any(|n| matches!(n.kind, NodeKind::Source(_)))
}

/// Whether one type of item can go round inside for ever, through every node of the loop.
fn state_circle(network: &Network, inside: &BTreeSet<NodeId>) -> bool {
    let mut graph: DiGraph<NodeId, ()> = DiGraph::new();
    let mut index: BTreeMap<usize, NodeIndex> = BTreeMap::new();
    for (at, state) in network.iter().filter(|(_, s)| inside.contains(&s.node)) {
        index.insert(at, graph.add_node(state.node));
    }
    for (at, from) in &index {
        for (to, _) in network.edges.get(*at).into_iter().flatten() {
            if let Some(to) = index.get(to) {
                graph.add_edge(*from, *to, ());
            }
        }
    }
    kosaraju_scc(&graph).into_iter().any(|part| {
        let nodes: BTreeSet<NodeId> = part.iter().filter_map(|i| graph.node_weight(*i).copied()).collect();
        nodes == *inside && (part.len() > 1 || part.iter().any(|i| graph.contains_edge(*i, *i)))
    })
}

fn name(plant: &Plant, id: NodeId) -> &str {
    plant.nodes.get(id).map_or("", |n| n.name.as_str())
}

/// "`a` waits for room in `b`, `b` for `c`, and `c` for `a`".
fn circular_wait(plant: &Plant, order: &[NodeId]) -> String {
    let mut text = String::new();
    for (at, id) in order.iter().enumerate() {
        let next = order.get(at + 1).or(order.first()).copied().unwrap_or(*id);
        if at == 0 {
            text.push_str(&format!("`{}` waits for room in `{}`", name(plant, *id), name(plant, next)));
        } else if at + 1 == order.len() {
            text.push_str(&format!(", and `{}` for `{}`", name(plant, *id), name(plant, next)));
        } else if at < SHOWN {
            text.push_str(&format!(", `{}` for `{}`", name(plant, *id), name(plant, next)));
        } else if at == SHOWN {
            text.push_str(", …");
        }
    }
    text
}

/// The circle's nodes pointed at in order, on a diagnostic at the arrow that closes it.
fn pointed(plant: &Plant, circle: &Loop, order: &[NodeId], code: Code, message: String) -> Diagnostic {
    let closing = order.last().zip(order.first()).and_then(|(from, to)| circle.arrows.get(&(*from, *to)));
    // Arrows made by the lowering may stand nowhere; the node then does.
    let node_span = order.first().and_then(|n| plant.nodes.get(*n)).map_or(plant.span, |n| n.span);
    let span = closing.map(|a| a.span).filter(|s| *s != Span::default()).unwrap_or(node_span);
    let mut d = Diagnostic::new(code, span, message).label("closes the circle");
    for (at, id) in order.iter().enumerate().take(SHOWN) {
        let (Some(node), Some(places)) = (plant.nodes.get(*id), room(plant, *id)) else { continue };
        let what = match node.kind {
            NodeKind::Station(_) => counted(places, "machine"),
            _ => counted(places, "place"),
        };
        if node.span != span {
            d = d.with(node.span, format!("{}. `{}`: {what}", at + 1, node.name));
        }
    }
    d.note(circular_wait(plant, order))
}

/// A loop that can lock up, or surely does.
fn loop_found(plant: &Plant, circle: &Loop, order: &[NodeId], places: u64, sure: bool) -> Diagnostic {
    let (names, holds) = (around(plant, order), held_by(places));
    let message = match sure {
        true => {
            format!("the loop {names} locks up sooner or later: {holds} that fill up, and nothing limits what enters")
        }
        false => format!("items in the loop {names} can block each other: {holds}"),
    };
    let finding = pointed(plant, circle, order, codes::BLOCKING_CYCLE, message);
    if !sure {
        return finding;
    }
    finding.note("an open rework loop with finite buffers and an unthrottled source locks up with probability 1, whatever the buffer sizes: larger ones only delay it")
}

fn held_by(places: u64) -> String {
    if places == 1 { "it holds one item".to_string() } else { format!("it holds {} items", whole(places)) }
}

/// Stations of a circle, or its nodes when it has none: `` `work` → `test` ``.
fn around(plant: &Plant, order: &[NodeId]) -> String {
    let stations: Vec<NodeId> = order
        .iter()
        .copied()
        .filter(|id| matches!(plant.nodes.get(*id).map(|n| &n.kind), Some(NodeKind::Station(_))))
        .collect();
    let list = if stations.is_empty() { order.to_vec() } else { stations };
    let shown: Vec<String> = list.iter().take(4).map(|id| format!("`{}`", name(plant, *id))).collect();
    format!("{}{}", shown.join(" → "), if list.len() > 4 { " → …" } else { "" })
}

fn helped(
    plant: &Plant,
    mut d: Diagnostic,
    order: &[NodeId],
    places: u64,
    entries: &[NodeId],
    keep: Option<String>,
) -> Diagnostic {
    let named = |id: &NodeId| match plant.nodes.get(*id).map(|n| &n.kind) {
        Some(NodeKind::Buffer(b)) => !b.anonymous,
        Some(NodeKind::Station(_) | NodeKind::Conveyor(_)) => true,
        _ => false,
    };
    let from = match entries {
        [only] if named(only) => Some(*only),
        [] => None,
        _ => match plant.nodes.iter().filter(|(_, n)| matches!(n.kind, NodeKind::Source(_))).collect::<Vec<_>>()[..] {
            [(only, _)] => Some(only),
            _ => None,
        },
    };
    let sink = plant.nodes.iter().find(|(_, n)| matches!(n.kind, NodeKind::Sink)).map(|(id, _)| id);
    if let (Some(from), Some(sink), true) = (from, sink, places > 1) {
        d = d.help(format!(
            "let fewer items in than the loop holds: `limit wip {{ count: {}, from: {}, to: {} }}`",
            places - 1,
            name(plant, from),
            name(plant, sink),
        ));
    }
    if let Some(keep) = keep {
        d = d.help(keep);
    }
    let last = order.last().zip(order.first());
    match last {
        Some((from, to)) => d.help(format!(
            "or give one place in the circle no limit, for example `-[unlimited]->` between `{}` and `{}`",
            name(plant, *from),
            name(plant, *to),
        )),
        None => d,
    }
}

fn full(plant: &Plant, circle: &Loop, order: &[NodeId], initial: u64, total: u64) -> Diagnostic {
    let message = format!(
        "the closed loop {} gets {} items and holds {}: once they are in, nothing can move",
        around(plant, order),
        whole(initial),
        whole(total),
    );
    pointed(plant, circle, order, codes::FULL_LOOP, message)
        .note("two full places do not swap: at least one place has to be empty for anything to move")
        .help(format!("start with at most {} items, or add a place", whole(total.saturating_sub(1))))
}

/// Whether nothing but loops could make items wait for each other for ever: no joins whose parts share
/// a way, no batch that cannot gather, nobody held while blocked, nothing that may never begin.
pub(super) fn plain(plant: &Plant, network: &Network) -> bool {
    let resources = everyone_comes_back(plant);
    let mut gathers = false;
    let leading = leading(plant, network);
    let stations = plant.nodes.iter().all(|(id, node)| {
        let NodeKind::Station(station) = &node.kind else { return true };
        let joins = station.recipes.iter().any(|r| !r.takes.is_empty());
        let batches = station.recipes.iter().any(|r| r.batch.as_ref().is_some_and(|b| b.minimum > 1));
        let many =
            station.recipes.iter().any(|r| r.makes.iter().map(|p| p.maximum).sum::<u64>() > 1 || r.batch.is_some());
        let together = station.recipes.iter().any(|r| r.release == Release::Together);
        gathers |= joins || batches;
        station.release_crew != ReleaseCrew::AfterLeaving
            // People who stand by at a repair that needs people may wait for themselves.
            && !station.breakdowns.iter().any(|b| b.keep_crew && !b.needs.is_empty())
            && !plant.shared_stops(id).any(|s| matches!(&s.stop, crate::ir::Stop::Breakdown(b) if b.keep_crew && !b.needs.is_empty()))
            && station.machines > 0
            && !station.stays()
            && !(many && (together || station.blocking == Blocking::BeforeWork))
            && (!(joins || batches) || gathers_safely(plant, network, id, &station.recipes, &leading))
    });
    resources && stations && (plant.limits.is_empty() || !gathers && cards_come_back(plant, network))
}

/// Whether a station that waits for several items at once always gets them: one recipe, each part on a
/// way of its own that no other part or item shares, with enough room before the station.
fn gathers_safely(
    plant: &Plant,
    network: &Network,
    id: NodeId,
    recipes: &[Recipe],
    leading: &BTreeSet<NodeId>,
) -> bool {
    let [recipe] = recipes else { return false };
    if recipe.same.is_some() {
        return false;
    }
    let arriving: Vec<(usize, &State)> = network.iter().filter(|(_, s)| s.node == id && !s.departs).collect();
    let back = backwards(network);
    let mut used: BTreeMap<NodeId, usize> = BTreeMap::new();
    let parts: Vec<(Option<ItemId>, u64)> = if recipe.takes.is_empty() {
        vec![(None, recipe.batch.as_ref().map_or(1, |b| b.minimum))]
    } else {
        recipe.takes.iter().map(|p| (Some(p.item), p.minimum)).collect()
    };
    for (number, (item, wanted)) in parts.iter().enumerate() {
        let mut work: Vec<usize> =
            arriving.iter().filter(|(_, s)| item.is_none_or(|i| is_a(plant, s.item, i))).map(|(at, _)| *at).collect();
        let mut types: BTreeSet<ItemId> = BTreeSet::new();
        let mut supplied = false;
        let mut seen: BTreeSet<usize> = work.iter().copied().collect();
        for at in &work {
            for from in back.get(*at).into_iter().flatten() {
                let enough = network.states.get_index(*from).is_some_and(|(s, ())| {
                    matches!(plant.nodes.get(s.node).map(|n| &n.kind),
                        Some(NodeKind::Buffer(b)) if b.capacity == Capacity::Unlimited
                            || matches!(b.capacity, Capacity::Places(n) if n.saturating_sub(b.kept_places()) >= *wanted))
                });
                if *wanted > 1 && !enough {
                    return false;
                }
            }
        }
        while let Some(at) = work.pop() {
            let Some((state, ())) = network.states.get_index(at) else { continue };
            if state.node != id {
                types.insert(state.item);
                supplied |= matches!(plant.nodes.get(state.node).map(|n| &n.kind), Some(NodeKind::Source(_)));
                // A node on the way of two parts could fill up with the one while the other is missing.
                if *used.entry(state.node).or_insert(number) != number {
                    return false;
                }
            }
            for from in back.get(at).into_iter().flatten() {
                if seen.insert(*from) {
                    work.push(*from);
                }
            }
        }
        if types.len() > 1 && recipe.takes.is_empty() || !supplied {
            return false;
        }
    }
    // An item on such a way may not be decided for another station that waits for parts: it would stand
    // before those this one needs.
    if used.keys().any(|node| targets(plant, network, *node).intersection(leading).count() > 1) {
        return false;
    }
    // Nothing else may stand in these ways.
    network.iter().all(|(_, s)| match used.get(&s.node) {
        None => true,
        Some(number) => {
            let item = parts.get(*number).and_then(|(i, _)| *i);
            item.is_none_or(|i| is_a(plant, s.item, i) || is_only(network, s.node))
        }
    })
}

/// Stations that wait for several items at once.
fn is_gathering(plant: &Plant, id: NodeId) -> bool {
    matches!(plant.nodes.get(id).map(|n| &n.kind), Some(NodeKind::Station(s))
        if s.recipes.iter().any(|r| !r.takes.is_empty() || r.batch.as_ref().is_some_and(|b| b.minimum > 1)))
}

/// Nodes from which items come to a station that waits for several at once, and these stations.
fn leading(plant: &Plant, network: &Network) -> BTreeSet<NodeId> {
    let mut work: Vec<usize> =
        network.iter().filter(|(_, s)| !s.departs && is_gathering(plant, s.node)).map(|(at, _)| at).collect();
    if work.is_empty() {
        return BTreeSet::new();
    }
    let back = backwards(network);
    let mut seen: BTreeSet<usize> = work.iter().copied().collect();
    while let Some(at) = work.pop() {
        work.extend(back.get(at).into_iter().flatten().filter(|from| seen.insert(**from)));
    }
    seen.into_iter().filter_map(|at| network.states.get_index(at).map(|(s, ())| s.node)).collect()
}

/// Where items go from a node.
fn targets(plant: &Plant, network: &Network, node: NodeId) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::new();
    for (_, state) in network.iter().filter(|(_, s)| s.node == node) {
        if let Some(way) = way_out(plant, state) {
            leaves(plant, way, state.item, true, true, &mut |to, _, _, _| {
                found.insert(to);
            });
        }
    }
    found
}

/// Whether no item that waits for a card can stand before one that holds it: in a flow without circles it cannot,
/// for who waits is upstream.
fn cards_come_back(plant: &Plant, network: &Network) -> bool {
    let mut graph: DiGraph<(), ()> = DiGraph::new();
    for _ in 0..plant.nodes.len() {
        graph.add_node(());
    }
    for (at, state) in network.iter() {
        for to in network.reached_from(at) {
            if let Some((to, ())) = network.states.get_index(to) {
                graph.add_edge(NodeIndex::new(state.node.0 as usize), NodeIndex::new(to.node.0 as usize), ());
            }
        }
    }
    !petgraph::algo::is_cyclic_directed(&graph)
}

/// Whether a node sees one type of item only.
fn is_only(network: &Network, node: NodeId) -> bool {
    let mut types = network.iter().filter(|(_, s)| s.node == node).map(|(_, s)| s.item);
    let first = types.next();
    types.all(|i| Some(i) == first)
}

/// Per state, the states whose items can become it, through joins and open choices too.
fn backwards(network: &Network) -> Vec<Vec<usize>> {
    use crate::analysis::network::Term;
    let mut back: Vec<Vec<usize>> = vec![Vec::new(); network.states.len()];
    for (from, list) in network.edges.iter().enumerate() {
        for (to, _) in list {
            if let Some(list) = back.get_mut(*to) {
                list.push(from);
            }
        }
    }
    let mut feeding: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for balance in &network.balances {
        let states: Vec<usize> = balance
            .iter()
            .filter_map(|(t, f)| match t {
                Term::State(at) if num_traits::Signed::is_positive(f) => Some(*at),
                _ => None,
            })
            .collect();
        for (term, _) in balance {
            if let Term::Parameter(parameter) = term {
                feeding.entry(*parameter).or_default().extend(&states);
            }
        }
    }
    for (to, list) in network.inflows.iter().enumerate() {
        for (parameter, _) in list {
            if let (Some(back), Some(from)) = (back.get_mut(to), feeding.get(parameter)) {
                back.extend(from);
            }
        }
    }
    back
}
