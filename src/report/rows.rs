//! Every figure of a study as one flat list: what it is about, its name, its value. Tables for spreadsheets and
//! programs that read figures one by one are made from it.
//!
//! Names are those of the JSON document. All studies of a model have the same rows. Start at [`of`].

use crate::kernel::vehicles::DOINGS;
use crate::runtime::statistics::Summary;
use crate::sim::outcome::{DurationResult, STATES, Study};

/// One figure and what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `sinks`, `stations`, `buffers`, `crews`, `fleets`, `cards`, `limits`, `line` or `expectations`.
    pub section: &'static str,
    /// Name of the sink, station, …
    pub entity: String,
    /// Name of the item type, where there is one per type; the verdict of an expectation.
    pub item: String,
    /// Name of the figure; its unit is a part of it.
    pub measure: String,
    /// The figure; `None` where no replication has a value.
    pub figure: Option<Summary>,
}

/// The rows of a study, in the order of its parts. O(figures).
#[must_use]
pub fn of(study: &Study) -> Vec<Row> {
    let mut rows = Rows { list: Vec::new() };
    for sink in &study.sinks {
        for arrival in &sink.items {
            let mut at = rows.at("sinks", &sink.name, &arrival.item);
            at.row("count", arrival.count);
            at.row("rate_per_h", arrival.rate_per_h);
            at.row("mass_kg_per_h", arrival.mass_kg_per_h);
            at.durations(&arrival.time_in_system);
        }
    }
    for station in &study.stations {
        let mut at = rows.at("stations", &station.name, "");
        for (state, share) in STATES.iter().zip(station.states) {
            at.row(&format!("states.{state}"), share);
        }
        at.row("cycles", station.cycles);
        at.row("scrapped", station.scrapped);
        for (state, causes) in ["starved", "blocked", "waiting"].iter().zip(&station.causes) {
            for (name, share) in causes {
                at.row(&format!("causes.{state}.{name}"), *share);
            }
        }
        for stop in &station.stops {
            at.row(&format!("stops.{}.count", stop.name), stop.count);
            at.row(&format!("stops.{}.waiting", stop.name), stop.waiting);
            at.row(&format!("stops.{}.repair", stop.name), stop.repair);
        }
        at.row("energy_kwh", station.energy_kwh);
        at.row("cost", station.cost);
        at.row("oee", station.oee);
    }
    for buffer in &study.buffers {
        let mut at = rows.at("buffers", &buffer.name, "");
        at.row("mean", buffer.mean);
        at.row("max", buffer.max);
        at.row("full", buffer.full);
        at.row("empty", buffer.empty);
        at.row("wait_s", buffer.wait_s);
        at.row("expired", buffer.expired);
    }
    for crew in &study.crews {
        let mut at = rows.at("crews", &crew.name, "");
        at.row("busy", crew.busy);
        at.row("cost", crew.cost);
    }
    for fleet in &study.fleets {
        for (name, share) in DOINGS.into_iter().zip(fleet.states) {
            rows.at("fleets", &fleet.name, "").row(&format!("states.{name}"), share);
        }
        let mut at = rows.at("fleets", &fleet.name, "");
        at.row("trips", fleet.trips);
        at.row("items", fleet.items);
        at.row("loaded_m", fleet.loaded_m);
        at.row("empty_m", fleet.empty_m);
        at.row("energy_kwh", fleet.energy_kwh);
        at.row("cost", fleet.cost);
        for (vehicle, share) in &fleet.busy {
            rows.at("fleets", vehicle, "").row("busy", *share);
        }
    }
    for cards in &study.cards {
        let mut at = rows.at("cards", &cards.name, "");
        at.row("in_use", cards.in_use);
        at.row("utilisation", cards.utilisation);
    }
    for limit in &study.limits {
        let mut at = rows.at("limits", &limit.name, "");
        at.row("count", limit.count);
        at.row("waiting", limit.waiting);
        at.row("clearing", limit.repair);
    }
    let mut at = rows.at("line", &study.header.line, "");
    at.row("wip", study.line.wip);
    at.row("energy_kwh", study.line.energy_kwh);
    at.row("cost", study.line.cost);
    at.durations(&study.line.time_in_system);
    for balance in &study.items {
        let mut at = rows.at("line", &study.header.line, &balance.item);
        at.row("initial", balance.initial);
        at.row("made", balance.made);
        at.row("assembled", balance.assembled);
        at.row("left", balance.left);
        at.row("scrapped", balance.scrapped);
        at.row("lost", balance.lost);
        at.row("used", balance.used);
        at.row("inside", balance.inside);
        at.row("wip", balance.wip);
        at.row("time_in_system_s", balance.time_in_system);
    }
    for e in &study.expectations {
        rows.at("expectations", &e.name, e.verdict.word()).row(&e.unit, e.figure);
    }
    rows.list
}

/// Rows written so far.
struct Rows {
    list: Vec<Row>,
}

/// Where the next rows belong.
struct At<'a> {
    rows: &'a mut Rows,
    section: &'static str,
    entity: &'a str,
    item: &'a str,
}

impl Rows {
    fn at<'a>(&'a mut self, section: &'static str, entity: &'a str, item: &'a str) -> At<'a> {
        At { rows: self, section, entity, item }
    }
}

impl At<'_> {
    fn row(&mut self, measure: &str, figure: Option<Summary>) {
        self.rows.list.push(Row {
            section: self.section,
            entity: self.entity.to_string(),
            item: self.item.to_string(),
            measure: measure.to_string(),
            figure,
        });
    }

    fn durations(&mut self, time_in_system: &DurationResult) {
        self.row("time_in_system_s.mean", time_in_system.mean);
        self.row("time_in_system_s.p50", time_in_system.p50);
        self.row("time_in_system_s.p90", time_in_system.p90);
        self.row("time_in_system_s.p99", time_in_system.p99);
    }
}
