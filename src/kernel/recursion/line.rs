//! Finds out whether a line can be run by recursion, and takes it apart into stages: a lane and what stands
//! behind it, from the source to the sink. Start at [`Line::of`].

use crate::base::quantity::to_f64;
use crate::ir::expect::{ItemTime, MeasureKind, Statistic};
use crate::ir::{
    Blocking, Breakdown, BreakdownClock, BreakdownEffect, Buffer, Capacity, Expression, ItemId, Node, NodeId, NodeKind,
    Plant, Routing, Station, Supply, WhenFull,
};
use crate::runtime::random;

use super::draws::Duration;

/// A line whose times follow from each other item by item.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where items come from.
    pub source: Feed,
    /// Lanes and stations in order of the flow.
    pub stages: Vec<Stage>,
    /// Where they leave.
    pub sink: NodeId,
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
    /// Whether items can go through in blocks, if those before and behind it stand far enough: one machine, which works
    /// all items alike, at once behind a lane in which they only wait.
    #[must_use]
    pub fn takes_blocks(&self) -> bool {
        let machine = self.station.as_ref().is_some_and(|b| b.machines == 1 && !b.before && b.work.len() == 1);
        machine && self.lane.as_ref().is_none_or(|l| l.transit.is_none())
    }

    /// The time of work of a stage without a station.
    #[must_use]
    pub fn nothing() -> Duration {
        Duration::fixed(0)
    }
}

impl Line {
    /// Whether items can leave in another order than they come in.
    #[must_use]
    pub fn reorders(&self) -> bool {
        self.stages.iter().any(|s| s.station.as_ref().is_some_and(|b| b.machines > 1))
    }

    /// The stages of a line.
    ///
    /// # Errors
    /// Why its times do not follow from each other item by item, in words.
    pub fn of(plant: &Plant) -> Result<Line, String> {
        whole(plant)?;
        let sources: Vec<NodeId> =
            plant.nodes.iter().filter(|(_, n)| matches!(n.kind, NodeKind::Source(_))).map(|(id, _)| id).collect();
        let [first] = sources[..] else { return Err("it has several sources".to_string()) };
        let source = feed(plant, first)?;
        let mut line = Line { source, stages: Vec::new(), sink: first };
        let mut at = first;
        let mut walked = 1;
        loop {
            at = next(plant, at)?;
            walked += 1;
            let Some(node) = plant.nodes.get(at) else { return Err("an arrow leads nowhere".to_string()) };
            if walked > plant.nodes.len() {
                return Err("items come back to where they were".to_string());
            }
            always_there(plant, at, node)?;
            match &node.kind {
                NodeKind::Sink => break,
                NodeKind::Buffer(b) => line.stages.push(Stage { lane: Some(lane(plant, at, node, b)?), station: None }),
                NodeKind::Station(s) => {
                    let station = Some(bench(plant, at, node, s, &line.source)?);
                    match line.stages.last_mut().filter(|s| s.station.is_none()) {
                        Some(stage) => stage.station = station,
                        None => line.stages.push(Stage { lane: None, station }),
                    }
                }
                NodeKind::Conveyor(_) => return Err(format!("{} is a conveyor", quoted(&node.name))),
                NodeKind::Source(_) => return Err("a source follows a source".to_string()),
            }
        }
        line.sink = at;
        let first = line.stages.first().and_then(|s| s.lane.as_ref());
        if line.source.every.is_none() && first.is_some_and(|l| l.places.is_none()) {
            return Err(
                "its source always has an item and there is always room, so that no time would pass".to_string()
            );
        }
        if walked < plant.nodes.len() {
            return Err("it has several flows".to_string());
        }
        let fails = |s: &Stage| s.station.as_ref().is_some_and(|b| b.failure.is_some());
        for pair in line.stages.windows(2) {
            let [one, two] = pair else { continue };
            let before = one.station.as_ref().is_some_and(|b| b.before);
            if before && two.lane.is_none() && (fails(two) || two.station.as_ref().is_some_and(|b| b.machines > 1)) {
                return Err("a machine is reserved before the work".to_string());
            }
        }
        let several = |s: &&Stage| s.station.as_ref().is_some_and(|b| b.machines > 1);
        if line.stages.iter().filter(several).count() > MOST_PARALLEL {
            return Err("very many of its stations have several machines".to_string());
        }
        no_collisions(&line)?;
        if line.stages.is_empty() { Err("it has no station".to_string()) } else { Ok(line) }
    }
}

/// Streams with equal ids are told by the event kernel.
fn no_collisions(line: &Line) -> Result<(), String> {
    let source = &line.source;
    let mut all: Vec<u64> = vec![source.stream];
    all.extend(&source.first.streams);
    all.extend(source.every.iter().flat_map(|e| &e.streams));
    for stage in &line.stages {
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
fn next(plant: &Plant, id: NodeId) -> Result<NodeId, String> {
    let node = plant.nodes.get(id);
    match node.and_then(|n| n.routing.as_ref()) {
        Some(Routing::To(target)) => Ok(target.node),
        _ => Err(format!("items go several ways from {}", quoted(node.map_or("", |n| &n.name)))),
    }
}

fn always_there(plant: &Plant, id: NodeId, node: &Node) -> Result<(), String> {
    if node.calendar.is_some() {
        return Err(format!("{} has a shift", quoted(&node.name)));
    }
    if plant.shared_stops(id).next().is_some() {
        return Err(format!("{} stops together with others", quoted(&node.name)));
    }
    Ok(())
}

fn feed(plant: &Plant, id: NodeId) -> Result<Feed, String> {
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
    })
}

fn lane(plant: &Plant, id: NodeId, node: &Node, b: &Buffer) -> Result<Lane, String> {
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
    Ok(Lane { node: id, places, transit })
}

fn bench(plant: &Plant, id: NodeId, node: &Node, s: &Station, feed: &Feed) -> Result<Bench, String> {
    let name = quoted(&node.name);
    let [recipe] = &s.recipes[..] else { return Err(format!("{name} has recipes")) };
    let [phase] = &recipe.phases[..] else { return Err(format!("{name} works in several steps")) };
    if recipe.gathers() || !recipe.makes.is_empty() {
        return Err(format!("{name} joins or makes items"));
    }
    let plain = s.setup.is_none()
        && s.yield_share.is_none()
        && s.sets.is_empty()
        && s.order.is_none()
        && s.maintenance.is_empty()
        && !s.stays()
        && !s.on_belt
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
            feed.mix.iter().map(of).collect::<Result<_, _>>()?
        }
        e => vec![drawn(e, "")?],
    };
    // What is ready on several of them at one instant goes on in an order that depends on what happens at that instant.
    if s.machines > 1 && feed.mix.len() > 1 && work.iter().any(Duration::is_zero) {
        return Err(format!("the machines of {name} work in no time"));
    }
    let before = s.blocking == Blocking::BeforeWork;
    let failure = match &s.breakdowns[..] {
        [] => None,
        [b] if s.machines == 1 && !before && !s.hold_when_down => Some(failure(plant, node, b)?),
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

fn quoted(name: &str) -> String {
    format!("`{name}`")
}
