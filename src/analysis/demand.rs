//! Holds the demands against what the line and its sources can do: E0501 and E0503.

use num_traits::{One, Signed, Zero};

use crate::base::Rational;
use crate::diag::{Diagnostic, codes};
use crate::ir::{Demand, NodeId, NodeKind};

use super::capacity::{Model, Point};
use super::figures::{ceiling, count, counted, over, per_hour, percent, rational, time, whole};
use super::load::{Resource, What, item_name, on_share};
use super::network::Term;
use super::traffic::Form;

/// Kinds of work written out in a note; more are summed up.
const WRITTEN: usize = 4;

/// Checks each demand, then all together. Returns the rates at which all demands are met, whatever
/// the loads, or `None` when there is no demand or no way to meet it.
pub(super) fn check(model: &Model, found: &mut Vec<Diagnostic>) -> Option<Point> {
    let demands = &model.plant.demands;
    if demands.is_empty() {
        return None;
    }
    let (mut refused, mut short) = (false, false);
    for demand in demands {
        let wanted = average(model, demand);
        let aim = model.arriving(Some(demand.item), demand.at);
        let rows = model.base_rows();
        if let Some((best, _)) = model.maximise(&rows, &aim, Some(&Rational::one()))
            && best < wanted
        {
            found.extend(too_much(model, demand, &wanted, &aim, &best));
            refused = true;
            continue;
        }
        let mut rows = model.base_rows();
        model.limit_sources(&mut rows);
        let possible =
            if aim.is_empty() { Some(Rational::zero()) } else { model.maximise(&rows, &aim, None).map(|(b, _)| b) };
        if let Some(best) = possible
            && best < wanted
        {
            found.push(too_little(model, demand, &aim, &best));
            short = true;
        }
    }
    let mut rows = model.base_rows();
    for demand in demands {
        at_least(model, &mut rows, demand);
    }
    let (load, point) = model.least_load(&rows)?;
    if load > Rational::one() && !refused && demands.len() > 1 {
        found.extend(together(model, &point));
    } else if !refused && !short && demands.len() > 1 {
        model.limit_sources(&mut rows);
        if let (None, Some(first)) = (model.least_load(&rows), demands.first()) {
            let mut d = Diagnostic::new(
                codes::DEMAND_EXCEEDS_SUPPLY,
                first.span,
                "the demands together are more than the sources give",
            );
            for other in demands.iter().skip(1) {
                d = d.with(other.span, "and this at the same time");
            }
            found.push(d.help("shorten the `every` of a source, or lower a demand"));
        }
    }
    let mut rows = model.base_rows();
    for demand in demands {
        at_least(model, &mut rows, demand);
    }
    Some(super::balance::balanced(model, rows, point))
}

/// The calendar average of a demand, items per second.
fn average(model: &Model, demand: &Demand) -> Rational {
    &demand.rate * on_share(model.plant, demand.during)
}

fn at_least(model: &Model, rows: &mut super::program::Rows, demand: &Demand) {
    let aim = model.arriving(Some(demand.item), demand.at);
    rows.at_most(model.row(&aim).into_iter().map(|(c, f)| (c, -f)), -average(model, demand));
}

/// The value of a calendar average as the demand counts it.
fn as_demanded(model: &Model, demand: &Demand, value: &Rational) -> String {
    let share = on_share(model.plant, demand.during);
    let value = over(value, &share).unwrap_or_else(Rational::zero);
    per_hour(&value, &item_name(model.plant, demand.item))
}

fn too_much(model: &Model, demand: &Demand, wanted: &Rational, aim: &Form, best: &Rational) -> Option<Diagnostic> {
    let mut rows = model.base_rows();
    rows.at_most(model.row(aim).into_iter().map(|(c, f)| (c, -f)), -wanted.clone());
    let (_, point) = model.least_load(&rows)?;
    let (resource, load) = model.busiest(&point)?;
    let message = format!(
        "demand {} exceeds what `{}` can do, {}",
        as_demanded(model, demand, wanted),
        resource.name,
        as_demanded(model, demand, best),
    );
    let mut d = Diagnostic::new(codes::DEMAND_EXCEEDS_CAPACITY, demand.span, message)
        .label(format!("needs {} of `{}`", percent(&load), resource.name))
        .with(resource.span, format!("load {}", rational(&load)))
        .note(arithmetic(model, resource, &point));
    if let Some(shift) = demand.during.and_then(|c| model.plant.calendars.get(c)) {
        let share = on_share(model.plant, demand.during);
        d = d.note(format!(
            "`{}` is on {} of the week, so that is {} on average",
            shift.name,
            percent(&share),
            per_hour(wanted, &item_name(model.plant, demand.item)),
        ));
    }
    Some(d.help(mend(resource, &load)))
}

fn together(model: &Model, point: &Point) -> Option<Diagnostic> {
    let (resource, load) = model.busiest(point)?;
    let (first, others) = model.plant.demands.split_first()?;
    let message = format!(
        "the demands together exceed what `{}` can do: {} of work per hour",
        resource.name,
        hours(&model.required(resource, point)),
    );
    let mut d = Diagnostic::new(codes::DEMAND_EXCEEDS_CAPACITY, first.span, message);
    for other in others {
        d = d.with(other.span, "and this at the same time");
    }
    Some(
        d.with(resource.span, format!("load {}", rational(&load)))
            .note(arithmetic(model, resource, point))
            .help(mend(resource, &load)),
    )
}

fn too_little(model: &Model, demand: &Demand, aim: &Form, best: &Rational) -> Diagnostic {
    let item = item_name(model.plant, demand.item);
    let wanted = average(model, demand);
    if best.is_zero() {
        let place = demand.at.and_then(|n| model.plant.nodes.get(n)).map(|n| format!(" at `{}`", n.name));
        return Diagnostic::new(
            codes::DEMAND_EXCEEDS_SUPPLY,
            demand.span,
            format!(
                "demand {} cannot be met: no `{item}` arrives{}",
                as_demanded(model, demand, &wanted),
                place.unwrap_or_else(|| " at a sink".to_string())
            ),
        )
        .help("send the item there with a `flow`, or correct the item or the place of the demand");
    }
    let mut d = Diagnostic::new(
        codes::DEMAND_EXCEEDS_SUPPLY,
        demand.span,
        format!(
            "demand {} exceeds what the sources give, {}",
            as_demanded(model, demand, &wanted),
            as_demanded(model, demand, best)
        ),
    );
    let short = short_sources(model, aim, best, &wanted);
    let told: Vec<usize> = match short.is_empty() {
        true => (0..model.timed.len().min(3)).collect(),
        false => short.iter().map(|(at, _)| *at).collect(),
    };
    for (_, id, rate) in told.iter().filter_map(|at| model.timed.get(*at)) {
        if let Some(node) = model.plant.nodes.get(*id) {
            d = d.with(node.span, format!("gives {}", per_hour(rate, &made(model, *id))));
        }
    }
    if let [(at, Some(needed))] = short.as_slice()
        && let Some((_, id, _)) = model.timed.get(*at)
        && let Some(node) = model.plant.nodes.get(*id)
    {
        return d.note("what branches, yields and joins leave of it is counted in").help(format!(
            "let `{}` make {}, or lower the demand",
            node.name,
            per_hour(needed, &made(model, *id))
        ));
    }
    let factor = over(&wanted, best).unwrap_or_else(Rational::one);
    d.note("what branches, yields and joins leave of it is counted in")
        .help(format!("make the sources {} times as fast, or lower the demand", rational(&factor)))
}

/// The sources that hold a demand back: without the limit of one of them more of it arrives. With each, what it would
/// have to give, if that is enough.
fn short_sources(model: &Model, aim: &Form, best: &Rational, wanted: &Rational) -> Vec<(usize, Option<Rational>)> {
    /// More sources are not looked at one by one.
    const SOURCES: usize = 50;
    let mut found = Vec::new();
    for at in 0..model.timed.len().min(SOURCES) {
        let mut rows = model.base_rows();
        for (_, (parameter, _, rate)) in model.timed.iter().enumerate().filter(|(other, _)| *other != at) {
            rows.at_most(model.row(model.traffic.form(Term::Parameter(*parameter))), rate.clone());
        }
        // Without a limit nothing bounds the program, or something else does.
        if model.maximise(&rows, aim, None).is_some_and(|(value, _)| value <= *best) {
            continue;
        }
        rows.at_most(model.row(aim).into_iter().map(|(c, f)| (c, -f)), -wanted.clone());
        let Some((parameter, ..)) = model.timed.get(at) else { continue };
        let less: Form = model.traffic.form(Term::Parameter(*parameter)).iter().map(|(p, f)| (*p, -f)).collect();
        found.push((at, model.maximise(&rows, &less, None).map(|(value, _)| -value)));
    }
    found
}

/// What a source makes, in a word.
fn made(model: &Model, source: NodeId) -> String {
    match model.plant.nodes.get(source).map(|n| &n.kind) {
        Some(NodeKind::Source(s)) => match s.mix.as_slice() {
            [(only, _)] => item_name(model.plant, *only),
            _ => "item".to_string(),
        },
        _ => "item".to_string(),
    }
}

/// `1.13 h`.
fn hours(value: &Rational) -> String {
    format!("{} h", rational(value))
}

/// Why a load is what it is: "`packer` needs 1.13 h of work per hour: 120 Case/h × 18 s ÷ (1 machine ×
/// 53.1 % available)".
pub(super) fn arithmetic(model: &Model, resource: &Resource, point: &Point) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = Rational::zero();
    // Visits of one type with the same time read as one.
    let mut works: Vec<(Rational, &Rational, &str)> = Vec::new();
    for work in &resource.works {
        let runs = model.rate(work.term, point) * &work.per;
        match works.iter_mut().find(|(_, s, u)| **s == work.seconds && *u == work.unit) {
            Some((sum, ..)) => *sum += runs,
            None => works.push((runs, &work.seconds, &work.unit)),
        }
    }
    works.retain(|(runs, seconds, _)| runs.is_positive() && seconds.is_positive());
    works.sort_by_key(|(runs, seconds, _)| std::cmp::Reverse(runs * *seconds));
    for (at, (runs, seconds, unit)) in works.iter().enumerate() {
        if at < WRITTEN {
            parts.push(format!("{} × {}", per_hour(runs, unit), time(seconds)));
        } else {
            rest += runs * *seconds;
        }
    }
    if rest.is_positive() {
        parts.push(format!("{} of other work", hours(&rest)));
    }
    let empty = model.value(&model.empty_trips(resource, point), point);
    if empty.is_positive() {
        parts.push(format!("{} of empty trips at least", hours(&empty)));
    }
    if resource.always.is_positive() {
        parts.push(format!("{} of repairs and maintenance", hours(&resource.always)));
    }
    let sum = if parts.len() > 1 { format!("({})", parts.join(" + ")) } else { parts.concat() };
    let load = model.load(resource, point).unwrap_or_else(Rational::zero);
    let size = match resource.what {
        What::Station(_) => counted(resource.size, "machine"),
        What::Crew(_) => format!("crew of {}", whole(resource.size)),
        What::Tool(_) => counted(resource.size, "tool"),
        What::Lane(_) => counted(resource.size, "place"),
        What::Belt(_) => counted(resource.size, "lane"),
        What::Fleet(_) => counted(resource.size, "vehicle"),
        What::Limit(id) => {
            let word = match model.plant.limits.get(id) {
                Some(limit) if limit.pallets => "pallet",
                _ => "card",
            };
            let always = resource.available.is_one();
            let shift = if always { String::new() } else { format!(" × {} on shift", percent(&resource.available)) };
            return format!("`{}`: {sum} in use at least ÷ {}{shift}", resource.name, counted(resource.size, word));
        }
    };
    let available = if resource.available.is_one() {
        size
    } else {
        format!("({size} × {} available)", percent(&resource.available))
    };
    format!("`{}` needs {} of work per hour: {sum} ÷ {available}", resource.name, hours(&load))
}

/// What would do: machines, or a cycle.
pub(super) fn mend(resource: &Resource, load: &Rational) -> String {
    let enough = ceiling(&(load * count(resource.size))).max(resource.size.saturating_add(1));
    match resource.what {
        What::Station(_) => {
            let machines = counted(enough, "machine");
            match resource.works.as_slice() {
                [only] if only.seconds.is_positive() => {
                    let cycle = over(&only.seconds, load).unwrap_or_else(Rational::zero);
                    format!(
                        "`{}` would do with {machines}, or with a cycle of {} on average",
                        resource.name,
                        time(&cycle)
                    )
                }
                _ => format!(
                    "`{}` would do with {machines}, or with times {} shorter",
                    resource.name,
                    percent(&shorter(load))
                ),
            }
        }
        What::Crew(_) => format!("`{}` would do with a size of {}", resource.name, whole(enough)),
        What::Tool(_) => format!("`{}` would do with {}", resource.name, counted(enough, "tool")),
        What::Lane(_) => format!("`{}` would do with {}", resource.name, counted(enough, "place")),
        What::Belt(_) => format!(
            "`{}` would do with {}, or run {} faster",
            resource.name,
            counted(enough, "lane"),
            percent(&(load - Rational::one()))
        ),
        What::Fleet(_) => format!("`{}` would do with {}", resource.name, counted(enough, "vehicle")),
        What::Limit(_) => format!("`{}` would have to be at least {}", resource.name, whole(enough)),
    }
}

fn shorter(load: &Rational) -> Rational {
    Rational::one() - over(&Rational::one(), load).unwrap_or_else(Rational::one)
}
