//! `run` without `--format`: a study as a page to read, at most 100 columns wide.
//!
//! Start at [`render`]; how a figure looks is in [`super::figures`], how a section is laid out in
//! [`super::grid`].

use super::figures::{Cell, Figures, large_count, shortened, significant, span_of_time};
use super::grid::{Grid, PAGE_WIDTH};
use crate::runtime::statistics::Summary;
use crate::sim::outcome::{STATES, Study};

/// The page of a study, a newline at its end. What is 0 everywhere is left out; of long sections the
/// first rows in flow order are shown and the others counted.
#[must_use]
pub fn render(study: &Study) -> String {
    let figures = Figures { runs: study.runs };
    let sections = [
        header(study),
        sinks(study, figures),
        line(study, figures) + &types(study, figures),
        stations(study, figures),
        causes(study, figures),
        buffers(study, figures),
        accounts(study, figures),
        crews(study, figures),
        super::fleets::section(study, figures),
        cards(study, figures),
        clearances(study, figures),
        balance(study, figures),
        super::verdicts::section(study),
        footer(study),
    ];
    let shown: Vec<String> = sections.into_iter().filter(|section| !section.is_empty()).collect();
    shown.join("\n")
}

fn header(study: &Study) -> String {
    let header = &study.header;
    let runs = if study.runs == 1 { "1 run".to_owned() } else { format!("{} runs", study.runs) };
    let warmup = match (header.warmup_s, header.warmup_found) {
        (0.0, false) => "no warm-up".to_owned(),
        (0.0, true) => "no warm-up needed".to_owned(),
        (seconds, false) => format!("{} warm-up not counted", span_of_time(seconds)),
        (seconds, true) => format!("{} warm-up found, not counted", span_of_time(seconds)),
    };
    let facts = format!(
        "{runs} of {}, {warmup}, seed {}, engine `{}`",
        span_of_time(header.horizon_s),
        header.seed,
        header.engine
    );
    let room = PAGE_WIDTH.saturating_sub(facts.chars().count()).saturating_sub(2).max(12);
    format!("{}: {facts}\n", shortened(&header.line, room))
}

/// Hours of the unit in which rates up to this one read well, and its name.
pub(super) fn rate_unit(per_hour: f64) -> (f64, &'static str) {
    match per_hour {
        rate if rate >= 36_000.0 => (1.0 / 3600.0, "per s"),
        rate if rate > 0.0 && rate < 1.0 => (24.0, "per day"),
        _ => (1.0, "per h"),
    }
}

fn sinks(study: &Study, figures: Figures) -> String {
    let rows: Vec<_> = study.sinks.iter().flat_map(|sink| sink.items.iter().map(move |item| (sink, item))).collect();
    let fastest = rows.iter().filter_map(|(_, item)| item.rate_per_h).fold(0.0_f64, |most, rate| most.max(rate.mean));
    let (hours, unit) = rate_unit(fastest);
    let mut aged: Vec<String> = rows
        .iter()
        .map(|(_, i)| &i.item)
        .filter(|i| study.header.aged_by_parts.contains(i))
        .map(|i| format!("`{i}`"))
        .collect();
    aged.dedup();
    let note = match aged.len() {
        0 => String::new(),
        1 => format!("{} is as old as its oldest part; see `birth`\n", aged.concat()),
        _ => format!("{} are as old as their oldest parts; see `birth`\n", aged.join(", ")),
    };
    Grid::new(rows.len())
        .names("sinks", rows.iter().map(|(sink, _)| sink.name.as_str()))
        .names("", rows.iter().map(|(_, item)| item.item.as_str()))
        .column("count", rows.iter().map(|(_, item)| figures.number(item.count)))
        .column(unit, rows.iter().map(|(_, item)| figures.scaled(item.rate_per_h, hours, "")))
        .column_unless_zero("kg per h", rows.iter().map(|(_, item)| figures.number(item.mass_kg_per_h)))
        .column("time in system", rows.iter().map(|(_, item)| figures.duration(item.time_in_system.mean)))
        .column("90 % below", rows.iter().map(|(_, item)| figures.duration(item.time_in_system.p90)))
        .render("item types at sinks")
        + &note
}

fn line(study: &Study, figures: Figures) -> String {
    let line = &study.line;
    let facts = [
        ("work in process", line.wip.map(|wip| figures.scaled(Some(wip), 1.0, "items"))),
        ("time in system", line.time_in_system.mean.map(|mean| figures.duration(Some(mean)))),
        ("energy", line.energy_kwh.map(|energy| figures.scaled(Some(energy), 1.0, "kWh"))),
        ("cost", line.cost.map(|cost| figures.number(Some(cost)))),
    ];
    let told: Vec<(&str, Cell)> = facts.into_iter().filter_map(|(name, cell)| Some((name, cell?))).collect();
    let width = told.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    told.iter().map(|(name, cell)| format!("{name:<width$}  {}\n", cell.sentence())).collect()
}

/// Work in process by item type, where there are several.
fn types(study: &Study, figures: Figures) -> String {
    let items: Vec<_> = study.items.iter().filter(|i| i.wip.is_some_and(|w| w.max > 0.0)).collect();
    if items.len() < 2 {
        return String::new();
    }
    let table = Grid::new(items.len())
        .names("item types", items.iter().map(|i| i.item.as_str()))
        .column("mean inside", items.iter().map(|i| figures.number(i.wip)))
        .column_unless_zero("time in system", items.iter().map(|i| figures.duration(i.time_in_system)))
        .render("item types");
    format!("\n{table}")
}

fn stations(study: &Study, figures: Figures) -> String {
    let stations = &study.stations;
    let mut grid = Grid::new(stations.len()).names("stations, % of time", stations.iter().map(|s| s.name.as_str()));
    for (index, state) in STATES.into_iter().enumerate() {
        let cells = stations.iter().map(|s| figures.percent(s.states.get(index).copied().flatten()));
        grid = if index == 0 { grid.column(state, cells) } else { grid.column_unless_zero(state, cells) };
    }
    grid.render("stations")
}

/// The least share of time of a reason that is shown.
const LEAST_REASON: f64 = 0.005;

/// Why stations stand still: what ended it, breakdowns, and how long these waited for people; the largest share
/// of time first.
fn causes(study: &Study, figures: Figures) -> String {
    let mut rows: Vec<(&str, &str, String, Option<Summary>)> = Vec::new();
    let counts = |share: &Option<Summary>| share.is_some_and(|s| s.mean >= LEAST_REASON);
    for station in &study.stations {
        for (state, causes) in ["starved", "blocked", "waiting"].into_iter().zip(&station.causes) {
            let told = causes.iter().filter(|(_, share)| counts(share));
            rows.extend(told.map(|(name, share)| (station.name.as_str(), state, name.clone(), *share)));
        }
        for stop in &station.stops {
            let parts = [("", stop.repair), (", waiting for people", stop.waiting)];
            let told = parts.into_iter().filter(|(_, share)| counts(share));
            rows.extend(told.map(|(what, share)| (station.name.as_str(), "stopped", stop.name.clone() + what, share)));
        }
    }
    let mean = |share: &Option<Summary>| share.map_or(0.0, |s| s.mean);
    rows.sort_by(|(.., a), (.., b)| mean(b).total_cmp(&mean(a)));
    Grid::new(rows.len())
        .names("why they stand, % of time", rows.iter().map(|(station, ..)| *station))
        .names("", rows.iter().map(|(_, state, ..)| *state))
        .names("", rows.iter().map(|(_, _, cause, _)| cause.as_str()))
        .column("%", rows.iter().map(|(.., share)| figures.percent(*share)))
        .render("reasons")
}

/// Energy and cost of stations, where something is declared.
fn accounts(study: &Study, figures: Figures) -> String {
    let stations: Vec<_> = study.stations.iter().filter(|s| s.energy_kwh.is_some() || s.cost.is_some()).collect();
    let cost = study.header.currency.as_ref().map_or_else(|| "cost".to_owned(), |c| format!("cost, {c}"));
    Grid::new(stations.len())
        .names("stations", stations.iter().map(|s| s.name.as_str()))
        .column_unless_zero("energy, kWh", stations.iter().map(|s| figures.number(s.energy_kwh)))
        .column_unless_zero(cost, stations.iter().map(|s| figures.number(s.cost)))
        .render("stations")
}

fn buffers(study: &Study, figures: Figures) -> String {
    let buffers = &study.buffers;
    Grid::new(buffers.len())
        .names("buffers", buffers.iter().map(|b| b.name.as_str()))
        .column("mean level", buffers.iter().map(|b| figures.number(b.mean)))
        .column("highest", buffers.iter().map(|b| highest(b.max)))
        .column_unless_zero("full, %", buffers.iter().map(|b| figures.percent(b.full)))
        .column("mean wait", buffers.iter().map(|b| figures.duration(b.wait_s)))
        .column_unless_zero("expired", buffers.iter().map(|b| figures.number(b.expired)))
        .render("buffers")
}

/// The highest of all runs: a fact, not an estimate, so it has no interval.
fn highest(figure: Option<Summary>) -> Cell {
    Cell::text(figure.map_or_else(|| "-".to_owned(), |figure| significant(figure.max)))
}

fn crews(study: &Study, figures: Figures) -> String {
    let crews = &study.crews;
    Grid::new(crews.len())
        .names("crews and tools", crews.iter().map(|c| c.name.as_str()))
        .column("busy, %", crews.iter().map(|c| figures.percent(c.busy)))
        .render("crews and tools")
}

fn cards(study: &Study, figures: Figures) -> String {
    let cards = &study.cards;
    Grid::new(cards.len())
        .names("limits and pallets", cards.iter().map(|c| c.name.as_str()))
        .column("cards", cards.iter().map(|c| Cell::text(c.count.to_string())))
        .column("in use", cards.iter().map(|c| figures.number(c.in_use)))
        .column("in use, %", cards.iter().map(|c| figures.percent(c.utilisation)))
        .render("limits and pallets")
}

fn clearances(study: &Study, figures: Figures) -> String {
    let limits = &study.limits;
    Grid::new(limits.len())
        .names("line clearance", limits.iter().map(|l| l.name.as_str()))
        .column("count", limits.iter().map(|l| figures.number(l.count)))
        .column("clearing, %", limits.iter().map(|l| figures.percent(l.repair)))
        .column_unless_zero("waiting, %", limits.iter().map(|l| figures.percent(l.waiting)))
        .render("limits")
}

/// Shown only when not everything that was made has left.
fn balance(study: &Study, figures: Figures) -> String {
    let items = &study.items;
    let remains = |figure: Option<Summary>| figure.is_some_and(|figure| figure.max > 0.0);
    if !items.iter().any(|i| remains(i.scrapped) || remains(i.lost) || remains(i.inside)) {
        return String::new();
    }
    let column = |of: fn(&crate::sim::outcome::BalanceResult) -> Option<Summary>| {
        items.iter().map(move |item| figures.number(of(item)))
    };
    Grid::new(items.len())
        .names("items, warm-up included", items.iter().map(|i| i.item.as_str()))
        .column_unless_zero("initial", column(|i| i.initial))
        .column_unless_zero("made", column(|i| i.made))
        .column_unless_zero("assembled", column(|i| i.assembled))
        .column("left", column(|i| i.left))
        .column_unless_zero("scrapped", column(|i| i.scrapped))
        .column_unless_zero("lost", column(|i| i.lost))
        .column_unless_zero("used", column(|i| i.used))
        .column_unless_zero("inside", column(|i| i.inside))
        .render("item types")
}

#[allow(clippy::cast_precision_loss)] // four digits are shown
fn footer(study: &Study) -> String {
    let intervals = match study.runs {
        0 | 1 => "one run says nothing about chance: `--runs 20` gives 95 % confidence intervals",
        _ => "± is half the width of the 95 % confidence interval of the mean over the runs",
    };
    let (events, wall_s) = (study.events as f64, study.header.wall_s);
    let wall =
        if wall_s < 1.0 { format!("{} ms", significant(wall_s * 1e3)) } else { format!("{} s", significant(wall_s)) };
    let speed = if wall_s > 0.0 { format!(", {} events/s", large_count(events / wall_s)) } else { String::new() };
    format!("{intervals}\n{} events in {wall}{speed}\n", large_count(events))
}
