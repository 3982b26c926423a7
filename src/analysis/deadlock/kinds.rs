//! What can be where: items by type, visit and the cards they hold, and the ways on from there. Times,
//! shares and conditions are left out: whatever can be decided may be.
//!
//! Start reading at [`Kinds::of`]. What is not followed is told by node, never guessed.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::analysis::means::is_a;
use crate::analysis::network::{State, route_visits, visit_of, way_out};
use crate::base::Span;
use crate::ir::{
    BreakdownEffect, ItemId, LimitId, NodeId, NodeKind, Plant, PoolId, Routing, Station, Stop, Target, VisitId,
};

use super::people;

/// Kinds above which a plant is not followed.
const KINDS: usize = 200_000;

/// Items of a type at a node, on a visit or none, with their cards.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Kind {
    /// Where.
    pub node: NodeId,
    /// On which stop of their route.
    pub visit: Option<VisitId>,
    /// What.
    pub item: ItemId,
    /// Products of a station that gathers, as against what arrives at it.
    pub departs: bool,
    /// Cards held, by limit.
    pub cards: Vec<(LimitId, u64)>,
}

/// A way that was decided for: the first target with room is taken, and mostly there is only one.
pub(super) type Way = Vec<Onward>;

/// A step to another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Onward {
    /// The kind that arrives.
    pub kind: usize,
    /// The arrow.
    pub span: Span,
}

/// A recipe that gathers.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathering {
    /// What it waits for.
    pub parts: Vec<GatheredPart>,
    /// What leaves; empty where what was gathered leaves again.
    pub products: Vec<Product>,
}

/// A part of a recipe.
#[derive(Clone, Debug, Default)]
pub(super) struct GatheredPart {
    /// Arriving kinds that will do.
    pub kinds: BTreeSet<usize>,
    /// How many at least and at most.
    pub number: (u64, u64),
}

/// A product of a recipe.
#[derive(Clone, Debug, Default)]
pub(super) struct Product {
    /// Leaving kinds of which each may be one.
    pub kinds: Vec<usize>,
    /// How many.
    pub count: u64,
}

/// All kinds of a plant.
#[derive(Default)]
pub(super) struct Kinds {
    /// In the order in which they are met.
    pub all: IndexMap<Kind, ()>,
    /// Ways on, by kind; none where items wait to be gathered.
    pub ways: Vec<Vec<Way>>,
    /// Where items go whose longest stay is over.
    pub expire: BTreeMap<usize, Onward>,
    /// Recipes of stations that gather.
    pub gathers: BTreeMap<NodeId, Vec<Gathering>>,
    /// Of what is gathered and leaves again: the kind that leaves, by the kind that arrived.
    pub again: BTreeMap<usize, usize>,
    /// Nodes that are not followed, with the reason.
    pub odd: BTreeMap<NodeId, &'static str>,
    /// Nodes at which a choice stands for what only a run decides: conditions, ways by count.
    pub loose: BTreeSet<NodeId>,
    /// Crews and tools that some station keeps until its item has left.
    pub kept: BTreeSet<PoolId>,
    /// Kinds by node.
    pub by_node: BTreeMap<NodeId, Vec<usize>>,
    /// Per kind where it comes from: kind, number of its way, and the step.
    pub before: Vec<Vec<(usize, usize, Onward)>>,
    work: Vec<usize>,
}

impl Kinds {
    /// The kinds of a plant. O(kinds × arrows).
    pub fn of(plant: &Plant) -> Kinds {
        let mut kinds = Kinds { kept: people::kept(plant), ..Kinds::default() };
        for (id, node) in plant.nodes.iter() {
            kinds.note_oddities(plant, id);
            let start = |item: ItemId| Kind { node: id, visit: None, item, departs: false, cards: Vec::new() };
            match &node.kind {
                NodeKind::Source(source) => {
                    for (item, share) in &source.mix {
                        if num_traits::Signed::is_positive(share) {
                            let mut made = start(*item);
                            kinds.take_cards(plant, &mut made);
                            kinds.reach(made);
                        }
                    }
                }
                NodeKind::Buffer(buffer) => {
                    for (item, _) in buffer.initial.iter().filter(|(_, n)| *n > 0) {
                        kinds.reach(start(*item));
                    }
                }
                NodeKind::Station(_) | NodeKind::Conveyor(_) | NodeKind::Sink => {}
            }
        }
        while let Some(at) = kinds.work.pop() {
            if kinds.all.len() > KINDS {
                break;
            }
            kinds.advance(plant, at);
        }
        let same = kinds.merge();
        kinds.before = vec![Vec::new(); kinds.all.len()];
        for (at, (kind, ())) in kinds.all.iter().enumerate().filter(|(at, _)| same.get(*at) == Some(at)) {
            kinds.by_node.entry(kind.node).or_default().push(at);
            for (number, way) in kinds.ways.get(at).into_iter().flatten().enumerate() {
                for onward in way {
                    if let Some(list) = kinds.before.get_mut(onward.kind) {
                        list.push((at, number, *onward));
                    }
                }
            }
        }
        kinds
    }

    /// Puts one in the place of kinds that cannot be told apart by what can become of them: visits of different
    /// branches of a route that go on alike. Per kind, the first one like it. Classes are split until none has to
    /// be (Moore 1956); O(arrows) a round.
    fn merge(&mut self) -> Vec<usize> {
        let parts: BTreeSet<(usize, NodeId, usize, usize)> = self
            .gathers
            .iter()
            .flat_map(|(node, recipes)| recipes.iter().enumerate().map(move |(r, recipe)| (*node, r, recipe)))
            .flat_map(|(node, r, recipe)| recipe.parts.iter().enumerate().map(move |(p, part)| (node, r, p, part)))
            .flat_map(|(node, r, p, part)| part.kinds.iter().map(move |k| (*k, node, r, p)))
            .collect();
        let roles = |at: usize| -> Vec<(usize, usize)> {
            parts.range((at, NodeId(0), 0, 0)..).take_while(|(k, ..)| *k == at).map(|(_, _, r, p)| (*r, *p)).collect()
        };
        let mut class: Vec<usize> = {
            let mut known = BTreeMap::new();
            let own = self.all.keys().enumerate();
            own.map(|(at, k)| {
                let new = known.len();
                *known.entry((k.node, k.item, k.departs, k.cards.clone(), roles(at))).or_insert(new)
            })
            .collect()
        };
        loop {
            let of = |at: &usize| class.get(*at).copied().unwrap_or(0);
            let mut known = BTreeMap::new();
            let next: Vec<usize> = (0..self.all.len())
                .map(|at| {
                    let way = |way: &Way| way.iter().map(|o| of(&o.kind)).collect::<Vec<usize>>();
                    let mut ways: Vec<Vec<usize>> = self.ways_of(at).iter().map(way).collect();
                    ways.sort_unstable();
                    let expires = self.expire.get(&at).map(|o| of(&o.kind));
                    let new = known.len();
                    *known.entry((of(&at), ways, expires, self.again.get(&at).map(of))).or_insert(new)
                })
                .collect();
            let split = known.len() > class.iter().max().map_or(0, |m| m + 1);
            class = next;
            if !split {
                break;
            }
        }
        let mut first: BTreeMap<usize, usize> = BTreeMap::new();
        let same: Vec<usize> = class.iter().enumerate().map(|(at, c)| *first.entry(*c).or_insert(at)).collect();
        let of = |at: usize| same.get(at).copied().unwrap_or(at);
        for onward in self.ways.iter_mut().flatten().flatten().chain(self.expire.values_mut()) {
            onward.kind = of(onward.kind);
        }
        for kept in self.ways.iter_mut() {
            let mut seen = BTreeSet::new();
            kept.retain(|way| seen.insert(way.iter().map(|o| o.kind).collect::<Vec<usize>>()));
        }
        for recipe in self.gathers.values_mut().flatten() {
            for part in &mut recipe.parts {
                part.kinds = part.kinds.iter().map(|k| of(*k)).collect();
            }
            for product in &mut recipe.products {
                let kinds: BTreeSet<usize> = product.kinds.iter().map(|k| of(*k)).collect();
                product.kinds = kinds.into_iter().collect();
            }
        }
        self.again = self.again.iter().map(|(a, l)| (of(*a), of(*l))).collect();
        same
    }

    /// Kinds at a node.
    pub fn at(&self, node: NodeId) -> &[usize] {
        self.by_node.get(&node).map_or(&[], Vec::as_slice)
    }

    /// The ways of a kind.
    pub fn ways_of(&self, kind: usize) -> &[Way] {
        self.ways.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Whether there were too many kinds to follow.
    pub fn too_many(&self) -> bool {
        self.all.len() > KINDS
    }

    /// A kind by its number.
    pub fn get(&self, at: usize) -> Option<&Kind> {
        self.all.get_index(at).map(|(k, ())| k)
    }

    fn reach(&mut self, kind: Kind) -> usize {
        let (at, known) = self.all.insert_full(kind, ());
        if known.is_none() {
            self.ways.push(Vec::new());
            self.work.push(at);
        }
        at
    }

    /// Takes the cards that are taken on coming to the kind's node. Where items are gathered the main one takes
    /// them, for all.
    fn take_cards(&mut self, plant: &Plant, kind: &mut Kind) {
        let mut takes = true;
        if let Some(NodeKind::Station(station)) = plant.nodes.get(kind.node).map(|n| &n.kind)
            && gathers(plant, station, kind.item)
            && plant.limits.iter().any(|(_, l)| l.from == kind.node)
        {
            let one = station.recipes.iter().all(|r| match r.gathered().first() {
                Some((Some(_), least, most)) => (*least, *most) == (1, 1) && !r.makes.is_empty(),
                _ => false,
            });
            if !one {
                self.odd.insert(kind.node, "cards that are taken where several items of one kind are gathered");
            }
            takes = station.recipes.iter().all(|r| r.main().is_some_and(|main| is_a(plant, kind.item, main)));
            if !takes && station.recipes.iter().any(|r| r.main().is_some_and(|main| is_a(plant, kind.item, main))) {
                self.odd.insert(kind.node, "cards that are taken by the main part of one recipe and not of another");
            }
        }
        for (id, limit) in plant.limits.iter().filter(|_| takes) {
            let meant = limit.item.is_none_or(|i| is_a(plant, kind.item, i));
            if limit.from == kind.node && meant && !kind.cards.iter().any(|(l, _)| *l == id) {
                kind.cards.push((id, 1));
                kind.cards.sort_unstable();
            }
        }
    }

    /// The kind that comes to a target, past what only hands over.
    fn arrive(&mut self, plant: &Plant, from: &Kind, target: &Target) -> Option<Onward> {
        let mut kind = Kind { node: target.node, visit: target.visit.or(from.visit), departs: false, ..from.clone() };
        // A card is given back on leaving the node where its stretch ends.
        kind.cards.retain(|(l, _)| plant.limits.get(*l).is_none_or(|l| l.to != from.node));
        for hops in 0..plant.nodes.len() {
            let Some(node) = plant.nodes.get(kind.node) else { break };
            let NodeKind::Buffer(buffer) = &node.kind else { break };
            if buffer.by.is_none() && !buffer.hands_over() {
                if hops > 0 && !buffer.kept.is_empty() {
                    self.odd.insert(from.node, "places that are kept, behind a vehicle or a node without places");
                }
                break;
            }
            if plant.limits.iter().any(|(_, l)| l.from == kind.node || l.to == kind.node) {
                self.odd.insert(from.node, "cards that are taken or given back on a vehicle");
                return None;
            }
            let next = node.routing.as_ref().map(|way| ways(plant, way, kind.item));
            match next {
                Some(Ok(list)) => match list.as_slice() {
                    [way] if way.len() == 1 => {
                        let target = way.first()?;
                        kind.node = target.node;
                        kind.visit = target.visit.or(kind.visit);
                    }
                    _ => {
                        self.odd.insert(from.node, "a choice behind a vehicle or a node without places");
                        return None;
                    }
                },
                _ => return None,
            }
        }
        self.take_cards(plant, &mut kind);
        let given_back = |l: &LimitId| plant.limits.get(*l).is_some_and(|l| l.to == from.node);
        if kind.cards.iter().any(|(l, _)| given_back(l) && from.cards.iter().any(|(own, _)| own == l)) {
            self.odd.insert(from.node, "a card that is given back and taken again in one step");
        }
        // A sink takes all cards.
        if plant.nodes.get(kind.node).is_some_and(|n| n.kind == NodeKind::Sink) {
            kind.cards.clear();
        }
        Some(Onward { kind: self.reach(kind), span: target.span })
    }

    fn advance(&mut self, plant: &Plant, at: usize) {
        let Some(kind) = self.get(at).cloned() else { return };
        let Some(node) = plant.nodes.get(kind.node) else { return };
        match &node.kind {
            NodeKind::Sink => return,
            NodeKind::Station(station) if !kind.departs && gathers(plant, station, kind.item) => {
                self.gather(plant, kind.node, station, at);
                return;
            }
            NodeKind::Buffer(buffer) => {
                if let Some(target) = &buffer.expired
                    && let Some(onward) = self.arrive(plant, &kind, target)
                {
                    self.expire.insert(at, onward);
                }
            }
            NodeKind::Source(_) | NodeKind::Station(_) | NodeKind::Conveyor(_) => {}
        }
        let state = State { node: kind.node, visit: kind.visit, item: kind.item, departs: kind.departs };
        let Some(routing) = way_out(plant, &state) else { return };
        // The visit before is kept until the next one begins.
        let leaving = match node.kind {
            NodeKind::Station(_) if visit_of(plant, &state).is_none() => Kind { visit: None, ..kind.clone() },
            _ => kind.clone(),
        };
        if decided_by_run(routing) {
            self.loose.insert(kind.node);
        }
        let list = match ways(plant, routing, kind.item) {
            Ok(list) => list,
            Err(why) => {
                self.odd.insert(kind.node, why);
                return;
            }
        };
        let mut found: Vec<Way> = Vec::new();
        for targets in list {
            let mut way: Way = Vec::new();
            for target in &targets {
                if let Some(onward) = self.arrive(plant, &leaving, target)
                    && !way.iter().any(|o| o.kind == onward.kind)
                {
                    way.push(onward);
                }
            }
            let same = |other: &Way| other.iter().map(|o| o.kind).eq(way.iter().map(|o| o.kind));
            if !way.is_empty() && !found.iter().any(same) {
                found.push(way);
            }
        }
        if let Some(slot) = self.ways.get_mut(at) {
            *slot = found;
        }
    }

    /// A kind has come to a station that gathers.
    fn gather(&mut self, plant: &Plant, node: NodeId, station: &Station, at: usize) {
        let Some(kind) = self.get(at).cloned() else { return };
        let recipes = self.gathers.entry(node).or_insert_with(|| {
            let one = |r: &crate::ir::Recipe| Gathering {
                parts: r
                    .gathered()
                    .iter()
                    .map(|(_, least, most)| GatheredPart { kinds: BTreeSet::new(), number: (*least, *most) })
                    .collect(),
                products: Vec::new(),
            };
            station.recipes.iter().map(one).collect()
        });
        for (recipe, own) in station.recipes.iter().zip(recipes.iter_mut()) {
            for ((wanted, _, _), part) in recipe.gathered().iter().zip(&mut own.parts) {
                if wanted.is_none_or(|w| is_a(plant, kind.item, w)) {
                    part.kinds.insert(at);
                }
            }
        }
        let again = station.recipes.iter().any(|r| r.makes.is_empty());
        if again {
            let leaves = self.reach(Kind { departs: true, ..kind.clone() });
            self.again.insert(at, leaves);
        }
        for (number, recipe) in station.recipes.iter().enumerate().filter(|(_, r)| !r.makes.is_empty()) {
            let Some(own) = self.gathers.get(&node).and_then(|r| r.get(number)).cloned() else { continue };
            let Some(cards) = self.cards_of(&own) else {
                self.odd.insert(node, "parts of which some hold cards and some do not");
                continue;
            };
            let Some(cards) = cards else { continue };
            let mut products = Vec::new();
            for (position, part) in recipe.makes.iter().enumerate() {
                if part.minimum != part.maximum || (position == 0 && part.minimum > 1 && !cards.is_empty()) {
                    self.odd.insert(node, "products of a number that only a run knows, or several with cards");
                }
                let visits = route_visits(plant, node, recipe, part);
                let visits: Vec<Option<VisitId>> =
                    if visits.is_empty() { vec![None] } else { visits.into_iter().map(Some).collect() };
                let held = if position == 0 { cards.clone() } else { Vec::new() };
                let made = |visit| Kind { node, visit, item: part.item, departs: true, cards: held.clone() };
                let kinds = visits.into_iter().map(|v| self.reach(made(v))).collect();
                products.push(Product { kinds, count: part.minimum });
            }
            if let Some(slot) = self.gathers.get_mut(&node).and_then(|r| r.get_mut(number)) {
                slot.products = products;
            }
        }
    }

    /// Cards that the main part of a recipe holds, which go on with its first product; those of the others are given
    /// back. Inner `None` while a part is not known, outer where it depends on which one is taken.
    #[expect(clippy::option_option, reason = "not known yet and never known are two answers")]
    fn cards_of(&self, recipe: &Gathering) -> Option<Option<Vec<(LimitId, u64)>>> {
        if recipe.parts.iter().any(|p| p.kinds.is_empty()) {
            return Some(None);
        }
        let main = recipe.parts.first().into_iter().flat_map(|p| &p.kinds);
        let mut held = main.filter_map(|k| self.get(*k)).map(|k| &k.cards);
        let Some(first) = held.next() else { return Some(None) };
        if held.any(|other| other != first) { None } else { Some(Some(first.clone())) }
    }

    fn note_oddities(&mut self, plant: &Plant, id: NodeId) {
        let Some(node) = plant.nodes.get(id) else { return };
        let why = match &node.kind {
            NodeKind::Station(station) => {
                let keeps = |b: &crate::ir::Breakdown| b.keep_crew && !b.needs.is_empty();
                let shared = plant.shared_stops(id).any(|s| matches!(&s.stop, Stop::Breakdown(b) if keeps(b)));
                if station.stays() {
                    Some("items that stay longer than a cycle (`stay`)")
                } else if station.on_belt {
                    Some("work on a belt")
                } else if station.load_each {
                    Some("parts that are loaded one by one (`load: each`)")
                } else if station.recipes.iter().any(|r| r.same.is_some()) {
                    Some("joining only equal items (`same`)")
                } else if let Err(why) = people::kept_need(plant, id, &self.kept) {
                    Some(why)
                } else if shared || station.breakdowns.iter().any(keeps) {
                    Some("people who stay during a repair that needs people (`keep_crew`)")
                } else {
                    None
                }
            }
            NodeKind::Conveyor(belt) => {
                if belt.ends_at_work || belt.drive.is_some() || belt.stepped {
                    Some("work on a belt")
                } else if !belt.extents.is_empty() {
                    Some("items of several lengths on a belt")
                } else {
                    None
                }
            }
            NodeKind::Source(_) | NodeKind::Buffer(_) | NodeKind::Sink => None,
        };
        let cleared = plant.limits.iter().any(|(_, l)| l.clearance.is_some() && (l.from == id || l.to == id));
        if let Some(why) = why.or(cleared.then_some("line clearance (`same` of a limit)")) {
            self.odd.insert(id, why);
        }
    }
}

/// Whether a station waits for several items, or certain ones, before it loads this type.
pub(super) fn gathers(plant: &Plant, station: &Station, item: ItemId) -> bool {
    let takes = |r: &crate::ir::Recipe| r.gathered().iter().any(|(w, _, _)| w.is_none_or(|w| is_a(plant, item, w)));
    station.recipes.iter().any(takes)
}

/// Whether items can vanish at a station: scrapped by its yield or a breakdown.
pub(super) fn may_scrap(plant: &Plant, id: NodeId) -> bool {
    let Some(NodeKind::Station(station)) = plant.nodes.get(id).map(|n| &n.kind) else { return false };
    let scraps = |b: &crate::ir::Breakdown| b.effect == BreakdownEffect::Scrap;
    station.yield_share.is_some()
        || plant.visits.values().any(|v| v.station == id && v.yield_share.is_some())
        || station.breakdowns.iter().any(scraps)
        || plant.shared_stops(id).any(|s| matches!(&s.stop, Stop::Breakdown(b) if scraps(b)))
}

/// Whether only a run knows what a routing decides, beside chance.
fn decided_by_run(way: &Routing) -> bool {
    match way {
        Routing::To(_) => false,
        Routing::Shares(list, _) => list.iter().any(|(_, w)| decided_by_run(w)),
        Routing::ByItem(list, rest, _) => {
            list.iter().any(|(_, w)| decided_by_run(w)) || rest.as_deref().is_some_and(decided_by_run)
        }
        Routing::If(..) => true,
        Routing::Rule(rule, list, _) => !rule.is_open() || list.iter().any(decided_by_run),
    }
}

/// The ways on for a type: decided for one after the other, each with its open targets.
fn ways(plant: &Plant, way: &Routing, item: ItemId) -> Result<Vec<Vec<Target>>, &'static str> {
    let mut found = Vec::new();
    match way {
        Routing::To(target) => found.push(vec![*target]),
        Routing::Shares(list, _) => {
            for (_, way) in list.iter().filter(|(share, _)| num_traits::Signed::is_positive(share)) {
                found.extend(ways(plant, way, item)?);
            }
        }
        Routing::ByItem(list, rest, _) => {
            let own = list.iter().find(|(i, _)| *i == item);
            let own = own.or_else(|| list.iter().find(|(i, _)| is_a(plant, item, *i)));
            if let Some(way) = own.map(|(_, w)| w).or(rest.as_deref()) {
                found.extend(ways(plant, way, item)?);
            }
        }
        Routing::If(list, rest, _) => {
            for way in list.iter().map(|(_, w)| w).chain([rest.as_ref()]) {
                found.extend(ways(plant, way, item)?);
            }
        }
        Routing::Rule(rule, list, _) if rule.is_open() => {
            let mut open = Vec::new();
            for way in list {
                let mut inner = ways(plant, way, item)?;
                if inner.len() > 1 {
                    return Err("a choice inside a rule that looks for room");
                }
                open.append(&mut inner.pop().unwrap_or_default());
            }
            found.push(open);
        }
        Routing::Rule(_, list, _) => {
            for way in list {
                found.extend(ways(plant, way, item)?);
            }
        }
    }
    Ok(found)
}
