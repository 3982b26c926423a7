//! Lays a plant out: which record lies where in the arena, which shape each node has, what the arena
//! holds at t = 0, and where results are found again.
//!
//! Start reading at [`Model::new`].

mod belts;
mod causes;
mod direct;
mod fleets;
mod names;
mod nodes;
mod orders;
mod plain;
mod probes;
mod recipes;
mod resources;
mod sets;
mod setups;
mod shifts;
mod sources;
mod stops;
mod ways;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::ir::ids::Id;
use crate::ir::{
    BeltMode, BreakdownClock, BreakdownEffect, Capacity, Conveyor, Expression, ItemId, NodeId, NodeKind, Phase, Plant,
    Release, ReleaseCrew, Routing, Setup, ShiftEnd, Source, Station, Supply, Target, VisitId, WhenFull,
};
use crate::runtime::histogram;
use crate::runtime::random;

use super::builder::Field;
use super::formula::{self, Datum};
use super::host::{Arena, Carried, Host, Law, Schedule};
use super::laws::{self, Recipe};
use super::layout::{
    DRAW_HEAD, DRAWS, OWNER_BITS, TREE_AT, arrivals, breakdown, buffer, calendar, clearance, component, conveyor,
    counters, draw, drive, header, holder, hot, item, lane, limit, list, machine, movement, needs, node, open, part,
    pool, request, routing, sink, source, station, tree, value, visit, way,
};
use super::lines::LINE_WORDS;
use super::rank::{self, Order};
use super::search::{HolderKind, Search};
use super::shape::{
    BreakdownShape, BufferShape, ClockShape, ConveyorShape, EffectShape, EventShape, Families, GrantShape, NodeShape,
    RecipeShape, RouteShape, SettleShape, Shapes, ShiftShape, SinkShape, SourceShape, StationShape, SubscriberShape,
    SupplyShape, TransitShape, intern,
};
use super::status::{NEVER, State};
use super::supply::{Delivery, Plan, Rhythm};

pub use names::{ByNode, Names};

/// A plant laid out for simulation. Numbers are data; only the shapes decide the code.
#[derive(Clone, Debug)]
pub struct Model {
    /// Shapes of nodes and handlers.
    pub shapes: Shapes,
    /// The arena at t = 0, before streams are seeded and first draws are made.
    image: Vec<u64>,
    /// Of each word of it, in which record it lies.
    #[cfg(debug_assertions)]
    owners: Arc<[u32]>,
    /// Byte offset and id of every stream.
    streams: Vec<(i64, u64)>,
    /// Laws of all draw records.
    pub laws: Arc<[Law]>,
    /// Shifts and timetables by index.
    pub schedules: Arc<[Schedule]>,
    /// What items of each type carry: byte offset and law of the default.
    pub kinds: Arc<[Carried]>,
    /// What stations look for whose next work has to be searched.
    pub searches: Arc<[Search]>,
    /// What holds items, by shape.
    pub holders: Arc<[HolderKind]>,
    /// What sources make, by index.
    pub plans: Arc<[Plan]>,
    /// Intervals by hours and by orders, by index.
    pub rhythms: Arc<[Rhythm]>,
    /// First events: slot, and the draw record of its time or a fixed time.
    first: Vec<(usize, First)>,
    /// Where things lie.
    pub places: Places,
    /// Bytes of an item record.
    pub item_bytes: i64,
    /// Items of the plant by kind, for a check of stream ids: names of streams with equal ids.
    pub collisions: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug)]
enum First {
    Draw(i64),
    /// At a fixed time.
    At(i64),
    /// Puts a draw into a word.
    Residual(i64, Field, i64),
}

/// Handles of records, for reading results.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Record of each node.
    pub nodes: Vec<i64>,
    /// First machine and number of machines of each station node.
    pub machines: ByNode<(i64, u64)>,
    /// First lane and number of lanes of each conveyor node.
    pub lanes: ByNode<(i64, u64)>,
    /// Record of each pool.
    pub pools: Vec<i64>,
    /// Record of each limit.
    pub limits: Vec<i64>,
    /// Record of each fleet, its first vehicle, and how many it has.
    pub fleets: Vec<(i64, i64, u64)>,
    /// Arrivals by sink node and item type.
    pub arrivals: BTreeMap<(usize, usize), i64>,
    /// Counters of the first item type.
    pub counters: i64,
    /// Lists of open rules and where they lead.
    pub opens: Vec<(i64, Vec<NodeId>)>,
    /// Number of slots.
    pub slots: usize,
    /// Names of slots and entities, by record handle.
    pub names: Names,
    /// Short records of nodes and machines, and how many bytes they have.
    pub short: Vec<(i64, i64)>,
    /// Probe of each measure, 0 where it needs none.
    pub probes: Vec<i64>,
    /// Who gives to and takes from each node.
    pub causes: super::causes::Causes,
}

impl Places {
    /// Whether the record of a node or a machine has a field.
    #[must_use]
    pub fn has(&self, record: i64, field: Field) -> bool {
        let short = self.short.binary_search_by_key(&record, |(at, _)| *at).ok().and_then(|i| self.short.get(i));
        short.is_none_or(|(_, bytes)| i64::from(field.offset) < *bytes)
    }
}

/// Words being laid out.
#[derive(Default)]
pub(super) struct Image {
    pub(super) words: Vec<u64>,
    /// Of each word, in which record it lies.
    #[cfg(debug_assertions)]
    owners: Vec<u32>,
}

impl Image {
    pub(super) fn alloc(&mut self, words: usize) -> i64 {
        let at = self.words.len();
        self.words.resize(at + words, 0);
        #[cfg(debug_assertions)]
        {
            // Words that were added to fill a line belong to nobody.
            let next = self.owners.iter().rev().find(|o| **o != u32::MAX).map_or(0, |o| o + 1);
            self.owners.resize(at, u32::MAX);
            self.owners.resize(at + words, next);
        }
        i64::try_from(at * 8).unwrap_or(i64::MAX)
    }

    /// Words of which that of a number begins a line of the cache.
    pub(super) fn alloc_in_line(&mut self, words: usize, hot: usize) -> i64 {
        let at = (self.words.len() + hot).next_multiple_of(LINE_WORDS) - hot;
        self.words.resize(at, 0);
        self.alloc(words)
    }

    pub(super) fn put(&mut self, record: i64, field: Field, value: i64) {
        #[cfg(debug_assertions)]
        {
            let owner = |at: i64| self.owners.get(usize::try_from(at / 8).unwrap_or(usize::MAX));
            let fits = owner(record) == owner(record + i64::from(field.offset));
            debug_assert!(fits, "word {} is not in the record at {record}", field.offset / 8);
        }
        let at = usize::try_from((record + i64::from(field.offset)) / 8).unwrap_or(usize::MAX);
        if let Some(word) = self.words.get_mut(at) {
            *word = value.cast_unsigned();
        }
    }

    /// Writes what is not 0, as a record is to begin with.
    pub(super) fn put_some(&mut self, record: i64, field: Field, value: i64) {
        if value != 0 {
            self.put(record, field, value);
        }
    }

    pub(super) fn put_real(&mut self, record: i64, field: Field, value: f64) {
        self.put(record, field, value.to_bits().cast_signed());
    }

    /// An array of handles or numbers.
    pub(super) fn array(&mut self, values: &[i64]) -> i64 {
        let at = self.alloc(values.len());
        for (i, v) in (0i64..).zip(values) {
            self.put(at + 8 * i, FIRST_WORD, *v);
        }
        at
    }
}

pub(super) const FIRST_WORD: Field = Field { offset: 0, ty: super::program::Ty::Count };

pub(super) fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX).min(NEVER)
}

pub(super) fn index(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// How items are taken from what has a shape.
fn holder_kind(shape: &NodeShape) -> HolderKind {
    match shape {
        NodeShape::Buffer(s) if s.loose.is_none() => HolderKind::Buffer,
        NodeShape::Source(s) if s.supply == SupplyShape::Always && s.mix == 1 && s.from == 0 && !s.planned => {
            HolderKind::Always
        }
        _ => HolderKind::Single,
    }
}

/// Visits of each station that has any, in their order.
fn visits_at(plant: &Plant) -> BTreeMap<usize, Vec<VisitId>> {
    let mut visits: BTreeMap<usize, Vec<VisitId>> = BTreeMap::new();
    for (id, visit) in plant.visits.iter() {
        visits.entry(visit.station.index()).or_default().push(id);
    }
    visits
}

/// Words that a node usually takes, with all that belongs to it.
const USUAL_WORDS: usize = 100;

/// A slot being laid out: band, rank, machine number and name decide its number.
pub(super) struct SlotPlan {
    band: u8,
    rank: usize,
    machine: u64,
    name: String,
    handler: usize,
    record: i64,
    first: Option<First>,
}

struct Layout<'a> {
    plant: &'a Plant,
    order: Order,
    /// All direct ways from node to node.
    edges: Vec<(NodeId, NodeId)>,
    direct: direct::Direct,
    causes: super::causes::Causes,
    image: Image,
    shapes: Shapes,
    streams: names::Streams,
    laws: Vec<Law>,
    schedules: Vec<Schedule>,
    calendars: Vec<shifts::Told>,
    last_request: i64,
    kinds: Vec<Carried>,
    plans: Vec<Plan>,
    rhythms: Vec<Rhythm>,
    /// Sources whose items come from outside, so far.
    outside: usize,
    places: Places,
    slots: Vec<SlotPlan>,
    node_shapes: Vec<usize>,
    visit_records: Vec<i64>,
    /// Visits of each station that has any, by node.
    visits_at: BTreeMap<usize, Vec<VisitId>>,
    lists_by_type: BTreeMap<usize, i64>,
    components: Vec<i64>,
    /// Open rules by the node they lead to.
    open_lists: BTreeMap<usize, Vec<i64>>,
    /// Order records by node.
    orders: BTreeMap<usize, i64>,
    observers: probes::Observers,
    /// Drives by number, of belts that run and stand as one.
    drives: BTreeMap<usize, i64>,
    /// Values over all items loaded of the station being laid out.
    kept: Vec<Expression>,
    searches: Vec<Search>,
    /// Whether nodes may have short records.
    may_be_plain: bool,
    /// Which nodes have them.
    plain: Vec<bool>,
    /// Draw records of stations with one, which lie beside their machines.
    works: ByNode<i64>,
    /// Where the next draw record lies, if there is room for it already.
    next_draw: Option<i64>,
    /// Stops of every vehicle that has any.
    clocks: BTreeMap<i64, Vec<i64>>,
}

impl Model {
    /// Lays out a plant.
    ///
    /// # Errors
    /// What the kernel cannot do yet or what does not fit, in words; `sema` has diagnosed all that a
    /// text can cause.
    pub fn new(plant: &Plant) -> Result<Model, String> {
        let expected = Layout::depth_for(Layout::expected_slots(plant));
        match Model::with_tree(plant, expected)? {
            Ok(model) => Ok(model),
            Err(depth) => Model::with_tree(plant, depth)?.map_err(|_| "the number of slots changes".to_string()),
        }
    }

    /// Lays out a plant with a winner tree of a depth; the depth it takes, where that is another.
    fn with_tree(plant: &Plant, depth: u32) -> Result<Result<Model, u32>, String> {
        let edges = rank::edges(plant);
        let before = rank::Neighbours::before(plant.nodes.len(), &edges);
        let behind = rank::Neighbours::behind(plant.nodes.len(), &edges);
        let order = rank::order(plant, &before, &behind);
        let mut layout = Layout {
            plant,
            order,
            direct: direct::Direct::new(plant, &before, &behind),
            causes: super::causes::Causes::by(plant, before, behind),
            edges,
            image: Image::default(),
            shapes: Shapes::default(),
            streams: names::Streams::default(),
            laws: Vec::new(),
            schedules: Vec::new(),
            calendars: Vec::new(),
            last_request: 0,
            kinds: Vec::new(),
            plans: Vec::new(),
            rhythms: Vec::new(),
            outside: 0,
            places: Places::default(),
            slots: Vec::new(),
            node_shapes: Vec::new(),
            visit_records: Vec::new(),
            visits_at: visits_at(plant),
            lists_by_type: BTreeMap::new(),
            components: Vec::new(),
            open_lists: BTreeMap::new(),
            orders: BTreeMap::new(),
            observers: probes::Observers::new(),
            drives: BTreeMap::new(),
            kept: Vec::new(),
            clocks: BTreeMap::new(),
            works: ByNode::default(),
            next_draw: None,
            may_be_plain: false,
            plain: Vec::new(),
            searches: Vec::new(),
        };
        layout.make_room();
        layout.shapes.visits = !plant.visits.is_empty();
        layout.shapes.limits = plant.limits.len();
        layout.shapes.item_types = plant.items.len();
        layout.shapes.loose = orders::loose_words(plant);
        layout.shapes.attributes = plant.attributes.len();
        layout.shapes.number = plant.number;
        layout.shapes.routes.push(RouteShape::Leaf);
        layout.shapes.tree_depth = depth;
        // One record, so that places in the tree can be counted from the header.
        layout.image.alloc(header::WORDS + tree::WORDS * (2usize << depth));
        layout.probes();
        layout.counters();
        layout.reserve_nodes();
        layout.shapes.crew_shifts = plant.pools.ids().any(|p| layout.changes_size(p));
        layout.pools()?;
        layout.limits()?;
        layout.visits()?;
        layout.drives();
        for id in plant.nodes.ids() {
            layout.node(id)?;
        }
        layout.open_lists();
        layout.fleets()?;
        layout.shared_stops()?;
        layout.subscribers();
        layout.kinds()?;
        layout.settle_handlers();
        layout.places.causes = std::mem::take(&mut layout.causes);
        let takes = Layout::depth_for(layout.slots.len());
        if takes != depth {
            return Ok(Err(takes));
        }
        let first = layout.slots()?;
        layout.dirty_set();
        let item_words = layout.shapes.item_words();
        let item_bytes = index(item_words * 8);
        layout.items(item_words)?;
        let holders: Vec<HolderKind> = layout.shapes.nodes.iter().map(holder_kind).collect();
        Ok(Ok(Model {
            shapes: layout.shapes,
            #[cfg(debug_assertions)]
            owners: layout.image.owners.into(),
            image: layout.image.words,
            collisions: layout.streams.collisions(),
            streams: layout.streams.placed,
            laws: layout.laws.into(),
            schedules: layout.schedules.into(),
            kinds: layout.kinds.into(),
            searches: layout.searches.into(),
            holders: holders.into(),
            plans: layout.plans.into(),
            rhythms: layout.rhythms.into(),
            first,
            places: layout.places,
            item_bytes,
        }))
    }

    /// The host of a replication at t = 0: streams seeded, first draws made, first events scheduled.
    #[must_use]
    pub fn begin(&self, seed: u64, replication: u64) -> Host {
        self.begin_with(seed, replication, Vec::new())
    }

    /// The same, with the first of what comes from outside: a list for each source of it, in order of the nodes.
    #[must_use]
    pub fn begin_with(&self, seed: u64, replication: u64, deliveries: Vec<VecDeque<Delivery>>) -> Host {
        let arena = Arena::new(&self.image);
        #[cfg(debug_assertions)]
        let arena = arena.watched(Arc::clone(&self.owners));
        let mut host = Host::new(arena, self.item_bytes);
        host.laws = Arc::clone(&self.laws);
        host.schedules = Arc::clone(&self.schedules);
        host.kinds = Arc::clone(&self.kinds);
        host.loose = index(self.shapes.first_loose() * 8);
        host.searches = Arc::clone(&self.searches);
        host.holders = Arc::clone(&self.holders);
        host.plans = Arc::clone(&self.plans);
        host.rhythms = Arc::clone(&self.rhythms);
        host.deliveries = deliveries;
        for (at, id) in &self.streams {
            for (i, word) in (0i64..).zip(random::stream_state(*id, seed, replication)) {
                host.arena.set(at + 8 * i, FIRST_WORD, word.cast_signed());
            }
        }
        for (slot, first) in &self.first {
            match first {
                First::Draw(record) => {
                    let at = host.duration(*record);
                    let leaf = self.leaf(*slot);
                    host.arena.set(leaf, tree::KEY, at);
                }
                First::At(at) => {
                    let leaf = self.leaf(*slot);
                    host.arena.set(leaf, tree::KEY, *at);
                }
                First::Residual(record, field, from) => {
                    let rest = host.duration(*from);
                    host.arena.set(*record, *field, rest);
                }
            }
        }
        if self.shapes.attributes > 0 {
            let (mut at, top) = (host.arena.get(0, header::ITEM_BASE), host.arena.get(0, header::ITEM_TOP));
            while at < top {
                host.born(at);
                at += self.item_bytes;
            }
        }
        self.play_tournament(&mut host.arena);
        host
    }

    /// Whether a replication has drawn from any of its streams. O(streams).
    #[must_use]
    pub fn drew(&self, arena: &Arena, seed: u64, replication: u64) -> bool {
        self.streams.iter().any(|(at, id)| {
            let begin = random::stream_state(*id, seed, replication);
            (0i64..).zip(begin).any(|(i, word)| arena.get(at + 8 * i, FIRST_WORD).cast_unsigned() != word)
        })
    }

    fn leaf(&self, slot: usize) -> i64 {
        let leaves = 1usize << self.shapes.tree_depth;
        i64::from(TREE_AT) + index((leaves + slot) * 16)
    }

    /// Fills the inner nodes of the winner tree from its leaves, and notes up to when two slots may be due together.
    fn play_tournament(&self, arena: &mut Arena) {
        let leaves = 1usize << self.shapes.tree_depth;
        let mut tied = 0;
        for i in (1..leaves).rev() {
            let at = |i: usize| i64::from(TREE_AT) + index(i * 16);
            let (left, right) = (at(2 * i), at(2 * i + 1));
            let due = arena.get(left, tree::KEY);
            if due < NEVER && due == arena.get(right, tree::KEY) {
                tied = due.max(tied);
            }
            let winner = if arena.get(left, tree::KEY) <= arena.get(right, tree::KEY) { left } else { right };
            arena.set(at(i), tree::KEY, arena.get(winner, tree::KEY));
            arena.set(at(i), tree::OWNER, arena.get(winner, tree::OWNER));
        }
        arena.set(0, header::TIED, tied);
    }
}

impl Layout<'_> {
    pub(super) fn stream(&mut self, at: i64, entity: &str, purpose: &str, ordinal: u32) {
        let id = random::stream_id(&self.plant.renamed.before(entity), purpose, ordinal);
        self.streams.insert(at, id, entity, purpose, ordinal);
    }

    /// Makes room for what most nodes have one of, so that lists do not grow and move bit by bit.
    fn make_room(&mut self) {
        let nodes = self.plant.nodes.len();
        self.image.words.reserve(USUAL_WORDS * nodes);
        self.laws.reserve(nodes);
        self.slots.reserve(nodes);
        self.node_shapes.reserve(nodes);
        self.streams.reserve(nodes);
        self.works = ByNode::sized(nodes);
        self.places.machines = ByNode::sized(nodes);
        self.places.short.reserve(2 * nodes);
        self.places.names.reserve(2 * nodes);
    }

    pub(super) fn counters(&mut self) {
        let at = self.image.alloc(counters::WORDS * self.plant.items.len().max(1));
        self.places.counters = at;
        self.image.put(0, header::COUNTERS, at);
    }

    pub(super) fn reserve_nodes(&mut self) {
        let undecided = self.image.alloc(list::WORDS);
        self.image.put(0, header::UNDECIDED, undecided);
        let open = usize::from(rank::routings(self.plant).any(Routing::is_open));
        self.may_be_plain = self.may_be_plain();
        self.plain = self.plant.nodes.ids().map(|id| self.looks_plain(id)).collect();
        self.places.nodes = vec![0; self.plant.nodes.len()];
        // By rank, so that a station lies beside the places in front of it and behind it; what it alone takes from lies
        // before it, at a distance that only its shape decides.
        for id in self.order.by_rank() {
            if let Some((from, _)) = self.direct.from(id) {
                self.reserve_node(from, open);
            }
            self.reserve_node(id, open);
        }
        debug_assert!(self.places.short.is_sorted(), "short records are noted in order");
        for (id, n) in self.plant.nodes.iter() {
            let record = self.node_record(id);
            self.image.put(record, holder::KEY, self.key(id, 0));
            self.image.put(record, node::RANK, index(self.order.rank(id)));
            // Assemblies have an offer list per part, found by item type.
            if let NodeKind::Station(s) = &n.kind
                && s.recipes.iter().any(crate::ir::Recipe::gathers)
            {
                self.shapes.assemblies = true;
                let (parts, table, total) = self.part_lists(id, s);
                let lists = self.image.array(&table);
                let plan = self.image.alloc(usize::try_from(total).unwrap_or(0));
                self.lists_by_type.insert(id.index(), lists);
                self.image.put(record, station::LISTS, lists);
                self.image.put(record, station::PARTS, parts);
                self.image.put(record, station::PLAN, plan);
            }
        }
    }

    /// Makes room for the records of a node, unless there is some: its own, those of its machines or lanes, and that of
    /// its work, where all items have the same.
    fn reserve_node(&mut self, id: NodeId, open: usize) {
        let Some(n) = self.plant.nodes.get(id) else { return };
        if self.node_record(id) != 0 {
            return;
        }
        let plain = self.is_plain(id);
        let (words, hot) = match n.kind {
            NodeKind::Source(_) => (source::WORDS, 0),
            NodeKind::Station(_) if plain => (plain::STATION, hot::STATION),
            NodeKind::Station(_) => (station::WORDS, hot::STATION),
            NodeKind::Buffer(ref b) if b.by.is_some() => (movement::WORDS, hot::BUFFER),
            NodeKind::Buffer(_) if plain => (plain::BUFFER, hot::BUFFER),
            NodeKind::Buffer(_) => (buffer::WORDS, hot::BUFFER),
            NodeKind::Conveyor(_) => (conveyor::WORDS, hot::BUFFER),
            NodeKind::Sink => (sink::WORDS, 0),
        };
        let at = self.image.alloc_in_line(open + words, open + hot) + index(open * 8);
        // Each record lies behind those before it, so that short ones are noted in order.
        if plain {
            self.places.short.push((at, index(words * 8)));
        }
        if let NodeKind::Station(s) = &n.kind {
            if self.has_one_work(id, s) {
                let work = self.alloc_draw(true);
                self.works.insert(id.index(), work);
            }
            let words = if plain { plain::MACHINE } else { machine::WORDS };
            let machines = usize::try_from(s.machines).unwrap_or(0);
            let first = self.image.alloc_in_line(words * machines, hot::MACHINE);
            self.places.machines.insert(id.index(), (first, s.machines));
            if plain {
                self.places.short.push((first, index(words * 8)));
            }
        }
        if let NodeKind::Conveyor(c) = &n.kind {
            let first = self.image.alloc(lane::WORDS * usize::try_from(c.lanes).unwrap_or(0));
            self.places.lanes.insert(id.index(), (first, c.lanes));
        }
        if let Some(place) = self.places.nodes.get_mut(id.index()) {
            *place = at;
        }
        self.places.names.insert(at, &[&n.name]);
    }

    /// Whether the one machine of a station always works for a time drawn from the same law.
    fn has_one_work(&self, id: NodeId, s: &Station) -> bool {
        let ([recipe], 1, None) = (s.recipes.as_slice(), s.machines, &s.setup) else { return false };
        let [phase] = recipe.phases.as_slice() else { return false };
        !matches!(phase.duration, Expression::ByItem(..))
            && phase.duration.constant().is_none()
            && !self.visits_at.contains_key(&id.index())
    }

    /// Room for a draw record, with a batch of draws or without.
    pub(super) fn alloc_draw(&mut self, batch: bool) -> i64 {
        let head = DRAW_HEAD + if batch { DRAWS } else { 0 };
        let at = match batch {
            true => self.image.alloc_in_line(head + draw::WORDS, 0),
            false => self.image.alloc(head + draw::WORDS),
        };
        at + index(head * 8)
    }

    /// Whether the records of a node are short.
    pub(super) fn is_plain(&self, id: NodeId) -> bool {
        self.plain.get(id.index()) == Some(&true)
    }

    /// Whether the records of a node may be short.
    fn looks_plain(&self, id: NodeId) -> bool {
        let Some(n) = self.plant.nodes.get(id) else { return false };
        self.may_be_plain
            && match &n.kind {
                NodeKind::Station(s) => self.is_plain_station(id, n, s),
                NodeKind::Buffer(b) => self.is_plain_buffer(id, b),
                _ => false,
            }
    }

    /// Offer lists of what a station takes: the first, that of each item type, and the most it takes at once.
    fn part_lists(&mut self, id: NodeId, s: &Station) -> (i64, Vec<i64>, u64) {
        let total = s.recipes.iter().map(|r| r.gathered().iter().map(|(_, _, most)| most).sum()).max().unwrap_or(0);
        let mut table = vec![0; self.plant.items.len()];
        let wanted: Vec<(Option<ItemId>, u64, u64)> = s.recipes.iter().flat_map(crate::ir::Recipe::gathered).collect();
        if s.searches() {
            // A list for each item type: what takes it is searched for.
            let mut first = 0;
            for (t, place) in table.iter_mut().enumerate() {
                if wanted.iter().any(|(item, ..)| item.is_none_or(|w| self.is_a(ItemId::new(t), w))) {
                    *place = self.image.alloc(part::WORDS);
                    self.image.put(*place, list::RANK, index(self.order.rank(id)));
                    first = if first == 0 { *place } else { first };
                }
            }
            return (first, table, total);
        }
        let parts = self.image.alloc(part::WORDS * wanted.len());
        for (i, (item, least, most)) in (0i64..).zip(&wanted) {
            let at = parts + i * index(part::WORDS * 8);
            self.image.put(at, list::RANK, index(self.order.rank(id)));
            self.image.put(at, part::NEED, count(*least));
            self.image.put(at, part::MOST, count(*most));
            self.image.put(at, part::REST, count(*most));
            for (t, place) in table.iter_mut().enumerate() {
                if *place == 0 && item.is_none_or(|w| self.is_a(ItemId::new(t), w)) {
                    *place = at;
                }
            }
        }
        (parts, table, total)
    }

    pub(super) fn is_a(&self, item: ItemId, wanted: ItemId) -> bool {
        self.plant.is_a(item, wanted)
    }

    pub(super) fn node_record(&self, id: NodeId) -> i64 {
        self.places.nodes.get(id.index()).copied().unwrap_or(0)
    }

    pub(super) fn key(&self, id: NodeId, machine: u64) -> i64 {
        index(self.order.name_order(id)) << 24 | count(machine)
    }

    /// Byte offset of the first attribute in an item.
    pub(super) fn attributes_at(&self) -> i32 {
        i32::try_from(self.shapes.first_attribute() * 8).unwrap_or(i32::MAX)
    }

    fn context(&self) -> laws::Context<'_> {
        laws::Context {
            plant: self.plant,
            nodes: &self.places.nodes,
            machines: &self.places.machines,
            pools: &self.places.pools,
            attributes: self.attributes_at(),
            visits: self.shapes.visits,
            kept: &self.kept,
        }
    }

    /// A law that the host evaluates: its index.
    pub(super) fn value_law(&mut self, e: &Expression, entity: &str, purpose: &str) -> Result<i64, String> {
        let mut streams = 0;
        let mut law = laws::law(e, &mut streams, &self.context())?;
        let mut ordinal = 0u32;
        laws::place_streams(&mut law, &mut || {
            let at = self.image.alloc(4);
            self.stream(at, entity, purpose, ordinal);
            ordinal += 1;
            at
        });
        self.laws.push(law);
        Ok(index(self.laws.len() - 1))
    }

    /// A list of assignments: byte offset in the item and value record of each. 0 without any.
    pub(super) fn assignments(
        &mut self,
        list: &[(usize, Expression)],
        entity: &str,
        purpose: &str,
    ) -> Result<i64, String> {
        if list.is_empty() {
            return Ok(0);
        }
        let mut words = Vec::new();
        for (slot, value) in list {
            let name = self.plant.attributes.get(*slot).map_or("", |(n, _)| n.as_str());
            words.push(i64::from(self.attributes_at()) + index(*slot * 8));
            let law = self.value_law(value, entity, &format!("{purpose}.{name}"))?;
            words.push(self.value_record(law));
        }
        Ok(self.image.array(&words))
    }

    /// The value record of a law: a formula for the kernel, or the law for the host.
    pub(super) fn value_record(&mut self, law: i64) -> i64 {
        let of = usize::try_from(law).ok().and_then(|i| self.laws.get(i)).and_then(formula::formula);
        let Some((shape, data)) = of else {
            let at = self.image.alloc(value::WORDS);
            self.image.put(at, value::LAW, law);
            return at;
        };
        let kind = intern(&mut self.shapes.formulas, shape);
        let words: Vec<i64> = data
            .into_iter()
            .map(|datum| match datum {
                Datum::Word(word) => word,
                Datum::Table(table) => self.image.array(&table),
            })
            .collect();
        let at = self.image.alloc(value::WORDS + words.len());
        self.image.put(at, value::KIND, index(kind + 1));
        self.image.put(at, value::LAW, law);
        for (i, word) in (0i64..).zip(words) {
            self.image.put(at + 8 * i, value::DATA, word);
        }
        at
    }

    /// What items of each type carry at birth.
    fn kinds(&mut self) -> Result<(), String> {
        let plant = self.plant;
        for item in plant.items.values() {
            let mut carried: Carried = Vec::new();
            for attribute in &item.attributes {
                let offset = self.attributes_at() + i32::try_from(attribute.slot * 8).unwrap_or(0);
                let law = match &attribute.default {
                    Some(value) => usize::try_from(self.value_law(value, &item.name, &attribute.name)?).ok(),
                    None => None,
                };
                carried.push((offset, law));
            }
            self.kinds.push(carried);
        }
        Ok(())
    }

    /// A draw record for an expression in seconds.
    pub(super) fn draw(
        &mut self,
        expression: &Expression,
        entity: &str,
        purpose: &str,
    ) -> Result<(i64, super::shape::Family), String> {
        let mut recipe: Recipe = laws::recipe(expression, &self.context())?;
        let random = recipe.family == super::shape::Family::Random;
        let at = match self.next_draw.take() {
            Some(at) => at,
            None => self.alloc_draw(random),
        };
        self.image.put(at, draw::FAMILY, recipe.family.tag());
        let first = if random { i64::from(draw::BATCH.offset) + index(DRAWS * 8) } else { recipe.ticks };
        self.image.put(at, draw::TICKS, first);
        self.image.put(at, draw::LAW, index(self.laws.len()));
        let mut ordinal = 0u32;
        laws::place_streams(&mut recipe.law, &mut || {
            let stream = if ordinal == 0 { at + i64::from(draw::STREAM.offset) } else { self.image.alloc(4) };
            self.stream(stream, entity, purpose, ordinal);
            ordinal += 1;
            stream
        });
        self.laws.push(recipe.law);
        if recipe.family == super::shape::Family::Computed {
            let value = self.value_record(index(self.laws.len() - 1));
            self.image.put(at, draw::VALUE, value);
        }
        self.places.names.insert(at, &[entity, ": ", purpose]);
        Ok((at, recipe.family))
    }
}

/// A shape index that is not known yet.
pub(super) const UNPLACED: usize = usize::MAX;
