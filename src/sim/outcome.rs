//! What simulations say: the raw figures of one replication, exact integers as the kernel counted them,
//! and a study, the same figures in a reader's measures summarised over all replications.
//!
//! It does not know how figures are counted or shown. Start at [`Replication`] and [`Study::of`].

use indexmap::IndexMap;

use crate::base::ticks::TICKS_PER_SECOND;
pub use crate::ir::account::STATES;
use crate::kernel::State;
use crate::runtime::statistics::Summary;

use super::cards::{CardFigures, CardResult};
use super::tallies::{SourceFigures, TypeFigures};

/// Raw figures of one replication in the measured window from warm-up (excluded) to end (included).
///
/// All replications of a study list the same stations, sinks, item types, buffers, pools and items in
/// the same order, also those nothing ever reached. Lists are in flow order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replication {
    /// Length of the measured window.
    pub window_ticks: i64,
    /// Where the clock stood at the end.
    pub end_ticks: i64,
    /// Events handled, warm-up included. Counts effort; not part of what engines must agree on.
    pub events: u64,
    /// Every station.
    pub stations: Vec<StationFigures>,
    /// Every sink.
    pub sinks: Vec<SinkFigures>,
    /// Every place where items wait, a station's own queue and a source's outside queue too.
    pub buffers: Vec<BufferFigures>,
    /// Every crew and tool.
    pub pools: Vec<PoolFigures>,
    /// Every fleet.
    pub fleets: Vec<FleetFigures>,
    /// Every limit that is cleared between unequal items.
    pub limits: Vec<StopFigures>,
    /// Cards of limits that count, and pallets.
    pub cards: Vec<CardFigures>,
    /// Every item type.
    pub types: Vec<TypeFigures>,
    /// Every source.
    pub sources: Vec<SourceFigures>,
    /// The line as a whole.
    pub line: LineFigures,
    /// Where items came from and went, over the whole run from 0, warm-up included.
    pub items: Vec<BalanceFigures>,
    /// What expectations measure, in base units.
    pub measures: Vec<Option<f64>>,
    /// Whether anything was drawn by chance.
    pub chance: bool,
}

impl Replication {
    /// Adds the figures of a later window of the same run: times, counts and integrals. What is no sum,
    /// as quantiles and highest levels, stays as it is.
    pub fn extend(&mut self, later: &Replication) {
        self.window_ticks = self.window_ticks.saturating_add(later.window_ticks);
        self.end_ticks = later.end_ticks;
        for (s, l) in self.stations.iter_mut().zip(&later.stations) {
            for (sum, ticks) in s.state_ticks.iter_mut().zip(l.state_ticks) {
                *sum = sum.saturating_add(ticks);
            }
            s.cycles = s.cycles.saturating_add(l.cycles);
            s.scrapped = s.scrapped.saturating_add(l.scrapped);
            s.spoilt = s.spoilt.saturating_add(l.spoilt);
            s.energy_j = plus(s.energy_j, l.energy_j);
            s.cost = plus(s.cost, l.cost);
        }
        for (s, l) in self.sinks.iter_mut().zip(&later.sinks) {
            for (a, more) in s.items.iter_mut().zip(&l.items) {
                a.count = a.count.saturating_add(more.count);
                a.time_sum_ticks = a.time_sum_ticks.saturating_add(more.time_sum_ticks);
            }
        }
        for (b, l) in self.buffers.iter_mut().zip(&later.buffers) {
            b.area_ticks = b.area_ticks.saturating_add(l.area_ticks);
            b.full_ticks = b.full_ticks.saturating_add(l.full_ticks);
            b.empty_ticks = b.empty_ticks.saturating_add(l.empty_ticks);
            b.exits = b.exits.saturating_add(l.exits);
            b.expired = b.expired.saturating_add(l.expired);
            b.wait_ticks = b.wait_ticks.saturating_add(l.wait_ticks);
        }
        for (s, l) in self.limits.iter_mut().zip(&later.limits) {
            s.count = s.count.saturating_add(l.count);
            s.waiting_ticks = s.waiting_ticks.saturating_add(l.waiting_ticks);
            s.repair_ticks = s.repair_ticks.saturating_add(l.repair_ticks);
        }
        for (p, l) in self.pools.iter_mut().zip(&later.pools) {
            p.busy_area_ticks = p.busy_area_ticks.saturating_add(l.busy_area_ticks);
            p.size_area_ticks = p.size_area_ticks.saturating_add(l.size_area_ticks);
            p.cost = plus(p.cost, l.cost);
        }
        for (c, l) in self.cards.iter_mut().zip(&later.cards) {
            c.extend(l);
        }
        for (f, l) in self.fleets.iter_mut().zip(&later.fleets) {
            f.extend(l);
        }
        for (t, l) in self.types.iter_mut().zip(&later.types) {
            t.extend(l);
        }
        for (s, l) in self.sources.iter_mut().zip(&later.sources) {
            s.lost = s.lost.saturating_add(l.lost);
        }
        let (line, more) = (&mut self.line, &later.line);
        line.wip_area_ticks = line.wip_area_ticks.saturating_add(more.wip_area_ticks);
        line.count = line.count.saturating_add(more.count);
        line.time_sum_ticks = line.time_sum_ticks.saturating_add(more.time_sum_ticks);
        line.energy_j = plus(line.energy_j, more.energy_j);
        line.cost = plus(line.cost, more.cost);
    }
}

pub(super) fn plus(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

/// Raw figures of one station.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StationFigures {
    /// Its qualified name.
    pub name: String,
    /// Number of machines.
    pub machines: u64,
    /// Time in each of [`STATES`], summed over machines.
    pub state_ticks: [i128; 8],
    /// Ends of work.
    pub cycles: u64,
    /// Items scrapped here.
    pub scrapped: u64,
    /// Of these, those that a breakdown spoilt at work: they are in no cycle.
    pub spoilt: u64,
    /// Ideal time of a cycle in seconds; `None`: the mean time worked for one.
    pub ideal_s: Option<f64>,
    /// Items that work was finished on, those that the yield scraps included.
    pub finished: u64,
    /// Starved, blocked and waiting time by what ended it, summed over machines.
    pub causes: [Vec<(String, i128)>; 3],
    /// Every breakdown and maintenance.
    pub stops: Vec<StopFigures>,
    /// Energy, J; `None` where no power is declared.
    pub energy_j: Option<f64>,
    /// Money; `None` where no cost is declared.
    pub cost: Option<f64>,
}

/// Raw figures of one breakdown or maintenance, summed over machines, or of the clearances of a limit.
/// Several may overlap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StopFigures {
    /// Its name.
    pub name: String,
    /// How often it began.
    pub count: u64,
    /// Time waited for people.
    pub waiting_ticks: i128,
    /// Time under repair or maintenance, or of clearing.
    pub repair_ticks: i128,
}

/// Raw figures of one sink.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SinkFigures {
    /// Its qualified name.
    pub name: String,
    /// One entry for each item type that can arrive.
    pub items: Vec<ArrivalFigures>,
}

/// Arrivals of one item type at one sink.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArrivalFigures {
    /// The item type.
    pub item: String,
    /// Mass of one item, kg, when declared.
    pub mass_kg: Option<f64>,
    /// Number of arrivals.
    pub count: u64,
    /// Sum of the times in the system of the items counted.
    pub time_sum_ticks: i128,
    /// Median time in the system, s; `None` without arrivals.
    pub p50_s: Option<f64>,
    /// 90 % quantile of the time in the system, s.
    pub p90_s: Option<f64>,
    /// 99 % quantile of the time in the system, s.
    pub p99_s: Option<f64>,
}

/// Raw figures of one place where items wait.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BufferFigures {
    /// `buffer`, `a->b`, `station.queue` or `source.outside`.
    pub name: String,
    /// Places; `None` without limit.
    pub capacity: Option<u64>,
    /// Integral of the level over time, items · ticks.
    pub area_ticks: i128,
    /// Highest level.
    pub max: u64,
    /// Time with no free place.
    pub full_ticks: i64,
    /// Time with no item.
    pub empty_ticks: i64,
    /// Items that left.
    pub exits: u64,
    /// Items whose longest stay was over.
    pub expired: u64,
    /// Sum of the stays of the items that left.
    pub wait_ticks: i128,
}

/// Raw figures of one crew or tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoolFigures {
    /// Its name.
    pub name: String,
    /// Integral of the number in use over time, members · ticks.
    pub busy_area_ticks: i128,
    /// Members.
    pub size: u64,
    /// Members integrated over the window: member-ticks.
    pub size_area_ticks: i128,
    /// Money; `None` where no cost is declared.
    pub cost: Option<f64>,
}

/// Raw figures of one fleet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetFigures {
    /// Its name.
    pub name: String,
    /// Each of its vehicles.
    pub vehicles: Vec<VehicleFigures>,
    /// Energy, J; `None` where no power is declared.
    pub energy_j: Option<f64>,
    /// Money; `None` where no cost is declared.
    pub cost: Option<f64>,
}

/// Raw figures of one vehicle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VehicleFigures {
    /// Time spent on each of [`crate::kernel::vehicles::DOINGS`].
    pub ticks: [i128; crate::kernel::vehicles::DOINGS.len()],
    /// Trips done.
    pub trips: u64,
    /// Items set down.
    pub items: u64,
    /// Micrometres gone with items.
    pub loaded_um: i64,
    /// Micrometres gone empty.
    pub empty_um: i64,
}

/// Raw figures of the whole line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineFigures {
    /// Integral of the number of items between birth and leaving over time, items · ticks.
    pub wip_area_ticks: i128,
    /// Items that left through any sink.
    pub count: u64,
    /// Sum of their times in the system.
    pub time_sum_ticks: i128,
    /// Median time in the system, s; `None` when nothing left.
    pub p50_s: Option<f64>,
    /// 90 % quantile of the time in the system, s.
    pub p90_s: Option<f64>,
    /// 99 % quantile of the time in the system, s.
    pub p99_s: Option<f64>,
    /// Energy of stations and sources, J; `None` where no power is declared.
    pub energy_j: Option<f64>,
    /// Money for stations, sources, people and items; `None` where no cost is declared.
    pub cost: Option<f64>,
}

/// Balance of one item type from 0 to the end:
/// initial + made + assembled = left + scrapped + lost + used + inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalanceFigures {
    /// The item type.
    pub item: String,
    /// Inside at 0.
    pub initial: i64,
    /// Made by sources.
    pub made: i64,
    /// Made by stations from other items.
    pub assembled: i64,
    /// Left through sinks.
    pub left: i64,
    /// Scrapped.
    pub scrapped: i64,
    /// Turned away or given up.
    pub lost: i64,
    /// Consumed by stations to make other items.
    pub used: i64,
    /// Inside at the end.
    pub inside: i64,
}

/// What a study is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StudyHeader {
    /// The line's name.
    pub line: String,
    /// The currency of its costs, if it has any.
    pub currency: Option<String>,
    /// The seed all random streams follow from.
    pub seed: u64,
    /// Simulated time of one run, warm-up included, s.
    pub horizon_s: f64,
    /// Time before the measured window, s.
    pub warmup_s: f64,
    /// Whether it was found from the runs.
    pub warmup_found: bool,
    /// The engine that ran it: `event`, `recursion`, `mixed` (a part by recursion, the rest by events) or `interpreter`.
    pub engine: String,
    /// Real time all runs took together, s.
    pub wall_s: f64,
    /// Item types that are as old as the oldest of the parts they are made of.
    pub aged_by_parts: Vec<String>,
}

/// Every figure of a run, summarised over its replications. Shares are fractions of 1. A figure is
/// `None` when no replication has a value for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Study {
    /// What was run.
    pub header: StudyHeader,
    /// Number of replications.
    pub runs: u64,
    /// Sinks in flow order; in each the item types in order.
    pub sinks: Vec<SinkResult>,
    /// Stations in flow order.
    pub stations: Vec<StationResult>,
    /// Buffers in flow order.
    pub buffers: Vec<BufferResult>,
    /// Crews and tools.
    pub crews: Vec<CrewResult>,
    /// Fleets.
    pub fleets: Vec<FleetResult>,
    /// Limits that are cleared between unequal items.
    pub limits: Vec<StopResult>,
    /// Cards of limits that count, and pallets.
    pub cards: Vec<CardResult>,
    /// The line as a whole.
    pub line: LineResult,
    /// Balance of every item type.
    pub items: Vec<BalanceResult>,
    /// What was expected, and whether it is so.
    pub expectations: Vec<ExpectationResult>,
    /// Events of all replications together.
    pub events: u64,
}

/// One sink over all replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SinkResult {
    /// Its name.
    pub name: String,
    /// One entry for each item type.
    pub items: Vec<ArrivalResult>,
}

/// One item type at one sink over all replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArrivalResult {
    /// The item type.
    pub item: String,
    /// Arrivals in the window.
    pub count: Option<Summary>,
    /// Arrivals per hour.
    pub rate_per_h: Option<Summary>,
    /// Mass per hour, kg/h; `None` without a mass.
    pub mass_kg_per_h: Option<Summary>,
    /// Time in the system of what arrived.
    pub time_in_system: DurationResult,
}

/// A duration over all replications, s.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DurationResult {
    /// Mean.
    pub mean: Option<Summary>,
    /// Median.
    pub p50: Option<Summary>,
    /// 90 % quantile.
    pub p90: Option<Summary>,
    /// 99 % quantile.
    pub p99: Option<Summary>,
}

/// One station over all replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StationResult {
    /// Its name.
    pub name: String,
    /// Share of time in each of [`STATES`], mean over machines.
    pub states: [Option<Summary>; 8],
    /// Ends of work in the window.
    pub cycles: Option<Summary>,
    /// Items scrapped in the window.
    pub scrapped: Option<Summary>,
    /// Share of time starved, blocked and waiting, by what ended it.
    pub causes: [Vec<(String, Option<Summary>)>; 3],
    /// Every breakdown and maintenance.
    pub stops: Vec<StopResult>,
    /// Energy, kWh; `None` where no power is declared.
    pub energy_kwh: Option<Summary>,
    /// Cost; `None` where none is declared.
    pub cost: Option<Summary>,
    /// Overall equipment effectiveness; `None` where it is not computed.
    pub oee: Option<Summary>,
}

/// One breakdown or maintenance of a station, or the clearances of a limit, over all replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StopResult {
    /// Its name.
    pub name: String,
    /// How often it began.
    pub count: Option<Summary>,
    /// Share of time waited for people, mean over machines.
    pub waiting: Option<Summary>,
    /// Share of time under repair or maintenance, mean over machines.
    pub repair: Option<Summary>,
}

/// One buffer over all replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BufferResult {
    /// Its name.
    pub name: String,
    /// Mean level over time, items.
    pub mean: Option<Summary>,
    /// Highest level, items.
    pub max: Option<Summary>,
    /// Share of time with no free place.
    pub full: Option<Summary>,
    /// Share of time with no item.
    pub empty: Option<Summary>,
    /// Mean stay of what left, s.
    pub wait_s: Option<Summary>,
    /// Items whose longest stay was over.
    pub expired: Option<Summary>,
}

/// One crew or tool over all replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrewResult {
    /// Its name.
    pub name: String,
    /// Share of its members' time in use.
    pub busy: Option<Summary>,
    /// Cost; `None` where none is declared.
    pub cost: Option<Summary>,
}

/// One fleet over all replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetResult {
    /// Its name.
    pub name: String,
    /// Shares of its vehicles' time on each of [`crate::kernel::vehicles::DOINGS`].
    pub states: [Option<Summary>; crate::kernel::vehicles::DOINGS.len()],
    /// Trips done.
    pub trips: Option<Summary>,
    /// Items set down.
    pub items: Option<Summary>,
    /// Distance gone with items, m.
    pub loaded_m: Option<Summary>,
    /// Distance gone empty, m.
    pub empty_m: Option<Summary>,
    /// Energy, kWh; `None` where no power is declared.
    pub energy_kwh: Option<Summary>,
    /// Money; `None` where no cost is declared.
    pub cost: Option<Summary>,
    /// Share of its time that each vehicle is neither idle nor down.
    pub busy: Vec<(String, Option<Summary>)>,
}

/// The line over all replications.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineResult {
    /// Mean number of items between birth and leaving.
    pub wip: Option<Summary>,
    /// Energy, kWh; `None` where no power is declared.
    pub energy_kwh: Option<Summary>,
    /// Cost; `None` where none is declared.
    pub cost: Option<Summary>,
    /// Time in the system of all that left.
    pub time_in_system: DurationResult,
}

/// The balance of one item type over all replications; see [`BalanceFigures`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BalanceResult {
    /// The item type.
    pub item: String,
    /// Inside at 0.
    pub initial: Option<Summary>,
    /// Made by sources.
    pub made: Option<Summary>,
    /// Made by stations from other items.
    pub assembled: Option<Summary>,
    /// Left through sinks.
    pub left: Option<Summary>,
    /// Scrapped.
    pub scrapped: Option<Summary>,
    /// Turned away or given up.
    pub lost: Option<Summary>,
    /// Consumed to make other items.
    pub used: Option<Summary>,
    /// Inside at the end.
    pub inside: Option<Summary>,
    /// Mean number inside in the measured window.
    pub wip: Option<Summary>,
    /// Mean time in the system of those that left in the measured window, s.
    pub time_in_system: Option<Summary>,
}

/// Whether an expectation is met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// All of the confidence interval is as expected.
    Met,
    /// None of it is.
    NotMet,
    /// The interval lies on both sides, or there is none.
    #[default]
    Undecided,
}

impl Verdict {
    /// The word in results.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Met => "met",
            Verdict::NotMet => "not met",
            Verdict::Undecided => "undecided",
        }
    }
}

/// An expectation and what came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExpectationResult {
    /// Its name.
    pub name: String,
    /// What is expected, as written.
    pub text: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What was measured, in the unit; `None` when no run has a value.
    pub figure: Option<Summary>,
    /// The unit.
    pub unit: String,
    /// Whether the figure is a share, told in per cent.
    pub share: bool,
}

/// Ticks in one hour.
const TICKS_PER_HOUR: i128 = 3600 * TICKS_PER_SECOND as i128;

impl Study {
    /// Summarises replications, given in the order of their numbers, so that the result does not depend
    /// on which thread ended first. What is undefined in a replication (the time in the system of
    /// nothing, shares of an empty window) does not count for its summary.
    /// Cost: O(replications × figures).
    #[must_use]
    pub fn of(header: StudyHeader, replications: &[Replication]) -> Study {
        let of = |value: &dyn Fn(&Replication) -> Option<f64>| summary(replications, |r| value(r));
        Study {
            header,
            runs: replications.len() as u64,
            sinks: sinks(replications),
            stations: gathered(replications, |r| &r.stations, |s| &s.name, station),
            buffers: gathered(replications, |r| &r.buffers, |b| &b.name, buffer),
            crews: gathered(
                replications,
                |r| &r.pools,
                |p| &p.name,
                |name, seen| CrewResult {
                    name: name.to_owned(),
                    busy: summary(seen, |(_, p)| ratio(p.busy_area_ticks, p.size_area_ticks)),
                    cost: summary(seen, |(_, p)| p.cost),
                },
            ),
            fleets: gathered(replications, |r| &r.fleets, |f| &f.name, super::fleets::result),
            cards: gathered(replications, |r| &r.cards, |c| &c.name, super::cards::result),
            limits: gathered(
                replications,
                |r| &r.limits,
                |l| &l.name,
                |name, seen| StopResult {
                    name: name.to_owned(),
                    count: summary(seen, |(_, l)| Some(count(l.count))),
                    waiting: summary(seen, |(r, l)| share(l.waiting_ticks, r.window_ticks, 1)),
                    repair: summary(seen, |(r, l)| share(l.repair_ticks, r.window_ticks, 1)),
                },
            ),
            line: LineResult {
                wip: of(&|r| ratio(r.line.wip_area_ticks, r.window_ticks.into())),
                energy_kwh: of(&|r| r.line.energy_j.map(kilowatt_hours)),
                cost: of(&|r| r.line.cost),
                time_in_system: DurationResult {
                    mean: of(&|r| seconds_each(r.line.time_sum_ticks, r.line.count)),
                    p50: of(&|r| r.line.p50_s),
                    p90: of(&|r| r.line.p90_s),
                    p99: of(&|r| r.line.p99_s),
                },
            },
            items: gathered(replications, |r| &r.items, |i| &i.item, balance),
            expectations: Vec::new(),
            events: replications.iter().fold(0, |sum, r| sum.saturating_add(r.events)),
        }
    }
}

/// A part of a replication with the replication it is from.
pub(super) type Seen<'a, T> = (&'a Replication, &'a T);

/// Finds each named part in all replications, in the order in which the names first appear.
fn gathered<'a, T: 'a, R>(
    replications: &'a [Replication],
    parts: impl Fn(&'a Replication) -> &'a Vec<T>,
    name: impl Fn(&'a T) -> &'a String,
    result: impl Fn(&str, &[Seen<'a, T>]) -> R,
) -> Vec<R> {
    let mut by_name: IndexMap<&str, Vec<Seen<'a, T>>> = IndexMap::new();
    for replication in replications {
        for part in parts(replication) {
            by_name.entry(name(part)).or_default().push((replication, part));
        }
    }
    by_name.iter().map(|(name, seen)| result(name, seen)).collect()
}

fn sinks(replications: &[Replication]) -> Vec<SinkResult> {
    gathered(
        replications,
        |r| &r.sinks,
        |s| &s.name,
        |name, seen| {
            let mut by_item: IndexMap<&str, Vec<Seen<'_, ArrivalFigures>>> = IndexMap::new();
            for (replication, sink) in seen {
                for arrival in &sink.items {
                    by_item.entry(&arrival.item).or_default().push((replication, arrival));
                }
            }
            SinkResult {
                name: name.to_owned(),
                items: by_item.iter().map(|(item, seen)| arrival(item, seen)).collect(),
            }
        },
    )
}

fn arrival(item: &str, seen: &[Seen<'_, ArrivalFigures>]) -> ArrivalResult {
    let rate = |r: &Replication, a: &ArrivalFigures| per_hour(a.count, r.window_ticks);
    ArrivalResult {
        item: item.to_owned(),
        count: summary(seen, |(_, a)| Some(count(a.count))),
        rate_per_h: summary(seen, |(r, a)| rate(r, a)),
        mass_kg_per_h: summary(seen, |(r, a)| Some(rate(r, a)? * a.mass_kg?)),
        time_in_system: DurationResult {
            mean: summary(seen, |(_, a)| seconds_each(a.time_sum_ticks, a.count)),
            p50: summary(seen, |(_, a)| a.p50_s),
            p90: summary(seen, |(_, a)| a.p90_s),
            p99: summary(seen, |(_, a)| a.p99_s),
        },
    }
}

fn station(name: &str, seen: &[Seen<'_, StationFigures>]) -> StationResult {
    let share_in =
        |state: usize| summary(seen, |(r, s)| share(s.state_ticks.get(state).copied()?, r.window_ticks, s.machines));
    StationResult {
        name: name.to_owned(),
        states: std::array::from_fn(share_in),
        cycles: summary(seen, |(_, s)| Some(count(s.cycles))),
        scrapped: summary(seen, |(_, s)| Some(count(s.scrapped))),
        causes: std::array::from_fn(|i| causes(seen, i)),
        stops: stops(seen),
        energy_kwh: summary(seen, |(_, s)| s.energy_j.map(kilowatt_hours)),
        cost: summary(seen, |(_, s)| s.cost),
        oee: summary(seen, |(_, s)| oee(s)),
    }
}

/// Shares of time in a state by cause. Causes are the same in every replication.
fn causes(seen: &[Seen<'_, StationFigures>], which: usize) -> Vec<(String, Option<Summary>)> {
    let Some((_, first)) = seen.first() else { return Vec::new() };
    let names = first.causes.get(which).into_iter().flatten().map(|(name, _)| name);
    let ticks = |s: &StationFigures, i: usize| Some(s.causes.get(which)?.get(i)?.1);
    let share_of = |i: usize| summary(seen, |(r, s)| share(ticks(s, i)?, r.window_ticks, s.machines));
    names.enumerate().map(|(i, name)| (name.clone(), share_of(i))).collect()
}

fn stops(seen: &[Seen<'_, StationFigures>]) -> Vec<StopResult> {
    let Some((_, first)) = seen.first() else { return Vec::new() };
    let result = |(i, stop): (usize, &StopFigures)| StopResult {
        name: stop.name.clone(),
        count: summary(seen, |(_, s)| Some(count(s.stops.get(i)?.count))),
        waiting: summary(seen, |(r, s)| share(s.stops.get(i)?.waiting_ticks, r.window_ticks, s.machines)),
        repair: summary(seen, |(r, s)| share(s.stops.get(i)?.repair_ticks, r.window_ticks, s.machines)),
    };
    first.stops.iter().enumerate().map(result).collect()
}

/// Overall equipment effectiveness after ISO 22400: availability × effectiveness × quality ratio, with
///
/// ```text
/// planned = total - off - maintenance          availability  = (planned - down - setup) / planned
/// good    = products that were not scrapped    effectiveness = ideal · cycles / (planned - down - setup)
///                                              quality       = good / (good + scrapped)
/// ```
///
/// The ideal time of a cycle is the station's `ideal`, else the mean time worked for one. `None` without
/// planned time, or without anything made or scrapped.
#[allow(clippy::cast_precision_loss)] // ticks of a run are below 2^53 seconds
pub(super) fn oee(s: &StationFigures) -> Option<f64> {
    let in_state = |state: State| s.state_ticks.get(state as usize).copied().unwrap_or(0);
    let total: i128 = s.state_ticks.iter().sum();
    let planned = total - in_state(State::Off) - in_state(State::Maintenance);
    let done = s.finished;
    let failed = s.scrapped.saturating_sub(s.spoilt);
    let good = done.saturating_sub(failed);
    let all = good.saturating_add(s.scrapped);
    if planned <= 0 || all == 0 {
        return None;
    }
    let useful = match s.ideal_s {
        Some(ideal) => ideal * s.cycles as f64 * TICKS_PER_SECOND as f64,
        None => in_state(State::Working) as f64,
    };
    Some(useful / planned as f64 * (good as f64 / all as f64))
}

fn buffer(name: &str, seen: &[Seen<'_, BufferFigures>]) -> BufferResult {
    BufferResult {
        name: name.to_owned(),
        mean: summary(seen, |(r, b)| ratio(b.area_ticks, r.window_ticks.into())),
        max: summary(seen, |(_, b)| Some(count(b.max))),
        full: summary(seen, |(r, b)| ratio(b.full_ticks.into(), r.window_ticks.into())),
        empty: summary(seen, |(r, b)| ratio(b.empty_ticks.into(), r.window_ticks.into())),
        wait_s: summary(seen, |(_, b)| seconds_each(b.wait_ticks, b.exits)),
        expired: summary(seen, |(_, b)| Some(count(b.expired))),
    }
}

#[allow(clippy::cast_precision_loss)] // counts of items stay far below 2^53
fn balance(item: &str, seen: &[Seen<'_, BalanceFigures>]) -> BalanceResult {
    let of = |value: fn(&BalanceFigures) -> i64| summary(seen, |(_, i)| Some(value(i) as f64));
    BalanceResult {
        item: item.to_owned(),
        initial: of(|i| i.initial),
        made: of(|i| i.made),
        assembled: of(|i| i.assembled),
        left: of(|i| i.left),
        scrapped: of(|i| i.scrapped),
        lost: of(|i| i.lost),
        used: of(|i| i.used),
        inside: of(|i| i.inside),
        wip: summary(seen, |(r, i)| {
            let area = r.types.iter().find(|t| t.item == i.item)?.wip_area_ticks;
            ratio(area, r.window_ticks.into())
        }),
        time_in_system: summary(seen, |(r, i)| {
            let here = r.sinks.iter().flat_map(|s| &s.items).filter(|a| a.item == i.item);
            let sum = |(time, count): (i128, u64), a: &ArrivalFigures| {
                (time.saturating_add(a.time_sum_ticks), count.saturating_add(a.count))
            };
            let (time, count) = here.fold((0, 0), sum);
            seconds_each(time, count)
        }),
    }
}

/// Summary of the values that are defined.
pub(super) fn summary<T>(seen: &[T], value: impl Fn(&T) -> Option<f64>) -> Option<Summary> {
    let values: Vec<f64> = seen.iter().filter_map(value).filter(|value| value.is_finite()).collect();
    Summary::of(&values)
}

/// Quotient of two integers as a float; `None` when the divisor is not positive.
#[allow(clippy::cast_precision_loss)] // 53 bits of a quotient are enough to show
pub(super) fn ratio(numerator: i128, divisor: i128) -> Option<f64> {
    (divisor > 0).then(|| numerator as f64 / divisor as f64)
}

/// Share of the window in a state, for `members` together.
pub(super) fn share(ticks: i128, window_ticks: i64, members: u64) -> Option<f64> {
    ratio(ticks, i128::from(window_ticks).saturating_mul(members.into()))
}

/// Mean duration of `count` durations, s.
fn seconds_each(sum_ticks: i128, count: u64) -> Option<f64> {
    ratio(sum_ticks, i128::from(count).saturating_mul(TICKS_PER_SECOND.into()))
}

/// A count over a window as a rate per hour.
fn per_hour(count: u64, window_ticks: i64) -> Option<f64> {
    ratio(i128::from(count).saturating_mul(TICKS_PER_HOUR), window_ticks.into())
}

/// Joules as kilowatt-hours.
pub(super) fn kilowatt_hours(joules: f64) -> f64 {
    joules / 3.6e6
}

/// A count as a float.
#[allow(clippy::cast_precision_loss)] // counts of items stay far below 2^53
pub(super) fn count(number: u64) -> f64 {
    number as f64
}
