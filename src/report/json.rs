//! `run --format json`: the published document of a study, its fields in the published order, and the
//! JSON Schema derived from the same structs (`docs/schemas/run.json`).
//!
//! A field is never left out: what has no value is `null`. A field changes its name or meaning only
//! together with [`SCHEMA`]. Start at [`RunDocument`].

use indexmap::IndexMap;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize, Serializer};

use crate::kernel::vehicles::DOINGS;
use crate::runtime::statistics::Summary;
use crate::sim::cards::CardResult;
use crate::sim::outcome::{
    ArrivalResult, BalanceResult, BufferResult, DurationResult, ExpectationResult, FleetResult, StationResult,
    StopResult, Study,
};

/// Version of the document.
pub const SCHEMA: u32 = 1;

/// Objects keyed by names from the model, in flow order.
pub type Named<T> = IndexMap<String, T>;

/// Result of simulating one line. Shares are fractions of 1; a figure is null when no replication has
/// a value for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "flowline run")]
pub struct RunDocument {
    /// Version of this document.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: u32,
    /// Seed all random streams follow from.
    pub seed: u64,
    /// Number of replications.
    pub runs: u64,
    /// Simulated time of one replication, warm-up included, s.
    #[serde(serialize_with = "without_point_when_whole")]
    pub horizon_s: f64,
    /// Simulated time before anything is measured, s.
    #[serde(serialize_with = "without_point_when_whole")]
    pub warmup_s: f64,
    /// Whether the warm-up was found from the runs (`warmup: auto`, MSER-5).
    pub warmup_found: bool,
    /// Engine that ran it: event, recursion, mixed (a part by recursion, the rest by events) or interpreter.
    pub engine: String,
    /// What arrived at each sink, by item type.
    pub sinks: Named<Named<ArrivalDocument>>,
    /// Each station.
    pub stations: Named<StationDocument>,
    /// Each place where items wait: a buffer's name, `a->b`, `station.queue` or `source.outside`.
    pub buffers: Named<BufferDocument>,
    /// Each crew and tool.
    pub crews: Named<CrewDocument>,
    /// Each fleet.
    pub fleets: Named<FleetDocument>,
    /// Each limit that is cleared between unequal items.
    pub limits: Named<ClearanceDocument>,
    /// Cards of each limit that counts, and of pallets.
    pub cards: Named<CardDocument>,
    /// The line as a whole.
    pub line: LineDocument,
    /// Each expectation of the line.
    pub expectations: Named<ExpectationDocument>,
    /// Events of all replications together.
    pub events: u64,
    /// Real time all replications took together, s.
    pub wall_s: f64,
}

/// One expectation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectationDocument {
    /// met: the whole confidence interval is as expected; not met: none of it is; undecided: else.
    pub verdict: String,
    /// What is expected, as written.
    pub text: String,
    /// What was measured, in the unit; null when no replication has a value.
    pub figure: Option<Figure>,
    /// The unit of the figure.
    pub unit: String,
}

/// One figure over all replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "S")]
pub struct Figure {
    /// Mean over replications.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval of the mean; null with one replication.
    pub half_width: Option<f64>,
    /// Standard deviation between replications.
    pub sd: f64,
    /// Smallest replication.
    pub min: f64,
    /// Largest replication.
    pub max: f64,
}

/// Arrivals of one item type at one sink.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArrivalDocument {
    /// Arrivals.
    pub count: Option<Figure>,
    /// Arrivals per hour.
    pub rate_per_h: Option<Figure>,
    /// Mass per hour, kg/h; null when the item has no mass.
    pub mass_kg_per_h: Option<Figure>,
    /// Time from birth to arrival.
    pub time_in_system_s: DurationDocument,
}

/// A duration, s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DurationDocument {
    /// Mean.
    pub mean: Option<Figure>,
    /// Median.
    pub p50: Option<Figure>,
    /// 90 % quantile.
    pub p90: Option<Figure>,
    /// 99 % quantile.
    pub p99: Option<Figure>,
}

/// One station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StationDocument {
    /// Shares of time, mean over machines; they add up to 1.
    pub states: StatesDocument,
    /// Ends of work.
    pub cycles: Option<Figure>,
    /// Items scrapped here.
    pub scrapped: Option<Figure>,
    /// Shares of time by what ended the state; those of a state add up to its share.
    pub causes: CausesDocument,
    /// Each breakdown and maintenance.
    pub stops: Named<StopDocument>,
    /// Energy, kWh; null when no power is declared.
    pub energy_kwh: Option<Figure>,
    /// Cost in the currency of the line; null when none is declared.
    pub cost: Option<Figure>,
    /// Overall equipment effectiveness; null when it is not computed.
    pub oee: Option<Figure>,
}

/// Shares of time in each state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatesDocument {
    /// Working on an item.
    pub working: Option<Figure>,
    /// Being set up.
    pub setup: Option<Figure>,
    /// Without an item.
    pub starved: Option<Figure>,
    /// With a finished item and nowhere to put it.
    pub blocked: Option<Figure>,
    /// With everything but people and tools.
    pub waiting: Option<Figure>,
    /// Broken down, waiting for repair included.
    pub down: Option<Figure>,
    /// In planned maintenance.
    pub maintenance: Option<Figure>,
    /// Off shift.
    pub off: Option<Figure>,
}

/// Shares of time starved, blocked and waiting by what ended it: the whole of an interval is charged to it
/// when it ends; what has not ended is charged to what is missing at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CausesDocument {
    /// By the node that gave the last missing part.
    pub starved: Named<Option<Figure>>,
    /// By the node that took the item.
    pub blocked: Named<Option<Figure>>,
    /// By the crew or tool of which members became free last.
    pub waiting: Named<Option<Figure>>,
}

/// One breakdown or maintenance of a station. Several may overlap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StopDocument {
    /// How often it began, on all machines.
    pub count: Option<Figure>,
    /// Share of time waited for people while on shift, mean over machines.
    pub waiting: Option<Figure>,
    /// Share of time under repair or maintenance while on shift, mean over machines.
    pub repair: Option<Figure>,
}

/// The clearances of a limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClearanceDocument {
    /// How often the line was cleared.
    pub count: Option<Figure>,
    /// Share of time a clearance waited for people.
    pub waiting: Option<Figure>,
    /// Share of time the line was being cleared.
    pub clearing: Option<Figure>,
}

/// The cards of a limit, or pallets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CardDocument {
    /// How many there are.
    pub count: u64,
    /// With items and on their way back, on average over time.
    pub in_use: Option<Figure>,
    /// The same as a share of all.
    pub utilisation: Option<Figure>,
}

/// One place where items wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BufferDocument {
    /// Mean level over time, items.
    pub mean: Option<Figure>,
    /// Highest level, items.
    pub max: Option<Figure>,
    /// Share of time with no free place.
    pub full: Option<Figure>,
    /// Share of time with no item.
    pub empty: Option<Figure>,
    /// Mean stay of what left, s.
    pub wait_s: Option<Figure>,
    /// Items whose longest stay here was over.
    pub expired: Option<Figure>,
}

/// One crew or tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrewDocument {
    /// Share of its members' time in use.
    pub busy: Option<Figure>,
    /// Cost in the currency of the line; null when none is declared.
    pub cost: Option<Figure>,
}

/// One fleet of vehicles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FleetDocument {
    /// Shares of its vehicles' time: empty, loading, loaded, unloading, waiting, idle, down, maintenance, off.
    pub states: Named<Option<Figure>>,
    /// Trips done.
    pub trips: Option<Figure>,
    /// Items set down.
    pub items: Option<Figure>,
    /// Distance gone with items, m.
    pub loaded_m: Option<Figure>,
    /// Distance gone empty, m.
    pub empty_m: Option<Figure>,
    /// Energy, kWh; null when no power is declared.
    pub energy_kwh: Option<Figure>,
    /// Cost; null when none is declared.
    pub cost: Option<Figure>,
    /// Share of its time that each vehicle is neither idle nor down.
    pub busy: Named<Option<Figure>>,
}

/// The line as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineDocument {
    /// Name of the line.
    pub name: String,
    /// Mean number of items between birth and leaving.
    pub wip: Option<Figure>,
    /// Energy, kWh; null when no power is declared.
    pub energy_kwh: Option<Figure>,
    /// Cost; null when none is declared.
    pub cost: Option<Figure>,
    /// The currency of all costs; null when none is declared.
    pub currency: Option<String>,
    /// Time in the system of all that left.
    pub time_in_system_s: DurationDocument,
    /// Where each item type came from and went, from 0 to the end, warm-up included.
    pub items: Named<BalanceDocument>,
}

/// initial + made + assembled = left + scrapped + lost + used + inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BalanceDocument {
    /// Inside at 0.
    pub initial: Option<Figure>,
    /// Made by sources.
    pub made: Option<Figure>,
    /// Made by stations from other items.
    pub assembled: Option<Figure>,
    /// Left through sinks.
    pub left: Option<Figure>,
    /// Scrapped.
    pub scrapped: Option<Figure>,
    /// Turned away or given up.
    pub lost: Option<Figure>,
    /// Consumed to make other items.
    pub used: Option<Figure>,
    /// Inside at the end.
    pub inside: Option<Figure>,
    /// Mean number inside in the measured window.
    pub wip: Option<Figure>,
    /// Mean time in the system of those that left in the measured window, s.
    pub time_in_system_s: Option<Figure>,
}

/// The document of a study as indented text with a newline at its end.
///
/// # Errors
/// When the serialiser refuses, which plain structs with string keys never cause.
pub fn render(study: &Study) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&RunDocument::of(study))?;
    text.push('\n');
    Ok(text)
}

/// The JSON Schema (draft 2020-12) that every document of [`render`] obeys.
#[must_use]
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<RunDocument>()
}

impl RunDocument {
    /// The document of a study.
    #[must_use]
    pub fn of(study: &Study) -> RunDocument {
        let header = &study.header;
        let sink_items = |items: &[ArrivalResult]| items.iter().map(|a| (a.item.clone(), arrival(a))).collect();
        RunDocument {
            schema: SCHEMA,
            seed: header.seed,
            runs: study.runs,
            horizon_s: header.horizon_s,
            warmup_s: header.warmup_s,
            warmup_found: header.warmup_found,
            engine: header.engine.clone(),
            sinks: study.sinks.iter().map(|sink| (sink.name.clone(), sink_items(&sink.items))).collect(),
            stations: study.stations.iter().map(|s| (s.name.clone(), station(s))).collect(),
            buffers: study.buffers.iter().map(|b| (b.name.clone(), buffer(b))).collect(),
            crews: study
                .crews
                .iter()
                .map(|c| (c.name.clone(), CrewDocument { busy: figure(c.busy), cost: figure(c.cost) }))
                .collect(),
            fleets: study.fleets.iter().map(|f| (f.name.clone(), fleet(f))).collect(),
            cards: study.cards.iter().map(|c| (c.name.clone(), cards(c))).collect(),
            limits: study.limits.iter().map(|l| (l.name.clone(), clearance(l))).collect(),
            line: LineDocument {
                name: header.line.clone(),
                wip: figure(study.line.wip),
                energy_kwh: figure(study.line.energy_kwh),
                cost: figure(study.line.cost),
                currency: header.currency.clone(),
                time_in_system_s: duration(&study.line.time_in_system),
                items: study.items.iter().map(|i| (i.item.clone(), balance(i))).collect(),
            },
            expectations: study.expectations.iter().map(|e| (e.name.clone(), expectation(e))).collect(),
            events: study.events,
            wall_s: header.wall_s,
        }
    }
}

/// The document of an expectation.
#[must_use]
pub fn expectation(e: &ExpectationResult) -> ExpectationDocument {
    ExpectationDocument {
        verdict: e.verdict.word().to_string(),
        text: e.text.clone(),
        figure: figure(e.figure),
        unit: e.unit.clone(),
    }
}

fn figure(summary: Option<Summary>) -> Option<Figure> {
    let Summary { mean, half_width, sd, min, max } = summary?;
    Some(Figure { mean, half_width, sd, min, max })
}

fn duration(d: &DurationResult) -> DurationDocument {
    DurationDocument { mean: figure(d.mean), p50: figure(d.p50), p90: figure(d.p90), p99: figure(d.p99) }
}

fn arrival(a: &ArrivalResult) -> ArrivalDocument {
    ArrivalDocument {
        count: figure(a.count),
        rate_per_h: figure(a.rate_per_h),
        mass_kg_per_h: figure(a.mass_kg_per_h),
        time_in_system_s: duration(&a.time_in_system),
    }
}

fn station(s: &StationResult) -> StationDocument {
    let [working, setup, starved, blocked, waiting, down, maintenance, off] = s.states.map(figure);
    let [starved_by, blocked_by, waiting_for] = &s.causes;
    let named = |list: &[(String, Option<Summary>)]| list.iter().map(|(name, f)| (name.clone(), figure(*f))).collect();
    let stopped =
        |s: &StopResult| StopDocument { count: figure(s.count), waiting: figure(s.waiting), repair: figure(s.repair) };
    StationDocument {
        states: StatesDocument { working, setup, starved, blocked, waiting, down, maintenance, off },
        cycles: figure(s.cycles),
        scrapped: figure(s.scrapped),
        causes: CausesDocument { starved: named(starved_by), blocked: named(blocked_by), waiting: named(waiting_for) },
        stops: s.stops.iter().map(|stop| (stop.name.clone(), stopped(stop))).collect(),
        energy_kwh: figure(s.energy_kwh),
        cost: figure(s.cost),
        oee: figure(s.oee),
    }
}

fn fleet(f: &FleetResult) -> FleetDocument {
    FleetDocument {
        states: DOINGS.into_iter().zip(f.states).map(|(name, share)| (name.to_owned(), figure(share))).collect(),
        trips: figure(f.trips),
        items: figure(f.items),
        loaded_m: figure(f.loaded_m),
        empty_m: figure(f.empty_m),
        energy_kwh: figure(f.energy_kwh),
        cost: figure(f.cost),
        busy: f.busy.iter().map(|(name, share)| (name.clone(), figure(*share))).collect(),
    }
}

fn clearance(l: &StopResult) -> ClearanceDocument {
    ClearanceDocument { count: figure(l.count), waiting: figure(l.waiting), clearing: figure(l.repair) }
}

fn cards(c: &CardResult) -> CardDocument {
    CardDocument { count: c.count, in_use: figure(c.in_use), utilisation: figure(c.utilisation) }
}

fn buffer(b: &BufferResult) -> BufferDocument {
    BufferDocument {
        mean: figure(b.mean),
        max: figure(b.max),
        full: figure(b.full),
        empty: figure(b.empty),
        wait_s: figure(b.wait_s),
        expired: figure(b.expired),
    }
}

fn balance(i: &BalanceResult) -> BalanceDocument {
    BalanceDocument {
        initial: figure(i.initial),
        made: figure(i.made),
        assembled: figure(i.assembled),
        left: figure(i.left),
        scrapped: figure(i.scrapped),
        lost: figure(i.lost),
        used: figure(i.used),
        inside: figure(i.inside),
        wip: figure(i.wip),
        time_in_system_s: figure(i.time_in_system),
    }
}

/// Up to here every integer is a float of its own: 2^53.
const WHOLE_LIMIT: f64 = 9_007_199_254_740_992.0;

/// Writes `2592000`, not `2592000.0`.
#[allow(clippy::cast_possible_truncation)] // whole and below 2^53
fn without_point_when_whole<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() <= WHOLE_LIMIT {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}
