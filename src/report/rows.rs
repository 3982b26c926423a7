//! Every figure of a study as a list of rows with names: the order and the names of the CSV and of comparisons.
//!
//! It writes nothing. Start at [`rows`].

use crate::kernel::vehicles::DOINGS;
use crate::runtime::statistics::Summary;
use crate::sim::outcome::{DurationResult, STATES, Study};

/// One figure. Names and units are those of the JSON document.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Part of the document.
    pub section: &'static str,
    /// What it is a figure of.
    pub entity: String,
    /// The item type, where it is of one; of an expectation its verdict.
    pub item: String,
    /// What is measured; of an expectation its unit.
    pub measure: String,
    /// The figure; `None` when no run has a value.
    pub figure: Option<Summary>,
}

/// All rows of a study. A figure without value has a row too, so that all studies of a model have the same rows.
#[must_use]
pub fn rows(study: &Study) -> Vec<Row> {
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

/// Rows found so far.
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
        let (entity, item) = (self.entity.to_owned(), self.item.to_owned());
        self.rows.list.push(Row { section: self.section, entity, item, measure: measure.to_owned(), figure });
    }

    fn durations(&mut self, time_in_system: &DurationResult) {
        self.row("time_in_system_s.mean", time_in_system.mean);
        self.row("time_in_system_s.p50", time_in_system.p50);
        self.row("time_in_system_s.p90", time_in_system.p90);
        self.row("time_in_system_s.p99", time_in_system.p99);
    }
}
