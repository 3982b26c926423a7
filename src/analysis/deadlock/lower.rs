//! A part of a plant as a place/transition net (semantics D1 to D8). Around it the world is kind: what comes
//! from outside is always there, and what goes out always finds room.
//!
//! Start reading at [`lower`].

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::base::Span;
use crate::ir::{Blocking, Capacity, LimitId, NodeId, NodeKind, Plant, PoolId, Release, ReleaseCrew, Station};
use crate::net::{Net, Place, Transition};

use crate::analysis::kept::kept_from;

use super::kinds::{GatheredPart, Gathering, Kind, Kinds, Onward, held_needs, may_scrap};

/// Transitions of a net that is still decided.
const TRANSITIONS: usize = 6_000;
/// Ways in which the parts of one run of a recipe may be put together, or its products go.
const COMBINATIONS: usize = 200;

/// A net and what its parts stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Lowered {
    /// The net.
    pub net: Net,
    /// Per transition, what happens, as a sentence, and where in the text.
    pub steps: Vec<(String, Span)>,
    /// Per transition: the kind that a source makes with it.
    pub made: Vec<Option<usize>>,
    /// Per place: the node whose items or room it counts, if any.
    pub nodes: Vec<Option<NodeId>>,
    /// Some choice stands for what only a run decides, so that a way to a deadlock may not be one.
    pub loose: bool,
}

/// What a place counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// Empty places of a node, or idle machines.
    Free(NodeId),
    /// A lane may have a new first item.
    Head(NodeId),
    /// Items inside that are not first, or have not decided.
    Inside(usize),
    /// Items that have decided for a way.
    Ready(usize, usize),
    /// Items that an assembly counts on, while they stand in a lane: kind, recipe's part.
    Counted(usize, usize),
    /// How many more an assembly counts on: station, part.
    Wanted(NodeId, usize),
    /// Products that have left: station, recipe, which product, of a load of so many.
    Left(NodeId, usize, usize, u64),
    /// A machine whose products leave: station, recipe, load of so many.
    Unloading(NodeId, usize, u64),
    /// Products that leave together: station, recipe, number of the combination.
    Together(NodeId, usize, usize),
    /// Items on a machine that waits for people who may be kept elsewhere.
    Loaded(usize),
    /// People, or tools, that nobody keeps.
    People(PoolId),
    /// Cards nobody holds.
    Cards(LimitId),
}

/// Whether sources can make what they make on a way, in this order: campaigns and totals are kept. What comes
/// from outside the part is asked for only where it comes from a source itself.
pub(super) fn can_be_made(plant: &Plant, kinds: &Kinds, lowered: &Lowered, way: &[usize]) -> bool {
    let mut made: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
    for kind in way.iter().filter_map(|t| lowered.made.get(*t).copied().flatten()) {
        if let Some(node) = kinds.get(kind).map(|k| k.node) {
            made.entry(node).or_default().push(kind);
        }
    }
    let bounded = plant.nodes.values().any(|n| matches!(&n.kind, NodeKind::Source(s) if s.total.is_some() || !s.campaign.is_empty()));
    made.iter().all(|(node, list)| {
        let Some(NodeKind::Source(source)) = plant.nodes.get(*node).map(|n| &n.kind) else { return !bounded };
        let item = |at: usize| list.get(at).and_then(|k| kinds.get(*k)).map(|k| k.item);
        let mut of_campaign = source.campaign.iter().cycle().flat_map(|c| std::iter::repeat_n(&c.mix, usize::try_from(c.count).unwrap_or(usize::MAX)));
        source.total.is_none_or(|n| list.len() as u64 <= n)
            && (source.campaign.is_empty()
                || (0..list.len()).all(|at| {
                    of_campaign.next().is_some_and(|mix| mix.iter().any(|(i, _)| Some(*i) == item(at)))
                }))
    })
}

/// Lowers a whole plant, but for its sinks.
///
/// # Errors
/// What cannot be followed.
pub(super) fn whole(plant: &Plant, kinds: &Kinds) -> Result<Lowered, String> {
    let sink = |id: &NodeId| plant.nodes.get(*id).is_some_and(|n| n.kind == NodeKind::Sink);
    let all = plant.nodes.iter().map(|(id, _)| id).filter(|id| !sink(id)).collect();
    lower(plant, kinds, &all).map_err(|(node, why)| {
        let name = plant.nodes.get(node).map_or("", |n| n.name.as_str());
        format!("at `{name}`: {why}")
    })
}

/// Lowers the nodes of `part`.
///
/// # Errors
/// What cannot be followed, and where.
pub(super) fn lower(plant: &Plant, kinds: &Kinds, part: &BTreeSet<NodeId>) -> Result<Lowered, (NodeId, String)> {
    if let Some((id, why)) = kinds.odd.iter().find(|(id, _)| part.contains(id)) {
        return Err((*id, (*why).to_string()));
    }
    let inside = || part.iter().flat_map(|n| kinds.at(*n));
    let held = inside().filter_map(|k| kinds.get(*k)).flat_map(|k| &k.cards);
    let cards = held.map(|(l, _)| *l).collect();
    let mut lowering = Lowering {
        plant,
        kinds,
        part,
        endless: BTreeSet::new(),
        names: BTreeSet::new(),
        making: None,
        cards,
        keys: IndexMap::new(),
        known: BTreeSet::new(),
        out: Lowered { loose: part.iter().any(|n| kinds.loose.contains(n)), ..Lowered::default() },
        failed: None,
    };
    lowering.find_endless();
    lowering.all();
    match lowering.failed {
        Some(why) => Err(why),
        None => Ok(lowering.out),
    }
}

struct Lowering<'a> {
    plant: &'a Plant,
    kinds: &'a Kinds,
    part: &'a BTreeSet<NodeId>,
    /// Kinds of the part of which there is always one.
    endless: BTreeSet<usize>,
    names: BTreeSet<String>,
    /// The kind that is made by the step being put together.
    making: Option<usize>,
    cards: BTreeSet<LimitId>,
    keys: IndexMap<Key, ()>,
    known: BTreeSet<Tokens>,
    out: Lowered,
    failed: Option<(NodeId, String)>,
}

/// What a transition takes and gives.
type Tokens = (Vec<(usize, u64)>, Vec<(usize, u64)>);

/// Tokens taken and given by a transition that is being put together.
#[derive(Clone, Default)]
struct Change {
    takes: BTreeMap<usize, u64>,
    gives: BTreeMap<usize, u64>,
    /// Cards held more afterwards than before, in the part.
    cards: BTreeMap<LimitId, i64>,
}

impl Change {
    fn take(&mut self, place: usize, n: u64) {
        *self.takes.entry(place).or_default() += n;
    }
    fn give(&mut self, place: usize, n: u64) {
        if n == 0 {
            return;
        }
        *self.gives.entry(place).or_default() += n;
    }
}

/// How items stand in a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Any may leave, or all are alike.
    Bag,
    /// Only the first of each lane may leave.
    Lane(u64),
}

impl Lowering<'_> {
    fn node_kind(&self, id: NodeId) -> Option<&NodeKind> {
        self.plant.nodes.get(id).map(|n| &n.kind)
    }

    fn station(&self, id: NodeId) -> Option<&Station> {
        match self.node_kind(id) {
            Some(NodeKind::Station(station)) => Some(station),
            _ => None,
        }
    }

    fn name(&self, id: NodeId) -> &str {
        self.plant.nodes.get(id).map_or("", |n| n.name.as_str())
    }

    fn item(&self, kind: usize) -> &str {
        let item = self.kinds.get(kind).and_then(|k| self.plant.items.get(k.item));
        item.map_or("", |i| i.name.as_str())
    }

    fn kind(&self, at: usize) -> Option<&Kind> {
        self.kinds.get(at)
    }

    fn inside(&self, at: usize) -> bool {
        self.kind(at).is_some_and(|k| self.part.contains(&k.node))
    }

    fn fail(&mut self, id: NodeId, why: &str) {
        self.failed.get_or_insert_with(|| (id, why.to_string()));
    }

    fn place(&mut self, key: Key) -> usize {
        if let Some(at) = self.keys.get_index_of(&key) {
            return at;
        }
        let named = |id: NodeId| self.name(id).to_string();
        let at_node = |k: usize| self.kind(k).map(|k| k.node);
        let at = self.keys.len();
        let (name, tokens, moves, node) = match &key {
            Key::Free(id) => {
                let n = match self.node_kind(*id) {
                    Some(NodeKind::Station(s)) => s.machines,
                    Some(NodeKind::Buffer(b)) => match b.capacity {
                        Capacity::Places(n) => n,
                        Capacity::Unlimited => 0,
                    },
                    Some(NodeKind::Conveyor(b)) => b.least_capacity(),
                    _ => 1,
                };
                // An idle machine that can never load again is stuck too.
                (format!("room in {}", named(*id)), n, self.kinds.gathers.contains_key(id), Some(*id))
            }
            Key::Head(id) => {
                let lanes = match self.standing(*id) {
                    Standing::Lane(n) => n,
                    Standing::Bag => 1,
                };
                (format!("first place in {}", named(*id)), lanes, false, None)
            }
            Key::Inside(k) => (self.describe(*k), 0, true, at_node(*k)),
            Key::Ready(k, w) => (format!("{} that goes on{}", self.describe(*k), self.whither(*k, *w)), 0, true, at_node(*k)),
            Key::Counted(k, p) => (format!("{} that is counted on as part {p}", self.describe(*k)), 0, true, at_node(*k)),
            Key::Wanted(id, p) => {
                let first = self.kinds.gathers.get(id).and_then(|r| r.first());
                let n = first.and_then(|r| r.parts.get(*p)).map_or(0, |p| p.number.0);
                (format!("part {p} that {} still wants", named(*id)), n, false, None)
            }
            Key::Left(id, r, p, n) => (format!("products that have left {} ({r}.{p}.{n})", named(*id)), 0, false, None),
            Key::Unloading(id, r, n) => (format!("machines of {} that unload ({r}.{n})", named(*id)), 0, false, None),
            Key::Together(id, r, n) => (format!("products of {} that leave together ({r}.{n})", named(*id)), 0, true, Some(*id)),
            Key::Loaded(k) => (format!("{} that waits for people", self.describe(*k)), 0, true, at_node(*k)),
            Key::People(pool) => {
                let pool = self.plant.pools.get(*pool);
                (format!("free {}", pool.map_or("", |p| p.name.as_str())), pool.map_or(0, |p| p.size), false, None)
            }
            Key::Cards(l) => {
                let limit = self.plant.limits.get(*l);
                let name = limit.map_or("", |l| l.name.as_str());
                (format!("cards of {name}"), limit.map_or(0, |l| l.count), false, None)
            }
        };
        // Names of places are unique: kinds may differ in what their names do not tell.
        let name = if self.names.insert(name.clone()) { name } else { format!("{name} #{at}") };
        self.keys.insert(key, ());
        self.out.net.places.push(Place { name, tokens, moves });
        self.out.nodes.push(node);
        at
    }

    fn describe(&self, kind: usize) -> String {
        let Some(k) = self.kind(kind) else { return String::new() };
        let visit = k.visit.and_then(|v| self.plant.visits.get(v)).map(|v| format!(" on visit {}", v.number));
        format!("{} in {}{}", self.item(kind), self.name(k.node), visit.unwrap_or_default())
    }

    fn whither(&self, kind: usize, way: usize) -> String {
        let ways = self.kinds.ways.get(kind);
        if ways.is_none_or(|w| w.len() < 2) {
            return String::new();
        }
        let targets = ways.and_then(|w| w.get(way)).into_iter().flatten();
        let names: Vec<&str> = targets.filter_map(|o| self.kind(o.kind)).map(|k| self.name(k.node)).collect();
        format!(" to {}", names.join(" or "))
    }

    fn step(&mut self, change: Change, text: String, span: Span) {
        if self.out.net.transitions.len() >= TRANSITIONS {
            let first = self.part.first().copied().unwrap_or(NodeId(0));
            self.fail(first, "too many kinds of steps");
            return;
        }
        let mut change = change;
        for (limit, more) in std::mem::take(&mut change.cards) {
            if more == 0 || !self.cards.contains(&limit) {
                continue;
            }
            let place = self.place(Key::Cards(limit));
            let n = more.unsigned_abs();
            if more > 0 { change.take(place, n) } else { change.give(place, n) }
        }
        let takes: Vec<(usize, u64)> = change.takes.into_iter().collect();
        let gives: Vec<(usize, u64)> = change.gives.into_iter().collect();
        // What comes from several places outside comes all the same.
        if takes == gives || !self.known.insert((takes.clone(), gives.clone())) {
            return;
        }
        let name = format!("{} {text}", self.out.net.transitions.len() + 1);
        self.out.net.transitions.push(Transition { name, takes, gives });
        self.out.steps.push((text, span));
        self.out.made.push(self.making);
    }

    // How things stand.

    /// Whether items of a kind are always there: they come from outside, or straight from a source that makes
    /// nothing else.
    fn endless(&self, kind: usize) -> bool {
        !self.inside(kind) || self.endless.contains(&kind)
    }

    /// Sources that make one kind for one way, and what waits outside behind them without limit.
    fn find_endless(&mut self) {
        for id in self.part {
            let [kind] = self.kinds.at(*id) else { continue };
            let alone = self.kinds.ways_of(*kind).len() == 1 && self.kind(*kind).is_some_and(|k| k.cards.is_empty());
            if alone && matches!(self.node_kind(*id), Some(NodeKind::Source(_))) {
                self.endless.insert(*kind);
            }
        }
        loop {
            let before = self.endless.len();
            for id in self.part {
                let Some(NodeKind::Buffer(buffer)) = self.node_kind(*id) else { continue };
                let [kind] = self.kinds.at(*id) else { continue };
                let fed = self.kinds.before.get(*kind).is_some_and(|list| {
                    !list.is_empty() && list.iter().all(|(k, _, _)| self.endless(*k))
                });
                if buffer.capacity == Capacity::Unlimited
                    && buffer.max_stay.is_none()
                    && self.kinds.ways_of(*kind).len() == 1
                    && self.kind(*kind).is_some_and(|k| k.cards.is_empty())
                    && fed
                {
                    self.endless.insert(*kind);
                }
            }
            if self.endless.len() == before {
                return;
            }
        }
    }

    fn standing(&self, id: NodeId) -> Standing {
        let lanes = match self.node_kind(id) {
            Some(NodeKind::Buffer(b)) if b.keeps_order && !b.is_loose() => 1,
            Some(NodeKind::Conveyor(b)) => b.lanes,
            _ => return Standing::Bag,
        };
        let here = self.kinds.at(id);
        let classes: usize = here.iter().map(|k| self.kinds.ways_of(*k).len().max(1)).sum();
        if classes <= 1 || self.all_wait_for_the_same(here) { Standing::Bag } else { Standing::Lane(lanes) }
    }

    /// Whether it makes no difference which of some kinds is first: all of them go to one node, which takes
    /// any of them when it has room.
    fn all_wait_for_the_same(&self, here: &[usize]) -> bool {
        let mut to = None;
        for kind in here {
            let [way] = self.kinds.ways_of(*kind) else { return false };
            let [step] = way.as_slice() else { return false };
            let (Some(from), Some(arrives)) = (self.kind(*kind), self.kind(step.kind)) else { return false };
            let takes_card = arrives.cards.iter().any(|(l, _)| !from.cards.iter().any(|(own, _)| own == l));
            if takes_card || *to.get_or_insert(arrives.node) != arrives.node {
                return false;
            }
        }
        let recipes = to.and_then(|to| self.kinds.gathers.get(&to)).map_or(&[][..], Vec::as_slice);
        match recipes {
            [] => true,
            [only] => {
                let [part] = only.parts.as_slice() else { return false };
                let steps = here.iter().flat_map(|k| self.kinds.ways_of(*k)).flatten();
                steps.into_iter().all(|s| part.kinds.contains(&s.kind))
            }
            _ => false,
        }
    }

    /// Whether items of a kind decide in a step of their own after they came.
    fn decides(&self, kind: usize) -> bool {
        let Some(k) = self.kind(kind) else { return false };
        let several = self.kinds.ways_of(kind).len() != 1;
        match self.node_kind(k.node) {
            Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_)) => several || self.standing(k.node) != Standing::Bag,
            _ => false,
        }
    }

    fn limited(&self, id: NodeId) -> bool {
        match self.node_kind(id) {
            Some(NodeKind::Buffer(b)) => matches!(b.capacity, Capacity::Places(_)),
            Some(NodeKind::Sink) | None => false,
            Some(_) => true,
        }
    }

    // Steps.

    fn all(&mut self) {
        for id in self.part.clone() {
            if self.failed.is_some() {
                return;
            }
            match self.node_kind(id) {
                Some(NodeKind::Source(_)) => self.makes(id),
                Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_)) => self.decide(id),
                Some(NodeKind::Station(_)) if self.kinds.gathers.contains_key(&id) => self.gather(id),
                _ => {}
            }
        }
        for id in self.part.clone() {
            for kind in self.kinds.at(id).to_vec() {
                if self.failed.is_some() {
                    return;
                }
                let before = self.kinds.before.get(kind).cloned().unwrap_or_default();
                for (from, way, step) in before {
                    if self.inside(from) {
                        continue;
                    }
                    self.go(from, way, step);
                }
                for (way, steps) in self.kinds.ways_of(kind).to_vec().into_iter().enumerate() {
                    steps.into_iter().for_each(|step| self.go(kind, way, step));
                }
                self.expire(kind);
            }
        }
    }

    /// A source makes its next item, of any type.
    fn makes(&mut self, id: NodeId) {
        for kind in self.kinds.at(id).to_vec() {
            if self.endless(kind) {
                continue;
            }
            for way in 0..self.kinds.ways_of(kind).len() {
                let mut change = Change::default();
                change.take(self.place(Key::Free(id)), 1);
                change.give(self.place(Key::Ready(kind, way)), 1);
                self.held(&mut change, kind, 1);
                let text = format!("`{}` makes {}{}", self.name(id), self.item(kind), self.whither(kind, way));
                self.making = Some(kind);
                self.step(change, text, self.plant.nodes.get(id).map_or(Span::default(), |n| n.span));
                self.making = None;
            }
        }
    }

    /// Items inside decide where to go; in a lane only the first.
    fn decide(&mut self, id: NodeId) {
        let span = self.plant.nodes.get(id).map_or(Span::default(), |n| n.span);
        for kind in self.kinds.at(id).to_vec() {
            let tokens = match self.node_kind(id) {
                Some(NodeKind::Buffer(b)) => {
                    let item = self.kind(kind).map(|k| k.item);
                    let plain = self.kind(kind).is_some_and(|k| k.visit.is_none() && k.cards.is_empty());
                    b.initial.iter().filter(|(i, _)| plain && Some(*i) == item).map(|(_, n)| n).sum()
                }
                _ => 0,
            };
            if self.decides(kind) {
                let inside = self.place(Key::Inside(kind));
                self.begin_with(id, inside, tokens);
                for way in 0..self.kinds.ways_of(kind).len() {
                    let mut change = Change::default();
                    change.take(inside, 1);
                    if matches!(self.standing(id), Standing::Lane(_)) {
                        change.take(self.place(Key::Head(id)), 1);
                    }
                    change.give(self.place(Key::Ready(kind, way)), 1);
                    let first = if matches!(self.standing(id), Standing::Lane(_)) { " is first and" } else { "" };
                    let text = format!("{}{first} goes on{}", self.article(kind, id), self.whither(kind, way));
                    self.step(change, text, span);
                }
            } else {
                let ready = self.place(Key::Ready(kind, 0));
                self.begin_with(id, ready, tokens);
            }
        }
    }

    fn article(&self, kind: usize, id: NodeId) -> String {
        format!("{} in `{}`", self.item(kind), self.name(id))
    }

    fn begin_with(&mut self, id: NodeId, place: usize, tokens: u64) {
        if tokens == 0 {
            return;
        }
        if let Some(place) = self.out.net.places.get_mut(place) {
            place.tokens = tokens;
        }
        if self.limited(id) {
            let free = self.place(Key::Free(id));
            if let Some(free) = self.out.net.places.get_mut(free) {
                free.tokens = free.tokens.saturating_sub(tokens);
            }
        }
    }

    /// What an item of a kind gives back when it leaves its node; its token is taken by the caller.
    fn leave(&mut self, change: &mut Change, kind: usize, counted: bool) {
        let Some(k) = self.kind(kind).cloned() else { return };
        if self.endless(kind) {
            return;
        }
        self.held(change, kind, -1);
        match self.node_kind(k.node) {
            Some(NodeKind::Source(_)) => change.give(self.place(Key::Free(k.node)), 1),
            Some(NodeKind::Station(_)) if k.departs => self.product_left(change, kind),
            Some(NodeKind::Station(s)) => {
                let keeps = s.release_crew == ReleaseCrew::AfterLeaving;
                change.give(self.place(Key::Free(k.node)), 1);
                if let (true, Ok(Some(pool))) = (keeps, held_needs(self.plant, k.node, &self.kinds.held)) {
                    change.give(self.place(Key::People(pool)), 1);
                }
            }
            Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_)) => {
                if self.limited(k.node) {
                    change.give(self.place(Key::Free(k.node)), 1);
                }
                if !counted && matches!(self.standing(k.node), Standing::Lane(_)) {
                    change.give(self.place(Key::Head(k.node)), 1);
                }
            }
            Some(NodeKind::Sink) | None => {}
        }
    }

    fn held(&self, change: &mut Change, kind: usize, sign: i64) {
        if !self.inside(kind) {
            return;
        }
        for (limit, n) in self.kind(kind).map_or(&[][..], |k| &k.cards) {
            *change.cards.entry(*limit).or_default() += sign * i64::try_from(*n).unwrap_or(i64::MAX);
        }
    }

    /// Whether items of a kind wait where they are until a station gathers them.
    fn is_gathered(&self, kind: usize) -> bool {
        let Some(k) = self.kind(kind) else { return false };
        let parts = self.kinds.gathers.get(&k.node).into_iter().flatten().flat_map(|r| &r.parts);
        !k.departs && self.part.contains(&k.node) && parts.into_iter().any(|p| p.kinds.contains(&kind))
    }

    /// An item takes a step, if it does not wait to be gathered there.
    fn go(&mut self, kind: usize, way: usize, step: Onward) {
        let (Some(from), Some(to)) = (self.kind(kind).cloned(), self.kind(step.kind).cloned()) else { return };
        if self.is_gathered(step.kind) || (from.departs && self.leaves_together(kind)) {
            return;
        }
        let mut change = Change::default();
        if !self.endless(kind) {
            change.take(self.place(Key::Ready(kind, way)), 1);
        }
        self.leave(&mut change, kind, false);
        let text = format!("{} goes from `{}` to `{}`", self.item(kind), self.name(from.node), self.name(to.node));
        self.making = Some(kind).filter(|k| self.endless(*k));
        self.enter(change, kind, step, &text);
        self.making = None;
    }

    /// All ways in which an item comes to a node, as steps.
    fn enter(&mut self, mut change: Change, from: usize, step: Onward, text: &str) {
        let Some(to) = self.kind(step.kind).cloned() else { return };
        if !self.part.contains(&to.node) {
            self.step(change, text.to_string(), step.span);
            return;
        }
        self.held(&mut change, step.kind, 1);
        if self.limited(to.node) {
            // The last places may be kept for others.
            let kept = match (self.node_kind(to.node), self.kind(from)) {
                (Some(NodeKind::Buffer(b)), Some(k)) => kept_from(self.plant, b, k.node, k.item),
                _ => 0,
            };
            let free = self.place(Key::Free(to.node));
            change.take(free, kept.saturating_add(1));
            change.give(free, kept);
        }
        match self.node_kind(to.node) {
            Some(NodeKind::Buffer(_) | NodeKind::Conveyor(_)) => {
                let place = if self.decides(step.kind) { Key::Inside(step.kind) } else { Key::Ready(step.kind, 0) };
                change.give(self.place(place), 1);
                self.step(change, text.to_string(), step.span);
            }
            Some(NodeKind::Station(station)) => {
                let keeps = station.release_crew == ReleaseCrew::AfterLeaving;
                if let Ok(Some(pool)) = held_needs(self.plant, to.node, &self.kinds.held) {
                    let loaded = self.place(Key::Loaded(step.kind));
                    change.give(loaded, 1);
                    self.step(change, text.to_string(), step.span);
                    self.staffed(step.kind, to.node, pool, keeps);
                    return;
                }
                for way in 0..self.kinds.ways_of(step.kind).len() {
                    let mut own = change.clone();
                    own.give(self.place(Key::Ready(step.kind, way)), 1);
                    let text = format!("{text}{}", decided(&self.whither(step.kind, way)));
                    self.step(own, text, step.span);
                }
                if may_scrap(self.plant, to.node) {
                    let mut own = change;
                    own.give(self.place(Key::Free(to.node)), 1);
                    self.held(&mut own, step.kind, -1);
                    self.step(own, format!("{text} and is scrapped"), step.span);
                }
            }
            Some(NodeKind::Source(_) | NodeKind::Sink) | None => {}
        }
    }

    /// A machine that is loaded gets its people, who go again after the work or are kept until the item has left.
    fn staffed(&mut self, kind: usize, id: NodeId, pool: PoolId, keeps: bool) {
        let span = self.plant.nodes.get(id).map_or(Span::default(), |n| n.span);
        let name = self.plant.pools.get(pool).map_or("", |p| p.name.as_str());
        let text = format!("`{}` gets `{name}` and works", self.name(id));
        let mut change = Change::default();
        change.take(self.place(Key::Loaded(kind)), 1);
        change.take(self.place(Key::People(pool)), 1);
        for way in 0..self.kinds.ways_of(kind).len() {
            let mut own = change.clone();
            own.give(self.place(Key::Ready(kind, way)), 1);
            if !keeps {
                own.give(self.place(Key::People(pool)), 1);
            }
            let text = format!("{text}{}", decided(&self.whither(kind, way)));
            self.step(own, text, span);
        }
        if may_scrap(self.plant, id) {
            change.give(self.place(Key::People(pool)), 1);
            change.give(self.place(Key::Free(id)), 1);
            self.held(&mut change, kind, -1);
            self.step(change, format!("{text}; the item is scrapped"), span);
        }
    }

    /// Items whose longest stay is over.
    fn expire(&mut self, kind: usize) {
        let Some(k) = self.kind(kind).cloned() else { return };
        let Some(NodeKind::Buffer(buffer)) = self.node_kind(k.node) else { return };
        if buffer.max_stay.is_none() {
            return;
        }
        let ways = self.kinds.ways_of(kind).len();
        let mut from: Vec<Key> = (0..ways).map(|w| Key::Ready(kind, w)).collect();
        if self.decides(kind) {
            from.push(Key::Inside(kind));
        }
        for key in from {
            let mut change = Change::default();
            change.take(self.place(key), 1);
            self.leave(&mut change, kind, true);
            let text = format!("{} has been in `{}` for too long", self.item(kind), self.name(k.node));
            match self.kinds.expire.get(&kind) {
                Some(step) if self.is_gathered(step.kind) => self.fail(k.node, "expired items that are gathered"),
                Some(step) => self.enter(change, kind, *step, &text),
                None => self.step(change, text, Span::default()),
            }
        }
    }
}

fn decided(whither: &str) -> String {
    if whither.is_empty() { String::new() } else { format!(", then{whither}") }
}

// Stations that gather.

/// Where a part can be taken from: its place (none: always there), the kind that stands there, and whether
/// the assembly has counted on it before.
#[derive(Clone, Copy, Debug)]
struct Input {
    place: Option<usize>,
    kind: usize,
    arrives: usize,
    counted: bool,
}

impl Lowering<'_> {
    fn leaves_together(&self, kind: usize) -> bool {
        let Some(k) = self.kind(kind) else { return false };
        self.owner(kind).is_some_and(|(recipe, _)| self.together(k.node, recipe))
    }

    fn together(&self, id: NodeId, recipe: usize) -> bool {
        let Some(station) = self.station(id) else { return false };
        let total = self.total(id, recipe);
        total.is_none_or(|n| n > 1)
            && (station.blocking == Blocking::BeforeWork
                || station.recipes.get(recipe).is_some_and(|r| r.release == Release::Together))
    }

    /// How many items leave after a run of a recipe, when that is always the same number.
    fn total(&self, id: NodeId, recipe: usize) -> Option<u64> {
        let own = self.kinds.gathers.get(&id)?.get(recipe)?;
        if self.again(id, recipe) {
            let fixed = own.parts.iter().all(|p| p.number.0 == p.number.1);
            return fixed.then(|| own.parts.iter().map(|p| p.number.0).sum());
        }
        Some(own.products.iter().map(|p| p.count).sum())
    }

    fn again(&self, id: NodeId, recipe: usize) -> bool {
        self.station(id).and_then(|s| s.recipes.get(recipe)).is_some_and(|r| r.makes.is_empty())
    }

    /// The recipe and product of a kind that leaves a station that gathers.
    fn owner(&self, kind: usize) -> Option<(usize, usize)> {
        let k = self.kind(kind)?;
        let recipes = self.kinds.gathers.get(&k.node)?;
        for (r, recipe) in recipes.iter().enumerate() {
            if self.again(k.node, r) {
                let own = recipe.parts.iter().flat_map(|p| &p.kinds);
                if own.filter_map(|a| self.kinds.again.get(a)).any(|leaves| *leaves == kind) {
                    return Some((r, 0));
                }
            }
            for (p, product) in recipe.products.iter().enumerate() {
                if product.kinds.contains(&kind) {
                    return Some((r, p));
                }
            }
        }
        None
    }

    fn product_left(&mut self, change: &mut Change, kind: usize) {
        let Some(node) = self.kind(kind).map(|k| k.node) else { return };
        let Some((recipe, product)) = self.owner(kind) else { return };
        match self.total(node, recipe) {
            Some(1) => change.give(self.place(Key::Free(node)), 1),
            Some(n) => change.give(self.place(Key::Left(node, recipe, product, n)), 1),
            // Of a batch of no fixed number the products are counted together.
            None => change.give(self.place(Key::Left(node, recipe, product, 0)), 1),
        }
    }

    fn gather(&mut self, id: NodeId) {
        let recipes = self.kinds.gathers.get(&id).cloned().unwrap_or_default();
        let Some(station) = self.station(id).cloned() else { return };
        // Kinds of several recipes are told apart by nothing.
        for (r, recipe) in recipes.iter().enumerate() {
            let several = self.total(id, r).is_none_or(|n| n > 1);
            let shared = recipes.iter().enumerate().filter(|(other, _)| *other != r).any(|(_, other)| {
                let own = |g: &Gathering| -> BTreeSet<usize> {
                    let again = g.parts.iter().flat_map(|p| &p.kinds).filter_map(|a| self.kinds.again.get(a));
                    g.products.iter().flat_map(|p| &p.kinds).chain(again).copied().collect()
                };
                own(recipe).intersection(&own(other)).next().is_some()
            });
            if several && shared {
                self.fail(id, "several recipes with products that are alike");
                return;
            }
            if several && station.machines > 1 {
                self.fail(id, "several machines whose products leave one by one");
                return;
            }
        }
        for (r, recipe) in recipes.iter().enumerate() {
            self.load(id, &station, r, recipe, recipes.len());
        }
    }

    /// Whether what stands behind the first of a lane counts too for a station that gathers: then it is counted
    /// on, one after the other. `None` where others stand between.
    fn counts_on(&self, id: NodeId, kind: usize, number: u64) -> Option<bool> {
        let k = self.kind(kind)?;
        if !matches!(self.standing(k.node), Standing::Lane(_)) {
            return Some(false);
        }
        let here = self.kinds.at(k.node);
        let comes = |other: &usize| {
            let steps = self.kinds.ways_of(*other).iter().flatten();
            steps.filter_map(|o| self.kind(o.kind)).any(|t| t.node == id)
        };
        let only = |other: &usize| {
            let mut steps = self.kinds.ways_of(*other).iter().flatten();
            steps.all(|o| self.kind(o.kind).is_some_and(|t| t.node == id))
        };
        if here.iter().all(only) {
            return Some(true);
        }
        // One item for one part: it leaves as the first of the lane.
        (number == 1 && here.iter().filter(|k| comes(k)).count() == 1).then_some(false)
    }

    fn inputs(&mut self, id: NodeId, p: usize, part: &GatheredPart, recipes: usize) -> Vec<Input> {
        let mut found = Vec::new();
        for arrives in &part.kinds {
            for (kind, w, step) in self.kinds.before.get(*arrives).cloned().unwrap_or_default() {
                if self.endless(kind) {
                    found.push(Input { place: None, kind, arrives: *arrives, counted: false });
                    continue;
                }
                let ready = self.place(Key::Ready(kind, w));
                let Some(counts) = self.counts_on(id, kind, part.number.1) else {
                    self.fail(id, "parts that stand in one lane with items for others");
                    return found;
                };
                if !counts {
                    found.push(Input { place: Some(ready), kind, arrives: *arrives, counted: false });
                    continue;
                }
                let open = self.kinds.ways_of(kind).get(w).is_some_and(|way| way.len() > 1);
                if recipes > 1 || open {
                    self.fail(id, "several recipes, or open ways, behind a lane of several kinds");
                    return found;
                }
                // The first of the lane is counted on, and the next one comes to the front.
                let counted = self.place(Key::Counted(kind, p));
                let mut change = Change::default();
                change.take(ready, 1);
                change.take(self.place(Key::Wanted(id, p)), 1);
                change.give(counted, 1);
                let Some(lane) = self.kind(kind).map(|k| k.node) else { continue };
                change.give(self.place(Key::Head(lane)), 1);
                let text = format!("`{}` counts on {} in `{}`", self.name(id), self.item(kind), self.name(lane));
                self.step(change, text, step.span);
                found.push(Input { place: Some(counted), kind, arrives: *arrives, counted: true });
            }
        }
        found
    }

    fn load(&mut self, id: NodeId, station: &Station, r: usize, recipe: &Gathering, recipes: usize) {
        let mut choices: Vec<Vec<Vec<(Input, u64)>>> = Vec::new();
        for (p, part) in recipe.parts.iter().enumerate() {
            let inputs = self.inputs(id, p, part, recipes);
            if self.failed.is_some() {
                return;
            }
            let counted = inputs.iter().any(|i| i.counted);
            if counted && part.number.0 != part.number.1 {
                self.fail(id, "a number of parts that is open, behind a lane of several kinds");
                return;
            }
            let mut own = Vec::new();
            for n in part.number.0..=part.number.1 {
                compositions(&inputs, n, &mut Vec::new(), &mut own);
                if own.len() > COMBINATIONS {
                    self.fail(id, "too many ways to put the parts together");
                    return;
                }
            }
            choices.push(own);
        }
        let Some(sets) = product(&choices) else {
            self.fail(id, "too many ways to put the parts together");
            return;
        };
        for set in sets {
            let mut change = Change::default();
            change.take(self.place(Key::Free(id)), 1);
            let mut loaded = 0;
            let mut arrived: Vec<(usize, u64)> = Vec::new();
            for (p, inputs) in set.iter().enumerate() {
                for (input, n) in inputs {
                    for _ in 0..*n {
                        self.leave(&mut change, input.kind, input.counted);
                    }
                    if let Some(place) = input.place {
                        change.take(place, *n);
                    }
                    if input.counted {
                        change.give(self.place(Key::Wanted(id, p)), *n);
                    }
                    arrived.push((input.arrives, *n));
                    loaded += n;
                }
            }
            let what: Vec<String> = arrived.iter().map(|(k, n)| format!("{n} {}", self.item(*k))).collect();
            let text = format!("`{}` loads {}", self.name(id), what.join(" and "));
            self.unload(id, station, r, recipe, (change, loaded, &arrived), &text);
        }
    }

    /// What leaves after a load, in all ways.
    fn unload(
        &mut self,
        id: NodeId,
        station: &Station,
        r: usize,
        recipe: &Gathering,
        (mut change, loaded, arrived): (Change, u64, &[(usize, u64)]),
        text: &str,
    ) {
        let scrap = may_scrap(self.plant, id);
        // Of each product: the places where one may be, with its kind; none for one that is scrapped.
        let mut choices: Vec<Vec<Vec<(Option<(usize, usize)>, u64)>>> = Vec::new();
        let lists: Vec<(Vec<usize>, u64)> = if self.again(id, r) {
            arrived.iter().filter_map(|(a, n)| self.kinds.again.get(a).map(|k| (vec![*k], *n))).collect()
        } else {
            recipe.products.iter().map(|p| (p.kinds.clone(), p.count)).collect()
        };
        for (kinds, n) in &lists {
            let mut ways: Vec<Option<(usize, usize)>> = Vec::new();
            for kind in kinds {
                ways.extend((0..self.kinds.ways_of(*kind).len()).map(|w| Some((*kind, w))));
            }
            if scrap {
                ways.push(None);
            }
            let mut own = Vec::new();
            compositions(&ways, *n, &mut Vec::new(), &mut own);
            choices.push(own);
        }
        let Some(sets) = product(&choices) else {
            self.fail(id, "too many ways for the products to go");
            return;
        };
        let total: u64 = lists.iter().map(|(_, n)| n).sum();
        let span = station.recipes.get(r).map_or(Span::default(), |r| r.span);
        let together = self.together(id, r) && total > 1;
        if self.again(id, r) && self.total(id, r).is_none() {
            // A batch of no fixed number: the machine knows how many have to leave.
            change.give(self.place(Key::Unloading(id, r, loaded)), 1);
            self.emptied(id, r, &[(0, loaded)], 0, Some(loaded));
        } else if total > 1 && !together {
            let counts: Vec<(usize, u64)> = if self.again(id, r) {
                vec![(0, total)]
            } else {
                lists.iter().enumerate().map(|(p, (_, n))| (p, *n)).collect()
            };
            self.emptied(id, r, &counts, total, None);
        }
        for set in sets {
            let mut own = change.clone();
            let mut left = Vec::new();
            for (p, ways) in set.iter().enumerate() {
                let product = if self.again(id, r) { 0 } else { p };
                for (way, n) in ways {
                    match way {
                        Some((kind, w)) => {
                            for _ in 0..*n {
                                self.held(&mut own, *kind, 1);
                            }
                            left.push((*kind, *w, *n));
                        }
                        None if together => {}
                        None => match self.total(id, r) {
                            Some(1) => own.give(self.place(Key::Free(id)), *n),
                            Some(all) => own.give(self.place(Key::Left(id, r, product, all)), *n),
                            None => own.give(self.place(Key::Left(id, r, product, 0)), *n),
                        },
                    }
                }
            }
            if together {
                self.together_leave(id, r, own, &left, text, span);
                continue;
            }
            for (kind, w, n) in &left {
                own.give(self.place(Key::Ready(*kind, *w)), *n);
            }
            self.step(own, text.to_string(), span);
        }
    }

    /// The machine is free when all products have left.
    fn emptied(&mut self, id: NodeId, r: usize, counts: &[(usize, u64)], total: u64, unloading: Option<u64>) {
        let mut change = Change::default();
        if let Some(n) = unloading {
            change.take(self.place(Key::Unloading(id, r, n)), 1);
        }
        for (product, n) in counts {
            change.take(self.place(Key::Left(id, r, *product, total)), *n);
        }
        change.give(self.place(Key::Free(id)), 1);
        let same = |t: &Transition| t.takes.iter().copied().eq(change.takes.iter().map(|(p, n)| (*p, *n)));
        if !self.out.net.transitions.iter().any(same) {
            let text = format!("`{}` is empty", self.name(id));
            self.step(change, text, Span::default());
        }
    }

    fn together_leave(
        &mut self,
        id: NodeId,
        r: usize,
        mut load: Change,
        left: &[(usize, usize, u64)],
        text: &str,
        span: Span,
    ) {
        if left.is_empty() {
            load.give(self.place(Key::Free(id)), 1);
            self.step(load, text.to_string(), span);
            return;
        }
        let number = self.keys.keys().filter(|k| matches!(k, Key::Together(n, _, _) if *n == id)).count();
        let pack = self.place(Key::Together(id, r, number));
        load.give(pack, 1);
        self.step(load, text.to_string(), span);
        // Where each of them goes.
        let mut choices: Vec<Vec<Vec<((usize, Onward), u64)>>> = Vec::new();
        for (kind, way, n) in left {
            let targets = self.kinds.ways_of(*kind).get(*way).cloned().unwrap_or_default();
            if targets.iter().any(|t| self.is_gathered(t.kind)) {
                self.fail(id, "products that leave together, straight into a station that gathers");
                return;
            }
            let staffed = |t: &Onward| {
                let node = self.kind(t.kind).map(|k| k.node);
                node.is_some_and(|n| held_needs(self.plant, n, &self.kinds.held) != Ok(None))
            };
            if targets.iter().any(staffed) {
                self.fail(id, "products that leave together, to a station that waits for people who are kept elsewhere");
                return;
            }
            let targets: Vec<(usize, Onward)> = targets.into_iter().map(|t| (*kind, t)).collect();
            let mut own = Vec::new();
            compositions(&targets, *n, &mut Vec::new(), &mut own);
            choices.push(own);
        }
        let Some(sets) = product(&choices) else {
            self.fail(id, "too many ways for the products to go");
            return;
        };
        let leaving = format!("what `{}` made leaves together", self.name(id));
        for set in sets {
            let mut changes = vec![Change::default()];
            if let Some(first) = changes.first_mut() {
                first.take(pack, 1);
                first.give(self.place(Key::Free(id)), 1);
                for (kind, _, n) in left {
                    for _ in 0..*n {
                        self.held(first, *kind, -1);
                    }
                }
            }
            for ((from, step), n) in set.iter().flatten() {
                for _ in 0..*n {
                    changes = changes.into_iter().flat_map(|c| self.entered(c, *from, *step)).collect();
                    if changes.len() > COMBINATIONS {
                        self.fail(id, "too many ways for the products to go");
                        return;
                    }
                }
            }
            for change in changes {
                self.step(change, leaving.clone(), span);
            }
        }
    }

    /// What a change becomes when one of its items also comes to a node, in all ways.
    fn entered(&mut self, change: Change, from: usize, step: Onward) -> Vec<Change> {
        let before = self.out.net.transitions.len();
        let steps = self.out.steps.len();
        self.enter(change, from, step, "");
        let mut found = Vec::new();
        for t in self.out.net.transitions.split_off(before) {
            found.push(Change {
                takes: t.takes.into_iter().collect(),
                gives: t.gives.into_iter().collect(),
                cards: BTreeMap::new(),
            });
        }
        self.out.steps.truncate(steps);
        self.out.made.truncate(steps);
        found
    }
}

/// All ways to take `n` of some things, added to `found`.
fn compositions<T: Copy>(from: &[T], n: u64, begun: &mut Vec<(T, u64)>, found: &mut Vec<Vec<(T, u64)>>) {
    if found.len() > COMBINATIONS {
        return;
    }
    match from {
        [] => {
            if n == 0 {
                found.push(begun.clone());
            }
        }
        [only] => {
            begun.push((*only, n));
            found.push(begun.iter().filter(|(_, n)| *n > 0).copied().collect());
            begun.pop();
        }
        [first, rest @ ..] => {
            for taken in (0..=n).rev() {
                begun.push((*first, taken));
                compositions(rest, n - taken, begun, found);
                begun.pop();
            }
        }
    }
}

/// One of each, in all ways; `None` when there are too many.
fn product<T: Clone>(choices: &[Vec<T>]) -> Option<Vec<Vec<T>>> {
    let mut found: Vec<Vec<T>> = vec![Vec::new()];
    for own in choices {
        let mut longer = Vec::new();
        for begun in &found {
            for one in own {
                let mut next = begun.clone();
                next.push(one.clone());
                longer.push(next);
            }
        }
        if longer.len() > COMBINATIONS {
            return None;
        }
        found = longer;
    }
    Some(found)
}
