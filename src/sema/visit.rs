//! What a visit of a route has of its own: times, people, setups, yield, and what it sets. All else is
//! the station's.

use std::collections::BTreeMap;

use crate::base::{Dim, Quantity, Rational, Span};
use crate::diag::{Diagnostic, codes};
use crate::ir::{Binary, Expression, ItemId, Need, NodeId, NodeKind, Phase, PhaseKind, Setup, Station};
use crate::syntax::tree::{Argument, ExprKind, Phrase};

use super::line::Lower;
use super::work::Needed;

/// What the arguments of a visit say.
#[derive(Default)]
pub(super) struct OwnWork {
    /// Its name, `as: oxide`.
    pub name: Option<String>,
    /// All phases, where times or people differ from the station's.
    pub phases: Option<Vec<Phase>>,
    /// Whether it says how long the work takes.
    pub timed: bool,
    /// A setup of its own.
    pub setup: Option<Box<Setup>>,
    /// Who does the station's setup before it.
    pub setup_needs: Option<Vec<Need>>,
    /// Its share of good items.
    pub yield_share: Option<Rational>,
    /// What it sets after its work.
    pub sets: Vec<(usize, Expression)>,
}

/// What becomes of an item at a station of its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// Its route goes on with this type: its own, or that of the first product.
    GoesOn(ItemId),
    /// It goes into what the route of another item goes on with.
    UsedUp,
}

/// What an attribute becomes on each visit: whether an item is on it, and the value.
type Cases = Vec<(Expression, Expression)>;

/// What one visit sets: where, on which item and visit of its route, which attribute, and the value.
pub(super) type VisitSets = (NodeId, ItemId, u32, usize, Expression);

const OF_STATION: &[&str] = &[
    "machines",
    "queue",
    "order",
    "blocking",
    "batch",
    "takes",
    "makes",
    "release",
    "same",
    "wait_at_most",
    "load",
    "stay",
    "setup_by",
    "initially",
    "lost",
    "choose",
    "birth",
    "hold_when_down",
    "release_crew",
    "shift",
    "shift_end",
    "work",
    "power",
    "cost",
    "ideal",
];

impl<'a> Lower<'a> {
    /// Reads the arguments of a visit to a station.
    pub(super) fn own_work(
        &mut self,
        station: &Station,
        name: &str,
        arguments: &'a [Argument],
        span: Span,
    ) -> Option<OwnWork> {
        let mut own = OwnWork::default();
        let mut given: BTreeMap<&str, (&'a Phrase, Span)> = BTreeMap::new();
        for (i, argument) in arguments.iter().enumerate() {
            let word = match &argument.name {
                None if i == 0 => "cycle",
                Some(word) => word.text.as_str(),
                None => "",
            };
            if OF_STATION.contains(&word) {
                self.push(
                    Diagnostic::new(
                        codes::WRONG_ARGUMENTS,
                        argument.span,
                        format!("`{word}` belongs to the station `{name}`, not to one visit of it"),
                    )
                    .note("a visit has its own `cycle` or `steps`, `needs`, `setup`, `yield`, `sets`, and a name `as`")
                    .help(format!("write `{word}` at the station; to tell its items apart ask for `item.step`")),
                );
                return None;
            }
            if !["cycle", "steps", "needs", "setup", "yield", "sets", "as"].contains(&word) {
                self.push(
                    Diagnostic::new(codes::WRONG_ARGUMENTS, argument.span, "a visit has no such argument")
                        .help("write `lathe(12 min, needs: 1 fitters, as: rough)`"),
                );
                return None;
            }
            let twice = given.get(word).or(match word {
                "steps" => given.get("cycle"),
                "cycle" => given.get("steps"),
                _ => None,
            });
            if let Some((_, first)) = twice {
                self.push(
                    Diagnostic::new(codes::DUPLICATE_FIELD, argument.span, format!("`{word}` is given twice"))
                        .with(*first, "given here")
                        .help("keep one of the two"),
                );
                return None;
            }
            given.insert(word, (&argument.value, argument.span));
        }
        if let Some((phrase, _)) = given.get("as") {
            own.name = Some(self.name_in(phrase, "the visit")?.0.to_string());
        }
        if let Some((phrase, _)) = given.get("yield") {
            own.yield_share = Some(self.share_of(phrase, "yield")?);
        }
        if let Some((phrase, _)) = given.get("sets") {
            own.sets = self.assignments(phrase)?;
        }
        own.timed = given.contains_key("cycle") || given.contains_key("steps");
        self.own_times(station, name, &given, span, &mut own)?;
        Some(own)
    }

    /// What the route of an item goes on with behind a station that may join or make items: the main part's
    /// with the first product, that of another part nowhere.
    pub(super) fn joined_on_route(
        &mut self,
        station: &Station,
        name: &str,
        item: ItemId,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Joined> {
        let mut found: Vec<(Joined, Span)> = Vec::new();
        for recipe in &station.recipes {
            let at = recipe.takes.iter().position(|p| self.plant.is_a(item, p.item));
            let joined = match (recipe.takes.is_empty() || at == Some(0), recipe.makes.first()) {
                (false, _) if at.is_none() => continue,
                (_, None) => Joined::GoesOn(item),
                (true, Some(product)) => Joined::GoesOn(product.item),
                (false, Some(_)) => Joined::UsedUp,
            };
            if !found.iter().any(|(j, _)| *j == joined) {
                found.push((joined, recipe.span));
            }
        }
        let text = |item: ItemId| self.plant.items.get(item).map_or(String::new(), |i| i.name.clone());
        match found.as_slice() {
            [(Joined::UsedUp, at)] if !arguments.is_empty() => {
                let message = format!(
                    "`{}` goes into the product of `{name}`: the main part says how the work is done",
                    text(item)
                );
                self.push(
                    Diagnostic::new(codes::WRONG_ARGUMENTS, span, message)
                        .with(*at, "the main part is named first")
                        .help(format!(
                            "write `{name}` alone here, and its time at the station or in the route of the main part"
                        )),
                );
                None
            }
            [(joined, _)] => Some(*joined),
            [] => {
                let at = station.recipes.first().map_or(span, |r| r.span);
                let message = format!("`{}` comes to `{name}`, which does not take it", text(item));
                self.push(Diagnostic::new(codes::WRONG_ITEM, span, message).with(at, "takes other items"));
                None
            }
            [(_, one), (_, other), ..] => {
                let message =
                    format!("the route of `{}` goes on behind `{name}` in different ways, by recipe", text(item));
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, span, message)
                        .with(*one, "one recipe")
                        .with(*other, "another")
                        .note("a route goes on with the first product of what takes its item as the main part")
                        .help("give each product a station of its own, and let the route branch before them"),
                );
                None
            }
        }
    }

    /// Times, people and setup of a visit.
    fn own_times(
        &mut self,
        station: &Station,
        name: &str,
        given: &BTreeMap<&str, (&'a Phrase, Span)>,
        span: Span,
        own: &mut OwnWork,
    ) -> Option<()> {
        let theirs = station.recipes.first().map_or(&[][..], |r| r.phases.as_slice());
        if own.timed && station.recipes.len() > 1 {
            self.push(
                Diagnostic::new(
                    codes::WRONG_ARGUMENTS,
                    span,
                    format!("the recipes of `{name}` say how long the work takes, not a visit"),
                )
                .help("leave the time out here"),
            );
            return None;
        }
        let times: Vec<(String, Expression, Span)> = match (given.get("cycle"), given.get("steps")) {
            (Some((phrase, at)), _) => vec![("cycle".to_string(), self.cycle(phrase)?, *at)],
            (None, Some((phrase, _))) => self.step_times(phrase)?,
            (None, None) => theirs.iter().map(|p| (p.name.clone(), p.duration.clone(), p.span)).collect(),
        };
        let setup = match given.get("setup") {
            Some((phrase, _)) => Some((self.time(phrase, "setup")?, phrase.span)),
            None => None,
        };
        let by_recipe = station.setup.as_ref().is_some_and(|s| s.by_recipe);
        if let (Some((_, at)), true) = (&setup, by_recipe || station.recipes.len() > 1) {
            self.push(
                Diagnostic::new(
                    codes::WRONG_ARGUMENTS,
                    *at,
                    format!("the setups of `{name}` are those of its recipes"),
                )
                .help("leave the setup out here"),
            );
            return None;
        }
        let phases: Vec<String> = times.iter().map(|(n, ..)| n.clone()).collect();
        let set_up = setup.is_some() || station.setup.is_some();
        let needed = match given.get("needs") {
            None => None,
            Some((phrase, _)) => match phrase.as_expr().map(|e| &e.kind) {
                Some(ExprKind::Table(table)) => Some(self.needs_by_phase(table, &phases, set_up)?),
                _ => Some(Needed::Whole(self.needs(phrase)?)),
            },
        };
        if !own.timed && needed.is_none() && setup.is_none() {
            return Some(());
        }
        let by_phase = station.setup.as_ref().is_some_and(|s| s.needs.is_some())
            || theirs.iter().skip(1).any(|p| p.kind == PhaseKind::Work && !p.keeps);
        let needed = match needed {
            Some(needed) => needed,
            None if !by_phase => Needed::Whole(theirs.first().map(|p| p.needs.clone()).unwrap_or_default()),
            None => {
                let lost = theirs.iter().find(|p| !p.needs.is_empty() && !phases.contains(&p.name));
                if let Some(lost) = lost {
                    let message =
                        format!("`{name}` says who is needed for `{}`, and this visit has no such step", lost.name);
                    self.push(
                        Diagnostic::new(codes::MISSING_FIELD, span, message)
                            .with(lost.span, "the step")
                            .help("say who this visit needs: `needs: 1 fitters`, or by its own steps"),
                    );
                    return None;
                }
                let mut list: Vec<(String, Vec<Need>)> =
                    theirs.iter().map(|p| (p.name.clone(), p.needs.clone())).collect();
                let setups = station.setup.as_ref().and_then(|s| s.needs.clone());
                list.push(("setup".to_string(), setups.unwrap_or_default()));
                Needed::ByPhase(list)
            }
        };
        if own.timed || given.contains_key("needs") {
            let whole = matches!(needed, Needed::Whole(_));
            own.phases = Some(
                times
                    .into_iter()
                    .enumerate()
                    .map(|(i, (name, duration, span))| Phase {
                        needs: needed.of(&name),
                        name,
                        kind: PhaseKind::Work,
                        duration,
                        keeps: whole && i > 0,
                        span,
                    })
                    .collect(),
            );
        }
        let people = needed.of("setup");
        if given.contains_key("needs") && station.setup.is_some() {
            own.setup_needs = Some(people.clone());
        }
        if let Some((time, span)) = setup {
            own.setup = Some(Box::new(Setup { otherwise: Some(time), needs: Some(people), span, ..Setup::default() }));
        }
        Some(())
    }

    /// What visits set, as what their stations set for items on these visits; and stations that have setups
    /// only for some visits.
    pub(super) fn visits_into_stations(&mut self, sets: Vec<VisitSets>) {
        let mut by: BTreeMap<(NodeId, usize), BTreeMap<ItemId, Cases>> = BTreeMap::new();
        for (node, item, number, slot, value) in sets {
            let this = Expression::Constant(Quantity { value: Rational::from(i64::from(number)), dim: Dim::NUMBER });
            let here = Expression::Binary(Binary::Equal, Box::new(Expression::Step), Box::new(this));
            by.entry((node, slot)).or_default().entry(item).or_default().push((here, value));
        }
        let on_route: Vec<ItemId> = self.plant.visits.values().map(|v| v.item).collect();
        let own_setups: Vec<NodeId> =
            self.plant.visits.values().filter(|v| v.setup.is_some()).map(|v| v.station).collect();
        for ((node, slot), mut by_item) in by {
            let (name, dim) = self.plant.attributes.get(slot).cloned().unwrap_or((String::new(), Dim::NUMBER));
            let Some(NodeKind::Station(station)) = self.plant.nodes.get_mut(node).map(|n| &mut n.kind) else {
                continue;
            };
            let at = station.sets.iter().position(|(s, _)| *s == slot);
            let general = match at.and_then(|i| station.sets.get(i)) {
                Some((_, value)) => value.clone(),
                None => Expression::Attribute { name, slot, dim },
            };
            // Each type on a route has its own entry: one must not be taken for a kind of another.
            for item in &on_route {
                by_item.entry(*item).or_default();
            }
            let list = by_item
                .into_iter()
                .map(|(item, cases)| {
                    let rest = general.clone();
                    (item, if cases.is_empty() { rest } else { Expression::If(cases, Box::new(rest)) })
                })
                .collect();
            let value = Expression::ByItem(list, Some(Box::new(general)));
            match at.and_then(|i| station.sets.get_mut(i)) {
                Some(entry) => entry.1 = value,
                None => station.sets.push((slot, value)),
            }
        }
        for node in own_setups {
            if let Some(NodeKind::Station(station)) = self.plant.nodes.get_mut(node).map(|n| &mut n.kind) {
                station.setup.get_or_insert_with(Setup::default);
            }
        }
    }
}
