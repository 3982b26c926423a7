//! The figures of a run by recursion in the form in which the event kernel's are read.

use crate::base::Ticks;
use crate::ir::{ItemId, NodeId, NodeKind, Plant};
use crate::kernel::causes::Causes;
use crate::kernel::charged::Charged;
use crate::kernel::read::{ArrivalTotals, Balance, BufferTotals, Snapshot, SourceTotals, StationTotals};
use crate::kernel::status::State;
use crate::runtime::histogram;

use super::bounds::{Bounds, NEVER};
use super::cells::{Behind, Cell};
use super::ends::{Exit, Left};
use super::line::{self, Begin, Line, Stage};
use super::run::Ran;
use super::sums::Mark;
use super::track::{Start, Track};

/// The figures of a replication.
pub fn of<const L: usize>(
    line: &Line,
    plant: &Plant,
    lane: usize,
    bounds: &Bounds<L>,
    tracks: &[Track<L>],
    exit: &Exit<L>,
) -> Ran {
    let known = Causes::of(plant);
    let at = |which: usize| {
        let mut snapshot = Snapshot::empty(Ticks(bounds[which][lane]));
        for (own, track) in line.tracks.iter().zip(tracks) {
            if let (Begin::Source(feed), Start::Source { origin, always }) = (&own.begin, &track.start)
                && !feed.outside
            {
                let given = origin.marks.get(lane).and_then(|m| m.get(which)).copied().unwrap_or_default();
                snapshot.events += if *always { u64::from(given.made > 0) } else { given.made };
                snapshot.sources.push(SourceTotals { node: feed.node, made: given.made, lost: 0, waits: given.waits });
            }
            stages(own, track, plant, &known, (lane, which, bounds[which][lane]), &mut snapshot);
        }
        // All are listed in the order of the plant.
        snapshot.sources.sort_by_key(|s| s.node);
        snapshot.buffers.sort_by_key(|b| b.node);
        snapshot.stations.sort_by_key(|s| s.node);
        left(line, plant, (lane, which), exit, &mut snapshot);
        match tracks {
            [_] if !line.is_tail() => balances(line, plant, (lane, which), exit, &mut snapshot),
            _ => joined_balances(line, plant, (lane, which), tracks, &mut snapshot),
        }
        snapshot
    };
    let (before, after) = (at(0), at(1));
    let drew = line.tracks.iter().any(|track| drew(track, &after));
    Ran { before, after, drew }
}

/// The figures of the stages of a track, up to a bound, and of the lanes before it.
fn stages<const L: usize>(
    own: &line::Track,
    track: &Track<L>,
    plant: &Plant,
    known: &Causes,
    (lane, which, now): (usize, usize, i64),
    snapshot: &mut Snapshot,
) {
    let none = Mark::default();
    let of = |cell: &Cell<L>| cell.marks.get(lane).and_then(|m| m.get(which)).copied().unwrap_or_default();
    for (stage, cell) in own.stages.iter().zip(&track.cells) {
        let mark = &of(cell);
        if let Some(its) = &stage.lane {
            snapshot.buffers.push(buffer(its.node, its.places.is_some(), mark));
        }
        let machines = match &cell.behind {
            Behind::Several(m) => m.marks.get(lane).and_then(|m| m.get(which)).unwrap_or(&none),
            _ => mark,
        };
        if let Some(totals) = station(stage, plant, known, mark, machines, i128::from(now)) {
            snapshot.events += totals.cycles + mark.failures + mark.repairs;
            snapshot.stations.push(totals);
        }
    }
    let (Begin::Join(join), Start::Join(joined)) = (&own.begin, &track.start) else { return };
    for (number, input) in join.inputs.iter().enumerate() {
        if let (Some(its), Some(cell)) = (&input.lane, joined.lane(number)) {
            snapshot.buffers.push(buffer(its.node, its.places.is_some(), &of(cell)));
        }
    }
    let joins = own.stages.first().and_then(|s| s.station.as_ref()).map(|b| b.node);
    let station = snapshot.stations.iter_mut().find(|s| Some(s.node) == joins);
    if let (Some(station), Some(starved)) = (station, joined.charged(lane, which)) {
        station.charged.ended[0].clone_from(&starved.ended);
        station.charged.open[0].clone_from(&starved.open);
    }
}

/// Whether any stream of a track has been drawn from.
fn drew(track: &line::Track, after: &Snapshot) -> bool {
    let source = track.source().is_some_and(|source| {
        let made = after.sources.iter().any(|s| s.node == source.node && s.made > 0);
        let comes = source.every.as_ref().is_some_and(|e| !e.is_fixed());
        !source.outside && (!source.first.is_fixed() || made && (comes || source.mix.len() > 1))
    });
    let entered = |node: NodeId| after.buffers.iter().any(|b| b.node == node && b.entries > 0);
    let began = |node: NodeId| {
        let busy = |s: &StationTotals| s.states.first().is_some_and(|t| *t > 0) || s.cycles > 0;
        after.stations.iter().any(|s| s.node == node && busy(s))
    };
    let failed = |node: NodeId| after.stations.iter().any(|s| s.node == node && s.failures.iter().any(|n| *n > 0));
    let stage = |s: &Stage| {
        let moved = |l: &line::Lane| l.transit.as_ref().is_some_and(|t| !t.is_fixed()) && entered(l.node);
        let worked = |b: &line::Bench| {
            b.work.iter().any(|w| !w.is_fixed()) && began(b.node)
                || b.failure.as_ref().is_some_and(|f| !f.after.is_fixed() || !f.repair.is_fixed() && failed(b.node))
        };
        s.lane.as_ref().is_some_and(moved) || s.station.as_ref().is_some_and(worked)
    };
    source || track.stages.iter().any(stage)
}

fn buffer(node: NodeId, limited: bool, mark: &Mark) -> BufferTotals {
    let level = mark.entries.saturating_sub(mark.exits);
    BufferTotals {
        node,
        level,
        walked: level,
        max: mark.most,
        area: mark.area,
        entries: mark.entries,
        exits: mark.exits,
        expired: 0,
        stays: mark.stays,
        empty: whole(mark.empty),
        full: if limited { whole(mark.full) } else { 0 },
    }
}

fn whole(time: i128) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

fn station(
    stage: &Stage,
    plant: &Plant,
    known: &Causes,
    mark: &Mark,
    machines: &Mark,
    now: i128,
) -> Option<StationTotals> {
    let bench = stage.station.as_ref()?;
    let number = bench.machines as u64;
    let busy = machines.busy - mark.down_busy;
    let blocked = machines.engaged - machines.busy - mark.down_blocked;
    let starved = now * i128::from(number) - busy - blocked - mark.down;
    let mut states = [0; 8];
    for (state, time) in
        [(State::Working, busy), (State::Blocked, blocked), (State::Starved, starved), (State::Down, mark.down)]
    {
        if let Some(place) = usize::try_from(state.code()).ok().and_then(|i| states.get_mut(i)) {
            *place = time;
        }
    }
    let sizes = [known.givers(bench.node).len(), known.takers(bench.node).len(), 0];
    let mut charged = Charged { ended: sizes.map(|n| vec![0; n]), open: sizes.map(|n| vec![0; n]) };
    for (list, time) in charged.ended.iter_mut().zip([starved, blocked]) {
        if let Some(only) = list.first_mut() {
            *only = time;
        }
    }
    let stops = match plant.nodes.get(bench.node).map(|n| &n.kind) {
        Some(NodeKind::Station(s)) => s.stops(),
        _ => 0,
    };
    Some(StationTotals {
        node: bench.node,
        machines: number,
        states,
        cycles: machines.cycles,
        scrapped: 0,
        spoilt: 0,
        finished: machines.cycles,
        failures: vec![mark.failures; stops],
        stops: vec![(0, mark.down); stops],
        charged,
    })
}

/// Items of a type that have left.
fn gone<'a, const L: usize>(
    line: &Line,
    (lane, which): (usize, usize),
    exit: &'a Exit<L>,
    item: ItemId,
) -> Option<&'a Left> {
    let place = line.leaving().iter().position(|i| *i == item)?;
    exit.marks.get(lane)?.get(which)?.kinds.get(place)
}

/// What has left.
fn left<const L: usize>(line: &Line, plant: &Plant, at: (usize, usize), exit: &Exit<L>, snapshot: &mut Snapshot) {
    let mut present = plant.nodes.get(line.sink).map_or_else(Vec::new, |n| n.items.clone());
    present.sort_unstable();
    for item in present {
        let its = gone(line, at, exit, item);
        let some = its.filter(|l| l.minimum < NEVER);
        snapshot.arrivals.push(ArrivalTotals {
            node: line.sink,
            item,
            count: its.map_or(0, |l| l.count),
            sum: its.map_or(0, |l| l.sum),
            minimum: some.map(|l| Ticks(l.minimum)),
            maximum: some.map(|l| Ticks(l.maximum)),
            histogram: its.map_or_else(|| vec![0; histogram::WORDS], |l| l.histogram.clone()),
        });
    }
}

/// The balance of every item type where items leave as they came.
fn balances<const L: usize>(line: &Line, plant: &Plant, at: (usize, usize), exit: &Exit<L>, snapshot: &mut Snapshot) {
    for item in plant.items.ids() {
        let its = gone(line, at, exit, item);
        let (made, left) = (its.map_or(0, |l| l.born), its.map_or(0, |l| l.count));
        balance(Balance { made, left, wip_area: its.map_or(0, |l| l.wip), ..Balance::none(item) }, snapshot);
    }
}

/// The balance of every item type where parts are joined.
fn joined_balances<const L: usize>(
    line: &Line,
    plant: &Plant,
    (lane, which): (usize, usize),
    tracks: &[Track<L>],
    snapshot: &mut Snapshot,
) {
    for item in plant.items.ids() {
        let mut sums = Balance::none(item);
        for (number, (own, track)) in line.tracks.iter().zip(tracks).enumerate() {
            // Where parts are joined all items of a track are of one type.
            let place = own.items().iter().position(|its| *its == item);
            let presence = place.and_then(|place| track.presence.get(place));
            let Some(mark) = presence.and_then(|p| p.marks.get(lane)?.get(which)) else { continue };
            match own.begin {
                Begin::Source(_) => sums.made += mark.begun,
                Begin::Join(_) => sums.assembled += mark.begun,
            }
            match number + 1 == tracks.len() {
                true => sums.left += mark.ended,
                false => sums.used += mark.ended,
            }
            sums.wip_area += mark.area;
        }
        balance(sums, snapshot);
    }
}

/// Adds a balance, and what is inside by it.
fn balance(mut sums: Balance, snapshot: &mut Snapshot) {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    sums.inside = signed(sums.made + sums.assembled) - signed(sums.left + sums.used);
    snapshot.inside += sums.inside;
    snapshot.wip_area += sums.wip_area;
    snapshot.balances.push(sums);
}
