//! Lays a plant out: which record lies where in the arena, which shape each node has, what the arena
//! holds at t = 0, and where results are found again.
//!
//! Start reading at [`Model::new`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ir::ids::Id;
use crate::ir::{
    BreakdownClock, BreakdownEffect, Capacity, Expression, ItemId, NodeId, NodeKind, Plant, Release, ReleaseCrew, Routing, Source,
    Station, Supply, Target, VisitId, WhenFull,
};
use crate::runtime::random;
use crate::runtime::histogram;

use super::builder::Field;
use super::host::{Arena, Host, Law};
use super::laws::{self, Recipe};
use super::layout::{
    arrivals, breakdown, buffer, component, counters, draw, header, holder, item, limit, list, machine, needs, node, part, pool, request,
    routing, sink, slot, source, station, tree, visit,
};
use super::rank::{self, Order};
use super::shape::{
    BreakdownShape, BufferShape, ClockShape, EventShape, Families, GrantShape, NodeShape, RecipeShape, RouteShape, SettleShape, Shapes,
    SinkShape, SourceShape, StationShape, SupplyShape, TransitShape, intern,
};
use super::status::{NEVER, State};

/// A plant laid out for simulation. Numbers are data; only the shapes decide the code.
#[derive(Clone, Debug)]
pub struct Model {
    /// Shapes of nodes and handlers.
    pub shapes: Shapes,
    /// The arena at t = 0, before streams are seeded and first draws are made.
    image: Vec<u64>,
    /// Byte offset and id of every stream.
    streams: Vec<(i64, u64)>,
    /// Laws of all draw records.
    pub laws: Arc<[Law]>,
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
    /// Sets the residual of a breakdown record to a draw.
    Residual(i64, i64),
}

/// Handles of records, for reading results.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Record of each node.
    pub nodes: Vec<i64>,
    /// First machine and number of machines of each station node.
    pub machines: BTreeMap<usize, (i64, u64)>,
    /// Record of each pool.
    pub pools: Vec<i64>,
    /// Record of each limit.
    pub limits: Vec<i64>,
    /// Arrivals by sink node and item type.
    pub arrivals: BTreeMap<(usize, usize), i64>,
    /// Counters of the first item type.
    pub counters: i64,
    /// Winner tree, slots.
    pub tree: i64,
    /// Number of slots.
    pub slots: usize,
    /// Names of slots and entities, by record handle.
    pub names: BTreeMap<i64, String>,
}

/// Words being laid out.
#[derive(Default)]
pub(super) struct Image {
    words: Vec<u64>,
}

impl Image {
    fn alloc(&mut self, words: usize) -> i64 {
        let at = self.words.len();
        self.words.resize(at + words, 0);
        i64::try_from(at * 8).unwrap_or(i64::MAX)
    }

    fn put(&mut self, record: i64, field: Field, value: i64) {
        let at = usize::try_from((record + i64::from(field.offset)) / 8).unwrap_or(usize::MAX);
        if let Some(word) = self.words.get_mut(at) {
            *word = value.cast_unsigned();
        }
    }

    fn put_real(&mut self, record: i64, field: Field, value: f64) {
        self.put(record, field, value.to_bits().cast_signed());
    }

    /// An array of handles or numbers.
    fn array(&mut self, values: &[i64]) -> i64 {
        let at = self.alloc(values.len());
        for (i, v) in (0i64..).zip(values) {
            self.put(at + 8 * i, FIRST_WORD, *v);
        }
        at
    }
}

const FIRST_WORD: Field = Field { offset: 0, ty: super::program::Ty::Count };

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX).min(NEVER)
}

fn index(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A slot being laid out: band, rank, machine number and name decide its number.
struct SlotPlan {
    band: u8,
    rank: usize,
    machine: u64,
    name: String,
    handler: usize,
    record: i64,
    field: Field,
    first: Option<First>,
}

struct Layout<'a> {
    plant: &'a Plant,
    order: Order,
    image: Image,
    shapes: Shapes,
    streams: Vec<(i64, u64)>,
    stream_names: BTreeMap<u64, String>,
    collisions: Vec<(String, String)>,
    laws: Vec<Law>,
    places: Places,
    slots: Vec<SlotPlan>,
    node_shapes: Vec<usize>,
    visit_records: Vec<i64>,
    lists_by_type: BTreeMap<usize, i64>,
    components: Vec<i64>,
}

impl Model {
    /// Lays out a plant.
    ///
    /// # Errors
    /// What the kernel cannot do yet or what does not fit, in words; `sema` has diagnosed all that a
    /// text can cause.
    pub fn new(plant: &Plant) -> Result<Model, String> {
        let order = rank::order(plant);
        let mut layout = Layout {
            plant,
            order,
            image: Image::default(),
            shapes: Shapes::default(),
            streams: Vec::new(),
            stream_names: BTreeMap::new(),
            collisions: Vec::new(),
            laws: Vec::new(),
            places: Places::default(),
            slots: Vec::new(),
            node_shapes: Vec::new(),
            visit_records: Vec::new(),
            lists_by_type: BTreeMap::new(),
            components: Vec::new(),
        };
        layout.shapes.visits = !plant.visits.is_empty();
        layout.shapes.limits = plant.limits.len();
        layout.shapes.item_types = plant.items.len();
        layout.shapes.routes.push(RouteShape::Leaf);
        layout.image.alloc(header::WORDS);
        layout.counters();
        layout.reserve_nodes();
        layout.pools()?;
        layout.limits();
        layout.visits()?;
        for id in plant.nodes.ids() {
            layout.node(id)?;
        }
        layout.settle_handlers();
        let first = layout.slots();
        layout.dirty_set();
        let item_words = item::WORDS + usize::from(layout.shapes.visits) + usize::from(layout.shapes.limits > 0);
        let item_bytes = index(item_words * 8);
        layout.items(item_words)?;
        Ok(Model {
            shapes: layout.shapes,
            image: layout.image.words,
            streams: layout.streams,
            laws: layout.laws.into(),
            first,
            places: layout.places,
            item_bytes,
            collisions: layout.collisions,
        })
    }

    /// The host of a replication at t = 0: streams seeded, first draws made, first events scheduled.
    #[must_use]
    pub fn begin(&self, seed: u64, replication: u64) -> Host {
        let mut host = Host::new(Arena::new(self.image.clone()), Arc::clone(&self.laws), self.item_bytes);
        for (at, id) in &self.streams {
            for (i, word) in (0i64..).zip(random::stream_state(*id, seed, replication)) {
                host.arena.set(at + 8 * i, FIRST_WORD, word.cast_signed());
            }
        }
        for (slot, first) in &self.first {
            let ticks = |host: &mut Host, record: i64| {
                let seconds = host.sample(record);
                crate::runtime::variates::duration_ticks(seconds).map_or(NEVER, |t| t.0)
            };
            match first {
                First::Draw(record) => {
                    let at = ticks(&mut host, *record);
                    let leaf = self.leaf(*slot);
                    host.arena.set(leaf, tree::KEY, at);
                }
                First::Residual(record, from) => {
                    let rest = ticks(&mut host, *from);
                    host.arena.set(*record, breakdown::RESIDUAL, rest);
                }
            }
        }
        self.play_tournament(&mut host.arena);
        host
    }

    fn leaf(&self, slot: usize) -> i64 {
        let leaves = 1usize << self.shapes.tree_depth;
        self.places.tree + index((leaves + slot) * 16)
    }

    /// Fills the inner nodes of the winner tree from its leaves.
    fn play_tournament(&self, arena: &mut Arena) {
        let leaves = 1usize << self.shapes.tree_depth;
        for i in (1..leaves).rev() {
            let at = |i: usize| self.places.tree + index(i * 16);
            let (left, right) = (at(2 * i), at(2 * i + 1));
            let winner = if arena.get(left, tree::KEY) <= arena.get(right, tree::KEY) { left } else { right };
            arena.set(at(i), tree::KEY, arena.get(winner, tree::KEY));
            arena.set(at(i), tree::SLOT, arena.get(winner, tree::SLOT));
        }
    }
}

impl Layout<'_> {
    fn stream(&mut self, at: i64, entity: &str, purpose: &str, ordinal: u32) {
        let id = random::stream_id(entity, purpose, ordinal);
        let name = format!("{entity} {purpose} {ordinal}");
        if let Some(other) = self.stream_names.insert(id, name.clone()) {
            self.collisions.push((other, name));
        }
        self.streams.push((at, id));
    }

    fn counters(&mut self) {
        let at = self.image.alloc(counters::WORDS * self.plant.items.len().max(1));
        self.places.counters = at;
        self.image.put(0, header::COUNTERS, at);
    }

    fn reserve_nodes(&mut self) {
        for (_, n) in self.plant.nodes.iter() {
            let words = match n.kind {
                NodeKind::Source(_) => source::WORDS,
                NodeKind::Station(_) => station::WORDS,
                NodeKind::Buffer(_) => buffer::WORDS,
                NodeKind::Sink => sink::WORDS,
            };
            let at = self.image.alloc(words);
            self.places.nodes.push(at);
            self.places.names.insert(at, n.name.clone());
        }
        for (id, n) in self.plant.nodes.iter() {
            let record = self.node_record(id);
            self.image.put(record, holder::KEY, self.key(id, 0));
            self.image.put(record, node::RANK, index(self.order.rank(id)));
            // Assemblies have an offer list per part, found by item type.
            if let NodeKind::Station(s) = &n.kind
                && let Some(recipe) = s.recipes.first()
                && !recipe.takes.is_empty()
            {
                self.shapes.assemblies = true;
                let total: u64 = recipe.takes.iter().map(|p| p.minimum).sum();
                let parts = self.image.alloc(part::WORDS * recipe.takes.len());
                let mut table = vec![0; self.plant.items.len()];
                for (i, p) in (0i64..).zip(&recipe.takes) {
                    let at = parts + i * index(part::WORDS * 8);
                    self.image.put(at, list::RANK, index(self.order.rank(id)));
                    self.image.put(at, part::NEED, count(p.minimum));
                    for (t, place) in table.iter_mut().enumerate() {
                        if *place == 0 && self.is_a(ItemId::new(t), p.item) {
                            *place = at;
                        }
                    }
                }
                let lists = self.image.array(&table);
                let plan = self.image.alloc(usize::try_from(total).unwrap_or(0));
                self.lists_by_type.insert(id.index(), lists);
                self.image.put(record, station::LISTS, lists);
                self.image.put(record, station::PARTS, parts);
                self.image.put(record, station::PLAN, plan);
            }
        }
    }

    fn is_a(&self, item: ItemId, wanted: ItemId) -> bool {
        let mut at = Some(item);
        for _ in 0..=self.plant.items.len() {
            match at {
                Some(id) if id == wanted => return true,
                Some(id) => at = self.plant.items.get(id).and_then(|t| t.is),
                None => return false,
            }
        }
        false
    }

    fn node_record(&self, id: NodeId) -> i64 {
        self.places.nodes.get(id.index()).copied().unwrap_or(0)
    }

    fn key(&self, id: NodeId, machine: u64) -> i64 {
        index(self.order.name_order(id)) << 24 | count(machine)
    }

    // ---- pools and limits ----

    fn pools(&mut self) -> Result<(), String> {
        for (_, p) in self.plant.pools.iter() {
            if p.calendar.is_some() || p.overtake {
                return Err(format!("`{}`: shifts and overtaking of crews come later", p.name));
            }
            let at = self.image.alloc(pool::WORDS);
            self.image.put(at, pool::SIZE, count(p.size));
            self.places.pools.push(at);
        }
        let groups = rank::pool_components(self.plant);
        for members in groups {
            let handles: Vec<i64> = members.iter().filter_map(|p| self.places.pools.get(p.index()).copied()).collect();
            let at = self.image.alloc(component::WORDS + handles.len());
            self.image.put(at, component::POOLS, index(handles.len()));
            for (i, p) in (0i64..).zip(&handles) {
                self.image.put(at + index(component::WORDS * 8) + 8 * i, FIRST_WORD, *p);
                self.image.put(*p, pool::COMPONENT, at);
            }
            self.components.push(at);
        }
        let mut list = self.components.clone();
        list.push(0);
        let at = self.image.array(&list);
        self.image.put(0, header::COMPONENTS, at);
        Ok(())
    }

    /// A need list, or 0 when nothing is needed.
    fn need_list(&mut self, needed: &[crate::ir::Need]) -> i64 {
        let mut merged: BTreeMap<usize, u64> = BTreeMap::new();
        for n in needed {
            let number = merged.entry(n.pool.index()).or_default();
            *number = number.saturating_add(n.count);
        }
        merged.retain(|_, n| *n > 0);
        if merged.is_empty() {
            return 0;
        }
        let at = self.image.alloc(needs::WORDS + 2 * merged.len());
        self.image.put(at, needs::COUNT, index(merged.len()));
        for (i, (p, n)) in (0i64..).zip(&merged) {
            let record = self.places.pools.get(*p).copied().unwrap_or(0);
            self.image.put(at + 16 * i, needs::POOL, record);
            self.image.put(at + 16 * i, needs::NUMBER, count(*n));
        }
        at
    }

    fn component_of(&self, need_list: i64) -> i64 {
        let word = |at: i64| self.image.words.get(usize::try_from(at / 8).unwrap_or(usize::MAX)).map_or(0, |w| w.cast_signed());
        if need_list == 0 { 0 } else { word(word(need_list + 8) + i64::from(pool::COMPONENT.offset)) }
    }

    fn request(&mut self, owner: i64, key: i64, kind: GrantShape) -> i64 {
        let at = self.image.alloc(request::WORDS);
        let kind = intern(&mut self.shapes.grants, kind);
        self.image.put(at, request::OWNER, owner);
        self.image.put(at, request::KEY, key);
        self.image.put(at, request::KIND, index(kind));
        at
    }

    fn limits(&mut self) {
        for (_, l) in self.plant.limits.iter() {
            let at = self.image.alloc(limit::WORDS);
            self.image.put(at, limit::CARDS, count(l.count));
            self.image.put(at, limit::RANK, index(self.order.rank(l.from)));
            self.places.limits.push(at);
        }
        let all = self.places.limits.clone();
        let at = self.image.array(&all);
        self.image.put(0, header::LIMITS, at);
    }

    /// Limits that begin or end at a node: pairs of record and card bit.
    fn limit_array(&mut self, ends: impl Fn(&crate::ir::Limit) -> bool) -> (i64, usize) {
        let mut words = Vec::new();
        for ((_, l), (i, at)) in self.plant.limits.iter().zip(self.places.limits.iter().enumerate()) {
            if ends(l) {
                words.extend([*at, 1i64 << i.min(62)]);
            }
        }
        let n = words.len() / 2;
        (if n == 0 { 0 } else { self.image.array(&words) }, n)
    }

    // ---- draws ----

    /// A draw record for an expression in seconds.
    fn draw(&mut self, expression: &Expression, entity: &str, purpose: &str) -> Result<(i64, super::shape::Family), String> {
        let at = self.image.alloc(draw::WORDS);
        let recipe: Recipe = laws::recipe(expression)?;
        self.image.put(at, draw::FAMILY, recipe.family.tag());
        self.image.put(at, draw::TICKS, recipe.ticks);
        self.image.put_real(at, draw::FIRST, recipe.first);
        self.image.put_real(at, draw::SECOND, recipe.second);
        self.image.put(at, draw::LAW, index(self.laws.len()));
        let mut streams = Vec::new();
        let mut ordinal = 0u32;
        let mut place = |image: &mut Image| {
            let stream = if ordinal == 0 { at + i64::from(draw::STREAM.offset) } else { image.alloc(4) };
            streams.push((stream, ordinal));
            ordinal += 1;
            stream
        };
        let law = laws::bind(&recipe.law, &mut || place(&mut self.image));
        self.laws.push(law);
        for (stream, ordinal) in streams {
            self.stream(stream, entity, purpose, ordinal);
        }
        self.places.names.insert(at, format!("{entity}: {purpose}"));
        Ok((at, recipe.family))
    }

    // ---- routings ----

    fn leaf(&mut self, at: i64, target: &Target) {
        let to = self.node_record(target.node);
        let by_type = self.lists_by_type.get(&target.node.index()).copied().unwrap_or(0);
        let visit = target.visit.and_then(|v| self.visit_records.get(v.index()).copied()).unwrap_or(0);
        let offers = if by_type == 0 { to + i64::from(node::RANK.offset) } else { 0 };
        self.image.put(at, routing::LIST, offers);
        self.image.put(at, routing::VISIT, visit);
        self.image.put(at, routing::BY_TYPE, by_type);
    }

    /// Words of a routing's body by shape; leaves three, shares a stream and bounds, choices by item a
    /// table.
    fn routing(&mut self, way: &Routing, entity: &str, purpose: &str) -> Result<(i64, RouteShape, bool), String> {
        let shape = route_shape(way)?;
        let simple = shape == RouteShape::Leaf && !way.targets().iter().any(|t| self.lists_by_type.contains_key(&t.node.index()));
        let kind = intern(&mut self.shapes.routes, shape.clone());
        let words = 1 + super::emit::route::body_words(&shape, self.plant.items.len());
        let at = self.image.alloc(words);
        self.image.put(at, routing::KIND, index(kind));
        let mut cursor = at;
        let mut ordinal = 0;
        self.routing_body(way, &mut cursor, entity, purpose, &mut ordinal);
        Ok((at, shape, simple))
    }

    fn routing_body(&mut self, way: &Routing, cursor: &mut i64, entity: &str, purpose: &str, ordinal: &mut u32) {
        // Fields of `routing` count from the record's begin; a body begins one word later.
        match way {
            Routing::To(target) => {
                self.leaf(*cursor, target);
                *cursor += 24;
            }
            Routing::Shares(list, _) => {
                let body = *cursor + 8;
                self.stream(body, entity, purpose, *ordinal);
                *ordinal += 1;
                let mut sum = crate::base::Rational::from_integer(0.into());
                for (i, (share, _)) in (0i64..).zip(list) {
                    sum += share;
                    let upper = crate::base::quantity::to_f64(&sum);
                    self.image.put_real(body + 32 + 8 * i, FIRST_WORD, upper);
                }
                *cursor += 32 + 8 * index(list.len());
                for (_, to) in list {
                    self.routing_body(to, cursor, entity, purpose, ordinal);
                }
            }
            Routing::ByItem(list, rest, _) => {
                let body = *cursor + 8;
                for t in 0..self.plant.items.len() {
                    let found = list.iter().position(|(i, _)| *i == ItemId::new(t)).or_else(|| {
                        list.iter().position(|(i, _)| self.is_a(ItemId::new(t), *i))
                    });
                    let branch = found.unwrap_or(if rest.is_some() { list.len() } else { 0 });
                    self.image.put(body + 8 * index(t), FIRST_WORD, index(branch));
                }
                *cursor += 8 * index(self.plant.items.len());
                for (_, to) in list {
                    self.routing_body(to, cursor, entity, purpose, ordinal);
                }
                if let Some(rest) = rest {
                    self.routing_body(rest, cursor, entity, purpose, ordinal);
                }
            }
            Routing::If(..) | Routing::Rule(..) => {}
        }
    }

    fn visits(&mut self) -> Result<(), String> {
        for _ in 0..self.plant.visits.len() {
            let at = self.image.alloc(visit::WORDS);
            self.visit_records.push(at);
        }
        for (id, v) in self.plant.visits.iter() {
            let at = self.visit_records.get(id.index()).copied().unwrap_or(0);
            let item_name = self.plant.items.get(v.item).map_or("", |i| i.name.as_str());
            let entity = self.plant.nodes.get(v.station).map_or("", |n| n.name.as_str());
            let (way, _, _) = self.routing(&v.next, entity, &format!("branch:{item_name}.{}", v.number))?;
            self.image.put(at, visit::ROUTING, way);
        }
        Ok(())
    }

    // ---- nodes ----

    fn node(&mut self, id: NodeId) -> Result<(), String> {
        let Some(n) = self.plant.nodes.get(id) else { return Ok(()) };
        if n.calendar.is_some() {
            return Err(format!("`{}`: shifts come later", n.name));
        }
        let first_slot = self.slots.len();
        let shape = match &n.kind {
            NodeKind::Source(s) => NodeShape::Source(self.source(id, &n.name, s, n.routing.as_ref())?),
            NodeKind::Station(s) => {
                let station = self.station(id, &n.name, s, n.routing.as_ref())?;
                NodeShape::Station(station)
            }
            NodeKind::Buffer(b) => NodeShape::Buffer(self.buffer(id, &n.name, b, n.routing.as_ref())?),
            NodeKind::Sink => NodeShape::Sink(self.sink(id)),
        };
        let shape = intern(&mut self.shapes.nodes, shape);
        let record = self.node_record(id);
        self.image.put(record, holder::RELEASE, index(shape));
        if let Some((first, machines)) = self.places.machines.get(&id.index()).copied() {
            for m in 0..count(machines) {
                self.image.put(first + m * index(machine::WORDS * 8), holder::RELEASE, index(shape));
            }
        }
        self.finish_slots(id, shape, first_slot);
        self.node_shapes.push(shape);
        Ok(())
    }

    /// Handlers of slots and requests depend on the shape, which is known only now.
    fn finish_slots(&mut self, id: NodeId, shape: usize, first_slot: usize) {
        for plan in self.slots.iter_mut().skip(first_slot) {
            let placed = match self.shapes.events.get(plan.handler).copied() {
                Some(EventShape::EndOfWork(UNPLACED)) => EventShape::EndOfWork(shape),
                Some(EventShape::Breakdown(UNPLACED, i)) => EventShape::Breakdown(shape, i),
                Some(EventShape::Arrival(UNPLACED)) => EventShape::Arrival(shape),
                Some(EventShape::Verdict(UNPLACED)) => EventShape::Verdict(shape),
                Some(EventShape::EndOfStay(UNPLACED)) => EventShape::EndOfStay(shape),
                _ => continue,
            };
            plan.handler = intern(&mut self.shapes.events, placed);
        }
        let Some((first, machines)) = self.places.machines.get(&id.index()).copied() else { return };
        let Some(NodeShape::Station(s)) = self.shapes.nodes.get(shape) else { return };
        let breakdowns = s.breakdowns.len();
        let word = |image: &Image, at: i64, f: Field| {
            let at = usize::try_from((at + i64::from(f.offset)) / 8).unwrap_or(usize::MAX);
            image.words.get(at).map_or(0, |w| w.cast_signed())
        };
        for m in 0..count(machines) {
            let record = first + m * index(machine::WORDS * 8);
            let work = word(&self.image, record, machine::REQUEST);
            let kind = intern(&mut self.shapes.grants, GrantShape::Work(shape));
            if work != 0 {
                self.image.put(work, request::KIND, index(kind));
            }
            let first_breakdown = word(&self.image, record, machine::BREAKDOWNS);
            for b in 0..breakdowns {
                let at = first_breakdown + index(b * breakdown::WORDS * 8);
                let repair = word(&self.image, at, breakdown::REQUEST);
                if repair != 0 {
                    let kind = intern(&mut self.shapes.grants, GrantShape::Repair(shape, b));
                    self.image.put(repair, request::KIND, index(kind));
                }
            }
        }
    }

    fn slot(&mut self, plan: SlotPlan) {
        self.slots.push(plan);
    }

    fn unplaced(&mut self, event: EventShape) -> usize {
        intern(&mut self.shapes.events, event)
    }

    fn source(&mut self, id: NodeId, name: &str, s: &Source, way: Option<&Routing>) -> Result<SourceShape, String> {
        let record = self.node_record(id);
        let rank = self.order.rank(id);
        let (from, from_count) = self.limit_array(|l| l.from == id);
        let (to, to_count) = self.limit_array(|l| l.to == id);
        self.image.put(record, source::FROM, from);
        self.image.put(record, source::TO, to);
        self.image.put(record, source::TOTAL, s.total.map_or(NEVER, count));
        let mut words = Vec::new();
        let mut sum = crate::base::Rational::from_integer(0.into());
        for (item, share) in &s.mix {
            sum += share;
            words.push(crate::base::quantity::to_f64(&sum).to_bits().cast_signed());
            words.push(index(item.index()));
        }
        let mix = self.image.array(&words);
        self.image.put(record, source::MIX, mix);
        self.stream(record + i64::from(source::MIX_STREAM.offset), name, "mix", 0);
        let way = self.source_routing(id, way)?;
        let (routing, _, simple_routing) = self.routing(&way, name, "branch")?;
        self.image.put(record, source::ROUTING, routing);
        let (first, _) = self.draw(&s.first, name, "first")?;
        let supply = match &s.supply {
            Supply::Always => SupplyShape::Always,
            Supply::Every(every) => {
                let (at, family) = self.draw(every, name, "every")?;
                self.image.put(record, source::EVERY, at);
                let families = Families::from([family]);
                match s.when_full {
                    WhenFull::Lose => SupplyShape::Lose(families),
                    WhenFull::Pause | WhenFull::Queue => SupplyShape::Pause(families),
                }
            }
        };
        let handler = self.unplaced(EventShape::Arrival(UNPLACED));
        self.slot(SlotPlan {
            band: 3,
            rank,
            machine: 0,
            name: String::new(),
            handler,
            record,
            field: source::SLOT,
            first: Some(First::Draw(first)),
        });
        if matches!(supply, SupplyShape::Lose(_)) {
            let handler = self.unplaced(EventShape::Verdict(UNPLACED));
            self.slot(SlotPlan {
                band: 4,
                rank,
                machine: 0,
                name: String::new(),
                handler,
                record,
                field: source::VERDICT,
                first: None,
            });
        }
        Ok(SourceShape { supply, mix: s.mix.len(), simple_routing, from: from_count, to: to_count })
    }

    /// Items with a route start it here; all others follow the source's own way.
    fn source_routing(&self, id: NodeId, way: Option<&Routing>) -> Result<Routing, String> {
        let starts: Vec<(ItemId, Routing)> = self
            .plant
            .routes
            .iter()
            .filter(|r| r.sources.contains(&id))
            .map(|r| (r.item, r.start.clone()))
            .collect();
        let span = crate::base::Span::default();
        match (starts.as_slice(), way) {
            ([], Some(way)) => Ok(way.clone()),
            ([(_, only)], None) => Ok(only.clone()),
            ([], None) => Err("a source leads nowhere".to_string()),
            (_, way) => Ok(Routing::ByItem(starts, way.map(|w| Box::new(w.clone())), span)),
        }
    }

    #[allow(clippy::too_many_lines)]
    fn station(&mut self, id: NodeId, name: &str, s: &Station, way: Option<&Routing>) -> Result<StationShape, String> {
        let plant = self.plant;
        let later = |what: &str| Err(format!("`{name}`: {what} come later"));
        let [recipe] = s.recipes.as_slice() else { return later("several recipes") };
        let [phase] = recipe.phases.as_slice() else { return later("several steps") };
        if recipe.batch.is_some() || s.setup.is_some() || !s.maintenance.is_empty() {
            return later("batches, setups and maintenance");
        }
        if s.blocking == crate::ir::Blocking::BeforeWork {
            return later("reservations before work");
        }
        let record = self.node_record(id);
        let rank = self.order.rank(id);
        let (from, from_count) = self.limit_array(|l| l.from == id);
        let (to, to_count) = self.limit_array(|l| l.to == id);
        self.image.put(record, station::FROM, from);
        self.image.put(record, station::TO, to);

        // Work: the station's own, by item type, and that of every visit.
        let mut families = Families::new();
        let mut any_needs = false;
        let need_list = self.need_list(&phase.needs);
        let mut table = false;
        let visits: Vec<VisitId> = plant.visits.iter().filter(|(_, v)| v.station == id).map(|(v, _)| v).collect();
        let own_work = recipe.takes.is_empty() && !visits.is_empty() && way.is_none();
        if !own_work {
            any_needs |= need_list != 0;
            if let Expression::ByItem(list, rest) = &phase.duration {
                table = true;
                let mut by_type = vec![0; plant.items.len()];
                for (t, place) in by_type.iter_mut().enumerate() {
                    let t = ItemId::new(t);
                    let chosen = list
                        .iter()
                        .find(|(i, _)| *i == t)
                        .or_else(|| list.iter().find(|(i, _)| self.is_a(t, *i)))
                        .map(|(_, e)| e)
                        .or(rest.as_deref());
                    let item_name = plant.items.get(t).map_or("", |i| i.name.as_str());
                    if let Some(expression) = chosen {
                        let (at, family) = self.draw(expression, name, &format!("cycle:{item_name}"))?;
                        families.insert(family);
                        self.image.put(at, draw::NEEDS, need_list);
                        *place = at;
                    }
                }
                let at = self.image.array(&by_type);
                self.image.put(record, station::WORK_TABLE, at);
            } else {
                let (at, family) = self.draw(&phase.duration, name, "cycle")?;
                families.insert(family);
                self.image.put(at, draw::NEEDS, need_list);
                self.image.put(record, station::WORK, at);
            }
        }
        let mut simple_routing = true;
        for v in &visits {
            let Some(visited) = plant.visits.get(*v) else { continue };
            let item_name = plant.items.get(visited.item).map_or("", |i| i.name.as_str());
            let expression = match (&visited.cycle, &phase.duration) {
                (Some(cycle), _) => cycle,
                (None, Expression::ByItem(list, rest)) => list
                    .iter()
                    .find(|(i, _)| self.is_a(visited.item, *i))
                    .map(|(_, e)| e)
                    .or(rest.as_deref())
                    .ok_or_else(|| format!("`{name}` has no cycle for `{item_name}`"))?,
                (None, duration) => duration,
            };
            let (at, family) = self.draw(expression, name, &format!("cycle:{item_name}.{}", visited.number))?;
            families.insert(family);
            let own_needs = match &visited.needs {
                Some(list) => self.need_list(list),
                None => need_list,
            };
            any_needs |= own_needs != 0;
            self.image.put(at, draw::NEEDS, own_needs);
            let record = self.visit_records.get(v.index()).copied().unwrap_or(0);
            self.image.put(record, visit::WORK, at);
            let targets = visited.next.targets();
            simple_routing &= route_shape(&visited.next)? == RouteShape::Leaf
                && !targets.iter().any(|t| self.lists_by_type.contains_key(&t.node.index()));
        }
        if let Some(way) = way {
            let (at, _, simple) = self.routing(way, name, "branch")?;
            self.image.put(record, station::ROUTING, at);
            simple_routing &= simple;
        }

        let makes: Vec<i64> = recipe
            .makes
            .iter()
            .flat_map(|p| std::iter::repeat_n(index(p.item.index()), usize::try_from(p.minimum).unwrap_or(0)))
            .collect();
        if !makes.is_empty() {
            let at = self.image.array(&makes);
            self.image.put(record, station::MAKES, at);
        }
        if let Some(share) = &s.yield_share {
            self.stream(record + i64::from(station::YIELD_STREAM.offset), name, "yield", 0);
            self.image.put_real(record, station::YIELD, crate::base::quantity::to_f64(share));
        }

        let first = self.machines(id, name, s, rank)?;
        self.image.put(record, station::MACHINES, first);
        let many = s.machines > 1;
        if many {
            self.image.put(record, station::IDLE, first);
            self.image.put(record, station::IDLE_LAST, first + (count(s.machines) - 1) * index(machine::WORDS * 8));
        }
        let mut breakdowns = Vec::new();
        for b in &s.breakdowns {
            let clock = match b.clock {
                BreakdownClock::Working => ClockShape::Working,
                BreakdownClock::Calendar | BreakdownClock::Scheduled => ClockShape::Calendar,
                BreakdownClock::Cycles => return later("breakdown clocks by cycles"),
            };
            if b.effect != BreakdownEffect::Resume {
                return later("breakdown effects other than `resume`");
            }
            breakdowns.push(BreakdownShape {
                clock,
                needs: !b.needs.is_empty(),
                after: Families::from([laws::recipe(&b.after)?.family]),
                repair: Families::from([laws::recipe(&b.repair)?.family]),
            });
        }
        Ok(StationShape {
            many,
            breakdowns,
            work: families,
            needs: any_needs,
            table,
            visits: !visits.is_empty(),
            recipe: RecipeShape {
                parts: recipe.takes.len(),
                makes: makes.len(),
                together: recipe.release == Release::Together && (makes.len() > 1 || (makes.is_empty() && !recipe.takes.is_empty())),
            },
            yields: s.yield_share.is_some(),
            hold: s.hold_when_down && !s.breakdowns.is_empty(),
            release_after_leaving: any_needs && s.release_crew == ReleaseCrew::AfterLeaving,
            simple_routing,
            from: from_count,
            to: to_count,
        })
    }

    fn machines(&mut self, id: NodeId, name: &str, s: &Station, rank: usize) -> Result<i64, String> {
        let stride = index(machine::WORDS * 8);
        let first = self.image.alloc(machine::WORDS * usize::try_from(s.machines).unwrap_or(0));
        self.places.machines.insert(id.index(), (first, s.machines));
        let record = self.node_record(id);
        for m in 0..count(s.machines) {
            let at = first + m * stride;
            let number = (m + 1).unsigned_abs();
            let machine_name = format!("{name}#{number}");
            let key = self.key(id, number);
            self.places.names.insert(at, if s.machines > 1 { machine_name.clone() } else { name.to_string() });
            self.image.put(at, holder::KEY, key);
            self.image.put(at, machine::STATION, record);
            self.image.put(at, machine::STATE, State::Starved.code());
            if m + 1 < count(s.machines) {
                self.image.put(at, machine::IDLE_NEXT, at + stride);
            }
            if m > 0 {
                self.image.put(at, machine::IDLE_PREVIOUS, at - stride);
            }
            let work = self.request(at, key, GrantShape::Work(UNPLACED));
            self.image.put(at, machine::REQUEST, work);
            let handler = self.unplaced(EventShape::EndOfWork(UNPLACED));
            self.slot(SlotPlan {
                band: 1,
                rank,
                machine: number,
                name: String::new(),
                handler,
                record: at,
                field: machine::SLOT,
                first: None,
            });
            let breakdowns = self.image.alloc(breakdown::WORDS * s.breakdowns.len());
            if !s.breakdowns.is_empty() {
                self.image.put(at, machine::BREAKDOWNS, breakdowns);
            }
            for (i, b) in s.breakdowns.iter().enumerate() {
                let record = breakdowns + index(i * breakdown::WORDS * 8);
                self.places.names.insert(record, format!("{machine_name}: {}", b.name));
                self.image.put(record, breakdown::MACHINE, at);
                let (after, _) = self.draw(&b.after, &machine_name, &format!("{}.after", b.name))?;
                let (repair, _) = self.draw(&b.repair, &machine_name, &format!("{}.repair", b.name))?;
                self.image.put(record, breakdown::AFTER, after);
                self.image.put(record, breakdown::REPAIR, repair);
                let need_list = self.need_list(&b.needs);
                if need_list != 0 {
                    let request = self.request(record, key, GrantShape::Repair(UNPLACED, i));
                    let component = self.component_of(need_list);
                    self.image.put(request, request::NEEDS, need_list);
                    self.image.put(request, request::COMPONENT, component);
                    self.image.put(record, breakdown::REQUEST, request);
                }
                let first = match b.clock {
                    BreakdownClock::Working | BreakdownClock::Cycles => First::Residual(record, after),
                    BreakdownClock::Calendar | BreakdownClock::Scheduled => First::Draw(after),
                };
                let handler = self.unplaced(EventShape::Breakdown(UNPLACED, i));
                self.slot(SlotPlan {
                    band: 2,
                    rank,
                    machine: number,
                    name: b.name.clone(),
                    handler,
                    record,
                    field: breakdown::SLOT,
                    first: Some(first),
                });
            }
        }
        Ok(first)
    }

    fn buffer(&mut self, id: NodeId, name: &str, b: &crate::ir::Buffer, way: Option<&Routing>) -> Result<BufferShape, String> {
        let record = self.node_record(id);
        let (from, from_count) = self.limit_array(|l| l.from == id);
        let (to, to_count) = self.limit_array(|l| l.to == id);
        self.image.put(record, buffer::FROM, from);
        self.image.put(record, buffer::TO, to);
        let limited = matches!(b.capacity, Capacity::Places(_));
        let places = match b.capacity {
            Capacity::Places(n) => count(n),
            Capacity::Unlimited => NEVER,
        };
        self.image.put(record, buffer::CAPACITY, places);
        let way = way.ok_or_else(|| format!("`{name}` leads nowhere"))?;
        let (at, _, simple_routing) = self.routing(way, name, "branch")?;
        self.image.put(record, buffer::ROUTING, at);
        let transit = match &b.transit {
            None => TransitShape::None,
            Some(duration) => {
                let (at, family) = self.draw(duration, name, "transit")?;
                self.image.put(record, buffer::TRANSIT, at);
                let handler = self.unplaced(EventShape::EndOfStay(UNPLACED));
                self.slot(SlotPlan {
                    band: 1,
                    rank: self.order.rank(id),
                    machine: 0,
                    name: String::new(),
                    handler,
                    record,
                    field: buffer::SLOT,
                    first: None,
                });
                let families = Families::from([family]);
                if b.keeps_order { TransitShape::InOrder(families) } else { TransitShape::Overtaking(families) }
            }
        };
        let initial = b.initial.iter().any(|(_, n)| *n > 0);
        Ok(BufferShape { limited, transit, initial, simple_routing, from: from_count, to: to_count })
    }

    fn sink(&mut self, id: NodeId) -> SinkShape {
        let record = self.node_record(id);
        let (to, to_count) = self.limit_array(|l| l.to == id);
        self.image.put(record, sink::TO, to);
        let mut table = vec![0; self.plant.items.len()];
        let present = self.plant.nodes.get(id).map(|n| n.items.clone()).unwrap_or_default();
        for t in present {
            let at = self.image.alloc(arrivals::WORDS + histogram::WORDS);
            self.image.put(at, arrivals::MINIMUM, NEVER);
            self.places.arrivals.insert((id.index(), t.index()), at);
            if let Some(place) = table.get_mut(t.index()) {
                *place = at;
            }
        }
        let at = self.image.array(&table);
        self.image.put(record, sink::ARRIVALS, at);
        let until = self.plant.run.until.is_some_and(|u| u.at == id);
        if until {
            self.image.put(0, header::UNTIL_AT, record);
        }
        self.image.put(0, header::UNTIL, NEVER);
        SinkShape { until, to: to_count }
    }

    // ---- handlers, slots, sets ----

    fn settle_handlers(&mut self) {
        let mut holders: Vec<Vec<usize>> = vec![Vec::new(); self.plant.nodes.len()];
        for (from, to) in rank::edges(self.plant) {
            let (Some(shape), Some(list)) = (self.node_shapes.get(from.index()), holders.get_mut(to.index())) else { continue };
            if !list.contains(shape) {
                list.push(*shape);
            }
        }
        let mut ranks = vec![0; self.plant.nodes.len()];
        for (id, mut holders) in self.plant.nodes.ids().zip(holders) {
            holders.sort_unstable();
            let Some(shape) = self.node_shapes.get(id.index()).copied() else { continue };
            let kind = intern(&mut self.shapes.settles, SettleShape { shape, holders });
            let record = self.node_record(id);
            self.image.put(record, node::KIND, index(kind));
            if let Some(place) = ranks.get_mut(self.order.rank(id)) {
                *place = record;
            }
        }
        let at = self.image.array(&ranks);
        self.image.put(0, header::RANKS, at);
        // Only handlers of placed slots are emitted.
        let used: Vec<EventShape> = self.slots.iter().filter_map(|p| self.shapes.events.get(p.handler).copied()).collect();
        let mut events = Vec::new();
        for (plan, event) in self.slots.iter_mut().zip(used) {
            plan.handler = intern(&mut events, event);
        }
        self.shapes.events = events;
    }

    fn slots(&mut self) -> Vec<(usize, First)> {
        self.slots.sort_by(|a, b| {
            (a.band, a.rank, a.machine).cmp(&(b.band, b.rank, b.machine)).then_with(|| crate::base::names::natural_cmp(&a.name, &b.name))
        });
        let n = self.slots.len().max(2);
        let depth = usize::BITS - (n - 1).leading_zeros();
        let leaves = 1usize << depth;
        let at_tree = self.image.alloc(tree::WORDS * 2 * leaves);
        let at_slots = self.image.alloc(slot::WORDS * leaves);
        self.image.put(0, header::TREE, at_tree);
        self.image.put(0, header::SLOTS, at_slots);
        self.places.tree = at_tree;
        self.places.slots = self.slots.len();
        self.shapes.tree_depth = depth;
        self.shapes.first_expiry = u32::MAX;
        for i in 0..leaves {
            let leaf = at_tree + index((leaves + i) * 16);
            self.image.put(leaf, tree::KEY, NEVER);
            self.image.put(leaf, tree::SLOT, index(i));
        }
        let mut first = Vec::new();
        for (i, plan) in self.slots.iter().enumerate() {
            let at = at_slots + index(i * 16);
            self.image.put(at, slot::HANDLER, index(plan.handler));
            self.image.put(at, slot::RECORD, plan.record);
            self.image.put(plan.record, plan.field, index(i));
            if plan.band == 4 && self.shapes.first_expiry == u32::MAX {
                self.shapes.first_expiry = u32::try_from(i).unwrap_or(u32::MAX);
            }
            first.extend(plan.first.map(|f| (i, f)));
        }
        first
    }

    /// All nodes are settled once at t = 0.
    fn dirty_set(&mut self) {
        let nodes = self.plant.nodes.len().max(1);
        let words = nodes.div_ceil(64);
        let middles = words.div_ceil(64);
        let fill = |n: usize, at: usize| {
            let here = n.saturating_sub(at * 64).min(64);
            if here == 64 { -1 } else { (1i64 << here) - 1 }
        };
        self.shapes.dirty_levels = if words == 1 { 1 } else if middles == 1 { 2 } else { 3 };
        let bottom: Vec<i64> = (0..words).map(|w| fill(nodes, w)).collect();
        let middle: Vec<i64> = (0..middles).map(|w| fill(words, w)).collect();
        match self.shapes.dirty_levels {
            1 => self.image.put(0, header::DIRTY, fill(nodes, 0)),
            levels => {
                let at = self.image.array(&bottom);
                self.image.put(0, header::DIRTY_WORDS, at);
                if levels == 2 {
                    self.image.put(0, header::DIRTY, fill(words, 0));
                } else {
                    let at = self.image.array(&middle);
                    self.image.put(0, header::DIRTY_MIDDLE, at);
                    self.image.put(0, header::DIRTY, fill(middles, 0));
                }
            }
        }
    }

    /// The item pool with the items that are inside at t = 0.
    fn items(&mut self, item_words: usize) -> Result<(), String> {
        while !self.image.words.len().is_multiple_of(8) {
            self.image.words.push(0);
        }
        let base = index(self.image.words.len() * 8);
        self.image.put(0, header::ITEM_BASE, base);
        for (id, n) in self.plant.nodes.iter() {
            let NodeKind::Buffer(b) = &n.kind else { continue };
            let record = self.node_record(id);
            let (mut first, mut last, mut level) = (0, 0, 0i64);
            for (kind, number) in &b.initial {
                for _ in 0..*number {
                    let at = self.image.alloc(item_words);
                    self.image.put(at, item::TYPE, index(kind.index()));
                    self.image.put(at, item::HOLDER, record);
                    if last == 0 {
                        first = at;
                    } else {
                        self.image.put(last, item::NEXT, at);
                    }
                    last = at;
                    level += 1;
                }
                let counter = self.places.counters + index(kind.index() * counters::WORDS * 8);
                let before = self.image.words.get(usize::try_from(counter / 8).unwrap_or(0)).copied().unwrap_or(0);
                self.image.put(counter, counters::INITIAL, before.cast_signed().saturating_add(count(*number)));
            }
            let capacity = match b.capacity {
                Capacity::Places(n) => count(n),
                Capacity::Unlimited => NEVER,
            };
            if level > capacity {
                return Err(format!("`{}` begins with more items than it has places", n.name));
            }
            self.image.put(record, buffer::FIRST, first);
            self.image.put(record, buffer::LAST, last);
            self.image.put(record, buffer::LEVEL, level);
            self.image.put(record, buffer::MAX, level);
        }
        let top = index(self.image.words.len() * 8);
        self.image.put(0, header::ITEM_TOP, top);
        self.image.alloc(item_words * 64);
        let end = index(self.image.words.len() * 8);
        self.image.put(0, header::ITEM_END, end);
        Ok(())
    }
}

/// A shape index that is not known yet.
const UNPLACED: usize = usize::MAX;

fn route_shape(way: &Routing) -> Result<RouteShape, String> {
    Ok(match way {
        Routing::To(_) => RouteShape::Leaf,
        Routing::Shares(list, _) => RouteShape::Shares(list.iter().map(|(_, r)| route_shape(r)).collect::<Result<_, _>>()?),
        Routing::ByItem(list, rest, _) => {
            let all = list.iter().map(|(_, r)| r).chain(rest.as_deref());
            RouteShape::ByItem(all.map(route_shape).collect::<Result<_, _>>()?)
        }
        Routing::If(..) | Routing::Rule(..) => return Err("conditions and choice rules come later".to_string()),
    })
}
