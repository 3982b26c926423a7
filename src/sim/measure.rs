//! Turns two snapshots of a run, at the end of the warm-up and at the end, into the figures of the
//! window between them, and holds the figures against each other.
//!
//! It neither runs nor presents anything. Start at [`window`].

use crate::base::Ticks;
use crate::base::quantity::to_f64;
use crate::ir::{Capacity, ItemId, LimitId, Node, NodeId, NodeKind, Plant, PoolId};
use crate::kernel::causes::{Causes, limits_of, pools_of};
use crate::kernel::read::{ArrivalTotals, Snapshot, StationTotals};
use crate::runtime::histogram::{self, Histogram};

use super::accounts;
use super::outcome::{
    ArrivalFigures, BalanceFigures, BufferFigures, LineFigures, PoolFigures, Replication, SinkFigures, StationFigures,
    StopFigures,
};

/// The figures of the window from `before` (excluded) to `after` (included).
#[must_use]
pub fn window(plant: &Plant, known: &Causes, before: &Snapshot, after: &Snapshot) -> Replication {
    let window = after.now.0.saturating_sub(before.now.0);
    let mut line = Times::default();
    let mut sinks: Vec<SinkFigures> = Vec::new();
    let named = |id: NodeId| plant.nodes.get(id).map_or_else(String::new, |n| n.name.clone());
    for (id, n) in plant.nodes.iter() {
        if n.kind != NodeKind::Sink {
            continue;
        }
        let pairs = before.arrivals.iter().zip(&after.arrivals).filter(|(_, a)| a.node == id);
        let items = pairs.map(|(b, a)| {
            let times = Times::between(b, a);
            line.add(&times);
            arrivals(plant, a.item, &times)
        });
        sinks.push(SinkFigures { name: n.name.clone(), items: items.collect() });
    }
    let [p50_s, p90_s, p99_s] = line.quantiles();
    let mut figures = Replication {
        window_ticks: window,
        end_ticks: after.now.0,
        events: after.events,
        stations: before
            .stations
            .iter()
            .zip(&after.stations)
            .map(|(b, a)| StationFigures {
                name: named(a.node),
                machines: a.machines,
                state_ticks: std::array::from_fn(|i| {
                    let of = |s: &[i128; 8]| s.get(i).copied().unwrap_or(0);
                    of(&a.states).saturating_sub(of(&b.states))
                }),
                cycles: a.cycles.saturating_sub(b.cycles),
                scrapped: a.scrapped.saturating_sub(b.scrapped),
                spoilt: a.spoilt.saturating_sub(b.spoilt),
                ideal_s: ideal(plant, a.node),
                finished: a.finished.saturating_sub(b.finished),
                causes: causes(plant, b, a, known),
                stops: stops(plant, b, a),
                energy_j: None,
                cost: None,
            })
            .collect(),
        sinks,
        buffers: before
            .buffers
            .iter()
            .zip(&after.buffers)
            .map(|(b, a)| BufferFigures {
                name: named(a.node),
                capacity: plant.nodes.get(a.node).and_then(places),
                area_ticks: a.area.saturating_sub(b.area),
                max: a.max,
                full_ticks: a.full.saturating_sub(b.full),
                empty_ticks: a.empty.saturating_sub(b.empty),
                exits: a.exits.saturating_sub(b.exits),
                expired: a.expired.saturating_sub(b.expired),
                wait_ticks: a.stays.saturating_sub(b.stays),
            })
            .collect(),
        pools: before
            .pools
            .iter()
            .zip(&after.pools)
            .map(|(b, a)| PoolFigures {
                name: plant.pools.get(a.pool).map_or_else(String::new, |p| p.name.clone()),
                busy_area_ticks: a.area.saturating_sub(b.area),
                size: a.size,
                size_area_ticks: a.sizes.saturating_sub(b.sizes),
                cost: None,
            })
            .collect(),
        fleets: super::fleets::figures(plant, &before.fleets, &after.fleets),
        cards: super::cards::figures(plant, &before.cards, &after.cards),
        limits: before
            .clearances
            .iter()
            .zip(&after.clearances)
            .map(|(b, a)| StopFigures {
                name: plant.limits.get(a.limit).map_or_else(String::new, |l| l.name.clone()),
                count: a.count.saturating_sub(b.count),
                waiting_ticks: a.waiting.saturating_sub(b.waiting),
                repair_ticks: a.clearing.saturating_sub(b.clearing),
            })
            .collect(),
        types: super::tallies::types(plant, before, after),
        sources: super::tallies::sources(plant, before, after),
        line: LineFigures {
            wip_area_ticks: after.wip_area.saturating_sub(before.wip_area),
            count: line.count,
            time_sum_ticks: line.sum,
            p50_s,
            p90_s,
            p99_s,
            energy_j: None,
            cost: None,
        },
        items: after
            .balances
            .iter()
            .map(|b| BalanceFigures {
                item: plant.items.get(b.item).map_or_else(String::new, |i| i.name.clone()),
                initial: signed(b.initial),
                made: signed(b.made),
                assembled: signed(b.assembled),
                left: signed(b.left),
                scrapped: signed(b.scrapped),
                lost: signed(b.lost),
                used: signed(b.used),
                inside: b.inside,
            })
            .collect(),
        measures: Vec::new(),
        chance: false,
    };
    accounts::add(plant, before, after, &mut figures);
    figures
}

/// Starved, blocked and waiting time of a window by the names of what ended it.
fn causes(plant: &Plant, before: &StationTotals, after: &StationTotals, known: &Causes) -> [Vec<(String, i128)>; 3] {
    let node = |id: &NodeId| plant.nodes.get(*id).map_or_else(String::new, |n| n.name.clone());
    let pool = |id: &PoolId| plant.pools.get(*id).map_or_else(String::new, |p| p.name.clone());
    let limit = |id: &LimitId| plant.limits.get(*id).map_or_else(String::new, |l| l.name.clone());
    let names: [Vec<String>; 3] = [
        known.givers(after.node).iter().map(node).chain(limits_of(plant, after.node).iter().map(limit)).collect(),
        known.takers(after.node).iter().map(node).collect(),
        pools_of(plant, after.node).iter().map(pool).collect(),
    ];
    let mut which = 0usize;
    names.map(|names| {
        let at = which;
        which += 1;
        let of = |list: &[Vec<i128>; 3], i: usize| list.get(at).and_then(|l| l.get(i)).copied().unwrap_or(0);
        let time = |i: usize| {
            let (ended, open) = (of(&after.charged.ended, i), of(&after.charged.open, i));
            ended.saturating_add(open).saturating_sub(of(&before.charged.ended, i))
        };
        names.into_iter().enumerate().map(|(i, name)| (name, time(i))).collect()
    })
}

fn stops(plant: &Plant, before: &StationTotals, after: &StationTotals) -> Vec<StopFigures> {
    let Some(NodeKind::Station(s)) = plant.nodes.get(after.node).map(|n| &n.kind) else { return Vec::new() };
    let mut names: Vec<String> =
        s.breakdowns.iter().map(|b| &b.name).chain(s.maintenance.iter().map(|m| &m.name)).cloned().collect();
    for shared in plant.shared_stops(after.node) {
        // Of one name, the line's bears the name of the line.
        let own = shared.stop.name();
        names.push(if names.iter().any(|n| n == own) { format!("{}.{own}", plant.name) } else { own.to_string() });
    }
    let times = before.stops.iter().zip(&after.stops);
    let counts = before.failures.iter().zip(&after.failures);
    names
        .into_iter()
        .zip(times.zip(counts))
        .map(|(name, ((b, a), (counted, counts)))| StopFigures {
            name,
            count: counts.saturating_sub(*counted),
            waiting_ticks: a.0.saturating_sub(b.0),
            repair_ticks: a.1.saturating_sub(b.1),
        })
        .collect()
}

/// What is wrong with the figures of a snapshot, if anything: what every run must obey whatever the
/// plant. A finding is a bug of the compiler.
#[must_use]
pub fn contradiction(plant: &Plant, snapshot: &Snapshot) -> Option<String> {
    let name = |id: NodeId| plant.nodes.get(id).map_or("", |n| n.name.as_str());
    let now = i128::from(snapshot.now.0);
    for s in &snapshot.stations {
        let spent = s.states.iter().fold(0i128, |sum, t| sum.saturating_add(*t));
        let due = now.saturating_mul(i128::from(s.machines));
        if spent != due {
            return Some(format!("the states of `{}` add up to {spent} ticks instead of {due}", name(s.node)));
        }
    }
    for b in &snapshot.buffers {
        if b.level != b.walked {
            return Some(format!("`{}` counts {} items and holds {}", name(b.node), b.level, b.walked));
        }
    }
    for b in &snapshot.balances {
        if b.inside < 0 {
            let item = plant.items.get(b.item).map_or("", |i| i.name.as_str());
            return Some(format!("{} more of `{item}` left than came", b.inside.unsigned_abs()));
        }
    }
    for p in &snapshot.pools {
        // Those who finish their work after the end of their shift are busy beyond the number there.
        // Members who leave at the end of a shift may finish what they work at.
        let shifts = plant.pools.get(p.pool).is_some_and(|p| p.calendar.is_some())
            || plant.stops.iter().any(|s| s.stops.contains(&crate::ir::Stopped::Member(p.pool)));
        if p.busy > p.size && !shifts {
            let pool = plant.pools.get(p.pool).map_or("", |p| p.name.as_str());
            return Some(format!("{} of {} of `{pool}` are busy", p.busy, p.size));
        }
    }
    (snapshot.wip_area < 0).then(|| format!("the work in process adds up to {} item ticks", snapshot.wip_area))
}

fn places(n: &Node) -> Option<u64> {
    match &n.kind {
        NodeKind::Buffer(b) => match b.capacity {
            Capacity::Places(n) => Some(n),
            Capacity::Unlimited => None,
        },
        NodeKind::Conveyor(c) => Some(c.capacity()),
        _ => None,
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn arrivals(plant: &Plant, id: ItemId, times: &Times) -> ArrivalFigures {
    let item = plant.items.get(id);
    let [p50_s, p90_s, p99_s] = times.quantiles();
    ArrivalFigures {
        item: item.map_or_else(String::new, |i| i.name.clone()),
        mass_kg: item.and_then(|i| i.mass.as_ref()).map(|m| to_f64(&m.value)),
        count: times.count,
        time_sum_ticks: times.sum,
        p50_s,
        p90_s,
        p99_s,
    }
}

/// Times in system of what arrived in a window.
struct Times {
    count: u64,
    sum: i128,
    minimum: Ticks,
    maximum: Ticks,
    histogram: Box<Histogram>,
}

impl Default for Times {
    fn default() -> Self {
        let histogram = vec![0u64; histogram::WORDS].try_into().unwrap_or_else(|_| Box::new([0; histogram::WORDS]));
        Self { count: 0, sum: 0, minimum: Ticks::NEVER, maximum: Ticks(0), histogram }
    }
}

impl Times {
    /// Of one sink and type: the difference of totals. The extremes were begun anew at `before`.
    fn between(before: &ArrivalTotals, after: &ArrivalTotals) -> Times {
        let mut times = Times {
            count: after.count.saturating_sub(before.count),
            sum: after.sum.saturating_sub(before.sum),
            minimum: after.minimum.unwrap_or(Ticks::NEVER),
            maximum: after.maximum.unwrap_or(Ticks(0)),
            ..Times::default()
        };
        for (word, (b, a)) in times.histogram.iter_mut().zip(before.histogram.iter().zip(&after.histogram)) {
            *word = a.saturating_sub(*b);
        }
        times
    }

    fn add(&mut self, other: &Times) {
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        let most = u64::from(u32::MAX);
        for (word, b) in self.histogram.iter_mut().zip(other.histogram.iter()) {
            // Two counters to a word; each stops at its maximum.
            let low = ((*word & most) + (b & most)).min(most);
            let high = ((*word >> 32) + (b >> 32)).min(most);
            *word = high << 32 | low;
        }
    }

    /// Median, 90 % and 99 % quantile in seconds.
    #[allow(clippy::cast_precision_loss)] // a constant
    fn quantiles(&self) -> [Option<f64>; 3] {
        if self.count == 0 {
            return [None; 3];
        }
        [0.5, 0.9, 0.99].map(|q| {
            let ticks = histogram::quantile(&self.histogram, q, self.minimum.0, self.maximum.0)?;
            Some(ticks / crate::base::ticks::TICKS_PER_SECOND as f64)
        })
    }
}

/// The ideal cycle of a station in seconds, where one is written.
fn ideal(plant: &Plant, id: NodeId) -> Option<f64> {
    let NodeKind::Station(s) = &plant.nodes.get(id)?.kind else { return None };
    Some(crate::base::quantity::to_f64(&s.ideal.as_ref()?.constant()?.value))
}
