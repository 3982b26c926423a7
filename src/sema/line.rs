//! Lowers one line: collects its names, then items, resources, nodes, statements, routes, flows, and
//! checks what came out.

use std::collections::BTreeMap;

use crate::base::{SourceMap, Span, limits, names};
use crate::diag::{Diagnostic, Severity, codes};
use crate::ir::{ItemId, ItemType, NodeId, Plant, PoolKind};
use crate::syntax::tree::{Declaration, Entry, Expr, ExprKind};

use super::Options;
use super::cell::{Framed, Parts};
use super::fields::Fields;
use super::import::{Project, Shared};
use super::scope::{Definition, Kind, Meaning, Scope, Value};
use super::value::Typed;

/// Words that declare something in a line.
pub const WORDS: &[&str] = &[
    "item",
    "crew",
    "tool",
    "pallets",
    "fleet",
    "source",
    "station",
    "buffer",
    "conveyor",
    "sink",
    "store",
    "shift",
    "cell",
    "place",
    "param",
    "let",
    "fn",
    "route",
    "breakdown",
    "maintenance",
    "demand",
    "limit",
    "experiment",
    "policy",
    "playbook",
    "lane",
    "tariff",
];

/// Words whose meaning follows in a later version.
const LATER: &[(&str, &str)] = &[
    ("store", "stores"),
    ("experiment", "experiments"),
    ("policy", "policies"),
    ("playbook", "playbooks"),
    ("lane", "lanes"),
    ("tariff", "tariffs"),
];

/// A line being lowered.
pub struct Lower<'a> {
    pub files: &'a SourceMap,
    pub options: &'a Options<'a>,
    pub diagnostics: Vec<Diagnostic>,
    pub scope: Scope<'a>,
    pub plant: Plant,
    /// Values by index, once evaluated.
    pub values: BTreeMap<usize, Option<Typed>>,
    pub evaluating: Vec<usize>,
    /// Functions being written out, by index.
    pub calling: Vec<usize>,
    /// Parameters of the function being written out; names of loops.
    pub locals: Vec<(String, Typed)>,
    /// Folders of used files.
    pub folders: &'a BTreeMap<crate::base::FileId, String>,
    /// Whether the file has no other line, which may use what this one does not.
    pub only_line: bool,
    /// Ports of placed cells.
    pub ports: Vec<super::port::Port>,
    /// Ways that lead through ports, as written.
    pub crossings: Vec<(NodeId, crate::ir::Routing)>,
    /// Things given to parameters of cells.
    pub borrowed: Vec<super::cell::Borrowed<'a>>,
    /// `shift:` and `shift_end:` by frame.
    pub shifts: BTreeMap<super::scope::FrameId, (Option<crate::ir::CalendarId>, crate::ir::ShiftEnd)>,
    /// Queue nodes of stations, and whether one was asked for by `queue:`.
    pub queues: BTreeMap<NodeId, super::node::QueuePlan>,
    /// `queue:` of the station being read.
    pub asked_queue: Option<crate::ir::Capacity>,
    /// Whether the fields being read belong to a station that may load several items at once.
    pub loads_several: bool,
    /// Shift of the node being read.
    pub asked_shift: (Option<crate::ir::CalendarId>, crate::ir::ShiftEnd),
    /// Breakdowns and maintenance of the source being read.
    pub asked_stops: Vec<crate::ir::Stop>,
    /// Whether some declaration could not be read: complaints about what is missing would mislead.
    pub holes: bool,
    /// Whether some text could not be read: what is missing may stand there.
    pub(super) broken: bool,
    /// Names of anonymous buffers, counted.
    pub lanes: BTreeMap<String, u32>,
    /// Names of visits and of their stations, in written order.
    pub(super) step_names: Vec<super::step::Step>,
    /// What visits set, until all routes are read.
    pub(super) visit_sets: Vec<super::visit::VisitSets>,
    /// `shift:` of the line: the default of its sources, stations and crews.
    pub line_shift: Option<crate::ir::CalendarId>,
    /// `shift_end:` of the line.
    pub line_shift_end: crate::ir::ShiftEnd,
    /// Closed days of shifts, until the start of the run is known.
    pub closed_days: Vec<super::calendar::Closed>,
    /// Shifts that are no weeks, until the run's start is known.
    pub patterns: Vec<super::calendar::Pattern>,
    /// When the run starts, in seconds since 1970.
    pub run_start: Option<i64>,
    /// The first amount of money.
    pub currency_span: Span,
    /// What fleets say about nodes, by their index.
    pub(super) fleet_plans: Vec<super::fleet::FleetPlan>,
    /// Arrows by vehicle.
    pub(super) moves: Vec<super::fleet::Moved>,
    /// Schedules whose times are dates: where the file is named.
    pub dated: Vec<Span>,
    /// Power and money of the node being read.
    pub asked_account: crate::ir::account::NodeAccount,
    /// The dimension of the value that is due: it gives bare names their meaning.
    pub(super) due: crate::base::Dim,
    /// Slots of attributes that are counts.
    pub(super) counts: Vec<usize>,
    /// Attributes whose declaration is in error, which has been told.
    pub(super) bad_attributes: Vec<String>,
}

/// Before the brace that ends a line.
fn end(line: &Declaration) -> Span {
    let whole = line.block.as_ref().map_or(line.name.span, |b| b.span);
    let at = whole.end.saturating_sub(1).max(whole.start);
    Span { start: at, end: at, ..whole }
}

/// Lowers a line with what it shares with others. Of a broken file, gaps are no faults of ours.
pub fn lower<'a>(
    files: &'a SourceMap,
    line: &'a Declaration,
    project: &'a Project<'_>,
    shared: &[Shared<'a>],
    options: &'a Options<'a>,
    settings: &mut super::setting::Settings,
) -> (Option<Plant>, Vec<Diagnostic>) {
    let broken = project.main.broken || project.files.iter().any(|f| f.broken);
    let mut lower = Lower {
        files,
        options,
        diagnostics: Vec::new(),
        scope: Scope::default(),
        plant: Plant { name: line.name.text.clone(), span: line.name.span, end: end(line), ..Plant::default() },
        values: BTreeMap::new(),
        evaluating: Vec::new(),
        calling: Vec::new(),
        locals: Vec::new(),
        folders: &project.folders,
        only_line: project.lines() == 1,
        ports: Vec::new(),
        crossings: Vec::new(),
        borrowed: Vec::new(),
        shifts: BTreeMap::new(),
        queues: BTreeMap::new(),
        asked_queue: None,
        loads_several: false,
        asked_shift: (None, crate::ir::ShiftEnd::Pause),
        asked_stops: Vec::new(),
        holes: broken,
        broken,
        lanes: BTreeMap::new(),
        step_names: Vec::new(),
        visit_sets: Vec::new(),
        line_shift: None,
        line_shift_end: crate::ir::ShiftEnd::Pause,
        closed_days: Vec::new(),
        patterns: Vec::new(),
        run_start: None,
        currency_span: Span::default(),
        dated: Vec::new(),
        fleet_plans: Vec::new(),
        moves: Vec::new(),
        asked_account: crate::ir::account::NodeAccount::default(),
        due: crate::base::Dim::NUMBER,
        counts: Vec::new(),
        bad_attributes: Vec::new(),
    };
    lower.plant.run.span = line.name.span;
    lower.line(line, project, shared);
    settings.add(lower.parameters());
    lower.plant.parameters = lower.settable();
    lower.numbered();
    let plant = lower.plant;
    match crate::ir::verify::verify(&plant) {
        Ok(()) => {
            let mut diagnostics = lower.diagnostics;
            // Whatever is passed over has been told; what is not would vanish without a word.
            if lower.holes && !broken && !diagnostics.iter().any(|d| d.severity == Severity::Error) {
                let text = "a part of the line was passed over without a finding";
                diagnostics.push(Diagnostic::new(codes::INTERNAL, line.name.span, text));
            }
            (Some(plant), diagnostics)
        }
        Err(problems) => {
            let mut diagnostics = lower.diagnostics;
            if !broken && !diagnostics.iter().any(|d| d.severity == Severity::Error) {
                let text = problems.first().cloned().unwrap_or_default();
                diagnostics.push(Diagnostic::new(
                    codes::INTERNAL,
                    line.name.span,
                    format!("the plant is not sound: {text}"),
                ));
            }
            (None, diagnostics)
        }
    }
}

impl<'a> Lower<'a> {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn line(&mut self, line: &'a Declaration, project: &'a Project<'_>, shared: &[Shared<'a>]) {
        let Some(block) = &line.block else {
            self.push(
                Diagnostic::new(codes::NO_LINE, line.name.span, format!("line `{}` is empty", line.name.text))
                    .help("write its sources, stations, flows and sinks between `{` and `}`"),
            );
            return;
        };
        let mut frames = self.file_frames(project, shared);
        let file = frames.last().map(|f| f.frame);
        let frame = self.scope.frame(Kind::Line, file);
        let parts = self.in_frame(frame, |lower| {
            let parts = lower.sorted_parts(&block.items, "line");
            lower.collect(&parts);
            parts
        });
        let (fields, expects) = (parts.fields.clone(), parts.expects.clone());
        frames.push(Framed { frame, kind: Kind::Line, parts });
        self.expand(&mut frames);
        self.each(&frames, |lower, parts| lower.items(parts));
        self.only_item();
        self.each(&frames, |lower, parts| lower.port_items(&parts.declarations));
        self.each(&frames, |lower, parts| lower.calendars(&parts.declarations));
        self.shift_defaults(&frames);
        self.each(&frames, |lower, parts| lower.former_names(parts));
        self.each(&frames, |lower, parts| lower.resources(&parts.declarations));
        self.check_borrowed();
        self.each(&frames, |lower, parts| lower.fleets(&parts.declarations));
        self.each(&frames, |lower, parts| lower.steps(&parts.declarations));
        self.evaluate_values();
        let mut declared = Vec::new();
        self.each(&frames, |lower, parts| declared.push(lower.declare_nodes(&parts.declarations)));
        let mut declared = declared.into_iter();
        self.each(&frames, |lower, _| lower.read_nodes(declared.next().unwrap_or_default()));
        self.each(&frames, |lower, parts| lower.fleet_tables(&parts.declarations));
        self.each(&frames, |lower, parts| lower.line_stops(&parts.declarations));
        self.each(&frames, |lower, parts| lower.pool_orders(&parts.declarations));
        self.in_frame(frame, |lower| lower.run_settings(&fields, line));
        self.date_orders();
        self.each(&frames, |lower, parts| lower.limits_and_demands(&parts.declarations));
        for framed in &frames {
            self.in_frame(framed.frame, |lower| {
                lower.routes(&framed.parts.declarations);
                for flow in &framed.parts.flows {
                    lower.flow(&flow.chain, None);
                }
                for entry in &framed.parts.loops {
                    lower.flow_loop(entry);
                }
            });
        }
        self.join_ports();
        self.finish_ways();
        let found = self.diagnostics.len();
        self.finish_fleets();
        self.tell_once(found);
        self.in_frame(frame, |lower| lower.expectations(&expects));
        self.join_empty_buffers();
        self.finish_kept();
        self.finish_belts();
        self.one_order_each();
        if self.plant.nodes.len() > limits::NODES {
            self.push(Diagnostic::new(
                codes::OUT_OF_RANGE,
                line.name.span,
                format!("the line has {} nodes; at most {} are possible", self.plant.nodes.len(), limits::NODES),
            ));
            return;
        }
        super::items::check(self);
        super::clocks::check(self);
        self.unused();
    }

    /// Declares every name.
    pub(super) fn collect(&mut self, parts: &Parts<'a>) {
        for d in parts.declarations.iter().copied() {
            if !self.stands_well(d) {
                self.holes = true;
                continue;
            }
            let word = d.word.text.as_str();
            let (name, span) = (d.name.text.as_str(), d.name.span);
            match word {
                "demand" | "route" => {}
                "param" | "let" => {
                    let meaning = Meaning::Value(self.scope.values.len());
                    if self.scope.declare(name, span, meaning, &mut self.diagnostics) {
                        let frame = self.scope.here;
                        self.scope.values.push(Value { frame, name, span, from: Definition::Declared(d) });
                    }
                }
                "fn" => {
                    let meaning = Meaning::Function(self.scope.functions.len());
                    if self.scope.declare(name, span, meaning, &mut self.diagnostics) {
                        self.scope.functions.push((d, self.scope.here));
                    }
                }
                "cell" => {
                    let meaning = Meaning::Cell(self.scope.cells.len());
                    if self.scope.declare(name, span, meaning, &mut self.diagnostics) {
                        self.scope.cells.push((d, self.scope.here));
                    }
                }
                // Ports follow when the names are known that their number may mention.
                "place" | "in" | "out" => {
                    self.scope.declare(name, span, Meaning::Other, &mut self.diagnostics);
                }
                "item" | "crew" | "tool" | "fleet" | "shift" | "source" | "station" | "buffer" | "conveyor"
                | "sink" | "limit" | "pallets" | "breakdown" | "maintenance" => {
                    let single =
                        ["item", "fleet", "shift", "limit", "pallets", "breakdown", "maintenance"].contains(&word);
                    if single && !d.indices.is_empty() {
                        let text = format!("there are no arrays of {word}s");
                        self.push(Diagnostic::new(codes::WRONG_VALUE, d.name.span.to(d.span), text).help(
                            "arrays are of stations, buffers, sources, sinks, conveyors, crews, tools and placed cells",
                        ));
                    }
                    self.scope.declare(name, span, Meaning::Other, &mut self.diagnostics);
                }
                _ => {
                    if let Some((_, what)) = LATER.iter().find(|(w, _)| *w == word) {
                        let _: Option<()> = self.later(d.word.span.to(d.name.span), what);
                        self.scope.declare(name, span, Meaning::Other, &mut self.diagnostics);
                    } else {
                        self.push(unknown_word(&d.word));
                        self.scope.declare(name, span, Meaning::Other, &mut self.diagnostics);
                    }
                    self.holes = true;
                }
            }
            self.scope.note_word(name, span, word);
            self.only_its_parts(d);
        }
    }

    fn items(&mut self, parts: &Parts<'a>) {
        let mut declared = Vec::new();
        for d in parts.declarations.iter().filter(|d| d.word.text == "item") {
            let (fields, attributes) = Fields::of_item(d, &mut self.diagnostics);
            let mass = fields.get("mass", &mut self.diagnostics).and_then(|p| {
                let typed = self.evaluate_phrase(p)?;
                let mass = self.constant_of(&typed, crate::base::Dim::MASS, p.span, "mass")?;
                if mass.value < crate::base::Rational::from(0u64) {
                    let text = format!("`mass` is {}; the least is 0 kg", super::told::shown(&mass));
                    self.push(Diagnostic::new(codes::OUT_OF_RANGE, p.span, text));
                    return None;
                }
                Some(mass)
            });
            let length = match fields.has("length") {
                Some(_) => self.positive(&fields, "length", crate::base::Dim::LENGTH, "length: 0.6 m"),
                None => None,
            };
            let id = self.plant.items.push(ItemType {
                name: d.name.text.clone(),
                span: d.name.span,
                is: None,
                mass,
                length,
                attributes: Vec::new(),
            });
            // Two declarations of one name: the first stays.
            if self.scope.find(&d.name.text) == Some(Meaning::Other) {
                self.scope.set(&d.name.text, Meaning::Item(id));
            }
            declared.push((id, fields, attributes));
        }
        for (id, _, attributes) in &declared {
            for entry in attributes {
                if let Some(attribute) = self.declared_attribute(entry)
                    && let Some(item) = self.plant.items.get_mut(*id)
                {
                    item.attributes.push(attribute);
                }
            }
        }
        for (id, fields, _) in declared {
            self.item_cost(id, &fields);
            let Some(phrase) = fields.get("is", &mut self.diagnostics) else { continue };
            let Some((name, span)) = self.name_in(phrase, "an item") else { continue };
            let Some(parent) = self.item_named(name, span) else { continue };
            if self.descends(parent, id) {
                self.push(Diagnostic::new(
                    codes::CIRCULAR_VALUE,
                    span,
                    format!("`{name}` is itself a kind of this item"),
                ));
            } else if let Some(item) = self.plant.items.get_mut(id) {
                item.is = Some(parent);
            }
        }
    }

    /// A line that declares no item makes one kind of them.
    fn only_item(&mut self) {
        if self.plant.items.is_empty() {
            self.plant.items.push(ItemType {
                name: "Item".to_string(),
                span: self.plant.span,
                is: None,
                mass: None,
                length: None,
                attributes: Vec::new(),
            });
        }
    }

    /// `passes: count = 0`, `colour: red | blue`
    fn declared_attribute(&mut self, entry: &'a Entry) -> Option<crate::ir::Attribute> {
        let found = self.attribute_declared(entry);
        if let (None, Some(name)) = (&found, entry.key.word()) {
            self.bad_attributes.push(name.to_string());
        }
        found
    }

    fn attribute_declared(&mut self, entry: &'a Entry) -> Option<crate::ir::Attribute> {
        let example =
            "write `NAME: KIND = VALUE`, for example `passes: count = 0`, or name its values: `colour: red | blue`";
        let (Some(name), Some(kind)) = (entry.key.word(), &entry.phrase) else {
            self.push(Diagnostic::new(codes::WRONG_VALUE, entry.span, "an attribute needs a kind").help(example));
            return None;
        };
        let expr = self.only_expr(&kind.chain, "a kind such as `count` or `time`")?;
        let listed = self.listed_names(expr);
        if listed.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        let slot = self.plant.attributes.iter().position(|(n, _)| n == name);
        let dim = match &listed {
            Some(_) => Self::named_dim(slot.unwrap_or(self.plant.attributes.len())),
            None => Some(self.attribute_kind(expr, name)?),
        };
        let Some(dim) = dim else {
            return self.wrong_value(expr.span, "there are too many attributes for one whose values have names");
        };
        let slot = match slot {
            Some(slot) => {
                let other = self.plant.attributes.get(slot).map_or(dim, |(_, d)| *d);
                let same = listed.as_ref().is_none_or(|names| self.names_of_dim(other) == names.as_slice());
                if other != dim || !same {
                    let was = if other.names > 0 { self.shown_names(other) } else { format!("a {other}") };
                    let is = match &listed {
                        Some(names) => super::fields::list(&names.iter().map(String::as_str).collect::<Vec<_>>()),
                        None => format!("a {dim}"),
                    };
                    self.push(
                        Diagnostic::new(
                            codes::WRONG_DIMENSION,
                            expr.span,
                            format!("`{name}` is {was} with another item and {is} here"),
                        )
                        .help("items pass attributes on by their names: give one of them another name"),
                    );
                    return None;
                }
                slot
            }
            None => {
                self.plant.attributes.push((name.to_string(), dim));
                let slot = self.plant.attributes.len() - 1;
                if let Some(names) = listed {
                    self.plant.value_names.push((slot, names));
                } else if expr.name() == Some("count") {
                    self.counts.push(slot);
                }
                slot
            }
        };
        let default = match &entry.default {
            Some(phrase) => {
                let typed = match phrase.as_expr() {
                    Some(value) => self.evaluate_due_expr(value, dim)?,
                    None => self.evaluate_due(phrase, dim)?,
                };
                if typed.dim.exponents != dim.exponents || typed.dim.names != dim.names {
                    let d = self.unfit(name, dim, &typed, phrase.span);
                    self.push(d.with(expr.span, "declared here"));
                    return None;
                }
                self.whole(name, slot, &typed.value, phrase.span)?;
                Some(typed.value)
            }
            None => None,
        };
        Some(crate::ir::Attribute { name: name.to_string(), span: entry.span, dim, slot, default })
    }

    /// The dimension of an attribute's kind; texts and lists of names in other forms are answered with the
    /// form that there is.
    fn attribute_kind(&mut self, kind: &'a Expr, name: &str) -> Option<crate::base::Dim> {
        let names: Option<Vec<&str>> = match &kind.kind {
            ExprKind::Table(table) => {
                table.entries.iter().map(|e| e.key.word().filter(|_| e.phrase.is_none())).collect()
            }
            ExprKind::List(list) => list.iter().map(|p| p.as_expr().and_then(Expr::name)).collect(),
            _ => None,
        };
        let text = matches!(kind.name(), Some("text" | "string" | "str" | "name" | "enum" | "word" | "String"));
        let d = match names.filter(|n| n.len() > 1) {
            Some(names) => {
                let right = names.join(" | ");
                Diagnostic::new(codes::WRONG_VALUE, kind.span, "names of values stand between `|`").fix(
                    format!("write `{right}`"),
                    kind.span,
                    right,
                )
            }
            None if text => {
                let what = kind.name().unwrap_or_default();
                Diagnostic::new(codes::WRONG_VALUE, kind.span, format!("there is no kind of value `{what}`"))
                    .help(format!("name the values that there are: `{name}: red | blue`"))
            }
            None if kind.name().is_none() => {
                Diagnostic::new(codes::WRONG_VALUE, kind.span, "a kind of value is due here")
                    .help(format!("write `{name}: count = 0`, or name the values: `{name}: red | blue`"))
            }
            None => return self.kind_named(kind),
        };
        self.push(d);
        None
    }

    /// Whether an item type is another or one of its kinds.
    pub fn descends(&self, item: ItemId, ancestor: ItemId) -> bool {
        let mut at = Some(item);
        for _ in 0..=self.plant.items.len() {
            match at {
                Some(id) if id == ancestor => return true,
                Some(id) => at = self.plant.items.get(id).and_then(|i| i.is),
                None => return false,
            }
        }
        false
    }

    pub fn item_named(&mut self, name: &str, span: Span) -> Option<ItemId> {
        match self.scope.find(name) {
            Some(Meaning::Item(id)) => Some(id),
            Some(Meaning::Other) => {
                self.declared_as_another(name, span, "an item", &["item"]);
                None
            }
            Some(other) => {
                self.wrong_kind(name, span, other, "an item");
                None
            }
            None => {
                let d = self.scope.unknown(name, span, "item", |m| matches!(m, Meaning::Item(_)));
                // The kind of item that a line has which declares none; nobody can have named it.
                let unnamed = name == "Item" && self.plant.items.values().all(|i| i.name == "Item");
                self.push(match unnamed {
                    true => {
                        let mut d = d;
                        d.help.clear();
                        d.note("a line that declares no item has one kind, which results call `Item`")
                            .help("to name it in the text, declare it: `item Item {}`, and `makes: Item` at the source")
                    }
                    false => d,
                });
                None
            }
        }
    }

    pub fn wrong_kind(&mut self, name: &str, span: Span, meaning: Meaning, wanted: &str) {
        self.push(Diagnostic::new(
            codes::WRONG_KIND_OF_NAME,
            span,
            format!("`{name}` is {}, but the name of {wanted} is due here", meaning.kind()),
        ));
    }

    pub fn constant_of(
        &mut self,
        typed: &Typed,
        dim: crate::base::Dim,
        span: Span,
        what: &str,
    ) -> Option<crate::base::Quantity> {
        let crate::ir::Expression::Constant(q) = &typed.value else {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, span, format!("`{what}` is a fixed value, not a draw"))
                    .help("write a value with its unit, or the name of a `param` or `let` that holds one"),
            );
            return None;
        };
        if q.dim != dim {
            self.wrong_dimension(&format!("`{what}`"), dim, q.dim, span);
            return None;
        }
        Some(q.clone())
    }

    pub fn pool_kind(word: &str) -> PoolKind {
        if word == "tool" { PoolKind::Tool } else { PoolKind::Crew }
    }
}

/// The complaint about a word that declares nothing.
pub fn unknown_word(word: &crate::syntax::tree::Name) -> Diagnostic {
    let text = word.text.as_str();
    if text == "line" {
        return Diagnostic::new(codes::UNKNOWN_DECLARATION, word.span, "a line does not stand inside of another")
            .help("write it outside; a part of a line that is used several times is a `cell`");
    }
    let d = Diagnostic::new(codes::UNKNOWN_DECLARATION, word.span, format!("there is no declaration `{text}`"));
    if let Some(trade) = crate::base::trade::find(text, "declaration") {
        return d.help(trade.write);
    }
    match names::nearest(text, WORDS.iter().copied().chain(["line"])) {
        Some(near) => d.fix(format!("write `{near}`"), word.span, near),
        None => d.help("a line declares items, sources, stations, buffers, sinks, crews, flows and routes"),
    }
}
