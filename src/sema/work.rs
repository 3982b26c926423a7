//! What a station does with an item: one cycle or several steps, setups before them, and who is needed
//! for which.

use crate::diag::{Diagnostic, codes};
use crate::ir::{Expression, Need, Phase, PhaseKind, Setup};
use crate::syntax::tree::{ExprKind, Key, Phrase, Table};

use super::fields::Fields;
use super::line::Lower;

/// `needs:` as written.
enum Needed {
    /// One holding over setup and work.
    Whole(Vec<Need>),
    /// By phase.
    ByPhase(Vec<(String, Vec<Need>)>),
}

impl<'a> Lower<'a> {
    /// The phases and setups of a station.
    pub(super) fn work(&mut self, fields: &Fields<'a>) -> Option<(Vec<Phase>, Option<Setup>)> {
        let steps = fields.get("steps", &mut self.diagnostics);
        let cycle = fields.get("cycle", &mut self.diagnostics);
        let setup = fields.get("setup", &mut self.diagnostics);
        let needs = fields.get("needs", &mut self.diagnostics);
        if let (Some(steps), Some(cycle)) = (steps, cycle) {
            self.push(
                Diagnostic::new(
                    codes::DUPLICATE_FIELD,
                    steps.span,
                    "`cycle` and `steps` both say how long the work takes",
                )
                .with(cycle.span, "given here")
                .help("keep one of the two"),
            );
            return None;
        }
        let times = match (steps, cycle) {
            (Some(phrase), _) => self.step_times(phrase),
            (None, Some(phrase)) => self.cycle(phrase).map(|e| vec![("cycle".to_string(), e, phrase.span)]),
            (None, None) if fields.has("cycle").or(fields.has("steps")).is_some() => None,
            // Every visit of a route may bring its own cycle; the check of ways tells when one is missing.
            (None, None) => Some(vec![("cycle".to_string(), Expression::ByItem(Vec::new(), None), fields.owner_span)]),
        };
        let stay = match fields.get("stay", &mut self.diagnostics) {
            Some(phrase) => match self.time(phrase, "stay")? {
                Expression::ByItem(_, None) => {
                    return self.wrong_value(phrase.span, "`stay` has no time for all other items: add `else: 12 s`");
                }
                time => Some((time, phrase.span)),
            },
            None if fields.has("stay").is_some() => return None,
            None => None,
        };
        if let (Some((_, span)), Some(steps)) = (&stay, steps) {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    steps.span,
                    "`steps` follow each other, items that `stay` do so beside each other",
                )
                .with(*span, "given here")
                .help("write `cycle`: the time after which the next item may come"),
            );
            return None;
        }
        if let (Some((_, span)), None) = (&stay, cycle) {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, *span, "`stay` does not say when the next item may come")
                    .help("write `cycle: 0.1 s` beside it"),
            );
            return None;
        }
        let setup_times = self.setup_fields(fields, setup);
        let names: Vec<String> = times.iter().flatten().map(|(name, ..)| name.clone()).collect();
        let needed = match needs.map(|n| (n, n.as_expr().map(|e| &e.kind))) {
            None => Some(Needed::Whole(Vec::new())),
            Some((_, Some(ExprKind::Table(table)))) => self.needs_by_phase(table, &names, setup.is_some()),
            Some((phrase, _)) => self.needs(phrase).map(Needed::Whole),
        };
        let (times, needed) = (times?, needed?);
        let of = |phase: &str| match &needed {
            Needed::Whole(list) => list.clone(),
            Needed::ByPhase(table) => {
                table.iter().find(|(p, _)| p == phase).map(|(_, n)| n.clone()).unwrap_or_default()
            }
        };
        let whole = matches!(needed, Needed::Whole(_));
        let mut phases: Vec<Phase> = times
            .into_iter()
            .enumerate()
            .map(|(i, (name, duration, span))| Phase {
                needs: of(&name),
                name,
                kind: PhaseKind::Work,
                duration,
                keeps: whole && i > 0,
                span,
            })
            .collect();
        if let Some((duration, span)) = stay {
            let (name, kind) = ("stay".to_string(), PhaseKind::Stay);
            phases.push(Phase { name, kind, duration, needs: Vec::new(), keeps: false, span });
        }
        let setup = match setup_times? {
            None => None,
            Some(mut setup) => {
                setup.needs = (!whole).then(|| of("setup"));
                Some(setup)
            }
        };
        Some((phases, setup))
    }

    /// `steps: { load: 2 min, run: 9 min }`, in order.
    fn step_times(&mut self, phrase: &'a Phrase) -> Option<Vec<(String, Expression, crate::base::Span)>> {
        let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind) else {
            return self
                .wrong_value(phrase.span, "`steps` is a table of names and times: `{ load: 2 min, run: 9 min }`");
        };
        let mut steps: Vec<(String, Expression, crate::base::Span)> = Vec::new();
        let mut good = !table.incomplete;
        for entry in &table.entries {
            let name = match &entry.key {
                Key::Chain(chain) => chain.as_expr().and_then(|e| e.name()).map(str::to_string),
                Key::Word(word) => Some(word.text.clone()),
                _ => None,
            };
            let Some(name) = name else {
                let _: Option<()> = self.wrong_value(entry.key.span(), "the name of a step is due here");
                good = false;
                continue;
            };
            if name == "setup" || steps.iter().any(|(n, ..)| *n == name) {
                let why = if name == "setup" {
                    "`setup` is no step: it has a field of its own"
                } else {
                    "this step is given twice"
                };
                self.push(Diagnostic::new(codes::DUPLICATE_FIELD, entry.key.span(), why));
                good = false;
                continue;
            }
            match entry.phrase.as_ref().and_then(|p| self.cycle(p)) {
                Some(time) => steps.push((name, time, entry.span)),
                None => good = false,
            }
        }
        if good && steps.is_empty() {
            return self.wrong_value(phrase.span, "`steps` has no step");
        }
        good.then_some(steps)
    }

    /// `needs: { setup: 1 setters, load: 1 turners }`.
    fn needs_by_phase(&mut self, table: &'a Table, phases: &[String], setup: bool) -> Option<Needed> {
        let mut known: Vec<&str> = phases.iter().map(String::as_str).collect();
        if setup {
            known.push("setup");
        }
        let mut list: Vec<(String, Vec<Need>)> = Vec::new();
        let mut good = !table.incomplete;
        for entry in &table.entries {
            let name = match &entry.key {
                Key::Chain(chain) => chain.as_expr().and_then(|e| e.name()).unwrap_or_default(),
                key => key.word().unwrap_or_default(),
            };
            if !known.contains(&name) || list.iter().any(|(n, _)| n == name) {
                let why = if known.contains(&name) {
                    format!("the needs of `{name}` are given twice")
                } else {
                    format!("the work has no phase `{name}`; it has {}", super::fields::list(&known))
                };
                let d = Diagnostic::new(codes::WRONG_VALUE, entry.key.span(), why);
                let one = phases.len() == 1 && phases.first().is_some_and(|p| p == "cycle");
                self.push(match (known.contains(&name), name) {
                    (true, _) => d,
                    (false, "setup") => d.help("give the station a `setup` first: `setup: { A <-> B: 10 min }`"),
                    (false, _) if one && name != "work" && name != "cycle" => d.help(format!(
                        "divide the work: `steps: {{ {name}: 1 min, run: 9 min }}` in the place of `cycle`"
                    )),
                    (false, _) => d.help(format!("phases are {}", super::fields::list(&known))),
                });
                good = false;
                continue;
            }
            match entry.phrase.as_ref().and_then(|p| self.needs(p)) {
                Some(needs) => list.push((name.to_string(), needs)),
                None => good = false,
            }
        }
        good.then_some(Needed::ByPhase(list))
    }
}
