//! Words for what stops a run before its end.
//!
//! It decides nothing about the run. Start at [`of_stop`].

use crate::analysis::Growing;
use crate::base::limits;
use crate::base::words::{time, whole};
use crate::base::{Span, Ticks};
use crate::diag::{Diagnostic, codes};
use crate::ir::ids::Id;
use crate::ir::{ItemId, Measure, NodeId, NodeKind, Plant, Precision, Until};
use crate::kernel::layout::{buffer, counters};
use crate::kernel::model::Model;
use crate::kernel::{Run, Stop};

/// The finding behind a stop that is none of a run's ordinary ends; `None` for those. `replication` is
/// counted from 1.
#[must_use]
pub fn of_stop(stop: &Stop, model: &Model, plant: &Plant, run: &Run, replication: u64) -> Option<Diagnostic> {
    let when = time(run.now().seconds());
    let found = match stop {
        Stop::Horizon | Stop::Fuel | Stop::Until => return None,
        Stop::Memory => out_of_memory(model, plant, run, &when),
        Stop::BadDuration(name) => bad_duration(plant, name, &when),
        Stop::Endless => endless(model, plant, run, &when),
        Stop::Internal(words) => internal(plant, words),
    };
    Some(found.note(format!("in run {replication}")))
}

/// A bug of the compiler.
#[must_use]
pub fn internal(plant: &Plant, words: &str) -> Diagnostic {
    Diagnostic::new(
        codes::INTERNAL,
        plant.span,
        format!("internal error in the simulation of `{}`: {words}", plant.name),
    )
    .help("this is a bug of flowline and no mistake in the text; a report with the text helps to mend it")
}

/// The plant uses what the kernel has not learned.
#[must_use]
pub fn not_simulated(plant: &Plant, words: &str) -> Diagnostic {
    let span = quoted(words).and_then(|name| span_of(plant, &name)).unwrap_or(plant.span);
    Diagnostic::new(codes::NOT_SIMULATED, span, format!("`{}` cannot be simulated yet: {words}", plant.name))
        .help("checks and capacity of the line do not depend on it")
}

/// Recursion was asked for, and something has to be decided.
#[must_use]
pub fn needs_events(plant: &Plant, why: &str) -> Diagnostic {
    let span = quoted(why).and_then(|name| span_of(plant, &name)).unwrap_or(plant.span);
    Diagnostic::new(codes::NEEDS_EVENTS, span, format!("`{}` cannot be run by recursion: {why}", plant.name))
        .note("recursion goes through the line item by item, which takes that nothing on the way has to be decided")
        .help("leave `--engine` out, and the fastest engine that fits is taken")
}

/// Neither `for` nor `until`.
#[must_use]
pub fn no_end(plant: &Plant) -> Diagnostic {
    Diagnostic::new(codes::NO_END, plant.run.span, format!("nothing says how long `{}` is to run", plant.name))
        .help("write `for: 8 h` in the `run` block, or give the time on the command line")
}

/// The warm-up lasts as long as the run.
#[must_use]
pub fn no_window(plant: &Plant, warmup: Ticks, horizon: Ticks) -> Diagnostic {
    let (warm, all) = (time(warmup.seconds()), time(horizon.seconds()));
    Diagnostic::new(
        codes::BAD_RUN,
        plant.run.span,
        format!("a warm-up of {warm} leaves nothing to measure of a run of {all}"),
    )
    .note("the time of a run includes its warm-up")
    .help(format!("make the run longer than {warm}, or the warm-up shorter than {all}"))
}

/// All that could happen has happened before enough arrived.
#[must_use]
pub fn not_reached(plant: &Plant, until: Until, arrived: u64, last_move: Ticks, for_ever: bool) -> Diagnostic {
    let at = plant.nodes.get(until.at);
    let name = at.map_or("", |n| n.name.as_str());
    let what = format!("`until: {} at {name}` was not reached: {arrived} arrived", until.count);
    let why = if for_ever {
        format!(
            "nothing has moved since {} and nothing ever will: the sources have made all they make",
            time(last_move.seconds())
        )
    } else {
        format!("a run ends after {} days at the latest", limits::HORIZON_DAYS)
    };
    let mut found = Diagnostic::new(codes::NOT_REACHED, plant.run.span, what).note(why);
    if let Some(n) = at {
        found = found.with(n.span, "they are counted here");
    }
    found.help(format!("ask for at most {arrived}, or let the sources make more"))
}

/// `until: … from start` was reached before anything was measured.
#[must_use]
pub fn within_warmup(plant: &Plant, until: Until, now: Ticks, warmup: Ticks) -> Diagnostic {
    let at = plant.nodes.get(until.at);
    let name = at.map_or("", |n| n.name.as_str());
    let what = format!(
        "`until: {} at {name} from start` is reached after {}, within the warm-up of {}",
        until.count,
        time(now.seconds()),
        time(warmup.seconds())
    );
    Diagnostic::new(codes::BAD_RUN, plant.run.span, what)
        .note("nothing would be left to measure")
        .help("shorten the warm-up, ask for more items, or leave `from start` out: then they count from the end of the warm-up")
}

/// `warmup: auto` in a run whose end is not known beforehand.
#[must_use]
pub fn end_unknown(plant: &Plant) -> Diagnostic {
    Diagnostic::new(codes::BAD_RUN, plant.run.span, "a run with `until` has no end that is known beforehand")
        .note("`warmup: auto` looks for the warm-up in the first half of the run")
        .help("give the warm-up as a time, or the end with `for`")
}

/// A run has too few slices to find its warm-up in.
#[must_use]
pub fn too_short_to_find(plant: &Plant, end: Ticks, pattern: Option<Ticks>, needed: Ticks) -> Diagnostic {
    let all = time(end.seconds());
    let found = Diagnostic::new(
        codes::TOO_SHORT_TO_FIND,
        plant.run.span,
        format!("a run of {all} is too short to find its warm-up"),
    );
    match pattern {
        Some(p) => found
            .note(format!(
                "shifts and timetables repeat after {}: what is done from one such round to the next shows when the line is in \
                 its stride, and it takes ten rounds to tell",
                time(p.seconds())
            ))
            .help(format!("let the run last {} or longer, or give the warm-up as a time", time(needed.seconds()))),
        None => found.help("let the run last longer, or give the warm-up as a time"),
    }
}

/// The loads say that a queue grows without end.
#[must_use]
pub fn grows(plant: &Plant, growing: &Growing) -> Diagnostic {
    let queue = plant.nodes.get(growing.queue);
    let name = queue.map_or("", |n| n.name.as_str());
    let load = crate::base::words::number(crate::base::quantity::to_f64(&growing.load) * 100.0);
    let mut found = Diagnostic::new(
        codes::NO_STEADY_STATE,
        plant.run.span,
        format!("no steady state: `{name}` grows without end, so that no warm-up can be found"),
    )
    .note(format!("`{}` has a load of {load} %", growing.before));
    if let Some(n) = queue {
        found = found.with(n.span, "this queue");
    }
    found
        .help("make the sources slower or the line faster: `flowline check --capacity` lists all loads")
        .help("figures of a stretch of time, steady or not, come with a warm-up given as a time")
}

/// A line does not get into its stride in the first half of a run. `quarters`: the mean in each quarter of it.
#[must_use]
pub fn no_steady_state(plant: &Plant, end: Ticks, what: &str, unit: &str, quarters: [f64; 4]) -> Diagnostic {
    let told = quarters.map(crate::base::words::number);
    let all = time(end.seconds());
    let mut found = Diagnostic::new(
        codes::NO_STEADY_STATE,
        plant.run.span,
        format!("no steady state: the {what} still changes in the second half of the {all}"),
    )
    .note(format!("its mean in the four quarters of the run: {}{unit}", told.join(", ")));
    let [.., third, last] = quarters;
    if what == "work in process" && last > third {
        found = found.help(
            "a source that is faster than the line lets a queue grow without end: see `flowline check --capacity`; else let the run last longer",
        );
    }
    found.help("figures of a stretch of time, steady or not, come with a warm-up given as a time")
}

/// The runs there may be do not give the precision asked for.
#[must_use]
pub fn not_precise(wanted: &Precision, reached: f64, runs: u64) -> Diagnostic {
    let percent = |share: f64| {
        let text = format!("{:.2}", share * 100.0);
        format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
    };
    let within = crate::base::quantity::to_f64(&wanted.within);
    let of = match wanted.of {
        Measure::Throughput(_) => "throughput",
        Measure::TimeInSystem(_) => "time in system",
        Measure::Wip => "work in process",
    };
    let what = format!("after {runs} runs the {of} is known to ± {}, not to ± {}", percent(reached), percent(within));
    Diagnostic::new(codes::PRECISION_MISSED, wanted.span, what)
        .note("a precision adds at most 1,000 runs; four times as many halve the half width")
        .help("make each run longer, or ask for less")
}

fn out_of_memory(model: &Model, plant: &Plant, run: &Run, when: &str) -> Diagnostic {
    let mut levels: Vec<(i64, NodeId)> = plant
        .nodes
        .iter()
        .zip(&model.places.nodes)
        .filter(|((_, n), _)| matches!(n.kind, NodeKind::Buffer(_) | NodeKind::Conveyor(_)))
        .map(|((id, _), record)| (run.arena().get(*record, buffer::LEVEL), id))
        .filter(|(level, _)| *level > 0)
        .collect();
    // Stable: equal levels stay in written order.
    levels.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    let name = |id: NodeId| plant.nodes.get(id).map_or("", |n| n.name.as_str());
    let (span, message) = match levels.first() {
        Some((level, id)) => (
            plant.nodes.get(*id).map_or(plant.span, |n| n.span),
            format!(
                "`{}` holds {} items after {when}: more than the memory of a run",
                name(*id),
                whole(level.unsigned_abs())
            ),
        ),
        None => (plant.span, format!("`{}` holds more items after {when} than the memory of a run", plant.name)),
    };
    let mut found = Diagnostic::new(codes::OUT_OF_MEMORY, span, message);
    for (level, id) in
        levels.iter().skip(1).take(2).filter(|(l, _)| levels.first().is_some_and(|(most, _)| l * 10 >= *most))
    {
        let span = plant.nodes.get(*id).map_or(plant.span, |n| n.span);
        found = found.with(span, format!("`{}` holds {} items", name(*id), whole(level.unsigned_abs())));
    }
    found
        .note("what comes faster than it is worked off waits in a queue that grows without end")
        .help("give the queue places, let the source make less, or make what follows it faster")
}

fn bad_duration(plant: &Plant, name: &str, when: &str) -> Diagnostic {
    let (entity, purpose) = name.split_once(": ").unwrap_or((name, "time"));
    let node = entity.split_once('#').map_or(entity, |(node, _)| node);
    let span = span_of(plant, node).unwrap_or(plant.span);
    Diagnostic::new(
        codes::BAD_DURATION,
        span,
        format!("the {purpose} of `{entity}` came out negative, too long or not a number at {when}"),
    )
    .note(if purpose == "lot" {
        "a lot is a number of items from 0 to 100,000"
    } else {
        "a time must lie between 0 and 146 years"
    })
    .help(
        "keep the formula above 0, for instance with `max(0 s, …)`, or use a distribution that has no negative values",
    )
}

fn endless(model: &Model, plant: &Plant, run: &Run, when: &str) -> Diagnostic {
    let mut found = Diagnostic::new(
        codes::TIME_STANDS_STILL,
        plant.span,
        format!(
            "time stands still at {when}: more than {} things happened at that instant",
            whole(most_rounds().unsigned_abs())
        ),
    );
    let stations = plant.nodes.iter().filter(|(_, n)| matches!(n.kind, NodeKind::Station(_)));
    let zero: Vec<&str> = stations.filter(|(_, n)| takes_no_time(n)).map(|(_, n)| n.name.as_str()).take(4).collect();
    if !zero.is_empty() {
        found = found.note(format!(
            "without any time work: {}",
            zero.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
        ));
    }
    if let Some((made, id)) = busiest(model, plant, run) {
        let name = plant.items.get(id).map_or("", |i| i.name.as_str());
        found = found.note(format!("{} of `{name}` have been made so far", whole(made.unsigned_abs())));
    }
    found.help("give a place of the circle a time above 0, or limit what a source that always has items may send")
}

fn busiest(model: &Model, plant: &Plant, run: &Run) -> Option<(i64, ItemId)> {
    let bytes = i64::try_from(8 * counters::WORDS).ok()?;
    let made = plant.items.ids().map(|id| {
        let number = i64::try_from(id.index()).unwrap_or(0);
        (run.arena().get(model.places.counters.saturating_add(number.saturating_mul(bytes)), counters::MADE), id)
    });
    made.max_by_key(|(n, id)| (*n, std::cmp::Reverse(*id)))
}

fn takes_no_time(n: &crate::ir::Node) -> bool {
    let NodeKind::Station(s) = &n.kind else { return false };
    let zero = |e: &crate::ir::Expression| matches!(e, crate::ir::Expression::Constant(q) if q.to_f64() == 0.0);
    s.recipes.iter().flat_map(|r| &r.phases).all(|p| zero(&p.duration))
}

fn most_rounds() -> i64 {
    i64::try_from(limits::EVENTS_PER_INSTANT).unwrap_or(i64::MAX)
}

fn span_of(plant: &Plant, name: &str) -> Option<Span> {
    let node = plant.nodes.values().find(|n| n.name == name).map(|n| n.span);
    node.or_else(|| plant.pools.values().find(|p| p.name == name).map(|p| p.span))
}

/// The first name in back-ticks.
fn quoted(words: &str) -> Option<String> {
    let (_, rest) = words.split_once('`')?;
    rest.split_once('`').map(|(name, _)| name.to_string())
}
