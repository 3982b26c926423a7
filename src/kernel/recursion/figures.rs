//! The figures of a run by recursion in the form in which the event kernel's are read.

use crate::base::Ticks;
use crate::ir::{NodeId, NodeKind, Plant};
use crate::kernel::causes::Causes;
use crate::kernel::charged::Charged;
use crate::kernel::read::{ArrivalTotals, Balance, BufferTotals, Snapshot, SourceTotals, StationTotals};
use crate::kernel::status::State;
use crate::runtime::histogram;

use super::cells::{Behind, Bounds, Cell, Mark, NEVER};
use super::ends::{Exit, Origin};
use super::line::{Line, Stage};
use super::run::Ran;

/// The figures of a replication.
pub fn of<const L: usize>(
    line: &Line,
    plant: &Plant,
    lane: usize,
    bounds: &Bounds<L>,
    origin: &Origin<L>,
    cells: &[Cell<L>],
    exit: &Exit<L>,
) -> Ran {
    let known = Causes::of(plant);
    let at = |which: usize| {
        let mut snapshot = Snapshot::empty(Ticks(bounds[which][lane]));
        let given = origin.marks.get(lane).and_then(|m| m.get(which)).copied().unwrap_or_default();
        let timed = line.source.every.is_some();
        snapshot.events = if timed { given.made } else { u64::from(given.made > 0) };
        snapshot.sources.push(SourceTotals { node: line.source.node, made: given.made, lost: 0, waits: given.waits });
        // Stations and buffers are listed in the order of the plant.
        let now = i128::from(bounds[which][lane]);
        for (stage, cell) in line.stages.iter().zip(cells) {
            let none = Mark::default();
            let mark = cell.marks.get(lane).and_then(|m| m.get(which)).unwrap_or(&none);
            if let Some(its) = &stage.lane {
                snapshot.buffers.push(buffer(its.node, its.places.is_some(), mark));
            }
            let machines = match &cell.behind {
                Behind::Several(m) => m.marks.get(lane).and_then(|m| m.get(which)).unwrap_or(&none),
                _ => mark,
            };
            if let Some(totals) = station(stage, plant, &known, mark, machines, now) {
                snapshot.events += totals.cycles + mark.failures + mark.repairs;
                snapshot.stations.push(totals);
            }
        }
        snapshot.buffers.sort_by_key(|b| b.node);
        snapshot.stations.sort_by_key(|s| s.node);
        left(line, plant, lane, which, exit, &mut snapshot);
        snapshot
    };
    let (before, after) = (at(0), at(1));
    let drew = drew(line, &after, origin_made(origin, lane));
    Ran { before, after, drew }
}

fn origin_made<const L: usize>(origin: &Origin<L>, lane: usize) -> u64 {
    origin.marks.get(lane).map_or(0, |m| m[1].made)
}

/// Whether any stream has been drawn from.
fn drew(line: &Line, after: &Snapshot, made: u64) -> bool {
    let source = &line.source;
    let starts = !source.first.is_fixed();
    let comes = source.every.as_ref().is_some_and(|e| !e.is_fixed()) && made > 0;
    let mixes = source.mix.len() > 1 && made > 0;
    let entered = |node: NodeId| after.buffers.iter().any(|b| b.node == node && b.entries > 0);
    let began = |node: NodeId| {
        let busy = |s: &StationTotals| s.states.first().is_some_and(|t| *t > 0) || s.cycles > 0;
        after.stations.iter().any(|s| s.node == node && busy(s))
    };
    let failed = |node: NodeId| after.stations.iter().any(|s| s.node == node && s.failures.iter().any(|n| *n > 0));
    let stage = |s: &Stage| {
        let moved = |l: &super::line::Lane| l.transit.as_ref().is_some_and(|t| !t.is_fixed()) && entered(l.node);
        let worked = |b: &super::line::Bench| {
            b.work.iter().any(|w| !w.is_fixed()) && began(b.node)
                || b.failure.as_ref().is_some_and(|f| !f.after.is_fixed() || !f.repair.is_fixed() && failed(b.node))
        };
        s.lane.as_ref().is_some_and(moved) || s.station.as_ref().is_some_and(worked)
    };
    starts || comes || mixes || line.stages.iter().any(stage)
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

/// What has left, and the balance of every item type.
fn left<const L: usize>(
    line: &Line,
    plant: &Plant,
    lane: usize,
    which: usize,
    exit: &Exit<L>,
    snapshot: &mut Snapshot,
) {
    let gone = exit.marks.get(lane).and_then(|m| m.get(which));
    let of = |item| {
        let place = line.source.mix.iter().position(|(_, i)| *i == item)?;
        gone?.kinds.get(place)
    };
    let present = plant.nodes.get(line.sink).map_or(&[][..], |n| &n.items);
    let mut present: Vec<_> = present.to_vec();
    present.sort_unstable();
    for item in present {
        let its = of(item);
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
    for item in plant.items.ids() {
        let its = of(item);
        let (made, gone) = (its.map_or(0, |l| l.born), its.map_or(0, |l| l.count));
        let inside = i64::try_from(made).unwrap_or(0) - i64::try_from(gone).unwrap_or(0);
        let wip_area = its.map_or(0, |l| l.wip);
        snapshot.inside += inside;
        snapshot.wip_area += wip_area;
        snapshot.balances.push(Balance {
            item,
            initial: 0,
            made,
            assembled: 0,
            left: gone,
            scrapped: 0,
            lost: 0,
            used: 0,
            inside,
            wip_area,
        });
    }
}
