//! What a line is for recursion: tracks of stages, each a lane and what stands behind it. A track begins at a source or at a
//! station that joins what others bring, and ends at such a station or at the sink. [`bench`], [`lane`] and [`feed`] take
//! nodes over, or say why they need events; `detect` finds which belong to which track.

use crate::base::quantity::to_f64;
use crate::ir::expect::{ItemTime, MeasureKind, Statistic};
use crate::ir::{
    BeltMode, Birth, Blocking, Breakdown, BreakdownClock, BreakdownEffect, Buffer, Capacity, Conveyor, Expression,
    ItemId, Node, NodeId, NodeKind, Plant, Recipe, Routing, Station, Supply, WhenFull,
};
use crate::runtime::random;

use super::detect::Part;
use super::draws::Duration;

/// A line whose times follow from each other item by item.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its tracks, those that bring parts before the one that takes them; the last ends at the sink.
    pub tracks: Vec<Track>,
    /// Where items leave.
    pub sink: NodeId,
}

/// Stages in a row.
#[derive(Clone, Debug)]
pub struct Track {
    /// Where its items come from.
    pub begin: Begin,
    /// Lanes and stations in order of the flow.
    pub stages: Vec<Stage>,
}

/// Where items of a track come from.
#[derive(Clone, Debug)]
pub enum Begin {
    /// A source.
    Source(Feed),
    /// The first of its stages makes them of what other tracks bring.
    Join(Join),
}

/// Parts of which a station makes a product: they are loaded at once, when all are there.
#[derive(Clone, Debug)]
pub struct Join {
    /// Where its parts come from, in the order in which they are named.
    pub inputs: Vec<Input>,
    /// When the product counts as born.
    pub birth: Birth,
    /// What it makes.
    pub product: ItemId,
    /// How many nodes give to it.
    pub givers: usize,
}

/// Parts of one type.
#[derive(Clone, Debug)]
pub struct Input {
    /// The track that brings them.
    pub track: usize,
    /// The lane in which they wait; absent: the last machine of the track holds one, or the source.
    pub lane: Option<Lane>,
    /// How many each product takes.
    pub parts: usize,
    /// Which of those that give to the station brings them, in order of their names.
    pub giver: usize,
}

/// The source.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Which node.
    pub node: NodeId,
    /// Time of the first item.
    pub first: Duration,
    /// Time between items; absent: one stands ready always.
    pub every: Option<Duration>,
    /// How many in all.
    pub total: u64,
    /// Item types, each with the sum of the shares up to it.
    pub mix: Vec<(f64, ItemId)>,
    /// The stream that decides between them.
    pub stream: u64,
    /// Items come from outside, and enter its first lane.
    pub outside: bool,
}

/// A lane, a station, or a station behind its lane.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// The lane.
    pub lane: Option<Lane>,
    /// The station.
    pub station: Option<Bench>,
}

/// A buffer in which items keep their order.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Which node.
    pub node: NodeId,
    /// Places; absent: any number.
    pub places: Option<u64>,
    /// Time that items stay at least.
    pub transit: Option<Duration>,
    /// Items move on it behind each other.
    pub belt: Option<Belt>,
}

impl Lane {
    /// Whether items of a block can all come before one of them has left.
    #[must_use]
    pub fn takes(&self, block: usize) -> bool {
        // When the next can come on a belt, is known only when the one before has.
        self.belt.is_none() && self.places.is_none_or(|places| places >= block as u64)
    }
}

/// How far items on a belt stay behind each other, in ticks (semantics F11).
#[derive(Clone, Copy, Debug)]
pub struct Belt {
    /// From one to the next at any point of the belt.
    pub headway: i64,
    /// From the entry to the end.
    pub travel: i64,
    /// From the leaving of one until the tail of the queue behind it has moved up, where that reached to the entry.
    pub rest: i64,
    /// It stands while an item waits at its end.
    pub together: bool,
}

/// A station.
#[derive(Clone, Debug)]
pub struct Bench {
    /// Which node.
    pub node: NodeId,
    /// Machines in parallel.
    pub machines: usize,
    /// Time of work: one for all, or one for each item type of the mix.
    pub work: Vec<Duration>,
    /// Work begins when there is a place behind.
    pub before: bool,
    /// What stops it.
    pub failure: Option<Failure>,
}

/// A breakdown of the only machine of a station.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Time to failure.
    pub after: Duration,
    /// Time to repair.
    pub repair: Duration,
    /// Its clock runs during work only.
    pub wears: bool,
}

/// Longest lane whose places are counted, and most machines of a station and item types of a mix.
const MOST: u64 = 1 << 24;
const MOST_MACHINES: u64 = 256;
const MOST_TYPES: usize = 16;
/// Most stations with several machines: each can let an item go on while the one before waits for it.
const MOST_PARALLEL: usize = 64;

impl Stage {
    /// Whether items can go through in blocks, if those before and behind it stand far enough: one machine, which begins as
    /// soon as an item is there.
    #[must_use]
    pub fn takes_blocks(&self) -> bool {
        let machine = self.station.as_ref().is_some_and(|b| b.machines == 1 && !b.before);
        machine && self.lane.as_ref().is_none_or(|l| l.belt.is_none())
    }

    /// The time of work of a stage without a station.
    #[must_use]
    pub fn nothing() -> Duration {
        Duration::fixed(0)
    }
}

impl Track {
    /// The types of its items.
    #[must_use]
    pub fn items(&self) -> Vec<ItemId> {
        match &self.begin {
            Begin::Source(feed) => feed.mix.iter().map(|(_, item)| *item).collect(),
            Begin::Join(join) => vec![join.product],
        }
    }

    /// The source, where it begins at one.
    #[must_use]
    pub fn source(&self) -> Option<&Feed> {
        match &self.begin {
            Begin::Source(feed) => Some(feed),
            Begin::Join(_) => None,
        }
    }
}

impl Line {
    /// Whether items can leave in another order than they come in.
    #[must_use]
    pub fn reorders(&self) -> bool {
        self.stages().any(|s| s.station.as_ref().is_some_and(|b| b.machines > 1))
    }

    /// Whether it is the end of a line, to which items come from outside.
    #[must_use]
    pub fn is_tail(&self) -> bool {
        self.tracks.first().and_then(Track::source).is_some_and(|feed| feed.outside)
    }

    /// All stages, without the lanes before stations that join.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.tracks.iter().flat_map(|t| &t.stages)
    }

    /// What comes into all stations that join parts.
    pub fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.tracks.iter().flat_map(|track| match &track.begin {
            Begin::Join(join) => &join.inputs[..],
            Begin::Source(_) => &[],
        })
    }

    /// Whether parts are made when they are taken: a source stands there that always has one.
    #[must_use]
    pub fn supplies(&self, input: &Input) -> bool {
        let supplies = |t: &Track| t.stages.is_empty() && t.source().is_some_and(|f| f.every.is_none());
        input.lane.is_none() && self.tracks.get(input.track).is_some_and(supplies)
    }

    /// Whether a part is held where it was worked on, or made, until it is taken.
    #[must_use]
    pub fn holds(&self, input: &Input) -> bool {
        input.lane.is_none() && !self.supplies(input)
    }

    /// Item types that leave it.
    #[must_use]
    pub fn leaving(&self) -> Vec<ItemId> {
        self.tracks.last().map_or_else(Vec::new, Track::items)
    }

    /// The stages of a line.
    ///
    /// # Errors
    /// Why its times do not follow from each other item by item, in words.
    pub fn of(plant: &Plant) -> Result<Line, String> {
        whole(plant)?;
        Line::found(super::detect::of(plant, None)?)
    }

    /// The stages of a part of a line: of the nodes `within`, whose items all go to a node `end` that always takes them.
    ///
    /// # Errors
    /// Why its times do not follow from each other item by item, in words.
    pub fn part(plant: &Plant, within: &[bool], end: NodeId) -> Result<Line, String> {
        let line = super::detect::of(plant, Some(&Part { within: within.to_vec(), end }))?;
        let track = line.tracks.last().ok_or("it has no station")?;
        let last = track.stages.last().and_then(|s| s.station.as_ref()).ok_or("no station stands at its end")?;
        if last.machines > 1 || last.before || last.work.iter().any(Duration::is_zero) {
            let why = "the station at its end has several machines, works in no time, or has to find a place first";
            return Err(why.to_string());
        }
        Line::found(line)
    }

    /// The stages of the end of a line: of the nodes `within`, from a buffer on to which items come from outside.
    ///
    /// # Errors
    /// Why its times do not follow from each other item by item, in words.
    pub fn tail(plant: &Plant, within: &[bool], begin: NodeId) -> Result<Line, String> {
        let line = super::detect::tail(plant, within, begin)?;
        if line.reorders() {
            return Err("some of its stations have several machines".to_string());
        }
        Line::found(line)
    }

    fn found(line: Line) -> Result<Line, String> {
        for track in &line.tracks {
            no_reservation(&track.stages)?;
        }
        if line.tracks.len() > 1 && line.reorders() {
            return Err("it joins parts, and some of its stations have several machines".to_string());
        }
        let several = |s: &&Stage| s.station.as_ref().is_some_and(|b| b.machines > 1);
        if line.stages().filter(several).count() > MOST_PARALLEL {
            return Err("very many of its stations have several machines".to_string());
        }
        no_collisions(&line)?;
        Ok(line)
    }
}

/// Places at machines that fail, or at one of several, are not taken before the work.
fn no_reservation(stages: &[Stage]) -> Result<(), String> {
    let fails = |s: &Stage| s.station.as_ref().is_some_and(|b| b.failure.is_some());
    for pair in stages.windows(2) {
        let [one, two] = pair else { continue };
        let before = one.station.as_ref().is_some_and(|b| b.before);
        if before && two.lane.as_ref().is_some_and(|l| l.belt.is_some()) {
            return Err("a place on a belt is reserved before the work".to_string());
        }
        if before && two.lane.is_none() && (fails(two) || two.station.as_ref().is_some_and(|b| b.machines > 1)) {
            return Err("a machine is reserved before the work".to_string());
        }
    }
    Ok(())
}

/// Streams with equal ids are told by the event kernel.
fn no_collisions(line: &Line) -> Result<(), String> {
    let mut all: Vec<u64> = Vec::new();
    for source in line.tracks.iter().filter_map(Track::source) {
        all.push(source.stream);
        all.extend(&source.first.streams);
        all.extend(source.every.iter().flat_map(|e| &e.streams));
    }
    for stage in line.stages() {
        all.extend(stage.lane.iter().filter_map(|l| l.transit.as_ref()).flat_map(|t| &t.streams));
        if let Some(bench) = &stage.station {
            all.extend(bench.work.iter().flat_map(|w| &w.streams));
            all.extend(bench.failure.iter().flat_map(|f| f.after.streams.iter().chain(&f.repair.streams)));
        }
    }
    let number = all.len();
    all.sort_unstable();
    all.dedup();
    if all.len() == number { Ok(()) } else { Err("two random streams have the same id".to_string()) }
}

/// What must be true of the line as a whole.
fn whole(plant: &Plant) -> Result<(), String> {
    let no = |not: bool, what: &str| if not { Ok(()) } else { Err(what.to_string()) };
    no(plant.visits.is_empty() && plant.routes.is_empty(), "items have routes")?;
    no(plant.pools.is_empty(), "it has crews or tools")?;
    no(plant.fleets.is_empty(), "it has vehicles")?;
    no(plant.limits.is_empty(), "it has limits or pallets")?;
    no(plant.stops.is_empty(), "stops belong to several stations, or to a source")?;
    no(plant.attributes.is_empty(), "items carry attributes")?;
    let known = |m: &crate::ir::expect::Measure| {
        m.during.is_none()
            && match &m.kind {
                MeasureKind::Duration(ItemTime::InSystem(_), statistic) => {
                    !matches!(statistic, Statistic::Share { .. })
                }
                MeasureKind::Duration(..) => false,
                _ => true,
            }
    };
    no(plant.measures.iter().all(known), "an expectation watches single items, or counts during a shift only")
}

/// The only node behind another.
///
/// # Errors
/// When there are several.
pub(super) fn next(plant: &Plant, id: NodeId) -> Result<NodeId, String> {
    let node = plant.nodes.get(id);
    match node.and_then(|n| n.routing.as_ref()) {
        Some(Routing::To(target)) => Ok(target.node),
        _ => Err(format!("items go several ways from {}", quoted(node.map_or("", |n| &n.name)))),
    }
}

/// Whether it works without shifts of its own or of others.
///
/// # Errors
/// When it does not, in words.
pub(super) fn always_there(plant: &Plant, id: NodeId, node: &Node) -> Result<(), String> {
    if node.calendar.is_some() {
        return Err(format!("{} has a shift", quoted(&node.name)));
    }
    if plant.shared_stops(id).next().is_some() {
        return Err(format!("{} stops together with others", quoted(&node.name)));
    }
    Ok(())
}

/// Whether nothing has to be decided at a node, as far as can be seen there.
#[must_use]
pub fn decides_nothing(plant: &Plant, id: NodeId, node: &Node) -> bool {
    let seen = match &node.kind {
        NodeKind::Source(_) => feed(plant, id).map(|_| ()),
        NodeKind::Station(s) => bench(plant, id, node, s, &[], s.recipes.iter().any(Recipe::gathers)).map(|_| ()),
        NodeKind::Buffer(b) => lane(plant, id, node, b).map(|_| ()),
        NodeKind::Conveyor(c) => belt(id, node, c).map(|_| ()),
        NodeKind::Sink => return false,
    };
    seen.is_ok() && always_there(plant, id, node).is_ok()
}

/// A source.
///
/// # Errors
/// Why it needs events, in words.
pub(super) fn feed(plant: &Plant, id: NodeId) -> Result<Feed, String> {
    let none = || Err("it has no source".to_string());
    let Some(node) = plant.nodes.get(id) else { return none() };
    let NodeKind::Source(s) = &node.kind else { return none() };
    always_there(plant, id, node)?;
    let name = quoted(&node.name);
    if !s.makes_single_items() || !s.campaign.is_empty() || !s.with.is_empty() {
        return Err(format!("{name} makes lots, campaigns, or items with values"));
    }
    let drawn = |e: &Expression, purpose: &str| {
        Duration::of(plant, e, &node.name, purpose).ok_or_else(|| format!("a time of {name} reads the line"))
    };
    let every = match &s.supply {
        Supply::Always => None,
        Supply::Every(_) if s.when_full == WhenFull::Lose => return Err(format!("{name} can lose items")),
        Supply::Every(every) => Some(drawn(every, "every")?),
        _ => return Err(format!("{name} goes by hours, a timetable, or orders")),
    };
    if s.mix.is_empty() || s.mix.len() > MOST_TYPES {
        return Err(format!("{name} makes too many types of items"));
    }
    let mut sum = crate::base::Rational::from(0);
    let mix = s.mix.iter().map(|(item, share)| {
        sum += share;
        (to_f64(&sum), *item)
    });
    Ok(Feed {
        node: id,
        first: drawn(&s.first, "first")?,
        every,
        total: s.total.unwrap_or(u64::MAX),
        mix: mix.collect(),
        stream: random::stream_id(&plant.renamed.former(&node.name), "mix", 0),
        outside: false,
    })
}

/// What comes to a buffer from outside.
///
/// # Errors
/// When it is of too many types.
pub(super) fn inflow(plant: &Plant, id: NodeId) -> Result<Feed, String> {
    let Some(node) = plant.nodes.get(id) else { return Err("an arrow leads nowhere".to_string()) };
    if node.items.is_empty() || node.items.len() > MOST_TYPES {
        return Err(format!("too many types of items come to {}", quoted(&node.name)));
    }
    Ok(Feed {
        node: id,
        first: Duration::fixed(0),
        every: Some(Duration::fixed(0)),
        total: u64::MAX,
        mix: node.items.iter().map(|item| (1.0, *item)).collect(),
        stream: random::stream_id(&plant.renamed.former(&node.name), "mix", 0),
        outside: true,
    })
}

/// A buffer.
///
/// # Errors
/// Why it needs events, in words.
pub(super) fn lane(plant: &Plant, id: NodeId, node: &Node, b: &Buffer) -> Result<Lane, String> {
    let name = quoted(&node.name);
    if b.by.is_some() || b.is_loose() || !b.kept.is_empty() || b.initial.iter().any(|(_, n)| *n > 0) {
        return Err(format!("{name} is more than places in a row"));
    }
    let transit = match &b.transit {
        None => None,
        Some(time) => {
            let drawn = Duration::of(plant, time, &node.name, "transit");
            let drawn = drawn.ok_or_else(|| format!("the time through {name} reads the line"))?;
            if !b.keeps_order && !drawn.is_fixed() {
                return Err(format!("items overtake each other in {name}"));
            }
            Some(drawn)
        }
    };
    let places = match b.capacity {
        Capacity::Unlimited => None,
        Capacity::Places(0) => return Err(format!("{name} has no places")),
        Capacity::Places(n) if n > MOST => return Err(format!("{name} has very many places")),
        Capacity::Places(n) => Some(n),
    };
    Ok(Lane { node: id, places, transit, belt: None })
}

/// A belt.
///
/// # Errors
/// Why it needs events, in words.
pub(super) fn belt(id: NodeId, node: &Node, c: &Conveyor) -> Result<Lane, String> {
    let name = quoted(&node.name);
    if c.lanes != 1 || !c.extents.is_empty() || c.stops() > 0 {
        return Err(format!("{name} has several lanes, stops, or carries items of different lengths"));
    }
    if c.stepped || c.ends_at_work || c.drive.is_some() {
        return Err(format!("there is work on {name}"));
    }
    let places = c.places();
    if places > MOST {
        return Err(format!("{name} has very many places"));
    }
    let together = c.mode == BeltMode::StopTogether;
    let belt = Belt { headway: c.headway().0, travel: c.travel().0, rest: c.rest().0, together };
    Ok(Lane { node: id, places: Some(places), transit: None, belt: Some(belt) })
}

/// A station that works on items of a mix, or joins parts.
///
/// # Errors
/// Why it needs events, in words.
pub(super) fn bench(
    plant: &Plant,
    id: NodeId,
    node: &Node,
    s: &Station,
    mix: &[(f64, ItemId)],
    joins: bool,
) -> Result<Bench, String> {
    let name = quoted(&node.name);
    let [recipe] = &s.recipes[..] else { return Err(format!("{name} has recipes")) };
    let [phase] = &recipe.phases[..] else { return Err(format!("{name} works in several steps")) };
    if !joins && (recipe.gathers() || !recipe.makes.is_empty()) {
        return Err(format!("{name} makes items of one"));
    }
    let plain = s.setup.is_none()
        && s.yield_share.is_none()
        && s.sets.is_empty()
        && s.order.is_none()
        && s.maintenance.is_empty()
        && !s.stays()
        && !s.on_belt
        && !s.load_each
        && phase.needs.is_empty();
    if !plain {
        return Err(format!("{name} has a yield, setups, an order, maintenance, people, or works on a belt"));
    }
    if s.machines == 0 || s.machines > MOST_MACHINES || s.machines > 1 && s.lowest_first {
        return Err(format!("the machines of {name} are taken by number, or are none, or very many"));
    }
    let drawn = |e: &Expression, suffix: &str| {
        Duration::of(plant, e, &node.name, &format!("{}{suffix}", phase.name))
            .ok_or_else(|| format!("the time of work of {name} reads the item or the line"))
    };
    let work = match &phase.duration {
        Expression::ByItem(list, rest) => {
            let own = |item: ItemId| {
                let own = list.iter().find(|(i, _)| *i == item);
                let kind = own.or_else(|| list.iter().find(|(i, _)| plant.is_a(item, *i)));
                kind.map(|(_, e)| e).or(rest.as_deref())
            };
            let of = |(_, item): &(f64, ItemId)| {
                let e = own(*item).ok_or_else(|| format!("{name} has no time for an item"))?;
                drawn(e, &format!(":{}", plant.items.get(*item).map_or("", |i| i.name.as_str())))
            };
            mix.iter().map(of).collect::<Result<_, _>>()?
        }
        e => vec![drawn(e, "")?],
    };
    // What is ready on several of them at one instant goes on in an order that depends on what happens at that instant.
    if s.machines > 1 && mix.len() > 1 && work.iter().any(Duration::is_zero) {
        return Err(format!("the machines of {name} work in no time"));
    }
    let before = s.blocking == Blocking::BeforeWork;
    let failure = match &s.breakdowns[..] {
        [] => None,
        [b] if s.machines == 1 && !before && !s.hold_when_down => Some(failure(plant, node, b)?),
        [_] if before => return Err(format!("{name} breaks down and reserves a place before the work")),
        [_] if s.hold_when_down => return Err(format!("{name} holds items while it is down")),
        _ => return Err(format!("{name} breaks down in several ways, or has several machines that do")),
    };
    Ok(Bench { node: id, machines: usize::try_from(s.machines).unwrap_or(1), work, before, failure })
}

fn failure(plant: &Plant, node: &Node, b: &Breakdown) -> Result<Failure, String> {
    let name = quoted(&node.name);
    let plain = b.effect == BreakdownEffect::Resume && b.needs.is_empty() && !b.from_start && b.repair_in.is_none();
    let wears = match b.clock {
        BreakdownClock::Calendar | BreakdownClock::Scheduled => false,
        BreakdownClock::Working => true,
        BreakdownClock::Cycles => return Err(format!("breakdowns of {name} count cycles")),
    };
    if !plain {
        return Err(format!("breakdowns of {name} do more than interrupt the work"));
    }
    let entity = format!("{}#1", node.name);
    let drawn = |e: &Expression, word: &str| {
        let purpose = format!("{}.{word}", b.name);
        Duration::of(plant, e, &entity, &purpose).ok_or_else(|| format!("a breakdown of {name} reads the line"))
    };
    Ok(Failure { after: drawn(&b.after, "after")?, repair: drawn(&b.repair, "repair")?, wears })
}

pub(super) fn quoted(name: &str) -> String {
    format!("`{name}`")
}
