//! The run loop: instants, rounds, and settling (semantics T1–T9).

use super::super::builder::{Builder, Field, V};
use super::super::layout::{OWNER_BITS, header, node, tree};
use super::super::program::{BinaryOp, FuncId, Program, Ty};
use super::super::shape::{EventShape, NodeShape, SettleShape, SupplyShape};
use super::super::status::Status;
use super::Emit;
use crate::base::limits;

impl Emit<'_> {
    /// Writes the entry: runs until the horizon, the fuel or a reason to stop, and returns a status.
    pub(super) fn run_function(&mut self, program: &mut Program) -> Result<(), String> {
        // Functions of their own for what is needed less often, and none that is large: the larger a function, the
        // longer each of its instructions takes to compile, and those of several are compiled side by side.
        let mut nodes = Vec::new();
        for (i, settle) in self.shapes.settles.iter().enumerate() {
            if matches!(self.shapes.nodes.get(settle.shape), Some(NodeShape::Move) | None) {
                // Its requests are served when nothing more can be delivered.
                nodes.push(None);
                continue;
            }
            let (mut b, args) = Builder::new(program, &format!("settle_{i}"), &[Ty::Handle], None);
            if let [node] = args[..] {
                self.settle_node(&mut b, settle, node);
            }
            nodes.push(Some(b.finish()?));
        }
        let (mut b, _) = Builder::new(program, "settle", &[], Some(Ty::Count));
        self.settle(&mut b, &nodes);
        let on = b.count(0);
        b.give(Some(on));
        self.functions.settle = Some(b.finish()?);

        let mut together = Vec::new();
        for (i, event) in self.shapes.events.iter().enumerate() {
            let (mut b, args) = Builder::new(program, &format!("due_{i}"), &[Ty::Handle], None);
            if let [record] = args[..] {
                self.event(&mut b, event, record, record, false);
            }
            together.push(b.finish()?);
        }
        let (mut builder, _) = Builder::new(program, "run", &[], Some(Ty::Count));
        self.run_body(&mut builder, &together);
        builder.finish().map(|_| ())
    }

    fn run_body(&self, b: &mut Builder, together: &[FuncId]) {
        // What is marked at the beginning of a run settles first.
        self.settle_now(b);
        let expiries = i64::from(self.shapes.first_expiry);
        let with_expiries = self.shapes.first_expiry != u32::MAX;
        b.repeat(|b| {
            b.forget_now();
            let key = self.root(b, tree::KEY);
            let now = b.header(header::NOW);
            let fresh = b.lt(now, key);
            b.either(
                fresh,
                |b| {
                    let events = b.header(header::EVENTS);
                    let fuel = b.header(header::FUEL_AT);
                    let stop = b.le(fuel, events);
                    b.when(stop, |b| Self::give_status(b));
                    let horizon = b.header(header::HORIZON);
                    let beyond = b.lt(horizon, key);
                    b.when(beyond, |b| {
                        b.set_header(header::NOW, horizon);
                        let done = b.count(Status::Horizon.code());
                        b.give(Some(done));
                    });
                    b.set_header(header::NOW, key);
                    let zero = b.count(0);
                    b.set_header(header::ROUNDS, zero);
                },
                |b| self.guard_instant(b),
            );
            // Nothing is due before the present: either way this is it.
            b.know_now(key);
            // Most events are alone at their instant. Then the slot's matches need not be replayed twice:
            // its leaf alone is cleared, and when nothing has set it again, the matches are replayed
            // behind the settling.
            let winner = self.root(b, tree::OWNER);
            let owner = b.var(winner);
            let until = b.header(header::TIED);
            let perhaps = b.le(key, until);
            b.when(perhaps, |b| {
                let lowest = self.earliest(b, key);
                let lowest_owner = self.owner_of(b, lowest);
                b.set(owner, lowest_owner);
                let tied = self.tied(b, lowest, key);
                b.when(tied, |b| {
                    // End everything that is due; expiries one by one, each after the instant has settled.
                    b.repeat(|b| {
                        let due = self.earliest(b, key);
                        self.cancel(b, due);
                        let owner = self.owner_of(b, due);
                        self.dispatch(b, owner, |b, i, _, record| {
                            b.call(Self::function(together.get(i).copied()), &[record]);
                        });
                        let next = self.root(b, tree::KEY);
                        let over = b.ne(next, key);
                        b.leave_if(over);
                        if with_expiries {
                            let next = self.earliest(b, key);
                            let first = b.count(expiries);
                            let expiry = b.le(first, next);
                            b.leave_if(expiry);
                            let was = b.le(first, due);
                            b.leave_if(was);
                        }
                    });
                    self.settle_now(b);
                    b.again();
                });
            });
            let none = b.count(0);
            let handled = b.var(none);
            self.dispatch(b, owner, |b, i, event, record| {
                let due = b.load(record, event.slot());
                if self.moves_directly(event) {
                    self.event(b, event, due, record, true);
                } else {
                    self.clear(b, due);
                    b.call(Self::function(together.get(i).copied()), &[record]);
                }
                b.set(handled, due);
            });
            self.settle_now(b);
            let at = self.time_of(b, handled);
            let unset = Self::never_comes(b, at);
            b.when(unset, |b| self.cancel(b, handled));
        });
    }

    /// Settles, where something may have to.
    fn settle_now(&self, b: &mut Builder) {
        let settle = |b: &mut Builder| {
            let status = b.call_for(Self::function(self.functions.settle), &[], Ty::Count);
            let stops = b.ne_zero(status);
            b.when(stops, |b| b.give(Some(status)));
        };
        if self.more_than_marks() {
            settle(b);
            return;
        }
        let dirty = b.header(header::DIRTY);
        let marked = b.ne_zero(dirty);
        let marked = if self.any_pools() {
            let asked = b.header(header::GRANT);
            let asked = b.ne_zero(asked);
            b.or(marked, asked)
        } else {
            marked
        };
        b.when(marked, settle);
    }

    /// Whether settling has to do with more than marked nodes and people.
    fn more_than_marks(&self) -> bool {
        self.shapes.settled || self.any_together() || self.any_moves() || self.any_ranged()
    }

    /// Hands back: a reason to stop, or only the fuel.
    fn give_status(b: &mut Builder) {
        let status = b.header(header::STATUS);
        let none = b.is_zero(status);
        let fuel = b.count(Status::Fuel.code());
        let status = b.select(none, fuel, status);
        b.give(Some(status));
    }

    /// Counts a further round at one instant; too many are an endless circle of zero times.
    fn guard_instant(&self, b: &mut Builder) {
        let rounds = b.header(header::ROUNDS);
        let rounds = b.plus(rounds, 1);
        b.set_header(header::ROUNDS, rounds);
        let most = b.count(i64::try_from(limits::EVENTS_PER_INSTANT).unwrap_or(i64::MAX));
        let endless = b.lt(most, rounds);
        b.when(endless, |b| {
            let code = b.count(Status::Endless.code());
            b.give(Some(code));
        });
        // A reason to stop ends even an endless instant.
        let status = b.header(header::STATUS);
        let memory = b.count(Status::Memory.code());
        let full = b.eq(status, memory);
        b.when(full, |b| b.give(Some(memory)));
    }

    /// Counts an event, and goes to the handler of its owner: `handle` writes that of a number and an event, for a record.
    fn dispatch(&self, b: &mut Builder, owner: V, handle: impl Fn(&mut Builder, usize, &EventShape, V)) {
        let header = b.none();
        b.bump(header, header::EVENTS, 1);
        let (Some(first), others) = (self.shapes.events.first(), self.shapes.events.get(1..).unwrap_or_default())
        else {
            return;
        };
        // Of the first handler, the handle of the record is all there is.
        let record = b.cast(owner, Ty::Handle);
        if others.is_empty() {
            handle(b, 0, first, record);
            return;
        }
        let handler = b.bits_with(BinaryOp::ShiftRight, owner, i64::from(OWNER_BITS));
        let most = b.is_zero(handler);
        b.either(
            most,
            |b| handle(b, 0, first, record),
            |b| {
                let record = b.bits_with(BinaryOp::And, owner, (1 << OWNER_BITS) - 1);
                let record = b.cast(record, Ty::Handle);
                let handler = b.plus(handler, -1);
                b.switch(handler, others.len(), |b, i| {
                    if let Some(event) = others.get(i) {
                        handle(b, i + 1, event, record);
                    }
                });
            },
        );
    }

    /// Takes the time of a slot away; its matches are still to be replayed.
    pub(super) fn clear(&self, b: &mut Builder, slot: V) {
        let never = Self::never(b, slot);
        self.set_time(b, slot, never);
    }

    /// Whether the handler of an event that is alone at its instant may hand over directly: then it clears its leaf
    /// itself where that is needed.
    fn moves_directly(&self, event: &EventShape) -> bool {
        match event {
            EventShape::EndOfWork(k) => self.station_shape(*k).is_some_and(|s| self.gives_to(s).is_some()),
            EventShape::Arrival(k) => match self.shapes.nodes.get(*k) {
                Some(NodeShape::Source(s)) => s.direct_out.is_some() && matches!(s.supply, SupplyShape::Pause(_)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Goes on with the next event where this one has left nothing to settle. Its slot has a new time.
    pub(super) fn next_event_if_clean(&self, b: &mut Builder) {
        if self.more_than_marks() {
            return;
        }
        let dirty = b.header(header::DIRTY);
        let something = if self.any_pools() {
            let asked = b.header(header::GRANT);
            let asked = b.cast(asked, Ty::Count);
            b.bits(BinaryOp::Or, dirty, asked)
        } else {
            dirty
        };
        let clean = b.is_zero(something);
        b.when(clean, Builder::again);
    }

    fn event(&self, b: &mut Builder, event: &EventShape, due: V, record: V, alone: bool) {
        match event {
            EventShape::EndOfWork(k) => {
                if let Some(s) = self.station_shape(*k) {
                    if alone {
                        self.end_of_work_alone(b, *k, s, due, record);
                    } else {
                        self.end_of_work(b, *k, s, record);
                    }
                }
            }
            EventShape::Breakdown(k, i) => {
                if let Some(s) = self.station_shape(*k) {
                    self.breakdown_event(b, *k, s, *i, record);
                }
            }
            EventShape::Arrival(k) => {
                if let Some(NodeShape::Source(s)) = self.shapes.nodes.get(*k) {
                    if alone {
                        self.arrival_alone(b, s, due, record);
                    } else {
                        self.arrival(b, s, record);
                    }
                }
            }
            EventShape::Verdict(k) => {
                if let Some(NodeShape::Source(s)) = self.shapes.nodes.get(*k) {
                    self.verdict(b, s, record);
                }
            }
            EventShape::EndOfStay(k) => {
                if let Some(NodeShape::Buffer(s)) = self.shapes.nodes.get(*k) {
                    self.end_of_stay(b, s, record);
                }
            }
            EventShape::Expiry(k) => {
                if let Some(NodeShape::Buffer(s)) = self.shapes.nodes.get(*k) {
                    self.expire(b, s, record);
                }
            }
            EventShape::EndOfBelt(k) => {
                if let Some(s) = self.belt_shape(*k) {
                    self.end_of_belt(b, s, record);
                }
            }
            EventShape::BeltEntry => {
                let rank = b.load(record, node::RANK);
                self.mark(b, rank);
            }
            EventShape::BeltBreakdown(k, i) => {
                if let Some(s) = self.belt_shape(*k) {
                    self.belt_breakdown(b, *k, s, *i, record);
                }
            }
            EventShape::EndOfGathering(_) => self.gathered_enough(b, record),
            EventShape::Calendar => self.calendar_event(b, record),
            EventShape::SharedStop(j) => self.shared_event(b, *j, record),
            EventShape::Vehicle => self.vehicle_event(b, record),
            EventShape::CardsBack => self.cards_back(b, record),
        }
    }

    /// What a node does that is marked: takes the candidate that has been ready longest.
    fn settle_node(&self, b: &mut Builder, settle: &SettleShape, node: V) {
        match self.shapes.nodes.get(settle.shape) {
            Some(NodeShape::Source(s)) => self.settle_source(b, s, node),
            Some(NodeShape::Station(s)) if s.recipe.parts > 0 => {
                self.settle_join(b, settle.shape, s, &settle.holders, node);
            }
            Some(NodeShape::Station(s)) => self.settle_station(b, settle.shape, s, &settle.holders, node),
            Some(NodeShape::Buffer(s)) => self.settle_buffer(b, s, &settle.holders, node),
            Some(NodeShape::Conveyor(s)) => self.settle_belt(b, s, &settle.holders, node),
            Some(NodeShape::Sink(s)) => self.settle_sink(b, s, &settle.holders, node),
            Some(NodeShape::Move) | None => {}
        }
    }

    /// Settles: deliver by rank until nothing can be delivered, hand over what leaves together, grant
    /// people, and again (T4).
    fn settle(&self, b: &mut Builder, nodes: &[Option<FuncId>]) {
        b.repeat(|b| {
            b.repeat(|b| {
                self.decide_settling(b);
                let top = b.header(header::DIRTY);
                let clean = b.is_zero(top);
                b.leave_if(clean);
                let rank = self.take_dirty(b, top);
                let ranks = b.header(header::RANKS);
                let at = b.element(ranks, rank, 8);
                let node = b.load(at, Field { offset: 0, ty: Ty::Handle });
                if self.any_together() {
                    let moved = self.together_first(b, node);
                    b.when(moved, |b| {
                        self.mark(b, rank);
                        b.again();
                    });
                }
                self.consider_open(b, node);
                let kind = b.load(node, node::KIND);
                b.switch(kind, nodes.len(), |b, i| {
                    if let Some(settle) = nodes.get(i).copied().flatten() {
                        b.call(settle, &[node]);
                    }
                });
                if self.may_flow_for_ever() {
                    self.guard_instant(b);
                }
            });
            if self.any_together() {
                let waiting = b.header(header::TOGETHER);
                let some = b.ne_zero(waiting);
                b.when(some, |b| {
                    let moved = {
                        let none = b.none();
                        b.call_for(Self::function(self.functions.leave_together), &[none, none], Ty::Flag)
                    };
                    // Whatever moved may let others move first.
                    b.when(moved, |b| b.again());
                });
            }
            if self.any_moves() {
                let moved = b.call_for(Self::function(self.functions.serve_fleets), &[], Ty::Flag);
                b.when(moved, |b| b.again());
            }
            if self.any_ranged() {
                let waiting = b.header(header::GATHERING);
                let some = b.ne_zero(waiting);
                b.when(some, |b| {
                    self.begin_gathered(b, waiting);
                    b.again();
                });
            }
            if self.any_pools() {
                let asked = b.header(header::GRANT);
                let none = b.is_zero(asked);
                b.leave_if(none);
                b.call(Self::function(self.functions.grant), &[]);
            } else {
                b.leave();
            }
        });
    }

    /// Whether items can flow without time passing: only then a settle needs a guard.
    fn may_flow_for_ever(&self) -> bool {
        self.shapes
            .nodes
            .iter()
            .any(|s| matches!(s, NodeShape::Source(s) if s.supply == super::super::shape::SupplyShape::Always))
    }
}
