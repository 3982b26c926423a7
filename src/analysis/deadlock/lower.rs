//! A part of a plant as a place/transition net (semantics D1 to D8). Around it the world is kind: what comes
//! from outside is always there, and what goes out always finds room.
//!
//! Start reading at [`lower`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use indexmap::IndexMap;

use crate::base::Span;
use crate::ir::{Capacity, LimitId, NodeId, NodeKind, Plant, PoolId, ReleaseCrew, Station};
use crate::net::{Net, Place, Transition};

use crate::analysis::kept::kept_from;

use super::kinds::{Kind, Kinds, Onward, may_scrap};
use super::people;

/// Transitions of a net that is still decided, and of one that is only written down.
const TRANSITIONS: usize = 6_000;
const WRITTEN: usize = 2_000_000;

/// A net and what its parts stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Lowered {
    /// The net.
    pub net: Net,
    /// Per transition, what happens, as a sentence, and where in the text.
    pub steps: Vec<(String, Span)>,
    /// Per transition: the kind that a source makes with it.
    pub made: Vec<Option<usize>>,
    /// Per transition: the people that are asked for with it, or that come then, and where.
    pub people: Vec<Option<People>>,
    /// Per place that holds items: where they are, and what they are and wait for.
    pub items: Vec<Option<(NodeId, String)>>,
    /// Some station of it gathers items.
    pub gathers: bool,
    /// Some choice stands for what only a run decides, so that a way to a deadlock may not be one.
    pub loose: bool,
}

/// People who may be kept elsewhere, and a station that needs one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct People {
    pool: PoolId,
    node: NodeId,
    /// They come; else they are asked for.
    come: bool,
}

/// Whether people go to who has asked first, on a way.
pub(super) fn served_in_order(lowered: &Lowered, way: &[usize]) -> bool {
    let mut waiting: BTreeMap<PoolId, VecDeque<NodeId>> = BTreeMap::new();
    way.iter().filter_map(|t| lowered.people.get(*t).copied().flatten()).all(|people| {
        let queue = waiting.entry(people.pool).or_default();
        if people.come {
            return queue.pop_front() == Some(people.node);
        }
        queue.push_back(people.node);
        true
    })
}

/// What a place counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
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
    let bounded = plant
        .nodes
        .values()
        .any(|n| matches!(&n.kind, NodeKind::Source(s) if s.total.is_some() || !s.campaign.is_empty()));
    made.iter().all(|(node, list)| {
        // In what order and number things come from further up is not known; only where parts are gathered it counts.
        let Some(NodeKind::Source(source)) = plant.nodes.get(*node).map(|n| &n.kind) else {
            return !bounded && !lowered.gathers;
        };
        let item = |at: usize| list.get(at).and_then(|k| kinds.get(*k)).map(|k| k.item);
        let mut of_campaign = source
            .campaign
            .iter()
            .cycle()
            .flat_map(|c| std::iter::repeat_n(&c.mix, usize::try_from(c.count).unwrap_or(usize::MAX)));
        source.total.is_none_or(|n| list.len() as u64 <= n)
            && (source.campaign.is_empty()
                || (0..list.len())
                    .all(|at| of_campaign.next().is_some_and(|mix| mix.iter().any(|(i, _)| Some(*i) == item(at)))))
    })
}

/// Lowers a whole plant, but for its sinks.
///
/// # Errors
/// What cannot be followed.
pub(super) fn whole(plant: &Plant, kinds: &Kinds) -> Result<Lowered, String> {
    let sink = |id: &NodeId| plant.nodes.get(*id).is_some_and(|n| n.kind == NodeKind::Sink);
    let all = plant.nodes.iter().map(|(id, _)| id).filter(|id| !sink(id)).collect();
    lower_up_to(plant, kinds, &all, WRITTEN).map_err(|(node, why)| {
        let name = plant.nodes.get(node).map_or("", |n| n.name.as_str());
        format!("at `{name}`: {why}")
    })
}

/// Lowers the nodes of `part`.
///
/// # Errors
/// What cannot be followed, and where.
pub(super) fn lower(plant: &Plant, kinds: &Kinds, part: &BTreeSet<NodeId>) -> Result<Lowered, (NodeId, String)> {
    lower_up_to(plant, kinds, part, TRANSITIONS)
}

fn lower_up_to(
    plant: &Plant,
    kinds: &Kinds,
    part: &BTreeSet<NodeId>,
    most: usize,
) -> Result<Lowered, (NodeId, String)> {
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
        most,
        endless: BTreeSet::new(),
        names: BTreeSet::new(),
        making: None,
        asking: None,
        cards,
        keys: IndexMap::new(),
        known: BTreeSet::new(),
        out: Lowered {
            loose: part.iter().any(|n| kinds.loose.contains(n)),
            gathers: part.iter().any(|n| kinds.gathers.contains_key(n)),
            ..Lowered::default()
        },
        failed: None,
    };
    lowering.find_endless();
    lowering.all();
    match lowering.failed {
        Some(why) => Err(why),
        None => Ok(lowering.out),
    }
}

pub(super) struct Lowering<'a> {
    pub(super) plant: &'a Plant,
    pub(super) kinds: &'a Kinds,
    part: &'a BTreeSet<NodeId>,
    /// Transitions that are not too many.
    most: usize,
    /// Kinds of the part of which there is always one.
    endless: BTreeSet<usize>,
    names: BTreeSet<String>,
    /// The kind that is made by the step being put together.
    making: Option<usize>,
    asking: Option<People>,
    cards: BTreeSet<LimitId>,
    pub(super) keys: IndexMap<Key, ()>,
    pub(super) known: BTreeSet<Tokens>,
    pub(super) out: Lowered,
    pub(super) failed: Option<(NodeId, String)>,
}

/// What a transition takes and gives.
pub(super) type Tokens = (Vec<(usize, u64)>, Vec<(usize, u64)>);

/// Tokens taken and given by a transition that is being put together.
#[derive(Clone, Default)]
pub(super) struct Change {
    pub(super) takes: BTreeMap<usize, u64>,
    pub(super) gives: BTreeMap<usize, u64>,
    /// Cards held more afterwards than before, in the part.
    pub(super) cards: BTreeMap<LimitId, i64>,
    /// Cards that have to be free for it, whether they are held afterwards or given back at once.
    pub(super) need: BTreeMap<LimitId, i64>,
}

impl Change {
    pub(super) fn take(&mut self, place: usize, n: u64) {
        if n == 0 {
            return;
        }
        *self.takes.entry(place).or_default() += n;
    }
    pub(super) fn give(&mut self, place: usize, n: u64) {
        if n == 0 {
            return;
        }
        *self.gives.entry(place).or_default() += n;
    }
}

/// How items stand in a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Any may leave, or all are alike.
    Bag,
    /// Only the first of each lane may leave.
    Lane(u64),
}

impl Lowering<'_> {
    fn node_kind(&self, id: NodeId) -> Option<&NodeKind> {
        self.plant.nodes.get(id).map(|n| &n.kind)
    }

    pub(super) fn station(&self, id: NodeId) -> Option<&Station> {
        match self.node_kind(id) {
            Some(NodeKind::Station(station)) => Some(station),
            _ => None,
        }
    }

    pub(super) fn name(&self, id: NodeId) -> &str {
        self.plant.nodes.get(id).map_or("", |n| n.name.as_str())
    }

    pub(super) fn item(&self, kind: usize) -> &str {
        let item = self.kinds.get(kind).and_then(|k| self.plant.items.get(k.item));
        item.map_or("", |i| i.name.as_str())
    }

    pub(super) fn kind(&self, at: usize) -> Option<&Kind> {
        self.kinds.get(at)
    }

    fn inside(&self, at: usize) -> bool {
        self.kind(at).is_some_and(|k| self.part.contains(&k.node))
    }

    pub(super) fn fail(&mut self, id: NodeId, why: &str) {
        self.failed.get_or_insert_with(|| (id, why.to_string()));
    }

    pub(super) fn place(&mut self, key: Key) -> usize {
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
                (format!("room in {}", named(*id)), n, self.waits_with_parts(*id), Some(*id))
            }
            Key::Head(id) => {
                let lanes = match self.standing(*id) {
                    Standing::Lane(n) => n,
                    Standing::Bag => 1,
                };
                (format!("first place in {}", named(*id)), lanes, false, None)
            }
            Key::Inside(k) => (self.describe(*k), 0, true, at_node(*k)),
            Key::Ready(k, w) => {
                (format!("{} that goes on{}", self.describe(*k), self.whither(*k, *w)), 0, true, at_node(*k))
            }
            Key::Counted(k, p) => {
                (format!("{} that is counted on as part {p}", self.describe(*k)), 0, true, at_node(*k))
            }
            Key::Wanted(id, p) => {
                let first = self.kinds.gathers.get(id).and_then(|r| r.first());
                let n = first.and_then(|r| r.parts.get(*p)).map_or(0, |p| p.number.0);
                (format!("part {p} that {} still wants", named(*id)), n, false, None)
            }
            Key::Left(id, r, p, n) => (format!("products that have left {} ({r}.{p}.{n})", named(*id)), 0, false, None),
            Key::Unloading(id, r, n) => (format!("machines of {} that unload ({r}.{n})", named(*id)), 0, false, None),
            Key::Together(id, r, n) => {
                (format!("products of {} that leave together ({r}.{n})", named(*id)), 0, true, Some(*id))
            }
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
        let what = node.map(|id| (id, self.waiting(&key)));
        self.keys.insert(key, ());
        self.out.net.places.push(Place { name, tokens, moves });
        self.out.items.push(what);
        at
    }

    /// Whether some parts are always there for a station that gathers: when it can never load again it is stuck with
    /// them, though no token stands for them. Otherwise what it began with may just be used up.
    fn waits_with_parts(&self, id: NodeId) -> bool {
        let parts = self.kinds.gathers.get(&id).into_iter().flatten().flat_map(|r| &r.parts).flat_map(|p| &p.kinds);
        let mut from = parts.filter_map(|k| self.kinds.before.get(*k)).flatten();
        from.any(|(kind, _, _)| self.endless(*kind))
    }

    /// What stands in a place, and for what.
    fn waiting(&self, key: &Key) -> String {
        match key {
            Key::Ready(kind, way) | Key::Counted(kind, way) => {
                let way = if matches!(key, Key::Counted(..)) { 0 } else { *way };
                let steps = self.kinds.ways_of(*kind).get(way).into_iter().flatten();
                let to: BTreeSet<&str> = steps.filter_map(|o| self.kind(o.kind)).map(|k| self.name(k.node)).collect();
                let to: Vec<String> = to.into_iter().map(|n| format!("`{n}`")).collect();
                let whither = if to.is_empty() { String::new() } else { format!(" for {}", to.join(" or ")) };
                format!("{}{whither}", self.where_is(*kind))
            }
            Key::Inside(kind) => format!("{}, not first", self.where_is(*kind)),
            Key::Loaded(kind) => format!("{}, without people", self.where_is(*kind)),
            Key::Together(id, ..) => format!("load in `{}`, all of which leaves together", self.name(*id)),
            Key::Free(id) => format!("idle `{}`", self.name(*id)),
            _ => String::new(),
        }
    }

    fn where_is(&self, kind: usize) -> String {
        self.kind(kind).map_or_else(String::new, |k| self.article(kind, k.node))
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

    pub(super) fn step(&mut self, change: Change, text: String, span: Span) {
        if self.out.net.transitions.len() >= self.most {
            let first = self.part.first().copied().unwrap_or(NodeId(0));
            self.fail(first, "too many kinds of steps");
            return;
        }
        let mut change = change;
        let need = std::mem::take(&mut change.need);
        let more = std::mem::take(&mut change.cards);
        for limit in more.keys().chain(need.keys()).copied().collect::<BTreeSet<LimitId>>() {
            let more = more.get(&limit).copied().unwrap_or(0);
            let taken = need.get(&limit).copied().unwrap_or(0).max(more).max(0);
            if !self.cards.contains(&limit) || (taken == 0 && more == 0) {
                continue;
            }
            let place = self.place(Key::Cards(limit));
            change.take(place, taken.unsigned_abs());
            change.give(place, (taken - more).unsigned_abs());
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
        self.out.people.push(self.asking);
    }

    // How things stand.

    /// Whether items of a kind are always there: they come from outside, or straight from a source that makes
    /// nothing else.
    pub(super) fn endless(&self, kind: usize) -> bool {
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
                let fed = self
                    .kinds
                    .before
                    .get(*kind)
                    .is_some_and(|list| !list.is_empty() && list.iter().all(|(k, _, _)| self.endless(*k)));
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

    pub(super) fn standing(&self, id: NodeId) -> Standing {
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
            if self.endless.contains(&kind) {
                continue;
            }
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
    pub(super) fn leave(&mut self, change: &mut Change, kind: usize, counted: bool) {
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
                if let (true, Ok(Some(pool))) = (keeps, people::kept_need(self.plant, k.node, &self.kinds.kept)) {
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

    /// Cards that an item takes on its way from one kind to another.
    pub(super) fn needs_cards(&self, change: &mut Change, from: usize, to: usize, n: u64) {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        let own = self.kind(from).filter(|_| self.inside(from)).map_or(&[][..], |k| &k.cards);
        for (limit, cards) in self.kind(to).map_or(&[][..], |k| &k.cards) {
            let had = own.iter().find(|(l, _)| l == limit).map_or(0, |(_, n)| *n);
            let more = i64::try_from(cards.saturating_sub(had)).unwrap_or(i64::MAX);
            *change.need.entry(*limit).or_default() += more.saturating_mul(n);
        }
    }

    pub(super) fn held(&self, change: &mut Change, kind: usize, sign: i64) {
        if !self.inside(kind) {
            return;
        }
        for (limit, n) in self.kind(kind).map_or(&[][..], |k| &k.cards) {
            *change.cards.entry(*limit).or_default() += sign * i64::try_from(*n).unwrap_or(i64::MAX);
        }
    }

    /// Whether items of a kind wait where they are until a station gathers them.
    pub(super) fn is_gathered(&self, kind: usize) -> bool {
        let Some(k) = self.kind(kind) else { return false };
        let parts = self.kinds.gathers.get(&k.node).into_iter().flatten().flat_map(|r| &r.parts);
        !k.departs && self.part.contains(&k.node) && parts.into_iter().any(|p| p.kinds.contains(&kind))
    }

    /// An item takes a step, if it does not wait to be gathered there.
    fn go(&mut self, kind: usize, way: usize, step: Onward) {
        let (Some(from), Some(to)) = (self.kind(kind).cloned(), self.kind(step.kind).cloned()) else { return };
        // Of what is always there, nothing has to come.
        if self.endless.contains(&step.kind) {
            return;
        }
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
    pub(super) fn enter(&mut self, mut change: Change, from: usize, step: Onward, text: &str) {
        let Some(to) = self.kind(step.kind).cloned() else { return };
        if !self.part.contains(&to.node) {
            self.step(change, text.to_string(), step.span);
            return;
        }
        self.held(&mut change, step.kind, 1);
        self.needs_cards(&mut change, from, step.kind, 1);
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
                if let Ok(Some(pool)) = people::kept_need(self.plant, to.node, &self.kinds.kept) {
                    let loaded = self.place(Key::Loaded(step.kind));
                    change.give(loaded, 1);
                    self.asking = Some(People { pool, node: to.node, come: false });
                    self.step(change, text.to_string(), step.span);
                    self.asking = None;
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
        self.asking = Some(People { pool, node: id, come: true });
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
        self.asking = None;
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
