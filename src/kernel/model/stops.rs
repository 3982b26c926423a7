//! Lays out what makes machines stand still: shapes of breakdowns and maintenance, and stops of several
//! things at once.

use super::*;
use crate::base::Ticks;
use crate::ir::{
    Breakdown, CalendarId, Clearance, Limit, Maintenance, MaintenanceStart, PoolId, SharedStop, Stop, Stopped,
};
use crate::kernel::layout::vehicle;
use crate::kernel::shape::{Family, MemberShape};

pub(super) fn clock_shape(clock: BreakdownClock) -> ClockShape {
    match clock {
        BreakdownClock::Working => ClockShape::Working,
        BreakdownClock::Calendar => ClockShape::Calendar,
        BreakdownClock::Scheduled => ClockShape::Scheduled,
        BreakdownClock::Cycles => ClockShape::Cycles,
    }
}

fn effect_shape(effect: BreakdownEffect) -> EffectShape {
    match effect {
        BreakdownEffect::Resume => EffectShape::Resume,
        BreakdownEffect::Restart => EffectShape::Restart,
        BreakdownEffect::RestartNew => EffectShape::RestartNew,
        BreakdownEffect::Scrap => EffectShape::Scrap,
        BreakdownEffect::FinishItem => EffectShape::FinishItem,
    }
}

/// The shape of a breakdown by itself.
fn breakdown_shape(b: &Breakdown) -> Result<BreakdownShape, String> {
    Ok(BreakdownShape {
        clock: clock_shape(b.clock),
        effect: effect_shape(b.effect),
        needs: !b.needs.is_empty(),
        maintenance: false,
        from_start: b.from_start,
        exclusive: b.exclusive,
        holds: false,
        keep_crew: b.keep_crew,
        repair_shift: b.repair_in.is_some(),
        after: Families::from([laws::family(&b.after)?]),
        repair: Families::from([laws::family(&b.repair)?]),
    })
}

/// The shape of maintenance by itself.
fn maintenance_shape(m: &Maintenance) -> Result<BreakdownShape, String> {
    Ok(BreakdownShape {
        clock: clock_shape(m.clock),
        effect: match m.start {
            MaintenanceStart::BetweenItems => EffectShape::FinishItem,
            MaintenanceStart::Immediately => EffectShape::Resume,
        },
        needs: !m.needs.is_empty(),
        maintenance: true,
        from_start: m.from_start,
        exclusive: false,
        holds: false,
        keep_crew: false,
        repair_shift: false,
        after: Families::from([match m.timetable {
            Some(_) => Family::Timetable,
            None => laws::family(&m.every)?,
        }]),
        repair: Families::from([laws::family(&m.lasts)?]),
    })
}

fn stop_shape(stop: &Stop) -> Result<BreakdownShape, String> {
    match stop {
        Stop::Breakdown(b) => breakdown_shape(b),
        Stop::Maintenance(m) => maintenance_shape(m),
    }
}

impl Layout<'_> {
    /// Whether members of a pool come and go.
    pub(super) fn changes_size(&self, id: PoolId) -> bool {
        let pool = self.plant.pools.get(id);
        pool.is_some_and(|p| p.calendar.is_some() || p.crews.iter().any(|c| self.changes_size(*c)))
            || self.plant.stops.iter().any(|s| s.stops.contains(&Stopped::Member(id)))
    }

    /// The shapes of all that makes a machine of a station stand still, in the order of its records: its own
    /// breakdowns, its maintenance, what it shares with others.
    pub(super) fn breakdown_shapes(&self, id: NodeId, s: &Station) -> Result<Vec<BreakdownShape>, String> {
        let mut shapes = Vec::new();
        for b in &s.breakdowns {
            shapes.push(breakdown_shape(b)?);
        }
        for m in &s.maintenance {
            shapes.push(maintenance_shape(m)?);
        }
        let shift = self.plant.nodes.get(id).is_some_and(|n| n.calendar.is_some());
        let exclusive: Vec<bool> = shapes.iter().map(|b| b.exclusive).collect();
        for (i, b) in shapes.iter_mut().enumerate() {
            let others = exclusive.iter().enumerate().any(|(j, e)| *e && j != i);
            b.holds = match b.clock {
                ClockShape::Scheduled => shift || (others && !b.maintenance),
                ClockShape::Calendar => others && !b.maintenance,
                ClockShape::Working | ClockShape::Cycles | ClockShape::Shared => false,
            };
        }
        for shared in self.plant.shared_stops(id) {
            let own = stop_shape(&shared.stop)?;
            shapes.push(BreakdownShape {
                clock: ClockShape::Shared,
                needs: false,
                from_start: false,
                repair_shift: false,
                after: Families::new(),
                repair: Families::new(),
                ..own
            });
        }
        Ok(shapes)
    }

    /// Joins repairs to the shift in which they go on.
    pub(super) fn repair_shifts(&mut self, id: NodeId, shape: usize) {
        let Some(NodeKind::Station(s)) = self.plant.nodes.get(id).map(|n| &n.kind) else { return };
        for (i, b) in s.breakdowns.iter().enumerate() {
            let Some(calendar) = b.repair_in else { continue };
            let (at, on) = self.calendar(calendar, None);
            let (first, machines) = self.places.machines.get(&id.index()).copied().unwrap_or((0, 0));
            for m in 0..count(machines) {
                let one = first + m * index(machine::WORDS * 8);
                let record = self.word(one, machine::BREAKDOWNS) + index(i * breakdown::WORDS * 8);
                self.image.put(record, breakdown::OFF, i64::from(on == 0));
                self.tell(at, record, SubscriberShape::Repair(shape, i));
            }
        }
    }

    /// Stops of several things, once all nodes are laid out.
    pub(super) fn shared_stops(&mut self) -> Result<(), String> {
        let plant = self.plant;
        // How many shared stops of each station have been laid out.
        let mut laid: BTreeMap<usize, usize> = BTreeMap::new();
        for shared in &plant.stops {
            self.shared_stop(shared, &mut laid)?;
        }
        self.vehicle_clocks();
        Ok(())
    }

    fn shared_stop(&mut self, shared: &SharedStop, laid: &mut BTreeMap<usize, usize>) -> Result<(), String> {
        let record = self.image.alloc(breakdown::WORDS);
        let name = shared.stop.name();
        let entity = shared.owner.as_deref().unwrap_or(name);
        let prefix = if shared.owner.is_some() { format!("{name}.") } else { String::new() };
        let (after, lasts, clock, timetable, repair_in) = match &shared.stop {
            Stop::Breakdown(b) => ((&b.after, "after"), (&b.repair, "repair"), b.clock, None, b.repair_in),
            Stop::Maintenance(m) => ((&m.every, "every"), (&m.lasts, "lasts"), m.clock, m.timetable, None),
        };
        let draw = match timetable {
            Some(id) => self.timetable(id),
            None => self.draw(after.0, entity, &format!("{prefix}{}", after.1))?.0,
        };
        let (repair, _) = self.draw(lasts.0, entity, &format!("{prefix}{}", lasts.1))?;
        self.image.put(record, breakdown::AFTER, draw);
        self.image.put(record, breakdown::REPAIR, repair);
        let scheduled = shared.calendar.filter(|_| clock == BreakdownClock::Scheduled);
        let working = clock == BreakdownClock::Working;
        let shape = BreakdownShape { holds: scheduled.is_some() || working, ..stop_shape(&shared.stop)? };
        let finish = shape.effect == EffectShape::FinishItem;
        let kind = intern(&mut self.shapes.stops, shape);
        self.image.put(record, breakdown::KIND, index(kind));
        let full = if shared.owner.is_some() { format!("{entity}: {name}") } else { name.to_string() };
        self.places.names.insert(record, &[&full]);
        let need_list = self.need_list(shared.stop.needs());
        if need_list != 0 {
            let request = self.request(record, 0, GrantShape::SharedStop(kind));
            let component = self.component_of(need_list);
            self.image.put(request, request::NEEDS, need_list);
            self.image.put(request, request::COMPONENT, component);
            self.image.put(record, breakdown::REQUEST, request);
        }
        let members = self.members(shared, record, finish, laid);
        let list = self.image.array(&members);
        self.image.put(record, breakdown::MEMBERS, list);
        self.image.put(record, breakdown::MEMBER_COUNT, index(members.len() / 2));
        let mut first = First::Draw(draw);
        if let Some(calendar) = scheduled
            && self.joins(calendar, record, SubscriberShape::StopClock(kind))
        {
            self.image.put(record, breakdown::HOLD, 1);
            first = First::Residual(record, breakdown::RESIDUAL, draw);
        }
        if matches!(clock, BreakdownClock::Working | BreakdownClock::Cycles) {
            // The clock of a vehicle, which stands idle.
            self.image.put(record, breakdown::HOLD, i64::from(working));
            first = First::Residual(record, breakdown::RESIDUAL, draw);
        }
        if let Some(calendar) = repair_in {
            let off = self.joins(calendar, record, SubscriberShape::StopRepair(kind));
            self.image.put(record, breakdown::OFF, i64::from(off));
        }
        let handler = intern(&mut self.shapes.events, EventShape::SharedStop(kind));
        self.slot(SlotPlan { band: 2, rank: 0, machine: 0, name: full, handler, record, first: Some(first) });
        Ok(())
    }

    /// The clearing of a line: a stop without a clock, begun when an unequal item waits for the empty line.
    pub(super) fn clearance(&mut self, l: &Limit, clearance: &Clearance, limit: i64) -> Result<(), String> {
        let at = self.image.alloc(clearance::WORDS);
        let law = self.value_law(&clearance.same, &l.name, "same")?;
        self.image.put(at, clearance::SAME, law);
        self.image.put(limit, limit::CLEARANCE, at);
        self.shapes.clearances = true;
        let record = self.image.alloc(breakdown::WORDS);
        self.image.put(at, clearance::STOP, record);
        let (lasts, family) = self.draw(&clearance.lasts, &l.name, "lasts")?;
        self.image.put(record, breakdown::REPAIR, lasts);
        let shape = BreakdownShape {
            clock: ClockShape::Shared,
            effect: EffectShape::Resume,
            needs: !clearance.needs.is_empty(),
            maintenance: true,
            from_start: false,
            exclusive: false,
            holds: false,
            keep_crew: false,
            repair_shift: false,
            after: Families::new(),
            repair: Families::from([family]),
        };
        let kind = intern(&mut self.shapes.stops, shape);
        self.image.put(record, breakdown::KIND, index(kind));
        let name = format!("{}: clearance", l.name);
        self.places.names.insert(record, &[&name]);
        let need_list = self.need_list(&clearance.needs);
        if need_list != 0 {
            let request = self.request(record, 0, GrantShape::SharedStop(kind));
            let component = self.component_of(need_list);
            self.image.put(request, request::NEEDS, need_list);
            self.image.put(request, request::COMPONENT, component);
            self.image.put(record, breakdown::REQUEST, request);
        }
        let member = intern(&mut self.shapes.members, MemberShape::Clearance);
        let list = self.image.array(&[limit, index(member)]);
        self.image.put(record, breakdown::MEMBERS, list);
        self.image.put(record, breakdown::MEMBER_COUNT, 1);
        let handler = intern(&mut self.shapes.events, EventShape::SharedStop(kind));
        self.slot(SlotPlan { band: 2, rank: 0, machine: 0, name, handler, record, first: None });
        Ok(())
    }

    /// Joins a record to a shift; whether that is off at t = 0.
    fn joins(&mut self, calendar: CalendarId, record: i64, shape: SubscriberShape) -> bool {
        let (at, _) = self.calendar(calendar, None);
        self.tell(at, record, shape);
        self.plant.calendars.get(calendar).is_some_and(|c| !c.is_on(Ticks(0)))
    }

    /// Pairs of a record and what it is, of all that a stop stops.
    fn members(
        &mut self,
        shared: &SharedStop,
        record: i64,
        finish: bool,
        laid: &mut BTreeMap<usize, usize>,
    ) -> Vec<i64> {
        let mut list = Vec::new();
        for stopped in &shared.stops {
            match stopped {
                Stopped::Node(id) => {
                    let shape = self.node_shapes.get(id.index()).copied().unwrap_or(UNPLACED);
                    match self.plant.nodes.get(*id).map(|n| &n.kind) {
                        Some(NodeKind::Station(s)) => {
                            let before = laid.entry(id.index()).or_default();
                            let i = s.stops() + *before;
                            *before += 1;
                            let kind = intern(&mut self.shapes.members, MemberShape::Machine(shape, i));
                            let (first, machines) = self.places.machines.get(&id.index()).copied().unwrap_or((0, 0));
                            for m in 0..count(machines) {
                                let one = first + m * index(machine::WORDS * 8);
                                let its = self.word(one, machine::BREAKDOWNS) + index(i * breakdown::WORDS * 8);
                                self.image.put(its, breakdown::SHARED, record);
                                list.extend([its, index(kind)]);
                            }
                        }
                        Some(NodeKind::Source(_)) => {
                            let kind = intern(&mut self.shapes.members, MemberShape::Source(shape));
                            list.extend([self.node_record(*id), index(kind)]);
                        }
                        Some(NodeKind::Conveyor(_)) => {
                            let kind = intern(&mut self.shapes.members, MemberShape::Conveyor(shape));
                            list.extend([self.node_record(*id), index(kind)]);
                        }
                        _ => {}
                    }
                }
                Stopped::Member(pool) => {
                    let kind = intern(&mut self.shapes.members, MemberShape::Pool(finish));
                    list.extend([self.places.pools.get(pool.index()).copied().unwrap_or(0), index(kind)]);
                }
                Stopped::Vehicle(fleet, number) => {
                    let maintained = matches!(shared.stop, Stop::Maintenance(_));
                    let kind = intern(&mut self.shapes.members, MemberShape::Vehicle(finish, maintained));
                    let first = self.places.fleets.get(*fleet).map_or(0, |(_, first, _)| *first);
                    let which = first + count(*number) * index(vehicle::WORDS * 8);
                    self.clocks.entry(which).or_default().push(record);
                    list.extend([which, index(kind)]);
                }
                Stopped::Card(limit) => {
                    let kind = intern(&mut self.shapes.members, MemberShape::Card);
                    list.extend([self.places.limits.get(limit.index()).copied().unwrap_or(0), index(kind)]);
                }
            }
        }
        list
    }
}
