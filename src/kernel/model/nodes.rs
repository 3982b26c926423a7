//! Lays out stations with their machines and breakdowns, buffers and sinks.

use super::ways::route_shape;
use super::*;
use crate::ir::CalendarId;
use crate::kernel::shape::DirectOut;

/// Puts requests of people for work behind those for repairs of the same instant.
const WORK_AFTER_REPAIRS: i64 = 1 << 62;

/// A breakdown or maintenance.
pub(super) struct Stop<'a> {
    pub name: &'a str,
    pub after: &'a Expression,
    pub after_word: &'static str,
    pub timetable: Option<CalendarId>,
    pub lasts: &'a Expression,
    pub lasts_word: &'static str,
    pub clock: BreakdownClock,
    pub needs: &'a [crate::ir::Need],
}

/// Breakdowns in written order, then maintenance.
pub(super) fn stops<'a>(
    breakdowns: &'a [crate::ir::Breakdown],
    maintenance: &'a [crate::ir::Maintenance],
) -> Vec<Stop<'a>> {
    let breakdowns = breakdowns.iter().map(|b| Stop {
        name: &b.name,
        after: &b.after,
        after_word: "after",
        timetable: None,
        lasts: &b.repair,
        lasts_word: "repair",
        clock: b.clock,
        needs: &b.needs,
    });
    let maintenance = maintenance.iter().map(|m| Stop {
        name: &m.name,
        after: &m.every,
        after_word: "every",
        timetable: m.timetable,
        lasts: &m.lasts,
        lasts_word: "lasts",
        clock: m.clock,
        needs: &m.needs,
    });
    breakdowns.chain(maintenance).collect()
}

/// How long a step takes for an item type, if it has a time for it.
fn time_for<'a>(plant: &Plant, phase: &'a Phase, item: ItemId) -> Option<&'a Expression> {
    match &phase.duration {
        Expression::ByItem(list, rest) => {
            let own = list.iter().find(|(i, _)| *i == item);
            let kind = own.or_else(|| list.iter().find(|(i, _)| plant.is_a(item, *i)));
            kind.map(|(_, e)| e).or(rest.as_deref())
        }
        duration => Some(duration),
    }
}

/// Two parts of a name.
fn joined<'a>(name: &'a str, suffix: &str) -> std::borrow::Cow<'a, str> {
    if suffix.is_empty() { name.into() } else { format!("{name}{suffix}").into() }
}

impl Layout<'_> {
    pub(super) fn node(&mut self, id: NodeId) -> Result<(), String> {
        let Some(n) = self.plant.nodes.get(id) else { return Ok(()) };
        let first_slot = self.slots.len();
        let shape = match &n.kind {
            NodeKind::Source(s) => NodeShape::Source(self.source(id, &n.name, s, n.routing.as_ref())?),
            NodeKind::Station(s) => {
                let station = self.station(id, &n.name, s, n.routing.as_ref())?;
                NodeShape::Station(station)
            }
            NodeKind::Buffer(crate::ir::Buffer { by: Some(by), .. }) => {
                self.movement(id, &n.name, by, n.routing.as_ref())?;
                NodeShape::Move
            }
            NodeKind::Buffer(b) => NodeShape::Buffer(self.buffer(id, &n.name, b, n.routing.as_ref())?),
            NodeKind::Conveyor(c) => NodeShape::Conveyor(self.conveyor(id, &n.name, c, n.routing.as_ref())?),
            NodeKind::Sink => NodeShape::Sink(self.sink(id)),
        };
        let shape = intern(&mut self.shapes.nodes, shape);
        let record = self.node_record(id);
        self.image.put(record, holder::RELEASE, index(shape));
        if let Some((first, machines)) = self.places.machines.get(&id.index()).copied() {
            for m in 0..count(machines) {
                self.image.put(first + m * index(machine::WORDS * 8), holder::RELEASE, index(shape));
            }
        }
        if let Some((first, lanes)) = self.places.lanes.get(&id.index()).copied() {
            for i in 0..count(lanes) {
                self.image.put(first + i * index(lane::WORDS * 8), holder::RELEASE, index(shape));
            }
        }
        self.finish_slots(id, shape, first_slot);
        self.repair_shifts(id, shape);
        self.shift(id, n.calendar, shape);
        self.node_shapes.push(shape);
        Ok(())
    }

    /// Writes down what is told of items that enter a node; whether something is.
    pub(super) fn told(&mut self, id: NodeId, field: Field) -> bool {
        let list = self.observers(id);
        let record = self.node_record(id);
        self.image.put_some(record, field, list);
        list != 0
    }

    /// Joins machines and sources to their shift, and puts those off that are so at t = 0.
    fn shift(&mut self, id: NodeId, calendar: Option<CalendarId>, shape: usize) {
        let Some(calendar) = calendar else { return };
        let record = self.node_record(id);
        let (at, on) = self.calendar(calendar, None);
        let Some(kind) = self.plant.nodes.get(id).map(|n| &n.kind) else { return };
        match kind {
            NodeKind::Source(s) => {
                // Timetables, hours and orders go by the clock; their shift is in them already.
                if matches!(s.supply, Supply::Always | Supply::Every(_)) {
                    self.tell(at, record, SubscriberShape::Source(shape));
                    self.image.put(record, source::OFF, i64::from(on == 0));
                    self.image.put(record, source::STOPS, i64::from(on == 0));
                }
            }
            NodeKind::Station(_) => {
                self.image.put(record, station::CALENDAR, at);
                let (first, machines) = self.places.machines.get(&id.index()).copied().unwrap_or((0, 0));
                for m in 0..count(machines) {
                    let one = first + m * index(machine::WORDS * 8);
                    self.tell(at, one, SubscriberShape::Machine(shape));
                    if on == 0 {
                        self.image.put(one, machine::OFF, 1);
                        self.image.put(one, machine::DOWN, 1);
                        self.image.put(one, machine::STATE, State::Off.code());
                        self.image.put(one, machine::IDLE_NEXT, 0);
                        self.image.put(one, machine::IDLE_PREVIOUS, 0);
                    }
                }
                if on == 0 {
                    self.image.put(record, station::IDLE, 0);
                    self.image.put(record, station::IDLE_LAST, 0);
                }
            }
            NodeKind::Conveyor(_) => {
                self.tell(at, record, SubscriberShape::Conveyor(shape));
                if on == 0 {
                    self.belt_begins_off(id);
                }
            }
            NodeKind::Buffer(_) | NodeKind::Sink => {}
        }
    }

    /// Whether a node is off shift at t = 0.
    pub(super) fn begins_off(&self, id: NodeId) -> bool {
        let calendar = self.plant.nodes.get(id).and_then(|n| n.calendar).and_then(|c| self.plant.calendars.get(c));
        calendar.is_some_and(|c| !c.is_on(crate::base::Ticks(0)))
    }

    /// Handlers of slots and requests depend on the shape, which is known only now.
    pub(super) fn finish_slots(&mut self, id: NodeId, shape: usize, first_slot: usize) {
        for plan in self.slots.iter_mut().skip(first_slot) {
            let placed = match self.shapes.events.get(plan.handler).copied() {
                Some(EventShape::EndOfWork(UNPLACED)) => EventShape::EndOfWork(shape),
                Some(EventShape::Breakdown(UNPLACED, i)) => EventShape::Breakdown(shape, i),
                Some(EventShape::Arrival(UNPLACED)) => EventShape::Arrival(shape),
                Some(EventShape::Verdict(UNPLACED)) => EventShape::Verdict(shape),
                Some(EventShape::EndOfStay(UNPLACED)) => EventShape::EndOfStay(shape),
                Some(EventShape::Expiry(UNPLACED)) => EventShape::Expiry(shape),
                Some(EventShape::EndOfBelt(UNPLACED)) => EventShape::EndOfBelt(shape),
                Some(EventShape::BeltBreakdown(UNPLACED, i)) => EventShape::BeltBreakdown(shape, i),
                Some(EventShape::EndOfGathering(UNPLACED)) => EventShape::EndOfGathering(shape),
                _ => continue,
            };
            plan.handler = intern(&mut self.shapes.events, placed);
        }
        self.finish_belt(id, shape);
        let Some((first, machines)) = self.places.machines.get(&id.index()).copied() else { return };
        let Some(NodeShape::Station(s)) = self.shapes.nodes.get(shape) else { return };
        let breakdowns = s.breakdowns.len();
        let plain = self.is_plain(id);
        let word = |image: &Image, at: i64, f: Field| {
            let at = usize::try_from((at + i64::from(f.offset)) / 8).unwrap_or(usize::MAX);
            image.words.get(at).map_or(0, |w| w.cast_signed())
        };
        for m in 0..count(machines) {
            let record = first + m * index(machine::WORDS * 8);
            let work = if plain { 0 } else { word(&self.image, record, machine::REQUEST) };
            let kind = intern(&mut self.shapes.grants, GrantShape::Work(shape));
            if work != 0 {
                self.image.put(work, request::KIND, index(kind));
            }
            let first_breakdown = word(&self.image, record, machine::BREAKDOWNS);
            for b in 0..breakdowns {
                let at = first_breakdown + index(b * breakdown::WORDS * 8);
                let repair = word(&self.image, at, breakdown::REQUEST);
                if repair != 0 {
                    let kind = intern(&mut self.shapes.grants, GrantShape::Repair(shape, b));
                    self.image.put(repair, request::KIND, index(kind));
                }
            }
        }
    }

    pub(super) fn slot(&mut self, plan: SlotPlan) {
        self.slots.push(plan);
    }

    pub(super) fn unplaced(&mut self, event: EventShape) -> usize {
        intern(&mut self.shapes.events, event)
    }

    #[allow(clippy::too_many_lines)]
    pub(super) fn station(
        &mut self,
        id: NodeId,
        name: &str,
        s: &Station,
        way: Option<&Routing>,
    ) -> Result<StationShape, String> {
        let plant = self.plant;
        let later = |what: &str| Err(format!("`{name}`: {what} come later"));
        let Some(recipe) = s.recipes.first() else { return later("stations without work") };
        let phases = recipe.phases.as_slice();
        let node = plant.nodes.get(id);
        let shift = node.filter(|n| n.calendar.is_some()).map(|n| match n.shift_end {
            ShiftEnd::Pause => ShiftShape::Pause,
            ShiftEnd::FinishItem => ShiftShape::FinishItem,
            ShiftEnd::FinishInTime => ShiftShape::FinishInTime,
        });
        let record = self.node_record(id);
        let rank = self.order.rank(id);
        let (from, from_count) = self.limit_array(|l| l.from == id);
        let (to, to_count) = self.limit_array(|l| l.to == id);
        self.image.put_some(record, station::FROM, from);
        self.image.put_some(record, station::TO, to);

        let keeps = self.kept_values(id, s, record, name)?;

        // Work: the station's own, by item type, and that of every visit.
        let mut families = Families::new();
        let lists = self.need_lists(phases);
        let mut any_needs = false;
        let mut table = false;
        let mut own_record = 0;
        let visits = self.visits_at.get(&id.index()).cloned().unwrap_or_default();
        let own_work = !recipe.gathers() && !visits.is_empty() && way.is_none();
        let by_item = phases.iter().any(|p| matches!(p.duration, Expression::ByItem(..)));
        if !own_work && s.recipes.len() == 1 {
            any_needs |= lists.iter().any(|l| *l != 0);
            if by_item {
                table = true;
                let mut by_type = vec![0; plant.items.len()];
                for (t, place) in by_type.iter_mut().enumerate() {
                    let item_name = plant.items.get(ItemId::new(t)).map_or("", |i| i.name.as_str());
                    let suffix = format!(":{item_name}");
                    if let Some(first) = self.steps(phases, &lists, ItemId::new(t), name, &suffix, &mut families)? {
                        *place = first;
                    }
                }
                let at = self.image.array(&by_type);
                self.image.put(record, station::WORK_TABLE, at);
            } else {
                self.next_draw = self.works.get(&id.index()).copied();
                let work = self.steps(phases, &lists, ItemId::new(0), name, "", &mut families)?;
                self.next_draw = None;
                if let Some(at) = work {
                    self.image.put(record, station::WORK, at);
                    own_record = at;
                }
            }
        }
        if s.searches() {
            any_needs |= self.recipes(record, name, s, &mut families)?;
        }
        let mut simple_routing = true;
        for v in &visits {
            let Some(visited) = plant.visits.get(*v) else { continue };
            let item_name = plant.items.get(visited.item).map_or("", |i| i.name.as_str());
            let suffix = format!(":{item_name}.{}", visited.number);
            let own = visited.phases.as_deref();
            let own_lists = own.map_or_else(|| lists.clone(), |phases| self.need_lists(phases));
            any_needs |= own_lists.iter().any(|l| *l != 0);
            let at = self
                .steps(own.unwrap_or(phases), &own_lists, visited.item, name, &suffix, &mut families)?
                .ok_or_else(|| format!("`{name}` has no cycle for `{item_name}`"))?;
            let record = self.visit_records.get(v.index()).copied().unwrap_or(0);
            self.image.put(record, visit::WORK, at);
            let share = visited.yield_share.as_ref().or(s.yield_share.as_ref());
            self.image.put_real(record, visit::YIELD, share.map_or(1.0, crate::base::quantity::to_f64));
            any_needs |= self.visit_setups(record, name, s, visited, &own_lists, &suffix, &mut families)?;
            let targets = visited.next.targets();
            simple_routing &= route_shape(&visited.next)? == RouteShape::Leaf
                && !targets.iter().any(|t| self.lists_by_type.contains_key(&t.node.index()));
        }
        if let Some(setup) = s.setup.as_ref().filter(|x| !x.by_recipe) {
            let first = lists.first().copied().unwrap_or(0);
            let (found, anew, needs) = self.setups(name, "", setup, setup.needs.as_deref(), first, &mut families)?;
            self.image.put(record, station::SETUPS, found);
            self.image.put(record, station::SETUP_ANEW, anew);
            any_needs |= needs;
        }
        if let Some(way) = way {
            let (at, simple) = self.routing(way, name, "branch")?;
            self.image.put(record, station::ROUTING, at);
            simple_routing &= simple;
        }

        let makes = self.products(recipe);
        if !makes.is_empty() {
            let at = self.image.array(&makes);
            self.image.put(record, station::MAKES, at);
        }
        let of_visit =
            |has: &dyn Fn(&crate::ir::Visit) -> bool| visits.iter().any(|v| plant.visits.get(*v).is_some_and(has));
        let visit_yields = of_visit(&|v| v.yield_share.is_some());
        if s.yield_share.is_some() || visit_yields {
            self.stream(record + i64::from(station::YIELD_STREAM.offset), name, "yield", 0);
            let share = s.yield_share.as_ref().map_or(1.0, crate::base::quantity::to_f64);
            self.image.put_real(record, station::YIELD, share);
        }

        let order = self.order_of(id)?;
        self.image.put_some(record, station::ORDER, order);
        let sets = self.assignments(&s.sets, name, "sets")?;
        self.image.put_some(record, station::SETS, sets);

        let first = self.machines(id, name, s, rank)?;
        if let Some(setup) = &s.setup {
            self.set_up_at_start(setup, first, s.machines);
        }
        self.image.put(record, station::MACHINES, first);
        self.places_ahead(s, first);
        let mut several_causes = self.causes(id, first, s.machines);
        if !table && visits.is_empty() && phases.len() == 1 && s.setup.is_none() && s.recipes.len() == 1 {
            let stride = index(machine::WORDS * 8);
            for m in 0..count(s.machines) {
                self.image.put(first + m * stride, machine::WORK, own_record);
            }
        }
        let direct_out = self.direct.out(id).filter(|_| simple_routing).map(|(to, way)| {
            self.image.put(record, station::DIRECT_OUT, self.node_record(to));
            way
        });
        let (any_many, any_people) = match direct_out {
            Some(DirectOut::Routes) => {
                // Queues without limit and sinks never block.
                several_causes[1] = false;
                self.direct.routed()
            }
            _ => (false, false),
        };
        // A station without a machine has none that is idle.
        let many = s.machines != 1 || any_many;
        if many && s.machines > 0 {
            self.image.put(record, station::IDLE, first);
            self.image.put(record, station::IDLE_LAST, first + (count(s.machines) - 1) * index(machine::WORDS * 8));
        }
        let breakdowns = self.breakdown_shapes(id, s)?;
        let with_shift = |needed: &[crate::ir::Need]| needed.iter().any(|n| self.changes_size(n.pool));
        let crew_shift = s.recipes.iter().flat_map(|r| &r.phases).any(|p| with_shift(&p.needs))
            || s.setups().filter_map(|s| s.needs.as_deref()).any(with_shift)
            || of_visit(&|v| v.needs().any(|n| with_shift(std::slice::from_ref(n))));
        let direct_in = self.direct.from(id).map(|(from, lane)| {
            self.image.put(record, station::DIRECT_IN, self.node_record(from));
            lane
        });
        self.step_times(id, s);
        let beside = |at: i64, from: i64| i32::try_from(at - from).ok();
        Ok(StationShape {
            many,
            machine_at: if many { None } else { beside(first, record) },
            work_at: self.works.get(&id.index()).filter(|at| **at == own_record).and_then(|at| beside(*at, first)),
            lane_at: self.direct.from(id).and_then(|(from, _)| beside(self.node_record(from), record)),
            stay: s.stays(),
            before: s.blocking == crate::ir::Blocking::BeforeWork,
            hold: s.hold_when_down && (!breakdowns.is_empty() || shift.is_some()),
            breakdowns,
            shift,
            crew_shift,
            work: families,
            needs: any_needs || any_people,
            steps: s.recipes.iter().any(|r| r.phases.len() > 1)
                || s.setup.is_some()
                || of_visit(&|v| v.phases.as_ref().is_some_and(|p| p.len() > 1)),
            setup: s.setup.is_some(),
            setup_recipe: s.setup.as_ref().is_some_and(|x| x.by_recipe),
            setup_by: s.setup.as_ref().is_some_and(|x| x.by.is_some()),
            setup_lost_off: s.setup.as_ref().is_some_and(|x| x.lost_after_off) && shift.is_some(),
            setup_lost_down: s.setup.as_ref().is_some_and(|x| x.lost_after_breakdown) && !s.breakdowns.is_empty(),
            lowest: s.lowest_first && s.machines > 1,
            table,
            visits: !visits.is_empty(),
            visit_yields,
            visit_setups: of_visit(&|v| v.setup.is_some()),
            recipe: RecipeShape {
                parts: s.recipes.iter().map(|r| r.gathered().len()).max().unwrap_or(0),
                makes: makes.len(),
                together: recipe.release == Release::Together
                    && (s.recipes.len() > 1 || makes.len() > 1 || (makes.is_empty() && recipe.gathers())),
                ranged: s.recipes.iter().any(crate::ir::Recipe::is_ranged),
                birth: Some(recipe.birth).filter(|b| s.recipes.iter().all(|r| r.birth == *b)),
                waits: self.gathering_wait(record, rank, recipe)?,
                searched: s.searches(),
                overtakes: s.recipes.iter().any(|r| r.same.is_some()),
                recipes: s.recipes.len() > 1,
                each: s.load_each,
            },
            yields: s.yield_share.is_some() || visit_yields,
            order: order != 0,
            sets: s.sets.len(),
            keeps,
            release_after_leaving: any_needs && s.release_crew == ReleaseCrew::AfterLeaving,
            simple_routing,
            from: from_count,
            to: to_count,
            direct_out,
            direct_in,
            several_causes,
            observed: self.told(id, station::OBSERVERS),
            on_belt: s.on_belt,
            holds_belt: self.holds_belt(id, s, way),
        })
    }

    /// Room for the times of all steps, where they may be drawn together (H2).
    fn step_times(&mut self, id: NodeId, s: &Station) {
        let in_time = |end: ShiftEnd| end == ShiftEnd::FinishInTime;
        let looks_ahead = self.plant.nodes.get(id).is_some_and(|n| in_time(n.shift_end))
            || self.plant.pools.values().any(|p| in_time(p.shift_end));
        if !looks_ahead {
            return;
        }
        let visits = self.plant.visits.values().filter(|v| v.station == id).filter_map(|v| v.phases.as_ref());
        let steps = s.recipes.iter().map(|r| r.phases.len()).chain(visits.map(Vec::len)).max().unwrap_or(0);
        // One more for a setup, and one for the end.
        let words = crate::kernel::emit::plan::TIMES_HEAD + steps + 2;
        let (first, machines) = self.places.machines.get(&id.index()).copied().unwrap_or((0, 0));
        for m in 0..count(machines) {
            let at = self.image.alloc(words);
            self.image.put(first + m * index(machine::WORDS * 8), machine::TIMES, at);
        }
    }

    /// Room for the places that machines reserve for several items before their work.
    fn places_ahead(&mut self, s: &Station, first: i64) {
        if s.blocking != crate::ir::Blocking::BeforeWork {
            return;
        }
        let most = |r: &crate::ir::Recipe| {
            let made: u64 = r.makes.iter().map(|p| p.maximum).sum();
            let loaded: u64 = r.gathered().iter().map(|(_, _, most)| *most).sum();
            if r.makes.is_empty() { loaded } else { made }
        };
        let most = s.recipes.iter().map(most).max().unwrap_or(0);
        if most == 0 {
            return;
        }
        for m in 0..count(s.machines) {
            let at = self.image.alloc(usize::try_from(most).unwrap_or(0));
            self.image.put(first + m * index(machine::WORDS * 8), machine::PLACES, at);
        }
    }

    /// The need lists of phases; one that keeps the people of the phase before has theirs.
    fn need_lists(&mut self, phases: &[Phase]) -> Vec<i64> {
        let mut lists: Vec<i64> = Vec::new();
        for phase in phases {
            let kept = lists.last().copied().filter(|_| phase.keeps);
            let list = kept.unwrap_or_else(|| self.need_list(&phase.needs));
            lists.push(list);
        }
        lists
    }

    /// The work records of all steps for an item type, each leading to the next; the first. `None` when a
    /// step has no time for the type.
    pub(super) fn steps(
        &mut self,
        phases: &[Phase],
        lists: &[i64],
        item: ItemId,
        name: &str,
        suffix: &str,
        families: &mut Families,
    ) -> Result<Option<i64>, String> {
        let plant = self.plant;
        if phases.iter().any(|phase| time_for(plant, phase, item).is_none()) {
            return Ok(None);
        }
        let (mut first, mut last) = (None, 0);
        for (phase, list) in phases.iter().zip(lists) {
            let Some(duration) = time_for(plant, phase, item) else { continue };
            let (at, family) = self.draw(duration, name, &joined(&phase.name, suffix))?;
            families.insert(family);
            self.image.put(at, draw::NEEDS, *list);
            self.image.put(at, draw::STATE, State::Working.code());
            if first.is_none() {
                first = Some(at);
            } else {
                self.image.put(last, draw::NEXT, at);
            }
            last = at;
        }
        Ok(first)
    }

    /// The values over all items loaded that a station's fields mention, computed when it loads. Whether
    /// there are any.
    fn kept_values(&mut self, id: NodeId, s: &Station, record: i64, name: &str) -> Result<bool, String> {
        let mut found: Vec<Expression> = Vec::new();
        {
            let phases = s.recipes.iter().flat_map(|r| &r.phases).map(|p| &p.duration);
            let visits = self.plant.visits.values().filter(|v| v.station == id).filter_map(|v| v.phases.as_ref());
            let visits = visits.flatten().map(|p| &p.duration);
            let cell = std::cell::RefCell::new(&mut found);
            for e in phases.chain(visits).chain(s.sets.iter().map(|(_, e)| e)) {
                e.any(&|part| {
                    if matches!(part, Expression::Over(..)) && !cell.borrow().contains(part) {
                        cell.borrow_mut().push(part.clone());
                    }
                    false
                });
            }
        }
        self.kept.clear();
        if found.is_empty() {
            return Ok(false);
        }
        let mut words = vec![index(found.len())];
        for (i, e) in found.iter().enumerate() {
            let Expression::Over(over, inner) = e else { continue };
            words.push(match over {
                crate::ir::Over::Sum => 0,
                crate::ir::Over::Smallest => 1,
                crate::ir::Over::Largest => 2,
                crate::ir::Over::Mean => 3,
            });
            words.push(self.value_law(inner, name, &format!("loaded.{i}"))?);
            // Items without an attribute that it mentions are left out.
            let carries = |t: &crate::ir::ItemType| {
                !inner.any(&|part| {
                    matches!(part, Expression::Attribute { slot, .. } if !t.attributes.iter().any(|a| a.slot == *slot))
                })
            };
            let counted: Vec<i64> = self.plant.items.values().map(|t| i64::from(carries(t))).collect();
            words.push(self.image.array(&counted));
        }
        let list = self.image.array(&words);
        self.image.put(record, station::KEEPS, list);
        let (first, machines) = self.places.machines.get(&id.index()).copied().unwrap_or((0, 0));
        for m in 0..count(machines) {
            let at = self.image.alloc(found.len());
            self.image.put(first + m * index(machine::WORDS * 8), machine::KEPT, at);
        }
        self.kept = found;
        Ok(true)
    }

    /// The wait of a station for its largest set of parts. Whether it has one.
    fn gathering_wait(&mut self, record: i64, rank: usize, recipe: &crate::ir::Recipe) -> Result<bool, String> {
        let Some(wait) = recipe.wait_at_most.as_ref().filter(|_| recipe.is_ranged()) else { return Ok(false) };
        let seconds = wait.constant().ok_or("a wait for parts is not fixed")?;
        let ticks = crate::base::Ticks::from_seconds(&seconds.value).ok_or("a wait for parts is out of range")?;
        self.image.put(record, station::WAIT, ticks.0);
        let handler = self.unplaced(EventShape::EndOfGathering(UNPLACED));
        self.slot(SlotPlan { band: 4, rank, machine: 0, name: String::new(), handler, record, first: None });
        Ok(true)
    }

    pub(super) fn machines(&mut self, id: NodeId, name: &str, s: &Station, rank: usize) -> Result<i64, String> {
        let stride = index(machine::WORDS * 8);
        let (first, _) = self.places.machines.get(&id.index()).copied().unwrap_or((0, 0));
        let record = self.node_record(id);
        let station = record;
        let mean = self.mean_for_crews(id, name)?;
        let plain = self.is_plain(id);
        for m in 0..count(s.machines) {
            let at = first + m * stride;
            let number = (m + 1).unsigned_abs();
            let key = self.key(id, number);
            // Of people asked for at the same instant, those for repairs come first, by name; then those
            // for work, downstream first (R2).
            let asks = WORK_AFTER_REPAIRS | index(rank) << 24 | count(number);
            if s.machines > 1 {
                self.places.names.insert(at, &[name, "#", &number.to_string()]);
            } else {
                self.places.names.insert(at, &[name]);
            }
            self.image.put(at, holder::KEY, key);
            self.image.put(at, machine::STATION, record);
            self.image.put(at, machine::STATE, State::Starved.code());
            if m + 1 < count(s.machines) {
                self.image.put(at, machine::IDLE_NEXT, at + stride);
            }
            if m > 0 {
                self.image.put(at, machine::IDLE_PREVIOUS, at - stride);
            }
            if plain {
                intern(&mut self.shapes.grants, GrantShape::Work(UNPLACED));
            } else {
                let work = self.request(at, asks, GrantShape::Work(UNPLACED));
                self.image.put(at, machine::REQUEST, work);
                self.image.put(work, request::PLACE, record);
                self.image.put(work, request::WORKS, 1);
                self.image.put(work, request::MEAN, mean);
            }
            let handler = self.unplaced(EventShape::EndOfWork(UNPLACED));
            self.slot(SlotPlan {
                band: 1,
                rank,
                machine: number,
                name: String::new(),
                handler,
                record: at,
                first: None,
            });
            let stops = stops(&s.breakdowns, &s.maintenance);
            let shared = self.plant.shared_stops(id).count();
            let breakdowns = self.image.alloc(breakdown::WORDS * (stops.len() + shared));
            if stops.len() + shared > 0 {
                self.image.put(at, machine::BREAKDOWNS, breakdowns);
            }
            let shifted = if self.plant.nodes.get(id).is_some_and(|n| n.calendar.is_some()) { at } else { 0 };
            for i in 0..shared {
                let record = breakdowns + index((stops.len() + i) * breakdown::WORDS * 8);
                self.image.put(record, breakdown::MACHINE, at);
                self.image.put(record, breakdown::SHIFTED, shifted);
            }
            let off = self.begins_off(id);
            let machine_name = if stops.is_empty() { String::new() } else { format!("{name}#{number}") };
            for (i, b) in stops.iter().enumerate() {
                let record = breakdowns + index(i * breakdown::WORDS * 8);
                self.places.names.insert(record, &[&machine_name, ": ", b.name]);
                self.image.put(record, breakdown::MACHINE, at);
                self.image.put(record, breakdown::SHIFTED, shifted);
                let after = match b.timetable {
                    Some(id) => self.timetable(id),
                    None => self.draw(b.after, &machine_name, &format!("{}.{}", b.name, b.after_word))?.0,
                };
                let (repair, _) = self.draw(b.lasts, &machine_name, &format!("{}.{}", b.name, b.lasts_word))?;
                self.image.put(record, breakdown::AFTER, after);
                self.image.put(record, breakdown::REPAIR, repair);
                let need_list = self.need_list(b.needs);
                if need_list != 0 {
                    let request = self.request(record, key, GrantShape::Repair(UNPLACED, i));
                    self.image.put(request, request::PLACE, station);
                    let component = self.component_of(need_list);
                    self.image.put(request, request::NEEDS, need_list);
                    self.image.put(request, request::COMPONENT, component);
                    self.image.put(record, breakdown::REQUEST, request);
                }
                let first = match b.clock {
                    BreakdownClock::Working | BreakdownClock::Cycles => {
                        First::Residual(record, breakdown::RESIDUAL, after)
                    }
                    BreakdownClock::Scheduled if off => {
                        self.image.put(record, breakdown::HOLD, 1);
                        First::Residual(record, breakdown::RESIDUAL, after)
                    }
                    BreakdownClock::Calendar | BreakdownClock::Scheduled => First::Draw(after),
                };
                let handler = self.unplaced(EventShape::Breakdown(UNPLACED, i));
                self.slot(SlotPlan {
                    band: 2,
                    rank,
                    machine: number,
                    name: b.name.to_string(),
                    handler,
                    record,
                    first: Some(first),
                });
            }
        }
        Ok(first)
    }

    pub(super) fn buffer(
        &mut self,
        id: NodeId,
        name: &str,
        b: &crate::ir::Buffer,
        way: Option<&Routing>,
    ) -> Result<BufferShape, String> {
        let record = self.node_record(id);
        let (from, from_count) = self.limit_array(|l| l.from == id);
        let (to, to_count) = self.limit_array(|l| l.to == id);
        self.image.put_some(record, buffer::FROM, from);
        self.image.put_some(record, buffer::TO, to);
        let limited = matches!(b.capacity, Capacity::Places(_));
        let places = match b.capacity {
            Capacity::Places(n) => count(n),
            Capacity::Unlimited => NEVER,
        };
        self.image.put(record, buffer::CAPACITY, places);
        let way = way.ok_or_else(|| format!("`{name}` leads nowhere"))?;
        let (at, simple_routing) = self.routing(way, name, "branch")?;
        self.image.put(record, buffer::ROUTING, at);
        let transit = match &b.transit {
            None => TransitShape::None,
            Some(duration) => {
                let (at, family) = self.draw(duration, name, "transit")?;
                self.image.put(record, buffer::TRANSIT, at);
                let handler = self.unplaced(EventShape::EndOfStay(UNPLACED));
                self.slot(SlotPlan {
                    band: 1,
                    rank: self.order.rank(id),
                    machine: 0,
                    name: String::new(),
                    handler,
                    record,
                    first: None,
                });
                let families = Families::from([family]);
                if b.keeps_order { TransitShape::InOrder(families) } else { TransitShape::Overtaking(families) }
            }
        };
        let initial = b.initial.iter().any(|(_, n)| *n > 0);
        let kept = self.kept(record, &b.kept);
        let loose = self.loose(id, name, b, way)?;
        Ok(BufferShape {
            limited,
            transit,
            loose,
            initial,
            kept,
            simple_routing,
            from: from_count,
            to: to_count,
            observed: self.told(id, buffer::OBSERVERS),
        })
    }

    pub(super) fn sink(&mut self, id: NodeId) -> SinkShape {
        let record = self.node_record(id);
        let (to, to_count) = self.limit_array(|l| l.to == id);
        self.image.put(record, sink::TO, to);
        let mut table = vec![0; self.plant.items.len()];
        let present = self.plant.nodes.get(id).map(|n| n.items.clone()).unwrap_or_default();
        for t in present {
            let at = self.image.alloc(arrivals::WORDS + histogram::WORDS);
            self.image.put(at, arrivals::MINIMUM, NEVER);
            self.places.arrivals.insert((id.index(), t.index()), at);
            if let Some(place) = table.get_mut(t.index()) {
                *place = at;
            }
        }
        let at = self.image.array(&table);
        self.image.put(record, sink::ARRIVALS, at);
        let until = self.plant.run.until.is_some_and(|u| u.at == id);
        if until {
            self.image.put(0, header::UNTIL_AT, record);
        }
        self.image.put(0, header::UNTIL, NEVER);
        // Of what is run elsewhere only that node is reached to which something can come.
        let outside = self.plant.is_elsewhere(id) && self.plant.nodes.get(id).is_some_and(|n| !n.items.is_empty());
        self.image.put(record, sink::OUTSIDE, index(id.index()));
        SinkShape { until, to: to_count, observed: self.told(id, sink::OBSERVERS), outside }
    }
}
