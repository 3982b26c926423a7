//! Reads figures out of the state arena at a settled instant. All are exact integers: totals since
//! t = 0 that a difference of two snapshots turns into figures of a window (semantics Z1–Z5).
//!
//! It knows where things lie, not what anybody makes of them. Start reading at [`Snapshot::of`].

use crate::base::Ticks;
use crate::ir::ids::Id;
use crate::ir::{ItemId, LimitId, NodeId, NodeKind, Plant, PoolId, PoolKind};
use crate::runtime::histogram;

use super::builder::Field;
use super::charged::{self, Charged, charged, stop_times};
use super::engine::Run;
use super::host::Arena;
use super::layout::{
    arrivals, breakdown, buffer, clearance, counters, header, item, lane, limit, machine, node, pool, source, station,
};
use super::model::Model;
use super::observe;
pub use super::observe::ProbeTotals;
use super::program::Ty;
use super::status::NEVER;

/// Figures at one instant. Vectors of nodes are in order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The instant.
    pub now: Ticks,
    /// Events so far.
    pub events: u64,
    /// Items between birth and leaving, integrated over time: item-ticks.
    pub wip_area: i128,
    /// Items between birth and leaving now. Negative only by a bug.
    pub inside: i64,
    /// Stations.
    pub stations: Vec<StationTotals>,
    /// Buffers: named, of arrows, of queues, transits, outside of sources; and conveyors.
    pub buffers: Vec<BufferTotals>,
    /// Arrivals by sink and item type.
    pub arrivals: Vec<ArrivalTotals>,
    /// Sources.
    pub sources: Vec<SourceTotals>,
    /// Crews and tools.
    pub pools: Vec<PoolTotals>,
    /// Lines that are cleared between unequal items.
    pub clearances: Vec<ClearanceTotals>,
    /// Cards of every limit that counts, and pallets.
    pub cards: Vec<CardTotals>,
    /// Balance of every item type.
    pub balances: Vec<Balance>,
    /// The vehicles of every fleet.
    pub fleets: Vec<Vec<super::vehicles::VehicleTotals>>,
}

/// A station.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationTotals {
    /// Which.
    pub node: NodeId,
    /// Machines in parallel.
    pub machines: u64,
    /// Ticks of all machines in each of the states, in the order of [`super::State::ALL`].
    pub states: [i128; 8],
    /// Ends of work.
    pub cycles: u64,
    /// Items scrapped.
    pub scrapped: u64,
    /// Of these, those that a breakdown spoilt at work.
    pub spoilt: u64,
    /// Items that work was finished on, those that the yield scraps included.
    pub finished: u64,
    /// Failures of all machines, by breakdown in written order, then by maintenance.
    pub failures: Vec<u64>,
    /// Ticks that all machines waited for people and were under repair, in the same order.
    pub stops: Vec<(i128, i128)>,
    /// Starved, blocked and waiting ticks by cause.
    pub charged: Charged,
}

/// A buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BufferTotals {
    /// Which.
    pub node: NodeId,
    /// Items inside now.
    pub level: u64,
    /// Items found by walking the lists of the buffer; equals the level unless there is a bug.
    pub walked: u64,
    /// Highest settled level since t = 0 or the last [`restart`].
    pub max: u64,
    /// Items inside, integrated over time: item-ticks.
    pub area: i128,
    /// Items that entered.
    pub entries: u64,
    /// Items that left.
    pub exits: u64,
    /// Items whose longest stay here was over.
    pub expired: u64,
    /// Sum of the stays of all that left, in ticks.
    pub stays: i128,
    /// Ticks with no item inside.
    pub empty: i64,
    /// Ticks with no place left; 0 where places are unlimited.
    pub full: i64,
}

/// Items of one type that arrived at one sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivalTotals {
    /// Which sink.
    pub node: NodeId,
    /// Which type.
    pub item: ItemId,
    /// How many.
    pub count: u64,
    /// Sum of times in system, in ticks.
    pub sum: i128,
    /// Shortest time in system since t = 0 or the last [`restart`]; `None` without arrivals.
    pub minimum: Option<Ticks>,
    /// Longest time in system since t = 0 or the last [`restart`]; `None` without arrivals.
    pub maximum: Option<Ticks>,
    /// Counts of times in system: see [`histogram`]. Of two snapshots, the later minus the earlier word
    /// by word is the histogram of what arrived between, for neither half of a word ever shrinks.
    pub histogram: Vec<u64>,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTotals {
    /// Which.
    pub node: NodeId,
    /// Items it made, with the one that stands ready in a source that always has one.
    pub made: u64,
    /// Items lost for want of room.
    pub lost: u64,
    /// Whether it holds an item that finds no room.
    pub waits: bool,
}

/// A crew or set of tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolTotals {
    /// Which.
    pub pool: PoolId,
    /// Members.
    pub size: u64,
    /// Members integrated over time: member-ticks.
    pub sizes: i128,
    /// Members busy now.
    pub busy: u64,
    /// Busy members integrated over time: member-ticks.
    pub area: i128,
}

/// A line that is cleared between unequal items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearanceTotals {
    /// Its limit.
    pub limit: LimitId,
    /// Clearances begun.
    pub count: u64,
    /// Ticks waited for people.
    pub waiting: i128,
    /// Ticks it was cleared.
    pub clearing: i128,
}

/// The cards of a limit, or pallets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardTotals {
    /// Which.
    pub limit: LimitId,
    /// With items, and on their way back.
    pub out: u64,
    /// The same integrated over time, in ticks.
    pub area: i128,
}

/// Where the items of a type came from and went, since t = 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Which type.
    pub item: ItemId,
    /// Inside at t = 0.
    pub initial: u64,
    /// Made by sources.
    pub made: u64,
    /// Made at stations.
    pub assembled: u64,
    /// Arrived at sinks.
    pub left: u64,
    /// Scrapped.
    pub scrapped: u64,
    /// Lost at sources.
    pub lost: u64,
    /// Used up as parts.
    pub used: u64,
    /// Inside now. Negative only by a bug.
    pub inside: i64,
    /// Items between birth and leaving, integrated over time: item-ticks.
    pub wip_area: i128,
}

impl Balance {
    /// Nothing of a type.
    #[must_use]
    pub fn none(item: ItemId) -> Balance {
        Balance {
            item,
            initial: 0,
            made: 0,
            assembled: 0,
            left: 0,
            scrapped: 0,
            lost: 0,
            used: 0,
            inside: 0,
            wip_area: 0,
        }
    }
}

/// Bytes of a machine record.
const MACHINE_BYTES: i64 = 8 * machine::WORDS as i64;
/// Bytes of a lane record.
const LANE_BYTES: i64 = 8 * lane::WORDS as i64;
/// Bytes of a breakdown record.
const BREAKDOWN_BYTES: i64 = 8 * breakdown::WORDS as i64;
/// Bytes of the counters of an item type.
const COUNTER_BYTES: i64 = 8 * counters::WORDS as i64;
/// Byte offset of the histogram behind an arrivals record.
const HISTOGRAM_OFFSET: i64 = 8 * arrivals::WORDS as i64;
/// A word of any record.
const WORD: Field = Field { offset: 0, ty: Ty::Count };

impl Snapshot {
    /// An instant of which nothing has been read yet.
    #[must_use]
    pub fn empty(now: Ticks) -> Snapshot {
        Snapshot {
            now,
            events: 0,
            wip_area: 0,
            inside: 0,
            stations: Vec::new(),
            buffers: Vec::new(),
            arrivals: Vec::new(),
            sources: Vec::new(),
            pools: Vec::new(),
            clearances: Vec::new(),
            cards: Vec::new(),
            balances: Vec::new(),
            fleets: Vec::new(),
        }
    }

    /// The figures of a run at its present instant, which must have settled (as after
    /// [`super::Kernel::advance`]). Cost: linear in machines, nodes, items in buffers, and 56 KiB for
    /// each pair of sink and item type.
    #[must_use]
    pub fn of(model: &Model, plant: &Plant, run: &Run) -> Snapshot {
        let arena = run.arena();
        let now = run.now().0;
        let mut snapshot = Snapshot::empty(run.now());
        snapshot.events = run.events();
        snapshot.fleets = super::vehicles::totals(model, arena, now);
        for (id, n) in plant.nodes.iter() {
            let Some(record) = model.places.nodes.get(id.index()).copied() else { continue };
            match &n.kind {
                NodeKind::Station(s) => {
                    let (first, machines) = model.places.machines.get(&id.index()).copied().unwrap_or((0, 0));
                    let mut totals = station_totals(
                        arena,
                        now,
                        id,
                        record,
                        first,
                        machines,
                        s.stops() + plant.shared_stops(id).count(),
                    );
                    let all: Vec<i64> = machines_of(model, id).collect();
                    totals.charged = charged(arena, model, plant, id, &all, now);
                    snapshot.stations.push(totals);
                }
                NodeKind::Buffer(_) => {
                    snapshot.buffers.push(buffer_totals(arena, now, id, record, &items_in(arena, record)))
                }
                NodeKind::Conveyor(_) => {
                    let items = items_on(model, arena, id);
                    snapshot.buffers.push(buffer_totals(arena, now, id, record, &items));
                }
                NodeKind::Source(_) => snapshot.sources.push(SourceTotals {
                    node: id,
                    made: unsigned(arena.get(record, source::MADE)),
                    lost: unsigned(arena.get(record, source::LOST)),
                    waits: arena.get(record, source::ITEM) != 0,
                }),
                NodeKind::Sink => {}
            }
        }
        for ((sink, kind), record) in &model.places.arrivals {
            snapshot.arrivals.push(arrival_totals(arena, NodeId::new(*sink), ItemId::new(*kind), *record));
        }
        for ((id, declared), record) in plant.pools.iter().zip(&model.places.pools) {
            // A skill has no members of its own.
            if declared.kind == PoolKind::Skill {
                continue;
            }
            let busy = arena.get(*record, pool::BUSY);
            let charged = wide(arena, *record, pool::AREA, pool::AREA_HIGH);
            let size = arena.get(*record, pool::SIZE);
            let sizes = wide(arena, *record, pool::SIZES, pool::SIZES_HIGH);
            snapshot.pools.push(PoolTotals {
                pool: id,
                size: unsigned(size),
                sizes: sizes.saturating_add(i128::from(size.max(busy)).saturating_mul(i128::from(now))),
                busy: unsigned(busy),
                area: charged.saturating_add(i128::from(busy).saturating_mul(i128::from(now))),
            });
        }
        for ((id, l), record) in plant.limits.iter().zip(&model.places.limits) {
            if !l.is_uncounted() {
                let out = arena.get(*record, limit::OUT);
                let charged = wide(arena, *record, limit::AREA, limit::AREA_HIGH);
                let area = charged.saturating_add(i128::from(out).saturating_mul(i128::from(now)));
                snapshot.cards.push(CardTotals { limit: id, out: unsigned(out), area });
            }
            let clearance = arena.get(*record, limit::CLEARANCE);
            if clearance == 0 {
                continue;
            }
            let stop = arena.get(clearance, clearance::STOP);
            let (waiting, clearing) = stop_times(arena, stop, now);
            let (waiting, clearing) = (waiting.into(), clearing.into());
            let count = unsigned(arena.get(stop, breakdown::FAILURES));
            snapshot.clearances.push(ClearanceTotals { limit: id, count, waiting, clearing });
        }
        for (id, number) in plant.items.ids().zip(0i64..) {
            let balance =
                balance(arena, now, id, model.places.counters.saturating_add(number.saturating_mul(COUNTER_BYTES)));
            snapshot.inside = snapshot.inside.saturating_add(balance.inside);
            snapshot.wip_area = snapshot.wip_area.saturating_add(balance.wip_area);
            snapshot.balances.push(balance);
        }
        snapshot
    }
}

/// Starts the measurement at the present, settled instant: highest levels and extreme times in system
/// count from here on (Z3). Sums and counts go on; they are read as differences.
pub fn restart(model: &Model, plant: &Plant, run: &mut Run) {
    let arena = run.arena_mut();
    for ((_, n), record) in plant.nodes.iter().zip(&model.places.nodes) {
        if matches!(n.kind, NodeKind::Buffer(_) | NodeKind::Conveyor(_)) {
            let level = arena.get(*record, buffer::LEVEL);
            arena.set(*record, buffer::MAX, level);
        }
    }
    for record in model.places.probes.iter().filter(|r| **r != 0) {
        observe::restart(arena, *record);
    }
    let now = arena.get(0, header::NOW);
    for id in plant.nodes.ids() {
        let machines: Vec<i64> = machines_of(model, id).collect();
        charged::restart(arena, &machines, now);
    }
    for record in model.places.arrivals.values() {
        arena.set(*record, arrivals::MINIMUM, NEVER);
        arena.set(*record, arrivals::MAXIMUM, 0);
    }
}

/// The items in a buffer: first those that wait in order, then those still on their way.
#[must_use]
pub fn items_in(arena: &Arena, record: i64) -> Vec<i64> {
    // No more items can lie in an arena than it has words: a bound against a broken list.
    let most = arena.words().len();
    let mut items = Vec::new();
    let mut at = arena.get(record, buffer::FIRST);
    while at != 0 && items.len() < most {
        items.push(at);
        at = arena.get(at, item::NEXT);
    }
    let mut pending = vec![arena.get(record, buffer::TIMED)];
    while let Some(at) = pending.pop() {
        if at == 0 || items.len() >= most {
            continue;
        }
        items.push(at);
        pending.push(arena.get(at, item::SIBLING));
        pending.push(arena.get(at, item::CHILD));
    }
    items
}

/// The lane records of a conveyor.
pub fn lanes_of(model: &Model, id: NodeId) -> impl Iterator<Item = i64> + use<> {
    let (first, lanes) = model.places.lanes.get(&id.index()).copied().unwrap_or((0, 0));
    (0..i64::try_from(lanes).unwrap_or(0)).map(move |i| first.saturating_add(i.saturating_mul(LANE_BYTES)))
}

/// The items on a conveyor, lane by lane, the first to leave first.
#[must_use]
pub fn items_on(model: &Model, arena: &Arena, id: NodeId) -> Vec<i64> {
    let most = arena.words().len();
    let mut items = Vec::new();
    for its_lane in lanes_of(model, id) {
        let mut at = arena.get(its_lane, lane::FIRST);
        while at != 0 && items.len() < most {
            items.push(at);
            at = arena.get(at, item::NEXT);
        }
    }
    items
}

/// The machine records of a station.
pub fn machines_of(model: &Model, id: NodeId) -> impl Iterator<Item = i64> + use<> {
    let (first, machines) = model.places.machines.get(&id.index()).copied().unwrap_or((0, 0));
    (0..i64::try_from(machines).unwrap_or(0)).map(move |m| first.saturating_add(m.saturating_mul(MACHINE_BYTES)))
}

/// The breakdown records of a machine that has so many.
pub fn breakdowns_of(arena: &Arena, record: i64, number: usize) -> impl Iterator<Item = i64> + use<> {
    let first = arena.get(record, machine::BREAKDOWNS);
    (0..i64::try_from(number).unwrap_or(0)).map(move |i| first.saturating_add(i.saturating_mul(BREAKDOWN_BYTES)))
}

fn station_totals(
    arena: &Arena,
    now: i64,
    id: NodeId,
    record: i64,
    first: i64,
    machines: u64,
    clocks: usize,
) -> StationTotals {
    let mut states = [0i128; 8];
    let mut failures = vec![0u64; clocks];
    let mut stops = vec![(0i128, 0i128); clocks];
    for m in 0..i64::try_from(machines).unwrap_or(0) {
        let at = first.saturating_add(m.saturating_mul(MACHINE_BYTES));
        for (sum, offset) in states.iter_mut().zip((0i32..).step_by(8)) {
            *sum = sum.saturating_add(i128::from(arena.get(at, machine::IN_STATE.plus(offset))));
        }
        let open = now.saturating_sub(arena.get(at, machine::SINCE));
        let state = usize::try_from(arena.get(at, machine::STATE)).unwrap_or(usize::MAX);
        if let Some(sum) = states.get_mut(state) {
            *sum = sum.saturating_add(i128::from(open));
        }
        for (sum, its) in failures.iter_mut().zip(breakdowns_of(arena, at, clocks)) {
            *sum = sum.saturating_add(unsigned(arena.get(its, breakdown::FAILURES)));
        }
        for (sum, its) in stops.iter_mut().zip(breakdowns_of(arena, at, clocks)) {
            let (waited, repaired) = stop_times(arena, its, now);
            *sum = (sum.0.saturating_add(waited.into()), sum.1.saturating_add(repaired.into()));
        }
    }
    StationTotals {
        node: id,
        machines,
        states,
        cycles: unsigned(arena.get(record, station::CYCLES)),
        scrapped: unsigned(arena.get(record, station::SCRAPPED)),
        spoilt: unsigned(arena.get(record, station::SPOILT)),
        finished: match unsigned(arena.get(record, station::FINISHED)) {
            // Stations that work on one item at a time count cycles only.
            0 => unsigned(arena.get(record, station::CYCLES)),
            several => several,
        },
        failures,
        stops,
        charged: Charged::default(),
    }
}

fn buffer_totals(arena: &Arena, now: i64, id: NodeId, record: i64, inside: &[i64]) -> BufferTotals {
    let level = arena.get(record, buffer::LEVEL);
    let capacity = arena.get(record, buffer::CAPACITY);
    let stays = wide(arena, record, buffer::WAIT, buffer::WAIT_HIGH);
    let mut area = stays;
    for at in inside {
        area = area.saturating_add(i128::from(now.saturating_sub(arena.get(*at, item::ENTRY))));
    }
    let open = |holds: bool, since: Field| if holds { now.saturating_sub(arena.get(record, since)) } else { 0 };
    let full = open(level >= capacity, buffer::FULL_SINCE);
    let empty = open(level == 0, buffer::EMPTY_SINCE);
    BufferTotals {
        node: id,
        level: unsigned(level),
        walked: inside.len() as u64,
        max: unsigned(arena.get(record, buffer::MAX).max(level)),
        area,
        entries: unsigned(arena.get(record, buffer::ENTRIES)),
        exits: unsigned(arena.get(record, buffer::EXITS)),
        expired: unsigned(arena.get(record, buffer::EXPIRED)),
        stays,
        empty: arena.get(record, buffer::EMPTY).saturating_add(empty),
        full: arena.get(record, buffer::FULL).saturating_add(full),
    }
}

fn arrival_totals(arena: &Arena, node: NodeId, kind: ItemId, record: i64) -> ArrivalTotals {
    let minimum = arena.get(record, arrivals::MINIMUM);
    let some = minimum < NEVER;
    let mut at = record.saturating_add(HISTOGRAM_OFFSET);
    let mut words = Vec::with_capacity(histogram::WORDS);
    for _ in 0..histogram::WORDS {
        words.push(arena.get(at, WORD).cast_unsigned());
        at = at.saturating_add(8);
    }
    ArrivalTotals {
        node,
        item: kind,
        count: unsigned(arena.get(record, arrivals::COUNT)),
        sum: wide(arena, record, arrivals::SUM, arrivals::SUM_HIGH),
        minimum: some.then_some(Ticks(minimum)),
        maximum: some.then(|| Ticks(arena.get(record, arrivals::MAXIMUM))),
        histogram: words,
    }
}

fn balance(arena: &Arena, now: i64, id: ItemId, record: i64) -> Balance {
    let get = |field| arena.get(record, field);
    let came = [counters::INITIAL, counters::MADE, counters::ASSEMBLED].map(get);
    let went = [counters::LEFT, counters::SCRAPPED, counters::LOST, counters::USED].map(get);
    let sum = |list: &[i64]| list.iter().fold(0i64, |a, b| a.saturating_add(*b));
    let inside = sum(&came).saturating_sub(sum(&went));
    let charged = wide(arena, record, counters::WIP, counters::WIP_HIGH);
    Balance {
        item: id,
        initial: unsigned(get(counters::INITIAL)),
        made: unsigned(get(counters::MADE)),
        assembled: unsigned(get(counters::ASSEMBLED)),
        left: unsigned(get(counters::LEFT)),
        scrapped: unsigned(get(counters::SCRAPPED)),
        lost: unsigned(get(counters::LOST)),
        used: unsigned(get(counters::USED)),
        inside,
        wip_area: charged.saturating_add(i128::from(inside).saturating_mul(i128::from(now))),
    }
}

/// A signed sum of 128 bits in two words.
fn wide(arena: &Arena, record: i64, low: Field, high: Field) -> i128 {
    let low = arena.get(record, low).cast_unsigned();
    (i128::from(arena.get(record, high)) << 64) | i128::from(low)
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// The node whose settle rank this is, or that has this record: `None` for neither.
#[must_use]
pub fn node_of_rank(model: &Model, arena: &Arena, rank: i64) -> Option<NodeId> {
    let ranks = arena.get(0, header::RANKS);
    let record = arena.get(ranks.checked_add(rank.checked_mul(8)?)?, WORD);
    let at = model.places.nodes.iter().position(|r| *r == record)?;
    (arena.get(record, node::RANK) == rank).then(|| NodeId::new(at))
}
