//! Cells: each `place` makes a frame of names of its own, and the body of the cell is read again in it.
//! What comes out is flat: nodes, crews and limits whose names begin with that of the place.
//!
//! Start reading at [`Lower::expand`].

use std::collections::BTreeSet;

use crate::base::{Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::ids::{Id, IdVec};
use crate::syntax::tree::{Argument, Declaration, Entry, Expect, Expr, ExprKind, Flow, Item, Key, Param, Phrase};

use super::import::{Project, Shared};
use super::line::Lower;
use super::scope::{Alias, Definition, FrameId, Kind, Meaning, Value};
use super::told::with_article;

/// What the items of a line or cell are, sorted by what they say.
#[derive(Default)]
pub struct Parts<'a> {
    pub declarations: Vec<&'a Declaration>,
    pub flows: Vec<&'a Flow>,
    pub loops: Vec<&'a Entry>,
    pub fields: Vec<&'a Entry>,
    pub expects: Vec<&'a Expect>,
}

/// A frame with what stands in it.
pub struct Framed<'a> {
    pub frame: FrameId,
    pub kind: Kind,
    pub parts: Parts<'a>,
}

/// A thing given to a parameter of a cell, to be held against the parameter's kind.
pub struct Borrowed<'a> {
    frame: FrameId,
    name: &'a str,
    kind: &'a str,
    span: Span,
}

/// Kinds of parameters that stand for a thing of the line.
const THINGS: [&str; 4] = ["crew", "tool", "shift", "item"];

/// Declarations that belong to the line as a whole.
const OF_LINE: &[&str] = &["line", "demand", "route", "experiment", "policy", "playbook", "tariff"];

impl<'a> Lower<'a> {
    /// The frames of the files a line takes declarations from, each behind those it uses.
    pub(super) fn file_frames(&mut self, project: &'a Project<'_>, shared: &[Shared<'a>]) -> Vec<Framed<'a>> {
        let mut frames = Vec::new();
        let mut of_file: Vec<Option<FrameId>> = vec![None; project.files.len() + 1];
        for file in project.order.iter().copied() {
            let kind = if file == 0 { Kind::Main } else { Kind::Used };
            let frame = self.scope.frame(kind, None);
            if let Some(place) = of_file.get_mut(file) {
                *place = Some(frame);
            }
            if kind == Kind::Used
                && let Some(f) = self.scope.get_mut(frame)
            {
                let name = project.file(file).and_then(|t| self.files.get(t.file)).map_or("", |f| f.name.as_str());
                let own = name.rsplit('/').next().unwrap_or(name);
                f.file = format!("{}.", own.strip_suffix(".line").unwrap_or(own));
            }
            let own = shared.iter().filter(|s| s.file == file).map(|s| s.declaration).collect();
            let parts = Parts { declarations: own, ..Parts::default() };
            self.in_frame(frame, |lower| lower.collect(&parts));
            let before = self.scope.enter(frame);
            for link in project.links.get(file).into_iter().flatten() {
                if let Some(alias) = &link.alias {
                    self.scope.declare(&alias.text, alias.span, Meaning::Other, &mut self.diagnostics);
                }
                let Some(from) = of_file.get(link.to).copied().flatten() else { continue };
                for (name, own) in &link.brings {
                    self.scope.declare_alias(name, link.span, Alias::Own(from, own), &mut self.diagnostics);
                }
            }
            self.scope.enter(before);
            frames.push(Framed { frame, kind, parts });
        }
        frames
    }

    /// Sorts the items of a line or cell.
    pub(super) fn sorted_parts(&mut self, items: &'a [Item], owner: &str) -> Parts<'a> {
        let mut parts = Parts::default();
        for item in items {
            match item {
                Item::Declaration(d) => parts.declarations.push(d),
                Item::Flow(f) => parts.flows.push(f),
                Item::Expect(e) if owner == "line" => parts.expects.push(e),
                Item::Expect(e) => self.belongs_to_line(e.word, owner, "expect"),
                Item::Use(u) => self.push(
                    Diagnostic::new(codes::MISPLACED_ITEM, u.span, "`use` stands outside of lines and cells")
                        .help("move it to the top of the file"),
                ),
                Item::Entry(e) if matches!(e.key, Key::For { .. }) => parts.loops.push(e),
                Item::Entry(e) => parts.fields.push(e),
                Item::Error(_) => self.holes = true,
            }
        }
        parts
    }

    fn belongs_to_line(&mut self, span: Span, owner: &str, what: &str) {
        self.push(
            Diagnostic::new(codes::UNKNOWN_DECLARATION, span, format!("a {owner} has no `{what}`"))
                .help("it is about the line as a whole: write it in the line"),
        );
    }

    /// Reads one kind of thing in every frame; what is new gets the name of its place.
    pub(super) fn each(&mut self, frames: &[Framed<'a>], mut work: impl FnMut(&mut Self, &Parts<'a>)) {
        for framed in frames {
            self.in_frame(framed.frame, |lower| {
                let before = lower.counts();
                work(lower, &framed.parts);
                lower.qualify(before);
            });
        }
    }

    /// Works in a frame: names are seen from it, its shift is the default, and findings tell the place.
    pub(super) fn in_frame<R>(&mut self, frame: FrameId, work: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.scope.enter(frame);
        let shift = (self.line_shift, self.line_shift_end);
        if let Some(own) = self.shifts.get(&frame) {
            (self.line_shift, self.line_shift_end) = *own;
        }
        let found = self.diagnostics.len();
        let result = work(self);
        self.tell_place(frame, found);
        (self.line_shift, self.line_shift_end) = shift;
        self.scope.enter(before);
        result
    }

    /// Adds to new findings where the cell is placed; of a cell placed often, a finding is told once.
    fn tell_place(&mut self, frame: FrameId, from: usize) {
        if self.diagnostics.len() <= from || self.scope.get(frame).is_none_or(|f| f.kind != Kind::Place) {
            return;
        }
        let fresh = self.diagnostics.split_off(from);
        for mut d in fresh {
            let told = |other: &Diagnostic| other.code == d.code && other.primary.span == d.primary.span;
            if self.diagnostics.iter().any(told) {
                continue;
            }
            let mut at = Some(frame);
            while let Some(f) = at.and_then(|f| self.scope.get(f)).filter(|f| f.kind == Kind::Place) {
                if !d.secondary.iter().any(|l| l.span == f.placed) && d.primary.span != f.placed {
                    d = d.with(f.placed, format!("placed here as `{}`", f.prefix.trim_end_matches('.')));
                }
                at = f.placed_by;
            }
            self.diagnostics.push(d);
        }
    }

    fn counts(&self) -> [usize; 6] {
        let p = &self.plant;
        [p.items.len(), p.pools.len(), p.calendars.len(), p.nodes.len(), p.limits.len(), p.stops.len()]
    }

    /// Gives what is new the name of its place. What a used file shares keeps its name, unless another
    /// thing has it.
    fn qualify(&mut self, [items, pools, calendars, nodes, limits, stops]: [usize; 6]) {
        let prefix = self.scope.prefix().to_string();
        let file = self.scope.get(self.scope.here).map_or_else(String::new, |f| f.file.clone());
        let plant = &mut self.plant;
        rename(&mut plant.items, items, |x| &mut x.name, &prefix, &file);
        rename(&mut plant.pools, pools, |x| &mut x.name, &prefix, &file);
        rename(&mut plant.calendars, calendars, |x| &mut x.name, &prefix, &file);
        rename(&mut plant.nodes, nodes, |x| &mut x.name, &prefix, &file);
        rename(&mut plant.limits, limits, |x| &mut x.name, &prefix, &file);
        for shared in plant.stops.iter_mut().skip(stops) {
            let name = match &mut shared.owner {
                // Nodes had their whole names before their fields were read.
                Some(_)
                    if shared
                        .stops
                        .iter()
                        .any(|s| matches!(s, crate::ir::Stopped::Node(_) | crate::ir::Stopped::Vehicle(..))) =>
                {
                    continue;
                }
                Some(owner) => owner,
                None => shared.stop.name_mut(),
            };
            name.insert_str(0, &prefix);
        }
    }

    /// `shift:` and `shift_end:` of the line, and of the cells that have their own.
    pub(super) fn shift_defaults(&mut self, frames: &[Framed<'a>]) {
        let (mut line, mut outside) = (None, Vec::new());
        for framed in frames {
            let frame = framed.frame;
            match framed.kind {
                Kind::Main | Kind::Used => outside.push(frame),
                Kind::Line | Kind::Place => {
                    let by = self.scope.get(frame).and_then(|f| f.placed_by);
                    let default = by.and_then(|by| self.shifts.get(&by).copied());
                    let default = default.unwrap_or((None, crate::ir::ShiftEnd::Pause));
                    self.shifts.insert(frame, default);
                    let own = self.in_frame(frame, |lower| {
                        lower.line_defaults(&framed.parts.fields);
                        (lower.line_shift, lower.line_shift_end)
                    });
                    self.shifts.insert(frame, own);
                    if framed.kind == Kind::Line {
                        line = Some(own);
                    }
                }
            }
        }
        // Crews that lines share work when the line does.
        for frame in outside {
            self.shifts.extend(line.map(|own| (frame, own)));
        }
    }

    /// Makes a frame of every placed cell, and of those placed in them.
    pub(super) fn expand(&mut self, frames: &mut Vec<Framed<'a>>) {
        let mut at = 0;
        while let Some(framed) = frames.get(at) {
            let places: Vec<&'a Declaration> =
                framed.parts.declarations.iter().filter(|d| d.word.text == "place").copied().collect();
            let frame = framed.frame;
            for d in places {
                let placed = self.in_frame(frame, |lower| lower.place(d));
                match placed {
                    Some(placed) => frames.extend(placed),
                    None => self.holes = true,
                }
            }
            at += 1;
        }
    }

    /// `place weld[4]: Robot_cell(cycle: 42 s, robot: r1)`
    fn place(&mut self, d: &'a Declaration) -> Option<Vec<Framed<'a>>> {
        let due = || format!("write `place {}: CELL(name: value)`", d.name.text);
        if let Some(block) = &d.block {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, block.span, "a placed cell has no block of its own")
                    .help("give its values as arguments; what is inside stands with the `cell`"),
            );
        }
        let Some(phrase) = &d.phrase else {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, d.name.span, "the place does not say which cell stands there")
                    .help(due()),
            );
            return None;
        };
        if phrase.is_error() {
            return None;
        }
        let (named, arguments): (&'a Expr, &'a [Argument]) = match phrase.as_expr().map(|e| (&e.kind, e)) {
            Some((ExprKind::Call { function, arguments }, _)) => (function, arguments),
            Some((ExprKind::Name(_), e)) => (e, &[]),
            _ => {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, phrase.span, "the name of a cell is due here").help(due()),
                );
                return None;
            }
        };
        let index = match self.meaning_of(named, "cell", |m| matches!(m, Meaning::Cell(_)))? {
            Meaning::Cell(index) => index,
            other => {
                let text = self.text(named.span);
                self.wrong_kind(&text, named.span, other, "a cell");
                return None;
            }
        };
        let (cell, around) = self.scope.cells.get(index).copied()?;
        self.not_within_itself(index, named.span)?;
        let params = cell.params.as_deref().unwrap_or_default();
        let given = self.match_arguments(params, arguments, &cell.name.text, "cell", phrase.span)?;
        let size = self.array_size(d)?;
        if self.scope.size() as u64 + size > limits::NODES as u64 {
            self.push(Diagnostic::new(
                codes::OUT_OF_RANGE,
                d.name.span,
                format!("more than {} cells are placed", limits::NODES),
            ));
            return None;
        }
        let items = cell.block.as_ref().map_or(&[][..], |b| &b.items);
        if items.is_empty() {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, cell.name.span, format!("cell `{}` is empty", cell.name.text))
                    .help("write its ports, stations and flows between `{` and `}`"),
            );
            return None;
        }
        let here = self.scope.here;
        let before = self.scope.prefix().to_string();
        let first = FrameId(self.scope.size());
        for (member, k) in self.member_names(d, size).into_iter().zip(0..) {
            let indices = if Self::differs_by_member(d) { self.member_values(d, k) } else { Vec::new() };
            let frame = self.scope.frame(Kind::Place, Some(around));
            if let Some(f) = self.scope.get_mut(frame) {
                f.indices = indices;
                f.prefix = format!("{before}{member}.");
                f.placed_by = Some(here);
                f.placed = d.name.span;
                f.cell = Some(index);
            }
        }
        let meaning = if d.indices.is_empty() { Meaning::Place(first) } else { Meaning::Places(first, size) };
        self.scope.set(&d.name.text, meaning);
        let shape = self.array_shape(d);
        self.scope.shape_of(meaning, shape);
        let mut placed = Vec::new();
        for frame in (first.0..self.scope.size()).map(FrameId) {
            let parts = self.in_frame(frame, |lower| {
                for (param, phrase) in params.iter().zip(&given) {
                    lower.parameter(param, *phrase, here, around, phrase_span(phrase, d));
                }
                let parts = lower.sorted_parts(items, "cell");
                lower.cell_fields(&parts.fields);
                lower.collect(&parts);
                lower.declare_ports(&parts.declarations);
                parts
            });
            placed.push(Framed { frame, kind: Kind::Place, parts });
        }
        Some(placed)
    }

    /// Complains about a cell that stands, perhaps through others, in itself.
    fn not_within_itself(&mut self, index: usize, span: Span) -> Option<()> {
        let mut at = Some(self.scope.here);
        let mut round: Vec<usize> = Vec::new();
        while let Some(frame) = at.and_then(|f| self.scope.get(f)) {
            if let Some(cell) = frame.cell {
                round.push(cell);
                if cell == index {
                    let name = |i: &usize| self.scope.cells.get(*i).map_or("", |(d, _)| d.name.text.as_str());
                    let chain: Vec<String> = round.iter().rev().map(|i| format!("`{}`", name(i))).collect();
                    let text = format!("cell `{}` is placed within itself", name(&index));
                    let note = format!("{} places `{}`", chain.join(" places "), name(&index));
                    self.push(Diagnostic::new(codes::CELL_IN_ITSELF, span, text).note(note));
                    return None;
                }
            }
            at = frame.placed_by;
        }
        Some(())
    }

    /// Declares a parameter of a cell in the frame of a place. `here` is where it is placed.
    fn parameter(&mut self, param: &'a Param, given: Option<&'a Phrase>, here: FrameId, around: FrameId, span: Span) {
        let kind = match param.kind.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Name(name)) => name.as_str(),
            Some(ExprKind::Item) => "item",
            _ => {
                self.push(
                    Diagnostic::new(codes::WRONG_VALUE, param.kind.span, "the kind of a parameter is due here")
                        .help("write `cycle: time`, `machines: count`, `robot: tool`, `part: item`"),
                );
                return;
            }
        };
        let (name, at) = (param.name.text.as_str(), param.name.span);
        let Some(kind) = THINGS.iter().find(|k| **k == kind).copied() else {
            let from = match (given, &param.default) {
                (Some(phrase), _) => Definition::Given(param, phrase, here),
                (None, Some(phrase)) => Definition::Default(param, phrase),
                (None, None) => return,
            };
            let meaning = Meaning::Value(self.scope.values.len());
            if self.scope.declare(name, at, meaning, &mut self.diagnostics) {
                self.scope.values.push(Value { frame: self.scope.here, name, span: at, from });
            }
            return;
        };
        // A default is seen from the cell, an argument from where it is placed.
        let (phrase, seen) = match (given, &param.default) {
            (Some(phrase), _) => (phrase, here),
            (None, Some(phrase)) => (phrase, around),
            (None, None) => return,
        };
        let indices = match (given, self.scope.get(self.scope.here)) {
            (Some(_), Some(frame)) => frame.indices.clone(),
            _ => Vec::new(),
        };
        let outer = std::mem::replace(&mut self.locals, indices);
        let before = self.scope.enter(seen);
        let alias = self.thing(phrase, kind, seen);
        self.scope.enter(before);
        self.locals = outer;
        let Some(alias) = alias else {
            self.holes = true;
            self.scope.declare(name, at, Meaning::Other, &mut self.diagnostics);
            return;
        };
        if self.scope.declare_alias(name, at, alias, &mut self.diagnostics) {
            self.borrowed.push(Borrowed { frame: self.scope.here, name, kind, span });
        }
    }

    /// What is given for a crew, tool, shift or item.
    fn thing(&mut self, phrase: &'a Phrase, kind: &str, seen: FrameId) -> Option<Alias<'a>> {
        match phrase.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Name(name)) => Some(Alias::Seen(seen, name)),
            Some(ExprKind::Index { base, index }) if base.name().is_some() => {
                let number = self.index(index)?;
                let number = u64::try_from(number).unwrap_or(u64::MAX);
                Some(Alias::Member(seen, base.name()?, number))
            }
            _ if phrase.is_error() => None,
            _ => {
                self.push(Diagnostic::new(
                    codes::WRONG_VALUE,
                    phrase.span,
                    format!("the name of {} is due here", with_article(kind)),
                ));
                None
            }
        }
    }

    /// Holds what is given to parameters against their kinds, once all is declared.
    pub(super) fn check_borrowed(&mut self) {
        for borrowed in std::mem::take(&mut self.borrowed) {
            let shown = self.text(borrowed.span);
            let meaning = self.scope.find_in(borrowed.frame, borrowed.name);
            let pool = |tool: bool| match meaning {
                Some(Meaning::Pool(id)) => {
                    self.plant.pools.get(id).is_some_and(|p| (p.kind == crate::ir::PoolKind::Tool) == tool)
                }
                _ => false,
            };
            let fits = match borrowed.kind {
                "crew" => pool(false),
                "tool" => pool(true),
                "shift" => matches!(meaning, Some(Meaning::Calendar(_))),
                _ => matches!(meaning, Some(Meaning::Item(_))),
            };
            let wanted = with_article(borrowed.kind);
            match meaning {
                _ if fits => {}
                // What is no member of its array was not told yet.
                Some(Meaning::Other) if !shown.contains('[') => {
                    let before =
                        self.scope.enter(self.scope.get(borrowed.frame).and_then(|f| f.placed_by).unwrap_or_default());
                    self.declared_as_another(&shown, borrowed.span, &wanted, &[borrowed.kind]);
                    self.scope.enter(before);
                }
                Some(Meaning::Other) => {
                    self.push(Diagnostic::new(
                        codes::OUT_OF_RANGE,
                        borrowed.span,
                        format!("there is no {} `{shown}`", borrowed.kind),
                    ));
                    self.holes = true;
                }
                None => {
                    let placed_by = self.scope.get(borrowed.frame).and_then(|f| f.placed_by);
                    let before = self.scope.enter(placed_by.unwrap_or_default());
                    let kind = borrowed.kind;
                    let d = self.scope.unknown(&shown, borrowed.span, kind, |m| match kind {
                        "shift" => matches!(m, Meaning::Calendar(_)),
                        "item" => matches!(m, Meaning::Item(_)),
                        _ => matches!(m, Meaning::Pool(_)),
                    });
                    self.scope.enter(before);
                    self.push(d);
                    self.holes = true;
                }
                Some(Meaning::Pool(_)) => {
                    let other = if borrowed.kind == "tool" { "crew" } else { "tool" };
                    self.push(Diagnostic::new(
                        codes::WRONG_KIND_OF_NAME,
                        borrowed.span,
                        format!("`{shown}` is a {other}, but the name of {wanted} is due here"),
                    ));
                }
                Some(meaning) => self.wrong_kind(&shown, borrowed.span, meaning, &wanted),
            }
        }
    }

    /// A cell has the fields of a line that set a default, and no others.
    fn cell_fields(&mut self, fields: &[&'a Entry]) {
        for entry in fields {
            let word = entry.key.word();
            if matches!(word, Some("shift" | "shift_end")) {
                continue;
            }
            let named = match &entry.key {
                Key::Chain(chain) => match chain.as_expr().map(|e| &e.kind) {
                    Some(ExprKind::NamedTable { name, .. }) => Some(name.text.as_str()),
                    _ => word,
                },
                _ => word,
            };
            match named {
                Some("run") => self.belongs_to_line(entry.key.span(), "cell", "run"),
                Some(word) => {
                    let message = format!("a cell has no field `{word}`");
                    self.push(
                        Diagnostic::new(codes::UNKNOWN_FIELD, entry.key.span(), message)
                            .help("its fields are `shift`, `shift_end`; parameters stand behind its name"),
                    );
                }
                None => {
                    self.push(Diagnostic::new(codes::UNKNOWN_FIELD, entry.key.span(), "this means nothing in a cell"));
                }
            }
        }
    }

    /// Whether a declaration may stand where it does; complains when not.
    pub(super) fn stands_well(&mut self, d: &'a Declaration) -> bool {
        let place = self.scope.get(self.scope.here).is_some_and(|f| f.kind == Kind::Place);
        let word = d.word.text.as_str();
        if place && OF_LINE.contains(&word) {
            self.belongs_to_line(d.word.span, "cell", word);
            return false;
        }
        if !place && matches!(word, "in" | "out") {
            self.push(
                Diagnostic::new(codes::UNKNOWN_DECLARATION, d.word.span, "only a `cell` has ports")
                    .help("items come from a `source` and end at a `sink`"),
            );
            return false;
        }
        true
    }
}

/// Puts `prefix` before the names of the things of a table from `from` on; `file`, where another thing
/// has the name.
fn rename<I: Id, T>(
    table: &mut IdVec<I, T>,
    from: usize,
    of: impl Fn(&mut T) -> &mut String,
    prefix: &str,
    file: &str,
) {
    if !prefix.is_empty() {
        table.values_mut().skip(from).for_each(|t| of(t).insert_str(0, prefix));
    } else if !file.is_empty() && table.len() > from {
        let taken: BTreeSet<String> = table.values_mut().take(from).map(|t| of(t).clone()).collect();
        for name in table.values_mut().skip(from).map(of).filter(|n| taken.contains(*n)) {
            name.insert_str(0, file);
        }
    }
}

fn phrase_span(phrase: &Option<&Phrase>, d: &Declaration) -> Span {
    phrase.map_or(d.name.span, |p| p.span)
}
