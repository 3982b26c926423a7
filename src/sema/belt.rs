//! Conveyors: their fields, and the stations that work on the belt between them.

use num_traits::{Signed, ToPrimitive};

use crate::base::{Dim, Rational, Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::ids::Id;
use crate::ir::{
    BeltMode, Breakdown, BreakdownClock, BreakdownEffect, Conveyor, ItemId, Maintenance, NodeId, NodeKind, Plant,
    Routing,
};
use crate::syntax::tree::Declaration;

use super::account::Owner;
use super::fields::Fields;
use super::line::Lower;
use super::stop::Place;

const CONVEYOR: &[&str] = &["length", "speed", "pitch", "lanes", "mode", "blocking", "shift", "power", "cost"];

const RUNNING_CLOCKS: &str = "a belt has no working time of its own: write `clock: calendar` or `clock: scheduled`";

impl<'a> Lower<'a> {
    /// `conveyor belt { length: 12 m, speed: 0.4 m/s, pitch: 0.5 m }`
    pub fn conveyor(&mut self, d: &'a Declaration) -> Option<Conveyor> {
        let fields = Fields::of(d, CONVEYOR, &mut self.diagnostics);
        self.asked_shift.0 = match fields.get("shift", &mut self.diagnostics) {
            Some(phrase) => self.shift_named(phrase).flatten(),
            None => None,
        };
        self.asked_account = self.account(&fields, Owner::Source);
        let length = self.positive(&fields, "length", Dim::LENGTH, "length: 12 m");
        let speed = self.positive(&fields, "speed", Dim::SPEED, "speed: 0.4 m/s");
        let pitch = self.positive(&fields, "pitch", Dim::LENGTH, "pitch: 0.5 m");
        let lanes = match fields.get("lanes", &mut self.diagnostics) {
            Some(phrase) => self.count(phrase, "lanes", 1, limits::LANES),
            None => Some(1),
        };
        let mode = match self.word(&fields, "mode", &["accumulating", "stop_together"]) {
            Some("stop_together") => BeltMode::StopTogether,
            _ => BeltMode::Accumulating,
        };
        if self.word(&fields, "blocking", &["after_work", "before_work"]) == Some("before_work") {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    fields.span("blocking"),
                    "a belt begins no work before which it could reserve the place behind: what is on it moves on",
                )
                .help("write `mode: stop_together` for a belt that stands while an item waits at its end, or give `blocking: before_work` to the station before it"),
            );
            return None;
        }
        let (breakdowns, maintenance) = self.belt_stops(&fields)?;
        let belt = Conveyor {
            length: length?,
            speed: speed?,
            pitch: pitch?,
            lanes: lanes?,
            mode,
            breakdowns,
            maintenance,
            ..Conveyor::default()
        };
        if belt.headway().0 < 1 || belt.travel().0 == i64::MAX {
            self.push(
                Diagnostic::new(
                    codes::OUT_OF_RANGE,
                    fields.span("speed"),
                    "at this speed an item moves on by a pitch in less than a nanosecond, or never reaches the end",
                )
                .with(fields.span("pitch"), "the pitch")
                .help("write the speed of the belt, for example `0.4 m/s`"),
            );
            return None;
        }
        if belt.capacity() > limits::COUNT {
            self.push(
                Diagnostic::new(
                    codes::OUT_OF_RANGE,
                    fields.span("length"),
                    format!("the belt would hold more than {} items", limits::COUNT),
                )
                .with(fields.span("pitch"), "one on each pitch"),
            );
            return None;
        }
        Some(belt)
    }

    /// A fixed value above 0 that has to be given.
    pub fn positive(&mut self, fields: &Fields<'a>, word: &str, dim: Dim, example: &str) -> Option<Rational> {
        let Some(phrase) = fields.get(word, &mut self.diagnostics) else {
            if fields.has(word).is_none() {
                self.push(
                    Diagnostic::new(
                        codes::MISSING_FIELD,
                        fields.owner_span,
                        format!("{} has no `{word}`", fields.owner),
                    )
                    .help(format!("write `{example}`")),
                );
            }
            return None;
        };
        let typed = self.evaluate_phrase(phrase)?;
        if typed.dim == Dim::NUMBER {
            let unit = if dim == Dim::SPEED { "m/s" } else { "m" };
            let text = self.text(phrase.span);
            self.push(
                Diagnostic::new(codes::MISSING_UNIT, phrase.span, format!("`{word}` is a {dim} and needs a unit")).fix(
                    format!("write `{text} {unit}`"),
                    phrase.span,
                    format!("{text} {unit}"),
                ),
            );
            return None;
        }
        let value = self.constant_of(&typed, dim, phrase.span, word)?.value;
        if !value.is_positive() {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, phrase.span, format!("`{word}` is not above 0"))
                    .help(format!("write for example `{example}`")),
            );
            return None;
        }
        Some(value)
    }

    /// Breakdowns and maintenance of something that only runs or stands.
    pub fn belt_stops(&mut self, fields: &Fields<'a>) -> Option<(Vec<Breakdown>, Vec<Maintenance>)> {
        let (mut breakdowns, mut maintenance) = (Vec::new(), Vec::new());
        let mut good = true;
        let mut names: Vec<(&str, Span)> = Vec::new();
        for inner in &fields.inner {
            let span = inner.name.span;
            if let Some((_, first)) = names.iter().find(|(n, _)| *n == inner.name.text) {
                self.push(
                    Diagnostic::new(codes::DUPLICATE_NAME, span, format!("`{}` is declared twice", inner.name.text))
                        .with(*first, "first declared here"),
                );
                good = false;
            }
            names.push((&inner.name.text, span));
            let clock = match inner.word.text.as_str() {
                "breakdown" => self.breakdown(inner, Place::Belt).map(|b| {
                    let clock = b.clock;
                    if b.effect != BreakdownEffect::Resume {
                        self.push(Diagnostic::new(
                            codes::WRONG_VALUE,
                            span,
                            "a belt that is down stands still and goes on afterwards: it has no other `effect`",
                        ));
                        good = false;
                    }
                    breakdowns.push(b);
                    clock
                }),
                "maintenance" => self.maintenance(inner, Place::Belt).map(|m| {
                    let clock = m.clock;
                    maintenance.push(m);
                    clock
                }),
                _ => None,
            };
            match clock {
                Some(BreakdownClock::Working | BreakdownClock::Cycles) => {
                    self.push(Diagnostic::new(codes::WRONG_VALUE, span, RUNNING_CLOCKS));
                    good = false;
                }
                Some(_) => {}
                None => good = false,
            }
        }
        super::stop::by_name(&mut breakdowns, &mut maintenance);
        self.no_inner(fields, &["breakdown", "maintenance"]);
        good.then_some((breakdowns, maintenance))
    }

    /// Joins the belts before and behind stations that work on the belt, once all flows are known.
    pub fn finish_belts(&mut self) {
        let stations: Vec<NodeId> = self
            .plant
            .nodes
            .iter()
            .filter(|(_, n)| matches!(&n.kind, NodeKind::Station(s) if s.on_belt))
            .map(|(id, _)| id)
            .collect();
        if stations.is_empty() || self.holes {
            return;
        }
        let mut joins: Vec<(NodeId, NodeId)> = Vec::new();
        for station in stations {
            match self.belts_around(station) {
                Ok(pair) => joins.push(pair),
                Err(problem) => {
                    self.holes = true;
                    self.push(*problem);
                }
            }
        }
        let mut drives: Vec<Vec<NodeId>> = Vec::new();
        for (before, behind) in joins {
            if let Some(NodeKind::Conveyor(c)) = self.plant.nodes.get_mut(before).map(|n| &mut n.kind) {
                c.ends_at_work = true;
            }
            let of = |drives: &[Vec<NodeId>], id: NodeId| drives.iter().position(|d| d.contains(&id));
            match (of(&drives, before), of(&drives, behind)) {
                (None, None) => drives.push(vec![before, behind]),
                (Some(a), None) => drives.get_mut(a).into_iter().for_each(|d| d.push(behind)),
                (None, Some(b)) => drives.get_mut(b).into_iter().for_each(|d| d.push(before)),
                (Some(a), Some(b)) if a != b => {
                    let more = std::mem::take(drives.get_mut(b).unwrap_or(&mut Vec::new()));
                    drives.get_mut(a).into_iter().for_each(|d| d.extend(&more));
                }
                _ => {}
            }
        }
        for (number, drive) in drives.iter().enumerate() {
            for id in drive {
                if let Some(NodeKind::Conveyor(c)) = self.plant.nodes.get_mut(*id).map(|n| &mut n.kind) {
                    c.stepped = true;
                    c.drive = (c.mode == BeltMode::StopTogether).then_some(number);
                }
            }
        }
    }

    /// The belts before and behind a station that works on the belt.
    fn belts_around(&self, station: NodeId) -> Result<(NodeId, NodeId), Box<Diagnostic>> {
        let plant = &self.plant;
        let Some(node) = plant.nodes.get(station) else { return Err(Box::new(self.no_belts(station, "it"))) };
        let belt = |id: NodeId| match plant.nodes.get(id).map(|n| &n.kind) {
            Some(NodeKind::Conveyor(c)) => Some(c),
            _ => None,
        };
        let into: Vec<NodeId> = super::upstream::sources_of(plant, station);
        let [before] = into.as_slice() else {
            return Err(Box::new(self.no_belts(station, "it needs one conveyor before it and nothing else")));
        };
        let Some(Routing::To(target)) = &node.routing else {
            return Err(Box::new(self.no_belts(station, "it needs one conveyor behind it and no branch")));
        };
        let (Some(first), Some(second)) = (belt(*before), belt(target.node)) else {
            return Err(Box::new(self.no_belts(station, "conveyors have to be directly before and behind it")));
        };
        let alike = first.speed == second.speed && first.pitch == second.pitch && first.mode == second.mode;
        if !alike || first.lanes != 1 || second.lanes != 1 {
            let problem = self.no_belts(
                station,
                "the conveyors before and behind it are one belt: same `speed`, `pitch` and `mode`, one lane",
            );
            let spans = [*before, target.node].map(|id| plant.nodes.get(id).map_or(node.span, |n| n.span));
            return Err(Box::new(problem.with(spans[0], "before").with(spans[1], "behind")));
        }
        for (id, c) in [(*before, first), (target.node, second)] {
            let pitches = &c.length / &c.pitch;
            if !pitches.is_int() || pitches.trunc().to_u64().unwrap_or(0) < 2 {
                let span = plant.nodes.get(id).map_or(node.span, |n| n.span);
                return Err(Box::new(
                    Diagnostic::new(
                        codes::OUT_OF_RANGE,
                        span,
                        "a belt that is worked on is a whole number of pitches long, two or more",
                    )
                    .with(node.span, "works on this belt")
                    .help("change `length` or `pitch` so that one divides the other"),
                ));
            }
        }
        Ok((*before, target.node))
    }

    fn no_belts(&self, station: NodeId, why: &str) -> Diagnostic {
        let (name, span) = self.plant.nodes.get(station).map_or(("", Span::default()), |n| (n.name.as_str(), n.span));
        Diagnostic::new(codes::WRONG_VALUE, span, format!("`{name}` cannot work on the belt: {why}"))
            .help("write `flow belt_1 -> station -> belt_2`, or leave `work: on belt` out")
    }
}

/// Tells each belt how much of it the items take that come there, when some are longer than its pitch (F12).
pub(super) fn lengths(plant: &mut Plant, complaints: &mut Vec<Diagnostic>) {
    let lengths: Vec<(Span, Option<Rational>)> = plant.items.values().map(|i| (i.span, i.length.clone())).collect();
    if lengths.iter().all(|(_, l)| l.is_none()) {
        return;
    }
    for n in plant.nodes.values_mut() {
        let NodeKind::Conveyor(belt) = &mut n.kind else { continue };
        let of = |item: ItemId| lengths.get(item.index()).and_then(|(_, l)| l.clone()).unwrap_or_default();
        let Some(longer) = n.items.iter().copied().find(|i| of(*i) > belt.pitch) else { continue };
        if belt.stepped {
            let (span, _) = lengths.get(longer.index()).cloned().unwrap_or_default();
            complaints.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    n.span,
                    format!("`{}` is worked on in steps of its pitch, and an item is longer than that", n.name),
                )
                .with(span, "this item")
                .help("give the belts a `pitch` of at least the length of the longest item"),
            );
            continue;
        }
        belt.extents = n.items.iter().map(|i| (*i, of(*i).max(belt.pitch.clone()))).collect();
    }
}
