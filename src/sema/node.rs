//! Sources, stations, buffers and sinks: their fields.

use num_traits::{One, Signed};

use crate::base::{Dim, Rational, Span, limits};
use crate::diag::{Diagnostic, codes};
use crate::ir::account::NodeAccount;
use crate::ir::{
    Blocking, Buffer, Capacity, Expression, Node, NodeId, NodeKind, Recipe, Release, ReleaseCrew, ShiftEnd, Source,
    Station,
};
use crate::syntax::tree::{Declaration, ExprKind, Key, Phrase};

use super::account::Owner;
use super::fields::{Fields, list};
use super::line::Lower;
use super::scope::Meaning;
use super::stop::Place;

/// What is known of a station's own queue.
#[derive(Clone, Copy, Debug)]
pub struct QueuePlan {
    /// `queue:` as written.
    pub asked: Option<Capacity>,
    /// The buffer node, once made.
    pub node: Option<NodeId>,
}

/// Fields of other things: what a station has instead.
const NOT_OF_STATION: &[(&str, &str, &str)] = &[(
    "overtake",
    "items overtake each other where they wait, not on a machine",
    "write it at the buffer or on the arrow before the station: `-[10, overtake: yes]->`",
)];

const STATION: &[&str] = &[
    "machines",
    "cycle",
    "steps",
    "stay",
    "ideal",
    "setup",
    "setup_by",
    "initially",
    "lost",
    "choose",
    "birth",
    "needs",
    "takes",
    "makes",
    "release",
    "batch",
    "wait_at_most",
    "same",
    "load",
    "blocking",
    "yield",
    "queue",
    "order",
    "hold_when_down",
    "release_crew",
    "shift",
    "shift_end",
    "sets",
    "work",
    "power",
    "cost",
];

const BUFFER: &[&str] =
    &["capacity", "initial", "overtake", "order", "min_stay", "max_stay", "within", "expired", "reserve"];
const NOT_OF_BUFFER: &[(&str, &str, &str)] =
    &[("shift", "a buffer holds items around the clock", "give the shift to the stations that fill and empty it")];

/// A declaration of nodes with the nodes.
pub type DeclaredNode<'a> = (&'a Declaration, Vec<NodeId>);

impl<'a> Lower<'a> {
    /// Declares every node.
    pub fn declare_nodes(&mut self, declarations: &[&'a Declaration]) -> Vec<DeclaredNode<'a>> {
        let mut declared = Vec::new();
        for d in declarations {
            let kind = match d.word.text.as_str() {
                "source" => NodeKind::Source(Source::default()),
                "station" => NodeKind::Station(Box::default()),
                "buffer" => NodeKind::Buffer(Buffer::default()),
                "conveyor" => NodeKind::Conveyor(Box::default()),
                "sink" => NodeKind::Sink,
                _ => continue,
            };
            let Some(size) = self.array_size(d) else {
                self.holes = true;
                continue;
            };
            if self.plant.nodes.len() as u64 + size > limits::NODES as u64 {
                let text = format!("the line has more than {} nodes", limits::NODES);
                self.push(Diagnostic::new(codes::OUT_OF_RANGE, d.name.span, text));
                self.holes = true;
                continue;
            }
            let mut ids = Vec::new();
            for name in self.member_names(d, size) {
                ids.push(self.plant.nodes.push(new_node(name, d.name.span, kind.clone())));
            }
            let Some(first) = ids.first().copied() else { continue };
            if self.scope.find(&d.name.text) == Some(Meaning::Other) {
                let meaning = if d.indices.is_empty() { Meaning::Node(first) } else { Meaning::Array(first, size) };
                self.scope.set(&d.name.text, meaning);
                let shape = self.array_shape(d);
                self.scope.shape_of(meaning, shape);
            }
            declared.push((*d, ids));
        }
        declared
    }

    /// Reads the fields of nodes, which may name other nodes.
    pub fn read_nodes(&mut self, declared: Vec<DeclaredNode<'a>>) {
        for (d, ids) in declared {
            if !Self::differs_by_member(d) {
                self.read_node(d, ids);
                continue;
            }
            for (member, id) in (0..).zip(ids) {
                self.for_member(d, member, |lower| lower.read_node(d, vec![id]));
            }
        }
    }

    /// Reads the fields of nodes that are alike.
    fn read_node(&mut self, d: &'a Declaration, ids: Vec<NodeId>) {
        self.asked_shift = (None, ShiftEnd::Pause);
        self.loads_several = false;
        self.asked_account = NodeAccount::default();
        let kind = match d.word.text.as_str() {
            "source" => self.source(d).map(NodeKind::Source),
            "station" => self.station(d).map(|s| NodeKind::Station(Box::new(s))),
            "buffer" => self.buffer(d).map(NodeKind::Buffer),
            "conveyor" => self.conveyor(d).map(|c| NodeKind::Conveyor(Box::new(c))),
            _ => {
                let _ = Fields::of(d, &[], &mut self.diagnostics);
                Some(NodeKind::Sink)
            }
        };
        let asked = self.asked_queue.take();
        let stops = std::mem::take(&mut self.asked_stops);
        let Some(kind) = kind else {
            self.holes = true;
            return;
        };
        for id in ids {
            if matches!(kind, NodeKind::Station(_)) {
                self.queues.insert(id, QueuePlan { asked, node: None });
            }
            let shift = self.asked_shift;
            if !self.asked_account.is_empty() {
                self.plant.accounts.nodes.insert(id, self.asked_account.clone());
            }
            if let Some(node) = self.plant.nodes.get_mut(id) {
                node.kind = kind.clone();
                (node.calendar, node.shift_end) = shift;
            }
            self.node_stops(&stops, id, shift.0);
        }
    }

    /// Fields of a block, and of those that belong to other things why.
    pub fn known_fields(
        &mut self,
        d: &'a Declaration,
        known: &[&'static str],
        others: &[(&'static str, &'static str, &'static str)],
    ) -> Fields<'a> {
        let all: Vec<&str> = known.iter().copied().chain(others.iter().map(|(w, ..)| *w)).collect();
        let fields = Fields::of(d, &all, &mut self.diagnostics);
        for (word, why, help) in others {
            if let Some(span) = fields.has(word) {
                let text = format!("{} has no `{word}`", fields.owner);
                self.push(Diagnostic::new(codes::UNKNOWN_FIELD, span, text).note(*why).help(*help));
                self.holes = true;
            }
        }
        fields
    }

    // ---- station ----

    fn station(&mut self, d: &'a Declaration) -> Option<Station> {
        let fields = self.known_fields(d, STATION, NOT_OF_STATION);
        self.asked_shift = (self.shift_field(&fields), self.shift_end_field(&fields));
        self.asked_account = self.account(&fields, Owner::Station);
        let machines = match fields.get("machines", &mut self.diagnostics) {
            Some(phrase) => self.count(phrase, "machines", 0, limits::MEMBERS),
            None => Some(1),
        };
        self.loads_several = ["takes", "batch"].iter().any(|w| fields.has(w).is_some())
            || fields.inner.iter().any(|d| d.word.text == "recipe");
        let work = self.work(&fields);
        let gathered = self.gathering(&fields);
        let release = match self.word(&fields, "release", &["each", "together"]) {
            Some("together") => Release::Together,
            _ => Release::Each,
        };
        let yield_share = match fields.get("yield", &mut self.diagnostics) {
            Some(phrase) => Some(self.share_of(phrase, "yield")?),
            None => None,
        };
        self.asked_queue = match fields.get("queue", &mut self.diagnostics) {
            Some(phrase) => self.capacity(phrase, "queue"),
            None => None,
        };
        let ideal = match fields.get("ideal", &mut self.diagnostics) {
            Some(phrase) => {
                let time = self.time(phrase, "ideal")?;
                if time.constant().is_none() {
                    return self.wrong_value(phrase.span, "`ideal` is a fixed time: the shortest a cycle can take");
                }
                Some(time)
            }
            None => None,
        };
        let sets = match fields.get("sets", &mut self.diagnostics) {
            Some(phrase) => self.assignments(phrase)?,
            None => Vec::new(),
        };
        let order = match fields.get("order", &mut self.diagnostics) {
            Some(phrase) => Some(self.precedence(phrase, true)?),
            None => None,
        };
        let blocking = match self.word(&fields, "blocking", &["after_work", "before_work"]) {
            Some("before_work") => Blocking::BeforeWork,
            _ => Blocking::AfterWork,
        };
        let lowest_first = self.word(&fields, "choose", &["longest_idle", "lowest"]) == Some("lowest");
        let hold_when_down = self.yes_no(&fields, "hold_when_down");
        let release_crew = match self.word(&fields, "release_crew", &["after_work", "after_leaving"]) {
            Some("after_leaving") => ReleaseCrew::AfterLeaving,
            _ => ReleaseCrew::AfterWork,
        };
        let on_belt = self.on_belt(&fields, machines);
        let mut breakdowns = Vec::new();
        let mut maintenance = Vec::new();
        let mut recipes = Vec::new();
        let mut good = true;
        for inner in &fields.inner {
            match inner.word.text.as_str() {
                "breakdown" => match self.breakdown(inner, Place::Station) {
                    Some(b) => breakdowns.push(b),
                    None => good = false,
                },
                "maintenance" => match self.maintenance(inner, Place::Station) {
                    Some(m) => maintenance.push(m),
                    None => good = false,
                },
                "recipe" => match self.recipe(inner, &fields) {
                    Some(r) => recipes.push(r),
                    None => good = false,
                },
                _ => good = false,
            }
        }
        super::stop::by_name(&mut breakdowns, &mut maintenance);
        self.no_inner(&fields, &["breakdown", "maintenance", "recipe"]);
        good &= self.distinct(&fields.inner);
        if !good {
            return None;
        }
        let span = fields.has("takes").or(fields.has("batch")).unwrap_or(d.name.span);
        let (phases, setup) = work?;
        let gathered = gathered?;
        if recipes.is_empty() {
            recipes.push(Recipe { name: String::new(), span, release, phases, ..gathered });
        } else {
            self.share_of_station(&mut recipes, &phases, release);
        }
        let by_recipe = recipes.len() > 1 && recipes.iter().any(|r| r.setup.is_some());
        let setup = if by_recipe { Some(crate::ir::Setup { by_recipe, ..crate::ir::Setup::default() }) } else { setup };
        let load_each = self.load_field(&fields, machines?, &recipes)?;
        Some(Station {
            machines: machines?,
            lowest_first,
            recipes,
            load_each,
            setup,
            yield_share,
            breakdowns,
            maintenance,
            sets,
            hold_when_down,
            release_crew,
            blocking,
            ideal,
            order,
            on_belt: on_belt?,
        })
    }

    /// `work: on belt`: the item stays on the belt while the one machine works on it.
    fn on_belt(&mut self, fields: &Fields<'a>, machines: Option<u64>) -> Option<bool> {
        let Some(phrase) = fields.get("work", &mut self.diagnostics) else { return Some(false) };
        if phrase.as_expr().and_then(|e| e.name()) != Some("on belt") {
            let d = Diagnostic::new(codes::WRONG_VALUE, phrase.span, "`work` says where: `work: on belt`");
            self.push(d.fix("write `on belt`", phrase.span, "on belt"));
            return None;
        }
        let several = ["takes", "makes", "batch", "queue"].iter().any(|w| fields.has(w).is_some());
        if machines.is_some_and(|n| n > 1) || several {
            self.push(
                Diagnostic::new(
                    codes::WRONG_VALUE,
                    phrase.span,
                    "work on the belt is done by one machine on one item where it stands: no `machines`, `takes`, `makes`, `batch` or `queue`",
                )
                .help("leave `work: on belt` out: then the station takes items off the belt"),
            );
            return None;
        }
        Some(true)
    }

    /// A cycle: a time, or times by item.
    pub(super) fn cycle(&mut self, phrase: &'a Phrase) -> Option<Expression> {
        if let Some(ExprKind::Table(table)) = phrase.as_expr().map(|e| &e.kind)
            && self.names_items(table)
            && !self.is_by_step(table)
        {
            let mut list = Vec::new();
            let mut rest = None;
            for entry in &table.entries {
                let value = entry.phrase.as_ref().and_then(|p| self.time(p, "cycle"));
                match &entry.key {
                    Key::Word(w) if matches!(w.text.as_str(), "else" | "rest") => rest = Some(Box::new(value?)),
                    Key::Chain(chain) => {
                        let expr = self.only_expr(chain, "the name of an item")?;
                        let Some(name) = expr.name() else {
                            return self.wrong_value(expr.span, "the name of an item is due here");
                        };
                        let item = self.item_named(name, expr.span)?;
                        if list.iter().any(|(i, _)| *i == item) {
                            self.push(Diagnostic::new(
                                codes::DUPLICATE_FIELD,
                                expr.span,
                                format!("`{name}` is given twice"),
                            ));
                            return None;
                        }
                        list.push((item, value?));
                    }
                    key => return self.wrong_value(key.span(), "the name of an item, or `else`, is due here"),
                }
            }
            return Some(Expression::ByItem(list, rest));
        }
        self.time(phrase, "cycle")
    }

    pub fn missing(&mut self, fields: &Fields<'a>, word: &str, example: &str) {
        if fields.has(word).is_none() && !fields.meant(word) {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, fields.owner_span, format!("{} has no `{word}`", fields.owner))
                    .help(format!("write `{example}`")),
            );
        }
    }

    // ---- buffer ----

    fn buffer(&mut self, d: &'a Declaration) -> Option<Buffer> {
        let fields = self.known_fields(d, BUFFER, NOT_OF_BUFFER);
        self.no_inner(&fields, &[]);
        let capacity = match fields.get("capacity", &mut self.diagnostics) {
            Some(phrase) => self.capacity(phrase, "capacity"),
            None => {
                self.missing(&fields, "capacity", "capacity: 20");
                None
            }
        };
        let mut initial = Vec::new();
        if let Some(phrase) = fields.get("initial", &mut self.diagnostics) {
            for part in self.counted(phrase, "item")? {
                let item = self.item_named(part.name, part.span)?;
                initial.push((item, part.count));
            }
        }
        let capacity = capacity?;
        let inside: u64 = initial.iter().map(|(_, n)| *n).fold(0, u64::saturating_add);
        if let Capacity::Places(n) = capacity
            && inside > n
        {
            self.push(
                Diagnostic::new(
                    codes::OUT_OF_RANGE,
                    fields.span("initial"),
                    format!("{inside} items do not fit into {n} places"),
                )
                .with(fields.span("capacity"), "the places"),
            );
            return None;
        }
        if inside > limits::INITIAL {
            self.push(Diagnostic::new(
                codes::OUT_OF_RANGE,
                fields.span("initial"),
                format!("at most {} items can be inside at the start", limits::INITIAL),
            ));
            return None;
        }
        let mut buffer = Buffer { capacity, initial, ..Buffer::default() };
        if let Some(phrase) = fields.get("reserve", &mut self.diagnostics) {
            buffer.kept = self.kept_places(&fields, phrase, capacity)?;
        }
        buffer.overtake = self.yes_no(&fields, "overtake");
        if let Some(phrase) = fields.get("order", &mut self.diagnostics) {
            buffer.order = Some(self.precedence(phrase, false)?);
            if buffer.overtake {
                self.push(
                    Diagnostic::new(
                        codes::WRONG_VALUE,
                        fields.span("overtake"),
                        "a buffer either lets all its items leave or has an order in which they do",
                    )
                    .with(fields.span("order"), "the order")
                    .help("leave one of the two out"),
                );
                return None;
            }
        }
        if let Some(phrase) = fields.get("min_stay", &mut self.diagnostics) {
            buffer.transit = Some(self.time(phrase, "min_stay")?);
        }
        let (stay, within) = (fields.has("max_stay"), fields.has("within"));
        if let (Some(first), Some(second)) = (stay, within) {
            self.push(
                Diagnostic::new(codes::DUPLICATE_FIELD, second, "`within` and `max_stay` mean the same")
                    .with(first, "given here"),
            );
            return None;
        }
        let word = if stay.is_some() { "max_stay" } else { "within" };
        if let Some(phrase) = fields.get(word, &mut self.diagnostics) {
            buffer.max_stay = Some(self.time(phrase, word)?);
        }
        if let Some(phrase) = fields.get("expired", &mut self.diagnostics) {
            buffer.expired = Some(self.expired_target(phrase)?);
        }
        self.stays(&mut buffer, fields.span("expired"), fields.span("min_stay"))?;
        Some(buffer)
    }

    /// `expired: rework`
    pub(super) fn expired_target(&mut self, phrase: &'a Phrase) -> Option<crate::ir::Target> {
        let expr = self.only_expr(&phrase.chain, "the name of a node")?;
        let node = self.node_expr(expr, "node")?;
        if !self.enterable(node, expr.span) {
            return None;
        }
        Some(crate::ir::Target { node, visit: None, span: expr.span })
    }

    /// Holds shortest and longest stays of a buffer or arrow against each other.
    pub(super) fn stays(&mut self, buffer: &mut Buffer, expired: Span, shortest: Span) -> Option<()> {
        if buffer.expired.is_some() && buffer.max_stay.is_none() {
            self.push(
                Diagnostic::new(codes::MISSING_FIELD, expired, "`expired` needs to know how long items may stay")
                    .help("write `max_stay: 2 h` beside it"),
            );
            return None;
        }
        if let (Some(Expression::Constant(low)), Some(Expression::Constant(high))) = (&buffer.transit, &buffer.max_stay)
            && low.value >= high.value
        {
            self.push(
                Diagnostic::new(codes::OUT_OF_RANGE, shortest, "every item would stay too long before it may leave")
                    .help("the longest stay is longer than the shortest"),
            );
            return None;
        }
        if buffer.is_loose() && buffer.transit.is_some() {
            // Each item waits for its own stay to end, then it stands among the others.
            buffer.keeps_order = false;
        }
        Some(())
    }

    /// A number of places, or `unlimited`.
    pub fn capacity(&mut self, phrase: &'a Phrase, what: &str) -> Option<Capacity> {
        if phrase.as_expr().and_then(|e| e.name()) == Some("unlimited") {
            return Some(Capacity::Unlimited);
        }
        self.count(phrase, what, 0, limits::COUNT).map(Capacity::Places)
    }

    // ---- small values ----

    /// A constant share from 0 to 1.
    pub fn share_of(&mut self, phrase: &'a Phrase, what: &str) -> Option<Rational> {
        let typed = match phrase.as_expr() {
            Some(expr) => self.share(expr)?,
            None => self.evaluate_phrase(phrase)?,
        };
        let Expression::Constant(q) = &typed.value else {
            self.push(
                Diagnostic::new(codes::WRONG_VALUE, phrase.span, format!("`{what}` is a fixed share, not a draw"))
                    .help("write a share such as `98.5 %`, or the name of a `param` or `let` that holds one"),
            );
            return None;
        };
        if q.dim != Dim::RATIO {
            let text = self.text(phrase.span);
            let d = Diagnostic::new(
                codes::MISSING_UNIT,
                phrase.span,
                format!("`{what}` is a share and is written with `%`"),
            );
            self.push(if q.dim == Dim::NUMBER && super::told::is_literal(&text) {
                d.fix(format!("write `{text} %`"), phrase.span, format!("{text} %"))
            } else {
                d.help("write a share such as `98.5 %`")
            });
            return None;
        }
        if q.value.is_negative() || q.value > Rational::one() {
            self.push(Diagnostic::new(
                codes::OUT_OF_RANGE,
                phrase.span,
                format!("`{what}` is {}; a share lies between 0 % and 100 %", super::told::shown(q)),
            ));
            return None;
        }
        Some(q.value.clone())
    }

    /// A field that is one of several words.
    pub fn word(&mut self, fields: &Fields<'a>, field: &str, words: &[&'static str]) -> Option<&'static str> {
        let phrase = fields.get(field, &mut self.diagnostics)?;
        let name = phrase.as_expr().and_then(|e| e.name());
        let found = name.and_then(|n| words.iter().find(|w| **w == n)).copied();
        if found.is_none() {
            let mut d =
                Diagnostic::new(codes::WRONG_VALUE, phrase.span, format!("`{field}` is one of {}", list(words)));
            if let Some(near) = name.and_then(|n| crate::base::names::nearest(n, words.iter().copied())) {
                d = d.fix(format!("write `{near}`"), phrase.span, near);
            }
            self.push(d);
        }
        found
    }

    pub fn yes_no(&mut self, fields: &Fields<'a>, field: &str) -> bool {
        let Some(phrase) = fields.get(field, &mut self.diagnostics) else { return false };
        match phrase.as_expr().map(|e| &e.kind) {
            Some(ExprKind::Bool(b)) => *b,
            Some(ExprKind::Name(n)) if n == "yes" => true,
            Some(ExprKind::Name(n)) if n == "no" => false,
            _ => {
                self.push(Diagnostic::new(codes::WRONG_VALUE, phrase.span, format!("`{field}` is `yes` or `no`")));
                false
            }
        }
    }

    pub fn no_inner(&mut self, fields: &Fields<'a>, allowed: &[&str]) {
        for inner in &fields.inner {
            if !allowed.contains(&inner.word.text.as_str()) {
                self.push(
                    Diagnostic::new(
                        codes::UNKNOWN_FIELD,
                        inner.word.span,
                        format!("{} has no `{}`", fields.owner, inner.word.text),
                    )
                    .help(if allowed.is_empty() {
                        "it has fields only".to_string()
                    } else {
                        format!("it may have {}", list(allowed))
                    }),
                );
            }
        }
    }
}

/// A node without a way out.
pub fn new_node(name: String, span: Span, kind: NodeKind) -> Node {
    Node { name, span, kind, routing: None, calendar: None, shift_end: ShiftEnd::Pause, items: Vec::new() }
}
