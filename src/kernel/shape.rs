//! Shapes: what the code of a handler depends on. Stations, buffers, sources and sinks of equal shape
//! share their handlers; all numbers are data of their records. A feature that a shape lacks emits no
//! code.

use super::builder::Field;
use super::formula::FormulaShape;
use super::layout::{breakdown, buffer, calendar, lane, limit, machine, source, station, vehicle};

/// How a duration is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// The same ticks every time.
    Constant,
    /// The next of a batch of draws.
    Random,
    /// Up to the next instant of a timetable.
    Timetable,
    /// What the host computes from the item, the clock and the floor.
    Computed,
    /// An interval that goes by hours, or up to the next order.
    Rhythm,
}

impl Family {
    /// The tag in [`super::layout::draw::FAMILY`].
    #[must_use]
    pub fn tag(self) -> i64 {
        match self {
            Family::Constant => 0,
            Family::Random => 1,
            Family::Timetable => 2,
            Family::Computed => 3,
            Family::Rhythm => 4,
        }
    }
}

/// The families that the draw records of one field have: a bit for each. Every node has such a set, so that it takes
/// no memory of its own.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Families(u8);

impl Families {
    const ALL: [Family; 5] = [Family::Constant, Family::Random, Family::Timetable, Family::Computed, Family::Rhythm];

    /// None.
    #[must_use]
    pub fn new() -> Families {
        Families(0)
    }

    /// Adds a family.
    pub fn insert(&mut self, family: Family) {
        self.0 |= 1 << family.tag();
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Whether a family is among them.
    #[must_use]
    pub fn contains(&self, family: &Family) -> bool {
        self.0 & 1 << family.tag() != 0
    }

    /// All of them, in order of their tags.
    pub fn iter(&self) -> impl Iterator<Item = &'static Family> + use<'_> {
        Families::ALL.iter().filter(|family| self.contains(family))
    }
}

impl<const N: usize> From<[Family; N]> for Families {
    fn from(list: [Family; N]) -> Families {
        let mut families = Families::new();
        list.into_iter().for_each(|family| families.insert(family));
        families
    }
}

impl std::fmt::Debug for Families {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A structure of decisions; leaves and shares are data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteShape {
    /// One target.
    Leaf,
    /// By chance.
    Shares(Vec<RouteShape>),
    /// By item type.
    ByItem(Vec<RouteShape>),
    /// In turn.
    Turn(Vec<RouteShape>),
    /// Each n-th to the first, all others to the second.
    Every(Vec<RouteShape>),
    /// By condition; the last is for all else.
    If(Vec<RouteShape>),
    /// Decided while the floor settles, for it reads the floor.
    Settled(Box<RouteShape>),
    /// A rule that looks at its ways whenever one of them may have got room: leaves, choices by item, or
    /// rules again.
    Open(OpenRule, Vec<RouteShape>),
    /// A way of an open rule: a target, and how many items are counted there.
    Way,
}

impl RouteShape {
    /// Whether a way is chosen for good when an item asks.
    #[must_use]
    pub fn decides_at_once(&self) -> bool {
        match self {
            RouteShape::Leaf => true,
            RouteShape::Shares(list)
            | RouteShape::ByItem(list)
            | RouteShape::Turn(list)
            | RouteShape::Every(list)
            | RouteShape::If(list) => list.iter().all(RouteShape::decides_at_once),
            RouteShape::Settled(_) | RouteShape::Open(..) | RouteShape::Way => false,
        }
    }
}

/// How an open rule chooses among the ways that can accept an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpenRule {
    /// The first in written order.
    First,
    /// The one with the fewest items, of equal ones the first in written order.
    Fewest,
}

/// The clock of a breakdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockShape {
    /// Always runs.
    Calendar,
    /// Runs while the machine is on shift.
    Scheduled,
    /// Runs while the machine works.
    Working,
    /// Counts ends of work.
    Cycles,
    /// That of a stop of several things at once.
    Shared,
}

/// What a breakdown does to the work at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EffectShape {
    /// What remains is done after the repair.
    Resume,
    /// The same time runs again.
    Restart,
    /// A fresh time is drawn.
    RestartNew,
    /// The items are scrapped.
    Scrap,
    /// It begins when the work is done.
    FinishItem,
}

/// A breakdown of a station.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BreakdownShape {
    /// Its clock.
    pub clock: ClockShape,
    /// What it does to the work at hand.
    pub effect: EffectShape,
    /// Whether the repair needs people.
    pub needs: bool,
    /// It is maintenance: planned, not begun while the machine is down.
    pub maintenance: bool,
    /// The next failure counts from the onset.
    pub from_start: bool,
    /// The clocks of the machine's other breakdowns stand still meanwhile.
    pub exclusive: bool,
    /// Its own clock may have to stand still.
    pub holds: bool,
    /// The people of the work stay.
    pub keep_crew: bool,
    /// The repair has a shift.
    pub repair_shift: bool,
    /// Time to failure.
    pub after: Families,
    /// Time to repair.
    pub repair: Families,
}

/// What a stop of several things stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberShape {
    /// The n-th breakdown of a machine of the station shape.
    Machine(usize, usize),
    /// A source of the shape.
    Source(usize),
    /// A conveyor of the shape.
    Conveyor(usize),
    /// A member of a pool; it finishes what it works at when the second is set.
    Pool(bool),
    /// A card of a limit.
    Card,
    /// A vehicle; it finishes its trip first, when the first is set; it is maintained, when the second is.
    Vehicle(bool, bool),
    /// The line between the ends of a limit, while it is cleared.
    Clearance,
}

/// What goes into and comes out of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecipeShape {
    /// Number of part records; 0: one item of any type.
    pub parts: usize,
    /// Number of items made; 0: what came in leaves.
    pub makes: usize,
    /// All products leave at once.
    pub together: bool,
    /// It may begin with fewer parts than it would take.
    pub ranged: bool,
    /// It waits a while for the largest number of parts.
    pub waits: bool,
    /// When products are born, where it is the same for all recipes.
    pub birth: Option<crate::ir::Birth>,
    /// The host searches what is worked next: among several recipes, or items with equal keys.
    pub searched: bool,
    /// Items are taken from behind others.
    pub overtakes: bool,
    /// There are several recipes.
    pub recipes: bool,
    /// Parts are loaded one by one as they come.
    pub each: bool,
}

impl StationShape {
    /// Whether machines may stand still: they fail, are maintained, or have a shift.
    #[must_use]
    pub fn stops(&self) -> bool {
        !self.breakdowns.is_empty() || self.shift.is_some()
    }

    /// Whether work may be interrupted.
    #[must_use]
    pub fn interruptible(&self) -> bool {
        self.stops() || self.crew_shift
    }

    /// Whether people may stay with a machine that is down.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.needs && self.breakdowns.iter().any(|b| b.keep_crew)
    }

    /// Whether a machine that stands still may be so for several kinds of reasons.
    #[must_use]
    pub fn mixed_stops(&self) -> bool {
        self.shift.is_some() || self.breakdowns.iter().any(|b| b.maintenance)
    }
}

impl RecipeShape {
    /// Whether several products may be on a machine at once.
    #[must_use]
    pub fn several(self) -> bool {
        self.recipes || self.makes > 1 || (self.parts > 0 && self.makes == 0)
    }
}

/// Where a giver hands items over directly when its event is alone at its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DirectOut {
    /// A lane that serves it and one taker.
    Lane {
        /// Whether it can be full.
        limited: bool,
    },
    /// A sink.
    Sink {
        /// Whether the run ends when enough has arrived there.
        until: bool,
        /// Whether something is told of items that arrive there.
        observed: bool,
    },
    /// Where the route of an item leads: to queues without limit with one taker each, or to sinks.
    Routes,
}

/// From where a taker takes directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DirectIn {
    /// A lane that serves it and one giver.
    Lane {
        /// Whether it can be full.
        limited: bool,
    },
    /// A queue without limit, which has no other taker.
    Queue,
    /// A source that serves it alone and always has an item ready.
    Source {
        /// Item types in the mix.
        mix: usize,
    },
}

/// What a machine does at the end of its shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShiftShape {
    /// Stops and goes on with the next shift.
    Pause,
    /// Finishes the item.
    FinishItem,
    /// Begins only what it can finish.
    FinishInTime,
}

/// Whom a calendar tells of its changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubscriberShape {
    /// A machine of the station shape.
    Machine(usize),
    /// A source of the shape.
    Source(usize),
    /// A conveyor of the shape.
    Conveyor(usize),
    /// A crew.
    Pool,
    /// A vehicle; it finishes its trip when set.
    Vehicle(bool),
    /// The clock of the n-th shared stop.
    StopClock(usize),
    /// The repair of the n-th shared stop.
    StopRepair(usize),
    /// The repair of the n-th breakdown of the station shape.
    Repair(usize, usize),
}

/// A station.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StationShape {
    /// More than one machine.
    pub many: bool,
    /// Of one machine, how many bytes behind the station it lies.
    pub machine_at: Option<i32>,
    /// Where all items have the same work, how many bytes behind its one machine the work record lies.
    pub work_at: Option<i32>,
    /// How many bytes behind the station lies what it takes from directly; negative, for it lies before it.
    pub lane_at: Option<i32>,
    /// Its breakdowns.
    pub breakdowns: Vec<BreakdownShape>,
    /// Its shift, if it has one.
    pub shift: Option<ShiftShape>,
    /// Whether its people have shifts.
    pub crew_shift: bool,
    /// Its work times.
    pub work: Families,
    /// Whether work may need people.
    pub needs: bool,
    /// Whether work has several steps, or setups before it.
    pub steps: bool,
    /// Whether setups come before work.
    pub setup: bool,
    /// Whether setups go by the recipe, which has the time.
    pub setup_recipe: bool,
    /// Whether setups go by a value of the item, not by its type.
    pub setup_by: bool,
    /// Whether a machine that goes off shift loses its setup.
    pub setup_lost_off: bool,
    /// Whether a machine that breaks down loses its setup.
    pub setup_lost_down: bool,
    /// Whether the idle machine of the lowest number goes first.
    pub lowest: bool,
    /// Whether the work time depends on the item type.
    pub table: bool,
    /// Whether items on a route come here.
    pub visits: bool,
    /// Some visits have a yield of their own.
    pub visit_yields: bool,
    /// Some visits have a setup of their own.
    pub visit_setups: bool,
    /// What goes in and out.
    pub recipe: RecipeShape,
    /// Whether items may be scrapped.
    pub yields: bool,
    /// Whether it has an order of its own.
    pub order: bool,
    /// Number of attributes it sets.
    pub sets: usize,
    /// Whether it computes values over all items loaded.
    pub keeps: bool,
    /// Whether items stay longer than a cycle, one behind the other.
    pub stay: bool,
    /// Whether work begins only when a place behind is reserved.
    pub before: bool,
    /// Finished items stay on a machine that is down.
    pub hold: bool,
    /// People go free only when the items have left.
    pub release_after_leaving: bool,
    /// Whether all ways out are single leaves without an assembly behind.
    pub simple_routing: bool,
    /// Limits whose cards are taken here.
    pub from: usize,
    /// Limits whose cards are returned here.
    pub to: usize,
    /// Where it gives to directly.
    pub direct_out: Option<DirectOut>,
    /// Where it takes from directly.
    pub direct_in: Option<DirectIn>,
    /// Whether several inputs, outputs and pools can end it when it is starved, blocked and waiting.
    pub several_causes: [bool; 3],
    /// Whether something is told of items that are loaded.
    pub observed: bool,
    /// Whether it works on a belt.
    pub on_belt: bool,
    /// Whether the belt stands meanwhile.
    pub holds_belt: bool,
}

/// How items stay in a buffer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransitShape {
    /// They may leave at once.
    None,
    /// Each at least for a time, in order.
    InOrder(Families),
    /// Each for a time of its own; they overtake each other.
    Overtaking(Families),
}

/// A buffer of which others than the first may leave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LooseShape {
    /// All items are offered; else the one that is next.
    pub all: bool,
    /// Items stand in an order, its own or that of the station behind.
    pub keyed: bool,
    /// Longest stays.
    pub stay: Option<Families>,
    /// Items go elsewhere when their longest stay is over; else they are scrapped.
    pub elsewhere: bool,
}

/// A buffer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BufferShape {
    /// Whether it can be full.
    pub limited: bool,
    /// How items stay.
    pub transit: TransitShape,
    /// What it has that a plain lane has not.
    pub loose: Option<LooseShape>,
    /// Whether items are inside at t = 0.
    pub initial: bool,
    /// Whether places are kept for some of its items.
    pub kept: bool,
    /// As for stations.
    pub simple_routing: bool,
    /// Limits whose cards are taken here.
    pub from: usize,
    /// Limits whose cards are returned here.
    pub to: usize,
    /// Whether something is told of items that enter.
    pub observed: bool,
}

/// A conveyor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConveyorShape {
    /// Lanes side by side.
    pub lanes: usize,
    /// It stands still while an item waits at its end.
    pub together: bool,
    /// Items come on only when a place passes.
    pub stepped: bool,
    /// Items differ in how much of the belt they take.
    pub mixed: bool,
    /// As for stations.
    pub simple_routing: bool,
    /// Limits whose cards are taken here.
    pub from: usize,
    /// Limits whose cards are returned here.
    pub to: usize,
    /// Its breakdowns and maintenance.
    pub breakdowns: Vec<BreakdownShape>,
    /// Whether it has a shift.
    pub shift: bool,
    /// Whether something is told of items that come on.
    pub observed: bool,
}

/// When a source makes items.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SupplyShape {
    /// Always one ready.
    Always,
    /// After each interval; the clock stops while an item waits.
    Pause(Families),
    /// After each interval; an item that finds no room is lost.
    Lose(Families),
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceShape {
    /// When.
    pub supply: SupplyShape,
    /// Item types in the mix.
    pub mix: usize,
    /// As for stations.
    pub simple_routing: bool,
    /// Limits whose cards are taken here.
    pub from: usize,
    /// Limits whose cards are returned here.
    pub to: usize,
    /// Where it gives to directly.
    pub direct_out: Option<DirectOut>,
    /// Whether it has a shift.
    pub shift: bool,
    /// Number of attributes it sets.
    pub with: usize,
    /// Whether it may make several items at once.
    pub lots: bool,
    /// Whether the host says of which type the next item is: campaigns and orders.
    pub planned: bool,
    /// Whether it goes by a list of orders.
    pub orders: bool,
    /// Whether its items come from outside, where they were born.
    pub outside: bool,
    /// Whether something is told of items it makes.
    pub observed: bool,
}

/// A sink.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SinkShape {
    /// Whether the run ends when enough has arrived here.
    pub until: bool,
    /// Limits whose cards are returned here.
    pub to: usize,
    /// Whether something is told of items that arrive.
    pub observed: bool,
    /// Whether the line goes on elsewhere.
    pub outside: bool,
}

/// The shape of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeShape {
    /// A source.
    Source(SourceShape),
    /// A station.
    Station(StationShape),
    /// A buffer.
    Buffer(BufferShape),
    /// A conveyor.
    Conveyor(ConveyorShape),
    /// A sink.
    Sink(SinkShape),
    /// An arrow by vehicle, and the vehicles that serve it.
    Move,
}

/// How a node is settled: its shape and the shapes that hold what is offered to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettleShape {
    /// Index of its own shape.
    pub shape: usize,
    /// Indices of the shapes of its holders upstream.
    pub holders: Vec<usize>,
}

/// What happens at a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventShape {
    /// End of work at a machine of the station shape.
    EndOfWork(usize),
    /// Onset or end of the n-th breakdown of the station shape.
    Breakdown(usize, usize),
    /// A source of the shape makes an item.
    Arrival(usize),
    /// The verdict on an item that may be lost.
    Verdict(usize),
    /// The stay of an item in a buffer of the shape ends.
    EndOfStay(usize),
    /// A longest stay in a buffer of the shape is over.
    Expiry(usize),
    /// An item arrives at the end of a lane of a conveyor of the shape.
    EndOfBelt(usize),
    /// The next item can come on a conveyor.
    BeltEntry,
    /// Onset or end of the n-th breakdown of the conveyor shape.
    BeltBreakdown(usize, usize),
    /// A station of the shape has waited long enough for more parts.
    EndOfGathering(usize),
    /// A shift begins or ends.
    Calendar,
    /// Onset or end of a shared stop of the shape.
    SharedStop(usize),
    /// Cards of a limit are back.
    CardsBack,
    /// A vehicle has done what it does.
    Vehicle,
}

impl EventShape {
    /// The field of a record that holds the number of the slot.
    #[must_use]
    pub fn slot(&self) -> Field {
        match self {
            EventShape::EndOfWork(_) => machine::SLOT,
            EventShape::Breakdown(..) | EventShape::BeltBreakdown(..) | EventShape::SharedStop(_) => breakdown::SLOT,
            EventShape::Arrival(_) => source::SLOT,
            EventShape::Verdict(_) => source::VERDICT,
            EventShape::EndOfStay(_) | EventShape::BeltEntry => buffer::SLOT,
            EventShape::Expiry(_) => buffer::EXPIRY,
            EventShape::EndOfBelt(_) => lane::SLOT,
            EventShape::EndOfGathering(_) => station::WAIT_SLOT,
            EventShape::Calendar => calendar::SLOT,
            EventShape::CardsBack => limit::SLOT,
            EventShape::Vehicle => vehicle::SLOT,
        }
    }
}

/// Who asks for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantShape {
    /// A machine of the station shape, for work.
    Work(usize),
    /// The n-th breakdown of the station shape, for repair.
    Repair(usize, usize),
    /// A shared stop of the shape, for repair.
    SharedStop(usize),
}

/// All shapes of a plant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shapes {
    /// Shapes of nodes.
    pub nodes: Vec<NodeShape>,
    /// Settle handlers.
    pub settles: Vec<SettleShape>,
    /// Event handlers.
    pub events: Vec<EventShape>,
    /// Grant handlers.
    pub grants: Vec<GrantShape>,
    /// Decision functions of routings that are not a single leaf; index 0 is the leaf.
    pub routes: Vec<RouteShape>,
    /// Open rules.
    pub opens: Vec<RouteShape>,
    /// Whether some decision is made while the floor settles.
    pub settled: bool,
    /// Whether items carry visits.
    pub visits: bool,
    /// Number of limits whose cards items carry.
    pub limits: usize,
    /// Number of item types.
    pub item_types: usize,
    /// Formulas that handlers evaluate.
    pub formulas: Vec<FormulaShape>,
    /// Attributes that items carry.
    pub attributes: usize,
    /// Which of them holds the running number of an item.
    pub number: Option<usize>,
    /// Words that items have for orders and buffers that are not plain lanes.
    pub loose: usize,
    /// Time stamps that items carry behind them.
    pub stamps: usize,
    /// Whom calendars tell.
    pub subscribers: Vec<SubscriberShape>,
    /// Whether crews have shifts.
    pub crew_shifts: bool,
    /// Most rules that an order of crews has.
    pub pool_keys: usize,
    /// Whether members of some crew begin only what they can finish in their shift.
    pub crews_in_time: bool,
    /// Whether work asks for skills, which members of several crews may have.
    pub skills: bool,
    /// Whether something asks for several members, or for members of several pools.
    pub several_needs: bool,
    /// Whether the requests for several pools stand in one list.
    pub several_pools: bool,
    /// Shared stops.
    pub stops: Vec<BreakdownShape>,
    /// What they stop.
    pub members: Vec<MemberShape>,
    /// Whether limits count by item type.
    pub limits_by_type: bool,
    /// Whether limits keep unequal items apart.
    pub clearances: bool,
    /// How times are found after which cards are back; empty: they are so at once.
    pub cards_back: Families,
    /// How vehicles' times are found: for a metre, to take up and to set down.
    pub vehicles: Families,
    /// Whether vehicles go home.
    pub homes: bool,
    /// Whether vehicles may bring several items at once.
    pub fleet_loads: bool,
    /// Whether loaded vehicles may wait where they go, for no place is kept.
    pub fleet_waits: bool,
    /// Whether fleets have orders.
    pub fleet_orders: bool,
    /// Whether some station takes parts by type.
    pub assemblies: bool,
    /// Depth of the winner tree.
    pub tree_depth: u32,
    /// Slots from this on are expiries: looked at when the instant has settled.
    pub first_expiry: u32,
    /// Levels of the dirty set: 1 up to 64 nodes, 2 up to 4,096, 3 up to 262,144.
    pub dirty_levels: u32,
}

impl Shapes {
    /// First of the words that an item has for orders and buffers that are not plain lanes.
    #[must_use]
    pub fn first_loose(&self) -> usize {
        super::layout::item::WORDS + usize::from(self.visits) + usize::from(self.limits > 0)
    }

    /// Whether requests remember which members they hold.
    #[must_use]
    pub fn grants_kept(&self) -> bool {
        self.crew_shifts || self.skills
    }

    /// Word of an item that holds its first attribute.
    #[must_use]
    pub fn first_attribute(&self) -> usize {
        self.first_loose() + self.loose
    }

    /// Words of an item.
    #[must_use]
    pub fn item_words(&self) -> usize {
        self.first_attribute() + self.attributes + self.stamps
    }
}

/// The index of a value in a list, added when it is new. Those added last are looked at first: neighbours in a line
/// are often alike.
pub fn intern<T: PartialEq>(list: &mut Vec<T>, value: T) -> usize {
    match list.iter().rposition(|v| *v == value) {
        Some(index) => index,
        None => {
            list.push(value);
            list.len() - 1
        }
    }
}
