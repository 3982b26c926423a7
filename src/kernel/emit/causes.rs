//! Charges starved, blocked and waiting times to what ended them (semantics Z2). Only where several
//! inputs, outputs or pools can end a state is there any code.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{causes, holder, item, limit, list, machine, needs, pool, station};
use super::super::program::{BinaryOp, Program, Ty};
use super::super::shape::{NodeShape, StationShape};
use super::super::status::State;
use super::Emit;

/// Which state is charged, in the order of the causes record.
const STARVED: i64 = 0;
const BLOCKED: i64 = 1;
const WAITING: i64 = 2;

/// What a machine has been given last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Came {
    /// The key of its giver.
    pub giver: V,
    /// When it was ready there.
    pub ready: V,
}

const KEY: Field = Field { offset: 8, ty: Ty::Count };
const SUM: Field = Field { offset: 16, ty: Ty::Duration };

impl Emit<'_> {
    fn any_causes(&self) -> bool {
        self.shapes.nodes.iter().any(|s| matches!(s, NodeShape::Station(s) if s.several_causes.contains(&true)))
    }

    /// Writes `charge(machine, which, key)`: the time in a state since it was last charged goes to the
    /// cause with the key. O(causes of the station).
    pub(super) fn cause_function(&mut self, program: &mut Program) -> Result<(), String> {
        if !self.any_causes() {
            return Ok(());
        }
        let (mut b, args) = Builder::new(program, "charge_cause", &[Ty::Handle, Ty::Count, Ty::Count], None);
        if let [machine, which, key] = args[..] {
            Self::charge_body(&mut b, machine, which, key);
        }
        self.functions.charge_cause = Some(b.finish()?);
        Ok(())
    }

    fn charge_body(b: &mut Builder, machine: V, which: V, key: V) {
        let state = b.plus(which, State::Starved.code());
        let place = b.element(machine, state, 8);
        let total = b.load(place, machine::IN_STATE);
        let record = b.load(machine, machine::CAUSES);
        let at = b.element(record, which, 8);
        let charged = b.load(at, causes::CHARGED);
        let amount = b.sub(total, charged);
        let nothing = b.is_zero(amount);
        b.when(nothing, |b| b.give(None));
        let pairs = b.load(at, causes::LISTS);
        let n = b.load(pairs, super::basics::WORD);
        b.each(pairs, n, 16, |b, pair| {
            let own = b.load(pair, KEY);
            let same = b.eq(own, key);
            b.when(same, |b| {
                let sum = b.load(pair, SUM);
                let sum = b.add(sum, amount);
                b.store(pair, SUM, sum);
                b.store(at, causes::CHARGED, total);
                b.give(None);
            });
        });
    }

    fn charge_cause(&self, b: &mut Builder, machine: V, which: i64, key: V) {
        let which = b.count(which);
        b.call(Self::function(self.functions.charge_cause), &[machine, which, key]);
    }

    /// The key of the node that gives an item: its position among all names.
    pub(super) fn giver_of(b: &mut Builder, item: V) -> V {
        let holder = b.load(item, item::HOLDER);
        let key = b.load(holder, holder::KEY);
        b.bits_with(BinaryOp::ShiftRight, key, 24)
    }

    /// The machine has been loaded: what it lacked came from a giver, or was the card of a limit, where the item was
    /// ready before there was one again.
    pub(super) fn ends_starved(&self, b: &mut Builder, s: &StationShape, machine: V, came: Option<Came>) {
        let [starved, ..] = s.several_causes;
        let (true, Some(came)) = (starved, came) else { return };
        if s.from == 0 {
            self.charge_cause(b, machine, STARVED, came.giver);
            return;
        }
        let (key, latest) = (b.var(came.giver), b.var(came.ready));
        let node = b.load(machine, machine::STATION);
        let array = b.load(node, station::FROM);
        for i in 0..s.from {
            let offset = i32::try_from(16 * i).unwrap_or(0);
            let record = b.load(array, Field { offset, ty: Ty::Handle });
            let freed = b.load(record, limit::FREED);
            let later = b.lt(latest, freed);
            b.when(later, |b| {
                let handle = b.cast(record, Ty::Count);
                let zero = b.count(0);
                let own = b.sub(zero, handle);
                b.set(key, own);
                b.set(latest, freed);
            });
        }
        self.charge_cause(b, machine, STARVED, key);
    }

    /// A limit lets items in again: a card is there after none was left, or the line is clear.
    pub(super) fn note_open(&self, b: &mut Builder, record: V) {
        let starved = |s: &NodeShape| matches!(s, NodeShape::Station(s) if s.from > 0 && s.several_causes[0]);
        if self.shapes.nodes.iter().any(starved) {
            let now = Self::now(b);
            b.store(record, limit::FREED, now);
        }
    }

    /// Cards of a limit are about to be there again.
    pub(super) fn note_cards(&self, b: &mut Builder, record: V) {
        let left = b.load(record, limit::CARDS);
        let zero = b.count(0);
        let none = b.le(left, zero);
        b.when(none, |b| self.note_open(b, record));
    }

    /// Where an item comes from and when it was ready.
    pub(super) fn came(b: &mut Builder, s: &StationShape, item: V) -> Option<Came> {
        s.several_causes[0].then(|| Came { giver: Self::giver_of(b, item), ready: b.load(item, item::READY) })
    }

    /// The node that an item waits for, before it leaves its machine.
    pub(super) fn taker_of(b: &mut Builder, s: &StationShape, item: V) -> Option<V> {
        let [_, blocked, _] = s.several_causes;
        blocked.then(|| {
            let offered = b.load(item, item::LIST);
            b.load(offered, list::RANK)
        })
    }

    /// The last product has left the machine, to a taker.
    pub(super) fn ends_blocked(&self, b: &mut Builder, machine: V, taker: Option<V>) {
        if let Some(taker) = taker {
            self.charge_cause(b, machine, BLOCKED, taker);
        }
    }

    /// Of what a need list asks for, the pool of which members became free last.
    pub(super) fn last_freed(b: &mut Builder, s: &StationShape, needed: V) -> Option<V> {
        let [_, _, waiting] = s.several_causes;
        if !waiting {
            return None;
        }
        let first = b.load(needed, needs::POOL);
        let last = b.var(first);
        let n = b.load(needed, needs::COUNT);
        let one = b.count(1);
        let i = b.var(one);
        b.repeat(|b| {
            let end = b.le(n, i);
            b.leave_if(end);
            let at = b.element(needed, i, 16);
            let next = b.plus(i, 1);
            b.set(i, next);
            let other = b.load(at, needs::POOL);
            let freed = b.load(other, pool::FREED);
            let known = b.load(last, pool::FREED);
            let later = b.lt(known, freed);
            let which = b.select(later, other, last);
            b.set(last, which);
        });
        Some(last)
    }

    /// People have been granted to a machine; those of a pool came last.
    pub(super) fn ends_waiting(&self, b: &mut Builder, machine: V, last: Option<V>) {
        if let Some(last) = last {
            let key = b.cast(last, Ty::Count);
            self.charge_cause(b, machine, WAITING, key);
        }
    }

    /// Members of a pool are free from now on.
    pub(super) fn note_freed(&self, b: &mut Builder, members: V) {
        let waiting = self.shapes.nodes.iter().any(|s| match s {
            NodeShape::Station(s) => matches!(s.several_causes, [_, _, true]),
            _ => false,
        });
        if waiting {
            let now = Self::now(b);
            b.store(members, pool::FREED, now);
        }
    }
}
