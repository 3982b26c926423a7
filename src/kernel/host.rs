//! The host side of a run: the arena, the laws of costly distributions, and the calls that kernel
//! programs make. Both engines call the same functions, so the bits are the same.
//!
//! All state of a replication lies in the arena; what is here besides is constant.

use std::sync::Arc;

use crate::base::limits;
use crate::base::{TICKS_PER_SECOND, Ticks};
use crate::ir::{Binary, Calendar, Function, Unary};
use crate::runtime::distributions::{Distribution, Sampler};
use crate::runtime::random::{next, uniform};
use crate::runtime::variates::{ROUNDING, duration_ticks};
use crate::runtime::ziggurat;

use super::layout::{DRAWS, calendar, counters, draw, header, item, machine, needs, request, value, visit};
use super::lines::Lines;
use super::program::HostFn;
use super::search::{HolderKind, Search};
use super::shape::Family;
use super::status::{NEVER, Status, phase};

/// The state of one replication: words addressed by byte offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arena {
    words: Lines,
    /// Of each word up to the items, in which record it lies; empty where it is not known.
    #[cfg(debug_assertions)]
    owners: Arc<[u32]>,
}

impl Arena {
    /// An arena with these words.
    #[must_use]
    pub fn new(words: impl AsRef<[u64]>) -> Self {
        Self {
            words: Lines::new(words.as_ref()),
            #[cfg(debug_assertions)]
            owners: Arc::from([]),
        }
    }

    /// The same, with every access held against the length of its record.
    #[cfg(debug_assertions)]
    pub(super) fn watched(self, owners: Arc<[u32]>) -> Self {
        Self { owners, ..self }
    }

    /// Whether two byte offsets lie in one record.
    #[cfg(debug_assertions)]
    pub(super) fn joins(&self, record: u64, address: u64) -> bool {
        let owner = |at: u64| usize::try_from(at >> 3).ok().and_then(|at| self.owners.get(at));
        let (of, at) = (owner(record), owner(address));
        // Nobody watches items, and no record is at 0: what is found in the header instead is not used.
        record == 0 || self.owners.is_empty() || of == at
    }

    /// All words.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The word at a byte offset; `None` outside.
    #[inline]
    #[must_use]
    pub fn read(&self, address: u64) -> Option<u64> {
        self.words.get(usize::try_from(address >> 3).ok()?).copied()
    }

    /// Writes the word at a byte offset; `None` outside.
    #[inline]
    pub fn write(&mut self, address: u64, value: u64) -> Option<()> {
        *self.words.get_mut(usize::try_from(address >> 3).ok()?)? = value;
        Some(())
    }

    /// A field of a record as an integer; 0 outside.
    #[inline]
    #[must_use]
    pub fn get(&self, record: i64, field: super::builder::Field) -> i64 {
        #[cfg(debug_assertions)]
        self.check(record, field);
        self.read(record.wrapping_add(i64::from(field.offset)).cast_unsigned()).unwrap_or(0).cast_signed()
    }

    /// A field of a record as a real.
    #[inline]
    #[must_use]
    pub fn get_real(&self, record: i64, field: super::builder::Field) -> f64 {
        f64::from_bits(self.get(record, field).cast_unsigned())
    }

    /// Writes a field of a record; nothing outside.
    #[inline]
    pub fn set(&mut self, record: i64, field: super::builder::Field, value: i64) {
        #[cfg(debug_assertions)]
        self.check(record, field);
        let _ = self.write(record.wrapping_add(i64::from(field.offset)).cast_unsigned(), value.cast_unsigned());
    }

    #[cfg(debug_assertions)]
    fn check(&self, record: i64, field: super::builder::Field) {
        let address = record.wrapping_add(i64::from(field.offset));
        let joins = self.joins(record.cast_unsigned(), address.cast_unsigned());
        debug_assert!(joins, "word {} is not in the record at {record}", field.offset / 8);
    }

    /// The next word of the stream at a byte offset.
    pub fn next_word(&mut self, stream: i64) -> u64 {
        let at = usize::try_from(stream >> 3).unwrap_or(usize::MAX);
        match self.words.get_mut(at..at.saturating_add(4)).and_then(|s| <&mut [u64; 4]>::try_from(s).ok()) {
            Some(state) => next(state),
            None => 0,
        }
    }
}

/// The first word of a record.
pub(super) const FIRST_WORD: super::builder::Field = super::builder::Field { offset: 0, ty: super::program::Ty::Count };

/// A duration that the host computes, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Always the same.
    Constant(f64),
    /// A draw from the stream at the byte offset.
    Sample(Sampler, i64),
    /// One of several by chance: upper bounds of the shares, laws, stream.
    Mixture(Vec<f64>, Vec<Law>, i64),
    /// Sign or negation.
    Unary(Unary, Box<Law>),
    /// Arithmetic and comparison.
    Binary(Binary, Box<Law>, Box<Law>),
    /// A built-in function.
    Call(Function, Vec<Law>),
    /// A draw whose parameters are computed: family, parameters, stream.
    Drawn(DrawnFamily, Vec<Law>, i64),
    /// The integer at an address.
    Word(i64),
    /// The difference of two integers at addresses, at least 0.
    Room(i64, i64),
    /// Machines from the first that are busy, or that are idle and up.
    Busy(i64, u64, bool),
    /// What the item carries at a byte offset.
    Attribute(i32),
    /// A value over all items loaded, kept at the machine that holds the item, at a byte offset.
    Kept(i32),
    /// The number of the item's visit, whose handle lies at a byte offset.
    Step(i32),
    /// The name of the item's visit, as a number from 1.
    StepName(i32),
    /// The present time in seconds.
    Now,
    /// Items in the line, of so many types.
    Wip(usize),
    /// By item type: which law.
    ByItem(Vec<usize>, Vec<Law>),
    /// The first whose condition is not 0.
    If(Vec<(Law, Law)>, Box<Law>),
}

/// The family of a draw with computed parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum DrawnFamily {
    Exponential,
    Erlang(u32),
    Gamma,
    Normal,
    Lognormal,
    Weibull,
    Triangular,
    Uniform,
    Beta,
    Poisson,
    Geometric,
}

impl DrawnFamily {
    /// The distribution with these parameters; `None` when they are not sound.
    fn with(self, p: &[f64]) -> Option<Distribution> {
        let at = |i: usize| p.get(i).copied().unwrap_or(f64::NAN);
        let drawn = match self {
            DrawnFamily::Exponential => Distribution::Exponential { mean: at(0) },
            DrawnFamily::Erlang(k) => Distribution::Erlang { k, mean: at(0) },
            DrawnFamily::Gamma => Distribution::Gamma { shape: at(0), mean: at(1) },
            DrawnFamily::Normal => Distribution::Normal { mean: at(0), sd: at(1) },
            DrawnFamily::Lognormal => Distribution::Lognormal { mean: at(0), sd: at(1) },
            DrawnFamily::Weibull => Distribution::Weibull { shape: at(0), scale: at(1) },
            DrawnFamily::Triangular => Distribution::Triangular { minimum: at(0), mode: at(1), maximum: at(2) },
            DrawnFamily::Uniform => Distribution::Uniform { minimum: at(0), maximum: at(1) },
            DrawnFamily::Beta => Distribution::Beta { a: at(0), b: at(1), minimum: at(2), maximum: at(3) },
            DrawnFamily::Poisson => Distribution::Poisson { mean: at(0) },
            DrawnFamily::Geometric => Distribution::Geometric { mean: at(0) },
        };
        drawn.check().ok().map(|()| drawn)
    }
}

/// What items of a type carry: byte offset of each attribute and the law of its default, if it has one.
pub type Carried = Vec<(i32, Option<usize>)>;

impl Law {
    /// One value for an item (0: none). Draws advance their streams in written order.
    #[allow(clippy::cast_precision_loss)]
    pub fn evaluate(&self, arena: &mut Arena, item: i64) -> f64 {
        let word = |arena: &Arena, at: i64| arena.get(at, FIRST_WORD);
        match self {
            Law::Constant(value) => *value,
            Law::Sample(sampler, stream) => match sampler {
                Sampler::Constant { value } => *value,
                _ => sampler.variate(arena.next_word(*stream)),
            },
            Law::Mixture(uppers, laws, stream) => {
                let u = uniform(arena.next_word(*stream));
                let index = uppers.iter().position(|upper| u < *upper).unwrap_or(laws.len().saturating_sub(1));
                laws.get(index).map_or(f64::NAN, |law| law.evaluate(arena, item))
            }
            Law::Unary(op, a) => {
                let a = a.evaluate(arena, item);
                match op {
                    Unary::Negate => -a,
                    Unary::Not => f64::from(u8::from(a == 0.0)),
                }
            }
            Law::Binary(op, a, b) => {
                let (a, b) = (a.evaluate(arena, item), b.evaluate(arena, item));
                binary(*op, a, b)
            }
            Law::Call(function, args) => {
                let values: Vec<f64> = args.iter().map(|a| a.evaluate(arena, item)).collect();
                call(*function, &values)
            }
            Law::Drawn(family, args, stream) => {
                let values: Vec<f64> = args.iter().map(|a| a.evaluate(arena, item)).collect();
                // One word a draw, whatever comes of it, keeps streams in step.
                let next = arena.next_word(*stream);
                family.with(&values).map_or(f64::NAN, |d| d.sampler().variate(next))
            }
            Law::Word(at) => word(arena, *at) as f64,
            Law::Room(all, used) => word(arena, *all).saturating_sub(word(arena, *used)).max(0) as f64,
            Law::Busy(first, machines, busy) => {
                let stride = i64::try_from(machine::WORDS * 8).unwrap_or(0);
                let machines = (0..i64::try_from(*machines).unwrap_or(0)).map(|m| first + m * stride);
                let wanted = |m: &i64| {
                    let idle = arena.get(*m, machine::PHASE) == phase::IDLE;
                    if *busy { !idle } else { idle && arena.get(*m, machine::DOWN) == 0 }
                };
                machines.filter(wanted).count() as f64
            }
            Law::Attribute(offset) => f64::from_bits(word(arena, item + i64::from(*offset)).cast_unsigned()),
            Law::Kept(offset) => {
                let kept = arena.get(arena.get(item, item::HOLDER), machine::KEPT);
                f64::from_bits(word(arena, kept + i64::from(*offset)).cast_unsigned())
            }
            Law::StepName(offset) => match word(arena, item + i64::from(*offset)) {
                0 => 0.0,
                visit => arena.get(visit, visit::NAME) as f64,
            },
            Law::Step(offset) => match word(arena, item + i64::from(*offset)) {
                0 => 0.0,
                visit => arena.get(visit, visit::NUMBER) as f64,
            },
            Law::Wip(types) => inside(arena, *types) as f64,
            Law::Now => arena.get(0, header::NOW) as f64 / TICKS_PER_SECOND as f64,
            Law::ByItem(table, laws) => {
                let kind = usize::try_from(arena.get(item, item::TYPE)).unwrap_or(usize::MAX);
                let law = table.get(kind).and_then(|i| laws.get(*i));
                law.map_or(f64::NAN, |law| law.evaluate(arena, item))
            }
            Law::If(list, rest) => {
                for (condition, value) in list {
                    if condition.evaluate(arena, item) != 0.0 {
                        return value.evaluate(arena, item);
                    }
                }
                rest.evaluate(arena, item)
            }
        }
    }
}

/// Items of all types between birth and leaving.
fn inside(arena: &Arena, types: usize) -> i64 {
    let first = arena.get(0, header::COUNTERS);
    let stride = i64::try_from(counters::WORDS * 8).unwrap_or(0);
    let types = i64::try_from(types).unwrap_or(0);
    let of = |t: i64| {
        let at = first + t * stride;
        let sum = |fields: &[super::builder::Field]| fields.iter().map(|f| arena.get(at, *f)).sum::<i64>();
        let came = sum(&[counters::INITIAL, counters::MADE, counters::ASSEMBLED]);
        came - sum(&[counters::LEFT, counters::SCRAPPED, counters::LOST, counters::USED])
    };
    (0..types).map(of).sum()
}

/// The first multiple of a step that is not before an instant.
fn next_step(at: i64, step: i64) -> i64 {
    let past = at.rem_euclid(step.max(1));
    if past == 0 { at } else { at.saturating_sub(past).saturating_add(step) }
}

#[allow(clippy::float_cmp)]
fn binary(op: Binary, a: f64, b: f64) -> f64 {
    let flag = |f: bool| f64::from(u8::from(f));
    match op {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        Binary::Less => flag(a < b),
        Binary::LessEqual => flag(a <= b),
        Binary::Greater => flag(a > b),
        Binary::GreaterEqual => flag(a >= b),
        Binary::Equal => flag(a == b),
        Binary::NotEqual => flag(a != b),
        Binary::And => flag(a != 0.0 && b != 0.0),
        Binary::Or => flag(a != 0.0 || b != 0.0),
    }
}

fn call(function: Function, args: &[f64]) -> f64 {
    let first = args.first().copied().unwrap_or(f64::NAN);
    match function {
        Function::Minimum => args.iter().copied().reduce(|a, b| if b < a { b } else { a }).unwrap_or(f64::NAN),
        Function::Maximum => args.iter().copied().reduce(|a, b| if b > a { b } else { a }).unwrap_or(f64::NAN),
        Function::Absolute => first.abs(),
        Function::Floor => first.floor(),
        Function::Ceiling => first.ceil(),
        Function::Round => first.round_ties_even(),
        Function::SquareRoot => first.sqrt(),
    }
}

/// What stands for a value of the item that decides about setups; never 0 or -1 for a number.
#[must_use]
pub fn setup_key(value: f64) -> i64 {
    // Both zeros are one value.
    let value = if value == 0.0 { 0.0 } else { value };
    value.to_bits().cast_signed().wrapping_add(1)
}

/// A shift as the kernel uses it: on or off, or a number of people by window.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The shift.
    pub calendar: Calendar,
    /// Numbers by window name; empty: `size` whenever it is on.
    pub sizes: Vec<(usize, u64)>,
    /// Its value while it is on.
    pub size: u64,
}

impl Schedule {
    /// Its value at an instant of the run.
    #[must_use]
    pub fn value(&self, at: Ticks) -> u64 {
        if self.sizes.is_empty() {
            return if self.calendar.is_on(at) { self.size } else { 0 };
        }
        let on = self.sizes.iter().filter(|(name, _)| self.calendar.is_on_in(at, *name));
        on.map(|(_, n)| *n).fold(0, u64::saturating_add)
    }

    /// The next instant at which its value changes; `None` when it never does.
    #[must_use]
    pub fn next_change(&self, after: Ticks) -> Option<Ticks> {
        let now = self.value(after);
        let last = self.calendar.closed.last().map_or(after.0, |(_, to)| to.0.max(after.0));
        let end = last.saturating_add(self.calendar.period.0.saturating_mul(2));
        let mut at = after;
        while let Some(next) = self.calendar.next_boundary(at).filter(|n| n.0 <= end) {
            if self.value(next) != now {
                return Some(next);
            }
            at = next;
        }
        None
    }

    /// The next instant at which a window begins; `None` when none ever does.
    #[must_use]
    pub fn next_begin(&self, after: Ticks) -> Option<Ticks> {
        let mut at = after;
        for _ in 0..2 {
            at = self.next_change(at)?;
            if self.value(at) > 0 {
                return Some(at);
            }
        }
        None
    }
}

/// What a running program works on.
#[derive(Clone, Debug)]
pub struct Host {
    /// The state.
    pub arena: Arena,
    /// Laws by index.
    pub laws: Arc<[Law]>,
    /// Shifts and timetables by index.
    pub schedules: Arc<[Schedule]>,
    /// What items of each type carry.
    pub kinds: Arc<[Carried]>,
    /// Byte offset of the words that items have for orders.
    pub loose: i64,
    /// What stations look for whose next work has to be searched.
    pub searches: Arc<[Search]>,
    /// What holds items, by shape.
    pub holders: Arc<[HolderKind]>,
    /// What sources make, by index.
    pub plans: Arc<[super::supply::Plan]>,
    /// Intervals that go by hours or by orders, by index.
    pub rhythms: Arc<[super::supply::Rhythm]>,
    /// What comes from outside, by list, in order of time.
    pub deliveries: Vec<std::collections::VecDeque<super::supply::Delivery>>,
    /// What has gone where the line is run elsewhere: the index of the node, and the item.
    pub departures: Vec<(i64, super::supply::Delivery)>,
    /// Bytes of one item record.
    pub item_bytes: i64,
    /// Most bytes the arena may take.
    pub cap_bytes: usize,
}

impl Host {
    /// A host with the usual memory cap.
    #[must_use]
    pub fn new(arena: Arena, item_bytes: i64) -> Self {
        let (laws, schedules, kinds) = (Arc::from([]), Arc::from([]), Arc::from([]));
        let (searches, holders) = (Arc::from([]), Arc::from([]));
        let (plans, rhythms) = (Arc::from([]), Arc::from([]));
        let cap_bytes = limits::REPLICATION_BYTES;
        let (deliveries, departures) = (Vec::new(), Vec::new());
        Self {
            arena,
            laws,
            schedules,
            kinds,
            loose: 0,
            searches,
            holders,
            plans,
            rhythms,
            deliveries,
            departures,
            item_bytes,
            cap_bytes,
        }
    }

    /// Serves a call of the program.
    pub fn call(&mut self, function: HostFn, [a, b, c]: [i64; 3]) -> i64 {
        match function {
            HostFn::GrowItems => self.grow_items(),
            HostFn::Draw => {
                self.draw(a);
                0
            }
            HostFn::TimedInsert => {
                self.timed_insert(a, b);
                0
            }
            HostFn::TimedTake => self.timed_take(a),
            HostFn::NextStep => next_step(a, b),
            HostFn::Calendar => {
                self.calendar(a);
                0
            }
            HostFn::Timetable => self.timetable(a),
            HostFn::LatestGrant => self.latest_grant(a),
            HostFn::Value => {
                let law = self.arena.get(a, value::LAW);
                self.value(law, b).to_bits().cast_signed()
            }
            HostFn::FirstTrue => self.first_true(a, b),
            HostFn::Keys => {
                self.keys(a, b);
                0
            }
            HostFn::Arrange => {
                self.arrange(a, b, c);
                0
            }
            HostFn::GoesBefore => i64::from(c == 0 || self.goes_before(a, b, c, 0)),
            HostFn::Foremost => self.foremost(a),
            HostFn::KeptFrom => super::kept::kept_from(&self.arena, a, b),
            HostFn::Expired => self.expired(a),
            HostFn::NextExpiry => self.next_expiry(a),
            HostFn::Observe => {
                super::observe::observe(&mut self.arena, &self.schedules, a, b);
                0
            }
            HostFn::Keep => {
                self.keep(a, b);
                0
            }
            HostFn::SetupKey => {
                let law = self.arena.get(a, FIRST_WORD);
                setup_key(self.value(law, b))
            }
            HostFn::Search => self.search(a),
            HostFn::SetupOf => self.setup_of(a, b, c),
            HostFn::Born => {
                self.born(a);
                0
            }
            HostFn::Inherit => {
                self.inherit(a, b, c);
                0
            }
            HostFn::CardGoes => self.card_goes(a, b),
            HostFn::CardsBack => self.cards_back(a),
            HostFn::Staff => self.staff(a),
            HostFn::InTime => self.in_time(a, b, c),
            HostFn::RankRequest => {
                self.rank_request(a, b);
                0
            }
            HostFn::Rhythm => self.rhythm(a),
            HostFn::Lot => self.lot(a),
            HostFn::Kind => self.kind(a),
            HostFn::Ordered => {
                self.ordered(a, b);
                0
            }
            HostFn::Leaves => {
                self.leaves(a, b);
                0
            }
        }
    }

    /// Doubles the room for items. Beyond the cap the run is told to stop at the end of the instant.
    fn grow_items(&mut self) -> i64 {
        let words = self.arena.words.len();
        let per_item = usize::try_from(self.item_bytes / 8).unwrap_or(8).max(1);
        let base = usize::try_from(self.arena.get(0, header::ITEM_BASE) / 8).unwrap_or(0);
        let more = (words.saturating_sub(base) / per_item).clamp(64, 1 << 20) * per_item;
        self.arena.words.grow(words + more);
        let end = i64::try_from(self.arena.words.len() * 8).unwrap_or(i64::MAX);
        self.arena.set(0, header::ITEM_END, end);
        if self.arena.words.len() * 8 > self.cap_bytes {
            self.arena.set(0, header::STATUS, Status::Memory.code());
            self.arena.set(0, header::FUEL_AT, 0);
            return 1;
        }
        0
    }

    /// The value of a law for an item.
    pub(super) fn value(&mut self, law: i64, item: i64) -> f64 {
        let laws = Arc::clone(&self.laws);
        let law = usize::try_from(law).ok().and_then(|i| laws.get(i));
        law.map_or(f64::NAN, |law| law.evaluate(&mut self.arena, item))
    }

    fn compute(&mut self, record: i64, item: i64) -> i64 {
        let law = self.arena.get(record, draw::LAW);
        duration_ticks(self.value(law, item)).map_or(-1, |t| t.0)
    }

    fn first_true(&mut self, list: i64, item: i64) -> i64 {
        let n = self.arena.get(list, FIRST_WORD);
        for i in 0..n {
            let law = self.arena.get(list + 8 * (i + 1), FIRST_WORD);
            if self.value(law, item) != 0.0 {
                return i;
            }
        }
        n
    }

    /// The setup between two keys: that of the pair, none between equals, else the one for all others.
    fn setup_of(&self, table: i64, before: i64, to: i64) -> i64 {
        let word = |i: i64| self.arena.get(table + 8 * i, FIRST_WORD);
        let pair = (0..word(2)).map(|i| 3 + 3 * i).find(|i| word(*i) == before && word(i + 1) == to);
        match pair {
            Some(i) => word(i + 2),
            None if before == to => 0,
            None => word(1),
        }
    }

    /// Computes the values over all items that a machine has loaded.
    fn keep(&mut self, list: i64, machine: i64) {
        let into = self.arena.get(machine, machine::KEPT);
        for i in 0..self.arena.get(list, FIRST_WORD) {
            let at = list + 8 + 24 * i;
            let (over, law) = (self.arena.get(at, FIRST_WORD), self.arena.get(at + 8, FIRST_WORD));
            let counted = self.arena.get(at + 16, FIRST_WORD);
            let mut values = Vec::new();
            let mut item = self.arena.get(machine, machine::ITEM);
            while item != 0 {
                let kind = self.arena.get(item, item::TYPE);
                if self.arena.get(counted + 8 * kind, FIRST_WORD) != 0 {
                    values.push(self.value(law, item));
                }
                item = self.arena.get(item, item::NEXT);
            }
            let number = values.len() as f64;
            let sum: f64 = values.iter().sum();
            let value = match over {
                0 => sum,
                1 => call(Function::Minimum, &values),
                2 => call(Function::Maximum, &values),
                _ => sum / number,
            };
            self.arena.set(into + 8 * i, FIRST_WORD, value.to_bits().cast_signed());
        }
    }

    /// Gives an item of a known type the attributes it is born with.
    pub fn born(&mut self, item: i64) {
        let kinds = Arc::clone(&self.kinds);
        let kind = usize::try_from(self.arena.get(item, item::TYPE)).ok();
        for (offset, law) in kind.and_then(|k| kinds.get(k)).into_iter().flatten() {
            let value = law.map_or(0.0, |l| self.value(i64::try_from(l).unwrap_or(-1), item));
            self.arena.set(item + i64::from(*offset), FIRST_WORD, value.to_bits().cast_signed());
        }
    }

    fn inherit(&mut self, part: i64, product: i64, part_kind: i64) {
        let kinds = Arc::clone(&self.kinds);
        let of = |kind: i64| usize::try_from(kind).ok().and_then(|k| kinds.get(k));
        let had = of(part_kind);
        for (offset, law) in of(self.arena.get(product, item::TYPE)).into_iter().flatten() {
            let value = if had.is_some_and(|list| list.iter().any(|(o, _)| o == offset)) {
                self.arena.get(part + i64::from(*offset), FIRST_WORD)
            } else {
                let value = law.map_or(0.0, |l| self.value(i64::try_from(l).unwrap_or(-1), product));
                value.to_bits().cast_signed()
            };
            self.arena.set(product + i64::from(*offset), FIRST_WORD, value);
        }
    }

    fn calendar(&mut self, record: i64) {
        let now = Ticks(self.arena.get(0, header::NOW));
        let index = usize::try_from(self.arena.get(record, calendar::INDEX)).unwrap_or(usize::MAX);
        let Some(schedule) = self.schedules.get(index) else { return };
        let on = i64::try_from(schedule.value(now)).unwrap_or(i64::MAX);
        let next = schedule.next_change(now).map_or(NEVER, |t| t.0.min(NEVER));
        self.arena.set(record, calendar::ON, on);
        self.arena.set(record, calendar::NEXT, next);
    }

    /// Ticks from now to the next instant of a timetable.
    fn timetable(&self, record: i64) -> i64 {
        let now = self.arena.get(0, header::NOW);
        let index = usize::try_from(self.arena.get(record, draw::LAW)).unwrap_or(usize::MAX);
        let next = self.schedules.get(index).and_then(|s| s.next_begin(Ticks(now)));
        next.map_or(NEVER, |t| t.0.min(NEVER)).saturating_sub(now)
    }

    /// The request granted last, of equal times the one of the highest key, that holds members of a pool.
    fn latest_grant(&self, members: i64) -> i64 {
        let mut best = (i64::MIN, i64::MIN, 0);
        let mut at = self.arena.get(0, header::REQUESTS);
        while at != 0 {
            let list = self.arena.get(at, request::HOLDS);
            if list != 0 {
                let holds = (0..self.arena.get(list, needs::COUNT))
                    .any(|i| self.arena.get(list + 16 * i, needs::POOL) == members);
                let own = (self.arena.get(at, request::GRANTED), self.arena.get(at, request::KEY), at);
                if holds && own > best {
                    best = own;
                }
            }
            at = self.arena.get(at, request::OTHER);
        }
        best.2
    }

    /// The next duration of a draw record in ticks; negative when its law gives none.
    pub fn duration(&mut self, record: i64) -> i64 {
        let family = self.arena.get(record, draw::FAMILY);
        if family == Family::Constant.tag() {
            return self.arena.get(record, draw::TICKS);
        }
        if family == Family::Timetable.tag() {
            return self.timetable(record);
        }
        if family == Family::Computed.tag() {
            return self.compute(record, 0);
        }
        if family == Family::Rhythm.tag() {
            return self.rhythm(record);
        }
        let first = i64::from(draw::BATCH.offset);
        let end = first + 8 * i64::try_from(DRAWS).unwrap_or(0);
        let mut cursor = self.arena.get(record, draw::CURSOR);
        if cursor == end {
            self.draw(record);
            cursor = first;
        }
        self.arena.set(record, draw::CURSOR, cursor + 8);
        self.arena.get(record + cursor, FIRST_WORD)
    }

    /// Fills the batch of a draw record.
    fn draw(&mut self, record: i64) {
        let ticks = |seconds: f64| duration_ticks(seconds).map_or(-1, |t| t.0).cast_unsigned();
        let index = usize::try_from(self.arena.get(record, draw::LAW)).unwrap_or(usize::MAX);
        let Some(law) = self.laws.get(index) else { return };
        let first = usize::try_from((record + i64::from(draw::BATCH.offset)) / 8).unwrap_or(usize::MAX);
        let mut batch = [0; DRAWS];
        match law {
            Law::Sample(sampler, stream) if !matches!(sampler, Sampler::Constant { .. }) => {
                let at = usize::try_from(stream >> 3).unwrap_or(usize::MAX);
                let state = self.arena.words.get_mut(at..at.saturating_add(4));
                let Some(state) = state.and_then(|s| <&mut [u64; 4]>::try_from(s).ok()) else { return };
                let mut own = *state;
                batch.fill_with(|| next(&mut own));
                *state = own;
                match sampler {
                    // The commonest law, without a choice in its loop.
                    Sampler::Exponential { mean } => {
                        let tables = ziggurat::tables();
                        batch = ticks_of_all(batch.map(|word| *mean * tables.exponential(word)));
                    }
                    _ => batch = ticks_of_all(batch.map(|word| sampler.variate(word))),
                }
            }
            _ => batch.fill_with(|| ticks(law.evaluate(&mut self.arena, 0))),
        }
        if let Some(words) = self.arena.words.get_mut(first..first.saturating_add(DRAWS)) {
            words.copy_from_slice(&batch);
        }
    }
}

/// Seconds as ticks, negative where they are no duration: what [`duration_ticks`] gives of each. Where all are
/// in the range of a sum without a carry, as nearly always, no draw needs a choice of its own.
#[allow(clippy::cast_precision_loss)]
fn ticks_of_all(seconds: [f64; DRAWS]) -> [u64; DRAWS] {
    let scaled = seconds.map(|s| s * TICKS_PER_SECOND as f64);
    // Also false for what is not a number.
    let within = scaled.iter().fold(true, |all, s| all & (*s >= 0.0) & (*s < ROUNDING / 3.0));
    if within {
        return scaled.map(|s| (s + ROUNDING).to_bits().wrapping_sub(ROUNDING.to_bits()));
    }
    seconds.map(|s| duration_ticks(s).map_or(-1, |t| t.0).cast_unsigned())
}

/// What native code is handed: where the arena is, and whom to call.
#[repr(C)]
pub struct NativeContext {
    arena: *mut u64,
    host: *mut Host,
}

impl NativeContext {
    /// Byte offset of the arena's address.
    pub const ARENA_OFFSET: i32 = 0;

    /// The context of a host, valid while the host is borrowed by the caller.
    pub fn new(host: &mut Host) -> Self {
        Self { arena: host.arena.words.as_mut_ptr(), host }
    }
}

/// Calls the host from native code. Of each entry only what it asks for is left.
#[inline(always)]
fn serve(context: *mut NativeContext, function: HostFn, args: [i64; 3]) -> i64 {
    // SAFETY: native code passes on the context it was called with; `Native::run` made it from a host
    // it borrows mutably for the whole call, and native code holds no other reference meanwhile.
    unsafe {
        let host = &mut *(*context).host;
        if function == HostFn::Draw {
            // So often called that it goes without a choice; it does not move the arena.
            host.draw(args[0]);
            return 0;
        }
        let result = host.call(function, args);
        (*context).arena = host.arena.words.as_mut_ptr();
        result
    }
}

macro_rules! entries {
    ($($name:ident = $function:ident;)*) => {
        $(
            // Objects written ahead of time find it by name.
            #[unsafe(export_name = concat!("flowline_host_", stringify!($name)))]
            extern "C" fn $name(context: *mut NativeContext, a: i64, b: i64, c: i64) -> i64 {
                serve(context, HostFn::$function, [a, b, c])
            }
        )*
        /// The name under which native code calls a host function.
        #[must_use]
        pub fn host_symbol(function: HostFn) -> &'static str {
            match function {
                $(HostFn::$function => concat!("flowline_host_", stringify!($name)),)*
            }
        }
        /// The address native code calls for a host function.
        #[must_use]
        pub fn host_address(function: HostFn) -> *const u8 {
            match function {
                $(HostFn::$function => $name as *const u8,)*
            }
        }
    };
}

entries! {
    grow_items = GrowItems;
    draw_batch = Draw;
    timed_insert = TimedInsert;
    timed_take = TimedTake;
    bring_calendar = Calendar;
    next_of_timetable = Timetable;
    latest_grant = LatestGrant;
    value_of = Value;
    first_true = FirstTrue;
    keys = Keys;
    arrange = Arrange;
    goes_before_other = GoesBefore;
    foremost = Foremost;
    expired = Expired;
    next_expiry = NextExpiry;
    keep = Keep;
    search_work = Search;
    find_setup_key = SetupKey;
    find_setup = SetupOf;
    born = Born;
    inherit = Inherit;
    card_goes = CardGoes;
    cards_back = CardsBack;
    send_staff = Staff;
    stays_in_time = InTime;
    rank_request = RankRequest;
    rhythm = Rhythm;
    lot = Lot;
    kind = Kind;
    ordered = Ordered;
    leaves = Leaves;
    observe = Observe;
    next_step_of = NextStep;
    kept_from_item = KeptFrom;
}
