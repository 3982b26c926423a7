//! Stations: loading, work, and its end.

use super::super::builder::{Builder, Field, V};
use super::super::layout::{
    breakdown, counters, draw, header, item, machine, node, pool, recipe, request, station, visit,
};
use super::super::program::{Program, Ty};
use super::super::shape::{ClockShape, EffectShape, ShiftShape, StationShape};
use super::super::status::{NEVER, State, phase};
use super::Emit;

/// Bytes of a breakdown record.
pub(super) fn breakdown_offset(i: usize) -> i32 {
    i32::try_from(i * breakdown::WORDS * 8).unwrap_or(0)
}

/// Who asks for people at an instant besides a machine that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// Whoever does while the floor settles: the oldest request is granted first, when all have asked.
    Settling,
    /// One more machine at most, after it.
    OneMore,
    /// Nobody after it.
    Last,
}

impl Emit<'_> {
    /// Writes the functions of a station shape that others call: a stretch of work, its begin, the
    /// begin of repairs.
    pub(super) fn station_functions(
        &mut self,
        program: &mut Program,
        k: usize,
        s: &StationShape,
    ) -> Result<(), String> {
        let shared = s.needs || s.interruptible();
        let mut stretch = None;
        let mut begin = None;
        if shared {
            let (mut b, args) = Builder::new(program, &format!("stretch_{k}"), &[Ty::Handle], None);
            if let [machine] = args[..] {
                self.stretch(&mut b, s, machine);
            }
            stretch = Some(b.finish()?);
        }
        self.functions.stretch.push(stretch);
        if s.needs || s.shift == Some(ShiftShape::FinishInTime) {
            let (mut b, args) = Builder::new(program, &format!("begin_{k}"), &[Ty::Handle], None);
            if let [machine] = args[..] {
                self.begin(&mut b, s, machine);
            }
            begin = Some(b.finish()?);
        }
        self.functions.begin.push(begin);
        let mut placed = None;
        if s.before {
            let (mut b, args) = Builder::new(program, &format!("placed_{k}"), &[Ty::Handle], None);
            if let [machine] = args[..] {
                self.start_work(&mut b, k, s, machine, Asks::Settling);
            }
            placed = Some(b.finish()?);
        }
        self.functions.placed.push(placed);
        let mut repairs = Vec::new();
        for (i, shape) in s.breakdowns.iter().enumerate() {
            if shape.clock == ClockShape::Shared {
                repairs.push(None);
                continue;
            }
            let (mut b, args) = Builder::new(program, &format!("repair_{k}_{i}"), &[Ty::Handle], None);
            if let [record] = args[..] {
                self.begin_repair(&mut b, shape, record);
            }
            repairs.push(Some(b.finish()?));
        }
        self.functions.repair.push(repairs);
        Ok(())
    }

    /// An empty machine that is up becomes ready to be loaded.
    pub(super) fn becomes_idle(&self, b: &mut Builder, s: &StationShape, node: V, machine: V) {
        Self::set_state(b, machine, State::Starved);
        if s.many {
            Self::list_idle(b, s, node, machine);
        }
        if s.recipe.parts == 0 {
            self.mark_if_offered(b, node);
        } else {
            let rank = b.load(node, node::RANK);
            self.mark(b, rank);
        }
    }

    /// Settles a station that takes one item at a time.
    pub(super) fn settle_station(&self, b: &mut Builder, k: usize, s: &StationShape, holders: &[usize], node: V) {
        let machine = self.idle_machine(b, s, node);
        if s.order {
            let order = b.load(node, station::ORDER);
            self.arrange(b, node, order, machine);
        }
        let item = b.load(node, node::OFFERS);
        let ready = b.ne_zero(machine);
        let reserves = self.reserves(holders);
        let ready = if reserves { self.unreserved(b, s, node, machine, item) } else { ready };
        let offered = b.ne_zero(item);
        let go = b.and(ready, offered);
        b.when(go, |b| {
            let (item, go) = if s.from > 0 {
                let array = b.load(node, station::FROM);
                let item = self.first_with_cards(b, node, array, s.from);
                (item, b.ne_zero(item))
            } else {
                (item, b.int(1, Ty::Flag))
            };
            b.when(go, |b| {
                let take = |b: &mut Builder| {
                    let machine = self.set_up_machine(b, s, node, machine, item);
                    if s.from > 0 {
                        self.accept(b, node, item);
                    } else {
                        Self::accept_head(b, node, node::OFFERS, node::OFFERS_LAST, item);
                    }
                    self.release(b, holders, item);
                    self.load_machine(b, k, s, node, machine, item);
                    if s.many {
                        let rank = b.load(node, node::RANK);
                        let head = b.load(node, node::OFFERS);
                        let more = b.ne_zero(head);
                        let idle = b.load(node, station::IDLE);
                        let idle = b.ne_zero(idle);
                        let more = if self.any_open() {
                            let open = b.load(node, node::OPEN);
                            let open = b.ne_zero(open);
                            b.or(more, open)
                        } else {
                            more
                        };
                        let again = b.and(more, idle);
                        b.when(again, |b| self.mark(b, rank));
                    }
                };
                if reserves {
                    let limits = (station::FROM, s.from);
                    self.reserve_or_take(b, holders, node, item, Some(station::RESERVED), limits, take);
                } else {
                    take(b);
                }
                self.took(b, node);
            });
        });
    }

    /// An item handed over together with others enters a station that has an idle machine.
    pub(super) fn enter_station(&self, b: &mut Builder, k: usize, s: &StationShape, node: V, item: V) {
        let machine = self.idle_machine(b, s, node);
        let machine = self.set_up_machine(b, s, node, machine, item);
        self.load_machine(b, k, s, node, machine, item);
    }

    pub(super) fn load_machine(&self, b: &mut Builder, k: usize, s: &StationShape, node: V, machine: V, item: V) {
        self.load_machine_and_ask(b, (k, s), node, machine, item, Asks::Settling);
    }

    /// The same, where it is known who asks for people besides.
    pub(super) fn load_machine_and_ask(
        &self,
        b: &mut Builder,
        (k, s): (usize, &StationShape),
        node: V,
        machine: V,
        item: V,
        asks: Asks,
    ) {
        if s.from > 0 {
            let array = b.load(node, station::FROM);
            self.take_cards(b, array, s.from, item);
        }
        let none = b.none();
        let came = Self::came(b, s, item);
        b.store(item, item::HOLDER, machine);
        b.store(item, item::NEXT, none);
        if s.order {
            self.forget_order(b, item);
        }
        if s.stay {
            Self::append_inside(b, machine, item);
        } else {
            b.store(machine, machine::ITEM, item);
        }
        Self::observe(b, s.observed, node, station::OBSERVERS, item);
        self.start_and_ask(b, (k, s), node, machine, item, asks);
        self.ends_starved(b, s, machine, came);
    }

    /// A machine has been loaded: finds its work and begins it, or asks for people.
    pub(super) fn start(&self, b: &mut Builder, k: usize, s: &StationShape, node: V, machine: V, item: V) {
        self.start_and_ask(b, (k, s), node, machine, item, Asks::Settling);
    }

    fn start_and_ask(&self, b: &mut Builder, (k, s): (usize, &StationShape), node: V, machine: V, item: V, asks: Asks) {
        Self::unlist_idle(b, s, node, machine);
        self.work_takes_place(b, s, node);
        let now = Self::now(b);
        b.set_header(header::PROGRESS, now);
        let work = self.find_work(b, s, node, machine, item);
        if s.stay {
            self.begin_stay(b, s, machine, item, work);
            return;
        }
        if s.setup {
            self.set_up_first(b, s, node, machine, item, work);
        }
        if s.reserves_all() {
            self.ask_for_places(b, s, node, machine, item);
            return;
        }
        if s.before {
            self.ask_for_place(b, s, node, machine, item);
            return;
        }
        self.start_work(b, k, s, machine, asks);
    }

    /// A loaded machine begins its work, or asks for people.
    pub(super) fn start_work(&self, b: &mut Builder, k: usize, s: &StationShape, machine: V, asks: Asks) {
        self.forget_times(b, s, machine);
        let begin = self.functions.begin.get(k).copied().flatten();
        if s.needs {
            self.with_people(b, machine, asks, &|b| b.call(Self::function(begin), &[machine]));
        } else if s.shift == Some(ShiftShape::FinishInTime) {
            b.call(Self::function(begin), &[machine]);
        } else {
            self.begin(b, s, machine);
        }
    }

    /// Begins work of a loaded machine that takes people it may need, or asks for them.
    fn with_people(&self, b: &mut Builder, machine: V, asks: Asks, begin: &dyn Fn(&mut Builder)) {
        let now = Self::now(b);
        let work = b.load(machine, machine::WORK);
        let list = b.load(work, draw::NEEDS);
        let wait = |b: &mut Builder| {
            b.store_int(machine, machine::PHASE, phase::WAIT_TO_BEGIN);
            Self::set_state(b, machine, State::Waiting);
            let request = b.load(machine, machine::REQUEST);
            self.ask(b, request, list, Some(now));
        };
        match self.granted_at_once(b, list, asks) {
            Some((granted, members)) => b.either(
                granted,
                |b| {
                    b.bump(members, pool::BUSY, 1);
                    let one = b.count(1);
                    self.charge(b, members, one, false);
                    b.store(machine, machine::HELD, list);
                    begin(b);
                },
                wait,
            ),
            None => {
                let needed = b.ne_zero(list);
                b.either(needed, wait, begin);
            }
        }
    }

    /// The same where nothing can interrupt the work, no times of steps are planned ahead (stations that give by routes: see
    /// [`Emit::gives_to`]), and the machine's event is handled now: when the work ends goes to `at`, which stays as it is
    /// where the machine waits. It is the last to ask: a member that is still to be handed on is not free.
    pub(super) fn start_work_alone(&self, b: &mut Builder, s: &StationShape, machine: V, at: V) {
        let begin = |b: &mut Builder| {
            let work = b.load(machine, machine::WORK);
            let item = b.load(machine, machine::ITEM);
            let time = self.duration(b, work, &s.work, Some(item));
            Self::enter_work(b, s, machine);
            let end = self.stretch_begins(b, s, machine, time);
            b.set(at, end);
        };
        if s.needs {
            self.with_people(b, machine, Asks::Last, &begin);
        } else {
            begin(b);
        }
    }

    /// Sets the work record of a machine to that of the item loaded; where all items have the same work,
    /// it has been set from the beginning.
    pub(super) fn find_work(&self, b: &mut Builder, s: &StationShape, node: V, machine: V, item: V) -> V {
        if s.recipe.recipes {
            let recipe = b.load(machine, machine::RECIPE);
            let own = b.load(recipe, recipe::WORK);
            let work = b.var(own);
            let table = b.load(recipe, recipe::WORK_TABLE);
            let by_type = b.ne_zero(table);
            b.when(by_type, |b| {
                let kind = b.load(item, item::TYPE);
                let at = b.element(table, kind, 8);
                let its = b.load(at, Field { offset: 0, ty: Ty::Handle });
                b.set(work, its);
            });
            b.store(machine, machine::WORK, work);
            return work;
        }
        if !s.table && !s.visits && !s.steps {
            return Self::work_of(b, s, machine);
        }
        let own = if s.table {
            let table = b.load(node, station::WORK_TABLE);
            let kind = b.load(item, item::TYPE);
            let at = b.element(table, kind, 8);
            b.load(at, Field { offset: 0, ty: Ty::Handle })
        } else {
            b.load(node, station::WORK)
        };
        if !s.visits {
            b.store(machine, machine::WORK, own);
            return own;
        }
        let work = b.var(own);
        let at = b.load(item, self.visit_field());
        let on_route = b.ne_zero(at);
        b.when(on_route, |b| {
            let visited = b.load(at, visit::WORK);
            b.set(work, visited);
        });
        b.store(machine, machine::WORK, work);
        work
    }

    /// Begins work: draws its time.
    fn begin(&self, b: &mut Builder, s: &StationShape, machine: V) {
        let work = b.load(machine, machine::WORK);
        let item = b.load(machine, machine::ITEM);
        let (time, first) = match self.plans(s) {
            true => self.planned(b, s, machine, item),
            false => (self.duration(b, work, &s.work, Some(item)), b.int(1, Ty::Flag)),
        };
        if has_effect(s, EffectShape::Restart) {
            b.store(machine, machine::DRAWN, time);
        }
        if s.shift == Some(ShiftShape::FinishInTime) {
            // What has begun goes on, with the next shift where need be.
            b.when(first, |b| {
                let late = self.too_short(b, s, machine, time);
                b.when(late, |b| b.give(None));
            });
        }
        if self.crews_look_ahead(s) {
            let stay = if self.plans(s) { Self::have_stayed(b, machine) } else { b.int(0, Ty::Flag) };
            let new = b.not(stay);
            b.when(new, |b| self.people_leave_too_soon(b, s, machine, time));
        }
        Self::enter_work(b, s, machine);
        self.work_on(b, s, machine, time);
    }

    fn enter_work(b: &mut Builder, s: &StationShape, machine: V) {
        Self::set_state(b, machine, State::Working);
        if s.setup {
            let work = b.load(machine, machine::WORK);
            let state = b.load(work, draw::STATE);
            b.store(machine, machine::STATE, state);
        }
        b.store_int(machine, machine::PHASE, phase::WORKING);
    }

    /// Works on what remains, until its end or until a clock of working time runs out (B6: work that
    /// ends at that very instant is finished first).
    pub(super) fn stretch(&self, b: &mut Builder, s: &StationShape, machine: V) {
        if s.stay {
            self.moves_on(b, machine);
            return;
        }
        let remaining = b.load(machine, machine::REMAINING);
        let remaining = b.var(remaining);
        if s.shift == Some(ShiftShape::FinishInTime) {
            let waited = Self::was_too_short(b, machine);
            b.when(waited, |b| {
                b.store_int(machine, machine::OFF, 0);
                let late = self.too_short(b, s, machine, remaining);
                b.when(late, |b| b.give(None));
            });
        }
        if has_effect(s, EffectShape::RestartNew) {
            let zero = b.int(0, Ty::Duration);
            let anew = b.lt(remaining, zero);
            b.when(anew, |b| {
                let work = b.load(machine, machine::WORK);
                let item = b.load(machine, machine::ITEM);
                let time = self.duration(b, work, &s.work, Some(item));
                if has_effect(s, EffectShape::Restart) {
                    b.store(machine, machine::DRAWN, time);
                }
                b.set(remaining, time);
            });
        }
        if self.crews_look_ahead(s) {
            self.people_leave_too_soon(b, s, machine, remaining);
        }
        Self::enter_work(b, s, machine);
        self.work_on(b, s, machine, remaining);
    }

    /// Schedules the end of a stretch of work that begins now.
    pub(super) fn work_on(&self, b: &mut Builder, s: &StationShape, machine: V, remaining: V) {
        let slot = b.load(machine, machine::SLOT);
        let at = self.stretch_begins(b, s, machine, remaining);
        let clocks: Vec<usize> = working_clocks(s);
        if clocks.is_empty() {
            self.update(b, slot, at);
            return;
        }
        if s.setup {
            // The clocks stand still during a setup.
            let works = Self::works(b, machine);
            let stands = b.not(works);
            let over = b.var(stands);
            b.when(over, |b| self.schedule_after(b, slot, remaining));
            b.when(works, |b| self.work_until(b, machine, slot, remaining, &clocks));
            return;
        }
        self.work_until(b, machine, slot, remaining, &clocks);
    }

    /// Notes a stretch of work that begins now; when it ends.
    pub(super) fn stretch_begins(&self, b: &mut Builder, s: &StationShape, machine: V, remaining: V) -> V {
        let now = Self::now(b);
        if s.interruptible() {
            b.store(machine, machine::WORK_START, now);
            b.store(machine, machine::REMAINING, remaining);
        }
        b.add(now, remaining)
    }

    /// Whether the machine is in state `working`.
    fn works(b: &mut Builder, machine: V) -> V {
        let state = b.load(machine, machine::STATE);
        let working = b.count(State::Working.code());
        b.eq(state, working)
    }

    fn work_until(&self, b: &mut Builder, machine: V, slot: V, remaining: V, clocks: &[usize]) {
        let breakdowns = b.load(machine, machine::BREAKDOWNS);
        let never = b.int(NEVER, Ty::Duration);
        let least = b.var(never);
        let least_slot = b.var(slot);
        for i in clocks {
            let rest = b.load(breakdowns, breakdown::RESIDUAL.plus(breakdown_offset(*i)));
            let its_slot = b.load(breakdowns, breakdown::SLOT.plus(breakdown_offset(*i)));
            let sooner = b.lt(rest, least);
            let rest = b.select(sooner, rest, least);
            let its_slot = b.select(sooner, its_slot, least_slot);
            b.set(least, rest);
            b.set(least_slot, its_slot);
        }
        let fails = b.lt(least, remaining);
        let after = b.select(fails, least, remaining);
        let which = b.select(fails, least_slot, slot);
        self.schedule_after(b, which, after);
    }

    /// Charges the stretch of work that ends now to the clocks of working time.
    pub(super) fn charge_clocks(b: &mut Builder, s: &StationShape, machine: V, worked: V) {
        let clocks = working_clocks(s);
        if clocks.is_empty() {
            return;
        }
        let worked = if s.setup {
            let works = Self::works(b, machine);
            let none = b.int(0, Ty::Duration);
            b.select(works, worked, none)
        } else {
            worked
        };
        let breakdowns = b.load(machine, machine::BREAKDOWNS);
        for i in clocks {
            let field = breakdown::RESIDUAL.plus(breakdown_offset(i));
            let rest = b.load(breakdowns, field);
            let rest = b.sub(rest, worked);
            b.store(breakdowns, field, rest);
        }
    }

    /// The end of a step of work.
    pub(super) fn end_of_work(&self, b: &mut Builder, k: usize, s: &StationShape, machine: V) {
        if s.stay {
            self.stay_event(b, s, machine);
            return;
        }
        if !s.steps {
            self.last_step_ends(b, k, s, machine);
            return;
        }
        let work = b.load(machine, machine::WORK);
        let next = b.load(work, draw::NEXT);
        let next = if s.setup {
            let then = b.load(machine, machine::THEN);
            let after_setup = b.ne_zero(then);
            b.store_int(machine, machine::THEN, 0);
            b.select(after_setup, then, next)
        } else {
            next
        };
        let more = b.ne_zero(next);
        b.either(more, |b| self.next_step(b, k, s, machine, next), |b| self.last_step_ends(b, k, s, machine));
    }

    /// A step follows: with the same people, with others, or with none.
    fn next_step(&self, b: &mut Builder, k: usize, s: &StationShape, machine: V, next: V) {
        let now = Self::now(b);
        if !working_clocks(s).is_empty() {
            let start = b.load(machine, machine::WORK_START);
            let worked = b.sub(now, start);
            Self::charge_clocks(b, s, machine, worked);
        }
        b.store(machine, machine::WORK, next);
        if !s.needs {
            match self.functions.begin.get(k).copied().flatten() {
                Some(begin) => b.call(begin, &[machine]),
                None => self.begin(b, s, machine),
            }
            return;
        }
        let begin = self.functions.begin.get(k).copied().flatten();
        let held = b.load(machine, machine::HELD);
        let list = b.load(next, draw::NEEDS);
        let same = if self.shapes.skills {
            // What is held names the crews, what was asked for the skills.
            let request = b.load(machine, machine::REQUEST);
            let asked = b.load(request, request::NEEDS);
            let none = b.none();
            let some = b.ne_zero(held);
            let asked = b.select(some, asked, none);
            b.eq(asked, list)
        } else {
            b.eq(held, list)
        };
        b.either(
            same,
            |b| {
                self.people_stay(b, s, machine);
                b.call(Self::function(begin), &[machine]);
            },
            |b| {
                self.free_people(b, machine);
                let needed = b.ne_zero(list);
                b.either(
                    needed,
                    |b| {
                        b.store_int(machine, machine::PHASE, phase::WAIT_TO_BEGIN);
                        Self::set_state(b, machine, State::Waiting);
                        let request = b.load(machine, machine::REQUEST);
                        self.ask(b, request, list, Some(now));
                    },
                    |b| b.call(Self::function(begin), &[machine]),
                );
            },
        );
    }

    /// The end of the last step, and the breakdowns that begin with it.
    fn last_step_ends(&self, b: &mut Builder, k: usize, s: &StationShape, machine: V) {
        self.work_ends(b, s, machine);
        for (i, shape) in s.breakdowns.iter().enumerate() {
            let counts = shape.clock == ClockShape::Cycles;
            let wears = shape.clock == ClockShape::Working;
            if !counts && !wears && shape.effect != EffectShape::FinishItem {
                continue;
            }
            let breakdowns = b.load(machine, machine::BREAKDOWNS);
            let offset = b.count(i64::from(breakdown_offset(i)));
            let record = b.add(breakdowns, offset);
            let active = b.load(record, breakdown::ACTIVE);
            let due = if counts {
                let runs = b.is_zero(active);
                let no = b.int(0, Ty::Flag);
                let due = b.var(no);
                b.when(runs, |b| {
                    let rest = b.load(record, breakdown::RESIDUAL);
                    let one = b.int(ONE_CYCLE, Ty::Duration);
                    let rest = b.sub(rest, one);
                    b.store(record, breakdown::RESIDUAL, rest);
                    let zero = b.int(0, Ty::Duration);
                    let over = b.le(rest, zero);
                    b.set(due, over);
                });
                due
            } else if wears {
                // The clock ran out with the work, which was finished first (B6).
                let runs = b.is_zero(active);
                let rest = b.load(record, breakdown::RESIDUAL);
                let zero = b.int(0, Ty::Duration);
                let over = b.eq(rest, zero);
                let over = b.and(runs, over);
                if shape.effect == EffectShape::FinishItem {
                    let waiting = b.count(super::failure::AFTER_WORK);
                    let waiting = b.eq(active, waiting);
                    b.or(over, waiting)
                } else {
                    over
                }
            } else {
                let waiting = b.count(super::failure::AFTER_WORK);
                b.eq(active, waiting)
            };
            b.when(due, |b| {
                if (counts || wears) && shape.maintenance {
                    // What is between items begins at once, unless the machine is down already.
                    let down = b.load(machine, machine::DOWN);
                    let up = b.is_zero(down);
                    b.either(
                        up,
                        |b| self.onset(b, k, s, i, shape, record),
                        |b| b.store_int(record, breakdown::ACTIVE, super::failure::AFTER_WORK),
                    );
                } else {
                    self.onset(b, k, s, i, shape, record);
                }
            });
        }
        self.ends_shift(b, s, machine);
    }

    /// Products are ready to leave.
    fn work_ends(&self, b: &mut Builder, s: &StationShape, machine: V) {
        let now = Self::now(b);
        if !working_clocks(s).is_empty() {
            let start = b.load(machine, machine::WORK_START);
            let worked = b.sub(now, start);
            Self::charge_clocks(b, s, machine, worked);
        }
        let node = Self::station_of(b, s, machine);
        self.let_belt_run(b, s, node);
        b.bump(node, station::CYCLES, 1);
        if s.needs && !s.release_after_leaving {
            self.free_people(b, machine);
        }
        b.store_int(machine, machine::PHASE, phase::FINISHED);
        Self::set_state(b, machine, State::Blocked);
        if s.recipe.parts > 0 || s.recipe.makes > 0 {
            self.finish_parts(b, s, node, machine);
            return;
        }
        let item = b.load(machine, machine::ITEM);
        b.store_int(machine, machine::LEFT, 1);
        b.store(machine, machine::PRODUCTS, item);
        if !s.yields {
            self.offer_product(b, s, node, machine, item);
            return;
        }
        let good = self.passes(b, s, node, item);
        b.either(
            good,
            |b| self.offer_product(b, s, node, machine, item),
            |b| {
                if s.before {
                    self.give_place_up(b, item);
                }
                self.scrap(b, node, item);
                b.store_int(machine, machine::PRODUCTS, 0);
                b.store_int(machine, machine::LEFT, 0);
                self.empties(b, s, node, machine);
            },
        );
    }

    /// Whether an item passes the yield: one uniform per item.
    pub(super) fn passes(&self, b: &mut Builder, s: &StationShape, node: V, item: V) -> V {
        let word = Self::next_word(b, node, station::YIELD_STREAM);
        let u = Self::uniform(b, word);
        let own = b.load(node, station::YIELD);
        if !s.visit_yields {
            return b.lt(u, own);
        }
        let share = b.var(own);
        let at = b.load(item, self.visit_field());
        let on_route = b.ne_zero(at);
        b.when(on_route, |b| {
            let its = b.load(at, visit::YIELD);
            b.set(share, its);
        });
        b.lt(u, share)
    }

    /// An item is scrapped: it vanishes at once.
    pub(super) fn scrap(&self, b: &mut Builder, node: V, item: V) {
        b.bump(node, station::SCRAPPED, 1);
        let kind = b.load(item, item::TYPE);
        self.item_ends(b, kind, counters::SCRAPPED);
        self.return_all_cards(b, item);
        Self::free_item(b, item);
    }

    /// Decides where a finished product goes and offers it there.
    pub(super) fn offer_product(&self, b: &mut Builder, s: &StationShape, node: V, machine: V, product: V) {
        let now = Self::now(b);
        b.store(product, item::READY, now);
        b.store(product, item::HOLDER, machine);
        if s.before {
            self.offer_reserved(b, s, node, product);
            return;
        }
        if s.sets > 0 {
            let list = b.load(node, station::SETS);
            self.assign(b, list, s.sets, product);
        }
        let list = self.decide_product(b, s, node, product);
        b.store(product, item::LIST, list);
        if !s.recipe.together {
            self.offer(b, list, product);
        }
    }

    pub(super) fn decide_product(&self, b: &mut Builder, s: &StationShape, node: V, product: V) -> V {
        let way = b.load(node, station::ROUTING);
        if !s.visits {
            return self.decide(b, way, product, s.simple_routing);
        }
        let way = b.var(way);
        let at = b.load(product, self.visit_field());
        let on_route = b.ne_zero(at);
        b.when(on_route, |b| {
            let visited = b.load(at, visit::ROUTING);
            b.set(way, visited);
        });
        self.decide(b, way, product, s.simple_routing)
    }

    /// A product leaves its machine.
    pub(super) fn release_machine(&self, b: &mut Builder, s: &StationShape, machine: V, item: V) {
        let node = Self::station_of(b, s, machine);
        let taker = Self::taker_of(b, s, item);
        if s.to > 0 {
            let array = b.load(node, station::TO);
            self.return_cards(b, array, s.to, item);
        }
        if s.stay {
            self.leaves_stay(b, s, node, machine, item);
            self.ends_blocked(b, machine, taker);
            return;
        }
        if s.recipe.several() {
            // One of several products: unlink it from the list of those still here.
            self.unlink_product(b, machine, item);
            let left = b.bump(machine, machine::LEFT, -1);
            let empty = b.is_zero(left);
            b.when(empty, |b| {
                self.empties(b, s, node, machine);
                self.ends_blocked(b, machine, taker);
            });
        } else {
            b.store_int(machine, machine::LEFT, 0);
            b.store_int(machine, machine::PRODUCTS, 0);
            self.empties(b, s, node, machine);
            self.ends_blocked(b, machine, taker);
        }
    }

    fn unlink_product(&self, b: &mut Builder, machine: V, item: V) {
        let next = b.load(item, item::NEXT);
        let head = b.load(machine, machine::PRODUCTS);
        let first = b.eq(head, item);
        b.either(
            first,
            |b| b.store(machine, machine::PRODUCTS, next),
            |b| {
                let at = b.var(head);
                b.repeat(|b| {
                    let after = b.load(at, item::NEXT);
                    let found = b.eq(after, item);
                    let end = b.is_zero(after);
                    let stop = b.or(found, end);
                    b.when(stop, |b| {
                        b.store(at, item::NEXT, next);
                        b.leave();
                    });
                    b.set(at, after);
                });
            },
        );
    }

    /// All products have left the machine.
    pub(super) fn empties(&self, b: &mut Builder, s: &StationShape, node: V, machine: V) {
        if s.release_after_leaving {
            self.free_people(b, machine);
        }
        self.work_gives_place(b, s, node);
        b.store_int(machine, machine::PHASE, phase::IDLE);
        b.store_int(machine, machine::ITEM, 0);
        if !s.stops() {
            self.becomes_idle(b, s, node, machine);
        } else {
            let down = b.load(machine, machine::DOWN);
            let up = b.is_zero(down);
            b.when(up, |b| self.becomes_idle(b, s, node, machine));
        }
    }
}

/// One end of work on the clock of a breakdown that counts them.
pub(super) const ONE_CYCLE: i64 = crate::base::TICKS_PER_SECOND;

/// Whether some breakdown of the station has an effect.
pub(super) fn has_effect(s: &StationShape, effect: EffectShape) -> bool {
    s.breakdowns.iter().any(|b| b.effect == effect)
}

/// Which breakdowns have a clock of working time.
pub(super) fn working_clocks(s: &StationShape) -> Vec<usize> {
    s.breakdowns.iter().enumerate().filter(|(_, b)| b.clock == ClockShape::Working).map(|(i, _)| i).collect()
}
