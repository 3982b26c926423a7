//! Nodes: what makes, works on, holds and takes out items.

use crate::base::{Rational, Span, Ticks};

use super::{
    Breakdown, CalendarId, Conveyor, Expression, ItemId, Maintenance, Need, NodeId, Precedence, Routing, ShiftEnd,
    Target,
};

/// A source, station, buffer, conveyor or sink.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Qualified name: `filler`, `weld[2].robot`, `filler->capper`, `saw.queue`, `in.outside`.
    pub name: String,
    /// Where it is declared (an anonymous buffer: its arrow).
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
    /// Where items go from here when they are not on a route; absent at sinks, and at stations that
    /// only routes visit.
    pub routing: Option<Routing>,
    /// When it works; absent: always.
    pub calendar: Option<CalendarId>,
    /// What happens to work at the end of a shift.
    pub shift_end: ShiftEnd,
    /// Item types that can be here, sorted.
    pub items: Vec<ItemId>,
}

/// The kinds of nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Makes items.
    Source(Source),
    /// Works on items.
    Station(Box<Station>),
    /// Holds items: a named buffer, the places or transit of an arrow, a station's own queue.
    Buffer(Buffer),
    /// Carries items in order.
    Conveyor(Box<Conveyor>),
    /// Takes items out of the line.
    Sink,
}

/// How many fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// This many.
    Places(u64),
    /// Any number.
    Unlimited,
}

/// Makes items.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What it makes: item types with their shares in the long run, which add up to 1, in written order.
    pub mix: Vec<(ItemId, Rational)>,
    /// What it makes one after another, repeated for ever; empty: each item is drawn from the mix.
    pub campaign: Vec<Campaign>,
    /// When.
    pub supply: Supply,
    /// Items at once (number; a draw is rounded to the nearest whole number).
    pub lot: Box<Expression>,
    /// Time of the first item (time).
    pub first: Expression,
    /// How many in all; absent: no end.
    pub total: Option<u64>,
    /// What happens when the next node has no room.
    pub when_full: WhenFull,
    /// Where `makes` is written.
    pub mix_span: Span,
    /// Attributes set when an item is made: index into the attributes of the plant, value.
    pub with: Vec<(usize, Expression)>,
}

impl Default for Source {
    fn default() -> Self {
        let zero = crate::base::Quantity { value: Rational::from(0), dim: crate::base::Dim::TIME };
        Self {
            mix: Vec::new(),
            campaign: Vec::new(),
            supply: Supply::Always,
            lot: Box::new(Expression::Constant(crate::base::Quantity::number(1))),
            first: Expression::Constant(zero),
            total: None,
            when_full: WhenFull::Pause,
            mix_span: Span::default(),
            with: Vec::new(),
        }
    }
}

/// When a source makes items.
#[derive(Clone, Debug, PartialEq)]
pub enum Supply {
    /// Always one ready; it is born when it leaves.
    Always,
    /// One after each interval (time).
    Every(Expression),
    /// One after each interval, which goes by hours: what is left of an interval when other hours begin
    /// is stretched or shrunk as the means of the two are.
    ByHours {
        /// Hours and their interval (time), in written order; they do not overlap.
        hours: Vec<(CalendarId, Expression)>,
        /// At all other hours (time); absent: nothing comes then, and the interval waits.
        rest: Option<Box<Expression>>,
    },
    /// At the beginnings of the windows of a timetable.
    At(CalendarId),
    /// As listed, in order of time.
    Orders(Vec<Order>),
    /// When what runs the line says so: each item with its type and the time of its birth, in order of time.
    Outside,
}

/// Some items in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// How many.
    pub count: u64,
    /// Of which types: shares that add up to 1.
    pub mix: Vec<(ItemId, Rational)>,
}

/// A row of a schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// When its items come.
    pub at: Ticks,
    /// Their type.
    pub item: ItemId,
    /// How many.
    pub count: u64,
    /// What they carry: index into the attributes of the plant, value in base units.
    pub attributes: Vec<(usize, f64)>,
}

impl Source {
    /// Whether it makes exactly one item at a time.
    #[must_use]
    pub fn makes_single_items(&self) -> bool {
        let one = self.lot.constant().is_some_and(|q| q.value == Rational::from(1));
        one && !matches!(self.supply, Supply::Orders(_))
    }
}

/// What a source does when the next node has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Its clock stops until the item has left.
    Pause,
    /// Items wait outside, without limit.
    Queue,
    /// The item is lost.
    Lose,
}

/// Works on one item, or one set of parts, per machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    /// Machines in parallel.
    pub machines: u64,
    /// Of several idle machines the one of the lowest number is taken, not the one idle longest.
    pub lowest_first: bool,
    /// What is taken, done and made; at least one. Several are `recipe`s.
    pub recipes: Vec<Recipe>,
    /// Changeover work.
    pub setup: Option<Setup>,
    /// Share of good items per item made; absent: all.
    pub yield_share: Option<Rational>,
    /// Breakdowns, each on its own clock per machine.
    pub breakdowns: Vec<Breakdown>,
    /// Planned stops.
    pub maintenance: Vec<Maintenance>,
    /// A finished item stays on a machine that is down.
    pub hold_when_down: bool,
    /// When the people of the work go free.
    pub release_crew: ReleaseCrew,
    /// When the place behind is taken.
    pub blocking: Blocking,
    /// Parts are loaded one by one as they come.
    pub load_each: bool,
    /// Attributes set after work and yield, all at once: index into the attributes of the plant, value.
    pub sets: Vec<(usize, Expression)>,
    /// Share of ideal cycle for OEE (time).
    pub ideal: Option<Expression>,
    /// Who is next, of all that waits for it.
    pub order: Option<Precedence>,
    /// Works on items that stay on the belt, between one conveyor and the next.
    pub on_belt: bool,
}

impl Default for Station {
    fn default() -> Self {
        Self {
            machines: 1,
            lowest_first: false,
            recipes: Vec::new(),
            setup: None,
            yield_share: None,
            breakdowns: Vec::new(),
            maintenance: Vec::new(),
            hold_when_down: false,
            release_crew: ReleaseCrew::AfterWork,
            blocking: Blocking::AfterWork,
            load_each: false,
            sets: Vec::new(),
            ideal: None,
            order: None,
            on_belt: false,
        }
    }
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            name: String::new(),
            span: Span::default(),
            takes: Vec::new(),
            makes: Vec::new(),
            release: Release::Each,
            batch: None,
            wait_at_most: None,
            same: None,
            birth: Birth::Oldest,
            setup: None,
            phases: Vec::new(),
        }
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self {
            capacity: Capacity::Unlimited,
            initial: Vec::new(),
            transit: None,
            keeps_order: true,
            anonymous: false,
            overtake: false,
            order: None,
            max_stay: None,
            expired: None,
            kept: Vec::new(),
            by: None,
        }
    }
}

impl Buffer {
    /// Whether it is declared without places: items go on at once, or stay where they are.
    #[must_use]
    pub fn hands_over(&self) -> bool {
        !self.anonymous && self.capacity == Capacity::Places(0)
    }

    /// Places that are kept from an item, given for whom they are kept that it belongs to: those before the first
    /// of these.
    #[must_use]
    pub fn kept_from(&self, is_for: impl Fn(&KeptFor) -> bool) -> u64 {
        let before = self.kept.iter().take_while(|k| !is_for(&k.whom));
        before.map(|k| k.places).fold(0, u64::saturating_add)
    }

    /// Places that are kept for some of its items, all together.
    #[must_use]
    pub fn kept_places(&self) -> u64 {
        self.kept.iter().map(|k| k.places).fold(0, u64::saturating_add)
    }

    /// Whether others than the first item may leave.
    #[must_use]
    pub fn is_loose(&self) -> bool {
        self.overtake || self.order.is_some() || self.max_stay.is_some()
    }
}

impl Station {
    /// Its setups, and those of its recipes.
    pub fn setups(&self) -> impl Iterator<Item = &Setup> {
        self.setup.iter().chain(self.recipes.iter().filter_map(|r| r.setup.as_deref()))
    }

    /// Whether items stay longer than a cycle, one behind the other.
    #[must_use]
    pub fn stays(&self) -> bool {
        self.recipes.iter().flat_map(|r| &r.phases).any(|p| p.kind == PhaseKind::Stay)
    }

    /// Whether what is worked next has to be searched for: among several recipes, or items with equal keys.
    #[must_use]
    pub fn searches(&self) -> bool {
        self.recipes.len() > 1 || self.recipes.iter().any(|r| r.same.is_some())
    }

    /// Breakdowns and kinds of maintenance: how many reasons of its own a machine has to stand still.
    #[must_use]
    pub fn stops(&self) -> usize {
        self.breakdowns.len() + self.maintenance.len()
    }
}

/// One way of working: what goes in, what is done, what comes out.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Its name; empty for the only one.
    pub name: String,
    /// Where `takes` (or the station) is written.
    pub span: Span,
    /// Parts in written order. Empty: one item of any type that arrives, which leaves as it is.
    pub takes: Vec<Part>,
    /// Products in written order. Empty: what was taken leaves again.
    pub makes: Vec<Part>,
    /// Whether products leave one by one.
    pub release: Release,
    /// Works on several items of any type at once; absent: on one, or on the parts it takes.
    pub batch: Option<Batch>,
    /// Waits for the maximum this long, counted from when the oldest item became ready (time).
    pub wait_at_most: Option<Expression>,
    /// Joins only items with equal keys.
    pub same: Option<Expression>,
    /// When the products are born.
    pub birth: Birth,
    /// Comes before the work when the machine did another recipe before.
    pub setup: Option<Box<Setup>>,
    /// Phases in order; `cycle` is one phase.
    pub phases: Vec<Phase>,
}

/// When what is made from parts counts as born (semantics S16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Birth {
    /// With its oldest part.
    #[default]
    Oldest,
    /// With its main part, the first that is named.
    Main,
    /// When it is made.
    Now,
}

/// A number of items of one type.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The type.
    pub item: ItemId,
    /// How many at least.
    pub minimum: u64,
    /// How many at most; equal to the minimum unless a range was written.
    pub maximum: u64,
    /// Where it is written.
    pub span: Span,
}

impl Recipe {
    /// Whether it waits for several items, or for items of certain types, before it loads any.
    #[must_use]
    pub fn gathers(&self) -> bool {
        !self.takes.is_empty() || self.batch.is_some()
    }

    /// What it gathers: a type, or any (`None`), with the least and the largest number.
    #[must_use]
    pub fn gathered(&self) -> Vec<(Option<ItemId>, u64, u64)> {
        let parts = self.takes.iter().map(|p| (Some(p.item), p.minimum, p.maximum));
        parts.chain(self.batch.map(|b| (None, b.minimum, b.maximum))).collect()
    }

    /// The main items: those of the type named first.
    #[must_use]
    pub fn main(&self) -> Option<ItemId> {
        self.takes.first().map(|p| p.item)
    }

    /// Whether it may begin with fewer items than it would take.
    #[must_use]
    pub fn is_ranged(&self) -> bool {
        self.gathered().iter().any(|(_, least, most)| least < most)
    }
}

/// How many items are worked together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Starts with at least this many.
    pub minimum: u64,
    /// Takes at most this many.
    pub maximum: u64,
}

/// A stretch of work with its people.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Its name: `cycle`, or a step's.
    pub name: String,
    /// What kind of time it is.
    pub kind: PhaseKind,
    /// How long (time). [`Expression::ByItem`] gives each type its own.
    pub duration: Expression,
    /// Who and what is held meanwhile.
    pub needs: Vec<Need>,
    /// The people of the phase before stay: `needs` was written for the whole work.
    pub keeps: bool,
    /// Where it is written.
    pub span: Span,
}

/// What a phase counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseKind {
    /// Work on the item.
    Work,
    /// The item stays, the machine may take the next (`stay`).
    Stay,
}

/// Sequence-dependent changeover.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setup {
    /// What decides whether a setup is due; absent: the item type.
    pub by: Option<Expression>,
    /// The recipe decides whether a setup is due, and has the time of it.
    pub by_recipe: bool,
    /// Times by (from, to) item type, in written order (time).
    pub pairs: Vec<(ItemId, ItemId, Expression)>,
    /// Times by (from, to) value of `by`, in written order (time).
    pub values: Vec<(Rational, Rational, Expression)>,
    /// What machines are set up for at t = 0; absent: nothing, and the first item needs no setup.
    pub initially: Option<SetUpFor>,
    /// The setup is lost when a machine goes off shift.
    pub lost_after_off: bool,
    /// The setup is lost when a machine breaks down.
    pub lost_after_breakdown: bool,
    /// Time of all other changes (time).
    pub otherwise: Option<Expression>,
    /// Who does it; absent: the people of the work.
    pub needs: Option<Vec<Need>>,
    /// Where it is written.
    pub span: Span,
}

/// What a machine is set up for.
#[derive(Clone, Debug, PartialEq)]
pub enum SetUpFor {
    /// An item type.
    Item(ItemId),
    /// A value of `setup_by`.
    Value(Rational),
}

/// How products leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Each as it finds room.
    Each,
    /// All at once, when all have room.
    Together,
}

/// When the people of the work go free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseCrew {
    /// At the end of work.
    AfterWork,
    /// When all items have left the machine.
    AfterLeaving,
}

/// When the place behind a station is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    /// After the work: a finished item waits on its machine.
    AfterWork,
    /// Before the work: it starts when a place is reserved.
    BeforeWork,
}

/// Places of a buffer that are kept for some of its items.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// How many.
    pub places: u64,
    /// For whom.
    pub whom: KeptFor,
    /// Where it is written.
    pub span: Span,
}

/// Whom places of a buffer are kept for.
#[derive(Clone, Debug, PartialEq)]
pub enum KeptFor {
    /// Items of a type, and of its kinds.
    Item(ItemId),
    /// Items that come from a node: it, and what they stand in when they come: itself, or the places and queues
    /// between that lead from it alone.
    From(NodeId, Vec<NodeId>),
}

/// Holds items in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    /// How many fit.
    pub capacity: Capacity,
    /// Items inside at t = 0, first to leave first.
    pub initial: Vec<(ItemId, u64)>,
    /// Each item stays at least this long (time). With unlimited places and `keeps_order` false this
    /// is a transit, in which items overtake each other.
    pub transit: Option<Expression>,
    /// Only the first item may leave.
    pub keeps_order: bool,
    /// Made by an arrow, a queue or a source, not declared by name.
    pub anonymous: bool,
    /// Any item may leave, not only the first.
    pub overtake: bool,
    /// Who is first.
    pub order: Option<Precedence>,
    /// Items may stay this long at most (time).
    pub max_stay: Option<Expression>,
    /// Where items go then; nowhere: they are scrapped.
    pub expired: Option<Target>,
    /// Places that are kept for some of its items, the last that are free; those named first are let in longest.
    pub kept: Vec<Kept>,
    /// Items in it are on a vehicle.
    pub by: Option<super::Move>,
}
